"""What does a shop allow its orders? Where they may lead the shopper back to, and in which language they begin."""

from urllib.parse import urlsplit

from checkout.models import Shop
from checkout.shop_api.problems import FieldError

_PORTS = {"http": 80, "https": 443}


def return_errors(shop: Shop, address: str) -> list[FieldError]:
    """A shop that names no addresses allows them all."""
    if not address or not shop.return_origins:
        return []
    if _origin(address) in [_origin(str(allowed)) for allowed in shop.return_origins]:
        return []
    return [
        ("return_url", f"is not one of the shop's addresses; there are: {', '.join(shop.return_origins)}")
    ]


def language_for(shop: Shop, asked: str) -> str:
    """What was asked for, where the shop speaks it; else the first one that it speaks."""
    spoken = [str(code) for code in shop.languages]
    return asked if not spoken or asked in spoken else spoken[0]


def _origin(address: str) -> tuple[str, str, int | None]:
    """Scheme, host and port; nothing that an address could be mistaken for another one by."""
    parts = urlsplit(address)
    return parts.scheme, parts.hostname or "", parts.port or _PORTS.get(parts.scheme)
