"""What do all of the shop's pages have? A basket, and who is looking at them."""

import uuid
from typing import Any

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from checkout.demo.basket import Basket
from checkout.demo.models import DemoOrder

VISITOR, SALT = "demo_visitor", "checkout.demo.visitor"
KNOWN_SECONDS = 30 * 86_400


def page(request: HttpRequest, name: str, *, status: int = 200, **context: Any) -> HttpResponse:
    """`how`: the step that the page is part of, whose code it then links to."""
    order = context.get("order")
    mine = isinstance(order, DemoOrder) and is_of(request, order)
    context = {"basket": Basket.of(request), "how": "create-order", "mine": mine, **context}
    return render(request, f"demo/{name}.html", context, status=status)


def visitor(request: HttpRequest) -> str:
    """Who this browser is to us; a new one is made up."""
    try:
        return str(signing.loads(request.COOKIES.get(VISITOR, ""), salt=SALT))
    except signing.BadSignature:
        return uuid.uuid4().hex


def is_of(request: HttpRequest, order: DemoOrder) -> bool:
    """Was it ordered in this browser?"""
    return visitor(request) == order.visitor


def know_again(request: HttpRequest, response: HttpResponse, order: DemoOrder) -> None:
    value = signing.dumps(order.visitor, salt=SALT)
    response.set_cookie(
        VISITOR, value, path="/shop/", max_age=KNOWN_SECONDS, httponly=True, samesite="Lax",
        secure=request.is_secure(),
    )  # fmt: skip
