"""How is SysPay called, and what is its no? The X-Wsse header, the envelopes, and the shapes of what is answered."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from providers.errors import Misconfigured, Uncertain, Unreachable
from providers.syspay import wsse
from providers.syspay.wire import NotFound, WireRefusal
from tests.providers.syspay_wire import (
    LOGIN,
    PASSPHRASE,
    SysPayWire,
    chargeback,
    mandate,
    no,
    payment,
    refund,
    scripted,
    subscription,
)

LOCKED_OUT = (
    "SysPay does not let this account in: look at the API login, the passphrase, and at SysPay whether our server's "
    "address may call. It says: Invalid source IP (request uuid-1)."
)
URL = "https://www.syspay.com/eterminal/ckrwsv5jxzrgkn3nqx6k6sjqngqgfg3s"


@pytest.fixture
def wire() -> Iterator[SysPayWire]:
    with scripted() as script:
        yield script


# --- the header -----------------------------------------------------


@pytest.mark.parametrize(
    ("login", "passphrase", "nonce", "created", "digest", "shown"),
    [
        ("login1", "passphrase1", b"0123456789abcdef", 1700000000, "CRYddwrr2h6AX/dIFjxL4UAreKQ=",
         "MDEyMzQ1Njc4OWFiY2RlZg=="),
        ("login1", "passphrase1", bytes.fromhex("00112233445566778899aabbccddeeff"), 1700000000,
         "NYosmV2OgO2sAAwo7rKL6/ysS0k=", "ABEiM0RVZneImaq7zN3u/w=="),
        ("9207700001", 'p@ss "phrase" é', b"\xff", 1421426737, "iaK0cwddS91XEf6OEmdY+mRehuU=", "/w=="),
    ],
)  # fmt: skip
def test_the_header_is_as_the_vendors_own_library_makes_it(
    login: str, passphrase: str, nonce: bytes, created: int, digest: str, shown: str
) -> None:
    assert wsse.header(login, passphrase, nonce=nonce, created=created) == (
        f'AuthToken MerchantAPILogin="{login}", PasswordDigest="{digest}", Nonce="{shown}", Created="{created}"'
    )


@pytest.mark.parametrize(
    "wrong",
    [
        "MDkxNjFkNzcwYWViZGExZTgwNWZmNzQ4MTYzYzRiZTE0MDJiNzhhNA==",  # of the digest in hex
        "KJ5MjSwhMfXCMjVPbq77MjrSVh4=",  # over the nonce in base64
    ],
)
def test_the_header_is_not_as_others_got_it_wrong(wrong: str) -> None:
    assert wrong not in wsse.header(LOGIN, PASSPHRASE, nonce=b"0123456789abcdef", created=1700000000)


def test_a_header_is_made_anew_for_every_sending(wire: SysPayWire) -> None:
    """Told to slow down, it is sent again, with another header: the faked wire refuses one that it has seen."""
    wire.expect("GET payment/123", (429, "")).expect("GET payment/123", {"payment": payment()})
    assert wire.wire.payment(123).id == 123
    assert wire.slept == [0.5]
    assert len(set(wire.headers)) == 2


# --- the calls ------------------------------------------------------


@pytest.mark.parametrize("status", [200, 201])
def test_the_forms_address_comes_with_a_200_or_a_201(wire: SysPayWire, status: int) -> None:
    body = {"locked": True, "type": "ONESHOT", "reference": "sh10001"}
    wire.expect("POST eterminal", (status, {"data": {"eterminal": {"url": URL}}}), body)
    assert wire.wire.eterminal(body) == URL


@pytest.mark.parametrize("url", [None, "", "javascript:alert(1)", 'https://x"onclick', "https://x y"])
def test_what_is_no_address_is_not_followed(wire: SysPayWire, url: Any) -> None:
    wire.expect("POST eterminal", {"eterminal": {"url": url}})
    with pytest.raises(Uncertain, match=r"^SysPay's answer about the form could not be read: url\.$"):
        wire.wire.eterminal({})


def test_every_call_has_its_path_and_its_body(wire: SysPayWire) -> None:
    client = wire.wire
    wire.expect("GET payment/123", {"payment": payment(), "redirect": None})
    assert client.payment(123).status == "SUCCESS"
    wire.expect("GET payments/?reference=G7%2F1+%26", {"payments": [payment(), payment("FAILED", 124)]})
    assert [told.id for told in client.payments("G7/1 &")] == [123, 124]
    wire.expect("POST payment/123/confirm", {"payment": payment()}, None)
    assert client.confirm(123).status == "SUCCESS"
    wire.expect("POST payment/123/void", {"payment": payment("VOIDED")}, None)
    assert client.void(123).status == "VOIDED"
    wire.expect("POST refund", {"refund": refund()}, {"reference": "key-1"})
    assert client.refund({"reference": "key-1"}).id == 9
    wire.expect("GET refund/9", {"refund": refund()})
    assert client.refund_by_id(9).amount == 500
    wire.expect("GET refunds/?reference=key-1", {"refunds": []})
    assert client.refunds(reference="key-1") == ()
    wire.expect("GET chargeback/6", {"chargeback": chargeback()})
    assert client.chargeback(6).reason_code == "4853"
    wire.expect("GET chargebacks/?payment_id=123", {"chargebacks": [chargeback()]})
    assert [told.id for told in client.chargebacks(payment_id="123")] == [6]
    wire.expect("GET subscription/5", {"subscription": subscription()})
    assert client.subscription(5).status == "ACTIVE"
    wire.expect("POST subscription/5/cancel", {"subscription": subscription()}, {"now": False})
    client.cancel_subscription(5, now=False)
    wire.expect("POST subscription/5/rebill", {"payment": payment()}, {"amount": 1500})
    assert client.rebill_subscription(5, {"amount": 1500}).id == 123
    wire.expect("GET billing-agreement/8", {"billing_agreement": mandate()})
    assert client.billing_agreement(8).status == "ACTIVE"
    wire.expect("POST billing-agreement/8/cancel", {"billing_agreement": mandate()}, None)
    client.cancel_billing_agreement(8)
    wire.expect("POST billing-agreement/8/rebill", {"payment": payment()}, {"payment": {}})
    assert client.rebill_billing_agreement(8, {"payment": {}}).id == 123


def test_where_nothing_is_to_be_said_the_word_null_is_sent(wire: SysPayWire) -> None:
    wire.expect("POST payment/123/confirm", {"payment": payment()})
    wire.expect("POST payment/123/void", {"payment": payment()})
    wire.expect("POST billing-agreement/8/cancel", {})
    wire.wire.confirm(123)
    wire.wire.void(123)
    wire.wire.cancel_billing_agreement(8)
    assert wire.raw == [b"null"] * 3


def test_numbers_may_be_strings(wire: SysPayWire) -> None:
    told = payment(
        id="123", amount="1200", subscription={"id": "5"}, processing_time="", billing_agreement=[]
    )
    wire.expect("GET payment/123", {"payment": told})
    read = wire.wire.payment(123)
    assert (read.id, read.amount, read.agreement, read.processing_time) == (123, 1200, "subscription:5", None)


@pytest.mark.parametrize("nothing", [None, [], "", "0", 0, False])
def test_an_object_that_is_not_there(wire: SysPayWire, nothing: Any) -> None:
    wire.expect("GET payment/123", {"payment": payment(billing_agreement=nothing, subscription=nothing)})
    assert wire.wire.payment(123).agreement == ""


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"id": True}, "id"),
        ({"id": 0}, "id"),
        ({"id": None}, "id"),
        ({"amount": 12.5}, "amount"),
        ({"amount": "12.00"}, "amount"),
        ({"amount": True}, "amount"),
        ({"amount": 10**16}, "amount"),
        ({"amount": "٣"}, "amount"),
        ({"status": {}}, "status"),
        ({"subscription": {"id": "five"}}, "subscription.id"),
        ({"subscription": "yes"}, "subscription"),
    ],
)
def test_what_is_no_payment_is_half_an_answer(wire: SysPayWire, changes: Any, field: str) -> None:
    wire.expect("GET payment/123", {"payment": payment(**changes)})
    with pytest.raises(Uncertain) as caught:
        wire.wire.payment(123)
    assert str(caught.value) == f"SysPay's answer about the payment could not be read: {field}."


def test_an_answer_about_something_else_is_none(wire: SysPayWire) -> None:
    wire.expect("GET payment/123", {"payment": payment("SUCCESS", 124)})
    with pytest.raises(Uncertain, match=r"^Asked about one thing, SysPay answered about another\.$"):
        wire.wire.payment(123)


@pytest.mark.parametrize(
    "answer",
    [
        (200, ""),
        (200, "<html>"),
        (200, "[]"),
        (200, {"data": []}),
        (200, {"payment": {}}),
        (201, {"error": {"code": 1, "message": "?"}}),
        (500, {"error": {"code": 10005, "message": "System error"}}),
        (502, "<html>"),
        (400, "<html>"),
        (400, {"why": "not"}),
        (400, {"errors": "none"}),
        no(10005, "An unknown error has occurred"),
        no(20007, "Payment not found", 409),
        requests.exceptions.ReadTimeout("slow"),
        requests.exceptions.ConnectionError("gone"),
    ],
)
def test_silence_and_half_an_answer_are_uncertain(wire: SysPayWire, answer: Any) -> None:
    wire.expect("POST payment/123/confirm", answer)
    with pytest.raises(Uncertain) as caught:
        wire.wire.confirm(123)
    assert not isinstance(caught.value, Unreachable)


def test_a_list_that_is_none_is_no_empty_list(wire: SysPayWire) -> None:
    wire.expect("GET payments/?reference=G7-1", {"payments": {}})
    with pytest.raises(Uncertain, match="list of payments"):
        wire.wire.payments("G7-1")


@pytest.mark.parametrize(("kind", "code"), [("payments", 20007), ("refunds", 40009), ("chargebacks", 70001)])
def test_not_found_is_an_empty_list(wire: SysPayWire, kind: str, code: int) -> None:
    wire.expect(f"GET {kind}/?reference=x", no(code, "not found", 404))
    ask = {"payments": lambda: wire.wire.payments("x"), "refunds": lambda: wire.wire.refunds(reference="x"),
           "chargebacks": lambda: wire.wire.chargebacks(reference="x")}  # fmt: skip
    assert ask[kind]() == ()


def test_another_404_of_a_list_is_no_empty_list(wire: SysPayWire) -> None:
    wire.expect("GET payments/?reference=x", no(20019, "Resource not found", 404))
    with pytest.raises(NotFound):
        wire.wire.payments("x")


@pytest.mark.parametrize(
    ("answer", "code", "message"),
    [
        (no(30008, "Payment reference is not unique"), 30008, "Payment reference is not unique"),
        (no(110001, "Invalid locked parameter"), 110001, "Invalid locked parameter"),
        ((400, {"error": {"code": "30008", "message": None}}), 30008, ""),
        ((400, {"error": {}}), 0, ""),
        (
            (400, {"error_code": 10003, "errors": [{"code": 30011, "message": "a"}, {"message": "b"}]}),
            30011,
            "a; b",
        ),
        ((400, {"error_code": 10003}), 10003, ""),
    ],
)
def test_a_no_is_told_with_its_number(wire: SysPayWire, answer: Any, code: int, message: str) -> None:
    wire.expect("POST eterminal", answer)
    with pytest.raises(WireRefusal) as caught:
        wire.wire.eterminal({})
    assert (caught.value.code, caught.value.message) == (code, message)
    assert type(caught.value) is WireRefusal


def test_not_found_is_a_no_of_its_own(wire: SysPayWire) -> None:
    wire.expect("GET payment/123", no(20007, "Payment not found", 404))
    with pytest.raises(NotFound) as caught:
        wire.wire.payment(123)
    assert caught.value.code == 20007


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (
            no(0, "Invalid source IP", 403),
            LOCKED_OUT,
        ),
        ((404, "<html>"), "There is no SysPay at this address: look at the base address."),
        ((302, ""), "SysPay's address leads elsewhere: look at the base address."),
    ],
)
def test_what_the_merchant_has_to_mend_is_said(wire: SysPayWire, answer: Any, sentence: str) -> None:
    wire.expect("GET payment/123", answer)
    with pytest.raises(Misconfigured) as caught:
        wire.wire.payment(123)
    assert str(caught.value) == sentence


def test_no_secret_is_shown_anywhere(wire: SysPayWire) -> None:
    wire.expect("POST eterminal", (400, {"error": {"code": 1, "message": "card 4111111111111111"}}))
    with pytest.raises(WireRefusal) as caught:
        wire.wire.eterminal({"reference": "x"})
    shown = f"{wire.shown} {caught.value} {wire.wire!r} {wire.settings!r}"
    assert PASSPHRASE not in shown
    assert "4111111111111111" not in shown
    assert "PasswordDigest" not in shown
