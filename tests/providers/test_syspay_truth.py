"""What is true of a payment at SysPay? Every word of its, several payments of one reference, what came afterwards."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from providers.base import Card, Chargeback, Operation, OperationStatus, Outcome, Verb
from providers.errors import Decline, Misconfigured, Uncertain
from providers.money import Money
from tests.providers.syspay_wire import (
    REFERENCE,
    SysPayWire,
    charge,
    chargeback,
    no,
    own,
    paid,
    payment,
    refund,
    scripted,
)

GBP = "GBP"
NOTHING = Money(0, GBP)
FULL = Money(1200, GBP)
UNFILTERED = "SysPay lists payments of other references, so one of ours may be missing."


@pytest.fixture
def wire() -> Iterator[SysPayWire]:
    with scripted() as script:
        yield script


# --- every word -----------------------------------------------------


def test_paid_is_what_the_list_and_the_amount_say(wire: SysPayWire) -> None:
    wire.lists(payment())
    report = wire.sync(charge())
    assert (report.outcome, report.reference, report.live) == (Outcome.PAID, REFERENCE, None)
    assert (report.authorized, report.captured) == (FULL, FULL)
    assert (report.refunded, report.voided) == (NOTHING, NOTHING)
    assert (report.operations, report.chargebacks, report.agreement) == ((), (), None)
    assert report.provider_ids == ("payment:123",)
    assert report.card == Card(last4="1111")
    assert report.memo == {"payment": 123}
    assert (report.warning, report.may_retry, report.decline) == ("", None, None)


def test_a_reserve_waits_for_its_capture(wire: SysPayWire) -> None:
    wire.lists(payment("AUTHORIZED"))
    report = wire.sync(charge(capture_later=True))
    assert report.outcome is Outcome.AUTHORIZED
    assert (report.authorized, report.captured, report.voided) == (FULL, NOTHING, NOTHING)
    assert report.memo == {"payment": 123}


def test_what_was_let_go_is_canceled(wire: SysPayWire) -> None:
    wire.lists(payment("VOIDED"))
    report = wire.sync(charge(capture_later=True))
    assert report.outcome is Outcome.CANCELED
    assert (report.authorized, report.captured, report.voided) == (FULL, NOTHING, FULL)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("OPEN", Outcome.OPEN),
        ("WAITING", Outcome.PENDING),
        ("CANCELLED", Outcome.CANCELED),
        ("TIMED_OUT", Outcome.EXPIRED),
        ("EXPIRED", Outcome.EXPIRED),
    ],
)
def test_a_payment_without_money(wire: SysPayWire, status: str, outcome: Outcome) -> None:
    wire.lists(payment(status))
    report = wire.sync(charge())
    assert (report.outcome, report.warning, report.decline) == (outcome, "", None)
    assert (report.authorized, report.captured) == (None, None)
    assert report.memo == {}


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("BRILLIANT", 'SysPay calls the payment 123 "BRILLIANT", a word that we do not know.'),
        ("success", 'SysPay calls the payment 123 "success", a word that we do not know.'),
        (None, "SysPay does not say how the payment 123 stands."),
    ],
)
def test_a_word_that_we_do_not_know_is_pending(wire: SysPayWire, word: Any, sentence: str) -> None:
    wire.lists(payment(word))
    report = wire.sync(charge())
    assert (report.outcome, report.warning) == (Outcome.PENDING, sentence)
    assert report.captured is None


@pytest.mark.parametrize(
    ("category", "reason"),
    [
        ("card_flagged", "fraud_suspected"),
        ("declined", "declined"),
        ("duplicated", "declined"),
        ("expired", "expired_card"),
        ("fraud_suspicious", "fraud_suspected"),
        ("insufficient_funds", "insufficient_funds"),
        ("invalid_card", "invalid_card"),
        ("invalid_cv2", "wrong_cvc"),
        ("invalid_details", "invalid_card"),
        ("other", "declined"),
        ("technical_error", "technical_error"),
        ("unsupported", "not_supported"),
        ("bad_hair", "declined"),
    ],
)
def test_why_a_payment_failed(wire: SysPayWire, category: str, reason: str) -> None:
    wire.lists(payment("FAILED", failure_category=category))
    report = wire.sync(charge())
    assert report.outcome is Outcome.FAILED
    assert report.decline == Decline(code=category, reason=reason)


def test_an_error_is_a_failure_of_the_technique(wire: SysPayWire) -> None:
    wire.lists(payment("ERROR"))
    report = wire.sync(charge(memo={"allowed_retries": 3}))
    assert (report.outcome, report.decline) == (
        Outcome.FAILED,
        Decline(code="ERROR", reason="technical_error"),
    )
    wire.lists(payment("FAILED"))
    assert wire.sync(charge()).decline == Decline(code="FAILED", reason="declined")


@pytest.mark.parametrize(
    "changes", [{"amount": None}, {"amount": -1}, {"currency": ""}, {"currency": "gbp"}, {"currency": "€"}]
)
def test_money_without_an_amount_is_not_believed(wire: SysPayWire, changes: Any) -> None:
    wire.lists(payment(**changes))
    report = wire.sync(charge())
    assert report.outcome is Outcome.PENDING
    assert report.warning == "SysPay says SUCCESS of payment 123, but not how much."
    assert report.captured is None


@pytest.mark.parametrize("money", [Money(1200, "JPY"), Money(1200, "EUR"), Money(1200, "KWD")])
def test_amounts_are_told_as_they_are(wire: SysPayWire, money: Money) -> None:
    """The form at the desk may be open to changes: whoever compares it says so."""
    wire.lists(payment(currency=money.currency))
    assert wire.sync(charge()).captured == money


@pytest.mark.parametrize(
    ("method", "card"),
    [
        (None, None),
        ({"type": "IDEAL", "display": "NL12 1234"}, None),
        ({"type": "CREDITCARD"}, None),
        (
            {"type": "CREDITCARD", "display": "4111-11xx-xxxx-1111", "cardholder": "J DOE", "exp_month": "01",
             "exp_year": 2028},
            Card(last4="1111", expiry_month=1, expiry_year=2028, holder="J DOE"),
        ),
        (
            {"type": "CREDITCARD", "display": "5347-94xx-xxxx-7156", "exp_month": "13", "exp_year": "28", "details":
             {"scheme": "MASTERCARD", "holder": "T T", "exp_month": "01", "exp_year": "2028"}},
            Card(brand="Mastercard", last4="7156", holder="T T"),
        ),
        ({"type": "", "details": {"scheme": "CB"}}, Card(brand="CB")),
    ],
)  # fmt: skip
def test_what_may_be_shown_of_the_card(wire: SysPayWire, method: Any, card: Card | None) -> None:
    wire.lists(payment(payment_method=method))
    assert wire.sync(charge()).card == card


# --- which payment is it? -------------------------------------------


def test_nobody_has_filled_in_the_form_yet(wire: SysPayWire) -> None:
    wire.lists()
    report = wire.sync(charge())
    assert (report.outcome, report.provider_ids, report.warning) == (Outcome.OPEN, (), "")


def test_a_row_of_another_reference_is_not_ours(wire: SysPayWire) -> None:
    wire.lists(payment(reference="G7-11"), payment("SUCCESS", 124, reference="g7-1"))
    report = wire.sync(charge())
    assert (report.outcome, report.warning) == (Outcome.OPEN, UNFILTERED)
    wire.lists(payment(reference="G7-11"), payment("SUCCESS", 124))
    report = wire.sync(charge())
    assert (report.outcome, report.provider_ids) == (Outcome.PAID, ("payment:124",))


def test_what_we_were_rung_for_is_looked_up(wire: SysPayWire) -> None:
    wire.lists().shows("payment", payment())
    report = wire.sync(charge(provider_ids=("payment:123", "9x", "payment:", "payment:-1", "other:4")))
    assert (report.outcome, report.reference) == (Outcome.PAID, REFERENCE)
    wire.lists().shows("payment", payment(reference=None))
    report = wire.sync(charge(provider_ids=("payment:123",)))
    assert (report.outcome, report.reference) == (Outcome.PAID, None)
    wire.lists().shows("payment", no(20007, "Payment not found", 404), 123)
    assert wire.sync(charge(provider_ids=("payment:123",))).outcome is Outcome.OPEN


def test_money_under_another_reference_is_handed_on_to_be_compared(wire: SysPayWire) -> None:
    wire.lists().shows("payment", payment(reference="G9-1"))
    report = wire.sync(charge(provider_ids=("payment:123",)))
    assert (report.outcome, report.reference, report.captured) == (Outcome.PAID, "G9-1", FULL)
    wire.lists().shows("payment", payment("FAILED", reference="G9-1"))
    report = wire.sync(charge(provider_ids=("payment:123",)))
    assert (report.outcome, report.provider_ids, report.decline) == (Outcome.OPEN, (), None)


def test_the_payment_that_had_the_money_is_not_lost_sight_of(wire: SysPayWire) -> None:
    wire.lists().shows("payment", no(20007, "Payment not found", 404), 123)
    with pytest.raises(Misconfigured) as caught:
        wire.sync(paid())
    assert str(caught.value) == (
        "SysPay knows no payment 123, which it had: look at the base address and the API login."
    )


@pytest.mark.parametrize(
    "answer",
    [
        (200, "<html>"),
        (502, "bad gateway"),
        requests.exceptions.ReadTimeout("slow"),
        no(10009, "not of type"),
    ],
)
def test_when_it_cannot_be_asked_nobody_knows(wire: SysPayWire, answer: Any) -> None:
    wire.expect(f"GET payments/?reference={REFERENCE}", answer)
    with pytest.raises(Uncertain):
        wire.sync(charge())


def test_several_tries_in_one_form(wire: SysPayWire) -> None:
    """Money first, then what may still become money, then the newest."""
    failed = payment("FAILED", 121, failure_category="invalid_cv2")
    again = payment("FAILED", 122, failure_category="expired", payment_type="ONESHOT_RETRY")
    wire.lists(payment(), again, failed)
    report = wire.sync(charge(memo={"allowed_retries": 2}))
    assert (report.outcome, report.captured, report.decline) == (Outcome.PAID, FULL, None)
    assert report.provider_ids == ("payment:121", "payment:122", "payment:123")
    assert (report.may_retry, report.warning) == (None, "")
    wire.lists(payment("WAITING", 120), failed, again)
    assert wire.sync(charge()).outcome is Outcome.PENDING
    wire.lists(failed, payment("CANCELLED", 122))
    assert wire.sync(charge(memo={"allowed_retries": 2})).outcome is Outcome.CANCELED


@pytest.mark.parametrize(
    ("allowed", "outcome"),
    [
        (3, Outcome.OPEN),
        (2, Outcome.OPEN),
        (1, Outcome.FAILED),
        (0, Outcome.FAILED),
        (None, Outcome.FAILED),
    ],
)
def test_a_failed_try_is_not_the_end_while_there_are_more(
    wire: SysPayWire, allowed: int | None, outcome: Outcome
) -> None:
    wire.lists(payment("FAILED", 121), payment("FAILED", 122, failure_category="expired"))
    report = wire.sync(charge(memo={} if allowed is None else {"allowed_retries": allowed}))
    # It may have been under way before: then the shopper is to go on with the same form.
    assert (report.outcome, report.waits_again) == (outcome, outcome is Outcome.OPEN)
    assert report.decline == Decline(code="expired", reason="expired_card")


def test_money_taken_twice_calls_a_person(wire: SysPayWire) -> None:
    wire.lists(payment("SUCCESS", 124), payment(), payment("AUTHORIZED", 125))
    report = wire.sync(charge())
    assert (report.outcome, report.captured, report.memo) == (Outcome.PAID, FULL, {"payment": 123})
    assert report.may_retry is False
    assert report.warning == (
        "SysPay took the money of G7-1 more than once: also as payment 124, 125. Refund at SysPay what is too much."
    )


def test_the_first_payment_stays_the_first(wire: SysPayWire) -> None:
    """What was reserved was let go, and then somebody paid in the same form after all."""
    wire.lists(payment("VOIDED"), payment("SUCCESS", 124))
    report = wire.sync(paid())
    assert (report.outcome, report.may_retry) == (Outcome.CANCELED, False)
    assert "also as payment 124" in report.warning


# --- afterwards -----------------------------------------------------


def test_refunds_that_we_were_rung_for_are_counted(wire: SysPayWire) -> None:
    wire.lists(payment()).shows("refund", refund()).shows("refund", refund("FAILED", 10, reference="key-2"))
    wire.shows("refund", refund("SUCCESS", 11, reference=None, amount=100))
    ids = ("refund:9", "refund:10", "refund:11")
    report = wire.sync(paid(ids=ids, operations=(own(Verb.REFUND, 500, "key-1"),)))
    assert (report.outcome, report.refunded) == (Outcome.PAID, Money(600, GBP))
    success, failure = OperationStatus.SUCCESS, OperationStatus.FAILURE
    assert report.operations == (
        Operation(verb=Verb.REFUND, money=Money(500, GBP), status=success, key="key-1", provider_id="refund:9"),
        Operation(verb=Verb.REFUND, money=Money(500, GBP), status=failure, key="key-2", provider_id="refund:10",
                  message="SysPay says FAILED."),
        Operation(verb=Verb.REFUND, money=Money(100, GBP), status=success, key="refund:11", provider_id="refund:11"),
    )  # fmt: skip
    assert report.provider_ids == ("payment:123", *ids)


def test_when_all_is_given_back_it_is_refunded(wire: SysPayWire) -> None:
    wire.lists(payment()).shows("refund", refund(amount=700)).shows("refund", refund("SUCCESS", 10))
    report = wire.sync(paid(ids=("refund:9", "refund:10")))
    assert (report.outcome, report.refunded) == (Outcome.REFUNDED, FULL)


@pytest.mark.parametrize(
    ("status", "ours"),
    [
        ("FAILED", OperationStatus.FAILURE),
        ("ERROR", OperationStatus.FAILURE),
        ("CANCELLED", OperationStatus.FAILURE),
        ("OPEN", OperationStatus.PENDING),
        ("WAITING", OperationStatus.PENDING),
        ("PENDING", OperationStatus.PENDING),
    ],
)
def test_a_refund_that_is_not_done_is_not_counted(
    wire: SysPayWire, status: str, ours: OperationStatus
) -> None:
    wire.lists(payment()).shows("refund", refund(status))
    report = wire.sync(paid(ids=("refund:9",)))
    assert (report.refunded, report.warning) == (NOTHING, "")
    assert [told.status for told in report.operations or ()] == [ours]


def test_a_refunds_word_that_we_do_not_know_is_pending(wire: SysPayWire) -> None:
    wire.lists(payment()).shows("refund", refund("SENT"))
    report = wire.sync(paid(ids=("refund:9",)))
    assert [told.status for told in report.operations or ()] == [OperationStatus.PENDING]
    assert report.warning == 'SysPay calls the refund 9 "SENT", a word that we do not know.'


@pytest.mark.parametrize("changes", [{"amount": None}, {"currency": "EUR"}])
def test_a_refund_without_its_amount_is_said_and_not_counted(wire: SysPayWire, changes: Any) -> None:
    wire.lists(payment()).shows("refund", refund(**changes))
    report = wire.sync(paid(ids=("refund:9",)))
    assert (report.refunded, report.operations) == (NOTHING, ())
    assert report.warning == "SysPay does not say how much the refund 9 is in GBP."


def test_another_payments_refund_is_not_ours(wire: SysPayWire) -> None:
    wire.lists(payment()).shows("refund", refund(of=124)).shows("refund", refund("SUCCESS", 10, of=None))
    wire.shows("refund", no(40009, "Refund not found", 404), 11)
    ids = ("refund:9", "refund:10", "refund:11")
    assert wire.sync(paid(ids=ids)).operations == ()
    # One that names no payment is known by the key that we gave it.
    wire.lists(payment()).shows("refund", refund(of=None))
    report = wire.sync(paid(ids=("refund:9",), operations=(own(Verb.REFUND, 500, "key-1"),)))
    assert report.refunded == Money(500, GBP)


def test_the_number_that_a_person_found_is_a_refunds(wire: SysPayWire) -> None:
    wire.lists(payment()).shows("refund", refund())
    assert wire.sync(paid(ids=("9",))).refunded == Money(500, GBP)


def test_a_refund_that_nobody_told_of_stays_uncertain(wire: SysPayWire) -> None:
    wire.lists(payment())
    report = wire.sync(paid(operations=(own(Verb.REFUND, 500, "key-1"),)))
    assert report.operations == (
        Operation(
            verb=Verb.REFUND,
            money=Money(500, GBP),
            status=OperationStatus.UNCERTAIN,
            key="key-1",
            message="SysPay has not told of this refund yet.",
        ),
    )


def test_where_the_list_can_be_asked_by_our_key_it_is_found_or_was_never_made() -> None:
    with scripted(lists_filter_by_reference=True) as wire:
        other = refund("SUCCESS", 12, reference="key-10")
        wire.lists(payment()).expect("GET refunds/?reference=key-1", {"refunds": [refund(), other]})
        report = wire.sync(paid(operations=(own(Verb.REFUND, 500, "key-1"),)))
        assert [(told.key, told.status) for told in report.operations or ()] == [
            ("key-1", OperationStatus.SUCCESS)
        ]
        wire.lists(payment()).expect("GET refunds/?reference=key-1", {"refunds": []})
        assert wire.sync(paid(operations=(own(Verb.REFUND, 500, "key-1"),))).operations == ()
        done = own(Verb.REFUND, 500, "key-1", OperationStatus.SUCCESS)
        wire.lists(payment())
        assert wire.sync(paid(operations=(done,))).operations == ()


def test_where_the_lists_can_be_asked_by_payment_everything_is_found() -> None:
    with scripted(lists_filter_by_payment=True) as wire:
        wire.lists(payment())
        wire.expect("GET refunds/?payment_id=123", {"refunds": [refund()]})
        wire.expect(
            "GET chargebacks/?payment_id=123",
            {"chargebacks": [chargeback(), chargeback(7, payment={"id": 124})]},
        )
        report = wire.sync(paid(operations=(own(Verb.REFUND, 700, "key-2"),)))
        assert report.refunded == Money(500, GBP)
        assert [told.key for told in report.operations or ()] == ["key-1"]
        assert [told.id for told in report.chargebacks] == ["chargeback:6"]
        assert report.provider_ids == ("payment:123", "refund:9", "chargeback:6")


PASSED_OVER = (
    "Asked for refunds by {}, SysPay lists others, too, so one of ours may be missing: look at the account's "
    "settings."
)


@pytest.mark.parametrize(
    ("listed", "warning"),
    [
        ([refund("SUCCESS", 10, of=124, reference="x")], PASSED_OVER.format("payment_id")),
        ([refund("SUCCESS", number, amount=1, reference=f"x{number}") for number in range(10, 20)], ""),
        ([refund("SUCCESS", 9, amount=None)], "SysPay does not say how much the refund 9 is in GBP."),
    ],
)
def test_a_list_that_may_lack_a_refund_does_not_say_that_it_was_never_made(
    listed: list[dict[str, Any]], warning: str
) -> None:
    """A filter that is passed over, a list that may be the first page alone, one that cannot be read: who takes the
    refund for failed sends it again."""
    with scripted(lists_filter_by_payment=True) as wire:
        wire.lists(payment()).expect("GET refunds/?payment_id=123", {"refunds": listed})
        wire.expect("GET chargebacks/?payment_id=123", {"chargebacks": []})
        report = wire.sync(paid(operations=(own(Verb.REFUND, 500, "key-1"),)))
    ours = [told.status for told in report.operations or () if told.key == "key-1"]
    assert (ours, report.warning) == ([OperationStatus.UNCERTAIN], warning)


def test_a_list_by_reference_that_has_others_does_not_say_that_ours_was_never_made() -> None:
    with scripted(lists_filter_by_reference=True) as wire:
        wire.lists(payment())
        wire.expect(
            "GET refunds/?reference=key-1", {"refunds": [refund("SUCCESS", 12, reference="x", of=124)]}
        )
        report = wire.sync(paid(operations=(own(Verb.REFUND, 500, "key-1"),)))
    assert [told.status for told in report.operations or ()] == [OperationStatus.UNCERTAIN]
    assert report.warning == PASSED_OVER.format("reference")


def test_a_chargeback_that_names_no_payment_is_said(wire: SysPayWire) -> None:
    wire.lists(payment()).shows("chargeback", chargeback(payment=None))
    report = wire.sync(paid(ids=("chargeback:6",)))
    assert (report.chargebacks, report.warning) == (
        (),
        "SysPay does not say of which payment the chargeback 6 is.",
    )


def test_a_list_that_cannot_be_asked_after_all_hides_no_payment() -> None:
    """The account's settings vouch for a filter that SysPay does not know."""
    refused = no(10004, "Extra parameters not allowed: payment_id")
    with scripted(lists_filter_by_payment=True) as wire:
        wire.lists(payment()).expect("GET refunds/?payment_id=123", refused)
        wire.expect("GET chargebacks/?payment_id=123", refused)
        report = wire.sync(paid(operations=(own(Verb.REFUND, 500, "key-1"),)))
    assert (report.outcome, report.captured) == (Outcome.PAID, FULL)
    assert [told.status for told in report.operations or ()] == [OperationStatus.UNCERTAIN]
    why = "(SysPay says 10004: Extra parameters not allowed: payment_id): look at the account's settings."
    assert report.warning == (
        f"SysPay does not let its list of refunds be asked by payment_id {why} "
        f"SysPay does not let its list of chargebacks be asked by payment_id {why}"
    )


def test_chargebacks_that_we_were_rung_for(wire: SysPayWire) -> None:
    wire.lists(payment()).shows("chargeback", chargeback())
    wire.shows("chargeback", chargeback(7, payment={"id": 124})).shows(
        "chargeback", chargeback(8, amount=None)
    )
    wire.shows("chargeback", no(70001, "Chargeback not found", 404), 10)
    ids = ("chargeback:6", "chargeback:7", "chargeback:8", "chargeback:10")
    report = wire.sync(paid(ids=ids))
    assert report.outcome is Outcome.PAID
    assert report.chargebacks == (
        Chargeback(id="chargeback:6", money=FULL, status="SUCCESS", reason="4853",
                   at=datetime.fromtimestamp(1618400000, UTC)),
    )  # fmt: skip
    assert report.warning == "SysPay does not say how much the chargeback 8 is in GBP."


@pytest.mark.parametrize(
    ("status", "verb", "listed"),
    [
        ("SUCCESS", Verb.CAPTURE, [OperationStatus.SUCCESS]),
        ("SUCCESS", Verb.VOID, [OperationStatus.FAILURE]),
        ("VOIDED", Verb.VOID, [OperationStatus.SUCCESS]),
        ("VOIDED", Verb.CAPTURE, [OperationStatus.FAILURE]),
        ("AUTHORIZED", Verb.CAPTURE, []),
        ("AUTHORIZED", Verb.VOID, []),
    ],
)
def test_the_payments_word_is_the_captures_and_the_voids(
    wire: SysPayWire, status: str, verb: Verb, listed: list[OperationStatus]
) -> None:
    wire.lists(payment(status))
    report = wire.sync(paid(operations=(own(verb, 1200, "key-1"),)))
    assert [told.status for told in report.operations or ()] == listed
    assert all(told.key == "key-1" and told.money == FULL for told in report.operations or ())
