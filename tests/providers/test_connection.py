"""Is an account right? What each provider is asked to see it, what is made of each answer, and what is pasted there."""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests
import responses
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pydantic import SecretStr

from providers import PROVIDERS, provider_class
from providers.base import Incoming, Provider, Urls
from providers.ecomcharge.setup import TOKEN, UID
from providers.errors import Forged, Invalid, Misconfigured, Uncertain, Unreachable
from providers.http import Exchange, Http
from providers.purse import oauth, session
from providers.setup import Address
from tests.providers import begateway, payzen_wire, purse_wire, s360, syspay_wire
from tests.providers.test_ecomcharge_account import BODY, PUBLIC_KEY, SIGNATURE

NOTIFY, BACK = "https://pay.shop.example/notify/1/", "https://pay.shop.example/"
URLS = Urls(back=BACK, cancelled=BACK, notify=NOTIFY, approve="https://pay.shop.example/approve/1/")
CANARY = "canary-SECRET-1"
NOBODY = {"statusCode": "error", "statusDetail": "orderId: order 1 is not known"}
NOT_FOUND = (404, {"message": "Record not found"})
TOKEN_GIVEN = {"access_token": "canary-access-TOKEN", "token_type": "Bearer", "expires_in": 3600}
NO_SESSION = (404, {"title": "Not Found", "detail": "client session is not known"})
OAUTH = "POST http://127.0.0.1:9000/purse/oauth/token"
SESSION = f"GET http://127.0.0.1:9000/purse/payment/v2/client-sessions/{'-'.join('0' * n for n in (8, 4, 4, 4, 12))}"
ELIGIBLE = "POST http://127.0.0.1:9000/purse/payment/v2/eligible-solutions"


def sdk_test(mode: str = "TEST", **changes: Any) -> dict[str, Any]:
    answer = {"value": "connection", "_type": "V4/Charge/SDKTestResult"}
    return {"webService": "Charge/SDKTest", "status": "SUCCESS", "answer": answer, "mode": mode, **changes}


def payzen_no(code: str, message: str) -> dict[str, Any]:
    return sdk_test(status="ERROR", answer={"errorCode": code, "errorMessage": message})


# What a right account asks, in this order, and what is answered.
GOOD: dict[str, list[tuple[str, Any]]] = {
    "epc": [(f"POST {s360.BASE}/tnseb/backend-apis/externalOrderService/v1_33/getOrderDetails", NOBODY)],
    "ecomcharge": [
        (f"GET {begateway.CHECKOUT}/ctp/api/checkouts/{TOKEN}", NOT_FOUND),
        (f"GET {begateway.GATEWAY}/transactions/{UID}", (404, {"response": {"message": "Record not found"}})),
        (f"GET {begateway.API}/beyag/transactions/{UID}", NOT_FOUND),
    ],
    "purse": [(OAUTH, TOKEN_GIVEN), (SESSION, NO_SESSION), (ELIGIBLE, {"eligible_solutions": []})],
    "syspay": [
        (
            f"GET {syspay_wire.HOST}/api/v1/merchant/payments/?reference=connection-test",
            {"data": {"payments": []}},
        )
    ],
    "payzen": [(f"POST {payzen_wire.API}/api-payment/V4/Charge/SDKTest", sdk_test())],
}
SETTINGS: dict[str, dict[str, Any]] = {
    "epc": s360.SETTINGS,
    "ecomcharge": begateway.SETTINGS,
    "purse": purse_wire.SETTINGS,
    "syspay": {"login": syspay_wire.LOGIN, "passphrase": syspay_wire.PASSPHRASE},
    "payzen": payzen_wire.SETTINGS,
}
SECRET = {
    "epc": "secret",
    "ecomcharge": "secret_key",
    "purse": "client_secret",
    "syspay": "passphrase",
    "payzen": "password",
}
EACH = pytest.mark.parametrize("slug", PROVIDERS)


@dataclass
class Asked:
    """Answers calls in their order, and keeps what was sent."""

    steps: list[tuple[str, Any]] = field(default_factory=list)
    sent: list[requests.PreparedRequest] = field(default_factory=list)
    shown: list[Exchange] = field(default_factory=list)

    def answer(self, request: Any) -> Any:
        call = f"{request.method} {request.url}"
        assert self.steps, f"nobody expected {call}"
        expected, answer = self.steps.pop(0)
        assert call == expected
        self.sent.append(request)
        if isinstance(answer, Exception):
            return answer
        status, told = answer if isinstance(answer, tuple) else (200, answer)
        return status, {}, told if isinstance(told, str) else json.dumps(told)

    def provider(self, slug: str, *, live: bool = False, **changes: Any) -> Provider:
        cls = provider_class(slug)
        settings = cls.settings_type.model_validate({**SETTINGS[slug], **changes})
        return cls(settings, live=live, http=Http(record=self.shown.append, sleep=lambda seconds: None))


@pytest.fixture
def wire() -> Iterator[Asked]:
    asked = Asked()
    oauth.TOKENS = oauth.Tokens()
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        for method in (responses.GET, responses.POST):
            mock.add_callback(method, re.compile(".*"), callback=asked.answer)
        yield asked
    assert not asked.steps, f"never called: {[call for call, _answer in asked.steps]}"


# --- a right account ----------------------------------------------------------------------------------------


@EACH
def test_a_right_account_is_told_what_was_asked(slug: str, wire: Asked) -> None:
    assert provider_class(slug).can("probe")
    wire.steps = list(GOOD[slug])
    probe = wire.provider(slug).probe()
    assert probe.said.endswith(".")
    assert probe.live is (False if slug == "payzen" else None)  # PayZen alone shows the mode
    for request in wire.sent:
        assert request.headers.get("Authorization") or request.headers.get("X-Wsse")


def test_what_is_sent_names_nothing_that_exists(wire: Asked) -> None:
    bodies = {}
    for slug, steps in GOOD.items():
        wire.steps = list(steps)
        wire.provider(slug).probe()
        bodies[slug] = [request.body for request in wire.sent]
        wire.sent.clear()
    assert json.loads(bodies["epc"][0] or "") == {"orderId": 1}
    assert bodies["ecomcharge"] == [None, None, None]
    assert bodies["syspay"] == [None]
    assert json.loads(bodies["payzen"][0] or "") == {"value": "connection"}
    assert json.loads(bodies["purse"][2] or "") == {
        "entity_id": purse_wire.SETTINGS["entity_id"],
        "amount": 100,
        "currency": "EUR",
        "order": {"reference": "connection-test", "net_amount": 100, "discount_amount": 0, "tax_amount": 0},
    }


@pytest.mark.parametrize(
    ("slug", "answer"),
    [
        ("epc", (404, NOBODY)),
        ("epc", s360.order(orderId=1)),  # there is one after all
        ("epc", {"statusCode": "KO_17", "statusDetail": "Quelque chose"}),  # its words are not published
        ("payzen", sdk_test(mode="")),
        ("payzen", sdk_test(answer={"value": None, "_type": "V4/Type/String"})),
        ("syspay", (404, {"error": {"code": 20007, "message": "Payment not found"}})),
        ("syspay", (201, {"data": {"payments": [syspay_wire.payment()]}})),  # the filter was passed over
    ],
)
def test_other_answers_that_let_us_in(slug: str, answer: Any, wire: Asked) -> None:
    wire.steps = [(GOOD[slug][0][0], answer)]
    assert wire.provider(slug).probe().said


@pytest.mark.parametrize("status", [200, 400, 404, 422])
def test_any_object_of_ecomcharge_lets_us_in(status: int, wire: Asked) -> None:
    """Of an unknown name only the gateway's 404 was ever seen."""
    wire.steps = [(call, (status, {"errors": {}, "message": "?"})) for call, _answer in GOOD["ecomcharge"]]
    assert "Shop ID and Secret key" in wire.provider("ecomcharge").probe().said


@pytest.mark.parametrize("status", [400, 404, 405, 422, 500])
def test_purse_need_not_say_whether_the_entity_is_right(status: int, wire: Asked) -> None:
    wire.steps = [(OAUTH, TOKEN_GIVEN), (SESSION, NO_SESSION), (ELIGIBLE, (status, {"detail": "?"}))]
    if status == 500:
        with pytest.raises(Uncertain):
            wire.provider("purse").probe()
    else:
        assert "Entity ID" in wire.provider("purse").probe().said


def test_purse_is_asked_for_a_new_token_each_time(wire: Asked) -> None:
    """One that is kept would hide a client secret that holds no longer."""
    purse = wire.provider("purse")
    wire.steps = GOOD["purse"] * 2
    purse.probe()
    purse.probe()
    wire.steps = [(OAUTH, (401, {"error": "invalid_client"}))]
    with pytest.raises(Misconfigured, match="client secret"):
        purse.probe()


# --- a wrong one --------------------------------------------------------------------------------------------

REFUSED = [
    ("epc", 0, (401, {"statusCode": "error", "statusDetail": "the signature"}), "secret and ids.*clock"),
    ("epc", 0, (403, "<html>"), "secret and ids.*clock"),
    ("epc", 0, {"statusCode": "error", "statusDetail": "Invalid token"}, "secret and ids.*clock"),
    ("epc", 0, (404, "<html>"), "no S360 at this address"),
    ("epc", 0, (302, ""), "no S360 at this address"),
    ("ecomcharge", 0, (401, {"message": "Unauthorized"}), "Checkout address.*Shop ID and the Secret key"),
    ("ecomcharge", 1, (401, ""), "Gateway address, http.*/gateway: .*Shop ID and the Secret key"),
    ("ecomcharge", 2, (403, "<html>"), "API address, http.*/api: .*Shop ID and the Secret key"),
    ("ecomcharge", 2, (404, "<html>"), "API address.*no eComCharge at this address"),
    ("ecomcharge", 0, (301, ""), "Checkout address.*leads elsewhere"),
    ("purse", 0, (401, {"error": "invalid_client"}), "client ID, the client secret, the API key"),
    ("purse", 0, (404, "<html>"), "the API address"),
    ("purse", 1, (403, {"detail": "no"}), "refuses this account"),
    ("purse", 1, (302, ""), "leads elsewhere"),
    ("purse", 2, (403, {"detail": "not an entity of these credentials"}), "look at the Entity ID"),
    ("syspay", 0, (403, {"error": {"code": 0, "message": "Forbidden"}}), "login, the passphrase.*may call"),
    ("syspay", 0, (404, "<html>"), "no SysPay at this address"),
    ("payzen", 0, payzen_no("INT_905", "invalid login or private key"), "Shop ID, the Password and the API"),
    ("payzen", 0, (401, ""), "Shop ID, the Password and the API"),
    ("payzen", 0, payzen_no("INT_901", "web-service not found"), "no such web service at this API address"),
    ("payzen", 0, payzen_no("PSP_109", "not activated"), "not activated for production"),
    ("payzen", 0, (404, "<html>"), "no PayZen at the API address"),
]


@pytest.mark.parametrize(("slug", "at", "answer", "said"), REFUSED)
def test_what_is_wrong_is_named(slug: str, at: int, answer: Any, said: str, wire: Asked) -> None:
    wire.steps = [*GOOD[slug][:at], (GOOD[slug][at][0], answer)]
    with pytest.raises(Misconfigured, match=f"(?s){said}") as caught:
        wire.provider(slug, **{SECRET[slug]: CANARY}).probe()
    assert CANARY not in f"{caught.value!r} {wire.shown}"
    assert "canary" not in str(caught.value)


def test_purse_takes_no_token_of_its_own(wire: Asked) -> None:
    """401 for a token that it gave a moment ago, twice."""
    closed = (SESSION, (401, {"detail": "who?"}))
    wire.steps = [(OAUTH, TOKEN_GIVEN), closed, (OAUTH, TOKEN_GIVEN), closed]
    with pytest.raises(Misconfigured, match="refuses this account"):
        wire.provider("purse").probe()


@pytest.mark.parametrize(
    ("slug", "answer"),
    [
        ("epc", {"orderDetailsData": {}}),
        ("epc", "<html>"),
        ("epc", (503, "down")),
        ("ecomcharge", "<html>"),
        ("ecomcharge", (502, "")),
        ("payzen", payzen_no("PSP_999", "technical error")),
        ("payzen", payzen_no("PSP_042", "what is that?")),
        ("payzen", "<html>"),
        ("syspay", {"payments": []}),
        ("syspay", (400, {"error": {"code": 10004, "message": "Extra parameters not allowed: reference"}})),
        ("syspay", (404, {"error": {"code": 20019, "message": "Resource not found"}})),
    ],
)
def test_what_tells_nothing_is_uncertain(slug: str, answer: Any, wire: Asked) -> None:
    wire.steps = [(GOOD[slug][0][0], answer)]
    with pytest.raises(Uncertain):
        wire.provider(slug).probe()


def test_of_purse_too(wire: Asked) -> None:
    wire.steps = [(OAUTH, TOKEN_GIVEN), (SESSION, (409, {"detail": "?"}))]
    with pytest.raises(Uncertain, match="not understood"):
        wire.provider("purse").probe()


@EACH
def test_silence_is_told_from_no_connection(slug: str, wire: Asked) -> None:
    last = len(GOOD[slug]) - 1
    wire.steps = [*GOOD[slug][:last], (GOOD[slug][last][0], requests.exceptions.ReadTimeout())]
    with pytest.raises(Uncertain, match="did not answer in time") as silent:
        wire.provider(slug).probe()
    assert not isinstance(silent.value, Unreachable)
    wire.steps = [*GOOD[slug][:last], (GOOD[slug][last][0], requests.exceptions.ConnectTimeout())]
    with pytest.raises(Unreachable, match="could not be reached"):
        wire.provider(slug).probe()


# --- live and test ------------------------------------------------------------------------------------------

PLAIN = "a-password-that-does-not-say"


@pytest.mark.parametrize(
    ("live", "mode", "said"), [(False, "PRODUCTION", "money would be taken"), (True, "TEST", "no money")]
)
def test_a_password_of_the_other_mode_is_found_out(live: bool, mode: str, said: str, wire: Asked) -> None:
    """Where its name says nothing; where it does, no such account can be made."""
    api = payzen_wire.LIVE_API if live else payzen_wire.API
    address = {"api": api, "static": "https://static.payzen.example"}
    payzen = wire.provider("payzen", live=live, **address, password=PLAIN, public_key="")
    wire.steps = [(f"POST {api}/api-payment/V4/Charge/SDKTest", sdk_test(mode))]
    with pytest.raises(Misconfigured, match=said):
        payzen.probe()
    wire.steps = [(f"POST {api}/api-payment/V4/Charge/SDKTest", sdk_test("PRODUCTION" if live else "TEST"))]
    assert payzen.probe().live is live


@pytest.mark.parametrize("host", ["https://api.purse-live.com", "https://api.purse-secure.com"])
def test_a_test_account_is_not_for_purses_production(host: str, wire: Asked) -> None:
    with pytest.raises(Misconfigured, match="real money"):
        wire.provider("purse", api=host)
    wire.provider("purse", api=host, live=True)


# --- what is pasted -----------------------------------------------------------------------------------------


def test_what_every_payment_brings_need_not_be_pasted(wire: Asked) -> None:
    told = {slug: wire.provider(slug).addresses(URLS) for slug in PROVIDERS}
    pasted = {slug: [one.url for one in found if one.where] for slug, found in told.items()}
    assert pasted == {
        "epc": [NOTIFY],
        "ecomcharge": [],
        "purse": ["https://pay.shop.example"],
        "syspay": [NOTIFY],
        "payzen": [NOTIFY],
    }
    for slug, found in told.items():
        assert NOTIFY in [one.url for one in found], slug
        assert BACK in [one.url for one in found], slug
        for one in found:
            assert one.label, slug
            assert not one.where or re.match(r"In [^:]+: |Ask ", one.where), one.where


def test_ecomcharge_asks_before_it_charges_only_where_it_is_told_to(wire: Asked) -> None:
    asks = Address(label="Approval address", url=URLS.approve, where="")
    assert asks in wire.provider("ecomcharge").addresses(URLS)
    assert asks not in wire.provider("ecomcharge", verify=False).addresses(URLS)


def test_a_provider_that_says_nothing_has_a_notification_address() -> None:
    told = Provider.addresses(object.__new__(provider_class("epc")), URLS)
    assert [(one.label, one.url, bool(one.where)) for one in told] == [("Notification address", NOTIFY, True)]


# --- settings -----------------------------------------------------------------------------------------------


@EACH
def test_whoever_has_to_fill_something_in_is_told_where_it_stands(slug: str) -> None:
    fields = provider_class(slug).settings_type.model_fields
    for name, info in fields.items():
        assert info.title, name
        assert (info.description or "").endswith("."), name
    wanted = [name for name, info in fields.items() if info.is_required() or info.annotation is SecretStr]
    assert wanted
    for name in wanted:
        where = r"\bIn [^.:]+: |\bAsk \w|\bYours to choose\b"
        assert re.search(where, fields[name].description or ""), f"{slug}: {name}"


@EACH
def test_what_verifies_is_a_setting(slug: str) -> None:
    cls = provider_class(slug)
    assert cls.verifies
    assert set(cls.verifies) <= set(cls.settings_type.model_fields)


# --- rotation: what is still signed with the former one ------------------------------------------------------


def _signed(slug: str, former: str) -> Incoming:
    """A notification that was signed with `former`; unreadable, so that Invalid says that it was believed."""
    body = b"{"
    headers: dict[str, str] = {}
    query: dict[str, str] = {}
    if slug == "epc":
        query = {"key": former}
    elif slug == "ecomcharge":
        headers["authorization"] = f"Basic {base64.b64encode(f'361:{former}'.encode()).decode()}"
    elif slug == "purse":
        settings = provider_class(slug).settings_type.model_validate(
            {**SETTINGS[slug], "webhook_secret": former}
        )
        headers["x-webhook-secret"] = session.passport(settings, "G7-1")  # type: ignore[arg-type]
    elif slug == "syspay":
        headers = {
            "x-merchant": syspay_wire.LOGIN,
            "x-checksum": hashlib.sha1(body + former.encode()).hexdigest(),
            "content-type": "application/json",
            "x-event-id": "1",
            "x-event-date": "1",
        }
    else:
        digest = hmac.new(former.encode(), b"{", hashlib.sha256).hexdigest()
        body = f"kr-answer=%7B&kr-hash={digest}&kr-hash-algorithm=sha256_hmac&kr-hash-key=password".encode()
    return Incoming(headers=headers, query=query, body=body)


@pytest.mark.parametrize(
    ("slug", "name"),
    [
        ("epc", "notification_key"),
        ("ecomcharge", "secret_key"),
        ("purse", "webhook_secret"),
        ("syspay", "passphrase"),
        ("payzen", "password"),
    ],
)
def test_with_the_former_value_what_it_signed_is_believed(slug: str, name: str, wire: Asked) -> None:
    assert name in provider_class(slug).verifies
    incoming = _signed(slug, "the-former-secret-1")
    with pytest.raises(Forged):
        wire.provider(slug, **{name: "the-newer-secret-1"}).read_notification(incoming)
    with pytest.raises(Invalid):
        wire.provider(slug, **{name: "the-former-secret-1"}).read_notification(incoming)


def test_payzens_return_is_believed_by_the_former_key(wire: Asked) -> None:
    query = payzen_wire.signed(json.dumps(payzen_wire.payment()), key="former", door="sha256_hmac")
    with pytest.raises(Forged):
        wire.provider("payzen", hmac_key="newer").resume(payzen_wire.charge(), query)
    assert wire.provider("payzen", hmac_key="former").resume(payzen_wire.charge(), query).claim


def test_ecomcharge_is_believed_by_the_former_public_key(wire: Asked) -> None:
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    newer = base64.b64encode(made.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
    incoming = Incoming(headers={"content-signature": SIGNATURE}, query={}, body=BODY)
    with pytest.raises(Forged):
        wire.provider("ecomcharge", public_key=newer).read_notification(incoming)
    assert wire.provider("ecomcharge", public_key=PUBLIC_KEY).read_notification(incoming).provider_ids
