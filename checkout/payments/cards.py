"""Which card does a customer leave with us, and which of them may be offered again?"""

import hashlib

from django.db.models import QuerySet
from django.utils import timezone

from checkout.models import Account, Order, Payment, SavedCard, Shop
from checkout.payments.texts import fit
from checkout.payments.timeline import Who, tell
from providers.base import Kind, Occasion
from providers.base import SavedCard as Token


def keep_card(payment: Payment, token: Token) -> None:
    """Keep the token, if the customer is known and agreed. A guest's card, or one without consent, is not kept."""
    order = payment.order
    consent = payment.save_card or order.kind == Kind.SAVE_CARD or token.agreed
    if not order.customer_reference() or not consent or not token.token:
        return
    left_for = None if token.occasions is None else sorted(token.occasions)
    row, new = SavedCard.objects.get_or_create(
        account=payment.account,
        customer_reference=order.customer_reference(),
        fingerprint=hashlib.sha256(token.token.encode()).hexdigest(),
        defaults={
            "shop": order.shop,
            "token": token.token,
            "brand": fit(token.card.brand, 30),
            "last4": fit(token.card.last4[-4:], 4),
            "expiry_month": token.card.expiry_month,
            "expiry_year": token.card.expiry_year,
            "occasions": left_for,
            "consented_at": timezone.now(),
        },
    )
    if row.removed_at is not None and row.removed_at < payment.created_at:
        # The customer took it back once, and has agreed anew with this payment.
        row.token, row.removed_at, row.consented_at, new = token.token, None, timezone.now(), True
        row.occasions = left_for
        row.save(update_fields=["token", "removed_at", "consented_at", "occasions"])
    if new:
        tell(order, "card.saved", payment=payment, who=Who.PROVIDER, card=str(row))


def cards_for(order: Order, account: Account) -> QuerySet[SavedCard]:
    """The cards that this order's customer, and nobody else, may pay with at this account."""
    reference = order.customer_reference()
    if not reference or order.kind == Kind.SAVE_CARD:
        return SavedCard.objects.none()
    return SavedCard.objects.filter(
        shop=order.shop, account=account, customer_reference=reference, removed_at=None
    ).order_by("-consented_at")


def cards_of(shop: Shop, customer_reference: str) -> QuerySet[SavedCard]:
    """Every card that this customer left with the shop and has not taken back, the newest consent first."""
    if not customer_reference:
        return SavedCard.objects.none()
    return (
        SavedCard.objects.filter(shop=shop, customer_reference=customer_reference, removed_at=None)
        .select_related("account")
        .order_by("-consented_at", "-pk")
    )


def occasions_of(card: SavedCard) -> list[Occasion]:
    """For what the merchant may charge the card while the customer is away; nothing where it cannot be charged."""
    if card.removed_at is not None or not card.account.enabled:
        return []
    able = card.account.provider_class.occasions
    kept_for = able if card.occasions is None else {str(word) for word in card.occasions}
    return [occasion for occasion in Occasion if occasion in able and occasion.value in kept_for]


def remove_card(card: SavedCard) -> None:
    """Never offer it again. The row stays, without its token, because payments point at it. Once: when it was removed
    is not told anew."""
    if card.removed_at is not None:
        return
    card.token = ""
    card.removed_at = timezone.now()
    card.save(update_fields=["token", "removed_at"])
