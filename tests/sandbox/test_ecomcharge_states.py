"""Where does a payment token stand, from its first hour to its last?"""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.sandbox.ecomcharge import (
    APPROVED,
    CHALLENGED,
    DECLINED,
    NO_FUNDS,
    Browser,
    Hook,
    Merchant,
    hook,
    merchant,
)  # fmt: skip
from tests.sandbox.shop import eventually

__all__ = ["hook", "merchant"]


def summary(merchant: Merchant, token: str) -> dict[str, Any]:
    found = merchant.status(token)
    return {name: found[name] for name in ("status", "message", "finished", "expired")}


def test_before_anything_happens(merchant: Merchant) -> None:
    token = merchant.token()
    found = merchant.status(token)
    assert found["gateway_response"] is None
    assert summary(merchant, token) == {
        "status": None, "message": None, "finished": False, "expired": False,
    }  # fmt: skip
    assert (found["shop_id"], found["test"], found["transaction_type"]) == (361, True, "payment")
    assert found["order"]["amount"] == 4299
    assert set(found["shop"]) == {"name", "url", "contact_email", "contact_phone", "brands"}


@pytest.mark.parametrize("kind", ["payment", "authorization", "tokenization", "charge"])
def test_paid(merchant: Merchant, kind: str) -> None:
    token = merchant.token(transaction_type=kind)
    ended = merchant.pay(token, card=APPROVED)
    assert (ended["status"], ended["changed"], ended["attempts_used"]) == ("successful", True, 1)
    assert summary(merchant, token) == {
        "status": "successful", "message": "Successfully processed", "finished": True, "expired": False,
    }  # fmt: skip
    bank = merchant.status(token)["gateway_response"][kind]
    uid = bank.pop("uid")
    assert bank == {
        "auth_code": "654321", "bank_code": "05", "rrn": "999", "ref_id": "777888",
        "message": f"{kind.capitalize()} was approved", "gateway_id": 477,
        "billing_descriptor": "TEST GATEWAY BILLING DESCRIPTOR", "status": "successful",
    }  # fmt: skip
    tx = merchant.one(uid)
    assert tx["additional_data"]["vendor"] == {"name": "CTP", "token": token}
    assert (tx["id"], tx["type"], tx["tracking_id"]) == (uid, kind, "42")
    assert bool(tx["credit_card"]["token"]) == (kind == "tokenization")


def test_attempts(merchant: Merchant) -> None:
    token = merchant.token(attempts=2)
    assert merchant.pay(token, card=DECLINED)["finished"] is False
    assert summary(merchant, token)["status"] == "failed"
    first = merchant.status(token)["gateway_response"]["payment"]["uid"]
    assert merchant.pay(token, card=DECLINED)["finished"] is True
    assert merchant.status(token)["gateway_response"]["payment"]["uid"] != first
    assert merchant.pay(token, card=APPROVED)["changed"] is False
    assert summary(merchant, token) == {
        "status": "failed", "message": "Payment was declined", "finished": True, "expired": False,
    }  # fmt: skip


def test_declined_and_then_paid(merchant: Merchant) -> None:
    token = merchant.token(attempts=2)
    merchant.pay(token, card=DECLINED)
    merchant.pay(token, card=APPROVED)
    assert summary(merchant, token)["finished"] is True
    statuses = [tx["status"] for tx in merchant.get(f"ecomcharge/checkouts/{token}")["transactions"]]
    assert statuses == ["failed", "successful"]


@pytest.mark.parametrize(
    ("card", "code"),
    [
        (DECLINED, "F.0999"),
        (NO_FUNDS, "F.0114"),
        ("4200000000020008", "F.0111"),
        ("4200000000030007", "F.0112"),
        ("4200000000040006", "F.0116"),
        ("4200000000050005", "F.0124"),
        ("4012000000001022", "F.0129"),
        ("4012000000001030", "F.0130"),
        ("4012000000001014", "F.0130"),
    ],
)
def test_a_decline_has_its_code(merchant: Merchant, card: str, code: str) -> None:
    token = merchant.token(attempts=1)
    merchant.pay(token, card=card)
    tx = merchant.one(merchant.status(token)["gateway_response"]["payment"]["uid"])
    assert (tx["status"], tx["code"]) == ("failed", code)
    assert tx["payment"]["message"] == "Payment was declined"
    assert tx["payment"]["auth_code"] is None
    assert tx["friendly_message"]


@pytest.mark.parametrize(("test", "status"), [(True, "failed"), (False, "successful")])
def test_the_expected_bank_code_is_for_tests_only(merchant: Merchant, test: bool, status: str) -> None:
    token = merchant.token(test=test, order={"additional_data": {"expected_bank_code": "F.0114"}})
    merchant.pay(token, card=APPROVED)
    found = merchant.status(token)
    assert found["status"] == status
    if test:
        assert found["gateway_response"]["payment"]["bank_code"] == "F.0114"
        assert found["message"].startswith("Insufficient funds. Check the account balance")


def test_the_month_rule(merchant: Merchant) -> None:
    assert merchant.pay(merchant.token(), card=APPROVED, expiry="10/2030")["status"] == "failed"
    assert merchant.pay(merchant.token(), card=APPROVED, expiry="01/2030")["status"] == "successful"


@pytest.mark.parametrize(
    ("card", "passwords", "status"),
    [
        (CHALLENGED, ["1111"], "successful"),
        (CHALLENGED, ["1234", "1111"], "successful"),
        (CHALLENGED, ["1", "2", "3"], "failed"),
        ("4200000000060004", ["1111"], "failed"),
        ("5204240000015029", ["1111"], "successful"),
    ],
)
def test_three_d_secure(merchant: Merchant, card: str, passwords: list[str], status: str) -> None:
    token = merchant.token(attempts=1)
    merchant.pay(token, card=card)
    assert summary(merchant, token) == {
        "status": "incomplete", "message": None, "finished": False, "expired": False,
    }  # fmt: skip
    for password in passwords:
        merchant.pay(token, password=password)
    assert merchant.status(token)["status"] == status
    uid = merchant.status(token)["gateway_response"]["payment"]["uid"]
    assert merchant.one(uid)["three_d_secure_verification"]["pa_status"] == (
        "Y" if status == "successful" else "N"
    )


@pytest.mark.parametrize(
    ("card", "word"), [("4012000000001006", "Y"), ("4012000000001055", "A"), ("5204240000015011", "A")]
)
def test_frictionless(merchant: Merchant, card: str, word: str) -> None:
    tx = merchant.paid(card=card)
    assert tx["three_d_secure_verification"]["pa_status"] == word


def test_a_token_expires_after_a_day(merchant: Merchant, hook: Hook) -> None:
    token = merchant.token()
    merchant.advance(86_395)
    assert merchant.status(token)["expired"] is False
    merchant.advance(10)
    found = merchant.status(token)
    assert summary(merchant, token) == {
        "status": "error", "message": "Token is expired.", "finished": False, "expired": True,
    }  # fmt: skip
    assert found["gateway_response"] is None
    [mail] = hook.wait(1)
    assert "transaction" not in mail.body
    assert mail.body == {name: found[name] for name in mail.body}
    assert {"token", "shop_id", "order", "settings", "customer", "shop", "test", "payment_method"} <= set(
        mail.body
    )
    assert merchant.pay(token, card=APPROVED)["changed"] is False


def test_expired_at_is_exact(merchant: Merchant) -> None:
    now = merchant.get("healthz")["now"]
    later = now[:4] + "-12-31T23:59:59+00:00"
    token = merchant.token(order={"expired_at": later})
    assert merchant.get(f"ecomcharge/checkouts/{token}")["expires_at"] == later.replace("+00:00", ".000Z")


def test_a_paid_token_does_not_expire(merchant: Merchant, hook: Hook) -> None:
    token = merchant.token()
    merchant.pay(token, card=APPROVED)
    hook.wait(1)
    merchant.advance(200_000)
    assert summary(merchant, token)["status"] == "successful"
    assert [one["subject"] for one in merchant.get("notifications")["notifications"]] == [
        merchant.status(token)["gateway_response"]["payment"]["uid"]
    ]


def test_an_abandoned_challenge_expires_with_its_token(merchant: Merchant, hook: Hook) -> None:
    token = merchant.token()
    merchant.pay(token, card=CHALLENGED)
    merchant.advance(90_000)
    assert summary(merchant, token)["expired"] is True
    bodies = [mail.body for mail in hook.wait(2)]
    assert {body.get("transaction", body)["status"] for body in bodies} == {"expired", "error"}


@pytest.mark.parametrize(
    ("outcome", "finished"), [("successful", True), ("failed", False), ("expired", False)]
)
def test_another_method_waits_for_its_money(
    merchant: Merchant, hook: Hook, outcome: str, finished: bool
) -> None:
    token = merchant.token(payment_method={"types": ["bank_transfer"], "bank_transfer": {"account": "DE89"}})
    assert merchant.pay(token, method="bank_transfer")["status"] == "pending"
    assert summary(merchant, token)["finished"] is False
    uid = merchant.status(token)["gateway_response"]["payment"]["uid"]
    # Days may pass, the token does not expire under a transfer.
    merchant.advance(3 * 86_400)
    assert summary(merchant, token)["expired"] is False
    settled = merchant.post(f"ecomcharge/transactions/{uid}/settle", status=outcome)
    assert settled["status"] == outcome
    hook.wait(2 if outcome == "successful" else 3)
    told = [mail.tx["status"] for mail in hook.received if "transaction" in mail.body]
    assert sorted(told) == sorted(["pending", outcome])
    first = next(mail.tx for mail in hook.received if mail.tx["status"] == "pending")
    assert (first["payment_method_type"], first["bank_transfer"]) == ("bank_transfer", {"account": "DE89"})
    assert "credit_card" not in first
    assert merchant.status(token)["finished"] is finished
    merchant.post(f"ecomcharge/transactions/{uid}/settle", 400)


def test_a_late_result(merchant: Merchant) -> None:
    token = merchant.token()
    merchant.pay(token, card="4200000000080002")
    assert summary(merchant, token)["status"] == "incomplete"
    merchant.advance(59)
    assert summary(merchant, token)["status"] == "incomplete"
    merchant.advance(2)
    assert summary(merchant, token)["status"] == "successful"


def test_a_bank_that_never_answers(merchant: Merchant) -> None:
    token = merchant.token()
    merchant.pay(token, card="4200000000090001")
    merchant.advance(80_000)
    assert summary(merchant, token)["status"] == "incomplete"
    merchant.advance(10_000)
    assert summary(merchant, token)["expired"] is True


@pytest.mark.parametrize(
    ("fault", "status"), [("approve", "successful"), ("refuse", "failed"), ("challenge", "incomplete")]
)
def test_a_fault_beats_the_card(merchant: Merchant, fault: str, status: str) -> None:
    merchant.arm(fault)
    token = merchant.token()
    assert merchant.pay(token, card=DECLINED if fault == "approve" else APPROVED)["status"] == status


def test_a_reason_becomes_a_code(merchant: Merchant) -> None:
    merchant.arm("refuse", reason="insufficient_funds")
    token = merchant.token()
    merchant.pay(token, card=APPROVED)
    assert merchant.get("ecomcharge/transactions")["transactions"][0]["code"] == "F.0114"


def test_the_shopper_cancels(merchant: Merchant) -> None:
    token = merchant.token()
    ended = merchant.pay(token, outcome="cancel")
    assert ended["result"] == "cancelled"
    assert ended["redirectUrl"] == "https://shop.test/cancel?order=42"
    assert summary(merchant, token)["status"] is None
    merchant.arm("delayed", method="pay", seconds=100)
    merchant.pay(token, card=APPROVED)
    assert summary(merchant, token)["status"] == "incomplete"
    merchant.advance(101)
    assert summary(merchant, token)["status"] == "successful"


RETURN = {"return_url": "https://a.test/r?x=1"}
THREE = {
    "return_url": None, "success_url": "https://a.test/s", "decline_url": "https://a.test/d?y=2",
    "fail_url": "https://a.test/f",
}  # fmt: skip


@pytest.mark.parametrize(
    ("settings", "how", "before"),
    [
        (RETURN, {"card": APPROVED}, "https://a.test/r?x=1&token="),
        (RETURN, {"card": DECLINED}, "https://a.test/r?x=1&token="),
        (RETURN | {"success_url": "https://a.test/s"}, {"card": APPROVED}, "https://a.test/r?x=1&token="),
        (THREE, {"card": APPROVED}, "https://a.test/s?token="),
        (THREE, {"card": DECLINED}, "https://a.test/d?y=2&token="),
        (RETURN, {"method": "bank_transfer"}, "https://a.test/r?x=1&token="),
    ],
)
def test_where_the_shopper_goes_back_to(
    merchant: Merchant, settings: dict[str, Any], how: dict[str, str], before: str
) -> None:
    token = merchant.token(settings=settings)
    ended = merchant.pay(token, **how)
    uid = merchant.status(token)["gateway_response"]["payment"]["uid"]
    assert ended["redirectUrl"] == f"{before}{token}&status={ended['status']}&uid={uid}"


@pytest.mark.parametrize(
    ("settings", "before"),
    [
        (RETURN | {"fail_url": "https://a.test/f"}, "https://a.test/f?"),
        (RETURN | {"fail_url": None}, "https://a.test/r?x=1&"),
    ],
)
def test_an_expired_token_goes_to_fail_url(merchant: Merchant, settings: dict[str, Any], before: str) -> None:
    token = merchant.token(settings=settings)
    merchant.advance(90_000)
    browser = Browser(merchant, token)
    browser.open()
    assert browser.left_for == f"{before}token={token}&status=error"


def test_the_state_can_be_read_before_the_webhook(merchant: Merchant, hook: Hook) -> None:
    token = merchant.token()
    seen = []
    hook.asks_back = lambda mail: seen.append(merchant.status(token)["finished"])
    merchant.pay(token, card=APPROVED)
    eventually(lambda: seen)
    assert seen == [True]


def test_the_checkouts_of_one_order(merchant: Merchant) -> None:
    one = merchant.token(order={"tracking_id": "A-1"})
    merchant.token(order={"tracking_id": "A-21"})
    assert len(merchant.get("ecomcharge/checkouts")["checkouts"]) == 2
    found = merchant.get("ecomcharge/checkouts?tracking_id=A-1")["checkouts"]
    assert [told["token"] for told in found] == [one]


def test_a_reset_forgets_all_but_the_key(merchant: Merchant) -> None:
    merchant.paid()
    key = merchant.get("ecomcharge/public_key")
    merchant.post("reset")
    assert merchant.get("ecomcharge/checkouts") == {"checkouts": []}
    assert merchant.get("ecomcharge/transactions") == {"transactions": []}
    assert merchant.get("ecomcharge/public_key") == key


def test_money_that_comes_by_itself(merchant: Merchant) -> None:
    token = merchant.token()
    merchant.pay(token, method="bank_transfer", outcome="delayed")
    assert summary(merchant, token)["status"] == "pending"
    merchant.advance(61)
    assert summary(merchant, token)["status"] == "successful"
    merchant.arm("delayed", seconds=7)
    late = merchant.token()
    merchant.pay(late, card=APPROVED)
    assert summary(merchant, late)["status"] == "incomplete"
    merchant.advance(8)
    assert summary(merchant, late)["status"] == "successful"


def test_refunds_at_the_same_moment_share_what_there_is(merchant: Merchant) -> None:
    uid = merchant.paid()["uid"]
    body = {"request": {"parent_uid": uid, "amount": 4000, "reason": "x", "duplicate_check": False}}
    with ThreadPoolExecutor(4) as crowd:
        answers = list(
            crowd.map(lambda _: merchant.call("POST", "transactions/refunds", body).status_code, range(4))
        )
    assert sorted(answers) == [200, 400, 400, 400]


def test_one_request_id_at_the_same_moment(merchant: Merchant) -> None:
    uid = merchant.paid()["uid"]
    body = {"request": {"parent_uid": uid, "amount": 1, "reason": "x", "duplicate_check": False}}
    with ThreadPoolExecutor(4) as crowd:
        answers = crowd.map(
            lambda _: merchant.call("POST", "transactions/refunds", body, RequestID="once").text, range(4)
        )
        assert len(set(answers)) == 1
    assert len(merchant.get("ecomcharge/transactions")["transactions"]) == 2
