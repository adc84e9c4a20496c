"""A double click, or two people at one button of an order: is it done, and told, once?"""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from checkout.models import Account, Agreement, Order
from checkout.payments import agreement_follow_up as ending
from checkout.payments import cancel as cancelling
from checkout.payments import orders as ordering
from checkout.payments import reopen as reopening
from checkout.payments.agreement_follow_up import NotEnded, end
from checkout.payments.cancel import give_up
from checkout.payments.orders import mark_seen
from checkout.payments.reopen import NotReopenable, reopen
from checkout.payments.timeline import Who
from checkout.states import OrderState, State
from providers.agreements import Ending
from tests.races.starting_line import Race
from tests.scripted import Script, codes, events, make_agreement, make_payment


def fresh(order: Order) -> Order:
    return Order.objects.select_related("shop").get(pk=order.pk)


# --- cancel --------------------------------------------------------------------------------------------------------


def two_cancel(race: Race, order: Order) -> tuple[Any, Any]:
    race.gate(cancelling, "can_move_order")
    errand = lambda: give_up(fresh(order), who=Who.MERCHANT)  # noqa: E731
    return race.run(errand, errand)


def test_canceled_once(race: Race, script: Script, order: Order) -> None:
    one, two = two_cancel(race, order)
    assert (one.state, two.state) == (OrderState.CANCELED, OrderState.CANCELED)
    assert (codes(order).count("order.canceled"), events(order)) == (1, ["order.canceled"])


@pytest.mark.usefixtures("without_lock")
def test_twin_canceled_without_the_lock(race: Race, script: Script, order: Order) -> None:
    two_cancel(race, order)
    assert codes(order).count("order.canceled") == 2


# --- reopen --------------------------------------------------------------------------------------------------------


def two_reopen(race: Race, order: Order, account: Account) -> tuple[Any, Any]:
    make_payment(order, account, state=State.CANCELED)
    Order.objects.filter(pk=order.pk).update(state=OrderState.CANCELED, closed_at=timezone.now())
    race.gate(reopening, "can_move_order")
    return race.run(lambda: reopen(fresh(order)), lambda: reopen(fresh(order)))


def test_reopened_once(race: Race, script: Script, account: Account, order: Order) -> None:
    one, two = two_reopen(race, order, account)
    assert one.state == OrderState.OPEN
    assert isinstance(two, NotReopenable)
    assert (codes(order).count("order.reopened"), events(order)) == (1, ["order.reopened"])


@pytest.mark.usefixtures("without_lock")
def test_twin_reopened_without_the_lock(race: Race, script: Script, account: Account, order: Order) -> None:
    two_reopen(race, order, account)
    assert codes(order).count("order.reopened") == 2


# --- mark as seen --------------------------------------------------------------------------------------------------


def two_see(race: Race, order: Order) -> None:
    Order.objects.filter(pk=order.pk).update(attention="look at this")
    user = User.objects.create_user("rita")
    race.gate(ordering, "unflag")
    race.run(lambda: mark_seen(order, user=user), lambda: mark_seen(order, user=user))


def test_seen_once(race: Race, script: Script, order: Order) -> None:
    two_see(race, order)
    assert codes(order).count("order.seen") == 1


@pytest.mark.usefixtures("without_lock")
def test_twin_seen_without_the_lock(race: Race, script: Script, order: Order) -> None:
    two_see(race, order)
    assert codes(order).count("order.seen") == 2


# --- end an agreement ----------------------------------------------------------------------------------------------


def two_end(race: Race, agreement: Agreement) -> tuple[Any, Any]:
    race.gate(ending, "tell")  # called between "may it be ended?" and the intent
    return race.run(
        lambda: end(agreement, Ending.NOW, who=Who.MERCHANT), lambda: end(agreement, Ending.NOW, who=Who.SHOP)
    )


def test_ended_once(race: Race, script: Script, account: Account) -> None:
    agreement = make_agreement(account, provider_id="S-1")
    one, two = two_end(race, agreement)
    assert one.state == "ended"
    assert isinstance(two, NotEnded)
    assert len(script.asked_agreement("end_agreement")) == 1


@pytest.mark.usefixtures("without_lock")
def test_twin_ended_without_the_lock(race: Race, script: Script, account: Account) -> None:
    agreement = make_agreement(account, provider_id="S-1")
    two_end(race, agreement)
    assert len(script.asked_agreement("end_agreement")) == 2
