"""Is this request what the contract asks for? Client sessions, payments and operations, read field by field.

Documented types and values are demanded; what no source restricts is taken as it comes. Fields that nobody
knows are let through: no source says that Purse refuses them.
"""

import re
import uuid
from dataclasses import dataclass, field
from typing import Any

from providers.sandbox.fields import Fields, Wrong
from providers.sandbox.purse import priorities
from providers.sandbox.purse.priorities import Priority

CURRENCIES = ("CHF", "EUR", "GBP", "JPY", "USD")
CAPTURE_MODES = ("MANUAL", "AUTOMATIC")
INTEGRATION_MODES = ("EMBEDDED", "HOSTED_PAGE")
CHALLENGE = "CHALLENGE_REQUESTED_BY_MERCHANT"
CHALLENGE_INDICATORS = (CHALLENGE, "NO_CHALLENGE_REQUESTED")  # the values that were seen
GENDERS = ("MALE", "FEMALE")
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
# Headers that belong to the connection, not to the merchant.
_RESERVED = ("content-length", "content-type", "host", "transfer-encoding", "connection")
_ITEM_NUMBERS = ("unit_gross_price", "net_amount", "discount_amount", "quantity", "tax_amount")
_ITEM_TEXTS = ("type", "sku_reference", "name", "brand", "seller_reference", "seller_name")


def entity(body: Fields) -> str:
    value = body.text("entity_id", longest=36)
    try:
        uuid.UUID(value)
    except ValueError:
        raise Wrong("entity_id", "must be a UUID") from None
    return value


def optional_object(body: Fields, name: str) -> Fields | None:
    return None if body.data.get(name) is None else body.object(name)


def _address(address: Fields) -> None:
    for name in ("first_name", "middle_name", "last_name", "city", "postal_code", "delivery_point_name"):
        address.optional_text(name)
    for name in ("phone_number", "mobile_phone_number"):
        address.optional_text(name, longest=40)
    if address.data.get("gender") is not None:
        address.choice("gender", GENDERS)
    lines = address.data.get("address_lines")
    if lines is not None and not (isinstance(lines, list) and all(isinstance(line, str) for line in lines)):
        raise Wrong(address.path("address_lines"), "must be a list of texts")
    country = address.optional_text("country_code")
    if country and not re.fullmatch(r"[A-Z]{2}", country):
        raise Wrong(address.path("country_code"), "must be an ISO 3166-1 alpha-2 code")


def shipments(body: Fields) -> None:
    for shipment in body.objects("shipments", required=False):
        shipment.optional_integer("net_amount", least=0)
        shipment.optional_text("estimated_delivery_date_time", longest=40)
        if address := optional_object(shipment, "shipping_address"):
            _address(address)
        for line in shipment.objects("item_lines", required=False):
            for name in _ITEM_NUMBERS:
                line.optional_integer(name, least=0)
            for name in _ITEM_TEXTS:
                line.optional_text(name)
            rate = line.data.get("tax_rate")
            if rate is not None and (isinstance(rate, bool) or not isinstance(rate, int | float) or rate < 0):
                raise Wrong(line.path("tax_rate"), "must be a percentage")
            line.boolean("is_marketplace_seller")


def _customer(customer: Fields) -> str:
    for name in (
        "type",
        "email",
        "first_name",
        "middle_name",
        "last_name",
        "national_identifier",
        "ip_address",
    ):
        customer.optional_text(name)
    if customer.data.get("gender") is not None:
        customer.choice("gender", GENDERS)
    birth = customer.optional_text("birth_date", longest=10)
    if birth and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", birth):
        raise Wrong(customer.path("birth_date"), "must be YYYY-MM-DD")
    # BCP 47 by the documents, with an underscore in one of their samples.
    locale = customer.optional_text("locale", longest=20)
    if locale and not re.fullmatch(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*", locale):
        raise Wrong(customer.path("locale"), "must be a locale such as fr-FR")
    optional_object(customer, "account")
    return customer.optional_text("reference")


def _webhook(webhook: Fields) -> None:
    webhook.url("url")
    for header in webhook.objects("headers", required=False):
        name = header.text("name", longest=100)
        if not _HEADER.fullmatch(name) or name.lower() in _RESERVED:
            raise Wrong(header.path("name"), "must be the name of a header of your own")
        values = header.data.get("values")
        if not isinstance(values, list) or not values:
            raise Wrong(header.path("values"), "must be a list of texts or numbers")
        for value in values:
            if isinstance(value, bool) or not isinstance(value, str | int | float):
                raise Wrong(header.path("values"), "must be a list of texts or numbers")
            if isinstance(value, str) and not re.fullmatch(r"[\x20-\x7e]*", value):
                raise Wrong(header.path("values"), "must be printable ASCII")


def headers(asked: dict[str, Any]) -> dict[str, str]:
    """The merchant's own headers of a notification; several values of one name in one line."""
    given = (asked.get("webhook") or {}).get("headers") or []
    return {one["name"]: ", ".join(str(value) for value in one["values"]) for one in given}


@dataclass(frozen=True)
class Wanted:
    """What a client session and a payment have in common."""

    entity_id: str
    amount: int
    currency: str
    order_reference: str
    net_amount: int | None
    customer_reference: str


def _common(body: Fields, *, least: int) -> Wanted:
    entity_id = entity(body)
    amount = body.integer("amount", least=least)
    currency = body.choice("currency", CURRENCIES)
    order = body.object("order")
    reference = order.text("reference")
    net_amount = order.optional_integer("net_amount", least=0)
    for name in ("discount_amount", "tax_amount"):
        order.optional_integer(name, least=0)
    if address := optional_object(order, "billing_address"):
        _address(address)
    shipments(order)
    customer = optional_object(body, "customer")
    body.choice("capture_mode", CAPTURE_MODES, default=CAPTURE_MODES[0])
    if options := optional_object(body, "three_ds_authentication_options"):
        options.choice("challenge_indicator", CHALLENGE_INDICATORS, default=CHALLENGE_INDICATORS[1])
    if webhook := optional_object(body, "webhook"):
        _webhook(webhook)
    return Wanted(entity_id, amount, currency, reference, net_amount, _customer(customer) if customer else "")


def session(body: Fields) -> Wanted:
    """POST client-sessions. Nothing may be asked for only when the card is wanted for later."""
    later = body.boolean("allow_future_usage")
    wanted = _common(body, least=0 if later else 1)
    body.url("shopper_redirection_url")
    body.choice("integration_mode", INTEGRATION_MODES, default=INTEGRATION_MODES[0])
    return wanted


@dataclass(frozen=True)
class SplitItem:
    """One line of split[] in POST payments."""

    amount: int
    partner: str
    method: str
    at: str
    wallet_token: str = ""
    save_token: bool = False
    challenge: bool = False
    parent: dict[str, Any] = field(default_factory=dict)


PARENT_FIELDS = (
    "parent_partner_transaction_id",
    "parent_payment_id",
    "parent_partner_token",
    "parent_partner_reference",
)


def payment(body: Fields) -> tuple[Wanted, list[SplitItem]]:
    """POST payments, as far as it is documented."""
    wanted = _common(body, least=1)
    if body.data.get("shopper_redirection_url") is not None:
        body.url("shopper_redirection_url")
    optional_object(body, "browser")
    items = [_split_item(item) for item in body.objects("split")]
    if sum(item.amount for item in items) != wanted.amount:
        raise Wrong("split", "must add up to amount")
    return wanted, items


def _split_item(item: Fields) -> SplitItem:
    parent = {name: item.data[name] for name in PARENT_FIELDS if item.data.get(name) is not None}
    form_token = item.optional_text("vault_form_token", longest=64)
    if form_token and not re.fullmatch(r"[a-zA-Z0-9_-]{32}", form_token):
        raise Wrong(item.path("vault_form_token"), "is not a form token")
    options = optional_object(item, "three_ds_authentication_options")
    indicator = options.choice("challenge_indicator", CHALLENGE_INDICATORS, default="") if options else ""
    return SplitItem(
        amount=item.integer("amount", least=1),
        partner=item.text("partner", longest=40),
        method=item.text("method", longest=40),
        at=item.at,
        wallet_token=item.optional_text("wallet_token"),
        save_token=item.boolean("save_token"),
        challenge=indicator == CHALLENGE,
        parent=parent,
    )


@dataclass(frozen=True)
class Operation:
    """POST captures, voids and refunds."""

    amount: int | None
    merchant_reference: str
    order: dict[str, Any]
    priorities: tuple[Priority, ...] | None


def operation(body: Fields, settings: dict[str, Any]) -> Operation:
    if settings["strict_operations"]:
        body.only(("amount", "merchant_reference", "order", *priorities.FIELD_NAMES))
    optional = settings["operation_amount_optional"]
    amount = body.optional_integer("amount", least=1) if optional else body.integer("amount", least=1)
    order = optional_object(body, "order")
    if order:
        shipments(order)
    return Operation(
        amount=amount,
        merchant_reference=body.optional_text("merchant_reference"),
        order=order.data if order else {},
        priorities=_priorities(body),
    )


def _priorities(body: Fields) -> tuple[Priority, ...] | None:
    named = [name for name in priorities.FIELD_NAMES if body.data.get(name) is not None]
    if not named:
        return None
    if len(named) > 1:
        raise Wrong(named[1], f"and {named[0]} are the same list: send one")
    return tuple(
        Priority(entry.text("partner", longest=40), entry.text("method", longest=40))
        for entry in body.objects(named[0])
    )
