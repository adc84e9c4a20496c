"""What does a shop see of an order? The same in the API's answer and in a webhook."""

from datetime import UTC, datetime
from typing import Any

from checkout.models import Order, Payment
from checkout.states import State


def order_snapshot(order: Order, *, about: Payment | None = None) -> dict[str, Any]:
    """JSON-ready. Amounts are integer minor units of `currency`; times ISO 8601 in UTC. `payment` is the attempt that
    brought the money, else the latest one; or `about`, for whoever asked for that very attempt."""
    paying = order.paying_attempt()
    latest = about or paying or order.latest_attempt()
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
            "decline_code": latest.decline_code or None,
            "decline_message": latest.decline_message or None,
            "may_retry": latest.may_retry,
            "occasion": latest.occasion or None,
            "errors": latest.refused_fields,
            "next": how_it_goes_on(order, latest),
            "card": {"brand": latest.card_brand, "last4": latest.card_last4} if latest.card_last4 else None,
        },
    }


def how_it_goes_on(order: Order, payment: Payment) -> dict[str, str] | None:
    """Where the shopper is to be sent so that this attempt goes on; None when it waits for nobody, or for others.

    Always our own page: it alone may embed the provider's widget, and it knows what became of the attempt since.
    """
    if payment.state == State.STARTED and payment.show:
        return {"kind": "page", "url": order.pay_url}
    return None


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
