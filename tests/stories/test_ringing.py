"""What becomes of a provider's notification? Kept before it is believed, followed up until there was an answer."""

import json
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from checkout.models import Account, Delivery, Order, Payment
from checkout.states import OrderState, State
from checkout.tasks import run_sweep
from providers.errors import Misconfigured, Uncertain
from tests.scripted import Clock, Script, Scripted, codes, events, make_payment, paid, signed, story, work


def ring(account: Account, signature: str = "", **said: Any) -> HttpResponse:
    body = json.dumps(said).encode()
    return Client().post(
        f"/notify/{account.pk}/",
        body,
        content_type="application/json",
        headers={"X-Signature": signature or signed(body)},
    )  # type: ignore[return-value]


def test_a_ring_brings_the_truth(script: Script, account: Account, order: Order, payment: Payment) -> None:
    answer = ring(account, id="n-1", provider_ids=[payment.provider_id], about="payment closed")
    assert (answer.status_code, answer.content) == (200, b"OK")
    assert script.asked("sync") == []  # no web thread waits for a provider here

    script.will("sync", paid)
    assert work()[0] == "follow_up_delivery"
    delivery = Delivery.objects.get()
    assert (delivery.verdict, delivery.payment, delivery.attempts) == ("applied", payment, 1)
    assert delivery.settled_at is not None
    assert delivery.next_try_at is None
    payment.refresh_from_db()
    assert payment.state == State.PAID
    assert "Scripted sent a notification: payment closed. We ask what is true." in story(order)
    account.refresh_from_db()
    assert account.last_notification_at is not None


def test_the_same_ring_again_is_counted_and_nothing_else(
    script: Script, account: Account, order: Order, payment: Payment
) -> None:
    script.will("sync", paid)
    for _ring in range(3):
        assert ring(account, id="n-1", reference=payment.reference).status_code == 200
    work()
    assert Delivery.objects.get().duplicates == 2
    assert len(script.asked("sync")) == 1
    assert codes(order).count("payment.notified") == 1
    assert ring(account, id="n-1", reference=payment.reference).status_code == 200
    assert Delivery.objects.get().duplicates == 3
    assert events(order) == ["order.paid"]


def test_a_ring_while_the_first_is_followed_up_is_counted_too(
    script: Script, account: Account, payment: Payment
) -> None:
    ring(account, id="n-1", reference=payment.reference)
    script.during("sync", lambda: ring(account, id="n-1", reference=payment.reference))
    work()
    assert Delivery.objects.get().duplicates == 1


def test_long_keys_are_not_cut_into_one(script: Script, account: Account) -> None:
    ring(account, id="x" * 150 + "1")
    ring(account, id="x" * 150 + "2")
    assert Delivery.objects.count() == 2


def test_forged(script: Script, account: Account, order: Order, payment: Payment) -> None:
    answer = ring(account, "f" * 64, id="n-1", reference=payment.reference)
    assert answer.status_code == 401
    assert work() == []
    assert not Delivery.objects.exists()
    assert script.calls[-1].verb == "start"
    payment.refresh_from_db()
    assert payment.state == State.STARTED
    assert "payment.notified" not in codes(order)
    account.refresh_from_db()
    assert account.last_notification_at is None


def test_authentic_but_unreadable(script: Script, account: Account) -> None:
    answer = ring(account, about="no id")
    assert (answer.status_code, json.loads(answer.content)["field"]) == (400, "id")
    assert not Delivery.objects.exists()


@pytest.mark.parametrize("problem", [Misconfigured("no key"), Uncertain("the key server is down")])
def test_what_can_be_neither_believed_nor_refused_comes_again(
    script: Script, monkeypatch: pytest.MonkeyPatch, account: Account, problem: Exception
) -> None:
    def puzzled(*_words: object) -> None:
        raise problem

    monkeypatch.setattr(Scripted, "read_notification", puzzled)
    assert ring(account, id="n-1").status_code == 503
    assert not Delivery.objects.exists()


def test_nobodys_payment_is_looked_up_again_and_then_rests(
    script: Script, clock: Clock, account: Account
) -> None:
    ring(account, id="n-1", provider_ids=["P-unknown"])
    attempts = []
    for _quarter in range(12):
        run_sweep()
        work()
        attempts.append(Delivery.objects.get().attempts)
        clock.forward(minutes=15)
    delivery = Delivery.objects.get()
    assert (delivery.verdict, delivery.attempts, delivery.next_try_at) == ("unmatched", 5, None)
    assert attempts == [1, 2, 3, 4, 5, 5, 5, 5, 5, 5, 5, 5]
    assert script.asked("sync") == []


def test_one_that_was_given_up_and_rings_again_is_looked_at_again(
    script: Script, clock: Clock, account: Account, order: Order
) -> None:
    ring(account, id="n-1", provider_ids=["P-late"])
    for _quarter in range(6):
        run_sweep()
        work()
        clock.forward(minutes=15)
    assert Delivery.objects.values_list("attempts", "next_try_at").get() == (5, None)
    # In vain, and so it rests again: one ring is one look.
    ring(account, id="n-1", provider_ids=["P-late"])
    assert work() == ["follow_up_delivery"]
    delivery = Delivery.objects.get()
    assert (delivery.attempts, delivery.duplicates, delivery.next_try_at) == (6, 1, None)
    payment = make_payment(order, account, provider_id="P-late")
    script.will("sync", paid)
    ring(account, id="n-1", provider_ids=["P-late"])
    work()
    payment.refresh_from_db()
    assert (payment.state, Delivery.objects.get().verdict) == (State.PAID, "applied")
    # What is settled stays so.
    ring(account, id="n-1", provider_ids=["P-late"])
    assert "follow_up_delivery" not in work()
    assert Delivery.objects.get().duplicates == 3


def test_one_that_rings_while_it_is_given_up_is_not_left_alone(
    script: Script, clock: Clock, account: Account, payment: Payment
) -> None:
    ring(account, id="n-1", reference=payment.reference)
    Delivery.objects.update(attempts=5)
    script.will("sync", Uncertain("HTTP 503"), paid)
    script.during("sync", lambda: ring(account, id="n-1", reference=payment.reference))
    assert work() == ["follow_up_delivery"]
    assert Delivery.objects.get().next_try_at is not None
    run_sweep()
    work()
    assert Delivery.objects.get().verdict == "applied"


def test_a_ring_that_overtakes_our_own_commit(
    script: Script, clock: Clock, account: Account, order: Order
) -> None:
    ring(account, id="n-1", provider_ids=["P-soon"])
    work()
    assert Delivery.objects.get().verdict == "unmatched"
    payment = make_payment(order, account, provider_id="P-soon")
    script.will("sync", paid)
    clock.forward(seconds=6)
    run_sweep()
    work()
    payment.refresh_from_db()
    assert payment.state == State.PAID
    assert Delivery.objects.get().verdict == "applied"


def test_the_provider_is_down_when_it_is_asked(
    script: Script, clock: Clock, account: Account, order: Order, payment: Payment
) -> None:
    ring(account, id="n-1", reference=payment.reference)
    script.will("sync", Uncertain("HTTP 503"), Uncertain("HTTP 503"), paid)
    work()
    delivery = Delivery.objects.get()
    assert (delivery.verdict, delivery.error) == (
        "failed",
        "The provider could not be asked, or gave no answer.",
    )
    assert delivery.settled_at is None
    for _try in range(2):
        clock.forward(minutes=4)
        run_sweep()
        work()
    delivery.refresh_from_db()
    assert (delivery.verdict, delivery.error) == ("applied", "")
    order.refresh_from_db()
    assert order.state == OrderState.PAID
    assert events(order) == ["order.paid"]


def test_an_attempt_that_is_being_started_is_not_asked_about(
    script: Script, clock: Clock, account: Account, order: Order
) -> None:
    payment = make_payment(order, account, state=State.CREATED)
    ring(account, id="n-1", reference=payment.reference)
    work()
    assert script.asked("sync") == []
    assert Delivery.objects.get().verdict == "failed"
    clock.forward(minutes=2)
    script.will("sync", paid)
    run_sweep()
    work()
    assert Delivery.objects.get().verdict == "applied"


def test_a_ring_at_another_account_finds_nothing_of_ours(
    script: Script, account: Account, payment: Payment
) -> None:
    from tests.scripted import make_account

    other = make_account()
    ring(other, id="n-1", reference=payment.reference)
    work()
    assert Delivery.objects.get().verdict == "unmatched"
    assert script.asked("sync") == []


def test_an_account_nobody_has(script: Script, account: Account) -> None:
    assert (
        Client().post("/notify/00000000-0000-4000-8000-000000000000/", b"{}", content_type="x/y").status_code
        == 404
    )
    assert Client().post("/notify/nonsense/", b"{}", content_type="x/y").status_code == 404
    assert Client().get(f"/notify/{account.pk}/").status_code == 405


def test_the_delivery_and_its_task_are_stored_together_or_not_at_all(
    script: Script, monkeypatch: pytest.MonkeyPatch, account: Account
) -> None:
    from checkout import tasks

    class Broken:
        def enqueue(self, *_words: object) -> None:
            raise RuntimeError("the queue is full")

    monkeypatch.setattr(tasks, "follow_up_delivery", Broken())
    with pytest.raises(RuntimeError):
        ring(account, id="n-1")
    assert not Delivery.objects.exists()
