"""How does a shop's software ask for payment links, and read what it is told?"""

import json
from typing import Any

from django.http import HttpResponse

from tests.shop_api.conftest import Caller, problem

ADA, PHONE = "ada@example.org", "+33600000000"


def ask(caller: Caller, number: str, key: str = "link-1", **fields: Any) -> HttpResponse:
    return caller.call("POST", f"orders/{number}/links", fields, Idempotency_Key=key)


def made(caller: Caller, number: str, key: str = "link-1", **fields: Any) -> dict[str, Any]:
    answer = ask(caller, number, key, **fields)
    assert answer.status_code == 201, answer.content
    assert answer["Cache-Control"] == "no-store"
    return read(answer)


def read(answer: HttpResponse) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(answer.content)
    return told


def get(caller: Caller, number: str, link: str) -> dict[str, Any]:
    answer = caller.call("GET", f"orders/{number}/links/{link}")
    assert answer.status_code == 200, answer.content
    return read(answer)


def do(caller: Caller, number: str, link: str, what: str, key: str = "") -> HttpResponse:
    headers = {"Idempotency_Key": key} if key else {}
    return caller.call("POST", f"orders/{number}/links/{link}/{what}", **headers)


def refusal(answer: HttpResponse, status: int = 409) -> tuple[str, str]:
    problem(answer, status)
    told = read(answer)
    return told["type"].removeprefix("urn:guichet:problem:"), told["detail"]


def links(caller: Caller, number: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = read(caller.call("GET", f"orders/{number}/links"))["links"]
    return found


def ways(caller: Caller, number: str) -> list[dict[str, Any]]:
    answer = caller.call("GET", f"orders/{number}/channels")
    assert answer.status_code == 200
    found: list[dict[str, Any]] = read(answer)["channels"]
    return found
