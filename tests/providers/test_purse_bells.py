"""What do Purse's webhooks and the shopper's way back tell? Which payment to ask about, and a hint."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from providers.base import (
    Claim,
    Incoming,
    Notification,
)
from providers.errors import Forged, Invalid, Uncertain
from providers.money import Money
from providers.purse import signing
from providers.purse.session import passport
from tests.providers.purse_wire import (
    ASK,
    GET,
    PAYMENT,
    REFERENCE,
    SESSION,
    Wire,
    amounts,
    begun,
    charge,
    jwks,
    new_key,
    payment,
    returned,
    scripted,
    session,
)

JWKS = "GET /payment/v2/signing-jwks"
ONE, OTHER = new_key(), new_key()


@pytest.fixture
def wire() -> Iterator[Wire]:
    with scripted() as script:
        yield script


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


# --- the bell ---------------------------------------------------------------------------------------------


def ring(wire: Wire, body: Any, **changes: Any) -> Notification:
    purse = wire.purse()
    headers = {"x-webhook-secret": passport(purse.settings, REFERENCE), **changes}
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return purse.read_notification(Incoming(headers=headers, query={}, body=raw))


def test_a_webhook_is_a_payment_and_a_version(wire: Wire) -> None:
    assert ring(wire, payment(version=7)) == Notification(
        key=f"{PAYMENT}:7",
        about=f"payment {PAYMENT}, version 7",
        reference=REFERENCE,
        provider_ids=(SESSION, PAYMENT),
    )
    assert ring(wire, payment(version=7)).key == ring(wire, payment(version=7, amounts=amounts(1))).key
    assert wire.called == []


@pytest.mark.parametrize(
    ("body", "key", "ids"),
    [
        (session("SUBMITTED", payment_id=PAYMENT), f"{SESSION}:SUBMITTED", (PAYMENT, SESSION)),
        ({"session_id": SESSION, "status": "AbortedByCustomer"}, f"{SESSION}:AbortedByCustomer", (SESSION,)),
        ({"id": PAYMENT}, None, (PAYMENT,)),
    ],
)
def test_a_session_may_ring_too(wire: Wire, body: Any, key: str | None, ids: tuple[str, ...]) -> None:
    told = ring(wire, body)
    assert told.key == key or (key is None and len(told.key) == 64)
    assert (told.reference, told.provider_ids) == (REFERENCE, ids)


@pytest.mark.parametrize(
    "headers",
    [
        {"x-webhook-secret": ""},
        {"x-webhook-secret": "canary-webhook-secret"},
        {"x-webhook-secret": f"{REFERENCE}.{'0' * 64}"},
        {"x-webhook-secret": REFERENCE},
    ],
)
def test_a_webhook_without_what_we_signed_is_forged(wire: Wire, headers: dict[str, str]) -> None:
    with pytest.raises(Forged):
        ring(wire, payment(), **headers)
    with pytest.raises(Forged):
        wire.purse().read_notification(Incoming(headers={}, query={}, body=json.dumps(payment()).encode()))


def test_one_payments_webhook_does_not_speak_of_another(wire: Wire) -> None:
    with pytest.raises(Forged, match="another payment"):
        ring(wire, payment(order_reference="G-OTHER-1"))
    with pytest.raises(Forged, match="another payment"):
        ring(wire, session(order={"reference": "G-OTHER-1"}))


def test_the_headers_name_is_a_setting(wire: Wire) -> None:
    purse = wire.purse(webhook_header="x-own")
    headers = {"x-own": passport(purse.settings, REFERENCE)}
    told = purse.read_notification(Incoming(headers=headers, query={}, body=json.dumps(payment()).encode()))
    assert told.reference == REFERENCE


@pytest.mark.parametrize(
    "body", [b"", b"\xff", b"[]", b"7", b"{}", b'{"id": null}', b'{"id": {}}', b"[" * 100_000]
)
def test_a_webhook_that_is_authentic_and_unreadable(wire: Wire, body: bytes) -> None:
    with pytest.raises(Invalid) as caught:
        ring(wire, body)
    assert caught.value.field == "id"


# --- the return -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("authorization", "status", "claim"),
    [
        ("AUTHORIZED", "SUBMITTED", Claim.SUCCESS),
        ("REFUSED", "SUBMITTED", Claim.FAILURE),
        ("ERROR", "SUBMITTED", Claim.FAILURE),
        ("ABORTED", "SUBMITTED", Claim.CANCEL),
        ("PENDING", "SUBMITTED", Claim.NOTHING),
        ("BLESSED", "SUBMITTED", Claim.NOTHING),
        (None, "AbortedByCustomer", Claim.CANCEL),
        (None, None, Claim.NOTHING),
        (7, ["x"], Claim.NOTHING),
    ],
)
def test_a_signed_return_is_a_hint(wire: Wire, authorization: Any, status: Any, claim: Claim) -> None:
    wire.expect(JWKS, jwks(one=ONE))
    query = returned(ONE, authorization_status=authorization, client_session_status=status)
    back = wire.purse().resume(begun(), query)
    assert (back.claim, back.show) == (claim, None)
    assert wire.called == [JWKS]  # the keys, and nothing about the payment


def test_a_return_without_data_says_nothing(wire: Wire) -> None:
    assert wire.purse().resume(begun(), {}).claim is Claim.NOTHING
    assert wire.purse().resume(begun(), {"purse-redirection-data": ""}).claim is Claim.NOTHING


def test_the_payment_id_of_a_return_is_not_believed(wire: Wire) -> None:
    wire.expect(JWKS, jwks(one=ONE))
    wire.purse().resume(begun(), returned(ONE, payment_id="not-ours"))
    wire.expect(ASK, session("SUBMITTED", payment_id=PAYMENT)).expect(GET, payment())
    assert wire.purse().sync(begun()).provider_ids == (SESSION, PAYMENT)


SECRET = "an-hmac-secret-that-is-long-enough-to-be-used"


@pytest.mark.parametrize(
    "query",
    [
        returned(ONE, client_session_id="another"),
        returned(ONE, client_session_id=None),
        returned(ONE, client_session_id=[SESSION]),
        returned(OTHER),
        returned(ONE, kid=None),
        returned(ONE, kid=""),
        returned(ONE, algorithm="RS512"),
        returned(ONE, algorithm="PS256"),
        returned(SECRET, algorithm="HS256"),
        returned(None, algorithm="none"),
        returned(ONE, exp=1),
        {"purse-redirection-data": "x"},
        {"purse-redirection-data": "a.b.c"},
        {"purse-redirection-data": "é" * 100},
        {"purse-redirection-data": "a" * 9000},
        {"purse-redirection-data": returned(ONE)["purse-redirection-data"][:-9] + "AAAAAAAAA"},
    ],
)
def test_whatever_purse_did_not_sign_for_this_attempt_is_forged(wire: Wire, query: dict[str, str]) -> None:
    purse = wire.purse()
    wire.expect(JWKS, jwks(one=ONE))
    purse.resume(begun(), returned(ONE))
    with pytest.raises(Forged):
        purse.resume(begun(), query)


def test_a_tampered_payload_is_forged(wire: Wire) -> None:
    wire.expect(JWKS, jwks(one=ONE))
    head, _, tail = returned(ONE)["purse-redirection-data"].split(".")
    payload = returned(OTHER, authorization_status="REFUSED")["purse-redirection-data"].split(".")[1]
    with pytest.raises(Forged):
        wire.purse().resume(begun(), {"purse-redirection-data": f"{head}.{payload}.{tail}"})


def test_a_return_for_an_attempt_without_a_session_is_forged(wire: Wire) -> None:
    wire.expect(JWKS, jwks(one=ONE))
    with pytest.raises(Forged):
        wire.purse().resume(charge(), returned(ONE))


def test_a_new_key_is_fetched_once_and_not_for_everybody(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(signing, "monotonic", lambda: now[0])
    purse = wire.purse()
    wire.expect(JWKS, jwks(one=ONE))
    purse.resume(begun(), returned(ONE))
    purse.resume(begun(), returned(ONE))  # kept
    now[0] += 59
    with pytest.raises(Forged, match="no key of the name"):
        purse.resume(begun(), returned(OTHER, kid="two"))  # too soon to ask again
    now[0] += 1
    wire.expect(JWKS, jwks(one=ONE, two=OTHER))
    assert purse.resume(begun(), returned(OTHER, kid="two")).claim is Claim.SUCCESS
    with pytest.raises(Forged, match="no key of the name"):
        purse.resume(begun(), returned(OTHER, kid="three"))
    assert wire.called == [JWKS, JWKS]


@pytest.mark.parametrize("answer", [(500, {}), (404, {}), (200, "{")])
def test_keys_that_do_not_come_are_asked_for_again(wire: Wire, answer: Any) -> None:
    purse = wire.purse()
    wire.expect(JWKS, answer)
    with pytest.raises(Uncertain):
        purse.resume(begun(), returned(ONE))
    wire.expect(JWKS, jwks(one=ONE))
    assert purse.resume(begun(), returned(ONE)).claim is Claim.SUCCESS


@pytest.mark.parametrize(
    "odd",
    [
        {"kty": "oct", "k": "c2VjcmV0", "kid": "one"},
        {**jwks(one=ONE)["keys"][0], "use": "enc"},
        {**jwks(one=ONE)["keys"][0], "alg": "HS256"},
        {**jwks(one=ONE)["keys"][0], "kid": 7},
        {"kty": "RSA", "n": "!", "e": "AQAB", "kid": "one"},
        {"kty": "RSA", "kid": "one"},
        "one",
    ],
)
def test_keys_that_are_none_are_left_out(wire: Wire, odd: Any) -> None:
    wire.expect(JWKS, {"keys": [odd, jwks(two=OTHER)["keys"][0]]})
    purse = wire.purse()
    with pytest.raises(Forged):
        purse.resume(begun(), returned(ONE))
    assert purse.resume(begun(), returned(OTHER, kid="two")).claim is Claim.SUCCESS


@pytest.mark.parametrize("told", [{}, [], {"keys": None}, {"keys": {}}])
def test_a_list_of_keys_that_is_none(wire: Wire, told: Any) -> None:
    wire.expect(JWKS, told)
    with pytest.raises(Forged):
        wire.purse().resume(begun(), returned(ONE))
