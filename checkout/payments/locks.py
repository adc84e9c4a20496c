"""Who may write an order and its payments now? Whoever holds this, the one lock there is."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from checkout.models import Order


@contextmanager
def order_lock(order_id: int) -> Iterator[Order]:
    """The order, freshly read under a row lock, in a transaction that ends with the block.

    Always the order, never a payment, so that two lockers cannot wait for each other. No network inside. On SQLite
    the transaction itself is the lock: it begins IMMEDIATE, so there is one writer at a time.
    """
    with transaction.atomic():
        yield Order.objects.select_for_update(of=("self",)).select_related("shop").get(pk=order_id)
