"""Which card numbers play which end? The contract's own (section 12) first, and more of ours below them.

A reason is an issuer's code (`51`), or AUTH when 3-D Secure itself said no. Any expiry date to come, any code.
"""

from dataclasses import dataclass

from providers.sandbox import cards
from providers.sandbox.cards import Ending, TestCard

APPROVED = "4970100000000055"
CHALLENGE_ANSWER = "1234"  # sandbox convention

CARDS = (
    TestCard(APPROVED, Ending.APPROVE, "Accepted"),
    TestCard("4970100000000113", Ending.REFUSE, "Refused: insufficient funds", "51"),
    TestCard("4970110000000013", Ending.APPROVE, "3-D Secure without a question, accepted"),
    TestCard("4970110000001003", Ending.CHALLENGE, "3-D Secure challenge, then accepted"),
    TestCard("4970110000000039", Ending.CHALLENGE_REFUSE, "3-D Secure challenge, then refused", "AUTH"),
    TestCard("4970110000000021", Ending.CHALLENGE_REFUSE, "3-D Secure challenge that times out", "AUTH"),
    TestCard("4970110000000401", Ending.REFUSE, "3-D Secure rejects the card", "AUTH"),
    TestCard("5970100300000067", Ending.APPROVE, "Accepted (Mastercard)"),
    TestCard("4051700000003926", Ending.APPROVE, "Accepted (for JPY)"),
    TestCard("4515450000004140", Ending.APPROVE, "Accepted (for KWD)"),
    TestCard("4970101000001002", Ending.REFUSE_LATER, "Alias made, every payment refused", "05"),
    TestCard("4970100000020004", Ending.REFUSE, "Refused: do not honour", "05"),
    TestCard("4970100000021002", Ending.REFUSE, "Refused: expired card", "54"),
    TestCard("4970100000022000", Ending.REFUSE, "Refused: stolen card", "43"),
    TestCard("4970100000023008", Ending.SLOW, "Accepted, slowly"),
    TestCard("4970100000024006", Ending.DELAYED, "Under verification, accepted later"),
    TestCard("4970100000025003", Ending.NO_ANSWER, "The bank never answers"),
    TestCard("4970100000026001", Ending.HTTP_500, "The page fails with HTTP 500"),
)
_FRICTIONLESS = frozenset({"4970110000000013"})
# Issuer code -> text. Only the sentence of 51 is recorded [public: JOA]; the others are ours.
ISSUER = {
    "05": "Do not honor",
    "43": "Stolen card",
    "51": "Insufficient funds or credit limit exceeded",
    "54": "Expired card",
}
_REASONS = {
    "do_not_honour": "05", "insufficient_funds": "51", "expired_card": "54", "stolen_card": "43",
    "authentication_failed": "AUTH",
}  # fmt: skip


@dataclass(frozen=True)
class Typed:
    """A card as it may be kept, and how a payment with it ends. `saves_as`: how it ends once its alias is charged."""

    card: dict[str, object]
    ending: Ending
    reason: str = ""
    saves_as: Ending = Ending.APPROVE
    strong: str = "DISABLED"


def find(number: str) -> TestCard | None:
    return cards.find(number, CARDS)


def brand(number: str) -> str:
    """The platform's word; French test cards carry two brands, and CB is the one that is taken."""
    if number.startswith("4970"):
        return "CB"
    return cards.brand(number)


def allowed(number: str, methods: list[str]) -> bool:
    """Do the order's `paymentMethods` let this card in? An empty list lets everything in."""
    if not methods or "CARDS" in methods:
        return True
    return brand(number) in methods or cards.brand(number) in methods


def typed(known: TestCard, month: int, year: int, holder: str = "") -> Typed:
    number = known.number
    shown = {
        "pan": f"{number[:6]}{'X' * (len(number) - 10)}{number[-4:]}", "effectiveBrand": brand(number),
        "expiryMonth": month, "expiryYear": year, "country": "FR", "issuerCode": 17807,
        "issuerName": "Sandbox bank", "effectiveProductCode": "F", "cardHolderName": holder or None,
    }  # fmt: skip
    asks = known.ending in (Ending.CHALLENGE, Ending.CHALLENGE_REFUSE)
    later = Ending.REFUSE if known.ending is Ending.REFUSE_LATER else known.ending
    return Typed(
        shown, known.ending, known.reason, later,
        strong="ENABLED" if asks or number in _FRICTIONLESS or known.reason == "AUTH" else "DISABLED",
    )  # fmt: skip


def error(reason: str) -> list[str]:
    """(errorCode, errorMessage, detailedErrorCode, detailedErrorMessage) of a refusal.

    The AUTH code is a sandbox convention [inferred]: the contract has the prefix and no number.
    """
    code = _REASONS.get(reason, reason)
    if code == "AUTH":
        return ["AUTH_149", "buyer authentication refused", "", ""]
    code = code if code in ISSUER else "05"
    return ["ACQ_001", "payment refused", code, ISSUER[code]]
