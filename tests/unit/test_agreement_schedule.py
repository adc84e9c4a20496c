"""When is an agreement looked at again? To the second, and never for ever in vain."""

from datetime import UTC, datetime, timedelta

import pytest

from checkout.models import Agreement, Payment
from checkout.payments.agreements import look_after_silence, next_look
from checkout.states import State
from providers.agreements import AgreementState

NOW = datetime(2030, 1, 1, tzinfo=UTC)
DAY = 24 * 60


def minutes(agreement: Agreement) -> int | None:
    at = next_look(agreement, NOW)
    return None if at is None else int((at - NOW).total_seconds() / 60)


@pytest.mark.parametrize(
    ("event", "pause"),
    [
        (timedelta(minutes=-2000), DAY),  # as long again as it is late
        (timedelta(minutes=-1280), 1280),
        (timedelta(minutes=-11), 11),
        (timedelta(minutes=-9), 10),
        (timedelta(0), 10),
        (timedelta(minutes=1), 11),
        (timedelta(minutes=300), 310),
        (timedelta(days=1), DAY),
        (timedelta(days=30), DAY),
        (None, DAY),
    ],
)
def test_one_that_lives(event: timedelta | None, pause: int) -> None:
    at = None if event is None else NOW + event
    assert minutes(Agreement(state=AgreementState.ACTIVE, next_event_at=at)) == pause


@pytest.mark.parametrize(
    ("age", "first", "pause"),
    [
        (timedelta(0), State.PENDING, 10),
        (timedelta(minutes=45), State.PENDING, 45),
        (timedelta(days=1), State.PENDING, DAY),
        (timedelta(days=400), State.PENDING, DAY),  # its money may still come
        (timedelta(days=30), State.FAILED, DAY),
        (timedelta(days=30, seconds=1), State.FAILED, None),
        (timedelta(days=30, seconds=1), State.EXPIRED, None),
        (timedelta(days=30, seconds=1), State.PAID, DAY),
    ],
)
def test_one_that_has_not_begun(age: timedelta, first: State, pause: int | None) -> None:
    agreement = Agreement(state=AgreementState.PENDING, created_at=NOW - age, payment=Payment(state=first))
    assert minutes(agreement) == pause


@pytest.mark.parametrize("state", [AgreementState.CANCELED, AgreementState.ENDED, AgreementState.TERMINATED])
def test_one_that_is_over(state: AgreementState) -> None:
    found = [minutes(Agreement(state=state, checks=checks)) for checks in range(1, 6)]
    assert found == [DAY, DAY, DAY, None, None]


def test_after_silence() -> None:
    found = []
    for checks in range(1, 10):
        at = look_after_silence(Agreement(state=AgreementState.ACTIVE, checks=checks), NOW)
        assert at is not None
        found.append(int((at - NOW).total_seconds() / 60))
    assert found == [1, 5, 10, 30, 60, 180, 360, 1440, 1440]


def test_silence_about_what_is_over_has_an_end() -> None:
    assert look_after_silence(Agreement(state=AgreementState.ENDED, checks=4), NOW) is None
