"""PayZen, which is Lyra Collect, Systempay, Sogecommerce, OSB and others, too: its payment orders and its form.

Manual: "Payment order web services" of Lyra's documentation (25.19), with its pages on the payment link, the e-mail,
SMS, WhatsApp and invoice orders, the IPN, the embedded form, and the management of transactions, read 2026-11-21. What
it does not tell is a setting or one named constant, and is called [inferred].
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from providers.base import (
    AccountSettings,
    Charge,
    Incoming,
    Invitation,
    Link,
    Notification,
    Outcome,
    Provider,
    Redirect,
    Report,
    Returned,
    Show,
    Started,
    Urls,
    Verb,
    Widget,
)
from providers.declines import Code
from providers.errors import Declined, FieldError, Invalid, Misconfigured
from providers.http import Http
from providers.money import Money
from providers.payzen import bodies, declines, notices, refusals, returns, rules, setup, words
from providers.payzen.operations import Till
from providers.payzen.order import PayzenOrder
from providers.payzen.settings import PayzenSettings
from providers.payzen.shapes import PaymentOrder
from providers.payzen.standing import Standing, order_id_of
from providers.payzen.wire import NO_SUCH_SERVICE, Gateway, Refused
from providers.said import listed
from providers.said import said as _
from providers.setup import Address, Probe

__all__ = ["PayZen", "PayzenOrder", "PayzenSettings"]

PAGE, WIDGET = "page", "widget"
SCRIPT = "/static/js/krypton-client/V4.0/stable/kr-payment-form.min.js"
THEME = "/static/js/krypton-client/V4.0/ext/neon.js"
STYLE = "/static/js/krypton-client/V4.0/ext/neon-reset.min.css"
# [inferred] An order cannot expire in the past, so one that is withdrawn without a cancel lapses a minute from now.
WITHDRAWN_AFTER = timedelta(seconds=60)
WITHDRAWN_WITHIN = timedelta(minutes=3)  # ... as PayZen has it then: our clock and its own may differ


class PayZen(Provider):
    slug = "payzen"
    label = "Card, by payment link"
    name = "PayZen"
    settings_type = PayzenSettings
    options_type = PayzenOrder
    channels = (PAGE, WIDGET)
    verifies = ("password", "hmac_key", "form_key")
    codes = declines.CODES
    whole_only = frozenset({Verb.CAPTURE})  # void first what is not wanted

    settings: PayzenSettings

    def __init__(self, settings: AccountSettings, *, live: bool, http: Http) -> None:
        super().__init__(settings, live=live, http=http)
        self._gateway = Gateway(self.settings, http)
        self._standing = Standing(self.settings, self._gateway)
        self._till = Till(self.settings, self._gateway, self._standing)
        if live and not all(url.startswith("https:") for url in (self.settings.api, self.settings.static)):
            raise Misconfigured(_("A live account calls PayZen over https:// only: mend its addresses."))
        if live and self.settings.is_test is True:
            raise Misconfigured(
                _("A live account needs PayZen's production password, not the one for tests.")
            )
        if not live and self.settings.is_test is False:
            raise Misconfigured(
                _("A test account needs PayZen's password for tests, not the one for production.")
            )

    def probe(self) -> Probe:
        return setup.probe(self._gateway, live=self.live)

    def addresses(self, urls: Urls) -> tuple[Address, ...]:
        return setup.addresses(urls)

    @classmethod
    def code(cls, word: str) -> Code | None:
        return declines.code(word)

    def refuses(self, charge: Charge) -> str:
        if sentence := super().refuses(charge):
            return sentence
        if charge.save_card and self.settings.keep_cards == "never":
            return _("This PayZen account keeps no cards.")
        found = self.complaints(charge)
        return _("PayZen cannot take this order: %(why)s.", why=listed(found)) if found else ""

    def complaints(self, charge: Charge) -> tuple[FieldError, ...]:
        return rules.complaints(self.settings, charge)

    def sends_by(self) -> tuple[str, ...]:
        return self.settings.sends

    def sends_again(self) -> bool:
        return self.settings.updates_send

    def asks_consent(self) -> bool:
        return self.settings.keep_cards == "ask"

    # --- before money -----------------------------------------------------------------------------------

    def start(self, charge: Charge) -> Started:
        if problems := (*self.complaints(charge), *rules.too_late(charge)):
            raise Invalid(*problems[0], *problems[1:])
        brought = bodies.options(charge)
        try:
            if charge.invitation is None and (charge.channel or self.settings.show) == WIDGET:
                return self._open_form(charge, brought)
            made = self._gateway.create_order(bodies.order(self.settings, charge, brought))
        except Refused as no:
            raise refusals.of_start(no, charge, self.settings, brought) from None
        memo = {
            "way": "order",
            "order": made.payment_order_id,
            "channel": bodies.channel_type(charge),
            "sent_by": charge.channel if charge.invitation else "",
            "to": charge.invitation.to if charge.invitation else "",
            "keeps": bodies.form_action(self.settings, charge),
        }
        return Started(
            show=self._show(charge, made),
            provider_id=made.payment_order_id,
            provider_ids=(made.payment_order_id,),
            memo=memo,
        )

    def _show(self, charge: Charge, made: PaymentOrder) -> Show:
        url = made.payment_url
        parts = urlsplit(url)
        whole = parts.scheme == "https" or (parts.scheme == "http" and not self.live)
        if not (whole and parts.hostname) or url != "".join(url.split()):
            if bodies.channel_type(charge) == "URL":  # nobody can be shown it, so nobody can pay it
                raise Misconfigured(
                    _("PayZen made a payment order, but names no address at which it can be paid.")
                )
            url = ""
        if charge.invitation is None:
            return Redirect(url=url)
        by_payzen = bodies.channel_type(charge) in bodies.BY_PAYZEN
        return Link(url=url, sent_to=charge.invitation.to if by_payzen else "")

    def _open_form(self, charge: Charge, brought: PayzenOrder) -> Started:
        if not self.settings.public_key:
            raise Misconfigured(
                _("The form in our page needs PayZen's public key: see the account's settings.")
            )
        made = self._gateway.create_form(bodies.form(self.settings, charge, brought))
        retries = bodies.retries(self.settings, brought)
        memo: dict[str, Any] = {"way": "form", "keeps": bodies.form_action(self.settings, charge)}
        if retries is not None:
            memo["tries"] = retries + 1
        static = self.settings.static
        data = {
            "script": f"{static}{SCRIPT}",
            "theme": f"{static}{THEME}",
            "style": f"{static}{STYLE}",
            "publicKey": self.settings.public_key,
            "formToken": made.form_token,
            "language": bodies.locale(self.settings, charge, brought).replace("_", "-"),
            "success": bodies.way_back(charge.urls.back, "success"),
            "refused": bodies.way_back(charge.urls.back, "refused"),
        }
        parts = (urlsplit(static), urlsplit(self.settings.api))
        own = [f"{part.scheme}://{part.netloc}" for part in parts]
        origins = tuple(dict.fromkeys((*own, *self.settings.widget_origins)))
        # Its script draws into our page and brings its own styles [inferred: the sources show the theme's files].
        show = Widget(template="widgets/payzen.html", data=data, origins=origins, styled=True)
        return Started(show=show, memo=memo)

    # --- the truth --------------------------------------------------------------------------------------

    def sync(self, charge: Charge) -> Report:
        return self._standing.now(charge)

    def read_notification(self, incoming: Incoming) -> Notification:
        return notices.notification(self.settings, incoming, live=self.live)

    def resume(self, charge: Charge, query: Mapping[str, str]) -> Returned:
        return returns.returned(self.settings, charge, query)

    # --- a payment order that is still open ---------------------------------------------------------------

    def update(self, charge: Charge) -> Report:
        """Amount, expiry, recipient and text; the channel stays. Of what PayZen refuses, the truth is told instead."""
        order_id = order_id_of(charge)
        if not order_id:
            raise Invalid("order", _("only a payment order can be changed, and this attempt has none"))
        if problems := (*self.complaints(charge), *rules.too_late(charge)):
            raise Invalid(*problems[0], *problems[1:])
        charge = _as_it_was_sent(charge)
        if bodies.channel_type(charge) != charge.memo.get("channel"):
            raise Invalid("channel", _("cannot be changed once the order is made"))
        brought = bodies.options(charge)
        body = bodies.update(self.settings, charge, brought, order_id)
        try:
            self._gateway.update_order(body)
        except Refused as no:
            # Which code says that it is not running any more is not documented: the order itself is asked.
            now = self._standing.now(charge)
            if now.outcome is not Outcome.OPEN:
                return now
            problem = refusals.of_start(no, charge, self.settings, brought)
            raise Invalid("order", problem.sentence) if isinstance(problem, Declined) else problem from None
        return self._standing.now(charge)

    def cancel(self, charge: Charge, *, give_up: bool) -> Report:
        """Withdraw the payment order; money that came first wins.

        A form has nothing to withdraw: its token is in our page alone, which the shopper is leaving, and what is paid
        in it after all comes to light by itself. OPEN when a running order could not be withdrawn.
        """
        seen = self._standing.look(charge)
        now = self._standing.report(charge, seen)
        if now.outcome is not Outcome.OPEN:
            return now
        order_id = order_id_of(charge)
        if not order_id:
            return replace(now, outcome=Outcome.CANCELED)
        if self.settings.cancels_orders and self._cancelled(order_id):
            return self._left(charge)
        if seen.order is not None and _ends_within(seen.order, WITHDRAWN_AFTER):
            return replace(now, outcome=Outcome.CANCELED)  # a later end would only keep it payable for longer
        return self._let_lapse(charge, order_id, now.asked)

    def _cancelled(self, order_id: str) -> bool:
        try:
            self._gateway.cancel_order(order_id)
        except Refused as no:
            # Without the web service there is another way; for any other no, the order tells.
            return no.code != NO_SUCH_SERVICE
        return True

    def _let_lapse(self, charge: Charge, order_id: str, asked: Money | None) -> Report:
        """[inferred] Update takes an expiry that is not in the past: a minute from now the order cannot be paid."""
        charge = _as_it_was_sent(charge)
        soon = datetime.now(UTC) + WITHDRAWN_AFTER
        body = bodies.withdrawn(self.settings, charge, order_id, asked or charge.money, soon)
        try:
            self._gateway.update_order(body)
        except Refused:
            return self._left(charge)
        seen = self._standing.look(charge)
        now = self._standing.report(charge, seen)
        ends = seen.order is not None and _ends_within(seen.order, WITHDRAWN_WITHIN)
        if now.outcome is Outcome.OPEN and ends:
            return replace(now, outcome=Outcome.CANCELED)
        return now

    def _left(self, charge: Charge) -> Report:
        """Withdrawn or not, it is what it is. But of an order whose last try was refused PayZen takes no change, and
        whether it can still be paid is not documented: nobody is held fast to it. What is paid there comes to light."""
        seen = self._standing.look(charge)
        now = self._standing.report(charge, seen)
        if now.outcome is not Outcome.OPEN or seen.order is None:
            return now
        if seen.order.payment_order_status != words.ORDER_REFUSED:
            return now
        odd = _("PayZen does not withdraw a payment order whose last try was refused: its link may live on.")
        return replace(now, outcome=Outcome.CANCELED, warning=odd)

    # --- after money ------------------------------------------------------------------------------------

    def capture(self, charge: Charge, money: Money, *, key: str, plan: Mapping[str, Any]) -> Report:
        return self._till.capture(charge, money, key)

    def void(self, charge: Charge, money: Money, *, key: str, plan: Mapping[str, Any]) -> Report:
        return self._till.void(charge, money, key)

    def refund(self, charge: Charge, money: Money, *, key: str, plan: Mapping[str, Any]) -> Report:
        return self._till.refund(charge, money, key)


def _ends_within(order: PaymentOrder, soon: timedelta) -> bool:
    return order.expiration_date is not None and order.expiration_date <= datetime.now(UTC) + soon


def _as_it_was_sent(charge: Charge) -> Charge:
    """With the recipient as the order was made for, where nothing newer is said: PayZen wants it told again."""
    if charge.invitation is not None or not charge.memo.get("sent_by"):
        return charge
    return replace(charge, invitation=Invitation(to=charge.memo["to"]), channel=charge.memo["sent_by"])
