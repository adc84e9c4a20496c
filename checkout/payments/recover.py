"""What became of an attempt whose beginning was cut short? Asked, never guessed.

A crash, or a provider's silence, between the intent and `start`'s end leaves a CREATED payment: the provider may hold
something that no shopper was ever shown. If no money came of it, it is abandoned there and here.
"""

from dataclasses import replace

from django.utils import timezone

from checkout.models import Payment
from checkout.payments.apply import apply
from checkout.payments.border import charge_for, provider_for
from checkout.payments.schedule import START_MAY_TAKE
from checkout.payments.settle import ask, not_answered, settle
from checkout.payments.timeline import Who
from checkout.states import State
from providers.base import Outcome
from providers.errors import Decline, ProviderError


def check(payment: Payment) -> Payment:
    """The follow-up look at any payment: settle what was started, recover what was not."""
    if payment.state != State.CREATED:
        return settle(payment)
    return payment if being_started(payment) else recover(payment)


def being_started(payment: Payment) -> bool:
    """May `start` be talking to the provider about this attempt at this moment?"""
    young = payment.created_at > timezone.now() - START_MAY_TAKE
    return payment.state == State.CREATED and payment.checks == 0 and young


def recover(payment: Payment) -> Payment:
    """Close a CREATED attempt by asking the provider what it knows of it."""
    report = ask(payment)
    if report is None:
        return Payment.objects.get(pk=payment.pk)
    if report.outcome is not Outcome.OPEN:
        return apply(payment.pk, report)
    provider = provider_for(payment.account, payment)
    if provider.can("cancel"):
        try:
            report = provider.cancel(charge_for(payment), give_up=False)
        except ProviderError as why:
            not_answered(payment, str(why), soon=False)
            return Payment.objects.get(pk=payment.pk)
    if report.outcome in {Outcome.OPEN, Outcome.CANCELED}:
        report = replace(
            report,
            outcome=Outcome.FAILED,
            decline=Decline(
                code="not_opened", message="The attempt was never opened.", reason="technical_error"
            ),
        )
    return apply(payment.pk, report, who=Who.GUICHET)
