"""A hold that runs out, a shopper who needs longer, and one who never comes back."""

import re

from playwright.sync_api import Page, expect

from tests.e2e import pages
from tests.e2e.pages import Checkout, Shop
from tests.e2e.stage import Stage, eventually


def test_abandoned_with_the_form_open(stage: Stage, page: Page, checkout: Checkout) -> None:
    order = stage.order(hold_minutes=1)
    checkout.open(order.pay_url).choose()
    checkout.card.number.fill(pages.APPROVED)
    page.close()
    order.run_out()
    assert order.becomes("expired")["payment"]["state"] == "expired"
    sold = stage.sandbox.only_order(order)
    assert sold["orderState"] == "ABANDONED"
    assert [payment["paymentStatus"] for payment in sold["payments"]] == ["ABANDONED"]


def test_the_shop_is_told_that_it_ran_out(stage: Stage, page: Page) -> None:
    shop = Shop(page, stage.shop)
    shop.put("Poster")
    checkout = shop.order_as_guest()
    order = stage.find(checkout.reference)
    order.run_out()
    order.becomes("expired")
    page.reload()
    checkout.says(pages.OVER)
    checkout.tells("Nothing was charged.")
    checkout.back.click()
    shop.says("Expired")
    shop.was_told("order.expired")


def test_the_open_form_makes_way_when_the_time_is_over(stage: Stage, checkout: Checkout) -> None:
    order = stage.order()
    checkout.open(order.pay_url).choose()
    order.run_out()
    checkout.says(pages.OVER)
    order.becomes("expired")
    checkout.tells("Nothing was charged.")


def test_more_time(stage: Stage, page: Page, checkout: Checkout) -> None:
    order = stage.order(hold_minutes=2)
    checkout.open(order.pay_url)
    expect(checkout.deadline).to_contain_text(re.compile("1 minutes? left|Less than a minute left"))
    checkout.choose()
    checkout.card.number.fill("4970 1000")
    until = order.read()["expires_at"]
    checkout.more_time.click()
    expect(checkout.deadline).to_contain_text(re.compile(r"\b[12]\d minutes left"))
    # What was typed into the form is still there.
    expect(checkout.card.number).to_have_value("4970 1000")
    assert eventually(lambda: order.read()["expires_at"]) > until
    page.reload()
    expect(checkout.deadline).to_contain_text(re.compile(r"\b[12]\d minutes left"))
