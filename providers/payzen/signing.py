"""Did PayZen write this? `kr-hash` over the exact text of `kr-answer`, and the older signature of `vads_` fields.

The hash covers neither the name of its key nor anything else beside the answer. So each door takes one key alone:
notifications are signed with the password, what a browser brings with the HMAC-SHA-256 key. Otherwise a return that a
browser was given could be shown to us as a notification.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping

from pydantic import SecretStr

ALGORITHM = "sha256_hmac"
PASSWORD, BROWSER = "password", "sha256_hmac"  # what `kr-hash-key` says at either door


def holds(form: Mapping[str, str], door: str, keys: Iterable[SecretStr]) -> bool:
    """Is `kr-answer` signed for this door, with one of `keys`? An empty key signs nothing."""
    if form.get("kr-hash-algorithm") != ALGORITHM or form.get("kr-hash-key") != door:
        return False
    answer, given = form.get("kr-answer", ""), form.get("kr-hash", "")
    if not answer or not given:
        return False
    # PayZen's own libraries take the escape off a slash before they hash; which of the two was hashed is not told.
    texts = dict.fromkeys((answer, answer.replace("\\/", "/")))
    known = [key.get_secret_value().encode() for key in keys if key.get_secret_value()]
    found = [hmac.compare_digest(_hash(key, text), _bytes(given)) for key in known for text in texts]
    return any(found)


def _hash(key: bytes, text: str) -> bytes:
    return hmac.new(key, _bytes(text), hashlib.sha256).hexdigest().encode()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def vads_hold(form: Mapping[str, str], key: SecretStr) -> bool:
    """Are the `vads_` fields signed: their values by the names' sequence, joined with +, and the key?"""
    plain, given = key.get_secret_value(), form.get("signature", "")
    if not plain or not given:
        return False
    values = [value for name, value in sorted(form.items()) if name.startswith("vads_")]
    text = "+".join([*values, plain])
    expected = base64.b64encode(hmac.new(plain.encode(), _bytes(text), hashlib.sha256).digest())
    return hmac.compare_digest(expected, _bytes(given))
