"""What SysPay's messages and the shopper's browser say of a payment, and what is true.

Each story ends with what the order's page says, our record, and SysPay's, in which money was taken once.
"""

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from playwright.sync_api import BrowserContext, expect

from tests.e2e import pages
from tests.e2e.pages import Admin, Checkout
from tests.e2e.stage import Order, Stage, eventually
from tests.e2e.syspay import NO_FUNDS, ONWARD, come_back, form_on, is_paid_once, started

DUE = "42.99 EUR"
HELD = 300  # seconds on the sandbox's clock that a late message is held


@pytest.fixture
def plain(visitor: Callable[..., BrowserContext]) -> Checkout:
    """A browser without JavaScript."""
    return Checkout(visitor(java_script_enabled=False).new_page())


@pytest.fixture
def as_json(stage: Stage) -> Iterator[None]:
    set_sandbox(stage, ems_format="json")
    yield
    set_sandbox(stage, ems_format="form")


def set_sandbox(stage: Stage, **settings: Any) -> None:
    answer = requests.put(
        f"{stage.sandbox.url}/_sandbox/accounts",
        json={"provider": "syspay", "settings": settings},
        timeout=20,
    )
    assert answer.ok, answer.text


def arm(stage: Stage, fault: str, **how: Any) -> None:
    stage.sandbox.arm(fault, provider="syspay", **how)


def stands(order: Order) -> tuple[str, str, int]:
    told = order.read()
    return told["state"], told["payment"]["state"], told["amount_authorized"]


def page_says_paid(plain: Checkout, order: Order) -> None:
    plain.open(order.pay_url).is_receipt(amount="€42.99")


def test_the_message_comes_and_the_shopper_later(stage: Stage, plain: Checkout, admin: Admin) -> None:
    order, record = started(stage)
    back = record.pay()["redirectUrl"]
    is_paid_once(order, record)
    plain.open(back).is_receipt(amount="€42.99")
    expect(plain.page).to_have_url(order.pay_url)
    is_paid_once(order, record)
    assert len(record.heard(record.paid())) == 1
    admin.open(order.id)
    admin.tells(
        "SysPay sent a notification",
        "SysPay confirms: 42.99 EUR paid.",
        "The order is paid: 42.99 EUR.",
        "The shopper's browser came back from SysPay saying “success”. That decides nothing.",
    )
    expect(admin.story.filter(has_text="SysPay confirms: 42.99 EUR paid.")).to_have_count(1)


def test_the_shopper_comes_and_the_message_later(stage: Stage, plain: Checkout, admin: Admin) -> None:
    order, record = started(stage)
    arm(stage, "late", seconds=HELD)
    plain.open(order.pay_url).says(ONWARD)
    plain.page.get_by_role("link", name="Continue", exact=True).click()
    form_on(plain.page).pay(amount=DUE)
    plain.is_receipt(amount="€42.99")
    is_paid_once(order, record)
    assert [(one["fault"], one["attempts"]) for one in record.told(record.paid())] == [("late", [])]
    stage.sandbox.advance(HELD)
    record.heard(record.paid())
    admin.open(order.id)
    admin.wait_for("SysPay sent a notification")
    admin.tells(
        "The shopper's browser came back from SysPay saying “success”. That decides nothing.",
        "SysPay confirms: 42.99 EUR paid.",
        "SysPay sent a notification",
    )
    expect(admin.story.filter(has_text="SysPay confirms: 42.99 EUR paid.")).to_have_count(1)
    is_paid_once(order, record)


def test_the_message_is_lost_and_nobody_comes_back(stage: Stage, plain: Checkout) -> None:
    order, record = started(stage)
    arm(stage, "lost", times=0)
    record.pay()
    assert stands(order) == ("open", "started", 0)
    order.make_due()
    is_paid_once(order, record)
    assert [one["state"] for one in record.told(record.paid())] == ["lost"]
    page_says_paid(plain, order)


def test_the_message_comes_twice(stage: Stage, plain: Checkout, admin: Admin) -> None:
    order, record = started(stage)
    arm(stage, "doubled")
    record.pay()
    is_paid_once(order, record)
    one, other = record.heard(record.paid(), times=2)
    assert one["body"] == other["body"]
    page_says_paid(plain, order)
    is_paid_once(order, record)
    admin.open(order.id)
    expect(admin.story.filter(has_text="SysPay confirms: 42.99 EUR paid.")).to_have_count(1)
    expect(admin.story.filter(has_text="The order is paid")).to_have_count(1)


@pytest.mark.usefixtures("as_json")
def test_the_message_is_written_in_json(stage: Stage) -> None:
    order, record = started(stage)
    record.pay()
    is_paid_once(order, record)
    (told,) = record.heard(record.paid())
    assert json.loads(told["body"])["type"] == "payment"


@pytest.mark.parametrize("fault", ["wrong_signature", "forged"])
def test_a_message_that_syspay_did_not_sign(stage: Stage, plain: Checkout, fault: str) -> None:
    """It is refused, whatever it says; what SysPay says when it is asked is true."""
    order, record = started(stage)
    arm(stage, fault, times=0)
    record.pay()
    (told,) = record.heard(record.payments()[0])
    assert told["attempts"][0]["status"] == 401
    assert stands(order) == ("open", "started", 0)
    plain.open(order.pay_url).says(ONWARD)
    stage.sandbox.disarm()
    order.make_due()
    is_paid_once(order, record)
    page_says_paid(plain, order)


def test_a_forged_return(stage: Stage, plain: Checkout, admin: Admin) -> None:
    """Somebody writes the three parameters: paid, they say, under a checksum of their own."""
    order, record = started(stage)
    claimed = {"payment": {"id": 1, "reference": f"{order.id}-1", "status": "SUCCESS", "amount": 4299,
                           "currency": "EUR"}}  # fmt: skip
    query = {
        "result": base64.b64encode(json.dumps(claimed).encode()).decode(),
        "merchant": "sandbox",
        "checksum": "0" * 40,
    }
    back = record.terminal()["request"]["payment_page_redirect_url"]
    for spoiled in (query, {**query, "merchant": "stranger"}, {"result": query["result"]}):
        plain.open(f"{back}?{urlencode(spoiled)}").says(ONWARD)
        expect(plain.page).to_have_url(order.pay_url)
        assert stands(order) == ("open", "started", 0)
    assert record.payments() == []
    admin.open(order.id)
    admin.tells("The shopper's browser came back from SysPay saying “nothing”. That decides nothing.")
    # Whoever really pays is not kept from it.
    plain.page.get_by_role("link", name="Continue", exact=True).click()
    form_on(plain.page).pay(amount=DUE)
    plain.is_receipt(amount="€42.99")
    is_paid_once(order, record)


@pytest.mark.parametrize("fault", ["wrong_signature", "forged"])
def test_a_return_that_was_spoiled_on_its_way(stage: Stage, plain: Checkout, fault: str) -> None:
    """It was paid, so SysPay says so when it is asked; the parameters are not needed for that."""
    order, record = started(stage)
    arm(stage, "lost", times=0)
    arm(stage, fault, method="return")
    plain.open(order.pay_url)
    plain.page.get_by_role("link", name="Continue", exact=True).click()
    form_on(plain.page).pay(amount=DUE)
    plain.is_receipt(amount="€42.99")
    is_paid_once(order, record)


def test_the_return_of_another_payment(stage: Stage, plain: Checkout) -> None:
    """Signed, and true of an order that was paid: at the other's address it claims nothing."""
    one, paid_one = started(stage)
    address = paid_one.pay()["redirectUrl"]
    is_paid_once(one, paid_one)
    other, record = started(stage)
    own = record.terminal()["request"]["payment_page_redirect_url"]
    plain.open(f"{own}?{address.partition('?')[2]}").says(ONWARD)
    assert stands(other) == ("open", "started", 0)
    assert record.payments() == []


def test_an_old_return_is_shown_again(stage: Stage) -> None:
    """It is signed and has no date: the refused attempt's return, opened once the next attempt has paid."""
    order, record = started(stage, options={"syspay": {"allowed_retries": 0}})
    old = record.pay(NO_FUNDS)["redirectUrl"]
    eventually(lambda: order.read()["payment"]["state"] == "failed")
    stage.api("POST", f"orders/{order.id}/payments", provider="syspay")
    record.pay()
    is_paid_once(order, record)
    assert come_back(old) == 200
    is_paid_once(order, record)
    assert record.ends() == [("FAILED", 4299), ("SUCCESS", 4299)]


def test_syspay_does_not_answer_when_the_shopper_is_back(stage: Stage, plain: Checkout) -> None:
    order, record = started(stage)
    arm(stage, "lost", times=0)
    plain.open(order.pay_url)
    plain.page.get_by_role("link", name="Continue", exact=True).click()
    form = form_on(plain.page)
    arm(stage, "http_500", method="listPayments", times=0)
    form.pay(amount=DUE)
    plain.says(pages.CHECKING)
    assert stands(order) == ("open", "started", 0)
    stage.sandbox.disarm()
    order.make_due()
    is_paid_once(order, record)
    page_says_paid(plain, order)


def test_nobody_hears_that_the_form_was_opened(stage: Stage, plain: Checkout) -> None:
    """It was, but nobody was given its address, so nobody pays there."""
    arm(stage, "http_500", method="createTerminal", when="after")
    order, record = started(stage)
    plain.open(order.pay_url).says(pages.MOMENT)
    assert stands(order) == ("open", "created", 0)
    assert len(record.terminals()) == 1


def test_the_bank_takes_its_time(stage: Stage, plain: Checkout) -> None:
    order, record = started(stage)
    plain.open(order.pay_url)
    plain.page.get_by_role("link", name="Continue", exact=True).click()
    form_on(plain.page).pay(pages.LATE, amount=DUE)
    plain.says(pages.CHECKING)
    assert record.ends() == [("WAITING", 4299)]
    assert stands(order) == ("open", "pending", 0)
    stage.sandbox.post(f"syspay/payments/{record.payments()[0]['id']}/settle", status="SUCCESS")
    is_paid_once(order, record)
    page_says_paid(plain, order)


def test_two_tabs_and_a_second_click(stage: Stage, checkout: Checkout) -> None:
    """With JavaScript: the page that is left open in the other tab hears that it was paid."""
    order, record = started(stage)
    checkout.open(order.pay_url).says(ONWARD)
    form = open_form_in_another_tab(checkout, order)
    form.type(pages.APPROVED)
    form.page.get_by_role("button", name=f"Pay {DUE}").dblclick()
    Checkout(form.page).is_receipt(amount="€42.99")
    checkout.is_receipt(amount="€42.99")
    is_paid_once(order, record)
    assert record.ends() == [("SUCCESS", 4299)]


def open_form_in_another_tab(checkout: Checkout, order: Order) -> Any:
    page = checkout.page.context.new_page()
    page.goto(order.pay_url)
    page.get_by_role("link", name="Continue", exact=True).click()
    return form_on(page)
