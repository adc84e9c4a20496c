"""How does a subscription or a payment plan live? By its timetable, on the sandbox's clock.

NEW until the first payment, TRIAL while the trial lasts, BILLING, RETRY while a failed payment is tried again, LAST
once nothing more is taken, CLOSED. Functions that write run inside transaction.atomic().
"""

from datetime import datetime, timedelta
from typing import Any

from providers.sandbox import accounts, appointments, clock
from providers.sandbox.syspay import agreements, notices, payments, plans
from providers.sandbox.syspay.codes import Refused
from providers.sandbox.syspay.models import SyspayPayment, SyspaySubscription
from providers.sandbox.syspay.signing import SLUG

_DUE = "subscription_due"
# "ENDED: rebills are still possible. TERMINATED: not any more." Which end is which of the two is ours [inferred].
_TERMINATES = ("SUSPENDED_CHARGEBACK", "SUSPENDED_EXPIRED")


def activate(subscription: SyspaySubscription, at: datetime) -> None:
    """The first payment is there (or the free trial begins): the timetable starts. The caller tells."""
    subscription.status, subscription.start_at, subscription.done = "ACTIVE", at, 1
    _plan_next(subscription, at)


def fall_through(subscription: SyspaySubscription) -> None:
    """The first payment failed, or the payer cancelled. The caller tells."""
    subscription.status, subscription.phase = "CANCELLED", "CLOSED"
    subscription.end_at = clock.now()
    subscription.save()


def _event(subscription: SyspaySubscription, place: int) -> plans.Event | None:
    if subscription.start_at is None:
        return None
    return plans.event(subscription.plan_type, subscription.plan, subscription.start_at, place)


def _plan_next(subscription: SyspaySubscription, at: datetime) -> None:
    """After an event is done: the next one, the end to come, or the end."""
    upcoming = _event(subscription, subscription.done)
    if upcoming is None:
        close(subscription, subscription.leaving or "COMPLETE", at)
        return
    behind = _event(subscription, subscription.done - 1)
    kind = "END" if subscription.leaving else upcoming.kind
    if kind == "END":
        subscription.phase = "LAST"
    else:
        in_trial = behind is not None and behind.kind in ("TRIAL", "FREE_TRIAL")
        subscription.phase = "TRIAL" if in_trial else "BILLING"
    _make_appointment(subscription, kind, upcoming.at)


def _make_appointment(subscription: SyspaySubscription, kind: str, at: datetime) -> None:
    subscription.next_type, subscription.next_at = kind, at
    subscription.save()
    appointments.cancel(SLUG, _DUE, str(subscription.pk))
    appointments.make_at(SLUG, _DUE, str(subscription.pk), at)


def close(
    subscription: SyspaySubscription, reason: str, at: datetime | None = None, *, terminate: bool = False
) -> None:
    """The end, whatever brought it. The caller tells."""
    terminated = terminate or reason in _TERMINATES
    subscription.status = "TERMINATED" if terminated else "ENDED"
    subscription.phase, subscription.end_reason = "CLOSED", reason
    subscription.end_at = at or clock.now()
    subscription.next_type, subscription.next_at = "", None
    subscription.save()
    appointments.cancel(SLUG, _DUE, str(subscription.pk))
    clock.ring()


def due(number: str) -> None:
    """At an appointment: the next event of the timetable."""
    subscription = SyspaySubscription.objects.filter(pk=number, status="ACTIVE").first()
    if subscription is None or subscription.next_at is None or subscription.next_at > clock.now():
        return
    at, before = subscription.next_at, _standing(subscription)
    event = _event(subscription, subscription.done)
    made = None
    if event is None or subscription.next_type == "END":
        close(subscription, subscription.leaving or "COMPLETE", at)
    elif not event.amount:
        _went_well(subscription, at)
    elif (too_old := agreements.card_ends(subscription.card)) and too_old <= at:
        close(subscription, "SUSPENDED_EXPIRED", at)
    else:
        made = _bill(subscription, event, at)
    if made:
        notices.tell(made)
    if _standing(subscription) != before:
        notices.tell(subscription)


def _standing(subscription: SyspaySubscription) -> tuple[str, str]:
    """What the shop is told of when it changes."""
    return subscription.status, subscription.phase


def _bill(subscription: SyspaySubscription, event: plans.Event, at: datetime) -> SyspayPayment:
    settings = accounts.settings_of(SLUG, subscription.account)
    reference = subscription.reference
    if settings["renewal_reference"] == "numbered":
        reference = f"{reference}-{subscription.payments.count() + 1}"
    made = payments.charge(subscription, event.payment_type, amount=event.amount, reference=reference, at=at)
    if made.status == SyspayPayment.Status.SUCCESS:
        _went_well(subscription, at)
    else:
        _failed(subscription, event, at, settings)
    return made


def _went_well(subscription: SyspaySubscription, at: datetime) -> None:
    subscription.done += 1
    subscription.retries = 0
    _plan_next(subscription, at)


def _failed(
    subscription: SyspaySubscription, event: plans.Event, at: datetime, settings: dict[str, Any]
) -> None:
    """Tried again so many days after the date of the timetable; after the last time it is suspended."""
    days = [int(one) for one in settings["retry_days"].split(",") if one.strip().isdigit()]
    if subscription.retries >= len(days):
        close(subscription, "SUSPENDED_ATTEMPTS", at)
        return
    again = event.at + timedelta(days=days[subscription.retries])
    subscription.retries += 1
    subscription.phase = "RETRY"
    _make_appointment(subscription, event.kind, again)


def cancel(subscription: SyspaySubscription, *, now: bool, reason: str = "UNSUBSCRIBED_MERCHANT") -> None:
    """`now`: terminated at once, re-attempts too. Else nothing more is taken, and it ends when its paid time does."""
    if subscription.status != "ACTIVE":
        raise Refused(80002)
    before = _standing(subscription)
    if now:
        close(subscription, reason, terminate=True)
    else:
        subscription.leaving = reason
        subscription.save()
        # What failed is still tried again; the end is planned once that has gone well.
        if subscription.phase != "RETRY" and subscription.next_at:
            subscription.phase = "LAST"
            _make_appointment(subscription, "END", subscription.next_at)
    if _standing(subscription) != before:
        notices.tell(subscription)


def rebill(
    subscription: SyspaySubscription, *, reference: str, amount: int, currency: str, asked: dict[str, Any]
) -> SyspayPayment:
    """By hand, beside the timetable."""
    if subscription.status not in ("ACTIVE", "ENDED"):
        raise Refused(80002)
    if currency != subscription.currency:
        raise Refused(30014, "currency")
    if payments.reference_taken(subscription.account, reference):
        raise Refused(30008, "reference")
    made = payments.charge(
        subscription, "SUBSCRIPTION_MANUAL_REBILL", amount=amount, reference=reference, asked=asked
    )
    notices.tell(made)
    return made


def bring_forward(subscription: SyspaySubscription) -> bool:
    """Have the next event happen now; the rest of the timetable stays where it is."""
    if subscription.status != "ACTIVE" or subscription.next_at is None:
        return False
    subscription.next_at = clock.now()
    subscription.save()
    due(str(subscription.pk))
    return True
