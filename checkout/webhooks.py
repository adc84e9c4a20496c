"""How is a shop told what happened? Signed as Standard Webhooks has it, tried for days, each event with one id.

In sequence as far as that helps: an event waits for the earlier ones of its order while those are in their quick tries.
After that it overtakes them, for a shop that cannot read one event is still to hear that the order is paid; `sequence`
tells it which is the newer. Between orders nothing is promised.
"""

import base64
import hashlib
import hmac
import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from checkout.models import Letter, Shop, ShopEvent
from providers.errors import ProviderError
from providers.http import Http

log = structlog.get_logger("checkout.webhooks")

# Seconds between tries: five minutes of quick ones, then growing, three days in all.
PAUSES = (5, 30, 120, 300, 1800, 7200, 18_000, 36_000, 86_400, 86_400)
READ_SECONDS = 10
# For so many tries an event keeps the later ones of its order waiting: seven and a half minutes.
WAITED_FOR_TRIES = 4
# An address that took nothing for this long, in so many tries, is dead: it is left alone until a person resumes it.
DEAD_AFTER = timedelta(hours=24)
DEAD_TRIES = 10
GONE = 410  # as Standard Webhooks has it: the shop wants no more
TEST = "webhook.test"
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


def held_up() -> Q:
    """Events that are not to be sent now, whatever their time: the shop is paused, or an earlier one goes first."""
    earlier = _before(OuterRef("order"), OuterRef("sequence"))
    return Q(shop__webhook_paused_at__isnull=False) | Q(Exists(earlier))


def _before(order: Any, sequence: Any) -> QuerySet[ShopEvent]:
    return ShopEvent.objects.filter(
        order=order,
        sequence__lt=sequence,
        delivered_at=None,
        next_try_at__isnull=False,
        attempts__lt=WAITED_FOR_TRIES,
    )


def send(event: ShopEvent, *, by_hand: bool = False) -> ShopEvent:
    """Try once. 2xx ends it; anything else is tried again after the next pause, and given up after the last. Not while
    it is held up, unless a person wants it now.

    Of two workers that hold the same event only one tries; the shop still has to know a repeated id, because an answer
    of its own may get lost on the way back.
    """
    if not by_hand and ShopEvent.objects.filter(held_up(), pk=event.pk).exists():
        return event
    now = timezone.now()
    mine = ShopEvent.objects.filter(pk=event.pk, attempts=event.attempts, delivered_at=None)
    if not mine.update(attempts=F("attempts") + 1, next_try_at=now + LEASE):
        return event
    event.attempts += 1
    event.last_status, event.last_error = _deliver(event, timestamp=int(now.timestamp()))
    if event.last_error:
        over = event.attempts > len(PAUSES) or event.type == TEST
        event.next_try_at = None if over else timezone.now() + timedelta(seconds=PAUSES[event.attempts - 1])
        log.warning(
            "webhook not delivered", event_id=str(event.pk), attempt=event.attempts, why=event.last_error
        )
    else:
        event.delivered_at, event.next_try_at = timezone.now(), None
    event.save(update_fields=["last_status", "last_error", "next_try_at", "delivered_at"])
    _note_how_the_shop_fares(event)
    return event


def next_in_line(event: ShopEvent) -> UUID | None:
    """The id of the order's event that waited for this one, and need not any more."""
    if event.order_id is None or (event.next_try_at is not None and event.attempts < WAITED_FOR_TRIES):
        return None
    waiting = ShopEvent.objects.filter(
        order_id=event.order_id, sequence__gt=event.sequence, delivered_at=None, next_try_at__isnull=False
    )
    return waiting.exclude(held_up()).order_by("sequence").values_list("pk", flat=True).first()


# --- a shop that does not listen -------------------------------------------------------------------------------------


def _note_how_the_shop_fares(event: ShopEvent) -> None:
    shop = Shop.objects.filter(pk=event.shop_id)
    now = timezone.now()
    if not event.last_error:
        # While it is paused, `resume` still has to know since when: a test that went well is no end of it.
        shop.filter(webhook_paused_at=None).exclude(webhook_failing_since=None).update(
            webhook_failing_since=None
        )
        return
    shop.filter(webhook_failing_since=None).update(webhook_failing_since=now)
    since = shop.values_list("webhook_failing_since", flat=True).get()
    if since is not None and _is_dead(event, since, now):
        _pause(event.shop_id, since, now)


def _is_dead(event: ShopEvent, since: datetime, now: datetime) -> bool:
    if event.last_status == GONE:
        return True
    if now - since < DEAD_AFTER:
        return False
    failing = ShopEvent.objects.filter(
        shop_id=event.shop_id, delivered_at=None, created_at__gte=since - DEAD_AFTER
    )
    return sum(failing.values_list("attempts", flat=True)) >= DEAD_TRIES


def _pause(shop_id: int, since: datetime, now: datetime) -> None:
    """What is owed stays owed, and no try is spent on it. The merchant gets one e-mail."""
    with transaction.atomic():
        if not Shop.objects.filter(pk=shop_id, webhook_paused_at=None).update(webhook_paused_at=now):
            return
        shop = Shop.objects.get(pk=shop_id)
        log.error("webhooks paused", shop=shop.slug)
        if shop.merchant_email:
            Letter.objects.create(
                shop=shop,
                kind=Letter.Kind.WEBHOOKS_PAUSED,
                key=f"webhooks_paused:{shop.pk}:{now.isoformat()}",
                to=shop.merchant_email,
                data={"since": since.isoformat(), "address": shop.webhook_url},
                next_try_at=now,
            )


def resume(shop: Shop) -> int:
    """The address is to be used again. What was given up since it failed is owed anew, and all that is owed begins with
    the quick tries again: in its sequence, and for days, should the address not hold. Returns how many are owed."""
    with transaction.atomic():
        now = timezone.now()
        locked = Shop.objects.select_for_update(of=("self",)).get(pk=shop.pk)
        owed = ShopEvent.objects.filter(shop=locked, delivered_at=None, order__isnull=False)
        if locked.webhook_failing_since is not None:
            lost = owed.filter(next_try_at=None, created_at__gte=locked.webhook_failing_since - DEAD_AFTER)
            lost.update(next_try_at=now)
        count = owed.filter(next_try_at__isnull=False).update(next_try_at=now, attempts=0)
        locked.webhook_paused_at = locked.webhook_failing_since = None
        locked.save(update_fields=["webhook_paused_at", "webhook_failing_since"])
    return count


def send_test(shop: Shop) -> ShopEvent:
    """One event that tells of nothing, sent now and once. It does not end a pause."""
    now = timezone.now()
    event = ShopEvent.objects.create(
        shop=shop,
        type=TEST,
        payload={
            "type": TEST,
            "timestamp": now.isoformat(),
            "sequence": 0,
            "data": {"shop": shop.slug, "message": "This is a test. Answer 2xx, and do nothing."},
        },
    )
    return send(ShopEvent.objects.select_related("shop", "order").get(pk=event.pk), by_hand=True)


def _secrets_of(shop: Shop) -> list[str]:
    """The present one, and while the shop changes over the former one as well."""
    former = shop.webhook_former_until is not None and shop.webhook_former_until > timezone.now()
    secrets = [shop.webhook_secret.reveal(), shop.webhook_former_secret.reveal() if former else None]
    return [secret for secret in secrets if secret]


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
    try:
        signatures = [
            signature(secret, message_id=str(event.pk), timestamp=timestamp, body=body)
            for secret in _secrets_of(event.shop)
        ]
        if signatures:
            headers["webhook-signature"] = " ".join(signatures)
        answer = Http().post(event.shop.webhook_url, headers=headers, data=body, read_seconds=READ_SECONDS)
    except BadSecret as why:
        return None, str(why)
    except ProviderError as why:
        # The words are about providers there; the shop is the one that did not answer here.
        return None, str(why).replace("The provider", "The shop")[:300]
    ok = 200 <= answer.status < 300
    return answer.status, "" if ok else f"The shop answered HTTP {answer.status}."
