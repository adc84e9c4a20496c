"""What does the sweep find? Whatever is due, whoever has forgotten it: a dead worker, a lost task."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from checkout.models import Account, Payment
from checkout.payments import sweep
from checkout.payments.start import start
from checkout.states import State
from checkout.tasks import check_payment, forget_old_tasks, run_sweep
from tests.scripted import Clock, Script, make_order, make_payment, paid, work


def test_a_dead_worker_left_its_task_running_for_ever(script: Script, clock: Clock, payment: Payment) -> None:
    clock.forward(seconds=21)
    assert run_sweep() == 1
    DBTaskResult.objects.get().claim("worker-that-died")
    assert work() == []

    assert run_sweep() == 0  # the lease: somebody may be at it
    clock.forward(minutes=3, seconds=1)
    assert run_sweep() == 1
    script.will("sync", paid)
    assert work()[0] == "check_payment"
    payment.refresh_from_db()
    assert payment.state == State.PAID

    clock.forward(hours=1, seconds=1)
    assert forget_old_tasks() == 1
    assert not DBTaskResult.objects.filter(status=TaskResultStatus.RUNNING).exists()


def test_nothing_is_due_twice(script: Script, clock: Clock, account: Account) -> None:
    for _order in range(5):
        start(make_order(account.shop), account)
    clock.forward(seconds=21)
    assert (run_sweep(), run_sweep()) == (5, 0)
    assert work() == ["check_payment"] * 5
    assert len({call.charge.reference for call in script.asked("sync")}) == 5


def test_orders_are_due_again_after_a_minute(script: Script, clock: Clock, account: Account) -> None:
    order = make_order(account.shop)
    clock.forward(minutes=25, seconds=1)
    assert sweep.due_orders() == [order.pk]
    assert sweep.due_orders() == []
    clock.forward(seconds=61)
    assert sweep.due_orders() == [order.pk]


def test_only_orders_with_neither_money_nor_money_under_way_run_out(
    script: Script, clock: Clock, account: Account
) -> None:
    for state in (State.AUTHORIZED, State.PAID, State.REFUNDED, State.PENDING):
        make_payment(make_order(account.shop), account, state=state)
    waiting = make_payment(make_order(account.shop), account, state=State.STARTED)
    clock.forward(hours=1)
    assert sweep.due_orders() == [waiting.order_id]


def test_how_late_we_are(script: Script, clock: Clock, payment: Payment) -> None:
    assert sweep.lateness() == timedelta(0)
    Payment.objects.update(next_check_at=timezone.now() - timedelta(minutes=7))
    assert timedelta(minutes=7) <= sweep.lateness() < timedelta(minutes=7, seconds=5)


def test_growing_intervals_for_an_attempt_that_stays_open(
    script: Script, clock: Clock, payment: Payment
) -> None:
    pauses = []
    for _look in range(13):
        payment.refresh_from_db()
        assert payment.next_check_at is not None
        pauses.append(round((payment.next_check_at - clock.now()).total_seconds()))
        clock.forward(seconds=pauses[-1] + 1)
        check_payment.func(payment.pk)
    assert pauses == [20, 40, 60, 120, 300, 600, 1800, 3600, 10800, 21600, 86400, 86400, 86400]
    payment.refresh_from_db()
    assert payment.state == State.STARTED  # time alone never makes it failed


def test_a_task_binds_its_payment_to_the_log_and_lets_go(script: Script, payment: Payment) -> None:
    import structlog

    seen = []
    script.during("sync", lambda: seen.append(structlog.contextvars.get_contextvars().get("payment")))
    check_payment.func(payment.pk)
    assert seen == [payment.reference]
    assert "payment" not in structlog.contextvars.get_contextvars()


@pytest.mark.parametrize("age", [timedelta(hours=23), timedelta(hours=25)])
def test_ended_tasks_are_forgotten_after_a_day(script: Script, account: Account, age: timedelta) -> None:
    check_payment.enqueue(1)
    DBTaskResult.objects.update(status=TaskResultStatus.SUCCESSFUL, finished_at=timezone.now() - age)
    assert forget_old_tasks() == (1 if age > timedelta(days=1) else 0)


def test_what_is_not_money_keeps_no_money_waiting(
    script: Script, clock: Clock, payment: Payment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> int:
        raise LookupError

    monkeypatch.setattr("checkout.tasks.letters.remind", broken)
    clock.forward(seconds=21)
    with pytest.raises(LookupError):
        run_sweep()
    assert work() == ["check_payment"]
