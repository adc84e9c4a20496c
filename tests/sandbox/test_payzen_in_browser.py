"""Does the embedded form work in a real browser, under a strict policy; and does the link work without scripts?"""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qsl

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect

from tests.ground.listening import Heard, Reply, listening
from tests.sandbox.payzen import CHALLENGED, NO_FUNDS, PUBLIC_KEY, TEST_HMAC, Merchant, merchant, valid
from tests.sandbox.shop import eventually

__all__ = ["merchant"]

BACK = "<!doctype html><title>Back</title><p>back</p>"


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
        self.token = ""
        self.kind = "kr-smart-form"
        self.script = ""
        self.key = PUBLIC_KEY
        self.posted: list[dict[str, str]] = []
        self.policy = (
            f"default-src 'none'; script-src 'self' {sandbox}; frame-src {sandbox}; connect-src {sandbox}; "
            "style-src 'self'; img-src data:; base-uri 'none'; form-action 'self'"
        )

    @property
    def page(self) -> str:
        address = f"{self.sandbox}/payzen/static/js/krypton-client/V4.0/stable/kr-payment-form.min.js"
        return (
            '<!doctype html><html lang="en"><title>Shop</title><link rel="icon" href="data:,">'
            f'<script src="{address}" kr-public-key="{self.key}" kr-post-url-success="/paid" '
            'kr-post-url-refused="/refused" kr-language="en-GB"></script>'
            f'<script src="/shop.js"></script><div class="{self.kind}" kr-form-token="{self.token}">'
            '<div class="kr-pan"></div></div></html>'
        )


@contextmanager
def shop_of(sandbox: str, **settings: str) -> Iterator[Shop]:
    shown = Shop(sandbox)
    for name, value in settings.items():
        setattr(shown, name, value)

    def answer(heard: Heard) -> Reply:
        if heard.method == "POST":
            shown.posted.append({"path": heard.path} | dict(parse_qsl(heard.body.decode())))
        page = BACK if heard.method == "POST" else shown.page
        kind, body = ("text/javascript", shown.script) if heard.path == "/shop.js" else ("text/html", page)
        headers = {"Content-Type": f"{kind}; charset=utf-8", "Content-Security-Policy": shown.policy}
        return Reply(200, body, headers)

    with listening(answer) as origin:
        shown.origin = origin
        yield shown


def opened(page: Page, shop: Shop) -> FrameLocator:
    page.goto(shop.origin)
    return page.frame_locator('iframe[title="Payment form"]')


def fill(form: FrameLocator | Page, number: str) -> None:
    for label, text in (("Card number", number), ("Expiry date", "1230"), ("Security code", "123")):
        form.get_by_label(label, exact=True).fill(text)


@pytest.mark.parametrize("kind", ["kr-smart-form", "kr-embedded"])
def test_a_refusal_a_challenge_and_the_signed_return(merchant: Merchant, page: Page, kind: str) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    with shop_of(merchant.url, token=merchant.form_token(), kind=kind) as shop:
        shop.script = "window.heard = []; KR.onError(function (error) { heard.push(error.errorCode); });"
        frame = opened(page, shop)
        fill(frame, NO_FUNDS)
        frame.get_by_role("button", name="Pay 9.90 EUR").click()
        expect(frame.get_by_role("alert")).to_contain_text("The payment was refused.")
        eventually(lambda: page.evaluate("heard") == ["ACQ_001"])  # told from one window to the other
        fill(frame, CHALLENGED)
        frame.get_by_role("button", name="Pay 9.90 EUR").click()
        frame.get_by_label("Code from your bank").fill("1234")
        frame.get_by_role("button", name="Confirm").click()
        page.wait_for_url(f"{shop.origin}/paid")
        [form] = shop.posted
        assert form["path"] == "/paid"
        assert valid(form, TEST_HMAC, "sha256_hmac")
    assert complaints == []


def test_on_submit_may_keep_the_page(merchant: Merchant, page: Page) -> None:
    with shop_of(merchant.url, token=merchant.form_token()) as shop:
        shop.script = (
            "KR.onSubmit(function (paid) { window.got = paid; return false; });"
            "KR.onFormReady(function () { window.ready = true; });"
        )
        frame = opened(page, shop)
        frame.get_by_text("Use a test card").click()
        eventually(lambda: page.evaluate("window.ready"))
        frame.get_by_role("button", name="Accepted (Mastercard)").click()
        eventually(lambda: page.evaluate("window.got"))
        got = page.evaluate("got")
        form = {"kr-answer": got["rawClientAnswer"], "kr-hash": got["hash"], "kr-hash-key": got["hashKey"]}
        assert valid(form | {"kr-hash-algorithm": got["hashAlgorithm"]}, TEST_HMAC, "sha256_hmac")
        assert got["clientAnswer"]["orderStatus"] == "PAID"
        assert shop.posted == []


def test_the_last_refusal_goes_to_its_own_address(merchant: Merchant, page: Page) -> None:
    token = merchant.form_token(transactionOptions={"cardOptions": {"retry": 0}})
    with shop_of(merchant.url, token=token) as shop:
        frame = opened(page, shop)
        fill(frame, NO_FUNDS)
        frame.get_by_role("button", name="Pay 9.90 EUR").click()
        page.wait_for_url(f"{shop.origin}/refused")
        assert valid(shop.posted[0], TEST_HMAC, "sha256_hmac")


def test_a_key_of_the_other_mode_opens_nothing(merchant: Merchant, page: Page) -> None:
    with shop_of(merchant.url, token=merchant.form_token(), key="69876357:publickey_SANDBOX") as shop:
        expect(opened(page, shop).get_by_role("alert")).to_have_text("This payment is not known here.")


def test_the_link_alone_without_scripts(merchant: Merchant, browser: Browser) -> None:
    page = browser.new_page(locale="en-GB", java_script_enabled=False)
    page.set_default_timeout(10_000)
    with shop_of(merchant.url) as shop:
        made = merchant.order(returnUrl=f"{shop.origin}/back", returnMode="POST")
        page.goto(made["paymentURL"])
        fill(page, NO_FUNDS)
        page.get_by_role("button", name="Pay 9.90 EUR").click()
        expect(page.get_by_role("alert")).to_contain_text("You can try again")
        fill(page, "4970100000000055")
        page.get_by_role("button", name="Pay 9.90 EUR").click()
        page.get_by_role("button", name="Back to the shop").click()
        page.wait_for_url(f"{shop.origin}/back")
        assert valid(shop.posted[0], TEST_HMAC, "sha256_hmac")


def test_the_automatic_return_by_post(merchant: Merchant, page: Page) -> None:
    with shop_of(merchant.url) as shop:
        made = merchant.order(returnUrl=f"{shop.origin}/back", returnMode="POST", redirectSuccessTimeout=0)
        page.goto(made["paymentURL"])
        page.get_by_text("Use a test card").click()
        page.get_by_role("button", name="Accepted (Mastercard)").click()
        page.wait_for_url(f"{shop.origin}/back")
