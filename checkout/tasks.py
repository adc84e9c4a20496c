"""What is done later, by the worker? Each task is one look at one row; the rows remember what is due, so a task that
is lost is only a delay: the sweep finds the row again."""

from datetime import timedelta
from typing import Any

import structlog
from django.db import transaction
from django.dispatch import receiver
from django.utils import timezone
from django_tasks import TaskResultStatus, task
from django_tasks_db.models import DBTaskResult

from checkout.mail.letter import send_letter_of
from checkout.mail.link import send_link
from checkout.mail.sending import NotSent
from checkout.models import (
    Account,
    Agreement,
    Delivery,
    IdempotencyKey,
    Order,
    Payment,
    ShopEvent,
)
from checkout.payments import approvals, letters, links, sweep, tallies
from checkout.payments.agreement_follow_up import look_at
from checkout.payments.events import owed
from checkout.payments.expire import expire
from checkout.payments.inbox import follow_up, is_lost, keep, tell_of_lost
from checkout.payments.recover import check
from checkout.payments.rehearsal import Misfortune, mark, rehearses, sent_twice
from checkout.webhooks import held_up, next_in_line, repeat, send
from providers.base import Notification

log = structlog.get_logger("checkout.tasks")


@task()
def check_payment(payment_id: int) -> None:
    payment = Payment.objects.select_related("order", "account").get(pk=payment_id)
    with structlog.contextvars.bound_contextvars(payment=payment.reference):
        check(payment)


@task()
def check_agreement(agreement_id: str) -> None:
    found = Agreement.objects.select_related("account", "payment__order", "payment__account")
    agreement = found.get(pk=agreement_id)
    with structlog.contextvars.bound_contextvars(agreement=agreement.number):
        look_at(agreement)


@task(priority=10)
def follow_up_delivery(delivery_id: int) -> None:
    delivery = Delivery.objects.select_related("account").get(pk=delivery_id)
    if delivery.settled_at is not None:
        return
    followed = follow_up(delivery)
    twice = followed.settled_at is not None and rehearses(delivery.account, Misfortune.DUPLICATE)
    if twice and followed.payment is not None:
        mark(followed.payment, Misfortune.DUPLICATE)
        follow_up(followed)


@task()
def send_event(event_id: str, tries: int | None = None) -> None:
    """`tries`: after how many it was queued. Queued twice, as by a sweep while the queue is long, it is tried once: the
    next try has its own time."""
    event = ShopEvent.objects.select_related("shop", "order").get(pk=event_id)
    was_owed = event.delivered_at is None
    if tries in (None, event.attempts):
        event = send(event)
    if was_owed and event.delivered_at is not None and (payment := sent_twice(event)) is not None:
        mark(payment, Misfortune.DUPLICATE)
        repeat(event)
    if waited := next_in_line(event):
        _queue_events([waited])


@task()
def send_invitation(invitation_id: int) -> None:
    """An e-mail of ours. A crash in between may send it twice; none is lost."""
    invitation = links.still_to_send(invitation_id)
    if invitation is None:
        return
    try:
        send_link(invitation)
    except NotSent as why:
        links.sent(invitation.pk, error=why.sentence)
    else:
        links.sent(invitation.pk)


@task()
def send_letter(letter_id: int) -> None:
    """A crash between sending and noting it may send it twice; none is lost."""
    letter = letters.still_to_send(letter_id)
    if letter is None:
        return
    try:
        send_letter_of(letter)
    except NotSent as why:
        letters.gone(letter, error=why.sentence)
    else:
        letters.gone(letter)


@task()
def expire_order(order_id: int) -> None:
    expire(Order.objects.select_related("shop").get(pk=order_id))


@task(priority=-10)
def count_figures() -> None:
    """After everything that somebody waits for. One of several that were queued does it for all."""
    if tallies.is_due():
        tallies.count_anew()


def keep_notification(account: Account, notification: Notification, body: str) -> Delivery:
    """The notification and the task that follows it up, stored together or not at all."""
    with transaction.atomic():
        delivery, due = keep(account, notification, body)
        if due:
            follow_up_delivery.enqueue(delivery.pk)
    if is_lost(delivery):
        tell_of_lost(delivery)
    return delivery


@receiver(links.to_send, dispatch_uid="send-invitation")
def _send_mail_at_once(sender: Any, invitation_id: int, **kwargs: Any) -> None:
    send_invitation.enqueue(invitation_id)


@receiver(letters.written, dispatch_uid="send-letter")
def _send_letter_at_once(sender: Any, letter_id: int, **kwargs: Any) -> None:
    send_letter.enqueue(letter_id)


@receiver(owed, dispatch_uid="send-owed-event")
def _send_at_once(sender: Any, event_id: str, **kwargs: Any) -> None:
    send_event.enqueue(event_id, 0)


def _queue_events(names: list[Any]) -> None:
    tries = dict(ShopEvent.objects.filter(pk__in=names).values_list("pk", "attempts"))
    for name in names:
        send_event.enqueue(str(name), tries[name])


def run_sweep() -> int:
    """Queue a task for everything that is due. Returns how many."""
    queued = 0
    for found, queue in (
        (sweep.due_payments(), check_payment),
        (sweep.due_deliveries(), follow_up_delivery),
        (sweep.due_orders(), expire_order),
        (sweep.due_invitations(), send_invitation),
        (sweep.due_letters(), send_letter),
    ):
        for pk in found:
            queue.enqueue(pk)
            queued += 1
    agreements, events = sweep.due_agreements(), sweep.due_events(but=held_up())
    for agreement in agreements:
        check_agreement.enqueue(str(agreement))
    _queue_events(events)
    queued += len(agreements) + len(events)
    # After all that is somebody's money. A row or two, and nobody is asked.
    letters.remind()
    approvals.expire_old()
    return queued


def have_figures_counted() -> bool:
    """Queue a count when it is time for one; counting here would hold up the sweep. True when one was queued."""
    unfinished = DBTaskResult.objects.filter(
        task_path=count_figures.module_path, status__in=[TaskResultStatus.READY, TaskResultStatus.RUNNING]
    )
    if not tallies.is_due() or unfinished.exists():
        return False
    count_figures.enqueue()
    return True


def forget_old_tasks() -> int:
    """Tasks that ended a day ago, and those that a dead worker left running an hour ago. The rows know what is due."""
    now = timezone.now()
    ended = DBTaskResult.objects.filter(finished_at__lt=now - timedelta(days=1))
    orphaned = DBTaskResult.objects.filter(
        status=TaskResultStatus.RUNNING, started_at__lt=now - timedelta(hours=1)
    )
    return ended.delete()[0] + orphaned.delete()[0]


def forget_old_answers() -> int:
    """What shops were answered a month ago: nobody repeats a request for that long, and its order's reference is still
    taken."""
    return IdempotencyKey.objects.filter(created_at__lt=timezone.now() - timedelta(days=30)).delete()[0]
