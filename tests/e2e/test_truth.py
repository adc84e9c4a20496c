"""A browser may say what it likes, twice and in two tabs: what is true is asked of the provider."""

from playwright.sync_api import Page, expect

from tests.e2e import pages
from tests.e2e.pages import Admin, Checkout
from tests.e2e.stage import Stage

# Both are under way before either is answered.
POST_TWICE = """async () => {
    const form = document.querySelector("form.ways");
    const post = () => fetch(form.action, {method: "POST", body: new URLSearchParams(new FormData(form))});
    return (await Promise.all([post(), post()])).map((answer) => answer.status);
}"""


def test_a_forged_return_pays_nothing(stage: Stage, checkout: Checkout, admin: Admin) -> None:
    order = stage.order()
    checkout.open(order.pay_url).choose()
    (payment,) = stage.sandbox.only_order(order)["payments"]
    forger = Checkout(checkout.page.context.new_page())
    forger.open(f"{payment['returnUrl']}?paymentResult=success")
    expect(forger.page).to_have_url(order.pay_url)
    forger.says(pages.CHECKING)
    assert order.read()["state"] == "open"
    assert order.read()["amount_authorized"] == 0
    admin.open(order.id)
    admin.tells(
        "The shopper's browser came back from SecuTix EPC saying “success”. That decides nothing.",
        "The browser came back saying “success”, but SecuTix EPC says otherwise (started). Nothing was changed.",
    )
    # Whoever really pays is not kept from it.
    checkout.card.use(pages.APPROVED)
    checkout.is_receipt()
    forger.is_receipt()
    assert order.becomes("paid")["payment"]["attempt"] == 1


def test_a_double_click_makes_one_attempt(stage: Stage, checkout: Checkout) -> None:
    order = stage.order()
    before = stage.sandbox.mark()
    checkout.open(order.pay_url)
    checkout.pay.dblclick()
    checkout.says(pages.WIDGET)
    assert order.read()["payment"]["attempt"] == 1
    assert len(stage.sandbox.calls("createPaymentsAndCloseOrder", since=before)) == 1


def test_two_posts_at_once_make_one_attempt(stage: Stage, page: Page, checkout: Checkout) -> None:
    order = stage.order()
    before = stage.sandbox.mark()
    checkout.open(order.pay_url)
    assert page.evaluate(POST_TWICE) == [200, 200]
    page.reload()
    checkout.says(pages.WIDGET)
    assert order.read()["payment"]["attempt"] == 1
    assert len(stage.sandbox.calls("createPaymentsAndCloseOrder", since=before)) == 1
    checkout.card.use(pages.APPROVED)
    checkout.is_receipt()


def test_a_double_click_on_trying_again(stage: Stage, checkout: Checkout) -> None:
    order = stage.order()
    checkout.open(order.pay_url).pay_with(pages.STOLEN)
    checkout.says(pages.FAILED)
    checkout.again.dblclick()
    checkout.says(pages.WIDGET)
    assert order.read()["payment"]["attempt"] == 2


def test_two_tabs(stage: Stage, page: Page, checkout: Checkout) -> None:
    order = stage.order()
    checkout.open(order.pay_url).choose()
    second = Checkout(page.context.new_page())
    second.open(order.pay_url).says(pages.WIDGET)
    expect(second.card.number).to_be_visible()
    checkout.card.use(pages.APPROVED)
    checkout.is_receipt()
    second.is_receipt()  # by itself
    third = Checkout(page.context.new_page())
    third.open(order.pay_url).is_receipt()
    assert order.read()["payment"]["attempt"] == 1


def test_back_and_reload_after_paying(stage: Stage, page: Page, checkout: Checkout) -> None:
    order = stage.order()
    before = stage.sandbox.mark()
    returns: list[str] = []
    page.on("request", lambda request: returns.append(request.url) if "/return/" in request.url else None)
    checkout.open(order.pay_url).pay_with(pages.APPROVED)
    checkout.is_receipt()
    page.go_back()
    checkout.is_receipt()
    page.reload()
    checkout.is_receipt()
    checkout.open(returns[0]).is_receipt()
    assert page.url == order.pay_url
    assert order.read()["payment"]["attempt"] == 1
    assert len(stage.sandbox.calls("createPaymentsAndCloseOrder", since=before)) == 1
