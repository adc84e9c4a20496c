"""Whose call is it? The JSON Web Token of a call, checked strictly, and the account it belongs to.

HS256 over sub, aud, iss, iat, exp [public: REST]. The document says epoch milliseconds, its own sample and
the real clients use seconds: seconds are accepted, and milliseconds are refused with a sentence saying so.
Ages are measured by the machine's clock, not the sandbox's: a client knows no other.
"""

import time
import warnings
from typing import Any

import jwt
from jwt.warnings import InsecureKeyLengthWarning

from providers.sandbox import accounts

SLUG = "epc"
# A shop's secret is as long as it is; the contract's own vector has 14 bytes.
warnings.filterwarnings("ignore", category=InsecureKeyLengthWarning)
# Clocks of two machines may differ by a little.
_AHEAD = 5


class Refused(Exception):
    """401, and why."""


def account_of(authorization: str | None) -> tuple[str, dict[str, Any]]:
    """Name and settings of the account that made the token, or Refused."""
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Refused("Authorization: a Bearer token is required")
    token = token.strip()
    try:
        header = jwt.get_unverified_header(token)
        claims = jwt.decode(token, options={"verify_signature": False})
    except jwt.PyJWTError as error:
        raise Refused(f"the token can not be read: {error}") from None
    if header.get("alg") != "HS256":
        raise Refused("alg must be HS256")
    if header.get("typ") != "JWT":
        raise Refused("typ must be JWT")

    name, settings = _owner(claims)
    try:
        jwt.decode(
            token, settings["secret"], algorithms=["HS256"],
            options={"verify_aud": False, "verify_iat": False, "verify_exp": False},
        )  # fmt: skip
    except jwt.PyJWTError:
        raise Refused("the signature does not fit the account's secret") from None
    _check_age(claims, settings)
    return name, settings


def _owner(claims: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    for name, settings in accounts.all_of(SLUG).items():
        if all(
            claims.get(claim) == settings[key]
            for claim, key in (("sub", "institution"), ("aud", "virtual_operator"), ("iss", "partner"))
        ):
            return name, settings
    raise Refused("sub, aud and iss are not those of a known account")


def _check_age(claims: dict[str, Any], settings: dict[str, Any]) -> None:
    for claim in ("iat", "exp"):
        value = claims.get(claim)
        if isinstance(value, bool) or not isinstance(value, int):
            raise Refused(f"{claim} must be a whole number of seconds")
        if value > 100_000_000_000:
            raise Refused(f"{claim} is in milliseconds; seconds are expected")
    now = time.time()
    issued, expires = claims["iat"], claims["exp"]
    if issued > now + _AHEAD:
        raise Refused("iat is in the future")
    if expires <= now:
        raise Refused("the token has expired")
    if issued < now - settings["token_max_age_seconds"]:
        raise Refused("iat is too old: forge a token for each call")
    if expires <= issued:
        raise Refused("exp must be after iat")
    if expires - issued > settings["token_max_lifetime_seconds"]:
        raise Refused(f"exp is more than {settings['token_max_lifetime_seconds']} s after iat")
