"""An account at SecuTix: its settings, its signature, its doorbell, and what must never be shown of it."""

import hashlib
import json
import warnings
from typing import Any

import jwt
import pytest
from pydantic import SecretStr, ValidationError

from providers import PROVIDERS, provider_class
from providers.base import Claim, Incoming, Provider
from providers.epc import Epc, EpcOrder, EpcSettings
from providers.epc.wire import PaymentDetail, card, plain
from providers.errors import Forged, Invalid, Misconfigured, Uncertain
from providers.http import Http
from tests.providers.s360 import BASE, MEMO, S360, SETTINGS, charge, error, paid

VECTOR = (
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
    "eyJzdWIiOiJNT1NBIiwiYXVkIjoiTU9TQV9CMkMiLCJpc3MiOiJQYXJ0bmVyIDEiLCJpYXQiOjE3MDAwMDAwMDAsImV4cCI6MTcwMDAwMDAzMH0."
    "QR-VZzZpW0FKJQriX9x7Urh7BKEXTBPkzr92X7OJmog"
)


def account(**changes: Any) -> EpcSettings:
    return EpcSettings.model_validate({**SETTINGS, **changes})


# --- addresses --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environment", "api", "script"),
    [
        (
            "production",
            "https://mosa.ws.secutix.com",
            "https://payment.secutix.com/widget/integrate_widget.js",
        ),
        (
            "preproduction",
            "https://mosa.pp-ws.secutix.com",
            "https://pp-payment.secutix.com/widget/integrate_widget.js",
        ),
        (
            "demo",
            "https://mosa.demo-ws.secutix.com",
            "https://pp-payment.secutix.com/widget/integrate_widget.js",
        ),
    ],
)
def test_the_addresses_follow_from_the_environment(environment: str, api: str, script: str) -> None:
    settings = account(environment=environment, base_url="", widget_url="")
    assert settings.api == f"{api}/tnseb/backend-apis"
    assert settings.script == script


def test_an_address_of_ones_own_goes_first() -> None:
    settings = account(base_url=f"{BASE}/")
    assert settings.api == "http://127.0.0.1:9000/epc/tnseb/backend-apis"
    assert settings.script == "http://127.0.0.1:9000/epc/widget/integrate_widget.js"


@pytest.mark.parametrize(
    ("live", "changes", "fine"),
    [
        (False, {}, True),
        (True, {}, False),
        (True, {"base_url": "https://s360.example", "widget_url": "https://epc.example/w.js"}, True),
        (True, {"base_url": "https://s360.example"}, False),
        (True, {"widget_url": "https://epc.example/w.js"}, False),
        (True, {"base_url": "", "widget_url": ""}, True),
        (True, {"base_url": "", "widget_url": "", "environment": "preproduction"}, False),
        (False, {"base_url": "", "widget_url": "", "environment": "preproduction"}, True),
        (False, {"base_url": "", "widget_url": ""}, False),
    ],
)
def test_live_and_test_accounts_do_not_mix(live: bool, changes: Any, fine: bool) -> None:
    settings = account(**changes)
    if fine:
        Epc(settings, live=live, http=Http())
    else:
        with pytest.raises(Misconfigured):
            Epc(settings, live=live, http=Http())


@pytest.mark.parametrize(
    "changes",
    [
        {"institution": ""},
        {"institution": "mosa.evil.example/"},
        {"secret": ""},
        {"point_of_sale": 0},
        {"point_of_sale": "left"},
        {"environment": "moon"},
        {"base_url": "ftp://s360.example"},
        {"base_url": "s360.example"},
        {"widget_url": "javascript:alert(1)"},
        {"base_url": "https://user:pass@s360.example"},
        {"version": "../v1"},
        {"token_lifetime": 0},
        {"reopen_service": "a/b"},
        {"catalogue_currency": "euro"},
        {"colour": "red"},
    ],
)
def test_settings_that_cannot_be(changes: Any) -> None:
    with pytest.raises(ValidationError):
        account(**changes)


def test_every_setting_says_what_it_is_and_where_it_stands() -> None:
    for name, field in EpcSettings.model_fields.items():
        assert field.title, name
        assert field.description, name
        assert field.description.endswith("."), name


def test_a_secret_cannot_be_printed() -> None:
    settings = account(secret="canary-secret", notification_key="canary-key")
    epc = Epc(settings, live=False, http=Http())
    assert (
        "canary"
        not in f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()} {epc!r}"
    )
    assert isinstance(settings.secret, SecretStr)


def test_epc_is_found_by_its_name() -> None:
    assert PROVIDERS["epc"] == "providers.epc:Epc"
    assert provider_class("epc") is Epc
    can = {verb for verb in ("cancel", "reopen", "update", "capture", "void", "refund") if Epc.can(verb)}
    assert can == {"cancel", "reopen"}
    assert issubclass(Epc, Provider)


def test_unknown_options_are_refused_by_name() -> None:
    with pytest.raises(ValidationError):
        EpcOrder.model_validate({"orderid": 1})


# --- the signature ----------------------------------------------------------------------------------------


def test_the_token_is_the_one_of_the_vector(s360: S360, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("providers.epc.wire.time", lambda: 1700000000.9)
    s360.expect("createPaymentsAndCloseOrder", paid("WAITING"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # SecuTix's secrets may be short: no warning about it
        s360.epc().start(charge(memo=MEMO))
    assert s360.tokens == [VECTOR]
    claims = jwt.decode(VECTOR, options={"verify_signature": False})
    assert claims == {
        "sub": "MOSA",
        "aud": "MOSA_B2C",
        "iss": "Partner 1",
        "iat": 1700000000,
        "exp": 1700000030,
    }


def test_the_tokens_lifetime_is_a_setting(s360: S360) -> None:
    s360.expect("createPaymentsAndCloseOrder", paid("WAITING"))
    s360.epc(token_lifetime=900).start(charge(memo=MEMO))
    claims = jwt.decode(s360.tokens[0], options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == 900


def test_a_key_file_is_no_secret(s360: S360) -> None:
    pem = "-----BEGIN PUBLIC KEY-----\nMFww\n-----END PUBLIC KEY-----\n"
    with pytest.raises(Misconfigured):
        s360.epc(secret=pem).start(charge(memo=MEMO))


def test_nothing_secret_is_shown_on_the_wire(s360: S360) -> None:
    s360.expect(
        "createPaymentsAndCloseOrder", paid("AUTHORIZED", cardAlias="canary-alias", cardNumber="canary-pan")
    )
    s360.expect("checkPayment", error("Bearer canary.TOKEN.1234 of 4111111111111111"))
    epc = s360.epc(secret="canary-secret")
    done = epc.start(charge(memo=MEMO, saved_card="canary-card"))
    told = f"{s360.shown} {done} {charge(saved_card='canary-card', memo={'secret': 'canary'})}"
    assert "canary" not in told
    assert "4111111111111111" not in told
    assert "eyJ" not in told
    assert done.report is not None
    assert done.report.warning == "S360 refuses checkPayment: Bearer *** of ***1111"
    assert '"createToken": false' in s360.shown[0].request
    assert '"ORDER_IDENTIFIER": "your-unique-session-id-12345"' in s360.shown[0].request
    assert '"cardAlias": "***"' in s360.shown[0].request


# --- the return -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "claim"),
    [
        ({"paymentResult": "success"}, Claim.SUCCESS),
        ({"paymentResult": "failure"}, Claim.FAILURE),
        ({"paymentResult": "cancelled"}, Claim.CANCEL),
        ({"paymentResult": "SUCCESS"}, Claim.NOTHING),
        ({"paymentResult": ""}, Claim.NOTHING),
        ({"result": "success"}, Claim.NOTHING),
        ({}, Claim.NOTHING),
    ],
)
def test_a_return_is_a_hint_and_asks_nobody(s360: S360, query: dict[str, str], claim: Claim) -> None:
    returned = s360.epc().resume(charge(), query)
    assert (returned.claim, returned.show) == (claim, None)
    assert s360.called == []


def test_the_words_of_a_return_are_settings(s360: S360) -> None:
    epc = s360.epc(result_parameter="r", result_success="1", result_failure="0", result_cancelled="")
    assert epc.resume(charge(), {"r": "1"}).claim is Claim.SUCCESS
    assert epc.resume(charge(), {"r": "0"}).claim is Claim.FAILURE
    assert epc.resume(charge(), {"r": ""}).claim is Claim.NOTHING


# --- the doorbell -----------------------------------------------------------------------------------------


def ring(body: Any, **query: str) -> Incoming:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Incoming(headers={}, query=query, body=raw)


@pytest.mark.parametrize(
    ("body", "about"),
    [
        (
            {"orderDetailsData": {"orderId": 10000702652, "orderState": "CLOSED", "saleAmount": 40000}},
            "S360 order 10000702652 closed",
        ),
        ({"orderId": 10000702652}, "S360 order 10000702652"),
        ({"orderId": "10000702652", "statusCode": "success"}, "S360 order 10000702652"),
    ],
)
def test_the_webhook_names_an_order_and_nothing_else_is_believed(s360: S360, body: Any, about: str) -> None:
    incoming = ring(body)
    told = s360.epc().read_notification(incoming)
    assert told.provider_ids == ("order:10000702652",)
    assert told.about == about
    assert told.reference == ""
    assert told.key == hashlib.sha256(incoming.body).hexdigest()
    assert s360.called == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[1]",
        b"null",
        b"[" * 100_000,
        b"\xff",
        {},
        {"orderId": None},
        {"orderId": True},
        {"orderId": -1},
        {"orderDetailsData": 5},
        {"orderDetailsData": {"orderId": "x"}},
    ],
)
def test_a_webhook_that_names_no_order(s360: S360, body: Any) -> None:
    with pytest.raises(Invalid) as refused:
        s360.epc().read_notification(ring(body))
    assert str(refused.value) == "orderId: the order webhook names no order"


def test_a_forged_webhook_is_turned_away_before_it_is_read(s360: S360) -> None:
    epc = s360.epc(notification_key="långt-ord")
    assert epc.read_notification(ring({"orderId": 7}, key="långt-ord")).provider_ids == ("order:7",)
    for query in ({}, {"key": ""}, {"key": "langt-ord"}, {"key": "långt-ord "}, {"Key": "långt-ord"}):
        with pytest.raises(Forged):
            epc.read_notification(ring(b"{", **query))


# --- small parts ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expiry"),
    [
        ("12/30", (12, 2030)),
        ("12/2030", (12, 2030)),
        ("1230", (12, 2030)),
        ("122030", (12, 2030)),
        ("2030-12", (12, 2030)),
        ("2030-12-31T00:00:00.000+01:00", (12, 2030)),
        ("13/30", (None, None)),
        ("soon", (None, None)),
        ("", (None, None)),
    ],
)
def test_however_a_cards_expiry_is_written(text: str, expiry: tuple[int | None, int | None]) -> None:
    told = card(PaymentDetail.model_validate({"cardType": "VISA", "cardExpirationDate": text}))
    assert told is not None
    assert (told.expiry_month, told.expiry_year) == expiry


def test_a_sentence_of_s360s_is_made_fit_to_read() -> None:
    assert (
        plain("Paid &amp; <b>done</b><br/>4111111111111111\n ok <script>x</script>")
        == "Paid & done ***1111 ok x"
    )
    assert len(plain("<" * 1_000_000 + "a" * 1_000_000)) <= 300


def test_a_code_that_s360_makes_up_is_uncertain(s360: S360) -> None:
    s360.expect("getOrderDetails", {"statusCode": "SUCCESS"})
    with pytest.raises(Uncertain, match="refuses getOrderDetails: SUCCESS"):
        s360.epc().sync(charge(memo=MEMO))
