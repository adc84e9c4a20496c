"""What do SysPay's words mean in ours? No word of SysPay's goes further than this file but as a word of the provider's.

Statuses of payments: SysPay's page of codes. The words of subscriptions and billing agreements: SysPay's own PHP
library. Of refunds and chargebacks SUCCESS alone is known. Whatever is not listed is
pending, with a warning.
"""

import re
from datetime import UTC, datetime

from providers.agreements import AgreementState, Phase, Unit
from providers.base import Card, Claim, OperationStatus, Outcome
from providers.errors import Decline
from providers.http import redact_text
from providers.money import Money
from providers.said import said as _
from providers.syspay import declines
from providers.syspay.shapes import Method, Payment

PAYMENTS = {
    "OPEN": Outcome.OPEN,  # the payer has to go to the page
    "SUCCESS": Outcome.PAID,
    "FAILED": Outcome.FAILED,
    "CANCELLED": Outcome.CANCELED,  # by the payer
    "AUTHORIZED": Outcome.AUTHORIZED,
    "VOIDED": Outcome.CANCELED,  # what was reserved was let go
    "WAITING": Outcome.PENDING,  # asynchronous
    "ERROR": Outcome.FAILED,
    # Of v2 only.
    "TIMED_OUT": Outcome.EXPIRED,
    "EXPIRED": Outcome.EXPIRED,
}
MONEY = frozenset({Outcome.PAID, Outcome.AUTHORIZED})
MAY_BECOME_MONEY = frozenset({Outcome.OPEN, Outcome.PENDING})

# SUCCESS alone is known of refunds. The others are the payments' words for the same thing [inferred].
REFUNDS = {
    "SUCCESS": OperationStatus.SUCCESS,
    "FAILED": OperationStatus.FAILURE,
    "ERROR": OperationStatus.FAILURE,
    "CANCELLED": OperationStatus.FAILURE,
    "OPEN": OperationStatus.PENDING,
    "WAITING": OperationStatus.PENDING,
    "PENDING": OperationStatus.PENDING,
}

SUBSCRIPTIONS = {
    "PENDING": AgreementState.PENDING,  # the first payment has not succeeded yet
    "ACTIVE": AgreementState.ACTIVE,
    "CANCELLED": AgreementState.CANCELED,  # the first payment failed
    "ENDED": AgreementState.ENDED,  # it may still be charged by hand
    "TERMINATED": AgreementState.TERMINATED,
}
# A billing agreement that has ended is not to be charged any more (60003), though its word is the same.
BILLING_AGREEMENTS = {
    "PENDING": AgreementState.PENDING,
    "ACTIVE": AgreementState.ACTIVE,
    "CANCELLED": AgreementState.CANCELED,
    "ENDED": AgreementState.ENDED,
}
PHASES = {
    "NEW": Phase.NEW,
    "TRIAL": Phase.TRIAL,
    "BILLING": Phase.BILLING,
    "RETRY": Phase.RETRY,
    "LAST": Phase.LAST,
    "CLOSED": Phase.CLOSED,
}
UNITS = {unit.value: unit for unit in Unit}
# Types of plans.
SUBSCRIPTION = "SUBSCRIPTION"
INSTALMENT = "INSTALMENT"

# Somebody charged by hand, so the amount was free.
_BY_HAND = frozenset({"SUBSCRIPTION_MANUAL_REBILL", "BILLING_AGREEMENT_REBILL"})
# A payment with which an agreement begins, even one for which no money was asked.
_BEGINS = re.compile(r"(SUBSCRIPTION_TRIAL|BILLING_AGREEMENT_INITIAL)(_RETRY)?")

_CLAIMS = {
    Outcome.PAID: Claim.SUCCESS,
    Outcome.AUTHORIZED: Claim.SUCCESS,
    Outcome.FAILED: Claim.FAILURE,
    Outcome.CANCELED: Claim.CANCEL,
    Outcome.EXPIRED: Claim.FAILURE,
}
_AGREEMENT_CLAIMS = {"ACTIVE": Claim.SUCCESS, "CANCELLED": Claim.FAILURE}


def outcome(payment: Payment) -> tuple[Outcome, str]:
    """A payment's status, and a warning where we do not know the word."""
    known = PAYMENTS.get(payment.status)
    if known is None:
        return Outcome.PENDING, unknown(_("payment %(number)s", number=payment.id), payment.status)
    return known, ""


def claim(status: str) -> Claim:
    """What a returning browser says of a payment."""
    known = PAYMENTS.get(status)
    return _CLAIMS.get(known, Claim.NOTHING) if known is not None else Claim.NOTHING


def agreement_claim(status: str) -> Claim:
    """... and of a subscription or billing agreement."""
    return _AGREEMENT_CLAIMS.get(status, Claim.NOTHING)


def by_hand(payment_type: str) -> bool:
    return payment_type.removesuffix("_RETRY") in _BY_HAND


def begins(payment_type: str) -> bool:
    return _BEGINS.fullmatch(payment_type) is not None


def money(amount: int | None, currency: str) -> Money | None:
    """SysPay counts in "cents". That these are a currency's minor units also where it has none or three decimals is
    [inferred]. None when it is no amount."""
    try:
        return None if amount is None or amount < 0 else Money(amount, currency)
    except ValueError:
        return None


def moment(seconds: int | None) -> datetime | None:
    """Seconds since 1970 as a time; None for none, and for what is no time."""
    if seconds is None or not 0 < seconds < 253_402_300_800:  # the year 10000
        return None
    return datetime.fromtimestamp(seconds, UTC)


def decline(payment: Payment) -> Decline:
    """Why a payment failed. SysPay gives a category, and no sentence."""
    category = plain(payment.failure_category, 60)
    if payment.status == "ERROR":
        return Decline(code=category or "ERROR", reason="technical_error")
    return Decline(code=category or payment.status, reason=declines.reason(category or payment.status))


# As people know them; of others, SysPay's own word.
_BRANDS = {
    "VISA": "Visa",
    "MASTERCARD": "Mastercard",
    "AMEX": "American Express",
    "AMERICAN_EXPRESS": "American Express",
    "MAESTRO": "Maestro",
}


def card(method: Method | None) -> Card | None:
    """What may be shown of the card, and of nothing but a card. v1 tells no brand."""
    if method is None or method.type not in ("CREDITCARD", ""):
        return None
    details = method.details
    last4 = re.search(r"(\d{4})$", method.display)
    scheme = details.scheme if details else ""
    if last4 is None and not scheme:
        return None
    month = method.exp_month or (details.exp_month if details else "")
    year = method.exp_year or (details.exp_year if details else "")
    holder = method.cardholder or (details.holder if details else "")
    return Card(
        brand=_BRANDS.get(scheme.upper()) or plain(scheme, 30),
        last4=last4[1] if last4 else "",
        expiry_month=int(month) if re.fullmatch(r"0?[1-9]|1[0-2]", month, re.ASCII) else None,
        expiry_year=int(year) if re.fullmatch(r"2\d{3}", year, re.ASCII) else None,
        holder=plain(holder, 100),
    )


def unknown(what: str, word: str) -> str:
    if not word:
        return _("SysPay does not say how the %(what)s stands.", what=what)
    return _(
        'SysPay calls the %(what)s "%(word)s", a word that we do not know.', what=what, word=plain(word, 60)
    )


def plain(text: str, length: int = 200) -> str:
    """A sentence of SysPay's: one line, without card numbers and credentials, not too long."""
    return redact_text(" ".join(text[:5000].split()))[:length]
