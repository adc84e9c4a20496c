"""What is done with a provider's notification? Kept first, then followed up by asking the provider."""

from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from checkout.models import Account, Delivery, Payment
from checkout.payments.recover import check
from checkout.payments.timeline import Who, tell_once
from checkout.states import State
from providers.base import Notification

# A notification may overtake our own commit of the id it speaks of, so an unknown one is looked up again.
_UNMATCHED_AGAIN = (5, 30, 120, 600)
_FAILED_AGAIN = (10, 60, 300, 1800, 7200)
_LOOK_AT_MOST = 3  # attempts of one order that a notification about the order makes us ask for


def keep(account: Account, notification: Notification, body: str) -> tuple[Delivery, bool]:
    """Store the notification; the second value is False when the same one was stored before. `body` is redacted."""
    with transaction.atomic():
        delivery, new = Delivery.objects.get_or_create(
            account=account,
            key=notification.key[:100],
            defaults={
                "about": notification.about[:200],
                "reference": notification.reference[:100],
                "provider_ids": list(notification.provider_ids),
                "body": body[:100_000],
                "next_try_at": timezone.now(),
            },
        )
        if not new:
            Delivery.objects.filter(pk=delivery.pk).update(duplicates=F("duplicates") + 1)
        Account.objects.filter(pk=account.pk).update(last_notification_at=timezone.now())
    return delivery, new


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
        for payment in payments:
            tell_once(
                payment.order, "payment.notified", payment=payment, who=Who.PROVIDER, about=delivery.about
            )
            asked_at = timezone.now()
            settled = check(payment)
            if _went_unanswered(settled, asked_at):
                delivery.verdict = Delivery.Verdict.FAILED
                delivery.error = "The provider could not be asked, or gave no answer."
    if delivery.verdict == Delivery.Verdict.APPLIED:
        delivery.error, delivery.next_try_at, delivery.settled_at = "", None, now
    else:
        again = pauses[delivery.attempts - 1] if delivery.attempts <= len(pauses) else None
        # After the last pause the payment's own follow-up checks go on; only the delivery rests.
        delivery.next_try_at = now + timedelta(seconds=again) if again else None
    delivery.save()
    return delivery


def _went_unanswered(payment: Payment, since: object) -> bool:
    if payment.state == State.CREATED:
        return True
    return payment.timeline.filter(code="payment.uncertain", at__gte=since).exists()


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
