"""Can everybody use the pages? Asked of axe, in light and dark, on a phone and on a desk; and of the keyboard."""

from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Frame, Locator, Page, Route, ViewportSize, expect

from tests.e2e import begateway, pages
from tests.e2e.begateway import form_over, open_form, order_of
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
    found: dict[int | str, list[Any]] = {}
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    for size in SIZES:
        page.set_viewport_size(size)
        found[size["width"]] = complaints(page, within)
        if page.evaluate(WIDER):
            found[size["width"]].append("wider than the screen")
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    found["dark"] = complaints(page, within, "color-contrast")  # all that the colours can change
    assert not any(found.values()), (page.url, found)


def keeps_within(page: Page, *parts: Page | Frame) -> None:
    """On the narrowest phone, and with text of twice the size, nothing needs to be moved sideways."""
    for width, size in ((320, "100%"), (640, "200%")):
        page.set_viewport_size({"width": width, "height": 640})
        for part in parts:
            part.evaluate("size => { document.documentElement.style.fontSize = size; }", size)
            assert not part.evaluate(WIDER), f"{part.url} is wider than {width} pixels with text of {size}"
            part.evaluate("document.documentElement.style.fontSize = ''")


@pytest.mark.parametrize("name", SCENES)
def test_a_shoppers_page(stage: Stage, checkout: Checkout, name: str) -> None:
    SCENES[name](stage, checkout)
    checkout.hold_still()  # what is news meanwhile would draw the page anew
    looks_well(checkout.page)
    keeps_within(checkout.page, checkout.page)


def test_the_card_form(stage: Stage, page: Page, checkout: Checkout) -> None:
    SCENES["widget"](stage, checkout)
    frame = providers_frame(stage, page)
    assert complaints(frame) == []
    page.emulate_media(color_scheme="dark")
    assert complaints(frame) == []
    checkout.card.frame.get_by_role("button", name="Pay").click()
    expect(checkout.card.frame.get_by_text("Please check the fields marked below.")).to_be_visible()
    assert complaints(frame) == []


def test_ecomcharges_form(stage: Stage, page: Page, checkout: Checkout) -> None:
    # Its result stays until it is read.
    order, _record = order_of(stage, options={"ecomcharge": {"settings": {"auto_return": 3600}}})
    form = open_form(checkout, order)

    def is_well() -> None:
        frame = providers_frame(stage, page)
        assert complaints(frame) == []
        page.emulate_media(color_scheme="dark", reduced_motion="reduce")
        assert complaints(frame, "html", "color-contrast") == []
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        keeps_within(page, frame)

    is_well()
    form.pay()
    form.says("Please check the fields marked below.")
    is_well()
    form.use(begateway.NO_FUNDS)
    form.says("Insufficient funds.")
    is_well()
    form.use(begateway.CHALLENGED)
    form.says("Password from your bank")
    is_well()
    form.answer(begateway.PASSWORD)
    form.says("Thank you, you have paid")
    is_well()


def providers_frame(stage: Stage, page: Page) -> Frame:
    (frame,) = [frame for frame in page.frames if frame.url.startswith(stage.sandbox.url)]
    return frame


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
    page.get_by_role("link", name="How this is done").click()
    page.get_by_role("link", name="Create the order").click()
    expect(page.get_by_role("region", name="What was sent")).to_contain_text(order.reference)
    looks_well(page)
    page.goto(f"{shop.url}orders/")
    looks_well(page)


def test_the_pages_for_developers(stage: Stage, page: Page) -> None:
    page.goto(f"{stage.site}/api/v1/docs#create_order")
    looks_well(page, "#create_order")  # the others are made alike
    page.goto(f"{stage.site}/api/v1/quickstart")
    expect(page.get_by_role("button", name="Copy: 2-order.sh")).to_be_visible()
    looks_well(page)


def test_the_sandboxs_console(stage: Stage, page: Page, checkout: Checkout) -> None:
    SCENES["failed"](stage, checkout)
    SCENES["ecomcharge_declined"](stage, checkout)
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
    tab_into(page, checkout.card.number)
    for text in ("4970100000000055", "1230", "123", "Ada Lovelace"):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    checkout.is_receipt()
    order.becomes("paid")


def test_paying_in_ecomcharges_form_by_keyboard(stage: Stage, page: Page, checkout: Checkout) -> None:
    order, record = order_of(stage)
    checkout.open(order.pay_url).says(pages.CHOOSE)
    tab_to(page, "button", "Pay")
    page.keyboard.press("Enter")
    form = form_over(checkout)
    checkout.hold_still()  # what the form says at the end stays until it is left
    tab_into(page, form.number)
    for text in ("4200000000000000", "1230", "123", "Ada Lovelace"):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    form.says("Thank you, you have paid")
    tab_into(page, form.where.get_by_role("link", name="Back to the shop", exact=True))
    page.keyboard.press("Enter")
    checkout.go_on()
    checkout.is_receipt()
    order.becomes("paid")
    assert record.money() == [("payment", 4299)]


def test_leaving_ecomcharges_form_by_keyboard(stage: Stage, page: Page, checkout: Checkout) -> None:
    order, record = order_of(stage)
    form = open_form(checkout, order)
    again = page.get_by_role("button", name="Open the payment form")

    def stay(route: Route) -> None:
        route.fulfill(status=204)  # the shop's server is slow: until it answers, the page stays

    page.route("**/*end=cancel*", stay)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(again).to_be_focused()
    page.keyboard.press("Enter")
    form = form_over(checkout)
    tab_into(page, form.number)
    page.keyboard.press("Escape")  # in the frame
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(again).to_be_focused()
    page.unroute("**/*end=cancel*", stay)
    page.keyboard.press("Enter")
    form_over(checkout)
    page.keyboard.press("Escape")
    checkout.says(pages.INTERRUPTED)
    tab_to(page, "button", "Try again")
    page.keyboard.press("Enter")
    checkout.says(pages.WIDGET)
    form_over(checkout)
    assert len(record.tokens()) == 1


def test_the_first_stop_leads_to_the_content(stage: Stage, page: Page, checkout: Checkout) -> None:
    checkout.open(stage.order().pay_url)
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()


def tab_into(page: Page, wanted: Locator) -> None:
    """Press Tab until that has the focus, in whichever frame it is."""
    for _press in range(20):
        page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError("it is not reached with Tab")


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
