"""The shop's pages: things, basket, buyer, orders."""

import logging

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from checkout.demo import guichet
from checkout.demo.basket import COOKIE, Basket
from checkout.demo.catalogue import CURRENCY, PRODUCTS
from checkout.demo.forms import KNOWN_CUSTOMER, BuyerForm, CardForm
from checkout.demo.models import DemoOrder
from checkout.demo.pages import is_of, know_again, page, visitor
from checkout.demo.steps.cancel_order import NotCanceled
from checkout.demo.steps.connect import NoAnswer
from checkout.demo.steps.send_shopper import send_shopper, to_checkout

log = logging.getLogger("checkout.demo")


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
    except NoAnswer as why:
        log.warning("order %s was not answered: %s", order.reference, str(why))
        return page(request, "no_answer", status=502)
    order.save(update_fields=["pay_url"])
    response = send_shopper(order.pay_url)
    know_again(request, response, order)
    return response


@require_GET
@never_cache
def orders(request: HttpRequest) -> HttpResponse:
    return page(request, "orders", orders=DemoOrder.objects.filter(visitor=visitor(request))[:50])


@require_POST
@never_cache
def cancel(request: HttpRequest, reference: str) -> HttpResponse:
    """Of one's own order. That it is canceled is told by the webhook, and shown when that has come."""
    order = get_object_or_404(DemoOrder, reference=reference)
    if not is_of(request, order):
        return redirect(order)
    try:
        guichet.cancel(order)
    except NoAnswer as why:
        log.warning("order %s was not canceled: %s", order.reference, str(why))
        return page(request, "order", status=502, order=order, how="cancel-order", not_canceled=True)
    except NotCanceled:
        return page(request, "order", status=409, order=order, how="cancel-order", not_canceled=True)
    return redirect(order)
