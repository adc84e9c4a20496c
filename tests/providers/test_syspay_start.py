"""How does a payment begin at SysPay, what is the shopper shown, and what does every other verb ask?"""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from providers.agreements import Agreement, AgreementState, Ending
from providers.base import Claim, Incoming, Outcome, Redirect
from providers.errors import Forged, Invalid, Misconfigured, ProviderError, Uncertain, Unreachable
from providers.money import Money
from tests.providers.eterminal import OPEN, OPENED, URL, one_off, plain_terms, pounds, provider, subscription
from tests.providers.syspay_wire import (
    LOGIN,
    PASSPHRASE,
    REFERENCE,
    SysPayWire,
    charge,
    further,
    mandate,
    no,
    paid,
    payment,
    refund,
    scripted,
)
from tests.providers.syspay_wire import subscription as subscription_there


@pytest.fixture
def wire() -> Iterator[SysPayWire]:
    with scripted() as script:
        yield script


# --- the beginning ----------------------------------------------------------------------------------------


def test_the_shopper_is_sent_to_the_form(wire: SysPayWire) -> None:
    body = {
        "locked": True,
        "type": "ONESHOT",
        "ems_url": "https://pay.shop.example/notify/1/?attempt=G7-1",
        "payment_page_redirect_url": "https://pay.shop.example/back/1/",
        "eterminal_redirect_url": "https://pay.shop.example/back/1/",
        "description": "A room with a view",
        "reference": "G7-1",
        "customer": {"email": "foo@bar.com", "language": "en"},
        "oneshot": {"amount": 1200, "currency": "GBP"},
    }
    wire.expect(OPEN, (201, {"data": OPENED}), body)
    started = provider(wire).start(charge())
    assert started.show == Redirect(url=URL)
    # The form names no id, and nothing else is known of it.
    assert (started.provider_id, started.provider_ids, started.report) == ("", (), None)
    assert started.memo == {}


@pytest.mark.parametrize(
    ("settings", "options", "retries"),
    [({"allowed_retries": 2}, {}, 2), ({"allowed_retries": 2}, {"allowed_retries": 0}, 0)],
)
def test_how_often_it_may_be_tried_again_is_remembered(
    wire: SysPayWire, settings: dict[str, Any], options: dict[str, Any], retries: int
) -> None:
    wire.expect(OPEN, OPENED)
    started = provider(wire, **settings).start(charge(options=options))
    assert wire.sent[0]["allowed_retries"] == retries
    assert started.memo == {"allowed_retries": retries}


def test_a_subscription_is_opened_like_a_payment(wire: SysPayWire) -> None:
    wire.expect(OPEN, OPENED)
    started = provider(wire).start(subscription(money=pounds(1500), terms=plain_terms()))
    assert started.show == Redirect(url=URL)
    assert wire.sent[0]["type"] == "SUBSCRIPTION"
    assert wire.sent[0]["subscription"]["billing_amount"] == 1500


def test_what_breaks_a_rule_is_not_sent(wire: SysPayWire) -> None:
    with pytest.raises(Invalid) as refusal:
        provider(wire).start(one_off(money=pounds(0), language="EN"))
    assert [field for field, _ in refusal.value.errors] == ["amount", "language"]
    assert wire.sent == []


def test_what_is_not_for_syspay_is_not_sent(wire: SysPayWire) -> None:
    with pytest.raises(Misconfigured, match="keeps none to be chosen"):
        provider(wire).start(one_off(saved_card="token"))
    assert wire.sent == []


def test_live_nobody_is_sent_to_an_open_page(monkeypatch: pytest.MonkeyPatch) -> None:
    live = provider(live=True)
    monkeypatch.setattr(live._wire, "eterminal", lambda body: "http://www.syspay.com/eterminal/x")
    with pytest.raises(Misconfigured, match="not https"):
        live.start(one_off())


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (requests.exceptions.ReadTimeout(), Uncertain),
        (requests.exceptions.ConnectTimeout(), Unreachable),
        ((500, "oops"), Uncertain),
        ((200, "half an ans"), Uncertain),
        ((200, {"data": {}}), Uncertain),
        ((200, {"data": {"eterminal": {"url": "javascript:alert(1)"}}}), Uncertain),
        (no(20013, "Invalid JSON"), Invalid),
        (no(10001, "Invalid login", 403), Misconfigured),
        ((404, "<html>"), Misconfigured),
    ],
)
def test_it_is_asked_once_and_each_no_is_of_its_kind(
    wire: SysPayWire, answer: object, kind: type[ProviderError]
) -> None:
    wire.expect(OPEN, answer)
    with pytest.raises(kind) as refusal:
        provider(wire).start(one_off())
    assert type(refusal.value) is kind
    assert len(wire.headers) == 1


def test_the_passphrase_is_in_nothing_that_is_kept(wire: SysPayWire) -> None:
    wire.expect(OPEN, no(10001, "Invalid data format"))
    with pytest.raises(Invalid) as refusal:
        provider(wire, previous_passphrase="canary-2").start(one_off())
    assert wire.shown
    for text in (str(refusal.value), repr(wire.shown)):
        assert PASSPHRASE not in text
        assert "canary" not in text
        assert "PasswordDigest" not in text


# --- an agreement is charged once more --------------------------------------------------------------------


def test_a_further_charge_opens_no_form(wire: SysPayWire) -> None:
    told = payment("SUCCESS", 130, reference="G8-1", amount=1500, payment_type="SUBSCRIPTION_MANUAL_REBILL")
    body = {
        "reference": "G8-1",
        "amount": 1500,
        "currency": "GBP",
        "description": "A room with a view",
        "ems_url": "https://pay.shop.example/notify/1/?attempt=G8-1",
    }
    wire.expect("POST subscription/5/rebill", {"payment": told}, body)
    started = provider(wire, types=["SUBSCRIPTION"]).start(further())
    assert started.show is None
    assert started.provider_ids == ("payment:130",)
    assert started.report is not None
    assert started.report.outcome is Outcome.PAID


# --- the other verbs --------------------------------------------------------------------------------------


def test_it_is_asked_what_is_true(wire: SysPayWire) -> None:
    wire.lists(payment())
    report = provider(wire).sync(charge())
    assert report.outcome is Outcome.PAID
    assert report.captured == Money(1200, "GBP")


def ring(passphrase: str) -> Incoming:
    body = json.dumps({"type": "payment", "data": {"payment": payment()}}).encode()
    checksum = hashlib.sha1(body + passphrase.encode()).hexdigest()
    headers = {"content-type": "application/json", "x-merchant": LOGIN, "x-checksum": checksum}
    return Incoming(headers={**headers, "x-event-id": "event-1"}, query={}, body=body)


def test_a_ring_is_read_with_the_passphrase_and_with_the_one_before() -> None:
    new = provider(previous_passphrase="the-old-one")
    for passphrase in (PASSPHRASE, "the-old-one"):
        told = new.read_notification(ring(passphrase))
        assert (told.reference, told.provider_ids) == (REFERENCE, ("payment:123",))
    with pytest.raises(Forged):
        new.read_notification(ring("another"))
    with pytest.raises(Forged):
        provider().read_notification(ring("the-old-one"))
    with pytest.raises(Forged):  # that there is none before is no passphrase
        provider().read_notification(ring(""))


def test_a_browser_that_comes_back_decides_nothing() -> None:
    """The contract's vector."""
    query = {
        "result": "eyJwYXltZW50Ijp7ImlkIjoxMjMsInJlZmVyZW5jZSI6InNoMTAwMDEiLCJhbW91bnQiOjEyMDAsImN1cnJlbmN5IjoiR0JQIi"
        "wic3RhdHVzIjoiU1VDQ0VTUyJ9fQ==",
        "merchant": LOGIN,
        "checksum": "17f76019c5381f53bbd73c5789b29e89f152a416",
    }
    assert provider().resume(one_off(), query).claim is Claim.SUCCESS
    assert provider().resume(one_off(), {}).claim is Claim.NOTHING
    with pytest.raises(Forged):
        provider().resume(one_off(), {**query, "checksum": "0" * 40})


def test_a_reservation_is_captured(wire: SysPayWire) -> None:
    wire.expect("POST payment/123/confirm", {"payment": payment()})
    wire.lists(payment())
    report = provider(wire).capture(paid(capture_later=True), Money(1200, "GBP"), key="key-1", plan={})
    assert report.outcome is Outcome.PAID


def test_a_reservation_is_let_go(wire: SysPayWire) -> None:
    wire.expect("POST payment/123/void", {"payment": payment("VOIDED")})
    wire.lists(payment("VOIDED"))
    report = provider(wire).void(paid(capture_later=True), Money(1200, "GBP"), key="key-1", plan={})
    assert report.outcome is Outcome.CANCELED
    assert report.voided == Money(1200, "GBP")


def test_money_is_given_back(wire: SysPayWire) -> None:
    wire.expect("POST refund", {"refund": refund()})
    wire.lists(payment()).shows("refund", refund())
    report = provider(wire).refund(paid(), Money(500, "GBP"), key="key-1", plan={})
    assert report.refunded == Money(500, "GBP")


def test_an_agreement_is_asked_about_and_ended(wire: SysPayWire) -> None:
    known = Agreement(provider_id="subscription:5", reference=REFERENCE)
    wire.shows("subscription", subscription_there()).lists()
    assert provider(wire).sync_agreement(known).state is AgreementState.ACTIVE
    wire.expect("POST subscription/5/cancel", {"subscription": subscription_there()}, {"now": True})
    wire.shows("subscription", subscription_there("TERMINATED")).lists()
    assert provider(wire).end_agreement(known, Ending.NOW).state is AgreementState.TERMINATED


def test_a_mandate_is_ended(wire: SysPayWire) -> None:
    known = Agreement(provider_id="agreement:8", reference=REFERENCE)
    wire.expect("POST billing-agreement/8/cancel", {"billing_agreement": mandate("ENDED")})
    wire.shows("billing_agreement", mandate("ENDED")).lists()
    assert provider(wire).end_agreement(known, Ending.NOW).state is AgreementState.ENDED
