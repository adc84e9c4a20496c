"""Can everybody read and press every page? A real browser looks at each, narrow and wide, light and dark."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext

from checkout.models import Order
from tests.shopper.agreeing import AGREEING
from tests.shopper.scenes import SCENES, Stage
from tests.shopper.scripted import Scripted

LOOKS: list[dict[str, Any]] = [
    {"viewport": {"width": 390, "height": 844}, "color_scheme": "light"},
    {"viewport": {"width": 320, "height": 640}, "color_scheme": "dark"},
    {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"},
]
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# What axe is asked at each width: everything once, then what another size and other colours can change. On the
# narrowest only the layout is news.
ASKED: dict[int, dict[str, Any] | None] = {
    390: {"type": "tag", "values": TAGS},
    320: None,
    1280: {"type": "rule", "values": ["color-contrast", "target-size", "scrollable-region-focusable"]},
}


@pytest.fixture
def orders(transactional_db: None, stage: Stage) -> dict[str, Order]:
    made = {}
    for name, (play, _heading) in {**SCENES, **AGREEING}.items():
        Scripted.forget()
        made[name] = play(stage)
    return made


def complaints(context: BrowserContext, url: str, asked: dict[str, Any] | None) -> list[str]:
    """What axe, the console and the layout have to say against the page."""
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(url)
    if asked:
        found = Axe().run(page, options={"runOnly": asked, "resultTypes": ["violations"]})
        for violation in found.response["violations"]:
            said += [f"{violation['id']}: {node['html']}" for node in violation["nodes"]]
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        said.append("it scrolls sideways")
    small = page.evaluate(
        """() => [...document.querySelectorAll("main button, main a.main, main a.second, header button")]
        .filter(e => e.checkVisibility()).filter(e => { const r = e.getBoundingClientRect();
        return r.height < 44 || r.width < 44; }).map(e => e.outerHTML)"""
    )
    said += [f"too small to hit: {html}" for html in small]
    page.close()
    return said


@pytest.mark.parametrize(
    "look", LOOKS, ids=lambda look: f"{look['viewport']['width']}-{look['color_scheme']}"
)
def test_every_page_is_accessible(
    browser: Browser, live_server: Any, orders: dict[str, Order], look: dict[str, Any]
) -> None:
    context = browser.new_context(**look)
    asked = ASKED[look["viewport"]["width"]]
    found = {
        name: said
        for name, order in orders.items()
        if (said := complaints(context, live_server.url + order.get_absolute_url(), asked))
    }
    assert found == {}
