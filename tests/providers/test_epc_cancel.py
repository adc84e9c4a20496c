"""How is a payment through EPC given up, and its order reopened? Against a scripted S360."""

from dataclasses import replace
from typing import Any

import pytest
import requests

from providers.base import Outcome
from providers.errors import Invalid
from providers.money import Money
from tests.providers.s360 import (
    GBP,
    MEMO,
    ORDER,
    ROLLED_BACK,
    S360,
    STARTED,
    TRANSACTION,
    charge,
    check,
    error,
    notify,
    order,
    paid,
)

ASK = "externalPaymentService/checkPayment"

NOTIFY = "externalOrderService/notifyOrder"

DETAILS = "externalOrderService/getOrderDetails"

UPDATE = "externalPaymentService/updatePayments"

SEED_UPDATED = {
    "statusCode": "success",
    "paymentDetails": [
        {
            "paymentId": 10229102727225,
            "amount": 64,
            "paymentMethod": {
                "id": 121518554,
                "externalName": {"translations": [{"locale": "en", "value": "Credit Card"}]},
                "paymentType": "CB",
                "subPaymentMethods": [],
            },
            "paymentStatus": "ABANDONED",
            "paymentDate": "2025-10-06T12:18:34.845+01:00",
            "payerContact": False,
            "catalogCurrency": GBP,
            "installment": False,
        }
    ],
}

started = charge(memo=STARTED, provider_id=str(TRANSACTION))


@pytest.mark.parametrize(("give_up", "wait", "may_retry"), [(False, 30000, True), (True, 100, None)])
def test_cancel(s360: S360, give_up: bool, wait: int, may_retry: bool | None) -> None:
    s360.expect(ASK, paid("WAITING"))
    s360.expect(UPDATE, SEED_UPDATED, check(paymentStatus="CANCELLED_BY_USER"))
    s360.expect(NOTIFY, ROLLED_BACK, notify(wait))
    report = s360.epc().cancel(started, give_up=give_up)
    assert (report.outcome, report.may_retry, report.warning) == (Outcome.CANCELED, may_retry, "")
    assert report.memo == {
        "ended": "canceled",
        "repayment_safe": True,
        "rolled_back": True,
        "given_up": give_up,
    }


def test_the_manuals_cancel_word_for_word(s360: S360) -> None:
    memo = {"order_id": 990735, "payment_id": 10229102727225, "payment_identifier": "1521143230"}
    s360.expect(ASK, paid("WAITING"))
    s360.expect(
        UPDATE,
        SEED_UPDATED,
        {
            "requestId": None,
            "orderId": 990735,
            "payments": [
                {
                    "paymentId": 10229102727225,
                    "paymentIdentifier": "1521143230",
                    "paymentStatus": "CANCELLED_BY_USER",
                    "amount": 64000,
                }
            ],
        },
    )
    s360.expect(NOTIFY, ROLLED_BACK, {"requestId": None, "orderId": 990735, "maxWaitingTime": 30000})
    asked = charge(memo=memo, money=Money(6400, "GBP"))
    assert s360.epc().cancel(asked, give_up=False).may_retry is True


def test_a_cancel_that_finds_money_cancels_nothing(s360: S360) -> None:
    s360.expect(ASK, paid("AUTHORIZED")).expect(NOTIFY, {"statusCode": "success"}, notify(100)).expect(
        DETAILS, order()
    )
    assert s360.epc().cancel(started, give_up=True).outcome is Outcome.PAID


def test_a_cancel_waits_while_nobody_knows(s360: S360) -> None:
    s360.expect(ASK, paid("NEW_WORD"))
    assert s360.epc().cancel(started, give_up=True).outcome is Outcome.PENDING


def test_a_challenge_may_be_cancelled(s360: S360) -> None:
    s360.expect(ASK, paid("IN_PROGRESS")).expect(UPDATE, SEED_UPDATED).expect(
        NOTIFY, ROLLED_BACK, notify(30000)
    )
    assert s360.epc().cancel(started, give_up=False).outcome is Outcome.CANCELED


@pytest.mark.parametrize(
    ("status", "outcome"),
    [("IN_PROGRESS", Outcome.PENDING), ("WAITING", Outcome.OPEN), ("ABANDONED", Outcome.CANCELED)],
)
@pytest.mark.parametrize("answer", [error("The bank has the card"), requests.ReadTimeout(), (500, "")])
def test_a_cancel_that_is_refused_or_lost_tells_what_is_true(
    s360: S360, answer: Any, status: str, outcome: Outcome
) -> None:
    s360.expect(ASK, paid("WAITING")).expect(UPDATE, answer).expect(ASK, paid(status))
    if status != "IN_PROGRESS":
        s360.expect(DETAILS, order("CLOSING"))
    if status == "ABANDONED":
        s360.expect(NOTIFY, ROLLED_BACK)
    assert s360.epc().cancel(started, give_up=False).outcome is outcome


def test_cancelling_what_has_expired(s360: S360) -> None:
    s360.expect(ASK, paid("WAITING")).expect(UPDATE, error("Order not found")).expect(ASK, paid("WAITING"))
    s360.expect(DETAILS, order("ABANDONED"))
    assert s360.epc().cancel(started, give_up=True).outcome is Outcome.CANCELED


def test_a_payment_that_was_made_while_we_cancelled_is_money(s360: S360) -> None:
    s360.expect(ASK, paid("WAITING")).expect(UPDATE, paid("AUTHORIZED"))
    s360.expect(ASK, paid("AUTHORIZED")).expect(NOTIFY, {"statusCode": "success"}, notify(100)).expect(
        DETAILS, order()
    )
    assert s360.epc().cancel(started, give_up=False).outcome is Outcome.PAID


def test_cancelling_twice_rolls_back_once(s360: S360) -> None:
    s360.expect(ASK, paid("WAITING"))
    s360.expect(UPDATE, SEED_UPDATED).expect(NOTIFY, ROLLED_BACK)
    first = s360.epc().cancel(started, give_up=False)
    again = replace(started, memo={**STARTED, **first.memo})
    s360.expect(ASK, paid("ABANDONED"))
    assert s360.epc().cancel(again, give_up=False).outcome is Outcome.CANCELED


def test_giving_up_after_a_failure_abandons_the_reopened_order_once(s360: S360) -> None:
    failed = {**STARTED, "ended": "failed", "rolled_back": True, "repayment_safe": True}
    s360.expect(ASK, paid("FAILED")).expect(NOTIFY, ROLLED_BACK, notify(100))
    report = s360.epc().cancel(replace(started, memo=failed), give_up=True)
    assert (report.outcome, report.memo, report.warning) == (Outcome.FAILED, {"given_up": True}, "")
    s360.expect(ASK, paid("FAILED"))
    s360.epc().cancel(replace(started, memo={**failed, **report.memo}), give_up=True)


def test_an_abandon_that_fails_is_told_and_tried_again(s360: S360) -> None:
    failed = {**STARTED, "ended": "failed", "rolled_back": True, "repayment_safe": True}
    s360.expect(ASK, paid("FAILED")).expect(NOTIFY, requests.ReadTimeout())
    report = s360.epc().cancel(replace(started, memo=failed), give_up=True)
    assert (report.outcome, report.memo) == (Outcome.FAILED, {})
    assert report.warning == "The provider did not answer in time."


def test_cancelling_what_never_started_asks_the_order(s360: S360) -> None:
    s360.expect(DETAILS, order("OPEN"))
    assert s360.epc().cancel(charge(memo=MEMO), give_up=True).outcome is Outcome.CANCELED
    s360.expect(DETAILS, order("CLOSED"))
    assert s360.epc().cancel(charge(memo=MEMO), give_up=True).outcome is Outcome.PAID
    assert s360.epc().cancel(charge(), give_up=True).outcome is Outcome.CANCELED


def test_reopen(s360: S360) -> None:
    s360.expect(
        "externalOrderService/reopenOrder", {"statusCode": "success"}, {"requestId": None, "orderId": ORDER}
    )
    s360.epc().reopen(started)
    s360.expect("otherService/reopenOrder", {"statusCode": "success"})
    s360.epc(reopen_service="otherService").reopen(started)
    with pytest.raises(Invalid, match="no S360 order"):
        s360.epc().reopen(charge())
