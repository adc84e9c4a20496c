"""May an order that was given up, or blocked, be paid after all? A person says so; the provider is told first."""

from datetime import timedelta

from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.translation import gettext_lazy

from checkout.models import Order
from checkout.payments.border import aware, charge_for, provider_for
from checkout.payments.events import owe
from checkout.payments.locks import order_lock
from checkout.payments.timeline import Who, tell
from checkout.states import HELD_STATES, OPEN_STATES, OrderState, can_move_order
from checkout.wording import worded as _


class NotReopenable(Exception):
    """The order is paid, or an attempt is under way."""


def can_reopen(order: Order) -> bool:
    if (
        order.agreement_id is not None
    ):  # nobody is to pay it here; the agreement may be charged once more instead
        return False
    if order.payments.filter(state__in=OPEN_STATES | HELD_STATES).exists():
        return False
    latest = order.latest_attempt()
    blocked = latest is not None and not latest.may_retry
    return order.state in {OrderState.CANCELED, OrderState.EXPIRED} or (
        order.state == OrderState.OPEN and blocked
    )


def reopen(order: Order, *, user: User | None = None) -> Order:
    """Make the order payable again for one more hold. Attempts are never recycled: the next one is a new one.

    NotReopenable when it is not so to be had; a ProviderError when the provider's own order cannot be reopened.
    """
    if not can_reopen(order):
        state = gettext_lazy(order.state)
        raise NotReopenable(_("the order is %(state)s, or an attempt is under way", state=state))
    latest = order.latest_attempt()
    if latest is not None and latest.account.provider_class.can("reopen"):
        provider_for(latest.account, latest).reopen(charge_for(latest))
    with order_lock(order.pk) as locked:
        if not can_reopen(locked):
            raise NotReopenable(_("it changed meanwhile"))
        locked.expires_at = timezone.now() + timedelta(minutes=locked.shop.hold_minutes)
        locked.extensions = 0
        if can_move_order(OrderState(locked.state), OrderState.OPEN):
            locked.state = OrderState.OPEN
            locked.closed_at = None
        locked.save(update_fields=["state", "closed_at", "expires_at", "extensions"])
        locked.payments.filter(may_retry=False).update(may_retry=True)
        tell(locked, "order.reopened", who=Who.MERCHANT, user=user, until=aware(locked.expires_at))
        owe(locked, "order.reopened")
        return locked
