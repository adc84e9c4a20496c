"""Step 4: is a webhook from Guichet? This is all of the Standard Webhooks check."""

import base64
import hashlib
import hmac
from collections.abc import Mapping

TOLERANCE_SECONDS = 300  # an old request, overheard and sent again, is refused


class NotGenuine(Exception):
    """Not from Guichet, or not from now."""


def verify(headers: Mapping[str, str], body: bytes, *, secret: str, now: float) -> str:
    """The webhook's id, if the signature over the raw `body` holds; NotGenuine otherwise."""
    webhook_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not webhook_id or not timestamp.isascii() or not timestamp.isdigit():
        raise NotGenuine("a header is missing")
    if abs(now - int(timestamp)) > TOLERANCE_SECONDS:
        raise NotGenuine("too old, or from the future")
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    expected = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    # Several signatures, separated by spaces, while a secret is being changed.
    for signature in headers.get("webhook-signature", "").split():
        if hmac.compare_digest(signature.encode(), expected.encode()):
            return webhook_id
    raise NotGenuine("the signature does not hold")
