"""Is an account at Purse right, and which of our addresses does Purse have to know?"""

from typing import Any

from providers.base import Urls
from providers.purse.settings import PurseSettings
from providers.purse.wire import Purse
from providers.setup import Address, Probe, origin

# [inferred] A question about this much of nothing: Purse shows the fields, but not what an order has to hold.
_ABOUT: dict[str, Any] = {
    "amount": 100,
    "currency": "EUR",
    "order": {"reference": "connection-test", "net_amount": 100, "discount_amount": 0, "tax_amount": 0},
}


def probe(settings: PurseSettings, purse: Purse) -> Probe:
    """Sandbox or production is the API address alone: no answer shows it."""
    purse.knock()
    if purse.knows_entity({"entity_id": settings.entity_id, **_ABOUT}):
        return Probe(said="Purse gave an access token, and named the means of payment of this entity.")
    return Probe(
        said="Purse gave an access token and took it; whether the Entity ID is right, only a payment will tell."
    )


def addresses(urls: Urls) -> tuple[Address, ...]:
    return (
        Address(
            label="Domain to be allowed",
            url=origin(urls.back),
            where="Ask Purse to allow this domain, in the sandbox and in production.",
        ),
        Address(label="Notification address", url=urls.notify, where=""),
        Address(label="Return address", url=urls.back, where=""),
    )
