"""What do S360's and EPC's words for a no say? [public]: the payments' statuses. S360 publishes no codes for refusals.

Behind EPC stands an acquirer whose own word may come along (`EpcSettings.decline_name`). Its list is not published: the
common words are taken for what they say [inferred], and of others the sentence is read.
"""

import re
from collections.abc import Mapping

from providers import declines as shared
from providers.declines import Code

_WORDS: Mapping[str, Code] = {
    # [inferred]: an acquirer's words
    "do_not_honour": shared.DO_NOT_HONOUR,
    "declined": shared.REFUSED,
    "refused": shared.REFUSED,
    "insufficient_funds": shared.NO_FUNDS,
    "expired_card": shared.EXPIRED,
    "invalid_card": shared.WRONG_NUMBER,
    "wrong_cvc": shared.WRONG_CVC,
    "authentication_failed": shared.NOT_AUTHENTICATED,
    "authentication_required": shared.MUST_AUTHENTICATE,
    "limit_exceeded": shared.OVER_LIMIT,
    "lost_card": shared.LOST,
    "stolen_card": shared.STOLEN,
    "lost_or_stolen": shared.BLOCKED,
    "fraud_suspected": shared.FRAUD,
    "not_supported": shared.NOT_FOR_THIS_CARD,
    "technical_error": shared.PROVIDER_BROKEN,
}

CODES: Mapping[str, Code] = {
    # [public]: paymentStatus
    "FAILED": Code("declined", "The payment failed, and EPC hands no reason on from the bank."),
    "CANCELLED_BY_USER": shared.CUSTOMER_LEFT,  # [seed]
    "ABANDONED": Code(  # [seed]
        "declined",
        "The payment was given up before any money moved, and S360 has let go of it.",
        "Nothing is wrong with the card. If the customer still wants to pay, send the payment link.",
    ),
    # [inferred]: statusCode, of which "success" alone is published
    "error": Code("declined", "S360 refused the payment when the order was to be closed."),
    **_WORDS,
}

_SENTENCES = (
    (r"insufficient|funds", "insufficient_funds"),
    (r"expired", "expired_card"),
    (r"cvc|cvv|security code", "wrong_cvc"),
    (r"3-?d|authenticat", "authentication_failed"),
    (r"limit", "limit_exceeded"),
    (r"lost|stolen", "lost_or_stolen"),
    (r"fraud", "fraud_suspected"),
    (r"invalid (card|number)", "invalid_card"),
    (r"not supported", "not_supported"),
    (r"technical|system error", "technical_error"),
)


def code(word: str) -> Code | None:
    return CODES.get(word) or _WORDS.get(word.lower())


def reason(word: str, sentence: str) -> str:
    """One of ours, from the word where it says more than no, else from the sentence."""
    known = code(word)
    if known and known.reason != "declined":
        return known.reason
    return next((ours for pattern, ours in _SENTENCES if re.search(pattern, sentence, re.I)), "declined")
