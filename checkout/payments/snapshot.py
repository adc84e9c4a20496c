"""What does a shop see of an order? The same in the API's answer and in a webhook."""

from datetime import UTC, datetime
from typing import Any

from checkout.models import Agreement, Order, Payment
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
        "terms": order.terms or None,
        "agreement": _agreement(order),
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
            "chargebacks": [
                {
                    "amount": row.amount_minor,
                    "currency": row.currency,
                    "status": row.status,
                    "reason": row.reason,
                    "at": _utc(row.at) if row.at else None,
                }
                for row in latest.chargebacks.order_by("pk")
            ],
            "errors": latest.refused_fields,
            "next": how_it_goes_on(order, latest),
            "card": {"brand": latest.card_brand, "last4": latest.card_last4} if latest.card_last4 else None,
        },
    }


def agreement_snapshot(agreement: Agreement) -> dict[str, Any]:
    """JSON-ready, as above. `order` is the one that began it."""
    return {
        "id": agreement.number,
        "kind": agreement.kind,
        "state": agreement.state,
        "phase": agreement.phase or None,
        "end_reason": agreement.end_reason or None,
        "provider": agreement.account.provider,
        "provider_id": agreement.provider_id,
        "customer": agreement.customer_reference,
        "currency": agreement.currency,
        "terms": agreement.terms or None,
        "next_event": {"what": agreement.next_event, "at": _utc(agreement.next_event_at)}
        if agreement.next_event and agreement.next_event_at
        else None,
        "began_at": _utc(agreement.began_at) if agreement.began_at else None,
        "ended_at": _utc(agreement.ended_at) if agreement.ended_at else None,
        "expires_at": _utc(agreement.expires_at) if agreement.expires_at else None,
        "may_charge": agreement.may_charge,
        "endings": agreement.endings,
        "order": agreement.payment.order.number,
    }


def _agreement(order: Order) -> dict[str, Any] | None:
    """The agreement that this order began, or of which it is a further payment."""
    if order.agreement is not None:
        return agreement_snapshot(order.agreement)
    begun = Agreement.objects.filter(payment__order=order).order_by("created_at").last()
    return agreement_snapshot(begun) if begun else None


def how_it_goes_on(order: Order, payment: Payment) -> dict[str, str] | None:
    """Where the shopper is to be sent so that this attempt goes on; None when it waits for nobody, or for others.

    Always our own page: it alone may embed the provider's widget, and it knows what became of the attempt since.
    """
    if payment.desk:
        return None  # it goes on at the merchant's desk
    if payment.state == State.STARTED and payment.show:
        return {"kind": "page", "url": order.pay_url}
    return None


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
