"""Which shop is asking, and is that order, link, card or agreement its own? It is the shop of the bearer key."""

from datetime import timedelta

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from ninja.security import HttpBearer

from checkout.models import Agreement, ApiKey, Invitation, Order, SavedCard, Shop
from checkout.shop_api.problems import Problem

# Often enough to see which key is still in use; not a write for each request.
NOTED_EVERY = timedelta(minutes=1)
_LONGEST_ID = 18  # digits that every database's integers hold


class ShopKey(HttpBearer):
    """`Authorization: Bearer gk_...`; `request.auth` becomes the shop."""

    def authenticate(self, request: HttpRequest, token: str) -> Shop | None:
        key = ApiKey.find(token.strip())
        if key is None:
            return None
        now = timezone.now()
        if key.last_used_at is None or key.last_used_at < now - NOTED_EVERY:
            stale = Q(last_used_at=None) | Q(last_used_at__lt=now - NOTED_EVERY)
            ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=now)
        return key.shop


def shop_of(request: HttpRequest) -> Shop:
    shop: Shop = request.auth  # type: ignore[attr-defined]  # put there by ShopKey
    return shop


def own_order(request: HttpRequest, number: str) -> Order:
    """The shop's own order. Another shop's is no different from none."""
    order = None if "\0" in number else shop_of(request).orders.filter(number=number).first()
    if order is None:
        raise Problem(404, "no-such-order", "You have no order with this id.")
    return order


def links_of(order: Order) -> QuerySet[Invitation]:
    """With the rows that a snapshot of one needs."""
    return order.invitations.select_related("order__shop", "payment__account", "payment__order")


def own_link(order: Order, link_id: str) -> Invitation:
    link = links_of(order).filter(pk=link_id).first() if _is_number(link_id) else None
    if link is None:
        raise Problem(404, "no-such-link", "This order has no payment link with this id.")
    return link


def own_agreement(request: HttpRequest, number: str) -> Agreement:
    agreement = None if "\0" in number else agreements_of(shop_of(request)).filter(number=number).first()
    if agreement is None:
        raise Problem(404, "no-such-agreement", "You have no agreement with this id.")
    return agreement


def agreements_of(shop: Shop) -> QuerySet[Agreement]:
    """With the rows that a snapshot of one needs."""
    return Agreement.objects.filter(shop=shop).select_related("account", "payment__order", "payment__account")


def own_card(request: HttpRequest, card_id: str) -> SavedCard:
    """A card that a customer left with this shop, whether it was removed since or not."""
    card = None
    if _is_number(card_id):
        card = SavedCard.objects.select_related("account").filter(shop=shop_of(request), pk=card_id).first()
    if card is None:
        raise no_such_card()
    return card


def no_such_card() -> Problem:
    return Problem(404, "no-such-card", "You have no saved card with this id.")


def _is_number(name: str) -> bool:
    """Could it be a row's? "007" is nobody's name."""
    return name.isascii() and name.isdigit() and len(name) <= _LONGEST_ID and str(int(name)) == name
