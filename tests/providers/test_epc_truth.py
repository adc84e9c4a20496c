"""What is true of a payment through EPC? Against a scripted S360."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from providers.base import Card, Outcome, SavedCard
from providers.errors import Decline, Uncertain
from providers.money import Money
from tests.providers.s360 import (
    MEMO,
    ORDER,
    ROLLED_BACK,
    S360,
    STARTED,
    TRANSACTION,
    charge,
    check,
    notify,
    order,
    paid,
)

ASK = "externalPaymentService/checkPayment"

NOTIFY = "externalOrderService/notifyOrder"

DETAILS = "externalOrderService/getOrderDetails"

started = charge(memo=STARTED, provider_id=str(TRANSACTION))


# --- the truth -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["AUTHORIZED", "PAID"])
def test_paid_when_the_order_is_closed_at_our_price(s360: S360, status: str) -> None:
    s360.expect(ASK, paid(status), check())
    s360.expect(NOTIFY, {"statusCode": "success", "movementTicketDatas": []}, notify(100))
    s360.expect(DETAILS, order(), {"orderId": ORDER})
    report = s360.epc().sync(started)
    assert report.outcome is Outcome.PAID
    assert report.authorized == report.captured == Money(2400, "GBP")
    assert report.provider_ids == ("1638671948", "order:2621264")
    assert report.memo == {"closed": True}
    assert report.warning == ""
    assert report.saved_card is None


def test_a_closed_order_is_not_notified_again(s360: S360) -> None:
    s360.expect(ASK, paid("PAID")).expect(DETAILS, order())
    assert s360.epc().sync(replace(started, memo={**STARTED, "closed": True})).outcome is Outcome.PAID


def test_not_yet_closed_is_pending(s360: S360) -> None:
    s360.expect(ASK, paid("AUTHORIZED")).expect(NOTIFY, {"statusCode": "success"}).expect(
        DETAILS, order("CLOSING")
    )
    report = s360.epc().sync(started)
    assert (report.outcome, report.captured, report.warning) == (Outcome.PENDING, None, "")


def test_the_trap_a_failed_workcase_says_success_too(s360: S360) -> None:
    s360.expect(ASK, paid("AUTHORIZED")).expect(NOTIFY, ROLLED_BACK, notify(100)).expect(
        DETAILS, order("OPEN")
    )
    report = s360.epc().sync(started)
    assert report.outcome is Outcome.PENDING
    assert report.captured is None
    assert report.warning == (
        "Workcase failed : 990735_1759750930782, ROLLBACK, WARN, The payment process has been cancelled "
        "successfully. The order has been reopened."
    )


def test_the_order_decides_even_when_the_notify_is_lost(s360: S360) -> None:
    s360.expect(ASK, paid("AUTHORIZED")).expect(NOTIFY, requests.ReadTimeout()).expect(DETAILS, order())
    assert s360.epc().sync(started).outcome is Outcome.PAID


def test_money_for_an_order_that_is_gone_is_said_loudly(s360: S360) -> None:
    s360.expect(ASK, paid("PAID")).expect(NOTIFY, {"statusCode": "success"}).expect(
        DETAILS, order("ABANDONED")
    )
    report = s360.epc().sync(started)
    assert report.outcome is Outcome.PENDING
    assert report.warning == "EPC has the money, but S360 order 2621264 is abandoned."


@pytest.mark.parametrize(
    ("answer", "money", "sentence"),
    [
        (
            order(saleAmount=40000),
            Money(4000, "GBP"),
            "Asked 24.00 GBP, S360 closed the order for 40.00 GBP.",
        ),
        (
            order(catalogCurrency={"currencyCode": "USD"}),
            Money(2400, "USD"),
            "Asked 24.00 GBP, S360 closed the order for 24.00 USD.",
        ),
        (order(saleAmount=None), None, "S360 closed order 2621264 without saying what it cost."),
        (order(saleAmount=24000.5), None, "24000.5 thousandths of GBP are no whole amount."),
    ],
)
def test_another_sum_is_never_paid(s360: S360, answer: Any, money: Money | None, sentence: str) -> None:
    s360.expect(ASK, paid("PAID")).expect(NOTIFY, {"statusCode": "success"}).expect(DETAILS, answer)
    report = s360.epc().sync(started)
    assert report.outcome is Outcome.PENDING
    assert report.captured == money
    assert report.warning == sentence


@pytest.mark.parametrize("amount", [24000, 24, "24.0", 24.0, 24000.0, None])
def test_either_scale_of_a_payments_amount_fits(s360: S360, amount: Any) -> None:
    s360.expect(ASK, paid("PAID", amount=amount)).expect(NOTIFY, {"statusCode": "success"}).expect(
        DETAILS, order()
    )
    assert s360.epc().sync(started).outcome is Outcome.PAID


def test_a_payment_of_another_amount_closes_nothing(s360: S360) -> None:
    s360.expect(ASK, paid("AUTHORIZED", amount=2400))
    report = s360.epc().sync(started)
    assert report.outcome is Outcome.PENDING
    assert report.warning == "Asked 24.00 GBP, EPC calls the payment's amount 2400: the order is not closed."


@pytest.mark.parametrize(
    "answer", [paid("PAID", orderId=990735), (200, "{}"), (200, "null"), (200, "[" * 99999)]
)
def test_an_answer_about_something_else_is_no_answer(s360: S360, answer: Any) -> None:
    s360.expect(ASK, answer)
    with pytest.raises(Uncertain):
        s360.epc().sync(started)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (paid("SETTLED"), 'S360 calls the payment "SETTLED", a word that we do not know.'),
        (paid("paid"), 'S360 calls the payment "paid", a word that we do not know.'),
        (paid("PAID", paymentId=1), "S360 does not say how the payment stands."),
        ({"statusCode": "success", "paymentDetails": []}, "S360 does not say how the payment stands."),
    ],
)
def test_a_word_we_do_not_know_is_pending(s360: S360, answer: Any, sentence: str) -> None:
    s360.expect(ASK, answer)
    report = s360.epc().sync(started)
    assert (report.outcome, report.warning) == (Outcome.PENDING, sentence)


def test_in_progress_is_pending(s360: S360) -> None:
    s360.expect(ASK, paid("IN_PROGRESS"))
    report = s360.epc().sync(started)
    assert (report.outcome, report.warning) == (Outcome.PENDING, "")


def test_waiting_is_open_and_moves_nothing(s360: S360) -> None:
    s360.expect(ASK, paid("WAITING")).expect(DETAILS, order("CLOSING"))
    report = s360.epc().sync(started)
    assert (report.outcome, report.memo) == (Outcome.OPEN, {})


@pytest.mark.parametrize(
    "answer",
    [
        order("ABANDONED"),
        order("CLOSING", expirationDate=(datetime.now(UTC) - timedelta(minutes=1)).isoformat()),
    ],
)
def test_waiting_for_an_order_that_is_over_is_expired(s360: S360, answer: Any) -> None:
    s360.expect(ASK, paid("WAITING")).expect(DETAILS, answer)
    assert s360.epc().sync(started).outcome is Outcome.EXPIRED


def test_a_date_that_cannot_be_read_ends_nothing(s360: S360) -> None:
    s360.expect(ASK, paid("WAITING")).expect(DETAILS, order("CLOSING", expirationDate="soon"))
    assert s360.epc().sync(started).outcome is Outcome.OPEN


def test_the_acquirers_own_reason_is_told_when_there_is_one(s360: S360) -> None:
    told = {"declineReason": "expired_card", "somethingElse": 7}
    s360.expect(ASK, paid("FAILED", pspAdditionalReturnedData=told))
    s360.expect(DETAILS, order("CLOSING")).expect(NOTIFY, ROLLED_BACK, notify(30000))
    assert s360.epc().sync(started).decline == Decline(
        code="expired_card", message="expired card", reason="expired_card"
    )


def test_an_acquirers_data_of_another_shape_is_no_reason(s360: S360) -> None:
    s360.expect(ASK, paid("FAILED", pspAdditionalReturnedData="51"))
    s360.expect(DETAILS, order("CLOSING")).expect(NOTIFY, ROLLED_BACK, notify(30000))
    assert s360.epc().sync(started).decline == Decline(code="FAILED", message="", reason="declined")


def test_a_failed_payment_is_rolled_back_once(s360: S360) -> None:
    s360.expect(ASK, paid("FAILED", statusDetail="Refused:<br/>insufficient funds"))
    s360.expect(DETAILS, order("CLOSING")).expect(NOTIFY, ROLLED_BACK, notify(30000))
    report = s360.epc().sync(started)
    assert report.outcome is Outcome.FAILED
    assert report.may_retry is True
    assert report.warning == ""
    assert report.decline == Decline(
        code="FAILED", message="Refused: insufficient funds", reason="insufficient_funds"
    )
    assert report.memo == {
        "ended": "failed",
        "repayment_safe": True,
        "rolled_back": True,
        "given_up": False,
    }

    # S360 calls it abandoned from now on; it stays a failure, and nothing is rolled back again.
    s360.expect(ASK, paid("ABANDONED"))
    again = s360.epc().sync(replace(started, memo={**STARTED, **report.memo}))
    assert (again.outcome, again.may_retry, again.warning) == (Outcome.FAILED, True, "")


@pytest.mark.parametrize(
    "safe", [{"repaymentSafe": False}, {}, {"repaymentSafe": "true"}, {"repaymentSafe": 1}]
)
def test_only_a_true_repayment_safe_is_safe(s360: S360, safe: Any) -> None:
    answer = {"statusCode": "success", "statusDetail": "Workcase failed : 1_2, ROLLBACK, ERROR", **safe}
    s360.expect(ASK, paid("FAILED")).expect(DETAILS, order("CLOSING")).expect(NOTIFY, answer)
    report = s360.epc().sync(started)
    assert (report.outcome, report.may_retry) == (Outcome.FAILED, False)
    assert report.warning == (
        "S360 does not say that a further payment would be safe: let somebody look first. "
        "It says: Workcase failed : 1_2, ROLLBACK, ERROR"
    )
    assert report.memo["rolled_back"] is True
    s360.expect(ASK, paid("FAILED"))
    again = s360.epc().sync(replace(started, memo={**STARTED, **report.memo}))
    assert again.may_retry is False
    assert again.warning == "S360 does not say that a further payment would be safe: let somebody look first."


def test_a_roll_back_that_did_not_happen_in_time_is_asked_for_again(s360: S360) -> None:
    s360.expect(ASK, paid("FAILED")).expect(DETAILS, order("CLOSING")).expect(
        NOTIFY, {"statusCode": "success"}
    )
    report = s360.epc().sync(started)
    assert (report.may_retry, report.memo["rolled_back"]) == (False, False)
    s360.expect(ASK, paid("FAILED")).expect(DETAILS, order("CLOSING")).expect(NOTIFY, ROLLED_BACK)
    assert s360.epc().sync(replace(started, memo={**STARTED, **report.memo})).may_retry is True


def test_money_beats_an_earlier_failure(s360: S360) -> None:
    ended = {**STARTED, "ended": "failed", "rolled_back": True, "repayment_safe": True}
    s360.expect(ASK, paid("PAID")).expect(NOTIFY, {"statusCode": "success"}).expect(DETAILS, order())
    assert s360.epc().sync(replace(started, memo=ended)).outcome is Outcome.PAID


def test_an_order_that_was_paid_otherwise_is_not_rolled_back(s360: S360) -> None:
    s360.expect(ASK, paid("FAILED")).expect(DETAILS, order("CLOSED"))
    report = s360.epc().sync(started)
    assert (report.outcome, report.may_retry) == (Outcome.FAILED, False)
    assert report.warning == "S360 order 2621264 is closed, but not by this payment."


@pytest.mark.parametrize("status", ["ABANDONED", "CANCELLED_BY_USER"])
def test_a_cancel_that_we_did_not_make_is_rolled_back(s360: S360, status: str) -> None:
    s360.expect(ASK, paid(status)).expect(DETAILS, order("CLOSING")).expect(
        NOTIFY, ROLLED_BACK, notify(30000)
    )
    report = s360.epc().sync(started)
    assert (report.outcome, report.may_retry, report.decline) == (Outcome.CANCELED, True, None)


def test_an_order_that_s360_gave_up_is_expired_and_left_alone(s360: S360) -> None:
    s360.expect(ASK, paid("ABANDONED")).expect(DETAILS, order("ABANDONED"))
    report = s360.epc().sync(started)
    assert (report.outcome, report.may_retry) == (Outcome.EXPIRED, None)
    s360.expect(ASK, paid("ABANDONED"))
    assert s360.epc().sync(replace(started, memo={**STARTED, **report.memo})).outcome is Outcome.EXPIRED


def test_a_card_kept_while_paying(s360: S360) -> None:
    told = {
        "cardAlias": "alias-9",
        "cardMaskedNumber": "411111XXXXXX1111",
        "cardType": "VISA",
        "cardExpirationDate": "12/30",
    }
    s360.expect(ASK, paid("PAID", **told)).expect(NOTIFY, {"statusCode": "success"}).expect(DETAILS, order())
    report = s360.epc().sync(replace(started, save_card=True))
    card = Card(brand="VISA", last4="1111", expiry_month=12, expiry_year=2030)
    assert report.card == card
    assert report.saved_card == SavedCard(token="alias-9", card=card)


# --- after a crash ---------------------------------------------------------------------------------------


def test_nothing_was_kept_so_nothing_was_asked(s360: S360) -> None:
    fresh = s360.epc().sync(charge())
    assert (fresh.outcome, fresh.provider_ids) == (Outcome.OPEN, ())
    assert fresh.warning == "No S360 order was kept for this attempt, so nobody was asked to pay it."
    assert s360.epc().sync(charge(expires_at=datetime.now(UTC))).outcome is Outcome.EXPIRED


@pytest.mark.parametrize(
    ("answer", "saved_card", "outcome", "captured"),
    [
        (order("CLOSED"), "", Outcome.PAID, Money(2400, "GBP")),
        (order("CLOSED", saleAmount=40000), "", Outcome.PENDING, Money(4000, "GBP")),
        (order("OPEN"), "", Outcome.OPEN, None),
        (order("CLOSING"), "", Outcome.OPEN, None),
        (order("CLOSING"), "alias-7", Outcome.PENDING, None),
        (order("ABANDONED"), "", Outcome.EXPIRED, None),
    ],
)
def test_after_a_crash_only_the_order_can_tell(
    s360: S360, answer: Any, saved_card: str, outcome: Outcome, captured: Money | None
) -> None:
    s360.expect(DETAILS, answer, {"orderId": ORDER})
    report = s360.epc().sync(charge(memo=MEMO, saved_card=saved_card))
    assert (report.outcome, report.captured) == (outcome, captured)
    assert report.provider_ids == ("order:2621264",)
    assert report.warning


def test_a_crashed_attempt_does_not_claim_the_money_of_the_one_before(s360: S360) -> None:
    s360.expect(DETAILS, order()).expect(ASK, paid("PAID"), check())
    report = s360.epc().sync(charge(memo=MEMO, previous=STARTED))
    assert (report.outcome, report.captured, report.may_retry) == (Outcome.CANCELED, None, False)
    assert report.warning == "S360 order 2621264 was paid by the attempt before this one."
    s360.expect(DETAILS, order()).expect(ASK, paid("ABANDONED"))
    assert s360.epc().sync(charge(memo=MEMO, previous=STARTED)).outcome is Outcome.PAID
