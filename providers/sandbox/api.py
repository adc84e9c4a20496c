"""How do tests steer the sandbox? The JSON API under /_sandbox/, described in docs/sandbox.md."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse

from providers.sandbox import accounts, appointments, clock, faults, outbox
from providers.sandbox.fields import Fields, Wrong
from providers.sandbox.models import Account, Appointment, Call, Fault, Notification
from providers.sandbox.standins import STANDINS
from providers.sandbox.wire import json_answer

# A century: no test needs more, and dates end somewhere.
_LONGEST_ADVANCE = 100 * 366 * 86_400


def api(*verbs: str) -> Callable[[Callable[..., Any]], Callable[..., HttpResponse]]:
    """A view that reads and answers JSON; a wrong field is a 400 (or the error's own status) naming it."""

    def dress(work: Callable[..., Any]) -> Callable[..., HttpResponse]:
        @wraps(work)
        def view(request: HttpRequest, **captured: Any) -> HttpResponse:
            if request.method not in verbs:
                answer = json_answer({"error": f"only {', '.join(verbs)}", "field": None}, 405)
                answer["Allow"] = ", ".join(verbs)
                return answer
            try:
                fields = Fields(json.loads(request.body) if request.body else {})
            except (ValueError, Wrong):
                return json_answer({"error": "the body must be a JSON object", "field": "body"}, 400)
            try:
                return json_answer(work(request, fields, **captured))
            except Wrong as wrong:
                return json_answer({"error": str(wrong), "field": wrong.field}, getattr(wrong, "status", 400))

        return view

    return dress


def _provider(request: HttpRequest) -> str:
    slug = request.GET.get("provider", "")
    if slug and slug not in STANDINS:
        raise Wrong("provider", f"must be one of {', '.join(STANDINS)}")
    return slug


@api("GET")
def healthz(_request: HttpRequest, _fields: Fields) -> Any:
    return {"status": "ok", "providers": list(STANDINS), "now": clock.now().isoformat()}


@api("GET", "POST", "DELETE")
def faults_view(request: HttpRequest, fields: Fields) -> Any:
    if request.method == "POST":
        return faults.shown(arm(fields))
    if request.method == "DELETE":
        return {"cleared": faults.clear(_provider(request))}
    armed = Fault.objects.filter(**({"provider": slug} if (slug := _provider(request)) else {}))
    return {"faults": [faults.shown(fault) for fault in armed.order_by("id")]}


def arm(fields: Fields) -> Fault:
    """Arm the fault that these fields describe, or say which one is wrong."""
    fields.only(("provider", "fault", "method", "reason", "seconds", "times", "when"))
    slug = fields.choice("provider", tuple(STANDINS))
    fault = fields.choice("fault", faults.ALL)
    method = fields.optional_text("method", longest=60)
    known = (*STANDINS[slug].methods, *STANDINS[slug].steps)
    if method and method not in known:
        raise Wrong("method", f"must be one of {', '.join(known)}")
    if fields.data.get("times") is not None:
        times = fields.integer("times", least=0, most=1000)
    else:
        times = 1
    return faults.arm(
        slug, fault, method=method, reason=fields.optional_text("reason", longest=60),
        seconds=fields.optional_integer("seconds", least=0, most=_LONGEST_ADVANCE), times=times,
        when=fields.choice("when", ("before", "after"), default="") if fields.data.get("when") else "",
    )  # fmt: skip


@api("POST")
def reset(_request: HttpRequest, fields: Fields) -> Any:
    fields.only(("keep",))
    keep = fields.data.get("keep") or []
    if not isinstance(keep, list) or not set(keep) <= {"accounts", "catalogue"}:
        raise Wrong("keep", "must be a list of: accounts, catalogue")
    start_over(keep_accounts="accounts" in keep, keep_catalogue="catalogue" in keep)
    return {"status": "reset"}


def start_over(*, keep_accounts: bool, keep_catalogue: bool) -> None:
    """Forget everything that happened. Ids are never given twice, so a shop's old rows do no harm."""
    with transaction.atomic():
        faults.clear()
        for model in (Call, Notification, Appointment):
            model.objects.all().delete()
        for standin in STANDINS.values():
            standin.forget(keep_catalogue)
        if not keep_accounts:
            Account.objects.all().delete()
        clock.reset()
        clock.ring()


@api("GET", "POST")
def clock_view(request: HttpRequest, fields: Fields) -> Any:
    if request.method == "POST":
        fields.only(("advance_seconds",))
        clock.advance(fields.integer("advance_seconds", least=0, most=_LONGEST_ADVANCE))
        appointments.keep_due()
    return {"now": clock.now().isoformat(), "ahead_seconds": clock.ahead_seconds()}


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text or None


def _call(call: Call) -> dict[str, Any]:
    return {
        "id": call.pk, "provider": call.provider, "method": call.method or None, "verb": call.verb,
        "path": call.path, "headers": call.headers, "request": _parsed(call.request), "status": call.status,
        "response": _parsed(call.response), "milliseconds": call.milliseconds, "fault": call.fault or None,
        "at": call.at.isoformat(),
    }  # fmt: skip


@api("GET")
def calls(request: HttpRequest, _fields: Fields) -> Any:
    """Oldest first, at most 500; `since` is the last id seen, `method` narrows to one REST method."""
    found = Call.objects.order_by("id")
    if slug := _provider(request):
        found = found.filter(provider=slug)
    if method := request.GET.get("method"):
        found = found.filter(method=method)
    return {"calls": [_call(call) for call in found.filter(pk__gt=_since(request))[:500]]}


def _since(request: HttpRequest) -> int:
    since = request.GET.get("since", "0")
    if not (since.isascii() and since.isdigit() and len(since) < 19):
        raise Wrong("since", "must be an id")
    return int(since)


@api("GET")
def notifications(request: HttpRequest, _fields: Fields) -> Any:
    found = Notification.objects.filter(pk__gt=_since(request)).order_by("id")
    if slug := _provider(request):
        found = found.filter(provider=slug)
    return {"notifications": [outbox.shown(notification) for notification in found[:500]]}


@api("POST")
def resend(_request: HttpRequest, _fields: Fields, number: int) -> Any:
    notification = Notification.objects.filter(pk=number).first()
    if notification is None:
        raise Wrong("id", f"notification {number} is not known")
    outbox.send_again(notification)
    return outbox.shown(notification)


@api("GET", "PUT")
def accounts_view(request: HttpRequest, fields: Fields) -> Any:
    """PUT `{"provider", "name" (default "default"), "settings": {...}}` changes the settings it names."""
    if request.method == "PUT":
        fields.only(("provider", "name", "settings"))
        slug = fields.choice("provider", tuple(STANDINS))
        name = fields.optional_text("name", longest=60) or accounts.DEFAULT
        changed = accounts.change(slug, name, _account_changes(slug, fields.object("settings")))
        return {"provider": slug, "name": name, "settings": accounts.shown(slug, changed)}
    slugs = [slug] if (slug := _provider(request)) else list(STANDINS)
    return {
        "accounts": [
            {"provider": slug, "name": name, "settings": accounts.shown(slug, settings)}
            for slug in slugs
            for name, settings in accounts.all_of(slug).items()
        ]
    }


def _account_changes(slug: str, given: Fields) -> dict[str, Any]:
    known = STANDINS[slug].account
    given.only(known)
    for key, value in given.data.items():
        if type(value) is not type(known[key]):
            raise Wrong(given.path(key), f"must be {_kind(known[key])}")
        if isinstance(value, int) and value < 0:
            raise Wrong(given.path(key), "must not be negative")
    if given.data.get("notification_url"):
        given.url("notification_url")
    return given.data


def _kind(value: object) -> str:
    return {str: "a text", bool: "true or false", int: "an integer"}.get(type(value), type(value).__name__)
