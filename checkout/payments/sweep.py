"""What is due, whoever has forgotten it? The net under every task that was lost or whose worker died."""

from datetime import datetime, timedelta
from typing import Any

from django.db import models, transaction
from django.db.models import Min, Q
from django.utils import timezone

from checkout.models import Agreement, Delivery, Invitation, Letter, Order, Payment, ShopEvent
from checkout.states import HELD_STATES, OrderState, State

# What was claimed is not claimed again for this long: a worker has it, or has died with it.
LEASE = timedelta(minutes=3)
_AT_ONCE = 200


def due_payments() -> list[int]:
    return _claim(Payment, "next_check_at")


def due_agreements() -> list[Any]:
    return _claim(Agreement, "next_check_at")


def due_invitations() -> list[int]:
    return _claim(Invitation, "next_try_at")


def due_deliveries() -> list[int]:
    return _claim(Delivery, "next_try_at")


def due_events(but: Q | None = None) -> list[Any]:
    """`but`: those that are held up, and are not claimed."""
    return _claim(ShopEvent, "next_try_at", but=but)


def due_letters() -> list[int]:
    return _claim(Letter, "next_try_at")


def due_orders() -> list[int]:
    """Open orders past their hold that hold no money. Where a payment is under way (a bank transfer takes days), its
    own checks go on, and the order is closed when they end."""
    now = timezone.now()
    waiting = Q(swept_at=None) | Q(swept_at__lt=now - timedelta(minutes=1))
    held = Payment.objects.filter(order=models.OuterRef("pk"), state__in=[*HELD_STATES, State.PENDING])
    with transaction.atomic():
        rows = (
            Order.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(waiting, ~models.Exists(held), state=OrderState.OPEN, expires_at__lte=now)
            .order_by("expires_at")[:_AT_ONCE]
        )
        ids = [row.pk for row in rows]
        Order.objects.filter(pk__in=ids).update(swept_at=now)
    return ids


def _claim(model: type[models.Model], due: str, *, but: Q | None = None) -> list[Any]:
    """Ids of rows whose time has come, with that time pushed on by a lease, so that two sweeps share the work."""
    now = timezone.now()
    with transaction.atomic():
        rows = (
            model._default_manager.select_for_update(skip_locked=True, of=("self",))
            .filter(~but if but is not None else Q(), **{f"{due}__lte": now})
            .order_by(due)[:_AT_ONCE]
        )
        ids = [row.pk for row in rows]
        model._default_manager.filter(pk__in=ids).update(**{due: now + LEASE})
    return ids


def lateness(now: datetime | None = None) -> timedelta:
    """How long the oldest due check has been waiting: the figure that tells of a dead worker."""
    now = now or timezone.now()
    due = Q(next_check_at__lte=now)
    oldest = (
        Payment.objects.filter(due).aggregate(at=Min("next_check_at"))["at"],
        Agreement.objects.filter(due).aggregate(at=Min("next_check_at"))["at"],
    )
    return now - min([at for at in oldest if at], default=now)
