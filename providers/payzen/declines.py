"""What do PayZen's codes for a no say? [public]: the platform's own reference of errors, and what clients recorded.

A refusal by the bank is ACQ_001 with the issuer's own number beside it; both are kept, as in "ACQ_001/51". Of the
issuers' numbers (ISO 8583, as the CB network uses it) the platform's help lists some and a recording shows 51; the
others, and which reason a code belongs to, are [inferred].
"""

import re
from collections.abc import Mapping

from providers import declines as shared
from providers.declines import Code

_ASK_THE_BANK = shared.DO_NOT_HONOUR.advice

# --- the issuer's number, beside ACQ_001 ---------------------------------------------------------------------------

ISSUERS: Mapping[str, Code] = {
    # [public]
    "03": Code(
        "not_supported",
        "The bank does not know your contract, or does not let it take this payment.",
        "No card will help if others are refused alike: ask PayZen, or the bank that your contract is with.",
    ),
    "05": shared.DO_NOT_HONOUR,
    "12": Code(
        "not_supported",
        "The bank does not do this kind of transaction with this card.",
    ),
    "13": Code("declined", "The bank does not take this amount."),
    "14": shared.WRONG_NUMBER,
    "30": Code("technical_error", "The bank could not read the request: its form was not right."),
    "51": shared.NO_FUNDS,  # the one that was recorded
    "54": shared.EXPIRED,
    "56": Code("invalid_card", "The bank has no such card in its files."),
    "57": shared.NOT_FOR_THIS_CARD,
    "59": shared.FRAUD,
    "60": Code(
        "declined",
        "The bank wants you to speak to the bank that your contract is with.",
        "Call the bank that your contract is with. Until then take another way to pay.",
    ),
    "81": shared.MUST_AUTHENTICATE,
    "A1": shared.MUST_AUTHENTICATE,
    "1A": shared.MUST_AUTHENTICATE,
    # [inferred]
    "01": shared.CALL_THE_BANK,
    "02": shared.CALL_THE_BANK,
    "04": shared.BLOCKED,
    "07": shared.BLOCKED,
    "08": shared.CALL_THE_BANK,
    "15": Code("invalid_card", "No bank is known for this card number."),
    "17": shared.CUSTOMER_LEFT,
    "19": shared.BANK_AWAY,
    "20": shared.BANK_AWAY,
    "24": shared.PROVIDER_BROKEN,
    "25": Code("technical_error", "The bank does not find what the payment refers to."),
    "26": shared.REPEATED,
    "27": shared.PROVIDER_BROKEN,
    "28": shared.PROVIDER_BROKEN,
    "29": shared.PROVIDER_BROKEN,
    "31": shared.WRONG_ACCOUNT,
    "33": shared.EXPIRED,
    "34": shared.FRAUD,
    "38": shared.EXPIRED,
    "41": shared.LOST,
    "43": shared.STOLEN,
    "46": Code("lost_or_stolen", "The account behind the card is closed."),
    "55": Code(
        "declined",
        "The card’s secret code (PIN) was not right.",
        "Another card or another way to pay: a PIN cannot be typed here. The bank can tell more.",
    ),
    "58": shared.NOT_FOR_THIS_CARD,
    "61": shared.OVER_LIMIT,
    "62": Code("lost_or_stolen", "The bank has restricted the card: it may not be used here, or not at all."),
    "63": Code("declined", "The bank finds that a rule of security was not kept.", _ASK_THE_BANK),
    "65": shared.TOO_OFTEN,
    "68": shared.BANK_AWAY,
    "70": shared.CALL_THE_BANK,
    "75": Code(
        "limit_exceeded",
        "The secret code (PIN) was typed wrongly too often, so the bank takes no payment for now.",
        "Another card. The customer’s bank can unblock this one.",
    ),
    "76": shared.BLOCKED,
    "78": Code(
        "declined",
        "The card is not activated yet.",
        "The customer activates it with their bank, often by a first payment with the PIN. Until then another card.",
    ),
    "82": shared.WRONG_CVC,
    "90": shared.BANK_AWAY,
    "91": shared.BANK_AWAY,
    "94": shared.REPEATED,
    "96": shared.BANK_AWAY,
    "97": shared.BANK_AWAY,
    "98": shared.BANK_AWAY,
    "99": shared.BANK_AWAY,
    "N7": shared.WRONG_CVC,
    "R0": Code(
        "declined",
        "The cardholder has told the bank to stop this series of payments.",
        "Do not charge the card again for it: the bank refuses each time. Speak with the customer.",
    ),
    "R1": Code(
        "declined",
        "The cardholder has told the bank to stop all payments of your shop that come without them.",
        "Do not charge the card again without the customer: the bank refuses each time. Speak with the customer.",
    ),
    "R3": Code(
        "declined",
        "The cardholder has told the bank to stop all payments of your shop that come without them.",
        "Do not charge the card again without the customer: the bank refuses each time. Speak with the customer.",
    ),
}

# --- PayZen's own --------------------------------------------------------------------------------------------------

_INCIDENT = Code("technical_error", "PayZen had a technical incident and could not process the payment.")
_INCIDENTS = (
    "PSP_513 PSP_514 PSP_515 PSP_516 PSP_525 PSP_537 PSP_538 PSP_540 PSP_541 PSP_542 PSP_543 PSP_555 "
    "PSP_569 PSP_576 PSP_577 PSP_594 PSP_595 PSP_596 PSP_603 PSP_604 PSP_608 PSP_632 PSP_643 PSP_648 "
    "PSP_650 PSP_652 PSP_658 PSP_995 PSP_996 PSP_998 PSP_999"
)
_NO_WAY_BACK = Code(
    "declined",
    "It can no longer be cancelled.",
    "It is captured, or about to be: refund it instead.",
)
_NO_REFUND_YET = Code(
    "declined",
    "It cannot be refunded yet, because it is not captured.",
    "Give the whole of it back, which cancels it, or wait until it is captured.",
)
_NO_REFUND = Code(
    "not_supported",
    "PayZen does not refund this payment.",
    "Give the money back in another way, by bank transfer for example, and note it on the order.",
)
_TOO_MUCH_BACK = Code("declined", "More was to be given back than is left of the payment.", "Refund less.")
_ALREADY = Code(
    "declined",
    "It was refunded or cancelled already.",
    "Do nothing twice: look in PayZen’s Back Office what was done, and ask the provider again from the order’s page.",
)
_WRONG_STATE = Code(
    "declined",
    "The payment’s state does not allow what was asked.",
    "Look in PayZen’s Back Office how it stands, and ask the provider again from the order’s page.",
)
_NOT_FOUND = Code(
    "technical_error",
    "PayZen does not know what was asked about: it is of another shop, or of the other mode, test or live.",
    "Compare the account’s shop ID and password with PayZen’s Back Office, test and live apart.",
)
_TOKEN = Code(
    "invalid_card",
    "The saved card cannot be charged any more: PayZen does not have it, or has cancelled it.",
    "Remove the saved card here and ask the customer for a card anew.",
)
_AMOUNT = Code(
    "not_supported",
    "The amount is outside of what may be paid this way.",
    "Another way to pay, or another amount. Ask PayZen for the limits of your contract.",
)
_SLOW_DOWN = Code(
    "technical_error",
    "Too many requests or tries in a short time: PayZen takes no more for now.",
    "Wait some minutes, then let the customer try again. If it happens often, ask PayZen.",
)
_FORM_EXPIRED = Code(
    "declined",
    "The payment form was open for too long and has expired.",
    "Nothing is wrong with the card: let the customer open the payment page anew.",
)
_CARD_RULE = Code(
    "not_supported",
    "A rule of yours at PayZen refuses cards of this kind, such as prepaid, virtual or business cards.",
    "Another card. The rule stands in PayZen’s Back Office, under risk management.",
)
_WALLET_REFUSED = Code(
    "declined",
    "The customer’s wallet or credit company refused the payment.",
    "The customer can ask there why, or pay by card.",
)

_CODES: Mapping[str, Code] = {
    # [seed] and [public], recorded
    "ACQ_001": shared.REFUSED,
    # [public]
    "ACQ_999": Code("technical_error", "The bank that your contract is with had a technical failure."),
    "AUTH_100": Code(
        "authentication_failed", "3-D Secure: the answer of the customer’s bank was not signed correctly."
    ),
    "AUTH_101": shared.AUTHENTICATION_BROKE,
    "AUTH_102": Code(
        "authentication_failed",
        "3-D Secure was asked for with something that is not right.",
        "The customer can do nothing about it: show PayZen the exchange.",
    ),
    "AUTH_103": Code(
        "authentication_failed",
        "3-D Secure is switched off for your contract.",
        "No card will help: ask PayZen to enable 3-D Secure.",
    ),
    "AUTH_149": shared.AUTHENTICATION_TOO_SLOW,
    "AUTH_999": shared.AUTHENTICATION_BROKE,
    "CLIENT_001": Code("declined", "The payment was refused in the form; PayZen does not say by whom."),
    "CLIENT_101": shared.CUSTOMER_LEFT,
    "CLIENT_103": shared.TOO_LATE,
    "CLIENT_105": shared.CUSTOMER_LEFT,
    "CLIENT_301": shared.WRONG_NUMBER,
    "CLIENT_302": shared.EXPIRED,
    "CLIENT_303": shared.WRONG_CVC,
    "PSP_003": Code("declined", "PayZen refused the payment and does not say why."),
    "PSP_010": _NOT_FOUND,
    "PSP_011": _WRONG_STATE,
    "PSP_012": shared.REPEATED,
    "PSP_020": _AMOUNT,
    "PSP_021": shared.CURRENCY_NOT_TAKEN,
    "PSP_022": shared.CARD_NOT_TAKEN,
    "PSP_023": shared.EXPIRED,
    "PSP_024": shared.WRONG_CVC,
    "PSP_025": shared.WRONG_ACCOUNT,
    "PSP_026": shared.WRONG_NUMBER,
    "PSP_027": shared.WRONG_ACCOUNT,
    **dict.fromkeys(("PSP_030", "PSP_031", "PSP_035", "PSP_036"), _TOKEN),
    "PSP_041": Code("invalid_card", "No bank is known for this card number."),
    "PSP_042": shared.NO_FUNDS,
    "PSP_043": _NO_REFUND,
    "PSP_051": shared.CARD_NOT_TAKEN,
    "PSP_052": Code(
        "authentication_failed", "3-D Secure: the answer of the customer’s bank was not signed correctly."
    ),
    "PSP_053": shared.AUTHENTICATION_BROKE,
    "PSP_054": shared.AUTHENTICATION_BROKE,
    "PSP_055": Code(
        "authentication_failed",
        "3-D Secure is switched off for your contract.",
        "No card will help: ask PayZen to enable 3-D Secure.",
    ),
    "PSP_056": Code("invalid_card", "The bank has no such card in its files."),
    "PSP_075": _NO_WAY_BACK,
    "PSP_076": _NO_REFUND_YET,
    **dict.fromkeys(
        ("PSP_077", "PSP_078", "PSP_079", "PSP_080", "PSP_082", "PSP_090", "PSP_101"), _NO_REFUND
    ),
    "PSP_081": shared.NO_CONTRACT,
    "PSP_083": Code(
        "declined",
        "It cannot be refunded: it was never paid, or the bank has taken it back.",
        "Refund nothing: look whether there is a chargeback. That money is with the customer already.",
    ),
    "PSP_091": shared.CARD_NOT_TAKEN,
    "PSP_092": _WRONG_STATE,
    "PSP_093": _WRONG_STATE,
    "PSP_099": _SLOW_DOWN,
    "PSP_100": Code(
        "technical_error",
        "PayZen’s REST API is not enabled for your shop.",
        "Ask PayZen to enable it. Until then nobody can pay this way.",
    ),
    "PSP_102": _WRONG_STATE,
    "PSP_104": _ALREADY,
    "PSP_105": _ALREADY,
    "PSP_106": _SLOW_DOWN,
    "PSP_107": Code(
        "not_supported",
        "Your contract does not keep cards.",
        "Take the payment without keeping the card, or ask PayZen to enable payment by alias.",
    ),
    "PSP_108": _FORM_EXPIRED,
    "PSP_109": Code(
        "technical_error",
        "Your shop is not activated for live payments at PayZen.",
        "Ask PayZen to activate it. Until then nobody can pay this way.",
    ),
    "PSP_110": _WRONG_STATE,
    "PSP_112": _NO_REFUND,
    "PSP_113": shared.REPEATED,
    "PSP_115": shared.NO_CONTRACT,
    "PSP_136": shared.AUTHENTICATION_TOO_SLOW,
    "PSP_201": shared.CARD_NOT_TAKEN,
    "PSP_202": shared.EXPIRED,
    **dict.fromkeys(
        ("PSP_301", "PSP_302", "PSP_303", "PSP_304", "PSP_305", "PSP_306", "PSP_307"),
        shared.AUTHENTICATION_BROKE,
    ),
    "PSP_502": _NOT_FOUND,
    **dict.fromkeys(("PSP_503", "PSP_504", "PSP_507"), _WRONG_STATE),
    "PSP_505": shared.REPEATED,
    "PSP_506": _AMOUNT,
    "PSP_508": shared.EXPIRED,
    "PSP_509": shared.WRONG_CVC,
    "PSP_510": _TOO_MUCH_BACK,
    "PSP_511": _TOO_MUCH_BACK,
    **dict.fromkeys(_INCIDENTS.split(), _INCIDENT),
    "PSP_519": shared.CURRENCY_NOT_TAKEN,
    "PSP_520": shared.CARD_NOT_TAKEN,
    **dict.fromkeys(("PSP_521", "PSP_523", "PSP_524", "PSP_591"), shared.NO_CONTRACT),
    **dict.fromkeys(("PSP_522", "PSP_550", "PSP_552", "PSP_553"), shared.WRONG_ACCOUNT),
    **dict.fromkeys(
        ("PSP_526", "PSP_527", "PSP_528", "PSP_529", "PSP_530", "PSP_531", "PSP_532", "PSP_533"),
        shared.WRONG_NUMBER,
    ),
    "PSP_534": _CARD_RULE,
    "PSP_535": _CARD_RULE,
    "PSP_536": shared.STOPPED_BY_RULES,
    "PSP_539": shared.NOT_AUTHENTICATED,
    "PSP_546": _AMOUNT,
    **dict.fromkeys(("PSP_557", "PSP_558", "PSP_559", "PSP_561", "PSP_562", "PSP_607"), _TOKEN),
    **dict.fromkeys(("PSP_572", "PSP_573", "PSP_575", "PSP_602"), _WALLET_REFUSED),
    **dict.fromkeys(
        ("PSP_582", "PSP_584", "PSP_586", "PSP_590", "PSP_615", "PSP_638", "PSP_639"), _NO_REFUND
    ),
    "PSP_583": _AMOUNT,
    "PSP_600": _CARD_RULE,
    "PSP_601": Code("declined", "The first instalment was refused, and so the others were, too."),
    "PSP_605": shared.NOT_AUTHENTICATED,
    "PSP_606": shared.CURRENCY_NOT_TAKEN,
    "PSP_609": shared.TOO_LATE,
    "PSP_610": Code(
        "not_supported",
        "PayZen has no contract of yours for this currency and means of payment.",
        "No card will help: ask PayZen for a contract, or have the order made in another currency.",
    ),
    "PSP_611": Code(
        "authentication_failed",
        "The payment would have come without the bank’s guarantee, and your rules refuse those.",
        "The customer can try again and confirm in the bank’s app, or take another card. The rule is in PayZen’s Back "
        "Office.",
    ),
    "PSP_612": _WRONG_STATE,
    "PSP_616": shared.NOT_FOR_THIS_CARD,
    "PSP_624": Code(
        "declined",
        "The card is not activated yet.",
        "The customer activates it with their bank, often by a first payment with the PIN. Until then another card.",
    ),
    "PSP_625": shared.REFUSED,
    "PSP_636": shared.MUST_AUTHENTICATE,
    "PSP_637": shared.REPEATED,
    "PSP_641": shared.STOPPED_BY_RULES,
    "PSP_642": shared.CARD_NOT_TAKEN,
    "PSP_646": shared.NOT_AUTHENTICATED,
    "PSP_647": shared.STOPPED_BY_RULES,
    "PSP_649": shared.AUTHENTICATION_TOO_SLOW,
    "PSP_659": _AMOUNT,
    "PSP_660": _NO_REFUND_YET,
    "PSP_675": _NO_WAY_BACK,
    "PSP_676": _NO_REFUND_YET,
    "PSP_677": shared.BANK_AWAY,
    "PSP_678": _ALREADY,
    "PSP_703": shared.REFUSED,
    **dict.fromkeys(
        ("PSP_705", "PSP_706", "PSP_707", "PSP_713", "PSP_717", "PSP_722"), shared.NOT_AUTHENTICATED
    ),
    **dict.fromkeys(
        ("PSP_708", "PSP_718", "PSP_719", "PSP_720", "PSP_727", "PSP_997"), shared.AUTHENTICATION_BROKE
    ),
    "PSP_716": shared.AUTHENTICATION_TOO_SLOW,
    "PSP_724": Code("invalid_card", "The bank has no such card in its files."),
    "PSP_728": shared.TOO_OFTEN,
    "PSP_903": _FORM_EXPIRED,
    "PSP_1000": _NOT_FOUND,
    "PSP_1005": _WRONG_STATE,
    "PSP_1006": shared.TOO_LATE,
    "PSP_1086": shared.REFUSED,
    # [ours]: a refusal without a code
    "refused": shared.REFUSED,
}

CODES: Mapping[str, Code] = {**_CODES, **{f"ACQ_001/{number}": code for number, code in ISSUERS.items()}}

# Whole families, of which no single one says more to a merchant [public].
_FAMILIES: Mapping[str, Code] = {
    r"INT_\d{3}": shared.BAD_REQUEST,
    r"CLIENT_3\d\d": shared.WRONG_CARD_DATA,
    r"CLIENT_\d{3}": Code(
        "technical_error",
        "The payment form did not work in the customer’s browser.",
        "Ask the customer to open the page anew, in another browser if need be. If it happens to others, ask PayZen.",
    ),
}
# What the prefix alone tells of a code that nobody listed.
_PREFIXES = {"AUTH": "authentication_failed", "INT": "technical_error", "PSP": "technical_error"}


def code(word: str) -> Code | None:
    if known := CODES.get(word):
        return known
    first, _, issuers = word.partition("/")
    if issuers:
        return ISSUERS.get(issuers) if first.startswith("ACQ_") else None
    return next((family for pattern, family in _FAMILIES.items() if re.fullmatch(pattern, word)), None)


def word_of(error: str, issuers: str) -> str:
    """The code as it is kept: the bank's own number belongs to it."""
    numbered = error.startswith("ACQ_") and issuers not in ("", "0", "00")
    return f"{error}/{issuers}" if numbered else error


def reason(word: str) -> str:
    """One of ours, for a code with or without the issuer's number."""
    known = code(word) or code(word.partition("/")[0])
    return known.reason if known else _PREFIXES.get(word.partition("_")[0], "declined")
