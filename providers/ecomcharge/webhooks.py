"""Is this really from eComCharge, and what does it speak of?

Two proofs come with every request: a signature of the raw bytes by the shop's own key pair, and the shop's API
credentials. With a public key in the settings the signature alone decides, as in the vendor's own library.
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from providers.base import Approval, Incoming, Notification
from providers.ecomcharge import words
from providers.ecomcharge.amounts import from_vendor, to_vendor
from providers.ecomcharge.settings import EcomchargeSettings, rsa_key
from providers.ecomcharge.wire import Checkout, Transaction, transaction
from providers.errors import Forged, Invalid
from providers.money import Money
from providers.said import said as _

MOST_BYTES = 1_000_000


def authenticate(settings: EcomchargeSettings, incoming: Incoming) -> None:
    """Forged unless it is from the provider."""
    if settings.public_key:
        _check_signature(settings.public_key, incoming)
    else:
        _check_credentials(settings, incoming)


def _check_signature(public_key: str, incoming: Incoming) -> None:
    given = "".join(incoming.headers.get("content-signature", "").split())
    if not given:
        raise Forged("The notification came without its signature.")
    try:
        signature = base64.b64decode(given, validate=True)
        rsa_key(public_key).verify(signature, incoming.body, PKCS1v15(), SHA256())
    except (InvalidSignature, binascii.Error, ValueError):
        raise Forged("The notification's signature does not hold.") from None


def _check_credentials(settings: EcomchargeSettings, incoming: Incoming) -> None:
    scheme, _blank, given = incoming.headers.get("authorization", "").strip().partition(" ")
    try:
        pair = base64.b64decode(given.strip(), validate=True)
    except (binascii.Error, ValueError):
        pair = b""
    ours = f"{settings.shop_id}:{settings.secret_key.get_secret_value()}".encode()
    if scheme.lower() != "basic" or not hmac.compare_digest(pair, ours):
        raise Forged("The notification came without the shop's credentials.")


def notification(incoming: Incoming, *, live: bool) -> Notification:
    """What an authentic request speaks of; Invalid when it cannot be read."""
    body = _read(incoming)
    key = hashlib.sha256(incoming.body).hexdigest()
    if "transaction" in body:
        return _of_transaction(key, _transaction(body), live=live)
    if isinstance(body.get("token"), str) and ("checkout" in body or "finished" in body or "order" in body):
        return _of_checkout(key, body, live=live)
    if "plan" in body or str(body.get("id", "")).startswith("sbs_"):
        return Notification(key=key, about="a subscription", ignored="a notification about a subscription")
    return Notification(key=key, about="something else", ignored="a notification of a kind that is not used")


def _of_transaction(key: str, told: Transaction, *, live: bool) -> Notification:
    kind = words.plain(told.type)[:30] or "transaction"
    about = f"{kind} {words.plain(told.uid)} {words.plain(told.status)[:30]}".rstrip()
    if told.type in words.IRRELEVANT:
        return Notification(key=key, about=about, ignored=f"a notification about a {kind}")
    if live and told.test:
        return Notification(key=key, about=about, ignored="a test notification on a live account")
    # What a capture, void or refund carries as tracking_id is the operation's key, not the payment's reference.
    ours = not told.parent_uid and told.type not in words.VERBS
    ids = (told.checkout_token, told.uid, told.parent_uid)
    return Notification(
        key=key,
        about=about,
        reference=told.tracking_id if ours else "",
        provider_ids=tuple(name for name in ids if name),
    )


def _of_checkout(key: str, body: Mapping[str, Any], *, live: bool) -> Notification:
    try:
        told = Checkout.model_validate(body)
    except ValueError:
        raise Invalid("token", _("the notification about a payment form could not be read")) from None
    about = f"payment form {words.plain(told.status)[:30]}: {words.plain(told.message)[:100]}".rstrip(": ")
    if live and told.test:
        return Notification(key=key, about=about, ignored="a test notification on a live account")
    return Notification(key=key, about=about, reference=told.order.tracking_id, provider_ids=(told.token,))


def approval(settings: EcomchargeSettings, incoming: Incoming) -> Approval:
    """The provider is about to charge and asks first."""
    told = _transaction(_read(incoming))
    if told.amount is None:
        raise Invalid("amount", _("the question does not say how much"))
    try:
        money = from_vendor(told.amount, told.currency)
    except ValueError as problem:
        raise Invalid("amount", words.plain(str(problem))) from None
    if told.type == "tokenization" and told.amount == settings.tokenization_amount:
        money = Money.zero(told.currency)  # what we had to write there is not money
    return Approval(
        provider_id=told.uid,
        money=money,
        reference=told.tracking_id,
        provider_ids=tuple(name for name in (told.checkout_token, told.uid) if name),
        live=None if told.test is None else not told.test,
    )


def answer(settings: EcomchargeSettings, approval: Approval, refusal: str) -> Mapping[str, Any]:
    """Yes, with what was asked told again; or no."""
    if refusal:
        return {"code": 1, "message": refusal, "friendly_message": refusal}
    units = to_vendor(approval.money, "vendor") or settings.tokenization_amount
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"code": 0, "uid": approval.provider_id, "amount": units, "created_at": now}


def _read(incoming: Incoming) -> Mapping[str, Any]:
    if len(incoming.body) > MOST_BYTES:
        raise Invalid("body", _("the notification is too large to be one"))
    try:
        body = json.loads(incoming.body)
    except (ValueError, RecursionError):
        raise Invalid("body", _("the notification is no JSON")) from None
    if not isinstance(body, Mapping):
        raise Invalid("body", _("the notification is no object"))
    return body


def _transaction(body: Mapping[str, Any]) -> Transaction:
    try:
        return transaction(body.get("transaction"))
    except ValueError:
        raise Invalid("transaction", _("the notification names no transaction")) from None
