"""What may happen to an order? Opened, priced, closed, reopened, abandoned, expired: each in one transaction.

    OPEN -createPaymentsAndCloseOrder-> CLOSING -all payments authorised, notifyOrder-> CLOSED
    CLOSING -a payment ended without money, notifyOrder-> OPEN (patient call) or ABANDONED (short call)
    OPEN, CLOSING -about 25 minutes [seed]-> ABANDONED -reopenOrder-> OPEN

The functions expect to run inside transaction.atomic(): the database takes its write lock at its beginning.
"""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from providers.sandbox import accounts, appointments, clock, faults, outbox
from providers.sandbox.epc import shapes
from providers.sandbox.epc.models import EpcItem, EpcOrder, EpcPayment, long_id
from providers.sandbox.fields import Wrong

SLUG = "epc"
State = EpcOrder.State
Status = EpcPayment.Status

ENDED = (Status.FAILED, Status.CANCELLED_BY_USER, Status.ABANDONED)
RUNNING = (Status.WAITING, Status.IN_PROGRESS, Status.AUTHORIZED)

# Sandbox conventions: names and prices are ours, the two numbers of the first item are of the public samples.
CATALOGUE = (
    (10228231110052, "Museum ticket, adult", 24000),
    (10228231110053, "Museum ticket, child", 12500),
    (10228231110054, "Exhibition catalogue", 39900),
    (10228231110055, "Poster", 9990),
)
AUDIENCE_SUB_CATEGORY_ID = 306159078


@dataclass(frozen=True)
class Wanted:
    """A line of createOrUpdateOrder."""

    item_id: int
    audience_sub_category_id: int
    quantity: int
    at: str  # where in the request, for the error


def stock_catalogue() -> None:
    """Put the default catalogue in place of whatever there is."""
    EpcItem.objects.all().delete()
    for item_id, name, price in CATALOGUE:
        EpcItem.objects.create(
            item_id=item_id, name=name, price=price, audience_sub_category_id=AUDIENCE_SUB_CATEGORY_ID
        )


def catalogue() -> dict[int, EpcItem]:
    if not EpcItem.objects.exists():
        stock_catalogue()
    return {item.item_id: item for item in EpcItem.objects.order_by("item_id")}


def find(order_id: int, account: str) -> EpcOrder:
    order = EpcOrder.objects.filter(order_id=order_id, account=account).first()
    if order is None:
        raise Wrong("orderId", f"order {order_id} is not known")
    return order


def price(wanted: list[Wanted]) -> list[dict[str, Any]]:
    """The operations of an order, priced from the catalogue."""
    items = catalogue()
    operations = []
    for line in wanted:
        item = items.get(line.item_id)
        if item is None:
            raise Wrong(f"{line.at}.itemId", f"item {line.item_id} is not in the catalogue")
        if line.audience_sub_category_id != item.audience_sub_category_id:
            raise Wrong(f"{line.at}.audienceSubCategoryId", "has no tariff for this item")
        operations.append({
            "operationId": long_id(), "kind": "SIMPLE_PRODUCT", "quantity": line.quantity,
            "basePrice": item.price, "unitPrice": item.price, "totalAmount": item.price * line.quantity,
            "product": item.name, "productCode": f"P{item.item_id % 10_000}",
            "productId": item.item_id + 1_000, "itemId": item.item_id,
        })  # fmt: skip
    return operations


def place(order: EpcOrder, operations: list[dict[str, Any]]) -> None:
    """Give the order these operations, and no others."""
    order.operations = operations
    order.amount = sum(operation["totalAmount"] for operation in operations)
    order.save()


def open_new(account: str, settings: dict[str, Any]) -> EpcOrder:
    now = clock.now()
    order = EpcOrder(account=account, currency=settings["currency"], created_at=now, expires_at=now)
    _set_expiry(order, settings)
    return order


def _set_expiry(order: EpcOrder, settings: dict[str, Any]) -> None:
    seconds = settings["expiry_minutes"] * 60
    appointments.cancel(SLUG, "expire", str(order.order_id))
    order.expires_at = clock.now() + timedelta(seconds=seconds)
    appointments.make(SLUG, "expire", str(order.order_id), seconds=seconds)


def attempt_of(order: EpcOrder) -> list[EpcPayment]:
    """The payments that count now: those of the latest createPaymentsAndCloseOrder."""
    return list(order.payments.filter(attempt=order.attempt).order_by("payment_id")) if order.attempt else []


@dataclass(frozen=True)
class Settled:
    """What notifyOrder found. `failed`: the end of the sentence after "Workcase failed"."""

    order: EpcOrder
    failed: str = ""


def settle(order: EpcOrder, *, patient: bool) -> Settled | None:
    """Bring the order to where its payments are; None while nobody knows the outcome.

    The outcome depends on the payments, not on the call [inferred]; the call only says whether an order whose
    payment came to nothing may be tried again (`patient`, the 30000 of the seed) or is given up (its 100).
    """
    if order.state == State.CLOSED:
        return Settled(order)
    if order.state == State.ABANDONED:
        return Settled(order, "The order has been abandoned.<br/>")
    payments = attempt_of(order)
    if not payments:
        raise Wrong("orderId", f"order {order.order_id} has no payment to be notified of")
    statuses = {payment.status for payment in payments}
    if order.state == State.CLOSING:
        if order.finalising or statuses & {Status.WAITING, Status.IN_PROGRESS}:
            return None
        if statuses == {Status.AUTHORIZED}:
            return _finalise(order)
    # From here on a payment has come to nothing, now or at an earlier call.
    release(payments)
    order.state = State.OPEN if patient else State.ABANDONED
    order.save()
    clock.ring()
    said = "The order has been reopened.<br/>" if patient else "The order has been abandoned.<br/>"
    return Settled(order, "The payment process has been cancelled successfully.<br/>" + said)


def _finalise(order: EpcOrder) -> Settled | None:
    """At once, or later when the fault `delayed` is armed: the real one is asynchronous as well."""
    delayed = faults.take(SLUG, ("delayed",), "notifyOrder")
    if delayed is None:
        close(order)
        return Settled(order)
    order.finalising = True
    order.save()
    appointments.make(SLUG, "finalise", str(order.order_id), seconds=delayed.seconds)
    return None


def finalise_later(subject: str) -> None:
    order = EpcOrder.objects.filter(order_id=int(subject), state=State.CLOSING).first()
    if order:
        close(order)


def close(order: EpcOrder) -> None:
    """The payments are paid, the order is closed, and the shop's webhook is told."""
    for payment in attempt_of(order):
        payment.status = Status.PAID
        payment.updated_at = clock.now()
        payment.save()
    order.state, order.finalising = State.CLOSED, False
    order.save()
    appointments.cancel(SLUG, "expire", str(order.order_id))
    tell(order)
    clock.ring()


def tell(order: EpcOrder) -> None:
    """The webhook V2 [public: WH2]: getOrderDetails' answer as a POST to the account's address, unsigned."""
    settings = accounts.settings_of(SLUG, order.account)
    if settings["notification_url"]:
        outbox.post(SLUG, str(order.order_id), settings["notification_url"], webhook(order, settings), {})


def webhook(order: EpcOrder, settings: dict[str, Any]) -> str:
    data = shapes.order_details(order, settings["institution"])
    return json.dumps({"statusCode": "success", "orderDetailsData": data}, ensure_ascii=False)


def forge(message: outbox.Outgoing) -> outbox.Outgoing:
    """What anybody could send, since nothing is signed: the order is closed, for another amount."""
    body = json.loads(message.body)
    body["orderDetailsData"] |= {"orderState": State.CLOSED.value, "saleAmount": 10}
    return outbox.Outgoing(message.headers, json.dumps(body, ensure_ascii=False))


def release(payments: list[EpcPayment]) -> None:
    """Let go of what has not ended: what waits can not be paid any more, an authorisation is dropped."""
    for payment in payments:
        if payment.status in RUNNING:
            payment.status = Status.ABANDONED
            payment.challenge = ""
            payment.updated_at = clock.now()
            payment.save()


def reopen(order: EpcOrder, settings: dict[str, Any]) -> None:
    """reopenOrder. Sandbox convention [inferred]: refused while money may be on its way or has come."""
    if order.state == State.CLOSED:
        raise Wrong("orderId", f"order {order.order_id} is CLOSED")
    if order.state == State.CLOSING:
        running = [payment for payment in attempt_of(order) if payment.status in RUNNING]
        if running or order.finalising:
            raise Wrong("orderId", f"order {order.order_id} is CLOSING: a payment is still running")
    if order.state != State.OPEN:
        release(attempt_of(order))
        order.state = State.OPEN
        _set_expiry(order, settings)
        order.save()
        clock.ring()


def expire(subject: str) -> None:
    """Nobody came: around 25 minutes after its creation the order is abandoned [seed]."""
    order = EpcOrder.objects.filter(order_id=int(subject), state__in=(State.OPEN, State.CLOSING)).first()
    # A reopened order has a later hour of its own; an order being finalised is paid already.
    if order is None or order.finalising or order.expires_at > clock.now():
        return
    release(attempt_of(order))
    order.state = State.ABANDONED
    order.save()
    clock.ring()
