"""Does the worker do what is due, outlive a database that goes away, and stop when told to?"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management.base import CommandError
from django.db import OperationalError
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

from checkout.management import queue
from checkout.management.commands.worker import Errand
from checkout.models import Payment
from checkout.states import State
from checkout.tasks import check_payment
from providers.errors import Uncertain
from tests.commands.conftest import said
from tests.scripted import Call, Script, make_account, make_payment, paid

ROOT = Path(__file__).parent.parent.parent
transactional = pytest.mark.django_db(transaction=True)


@transactional
def test_once_does_all_that_is_due_and_ends(script: Script) -> None:
    due, queued = make_payment(account=make_account()), make_payment(account=make_account())
    Payment.objects.filter(pk=queued.pk).update(next_check_at=None)
    check_payment.enqueue(queued.pk)
    script.always("sync", paid)
    said("worker", "--once")
    assert set(Payment.objects.values_list("state", flat=True)) == {State.PAID}
    assert due.pk != queued.pk
    # Nobody is told: the shops' addresses are not there. The worker ends all the same, and the events stay owed.
    assert not DBTaskResult.objects.filter(status=TaskResultStatus.READY).exists()


@transactional
def test_a_task_that_fails_does_not_stop_the_others(script: Script, caplog: pytest.LogCaptureFixture) -> None:
    check_payment.enqueue(0)  # no such payment
    good = make_payment(account=make_account())
    check_payment.enqueue(good.pk)
    script.always("sync", paid)
    said("worker", "--once")
    good.refresh_from_db()
    assert good.state == State.PAID
    assert DBTaskResult.objects.filter(status=TaskResultStatus.FAILED).count() == 1
    assert "does not exist" in caplog.text or "DoesNotExist" in caplog.text


@transactional
def test_one_silent_provider_does_not_hold_up_the_rest(script: Script) -> None:
    silent, quick = make_payment(account=make_account()), make_payment(account=make_account())
    held, let_go = threading.Event(), threading.Event()

    def answer(call: Call) -> object:
        if call.charge.reference == silent.reference:
            held.set()
            let_go.wait(20)
            raise Uncertain("The provider did not answer in time.")
        return paid(call)

    script.always("sync", answer)
    queues = queue.Queues(2)
    check_payment.enqueue(silent.pk)
    queues.start()
    try:
        assert held.wait(10)
        check_payment.enqueue(quick.pk)
        until = time.monotonic() + 10
        while Payment.objects.get(pk=quick.pk).state != State.PAID:
            assert time.monotonic() < until
            time.sleep(0.05)
        assert Payment.objects.get(pk=silent.pk).state == State.STARTED
        assert queues.stop(patience=0) is False  # the silent one still runs
    finally:
        let_go.set()
        assert queues.stop(patience=15) is True


def test_a_database_that_goes_away_is_outlived(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: Iterator[object] = iter([OperationalError("gone"), OperationalError("still gone"), None])

    def run(self: Worker) -> None:
        if (why := next(looks)) is not None:
            raise why  # type: ignore[misc]

    monkeypatch.setattr(Worker, "run", run)
    monkeypatch.setattr(queue, "PAUSE_SECONDS", 0)
    monkeypatch.setattr(queue.connections, "close_all", lambda: None)
    queue.Queue().run()
    assert next(looks, "done") == "done"


def test_once_says_that_the_database_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(self: Worker) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(Worker, "run", run)
    with pytest.raises(OperationalError):
        queue.Queue(until_empty=True).run()


def test_an_errand_comes_again_and_a_failure_does_not_end_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("checkout.management.commands.worker.connections.close_all", lambda: None)
    runs = []

    def sweep() -> None:
        runs.append(timezone.now())
        raise OperationalError("gone")

    errand = Errand(sweep, seconds=0.05)
    errand.run_if_due()
    errand.run_if_due()
    assert len(runs) == 1
    time.sleep(0.06)
    errand.run_if_due()
    assert len(runs) == 2


def test_a_worker_needs_a_thread() -> None:
    with pytest.raises(CommandError):
        said("worker", "--threads", "0")


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_when_told_to(tmp_path: Path, how: signal.Signals) -> None:
    env = {**os.environ, "DATABASE_URL": f"sqlite:///{tmp_path / 'worker.sqlite3'}", "LOG_FORMAT": "console"}
    manage = [sys.executable, "manage.py"]
    subprocess.run([*manage, "migrate", "--verbosity", "0"], cwd=ROOT, env=env, check=True)
    log = tmp_path / "log"
    with log.open("w") as out:
        worker = subprocess.Popen([*manage, "worker"], cwd=ROOT, env=env, stdout=out, stderr=out)
    try:
        until = time.monotonic() + 30
        while "worker started" not in log.read_text():
            assert worker.poll() is None, log.read_text()
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.1)
        worker.send_signal(how)
        assert worker.wait(10) == 0, log.read_text()
    finally:
        worker.kill()
        worker.wait()
    assert "worker stopped" in log.read_text()
    assert "Traceback" not in log.read_text()
