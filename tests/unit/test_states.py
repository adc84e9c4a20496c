"""Every pair of states, one by one: a move that appears or goes missing has to be written here, too."""

import pytest

from checkout.states import (
    AGREEMENT_MOVES,
    HELD_STATES,
    MONEY_STATES,
    MOVES,
    OPEN_STATES,
    ORDER_MOVES,
    OrderState,
    State,
    can_move,
    can_move_order,
)
from providers.agreements import AgreementState

# Rows: from. Columns, in the order of State: created started pending authorized paid refunded failed canceled expired.
TABLE = {
    State.CREATED: ". x x x x x x x x",
    State.STARTED: ". . x x x x x x x",
    State.PENDING: ". x . x x x x x x",
    State.AUTHORIZED: ". . . . x x . x x",
    State.PAID: ". . . . . x . . .",
    State.REFUNDED: ". . . . . . . . .",
    State.FAILED: ". . . x x x . . .",
    State.CANCELED: ". . . x x x . . .",
    State.EXPIRED: ". . . x x x . . .",
}
# open paid canceled expired
ORDER_TABLE = {
    OrderState.OPEN: ". x x x",
    OrderState.PAID: ". . . .",
    OrderState.CANCELED: "x x . .",
    OrderState.EXPIRED: "x x . .",
}
# pending active canceled ended terminated
AGREEMENT_TABLE = {
    AgreementState.PENDING: ". x x x x",
    AgreementState.ACTIVE: ". . . x x",
    AgreementState.CANCELED: "· x · x x",
    AgreementState.ENDED: ". . . . x",
    AgreementState.TERMINATED: ". . . . .",
}


@pytest.mark.parametrize(
    ("state", "target", "may"),
    [
        (state, target, mark == "x")
        for state, row in TABLE.items()
        for target, mark in zip(State, row.split(), strict=True)
    ],
)
def test_a_payment(state: State, target: State, may: bool) -> None:
    assert can_move(state, target) is may


@pytest.mark.parametrize(
    ("state", "target", "may"),
    [
        (state, target, mark == "x")
        for state, row in ORDER_TABLE.items()
        for target, mark in zip(OrderState, row.split(), strict=True)
    ],
)
def test_an_order(state: OrderState, target: OrderState, may: bool) -> None:
    assert can_move_order(state, target) is may


@pytest.mark.parametrize(
    ("state", "target", "may"),
    [
        (state, target, mark == "x")
        for state, row in AGREEMENT_TABLE.items()
        for target, mark in zip(AgreementState, row.split(), strict=True)
    ],
)
def test_an_agreement(state: AgreementState, target: AgreementState, may: bool) -> None:
    assert (target in AGREEMENT_MOVES[state]) is may


def test_the_tables_are_whole() -> None:
    assert set(AGREEMENT_TABLE) == set(AGREEMENT_MOVES) == set(AgreementState)
    assert set(TABLE) == set(MOVES) == set(State)
    assert set(ORDER_TABLE) == set(ORDER_MOVES) == set(OrderState)


@pytest.mark.parametrize("state", [State.FAILED, State.CANCELED, State.EXPIRED])
def test_money_beats_intent(state: State) -> None:
    assert can_move(state, State.AUTHORIZED)
    assert can_move(state, State.PAID)


def test_nothing_leaves_refunded() -> None:
    assert not MOVES[State.REFUNDED]


def test_every_walk_ends() -> None:
    """No cycle but those that are named: a payment does not come back to where it was."""

    def reachable(state: State) -> set[State]:
        found: set[State] = set()
        todo = [state]
        while todo:
            new = MOVES[todo.pop()] - found
            found |= new
            todo += new
        return found

    came_back = {state for state in State if state in reachable(state)}
    # A voided authorisation may be found captured after all; `apply` lets no older authorisation bring it back.
    # What was under way and is refused may wait for the shopper again, where the provider says so in as many words.
    assert came_back == {State.STARTED, State.PENDING, State.AUTHORIZED, State.CANCELED, State.EXPIRED}


def test_the_groups() -> None:
    assert {State.CREATED, State.STARTED, State.PENDING} == OPEN_STATES
    assert {State.AUTHORIZED, State.PAID, State.REFUNDED} == MONEY_STATES
    assert {State.AUTHORIZED, State.PAID} == HELD_STATES
    assert not OPEN_STATES & MONEY_STATES
