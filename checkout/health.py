"""Is it alive, can it work, and how much has it done?"""

import hmac

from django.conf import settings
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from checkout.payments.metrics import figures


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers. Asks nothing else, so that a slow database does not get every web process killed."""
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """The database answers: this process can be sent shoppers."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return JsonResponse({"status": "no database"}, status=503)
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus text. Closed unless METRICS_TOKEN is set and given as a bearer token."""
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not settings.METRICS_TOKEN or not hmac.compare_digest(given.encode(), settings.METRICS_TOKEN.encode()):
        return HttpResponse(status=404)
    # From the database at each visit: every process then tells the same, and a restart forgets nothing.
    registry = CollectorRegistry()
    for name, (text, labels, rows) in figures().items():
        found = list(rows)
        if not found:
            continue  # a gauge without labels would say 0, where nobody has counted
        gauge = Gauge(f"guichet_{name}", text, labels, registry=registry)
        for values, number in found:
            (gauge.labels(*values) if labels else gauge).set(number)
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
