"""What does this shop say to Guichet? The steps' requests, about orders of ours, with our key."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests
from django.conf import settings

from checkout.demo import wire
from checkout.demo.catalogue import AUDIENCE
from checkout.demo.models import DemoOrder
from checkout.demo.steps.cancel_order import cancel_order
from checkout.demo.steps.connect import NoAnswer, connect
from checkout.demo.steps.create_order import create_order
from checkout.demo.steps.read_order import read_order


@contextmanager
def speaking(step: str, order: DemoOrder) -> Iterator[requests.Session]:
    """A connection whose last exchange the pages show as that of `step`."""
    with connect(settings.DEMO_API_KEY) as session:
        yield wire.listen(session, step, order.reference)


def send(order: DemoOrder) -> str:
    """Create the order at Guichet; returns its pay_url."""
    with speaking("create-order", order) as session:
        created = create_order(session, settings.SITE_URL, body(order), idempotency_key=order.key)
    return str(created["pay_url"])


def read(order: DemoOrder) -> dict[str, Any] | None:
    with speaking("read-order", order) as session:
        return read_order(session, settings.SITE_URL, order.reference)


def cancel(order: DemoOrder) -> None:
    """What becomes of it is told by the webhook."""
    known = read(order)
    if known is None:
        raise NoAnswer("Guichet knows no such order.")
    with speaking("cancel-order", order) as session:
        cancel_order(session, settings.SITE_URL, known["id"])


def body(order: DemoOrder) -> dict[str, Any]:
    """Built from the stored order alone, so that a second request says the very same."""
    agreed = {"terms": order.terms} if order.terms else {}
    return {
        **agreed,
        "reference": order.reference,
        "kind": order.kind,
        "amount": order.amount,
        "currency": order.currency,
        "description": "Museum of Small Things",
        "items": [
            {
                "name": line["name"],
                "quantity": line["quantity"],
                "unit_price": line["unit_price"],
                "sku": str(line["item"]),
            }
            for line in order.lines
        ],
        "customer": {name: value for name, value in order.customer.items() if name != "contact_number"},
        "language": order.language,
        "return_url": f"{settings.DEMO_SHOP_URL}orders/{order.reference}/",
        # What an agreement charges later comes as an order of its own, with this word of ours in it.
        "metadata": {"order": order.reference},
        "options": {"epc": epc_options(order)},
    }


def epc_options(order: DemoOrder) -> dict[str, Any]:
    """What S360 has to know: which of its products are sold, and to which of its contacts."""
    options: dict[str, Any] = {}
    if order.lines and not order.terms:  # the ticketing system sells nothing that is paid again and again
        options["simple_product_operations"] = [
            {"item_id": line["item"], "audience_sub_category_id": AUDIENCE, "quantity": line["quantity"]}
            for line in order.lines
        ]
    if "contact_number" in order.customer:
        options["contact_number"] = order.customer["contact_number"]
    return options
