"""What is for sale? Four things, under the numbers that the ticketing system knows them by; and two that are paid again
and again, which it does not know."""

from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _

CURRENCY = "EUR"
AUDIENCE = 306159078  # S360's audience subcategory: the public price


@dataclass(frozen=True)
class Product:
    item: int  # the number in S360's catalogue
    name: Any  # a text in the reader's language, as is `about`
    about: Any
    price: int  # cents, due today
    picture: str
    kind: str = "one_off"
    terms: dict[str, Any] = field(default_factory=dict)  # of an agreement, as Guichet's API takes them

    @property
    def stands_alone(self) -> bool:
        """An order has one kind, so an agreement is not sold together with anything else."""
        return self.kind != "one_off"


_THINGS = (
    Product(10228231110052, _("Museum ticket, adult"), _("Any day you like, all rooms."), 2400, "adult.svg"),
    Product(10228231110053, _("Museum ticket, child"), _("With a magnifying glass."), 1250, "child.svg"),
    Product(10228231110054, _("Exhibition catalogue"), _("312 pages, in true size."), 3990, "catalogue.svg"),
    Product(10228231110055, _("Poster"), _("50 by 70 centimetres, rolled."), 999, "poster.svg"),
    Product(
        10228231110056,
        _("Friend of the museum"),
        _("Come as often as you like: 1 euro for 7 days, then 15 euros every month until you end it."),
        100,
        "friend.svg",
        kind="subscription",
        terms={
            "amount": 1500,
            "period": {"count": 1, "unit": "month"},
            "trial": {"amount": 100, "period": {"count": 7, "unit": "day"}},
        },
    ),
    Product(
        10228231110057,
        _("A magnifying glass of brass"),
        _("300 euros, paid in 12 payments, one every month: 25 euros today."),
        2500,
        "glass.svg",
        kind="payment_plan",
        terms={"total": 30000, "cycles": 12, "period": {"count": 1, "unit": "month"}},
    ),
)
PRODUCTS = {product.item: product for product in _THINGS}
