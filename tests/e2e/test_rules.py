"""What every page of the checkout keeps to: no cookies, nobody's scripts but ours and the provider's, two languages."""

import re
from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, Response, expect

from tests.e2e import pages
from tests.e2e.conftest import Ear
from tests.e2e.pages import Checkout
from tests.e2e.stage import Stage


def policies(page: Page) -> list[tuple[str, str]]:
    """The policy of every page of ours that is opened from now on, with its heading's address."""
    found: list[tuple[str, str]] = []

    def keep(response: Response) -> None:
        request = response.request
        if request.is_navigation_request() and response.status == 200 and "/pay/" in response.url:
            found.append((response.url, response.headers["content-security-policy"]))

    page.on("response", keep)
    return found


def test_only_the_page_with_the_form_lets_the_provider_in(
    stage: Stage, page: Page, checkout: Checkout
) -> None:
    order = stage.order()
    seen = policies(page)
    origin = stage.sandbox.url
    checkout.open(order.pay_url).says(pages.CHOOSE)
    assert all(origin not in policy for _url, policy in seen)
    checkout.choose()
    policy = seen[-1][1]
    parts = dict(part.strip().split(" ", 1) for part in policy.split(";") if part.strip())
    assert origin in parts["script-src"]
    assert origin in parts["frame-src"]
    assert all(word not in policy for word in ("unsafe-inline", "unsafe-eval", "*"))
    assert parts["default-src"] == parts["frame-ancestors"] == parts["base-uri"] == "'none'"
    checkout.card.use(pages.STOLEN)
    checkout.says(pages.FAILED)
    assert origin not in seen[-1][1]
    checkout.again.click()
    checkout.says(pages.WIDGET)
    checkout.card.use(pages.APPROVED)
    checkout.is_receipt()
    assert origin not in seen[-1][1]


def test_no_cookie_is_set_for_a_shopper(stage: Stage, page: Page, checkout: Checkout) -> None:
    order = stage.order()
    checkout.open(order.pay_url)
    checkout.french.click()
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    page.get_by_role("button", name="English").click()
    checkout.pay_with(pages.APPROVED)
    checkout.is_receipt()
    assert page.context.cookies() == []


def test_french(stage: Stage, page: Page, checkout: Checkout) -> None:
    order = stage.order()
    checkout.open(order.pay_url)
    checkout.french.click()
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    expect(page.get_by_role("heading", level=1)).to_have_text("Comment souhaitez-vous payer ?")
    expect(page.get_by_role("main")).to_contain_text(re.compile("33,99\\s€"))
    words = page.get_by_role("main").inner_text()
    for english in ("Pay ", "Your order", "Give up", "more time", "Total\n33.99", "Bank card"):
        assert english not in words
    page.get_by_role("button", name=re.compile("^Payer")).click()
    expect(checkout.card.frame.get_by_label("Numéro de carte")).to_be_visible()
    page.get_by_role("button", name="English").click()
    checkout.says(pages.WIDGET)


def test_the_shop_in_french_orders_in_french(stage: Stage, visitor: Callable[..., BrowserContext]) -> None:
    page = visitor(locale="fr-CH").new_page()
    page.goto(stage.shop)
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    page.get_by_role("button", name=re.compile("^Ajouter au panier.*Affiche")).click()
    page.goto(f"{stage.shop}checkout/")
    page.get_by_label("Camille Martin").check()
    page.get_by_role("button", name=re.compile("^Commander et payer")).click()
    expect(page).to_have_url(re.compile("/pay/"))
    expect(page.locator("html")).to_have_attribute("lang", "fr")


def test_unknown_addresses(stage: Stage, page: Page, checkout: Checkout, ear: Ear) -> None:
    ear.expect("404")
    order = stage.order()
    for address in (f"{stage.site}/pay/nobodys-order/", f"{order.pay_url}return/nobodys-payment/"):
        answer = page.goto(address)
        assert answer is not None
        assert answer.status == 404
        checkout.says("There is no such page")
    assert order.read()["payment"] is None
