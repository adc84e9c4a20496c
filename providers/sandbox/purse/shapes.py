"""How does Purse write sessions, payments and saved cards as JSON? With the seed's fields, ids and links."""

from datetime import datetime
from typing import Any

from providers.money import Money
from providers.sandbox.purse import ledger
from providers.sandbox.purse.ledger import Ledger
from providers.sandbox.purse.models import (
    PurseOperation,
    PursePayment,
    PurseSavedToken,
    PurseSession,
    PurseTransaction,
)

Json = dict[str, Any]
Status = PurseTransaction.Status
# What a capture by Purse itself (capture_mode AUTOMATIC) is triggered by is [unknown].
BY_MERCHANT = "MERCHANT"
BY_ITSELF = "AUTOMATIC"

_PARTNER_WORDS = {
    "AUTHORIZED": ("000.000.000", "Transaction succeeded"),
    "SUCCESS": ("000.000.000", "Transaction succeeded"),
    "PENDING": ("000.200.000", "Transaction pending"),
    "UNCERTAIN": ("900.100.300", "No clear answer from the partner"),
    "REFUSED": ("800.100.152", "Transaction declined"),
    "ERROR": ("900.100.100", "Technical error at the partner"),
    "FAILURE": ("900.100.100", "Technical error at the partner"),
    "ABORTED": ("100.396.101", "Cancelled"),
}


def date(moment: datetime) -> str:
    """`2025-03-19T15:27:06.759Z`"""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def money(amount: int, currency: str) -> str:
    """`42.99 EUR`"""
    return str(Money(amount, currency))


def session(one: PurseSession, *, widget: Json, hosted_page: Json | str) -> Json:
    """The whole request back, with what Purse adds to it."""
    payment = PursePayment.objects.filter(session=one).first()
    links: Json = {"self": {"href": f"/v2/client-sessions/{one.pk}", "method": "GET"}}
    if hosted_page:
        links["hosted_page"] = hosted_page
    return {
        **one.asked,
        "id": one.pk,
        "status": one.status,
        "created_at": date(one.created_at),
        "expires_at": date(one.expires_at),
        "capture_mode": one.asked.get("capture_mode") or "MANUAL",
        "integration_mode": one.asked.get("integration_mode") or "EMBEDDED",
        "allow_future_usage": bool(one.asked.get("allow_future_usage")),
        **({"payment_id": payment.pk} if payment else {}),
        "widget": widget,
        "links": links,
    }


def payment(one: PursePayment, *, redirection: str = "") -> Json:
    """GET payments/{id}, and every notification."""
    books = Ledger(one)
    left = ledger.refunds_by_capture(books)
    told: Json = {
        "id": one.pk,
        "created_at": date(one.created_at),
        "version": one.version,
        "overview": books.overview(),
        **({"client_session_id": one.session_id} if one.session_id else {}),
        "entity_id": one.asked.get("entity_id"),
        "order_reference": one.order_reference,
        "amount": one.amount,
        "currency": one.currency,
        "capture_mode": one.asked.get("capture_mode") or "MANUAL",
        "captures": _operations(books, "capture", left),
        "voids": _operations(books, "void", left),
        "refunds": _operations(books, "refund", left),
        "authorization": {
            "updated_at": date(max(transaction.updated_at for transaction in books.transactions)),
            "status": books.authorization_status(),
            "partner_transactions": [_transaction(account) for account in books.accounts],
        },
        "amounts": books.amounts(),
        "links": _links(one, books),
        "split": [
            {"partner": tx.partner, "method": tx.method, "amount": tx.amount, **tx.parent}
            for tx in books.transactions
        ],
    }
    if one.asked.get("webhook"):
        told["webhook"] = one.asked["webhook"]
    if redirection:
        told["redirection"] = {"href": redirection, "method": "GET"}
    return told


def _links(one: PursePayment, books: Ledger) -> Json:
    """`self` names the session and hrefs lack /payment, as in the seed; the others only while they can be done."""
    here = f"/v2/payments/{one.pk}"
    links: Json = {
        "self": {"href": f"/v2/client-sessions/{one.session_id}" if one.session_id else here, "method": "GET"}
    }
    for kind in PurseOperation.Kind:
        if books.available(kind) > 0:
            links[kind.value] = {"href": f"{here}/{kind.value}s", "method": "POST"}
    return links


def _words(status: str, reason: str = "") -> Json:
    code, description = _PARTNER_WORDS[status]
    return {"partner_status": code, "partner_status_description": reason or description}


def _transaction(account: ledger.Account) -> Json:
    one = account.transaction
    return {
        "id": one.pk,
        "created_at": date(one.created_at),
        "updated_at": date(one.updated_at),
        "amount": one.amount,
        "partner": one.partner,
        "method": one.method,
        "partner_reference": one.partner_reference,
        **_words(one.status, one.reason),
        "partner_token": one.partner_token,
        "status": one.status,
        **({"card": one.card} if one.card else {}),
        "remaining_amount": max(account.capturable, 0),
    }


def _operations(books: Ledger, kind: str, left: dict[str, int]) -> list[Json]:
    tokens = {transaction.pk: transaction for transaction in books.transactions}
    told = []
    for one in books.operations:
        if one.kind != kind:
            continue
        parts = list(one.parts.all())
        told.append({
            "id": one.pk,
            "amount": one.amount,
            "created_at": date(one.created_at),
            "updated_at": date(max(part.updated_at for part in parts)),
            "triggered_by": one.triggered_by,
            **({"merchant_reference": one.merchant_reference} if one.merchant_reference else {}),
            "status": ledger.operation_status(parts),
            "partner_transactions": [
                {
                    "id": part.pk,
                    "created_at": date(part.created_at),
                    "updated_at": date(part.updated_at),
                    "amount": part.amount,
                    "partner": tokens[part.transaction_id].partner,
                    "method": tokens[part.transaction_id].method,
                    "partner_reference": part.partner_reference,
                    **_words(part.status),
                    "partner_token": tokens[part.transaction_id].partner_token,
                    "status": part.status,
                    "remaining_amount": left.get(part.pk, 0),
                }
                for part in parts
            ],
            **({"order": one.order} if one.order else {}),
        })  # fmt: skip
    return told


def saved_token(one: PurseSavedToken, merchant: str) -> Json:
    """A saved card as the wallet lists it; the members are documented, their values ours."""
    card = one.card
    return {
        "id": one.pk,
        "value": one.value,
        "uniqueness_token": one.pk,
        "expiration_date": f"20{card['expiry_year']}-{card['expiry_month']}",
        "owner_reference": one.customer_reference,
        "merchant": merchant,
        "favorite": False,
        "description": {
            "brand_name": card["selected_network"],
            "display_token": f"{card['bin']}******{card['last_four_digits']}",
            "holder_name": card["holder_name"],
            "masked_pan": f"{card['bin']}******{card['last_four_digits']}",
        },
        "payment_id": {"origin": "PURSE", "partner": one.partner, "method": one.method},
        "source": "MERCHANT",
        "created_at": date(one.created_at),
        "status": "ACTIVE",
    }
