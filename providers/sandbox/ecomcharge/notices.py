"""What is the shop told, and what is it asked before? Webhooks (section 8) and verification_url (section 10)."""

import json
from typing import Any

import requests
from django.db import transaction

from providers.sandbox import accounts, outbox
from providers.sandbox.ecomcharge import shapes, signing
from providers.sandbox.ecomcharge.models import EcomchargeCheckout, EcomchargeTransaction
from providers.sandbox.ecomcharge.signing import SLUG

_PATIENCE = 10
Outgoing = outbox.Outgoing


def _text(body: dict[str, Any]) -> str:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def _signed(account: str, body: dict[str, Any]) -> Outgoing:
    text = _text(body)
    return Outgoing(signing.proofs(account, accounts.settings_of(SLUG, account), text.encode()), text)


def _target(account: str, asked: dict[str, Any]) -> str:
    """The request's notification_url, else the account's."""
    return str(asked.get("notification_url") or accounts.settings_of(SLUG, account)["notification_url"])


def target(tx: EcomchargeTransaction) -> str:
    return _target(tx.account, tx.asked or (tx.parent.asked if tx.parent else {}))


def tell(tx: EcomchargeTransaction) -> None:
    """Post the transaction as it is now. Its row is saved before: shops ask back from inside their webhook."""
    if tx.parent_id and not accounts.settings_of(SLUG, tx.account)["child_webhooks"]:
        return
    if url := target(tx):
        message = _signed(tx.account, shapes.transaction(tx))
        outbox.post(SLUG, tx.uid, url, message.body, message.headers)


def tell_expired(checkout: EcomchargeCheckout) -> None:
    """The flat body: no `transaction` around it [public: docs, laravel]."""
    if url := _target(checkout.account, checkout.asked.get("settings") or {}):
        settings = accounts.settings_of(SLUG, checkout.account)
        message = _signed(checkout.account, shapes.token(checkout, settings))
        outbox.post(SLUG, checkout.handle, url, message.body, message.headers)


def tell_again(
    tx: EcomchargeTransaction, *, forged: bool = False, wrong_signature: bool = False
) -> list[int]:
    """By hand, whatever the account says about children; the ids of the notifications."""
    url = target(tx)
    if not url:
        return []
    message = _signed(tx.account, shapes.transaction(tx))
    message = forge(message) if forged else message
    message = missign(message) if wrong_signature else message
    with transaction.atomic():
        sent = outbox.post(SLUG, tx.uid, url, message.body, message.headers)
    return [notification.pk for notification in sent]


def forge(message: Outgoing) -> Outgoing:
    """A changed amount (or, without one, a changed status) under the signature of the true body."""
    body = json.loads(message.body)
    inner = body.get("transaction") or body.get("order") or body
    if "amount" in inner:
        inner["amount"] = 1
    else:
        body["status"] = "successful"
    return Outgoing(message.headers, _text(body))


def missign(message: Outgoing) -> Outgoing:
    """The true body, signed by somebody else's key."""
    signature = signing.wrong_signature(message.body.encode())
    return Outgoing(message.headers | {"Content-Signature": signature}, message.body)


def objection(tx: EcomchargeTransaction) -> tuple[str, str] | None:
    """Ask verification_url before authorising: None is a yes, else message and friendly message of the no.

    Never call it inside a database transaction: the shop may well ask back before it answers.
    """
    url = tx.asked.get("verification_url")
    if not url:
        return None
    message = _signed(tx.account, shapes.transaction(tx))
    try:
        answer = requests.post(
            url, data=message.body.encode(), headers=message.headers, timeout=_PATIENCE, allow_redirects=False
        )
        said = answer.json() if answer.status_code == 200 else None
    except (requests.RequestException, ValueError):
        said = None
    if not isinstance(said, dict):
        return "Verification failed", ""
    code = said.get("code")
    if code == 0 and not isinstance(code, bool):
        return None
    return str(said.get("message") or "Verification failed"), str(said.get("friendly_message") or "")
