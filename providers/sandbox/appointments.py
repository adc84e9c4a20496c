"""What will happen at a later hour of the sandbox's clock? Kept as rows, done by whoever notices first."""

from datetime import datetime, timedelta

from django.db import transaction

from providers.sandbox import clock
from providers.sandbox.models import Appointment


def make(provider: str, action: str, subject: str, *, seconds: float) -> None:
    """Have the stand-in's `later[action]` called with `subject`, `seconds` from now."""
    make_at(provider, action, subject, clock.now() + timedelta(seconds=seconds))


def make_at(provider: str, action: str, subject: str, due: datetime) -> None:
    """The same at a given hour, which may have passed: a moved clock passes several of a timetable at once."""
    Appointment.objects.create(provider=provider, action=action, subject=subject, due_at=due)
    clock.ring()


def cancel(provider: str, action: str, subject: str) -> None:
    """There is no need for it any more."""
    Appointment.objects.filter(provider=provider, action=action, subject=subject).delete()


def keep_due() -> None:
    """Do everything that is due, oldest first, each once."""
    from providers.sandbox.standins import STANDINS

    while Appointment.objects.filter(due_at__lte=clock.now()).exists():
        with transaction.atomic():
            due = Appointment.objects.filter(due_at__lte=clock.now()).order_by("due_at", "id").first()
            if due is None:
                return
            due.delete()
            STANDINS[due.provider].later[due.action](due.subject)
            clock.ring()


def next_due() -> datetime | None:
    return Appointment.objects.order_by("due_at").values_list("due_at", flat=True).first()
