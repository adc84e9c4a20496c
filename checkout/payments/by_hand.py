"""What if no answer can tell whether a capture, void or refund was done? A person looks at the provider's own record.

What was found there is given as the provider's own id of it, and then asked about like any other. That nothing is there
is a person's word, kept under the person's name; should the provider list it after all, the provider is right.
"""

from django.contrib.auth.models import User
from django.utils import timezone

from checkout.models import Operation, Payment, ProviderReference
from checkout.payments.locks import order_lock
from checkout.payments.operate import NotPossible
from checkout.payments.operations import MAY_BE_ON_ITS_WAY, MISSED_BY_A_PERSON, write_operation
from checkout.payments.recover import look
from checkout.payments.texts import fit
from checkout.payments.timeline import Who, tell
from checkout.wording import worded as _
from providers.base import OperationStatus


def may_be_ended(operation: Operation) -> bool:
    """Is its end unknown, and can it no longer be on its way?"""
    return operation.status in Operation.OPEN and operation.created_at < timezone.now() - MAY_BE_ON_ITS_WAY


def found_there(operation: Operation, provider_id: str, *, user: User) -> Operation:
    """The provider's record has it, under this id: ask about it. Nothing is written but what the provider answers."""
    payment = operation.payment
    with order_lock(payment.order_id) as order:
        ProviderReference.objects.get_or_create(
            account=payment.account, payment=payment, value=fit(provider_id, 100)
        )
        tell(order, "operation.pointed_at", payment=payment, who=Who.MERCHANT, user=user, verb=operation.verb,
             money=str(operation.money), provider_id=fit(provider_id, 100))  # fmt: skip
    look(_again(payment))
    operation.refresh_from_db()
    return operation


def not_there(operation: Operation, *, user: User) -> Operation:
    """The provider's record has no such thing: it failed. The provider is asked once more before that is written.

    NotPossible when it may still be on its way, or the provider cannot be asked.
    """
    if operation.status not in Operation.OPEN:
        return operation
    if not may_be_ended(operation):
        raise NotPossible(_("It may still be on its way: wait a quarter of an hour."))
    if look(_again(operation.payment)) is None:
        raise NotPossible(_("The provider cannot be asked at the moment. Try again later."))
    with order_lock(operation.payment.order_id) as order:
        row = Operation.objects.select_related("payment__account").get(pk=operation.pk)
        if row.status in Operation.OPEN:
            tell(order, "operation.missed", payment=row.payment, who=Who.MERCHANT, user=user, verb=row.verb,
                 money=str(row.money))  # fmt: skip
            write_operation(order, row.payment, row, OperationStatus.FAILURE, why=MISSED_BY_A_PERSON)
            row.save()
        return row


def _again(payment: Payment) -> Payment:
    return Payment.objects.select_related("order", "account").get(pk=payment.pk)
