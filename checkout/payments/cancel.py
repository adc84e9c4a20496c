"""How is an attempt, or a whole order, given up? Told to the provider first; money that came first wins."""

from dataclasses import replace
from datetime import datetime

import structlog
from django.contrib.auth.models import User
from django.utils import timezone

from checkout.models import Order, Payment
from checkout.payments.apply import apply
from checkout.payments.border import charge_for, minute_after, provider_for
from checkout.payments.events import owe
from checkout.payments.locks import order_lock
from checkout.payments.recover import being_started, recover
from checkout.payments.settle import ask, not_answered
from checkout.payments.timeline import tell
from checkout.states import HELD_STATES, OPEN_STATES, OrderState, State, can_move_order
from providers.base import Outcome
from providers.errors import ProviderError

log = structlog.get_logger("checkout.cancel")


def cancel_attempt(
    payment: Payment, *, give_up: bool, who: str, user: User | None = None, ran_out: bool = False
) -> Payment:
    """Abandon an open attempt, at the provider and here. Returns the payment as it is then: CANCELED (EXPIRED if it
    `ran_out`), or paid after all, or still open when the provider could not be asked.

    `give_up`: the whole order is not to be tried again, which some providers want to know.
    """
    payment.refresh_from_db()
    if not payment.is_open:
        return payment
    if payment.state == State.CREATED:
        return payment if being_started(payment) else recover(payment)
    if payment.account.provider_class.can("cancel"):
        try:
            report = provider_for(payment.account, payment).cancel(charge_for(payment), give_up=give_up)
        except ProviderError as why:
            not_answered(payment, why.sentence, soon=False, code="payment.cancel_failed")
            return Payment.objects.get(pk=payment.pk)
    else:
        asked = ask(payment)
        if asked is None:
            return Payment.objects.get(pk=payment.pk)
        report = asked
        if report.outcome is Outcome.OPEN:
            # Nothing can be told to this provider: it is our intent alone, and the late checks watch for money.
            report = replace(report, outcome=Outcome.CANCELED)
    if ran_out and report.outcome is Outcome.CANCELED:
        report = replace(report, outcome=Outcome.EXPIRED)
    return apply(payment.pk, report, who=who, user=user)


def lives_on_until(payment: Payment) -> datetime | None:
    """Until when can an attempt that was given up be paid at its provider all the same? None: that is over, or was not
    said."""
    told = payment.timeline.filter(code="payment.lives_on").order_by("-id").first()
    if told is None or payment.state not in {State.CANCELED, State.EXPIRED}:
        return None
    ends = minute_after(datetime.fromisoformat(told.data["ends"]))
    return ends if ends > timezone.now() else None


def give_up(order: Order, *, who: str, user: User | None = None) -> Order:
    """Cancel the order: its open attempt first. The order stays open if the provider could not be asked, and becomes
    paid if money had come."""
    attempt = order.open_attempt()
    if attempt is not None:
        cancel_attempt(attempt, give_up=True, who=who, user=user)
    else:
        _release(order)
    return close(order, OrderState.CANCELED, who=who, user=user)


def _release(order: Order) -> None:
    """The last attempt has ended, but the provider may keep its own order, and its seats, for the next one: say that
    none will come. A courtesy: when it fails, the provider's order lapses by itself."""
    latest = order.latest_attempt()
    if latest is None or latest.state not in {State.FAILED, State.CANCELED}:
        return
    if latest.provider_id and latest.account.provider_class.can("cancel"):
        try:
            report = provider_for(latest.account, latest).cancel(charge_for(latest), give_up=True)
        except ProviderError as why:
            log.info("not released", payment=latest.reference, why=str(why))
        else:
            apply(latest.pk, report)


def close(order: Order, state: OrderState, *, who: str, user: User | None = None) -> Order:
    """Move an order without an open attempt and without money to `state`. Otherwise leave it as it is."""
    with order_lock(order.pk) as locked:
        if state is OrderState.EXPIRED and not locked.is_past_hold():
            return locked  # it was given more time meanwhile
        busy = locked.payments.filter(state__in=OPEN_STATES | HELD_STATES).exists()
        if not busy and can_move_order(OrderState(locked.state), state):
            locked.state = state
            locked.closed_at = timezone.now()
            locked.save(update_fields=["state", "closed_at"])
            tell(locked, f"order.{state}", who=who, user=user)
            owe(locked, f"order.{state}")
        return locked
