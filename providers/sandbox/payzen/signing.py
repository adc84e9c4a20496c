"""Whose call is it, and who signed this? Basic credentials of one mode, and kr-hash over the exact string."""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest

from providers.sandbox import accounts

SLUG = "payzen"
TEST, PRODUCTION = "TEST", "PRODUCTION"
# kr-hash-key -> which of a mode's keys signs: IPNs by the password, what passes a browser by the HMAC key.
_KEYS = {"password": "password", "sha256_hmac": "hmac_key"}
ALGORITHM = "sha256_hmac"
_STRANGER = "testpassword_OF_SOMEBODY_ELSE"


@dataclass(frozen=True)
class Caller:
    """An account in one of its two modes; `known` is false when the credentials are nobody's."""

    account: str
    mode: str
    origin: str
    known: bool = True
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def base(self) -> str:
        return f"{self.origin}/{SLUG}"


def key_of(account: str, mode: str, name: str) -> str:
    """`password`, `hmac_key` or `public_key` of this mode."""
    found: str = accounts.settings_of(SLUG, account)[f"{mode.lower()}_{name}"]
    return found


def caller_of(request: HttpRequest) -> Caller:
    """The password alone decides the mode."""
    shop_id, password = _basic(request.headers.get("Authorization", ""))
    for name, settings in accounts.all_of(SLUG).items():
        for mode in (TEST, PRODUCTION):
            known = settings[f"{mode.lower()}_password"]
            if settings["shop_id"] == shop_id and known and hmac.compare_digest(known.encode(), password):
                return Caller(name, mode, origin_of(request, settings), settings=settings)
    settings = accounts.settings_of(SLUG)
    # The mode of a password that is nobody's is what it says of itself.
    mode = PRODUCTION if password.startswith(b"prod") else TEST
    return Caller(accounts.DEFAULT, mode, origin_of(request, settings), known=False, settings=settings)


def _basic(header: str) -> tuple[str, bytes]:
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return "", b""
    try:
        user, _, password = base64.b64decode(encoded, validate=True).partition(b":")
    except (binascii.Error, ValueError):
        return "", b""
    return user.decode("utf-8", "replace"), password


def origin_of(request: HttpRequest, settings: dict[str, Any]) -> str:
    """Where browsers reach the sandbox: the account's `public_origin`, else where the call came to."""
    return str(settings["public_origin"]).rstrip("/") or f"{request.scheme}://{request.get_host()}"


def owner_of_public_key(given: str) -> tuple[str, str] | None:
    """Account and mode of `69876357:testpublickey_...`."""
    for name, settings in accounts.all_of(SLUG).items():
        for mode in (TEST, PRODUCTION):
            public = f"{settings['shop_id']}:{settings[f'{mode.lower()}_public_key']}"
            if hmac.compare_digest(public.encode(), given.encode()):
                return name, mode
    return None


def digest(answer: str, key: str) -> str:
    """Lower-case hexadecimal HMAC-SHA-256 of exactly this string; nothing is appended to it."""
    return hmac.new(key.encode(), answer.encode(), hashlib.sha256).hexdigest()


def seal(answer: str, account: str, mode: str, hash_key: str) -> dict[str, str]:
    """The five kr-* fields; `hash_key` is `password` (IPN) or `sha256_hmac` (browser)."""
    return {
        "kr-hash": digest(answer, key_of(account, mode, _KEYS[hash_key])), "kr-hash-algorithm": ALGORITHM,
        "kr-hash-key": hash_key, "kr-answer-type": "V4/Payment", "kr-answer": answer,
    }  # fmt: skip


def wrong_hash(answer: str) -> str:
    """Signed by somebody else."""
    return digest(answer, _STRANGER)
