"""What do the provider's words mean in ours? Statuses, and sentences cut to what may be shown."""

import re
from collections.abc import Iterable

from providers.base import Occasion, OperationStatus, Outcome, Verb
from providers.ecomcharge import declines
from providers.errors import Decline
from providers.http import redact_text
from providers.said import said as _

PAYMENTS = frozenset({"payment", "authorization", "charge", "tokenization"})
VERBS = {"capture": Verb.CAPTURE, "void": Verb.VOID, "refund": Verb.REFUND}
VERB_NAMES = {Verb.CAPTURE: _("capture"), Verb.VOID: _("void"), Verb.REFUND: _("refund")}  # within a sentence
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
        return Outcome.PENDING, _("eComCharge says successful, but not finished.")
    if expired and status in ("", "incomplete", "failed", "error", "expired"):
        return Outcome.EXPIRED, ""
    if status == "":
        if finished:
            return Outcome.PENDING, _("eComCharge says finished, but not how it ended.")
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
        return _("eComCharge does not say how the payment stands.")
    return _('eComCharge calls the payment "%(word)s", a word that we do not know.', word=plain(word)[:40])


def plain(text: str) -> str:
    """The provider's sentence on one line, without card numbers and without its length."""
    return redact_text(" ".join(text[:2000].split()))[:200]


def decline(*codes: str, message: str) -> Decline:
    """Why not, from the first of `codes` that is of the provider's own table; a bank's own numbers are not read."""
    code = next((code for code in codes if re.fullmatch(r"[A-Z]\.[0-9]{4}", code)), "")
    said = plain(message)
    return Decline(code=code or "failed", message=said, reason=declines.reason(code, said))
