"""Does PayZen's form get what it needs in our page, does what is paid in it come back, and is a silence explained?"""

import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs

import pytest
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.utils import translation
from playwright.sync_api import Browser, Page, Route, expect

from providers.base import Widget
from tests.providers.payzen_wire import BACK, FORM, PUBLIC_KEY, charge, scripted, yes

SITE = "http://pay.shop.example"
POLICY = (
    f"default-src 'none'; script-src 'nonce-n0nce' {SITE}; style-src http://127.0.0.1:9000 'unsafe-inline'; "
    "form-action https://pay.shop.example"
)
# A form as the contract has it: it reads its own tag, and posts what was paid.
KRYPTON = """
window.heard = {};
(function () {
  var own = document.currentScript;
  var box = document.querySelector(".kr-smart-form");
  window.told = { token: box.getAttribute("kr-form-token") };
  ["kr-public-key", "kr-post-url-success", "kr-post-url-refused", "kr-language"].forEach(function (name) {
    told[name] = own.getAttribute(name);
  });
  window.KR = {
    onFormReady: function (fn) { heard.ready = fn; },
    onError: function (fn) { heard.error = fn; }
  };
  window.pay = function () {
    var form = document.createElement("form");
    form.method = "POST";
    form.action = told["kr-post-url-success"];
    form.innerHTML = '<input name="kr-answer" value="{}">';
    document.body.appendChild(form);
    form.submit();
  };
})();
"""


def show(**settings: Any) -> Widget:
    with scripted() as wire:
        wire.expect(FORM, yes({"formToken": "11SPI-token"}))
        shown = wire.payzen(show="widget", **settings).start(charge()).show
    assert isinstance(shown, Widget)
    return shown


def drawn(widget: Widget, **context: Any) -> str:
    rows = {
        "order": SimpleNamespace(token="order-token", amount_minor=990),
        "attempt": SimpleNamespace(number=3),
    }
    with translation.override("en"):
        return render_to_string(widget.template, {"widget": widget.data, "show": widget, **rows, **context})


def test_the_page_has_what_the_form_needs() -> None:
    widget = show()
    page = drawn(widget, csp_nonce="n0nce")
    assert '<div class="kr-smart-form" kr-form-token="11SPI-token"></div>' in page
    tag = re.search(r'<script id="payzen-script"[^>]*>', page)
    assert tag
    assert f'src="{widget.data["script"]}"' in tag[0]
    assert f'kr-public-key="{PUBLIC_KEY}"' in tag[0]
    assert f'kr-post-url-success="{BACK}?end=success"' in tag[0]
    assert f'kr-post-url-refused="{BACK}?end=refused"' in tag[0]
    assert 'kr-language="fr-FR"' in tag[0]
    assert "async" not in tag[0]
    assert page.count('nonce="n0nce"') == page.count("<script") == page.count("</script>") == 3
    # Ours hears how PayZen's fares, and the theme comes last.
    assert page.index("widgets/payzen") < page.index("payzen-script") < page.index("payzen-theme")
    assert f'<link rel="stylesheet" href="{widget.data["style"]}">' in page
    assert "style=" not in page
    assert not re.search(r"<script[^>]*>[^<]", page)
    assert "nonce" not in drawn(widget)


def test_a_language_that_payzen_may_not_know_is_left_to_it() -> None:
    assert "kr-language" not in drawn(show(locales={}))


@pytest.fixture(scope="module")
def browser_page(running_chromium: Browser) -> Iterator[Page]:
    page = running_chromium.new_page()
    yield page
    page.close()


def visit(page: Page, widget: Widget, script: str | None) -> list[Any]:
    """Our page with PayZen's script, or with none to be had. What is sent to our return address is told."""
    source = finders.find("widgets/payzen.js")
    assert isinstance(source, str)
    sent: list[Any] = []
    page.set_default_timeout(5000)

    def serve(route: Route) -> None:
        url = route.request.url
        if url == widget.data["script"]:
            if script is None:
                route.abort()
            else:
                route.fulfill(body=script, content_type="text/javascript")
        elif url in (widget.data["theme"], widget.data["style"]):
            route.abort()
        elif url.startswith(BACK):
            sent.append((url, route.request.method, parse_qs(route.request.post_data or "")))
            route.fulfill(body="back", content_type="text/html")
        elif url.endswith(".js"):
            route.fulfill(path=source, content_type="text/javascript")
        else:
            headers = {"Content-Security-Policy": POLICY}
            body = drawn(widget, csp_nonce="n0nce", page_instead=True)
            route.fulfill(body=body, content_type="text/html", headers=headers)

    page.unroute_all()
    page.route("**/*", serve)
    page.goto(f"{SITE}/pay")
    return sent


def test_the_form_reads_its_own_tag(browser_page: Page) -> None:
    visit(browser_page, show(), KRYPTON)
    assert browser_page.evaluate("told") == {
        "token": "11SPI-token",
        "kr-public-key": PUBLIC_KEY,
        "kr-post-url-success": f"{BACK}?end=success",
        "kr-post-url-refused": f"{BACK}?end=refused",
        "kr-language": "fr-FR",
    }
    browser_page.evaluate("heard.ready()")
    for quiet in ("slow", "error", "late", "page"):
        assert not browser_page.locator(f"#payzen-{quiet}").is_visible()


def test_what_was_paid_is_posted_to_our_return(browser_page: Page) -> None:
    sent = visit(browser_page, show(), KRYPTON)
    browser_page.evaluate("pay()")
    expect(browser_page.get_by_text("back")).to_be_visible()
    assert sent == [(f"{BACK}?end=success", "POST", {"kr-answer": ["{}"]})]


def test_a_form_whose_time_is_over_says_so(browser_page: Page) -> None:
    visit(browser_page, show(), KRYPTON)
    browser_page.evaluate("heard.error({ errorCode: 'CLIENT_301' })")
    assert not browser_page.locator("#payzen-late").is_visible()
    browser_page.evaluate("heard.error({ errorCode: 'PSP_108' })")
    expect(browser_page.locator("#payzen-late")).to_have_text(
        re.compile(r"The payment form has run out of time\.\s+Try again")
    )
    # The token of this page stays as dead as it is: only another attempt brings a new one.
    form = browser_page.locator("#payzen-late form")
    assert re.search(r"/pay/[^/]+/retry/$", str(form.get_attribute("action")))
    asked = {
        field.get_attribute("name"): field.get_attribute("value") for field in form.locator("input").all()
    }
    assert asked == {"attempt": "3", "then": "again", "seen": "990"}


@pytest.mark.parametrize("script", [None, "window.KR = {};"])
def test_a_form_that_does_not_come_is_explained(browser_page: Page, script: str | None) -> None:
    visit(browser_page, show(), script)
    expect(browser_page.locator("#payzen-error")).to_be_visible()
    expect(browser_page.get_by_role("button", name="Pay on the payment service's own page")).to_be_visible()
    assert not browser_page.locator("#payzen-slow").is_visible()


def test_a_form_that_takes_its_time_is_announced(browser_page: Page) -> None:
    browser_page.clock.install()
    visit(browser_page, show(), KRYPTON)
    assert not browser_page.locator("#payzen-slow").is_visible()
    browser_page.clock.fast_forward(10_500)
    expect(browser_page.locator("#payzen-slow")).to_be_visible()
    browser_page.evaluate("heard.ready()")
    assert not browser_page.locator("#payzen-slow").is_visible()
