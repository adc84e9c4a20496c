"""What if money that was paid comes to nothing, and nobody rings? Where a provider says when to look again, we do."""

from dataclasses import replace
from datetime import timedelta

from django.utils import timezone

from checkout.models import Payment
from checkout.payments.settle import settle
from checkout.states import State
from checkout.tasks import run_sweep
from providers.base import Outcome, Report
from providers.errors import Uncertain
from tests.scripted import Call, Clock, Script, paid, work

A_DAY = timedelta(days=1)


def promised(call: Call) -> Report:
    return replace(paid(call), look_again=timezone.now() + A_DAY)


def undone(call: Call) -> Report:
    return replace(paid(call), outcome=Outcome.FAILED, warning="The bank did not give the money.")


def sweep_and_work(script: Script) -> int:
    """How often the provider was asked."""
    before = len(script.asked("sync"))
    run_sweep()
    work()
    return len(script.asked("sync")) - before


def test_paid_money_is_looked_at_again_when_the_provider_says_so(
    script: Script, clock: Clock, payment: Payment
) -> None:
    script.will("sync", promised)
    settle(payment)
    clock.forward(hours=23)
    assert sweep_and_work(script) == 0
    clock.forward(hours=1, seconds=1)
    script.will("sync", undone)
    assert sweep_and_work(script) == 1
    payment.refresh_from_db()
    payment.order.refresh_from_db()
    # It is not taken back by itself: the shop may have shipped. A person is called.
    assert (payment.state, payment.next_check_at) == (State.PAID, None)
    assert "The bank did not give the money." in payment.order.attention


def test_a_silence_does_not_end_the_watch(script: Script, clock: Clock, payment: Payment) -> None:
    script.will("sync", promised)
    settle(payment)
    clock.forward(hours=24, seconds=1)
    script.will("sync", Uncertain("no answer"))
    assert sweep_and_work(script) == 1
    payment.refresh_from_db()
    assert payment.next_check_at is not None
    assert payment.next_check_at - clock.now() > timedelta(hours=23)
    clock.forward(hours=24, seconds=1)
    script.will("sync", paid)  # it has moved
    assert sweep_and_work(script) == 1
    payment.refresh_from_db()
    assert payment.next_check_at is None


def test_a_watch_in_vain_ends(script: Script, clock: Clock, payment: Payment) -> None:
    script.will("sync", promised)
    settle(payment)
    script.always("sync", Uncertain("no answer"))
    looks = 0
    for _day in range(40):
        clock.forward(hours=24, seconds=1)
        looks += sweep_and_work(script)
    payment.refresh_from_db()
    assert (payment.state, payment.next_check_at) == (State.PAID, None)
    assert looks == 30
