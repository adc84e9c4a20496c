"""Paying in PayZen's form, which its script draws into our page."""

from tests.e2e import pages
from tests.e2e.pages import Checkout
from tests.e2e.payzen import APPROVED, CHALLENGED, CODE, REFUSED, open_form, order_of
from tests.e2e.stage import Stage

TAKEN = [("DEBIT", "AUTHORISED", 4299)]


def test_paid_in_the_form(stage: Stage, checkout: Checkout) -> None:
    order, record = order_of(stage)
    form = open_form(checkout, order)
    form.is_over("42.99 EUR")
    form.type(APPROVED)
    checkout.is_receipt(amount="€42.99")
    told = order.becomes("paid")
    assert (told["amount_captured"], told["payment"]["provider"], told["payment"]["attempt"]) == (
        4299,
        "payzen",
        1,
    )
    assert record.money() == TAKEN
    assert record.form()["status"] == "PAID"
    assert record.links() == []


def test_paid_in_the_form_with_3d_secure(stage: Stage, checkout: Checkout) -> None:
    order, record = order_of(stage)
    form = open_form(checkout, order)
    form.type(CHALLENGED)
    form.answer(CODE)
    checkout.is_receipt(amount="€42.99")
    order.becomes("paid")
    assert record.money() == TAKEN


def test_refused_then_paid_in_the_same_form(stage: Stage, checkout: Checkout) -> None:
    order, record = order_of(stage)
    form = open_form(checkout, order)
    form.type(REFUSED)
    form.says("The payment was refused. There are not sufficient funds on the card.")
    form.says("Nothing has been charged.")
    checkout.says(pages.WIDGET)
    assert order.read()["state"] == "open"
    form.type(APPROVED)
    checkout.is_receipt(amount="€42.99")
    assert order.becomes("paid")["payment"]["attempt"] == 1
    assert record.money() == [("DEBIT", "REFUSED", 4299), *TAKEN]
