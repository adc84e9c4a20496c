"""What is done with a provider's notification? Kept first, then followed up by asking the provider."""

import hashlib
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from checkout.models import Account, Agreement, Delivery, Payment, ProviderReference
from checkout.payments.agreement_follow_up import look_at
from checkout.payments.agreements import KINDS as AGREEMENT_KINDS
from checkout.payments.agreements import open_charges
from checkout.payments.recover import look
from checkout.payments.rehearsal import LOST, Misfortune, mark_each, rehearses
from checkout.payments.sweep import LEASE
from checkout.payments.texts import fit, fit_to_show
from checkout.payments.timeline import Who, tell_once
from providers.base import Notification

# A notification may overtake our own commit of the id it speaks of, so an unknown one is looked up again.
_UNMATCHED_AGAIN = (5, 30, 120, 600)
_FAILED_AGAIN = (10, 60, 300, 1800, 7200)
# Of a payment that an agreement made, the provider may speak but once, and here alone: it is not forgotten for a month.
_AGREEMENT_AGAIN = (*_FAILED_AGAIN, *[24 * 3600] * 30)
# The ids that a payment learns from notifications: refunds have theirs, and nobody has this many.
_LEARN_AT_MOST = 100
_NO_ANSWER = "The provider could not be asked, or gave no answer."
_NO_AGREEMENT = "The agreement that it speaks of is not known here yet."
# Nobody would look again: not settled, and no further try to come.
_GIVEN_UP = {"settled_at": None, "next_try_at": None}
_LOOK_AT_MOST = 3  # attempts of one order that a notification about the order makes us ask for


def keep(account: Account, notification: Notification, body: str) -> tuple[Delivery, bool]:
    """Store the notification. The second value is True when somebody has to follow it up now: it is new, or it rings
    again after nobody would have looked any more. `body` is redacted."""
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
                **_to_do(account, notification),
            },
        )
        due = new and delivery.settled_at is None
        if not new:
            same = Delivery.objects.filter(pk=delivery.pk)
            same.update(duplicates=F("duplicates") + 1)
            # Of two that ring at this moment, one finds it given up.
            due = bool(same.filter(**_GIVEN_UP).update(next_try_at=timezone.now() + LEASE))
        Account.objects.filter(pk=account.pk).update(last_notification_at=timezone.now())
    return delivery, due


def _key(notification: Notification) -> str:
    """As the provider file made it, when it fits; cut off, two rings could look like one."""
    key = fit(notification.key, 1000)
    return key if len(key) <= 100 else hashlib.sha256(key.encode()).hexdigest()


def _to_do(account: Account, notification: Notification) -> dict[str, Any]:
    lost = (
        rehearses(account, Misfortune.LOST_NOTIFICATION) and _is_asked_anyway(account, notification) and LOST
    )
    if why := notification.ignored or lost:
        return {
            "verdict": Delivery.Verdict.IGNORED,
            "error": fit_to_show(why, 300),
            "settled_at": timezone.now(),
        }
    # It is stored with its task; the sweep is for one that was lost.
    return {"next_try_at": timezone.now() + LEASE}


def _is_asked_anyway(account: Account, notification: Notification) -> bool:
    """Does it speak of nothing but payments that are asked about until they end? Of a refund or a chargeback, or of a
    further payment of an agreement, it may be the only word there ever is: that is not lost even in a rehearsal."""
    ring = Delivery(
        account=account,
        reference=fit(notification.reference, 100),
        provider_ids=[fit(value, 100) for value in notification.provider_ids],
        agreement_provider_id=fit(notification.agreement, 100),
    )
    if ring.agreement_provider_id or agreement_of(ring) is not None:
        return False
    payments = spoken_of(ring, None)
    return bool(payments) and all(payment.is_open for payment in payments)


def tell_of_lost(delivery: Delivery) -> None:
    """A rehearsal has lost it: say so with each payment that it speaks of. Nobody is asked."""
    payments = spoken_of(delivery, agreement_of(delivery))
    mark_each(payments, Misfortune.LOST_NOTIFICATION)
    if payments and delivery.payment_id is None:
        Delivery.objects.filter(pk=delivery.pk).update(payment=payments[0])


def is_lost(delivery: Delivery) -> bool:
    return delivery.verdict == Delivery.Verdict.IGNORED and delivery.error == LOST


def follow_up(delivery: Delivery) -> Delivery:
    """Ask the provider about the payment that the notification speaks of. It is done when there was an answer."""
    agreement = agreement_of(delivery)
    heard = _looked_at(agreement, delivery)
    payments = spoken_of(delivery, agreement)
    if heard:
        heard = _follow(delivery, agreement, payments)
        if agreement is None and (agreement := agreement_of(delivery)) is not None:
            # The first payment's answer has brought it, and the notification may speak of a later payment.
            heard = _looked_at(agreement, delivery) and heard
            later = [row for row in spoken_of(delivery, agreement) if row not in payments]
            heard = _follow(delivery, agreement, later) and heard
            payments += later
    _settle(delivery, agreement, payments, heard=heard and not _waits(delivery, agreement, payments))
    return delivery


def _looked_at(agreement: Agreement | None, delivery: Delivery) -> bool:
    """False when there was no answer."""
    return agreement is None or look_at(agreement, also=tuple(delivery.provider_ids)) is not None


def _waits(delivery: Delivery, agreement: Agreement | None, payments: list[Payment]) -> bool:
    """Is it of a payment that may be the one of our own charge, whose end is not known yet? Perhaps nothing else names
    it, so it is not settled before that is known."""
    if agreement is None or payments or not delivery.provider_ids:
        return False
    return open_charges(agreement)


def _follow(delivery: Delivery, agreement: Agreement | None, payments: list[Payment]) -> bool:
    """Ask about each of `payments`; False when there was no answer about one of them."""
    if len(payments) == 1:
        learn(payments[0], ids_for(delivery, agreement, payments[0]))
    heard = True
    for payment in payments:
        tell_once(payment.order, "payment.notified", payment=payment, who=Who.PROVIDER, about=delivery.about)
        heard = look(payment) is not None and heard
    return heard


def _settle(delivery: Delivery, agreement: Agreement | None, payments: list[Payment], *, heard: bool) -> None:
    """Write what came of it, and when to try again."""
    pauses: tuple[int, ...] = _AGREEMENT_AGAIN if delivery.agreement_provider_id else _FAILED_AGAIN
    delivery.attempts += 1
    if payments:
        delivery.payment = payments[0]
    elif agreement is not None:  # its own news
        delivery.payment = agreement.payment
    if not heard:
        delivery.verdict, delivery.error = Delivery.Verdict.FAILED, _NO_ANSWER
    elif delivery.payment is None:
        pauses = _UNMATCHED_AGAIN
        delivery.verdict = Delivery.Verdict.UNMATCHED
    elif agreement is None and _awaits_agreement(delivery, payments):
        pauses = _UNMATCHED_AGAIN
        delivery.verdict, delivery.error = Delivery.Verdict.FAILED, _NO_AGREEMENT
    else:
        delivery.verdict = Delivery.Verdict.APPLIED
    now = timezone.now()
    with transaction.atomic():
        rung = Delivery.objects.select_for_update().values_list("duplicates", flat=True).get(pk=delivery.pk)
        if delivery.verdict == Delivery.Verdict.APPLIED:
            delivery.error, delivery.next_try_at, delivery.settled_at = "", None, now
        elif delivery.attempts <= len(pauses):
            delivery.next_try_at = now + timedelta(seconds=pauses[delivery.attempts - 1])
        else:
            # The payment's own follow-up checks go on; only the delivery rests, until it rings again, and perhaps it
            # has rung while we asked.
            delivery.next_try_at = now if rung > delivery.duplicates else None
        # Not `duplicates`: they are the ring's.
        delivery.save(
            update_fields=["attempts", "verdict", "payment", "error", "next_try_at", "settled_at"],
        )


def _awaits_agreement(delivery: Delivery, payments: list[Payment]) -> bool:
    """It names an agreement that we have no row of, and speaks of payments that begin one."""
    return bool(delivery.agreement_provider_id) and any(_begins_agreement(row) for row in payments)


def _begins_agreement(payment: Payment) -> bool:
    return payment.order.kind in AGREEMENT_KINDS


def learn(payment: Payment, ids: list[str]) -> None:
    """Keep the ids under which the provider speaks of the payment, such as a refund's, for `sync` to ask about."""
    known = payment.provider_references.count()
    for value in ids[: max(_LEARN_AT_MOST - known, 0)]:
        if value:
            ProviderReference.objects.get_or_create(account=payment.account, payment=payment, value=value)


def agreement_of(delivery: Delivery) -> Agreement | None:
    """The agreement that it names; else the one that began with the payment that it names: it may speak of a later
    one, which bears the first one's reference."""
    rows = Agreement.objects.select_related("account", "payment__order", "payment__account")
    rows = rows.filter(account=delivery.account)
    if delivery.agreement_provider_id:
        return rows.filter(provider_id=delivery.agreement_provider_id).first()
    if delivery.reference and delivery.provider_ids:
        return rows.filter(payment__reference=delivery.reference).first()
    return None


def ids_for(delivery: Delivery, agreement: Agreement | None, payment: Payment) -> list[str]:
    """What the payment is to learn. While the agreement that it begins is not known, its id alone: the payment that the
    notification speaks of may be a later one, and is found by asking about the agreement."""
    if delivery.agreement_provider_id and agreement is None and _begins_agreement(payment):
        return [delivery.agreement_provider_id]
    return list(delivery.provider_ids)


def spoken_of(delivery: Delivery, agreement: Agreement | None) -> list[Payment]:
    ours = Payment.objects.filter(account=delivery.account).select_related("order", "account")
    if agreement is not None:
        # Its payments may all bear the first one's reference, so the ids tell which is meant; and our own reference,
        # where we asked for a further one.
        own = Q(order__agreement=agreement, reference=delivery.reference)
        named = Q(provider_references__value__in=delivery.provider_ids)
        found = list(ours.filter(own | named).distinct()[:_LOOK_AT_MOST])
        # What the agreement did not take later is of the payment that it began with.
        return found if found or delivery.agreement_provider_id else [agreement.payment]
    if delivery.reference:
        found = list(ours.filter(reference=delivery.reference))
        if found:
            return found
    return list(
        ours.filter(provider_references__value__in=delivery.provider_ids)
        .distinct()
        .order_by("-number")[:_LOOK_AT_MOST]
    )
