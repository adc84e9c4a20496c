"""Which card numbers play which end? The contract names none: the core's, and one for each further failure category."""

from providers.sandbox import cards
from providers.sandbox.cards import COMMON, Ending, TestCard
from providers.sandbox.syspay import codes

_OWN = (
    TestCard("4970100000201000", Ending.REFUSE, "Refused: fraud suspected", "fraud_suspicious"),
    TestCard("4970100000211009", Ending.REFUSE, "Refused: duplicated", "duplicated"),
    TestCard("4970100000221008", Ending.REFUSE, "Refused: invalid card", "invalid_card"),
    TestCard("4970100000231007", Ending.REFUSE, "Refused: wrong security code", "invalid_cv2"),
    TestCard("4970100000241006", Ending.REFUSE, "Refused: invalid details", "invalid_details"),
    TestCard("4970100000251005", Ending.REFUSE, "Refused: unsupported card", "unsupported"),
    TestCard("4970100000261004", Ending.REFUSE, "Refused: technical error", "technical_error"),
    TestCard("4970100000271003", Ending.REFUSE, "Refused: other reason", "other"),
    TestCard("4970100000281002", Ending.REFUSE, "The payment ends in ERROR", codes.ERROR),
)
CARDS = (*COMMON, *_OWN)


def find(number: str) -> TestCard | None:
    return cards.find(number, CARDS)


def shown(card: TestCard, *, holder: str, expiry: str) -> dict[str, str]:
    """Everything that may be known of a card; `display` as in the contract's sample: 4970-10xx-xxxx-0055."""
    month, _, year = expiry.partition("/")
    number = card.number
    return {
        "display": f"{number[:4]}-{number[4:6]}xx-xxxx-{number[-4:]}",
        "cardholder": holder,
        "scheme": card.brand,
        "exp_month": month,
        "exp_year": year,
    }
