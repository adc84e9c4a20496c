"""What does a customer meet who follows a payment link of ours? The order's page, or that the link was withdrawn."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils import translation
from django.views.decorators.http import require_safe

from checkout.looks import look_of
from checkout.models import Invitation
from checkout.payments.links import opened


@require_safe
def follow(request: HttpRequest, token: str) -> HttpResponse:
    """Lead on to the order, which shows what is owed by now. A withdrawn link leads to what was paid, and to nothing
    that could be."""
    if not token.isprintable():  # a database would refuse the question
        raise Http404
    rows = Invitation.objects.select_related("order__shop", "payment")
    invitation = get_object_or_404(rows, token=token, payment=None)
    order = invitation.order
    response: HttpResponse
    withdrawn = invitation.state == Invitation.State.WITHDRAWN
    if withdrawn and order.paying_attempt() is None:
        with translation.override(invitation.language):
            request.LANGUAGE_CODE = invitation.language
            response = render(
                request,
                "shopper/withdrawn.html",
                {"shop": order.shop, "look": look_of(order.shop)},
                status=410,
            )
    else:
        if request.method == "GET" and not withdrawn:
            opened(invitation)
        response = HttpResponseRedirect(order.get_absolute_url())
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
