"""From the basket to the shop's own page: what the shop shows is what it was told, and nothing else."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import pages
from tests.e2e.pages import Checkout, Shop
from tests.e2e.stage import Stage


@pytest.fixture
def shop(page: Page, stage: Stage) -> Shop:
    return Shop(page, stage.shop)


def test_from_the_basket_to_paid(stage: Stage, shop: Shop) -> None:
    before = stage.sandbox.mark()
    shop.put("Museum ticket, adult", "Poster")
    checkout = shop.order_as_guest()
    order = stage.find(checkout.reference)
    checkout.pay_with(pages.APPROVED)
    checkout.is_receipt(amount="€33.99")
    checkout.back.click()
    shop.says("Paid")
    shop.was_told("order.paid")
    told = order.read()
    assert (told["state"], told["amount_captured"], told["currency"]) == ("paid", 3399, "EUR")
    assert len(stage.sandbox.calls("createPaymentsAndCloseOrder", since=before)) == 1
    assert stage.sandbox.only_order(order)["amount"] == 33990
    shop.page.goto(f"{shop.url}orders/")
    expect(shop.page.get_by_role("listitem").filter(has_text=order.reference)).to_contain_text("Paid")


def test_cancelled_then_given_up(stage: Stage, shop: Shop) -> None:
    shop.put("Museum ticket, child")
    checkout = shop.order_as_guest()
    order = stage.find(checkout.reference)
    checkout.choose()
    checkout.card.cancel()
    checkout.says(pages.INTERRUPTED)
    checkout.give_up.click()
    checkout.says(pages.CANCELED)
    checkout.tells("Nothing was charged.")
    checkout.back.click()
    shop.says("Canceled")
    shop.was_told("order.canceled")
    assert order.read()["state"] == "canceled"
    assert stage.sandbox.only_order(order)["orderState"] == "ABANDONED"


def test_given_up_with_the_form_open(stage: Stage, checkout: Checkout) -> None:
    order = stage.order()
    checkout.open(order.pay_url).choose()
    checkout.give_up.click()
    checkout.says(pages.CANCELED)
    order.becomes("canceled")
    assert stage.sandbox.only_order(order)["orderState"] == "ABANDONED"


def test_the_shops_page_follows_without_being_asked(stage: Stage, shop: Shop) -> None:
    shop.put("Poster")
    checkout = shop.order_as_guest()
    order = stage.find(checkout.reference)
    checkout.choose()
    here = shop.page.context.new_page()
    here.goto(f"{shop.url}orders/{order.reference}/")
    waiting = Shop(here, shop.url)
    waiting.says("Not paid yet")
    checkout.card.use(pages.APPROVED)
    checkout.is_receipt()
    waiting.says("Paid")


def test_a_card_is_left_and_then_pays_with_one_press(stage: Stage, shop: Shop) -> None:
    checkout = shop.leave_a_card()
    checkout.says("Keep a card for later")
    checkout.tells("No money is taken now.")
    checkout.pay.click()
    checkout.says("Enter your card")
    checkout.card.type("5555 5555 5555 4444")
    checkout.says("Your card is kept, thank you")
    checkout.back.click()
    shop.says("Card saved")

    shop.put("Exhibition catalogue")
    checkout = shop.order_as_known()
    order = stage.find(checkout.reference)
    checkout.method(re.compile("4444")).first.check()
    expect(checkout.keep_card).to_be_hidden()
    checkout.pay.click()
    checkout.is_receipt(amount="€39.90")
    assert order.read()["payment"]["card"]["last4"] == "4444"
    assert order.read()["payment"]["attempt"] == 1

    shop.put("Exhibition catalogue")
    guest = shop.order_as_guest()
    guest.says(pages.CHOOSE)
    expect(guest.page.get_by_text("Your saved card")).to_have_count(0)
    expect(guest.page.get_by_text("•••• 4444")).to_have_count(0)
    expect(guest.keep_card).to_have_count(0)


def test_a_card_is_kept_while_paying_and_removed_again(stage: Stage, checkout: Checkout) -> None:
    first = stage.order(customer="someone")
    checkout.open(first.pay_url)
    checkout.keep_card.check()
    checkout.pay_with(pages.APPROVED)
    checkout.is_receipt()
    first.becomes("paid")

    checkout.open(stage.order(customer="somebody else").pay_url)
    checkout.says(pages.CHOOSE)
    expect(checkout.page.get_by_text("•••• 0055")).to_have_count(0)

    checkout.open(stage.order(customer="someone").pay_url)
    expect(checkout.method(re.compile("0055"))).to_have_count(1)
    checkout.page.get_by_role("button", name=re.compile("^Remove .*0055")).click()
    expect(checkout.method(re.compile("0055"))).to_have_count(0)
    expect(checkout.page.get_by_text("•••• 0055")).to_have_count(0)
