"""Are the terms of a subscription and of a payment plan kept as they were sent, and is every wrong one named?"""

import json
from typing import Any

import pytest

from checkout.models import Order
from checkout.payments.snapshot import order_snapshot
from checkout.payments.terms import terms_of
from providers.agreements import Period, Terms, Unit
from providers.money import Money
from tests.shop_api.conftest import Caller, problem

MONTH = {"count": 1, "unit": "month"}
WEEK = {"count": 7, "unit": "day"}
EVERYTHING = {
    "amount": 1500,
    "period": MONTH,
    "cycles": 12,
    "initial_amount": 10000,
    "trial": {"amount": 100, "period": WEEK},
}


def subscription(amount: int, /, **terms: Any) -> dict[str, Any]:
    return {"kind": "subscription", "amount": amount, "terms": {"amount": 1500, "period": MONTH, **terms}}


def plan(amount: int, /, **terms: Any) -> dict[str, Any]:
    usual = {"total": 30000, "cycles": 12, "period": MONTH}
    return {"kind": "payment_plan", "amount": amount, "terms": {**usual, **terms}}


def test_what_was_agreed_is_kept_and_told(caller: Caller) -> None:
    told = caller.created(**subscription(100, **EVERYTHING))
    order = Order.objects.get()
    assert order.terms == EVERYTHING
    assert told == json.loads(json.dumps(order_snapshot(order)))
    assert (told["terms"], told["agreement"]) == (EVERYTHING, None)
    assert json.loads(caller.call("GET", f"orders/{told['id']}").content) == told
    assert terms_of(order.terms, "EUR") == Terms(
        period=Period(count=1, unit=Unit.MONTH),
        amount=Money(1500, "EUR"),
        cycles=12,
        initial=Money(10000, "EUR"),
        trial=Money(100, "EUR"),
        trial_period=Period(count=7, unit=Unit.DAY),
    )


def test_what_is_not_agreed_is_left_out(caller: Caller) -> None:
    fields = subscription(1500, cycles=None, initial_amount=None, trial=None, total=None)
    assert caller.created(**fields)["terms"] == {"amount": 1500, "period": MONTH}


def test_two_ways_to_say_the_same_are_one(caller: Caller) -> None:
    free = subscription(0, initial_amount=1500, trial={"amount": 0, "period": WEEK})
    assert caller.created(**free)["terms"] == {"amount": 1500, "period": MONTH, "trial": {"period": WEEK}}


def test_a_payment_plan(caller: Caller) -> None:
    told = caller.created(**plan(2500))
    assert (told["kind"], told["amount"]) == ("payment_plan", 2500)
    assert told["terms"] == {"total": 30000, "cycles": 12, "period": MONTH}


@pytest.mark.parametrize("kind", ["one_off", "mandate"])
def test_whoever_agrees_to_nothing_has_no_terms(caller: Caller, kind: str) -> None:
    told = caller.created(kind=kind)
    assert told["terms"] is None
    assert Order.objects.get().terms == {}


@pytest.mark.parametrize("unit", ["minute", "hour", "day", "week", "month"])
def test_a_trial_may_be_short(caller: Caller, unit: str) -> None:
    trial = {"period": {"count": 3, "unit": unit}}
    assert caller.created(**subscription(0, trial=trial))["terms"]["trial"] == trial


DUE = [
    (subscription(1), 1500, "must be 1500, the first payment: what is due today"),
    (subscription(1500, initial_amount=10000), 10000, "must be 10000, the initial amount: what is due today"),
    (
        subscription(1500, trial={"amount": 100, "period": WEEK}),
        100,
        "must be 100, the trial: what is due today",
    ),
    (subscription(1500, trial={"period": WEEK}), 0, "must be 0, the trial is free: what is due today"),
    (plan(30000), 2500, "must be 2500, the first of 12 payments of 30000"),
    (plan(0), 2500, "must be 2500, the first of 12 payments of 30000"),
    (plan(3333, total=10000, cycles=3), 3334, "must be 3334, the first of 3 payments of 10000"),
]


@pytest.mark.parametrize(("fields", "due", "why"), DUE, ids=[why for _fields, _due, why in DUE])
def test_the_amount_is_what_is_due_today(caller: Caller, fields: dict[str, Any], due: int, why: str) -> None:
    assert problem(caller.create(**fields), 422) == {"amount": why}
    assert not Order.objects.exists()
    assert caller.created(**{**fields, "amount": due})["amount"] == due  # mended, under the same key


WRONG: list[tuple[dict[str, Any], dict[str, str]]] = [
    (
        {"kind": "subscription"},
        {"terms": "are needed for subscription: how much is paid, and how often"},
    ),
    (
        {"kind": "payment_plan", "amount": 0},
        {
            "terms": "are needed for payment_plan: how much is paid, and how often",
            "amount": "must be more than 0 for payment_plan",
        },
    ),
    (
        subscription(1500, amount=None),
        {"terms.amount": "is needed for subscription: what is paid each time"},
    ),
    (
        subscription(1500, total=3000),
        {"terms.total": "is a payment plan's; a subscription has terms.amount"},
    ),
    (plan(2500, total=None), {"terms.total": "is needed for payment_plan: what is paid in all"}),
    (plan(2500, cycles=None), {"terms.cycles": "is needed for payment_plan: in how many payments"}),
    (plan(30000, cycles=1), {"terms.cycles": "must be 2 or more for payment_plan"}),
    (plan(2, total=11), {"terms.total": "must be 12 or more, for as many payments"}),
    (
        plan(2500, amount=2500, initial_amount=1, trial={"period": WEEK}),
        dict.fromkeys(
            ("terms.amount", "terms.initial_amount", "terms.trial"),
            "is a subscription's; a payment plan shares terms.total out",
        ),
    ),
    (
        subscription(1500, period={"count": 3, "unit": "hour"}),
        {"terms.period.unit": "hour is for a trial alone; take day, week or month"},
    ),
    (
        plan(2500, period={"count": 90, "unit": "minute"}),
        {"terms.period.unit": "minute is for a trial alone; take day, week or month"},
    ),
    (
        {**subscription(1500), "capture_later": True},
        {"capture_later": "is not for subscription: what is due today is taken today"},
    ),
    (
        {**plan(2500), "capture_later": True},
        {"capture_later": "is not for payment_plan: what is due today is taken today"},
    ),
    *[
        (
            {**subscription(amount), "kind": kind, "customer": {"reference": "c-1"}},
            {"terms": f"are a subscription's or a payment plan's, not for {kind}"},
        )
        for kind, amount in (("one_off", 1500), ("save_card", 0), ("mandate", 1500))
    ],
]


@pytest.mark.parametrize(("fields", "named"), WRONG, ids=lambda value: ",".join(value)[:50])
def test_what_does_not_fit_is_said(caller: Caller, fields: dict[str, Any], named: dict[str, str]) -> None:
    assert problem(caller.create(**fields), 422) == named
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"amount": 0}, "terms.amount"),
        ({"amount": "1500"}, "terms.amount"),
        ({"amount": 15.0}, "terms.amount"),
        ({"amount": 10**12 + 1}, "terms.amount"),
        ({"initial_amount": 0}, "terms.initial_amount"),
        ({"total": 0}, "terms.total"),
        ({"cycles": 0}, "terms.cycles"),
        ({"cycles": 1001}, "terms.cycles"),
        ({"cycles": True}, "terms.cycles"),
        ({"period": None}, "terms.period"),
        ({"period": {"unit": "month"}}, "terms.period.count"),
        ({"period": {"count": 0, "unit": "month"}}, "terms.period.count"),
        ({"period": {"count": 1001, "unit": "day"}}, "terms.period.count"),
        ({"period": {"count": 1, "unit": "year"}}, "terms.period.unit"),
        ({"period": {"count": 1, "unit": "month", "day": 3}}, "terms.period.day"),
        ({"trial": {"amount": 100}}, "terms.trial.period"),
        ({"trial": {"amount": -1, "period": WEEK}}, "terms.trial.amount"),
        ({"trial": {"period": {"count": 1, "unit": "moment"}}}, "terms.trial.period.unit"),
        ({"currency": "EUR"}, "terms.currency"),
    ],
    ids=str,
)
def test_a_wrong_term_is_named(caller: Caller, terms: dict[str, Any], field: str) -> None:
    assert set(problem(caller.create(**subscription(1500, **terms)), 422)) == {field}
    assert not Order.objects.exists()


def test_the_items_add_up_to_what_is_due_today(caller: Caller) -> None:
    items = [{"name": "A month", "quantity": 1, "unit_price": 1500}]
    trial = {"amount": 100, "period": WEEK}
    assert problem(caller.create(items=items, **subscription(100, trial=trial)), 422) == {
        "items": "add up to 1500, and the amount is 100"
    }


def test_each_currency_has_its_own_minor_units(caller: Caller) -> None:
    yen = caller.created(currency="JPY", **plan(2500))
    assert (yen["amount"], yen["currency"]) == (2500, "JPY")
    assert terms_of(Order.objects.get().terms, "JPY") == Terms(
        period=Period(count=1, unit=Unit.MONTH), total=Money(30000, "JPY"), cycles=12
    )
