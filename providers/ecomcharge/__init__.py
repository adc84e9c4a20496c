"""eComCharge, whose platform is also called beGateway and bePaid: its payment form or page, and its gateway.

Manual: "Payment token" of the eComCharge documentation, with its pages on the widget, the customer's return, webhooks,
verification, card transactions, alternative methods and idempotent requests, read 2026-11-21. What it does not tell is
a setting, or one named constant.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from providers.base import (
    AccountSettings,
    Approval,
    Charge,
    Claim,
    Incoming,
    Kind,
    Notification,
    Occasion,
    Provider,
    Redirect,
    Report,
    Returned,
    Started,
    Urls,
    Verb,
    Widget,
)
from providers.declines import Code
from providers.ecomcharge import bodies, children, declines, refusals, rules, setup, webhooks, words
from providers.ecomcharge.children import Paid
from providers.ecomcharge.order import EcomchargeOrder
from providers.ecomcharge.refusals import Refused
from providers.ecomcharge.settings import EcomchargeSettings
from providers.ecomcharge.standing import Standing
from providers.ecomcharge.wire import CARD, BeGateway, Opened
from providers.errors import FieldError, Invalid, Misconfigured, Uncertain, Unreachable
from providers.http import Http
from providers.money import Money
from providers.said import listed
from providers.said import said as _
from providers.setup import Address, Probe

__all__ = ["Ecomcharge", "EcomchargeOrder", "EcomchargeSettings"]

ERIP = "erip"  # money that was paid in a bank's own system, which takes none back


class Ecomcharge(Provider):
    slug = "ecomcharge"
    label = "Card or local payment method"
    name = "eComCharge"
    settings_type = EcomchargeSettings
    options_type = EcomchargeOrder
    kinds = frozenset({Kind.ONE_OFF, Kind.SAVE_CARD})
    occasions = frozenset(Occasion)
    verifies = ("secret_key", "public_key")
    codes = declines.CODES
    whole_only = frozenset[Verb]()  # captures, voids and refunds may be in parts

    settings: EcomchargeSettings

    def __init__(self, settings: AccountSettings, *, live: bool, http: Http) -> None:
        super().__init__(settings, live=live, http=http)
        self._gate = BeGateway(self.settings, http)
        self._standing = Standing(self.settings, self._gate)
        if live and not all(address.startswith("https:") for address in self.settings.addresses):
            raise Misconfigured(_("A live account calls eComCharge over https:// only: mend its addresses."))
        if live and urlsplit(self.settings.gateway_url).netloc.startswith("demo-"):
            raise Misconfigured(
                _("The demonstration gateway takes no live payments: mend the gateway address.")
            )

    def probe(self) -> Probe:
        return setup.probe(self.settings, self._gate)

    def addresses(self, urls: Urls) -> tuple[Address, ...]:
        return setup.addresses(self.settings, urls)

    @classmethod
    def code(cls, word: str) -> Code | None:
        return declines.code(word)

    def refuses(self, charge: Charge) -> str:
        if sentence := super().refuses(charge):
            return sentence
        if problems := self.complaints(charge):
            return _("eComCharge cannot take this order: %(errors)s.", errors=listed(problems))
        return ""

    def complaints(self, charge: Charge) -> tuple[FieldError, ...]:
        return rules.complaints(self.settings, charge, live=self.live)

    def asks_consent(self) -> bool:
        return self.settings.save_card_consent and self.settings.save_card_toggle != "hide"

    # --- before money -----------------------------------------------------------------------------------

    def start(self, charge: Charge) -> Started:
        if problems := self.complaints(charge):
            raise Invalid(*problems[0], *problems[1:])
        brought = bodies.options(charge)
        if charge.occasion is not None:
            return self._charge_card(charge, brought)
        body = bodies.checkout(self.settings, charge, brought, live=self.live)
        try:
            opened = self._gate.open(body)
        except Refused as no:
            raise refusals.of_checkout(no.refusal, charge, self.settings, brought) from None
        sent = body["checkout"]
        toggle = sent["settings"].get("save_card_toggle", {})
        contracts = sent["order"].get("additional_data", {}).get("contract", [])
        memo = {
            **charge.memo,
            "token": opened.token,
            "type": sent["transaction_type"],
            "attempts": sent.get("attempts", 1),
            "ends": sent["order"]["expired_at"],  # as the form was opened: the order may be given more time
            "contracts": contracts,
            # With a contract the card's token comes whether or not the shopper uses the toggle.
            "agreed_there": toggle.get("customer_contract") is True and not contracts,
        }
        return Started(
            show=self._show(charge, sent, opened),
            provider_id=opened.token,
            provider_ids=(opened.token,),
            memo=memo,
        )

    def _show(self, charge: Charge, sent: Mapping[str, Any], opened: Opened) -> Widget | Redirect:
        # A card is charged at once by opening the page; whether the form does so, too, is not told.
        if self.settings.show == "page" or sent["settings"].get("auto_pay"):
            return Redirect(url=opened.redirect_url)
        data = {
            "src": self.settings.script_url,
            "checkout_url": self.settings.checkout_url,
            "token": opened.token,
            "iframe": sent.get("iframe", False),
            "test": sent["test"],
            "transaction_type": sent["transaction_type"],
            "back": charge.urls.back,
        }
        addresses = (self.settings.script_url, self.settings.checkout_url)
        origins = dict.fromkeys(f"{parts.scheme}://{parts.netloc}" for parts in map(urlsplit, addresses))
        return Widget(
            template="widgets/ecomcharge.html",
            data=data,
            origins=tuple(origins),
            page=opened.redirect_url,
            styled=self.settings.styled,
        )

    def _charge_card(self, charge: Charge, brought: EcomchargeOrder) -> Started:
        """The merchant charges a saved card: the gateway answers at once how it went."""
        plural = "authorizations" if charge.capture_later else "payments"
        request = bodies.charge_of_card(self.settings, charge, brought, live=self.live)
        try:
            told = self._gate.transact(plural, request, charge.reference)
        except Refused as no:
            raise refusals.of_charge(no.refusal, charge, self.settings, brought) from None
        memo = {**charge.memo, "uid": told.uid, "type": plural.removesuffix("s")}
        show = None
        if told.status == "incomplete" and told.redirect_url.startswith(("https://", "http://")):
            show = Redirect(url=told.redirect_url)  # the bank wants the shopper after all
            memo["shown"] = True
        charge = replace(charge, memo=memo, provider_id=told.uid)
        return Started(
            show=show,
            provider_id=told.uid,
            provider_ids=(told.uid,),
            memo=memo,
            report=None if show else self._standing.of_transaction(charge, told, look=False),
        )

    # --- the truth --------------------------------------------------------------------------------------

    def sync(self, charge: Charge) -> Report:
        return self._standing.now(charge)

    def read_notification(self, incoming: Incoming) -> Notification:
        webhooks.authenticate(self.settings, incoming)
        return webhooks.notification(incoming, live=self.live)

    def read_approval(self, incoming: Incoming) -> Approval:
        webhooks.authenticate(self.settings, incoming)
        return webhooks.approval(self.settings, incoming)

    def answer_approval(self, approval: Approval, refusal: str) -> Mapping[str, Any]:
        return webhooks.answer(self.settings, approval, refusal)

    def resume(self, charge: Charge, query: Mapping[str, str]) -> Returned:
        """The return address is not signed, so all it gives is a hint."""
        end, status = query.get("end", ""), query.get("status", "")
        token = query.get("token") or charge.memo.get("token")
        if token != charge.memo.get("token"):
            return Returned()  # it speaks of another payment form
        return Returned(claim=_ENDS.get(end) or _CLAIMS.get(status, Claim.NOTHING))

    # --- after money ------------------------------------------------------------------------------------

    def capture(self, charge: Charge, money: Money, *, key: str, plan: Mapping[str, Any]) -> Report:
        paid = self._paid(charge)
        if not paid.reserved:
            raise Invalid("amount", _("this payment was taken at once: there is nothing to capture"))
        return self._operate(charge, paid, Verb.CAPTURE, money, paid.uid, key)

    def void(self, charge: Charge, money: Money, *, key: str, plan: Mapping[str, Any]) -> Report:
        paid = self._paid(charge)
        if not paid.reserved:
            raise Invalid("amount", _("this payment was taken at once: it can be refunded, but not voided"))
        return self._operate(charge, paid, Verb.VOID, money, paid.uid, key)

    def refund(self, charge: Charge, money: Money, *, key: str, plan: Mapping[str, Any]) -> Report:
        paid = self._paid(charge)
        if paid.method == ERIP:
            raise Invalid("amount", _("a payment through ERIP cannot be refunded over the API"))
        return self._operate(charge, paid, Verb.REFUND, money, paid.refundable(money), key)

    def _paid(self, charge: Charge) -> Paid:
        """The payment with what is known to have come of it; asked for where something is not. Nothing was sent yet,
        so nothing is uncertain."""
        try:
            memo = {**charge.memo, **({} if children.all_known(charge) else self.sync(charge).memo)}
        except Uncertain as problem:
            raise Unreachable(problem.sentence) from problem
        paid = children.remembered(memo, charge.money.currency)
        if paid is None:
            raise Invalid("amount", _("eComCharge knows of no money of this payment"))
        return paid

    def _operate(self, charge: Charge, paid: Paid, verb: Verb, money: Money, parent: str, key: str) -> Report:
        reason = charge.reason or f"Refund of order {charge.order_reference}" if verb is Verb.REFUND else ""
        request = bodies.child(self.settings, charge, money, parent=parent, key=key, reason=reason[:255])
        try:
            told = self._gate.transact(f"{verb.value}s", request, key, beyag=paid.method != CARD)
        except Refused as no:
            raise refusals.of_operation(no.refusal) from None
        if told.parent_uid not in ("", parent):
            raise Uncertain(
                _(
                    "Asked to %(what)s, eComCharge answered about another payment.",
                    what=words.VERB_NAMES[verb],
                )
            )
        known = paid.children.get(told.uid)
        if (
            told.type not in ("", verb.value)
            or told.uid in (paid.uid, parent)
            or (known and known.key != key)
        ):
            raise Uncertain(
                _("Asked to %(what)s, eComCharge answered about something else.", what=words.VERB_NAMES[verb])
            )
        if told.amount is None:
            told = told.model_copy(update={"amount": request["amount"]})
        child = children.of_transaction(told, verb, paid)
        paid = paid.with_child(replace(child, key=key, parent=parent))
        return self._standing.of_paid(charge, paid, searched=False)


# Where we sent the shopper back, and the word that the provider or its form adds. Both unsigned.
_ENDS = {
    "success": Claim.SUCCESS,
    "decline": Claim.FAILURE,
    "fail": Claim.FAILURE,
    "cancel": Claim.CANCEL,
}
_CLAIMS = {
    "successful": Claim.SUCCESS,
    "success": Claim.SUCCESS,
    "failed": Claim.FAILURE,
    "error": Claim.FAILURE,
    "null": Claim.CANCEL,
    "closed": Claim.CANCEL,
    "canceled": Claim.CANCEL,
}
