"""How is money captured, voided or refunded? The intent with its key is committed; then the provider is asked, once."""

import secrets
from dataclasses import replace
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy, gettext_noop

from checkout.models import Operation, Order, Payment, Proposal
from checkout.payments.apply import apply, next_look
from checkout.payments.border import charge_for, provider_for
from checkout.payments.limits import needs_second_person
from checkout.payments.locks import order_lock
from checkout.payments.operations import SUM_OF, write_operation
from checkout.payments.plan import RIVALS, Plan, plan_if_any
from checkout.payments.texts import fit_to_show
from checkout.payments.timeline import Who, tell
from checkout.states import MONEY_STATES, State
from checkout.wording import worded as _
from providers.base import OperationStatus, Verb
from providers.errors import Declined, Invalid, Misconfigured, Uncertain, Unreachable
from providers.money import Money

_KEY_LENGTH = 40


_SHARES = "shares"  # beside what the provider is told, an operation's plan keeps how it was to be shared out


# A whole sentence of each verb: in another language its words do not stand apart.
_NOT_OVER_API = {
    Verb.CAPTURE: gettext_noop("%(account)s cannot capture over the API."),
    Verb.VOID: gettext_noop("%(account)s cannot void over the API."),
    Verb.REFUND: gettext_noop("%(account)s cannot refund over the API."),
}
_NO_AMOUNT = {
    Verb.CAPTURE: gettext_noop("%(money)s is not an amount to capture here."),
    Verb.VOID: gettext_noop("%(money)s is not an amount to void here."),
    Verb.REFUND: gettext_noop("%(money)s is not an amount to refund here."),
}
_UNDER_WAY = {
    Verb.CAPTURE: gettext_noop("A capture is under way; wait until it has ended."),
    Verb.VOID: gettext_noop("A void is under way; wait until it has ended."),
    Verb.REFUND: gettext_noop("A refund is under way; wait until it has ended."),
}
_TOO_MUCH = {
    Verb.CAPTURE: gettext_noop("Only %(most)s is left to capture."),
    Verb.VOID: gettext_noop("Only %(most)s is left to void."),
    Verb.REFUND: gettext_noop("Only %(most)s is left to refund."),
}
_WHOLE_ONLY = {
    Verb.CAPTURE: gettext_noop("%(provider)s can capture only the whole: %(most)s."),
    Verb.VOID: gettext_noop("%(provider)s can void only the whole: %(most)s."),
    Verb.REFUND: gettext_noop("%(provider)s can refund only the whole: %(most)s."),
}


class NotPossible(Exception):
    """The operation cannot be done now; `str()` says why, to the merchant."""


class PlanChanged(NotPossible):
    """It would be shared out otherwise than the merchant has seen. Nothing was done."""


class MovedMeanwhile(NotPossible):
    """Since the merchant looked, money of this payment was moved: perhaps it is the very same. Nothing was done."""


class NeedsApproval(NotPossible):
    """It is more than one person may move, and no second person has approved it. Nothing was done."""


def operate(
    payment: Payment,
    verb: Verb,
    money: Money,
    *,
    user: User | None = None,
    reason: str = "",
    plan: dict[str, Any] | None = None,
    seen: str | None = None,
    left_then: Money | None = None,
    key: str = "",
) -> Operation:
    """Capture, void or refund `money`. NotPossible when it exceeds what is left, or one of the kind is under way;
    NeedsApproval when `user` may not do it alone, and no approved `Proposal` of this key stands behind it.

    `plan` is what the provider is told of the sequence in which the means of payment give. `seen` is the digest of the
    `Plan` that a person has agreed to, "" for none: PlanChanged when it is not what would be done now. `left_then` is
    how much was left when they looked: MovedMeanwhile when it is not by now, for two who do the same do it once.

    A repeated `key` returns the operation that it made the first time. What the provider answers, or fails to, is in
    the operation's status; UNCERTAIN is asked about until it ends and is never sent again.
    """
    operation, new = intend(
        payment,
        verb,
        money,
        user=user,
        reason=reason,
        plan=plan or {},
        seen=seen,
        key=key,
        left_then=left_then,
    )
    return carry_out(operation) if new else operation


def carry_out(operation: Operation) -> Operation:
    """Ask the provider for what `intend` has just written, once. Never inside a transaction."""
    payment = operation.payment  # as it was read under the lock
    try:
        provider = provider_for(payment.account, payment)
        method = {Verb.CAPTURE: provider.capture, Verb.VOID: provider.void, Verb.REFUND: provider.refund}[
            Verb(operation.verb)
        ]
        charge = replace(charge_for(payment), reason=operation.reason)
        report = method(charge, operation.money, key=operation.key, plan=_told(operation))
    except Declined as no:
        return _ended(operation, OperationStatus.FAILURE, no.decline.message or no.decline.code)
    except (Invalid, Misconfigured, Unreachable) as no:
        return _ended(operation, OperationStatus.FAILURE, no.sentence)
    except Uncertain as no:
        return _ended(operation, OperationStatus.UNCERTAIN, no.sentence)
    apply(payment.pk, report)
    operation.refresh_from_db()
    return operation


def _told(operation: Operation) -> dict[str, Any]:
    return {name: value for name, value in operation.plan.items() if name != _SHARES}


def shares_of(operation: Operation) -> list[dict[str, Any]]:
    """How it was to be shared out: [{partner, method, amount}], [] where that was not known."""
    return list(operation.plan.get(_SHARES, ()))


def left(payment: Payment, verb: Verb) -> Money:
    """How much of `verb` is still possible, less what is under way."""
    authorized = payment.authorized_minor - payment.captured_minor - payment.voided_minor
    whole = payment.captured_minor - payment.refunded_minor if verb is Verb.REFUND else authorized
    under_way = sum(
        row.amount_minor
        for row in payment.operations.filter(status__in=Operation.OPEN, verb__in=RIVALS[verb])
    )
    return Money(max(whole - under_way, 0), payment.currency)


def whole_only(payment: Payment, verb: Verb) -> bool:
    """Does this provider do all that is left, or nothing?"""
    return verb in payment.account.provider_class.whole_only


def check_possible(row: Payment, verb: Verb, money: Money) -> None:
    """NotPossible, and why, where this cannot be done as the row stands. Final under the order's lock."""
    if not row.account.provider_class.can(verb.value):
        raise NotPossible(_(_NOT_OVER_API[verb], account=row.account.name))
    if State(row.state) not in MONEY_STATES:
        raise NotPossible(_("The payment is %(state)s.", state=gettext_lazy(row.state)))
    if money.currency != row.currency or money.minor <= 0:
        raise NotPossible(_(_NO_AMOUNT[verb], money=money))
    if row.operations.filter(verb=verb, status__in=Operation.OPEN).exists():
        raise NotPossible(_(_UNDER_WAY[verb]))
    most = left(row, verb)
    if money > most:
        raise NotPossible(_(_TOO_MUCH[verb], most=most))
    if money != most and whole_only(row, verb):
        raise NotPossible(_(_WHOLE_ONLY[verb], provider=row.account.provider_class.name, most=most))


def _check_left(row: Payment, verb: Verb, then: Money | None) -> None:
    if then is not None and left(row, verb) != then:
        raise MovedMeanwhile(_("Money of this payment was moved meanwhile. Nothing was done."))


def agreed_plan(
    row: Payment, verb: Verb, money: Money, plan: dict[str, Any], seen: str | None
) -> Plan | None:
    """How it is shared out now. PlanChanged where that is not what was `seen`."""
    shared = plan_if_any(row, verb, money, plan)
    if seen is not None and seen != (shared.digest if shared else ""):
        raise PlanChanged(_("The plan has changed meanwhile. Nothing was done."))
    return shared


def intend(
    payment: Payment,
    verb: Verb,
    money: Money,
    *,
    user: User | None,
    reason: str,
    plan: dict[str, Any],
    seen: str | None,
    key: str,
    left_then: Money | None = None,
) -> tuple[Operation, bool]:
    """Write down what is to be asked for, and whether it is new: what is not, has been asked for."""
    with order_lock(payment.order_id) as order:
        row = order.payments.select_related("account").get(pk=payment.pk)
        row.order = order
        known = Operation.objects.filter(key=key).first() if key else None
        if known is not None:
            if (known.payment_id, known.verb, known.money) != (row.pk, verb, money):
                raise NotPossible(_("This key was used for another operation."))
            return known, False
        if len(key) > _KEY_LENGTH:
            raise NotPossible(_("A key has at most %(most)s characters.", most=_KEY_LENGTH))
        check_possible(row, verb, money)
        _check_left(row, verb, left_then)
        if (
            user is not None
            and needs_second_person(row, verb, money)
            and not _approved(row, verb, money, key)
        ):
            raise NeedsApproval(_("A second person must approve this. Nothing was done."))
        # Under the lock: what is agreed to here is what is written.
        shared = agreed_plan(row, verb, money, plan, seen)
        operation = Operation(
            payment=row,
            verb=verb,
            amount_minor=money.minor,
            currency=money.currency,
            key=key or f"{row.reference}-{verb.value[0]}{secrets.token_hex(4)}",
            sum_before_minor=getattr(row, SUM_OF[verb]),
            reason=fit_to_show(reason, 255),
            plan={**plan, _SHARES: shared.shares()} if shared else plan,
            requested_by=user,
        )
        _write(order, operation)
        return operation, True


def _approved(payment: Payment, verb: Verb, money: Money, key: str) -> bool:
    return Proposal.objects.filter(
        payment=payment,
        action=verb.value,
        amount_minor=money.minor,
        currency=money.currency,
        key=key,
        state=Proposal.State.APPROVED,
    ).exists()


def _write(order: Order, operation: Operation) -> None:
    try:
        with transaction.atomic():
            operation.save()
    except IntegrityError:  # the same key, for another order, at this very moment: no lock is common to both
        raise NotPossible(_("This key was used for another operation.")) from None
    row, user = operation.payment, operation.requested_by
    row.checks = 0
    row.next_check_at = next_look(row, timezone.now())
    row.save(update_fields=["checks", "next_check_at"])
    tell(order, "operation.requested", payment=row, who=Who.MERCHANT if user else Who.SHOP, user=user,
         verb=operation.verb, money=str(operation.money))  # fmt: skip


def _ended(operation: Operation, status: OperationStatus, why: str) -> Operation:
    with order_lock(operation.payment.order_id) as order:
        row = Operation.objects.select_related("payment__account").get(pk=operation.pk)
        if row.status in Operation.OPEN:
            write_operation(order, row.payment, row, status, why=why)
            row.save()
        return row
