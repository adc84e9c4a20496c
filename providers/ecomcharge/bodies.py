"""What do we send eComCharge? The payment form's request and the gateway's, in the manual's own shape.

What the order brings along goes before what the account says, and that before what we would say ourselves; what
nobody says is left out.
"""

from collections.abc import Mapping
from datetime import UTC
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from providers.base import Charge, Kind, Occasion
from providers.ecomcharge.amounts import to_vendor
from providers.ecomcharge.order import EcomchargeOrder
from providers.ecomcharge.settings import EcomchargeSettings
from providers.errors import Invalid
from providers.money import Money
from providers.said import objection

LANGUAGES = frozenset(
    {
        "en", "es", "tr", "de", "it", "ru", "zh", "fr", "da", "fi", "no", "pl", "sv", "ja", "be", "ka", "uk", "lv",
        "az", "ro", "bn", "et", "kk", "pt", "sr", "tg",
    }
)  # fmt: skip
STATES_OF = frozenset({"IN", "US", "CA"})  # the countries whose states the provider takes, two letters each


def options(charge: Charge) -> EcomchargeOrder:
    """What the order brings along, checked; Invalid names every field that does not fit."""
    try:
        return EcomchargeOrder.model_validate(dict(charge.options))
    except ValidationError as problem:
        told = [
            (".".join(["options.ecomcharge", *(str(part) for part in error["loc"])]), objection(error))
            for error in problem.errors(include_input=False, include_url=False)
        ]
        raise Invalid(*told[0], *told[1:]) from None  # pydantic's own text holds what was sent


def checkout(
    settings: EcomchargeSettings, charge: Charge, brought: EcomchargeOrder, *, live: bool
) -> dict[str, Any]:
    """`POST /ctp/api/checkouts`."""
    sent = brought.sent
    body = {
        "test": not live,
        "transaction_type": transaction_type(charge, brought),
        "attempts": brought.attempts or settings.attempts,
        "iframe": settings.iframe or None if brought.iframe is None else brought.iframe,
        "dynamic_billing_descriptor": descriptor(settings, brought),
        "order": _order(settings, charge, brought),
        "settings": _settings(settings, charge, brought),
        "customer": customer(charge, brought),
        "payment_method": methods(settings, charge, brought),
        "travel": sent.get("travel"),
    }
    return {"checkout": _without_nothing(body)}


def transaction_type(charge: Charge, brought: EcomchargeOrder) -> str:
    if charge.kind is Kind.SAVE_CARD:
        return "tokenization"
    if charge.capture_later:
        return "authorization"
    return brought.transaction_type or "payment"


def descriptor(settings: EcomchargeSettings, brought: EcomchargeOrder) -> str:
    return brought.dynamic_billing_descriptor or settings.dynamic_billing_descriptor


def _order(settings: EcomchargeSettings, charge: Charge, brought: EcomchargeOrder) -> dict[str, Any]:
    order = {
        "currency": charge.money.currency,
        "amount": amount(settings, charge),
        "description": description(charge),
        "tracking_id": charge.reference,
        "expired_at": charge.expires_at.astimezone(UTC).isoformat(timespec="seconds"),
        "additional_data": _additional(settings, charge, brought),
    }
    return _without_nothing(order)


def amount(settings: EcomchargeSettings, charge: Charge) -> int:
    if charge.kind is Kind.SAVE_CARD:
        return settings.tokenization_amount  # no money moves, but the field has to be there
    return to_vendor(charge.money, settings.disputed_currencies)


def description(charge: Charge) -> str:
    return charge.description.strip() or f"Order {charge.order_reference}"


def _additional(settings: EcomchargeSettings, charge: Charge, brought: EcomchargeOrder) -> dict[str, Any]:
    said = dict(brought.sent.get("order", {}).get("additional_data", {}))
    said.pop("contract", None)
    if contract := contracts(settings, charge, brought):
        said["contract"] = contract
    if charge.saved_card:
        # Silence would mean: the merchant charges it, later. But the customer has just chosen it.
        said.setdefault("card_on_file", {"initiator": "customer"})
    return said


def contracts(settings: EcomchargeSettings, charge: Charge, brought: EcomchargeOrder) -> list[str]:
    """What a card is to be kept for: only when the customer agreed to have it kept."""
    if not (charge.save_card or charge.kind is Kind.SAVE_CARD):
        return []
    wanted = brought.order.additional_data.contract
    return list(settings.contracts if wanted is None else wanted)


def _settings(settings: EcomchargeSettings, charge: Charge, brought: EcomchargeOrder) -> dict[str, Any]:
    sent = brought.sent.get("settings", {})
    ours: dict[str, Any] = {
        **_ways_back(settings, charge, sent),
        "notification_url": charge.urls.notify,
        "language": charge.language if charge.language in LANGUAGES else "en",
    }
    if settings.verify and charge.urls.approve:
        ours["verification_url"] = charge.urls.approve
    if settings.auto_pay and (charge.saved_card or brought.payment_method.credit_card):
        ours["auto_pay"] = True
    said = settings.sent_settings
    if settings.save_card_consent and not _is_to_be_asked(settings, charge, brought):
        said["save_card_toggle"] = {"display": False}
    return _merged(ours, _merged(said, sent))


def _is_to_be_asked(settings: EcomchargeSettings, charge: Charge, brought: EcomchargeOrder) -> bool:
    """Is there somebody who could consent, and has not done so yet?"""
    return bool(charge.customer.reference) and not contracts(settings, charge, brought)


def _ways_back(settings: EcomchargeSettings, charge: Charge, sent: Mapping[str, Any]) -> dict[str, str]:
    """Ours for those that the shop has not taken itself. With a return_url the provider ignores the first two."""
    ways = {f"{end}_url": way_back(charge, end) for end in ("success", "decline", "fail", "cancel")}
    own = {"success_url", "decline_url"} & sent.keys()
    if "return_url" in sent or (settings.single_return and not own):
        ways = {name: url for name, url in ways.items() if name not in ("success_url", "decline_url")}
        ways["return_url"] = way_back(charge, "return")
    return ways


def way_back(charge: Charge, end: str) -> str:
    joint = "&" if urlsplit(charge.urls.back).query else "?"
    return f"{charge.urls.back}{joint}end={end}"


def customer(charge: Charge, brought: EcomchargeOrder) -> dict[str, Any]:
    ours = charge.customer
    said = {
        "email": ours.email,
        "first_name": ours.first_name,
        "last_name": ours.last_name,
        "phone": ours.phone,
        "address": ours.address,
        "city": ours.city,
        "zip": ours.postal_code,
        "country": ours.country,
    }
    told = {**said, **brought.sent.get("customer", {})}
    # Anybody's customer may have a state; eComCharge takes it of three countries only.
    if "state" not in told and takes_state(ours.state, told["country"]):
        told["state"] = ours.state.upper()
    return {name: value for name, value in told.items() if value}


def takes_state(state: str, country: str) -> bool:
    return country in STATES_OF and len(state) == 2 and state.isascii() and state.isalpha()


def methods(settings: EcomchargeSettings, charge: Charge, brought: EcomchargeOrder) -> dict[str, Any]:
    merged = _merged(settings.sent_methods, brought.sent.get("payment_method", {}))
    if charge.saved_card:
        merged["credit_card"] = {"token": charge.saved_card}
    return merged


# --- the gateway ------------------------------------------------------------------------------------------


def charge_of_card(
    settings: EcomchargeSettings, charge: Charge, brought: EcomchargeOrder, *, live: bool
) -> dict[str, Any]:
    """`POST /transactions/payments` or `authorizations`: the merchant charges a saved card, nobody is there."""
    person = customer(charge, brought)
    apart = {name: person.pop(name) for name in ("ip", "email", "device_id", "birth_date") if name in person}
    person.pop("taxpayer_id", None)  # the gateway knows no such field
    request = {
        "amount": to_vendor(charge.money, settings.disputed_currencies),
        "currency": charge.money.currency,
        "description": description(charge),
        "tracking_id": charge.reference,
        "language": charge.language if charge.language in LANGUAGES else "en",
        "test": not live,
        "notification_url": charge.urls.notify,
        "return_url": way_back(charge, "return"),
        "duplicate_check": settings.duplicate_check,
        "dynamic_billing_descriptor": descriptor(settings, brought),
        "customer": apart,
        "billing_address": person,
        "additional_data": {
            **brought.sent.get("order", {}).get("additional_data", {}),
            **_why(charge.occasion),
        },
        "credit_card": {"token": charge.saved_card, "skip_three_d_secure_verification": True},
        "travel": brought.sent.get("travel"),
    }
    return _without_nothing(request)


def _why(occasion: Occasion | None) -> dict[str, Any]:
    if occasion is Occasion.RECURRING:
        return {"contract": ["recurring"]}
    why = {"initiator": "merchant", "type": occasion.value if occasion else ""}
    return {"contract": ["card_on_file"], "card_on_file": why}


def child(
    settings: EcomchargeSettings, charge: Charge, money: Money, *, parent: str, key: str, reason: str = ""
) -> dict[str, Any]:
    """A capture, void or refund of `parent`."""
    request = {
        "parent_uid": parent,
        "amount": to_vendor(money, "vendor"),  # it was charged by the vendor's table, if it was at all
        "tracking_id": key,
        "duplicate_check": settings.duplicate_check,
        "reason": reason,
    }
    return _without_nothing(request)


def _merged(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Field by field, `over` first."""
    merged = dict(under)
    for name, value in over.items():
        below = merged.get(name)
        if isinstance(below, Mapping) and isinstance(value, Mapping):
            merged[name] = _merged(below, value)
        else:
            merged[name] = value
    return merged


def _without_nothing(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if value is not None and value not in ("", {}, [])}
