"""Which webhooks does a shop get, and what do they look like? The sentences stand on the API's page."""

from typing import Any

Json = dict[str, Any]

_PARTLY = 1000
_AT = "2026-11-21T18:00:02+00:00"

# By the type: what it tells, and in what the order of the example differs from a paid one.
EVENTS: dict[str, tuple[str, Json]] = {
    "order.paid": ("The money is there. Ship.", {}),
    "order.authorized": (
        "The money is reserved (`capture_later`). Ship when you capture.",
        {"state": "open", "amount_authorized": 4299, "amount_captured": 0, "paid_at": None},
    ),
    "order.refunded": ("Some or all of it went back: see `amount_refunded`.", {"amount_refunded": _PARTLY}),
    "order.canceled": (
        "Given up: nobody can pay it any more. A bank may still confirm later; then `order.paid` follows.",
        {"state": "canceled", "amount_captured": 0, "paid_at": None},
    ),
    "order.expired": (
        "It ran out. As with `order.canceled`, late money is told as `order.paid`.",
        {"state": "expired", "amount_captured": 0, "paid_at": None},
    ),
    "order.reopened": (
        "It can be paid again.",
        {"state": "open", "amount_captured": 0, "paid_at": None},
    ),
    "order.charged_back": (
        "The bank took money back for the cardholder: see `payment.chargebacks`. No sum of the order changes.",
        {},
    ),
    "order.attention": (
        "A person at the merchant's has to look; nothing for you to do.",
        {"needs_attention": True},
    ),
    "agreement.updated": (
        "A subscription, a payment plan or a mandate began, changed or ended: see `data.agreement`.",
        {},
    ),
    "payment.failed": (
        "A payment failed: `payment` is the attempt. Here it is a further payment of an agreement.",
        {"state": "canceled", "amount_captured": 0, "paid_at": None},
    ),
    "webhook.test": (
        "Sent by hand from the admin. It tells of no order: check it, answer 2xx, do nothing.",
        {},
    ),
}
_OF_AGREEMENTS = {"agreement.updated", "payment.failed"}


def webhook_example(type_: str, order: Json) -> Json:
    """The body, around an order as the API's page shows it."""
    _text, differs = EVENTS[type_]
    if type_ == "webhook.test":
        return {
            "type": type_,
            "timestamp": _AT,
            "sequence": 0,
            "data": {"shop": "museum", "message": "This is a test."},
        }
    data = {**order, **differs}
    if type_ not in _OF_AGREEMENTS:
        data["agreement"] = None
    if isinstance(data.get("payment"), dict):
        state = {"order.paid": "paid", "order.authorized": "authorized", "payment.failed": "failed"}.get(
            type_
        )
        data["payment"] = {**data["payment"], **({"state": state} if state else {})}
    return {"type": type_, "timestamp": _AT, "sequence": 2, "data": data}
