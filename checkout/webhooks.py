"""How is a shop told what happened? Signed as Standard Webhooks has it, tried for days, each event with one id."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta

import structlog
from django.db.models import F
from django.utils import timezone

from checkout.models import ShopEvent
from providers.errors import ProviderError
from providers.http import Http

log = structlog.get_logger("checkout.webhooks")

# Seconds between tries: five minutes of quick ones, then growing, three days in all.
PAUSES = (5, 30, 120, 300, 1800, 7200, 18_000, 36_000, 86_400, 86_400)
READ_SECONDS = 10
# While one worker tries, no other does; longer than a try with all its pauses can take.
LEASE = timedelta(minutes=3)


class BadSecret(Exception):
    """The shop's webhook secret is not `whsec_` and base64, so nothing can be signed with it."""


def signature(secret: str, *, message_id: str, timestamp: int, body: bytes) -> str:
    """The `webhook-signature` value: HMAC-SHA256 over `id.timestamp.body`, as the Standard Webhooks specification says.

    `secret` is `whsec_` and the key in base64; BadSecret when it is not.
    """
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except ValueError as why:
        raise BadSecret("The shop's webhook secret is not whsec_ and base64.") from why
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def send(event: ShopEvent) -> ShopEvent:
    """Try once. 2xx ends it; anything else is tried again after the next pause, and given up after the last.

    Of two workers that hold the same event only one tries; the shop still has to know a repeated id, because an answer
    of its own may get lost on the way back.
    """
    now = timezone.now()
    mine = ShopEvent.objects.filter(pk=event.pk, attempts=event.attempts, delivered_at=None)
    if not mine.update(attempts=F("attempts") + 1, next_try_at=now + LEASE):
        return event
    event.attempts += 1
    event.last_status, event.last_error = _deliver(event, timestamp=int(now.timestamp()))
    if event.last_error:
        over = event.attempts > len(PAUSES)
        event.next_try_at = None if over else timezone.now() + timedelta(seconds=PAUSES[event.attempts - 1])
        log.warning(
            "webhook not delivered", order=event.order.number, attempt=event.attempts, why=event.last_error
        )
    else:
        event.delivered_at, event.next_try_at = timezone.now(), None
    event.save(update_fields=["last_status", "last_error", "next_try_at", "delivered_at"])
    return event


def repeat(event: ShopEvent) -> None:
    """Once more what was delivered, under the same id: a rehearsal of what a lost answer brings about. What becomes of
    it changes nothing."""
    status, error = _deliver(event, timestamp=int(timezone.now().timestamp()))
    log.info("webhook repeated", event_id=str(event.pk), status=status, why=error)


def _deliver(event: ShopEvent, *, timestamp: int) -> tuple[int | None, str]:
    """The shop's status, and what was wrong with it; "" when nothing was."""
    body = json.dumps(event.payload, separators=(",", ":"), ensure_ascii=False).encode()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Guichet",
        "webhook-id": str(event.pk),
        "webhook-timestamp": str(timestamp),
    }
    secret = event.shop.webhook_secret.reveal()
    try:
        if secret:
            headers["webhook-signature"] = signature(
                secret, message_id=str(event.pk), timestamp=timestamp, body=body
            )
        answer = Http().post(event.shop.webhook_url, headers=headers, data=body, read_seconds=READ_SECONDS)
    except BadSecret as why:
        return None, str(why)
    except ProviderError as why:
        # The words are about providers there; the shop is the one that did not answer here.
        return None, str(why).replace("The provider", "The shop")[:300]
    ok = 200 <= answer.status < 300
    return answer.status, "" if ok else f"The shop answered HTTP {answer.status}."
