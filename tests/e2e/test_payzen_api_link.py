"""Links that the shop's own software makes, is told of, changes and withdraws, and what the customer meets then."""

from collections.abc import Callable
from typing import Any

import pytest
import requests
from playwright.sync_api import BrowserContext

from tests.e2e import pages
from tests.e2e.conftest import Ear
from tests.e2e.pages import Checkout
from tests.e2e.payzen import ACCOUNT, APPROVED, at_payzen, go_to_page, order_of, plain_visitor
from tests.e2e.stage import Order, Stage

TAKEN = [("DEBIT", "AUTHORISED", 4299)]


@pytest.fixture
def plain(visitor: Callable[..., BrowserContext]) -> Checkout:
    return plain_visitor(visitor)


def by_payzen(order: Order, channel: str, **more: Any) -> dict[str, Any]:
    """A link of PayZen's. Two accounts send by the same channels, so the shop has to say which."""
    path = f"orders/{order.id}"
    ways = order.stage.api("GET", f"{path}/channels")["channels"]
    (way,) = [one for one in ways if (one["channel"], one["name"]) == (channel, ACCOUNT)]
    return order.stage.api("POST", f"{path}/links", channel=channel, account=way["account"], **more)


def as_it_stands(order: Order, link: dict[str, Any]) -> dict[str, Any]:
    return order.stage.api("GET", f"orders/{order.id}/links/{link['id']}")


def test_paid_by_a_link_of_ours(stage: Stage, plain: Checkout) -> None:
    order, record = order_of(stage)
    link = stage.api("POST", f"orders/{order.id}/links", channel="copy")
    assert (link["state"], link["provider"], link["first_opened_at"]) == ("ready", None, None)
    picture = requests.get(
        link["qr"], headers={"Authorization": f"Bearer {stage.keys['DEMO_API_KEY']}"}, timeout=20
    )
    assert (picture.status_code, picture.headers["Content-Type"]) == (200, "image/svg+xml")
    plain.open(link["url"]).says(pages.CHOOSE)
    assert as_it_stands(order, link)["first_opened_at"] is not None
    go_to_page(plain, order).type(APPROVED)
    order.becomes("paid")
    assert record.money() == TAKEN
    after = as_it_stands(order, link)
    assert (after["state"], after["url"], after["qr"]) == ("paid", None, None)


def test_paid_by_a_link_of_payzens(stage: Stage, plain: Checkout) -> None:
    order, record = order_of(stage)
    link = by_payzen(order, "url")
    assert (link["state"], link["url"]) == ("ready", record.link()["url"])
    assert link["payment"] == record.link()["orderId"]
    plain.page.goto(link["url"])
    form = at_payzen(plain.page)
    form.type(APPROVED)
    form.heads("Payment accepted")
    form.to_shop()
    plain.is_receipt(amount="€42.99")
    assert order.becomes("paid")["amount_captured"] == 4299
    assert record.money() == TAKEN
    assert as_it_stands(order, link)["state"] == "paid"


def test_the_open_page_pays_nothing_once_the_shop_withdraws(stage: Stage, plain: Checkout) -> None:
    order, record = order_of(stage)
    link = by_payzen(order, "mail", to="ada.of.the.api@example.com", text_name="order")
    assert (link["state"], link["times"]) == ("sent", 1)
    (message,) = record.link()["messages"]
    plain.page.goto(message["link"])
    form = at_payzen(plain.page)
    taken_back = stage.api("POST", f"orders/{order.id}/links/{link['id']}/withdraw")
    assert (taken_back["state"], taken_back["url"]) == ("withdrawn", None)
    form.type(APPROVED)
    form.heads("The shop has cancelled this order")
    assert (record.link()["status"], record.money()) == ("CANCELLED", [])
    assert order.read()["state"] == "open"


def test_the_open_page_pays_what_the_shop_changed_it_to(stage: Stage, plain: Checkout, ear: Ear) -> None:
    ear.expect("409")
    order, record = order_of(stage)
    link = by_payzen(order, "mail", to="ada.of.the.change@example.com", text_name="order")
    plain.page.goto(record.link()["url"])
    form = at_payzen(plain.page)
    form.is_over("42.99 EUR")
    assert stage.api("POST", f"orders/{order.id}/change", amount=3000)["amount"] == 3000
    form.type(APPROVED)
    form.says("The shop has changed this order. Please check the amount and pay again.")
    form.is_over("30.00 EUR")
    assert record.money() == []
    # The customer was told by PayZen, too.
    assert [("30.00 EUR" in one["body"]) for one in record.link()["messages"]] == [False, True]
    form.type(APPROVED)
    form.heads("Payment accepted")
    assert order.becomes("paid")["amount_captured"] == 3000
    assert record.money() == [("DEBIT", "AUTHORISED", 3000)]
    assert as_it_stands(order, link)["state"] == "paid"
