"""What can a shop do with its orders? Make one, read it, find it by its own reference, cancel it."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Header, Query, Router

from checkout.models import Order, Shop
from checkout.payments.cancel import give_up
from checkout.payments.orders import ReferenceTaken, create_order
from checkout.payments.snapshot import order_snapshot
from checkout.payments.timeline import Who
from checkout.shop_api.idempotency import HEADER, fingerprint, once
from checkout.shop_api.problems import Problem, fields_problem
from checkout.shop_api.shapes import NewOrder, OrderOut, OrdersOut, ProblemOut, disagreements
from checkout.states import OrderState
from providers.money import Money

router = Router(tags=["orders"])

_BAD = {400: ProblemOut, 401: ProblemOut, 413: ProblemOut, 415: ProblemOut, 422: ProblemOut}
_NONE = {401: ProblemOut, 404: ProblemOut}


@router.post(
    "/orders",
    response={201: OrderOut, 409: ProblemOut, **_BAD},
    operation_id="create_order",
    summary="Create an order",
)
def create(
    request: HttpRequest,
    order: NewOrder,
    idempotency_key: str = Header(
        ...,
        alias=HEADER,
        min_length=1,
        max_length=255,
        pattern=r"^[\x21-\x7e]+$",
        description="Your own name for this request, such as the basket's id. Sent again with the same body, it brings "
        "the first answer again, with the header Idempotent-Replay: true.",
    ),
) -> Any:
    """Then send the shopper's browser to `pay_url`."""
    if wrong := disagreements(order):
        raise fields_problem(wrong)
    shop = _shop(request)
    mark = fingerprint("POST", request.path, order.model_dump(mode="json", exclude_unset=True))

    def make() -> tuple[int, dict[str, Any]]:
        return 201, order_snapshot(_create(shop, order))

    try:
        answered = once(shop, idempotency_key, mark, make)
    except ReferenceTaken:
        why = "you have an order with this reference already"
        raise Problem(409, "reference-taken", f"reference: {why}.", errors=[("reference", why)]) from None
    # As it was, and not as today's OrderOut would have it.
    response = HttpResponse(answered.body, status=answered.status, content_type="application/json")
    if answered.replayed:
        response["Idempotent-Replay"] = "true"
    return response


def _create(shop: Shop, order: NewOrder) -> Order:
    minutes = order.hold_minutes or shop.hold_minutes
    customer = order.customer.model_dump(exclude_defaults=True)
    return create_order(
        shop,
        reference=order.reference,
        money=Money(order.amount, order.currency),
        expires_at=timezone.now() + timedelta(minutes=minutes),
        kind=order.kind,
        description=order.description,
        items=[item.model_dump() for item in order.items],
        customer=customer,
        email=order.customer.email,
        language=order.language,
        return_url=order.return_url,
        capture_later=order.capture_later,
        metadata=order.metadata,
        options=order.options,
    )


@router.get(
    "/orders",
    response={200: OrdersOut, 401: ProblemOut, 422: ProblemOut},
    operation_id="find_orders",
    summary="Find an order by your reference",
)
def find(request: HttpRequest, reference: str = Query(..., min_length=1, max_length=100)) -> Any:
    """A list of one, or of none."""
    found = [] if "\0" in reference else _shop(request).orders.filter(reference=reference)
    return {"orders": [order_snapshot(order) for order in found]}


@router.get(
    "/orders/{order_id}",
    response={200: OrderOut, **_NONE},
    operation_id="read_order",
    summary="Read an order",
)
def read(request: HttpRequest, order_id: str) -> Any:
    return order_snapshot(_own(request, order_id))


@router.post(
    "/orders/{order_id}/cancel",
    response={200: OrderOut, 409: ProblemOut, **_NONE},
    operation_id="cancel_order",
    summary="Cancel an order",
)
def cancel(request: HttpRequest, order_id: str) -> Any:
    """The provider is told first, and money that came before wins. A canceled or expired order is answered as it is."""
    order = _own(request, order_id)
    if order.state == OrderState.OPEN:
        order = give_up(order, who=Who.SHOP)
    if order.state in {OrderState.CANCELED, OrderState.EXPIRED}:
        return order_snapshot(order)
    snapshot = order_snapshot(order)
    if order.state == OrderState.PAID:
        raise Problem(409, "order-paid", "The order is paid; refund it instead.", order=snapshot)
    if snapshot["amount_authorized"]:
        raise Problem(409, "order-authorized", "Its money is authorised; void it instead.", order=snapshot)
    why = (
        "The provider has not said yet that the attempt is over, so the order is still open. Try again later."
    )
    raise Problem(409, "order-still-open", why, order=snapshot)


def _shop(request: HttpRequest) -> Shop:
    shop: Shop = request.auth  # type: ignore[attr-defined]  # put there by ShopKey
    return shop


def _own(request: HttpRequest, number: str) -> Order:
    """The shop's own order. Another shop's is no different from none."""
    order = None if "\0" in number else _shop(request).orders.filter(number=number).first()
    if order is None:
        raise Problem(404, "no-such-order", "You have no order with this id.")
    return order
