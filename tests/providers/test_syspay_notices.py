"""Whom does SysPay's ring come from, and of what does it speak? And what does a returning browser claim?"""

import base64
import hashlib
import json
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from pydantic import SecretStr

from providers.base import Claim, Incoming, Notification
from providers.errors import Forged, Invalid
from providers.syspay import notices, returns
from tests.providers.syspay_wire import (
    LOGIN,
    NOTIFY,
    PASSPHRASE,
    REFERENCE,
    Settings,
    chargeback,
    mandate,
    payment,
    refund,
    subscription,
)

# The contract's vectors.
E1 = (
    b'{"type":"payment","data":{"payment":{"id":123,"reference":"sh10001","amount":1200,"currency":"GBP",'
    b'"status":"SUCCESS"}}}'
)
E2 = (
    b"type=payment&data%5Bpayment%5D%5Bid%5D=123&data%5Bpayment%5D%5Breference%5D=sh10001"
    b"&data%5Bpayment%5D%5Bamount%5D=1200&data%5Bpayment%5D%5Bcurrency%5D=GBP&data%5Bpayment%5D%5Bstatus%5D=SUCCESS"
)
FORM = "application/x-www-form-urlencoded"


def checksum(body: bytes, passphrase: str = PASSPHRASE) -> str:
    return hashlib.sha1(body + passphrase.encode()).hexdigest()


def ring(
    body: bytes, *, kind: str = "application/json", attempt: str = "", drop: str = "", **headers: str
) -> Incoming:
    usual = {
        "content-type": kind,
        "x-merchant": LOGIN,
        "x-checksum": checksum(body),
        "x-event-id": "event-1",
        "x-event-date": "1700000000",
    }
    sent = {**usual, **{name.replace("_", "-"): value for name, value in headers.items()}}
    sent.pop(drop, None)
    return Incoming(headers=sent, query={"attempt": attempt} if attempt else {}, body=body)


def v1(kind: str, told: dict[str, Any]) -> bytes:
    return json.dumps({"type": kind, "data": {kind: told}}).encode()


def php(kind: str, told: dict[str, Any]) -> bytes:
    """As PHP's http_build_query writes it: null is left out, everything is a string."""

    def pairs(name: str, value: Any) -> list[tuple[str, str]]:
        if isinstance(value, dict):
            return [pair for key, inner in value.items() for pair in pairs(f"{name}[{key}]", inner)]
        return [] if value is None else [(name, str(value))]

    return urlencode([("type", kind), *pairs("data", {kind: told})]).encode()


def read(incoming: Incoming, **settings: Any) -> Notification:
    return notices.read(incoming, Settings(**settings))


def said(incoming: Incoming) -> Notification:
    """... whatever it is known by."""
    return replace(read(incoming), key="event-1")


# --- authentic? -----------------------------------------------------


@pytest.mark.parametrize(
    ("body", "kind", "given"),
    [
        (E1, "application/json", "020d90d02fc5da34bcfab4b399d72dd4e6c9abe3"),
        (E1, "application/json; charset=utf-8", "020d90d02fc5da34bcfab4b399d72dd4e6c9abe3"),
        (E2, FORM, "b3a97356f11822a100d1b1848b747537ace563ee"),
    ],
)
def test_the_vendors_checksums_hold(body: bytes, kind: str, given: str) -> None:
    assert said(ring(body, kind=kind, x_checksum=given)) == Notification(
        key="event-1", about="payment 123 SUCCESS", reference="sh10001", provider_ids=("payment:123",)
    )


@pytest.mark.parametrize(
    ("incoming", "sentence"),
    [
        (ring(E1, drop="x-merchant"), "The notification came without X-Merchant or X-Checksum."),
        (ring(E1, drop="x-checksum"), "The notification came without X-Merchant or X-Checksum."),
        (ring(E1, x_merchant="login2"), "The notification is for another API login."),
        (ring(E1, x_merchant="lögin"), "The notification is for another API login."),
        (ring(E1, x_checksum=checksum(E1).upper()), "The notification's checksum does not hold."),
        (ring(E1, x_checksum=checksum(E1 + b" ")), "The notification's checksum does not hold."),
        (ring(E1, x_checksum=checksum(E1, "old")), "The notification's checksum does not hold."),
        (ring(E1, x_checksum=checksum(E1, "")), "The notification's checksum does not hold."),
        (ring(E1, x_checksum="é"), "The notification's checksum does not hold."),
    ],
)
def test_what_is_not_signed_is_refused(incoming: Incoming, sentence: str) -> None:
    with pytest.raises(Forged) as caught:
        read(incoming)
    assert str(caught.value) == sentence
    assert PASSPHRASE not in str(caught.value)


def test_what_the_passphrase_before_signed_still_comes_in() -> None:
    incoming = ring(E1, x_checksum=checksum(E1, "old"))
    assert read(incoming, previous_passphrase=SecretStr("old")).provider_ids == ("payment:123",)
    assert read(ring(E1), previous_passphrase=SecretStr("old")).provider_ids == ("payment:123",)
    with pytest.raises(Forged):
        read(ring(E1, x_checksum=checksum(E1, "older")), previous_passphrase=SecretStr("old"))


def test_a_ring_without_an_id_is_known_by_its_body() -> None:
    incoming = ring(E1, drop="x-event-id")
    assert read(incoming).key == hashlib.sha256(E1).hexdigest()
    assert read(ring(E2, kind=FORM, drop="x-event-id")).key == hashlib.sha256(E2).hexdigest()


# --- of what? -------------------------------------------------------

OF_SUBSCRIPTION = {"id": 5, "reference": REFERENCE}


@pytest.mark.parametrize(
    ("kind", "told", "expected"),
    [
        (
            "payment",
            payment("FAILED", subscription=OF_SUBSCRIPTION),
            Notification(
                key="event-1",
                about="payment 123 FAILED",
                reference="G9-1",
                provider_ids=("payment:123",),
                agreement="subscription:5",
            ),
        ),
        (
            "payment",
            payment(billing_agreement={"id": 8}, reference=None),
            Notification(
                key="event-1",
                about="payment 123 SUCCESS",
                reference="G9-1",
                provider_ids=("payment:123",),
                agreement="agreement:8",
            ),
        ),
        (
            "refund",
            refund(),
            Notification(
                key="event-1",
                about="refund 9 SUCCESS of payment 123",
                provider_ids=("payment:123", "refund:9"),
            ),
        ),
        (
            "refund",
            refund(of=None),
            Notification(
                key="event-1", about="refund 9 SUCCESS", reference="G9-1", provider_ids=("refund:9",)
            ),
        ),
        (
            "chargeback",
            chargeback(payment={"id": 123, "reference": REFERENCE, "subscription": OF_SUBSCRIPTION}),
            Notification(
                key="event-1",
                about="chargeback 6 SUCCESS of payment 123",
                provider_ids=("payment:123", "chargeback:6"),
                agreement="subscription:5",
            ),
        ),
        (
            "subscription",
            subscription("ENDED", phase="CLOSED"),
            Notification(
                key="event-1",
                about="subscription 5 ENDED CLOSED",
                reference="G9-1",
                agreement="subscription:5",
            ),
        ),
        (
            "billing_agreement",
            mandate(),
            Notification(
                key="event-1",
                about="billing agreement 8 ACTIVE",
                reference="G9-1",
                agreement="agreement:8",
            ),
        ),
    ],
)
def test_each_kind_is_read_in_every_spelling(kind: str, told: dict[str, Any], expected: Notification) -> None:
    bare = json.dumps({"class": kind, **told}).encode()
    assert said(ring(v1(kind, told), attempt="G9-1")) == expected
    assert said(ring(php(kind, told), kind=FORM, attempt="G9-1")) == expected
    assert said(ring(bare, attempt="G9-1")) == expected


@pytest.mark.parametrize(("kind", "told"), [("payment", payment()), ("subscription", subscription())])
def test_the_attempt_that_the_form_was_opened_for_goes_before_the_reference_in_it(
    kind: str, told: dict[str, Any]
) -> None:
    """On a form that is not locked the payer may change the reference, and later payments have others: the attempt is
    looked at, and what bears another reference is compared there."""
    changed = {**told, "reference": "my own"}
    assert read(ring(v1(kind, changed), attempt=REFERENCE)).reference == REFERENCE
    assert read(ring(v1(kind, changed))).reference == "my own"


def test_a_ring_is_known_by_its_number_and_by_what_it_says() -> None:
    """The number is not signed: put on an old body it must not make the true event look like a repetition."""
    first = read(ring(E1))
    assert first.key.startswith("event-1:")
    assert read(ring(E1)).key == first.key
    assert read(ring(E2, kind=FORM)).key != first.key
    assert read(ring(E1, x_event_id="event-2")).key != first.key


def test_a_ring_may_nest_an_agreement_in_its_payment_in_a_chargeback() -> None:
    customer = {"billing_address": {"city": "London"}}
    told = chargeback(payment={"id": 123, "subscription": {"id": 5, "customer": customer}})
    assert said(ring(php("chargeback", told), kind=FORM)).agreement == "subscription:5"


def test_an_unknown_kind_is_kept_and_nobody_is_asked() -> None:
    body = json.dumps({"class": "token", "id": "a"}).encode()
    assert read(ring(body)).ignored == 'a notification about "token", which is not used'
    assert said(ring(v1("payout", {}))) == Notification(
        key="event-1", about="payout", ignored='a notification about "payout", which is not used'
    )
    assert read(ring(b"type=&data=", kind=FORM)).about == "something"


@pytest.mark.parametrize(
    ("body", "kind", "field", "why"),
    [
        (b"\xff\xfe", FORM, "body", "the notification is not in UTF-8"),
        (b"{", "application/json", "body", "the notification is no JSON"),
        (b"[" * 100_000, "application/json", "body", "the notification is no JSON"),
        (b"[]", "application/json", "body", "the notification is no object"),
        (b"{}", "application/json", "type", "the notification does not say what it is about"),
        (b"", FORM, "type", "the notification does not say what it is about"),
        (v1("payment", {}), "application/json", "payment.id", "the notification could not be read here"),
        (b"type=payment&data=1", FORM, "payment.id", "the notification could not be read here"),
        (v1("payment", payment(amount="much")), FORM, "payment.amount", "the notification could not be read here"),
        (b"a=1&a[b]=2", FORM, "body", "the notification says two things at once: a[b]"),
        (b"a[b]=1&a[b][c]=2", FORM, "body", "the notification says two things at once: a[b][c]"),
        (b"a]b=1", FORM, "body", "the notification has a field of no known form: a]b"),
        (b"[]=1", FORM, "body", "the notification has a field of no known form: []"),
        (b"a[b]c=1", FORM, "body", "the notification has a field of no known form: a[b]c"),
        (b"a" + b"[b]" * 12 + b"=1", FORM, "body", "the notification has a field of no known form: a" + "[b]" * 12),
        (b"a=%ff", FORM, "body", "the notification is no form that could be read"),
        (b"a=1&" * 501, FORM, "body", "the notification is no form that could be read"),
        (b" " * 1_000_001, FORM, "body", "the notification is too large to be one"),
    ],
)  # fmt: skip
def test_what_is_authentic_and_cannot_be_read_says_where(
    body: bytes, kind: str, field: str, why: str
) -> None:
    with pytest.raises(Invalid) as caught:
        read(ring(body, kind=kind))
    assert caught.value.errors == ((field, why),)


def test_our_address_names_the_attempt() -> None:
    assert notices.ems_url(NOTIFY, "G7-1 &") == f"{NOTIFY}?attempt=G7-1+%26"
    assert notices.ems_url(f"{NOTIFY}?a=1", "G7-1") == f"{NOTIFY}?a=1&attempt=G7-1"


# --- the browser is back --------------------------------------------

R1 = (
    "http://backend.myshop.com/redirect?result=eyJwYXltZW50Ijp7ImlkIjoxMjMsInJlZmVyZW5jZSI6InNoMTAwMDEiLCJhbW91bnQiOjEy"
    "MDAsImN1cnJlbmN5IjoiR0JQIiwic3RhdHVzIjoiU1VDQ0VTUyJ9fQ%3D%3D&merchant=login1"
    "&checksum=17f76019c5381f53bbd73c5789b29e89f152a416"
)
R2 = {
    "result": "eyJjbGFzcyI6InBheW1lbnQiLCJpZCI6MTIzLCJyZWZlcmVuY2UiOiJzaDEwMDAxIiwiYW1vdW50IjoxMjAwLCJjdXJyZW5jeSI6Ikd"
    "CUCIsInN0YXR1cyI6IlNVQ0NFU1MiLCJhY3Rpb25fdXJsIjpudWxsfQ==",
    "merchant": "login1",
    "checksum": "d1ca4fe65300e6a1665627697778afd8138a2466",
}


def back(told: Any, passphrase: str = PASSPHRASE, **changes: str) -> dict[str, str]:
    text = told if isinstance(told, bytes) else json.dumps(told).encode()
    result = base64.b64encode(text).decode()
    sent = {"result": result, "merchant": LOGIN, "checksum": checksum(result.encode(), passphrase)}
    return {**sent, **changes}


def claim(query: dict[str, str], reference: str = REFERENCE, **settings: Any) -> Claim:
    returned = returns.read(query, Settings(**settings), reference)
    assert returned.show is None
    return returned.claim


def test_the_vendors_returns_hold() -> None:
    query = dict(parse_qsl(urlsplit(R1).query))
    assert claim(query, "sh10001") is Claim.SUCCESS
    assert claim(R2, "sh10001") is Claim.SUCCESS


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("SUCCESS", Claim.SUCCESS),
        ("AUTHORIZED", Claim.SUCCESS),
        ("FAILED", Claim.FAILURE),
        ("ERROR", Claim.FAILURE),
        ("TIMED_OUT", Claim.FAILURE),
        ("EXPIRED", Claim.FAILURE),
        ("CANCELLED", Claim.CANCEL),
        ("VOIDED", Claim.CANCEL),
        ("OPEN", Claim.NOTHING),
        ("WAITING", Claim.NOTHING),
        ("BRILLIANT", Claim.NOTHING),
        (None, Claim.NOTHING),
    ],
)
def test_what_it_claims(status: Any, said: Claim) -> None:
    assert claim(back({"payment": payment(status)})) is said
    assert claim(back({"class": "payment", **payment(status)})) is said


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"subscription": subscription()}, Claim.SUCCESS),
        ({"subscription": subscription("CANCELLED")}, Claim.FAILURE),
        ({"subscription": subscription("PENDING")}, Claim.NOTHING),
        ({"class": "subscription", **subscription()}, Claim.SUCCESS),
        ({"billing_agreement": mandate()}, Claim.SUCCESS),
        ({"payment": payment(reference="G8-1")}, Claim.NOTHING),
        ({"payment": payment(reference=None)}, Claim.SUCCESS),
        ({"payment": 1}, Claim.NOTHING),
        ({"payment": {"status": ["SUCCESS"]}}, Claim.NOTHING),
        ([], Claim.NOTHING),
        (b"\xff", Claim.NOTHING),
        (b"{", Claim.NOTHING),
    ],
)
def test_what_is_signed_but_not_of_this_payment_claims_nothing(told: Any, said: Claim) -> None:
    assert claim(back(told)) is said


def test_a_return_without_any_of_it_claims_nothing() -> None:
    assert claim({}) is Claim.NOTHING
    assert claim({"utm_source": "mail", "result": ""}) is Claim.NOTHING


def test_a_plus_that_became_a_space_is_one_again() -> None:
    told = {"payment": {**payment(), "description": "~~~???>>>"}}
    query = back(told)
    assert "+" in query["result"]
    assert claim({**query, "result": query["result"].replace("+", " ")}) is Claim.SUCCESS


def test_the_passphrase_before_holds_and_a_replay_does_no_harm() -> None:
    query = back({"payment": payment()}, "old")
    assert claim(query, previous_passphrase=SecretStr("old")) is Claim.SUCCESS
    assert claim(query, previous_passphrase=SecretStr("old")) is Claim.SUCCESS


GOOD = back({"payment": payment("FAILED")})
BETTER = base64.b64encode(json.dumps({"payment": payment()}).encode()).decode()


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({**GOOD, "result": BETTER}, "The return's checksum does not hold."),
        ({**GOOD, "checksum": GOOD["checksum"].upper()}, "The return's checksum does not hold."),
        ({**GOOD, "checksum": ""}, "The return's checksum does not hold."),
        ({"result": GOOD["result"], "merchant": LOGIN}, "The return's checksum does not hold."),
        (back({"payment": payment()}, ""), "The return's checksum does not hold."),
        (back({"payment": payment()}, "old"), "The return's checksum does not hold."),
        (back({"payment": {"x": "y" * 20_000}}), "The return's checksum does not hold."),
        ({**GOOD, "merchant": "login2"}, "The return is for another API login."),
        ({**GOOD, "merchant": ""}, "The return is for another API login."),
        ({"merchant": LOGIN}, "The return's checksum does not hold."),
    ],
)
def test_what_is_tampered_with_is_refused(query: dict[str, str], sentence: str) -> None:
    with pytest.raises(Forged) as caught:
        claim(query)
    assert str(caught.value) == sentence
