"""What does a shopper read of an agreement: before it is made, and afterwards?"""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from checkout.agreed import in_words
from checkout.models import Agreement, Order
from checkout.payments.terms import terms_of
from checkout.templatetags.guichet import money
from providers.agreements import Phase, Terms
from providers.base import Kind
from providers.money import Money

_AGREEING = frozenset({Kind.SUBSCRIPTION, Kind.PAYMENT_PLAN, Kind.MANDATE})
_PAYMENTS = frozenset({"initial", "bill", "trial"})  # the next events that are payments


@dataclass(frozen=True)
class AgreedOn:
    kind: str
    words: str  # the terms, with amounts as the page writes them
    row: Agreement | None  # once it has begun
    further: bool  # the order is a payment of an agreement that stands already
    next_at: datetime | None = None  # the next payment, while there is one to come
    next_money: Money | None = None  # None where the provider alone knows, or somebody will decide
    ends_at: datetime | None = None  # it is ended, and what is paid for is still given

    @property
    def is_retried(self) -> bool:
        return self.row is not None and self.row.phase == Phase.RETRY and not self.row.is_over


def agreement_of(order: Order) -> AgreedOn | None:
    """What this order agrees on, or has been agreed on before it, if it is a further payment. None for all others."""
    if order.agreement is not None:
        row: Agreement | None = order.agreement
        kind, terms = order.agreement.kind, terms_of(order.agreement.terms, order.agreement.currency)
    elif order.kind in _AGREEING:
        row = Agreement.objects.filter(payment__order=order).order_by("created_at").last()
        kind, terms = order.kind, terms_of(order.terms, order.currency)
    else:
        return None
    event, at = _next(row)
    pays = event in _PAYMENTS
    return AgreedOn(
        kind=kind,
        words=in_words(kind, terms, money),
        row=row,
        further=order.agreement is not None,
        next_at=at if pays else None,
        next_money=_next_money(terms, event) if pays else None,
        ends_at=at if event == "end" else None,
    )


def _next(row: Agreement | None) -> tuple[str, datetime | None]:
    """What is still to come. What should have been by now is not told: the provider has not said what became of it."""
    if row is None or row.is_over or row.next_event_at is None or row.next_event_at <= timezone.now():
        return "", None
    return row.next_event, row.next_event_at


def _next_money(terms: Terms | None, event: str) -> Money | None:
    if terms is None:
        return None
    if terms.total is not None:
        shares = terms.payments()
        return shares[-1] if shares else None  # the first alone may be more, and it is paid
    if event == "trial":
        return terms.trial
    return (terms.initial or terms.amount) if event == "initial" else terms.amount
