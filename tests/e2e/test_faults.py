"""What goes wrong between us and the provider: the page tells the truth, and nobody is charged twice."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import pages
from tests.e2e.pages import Admin, Checkout
from tests.e2e.stage import Stage


@pytest.mark.parametrize("fault", [{"fault": "http_500"}, {"fault": "no_answer", "seconds": 1}])
def test_the_answer_about_a_new_payment_is_lost(
    stage: Stage, checkout: Checkout, admin: Admin, fault: dict[str, Any]
) -> None:
    order = stage.order()
    stage.sandbox.arm(method="createPaymentsAndCloseOrder", when="after", **fault)
    checkout.open(order.pay_url)
    checkout.pay.click()
    checkout.says(pages.MOMENT)
    assert order.read()["payment"]["state"] == "created"
    order.make_due()
    checkout.says(pages.FAILED)  # by itself
    checkout.tells("A technical problem got in the way.")
    checkout.tells("Nothing was charged.")
    checkout.again.click()
    checkout.says(pages.WIDGET)
    checkout.card.use(pages.APPROVED)
    checkout.is_receipt()
    assert order.becomes("paid")["payment"]["attempt"] == 2
    made = [payment["paymentStatus"] for one in stage.sandbox.orders(order) for payment in one["payments"]]
    assert (made.count("PAID"), len(made)) == (1, 2)
    admin.open(order.id)
    admin.tells("did not answer when attempt 1 was opened", "SecuTix EPC confirms: 33.99 EUR paid.")


def test_the_order_is_closed_late(stage: Stage, checkout: Checkout) -> None:
    order = stage.order()
    stage.sandbox.arm("delayed")
    checkout.open(order.pay_url).pay_with(pages.APPROVED)
    checkout.says(pages.CHECKING)
    checkout.tells("Please do not pay a second time.")
    expect(checkout.again).to_have_count(0)
    assert order.read()["state"] == "open"
    stage.sandbox.advance(61)
    checkout.is_receipt()  # by itself
    order.becomes("paid")


def test_the_provider_is_slow_to_tell_of_a_refusal(stage: Stage, checkout: Checkout) -> None:
    order = stage.order()
    checkout.open(order.pay_url).choose()
    stage.sandbox.arm("slow", method="checkPayment", seconds=6, times=0)
    checkout.card.use(pages.NO_FUNDS)
    checkout.says(pages.INTERRUPTED)  # all that is known when the page's patience is over
    stage.sandbox.disarm()
    checkout.says(pages.FAILED)  # by itself
    checkout.tells("There was not enough money available on this card.")


def test_the_notification_is_lost(stage: Stage, checkout: Checkout) -> None:
    order = stage.order()
    stage.sandbox.arm("lost")
    checkout.open(order.pay_url).pay_with(pages.APPROVED)
    checkout.is_receipt()
    order.becomes("paid")


def test_neither_the_browser_nor_a_notification_comes_back(
    stage: Stage, page: Page, checkout: Checkout
) -> None:
    order = stage.order()
    checkout.open(order.pay_url).choose()
    (payment,) = stage.sandbox.only_order(order)["payments"]
    page.close()
    stage.sandbox.post(f"epc/payments/{payment['transactionId']}/pay", outcome="approve")
    order.make_due()
    order.becomes("paid")
    assert stage.sandbox.only_order(order)["orderState"] == "CLOSED"


def test_a_forged_notification(stage: Stage, checkout: Checkout, admin: Admin) -> None:
    order = stage.order()
    checkout.open(order.pay_url).choose()
    stage.sandbox.post(f"epc/orders/{stage.sandbox.only_order(order)['orderId']}/notify", forged=True)
    admin.open(order.id)
    admin.wait_for("sent a notification")
    assert order.read()["amount_authorized"] == 0
    checkout.says(pages.WIDGET)
    checkout.card.use(pages.APPROVED)
    checkout.is_receipt(amount="€33.99")


def test_the_provider_is_down(stage: Stage, checkout: Checkout) -> None:
    order = stage.order()
    stage.sandbox.arm("http_500", method="createOrUpdateOrder", when="before")
    checkout.open(order.pay_url)
    checkout.pay.click()
    expect(checkout.page.get_by_role("heading", level=1)).not_to_have_text(pages.CHOOSE)
    order.make_due()
    checkout.says(pages.FAILED)
    checkout.again.click()
    checkout.says(pages.WIDGET)
    checkout.card.use(pages.APPROVED)
    checkout.is_receipt()


def test_the_provider_cannot_be_told_that_the_shopper_gives_up(stage: Stage, checkout: Checkout) -> None:
    order = stage.order()
    checkout.open(order.pay_url).choose()
    stage.sandbox.arm("http_500", times=0)
    checkout.give_up.click()
    checkout.tells("We could not reach the payment service, so nothing was changed.")
    assert order.read()["state"] == "open"
    stage.sandbox.disarm()
    checkout.give_up.click()
    checkout.says(pages.CANCELED)
    assert order.read()["state"] == "canceled"
