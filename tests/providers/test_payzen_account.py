"""An account at PayZen: its settings, its doorbell, the browser's return, and what must never be shown of it."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from providers.base import Claim
from providers.errors import Forged, Invalid, Misconfigured, ProviderError
from providers.http import Http, redact_body
from providers.money import Money
from providers.payzen import PayZen, PayzenOrder, PayzenSettings
from providers.payzen.amounts import from_platform, platform_exponent, to_platform
from tests.providers.payzen_wire import (
    CREATE,
    GIVE_BACK,
    HMAC_KEY,
    LIST,
    LIVE,
    PAGE,
    PASSWORD,
    PUBLIC_KEY,
    REFERENCE,
    SETTINGS,
    SHOP,
    UUID,
    Wire,
    charge,
    listed,
    no,
    opened,
    order,
    paid,
    payment,
    ring,
    rung,
    scripted,
    signed,
    transaction,
    yes,
)

GOOD = signed(json.dumps(payment()))


@pytest.fixture
def wire() -> Iterator[Wire]:
    with scripted() as script:
        yield script


def account(**changes: Any) -> PayzenSettings:
    return PayzenSettings.model_validate({**SETTINGS, **changes})


# --- settings -------------------------------------------------------------------------------------------


def test_every_setting_says_what_it_is_and_where_it_stands() -> None:
    for name, field in PayzenSettings.model_fields.items():
        assert field.title, name
        assert field.description, name
        assert field.description.endswith("."), name


def test_a_shop_needs_two_things_and_the_rest_has_its_default() -> None:
    settings = PayzenSettings.model_validate({"shop_id": SHOP, "password": "p"})
    assert (settings.api, settings.static) == ("https://api.payzen.eu", "https://static.payzen.eu")
    assert (settings.show, settings.sends, settings.order_days) == ("page", ("url",), 90)
    assert (settings.cancels_orders, settings.keep_cards, settings.is_test) == (False, "never", None)
    assert settings.updates_send is True
    assert [settings.locale(word) for word in ("fr", "FR-ch", "en", "xx")] == ["fr_FR", "fr_FR", "en_GB", ""]


@pytest.mark.parametrize(
    "changes",
    [
        {"shop_id": ""},
        {"shop_id": "6987:1"},
        {"password": ""},
        {"password": "two words"},
        {"hmac_key": "clé"},
        {"public_key": "testpublickey_x"},
        {"public_key": "11111111:testpublickey_x"},
        {"public_key": f"{SHOP}:publickey_x"},
        {"show": "widget", "public_key": ""},
        {"api": "api.payzen.eu"},
        {"api": "ftp://api.payzen.eu"},
        {"api": "https://user:word@api.payzen.eu"},
        {"static": "https://static.payzen.eu/?a=1"},
        {"static": "https://static.payzen.eu:99999"},
        {"sends": ["pigeon"]},
        {"order_days": 91},
        {"order_days": 0},
        {"capture_delay": 366},
        {"retries": 4},
        {"strong_authentication": "always"},
        {"payment_methods": ["visa"]},
        {"locales": {"fr": "french"}},
        {"locales": {"french": "fr_FR"}},
        {"widget_origins": ["https://a.example; script-src *"]},
        {"disputed_currencies": "maybe"},
        {"keep_cards": "always"},
        {"colour": "red"},
    ],
)
def test_settings_that_are_none(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as problem:
        account(**changes)
    told = problem.value.errors(include_input=False, include_url=False, include_context=False)
    assert PASSWORD not in f"{told}"


def test_addresses_are_trimmed() -> None:
    settings = account(api=" https://api.systempay.fr/ ", static="https://static.systempay.fr")
    assert settings.api == "https://api.systempay.fr"


@pytest.mark.parametrize(
    ("live", "changes", "told"),
    [
        (True, {"password": PASSWORD, "public_key": PUBLIC_KEY}, "production password"),
        (True, {"api": "http://api.payzen.example"}, "https:// only"),
        (True, {"static": "http://static.payzen.example"}, "https:// only"),
        (False, {"password": "prodpassword_x", "public_key": f"{SHOP}:publickey_x"}, "password for tests"),
    ],
)
def test_test_and_production_do_not_mix(live: bool, changes: dict[str, Any], told: str) -> None:
    settings = account(**{**(LIVE if live else {}), **changes})
    with pytest.raises(Misconfigured, match=told):
        PayZen(settings, live=live, http=Http())


def test_the_class_says_what_it_can() -> None:
    assert (PayZen.slug, PayZen.name, PayZen.label) == ("payzen", "PayZen", "Card, by payment link")
    assert PayZen.channels == ("page", "widget")
    for verb in ("cancel", "update", "capture", "void", "refund"):
        assert PayZen.can(verb), verb
    assert not PayZen.can("reopen")
    assert PayzenOrder.model_validate({"taxRate": "20.0"}).sent == {"taxRate": "20.0"}


# --- amounts --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("currency", "decimals"),
    [
        ("EUR", 2), ("USD", 2), ("JPY", 0), ("KRW", 0), ("XPF", 0), ("XOF", 0), ("IDR", 0), ("KWD", 3), ("TND", 3),
        ("CNY", 1), ("KHR", 0), ("CLP", 0),
    ],
)  # fmt: skip
def test_the_platforms_decimals(currency: str, decimals: int) -> None:
    assert platform_exponent(currency) == decimals
    units = 99_900
    assert to_platform(from_platform(units, currency), "payzen") == units


def test_what_cannot_be_told_is_not_rounded() -> None:
    with pytest.raises(Invalid, match="has more decimals"):
        to_platform(Money(4201, "CNY"), "payzen")
    with pytest.raises(Invalid, match="does not take BHD"):
        to_platform(Money(1000, "BHD"), "payzen")
    with pytest.raises(ValueError, match="not an ISO 4217"):
        from_platform(1, "euro")


# --- the return -----------------------------------------------------------------------------------------


def browsed(answer: Any, **changes: Any) -> dict[str, str]:
    text = answer if isinstance(answer, str) else json.dumps(answer)
    return signed(text, key=HMAC_KEY, door="sha256_hmac", **changes)


@pytest.mark.parametrize(
    ("query", "claim"),
    [
        ({}, Claim.NOTHING),
        ({"end": "success"}, Claim.SUCCESS),
        ({"end": "refused"}, Claim.FAILURE),
        ({"end": "error"}, Claim.FAILURE),
        ({"end": "cancel"}, Claim.CANCEL),
        ({"end": "elsewhere"}, Claim.NOTHING),
        (browsed(payment()), Claim.SUCCESS),
        ({**browsed(payment(orderStatus="UNPAID")), "end": "success"}, Claim.FAILURE),
        (browsed(payment(orderStatus="ABANDONED")), Claim.CANCEL),
        (browsed(payment(orderStatus="RUNNING")), Claim.NOTHING),
        ({**browsed(payment(orderStatus="RUNNING")), "end": "success"}, Claim.SUCCESS),
        (browsed("[]"), Claim.NOTHING),
    ],
)
def test_a_return_is_a_hint_and_asks_nobody(wire: Wire, query: dict[str, str], claim: Claim) -> None:
    back = wire.payzen().resume(opened(), query)
    assert (back.claim, back.show) == (claim, None)
    assert wire.called == []


@pytest.mark.parametrize(
    "query",
    [
        signed(json.dumps(payment())),  # a notification is no return, nor the other way round
        signed(json.dumps(payment()), door="sha256_hmac"),
        {**browsed(payment()), "kr-hash": "0" * 64},
        {**browsed(payment()), "kr-hash-key": "password"},
        {"kr-answer": json.dumps(payment())},
        browsed(payment(details={"orderId": "G-OTHER-1"})),
        browsed(payment(details={"orderId": None})),
    ],
)
def test_a_return_of_another_key_or_payment_is_forged(wire: Wire, query: dict[str, str]) -> None:
    with pytest.raises(Forged):
        wire.payzen().resume(opened(), query)


def test_without_a_key_a_signed_return_says_nothing(wire: Wire) -> None:
    back = wire.payzen(hmac_key="").resume(opened(), {**browsed(payment()), "end": "cancel"})
    assert back.claim is Claim.CANCEL
    assert wire.payzen(hmac_key="").resume(opened(), vads("AUTHORISED")).claim is Claim.NOTHING


def vads(status: str, *, key: str = HMAC_KEY, reference: str = REFERENCE) -> dict[str, str]:
    """As the vendor's plugin signs: the values by their names' sequence, and the key."""
    fields = {"vads_trans_status": status, "vads_order_id": reference, "vads_amount": "990"}
    text = "+".join([fields["vads_amount"], fields["vads_order_id"], fields["vads_trans_status"], key])
    digest = hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()
    return {**fields, "signature": base64.b64encode(digest).decode()}


@pytest.mark.parametrize(
    ("status", "claim"),
    [
        ("AUTHORISED", Claim.SUCCESS),
        ("CAPTURED", Claim.SUCCESS),
        ("AUTHORISED_TO_VALIDATE", Claim.SUCCESS),
        ("REFUSED", Claim.FAILURE),
        ("ABANDONED", Claim.CANCEL),
        ("INITIAL", Claim.NOTHING),
        ("BLESSED", Claim.NOTHING),
    ],
)
def test_a_return_with_the_older_fields(wire: Wire, status: str, claim: Claim) -> None:
    assert wire.payzen().resume(opened(), vads(status)).claim is claim
    own = wire.payzen(form_key="form-key-1234567")
    assert own.resume(opened(), vads(status, key="form-key-1234567")).claim is claim
    for forged in (
        vads(status),
        vads(status, key="form-key-1234567", reference="G-OTHER-1"),
        {**vads(status, key="form-key-1234567"), "vads_amount": "1"},
        {**vads(status, key="form-key-1234567"), "signature": ""},
    ):
        with pytest.raises(Forged):
            own.resume(opened(), forged)


# --- nothing secret is shown ----------------------------------------------------------------------------


def test_a_notification_is_kept_without_its_tokens() -> None:
    """As the delivery's body is kept: the answer is JSON within a form."""
    details = {"cardDetails": {"pan": "497010XXXXXX0055", "cardHolderName": "Ada"}}
    body = rung(payment(transaction(paymentMethodToken="canary-token", details=details))).body
    kept = redact_body(body)
    assert "canary-token" not in kept
    assert GOOD["kr-hash"] not in redact_body(ring(GOOD).body)
    for told in (UUID, REFERENCE, "AUTHORISED", "kr-hash-key=password"):
        assert told in kept
    assert "canary" in redact_body(b"kr-answer=%7Bcanary")  # no JSON: by its looks, as before


def test_a_secret_cannot_be_printed() -> None:
    settings = account(
        password="testpassword_canary",
        previous_password="canary-old",
        hmac_key="canary-hmac",
        form_key="canary-form",
    )
    provider = PayZen(settings, live=False, http=Http())
    assert (
        "canary"
        not in f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()} {provider!r}"
    )


def test_nothing_secret_is_shown_of_any_exchange(wire: Wire) -> None:
    """A canary in the password, in a card's token, in the form's token and in what PayZen quotes of them."""
    payzen = wire.payzen(password="testpassword_canary", keep_cards="agreed")
    quoted = "Invalid input value [name=paymentMethodToken, value=canary-saved]"
    told: list[Any] = []

    def note(action: Any) -> None:
        try:
            told.append(action())
        except ProviderError as problem:
            told.extend([problem, getattr(problem, "decline", "")])

    wire.expect(CREATE, order(paymentMethodToken="canary-saved"))
    note(lambda: payzen.start(charge(saved_card="canary-saved")))
    wire.expect(CREATE, no("INT_030", "invalid token 4111111111111111", quoted))
    note(lambda: payzen.start(charge(saved_card="canary-saved")))
    wire.expect("Charge/CreatePayment", yes({"formToken": "canary-form-token"}))
    note(lambda: payzen.start(charge(channel="widget")).memo)
    details = {
        "cardDetails": {
            "pan": "4111111111111111",
            "effectiveBrand": "VISA",
            "cardHolderName": "canary-holder",
        }
    }
    wire.asks(order("PAID"), listed(transaction(paymentMethodToken="canary-card", details=details)))
    note(lambda: payzen.sync(opened(memo={"keeps": "REGISTER_PAY"})))
    wire.expect(LIST, listed(transaction("CAPTURED")))
    wire.expect(GIVE_BACK, no("PSP_999", "Bearer canary.TOKEN.1234"))
    note(lambda: payzen.refund(paid(), Money(1, "EUR"), key="k", plan={}))
    wire.expect(LIST, (401, no("INT_905")))
    note(lambda: payzen.sync(paid()))
    for form in (
        signed("{}", key="testpassword_canary"),
        signed("canary-body"),
        {"kr-answer": "canary-body"},
    ):
        note(lambda form=form: payzen.read_notification(ring(form)))
    note(lambda: payzen.start(charge(options={"colour": "canary-option"})))

    shown = f"{wire.shown} {told} {payzen.settings}"
    assert len(wire.shown) == 8
    for secret in ("testpassword_canary", "canary-card", "canary-saved", "canary-form-token", "canary-body"):
        assert secret not in shown
    assert base64.b64encode(f"{SHOP}:testpassword_canary".encode()).decode() not in shown
    assert "4111111111111111" not in shown
    assert "canary.TOKEN" not in shown
    assert "canary-holder" not in f"{told}"
    assert "canary-option" not in f"{told}"
    assert PAGE in shown
