"""Does eComCharge's form get what it needs in our page, and where does the shopper go when it closes or never comes?"""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.utils import translation
from playwright.sync_api import Browser, Page, Route

from providers.base import Widget
from tests.providers.begateway import BACK, OPENED, PAGE, TOKEN, charge, scripted

SITE = "https://pay.shop.example"
POLICY = f"default-src 'none'; script-src 'nonce-n0nce' {SITE}; connect-src 'none'"
RECORDER = """
window.told = [];
window.BeGateway = function (options) {
  this.createWidget = function () { told.push(options); window.closeIt = options.closeWidget; };
};
"""


@pytest.fixture
def show() -> Widget:
    with scripted() as wire:
        wire.expect("POST checkout/ctp/api/checkouts", (201, OPENED))
        show = wire.provider(iframe=True).start(charge()).show
    assert isinstance(show, Widget)
    assert show.template == "widgets/ecomcharge.html"
    return show


def drawn(show: Widget, **context: Any) -> str:
    with translation.override("en"):
        page = {"template": show.template, "data": show.data, "page": show.page}
        return render_to_string(show.template, {"widget": dict(show.data), "show": page, **context})


def test_the_page_has_what_the_form_needs(show: Widget) -> None:
    page = drawn(show, csp_nonce="n0nce")
    script = f'<script id="ecomcharge-script" src="{show.data["src"]}" nonce="n0nce"></script>'
    assert script in page
    found = re.search(r'<script id="ecomcharge-widget" type="application/json">(.*?)</script>', page)
    assert found
    assert json.loads(found[1]) == show.data
    assert page.count("<script") == page.count("</script>") == 3
    assert page.index("widgets/ecomcharge") < page.index(script)
    assert f'href="{PAGE}"' in page
    assert "style=" not in page


def test_without_a_nonce_or_a_page_there_is_none(show: Widget) -> None:
    page = render_to_string(show.template, {"widget": dict(show.data)})
    assert "nonce" not in page
    assert "hpp.html" not in page


@pytest.fixture(scope="module")
def browser_page(running_chromium: Browser) -> Iterator[Page]:
    page = running_chromium.new_page()
    yield page
    page.close()


def visit(page: Page, show: Widget, script: str | None) -> None:
    """Our page with eComCharge's script, or with none to be had."""
    source = finders.find("widgets/ecomcharge.js")
    assert isinstance(source, str)
    html = drawn(show, csp_nonce="n0nce")

    def serve(route: Route) -> None:
        url = route.request.url
        if url == show.data["src"]:
            if script is None:
                route.abort()
            else:
                route.fulfill(body=script, content_type="text/javascript")
        elif url.endswith(".js"):
            route.fulfill(path=source, content_type="text/javascript")
        elif url.startswith(BACK):
            route.fulfill(body="back", content_type="text/html")
        else:
            route.fulfill(body=html, content_type="text/html", headers={"Content-Security-Policy": POLICY})

    page.unroute_all()
    page.route("**/*", serve)
    page.goto(f"{SITE}/pay")


def test_the_form_is_opened_as_the_manual_says(browser_page: Page, show: Widget) -> None:
    visit(browser_page, show, RECORDER)
    expected = {
        "checkout_url": "http://127.0.0.1:9000/checkout",
        "fromWebview": False,
        "token": TOKEN,
        "checkout": {"iframe": True, "test": True, "transaction_type": "payment"},
    }
    told = "told.map(({closeWidget, ...rest}) => rest)"
    assert browser_page.evaluate(told) == [expected]
    for name in ("slow", "error", "page"):
        assert not browser_page.locator(f"#ecomcharge-{name}").is_visible()
    browser_page.get_by_role("button", name="Open the payment form").click()
    assert browser_page.evaluate(told) == [expected, expected]


@pytest.mark.parametrize(
    ("status", "query"),
    [
        ('"successful"', "end=widget&status=successful"),
        ('"redirected"', "end=widget&status=redirected"),
        ("null", "end=cancel"),
        ("undefined", "end=cancel"),
        ('"a&b"', "end=widget&status=a%26b"),
    ],
)
def test_a_closed_form_leads_back(browser_page: Page, show: Widget, status: str, query: str) -> None:
    visit(browser_page, show, RECORDER)
    browser_page.evaluate(f"closeIt({status})")
    browser_page.wait_for_url(f"{BACK}?*")
    assert browser_page.url == f"{BACK}?{query}"


@pytest.mark.parametrize("script", [None, "// nothing in it", "window.BeGateway = () => { throw 1 }"])
def test_the_shopper_may_pay_elsewhere_when_there_is_no_form(
    browser_page: Page, show: Widget, script: str | None
) -> None:
    visit(browser_page, show, script)
    message = browser_page.locator("#ecomcharge-error")
    assert message.is_visible()
    assert message.get_attribute("role") == "alert"
    assert message.inner_text() == "The payment form could not be loaded. Nothing was charged."
    link = browser_page.get_by_role("link", name="Pay on the payment service's own page")
    assert link.is_visible()
    assert link.get_attribute("href") == PAGE
    assert not browser_page.get_by_role("button", name="Open the payment form").is_visible()
