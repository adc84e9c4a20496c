"""What may a key do, how often, and until when?"""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone

from checkout.models import ApiKey, Order
from checkout.models.shop import all_scopes
from checkout.shop_api.scopes import ANY, NEEDS
from tests.scripted import Clock, make_shop
from tests.shop_api.conftest import GOOD, Caller, problem

pytestmark = pytest.mark.django_db


def key_with(*scopes: str) -> Caller:
    shop = make_shop()
    return Caller(shop, ApiKey.issue(shop, scopes=list(scopes))[1])


def test_the_key_that_is_in_use(caller: Caller) -> None:
    told = json.loads(caller.call("GET", "key").content)
    assert (told["prefix"], told["scopes"], told["ends_at"]) == (caller.key[:10], all_scopes(), None)
    assert told["shop"] == {"name": caller.shop.name, "slug": caller.shop.slug}
    assert told["rate_per_minute"] == 600
    assert caller.key not in json.dumps(told)


def test_every_operation_asks_for_its_scope() -> None:
    """Each with a key that may do everything else: refused before anything is read, and the scope is named."""
    told = json.loads(Client().get("/api/v1/openapi.json").content)
    there = {
        operation["operationId"]: (verb.upper(), path, operation)
        for path, verbs in told["paths"].items()
        for verb, operation in verbs.items()
    }
    assert set(there) == set(NEEDS)
    callers = {scope: key_with(*(word for word in all_scopes() if word != scope)) for scope in all_scopes()}
    for name, (verb, path, operation) in there.items():
        scope = NEEDS[name]
        if scope == ANY:
            assert "x-scope" not in operation
            continue
        assert (operation["security"], operation["x-scope"]) == ([{"ShopKey": [scope]}], scope)
        answer = callers[scope].call(verb, path.removeprefix("/api/v1/"), Idempotency_Key=None)
        assert problem(answer, 403) == {}, name
        refusal = json.loads(answer.content)
        assert (refusal["type"], refusal["scope"]) == ("urn:guichet:problem:scope-missing", scope)


def test_a_key_without_any_scope_reads_itself_and_nothing_else() -> None:
    caller = key_with()
    assert caller.call("GET", "key").status_code == 200
    problem(caller.call("GET", "orders"), 403)
    problem(caller.create(), 403)
    assert not Order.objects.exists()


def test_one_that_was_replaced_is_good_until_its_end(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    ApiKey.objects.update(ends_at=timezone.now() + timedelta(hours=1))
    assert json.loads(caller.call("GET", "key").content)["ends_at"]
    clock.forward(minutes=61)
    problem(caller.call("GET", "key"), 401)


# --- how often -------------------------------------------------------------------------------------------------------


def rates(answer: Any) -> tuple[int, int]:
    assert 1 <= int(answer["RateLimit-Reset"]) <= 60
    return int(answer["RateLimit-Limit"]), int(answer["RateLimit-Remaining"])


def test_every_answer_says_how_often_it_may_still_ask(
    caller: Caller, monkeypatch: pytest.MonkeyPatch, settings: LazySettings
) -> None:
    settings.API_RATE_PER_MINUTE = 6
    clock = Clock(monkeypatch)
    asked = [
        ("GET", "key"),
        ("GET", "orders/G-1"),
        ("POST", "orders"),
        ("DELETE", "orders"),
        ("GET", "nothing"),
    ]
    statuses = []
    for left, (verb, path) in zip((5, 4, 3, 2, 1), asked, strict=True):
        answer = caller.call(verb, path)
        statuses.append(answer.status_code)
        assert rates(answer) == (6, left), path
    assert statuses == [200, 404, 422, 405, 404]
    assert rates(caller.create()) == (6, 0)

    answer = caller.create("key-2", reference="another")
    problem(answer, 429)
    assert json.loads(answer.content)["type"] == "urn:guichet:problem:too-many-requests"
    assert (rates(answer), answer["Retry-After"]) == ((6, 0), answer["RateLimit-Reset"])
    assert Order.objects.count() == 1

    clock.forward(seconds=61)
    assert rates(caller.create("key-2", reference="another")) == (6, 5)


def test_each_key_has_its_own_rate(caller: Caller, settings: LazySettings) -> None:
    settings.API_RATE_PER_MINUTE = 1
    other = Caller(caller.shop, ApiKey.issue(caller.shop)[1])
    assert [one.call("GET", "key").status_code for one in (caller, caller, other)] == [200, 429, 200]
    problem(caller.call("GET", "key", Authorization="Bearer gk_wrong"), 401)


def test_without_a_limit_nothing_is_said_of_it(caller: Caller, settings: LazySettings) -> None:
    settings.API_RATE_PER_MINUTE = 0
    answer = caller.call("GET", "key")
    assert "RateLimit-Limit" not in answer
    assert json.loads(answer.content)["rate_per_minute"] is None
    used = ApiKey.objects.get()
    assert (used.window_count, used.last_used_at is not None) == (1, True)


def test_without_a_key_the_page_says_nothing_of_rates(caller: Caller) -> None:
    answer = caller.call("POST", "orders", GOOD, Authorization="")
    problem(answer, 401)
    assert "RateLimit-Limit" not in answer
