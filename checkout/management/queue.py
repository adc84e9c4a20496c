"""How is the queue worked off? Several threads, so that one provider's silence does not hold up all the rest."""

import threading
import time

import structlog
from django.db import Error as AnyDatabaseError
from django.db import connections
from django.utils.crypto import get_random_string
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

log = structlog.get_logger("checkout.worker")

LOOK_EVERY_SECONDS = 0.5
# After the database was away: not at once, and not so late that a shopper would notice.
PAUSE_SECONDS = 2.0


class Queue(Worker):
    """One thread's work: take a task, run it, look for the next. `until_empty`: end when there is none left."""

    def __init__(self, *, until_empty: bool = False) -> None:
        super().__init__(
            queue_names=["*"],
            interval=LOOK_EVERY_SECONDS,
            batch=until_empty,
            backend_name="default",
            startup_delay=False,
            max_tasks=None,
            worker_id=get_random_string(32),
            excluded_queue_names=[],
        )

    def run_task(self, db_task_result: DBTaskResult) -> None:
        structlog.contextvars.clear_contextvars()  # what is left of the task before
        super().run_task(db_task_result)

    def run(self) -> None:
        """Outlives a database that goes away: what was cut off is found again by the sweep."""
        while True:
            try:
                super().run()
                return
            except AnyDatabaseError as why:
                if self.batch or not self.running:
                    raise
                log.error("the database failed; trying again", why=str(why).strip())
                connections.close_all()
                time.sleep(PAUSE_SECONDS)

    def run_in_thread(self) -> None:
        try:
            self.run()
        finally:
            connections.close_all()


class Queues:
    """As many threads as wanted, stopped together."""

    def __init__(self, threads: int) -> None:
        self._queues = [Queue() for _number in range(threads)]
        # Daemons: a task that does not end in time is cut off with the process, and its row is found again.
        self._threads = [
            threading.Thread(target=queue.run_in_thread, name=f"queue-{number}", daemon=True)
            for number, queue in enumerate(self._queues, 1)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def all_alive(self) -> bool:
        return all(thread.is_alive() for thread in self._threads)

    def stop(self, *, patience: float) -> bool:
        """Take no further task and wait `patience` seconds for those that run. Did all of them end?"""
        for queue in self._queues:
            queue.running = False
        until = time.monotonic() + patience
        for thread in self._threads:
            thread.join(max(until - time.monotonic(), 0))
        return not any(thread.is_alive() for thread in self._threads)
