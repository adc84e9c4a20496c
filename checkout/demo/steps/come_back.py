"""Step 3: what does the shop show when the shopper comes back? What the webhooks said, and nothing else: that a browser
came back proves nothing."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from checkout.demo.models import DemoOrder
from checkout.demo.pages import page


@require_GET
@never_cache
def order(request: HttpRequest, reference: str) -> HttpResponse:
    """The order's `return_url`."""
    return page(request, "order", order=get_object_or_404(DemoOrder, reference=reference), how="come-back")


@require_GET
@never_cache
def order_state(request: HttpRequest, reference: str) -> HttpResponse:
    """For the page's script, which waits for news."""
    return JsonResponse({"state": get_object_or_404(DemoOrder, reference=reference).state})
