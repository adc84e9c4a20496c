"""Whose call is it, and how does a shop know that a message is ours? X-Wsse inwards, two checksums outwards.

Sections 1.1, 3 and 4 of the contract.
"""

import base64
import binascii
import hashlib
import hmac
import re
import time
from typing import Any

from django.db import IntegrityError, transaction

from providers.sandbox import accounts
from providers.sandbox.syspay.codes import FORBIDDEN, Refused
from providers.sandbox.syspay.models import SyspayNonce

SLUG = "syspay"
# One space after each comma, double quotes, this order: as every source writes it.
_WSSE = re.compile(
    r'AuthToken MerchantAPILogin="([^"]+)", PasswordDigest="([^"]+)", Nonce="([^"]+)", Created="([0-9]{1,15})"'
)
_STRANGER = "somebody else's passphrase"


class Caller:
    """The account whose X-Wsse header fits."""

    def __init__(self, name: str, settings: dict[str, Any]) -> None:
        self.name = name
        self.settings = settings


def digest(nonce: bytes, created: str, passphrase: str) -> str:
    """BASE64(SHA1(nonce || created || passphrase)), over the raw nonce and the raw hash."""
    return base64.b64encode(hashlib.sha1(nonce + created.encode() + passphrase.encode()).digest()).decode()  # noqa: S324


def caller_of(header: str | None, ip: str) -> Caller:
    """Who calls; 403 for a header that is wrong, too old, or was used before."""
    found = _WSSE.fullmatch(header or "")
    if not found:
        raise Refused(FORBIDDEN)
    login, given, nonce64, created = found.groups()
    try:
        nonce = base64.b64decode(nonce64, validate=True)
    except (binascii.Error, ValueError):
        raise Refused(FORBIDDEN) from None
    for name, settings in accounts.all_of(SLUG).items():
        wanted = digest(nonce, created, settings["passphrase"])
        if login == settings["login"] and hmac.compare_digest(wanted.encode(), given.encode()):
            _check(settings, ip, login, nonce64, created)
            return Caller(name, settings)
    raise Refused(FORBIDDEN)


def _check(settings: dict[str, Any], ip: str, login: str, nonce: str, created: str) -> None:
    allowed = [one.strip() for one in settings["allowed_ips"].split(",") if one.strip()]
    if allowed and ip not in allowed:
        raise Refused(FORBIDDEN)
    # By the machine's clock: the client knows no other.
    window = settings["wsse_window_seconds"]
    if window and abs(int(time.time()) - int(created)) > window:
        raise Refused(FORBIDDEN)
    try:
        with transaction.atomic():
            SyspayNonce.objects.create(login=login, nonce=nonce[:255], created=created)
    except IntegrityError:
        raise Refused(FORBIDDEN) from None


def checksum(text: str, passphrase: str) -> str:
    """Lower-case hexadecimal SHA-1 of the text and the passphrase behind it: of a body, and of a redirect's result."""
    return hashlib.sha1(text.encode() + passphrase.encode()).hexdigest()  # noqa: S324


def wrong_checksum(text: str) -> str:
    return checksum(text, _STRANGER)
