"""Which cards has a customer left with the shop, and how is one taken back?"""

from datetime import UTC
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Status

from checkout.models import SavedCard
from checkout.payments.cards import cards_of, occasions_of, remove_card
from checkout.shop_api.access import own_card, shop_of
from checkout.shop_api.idempotency import claimed, key_header
from checkout.shop_api.pages import CURSOR, LIMIT, page
from checkout.shop_api.routing import Router
from checkout.shop_api.shapes import ProblemOut, SavedCardsOut

router = Router(tags=["saved cards"])


@router.get(
    "/saved-cards",
    response={200: SavedCardsOut, 422: ProblemOut},
    operation_id="find_saved_cards",
    summary="List a customer's saved cards",
)
def find(
    request: HttpRequest,
    response: HttpResponse,
    customer: str = Query(..., min_length=1, max_length=100, description="Your own reference."),
    cursor: str | None = CURSOR,
    limit: int = LIMIT,
) -> Any:
    """By your own reference of the customer, the newest consent first. Removed cards are not in it."""
    found = cards_of(shop_of(request), customer)
    rows, following = page(request, response, found, by=("-consented_at", "-pk"), cursor=cursor, limit=limit)
    return {"saved_cards": [_snapshot(card) for card in rows], "next_cursor": following}


@router.delete(
    "/saved-cards/{card_id}",
    response={204: None, 409: ProblemOut},
    operation_id="remove_saved_card",
    summary="Remove a saved card",
)
def remove(
    request: HttpRequest,
    response: HttpResponse,
    card_id: str,
    idempotency_key: str | None = key_header("the same answer", required=False),
) -> Any:
    """The customer takes the consent back: the card is never offered or charged again, and its token is erased. A
    removed card stays removed, so the key may be left out."""
    card = own_card(request, card_id)
    with claimed(request, response, idempotency_key) as new:
        if new:
            remove_card(card)
    return Status(204, None)


def _snapshot(card: SavedCard) -> dict[str, Any]:
    return {
        "id": str(card.pk),
        "customer": card.customer_reference,
        "provider": card.account.provider,
        "account": str(card.account_id),
        "brand": card.brand,
        "last4": card.last4,
        "expiry_month": card.expiry_month,
        "expiry_year": card.expiry_year,
        "consented_at": card.consented_at.astimezone(UTC).isoformat(),
        "occasions": [occasion.value for occasion in occasions_of(card)],
    }
