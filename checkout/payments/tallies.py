"""What was counted last, and how long ago? Figures that read whole tables are counted by the worker, and kept."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple, TypeVar

from django.utils import timezone

from checkout.models import Tally
from checkout.payments.figures import row_counts, violations

T = TypeVar("T")

RULES, ROWS = "money_rules", "rows"
EVERY = timedelta(minutes=5)
# Older than this, a count says nothing about now: no worker runs, or its counting fails.
LONG_AGO = timedelta(hours=1)
# Counting takes its time with many rows; it may take no more than one twentieth of it.
_SHARE = 20


class Counted(NamedTuple):
    """The violated money rules: how often each, and when that was counted."""

    rules: dict[str, int]
    at: datetime

    @property
    def broken(self) -> dict[str, int]:
        return {rule: number for rule, number in self.rules.items() if number}

    @property
    def total(self) -> int:
        return sum(self.rules.values())

    def age(self, now: datetime | None = None) -> timedelta:
        return max((now or timezone.now()) - self.at, timedelta())

    def long_ago(self, now: datetime | None = None) -> bool:
        return self.age(now) > LONG_AGO


def count_money_rules() -> dict[str, int]:
    """Counts and keeps. `at` is when the counting began: what was written since may not be in it."""
    return _keep(RULES, violations)


def count_anew() -> None:
    """All that is kept."""
    count_money_rules()
    _keep(ROWS, row_counts)


def money_rules() -> Counted | None:
    """As counted last; None when nobody has counted yet."""
    found = Tally.objects.filter(pk=RULES).first()
    return Counted(dict(found.figures["counted"]), found.counted_at) if found else None


def rows() -> dict[str, list[tuple[list[str], int]]]:
    """`figures.row_counts`, as counted last; {} when nobody has counted yet."""
    found = Tally.objects.filter(pk=ROWS).first()
    return found.figures["counted"] if found else {}


def is_due(now: datetime | None = None) -> bool:
    """Is it time to count again? Asked by every worker, answered by what any of them has kept."""
    now = now or timezone.now()
    kept = {tally.name: tally for tally in Tally.objects.filter(pk__in=[RULES, ROWS])}
    if len(kept) < 2:
        return True
    took = timedelta(seconds=sum(tally.figures["seconds"] for tally in kept.values()))
    return now - kept[ROWS].counted_at >= max(EVERY, took * _SHARE)


def _keep(name: str, count: Callable[[], T]) -> T:
    at, began = timezone.now(), time.monotonic()
    counted = count()
    figures = {"counted": counted, "seconds": round(time.monotonic() - began, 3)}
    Tally.objects.update_or_create(pk=name, defaults={"figures": figures, "counted_at": at})
    return counted
