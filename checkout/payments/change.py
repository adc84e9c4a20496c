"""How does an open order come to be over another amount, or payable for longer?

Where an attempt is open, its provider is changed first, so that nobody can pay the old amount on a link or page that
was opened before.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.translation import gettext_lazy

from checkout.models import Invitation, Order, Payment
from checkout.payments.apply import apply
from checkout.payments.border import charge_for, provider_for
from checkout.payments.cancel import cancel_attempt
from checkout.payments.locks import order_lock
from checkout.payments.orders import write_change
from checkout.payments.settle import not_answered
from checkout.payments.timeline import Weight, Who, tell
from checkout.payments.wanted import By, forget, is_being_asked, want, wish_of
from checkout.states import HELD_STATES, OrderState, State
from checkout.wording import reason
from checkout.wording import worded as _
from providers.base import Charge, Kind
from providers.errors import Declined, Invalid, ProviderError
from providers.money import Money

LONGEST_HOLD = timedelta(days=90)
_LARGEST = 10**12  # minor units, as in the shop's API


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
    with order_lock(order.pk) as locked:
        _must_be_allowed(locked, money, expires_at)
        attempt = locked.open_attempt()
        if _is_so(locked, money, expires_at) and (attempt is None or wish_of(attempt) is None):
            return locked
    by = By(who, user)
    if attempt is not None and can_follow(attempt) and _follow(attempt, money, expires_at, by):
        return Order.objects.select_related("shop").get(pk=order.pk)
    if attempt is not None and cancel_attempt(attempt, give_up=False, who=who, user=user).is_open:
        raise NotChanged(_("An attempt is open and cannot be given up at its provider now."))
    return _write(order, money, expires_at, by)


def _is_so(order: Order, money: Money | None, expires_at: datetime | None) -> bool:
    return money in (None, order.money) and expires_at in (None, order.expires_at)


def _must_be_allowed(order: Order, money: Money | None, expires_at: datetime | None) -> None:
    if order.state != OrderState.OPEN:
        raise NotChanged(_("The order is %(state)s.", state=gettext_lazy(order.state)))
    if order.agreement_id is not None or (order.kind != Kind.ONE_OFF and money is not None):
        raise NotChanged(_("The amount of an agreement's order is fixed by its terms."))
    if order.payments.filter(state__in=HELD_STATES).exists():
        raise NotChanged(_("The order holds money already."))
    if money is not None and (money.currency != order.currency or not 0 < money.minor <= _LARGEST):
        raise NotChanged(_("%(money)s is not an amount for this order.", money=money))
    now = timezone.now()
    if expires_at is None and order.is_past_hold(now):
        raise NotChanged(_("Its hold is over: give it more time as well."))
    if expires_at is not None and expires_at <= now:
        raise NotChanged(_("That time is over."))
    if expires_at is not None and expires_at > now + LONGEST_HOLD:
        raise NotChanged(_("An order waits for %(days)s days at most.", days=LONGEST_HOLD.days))


def _write(order: Order, money: Money | None, expires_at: datetime | None, by: By) -> Order:
    """Of an order without an open attempt."""
    with order_lock(order.pk) as locked:
        _must_be_allowed(locked, money, expires_at)
        if locked.open_attempt() is not None:
            raise NotChanged(_("An attempt was begun meanwhile; the order is as it was."))
        if _is_so(locked, money, expires_at):  # somebody else wanted the same at the same moment
            return locked
        until = expires_at or locked.expires_at
        write_change(locked, money or locked.money, until, who=by.who, user=by.user)
        return locked


# --- with an open attempt --------------------------------------------------------------------------------------------


def can_follow(attempt: Payment) -> bool:
    """Can the open attempt be changed at its provider?"""
    return attempt.state == State.STARTED and attempt.account.provider_class.can("update")


def _follow(attempt: Payment, money: Money | None, expires_at: datetime | None, by: By) -> bool:
    """Change the attempt at its provider, and then the order. False when this attempt cannot be changed there, and
    nobody was sent its link: then it is given up instead."""
    row, charge = _want(attempt, money, expires_at)
    try:
        report = provider_for(row.account, row).update(charge)
    except (Declined, Invalid) as no:
        refused(row, no.sentence, by)
        if Invitation.objects.filter(payment=row).exists():
            raise NotChanged(reason(no)) from None
        return False
    except ProviderError as why:
        not_answered(row, why.sentence, soon=True, code="payment.change_uncertain")
    else:
        apply(row.pk, report, answers=by)
    after = Payment.objects.select_related("order").get(pk=row.pk)
    if _is_so(after.order, money, expires_at):
        return True
    if not after.is_open:
        state = gettext_lazy(after.state)
        raise NotChanged(_("The attempt is %(state)s meanwhile; the order is as it was.", state=state))
    raise NotChanged(
        _(
            "The provider has not confirmed the change; what it says later decides. Look at the order again in a "
            "minute."
        )
    )


def _want(attempt: Payment, money: Money | None, expires_at: datetime | None) -> tuple[Payment, Charge]:
    """Committed before the provider hears of it, so that its answer is understood whenever it comes."""
    with order_lock(attempt.order_id) as order:
        _must_be_allowed(order, money, expires_at)
        row = order.payments.select_related("account").get(pk=attempt.pk)
        if not can_follow(row):
            raise NotChanged(_("The attempt has gone on meanwhile; the order is as it was."))
        if is_being_asked(row):
            raise NotChanged(_("Another change is under way. Look at the order again in a minute."))
        want(row, money or order.money, expires_at)
        row.save(update_fields=["wanted"])
    row.order = order
    charge = charge_for(row)
    return row, replace(charge, money=money or charge.money, expires_at=expires_at or charge.expires_at)


def refused(attempt: Payment, why: str, by: By) -> None:
    """The provider keeps the attempt as it was."""
    with order_lock(attempt.order_id) as order:
        row = order.payments.select_related("account").get(pk=attempt.pk)
        forget(row)
        row.save(update_fields=["wanted"])
        tell(order, "payment.change_refused", payment=row, who=Who.PROVIDER, user=by.user, weight=Weight.WARNING,
             why=why)  # fmt: skip
