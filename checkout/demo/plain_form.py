"""The second example, inside the demo shop: docs/examples/plain_form.py sells the spoon, and its code stands beside."""

import importlib.util
import secrets
from functools import cache
from pathlib import Path
from types import ModuleType
from urllib.error import URLError

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from checkout.demo.how import coloured
from checkout.demo.pages import page
from checkout.demo.steps.send_shopper import send_shopper, to_checkout

FILE = Path(settings.BASE_DIR) / "docs" / "examples" / "plain_form.py"


@cache
def _loaded() -> ModuleType:
    spec = importlib.util.spec_from_file_location("plain_form", FILE)
    if spec is None or spec.loader is None:
        raise ImportError(f"{FILE} cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def example() -> ModuleType:
    """The example's own functions, which ask with this shop's key instead of one from the environment."""
    module = _loaded()
    module.GUICHET, module.KEY = settings.SITE_URL, settings.DEMO_API_KEY  # type: ignore[attr-defined]
    return module


@cache
def _code() -> SafeString:
    return coloured(FILE.read_text(encoding="utf-8"), "python")


@to_checkout
@require_http_methods(["GET", "POST"])
@never_cache
def form(request: HttpRequest) -> HttpResponse:
    if request.method == "GET":
        return page(request, "form", how="", code=_code(), key=secrets.token_hex(12))
    basket, email = request.POST.get("basket", ""), request.POST.get("email", "")
    return_url = f"{settings.DEMO_SHOP_URL}form/thanks/{basket}/"
    try:
        return send_shopper(example().buy(basket, email, return_url))
    except URLError:
        return page(request, "form", how="", status=502, code=_code(), key=basket, email=email, failed=True)


@require_GET
@never_cache
def thanks(request: HttpRequest, basket: str) -> HttpResponse:
    try:
        said = example().thanks(basket)
    except URLError:
        return page(request, "form", how="", status=502, code=_code(), key=secrets.token_hex(12), failed=True)
    # The sentences are the example's own, and hold nothing that anybody typed.
    return page(request, "form_thanks", said=mark_safe(said), code=_code(), how="")  # noqa: S308
