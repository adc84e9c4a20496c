"""Whose call is it, and how does a shop know that a webhook is ours? Basic, public key, RSA signature.

The signature is RSASSA-PKCS1-v1_5 with SHA-256 over the raw bytes of the body [public: docs, php].
"""

import base64
import binascii
import hmac
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, cast

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from django.db import transaction

from providers.sandbox import accounts
from providers.sandbox.ecomcharge.models import EcomchargeKey

SLUG = "ecomcharge"


class Unauthorized(Exception):
    """401."""


class Caller:
    """Who calls. `public`: with the public key only, so out of a browser, and the browser chose the price."""

    def __init__(self, name: str, settings: dict[str, Any], *, public: bool = False) -> None:
        self.name = name
        self.settings = settings
        self.public = public


def account_of(authorization: str | None) -> Caller:
    """The shop that sent `Basic shop_id:secret_key` or `Bearer <public key>`."""
    scheme, _, given = (authorization or "").partition(" ")
    given = given.strip()
    if scheme.lower() == "bearer":
        return owner_of_public_key(given)
    if scheme.lower() != "basic":
        raise Unauthorized
    try:
        shop_id, _, secret = base64.b64decode(given, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        raise Unauthorized from None
    for name, settings in accounts.all_of(SLUG).items():
        fits = hmac.compare_digest(secret.encode(), settings["secret_key"].encode())
        if shop_id == settings["shop_id"] and fits:
            return Caller(name, settings)
    raise Unauthorized


def owner_of_public_key(given: str) -> Caller:
    bare = "".join(given.split())
    for name, settings in accounts.all_of(SLUG).items():
        if bare and bare == public_key(name):
            return Caller(name, settings, public=True)
    raise Unauthorized


def _private_key(account: str) -> rsa.RSAPrivateKey:
    row = EcomchargeKey.objects.filter(account=account).first()
    if row is None:
        fresh = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = fresh.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()
        with transaction.atomic():  # two first uses at once: one of them wins
            row, _ = EcomchargeKey.objects.get_or_create(account=account, defaults={"private_pem": pem})
    return _loaded(row.private_pem)


@lru_cache(maxsize=16)
def _loaded(pem: str) -> rsa.RSAPrivateKey:
    """Reading a key checks it, which takes longer than signing with it."""
    return cast(rsa.RSAPrivateKey, serialization.load_pem_private_key(pem.encode(), None))


def public_key(account: str) -> str:
    """Bare base64 of the DER SubjectPublicKeyInfo, 392 characters, as the back office shows it."""
    key = _private_key(account).public_key()
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode()


def sign(account: str, raw: bytes) -> str:
    signature = _private_key(account).sign(raw, padding.PKCS1v15(), hashes.SHA256())
    return base64.b64encode(signature).decode()


def proofs(account: str, settings: Mapping[str, Any], raw: bytes) -> dict[str, str]:
    """Both proofs of a webhook, as its headers."""
    basic = base64.b64encode(f"{settings['shop_id']}:{settings['secret_key']}".encode()).decode()
    return {
        "Content-Type": "application/json",
        "Accept": "application/json",
        "Authorization": f"Basic {basic}",
        "Content-Signature": sign(account, raw),
    }


def wrong_signature(raw: bytes) -> str:
    """A good signature, by a key that is nobody's."""
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return base64.b64encode(stranger.sign(raw, padding.PKCS1v15(), hashes.SHA256())).decode()


def opened(account: str, sealed: str) -> str:
    """A card field that the browser encrypted with the shop's public key [public: docs:cse]; empty when it is none."""
    text = sealed.removeprefix("$begatewaycsejs_1_0_0$")
    try:
        return (
            _private_key(account).decrypt(base64.b64decode(text, validate=True), padding.PKCS1v15()).decode()
        )
    except (binascii.Error, ValueError):
        return ""
