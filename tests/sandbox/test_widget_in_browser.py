"""Does the widget work in a real browser, under a strict policy, by keyboard, in both ways of ending?"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.ground.listening import Heard, Reply, listening
from tests.sandbox.shop import APPROVED, CHALLENGED, Begun, Shop, eventually

BACK = "<!doctype html><title>Back</title><p>back</p>"


class Checkout:
    """A shop's page that embeds the widget, from another origin and under a policy that forbids all else."""

    def __init__(self, sandbox: str, script_id: str = "paymentWidgetJs") -> None:
        self.sandbox = sandbox
        self.script_id = script_id
        self.script = ""
        self.origin = ""
        self.policy = (
            f"default-src 'none'; script-src 'self' {sandbox}; frame-src {sandbox}; connect-src {sandbox}; "
            "style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'"
        )

    @property
    def page(self) -> str:
        return (
            '<!doctype html><html lang="en"><title>Shop</title><link rel="icon" href="data:,">'
            '<div id="paymentWidget"></div>'
            f'<script type="text/javascript" id="{self.script_id}" '
            f'src="{self.sandbox}/epc/widget/integrate_widget.js">'
            '</script><script src="/shop.js"></script></html>'
        )

    def widget(self, mode: str, payment: dict[str, Any], options: dict[str, Any]) -> None:
        words = ", ".join(json.dumps(word) for word in (mode, "paymentWidget", payment, options))
        self.script = (
            "window.heard = [];"
            "addEventListener('message', e => { if (e.data.type === 'epc-payment') heard.push(e.data); });"
            "document.addEventListener('epc-payment', e => heard.push('event ' + e.detail.result));"
            f"createPaymentWidget({words});"
        )


@contextmanager
def checkout(sandbox: str, **more: str) -> Iterator[Checkout]:
    shown = Checkout(sandbox, **more)

    def answer(heard: Heard) -> Reply:
        page = shown.page if heard.path == "/" else BACK
        kind, body = ("text/javascript", shown.script) if heard.path == "/shop.js" else ("text/html", page)
        headers = {"Content-Type": f"{kind}; charset=utf-8", "Content-Security-Policy": shown.policy}
        return Reply(200, body, headers)

    with listening(answer) as origin:
        shown.origin = origin
        yield shown


@pytest.fixture
def page(browser: Browser) -> Page:
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    page.set_default_timeout(10_000)
    return page


def ids(payment: Begun) -> dict[str, Any]:
    return {"paymentId": str(payment.transaction_id), "sessionId": payment.session_id}


def begin(shop: Shop, origin: str) -> Begun:
    parameters = {"ORDER_IDENTIFIER": "session-1", "RETURN_URL": f"{origin}/back?order=7"}
    params = {"contactNumber": "752565", "totalAmount": 24000, "paymentParametersMap": parameters}
    return shop.begin(paymentParams=params)


def test_by_keyboard_to_the_return_address(shop: Shop, page: Page) -> None:
    with checkout(shop.url) as site:
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        payment = begin(shop, site.origin)
        site.widget("widget", ids(payment), {"enableCancelButton": True, "someDisplayOption": 7})
        page.goto(site.origin)
        frame = page.frame_locator("iframe")
        frame.get_by_label("Card number").focus()
        page.keyboard.type(CHALLENGED)
        page.keyboard.press("Tab")
        page.keyboard.type("1230")
        page.keyboard.press("Tab")
        page.keyboard.type("123")
        page.keyboard.press("Tab")
        page.keyboard.type("Ada Lovelace")
        expect(frame.get_by_label("Card number")).to_have_value("4970 1000 0000 5005")
        expect(frame.get_by_label("Expiry date")).to_have_value("12/30")
        page.keyboard.press("Enter")
        frame.get_by_label("Code from your bank").fill("1234")
        page.keyboard.press("Enter")
        page.wait_for_url("**/back?order=7&paymentResult=success")
        assert said == []
    assert shop.status(payment) == "AUTHORIZED"


def test_one_click_with_a_test_card_without_redirection(shop: Shop, page: Page) -> None:
    with checkout(shop.url) as site:
        payment = begin(shop, site.origin)
        site.widget(
            "widget", ids(payment), {"fullRedirection": False, "language": "fr", "hideCardholder": True}
        )
        page.goto(site.origin)
        frame = page.frame_locator("iframe")
        expect(frame.get_by_label("Nom sur la carte")).to_have_count(0)
        frame.get_by_text("Utiliser une carte de test").click()
        frame.get_by_role("button", name="Refused: stolen card").dblclick()
        heard = eventually(lambda: page.evaluate("heard.length === 2 && heard"))
        assert heard == ["event failure", {"type": "epc-payment", "result": "failure"}]
        assert page.url == f"{site.origin}/"
    assert shop.detail(payment)["pspAdditionalReturnedData"] == {"declineReason": "stolen_card"}


def test_the_cancel_button_and_the_height_of_the_frame(shop: Shop, page: Page) -> None:
    with checkout(shop.url) as site:
        payment = begin(shop, site.origin)
        site.widget("widget", ids(payment), {"enableCancelButton": True})
        page.goto(site.origin)
        frame = page.frame_locator("iframe")
        before = page.locator("iframe").evaluate("frame => frame.clientHeight")
        frame.get_by_text("Use a test card").click()
        eventually(lambda: page.locator("iframe").evaluate("frame => frame.clientHeight") > before + 200)
        frame.get_by_role("button", name="Cancel").click()
        page.wait_for_url("**/back?order=7&paymentResult=cancelled")
    assert shop.status(payment) == "CANCELLED_BY_USER"


def test_a_card_is_saved(shop: Shop, page: Page) -> None:
    with checkout(shop.url) as site:
        parameters = {"ORDER_IDENTIFIER": "s-2", "RETURN_URL": f"{site.origin}/cards"}
        body = {"contactNumber": "752565", "paymentMethodId": 16362, "paymentParametersMap": parameters}
        number = shop.ok("createAlias", **body)["epcTransactionData"]["transactionId"]
        site.widget("alias", {"paymentId": str(number), "sessionId": "s-2"}, {})
        page.goto(site.origin)
        frame = page.frame_locator("iframe")
        expect(frame.get_by_role("heading", name="Save a card")).to_be_visible()
        for label, text in (("Card number", APPROVED), ("Expiry date", "1230"), ("Security code", "123"),
                            ("Name on the card", "Ada")):  # fmt: skip
            frame.get_by_label(label).fill(text)
        frame.get_by_role("button", name="Save the card").click()
        page.wait_for_url("**/cards?paymentResult=success")
    assert shop.ok("checkAlias", transactionId=number)["aliasStatus"] == "CREATED"


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda given: given | {"paymentId": int(given["paymentId"])}, "paymentId must be a string"),
        (lambda given: {"paymentId": given["paymentId"]}, "sessionId must be a string"),
    ],
)
def test_what_is_given_wrongly_is_said(
    shop: Shop, page: Page, spoil: Callable[[dict[str, Any]], dict[str, Any]], why: str
) -> None:
    with checkout(shop.url) as site:
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        site.widget("widget", spoil(ids(begin(shop, site.origin))), {})
        page.goto(site.origin)
        expect(page.get_by_role("alert")).to_have_text(f"Payment widget: {why}")
        assert said == [f"EPC payment widget: {why}"]


def test_the_scripts_id_must_not_be_changed(shop: Shop, page: Page) -> None:
    with checkout(shop.url, script_id="mine") as site:
        site.widget("widget", ids(begin(shop, site.origin)), {})
        page.goto(site.origin)
        expect(page.get_by_role("alert")).to_contain_text("must have the id paymentWidgetJs")


def test_the_console_follows_by_itself(shop: Shop, page: Page) -> None:
    page.goto(f"{shop.url}/")
    order_id = shop.order()
    expect(page.locator("#payments")).to_contain_text(str(order_id))
    expect(page.locator("#calls")).to_contain_text("createOrUpdateOrder")
    page.get_by_label("Refuse").check()
    page.get_by_role("button", name="Arm", exact=True).click()
    expect(page.locator("#armed")).to_contain_text("epc, 1 time")
    assert [armed["fault"] for armed in shop.get("faults")["faults"]] == ["refuse"]
    page.get_by_role("button", name="Clear all").click()
    expect(page.locator("#armed")).to_contain_text("Nothing is armed")
