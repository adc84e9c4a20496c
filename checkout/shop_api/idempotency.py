"""Was this very request made before? Then the first answer is given again, and nothing is done twice."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from ninja import Header

from checkout.models import IdempotencyKey, Shop
from checkout.shop_api.problems import Problem

HEADER = "Idempotency-Key"
REPLAY = "Idempotent-Replay"


def key_header(brings: str) -> Any:
    """The header as an operation asks for it; `brings`: what the same key brings the second time."""
    return Header(
        ...,
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
    if known.status is None:
        raise RuntimeError("an idempotency key without its answer was committed")
    if known.fingerprint != mark:
        raise key_reused()
    return Answered(status=known.status, body=str(known.answer), replayed=True)


def release(shop: Shop, key: str, mark: str) -> None:
    """What the key was claimed for was refused, which is not remembered: the mended request may come under it."""
    IdempotencyKey.objects.filter(shop=shop, key=key, fingerprint=mark).delete()


def was_answered(shop: Shop, key: str) -> bool:
    return IdempotencyKey.objects.filter(shop=shop, key=key).exists()


def key_reused() -> Problem:
    why = "was used before, for another request; take a new one"
    return Problem(422, "idempotency-key-reused", f"{HEADER}: {why}.", errors=[(HEADER, why)])
