"""What became of an attempt whose beginning was cut short? Asked, never guessed.

A crash, or a provider's silence, between the intent and `start`'s end leaves a CREATED payment: the provider may hold
something that no shopper was ever shown. If no money came of it, it is abandoned there and here.
"""

from dataclasses import replace

from django.utils import timezone

from checkout.models import Order, Payment
from checkout.payments.apply import apply
from checkout.payments.border import charge_for, provider_for
from checkout.payments.schedule import START_MAY_TAKE
from checkout.payments.settle import ask, not_answered
from checkout.payments.timeline import Who
from checkout.states import OrderState, State
from providers.base import Outcome
from providers.errors import Decline, ProviderError
from providers.said import said as _


def check(payment: Payment) -> Payment:
    """The follow-up look at any payment: settle what was started, recover what was not."""
    return look(payment) or Payment.objects.select_related("order", "account").get(pk=payment.pk)


def look(payment: Payment) -> Payment | None:
    """Like `check`; None when there was no answer to be had, or none to be asked for yet."""
    if payment.state == State.CREATED:
        return None if being_started(payment) else _recover(payment)
    if payment.state == State.STARTED and _is_paid_otherwise(payment):
        # It would be a second payment. Imported here, because `cancel` asks us about what was never opened.
        from checkout.payments.cancel import cancel_attempt

        left = cancel_attempt(payment, give_up=True, who=Who.GUICHET)
        return None if left.is_open else left
    report = ask(payment)
    return None if report is None else apply(payment.pk, report)


def _is_paid_otherwise(payment: Payment) -> bool:
    return Order.objects.filter(pk=payment.order_id, state=OrderState.PAID).exists()


def being_started(payment: Payment) -> bool:
    """May `start` be talking to the provider about this attempt at this moment?"""
    young = payment.created_at > timezone.now() - START_MAY_TAKE
    return payment.state == State.CREATED and payment.checks == 0 and young


def recover(payment: Payment) -> Payment:
    """Close a CREATED attempt by asking the provider what it knows of it."""
    return _recover(payment) or Payment.objects.select_related("order", "account").get(pk=payment.pk)


def _recover(payment: Payment) -> Payment | None:
    report = ask(payment)
    if report is None:
        return None
    if report.outcome is not Outcome.OPEN:
        return apply(payment.pk, report)
    provider = provider_for(payment.account, payment)
    if provider.can("cancel"):
        try:
            report = provider.cancel(charge_for(payment), give_up=False)
        except ProviderError as why:
            not_answered(payment, why.sentence, soon=False, code="payment.cancel_failed")
            return None
    if report.outcome in {Outcome.OPEN, Outcome.CANCELED}:
        report = replace(
            report,
            outcome=Outcome.FAILED,
            decline=Decline(
                code="not_opened", message=_("The attempt was never opened."), reason="technical_error"
            ),
        )
    return apply(payment.pk, report, who=Who.GUICHET)
