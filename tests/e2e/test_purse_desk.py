"""What the merchant does with money that several means of payment have brought together."""

from playwright.sync_api import expect

from tests.e2e.pages import Admin
from tests.e2e.purse import CARD, GIFT_20, GIFT_CARD, Record, on_gift_card, operate, paid, started
from tests.e2e.stage import Order, Stage, eventually

GIVES_FIRST = "First gift card · illicado"


def reserved(stage: Stage) -> tuple[Order, Record]:
    """20.00 EUR of a gift card and 22.99 EUR of a card, nothing of it taken yet."""
    order, record = paid(stage, state="authorized", capture_later=True)
    assert record.sums() == (4299, 0, 0, 0)
    return order, record


def test_captured_in_part_the_rest_let_go_and_some_of_it_back(stage: Stage, admin: Admin) -> None:
    order, record = reserved(stage)
    plan = operate(admin, order, "Capture", "30.00")
    expect(admin.page.get_by_text("The capture of €30.00 is done.")).to_be_visible()
    assert plan == ["gift card · illicado €20.00 €20.00 €0.00", "credit card · ingenico €22.99 €10.00 €12.99"]
    assert record.done("captures") == [("SUCCESS", 3000, {GIFT_CARD: 2000, CARD: 1000})]
    operate(admin, order, "Void", "12.99")
    expect(admin.page.get_by_text("The void of €12.99 is done.")).to_be_visible()
    assert record.done("voids") == [("SUCCESS", 1299, {CARD: 1299})]
    # By itself Purse gives back to cards first; the merchant wants the gift card to have it.
    before = stage.sandbox.mark()
    plan = operate(admin, order, "Refund", "15.00", sequence=GIVES_FIRST)
    expect(admin.page.get_by_text("The refund of €15.00 is done.")).to_be_visible()
    assert plan == ["gift card · illicado €20.00 €15.00 €5.00", "credit card · ingenico €10.00 €0.00 €10.00"]
    assert record.done("refunds") == [("SUCCESS", 1500, {GIFT_CARD: 1500})]
    (call,) = stage.sandbox.calls("refund", since=before)
    assert call["request"]["operation_priorities"] == [
        {"partner": "illicado", "method": "giftcard"}, {"partner": "*", "method": "*"},
    ]  # fmt: skip
    assert on_gift_card(stage.sandbox, GIFT_20) == 1500
    assert record.sums() == (4299, 3000, 1299, 1500)
    told = order.read()
    assert (told["state"], told["amount_authorized"], told["amount_captured"], told["amount_refunded"]) == (
        "paid", 4299, 3000, 1500,
    )  # fmt: skip
    assert told["needs_attention"] is False


def test_a_capture_that_one_partner_did_and_the_other_did_not(stage: Stage, admin: Admin) -> None:
    order, record = reserved(stage)
    stage.sandbox.arm("failure", provider="purse", method="capture", reason="creditcard")
    operate(admin, order, "Capture")
    said = "The capture of €42.99 was done in part only: illicado giftcard: 20.00 EUR done; ingenico creditcard: "
    expect(admin.page.get_by_text(f"{said}22.99 EUR failed")).to_be_visible()
    told = order.read()
    assert (told["amount_captured"], told["needs_attention"]) == (2000, True)
    # The form knows what is left of it.
    plan = operate(admin, order, "Capture")
    expect(admin.page.get_by_text("The capture of €22.99 is done.")).to_be_visible()
    assert plan == ["gift card · illicado €0.00 €0.00 €0.00", "credit card · ingenico €22.99 €22.99 €0.00"]
    assert [(status, amount) for status, amount, _parts in record.done("captures")] == [
        ("CONFLICT", 4299), ("SUCCESS", 2299),
    ]  # fmt: skip
    assert record.sums() == (4299, 4299, 0, 0)
    assert order.read()["amount_captured"] == 4299


def test_a_capture_whose_answer_is_lost_is_found_again(stage: Stage, admin: Admin) -> None:
    order, record = reserved(stage)
    stage.sandbox.arm("lost", provider="purse")
    stage.sandbox.arm("http_500", provider="purse", method="capture", when="after")
    before = stage.sandbox.mark()
    operate(admin, order, "Capture", "30.00")
    expect(admin.page.get_by_text("Nobody knows yet whether the capture of €30.00 was done")).to_be_visible()
    order.make_due()
    eventually(lambda: order.read()["amount_captured"] == 3000)
    assert record.done("captures") == [("SUCCESS", 3000, {GIFT_CARD: 2000, CARD: 1000})]
    assert len(stage.sandbox.calls("capture", since=before)) == 1


def test_refunds_that_take_their_time(stage: Stage, admin: Admin) -> None:
    """A direct debit's stays pending, Bancontact's becomes uncertain. Neither is asked for twice."""
    order, record = started(stage)
    half = [
        {"partner": "slimpay", "method": "sdd", "amount": 2000},
        {"partner": "worldpay", "method": "bancontact", "amount": 2299},
    ]
    record.pay(parts=half)
    number = record.payment()["id"]
    stage.sandbox.post(f"purse/payments/{number}/settle", outcome="success")  # of the capture
    order.becomes("paid")
    operate(admin, order, "Refund", "30.00", sequence="First sdd · slimpay")
    expect(admin.page.get_by_text("The refund of €30.00 is under way.")).to_be_visible()
    assert order.read()["amount_refunded"] == 0
    debit, bancontact = record.payment()["refunds"][0]["partner_transactions"]
    assert (debit["status"], bancontact["status"]) == ("PENDING", "UNCERTAIN")
    settle = f"purse/payments/{number}/settle"
    stage.sandbox.post(settle, outcome="success", transaction=debit["id"])
    eventually(lambda: order.read()["amount_refunded"] == 2000)
    stage.sandbox.post(settle, outcome="failure", transaction=bancontact["id"])
    admin.open(order.id)
    admin.wait_for("done in part")
    assert order.read()["amount_refunded"] == 2000
    assert record.done("refunds") == [
        ("CONFLICT", 3000, {"slimpay/sdd": 2000, "worldpay/bancontact": 1000}),
    ]
