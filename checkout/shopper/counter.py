"""Who may speak at an order's counter, and in which language is he answered?

The address of an order is the credential: it is not to be guessed, so there is no session and no cookie. What a
cookie-based token would do against other sites, the browser's own word on where a request comes from does here.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, render
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt

from checkout.models import Order

View = Callable[..., HttpResponse]
# Nothing of the browser's is needed, but a provider's wallet buttons where its widget is (checkout.shopper.policy).
PERMISSIONS = "camera=(), geolocation=(), microphone=(), payment=()"


def counter(*methods: str, foreign: bool = False) -> Callable[[View], View]:
    """Give the view its order, in the order's language. `foreign`: another site may send the browser here by POST."""

    def decorate(view: View) -> View:
        @csrf_exempt
        @wraps(view)
        def answer(request: HttpRequest, token: str, **names: Any) -> HttpResponse:
            if request.method not in methods:
                return HttpResponseNotAllowed(methods)
            order = get_object_or_404(Order.objects.select_related("shop"), token=token)
            structlog.contextvars.bind_contextvars(order=order.number)
            language = language_of(order)
            with translation.override(language):
                request.LANGUAGE_CODE = language
                if request.method == "POST" and not foreign and not is_same_origin(request):
                    response = render(request, "403.html", status=403)
                else:
                    response = view(request, order, **names)
            response.headers["Content-Language"] = language
            # Back asks again, and is told what is true by now.
            response.headers["Cache-Control"] = "no-store"
            response.headers.setdefault("Permissions-Policy", PERMISSIONS)
            response.headers["X-Robots-Tag"] = "noindex"
            return response

        return answer

    return decorate


def is_same_origin(request: HttpRequest) -> bool:
    """Does the request come from a page of ours? A browser says so in headers that no page can write; what sends
    neither is no browser, and has the order's address from somebody who was given it."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = request.headers.get("Origin")
    return origin is None or origin in {f"{request.scheme}://{request.get_host()}", settings.SITE_URL}


def language_of(order: Order) -> str:
    """The order's language as far as its shop and we speak it: "fr" for "fr-CH", the shop's first for one that is
    unknown here."""
    spoken = order.shop.spoken()
    try:
        language = translation.get_supported_language_variant(order.language)
    except LookupError:
        language = settings.LANGUAGE_CODE
    return language if language in spoken else spoken[0]
