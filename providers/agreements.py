"""What does a customer agree to beyond one payment? The terms of a subscription, a payment plan or a mandate, and how
such an agreement stands at the provider. Provider-neutral: money is `Money`, time is aware UTC."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from providers.money import Money

if TYPE_CHECKING:
    from providers.base import Kind


class Unit(StrEnum):
    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, kw_only=True)
class Period:
    """`count` units: 7 days, 1 month."""

    count: int
    unit: Unit


@dataclass(frozen=True, kw_only=True)
class Terms:
    """Of a subscription: `amount` every `period`, `cycles` times (None: until it is ended); `initial` is the first
    regular payment, where it differs; before it a trial of `trial_period` may cost `trial`. Of a payment plan: `total`
    in `cycles` payments, one every `period`. A mandate has none."""

    period: Period
    amount: Money | None = None
    cycles: int | None = None
    initial: Money | None = None
    trial: Money | None = None
    trial_period: Period | None = None
    total: Money | None = None

    def due_today(self) -> Money:
        """What is paid at the beginning, and so the amount of the order: the trial, else the first regular payment."""
        if self.total is not None:
            return self.payments()[0]
        if self.trial_period is not None:
            return self.trial or Money.zero(self._regular().currency)
        return self.initial or self._regular()

    def payments(self) -> tuple[Money, ...]:
        """A payment plan's, in their sequence. What cannot be shared equally is paid with the first one."""
        if self.total is None or not self.cycles:
            return ()
        each, over = divmod(self.total.minor, self.cycles)
        currency = self.total.currency
        return (Money(each + over, currency), *[Money(each, currency)] * (self.cycles - 1))

    def amounts(self) -> frozenset[Money]:
        """Every amount that a payment under these terms may have, but for one that a person asked for."""
        named = (self.amount, self.initial, self.trial, *self.payments())
        return frozenset(money for money in named if money is not None)

    def _regular(self) -> Money:
        if self.amount is None:
            raise ValueError("terms name either a regular amount or a total")
        return self.amount


class AgreementState(StrEnum):
    PENDING = "pending"  # its first payment has not succeeded yet
    ACTIVE = "active"
    CANCELED = "canceled"  # it never began: the first payment failed
    ENDED = "ended"  # no more payments of itself
    TERMINATED = "terminated"  # ... and none by hand either


class Phase(StrEnum):
    NEW = "new"
    TRIAL = "trial"
    BILLING = "billing"
    RETRY = "retry"  # a payment failed and is tried again
    LAST = "last"  # it ends with the period that is paid
    CLOSED = "closed"


class Ending(StrEnum):
    """When an agreement that is ended ends."""

    NOW = "now"
    PERIOD_END = "period_end"  # what is paid for is still given


@dataclass(frozen=True, kw_only=True)
class NextEvent:
    what: str  # the provider's word in our spelling: trial, free_trial, initial, bill, end
    at: datetime


@dataclass(frozen=True, kw_only=True)
class AgreementCharge:
    """A payment that the agreement made without being asked for it by us."""

    provider_id: str
    money: Money
    reference: str = ""  # as the provider has it
    at: datetime | None = None
    by_hand: bool = False  # somebody made it at the provider's own counter, so its amount is free


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """What a provider may know of an agreement that we have a row of."""

    provider_id: str
    reference: str  # of the attempt that began it
    known: tuple[str, ...] = ()  # ids of its payments that we have rows of
    also: tuple[str, ...] = ()  # ids that a notification spoke of: are they of this agreement?
    memo: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, kw_only=True)
class AgreementReport:
    """How an agreement stands at the provider now. None means: the provider did not say."""

    provider_id: str
    kind: "Kind | None" = None  # what it is there: whoever fills in an open form may make another of it
    state: AgreementState | None = None  # None also for a word that we do not know; then `warning` says so
    phase: Phase | None = None
    end_reason: str = ""  # the provider's word, lower case
    next_event: NextEvent | None = None
    began_at: datetime | None = None
    ended_at: datetime | None = None
    expires_at: datetime | None = None
    terms: Terms | None = None  # as the provider has them
    charges: tuple[AgreementCharge, ...] = ()  # all that it can name but those in `Agreement.known`
    may_charge: bool = False  # may we charge it once more now, by hand?
    endings: tuple[Ending, ...] = ()  # in which ways it can be ended now
    memo: Mapping[str, Any] = field(default_factory=dict, repr=False)
    live: bool | None = None
    warning: str = ""
