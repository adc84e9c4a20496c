"""How is a shop told what happened? Signed as Standard Webhooks has it, tried for days, each event with one id."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta

import structlog
from django.utils import timezone

from checkout.models import ShopEvent
from providers.errors import ProviderError
from providers.http import Http

log = structlog.get_logger("checkout.webhooks")

# Seconds between tries: five minutes of quick ones, then growing, three days in all.
PAUSES = (5, 30, 120, 300, 1800, 7200, 18_000, 36_000, 86_400, 86_400)
READ_SECONDS = 10


def signature(secret: str, *, message_id: str, timestamp: int, body: bytes) -> str:
    """The `webhook-signature` value: HMAC-SHA256 over `id.timestamp.body`, as the Standard Webhooks specification says.

    `secret` is `whsec_` and the key in base64.
    """
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def send(event: ShopEvent) -> ShopEvent:
    """Try once. 2xx ends it; anything else is tried again after the next pause, and given up after the last."""
    if event.delivered_at is not None:
        return event
    now = timezone.now()
    body = json.dumps(event.payload, separators=(",", ":"), ensure_ascii=False).encode()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Guichet",
        "webhook-id": str(event.pk),
        "webhook-timestamp": str(int(now.timestamp())),
    }
    secret = event.shop.webhook_secret.reveal()
    if secret:
        headers["webhook-signature"] = signature(
            secret, message_id=str(event.pk), timestamp=int(now.timestamp()), body=body
        )
    event.attempts += 1
    try:
        answer = Http().post(event.shop.webhook_url, headers=headers, data=body, read_seconds=READ_SECONDS)
        event.last_status = answer.status
        event.last_error = "" if 200 <= answer.status < 300 else f"The shop answered HTTP {answer.status}."
    except ProviderError as why:
        # The words are about providers there; the shop is the one that did not answer here.
        event.last_status, event.last_error = None, str(why).replace("The provider", "The shop")[:300]
    if event.last_error:
        over = event.attempts > len(PAUSES)
        event.next_try_at = None if over else timezone.now() + timedelta(seconds=PAUSES[event.attempts - 1])
        log.warning(
            "webhook not delivered", order=event.order.number, attempt=event.attempts, why=event.last_error
        )
    else:
        event.delivered_at, event.next_try_at = timezone.now(), None
    event.save()
    return event
