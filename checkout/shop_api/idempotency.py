"""Was this very request made before? Then the first answer is given again, and nothing is done twice."""

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Header

from checkout.models import IdempotencyKey, Shop
from checkout.shop_api.access import shop_of
from checkout.shop_api.problems import Problem

HEADER = "Idempotency-Key"
REPLAY = "Idempotent-Replay"
# Longer than any call to a provider takes. Whoever held a key for so long without an end has died.
LEASE = timedelta(minutes=5)


def key_header(brings: str, *, required: bool = True) -> Any:
    """The header as an operation asks for it; `brings`: what the same key brings the second time."""
    return Header(
        ... if required else None,
        alias=HEADER,
        min_length=1,
        max_length=255,
        pattern=r"^[\x21-\x7e]+$",
        description=f"Your own name for this request, such as the basket's id. Sent again with the same body, it "
        f"brings {brings}, with the header {REPLAY}: true.",
    )


@dataclass(frozen=True, kw_only=True)
class Answered:
    status: int
    body: str  # JSON, the same to the letter each time
    replayed: bool


def fingerprint(method: str, path: str, body: dict[str, Any]) -> str:
    """The same for the same request, in whatever sequence its names were written."""
    said = json.dumps([method, path, body], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(said.encode()).hexdigest()


def once(shop: Shop, key: str, mark: str, make: Callable[[], tuple[int, dict[str, Any]]]) -> Answered:
    """Do `make` unless `key` was answered before. A refusal (an exception out of `make`) is not remembered.

    The key's row is written first, in the transaction of what `make` writes: a second request with the same key waits
    there until the first is through, and then either replays its answer or, if it came to nothing, does the work.
    """
    try:
        with transaction.atomic():
            row = IdempotencyKey.objects.create(shop=shop, key=key, fingerprint=mark)
            status, body = make()
            # As text: a JSON column of PostgreSQL's keeps no sequence of names.
            row.status, row.answer = status, json.dumps(body)
            row.save(update_fields=["status", "answer"])
            return Answered(status=status, body=row.answer, replayed=False)
    except IntegrityError:
        known = IdempotencyKey.objects.filter(shop=shop, key=key).first()
        if known is None:
            raise
    if known.fingerprint != mark:
        raise key_reused()
    if known.status is None:
        raise in_progress()
    return Answered(status=known.status, body=str(known.answer), replayed=True)


def release(shop: Shop, key: str, mark: str) -> None:
    """What the key was claimed for was refused, which is not remembered: the mended request may come under it."""
    IdempotencyKey.objects.filter(shop=shop, key=key, fingerprint=mark).delete()


@contextmanager
def claimed(
    request: HttpRequest, response: HttpResponse, key: str | None, body: dict[str, Any] | None = None
) -> Iterator[bool]:
    """For what asks a provider, and so is done in no transaction: is it to be done? The key is claimed before, and a
    second request with it is refused as long as the first is under way. After that it is not done again, and answered
    with how things stand by then. A refusal is not remembered. Without a key, which not everything asks for: done."""
    if key is None:
        yield True
        return
    rows = IdempotencyKey.objects.filter(shop=shop_of(request), key=key)
    mark = fingerprint(request.method or "", request.path, body or {})
    if not _claim(shop_of(request), key, mark):
        response[REPLAY] = "true"
        yield False
        return
    try:
        yield True
    except BaseException:
        rows.delete()
        raise
    rows.update(status=200)


def _claim(shop: Shop, key: str, mark: str) -> bool:
    """False: it was done before. A problem where another request has the key."""
    try:
        with transaction.atomic():
            IdempotencyKey.objects.create(shop=shop, key=key, fingerprint=mark)
            return True
    except IntegrityError:
        known = IdempotencyKey.objects.filter(shop=shop, key=key).first()
    if known is None:  # refused, and let go, at this very moment
        raise in_progress()
    if known.fingerprint != mark:
        raise key_reused()
    if known.status is not None:
        return False
    now = timezone.now()
    forsaken = IdempotencyKey.objects.filter(pk=known.pk, status=None, created_at__lt=now - LEASE)
    if not forsaken.update(created_at=now):
        raise in_progress()
    return True


def was_answered(shop: Shop, key: str) -> bool:
    return IdempotencyKey.objects.filter(shop=shop, key=key).exists()


def in_progress() -> Problem:
    why = "The first request with this key is still under way. Send it again in a moment."
    return Problem(409, "in-progress", why, headers={"Retry-After": "2"})


def key_reused() -> Problem:
    why = "was used before, for another request; take a new one"
    return Problem(422, "idempotency-key-reused", f"{HEADER}: {why}.", errors=[(HEADER, why)])
