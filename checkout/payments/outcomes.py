"""How do attempts end? How many are paid, day by day, and why the others are declined."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import Case, Count, IntegerField, Value, When
from django.utils import timezone

from checkout.models import Payment
from checkout.payments.takings import Accounts, last_days
from checkout.states import MONEY_STATES, OPEN_STATES, State

DAYS = 30


@dataclass(frozen=True)
class Rate:
    """Of the attempts that ended, how many were paid (or reserved). Attempts under way are in neither number."""

    ended: int = 0
    paid: int = 0

    def __add__(self, other: "Rate") -> "Rate":
        return Rate(self.ended + other.ended, self.paid + other.paid)

    @property
    def share(self) -> float | None:
        """None where nothing ended: that is no failure."""
        return self.paid / self.ended if self.ended else None


def together(rates: Iterable[Rate]) -> Rate:
    return sum(rates, Rate())


@dataclass
class Outcomes:
    """Of attempts made on each of the last days, by UTC days."""

    days: list[date]
    by_provider: dict[str, list[Rate]] = field(
        default_factory=dict
    )  # provider -> a rate for each of the days
    declines: Counter[str] = field(default_factory=Counter)  # reason -> failed attempts; "": none was told

    def all_providers(self) -> list[Rate]:
        return [together(rates) for rates in zip(*self.by_provider.values(), strict=True)]


def outcomes(accounts: Accounts, now: datetime | None = None) -> Outcomes:
    began = last_days(DAYS, now or timezone.now())
    days = [at.date() for at in began]
    # One look along the index by day. Accounts are told apart here, see `takings`.
    rows = (
        Payment.objects.filter(created_at__gte=began[0])
        .exclude(state__in=OPEN_STATES)
        .annotate(place=_place(began))
        .order_by()
        .values_list("place", "account", "state", "decline_reason")
        .annotate(n=Count("pk"))
    )
    ended: Counter[tuple[str, date]] = Counter()
    paid: Counter[tuple[str, date]] = Counter()
    declines: Counter[str] = Counter()
    for place, pk, state, reason, number in rows:
        if pk not in accounts.rows:
            continue
        day, provider = days[place], accounts.rows[pk].provider
        ended[provider, day] += number
        if state in MONEY_STATES:
            paid[provider, day] += number
        elif state == State.FAILED:
            declines[reason] += number
    by_provider = {
        provider: [Rate(ended[provider, day], paid[provider, day]) for day in days]
        for provider in accounts.providers
    }
    return Outcomes(days, by_provider, declines)


def _place(began: list[datetime]) -> Case:
    """In which of these days a row lies. Compared, because SQLite would call back into Python for the date of a row."""
    later_first = [
        When(created_at__gte=at, then=Value(place)) for place, at in reversed(list(enumerate(began)))
    ]
    return Case(*later_first, output_field=IntegerField())
