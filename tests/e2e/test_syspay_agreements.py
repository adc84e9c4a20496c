"""Subscriptions, payment plans and mandates: begun in SysPay's form, and what becomes of them there and in the admin.

The shopper's browser has no JavaScript here. Each story ends with our record and SysPay's.
"""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.e2e import pages
from tests.e2e.pages import Admin, Checkout, Shop
from tests.e2e.stage import Order, Stage, eventually
from tests.e2e.syspay import APPROVED, MONTHLY, ONCE_ONLY, Record, form_on, order_of, paid

TRIAL = {"amount": 1500, "period": MONTHLY, "trial": {"amount": 100, "period": {"count": 7, "unit": "day"}}}
TRIAL_IN_WORDS = "1.00 EUR for 7 days, then 15.00 EUR every month until it is ended"
PLAN = {"total": 10000, "cycles": 3, "period": MONTHLY}


@pytest.fixture
def plain(visitor: Callable[..., BrowserContext]) -> Checkout:
    """A browser without JavaScript."""
    return Checkout(visitor(java_script_enabled=False).new_page())


def begun(order: Order) -> str:
    """The agreement's number, once the order has begun it."""
    found: str = eventually(lambda: agreement["id"] if (agreement := order.read()["agreement"]) else None)
    return found


def further(stage: Stage, number: str, count: int) -> list[tuple[str, str, int]]:
    """The agreement's later orders, once there are so many and all have ended: (what follows the first one's
    reference, state, amount)."""

    def look() -> list[dict[str, Any]] | None:
        first, *later = stage.api("GET", f"agreements/{number}/orders")["orders"]
        ended = [one for one in later if one["state"] != "open"]
        return [first, *later] if len(later) == len(ended) == count else None

    first, *later = eventually(look)
    return [
        (one["reference"].removeprefix(first["reference"]), one["state"], one["amount_captured"])
        for one in later
    ]


def stands(stage: Stage, number: str, state: str, phase: str | None) -> dict[str, Any]:
    """The agreement as the shop knows it, once it stands so."""

    def look() -> dict[str, Any] | None:
        told = stage.api("GET", f"agreements/{number}")
        return told if (told["state"], told["phase"]) == (state, phase) else None

    return eventually(look)


def bill(stage: Stage, record: Record) -> None:
    """The next event of its timetable, now."""
    stage.sandbox.post(f"syspay/subscriptions/{record.agreement()['id']}/bill")


def taken(stage: Stage, record: Record) -> list[tuple[str, str, int]]:
    """All payments of the subscription (or plan) at SysPay, oldest first."""
    number = record.agreement()["id"]
    every = stage.sandbox.get("syspay/payments")["payments"]
    own = [one for one in every if (one.get("subscription") or {}).get("id") == number]
    return [
        (one["payment_type"], one["status"], one["amount"])
        for one in sorted(own, key=lambda one: int(one["id"]))
    ]


def open_agreement(admin: Admin, number: str) -> None:
    admin.page.goto(f"{admin.site}/admin/checkout/agreement/")
    admin.page.get_by_role("link", name=number, exact=True).click()
    expect(admin.page.get_by_role("region", name="Summary")).to_contain_text(number)


def rows(admin: Admin) -> list[str]:
    """The agreement's payments in the admin, the latest first: reference, state, sums."""
    table = admin.page.locator("section", has_text="Payments under it")
    return [
        " ".join([row.locator("td").first.inner_text().split()[-1], *(
            row.locator(f"td[data-label='{label}']").inner_text() for label in ("State", "Amount", "Taken")
        )])
        for row in table.locator("tbody tr").all()
    ]  # fmt: skip


def test_a_subscription_from_the_shop_through_its_first_two_billings(stage: Stage, plain: Checkout) -> None:
    shop = Shop(plain.page, stage.shop)
    shop.put("Friend of the museum")
    shop.order_as_guest()
    order = stage.find(plain.reference)
    record = Record(stage, order)
    plain.pay.click()
    form_on(plain.page).pay(amount="1.00 EUR")
    plain.is_receipt(amount="€1.00")
    order.becomes("paid")
    number = begun(order)
    stands(stage, number, "active", "trial")
    for count in (1, 2):
        bill(stage, record)
        assert len(further(stage, number, count)) == count
    assert further(stage, number, 2) == [("/2", "paid", 1500), ("/3", "paid", 1500)]
    assert taken(stage, record) == [
        ("SUBSCRIPTION_TRIAL", "SUCCESS", 100),
        ("SUBSCRIPTION_BILL", "SUCCESS", 1500),
        ("SUBSCRIPTION_BILL", "SUCCESS", 1500),
    ]
    shop.page.goto(f"{shop.url}orders/{order.reference}/")
    shop.says("Paid")


def test_a_subscription_is_begun_billed_twice_and_ended(stage: Stage, plain: Checkout, admin: Admin) -> None:
    order, record = order_of(stage, kind="subscription", amount=100, terms=TRIAL, customer="reader")
    plain.open(order.pay_url).says(pages.CHOOSE)
    plain.pay.click()
    form = form_on(plain.page)
    told = form.confirmed()
    assert (told["Type of payment"], told["Trial amount"], told["Recurring amount"]) == (
        "Subscription", "1.00", "15.00",
    )  # fmt: skip
    form.pay(amount="1.00 EUR")
    plain.is_receipt(amount="€1.00")
    order.becomes("paid")
    number = begun(order)
    agreement = stands(stage, number, "active", "trial")
    assert (agreement["next_event"]["what"], agreement["endings"]) == ("bill", ["now", "period_end"])
    bill(stage, record)
    assert further(stage, number, 1) == [("/2", "paid", 1500)]
    bill(stage, record)
    assert further(stage, number, 2) == [("/2", "paid", 1500), ("/3", "paid", 1500)]
    stands(stage, number, "active", "billing")
    assert taken(stage, record) == [
        ("SUBSCRIPTION_TRIAL", "SUCCESS", 100), ("SUBSCRIPTION_BILL", "SUCCESS", 1500),
        ("SUBSCRIPTION_BILL", "SUCCESS", 1500),
    ]  # fmt: skip

    open_agreement(admin, number)
    expect(admin.body.locator(".g-agreed")).to_have_text(TRIAL_IN_WORDS)
    assert rows(admin) == [
        f"{order.reference}/3 paid €15.00 €15.00", f"{order.reference}/2 paid €15.00 €15.00",
        f"{order.reference} paid €1.00 €1.00",
    ]  # fmt: skip
    admin.body.get_by_role("link", name="End it", exact=True).click()
    admin.body.get_by_label("When").select_option(label="with the end of what is paid")
    admin.press("Go on")
    admin.press("End it")
    said = f"Agreement {number} ends with what is paid, on "
    expect(admin.page.get_by_text(said)).to_contain_text("Nothing more is charged by itself.")
    assert stands(stage, number, "active", "last")["endings"] == ["now"]
    there = record.agreement()
    assert (there["status"], there["phase"], there["next_event"]["event_type"]) == ("ACTIVE", "LAST", "END")
    bill(stage, record)
    ended = stands(stage, number, "ended", "closed")
    assert (ended["end_reason"], ended["next_event"], ended["endings"]) == ("unsubscribed_merchant", None, [])
    assert len(further(stage, number, 2)) == len(taken(stage, record)) - 1 == 2
    assert not any(
        one["needs_attention"] for one in stage.api("GET", f"agreements/{number}/orders")["orders"]
    )


def test_a_renewal_is_refused_and_tried_again(stage: Stage, plain: Checkout, admin: Admin) -> None:
    terms = {"amount": 1500, "period": MONTHLY}
    order, record = paid(stage, ONCE_ONLY, kind="subscription", amount=1500, terms=terms)
    number = begun(order)
    bill(stage, record)
    assert further(stage, number, 1) == [("/2", "canceled", 0)]
    stands(stage, number, "active", "retry")
    (_first, renewal) = stage.api("GET", f"agreements/{number}/orders")["orders"]
    assert (renewal["payment"]["state"], renewal["payment"]["occasion"]) == ("failed", "recurring")
    # Nobody is asked to pay it at its own address, nor at the first order's.
    plain.open(renewal["pay_url"]).says("A payment under your agreement")
    plain.tells("The payment of €15.00 did not go through, so nothing was charged.")
    expect(plain.page.get_by_role("button", name=re.compile("Pay|Try again|Continue"))).to_have_count(0)
    plain.open(order.pay_url).is_receipt(amount="€15.00")

    open_agreement(admin, number)
    expect(admin.page.get_by_role("region", name="Summary")).to_contain_text("tried again")
    expect(admin.body.get_by_text("A payment failed, and SysPay tries again by itself.")).to_be_visible()
    assert rows(admin) == [
        f"{order.reference}/2 failed €15.00 €0.00",
        f"{order.reference} paid €15.00 €15.00",
    ]
    admin.tells(
        f"Agreement {number} is active at SysPay (phase: a payment failed and is tried again; reason: —)."
    )
    admin.open(renewal["id"])
    expect(admin.attempts).to_have_text(["failed"])
    admin.tells("The payment of 15.00 EUR failed. Nobody is asked to pay it here.")
    expect(admin.page.locator("section", has_text="Webhooks to the shop")).to_contain_text("payment.failed")

    # The customer has another card by the next time.
    subscription = record.agreement()["id"]
    stage.sandbox.post(f"syspay/subscriptions/{subscription}/card", card=APPROVED, expiry="12/2030")
    bill(stage, record)
    assert further(stage, number, 2) == [("/2", "canceled", 0), ("/3", "paid", 1500)]
    stands(stage, number, "active", "billing")
    assert [(status, amount) for _type, status, amount in taken(stage, record)] == [
        ("SUCCESS", 1500), ("FAILED", 1500), ("SUCCESS", 1500),
    ]  # fmt: skip


def test_a_first_payment_that_is_refused_begins_nothing(stage: Stage, plain: Checkout) -> None:
    terms = {"amount": 1500, "period": MONTHLY}
    options = {"syspay": {"allowed_retries": 0}}
    order, record = order_of(stage, kind="subscription", amount=1500, terms=terms, options=options)
    plain.open(order.pay_url)
    plain.pay.click()
    form_on(plain.page).pay(pages.NO_FUNDS, amount="15.00 EUR")
    plain.says(pages.FAILED)
    assert record.agreement()["status"] == "CANCELLED"
    told = order.read()
    assert (told["state"], told["payment"]["state"], told["amount_captured"]) == ("open", "failed", 0)
    plain.again.click()
    form_on(plain.page).pay(amount="15.00 EUR")
    plain.is_receipt(amount="€15.00")
    order.becomes("paid")
    eventually(lambda: order.read()["agreement"]["state"] == "active")


def test_a_payment_plan_to_its_end(stage: Stage, plain: Checkout, admin: Admin) -> None:
    """100.00 in three: 33.34, 33.33, 33.33."""
    order, record = order_of(stage, kind="payment_plan", amount=3334, terms=PLAN)
    plain.open(order.pay_url).says(pages.CHOOSE)
    plain.pay.click()
    form = form_on(plain.page)
    assert form.confirmed()["Total amount"] == "100.00"
    form.pay(amount="33.34 EUR")
    plain.is_receipt(amount="€33.34")
    order.becomes("paid")
    number = begun(order)
    bill(stage, record)
    assert further(stage, number, 1) == [("/2", "paid", 3333)]
    bill(stage, record)
    assert further(stage, number, 2) == [("/2", "paid", 3333), ("/3", "paid", 3333)]
    assert stands(stage, number, "ended", "closed")["end_reason"] == "complete"
    assert sum(amount for _type, status, amount in taken(stage, record) if status == "SUCCESS") == 10000
    open_agreement(admin, number)
    expect(admin.page.locator(".g-figures")).to_contain_text("€100.00")
    assert rows(admin) == [
        f"{order.reference}/3 paid €33.33 €33.33", f"{order.reference}/2 paid €33.33 €33.33",
        f"{order.reference} paid €33.34 €33.34",
    ]  # fmt: skip


def test_a_mandate_is_charged_again(stage: Stage, plain: Checkout, admin: Admin) -> None:
    order, record = order_of(stage, kind="mandate", amount=1200, customer="guest-of-the-house")
    plain.open(order.pay_url)
    plain.pay.click()
    form_on(plain.page).pay(amount="12.00 EUR")
    plain.is_receipt(amount="€12.00")
    order.becomes("paid")
    number = begun(order)
    stands(stage, number, "active", None)
    # The shop, over its API.
    asked = {"reference": f"{order.reference}-api", "amount": 700, "description": "A broken glass"}
    told = stage.api("POST", f"agreements/{number}/charges", **asked)
    assert (told["state"], told["amount_captured"], told["payment"]["occasion"]) == ("paid", 700, "recurring")
    again = stage.api("POST", f"agreements/{number}/charges", **asked)
    assert again["id"] == told["id"]
    # A person, in the admin.
    open_agreement(admin, number)
    admin.body.get_by_role("link", name="Charge it once more").click()
    admin.body.get_by_label(re.compile("^Amount")).fill("5.50")
    admin.body.get_by_label(re.compile("^Reference")).fill(f"{order.reference}-desk")
    admin.body.get_by_label(re.compile("^Description")).fill("The minibar")
    admin.press("Go on")
    admin.press("Charge it once more")
    expect(admin.page.get_by_text(f"Paid: €5.50 under agreement {number}.")).to_be_visible()
    assert further(stage, number, 2) == [("-api", "paid", 700), ("-desk", "paid", 550)]
    assert record.agreement("agreement")["status"] == "ACTIVE"
    every = stage.sandbox.get("syspay/payments")["payments"]
    own = [
        one
        for one in every
        if (one.get("billing_agreement") or {}).get("id") == record.agreement("agreement")["id"]
    ]
    assert sorted((one["status"], one["amount"]) for one in own) == [
        ("SUCCESS", 550), ("SUCCESS", 700), ("SUCCESS", 1200),
    ]  # fmt: skip


def test_a_mandate_without_a_charge_and_its_end(stage: Stage, plain: Checkout) -> None:
    """Nothing is paid, so SysPay makes no payment; the customer's bank ends it later."""
    order, record = order_of(stage, kind="mandate", amount=0)
    plain.open(order.pay_url).says("Where are the later payments to come from?")
    plain.pay.click()
    form = form_on(plain.page)
    form.says("Nothing to pay now")
    form.type(APPROVED)
    form.press("Confirm")
    plain.says("It is agreed, thank you")
    order.becomes("paid")
    number = begun(order)
    assert record.payments() == []
    told = stage.api("POST", f"agreements/{number}/charges", reference=f"{order.reference}-1st", amount=900)
    assert (told["state"], told["amount_captured"]) == ("paid", 900)
    agreement = record.agreement("agreement")["id"]
    stage.sandbox.post(f"syspay/agreements/{agreement}/cancel", by="admin")
    ended = stands(stage, number, "ended", None)
    assert (ended["may_charge"], ended["end_reason"]) == (False, "unsubscribed_admin")
    status, said = stage.refused(
        "POST", f"agreements/{number}/charges", reference=f"{order.reference}-2nd", amount=900
    )
    assert (status, said["type"]) == (409, "urn:guichet:problem:not-payable")
    assert further(stage, number, 1) == [("-1st", "paid", 900)]


def test_other_terms_are_not_believed(stage: Stage, plain: Checkout, admin: Admin) -> None:
    """The form is open for changes: the first amount is the one that was asked for, the next ones are not."""
    terms = {"amount": 1500, "initial_amount": 2000, "period": MONTHLY}
    options = {"syspay": {"locked": False}}
    order, record = order_of(stage, kind="subscription", amount=2000, terms=terms, options=options)
    plain.open(order.pay_url)
    plain.pay.click()
    form = form_on(plain.page)
    form.input("Recurring amount").fill("1.00")
    form.pay()
    plain.is_receipt(amount="€20.00")
    told = eventually(lambda: now if (now := order.read())["needs_attention"] else None)
    assert (told["state"], told["amount_captured"], told["agreement"]["state"]) == ("paid", 2000, "active")
    assert record.agreement()["plan"]["billing_amount"] == 100
    admin.open(order.id)
    admin.tells(
        "Not believed: the terms at the provider are not what was agreed: amount 1.00 EUR instead of 15.00 EUR"
    )
