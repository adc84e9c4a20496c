"""How does the merchant charge a saved card at eComCharge?"""

from collections.abc import Iterator
from typing import Any

import pytest

from providers.base import Occasion, Outcome, Redirect
from providers.errors import Declined, Invalid, Misconfigured, Uncertain
from providers.money import Money
from tests.providers.begateway import (
    BACK,
    CARD_TOKEN,
    NOTIFY,
    OPENED,
    REFERENCE,
    UID,
    BeGateway,
    charge,
    scripted,
    transaction,
)

OPEN = "POST checkout/ctp/api/checkouts"

PAY = "POST gateway/transactions/payments"


@pytest.fixture
def wire() -> Iterator[BeGateway]:
    with scripted() as script:
        yield script


def sent(wire: BeGateway, account: Any = None, live: bool = False, **changes: Any) -> Any:
    """What we ask of a new payment form."""
    wire.expect(OPEN, (201, OPENED))
    wire.provider(live=live, **(account or {})).start(charge(**changes))
    return wire.sent[-1]["checkout"]


def later(occasion: Occasion = Occasion.DELAYED_CHARGE, **changes: Any) -> Any:
    return charge(occasion=occasion, saved_card=CARD_TOKEN, **changes)


def test_a_charge_without_the_customer(wire: BeGateway) -> None:
    request = {
        "amount": 4299,
        "currency": "GBP",
        "description": "Order description",
        "tracking_id": REFERENCE,
        "language": "en",
        "test": True,
        "notification_url": NOTIFY,
        "return_url": f"{BACK}?end=return",
        "duplicate_check": True,
        "customer": {"email": "jake@example.com", "ip": "192.0.2.1"},
        "billing_address": {"address": "Baker street 221b", "country": "GB", "city": "London"},
        "additional_data": {
            "contract": ["card_on_file"],
            "card_on_file": {"initiator": "merchant", "type": "delayed_charge"},
        },
        "credit_card": {"token": CARD_TOKEN, "skip_three_d_secure_verification": True},
    }
    wire.expect(PAY, transaction(additional_data={}), {"request": request})
    started = wire.provider().start(later(options={"customer": {"ip": "192.0.2.1", "taxpayer_id": "7"}}))
    assert (started.show, started.provider_id) == (None, UID)
    assert started.report is not None
    assert (started.report.outcome, started.report.captured) == (Outcome.PAID, Money(4299, "GBP"))
    assert started.report.reference == REFERENCE
    assert started.report.live is False


@pytest.mark.parametrize("occasion", Occasion)
def test_every_occasion_has_its_words(wire: BeGateway, occasion: Occasion) -> None:
    wire.expect(PAY, transaction())
    wire.provider(duplicate_check=False).start(later(occasion))
    expected = (
        {"contract": ["recurring"]}
        if occasion is Occasion.RECURRING
        else {
            "contract": ["card_on_file"],
            "card_on_file": {"initiator": "merchant", "type": occasion.value},
        }
    )
    assert wire.sent[0]["request"]["additional_data"] == expected
    assert wire.sent[0]["request"]["duplicate_check"] is False


def test_the_same_charge_has_the_same_request_id(wire: BeGateway) -> None:
    for _ in range(2):
        wire.expect(PAY, transaction())
        wire.provider().start(later())
    wire.expect(PAY, transaction(tracking_id="G7-2"))
    wire.provider().start(later(reference="G7-2"))
    ids = [headers["RequestID"] for headers in wire.headers]
    assert ids[0] == ids[1] != ids[2]


def test_a_charge_may_be_an_authorization(wire: BeGateway) -> None:
    wire.expect("POST gateway/transactions/authorizations", transaction(kind="authorization"))
    report = wire.provider().start(later(capture_later=True)).report
    assert report is not None
    assert (report.outcome, report.authorized, report.captured) == (
        Outcome.AUTHORIZED,
        Money(4299, "GBP"),
        Money(0, "GBP"),
    )


def test_a_declined_charge_says_why(wire: BeGateway) -> None:
    wire.expect(PAY, transaction("failed", message="Payment was declined", payment={"bank_code": "F.0114"}))
    report = wire.provider().start(later()).report
    assert report is not None
    assert report.outcome is Outcome.FAILED
    assert report.decline is not None
    assert (report.decline.code, report.decline.message, report.decline.reason) == (
        "F.0114",
        "Payment was declined",
        "insufficient_funds",
    )


def test_a_bank_may_want_the_customer_after_all(wire: BeGateway) -> None:
    page = "https://gateway.bepaid.by/process/38697024-5dec707304"
    wire.expect(PAY, transaction("incomplete", message=None, redirect_url=page))
    started = wire.provider().start(later())
    assert started.show == Redirect(url=page)
    assert started.report is None


@pytest.mark.parametrize(("status", "outcome"), [("pending", Outcome.PENDING), ("odd", Outcome.PENDING)])
def test_a_charge_may_take_its_time(wire: BeGateway, status: str, outcome: Outcome) -> None:
    wire.expect(PAY, transaction(status))
    report = wire.provider().start(later()).report
    assert report is not None
    assert report.outcome is outcome
    assert bool(report.warning) is (status == "odd")


@pytest.mark.parametrize(
    ("answer", "kind", "sentence"),
    [
        (
            (
                400,
                {
                    "response": {
                        "message": "Token does not exist.",
                        "errors": {"credit_card": {"token": ["does not exist"]}},
                    }
                },
            ),
            Declined,
            "Token does not exist.",
        ),
        ((422, {"errors": {"amount": ["is too much"]}}), Invalid, "amount: is too much"),
        (
            (422, {"errors": {"billing_address": {"zip": ["is odd"]}}}),
            Invalid,
            "customer.postal_code: is odd",
        ),
        ((422, {"errors": {"notification_url": ["is odd"]}}), Misconfigured, "settings.notification_url"),
        (
            (400, {"response": {"message": "Duplicate transaction.", "errors": {"base": ["Duplicate"]}}}),
            Declined,
            "Wait 30 seconds",
        ),
        ((401, {"message": "Unauthorized"}), Misconfigured, "Secret key"),
        ((502, ""), Uncertain, "HTTP 502"),
        ({"transaction": {"status": "successful"}}, Uncertain, "could not be read"),
    ],
)
def test_every_kind_of_no_to_a_charge(
    wire: BeGateway, answer: Any, kind: type[Exception], sentence: str
) -> None:
    wire.expect(PAY, answer)
    with pytest.raises(kind, match=r".") as problem:
        wire.provider().start(later())
    assert type(problem.value) is kind
    assert sentence in str(problem.value)
