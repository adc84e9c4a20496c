"""Which means of payment does the sandbox's Purse offer, and how does each one behave?

The words are Purse's own vocabulary; which of them are offered and what each does is ours, so that every status
of the contract can be reached with a mouse.
"""

from dataclasses import dataclass

from providers.sandbox.cards import COMMON, Ending, TestCard
from providers.sandbox.purse.models import PurseGiftCard

CARDS = (
    *COMMON,
    # The one card that Purse's own demo names; its code is 1234 as well [public].
    TestCard("4916994064252017", Ending.CHALLENGE, "3-D Secure, then approved (Purse's demo card)"),
)


@dataclass(frozen=True)
class Partner:
    """A solution: partner and method. Amounts are always in minor units."""

    partner: str
    method: str
    label: str
    hint: str = ""
    # The same in French, where it differs.
    label_fr: str = ""
    hint_fr: str = ""
    # How its authorisation goes, and then its captures, voids and refunds.
    authorises: str = "at_once"  # at_once, card, approval (the shopper goes to the partner's page), never
    operates: str = "SUCCESS"  # SUCCESS, PENDING, UNCERTAIN

    @property
    def key(self) -> str:
        return f"{self.partner}/{self.method}"

    def said(self, language: str) -> tuple[str, str]:
        """Label and hint."""
        if language == "fr":
            return self.label_fr or self.label, self.hint_fr or self.hint
        return self.label, self.hint


CARD = Partner("ingenico", "creditcard", "Card", label_fr="Carte", authorises="card")
GIFT_CARD = Partner("illicado", "giftcard", "Gift card", label_fr="Carte cadeau")
OFFERED = (
    CARD,
    Partner(
        "paypal", "wallet", "PayPal", "You confirm on a page of PayPal.",
        hint_fr="Vous confirmez sur une page de PayPal.", authorises="approval",
    ),
    Partner(
        "uspmock", "primary", "Mock partner", "Comes back pending, with a page of its own.",
        "Partenaire fictif", "Reste en attente et vous mène à sa page.", authorises="approval",
    ),
    Partner(
        "hipay", "multibanco", "Multibanco", "Stays pending until it is settled.",
        hint_fr="Reste en attente jusqu’à son règlement.", authorises="never",
    ),
    Partner(
        "slimpay", "sdd", "Direct debit", "Captures and refunds stay pending.",
        "Prélèvement", "Captures et remboursements restent en attente.", operates="PENDING",
    ),
    Partner(
        "worldpay", "bancontact", "Bancontact", "Captures and refunds become uncertain.",
        hint_fr="Captures et remboursements deviennent incertains.", operates="UNCERTAIN",
    ),
)  # fmt: skip

_KNOWN = {solution.key: solution for solution in (*OFFERED, GIFT_CARD)}


def find(partner: str, method: str) -> Partner:
    """The solution; one that is not offered in the form approves at once, a card by its test card."""
    if known := _KNOWN.get(f"{partner}/{method}"):
        return known
    return Partner(
        partner, method, f"{partner} {method}", authorises="card" if method == "creditcard" else "at_once"
    )


def offered(key: str) -> Partner | None:
    return next((solution for solution in OFFERED if solution.key == key), None)


_PIN = "1234"
# number, label, balance; expired and refusing ones by name.
_GIFT_CARDS = (
    ("9250000000001000", "10.00 on it", 1000, ""),
    ("9250000000002000", "20.00 on it", 2000, ""),
    ("9250000000005000", "50.00 on it", 5000, ""),
    ("9250000000500000", "5000.00 on it", 500000, ""),
    ("9250000000000000", "Empty", 0, ""),
    ("9250000000009999", "Expired", 2000, "expired"),
    ("9250000000004040", "20.00 on it, refuses to be charged", 2000, "refuses"),
)


def stock_gift_cards() -> None:
    """Put the test gift cards in place, full, of whatever there is."""
    PurseGiftCard.objects.all().delete()
    PurseGiftCard.objects.bulk_create(
        PurseGiftCard(
            number=number, label=label, pin=_PIN, partner=GIFT_CARD.partner, balance=balance,
            expired=trait == "expired", refuses=trait == "refuses",
        )
        for number, label, balance, trait in _GIFT_CARDS
    )  # fmt: skip


def gift_cards() -> list[PurseGiftCard]:
    if not PurseGiftCard.objects.exists():
        stock_gift_cards()
    return list(PurseGiftCard.objects.order_by("number"))


def spaced(number: str) -> str:
    return " ".join(number[at : at + 4] for at in range(0, len(number), 4))
