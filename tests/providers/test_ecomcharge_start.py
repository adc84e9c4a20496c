"""How does a payment at eComCharge begin? What is sent, what the shopper is shown, and whose a refused field is."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import requests

from providers.base import Customer, Kind, Occasion, Outcome, Redirect, Urls, Widget
from providers.errors import Declined, Invalid, Misconfigured, Uncertain, Unreachable
from providers.money import Money
from tests.providers.begateway import (
    BACK,
    CARD_TOKEN,
    NOTIFY,
    OPENED,
    PAGE,
    REFERENCE,
    TOKEN,
    UID,
    BeGateway,
    charge,
    saving,
    scripted,
    transaction,
)

OPEN = "POST checkout/ctp/api/checkouts"
PAY = "POST gateway/transactions/payments"
SHOP = "http://127.0.0.1:4567"


@pytest.fixture
def wire() -> Iterator[BeGateway]:
    with scripted() as script:
        yield script


def sent(wire: BeGateway, account: Any = None, live: bool = False, **changes: Any) -> Any:
    """What we ask of a new payment form."""
    wire.expect(OPEN, (201, OPENED))
    wire.provider(live=live, **(account or {})).start(charge(**changes))
    return wire.sent[-1]["checkout"]


# --- the manual's examples ----------------------------------------------------------

SETTINGS: dict[str, Any] = {
    **{f"{end}_url": f"{SHOP}/{end}" for end in ("return", "success", "decline", "fail", "cancel")},
    "button_next_text": "Back to the shop",
    "language": "en",
    "customer_fields": {"visible": ["first_name", "last_name"], "read_only": ["email"]},
}
CUSTOMER = {
    "address": "Baker street 221b",
    "country": "GB",
    "city": "London",
    "email": "jake@example.com",
}
EXAMPLE: dict[str, Any] = {
    "test": True,
    "transaction_type": "payment",
    "attempts": 3,
    "settings": {
        **SETTINGS,
        "notification_url": NOTIFY,
        "credit_card_fields": {"holder": "Rick Astley", "read_only": ["holder"]},
    },
    "payment_method": {
        "types": ["credit_card", "bank_transfer"],
        "bank_transfer": {"account": "DE89370400440532013000"},
        "excluded_brands": ["visa", "google_pay"],
    },
    "order": {"currency": "GBP", "amount": 4299, "description": "Order description"},
    "customer": CUSTOMER,
}
AIRLINE: dict[str, Any] = {
    "agency_code": "03",
    "agency_name": "Corel travel",
    "ticket_number": "390 5241 025377 1",
    "booking_number": "DKZVUA",
    "restricted_ticked_indicator": "0",
    "legs": [
        {
            "airline_code": "B2",
            "stop_over_code": "X",
            "flight_number": "A3 971",
            "departure_date_time": "2014-05-26T05:15:00",
            "arrival_date_time": "2014-05-26T07:30:00",
            "originating_country": "RU",
            "originating_city": "Moscow",
            "originating_airport_code": "DME",
            "destination_country": "Greece",
            "destination_city": "Athens",
            "destination_airport_code": "ATH",
            "coupon": "coupon code",
            "class": "C",
        }
    ],
    "passengers": [
        {"first_name": "KONSTANTIN", "last_name": "IVANOV"},
        {"first_name": "JULIA", "last_name": "IVANOVA"},
    ],
}
WITH_RECEIPT: dict[str, Any] = {
    **{name: EXAMPLE[name] for name in ("test", "transaction_type", "attempts", "customer")},
    "settings": {
        **{name: value for name, value in SETTINGS.items() if name != "button_next_text"},
        "notification_url": NOTIFY,
        "auto_return": 0,
    },
    "order": {**EXAMPLE["order"], "additional_data": {"receipt_text": ["First line", "Second line"]}},
}
WITH_TICKETS: dict[str, Any] = {
    **{name: EXAMPLE[name] for name in ("test", "transaction_type", "attempts", "customer", "order")},
    "settings": {**SETTINGS, "notification_url": NOTIFY, "auto_return": 3},
    "travel": {"airline": AIRLINE},
}


def brought(example: dict[str, Any]) -> dict[str, Any]:
    """The options of an order that becomes `example`."""
    names = ("attempts", "payment_method", "travel")
    options: dict[str, Any] = {name: example[name] for name in names if name in example}
    additional = example["order"].get("additional_data")
    options["settings"] = {n: v for n, v in example["settings"].items() if n != "notification_url"}
    return {**options, **({"order": {"additional_data": additional}} if additional else {})}


@pytest.mark.parametrize("example", [EXAMPLE, WITH_RECEIPT, WITH_TICKETS])
def test_the_manuals_examples_come_out_as_they_are(wire: BeGateway, example: dict[str, Any]) -> None:
    asked = charge(options=json.loads(json.dumps(brought(example))))
    wire.expect(OPEN, (201, OPENED))
    wire.provider().start(asked)
    body = wire.sent[0]["checkout"]
    assert body["order"].pop("tracking_id") == REFERENCE
    assert body["order"].pop("expired_at") == asked.expires_at.isoformat(timespec="seconds")
    assert body == example


def test_the_account_may_say_what_the_order_does_not(wire: BeGateway) -> None:
    account = {
        "attempts": 3,
        "button_next_text": "Back to the shop",
        "visible_fields": ["first_name", "last_name"],
        "read_only_fields": ["email"],
        "payment_types": ["credit_card", "bank_transfer"],
        "excluded_brands": ["visa", "google_pay"],
        "single_return": True,
    }
    options = {"payment_method": {"bank_transfer": {"account": "DE89370400440532013000"}}}
    body = sent(wire, account, options=options)
    assert body["payment_method"] == EXAMPLE["payment_method"]
    assert body["attempts"] == 3
    assert body["settings"] == {
        "return_url": f"{BACK}?end=return",
        "fail_url": f"{BACK}?end=fail",
        "cancel_url": f"{BACK}?end=cancel",
        "notification_url": NOTIFY,
        "language": "en",
        "button_next_text": "Back to the shop",
        "customer_fields": {"visible": ["first_name", "last_name"], "read_only": ["email"]},
    }


# --- the request ----------------------------------------------------------


def test_an_order_that_says_nothing_sends_only_what_is_ours(wire: BeGateway) -> None:
    asked = charge(customer=Customer(), description=" ", language="fr")
    wire.expect(
        OPEN,
        (201, OPENED),
        {
            "checkout": {
                "test": True,
                "transaction_type": "payment",
                "order": {
                    "currency": "GBP",
                    "amount": 4299,
                    "description": "Order G7",
                    "tracking_id": REFERENCE,
                    "expired_at": asked.expires_at.isoformat(timespec="seconds"),
                },
                "settings": {
                    "success_url": f"{BACK}?end=success",
                    "decline_url": f"{BACK}?end=decline",
                    "fail_url": f"{BACK}?end=fail",
                    "cancel_url": f"{BACK}?end=cancel",
                    "notification_url": NOTIFY,
                    "language": "fr",
                },
            }
        },
    )
    started = wire.provider().start(asked)
    assert wire.headers[0]["Content-Type"] == "application/json"
    assert (started.provider_id, started.provider_ids, started.report) == (TOKEN, (TOKEN,), None)
    assert started.memo == {
        "token": TOKEN,
        "type": "payment",
        "attempts": 1,
        "contracts": [],
        "agreed_there": False,
    }
    assert started.show == Widget(
        template="widgets/ecomcharge.html",
        data={
            "src": "http://127.0.0.1:9000/js/widget/be_gateway.js",
            "checkout_url": "http://127.0.0.1:9000/checkout",
            "token": TOKEN,
            "iframe": False,
            "test": True,
            "transaction_type": "payment",
            "back": BACK,
        },
        origins=("http://127.0.0.1:9000",),
        page=PAGE,
    )


def test_a_live_account_sends_no_test(wire: BeGateway) -> None:
    wire.expect(OPEN, (201, OPENED))
    started = wire.provider(live=True).start(charge())
    assert wire.sent[0]["checkout"]["test"] is False
    assert isinstance(started.show, Widget)
    assert started.show.origins == (
        "https://script.ecomcharge.example",
        "https://checkout.ecomcharge.example",
    )


def test_everything_the_account_can_say_is_sent(wire: BeGateway) -> None:
    body = sent(
        wire,
        {
            "iframe": True,
            "dynamic_billing_descriptor": "SHOP*1",
            "auto_return": 0,
            "button_text": "Pay",
            "style": {"widget": {"buttonsColor": "#123456"}},
            "save_card_toggle": "show",
            "save_card_consent": True,
            "save_card_text": "Keep it",
            "save_card_hint": "For next time",
            "another_card_toggle": "hide",
            "excluded_types": ["halva"],
        },
        customer=Customer(reference="customer-1"),
    )
    assert body["iframe"] is True
    assert body["dynamic_billing_descriptor"] == "SHOP*1"
    assert body["payment_method"] == {"excluded_types": ["halva"]}
    ours = {"success_url", "decline_url", "fail_url", "cancel_url", "notification_url", "language"}
    assert {name: value for name, value in body["settings"].items() if name not in ours} == {
        "auto_return": 0,
        "button_text": "Pay",
        "style": {"widget": {"buttonsColor": "#123456"}},
        "save_card_toggle": {
            "display": True,
            "customer_contract": True,
            "text": "Keep it",
            "hint": "For next time",
        },
        "another_card_toggle": {"display": False},
    }


def test_the_order_goes_before_the_account_field_by_field(wire: BeGateway) -> None:
    account = {
        "attempts": 5,
        "iframe": True,
        "button_text": "Pay",
        "auto_return": 9,
        "save_card_toggle": "show",
        "save_card_text": "Keep",
        "visible_fields": ["phone"],
        "read_only_fields": ["email"],
        "payment_types": ["credit_card", "erip"],
        "dynamic_billing_descriptor": "SHOP*1",
    }
    options = {
        "attempts": "2",
        "iframe": False,
        "dynamic_billing_descriptor": "SHOP*2",
        "settings": {
            "auto_return": "3",
            "save_card_toggle": {"display": False},
            "customer_fields": {"visible": []},
            "language": "de",
            "cancel_url": f"{SHOP}/cancel",
        },
        "customer": {"city": "Paris", "zip": "75001", "birth_date": "1990-12-31", "taxpayer_id": "7"},
        "payment_method": {"types": ["erip"], "erip": {"account_number": "123"}},
    }
    body = sent(wire, account, options=options)
    assert (body["attempts"], body["iframe"], body["dynamic_billing_descriptor"]) == (2, False, "SHOP*2")
    settings = body["settings"]
    assert (settings["auto_return"], settings["button_text"], settings["language"]) == (3, "Pay", "de")
    assert settings["save_card_toggle"] == {"display": False, "text": "Keep"}
    assert settings["customer_fields"] == {"visible": [], "read_only": ["email"]}
    assert (settings["cancel_url"], settings["fail_url"]) == (f"{SHOP}/cancel", f"{BACK}?end=fail")
    assert body["customer"] == {
        **CUSTOMER,
        "city": "Paris",
        "zip": "75001",
        "birth_date": "1990-12-31",
        "taxpayer_id": "7",
    }
    assert body["payment_method"] == {"types": ["erip"], "erip": {"account_number": "123"}}


def test_a_shops_own_success_address_goes_before_one_return_address(wire: BeGateway) -> None:
    own = {"settings": {"success_url": f"{SHOP}/success"}}
    settings = sent(wire, {"single_return": True}, options=own)["settings"]
    assert settings["success_url"] == f"{SHOP}/success"
    assert settings["decline_url"] == f"{BACK}?end=decline"
    assert "return_url" not in settings


def test_a_back_address_keeps_its_own_query(wire: BeGateway) -> None:
    urls = Urls(back=f"{BACK}?a=1", cancelled=BACK, notify=NOTIFY)
    assert sent(wire, urls=urls)["settings"]["fail_url"] == f"{BACK}?a=1&end=fail"


@pytest.mark.parametrize(("verify", "asked"), [(True, True), (False, False)])
def test_it_asks_us_before_it_charges(wire: BeGateway, verify: bool, asked: bool) -> None:
    urls = Urls(back=BACK, cancelled=BACK, notify=NOTIFY, approve="https://pay.shop.example/approve/1/")
    settings = sent(wire, {"verify": verify}, urls=urls)["settings"]
    assert settings.get("verification_url") == ("https://pay.shop.example/approve/1/" if asked else None)


@pytest.mark.parametrize(
    ("country", "state", "expected"),
    [("US", "NY", "NY"), ("CA", "on", "ON"), ("GB", "LN", None), ("US", "New York", None), ("", "NY", None)],
)
def test_a_state_is_told_of_three_countries(
    wire: BeGateway, country: str, state: str, expected: str | None
) -> None:
    person = Customer(
        email="a@b.example", country=country, state=state, postal_code="1", phone="+331", first_name="A"
    )
    body = sent(wire, customer=person)
    assert body["customer"].get("state") == expected
    assert (body["customer"]["zip"], body["customer"]["phone"]) == ("1", "+331")


def test_a_language_it_does_not_speak_is_english(wire: BeGateway) -> None:
    assert sent(wire, language="eo")["settings"]["language"] == "en"


@pytest.mark.parametrize(
    ("money", "account", "units"),
    [
        (Money(4299, "EUR"), {}, 4299),
        (Money(4299, "JPY"), {}, 4299),
        (Money(4299, "KWD"), {}, 4299),
        (Money(4200, "MOP"), {"disputed_currencies": "vendor"}, 420),
        (Money(42, "UGX"), {"disputed_currencies": "vendor"}, 4200),
        (Money(42000, "IQD"), {"disputed_currencies": "vendor"}, 42),
    ],
)
def test_amounts_are_told_in_the_vendors_units(
    wire: BeGateway, money: Money, account: Any, units: int
) -> None:
    assert sent(wire, account, money=money)["order"]["amount"] == units


# --- cards ----------------------------------------------------------


def test_a_card_is_kept_only_when_the_customer_agreed(wire: BeGateway) -> None:
    known = Customer(reference="customer-1")
    options = {"order": {"additional_data": {"contract": ["recurring"], "meta": {"a": [1]}}}}
    assert sent(wire, customer=known, options=options)["order"]["additional_data"] == {"meta": {"a": [1]}}
    body = sent(wire, customer=known, options=options, save_card=True)
    assert body["order"]["additional_data"] == {"meta": {"a": [1]}, "contract": ["recurring"]}
    body = sent(wire, {"contracts": ["oneclick", "card_on_file"]}, customer=known, save_card=True)
    assert body["order"]["additional_data"] == {"contract": ["oneclick", "card_on_file"]}


def test_what_was_asked_of_the_shopper_is_remembered(wire: BeGateway) -> None:
    provider = wire.provider(save_card_consent=True)
    assert provider.asks_consent()
    assert not wire.provider().asks_consent()
    assert not wire.provider(save_card_consent=True, save_card_toggle="hide").asks_consent()
    known = Customer(reference="customer-1")
    asked_here, guest = charge(customer=known, save_card=True), charge()
    for what, toggle, kept_and_agreed in (
        (charge(customer=known), {"customer_contract": True}, ([], True)),
        (asked_here, {"display": False}, (["card_on_file"], False)),
        (guest, {"display": False}, ([], False)),
    ):
        wire.expect(OPEN, (201, OPENED))
        memo = provider.start(what).memo
        assert wire.sent[-1]["checkout"]["settings"]["save_card_toggle"] == toggle
        assert (memo["contracts"], memo["agreed_there"]) == kept_and_agreed


def test_a_saved_card_is_shown_and_charged_for_the_customer(wire: BeGateway) -> None:
    body = sent(wire, {"payment_types": ["credit_card"]}, saved_card=CARD_TOKEN)
    assert body["payment_method"] == {"types": ["credit_card"], "credit_card": {"token": CARD_TOKEN}}
    assert body["order"]["additional_data"] == {"card_on_file": {"initiator": "customer"}}
    assert "auto_pay" not in body["settings"]


def test_a_saved_card_may_be_charged_by_opening_the_page(wire: BeGateway) -> None:
    wire.expect(OPEN, (201, OPENED)).expect(OPEN, (201, OPENED))
    started = wire.provider(auto_pay=True).start(charge(saved_card=CARD_TOKEN))
    assert wire.sent[0]["checkout"]["settings"]["auto_pay"] is True
    assert started.show == Redirect(url=PAGE)
    assert isinstance(wire.provider(auto_pay=True).start(charge()).show, Widget)
    assert "auto_pay" not in wire.sent[1]["checkout"]["settings"]


def test_a_merchant_may_prefer_the_page(wire: BeGateway) -> None:
    wire.expect(OPEN, OPENED)
    assert wire.provider(show="page").start(charge()).show == Redirect(url=PAGE)


def test_keeping_a_card_without_a_payment(wire: BeGateway) -> None:
    wire.expect(OPEN, (201, OPENED))
    wire.provider(tokenization_amount=1).start(saving())
    body = wire.sent[0]["checkout"]
    assert body["transaction_type"] == "tokenization"
    assert body["order"]["amount"] == 1
    assert body["order"]["additional_data"] == {"contract": ["card_on_file"]}


def test_capturing_later_is_an_authorization(wire: BeGateway) -> None:
    assert sent(wire, capture_later=True)["transaction_type"] == "authorization"
    options = {"transaction_type": "charge", "payment_method": {"credit_card": {"token": CARD_TOKEN}}}
    assert sent(wire, options=options)["transaction_type"] == "charge"


# --- what is refused before anybody is asked ----------------------------------------------------------

HERE = "options.ecomcharge"


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


# --- what it refuses itself ----------------------------------------------------------

SEED_ERROR = {
    "errors": {
        "checkout": {
            "settings": {"fail_url": ["is in invalid format"]},
            "payment_method": {"types": ["must be an array"]},
        }
    },
    "message": "fail_url is in invalid format, types must be an array",
}


def refused(wire: BeGateway, answer: Any, account: Any = None, **changes: Any) -> Exception:
    wire.expect(OPEN, answer)
    with pytest.raises((Invalid, Misconfigured, Uncertain)) as problem:
        wire.provider(**(account or {})).start(charge(**changes))
    return problem.value


def test_the_manuals_error_names_the_shops_fields(wire: BeGateway) -> None:
    options = {"settings": {"fail_url": "http://shop"}, "payment_method": {"types": ["erip"]}}
    problem = refused(wire, (422, SEED_ERROR), options=options)
    assert isinstance(problem, Invalid)
    assert problem.errors == (
        (f"{HERE}.settings.fail_url", "is in invalid format"),
        (f"{HERE}.payment_method.types", "must be an array"),
    )


def test_the_older_envelope_says_the_same(wire: BeGateway) -> None:
    told = {"settings.fail_url": ["does not appear to be valid"], "order.currency": ["is invalid"]}
    problem = refused(
        wire,
        (422, {"response": {"errors": told, "message": "…"}}),
        options={"settings": {"fail_url": SHOP}},
    )
    assert isinstance(problem, Invalid)
    assert problem.errors == (
        (f"{HERE}.settings.fail_url", "does not appear to be valid"),
        ("currency", "is invalid"),
    )


def test_what_the_shop_did_not_send_is_the_merchants_to_mend(wire: BeGateway) -> None:
    problem = refused(wire, (422, SEED_ERROR), {"payment_types": ["erip"]})
    assert isinstance(problem, Misconfigured)
    assert str(problem) == (
        "eComCharge refuses what the account says. this site's own address (settings.fail_url): is in invalid format; "
        "Payment methods: must be an array."
    )


def test_of_both_the_shop_is_told_its_own_first(wire: BeGateway) -> None:
    problem = refused(wire, (422, SEED_ERROR), options={"payment_method": {"types": ["erip"]}})
    assert isinstance(problem, Invalid)
    assert problem.errors == (
        (f"{HERE}.payment_method.types", "must be an array"),
        ("this site's own address (settings.fail_url)", "is in invalid format"),
    )


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("order.amount", "amount"),
        ("order.currency", "currency"),
        ("order.description", "description"),
        ("order.expired_at", "hold_minutes"),
        ("customer.email", "customer.email"),
        ("customer.zip", "customer.postal_code"),
        ("customer.birth_date", f"{HERE}.customer.birth_date"),
        ("customer.phone", f"{HERE}.customer.phone"),
        ("travel.airline.legs.0.airline_code", f"{HERE}.travel.airline.legs.0.airline_code"),
        ("payment_method.credit_card.token", "saved_card"),
        ("settings.language", f"{HERE}.settings.language"),
    ],
)
def test_a_refused_field_is_named_as_the_shop_sent_it(wire: BeGateway, path: str, field: str) -> None:
    options = {"customer": {"phone": "1"}, "travel": {"airline": AIRLINE}}
    answer = (422, {"errors": {"checkout": {path: ["is invalid"]}}})
    problem = refused(wire, answer, options=options, saved_card=CARD_TOKEN)
    assert isinstance(problem, Invalid)
    assert problem.errors == ((field, "is invalid"),)


@pytest.mark.parametrize(
    ("path", "account", "title"),
    [
        ("settings.notification_url", {}, "this site's own address (settings.notification_url)"),
        ("settings.verification_url", {}, "this site's own address (settings.verification_url)"),
        ("attempts", {"attempts": 99}, "Attempts"),
        ("settings.style.widget", {"style": {"widget": 1}}, "Style of the form"),
        ("settings.customer_fields.visible", {"visible_fields": ["zip"]}, "Customer fields to show"),
        ("order.tracking_id", {}, "order.tracking_id"),
    ],
)
def test_a_refused_setting_is_named_as_the_merchant_reads_it(
    wire: BeGateway, path: str, account: Any, title: str
) -> None:
    problem = refused(wire, (422, {"errors": {"checkout": {path: ["is invalid"]}}}), account)
    assert isinstance(problem, Misconfigured)
    assert str(problem) == f"eComCharge refuses what the account says. {title}: is invalid."


@pytest.mark.parametrize(
    ("answer", "kind", "sentence"),
    [
        ((401, {"message": "Unauthorized"}), Misconfigured, "Shop ID and the Secret key"),
        ((401, "<html>"), Misconfigured, "Shop ID and the Secret key"),
        ((403, ""), Misconfigured, "Shop ID and the Secret key"),
        ((302, ""), Misconfigured, "leads elsewhere"),
        ((404, "<html>nothing</html>"), Misconfigured, "no eComCharge at this address"),
        ((404, {"message": "Not found"}), Misconfigured, "checkout address"),
        ((422, {"message": "Nothing is right"}), Invalid, "order: Nothing is right"),
        ((422, {}), Invalid, "order: eComCharge refuses it (HTTP 422)"),
        ((400, "half an ans"), Uncertain, "could not be read"),
        ((500, "boom"), Uncertain, "HTTP 500"),
        ((201, "[]"), Uncertain, "could not be read"),
        ((201, {"checkout": {"token": TOKEN}}), Uncertain, "redirect_url"),
        ((201, {"checkout": {"token": TOKEN, "redirect_url": "javascript:1"}}), Uncertain, "redirect_url"),
        ((201, {"checkout": []}), Uncertain, "the payment form"),
        (requests.exceptions.ReadTimeout(), Uncertain, "in time"),
        (requests.exceptions.ConnectTimeout(), Unreachable, "could not be reached"),
    ],
)
def test_every_kind_of_no(wire: BeGateway, answer: Any, kind: type[Exception], sentence: str) -> None:
    problem = refused(wire, answer)
    assert type(problem) is kind
    assert sentence in str(problem)


def test_a_bottomless_error_ends(wire: BeGateway) -> None:
    tree: Any = ["is deep"]
    for _ in range(200):
        tree = {"a": tree}
    assert "HTTP 422" in str(refused(wire, (422, {"errors": tree})))


# --- the merchant charges a saved card ----------------------------------------------------------


def later(occasion: Occasion = Occasion.DELAYED_CHARGE, **changes: Any) -> Any:
    return charge(occasion=occasion, saved_card=CARD_TOKEN, **changes)


def test_a_charge_without_the_customer(wire: BeGateway) -> None:
    request = {
        "amount": 4299,
        "currency": "GBP",
        "description": "Order description",
        "tracking_id": REFERENCE,
        "language": "en",
        "test": True,
        "notification_url": NOTIFY,
        "return_url": f"{BACK}?end=return",
        "duplicate_check": True,
        "customer": {"email": "jake@example.com", "ip": "192.0.2.1"},
        "billing_address": {"address": "Baker street 221b", "country": "GB", "city": "London"},
        "additional_data": {
            "contract": ["card_on_file"],
            "card_on_file": {"initiator": "merchant", "type": "delayed_charge"},
        },
        "credit_card": {"token": CARD_TOKEN, "skip_three_d_secure_verification": True},
    }
    wire.expect(PAY, transaction(additional_data={}), {"request": request})
    started = wire.provider().start(later(options={"customer": {"ip": "192.0.2.1", "taxpayer_id": "7"}}))
    assert (started.show, started.provider_id) == (None, UID)
    assert started.report is not None
    assert (started.report.outcome, started.report.captured) == (Outcome.PAID, Money(4299, "GBP"))
    assert started.report.reference == REFERENCE
    assert started.report.live is False


@pytest.mark.parametrize("occasion", Occasion)
def test_every_occasion_has_its_words(wire: BeGateway, occasion: Occasion) -> None:
    wire.expect(PAY, transaction())
    wire.provider(duplicate_check=False).start(later(occasion))
    expected = (
        {"contract": ["recurring"]}
        if occasion is Occasion.RECURRING
        else {
            "contract": ["card_on_file"],
            "card_on_file": {"initiator": "merchant", "type": occasion.value},
        }
    )
    assert wire.sent[0]["request"]["additional_data"] == expected
    assert wire.sent[0]["request"]["duplicate_check"] is False


def test_the_same_charge_has_the_same_request_id(wire: BeGateway) -> None:
    for _ in range(2):
        wire.expect(PAY, transaction())
        wire.provider().start(later())
    wire.expect(PAY, transaction(tracking_id="G7-2"))
    wire.provider().start(later(reference="G7-2"))
    ids = [headers["RequestID"] for headers in wire.headers]
    assert ids[0] == ids[1] != ids[2]


def test_a_charge_may_be_an_authorization(wire: BeGateway) -> None:
    wire.expect("POST gateway/transactions/authorizations", transaction(kind="authorization"))
    report = wire.provider().start(later(capture_later=True)).report
    assert report is not None
    assert (report.outcome, report.authorized, report.captured) == (
        Outcome.AUTHORIZED,
        Money(4299, "GBP"),
        Money(0, "GBP"),
    )


def test_a_declined_charge_says_why(wire: BeGateway) -> None:
    wire.expect(PAY, transaction("failed", message="Payment was declined", payment={"bank_code": "F.0114"}))
    report = wire.provider().start(later()).report
    assert report is not None
    assert report.outcome is Outcome.FAILED
    assert report.decline is not None
    assert (report.decline.code, report.decline.message, report.decline.reason) == (
        "F.0114",
        "Payment was declined",
        "insufficient_funds",
    )


def test_a_bank_may_want_the_customer_after_all(wire: BeGateway) -> None:
    page = "https://gateway.bepaid.by/process/38697024-5dec707304"
    wire.expect(PAY, transaction("incomplete", message=None, redirect_url=page))
    started = wire.provider().start(later())
    assert started.show == Redirect(url=page)
    assert started.report is None


@pytest.mark.parametrize(("status", "outcome"), [("pending", Outcome.PENDING), ("odd", Outcome.PENDING)])
def test_a_charge_may_take_its_time(wire: BeGateway, status: str, outcome: Outcome) -> None:
    wire.expect(PAY, transaction(status))
    report = wire.provider().start(later()).report
    assert report is not None
    assert report.outcome is outcome
    assert bool(report.warning) is (status == "odd")


@pytest.mark.parametrize(
    ("answer", "kind", "sentence"),
    [
        (
            (
                400,
                {
                    "response": {
                        "message": "Token does not exist.",
                        "errors": {"credit_card": {"token": ["does not exist"]}},
                    }
                },
            ),
            Declined,
            "Token does not exist.",
        ),
        ((422, {"errors": {"amount": ["is too much"]}}), Invalid, "amount: is too much"),
        (
            (422, {"errors": {"billing_address": {"zip": ["is odd"]}}}),
            Invalid,
            "customer.postal_code: is odd",
        ),
        ((422, {"errors": {"notification_url": ["is odd"]}}), Misconfigured, "settings.notification_url"),
        (
            (400, {"response": {"message": "Duplicate transaction.", "errors": {"base": ["Duplicate"]}}}),
            Declined,
            "Wait 30 seconds",
        ),
        ((401, {"message": "Unauthorized"}), Misconfigured, "Secret key"),
        ((502, ""), Uncertain, "HTTP 502"),
        ({"transaction": {"status": "successful"}}, Uncertain, "could not be read"),
    ],
)
def test_every_kind_of_no_to_a_charge(
    wire: BeGateway, answer: Any, kind: type[Exception], sentence: str
) -> None:
    wire.expect(PAY, answer)
    with pytest.raises(kind, match=r".") as problem:
        wire.provider().start(later())
    assert type(problem.value) is kind
    assert sentence in str(problem.value)
