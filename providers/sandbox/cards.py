"""Which test cards are there, and how does a payment with each one end?

The numbers are a sandbox convention [inferred]: the EPC contract names none. A stand-in whose contract does
name some brings its own tuple of the same shape. No other number is accepted: nobody shall type a real card.
"""

import re
from dataclasses import dataclass
from enum import StrEnum


class Ending(StrEnum):
    """How a payment ends once the card is submitted."""

    APPROVE = "approve"
    REFUSE = "refuse"
    CANCEL = "cancel"
    CHALLENGE = "challenge"  # 3-D Secure asks for the code; the right one approves
    CHALLENGE_REFUSE = "challenge_refuse"  # 3-D Secure asks for the code; the bank refuses all the same
    SLOW = "slow"  # approves, but the answer to the form takes long
    DELAYED = "delayed"  # the shopper is sent back at once, the result is known later
    NO_ANSWER = "no_answer"  # the bank never answers: no result, ever
    HTTP_500 = "http_500"  # the form's submit fails; nothing has happened
    REFUSE_LATER = "refuse_later"  # approves and is saved, and is refused when charged as a saved card


# The code of every 3-D Secure challenge here; three wrong ones refuse the payment.
CHALLENGE_CODE = "1234"
CHALLENGE_TRIES = 3


@dataclass(frozen=True)
class TestCard:
    number: str
    ending: Ending
    label: str
    reason: str = ""

    # pytest would take the class for a test case.
    __test__ = False

    @property
    def spaced(self) -> str:
        if self.brand == "AMEX":
            return f"{self.number[:4]} {self.number[4:10]} {self.number[10:]}"
        return re.sub(r"(\d{4})(?=\d)", r"\1 ", self.number)

    @property
    def brand(self) -> str:
        return brand(self.number)

    @property
    def cvc(self) -> str:
        return "1234" if self.brand == "AMEX" else "123"


COMMON = (
    TestCard("4970100000000055", Ending.APPROVE, "Approved"),
    TestCard("4970100000001004", Ending.REFUSE, "Refused: insufficient funds", "insufficient_funds"),
    TestCard("4970100000002002", Ending.REFUSE, "Refused: expired card", "expired_card"),
    TestCard("4970100000003000", Ending.REFUSE, "Refused: do not honour", "do_not_honour"),
    TestCard("4970100000004008", Ending.REFUSE, "Refused: stolen card", "stolen_card"),
    TestCard("4970100000005005", Ending.CHALLENGE, "3-D Secure, then approved"),
    TestCard(
        "4970100000006003", Ending.CHALLENGE_REFUSE, "3-D Secure, then refused", "authentication_failed"
    ),
    TestCard("4970100000007001", Ending.SLOW, "Approved, slowly"),
    TestCard("4970100000008009", Ending.DELAYED, "Approved, the result comes later"),
    TestCard("4970100000009007", Ending.NO_ANSWER, "The bank never answers"),
    TestCard("4970100000010005", Ending.HTTP_500, "The form fails with HTTP 500"),
    TestCard("4970100000011003", Ending.REFUSE_LATER, "Approved and saved, refused later", "do_not_honour"),
    TestCard("5555555555554444", Ending.APPROVE, "Approved (Mastercard)"),
    TestCard("378282246310005", Ending.APPROVE, "Approved (American Express)"),
    TestCard("4111111111111111", Ending.APPROVE, "Approved (Visa)"),
    TestCard("4242424242424242", Ending.APPROVE, "Approved (Visa)"),
)


def digits(number: str) -> str:
    return re.sub(r"[\s-]", "", number)


def luhn(number: str) -> bool:
    """Do the digits pass the check that catches a mistyped card number?"""
    plain = digits(number)
    if not plain.isascii() or not plain.isdigit() or not 12 <= len(plain) <= 19:
        return False
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(plain)))
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def brand(number: str) -> str:
    plain = digits(number)
    if plain.startswith(("34", "37")):
        return "AMEX"
    if plain.startswith("4"):
        return "VISA"
    if plain.startswith(("5", "2")):
        return "MASTERCARD"
    return "CARD"


def find(number: str, among: tuple[TestCard, ...] = COMMON) -> TestCard | None:
    plain = digits(number)
    return next((card for card in among if card.number == plain), None)
