"""When is a payment looked at again? To the second, and never for ever in vain."""

from datetime import UTC, datetime

import pytest

from checkout.payments.schedule import START_MAY_TAKE, next_check
from checkout.states import State

NOW = datetime(2030, 1, 1, tzinfo=UTC)


def pauses(state: State, looks: int) -> list[int | None]:
    found = (next_check(state, checks, NOW) for checks in range(looks))
    return [None if at is None else int((at - NOW).total_seconds()) for at in found]


@pytest.mark.parametrize("state", [State.CREATED, State.STARTED, State.PENDING])
def test_an_open_attempt_is_asked_about_until_it_ends(state: State) -> None:
    assert pauses(state, 13) == [
        20, 40, 60, 120, 300, 600, 1800, 3600, 10_800, 21_600, 86_400, 86_400, 86_400
    ]  # fmt: skip


def test_an_authorisation_is_looked_at_every_day() -> None:
    assert pauses(State.AUTHORIZED, 3) == [86_400] * 3


@pytest.mark.parametrize("state", [State.FAILED, State.CANCELED, State.EXPIRED])
def test_three_late_looks(state: State) -> None:
    assert pauses(state, 5) == [1800, 21_600, 86_400, None, None]


@pytest.mark.parametrize("state", [State.PAID, State.REFUNDED])
def test_nothing_more_to_learn(state: State) -> None:
    assert pauses(state, 2) == [None, None]


def test_start_has_time_for_two_slow_calls() -> None:
    from providers.http import CONNECT_SECONDS, READ_SECONDS

    assert START_MAY_TAKE.total_seconds() >= 2 * (CONNECT_SECONDS + READ_SECONDS)
