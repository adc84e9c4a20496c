"""Does a real browser show the admin as it is meant: no script refused, nothing too wide, light and dark?"""

from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, ConsoleMessage, Page

from checkout.models import Account, Order, Payment, Proposal, SavedCard, Shop
from checkout.states import State
from tests.merchant import rows

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def complaints() -> list[str]:
    return []


@pytest.fixture
def page(live_server: Any, merchant: User, browser: Browser, complaints: list[str]) -> Page:
    """A merchant's page, logged in through the form; what the console complains of is collected."""

    def heard(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            complaints.append(message.text)

    page = browser.new_page(color_scheme="light")
    page.on("console", heard)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{live_server.url}/admin/login/")
    page.fill("#id_username", "margot")
    page.fill("#id_password", "long-enough-for-anybody")
    page.click("button[type=submit]")
    page.wait_for_url("**/admin/")
    return page


# With the menu beside the page, a tablet both ways, and what is held in a hand.
WIDTHS = (1280, 1024, 800, 390, 320)


def too_wide(page: Page) -> list[int]:
    """The widths at which the page has to be moved sideways."""
    found = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        if page.evaluate("document.documentElement.scrollWidth") > width:
            found.append(width)
    return found


def test_no_page_is_too_wide_and_no_script_is_refused(
    page: Page, live_server: Any, shop: Shop, account: Account, complaints: list[str]
) -> None:
    rows.everything(shop, account)
    order, payment = Order.objects.exclude(attention="").get(), Payment.objects.get(state=State.PAID)
    proposal = Proposal.objects.create(
        order=payment.order, payment=payment, action="refund", amount_minor=4299, currency="EUR", key="k",
        typed={"plan": {}, "seen": ""}, reason="The exhibition was called off, and the customer wants it back",
        proposed_by=User.objects.create_user("rita"),
    )  # fmt: skip
    found = {}
    for path in (
        "",
        f"checkout/order/{payment.order_id}/change/",
        "checkout/proposal/",
        f"checkout/proposal/{proposal.pk}/change/",
        f"checkout/proposal/{proposal.pk}/do/approve/",
        "checkout/order/",
        f"checkout/order/{order.pk}/change/",
        f"checkout/payment/{payment.pk}/change/",
        f"checkout/payment/{payment.pk}/do/refund/",
        f"checkout/savedcard/{SavedCard.objects.get().pk}/do/charge/",
        "checkout/delivery/",
        "checkout/shopevent/",
        f"checkout/shop/{shop.pk}/change/",
        f"checkout/account/{account.pk}/change/",
        "checkout/account/add/?provider=scripted",
        "auth/user/add/",
    ):
        page.goto(f"{live_server.url}/admin/{path}")
        page.wait_for_load_state("networkidle")
        if widths := too_wide(page):
            found[path] = widths
    assert found == {}
    assert complaints == []


def test_the_merchant_turns_the_lights_off_and_they_stay_off(
    page: Page, complaints: list[str], live_server: Any
) -> None:
    assert not page.evaluate("document.documentElement.classList.contains('dark')")
    light = page.evaluate("getComputedStyle(document.querySelector('#main')).backgroundColor")
    page.get_by_text("margot").click()
    page.get_by_text("Dark", exact=True).click()
    page.wait_for_function("document.documentElement.classList.contains('dark')")
    assert page.evaluate("getComputedStyle(document.querySelector('#main')).backgroundColor") != light
    page.goto(f"{live_server.url}/admin/checkout/order/")
    page.wait_for_function("document.documentElement.classList.contains('dark')")
    assert complaints == []


def test_a_double_click_in_the_browser_writes_one_note(page: Page, live_server: Any, shop: Shop) -> None:
    order = rows.order(shop)
    page.goto(f"{live_server.url}/admin/checkout/order/{order.pk}/do/note/")
    page.fill("textarea[name=text]", "she called")
    page.locator("main, #content").get_by_role("button", name="Add a note").dblclick()
    page.wait_for_url(f"**/order/{order.pk}/change/")
    page.get_by_text("she called").wait_for()
    assert order.timeline.filter(code="order.note").count() == 1


@pytest.mark.parametrize("width", [390, 1280])
def test_the_plan_stands_on_the_page_and_is_what_is_done(
    page: Page, live_server: Any, shop: Shop, complaints: list[str], width: int
) -> None:
    at = rows.account(shop, provider="splitting", name="Splitting, test")
    held = rows.split(rows.order(shop), at, ("visa", "creditcard", 10000), ("illicado", "giftcard", 2000),
                      ("ticket", "giftcard", 3000))  # fmt: skip
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{live_server.url}/admin/checkout/payment/{held.pk}/do/capture/")
    page.get_by_label("Amount").fill("60")
    page.get_by_label("In which order").select_option("every giftcard")
    page.get_by_role("button", name="Go on").click()
    assert "€90.00" in page.locator(".g-plan tbody tr", has_text="credit card").inner_text()  # ten of it
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.locator("main, #content").get_by_role("button", name="Capture").click()
    page.get_by_text("The capture of €60.00 is done.").wait_for()
    page.get_by_text("The plan: credit card · visa €10.00").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert complaints == []
