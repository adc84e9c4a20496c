"""May an order be paid after all? A person says so, the provider is told first, attempts are never recycled."""

import pytest

from checkout.models import Account, Order, Payment
from checkout.payments.cancel import give_up
from checkout.payments.expire import expire
from checkout.payments.recover import check
from checkout.payments.reopen import NotReopenable, can_reopen, reopen
from checkout.payments.start import NotPayable, start
from checkout.payments.timeline import Who
from checkout.states import OrderState, State
from providers.base import Outcome, Report
from providers.errors import Uncertain
from tests.scripted import Clock, Script, codes, events, make_payment, paid


def fresh(order: Order) -> Order:
    return Order.objects.select_related("shop").get(pk=order.pk)


def test_after_it_was_given_up(script: Script, account: Account, order: Order, payment: Payment) -> None:
    give_up(order, who=Who.SHOPPER)
    with pytest.raises(NotPayable, match="the order is canceled"):
        start(order, account)
    opened = reopen(fresh(order))
    assert (opened.state, opened.closed_at, opened.extensions) == (OrderState.OPEN, None, 0)
    assert script.verbs()[-1] == "reopen"
    assert events(order) == ["order.canceled", "order.reopened"]
    second = start(fresh(order), account)
    assert second.reference == f"{order.number}-2"
    assert script.asked("start")[-1].charge.previous == {"session": f"P-{payment.reference}"}


def test_after_it_ran_out(script: Script, clock: Clock, order: Order, payment: Payment) -> None:
    clock.forward(minutes=26)
    expire(fresh(order))
    opened = reopen(fresh(order))
    assert opened.state == OrderState.OPEN
    assert opened.expires_at > clock.now()


def test_a_blocked_order(script: Script, account: Account, order: Order, payment: Payment) -> None:
    unsafe = Report(outcome=Outcome.FAILED, may_retry=False)
    script.will("sync", unsafe)
    check(payment)
    assert fresh(order).attention == "another attempt could charge twice: look at the provider's record first"
    assert events(order) == ["payment.failed", "order.attention"]
    with pytest.raises(NotPayable, match="a further attempt could charge twice"):
        start(fresh(order), account)
    assert can_reopen(fresh(order))
    reopen(fresh(order))

    # A late look repeats the provider's old warning; the person has heard it.
    script.will("sync", unsafe)
    check(Payment.objects.get(pk=payment.pk))
    assert events(order) == ["payment.failed", "order.attention", "order.reopened"]
    assert start(fresh(order), account).number == 2


def test_not_while_an_attempt_is_under_way_or_has_money(
    script: Script, account: Account, order: Order
) -> None:
    make_payment(order, account)
    with pytest.raises(NotReopenable):
        reopen(fresh(order))
    order.payments.all().update(state=State.AUTHORIZED, authorized_minor=4299)
    with pytest.raises(NotReopenable):
        reopen(fresh(order))
    assert "order.reopened" not in codes(order)
    assert script.asked("reopen") == []


def test_an_open_order_that_nothing_blocks_is_not_reopened(script: Script, order: Order) -> None:
    with pytest.raises(NotReopenable):
        reopen(fresh(order))


def test_the_provider_cannot_reopen_its_own(script: Script, order: Order, payment: Payment) -> None:
    give_up(order, who=Who.SHOPPER)
    script.will("reopen", Uncertain("HTTP 503"))
    with pytest.raises(Uncertain):
        reopen(fresh(order))
    assert fresh(order).state == OrderState.CANCELED
    assert events(order) == ["order.canceled"]


def test_money_came_while_the_provider_was_being_told(script: Script, order: Order, payment: Payment) -> None:
    give_up(order, who=Who.SHOPPER)
    script.will("sync", paid)

    def money_comes() -> None:
        check(Payment.objects.get(pk=payment.pk))

    script.during("reopen", money_comes)
    with pytest.raises(NotReopenable, match="it changed meanwhile"):
        reopen(fresh(order))
    assert fresh(order).state == OrderState.PAID
    assert "order.reopened" not in codes(order)
