"""What is for sale? Four things, under the numbers that the ticketing system knows them by."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

CURRENCY = "EUR"
AUDIENCE = 306159078  # S360's audience subcategory: the public price


@dataclass(frozen=True)
class Product:
    item: int  # the number in S360's catalogue
    name: Any  # a text in the reader's language, as is `about`
    about: Any
    price: int  # cents
    picture: str


_THINGS = (
    Product(10228231110052, _("Museum ticket, adult"), _("Any day you like, all rooms."), 2400, "adult.svg"),
    Product(10228231110053, _("Museum ticket, child"), _("With a magnifying glass."), 1250, "child.svg"),
    Product(10228231110054, _("Exhibition catalogue"), _("312 pages, in true size."), 3990, "catalogue.svg"),
    Product(10228231110055, _("Poster"), _("50 by 70 centimetres, rolled."), 999, "poster.svg"),
)
PRODUCTS = {product.item: product for product in _THINGS}
