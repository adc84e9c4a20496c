"""Can a shop give its order another amount or more time, so that nobody pays the old amount?"""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.utils import timezone

from checkout.models import Account, Order, Payment
from checkout.payments.figures import violations
from checkout.payments.snapshot import order_snapshot
from checkout.shop_api.shapes import OrderOut
from checkout.states import State
from providers.base import Outcome, Report
from providers.errors import Invalid, Uncertain
from providers.money import Money
from tests.scripted import (
    Clock,
    Script,
    codes,
    events,
    install,
    make_account,
    make_agreement,
    make_order,
    make_shop,
)
from tests.shop_api.conftest import GOOD, Caller, caller_for, problem

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Script:
    return install(monkeypatch)


@pytest.fixture
def caller(script: Script, transactional_db: None) -> Caller:
    return caller_for(make_shop())


@pytest.fixture
def account(caller: Caller) -> Account:
    return make_account(caller.shop)


@pytest.fixture
def number(caller: Caller) -> str:
    told: str = caller.created(items=[{"name": "Spoon", "quantity": 1, "unit_price": 4299}])["id"]
    return told


def change(caller: Caller, number: str, **fields: Any) -> HttpResponse:
    return caller.call("POST", f"orders/{number}/change", fields)


def changed(caller: Caller, number: str, **fields: Any) -> dict[str, Any]:
    answer = change(caller, number, **fields)
    assert answer.status_code == 200, answer.content
    assert answer["Cache-Control"] == "no-store"
    told: dict[str, Any] = json.loads(answer.content)
    assert told == json.loads(json.dumps(order_snapshot(Order.objects.get())))
    return told


def refusal(answer: HttpResponse) -> tuple[str, str]:
    """And the order stands under it as it is."""
    problem(answer, 409)
    told = json.loads(answer.content)
    assert told["order"] == json.loads(
        json.dumps(order_snapshot(Order.objects.get(number=told["order"]["id"])))
    )
    return told["type"].removeprefix("urn:guichet:problem:"), told["detail"]


# --- nobody is paying ------------------------------------------------------------------------------------------------


def test_another_amount(caller: Caller, number: str) -> None:
    before = Order.objects.get()
    told = changed(caller, number, amount=5000)
    assert (told["amount"], told["expires_at"]) == (5000, before.expires_at.isoformat())
    after = Order.objects.get()
    assert (after.amount_minor, after.items, after.state) == (5000, [], "open")
    assert after.timeline.get(code="order.changed").who == "shop"
    assert events(after) == []
    assert changed(caller, number, amount=5000) == told
    assert codes(after) == ["order.created", "order.changed"]


def test_more_time(caller: Caller, number: str) -> None:
    until = (timezone.now() + timedelta(days=89)).replace(microsecond=0)
    told = changed(caller, number, expires_at=until.isoformat().replace("+00:00", "Z"))
    assert (told["amount"], told["expires_at"]) == (4299, until.isoformat())
    assert len(Order.objects.get().items) == 1
    abroad = until.astimezone(tz=datetime.now(UTC).astimezone().tzinfo) - timedelta(days=1)
    assert changed(caller, number, expires_at=abroad.isoformat())["amount"] == 4299
    assert Order.objects.get().expires_at == abroad


def test_both_at_once(caller: Caller, number: str, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    began = clock.now()
    told = changed(caller, number, amount=100, hold_minutes=129_600)
    assert told["amount"] == 100
    until = Order.objects.get().expires_at
    assert timedelta(0) <= until - began - timedelta(days=90) < timedelta(minutes=1)


def test_an_order_may_be_open_for_ninety_days(caller: Caller) -> None:
    began = timezone.now()
    caller.created(hold_minutes=129_600)
    left = Order.objects.get().expires_at - began
    assert timedelta(days=90) <= left < timedelta(days=90, minutes=1)


def test_a_hold_that_is_over_needs_more_time(caller: Caller, number: str) -> None:
    Order.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    assert refusal(change(caller, number, amount=5000)) == (
        "not-changed", "Its hold is over: give it more time as well.",
    )  # fmt: skip
    assert changed(caller, number, amount=5000, hold_minutes=60)["amount"] == 5000


# --- somebody is -----------------------------------------------------------------------------------------------------


def test_the_provider_hears_of_it_first_and_the_link_is_good_for_the_new_amount(
    caller: Caller, script: Script, account: Account, number: str
) -> None:
    link = sent(caller, number)
    assert changed(caller, number, amount=5000)["payment"]["state"] == "started"
    (asked,) = script.asked("update")
    assert asked.charge.money == Money(5000, "EUR")
    assert Payment.objects.get().amount_minor == 5000
    assert state_of(caller, number, link) == "sent"
    assert not any(violations().values())


def sent(caller: Caller, number: str) -> str:
    body = {"channel": "sms", "to": "+33600000000"}
    answer = caller.call("POST", f"orders/{number}/links", body, Idempotency_Key="link-1")
    assert answer.status_code == 201, answer.content
    link: str = json.loads(answer.content)["id"]
    return link


def state_of(caller: Caller, number: str, link: str) -> str:
    told: str = json.loads(caller.call("GET", f"orders/{number}/links/{link}").content)["state"]
    return told


def test_a_page_of_before_is_given_up_where_it_cannot_be_changed(caller: Caller, number: str) -> None:
    make_account(caller.shop, provider="bare")
    caller.paid(number)
    told = changed(caller, number, amount=5000)
    assert (told["state"], told["payment"]["state"]) == ("open", "canceled")
    assert Payment.objects.get().amount_minor == 4299


def test_no_answer_and_it_is_not_changed_yet(
    caller: Caller, script: Script, account: Account, number: str
) -> None:
    sent(caller, number)
    script.will("update", Uncertain("No answer."))
    assert refusal(change(caller, number, amount=5000)) == (
        "change-not-confirmed",
        "The provider has not confirmed the change; what it says later decides. Look at the order again in a minute.",
    )
    assert Order.objects.get().amount_minor == 4299
    assert refusal(change(caller, number, amount=6000)) == (
        "change-not-confirmed", "Another change is under way. Look at the order again in a minute.",
    )  # fmt: skip


def test_a_link_that_the_provider_refuses_to_change_is_left_as_it_is(
    caller: Caller, script: Script, account: Account, number: str
) -> None:
    link = sent(caller, number)
    script.will("update", Invalid("hold_minutes", "reaches more than 30 days ahead"))
    assert refusal(change(caller, number, hold_minutes=129_600)) == (
        "not-changed", "hold_minutes: reaches more than 30 days ahead",
    )  # fmt: skip
    assert state_of(caller, number, link) == "sent"


@pytest.mark.parametrize(
    ("field", "until"),
    [
        ("hold_minutes", lambda: 129_600),
        ("expires_at", lambda: f"{timezone.now() + timedelta(days=50):%Y-%m-%dT%XZ}"),
    ],
    ids=["hold_minutes", "expires_at"],
)
def test_what_the_provider_would_refuse_is_named_as_it_was_asked(
    caller: Caller, script: Script, account: Account, number: str, field: str, until: Callable[[], Any]
) -> None:
    sent(caller, number)
    script.will(
        "complaints", (("hold_minutes", "reaches more than 30 days ahead"), ("amount", "is too small"))
    )
    wrong = problem(change(caller, number, **{field: until(), "amount": 1}), 422)
    assert wrong == {field: "reaches more than 30 days ahead", "amount": "is too small"}
    asked = script.asked("complaints")[-1].charge
    assert asked.money == Money(1, "EUR")
    assert asked.expires_at > timezone.now() + timedelta(days=49)
    assert script.asked("update") == []


def test_it_was_paid_meanwhile(caller: Caller, script: Script, account: Account, number: str) -> None:
    sent(caller, number)
    money = Money(4299, "EUR")
    script.will("update", Report(outcome=Outcome.PAID, authorized=money, captured=money))
    kind, detail = refusal(change(caller, number, amount=5000))
    assert (kind, detail) == ("not-changed", "The attempt is paid meanwhile; the order is as it was.")
    assert Order.objects.get().state == "paid"
    assert not any(violations().values())


def test_an_open_attempt_that_cannot_be_given_up(
    caller: Caller, script: Script, account: Account, number: str
) -> None:
    script.will("start", Uncertain("No answer."))
    script.will("sync", Uncertain("No answer."))
    caller.paid(number)
    kind, detail = refusal(change(caller, number, amount=5000))
    assert kind == "not-changed"
    assert detail == "An attempt is open and cannot be given up at its provider now."
    assert Payment.objects.get().state == State.CREATED


# --- what cannot be --------------------------------------------------------------------------------------------------

WRONG: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({}, {"amount": "is needed, or expires_at, or hold_minutes"}),
    ({"amount": None}, {"amount": "is needed, or expires_at, or hold_minutes"}),
    ({"expires_at": "2099-01-01T00:00:00Z", "hold_minutes": 5},
     {"hold_minutes": "is for a request without expires_at"}),
    ({"expires_at": "2099-01-01T00:00:00Z"}, {"expires_at": "is more than 90 days from now"}),
    ({"expires_at": "2020-01-01T00:00:00+02:00"}, {"expires_at": "is over"}),
    ({"expires_at": 4070908800}, {"expires_at": "is not a time such as 2026-11-21T18:00:00Z"}),
    ({"expires_at": "4070908800"}, {"expires_at": "is not a time such as 2026-11-21T18:00:00Z"}),
    ({"expires_at": "2026-11-21"}, {"expires_at": "is not a time such as 2026-11-21T18:00:00Z"}),
    ({"expires_at": "2099-01-01T00:00:00"}, {"expires_at": "Input should have timezone info"}),
    ({"amount": 5000, "currency": "USD"}, {"currency": "is not a field there"}),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "named"), WRONG, ids=lambda value: str(value)[:60])
def test_a_wrong_field_is_named(
    caller: Caller, number: str, asked: dict[str, Any], named: dict[str, str]
) -> None:
    assert problem(change(caller, number, **asked), 422) == named
    assert codes(Order.objects.get()) == ["order.created"]


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"amount": 0}, "amount"),
        ({"amount": -1}, "amount"),
        ({"amount": 42.5}, "amount"),
        ({"amount": "5000"}, "amount"),
        ({"amount": 10**12 + 1}, "amount"),
        ({"hold_minutes": 0}, "hold_minutes"),
        ({"hold_minutes": 129_601}, "hold_minutes"),
        ({"expires_at": "Tomorrow"}, "expires_at"),
    ],
)
def test_a_field_that_is_none(caller: Caller, number: str, asked: dict[str, Any], field: str) -> None:
    assert set(problem(change(caller, number, **asked), 422)) == {field}


def test_orders_that_are_not_to_be_changed(
    caller: Caller, script: Script, account: Account, number: str
) -> None:
    terms = {"amount": 1500, "period": {"count": 1, "unit": "month"}}
    plan = caller.created("key-2", reference="plan", kind="subscription", amount=1500, terms=terms)["id"]
    fixed = ("not-changed", "The amount of an agreement's order is fixed by its terms.")
    assert refusal(change(caller, plan, amount=5000)) == fixed
    assert change(caller, plan, hold_minutes=60).status_code == 200
    agreement = make_agreement(account)
    further = make_order(caller.shop, agreement=agreement).number
    assert refusal(change(caller, further, amount=5000)) == fixed
    caller.call("POST", f"orders/{number}/cancel")
    assert refusal(change(caller, number, amount=5000)) == ("not-changed", "The order is canceled.")


def test_anothers_order_is_not_there(caller: Caller, number: str) -> None:
    problem(change(caller_for(make_shop()), number, amount=5000), 404)
    assert Order.objects.get().amount_minor == GOOD["amount"]


def test_the_openapi_page_promises_what_is_answered(caller: Caller, number: str) -> None:
    OrderOut.model_validate(changed(caller, number, amount=5000))
    page = json.loads(caller.call("GET", "openapi.json").content)
    said = page["paths"]["/api/v1/orders/{order_id}/change"]["post"]
    assert said["operationId"] == "change_order"
    answers = "200 400 401 403 404 405 409 413 415 422 429 500 503"
    assert sorted(said["responses"]) == answers.split()
    schemas = page["components"]["schemas"]
    held = schemas["NewOrder"]["properties"]["hold_minutes"]
    assert held["anyOf"][0]["maximum"] == 129_600
    assert schemas["NewChange"]["properties"]["expires_at"]["anyOf"][0]["format"] == "date-time"
