"""What went over the wire for an order? Kept for a week, for the pages that show it. The shop's key is left out.

A cache, and nothing that the shop sells by: it bounds itself, and who looks later is told that it is gone.
"""

import json
from typing import Any
from urllib.parse import urlsplit

import requests
from django.core.cache.backends.db import DatabaseCache
from django.http import HttpRequest

TABLE = "demo_wire"
_KEPT_SECONDS = 7 * 86_400
_AT_MOST = 3000
_WHO = "Bearer gk_… (your key)"

_cache = DatabaseCache(TABLE, {"TIMEOUT": _KEPT_SECONDS, "OPTIONS": {"MAX_ENTRIES": _AT_MOST}})


def listen(session: requests.Session, step: str, reference: str) -> requests.Session:
    """Whatever the session is answered from now on is kept as what was said in that step."""

    def note(answer: requests.Response, **_more: Any) -> None:
        _cache.set(f"{step}:{reference}", {"sent": _sent(answer.request), "came": _came(answer)})

    session.hooks["response"].append(note)
    return session


def exchange(step: str, reference: str) -> dict[str, str] | None:
    """The last one: {sent, came}."""
    kept: dict[str, str] | None = _cache.get(f"{step}:{reference}")
    return kept


def keep_webhook(webhook_id: str, request: HttpRequest) -> None:
    """As it arrived, but for what a proxy and Django's server added."""
    shown = ["Content-Type", "User-Agent", "webhook-id", "webhook-timestamp", "webhook-signature"]
    lines = [f"POST {request.path} HTTP/1.1"]
    lines += [f"{name}: {request.headers[name]}" for name in shown if name in request.headers]
    _cache.set(f"webhook:{webhook_id}", "\n".join([*lines, "", _pretty(request.body)]))


def webhook(webhook_id: str) -> str | None:
    kept: str | None = _cache.get(f"webhook:{webhook_id}")
    return kept


def _sent(request: requests.PreparedRequest) -> str:
    address = urlsplit(request.url or "")
    path = address.path + (f"?{address.query}" if address.query else "")
    lines = [f"{request.method} {path} HTTP/1.1", f"Host: {address.netloc}", f"Authorization: {_WHO}"]
    shown = ("Idempotency-Key", "Content-Type")
    lines += [f"{name}: {_text(request.headers[name])}" for name in shown if name in request.headers]
    body = request.body
    return "\n".join([*lines, "", _pretty(body)] if body else lines)


def _came(answer: requests.Response) -> str:
    lines = [f"HTTP/1.1 {answer.status_code} {answer.reason}"]
    shown = ("Content-Type", "Idempotent-Replay", "RateLimit-Limit", "RateLimit-Remaining", "Retry-After")
    lines += [f"{name}: {answer.headers[name]}" for name in shown if name in answer.headers]
    return "\n".join([*lines, "", _pretty(answer.content)])


def _pretty(body: Any) -> str:
    text = _text(body)
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except ValueError:
        return text


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
