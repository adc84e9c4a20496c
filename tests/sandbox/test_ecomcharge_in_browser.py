"""Does the widget of eComCharge work in a real browser, under a strict policy and by keyboard; and the page alone?"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect

from tests.ground.listening import Heard, Reply, listening
from tests.ground.loaded import loaded
from tests.sandbox.ecomcharge import APPROVED, CHALLENGED, Merchant, merchant
from tests.sandbox.shop import eventually

__all__ = ["merchant"]


@pytest.fixture
def page(browser: Browser) -> Page:
    context = browser.new_context(locale="en-GB", viewport={"width": 390, "height": 800})
    page = context.new_page()
    page.set_default_timeout(10_000)
    return page


class Shop:
    """A shop's page on another origin, whose policy names the sandbox in script, frame and connect, no more."""

    def __init__(self, sandbox: str) -> None:
        self.sandbox = sandbox
        self.origin = ""
        self.script = ""
        self.policy = (
            f"default-src 'none'; script-src 'self' {sandbox}; frame-src {sandbox}; connect-src {sandbox}; "
            "style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'"
        )

    @property
    def page(self) -> str:
        return (
            '<!doctype html><html lang="en"><title>Shop</title><link rel="icon" href="data:,">'
            "<button id=open>Pay</button>"
            f'<script src="{self.sandbox}/ecomcharge/widget/be_gateway.js"></script>'
            '<script src="/shop.js"></script></html>'
        )

    def widget(self, options: dict[str, Any]) -> None:
        given = json.dumps({"checkout_url": f"{self.sandbox}/ecomcharge", "fromWebview": False} | options)
        self.script = (
            "window.heard = JSON.parse(sessionStorage.heard || '[]');"
            f"var options = {given};"
            "options.closeWidget = function (status) {"
            "  heard.push(status); sessionStorage.heard = JSON.stringify(heard); };"
            "document.getElementById('open').onclick = function () { new BeGateway(options).createWidget(); };"
        )


@contextmanager
def shop_of(sandbox: str) -> Iterator[Shop]:
    shown = Shop(sandbox)

    def answer(heard: Heard) -> Reply:
        kind, body = (
            ("text/javascript", shown.script) if heard.path == "/shop.js" else ("text/html", shown.page)
        )
        headers = {"Content-Type": f"{kind}; charset=utf-8", "Content-Security-Policy": shown.policy}
        return Reply(200, body, headers)

    with listening(answer) as origin:
        shown.origin = origin
        yield shown


def opened(page: Page, shop: Shop) -> FrameLocator:
    page.goto(shop.origin)
    page.get_by_role("button", name="Pay", exact=True).click()
    frame = page.get_by_role("dialog", name="Payment").frame_locator("iframe")
    loaded(frame)
    return frame


def heard(page: Page) -> list[str | None]:
    found: list[str | None] = page.evaluate("heard")
    return found


def fill(frame: FrameLocator | Page, number: str) -> None:
    for label, text in (("Card number", number), ("Expiry date", "1230"), ("Security code", "123"),
                        ("Name on the card", "Ada Lovelace")):  # fmt: skip
        frame.get_by_label(label).fill(text)


def test_paid_by_keyboard_with_three_d_secure_inside(merchant: Merchant, page: Page) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    with shop_of(merchant.url) as shop:
        settings = {"return_url": f"{shop.origin}/back?order=7", "auto_return": 1}
        token = merchant.token(settings=settings, iframe=True)
        shop.widget({"token": token})
        frame = opened(page, shop)
        expect(page.get_by_role("button", name="Close")).to_be_focused()
        frame.get_by_label("Card number").focus()
        page.keyboard.type(CHALLENGED)
        for text in ("1230", "123", "Ada Lovelace"):
            page.keyboard.press("Tab")
            page.keyboard.type(text)
        expect(frame.get_by_label("Card number")).to_have_value("4012 0000 0000 1097")
        page.keyboard.press("Enter")
        frame.get_by_label("Password from your bank").fill("1111")
        page.keyboard.press("Enter")
        expect(frame.get_by_role("heading", name="Thank you, you have paid")).to_be_visible()
        page.wait_for_url(f"{shop.origin}/back?order=7&token={token}&status=successful&uid=*")
        assert heard(page) == ["successful"]
        assert said == []
    assert merchant.status(token)["finished"] is True


@pytest.mark.parametrize("inside", [True, False])
def test_escape_closes_it_and_gives_the_focus_back(merchant: Merchant, page: Page, inside: bool) -> None:
    with shop_of(merchant.url) as shop:
        shop.widget({"token": merchant.token()})
        frame = opened(page, shop)
        expect(frame.get_by_label("Card number")).to_be_visible()
        if inside:
            frame.get_by_label("Card number").focus()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(page.get_by_role("button", name="Pay", exact=True)).to_be_focused()
        assert heard(page) == [None]


def test_the_close_button_after_a_decline(merchant: Merchant, page: Page) -> None:
    with shop_of(merchant.url) as shop:
        shop.widget({"token": merchant.token()})
        frame = opened(page, shop)
        frame.get_by_text("Use a test card").click()
        frame.get_by_role("button", name="Declined: insufficient funds").click()
        expect(frame.get_by_role("alert")).to_contain_text("Insufficient funds.")
        loaded(frame)
        page.get_by_role("button", name="Close").click()
        assert heard(page) == ["failed"]
        assert page.url == f"{shop.origin}/"


def test_three_d_secure_may_leave_the_frame(merchant: Merchant, page: Page) -> None:
    with shop_of(merchant.url) as shop:
        settings = {"return_url": f"{shop.origin}/back", "auto_return": 0}
        token = merchant.token(settings=settings, iframe=True)
        shop.widget({"token": token, "checkout": {"iframe": False}})
        frame = opened(page, shop)
        fill(frame, CHALLENGED)
        frame.get_by_role("button", name="Pay 42.99 GBP").click()
        page.wait_for_url("**/ecomcharge/process/*")
        page.get_by_label("Password from your bank").fill("1111")
        page.get_by_role("button", name="Confirm").click()
        page.wait_for_url(f"{shop.origin}/back?token={token}&status=successful&uid=*")
        assert heard(page) == ["redirected"]


def test_a_pending_method_waits_for_its_reader(merchant: Merchant, page: Page) -> None:
    with shop_of(merchant.url) as shop:
        shop.widget({"token": merchant.token(payment_method={"types": ["credit_card", "bank_transfer"]})})
        frame = opened(page, shop)
        frame.get_by_role("link", name="Bank transfer").click()
        frame.get_by_role("button", name="Pay 42.99 GBP with Bank transfer").click()
        expect(frame.get_by_role("heading", name="We are waiting for your money")).to_be_visible()
        loaded(frame)
        page.get_by_role("button", name="Close").click()
        assert heard(page) == ["pending"]


def test_with_the_public_key_alone(merchant: Merchant, page: Page) -> None:
    key = merchant.get("ecomcharge/public_key")["public_key"]
    with shop_of(merchant.url) as shop:
        order = {"amount": 100, "currency": "EUR", "description": "Tip", "tracking_id": "tip-1"}
        asked = {
            "iframe": True,
            "test": True,
            "transaction_type": "payment",
            "public_key": key,
            "order": order,
        }
        shop.widget({"checkout": asked | {"settings": {"auto_return": 0}}})
        frame = opened(page, shop)
        frame.get_by_text("Use a test card").click()
        frame.get_by_role("button", name="Approved (Belkart)").click()
        # There is no address to go back to: the widget closes by itself.
        eventually(lambda: heard(page) == ["successful"])
        assert page.url == f"{shop.origin}/"
    [tx] = merchant.get("ecomcharge/transactions")["transactions"]
    assert (tx["tracking_id"], tx["amount"], tx["status"]) == ("tip-1", 100, "successful")


def test_a_request_that_is_refused_closes_with_error(merchant: Merchant, page: Page) -> None:
    with shop_of(merchant.url) as shop:
        shop.widget({"checkout": {"public_key": "wrong", "transaction_type": "payment"}})
        page.goto(shop.origin)
        page.get_by_role("button", name="Pay", exact=True).click()
        eventually(lambda: heard(page) == ["error"])


def test_the_page_alone_without_scripts(merchant: Merchant, browser: Browser) -> None:
    page = browser.new_page(locale="en-GB", java_script_enabled=False)
    page.set_default_timeout(10_000)
    with shop_of(merchant.url) as shop:
        token = merchant.token(settings={"return_url": f"{shop.origin}/back", "auto_return": 1})
        page.goto(f"{merchant.base}/widget/hpp.html?token={token}")
        fill(page, APPROVED)
        page.get_by_role("button", name="Pay 42.99 GBP").click()
        page.wait_for_url(f"{shop.origin}/back?token={token}&status=successful&uid=*")
