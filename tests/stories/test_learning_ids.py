"""What does a payment learn from a ring, and what becomes of a ring that is about nothing of ours?"""

import json
from typing import Any

from django.test import Client

from checkout.models import Account, Delivery, Order, Payment
from checkout.payments.recover import check
from checkout.states import State
from checkout.tasks import run_sweep
from tests.scripted import Clock, Script, codes, make_account, make_order, make_payment, paid, signed, work


def ring(account: Account, **said: Any) -> None:
    body = json.dumps(said).encode()
    headers = {"X-Signature": signed(body)}
    url = f"/notify/{account.pk}/"
    assert Client().post(url, body, content_type="application/json", headers=headers).status_code == 200


def ids(payment: Payment) -> list[str]:
    return list(payment.provider_references.order_by("pk").values_list("value", flat=True))


# --- ignored ---------------------------------------------------------------------------------------------------------


def test_a_ring_about_nothing_of_ours_is_kept_and_left_alone(
    script: Script, clock: Clock, account: Account, order: Order, payment: Payment
) -> None:
    why = "A subscription was renewed, and there are none here."
    asked, told = script.verbs(), codes(order)
    ring(account, id="n-1", about="subscription renewed", reference=payment.reference, ignored=why)
    delivery = Delivery.objects.get()
    assert (delivery.verdict, delivery.error, delivery.about) == ("ignored", why, "subscription renewed")
    assert delivery.settled_at is not None
    assert (delivery.next_try_at, delivery.payment, delivery.attempts) == (None, None, 0)
    assert work() == []

    clock.forward(minutes=15)
    run_sweep()
    assert "follow_up_delivery" not in work()  # not by the sweep either
    assert codes(order)[: len(told)] == told
    assert "payment.notified" not in codes(order)
    assert script.verbs()[: len(asked)] == asked
    account.refresh_from_db()
    assert account.last_notification_at is not None  # the merchant sees that the provider reaches us


def test_an_ignored_ring_that_comes_again_is_counted(script: Script, account: Account) -> None:
    for _ring in range(3):
        ring(account, id="n-1", ignored="not ours")
    assert (Delivery.objects.get().duplicates, work()) == (2, [])


# --- learned ---------------------------------------------------------------------------------------------------------


def test_the_ids_of_a_ring_are_asked_about_from_then_on(
    script: Script, account: Account, payment: Payment
) -> None:
    ring(account, id="n-1", reference=payment.reference, provider_ids=["T-1", payment.provider_id, "T-2"])
    work()
    assert ids(payment) == [payment.provider_id, "T-1", "T-2"]
    # The very question that the ring led to knows them.
    assert script.asked("sync")[0].charge.provider_ids == (payment.provider_id, "T-1", "T-2")


def test_a_later_ring_may_name_what_an_earlier_one_taught(
    script: Script, account: Account, payment: Payment
) -> None:
    ring(account, id="n-1", reference=payment.reference, provider_ids=["T-1"])
    work()
    script.will("sync", paid)
    ring(account, id="n-2", provider_ids=["T-1"])
    work()
    payment.refresh_from_db()
    assert payment.state == State.PAID
    assert [delivery.verdict for delivery in Delivery.objects.all()] == ["applied", "applied"]


def test_a_refunds_id_is_learned_when_the_payment_is_long_over(
    script: Script, account: Account, order: Order
) -> None:
    payment = make_payment(order, account, state=State.PAID)
    ring(account, id="n-1", provider_ids=[payment.provider_id, "R-1"])
    work()
    assert script.asked("sync")[0].charge.provider_ids == (payment.provider_id, "R-1")


def test_nothing_is_learned_of_a_ring_that_fits_two(script: Script, account: Account, order: Order) -> None:
    """Whose would they be?"""
    first = make_payment(order, account, state=State.FAILED)
    second = make_payment(order, account)
    for payment in (first, second):
        payment.provider_references.create(account=account, value="ORDER-7")
    ring(account, id="n-1", provider_ids=["ORDER-7", "T-1"])
    work()
    assert ids(first) == [first.provider_id, "ORDER-7"]
    assert ids(second) == [second.provider_id, "ORDER-7"]
    assert len(script.asked("sync")) == 2


def test_another_accounts_payment_learns_nothing(script: Script, account: Account, payment: Payment) -> None:
    ring(make_account(), id="n-1", reference=payment.reference, provider_ids=["T-1"])
    work()
    assert ids(payment) == [payment.provider_id]


def test_the_same_id_is_kept_once(script: Script, account: Account, payment: Payment) -> None:
    for number in range(3):
        ring(account, id=f"n-{number}", reference=payment.reference, provider_ids=["T-1", "T-1", ""])
        work()
    assert ids(payment) == [payment.provider_id, "T-1"]


def test_nobody_is_taught_without_end(script: Script, account: Account, payment: Payment) -> None:
    for number in range(3):
        many = [f"T-{number}-{name}" for name in range(60)]
        ring(account, id=f"n-{number}", reference=payment.reference, provider_ids=many)
        work()
    assert len(ids(payment)) == 100
    check(Payment.objects.get(pk=payment.pk))
    assert len(script.asked("sync")[-1].charge.provider_ids) == 100


def test_an_id_is_another_orders_alone(script: Script, account: Account, payment: Payment) -> None:
    other = make_payment(make_order(account.shop), account)
    ring(account, id="n-1", reference=other.reference, provider_ids=["T-1"])
    work()
    assert (ids(payment), ids(other)) == ([payment.provider_id], [other.provider_id, "T-1"])
