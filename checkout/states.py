"""May this payment, or this order, move there? The whole answer, and nothing else."""

from enum import StrEnum

from providers.agreements import AgreementState


class State(StrEnum):
    """Of a payment: one attempt at an order."""

    CREATED = "created"  # the intent is written; the provider may or may not have heard of it
    STARTED = "started"  # it waits for the shopper at the provider
    PENDING = "pending"  # under way, or not understood: look at this
    AUTHORIZED = "authorized"
    PAID = "paid"
    REFUNDED = "refunded"
    FAILED = "failed"
    CANCELED = "canceled"
    EXPIRED = "expired"


class OrderState(StrEnum):
    OPEN = "open"
    PAID = "paid"
    CANCELED = "canceled"
    EXPIRED = "expired"


_MONEY = frozenset({State.AUTHORIZED, State.PAID, State.REFUNDED})
_NO_MONEY = frozenset({State.FAILED, State.CANCELED, State.EXPIRED})

# Money beats intent: an attempt that we gave up may still turn out to be paid, and then it is.
MOVES: dict[State, frozenset[State]] = {
    State.CREATED: frozenset({State.STARTED, State.PENDING}) | _MONEY | _NO_MONEY,
    State.STARTED: frozenset({State.PENDING}) | _MONEY | _NO_MONEY,
    # Back to the shopper only where the provider says that what was under way is over (`Report.waits_again`).
    State.PENDING: frozenset({State.STARTED}) | _MONEY | _NO_MONEY,
    State.AUTHORIZED: frozenset({State.PAID, State.REFUNDED, State.CANCELED, State.EXPIRED}),
    State.PAID: frozenset({State.REFUNDED}),
    State.REFUNDED: frozenset(),
    State.FAILED: _MONEY,
    State.CANCELED: _MONEY,
    State.EXPIRED: _MONEY,
}

ORDER_MOVES: dict[OrderState, frozenset[OrderState]] = {
    OrderState.OPEN: frozenset({OrderState.PAID, OrderState.CANCELED, OrderState.EXPIRED}),
    OrderState.PAID: frozenset(),
    OrderState.CANCELED: frozenset({OrderState.PAID, OrderState.OPEN}),
    OrderState.EXPIRED: frozenset({OrderState.PAID, OrderState.OPEN}),
}

# What is over does not begin again: the customer would have to agree anew.
AGREEMENT_MOVES: dict[AgreementState, frozenset[AgreementState]] = {
    AgreementState.PENDING: frozenset(set(AgreementState) - {AgreementState.PENDING}),
    AgreementState.ACTIVE: frozenset({AgreementState.ENDED, AgreementState.TERMINATED}),
    # Money beats intent; and one that began after all may have ended before anybody asked again.
    AgreementState.CANCELED: frozenset(
        {AgreementState.ACTIVE, AgreementState.ENDED, AgreementState.TERMINATED}
    ),
    AgreementState.ENDED: frozenset({AgreementState.TERMINATED}),
    AgreementState.TERMINATED: frozenset(),
}

OPEN_STATES = frozenset({State.CREATED, State.STARTED, State.PENDING})  # at most one such attempt per order
MONEY_STATES = _MONEY  # the shopper's money is, or was, with us
HELD_STATES = frozenset({State.AUTHORIZED, State.PAID})  # ... and still is


def can_move(state: State, target: State) -> bool:
    return target in MOVES[state]


def can_move_order(state: OrderState, target: OrderState) -> bool:
    return target in ORDER_MOVES[state]
