"""A form that cannot be closed is left here, and lives on at the provider: what of the money that it brings?"""

import pytest

from checkout.models import Account, Order, Payment
from checkout.payments.cancel import cancel_attempt, give_up
from checkout.payments.orders import mark_seen
from checkout.payments.recover import check
from checkout.payments.reopen import can_reopen, reopen
from checkout.payments.start import NotPayable, start
from checkout.payments.timeline import Who
from checkout.states import OrderState, State
from providers.base import Outcome, Report
from providers.money import Money
from tests.scripted import Script, codes, make_account, paid, story
from tests.stories.changing import NEW, again, flagged, fresh, took


@pytest.fixture
def account(script: Script, transactional_db: None) -> Account:
    return make_account(provider="bare")  # like SysPay's, it has no call that closes a form


@pytest.fixture
def left(order: Order, payment: Payment) -> Payment:
    """Given up for another way, while its form is open somewhere."""
    assert cancel_attempt(payment, give_up=False, who=Who.SHOPPER).state == State.CANCELED
    return again(payment)


def test_a_fresh_form_and_the_old_one_is_paid(script: Script, order: Order, left: Payment) -> None:
    second = start(fresh(order), left.account)
    assert (second.number, len(script.asked("start"))) == (2, 2)
    script.will("sync", paid)
    check(left)
    assert (again(left).state, fresh(order).state) == (State.PAID, OrderState.PAID)
    assert flagged(order) == "it was paid while another attempt was still open"
    assert check(again(second)).state == State.CANCELED


def test_the_old_form_of_an_order_that_was_given_up(script: Script, order: Order, left: Payment) -> None:
    give_up(fresh(order), who=Who.SHOPPER)
    script.will("sync", paid)
    check(left)
    assert (fresh(order).state, flagged(order)) == (
        OrderState.PAID,
        "42.99 EUR came after the order was canceled",
    )


def test_the_old_form_brings_another_amount_and_nobody_pays_once_more_before_a_person_looked(
    script: Script, order: Order, left: Payment
) -> None:
    script.always("sync", took(NEW))
    check(left)
    assert (again(left).state, again(left).may_retry, again(left).captured_minor) == (
        State.CANCELED,
        False,
        0,
    )
    assert flagged(order) == "asked 42.99 EUR, provider reports 50.00 EUR"
    with pytest.raises(NotPayable):
        start(fresh(order), left.account)
    mark_seen(order, user=None)
    assert can_reopen(fresh(order))
    reopen(fresh(order))
    check(again(left))  # the same once more blocks nobody
    assert (flagged(order), start(fresh(order), left.account).number) == ("", 2)


@pytest.mark.parametrize(
    "gone",
    [
        Report(outcome=Outcome.REFUNDED, authorized=NEW, captured=NEW, refunded=NEW),
        Report(outcome=Outcome.CANCELED, authorized=NEW, captured=Money.zero("EUR"), voided=NEW),
        Report(outcome=Outcome.CANCELED, given_back=True),
    ],
    ids=["refunded", "voided", "under another reference"],
)
def test_another_amount_that_is_given_back_there_lets_the_order_be_paid(
    script: Script, order: Order, payment: Payment, gone: Report
) -> None:
    script.always("sync", took(NEW))
    check(payment)
    assert again(payment).state == State.PENDING
    give_up(fresh(order), who=Who.MERCHANT)
    assert (fresh(order).state, again(payment).state) == (
        OrderState.OPEN,
        State.PENDING,
    )  # it holds money there
    part = Report(outcome=Outcome.PAID, authorized=NEW, captured=NEW, refunded=Money(1, "EUR"))
    script.will("sync", part)
    assert check(again(payment)).state == State.PENDING
    mark_seen(order, user=None)
    script.always("sync", gone)
    check(again(payment))
    row = again(payment)
    assert (row.state, row.captured_minor, row.refunded_minor, flagged(order)) == (State.CANCELED, 0, 0, "")
    assert story(order)[-1] == "Bare says that all of this money went back. Attempt 1 has come to nothing."
    check(row)
    assert codes(order).count("payment.given_back") == 1
    assert start(fresh(order), payment.account).number == 2


def test_what_was_left_and_is_given_back_blocks_nobody_any_more(
    script: Script, order: Order, left: Payment
) -> None:
    script.will(
        "sync", took(NEW), Report(outcome=Outcome.REFUNDED, authorized=NEW, captured=NEW, refunded=NEW)
    )
    assert check(left).may_retry is False
    assert check(again(left)).may_retry is True
    assert start(fresh(order), left.account).number == 2


def test_money_of_another_payment_that_went_back_says_nothing_of_this_one(
    script: Script, order: Order, payment: Payment
) -> None:
    script.will(
        "sync",
        Report(outcome=Outcome.REFUNDED, reference="G-X-1", authorized=NEW, captured=NEW, refunded=NEW),
    )
    assert check(payment).state == State.PENDING
