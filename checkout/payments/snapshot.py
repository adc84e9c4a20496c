"""What does a shop see of an order? The same in the API's answer and in a webhook."""

from datetime import UTC, datetime
from typing import Any

from checkout.models import Order


def order_snapshot(order: Order) -> dict[str, Any]:
    """JSON-ready. Amounts are integer minor units of `currency`; times ISO 8601 in UTC."""
    paying = order.paying_attempt()
    latest = paying or order.latest_attempt()
    return {
        "id": order.number,
        "reference": order.reference,
        "state": str(order.state),
        "kind": str(order.kind),
        "amount": order.amount_minor,
        "currency": order.currency,
        "amount_authorized": paying.authorized_minor if paying else 0,
        "amount_captured": paying.captured_minor if paying else 0,
        "amount_refunded": paying.refunded_minor if paying else 0,
        "description": order.description,
        "metadata": order.metadata,
        "needs_attention": bool(order.attention),
        "pay_url": order.pay_url,
        "created_at": _utc(order.created_at),
        "expires_at": _utc(order.expires_at),
        "paid_at": _utc(order.paid_at) if order.paid_at else None,
        "payment": None
        if latest is None
        else {
            "reference": latest.reference,
            "attempt": latest.number,
            "state": str(latest.state),
            "provider": latest.account.provider,
            "provider_id": latest.provider_id,
            "decline_reason": latest.decline_reason or None,
            "occasion": latest.occasion or None,
            "errors": latest.refused_fields,
            "card": {"brand": latest.card_brand, "last4": latest.card_last4} if latest.card_last4 else None,
        },
    }


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
