"""Can a payment link be copied and sent in a real browser: by keyboard, on a phone, and without its script?"""

from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from checkout.link_texts import LinkText
from checkout.models import Account, Invitation, Order
from tests.merchant.linking import PHONE
from tests.scripted import Script, install, make_account, make_order

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def script(monkeypatch: pytest.MonkeyPatch, scripted: object) -> Script:
    return install(monkeypatch)


@pytest.fixture
def account(script: Script, db: None) -> Account:
    return make_account(name="Museum online")


@pytest.fixture
def order(account: Account) -> Order:
    customer = {"email": "ada@example.org", "phone": PHONE}
    return make_order(account.shop, email="ada@example.org", customer=customer)


@pytest.fixture(autouse=True)
def texts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever their translations say by now."""

    def in_language(self: LinkText, language: str) -> tuple[str, str]:
        return f"{self.name} in {language}", f"{self.name} in {language}: {{link}}"

    monkeypatch.setattr(LinkText, "in_language", in_language)


@pytest.fixture
def complaints() -> list[str]:
    return []


def logged_in(browser: Browser, site: str, complaints: list[str], **context: Any) -> Page:
    def heard(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            complaints.append(message.text)

    page = browser.new_context(color_scheme="light", **context).new_page()
    page.on("console", heard)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{site}/admin/login/")
    page.fill("#id_username", "margot")
    page.fill("#id_password", "long-enough-for-anybody")
    page.click("button[type=submit]")
    page.wait_for_url("**/admin/")
    return page


@pytest.mark.parametrize("width", [390, 1280])
def test_a_link_is_copied_and_one_is_sent(
    browser: Browser,
    live_server: Any,
    merchant: User,
    account: Account,
    order: Order,
    complaints: list[str],
    width: int,
) -> None:
    page = logged_in(browser, live_server.url, complaints, viewport={"width": width, "height": 900},
                     permissions=["clipboard-read", "clipboard-write"])  # fmt: skip
    page.goto(f"{live_server.url}/admin/checkout/order/{order.pk}/change/")

    def fits() -> None:
        assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url

    fits()
    expect(page.get_by_role("img", name="QR code of the payment link")).to_be_visible()
    page.get_by_role("button", name="Make a link that can be withdrawn").dblclick()
    page.get_by_text("tells when it was first opened").wait_for()
    link = Invitation.objects.get()
    page.locator(".g-link-card").get_by_role("button", name="Copy").click()
    expect(page.locator(".g-link-card").get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == link.url
    with page.expect_download() as loaded:
        page.get_by_role("link", name="Download the QR code").click()
    assert loaded.value.suggested_filename == f"{order.number}.svg"
    fits()

    page.get_by_role("link", name="Send a link", exact=True).click()
    expect(page.get_by_label("To the e-mail address")).to_have_value("ada@example.org")
    expect(page.get_by_label("To the mobile number")).to_be_hidden()
    fits()
    page.get_by_label("The customer’s language").select_option("fr")
    expect(page.get_by_label("Subject")).to_have_value("order in fr")
    page.get_by_label("Museum online: SMS").check()
    expect(page.get_by_label("To the mobile number")).to_have_value(PHONE)
    expect(page.get_by_label("Subject")).to_be_hidden()
    expect(page.get_by_label("A text to begin with")).to_have_value("short")
    text = page.get_by_label("Text", exact=True)
    expect(text).to_have_value("short in fr: {link}")
    text.fill("Mine: {link}")
    page.get_by_label("The customer’s language").select_option("en")
    expect(text).to_have_value("Mine: {link}")  # what was written stays
    page.get_by_label("Museum online: WhatsApp").check()
    expect(text).to_be_hidden()
    page.get_by_label("Museum online: SMS").check()
    fits()
    page.get_by_label("To the mobile number").press("Enter")
    page.get_by_text("Mine: https://…").wait_for()
    fits()
    page.get_by_role("button", name="Send it").dblclick()
    page.get_by_text(f"Scripted has sent the link to {PHONE}.").wait_for()
    fits()
    assert Invitation.objects.filter(channel="sms", text="Mine: {link}").count() == 1
    assert complaints == []


def test_it_works_without_its_script(
    browser: Browser, live_server: Any, merchant: User, order: Order, complaints: list[str]
) -> None:
    # Unfold, which the admin is built with, hides its pages from a browser that runs no script at all.
    page = logged_in(browser, live_server.url, complaints)
    page.route("**/link.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
    page.goto(f"{live_server.url}/admin/checkout/order/{order.pk}/change/")
    expect(page.get_by_role("button", name="Copy")).to_have_count(0)
    expect(page.get_by_label("The link’s address")).to_have_text(order.pay_url)
    page.get_by_role("link", name="Send a link", exact=True).click()
    page.get_by_text("Only an e-mail has a subject").wait_for()
    page.get_by_label("A text to begin with").select_option("reminder")
    page.get_by_label("The customer’s language").select_option("fr")
    page.get_by_role("button", name="Take this text").click()
    expect(page.get_by_label("Subject")).to_have_value("reminder in fr")
    page.wait_for_load_state()  # Unfold hides its page until its scripts have run, and a key pressed before is lost
    page.get_by_label("Subject").press("Enter")
    page.get_by_role("button", name="Send it").click()
    page.get_by_text("The e-mail to ada@example.org is on its way.").wait_for()
    assert Invitation.objects.get().subject == "reminder in fr"
