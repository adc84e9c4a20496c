"""How is money captured, voided or refunded? The intent with its key is committed; then the provider is asked, once."""

import secrets
from dataclasses import replace
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from checkout.models import Operation, Payment
from checkout.payments.apply import apply, next_look
from checkout.payments.border import charge_for, provider_for
from checkout.payments.locks import order_lock
from checkout.payments.operations import SUM_OF, write_operation
from checkout.payments.plan import RIVALS, plan_if_any
from checkout.payments.texts import fit_to_show
from checkout.payments.timeline import Who, tell
from checkout.states import MONEY_STATES, State
from providers.base import OperationStatus, Verb
from providers.errors import Declined, Invalid, Misconfigured, Uncertain, Unreachable
from providers.money import Money

_KEY_LENGTH = 40


_SHARES = "shares"  # beside what the provider is told, an operation's plan keeps how it was to be shared out


class NotPossible(Exception):
    """The operation cannot be done now; `str()` says why, to the merchant."""


class PlanChanged(NotPossible):
    """It would be shared out otherwise than the merchant has seen. Nothing was done."""


def operate(
    payment: Payment,
    verb: Verb,
    money: Money,
    *,
    user: User | None = None,
    reason: str = "",
    plan: dict[str, Any] | None = None,
    seen: str | None = None,
    key: str = "",
) -> Operation:
    """Capture, void or refund `money`. NotPossible when it exceeds what is left, or one of the kind is under way.

    `plan` is what the provider is told of the sequence in which the means of payment give. `seen` is the digest of the
    `Plan` that a person has agreed to, "" for none: PlanChanged when it is not what would be done now.

    A repeated `key` returns the operation that it made the first time. What the provider answers, or fails to, is in
    the operation's status; UNCERTAIN is asked about until it ends and is never sent again.
    """
    operation, new = _intend(
        payment, verb, money, user=user, reason=reason, plan=plan or {}, seen=seen, key=key
    )
    if not new:
        return operation
    payment = operation.payment  # as it was read under the lock
    try:
        provider = provider_for(payment.account, payment)
        method = {Verb.CAPTURE: provider.capture, Verb.VOID: provider.void, Verb.REFUND: provider.refund}[
            verb
        ]
        charge = replace(charge_for(payment), reason=operation.reason)
        report = method(charge, money, key=operation.key, plan=_told(operation))
    except Declined as no:
        return _ended(operation, OperationStatus.FAILURE, no.decline.message or no.decline.code)
    except (Invalid, Misconfigured, Unreachable) as no:
        return _ended(operation, OperationStatus.FAILURE, str(no))
    except Uncertain as no:
        return _ended(operation, OperationStatus.UNCERTAIN, str(no))
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


def _intend(
    payment: Payment,
    verb: Verb,
    money: Money,
    *,
    user: User | None,
    reason: str,
    plan: dict[str, Any],
    seen: str | None,
    key: str,
) -> tuple[Operation, bool]:
    with order_lock(payment.order_id) as order:
        row = order.payments.select_related("account").get(pk=payment.pk)
        known = Operation.objects.filter(key=key).first() if key else None
        if known is not None:
            if (known.payment_id, known.verb, known.money) != (row.pk, verb, money):
                raise NotPossible("This key was used for another operation.")
            return known, False
        if len(key) > _KEY_LENGTH:
            raise NotPossible(f"A key has at most {_KEY_LENGTH} characters.")
        if not row.account.provider_class.can(verb.value):
            raise NotPossible(f"{row.account.name} cannot {verb.value} over the API.")
        if State(row.state) not in MONEY_STATES:
            raise NotPossible(f"The payment is {row.state}.")
        if money.currency != row.currency or money.minor <= 0:
            raise NotPossible(f"{money} is not an amount to {verb.value} here.")
        if row.operations.filter(verb=verb, status__in=Operation.OPEN).exists():
            raise NotPossible(f"A {verb.value} is under way; wait until it has ended.")
        if money > left(row, verb):
            raise NotPossible(f"Only {left(row, verb)} is left to {verb.value}.")
        row.order = order
        shared = plan_if_any(
            row, verb, money, plan
        )  # under the lock: what is agreed to here is what is written
        if seen is not None and seen != (shared.digest if shared else ""):
            raise PlanChanged("The plan has changed meanwhile. Nothing was done.")
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
        try:
            with transaction.atomic():
                operation.save()
        except (
            IntegrityError
        ):  # the same key, for another order, at this very moment: no lock is common to both
            raise NotPossible("This key was used for another operation.") from None
        row.checks = 0
        row.next_check_at = next_look(row, timezone.now())
        row.save(update_fields=["checks", "next_check_at"])
        tell(order, "operation.requested", payment=row, who=Who.MERCHANT if user else Who.SHOP, user=user,
             verb=verb.value, money=str(money))  # fmt: skip
        return operation, True


def _ended(operation: Operation, status: OperationStatus, why: str) -> Operation:
    with order_lock(operation.payment.order_id) as order:
        row = Operation.objects.select_related("payment__account").get(pk=operation.pk)
        if row.status in Operation.OPEN:
            write_operation(order, row.payment, row, status, why=why)
            row.save()
        return row
