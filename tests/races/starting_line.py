"""How do two threads meet at the one point where it matters? Held there until the other has passed, not by sleeping.

The one that reaches a gate first waits in it until the other has finished. Where a lock keeps the other out it cannot
finish, and so the wait has an end; without the lock it does, every time, and the harm is done every time.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection

from checkout.models import Order

PATIENCE = (
    0.4  # seconds that a thread waits for one that the lock keeps out; the other way round nobody waits
)
TOO_LONG = 30


@contextmanager
def no_lock(order_id: int) -> Iterator[Order]:
    """What `order_lock` would be, were it none: the order, freshly read. Every write is a transaction of its own."""
    yield Order.objects.select_related("shop").get(pk=order_id)


def take_the_lock_away(monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib

    for name in (
        "accept", "agreement_charge", "agreement_follow_up", "apply", "approvals", "cancel", "operate", "orders",
        "reopen", "settle", "start",
    ):  # fmt: skip
        module = importlib.import_module(f"checkout.payments.{name}")
        assert hasattr(module, "order_lock"), f"{name} has no lock to take away"
        monkeypatch.setattr(module, "order_lock", no_lock)


class Race:
    """Runs `first` up to its gate, then `second`, then lets `first` go on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch
        self._at_gate = threading.Event()
        self._second_is_done = threading.Event()
        self._first: threading.Thread | None = None
        self._patience: float = PATIENCE
        self.second_came_through = False

    def nobody_is_kept_out(self) -> None:
        """For the twin: the second surely comes through, however busy the machine, so wait for it."""
        self._patience = TOO_LONG

    def gate(self, owner: Any, name: str) -> None:
        """The first thread stops where it calls `owner.name`, once."""
        original = getattr(owner, name)

        def stopped(*words: Any, **named: Any) -> Any:
            if threading.current_thread() is self._first and not self._at_gate.is_set():
                self._at_gate.set()
                self.second_came_through = self._second_is_done.wait(self._patience)
            return original(*words, **named)

        self._monkeypatch.setattr(owner, name, stopped)

    def run(self, first: Callable[[], Any], second: Callable[[], Any]) -> tuple[Any, Any]:
        """What each returned, or the exception that it ended in."""
        results: dict[str, Any] = {}

        def lane(name: str, errand: Callable[[], Any]) -> None:
            try:
                results[name] = errand()
            except Exception as problem:
                results[name] = problem
            finally:
                connection.close()
                if name == "second":
                    self._second_is_done.set()

        self._first = threading.Thread(target=lane, args=("first", first))
        other = threading.Thread(target=lane, args=("second", second))
        self._first.start()
        assert self._at_gate.wait(TOO_LONG), f"the first never came to its gate: {results}"
        other.start()
        for thread in (self._first, other):
            thread.join(TOO_LONG)
            assert not thread.is_alive(), "a deadlock"
        return results["first"], results["second"]


def all_at_once(*errands: Callable[[], Any]) -> list[Any]:
    """Start together; what each returned or raised, in their order."""
    line = threading.Barrier(len(errands))
    results: list[Any] = [None] * len(errands)

    def lane(position: int, errand: Callable[[], Any]) -> None:
        try:
            line.wait(TOO_LONG)
            results[position] = errand()
        except Exception as problem:
            results[position] = problem
        finally:
            connection.close()

    threads = [threading.Thread(target=lane, args=pair) for pair in enumerate(errands)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(TOO_LONG)
        assert not thread.is_alive(), "a deadlock"
    return results
