"""How does a call to SysPay show who makes it? The X-Wsse header, which is good for one call.

From the merchant API's page on authentication (v1): the digest is the SHA-1 of the raw nonce, the time in decimal
digits and the passphrase; nonce and digest travel in base64. The header "can only be used once".
"""

import base64
import hashlib
import secrets
import time

from pydantic import SecretStr

NONCE_BYTES = 16


def header(login: str, passphrase: str, *, nonce: bytes, created: int) -> str:
    """The header's value. `created`: seconds since 1970. The passphrase's bytes are UTF-8 [inferred]."""
    digest = hashlib.sha1(nonce + str(created).encode() + passphrase.encode(), usedforsecurity=False).digest()
    return (
        f'AuthToken MerchantAPILogin="{login}", PasswordDigest="{base64.b64encode(digest).decode()}", '
        f'Nonce="{base64.b64encode(nonce).decode()}", Created="{created}"'
    )


def fresh(login: str, passphrase: SecretStr) -> str:
    """A header that was never used before."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return header(login, passphrase.get_secret_value(), nonce=nonce, created=int(time.time()))
