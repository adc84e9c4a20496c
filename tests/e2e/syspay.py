"""SysPay as the shopper and the tests meet it: its form, which is a page of its own, its record, and what steers it."""

import re
from dataclasses import dataclass
from typing import Any

import requests
from playwright.sync_api import Locator, Page, expect

from tests.e2e import pages
from tests.e2e.pages import Admin, Checkout
from tests.e2e.stage import Order, Stage, eventually

WAY = "Card, on SysPay's page"
ONWARD = f"Continue to: {WAY}"
APPROVED = "4970 1000 0000 0055"
NO_FUNDS = "4970 1000 0000 1004"
EXPIRED = "4970 1000 0000 2002"
CHALLENGED = "4970 1000 0000 5005"
ONCE_ONLY = "4970 1000 0001 1003"
CODE = "1234"
MONTHLY = {"count": 1, "unit": "month"}


class Form:
    """The eTerminal. It is one page after another, and needs no JavaScript."""

    def __init__(self, page: Page) -> None:
        self.page = page

    @property
    def number(self) -> Locator:
        return self.page.get_by_label("Card number")

    def type(self, card: str) -> None:
        self.number.fill(card)
        self.page.get_by_label("Expiry date").fill("12/30")
        self.page.get_by_label("Security code").fill("123")
        self.page.get_by_label("Name on the card").fill("Ada Lovelace")

    def press(self, button: str) -> None:
        self.page.get_by_role("button", name=button, exact=True).click()

    def pay(self, card: str = APPROVED, *, amount: str = "") -> None:
        """`amount` stands on the button of a form in which it cannot be changed: "42.99 EUR"."""
        self.type(card)
        self.press(f"Pay {amount}".strip())

    def answer(self, code: str = CODE) -> None:
        self.page.get_by_label("Code from your bank").fill(code)
        self.press("Confirm")

    def cancel(self) -> None:
        self.press("Cancel")

    def input(self, label: str) -> Locator:
        """One that can be changed."""
        return self.page.get_by_label(label, exact=True).and_(self.page.locator("input, select"))

    def locked(self) -> dict[str, str]:
        """The inputs that cannot be changed, of a form in which others can."""
        told = {}
        for field in self.page.locator(".field", has=self.page.locator(".fixed")).all():
            name, *value = field.inner_text().split("\n")
            told[name.strip()] = " ".join(value).replace("(Set by the shop)", "").strip()
        return told

    def confirmed(self) -> dict[str, str]:
        """What stands in a form that is locked as a whole."""
        found = self.page.locator(".facts dl div").all()
        return {one.locator("dt").inner_text(): one.locator("dd").inner_text() for one in found}

    def says(self, text: str) -> None:
        expect(self.page.get_by_text(text, exact=True).first).to_be_visible()


@dataclass(frozen=True)
class Record:
    """What SysPay holds of a shop's order."""

    stage: Stage
    order: Order

    def terminals(self) -> list[dict[str, Any]]:
        """The forms opened for it, oldest first."""
        every = self.stage.sandbox.get("syspay/terminals")["terminals"]
        own = [one for one in every if one["request"]["reference"].startswith(f"{self.order.id}-")]
        return sorted(own, key=lambda one: str(one["request"]["reference"]))

    def terminal(self) -> dict[str, Any]:
        """The one form: there must never be a second beside it."""
        (found,) = self.terminals()
        return found

    def latest(self) -> dict[str, Any]:
        return self.terminals()[-1]

    def payments(self) -> list[dict[str, Any]]:
        """All tries of all forms, oldest first; the payments that an agreement made later are not among them."""
        return [payment for terminal in self.terminals() for payment in terminal["payments"]]

    def ends(self) -> list[tuple[str, int]]:
        return [(one["status"], one["amount"]) for one in self.payments()]

    def paid(self) -> dict[str, Any]:
        """The one payment with money."""
        (found,) = [one for one in self.payments() if one["status"] in ("SUCCESS", "AUTHORIZED")]
        return found

    def agreement(self, kind: str = "subscription") -> dict[str, Any]:
        """The subscription (or "agreement") that its form made, as SysPay tells of it now."""
        number = self.terminal()[kind]["id"]
        every = self.stage.sandbox.get(f"syspay/{kind}s")[f"{kind}s"]
        (found,) = [one for one in every if one["id"] == number]
        return dict(found)

    def made(self, payment: dict[str, Any]) -> dict[str, Any]:
        """A payment as SysPay tells of it now."""
        every = self.stage.sandbox.get("syspay/payments")["payments"]
        (found,) = [one for one in every if one["id"] == payment["id"]]
        return dict(found)

    # --- what the shopper would do, where no page is looked at ------------------------------------------

    def pay(self, card: str = APPROVED, **how: Any) -> dict[str, Any]:
        return self.stage.sandbox.post(f"syspay/terminals/{self.latest()['token']}/pay", card=card, **how)

    # --- what is told of it ---------------------------------------------------------------------------

    def told(self, payment: dict[str, Any]) -> list[dict[str, Any]]:
        return self.stage.sandbox.told(f"payment {payment['id']}")

    def heard(self, payment: dict[str, Any], *, times: int = 1) -> list[dict[str, Any]]:
        """The messages about it, once there are so many and we have answered each."""

        def all_of_them() -> list[dict[str, Any]] | None:
            told = self.told(payment)
            return told if len([one for one in told if one["attempts"]]) == times else None

        heard = eventually(all_of_them)
        assert len(heard) == times
        return heard


def order_of(stage: Stage, **more: Any) -> tuple[Order, Record]:
    """42.99 EUR. Nothing is said of what is sold, so the ticketing system cannot take it."""
    order = stage.order(**{"options": {}, "items": [], "amount": 4299, **more})
    return order, Record(stage, order)


def started(stage: Stage, **more: Any) -> tuple[Order, Record]:
    """The shop has chosen SysPay, and the shopper stands before the way to its form."""
    order, record = order_of(stage, **more)
    stage.api("POST", f"orders/{order.id}/payments", provider="syspay")
    return order, record


def paid(stage: Stage, card: str = APPROVED, *, state: str = "paid", **more: Any) -> tuple[Order, Record]:
    """Without a look at any page."""
    order, record = started(stage, **more)
    record.pay(card)
    eventually(lambda: order.read()["payment"]["state"] == state)
    return order, record


def open_form(checkout: Checkout, order: Order) -> Form:
    """Chosen, and there at once, with JavaScript and without. Where nobody else takes such an order there is nothing
    to choose from."""
    checkout.open(order.pay_url).says(pages.CHOOSE)
    if checkout.page.get_by_role("radio").count():
        checkout.method(WAY).check()
    checkout.pay.click()
    return form_on(checkout.page)


def form_on(page: Page) -> Form:
    expect(page).to_have_url(re.compile("/syspay/eterminal/"))
    form = Form(page)
    expect(form.number).to_be_visible()
    return form


def operate(admin: Admin, order: Order, what: str, amount: str = "") -> None:
    """From the order's page, read back and confirmed."""
    admin.open(order.id)
    admin.body.get_by_role("link", name=what, exact=True).first.click()
    if amount:
        admin.body.get_by_label("Amount").fill(amount)
    admin.press("Go on")
    admin.press(what)


def is_paid_once(order: Order, record: Record, *, amount: int = 4299) -> dict[str, Any]:
    """... in both records, and nobody is called."""
    told = order.becomes("paid")
    assert (told["amount_authorized"], told["amount_captured"], told["needs_attention"]) == (
        amount, amount, False,
    )  # fmt: skip
    assert (record.paid()["status"], record.paid()["amount"]) == ("SUCCESS", amount)
    return told


def come_back(address: str) -> int:
    """What the browser does at the end, where no page is looked at. Our answer's status."""
    return requests.get(address, timeout=20).status_code
