"""What do the platform's words mean in ours? Statuses, and sentences cut to what may be shown."""

from providers.base import Card, OperationStatus, Outcome
from providers.errors import Decline
from providers.http import redact_text
from providers.payzen import declines
from providers.said import said as _

DEBIT, CREDIT, VERIFICATION = "DEBIT", "CREDIT", "VERIFICATION"

# A transaction's detailedStatus, where it is a payment. Those of RUNNING but one are under way.
OUTCOMES = {
    "ACCEPTED": Outcome.PAID,
    "AUTHORISED": Outcome.PAID,  # captured by itself, on the day that was agreed
    "CAPTURED": Outcome.PAID,
    "PARTIALLY_AUTHORISED": Outcome.PAID,
    "AUTHORISED_TO_VALIDATE": Outcome.AUTHORIZED,
    "WAITING_AUTHORISATION": Outcome.PENDING,
    "WAITING_AUTHORISATION_TO_VALIDATE": Outcome.PENDING,  # nothing is reserved yet
    "UNDER_VERIFICATION": Outcome.PENDING,
    "INITIAL": Outcome.PENDING,
    "WAITING_FOR_PAYMENT": Outcome.PENDING,
    "PRE_AUTHORISED": Outcome.PENDING,
    "CAPTURE_PENDING": Outcome.PENDING,
    "SUSPENDED": Outcome.PENDING,
    "PENDING": Outcome.PENDING,
    "REFUND_TO_RETRY": Outcome.PENDING,
    "REFUSED": Outcome.FAILED,
    "ERROR": Outcome.FAILED,
    "CANCELLED": Outcome.CANCELED,
    "EXPIRED": Outcome.EXPIRED,
    "CAPTURE_FAILED": Outcome.FAILED,
    "ABANDONED": Outcome.CANCELED,
    "NOT_CREATED": Outcome.FAILED,
}
# A transaction that the shopper tried and that came to nothing.
REFUSALS = frozenset({"REFUSED", "ERROR", "CAPTURE_FAILED", "NOT_CREATED"})
CAPTURED = frozenset({"CAPTURED"})  # ... and can be refunded; before, it is cancelled or lessened
# Promised by the bank, and not moved yet: it may still come to nothing, and nobody need ring.
NOT_MOVED = frozenset({"AUTHORISED", "PARTIALLY_AUTHORISED"})

# The same words, where it is a refund.
REFUNDS = {
    "ACCEPTED": OperationStatus.SUCCESS,
    "AUTHORISED": OperationStatus.SUCCESS,
    "CAPTURED": OperationStatus.SUCCESS,
    "REFUSED": OperationStatus.FAILURE,
    "ERROR": OperationStatus.FAILURE,
    "CANCELLED": OperationStatus.FAILURE,
    "EXPIRED": OperationStatus.FAILURE,
    "CAPTURE_FAILED": OperationStatus.FAILURE,
    "ABANDONED": OperationStatus.FAILURE,
    "NOT_CREATED": OperationStatus.FAILURE,
}

# A payment order's status. REFUSED is left out: the last try was refused, and there may be another one.
ORDERS = {
    "RUNNING": Outcome.OPEN,
    "PAID": Outcome.PAID,
    "EXPIRED": Outcome.EXPIRED,
    "CANCELLED": Outcome.CANCELED,
    "CANCELED": Outcome.CANCELED,  # the sources spell it in both ways
}
ORDER_REFUSED = "REFUSED"
ORDER_RUNNING = "RUNNING"


def of_transaction(word: str) -> tuple[Outcome, str]:
    """A payment's detailedStatus as an outcome, and a warning for a word that nobody told us of."""
    outcome = OUTCOMES.get(word)
    return (Outcome.PENDING, unknown(_("payment"), word)) if outcome is None else (outcome, "")


def of_refund(word: str) -> tuple[OperationStatus, str]:
    status = REFUNDS.get(word)
    if status is not None:
        return status, ""
    if OUTCOMES.get(word) is Outcome.PENDING:
        return OperationStatus.PENDING, ""
    return OperationStatus.UNCERTAIN, unknown(_("refund"), word)


def unknown(what: str, word: str) -> str:
    if not word:
        return _("PayZen does not say how the %(what)s stands.", what=what)
    return _(
        'PayZen calls the %(what)s "%(word)s", a word that we do not know.', what=what, word=plain(word)[:40]
    )


def plain(text: str) -> str:
    """The platform's sentence on one line, without card numbers and without its length."""
    return redact_text(" ".join(text[:2000].split()))[:200]


def decline(code: str, message: str, detail_code: str = "", detail: str = "") -> Decline:
    """Why not. `code` is PayZen's (ACQ_001), `detail_code` of an ACQ code the issuer's own (51)."""
    word = declines.word_of(plain(code)[:40], plain(detail_code)[:10])
    said = plain(": ".join(part for part in (message, detail) if part))
    return Decline(code=word or "refused", message=said, reason=declines.reason(word))


_BRANDS = {
    "AMEX": "American Express",
    "CB": "CB",
    "MAESTRO": "Maestro",
    "MASTERCARD": "Mastercard",
    "VISA": "Visa",
    "VISA_ELECTRON": "Visa Electron",
}


def card(brand: str, pan: str, month: int | None, year: int | None, holder: str) -> Card | None:
    """What may be shown of a card: `pan` is masked already, and of it only the end is kept."""
    last4 = pan[-4:]
    last4 = last4 if last4.isascii() and last4.isdigit() and len(last4) == 4 else ""
    if not (brand or last4):
        return None
    return Card(
        brand=_BRANDS.get(brand) or plain(brand.replace("_", " ")).title()[:30],
        last4=last4,
        expiry_month=month if month and 1 <= month <= 12 else None,
        expiry_year=year if year and 2000 <= year < 2200 else None,
        holder=holder,
    )
