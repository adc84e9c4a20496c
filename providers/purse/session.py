"""What do we send Purse to open a client session, and which field of the shop's request is one that it refuses?"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from providers.base import OWN_PAGE, Charge, Item
from providers.errors import FieldError, Invalid, Misconfigured, ProviderError
from providers.purse.order import PurseOrder
from providers.purse.settings import PurseSettings
from providers.purse.wire import Refused
from providers.said import listed, objection
from providers.said import said as _

OPTIONS = "options.purse"
CHALLENGE = "CHALLENGE_REQUESTED_BY_MERCHANT"  # what Purse wants of a card that is to be charged again


def options(charge: Charge) -> PurseOrder:
    """What the order brings along, checked; Invalid names every field that does not fit."""
    try:
        return PurseOrder.model_validate(dict(charge.options))
    except ValidationError as problem:
        found = [
            (".".join((OPTIONS, *map(str, told["loc"]))), objection(told))
            for told in problem.errors(include_input=False, include_url=False)
        ]
        raise Invalid(*found[0], *found[1:]) from None


def new_session(settings: PurseSettings, charge: Charge) -> dict[str, Any]:
    brought = options(charge)
    again = charge.save_card or brought.allow_future_usage
    told = brought.three_ds_authentication_options
    challenge = CHALLENGE if again else told.challenge_indicator if told else settings.challenge
    customer = _customer(charge, brought)
    return {
        "entity_id": settings.entity_id,
        "amount": charge.money.minor,
        "currency": charge.money.currency,
        "capture_mode": "MANUAL" if charge.capture_later else "AUTOMATIC",
        "integration_mode": "HOSTED_PAGE" if wants_page(settings, charge) else "EMBEDDED",
        "allow_future_usage": again,
        "shopper_redirection_url": charge.urls.back,
        **({"customer": customer} if customer else {}),
        "order": _order(settings, charge, brought),
        **({"three_ds_authentication_options": {"challenge_indicator": challenge}} if challenge else {}),
        "webhook": {
            "url": charge.urls.notify,
            "headers": [{"name": settings.webhook_header, "values": [passport(settings, charge.reference)]}],
        },
    }


def wants_page(settings: PurseSettings, charge: Charge) -> bool:
    """A session is made for the form or for Purse's own page, so the page has to be asked for from the beginning."""
    return shows_page(settings, charge) or settings.page_beside_widget


def shows_page(settings: PurseSettings, charge: Charge) -> bool:
    """What was asked for with the attempt goes before what the account usually shows."""
    return (charge.channel or settings.show) == OWN_PAGE


def locale(charge: Charge) -> str:
    """BCP 47: fr-FR, or fr where the country is not known."""
    return "-".join(part for part in (charge.language, charge.customer.country) if part)


# --- the webhook's passport -----------------------------------------------------------------------------------------


def passport(settings: PurseSettings, reference: str) -> str:
    """What the webhooks of this payment bring back. The secret itself is never sent: Purse shows the headers in every
    answer about the payment, and those are recorded. So this opens the door for one payment, and for no other."""
    secret = settings.webhook_secret.get_secret_value().encode()
    signed = hmac.new(secret, f"purse webhook {reference}".encode(), hashlib.sha256).hexdigest()
    return f"{reference}.{signed}"


def bearer_of(settings: PurseSettings, shown: str) -> str:
    """The reference that a passport was made for; "" when it is none of ours."""
    reference = shown.rpartition(".")[0]
    known = passport(settings, reference).encode()
    return reference if hmac.compare_digest(shown.encode("utf-8", "replace"), known) and reference else ""


# --- the parts ------------------------------------------------------------------------------------------------------


def _customer(charge: Charge, brought: PurseOrder) -> dict[str, Any]:
    known = charge.customer
    ours = {
        "reference": known.reference,
        "email": known.email,
        "first_name": known.first_name,
        "last_name": known.last_name,
    }
    told = {**_told(ours), **brought.customer.model_dump(mode="json", exclude_none=True)}
    return {"type": "PERSON", **told, "locale": locale(charge)}


def _order(settings: PurseSettings, charge: Charge, brought: PurseOrder) -> dict[str, Any]:
    """Its reference is the attempt's, not the order's. Purse keeps orders by their reference and lets nobody pay one
    twice; but what an earlier attempt left behind there would then stop the next one, and payments of one reference
    could not be told apart. That an order is paid once is our own lock's to see to."""
    told = brought.order.model_dump(mode="json", exclude_none=True)
    billing = _told(_billing(charge))
    shipments = told.pop("shipments", None) or _shipments(charge)
    for shipment in shipments:
        for line in shipment.get("item_lines", ()):
            line.setdefault("type", settings.item_type)
    return {
        "reference": charge.reference,
        "net_amount": charge.money.minor,
        **({"billing_address": billing} if billing else {}),
        **told,
        **({"shipments": shipments} if shipments else {}),
    }


def _billing(charge: Charge) -> dict[str, Any]:
    """Names alone are no address."""
    known = charge.customer
    where = {
        "address_lines": [known.address] if known.address else [],
        "city": known.city,
        "postal_code": known.postal_code,
        "country_code": known.country,
        "phone_number": known.phone,
    }
    who = {"first_name": known.first_name, "last_name": known.last_name}
    return {**who, **where} if any(where.values()) else {}


def _shipments(charge: Charge) -> list[dict[str, Any]]:
    """The order's items, as one parcel: what the hosted page shows as the basket."""
    if not charge.items:
        return []
    return [{"net_amount": charge.money.minor, "item_lines": [_line(item) for item in charge.items]}]


def _line(item: Item) -> dict[str, Any]:
    return {
        **({"sku_reference": item.sku} if item.sku else {}),
        "name": item.name,
        "unit_gross_price": item.unit_price.minor,
        "net_amount": item.unit_price.minor * item.quantity,
        "quantity": item.quantity,
    }


def _told(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value}


# --- a refusal ------------------------------------------------------------------------------------------------------


def refused(no: Refused, charge: Charge) -> ProviderError:
    """Which kind of no is it? Named by the shop's fields where they are the shop's; the rest the merchant mends."""
    found: list[FieldError] = []
    ours: list[FieldError] = []
    for path, why in no.fields():
        field = shops_name(path, charge)
        if field:
            found.append((field, why))
        else:
            ours.append((path, why))
    if not found and not ours and re.match(r"amount\b", no.why, re.IGNORECASE):
        found.append(("amount", no.why))
    if ours:
        return Misconfigured(_("Purse refuses what this account sends: %(errors)s", errors=listed(ours)))
    if found:
        return Invalid(*found[0], *found[1:])
    return Invalid(OPTIONS, _("Purse refuses the order: %(why)s", why=no.why))


def shops_name(path: str, charge: Charge) -> str:
    """The path in the shop's request of a field that we sent; "" for one that the shop has no hand in."""
    brought = charge.options
    order: Mapping[str, Any] = brought.get("order") or {}
    line = re.fullmatch(r"order\.shipments\.\d+\.item_lines\.(\d+)(?:\.(\w+))?", path)
    if line and "shipments" not in order:
        name = _ITEM.get(line[2] or "", "")
        return f"items.{line[1]}.{name}" if name else f"items.{line[1]}"
    part = path.split(".")[1] if path.startswith("order.") else ""
    if part in order:
        return f"{OPTIONS}.{path}"
    if part == "billing_address":
        return _OURS.get(path, "customer.address")
    if path in _OURS:
        return _OURS[path]
    if part == "shipments":
        return "items"
    root = path.partition(".")[0]
    known = root in ("order", "customer") or root in brought
    return f"{OPTIONS}.{path}" if known and path not in _NOT_THE_SHOPS else ""


_NOT_THE_SHOPS = frozenset({"order", "order.reference", "customer"})
_ITEM = {
    "name": "name",
    "quantity": "quantity",
    "unit_gross_price": "unit_price",
    "net_amount": "unit_price",
    "sku_reference": "sku",
}
_OURS = {
    "amount": "amount",
    "currency": "currency",
    "order.net_amount": "amount",
    "customer.reference": "customer.reference",
    "customer.email": "customer.email",
    "customer.first_name": "customer.first_name",
    "customer.last_name": "customer.last_name",
    "customer.locale": "language",
    "order.billing_address.first_name": "customer.first_name",
    "order.billing_address.last_name": "customer.last_name",
    "order.billing_address.address_lines": "customer.address",
    "order.billing_address.city": "customer.city",
    "order.billing_address.postal_code": "customer.postal_code",
    "order.billing_address.country_code": "customer.country",
    "order.billing_address.phone_number": "customer.phone",
}
