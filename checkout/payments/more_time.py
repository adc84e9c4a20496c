"""How does the shopper get more time, and until when is the attempt payable that is open meanwhile?

The order waits longer in any case: whoever asked is not to lose it to a provider that is slow. Where an open attempt
can be changed at its provider, that is asked to keep it payable as long; where it cannot, its page may end at the first
date, after which another attempt is made.
"""

from datetime import datetime, timedelta

from django.utils import timezone

from checkout.models import Order, Payment
from checkout.payments.apply import apply
from checkout.payments.border import aware, charge_for, provider_for
from checkout.payments.change import can_follow, refused
from checkout.payments.locks import order_lock
from checkout.payments.settle import not_answered
from checkout.payments.timeline import Who, tell
from checkout.payments.wanted import By, is_unsettled, want
from checkout.states import OrderState
from providers.errors import Declined, Invalid, ProviderError

# WCAG 2.2, 2.2.1: whoever needs more time may ask for it at least ten times.
MAX_EXTENSIONS = 10
# The last of these tells whether an open attempt's provider knows of the order's end.
_ENDS = ("order.extended", "order.changed", "order.reopened", "payment.created", "payment.prolonged")


def extend(order: Order, *, patience: float | None = None) -> bool:
    """Give the shopper one more hold from now, if the order is open and it was not asked for too often. `patience`:
    seconds, for the provider of an open attempt."""
    with order_lock(order.pk) as locked:
        if locked.state != OrderState.OPEN or locked.extensions >= MAX_EXTENSIONS or locked.is_past_hold():
            return False
        before = locked.expires_at
        until = timezone.now() + timedelta(minutes=locked.shop.hold_minutes)
        locked.extensions += 1
        locked.expires_at = max(before, until)
        attempt = _to_be_prolonged(locked, before)
        if attempt is not None:
            want(attempt, locked.money, locked.expires_at, written=True)
            attempt.save(update_fields=["wanted"])
        locked.save(update_fields=["extensions", "expires_at"])
        tell(locked, "order.extended", who=Who.SHOPPER, until=aware(locked.expires_at))
    if attempt is not None:
        attempt.order = locked
        _prolong(attempt, patience)
    return True


def _to_be_prolonged(order: Order, before: datetime) -> Payment | None:
    """The open attempt, where its provider can be told of the order's new end. Not while it is asked for a change of
    the merchant's or the shop's, or has not confirmed one: what that is to end in is not the shopper's to say."""
    attempt = order.open_attempt()
    if attempt is None or order.expires_at == before or not can_follow(attempt) or is_unsettled(attempt):
        return None
    return attempt


def _prolong(attempt: Payment, patience: float | None) -> None:
    by = By(Who.SHOPPER, None)
    try:
        report = provider_for(attempt.account, attempt, patience=patience).update(charge_for(attempt))
    except (Declined, Invalid) as no:
        refused(attempt, no.sentence, by)
    except ProviderError as why:
        not_answered(attempt, why.sentence, soon=True, code="payment.change_uncertain")
    else:
        apply(attempt.pk, report, answers=by)


def may_end_before(order: Order, attempt: Payment) -> bool:
    """Was the order given more time that the open attempt's provider was not told of, or has not confirmed?"""
    if not order.extensions or not attempt.is_open:
        return False
    last = order.timeline.filter(code__in=_ENDS).order_by("-id").values_list("code", flat=True).first()
    return last == "order.extended"
