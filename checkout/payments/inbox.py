"""What is done with a provider's notification? Kept first, then followed up by asking the provider."""

import hashlib
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from checkout.models import Account, Delivery, Payment, ProviderReference
from checkout.payments.recover import look
from checkout.payments.sweep import LEASE
from checkout.payments.texts import fit, fit_to_show
from checkout.payments.timeline import Who, tell_once
from providers.base import Notification

# A notification may overtake our own commit of the id it speaks of, so an unknown one is looked up again.
_UNMATCHED_AGAIN = (5, 30, 120, 600)
_FAILED_AGAIN = (10, 60, 300, 1800, 7200)
# The ids that a payment learns from notifications: refunds have theirs, and nobody has this many.
_LEARN_AT_MOST = 100
_LOOK_AT_MOST = 3  # attempts of one order that a notification about the order makes us ask for


def keep(account: Account, notification: Notification, body: str) -> tuple[Delivery, bool]:
    """Store the notification; the second value is False when the same one was stored before. `body` is redacted."""
    with transaction.atomic():
        delivery, new = Delivery.objects.get_or_create(
            account=account,
            key=_key(notification),
            defaults={
                "about": fit_to_show(notification.about, 200),
                "reference": fit(notification.reference, 100),
                "provider_ids": [fit(value, 100) for value in notification.provider_ids],
                "body": fit(body, 100_000),
                **_to_do(notification),
            },
        )
        if not new:
            Delivery.objects.filter(pk=delivery.pk).update(duplicates=F("duplicates") + 1)
        Account.objects.filter(pk=account.pk).update(last_notification_at=timezone.now())
    return delivery, new


def _key(notification: Notification) -> str:
    """As the provider file made it, when it fits; cut off, two rings could look like one."""
    key = fit(notification.key, 1000)
    return key if len(key) <= 100 else hashlib.sha256(key.encode()).hexdigest()


def _to_do(notification: Notification) -> dict[str, Any]:
    if notification.ignored:
        return {
            "verdict": Delivery.Verdict.IGNORED,
            "error": fit_to_show(notification.ignored, 300),
            "settled_at": timezone.now(),
        }
    # It is stored with its task; the sweep is for one that was lost.
    return {"next_try_at": timezone.now() + LEASE}


def follow_up(delivery: Delivery) -> Delivery:
    """Ask the provider about the payment that the notification speaks of. It is done when there was an answer."""
    payments = _spoken_of(delivery)
    pauses: tuple[int, ...]
    delivery.attempts += 1
    now = timezone.now()
    if not payments:
        pauses = _UNMATCHED_AGAIN
        delivery.verdict = Delivery.Verdict.UNMATCHED
    else:
        pauses = _FAILED_AGAIN
        delivery.payment = payments[0]
        delivery.verdict = Delivery.Verdict.APPLIED
        if len(payments) == 1:
            _learn(payments[0], delivery.provider_ids)
        for payment in payments:
            tell_once(
                payment.order, "payment.notified", payment=payment, who=Who.PROVIDER, about=delivery.about
            )
            if look(payment) is None:
                delivery.verdict = Delivery.Verdict.FAILED
                delivery.error = "The provider could not be asked, or gave no answer."
    if delivery.verdict == Delivery.Verdict.APPLIED:
        delivery.error, delivery.next_try_at, delivery.settled_at = "", None, now
    else:
        again = pauses[delivery.attempts - 1] if delivery.attempts <= len(pauses) else None
        # After the last pause the payment's own follow-up checks go on; only the delivery rests.
        delivery.next_try_at = now + timedelta(seconds=again) if again else None
    # Not `duplicates`: the provider may be ringing again at this moment.
    delivery.save(
        update_fields=["attempts", "verdict", "payment", "error", "next_try_at", "settled_at"],
    )
    return delivery


def _learn(payment: Payment, ids: list[str]) -> None:
    """Keep the ids under which the provider speaks of the payment, such as a refund's, for `sync` to ask about."""
    known = payment.provider_references.count()
    for value in ids[: max(_LEARN_AT_MOST - known, 0)]:
        if value:
            ProviderReference.objects.get_or_create(account=payment.account, payment=payment, value=value)


def _spoken_of(delivery: Delivery) -> list[Payment]:
    ours = Payment.objects.filter(account=delivery.account).select_related("order", "account")
    if delivery.reference:
        found = list(ours.filter(reference=delivery.reference))
        if found:
            return found
    return list(
        ours.filter(provider_references__value__in=delivery.provider_ids)
        .distinct()
        .order_by("-number")[:_LOOK_AT_MOST]
    )
