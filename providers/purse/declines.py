"""What do Purse's words for a no say? [public]: the statuses of an authorisation; [seed]: those of an operation.

Purse publishes no codes. Beside its status stands the word of the partner that refused, which is the partner's own and
in no list; why it refused is read from the partner's sentence [inferred].
"""

import re
from collections.abc import Mapping

from providers import declines as shared
from providers.declines import Code

_ABORTED = shared.CUSTOMER_LEFT
_CLOSED = Code(
    "declined",
    "Purse does not offer this of the payment now, or not any more.",
    "Ask the provider again from the order’s page: it shows what is left to be done.",
)

CODES: Mapping[str, Code] = {
    # [public], of an authorisation
    "REFUSED": Code("declined", "The means of payment refused, and Purse does not say why."),
    "ERROR": Code(
        "technical_error", "Purse could not process the payment, or the partner behind it could not."
    ),
    "ABORTED": _ABORTED,
    # [seed], of an operation
    "FAILURE": Code("technical_error", "A technical error occurred while Purse carried it out."),
    "CONFLICT": Code(
        "technical_error",
        "One means of payment did its part, and another failed.",
        "The table of the means of payment shows what was done. What is missing can be asked for anew.",
    ),
    # [inferred]: other spellings of the same
    "FAILED": Code("technical_error", "The payment failed at Purse for a technical reason."),
    "CANCELED": _ABORTED,
    "CANCELLED": _ABORTED,
    "AbortedByCustomer": _ABORTED,
    "EXPIRED": shared.TOO_LATE,
    # [inferred]: why an operation was not taken; [ours]: that it was not offered
    "HTTP 400": shared.BAD_REQUEST,
    "HTTP 422": shared.BAD_REQUEST,
    **dict.fromkeys(("HTTP 404", "HTTP 405", "HTTP 409", "HTTP 410", "HTTP 412", "no_link"), _CLOSED),
}

# Partners' texts are their own, in English as far as they are shown.
_SENTENCES = (
    (r"insufficient|not enough|balance", "insufficient_funds"),
    (r"expired", "expired_card"),
    (r"cvc|cvv|security code", "wrong_cvc"),
    (r"3-?ds|3-?d secure|authenticat|challenge", "authentication_failed"),
    (r"limit", "limit_exceeded"),
    (r"lost|stolen", "lost_or_stolen"),
    (r"fraud|suspect", "fraud_suspected"),
    (r"invalid (card|number|pan)", "invalid_card"),
    (r"not supported|not allowed", "not_supported"),
    (r"technical|system error|timeout", "technical_error"),
)


def reason(status: str, sentence: str) -> str:
    """One of ours, from Purse's status, or where that only says no, from the partner's sentence."""
    known = CODES.get(status.upper())
    if known and known.reason != "declined":
        return known.reason
    return next((ours for pattern, ours in _SENTENCES if re.search(pattern, sentence, re.I)), "declined")
