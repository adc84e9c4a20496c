"""Paying in eComCharge's form, which comes up over our page."""

import re

from playwright.sync_api import BrowserContext, expect

from tests.e2e import pages
from tests.e2e.begateway import (
    APPROVED,
    CHALLENGED,
    NO_FUNDS,
    PASSWORD,
    TOO_MUCH,
    WAY,
    form_over,
    open_form,
    order_of,
)
from tests.e2e.conftest import Ear
from tests.e2e.pages import Checkout
from tests.e2e.stage import Stage


def test_pay_with_a_card(stage: Stage, checkout: Checkout) -> None:
    order, record = order_of(stage)
    form = open_form(checkout, order)
    form.type(APPROVED)
    form.says("Thank you, you have paid")
    form.to_shop()
    checkout.is_receipt(amount="€42.99")
    told = order.becomes("paid")
    assert (told["amount_authorized"], told["amount_captured"]) == (4299, 4299)
    assert told["payment"]["provider"] == "ecomcharge"
    assert told["payment"]["card"] == {"brand": "Visa", "last4": "0000"}
    assert record.money() == [("payment", 4299)]
    assert record.only_token()["tracking_id"] == told["payment"]["reference"]


def test_both_counters_stand_side_by_side(stage: Stage, checkout: Checkout) -> None:
    order = stage.order()
    checkout.open(order.pay_url).says(pages.CHOOSE)
    expect(checkout.method("Bank card")).to_be_checked()
    checkout.method(WAY).check()
    checkout.pay.click()
    form_over(checkout).use(APPROVED)
    form_over(checkout).to_shop()
    checkout.is_receipt(amount="€33.99")
    assert order.becomes("paid")["payment"]["provider"] == "ecomcharge"


def test_declined_then_paid_in_the_same_form(stage: Stage, checkout: Checkout) -> None:
    order, record = order_of(stage)
    form = open_form(checkout, order)
    form.use(NO_FUNDS)
    form.says("Insufficient funds.")
    form.says("You may try again: 2 attempts are left.")
    form.use(APPROVED)
    form.to_shop()
    checkout.is_receipt()
    assert order.becomes("paid")["payment"]["attempt"] == 1
    assert record.money() == [("payment", 4299)]
    assert [one["status"] for one in record.only_token()["transactions"]] == ["failed", "successful"]


def test_declined_back_in_the_shop_then_paid_on_the_same_attempt(stage: Stage, checkout: Checkout) -> None:
    order, record = order_of(stage)
    form = open_form(checkout, order)
    form.use(NO_FUNDS)
    form.to_shop()
    checkout.says(pages.FAILED)
    checkout.tells("There was not enough money available on this card.")
    checkout.tells("Nothing was charged.")
    assert order.read()["payment"]["decline_reason"] == "insufficient_funds"
    checkout.again.click()
    checkout.says(pages.WIDGET)
    form = form_over(checkout)
    form.use(APPROVED)
    form.to_shop()
    checkout.is_receipt()
    assert order.becomes("paid")["payment"]["attempt"] == 1
    assert record.only_token()["attempts_used"] == 2


def test_declined_for_good_then_paid_with_a_new_attempt(stage: Stage, checkout: Checkout) -> None:
    order, record = order_of(stage)
    form = open_form(checkout, order)
    for end in ("2 attempts are left", "one attempt is left", "The payment was declined"):
        form.use(TOO_MUCH)
        form.says(end)
    form.to_shop()
    checkout.says(pages.FAILED)
    checkout.tells("The amount is above this card's limit.")
    checkout.again.click()
    checkout.says(pages.WIDGET)
    form = form_over(checkout)
    form.use(APPROVED)
    form.to_shop()
    checkout.is_receipt()
    assert order.becomes("paid")["payment"]["attempt"] == 2
    assert [token["status"] for token in record.tokens()] == ["failed", "successful"]


def test_closed_then_paid(stage: Stage, checkout: Checkout) -> None:
    order, record = order_of(stage)
    open_form(checkout, order)
    checkout.page.keyboard.press("Escape")
    checkout.says(pages.INTERRUPTED)
    checkout.again.click()
    checkout.says(pages.WIDGET)
    form = form_over(checkout)
    form.use(APPROVED)
    form.to_shop()
    checkout.is_receipt()
    assert record.only_token()["status"] == "successful"
    assert order.becomes("paid")["payment"]["attempt"] == 1


def test_given_up_and_then_tried_in_the_form_left_open(
    stage: Stage, checkout: Checkout, context: BrowserContext
) -> None:
    """eComCharge has no cancel. So it asks us before it charges, and we say no."""
    order, record = order_of(stage)
    form = open_form(checkout, order)
    checkout.hold_still()  # the form stays open
    other = Checkout(context.new_page()).open(order.pay_url)
    other.page.keyboard.press("Escape")
    other.says(pages.INTERRUPTED)
    other.give_up.click()
    other.says(pages.CANCELED)
    form.use(APPROVED)
    form.says("This attempt is over.")
    assert record.money() == []
    assert order.read()["state"] == "canceled"


def test_three_d_secure(stage: Stage, checkout: Checkout, ear: Ear) -> None:
    ear.expect("422")  # a wrong password
    order, record = order_of(stage)
    form = open_form(checkout, order)
    form.use(CHALLENGED)
    form.answer("9999")
    form.says("This password is not right.")
    form.answer(PASSWORD)
    form.says("Thank you, you have paid")
    form.to_shop()
    checkout.is_receipt()
    order.becomes("paid")
    assert record.money() == [("payment", 4299)]


def test_the_hold_runs_out_over_the_open_form(stage: Stage, checkout: Checkout) -> None:
    order, record = order_of(stage)
    open_form(checkout, order)
    order.run_out()
    checkout.says(pages.OVER)
    order.becomes("expired")
    told = stage.sandbox.post(f"ecomcharge/checkouts/{record.only_token()['token']}/pay", card=APPROVED)
    assert told["status"] == "failed"
    assert record.money() == []


def test_a_bank_transfer_arrives_later(stage: Stage, checkout: Checkout) -> None:
    order, record = order_of(stage)
    form = open_form(checkout, order)
    form.choose("Bank transfer")
    form.pay()
    form.says("We are waiting for your money")
    form.to_shop()
    checkout.says(pages.CHECKING)
    checkout.tells("Please do not pay a second time.")
    (transfer,) = record.only_token()["transactions"]
    assert order.read()["payment"]["state"] == "pending"
    stage.sandbox.post(f"ecomcharge/transactions/{transfer['uid']}/settle", status="successful")
    order.becomes("paid")
    checkout.is_receipt(amount="€42.99")  # by itself


def test_a_card_is_kept_and_pays_again(stage: Stage, checkout: Checkout) -> None:
    first, _record = order_of(stage, customer="keeper")
    checkout.open(first.pay_url).says(pages.CHOOSE)
    checkout.keep_card.check()
    checkout.pay.click()
    form = form_over(checkout)
    form.use(APPROVED)
    form.to_shop()
    checkout.is_receipt()
    first.becomes("paid")
    stranger, _record = order_of(stage, customer="another")
    checkout.open(stranger.pay_url)
    checkout.hides("Your saved card")
    order, record = order_of(stage, customer="keeper")
    checkout.open(order.pay_url).says(pages.CHOOSE)
    checkout.method(re.compile("0000")).check()
    checkout.pay.click()
    form = form_over(checkout)
    form.says("•••• 0000")
    form.code.fill("123")
    form.pay()
    form.says("Thank you, you have paid")
    form.to_shop()
    checkout.is_receipt()
    order.becomes("paid")
    assert record.money() == [("payment", 4299)]
