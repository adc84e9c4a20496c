"""Can everybody pay through Purse? Our page around its form, the form, and what a shared payment's receipt says."""

from playwright.sync_api import Page, expect

from tests.e2e.pages import Admin, Checkout
from tests.e2e.purse import APPROVED, GIFT_20, fill, form_on, open_form, order_of, paid, started
from tests.e2e.stage import Stage
from tests.e2e.test_access import complaints, looks_well, tab_to


def test_the_pages_of_a_shared_payment(stage: Stage, page: Page, checkout: Checkout) -> None:
    fill(stage.sandbox)
    order, _record = order_of(stage)
    form = open_form(checkout, order)
    form.use_gift_card(GIFT_20)
    looks_well(page)
    (frame,) = [frame for frame in page.frames if frame.url.startswith(stage.sandbox.url)]
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert complaints(frame) == []
    form.type(APPROVED)
    checkout.is_receipt()
    looks_well(page)


def test_purses_own_page(stage: Stage, page: Page) -> None:
    _order, record = started(stage, items=[{"name": "Poster", "quantity": 1, "unit_price": 4299}])
    page.goto(record.session()["hosted_page"])
    looks_well(page)
    form_on(page).pay.click()
    expect(page.get_by_text("Please check the fields marked below.")).to_be_visible()
    looks_well(page)


def test_the_merchants_pages_of_a_shared_payment(stage: Stage, admin: Admin) -> None:
    order, _record = paid(stage)
    admin.open(order.id)
    looks_well(admin.page, ".g-page")
    admin.body.get_by_role("link", name="Refund", exact=True).first.click()
    looks_well(admin.page, ".g-page")
    admin.press("Go on")
    expect(admin.body.get_by_text("This cannot be taken back here.")).to_be_visible()
    looks_well(admin.page, ".g-page")


def test_paying_by_keyboard(stage: Stage, page: Page, checkout: Checkout) -> None:
    """Out of Purse's frame and on to our button."""
    order, _record = order_of(stage)
    form = open_form(checkout, order)
    form.number.focus()
    for typed in ("4970100000000055", "1230", "123", "Ada Lovelace"):
        page.keyboard.type(typed)
        page.keyboard.press("Tab")
    tab_to(page, "button", "Pay €")
    expect(form.pay).to_be_enabled()
    page.keyboard.press("Enter")
    checkout.is_receipt(amount="€42.99")
    order.becomes("paid")
