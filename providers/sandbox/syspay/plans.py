"""When is money taken, and how much? The timetable of a subscription or a payment plan, and nothing else.

A date of the timetable is counted from its anchor and never from the date before it: what begins on the 31st is due on
the 28th of February and on the 31st of March again.
"""

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

SUBSCRIPTION = "SUBSCRIPTION"
INSTALMENT = "INSTALMENT"
_LENGTHS = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
}


@dataclass(frozen=True)
class Event:
    """One line of the timetable: TRIAL, FREE_TRIAL, INITIAL, BILL, or the END."""

    kind: str
    at: datetime
    amount: int = 0

    @property
    def payment_type(self) -> str:
        """[inferred] for payment plans: the list of the contract is cut."""
        return {"TRIAL": "SUBSCRIPTION_TRIAL", "INITIAL": "SUBSCRIPTION_INITIAL"}.get(
            self.kind, "SUBSCRIPTION_BILL"
        )


def later(anchor: datetime, count: int, unit: str) -> datetime:
    """`count` units after the anchor; a month has the length it has."""
    if unit != "month":
        return anchor + _LENGTHS[unit] * count
    months = anchor.month - 1 + count
    year, month = anchor.year + months // 12, months % 12 + 1
    day = min(anchor.day, calendar.monthrange(year, month)[1])
    return anchor.replace(year=year, month=month, day=day)


def split(total: int, cycles: int) -> list[int]:
    """100.00 in 3 is 33.34, 33.33, 33.33: the first takes the remainder, all of it."""
    base, rest = divmod(total, cycles)
    return [base + rest] + [base] * (cycles - 1)


def timetable(plan_type: str, plan: dict[str, Any], start: datetime) -> Iterator[Event]:
    """Every event in order; without a number of cycles it has no end."""
    return _instalments(plan, start) if plan_type == INSTALMENT else _subscription(plan, start)


def event(plan_type: str, plan: dict[str, Any], start: datetime, place: int) -> Event | None:
    """The event at that place of the timetable, from 0; None after the last one."""
    for number, found in enumerate(timetable(plan_type, plan, start)):
        if number == place:
            return found
    return None


def first_event(plan_type: str, plan: dict[str, Any]) -> Event:
    """What happens at once; its amount is 0 in a free trial."""
    return next(timetable(plan_type, plan, datetime(2000, 1, 1, tzinfo=UTC)))


def _instalments(plan: dict[str, Any], start: datetime) -> Iterator[Event]:
    period, unit = plan["billing_period"], plan["billing_period_unit"]
    for number, amount in enumerate(split(plan["total_amount"], plan["billing_cycles"])):
        yield Event("BILL" if number else "INITIAL", later(start, number * period, unit), amount)
    # "ENDED at its last payment": no END of its own.


def _subscription(plan: dict[str, Any], start: datetime) -> Iterator[Event]:
    billing_from = start
    if plan.get("trial_period"):
        length, unit = plan["trial_period"], plan["trial_period_unit"]
        amount, cycles = plan.get("trial_amount") or 0, plan.get("trial_cycles") or 1
        for number in range(cycles):
            kind = "TRIAL" if amount else "FREE_TRIAL"
            yield Event(kind, later(start, number * length, unit), amount)
        billing_from = later(start, cycles * length, unit)
    period, unit = plan["billing_period"], plan["billing_period_unit"]
    cycles, number = plan.get("billing_cycles"), 0
    while cycles is None or number < cycles:
        at = later(billing_from, number * period, unit)
        # The initial amount is that of the first recurring cycle, and counts as one.
        if number == 0 and plan.get("initial_amount") is not None:
            yield Event("INITIAL", at, plan["initial_amount"])
        else:
            yield Event("BILL", at, plan["billing_amount"])
        number += 1
    # "ENDED one cycle after its last payment".
    yield Event("END", later(billing_from, number * period, unit))
