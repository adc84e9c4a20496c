"""What is sent when a payment at eComCharge begins?"""

from collections.abc import Iterator
from typing import Any

import pytest

from providers.base import Customer, Redirect, Urls, Widget
from providers.money import Money
from tests.providers.begateway import (
    BACK,
    CARD_TOKEN,
    CUSTOMER,
    NOTIFY,
    OPENED,
    PAGE,
    REFERENCE,
    TOKEN,
    BeGateway,
    charge,
    saving,
    scripted,
)

OPEN = "POST checkout/ctp/api/checkouts"

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


# --- the request -----------------------------------------------------------------------------------------


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
        "ends": asked.expires_at.isoformat(timespec="seconds"),
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


# --- cards -----------------------------------------------------------------------------------------------


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
