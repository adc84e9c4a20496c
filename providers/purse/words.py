"""What do Purse's words mean in ours? No word of Purse's goes further than this file.

Purse documents the statuses of an operation, and of an authorisation. Of a session it shows CREATED, SUBMITTED and
"AbortedByCustomer"; the spellings beside them are what the same thing may be called elsewhere [inferred]. Whatever is
not listed is pending, with a warning.
"""

import re

from providers.base import Card, Claim, OperationStatus, Outcome
from providers.errors import Decline
from providers.http import redact_text
from providers.purse import declines
from providers.purse.shapes import PartnerTransaction
from providers.said import said as _

SUBMITTED = "submitted"  # a payment was made of the session; only the payment tells what became of it

_SESSIONS = {
    "created": Outcome.OPEN,
    "open": Outcome.OPEN,
    "aborted": Outcome.CANCELED,
    "abortedbycustomer": Outcome.CANCELED,
    "canceled": Outcome.CANCELED,
    "cancelled": Outcome.CANCELED,
    "expired": Outcome.EXPIRED,
    "failed": Outcome.FAILED,
    "error": Outcome.FAILED,
}

_AUTHORIZATIONS = {
    "AUTHORIZED": Outcome.AUTHORIZED,
    "PENDING": Outcome.PENDING,
    "REFUSED": Outcome.FAILED,
    "ERROR": Outcome.FAILED,
    "FAILED": Outcome.FAILED,
    "ABORTED": Outcome.CANCELED,
    "CANCELED": Outcome.CANCELED,
    "CANCELLED": Outcome.CANCELED,
    "EXPIRED": Outcome.EXPIRED,
}

_OPERATIONS = {
    "SUCCESS": OperationStatus.SUCCESS,
    "PENDING": OperationStatus.PENDING,
    "FAILURE": OperationStatus.FAILURE,
    "CONFLICT": OperationStatus.CONFLICT,
    "UNCERTAIN": OperationStatus.UNCERTAIN,
}

# Of one partner's part in an operation. No list is published; these are the operation's own words, and its synonyms.
_DONE = frozenset({"SUCCESS", "AUTHORIZED", "CAPTURED", "VOIDED", "REFUNDED"})
_LET_GO = frozenset({"ABORTED", "CANCELED", "CANCELLED", "EXPIRED"})
_NOT_DONE = frozenset({"FAILURE", "FAILED", "ERROR", "REFUSED"}) | _LET_GO

_CLAIMS = {Outcome.AUTHORIZED: Claim.SUCCESS, Outcome.FAILED: Claim.FAILURE, Outcome.CANCELED: Claim.CANCEL}


def session_word(status: str) -> str:
    """Purse writes SUBMITTED here and AbortedByCustomer there: the letters alone, in lower case."""
    return re.sub(r"[^a-z]", "", status.lower())


def session_outcome(status: str) -> Outcome | None:
    """None for a word that we do not know, and for SUBMITTED, which is the payment's to tell."""
    return _SESSIONS.get(session_word(status))


def authorization_outcome(status: str) -> Outcome | None:
    return _AUTHORIZATIONS.get(status.upper())


def operation_status(status: str) -> OperationStatus | None:
    return _OPERATIONS.get(status.upper())


def claim(authorization: str, session: str) -> Claim:
    """What a returning browser says."""
    said = authorization_outcome(authorization)
    if said is None:
        said = session_outcome(session)
    return _CLAIMS.get(said, Claim.NOTHING) if said else Claim.NOTHING


def is_done(transaction: PartnerTransaction) -> bool:
    return transaction.status.upper() in _DONE


def is_not_done(transaction: PartnerTransaction) -> bool:
    return transaction.status.upper() in _NOT_DONE


def unknown(what: str, word: str) -> str:
    if not word:
        return _("Purse does not say how the %(what)s stands.", what=what)
    return _('Purse calls the %(what)s "%(word)s", a word that we do not know.', what=what, word=plain(word))


def plain(text: str, length: int = 200) -> str:
    """A sentence of Purse's or a partner's: one line, without card numbers and credentials, not too long."""
    return redact_text(" ".join(text[:5000].split()))[:length]


def decline(status: str, transactions: tuple[PartnerTransaction, ...]) -> Decline:
    """Why not, in the words of the partner that refused, where one did."""
    ended = [told for told in transactions if is_not_done(told)]
    # Where one of several refuses, the others are let go: theirs is not the reason.
    refused = [told for told in ended if told.status.upper() not in _LET_GO]
    told = next(iter((*refused, *ended)), None)
    code = plain(told.partner_status, 60) if told else ""
    message = plain(told.partner_status_description) if told else ""
    return Decline(code=code or status.upper(), message=message, reason=declines.reason(status, message))


def card(transactions: tuple[PartnerTransaction, ...]) -> Card | None:
    """What may be shown of the card, if one is among the means of payment."""
    told = next((told.card for told in transactions if told.card is not None), None)
    if told is None:
        return None
    month = int(told.expiry_month) if re.fullmatch(r"\d{1,2}", told.expiry_month) else 0
    year = int(told.expiry_year) if re.fullmatch(r"\d{2}|\d{4}", told.expiry_year) else None
    last4 = told.last_four_digits
    return Card(
        brand=_brand(told.selected_network),
        last4=last4 if re.fullmatch(r"\d{4}", last4) else "",
        expiry_month=month if 1 <= month <= 12 else None,
        expiry_year=year + 2000 if year is not None and year < 100 else year,
        holder=plain(told.holder_name, 100),
    )


# As people know them; VISA is the only one that Purse shows. Of others, Purse's own word.
_BRANDS = {
    "VISA": "Visa",
    "MASTERCARD": "Mastercard",
    "AMERICAN_EXPRESS": "American Express",
    "MAESTRO": "Maestro",
}


def _brand(word: str) -> str:
    return _BRANDS.get(word.upper()) or plain(word, 30)
