"""What becomes of PayZen's page that is open, when its link is withdrawn, or its order comes to cost something else."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext

from tests.e2e import pages
from tests.e2e.conftest import Ear
from tests.e2e.pages import Admin, Checkout
from tests.e2e.payzen import (
    ACCOUNT,
    APPROVED,
    Form,
    at_payzen,
    change_amount,
    go_to_page,
    make_link,
    order_of,
    plain_visitor,
    says,
    send,
    stands,
    withdraw,
)
from tests.e2e.stage import Stage


@pytest.fixture
def plain(visitor: Callable[..., BrowserContext]) -> Checkout:
    return plain_visitor(visitor)


def go_again(plain: Checkout, pay_url: str) -> Form:
    """From our page, after an attempt that came to nothing."""
    plain.open(pay_url).says(pages.INTERRUPTED)
    plain.again.click()
    return at_payzen(plain.page)


def test_the_open_page_pays_nothing_once_the_link_is_withdrawn(
    stage: Stage, admin: Admin, plain: Checkout
) -> None:
    order, record = order_of(stage)
    send(admin, order, f"{ACCOUNT}: e-mail", to="ada.of.withdrawn@example.com")
    says(admin, "PayZen has sent the link to ada.of.withdrawn@example.com.")
    plain.page.goto(record.link()["url"])
    form = at_payzen(plain.page)
    withdraw(admin, order)
    form.type(APPROVED)
    form.heads("The shop has cancelled this order")
    assert record.link()["status"] == "CANCELLED"
    assert record.money() == []
    told = order.read()
    assert (told["state"], told["amount_captured"], told["payment"]["state"]) == ("open", 0, "canceled")
    stands(admin, order, "withdrawn")
    # The order itself can still be paid, by another link.
    form = go_again(plain, order.pay_url)
    form.type(APPROVED)
    form.heads("Payment accepted")
    order.becomes("paid")
    assert record.money() == [("DEBIT", "AUTHORISED", 4299)]
    assert [one["status"] for one in record.links()] == ["CANCELLED", "PAID"]


def test_our_link_is_gone_once_it_is_withdrawn(stage: Stage, admin: Admin, plain: Checkout, ear: Ear) -> None:
    ear.expect("410")
    order, record = order_of(stage)
    address = make_link(admin, order)
    plain.open(address).says(pages.CHOOSE)
    withdraw(admin, order)
    answer = plain.page.goto(address)
    assert answer is not None
    assert answer.status == 410
    plain.says("This link was withdrawn")
    plain.tells("Nothing can be paid with it, and nothing was charged by opening it.")
    stands(admin, order, "withdrawn")
    assert order.read()["state"] == "open"
    assert record.links() == []


def test_the_open_page_pays_the_new_amount_and_never_the_old(
    stage: Stage, admin: Admin, plain: Checkout, ear: Ear
) -> None:
    ear.expect("409")
    order, record = order_of(stage)
    form = go_to_page(plain, order)
    form.is_over("42.99 EUR")
    change_amount(admin, order, "50.00")
    says(admin, re.compile(r"The order is over €50\.00 now, payable until "))
    assert order.read()["amount"] == 5000
    form.type(APPROVED)
    form.says("The shop has changed this order. Please check the amount and pay again.")
    form.is_over("50.00 EUR")
    assert record.money() == []
    assert order.read()["state"] == "open"
    form.type(APPROVED)
    form.heads("Payment accepted")
    form.to_shop()
    plain.is_receipt(amount="€50.00")
    told = order.becomes("paid")
    assert (told["amount"], told["amount_captured"], told["payment"]["attempt"]) == (5000, 5000, 1)
    assert record.money() == [("DEBIT", "AUTHORISED", 5000)]
    assert (record.link()["amount"], record.link()["status"]) == (5000, "PAID")
