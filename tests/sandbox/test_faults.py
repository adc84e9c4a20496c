"""Does what was armed happen, once, to the call it was meant for, with the effect it was meant to have?"""

import time
from typing import Any

import pytest
import requests

from tests.sandbox.shop import APPROVED, NO_FUNDS, Shop, eventually, order_request, payment_request


def last_call(shop: Shop) -> dict[str, Any]:
    def finished() -> dict[str, Any]:
        newest: dict[str, Any] = shop.get("calls")["calls"][-1]
        return newest if newest["milliseconds"] is not None else {}

    return eventually(finished)


@pytest.mark.parametrize(("fault", "status"), [("http_500", 500), ("http_509", 509), ("http_429", 429)])
@pytest.mark.parametrize(("when", "orders"), [("before", 0), ("after", 1)])
def test_an_error_before_or_after_the_effect(
    shop: Shop, fault: str, status: int, when: str, orders: int
) -> None:
    shop.arm(fault, when=when)
    answer = shop.raw("createOrUpdateOrder", order_request())
    assert answer.status_code == status
    assert "statusCode" not in answer.text
    assert len(shop.get("epc/orders")["orders"]) == orders
    assert last_call(shop)["fault"] == f"{fault} ({when})"
    assert shop.raw("createOrUpdateOrder", order_request()).status_code == 200


@pytest.mark.parametrize(("when", "state"), [("before", "OPEN"), ("after", "CLOSING")])
def test_a_lost_answer_to_a_payment(shop: Shop, when: str, state: str) -> None:
    """What finds double payments: the shop does not know, and the payment is there."""
    order_id = shop.order()
    shop.arm("no_answer", method="createPaymentsAndCloseOrder", when=when, seconds=0)
    assert shop.state(order_id) == "OPEN"
    with pytest.raises(requests.ConnectionError):
        shop.raw("createPaymentsAndCloseOrder", payment_request(order_id))
    assert eventually(lambda: shop.state(order_id)) == state
    again = shop.call("createPaymentsAndCloseOrder", **payment_request(order_id))
    assert again["statusCode"] == ("success" if when == "before" else "error")
    calls = shop.get("calls?method=createPaymentsAndCloseOrder")["calls"]
    assert calls[0]["status"] is None
    assert calls[0]["fault"].endswith("dropped")


def test_no_answer_holds_before_it_drops(shop: Shop) -> None:
    shop.arm("no_answer", seconds=1)
    began = time.monotonic()
    with pytest.raises(requests.ConnectionError):
        shop.raw("getOrderDetails", {"orderId": 1})
    assert 1 <= time.monotonic() - began < 5


def test_held_calls_go_on_when_the_faults_are_cleared(shop: Shop) -> None:
    shop.arm("no_answer")  # 35 s
    with pytest.raises(requests.ReadTimeout):
        shop.raw("getOrderDetails", {"orderId": 1}, timeout=0.3)
    assert shop.get("calls")["calls"][-1]["milliseconds"] is None
    assert shop.http.delete(f"{shop.url}/_sandbox/faults", timeout=10).json() == {"cleared": 0}
    assert last_call(shop)["status"] is None


def test_slow(shop: Shop) -> None:
    shop.arm("slow", seconds=1)
    began = time.monotonic()
    order_id = shop.order()
    assert 1 <= time.monotonic() - began < 5
    assert shop.state(order_id) == "OPEN"


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_body_cut_in_half(shop: Shop, when: str) -> None:
    shop.arm("cut_body", when=when)
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        shop.raw("createOrUpdateOrder", order_request())
    assert len(shop.get("epc/orders")["orders"]) == (1 if when == "after" else 0)


def test_a_fault_waits_for_the_method_it_names(shop: Shop) -> None:
    shop.arm("http_500", method="notifyOrder")
    payment = shop.begin()
    assert shop.raw("notifyOrder", {"orderId": payment.order_id}).status_code == 500
    assert shop.raw("notifyOrder", {"orderId": payment.order_id}).status_code == 200


def test_times(shop: Shop) -> None:
    shop.arm("http_500", times=2)
    body = {"orderId": shop.get("clock")["ahead_seconds"]}
    assert [shop.raw("getOrderDetails", body).status_code for _ in range(3)] == [500, 500, 200]
    shop.arm("http_500", times=0)
    assert [shop.raw("getOrderDetails", body).status_code for _ in range(3)] == [500, 500, 500]
    assert shop.http.delete(f"{shop.url}/_sandbox/faults?provider=epc", timeout=10).json() == {"cleared": 1}
    assert shop.raw("getOrderDetails", body).status_code == 200


def test_the_form_is_struck_only_when_it_is_named(shop: Shop) -> None:
    payment = shop.begin()
    submit = {"paymentId": payment.transaction_id, "sessionId": "session-1", "test_card": APPROVED}
    address = f"{shop.url}/epc/widget/submit"
    shop.arm("http_500", method="submitCard", when="after")
    shop.arm("http_509")
    assert requests.post(address, data=submit, timeout=10).status_code == 500
    assert requests.post(address, data=submit, timeout=10).status_code == 200
    assert shop.raw("getOrderDetails", {"orderId": payment.order_id}).status_code == 509
    assert shop.status(payment) == "AUTHORIZED"


@pytest.mark.parametrize(
    ("fault", "card", "status"),
    [
        ("approve", NO_FUNDS, "AUTHORIZED"),
        ("refuse", APPROVED, "FAILED"),
        ("cancel", APPROVED, "CANCELLED_BY_USER"),
        ("challenge", APPROVED, "IN_PROGRESS"),
    ],
)
def test_how_the_next_payment_ends(shop: Shop, fault: str, card: str, status: str) -> None:
    shop.arm(fault, reason="stolen_card")
    payment, next_one = shop.begin(), shop.begin()
    assert shop.pay(payment, card=card)["paymentStatus"] == status
    assert shop.pay(next_one, card=APPROVED)["paymentStatus"] == "AUTHORIZED"
    if fault == "refuse":
        assert shop.detail(payment)["pspAdditionalReturnedData"] == {"declineReason": "stolen_card"}


def test_a_delayed_result_closes_the_order_later(shop: Shop) -> None:
    shop.arm("delayed", seconds=90)
    payment = shop.begin()
    shop.pay(payment, card=APPROVED)
    assert "statusDetail" not in shop.notify(payment.order_id)
    assert (shop.state(payment.order_id), shop.status(payment)) == ("CLOSING", "AUTHORIZED")
    shop.advance(89)
    assert shop.state(payment.order_id) == "CLOSING"
    shop.advance(1)
    assert (shop.state(payment.order_id), shop.status(payment)) == ("CLOSED", "PAID")


def test_an_order_being_finalised_does_not_expire(shop: Shop) -> None:
    shop.arm("delayed", seconds=7200)
    payment = shop.begin()
    shop.pay(payment, card=APPROVED)
    shop.notify(payment.order_id)
    shop.advance(3600)
    assert shop.state(payment.order_id) == "CLOSING"
    shop.advance(3600)
    assert shop.state(payment.order_id) == "CLOSED"


def test_a_result_delayed_at_the_bank(shop: Shop) -> None:
    shop.arm("delayed", method="pay", seconds=30)
    payment = shop.begin()
    assert shop.pay(payment, card=APPROVED)["paymentStatus"] == "IN_PROGRESS"
    shop.advance(30)
    assert shop.status(payment) == "AUTHORIZED"


def test_what_is_armed_can_be_read(shop: Shop) -> None:
    armed = shop.arm("refuse", reason="stolen_card", times=3)
    assert armed == {
        "id": armed["id"], "provider": "epc", "fault": "refuse", "method": None, "reason": "stolen_card",
        "seconds": None, "when": "before", "times": 3,
    }  # fmt: skip
    assert shop.get("faults")["faults"] == [armed]
    assert shop.get("faults?provider=epc")["faults"] == [armed]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "provider"),
        ({"provider": "nobody", "fault": "refuse"}, "provider"),
        ({"provider": "epc"}, "fault"),
        ({"provider": "epc", "fault": "explode"}, "fault"),
        ({"provider": "epc", "fault": "slow", "seconds": -1}, "seconds"),
        ({"provider": "epc", "fault": "slow", "seconds": "8"}, "seconds"),
        ({"provider": "epc", "fault": "slow", "times": 1001}, "times"),
        ({"provider": "epc", "fault": "slow", "when": "never"}, "when"),
        ({"provider": "epc", "fault": "slow", "method": "createOrder"}, "method"),
        ({"provider": "epc", "fault": "slow", "reasons": "x"}, "reasons"),
    ],
)
def test_a_bad_fault_is_refused_by_the_name_of_its_field(
    shop: Shop, body: dict[str, Any], field: str
) -> None:
    answer = shop.http.post(f"{shop.url}/_sandbox/faults", json=body, timeout=10)
    assert (answer.status_code, answer.json()["field"]) == (400, field)
    assert shop.get("faults")["faults"] == []


def test_the_rate_limit_is_off_until_an_account_sets_it(shop: Shop) -> None:
    body = {"orderId": shop.order()}
    shop.account(calls_per_minute=3)
    assert [shop.raw("getOrderDetails", body).status_code for _ in range(3)] == [200, 200, 509]
    shop.advance(61)
    assert shop.raw("getOrderDetails", body).status_code == 200
