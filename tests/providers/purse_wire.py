"""A scripted Purse: each test says what is asked, word for word and in which order, and what is answered."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import responses
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from providers.base import Charge, Customer, Item, Urls
from providers.http import Exchange, Http
from providers.money import Money
from providers.purse import Purse, PurseSettings, oauth, signing

API = "http://127.0.0.1:9000/purse"
SETTINGS: dict[str, Any] = {
    "entity_id": "5e3a0862-7cc3-4427-92ba-9e1e9595f571",
    "api_key": "canary-api-key",
    "client_id": "client-1",
    "client_secret": "canary-client-secret",
    "webhook_secret": "canary-webhook-secret",
    "api": API,
}
SESSION = "76fc12e0-2226-438b-b053-8b58a8bd5984"
PAYMENT = "9a14962c-bdcf-49d1-8673-e75dfb48013f"
TOKEN = "canary-access-TOKEN-1"
REFERENCE = "G-GSUJHWUHC-1"
STARTED = {"session_id": SESSION}
KNOWN = {**STARTED, "payment_id": PAYMENT, "version": 1}
OAUTH = "POST /oauth/token"
SESSIONS = "/payment/v2/client-sessions"
MAKE = f"POST {SESSIONS}"
ASK = f"GET {SESSIONS}/{SESSION}"
ABORT = f"POST {SESSIONS}/{SESSION}/abort"
GET = f"GET /payment/v2/payments/{PAYMENT}"
CARD = {
    "bin": "513842",
    "last_four_digits": "1234",
    "holder_name": "John Doe",
    "expiry_month": "01",
    "expiry_year": "24",
    "selected_network": "VISA",
}


def charge(**changes: Any) -> Charge:
    """120.00 EUR, two items, taken at once."""
    usual = Charge(
        reference=REFERENCE,
        order_reference="G-GSUJHWUHC",
        money=Money(12000, "EUR"),
        items=(
            Item(name="Spoon", quantity=2, unit_price=Money(5000, "EUR"), sku="SKU_01"),
            Item(name="Fork", quantity=1, unit_price=Money(2000, "EUR")),
        ),
        customer=Customer(
            reference="customer-1",
            email="ada@shop.example",
            first_name="Ada",
            last_name="Lovelace",
            phone="+33123456789",
            address="1 rue de la Paix",
            city="Paris",
            postal_code="75002",
            country="FR",
        ),
        language="fr",
        urls=Urls(
            back="https://pay.shop.example/back",
            cancelled="https://pay.shop.example/back",
            notify="https://pay.shop.example/notify/1/",
        ),
        expires_at=datetime.now(UTC) + timedelta(hours=1),
    )
    return replace(usual, **changes)


def begun(**changes: Any) -> Charge:
    """The same, with its session."""
    return charge(**{"memo": STARTED, "provider_id": SESSION, "provider_ids": (SESSION,), **changes})


def known(**changes: Any) -> Charge:
    """The same, with its payment."""
    return charge(**{"memo": KNOWN, "provider_id": SESSION, "provider_ids": (SESSION, PAYMENT), **changes})


def session(status: str = "CREATED", **changes: Any) -> dict[str, Any]:
    told = {
        "id": SESSION,
        "status": status,
        "expires_at": (datetime.now(UTC) + timedelta(minutes=30)).isoformat(timespec="milliseconds"),
        "entity_id": SETTINGS["entity_id"],
        "amount": 12000,
        "currency": "EUR",
        "order": {"reference": REFERENCE, "net_amount": 12000},
        "links": {"self": {"href": f"/v2/client-sessions/{SESSION}", "method": "GET"}},
    }
    return {**told, **changes}


def made(**changes: Any) -> dict[str, Any]:
    widget = {"js_url": "http://127.0.0.1:9000/purse/cdn/purse.js", "data": "eyJzZXNzaW9uIjoiYWJjIn0"}
    return session(**{"widget": widget, **changes})


def part(
    partner: str, method: str, amount: int, status: str = "SUCCESS", *, name: str = "", **more: Any
) -> dict[str, Any]:
    """A partner transaction. It has an id of its own, as long as the test gives none."""
    own = name or f"{partner}-{method}-{amount}-{status}"
    return {"id": own, "partner": partner, "method": method, "amount": amount, "status": status, **more}


CC = part("ingenico", "creditcard", 10000, "AUTHORIZED", name="cc", card=CARD)
GC = part("illicado", "giftcard", 2000, "AUTHORIZED", name="gc")


def operation(
    amount: int, *parts: dict[str, Any], key: str = "", status: str = "SUCCESS", **more: Any
) -> dict[str, Any]:
    told = {
        "id": f"op-{key or amount}",
        "amount": amount,
        "triggered_by": "MERCHANT",
        "merchant_reference": key,
        "status": status,
        "partner_transactions": list(parts),
    }
    return {**told, **more}


def amounts(
    authorized: int = 12000, captured: int = 0, voided: int = 0, refunded: int = 0, **more: int
) -> Any:
    return {
        "total_authorized": authorized,
        "total_captured": captured,
        "total_voided": voided,
        "total_refunded": refunded,
        "available_to_capture": authorized - captured - voided,
        "available_to_void": authorized - captured - voided,
        "available_to_refund": captured - refunded,
        **more,
    }


def links(*rels: str) -> dict[str, Any]:
    there = {rel: {"href": f"/v2/payments/{PAYMENT}/{rel}s", "method": "POST"} for rel in rels}
    # As in Purse's own sample, where it names something else.
    return {"self": {"href": "/v2/client-sessions/elsewhere", "method": "GET"}, **there}


def payment(status: Any = "AUTHORIZED", *parts: dict[str, Any], **changes: Any) -> dict[str, Any]:
    told = {
        "id": PAYMENT,
        "created_at": "2026-11-21T14:15:22Z",
        "overview": {"consumed": "NOT", "captured": "NOT", "voided": "NOT", "refunded": "NOT"},
        "client_session_id": SESSION,
        "entity_id": SETTINGS["entity_id"],
        "version": 3,
        "order_reference": REFERENCE,
        "amount": 12000,
        "currency": "EUR",
        "capture_mode": "MANUAL",
        "authorization": {"status": status, "partner_transactions": list(parts or (CC, GC))},
        "amounts": amounts(),
        "captures": [],
        "voids": [],
        "refunds": [],
        "links": links("capture", "void"),
    }
    return {**told, **changes}


@dataclass
class Wire:
    """`expect` a call, in order; whatever else is called fails the test. A token is given whenever it is asked for."""

    steps: list[tuple[str, Any, Any]] = field(default_factory=list)
    called: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)
    shown: list[Exchange] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)
    token: Any = field(
        default_factory=lambda: {"access_token": TOKEN, "token_type": "Bearer", "expires_in": 3600}
    )
    tokens_given: int = 0

    def expect(self, call: str, answer: Any, body: Any = None) -> "Wire":
        """`call`: "GET /path"; `answer`: what a 200 says, or (status, what), or an exception."""
        self.steps.append((call, answer, body))
        return self

    def answer(self, request: Any) -> Any:
        path = urlsplit(request.url).path.removeprefix("/purse")
        call = f"{request.method} {path}"
        if call == OAUTH:
            return self._token(request)
        sent = json.loads(request.body) if request.body else None
        assert self.steps, f"nobody expected {call} {sent}"
        expected, answer, body = self.steps.pop(0)
        assert call == expected, f"{call} was called where {expected} was expected"
        if body is not None:
            assert sent == body
        assert request.headers["x-api-key"] == SETTINGS["api_key"]
        if sent is not None:
            assert request.headers["Content-Type"] == "application/json"
        self.called.append(call)
        self.headers.append(dict(request.headers))
        self.bodies.append(sent)
        return self._told(answer)

    def _token(self, request: Any) -> Any:
        assert request.headers["Authorization"].startswith("Basic ")
        assert request.headers["x-api-key"] == SETTINGS["api_key"]
        assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
        assert parse_qs(request.body) == {"grant_type": ["client_credentials"]}
        self.tokens_given += 1
        told = self.token(self.tokens_given) if callable(self.token) else self.token
        return self._told(told)

    @staticmethod
    def _told(answer: Any) -> Any:
        if isinstance(answer, Exception):
            return answer
        status, told = answer if isinstance(answer, tuple) else (200, answer)
        text = told if isinstance(told, str) else json.dumps(told)
        return status, {"Content-Type": "application/json"}, text

    def purse(self, *, live: bool = False, **changes: Any) -> Purse:
        settings = PurseSettings.model_validate({**SETTINGS, **changes})
        return Purse(settings, live=live, http=Http(record=self.shown.append, sleep=self.slept.append))


@contextmanager
def scripted() -> Iterator[Wire]:
    """Every test begins without a token and without keys."""
    script = Wire()
    oauth.TOKENS, signing.KEYS = oauth.Tokens(), signing.KeyRing()
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        for method in (responses.POST, responses.GET):
            mock.add_callback(method, re.compile(re.escape(API) + ".*"), callback=script.answer)
        yield script
    assert not script.steps, f"never called: {[step[0] for step in script.steps]}"


# --- the signed return ----------------------------------------------------------------------------------------------


def new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def jwks(**keys: rsa.RSAPrivateKey) -> dict[str, Any]:
    """As Purse shows it: neither `alg` nor `use`."""
    told = []
    for kid, key in keys.items():
        public = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
        told.append({"kty": "RSA", "e": public["e"], "kid": kid, "n": public["n"]})
    return {"keys": told}


def returned(key: Any, *, kid: str | None = "one", algorithm: str = "RS256", **claims: Any) -> dict[str, str]:
    """The query with which the shopper comes back."""
    payload = {
        "client_session_id": SESSION,
        "payment_id": PAYMENT,
        "authorization_status": "AUTHORIZED",
        "client_session_status": "SUBMITTED",
        **claims,
    }
    headers = {"kid": kid} if kid is not None else {}
    return {"purse-redirection-data": jwt.encode(payload, key, algorithm=algorithm, headers=headers)}
