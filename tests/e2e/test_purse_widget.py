"""Paying in Purse's form, which stands in our page: by card, by gift card, by both, and at a partner's."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e import pages
from tests.e2e.pages import Checkout
from tests.e2e.purse import (
    APPROVED,
    CARD,
    CHALLENGED,
    GIFT_20,
    GIFT_50,
    GIFT_CARD,
    NO_FUNDS,
    WAY,
    Form,
    fill,
    form_in,
    on_gift_card,
    open_form,
    order_of,
    put,
    set_account,
)
from tests.e2e.stage import Stage


@pytest.fixture(autouse=True)
def _full_gift_cards(stage: Stage) -> None:
    fill(stage.sandbox)


def test_pay_with_a_card(stage: Stage, checkout: Checkout) -> None:
    order, record = order_of(stage)
    form = open_form(checkout, order)
    expect(form.pay).to_be_disabled()  # nothing is filled in
    form.type(APPROVED)
    checkout.is_receipt(amount="€42.99")
    checkout.tells("Visa •••• 0055")
    told = order.becomes("paid")
    assert (told["amount_authorized"], told["amount_captured"]) == (4299, 4299)
    assert told["payment"]["provider"] == "purse"
    assert told["payment"]["card"] == {"brand": "Visa", "last4": "0055"}
    assert record.session()["order"]["reference"] == told["payment"]["reference"]
    assert record.sums() == (4299, 4299, 0, 0)
    assert record.split() == {CARD: 4299}


def test_a_gift_card_and_a_card_share_it(stage: Stage, checkout: Checkout) -> None:
    order, record = order_of(stage)
    form = open_form(checkout, order)
    form.use_gift_card(GIFT_20)
    form.says("22.99 EUR")  # is left
    form.type(APPROVED)
    checkout.is_receipt(amount="€42.99")
    checkout.tells(re.compile(r"gift card · illicado\s*€20\.00"))
    checkout.tells(re.compile(r"credit card · [a-z]+\s*€22\.99"))
    told = order.becomes("paid")
    assert (told["amount_authorized"], told["amount_captured"]) == (4299, 4299)
    assert record.split() == {GIFT_CARD: 2000, CARD: 2299}
    assert record.sums() == (4299, 4299, 0, 0)
    assert record.done("captures") == [("SUCCESS", 4299, {GIFT_CARD: 2000, CARD: 2299})]
    assert on_gift_card(stage.sandbox, GIFT_20) == 0


def test_a_gift_card_alone(stage: Stage, checkout: Checkout) -> None:
    order, record = order_of(stage)
    form = open_form(checkout, order)
    form.use_gift_card(GIFT_50)
    form.says("Your gift cards cover the whole amount.")
    form.pay.click()
    checkout.is_receipt(amount="€42.99")
    assert order.becomes("paid")["payment"]["card"] is None
    assert record.split() == {GIFT_CARD: 4299}
    assert on_gift_card(stage.sandbox, GIFT_50) == 5000 - 4299


def test_refused_then_paid(stage: Stage, checkout: Checkout) -> None:
    """The gift card has given its part when the bank says no: it goes back, and serves again."""
    order, record = order_of(stage)
    form = open_form(checkout, order)
    form.use_gift_card(GIFT_20)
    form.type(NO_FUNDS)
    checkout.says(pages.FAILED)
    checkout.tells("There was not enough money available on this card.")
    checkout.tells("Nothing was charged.")
    assert order.read()["payment"]["decline_reason"] == "insufficient_funds"
    assert on_gift_card(stage.sandbox, GIFT_20) == 2000
    checkout.again.click()
    checkout.says(pages.WIDGET)
    form = form_in(checkout)
    form.use_gift_card(GIFT_20)
    form.type(APPROVED)
    checkout.is_receipt(amount="€42.99")
    assert order.becomes("paid")["payment"]["attempt"] == 2
    assert record.ends() == ["REFUSED", "AUTHORIZED"]
    assert record.sums() == (4299, 4299, 0, 0)
    assert on_gift_card(stage.sandbox, GIFT_20) == 0


def test_three_d_secure_given_up_then_passed(stage: Stage, checkout: Checkout) -> None:
    order, record = order_of(stage)
    form = open_form(checkout, order)
    form.type(CHALLENGED)
    form.cancel()
    checkout.says(pages.INTERRUPTED)
    checkout.again.click()
    checkout.says(pages.WIDGET)
    form = form_in(checkout)
    form.type(CHALLENGED)
    form.answer("9999")
    form.says("This code is not right.")
    form.answer()
    checkout.is_receipt()
    assert order.becomes("paid")["payment"]["attempt"] == 2
    assert record.ends() == ["ABORTED", "AUTHORIZED"]
    assert record.sums() == (4299, 4299, 0, 0)


def test_another_way_was_wanted_then_this_one_after_all(stage: Stage, checkout: Checkout) -> None:
    order, record = order_of(stage)
    open_form(checkout, order)
    checkout.page.get_by_role("button", name="Pay in another way").click()
    checkout.says(pages.INTERRUPTED)
    checkout.again.click()
    checkout.says(pages.WIDGET)
    form_in(checkout).type(APPROVED)
    checkout.is_receipt()
    assert order.becomes("paid")["payment"]["attempt"] == 2
    assert record.ends() == ["ABORTED", "AUTHORIZED"]


def test_the_session_runs_out_under_the_form(stage: Stage, checkout: Checkout) -> None:
    put(stage.sandbox, "accounts", provider="purse", settings={"session_minutes": 1})
    try:
        order, record = order_of(stage)
        open_form(checkout, order)
        stage.sandbox.advance(61)
        checkout.says(pages.INTERRUPTED)  # by itself
    finally:
        put(stage.sandbox, "accounts", provider="purse", settings={"session_minutes": 30})
    assert order.read()["payment"]["state"] == "expired"
    checkout.again.click()
    checkout.says(pages.WIDGET)
    form_in(checkout).type(APPROVED)
    checkout.is_receipt()
    assert order.becomes("paid")["payment"]["attempt"] == 2
    assert record.ends() == ["EXPIRED", "AUTHORIZED"]


def test_a_wallet_on_its_own_page(stage: Stage, checkout: Checkout) -> None:
    order, record = order_of(stage)
    form = open_form(checkout, order)
    form.choose("PayPal")
    expect(checkout.page.get_by_role("heading", name="PayPal asks you")).to_be_visible()
    checkout.page.get_by_role("button", name="Approve").click()
    checkout.is_receipt(amount="€42.99")
    order.becomes("paid")
    assert record.split() == {"paypal/wallet": 4299}
    assert record.sums() == (4299, 4299, 0, 0)


def test_what_stays_pending_is_paid_later(stage: Stage, checkout: Checkout) -> None:
    order, record = order_of(stage)
    form = open_form(checkout, order)
    form.choose("Multibanco")
    checkout.says(pages.CHECKING)
    checkout.tells("Please do not pay a second time.")
    expect(checkout.again).to_have_count(0)
    assert order.read()["payment"]["state"] == "pending"
    stage.sandbox.post(f"purse/payments/{record.session()['payment']['id']}/settle", outcome="success")
    checkout.is_receipt(amount="€42.99")  # by itself
    order.becomes("paid")
    assert record.split() == {"hipay/multibanco": 4299}


def test_purse_keeps_a_card_and_offers_it_again(stage: Stage, checkout: Checkout) -> None:
    """Its own form asks, so ours does not."""
    first, _record = order_of(stage, customer="keeps at purse")
    checkout.open(first.pay_url)
    checkout.method(WAY).check()
    expect(checkout.keep_card).to_be_hidden()
    form = open_form(checkout, first)
    form.where.get_by_label("Save this card for next time").check()
    form.type(APPROVED)
    checkout.is_receipt()
    first.becomes("paid")
    assert stage.api("GET", "saved-cards?customer=keeps%20at%20purse")["saved_cards"] == []
    stranger, _record = order_of(stage, customer="somebody else at purse")
    expect(open_form(checkout, stranger).where.get_by_text("Saved card")).to_have_count(0)
    order, record = order_of(stage, customer="keeps at purse")
    form = open_form(checkout, order)
    form.choose("Saved card VISA ending in 0055")
    checkout.is_receipt()
    order.becomes("paid")
    assert record.split() == {CARD: 4299}


def test_the_forms_own_button(stage: Stage, checkout: Checkout) -> None:
    set_account(stage, pay_button="purse")
    try:
        order, record = order_of(stage)
        form = open_form(checkout, order)
        expect(form.pay).to_have_count(0)
        Form(form.where, form.where.get_by_role("button", name="Pay 42.99 EUR")).type(APPROVED)
        checkout.is_receipt()
    finally:
        set_account(stage, pay_button="ours")
    order.becomes("paid")
    assert record.sums() == (4299, 4299, 0, 0)


def test_the_form_that_was_left_open_cannot_pay_a_cancelled_order(stage: Stage, checkout: Checkout) -> None:
    order, record = order_of(stage)
    form = open_form(checkout, order)
    stage.api("POST", f"orders/{order.id}/cancel")
    checkout.says(pages.CANCELED)
    assert order.read()["state"] == "canceled"
    assert record.session()["status"] == "ABORTED"
    expect(form.number).to_have_count(0)
