"""What is the shop owed word of? Written in the transaction of the change, so that neither comes without the other."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Max
from django.dispatch import Signal
from django.utils import timezone

from checkout.models import Order, Payment, ShopEvent
from checkout.payments.snapshot import order_snapshot

# Sent after the commit with `event_id`: whoever carries webhooks may go at once instead of waiting for the sweep.
owed = Signal()
# Until then it is theirs alone; an event that is still owed after that is the sweep's.
HEAD_START = timedelta(seconds=20)


def owe(order: Order, type_: str, *, about: Payment | None = None) -> None:
    """Promise the shop an event of `type_` about `order` as it stands in this transaction, and about that attempt."""
    if not order.shop.webhook_url:
        return
    now = timezone.now()
    sequence = (order.events.aggregate(last=Max("sequence"))["last"] or 0) + 1  # under the order's lock
    event = ShopEvent.objects.create(
        shop=order.shop,
        order=order,
        sequence=sequence,
        type=type_,
        next_try_at=now + HEAD_START,
        payload={
            "type": type_,
            "timestamp": now.isoformat(),
            "sequence": sequence,
            "data": order_snapshot(order, about=about),
        },
    )
    # Robust: what was committed stays done, even if nobody can be told of it at this moment. The sweep will.
    transaction.on_commit(lambda: owed.send(sender=ShopEvent, event_id=str(event.pk)), robust=True)
