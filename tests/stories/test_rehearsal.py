"""What does a rehearsed misfortune look like, and how does it end? In the truth, each time, and without help."""

import json
from dataclasses import replace
from typing import Any

import pytest
import responses
from django.db import IntegrityError, transaction

from checkout.models import Account, Delivery, Order, Payment, TimelineEntry
from checkout.payments.settle import returned
from checkout.payments.start import start
from checkout.sentences import sentence
from checkout.states import OrderState, State
from checkout.tasks import run_sweep
from providers.base import Outcome, Redirect, Report, Started
from providers.money import Money
from tests.scripted import Call, Clock, Script, events, make_account, make_order, paid, story, work
from tests.stories.test_ringing import ring

MARK = "Rehearsal on this test account: "


@pytest.fixture
def hook() -> Any:
    """The shop's address, which takes what it is told."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as wire:
        wire.post("https://shop.example/hook", body="")
        yield wire


def switch_on(account: Account, *misfortunes: str) -> None:
    account.rehearsal = dict.fromkeys(misfortunes, True)
    account.save()


def marks(order: Order) -> list[str]:
    return [line.removeprefix(MARK) for line in story(order) if line.startswith(MARK)]


def sweep_for(clock: Clock, *, minutes: int) -> None:
    """Be the worker for so long, and look every ten seconds."""
    for _look in range(minutes * 6):
        clock.forward(seconds=10)
        run_sweep()
        work()


def test_a_lost_notification(
    script: Script, clock: Clock, account: Account, order: Order, payment: Payment, hook: Any
) -> None:
    switch_on(account, "lost_notification")
    script.always("sync", paid)
    for _ring in range(2):
        assert ring(account, id="n-1", reference=payment.reference).status_code == 200
    assert ring(account, "f" * 64, id="n-2").status_code == 401  # a forged one is no rehearsal
    delivery = Delivery.objects.get()
    assert (delivery.verdict, delivery.error) == ("ignored", "Rehearsal: this notification counts as lost.")
    assert (delivery.duplicates, delivery.attempts, delivery.payment, delivery.next_try_at) == (
        1,
        0,
        payment,
        None,
    )
    assert work() == []
    assert script.asked("sync") == []
    assert marks(order) == ["lost notification."]
    sweep_for(clock, minutes=1)
    payment.refresh_from_db()
    assert (payment.state, payment.captured_minor) == (State.PAID, 4299)
    assert events(order) == ["order.paid"]
    assert "payment.notified" not in TimelineEntry.objects.values_list("code", flat=True)


def test_what_nobody_would_ask_about_again_is_not_lost(
    script: Script, clock: Clock, account: Account, order: Order, payment: Payment, hook: Any
) -> None:
    """Of a paid payment's refund the notification is the only word."""
    script.always("sync", paid)
    assert ring(account, id="n-1", reference=payment.reference).status_code == 200
    work()
    switch_on(account, "lost_notification")
    script.always("sync", lambda call: replace(paid(call), refunded=Money(1000, "EUR")))
    assert ring(account, id="n-2", reference=payment.reference).status_code == 200
    work()
    assert Payment.objects.get().refunded_minor == 1000
    assert marks(order) == []


def test_a_late_success(
    script: Script, clock: Clock, account: Account, order: Order, payment: Payment, hook: Any
) -> None:
    switch_on(account, "late_success")
    script.always("sync", paid)
    seen = returned(payment, {"claim": "success"}, patience=1)
    assert (seen.state, seen.authorized_minor, seen.pending_minor) == (State.PENDING, 0, 0)
    ring(account, id="n-1", reference=payment.reference)
    sweep_for(clock, minutes=2)
    payment.refresh_from_db()
    order.refresh_from_db()
    assert (payment.state, order.state, events(order)) == (State.PENDING, OrderState.OPEN, [])
    assert Delivery.objects.get().verdict == "applied"
    assert marks(order) == ["late success."]
    sweep_for(clock, minutes=3)
    payment.refresh_from_db()
    order.refresh_from_db()
    assert (payment.state, payment.captured_minor, order.state) == (State.PAID, 4299, OrderState.PAID)
    assert events(order) == ["order.paid"]
    assert order.payments.count() == 1


def test_a_late_success_of_a_card_that_is_charged_at_once_and_of_a_no(
    script: Script, clock: Clock, account: Account, hook: Any
) -> None:
    switch_on(account, "late_success")
    order = make_order(account.shop)
    script.will("start", lambda call: Started(show=None, provider_id="P-1", report=paid(call)))
    script.will("sync", lambda call: Report(outcome=Outcome.PENDING, reference=call.charge.reference))
    script.always("sync", paid)
    assert start(order, account).state == State.PENDING
    sweep_for(clock, minutes=5)
    assert events(order) == ["order.paid"]
    # What is no success is held back by nobody.
    other = make_order(account.shop)
    script.will("start", _refused)
    assert start(other, account).state == State.FAILED
    assert marks(other) == []


def _refused(call: Call) -> Started:
    no = Report(outcome=Outcome.FAILED, reference=call.charge.reference)
    return Started(show=Redirect(url="https://provider.example/x"), provider_id="P-2", report=no)


def test_everything_twice(
    script: Script, clock: Clock, account: Account, order: Order, payment: Payment, hook: Any
) -> None:
    switch_on(account, "duplicate")
    script.always("sync", paid)
    ring(account, id="n-1", reference=payment.reference)
    work()
    delivery = Delivery.objects.get()
    assert (delivery.verdict, delivery.attempts, delivery.duplicates) == ("applied", 2, 0)
    assert len(script.asked("sync")) == 2
    told = [
        (call.request.headers["webhook-id"], json.loads(call.request.body)["type"]) for call in hook.calls
    ]
    event = order.events.get()
    assert told == [(str(event.pk), "order.paid")] * 2
    assert (event.attempts, event.last_status, event.next_try_at) == (1, 200, None)
    assert marks(order) == ["duplicate."]
    payment.refresh_from_db()
    assert (payment.state, payment.captured_minor) == (State.PAID, 4299)
    sweep_for(clock, minutes=1)
    assert len(hook.calls) == 2


def test_a_slow_bank(
    script: Script, clock: Clock, account: Account, order: Order, payment: Payment, hook: Any
) -> None:
    switch_on(account, "slow_bank")
    script.always("sync", paid)
    clock.forward(seconds=50)
    ring(account, id="n-1", reference=payment.reference)
    work()
    assert Delivery.objects.get().verdict == "failed"
    seen = returned(payment, {"claim": "success"}, patience=1)  # it is slow for a minute from here
    assert seen.state == State.STARTED
    clock.forward(seconds=30)
    run_sweep()
    work()
    assert script.asked("sync") == []  # nobody's thread waited for it
    assert marks(order) == ["slow bank."]
    assert "Scripted could not tell: Rehearsal: the bank is slow. We will ask again." in story(order)
    sweep_for(clock, minutes=2)
    payment.refresh_from_db()
    assert (payment.state, payment.captured_minor, events(order)) == (State.PAID, 4299, ["order.paid"])
    assert Delivery.objects.get().verdict == "applied"


def test_never_on_a_live_account_and_nothing_where_it_is_off(
    script: Script, clock: Clock, account: Account, order: Order, payment: Payment, hook: Any
) -> None:
    live = make_account(live=True)
    live.rehearsal = {"lost_notification": True}
    with pytest.raises(IntegrityError), transaction.atomic():
        live.save()
    # Whatever stood in the row: the code asks as well.
    attempt = start(make_order(live.shop), live)
    assert type(live.provider_class) is type(account.provider_class)
    from checkout.payments.border import provider_for
    from checkout.payments.rehearsal import Misfortune, misfortunes_of

    live.rehearsal = {one.value: True for one in Misfortune}
    assert misfortunes_of(live) == []
    attempt.account = live
    assert type(provider_for(live, attempt)) is live.provider_class
    script.always("sync", paid)
    ring(account, id="n-1", reference=payment.reference)
    work()
    assert (events(order), len(hook.calls), marks(order)) == (["order.paid"], 1, [])
    assert sentence("payment.rehearsed", {"misfortune": "slow_bank"}) == f"{MARK}slow bank."
