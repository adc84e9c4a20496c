"""Paying on Purse's own page: where JavaScript is off, and where the merchant prefers it."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.e2e import pages
from tests.e2e.conftest import Ear
from tests.e2e.pages import Checkout
from tests.e2e.purse import (
    APPROVED,
    CARD,
    CHALLENGED,
    GIFT_20,
    GIFT_CARD,
    NO_FUNDS,
    WAY,
    Form,
    Record,
    fill,
    form_on,
    open_form,
    order_of,
    set_account,
    started,
)
from tests.e2e.stage import Order, Stage


@pytest.fixture(autouse=True)
def _full_gift_cards(stage: Stage) -> None:
    fill(stage.sandbox)


@pytest.fixture
def plain(visitor: Callable[..., BrowserContext]) -> Checkout:
    """A browser without JavaScript."""
    return Checkout(visitor(java_script_enabled=False).new_page())


@pytest.fixture
def preferred(stage: Stage) -> Iterator[None]:
    set_account(stage, show="page")
    yield
    set_account(stage, show="widget")


@pytest.fixture
def beside(stage: Stage) -> Iterator[None]:
    set_account(stage, page_beside_widget=True)
    yield
    set_account(stage, page_beside_widget=False)


def without_script(plain: Checkout, order: Order) -> Form:
    """Chosen, and there at once."""
    plain.open(order.pay_url).says(pages.CHOOSE)
    plain.method(WAY).check()
    plain.pay.click()
    return form_on(plain.page)


def modes(record: Record) -> list[str]:
    """What each of its sessions was made for."""
    return [one["integration_mode"] for one in record.sessions()]


def test_a_card_without_script(stage: Stage, plain: Checkout) -> None:
    order, record = order_of(stage)
    without_script(plain, order).type(APPROVED)
    plain.is_receipt(amount="€42.99")
    order.becomes("paid")
    assert modes(record) == ["HOSTED_PAGE"]
    assert record.sums() == (4299, 4299, 0, 0)


def test_a_gift_card_and_a_card_without_script(stage: Stage, plain: Checkout) -> None:
    order, record = order_of(stage)
    form = without_script(plain, order)
    form.use_gift_card(GIFT_20)
    form.type(CHALLENGED)
    form.answer()
    plain.is_receipt(amount="€42.99")
    order.becomes("paid")
    assert record.split() == {GIFT_CARD: 2000, CARD: 2299}
    assert record.sums() == (4299, 4299, 0, 0)


def test_cancelled_then_paid_without_script(stage: Stage, plain: Checkout) -> None:
    order, record = order_of(stage)
    without_script(plain, order).cancel()
    plain.says(pages.INTERRUPTED)
    plain.again.click()
    form_on(plain.page).type(APPROVED)
    plain.is_receipt()
    assert order.becomes("paid")["payment"]["attempt"] == 2
    assert record.ends() == ["ABORTED", "AUTHORIZED"]


def test_refused_with_script_then_paid_without(stage: Stage, checkout: Checkout, plain: Checkout) -> None:
    order, record = order_of(stage)
    open_form(checkout, order).type(NO_FUNDS)
    checkout.says(pages.FAILED)
    plain.open(order.pay_url).says(pages.FAILED)
    plain.again.click()
    form_on(plain.page).type(APPROVED)
    plain.is_receipt()
    assert order.becomes("paid")["payment"]["attempt"] == 2
    assert modes(record) == ["EMBEDDED", "HOSTED_PAGE"]
    assert record.ends() == ["REFUSED", "AUTHORIZED"]


def test_a_form_that_is_open_is_given_up_for_the_page(stage: Stage, plain: Checkout) -> None:
    order, record = started(stage)
    plain.open(order.pay_url).says(pages.WIDGET)
    plain.warns("JavaScript is switched off in your browser. You can pay on the page of the payment service")
    plain.page.get_by_role("button", name="Continue to the payment page").click()
    form_on(plain.page).type(APPROVED)
    plain.is_receipt(amount="€42.99")
    assert order.becomes("paid")["payment"]["attempt"] == 2
    assert modes(record) == ["EMBEDDED", "HOSTED_PAGE"]
    assert record.ends() == ["ABORTED", "AUTHORIZED"]


def test_a_form_that_does_not_come_is_given_up_for_the_page(
    stage: Stage, checkout: Checkout, ear: Ear
) -> None:
    order, record = started(stage)
    ear.expect("ERR_FAILED")
    checkout.page.route(f"{stage.sandbox.url}/**/purse.js", lambda route: route.abort())
    checkout.open(order.pay_url)
    expect(checkout.page.get_by_role("alert")).to_have_text(
        "The payment form could not be loaded. Nothing was charged."
    )
    checkout.page.get_by_role("button", name="Pay on the payment service's own page").click()
    form_on(checkout.page).type(APPROVED)
    checkout.is_receipt(amount="€42.99")
    order.becomes("paid")
    assert record.ends() == ["ABORTED", "AUTHORIZED"]


@pytest.mark.usefixtures("beside")
def test_a_session_with_both_is_paid_on_its_page(stage: Stage, plain: Checkout) -> None:
    order, record = started(stage)
    plain.open(order.pay_url).says(pages.WIDGET)
    plain.page.get_by_role("link", name="Continue to the payment page").click()
    form_on(plain.page).type(APPROVED)
    plain.is_receipt(amount="€42.99")
    assert order.becomes("paid")["payment"]["attempt"] == 1
    assert record.ends() == ["AUTHORIZED"]


def test_the_shop_asks_for_the_page(stage: Stage, plain: Checkout) -> None:
    order, record = started(stage, channel="page")
    plain.open(order.pay_url)
    plain.page.get_by_role("link", name="Continue", exact=True).click()
    form_on(plain.page).type(APPROVED)
    plain.is_receipt(amount="€42.99")
    assert order.becomes("paid")["payment"]["attempt"] == 1
    assert modes(record) == ["HOSTED_PAGE"]


@pytest.mark.usefixtures("preferred")
def test_the_merchant_prefers_the_page(stage: Stage, checkout: Checkout) -> None:
    """Opened over the shop API, in French, with what Purse alone knows of an order."""
    line = {"name": "Poster, rolled", "brand": "Affiches", "quantity": 1, "net_amount": 4299, "tax_rate": 20}
    told = {"tax_amount": 717, "shipments": [{"net_amount": 4299, "item_lines": [line]}]}
    order, record = started(stage, options={"purse": {"order": told}}, language="fr")
    checkout.open(order.pay_url)
    page = checkout.page
    page.get_by_role("link", name="Continuer").click()
    # What is sold stands beside the form.
    for part in ("Poster, rolled Affiches", "42,99 EUR", "7,17 EUR"):
        expect(page.get_by_role("complementary")).to_contain_text(part)
    page.get_by_text("Utiliser une carte de test").click()
    page.get_by_role("button", name=APPROVED).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Payé, merci")
    order.becomes("paid")
    assert record.sums() == (4299, 4299, 0, 0)
