"""What is refused before eComCharge is asked, and which of the shop's fields is named?"""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from providers.base import Customer, Kind, Occasion
from providers.errors import Invalid
from providers.money import Money
from tests.providers.begateway import (
    AIRLINE,
    HERE,
    BeGateway,
    charge,
    saving,
    scripted,
)

SHOP = "http://127.0.0.1:4567"


@pytest.fixture
def wire() -> Iterator[BeGateway]:
    with scripted() as script:
        yield script


def additional(**said: Any) -> dict[str, Any]:
    return {"options": {"order": {"additional_data": said}}}


@pytest.mark.parametrize(
    ("changes", "account", "path"),
    [
        ({"options": {"colour": 1}}, {}, f"{HERE}.colour"),
        ({"options": {"settings": {"notification_url": SHOP}}}, {}, f"{HERE}.settings.notification_url"),
        ({"options": {"settings": {"fail_url": "javascript:1"}}}, {}, f"{HERE}.settings.fail_url"),
        ({"options": {"settings": {"auto_return": True}}}, {}, f"{HERE}.settings.auto_return"),
        ({"options": {"settings": {"auto_return": "-3"}}}, {}, f"{HERE}.settings.auto_return"),
        ({"options": {"customer": {"birth_date": "31.12.1990"}}}, {}, f"{HERE}.customer.birth_date"),
        ({"options": {"customer": {"birth_date": "1990-02-31"}}}, {}, f"{HERE}.customer.birth_date"),
        ({"options": {"customer": {"state": "NY"}}}, {}, f"{HERE}.customer.state"),
        ({"options": {"customer": {"state": "New York", "country": "US"}}}, {}, f"{HERE}.customer.state"),
        ({"options": {"payment_method": {"erip": {}}}}, {}, f"{HERE}.payment_method.erip"),
        ({"options": {"payment_method": {"types": ["erip"], "erip": 1}}}, {}, f"{HERE}.payment_method.erip"),
        (
            {"options": {"settings": {"credit_card_fields": {"read_only": ["number"]}}}},
            {},
            f"{HERE}.settings.credit_card_fields.read_only.0",
        ),
        (
            {"options": {"settings": {"customer_fields": {"visible": ["shoe"]}}}},
            {},
            f"{HERE}.settings.customer_fields.visible.0",
        ),
        (
            {
                "options": {"settings": {"customer_fields": {"read_only": ["email"]}}},
                "customer": Customer(),
            },
            {},
            f"{HERE}.settings.customer_fields.read_only",
        ),
        ({"customer": Customer()}, {"read_only_fields": ["email"]}, "customer.email"),
        (
            additional(card_on_file={"initiator": "customer", "type": "no_show"}),
            {},
            f"{HERE}.order.additional_data.card_on_file.type",
        ),
        (additional(contract=["recurring"]), {}, f"{HERE}.order.additional_data.contract"),
        (additional(contract=["free_beer"]), {}, f"{HERE}.order.additional_data.contract.0"),
        ({"options": {"transaction_type": "authorization"}}, {}, f"{HERE}.transaction_type"),
        (
            {"options": {"transaction_type": "payment"}, "capture_later": True},
            {},
            f"{HERE}.transaction_type",
        ),
        ({"options": {"transaction_type": "tokenization"}}, {}, f"{HERE}.transaction_type"),
        ({"options": {"transaction_type": "charge"}}, {}, f"{HERE}.transaction_type"),
        ({"money": Money(4299, "UGX")}, {}, "currency"),
        ({"money": Money(4299, "MOP")}, {"disputed_currencies": "vendor"}, "amount"),
        ({"money": Money(0, "GBP")}, {}, "amount"),
        ({"description": "x" * 256}, {}, "description"),
        ({"occasion": Occasion.NO_SHOW}, {}, "saved_card"),
    ],
)
def test_what_it_would_refuse_is_refused_here(wire: BeGateway, changes: Any, account: Any, path: str) -> None:
    provider = wire.provider(**account)
    asked = charge(**changes)
    assert [field for field, _ in provider.complaints(asked)] == [path]
    assert path in provider.refuses(asked)
    with pytest.raises(Invalid) as problem:
        provider.start(asked)
    assert problem.value.field == path
    assert wire.called == []


def test_a_bank_code_is_for_tests(wire: BeGateway) -> None:
    asked = charge(**additional(expected_bank_code="F.0114"))
    assert wire.provider().complaints(asked) == ()
    live = wire.provider(live=True)
    assert live.complaints(asked) == (
        (f"{HERE}.order.additional_data.expected_bank_code", "is for test accounts only"),
    )


def test_an_order_may_still_get_a_saved_card(wire: BeGateway) -> None:
    prospective = charge(
        reference="", options={"transaction_type": "charge"}, customer=Customer(reference="c")
    )
    assert wire.provider().complaints(prospective) == ()
    assert wire.provider().complaints(replace(prospective, reference="G7-1")) != ()


def test_other_kinds_of_order_are_refused(wire: BeGateway) -> None:
    provider = wire.provider()
    assert provider.refuses(charge()) == ""
    assert provider.refuses(saving()) == ""
    assert provider.refuses(charge(kind=Kind.SUBSCRIPTION)) == "eComCharge does not do subscription orders."


TICKET = (
    "Ticket number should contain 3-digit ticketing code, 4-digit form number, 6-digit serial number,"
    " and check digit"
)


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        (
            ("ticket_number",),
            "390 5241",
            TICKET,
        ),
        (("restricted_ticked_indicator",), "2", "Restricted ticked indicator should be 0 or 1"),
        (("legs",), [], "Legs should be an array"),
        (("passengers",), {}, "Passengers should be an array"),
        (("legs", 0, "airline_code"), "B", "Airline code should be 2-letter IATA code"),
        (
            ("legs", 0, "originating_airport_code"),
            "D",
            "Originating airport code should be 3-letter IATA code",
        ),
        (
            ("legs", 0, "destination_airport_code"),
            "",
            "Destination airport code should be 3-letter IATA code",
        ),
        (("legs", 0, "departure_date_time"), "soon", "Departure date time should has valid format"),
        (("legs", 0, "arrival_date_time"), "", "Arrival date time should has valid format"),
        (("legs", 0, "class"), "", "Class should be 1-letter IATA code"),
        (("legs", 0, "stop_over_code"), " ", "Stop over code can't be blank"),
        (("legs", 0, "destination_city"), "", "Destination city can't be blank"),
        (("passengers", 1, "last_name"), "", "Last name can't be blank"),
    ],
)
def test_tickets_follow_the_vendors_rules(wire: BeGateway, path: Any, value: Any, sentence: str) -> None:
    airline = json.loads(json.dumps(AIRLINE))
    node = airline
    for part in path[:-1]:
        node = node[part]
    node[path[-1]] = value
    told = wire.provider().complaints(charge(options={"travel": {"airline": airline}}))
    assert told == ((".".join([f"{HERE}.travel.airline", *map(str, path)]), sentence),)


def test_a_ticket_says_what_is_missing(wire: BeGateway) -> None:
    told = wire.provider().complaints(charge(options={"travel": {"airline": {"legs": [{}]}}}))
    fields = {field.removeprefix(f"{HERE}.travel.airline."): why for field, why in told}
    assert fields["legs.0.flight_number"] == "Flight number can't be blank"
    assert fields["legs.0.class"] == "Class should be 1-letter IATA code"
    assert fields["passengers"] == "Passengers should be an array"
    assert "legs.0.coupon" not in fields
