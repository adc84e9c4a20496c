"""May an order become one of another kind? As long as nobody has tried to pay it."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from checkout.models import Account, Order
from checkout.payments.cancel import give_up
from checkout.payments.retype import NotRetypable, can_retype, retype
from checkout.payments.start import start
from checkout.payments.terms import disagreements
from checkout.payments.timeline import Who
from checkout.states import State
from providers.agreements import Period, Terms, Unit
from providers.base import Kind
from providers.money import Money
from tests.scripted import Script, codes, make_order, make_payment, story

MONTHLY = Period(count=1, unit=Unit.MONTH)
PLAN = Terms(period=MONTHLY, total=Money(10000, "EUR"), cycles=3)
SUBSCRIPTION = Terms(
    period=MONTHLY,
    amount=Money(1500, "EUR"),
    initial=Money(10000, "EUR"),
    trial=Money(100, "EUR"),
    trial_period=Period(count=7, unit=Unit.DAY),
)


def fresh(order: Order) -> Order:
    return Order.objects.select_related("shop").get(pk=order.pk)


def to_plan(order: Order, **other: Any) -> Order:
    wish: dict[str, Any] = {
        "kind": Kind.PAYMENT_PLAN,
        "terms": PLAN,
        "money": Money(3334, "EUR"),
        "capture_later": False,
    }
    return retype(order, **{**wish, **other})


def test_a_payment_becomes_a_plan_and_is_begun_as_one(script: Script, account: Account, order: Order) -> None:
    user = User.objects.create_user("margot")
    assert can_retype(order)
    changed = to_plan(order, user=user)
    assert (changed.kind, changed.amount_minor, changed.currency) == ("payment_plan", 3334, "EUR")
    assert fresh(order).terms == {"period": {"count": 1, "unit": "month"}, "cycles": 3, "total": 10000}
    entry = order.timeline.get(code="order.retyped")
    assert (entry.who, entry.user) == (Who.MERCHANT, user)
    assert story(order)[-1] == (
        "The order was changed: payment plan, 33.34 EUR due now. It was: one payment, 42.99 EUR."
    )
    start(fresh(order), account)
    charge = script.asked("start")[0].charge
    assert (charge.kind, charge.terms, charge.money) == (Kind.PAYMENT_PLAN, PLAN, Money(3334, "EUR"))


def test_said_twice_it_is_told_once_and_it_may_become_what_it_was(order: Order) -> None:
    to_plan(order)
    to_plan(order)
    assert codes(order) == ["order.created", "order.retyped"]
    retype(order, kind=Kind.ONE_OFF, terms=None, money=Money(4299, "EUR"), capture_later=True)
    after = fresh(order)
    assert (after.kind, after.terms, after.amount_minor, after.capture_later) == ("one_off", {}, 4299, True)


def test_a_mandate_may_charge_nothing_now(order: Order) -> None:
    retype(order, kind=Kind.MANDATE, terms=None, money=Money.zero("EUR"), capture_later=False)
    assert (fresh(order).kind, fresh(order).amount_minor) == ("mandate", 0)


def test_not_after_an_attempt_not_even_one_that_failed(
    script: Script, account: Account, order: Order
) -> None:
    make_payment(order, account, state=State.FAILED)
    assert not can_retype(order)
    with pytest.raises(NotRetypable, match="there was an attempt to pay it as it is"):
        to_plan(order)
    assert (fresh(order).kind, fresh(order).amount_minor) == ("one_off", 4299)
    # What it is already may be said all the same: a second click says it.
    same = retype(order, kind=Kind.ONE_OFF, terms=None, money=Money(4299, "EUR"), capture_later=False)
    assert same.pk == order.pk
    assert "order.retyped" not in codes(order)


def test_not_when_the_order_is_closed(order: Order) -> None:
    give_up(order, who=Who.MERCHANT)
    assert not can_retype(fresh(order))
    with pytest.raises(NotRetypable, match="the order is canceled"):
        to_plan(order)


@pytest.mark.parametrize(
    ("wish", "why"),
    [
        ({"money": Money(3333, "EUR")}, "amount must be 3334, the first of 3 payments of 10000"),
        ({"money": Money(3334, "CHF")}, "the order is in EUR"),
        ({"terms": None}, "terms are needed for payment_plan: how much is paid, and how often"),
        ({"kind": Kind.ONE_OFF}, "terms are a subscription's or a payment plan's, not for one_off"),
        ({"capture_later": True}, "capture_later is not for payment_plan: what is due today is taken today"),
        (
            {"kind": Kind.ONE_OFF, "terms": None, "money": Money(0, "EUR")},
            "amount must be more than 0 for one_off",
        ),
    ],
)
def test_not_to_what_is_no_order(order: Order, wish: dict[str, Any], why: str) -> None:
    with pytest.raises(NotRetypable) as no:
        to_plan(order, **wish)
    assert str(no.value) == why
    assert codes(order) == ["order.created"]
    assert fresh(order).kind == "one_off"


def test_what_is_due_today_is_the_trial_else_the_first_regular_payment() -> None:
    assert disagreements(Kind.SUBSCRIPTION, SUBSCRIPTION, Money(100, "EUR"), capture_later=False) == []
    assert disagreements(
        Kind.SUBSCRIPTION, SUBSCRIPTION, Money(1500, "EUR"), capture_later=False, spell=str
    ) == [("amount", "must be 1.00 EUR, the trial: what is due today")]


@pytest.mark.parametrize(
    ("kind", "terms", "path"),
    [
        (Kind.PAYMENT_PLAN, Terms(period=MONTHLY, total=Money(100, "EUR"), cycles=1), "terms.cycles"),
        (Kind.PAYMENT_PLAN, Terms(period=MONTHLY, total=Money(2, "EUR"), cycles=3), "terms.total"),
        (Kind.PAYMENT_PLAN, Terms(period=MONTHLY, total=Money(100, "EUR")), "terms.cycles"),
        (Kind.PAYMENT_PLAN, Terms(period=MONTHLY, cycles=3), "terms.total"),
        (
            Kind.PAYMENT_PLAN,
            Terms(period=MONTHLY, total=Money(100, "EUR"), cycles=2, initial=Money(1, "EUR")),
            "terms.initial_amount",
        ),
        (Kind.SUBSCRIPTION, Terms(period=MONTHLY), "terms.amount"),
        (
            Kind.SUBSCRIPTION,
            Terms(period=MONTHLY, amount=Money(100, "EUR"), total=Money(100, "EUR")),
            "terms.total",
        ),
        (
            Kind.SUBSCRIPTION,
            Terms(period=Period(count=1, unit=Unit.HOUR), amount=Money(100, "EUR")),
            "terms.period.unit",
        ),
    ],
)
def test_each_rule_names_its_field(kind: Kind, terms: Terms, path: str) -> None:
    found = disagreements(kind, terms, Money(100, "EUR"), capture_later=False)
    assert [field for field, _why in found] == [path]


def test_an_order_of_another_shop_is_left_alone(order: Order, account: Account) -> None:
    other = make_order(account.shop)
    to_plan(order)
    assert fresh(other).kind == "one_off"
