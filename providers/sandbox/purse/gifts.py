"""What is on a gift card, and may it be used? Balances go down with a payment and up with a void or refund."""

from providers.sandbox.fields import Wrong
from providers.sandbox.purse import partners
from providers.sandbox.purse.models import PurseGiftCard, PurseTransaction

Status = PurseTransaction.Status


def find(number: str) -> PurseGiftCard | None:
    partners.gift_cards()  # there from the start
    plain = "".join(number.split())
    return PurseGiftCard.objects.filter(pk=plain).first()


def usable(number: str, pin: str) -> PurseGiftCard:
    """The card with money on it, or a Wrong whose `why` is the name of a sentence in texts."""
    card = find(number)
    if card is None:
        raise Wrong("number", "gift_unknown")
    if pin != card.pin:
        raise Wrong("pin", "gift_bad_pin")
    if card.expired:
        raise Wrong("number", "gift_expired")
    if card.balance <= 0:
        raise Wrong("number", "gift_empty")
    return card


def charge(number: str, amount: int) -> tuple[str, str]:
    """Status and reason of charging it."""
    card = find(number)
    if card is None or card.expired:
        return Status.REFUSED, "expired_card"
    if card.refuses:
        return Status.REFUSED, "do_not_honour"
    if card.balance < amount:
        return Status.REFUSED, "insufficient_funds"
    card.balance -= amount
    card.save(update_fields=["balance"])
    return Status.AUTHORIZED, ""


def give_back(number: str, amount: int) -> None:
    if number and (card := find(number)):
        card.balance += amount
        card.save(update_fields=["balance"])
