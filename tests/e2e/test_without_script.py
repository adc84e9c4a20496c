"""With JavaScript switched off everything works but the provider's form, and the page says so."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.e2e import pages
from tests.e2e.pages import Checkout
from tests.e2e.stage import Stage


@pytest.fixture
def plain(visitor: Callable[..., BrowserContext]) -> Checkout:
    return Checkout(visitor(java_script_enabled=False).new_page())


def test_the_form_needs_script_and_the_page_says_so(stage: Stage, plain: Checkout) -> None:
    order = stage.order()
    plain.open(order.pay_url).says(pages.CHOOSE)
    plain.tells("€33.99")
    plain.warns("This way needs JavaScript, which is switched off in your browser.")
    plain.pay.click()
    plain.says(pages.WIDGET)
    plain.warns("This way to pay needs JavaScript, which is switched off in your browser.")


def test_giving_up(stage: Stage, plain: Checkout) -> None:
    order = stage.order()
    plain.open(order.pay_url)
    plain.pay.click()
    plain.says(pages.WIDGET)
    plain.give_up.click()
    plain.says(pages.CANCELED)
    plain.tells("Nothing was charged.")
    assert order.read()["state"] == "canceled"


def test_more_time_and_another_language(stage: Stage, plain: Checkout) -> None:
    order = stage.order(hold_minutes=2)
    until = order.read()["expires_at"]
    plain.open(order.pay_url)
    plain.more_time.click()
    plain.says(pages.CHOOSE)
    assert order.read()["expires_at"] > until
    plain.french.click()
    expect(plain.page.locator("html")).to_have_attribute("lang", "fr")
    expect(plain.page.get_by_role("heading", level=1)).not_to_have_text(pages.CHOOSE)


def test_the_result_comes_without_script(stage: Stage, plain: Checkout) -> None:
    order = stage.order()
    plain.open(order.pay_url)
    plain.pay.click()
    plain.says(pages.WIDGET)
    (payment,) = stage.sandbox.only_order(order)["payments"]
    told = stage.sandbox.post(f"epc/payments/{payment['transactionId']}/pay", card=pages.APPROVED)
    plain.open(told["redirectUrl"]).is_receipt(amount="€33.99")
    expect(plain.back).to_be_visible()


def test_a_saved_card_pays(stage: Stage, checkout: Checkout, plain: Checkout) -> None:
    first = stage.order(customer="without script")
    checkout.open(first.pay_url)
    checkout.keep_card.check()
    checkout.pay_with(pages.APPROVED)
    checkout.is_receipt()
    first.becomes("paid")
    order = stage.order(customer="without script")
    plain.open(order.pay_url)
    plain.method(re.compile("0055")).check()
    plain.pay.click()
    plain.is_receipt()
    order.becomes("paid")
