"""Purse: one client session for each attempt, its checkout in our page or its own page, and a payment that several
means of payment may share.

Manual: "Payment & Operations" of Purse's documentation (Payment API V2), with its pages on the client session, the
shopper's redirection, webhooks, the hosted page and the drop-in checkout, read 2026-11-21. What the manual does not
tell is a setting or one constant, and is called [inferred].
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from providers.base import (
    OWN_PAGE,
    AccountSettings,
    Charge,
    Incoming,
    Notification,
    Outcome,
    Provider,
    Redirect,
    Report,
    Returned,
    Share,
    Started,
    Urls,
    Verb,
    Widget,
)
from providers.errors import FieldError, Forged, Invalid, Misconfigured, Uncertain
from providers.http import Http
from providers.money import Money
from providers.purse import priorities, session, setup, signing, words
from providers.purse.declines import CODES
from providers.purse.order import PurseOrder
from providers.purse.report import listed, report_of
from providers.purse.settings import PurseSettings, is_address
from providers.purse.shapes import PaymentTold, Ring, SessionMade, SessionTold
from providers.purse.wire import Purse as Api
from providers.purse.wire import Refused
from providers.said import said as _
from providers.setup import Address, Probe

__all__ = ["Purse", "PurseOrder", "PurseSettings"]

# A session that has run out is called open for this long, lest our clock be ahead of Purse's: beside one that can still
# be paid, another attempt could be paid as well.
GRACE = timedelta(minutes=2)
_ASK_ABOUT = 5  # ids that webhooks brought, the newest first
PRODUCTION = (".purse-live.com", ".purse-secure.com")  # Purse's own sources name both
CURRENCIES = ("CHF", "EUR", "GBP", "JPY", "USD")  # all that Purse lists


class Purse(Provider):
    slug = "purse"
    label = "Card, gift card or wallet"
    name = "Purse"
    settings_type = PurseSettings
    options_type = PurseOrder
    channels = ("widget", OWN_PAGE)
    verifies = ("webhook_secret",)
    codes = CODES
    whole_only = frozenset[Verb]()  # captures, voids and refunds may be in parts

    settings: PurseSettings

    def __init__(self, settings: AccountSettings, *, live: bool, http: Http) -> None:
        super().__init__(settings, live=live, http=http)
        self._purse = Api(self.settings, http)
        if live and not self.settings.api.startswith("https:"):
            raise Misconfigured(_("A live account calls Purse over https:// only: mend the API address."))
        host = urlsplit(self.settings.api).hostname or ""
        if live and (host == "purse-sandbox.com" or host.endswith(".purse-sandbox.com")):
            raise Misconfigured(
                _("Purse's sandbox is for test accounts: give the API address of production.")
            )
        if not live and host.endswith(PRODUCTION):
            raise Misconfigured(_("A test account must not take real money: mend the API address."))

    def probe(self) -> Probe:
        return setup.probe(self.settings, self._purse)

    def addresses(self, urls: Urls) -> tuple[Address, ...]:
        return setup.addresses(urls)

    def refuses(self, charge: Charge) -> str:
        if sentence := super().refuses(charge):
            return sentence
        if charge.saved_card:
            return _("Purse keeps cards itself and offers them in its own form.")
        if not (found := self.complaints(charge)):
            return ""
        field, why = found[0]
        return _("Purse cannot take this order: %(field)s %(why)s.", field=field, why=why)

    def complaints(self, charge: Charge) -> tuple[FieldError, ...]:
        try:
            brought = session.options(charge)
        except Invalid as problem:
            return problem.errors
        found: list[FieldError] = []
        if charge.money.currency not in CURRENCIES:
            taken = ", ".join(CURRENCIES)
            found.append(("currency", _("must be one of %(currencies)s for Purse", currencies=taken)))
        whole = brought.order.net_amount
        if whole is not None and whole < charge.money.minor:
            found.append((f"{session.OPTIONS}.order.net_amount", _("must not be less than the amount")))
        return tuple(found)

    def asks_consent(self) -> bool:
        """Purse's form asks whether a means of payment is to be kept, and offers it the next time by itself."""
        return True

    # --- before money -----------------------------------------------------------------------------------

    def start(self, charge: Charge) -> Started:
        if sentence := self.refuses(charge):
            found = self.complaints(charge)
            raise Invalid(*found[0], *found[1:]) if found else Invalid(session.OPTIONS, sentence)
        try:
            made = self._purse.create_session(session.new_session(self.settings, charge))
        except Refused as no:
            if no.status in (401, 403, 404, 405):
                raise self._purse.closed(no) from no
            raise session.refused(no, charge) from no
        return Started(
            show=self._show(charge, made),
            provider_id=made.id,
            provider_ids=(made.id,),
            memo={"session_id": made.id},
        )

    # --- the truth --------------------------------------------------------------------------------------

    def sync(self, charge: Charge) -> Report:
        """The payment once there is one, the session before."""
        session_id = charge.memo.get("session_id", "")
        if not session_id:
            # The answer to `start` was lost. Purse has no search, and nobody was shown where to pay.
            return Report(outcome=Outcome.OPEN)
        if payment_id := charge.memo.get("payment_id"):
            return self._report(charge, self._payment(charge, payment_id))
        told = self._purse.session(session_id)
        if told.payment_id:
            return self._report(charge, self._payment(charge, told.payment_id))
        return self._sync_session(charge, told)

    def read_notification(self, incoming: Incoming) -> Notification:
        """A webhook's body is the payment itself, or a session; it only says what to ask about."""
        shown = incoming.headers.get(self.settings.webhook_header, "")
        reference = session.bearer_of(self.settings, shown)
        if not reference:
            raise Forged("The webhook came without what we signed for it.")
        try:
            ring = Ring.model_validate(json.loads(incoming.body))
        except (ValueError, RecursionError) as problem:  # pydantic's error is a ValueError, too
            if isinstance(problem, ValidationError):
                problem = ValueError("not the shape of a payment")
            raise Invalid("id", _("the webhook is no payment and no session")) from problem
        named = ring.order_reference or (ring.order.reference if ring.order else "")
        if named and named != reference:
            raise Forged("The webhook speaks of another payment than it was made for.")
        ids = dict.fromkeys(filter(None, (ring.client_session_id, ring.session_id, ring.payment_id, ring.id)))
        if not ids:
            raise Invalid("id", _("the webhook names neither a payment nor a session"))
        subject = ring.id or ring.session_id or ring.client_session_id or ring.payment_id
        if ring.version is not None:
            key, about = f"{subject}:{ring.version}", f"payment {subject}, version {ring.version}"
        elif ring.status:
            key, about = f"{subject}:{ring.status}", f"session {subject} {ring.status.lower()}"
        else:
            key, about = hashlib.sha256(incoming.body).hexdigest(), f"payment {subject}"
        return Notification(key=key, about=words.plain(about), reference=reference, provider_ids=tuple(ids))

    def resume(self, charge: Charge, query: Mapping[str, str]) -> Returned:
        """Signed by Purse, but valid for ever: a hint. Which payment it was, the session is asked."""
        token = query.get(signing.PARAMETER, "")
        if not token:
            return Returned()
        claims = signing.verified(token, self.settings.api, self._purse.keys)
        session_id = charge.memo.get("session_id", "")
        if not session_id or claims.get("client_session_id") != session_id:
            raise Forged("The return belongs to another session.")
        authorization = str(claims.get("authorization_status") or "")
        return Returned(claim=words.claim(authorization, str(claims.get("client_session_status") or "")))

    # --- the rest ---------------------------------------------------------------------------------------

    def cancel(self, charge: Charge, *, give_up: bool) -> Report:
        """Purse knows no order to be given up, so the session is all that is ended."""
        now = self.sync(charge)
        session_id = charge.memo.get("session_id", "")
        if not session_id:
            return replace(now, outcome=Outcome.CANCELED)
        if now.outcome is not Outcome.OPEN:
            return now
        try:
            self._purse.abort(session_id)
        except Uncertain:
            # The answer was lost: the session tells what became of it, unless it may still be on its way.
            if (now := self.sync(charge)).outcome is Outcome.OPEN:
                raise
            return now
        return self.sync(charge)

    def capture(self, charge: Charge, money: Money, *, key: str, plan: Mapping[str, Any]) -> Report:
        return self._operate(charge, Verb.CAPTURE, money, key, plan)

    def void(self, charge: Charge, money: Money, *, key: str, plan: Mapping[str, Any]) -> Report:
        return self._operate(charge, Verb.VOID, money, key, plan)

    def refund(self, charge: Charge, money: Money, *, key: str, plan: Mapping[str, Any]) -> Report:
        return self._operate(charge, Verb.REFUND, money, key, plan)

    def share_out(
        self, charge: Charge, verb: Verb, money: Money, *, plan: Mapping[str, Any]
    ) -> tuple[Share, ...]:
        chosen = priorities.asked(self.settings, verb, plan)
        return priorities.share_out(charge.tenders, verb, money, chosen)

    # --- how it is shown --------------------------------------------------------------------------------

    def _show(self, charge: Charge, made: SessionMade) -> Widget | Redirect:
        page = (
            self._address(made.links["hosted_page"].href)
            if made.links and "hosted_page" in made.links
            else ""
        )
        script = self._address(made.widget.js_url) if made.widget else ""
        by_page = session.shows_page(self.settings, charge)
        if not by_page and made.widget and script and made.widget.data:
            data = {
                "src": script,
                "session": made.widget.data,
                "locale": session.locale(charge),
                "ownButton": self.settings.pay_button == "ours",
            }
            return Widget(template="widgets/purse.html", data=data, origins=self._origins(script), page=page)
        if page:
            return Redirect(url=page)
        # Nobody can be shown it, so nobody can pay it.
        if by_page:
            raise Misconfigured(_("Purse opened a session, but named no page of its own."))
        raise Misconfigured(_("Purse opened a session, but named neither a form to show nor a page."))

    def _address(self, url: str) -> str:
        """An address to send a browser to, or to load a script from; "" when it is none."""
        if not is_address(url.partition("?")[0].partition("#")[0]):
            return ""
        return url if url.startswith("https:") or not self.live else ""

    def _origins(self, script: str) -> tuple[str, ...]:
        """The script's own, the vault beside it for its card fields, and the API that it calls [inferred]."""
        parts = urlsplit(script)
        vault: tuple[str, ...] = ()
        if parts.netloc.startswith("cdn.purse-"):
            vault = (f"{parts.scheme}://api.vault.{parts.netloc.removeprefix('cdn.')}",)
        api = urlsplit(self.settings.api)
        own = f"{parts.scheme}://{parts.netloc}"
        found = (own, *vault, f"{api.scheme}://{api.netloc}", *self.settings.widget_origins)
        return tuple(dict.fromkeys(found))

    # --- the session and its payment --------------------------------------------------------------------

    def _sync_session(self, charge: Charge, told: SessionTold) -> Report:
        submitted = words.session_word(told.status) == words.SUBMITTED
        if submitted and (payment := self._rung_about(charge)):
            return self._report(charge, payment)
        outcome = words.session_outcome(told.status)
        odd: str = ""
        if submitted:
            outcome, odd = (
                Outcome.PENDING,
                _("Purse says that the session was submitted, but names no payment yet."),
            )
        elif outcome is None:
            outcome, odd = Outcome.PENDING, words.unknown(_("session"), told.status)
        elif outcome is Outcome.OPEN and told.expires_at and told.expires_at + GRACE <= datetime.now(UTC):
            outcome = Outcome.EXPIRED
        return Report(
            outcome=outcome,
            reference=told.order.reference or None if told.order else None,
            provider_ids=(told.id,),
            warning=odd,
        )

    def _rung_about(self, charge: Charge) -> PaymentTold | None:
        """A webhook may have named the payment that the session does not: believed when it names our session."""
        session_id = charge.memo["session_id"]
        rung = [name for name in reversed(charge.provider_ids) if name != session_id]
        for name in rung[:_ASK_ABOUT]:
            try:
                payment = self._purse.payment(name)
            except (Misconfigured, Uncertain):
                continue
            if payment.client_session_id == session_id:
                return payment
        return None

    def _payment(self, charge: Charge, payment_id: str) -> PaymentTold:
        payment = self._purse.payment(payment_id)
        if payment.client_session_id not in ("", charge.memo.get("session_id")):
            raise Uncertain(_("Purse answered about a payment of another session."))
        return payment

    def _report(self, charge: Charge, payment: PaymentTold) -> Report:
        return report_of(charge, payment)

    def _operate(self, charge: Charge, verb: Verb, money: Money, key: str, plan: Mapping[str, Any]) -> Report:
        chosen = priorities.asked(self.settings, verb, plan)
        payment = self._known_payment(charge)
        if any(told.merchant_reference == key for told in listed(payment, verb)):
            return self._report(
                charge, payment
            )  # it was asked for already: Purse knows no idempotency but this
        body: dict[str, Any] = {"amount": money.minor, "merchant_reference": key}
        if chosen:
            body[self.settings.priority_field] = [entry.model_dump() for entry in chosen]
        return self._report(charge, self._purse.operate(payment, verb.value, body))

    def _known_payment(self, charge: Charge) -> PaymentTold:
        payment_id = (
            charge.memo.get("payment_id") or self._purse.session(charge.memo.get("session_id", "")).payment_id
        )
        if not payment_id:
            raise Misconfigured(_("Purse names no payment of this session."))
        return self._payment(charge, payment_id)
