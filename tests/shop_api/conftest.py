"""A shop with a key, and its software."""

import itertools
import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from checkout.models import Account, ApiKey, SavedCard, Shop
from providers import PROVIDERS
from tests.scripted import Script, install, make_shop

_keys = itertools.count(1)

GOOD = {"reference": "basket-1", "amount": 4299, "currency": "EUR"}


@dataclass
class Caller:
    """What a shop's software does: it calls with its key, and reads JSON."""

    shop: Shop
    key: str

    def call(self, verb: str, path: str, body: Any = None, **headers: str | None) -> HttpResponse:
        """With a new Idempotency-Key for each write, where none is given; None sends it without."""
        given = {
            "Authorization": f"Bearer {self.key}",
            **{n.replace("_", "-"): v for n, v in headers.items()},
        }
        if verb == "POST":
            given.setdefault("Idempotency-Key", f"new-{next(_keys)}")
        sent = {name: value for name, value in given.items() if value is not None}
        kind = sent.pop("Content-Type", "application/json")
        data = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else b""
        client: Any = Client(enforce_csrf_checks=True)
        answer: HttpResponse = client.generic(verb, f"/api/v1/{path}", data, content_type=kind, headers=sent)
        return answer

    def create(self, key: str = "key-1", **fields: Any) -> HttpResponse:
        return self.call("POST", "orders", {**GOOD, **fields}, Idempotency_Key=key)

    def pay(self, number: str, key: str = "pay-1", **fields: Any) -> HttpResponse:
        return self.call("POST", f"orders/{number}/payments", fields, Idempotency_Key=key)

    def paid(self, number: str, key: str = "pay-1", **fields: Any) -> dict[str, Any]:
        """The order as it is told after an attempt that was made or found."""
        answer = self.pay(number, key, **fields)
        assert answer.status_code == 201, answer.content
        assert answer["Cache-Control"] == "no-store"
        told: dict[str, Any] = json.loads(answer.content)
        return told

    def created(self, key: str = "key-1", **fields: Any) -> dict[str, Any]:
        answer = self.create(key, **fields)
        assert answer.status_code == 201, answer.content
        told: dict[str, Any] = json.loads(answer.content)
        return told


def problem(answer: HttpResponse, status: int) -> dict[str, str]:
    """What was refused, field by field; and that it is a problem as RFC 9457 has it."""
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["Cache-Control"] == "no-store"
    told = json.loads(answer.content)
    assert told["status"] == status
    assert told["type"].startswith("urn:guichet:problem:")
    assert told["title"]
    assert told["detail"]
    return {error["field"]: error["message"] for error in told["errors"]}


def pages_of(caller: Caller, path: str, limit: int) -> list[dict[str, Any]]:
    """A list from its first page to its last. The header and the body name the same next page."""
    pages: list[dict[str, Any]] = []
    where: str | None = f"{path}{'&' if '?' in path else '?'}limit={limit}"
    while where is not None:
        answer = caller.call("GET", where)
        assert answer.status_code == 200, answer.content
        pages.append(json.loads(answer.content))
        link = re.fullmatch(r'<http://[^/]+/api/v1/([^>]+)>; rel="next"', answer.get("Link", ""))
        where = link[1] if link else None
        named = parse_qs(urlsplit(where).query)["cursor"] if where else [None]
        assert named == [pages[-1]["next_cursor"]]
    return pages


def caller_for(shop: Shop) -> Caller:
    return Caller(shop, ApiKey.issue(shop)[1])


def make_card(account: Account, customer: str = "c-1", **columns: Any) -> SavedCard:
    number = SavedCard.objects.count() + 1
    usual = {
        "token": f"canary-token-{number}",
        "fingerprint": f"f-{number}",
        "brand": "Visa",
        "last4": "1111",
        "expiry_month": 4,
        "expiry_year": 2031,
        "consented_at": timezone.now(),
    }
    return SavedCard.objects.create(
        shop=account.shop, account=account, customer_reference=customer, **{**usual, **columns}
    )


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Script:
    script = install(monkeypatch)
    monkeypatch.setitem(PROVIDERS, "scripted", "tests.shop_api.chargeable:Chargeable")
    return script


@pytest.fixture
def caller(db: None) -> Caller:
    return caller_for(make_shop())
