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

from providers.base import (
    AccountSettings,
    Charge,
    Claim,
    Incoming,
    Kind,
    Notification,
    Outcome,
    Provider,
    Report,
    Returned,
    Started,
    Urls,
)
from providers.declines import Code
from providers.epc import alias, bodies, declines, setup
from providers.epc.orders import ABANDON, CLOSED, FACADE, ROLL_BACK, Orders
from providers.epc.settings import EpcOrder, EpcSettings
from providers.epc.wire import (
    S360,
    Doorbell,
    Envelope,
    OrderDetailsData,
    PaymentDetail,
    Payments,
    card,
    from_thousandths,
    plain,
    to_thousandths,
)
from providers.epc.words import currency_of, provider_ids, report_of, saved, together, unknown, widget
from providers.errors import Decline, Forged, Invalid, Misconfigured, ProviderError, Uncertain
from providers.http import Http
from providers.said import said as _
from providers.setup import Address, Probe

__all__ = ["Epc", "EpcOrder", "EpcSettings"]

PAYMENTS = "externalPaymentService"


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
        self._orders = Orders(self.settings, self._s360)
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
        if known and (memo := self._orders.payable_again(charge, known)):
            return memo
        if brought:
            raise Invalid(
                "options.epc.order_id", _("S360 order %(order)s can no longer be paid", order=brought)
            )
        return self._orders.make(charge)

    def start(self, charge: Charge) -> Started:
        if charge.kind is Kind.SAVE_CARD:
            return alias.start(self.settings, self._s360, charge)
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
        started = Started(show=None, provider_id=shown, provider_ids=provider_ids(memo), memo=memo)
        if payment.payment_status not in ("", "WAITING"):  # a saved card may be charged at once
            return replace(started, report=self._decided(replace(charge, memo=memo)))
        if not (transaction and payment.payment_id):
            raise Uncertain(
                _("S360 opened a payment for order %(order)s, but did not name it.", order=memo["order_id"])
            )
        return replace(started, show=widget(self.settings, "widget", transaction, charge))

    # --- the truth --------------------------------------------------------------------------------------

    def sync(self, charge: Charge) -> Report:
        if charge.kind is Kind.SAVE_CARD:
            return alias.sync(self.settings, self._s360, charge)
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
                self._orders.notify(charge.memo["order_id"], ABANDON)
                now = replace(now, memo={**now.memo, "given_up": True})
            except (Uncertain, Invalid) as problem:
                now = replace(now, warning=together(now.warning, problem.sentence))
        return now

    def reopen(self, charge: Charge) -> None:
        """The manual names reopenOrder, but neither its service nor its shape: both are inferred."""
        order_id = charge.memo.get("order_id") or bodies.options(charge).order_id
        if not order_id:
            raise Invalid("options.epc.order_id", _("there is no S360 order to reopen"))
        body = {"requestId": None, "orderId": order_id}
        self._s360.call(self.settings.reopen_service, "reopenOrder", body, Envelope)

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
            return report_of(charge, Outcome.PENDING, warning=unknown(_("payment"), payment.payment_status))
        if outcome is Outcome.PAID:
            return self._finalise(charge, payment)
        if outcome is Outcome.OPEN and self._orders.is_gone(self._orders.details(charge.memo["order_id"])):
            return report_of(charge, Outcome.EXPIRED)
        if outcome in (Outcome.FAILED, Outcome.CANCELED):
            return self._end(charge, outcome, payment)
        return report_of(charge, outcome)

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
            return report_of(charge, Outcome.PENDING, warning=other)
        odd = "" if charge.memo.get("closed") else self._orders.nudge(charge.memo["order_id"])
        return self._sold(charge, self._orders.details(charge.memo["order_id"]), payment, odd)

    def _sold(self, charge: Charge, order: OrderDetailsData, payment: PaymentDetail, odd: str) -> Report:
        """PAID when the order is closed and is the one that was asked for; PENDING, and why, when not."""
        if order.order_state != CLOSED:
            if self._orders.is_gone(order):
                state = plain(order.order_state).lower()
                late = _(
                    "EPC has the money, but S360 order %(order)s is %(state)s.",
                    order=order.order_id,
                    state=state,
                )
                odd = together(late, odd)
            return report_of(charge, Outcome.PENDING, warning=odd)
        catalogue = charge.memo.get("currency", "") or self.settings.catalogue_currency
        currency = currency_of(order) or currency_of(payment) or catalogue
        if order.sale_amount is None or not currency:
            odd = _("S360 closed order %(order)s without saying what it cost.", order=order.order_id)
            return report_of(charge, Outcome.PENDING, warning=odd)
        try:
            money = from_thousandths(order.sale_amount, currency)
        except ValueError as problem:
            return report_of(charge, Outcome.PENDING, warning=_("%(why)s.", why=problem.args[0]))
        fits = money == charge.money
        other = _("Asked %(asked)s, S360 closed the order for %(money)s.", asked=charge.money, money=money)
        return report_of(
            charge,
            Outcome.PAID if fits else Outcome.PENDING,
            authorized=money,
            captured=money,
            card=card(payment),
            saved_card=saved(payment) if bodies.keeps_card(self.settings, charge) else None,
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
        order = self._orders.details(charge.memo["order_id"])
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
        answer = self._orders.notify(charge.memo["order_id"], wait)
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
            return replace(report, warning=together(report.warning, words))
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
        return report_of(
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
            return report_of(charge, Outcome.EXPIRED if late else Outcome.OPEN, warning=odd)
        order = self._orders.details(order_id)
        state = plain(order.order_state).lower()
        odd = _("S360's answer about the payment for order %(order)s was lost; the order is %(state)s.",
                order=order_id, state=state)  # fmt: skip
        if order.order_state == CLOSED:
            if self._paid_before(charge, order_id):
                odd = _("S360 order %(order)s was paid by the attempt before this one.", order=order_id)
                return report_of(charge, Outcome.CANCELED, may_retry=False, warning=odd)
            return self._sold(charge, order, PaymentDetail(), odd)
        if self._orders.is_gone(order):
            return report_of(charge, Outcome.EXPIRED, warning=odd)
        # A saved card is charged without the shopper; anybody else never saw where to pay.
        under_way = charge.saved_card and order.order_state == self.settings.closing_state
        return report_of(charge, Outcome.PENDING if under_way else Outcome.OPEN, warning=odd)

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
            return report_of(charge, Outcome.PENDING, warning=problem.sentence)


_OUTCOMES = {
    "WAITING": Outcome.OPEN,
    "IN_PROGRESS": Outcome.PENDING,
    "AUTHORIZED": Outcome.PAID,  # once its order is closed, and not before
    "PAID": Outcome.PAID,
    "FAILED": Outcome.FAILED,
    "CANCELLED_BY_USER": Outcome.CANCELED,
    "ABANDONED": Outcome.CANCELED,
}
