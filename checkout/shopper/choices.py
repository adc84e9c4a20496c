"""In which ways may this shopper pay this order? The merchant's methods, and the customer's own cards first."""

from dataclasses import dataclass, replace

from django.utils import timezone

from checkout.models import Account, Order, Payment, SavedCard
from checkout.payments.border import methods_for, prospective_charge, provider_for
from checkout.payments.cards import cards_for
from providers.base import Kind


@dataclass(frozen=True)
class Option:
    account: Account
    card: SavedCard | None = None
    can_keep: bool = False  # the shopper may be asked whether the card is to be kept

    @property
    def value(self) -> str:
        """What the form sends back."""
        return f"{self.account.pk}:{self.card.pk}" if self.card else str(self.account.pk)

    @property
    def needs_script(self) -> bool:
        # A saved card is charged without the provider's form, so without its script.
        return self.card is None and self.account.provider_class.needs_script


def options_for(order: Order) -> list[Option]:
    """In the sequence they are offered in. Asks nobody."""
    accounts = methods_for(order)
    saved = [
        Option(account, card)
        for account in accounts
        for card in cards_for(order, account)
        if not _has_expired(card)
    ]
    return saved + [Option(account, can_keep=_can_keep(order, account)) for account in accounts]


def same_again(options: list[Option], attempt: Payment) -> Option | None:
    """The way in which `attempt` was to be paid, if it is still offered."""
    for option in options:
        if (
            option.account.pk == attempt.account_id
            and (option.card and option.card.pk) == attempt.saved_card_id
        ):
            return option
    return None


def _has_expired(card: SavedCard) -> bool:
    if not card.expiry_year or not card.expiry_month:
        return False
    today = timezone.now().date()
    return (card.expiry_year, card.expiry_month) < (today.year, today.month)


def _can_keep(order: Order, account: Account) -> bool:
    if not order.customer_reference() or order.kind != Kind.ONE_OFF:
        return False
    if Kind.SAVE_CARD not in account.provider_class.kinds:
        return False
    charge = replace(prospective_charge(order, account), save_card=True)
    return not provider_for(account).refuses(charge)
