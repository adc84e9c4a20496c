"""How does the shop know that a return comes from Purse? A JWS over four claims, and the keys to check it with.

The kid and the claims are documented; RS256 is [inferred] from RSA keys. Keys live in the sandbox's database
and outlive a reset, so that a shop's copy of the key set stays true.
"""

import base64
import hashlib
import json
import secrets
from functools import lru_cache
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
    return _loaded(key.private_pem)


@lru_cache
def _loaded(pem: str) -> rsa.RSAPrivateKey:
    """Once: a key is checked as it is loaded, which takes far longer than to sign with it."""
    loaded = serialization.load_pem_private_key(pem.encode(), None)
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


def body_signature(body: str) -> str:
    """X-Signature as Purse's V1 made it; whether V2 does is [unknown], hence off unless an account asks for it.

    Base64 of the private-key operation over EME-OAEP (SHA-1, no label) of the 64 hexadecimal digits of the
    body's SHA-256: the shop "decrypts" it with the public key.
    """
    numbers = _private(current()).private_numbers()
    modulus = numbers.public_numbers.n
    size = (modulus.bit_length() + 7) // 8
    padded = _oaep(hashlib.sha256(body.encode()).hexdigest().encode(), size)
    signed = pow(int.from_bytes(padded, "big"), numbers.d, modulus)
    return base64.b64encode(signed.to_bytes(size, "big")).decode()


def _oaep(message: bytes, size: int) -> bytes:
    label = hashlib.sha1(b"", usedforsecurity=False).digest()
    block = label + b"\x00" * (size - len(message) - 2 * len(label) - 2) + b"\x01" + message
    seed = secrets.token_bytes(len(label))
    masked = _xor(block, _mask(seed, len(block)))
    return b"\x00" + _xor(seed, _mask(masked, len(seed))) + masked


def _mask(seed: bytes, length: int) -> bytes:
    """MGF1 with SHA-1."""
    blocks = (
        hashlib.sha1(seed + count.to_bytes(4, "big"), usedforsecurity=False).digest()
        for count in range(length // 20 + 1)
    )
    return b"".join(blocks)[:length]


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(left ^ right for left, right in zip(one, other, strict=True))
