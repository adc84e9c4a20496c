"""How do notifications reach the shop? Kept as rows, sent by a few threads, repeated by the stand-in's table.

Retry times are a sandbox convention unless a stand-in's contract has a table; they run on its clock.
"""

import logging
import threading
from datetime import datetime, timedelta

import requests
from django.db import DatabaseError, connection, transaction

from providers.sandbox import clock, faults, masking
from providers.sandbox.models import Notification
from providers.sandbox.standins import STANDINS, Outgoing

log = logging.getLogger(__name__)
State = Notification.State

# A slow shop must not stop the others, nor fill the process with threads.
_sending = threading.BoundedSemaphore(6)
_in_flight: set[int] = set()
_in_flight_lock = threading.Lock()


def post(provider: str, subject: str, url: str, body: str, headers: dict[str, str]) -> list[Notification]:
    """Send a message to the shop, the way an armed fault says. Call it in the transaction of its cause."""
    armed = faults.take(provider, faults.NOTIFICATION)
    fault = armed.fault if armed else ""
    message = Outgoing(headers={"Content-Type": "application/json"} | headers, body=body)
    if fault == "forged":
        message = STANDINS[provider].forge(message)
    elif fault == "wrong_signature":
        message = STANDINS[provider].missign(message)
    now = clock.now()
    state = {"lost": State.LOST, "reordered": State.HELD}.get(fault, State.WAITING)
    due = now + timedelta(seconds=armed.seconds) if armed and fault in ("late", "reordered") else now
    rows = [
        Notification.objects.create(
            provider=provider, subject=subject, url=url, headers=message.headers, body=message.body,
            state=state, fault=fault, due_at=due, created_at=now,
        )
        for _ in range(2 if fault == "doubled" else 1)
    ]  # fmt: skip
    clock.ring()
    return rows


def send_again(notification: Notification) -> None:
    """Send it once more, now, whatever became of it."""
    notification.state = State.WAITING
    notification.due_at = clock.now()
    notification.first_at, notification.tries = None, 0
    notification.save(update_fields=["state", "due_at", "first_at", "tries"])
    clock.ring()


def next_due() -> datetime | None:
    open_ones = Notification.objects.filter(state__in=(State.WAITING, State.HELD)).exclude(pk__in=_busy())
    return open_ones.order_by("due_at").values_list("due_at", flat=True).first()


def _busy() -> set[int]:
    with _in_flight_lock:
        return set(_in_flight)


def send_due() -> None:
    """Start sending everything whose hour has come; each in a thread, never the same one twice at a time."""
    due = Notification.objects.filter(state__in=(State.WAITING, State.HELD), due_at__lte=clock.now())
    for notification in due.exclude(pk__in=_busy()).order_by("due_at", "id"):
        with _in_flight_lock:
            _in_flight.add(notification.pk)
        threading.Thread(
            target=_send, args=(notification,), name=f"outbox-{notification.pk}", daemon=True
        ).start()


def _send(notification: Notification) -> None:
    try:
        with _sending:
            status, error = _attempt(notification)
        _note(notification.pk, status, error)
    except DatabaseError:
        log.exception("notification %s could not be noted", notification.pk)
    finally:
        with _in_flight_lock:
            _in_flight.discard(notification.pk)
        connection.close()
        clock.bell.ring()


def _attempt(notification: Notification) -> tuple[int | None, str]:
    try:
        answer = requests.post(
            notification.url, data=notification.body.encode(), headers=notification.headers,
            timeout=STANDINS[notification.provider].patience, allow_redirects=False,
        )  # fmt: skip
    except requests.RequestException as error:
        return None, type(error).__name__
    return answer.status_code, ""


def _note(number: int, status: int | None, error: str) -> None:
    with transaction.atomic():
        notification = Notification.objects.filter(pk=number).first()
        if notification is None:
            return  # everything was reset meanwhile
        standin = STANDINS[notification.provider]
        now = clock.now()
        notification.first_at = notification.first_at or now
        notification.tries += 1
        notification.attempts = [
            *notification.attempts,
            {"at": now.isoformat(), "status": status, "error": error},
        ]
        if status is not None and standin.taken(status):
            notification.state = State.DELIVERED
        else:
            due = standin.retry(notification.first_at, now, notification.tries)
            notification.state = State.WAITING if due else State.GIVEN_UP
            notification.due_at = due or now
        notification.save()
        # A message that was to be overtaken goes out once another one has.
        Notification.objects.filter(
            provider=notification.provider, state=State.HELD, created_at__lt=notification.created_at
        ).update(state=State.WAITING, due_at=now)


def shown(notification: Notification) -> dict[str, object]:
    kind = notification.headers.get("Content-Type", "")
    return {
        "id": notification.pk, "provider": notification.provider, "subject": notification.subject,
        "url": notification.url,
        "headers": masking.headers({name.lower(): value for name, value in notification.headers.items()}),
        "body": masking.body(notification.body.encode(), kind), "state": notification.state,
        "fault": notification.fault or None, "due_at": notification.due_at.isoformat(),
        "created_at": notification.created_at.isoformat(), "attempts": notification.attempts,
    }  # fmt: skip
