"""Paying on eComCharge's own page: where JavaScript is off, and where the merchant prefers it."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e import pages
from tests.e2e.begateway import (
    APPROVED,
    CHALLENGED,
    NO_FUNDS,
    PASSWORD,
    WAY,
    Form,
    order_of,
    show,
)
from tests.e2e.pages import Checkout
from tests.e2e.stage import Order, Stage


@pytest.fixture
def plain(visitor: Callable[..., BrowserContext]) -> Checkout:
    """A browser without JavaScript."""
    return Checkout(visitor(java_script_enabled=False).new_page())


@pytest.fixture
def preferred(stage: Stage) -> Iterator[None]:
    show(stage, "page")
    yield
    show(stage, "widget")


def without_script(plain: Checkout, order: Order) -> Form:
    plain.open(order.pay_url).says(pages.CHOOSE)
    plain.pay.click()
    plain.says(pages.WIDGET)
    plain.page.get_by_role("link", name="Continue to the payment page").click()
    return at_the_provider(plain.page)


def at_the_provider(page: Page) -> Form:
    expect(page.get_by_label("Card number")).to_be_visible()
    return Form(page)


def test_paid_without_script(stage: Stage, plain: Checkout) -> None:
    order, record = order_of(stage)
    form = without_script(plain, order)
    form.type(APPROVED)
    form.says("Thank you, you have paid")
    form.to_shop()
    plain.is_receipt(amount="€42.99")
    order.becomes("paid")
    assert record.money() == [("payment", 4299)]


def test_declined_then_paid_without_script(stage: Stage, plain: Checkout) -> None:
    order, record = order_of(stage)
    form = without_script(plain, order)
    form.use(NO_FUNDS)
    form.to_shop()
    plain.says(pages.FAILED)
    plain.tells("There was not enough money available on this card.")
    plain.again.click()
    plain.says(pages.WIDGET)
    plain.page.get_by_role("link", name="Continue to the payment page").click()
    form = at_the_provider(plain.page)
    form.use(CHALLENGED)
    form.answer(PASSWORD)
    form.to_shop()
    plain.is_receipt()
    assert order.becomes("paid")["payment"]["attempt"] == 1
    assert record.only_token()["attempts_used"] == 2


def test_cancelled_without_script(stage: Stage, plain: Checkout) -> None:
    order, record = order_of(stage)
    without_script(plain, order).cancel()
    plain.says(pages.INTERRUPTED)
    plain.give_up.click()
    plain.says(pages.CANCELED)
    assert order.read()["state"] == "canceled"
    assert record.money() == []


def test_expired_without_script(stage: Stage, plain: Checkout) -> None:
    order, record = order_of(stage)
    form = without_script(plain, order)
    order.run_out()
    order.becomes("expired")
    form.use(APPROVED)
    form.says("This attempt is over.")
    plain.open(order.pay_url).says(pages.OVER)
    assert record.money() == []


@pytest.mark.usefixtures("preferred")
def test_the_merchant_prefers_the_page(stage: Stage, checkout: Checkout) -> None:
    order, record = order_of(stage)
    checkout.open(order.pay_url).says(pages.CHOOSE)
    checkout.pay.click()
    form = at_the_provider(checkout.page)  # by itself
    form.use(NO_FUNDS)
    form.says("You may try again: 2 attempts are left.")
    form.use(APPROVED)
    form.to_shop()
    checkout.is_receipt(amount="€42.99")
    order.becomes("paid")
    assert record.money() == [("payment", 4299)]


@pytest.mark.usefixtures("preferred")
def test_cancelled_on_the_page_then_paid(stage: Stage, checkout: Checkout) -> None:
    order, record = order_of(stage)
    checkout.open(order.pay_url).says(pages.CHOOSE)
    checkout.pay.click()
    at_the_provider(checkout.page).cancel()
    checkout.says(pages.INTERRUPTED)
    checkout.again.click()
    form = at_the_provider(checkout.page)
    form.use(APPROVED)
    form.to_shop()
    checkout.is_receipt()
    assert order.becomes("paid")["payment"]["attempt"] == 1
    assert record.only_token()["status"] == "successful"


@pytest.mark.usefixtures("preferred")
def test_the_page_in_french(stage: Stage, checkout: Checkout) -> None:
    order, _record = order_of(stage, language="fr")
    checkout.open(order.pay_url)
    checkout.page.get_by_role("button", name="Payer").click()
    expect(checkout.page.get_by_label("Numéro de carte")).to_be_visible()
    assert WAY not in checkout.page.inner_text("body")
