"""Is money captured, voided and refunded over the API, once, and told as it is?"""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from django.http import HttpResponse

from checkout.models import Operation, Order
from checkout.states import State
from providers import PROVIDERS
from providers.base import Charge, OperationStatus, Share, Verb
from providers.errors import Decline, Declined, Invalid, Uncertain
from providers.money import Money
from tests.scripted import Call, Script, done, make_account, make_order, make_payment, make_shop
from tests.shop_api.chargeable import Chargeable
from tests.shop_api.conftest import Caller, caller_for, pages_of, problem

pytestmark = pytest.mark.django_db


class WholeOnly(Chargeable):
    whole_only = frozenset({Verb.REFUND})

    def share_out(
        self, charge: Charge, verb: Verb, money: Money, *, plan: Mapping[str, Any]
    ) -> tuple[Share, ...]:
        if set(plan) - {"first"}:
            raise Invalid("plan.last", "is no word of a plan")
        return ()


@pytest.fixture
def order(caller: Caller, script: Script) -> Order:
    """Paid, 42.99 EUR."""
    found = make_order(caller.shop)
    make_payment(found, make_account(caller.shop), state=State.PAID)
    return found


def ask(caller: Caller, order: Order, key: str = "op-1", **fields: Any) -> HttpResponse:
    return caller.call("POST", f"orders/{order.number}/operations", fields, Idempotency_Key=key)


def asked(caller: Caller, order: Order, key: str = "op-1", **fields: Any) -> dict[str, Any]:
    answer = ask(caller, order, key, **fields)
    assert answer.status_code == 201, answer.content
    told: dict[str, Any] = json.loads(answer.content)
    return told


def test_a_part_and_then_the_rest_is_refunded(caller: Caller, script: Script, order: Order) -> None:
    told = asked(caller, order, verb="refund", amount=1000, reason="one spoon")
    assert {
        name: told[name] for name in ("verb", "amount", "currency", "status", "amount_undone", "reason")
    } == {
        "verb": "refund",
        "amount": 1000,
        "currency": "EUR",
        "status": "success",
        "amount_undone": 0,
        "reason": "one spoon",
    }
    assert (told["payment"], told["message"]) == (f"{order.number}-1", None)
    (call,) = script.asked("refund")
    assert (call.charge.reason, len(call.key)) == ("one spoon", 40)

    again = ask(caller, order, verb="refund", amount=1000, reason="one spoon")
    assert (again["Idempotent-Replay"], json.loads(again.content)) == ("true", told)
    problem(ask(caller, order, verb="refund", amount=999, reason="one spoon"), 422)
    assert asked(caller, order, "op-2", verb="refund")["amount"] == 3299
    # What is left is nothing by now; the key is answered with what it did.
    assert ask(caller, order, "op-2", verb="refund")["Idempotent-Replay"] == "true"
    assert len(script.asked("refund")) == 2

    path = f"orders/{order.number}/operations"
    listed = [row for page in pages_of(caller, path, limit=1) for row in page["operations"]]
    assert [row["amount"] for row in listed] == [3299, 1000]
    assert json.loads(caller.call("GET", f"{path}/{told['id']}").content) == told
    for wrong in ("0", "x", "%00", "99999999999999999999"):
        problem(caller.call("GET", f"{path}/{wrong}"), 404)


@pytest.mark.parametrize(
    ("state", "fields", "why"),
    [
        (State.PAID, {"verb": "refund", "amount": 4300}, "Only EUR 42.99 is left to refund."),
        (State.PAID, {"verb": "capture"}, "Nothing is left to capture."),
        (State.REFUNDED, {"verb": "refund"}, "Nothing is left to refund."),
        (State.STARTED, {"verb": "refund"}, "No money has come for this order."),
    ],
)
def test_what_is_not_possible_is_said_with_the_order(
    caller: Caller, script: Script, state: State, fields: dict[str, Any], why: str
) -> None:
    order = make_order(caller.shop)
    make_payment(order, make_account(caller.shop), state=state)
    answer = ask(caller, order, **fields)
    problem(answer, 409)
    told = json.loads(answer.content)
    assert (told["type"], told["order"]["id"]) == ("urn:guichet:problem:not-possible", order.number)
    assert told["detail"].replace("42.99 EUR", "EUR 42.99") == why
    assert script.calls == []


@pytest.mark.parametrize(
    ("answer", "status", "message"),
    [
        (Declined(Decline(code="no", message="not today")), "failure", "not today"),
        (Uncertain("The provider did not answer in time."), "uncertain", None),
        (lambda call: done(call, OperationStatus.PENDING), "pending", None),
    ],
    ids=["declined", "silent", "pending"],
)
def test_whatever_became_of_it(
    caller: Caller, script: Script, order: Order, answer: Any, status: str, message: str | None
) -> None:
    script.will("refund", answer)
    told = asked(caller, order, verb="refund", amount=10)
    assert told["status"] == status
    assert told["message"] == (message or told["message"])
    assert asked(caller, order, verb="refund", amount=10)["id"] == told["id"]
    assert len(script.asked("refund")) == 1


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"verb": "give"}, "verb"),
        ({}, "verb"),
        ({"verb": "refund", "amount": 0}, "amount"),
        ({"verb": "refund", "payment": "G-1-1"}, "payment"),
        ({"verb": "refund", "plan": {"first": "card"}}, "plan"),
        ({"verb": "refund", "colour": "red"}, "colour"),
    ],
)
def test_a_wrong_field_is_named(caller: Caller, order: Order, fields: dict[str, Any], named: str) -> None:
    assert set(problem(ask(caller, order, **fields), 422)) == {named}
    assert not Operation.objects.exists()


def test_a_provider_that_does_the_whole_or_nothing(
    caller: Caller, script: Script, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PROVIDERS, "scripted", f"{__name__}:WholeOnly")
    refused = problem(ask(caller, order, verb="refund", amount=1), 422)
    assert refused == {"amount": "must be 4299, or left out: Scripted can refund only the whole"}
    assert set(problem(ask(caller, order, verb="refund", plan={"last": 1}), 422)) == {"plan.last"}
    assert script.calls == []
    assert (
        asked(caller, order, verb="refund", plan={"first": "card"}, payment=f"{order.number}-1")["amount"]
        == 4299
    )
    (call,) = script.asked("refund")
    assert call.plan == {"first": "card"}


def test_keys_and_orders_belong_to_their_shop(caller: Caller, script: Script, order: Order) -> None:
    other = caller_for(make_shop())
    problem(ask(other, order, verb="refund"), 404)
    theirs = make_order(other.shop)
    make_payment(theirs, make_account(other.shop), state=State.PAID)
    assert asked(caller, order, verb="refund")["id"] != asked(other, theirs, verb="refund")["id"]
    mine = make_order(caller.shop)
    make_payment(mine, state=State.PAID)
    assert set(problem(ask(caller, mine, verb="refund"), 422)) == {"Idempotency-Key"}


def test_a_second_request_while_the_first_is_under_way_makes_none(
    caller: Caller, script: Script, order: Order
) -> None:
    seen: list[dict[str, Any]] = []
    script.during("refund", lambda: seen.append(asked(caller, order, verb="refund")))

    def at_last(call: Call) -> Any:
        return done(call)

    script.always("refund", at_last)
    told = asked(caller, order, verb="refund")
    assert (seen[0]["id"], seen[0]["status"], told["status"]) == (told["id"], "pending", "success")
    assert len(script.asked("refund")) == 1


def test_the_same_key_is_known_again_whatever_a_reason_may_not_keep(
    caller: Caller, script: Script, order: Order
) -> None:
    wished: dict[str, Any] = {
        "verb": "refund",
        "amount": 1000,
        "reason": "typed 4111 1111 1111 1111 by mistake",
    }
    told = asked(caller, order, **wished)
    assert "4111" not in told["reason"]
    again = ask(caller, order, **wished)
    assert (again["Idempotent-Replay"], json.loads(again.content)) == ("true", told)
    problem(ask(caller, order, **{**wished, "reason": "another"}), 422)
    assert len(script.asked("refund")) == 1
