"""What the merchant reads about an order, and what the buttons do."""

from playwright.sync_api import expect

from tests.e2e import pages
from tests.e2e.pages import Admin, Checkout
from tests.e2e.stage import Stage


def test_an_order_tells_its_story(stage: Stage, checkout: Checkout, admin: Admin) -> None:
    order = stage.order()
    checkout.open(order.pay_url).pay_with(pages.NO_FUNDS)
    checkout.says(pages.FAILED)
    checkout.again.click()
    checkout.says(pages.WIDGET)
    checkout.card.use(pages.APPROVED)
    checkout.is_receipt()
    order.becomes("paid")
    admin.open(order.id)
    expect(admin.attempts).to_have_text(["failed", "paid"])
    admin.tells(
        "The shop created the order: 33.99 EUR",
        "Attempt 1: the shopper chose Bank card.",
        "Attempt 1 is open at SecuTix EPC",
        "The shopper's browser came back from SecuTix EPC saying “failure”. That decides nothing.",
        "SecuTix EPC says the payment failed",
        "Attempt 2: the shopper chose Bank card.",
        "SecuTix EPC confirms: 33.99 EUR paid.",
        "The order is paid: 33.99 EUR.",
    )
    # The provider's webhook comes in on its own time.
    admin.wait_for("SecuTix EPC sent a notification")
    sold = stage.sandbox.only_order(order)
    assert [payment["paymentStatus"] for payment in sold["payments"]] == ["FAILED", "PAID"]


def test_a_cancelled_order_is_reopened_and_paid(stage: Stage, checkout: Checkout, admin: Admin) -> None:
    order = stage.order()
    checkout.open(order.pay_url).choose()
    checkout.give_up.click()
    checkout.says(pages.CANCELED)
    assert stage.sandbox.only_order(order)["orderState"] == "ABANDONED"
    admin.open(order.id)
    admin.go("Reopen")
    expect(admin.page.get_by_text("The order can be paid again.")).to_be_visible()
    admin.tells("The order was canceled.", "The order was reopened: it can be paid again until")
    assert order.read()["state"] == "open"
    checkout.page.reload()
    checkout.says(pages.INTERRUPTED)
    checkout.again.click()
    checkout.says(pages.WIDGET)
    checkout.card.use(pages.APPROVED)
    checkout.is_receipt()
    order.becomes("paid")
    assert stage.sandbox.only_order(order)["orderState"] == "CLOSED"
    admin.page.reload()
    expect(admin.attempts).to_have_text(["canceled", "paid"])


def test_the_provider_is_asked_again(stage: Stage, checkout: Checkout, admin: Admin) -> None:
    order = stage.order()
    checkout.open(order.pay_url).pay_with(pages.LATE)
    checkout.says(pages.CHECKING)
    checkout.tells("Please do not pay a second time.")
    admin.open(order.id)
    admin.go("Ask the provider again")
    expect(admin.attempts).to_have_text(["pending"])
    assert order.read()["state"] == "open"
    stage.sandbox.advance(61)
    admin.go("Ask the provider again")
    expect(admin.attempts).to_have_text(["paid"])
    assert order.read()["state"] == "paid"
    checkout.is_receipt()  # by itself


def test_the_list_finds_an_order(stage: Stage, admin: Admin) -> None:
    order, other = stage.order(), stage.order()
    admin.orders()
    row = admin.page.get_by_role("row").filter(has_text=order.id)
    expect(row).to_contain_text("33.99")
    expect(row).to_contain_text("open")
    admin.page.goto(f"{admin.site}/admin/checkout/order/?q={order.reference}")
    expect(admin.page.get_by_role("row").filter(has_text=order.id)).to_be_visible()
    expect(admin.page.get_by_role("row").filter(has_text=other.id)).to_have_count(0)
