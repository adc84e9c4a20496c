"""Can a payment by phone be typed in a real browser: one type's section at a time, by keyboard, on a phone, without
its script?"""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from checkout.models import Account, Order, Payment, Shop
from tests.merchant import rows
from tests.merchant.phone import Phone, install

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def account(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Account:
    install(monkeypatch)
    return rows.account(shop, provider="phone", name="Phone, test")


@pytest.fixture
def complaints() -> list[str]:
    return []


def logged_in(browser: Browser, site: str, complaints: list[str], **context: Any) -> Page:
    def heard(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            complaints.append(message.text)

    page = browser.new_context(color_scheme="light", **context).new_page()
    page.on("console", heard)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{site}/admin/login/")
    page.fill("#id_username", "margot")
    page.fill("#id_password", "long-enough-for-anybody")
    page.click("button[type=submit]")
    page.wait_for_url("**/admin/")
    return page


@pytest.mark.parametrize("width", [390, 1280])
def test_a_plan_is_typed_with_the_keyboard_and_opened(
    browser: Browser,
    live_server: Any,
    merchant: User,
    account: Account,
    complaints: list[str],
    monkeypatch: pytest.MonkeyPatch,
    width: int,
) -> None:
    monkeypatch.setattr(
        Phone, "url", f"{live_server.url}/admin/?the-form"
    )  # another origin's would be fetched
    page = logged_in(browser, live_server.url, complaints, viewport={"width": width, "height": 900})
    page.goto(f"{live_server.url}/admin/checkout/order/desk/")

    def fits() -> None:
        assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url

    fits()
    expect(page.locator("#id_plan_total")).to_be_hidden()
    page.get_by_label("Description").first.fill("The catalogue, by phone")
    page.get_by_label("one payment").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label("payment plan", exact=True)).to_be_checked()
    page.get_by_role("textbox", name="Total amount").fill("100")
    page.locator("#id_plan_cycles").fill("3")
    fits()
    page.get_by_label("What is not ticked here").check()
    page.get_by_role("group", name="Of its amounts and times").get_by_label("Total amount").check()
    expect(page.get_by_role("group", name="Of its amounts and times")).to_have_count(1)
    fits()
    page.get_by_role("button", name="Go on").press("Enter")
    page.get_by_text("first €33.34, then €33.33 each").wait_for()
    fits()
    page.get_by_role("button", name="Open Phone Pay’s form").dblclick()
    page.get_by_text("1 input is locked.").wait_for()
    fits()
    page.get_by_role("link", name="Open Phone Pay’s form").click()
    page.wait_for_url("**/admin/?the-form")
    payment = Payment.objects.get()
    assert (payment.amount_minor, payment.desk["locked"]) == (3334, ["plan.total"])
    page.goto(f"{live_server.url}{payment.desk['back']}")
    page.get_by_text("The form at Phone Pay is still open; nothing was paid yet.").wait_for()
    page.get_by_text("Opened by margot").wait_for()
    fits()
    assert complaints == []


def test_it_works_without_its_script(
    browser: Browser, live_server: Any, merchant: User, account: Account, complaints: list[str]
) -> None:
    # Unfold, which the admin is built with, hides its pages from a browser that runs no script at all.
    page = logged_in(browser, live_server.url, complaints)
    page.route("**/desk.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
    page.goto(f"{live_server.url}/admin/checkout/order/desk/")
    page.get_by_text("Only the section of the chosen type is read.").wait_for()
    page.get_by_label("mandate", exact=True).check()
    page.get_by_label("Amount charged now").fill("12.00")
    page.get_by_label("Regular amount", exact=True).fill("not this one")
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name="Open Phone Pay’s form").click()
    page.get_by_role("link", name="Open Phone Pay’s form").wait_for()
    assert (Order.objects.get().kind, Order.objects.get().amount_minor) == ("mandate", 1200)


def test_a_mistake_in_a_section_is_seen(
    browser: Browser, live_server: Any, merchant: User, account: Account, complaints: list[str]
) -> None:
    page = logged_in(browser, live_server.url, complaints)
    page.goto(f"{live_server.url}/admin/checkout/order/desk/")
    page.get_by_label("subscription", exact=True).check()
    page.get_by_role("button", name="Go on").click()
    amount = page.get_by_label("Regular amount", exact=True)
    expect(amount).to_have_accessible_description(re.compile(r"This field is required\."))
    expect(amount).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#id_plan_total")).to_be_hidden()
    assert complaints == []
