"""Is every wrong word refused, and the field named?"""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checkout.models import Order
from providers import PROVIDERS
from tests.shop_api.conftest import GOOD, Caller, problem

ITEM = {"name": "Spoon", "quantity": 1, "unit_price": 4299}

WRONG: list[tuple[dict[str, Any], str]] = [
    ({"reference": ""}, "reference"),
    ({"reference": "x" * 101}, "reference"),
    ({"reference": 5}, "reference"),
    ({"amount": "4299"}, "amount"),
    ({"amount": 42.99}, "amount"),
    ({"amount": 4299.0}, "amount"),
    ({"amount": True}, "amount"),
    ({"amount": -1}, "amount"),
    ({"amount": 0}, "amount"),
    ({"amount": 10**12 + 1}, "amount"),
    ({"amount": None}, "amount"),
    ({"currency": "eur"}, "currency"),
    ({"currency": "EURO"}, "currency"),
    ({"currency": "ZZZ"}, "currency"),
    ({"kind": "gift"}, "kind"),
    ({"kind": "save_card", "customer": {"reference": "c"}}, "amount"),
    ({"kind": "save_card", "amount": 0}, "customer.reference"),
    ({"description": "x" * 256}, "description"),
    ({"description": "a\0b"}, "description"),
    ({"description": "\ud800"}, "description"),
    ({"items": [ITEM | {"quantity": 0}]}, "items.0.quantity"),
    ({"items": [ITEM, ITEM | {"unit_price": "1"}]}, "items.1.unit_price"),
    ({"items": [ITEM | {"name": ""}]}, "items.0.name"),
    ({"items": [ITEM | {"colour": "red"}]}, "items.0.colour"),
    ({"items": [ITEM, ITEM]}, "items"),
    ({"items": [ITEM] * 201}, "items"),
    ({"items": {}}, "items"),
    ({"customer": {"email": "ada"}}, "customer.email"),
    ({"customer": {"phone": "0123"}}, "customer.phone"),
    ({"customer": {"phone": "+33123456789\n"}}, "customer.phone"),
    ({"customer": {"country": "FRA"}}, "customer.country"),
    ({"customer": {"country": "fr"}}, "customer.country"),
    ({"customer": {"name": "Ada"}}, "customer.name"),
    ({"customer": {"address": "x" * 201}}, "customer.address"),
    ({"language": "de"}, "language"),
    ({"return_url": "javascript:alert(1)"}, "return_url"),
    ({"return_url": "//evil.example"}, "return_url"),
    ({"return_url": "https://"}, "return_url"),
    ({"return_url": "https://shop.example\\@evil.example/"}, "return_url"),
    ({"return_url": "https://user@evil.example/"}, "return_url"),
    ({"return_url": "https://shop.example/\r\nX: y"}, "return_url"),
    ({"return_url": "https://[::1"}, "return_url"),
    ({"return_url": "https://shop.example:port/"}, "return_url"),
    ({"capture_later": "yes"}, "capture_later"),
    ({"keep_card": "yes"}, "keep_card"),
    ({"keep_card": True}, "customer.reference"),
    ({"keep_card": True, "customer": {"email": "ada@example.com"}}, "customer.reference"),
    ({"hold_minutes": 0}, "hold_minutes"),
    ({"hold_minutes": 129_601}, "hold_minutes"),
    ({"hold_minutes": 1.5}, "hold_minutes"),
    ({"metadata": {"a": {"b": 1}}}, "metadata.a"),
    ({"metadata": {"x" * 41: 1}}, "metadata"),
    ({"metadata": {str(number): 1 for number in range(21)}}, "metadata"),
    ({"metadata": {"a": "x" * 501}}, "metadata.a"),
    ({"options": {"nowhere": {}}}, "options.nowhere"),
    ({"options": {"epc": {"order_id": "x"}}}, "options.epc.order_id"),
    ({"options": {"epc": {"nothing": 1}}}, "options.epc.nothing"),
    ({"options": {"epc": []}}, "options.epc"),
    ({"unknown": 1}, "unknown"),
]


@pytest.mark.parametrize(("fields", "named"), WRONG, ids=lambda value: str(value)[:50])
def test_a_wrong_field_is_named(caller: Caller, fields: dict[str, Any], named: str) -> None:
    refused = problem(caller.create(**fields), 422)
    assert any(field == named or field.startswith(f"{named}.") for field in refused), refused
    assert not Order.objects.exists()


def test_every_wrong_field_is_named_at_once(caller: Caller) -> None:
    refused = problem(caller.create(amount="1", currency="x", nothing=1), 422)
    assert refused["nothing"] == "is not a field there"
    assert set(refused) == {"amount", "currency", "nothing"}


def test_missing_fields_are_named(caller: Caller) -> None:
    refused = problem(caller.call("POST", "orders", {}, Idempotency_Key="k"), 422)
    assert refused == dict.fromkeys(("reference", "amount", "currency"), "is missing")


def test_the_items_have_to_add_up(caller: Caller) -> None:
    refused = problem(caller.create(items=[ITEM | {"unit_price": 4000}]), 422)
    assert refused == {"items": "add up to 4000, and the amount is 4299"}


def test_the_providers_there_are_are_named(caller: Caller) -> None:
    refused = problem(caller.create(options={"nowhere": {}}), 422)
    assert refused["options.nowhere"] == f"is no provider; there are: {', '.join(PROVIDERS)}"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"{", 400),
        (b"[]", 400),
        (b'"x"', 400),
        (b"\xff\xfe", 400),
        (b'{"amount": NaN}', 400),
        (b'{"amount": 1, "amount": 2}', 400),
        (b'{"amount": 1' + b"0" * 5000 + b"}", 400),
        (b"[" * 30_000, 400),
        (b'{"metadata": {"a": 1e999}}', 422),
        (b'{"metadata":' + b'{"a":' * 20 + b"1" + b"}" * 21, 422),
        (b" " * 65_537, 413),
        (b" " * 1_000_001, 413),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_body_that_is_no_order(caller: Caller, body: bytes, status: int) -> None:
    problem(caller.call("POST", "orders", body, Idempotency_Key="k"), status)


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
def test_only_json_is_read(caller: Caller, kind: str) -> None:
    body = json.dumps(GOOD).encode()
    problem(caller.call("POST", "orders", body, Idempotency_Key="k", Content_Type=kind), 415)


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "application/json"])
def test_json_may_name_its_charset(caller: Caller, kind: str) -> None:
    body = json.dumps(GOOD).encode()
    assert caller.call("POST", "orders", body, Idempotency_Key="k", Content_Type=kind).status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 256, "a b", "é"])
def test_a_key_that_is_none(caller: Caller, key: str) -> None:
    assert set(problem(caller.create(key), 400)) == {"Idempotency-Key"}


def test_the_key_is_asked_for(caller: Caller) -> None:
    assert problem(caller.call("POST", "orders", GOOD, Idempotency_Key=None), 400) == {
        "Idempotency-Key": "is missing"
    }


def test_a_reference_is_used_for_one_order(caller: Caller) -> None:
    caller.created()
    assert set(problem(caller.create("key-2"), 409)) == {"reference"}
    assert Order.objects.count() == 1


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("reference=", "reference"),
        ("reference=%00", "reference"),
        ("reference=a&reference=b", "reference"),
        ("state=gone", "state"),
        ("created_from=2026-11-21", "created_from"),
        ("created_to=1800000000", "created_to"),
        ("created_to=0001-01-01T00:00:00%2B14:00", "created_to"),
        ("limit=101", "limit"),
        ("cursor=x", "cursor"),
    ],
)
def test_a_wrong_word_in_a_query_is_named(caller: Caller, query: str, named: str) -> None:
    assert set(problem(caller.call("GET", f"orders?{query}"), 422)) == {named}


@pytest.mark.parametrize(
    "path", ["orders/G-1", "orders/%00", "orders/" + "x" * 300, "orders/é", "nothing", ""]
)
def test_what_is_not_there(caller: Caller, path: str) -> None:
    problem(caller.call("GET", path), 404)


def test_the_wrong_verb(caller: Caller) -> None:
    answer = caller.call("DELETE", "orders")
    problem(answer, 405)
    assert answer["Allow"] == "GET, POST"


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from([*GOOD, "items", "customer", "options", "metadata", "return_url", "kind"]),
    value=_json,
)
def test_no_value_of_any_field_breaks_it(caller: Caller, name: str, value: Any) -> None:
    """Created, refused, or taken already: never a 500, and never a wrong order."""
    body = json.dumps({**GOOD, name: value}).encode()
    answer = caller.call("POST", "orders", body, Idempotency_Key=f"k{Order.objects.count()}")
    assert answer.status_code in {201, 400, 409, 422}
