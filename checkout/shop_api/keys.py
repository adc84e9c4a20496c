"""Which key is this, and what may it do? The first thing to ask, to see that the shop is connected."""

from datetime import UTC, datetime
from typing import Any, Literal

from django.conf import settings
from django.http import HttpRequest
from ninja import Schema
from pydantic import Field

from checkout.shop_api.access import key_of
from checkout.shop_api.routing import Router
from checkout.shop_api.shapes import At

router = Router(tags=["keys"])

Scope = Literal["read", "orders", "links", "charges", "operations"]


class ShopOut(Schema):
    name: str
    slug: str


class KeyOut(Schema):
    """The key that was sent."""

    prefix: str = Field(description="Its first characters, by which the merchant tells it from others.")
    name: str
    shop: ShopOut
    scopes: list[Scope] = Field(description="What it may do.")
    created_at: At
    last_used_at: At | None
    ends_at: At | None = Field(description="It was replaced, and ends then. null: it has no end.")
    rate_per_minute: int | None = Field(description="How often it may ask; null: as often as it likes.")


@router.get("/key", response={200: KeyOut}, operation_id="read_key", summary="Read the key in use")
def read(request: HttpRequest) -> Any:
    """Any living key may."""
    key = key_of(request)
    return {
        "prefix": key.prefix,
        "name": key.name,
        "shop": {"name": key.shop.name, "slug": key.shop.slug},
        "scopes": key.scopes,
        "created_at": _utc(key.created_at),
        "last_used_at": _utc(key.last_used_at),
        "ends_at": _utc(key.ends_at),
        "rate_per_minute": settings.API_RATE_PER_MINUTE or None,
    }


def _utc(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat() if moment else None
