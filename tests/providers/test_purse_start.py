"""How does a payment begin at Purse? What is sent for each order, what is shown, and each no."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from pydantic import ValidationError

from providers.base import Customer, Kind, Redirect, Widget
from providers.errors import Invalid, Misconfigured, ProviderError, Uncertain, Unreachable
from providers.money import Money
from providers.purse.order import PurseOrder
from providers.purse.session import bearer_of, passport
from tests.providers.purse_wire import MAKE, REFERENCE, SESSION, SETTINGS, TOKEN, Wire, charge, made, scripted


@pytest.fixture
def wire() -> Iterator[Wire]:
    with scripted() as script:
        yield script


def body(**changes: Any) -> dict[str, Any]:
    """What is sent for the usual charge, to the letter."""
    sent = {
        "entity_id": "5e3a0862-7cc3-4427-92ba-9e1e9595f571",
        "amount": 12000,
        "currency": "EUR",
        "capture_mode": "AUTOMATIC",
        "integration_mode": "EMBEDDED",
        "allow_future_usage": False,
        "shopper_redirection_url": "https://pay.shop.example/back",
        "customer": {
            "type": "PERSON",
            "reference": "customer-1",
            "email": "ada@shop.example",
            "first_name": "Ada",
            "last_name": "Lovelace",
            "locale": "fr-FR",
        },
        "order": {
            "reference": REFERENCE,
            "net_amount": 12000,
            "billing_address": {
                "first_name": "Ada",
                "last_name": "Lovelace",
                "address_lines": ["1 rue de la Paix"],
                "city": "Paris",
                "postal_code": "75002",
                "country_code": "FR",
                "phone_number": "+33123456789",
            },
            "shipments": [
                {
                    "net_amount": 12000,
                    "item_lines": [
                        {
                            "sku_reference": "SKU_01",
                            "name": "Spoon",
                            "unit_gross_price": 5000,
                            "net_amount": 10000,
                            "quantity": 2,
                            "type": "PHYSICAL",
                        },
                        {
                            "name": "Fork",
                            "unit_gross_price": 2000,
                            "net_amount": 2000,
                            "quantity": 1,
                            "type": "PHYSICAL",
                        },
                    ],
                }
            ],
        },
        "webhook": {
            "url": "https://pay.shop.example/notify/1/",
            "headers": [
                {
                    "name": "x-webhook-secret",
                    "values": [
                        # HMAC-SHA256 of "purse webhook G-GSUJHWUHC-1" under "canary-webhook-secret"
                        f"{REFERENCE}.{MAC}"
                    ],
                }
            ],
        },
    }
    return {**sent, **changes}


MAC = "b8d190ab2aac38944aeb71f9a0f396f3f352f0d00c87ec8328d729b37db0c1fb"


def sent_for(wire: Wire, settings: Any = None, **changes: Any) -> dict[str, Any]:
    wire.expect(MAKE, made())
    wire.purse(**(settings or {})).start(charge(**changes))
    sent: dict[str, Any] = wire.bodies[-1]
    return sent


# --- what is sent -----------------------------------------------------------------------------------------


def test_the_session_is_asked_for_to_the_letter(wire: Wire) -> None:
    wire.expect(MAKE, (201, made()), body())
    started = wire.purse().start(charge())
    assert (started.provider_id, started.provider_ids) == (SESSION, (SESSION,))
    assert started.memo == {"session_id": SESSION}
    assert started.report is None
    assert started.show == Widget(
        template="widgets/purse.html",
        data={
            "src": "http://127.0.0.1:9000/purse/cdn/purse.js",
            "session": "eyJzZXNzaW9uIjoiYWJjIn0",
            "locale": "fr-FR",
            "ownButton": True,
        },
        origins=("http://127.0.0.1:9000",),
        page="",
    )
    assert wire.headers[0]["Authorization"] == f"Bearer {TOKEN}"


def test_what_is_not_known_is_not_sent(wire: Wire) -> None:
    sent = sent_for(wire, customer=Customer(), items=(), language="en")
    assert sent["customer"] == {"type": "PERSON", "locale": "en"}
    assert sent["order"] == {"reference": REFERENCE, "net_amount": 12000}


def test_a_name_alone_is_no_address(wire: Wire) -> None:
    sent = sent_for(wire, customer=Customer(first_name="Ada", last_name="Lovelace"))
    assert "billing_address" not in sent["order"]


@pytest.mark.parametrize(
    ("money", "minor"), [(Money(500, "JPY"), 500), (Money(4299, "CHF"), 4299), (Money(1, "USD"), 1)]
)
def test_amounts_are_minor_units(wire: Wire, money: Money, minor: int) -> None:
    sent = sent_for(wire, money=money, items=())
    assert (sent["amount"], sent["currency"]) == (minor, money.currency)
    assert sent["order"]["net_amount"] == minor


def test_the_capture_mode_follows_the_order(wire: Wire) -> None:
    assert sent_for(wire, capture_later=True)["capture_mode"] == "MANUAL"


@pytest.mark.parametrize(
    ("settings", "channel", "mode", "shown"),
    [
        ({}, "", "EMBEDDED", Widget),
        ({}, "widget", "EMBEDDED", Widget),
        ({}, "page", "HOSTED_PAGE", Redirect),
        ({"show": "page"}, "", "HOSTED_PAGE", Redirect),
        ({"show": "page"}, "page", "HOSTED_PAGE", Redirect),
        ({"show": "page"}, "widget", "EMBEDDED", Widget),
        ({"page_beside_widget": True}, "", "HOSTED_PAGE", Widget),
        ({"page_beside_widget": True}, "widget", "HOSTED_PAGE", Widget),
        ({"page_beside_widget": True}, "page", "HOSTED_PAGE", Redirect),
    ],
)
def test_the_page_is_asked_for_where_it_is_wanted(
    wire: Wire, settings: Any, channel: str, mode: str, shown: type[Widget | Redirect]
) -> None:
    page = {"hosted_page": {"href": "https://pay.purse-sandbox.com/entities/e/sessions/s", "method": "GET"}}
    wire.expect(MAKE, made(links=page))
    started = wire.purse(**settings).start(charge(channel=channel))
    assert wire.bodies[0]["integration_mode"] == mode
    assert type(started.show) is shown


def test_by_the_page_nothing_else_of_the_session_changes(wire: Wire) -> None:
    wire.expect(MAKE, made(links={"hosted_page": {"href": PAGE}}), body(integration_mode="HOSTED_PAGE"))
    started = wire.purse().start(charge(channel="page"))
    assert started.show == Redirect(url=PAGE)
    assert started.memo == {"session_id": SESSION}


@pytest.mark.parametrize(
    ("setting", "brought", "again", "sent"),
    [
        ("", {}, False, None),
        ("NO_CHALLENGE_REQUESTED", {}, False, "NO_CHALLENGE_REQUESTED"),
        ("NO_CHALLENGE_REQUESTED", {"challenge_indicator": "X"}, False, "X"),
        ("", {"challenge_indicator": "X"}, False, "X"),
        ("NO_CHALLENGE_REQUESTED", {}, True, "CHALLENGE_REQUESTED_BY_MERCHANT"),
    ],
)
def test_the_challenge(wire: Wire, setting: str, brought: Any, again: bool, sent: str | None) -> None:
    options = {"three_ds_authentication_options": brought} if brought else {}
    told = sent_for(wire, {"challenge": setting}, options={**options, "allow_future_usage": again})
    assert told.get("three_ds_authentication_options", {}).get("challenge_indicator") == sent
    assert told["allow_future_usage"] is again


def test_a_card_that_the_shop_keeps_is_challenged(wire: Wire) -> None:
    told = sent_for(wire, save_card=True)
    assert told["allow_future_usage"] is True
    assert told["three_ds_authentication_options"] == {
        "challenge_indicator": "CHALLENGE_REQUESTED_BY_MERCHANT"
    }


def test_every_documented_field_may_be_brought_along(wire: Wire) -> None:
    line = {
        "type": "DIGITAL", "sku_reference": "S", "name": "Fork", "brand": "B", "unit_gross_price": 1099,
        "net_amount": 4299, "discount_amount": 0, "quantity": 4, "tax_amount": 399, "tax_rate": 20.0,
        "seller_reference": "SELLER_01", "seller_name": "Mine", "is_marketplace_seller": True,
    }  # fmt: skip
    address = {
        "gender": "FEMALE", "first_name": "Emily", "middle_name": "J", "last_name": "PARKER",
        "address_lines": ["1", "2"], "city": "Lille",
        "postal_code": "59000", "country_code": "FR", "phone_number": "1", "mobile_phone_number": "2",
        "delivery_point_name": "Station",
    }  # fmt: skip
    when = "2025-03-19T15:27:06.759000Z"
    account = {
        "creation_date_time": when, "update_date_time": when, "password_update_date_time": when,
        "purchase_count_last_day": 0, "purchase_count_last_six_months": 1, "purchase_count_last_year": 2,
        "authentication_method": "MERCHANT_CREDENTIALS", "authentication_date_time": when,
        "age_indicator": "MORE_60_DAYS", "change_indicator": "MORE_60_DAYS",
        "password_change_indicator": "MORE_60_DAYS",
    }  # fmt: skip
    brought: dict[str, Any] = {
        "order": {
            "net_amount": 15000, "discount_amount": 500, "tax_amount": 2000, "billing_address": address,
            "shipments": [
                {"net_amount": 15000, "estimated_delivery_date_time": when, "shipping_address": address,
                 "item_lines": [line, {"name": "Plain", "net_amount": 1, "quantity": 1}]}
            ],
        },
        "customer": {
            "type": "COMPANY", "gender": "FEMALE", "middle_name": "J", "national_identifier": "N",
            "birth_date": "1990-01-31", "ip_address": "203.0.113.195", "account": account,
        },
    }  # fmt: skip
    sent = sent_for(wire, options=brought)
    plain = {"name": "Plain", "net_amount": 1, "quantity": 1, "type": "PHYSICAL"}
    shipment = {**brought["order"]["shipments"][0], "item_lines": [line, plain]}
    assert sent["order"] == {"reference": REFERENCE, **brought["order"], "shipments": [shipment]}
    ours = {
        "reference": "customer-1",
        "email": "ada@shop.example",
        "first_name": "Ada",
        "last_name": "Lovelace",
    }
    assert sent["customer"] == {**ours, **brought["customer"], "locale": "fr-FR"}


# --- what is shown ----------------------------------------------------------------------------------------

PAGE = "https://pay.purse-sandbox.com/entities/e/sessions/s?lang=fr"


@pytest.mark.parametrize("told", [{"href": PAGE, "method": "GET"}, PAGE])
def test_the_page_beside_the_widget_is_the_way_out_of_it(wire: Wire, told: Any) -> None:
    wire.expect(MAKE, made(links={"hosted_page": told}))
    show = wire.purse(page_beside_widget=True).start(charge()).show
    assert isinstance(show, Widget)
    assert show.page == PAGE


def test_the_page_alone(wire: Wire) -> None:
    wire.expect(MAKE, made(links={"hosted_page": {"href": PAGE}}))
    assert wire.purse(show="page").start(charge()).show == Redirect(url=PAGE)


def test_the_page_stands_in_for_a_widget_that_is_not_there(wire: Wire) -> None:
    wire.expect(MAKE, made(widget=None, links={"hosted_page": {"href": PAGE}}))
    assert wire.purse(page_beside_widget=True).start(charge()).show == Redirect(url=PAGE)


@pytest.mark.parametrize("asked", [{"settings": {"show": "page"}}, {"channel": "page"}])
@pytest.mark.parametrize("links", [None, {"hosted_page": {"href": "javascript:alert(1)"}}])
def test_a_page_that_is_not_there_is_not_replaced_by_a_form(wire: Wire, asked: Any, links: Any) -> None:
    """Whoever asked for the page may not be able to use the form."""
    wire.expect(MAKE, made(links=links))
    with pytest.raises(Misconfigured, match="named no page of its own"):
        wire.purse(**asked.get("settings", {})).start(charge(channel=asked.get("channel", "")))


@pytest.mark.parametrize(
    "changes",
    [
        {"widget": None},
        {"widget": {"js_url": "javascript:alert(1)", "data": "x"}},
        {"widget": {"js_url": "https://cdn.example/p.js", "data": ""}},
        {"widget": {"js_url": "", "data": "x"}, "links": {"hosted_page": {"href": "javascript:alert(1)"}}},
        {"widget": 7, "links": 7},
    ],
)
def test_a_session_that_cannot_be_shown_is_the_merchants_to_ask_about(wire: Wire, changes: Any) -> None:
    wire.expect(MAKE, made(**changes))
    with pytest.raises(Misconfigured, match="neither a form to show nor a page"):
        wire.purse().start(charge())


def test_the_page_lets_through_what_the_widget_needs(wire: Wire) -> None:
    widget = {"js_url": "https://cdn.purse-secure.com/dropin-checkout/stable/purse.js", "data": "x"}
    wire.expect(MAKE, made(widget=widget))
    show = wire.purse(widget_origins=["https://more.example"]).start(charge()).show
    assert isinstance(show, Widget)
    assert show.origins == (
        "https://cdn.purse-secure.com",
        "https://api.vault.purse-secure.com",
        "http://127.0.0.1:9000",
        "https://more.example",
    )


# --- each no ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "kind", "fields"),
    [
        ((400, {"detail": "Amount must be less or equal to order net amount minus already paid net amount."}),
         Invalid, ("amount",)),
        ((400, {"detail": "Nope."}), Invalid, ("options.purse",)),
        ((400, "<html>"), Invalid, ("options.purse",)),
        ((409, {}), Invalid, ("options.purse",)),
        ((422, {"errors": [{"detail": "bad", "pointer": "#/customer/email"}, {"message": "no", "field": "currency"}]}),
         Invalid, ("customer.email", "currency")),
        ((400, {"errors": [{"detail": "x", "field": "order.shipments[0].item_lines[1].unit_gross_price"}]}),
         Invalid, ("items.1.unit_price",)),
        ((400, {"errors": [{"detail": "x", "field": "order.shipments[0].item_lines[1]"}]}), Invalid, ("items.1",)),
        ((400, {"errors": [{"detail": "x", "field": "order.shipments"}]}), Invalid, ("items",)),
        ((400, {"errors": [{"detail": "x", "field": "order.billing_address.postal_code"}]}),
         Invalid, ("customer.postal_code",)),
        ((400, {"errors": [{"detail": "x", "field": "order.billing_address"}]}), Invalid, ("customer.address",)),
        ((400, {"errors": [{"detail": "x", "field": "order.net_amount"}]}), Invalid, ("amount",)),
        ((400, {"errors": [{"detail": "x", "field": "order.tax_amount"}]}),
         Invalid, ("options.purse.order.tax_amount",)),
        ((400, {"errors": [{"detail": "x", "field": "customer.birth_date"}]}),
         Invalid, ("options.purse.customer.birth_date",)),
        ((400, {"errors": [{"detail": "x", "field": "customer.locale"}]}), Invalid, ("language",)),
        ((400, {"errors": [{"detail": "x", "field": "entity_id"}]}), Misconfigured, ()),
        ((400, {"errors": [{"detail": "x", "field": "shopper_redirection_url"}]}), Misconfigured, ()),
        ((400, {"errors": [{"detail": "x", "field": "order.reference"}]}), Misconfigured, ()),
        ((400, {"errors": [{"detail": "x", "field": "webhook.headers"}]}), Misconfigured, ()),
        ((400, {"errors": [{"detail": "x", "field": "three_ds_authentication_options.challenge_indicator"}]}),
         Misconfigured, ()),
        ((403, {"detail": "Not for this entity."}), Misconfigured, ()),
        ((404, {}), Misconfigured, ()),
        ((500, {}), Uncertain, ()),
        ((502, "Bad Gateway"), Uncertain, ()),
        ((504, "Gateway timeout"), Uncertain, ()),
        ((200, "{"), Uncertain, ()),
        ((200, {"status": "CREATED"}), Uncertain, ()),
        (requests.exceptions.ReadTimeout(), Uncertain, ()),
        (requests.exceptions.ConnectTimeout(), Unreachable, ()),
    ],
)  # fmt: skip
def test_each_kind_of_no(wire: Wire, answer: Any, kind: type[ProviderError], fields: tuple[str, ...]) -> None:
    wire.expect(MAKE, answer)
    with pytest.raises(kind) as caught:
        wire.purse().start(charge())
    assert type(caught.value) is kind
    if isinstance(caught.value, Invalid):
        assert tuple(field for field, _ in caught.value.errors) == fields
    assert len(wire.called) == 1


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("order.shipments.0.item_lines.0.name", "options.purse.order.shipments.0.item_lines.0.name"),
        ("order.shipments.0.net_amount", "options.purse.order.shipments.0.net_amount"),
        ("order.billing_address.city", "options.purse.order.billing_address.city"),
        ("order.net_amount", "options.purse.order.net_amount"),
        ("allow_future_usage", "options.purse.allow_future_usage"),
        (
            "three_ds_authentication_options.challenge_indicator",
            "options.purse.three_ds_authentication_options.challenge_indicator",
        ),
    ],
)
def test_what_the_shop_brought_is_called_by_its_own_path(wire: Wire, path: str, field: str) -> None:
    options = {
        "order": {
            "net_amount": 12000,
            "billing_address": {"city": "Lille"},
            "shipments": [
                {"net_amount": 12000, "item_lines": [{"name": "x", "net_amount": 1, "quantity": 1}]}
            ],
        },
        "allow_future_usage": True,
        "three_ds_authentication_options": {"challenge_indicator": "X"},
    }
    wire.expect(MAKE, (400, {"errors": [{"detail": "no", "field": path}]}))
    with pytest.raises(Invalid) as caught:
        wire.purse().start(charge(options=options))
    assert caught.value.errors == ((field, "no"),)


def test_told_to_slow_down_it_is_sent_again(wire: Wire) -> None:
    wire.expect(MAKE, (429, {})).expect(MAKE, made())
    wire.purse().start(charge())
    assert wire.slept == [0.5]


# --- what is refused before -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"money": Money(1000, "KWD")}, "currency", "must be one of CHF, EUR, GBP, JPY, USD for Purse"),
        ({"options": {"order": {"net_amount": 11999}}}, "options.purse.order.net_amount", "not be less than"),
        ({"options": {"colour": 1}}, "options.purse.colour", "Extra inputs"),
        (
            {"options": {"order": {"shipments": [{}]}}},
            "options.purse.order.shipments.0.net_amount",
            "required",
        ),
        ({"options": {"order": {"tax_amount": "20"}}}, "options.purse.order.tax_amount", "valid integer"),
        ({"options": {"customer": {"birth_date": "31.1.1990"}}}, "options.purse.customer.birth_date", "date"),
    ],
)
def test_an_order_that_does_not_fit_is_refused_by_its_fields(
    wire: Wire, changes: Any, field: str, sentence: str
) -> None:
    purse = wire.purse()
    told = purse.complaints(charge(**changes))[0]
    assert told[0] == field
    assert sentence in told[1]
    assert field in purse.refuses(charge(**changes))
    with pytest.raises(Invalid) as caught:
        purse.start(charge(**changes))
    assert caught.value.field == field
    assert wire.called == []


def test_what_fits_is_not_refused(wire: Wire) -> None:
    assert wire.purse().refuses(charge()) == ""
    assert wire.purse().complaints(charge(options={"order": {"net_amount": 12000}})) == ()


def test_other_kinds_and_kept_cards_are_refused(wire: Wire) -> None:
    purse = wire.purse()
    assert purse.kinds == {Kind.ONE_OFF}
    assert purse.refuses(charge(kind=Kind.SAVE_CARD)) == "Purse does not do save_card orders."
    assert "offers them in its own form" in purse.refuses(charge(saved_card="token"))
    with pytest.raises(Invalid, match="in its own form"):
        purse.start(charge(saved_card="token"))
    assert purse.asks_consent()


def test_a_national_identifier_is_not_printed() -> None:
    brought = PurseOrder.model_validate({"customer": {"national_identifier": "canary", "ip_address": "::1"}})
    assert "canary" not in repr(brought)
    assert "::1" not in repr(brought)
    with pytest.raises(ValidationError):
        PurseOrder.model_validate({"customer": {"ip_address": "not one"}})


# --- the webhook's passport -------------------------------------------------------------------------------


def test_a_passport_is_for_one_payment(wire: Wire) -> None:
    settings = wire.purse().settings
    shown = passport(settings, REFERENCE)
    assert bearer_of(settings, shown) == REFERENCE
    other = wire.purse(webhook_secret="another-secret-of-ours").settings
    for wrong in ("", ".", shown[:-1], shown.upper(), shown.replace("-1.", "-2."), passport(other, REFERENCE),
                  f"x{shown}", SETTINGS["webhook_secret"], passport(settings, ""), "é.é"):  # fmt: skip
        assert bearer_of(settings, wrong) == ""


def test_a_session_may_be_expired_and_still_be_made(wire: Wire) -> None:
    """Whatever else the answer says, `sync` looks at it."""
    wire.expect(MAKE, made(expires_at=datetime.now(UTC).isoformat()))
    assert wire.purse().start(charge()).provider_id == SESSION
