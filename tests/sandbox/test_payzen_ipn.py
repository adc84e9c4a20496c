"""Is the shop told what the contract says: the five fields, the exact string, the retries, and what may go wrong?"""

import json
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.sandbox.payzen import (
    ACCEPTED,
    CHALLENGED,
    DAY,
    LATER,
    NO_FUNDS,
    PRODUCTION_PASSWORD,
    TEST_HMAC,
    TEST_PASSWORD,
    Browser,
    Hook,
    Merchant,
    hook,
    hook_of_a_shop,
    merchant,
    order,
    valid,
)
from tests.sandbox.shop import eventually

__all__ = ["hook", "merchant"]
VECTORS: list[dict[str, str]] = json.loads(
    (Path(__file__).parent / "payzen_kr_hash.json").read_text(encoding="utf-8")
)["vectors"]
KEYS = {"demo_password": TEST_PASSWORD, "demo_hmac_sha256": TEST_HMAC}


def named(vector: dict[str, str]) -> str:
    return vector["id"]


@pytest.mark.parametrize("vector", [one for one in VECTORS if one["expect"] == "valid"], ids=named)
def test_the_sandbox_signs_like_the_vectors(merchant: Merchant, vector: dict[str, str]) -> None:
    signed = merchant.post(
        "payzen/sign", **{"kr-answer": vector["kr-answer"], "kr-hash-key": vector["kr-hash-key"]}
    )
    assert signed["kr-hash"] == vector["kr-hash"]
    assert signed["kr-hash-algorithm"] == "sha256_hmac"


@pytest.mark.parametrize("vector", VECTORS, ids=named)
def test_the_tests_own_check_judges_the_vectors(vector: dict[str, str]) -> None:
    allowed = vector["kr-hash-key"] if vector["kr-hash-key"] in ("password", "sha256_hmac") else "password"
    assert valid(vector, KEYS[vector["key"]], allowed) is (vector["expect"] == "valid")


# What is told.


def test_a_payment_is_told_with_five_signed_fields(merchant: Merchant, hook: Hook) -> None:
    made = merchant.order()
    merchant.pay(made["paymentOrderId"])
    [ipn] = hook.wait(1)
    assert set(ipn.form) == {"kr-hash", "kr-hash-algorithm", "kr-hash-key", "kr-answer-type", "kr-answer"}
    assert (ipn.form["kr-hash-key"], ipn.form["kr-answer-type"]) == ("password", "V4/Payment")
    assert ipn.headers["content-type"] == "application/x-www-form-urlencoded"
    assert ipn.ours
    told, tx = ipn.told, ipn.tx
    assert (told["shopId"], told["orderCycle"], told["orderStatus"]) == ("69876357", "CLOSED", "PAID")
    details = told["orderDetails"]
    assert (details["orderTotalAmount"], details["orderCurrency"], details["mode"]) == (990, "EUR", "TEST")
    assert (details["orderId"], details["paymentOrderId"]) == ("order-42", made["paymentOrderId"])
    assert (tx["status"], tx["detailedStatus"], tx["operationType"]) == ("PAID", "AUTHORISED", "DEBIT")
    assert (tx["amount"], tx["metadata"], len(tx["uuid"])) == (990, {"cart": "7"}, 32)
    card = tx["transactionDetails"]["cardDetails"]
    assert (card["pan"], card["authorizationResponse"]["authorizationResult"]) == ("497010XXXXXX0055", "0")


def test_the_string_is_compact_utf_8(merchant: Merchant, hook: Hook) -> None:
    merchant.pay(merchant.order(metadata={"city": "Orléans a/b"})["paymentOrderId"])
    [ipn] = hook.wait(1)
    assert '"metadata":{"city":"Orléans a/b"}' in ipn.form["kr-answer"]


def test_escaped_slashes_on_demand(merchant: Merchant, hook: Hook) -> None:
    merchant.account(escaped_slashes=True)
    merchant.pay(merchant.order()["paymentOrderId"])
    [ipn] = hook.wait(1)
    assert '"_type":"V4\\/Payment"' in ipn.form["kr-answer"]
    assert ipn.ours


def test_a_refusal_is_told_with_its_open_cycle(merchant: Merchant, hook: Hook) -> None:
    merchant.pay(merchant.order()["paymentOrderId"], card=NO_FUNDS)
    [ipn] = hook.wait(1)
    assert (ipn.told["orderCycle"], ipn.told["orderStatus"]) == ("OPEN", "UNPAID")
    assert (ipn.tx["status"], ipn.tx["detailedStatus"]) == ("UNPAID", "REFUSED")
    assert (ipn.tx["errorCode"], ipn.tx["errorMessage"]) == ("ACQ_001", "payment refused")
    assert (ipn.tx["detailedErrorCode"], ipn.tx["detailedErrorMessage"]) == (
        "51",
        "Insufficient funds or credit limit exceeded",
    )
    card = ipn.tx["transactionDetails"]["cardDetails"]
    assert card["authorizationResponse"]["authorizationResult"] == "51"


def test_all_attempts_on_demand_newest_first(merchant: Merchant, hook: Hook) -> None:
    merchant.account(all_attempts=True)
    number = merchant.order()["paymentOrderId"]
    merchant.pay(number, card=NO_FUNDS)
    merchant.pay(number)
    hook.wait(2)
    last = next(ipn for ipn in hook.received if ipn.told["orderStatus"] == "PAID")
    assert [tx["detailedStatus"] for tx in last.told["transactions"]] == ["AUTHORISED", "REFUSED"]


@pytest.mark.parametrize("place", ["order", "top", "transaction", "none"])
def test_where_the_order_is_named(merchant: Merchant, hook: Hook, place: str) -> None:
    merchant.account(payment_order_id_in=place)
    number = merchant.order()["paymentOrderId"]
    merchant.pay(number)
    [ipn] = hook.wait(1)
    found = {
        "order": ipn.told["orderDetails"].get("paymentOrderId"),
        "top": ipn.told.get("paymentOrderId"),
        "transaction": ipn.tx["transactionDetails"].get("paymentOrderId"),
    }
    assert {name for name, value in found.items() if value == number} == {place} - {"none"}
    assert sum(value is not None for value in found.values()) == (place != "none")


def test_the_orders_own_address_beats_the_rule(merchant: Merchant, hook: Hook) -> None:
    with hook_of_a_shop() as own:
        merchant.pay(merchant.order(ipnTargetUrl=own.url)["paymentOrderId"])
        own.wait(1)
    assert hook.received == []


def test_each_mode_has_its_rule_and_its_key(merchant: Merchant, hook: Hook) -> None:
    with hook_of_a_shop() as production:
        merchant.account(production_notification_url=production.url)
        merchant.pay(merchant.order(PRODUCTION_PASSWORD)["paymentOrderId"])
        [ipn] = production.wait(1)
        assert ipn.told["orderDetails"]["mode"] == "PRODUCTION"
        assert valid(ipn.form, PRODUCTION_PASSWORD, "password")
        assert not ipn.ours
    assert hook.received == []


def test_the_shop_is_told_before_the_shopper_comes_back(merchant: Merchant, hook: Hook) -> None:
    browser = Browser(merchant.order(redirectSuccessTimeout=0)["paymentURL"])
    browser.open()
    browser.card()
    assert browser.left_for
    assert len(hook.received) == 1


def test_a_challenge_tells_once_it_is_over(merchant: Merchant, hook: Hook) -> None:
    number = merchant.order()["paymentOrderId"]
    merchant.pay(number, card=CHALLENGED)
    assert merchant.get("notifications?provider=payzen")["notifications"] == []
    merchant.pay(number, code="1234")
    hook.wait(1)


def test_a_late_result_is_told_twice(merchant: Merchant, hook: Hook) -> None:
    merchant.pay(merchant.order()["paymentOrderId"], card=LATER)
    hook.wait(1)
    assert (hook.received[0].told["orderStatus"], hook.received[0].tx["detailedStatus"]) == (
        "RUNNING",
        "UNDER_VERIFICATION",
    )
    merchant.advance(61)
    hook.wait(2)
    assert hook.received[1].tx["uuid"] == hook.received[0].tx["uuid"]
    assert hook.received[1].tx["detailedStatus"] == "AUTHORISED"


def test_batches_are_told_when_the_rule_says_so(merchant: Merchant, hook: Hook) -> None:
    merchant.account(batch_notices=True)
    merchant.pay(merchant.order()["paymentOrderId"])
    hook.wait(1)
    merchant.advance(DAY + 1)
    hook.wait(2)
    assert hook.received[1].tx["detailedStatus"] == "CAPTURED"


def test_leaving_is_told_when_the_rule_says_so(merchant: Merchant, hook: Hook) -> None:
    merchant.account(abandon_notices=True)
    browser = Browser(merchant.order()["paymentURL"])
    browser.open()
    browser.submit("leave")
    merchant.advance(590)
    assert merchant.get("notifications?provider=payzen")["notifications"] == []
    merchant.advance(20)
    [ipn] = hook.wait(1)
    assert (ipn.told["orderStatus"], ipn.told["orderCycle"]) == ("ABANDONED", "OPEN")


# Delivery.


def state(merchant: Merchant) -> dict[str, Any]:
    [only] = merchant.get("notifications?provider=payzen")["notifications"]
    return dict(only)


def tried(merchant: Merchant, times: int) -> dict[str, Any]:
    eventually(lambda: len(state(merchant)["attempts"]) >= times)
    return state(merchant)


def test_four_retries_at_quarter_hours(merchant: Merchant, hook: Hook) -> None:
    hook.answers = [500, 404, 401, 503, 500]
    merchant.pay(merchant.order()["paymentOrderId"])
    for attempt in range(1, 5):
        due = tried(merchant, attempt)["due_at"]
        assert due[14:19] in ("00:00", "15:00", "30:00", "45:00")
        merchant.advance(900)
    last = tried(merchant, 5)
    assert (last["state"], len(hook.received)) == ("given_up", 5)
    assert len({ipn.form["kr-hash"] for ipn in hook.received}) == 1


@pytest.mark.parametrize("status", [204, 206, 302, 308])
def test_what_counts_as_delivered(merchant: Merchant, hook: Hook, status: int) -> None:
    hook.answers = [status]
    merchant.pay(merchant.order()["paymentOrderId"])
    assert tried(merchant, 1)["state"] == "delivered"


def test_lost_and_doubled(merchant: Merchant, hook: Hook) -> None:
    merchant.arm("lost")
    merchant.pay(merchant.order()["paymentOrderId"])
    merchant.arm("doubled")
    number = merchant.order()["paymentOrderId"]
    merchant.pay(number)
    hook.wait(2)
    assert hook.received[0].form == hook.received[1].form
    assert hook.received[0].told["orderDetails"]["paymentOrderId"] == number


def test_late(merchant: Merchant, hook: Hook) -> None:
    merchant.arm("late", seconds=120)
    merchant.pay(merchant.order()["paymentOrderId"])
    assert state(merchant)["state"] == "waiting"
    assert hook.received == []
    merchant.advance(121)
    hook.wait(1)


def test_reordered(merchant: Merchant, hook: Hook) -> None:
    merchant.arm("reordered")
    number = merchant.order()["paymentOrderId"]
    merchant.pay(number, card=NO_FUNDS)
    merchant.pay(number, card=ACCEPTED)
    hook.wait(2)
    assert [ipn.told["orderStatus"] for ipn in hook.received] == ["PAID", "UNPAID"]


def test_forged_and_wrongly_signed(merchant: Merchant, hook: Hook) -> None:
    merchant.arm("forged")
    merchant.pay(merchant.order()["paymentOrderId"], card=NO_FUNDS)
    merchant.arm("wrong_signature")
    merchant.pay(merchant.order()["paymentOrderId"])
    hook.wait(2)
    forged = next(ipn for ipn in hook.received if ipn.tx["amount"] == 1)
    wrong = next(ipn for ipn in hook.received if ipn.tx["amount"] == 990)
    assert forged.told["orderStatus"] == "PAID"
    assert (forged.ours, wrong.ours) == (False, False)


def test_by_hand(merchant: Merchant, hook: Hook) -> None:
    uuid = merchant.paid()["uuid"]
    hook.wait(1)
    merchant.post(f"payzen/transactions/{uuid}/notify")
    hook.wait(2)
    merchant.post(f"payzen/transactions/{uuid}/notify", forged=True)
    hook.wait(3)
    assert [ipn.ours for ipn in hook.received] == [True, True, False]


# HTTP faults on the web services.


def test_an_answer_may_be_lost_after_its_effect(merchant: Merchant) -> None:
    merchant.arm("http_500", method="Charge/CreatePaymentOrder", when="after")
    assert merchant.raw("Charge/CreatePaymentOrder", order()).status_code == 500
    assert len(merchant.get("payzen/orders")["orders"]) == 1


def test_a_call_may_fail_before_its_effect(merchant: Merchant) -> None:
    merchant.arm("no_answer", method="Transaction/CancelOrRefund", seconds=0)
    tx = merchant.captured()
    with pytest.raises(requests.ConnectionError):
        merchant.raw("Transaction/CancelOrRefund", {"uuid": tx["uuid"]})
    assert len(merchant.get("payzen/transactions")["transactions"]) == 1


def test_a_fault_ends_the_next_payment(merchant: Merchant) -> None:
    merchant.arm("refuse", reason="stolen_card")
    shown = merchant.pay(merchant.order()["paymentOrderId"], card=ACCEPTED)
    assert shown["transactions"][0]["error"] == ["ACQ_001", "payment refused", "43", "Stolen card"]
    merchant.arm("delayed", method="pay", seconds=10)
    number = merchant.order()["paymentOrderId"]
    assert merchant.pay(number)["transactions"][0]["detailed"] == "UNDER_VERIFICATION"
    merchant.advance(11)
    assert merchant.order_now(number)["paymentOrderStatus"] == "PAID"
