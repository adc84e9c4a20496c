"""Is this EMS really from SysPay, and what does it speak of?

X-Merchant names the account, and X-Checksum is the SHA-1, in lower-case hex, of the raw body and the passphrase after
it. The body is a form in PHP's spelling, `data[payment][id]=123`, or JSON, whichever the account is set to (v1); v2
sends the bare object with its `class`. The numbers of payments, refunds, chargebacks, subscriptions and agreements are
series of their own, so each id is named with its kind: "payment:123".
"""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlencode

from pydantic import BaseModel, SecretStr, ValidationError

from providers.base import Incoming, Notification
from providers.errors import Forged, Invalid
from providers.said import said as _
from providers.syspay.shapes import BillingAgreement, Chargeback, Payment, Refund, Subscription
from providers.syspay.wire import WireSettings
from providers.syspay.words import plain

MOST_BYTES = 1_000_000
MOST_FIELDS = 500
DEEPEST = 12  # data[chargeback][payment][subscription][customer][billing_address][city] is 7
ATTEMPT = "attempt"
_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")

S = TypeVar("S", bound=BaseModel)


def ems_url(notify: str, reference: str) -> str:
    """The address for SysPay to ring. It says for which attempt it was given: a billing agreement bears no reference,
    later payments may bear others, and on a form that is not locked the payer may change it. What is so named is only
    looked at, and the reference that is found there is compared."""
    return f"{notify}{'&' if '?' in notify else '?'}{urlencode({ATTEMPT: reference})}"


def signed(settings: WireSettings, text: bytes, checksum: str) -> bool:
    """Is `checksum` that of `text`, with our passphrase or the one before it?"""
    given = checksum.encode()
    passphrases = (settings.passphrase, settings.previous_passphrase)
    return any(hmac.compare_digest(given, _checksum(text, secret)) for secret in passphrases if secret)


def _checksum(text: bytes, passphrase: SecretStr) -> bytes:
    secret = passphrase.get_secret_value().encode()
    return hashlib.sha1(text + secret, usedforsecurity=False).hexdigest().encode()


def read(incoming: Incoming, settings: WireSettings) -> Notification:
    """Forged unless it is SysPay's; Invalid when it is and cannot be read."""
    merchant = incoming.headers.get("x-merchant", "")
    checksum = incoming.headers.get("x-checksum", "")
    if not merchant or not checksum:
        raise Forged("The notification came without X-Merchant or X-Checksum.")
    if not hmac.compare_digest(merchant.encode(), settings.login.encode()):
        raise Forged("The notification is for another API login.")
    if not signed(settings, incoming.body, checksum):
        raise Forged("The notification's checksum does not hold.")
    kind, body = _event(_body(incoming))
    key = _key(incoming)
    attempt = incoming.query.get(ATTEMPT, "")
    if kind == "payment":
        return _of_payment(key, _told(Payment, kind, body), attempt)
    if kind == "refund":
        return _of_child(key, kind, _told(Refund, kind, body), attempt)
    if kind == "chargeback":
        return _of_child(key, kind, _told(Chargeback, kind, body), attempt)
    if kind == "subscription":
        return _of_subscription(key, _told(Subscription, kind, body), attempt)
    if kind == "billing_agreement":
        told = _told(BillingAgreement, kind, body)
        about = f"billing agreement {told.id} {plain(told.status, 30)}".rstrip()
        return Notification(key=key, about=about, reference=attempt, agreement=f"agreement:{told.id}")
    named = plain(kind, 40) or "something"
    return Notification(key=key, about=named, ignored=f'a notification about "{named}", which is not used')


def _key(incoming: Incoming) -> str:
    """The event's number, and what it says: the number is not signed, so it alone could be put on another body, and the
    event whose number it is would be taken for a repetition."""
    body = hashlib.sha256(incoming.body).hexdigest()
    event = incoming.headers.get("x-event-id", "").strip()
    return f"{event}:{body[:20]}" if event else body


def _of_payment(key: str, told: Payment, attempt: str) -> Notification:
    return Notification(
        key=key,
        about=f"payment {told.id} {plain(told.status, 30)}".rstrip(),
        reference=attempt or told.reference,
        provider_ids=(f"payment:{told.id}",),
        agreement=told.agreement,
    )


def _of_child(key: str, kind: str, told: Refund | Chargeback, attempt: str) -> Notification:
    """Of which payment it is, that payment's id says. Its reference does not: the payments of a subscription may all
    bear the first one's, and so may the address that we are rung at."""
    about = f"{kind} {told.id} {plain(told.status, 30)}".rstrip()
    if told.payment is None:
        return Notification(key=key, about=about, reference=attempt, provider_ids=(f"{kind}:{told.id}",))
    return Notification(
        key=key,
        about=f"{about} of payment {told.payment.id}",
        provider_ids=(f"payment:{told.payment.id}", f"{kind}:{told.id}"),
        agreement=told.payment.agreement,
    )


def _of_subscription(key: str, told: Subscription, attempt: str) -> Notification:
    words = " ".join(filter(None, (plain(told.status, 30), plain(told.phase, 30))))
    return Notification(
        key=key,
        about=f"subscription {told.id} {words}".rstrip(),
        reference=attempt or told.reference,
        agreement=f"subscription:{told.id}",
    )


# --- reading ------------------------------------------------------------------------------------------------


def _told(shape: type[S], kind: str, body: Mapping[str, Any]) -> S:
    try:
        return shape.model_validate(body)
    except ValidationError as problem:
        field = ".".join([kind, *(str(part) for part in problem.errors(include_input=False)[0]["loc"])])
        raise Invalid(field, _("the notification could not be read here")) from None


def _event(body: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """Of what kind it is, and its object: v1 wraps it, v2 does not."""
    if isinstance(name := body.get("class"), str):
        return name, body
    kind, data = body.get("type"), body.get("data")
    if not isinstance(kind, str):
        raise Invalid("type", _("the notification does not say what it is about"))
    told = data.get(kind) if isinstance(data, Mapping) else None
    return kind, told if isinstance(told, Mapping) else {}


def _body(incoming: Incoming) -> Mapping[str, Any]:
    if len(incoming.body) > MOST_BYTES:
        raise Invalid("body", _("the notification is too large to be one"))
    try:
        text = incoming.body.decode()
    except UnicodeDecodeError:
        raise Invalid("body", _("the notification is not in UTF-8")) from None
    kind = incoming.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and not text.lstrip().startswith("{"):
        return _form(text)
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        raise Invalid("body", _("the notification is no JSON")) from None
    if not isinstance(body, Mapping):
        raise Invalid("body", _("the notification is no object"))
    return body


def _form(text: str) -> Mapping[str, Any]:
    """A form in PHP's spelling as an object of objects: `a[b][c]=1` is {"a": {"b": {"c": "1"}}}."""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError:
        raise Invalid("body", _("the notification is no form that could be read")) from None
    body: dict[str, Any] = {}
    for name, value in pairs:
        match = _NAME.fullmatch(name)
        path = [match[1], *re.findall(r"\[([^\[\]]*)\]", match[2])] if match else []
        if not path or len(path) > DEEPEST:
            why = _("the notification has a field of no known form: %(name)s", name=plain(name, 60))
            raise Invalid("body", why)
        inside = body
        for step in path[:-1]:
            inside = inside.setdefault(step, {})
            if not isinstance(inside, dict):
                why = _("the notification says two things at once: %(name)s", name=plain(name, 60))
                raise Invalid("body", why)
        inside[path[-1]] = value
    return body
