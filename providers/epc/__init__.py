"""SecuTix S-360: the S360 order, its payment in the E-Payment Center (EPC), and EPC's payment widget.

Manual: "Payment widget" of the SecuTix platform documentation, with its pages "REST", "API rate limits" and
"Order webhook" and the API pages of ExternalOrderFacade, ExternalOrderService and ExternalPaymentService v1_33,
read 2026-11-21. What the manual does not tell is a setting; its default is our sandbox's own convention.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from providers.base import (
    AccountSettings,
    Card,
    Charge,
    Claim,
    Incoming,
    Kind,
    Notification,
    Outcome,
    Provider,
    Report,
    Returned,
    SavedCard,
    Started,
    Urls,
    Widget,
)
from providers.declines import Code
from providers.epc import bodies, declines, setup
from providers.epc.settings import EpcOrder, EpcSettings
from providers.epc.wire import (
    S360,
    AliasChecked,
    Doorbell,
    Envelope,
    Notified,
    OrderDetails,
    OrderDetailsData,
    OrderUpdate,
    PaymentDetail,
    Payments,
    card,
    from_thousandths,
    plain,
    to_thousandths,
)
from providers.errors import Decline, Forged, Invalid, Misconfigured, ProviderError, Uncertain
from providers.http import Http
from providers.money import Money
from providers.said import joined
from providers.said import said as _
from providers.setup import Address, Probe

__all__ = ["Epc", "EpcOrder", "EpcSettings"]

FACADE, ORDERS, PAYMENTS = "externalOrderFacade", "externalOrderService", "externalPaymentService"
# How long notifyOrder may wait for the order's outcome, in milliseconds. The manual's headings say 3000 where its
# bodies say 30000 and 100; the bodies are what was sent and answered.
FINALISE, ROLL_BACK, ABANDON = 100, 30_000, 100
CLOSED = "CLOSED"  # the one order state that the manual names: sold, and so paid


class Epc(Provider):
    slug = "epc"
    label = "Bank card"
    name = "SecuTix EPC"
    settings_type = EpcSettings
    options_type = EpcOrder
    kinds = frozenset({Kind.ONE_OFF, Kind.SAVE_CARD})
    needs_script = True
    verifies = ("notification_key",)
    codes = declines.CODES

    settings: EpcSettings

    def __init__(self, settings: AccountSettings, *, live: bool, http: Http) -> None:
        super().__init__(settings, live=live, http=http)
        self._s360 = S360(self.settings, http)
        if live and not (
            self.settings.api.startswith("https:") and self.settings.script.startswith("https:")
        ):
            raise Misconfigured(_("A live account calls SecuTix over https:// only: mend its addresses."))
        if not self.settings.base_url and live != (self.settings.environment == "production"):
            raise Misconfigured(
                _("SecuTix's production environment is for live accounts, and they use no other.")
            )

    def probe(self) -> Probe:
        return setup.probe(self._s360)

    def addresses(self, urls: Urls) -> tuple[Address, ...]:
        return setup.addresses(urls)

    @classmethod
    def code(cls, word: str) -> Code | None:
        return declines.code(word)

    def refuses(self, charge: Charge) -> str:
        if sentence := super().refuses(charge):
            return sentence
        if charge.capture_later:
            return _("SecuTix takes the money when the order is closed: it cannot be captured later.")
        try:
            options = bodies.options(charge)
            if charge.kind is not Kind.SAVE_CARD:
                to_thousandths(charge.money)
        except Invalid as problem:
            return _("SecuTix cannot take this order: %(why)s.", why=problem.sentence)
        if charge.kind is Kind.SAVE_CARD and not bodies.own_contact(self.settings, charge):
            return _("A card is kept for a known S360 contact: the order has to bring its contact_number.")
        if charge.kind is not Kind.SAVE_CARD and not options.operations and not options.order_id:
            return _(
                "SecuTix sells what S360 sells: the order brings neither product operations nor an order_id."
            )
        return ""

    # --- before money -----------------------------------------------------------------------------------

    def prepare(self, charge: Charge) -> Mapping[str, Any]:
        """The S360 order to be paid: brought along, left over from the last attempt, or made now."""
        if sentence := self.refuses(charge):
            raise Invalid("options.epc", sentence)
        if charge.kind is Kind.SAVE_CARD:
            return {}
        brought = bodies.options(charge).order_id
        known = brought or charge.previous.get("order_id")
        if known and (memo := self._payable_again(charge, known)):
            return memo
        if brought:
            raise Invalid(
                "options.epc.order_id", _("S360 order %(order)s can no longer be paid", order=brought)
            )
        return self._new_order(charge)

    def start(self, charge: Charge) -> Started:
        if charge.kind is Kind.SAVE_CARD:
            return self._start_alias(charge)
        answer = self._s360.call(
            FACADE, "createPaymentsAndCloseOrder", bodies.payments(self.settings, charge), Payments
        )
        payment = answer.newest(but_not=charge.previous.get("payment_id"))
        transaction = payment.transaction_id or answer.transaction_id
        memo = {
            **charge.memo,
            "payment_id": payment.payment_id,
            "payment_identifier": payment.payment_identifier,
            "transaction_id": transaction,
        }
        shown = str(transaction or "")
        started = Started(show=None, provider_id=shown, provider_ids=_provider_ids(memo), memo=memo)
        if payment.payment_status not in ("", "WAITING"):  # a saved card may be charged at once
            return replace(started, report=self._decided(replace(charge, memo=memo)))
        if not (transaction and payment.payment_id):
            raise Uncertain(
                _("S360 opened a payment for order %(order)s, but did not name it.", order=memo["order_id"])
            )
        return replace(started, show=self._widget("widget", transaction, charge))

    # --- the truth --------------------------------------------------------------------------------------

    def sync(self, charge: Charge) -> Report:
        if charge.kind is Kind.SAVE_CARD:
            return self._sync_alias(charge)
        if not charge.memo.get("payment_id"):
            return self._sync_order(charge)
        return self._sync_payment(charge, self._payment(charge))

    def read_notification(self, incoming: Incoming) -> Notification:
        """The order webhook: unsigned, sent when an order is closed. A doorbell; nothing it says is believed."""
        key = self.settings.notification_key.get_secret_value()
        if key and not hmac.compare_digest(incoming.query.get("key", "").encode(), key.encode()):
            raise Forged("The order webhook came without its key.")
        try:
            data = json.loads(incoming.body)
            order = Doorbell.model_validate(data.get("orderDetailsData", data))
        except (ValueError, AttributeError, RecursionError) as problem:
            raise Invalid("orderId", _("the order webhook names no order")) from problem
        return Notification(
            key=hashlib.sha256(incoming.body).hexdigest(),
            about=f"S360 order {order.order_id} {plain(order.order_state).lower()}".rstrip(),
            provider_ids=(f"order:{order.order_id}",),
        )

    def resume(self, charge: Charge, query: Mapping[str, str]) -> Returned:
        """The return address is not signed, so all it gives is a hint."""
        said = query.get(self.settings.result_parameter, "")
        claims = {
            self.settings.result_cancelled: Claim.CANCEL,
            self.settings.result_failure: Claim.FAILURE,
            self.settings.result_success: Claim.SUCCESS,
        }
        return Returned(claim=claims.get(said, Claim.NOTHING) if said else Claim.NOTHING)

    # --- the rest ---------------------------------------------------------------------------------------

    def cancel(self, charge: Charge, *, give_up: bool) -> Report:
        if charge.kind is Kind.SAVE_CARD or not charge.memo.get("payment_id"):
            now = self.sync(charge)
            nobody_pays = now.outcome in (Outcome.OPEN, Outcome.EXPIRED)
            return replace(now, outcome=Outcome.CANCELED) if nobody_pays else now
        payment = self._payment(charge)
        if payment.payment_status not in ("WAITING", "IN_PROGRESS"):
            now = self._sync_payment(charge, payment)
        elif self._mark_cancelled(charge):
            return self._roll_back(charge, Outcome.CANCELED, ABANDON if give_up else ROLL_BACK)
        else:
            now = self.sync(charge)
        charge = replace(charge, memo={**charge.memo, **now.memo})
        if now.outcome is Outcome.EXPIRED:
            return replace(now, outcome=Outcome.CANCELED)
        ended = now.outcome in (Outcome.FAILED, Outcome.CANCELED) and charge.memo.get("rolled_back")
        if give_up and ended and not charge.memo.get("given_up"):
            # Rolled back means reopened: the order would keep its seats for another 25 minutes.
            try:
                self._notify(charge.memo["order_id"], ABANDON)
                now = replace(now, memo={**now.memo, "given_up": True})
            except (Uncertain, Invalid) as problem:
                now = replace(now, warning=_together(now.warning, problem.sentence))
        return now

    def reopen(self, charge: Charge) -> None:
        """The manual names reopenOrder, but neither its service nor its shape: both are inferred."""
        order_id = charge.memo.get("order_id") or bodies.options(charge).order_id
        if not order_id:
            raise Invalid("options.epc.order_id", _("there is no S360 order to reopen"))
        body = {"requestId": None, "orderId": order_id}
        self._s360.call(self.settings.reopen_service, "reopenOrder", body, Envelope)

    # --- the S360 order ---------------------------------------------------------------------------------

    def _new_order(self, charge: Charge) -> dict[str, Any]:
        body = bodies.new_order(self.settings, charge)
        made = self._s360.call(FACADE, "createOrUpdateOrder", body, OrderUpdate).order_update_data
        currency = made.catalog_currency.currency_code if made.catalog_currency else ""
        return self._priced(charge, made.order_id, made.total, currency)

    def _payable_again(self, charge: Charge, order_id: int) -> dict[str, Any] | None:
        """What to remember of an order that is there already; None when it can no longer be paid."""
        order = self._order(order_id)
        if order.order_state == CLOSED:
            raise Invalid(
                "options.epc.order_id",
                _("S360 order %(order)s is closed: it has been paid already", order=order_id),
            )
        if self._gone(order):
            return None
        if order.order_state == self.settings.closing_state:
            shown = charge.previous.get("payment_id") or charge.previous.get("with_saved_card", True)
            if shown or bodies.options(charge).order_id:
                raise Uncertain(_("A payment for S360 order %(order)s is still under way.", order=order_id))
            return None  # its payment was lost before anybody saw it: nobody can pay it any more
        return self._priced(charge, order_id, order.sale_amount, _currency(order))

    def _priced(self, charge: Charge, order_id: int, total: Decimal | None, currency: str) -> dict[str, Any]:
        """What to remember of an order that costs what we ask, or Invalid."""
        currency = currency or self.settings.catalogue_currency
        if not currency:
            raise Misconfigured(
                _("S360 does not say in which currency it sells: fill in the catalogue currency.")
            )
        try:
            sold = None if total is None else from_thousandths(total, currency)
        except ValueError as problem:
            raise Invalid("amount", problem.args[0]) from problem
        if sold is None:
            why = _("asked %(money)s, S360 sells it without saying for how much", money=charge.money)
            raise Invalid("amount", why)
        if sold != charge.money:
            why = _("asked %(money)s, S360 sells it for %(sold)s", money=charge.money, sold=sold)
            raise Invalid("amount", why)
        return {"order_id": order_id, "currency": currency, "with_saved_card": bool(charge.saved_card)}

    def _order(self, order_id: int) -> OrderDetailsData:
        order = self._s360.call(
            ORDERS, "getOrderDetails", {"orderId": order_id}, OrderDetails
        ).order_details_data
        if order.order_id != order_id:
            raise Uncertain(
                _("Asked about order %(asked)s, S360 answered about order %(answered)s.",
                  asked=order_id, answered=order.order_id)
            )  # fmt: skip
        return order

    def _gone(self, order: OrderDetailsData) -> bool:
        """Can it no longer be paid, because nobody did?"""
        late = order.expiration_date is not None and order.expiration_date <= datetime.now(UTC)
        return order.order_state == self.settings.abandoned_state or (late and order.order_state != CLOSED)

    def _notify(self, order_id: int, wait: int) -> Notified:
        body = {"requestId": None, "orderId": order_id, "maxWaitingTime": wait}
        return self._s360.call(ORDERS, "notifyOrder", body, Notified)

    def _nudge(self, order_id: int) -> str:
        """Let S360 close a paid order; what is odd about that, if anything. Whether it did, the order will tell."""
        try:
            answer = self._notify(order_id, FINALISE)
        except (Uncertain, Invalid) as problem:
            return problem.sentence
        return plain(answer.status_detail) if answer.workcase_failed else ""

    # --- the payment ------------------------------------------------------------------------------------

    def _payment(self, charge: Charge) -> PaymentDetail:
        """Our payment as EPC tells it: a pure question, nothing moves."""
        order_id = charge.memo["order_id"]
        answer = self._s360.call(PAYMENTS, "checkPayment", bodies.payment(charge), Payments)
        payment = answer.of(charge.memo["payment_id"])
        if payment.order_id not in (None, order_id):
            raise Uncertain(
                _("S360 answered about order %(answered)s instead of %(asked)s.",
                  answered=payment.order_id, asked=order_id)
            )  # fmt: skip
        return payment

    def _sync_payment(self, charge: Charge, payment: PaymentDetail) -> Report:
        """What EPC's word for our payment means, and what has to be done about it."""
        outcome = _OUTCOMES.get(payment.payment_status)
        if outcome is None:
            return self._report(
                charge, Outcome.PENDING, warning=_unknown(_("payment"), payment.payment_status)
            )
        if outcome is Outcome.PAID:
            return self._finalise(charge, payment)
        if outcome is Outcome.OPEN and self._gone(self._order(charge.memo["order_id"])):
            return self._report(charge, Outcome.EXPIRED)
        if outcome in (Outcome.FAILED, Outcome.CANCELED):
            return self._end(charge, outcome, payment)
        return self._report(charge, outcome)

    def _mark_cancelled(self, charge: Charge) -> bool:
        """Tell EPC that the shopper gave up. It may refuse, as the bank may have the card by now: money may come."""
        body = bodies.payment(charge, paymentStatus="CANCELLED_BY_USER")
        try:
            answer = self._s360.call(PAYMENTS, "updatePayments", body, Payments)
        except (Uncertain, Invalid):
            return False  # whoever asks next will see
        return _OUTCOMES.get(answer.of(charge.memo["payment_id"]).payment_status) is Outcome.CANCELED

    def _finalise(self, charge: Charge, payment: PaymentDetail) -> Report:
        """EPC has the money, and the order is S360's to close. "success" alone means nothing: a failed payment's
        notifyOrder says it, too."""
        asked = to_thousandths(charge.money)
        if payment.amount is not None and payment.amount not in (asked, Decimal(asked) / 1000):
            other = _("Asked %(money)s, EPC calls the payment's amount %(amount)s: the order is not closed.",
                      money=charge.money, amount=payment.amount)  # fmt: skip
            return self._report(charge, Outcome.PENDING, warning=other)
        odd = "" if charge.memo.get("closed") else self._nudge(charge.memo["order_id"])
        return self._sold(charge, self._order(charge.memo["order_id"]), payment, odd)

    def _sold(self, charge: Charge, order: OrderDetailsData, payment: PaymentDetail, odd: str) -> Report:
        """PAID when the order is closed and is the one that was asked for; PENDING, and why, when not."""
        if order.order_state != CLOSED:
            if self._gone(order):
                state = plain(order.order_state).lower()
                late = _(
                    "EPC has the money, but S360 order %(order)s is %(state)s.",
                    order=order.order_id,
                    state=state,
                )
                odd = _together(late, odd)
            return self._report(charge, Outcome.PENDING, warning=odd)
        catalogue = charge.memo.get("currency", "") or self.settings.catalogue_currency
        currency = _currency(order) or _currency(payment) or catalogue
        if order.sale_amount is None or not currency:
            odd = _("S360 closed order %(order)s without saying what it cost.", order=order.order_id)
            return self._report(charge, Outcome.PENDING, warning=odd)
        try:
            money = from_thousandths(order.sale_amount, currency)
        except ValueError as problem:
            return self._report(charge, Outcome.PENDING, warning=_("%(why)s.", why=problem.args[0]))
        fits = money == charge.money
        other = _("Asked %(asked)s, S360 closed the order for %(money)s.", asked=charge.money, money=money)
        return self._report(
            charge,
            Outcome.PAID if fits else Outcome.PENDING,
            authorized=money,
            captured=money,
            card=card(payment),
            saved_card=_saved(payment) if bodies.keeps_card(self.settings, charge) else None,
            memo={"closed": True},
            warning=odd if fits else other,
        )

    def _end(self, charge: Charge, outcome: Outcome, payment: PaymentDetail) -> Report:
        """No money came of this attempt. Its order is rolled back once, so that it can be paid again."""
        if charge.memo.get("rolled_back"):
            outcome = Outcome(
                charge.memo.get("ended", outcome)
            )  # S360 calls a failed payment abandoned later on
            return self._over(charge, outcome, payment, {}, charge.memo.get("repayment_safe"))
        order = self._order(charge.memo["order_id"])
        if order.order_state == CLOSED:
            report = self._over(
                charge, outcome, payment, {"rolled_back": True, "ended": outcome.value}, False
            )
            odd = _("S360 order %(order)s is closed, but not by this payment.", order=order.order_id)
            return replace(report, warning=odd)
        if order.order_state == self.settings.abandoned_state:
            outcome = Outcome.EXPIRED if outcome is Outcome.CANCELED else outcome
            return self._over(charge, outcome, payment, {"rolled_back": True, "ended": outcome.value}, None)
        return self._roll_back(charge, outcome, ROLL_BACK, payment)

    def _roll_back(
        self, charge: Charge, outcome: Outcome, wait: int, payment: PaymentDetail | None = None
    ) -> Report:
        answer = self._notify(charge.memo["order_id"], wait)
        gave_up = wait == ABANDON
        memo = {
            "ended": outcome.value,
            "repayment_safe": answer.repayment_safe is True,
            "rolled_back": gave_up or answer.workcase_failed or answer.repayment_safe is not None,
            "given_up": gave_up,
        }
        report = self._over(
            charge, outcome, payment, memo, None if gave_up else answer.repayment_safe is True
        )
        if report.warning and answer.status_detail:
            words = _("It says: %(words)s", words=plain(answer.status_detail))
            return replace(report, warning=_together(report.warning, words))
        return report

    def _over(
        self,
        charge: Charge,
        outcome: Outcome,
        payment: PaymentDetail | None,
        memo: Mapping[str, Any],
        may_retry: bool | None,
    ) -> Report:
        decline = None
        if outcome is Outcome.FAILED and payment:
            psp = plain(str(payment.psp_additional_returned_data.get(self.settings.decline_name) or ""))
            why = psp.replace("_", " ") or plain(payment.status_detail)
            decline = Decline(code=psp or "FAILED", message=why, reason=declines.reason(psp, why))
        unsafe = _("S360 does not say that a further payment would be safe: let somebody look first.")
        return self._report(
            charge,
            outcome,
            decline=decline,
            card=card(payment) if payment else None,
            memo=memo,
            may_retry=may_retry,
            warning=unsafe if may_retry is False else "",
        )

    def _sync_order(self, charge: Charge) -> Report:
        """Something broke between `prepare` and the end of `start`: whatever was paid, only the order can tell."""
        order_id = charge.memo.get("order_id")
        if not order_id:
            late = charge.expires_at <= datetime.now(UTC)
            odd = _("No S360 order was kept for this attempt, so nobody was asked to pay it.")
            return self._report(charge, Outcome.EXPIRED if late else Outcome.OPEN, warning=odd)
        order = self._order(order_id)
        state = plain(order.order_state).lower()
        odd = _("S360's answer about the payment for order %(order)s was lost; the order is %(state)s.",
                order=order_id, state=state)  # fmt: skip
        if order.order_state == CLOSED:
            if self._paid_before(charge, order_id):
                odd = _("S360 order %(order)s was paid by the attempt before this one.", order=order_id)
                return self._report(charge, Outcome.CANCELED, may_retry=False, warning=odd)
            return self._sold(charge, order, PaymentDetail(), odd)
        if self._gone(order):
            return self._report(charge, Outcome.EXPIRED, warning=odd)
        # A saved card is charged without the shopper; anybody else never saw where to pay.
        under_way = charge.saved_card and order.order_state == self.settings.closing_state
        return self._report(charge, Outcome.PENDING if under_way else Outcome.OPEN, warning=odd)

    def _paid_before(self, charge: Charge, order_id: int) -> bool:
        """Did the last attempt at the same S360 order bring the money after all? Then this one must not claim it."""
        if charge.previous.get("order_id") != order_id or not charge.previous.get("payment_id"):
            return False
        before = self._payment(replace(charge, memo=charge.previous))
        return _OUTCOMES.get(before.payment_status) is Outcome.PAID

    def _decided(self, charge: Charge) -> Report:
        try:
            return self.sync(charge)
        except ProviderError as problem:  # the payment is made and must be remembered, whatever comes now
            return self._report(charge, Outcome.PENDING, warning=problem.sentence)

    # --- a card saved without a payment (all of it the sandbox's convention) ------------------------------

    def _start_alias(self, charge: Charge) -> Started:
        service, method = self.settings.alias_service, self.settings.alias_create_method
        body = bodies.alias(self.settings, charge)
        transaction = self._s360.call(service, method, body, Payments).transaction_id
        if not transaction:
            raise Uncertain(_("EPC was asked to save a card, but named no transaction."))
        memo = {**charge.memo, "transaction_id": transaction}
        show = self._widget("alias", transaction, charge)
        return Started(show=show, provider_id=str(transaction), provider_ids=_provider_ids(memo), memo=memo)

    def _sync_alias(self, charge: Charge) -> Report:
        transaction = charge.memo.get("transaction_id")
        if not transaction:
            late = charge.expires_at <= datetime.now(UTC)
            odd = _("EPC was not asked yet.")
            return self._report(charge, Outcome.EXPIRED if late else Outcome.OPEN, warning=odd)
        body = {"requestId": None, "transactionId": transaction}
        service, method = self.settings.alias_service, self.settings.alias_check_method
        told = self._s360.call(service, method, body, AliasChecked)
        outcome = _ALIAS_OUTCOMES.get(told.alias_status)
        if outcome is None:
            return self._report(charge, Outcome.PENDING, warning=_unknown(_("alias"), told.alias_status))
        if outcome is not Outcome.PAID:
            decline = Decline(code=told.alias_status, message=plain(told.status_detail))
            return self._report(charge, outcome, decline=decline if outcome is Outcome.FAILED else None)
        if not told.card_alias:
            odd = _("EPC says the card is saved, but not under which name.")
            return self._report(charge, Outcome.PENDING, warning=odd)
        nothing = Money.zero(charge.money.currency)
        return self._report(
            charge, outcome, authorized=nothing, captured=nothing, card=card(told), saved_card=_saved(told)
        )

    # --- small parts --------------------------------------------------------------------------------------

    def _widget(self, mode: str, transaction: int, charge: Charge) -> Widget:
        parts = urlsplit(self.settings.script)
        data = {
            "mode": mode,
            "src": self.settings.script,
            "paymentId": str(transaction),
            "sessionId": charge.reference,  # what we sent as ORDER_IDENTIFIER: "your unique session id" is both
            "options": {
                **({language: charge.language} if (language := self.settings.language_option) else {}),
                **self.settings.display_options,
                "fullRedirection": self.settings.full_redirection,
                self.settings.cancel_button_option: self.settings.cancel_button,
            },
        }
        return Widget(template="widgets/epc.html", data=data, origins=(f"{parts.scheme}://{parts.netloc}",))

    def _report(self, charge: Charge, outcome: Outcome, **facts: Any) -> Report:
        return Report(outcome=outcome, provider_ids=_provider_ids(charge.memo), **facts)


def _provider_ids(memo: Mapping[str, Any]) -> tuple[str, ...]:
    order = f"order:{memo['order_id']}" if memo.get("order_id") else ""
    return tuple(name for name in (str(memo.get("transaction_id") or ""), order) if name)


def _currency(told: OrderDetailsData | PaymentDetail) -> str:
    return told.catalog_currency.currency_code if told.catalog_currency else ""


def _saved(told: PaymentDetail | AliasChecked) -> SavedCard | None:
    return SavedCard(token=told.card_alias, card=card(told) or Card()) if told.card_alias else None


def _unknown(what: str, word: str) -> str:
    if not word:
        return _("S360 does not say how the %(what)s stands.", what=what)
    return _('S360 calls the %(what)s "%(word)s", a word that we do not know.', what=what, word=plain(word))


def _together(*sentences: str) -> str:
    return joined(filter(None, sentences), " ")


_OUTCOMES = {
    "WAITING": Outcome.OPEN,
    "IN_PROGRESS": Outcome.PENDING,
    "AUTHORIZED": Outcome.PAID,  # once its order is closed, and not before
    "PAID": Outcome.PAID,
    "FAILED": Outcome.FAILED,
    "CANCELLED_BY_USER": Outcome.CANCELED,
    "ABANDONED": Outcome.CANCELED,
}

_ALIAS_OUTCOMES = {
    "WAITING": Outcome.OPEN,
    "CREATED": Outcome.PAID,
    "FAILED": Outcome.FAILED,
    "CANCELLED_BY_USER": Outcome.CANCELED,
}
