"""Two at once on one order: what does the lock prevent? Each race runs with it, and without, where it must go wrong."""

from typing import Any

import pytest
from django.db import IntegrityError

from checkout.models import Account, Order, Payment
from checkout.payments import apply as applying
from checkout.payments import cancel as cancelling
from checkout.payments import operate as operating
from checkout.payments.apply import apply
from checkout.payments.cancel import close, give_up
from checkout.payments.figures import violations
from checkout.payments.operate import NotPossible, operate
from checkout.payments.recover import check
from checkout.payments.reopen import reopen
from checkout.payments.settle import returned
from checkout.payments.start import NotPayable, start
from checkout.payments.timeline import Who
from checkout.states import OrderState, State
from providers.base import Outcome, Report, Verb
from providers.money import Money
from tests.races.starting_line import Race, all_at_once
from tests.scripted import Script, events, make_payment, paid

EUR = Money(4299, "EUR")


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def fresh(order: Order) -> Order:
    return Order.objects.select_related("shop").get(pk=order.pk)


def states(order: Order) -> list[str]:
    return [str(state) for state in order.payments.order_by("number").values_list("state", flat=True)]


def broken() -> dict[str, int]:
    return {rule: n for rule, n in violations().items() if n}


# --- two starts ----------------------------------------------------------------------------------------------------


def two_starts(race: Race, order: Order, account: Account) -> tuple[Any, Any]:
    race.gate(Order, "latest_attempt")  # called between "is there an open attempt?" and the new one
    return race.run(lambda: start(fresh(order), account), lambda: start(fresh(order), account))


def test_two_starts_make_one_attempt(race: Race, script: Script, account: Account, order: Order) -> None:
    one, two = two_starts(race, order, account)
    assert one.pk == two.pk
    assert states(order) == ["started"]
    assert len(script.asked("start")) == 1
    assert race.second_came_through is False


@pytest.mark.usefixtures("without_lock")
def test_twin_two_starts_without_the_lock(race: Race, script: Script, account: Account, order: Order) -> None:
    """The constraint still holds, but the shopper who clicked twice is shown an error instead of his payment."""
    one, two = two_starts(race, order, account)
    assert isinstance(one, IntegrityError)
    assert two.state == State.STARTED
    assert race.second_came_through is True


# --- the same money told three times -------------------------------------------------------------------------------


def told_twice(race: Race, script: Script, account: Account, order: Order) -> Payment:
    payment = make_payment(order, account)
    script.always("sync", paid)
    race.gate(applying, "objection")  # called between reading the payment and writing it
    row = Payment.objects.select_related("order__shop", "account").get(pk=payment.pk)
    one, two = race.run(lambda: returned(row, {"claim": "success"}, patience=5), lambda: check(row))
    assert (one.state, two.state) == (State.PAID, State.PAID)
    return payment


def test_a_return_and_a_notification_bring_one_event(
    race: Race, script: Script, account: Account, order: Order
) -> None:
    told_twice(race, script, account, order)
    assert events(order) == ["order.paid"]
    assert order.timeline.filter(code="payment.paid").count() == 1
    assert broken() == {}


@pytest.mark.usefixtures("without_lock")
def test_twin_a_return_and_a_notification_without_the_lock(
    race: Race, script: Script, account: Account, order: Order
) -> None:
    told_twice(race, script, account, order)
    assert order.timeline.filter(code="payment.paid").count() == 2
    assert len(events(order)) == 2


def test_two_returns_and_three_rings_at_once(script: Script, account: Account, order: Order) -> None:
    payment = make_payment(order, account)
    script.always("sync", paid)
    row = Payment.objects.select_related("order__shop", "account").get(pk=payment.pk)
    came = [lambda: returned(row, {"claim": "success"}, patience=5)] * 2
    rang = [lambda: check(row)] * 3
    assert [result.state for result in all_at_once(*came, *rang)] == [State.PAID] * 5
    assert events(order) == ["order.paid"]
    assert order.timeline.filter(code="payment.returned").count() == 1
    assert broken() == {}


# --- start and cancel ----------------------------------------------------------------------------------------------


def start_while_cancelled(race: Race, order: Order, account: Account) -> tuple[Any, Any]:
    race.gate(cancelling, "can_move_order")  # called between "is anything under way?" and closing
    return race.run(lambda: give_up(fresh(order), who=Who.SHOP), lambda: start(fresh(order), account))


def test_a_cancelled_order_is_not_started(race: Race, script: Script, account: Account, order: Order) -> None:
    closed, begun = start_while_cancelled(race, order, account)
    assert closed.state == OrderState.CANCELED
    assert isinstance(begun, NotPayable)
    assert states(order) == []
    assert script.asked("start") == []


@pytest.mark.usefixtures("without_lock")
def test_twin_a_cancelled_order_is_started_without_the_lock(
    race: Race, script: Script, account: Account, order: Order
) -> None:
    closed, begun = start_while_cancelled(race, order, account)
    assert (closed.state, begun.state) == (OrderState.CANCELED, State.STARTED)
    assert fresh(order).state == OrderState.CANCELED
    assert states(order) == ["started"]  # the shopper pays an order that the shop has given away


def cancelled_while_started(race: Race, order: Order, account: Account) -> tuple[Any, Any]:
    race.gate(Order, "latest_attempt")
    return race.run(
        lambda: start(fresh(order), account), lambda: close(fresh(order), OrderState.CANCELED, who=Who.SHOP)
    )


def test_a_started_order_is_not_closed(race: Race, script: Script, account: Account, order: Order) -> None:
    begun, closed = cancelled_while_started(race, order, account)
    assert (begun.state, closed.state) == (State.STARTED, OrderState.OPEN)
    assert fresh(order).state == OrderState.OPEN


@pytest.mark.usefixtures("without_lock")
def test_twin_a_started_order_is_closed_without_the_lock(
    race: Race, script: Script, account: Account, order: Order
) -> None:
    begun, _closed = cancelled_while_started(race, order, account)
    assert begun.state == State.STARTED
    assert fresh(order).state == OrderState.CANCELED


# --- expiry and money ----------------------------------------------------------------------------------------------


def expired_while_paid(race: Race, order: Order, account: Account) -> tuple[Any, Any]:
    payment = make_payment(order, account, state=State.EXPIRED)
    Order.objects.filter(pk=order.pk).update(expires_at=order.created_at)
    race.gate(cancelling, "can_move_order")
    report = Report(outcome=Outcome.PAID, authorized=EUR, captured=EUR)
    return race.run(
        lambda: close(fresh(order), OrderState.EXPIRED, who=Who.GUICHET), lambda: apply(payment.pk, report)
    )


def test_money_that_comes_while_it_expires(
    race: Race, script: Script, account: Account, order: Order
) -> None:
    expired_while_paid(race, order, account)
    after = fresh(order)
    assert (after.state, states(order)) == (OrderState.PAID, ["paid"])
    assert after.attention == "42.99 EUR came after the order was expired"
    assert events(order) == ["order.expired", "order.paid", "order.attention"]
    assert broken() == {}


@pytest.mark.usefixtures("without_lock")
def test_twin_money_that_comes_while_it_expires_without_the_lock(
    race: Race, script: Script, account: Account, order: Order
) -> None:
    expired_while_paid(race, order, account)
    assert (fresh(order).state, states(order)) == (OrderState.EXPIRED, ["paid"])
    assert events(order) == ["order.paid", "order.expired"]
    assert broken() == {"a payment is paid but its order is not": 1}


# --- two refunds ---------------------------------------------------------------------------------------------------


def two_refunds(race: Race, order: Order, account: Account, money: Money) -> tuple[Any, Any]:
    payment = make_payment(order, account, state=State.PAID)
    race.gate(operating, "left")  # called between "how much is left?" and the intent
    return race.run(
        lambda: operate(payment, Verb.REFUND, money), lambda: operate(payment, Verb.REFUND, money)
    )


def test_two_refunds_at_once_are_one(race: Race, script: Script, account: Account, order: Order) -> None:
    one, two = two_refunds(race, order, account, EUR)
    assert one.status == "success"
    assert isinstance(two, NotPossible)
    assert [call.money for call in script.asked("refund")] == [EUR]
    assert order.payments.get().refunded_minor == 4299
    assert events(order) == ["order.refunded"]


@pytest.mark.usefixtures("without_lock")
def test_twin_two_refunds_without_the_lock(
    race: Race, script: Script, account: Account, order: Order
) -> None:
    """Each sees that nothing is under way and all is left; the provider is asked to give the money back twice."""
    two_refunds(race, order, account, EUR)
    assert [call.money for call in script.asked("refund")] == [EUR, EUR]


def test_many_small_refunds_never_give_back_more_than_was_captured(
    script: Script, account: Account, order: Order
) -> None:
    payment = make_payment(order, account, state=State.PAID)
    results = all_at_once(*[lambda: operate(payment, Verb.REFUND, eur(1500))] * 6)
    made = [found for found in results if not isinstance(found, NotPossible)]
    given = sum(call.money.minor for call in script.asked("refund") if call.money)
    assert all(isinstance(found, NotPossible) or found.status == "success" for found in results)
    assert given == 1500 * len(made) <= 4299
    assert order.payments.get().refunded_minor == given


# --- an older answer after a newer one -----------------------------------------------------------------------------


def older_after_newer(race: Race, payment: Payment, older: Report, newer: Report) -> Payment:
    race.gate(applying, "objection")
    race.run(lambda: apply(payment.pk, older), lambda: apply(payment.pk, newer))
    return Payment.objects.get(pk=payment.pk)


REFUNDED_500 = Report(outcome=Outcome.PAID, refunded=eur(500))
REFUNDED_1000 = Report(outcome=Outcome.PAID, refunded=eur(1000))
PAID = Report(outcome=Outcome.PAID, authorized=EUR, captured=EUR)
FAILED = Report(outcome=Outcome.FAILED)


def test_a_sum_does_not_shrink(race: Race, script: Script, account: Account, order: Order) -> None:
    payment = make_payment(order, account, state=State.PAID)
    assert older_after_newer(race, payment, REFUNDED_500, REFUNDED_1000).refunded_minor == 1000


@pytest.mark.usefixtures("without_lock")
def test_twin_a_sum_shrinks_without_the_lock(
    race: Race, script: Script, account: Account, order: Order
) -> None:
    payment = make_payment(order, account, state=State.PAID)
    assert older_after_newer(race, payment, REFUNDED_500, REFUNDED_1000).refunded_minor == 500


def test_paid_stays_paid(race: Race, script: Script, account: Account, order: Order) -> None:
    payment = make_payment(order, account)
    assert older_after_newer(race, payment, FAILED, PAID).state == State.PAID
    assert (fresh(order).state, broken()) == (OrderState.PAID, {})


@pytest.mark.usefixtures("without_lock")
def test_twin_paid_becomes_failed_without_the_lock(
    race: Race, script: Script, account: Account, order: Order
) -> None:
    payment = make_payment(order, account)
    assert older_after_newer(race, payment, FAILED, PAID).state == State.FAILED
    assert broken() == {
        "an order is paid without a paid payment": 1,
        "what moved is not what a payment's sums say": 1,
    }


# --- reopening -----------------------------------------------------------------------------------------------------


def reopened_while_paid(
    race: Race, monkeypatch: pytest.MonkeyPatch, order: Order, account: Account
) -> tuple[Any, Any]:
    from checkout.payments import reopen as reopening

    payment = make_payment(order, account, state=State.CANCELED)
    Order.objects.filter(pk=order.pk).update(state=OrderState.CANCELED)
    race.gate(reopening, "can_move_order")  # called between "may it?" and the new state
    return race.run(lambda: reopen(fresh(order)), lambda: apply(payment.pk, PAID))


def test_money_that_comes_while_it_is_reopened(
    race: Race, monkeypatch: pytest.MonkeyPatch, script: Script, account: Account, order: Order
) -> None:
    reopened_while_paid(race, monkeypatch, order, account)
    assert (fresh(order).state, broken()) == (OrderState.PAID, {})


@pytest.mark.usefixtures("without_lock")
def test_twin_a_paid_order_is_reopened_without_the_lock(
    race: Race, monkeypatch: pytest.MonkeyPatch, script: Script, account: Account, order: Order
) -> None:
    reopened_while_paid(race, monkeypatch, order, account)
    assert fresh(order).state == OrderState.OPEN
    assert broken() == {"a payment is paid but its order is not": 1}
