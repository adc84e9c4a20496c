"""Which e-mail is the customer owed? Written in the transaction of what it tells of; its key makes it one for ever."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.dispatch import Signal
from django.utils import timezone

from checkout.models import Invitation, Letter, Order, Payment, Shop
from checkout.payments.sweep import LEASE
from checkout.payments.timeline import Weight, Who, tell
from checkout.states import HELD_STATES, OPEN_STATES, OrderState, State
from providers.base import Claim

# Sent after the commit with `letter_id`: it may go at once instead of waiting for the sweep.
written = Signal()
# Until then it is theirs alone; a letter that is still owed after that is the sweep's.
HEAD_START = timedelta(seconds=20)
# Whose browser came back so long before the end was known has read "we are checking", and has left.
IN_DOUBT = timedelta(seconds=60)
# A link is called to mind so long before it ends, but none that was good for hardly longer than that.
REMIND_BEFORE = timedelta(hours=24)
_GOOD_FOR_AT_LEAST = timedelta(hours=48)
_REMINDED_AT_ONCE = 200
_IN_HAND_UNTIL = "in_hand_until"  # of `Letter.data`, while somebody sends it
_PAUSES = (30, 300, 1800, 7200, 21_600)  # seconds


def mail_goes_out() -> bool:
    """Where e-mails are only printed nobody gets any."""
    printed = settings.EMAIL_BACKEND.endswith(".console.EmailBackend")
    return settings.DEMO or settings.DEBUG or not printed


def about_the_end(payment: Payment, *, was: str) -> None:
    """The payment has just left `was`. A receipt when it is paid; or "we know now", whatever it is, to a shopper who
    was told to wait. Call under the order's lock."""
    order = payment.order
    is_news = was in OPEN_STATES and payment.state not in OPEN_STATES and _was_in_doubt(payment, was)
    if is_news and _wanted(order, Letter.Kind.KNOWN):
        _write(payment, Letter.Kind.KNOWN, f"known:{payment.reference}", state=str(payment.state))
    elif was != State.PAID and _has_paid(payment):
        _write(payment, Letter.Kind.RECEIPT, f"receipt:{order.number}")


def _has_paid(payment: Payment) -> bool:
    """All that is owed. Money of another amount calls a person, and is no receipt's affair."""
    order = payment.order
    is_paid = payment.state == State.PAID and order.state == OrderState.PAID
    return is_paid and payment.captured_minor > 0 and payment.money == order.money


def about_a_refund(payment: Payment, minor: int) -> None:
    """`minor` more units went back. Call under the order's lock."""
    key = f"refund:{payment.reference}:{payment.refunded_minor}"
    _write(payment, Letter.Kind.REFUND, key, refunded=minor, refunded_in_all=payment.refunded_minor)


def remind() -> list[int]:
    """Write what is due: to whoever was e-mailed a link of ours that ends soon. Returns the letters' ids."""
    if not mail_goes_out():
        return []
    now = timezone.now()
    held = Payment.objects.filter(order=OuterRef("order"), state__in=[*HELD_STATES, State.PENDING])
    # All that is not to be reminded of is left out here: it would keep the others from their turn.
    willing = [shop.pk for shop in Shop.objects.only("letters") if Letter.Kind.REMINDER in shop.letters]
    ending = (
        Invitation.objects.select_related("order__shop")
        .filter(
            ~Exists(held),
            ~Exists(Letter.objects.filter(order=OuterRef("order"), kind=Letter.Kind.REMINDER)),
            channel=Invitation.EMAIL,
            state=Invitation.State.SENT,
            order__shop__in=willing,
            order__state=OrderState.OPEN,
            order__expires_at__gt=now,
            order__expires_at__lte=now + REMIND_BEFORE,
            created_at__lte=F("order__expires_at") - _GOOD_FOR_AT_LEAST,
        )
        .order_by("pk")[:_REMINDED_AT_ONCE]
    )
    return [letter.pk for link in ending if (letter := _reminder(link))]


def still_to_send(letter_id: int) -> Letter | None:
    """The letter, claimed for one try; None when another worker has it, it is sent, or no longer true."""
    rows = Letter.objects.select_related("shop", "order__shop", "payment__order", "payment__account")
    letter = rows.filter(pk=letter_id, sent_at=None, next_try_at__isnull=False).first()
    now = timezone.now()
    if letter is None or letter.data.get(_IN_HAND_UNTIL, "") > now.isoformat():
        return None
    if letter.attempts > len(_PAUSES):  # its last try was begun, and nobody came back from it
        gone(letter, error=letter.error or "It was tried, and how that ended is not known.")
        return None
    # A mail server may take longer than the first pause, and the sweep may have queued it beside us: nobody else tries.
    letter.data[_IN_HAND_UNTIL] = (now + LEASE).isoformat()
    claimed = Letter.objects.filter(pk=letter.pk, attempts=letter.attempts, sent_at=None).update(
        attempts=letter.attempts + 1, next_try_at=now + LEASE, data=letter.data
    )
    if not claimed:
        return None
    if letter.kind == Letter.Kind.REMINDER and not _still_open(letter):
        del letter.data[_IN_HAND_UNTIL]
        Letter.objects.filter(pk=letter.pk).update(
            next_try_at=None, error="The order is not open any more.", data=letter.data
        )
        return None
    letter.attempts += 1
    return letter


def gone(letter: Letter, error: str = "") -> None:
    """How the try ended, `error` being why not. Told in the order's timeline when it went, or is given up."""
    with transaction.atomic():
        row = Letter.objects.select_for_update(of=("self",)).select_related("order").get(pk=letter.pk)
        row.error = error[:300]
        row.next_try_at = None
        row.data.pop(_IN_HAND_UNTIL, None)
        if not error:
            row.sent_at = timezone.now()
        elif row.attempts <= len(_PAUSES):
            row.next_try_at = timezone.now() + timedelta(seconds=_PAUSES[row.attempts - 1])
        row.save(update_fields=["error", "sent_at", "next_try_at", "data"])
        if row.order is None:
            return
        if not error:
            tell(row.order, "letter.sent", who=Who.GUICHET, letter=row.kind, to=row.to)
        elif row.next_try_at is None:
            tell(row.order, "letter.not_sent", who=Who.GUICHET, weight=Weight.WARNING, letter=row.kind, to=row.to,
                 why=error)  # fmt: skip


def owe_again(letter: Letter) -> bool:
    """One that was given up is to be tried anew. False when it is sent, or about to be."""
    with transaction.atomic():
        given_up = Letter.objects.filter(pk=letter.pk, sent_at=None, next_try_at=None)
        if not given_up.update(next_try_at=timezone.now() + HEAD_START, attempts=0, error=""):
            return False
        _announce(letter)
    return True


# --- writing ---------------------------------------------------------------------------------------------------------


def _was_in_doubt(payment: Payment, was: str) -> bool:
    """Did the customer read that we are checking? Not where the page said that nothing was paid, nor where the browser
    that came back was the merchant's."""
    told_to_wait = was == State.PENDING or payment.claim == Claim.SUCCESS
    if not told_to_wait or payment.desk or payment.claimed_at is None:
        return False
    return timezone.now() - payment.claimed_at > IN_DOUBT


def _wanted(order: Order, kind: str) -> bool:
    return bool(order.email) and kind in order.shop.letters and mail_goes_out()


def _write(payment: Payment, kind: str, key: str, **data: Any) -> None:
    order = payment.order
    if not _wanted(order, kind):
        return
    letter, new = Letter.objects.get_or_create(
        key=key,
        defaults={
            "shop": order.shop,
            "order": order,
            "payment": payment,
            "kind": kind,
            "to": order.email,
            "language": order.language,
            "data": data,
            "next_try_at": timezone.now() + HEAD_START,
        },
    )
    if new:
        _announce(letter)


def _reminder(link: Invitation) -> Letter | None:
    order = link.order
    letter, new = Letter.objects.get_or_create(
        key=f"reminder:{order.number}",
        defaults={
            "shop": order.shop,
            "order": order,
            "kind": Letter.Kind.REMINDER,
            "to": link.to,
            "language": link.language,
            "data": {"link": link.pk},
            "next_try_at": timezone.now() + HEAD_START,
        },
    )
    if not new:
        return None
    _announce(letter)
    return letter


def _still_open(letter: Letter) -> bool:
    order = letter.order
    return (
        order is not None
        and order.state == OrderState.OPEN
        and not order.is_past_hold()
        and not order.payments.filter(state__in=[*HELD_STATES, State.PENDING]).exists()
        and order.invitations.filter(pk=letter.data["link"], state=Invitation.State.SENT).exists()
    )


def _announce(letter: Letter) -> None:
    transaction.on_commit(lambda: written.send(sender=Letter, letter_id=letter.pk), robust=True)
