"""Did Purse write what the shopper's browser brings back? `purse-redirection-data` is a JWS; its keys are Purse's JWKS.

Purse documents RSA keys without naming an algorithm, and shows no expiry: whoever has an old answer may show it again.
It is a hint, and no more is made of it.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import jwt

from providers.errors import Forged

ALGORITHM = "RS256"  # [inferred] from the keys' type; nothing else is accepted
PARAMETER = "purse-redirection-data"
LONGEST = 8000
# An unknown kid makes us ask for the keys again, but anybody can make up a kid: not more often than this.
ASK_AGAIN_SECONDS = 60

Keys = Mapping[str, Any]  # kid -> key


@dataclass
class _Kept:
    lock: threading.Lock = field(default_factory=threading.Lock)
    keys: Keys = field(default_factory=dict)
    asked_at: float | None = None


class KeyRing:
    """The keys of each API address, for the process."""

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {}
        self._lock = threading.Lock()

    def key(self, api: str, kid: str, fetch: Callable[[], Any]) -> Any:
        """The key of that name; Forged when Purse has none, as far as it may be asked now."""
        with self._lock:
            kept = self._kept.setdefault(api, _Kept())
        with kept.lock:
            if kid not in kept.keys and self._may_ask(kept):
                kept.keys = _readable(
                    fetch()
                )  # a failure is raised, and is not remembered: it can be asked again
                kept.asked_at = monotonic()
            if kid not in kept.keys:
                raise Forged("Purse has no key of the name that the return is signed with.")
            return kept.keys[kid]

    @staticmethod
    def _may_ask(kept: _Kept) -> bool:
        return kept.asked_at is None or monotonic() - kept.asked_at >= ASK_AGAIN_SECONDS


KEYS = KeyRing()


def verified(token: str, api: str, fetch: Callable[[], Any]) -> Mapping[str, Any]:
    """The claims of a return, or Forged. `fetch` asks Purse for its JWKS."""
    if len(token) > LONGEST:
        raise Forged("The return's data is too long to be Purse's.")
    try:
        header = jwt.get_unverified_header(token)
    except jwt.PyJWTError as problem:
        raise Forged("The return's data is no signed data.") from problem
    kid = header.get("kid")
    if header.get("alg") != ALGORITHM or not isinstance(kid, str) or not kid:
        raise Forged(f"The return is not signed with {ALGORITHM} and a named key.")
    try:
        # No audience or issuer is documented, so there is none to compare.
        options: Any = {"verify_aud": False, "verify_iss": False}
        claims: Mapping[str, Any] = jwt.decode(
            token, KEYS.key(api, kid, fetch), algorithms=[ALGORITHM], options=options
        )
    except jwt.PyJWTError as problem:
        raise Forged("The return's signature does not hold.") from problem
    return claims


def _readable(told: Any) -> Keys:
    """The RSA keys of a JWKS by their names; what else stands there is left out."""
    listed = told.get("keys") if isinstance(told, Mapping) else None
    keys: dict[str, Any] = {}
    for entry in listed if isinstance(listed, list) else ():
        if not isinstance(entry, Mapping) or entry.get("kty") != "RSA" or entry.get("use", "sig") != "sig":
            continue
        if entry.get("alg", ALGORITHM) != ALGORITHM or not isinstance(entry.get("kid"), str):
            continue
        try:
            public = {name: entry[name] for name in ("kty", "n", "e")}
            keys[entry["kid"]] = jwt.PyJWK(public, algorithm=ALGORITHM).key
        except (jwt.PyJWTError, KeyError, ValueError, TypeError):
            continue  # one that cannot be read must not keep the others away
    return keys
