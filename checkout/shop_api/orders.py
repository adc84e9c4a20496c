"""What can a shop do with its orders? Make one, read it, list them, find one by its own reference, cancel it."""

from datetime import timedelta
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query

from checkout.models import Order, Shop
from checkout.payments.border import complaints_of
from checkout.payments.cancel import give_up
from checkout.payments.orders import ReferenceTaken, create_order
from checkout.payments.snapshot import order_snapshot
from checkout.payments.timeline import Who
from checkout.shop_api.access import own_order, shop_of
from checkout.shop_api.allowed import language_for, return_errors
from checkout.shop_api.disagreements import agreed_as_json, disagreements
from checkout.shop_api.idempotency import REPLAY, claimed, fingerprint, key_header, once, was_answered
from checkout.shop_api.pages import CREATED_FROM, CREATED_TO, CURSOR, LIMIT, page
from checkout.shop_api.problems import FieldError, Problem, fields_problem
from checkout.shop_api.routing import Router
from checkout.shop_api.shapes import Moment, NewOrder, OrderOut, OrdersOut, ProblemOut
from checkout.states import OrderState
from providers.money import Money

router = Router(tags=["orders"])


@router.post(
    "/orders",
    response={201: OrderOut, **dict.fromkeys((409, 413, 415), ProblemOut)},
    operation_id="create_order",
    summary="Create an order",
)
def create(
    request: HttpRequest,
    order: NewOrder,
    idempotency_key: str = key_header("the first answer again"),
) -> Any:
    """Then send the shopper's browser to `pay_url`."""
    if wrong := disagreements(order):
        raise fields_problem(wrong)
    shop = shop_of(request)
    if not was_answered(shop, idempotency_key) and (wrong := _complaints(shop, order)):
        raise fields_problem(wrong)
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
        response[REPLAY] = "true"
    return response


def _create(shop: Shop, order: NewOrder) -> Order:
    minutes = order.hold_minutes or shop.hold_minutes
    return create_order(
        shop,
        reference=order.reference,
        money=Money(order.amount, order.currency),
        expires_at=timezone.now() + timedelta(minutes=minutes),
        **_columns(shop, order),
    )


def _columns(shop: Shop, order: NewOrder) -> dict[str, Any]:
    return {
        "kind": order.kind,
        "terms": agreed_as_json(order),
        "description": order.description,
        "items": [item.model_dump() for item in order.items],
        "customer": order.customer.model_dump(exclude_defaults=True),
        "email": order.customer.email,
        "language": language_for(shop, order.language),
        "return_url": order.return_url,
        "capture_later": order.capture_later,
        "keep_card": order.keep_card,
        "metadata": order.metadata,
        "options": order.options,
    }


def _complaints(shop: Shop, order: NewOrder) -> list[FieldError]:
    """What the shop does not allow, and what its own accounts would refuse. Asked outside of the transaction that makes
    the order, and not when the key is known: an answer that was given stays given, whatever became of the accounts.

    Options for a provider of which the shop has no account, or none that is switched on, are checked for their shape
    and then wait unread. One shop's software serves merchants with this account and with that one, and a merchant who
    takes a method out for an evening does not mean to close the shop.
    """
    unsaved = Order(
        shop=shop,
        reference=order.reference,
        amount_minor=order.amount,
        currency=order.currency,
        expires_at=timezone.now() + timedelta(minutes=order.hold_minutes or shop.hold_minutes),
        **_columns(shop, order),
    )
    return [*return_errors(shop, order.return_url), *complaints_of(unsaved)]


@router.get(
    "/orders",
    response={200: OrdersOut, 422: ProblemOut},
    operation_id="find_orders",
    summary="List your orders, or find one by your reference",
)
def find(
    request: HttpRequest,
    response: HttpResponse,
    reference: str | None = Query(
        None, min_length=1, max_length=100, description="Your own: one order, or none."
    ),
    state: Literal["open", "paid", "canceled", "expired"] | None = None,
    created_from: Moment | None = CREATED_FROM,
    created_to: Moment | None = CREATED_TO,
    cursor: str | None = CURSOR,
    limit: int = LIMIT,
) -> Any:
    """The newest first."""
    found = shop_of(request).orders.select_related("shop", "agreement__account", "agreement__payment__order")
    wanted = {
        "reference": reference,
        "state": state,
        "created_at__gte": created_from,
        "created_at__lt": created_to,
    }
    found = found.filter(**{name: value for name, value in wanted.items() if value is not None})
    rows, following = page(request, response, found, by=("-pk",), cursor=cursor, limit=limit)
    return {"orders": [order_snapshot(order) for order in rows], "next_cursor": following}


@router.get(
    "/orders/{order_id}", response={200: OrderOut}, operation_id="read_order", summary="Read an order"
)
def read(request: HttpRequest, order_id: str) -> Any:
    """As it is known now. Asks no provider and changes nothing."""
    return order_snapshot(own_order(request, order_id))


@router.post(
    "/orders/{order_id}/cancel",
    response={200: OrderOut, 409: ProblemOut},
    operation_id="cancel_order",
    summary="Cancel an order",
)
def cancel(
    request: HttpRequest,
    response: HttpResponse,
    order_id: str,
    idempotency_key: str = key_header("the order, as it is by then"),
) -> Any:
    """The provider is told first, and money that came before wins. A canceled or expired order is answered as it is."""
    order = own_order(request, order_id)
    with claimed(request, response, idempotency_key) as new:
        if new and order.state == OrderState.OPEN:
            order = give_up(order, who=Who.SHOP)
        if new and order.state not in {OrderState.CANCELED, OrderState.EXPIRED}:
            raise _not_canceled(order)
    return order_snapshot(order)


def _not_canceled(order: Order) -> Problem:
    snapshot = order_snapshot(order)
    if order.state == OrderState.PAID:
        return Problem(409, "order-paid", "The order is paid; refund it instead.", order=snapshot)
    if snapshot["amount_authorized"]:
        return Problem(409, "order-authorized", "Its money is authorised; void it instead.", order=snapshot)
    why = (
        "The provider has not said yet that the attempt is over, so the order is still open. Try again later."
    )
    return Problem(409, "order-still-open", why, order=snapshot)
