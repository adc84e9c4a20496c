"""How does the shop ask for money? One request: the order goes in, the address for the shopper's browser comes back."""

from typing import Any

import requests
from django.conf import settings

from checkout.demo.catalogue import AUDIENCE
from checkout.demo.models import DemoOrder

TIMEOUT_SECONDS = 10


class NoAnswer(Exception):
    """The order may or may not have arrived. Sending it again with the same key is safe."""


def send(order: DemoOrder) -> str:
    """Create the order at Guichet; returns its pay_url. The same order sent twice is still one order."""
    try:
        answer = requests.post(
            f"{settings.SITE_URL}/api/v1/orders",
            json=body(order),
            headers={"Authorization": f"Bearer {settings.DEMO_API_KEY}", "Idempotency-Key": order.key},
            timeout=TIMEOUT_SECONDS,
        )
        answer.raise_for_status()
        address: str = answer.json()["pay_url"]
    except (requests.RequestException, KeyError) as why:
        raise NoAnswer(str(why)) from why
    return address


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
