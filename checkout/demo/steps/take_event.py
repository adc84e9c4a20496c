"""Step 4, once it is known to be genuine: what does the shop do with a webhook? It writes it down, once, and lets only
the newest decide."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from checkout.demo.models import DemoEvent, DemoOrder


def take(webhook_id: str, type_: str, at: datetime, data: dict[str, Any]) -> None:
    """Write down what we learned. Events may come twice, late, or in another sequence."""
    state = standing(data)
    try:
        with transaction.atomic():
            order = DemoOrder.objects.select_for_update().filter(reference=data["reference"]).first()
            DemoEvent.objects.create(
                webhook_id=webhook_id,
                order=order or begun_with(data),
                reference=data["reference"],
                type=type_,
                state=state,
                at=at,
            )
            if order is not None and (order.told_at is None or order.told_at <= at):
                order.state, order.told_at = state, at
                order.save(update_fields=["state", "told_at"])
    except IntegrityError:
        if not DemoEvent.objects.filter(webhook_id=webhook_id).exists():
            raise  # else we have it already: fine


def begun_with(data: dict[str, Any]) -> DemoOrder | None:
    """A further payment under an agreement is an order that we did not make; the metadata that we gave the one it began
    with come along. What becomes of it does not change what has become of ours: it is taken note of, no more."""
    metadata = data.get("metadata")
    name = metadata.get("order") if isinstance(metadata, dict) else None
    return DemoOrder.objects.filter(reference=name).first() if isinstance(name, str) else None


def standing(data: dict[str, Any]) -> str:
    """The one word that this shop keeps of an order."""
    if data["amount_refunded"]:
        return "refunded" if data["amount_refunded"] >= data["amount_captured"] else "partly_refunded"
    if data["state"] == "open" and data["amount_authorized"]:
        return "authorized"
    return str(data["state"])
