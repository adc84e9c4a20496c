"""What time is it in the sandbox? The machine's plus what was added by hand; and who wakes when it moves.

Everything a provider does by the hour (expiry, late results, retries) is measured here. Only the age of a
client's credentials is measured by the machine's clock, because the client knows no other.
"""

import threading
import time
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from providers.sandbox.models import Clock


class Bell:
    """Wakes whoever waits for a change. Take `count` before looking, pass it to `wait`: no ring is missed."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self.count = 0

    def ring(self) -> None:
        with self._changed:
            self.count += 1
            self._changed.notify_all()

    def wait(self, seen: int, seconds: float) -> None:
        """Return once the bell has rung since `seen`, and after `seconds` of real time at the latest."""
        with self._changed:
            self._changed.wait_for(lambda: self.count != seen, timeout=max(0.0, seconds))


bell = Bell()
# A separate bell for held calls: they must not wake because something unrelated was written.
released = Bell()


def now() -> datetime:
    """The sandbox's time, in UTC."""
    return timezone.now() + timedelta(seconds=_ahead())


def _ahead() -> int:
    row = Clock.objects.filter(pk=1).values_list("ahead_seconds", flat=True).first()
    return row or 0


def advance(seconds: int) -> datetime:
    """Move the clock; what has become due is done by the caller (pulse.catch_up) or by the pulse."""
    with transaction.atomic():
        row, _ = Clock.objects.get_or_create(pk=1)
        row.ahead_seconds += seconds
        row.save()
    ring()
    return now()


def ahead_seconds() -> int:
    return _ahead()


def reset() -> None:
    Clock.objects.all().delete()


def ring() -> None:
    """Wake the waiting calls and the pulse, once what was written can be read."""
    transaction.on_commit(bell.ring)


def hold(seconds: float) -> None:
    """Keep a call waiting for `seconds` of real time, or until the faults are cleared."""
    seen = released.count
    until = time.monotonic() + seconds
    while released.count == seen and (left := until - time.monotonic()) > 0:
        released.wait(seen, left)
