"""What does a shopper read of an agreement: before it is made, and afterwards?"""

from dataclasses import dataclass
from datetime import datetime

from checkout.agreed import in_words
from checkout.models import Agreement, Order
from checkout.payments.terms import terms_of
from checkout.templatetags.guichet import money
from providers.agreements import Terms
from providers.base import Kind
from providers.money import Money

_AGREEING = frozenset({Kind.SUBSCRIPTION, Kind.PAYMENT_PLAN, Kind.MANDATE})


@dataclass(frozen=True)
class AgreedOn:
    kind: str
    words: str  # the terms, with amounts as the page writes them
    payments: int | None  # in how many payments, where that is known
    row: Agreement | None  # once it has begun
    next_at: datetime | None = None  # the next payment, while there is one to come
    next_money: Money | None = None


def agreement_of(order: Order) -> AgreedOn | None:
    """What this order agrees on; None for one that agrees on nothing, and for an agreement's further payment."""
    if order.agreement_id is not None or order.kind not in _AGREEING:
        return None
    terms = terms_of(order.terms, order.currency)
    row = Agreement.objects.filter(payment__order=order).order_by("created_at").last()
    coming = row is not None and not row.is_over and row.next_event in {"initial", "bill", "trial"}
    return AgreedOn(
        kind=order.kind,
        words=in_words(order.kind, terms, money),
        payments=terms.cycles if terms else None,
        row=row,
        next_at=row.next_event_at if row is not None and coming else None,
        next_money=_next_money(terms, row.next_event) if row is not None and coming else None,
    )


def _next_money(terms: Terms | None, event: str) -> Money | None:
    if terms is None:
        return None
    if terms.total is not None:
        return terms.payments()[-1]  # the first alone may be more, and it is paid
    if event == "trial":
        return terms.trial
    return (terms.initial or terms.amount) if event == "initial" else terms.amount
