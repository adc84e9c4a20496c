"""What the merchant does with a payment at eComCharge: capture, void, refund, and charge a card that was left."""

import re

from playwright.sync_api import expect

from tests.e2e.begateway import APPROVED, Record, open_form, operate, order_of
from tests.e2e.pages import Admin, Checkout
from tests.e2e.stage import Order, Stage, eventually


def paid(stage: Stage, checkout: Checkout, **more: object) -> tuple[Order, Record]:
    order, record = order_of(stage, **more)
    form = open_form(checkout, order)
    form.use(APPROVED)
    form.to_shop()
    return order, record


def test_part_of_it_back(stage: Stage, checkout: Checkout, admin: Admin) -> None:
    order, record = paid(stage, checkout)
    checkout.is_receipt()
    operate(admin, order, "Refund", "10.00")
    expect(admin.page.get_by_text("The refund of €10.00 is done.")).to_be_visible()
    operate(admin, order, "Refund", "32.99")
    expect(admin.page.get_by_text("The refund of €32.99 is done.")).to_be_visible()
    assert record.money() == [("payment", 4299), ("refund", 1000), ("refund", 3299)]
    assert order.read()["amount_refunded"] == 4299
    checkout.page.reload()
    checkout.says("Refunded")


def test_reserved_captured_in_part_and_the_rest_let_go(
    stage: Stage, checkout: Checkout, admin: Admin
) -> None:
    order, record = paid(stage, checkout, capture_later=True)
    checkout.says("The amount is reserved, thank you")
    operate(admin, order, "Capture", "30.00")
    expect(admin.page.get_by_text("The capture of €30.00 is done.")).to_be_visible()
    operate(admin, order, "Void", "12.99")
    expect(admin.page.get_by_text("The void of €12.99 is done.")).to_be_visible()
    operate(admin, order, "Refund", "5.00")
    expect(admin.page.get_by_text("The refund of €5.00 is done.")).to_be_visible()
    assert record.money() == [("authorization", 4299), ("capture", 3000), ("void", 1299), ("refund", 500)]
    told = order.read()
    assert (told["state"], told["amount_captured"], told["amount_refunded"]) == ("paid", 3000, 500)


def test_a_refund_whose_answer_is_lost_is_found_again(stage: Stage, checkout: Checkout, admin: Admin) -> None:
    order, record = paid(stage, checkout)
    checkout.is_receipt()
    stage.sandbox.arm("http_500", provider="ecomcharge", method="refund", when="after")
    stage.sandbox.arm("lost", provider="ecomcharge")  # nor does a notification tell
    operate(admin, order, "Refund", "10.00")
    expect(admin.page.get_by_text("Nobody knows yet whether the refund of €10.00 was done")).to_be_visible()
    order.make_due()
    eventually(lambda: order.read()["amount_refunded"] == 1000)
    assert record.money() == [("payment", 4299), ("refund", 1000)]


def test_a_refund_made_in_the_back_office(stage: Stage, checkout: Checkout, admin: Admin) -> None:
    order, record = paid(stage, checkout)
    checkout.is_receipt()
    (payment,) = record.only_token()["transactions"]
    stage.sandbox.post(f"ecomcharge/transactions/{payment['uid']}/refund", amount=700)
    eventually(lambda: order.read()["amount_refunded"] == 700)
    admin.open(order.id)
    admin.tells("eComCharge lists a refund of 7.00 EUR that was not asked for here.")


def test_the_merchant_charges_a_card_that_was_left(stage: Stage, checkout: Checkout, admin: Admin) -> None:
    first, _record = order_of(stage, customer="subscriber", keep_card=True)
    form = open_form(checkout, first)
    form.use(APPROVED)
    form.to_shop()
    checkout.is_receipt()
    first.becomes("paid")
    (card,) = stage.api("GET", "saved-cards?customer=subscriber")["saved_cards"]
    # The shop, over its API.
    order, record = order_of(stage, customer="subscriber", amount=1999)  # not the same amount within 30 s
    told = stage.api("POST", f"orders/{order.id}/payments", saved_card=card["id"], occasion="recurring")
    assert (told["state"], told["payment"]["occasion"]) == ("paid", "recurring"), told["payment"]
    every = stage.sandbox.get("ecomcharge/transactions")["transactions"]
    (charge,) = [one for one in every if one["tracking_id"] == told["payment"]["reference"]]
    assert (charge["status"], charge["amount"], charge["checkout"]) == ("successful", 1999, None)
    assert record.tokens() == []
    # A person, in the admin.
    admin.page.goto(f"{admin.site}/admin/checkout/savedcard/")
    admin.page.get_by_role("row").filter(has_text="subscriber").get_by_role("link").first.click()
    admin.body.get_by_role("link", name="Charge this card").click()
    admin.body.get_by_label(re.compile("^Amount")).fill("12.50")
    admin.body.get_by_label(re.compile("^Why")).select_option("no_show")
    admin.body.get_by_label("Description").fill("A table, kept for nobody")
    admin.press("Go on")
    admin.press("Charge this card")
    expect(admin.page.get_by_text("Paid: €12.50 with Visa •••• 0000.")).to_be_visible()
