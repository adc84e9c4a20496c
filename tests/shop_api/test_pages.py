"""Do lists go on where they stopped, whatever came in meanwhile, and for nobody else?"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from checkout.models import Invitation, Order, ShopEvent
from checkout.payments.cancel import give_up
from checkout.payments.timeline import Who
from tests.scripted import Script, make_account, make_order, make_shop
from tests.shop_api.conftest import Caller, caller_for, make_card, pages_of, problem
from tests.shop_api.linking import made

pytestmark = pytest.mark.django_db


def orders(caller: Caller, query: str = "") -> list[str]:
    answer = caller.call("GET", f"orders?{query}")
    assert answer.status_code == 200, answer.content
    return [order["reference"] for order in json.loads(answer.content)["orders"]]


def test_orders_page_by_page_while_others_come_in(caller: Caller) -> None:
    for number in range(5):
        make_order(caller.shop, reference=f"b-{number}")
    make_order(make_shop(), reference="theirs")
    first = json.loads(caller.call("GET", "orders?limit=2").content)
    assert [order["reference"] for order in first["orders"]] == ["b-4", "b-3"]
    make_order(caller.shop, reference="b-5")
    cursor = first["next_cursor"]
    second = json.loads(caller.call("GET", f"orders?limit=3&cursor={cursor}").content)
    assert [order["reference"] for order in second["orders"]] == ["b-2", "b-1", "b-0"]
    assert second["next_cursor"] is None

    # Whose cursor it is not: another list's, another shop's, half of one.
    for address in (f"agreements?cursor={cursor}", f"events?cursor={cursor}", f"orders?cursor={cursor[:-1]}"):
        assert set(problem(caller.call("GET", address), 422)) == {"cursor"}
    assert set(problem(caller_for(make_shop()).call("GET", f"orders?cursor={cursor}"), 422)) == {"cursor"}


def test_orders_by_state_and_time(caller: Caller) -> None:
    old, new = make_order(caller.shop, reference="old"), make_order(caller.shop, reference="new")
    moment = datetime(2026, 11, 20, 12, tzinfo=UTC)
    Order.objects.filter(pk=old.pk).update(created_at=moment)
    give_up(new, who=Who.SHOP)
    assert orders(caller, "state=open") == ["old"]
    assert orders(caller, "state=canceled&reference=new") == ["new"]
    assert orders(caller, "created_to=2026-11-20T12:00:01Z") == ["old"]
    assert orders(caller, "created_from=2026-11-20T13:00:00%2B01:00&created_to=2026-11-20T12:00:00Z") == []
    assert orders(caller, "created_from=2026-11-20T13:00:00%2B01:00&state=open&limit=1") == ["old"]


def test_links_and_cards_page_by_page(caller: Caller, script: Script) -> None:
    account = make_account(caller.shop)
    consent = timezone.now()
    cards = [make_card(account, consented_at=consent) for _number in range(3)]  # all in one moment
    told = pages_of(caller, "saved-cards?customer=c-1", limit=2)
    assert [len(page["saved_cards"]) for page in told] == [2, 1]
    listed = [int(card["id"]) for page in told for card in page["saved_cards"]]
    assert listed == sorted((card.pk for card in cards), reverse=True)

    number = make_order(caller.shop).number
    for name in "abc":
        made(caller, number, f"link-{name}", channel="copy")
    told = pages_of(caller, f"orders/{number}/links", limit=2)
    shown = [int(link["id"]) for page in told for link in page["links"]]
    assert shown == sorted(Invitation.objects.values_list("pk", flat=True), reverse=True)


def test_events_from_the_oldest_to_the_newest(caller: Caller, script: Script) -> None:
    made_here = [make_order(caller.shop) for _number in range(3)]
    for order in [*made_here, make_order(make_shop())]:
        give_up(order, who=Who.SHOP)
    ShopEvent.objects.update(created_at=timezone.now())  # all in one moment
    pages = pages_of(caller, "events", limit=2)
    told: list[dict[str, Any]] = [event for page in pages for event in page["events"]]
    assert [len(page["events"]) for page in pages] == [2, 1]
    assert sorted(event["order"] for event in told) == sorted(order.number for order in made_here)
    assert {(event["type"], event["sequence"], event["delivered"]) for event in told} == {
        ("order.canceled", 1, False)
    }

    ShopEvent.objects.filter(pk=told[0]["id"]).update(delivered_at=timezone.now(), attempts=1)
    waiting = json.loads(caller.call("GET", "events?delivered=false").content)["events"]
    assert [event["id"] for event in waiting] == [event["id"] for event in told[1:]]
    of_one = json.loads(caller.call("GET", f"events?order={told[0]['order']}&type=order.canceled").content)[
        "events"
    ]
    assert [(event["id"], event["delivered"], event["attempts"]) for event in of_one] == [
        (told[0]["id"], True, 1)
    ]
    later = (timezone.now() + timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert json.loads(caller.call("GET", f"events?created_from={later}").content)["events"] == []

    whole = json.loads(caller.call("GET", f"events/{told[0]['id']}").content)
    assert whole["body"] == ShopEvent.objects.get(pk=told[0]["id"]).payload
    theirs = ShopEvent.objects.exclude(shop=caller.shop).get()
    for name in (theirs.pk, "1", "%00"):
        problem(caller.call("GET", f"events/{name}"), 404)
