"""What does a log line never say? Secrets, card numbers and the addresses that open a payment page."""

import io
import json
import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from django.test import Client

from checkout.logs import logging_config

PAN = "4111111111111111"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"
TOKEN = "Zm9ydHktdHdvLWJ5dGVzLW9mLXRva2Vu"
SAID_NEVER = (PAN, JWT, TOKEN, "s3cr3t-canary")


class Odd:
    """Something with a talkative repr, as exceptions and requests are."""

    def __repr__(self) -> str:
        return f"<Odd card {PAN} Authorization: Bearer s3cr3t-canary>"

    __str__ = __repr__


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    root = logging.getLogger()
    before = root.handlers, root.level
    logging_config(level="DEBUG", form="json")
    yield written
    root.handlers, root.level = before


def last(written: io.StringIO) -> dict[str, Any]:
    line: dict[str, Any] = json.loads(written.getvalue().splitlines()[-1])
    return line


@pytest.mark.parametrize(
    "said",
    [
        {"password": "s3cr3t-canary"},
        {"Authorization": "Bearer s3cr3t-canary1"},
        {"why": f"card {PAN} declined"},
        {"order": f"G-1 {PAN}"},
        {"number": int(PAN)},
        {"headers": {"X-Api-Key": "s3cr3t-canary", "nested": [{"cvc": "s3cr3t-canary"}]}},
        {"path": f"/pay/{TOKEN}/"},
        {"path": f"/l/{TOKEN}/"},
        {"path": f"/pay/{TOKEN}/return/{TOKEN}/"},
        {"urls": [f"https://pay.example/pay/{TOKEN}/start/"]},
        {"url": {"back": f"https://pay.example/pay/{TOKEN}/return/{TOKEN}/"}},
        {"jwt_in_text": f"got {JWT}"},
        {"thing": Odd()},
        {"things": [Odd(), {"x": Odd()}]},
        {"body": f"card={PAN}&token=s3cr3t-canary".encode()},
        {"several": {PAN, "x"}},
    ],
)
def test_never(lines: io.StringIO, said: dict[str, Any]) -> None:
    structlog.get_logger("checkout.test").warning("odd", **said)
    logged = lines.getvalue()
    assert '"event": "odd"' in logged
    for secret in SAID_NEVER:
        assert secret not in logged


def test_libraries_go_through_the_same_hands(lines: io.StringIO) -> None:
    logging.getLogger("somebody.elses").warning(
        "GET /pay/%s/ with Bearer %s and %s", TOKEN, "s3cr3t-canary1", PAN
    )
    for secret in SAID_NEVER:
        assert secret not in lines.getvalue()
    assert "GET /pay/***/ with Bearer ***" in last(lines)["event"]


def test_an_exception_is_told_without_its_secrets(lines: io.StringIO) -> None:
    try:
        raise ValueError(f"card {PAN}, password=s3cr3t-canary, at /pay/{TOKEN}/")
    except ValueError:
        structlog.get_logger("checkout.test").exception("broken")
        logging.getLogger("other").exception("broken too")
    for secret in SAID_NEVER:
        assert secret not in lines.getvalue()
    assert "ValueError" in last(lines)["exception"]


def test_what_a_merchant_needs_is_still_there(lines: io.StringIO) -> None:
    structlog.get_logger("checkout.test").info(
        "webhook not delivered",
        order="G-2345ABCDE",
        attempt=3,
        why="The shop answered HTTP 500.",
        ok=None,
        half=0.5,
    )
    line = last(lines)
    assert (line["order"], line["attempt"], line["why"]) == ("G-2345ABCDE", 3, "The shop answered HTTP 500.")
    assert (line["ok"], line["half"], line["level"]) == (None, 0.5, "info")


@pytest.mark.django_db
def test_a_request_is_one_line_with_its_id(lines: io.StringIO) -> None:
    answer = Client().get(f"/pay/{TOKEN}/?card={PAN}", headers={"X-Request-Id": "proxy-12345678"})
    assert answer.headers["X-Request-Id"] == "proxy-12345678"
    line = next(
        found for text in lines.getvalue().splitlines() if (found := json.loads(text))["event"] == "request"
    )
    assert (line["path"], line["request_id"], line["status"]) == ("/pay/***/", "proxy-12345678", 404)
    for secret in SAID_NEVER:
        assert secret not in lines.getvalue()


@pytest.mark.parametrize("offered", ["", "short", "x" * 65, "new\tline-12345", "<script>alert(1)</script>"])
def test_an_unsound_id_is_replaced(offered: str) -> None:
    answer = Client().get("/healthz", headers={"X-Request-Id": offered} if offered else {})
    assert len(answer.headers["X-Request-Id"]) == 32
    assert answer.headers["X-Request-Id"] != offered
