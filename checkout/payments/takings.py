"""How much was taken, by provider and currency? Captured less refunded; what banks took back stands apart."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from django.db.models import Case, CharField, Sum, Value, When
from django.utils import timezone

from checkout.models import Account, Movement
from providers.money import Money

Shops = Collection[int] | None  # of which shops, by their keys; None: of all


def day_of(now: datetime) -> datetime:
    """When this day began, in UTC."""
    return datetime.combine(now.astimezone(UTC).date(), time(), UTC)


def last_days(count: int, now: datetime) -> list[datetime]:
    """When each of the last so many days began, in UTC, today last."""
    today = day_of(now)
    return [today - timedelta(days=ago) for ago in range(count - 1, -1, -1)]


@dataclass(frozen=True)
class Accounts:
    """Whose figures are told: the live accounts, or, where nobody has gone live, the test accounts. Never both."""

    live: bool
    rows: dict[object, Account]  # by primary key

    @property
    def providers(self) -> list[str]:
        return list(dict.fromkeys(account.provider for account in self.rows.values()))

    def of(self, provider: str) -> set[object]:
        return {pk for pk, account in self.rows.items() if account.provider == provider}


def accounts_told(shops: Shops = None) -> Accounts:
    rows = Account.objects.defer("secrets", "former_secrets")
    if shops is not None:
        rows = rows.filter(shop__in=shops)
    every = list(rows)
    live = any(account.live for account in every)
    return Accounts(live, {account.pk: account for account in every if account.live is live})


@dataclass
class Sums:
    """Of one provider and currency in one time."""

    currency: str
    captured_minor: int = 0
    refunded_minor: int = 0
    charged_back_minor: int = 0

    def add(self, kind: str, minor: int) -> None:
        name = f"{kind}_minor"
        setattr(self, name, getattr(self, name) + minor)

    @property
    def captured(self) -> Money:
        return Money(self.captured_minor, self.currency)

    @property
    def refunded(self) -> Money:
        return Money(self.refunded_minor, self.currency)

    @property
    def charged_back(self) -> Money:
        return Money(self.charged_back_minor, self.currency)

    @property
    def takings(self) -> Money:
        return self.captured - self.refunded


@dataclass
class Taken:
    provider: str
    today: Sums
    month: Sums


def takings(accounts: Accounts, now: datetime | None = None) -> list[Taken]:
    """Of today and of this month so far, by UTC days. A provider and currency without any movement is not listed."""
    now = now or timezone.now()
    today = day_of(now)
    # Accounts are told apart here and not in the query: asked for by account, SQLite would leave the index by day.
    when = Case(When(at__gte=today, then=Value("today")), default=Value("before"), output_field=CharField())
    rows = (
        Movement.objects.filter(at__gte=today.replace(day=1))
        .annotate(when=when)
        .order_by()
        .values_list("account", "currency", "kind", "when")
        .annotate(minor=Sum("amount_minor"))
    )
    found: dict[tuple[str, str], Taken] = {}
    for pk, currency, kind, at, minor in rows:
        if pk not in accounts.rows:
            continue
        provider = accounts.rows[pk].provider
        taken = found.setdefault((provider, currency), Taken(provider, Sums(currency), Sums(currency)))
        taken.month.add(kind, minor)
        if at == "today":
            taken.today.add(kind, minor)
    places = {provider: place for place, provider in enumerate(accounts.providers)}
    return sorted(found.values(), key=lambda taken: (places[taken.provider], taken.month.currency))


def totals(rows: list[Taken]) -> list[Taken]:
    """Of each currency that more than one provider brought; nothing is summed over currencies."""
    found: dict[str, list[Taken]] = {}
    for row in rows:
        found.setdefault(row.month.currency, []).append(row)
    return [
        Taken("", _sum(currency, [row.today for row in same]), _sum(currency, [row.month for row in same]))
        for currency, same in found.items()
        if len(same) > 1
    ]


def _sum(currency: str, parts: list[Sums]) -> Sums:
    total = Sums(currency)
    for part in parts:
        total.captured_minor += part.captured_minor
        total.refunded_minor += part.refunded_minor
        total.charged_back_minor += part.charged_back_minor
    return total
