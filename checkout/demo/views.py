"""The shop's pages: things, basket, buyer, orders."""

import logging
import uuid
from typing import Any

from csp.decorators import csp_update
from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from checkout.demo import guichet
from checkout.demo.basket import COOKIE, Basket
from checkout.demo.catalogue import CURRENCY, PRODUCTS
from checkout.demo.forms import KNOWN_CUSTOMER, BuyerForm, CardForm
from checkout.demo.models import DemoOrder

log = logging.getLogger("checkout.demo")

VISITOR, SALT = "demo_visitor", "checkout.demo.visitor"
# A browser that follows a form to another site asks this policy, and the checkout is another site.
to_checkout = csp_update({"form-action": [settings.SITE_URL]})


def page(request: HttpRequest, name: str, *, status: int = 200, **context: Any) -> HttpResponse:
    return render(request, f"demo/{name}.html", {"basket": Basket.of(request), **context}, status=status)


@require_GET
@never_cache
def index(request: HttpRequest) -> HttpResponse:
    return page(request, "index", products=PRODUCTS.values())


@require_http_methods(["GET", "POST"])
@never_cache
def basket(request: HttpRequest) -> HttpResponse:
    """POST `item` adds one; POST `quantity-<item>` sets how many."""
    if request.method == "GET":
        return page(request, "basket")
    changed, fits = Basket.of(request), True
    for name, value in request.POST.dict().items():
        item = value if name == "item" else name.removeprefix("quantity-")
        if item.isdecimal() and value.isdecimal() and len(value) < 20:
            more = changed.quantities.get(int(item), 0) + 1
            fits = changed.put(int(item), more if name == "item" else int(value)) and fits
    response = redirect(reverse("demo:basket") + ("" if fits else "?alone=1"))
    changed.keep(request, response)
    return response


@to_checkout
@require_http_methods(["GET", "POST"])
@never_cache
def checkout(request: HttpRequest) -> HttpResponse:
    bought = Basket.of(request)
    if not bought.lines:
        return redirect("demo:basket")
    form = BuyerForm(request.POST or None)
    if not form.is_valid():
        return page(request, "checkout", form=form)
    lines = [
        {"item": line.product.item, "name": str(line.product.name), "quantity": line.quantity,
         "unit_price": line.product.price}
        for line in bought.lines
    ]  # fmt: skip
    agreed = {"kind": bought.agreement.kind, "terms": bought.agreement.terms} if bought.agreement else {}
    # Two clicks bring the same basket, so the second finds the first one's order.
    order, _new = DemoOrder.objects.get_or_create(
        key=bought.id,
        defaults={"lines": lines, "amount": bought.total, "customer": form.customer(), **agreed,
                  **common(request)},
    )  # fmt: skip
    response = pay(request, order)
    if response.status_code == 302:
        response.delete_cookie(COOKIE, path="/shop/")
    return response


@to_checkout
@require_http_methods(["GET", "POST"])
@never_cache
def save_card(request: HttpRequest) -> HttpResponse:
    """No money moves: the known customer leaves a card for later."""
    form = CardForm(request.POST or None)
    if not form.is_valid():
        return page(request, "save_card", form=CardForm(), customer=KNOWN_CUSTOMER)
    order, _new = DemoOrder.objects.get_or_create(
        key=form.cleaned_data["key"].hex,
        defaults={"kind": "save_card", "amount": 0, "customer": KNOWN_CUSTOMER, **common(request)},
    )
    return pay(request, order)


def common(request: HttpRequest) -> dict[str, str]:
    language = (get_language() or "en")[:2]
    return {
        "visitor": visitor(request),
        "currency": CURRENCY,
        "language": language if language == "fr" else "en",
    }


def pay(request: HttpRequest, order: DemoOrder) -> HttpResponse:
    """Send the order to Guichet and the browser to where it is paid."""
    try:
        order.pay_url = guichet.send(order)
    except guichet.NoAnswer as why:
        log.warning("order %s was not answered: %s", order.reference, why)
        return page(request, "no_answer", status=502)
    order.save(update_fields=["pay_url"])
    response = HttpResponseRedirect(order.pay_url)
    value = signing.dumps(order.visitor, salt=SALT)
    response.set_cookie(VISITOR, value, path="/shop/", max_age=30 * 86_400, httponly=True, samesite="Lax",
                        secure=request.is_secure())  # fmt: skip
    return response


def visitor(request: HttpRequest) -> str:
    """Who this browser is to us; a new one is made up."""
    try:
        return str(signing.loads(request.COOKIES.get(VISITOR, ""), salt=SALT))
    except signing.BadSignature:
        return uuid.uuid4().hex


@require_GET
@never_cache
def orders(request: HttpRequest) -> HttpResponse:
    return page(request, "orders", orders=DemoOrder.objects.filter(visitor=visitor(request))[:50])


@require_GET
@never_cache
def order(request: HttpRequest, reference: str) -> HttpResponse:
    """The return address. That the browser came back says nothing: the page shows what the webhooks said."""
    return page(request, "order", order=get_object_or_404(DemoOrder, reference=reference))


@require_GET
@never_cache
def order_state(request: HttpRequest, reference: str) -> HttpResponse:
    """For the page's script, which waits for news."""
    return JsonResponse({"state": get_object_or_404(DemoOrder, reference=reference).state})
