"""Does each provider account answer? What was heard of it last, and how often it stayed silent."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q
from django.utils import timezone

from checkout.models import Account, Exchange, Payment
from checkout.payments.takings import Shops

ERRORS_OF = timedelta(hours=24)
# From here on it is said on top: a tenth of a few requests is chance.
_MANY, _OF_AT_LEAST = 0.1, 10


# Of a longer backlog than this the page is late anyway, and says so.
_BACKLOG = 20_000


@dataclass(frozen=True)
class Health:
    account: Account
    requests: int  # of the last 24 hours
    errors: int  # ... without an answer, or with a 5xx
    oldest_check: timedelta | None  # how long the oldest check has been due; None: none is due

    @property
    def error_share(self) -> float | None:
        return self.errors / self.requests if self.requests else None

    @property
    def is_failing(self) -> bool:
        return self.requests >= _OF_AT_LEAST and self.errors >= _MANY * self.requests


def health(shops: Shops = None, now: datetime | None = None) -> list[Health]:
    """Of every account that is switched on, live ones first."""
    now = now or timezone.now()
    rows = Account.objects.filter(enabled=True).defer("secrets", "former_secrets")
    if shops is not None:
        rows = rows.filter(shop__in=shops)
    oldest = _oldest_checks(now)
    return [
        Health(
            account,
            *_exchanges(account, now),
            now - oldest[account.pk] if account.pk in oldest else None,
        )
        for account in rows.order_by("-live", "position", "created_at")
    ]


def _exchanges(account: Account, now: datetime) -> tuple[int, int]:
    """Requests and errors. A look for each of the few accounts: for all at once, SQLite reads all there ever were."""
    asked = Exchange.objects.filter(account=account, at__gte=now - ERRORS_OF)
    no_answer = Q(status=0) | Q(status__gte=500)
    counted = asked.aggregate(requests=Count("pk"), errors=Count("pk", filter=no_answer))
    return counted["requests"], counted["errors"]


def _oldest_checks(now: datetime) -> dict[Any, datetime]:
    """Account -> since when its oldest check is due. Along the index by time: asked for by account, a database would
    read all payments there are."""
    due = Payment.objects.filter(next_check_at__lte=now).order_by("next_check_at")
    oldest: dict[Any, datetime] = {}
    for pk, at in due.values_list("account", "next_check_at")[:_BACKLOG]:
        if at is not None:  # which the condition excludes
            oldest.setdefault(pk, at)
    return oldest
