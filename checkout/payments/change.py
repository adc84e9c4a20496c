"""How does an open order come to be over another amount, or payable for longer?

Where an attempt is open, its provider is changed first, so that nobody can pay the old amount on a link or page that
was opened before.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from checkout.models import Order, Payment
from checkout.payments.apply import apply
from checkout.payments.border import charge_for, provider_for
from checkout.payments.cancel import cancel_attempt
from checkout.payments.locks import order_lock
from checkout.payments.orders import write_change
from checkout.payments.settle import not_answered
from checkout.states import HELD_STATES, OrderState, State
from providers.base import Kind
from providers.errors import Declined, Invalid, ProviderError
from providers.money import Money


class NotChanged(Exception):
    """The order is as it was; `str()` says why."""


def change(
    order: Order,
    *,
    money: Money | None = None,
    expires_at: datetime | None = None,
    who: str,
    user: User | None = None,
) -> Order:
    """Give an open order another amount, another end of its hold, or both. NotChanged when it cannot be now.

    An attempt that is open is changed at its provider, where it has a call for that, else given up there first. When
    the provider does not answer, what was wanted is kept with the attempt, and what it says later decides.
    """
    attempt = _may_change(order, money, expires_at)
    if attempt is not None and not _can_follow(attempt):
        if cancel_attempt(attempt, give_up=False, who=who, user=user).is_open:
            raise NotChanged("An attempt is open and cannot be given up at its provider now.")
        attempt = None
    if attempt is None:
        return _write(order, money, expires_at, who=who, user=user)
    _want(attempt, money, expires_at)
    _tell_provider(attempt)
    changed = Order.objects.get(pk=order.pk)
    wanted = money or changed.money
    if changed.money != wanted or (expires_at is not None and changed.expires_at != expires_at):
        raise NotChanged("The provider did not take the change; the order is as it was.")
    return changed


def _may_change(order: Order, money: Money | None, expires_at: datetime | None) -> Payment | None:
    """The open attempt, if there is one. NotChanged with the reason when the order cannot be changed."""
    with order_lock(order.pk) as locked:
        if locked.state != OrderState.OPEN:
            raise NotChanged(f"The order is {locked.state}.")
        if locked.agreement_id is not None or (locked.kind != Kind.ONE_OFF and money is not None):
            raise NotChanged("The amount of an agreement's order is fixed by its terms.")
        if locked.payments.filter(state__in=HELD_STATES).exists():
            raise NotChanged("The order holds money already.")
        if money is not None and (money.minor <= 0 or money.currency != locked.currency):
            raise NotChanged(f"{money} is not an amount for this order.")
        if expires_at is not None and expires_at <= timezone.now():
            raise NotChanged("That time is over.")
        return locked.open_attempt()


def _can_follow(attempt: Payment) -> bool:
    return attempt.state == State.STARTED and attempt.account.provider_class.can("update")


def _write(
    order: Order, money: Money | None, expires_at: datetime | None, *, who: str, user: User | None
) -> Order:
    with order_lock(order.pk) as locked:
        if locked.state != OrderState.OPEN or locked.open_attempt() is not None:
            raise NotChanged("An attempt was begun meanwhile; the order is as it was.")
        if locked.payments.filter(state__in=HELD_STATES).exists():
            raise NotChanged("The order holds money already.")
        write_change(locked, money or locked.money, expires_at or locked.expires_at, who=who, user=user)
        return locked


def _want(attempt: Payment, money: Money | None, expires_at: datetime | None) -> None:
    """Committed before the provider hears of it, so that its answer is understood whenever it comes."""
    with order_lock(attempt.order_id) as order:
        row = order.payments.select_related("account").get(pk=attempt.pk)
        if not _can_follow(row):
            raise NotChanged("The attempt has gone on meanwhile; the order is as it was.")
        row.wanted = {
            "amount": (money or order.money).minor,
            "expires_at": (expires_at or order.expires_at).isoformat(),
        }
        row.save(update_fields=["wanted"])


def _tell_provider(attempt: Payment) -> None:
    row = Payment.objects.select_related("order", "account").get(pk=attempt.pk)
    charge = charge_for(row)
    wanted: dict[str, Any] = row.wanted
    charge = replace(
        charge,
        money=Money(wanted["amount"], row.currency),
        expires_at=datetime.fromisoformat(wanted["expires_at"]),
    )
    try:
        report = provider_for(row.account, row).update(charge)
    except (Declined, Invalid) as no:
        _drop(row)
        raise NotChanged(str(no)) from None
    except ProviderError as why:
        not_answered(row, str(why), soon=False, code="payment.change_uncertain")
        raise NotChanged(
            "The provider did not answer; what it says later decides. Look at the order again in a minute."
        ) from None
    apply(row.pk, report)


def _drop(attempt: Payment) -> None:
    with order_lock(attempt.order_id) as order:
        order.payments.filter(pk=attempt.pk).update(wanted={})
