"""What is done with a provider's notification? Kept first, then followed up by asking the provider."""

import hashlib
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from checkout.models import Account, Agreement, Delivery, Payment, ProviderReference
from checkout.payments.agreement_follow_up import look_at
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
_NO_ANSWER = "The provider could not be asked, or gave no answer."
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
                "agreement_provider_id": fit(notification.agreement, 100),
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
    agreement = _agreement_of(delivery)
    heard = agreement is None or look_at(agreement, also=tuple(delivery.provider_ids)) is not None
    payments = _spoken_of(delivery, agreement)
    pauses: tuple[int, ...]
    delivery.attempts += 1
    now = timezone.now()
    if not heard:
        pauses = _FAILED_AGAIN
        delivery.verdict = Delivery.Verdict.FAILED
        delivery.error = _NO_ANSWER
    elif agreement is not None and not payments:  # its own news
        pauses = ()
        delivery.payment = agreement.payment
        delivery.verdict = Delivery.Verdict.APPLIED
    elif not payments:
        pauses = _UNMATCHED_AGAIN
        delivery.verdict = Delivery.Verdict.UNMATCHED
    else:
        pauses = _FAILED_AGAIN
        delivery.payment = payments[0]
        delivery.verdict = Delivery.Verdict.APPLIED
        if len(payments) == 1:
            _learn(payments[0], _ids_for(delivery, agreement))
        for payment in payments:
            tell_once(
                payment.order, "payment.notified", payment=payment, who=Who.PROVIDER, about=delivery.about
            )
            if look(payment) is None:
                delivery.verdict = Delivery.Verdict.FAILED
                delivery.error = _NO_ANSWER
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


def _agreement_of(delivery: Delivery) -> Agreement | None:
    if not delivery.agreement_provider_id:
        return None
    return (
        Agreement.objects.select_related("account", "payment__order", "payment__account")
        .filter(account=delivery.account, provider_id=delivery.agreement_provider_id)
        .first()
    )


def _ids_for(delivery: Delivery, agreement: Agreement | None) -> list[str]:
    """What the payment is to learn. While the agreement is not known, its id alone: the payment that it speaks of may
    be a later one, and is found by asking about the agreement."""
    if delivery.agreement_provider_id and agreement is None:
        return [delivery.agreement_provider_id]
    return list(delivery.provider_ids)


def _spoken_of(delivery: Delivery, agreement: Agreement | None) -> list[Payment]:
    ours = Payment.objects.filter(account=delivery.account).select_related("order", "account")
    if agreement is not None:
        # Its payments may all bear the first one's reference, so the ids alone tell which is meant.
        return list(
            ours.filter(provider_references__value__in=delivery.provider_ids).distinct()[:_LOOK_AT_MOST]
        )
    if delivery.reference:
        found = list(ours.filter(reference=delivery.reference))
        if found:
            return found
    return list(
        ours.filter(provider_references__value__in=delivery.provider_ids)
        .distinct()
        .order_by("-number")[:_LOOK_AT_MOST]
    )
