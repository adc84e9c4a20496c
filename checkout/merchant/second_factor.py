"""Is it really this person? A code of six digits from their authenticator app, or one of their backup codes.

The codes are those of RFC 6238, thirty seconds each; one step before and after is let in, for clocks that differ. Each
code is taken once. The app's key is kept encrypted, as every secret here is: authenticator libraries for Django keep it
readable, and whoever reads the database could then make codes. After a few wrong codes a person has to wait, from
wherever they come: whoever gets as far as this page knows the password.
"""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pyotp
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from checkout.models import SecondFactor

OFF, OPTIONAL, REQUIRED = "off", "optional", "required"
CHOICES = (OFF, OPTIONAL, REQUIRED)
BACKUP_CODES = 10
_STEP = 30
_SESSION = "second_factor"
_BACKUP = re.compile(r"[A-Z2-7]{16}")


@dataclass(frozen=True)
class Wait:
    """Too many wrong codes: nothing is checked before `until`."""

    until: datetime

    @property
    def minutes(self) -> int:
        return max(1, -(-int((self.until - timezone.now()).total_seconds()) // 60))


# --- whose, and does this session know it? ---------------------------------------------------------------------------


def factor_of(user: Any) -> SecondFactor | None:
    """What is to be asked for when `user` logs in; None: nothing."""
    if settings.SECOND_FACTOR == OFF or not user.is_authenticated:
        return None
    return SecondFactor.objects.filter(user_id=user.pk, confirmed_at__isnull=False).first()


def is_given(request: HttpRequest) -> bool:
    """May this session go in, as far as the second factor goes? One look a request."""
    if not hasattr(request, "_second_factor_given"):
        factor = factor_of(request.user)
        request._second_factor_given = factor is None or request.session.get(_SESSION) == factor.pk  # type: ignore[attr-defined]
        request._second_factor_there = factor is not None  # type: ignore[attr-defined]
    return bool(request._second_factor_given)  # type: ignore[attr-defined]


def must_be_set_up(request: HttpRequest) -> bool:
    is_given(request)
    return settings.SECOND_FACTOR == REQUIRED and not request._second_factor_there  # type: ignore[attr-defined]


def keep_given(request: HttpRequest, factor: SecondFactor) -> None:
    """From now on this session knows it; its own key is made anew."""
    request.session.cycle_key()
    request.session[_SESSION] = factor.pk


# --- codes -----------------------------------------------------------------------------------------------------------


def check(factor: SecondFactor, given: str) -> str | Wait | None:
    """What was given, "code" or "backup code"; None: it is wrong. Under the row's lock, so that a code that is sent
    twice at one moment is taken once."""
    now = timezone.now()
    with transaction.atomic():
        row = SecondFactor.objects.select_for_update().filter(pk=factor.pk).first()
        if row is None:
            return None
        if row.blocked_until is not None and row.blocked_until > now:
            return Wait(row.blocked_until)
        how = _taken(row, given, now)
        if how is not None:
            row.failures, row.blocked_until, row.last_used_at = 0, None, now
        else:
            row.failures += 1
            if row.failures >= settings.LOGIN_TRIES:
                row.failures = 0
                row.blocked_until = now + timedelta(minutes=settings.LOGIN_WAIT_MINUTES)
        row.save()
    if how is None and row.blocked_until is not None:
        return Wait(row.blocked_until)
    return how


def _taken(row: SecondFactor, given: str, now: datetime) -> str | None:
    plain = re.sub(r"[\s-]", "", given).upper()
    if re.fullmatch(r"\d{6}", plain, flags=re.ASCII):
        step = _step_of(row, plain, now)
        if step is None:
            return None
        row.last_step = step
        return "code"
    if row.confirmed_at is None or not _BACKUP.fullmatch(plain):
        return None
    digest = _digest(plain)
    left = [one for one in row.backup_digests if not hmac.compare_digest(one, digest)]
    if len(left) == len(row.backup_digests):
        return None
    row.backup_digests = left
    return "backup code"


def _step_of(row: SecondFactor, code: str, now: datetime) -> int | None:
    """The thirty seconds that `code` is of, where none of them or later was taken before."""
    totp = pyotp.TOTP(row.secret.reveal())
    here = int(now.timestamp()) // _STEP
    right = [
        step for step in (here - 1, here, here + 1) if hmac.compare_digest(totp.generate_otp(step), code)
    ]
    return next((step for step in right if step > row.last_step), None)


# --- set up, and removed ---------------------------------------------------------------------------------------------


def begin(user: Any) -> SecondFactor:
    """The one that is being set up, or is there already."""
    row, _made = SecondFactor.objects.get_or_create(user=user, defaults={"secret": pyotp.random_base32()})
    return row


def address(factor: SecondFactor) -> str:
    """What the QR code says: the key, whose it is and where it is for."""
    host = urlsplit(settings.SITE_URL).netloc
    totp = pyotp.TOTP(factor.secret.reveal())
    return totp.provisioning_uri(name=factor.user.get_username(), issuer_name=f"Guichet ({host})")


def in_groups(secret: str) -> str:
    """To be typed by hand."""
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))


def confirm(factor: SecondFactor, codes: list[str]) -> None:
    """A right code was given: from now on it is asked for, and these backup codes are good."""
    SecondFactor.objects.filter(pk=factor.pk).update(
        confirmed_at=timezone.now(), backup_digests=digests(codes), failures=0
    )


def new_backup_codes(factor: SecondFactor, codes: list[str]) -> None:
    SecondFactor.objects.filter(pk=factor.pk).update(backup_digests=digests(codes))


def backup_codes(seed: bytes) -> list[str]:
    """Ten codes that the one random word of a form makes: the form that is sent twice makes the same ones."""
    codes = []
    for number in range(BACKUP_CODES):
        made = base64.b32encode(hmac.digest(seed, bytes([number]), hashlib.sha256)[:10]).decode()
        codes.append("-".join(made[at : at + 4] for at in range(0, 16, 4)))
    return codes


def digests(codes: list[str]) -> list[str]:
    return [_digest(code.replace("-", "")) for code in codes]


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
