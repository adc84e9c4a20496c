"""The S360 order behind a payment: made, looked at, and told that its payment has moved."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from providers.base import Charge
from providers.epc import bodies
from providers.epc.settings import EpcSettings
from providers.epc.wire import (
    S360,
    Notified,
    OrderDetails,
    OrderDetailsData,
    OrderUpdate,
    from_thousandths,
    plain,
)
from providers.epc.words import currency_of
from providers.errors import Invalid, Misconfigured, Uncertain
from providers.said import said as _

FACADE, ORDERS = "externalOrderFacade", "externalOrderService"
# How long notifyOrder may wait for the order's outcome, in milliseconds. The manual's headings say 3000 where its
# bodies say 30000 and 100; the bodies are what was sent and answered.
FINALISE, ROLL_BACK, ABANDON = 100, 30_000, 100
CLOSED = "CLOSED"  # the one order state that the manual names: sold, and so paid


class Orders:
    """The orders of one account. Each method asks S360; Uncertain where it does not say."""

    def __init__(self, settings: EpcSettings, wire: S360) -> None:
        self.settings = settings
        self._wire = wire

    def make(self, charge: Charge) -> dict[str, Any]:
        """A new one, of what the charge wants sold: what to remember of it. Invalid when it costs another sum."""
        body = bodies.new_order(self.settings, charge)
        made = self._wire.call(FACADE, "createOrUpdateOrder", body, OrderUpdate).order_update_data
        currency = made.catalog_currency.currency_code if made.catalog_currency else ""
        return self._priced(charge, made.order_id, made.total, currency)

    def payable_again(self, charge: Charge, order_id: int) -> dict[str, Any] | None:
        """What to remember of an order that is there already; None when it can no longer be paid."""
        order = self.details(order_id)
        if order.order_state == CLOSED:
            raise Invalid(
                "options.epc.order_id",
                _("S360 order %(order)s is closed: it has been paid already", order=order_id),
            )
        if self.is_gone(order):
            return None
        if order.order_state == self.settings.closing_state:
            shown = charge.previous.get("payment_id") or charge.previous.get("with_saved_card", True)
            if shown or bodies.options(charge).order_id:
                raise Uncertain(_("A payment for S360 order %(order)s is still under way.", order=order_id))
            return None  # its payment was lost before anybody saw it: nobody can pay it any more
        return self._priced(charge, order_id, order.sale_amount, currency_of(order))

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

    def details(self, order_id: int) -> OrderDetailsData:
        """As it stands: a pure question, nothing moves."""
        order = self._wire.call(
            ORDERS, "getOrderDetails", {"orderId": order_id}, OrderDetails
        ).order_details_data
        if order.order_id != order_id:
            raise Uncertain(
                _("Asked about order %(asked)s, S360 answered about order %(answered)s.",
                  asked=order_id, answered=order.order_id)
            )  # fmt: skip
        return order

    def is_gone(self, order: OrderDetailsData) -> bool:
        """Can it no longer be paid, because nobody did?"""
        late = order.expiration_date is not None and order.expiration_date <= datetime.now(UTC)
        return order.order_state == self.settings.abandoned_state or (late and order.order_state != CLOSED)

    def notify(self, order_id: int, wait: int) -> Notified:
        """Let S360 look at the order's payment, and wait for so many milliseconds for what it does."""
        body = {"requestId": None, "orderId": order_id, "maxWaitingTime": wait}
        return self._wire.call(ORDERS, "notifyOrder", body, Notified)

    def nudge(self, order_id: int) -> str:
        """Let S360 close a paid order; what is odd about that, if anything. Whether it did, the order will tell."""
        try:
            answer = self.notify(order_id, FINALISE)
        except (Uncertain, Invalid) as problem:
            return problem.sentence
        return plain(answer.status_detail) if answer.workcase_failed else ""
