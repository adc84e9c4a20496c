"""Are webhooks what they should be, signed over the very bytes sent, and spoiled in the ways that were armed?"""

import base64
from typing import Any

import pytest
import requests

from tests.sandbox.ecomcharge import APPROVED, Hook, Mail, Merchant, hook, hook_of_a_shop, merchant, verified
from tests.sandbox.shop import eventually

__all__ = ["hook", "merchant"]


@pytest.fixture
def key(merchant: Merchant) -> str:
    return str(merchant.get("ecomcharge/public_key")["public_key"])


def notifications(merchant: Merchant) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = merchant.get("notifications")["notifications"]
    return found


def attempted(merchant: Merchant, times: int) -> None:
    eventually(lambda: len(notifications(merchant)[0]["attempts"]) == times)


def test_both_proofs(merchant: Merchant, hook: Hook, key: str) -> None:
    merchant.paid()
    [mail] = hook.wait(1)
    basic = base64.b64encode(b"361:sandbox-secret-key").decode()
    assert mail.headers["authorization"] == f"Basic {basic}"
    assert mail.headers["content-type"] == "application/json"
    signature = mail.headers["content-signature"]
    assert verified(mail.raw, signature, key)
    for altered in (mail.raw + b"\n", mail.raw.replace(b"4299", b"4298"), b""):
        assert not verified(altered, signature, key)


def test_the_body_of_a_payment_made_on_the_page(merchant: Merchant, hook: Hook) -> None:
    token = merchant.token()
    merchant.pay(token, card=APPROVED)
    tx = hook.wait(1)[0].tx
    assert list(tx) == [
        "uid", "status", "amount", "currency", "description", "type", "payment_method_type", "tracking_id",
        "message", "test", "created_at", "updated_at", "paid_at", "expired_at", "closed_at", "settled_at",
        "manually_corrected_at", "language", "redirect_url", "credit_card", "receipt_url", "id", "additional_data",
        "be_protected_verification", "payment", "avs_cvc_verification", "customer", "billing_address",
    ]  # fmt: skip
    assert tx["additional_data"]["vendor"] == {"name": "CTP", "token": token}
    assert tx["paid_at"].endswith("Z")
    assert tx == merchant.one(tx["uid"])


def test_the_request_says_where_to(merchant: Merchant, hook: Hook) -> None:
    with hook_of_a_shop() as own:
        uid = merchant.paid(settings={"notification_url": own.url})["uid"]
        own.wait(1)
        merchant.ask("transactions/refunds", parent_uid=uid, amount=9, reason="x")
        child = own.wait(2)[1].tx
    assert (child["type"], child["parent_uid"]) == ("refund", uid)
    assert hook.received == []


def test_children_may_be_silent(merchant: Merchant, hook: Hook) -> None:
    merchant.account(child_webhooks=False)
    uid = merchant.paid("authorization")["uid"]
    merchant.ask("transactions/captures", parent_uid=uid, amount=9)
    assert [one["subject"] for one in notifications(merchant)] == [uid]


def test_no_address_no_webhook(merchant: Merchant) -> None:
    merchant.paid()
    assert notifications(merchant) == []
    [tx] = merchant.get("ecomcharge/transactions")["transactions"]
    merchant.post(f"ecomcharge/transactions/{tx['uid']}/notify", 400)


def test_a_shop_that_fails_is_told_again_with_growing_gaps(merchant: Merchant, hook: Hook) -> None:
    hook.answers = [(500, ""), (302, ""), (204, "")]
    merchant.paid()
    for attempts, ahead in ((1, 10), (2, 50)):
        attempted(merchant, attempts)
        merchant.advance(ahead)
    eventually(lambda: notifications(merchant)[0]["state"] == "delivered")
    assert [attempt["status"] for attempt in notifications(merchant)[0]["attempts"]] == [500, 302, 204]
    assert len({mail.raw for mail in hook.received}) == 1


def test_once_more(merchant: Merchant, hook: Hook) -> None:
    uid = merchant.paid()["uid"]
    hook.wait(1)
    assert merchant.call("POST", f"transactions/{uid}/renotify").json()["transaction"]["uid"] == uid
    first, second = hook.wait(2)
    assert first.raw == second.raw
    assert merchant.call("POST", "transactions/unknown/renotify").status_code == 404


def test_forged(merchant: Merchant, hook: Hook, key: str) -> None:
    merchant.arm("forged")
    merchant.paid()
    [mail] = hook.wait(1)
    assert mail.tx["amount"] == 1
    assert not mail.signed_by(key)


def test_signed_by_a_stranger(merchant: Merchant, hook: Hook, key: str) -> None:
    merchant.arm("wrong_signature")
    merchant.paid()
    [mail] = hook.wait(1)
    assert mail.tx["amount"] == 4299
    assert len(base64.b64decode(mail.headers["content-signature"])) == 256
    assert not mail.signed_by(key)


@pytest.mark.parametrize(
    ("how", "amount", "good"),
    [({}, 4299, True), ({"forged": True}, 1, False), ({"wrong_signature": True}, 4299, False)],
)
def test_by_hand(
    merchant: Merchant, hook: Hook, key: str, how: dict[str, bool], amount: int, good: bool
) -> None:
    uid = merchant.paid()["uid"]
    hook.wait(1)
    sent = merchant.post(f"ecomcharge/transactions/{uid}/notify", **how)["notifications"]
    assert len(sent) == 1
    mail: Mail = hook.wait(2)[1]
    assert (mail.tx["amount"], mail.signed_by(key)) == (amount, good)


@pytest.mark.parametrize(("fault", "count"), [("lost", 0), ("doubled", 2)])
def test_lost_and_doubled(merchant: Merchant, hook: Hook, fault: str, count: int) -> None:
    merchant.arm(fault)
    merchant.paid()
    eventually(lambda: {one["state"] for one in notifications(merchant)} <= {"lost", "delivered"})
    assert len(hook.wait(count)) == count


def test_late_and_out_of_order(merchant: Merchant, hook: Hook) -> None:
    merchant.arm("late", seconds=100)
    merchant.paid()
    merchant.arm("reordered")
    token = merchant.token(payment_method={"types": ["bank_transfer"]})
    merchant.pay(token, method="bank_transfer")
    uid = merchant.status(token)["gateway_response"]["payment"]["uid"]
    merchant.post(f"ecomcharge/transactions/{uid}/settle")
    assert [mail.tx["status"] for mail in hook.wait(2)] == ["successful", "pending"]
    merchant.advance(101)
    hook.wait(3)


def test_the_console_presses_the_same_buttons(merchant: Merchant, hook: Hook, key: str) -> None:
    def press(action: str, number: str) -> None:
        url = f"{merchant.url}/console/actions/ecomcharge/{action}/{number}"
        assert requests.post(url, timeout=10, allow_redirects=False).status_code == 302

    token = merchant.token(transaction_type="authorization")
    press("approve", token[:12])
    uid = merchant.status(token)["gateway_response"]["authorization"]["uid"]
    press("capture", uid)
    types = [tx["type"] for tx in merchant.get("ecomcharge/transactions")["transactions"]]
    assert sorted(types) == ["authorization", "capture"]
    waiting = merchant.token(payment_method={"types": ["halva"]})
    merchant.pay(waiting, method="halva")
    press("settle", merchant.status(waiting)["gateway_response"]["payment"]["uid"])
    assert merchant.status(waiting)["status"] == "successful"
    page = requests.get(f"{merchant.url}/?provider=ecomcharge", timeout=10).text
    for part in (key, uid, "Refund", "Notify forged", "3-D Secure password 1111"):
        assert part in page
