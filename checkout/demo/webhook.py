"""What has become of an order? Guichet tells us here. Every word is checked before it is believed."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from checkout.demo.models import DemoEvent, DemoOrder

TOLERANCE_SECONDS = 300  # an old request, overheard and sent again, is refused


class NotGenuine(Exception):
    """Not from Guichet, or not from now."""


def verify(headers: Mapping[str, str], body: bytes, *, secret: str, now: float) -> str:
    """The webhook's id, if the signature over the raw `body` holds; NotGenuine otherwise. This is all of the
    Standard Webhooks check: copy it."""
    webhook_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not webhook_id or not timestamp.isascii() or not timestamp.isdigit():
        raise NotGenuine("a header is missing")
    if abs(now - int(timestamp)) > TOLERANCE_SECONDS:
        raise NotGenuine("too old, or from the future")
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    expected = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    # Several signatures, separated by spaces, while a secret is being changed.
    for signature in headers.get("webhook-signature", "").split():
        if hmac.compare_digest(signature.encode(), expected.encode()):
            return webhook_id
    raise NotGenuine("the signature does not hold")


@csrf_exempt
@require_POST
def receive(request: HttpRequest) -> HttpResponse:
    """2xx: we have it, do not send it again. 4xx: it is not what it should be."""
    try:
        webhook_id = verify(
            request.headers, request.body, secret=settings.DEMO_WEBHOOK_SECRET, now=time.time()
        )
    except NotGenuine as why:
        return HttpResponse(f"Refused: {why}.", status=401, content_type="text/plain")
    try:
        event = json.loads(request.body)
        take(webhook_id, event["type"], datetime.fromisoformat(event["timestamp"]), event["data"])
    except (ValueError, KeyError, TypeError):
        return HttpResponse("Refused: it cannot be read.", status=400, content_type="text/plain")
    return HttpResponse(status=204)


def take(webhook_id: str, type_: str, at: datetime, data: dict[str, Any]) -> None:
    """Write down what we learned, once. Events may come late or in another sequence: only the newest decides."""
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
