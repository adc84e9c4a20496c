"""Is everything below /api/ refused as a problem, also by our own faults and by Django? And nothing elsewhere?"""

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation, TooManyFieldsSent
from django.core.signals import got_request_exception
from django.http import Http404, HttpResponse
from django.test import Client

from checkout.models import Order
from checkout.shop_api import orders
from checkout.shop_api.urls import api
from tests.shop_api.conftest import Caller, problem

SCHEMA: dict[str, Any] = json.loads(json.dumps(api.get_openapi_schema(), default=str))
SECRET = "an inner detail that nobody may read"


@contextmanager
def signaled() -> Iterator[list[str]]:
    """Whoever reports errors hears of them by this signal."""
    heard: list[str] = []

    def hear(request: Any, **more: Any) -> None:
        heard.append(request.path)

    got_request_exception.connect(hear)
    yield heard
    got_request_exception.disconnect(hear)


@pytest.fixture
def breaks(monkeypatch: pytest.MonkeyPatch) -> Callable[[Exception], None]:
    """From now on, making an order fails in a way that nobody wrote down."""

    def install(why: Exception) -> None:
        def broken(*_given: Any, **_named: Any) -> Order:
            raise why

        monkeypatch.setattr(orders, "create_order", broken)

    return install


def asked_of(caller: Caller, verb: str, path: str, **headers: str) -> HttpResponse:
    """As a server answers: what nobody expected is answered, too, and not raised."""
    client: Any = Client(raise_request_exception=False, enforce_csrf_checks=True)
    sent = {"Authorization": f"Bearer {caller.key}", "Idempotency-Key": "k", **headers}
    body = {"reference": "r", "amount": 1, "currency": "EUR"} if verb == "POST" else {}
    answer: HttpResponse = client.generic(
        verb, path, json.dumps(body).encode(), content_type="application/json", headers=sent
    )
    return answer


def test_a_fault_of_ours_is_named_and_logged_once_and_tells_nothing(
    caller: Caller, breaks: Callable[[Exception], None], caplog: pytest.LogCaptureFixture
) -> None:
    breaks(ZeroDivisionError(SECRET))
    with signaled() as heard, caplog.at_level(logging.WARNING):
        answer = asked_of(caller, "POST", "/api/v1/orders", **{"X-Request-Id": "shop-12345678"})
    assert problem(answer, 500) == {}
    told = json.loads(answer.content)
    assert told["type"] == "urn:guichet:problem:internal-error"
    assert told["title"] == "Internal Server Error"
    assert told["request_id"] == answer["X-Request-Id"] == "shop-12345678"
    assert "shop-12345678" in told["detail"]
    assert SECRET not in answer.content.decode()
    assert "ZeroDivision" not in answer.content.decode()
    assert answer["RateLimit-Limit"]
    assert heard == ["/api/v1/orders"]
    (logged,) = [record for record in caplog.records if record.exc_info]
    assert (logged.name, logged.levelname) == ("django.request", "ERROR")
    assert logged.exc_info is not None
    assert isinstance(logged.exc_info[1], ZeroDivisionError)
    assert not Order.objects.exists()
    shape = SCHEMA["components"]["schemas"]["FaultProblemOut"]
    assert set(told) <= set(shape["properties"])
    assert set(shape["required"]) <= set(told)


def test_what_goes_wrong_before_an_operation_is_a_problem_too(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_given: Any) -> None:
        raise ValueError(SECRET)

    monkeypatch.setattr("checkout.shop_api.door._admit", broken)
    answer = asked_of(caller, "GET", "/api/v1/orders")
    problem(answer, 500)
    assert json.loads(answer.content)["request_id"] == answer["X-Request-Id"]
    assert SECRET not in answer.content.decode()


@pytest.mark.parametrize(
    ("why", "status", "kind"),
    [
        (SuspiciousOperation(SECRET), 400, "bad-request"),
        (TooManyFieldsSent(SECRET), 400, "bad-request"),
        (RequestDataTooBig(SECRET), 413, "body-too-large"),
        (PermissionDenied(SECRET), 403, "refused"),
        (Http404(SECRET), 404, "no-such-address"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_django_refuses_is_a_problem(
    caller: Caller, breaks: Callable[[Exception], None], why: Exception, status: int, kind: str
) -> None:
    breaks(why)
    with signaled() as heard:
        answer = asked_of(caller, "POST", "/api/v1/orders")
    problem(answer, status)
    assert json.loads(answer.content)["type"] == f"urn:guichet:problem:{kind}"
    assert SECRET not in answer.content.decode()
    assert heard == []


@pytest.mark.parametrize("path", ["/api/", "/api/v1/docs", "/api/v1/orders", "/api/v1/nothing", "/api/x"])
def test_a_host_that_is_not_ours(caller: Caller, path: str) -> None:
    answer = asked_of(caller, "GET", path, Host="evil.example")
    problem(answer, 400)
    assert "evil" not in answer.content.decode()


def test_a_body_that_is_too_large_for_everybody(caller: Caller, settings: LazySettings) -> None:
    """Also where Django would read it before anybody else: for a token in a form."""
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    problem(asked_of(caller, "POST", "/api/v1/orders"), 413)
    problem(asked_of(caller, "POST", "/api/v1/docs"), 405)


def test_people_are_still_answered_with_pages(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    for answer in (
        asked_of(caller, "GET", "/pay/nobody/"),
        asked_of(caller, "GET", "/pay/nobody/", Host="evil.example"),
        asked_of(caller, "GET", "/apinot/"),
    ):
        assert answer.status_code in (400, 404)
        assert answer["Content-Type"].startswith("text/html")

    monkeypatch.setattr("checkout.shopper.look.Shop", None)
    answer = asked_of(caller, "GET", "/look/any/v1.css")
    assert answer.status_code == 500
    assert answer["Content-Type"].startswith("text/html")


def test_every_address_names_the_methods_it_takes_as_its_page_says(caller: Caller) -> None:
    verbs = {"get", "post", "put", "patch", "delete"}
    common = SCHEMA["components"]["responses"]["MethodNotAllowed"]
    assert common["headers"]["Allow"] == {"$ref": "#/components/headers/Allow"}
    assert list(common["content"]) == ["application/problem+json"]
    for path, item in SCHEMA["paths"].items():
        for operation in item.values():
            assert operation["responses"]["405"] == {"$ref": "#/components/responses/MethodNotAllowed"}
            assert operation["responses"]["500"] == {"$ref": "#/components/responses/InternalError"}
        (wrong, *_others) = sorted(verbs - set(item))
        answer = asked_of(caller, wrong.upper(), path.replace("{", "").replace("}", ""))
        problem(answer, 405)
        assert answer["Allow"].split(", ") == sorted(verb.upper() for verb in item)
    for page in ("/api/", "/api/v1/docs", "/api/v1/quickstart"):
        answer = asked_of(caller, "POST", page)
        problem(answer, 405)
        assert answer["Allow"] == "GET, HEAD"
