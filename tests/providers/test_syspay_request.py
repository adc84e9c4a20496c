"""What is sent to SysPay for each order, and what is left out of it?"""

from typing import Any

import pytest

from providers.agreements import Period, Unit
from providers.base import Charge, Customer, Desk, Urls
from providers.money import Money
from providers.syspay.request import new_form, options, phone
from tests.providers.eterminal import (
    account,
    mandate,
    one_off,
    payment_plan,
    plain_terms,
    pounds,
    shared,
    subscription,
    terms,
)


def form(charge: Charge, **settings: Any) -> dict[str, Any]:
    return new_form(account(**settings), charge, options(charge))


# --- the form ---------------------------------------------------------------------------------------------


def test_of_an_order_that_brings_little_little_is_sent() -> None:
    bare = one_off(customer=Customer(), description="", language="fr")
    assert form(bare) == {
        "locked": True,
        "type": "ONESHOT",
        "ems_url": "https://www.myshop.com/notify?attempt=sh10001",
        "payment_page_redirect_url": "http://www.myshop.com/redirect",
        "eterminal_redirect_url": "http://www.myshop.com/redirect",
        "reference": "sh10001",
        "customer": {"language": "fr"},
        "oneshot": {"amount": 1200, "currency": "GBP"},
    }


def test_an_address_with_a_query_keeps_it() -> None:
    urls = Urls(back="https://pay.shop.example/back", cancelled="", notify="https://pay.shop.example/n?a=1")
    assert form(one_off(urls=urls))["ems_url"] == "https://pay.shop.example/n?a=1&attempt=sh10001"


def test_whoever_is_at_the_desk_comes_back_there_and_whoever_pays_to_the_shop() -> None:
    body = form(one_off(desk=Desk(back="https://pay.shop.example/admin/1")))
    assert body["eterminal_redirect_url"] == "https://pay.shop.example/admin/1"
    assert body["payment_page_redirect_url"] == "http://www.myshop.com/redirect"


def test_an_order_goes_before_the_account() -> None:
    account_says = {"website": 110, "allowed_retries": 2}
    body = form(one_off(), **account_says)
    assert (body["website"], body["allowed_retries"]) == (110, 2)
    assert body["description"] == "Ms Hudson Monthly Payment"
    brought = {"website": 7, "allowed_retries": 0, "description": "Rent"}
    body = form(one_off(options=brought), **account_says)
    assert (body["website"], body["allowed_retries"], body["description"]) == (7, 0, "Rent")


# --- what is paid -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("money", "sent"),
    [
        (Money(1200, "GBP"), {"amount": 1200, "currency": "GBP"}),
        (Money(500, "JPY"), {"amount": 500, "currency": "JPY"}),
        (Money(1234, "KWD"), {"amount": 1234, "currency": "KWD"}),
    ],
)
def test_amounts_are_a_currencys_smallest_unit(money: Money, sent: dict[str, Any]) -> None:
    assert form(one_off(money=money))["oneshot"] == sent


def test_money_is_reserved_when_the_order_is_captured_later() -> None:
    assert form(one_off(capture_later=True))["oneshot"] == {
        "amount": 1200,
        "currency": "GBP",
        "preauth": True,
    }
    assert form(mandate(capture_later=True))["payment_mandate"] == {
        "currency": "GBP",
        "initial_charge": 1200,
        "preauth": True,
    }


def test_a_subscription_without_a_trial_and_with_an_end() -> None:
    charge = subscription(money=pounds(1500), terms=plain_terms(cycles=12))
    assert form(charge)["subscription"] == {
        "billing_amount": 1500,
        "billing_cycles": 12,
        "billing_period": 1,
        "billing_period_unit": "month",
        "currency": "GBP",
    }


@pytest.mark.parametrize("unit", Unit)
def test_a_trial_may_last_for_any_unit(unit: Unit) -> None:
    block = form(subscription(terms=terms(trial_period=Period(count=3, unit=unit))))["subscription"]
    assert (block["trial_period"], block["trial_period_unit"]) == (3, unit.value)


def test_a_free_trial_costs_nothing_or_is_not_told() -> None:
    free = form(subscription(money=pounds(0), terms=terms(trial=pounds(0))))["subscription"]
    assert free["trial_amount"] == 0
    untold = form(subscription(money=pounds(0), terms=terms(trial=None)))["subscription"]
    assert "trial_amount" not in untold
    assert untold["trial_period"] == 7


def test_trial_cycles_are_the_orders_own() -> None:
    assert form(subscription(options={"trial_cycles": 2}))["subscription"]["trial_cycles"] == 2


def test_a_plan_is_its_total_and_never_todays_part() -> None:
    charge = payment_plan(money=pounds(3334), terms=shared(total=pounds(10000), cycles=3))
    assert form(charge)["payment_plan"] == {
        "total_amount": 10000,
        "billing_cycles": 3,
        "billing_period": 1,
        "billing_period_unit": "month",
        "currency": "GBP",
    }


def test_a_mandate_without_money_names_its_currency_alone() -> None:
    assert form(mandate(money=pounds(0)))["payment_mandate"] == {"currency": "GBP"}


# --- who pays ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "sent_by"),
    [
        ("Sherlock", {"a-z", "letters", "off"}),
        ("Zoë", {"letters", "off"}),
        ("Ὅμηρος", {"letters", "off"}),
        ("O'Neil", {"off"}),
        ("Jean-Luc", {"off"}),
        ("Mary Jane", {"off"}),
        ("R2D2", {"off"}),
        ("", set()),
    ],
)
@pytest.mark.parametrize("strictness", ["a-z", "letters", "off"])
def test_a_name_is_sent_as_it_is_or_not_at_all(name: str, sent_by: set[str], strictness: str) -> None:
    body = form(one_off(customer=Customer(first_name=name, last_name=name)), strict_names=strictness)
    told = {"first_name": name, "last_name": name} if strictness in sent_by else {}
    assert body["customer"] == {**told, "language": "en"}


@pytest.mark.parametrize(
    ("number", "country", "told"),
    [
        ("+33612345678", "", ("FR", "612345678")),
        ("+33612345678", "DE", ("FR", "612345678")),  # the prefix's country, not the customer's
        ("+442012341234", "GB", ("GB", "2012341234")),  # the manual's
        ("+12125550123", "", ("US", "2125550123")),
        ("+16135550123", "", ("CA", "6135550123")),  # it shares +1
        ("+390612345678", "", ("IT", "0612345678")),  # Italy's 0 belongs to the number
        ("+77012345678", "", ("KZ", "7012345678")),
        # Given out in none of the countries that share the prefix: the customer's own, else the largest.
        ("+15552345678", "CA", ("CA", "5552345678")),
        ("+15552345678", "FR", ("US", "5552345678")),
        ("+80012345678", "FR", None),  # of no country
        ("+99912345678", "FR", None),  # no such prefix
        ("+4412", "GB", None),  # too short to be one
        ("0612345678", "FR", None),
        ("", "FR", None),
    ],
)
def test_a_phone_number_is_its_country_and_the_rest(
    number: str, country: str, told: tuple[str, str] | None
) -> None:
    customer = Customer(phone=number, country=country)
    assert phone(customer) == told
    block = form(one_off(customer=customer))["customer"]
    assert (block.get("mobile_country"), block.get("mobile_phone")) == (told or (None, None))
    assert ("mobile_country" in block) == ("mobile_phone" in block)


def test_the_company_is_the_orders_own() -> None:
    body = form(one_off(customer=Customer(), options={"company_name": "Baker Street Detectives"}))
    assert body["customer"] == {"company_name": "Baker Street Detectives", "language": "en"}
