"""Does EPC's widget get what it needs in our page, and does the shopper read why when it does not come?"""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.utils import translation
from playwright.sync_api import Browser, Page, Route

from tests.providers.s360 import MEMO, S360, charge, paid

SITE = "http://pay.shop.example"
POLICY = f"default-src 'none'; script-src 'nonce-n0nce' {SITE}; connect-src 'none'"
# What EPC's script is told; it finds itself by the id that the manual demands.
RECORDER = """
window.told = [];
window.createPaymentWidget = function () {
  told.push([].slice.call(arguments));
  document.getElementById(arguments[1]).textContent = document.getElementById("paymentWidgetJs").src;
};
"""


@pytest.fixture
def data(s360: S360) -> dict[str, Any]:
    s360.expect("createPaymentsAndCloseOrder", paid("WAITING"))
    show = s360.epc(display_options={"note": "</script><b>"}).start(charge(memo=MEMO)).show
    assert show is not None
    assert show.template == "widgets/epc.html"  # type: ignore[union-attr]
    return dict(show.data)  # type: ignore[union-attr]


def drawn(data: dict[str, Any], **context: Any) -> str:
    return render_to_string("widgets/epc.html", {"widget": data, **context})


def test_the_page_has_what_the_manual_demands(data: dict[str, Any]) -> None:
    page = drawn(data, csp_nonce="n0nce")
    assert '<div id="paymentWidget"></div>' in page
    script = (
        f'<script type="text/javascript" id="paymentWidgetJs" src="{data["src"]}" nonce="n0nce"></script>'
    )
    assert script in page
    found = re.search(r'<script id="epc-widget" type="application/json">(.*?)</script>', page)
    assert found
    assert json.loads(found[1]) == data
    assert page.count("<script") == page.count("</script>") == 3
    assert page.index("widgets/epc") < page.index(script)


def test_without_a_nonce_there_is_none(data: dict[str, Any]) -> None:
    assert "nonce" not in drawn(data)


@pytest.fixture(scope="module")
def browser_page(running_chromium: Browser) -> Iterator[Page]:
    page = running_chromium.new_page()
    yield page
    page.close()


def visit(page: Page, html: str, data: dict[str, Any], script: str | None) -> None:
    """Our page with EPC's script, or with none to be had."""
    source = finders.find("widgets/epc.js")
    assert isinstance(source, str)

    def serve(route: Route) -> None:
        url = route.request.url
        if url == data["src"]:
            if script is None:
                route.abort()
            else:
                route.fulfill(body=script, content_type="text/javascript")
        elif url.endswith(".js"):
            route.fulfill(path=source, content_type="text/javascript")
        else:
            route.fulfill(body=html, content_type="text/html", headers={"Content-Security-Policy": POLICY})

    page.unroute_all()
    page.route("**/*", serve)
    page.goto(f"{SITE}/pay")


def test_the_widget_is_called_as_the_manual_says(browser_page: Page, data: dict[str, Any]) -> None:
    visit(browser_page, drawn(data, csp_nonce="n0nce"), data, RECORDER)
    options = {"language": "en", "note": "</script><b>", "fullRedirection": True, "enableCancelButton": True}
    ids = {"paymentId": "1638671948", "sessionId": "your-unique-session-id-12345"}
    assert browser_page.evaluate("told") == [["widget", "paymentWidget", ids, options]]
    assert browser_page.locator("#paymentWidget").inner_text() == data["src"]
    assert not browser_page.locator("#epc-error").is_visible()
    assert not browser_page.locator("#epc-slow").is_visible()


@pytest.mark.parametrize(
    "script", [None, "// nothing in it", "window.createPaymentWidget = () => { throw 1 }"]
)
def test_the_shopper_reads_why_there_is_no_form(
    browser_page: Page, data: dict[str, Any], script: str | None
) -> None:
    with translation.override("en"):
        visit(browser_page, drawn(data, csp_nonce="n0nce"), data, script)
    message = browser_page.locator("#epc-error")
    assert message.is_visible()
    assert message.get_attribute("role") == "alert"
    assert message.inner_text().startswith("The payment form could not be loaded. Nothing was charged.")
