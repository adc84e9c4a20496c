"""May the merchant take a payment at the desk? On the provider's form, with what cannot be changed there locked."""

from typing import Any

import pytest
from django.conf import settings

from checkout.models import Account, Order
from checkout.payments.settle import settle
from checkout.payments.start import NotPayable, start
from checkout.payments.timeline import Who
from checkout.states import OrderState, State
from providers.base import Desk
from tests.scripted import Script, codes, events, make_account, make_order, paid, story

BACK = "/admin/checkout/order/1/desk/"


@pytest.mark.parametrize("locked", [None, [], ["amount"], ["amount", "email"]])
def test_the_form_is_opened_with_its_locks(
    script: Script, account: Account, order: Order, locked: list[str] | None
) -> None:
    payment = start(order, account, desk={"back": BACK, "locked": locked}, who=Who.MERCHANT)
    assert (payment.state, payment.desk) == (State.STARTED, {"back": BACK, "locked": locked})
    there = Desk(back=settings.SITE_URL + BACK, locked=None if locked is None else tuple(locked))
    assert script.asked("start")[0].charge.desk == there
    script.will("sync", paid)
    settle(payment)
    assert script.asked("sync")[0].charge.desk == there  # and whenever it is asked again
    assert codes(order) == [
        "order.created", "payment.at_desk", "payment.started", "payment.paid", "order.paid",
    ]  # fmt: skip
    assert story(order)[1] == "Attempt 1: Scripted's form is opened at the desk."
    assert order.timeline.get(code="payment.at_desk").who == Who.MERCHANT
    order.refresh_from_db()
    assert (order.state, events(order)) == (OrderState.PAID, ["order.paid"])


def test_a_provider_without_a_desk(script: Script) -> None:
    account = make_account(provider="bare")
    order = make_order(account.shop)
    with pytest.raises(NotPayable, match="takes no payment at the desk"):
        start(order, account, desk={"back": BACK, "locked": None}, who=Who.MERCHANT)
    assert (script.asked("start"), order.payments.count()) == ([], 0)


def test_a_shoppers_attempt_has_none(script: Script, account: Account, order: Order) -> None:
    start(order, account)
    charge: Any = script.asked("start")[0].charge
    assert charge.desk is None


def test_what_is_open_at_the_shoppers_is_not_the_desks(
    script: Script, account: Account, order: Order
) -> None:
    theirs = start(order, account)
    with pytest.raises(NotPayable, match="another attempt is open"):
        start(order, account, desk={"back": BACK, "locked": None}, who=Who.MERCHANT)
    assert list(order.payments.all()) == [theirs]


def test_what_is_open_at_the_desk_is_not_the_shoppers(script: Script, account: Account, order: Order) -> None:
    desk = {"back": BACK, "locked": []}  # nothing is locked: whoever has this form may change what is paid
    ours = start(order, account, desk=desk, who=Who.MERCHANT)
    with pytest.raises(NotPayable, match="another attempt is open"):
        start(order, account)
    assert start(order, account, desk=desk, who=Who.MERCHANT) == ours  # a second click is
    assert list(order.payments.all()) == [ours]
