"""What has become of an order? Guichet tells us here. Every word is checked before it is believed."""

import json
import time
from datetime import datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from checkout.demo import wire
from checkout.demo.steps.take_event import take
from checkout.demo.steps.verify_webhook import NotGenuine, verify

TEST = "webhook.test"  # sent by hand from Guichet's admin; it tells of no order


@csrf_exempt
@require_POST
def receive(request: HttpRequest) -> HttpResponse:
    """2xx: we have it, do not send it again. 4xx: it is not what it should be."""
    try:
        webhook_id = verify(
            request.headers, request.body, secret=settings.DEMO_WEBHOOK_SECRET, now=time.time()
        )
    except NotGenuine as why:
        return HttpResponse(f"Refused: {why}.", status=401, content_type="text/plain")
    try:
        event = json.loads(request.body)
        if event["type"] == TEST:
            return HttpResponse(status=204)
        take(webhook_id, event["type"], datetime.fromisoformat(event["timestamp"]), event["data"])
    except (ValueError, KeyError, TypeError):
        return HttpResponse("Refused: it cannot be read.", status=400, content_type="text/plain")
    wire.keep_webhook(webhook_id, request)
    return HttpResponse(status=204)
