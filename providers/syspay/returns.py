"""What does a browser that comes back from SysPay claim, and did SysPay sign it?

Three parameters come with it: `result`, which is base64 of a JSON object, `merchant`, the API login, and `checksum`,
the SHA-1 in hex of the base64 text followed by the passphrase. v1 wraps the object, {"payment": {...}}, v2 does not. It
carries no time, so it may be shown again for ever: a claim, and no more. An address without any of them claims nothing,
because it is unknown whether SysPay signs the way back from the form at the desk.
"""

import base64
import binascii
import hmac
import json
from collections.abc import Mapping
from typing import Any

from providers.base import Claim, Returned
from providers.errors import Forged
from providers.syspay import words
from providers.syspay.notices import signed
from providers.syspay.wire import WireSettings

LONGEST = 20_000  # characters of `result`


def read(query: Mapping[str, str], settings: WireSettings, reference: str) -> Returned:
    """Forged when the signature does not hold."""
    result, merchant, checksum = (query.get(name, "") for name in ("result", "merchant", "checksum"))
    if not (result or merchant or checksum):
        return Returned()
    result = result.replace(" ", "+")  # a plus sign that was not written as %2B
    if not hmac.compare_digest(merchant.encode(), settings.login.encode()):
        raise Forged("The return is for another API login.")
    if len(result) > LONGEST or not signed(settings, result.encode(), checksum):
        raise Forged("The return's checksum does not hold.")
    return Returned(claim=_claim(_object(result), reference))


def _object(result: str) -> Mapping[str, Any]:
    """What was signed, {} when it cannot be read: then it claims nothing."""
    try:
        told = json.loads(base64.b64decode(result, validate=True))
    except (binascii.Error, ValueError, RecursionError):
        return {}
    return told if isinstance(told, Mapping) else {}


def _claim(told: Mapping[str, Any], reference: str) -> Claim:
    for kind in ("payment", "subscription", "billing_agreement"):
        body = told if told.get("class") == kind else told.get(kind)
        if not isinstance(body, Mapping):
            continue
        if body.get("reference") not in (None, "", reference):
            return Claim.NOTHING  # the return from another payment
        status = str(body.get("status", ""))
        return words.claim(status) if kind == "payment" else words.agreement_claim(status)
    return Claim.NOTHING
