"""Does Purse's form get what it needs in our page, does our button wake up when it may, and is a silence explained?"""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.utils import translation
from playwright.sync_api import Browser, Page, Route, expect

from providers.base import Widget
from tests.providers.purse_wire import MAKE, charge, made, scripted

SITE = "http://pay.shop.example"
PAGE = "https://pay.purse-sandbox.com/entities/e/sessions/s"
POLICY = f"default-src 'none'; script-src 'nonce-n0nce' {SITE}; connect-src 'none'"
# A form as the contract has it; `fulfil` and `state` are the shopper's doing, `told` is what it was told.
FORM = """
window.told = [];
window.readable = function (value) {
  var heard = [];
  return {
    value: value,
    subscribe: function (fn) { heard.push(fn); },
    set: function (now) { this.value = now; heard.forEach(function (fn) { fn(now); }); }
  };
};
window.form = {
  isPaymentFulfilled: readable(false),
  sessionState: readable("ready"),
  mount: function (element) { told.push(["mount", element.id]); },
  submitPayment: function () {
    told.push(["submit"]);
    return window.answer ? Promise.reject(window.answer) : new Promise(function () {});
  }
};
window.Purse = {
  createDropinCheckout: function (wanted) { told.push(["create", wanted]); return Promise.resolve(form); }
};
"""


# Of our page: an attempt that may be given up for one on Purse's page.
INSTEAD: dict[str, Any] = {
    "page_instead": True,
    "order": SimpleNamespace(token="T-1"),
    "attempt": SimpleNamespace(number=3),
}


def show(**settings: Any) -> Widget:
    with scripted() as wire:
        wire.expect(MAKE, made(links={"hosted_page": {"href": PAGE}}))
        shown = wire.purse(**settings).start(charge()).show
    assert isinstance(shown, Widget)
    return shown


def drawn(widget: Widget, **context: Any) -> str:
    with translation.override("en"):
        return render_to_string(widget.template, {"widget": widget.data, "show": widget, **context})


def test_the_page_has_the_form_its_script_and_the_way_around_it() -> None:
    widget = show()
    page = drawn(widget, csp_nonce="n0nce")
    assert '<div id="purse-form"></div>' in page
    script = f'<script id="purse-script" src="{widget.data["src"]}" nonce="n0nce"></script>'
    assert script in page
    assert f'<p id="purse-page" hidden><a href="{PAGE}"' in page
    found = re.search(r'<script id="purse-widget" type="application/json">(.*?)</script>', page)
    assert found
    assert json.loads(found[1]) == widget.data
    assert page.count("<script") == page.count("</script>") == 3
    assert page.index("widgets/purse") < page.index(script)
    assert "style=" not in page
    assert "nonce" not in drawn(widget)


def test_where_the_session_has_no_page_another_attempt_is_the_way_around_the_form() -> None:
    widget = replace(show(), page="")
    page = drawn(widget, **INSTEAD)
    found = re.search(r'<div id="purse-page" hidden>(.*?)</div>', page, re.DOTALL)
    assert found
    assert 'action="/pay/T-1/retry/"' in found[1]
    for name, value in (("attempt", "3"), ("then", "again"), ("channel", "page")):
        assert f'<input type="hidden" name="{name}" value="{value}">' in found[1]
    assert "Pay on the payment service's own page</button>" in found[1]
    assert "purse-page" not in drawn(widget)
    assert "/retry/" not in drawn(show(), **INSTEAD)  # its own page is nearer


def test_with_purses_own_button_there_is_none_of_ours() -> None:
    assert "<button" in drawn(show())
    widget = show(pay_button="purse")
    assert "<button" not in drawn(widget)
    assert widget.data["ownButton"] is False


@pytest.fixture(scope="module")
def browser_page(running_chromium: Browser) -> Iterator[Page]:
    page = running_chromium.new_page()
    yield page
    page.close()


def visit(page: Page, widget: Widget, script: str | None, **context: Any) -> None:
    """Our page with Purse's script, or with none to be had."""
    source = finders.find("widgets/purse.js")
    assert isinstance(source, str)

    def serve(route: Route) -> None:
        url = route.request.url
        if url == widget.data["src"]:
            if script is None:
                route.abort()
            else:
                route.fulfill(body=script, content_type="text/javascript")
        elif url.endswith(".js"):
            route.fulfill(path=source, content_type="text/javascript")
        else:
            route.fulfill(
                body=drawn(widget, csp_nonce="n0nce", **context),
                content_type="text/html",
                headers={"Content-Security-Policy": POLICY},
            )

    page.unroute_all()
    page.route("**/*", serve)
    page.goto(f"{SITE}/pay")


def test_the_form_is_made_as_the_contract_says(browser_page: Page) -> None:
    visit(browser_page, show(), FORM)
    expect(browser_page.locator("#purse-pay")).to_be_visible()
    assert browser_page.evaluate("told") == [
        ["create", {"session": "eyJzZXNzaW9uIjoiYWJjIn0", "hidePayButton": True, "locale": "fr-FR"}],
        ["mount", "purse-form"],
    ]
    for quiet in ("#purse-error", "#purse-slow", "#purse-page", "#purse-again", "#purse-late"):
        assert not browser_page.locator(quiet).is_visible()


def test_our_button_wakes_up_when_the_amount_is_covered(browser_page: Page) -> None:
    visit(browser_page, show(), FORM)
    button = browser_page.locator("#purse-pay")
    expect(button).to_be_disabled()
    browser_page.evaluate("form.isPaymentFulfilled.set(true)")
    expect(button).to_be_enabled()
    browser_page.evaluate("form.isPaymentFulfilled.set(false)")
    expect(button).to_be_disabled()
    browser_page.evaluate("form.isPaymentFulfilled.set(true)")
    button.click()
    expect(button).to_be_disabled()  # it leads away; a second click would be a second payment
    assert browser_page.evaluate("told.slice(2)") == [["submit"]]


def test_pressed_too_early_it_says_what_is_missing_and_sends_nothing(browser_page: Page) -> None:
    visit(browser_page, show(), FORM)
    button = browser_page.locator("#purse-pay")
    button.focus()  # Tab stops there, whether it is awake or not
    browser_page.keyboard.press("Enter")
    expect(browser_page.locator("#purse-again")).to_be_visible()
    browser_page.evaluate("form.isPaymentFulfilled.set(true)")
    browser_page.keyboard.press("Enter")
    expect(browser_page.locator("#purse-again")).to_be_hidden()
    assert browser_page.evaluate("told.slice(2)") == [["submit"]]


def test_a_form_that_tells_nothing_of_the_amount_can_be_sent(browser_page: Page) -> None:
    visit(browser_page, show(), FORM + "delete form.isPaymentFulfilled; delete form.sessionState;")
    browser_page.locator("#purse-pay").click()
    assert browser_page.evaluate("told.slice(2)") == [["submit"]]


@pytest.mark.parametrize(
    ("answer", "shown", "again"),
    [
        ("UI_VALIDATION_FAILED_ERROR", "#purse-again", True),
        ("VALIDATE_FAILED", "#purse-again", True),
        ("EXPIRED_SESSION", "#purse-late", False),
        ("SESSION_ALREADY_SUBMITTED_ERROR", "#purse-late", False),
    ],
)
def test_a_payment_that_was_not_sent_is_explained(
    browser_page: Page, answer: str, shown: str, again: bool
) -> None:
    visit(
        browser_page, show(), FORM + f"form.isPaymentFulfilled.value = true; answer = {{code: '{answer}'}};"
    )
    button = browser_page.locator("#purse-pay")
    button.click()
    expect(browser_page.locator(shown)).to_be_visible()
    assert browser_page.locator(shown).get_attribute("role") == "alert"
    assert button.is_enabled() is again
    if again:
        browser_page.evaluate("answer = null")
        button.click()
        expect(browser_page.locator(shown)).to_be_hidden()


def test_a_form_that_has_run_out_of_time(browser_page: Page) -> None:
    visit(browser_page, show(), FORM + "form.isPaymentFulfilled.value = true;")
    browser_page.evaluate("form.sessionState.set('expired')")
    expect(browser_page.locator("#purse-late")).to_be_visible()
    expect(browser_page.locator("#purse-pay")).to_be_disabled()


@pytest.mark.parametrize(
    "script",
    [
        None,
        "// nothing in it",
        "window.Purse = {createDropinCheckout: () => { throw 1 }}",
        "window.Purse = {createDropinCheckout: () => Promise.reject(1)}",
        "window.Purse = {createDropinCheckout: () => Promise.resolve({})}",
    ],
)
def test_the_shopper_reads_why_there_is_no_form(browser_page: Page, script: str | None) -> None:
    visit(browser_page, show(), script)
    message = browser_page.locator("#purse-error")
    expect(message).to_be_visible()
    assert message.get_attribute("role") == "alert"
    assert message.inner_text() == "The payment form could not be loaded. Nothing was charged."
    expect(browser_page.locator("#purse-page a")).to_have_attribute("href", PAGE)
    expect(browser_page.locator("#purse-pay")).to_be_hidden()


def test_no_form_and_no_page_of_the_session_either(browser_page: Page) -> None:
    visit(browser_page, replace(show(), page=""), None, **INSTEAD)
    expect(browser_page.locator("#purse-error")).to_be_visible()
    button = browser_page.get_by_role("button", name="Pay on the payment service's own page")
    expect(button).to_be_visible()
