"""A person accepts what came on an attempt that was given up, while another reopens the order, and the shopper pays."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from checkout.models import Account, Order, Payment
from checkout.payments import accept as accepting
from checkout.payments.accept import accept
from checkout.payments.cancel import give_up
from checkout.payments.figures import violations
from checkout.payments.recover import check
from checkout.payments.reopen import reopen
from checkout.payments.start import start
from checkout.payments.timeline import Who
from providers.base import Outcome, Report
from providers.money import Money
from tests.races.starting_line import Race
from tests.scripted import Script

CAME = Money(4000, "EUR")


def again(row: Payment) -> Payment:
    return Payment.objects.select_related("order", "account").get(pk=row.pk)


@pytest.fixture
def doubted(script: Script, account: Account, order: Order) -> Payment:
    """Given up, then paid with 40.00 instead of 42.99."""
    payment = start(order, account)
    script.will("cancel", Report(outcome=Outcome.CANCELED))
    order = give_up(order, who=Who.SHOP)
    reopen(order)
    script.will("sync", Report(outcome=Outcome.PAID, authorized=CAME, captured=CAME))
    check(again(payment))
    return again(payment)


def both(race: Race, script: Script, doubted: Payment) -> tuple[Any, Any]:
    margot = User.objects.create_user("margot")
    script.will("sync", Report(outcome=Outcome.PAID, authorized=CAME, captured=CAME))
    race.gate(
        accepting, "write_change"
    )  # called between "is there another attempt?" and the order's new amount
    return race.run(
        lambda: accept(doubted, CAME, user=margot),
        lambda: start(reopen(again(doubted).order), doubted.account),
    )


def broken() -> dict[str, int]:
    return {rule: n for rule, n in violations().items() if n}


def test_whoever_begins_meanwhile_is_asked_for_the_new_amount_if_at_all(
    race: Race, script: Script, doubted: Payment
) -> None:
    accepted, _begun = both(race, script, doubted)
    assert (accepted.state, accepted.money, Order.objects.get().money) == ("paid", CAME, CAME)
    assert race.second_came_through is False
    assert {payment.money for payment in Payment.objects.all()} == {CAME}
    assert broken() == {}


@pytest.mark.usefixtures("without_lock")
def test_without_the_lock_the_shopper_is_asked_for_the_old_amount(
    race: Race, script: Script, doubted: Payment
) -> None:
    both(race, script, doubted)
    assert race.second_came_through is True
    assert broken() == {"an open attempt's amount is not its order's": 1}
