"""What becomes of money that a page of before an order was changed brings? It is kept, told, and pays no order."""

from typing import Any

import pytest

from checkout.models import Account, Order, Payment
from checkout.payments.operate import operate
from checkout.payments.orders import mark_seen
from checkout.payments.recover import check
from checkout.payments.start import NotPayable, start
from checkout.states import OrderState, State
from providers.base import Outcome, Report, Verb
from providers.errors import Invalid
from providers.money import Money
from tests.scripted import (
    Script,
    events,
    paid,
    story,
)
from tests.stories.changing import NEW, OLD, THIRD, again, at, flagged, fresh, to, took


@pytest.fixture(params=["given up", "changed"])
def old(request: Any, script: Script, account: Account, order: Order, payment: Payment) -> Payment:
    """An attempt of 42.99 EUR at an order that is over 50.00 EUR by now; its page may still be open somewhere."""
    script.will("update", Invalid("order", "cannot be changed") if request.param == "given up" else at(NEW))
    to(order)
    assert again(payment).is_open is (request.param == "changed")
    return again(payment)


@pytest.mark.parametrize("asked", [None, NEW])
def test_late_money_of_the_old_amount(
    script: Script, order: Order, old: Payment, asked: Money | None
) -> None:
    script.will("sync", took(OLD, asked=asked))
    row = check(old)
    assert (row.state, row.money, row.captured) == (State.PAID, OLD, OLD)
    assert (fresh(order).state, fresh(order).money) == (OrderState.OPEN, NEW)
    assert flagged(order) == "42.99 EUR came for the order, which is over 50.00 EUR by now"
    assert events(order) == ["order.attention"]
    with pytest.raises(NotPayable, match="its money is authorised already"):
        start(fresh(order), old.account)

    assert operate(row, Verb.REFUND, OLD).status == "success"
    assert again(row).state == State.REFUNDED
    mark_seen(order, user=None)
    attempt = start(fresh(order), old.account)
    script.will("sync", paid)
    assert (attempt.money, check(attempt).state) == (NEW, State.PAID)
    assert (fresh(order).state, fresh(order).money) == (OrderState.PAID, NEW)


def test_a_person_has_seen_the_late_money(script: Script, order: Order, old: Payment) -> None:
    script.always("sync", took(OLD))
    check(old)
    mark_seen(order, user=None)
    check(again(old))
    assert flagged(order) == ""  # and the rules of money hold, as after every story


def test_late_money_of_the_old_amount_that_is_captured_later(
    script: Script, order: Order, old: Payment
) -> None:
    script.will("sync", Report(outcome=Outcome.AUTHORIZED, authorized=OLD), took(OLD))
    assert check(old).state == State.AUTHORIZED
    assert (fresh(order).state, events(order)) == (OrderState.OPEN, ["order.attention"])
    assert check(again(old)).state == State.PAID
    assert fresh(order).state == OrderState.OPEN


def test_neither_the_old_nor_the_new_amount(script: Script, order: Order, old: Payment) -> None:
    script.will("sync", took(THIRD))
    row = check(old)
    assert (row.captured_minor, row.money) == (0, old.money)
    assert flagged(order) == f"asked {old.money}, provider reports 60.00 EUR"


def test_sums_that_cannot_be_leave_the_amount_as_it_was(
    script: Script, order: Order, payment: Payment
) -> None:
    script.will("update", at(NEW))
    to(order)
    script.will("sync", Report(outcome=Outcome.PAID, authorized=OLD, captured=NEW))
    row = check(again(payment))
    assert (row.state, row.money, row.captured_minor) == (State.PENDING, NEW, 0)


def test_after_the_new_amount_was_paid_the_old_one_comes_as_well(
    script: Script, account: Account, order: Order, payment: Payment
) -> None:
    script.will("update", Invalid("order", "cannot be changed"))
    to(order)
    second = start(fresh(order), account)
    script.will("sync", paid)
    check(second)
    script.will("sync", took(OLD))
    assert check(again(payment)).state == State.PAID
    assert flagged(order) == (
        "42.99 EUR came for the order, which is over 50.00 EUR by now; "
        "a second payment of 42.99 EUR came for the same order: void or refund one"
    )


def test_what_was_paid_is_not_talked_back_to_the_old_amount(
    script: Script, order: Order, payment: Payment
) -> None:
    script.will("update", at(NEW))
    to(order)
    script.will("sync", took(NEW), took(OLD))
    check(again(payment))
    row = check(again(payment))
    assert (row.state, row.money, row.captured) == (State.PAID, NEW, NEW)
    assert flagged(order) == "asked 50.00 EUR, provider reports 42.99 EUR"


def test_there_and_back_again_the_old_money_pays(script: Script, order: Order, payment: Payment) -> None:
    for money in (NEW, OLD):
        script.will("update", at(money))
        to(order, money)
    assert again(payment).wanted == {"before": [5000]}
    script.will("sync", took(OLD, asked=OLD))
    assert check(again(payment)).state == State.PAID
    assert (fresh(order).state, flagged(order)) == (OrderState.PAID, "")


def test_of_another_currency_nothing_is_taken(script: Script, order: Order, payment: Payment) -> None:
    script.will("update", at(NEW))
    to(order)
    script.will("sync", took(Money(4299, "USD")))
    assert check(again(payment)).state == State.PENDING
    assert flagged(order) == "asked 50.00 EUR, provider reports 42.99 USD"


def test_a_provider_that_asks_for_another_amount_by_itself(
    script: Script, order: Order, payment: Payment
) -> None:
    script.will("sync", at(THIRD))
    check(payment)
    assert story(order)[-1] == (
        "Not believed: asked 42.99 EUR, but the provider's own order is over 60.00 EUR"
    )
    assert fresh(order).money == OLD
