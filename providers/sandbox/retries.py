"""When is a notification tried again? A rule for each stand-in, from its contract or a convention."""

from collections.abc import Callable
from datetime import datetime, timedelta

# (first attempt, latest attempt, attempts so far) -> the hour of the next attempt, or None: given up.
Retry = Callable[[datetime, datetime, int], datetime | None]


def after(*seconds: int) -> Retry:
    """So many seconds after the first attempt, each."""

    def rule(first: datetime, _latest: datetime, attempts: int) -> datetime | None:
        return first + timedelta(seconds=seconds[attempts - 1]) if attempts <= len(seconds) else None

    return rule


def quarter_hours(times: int) -> Retry:
    """At the next :00, :15, :30 or :45, so many times."""

    def rule(_first: datetime, latest: datetime, attempts: int) -> datetime | None:
        whole = latest.replace(minute=latest.minute - latest.minute % 15, second=0, microsecond=0)
        return whole + timedelta(minutes=15) if attempts <= times else None

    return rule


# Where a contract says nothing: five more attempts within two hours. Sandbox convention [inferred].
GROWING = after(10, 60, 300, 1800, 7200)
