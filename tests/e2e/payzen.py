"""PayZen as the shopper and the tests meet it: its page behind a link, its form in our page, its record; our mail."""

import email
import email.policy
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import BrowserContext, FrameLocator, Locator, Page, expect

from tests.e2e import pages
from tests.e2e.pages import Admin, Checkout
from tests.e2e.stage import Order, Stage, eventually

BY_LINK = "Card, by payment link"
IN_FORM = "Card, in a form of PayZen's"
ACCOUNT = "PayZen (sandbox)"
APPROVED = "4970 1000 0000 0055"
REFUSED = "4970 1000 0000 0113"
CHALLENGED = "4970 1100 0000 1003"
CODE = "1234"


class Form:
    """The card form: a page of PayZen's own behind a link, or in its frame in our page."""

    def __init__(self, where: FrameLocator | Page) -> None:
        self.where = where

    @property
    def number(self) -> Locator:
        return self.where.get_by_label("Card number")

    @property
    def pay(self) -> Locator:
        return self.where.get_by_role("button", name=re.compile("^Pay "))

    def is_over(self, amount: str) -> None:
        expect(self.pay).to_have_text(f"Pay {amount}")

    def type(self, card: str) -> None:
        self.number.fill(card)
        self.where.get_by_label("Expiry date").fill("12/30")
        self.where.get_by_label("Security code").fill("123")
        self.pay.click()

    def answer(self, code: str) -> None:
        self.where.get_by_label("Code from your bank").fill(code)
        self.where.get_by_role("button", name="Confirm").click()

    def to_shop(self) -> None:
        self.where.get_by_role("link", name="Back to the shop", exact=True).click()

    def cancel(self) -> None:
        self.where.get_by_role("button", name="Cancel and go back to the shop").click()

    def heads(self, text: str) -> None:
        expect(self.where.get_by_role("heading", level=1)).to_have_text(text)

    def says(self, text: str) -> None:
        expect(self.where.get_by_text(text).first).to_be_visible()


@dataclass(frozen=True)
class Record:
    """What PayZen holds of a shop's order."""

    stage: Stage
    order: Order

    def links(self) -> list[dict[str, Any]]:
        """The payment orders made for it, oldest first."""
        return self._own("orders")

    def link(self) -> dict[str, Any]:
        """The only one: there must never be a second that can be paid beside it."""
        (found,) = self.links()
        return found

    def form(self) -> dict[str, Any]:
        """What the only formToken stands for."""
        (found,) = self._own("forms")
        return found

    def _own(self, kind: str) -> list[dict[str, Any]]:
        every = self.stage.sandbox.get(f"payzen/{kind}")[kind]
        own = [one for one in every if str(one["orderId"]).startswith(f"{self.order.id}-")]
        return sorted(own, key=lambda one: str(one["createdAt"]))

    def money(self) -> list[tuple[str, str, int]]:
        """What was tried, in its sequence: ("DEBIT", "AUTHORISED", 4299), ("CREDIT", "AUTHORISED", 1000)."""
        return [
            (tx["operation"], tx["detailed"], tx["amount"])
            for one in (*self.links(), *self._own("forms"))
            for tx in one["transactions"]
        ]

    def becomes(self, status: str) -> dict[str, Any]:
        return eventually(lambda: told if (told := self.link())["status"] == status else None)


def order_of(stage: Stage, **more: Any) -> tuple[Order, Record]:
    """42.99 EUR. Nothing is said of what is sold, so the ticketing system cannot take it."""
    order = stage.order(**{"options": {}, "items": [], "amount": 4299, **more})
    return order, Record(stage, order)


def plain_visitor(visitor: Callable[..., BrowserContext]) -> Checkout:
    """Somebody whose browser has no JavaScript."""
    return Checkout(visitor(java_script_enabled=False).new_page())


def go_to_page(checkout: Checkout, order: Order) -> Form:
    """Choose to pay by link, and stand on PayZen's page at once."""
    checkout.open(order.pay_url).says(pages.CHOOSE)
    checkout.method(BY_LINK).check()
    checkout.pay.click()
    return at_payzen(checkout.page)


def at_payzen(page: Page) -> Form:
    expect(page).to_have_url(re.compile("/payzen/t/"))
    form = Form(page)
    expect(form.number).to_be_visible()
    return form


def open_form(checkout: Checkout, order: Order) -> Form:
    """Choose the form; it comes up in our page."""
    checkout.open(order.pay_url).says(pages.CHOOSE)
    checkout.method(IN_FORM).check()
    checkout.pay.click()
    checkout.says(pages.WIDGET)
    form = Form(checkout.page.frame_locator("iframe[src*='/payzen/form']"))
    expect(form.number).to_be_visible()
    return form


# --- the merchant ----------------------------------------------------------------------------------------------------


def send(admin: Admin, order: Order, way: str, *, to: str) -> None:
    """A link by e-mail: `way` is as the form calls it. What is to be sent is read back first."""
    admin.open(order.id)
    admin.body.get_by_role("link", name="Send a link", exact=True).click()
    admin.body.get_by_label(way).check()
    admin.body.get_by_label("To the e-mail address").fill(to)
    admin.press("Go on")
    expect(admin.body.get_by_role("heading", name="Is this right? Then it is sent.")).to_be_visible()
    admin.press("Send it")


def make_link(admin: Admin, order: Order) -> str:
    """A link of ours to hand over; its address as the order's page shows it."""
    admin.open(order.id)
    admin.press("Make a link that can be withdrawn")
    says(admin, "The link is there, to be copied.")
    return admin.body.get_by_label("The link’s address").inner_text()


def withdraw(admin: Admin, order: Order) -> None:
    """The only link that is out."""
    admin.open(order.id)
    admin.body.get_by_role("link", name="Withdraw", exact=True).click()
    admin.press("Withdraw the link")
    says(admin, "The link is withdrawn. If money comes by it all the same, it is counted.")


def change_amount(admin: Admin, order: Order, amount: str) -> None:
    admin.open(order.id)
    admin.body.get_by_role("link", name="Change the order", exact=True).click()
    admin.body.get_by_label("Amount").fill(amount)
    admin.press("Go on")
    admin.press("Change the order")


def operate(admin: Admin, order: Order, what: str, amount: str = "") -> None:
    """From the order's page, read back and confirmed; all that is left, unless said."""
    admin.open(order.id)
    admin.body.get_by_role("link", name=what, exact=True).click()
    if amount:
        admin.body.get_by_label("Amount").fill(amount)
    admin.press("Go on")
    admin.press(what)


def says(admin: Admin, sentence: str | re.Pattern[str]) -> None:
    expect(admin.page.get_by_text(sentence)).to_be_visible()


def stands(admin: Admin, order: Order, *states: str) -> None:
    """How the links that were made stand by now, the newest first."""
    admin.open(order.id)
    table = admin.body.locator("section", has=admin.page.get_by_role("heading", name="Links that were made"))
    expect(table.locator("tbody td[data-label='How it stands'] .g-state")).to_have_text(list(states))


# --- e-mails of ours -------------------------------------------------------------------------------------------------


def mailed(stage: Stage, to: str) -> tuple[str, str]:
    """Subject and plain text of the only e-mail that we have sent to that address."""

    def look() -> list[email.message.EmailMessage]:
        every = [
            email.message_from_bytes(part.strip(), policy=email.policy.default)
            for file in sorted((stage.folder / "mail").glob("*.log"))
            for part in re.split(rb"^-{79}$", file.read_bytes(), flags=re.MULTILINE)
        ]
        return [one for one in every if one["To"] == to]

    (message,) = eventually(look)
    body = message.get_body(("plain",))
    assert body is not None
    return str(message["Subject"]), str(body.get_content())


def link_in(text: str) -> str:
    (found,) = re.findall(r"https?://\S+/l/[\w-]+/", text)
    return str(found)
