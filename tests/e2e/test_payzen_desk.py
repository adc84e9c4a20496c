"""What the merchant does with money that came by PayZen's link."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import BrowserContext

from tests.e2e.pages import Admin, Checkout
from tests.e2e.payzen import APPROVED, Record, go_to_page, operate, order_of, plain_visitor, says
from tests.e2e.stage import Order, Stage, eventually


def paid_by_link(stage: Stage, plain: Checkout, *, state: str = "paid", **more: Any) -> tuple[Order, Record]:
    order, record = order_of(stage, **more)
    form = go_to_page(plain, order)
    form.type(APPROVED)
    form.heads("Payment accepted")
    eventually(lambda: order.read()["payment"]["state"] == state)
    return order, record


def sums(order: Order) -> tuple[int, int, int]:
    told = order.read()
    return told["amount_authorized"], told["amount_captured"], told["amount_refunded"]


def test_reserved_captured_and_refunded_in_part(
    stage: Stage, admin: Admin, visitor: Callable[..., BrowserContext]
) -> None:
    order, record = paid_by_link(stage, plain_visitor(visitor), state="authorized", capture_later=True)
    assert sums(order) == (4299, 0, 0)
    assert record.money() == [("DEBIT", "AUTHORISED_TO_VALIDATE", 4299)]
    before = stage.sandbox.mark()
    operate(admin, order, "Capture")
    says(admin, "The capture of €42.99 is done.")
    (call,) = stage.sandbox.calls("Transaction/Validate", since=before)
    (debit,) = record.link()["transactions"]
    assert call["request"]["uuid"] == debit["uuid"]
    assert debit["detailed"] == "AUTHORISED"
    assert sums(order) == (4299, 4299, 0)
    # What the bank has is given back by a transaction of its own.
    stage.sandbox.post(f"payzen/transactions/{debit['uuid']}/capture")
    operate(admin, order, "Refund", "10.00")
    says(admin, "The refund of €10.00 is done.")
    eventually(lambda: sums(order) == (4299, 4299, 1000))
    debit, credit = record.link()["transactions"]
    assert (debit["operation"], debit["detailed"], debit["amount"]) == ("DEBIT", "CAPTURED", 4299)
    assert (credit["operation"], credit["amount"], credit["parent"]) == ("CREDIT", 1000, debit["uuid"])
    assert debit["refundable"] == 3299
    assert order.read()["needs_attention"] is False


def test_refunded_in_part_before_the_bank_has_it(
    stage: Stage, admin: Admin, visitor: Callable[..., BrowserContext]
) -> None:
    """The transaction itself becomes smaller, and no other is made."""
    order, record = paid_by_link(stage, plain_visitor(visitor))
    operate(admin, order, "Refund", "10.00")
    says(admin, "The refund of €10.00 is done.")
    assert record.money() == [("DEBIT", "AUTHORISED", 3299)]
    assert sums(order) == (4299, 4299, 1000)
    told = order.read()
    assert (told["state"], told["needs_attention"]) == ("paid", False)
