"""Where do a shop's colour and logo come from? Both are public, and kept by browsers: a change has another address."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from checkout.looks import stylesheet
from checkout.models import Shop

_FOR_EVER = "public, max-age=31536000, immutable"


@require_safe
def colours(request: HttpRequest, slug: str, version: str) -> HttpResponse:
    shop = get_object_or_404(Shop.objects.only("colour"), slug=slug)
    if not shop.colour:
        raise Http404
    return _kept(stylesheet(shop.colour).encode(), "text/css")


@require_safe
def logo(request: HttpRequest, slug: str, version: str) -> HttpResponse:
    shop = get_object_or_404(Shop.objects.only("logo", "logo_type"), slug=slug)
    if not shop.logo:
        raise Http404
    return _kept(bytes(shop.logo), shop.logo_type)


def _kept(body: bytes, content_type: str) -> HttpResponse:
    response = HttpResponse(body, content_type=content_type)
    response.headers["Cache-Control"] = _FOR_EVER
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"  # mail readers on the web show it, too
    return response
