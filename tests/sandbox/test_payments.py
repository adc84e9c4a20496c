"""Do payments begin, end and fail as the contract says? With its traps, above all."""

import re
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.sandbox.shop import (
    ADULT,
    APPROVED,
    CHALLENGED,
    CHALLENGED_REFUSED,
    CHILD,
    DELAYED,
    NO_FUNDS,
    SAVED_THEN_REFUSED,
    Begun,
    Shop,
    begun,
    eventually,
    payment_request,
)

REOPENED = (
    r"Workcase failed : {}_\d{{13}}, ROLLBACK, WARN, "
    r"The payment process has been cancelled successfully\.<br/>The order has been reopened\.<br/>"
)


def update(payment: Begun, **changes: Any) -> dict[str, Any]:
    """updatePayments as in the seed."""
    entry = {
        "paymentId": payment.payment_id,
        "paymentIdentifier": payment.identifier,
        "paymentStatus": "CANCELLED_BY_USER",
        "amount": payment.amount,
    }
    return {"requestId": None, "orderId": payment.order_id, "payments": [entry | changes]}


def test_a_payment_from_the_first_call_to_the_ticket(shop: Shop) -> None:
    payment = shop.begin()
    assert payment.detail["paymentStatus"] == "WAITING"
    assert payment.payment_id > 2**31
    assert payment.transaction_id < 2**31
    assert payment.identifier != str(payment.transaction_id)
    assert shop.state(payment.order_id) == "CLOSING"

    done = shop.pay(payment, card=APPROVED)
    assert (done["paymentStatus"], done["result"]) == ("AUTHORIZED", "success")
    assert done["redirectUrl"] == "https://shop.test/back?order=7&paymentResult=success"
    assert shop.state(payment.order_id) == "CLOSING"

    answer = shop.notify(payment.order_id)
    assert "statusDetail" not in answer
    assert len(answer["movementTicketDatas"]) == 1
    assert (shop.state(payment.order_id), shop.status(payment)) == ("CLOSED", "PAID")
    assert shop.notify(payment.order_id) == answer
    assert shop.notify(payment.order_id, 30000) == answer


def test_the_trap_a_failed_payment_answers_success(shop: Shop) -> None:
    payment = shop.begin()
    assert shop.pay(payment, card=NO_FUNDS)["result"] == "failure"
    answer = shop.notify(payment.order_id, 30000)
    assert answer["statusCode"] == "success"
    assert re.fullmatch(REOPENED.format(payment.order_id), answer["statusDetail"])
    assert (answer["repaymentSafe"], answer["movementTicketDatas"]) == (True, [])
    assert (shop.state(payment.order_id), shop.status(payment)) == ("OPEN", "FAILED")
    assert shop.detail(payment)["pspAdditionalReturnedData"] == {"declineReason": "insufficient_funds"}

    second = shop.begin(payment.order_id)
    assert second.payment_id != payment.payment_id
    assert second.transaction_id != payment.transaction_id
    shop.pay(second, card=APPROVED)
    shop.notify(payment.order_id)
    assert [
        p["paymentStatus"] for p in shop.ok("checkPayment", orderId=payment.order_id)["paymentDetails"]
    ] == [
        "FAILED",
        "PAID",
    ]


def test_a_short_notify_abandons_what_failed(shop: Shop) -> None:
    payment = shop.begin()
    shop.pay(payment, card=NO_FUNDS)
    answer = shop.notify(payment.order_id, 100)
    assert answer["statusDetail"].endswith("The order has been abandoned.<br/>")
    assert shop.state(payment.order_id) == "ABANDONED"
    said = shop.refused("createPaymentsAndCloseOrder", **payment_request(payment.order_id))
    assert said == f"orderId: order {payment.order_id} is ABANDONED: only an OPEN order can be paid"
    shop.ok("reopenOrder", orderId=payment.order_id)
    shop.begin(payment.order_id)


def test_a_reopened_order_can_still_be_abandoned(shop: Shop) -> None:
    payment = shop.begin()
    shop.pay(payment, card=NO_FUNDS)
    shop.notify(payment.order_id, 30000)
    assert shop.notify(payment.order_id, 30000)["repaymentSafe"] is True
    shop.notify(payment.order_id, 100)
    assert shop.state(payment.order_id) == "ABANDONED"


def test_repayment_may_be_unsafe(shop: Shop) -> None:
    shop.arm("repayment_unsafe")
    payment = shop.begin()
    shop.pay(payment, card=NO_FUNDS)
    assert shop.notify(payment.order_id, 30000)["repaymentSafe"] is False
    assert shop.notify(payment.order_id, 30000)["repaymentSafe"] is True


def test_notify_before_the_result_changes_nothing(shop: Shop) -> None:
    payment = shop.begin()
    began = time.monotonic()
    assert shop.notify(payment.order_id, 600) == {"statusCode": "success", "movementTicketDatas": []}
    assert time.monotonic() - began >= 0.6
    assert (shop.state(payment.order_id), shop.status(payment)) == ("CLOSING", "WAITING")
    assert shop.refused("notifyOrder", orderId=shop.order()).endswith("has no payment to be notified of")


@pytest.mark.parametrize(("card", "state"), [(APPROVED, "CLOSED"), (NO_FUNDS, "OPEN")])
def test_a_waiting_notify_is_woken_by_the_result(shop: Shop, card: str, state: str) -> None:
    payment = shop.begin()
    answers: list[dict[str, Any]] = []
    waiting = threading.Thread(target=lambda: answers.append(shop.notify(payment.order_id, 30000)))
    began = time.monotonic()
    waiting.start()
    eventually(lambda: [c for c in shop.get("calls?method=notifyOrder")["calls"] if c["status"] is None])
    shop.pay(payment, card=card)
    waiting.join(10)
    assert time.monotonic() - began < 10
    assert answers[0]["statusCode"] == "success"
    assert shop.state(payment.order_id) == state


def test_cancelled_by_the_user_comes_back_abandoned_in_major_units(shop: Shop) -> None:
    payment = shop.begin()
    answer = shop.ok("updatePayments", **update(payment))
    detail = answer["paymentDetails"][0]
    assert (detail["paymentStatus"], detail["amount"]) == ("ABANDONED", 24)
    assert set(detail) == {
        "paymentId", "amount", "paymentMethod", "paymentStatus", "paymentDate", "payerContact",
        "catalogCurrency", "installment",
    }  # fmt: skip
    assert shop.state(payment.order_id) == "CLOSING"
    assert shop.notify(payment.order_id, 30000)["repaymentSafe"] is True
    assert shop.state(payment.order_id) == "OPEN"


def test_major_units_keep_their_cents(shop: Shop) -> None:
    payment = shop.begin(shop.order((CHILD, 1)), 12500)
    text = shop.raw("updatePayments", update(payment)).text
    assert '"amount":12.5,' in text


def test_money_beats_a_late_cancel(shop: Shop) -> None:
    payment = shop.begin()
    shop.pay(payment, card=APPROVED)
    said = shop.refused("updatePayments", **update(payment))
    assert (
        said
        == f"payments[0].paymentStatus: payment {payment.payment_id} is AUTHORIZED and can not be cancelled"
    )
    assert shop.refused("cancelPayment", paymentIds=[payment.payment_id]).startswith("paymentIds[0]: payment")
    shop.notify(payment.order_id)
    assert "is PAID" in shop.refused("updatePayments", **update(payment))
    assert shop.state(payment.order_id) == "CLOSED"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"paymentId": None, "paymentIdentifier": None}, "payments[0].paymentId: is required"),
        ({"paymentId": 17}, "payments[0].paymentId: is not a payment of this order"),
        ({"paymentIdentifier": "17"}, "payments[0].paymentId: is not a payment of this order"),
        ({"paymentStatus": None}, "payments[0].paymentStatus: must be one of"),
        ({"paymentStatus": "PAID"}, "payments[0].paymentStatus: PAID is not played"),
        ({"amount": 24}, "payments[0].amount: the payment's amount is 24000"),
        ({"amount": None}, "payments[0].amount: is required"),
    ],
)
def test_a_bad_update_is_refused(shop: Shop, changes: dict[str, Any], field: str) -> None:
    payment = shop.begin()
    assert shop.refused("updatePayments", **update(payment, **changes)).startswith(field)
    assert shop.status(payment) == "WAITING"


def test_cancel_payment(shop: Shop) -> None:
    payment = shop.begin()
    assert shop.ok("cancelPayment", requestId=None, paymentIds=[payment.payment_id]) == {
        "statusCode": "success"
    }
    assert shop.status(payment) == "ABANDONED"
    assert shop.ok("cancelPayment", paymentId=payment.payment_id)
    assert shop.refused("cancelPayment", paymentIds=["x"]).startswith("paymentIds[0]: is not a payment")
    assert shop.refused("cancelPayment").startswith("paymentId: is required")


def test_a_cancelled_payment_can_not_be_paid_any_more(shop: Shop) -> None:
    payment = shop.begin()
    shop.ok("updatePayments", **update(payment))
    assert shop.pay(payment, card=APPROVED)["changed"] is False
    assert shop.status(payment) == "ABANDONED"


def _without(name: str) -> Callable[[dict[str, Any]], None]:
    return lambda body: body.pop(name)


def _params(**changes: Any) -> Callable[[dict[str, Any]], None]:
    return lambda body: body["paymentParams"].update(changes)


def _map(**changes: Any) -> Callable[[dict[str, Any]], None]:
    return lambda body: body["paymentParams"]["paymentParametersMap"].update(changes)


def _payments(*entries: dict[str, Any]) -> Callable[[dict[str, Any]], None]:
    return lambda body: body.update(payments=list(entries))


@pytest.mark.parametrize(
    ("spoil", "field"),
    [
        (_without("orderId"), "orderId: is required"),
        (_without("payments"), "payments: is required"),
        (_without("paymentParams"), "paymentParams: is required"),
        (_payments(), "payments: must not be empty"),
        (_payments({"amount": 24000}), "payments[0].paymentMethodId: is required"),
        (
            _payments({"amount": 24000, "paymentMethodId": 1}),
            "payments[0].paymentMethodId: is not a payment method",
        ),
        (_payments({"amount": "24000", "paymentMethodId": 16362}), "payments[0].amount: must be an integer"),
        (_payments({"amount": 0, "paymentMethodId": 16362}), "payments[0].amount: must be 1.."),
        (_payments({"amount": 23000, "paymentMethodId": 16362}), "paymentParams.totalAmount: is not the sum"),
        (_params(totalAmount=24), "paymentParams.totalAmount: is not the sum"),
        (_params(contactNumber=None), "paymentParams.contactNumber: is required"),
        (_params(contactNumber="7" * 21), "paymentParams.contactNumber: is longer"),
        (_params(paymentParametersMap=None), "paymentParams.paymentParametersMap: is required"),
        (_map(ORDER_IDENTIFIER=""), "paymentParams.paymentParametersMap.ORDER_IDENTIFIER: is required"),
        (_map(RETURN_URL=None), "paymentParams.paymentParametersMap.RETURN_URL: is required"),
        (
            _map(RETURN_URL="<https://a.test/>"),
            "paymentParams.paymentParametersMap.RETURN_URL: must be an http",
        ),
        (
            _map(RETURN_URL="javascript:alert(1)"),
            "paymentParams.paymentParametersMap.RETURN_URL: must be an http",
        ),
        (lambda body: body.update(createToken="yes"), "createToken: must be true or false"),
        (lambda body: body.update(maxWaitingTime=-1), "maxWaitingTime: must be 0.."),
    ],
)
def test_a_bad_payment_is_refused(shop: Shop, spoil: Callable[[dict[str, Any]], None], field: str) -> None:
    order_id = shop.order()
    body = payment_request(order_id)
    spoil(body)
    assert shop.refused("createPaymentsAndCloseOrder", **body).startswith(field)
    assert shop.state(order_id) == "OPEN"


def test_the_sum_must_be_the_orders(shop: Shop) -> None:
    order_id = shop.order((ADULT, 2))
    said = shop.refused("createPaymentsAndCloseOrder", **payment_request(order_id, 24000))
    assert said == "paymentParams.totalAmount: is 24000, the order's amount is 48000"


def test_one_payment_at_a_time(shop: Shop) -> None:
    payment = shop.begin()
    again = payment_request(str(payment.order_id))
    assert "is CLOSING" in shop.refused("createPaymentsAndCloseOrder", **again)
    shop.pay(payment, card=APPROVED)
    shop.notify(payment.order_id)
    assert "is CLOSED" in shop.refused("createPaymentsAndCloseOrder", **again)


def test_an_order_paid_in_two_parts_closes_when_both_are_there(shop: Shop) -> None:
    order_id = shop.order()
    entries = [{"amount": 20000, "paymentMethodId": 16362}, {"amount": 4000, "paymentMethodId": 16362}]
    answer = shop.ok("createPaymentsAndCloseOrder", **payment_request(order_id, payments=entries))
    first, second = (begun(order_id, detail) for detail in answer["paymentDetails"])
    shop.pay(first, card=APPROVED)
    shop.notify(order_id)
    assert shop.state(order_id) == "CLOSING"
    shop.pay(second, card=NO_FUNDS)
    shop.notify(order_id, 30000)
    assert (shop.state(order_id), shop.status(first)) == ("OPEN", "ABANDONED")


def test_three_d_secure(shop: Shop) -> None:
    payment = shop.begin()
    asked = shop.pay(payment, card=CHALLENGED)
    assert (asked["paymentStatus"], asked["challenge"]) == ("IN_PROGRESS", True)
    assert shop.pay(payment, code="9999")["challenge"] is True
    assert shop.pay(payment, code="1234")["paymentStatus"] == "AUTHORIZED"

    refused = shop.begin()
    shop.pay(refused, card=CHALLENGED_REFUSED)
    assert shop.pay(refused, code="1234")["paymentStatus"] == "FAILED"

    thrice = shop.begin()
    shop.pay(thrice, card=CHALLENGED)
    for _ in range(3):
        last = shop.pay(thrice, code="0000")
    assert (last["paymentStatus"], last["reason"]) == ("FAILED", "authentication_failed")


def test_a_result_that_comes_later(shop: Shop) -> None:
    payment = shop.begin()
    assert shop.pay(payment, card=DELAYED)["result"] == "success"
    assert "can not be cancelled" in shop.refused("updatePayments", **update(payment))
    shop.notify(payment.order_id)
    assert (shop.state(payment.order_id), shop.status(payment)) == ("CLOSING", "IN_PROGRESS")
    shop.advance(60)
    assert shop.status(payment) == "AUTHORIZED"
    shop.notify(payment.order_id)
    assert shop.status(payment) == "PAID"


def test_a_saved_card_pays_without_the_widget(shop: Shop) -> None:
    payment = shop.begin()
    assert "cardAlias" not in shop.detail(payment)
    shop.pay(payment, card=APPROVED)
    shop.notify(payment.order_id)
    card = shop.detail(payment)
    assert (card["cardMaskedNumber"], card["cardType"]) == ("497010******0055", "VISA")
    assert card["cardExpirationDate"] == "12/2030"

    def entry(**changes: Any) -> list[dict[str, Any]]:
        return [{"amount": 24000, "paymentMethodId": 16362, "cardAlias": card["cardAlias"]} | changes]

    again = shop.begin(payments=entry())
    assert again.detail["paymentStatus"] == "AUTHORIZED"
    assert again.detail["cardMaskedNumber"] == "497010******0055"
    shop.notify(again.order_id)
    assert shop.state(again.order_id) == "CLOSED"

    order_id = shop.order()
    unknown = payment_request(order_id, payments=entry(cardAlias="nobody's"))
    refused = shop.refused("createPaymentsAndCloseOrder", **unknown)
    assert refused == "payments[0].cardAlias: is not a saved card of this contact"
    assert shop.state(order_id) == "OPEN"

    shop.arm("refuse", reason="expired_card")
    failed = shop.begin(payments=entry())
    assert failed.detail["paymentStatus"] == "FAILED"
    assert shop.notify(failed.order_id, 30000)["repaymentSafe"] is True


def test_another_contacts_card_is_unknown(shop: Shop) -> None:
    payment = shop.begin()
    shop.pay(payment, card=APPROVED)
    alias = shop.detail(payment)["cardAlias"]
    body = payment_request(shop.order())
    body["payments"][0]["cardAlias"] = alias
    body["paymentParams"]["contactNumber"] = "999"
    assert "is not a saved card of this contact" in shop.refused("createPaymentsAndCloseOrder", **body)


def test_no_alias_unless_asked_or_when_refused(shop: Shop) -> None:
    quiet = shop.begin(createToken=False)
    shop.pay(quiet, card=APPROVED)
    assert "cardAlias" not in shop.detail(quiet)
    failed = shop.begin()
    shop.pay(failed, card=NO_FUNDS)
    assert "cardAlias" not in shop.detail(failed)


def test_a_card_that_is_saved_and_refused_later(shop: Shop) -> None:
    payment = shop.begin()
    assert shop.pay(payment, card=SAVED_THEN_REFUSED)["paymentStatus"] == "AUTHORIZED"
    alias = shop.detail(payment)["cardAlias"]
    again = shop.begin(payments=[{"amount": 24000, "paymentMethodId": 16362, "cardAlias": alias}])
    assert again.detail["paymentStatus"] == "FAILED"


def test_a_card_is_saved_without_a_payment(shop: Shop) -> None:
    request = {
        "requestId": None,
        "contactNumber": "752565",
        "paymentMethodId": 16362,
        "paymentParametersMap": {"ORDER_IDENTIFIER": "s-2", "RETURN_URL": "https://shop.test/cards"},
    }
    number = shop.ok("createAlias", **request)["epcTransactionData"]["transactionId"]
    assert shop.ok("checkAlias", transactionId=number)["aliasStatus"] == "WAITING"
    assert shop.post(f"epc/payments/{number}/pay", card=APPROVED)["result"] == "success"
    saved = shop.ok("checkAlias", transactionId=str(number))
    assert saved["aliasStatus"] == "CREATED"
    paid = shop.begin(payments=[{"amount": 24000, "paymentMethodId": 16362, "cardAlias": saved["cardAlias"]}])
    assert paid.detail["paymentStatus"] == "AUTHORIZED"

    for card, status in ((NO_FUNDS, "FAILED"), (None, "CANCELLED_BY_USER")):
        number = shop.ok("createAlias", **request)["epcTransactionData"]["transactionId"]
        shop.post(f"epc/payments/{number}/pay", **({"card": card} if card else {"outcome": "cancel"}))
        assert shop.ok("checkAlias", transactionId=number)["aliasStatus"] == status
    assert (
        shop.refused("checkAlias", transactionId=1)
        == "transactionId: is not an alias transaction of this account"
    )
    assert shop.refused("createAlias", **request | {"contactNumber": None}).startswith(
        "contactNumber: is required"
    )


def test_the_test_api_names_what_is_wrong(shop: Shop) -> None:
    payment = shop.begin()
    address = f"{shop.url}/_sandbox/epc/payments/{payment.transaction_id}/pay"
    for body, field in (
        ({}, "card"), ({"card": "4000000000000002"}, "card"), ({"card": "4970100000010005"}, "card"),
        ({"outcome": "lose"}, "outcome"), ({"x": 1}, "x"),
    ):  # fmt: skip
        answer = shop.http.post(address, json=body, timeout=10)
        assert (answer.status_code, answer.json()["field"]) == (400, field)
    unknown = shop.http.post(f"{shop.url}/_sandbox/epc/payments/1/pay", json={"card": APPROVED}, timeout=10)
    assert unknown.status_code == 404
    assert shop.get(f"epc/orders/{payment.order_id}")["payments"][0]["paymentStatus"] == "WAITING"
    assert shop.http.get(f"{shop.url}/_sandbox/epc/orders/1", timeout=10).status_code == 404
