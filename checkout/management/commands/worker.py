"""Do what is done later: the queue's tasks as they come, and every few seconds a sweep for what is due."""

import signal
import threading
import time
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

import structlog
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import Error as AnyDatabaseError
from django.db import connections

from checkout.management.queue import Queue, Queues
from checkout.payments.rotation import forget_former_secrets
from checkout.tasks import forget_old_answers, forget_old_tasks, have_figures_counted, run_sweep

log = structlog.get_logger("checkout.worker")

MINUTE, HOUR = 60, 3600
# Less than the ten seconds after which Docker kills.
PATIENCE_SECONDS = 8


class Errand:
    """Something that is done again and again, at most every so many seconds."""

    def __init__(self, do: Callable[[], Any], seconds: float) -> None:
        self.do = do
        self.seconds = seconds
        self.due = time.monotonic()

    def run_if_due(self) -> None:
        if time.monotonic() < self.due:
            return
        self.due = time.monotonic() + self.seconds
        try:
            self.do()
        except AnyDatabaseError as why:
            log.error("the database failed; trying again", errand=self.do.__name__, why=str(why).strip())
            connections.close_all()


class Command(BaseCommand):
    help = "Run the tasks of the queue, and look for what is due. Runs until it is told to stop."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--once", action="store_true", help="one sweep, then all that is queued, then end"
        )
        parser.add_argument("--threads", type=int, default=4, help="tasks at the same time (default: 4)")

    def handle(self, *, once: bool, threads: int, **options: Any) -> None:
        if once:
            run_sweep()
            have_figures_counted()
            Queue(until_empty=True).run()
            return
        if threads < 1:
            raise CommandError("A worker needs one thread at least.")
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        queues = Queues(threads)
        queues.start()
        log.info("worker started", threads=threads, sweep_seconds=settings.SWEEP_SECONDS)
        errands = [
            Errand(run_sweep, settings.SWEEP_SECONDS),
            Errand(have_figures_counted, MINUTE),
            Errand(forget_old_tasks, HOUR),
            Errand(forget_old_answers, HOUR),
            Errand(forget_former_secrets, HOUR),
        ]
        while not stop.wait(0.2):
            for errand in errands:
                errand.run_if_due()
            if not queues.all_alive():
                raise CommandError(
                    "A thread of the worker has died; the log says why. Start the worker again."
                )
        if not queues.stop(patience=PATIENCE_SECONDS):
            log.warning("a task was cut off; the sweep of the next worker finds its row again")
        log.info("worker stopped")
