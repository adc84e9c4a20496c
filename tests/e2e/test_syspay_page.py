"""Paying in SysPay's form, which is a page of its own: a browser without JavaScript pays there like any other.

Each story ends with what our page says, our record, and SysPay's.
"""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.e2e import pages
from tests.e2e.pages import Admin, Checkout
from tests.e2e.stage import Stage, eventually
from tests.e2e.syspay import (
    APPROVED,
    CHALLENGED,
    EXPIRED,
    NO_FUNDS,
    ONWARD,
    Form,
    form_on,
    is_paid_once,
    open_form,
    order_of,
)

DUE = "42.99 EUR"


@pytest.fixture
def plain(visitor: Callable[..., BrowserContext]) -> Checkout:
    """A browser without JavaScript."""
    return Checkout(visitor(java_script_enabled=False).new_page())


def test_paid(stage: Stage, plain: Checkout, admin: Admin) -> None:
    order, record = order_of(stage)
    form = open_form(plain, order)
    # The form is locked: it shows what is paid, and has inputs for the card alone.
    assert form.confirmed() | {"Language": ""} == {
        "Type of payment": "One-off payment", "Reference": f"{order.id}-1", "Amount": "42.99", "Currency": "EUR",
        "Payment mode": "Direct payment", "Language": "",
    }  # fmt: skip
    form.pay(amount=DUE)
    plain.is_receipt(amount="€42.99")
    told = is_paid_once(order, record)
    assert (told["payment"]["attempt"], told["payment"]["card"]["last4"]) == (1, "0055")
    assert record.ends() == [("SUCCESS", 4299)]
    admin.open(order.id)
    admin.tells(
        "Attempt 1: the shopper chose Card, on SysPay's page.",
        "Attempt 1 is open at SysPay",
        "SysPay confirms: 42.99 EUR paid.",
        "The order is paid: 42.99 EUR.",
    )


def test_paid_with_script(stage: Stage, checkout: Checkout) -> None:
    order, record = order_of(stage)
    open_form(checkout, order).pay(amount=DUE)
    checkout.is_receipt(amount="€42.99")
    is_paid_once(order, record)
    assert record.ends() == [("SUCCESS", 4299)]


def test_a_code_from_the_bank(stage: Stage, plain: Checkout) -> None:
    order, record = order_of(stage)
    form = open_form(plain, order)
    form.pay(CHALLENGED, amount=DUE)
    form.answer("0000")
    form.says("This code is not right. Please try again.")
    form.answer()
    plain.is_receipt(amount="€42.99")
    is_paid_once(order, record)
    assert record.ends() == [("SUCCESS", 4299)]


def test_refused_then_paid_in_the_same_form(stage: Stage, plain: Checkout) -> None:
    """The account lets shoppers try once more in one form: two payments there, one attempt here."""
    order, record = order_of(stage)
    form = open_form(plain, order)
    form.pay(NO_FUNDS, amount=DUE)
    form.says("There is not enough money on this card.")
    form.says("You may try again: one try is left.")
    form.pay(APPROVED, amount=DUE)
    plain.is_receipt(amount="€42.99")
    assert is_paid_once(order, record)["payment"]["attempt"] == 1
    assert record.ends() == [("FAILED", 4299), ("SUCCESS", 4299)]
    assert record.terminal()["state"] == "ENDED"


def test_refused_for_good_then_paid_by_a_new_attempt(stage: Stage, plain: Checkout, admin: Admin) -> None:
    order, record = order_of(stage)
    form = open_form(plain, order)
    form.pay(NO_FUNDS, amount=DUE)
    form.says("You may try again: one try is left.")
    form.pay(EXPIRED, amount=DUE)
    plain.says(pages.FAILED)
    plain.tells("This card has expired.")
    told = order.read()
    assert (told["state"], told["payment"]["state"], told["amount_authorized"]) == ("open", "failed", 0)
    assert record.ends() == [("FAILED", 4299), ("FAILED", 4299)]
    plain.again.click()
    form_on(plain.page).pay(amount=DUE)
    plain.is_receipt(amount="€42.99")
    assert is_paid_once(order, record)["payment"]["attempt"] == 2
    assert record.ends() == [("FAILED", 4299), ("FAILED", 4299), ("SUCCESS", 4299)]
    admin.open(order.id)
    expect(admin.attempts).to_have_text(["failed", "paid"])


def test_an_order_that_may_be_tried_once(stage: Stage, plain: Checkout) -> None:
    order, record = order_of(stage, options={"syspay": {"allowed_retries": 0}})
    open_form(plain, order).pay(NO_FUNDS, amount=DUE)
    plain.says(pages.FAILED)
    plain.tells("There was not enough money available on this card.")
    assert order.read()["payment"]["state"] == "failed"
    assert record.ends() == [("FAILED", 4299)]


def test_cancelled_then_paid_by_a_new_attempt(stage: Stage, plain: Checkout, admin: Admin) -> None:
    order, record = order_of(stage)
    open_form(plain, order).cancel()
    plain.says(pages.INTERRUPTED)
    assert order.read()["payment"]["state"] == "canceled"
    plain.again.click()
    form_on(plain.page).pay(amount=DUE)
    plain.is_receipt(amount="€42.99")
    assert is_paid_once(order, record)["payment"]["attempt"] == 2
    assert record.ends() == [("CANCELLED", 4299), ("SUCCESS", 4299)]
    admin.open(order.id)
    expect(admin.attempts).to_have_text(["canceled", "paid"])


def test_closed_and_found_again_by_the_orders_address(stage: Stage, plain: Checkout) -> None:
    order, record = order_of(stage)
    open_form(plain, order).type(APPROVED)
    there = plain.page.url
    plain.open(order.pay_url).says(ONWARD)
    plain.page.get_by_role("link", name="Continue", exact=True).click()
    form = form_on(plain.page)
    assert plain.page.url == there
    form.pay(amount=DUE)
    plain.is_receipt(amount="€42.99")
    assert is_paid_once(order, record)["payment"]["attempt"] == 1
    assert record.ends() == [("SUCCESS", 4299)]


def test_back_and_reload_after_paying(stage: Stage, plain: Checkout) -> None:
    """A form that has ended leads to the shop again, and charges nobody."""
    order, record = order_of(stage)
    form = open_form(plain, order)
    there = plain.page.url
    form.pay(amount=DUE)
    plain.is_receipt()
    plain.page.reload()
    plain.is_receipt()
    plain.open(there)
    Form(plain.page).says("Thank you, you have paid.")
    plain.back.click()
    plain.is_receipt(amount="€42.99")
    is_paid_once(order, record)
    assert record.ends() == [("SUCCESS", 4299)]


def test_in_french(stage: Stage, plain: Checkout) -> None:
    order, record = order_of(stage, language="fr")
    plain.open(order.pay_url)
    plain.method("Carte, sur la page de SysPay").check()
    plain.page.get_by_role("button", name="Payer").click()
    plain.page.get_by_text("Utiliser une carte de test").click()
    plain.page.get_by_role("button", name=APPROVED).click()
    expect(plain.page.get_by_role("heading", level=1)).to_have_text("Payé, merci")
    is_paid_once(order, record)


# --- a form in which everything can be changed ---------------------------------------------------------------


def test_another_amount_is_not_believed(stage: Stage, plain: Checkout, admin: Admin) -> None:
    order, record = order_of(stage, options={"syspay": {"locked": False}})
    form = open_form(plain, order)
    expect(form.input("Amount")).to_have_value("42.99")
    form.input("Amount").fill("1.00")
    form.pay()
    plain.says(pages.CHECKING)
    assert record.ends() == [("SUCCESS", 100)]
    told = order.read()
    assert (told["state"], told["payment"]["state"], told["needs_attention"]) == ("open", "pending", True)
    assert (told["amount_authorized"], told["amount_captured"]) == (0, 0)
    admin.open(order.id)
    admin.tells("Not believed: asked 42.99 EUR, provider reports 1.00 EUR")
    expect(admin.page.get_by_text("asked 42.99 EUR, provider reports 1.00 EUR").first).to_be_visible()
    # Nor the next time: it waits for a person, and is never paid by it.
    before = stage.sandbox.mark()
    order.make_due()
    eventually(lambda: stage.sandbox.calls("listPayments", since=before))
    plain.open(order.pay_url).says(pages.CHECKING)
    assert (order.read()["state"], order.read()["payment"]["state"]) == ("open", "pending")


def test_another_currency_is_not_believed(stage: Stage, plain: Checkout, admin: Admin) -> None:
    order, record = order_of(stage, options={"syspay": {"locked": False}})
    form = open_form(plain, order)
    form.input("Currency").select_option("GBP")
    form.pay()
    plain.says(pages.CHECKING)
    assert (record.payments()[0]["status"], record.payments()[0]["currency"]) == ("SUCCESS", "GBP")
    told = order.read()
    assert (told["state"], told["payment"]["state"], told["needs_attention"]) == ("open", "pending", True)
    admin.open(order.id)
    admin.tells("Not believed: asked 42.99 EUR, provider reports 42.99 GBP")


def test_a_form_left_open_and_not_changed_pays(stage: Stage, plain: Checkout) -> None:
    order, record = order_of(stage, options={"syspay": {"locked_inputs": {"type": True}}})
    form = open_form(plain, order)
    assert form.locked() == {"Type of payment": "One-off payment"}
    form.pay()
    plain.is_receipt(amount="€42.99")
    is_paid_once(order, record)
