"""What the merchant does about SysPay's payments in the admin: captures, voids, refunds, chargebacks, and payments by
phone, on the form whose inputs are locked."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import pytest
import requests
from playwright.sync_api import BrowserContext, StorageState, expect

from tests.e2e.pages import Admin, Checkout
from tests.e2e.stage import Order, Stage, eventually
from tests.e2e.syspay import (
    APPROVED,
    NO_FUNDS,
    Form,
    Record,
    form_on,
    is_paid_once,
    open_form,
    operate,
    order_of,
    paid,
)


@pytest.fixture
def plain(visitor: Callable[..., BrowserContext]) -> Checkout:
    """A browser without JavaScript."""
    return Checkout(visitor(java_script_enabled=False).new_page())


def sums(order: Order) -> tuple[int, int, int]:
    """Authorised, captured, refunded."""
    told = order.read()
    return told["amount_authorized"], told["amount_captured"], told["amount_refunded"]


def says(admin: Admin, text: str) -> None:
    expect(admin.page.get_by_text(text)).to_be_visible()


def webhooks(admin: Admin) -> list[str]:
    """What the shop was told of the order whose page is open, in its sequence."""
    section = admin.page.locator("section", has_text="Webhooks to the shop")
    return section.locator("td[data-label=Kind]").all_inner_texts()


# --- afterwards ------------------------------------------------------------------------------------------------


def test_reserved_captured_and_refunded_in_part_and_whole(
    stage: Stage, plain: Checkout, admin: Admin
) -> None:
    order, record = order_of(stage, capture_later=True)
    form = open_form(plain, order)
    assert form.confirmed()["Payment mode"] == "Pre-authorisation"
    form.pay(amount="42.99 EUR")
    plain.says("The amount is reserved, thank you")
    eventually(lambda: order.read()["payment"]["state"] == "authorized")
    assert (sums(order), record.ends()) == ((4299, 0, 0), [("AUTHORIZED", 4299)])
    # SysPay captures all of it or nothing, and so no part is offered.
    admin.open(order.id)
    admin.page.get_by_role("link", name="Capture", exact=True).click()
    expect(admin.page.get_by_label("Amount")).not_to_be_editable()
    expect(admin.page.get_by_text("With SysPay this can only be done as a whole.")).to_be_visible()
    operate(admin, order, "Capture")
    says(admin, "The capture of €42.99 is done.")
    assert (sums(order), record.ends()) == ((4299, 4299, 0), [("SUCCESS", 4299)])
    operate(admin, order, "Refund", "12.99")
    says(admin, "The refund of €12.99 is done.")
    assert sums(order) == (4299, 4299, 1299)
    operate(admin, order, "Refund")
    says(admin, "The refund of €30.00 is done.")
    assert sums(order) == (4299, 4299, 4299)
    assert refunds(stage, record) == [("SUCCESS", 1299), ("SUCCESS", 3000)]
    plain.open(order.pay_url).says("Refunded")
    admin.open(order.id)
    assert webhooks(admin) == ["order.authorized", "order.paid", "order.refunded", "order.refunded"]


def refunds(stage: Stage, record: Record) -> list[tuple[str, int]]:
    """Those of its first payment, as SysPay's messages tell of them: the latest message about each."""
    number, found = str(record.payments()[0]["id"]), {}
    for one in stage.sandbox.get("notifications", provider="syspay")["notifications"]:
        told = dict(parse_qsl(one["body"]))
        if told["type"] == "refund" and told["data[refund][payment][id]"] == number:
            amount = int(told["data[refund][amount]"])
            found[told["data[refund][id]"]] = (told["data[refund][status]"], amount)
    return list(found.values())


def test_reserved_and_let_go(stage: Stage, plain: Checkout, admin: Admin) -> None:
    order, record = paid(stage, state="authorized", capture_later=True)
    operate(admin, order, "Void")
    says(admin, "The void of €42.99 is done.")
    assert record.ends() == [("VOIDED", 4299)]
    told = order.read()
    assert (told["payment"]["state"], told["amount_captured"]) == ("canceled", 0)
    plain.open(order.pay_url).tells("Nothing was charged.")


def test_a_refund_whose_answer_is_lost_is_found_again(stage: Stage, admin: Admin) -> None:
    order, record = paid(stage)
    stage.sandbox.arm("lost", provider="syspay", times=0)
    stage.sandbox.arm("http_500", provider="syspay", method="refund", when="after")
    before = stage.sandbox.mark()
    operate(admin, order, "Refund", "10.00")
    says(admin, "Nobody knows yet whether the refund of €10.00 was done")
    order.make_due()
    eventually(lambda: order.read()["amount_refunded"] == 1000)
    assert len(stage.sandbox.calls("refund", since=before)) == 1
    assert refunds(stage, record) == [("SUCCESS", 1000)]


def test_a_refund_made_in_the_back_office(stage: Stage, admin: Admin) -> None:
    order, record = paid(stage)
    stage.sandbox.post(f"syspay/payments/{record.paid()['id']}/refund", amount=700)
    eventually(lambda: order.read()["amount_refunded"] == 700)
    admin.open(order.id)
    admin.tells("SysPay lists a refund of 7.00 EUR that was not asked for here.")


def test_a_bank_takes_money_back(stage: Stage, plain: Checkout, admin: Admin) -> None:
    order, record = paid(stage)
    stage.sandbox.post(f"syspay/payments/{record.paid()['id']}/chargeback", amount=4000, reason_code="4853")
    (taken,) = eventually(lambda: order.read()["payment"]["chargebacks"])
    assert (taken["amount"], taken["currency"], taken["reason"]) == (4000, "EUR", "4853")
    told = order.read()
    assert (told["state"], told["needs_attention"], sums(order)) == ("paid", True, (4299, 4299, 0))
    admin.open(order.id)
    flagged = "This order needs a person: the bank took 40.00 EUR back (reason 4853)"
    expect(admin.page.locator(".g-flag")).to_contain_text(flagged)
    admin.tells("The order is paid: 42.99 EUR.", "The bank took 40.00 EUR back. Its reason code: 4853")
    assert webhooks(admin) == ["order.paid", "order.charged_back", "order.attention"]
    section = admin.page.locator("section", has_text="Webhooks to the shop")
    expect(section.locator("td[data-label=State]").nth(1)).to_have_text("delivered")
    # On the payment's own page, too.
    admin.page.get_by_role("link", name=told["payment"]["reference"], exact=True).first.click()
    row = admin.page.locator("section", has_text="Taken back by the bank").locator("tbody tr")
    expect(row).to_contain_text("€40.00")
    expect(row).to_contain_text("4853")
    # The shopper's receipt stays what it was.
    plain.open(order.pay_url).is_receipt(amount="€42.99")


# --- by phone --------------------------------------------------------------------------------------------------


def by_phone(admin: Admin, order: Order | None = None) -> None:
    if order is None:
        admin.orders()
        admin.page.get_by_role("link", name="Take a payment by phone").click()
    else:
        admin.open(order.id)
        admin.body.get_by_role("link", name="Take a payment by phone", exact=True).or_(
            admin.body.get_by_role("button", name="Take a payment by phone", exact=True)
        ).first.click()
    expect(admin.body.get_by_role("button", name="Go on")).to_be_visible()
    admin.page.wait_for_load_state()  # its script hides what the chosen type does not need


def tick(admin: Admin, group: str, *labels: str) -> None:
    inputs = admin.body.get_by_role("group", name=re.compile(f"^{group}"))
    for label in labels:
        inputs.get_by_label(label, exact=True).check()


def to_form(admin: Admin) -> Form:
    """What was typed is read back; then the way to SysPay's form, which is followed."""
    admin.press("Go on")
    admin.press("Open SysPay’s form")
    admin.body.get_by_role("link", name="Open SysPay’s form").click()
    return form_on(admin.page)


def only_order(stage: Stage, reference: str) -> tuple[Order, Record]:
    order = stage.find(reference)
    return order, Record(stage, order)


@pytest.fixture
def operator_sits_there(stage: Stage) -> Any:
    """Whoever fills in the form is the merchant, so it leads back to the admin."""

    def put(who: str) -> None:
        answer = requests.put(
            f"{stage.sandbox.url}/_sandbox/accounts",
            json={"provider": "syspay", "settings": {"returns_to": who}}, timeout=20,
        )  # fmt: skip
        assert answer.ok, answer.text

    put("operator")
    yield
    put("customer")


@pytest.mark.usefixtures("operator_sits_there")
def test_a_new_order_by_phone_with_locked_inputs(stage: Stage, admin: Admin) -> None:
    by_phone(admin)
    body = admin.body
    reference = body.get_by_label("Your reference").input_value()
    body.get_by_label("Currency", exact=True).first.fill("GBP")
    body.get_by_label("Description", exact=True).first.fill("A table for four")
    body.get_by_label("one payment", exact=True).check()
    body.get_by_role("group", name="one payment").get_by_label("Amount", exact=True).fill("12.00")
    body.get_by_label("First name", exact=True).first.fill("Ada")
    body.get_by_role("textbox", name="E-mail").fill("ada@example.org")
    body.get_by_label("What is not ticked here").check()
    tick(admin, "Of the payment", "Type of payment", "Description", "Reference")
    tick(admin, "Of its amounts and times", "Amount", "Currency")
    form = to_form(admin)
    order, record = only_order(stage, reference)
    assert form.locked() == {
        "Type of payment": "One-off payment", "Amount": "12.00", "Currency": "GBP",
        "Description": "A table for four", "Reference": f"{order.id}-1",
    }  # fmt: skip
    expect(form.input("First name")).to_have_value("Ada")
    expect(form.input("E-mail")).to_have_value("ada@example.org")
    expect(form.input("Amount")).to_have_count(0)
    expect(form.page.get_by_role("button", name="Change type")).to_have_count(0)
    form.pay(amount="12.00 GBP")
    says(admin, "Paid: £12.00.")
    expect(admin.page.get_by_role("region", name="Summary")).to_contain_text(order.id)
    is_paid_once(order, record, amount=1200)
    asked = record.terminal()["request"]
    assert asked["locked_inputs"] == {
        "type": True, "description": True, "reference": True, "oneshot": {"amount": True, "currency": True},
    }  # fmt: skip
    assert "locked" not in asked
    admin.tells(
        "Attempt 1: SysPay's form is opened at the desk.",
        "SysPay confirms: 12.00 GBP paid.",
        "The order is paid: 12.00 GBP.",
    )


@pytest.mark.usefixtures("operator_sits_there")
def test_an_existing_order_by_phone(stage: Stage, admin: Admin) -> None:
    """The form is locked as a whole; the first card is refused twice, and the second form is paid."""
    order, record = order_of(stage, description="Ms Lovelace, by phone")
    by_phone(admin, order)
    form = to_form(admin)
    assert (form.confirmed()["Amount"], form.confirmed()["Description"]) == ("42.99", "Ms Lovelace, by phone")
    form.pay(NO_FUNDS, amount="42.99 EUR")
    form.pay(NO_FUNDS, amount="42.99 EUR")
    says(admin, "Refused, nothing was charged")
    assert order.read()["payment"]["state"] == "failed"
    by_phone(admin, order)
    to_form(admin).pay(APPROVED, amount="42.99 EUR")
    says(admin, "Paid: €42.99.")
    is_paid_once(order, record)
    assert record.ends() == [("FAILED", 4299), ("FAILED", 4299), ("SUCCESS", 4299)]
    expect(admin.attempts).to_have_text(["failed", "paid"])


def test_by_phone_without_javascript_and_by_the_payers_way_back(
    stage: Stage, visitor: Callable[..., BrowserContext], merchants_cookies: StorageState
) -> None:
    """SysPay does not say which of the two ways back its form takes: both lead to the merchant's page."""
    browser = visitor(storage_state=merchants_cookies, java_script_enabled=False)
    admin = Admin(browser.new_page(), stage.site)
    order, record = order_of(stage)
    by_phone(admin, order)
    to_form(admin).pay(APPROVED, amount="42.99 EUR")
    says(admin, "Paid: €42.99.")
    is_paid_once(order, record)


@pytest.mark.usefixtures("operator_sits_there")
def test_a_subscription_by_phone_for_an_order_that_was_for_one_payment(stage: Stage, admin: Admin) -> None:
    order, record = order_of(stage)
    by_phone(admin, order)
    body = admin.body
    body.get_by_label("subscription", exact=True).check()
    section = body.get_by_role("group", name="subscription")
    section.get_by_label("Regular amount", exact=True).fill("15.00")
    body.get_by_label("What is not ticked here").check()
    tick(admin, "Of the payment", "Type of payment")
    tick(admin, "Of its amounts and times", "Regular amount", "Currency")
    form = to_form(admin)
    assert form.locked() == {
        "Type of payment": "Subscription", "Recurring amount": "15.00", "Currency": "EUR",
    }  # fmt: skip
    form.pay()
    says(admin, "Paid: €15.00.")
    told = is_paid_once(order, record, amount=1500)
    assert told["kind"] == "subscription"
    eventually(lambda: order.read()["agreement"]["state"] == "active")


@pytest.mark.usefixtures("operator_sits_there")
def test_another_amount_at_the_desk_is_not_believed_before_a_person_accepts_it(
    stage: Stage, admin: Admin
) -> None:
    order, record = order_of(stage)
    by_phone(admin, order)
    admin.body.get_by_label("What is not ticked here").check()
    tick(admin, "Of the payment", "Type of payment")
    form = to_form(admin)
    form.input("Amount").fill("40.00")
    form.pay()
    says(
        admin,
        "Nothing is taken as paid yet. A person has to look: asked 42.99 EUR, provider reports 40.00 EUR",
    )
    assert record.ends() == [("SUCCESS", 4000)]
    told = order.read()
    assert (told["state"], told["payment"]["state"], told["needs_attention"]) == ("open", "pending", True)
    # The customer and the merchant had agreed on that: the order is over it from now on.
    admin.open(order.id)
    says(admin, "was filled in, and how it ended is not settled yet.")
    expect(admin.body.get_by_role("link", name="Go to the form")).to_have_count(0)
    admin.body.get_by_role("link", name="Accept what came", exact=True).first.click()
    admin.body.get_by_label("How much came").fill("40.00")
    admin.press("Go on")
    admin.press("Accept what came")
    says(admin, "Accepted: the order is over €40.00, and its payment is paid.")
    assert is_paid_once(order, record, amount=4000)["amount"] == 4000
