"""What do the provider's words mean in ours? Statuses, codes of a decline, and sentences cut to what may be shown."""

import re
from collections.abc import Iterable

from providers.base import Occasion, OperationStatus, Outcome, Verb
from providers.errors import Decline
from providers.http import redact_text

PAYMENTS = frozenset({"payment", "authorization", "charge", "tokenization"})
VERBS = {"capture": Verb.CAPTURE, "void": Verb.VOID, "refund": Verb.REFUND}
# What a shop may also do at the provider, and what never belongs to a payment of ours.
IRRELEVANT = frozenset({"credit", "payout", "checkup", "p2p", "recipient_tokenization", "fraud_advice"})

# One transaction's status. Money is believed only together with an amount.
OUTCOMES = {
    "successful": Outcome.PAID,
    "failed": Outcome.FAILED,
    "incomplete": Outcome.OPEN,  # the shopper is at the bank's page
    "pending": Outcome.PENDING,
    "expired": Outcome.EXPIRED,
    "error": Outcome.FAILED,
    "canceled": Outcome.CANCELED,
    # Of ERIP. What they say exactly is not published; money that has come is "successful" there, too.
    "start": Outcome.PENDING,
    "auto_created": Outcome.PENDING,
    "permanent": Outcome.PENDING,
    "deleted": Outcome.CANCELED,
}

OPERATIONS = {
    "successful": OperationStatus.SUCCESS,
    "failed": OperationStatus.FAILURE,
    "error": OperationStatus.FAILURE,
    "expired": OperationStatus.FAILURE,
    "canceled": OperationStatus.FAILURE,
    "deleted": OperationStatus.FAILURE,
}


def of_checkout(status: str, *, finished: bool, expired: bool, attempts_left: bool) -> tuple[Outcome, str]:
    """A payment form's status as an outcome, and a warning where it is odd. `status` is "" before any attempt."""
    if status == "successful":
        if finished:
            return Outcome.PAID, ""
        return Outcome.PENDING, "eComCharge says successful, but not finished."
    if expired and status in ("", "incomplete", "failed", "error", "expired"):
        return Outcome.EXPIRED, ""
    if status == "":
        if finished:
            return Outcome.PENDING, "eComCharge says finished, but not how it ended."
        return Outcome.OPEN, ""
    if status == "failed" and not finished and attempts_left:
        return Outcome.OPEN, ""  # the shopper may try another card in the same form
    return of_transaction(status)


def of_transaction(status: str) -> tuple[Outcome, str]:
    outcome = OUTCOMES.get(status)
    if outcome is None:
        return Outcome.PENDING, unknown(status)
    return outcome, ""


# Inferred: what the form's own toggle keeps a card for, where no contract was asked for.
TOGGLE_CONTRACT = "card_on_file"


def occasions(contracts: Iterable[str]) -> frozenset[Occasion]:
    """In which the merchant may charge a card that was kept for `contracts`."""
    asked = frozenset(contracts) or {TOGGLE_CONTRACT}
    regular = frozenset({Occasion.RECURRING})
    now_and_then = frozenset(Occasion) - regular
    return (regular if "recurring" in asked else frozenset()) | (
        now_and_then if "card_on_file" in asked else frozenset()
    )


# As people know them; of others, the provider's own word without its underscores.
_BRANDS = {"visa": "Visa", "master": "Mastercard", "belkart": "Belkart", "mir": "Mir", "maestro": "Maestro"}


def brand(word: str) -> str:
    return _BRANDS.get(word) or plain(word.replace("_", " ")).title()


def unknown(word: str) -> str:
    if not word:
        return "eComCharge does not say how the payment stands."
    return f'eComCharge calls the payment "{plain(word)[:40]}", a word that we do not know.'


def plain(text: str) -> str:
    """The provider's sentence on one line, without card numbers and without its length."""
    return redact_text(" ".join(text[:2000].split()))[:200]


def decline(*codes: str, message: str) -> Decline:
    """Why not, from the first of `codes` that is of the provider's own table; a bank's own numbers are not read."""
    code = next((code for code in codes if re.fullmatch(r"[A-Z]\.[0-9]{4}", code)), "")
    said = plain(message)
    return Decline(code=code or "failed", message=said, reason=_CODES.get(code) or _reason(said))


def _reason(sentence: str) -> str:
    return next((ours for pattern, ours in _SENTENCES if re.search(pattern, sentence, re.I)), "declined")


# The manual publishes these; F.0105 (do not honor), F.0132 (the customer refused), F.0998 (the customer did not
# complete) and F.0999 (unknown) are plain declines.
_CODES = {
    "F.0105": "declined",
    "F.0108": "declined",
    "F.0109": "declined",
    "F.0111": "expired_card",
    "F.0112": "wrong_cvc",
    "F.0113": "not_supported",
    "F.0114": "insufficient_funds",
    "F.0123": "limit_exceeded",
    "F.0124": "limit_exceeded",
    "F.0129": "authentication_failed",
    "F.0130": "authentication_failed",
    "F.0132": "declined",
    "F.0998": "declined",
    "F.0999": "declined",
}
# For a code without a name, or none: what the sentence itself says.
_SENTENCES = (
    (r"insufficient|not enough (funds|money)", "insufficient_funds"),
    (r"card.*expired|expired card|date is expired", "expired_card"),
    (r"\bcvc|\bcvv|security code", "wrong_cvc"),
    (r"3-?d.?s|authenticat", "authentication_failed"),
    (r"limit", "limit_exceeded"),
    (r"lost|stolen", "lost_or_stolen"),
    (r"fraud", "fraud_suspected"),
    (r"invalid card|card number|token does not exist", "invalid_card"),
    (r"not (supported|permitted|allowed)", "not_supported"),
    (r"technical|system error|timeout", "technical_error"),
)
