"""What goes wrong between us and eComCharge: our record and its record end alike, and nobody is charged twice."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e import pages
from tests.e2e.begateway import (
    APPROVED,
    NO_FUNDS,
    Record,
    form_over,
    open_form,
    opened,
    operate,
    order_of,
    pay_there,
)
from tests.e2e.pages import Admin, Checkout
from tests.e2e.stage import Order, Stage, eventually

PAID_ONCE = [("payment", 4299)]


def arm(stage: Stage, fault: str, **how: Any) -> None:
    stage.sandbox.arm(fault, provider="ecomcharge", **how)


def answers(stage: Stage, subject: str, *, times: int = 1) -> list[list[int | None]]:
    """What we said to each notification about a transaction, once each of so many has been sent."""

    def look() -> list[list[int | None]] | None:
        told = [[one["status"] for one in each["attempts"]] for each in stage.sandbox.told(subject)]
        return told if len(told) == times and all(told) else None

    return eventually(look)


def is_paid_once(order: Order, record: Record) -> None:
    told = order.becomes("paid")
    assert (told["amount_authorized"], told["amount_captured"], told["amount_refunded"]) == (4299, 4299, 0)
    assert not told["needs_attention"]
    assert record.money() == PAID_ONCE


def knows_of_nothing(order: Order) -> None:
    told = order.read()
    assert (told["state"], told["payment"]["state"]) == ("open", "started")
    assert (told["amount_authorized"], told["amount_captured"]) == (0, 0)


# --- notifications ---------------------------------------------------------------------------------------------------


def test_neither_the_browser_nor_a_notification_comes_back(stage: Stage) -> None:
    order, record = order_of(stage)
    opened(stage, order)
    arm(stage, "lost")
    paid = pay_there(stage, record)
    assert [one["state"] for one in stage.sandbox.told(paid["uid"])] == ["lost"]
    knows_of_nothing(order)
    order.make_due()
    is_paid_once(order, record)


def test_a_notification_comes_twice(stage: Stage) -> None:
    order, record = order_of(stage)
    opened(stage, order)
    arm(stage, "doubled")
    paid = pay_there(stage, record)
    assert answers(stage, paid["uid"], times=2) == [[200], [200]]
    is_paid_once(order, record)


@pytest.mark.parametrize("fault", ["forged", "wrong_signature"])
def test_a_notification_that_was_not_signed_there(stage: Stage, fault: str) -> None:
    order, record = order_of(stage)
    opened(stage, order)
    arm(stage, fault)
    paid = pay_there(stage, record)
    assert answers(stage, paid["uid"])[0][0] == 401
    knows_of_nothing(order)
    stage.sandbox.post(f"ecomcharge/transactions/{paid['uid']}/notify")  # the true one
    is_paid_once(order, record)


def test_a_forged_notification_after_the_money(stage: Stage) -> None:
    order, record = order_of(stage)
    opened(stage, order)
    paid = pay_there(stage, record)
    order.becomes("paid")
    stage.sandbox.post(f"ecomcharge/transactions/{paid['uid']}/notify", forged=True)
    assert [said[0] for said in answers(stage, paid["uid"], times=2)] == [200, 401]
    is_paid_once(order, record)


def test_a_notification_comes_late(stage: Stage) -> None:
    order, record = order_of(stage)
    opened(stage, order)
    arm(stage, "late")
    paid = pay_there(stage, record)
    assert [one["state"] for one in stage.sandbox.told(paid["uid"])] == ["waiting"]
    knows_of_nothing(order)
    stage.sandbox.advance(301)
    is_paid_once(order, record)


def test_the_news_of_a_decline_comes_after_the_news_of_the_money(stage: Stage) -> None:
    order, record = order_of(stage)
    opened(stage, order)
    arm(stage, "reordered")
    declined = pay_there(stage, record, NO_FUNDS)
    assert [one["state"] for one in stage.sandbox.told(declined["uid"])] == ["held"]
    paid = pay_there(stage, record)
    assert answers(stage, paid["uid"]) == [[200]]
    is_paid_once(order, record)
    since = stage.sandbox.mark()
    assert answers(stage, declined["uid"]) == [[200]]
    is_paid_once(order, record)
    order.make_due()  # whatever the late news may have left to be asked
    eventually(lambda: stage.sandbox.calls("getCheckout", since=since))
    is_paid_once(order, record)
    assert order.read()["payment"]["decline_reason"] is None


# --- answers ---------------------------------------------------------------------------------------------------------


def test_the_answer_about_a_new_form_is_lost(stage: Stage, checkout: Checkout, admin: Admin) -> None:
    order, record = order_of(stage)
    arm(stage, "http_500", method="createCheckout", when="after")
    checkout.open(order.pay_url).says(pages.CHOOSE)
    checkout.pay.click()
    checkout.says(pages.MOMENT)
    assert checkout.page.locator("iframe").count() == 0
    assert order.read()["payment"]["state"] == "created"
    lost = record.only_token()
    order.make_due()
    checkout.says(pages.FAILED)  # by itself
    checkout.tells("A technical problem got in the way.")
    checkout.tells("Nothing was charged.")
    assert order.read()["payment"]["decline_code"] == "not_opened"
    checkout.again.click()
    checkout.says(pages.WIDGET)
    form = form_over(checkout)
    form.use(APPROVED)
    form.to_shop()
    checkout.is_receipt(amount="€42.99")
    is_paid_once(order, record)
    assert order.read()["payment"]["attempt"] == 2
    assert [(one["token"] == lost["token"], one["status"]) for one in record.tokens()] == [
        (True, None),
        (False, "successful"),
    ]
    admin.open(order.id)
    admin.tells("did not answer when attempt 1 was opened", "eComCharge confirms: 42.99 EUR paid.")


def test_ecomcharge_is_silent_when_the_shopper_comes_back(stage: Stage, checkout: Checkout) -> None:
    order, record = order_of(stage)
    form = open_form(checkout, order)
    arm(stage, "lost")
    arm(stage, "no_answer", method="getCheckout", seconds=1, times=0)
    form.use(APPROVED)
    form.to_shop()
    checkout.says(pages.CHECKING)
    checkout.tells("Please do not pay a second time.")
    expect(checkout.again).to_have_count(0)
    knows_of_nothing(order)
    stage.sandbox.disarm()

    def asked_again() -> bool:
        order.make_due()  # once more, as long as an unanswered look puts off the next one
        return bool(order.read()["state"] == "paid")

    eventually(asked_again)
    checkout.is_receipt(amount="€42.99")  # by itself
    is_paid_once(order, record)


def test_fields_that_eComCharge_refuses(stage: Stage) -> None:
    wanted = {"ecomcharge": {"payment_method": {"types": ["credit_card", "unknown_type"]}}}
    order, record = order_of(stage, options=wanted)
    status, said = stage.refused("POST", f"orders/{order.id}/payments", provider="ecomcharge")
    assert status == 422
    assert said["type"] == "urn:guichet:problem:refused-by-provider"
    assert [error["field"] for error in said["errors"]] == ["options.ecomcharge.payment_method.types"]
    told = order.read()
    assert (told["state"], told["payment"]["state"], told["payment"]["decline_code"]) == (
        "open",
        "failed",
        "invalid",
    )
    assert told["payment"]["errors"] == said["errors"]
    assert record.tokens() == []


# --- the merchant's own charges --------------------------------------------------------------------------------------


def left_card(stage: Stage, customer: str) -> str:
    """The id of a card that the customer has left with a first payment."""
    first, record = order_of(stage, customer=customer, keep_card=True)
    opened(stage, first)
    pay_there(stage, record)
    first.becomes("paid")
    (card,) = stage.api("GET", f"saved-cards?customer={customer}")["saved_cards"]
    return str(card["id"])


def charge(stage: Stage, order: Order, card: str) -> dict[str, Any]:
    return stage.api("POST", f"orders/{order.id}/payments", saved_card=card, occasion="recurring")


def charges(stage: Stage, order: Order) -> list[tuple[str, str, int]]:
    """What eComCharge holds of an order that is charged without a form, oldest first."""
    every = stage.sandbox.get("ecomcharge/transactions")["transactions"]
    own = [one for one in every if str(one["tracking_id"]).startswith(f"{order.id}-")]
    return [
        (one["tracking_id"], one["status"], one["amount"])
        for one in sorted(own, key=lambda one: str(one["created_at"]))
    ]


def test_the_answer_to_a_charge_is_lost(stage: Stage) -> None:
    card = left_card(stage, "answer-lost")
    order, _record = order_of(stage, customer="answer-lost", amount=1101)
    since = stage.sandbox.mark()
    arm(stage, "http_500", method="createPayment", when="after")
    arm(stage, "lost")  # nor does a notification tell
    told = charge(stage, order, card)
    assert (told["state"], told["payment"]["state"]) == ("open", "created")
    order.make_due()
    told = order.becomes("paid")
    assert (told["amount_captured"], told["payment"]["attempt"]) == (1101, 1)
    assert len(stage.sandbox.calls("createPayment", since=since)) == 1
    assert charges(stage, order) == [(f"{order.id}-1", "successful", 1101)]


def test_a_charge_never_arrives(stage: Stage) -> None:
    """Only when it can no longer be on its way is it called failed, and may be made anew."""
    card = left_card(stage, "never-arrived")
    order, _record = order_of(stage, customer="never-arrived", amount=1202)
    since = stage.sandbox.mark()
    arm(stage, "http_500", method="createPayment", when="before")
    assert charge(stage, order, card)["payment"]["state"] == "created"

    def searched_twice() -> bool:
        order.make_due(minutes=13)
        return len(stage.sandbox.calls("findTransactions", since=since)) >= 2

    eventually(searched_twice)  # so the first search was thought about
    assert order.read()["payment"]["state"] == "created"
    status, said = stage.refused("POST", f"orders/{order.id}/payments", saved_card=card, occasion="recurring")
    assert (status, said["type"]) == (409, "urn:guichet:problem:not-payable")
    order.make_due(minutes=16)
    failed = eventually(lambda: now if (now := order.read()["payment"])["state"] == "failed" else None)
    assert failed["decline_code"] == "not_found"
    assert charges(stage, order) == []
    told = charge(stage, order, card)
    assert (told["state"], told["amount_captured"], told["payment"]["attempt"]) == ("paid", 1202, 2)
    assert len(stage.sandbox.calls("createPayment", since=since)) == 2
    assert charges(stage, order) == [(f"{order.id}-2", "successful", 1202)]


def test_the_answer_to_a_capture_is_cut_off(stage: Stage, admin: Admin) -> None:
    order, record = order_of(stage, capture_later=True)
    opened(stage, order)
    pay_there(stage, record)
    told = eventually(lambda: now if (now := order.read())["amount_authorized"] else None)
    assert (told["amount_authorized"], told["amount_captured"]) == (4299, 0)
    since = stage.sandbox.mark()
    arm(stage, "cut_body", method="capture")
    arm(stage, "lost")
    operate(admin, order, "Capture", "30.00")
    expect(admin.page.get_by_text("Nobody knows yet whether the capture of €30.00 was done")).to_be_visible()
    order.make_due()
    eventually(lambda: order.read()["amount_captured"] == 3000)
    assert len(stage.sandbox.calls("capture", since=since)) == 1
    assert record.money() == [("authorization", 4299), ("capture", 3000)]
    admin.open(order.id)
    admin.tells("Nobody knows yet whether the capture of 30.00 EUR was done", "Capture of 30.00 EUR is done.")
