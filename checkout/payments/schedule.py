"""When is a payment looked at again, if nobody rings before? Growing intervals; never for ever in vain."""

from datetime import datetime, timedelta

from checkout.states import State

# While `start` may still be talking to the provider, nobody else asks about the attempt.
START_MAY_TAKE = timedelta(seconds=90)

# What may be paid until a certain moment is looked at when that has passed.
LOOK_AFTER = timedelta(minutes=1)

_MINUTE = 60
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR

# Seconds after the last look. An open attempt is asked about until it ends: time alone never makes it FAILED.
_OPEN = (
    20,
    40,
    _MINUTE,
    2 * _MINUTE,
    5 * _MINUTE,
    10 * _MINUTE,
    30 * _MINUTE,
    _HOUR,
    3 * _HOUR,
    6 * _HOUR,
    _DAY,
)
# An attempt that ended without money may still be paid at the provider: three late looks, then only notifications.
_ENDED = (30 * _MINUTE, 6 * _HOUR, _DAY)


def next_check(state: str, checks: int, now: datetime) -> datetime | None:
    """When to ask again after `checks` looks in `state`; None when there is nothing left to learn by asking."""
    if state in {State.CREATED, State.STARTED, State.PENDING}:
        return now + timedelta(seconds=_OPEN[min(checks, len(_OPEN) - 1)])
    if state == State.AUTHORIZED:  # an authorisation lapses at the bank without a word
        return now + timedelta(seconds=_DAY)
    if state in {State.FAILED, State.CANCELED, State.EXPIRED} and checks < len(_ENDED):
        return now + timedelta(seconds=_ENDED[checks])
    return None
