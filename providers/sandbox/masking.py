"""What may be kept of a body or a header? Everything but secrets and card data."""

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode

from django.conf import settings

from providers.sandbox.cards import luhn

MASK = "***"

# Names as they are once case and punctuation are gone.
_SECRET_NAMES = frozenset({
    "secret", "password", "passphrase", "authorization", "clientsecret", "accesstoken", "refreshtoken",
    "privatekey", "secretkey", "apikey", "xapikey", "xwsse", "ordersecretid",
    "cvv", "cvvcode", "cvc", "cvv2", "cardcvc", "verificationvalue", "securitycode",
})  # fmt: skip
_CARD_NAMES = frozenset({"cardnumber", "pan", "testcard"})
# Whoever has it may act with it; its beginning is kept, to tell one from another.
_TOKEN_NAMES = frozenset({"token", "formtoken"})
_HEX_TOKEN = re.compile(r"(?<![0-9A-Za-z])([0-9a-f]{8})[0-9a-f]{56}(?![0-9A-Za-z])")
_FORM_TOKEN = re.compile(r"(/eterminal/[0-9a-z]{8})[0-9a-z]{24}")
_CARD_TOKEN = re.compile(r"(/credit_cards/[^/]{8})[^/]{12,}")
# A card number begins with 2 to 6, a Belkart's with 9112; ids here begin with 1, and a hash is not a run of digits.
_CARD = re.compile(r"(?<![\w.])(?:[2-6]|9(?=112))(?:[ -]?\d){12,18}(?!\w)")
_BEARER = re.compile(r"(?i)^(bearer|basic|token)\s+\S.*$")
_KEPT_HEADERS = (
    "content-type",
    "authorization",
    "user-agent",
    "origin",
    "referer",
    "accept-language",
    "x-wsse",
    "x-api-version",
    "requestid",
    "content-signature",
    "x-merchant",
    "x-checksum",
    "x-event-id",
    "x-event-date",
)


def card_number(number: str) -> str:
    """`497010******0055`, the form that may be kept."""
    digits = re.sub(r"\D", "", number)
    return digits[:6] + "*" * max(0, len(digits) - 10) + digits[-4:] if len(digits) > 10 else MASK


def text(value: str) -> str:
    """Free text without card numbers and without tokens: 64 hexadecimal digits, or the end of a form's address."""
    value = _FORM_TOKEN.sub(rf"\1{MASK}", value)
    value = _HEX_TOKEN.sub(rf"\1{MASK}", value)
    return _CARD.sub(lambda found: card_number(found[0]) if luhn(found[0]) else found[0], value)


def token(value: str) -> str:
    """`2d579c56***`."""
    return (value[:8] if len(value) > 24 else "") + MASK


def address(value: str) -> str:
    """A path and its query without card numbers, however they are encoded."""
    path, mark, query = value.partition("?")
    path = _CARD_TOKEN.sub(rf"\1{MASK}", unquote(path))
    return text(path) + mark + (_form(query) if query else "")


def _form(encoded: str) -> str:
    return urlencode([(name, _named(name, value)) for name, value in parse_qsl(encoded, True)], safe="*/:")


def _named(name: str, value: Any) -> Any:
    plain = re.sub(r"[^a-z0-9]", "", name.lower())
    if isinstance(value, str | int) and not isinstance(value, bool) and value != "":
        if plain in _SECRET_NAMES:
            return MASK
        if plain in _CARD_NAMES or (
            plain == "number" and re.fullmatch(r"(?:[ -]?\d){12,19}", str(value).strip())
        ):
            return card_number(str(value))
        if plain in _TOKEN_NAMES:
            return token(str(value))
    return data(value)


def data(value: Any) -> Any:
    """A JSON value without secrets, whatever its shape."""
    if isinstance(value, dict):
        # A header of a shop's own, for its notifications: most often that is its secret.
        if value.keys() == {"name", "values"}:
            return {"name": data(value["name"]), "values": MASK}
        return {name: _named(name, inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [data(inner) for inner in value]
    return text(value) if isinstance(value, str) else value


def body(raw: bytes, content_type: str) -> str:
    """A request's or answer's body as it may be kept, cut to size."""
    if not raw:
        return ""
    decoded = raw.decode("utf-8", "replace")
    kept = None
    if "json" in content_type or decoded[:1] in "{[":
        try:
            kept = json.dumps(data(json.loads(decoded)), ensure_ascii=False)
        except ValueError:
            kept = None
    elif "x-www-form-urlencoded" in content_type:
        kept = _form(decoded)
    elif "html" in content_type or "javascript" in content_type or "css" in content_type:
        kept = f"({content_type.partition(';')[0]}, {len(raw)} bytes)"
    if kept is None:
        kept = text(decoded)
    return (
        kept
        if len(kept) <= settings.BODY_KEPT
        else kept[: settings.BODY_KEPT] + f"... ({len(kept)} characters)"
    )


def headers(given: Mapping[str, str]) -> dict[str, str]:
    """The few headers that explain a call, without credentials."""
    kept = {name: given[name] for name in _KEPT_HEADERS if name in given}
    if "authorization" in kept:
        kept["authorization"] = (
            _BEARER.sub(rf"\1 {MASK}", kept["authorization"]) if " " in kept["authorization"] else MASK
        )
    if "x-wsse" in kept:
        kept["x-wsse"] = MASK
    return {name: text(value)[:500] for name, value in kept.items()}
