"""What may be done at the gateway, in which shapes, and within which limits?"""

import base64
import uuid
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from tests.sandbox.ecomcharge import (
    APPROVED,
    CHALLENGED,
    CREDENTIALS,
    DECLINED,
    Browser,
    Hook,
    Merchant,
    hook,
    merchant,
)

__all__ = ["hook", "merchant"]

CARD = {
    "number": APPROVED, "verification_value": "123", "holder": "BEGATEWAY", "exp_month": "01", "exp_year": 2030,
}  # fmt: skip


def payment(**changes: Any) -> dict[str, Any]:
    """As the vendor's PHP client sends it, shortened."""
    return {
        "amount": 3634, "currency": "EUR", "description": "test", "tracking_id": "mine", "notification_url": None,
        "return_url": None, "language": "de", "test": True, "duplicate_check": True,
        "customer": {"ip": "127.0.0.1", "email": "john@example.com", "birth_date": "1970-01-01"},
        "billing_address": {"first_name": "John", "last_name": "Doe", "country": "LV", "state": None},
        "additional_data": {"receipt_text": [], "contract": [], "meta": []}, "credit_card": CARD,
    } | changes  # fmt: skip


@pytest.fixture
def direct(merchant: Merchant) -> Merchant:
    """A shop that may send card numbers itself."""
    merchant.account(host_to_host=True)
    return merchant


CARD_KEYS = {
    "holder", "stamp", "brand", "last_4", "first_1", "bin", "issuer_country", "issuer_name", "product", "exp_month",
    "exp_year", "token_provider", "token",
}  # fmt: skip
OWN_KEYS = [
    "uid", "status", "amount", "currency", "description", "type", "payment_method_type", "tracking_id", "message",
    "test", "created_at", "updated_at", "paid_at", "expired_at", "closed_at", "settled_at", "language",
    "redirect_url", "credit_card", "id", "additional_data", "be_protected_verification", "authorization",
    "avs_cvc_verification", "customer", "billing_address",
]  # fmt: skip


def test_the_recorded_shape(direct: Merchant) -> None:
    tx = direct.ask("transactions/authorizations", **payment())
    assert list(tx) == OWN_KEYS
    assert set(tx["credit_card"]) == CARD_KEYS
    assert tx["credit_card"]["stamp"] == "b3839d334ba40e89168d60cd9f9d1390aee3fe67dd4d5c41adbf3998043eaef8"
    assert (tx["credit_card"]["exp_month"], tx["credit_card"]["exp_year"]) == (1, 2030)
    assert tx["redirect_url"] == f"{direct.base}/process/{tx['uid']}"
    assert tx["paid_at"].endswith("+00:00")
    assert direct.one(tx["uid"]) == tx | {"paid_at": tx["paid_at"].replace("+00:00", "Z")}


def test_raw_card_numbers_need_a_permission(merchant: Merchant) -> None:
    answer = merchant.ask("transactions/payments", 400, **payment())
    assert (answer["code"], answer["errors"]) == ("E.1065", {"base": ["Host-to-host permission is missing"]})


def test_an_encrypted_card_needs_none(merchant: Merchant) -> None:
    key = load_der_public_key(base64.b64decode(merchant.get("ecomcharge/public_key")["public_key"]))
    assert isinstance(key, rsa.RSAPublicKey)
    sealed = {
        name: "$begatewaycsejs_1_0_0$"
        + base64.b64encode(key.encrypt(str(value).encode(), padding.PKCS1v15())).decode()
        for name, value in CARD.items()
    }
    body = payment(encrypted_credit_card=sealed)
    del body["credit_card"]
    assert merchant.ask("transactions/payments", **body)["status"] == "successful"


def test_a_decline_is_an_answer(direct: Merchant) -> None:
    tx = direct.ask("transactions/payments", **payment(credit_card=CARD | {"number": DECLINED}))
    assert (tx["status"], tx["message"]) == ("failed", "Payment was declined")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"amount": 0}, "Amount must be greater than 0."),
        ({"amount": None, "description": ""}, "Amount can't be blank. Description can't be blank."),
        ({"currency": "EURO"}, "Currency is invalid."),
        ({"credit_card": CARD | {"number": "4200000000000001"}}, "Number is invalid."),
        ({"credit_card": CARD | {"number": "4111111111111111"}}, "Number is not a test card of the sandbox."),
        ({"credit_card": CARD | {"exp_year": 2015}}, "Date is expired."),
        ({"credit_card": {"token": "no"}}, "Token does not exist."),
    ],
)
def test_requests_that_are_refused(direct: Merchant, changes: dict[str, Any], message: str) -> None:
    assert direct.refused("transactions/payments", **payment(**changes)) == message


@pytest.mark.parametrize("card", [{"exp_month": 1, "exp_year": "30"}, {"exp_month": "1", "exp_year": "2030"}])
def test_months_and_years_in_every_form(direct: Merchant, card: dict[str, Any]) -> None:
    tx = direct.ask("transactions/payments", **payment(credit_card=CARD | card, amount="3634"))
    assert (tx["amount"], tx["credit_card"]["exp_month"], tx["credit_card"]["exp_year"]) == (3634, 1, 2030)


def test_three_d_secure_by_redirect(direct: Merchant) -> None:
    back = "https://shop.test/back?a=1"
    tx = direct.ask(
        "transactions/payments", **payment(credit_card=CARD | {"number": CHALLENGED}, return_url=back)
    )
    assert (tx["status"], tx["message"], tx["paid_at"]) == ("incomplete", None, None)
    assert tx["three_d_secure_verification"]["ve_status"] == "Y"
    assert "payment" not in tx
    browser = Browser(direct)
    page = requests.get(tx["redirect_url"], timeout=10)
    assert browser.password(page).is_redirect
    assert browser.left_for == f"{back}&status=successful&uid={tx['uid']}"
    assert direct.one(tx["uid"])["payment"]["status"] == "successful"


def test_captures_and_voids_share_the_hold(merchant: Merchant) -> None:
    uid = merchant.paid("authorization")["uid"]
    part = merchant.ask("transactions/captures", parent_uid=uid, amount=4000)
    assert list(part) == [
        "uid", "status", "amount", "currency", "type", "message", "test", "created_at", "updated_at", "paid_at",
        "closed_at", "settled_at", "parent_uid", "id", "be_protected_verification", "capture",
    ]  # fmt: skip
    assert part["capture"] == {
        "message": "Capture was approved", "ref_id": "8889912", "rrn": None, "auth_code": None, "gateway_id": 477,
        "status": "successful",
    }  # fmt: skip
    too_much = merchant.ask("transactions/voids", 400, parent_uid=uid, amount=300)
    assert too_much["message"] == "Amount can't be greater than 299."
    assert too_much["errors"] == {"amount": ["can't be greater than 299"]}
    rest = merchant.ask("transactions/voids", parent_uid=uid, amount=299)
    assert rest["void"]["ref_id"] == "8889913"
    assert {"closed_at", "settled_at", "tracking_id", "description", "credit_card"}.isdisjoint(rest)
    assert (
        merchant.refused("transactions/captures", parent_uid=uid, amount=1)
        == "Amount can't be greater than 0."
    )


def test_refunds_of_a_payment(merchant: Merchant) -> None:
    uid = merchant.paid()["uid"]
    one = merchant.ask("transactions/refunds", parent_uid=uid, amount=4000, reason="Customer request")
    assert (one["reason"], one["parent_uid"], one["refund"]["ref_id"]) == ("Customer request", uid, "8889999")
    assert merchant.refused("transactions/refunds", parent_uid=uid, amount=300, reason="x") == (
        "Amount can't be greater than 299."
    )
    assert merchant.refused("transactions/refunds", parent_uid=uid, amount=1) == "Reason can't be blank."
    merchant.ask("transactions/refunds", parent_uid=uid, amount=299, reason="the rest")


def test_a_hold_is_refunded_through_its_captures(merchant: Merchant) -> None:
    uid = merchant.paid("authorization")["uid"]
    not_found = merchant.ask("transactions/refunds", 400, parent_uid=uid, amount=1, reason="x")
    assert not_found == {
        "message": "Parent uid Parent transaction is not found.",
        "errors": {"parent_uid": ["Parent transaction is not found"]},
    }
    capture = merchant.ask("transactions/captures", parent_uid=uid, amount=1000)["uid"]
    assert merchant.refused("transactions/refunds", parent_uid=capture, amount=1001, reason="x") == (
        "Amount can't be greater than 1000."
    )
    merchant.ask("transactions/refunds", parent_uid=capture, amount=1000, reason="x")


def test_only_what_was_paid_has_children(merchant: Merchant) -> None:
    token = merchant.token()
    merchant.pay(token, card=DECLINED)
    uid = merchant.status(token)["gateway_response"]["payment"]["uid"]
    assert merchant.refused("transactions/refunds", parent_uid=uid, amount=1, reason="x") == (
        "Parent uid Parent transaction is not successful."
    )


def test_a_declined_refund(merchant: Merchant) -> None:
    uid = merchant.paid()["uid"]
    merchant.arm("refuse", method="refund")
    refund = {"parent_uid": uid, "amount": 100, "reason": "x"}
    assert merchant.ask("transactions/refunds", **refund)["status"] == "failed"
    assert merchant.ask("transactions/refunds", **refund)["status"] == "successful"


def test_duplicates_within_half_a_minute(direct: Merchant) -> None:
    direct.ask("transactions/payments", **payment())
    twice = direct.ask("transactions/payments", 400, **payment())
    assert twice == {"message": "Duplicate transaction.", "errors": {"base": ["Duplicate transaction"]}}
    uid = direct.ask("transactions/payments", **payment(duplicate_check=False))["uid"]
    direct.ask("transactions/payments", **payment(amount=1))
    refund = {"parent_uid": uid, "amount": 10, "reason": "x"}
    direct.ask("transactions/refunds", **refund)
    assert direct.refused("transactions/refunds", **refund) == "Duplicate transaction."
    direct.ask("transactions/refunds", **refund, duplicate_check=False)
    direct.advance(31)
    direct.ask("transactions/payments", **payment())
    direct.ask("transactions/refunds", **refund)


def test_a_request_id_repeats_the_answer(merchant: Merchant) -> None:
    uid = merchant.paid()["uid"]
    name, body = str(uuid.uuid4()), {"request": {"parent_uid": uid, "amount": 10, "reason": "x"}}
    first = merchant.call("POST", "transactions/refunds", body, RequestID=name)
    again = merchant.call("POST", "transactions/refunds", body, RequestID=name)
    assert (again.status_code, again.content) == (200, first.content)
    assert len(merchant.get("ecomcharge/transactions")["transactions"]) == 2
    merchant.advance(86_401)
    later = merchant.call("POST", "transactions/refunds", body, RequestID=name)
    assert later.json()["transaction"]["uid"] != first.json()["transaction"]["uid"]


def test_a_request_id_after_a_lost_answer(merchant: Merchant) -> None:
    uid = merchant.paid()["uid"]
    merchant.arm("no_answer", method="refund", when="after", seconds=0)
    name, body = str(uuid.uuid4()), {"request": {"parent_uid": uid, "amount": 10, "reason": "x"}}
    with pytest.raises(requests.ConnectionError):
        merchant.call("POST", "transactions/refunds", body, RequestID=name)
    again = merchant.call("POST", "transactions/refunds", body, RequestID=name).json()["transaction"]
    [refund] = [
        one for one in merchant.get("ecomcharge/transactions")["transactions"] if one["type"] == "refund"
    ]
    assert refund["uid"] == again["uid"]


@pytest.mark.parametrize(
    ("contract", "request_", "status"),
    [
        (["recurring"], {"additional_data": {"contract": ["recurring"]}}, 200),
        (["card_on_file"], {"additional_data": {"contract": ["card_on_file"]}}, 200),
        (["recurring"], {"additional_data": {"contract": ["card_on_file"]}}, 400),
        (["recurring"], {}, 200),
        (["oneclick"], {}, 400),
        (["oneclick"], {"verification_value": "123"}, 200),
    ],
)
def test_saved_cards(merchant: Merchant, contract: list[str], request_: dict[str, Any], status: int) -> None:
    token = merchant.saved(*contract)
    assert len(token) == 36
    card = {"token": token, "skip_three_d_secure_verification": True}
    if "verification_value" in request_:
        card["verification_value"] = request_.pop("verification_value")
    answer = merchant.ask("transactions/payments", status, **(payment(credit_card=card, amount=1) | request_))
    if status == 200:
        assert (answer["status"], answer["credit_card"]["token"]) == ("successful", token)


def test_a_card_without_a_contract_has_no_token(merchant: Merchant) -> None:
    assert merchant.paid()["credit_card"]["token"] is None


def test_charges(merchant: Merchant) -> None:
    card = {"token": merchant.saved("card_on_file", card=APPROVED)}
    tx = merchant.ask("services/credit_cards/charges", **payment(credit_card=card, amount=1))
    assert (tx["type"], tx["charge"]["message"]) == ("charge", "Charge was approved")
    merchant.account(charge_type="payment")
    assert (
        merchant.ask("services/credit_cards/charges", **payment(credit_card=card, amount=2))["type"]
        == "payment"
    )
    once = {"token": merchant.saved("oneclick")}
    assert merchant.refused("services/credit_cards/charges", **payment(credit_card=once, amount=3)) == (
        "Token is not saved for the contract card_on_file."
    )


def test_a_saved_card_may_be_declined_later(merchant: Merchant) -> None:
    card = {"token": merchant.saved("recurring", card="4200000000110007")}
    tx = merchant.ask("services/credit_cards/charges", **payment(credit_card=card))
    assert (tx["status"], tx["code"]) == ("failed", "F.0105")


def test_a_challenge_with_a_saved_card(merchant: Merchant) -> None:
    token = merchant.token(order={"additional_data": {"contract": ["recurring"]}})
    merchant.pay(token, card=CHALLENGED)
    merchant.pay(token, code="1111")
    tx = merchant.one(merchant.status(token)["gateway_response"]["payment"]["uid"])
    assert tx["recurring_type"] == "initial"
    card = {"token": tx["credit_card"]["token"]}
    assert merchant.ask("transactions/payments", **payment(credit_card=card))["status"] == "incomplete"
    skip = card | {"skip_three_d_secure_verification": True}
    assert (
        merchant.ask("transactions/payments", **payment(credit_card=skip, amount=1))["status"] == "successful"
    )


def test_a_payout(merchant: Merchant) -> None:
    card = {"token": merchant.saved("credit")}
    body = {
        "amount": 33333,
        "currency": "BYN",
        "description": "Test",
        "tracking_id": "out",
        "credit_card": card,
    }
    tx = merchant.ask("transactions/credits", **body)
    assert list(tx) == [
        "uid", "status", "amount", "currency", "description", "type", "payment_method_type", "tracking_id",
        "message", "test", "created_at", "updated_at", "paid_at", "language", "credit_card", "id",
        "be_protected_verification", "credit",
    ]  # fmt: skip
    assert (tx["credit"]["auth_code"], tx["credit"]["rrn"], tx["credit"]["ref_id"]) == (
        "654327",
        "934",
        "777822",
    )
    wrong = {"token": merchant.saved("oneclick")}
    assert merchant.refused("transactions/credits", **(body | {"credit_card": wrong})) == (
        "Token is not saved for the contract credit."
    )


def test_the_store_of_cards(direct: Merchant) -> None:
    body = {
        "request": {
            "holder": "JOHN DOE",
            "number": APPROVED,
            "exp_month": "01",
            "exp_year": "2030",
            "token": None,
        }
    }
    saved = direct.call("POST", "credit_cards", body).json()
    assert set(saved) == CARD_KEYS - {"token_provider"}
    later = {"request": {"exp_month": 2, "exp_year": 2031, "token": saved["token"]}}
    changed = direct.call("POST", "credit_cards", later).json()
    assert changed == saved | {"exp_month": 2, "exp_year": 2031}
    put = direct.call("PUT", f"v2/credit_cards/{saved['token']}", {"request": {"holder": "JANE"}}).json()
    assert put["holder"] == "JANE"
    tx = direct.ask("transactions/tokenizations", **payment(amount=0))
    assert (tx["type"], len(tx["credit_card"]["token"])) == ("tokenization", 36)


def test_lookups(merchant: Merchant) -> None:
    uids = [merchant.paid(order={"tracking_id": "abc"})["uid"] for _ in range(11)]
    assert merchant.find("abc") == uids[:0:-1]
    assert merchant.find("unknown") == []
    newest = merchant.call("GET", "transactions/tracking_id/abc").json()["transaction"]
    assert newest["uid"] == uids[-1]
    for path in ("transactions/tracking_id/unknown", "transactions/unknown", "beyag/transactions/unknown"):
        answer = merchant.call("GET", path)
        assert (answer.status_code, answer.json()) == (404, {"response": {"message": "Record not found"}})
    several = merchant.paid(order={"tracking_id": "one;two/2"})["uid"]
    assert merchant.find("one") == merchant.find("two/2") == [several]


def test_children_by_tracking_id(merchant: Merchant) -> None:
    parent = merchant.paid(order={"tracking_id": "sale"})["uid"]
    refund = merchant.ask(
        "transactions/refunds", parent_uid=parent, amount=1, reason="x", tracking_id="refund-7"
    )
    assert "tracking_id" not in refund
    assert merchant.find("refund-7") == [refund["uid"]]
    assert merchant.find("sale") == [parent]
    merchant.account(children_with_parent=True, children_by_tracking_id=False)
    assert merchant.find("refund-7") == []
    assert merchant.find("sale") == [refund["uid"], parent]


def test_other_methods_live_at_the_api_host(merchant: Merchant) -> None:
    token = merchant.token(
        payment_method={"types": ["bank_transfer", "erip"], "erip": {"order_id": 100000001234}}
    )
    merchant.pay(token, method="bank_transfer")
    uid = merchant.status(token)["gateway_response"]["payment"]["uid"]
    assert merchant.call("GET", f"transactions/{uid}").status_code == 404
    assert merchant.call("GET", f"beyag/transactions/{uid}").json()["transaction"]["status"] == "pending"
    merchant.post(f"ecomcharge/transactions/{uid}/settle", status="successful")
    [found] = merchant.call("GET", "beyag/transactions/tracking_id/42").json()["transactions"]
    assert (found["uid"], found["status"]) == (uid, "successful")
    refund = merchant.ask("beyag/transactions/refunds", parent_uid=uid, amount=99, reason="x")
    assert refund["status"] == "successful"

    bill = merchant.token(payment_method={"types": ["erip"], "erip": {"order_id": 100000001234}})
    merchant.pay(bill, method="erip")
    erip = merchant.status(bill)["gateway_response"]["payment"]["uid"]
    for path in (f"beyag/payments/{erip}", "beyag/payments?order_id=100000001234"):
        assert merchant.call("GET", path).json()["transaction"]["uid"] == erip
    merchant.post(f"ecomcharge/transactions/{erip}/settle")
    assert merchant.refused("beyag/transactions/refunds", parent_uid=erip, amount=1, reason="x") == (
        "Refund is not available for ERIP."
    )


def test_made_in_the_back_office(merchant: Merchant, hook: Hook) -> None:
    uid = merchant.paid()["uid"]
    child = merchant.post(f"ecomcharge/transactions/{uid}/refund", amount=99, reason="By hand")
    assert (child["parent_uid"], child["amount"], child["status"]) == (uid, 99, "successful")
    merchant.post(f"ecomcharge/transactions/{uid}/refund", 400, amount=4201)
    merchant.post(f"ecomcharge/transactions/{uid}/capture", 400)
    merchant.post("ecomcharge/transactions/unknown/refund", 404)
    assert {mail.tx["type"] for mail in hook.wait(2)} == {"payment", "refund"}


def test_broken_calls(merchant: Merchant) -> None:
    assert merchant.refused("transactions/payments") == (
        "Amount can't be blank. Currency can't be blank. Description can't be blank. Credit card can't be blank."
    )
    for data in ("{", "[]", "{}"):
        answer = requests.post(
            f"{merchant.base}/transactions/payments", data=data, auth=CREDENTIALS, timeout=10
        )
        assert answer.status_code == 400
    assert merchant.call("GET", "transactions/payments").status_code == 405
    assert merchant.call("GET", "transactions/1", Authorization="Basic MTox").status_code == 401
    assert (
        merchant.call("POST", "transactions/refunds", {"request": {}}, X_API_Version="3").status_code == 400
    )


@pytest.mark.parametrize(("when", "count"), [("before", 1), ("after", 2)])
@pytest.mark.parametrize(("fault", "status"), [("http_500", 500), ("http_429", 429)])
def test_faults_before_and_after(merchant: Merchant, fault: str, status: int, when: str, count: int) -> None:
    uid = merchant.paid()["uid"]
    merchant.arm(fault, method="refund", when=when)
    assert merchant.one(uid)["status"] == "successful"
    refund = {"request": {"parent_uid": uid, "amount": 1, "reason": "x"}}
    assert merchant.call("POST", "transactions/refunds", refund).status_code == status
    assert len(merchant.get("ecomcharge/transactions")["transactions"]) == count


def test_a_cut_answer_to_a_token(merchant: Merchant) -> None:
    merchant.arm("cut_body", method="createCheckout")
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        merchant.token()
    assert len(merchant.get("ecomcharge/checkouts")["checkouts"]) == 1


def test_secrets_and_cards_are_masked(direct: Merchant) -> None:
    direct.ask("transactions/payments", **payment(credit_card=CARD | {"number": "9112300000000000"}))
    token = direct.token()
    Browser(direct, token).card("4200 0000 0000 0000")
    direct.status(token)
    calls = str(direct.get("calls?provider=ecomcharge")) + str(direct.get("notifications"))
    console = requests.get(f"{direct.url}/?provider=ecomcharge", timeout=10).text
    for shown in (calls, console):
        for secret in (token, "sandbox-secret-key", "'123'"):
            assert secret not in shown
        for number in ("9112300000000000", "4200 0000 0000 0000"):
            assert number not in shown.replace("digits", "").split("Test cards")[0]
        assert token[:8] in shown
    assert "911230******0000" in calls
