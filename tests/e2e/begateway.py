"""eComCharge as the shopper and the tests meet it: its payment form over our page, its own page, and its record."""

import re
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import FrameLocator, Locator, Page, expect

from tests.e2e import pages
from tests.e2e.pages import Admin, Checkout
from tests.e2e.stage import Order, Stage, eventually
from tests.ground.loaded import loaded

WAY = "Card or local payment method"
APPROVED = "4200 0000 0000 0000"
NO_FUNDS = "4200 0000 0001 0009"
TOO_MUCH = "4200 0000 0005 0005"
CHALLENGED = "4012 0000 0000 1097"
LATE = "4200 0000 0008 0002"
PASSWORD = "1111"


class Form:
    """The payment form: in its frame over our page, or as a page of its own.

    Our page goes on by itself once the order is paid, and takes the form with it. Whoever pays here and then reads
    what the form says is not to be interrupted: from paying until the way back to the shop, our page holds still.
    """

    def __init__(self, where: FrameLocator | Page, under: Checkout | None = None) -> None:
        self.where = where
        self.under = under

    @property
    def number(self) -> Locator:
        return self.where.get_by_label("Card number")

    @property
    def code(self) -> Locator:
        return self.where.get_by_label("Security code")

    def type(self, card: str) -> None:
        self.number.fill(card)
        self.where.get_by_label("Expiry date").fill("12/30")
        self.code.fill("123")
        self.where.get_by_label("Name on the card").fill("Ada Lovelace")
        self.pay()

    def use(self, card: str) -> None:
        self._interrupt_nobody()
        self.where.get_by_text("Use a test card").click()
        self.where.get_by_role("button", name=re.compile(card)).click()

    def pay(self) -> None:
        self._interrupt_nobody()
        self.where.get_by_role("button", name=re.compile("^(Pay|Save)")).click()

    def answer(self, password: str) -> None:
        self.where.get_by_label("Password from your bank").fill(password)
        self.where.get_by_role("button", name="Confirm").click()

    def choose(self, method: str) -> None:
        link = self.where.get_by_role("link", name=method, exact=True)
        link.click()
        expect(link).to_have_attribute("aria-current", "page")

    def cancel(self) -> None:
        self.where.get_by_role("link", name="Cancel and go back to the shop").click()

    def to_shop(self) -> None:
        self.where.get_by_role("link", name="Back to the shop", exact=True).click()
        if self.under:
            self.under.go_on()

    def _interrupt_nobody(self) -> None:
        if self.under:
            self.under.hold_still()

    def says(self, text: str) -> None:
        expect(self.where.get_by_text(text).first).to_be_visible()


@dataclass(frozen=True)
class Record:
    """What eComCharge holds of a shop's order."""

    stage: Stage
    order: Order

    def tokens(self) -> list[dict[str, Any]]:
        """The payment forms opened for it, oldest first."""
        own = self.stage.sandbox.get("ecomcharge/checkouts", tracking_id=f"{self.order.id}-")["checkouts"]
        return sorted(own, key=lambda one: str(one["created_at"]))

    def only_token(self) -> dict[str, Any]:
        """The one payment form: there must never be a second beside it."""
        (found,) = self.tokens()
        return found

    def money(self) -> list[tuple[str, int]]:
        """What was done, in its sequence: ("payment", 4299), ("refund", 1000)."""
        names = {token["token"] for token in self.tokens()}
        every = self.stage.sandbox.get("ecomcharge/transactions")["transactions"]
        done = []
        for one in sorted(every, key=lambda one: str(one["created_at"])):
            if one["checkout"] in names or one["parent_uid"] in names:
                names.add(one["uid"])  # a refund's parent may be a capture
                if one["status"] == "successful":
                    done.append((one["type"], one["amount"]))
        return done

    def becomes(self, status: str) -> dict[str, Any]:
        return eventually(lambda: told if (told := self.only_token())["status"] == status else None)


def order_of(stage: Stage, **more: Any) -> tuple[Order, Record]:
    """An order that eComCharge alone can take: the others want to know what is sold."""
    order = stage.order(**{"options": {}, "items": [], "amount": 4299, **more})
    return order, Record(stage, order)


def open_form(checkout: Checkout, order: Order) -> Form:
    """Choose the way to pay; the form comes up over our page."""
    checkout.open(order.pay_url).says(pages.CHOOSE)
    checkout.pay.click()
    checkout.says(pages.WIDGET)
    return form_over(checkout)


def form_over(checkout: Checkout) -> Form:
    form = Form(checkout.page.frame_locator("iframe[src*='hpp.html']"), checkout)
    loaded(form.where)
    return form


def show(stage: Stage, where: str) -> None:
    """The merchant prefers the form (widget) or eComCharge's own page (page)."""
    stage.write(
        "UPDATE checkout_account SET settings = json_set(settings, '$.show', ?) WHERE provider = 'ecomcharge'",
        where,
    )


def opened(stage: Stage, order: Order, **more: Any) -> dict[str, Any]:
    """The shop opens the attempt itself, and no page is looked at."""
    return stage.api("POST", f"orders/{order.id}/payments", **{"provider": "ecomcharge", **more})


def pay_there(stage: Stage, record: Record, card: str = APPROVED) -> dict[str, Any]:
    """What the shopper would do in the form. The transaction that comes of it."""
    told = stage.sandbox.post(f"ecomcharge/checkouts/{record.only_token()['token']}/pay", card=card)
    made: dict[str, Any] = told["transactions"][-1]
    return made


def operate(admin: Admin, order: Order, what: str, amount: str) -> None:
    """From the order's page, read back and confirmed."""
    admin.open(order.id)
    admin.body.get_by_role("link", name=what, exact=True).click()
    admin.body.get_by_label("Amount").fill(amount)
    admin.press("Go on")
    admin.press(what)
