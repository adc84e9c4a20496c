"""Can everybody use the pages? Asked of axe, in light and dark, on a phone and on a desk; and of the keyboard."""

from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Frame, Page, ViewportSize, expect

from tests.e2e import pages
from tests.e2e.pages import Admin, Checkout, Shop
from tests.e2e.scenes import SCENES
from tests.e2e.stage import Stage

SIZES: tuple[ViewportSize, ...] = ({"width": 1280, "height": 800}, {"width": 390, "height": 844})
RUN = """async ([within, rules]) => {
    const wanted = {resultTypes: ["violations"], ...(rules.length ? {runOnly: {type: "rule", values: rules}} : {})};
    return (await axe.run(within, wanted)).violations
        .filter((found) => ["serious", "critical"].includes(found.impact))
        .map((found) => [found.id, found.help, ...found.nodes.map((node) => node.html.slice(0, 160))]);
}"""
WIDER = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


def complaints(part: Page | Frame, within: str = "html", *rules: str) -> list[Any]:
    if not part.evaluate("'axe' in window"):
        part.evaluate(AXE_SCRIPT)
    found: list[Any] = part.evaluate(RUN, [within, list(rules)])
    return found


def looks_well(page: Page, within: str = "html") -> None:
    """Nothing serious for axe, and nothing wider than the screen, however the page is looked at."""
    found = {}
    for size in SIZES:
        page.set_viewport_size(size)
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        here = complaints(page, within)
        if page.evaluate(WIDER):
            here.append("wider than the screen")
        page.emulate_media(color_scheme="dark", reduced_motion="reduce")
        here += complaints(page, within, "color-contrast")  # all that the colours can change
        if here:
            found[size["width"]] = here
    assert found == {}, page.url


@pytest.mark.parametrize("name", SCENES)
def test_a_shoppers_page(stage: Stage, checkout: Checkout, name: str) -> None:
    SCENES[name](stage, checkout)
    looks_well(checkout.page)


def test_the_card_form(stage: Stage, page: Page, checkout: Checkout) -> None:
    SCENES["widget"](stage, checkout)
    (frame,) = [frame for frame in page.frames if frame.url.startswith(stage.sandbox.url)]
    assert complaints(frame) == []
    page.emulate_media(color_scheme="dark")
    assert complaints(frame) == []
    checkout.card.frame.get_by_role("button", name="Pay").click()
    expect(checkout.card.frame.get_by_text("Please check the fields marked below.")).to_be_visible()
    assert complaints(frame) == []


def test_the_demo_shop(stage: Stage, page: Page) -> None:
    shop = Shop(page, stage.shop)
    page.goto(shop.url)
    looks_well(page)
    shop.put("Poster")
    looks_well(page)
    shop.check_out()
    looks_well(page)
    page.get_by_role("button", name="Order and pay").click()
    expect(page.get_by_role("alert")).to_be_visible()
    looks_well(page)
    page.goto(f"{shop.url}save-card/")
    looks_well(page)
    checkout = shop.order_as_guest()
    order = stage.find(checkout.reference)
    page.goto(f"{shop.url}orders/{order.reference}/")
    looks_well(page)
    page.goto(f"{shop.url}orders/")
    looks_well(page)


def test_the_sandboxs_console(stage: Stage, page: Page, checkout: Checkout) -> None:
    SCENES["failed"](stage, checkout)
    stage.sandbox.arm("delayed")
    page.goto(f"{stage.sandbox.url}/")
    looks_well(page)


def test_the_merchants_pages(stage: Stage, checkout: Checkout, admin: Admin) -> None:
    order = SCENES["failed"](stage, checkout)
    admin.open(order.id)
    looks_well(admin.page, ".g-page")
    admin.page.get_by_role("link", name=f"{order.id}-1", exact=True).first.click()
    expect(admin.page.get_by_role("heading", name="The attempt")).to_be_visible()
    looks_well(admin.page, ".g-page")
    admin.page.goto(f"{stage.site}/admin/")
    looks_well(admin.page, ".g-page")


def test_paying_by_keyboard(stage: Stage, page: Page, checkout: Checkout) -> None:
    order = stage.order()
    checkout.open(order.pay_url).says(pages.CHOOSE)
    tab_to(page, "button", "Pay")
    page.keyboard.press("Enter")
    checkout.says(pages.WIDGET)
    expect(checkout.card.number).to_be_visible()
    for _press in range(20):
        page.keyboard.press("Tab")
        if checkout.card.number.evaluate("field => field === document.activeElement"):
            break
    for text in ("4970100000000055", "1230", "123", "Ada Lovelace"):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    checkout.is_receipt()
    order.becomes("paid")


def test_the_first_stop_leads_to_the_content(stage: Stage, page: Page, checkout: Checkout) -> None:
    checkout.open(stage.order().pay_url)
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()


def tab_to(page: Page, tag: str, words: str) -> None:
    """Press Tab until that is reached. Every stop on the way is seen to have the focus."""
    for _press in range(20):
        page.keyboard.press("Tab")
        tagged, said, outlined = page.evaluate(
            """() => {
                const here = document.activeElement, style = getComputedStyle(here.closest(".way") ?? here);
                return [here.localName, here.textContent.trim(), style.outlineStyle !== "none" &&
                    parseFloat(style.outlineWidth) >= 2];
            }"""
        )
        assert outlined, f"no focus to be seen on “{said}”"
        if tagged == tag and said.startswith(words):
            return
    raise AssertionError(f"“{words}” is not reached with Tab")
