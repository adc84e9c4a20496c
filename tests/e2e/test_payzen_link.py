"""Paying by PayZen's link, from the checkout and out of e-mails, in a browser without JavaScript."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext

from tests.e2e import pages
from tests.e2e.pages import Admin, Checkout
from tests.e2e.payzen import (
    ACCOUNT,
    APPROVED,
    CHALLENGED,
    CODE,
    REFUSED,
    at_payzen,
    go_to_page,
    link_in,
    mailed,
    make_link,
    order_of,
    plain_visitor,
    says,
    send,
    stands,
)
from tests.e2e.stage import Stage

TAKEN = [("DEBIT", "AUTHORISED", 4299)]


@pytest.fixture
def plain(visitor: Callable[..., BrowserContext]) -> Checkout:
    return plain_visitor(visitor)


def test_paid_from_the_checkout_with_3d_secure(stage: Stage, plain: Checkout) -> None:
    order, record = order_of(stage)
    form = go_to_page(plain, order)
    form.is_over("42.99 EUR")
    form.type(CHALLENGED)
    form.answer("9999")
    form.says("This code is not right. Please try again.")
    form.answer(CODE)
    form.heads("Payment accepted")
    form.says("Thank you. 42.99 EUR has been paid.")
    form.to_shop()
    plain.is_receipt(amount="€42.99")
    told = order.becomes("paid")
    assert (told["amount_captured"], told["payment"]["provider"], told["payment"]["attempt"]) == (
        4299,
        "payzen",
        1,
    )
    assert record.money() == TAKEN
    assert record.link()["status"] == "PAID"


def test_refused_then_paid_on_the_same_link(stage: Stage, plain: Checkout) -> None:
    order, record = order_of(stage)
    form = go_to_page(plain, order)
    form.type(REFUSED)
    form.says("The payment was refused. There are not sufficient funds on the card.")
    form.says("Nothing has been charged.")
    assert order.read()["state"] == "open"
    form.type(APPROVED)
    form.heads("Payment accepted")
    form.to_shop()
    plain.is_receipt(amount="€42.99")
    assert order.becomes("paid")["payment"]["attempt"] == 1
    assert record.money() == [("DEBIT", "REFUSED", 4299), *TAKEN]
    assert record.link()["status"] == "PAID"


def test_paid_out_of_an_email_of_payzens(stage: Stage, admin: Admin, plain: Checkout) -> None:
    order, record = order_of(stage)
    send(admin, order, f"{ACCOUNT}: e-mail", to="ada.of.payzen@example.com")
    says(admin, "PayZen has sent the link to ada.of.payzen@example.com.")
    (message,) = record.link()["messages"]
    assert (message["channel"], message["recipient"], message["purpose"]) == (
        "MAIL", "ada.of.payzen@example.com", "request",
    )  # fmt: skip
    assert "42.99 EUR" in message["body"]
    assert message["link"] in message["body"]
    plain.page.goto(f"{stage.sandbox.url}/console/payzen/messages")
    plain.page.get_by_role("link", name=message["link"]).click()
    form = at_payzen(plain.page)
    form.is_over("42.99 EUR")
    form.type(APPROVED)
    form.heads("Payment accepted")
    assert order.becomes("paid")["amount_captured"] == 4299
    assert record.money() == TAKEN
    stands(admin, order, "paid")


def test_paid_out_of_an_email_of_ours(stage: Stage, admin: Admin, plain: Checkout) -> None:
    order, record = order_of(stage)
    send(admin, order, "E-mail from us", to="ada.of.ours@example.com")
    says(admin, "The e-mail to ada.of.ours@example.com is on its way.")
    _subject, text = mailed(stage, "ada.of.ours@example.com")
    assert "€42.99" in text
    stands(admin, order, "sent")
    plain.open(link_in(text))
    assert plain.page.url == order.pay_url
    form = go_to_page(plain, order)
    form.type(APPROVED)
    form.to_shop()
    plain.is_receipt(amount="€42.99")
    order.becomes("paid")
    assert record.money() == TAKEN
    admin.open(order.id)
    admin.tells(
        "The payment link was sent to ada.of.ours@example.com.",
        "The payment link was opened for the first time",
    )


def test_paid_by_the_address_in_a_qr_code(stage: Stage, admin: Admin, plain: Checkout) -> None:
    order, record = order_of(stage)
    address = make_link(admin, order)
    plain.open(address).says(pages.CHOOSE)
    assert plain.page.url == order.pay_url
    go_to_page(plain, order).type(APPROVED)
    order.becomes("paid")
    assert record.money() == TAKEN
    # Whoever follows it again reads that it is paid.
    plain.open(address).is_receipt(amount="€42.99")
