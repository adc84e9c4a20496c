"""When is the shop told, and what? The payment as GET gives it, after each change of its amounts or its session.

Of a session that ends without a payment no source says what is sent: the session as GET gives it, unless the
account says that nothing is (`webhook_without_payment`). Of V2 no
signature is known: V1's is there for whoever switches it on.
"""

import json
from typing import Any

from providers.sandbox import accounts, clock, outbox
from providers.sandbox.purse import addresses, bodies, shapes, signing
from providers.sandbox.purse.bearer import SLUG
from providers.sandbox.purse.ledger import Ledger
from providers.sandbox.purse.models import PursePayment, PurseSession


def changed(payment: PursePayment) -> None:
    """A new version; the shop is told if its amounts or the state of the authorisation have moved."""
    books = Ledger(payment)
    now = {**books.amounts(), "authorization": books.authorization_status()}
    payment.version += 1
    tell_now = payment.told != now
    payment.told = now
    payment.save(update_fields=["version", "told"])
    if tell_now:
        tell(payment)
    clock.ring()


def message(payment: PursePayment) -> outbox.Outgoing:
    told = shapes.payment(payment, redirection=addresses.partner_page(payment))
    body = json.dumps(told, ensure_ascii=False)
    return outbox.Outgoing(_headers(payment.account, payment.asked, body), body)


def _headers(account: str, asked: dict[str, Any], body: str) -> dict[str, str]:
    given = bodies.headers(asked)
    if accounts.settings_of(SLUG, account)["v1_signature"]:
        given["X-Signature"] = signing.body_signature(body)
    return given


def tell(payment: PursePayment) -> None:
    if payment.asked.get("webhook"):
        told = message(payment)
        outbox.post(SLUG, payment.pk, payment.asked["webhook"]["url"], told.body, told.headers)


def tell_of_session(session: PurseSession) -> None:
    """ABORTED or EXPIRED: there is no payment to tell of."""
    settings = accounts.settings_of(SLUG, session.account)
    if session.asked.get("webhook") and settings["webhook_without_payment"]:
        body = json.dumps(addresses.session(session), ensure_ascii=False)
        url = session.asked["webhook"]["url"]
        outbox.post(SLUG, session.pk, url, body, _headers(session.account, session.asked, body))
    clock.ring()


def forge(told: outbox.Outgoing) -> outbox.Outgoing:
    """What anybody could send: a payment all captured, of a later version, without the merchant's own headers."""
    body = json.loads(told.body)
    amount = int(body.get("amount", 0))
    body["version"] = int(body.get("version", 0)) + 100
    if "authorization" in body:
        body["authorization"]["status"] = "AUTHORIZED"
        body["overview"] = {"consumed": "TOTALLY", "captured": "TOTALLY", "voided": "NOT", "refunded": "NOT"}
        body["amounts"] |= {
            "authorize_pending": 0, "total_authorized": amount, "total_captured": amount,
            "available_to_capture": 0, "available_to_void": 0, "available_to_refund": amount,
        }  # fmt: skip
    kept = {name: value for name, value in told.headers.items() if name.lower() == "content-type"}
    return outbox.Outgoing(kept, json.dumps(body, ensure_ascii=False))
