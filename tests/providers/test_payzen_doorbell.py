"""Who rings at PayZen's doorbell, and what does it speak of? Every vector of the signature, good and bad."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from pydantic import SecretStr

from providers.base import Notification
from providers.errors import Forged, Invalid
from providers.payzen import signing
from tests.providers.payzen_wire import (
    HMAC_KEY,
    LIVE,
    ORDER,
    PASSWORD,
    REFERENCE,
    REFUND,
    UUID,
    VECTORS,
    Wire,
    payment,
    refunded,
    refused,
    ring,
    rung,
    scripted,
    signed,
    transaction,
)

KEYS = {"demo_password": PASSWORD, "demo_hmac_sha256": HMAC_KEY}
FIELDS = ("kr-answer", "kr-hash", "kr-hash-key", "kr-hash-algorithm", "kr-answer-type")


GOOD = signed(json.dumps(payment()))


@pytest.fixture
def wire() -> Iterator[Wire]:
    with scripted() as script:
        yield script


# --- the signature --------------------------------------------------------------------------------------


@pytest.mark.parametrize("vector", VECTORS["vectors"], ids=lambda vector: vector["id"])
def test_every_vector_of_the_contract(vector: dict[str, str]) -> None:
    form = {name: vector[name] for name in FIELDS}
    key = SecretStr(KEYS[vector["key"]])
    door = signing.PASSWORD if vector["key"] == "demo_password" else signing.BROWSER
    other = signing.BROWSER if door == signing.PASSWORD else signing.PASSWORD
    assert signing.holds(form, door, (key,)) is (vector["expect"] == "valid")
    # Whatever its hash, it opens no other door, and no other key opens it.
    assert not signing.holds(form, other, (key,))
    assert not signing.holds(form, door, (SecretStr("another"),))
    assert not signing.holds(form, door, (SecretStr(""),))


@pytest.mark.parametrize("vector", VECTORS["vectors"], ids=lambda vector: vector["id"])
def test_the_doorbell_takes_no_vector_but_those_of_the_password(wire: Wire, vector: dict[str, str]) -> None:
    incoming = ring({name: vector[name] for name in FIELDS})
    if vector["expect"] == "valid" and vector["kr-hash-key"] == "password":
        told = wire.payzen().read_notification(incoming)
        assert told.reference.startswith("myOrderId-")
        assert told.ignored == ""
    else:
        with pytest.raises(Forged):
            wire.payzen().read_notification(incoming)


def test_the_recorded_notification_of_the_contract(wire: Wire) -> None:
    vector = next(vector for vector in VECTORS["vectors"] if vector["id"] == "php-sdk-password")
    told = wire.payzen().read_notification(ring({name: vector[name] for name in FIELDS}))
    assert told == Notification(
        key="PAID:CLOSED,017574bda28e4f1d8413b97fc65c8197:AUTHORISED:990:EUR",
        about="order myOrderId-618776 paid",
        reference="myOrderId-618776",
        provider_ids=("017574bda28e4f1d8413b97fc65c8197",),
    )


def test_an_escaped_slash_may_have_been_hashed_without_its_escape(wire: Wire) -> None:
    plain = json.dumps(payment())
    assert "/" in plain
    escaped = plain.replace("/", "\\/")
    both = (signed(escaped), {**signed(plain), "kr-answer": escaped})
    for form in both:
        assert wire.payzen().read_notification(ring(form)).reference == REFERENCE
    with pytest.raises(Forged):  # the other way round nothing is taken off
        wire.payzen().read_notification(ring({**signed(escaped), "kr-answer": plain}))


def test_the_previous_password_is_believed_for_a_while(wire: Wire) -> None:
    old = rung(payment(), key="testpassword_old")
    assert wire.payzen(previous_password="testpassword_old").read_notification(old).reference == REFERENCE
    with pytest.raises(Forged):
        wire.payzen().read_notification(old)
    with pytest.raises(Forged):
        wire.payzen(previous_password="").read_notification(rung(payment(), key=""))


@pytest.mark.parametrize(
    "form",
    [
        {**GOOD, "kr-hash": GOOD["kr-hash"][:-1] + "x"},
        {**GOOD, "kr-hash": GOOD["kr-hash"].upper()},
        {**GOOD, "kr-hash": ""},
        {**GOOD, "kr-hash": "é"},
        {**GOOD, "kr-answer": GOOD["kr-answer"] + " "},
        {**GOOD, "kr-answer": GOOD["kr-answer"].replace("990", "991")},
        {**GOOD, "kr-hash-algorithm": "sha256"},
        {**GOOD, "kr-hash-algorithm": "SHA256_HMAC"},
        {**GOOD, "kr-hash-key": "sha256_hmac"},
        {**GOOD, "kr-hash-key": ""},
        {name: value for name, value in GOOD.items() if name != "kr-hash"},
        {name: value for name, value in GOOD.items() if name != "kr-answer"},
        {name: value for name, value in GOOD.items() if name != "kr-hash-key"},
        signed(json.dumps(payment()), key=HMAC_KEY, door="sha256_hmac"),
        signed(json.dumps(payment()), key=HMAC_KEY),
        {},
        b"",
        b"\xff\xfe",
        b"not a form",
        urlencode([*GOOD.items(), ("kr-answer", "{}")]).encode(),
        urlencode(list(GOOD.items()) + [(f"x{n}", "1") for n in range(60)]).encode(),
        urlencode(GOOD).encode() + b"&pad=" + b"x" * 1_000_000,
        urlencode(GOOD).encode() + b"&bad=%ff",
    ],
)
def test_everything_else_is_forged(wire: Wire, form: Any) -> None:
    assert wire.payzen().read_notification(ring(GOOD)).reference == REFERENCE
    with pytest.raises(Forged):
        wire.payzen().read_notification(ring(form))
    assert wire.called == []


# --- notifications --------------------------------------------------------------------------------------


def test_what_was_signed_with_other_letters_is_read(wire: Wire) -> None:
    answer = json.dumps(
        payment(customer={"billingDetails": {"city": "Évry & co + 100%"}}), ensure_ascii=False
    )
    assert wire.payzen().read_notification(ring(signed(answer))).reference == REFERENCE


@pytest.mark.parametrize(
    "changes",
    [{"paymentOrderId": ORDER}, {"details": {"paymentOrderId": ORDER}}],
)
def test_the_payment_order_is_looked_for_where_it_may_be(wire: Wire, changes: dict[str, Any]) -> None:
    told = wire.payzen().read_notification(rung(payment(**changes)))
    assert told.provider_ids == (ORDER, UUID)


@pytest.mark.parametrize("changes", [{"details": {"paymentOrderId": ORDER}}, {"paymentOrderId": ORDER}])
def test_or_in_a_transaction(wire: Wire, changes: dict[str, Any]) -> None:
    told = wire.payzen().read_notification(rung(payment(transaction(**changes))))
    assert told.provider_ids == (ORDER, UUID)


def test_one_ring_is_told_from_another(wire: Wire) -> None:
    payzen = wire.payzen()
    first = payzen.read_notification(rung(payment(serverDate="2026-11-22T19:00:01+00:00")))
    again = payzen.read_notification(rung(payment(serverDate="2026-11-22T19:15:00+00:00")))
    assert first.key == again.key == f"PAID:CLOSED,{UUID}:AUTHORISED:990:EUR"
    moved = payzen.read_notification(rung(payment(transaction("CAPTURED"))))
    assert moved.key == f"PAID:CLOSED,{UUID}:CAPTURED:990:EUR"
    back = payzen.read_notification(rung(payment(transaction("CAPTURED"), refunded(300))))
    assert back.key == f"PAID:CLOSED,{REFUND}:AUTHORISED:300:EUR,{UUID}:CAPTURED:990:EUR"
    assert back.provider_ids == (UUID, REFUND)
    refusal = payzen.read_notification(rung(payment(refused(), orderStatus="UNPAID", orderCycle="OPEN")))
    assert (refusal.key, refusal.about) == (
        f"UNPAID:OPEN,{UUID}:REFUSED:990:EUR",
        f"order {REFERENCE} unpaid",
    )


def test_what_is_lessened_in_the_back_office_is_news(wire: Wire) -> None:
    """It keeps its name and its status: only the amount is another one."""
    payzen = wire.payzen()
    whole = payzen.read_notification(rung(payment(transaction())))
    less = payzen.read_notification(rung(payment(transaction(amount=890))))
    assert whole.key != less.key


def test_an_order_that_ends_after_a_refusal_is_news(wire: Wire) -> None:
    payzen = wire.payzen()
    once_more = payzen.read_notification(rung(payment(refused(), orderStatus="UNPAID", orderCycle="OPEN")))
    over = payzen.read_notification(rung(payment(refused(), orderStatus="UNPAID", orderCycle="CLOSED")))
    assert once_more.key != over.key


def test_a_refund_alone_leads_to_its_payment(wire: Wire) -> None:
    told = wire.payzen().read_notification(rung(payment(refunded(300), details={"orderId": None})))
    assert (told.reference, told.provider_ids) == ("", (REFUND, UUID))


def test_an_order_without_a_try(wire: Wire) -> None:
    told = wire.payzen().read_notification(
        rung({**payment(), "transactions": None, "orderStatus": "ABANDONED"})
    )
    assert (told.reference, told.about, told.provider_ids) == (REFERENCE, f"order {REFERENCE} abandoned", ())
    assert len(told.key) == 64


def test_an_old_kind_is_ignored_and_takes_nobodys_place(wire: Wire) -> None:
    old = {**GOOD, "kr-answer-type": "V3.1/IPNRequest"}
    told = wire.payzen().read_notification(ring(old))
    assert told.ignored == "a notification of the kind V3.1/IPNRequest, which is not read"
    assert (told.reference, told.provider_ids) == ("", ())
    assert told.key != wire.payzen().read_notification(ring(GOOD)).key


def test_test_and_production_ring_apart(wire: Wire) -> None:
    test = rung(payment(), key=LIVE["password"])
    assert wire.payzen(live=True).read_notification(test).ignored == "a test notification on a live account"
    real = rung(payment(details={"mode": "PRODUCTION"}))
    assert wire.payzen().read_notification(real).ignored == "a production notification on a test account"
    assert wire.payzen().read_notification(rung(payment(details={"mode": None}))).ignored == ""


@pytest.mark.parametrize(
    ("answer", "field"),
    [
        ("{", "kr-answer"),
        ("[]", "kr-answer"),
        ("null", "kr-answer"),
        ("7", "kr-answer"),
        ("[" * 100_000, "kr-answer"),
        ("{}", "shopId"),
        (json.dumps(payment(shopId="11111111")), "shopId"),
        (json.dumps(payment(shopId=None)), "shopId"),
        (json.dumps({**payment(), "transactions": [{"uuid": ""}]}), "kr-answer.transactions.0.uuid"),
        (json.dumps({**payment(), "transactions": [{"uuid": "u" * 65}]}), "kr-answer.transactions.0.uuid"),
        (json.dumps({**payment(), "transactions": [7]}), "kr-answer.transactions.0"),
        (json.dumps({**payment(), "transactions": [transaction()] * 201}), "kr-answer.transactions"),
        (json.dumps(payment(details={"orderId": "R" * 101})), "kr-answer.orderDetails.orderId"),
        (
            json.dumps({**payment(details={"orderId": None}), "transactions": []}),
            "orderDetails.orderId",
        ),
    ],
)
def test_authentic_and_unreadable(wire: Wire, answer: str, field: str) -> None:
    with pytest.raises(Invalid) as problem:
        wire.payzen().read_notification(rung(answer))
    assert problem.value.field == field


def test_names_that_are_none_are_left_out(wire: Wire) -> None:
    odd = payment(paymentOrderId="<script>", details={"paymentOrderId": ["x"]})
    assert wire.payzen().read_notification(rung(odd)).provider_ids == (UUID,)
