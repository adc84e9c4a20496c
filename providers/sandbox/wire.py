"""What came in, what went out, and what was done to it on the way? Every call to a stand-in passes here."""

import json
import re
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve

from providers.sandbox import appointments, clock, faults, masking
from providers.sandbox.models import Call
from providers.sandbox.standins import STANDINS

_CANNED = {
    "http_500": (500, "<html><body><h1>500 Internal Server Error</h1></body></html>"),
    # EPC's limit answers 509 today and 429 some day [public: REST, RATE]; the bodies are ours [inferred].
    "http_509": (509, "<html><body><h1>509 Bandwidth Limit Exceeded</h1></body></html>"),
    "http_429": (429, "<html><body><h1>429 Too Many Requests</h1></body></html>"),
}
# Marks a decimal on its way into JSON, which knows none: `64.5` must leave as a number, and no float is used.
_DECIMAL = "\ue000"


def json_answer(data: Any, status: int = 200) -> HttpResponse:
    """Compact JSON; a Decimal leaves as a number with exactly its digits."""
    text = json.dumps(data, separators=(",", ":"), default=lambda value: f"{_DECIMAL}{value:f}{_DECIMAL}")
    text = re.sub(r'"\\ue000(-?[0-9.]+)\\ue000"', r"\1", text)
    return HttpResponse(text, status=status, content_type="application/json")


def _socket(request: HttpRequest) -> socket.socket | None:
    """The connection itself; none under another server than ours, where nothing can be dropped or cut."""
    found = request.META.get("gunicorn.socket")
    return found if isinstance(found, socket.socket) else None


def drop(request: HttpRequest) -> None:
    """Close the connection under the request, as a broken network would."""
    if wire := _socket(request):
        with suppress(OSError):  # the other side may have been faster
            wire.shutdown(socket.SHUT_RDWR)


class Wire:
    """Notes the call, plays the faults, and hands the request to the stand-in."""

    def __init__(self, answer: Callable[[HttpRequest], HttpResponse]) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        slug = request.path_info.split("/", 2)[1]
        if slug not in STANDINS or "/static/" in request.path_info:
            return self.answer(request)
        try:
            method = resolve(request.path_info).url_name or ""
        except Resolver404:
            method = ""
        # What became due by the clock is done first, so that an expiry is exact to the call.
        appointments.keep_due()
        named = method not in STANDINS[slug].methods
        fault = faults.take(slug, faults.HTTP, method, only_named=named) if method else None
        call = self._note(request, slug, method, fault)
        began = time.monotonic()
        response, label = self._play(request, fault)
        self._finish(call, response, label, round((time.monotonic() - began) * 1000))
        return response

    def _play(self, request: HttpRequest, fault: faults.Armed | None) -> tuple[HttpResponse, str]:
        """The answer, and a word for the log when nobody will see it."""
        if fault is None:
            response = self.answer(request)
            return response, "dropped" if getattr(response, "dropped", False) else ""
        if fault.when == "before":
            if fault.seconds:
                self._hold(fault.seconds)
            # Nothing happens; what a cut body is cut from is then anyone's guess.
            response = (
                self.answer(request) if fault.fault == "slow" else json_answer({"statusCode": "success"})
            )
        else:
            response = self.answer(request)
            if fault.seconds:
                self._hold(fault.seconds)
        if fault.fault in _CANNED:
            status, page = _CANNED[fault.fault]
            return HttpResponse(
                page, status=status, headers={"Retry-After": "1"} if status != 500 else None
            ), ""
        if fault.fault == "no_answer":
            drop(request)
            return response, "dropped"
        if fault.fault == "cut_body":
            return self._cut(request, response), "cut"
        return response, ""

    @staticmethod
    def _hold(seconds: int) -> None:
        connection.close()
        clock.hold(seconds)

    @staticmethod
    def _cut(request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Promise the whole body, send half of it, and hang up."""
        body = response.content
        head = f"HTTP/1.1 {response.status_code} {response.reason_phrase}\r\n"
        head += f"Content-Type: {response['Content-Type']}\r\nContent-Length: {len(body)}\r\n"
        head += "Connection: close\r\n\r\n"
        if wire := _socket(request):
            wire.sendall(head.encode() + body[: len(body) // 2])
            drop(request)
        return response

    @staticmethod
    def _note(request: HttpRequest, slug: str, method: str, fault: faults.Armed | None) -> Call:
        path = masking.address(request.get_full_path())[:2000]
        kind = request.headers.get("Content-Type", "")
        return Call.objects.create(
            provider=slug, method=method, verb=request.method or "", path=path, at=clock.now(),
            headers=masking.headers({name.lower(): value for name, value in request.headers.items()}),
            request=masking.body(request.body, kind),
            fault=f"{fault.fault} ({fault.when})" if fault else "",
        )  # fmt: skip

    @staticmethod
    def _finish(call: Call, response: HttpResponse, label: str, milliseconds: int) -> None:
        kind = response.headers.get("Content-Type", "")
        content = b"" if response.streaming else response.content
        call.status = None if label == "dropped" else response.status_code
        call.response = masking.body(content, kind)
        call.milliseconds = milliseconds
        if label:
            call.fault = f"{call.fault}, {label}".removeprefix(", ")
        call.save(update_fields=["status", "response", "milliseconds", "fault"])
        if call.pk % 100 == 0:
            Call.objects.filter(pk__lte=call.pk - settings.CALLS_KEPT).delete()
