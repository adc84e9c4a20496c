"""How does an order come to be, and how is it changed?"""

import hashlib
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from checkout.models import Order, Shop
from checkout.payments.attention import unflag, why_now
from checkout.payments.border import aware
from checkout.payments.locks import order_lock
from checkout.payments.timeline import Who, tell
from providers.money import Money


class ReferenceTaken(Exception):
    """The shop has an order with this reference already."""


def create_order(
    shop: Shop,
    *,
    reference: str,
    money: Money,
    expires_at: datetime | None = None,
    who: str = Who.SHOP,
    user: User | None = None,
    **fields: Any,
) -> Order:
    """A new open order; `fields` are columns of Order, checked before. ReferenceTaken when there is one already."""
    until = expires_at or timezone.now() + timedelta(minutes=shop.hold_minutes)
    try:
        with transaction.atomic():
            order = Order.objects.create(
                shop=shop,
                reference=reference,
                amount_minor=money.minor,
                currency=money.currency,
                expires_at=until,
                **fields,
            )
            tell(order, "order.created", who=who, user=user, money=str(money), until=aware(until))
            return order
    except IntegrityError:
        if Order.objects.filter(shop=shop, reference=reference).exists():
            raise ReferenceTaken(reference) from None
        raise


def write_change(
    order: Order, money: Money, expires_at: datetime, *, who: str, user: User | None = None
) -> None:
    """Write the order's new amount and end. Call under its lock, when no attempt is open for another amount."""
    before = order.money
    if money != before:
        order.items = []  # they add up to the old amount
        order.amount_minor = money.minor
    order.expires_at = expires_at
    order.save(update_fields=["items", "amount_minor", "expires_at"])
    tell(
        order,
        "order.changed",
        who=who,
        user=user,
        before=str(before),
        money=str(money),
        until=aware(expires_at),
    )


def mark_of(order: Order) -> str:
    """By which to know again what its flag says; "" where it says nothing."""
    return hashlib.sha256(order.attention.encode()).hexdigest()[:16] if order.attention else ""


def mark_seen(order: Order, *, user: Any, read: str = "") -> bool:
    """A person has looked: the flag comes down, and the timeline keeps what it said. False, and nothing is done, when
    by now it is not what they have `read` (`mark_of`): nobody has looked at what came since. "": whatever it says."""
    with order_lock(order.pk) as locked:
        if read and locked.attention and mark_of(locked) != read:
            return False
        if locked.attention:
            tell(locked, "order.seen", who=Who.MERCHANT, user=user, why=why_now(locked))
            unflag(locked)
        return True
