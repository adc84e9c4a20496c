"""Paying: what the shopper sees, what the shop is told, and what the provider was asked."""

from playwright.sync_api import expect

from tests.e2e import pages
from tests.e2e.pages import Checkout
from tests.e2e.stage import Stage


def test_pay_with_a_card(stage: Stage, checkout: Checkout) -> None:
    order = stage.order()
    before = stage.sandbox.mark()
    checkout.open(order.pay_url)
    checkout.tells("€33.99")
    checkout.choose()
    checkout.card.type(pages.APPROVED)
    checkout.is_receipt(amount="€33.99")
    told = order.becomes("paid")
    assert (told["amount"], told["amount_authorized"], told["amount_captured"]) == (3399, 3399, 3399)
    assert told["payment"]["attempt"] == 1
    assert told["payment"]["card"] == {"brand": "VISA", "last4": "0055"}
    assert len(stage.sandbox.calls("createPaymentsAndCloseOrder", since=before)) == 1
    sold = stage.sandbox.only_order(order)
    assert sold["orderState"] == "CLOSED"


def test_refused_then_paid_on_the_same_order(stage: Stage, checkout: Checkout) -> None:
    order = stage.order()
    checkout.open(order.pay_url).pay_with(pages.NO_FUNDS)
    checkout.says(pages.FAILED)
    checkout.tells("There was not enough money available on this card.")
    checkout.tells("Nothing was charged.")
    assert order.read()["state"] == "open"
    assert order.read()["payment"]["decline_reason"] == "insufficient_funds"
    checkout.again.click()
    checkout.says(pages.WIDGET)
    checkout.card.use(pages.APPROVED)
    checkout.is_receipt(amount="€33.99")
    assert order.becomes("paid")["payment"]["attempt"] == 2
    sold = stage.sandbox.only_order(order)
    assert [payment["paymentStatus"] for payment in sold["payments"]] == ["FAILED", "PAID"]


def test_cancelled_then_paid(stage: Stage, checkout: Checkout) -> None:
    order = stage.order()
    checkout.open(order.pay_url).choose()
    checkout.card.cancel()
    checkout.says(pages.INTERRUPTED)
    checkout.tells("Nothing was charged.")
    checkout.again.click()
    checkout.says(pages.WIDGET)
    checkout.card.use(pages.APPROVED)
    checkout.is_receipt()
    order.becomes("paid")
    assert stage.sandbox.only_order(order)["orderState"] == "CLOSED"


def test_three_d_secure(stage: Stage, checkout: Checkout) -> None:
    order = stage.order()
    checkout.open(order.pay_url).pay_with(pages.CHALLENGED)
    checkout.card.answer("9999")
    expect(checkout.card.frame.get_by_text("This code is not right")).to_be_visible()
    checkout.card.answer("1234")
    checkout.is_receipt()
    order.becomes("paid")
