"""What is in the visitor's basket? It lives in a signed cookie: the visitor can read it, and not change it."""

import uuid
from dataclasses import dataclass, field
from typing import NamedTuple

from django.core import signing
from django.http import HttpRequest, HttpResponse

from checkout.demo.catalogue import PRODUCTS, Product

COOKIE = "demo_basket"
SALT = "checkout.demo.basket"
AT_MOST = 9  # of each


class Line(NamedTuple):
    product: Product
    quantity: int

    @property
    def amount(self) -> int:
        return self.product.price * self.quantity


@dataclass
class Basket:
    """`id` names this very content: it is the Idempotency-Key of its order, so every change makes a new one."""

    quantities: dict[int, int] = field(default_factory=dict)
    id: str = field(default_factory=lambda: uuid.uuid4().hex)

    @classmethod
    def of(cls, request: HttpRequest) -> "Basket":
        try:
            kept = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT)
        except signing.BadSignature:
            return cls()
        known = {int(item): quantity for item, quantity in kept["quantities"].items()}
        return cls({item: known[item] for item in known if item in PRODUCTS}, kept["id"])

    def keep(self, request: HttpRequest, response: HttpResponse) -> None:
        value = signing.dumps({"id": self.id, "quantities": self.quantities}, salt=SALT)
        response.set_cookie(
            COOKIE, value, path="/shop/", httponly=True, samesite="Lax", secure=request.is_secure()
        )

    def put(self, item: int, quantity: int) -> bool:
        """False: it does not go together with what is in the basket, which stays as it is."""
        product = PRODUCTS.get(item)
        if product is None:
            return True
        quantity = max(0, min(quantity, 1 if product.stands_alone else AT_MOST))
        others = [line.product for line in self.lines if line.product != product]
        if quantity and others and (product.stands_alone or any(other.stands_alone for other in others)):
            return False
        if quantity != self.quantities.get(item, 0):
            self.quantities[item] = quantity
            self.quantities = {item: number for item, number in self.quantities.items() if number}
            self.id = uuid.uuid4().hex
        return True

    @property
    def lines(self) -> list[Line]:
        return [Line(PRODUCTS[item], quantity) for item, quantity in self.quantities.items()]

    @property
    def agreement(self) -> Product | None:
        """What is agreed on with the order: all that is in the basket then."""
        return next((line.product for line in self.lines if line.product.stands_alone), None)

    @property
    def count(self) -> int:
        return sum(self.quantities.values())

    @property
    def total(self) -> int:
        return sum(line.amount for line in self.lines)
