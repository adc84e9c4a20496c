"""Do Purse's widget and hosted page work in a real browser: strict policy, hooks, keyboard, and without JavaScript?"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.ground.listening import Heard, Reply, listening
from tests.sandbox.purse_shop import (
    CHALLENGED,
    GIFT_20,
    GIFT_50,
    Json,
    PurseShop,
    claims,
)
from tests.sandbox.shop import eventually

MOUNTED = "dropin.mount(document.getElementById('payment'));"

BACK = "<!doctype html><title>Back</title><p>back</p>"


@pytest.fixture
def purse(own_sandbox: str) -> Iterator[PurseShop]:
    shop = PurseShop(own_sandbox)
    shop.post("reset")
    yield shop
    shop.http.close()


@pytest.fixture
def page(browser: Browser) -> Page:
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    page.set_default_timeout(10_000)
    return page


class Checkout:
    """A shop's page that embeds the widget, from another origin and under a policy that forbids all else."""

    def __init__(self, sandbox: str) -> None:
        self.sandbox = sandbox
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
            '<div id="payment"></div><button id="own">Buy now</button>'
            f'<script src="{self.sandbox}/purse/widget/purse.js"></script><script src="/shop.js"></script></html>'
        )

    def dropin(self, session: Json, options: str = "{}", then: str = MOUNTED) -> None:
        data = json.dumps(session["widget"]["data"])
        self.script = (
            "window.heard = [];"
            f"Purse.createDropinCheckout(Object.assign({{session: {data}, "
            "eventListener: event => heard.push(event.code === 'ready' ? 'ready' : event.payload.code)}, "
            f"{options})).then(dropin => {{ window.dropin = dropin; {then} }});"
        )

    def headless(self, session: Json, hooks: str, then: str) -> None:
        data = json.dumps(session["widget"]["data"])
        self.script = (
            "window.heard = [];"
            f"Purse.createHeadlessCheckout({data}, {hooks})"
            f".then(async headless => {{ window.headless = headless; {then} }});"
        )


@contextmanager
def checkout(sandbox: str) -> Iterator[Checkout]:
    shown = Checkout(sandbox)

    def answer(heard: Heard) -> Reply:
        page = shown.page if heard.path == "/" else BACK
        kind, body = ("text/javascript", shown.script) if heard.path == "/shop.js" else ("text/html", page)
        headers = {"Content-Type": f"{kind}; charset=utf-8", "Content-Security-Policy": shown.policy}
        return Reply(200, body, headers)

    with listening(answer) as origin:
        shown.origin = origin
        yield shown


def begin(purse: PurseShop, site: Checkout, amount: int = 12000, **changes: Any) -> Json:
    return purse.session(amount, shopper_redirection_url=f"{site.origin}/back?order=7", **changes)


def back(page: Page) -> Json:
    """The claims with which the shop's own page was reached."""
    page.wait_for_url("**/back?order=7&purse-redirection-data=*")
    return claims(page.url)[1]


def test_dropin_by_keyboard_through_3d_secure(purse: PurseShop, page: Page) -> None:
    with checkout(purse.url) as site:
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        session = begin(purse, site)
        site.dropin(session)
        page.goto(site.origin)
        frame = page.frame_locator("iframe")
        frame.get_by_label("Card number").focus()
        for text in (CHALLENGED, "1230", "123", "Ada Lovelace"):
            page.keyboard.type(text)
            page.keyboard.press("Tab")
        expect(frame.get_by_label("Card number")).to_have_value("4970 1000 0000 5005")
        frame.get_by_label("Name on the card").focus()
        page.keyboard.press("Enter")
        frame.get_by_label("Code from your bank").fill("1234")
        page.keyboard.press("Enter")
        assert back(page)["authorization_status"] == "AUTHORIZED"
        assert said == []


def test_what_the_dropin_tells_the_page(purse: PurseShop, page: Page) -> None:
    with checkout(purse.url) as site:
        site.dropin(begin(purse, site), "{hidePayButton: true, locale: 'fr-FR'}")
        page.goto(site.origin)
        frame = page.frame_locator("iframe")
        expect(frame.get_by_label("Numéro de carte")).to_be_visible()
        expect(frame.get_by_role("button", name="Payer 120,00 EUR")).to_have_count(0)
        eventually(lambda: page.evaluate("heard") == ["ready"])
        assert page.evaluate("[dropin.sessionState.value, dropin.isPaymentFulfilled.value]") == [
            "ready",
            False,
        ]
        code = page.evaluate("dropin.submitPayment().catch(error => error.code)")
        assert code == "PAYMENT_NOT_FULFILLED_ON_SUBMIT"
        page.evaluate("window.told = []; dropin.isPaymentFulfilled.subscribe(value => told.push(value)); 0")
        frame.get_by_text("Utiliser une carte de test").click()
        frame.get_by_role("button", name="Refused: stolen card").click()
        eventually(lambda: page.evaluate("told") == [False, True])
        assert page.evaluate("dropin.paymentSplit.value") == [
            {"partner": "ingenico", "method": "creditcard", "amount": 12000}
        ]
        assert page.evaluate("dropin.remainingAmountToPay.value") == 0
        frame.get_by_label("Date d’expiration").fill("01/20")
        code = page.evaluate("dropin.submitPayment().catch(error => error.code)")
        assert code == "UI_VALIDATION_FAILED_ERROR"
        expect(frame.get_by_text("Cette carte a expiré.")).to_be_visible()
        frame.get_by_text("Utiliser une carte de test").click()
        frame.get_by_role("button", name="Refused: stolen card").click()
        eventually(lambda: page.evaluate("dropin.isPaymentFulfilled.value"))
        page.evaluate("dropin.submitPayment(); 0")
        assert back(page)["authorization_status"] == "REFUSED"


def test_the_dropin_goes_to_a_partners_page(purse: PurseShop, page: Page) -> None:
    with checkout(purse.url) as site:
        site.dropin(begin(purse, site))
        page.goto(site.origin)
        frame = page.frame_locator("iframe")
        frame.get_by_label("PayPal").check()
        expect(frame.get_by_label("Card number")).to_be_hidden()
        frame.get_by_role("button", name="Pay 120.00 EUR").click()
        expect(page.get_by_role("heading", name="PayPal asks you")).to_be_visible()
        page.get_by_role("button", name="Approve").click()
        assert back(page)["authorization_status"] == "AUTHORIZED"


def test_a_gift_card_in_the_dropin(purse: PurseShop, page: Page) -> None:
    with checkout(purse.url) as site:
        session = begin(purse, site)
        site.dropin(session)
        page.goto(site.origin)
        frame = page.frame_locator("iframe")
        frame.get_by_text("Use a gift card", exact=True).click()
        frame.get_by_label("Number of the gift card").fill(GIFT_20)
        frame.get_by_label("PIN").fill("1234")
        frame.get_by_role("button", name="Use this gift card").click()
        expect(frame.get_by_text("Left to pay")).to_be_visible()
        eventually(lambda: page.evaluate("dropin.paymentSplit.value.length") == 2)
        frame.get_by_text("Use a test card").click()
        frame.get_by_role("button", name="Approved 4970 1000 0000 0055").dblclick()
        assert back(page)["authorization_status"] == "AUTHORIZED"
    split = purse.get(f"purse/sessions/{session['id']}")["payment"]["split"]
    assert [part["amount"] for part in split] == [2000, 10000]


def test_an_expired_dropin_takes_a_new_session(purse: PurseShop, page: Page) -> None:
    with checkout(purse.url) as site:
        old, new = begin(purse, site), begin(purse, site)
        purse.raw("POST", f"client-sessions/{old['id']}/abort")
        purse.account(session_minutes=0)
        late = begin(purse, site)
        hooks = f"{{hooks: {{onRefreshSession: () => {json.dumps(new['widget']['data'])}}}}}"
        site.dropin(late, hooks)
        page.goto(site.origin)
        eventually(lambda: page.evaluate("window.dropin && dropin.sessionState.value") == "expired")
        assert page.evaluate("dropin.submitPayment().catch(error => error.code)") == "EXPIRED_SESSION"
        page.get_by_role("button", name="Refresh session").click()
        expect(page.frame_locator("iframe").get_by_label("Card number")).to_be_visible()
        eventually(lambda: page.evaluate("dropin.sessionState.value") == "ready")
        page.evaluate(f"dropin.setSession({json.dumps(old['widget']['data'])})")
        eventually(lambda: page.evaluate("dropin.sessionState.value") == "terminated")
        page.evaluate("dropin.unmount()")
        expect(page.locator("iframe")).to_have_count(0)


def test_errors_of_the_widget_have_codes(purse: PurseShop, page: Page) -> None:
    with checkout(purse.url) as site:
        site.script = ""
        page.goto(site.origin)
        codes = page.evaluate(
            "Promise.all([{}, {session: 'no'}].map(given =>"
            " Purse.createDropinCheckout(given).catch(error => error.code)))"
        )
        assert codes == ["MISSING_SESSION", "WIDGET_DATA_MALFORMED"]


def test_headless_with_hooks(purse: PurseShop, page: Page) -> None:
    with checkout(purse.url) as site:
        session = begin(purse, site)
        hooks = (
            "{onBeforeValidate: splits =>"
            " { heard.push(splits.length); if (window.blocked) { throw new Error('no'); } },"
            " onAfterValidate: () => { heard.push('after'); },"
            " redirectionHandler: where => { heard.push(where.type); window.target = where.url; }}"
        )
        then = (
            "const card = headless.paymentMethods.value.find(one => one.method === 'creditcard');"
            "document.getElementById('payment').append(card.getPaymentElement());"
        )
        site.headless(session, hooks, then)
        page.goto(site.origin)
        frame = page.frame_locator("iframe")
        frame.get_by_text("Use a test card").click()
        frame.get_by_role("button", name="Approved 4970 1000 0000 0055").click()
        eventually(lambda: page.evaluate("headless.isPaymentFulfilled.value"))
        page.evaluate("window.blocked = true")
        assert page.evaluate("headless.submitPayment().catch(error => error.code)") == "VALIDATE_FAILED"
        assert purse.get(f"purse/sessions/{session['id']}")["status"] == "CREATED"
        page.evaluate("window.blocked = false; headless.submitPayment(); 0")
        eventually(lambda: page.evaluate("window.target || ''"))
        assert page.evaluate("heard") == [1, 1, "after", "redirection"]
        assert page.url == f"{site.origin}/"
        assert claims(page.evaluate("target"))[1]["authorization_status"] == "AUTHORIZED"
        told = page.evaluate(
            "[headless.currency.value, headless.currentSessionID.value, headless.isInformationRequest.value]"
        )
        assert told == ["EUR", session["id"], False]
        again = page.evaluate("headless.submitPayment().catch(error => error.code)")
        assert again == "SESSION_ALREADY_SUBMITTED_ERROR"


def test_headless_pays_with_a_gift_card_alone(purse: PurseShop, page: Page) -> None:
    with checkout(purse.url) as site:
        session = begin(purse, site, 3000)
        then = (
            "const gift = headless.paymentMethods.value.find(one => one.isSecondary);"
            f"const token = await gift.getSecondaryToken('{GIFT_50}', '1234');"
            "heard.push(token.balance);"
            "await token.take(10); heard.push(headless.remainingAmountToPay.value);"
            "await token.removeFromSplit(); heard.push(headless.remainingAmountToPay.value);"
            "await token.take(30); heard.push(headless.isPaymentFulfilled.value);"
            "heard.push(await gift.getSecondaryToken('1', '1234').catch(error => error.code));"
            "headless.submitPayment();"
        )
        site.headless(
            session,
            "{redirectionHandler: where => { heard.push(where.type); location.assign(where.url); }}",
            then,
        )
        page.goto(site.origin)
        assert back(page)["authorization_status"] == "AUTHORIZED"
    assert purse.get(f"purse/sessions/{session['id']}")["payment"]["split"] == [
        {"partner": "illicado", "method": "giftcard", "amount": 3000}
    ]


def test_the_hosted_page_without_javascript(purse: PurseShop, browser: Browser) -> None:
    context = browser.new_context(locale="en-GB", java_script_enabled=False)
    page = context.new_page()
    with checkout(purse.url) as site:
        session = begin(purse, site, integration_mode="HOSTED_PAGE", customer={"reference": "2090"})
        page.goto(session["links"]["hosted_page"]["href"])
        expect(page.get_by_role("heading", name="Your order")).to_be_visible()
        page.get_by_text("Use a gift card", exact=True).click()
        page.get_by_role("button", name="20.00 on it 9250 0000 0000 2000").click()
        expect(page.get_by_text("Left to pay")).to_be_visible()
        for label, text in (("Card number", CHALLENGED), ("Expiry date", "12/30"), ("Security code", "123"),
                            ("Name on the card", "Ada")):  # fmt: skip
            page.get_by_label(label).fill(text)
        page.get_by_label("Save this card for next time").check()
        page.get_by_role("button", name="Pay 100.00 EUR").click()
        page.get_by_label("Code from your bank").fill("1234")
        page.get_by_role("button", name="Confirm").click()
        assert back(page)["authorization_status"] == "AUTHORIZED"
        second = begin(purse, site, integration_mode="HOSTED_PAGE", customer={"reference": "2090"})
        page.goto(second["links"]["hosted_page"]["href"])
        expect(page.get_by_label("Saved card VISA ending in 5005")).to_be_checked()
        page.get_by_role("button", name="Pay 120.00 EUR").click()
        assert back(page)["authorization_status"] == "AUTHORIZED"


def test_the_hosted_page_in_a_browser(purse: PurseShop, page: Page) -> None:
    with checkout(purse.url) as site:
        session = begin(purse, site, integration_mode="HOSTED_PAGE")
        page.goto(session["links"]["hosted_page"]["href"])
        page.get_by_label("Multibanco").check()
        expect(page.get_by_label("Card number")).to_be_hidden()
        page.get_by_role("button", name="Pay 120.00 EUR").click()
        assert back(page)["authorization_status"] == "PENDING"
        cancelled = begin(purse, site, integration_mode="HOSTED_PAGE")
        page.goto(cancelled["links"]["hosted_page"]["href"])
        page.get_by_role("button", name="Cancel").click()
        assert back(page)["client_session_status"] == "ABORTED"
