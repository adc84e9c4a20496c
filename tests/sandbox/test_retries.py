"""Do the retry rules give the hours that contracts name?"""

from datetime import UTC, datetime, timedelta

from providers.sandbox.retries import after, quarter_hours

FIRST = datetime(2026, 1, 15, 10, 7, 30, tzinfo=UTC)


def test_gaps_are_counted_from_the_first_attempt() -> None:
    rule = after(300, 900)
    assert rule(FIRST, FIRST, 1) == FIRST + timedelta(minutes=5)
    assert rule(FIRST, FIRST + timedelta(minutes=6), 2) == FIRST + timedelta(minutes=15)
    assert rule(FIRST, FIRST, 3) is None


def test_quarter_hours() -> None:
    rule = quarter_hours(2)
    assert rule(FIRST, FIRST, 1) == datetime(2026, 1, 15, 10, 15, tzinfo=UTC)
    on_the_hour = datetime(2026, 1, 15, 10, 45, tzinfo=UTC)
    assert rule(FIRST, on_the_hour, 2) == datetime(2026, 1, 15, 11, 0, tzinfo=UTC)
    assert rule(FIRST, on_the_hour, 3) is None
