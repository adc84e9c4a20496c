"""eComCharge, whose platform is also called beGateway and bePaid: its payment form or page, and its gateway.

Manual: "Payment token" of the eComCharge documentation, with its pages on the widget, the customer's return, webhooks,
verification, card transactions, alternative methods and idempotent requests, read 2026-11-21. What it does not tell is
a setting, or one named constant.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from providers.base import (
    AccountSettings,
    Approval,
    Card,
    Charge,
    Claim,
    Incoming,
    Kind,
    Notification,
    Occasion,
    Outcome,
    Provider,
    Redirect,
    Report,
    Returned,
    SavedCard,
    Started,
    Verb,
    Widget,
)
from providers.ecomcharge import bodies, children, refusals, rules, webhooks, words
from providers.ecomcharge.amounts import from_vendor, to_vendor
from providers.ecomcharge.children import Paid
from providers.ecomcharge.order import EcomchargeOrder
from providers.ecomcharge.refusals import Refused
from providers.ecomcharge.settings import EcomchargeSettings
from providers.ecomcharge.wire import CARD, BeGateway, Checkout, Opened, Transaction
from providers.errors import Decline, FieldError, Invalid, Misconfigured, Uncertain, Unreachable
from providers.http import Http
from providers.money import Money

__all__ = ["Ecomcharge", "EcomchargeOrder", "EcomchargeSettings"]

# Inferred: a charge that the search does not find after so long was never made.
MAY_BE_ON_ITS_WAY = timedelta(minutes=15)
ERIP = "erip"  # money that was paid in a bank's own system, which takes none back


class Ecomcharge(Provider):
    slug = "ecomcharge"
    label = "Card or local payment method"
    name = "eComCharge"
    settings_type = EcomchargeSettings
    options_type = EcomchargeOrder
    kinds = frozenset({Kind.ONE_OFF, Kind.SAVE_CARD})
    occasions = frozenset(Occasion)

    settings: EcomchargeSettings

    def __init__(self, settings: AccountSettings, *, live: bool, http: Http) -> None:
        super().__init__(settings, live=live, http=http)
        self._gate = BeGateway(self.settings, http)
        if live and not all(address.startswith("https:") for address in self.settings.addresses):
            raise Misconfigured("A live account calls eComCharge over https:// only: mend its addresses.")
        if live and urlsplit(self.settings.gateway_url).netloc.startswith("demo-"):
            raise Misconfigured("The demonstration gateway takes no live payments: mend the gateway address.")

    def refuses(self, charge: Charge) -> str:
        if sentence := super().refuses(charge):
            return sentence
        problems = self.complaints(charge)
        told = "; ".join(f"{field}: {why}" for field, why in problems)
        return f"eComCharge cannot take this order: {told}." if told else ""

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
        asked = bool(sent["order"].get("additional_data", {}).get("contract"))
        memo = {
            **charge.memo,
            "token": opened.token,
            "type": sent["transaction_type"],
            "attempts": sent.get("attempts", 1),
            "keeps_card": asked,
            # With a contract the card's token comes whether or not the shopper uses the toggle.
            "agreed_there": toggle.get("customer_contract") is True and not asked,
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
            template="widgets/ecomcharge.html", data=data, origins=tuple(origins), page=opened.redirect_url
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
        charge = replace(charge, memo=memo, provider_id=told.uid)
        show = None
        if told.status == "incomplete" and told.redirect_url.startswith(("https://", "http://")):
            show = Redirect(url=told.redirect_url)  # the bank wants the shopper after all
        return Started(
            show=show,
            provider_id=told.uid,
            provider_ids=(told.uid,),
            memo=memo,
            report=None if show else self._of_transaction(charge, told, look=False),
        )

    # --- the truth --------------------------------------------------------------------------------------

    def sync(self, charge: Charge) -> Report:
        uid = charge.memo.get("uid", "")
        token = charge.memo.get("token") or ("" if uid or charge.occasion else charge.provider_id)
        if token:
            return self._of_checkout(charge, token)
        if uid := uid or charge.provider_id:
            told = self._gate.transaction(uid, charge.memo.get("method", CARD))
            if told is None:
                raise Misconfigured(
                    "The gateway does not know the payment: look at the account's gateway address."
                )
            return self._of_transaction(charge, told)
        return self._by_reference(charge)

    def read_notification(self, incoming: Incoming) -> Notification:
        webhooks.authenticate(self.settings, incoming)
        return webhooks.notification(incoming, live=self.live)

    def read_approval(self, incoming: Incoming) -> Approval:
        webhooks.authenticate(self.settings, incoming)
        return webhooks.approval(self.settings, incoming)

    def answer_approval(self, approval: Approval, refusal: str) -> Mapping[str, Any]:
        if refusal:
            return {"code": 1, "message": refusal, "friendly_message": refusal}
        units = to_vendor(approval.money, "vendor") or self.settings.tokenization_amount
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return {"code": 0, "uid": approval.provider_id, "amount": units, "created_at": now}

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
            raise Invalid("amount", "this payment was taken at once: there is nothing to capture")
        return self._operate(charge, paid, Verb.CAPTURE, money, paid.uid, key)

    def void(self, charge: Charge, money: Money, *, key: str, plan: Mapping[str, Any]) -> Report:
        paid = self._paid(charge)
        if not paid.reserved:
            raise Invalid("amount", "this payment was taken at once: it can be refunded, but not voided")
        return self._operate(charge, paid, Verb.VOID, money, paid.uid, key)

    def refund(self, charge: Charge, money: Money, *, key: str, plan: Mapping[str, Any]) -> Report:
        paid = self._paid(charge)
        if paid.method == ERIP:
            raise Invalid("amount", "a payment through ERIP cannot be refunded over the API")
        return self._operate(charge, paid, Verb.REFUND, money, paid.refundable(money), key)

    def _paid(self, charge: Charge) -> Paid:
        """The payment with what is known to have come of it. Nothing was sent yet, so nothing is uncertain."""
        try:
            memo = {**charge.memo, **({} if "minor" in charge.memo else self.sync(charge).memo)}
        except Uncertain as problem:
            raise Unreachable(str(problem)) from problem
        paid = children.remembered(memo, charge.money.currency)
        if paid is None:
            raise Invalid("amount", "eComCharge knows of no money of this payment")
        return paid

    def _operate(self, charge: Charge, paid: Paid, verb: Verb, money: Money, parent: str, key: str) -> Report:
        reason = f"Refund of order {charge.order_reference}"[:255] if verb is Verb.REFUND else ""
        request = bodies.child(self.settings, charge, money, parent=parent, key=key, reason=reason)
        try:
            told = self._gate.transact(f"{verb.value}s", request, key, beyag=paid.method != CARD)
        except Refused as no:
            raise refusals.of_operation(no.refusal) from None
        if told.parent_uid not in ("", parent):
            raise Uncertain(f"Asked to {verb.value}, eComCharge answered about another payment.")
        if told.amount is None:
            told = told.model_copy(update={"amount": request["amount"]})
        child = children.of_transaction(told, verb, paid)
        paid = paid.with_child(replace(child, key=key, parent=parent))
        return self._of_paid(charge, paid, searched=False)

    # --- how it stands ----------------------------------------------------------------------------------

    def _of_checkout(self, charge: Charge, token: str) -> Report:
        """A payment form's word is the truth; the transaction behind it tells of the card and of the amount."""
        told = self._gate.checkout(token)
        if told is None:
            return self._forgotten(charge)
        if told.token not in ("", token):
            raise Uncertain("Asked about one payment form, eComCharge answered about another.")
        if told.shop_id not in ("", self.settings.shop_id):
            raise Misconfigured(
                f"The payment belongs to the shop {words.plain(told.shop_id)}: look at the Shop ID."
            )
        charge = replace(charge, memo={**charge.memo, "token": token})
        outcome, odd = words.of_checkout(
            told.status,
            finished=told.finished is True,
            expired=told.expired is True,
            attempts_left=charge.memo.get("attempts", 1) > 1,
        )
        uid = told.attempt.uid
        if outcome is Outcome.PAID:
            if not uid:
                odd = "eComCharge says successful, but not which transaction it was."
                return self._report(charge, Outcome.PENDING, told, warning=odd)
            return self._of_money(charge, told, uid)
        if told.status != "failed":
            decline = _technical(told) if outcome is Outcome.FAILED else None
            return self._report(charge, outcome, told, warning=odd, decline=decline)
        said = self._gate.transaction(uid, charge.memo.get("method", "")) if uid else None
        return self._report(
            charge,
            outcome,
            told,
            said,
            decline=_decline(said) if said else _declined(told),
            card=said.card if said else None,
        )

    def _of_money(self, charge: Charge, told: Checkout, uid: str) -> Report:
        said = self._gate.transaction(uid, charge.memo.get("method", ""))
        if said is None:
            # The form's word holds without it: so much was asked for there.
            said = Transaction(
                uid=uid,
                type=told.transaction_type,
                status="successful",
                amount=told.order.amount,
                currency=told.order.currency,
            )
            odd = "Neither the gateway nor the API knows the payment's transaction: look at their addresses."
            return self._of_transaction(charge, said, told, odd=odd)
        if words.of_transaction(said.status)[0] is not Outcome.PAID:
            odd = f"eComCharge says successful, but its transaction is {words.plain(said.status)[:40] or 'silent'}."
            return self._report(charge, Outcome.PENDING, told, said, warning=odd)
        return self._of_transaction(charge, said, told)

    def _of_transaction(
        self,
        charge: Charge,
        said: Transaction,
        told: Checkout | None = None,
        *,
        odd: str = "",
        look: bool = True,
    ) -> Report:
        """What one payment says of itself. `look`: and what came of it afterwards."""
        outcome, unknown = words.of_transaction(said.status)
        memo = {**charge.memo, "uid": said.uid, "method": said.method or CARD}
        charge = replace(charge, memo=memo)
        if outcome is not Outcome.PAID:
            failed = _decline(said) if outcome is Outcome.FAILED else None
            return self._report(charge, outcome, told, said, warning=unknown, decline=failed, card=said.card)
        if charge.kind is Kind.SAVE_CARD:
            return self._of_kept_card(charge, said, told)
        try:
            money = None if said.amount is None else from_vendor(said.amount, said.currency)
        except ValueError:
            money = None
        if money is None:
            odd = "eComCharge says successful, but not how much."
            return self._report(charge, Outcome.PENDING, told, said, warning=odd)
        if money != charge.money:  # whoever compares it says so; nothing else of it is looked at
            return self._report(charge, Outcome.PAID, told, said, authorized=money, captured=money)
        kind = said.type if said.type in words.PAYMENTS else charge.memo.get("type", "")
        paid = Paid(
            uid=said.uid,
            money=money,
            reserved=kind == "authorization",
            method=memo["method"],
            children=children.known(memo, money.currency),
            others=frozenset(memo.get("others", ())),
        )
        if look:
            paid = children.look(self._gate, charge, paid)
        report = self._of_paid(charge, paid, searched=look, told=told, said=said)
        return replace(report, warning=" ".join(filter(None, [odd, report.warning])))

    def _of_paid(
        self,
        charge: Charge,
        paid: Paid,
        *,
        searched: bool,
        told: Checkout | None = None,
        said: Transaction | None = None,
    ) -> Report:
        charge = replace(charge, memo={**charge.memo, **paid.as_memo()})
        finds = self.settings.search_finds_refunds
        return self._report(
            charge,
            paid.outcome,
            told,
            said,
            authorized=paid.money,
            captured=paid.captured,
            refunded=paid.total(Verb.REFUND),
            voided=paid.total(Verb.VOID),
            operations=children.listed(charge, paid, searched=searched, finds_refunds=finds),
            card=said.card if said else None,
            saved_card=_kept(charge, said) if said else None,
            warning=" ".join(paid.warnings),
        )

    def _of_kept_card(self, charge: Charge, said: Transaction, told: Checkout | None) -> Report:
        nothing = Money.zero(charge.money.currency)
        kept = _kept(charge, said)
        if kept is None:
            odd = "eComCharge says that the card is kept, but not under which name."
            return self._report(charge, Outcome.PENDING, told, said, warning=odd)
        return self._report(
            charge,
            Outcome.PAID,
            told,
            said,
            authorized=nothing,
            captured=nothing,
            card=said.card,
            saved_card=kept,
        )

    # --- after a crash ----------------------------------------------------------------------------------

    def _by_reference(self, charge: Charge) -> Report:
        """The answer to `start` was lost. Whatever was paid carries our reference."""
        found = [
            told
            for told in self._gate.search(charge.reference)
            if told.tracking_id == charge.reference and told.type not in words.VERBS and not told.parent_uid
        ]
        if not found:
            return self._not_found(charge)
        best = min(found, key=_believable)
        paid = [told.uid for told in found if told.status == "successful"]
        odd = f"eComCharge has taken the money {len(paid)} times for one payment." if len(paid) > 1 else ""
        if best.checkout_token and charge.occasion is None:
            report = self._of_checkout(charge, best.checkout_token)
            return replace(report, warning=" ".join(filter(None, [odd, report.warning])))
        return self._of_transaction(charge, best, odd=odd)

    def _not_found(self, charge: Charge) -> Report:
        if charge.occasion is None:
            return Report(outcome=Outcome.OPEN)  # nobody has seen the form, so nobody can pay it
        if charge.begun_at is None or datetime.now(UTC) - charge.begun_at < MAY_BE_ON_ITS_WAY:
            raise Uncertain("eComCharge knows nothing of the charge yet.")
        why = "eComCharge knows nothing of it."
        return Report(
            outcome=Outcome.FAILED, decline=Decline(code="not_found", message=why, reason="technical_error")
        )

    def _forgotten(self, charge: Charge) -> Report:
        """The provider knows no payment form of this name any more."""
        if charge.expires_at > datetime.now(UTC):
            raise Misconfigured(
                "eComCharge does not know the payment form: look at the Shop ID and the checkout address."
            )
        odd = "eComCharge does not know the payment form any more."
        return self._report(charge, Outcome.EXPIRED, None, warning=odd)

    # --- small parts ------------------------------------------------------------------------------------

    def _report(
        self,
        charge: Charge,
        outcome: Outcome,
        told: Checkout | None,
        said: Transaction | None = None,
        **facts: Any,
    ) -> Report:
        """With what has to be compared: whose payment it is, and whether it was a test."""
        memo = {name: value for name, value in charge.memo.items() if value != ""}
        names = [name for name in (told and told.order.tracking_id, said and said.tracking_id) if name]
        strange = [name for name in names if name != charge.reference]
        tests = [source.test for source in (told, said) if source is not None and source.test is not None]
        ids = (memo.get("token"), memo.get("uid"), said and said.uid, *memo.get("children", {}))
        return Report(
            outcome=outcome,
            reference=next(iter(strange or names), None),
            live=not any(tests) if tests else None,
            provider_ids=tuple(dict.fromkeys(name for name in ids if name)),
            memo=memo,
            **facts,
        )


def _believable(told: Transaction) -> tuple[int, float]:
    """Of several transactions with one reference: money first, then what may still become money, then the newest."""
    rank = {"successful": 0, "pending": 1, "incomplete": 1}.get(told.status, 2)
    return rank, -told.created_at.timestamp() if told.created_at else 0.0


def _kept(charge: Charge, said: Transaction) -> SavedCard | None:
    """The card's token, when somebody agreed to have it kept."""
    agreed_there = bool(charge.memo.get("agreed_there"))
    asked = charge.memo.get("keeps_card") or agreed_there or charge.save_card or charge.kind is Kind.SAVE_CARD
    if not (asked and said.credit_card.token) or charge.occasion is not None:
        return None
    return SavedCard(token=said.credit_card.token, card=said.card or Card(), agreed=agreed_there)


def _decline(said: Transaction) -> Decline:
    message = said.friendly_message or said.message or said.details.message
    return words.decline(said.code, said.details.bank_code, message=message)


def _declined(told: Checkout) -> Decline:
    return words.decline(told.attempt.bank_code, message=told.message or told.attempt.message)


def _technical(told: Checkout) -> Decline:
    return Decline(code=told.status, message=words.plain(told.message), reason="technical_error")


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
