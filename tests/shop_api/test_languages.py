"""Is the shop's software told everything in English, whatever it asks for, and its customers in their own language?"""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from checkout.models import Order
from checkout.states import OrderState
from providers.said import said
from tests import french
from tests.scripted import Script, make_account
from tests.shop_api.conftest import Caller

pytestmark = pytest.mark.django_db

ASKS = ({"Accept-Language": "fr"}, {"Cookie": "django_language=fr"})


@pytest.fixture(autouse=True)
def catalogue() -> Iterator[None]:
    texts = {
        "the order is %(state)s": "[fr] état %(state)s",
        "The order cannot be paid now: reopen it, or give it more time.": "[fr] Plus payable.",
        "The order is %(state)s.": "[fr] état %(state)s.",
        "must be more than 0 for %(kind)s": "[fr] plus que 0 pour %(kind)s",
        "canceled": "[fr] annulé",
        "has more than %(most)s characters": "[fr] dépasse %(most)s caractères",
    }
    with french.spoken(texts):
        yield


def test_a_refusal_is_in_english(caller: Caller, script: Script) -> None:
    make_account(caller.shop)
    number = caller.created()["id"]
    Order.objects.update(state=OrderState.CANCELED)
    asked: list[tuple[str, str, Any]] = [
        ("POST", f"orders/{number}/payments", {}),
        ("POST", f"orders/{number}/links", {"channel": "copy"}),
        ("POST", f"orders/{number}/change", {"amount": 1}),
        ("POST", "orders", {"reference": "b", "amount": 0, "currency": "EUR"}),
        ("GET", "orders/nowhere", None),
        ("PUT", "orders", {}),
        ("GET", "nowhere", None),
    ]
    told = []
    for verb, path, body in asked:
        plain = caller.call(verb, path, body)
        assert plain.status_code >= 400
        for asks in ASKS:
            answer = caller.call(verb, path, body, **asks)
            assert (answer.status_code, answer.content) == (plain.status_code, plain.content)
            assert answer["Content-Language"] == plain["Content-Language"] == "en"
        told.append(json.loads(plain.content)["detail"])
    assert told[:3] == [
        "The order is canceled.",
        "The order cannot be paid now: reopen it, or give it more time.",
        "The order is canceled.",
    ]
    assert told[3] == "amount: must be more than 0 for one_off"


def test_what_a_customer_reads_is_in_the_customers_language_and_says_so(
    caller: Caller, script: Script
) -> None:
    make_account(caller.shop)
    number = caller.created()["id"]
    query = "methods?amount=4299&currency=EUR&language="
    for language in ("en", "fr"):
        other = {"Accept-Language": "en" if language == "fr" else "fr"}
        answer = caller.call("GET", query + language, **other)
        assert answer["Content-Language"] == language
        made = caller.call(
            "POST", f"orders/{number}/links", {"channel": "copy", "language": language}, **other
        )
        assert (made.status_code, made["Content-Language"]) == (201, "en")
        link = json.loads(made.content)
        picture = caller.call("GET", f"orders/{number}/links/{link['id']}/qr.svg", **other)
        assert picture["Content-Language"] == language
        assert ("QR code of the payment link" in picture.content.decode()) == (language == "en")


def test_what_a_provider_would_refuse_is_in_english(caller: Caller, script: Script) -> None:
    make_account(caller.shop)
    script.always("complaints", (("description", said("has more than %(most)s characters", most=255)),))
    for asks in ASKS:
        body = {"reference": "b", "amount": 4299, "currency": "EUR", "options": {"scripted": {}}}
        answer = caller.call("POST", "orders", body, **asks)
        assert (answer.status_code, answer["Content-Language"]) == (422, "en")
        told = json.loads(answer.content)
        assert told["detail"] == "description: has more than 255 characters"
        assert told["errors"] == [{"field": "description", "message": "has more than 255 characters"}]
