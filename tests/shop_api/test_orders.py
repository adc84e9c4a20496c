"""What can a shop do with its orders?"""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from checkout.models import ApiKey, IdempotencyKey, Order
from checkout.payments.snapshot import order_snapshot
from checkout.payments.start import start
from checkout.shop_api.shapes import OrderOut, PaymentOut
from checkout.states import OrderState, State
from providers.errors import Uncertain
from tests.scripted import Script, codes, make_account, make_order, make_payment, make_shop
from tests.shop_api.conftest import Caller, caller_for, problem

EVERYTHING: dict[str, Any] = {
    "kind": "one_off",
    "description": "Two small things",
    "items": [
        {"name": "Spoon", "quantity": 2, "unit_price": 2000, "sku": "S-1"},
        {"name": "Fork", "quantity": 1, "unit_price": 299},
    ],
    "customer": {
        "reference": "c-1",
        "email": "ada@example.com",
        "first_name": "Ada",
        "last_name": "Byron",
        "phone": "+33123456789",
        "address": "1 rue de la Paix",
        "city": "Paris",
        "postal_code": "75002",
        "state": "Île-de-France",
        "country": "FR",
    },
    "language": "fr",
    "return_url": "https://shop.example/orders/1?from=pay",
    "capture_later": True,
    "keep_card": True,
    "hold_minutes": 90,
    "metadata": {"basket": "b-1", "gift": True, "points": 12},
    "options": {"epc": {"order_id": 2956450523}},
}


def test_the_smallest_order(caller: Caller) -> None:
    told = caller.created()
    order = Order.objects.get()
    assert told == json.loads(json.dumps(order_snapshot(order)))
    assert told["id"] == order.number
    assert told["state"] == "open"
    assert told["amount"] == 4299
    assert told["pay_url"] == f"http://testserver/pay/{order.token}/"
    assert order.shop == caller.shop
    assert order.language == "en"
    assert codes(order) == ["order.created"]
    assert abs(order.expires_at - timezone.now() - timedelta(minutes=25)) < timedelta(seconds=5)


def test_an_order_with_everything(caller: Caller) -> None:
    caller.created(**EVERYTHING)
    order = Order.objects.get()
    assert order.items == [
        {"name": "Spoon", "quantity": 2, "unit_price": 2000, "sku": "S-1"},
        {"name": "Fork", "quantity": 1, "unit_price": 299, "sku": ""},
    ]
    assert order.customer == EVERYTHING["customer"]
    assert order.email == "ada@example.com"
    assert (order.language, order.metadata) == ("fr", EVERYTHING["metadata"])
    assert (order.capture_later, order.keep_card) == (True, True)
    assert order.return_url == EVERYTHING["return_url"]
    assert order.options == EVERYTHING["options"]
    assert abs(order.expires_at - timezone.now() - timedelta(minutes=90)) < timedelta(seconds=5)


def test_a_card_is_kept_without_an_amount(caller: Caller) -> None:
    told = caller.created(kind="save_card", amount=0, customer={"reference": "c-1"})
    assert (told["kind"], told["amount"]) == ("save_card", 0)


def test_no_cookie_is_needed_or_given(caller: Caller) -> None:
    assert not caller.create().cookies


def test_read_and_find(caller: Caller) -> None:
    told = caller.created()
    assert json.loads(caller.call("GET", f"orders/{told['id']}").content) == told
    assert json.loads(caller.call("GET", "orders?reference=basket-1").content) == {
        "orders": [told],
        "next_cursor": None,
    }
    assert json.loads(caller.call("GET", "orders?reference=other").content)["orders"] == []


def test_reading_writes_nothing(caller: Caller) -> None:
    told = caller.created()
    before = Order.objects.values().get()
    caller.call("GET", f"orders/{told['id']}")
    assert Order.objects.values().get() == before


def test_the_answer_speaks_of_the_attempt_that_paid(caller: Caller, script: Script) -> None:
    order = make_order(caller.shop)
    make_payment(order, make_account(caller.shop), state=State.PAID, card_brand="VISA", card_last4="0055")
    told = json.loads(caller.call("GET", f"orders/{order.number}").content)
    assert (told["state"], told["amount_captured"]) == ("paid", 4299)
    assert told["payment"]["card"] == {"brand": "VISA", "last4": "0055"}


def test_the_openapi_page_promises_what_is_answered(script: Script, db: None) -> None:
    order = make_order()
    make_payment(order, make_account(order.shop), card_last4="0055")
    snapshot = order_snapshot(order)
    assert set(OrderOut.model_fields) == set(snapshot)
    assert set(PaymentOut.model_fields) == set(snapshot["payment"])
    told = json.loads(Client().get("/api/v1/openapi.json").content)
    assert {path: sorted(verbs) for path, verbs in told["paths"].items()} == {
        "/api/v1/agreements": ["get"],
        "/api/v1/agreements/{agreement_id}": ["get"],
        "/api/v1/agreements/{agreement_id}/charges": ["post"],
        "/api/v1/agreements/{agreement_id}/end": ["post"],
        "/api/v1/agreements/{agreement_id}/orders": ["get"],
        "/api/v1/events": ["get"],
        "/api/v1/events/{event_id}": ["get"],
        "/api/v1/key": ["get"],
        "/api/v1/methods": ["get"],
        "/api/v1/orders": ["get", "post"],
        "/api/v1/orders/{order_id}": ["get"],
        "/api/v1/orders/{order_id}/cancel": ["post"],
        "/api/v1/orders/{order_id}/change": ["post"],
        "/api/v1/orders/{order_id}/channels": ["get"],
        "/api/v1/orders/{order_id}/links": ["get", "post"],
        "/api/v1/orders/{order_id}/links/{link_id}": ["get"],
        "/api/v1/orders/{order_id}/links/{link_id}/qr.svg": ["get"],
        "/api/v1/orders/{order_id}/links/{link_id}/send": ["post"],
        "/api/v1/orders/{order_id}/links/{link_id}/withdraw": ["post"],
        "/api/v1/orders/{order_id}/operations": ["get", "post"],
        "/api/v1/orders/{order_id}/operations/{operation_id}": ["get"],
        "/api/v1/orders/{order_id}/payments": ["post"],
        "/api/v1/saved-cards": ["get"],
        "/api/v1/saved-cards/{card_id}": ["delete"],
    }


# --- who is asking -------------------------------------------------------------------------------------------------


def test_another_shops_orders_are_not_there(caller: Caller) -> None:
    other = caller_for(make_shop())
    number = other.created()["id"]
    problem(caller.call("GET", f"orders/{number}"), 404)
    problem(caller.call("POST", f"orders/{number}/cancel"), 404)
    assert json.loads(caller.call("GET", "orders?reference=basket-1").content)["orders"] == []
    assert Order.objects.get().state == OrderState.OPEN


def test_two_shops_may_use_the_same_names(caller: Caller) -> None:
    assert caller.created()["id"] != caller_for(make_shop()).created()["id"]


@pytest.mark.parametrize(
    "sent", ["", "Bearer", "Bearer ", "Bearer gk_wrong", "Basic Z2s6Z2s=", "Bearer é", "gk_{key}"]
)
def test_without_a_key_nothing_is_said(caller: Caller, sent: str) -> None:
    for verb, path in (("GET", "orders/G-1"), ("POST", "orders"), ("GET", "orders?reference=x")):
        answer = caller.call(verb, path, Authorization=sent.replace("{key}", caller.key))
        assert problem(answer, 401) == {}
        assert answer["WWW-Authenticate"].startswith("Bearer")


def test_a_revoked_key_opens_nothing(caller: Caller) -> None:
    ApiKey.objects.update(revoked_at=timezone.now())
    problem(caller.create(), 401)


# --- cancelling ----------------------------------------------------------------------------------------------------


def test_an_open_order_is_cancelled_once(caller: Caller) -> None:
    number = caller.created()["id"]
    for _again in range(2):
        answer = caller.call("POST", f"orders/{number}/cancel")
        assert answer.status_code == 200
        assert json.loads(answer.content)["state"] == "canceled"
    assert codes(Order.objects.get()).count("order.canceled") == 1


@pytest.mark.django_db(transaction=True)
def test_the_provider_is_told_first(script: Script) -> None:
    caller = caller_for(make_shop())
    number = caller.created()["id"]
    start(Order.objects.get(), make_account(caller.shop))
    assert caller.call("POST", f"orders/{number}/cancel").status_code == 200
    (told,) = script.asked("cancel")
    assert told.give_up is True


@pytest.mark.django_db(transaction=True)
def test_it_stays_open_when_the_provider_cannot_be_told(script: Script) -> None:
    caller = caller_for(make_shop())
    number = caller.created()["id"]
    start(Order.objects.get(), make_account(caller.shop))
    script.always("cancel", Uncertain("The provider did not answer in time."))
    answer = caller.call("POST", f"orders/{number}/cancel")
    problem(answer, 409)
    assert json.loads(answer.content)["order"]["state"] == "open"
    assert Order.objects.get().state == OrderState.OPEN


@pytest.mark.parametrize(
    ("state", "kind"), [(State.PAID, "order-paid"), (State.AUTHORIZED, "order-authorized")]
)
def test_money_that_came_is_not_cancelled_away(
    caller: Caller, script: Script, state: State, kind: str
) -> None:
    order = make_order(caller.shop)
    make_payment(order, make_account(caller.shop), state=state)
    answer = caller.call("POST", f"orders/{order.number}/cancel")
    problem(answer, 409)
    told = json.loads(answer.content)
    assert told["type"] == f"urn:guichet:problem:{kind}"
    assert told["order"]["id"] == order.number


def test_a_refused_order_leaves_nothing_behind(caller: Caller) -> None:
    problem(caller.create(amount=-1), 422)
    assert not Order.objects.exists()
    assert not IdempotencyKey.objects.exists()
