"""Which card numbers play which end? The contract's own (section 16), and more of ours below them.

The month rule of some demo shops: 4200 0000 0000 0000 is declined when its expiry month is 10, whatever the year.
"""

import hashlib

from providers.sandbox import cards
from providers.sandbox.cards import Ending, TestCard

APPROVED = "4200000000000000"
DECLINED_MONTH = "10"
# Cards whose payment passes 3-D Secure without a question: enrolled, and how it was answered.
FRICTIONLESS = {
    "4012000000001006": "Y",
    "4012000000001055": "A",
    "5204240000015003": "Y",
    "5204240000015011": "A",
}
# Cards that 3-D Secure itself turns down.
TURNED_DOWN = {"4012000000001022": "U", "4012000000001030": "R", "4012000000001014": "N"}
CHALLENGE_ANSWER = "1111"  # [public: the vendor's demo page]

CARDS = (
    TestCard(APPROVED, Ending.APPROVE, "Approved (declined with expiry month 10)"),
    TestCard("4005550000000019", Ending.REFUSE, "Declined"),
    TestCard("9112300000000000", Ending.APPROVE, "Approved (Belkart)"),
    TestCard("5204240000015003", Ending.APPROVE, "3-D Secure without a question, approved (Mastercard)"),
    TestCard("5204240000015011", Ending.APPROVE, "3-D Secure attempted, approved (Mastercard)"),
    TestCard("5204240000015029", Ending.CHALLENGE, "3-D Secure challenge, then approved (Mastercard)"),
    TestCard("4012000000001006", Ending.APPROVE, "3-D Secure without a question, approved"),
    TestCard("4012000000001055", Ending.APPROVE, "3-D Secure attempted, approved"),
    TestCard("4012000000001097", Ending.CHALLENGE, "3-D Secure challenge, then approved"),
    TestCard("4012000000003010", Ending.CHALLENGE, "3-D Secure challenge (older), then approved"),
    TestCard("4012001037141112", Ending.CHALLENGE, "3-D Secure challenge (older), then approved"),
    TestCard("4012000000001022", Ending.REFUSE, "3-D Secure unavailable, declined", "F.0129"),
    TestCard("4012000000001030", Ending.REFUSE, "3-D Secure rejected, declined", "F.0130"),
    TestCard("4012000000001014", Ending.REFUSE, "3-D Secure not passed, declined", "F.0130"),
    TestCard("4200000000010009", Ending.REFUSE, "Declined: insufficient funds", "F.0114"),
    TestCard("4200000000020008", Ending.REFUSE, "Declined: expired card", "F.0111"),
    TestCard("4200000000030007", Ending.REFUSE, "Declined: wrong security code", "F.0112"),
    TestCard("4200000000040006", Ending.REFUSE, "Declined: suspected fraud", "F.0116"),
    TestCard("4200000000050005", Ending.REFUSE, "Declined: over the limit", "F.0124"),
    TestCard("4200000000060004", Ending.CHALLENGE_REFUSE, "3-D Secure challenge, then declined", "F.0130"),
    TestCard("4200000000070003", Ending.SLOW, "Approved, slowly"),
    TestCard("4200000000080002", Ending.DELAYED, "Approved, the result comes later"),
    TestCard("4200000000090001", Ending.NO_ANSWER, "The bank never answers"),
    TestCard("4200000000100008", Ending.HTTP_500, "The page fails with HTTP 500"),
    TestCard("4200000000110007", Ending.REFUSE_LATER, "Approved and saved, declined later", "F.0105"),
)
# Recordings of several shops share this stamp for one and the same card.
_STAMPS = {APPROVED: "b3839d334ba40e89168d60cd9f9d1390aee3fe67dd4d5c41adbf3998043eaef8"}


def find(number: str) -> TestCard | None:
    return cards.find(number, CARDS)


def brand(number: str) -> str:
    """The vendor's word: `visa`, `master`, `belkart`."""
    if number.startswith("9112"):
        return "belkart"
    return {"VISA": "visa", "MASTERCARD": "master", "AMEX": "american_express"}.get(
        cards.brand(number), "other"
    )


def shown(number: str, *, holder: str, month: int, year: int) -> dict[str, object]:
    """`credit_card` of an answer, without the token: everything that may be known of a card."""
    name = brand(number)
    return {
        "holder": holder or None,
        "stamp": _STAMPS.get(number) or hashlib.sha256(f"sandbox {number}".encode()).hexdigest(),
        "brand": name, "last_4": number[-4:], "first_1": number[:1], "bin": number[:6],
        "issuer_country": "BY" if name == "belkart" else "US", "issuer_name": f"{name.upper()} Demo Bank",
        "product": "F", "exp_month": month, "exp_year": year,
    }  # fmt: skip
