"""What do providers see of us? Two doors. One to ring at: verify, keep, answer; what is true is asked for later, by the
worker. One to ask at, before they charge."""

from collections.abc import Callable
from typing import TypeVar

import structlog
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from checkout.models import Account
from checkout.payments.approve import refusal
from checkout.payments.border import provider_for
from checkout.payments.rotation import verified
from checkout.tasks import keep_notification
from providers.base import Incoming, Provider
from providers.errors import Forged, Invalid, Misconfigured, ProviderError
from providers.http import redact_body

log = structlog.get_logger("checkout.inbound")
MAX_BYTES = 500_000
Said = TypeVar("Said")


@csrf_exempt
@require_POST
def notify(request: HttpRequest, account_id: str) -> HttpResponse:
    """2xx: it is stored, and ours from now on. 4xx: it is not from the provider, or not readable; nothing changed."""
    account = Account.objects.filter(pk=account_id).first()
    if account is None:
        return _unknown()
    read = _read(request, account, lambda provider, incoming: provider.read_notification(incoming))
    if isinstance(read, HttpResponse):
        return read
    keep_notification(account, read, redact_body(request.body))
    return HttpResponse("OK", content_type="text/plain")


@csrf_exempt
@require_POST
def approve(request: HttpRequest, account_id: str) -> HttpResponse:
    """200 with the provider's own yes or no. Anything else is a no, too."""
    account = Account.objects.filter(pk=account_id).first()
    if account is None:
        return _unknown()
    read = _read(request, account, lambda provider, incoming: provider.read_approval(incoming))
    if isinstance(read, HttpResponse):
        return read
    return JsonResponse(provider_for(account).answer_approval(read, refusal(account, read)))


def _read(
    request: HttpRequest, account: Account, reading: Callable[[Provider, Incoming], Said]
) -> Said | HttpResponse:
    """What the provider sent, verified; or the answer to what is not to be believed."""
    if not (request.META.get("CONTENT_LENGTH") or "0").isdecimal():  # Django would stumble over it
        return JsonResponse({"error": "the length is none"}, status=400)
    try:
        body = request.body
    except RequestDataTooBig:
        return _too_large()
    if len(body) > MAX_BYTES:
        return _too_large()
    incoming = Incoming(
        headers={name.lower(): value for name, value in request.headers.items()},
        query=request.GET.dict(),
        body=body,
    )
    try:
        return verified(account, lambda provider: reading(provider, incoming))
    except Forged as why:
        log.warning("notification refused", account=account.name, why=str(why))
        return JsonResponse({"error": "the signature does not hold"}, status=401)
    except Invalid as why:
        return JsonResponse({"error": why.why, "field": why.field}, status=400)
    except Misconfigured as why:
        # Not the provider's fault: let it come again when the merchant has mended the settings.
        log.error("notification could not be read", account=account.name, why=str(why))
        return JsonResponse({"error": "the account is not set up"}, status=503)
    except ProviderError as why:
        # It could be neither believed nor refused now. Nothing is kept, so it has to come again.
        log.warning("notification not read", account=account.name, why=str(why))
        return JsonResponse({"error": "come again later"}, status=503)


def _unknown() -> HttpResponse:
    return JsonResponse({"error": "no such account"}, status=404)


def _too_large() -> HttpResponse:
    return JsonResponse({"error": "too large"}, status=413)
