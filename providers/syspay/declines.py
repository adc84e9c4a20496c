"""What do SysPay's words and numbers for a no say? [public]: its own library's failure categories and its catalogue of
error codes (v2; that v1 numbers alike is [inferred]), and its pages on statuses and subscriptions.

A payment that failed has a category, without a sentence. Numbers come where a request was refused: the form, a further
charge, a capture, a refund. Which of our reasons each belongs to is [inferred].
"""

from collections.abc import Mapping

from providers import declines as shared
from providers.declines import Code

_NOT_ACTIVE = Code(
    "not_supported",
    "The agreement is over, or has not begun: SysPay charges it no more.",
    "Do not charge it again: it is refused each time. Ask the customer for a new agreement, or send a payment link.",
)
_UNKNOWN = Code(
    "technical_error",
    "SysPay does not know what was asked about: it is of another account, or of the other mode, test or live.",
    "Compare the account’s API login and address with SysPay’s back office, test and live apart.",
)
_TOO_MUCH_BACK = Code(
    "limit_exceeded",
    "All refunds together would be more than was paid.",
    "Look at SysPay which refunds are there already, and refund less.",
)
_ENDED = Code(
    "declined",
    "The agreement was ended at SysPay, so nothing is charged any more.",
    "Do not charge it again. If the customer wants to go on, make a new agreement.",
)
_STILL_RESERVED = (
    "Try again later; if it keeps failing, ask SysPay. Money that is only reserved lapses by itself."
)

CATEGORIES: Mapping[str, Code] = {
    # [public], failure_category
    "card_flagged": Code(
        "fraud_suspected", "The card is on SysPay’s list of cards that it does not take any more."
    ),
    "declined": shared.REFUSED,
    "duplicated": shared.REPEATED,
    "expired": shared.EXPIRED,
    "fraud_suspicious": Code("fraud_suspected", "The bank or SysPay suspects fraud."),
    "insufficient_funds": shared.NO_FUNDS,
    "invalid_card": shared.WRONG_NUMBER,
    "invalid_cv2": shared.WRONG_CVC,
    "invalid_details": shared.WRONG_CARD_DATA,
    "other": Code("declined", "The payment failed for a reason that SysPay does not name."),
    "technical_error": Code("technical_error", "A system failed at SysPay or at a bank."),
    "unsupported": shared.CARD_NOT_TAKEN,
}

_STATUSES: Mapping[str, Code] = {
    # [public], where there is no category
    "FAILED": Code("declined", "The payment failed, and SysPay gives no category for it."),
    "ERROR": Code("technical_error", "SysPay could not process the payment."),
    "CANCELLED": shared.CUSTOMER_LEFT,
    "TIMED_OUT": shared.TOO_LATE,
    "EXPIRED": shared.TOO_LATE,
    "VOIDED": Code(
        "declined",
        "What was reserved on the card was let go.",
        "Nothing is wrong with the card. If it is to be paid after all, send the payment link.",
    ),
    # [public], why an agreement ended; kept in lower case
    "unsubscribed_merchant": _ENDED,
    "unsubscribed_admin": _ENDED,
    "suspended_attempts": Code(
        "declined",
        "SysPay gave the agreement up after it was declined too often.",
        "Speak with the customer: it takes another card, and a new agreement.",
    ),
    "suspended_expired": Code(
        "declined",
        "The agreement’s card has expired, so SysPay gave the agreement up.",
        "Ask the customer for the new card, with a new agreement.",
    ),
    "suspended_chargeback": Code(
        "declined",
        "The customer had a payment of the agreement taken back by the bank, so SysPay gave the agreement up.",
        "Speak with the customer before anything else. Do not charge the card again.",
    ),
    "suspended_blacklist_card": Code(
        "declined",
        "The agreement’s card is on SysPay’s list of cards that it does not take any more.",
        "Do not charge this card any more. Another card needs a new agreement.",
    ),
    "complete": Code(
        "declined",
        "The agreement has run its course: all its payments were made.",
        "There is nothing left to charge. A further payment needs a new order.",
    ),
    # [ours]: how the agreement stands, where SysPay gives no reason, and a charge that it knows nothing of
    "canceled": Code("declined", "The first payment failed, so the agreement never began."),
    "ended": _ENDED,
    "terminated": _ENDED,
    "not_found": Code(
        "declined",
        "SysPay knows nothing of this charge: it was never made.",
        "Nothing was charged. It can be charged again, under a new reference.",
    ),
    "no_payment": Code(
        "declined",
        "SysPay has no payment with money here.",
        "Ask the provider again from the order’s page: there is nothing to capture or to give back.",
    ),
}

_NUMBERS: Mapping[int, Code] = {
    # [public], the catalogue. [inferred]: that a refused payment or operation may bring any of them.
    10005: shared.PROVIDER_BROKEN,
    20006: shared.WRONG_ACCOUNT,
    20007: _UNKNOWN,
    20019: _UNKNOWN,
    20039: Code(
        "not_supported",
        "This means of payment takes no refunds.",
        "Give the money back in another way, by bank transfer for example, and note it on the order.",
    ),
    20040: shared.REPEATED,
    30002: shared.NO_CONTRACT,
    30004: shared.NO_CONTRACT,
    30008: shared.REPEATED,
    30010: shared.NO_CONTRACT,
    30012: Code(
        "declined",
        "The amount is below what SysPay takes.",
        "No card will help: another way to pay, or a larger amount. Ask SysPay for the limits of your contract.",
    ),
    30013: Code(
        "declined",
        "The amount is above what SysPay takes.",
        "No card will help: another way to pay, or several orders. Ask SysPay for the limits of your contract.",
    ),
    30014: shared.CURRENCY_NOT_TAKEN,
    30021: shared.WRONG_NUMBER,
    30022: shared.WRONG_CVC,
    30023: shared.EXPIRED,
    30024: shared.EXPIRED,
    30025: shared.EXPIRED,
    30027: Code(
        "not_supported",
        "The agreement was made in another currency.",
        "Charge it in the agreement’s own currency.",
    ),
    30030: Code(
        "limit_exceeded",
        "More is being processed than your contract with SysPay allows in that time.",
        "Another card does not help: wait, or ask SysPay to raise the limit.",
    ),
    30034: Code(
        "not_supported",
        "SysPay does not permit your account to refund.",
        "Ask SysPay for the permission, or refund in SysPay’s back office.",
    ),
    30035: shared.CARD_NOT_TAKEN,
    30048: shared.WRONG_NUMBER,
    30049: shared.EXPIRED,
    40001: _UNKNOWN,
    40003: shared.REPEATED,
    40004: Code(
        "not_supported",
        "The refund is in another currency than the payment.",
        "Refund in the currency of the payment.",
    ),
    40005: Code(
        "declined", "SysPay does not take the amount of the refund.", "Look at what is left of the payment."
    ),
    40006: _TOO_MUCH_BACK,
    40009: _UNKNOWN,
    40010: Code(
        "insufficient_funds",
        "Your SysPay account does not hold enough for this refund.",
        "Put money on your SysPay account, or wait for other payments to come in, and refund then.",
    ),
    50001: Code(
        "declined",
        "The payment is not reserved any more.",
        "Look at SysPay how it stands, and ask the provider again from the order’s page.",
    ),
    50002: Code(
        "technical_error", "The reserved money could not be captured. It is still reserved.", _STILL_RESERVED
    ),
    50003: Code("technical_error", "The reserved money could not be let go.", _STILL_RESERVED),
    50004: Code(
        "declined",
        "SysPay is still working on what was asked before.",
        "Wait some minutes, and ask the provider again from the order’s page before you do anything else.",
    ),
    60001: _UNKNOWN,
    60002: _NOT_ACTIVE,
    60003: _NOT_ACTIVE,
    60008: shared.NO_CONTRACT,
    60010: Code(
        "declined",
        "The mandate could not be activated.",
        "Ask the customer to try again, or to take another card. If it fails again, ask SysPay.",
    ),
    70001: _UNKNOWN,
    80001: _UNKNOWN,
    80002: _NOT_ACTIVE,
    120003: shared.WRONG_ACCOUNT,
    120005: shared.NO_CONTRACT,
    120006: shared.WRONG_ACCOUNT,
    130003: _UNKNOWN,
}

CODES: Mapping[str, Code] = {
    **CATEGORIES,
    **_STATUSES,
    **{str(number): code for number, code in _NUMBERS.items()},
}

# The catalogue's blocks of requests that are not right; none of them says more to a merchant [public].
_REQUESTS = (
    range(10001, 10011),
    range(20001, 20038),
    range(30001, 30050),
    range(40001, 40011),
    range(60004, 60010),
    range(90001, 90003),
    range(110001, 110026),
    range(120001, 120005),
    range(130003, 130006),
    range(170016, 170019),
)


def code(word: str) -> Code | None:
    """A category in whatever case SysPay writes it, a status, or a number."""
    if known := CODES.get(word) or CATEGORIES.get(word.lower()):
        return known
    number = int(word) if word.isascii() and word.isdigit() and len(word) < 8 else 0
    return shared.BAD_REQUEST if any(number in block for block in _REQUESTS) else None


def reason(word: str) -> str:
    known = code(word)
    return known.reason if known else "declined"
