"""What is the shop told, and how is it written? EMS messages (section 3) and the redirect's three parameters (4)."""

import base64
import json
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, quote_plus, urlencode, urlsplit, urlunsplit

from django.db import transaction

from providers.sandbox import accounts, clock, faults, outbox
from providers.sandbox.standins import Outgoing
from providers.sandbox.syspay import shapes, signing
from providers.sandbox.syspay.shapes import Told
from providers.sandbox.syspay.signing import SLUG

_FORM, _JSON = "application/x-www-form-urlencoded", "application/json"
# What a forged message claims: of a payment that it succeeded, of a subscription whatever is not true.
_FORGED_AMOUNT = 1
_FORGED_STATUS = {"ACTIVE": "ENDED", "PENDING": "ACTIVE", "ENDED": "ACTIVE", "TERMINATED": "ACTIVE"}


def _json(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def form_encoded(data: dict[str, Any]) -> str:
    """PHP's http_build_query: data[payment][id]=1; null is dropped, true is 1, false is 0."""
    return "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in _pairs(data, ""))


def _pairs(value: Any, at: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict | list):
        inside = value.items() if isinstance(value, dict) else enumerate(value)
        for name, inner in inside:
            yield from _pairs(inner, f"{at}[{name}]" if at else str(name))
    elif isinstance(value, bool):
        yield at, "1" if value else "0"
    elif value is not None:
        yield at, str(value)


def _message(one: Told) -> Outgoing:
    settings = accounts.settings_of(SLUG, one.account)
    if settings["generation"] == "v2":
        kind, body = _JSON, _json(shapes.v2(one))
    else:
        word, shape = shapes.named(one)
        event = {"type": word, "data": {word: shape}}
        # "application/json; charset=utf-8" would make the vendor's own SDK fail.
        kind, body = (
            (_JSON, _json(event)) if settings["ems_format"] == "json" else (_FORM, form_encoded(event))
        )
    headers = {
        "Content-Type": kind,
        "X-Merchant": settings["login"],
        "X-Checksum": signing.checksum(body, settings["passphrase"]),
        "X-Event-Id": uuid.uuid4().hex,
        "X-Event-Date": str(shapes.stamp(clock.now())),
    }
    return Outgoing(headers, body)


def target(one: Told) -> str:
    """The request's ems_url, else the account's; of a refund or a chargeback its payment's."""
    own = getattr(one, "ems_url", "") or getattr(getattr(one, "payment", None), "ems_url", "")
    return own or str(accounts.settings_of(SLUG, one.account)["notification_url"])


def _subject(one: Told) -> str:
    return f"{shapes.OBJECTS[type(one)][0]} {one.pk}"


def tell(one: Told) -> None:
    """Post it as it is now; inside the transaction of its cause."""
    if url := target(one):
        message = _message(one)
        outbox.post(SLUG, _subject(one), url, message.body, message.headers)


def tell_again(one: Told, *, forged: bool = False, wrong_signature: bool = False) -> list[int]:
    """By hand; the ids of the notifications."""
    url = target(one)
    if not url:
        return []
    message = _message(one)
    message = forge(message) if forged else message
    message = missign(message) if wrong_signature else message
    with transaction.atomic():
        sent = outbox.post(SLUG, _subject(one), url, message.body, message.headers)
    return [notification.pk for notification in sent]


def forge(message: Outgoing) -> Outgoing:
    """Other amounts and another status under the checksum of the true body."""
    if message.headers["Content-Type"] == _FORM:
        pairs = [(name, _forged(name.rpartition("[")[2].rstrip("]"), value))
                 for name, value in parse_qsl(message.body, keep_blank_values=True)]  # fmt: skip
        return Outgoing(message.headers, urlencode(pairs))
    return Outgoing(message.headers, _json(_spoiled(json.loads(message.body))))


def _spoiled(data: Any) -> Any:
    if not isinstance(data, dict):
        return data
    return {
        name: _spoiled(value) if isinstance(value, dict) else _forged(name, value)
        for name, value in data.items()
    }


def _forged(name: str, value: Any) -> Any:
    if name == "amount":
        return type(value)(_FORGED_AMOUNT)
    return _FORGED_STATUS.get(value, "SUCCESS") if name == "status" else value


def missign(message: Outgoing) -> Outgoing:
    """The true body under somebody else's checksum."""
    return Outgoing(message.headers | {"X-Checksum": signing.wrong_checksum(message.body)}, message.body)


# The redirect.


def returning(address: str, one: Told, *, spoil: bool = False) -> str:
    """The address with result, merchant and checksum. `spoil`: the way a fault armed for the step `return` says."""
    settings = accounts.settings_of(SLUG, one.account)
    if settings["generation"] == "v2":
        body = shapes.v2(one)
    else:
        word, shape = shapes.named(one)
        body = {word: shape}
    armed = faults.take(SLUG, ("forged", "wrong_signature"), "return", only_named=True) if spoil else None
    result = base64.b64encode(_json(body).encode()).decode()
    check = signing.checksum(result, settings["passphrase"])
    if armed and armed.fault == "forged":
        result = base64.b64encode(_json(_spoiled(body)).encode()).decode()
    elif armed:
        check = signing.wrong_checksum(result)
    parts = urlsplit(address)
    query = urlencode({"result": result, "merchant": settings["login"], "checksum": check})
    return urlunsplit(parts._replace(query=f"{parts.query}&{query}" if parts.query else query))
