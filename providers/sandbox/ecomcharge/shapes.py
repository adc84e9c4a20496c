"""How does eComCharge write a transaction, a token and a time? Row in, JSON out; nothing is decided here.

The keys and their order are those of the recordings in sections 8.2 and 11.
"""

from datetime import UTC, datetime
from typing import Any

from providers.sandbox.ecomcharge.models import EcomchargeCheckout, EcomchargeTransaction

Status = EcomchargeTransaction.Status
CHILDREN = ("capture", "void", "refund")
# What the test acquirer always answers (section 11.5): auth_code, bank_code, rrn, ref_id.
_ACQUIRER = {
    "credit": ("654327", "05", "934", "777822"),
    "capture": (None, None, None, "8889912"),
    "void": (None, None, None, "8889913"),
    "refund": (None, None, None, "8889999"),
}
_PAYMENT = ("654321", "05", "999", "777888")
_GATEWAY_ID = 477
_BILLING = ("first_name", "last_name", "address", "country", "city", "zip", "state", "phone")
SUCCESS = "Successfully processed"


def moment(at: datetime | None) -> str | None:
    """`2020-07-16T18:05:58.119Z`."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z") if at else None


def _paid(at: datetime | None, *, immediate: bool) -> str | None:
    """The answer to the POST itself writes `+00:00`, everything later writes `Z` [public: recordings]."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds") if at and immediate else moment(at)


def said_by_bank(tx: EcomchargeTransaction) -> str:
    """`Payment was approved`, `Refund was declined`."""
    return f"{tx.type.capitalize()} was {'approved' if tx.status == Status.SUCCESSFUL else 'declined'}"


def decline_message(kind: str) -> str:
    return f"{kind.capitalize()} was declined"


def _bank(tx: EcomchargeTransaction, descriptor: str = "test descriptor") -> dict[str, Any]:
    """The object named as the type."""
    auth_code, bank_code, rrn, ref_id = _ACQUIRER.get(tx.type, _PAYMENT)
    done = tx.status == Status.SUCCESSFUL
    decided = tx.status in (Status.SUCCESSFUL, Status.FAILED)
    if tx.type in CHILDREN:
        return {"message": said_by_bank(tx), "ref_id": ref_id if done else None, "rrn": rrn,
                "auth_code": auth_code, "gateway_id": _GATEWAY_ID, "status": tx.status}  # fmt: skip
    return {
        "auth_code": auth_code if done else None, "bank_code": tx.bank_code or (bank_code if decided else None),
        "rrn": rrn if done else None, "ref_id": ref_id if done else None,
        "message": said_by_bank(tx) if decided else None,
        "amount": tx.amount, "currency": tx.currency,
        "billing_descriptor": tx.asked.get("dynamic_billing_descriptor") or descriptor,
        "gateway_id": _GATEWAY_ID, "status": tx.status,
    }  # fmt: skip


def _protected(tx: EcomchargeTransaction) -> dict[str, Any]:
    """The fraud check's verdict, always good: as recorded for each type."""
    verdict: dict[str, Any] = {"status": "successful", "message": None}
    if tx.type in ("void", "refund"):
        return verdict | {"rules": {}}
    if tx.type == "credit":
        return verdict | {"white_black_list": {"card_number": "white"}}
    listed = {"email": "absent", "ip": "absent", "card_number": "white"}
    return verdict | {"white_black_list": listed}


def transaction(tx: EcomchargeTransaction, *, immediate: bool = False) -> dict[str, Any]:
    """`{"transaction": {...}}`. `immediate`: it is the answer to the POST that made it."""
    body = _child(tx, immediate) if tx.type in CHILDREN else _own(tx, immediate)
    if tx.status == Status.FAILED:
        # 2024's keys [public: docs]; the recorded successes have none of them.
        body |= {"code": tx.code or "F.0999", "friendly_message": tx.friendly or tx.message}
    return {"transaction": body}


def _child(tx: EcomchargeTransaction, immediate: bool) -> dict[str, Any]:
    body: dict[str, Any] = {
        "uid": tx.uid, "status": tx.status, "amount": tx.amount, "currency": tx.currency,
    }  # fmt: skip
    if tx.type == "refund":
        body["reason"] = tx.reason
    body |= {
        "type": tx.type, "message": tx.message, "test": tx.test, "created_at": moment(tx.created_at),
        "updated_at": moment(tx.updated_at), "paid_at": _paid(tx.paid_at, immediate=immediate),
    }  # fmt: skip
    if tx.type != "void":
        body |= {"closed_at": None, "settled_at": None}
    return body | {
        "parent_uid": tx.parent_id, "id": tx.uid, "be_protected_verification": _protected(tx),
        tx.type: _bank(tx),
    }  # fmt: skip


def _own(tx: EcomchargeTransaction, immediate: bool) -> dict[str, Any]:
    by_card = tx.method == "credit_card"
    body: dict[str, Any] = {
        "uid": tx.uid, "status": tx.status, "amount": tx.amount, "currency": tx.currency,
        "description": tx.asked.get("description"), "type": tx.type, "payment_method_type": tx.method,
        "tracking_id": tx.tracking_id or None, "message": tx.message, "test": tx.test,
        "created_at": moment(tx.created_at), "updated_at": moment(tx.updated_at),
        "paid_at": _paid(tx.paid_at, immediate=immediate),
    }  # fmt: skip
    if tx.type != "credit":
        body |= {"expired_at": None, "closed_at": None, "settled_at": None}
        if tx.checkout_id:
            body["manually_corrected_at"] = None
    body["language"] = tx.asked.get("language") or "en"
    if tx.type != "credit":
        body["redirect_url"] = f"{tx.base}/process/{tx.uid}"
    if by_card:
        body["credit_card"] = credit_card(tx)
    else:
        body[tx.method] = tx.asked.get("method_data") or {}
    if tx.checkout_id:
        body["receipt_url"] = f"{tx.base}/customer/transactions/{tx.uid}/{tx.receipt}"
    body["id"] = tx.uid
    if tx.type != "credit":
        body["additional_data"] = tx.asked.get("additional_data") or {}
    if tx.three_d_secure:
        body["three_d_secure_verification"] = tx.three_d_secure
    body["be_protected_verification"] = _protected(tx)
    if tx.status != Status.INCOMPLETE:
        body[tx.type] = _bank(tx)
    if tx.type != "credit" and by_card:
        refused = "2" if tx.code == "F.0112" else "1"
        body["avs_cvc_verification"] = {
            "avs_verification": {"result_code": "1"}, "cvc_verification": {"result_code": refused},
        }  # fmt: skip
    if tx.type != "credit":
        customer = tx.asked.get("customer") or {}
        body["customer"] = {name: customer.get(name) for name in ("ip", "email", "device_id", "birth_date")}
        billing = tx.asked.get("billing_address") or {}
        body["billing_address"] = {name: billing.get(name) for name in _BILLING}
    if "recurring" in (tx.save_for or ()):
        body["recurring_type"] = "initial"
    return body


def credit_card(tx: EcomchargeTransaction) -> dict[str, Any]:
    shown = {name: value for name, value in tx.card.items() if name != "token"}
    return shown | {"token_provider": None, "token": tx.card.get("token")}


def gateway_response(checkout: EcomchargeCheckout) -> dict[str, Any] | None:
    """The last attempt, shorter, under its type's name; null when there was none."""
    tx = checkout.transactions.order_by("-created_at").first()
    if tx is None:
        return None
    bank = _bank(tx, "TEST GATEWAY BILLING DESCRIPTOR")
    names = ("auth_code", "bank_code", "rrn", "ref_id", "message", "gateway_id", "billing_descriptor")
    return {tx.type: {"uid": tx.uid} | {name: bank[name] for name in names} | {"status": tx.status}}


def shop(settings: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": settings["shop_name"], "url": settings["shop_url"], "contact_email": "shop@example.com",
        "contact_phone": None, "brands": [{"alternative": False, "name": name} for name in brands(settings)],
    }  # fmt: skip


def brands(settings: dict[str, Any]) -> list[str]:
    return [name.strip() for name in settings["brands"].split(",") if name.strip()]


def shop_id(settings: dict[str, Any]) -> int | str:
    return int(settings["shop_id"]) if settings["shop_id"].isdigit() else settings["shop_id"]


def token(checkout: EcomchargeCheckout, settings: dict[str, Any]) -> dict[str, Any]:
    """The `checkout` of a status query, and the flat body of the webhook `Token is expired.`"""
    asked = checkout.asked
    return {
        "token": checkout.token, "shop_id": shop_id(settings),
        "transaction_type": checkout.transaction_type, "gateway_response": gateway_response(checkout),
        "order": asked.get("order") or {}, "settings": asked.get("settings") or {},
        "customer": asked.get("customer") or {}, "finished": checkout.finished,
        "expired": checkout.expired, "shop": shop(settings), "test": checkout.test,
        "status": checkout.status, "message": checkout.message,
        "payment_method": asked.get("payment_method") or {},
    }  # fmt: skip
