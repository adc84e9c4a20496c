"""What do eComCharge's codes for a no say? [public]: beGateway's table of status codes and its pages of errors.

Which of our reasons a code belongs to is [inferred]. An older page numbers the same things F.0001 and on; it is
contradicted by the table, so those numbers are not read.
"""

import re
from collections.abc import Mapping

from providers import declines as shared
from providers.declines import Code

_NO_SUCH_ORDER = Code(
    "technical_error",
    "eComCharge does not find the order or the payment that this one refers to.",
    "Compare the account’s shop ID and addresses with eComCharge’s back office, test and live apart.",
)
_TERMINAL = Code(
    "technical_error",
    "Your terminal at the bank does not work, or is not set up for this.",
    "Ask eComCharge: the customer can do nothing about it. Until then take another way to pay.",
)
_FOR_A_WHILE = Code(
    "technical_error",
    "A system of the provider’s or a bank’s fails for the moment.",
    "The customer can try again in some minutes.",
)
_FOR_GOOD = Code(
    "technical_error",
    "A system of the provider’s or a bank’s does not take the payment.",
    "Another card, or another way to pay. If several payments end so, ask eComCharge.",
)
_NOT_CONFIRMED = Code(
    "authentication_failed",
    "The customer did not confirm the payment as their bank or wallet asks.",
)
_WALLET = Code(
    "invalid_card",
    "The wallet’s data are not right.",
    "The customer looks at the card in the wallet (Apple Pay, Google Pay), or types a card instead.",
)
_LIMIT_OF_CONTRACT = Code(
    "limit_exceeded",
    "The amount, or the number of payments, is above a limit of your contract with eComCharge.",
    "Another card does not help: ask eComCharge to raise the limit, or take another way to pay.",
)
_THEFT = Code(
    "fraud_suspected",
    "A bank suspects fraud: the card may have been lost or stolen.",
)
_ACCOUNT_BLOCKED = Code(
    "lost_or_stolen",
    "The account that was to be charged is blocked.",
)

CODES: Mapping[str, Code] = {
    # [public], of cards. [seed]: `expected_bank_code` brings each about in a test.
    "F.0100": _ACCOUNT_BLOCKED,
    "F.0101": Code("invalid_card", "The account that was to be charged does not exist."),
    "F.0102": shared.WRONG_ACCOUNT,
    "F.0103": shared.WRONG_ACCOUNT,
    "F.0104": shared.NO_CONTRACT,
    "F.0105": shared.DO_NOT_HONOUR,
    "F.0106": _TERMINAL,
    "F.0107": shared.WRONG_ACCOUNT,
    "F.0108": shared.REPEATED,
    "F.0109": shared.TOO_LATE,
    "F.0110": _NO_SUCH_ORDER,
    "F.0111": shared.EXPIRED,
    "F.0112": shared.WRONG_CVC,
    "F.0113": shared.CURRENCY_NOT_TAKEN,
    "F.0114": shared.NO_FUNDS,
    "F.0115": _THEFT,
    "F.0116": _THEFT,
    "F.0117": _FOR_A_WHILE,
    "F.0118": _FOR_GOOD,
    "F.0119": shared.BANK_AWAY,
    "F.0120": _FOR_GOOD,
    "F.0121": _FOR_A_WHILE,
    "F.0122": _FOR_GOOD,
    "F.0123": _LIMIT_OF_CONTRACT,
    "F.0124": Code(
        "limit_exceeded", "The amount, or the number of payments, is above what the card’s bank allows."
    ),
    "F.0125": Code(
        "limit_exceeded",
        "The amount, or the number of payments, is above a limit of the customer’s payment service.",
    ),
    "F.0126": _WALLET,
    "F.0127": shared.WRONG_CARD_DATA,
    "F.0128": shared.BAD_REQUEST,
    "F.0129": Code(
        "authentication_failed",
        "3-D Secure failed on the provider’s side.",
        "The customer can try again. If it keeps failing, take another card and ask eComCharge.",
    ),
    "F.0130": shared.NOT_AUTHENTICATED,
    "F.0131": _NOT_CONFIRMED,
    "F.0132": Code(
        "declined",
        "The customer rejected the payment.",
        "Nothing is wrong with the card. Ask whether the customer still wants to pay, and send the payment link.",
    ),
    "F.0133": Code(
        "authentication_failed",
        "The phone number is not the one that the bank knows for this card.",
        "The customer can try again with the phone number that their bank has.",
    ),
    "F.0134": Code(
        "authentication_failed",
        "The code that the bank sent by text message was not typed correctly.",
    ),
    "F.0135": Code(
        "declined",
        "The payment before this one is still under way, so no other one is begun.",
        "Wait until it has ended, and look how: a second payment beside it could charge the customer twice.",
    ),
    "F.0998": Code(
        "declined",
        "The customer did not finish the payment, and eComCharge closed it by itself.",
        "Nothing is wrong with the card. Ask whether the customer still wants to pay, and send the payment link.",
    ),
    "F.0999": Code("declined", "The payment failed, and eComCharge does not know why."),
    # [public] by number alone: the table has them, their sentences were not to be had.
    **dict.fromkeys(
        ("F.0996", "F.0997"),
        Code(
            "declined",
            "The payment failed for a reason that eComCharge numbers and does not explain.",
            "Another card or another way to pay; ask eComCharge what the code says.",
        ),
    ),
    # [public], of other means of payment
    "F.0201": shared.WRONG_ACCOUNT,
    "F.0202": Code("invalid_card", "The account that was to be charged does not exist."),
    "F.0203": _ACCOUNT_BLOCKED,
    "F.0204": _NO_SUCH_ORDER,
    "F.0205": shared.TOO_LATE,
    "F.0206": _NOT_CONFIRMED,
    "F.0207": Code("insufficient_funds", "There is not enough money on the account for this amount."),
    "F.0208": shared.NO_CONTRACT,
    "F.0209": _TERMINAL,
    "F.0210": _FOR_A_WHILE,
    "F.0211": _FOR_GOOD,
    "F.0212": _FOR_GOOD,
    "F.0213": shared.NO_CONTRACT,
    "F.0214": shared.CURRENCY_NOT_TAKEN,
    "F.0215": shared.REPEATED,
    "F.0216": Code(
        "not_supported",
        "The amount is outside of what may be paid this way.",
        "Another way to pay, or another amount. Ask eComCharge for the limits of your contract.",
    ),
    "F.0217": shared.STOPPED_BY_RULES,
    "F.0218": shared.BAD_REQUEST,
    "F.0219": shared.WRONG_ACCOUNT,
    "F.0221": _WALLET,
    "F.0222": _FOR_A_WHILE,
    "F.0399": Code("declined", "The payment failed, and eComCharge does not know why."),
    # [public], of requests that were not taken; the rest of them is a family, below
    "E.1007": shared.CURRENCY_NOT_TAKEN,
    "E.1008": shared.CARD_NOT_TAKEN,
    "E.1009": shared.NO_CONTRACT,
    "E.1016": shared.NO_CONTRACT,
    "E.1018": shared.REPEATED,
    "E.1021": shared.WRONG_ACCOUNT,
    "E.1022": shared.WRONG_ACCOUNT,
    "E.1025": shared.BAD_REQUEST,
    "E.1028": shared.NO_CONTRACT,
    "E.1033": shared.CURRENCY_NOT_TAKEN,
    "E.1035": Code(
        "technical_error", "The bank that your contract is with gave an answer that cannot be read."
    ),
    "E.1036": shared.TOO_LATE,
    "E.1065": Code(
        "not_supported",
        "Your account may not charge cards from the shop’s own side (host to host).",
        "No card will help: ask eComCharge for the permission.",
    ),
    # [ours]: what is said without a code
    "failed": Code("declined", "The payment was declined, and eComCharge gives no code for it."),
    "error": Code("technical_error", "eComCharge could not make a payment of it at all."),
    "card": Code(
        "invalid_card",
        "The saved card cannot be charged any more: eComCharge does not have it, or does not take it.",
        "Remove the saved card here and ask the customer for a card anew.",
    ),
    "duplicate": shared.REPEATED,
    "not_found": shared.NEVER_MADE,
}


def code(word: str) -> Code | None:
    return CODES.get(word) or (shared.BAD_REQUEST if re.fullmatch(r"E\.1\d{3}", word) else None)


# For a code that nobody listed, or none: what the sentence itself says.
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


def reason(word: str, sentence: str) -> str:
    """One of ours. `word` is "" where no code of the provider's was told."""
    if known := code(word):
        return known.reason
    return next((ours for pattern, ours in _SENTENCES if re.search(pattern, sentence, re.I)), "declined")
