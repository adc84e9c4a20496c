"""Purse as the shopper and the tests meet it: its form in our page, its own page, its record, and what steers it."""

import re
from dataclasses import dataclass
from typing import Any

import requests
from playwright.sync_api import FrameLocator, Locator, Page, expect

from tests.e2e import pages
from tests.e2e.pages import Admin, Checkout
from tests.e2e.stage import Order, Sandbox, Stage, eventually

WAY = "Card, gift card or wallet"
APPROVED = "4970 1000 0000 0055"
NO_FUNDS = "4970 1000 0000 1004"
CHALLENGED = "4970 1000 0000 5005"
GIFT_20 = "9250 0000 0000 2000"
GIFT_50 = "9250 0000 0000 5000"
PIN = CODE = "1234"
CARD, GIFT_CARD = "ingenico/creditcard", "illicado/giftcard"
# A gift card that gives what is on it, and a card for the rest.
TOGETHER = {"parts": [{"gift_card": GIFT_20, "amount": 2000}, {"card": APPROVED, "amount": 2299}]}
SUMS = ("total_authorized", "total_captured", "total_voided", "total_refunded")


class Form:
    """The payment form: in its frame, where our own button pays, or as a page with a button of its own."""

    def __init__(self, where: FrameLocator | Page, pay: Locator) -> None:
        self.where = where
        self.pay = pay

    @property
    def number(self) -> Locator:
        return self.where.get_by_label("Card number")

    def type(self, card: str) -> None:
        self.number.fill(card)
        self.where.get_by_label("Expiry date").fill("12/30")
        self.where.get_by_label("Security code").fill("123")
        self.where.get_by_label("Name on the card").fill("Ada Lovelace")
        self.pay.click()

    def use_gift_card(self, number: str) -> None:
        self.where.get_by_text("Use a gift card").click()
        self.where.get_by_label("Number of the gift card").fill(number)
        self.where.get_by_label("PIN").fill(PIN)
        self.where.get_by_role("button", name="Use this gift card").click()
        expect(self.where.get_by_text(f"Gift card ending in {number[-4:]}").first).to_be_visible()

    def choose(self, means: str) -> None:
        self.where.get_by_role("radio", name=means).check()
        self.pay.click()

    def answer(self, code: str = CODE) -> None:
        self.where.get_by_label("Code from your bank").fill(code)
        self.where.get_by_role("button", name="Confirm").click()

    def cancel(self) -> None:
        self.where.get_by_role("button", name="Cancel", exact=True).click()

    def says(self, text: str) -> None:
        expect(self.where.get_by_text(text).first).to_be_visible()


@dataclass(frozen=True)
class Record:
    """What Purse holds of a shop's order."""

    stage: Stage
    order: Order

    def sessions(self) -> list[dict[str, Any]]:
        """Those opened for it, oldest first."""
        own = self.stage.sandbox.get("purse/sessions", reference=f"{self.order.id}-")["sessions"]
        return sorted(own, key=lambda one: str(one["created_at"]))

    def session(self) -> dict[str, Any]:
        """The only one: there must never be a second beside it."""
        (found,) = self.sessions()
        return found

    def ends(self) -> list[str]:
        """How its sessions ended, or what became of their payments."""
        return [
            one["payment"]["authorization"]["status"] if one["payment"] else one["status"]
            for one in self.sessions()
        ]

    def payment(self) -> dict[str, Any]:
        """The only one that holds money."""
        payments = [one["payment"] for one in self.sessions() if one["payment"]]
        (found,) = [one for one in payments if one["amounts"]["total_authorized"]]
        return dict(found)

    def sums(self) -> tuple[int, ...]:
        """Authorised, captured, voided, refunded."""
        amounts = self.payment()["amounts"]
        return tuple(amounts[name] for name in SUMS)

    def split(self) -> dict[str, int]:
        return {f"{one['partner']}/{one['method']}": one["amount"] for one in self.payment()["split"]}

    def done(self, kind: str) -> list[tuple[str, int, dict[str, int]]]:
        """The payment's captures, voids or refunds: how each ended, and who gave how much."""
        return [
            (
                one["status"],
                one["amount"],
                {
                    f"{part['partner']}/{part['method']}": part["amount"]
                    for part in one["partner_transactions"]
                },
            )
            for one in self.payment()[kind]
        ]

    # --- what the shopper would do, where no page is looked at ------------------------------------------

    def pay(self, **how: Any) -> dict[str, Any]:
        return self.stage.sandbox.post(f"purse/sessions/{self.sessions()[-1]['id']}/pay", **how)

    def come_back(self, *, spoil: str = "") -> int:
        """The browser's return; its signature is spoiled on request. Returns our answer's status."""
        number = self.sessions()[-1]["id"]
        back = self.stage.sandbox.post(f"purse/sessions/{number}/return", spoil=spoil)["redirect_url"]
        return requests.get(back, timeout=20).status_code


def order_of(stage: Stage, **more: Any) -> tuple[Order, Record]:
    """42.99 EUR. Nothing is said of what is sold, so the ticketing system cannot take it."""
    order = stage.order(**{"options": {}, "items": [], "amount": 4299, **more})
    return order, Record(stage, order)


def started(stage: Stage, *, channel: str = "", **more: Any) -> tuple[Order, Record]:
    """The shop has chosen Purse, and the shopper stands before its form, or before the way to its page."""
    order, record = order_of(stage, **more)
    stage.api("POST", f"orders/{order.id}/payments", provider="purse", channel=channel)
    return order, record


def paid(stage: Stage, *, state: str = "paid", **more: Any) -> tuple[Order, Record]:
    """By gift card and card together."""
    fill(stage.sandbox)
    order, record = started(stage, **more)
    record.pay(**TOGETHER)
    eventually(lambda: order.read()["payment"]["state"] == state)
    return order, record


def fill(sandbox: Sandbox) -> None:
    """Earlier tests may have used the gift cards up."""
    for number, balance in ((GIFT_20, 2000), (GIFT_50, 5000)):
        put(sandbox, "purse/gift-cards", number=number, balance=balance)


def on_gift_card(sandbox: Sandbox, number: str) -> int:
    (card,) = [
        one
        for one in sandbox.get("purse/gift-cards")["gift_cards"]
        if one["number"] == number.replace(" ", "")
    ]
    return int(card["balance"])


def put(sandbox: Sandbox, path: str, **body: Any) -> None:
    answer = requests.put(f"{sandbox.url}/_sandbox/{path}", json=body, timeout=20)
    assert answer.ok, answer.text


def open_form(checkout: Checkout, order: Order) -> Form:
    """Choose the way to pay; the form comes up in our page."""
    checkout.open(order.pay_url).says(pages.CHOOSE)
    checkout.method(WAY).check()
    checkout.pay.click()
    checkout.says(pages.WIDGET)
    return form_in(checkout)


def form_in(checkout: Checkout) -> Form:
    form = Form(checkout.page.frame_locator("#purse-form iframe"), checkout.pay)
    expect(form.where.get_by_role("heading", level=1)).to_be_visible()
    pages.has_its_height(checkout.page.locator("#purse-form iframe"))
    return form


def form_on(page: Page) -> Form:
    """Purse's own page."""
    expect(page.get_by_label("Card number")).to_be_visible()
    return Form(page, page.get_by_role("button", name=re.compile("^Pay [0-9]")))


def set_account(stage: Stage, **settings: str | bool) -> None:
    """The merchant changes the account."""
    for name, value in settings.items():
        stage.write(
            "UPDATE checkout_account SET settings = json_set(settings, ?, ?) WHERE provider = 'purse'",
            f"$.{name}", value,
        )  # fmt: skip


def operate(admin: Admin, order: Order, what: str, amount: str = "", *, sequence: str = "") -> list[str]:
    """From the order's page, read back and confirmed. Returns the plan that was read back, a line for each means."""
    admin.open(order.id)
    admin.body.get_by_role("link", name=what, exact=True).first.click()
    if amount:
        admin.body.get_by_label("Amount").fill(amount)
    if sequence:
        admin.body.get_by_label("In which order").select_option(label=sequence)
    admin.press("Go on")
    expect(admin.body.get_by_text("This cannot be taken back here.")).to_be_visible()
    plan = [" ".join(row.split()) for row in admin.body.locator("table tbody tr").all_inner_texts()]
    admin.press(what)
    return plan
