"""What does the person at the sandbox see and do? One page: calls, notifications, payments, faults, time."""

import json
from typing import Any

from django.conf import settings
from django.db.models import Max
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from providers.sandbox import accounts, api, appointments, clock, faults, outbox
from providers.sandbox.fields import Fields, Wrong
from providers.sandbox.models import Appointment, Call, Fault, Notification
from providers.sandbox.standins import STANDINS

_STATIC = {
    "console.css": "text/css",
    "console.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}
_SHOWN = 60
_REFUSALS = ('"statusCode": "error"', '"status": "ERROR"')
# The providers' own words for how an order or a payment stands.
_TONES = {
    "good": {"CLOSED", "successful", "PAID", "AUTHORIZED", "SUCCESS", "ACTIVE", "AUTHORISED", "CAPTURED", "SUBMITTED"},
    "bad": {"ABANDONED", "REFUSED", "EXPIRED", "FAILED", "UNPAID", "ERROR", "ABORTED", "FAILURE", "CONFLICT", "failed",
            "error", "expired"},
    "warn": {"WAITING", "RUNNING", "OPEN", "PENDING", "UNCERTAIN", "IN_PROGRESS", "pending", "incomplete"},
}  # fmt: skip
_STEPS = (("+1 min", 60), ("+5 min", 300), ("+30 min", 1800), ("+1 day", 86_400))
_FAULT_GROUPS = (
    ("The payment ends", (*faults.OUTCOMES, "delayed", "repayment_unsafe")),
    ("A partner's part of the next operation is", faults.OPERATION),
    ("The next call of the shop's server gets", faults.HTTP),
    ("The next notification is", faults.NOTIFICATION),
)


@require_GET
def static(_request: HttpRequest, name: str) -> HttpResponse | FileResponse:
    if name not in _STATIC:
        return HttpResponse(status=404)
    path = settings.STATIC_ROOT / "sandbox" / name
    kind = f"{_STATIC[name]}; charset=utf-8"
    return FileResponse(path.open("rb"), content_type=kind, headers={"Cache-Control": "no-cache"})


def _pretty(body: str) -> str:
    try:
        return json.dumps(json.loads(body), ensure_ascii=False, indent=2)
    except ValueError:
        return body


def _call(call: Call) -> dict[str, Any]:
    headers = "\n".join(f"{name}: {value}" for name, value in call.headers.items())
    failed = call.status is not None and call.status >= 400
    # An error inside HTTP 200 is EPC's and PayZen's way of saying no, and worth a colour.
    refused = not failed and any(word in call.response[:400] for word in _REFUSALS)
    return {
        "call": call, "headers": headers,
        "request": _pretty(call.request), "response": _pretty(call.response),
        "tone": "bad" if failed or (call.status is None and call.milliseconds is not None)
        else "warn" if refused or call.status is None else "good",
        "status": call.status or ("…" if call.milliseconds is None else "dropped"),
    }  # fmt: skip


def _notification(notification: Notification) -> dict[str, Any]:
    tone = {"delivered": "good", "lost": "bad", "given_up": "bad"}.get(notification.state, "warn")
    return {"n": notification, "shown": outbox.shown(notification), "tone": tone,
            "body": _pretty(str(outbox.shown(notification)["body"]))}  # fmt: skip


@require_GET
def page(request: HttpRequest) -> HttpResponse:
    return _page(request)


def _page(request: HttpRequest, *, problem: str = "", status: int = 200) -> HttpResponse:
    appointments.keep_due()
    chosen = request.GET.get("provider", "")
    chosen = chosen if chosen in STANDINS else ""
    slugs = [chosen] if chosen else list(STANDINS)
    calls = Call.objects.filter(provider__in=slugs).order_by("-id")[:_SHOWN]
    told = Notification.objects.filter(provider__in=slugs).order_by("-id")[:_SHOWN]
    armed = Fault.objects.filter(provider__in=slugs).order_by("id")
    context = {
        "problem": problem,
        "chosen": chosen,
        "standins": STANDINS.values(),
        "tones": _TONES,
        "shown": [STANDINS[slug] for slug in slugs],
        "rows": [(STANDINS[slug], STANDINS[slug].rows()) for slug in slugs],
        "calls": [_call(call) for call in calls],
        "notifications": [_notification(notification) for notification in told],
        "armed": [(fault, faults.LABELS[fault.fault]) for fault in armed],
        "groups": [
            (title, [(name, faults.LABELS[name]) for name in names]) for title, names in _FAULT_GROUPS
        ],
        "reasons": faults.REASONS,
        "now": clock.now(),
        "ahead": clock.ahead_seconds(),
        "steps": _STEPS,
        "appointments": Appointment.objects.filter(provider__in=slugs).order_by("due_at")[:5],
        "accounts": [
            (STANDINS[slug], name, [*accounts.shown(slug, values).items(), *STANDINS[slug].facts(name)])
            for slug in slugs
            for name, values in accounts.all_of(slug).items()
        ],
        "mark": _mark(),
    }
    response = render(request, "sandbox/console.html", context, status=status)
    response["Cache-Control"] = "no-store"
    return response


def _mark() -> str:
    """Changes when there is something new to show."""
    newest = Call.objects.aggregate(newest=Max("id"))["newest"]
    finished = Call.objects.filter(milliseconds__isnull=False).count()
    told = Notification.objects.values_list("id", "state", "attempts").order_by("-id")[:_SHOWN]
    attempts = sum(len(tries) for _, _, tries in told)
    states = "".join(state[0] for _, state, _ in told)
    armed = Fault.objects.count()
    return f"{newest}.{finished}.{states}.{attempts}.{armed}.{clock.ahead_seconds()}.{clock.bell.count}"


@require_GET
def pulse(_request: HttpRequest) -> JsonResponse:
    return JsonResponse({"mark": _mark(), "now": clock.now().strftime("%Y-%m-%d %H:%M:%S")})


def _back(request: HttpRequest, anchor: str) -> HttpResponse:
    slug = request.POST.get("filter", "")
    query = f"?provider={slug}" if slug in STANDINS else ""
    return HttpResponseRedirect(f"/{query}#{anchor}")


@require_POST
def arm(request: HttpRequest) -> HttpResponse:
    given: dict[str, Any] = {
        name: value
        for name in ("provider", "fault", "method", "reason", "when")
        if (value := request.POST.get(name))
    }
    try:
        for name in ("seconds", "times"):
            if value := request.POST.get(name, "").strip():
                given[name] = Fields({name: value}).integer(name, least=0, also_text=True)
        api.arm(Fields(given))
    except Wrong as wrong:
        return _page(request, problem=str(wrong), status=400)
    return _back(request, "next")


@require_POST
def clear(request: HttpRequest) -> HttpResponse:
    number = request.POST.get("id", "")
    if number.isascii() and number.isdigit():
        Fault.objects.filter(pk=int(number)).delete()
    else:
        faults.clear(request.POST.get("provider", ""))
    return _back(request, "next")


@require_POST
def move_clock(request: HttpRequest) -> HttpResponse:
    try:
        fields = Fields(
            {"seconds": request.POST.get("seconds") or None, "minutes": request.POST.get("minutes") or None}
        )
        seconds = fields.optional_integer("seconds", least=0, most=10**9, also_text=True)
        if seconds is None:
            seconds = fields.integer("minutes", least=0, most=10**7, also_text=True) * 60
    except Wrong as wrong:
        return _page(request, problem=str(wrong), status=400)
    clock.advance(seconds)
    appointments.keep_due()
    return _back(request, "clock")


@require_POST
def reset(request: HttpRequest) -> HttpResponse:
    keep = request.POST.get("keep") == "1"
    api.start_over(keep_accounts=keep, keep_catalogue=keep)
    return _back(request, "top")


@require_POST
def send_again(request: HttpRequest, number: int) -> HttpResponse:
    notification = Notification.objects.filter(pk=number).first()
    if notification:
        outbox.send_again(notification)
    return _back(request, "notifications")


@require_POST
def act(request: HttpRequest, slug: str, action: str, number: str) -> HttpResponse:
    if slug not in STANDINS or action not in STANDINS[slug].actions or not number.replace("-", "").isalnum():
        return HttpResponse(status=404)
    STANDINS[slug].actions[action](number)
    return _back(request, "payments")
