"""In which ways may this shopper pay this order? The merchant's methods, and the customer's own cards first."""

from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils import timezone

from checkout.models import Account, Order, Payment, SavedCard
from checkout.payments.border import keeps_cards, methods_for, provider_for
from checkout.payments.cards import cards_for
from checkout.payments.settle import can_go_on
from providers.base import OWN_PAGE

_LOOK = ("brand", "last4", "expiry_month", "expiry_year")


@dataclass(frozen=True)
class Option:
    account: Account
    card: SavedCard | None = None
    keeps: bool = False  # a card that is paid with may be kept, once the customer has agreed
    can_keep: bool = False  # ... which our page is to ask

    @property
    def value(self) -> str:
        """What the form sends back."""
        return f"{self.account.pk}:{self.card.pk}" if self.card else str(self.account.pk)

    def channel(self, asked: str) -> str:
        """The channel that was asked for, if this way has it. A form of several ways asks for one on behalf of all."""
        return asked if asked in self.account.provider_class.channels else ""

    @property
    def needs_script(self) -> bool:
        # A saved card is charged without the provider's form, so without its script.
        return self.card is None and self.account.provider_class.needs_script


def options_for(order: Order) -> list[Option]:
    """In the sequence they are offered in. Asks nobody."""
    accounts = methods_for(order)
    saved = [Option(account, card) for account in accounts for card in _cards(order, account)]
    return saved + [_new_card(order, account) for account in accounts]


def same_again(options: list[Option], attempt: Payment) -> Option | None:
    """The way in which `attempt` was to be paid, if it is still offered."""
    for option in options:
        if (
            option.account.pk == attempt.account_id
            and (option.card and option.card.pk) == attempt.saved_card_id
        ):
            return option
    return None


def page_instead(options: list[Option], attempt: Payment) -> bool:
    """May `attempt`, whose widget is shown, be given up for one on the provider's own page?"""
    again = same_again(options, attempt)
    if again is None or not again.channel(OWN_PAGE) or attempt.channel == OWN_PAGE:
        return False
    return not can_go_on(attempt)  # where "again" leads back to the same attempt, it leads back to its widget


def is_only_way(attempt: Payment) -> bool:
    """Must the open `attempt` be paid as it is? A link that was sent can be paid wherever it is; where its provider
    cannot be told that it is given up, another attempt beside it could be paid as well."""
    return attempt.show.get("kind") == "link" and not attempt.account.provider_class.can("cancel")


def has_other_ways(options: list[Option], attempt: Payment) -> bool:
    """Is there another way to pay than by the open `attempt`? For a link that was sent, the same account's page is."""
    if attempt.show.get("kind") == "link":
        return bool(options) and not is_only_way(attempt)
    return len(options) > 1


def twins(cards: QuerySet[SavedCard], card: SavedCard) -> QuerySet[SavedCard]:
    """`card` and what looks the same: some providers give a new token each time that a card is kept."""
    return cards.filter(account=card.account_id, **{name: getattr(card, name) for name in _LOOK})


def _cards(order: Order, account: Account) -> list[SavedCard]:
    """The newest of each look, as far as it has not expired."""
    seen: dict[tuple[object, ...], SavedCard] = {}
    for card in cards_for(order, account):
        seen.setdefault(tuple(getattr(card, name) for name in _LOOK), card)
    return [card for card in seen.values() if not _has_expired(card)]


def _has_expired(card: SavedCard) -> bool:
    if not card.expiry_year or not card.expiry_month:
        return False
    today = timezone.now().date()
    return (card.expiry_year, card.expiry_month) < (today.year, today.month)


def _new_card(order: Order, account: Account) -> Option:
    keeps = keeps_cards(order, account)
    # Asked once: not again here when the shop has asked, or the provider's own form is going to.
    asks = keeps and not order.keep_card and not provider_for(account).asks_consent()
    return Option(account, keeps=keeps, can_keep=asks)
