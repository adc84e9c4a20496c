"""How much may one person move alone? As much as the shop says; what goes beyond it needs a second person.

The limit holds for what people ask for, capture by capture, void by void and refund by refund. What the shop's software
asks for over the API is under the scopes of its key, and not under this.
"""

from datetime import timedelta

from django.db.models import Q, Sum
from django.utils import timezone

from checkout.models import ApprovalLimit, Operation, Order, Payment, Proposal, Shop
from checkout.payments.operations import MISSED_BY_A_PERSON
from providers.base import OperationStatus, Verb
from providers.money import Money

# So long are earlier ones counted with the next one: ten small refunds do not go round the limit.
COUNTED_FOR = timedelta(hours=24)


def limit_for(shop: Shop, currency: str) -> Money | None:
    """Above this a second person has to approve; None where the shop has no limit in this currency."""
    row = ApprovalLimit.objects.filter(shop=shop, currency=currency).first()
    return row.money if row else None


def asked_alone(order: Order, verb: Verb, currency: str) -> Money:
    """What people asked for of `verb` on this order in the last day without a second person. What has failed does not
    count, unless it is only a person's word that it did."""
    approved = Proposal.objects.filter(order=order, state=Proposal.State.APPROVED).values("key")
    rows = Operation.objects.filter(
        payment__order=order,
        verb=verb,
        currency=currency,
        requested_by__isnull=False,
        created_at__gt=timezone.now() - COUNTED_FOR,
    )
    failed = Q(status=OperationStatus.FAILURE) & ~Q(message=MISSED_BY_A_PERSON)
    alone = rows.exclude(failed).exclude(key__in=approved)
    return Money(alone.aggregate(sum=Sum("amount_minor"))["sum"] or 0, currency)


def needs_second_person(payment: Payment, verb: Verb, money: Money) -> bool:
    """Is `money`, with what was asked for alone in the last day, more than one person may move? Under the order's lock
    the answer is final; without it, it is what a form says before."""
    limit = limit_for(payment.order.shop, money.currency)
    return limit is not None and asked_alone(payment.order, verb, money.currency) + money > limit
