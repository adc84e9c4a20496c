"""Which shop is asking, may its key do that, and is that order its own? It is the shop of the bearer key."""

from typing import cast

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja.security import HttpBearer

from checkout.models import Agreement, ApiKey, Invitation, Operation, Order, SavedCard, Shop
from checkout.shop_api.problems import Problem

_LONGEST_ID = 18  # digits that every database's integers hold


class ShopKey(HttpBearer):
    """`Authorization: Bearer gk_...`; `request.auth` becomes the shop. The key was looked up at the door."""

    def __init__(self, scope: str) -> None:
        super().__init__()
        self.scope = scope  # "" for any key

    def authenticate(self, request: HttpRequest, token: str) -> Shop | None:
        key: ApiKey | None = request.api_key  # type: ignore[attr-defined]  # put there at the door
        if key is None:
            return None
        if self.scope and self.scope not in key.scopes:
            why = f"This key may not do that: it has no scope “{self.scope}”."
            raise Problem(403, "scope-missing", why, scope=self.scope)
        return key.shop


def key_of(request: HttpRequest) -> ApiKey:
    """The key of a request that was let in."""
    return cast(ApiKey, request.api_key)  # type: ignore[attr-defined]


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


def own_operation(order: Order, operation_id: str) -> Operation:
    rows = Operation.objects.select_related("payment").filter(payment__order=order)
    operation = rows.filter(pk=operation_id).first() if _is_number(operation_id) else None
    if operation is None:
        raise Problem(404, "no-such-operation", "This order has no operation with this id.")
    return operation


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
