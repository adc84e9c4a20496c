"""Which orders need a person, and what for?"""

from collections import Counter

from django.db.models import Count, QuerySet

from checkout.models import Call, Order
from checkout.payments.takings import Shops


def needing_a_person(shops: Shops = None) -> QuerySet[Order]:
    """From an index that holds these orders alone."""
    rows = Order.objects.exclude(attention="")
    return rows if shops is None else rows.filter(shop__in=shops)


def by_kind(shops: Shops = None) -> dict[str, int]:
    """Words of `Call` -> orders, in its sequence. An order may be in several; those without a word are in none."""
    found: Counter[str] = Counter()
    rows = needing_a_person(shops).order_by().values_list("calls").annotate(n=Count("pk"))
    for calls, number in rows:
        for word in filter(None, calls.split(",")):
            found[word] += number
    return {word: found[word] for word in Call.values if found[word]}
