"""Has every write a key, and does the same key do it once: the second time, and while it is under way?"""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from checkout.models import IdempotencyKey, Order
from providers.errors import Uncertain
from tests.scripted import Script, make_account, make_order, make_shop
from tests.shop_api.agreeing import begin
from tests.shop_api.conftest import Caller, caller_for, make_card, problem
from tests.shop_api.linking import made

pytestmark = pytest.mark.django_db


def refused_as(answer: HttpResponse, status: int) -> str:
    problem(answer, status)
    told: dict[str, str] = json.loads(answer.content)
    return told["type"].removeprefix("urn:guichet:problem:")


def test_every_write_asks_for_a_key(caller: Caller) -> None:
    told = json.loads(Client().get("/api/v1/openapi.json").content)
    writes = {
        operation["operationId"]: operation["parameters"]
        for verbs in told["paths"].values()
        for verb, operation in verbs.items()
        if verb != "get"
    }
    needed = {
        name: parameter["required"]
        for name, parameters in writes.items()
        for parameter in parameters
        if parameter["name"] == "Idempotency-Key"
    }
    assert set(needed) == set(writes)
    assert {name for name, required in needed.items() if not required} == {"remove_saved_card"}
    number = make_order(caller.shop).number
    for what in ("cancel", "change"):
        answer = caller.call("POST", f"orders/{number}/{what}", {}, Idempotency_Key=None)
        assert "Idempotency-Key" in problem(answer, 400), what


def test_a_repetition_is_told_as_one_and_answered_as_things_stand(caller: Caller, script: Script) -> None:
    number = make_order(caller.shop).number

    def change(minor: int, key: str) -> HttpResponse:
        return caller.call("POST", f"orders/{number}/change", {"amount": minor}, Idempotency_Key=key)

    assert json.loads(change(5000, "c-1").content)["amount"] == 5000
    assert json.loads(change(6000, "c-2").content)["amount"] == 6000
    again = change(5000, "c-1")  # an old request, come once more: it takes nothing back
    assert (again.status_code, again["Idempotent-Replay"]) == (200, "true")
    assert json.loads(again.content)["amount"] == 6000
    assert refused_as(change(7000, "c-1"), 422) == "idempotency-key-reused"
    assert Order.objects.get().amount_minor == 6000

    gone = [caller.call("POST", f"orders/{number}/cancel", Idempotency_Key="c-3") for _twice in range(2)]
    assert ["Idempotent-Replay" in answer for answer in gone] == [False, True]
    assert [json.loads(answer.content)["state"] for answer in gone] == ["canceled"] * 2
    assert refused_as(caller.call("POST", f"orders/{number}/cancel", Idempotency_Key="c-1"), 422)


def test_links_agreements_and_cards_too(caller: Caller, script: Script) -> None:
    number = make_order(caller.shop).number
    link = made(caller, number, channel="copy")["id"]
    agreement = begin(caller, script).number
    card = make_card(make_account(caller.shop)).pk
    calls: list[tuple[str, str, Any]] = [
        ("POST", f"orders/{number}/links/{link}/withdraw", None),
        ("POST", f"agreements/{agreement}/end", {"when": "now"}),
        ("DELETE", f"saved-cards/{card}", None),
    ]
    for verb, path, body in calls:
        twice = [caller.call(verb, path, body, Idempotency_Key=path) for _again in range(2)]
        assert ["Idempotent-Replay" in answer for answer in twice] == [False, True], path
        assert twice[0].status_code == twice[1].status_code in {200, 204}
    assert len(script.asked_agreement("end_agreement")) == 1


def test_while_the_first_is_under_way_the_second_is_not_done(caller: Caller, script: Script) -> None:
    made_here = caller.created()
    make_account(caller.shop)
    caller.paid(made_here["id"])
    path = f"orders/{made_here['id']}/cancel"
    seen: list[HttpResponse] = []
    script.during("cancel", lambda: seen.append(caller.call("POST", path, Idempotency_Key="c-1")))
    assert caller.call("POST", path, Idempotency_Key="c-1").status_code == 200
    assert refused_as(seen[0], 409) == "in-progress"
    assert int(seen[0]["Retry-After"]) > 0
    assert len(script.asked("cancel")) == 1
    assert caller.call("POST", path, Idempotency_Key="c-1")["Idempotent-Replay"] == "true"


def test_a_refusal_is_not_remembered(caller: Caller, script: Script) -> None:
    number = caller.created()["id"]
    make_account(caller.shop)
    caller.paid(number)
    script.will("cancel", Uncertain("The provider did not answer in time."))
    answers = [caller.call("POST", f"orders/{number}/cancel", Idempotency_Key="c-1") for _twice in range(2)]
    assert [answer.status_code for answer in answers] == [409, 200]
    assert "Idempotent-Replay" not in answers[1]


def test_a_key_whose_holder_died_is_free_again_later(caller: Caller) -> None:
    number = make_order(caller.shop).number
    path = f"orders/{number}/cancel"
    assert caller.call("POST", path, Idempotency_Key="c-1").status_code == 200
    IdempotencyKey.objects.update(status=None)
    Order.objects.update(state="open")
    assert refused_as(caller.call("POST", path, Idempotency_Key="c-1"), 409) == "in-progress"
    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(minutes=6))
    answer = caller.call("POST", path, Idempotency_Key="c-1")
    assert (answer.status_code, json.loads(answer.content)["state"]) == (200, "canceled")
    assert IdempotencyKey.objects.get().status == 200


def test_a_key_is_its_shops_own(caller: Caller) -> None:
    for one in (caller, caller_for(make_shop())):
        number = make_order(one.shop).number
        answer = one.call("POST", f"orders/{number}/cancel", Idempotency_Key="the same")
        assert "Idempotent-Replay" not in answer
