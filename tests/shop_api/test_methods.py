"""Which methods could take an order, and what does a shop allow its orders?"""

import json
from typing import Any

import pytest

from checkout.models import Account, Order
from checkout.shop_api.allowed import return_errors
from providers.base import Kind
from providers.errors import Misconfigured
from tests.scripted import Script, make_account, make_shop
from tests.shop_api.conftest import Caller, caller_for, problem

pytestmark = pytest.mark.django_db


def methods(caller: Caller, query: str = "") -> list[dict[str, Any]]:
    answer = caller.call("GET", f"methods?amount=4299&currency=EUR{query}")
    assert answer.status_code == 200, answer.content
    found: list[dict[str, Any]] = json.loads(answer.content)["methods"]
    return found


def test_the_methods_that_could_take_it(caller: Caller, script: Script) -> None:
    last = make_account(caller.shop, position=2, label="Voucher")
    first = make_account(caller.shop, provider="bare", position=1, live=True)
    make_account(caller.shop, enabled=False)
    make_account(caller.shop, provider="gone")  # a provider that is no longer installed
    make_account(make_shop())
    told = methods(caller, "&country=FR&capture_later=true")
    assert [one["id"] for one in told] == [str(first.pk), str(last.pk)]
    assert told[0] == {
        "id": str(first.pk),
        "provider": "bare",
        "label": "Bare card",
        "channels": ["card", "wallet"],
        "needs_script": False,
        "kinds": [kind.value for kind in Kind],
        "can": [],
        "saves_cards": True,
        "live": True,
    }
    assert (told[1]["label"], told[1]["can"]) == ("Voucher", ["capture", "void", "refund"])
    asked = script.asked("refuses")[0].charge
    assert (asked.money.minor, asked.customer.country, asked.capture_later) == (4299, "FR", True)
    assert not Order.objects.exists()


def test_one_that_refuses_or_is_not_set_up_is_not_in_it(caller: Caller, script: Script) -> None:
    make_account(caller.shop)
    script.will("refuses", "not in this currency")
    assert methods(caller) == []
    script.will("refuses", Misconfigured("no password"))
    assert methods(caller) == []


def test_the_label_is_in_the_language_that_was_asked_for(caller: Caller, script: Script) -> None:
    Account.objects.filter(pk=make_account(caller.shop).pk).update(label="Bank card")
    assert [methods(caller, f"&language={code}")[0]["label"] for code in ("en", "fr")] == [
        "Bank card",
        "Carte bancaire",
    ]


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("currency=EUR", "amount"),
        ("amount=1", "currency"),
        ("amount=-1&currency=EUR", "amount"),
        ("amount=1.5&currency=EUR", "amount"),
        ("amount=1&currency=eur", "currency"),
        ("amount=1&currency=EUR&country=FRA", "country"),
        ("amount=1&currency=EUR&kind=gift", "kind"),
        ("amount=1&currency=EUR&language=tlh", "language"),
        ("amount=1&currency=EUR&options=x", "options"),
        ("amount=1&currency=EUR&options=%7B%22nowhere%22:%7B%7D%7D", "options.nowhere"),
        ("amount=1&currency=EUR&options=%7B%22epc%22:1%7D", "options.epc"),
    ],
)
def test_a_wrong_word_is_named(caller: Caller, query: str, named: str) -> None:
    assert set(problem(caller.call("GET", f"methods?{query}"), 422)) == {named}


# --- what the shop allows --------------------------------------------------------------------------------------------


def test_where_an_order_may_lead_back_to(script: Script) -> None:
    caller = caller_for(make_shop(return_origins=["https://shop.example.com"]))
    caller.created("k-1", reference="1", return_url="https://shop.example.com/orders/1/")
    caller.created("k-2", reference="2", return_url="HTTPS://SHOP.example.com:443/2")
    caller.created("k-3", reference="3")
    for wrong in (
        "https://shop.example.com.evil.example/",
        "http://shop.example.com/",
        "https://shop.example.com:8443/",
        "https://evil.example/?https://shop.example.com/",
    ):
        refused = problem(caller.create("k-4", reference="4", return_url=wrong), 422)
        assert refused == {
            "return_url": "is not one of the shop's addresses; there are: https://shop.example.com"
        }
    assert Order.objects.count() == 3
    # What was answered stays answered, whatever the shop allows by now.
    caller.shop.return_origins = ["https://elsewhere.example"]
    caller.shop.save()
    again = caller.create("k-1", reference="1", return_url="https://shop.example.com/orders/1/")
    assert again["Idempotent-Replay"] == "true"
    assert return_errors(make_shop(), "https://anywhere.example/") == []


@pytest.mark.parametrize(
    ("spoken", "language"), [([], "en"), (["en", "fr"], "en"), (["fr"], "fr"), (["fr", "en"], "en")]
)
def test_a_language_that_the_shop_does_not_speak(script: Script, spoken: list[str], language: str) -> None:
    caller = caller_for(make_shop(languages=spoken))
    caller.created(language="en")
    assert Order.objects.get().language == language
