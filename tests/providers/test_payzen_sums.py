"""What came of the money of a PayZen payment: refunds, voids and captures, told by sums and by transactions?"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from providers.base import OperationStatus, Outcome, Verb
from providers.money import Money
from tests.providers.payzen_wire import (
    LIST,
    NOBODY,
    ORDER,
    OTHER,
    REFERENCE,
    REFUND,
    UUID,
    Wire,
    listed,
    own,
    paid,
    refunded,
    reserved,
    scripted,
    transaction,
)

NINE_NINETY = Money(990, "EUR")
NOTHING = Money(0, "EUR")


@pytest.fixture
def wire() -> Iterator[Wire]:
    with scripted() as script:
        yield script


# --- refunds, voids and captures ------------------------------------------------------------------------


def test_refunds_are_listed_and_summed(wire: Wire) -> None:
    wire.lists(listed(transaction("CAPTURED"), refunded(300), refunded(200, "REFUSED", uuid=OTHER)))
    report = wire.payzen().sync(paid())
    assert (report.outcome, report.captured, report.refunded) == (
        Outcome.PAID,
        NINE_NINETY,
        Money(300, "EUR"),
    )
    assert report.operations is not None
    told = [(o.verb, o.money.minor, o.status, o.provider_id) for o in report.operations]
    assert sorted(told) == [
        (Verb.REFUND, 200, OperationStatus.FAILURE, OTHER),
        (Verb.REFUND, 300, OperationStatus.SUCCESS, REFUND),
    ]
    assert set(report.provider_ids) == {ORDER, UUID, REFUND, OTHER}
    wire.lists(listed(transaction("CAPTURED"), refunded(990)))
    report = wire.payzen().sync(paid())
    assert (report.outcome, report.refunded) == (Outcome.REFUNDED, NINE_NINETY)


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("AUTHORISED", OperationStatus.SUCCESS),
        ("CAPTURED", OperationStatus.SUCCESS),
        ("ACCEPTED", OperationStatus.SUCCESS),
        ("WAITING_AUTHORISATION", OperationStatus.PENDING),
        ("REFUND_TO_RETRY", OperationStatus.PENDING),
        ("REFUSED", OperationStatus.FAILURE),
        ("CANCELLED", OperationStatus.FAILURE),
        ("NOT_CREATED", OperationStatus.FAILURE),
        ("MAYBE", OperationStatus.UNCERTAIN),
    ],
)
def test_every_word_of_a_refund(wire: Wire, word: str, status: OperationStatus) -> None:
    wire.lists(listed(transaction("CAPTURED"), refunded(300, word)))
    report = wire.payzen().sync(paid())
    assert report.operations is not None
    assert [operation.status for operation in report.operations] == [status]
    assert (report.refunded == Money(300, "EUR")) is (status is OperationStatus.SUCCESS)
    assert bool(report.warning) is (word == "MAYBE")


def test_a_refund_of_which_nobody_says_how_much(wire: Wire) -> None:
    wire.lists(listed(transaction("CAPTURED"), {**refunded(300), "amount": None}))
    report = wire.payzen().sync(paid())
    assert (report.refunded, report.operations) == (NOTHING, ())
    assert report.warning == f"PayZen lists a refund, {REFUND}, but not how much it is."


def test_a_refund_of_another_payment_is_not_ours(wire: Wire) -> None:
    foreign = refunded(300)
    foreign["transactionDetails"]["parentTransactionUuid"] = OTHER
    wire.lists(listed(transaction("CAPTURED"), foreign))
    assert wire.payzen().sync(paid()).operations == ()


def test_before_a_refund_counts_as_never_done_refunds_are_asked_for(wire: Wire) -> None:
    lost = own(Verb.REFUND, 300, "key-1", OperationStatus.UNCERTAIN)
    wire.lists(listed(transaction("CAPTURED")))
    wire.expect(LIST, listed(refunded(300)), {"orderId": REFERENCE, "operationType": "CREDIT"})
    report = wire.payzen().sync(paid(operations=(lost,)))
    assert report.refunded == Money(300, "EUR")
    wire.lists(listed(transaction("CAPTURED")))
    wire.expect(LIST, NOBODY)
    assert wire.payzen().sync(paid(operations=(lost,))).operations == ()


def test_a_reserve_that_was_voided(wire: Wire) -> None:
    wire.lists(listed(transaction("CANCELLED", status="UNPAID")))
    report = wire.payzen().sync(reserved(operations=(own(Verb.VOID, 990, "key-1"),)))
    assert (report.outcome, report.voided, report.captured) == (Outcome.CANCELED, NINE_NINETY, NOTHING)
    assert report.operations is not None
    assert [(o.verb, o.key, o.provider_id) for o in report.operations] == [(Verb.VOID, "key-1", f"{UUID}:0")]
    done = own(Verb.VOID, 990, "key-1", OperationStatus.SUCCESS, f"{UUID}:0")
    wire.lists(listed(transaction("CANCELLED", status="UNPAID")))
    again = wire.payzen().sync(reserved(operations=(done,)))
    assert (again.voided, again.operations) == (NINE_NINETY, (done,))


def test_a_payment_that_was_cancelled_before_its_capture_was_given_back(wire: Wire) -> None:
    wire.lists(listed(transaction("CANCELLED", status="UNPAID")))
    report = wire.payzen().sync(paid())
    assert (report.outcome, report.captured, report.refunded) == (Outcome.REFUNDED, NINE_NINETY, NINE_NINETY)
    assert report.operations is not None
    assert [(o.verb, o.key, o.money) for o in report.operations] == [(Verb.REFUND, "", NINE_NINETY)]


def test_an_authorisation_lapses(wire: Wire) -> None:
    wire.lists(listed(transaction("EXPIRED", status="UNPAID")))
    report = wire.payzen().sync(reserved())
    assert (report.outcome, report.authorized, report.captured) == (Outcome.EXPIRED, NINE_NINETY, NOTHING)


def test_a_capture_that_fails_at_the_bank_is_told(wire: Wire) -> None:
    wire.lists(listed(transaction("CAPTURE_FAILED", status="UNPAID")))
    report = wire.payzen().sync(paid())
    assert report.outcome is Outcome.FAILED
    assert report.warning == "PayZen says CAPTURE_FAILED of money that was authorised before."


def test_what_was_lessened_was_given_back_or_voided(wire: Wire) -> None:
    """Before the capture PayZen changes the amount itself: 9.90, then 6.90, then 4.90."""
    wire.lists(listed(transaction(amount=690))).expect(LIST, NOBODY)
    first = wire.payzen().sync(paid(operations=(own(Verb.REFUND, 300, "key-1"),)))
    assert (first.authorized, first.captured, first.refunded) == (NINE_NINETY, NINE_NINETY, Money(300, "EUR"))
    assert first.operations is not None
    done = first.operations[0]
    assert (done.key, done.provider_id, done.status) == ("key-1", f"{UUID}:690", OperationStatus.SUCCESS)
    wire.lists(listed(transaction(amount=490)))
    second = wire.payzen().sync(paid(operations=(done,), refunded=Money(300, "EUR")))
    assert second.refunded == Money(500, "EUR")
    assert second.operations is not None
    assert [(o.money.minor, o.key, o.provider_id) for o in second.operations] == [
        (300, "key-1", f"{UUID}:690"),
        (200, "", f"{UUID}:490"),
    ]
    wire.lists(listed(transaction("AUTHORISED_TO_VALIDATE", amount=690)))
    held = wire.payzen().sync(reserved())
    assert (held.outcome, held.authorized, held.voided) == (
        Outcome.AUTHORIZED,
        NINE_NINETY,
        Money(300, "EUR"),
    )


def test_a_capture_is_found_and_what_was_voided_before_stays_so(wire: Wire) -> None:
    voided = own(Verb.VOID, 300, "void-1", OperationStatus.SUCCESS, f"{UUID}:690")
    wire.lists(listed(transaction(amount=690)))
    report = wire.payzen().sync(reserved(operations=(voided, own(Verb.CAPTURE, 690, "capture-1"))))
    assert (report.outcome, report.captured, report.voided) == (
        Outcome.PAID,
        Money(690, "EUR"),
        Money(300, "EUR"),
    )
    assert report.operations is not None
    assert [(o.verb, o.key, o.provider_id) for o in report.operations] == [
        (Verb.CAPTURE, "capture-1", UUID),
        (Verb.VOID, "void-1", f"{UUID}:690"),
    ]


def test_what_was_lessened_and_captured_between_two_looks_was_voided(wire: Wire) -> None:
    """By our record nothing had been taken, so nothing was given back."""
    wire.lists(listed(transaction("CAPTURED", amount=690)))
    asked = own(Verb.VOID, 300, "void-1", OperationStatus.UNCERTAIN)
    report = wire.payzen().sync(reserved(operations=(asked,)))
    assert (report.outcome, report.authorized) == (Outcome.PAID, NINE_NINETY)
    assert (report.captured, report.voided, report.refunded) == (
        Money(690, "EUR"),
        Money(300, "EUR"),
        NOTHING,
    )
    assert report.operations is not None
    assert [(o.verb, o.key, o.money.minor) for o in report.operations] == [
        (Verb.CAPTURE, "", 690),
        (Verb.VOID, "void-1", 300),
    ]


# --- money that is promised and comes to nothing ----------------------------------------------------------


def test_paid_money_that_lapses_is_told(wire: Wire) -> None:
    wire.lists(listed(transaction("EXPIRED", status="UNPAID")))
    report = wire.payzen().sync(paid())
    assert (report.outcome, report.captured) == (Outcome.EXPIRED, NINE_NINETY)
    assert report.warning == "PayZen says EXPIRED of money that was authorised before."


def test_a_refund_that_was_done_and_is_undone_is_told(wire: Wire) -> None:
    done = own(Verb.REFUND, 300, "key-1", OperationStatus.SUCCESS, REFUND)
    wire.lists(listed(transaction("CAPTURED"), refunded(300, "CANCELLED")))
    report = wire.payzen().sync(paid(operations=(done,), refunded=Money(300, "EUR")))
    assert report.refunded == NOTHING
    assert report.warning == (
        "PayZen says CANCELLED of the refund of 3.00 EUR that was done before: the customer may not have it. "
        "Look at the Back Office."
    )
    wire.lists(listed(transaction("CAPTURED"), refunded(300)))
    assert wire.payzen().sync(paid(operations=(done,), refunded=Money(300, "EUR"))).warning == ""


def test_money_that_comes_anew_after_the_payment_was_undone_calls_a_person(wire: Wire) -> None:
    wire.lists(listed(transaction("CANCELLED"), transaction("CAPTURED", uuid=OTHER)))
    report = wire.payzen().sync(paid(refunded=NINE_NINETY))
    assert report.may_retry is False
    assert report.warning.startswith(f"PayZen has taken money anew, {OTHER}")


def ago(**span: int) -> str:
    return (datetime.now(UTC) - timedelta(**span)).isoformat(timespec="seconds")


def in_hours(at: datetime | None) -> float:
    assert at is not None
    return round((at - datetime.now(UTC)).total_seconds() / 3600, 1)


def due(at: str) -> dict[str, object]:
    return {"cardDetails": {"effectiveBrand": "CB", "expectedCaptureDate": at}}


def test_until_it_is_captured_money_is_asked_about(wire: Wire) -> None:
    payzen = wire.payzen()
    wire.lists(listed(transaction(creationDate=ago(minutes=0))))
    assert in_hours(payzen.sync(paid()).look_again) == 24
    wire.lists(listed(transaction(creationDate=ago(days=9), details=due(ago(days=-3)))))
    assert in_hours(payzen.sync(paid()).look_again) == 24 * 4
    wire.lists(listed(transaction(creationDate=ago(days=9), details=due(ago(days=2)))))
    assert in_hours(payzen.sync(paid()).look_again) == 24
    # ... but not for ever in vain, and not once it has moved.
    wire.lists(listed(transaction(creationDate=ago(days=31))))
    assert payzen.sync(paid()).look_again is None
    wire.lists(listed(transaction("CAPTURED", creationDate=ago(days=1))))
    assert payzen.sync(paid()).look_again is None
    wire.lists(listed(transaction("CAPTURED"), refunded(300, creationDate=ago(hours=1))))
    assert in_hours(payzen.sync(paid()).look_again) == 24
    wire.lists(listed(transaction("CAPTURED"), refunded(300, "CAPTURED", creationDate=ago(hours=1))))
    assert payzen.sync(paid()).look_again is None
    wire.lists(listed(transaction("AUTHORISED_TO_VALIDATE", creationDate=ago(hours=1))))
    assert payzen.sync(reserved()).look_again is None  # the core looks at these itself
