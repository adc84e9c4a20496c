"""How does the shop know that a return comes from Purse? A JWS over four claims, and the keys to check it with.

The kid and the claims are documented; RS256 is [inferred] from RSA keys. Keys live in the sandbox's database
and outlive a reset, so that a shop's copy of the key set stays true.
"""

import base64
import json
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from providers.sandbox import clock
from providers.sandbox.purse.models import PurseKey, identifier

_ALGORITHM = "RS256"
_BITS = 2048
# How a test may have a return spoiled.
SPOILS = ("signature", "kid", "none", "session")


def rotate(*, withdraw_old: bool = False) -> PurseKey:
    """A new key signs from now on. `withdraw_old`: the others are published no longer."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=_BITS)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    if withdraw_old:
        PurseKey.objects.update(published=False)
    return PurseKey.objects.create(private_pem=pem.decode(), created_at=clock.now())


def current() -> PurseKey:
    """The key that signs now; made at first use."""
    return PurseKey.objects.order_by("-pk").first() or rotate()


def _private(key: PurseKey) -> rsa.RSAPrivateKey:
    loaded = serialization.load_pem_private_key(key.private_pem.encode(), None)
    if not isinstance(loaded, rsa.RSAPrivateKey):
        raise TypeError("the stored key is no RSA key")
    return loaded


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _number(value: int) -> str:
    return _b64(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def key_set() -> dict[str, Any]:
    """The JWKS, with the members of the documented sample and no others."""
    current()
    keys = []
    for key in PurseKey.objects.filter(published=True).order_by("-pk"):
        public = _private(key).public_key().public_numbers()
        keys.append({"kty": "RSA", "e": _number(public.e), "kid": key.kid, "n": _number(public.n)})
    return {"keys": keys}


def sign(claims: dict[str, Any], spoil: str = "") -> str:
    """A compact JWS. `spoil`, one of SPOILS, makes it one that a shop must refuse."""
    key = current()
    header = {"kid": key.kid, "alg": _ALGORITHM}
    if spoil == "kid":
        header["kid"] = identifier()
    if spoil == "none":
        header["alg"] = "none"
    if spoil == "session":
        claims = claims | {"client_session_id": identifier()}
    signed = ".".join(_b64(json.dumps(part, separators=(",", ":")).encode()) for part in (header, claims))
    if spoil == "none":
        return f"{signed}."
    signature = _private(key).sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    if spoil == "signature":
        signature = signature[:-1] + bytes([signature[-1] ^ 1])
    return f"{signed}.{_b64(signature)}"


def address(url: str, parameter: str, token: str) -> str:
    """The shop's address with the JWS appended to whatever query it has."""
    parts = urlsplit(url)
    query = "&".join(filter(None, (parts.query, urlencode({parameter: token}))))
    return urlunsplit(parts._replace(query=query))
