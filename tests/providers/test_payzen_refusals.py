"""What of an order does PayZen refuse, before the call and after it, and whose is it to mend?"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from providers.base import Customer, Kind
from providers.errors import Declined, Invalid, Misconfigured, ProviderError, Uncertain, Unreachable
from providers.money import Money
from tests.providers.payzen_wire import CREATE, FORM, Wire, charge, invited, no, order, scripted

EXPIRES = datetime(2099, 1, 1, tzinfo=UTC)


@pytest.fixture
def wire() -> Iterator[Wire]:
    with scripted() as script:
        yield script


# --- complaints -----------------------------------------------------------------------------------------

HERE = "options.payzen"


@pytest.mark.parametrize(
    ("options", "path"),
    [
        ({"colour": "red"}, "colour"),
        ({"paymentMethods": ["visa"]}, "paymentMethods.0"),
        ({"strongAuthentication": "always"}, "strongAuthentication"),
        ({"locale": "fr"}, "locale"),
        ({"merchantComment": "x" * 256}, "merchantComment"),
        ({"paymentReceiptEmail": "a;b@c"}, "paymentReceiptEmail"),
        ({"taxAmount": -1}, "taxAmount"),
        ({"taxAmount": 991}, "taxAmount"),
        ({"taxAmount": 1.5}, "taxAmount"),
        ({"taxRate": "a fifth"}, "taxRate"),
        ({"dataCollectionForm": "yes"}, "dataCollectionForm"),
        ({"redirectSuccessTimeout": -1}, "redirectSuccessTimeout"),
        ({"redirectErrorTimeout": 3601}, "redirectErrorTimeout"),
        ({"contrib": "x" * 129}, "contrib"),
        ({"metadata": {"order": "7"}}, "metadata.order"),
        ({"metadata": {"seat": 7}}, "metadata.seat"),
        ({"transactionOptions": {"cardOptions": {"captureDelay": 366}}}, "transactionOptions.cardOptions.captureDelay"),
        ({"transactionOptions": {"cardOptions": {"retry": 4}}}, "transactionOptions.cardOptions.retry"),
        ({"channelOptions": {"mailOptions": {"bcc": "a, b"}}}, "channelOptions.mailOptions.bcc"),
        ({"channelOptions": {"smsOptions": {}}}, "channelOptions.smsOptions"),
        ({"customer": {"email": "a@b.example"}}, "customer.email"),
        ({"payment_methods": ["VISA"]}, "payment_methods"),
    ],
)  # fmt: skip
def test_what_an_order_brings_is_checked_by_its_path(wire: Wire, options: Any, path: str) -> None:
    found = wire.payzen().complaints(charge(reference="", options=options))
    assert [field for field, _ in found] == [f"{HERE}.{path}"]
    assert f"{HERE}.{path}" in wire.payzen().refuses(charge(options=options))
    with pytest.raises(Invalid):
        wire.payzen().start(charge(options=options))
    assert wire.called == []


def test_a_tax_is_compared_in_the_units_in_which_it_is_told(wire: Wire) -> None:
    """42 units of IDR are 4200 of ours."""
    found = wire.payzen().complaints(charge(money=Money(4200, "IDR"), options={"taxAmount": 43}))
    assert [field for field, _ in found] == [f"{HERE}.taxAmount"]
    assert not wire.payzen().complaints(charge(money=Money(4200, "IDR"), options={"taxAmount": 42}))


@pytest.mark.parametrize(
    ("changes", "path", "why"),
    [
        ({"money": Money(0, "EUR")}, "amount", "must be more than 0"),
        ({"money": Money(10**12, "EUR")}, "amount", "has more than 12 digits"),
        ({"money": Money(4250, "IDR")}, "amount", "42.50 IDR has more decimals than PayZen has for IDR"),
        ({"money": Money(990, "BHD")}, "currency", "PayZen does not take BHD"),
        ({"money": Money(990, "KHR")}, "currency", "PayZen may count KHR with 0 decimals and not with 2"),
        ({"money": Money(990, "CNY")}, "currency", "PayZen may count CNY with 1 decimals and not with 2"),
        ({"expires_at": EXPIRES}, "hold_minutes", "reaches more than 90 days ahead"),
        ({"reference": "R" * 65}, "reference", "has more than 64 characters"),
        ({"customer": Customer(email=f"{'a' * 150}@x.example")}, "customer.email", "has more than 150"),
        ({"customer": Customer(reference="c" * 81)}, "customer.reference", "has more than 80"),
    ],
)
def test_what_payzen_would_refuse_of_any_order(
    wire: Wire, changes: dict[str, Any], path: str, why: str
) -> None:
    found = wire.payzen().complaints(charge(**changes))
    assert [field for field, _ in found] == [path]
    assert found[0][1].startswith(why)
    with pytest.raises(Invalid):
        wire.payzen().start(charge(**changes))


@pytest.mark.parametrize(
    ("asked", "path"),
    [
        (invited("mail", "", "s", "t"), "invitation.to"),
        (invited("mail", "a@b;c@d", "s", "t"), "invitation.to"),
        (invited("mail", "a@b.example"), "invitation.subject"),
        (invited("mail", "a@b.example", "", "Pay {link}"), "invitation.subject"),
        (invited("sms", "0600000000"), "invitation.to"),
        (invited("sms", ""), "invitation.to"),
        (invited("whatsapp", "+0600"), "invitation.to"),
        (invited("whatsapp", "+33600000000", "", "Pay {link}"), "invitation.text"),
        (invited("pigeon", "x"), "channel"),
        (invited("page"), "channel"),
    ],
)
def test_an_invitation_is_checked_before_the_call(wire: Wire, asked: Any, path: str) -> None:
    payzen = wire.payzen(sends=["url", "mail", "sms", "whatsapp", "invoice"])
    assert [field for field, _ in payzen.complaints(asked)] == [path]
    with pytest.raises(Invalid) as problem:
        payzen.start(asked)
    assert problem.value.field == path


def test_an_order_that_has_run_out_is_not_begun(wire: Wire) -> None:
    late = charge(expires_at=datetime.now(UTC) - timedelta(seconds=1))
    assert wire.payzen().complaints(late) == ()
    with pytest.raises(Invalid) as problem:
        wire.payzen().start(late)
    assert problem.value.field == "hold_minutes"
    far = charge(expires_at=datetime.now(UTC) + timedelta(days=8))
    assert wire.payzen(order_days=7).complaints(far) == (("hold_minutes", "reaches more than 7 days ahead"),)
    assert wire.payzen(order_days=9).complaints(far) == ()


def test_other_kinds_are_refused(wire: Wire) -> None:
    assert wire.payzen().refuses(charge()) == ""
    assert "does not do subscription orders" in wire.payzen().refuses(charge(kind=Kind.SUBSCRIPTION))
    assert "does not do save_card orders" in wire.payzen().refuses(charge(kind=Kind.SAVE_CARD))


# --- every no -------------------------------------------------------------------------------------------


def named(name: str, code: str = "INT_099") -> Any:
    return no(code, "invalid input", f"Invalid input value [name={name}, value=canary]")


@pytest.mark.parametrize(
    ("answer", "field"),
    [
        (no("INT_009", "invalid amount", "Invalid input amount [value=-1]"), "amount"),
        (no("INT_010", "invalid currency", "Invalid input value [name=currency, value=TTT]"), "currency"),
        (no("INT_015", "invalid customer email", "Invalid [name=customer.email, value=x]"), "customer.email"),
        (no("INT_015", "invalid customer email"), "customer.email"),
        (no("INT_902", "input data validation error", "can't decode JSON data : line: 1 column: 1"), "order"),
        (no("INT_777", "something"), "order"),
        (named("customer.billingDetails.zipCode"), "customer.postal_code"),
        (named("expirationDate"), "hold_minutes"),
        (named("locale"), "language"),
        (named("paymentMethodToken"), "saved_card"),
        (named("channelOptions.mailOptions.recipient"), "invitation.to"),
        (named("channelOptions.smsOptions.message"), "invitation.text"),
        (named("channelOptions.whatsAppOptions.phoneNumber"), "invitation.to"),
        (named("taxRate"), f"{HERE}.taxRate"),
        (named("paymentMethods"), f"{HERE}.paymentMethods"),
    ],
)  # fmt: skip
def test_a_field_that_payzen_refuses(wire: Wire, answer: Any, field: str) -> None:
    wire.expect(CREATE, answer)
    with pytest.raises(Invalid) as problem:
        wire.payzen().start(charge(options={"paymentMethods": ["VISA"]}))
    assert problem.value.field == field
    assert answer["answer"]["errorCode"] in problem.value.why
    assert "canary" not in str(problem.value)


@pytest.mark.parametrize(
    "name",
    [
        "paymentMethods",
        "formAction",
        "transactionOptions.cardOptions.captureDelay",
        "ipnTargetUrl",
        "returnUrl",
    ],
)
def test_what_the_account_or_the_site_says_is_the_merchants(wire: Wire, name: str) -> None:
    wire.expect(CREATE, named(name))
    with pytest.raises(Misconfigured):
        wire.payzen().start(charge())


@pytest.mark.parametrize(
    ("answer", "kind", "told"),
    [
        (no("INT_905", "invalid login or private key"), Misconfigured, "Shop ID, the Password"),
        (no("INT_901", "web-service not found"), Misconfigured, "no such web service"),
        (no("PSP_100"), Misconfigured, "REST API is not enabled"),
        (no("PSP_109"), Misconfigured, "not activated for production"),
        (
            no("PSP_610", "No merchant acceptance agreement", None, "NO_ACCEPTANCE_AGREEMENT_AVAILABLE"),
            Misconfigured,
            "no contract of yours for EUR and any means of payment",
        ),
        (no("PSP_099"), Unreachable, "slow down"),
        (no("PSP_106"), Unreachable, "slow down"),
        (no("PSP_999"), Uncertain, "nobody knows yet"),
        (no("PSP_108", "formToken expired"), Declined, "formToken expired"),
        (no("PSP_777", "a new one"), Declined, "a new one"),
        (no("ACQ_001", "payment refused", None, "51"), Declined, "payment refused"),
        ((401, no("INT_905")), Misconfigured, "Shop ID, the Password"),
        ((503, ""), Uncertain, "503"),
        (requests.exceptions.ReadTimeout(), Uncertain, "in time"),
        (requests.exceptions.ConnectTimeout(), Unreachable, "reached"),
    ],
)
def test_every_no_has_its_kind(wire: Wire, answer: Any, kind: type[ProviderError], told: str) -> None:
    for channel, service in (("page", CREATE), ("widget", FORM)):
        wire.expect(service, answer)
        with pytest.raises(ProviderError, match=told) as problem:
            wire.payzen().start(charge(channel=channel))
        assert type(problem.value) is kind


def test_too_many_requests_are_sent_again_and_nothing_else_is(wire: Wire) -> None:
    wire.expect(CREATE, (429, "")).expect(CREATE, order())
    wire.payzen().start(charge())
    assert len(wire.slept) == 1
