"""Is this `credit_card` of a request one of our cards, or one we saved? For the gateway and for ctp/api/payments."""

import re
from typing import Any

from providers.sandbox import cards, clock
from providers.sandbox.ecomcharge import payments
from providers.sandbox.ecomcharge.asked import BLANK, Reader
from providers.sandbox.ecomcharge.models import EcomchargeCard
from providers.sandbox.ecomcharge.objections import Refused
from providers.sandbox.ecomcharge.payments import Instrument


def read(card: Reader, account: str, *, no_questions: bool = False, **more: Any) -> Instrument:
    """A typed card or a token; Refused with everything that is wrong with it."""
    token = card.text("token")
    if token:
        found = find_saved(card, token, account)
        asked_code(card, found)
        return payments.saved(found, no_questions=no_questions, **more)
    number, holder = cards.digits(card.text("number", required=True)), card.text("holder")
    month, year = expiry(card)
    verification(card)
    save = card.boolean("save_card")
    instrument = payments.instrument_of(
        number, holder=holder, month=month, year=year, no_questions=no_questions, save=save, **more
    )
    if number and not cards.luhn(number):
        card.object_to("number", "is invalid")
    elif number and instrument is None:
        card.object_to("number", "is not a test card of the sandbox")
    if card.wrong or instrument is None:
        raise Refused(card.wrong)
    return instrument


def find_saved(card: Reader, token: str, account: str) -> EcomchargeCard:
    """`Token does not exist.` [public: vcr]."""
    found = EcomchargeCard.objects.filter(token=token, account=account, page_of="").first()
    if found is None:
        card.object_to("token", "does not exist")
        raise Refused(card.wrong)
    return found


def asked_code(card: Reader, saved: EcomchargeCard) -> None:
    """A card saved for one click only needs its owner, who types the code again [seed]; others may go without."""
    given = verification(card)
    alone = {"recurring", "card_on_file", "credit"} & set(saved.contracts)
    if not given and not alone:
        card.object_to("verification_value", BLANK)
    if card.wrong:
        raise Refused(card.wrong)


def verification(card: Reader) -> str:
    value = card.text("verification_value")
    if value and not re.fullmatch(r"[0-9]{3,4}", value):
        card.object_to("verification_value", "is invalid")
    return value


def expiry(card: Reader) -> tuple[int, int]:
    """Month `"01"` or 1, year text or number, of two digits or four."""
    month = card.integer("exp_month", required=True, least=None) or 0
    year = card.integer("exp_year", required=True, least=None) or 0
    if 0 < year < 100:
        year += 2000
    if month and not 1 <= month <= 12:
        card.object_to("exp_month", "is not included in the list")
    now = clock.now()
    if month and year and (year, month) < (now.year, now.month):
        card.object_to("date", "is expired")  # `Date is expired.` [public: php test]
    return month, year
