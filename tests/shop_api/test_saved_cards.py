"""Can a shop see its customer's cards, and take one back?"""

import json
from dataclasses import replace
from typing import Any

import pytest

from checkout.models import SavedCard
from checkout.payments.apply import apply
from checkout.payments.start import start
from checkout.shop_api.shapes import SavedCardOut
from providers.base import Card, Report
from providers.base import SavedCard as Token
from tests.scripted import Call, Script, make_account, make_order, make_shop, paid
from tests.shop_api.conftest import Caller, caller_for, make_card, problem


@pytest.fixture
def caller(db: None, script: Script) -> Caller:
    return caller_for(make_shop())


def cards(caller: Caller, customer: str = "c-1") -> list[dict[str, Any]]:
    answer = caller.call("GET", f"saved-cards?customer={customer}")
    assert answer.status_code == 200, answer.content
    told: list[dict[str, Any]] = json.loads(answer.content)["saved_cards"]
    return told


def test_a_customers_cards_are_listed(caller: Caller) -> None:
    account = make_account(caller.shop)
    first, second = make_card(account), make_card(account, last4="0055", brand="", expiry_month=None)
    make_card(account, "c-2")
    make_card(account, removed_at=first.consented_at)
    make_card(make_account())  # another shop's, of a customer with the same name
    assert [card["id"] for card in cards(caller)] == [str(second.pk), str(first.pk)]
    assert cards(caller)[1] == {
        "id": str(first.pk),
        "customer": "c-1",
        "provider": "scripted",
        "account": str(account.pk),
        "brand": "Visa",
        "last4": "1111",
        "expiry_month": 4,
        "expiry_year": 2031,
        "consented_at": first.consented_at.isoformat(),
        "occasions": ["recurring", "no_show"],
    }
    assert set(cards(caller)[0]) == set(SavedCardOut.model_fields)
    assert "canary" not in json.dumps(cards(caller))


def test_what_cannot_be_charged_says_so(caller: Caller) -> None:
    make_card(make_account(caller.shop, enabled=False))
    make_card(make_account(caller.shop, provider="epc"))  # keeps cards, and charges none without the customer
    make_card(make_account(caller.shop, provider="gone"))  # no longer installed
    assert [card["occasions"] for card in cards(caller)] == [[], [], []]


@pytest.mark.parametrize("customer", ["nobody", "é"])
def test_a_customer_without_cards(caller: Caller, customer: str) -> None:
    assert cards(caller, customer) == []


@pytest.mark.parametrize("query", ["", "?customer=", "?customer=%00", "?customer=" + "x" * 101])
def test_the_customer_is_asked_for(caller: Caller, query: str) -> None:
    assert set(problem(caller.call("GET", f"saved-cards{query}"), 422)) == {"customer"}


def test_a_card_is_removed_with_its_token(caller: Caller) -> None:
    card = make_card(make_account(caller.shop))
    removed = []
    for _again in range(2):
        answer = caller.call("DELETE", f"saved-cards/{card.pk}")
        assert (answer.status_code, answer.content) == (204, b"")
        row = SavedCard.objects.get()
        assert not row.token
        removed.append(row.removed_at)
    assert removed[0] is not None
    assert removed[0] == removed[1]
    assert cards(caller) == []


def test_another_shops_card_is_not_there(caller: Caller) -> None:
    card = make_card(make_account())
    for name in (str(card.pk), "0", "x", "007", "9" * 30):
        problem(caller.call("DELETE", f"saved-cards/{name}"), 404)
    card.refresh_from_db()
    assert card.removed_at is None


def test_without_a_key_nothing_is_said(caller: Caller) -> None:
    for verb, path in (("GET", "saved-cards?customer=c-1"), ("DELETE", "saved-cards/1")):
        problem(caller.call(verb, path, Authorization="Bearer gk_wrong"), 401)


def with_card(call: Call) -> Report:
    return replace(paid(call), saved_card=Token(token="canary-token", card=Card(brand="Visa", last4="1111")))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("agreed", "kept"), [(True, 1), (False, 0)])
def test_a_card_is_kept_when_the_customer_agreed_in_the_shop(script: Script, agreed: bool, kept: int) -> None:
    caller = caller_for(make_shop())
    account = make_account(caller.shop)
    caller.created(keep_card=agreed, customer={"reference": "c-1"})
    order = caller.shop.orders.get()
    payment = start(order, account)
    assert script.asked("start")[0].charge.save_card is agreed
    apply(payment.pk, with_card(script.asked("start")[0]))
    assert len(cards(caller)) == kept


@pytest.mark.django_db(transaction=True)
def test_a_guests_order_keeps_no_card_whatever_it_says(script: Script) -> None:
    account = make_account()
    order = make_order(account.shop, keep_card=True)
    start(order, account)
    assert script.asked("start")[0].charge.save_card is False
