"""How does a shop give an open order another amount, or more time? The provider of an open attempt hears of it first,
so that an old link pays nothing of the old amount."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from checkout.models import Order
from checkout.payments.border import charge_for, provider_for
from checkout.payments.change import LONGEST_HOLD, NotChanged, change
from checkout.payments.snapshot import order_snapshot
from checkout.payments.timeline import Who
from checkout.payments.wanted import wish_of
from checkout.shop_api.access import own_order
from checkout.shop_api.idempotency import claimed, key_header
from checkout.shop_api.link_shapes import NewChange
from checkout.shop_api.problems import FieldError, Problem, fields_problem
from checkout.shop_api.routing import Router
from checkout.shop_api.shapes import OrderOut, ProblemOut
from providers.errors import Misconfigured
from providers.money import Money

router = Router(tags=["orders"])


@router.post(
    "/orders/{order_id}/change",
    response={200: OrderOut, **dict.fromkeys((409, 413, 415), ProblemOut)},
    operation_id="change_order",
    summary="Change an order's amount, or how long it is payable",
)
def change_order(
    request: HttpRequest,
    response: HttpResponse,
    order_id: str,
    change: NewChange,
    idempotency_key: str = key_header("the order, as it is by then"),
) -> Any:
    """Takes as long as the provider of an open attempt takes to answer. An order that is as asked is answered as it
    is."""
    order = own_order(request, order_id)
    with claimed(
        request, response, idempotency_key, change.model_dump(mode="json", exclude_unset=True)
    ) as new:
        if new:
            if wrong := _disagreements(change) or _complaints(order, change):
                raise fields_problem(wrong)
            order = _change(order, change)
    return order_snapshot(order)


def _disagreements(asked: NewChange) -> list[FieldError]:
    if asked == NewChange():
        return [("amount", "is needed, or expires_at, or hold_minutes")]
    if asked.expires_at is None:
        return []
    if asked.hold_minutes is not None:
        return [("hold_minutes", "is for a request without expires_at")]
    now = timezone.now()
    if asked.expires_at <= now:
        return [("expires_at", "is over")]
    if asked.expires_at > now + LONGEST_HOLD:
        return [("expires_at", f"is more than {LONGEST_HOLD.days} days from now")]
    return []


def _complaints(order: Order, asked: NewChange) -> list[FieldError]:
    """What the provider of an open attempt would refuse of the change. Asks nobody."""
    attempt = order.open_attempt()
    if attempt is None or not attempt.account.provider_class.can("update"):
        return []
    charge = charge_for(attempt)
    wished = replace(
        charge,
        money=charge.money if asked.amount is None else Money(asked.amount, order.currency),
        expires_at=_until(asked) or charge.expires_at,
    )
    try:
        found = provider_for(attempt.account).complaints(wished)
    except Misconfigured:
        return []  # the change will say so
    names = {"hold_minutes": "expires_at"} if asked.expires_at is not None else {}
    return [(names.get(field, field), why) for field, why in found]


def _change(order: Order, asked: NewChange) -> Order:
    try:
        return change(
            order,
            money=None if asked.amount is None else Money(asked.amount, order.currency),
            expires_at=_until(asked),
            who=Who.SHOP,
        )
    except NotChanged as no:
        order.refresh_from_db()
        attempt = order.open_attempt()
        asked_there = attempt is not None and wish_of(attempt) is not None
        kind = "change-not-confirmed" if asked_there else "not-changed"
        raise Problem(409, kind, str(no), order=order_snapshot(order)) from None


def _until(asked: NewChange) -> datetime | None:
    if asked.hold_minutes is not None:
        return timezone.now() + timedelta(minutes=asked.hold_minutes)
    return asked.expires_at
