"""Does the SysPay stand-in let in whom it should, and speak the API as the contract writes it?"""

import http.client
import time
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from tests.sandbox.syspay import (
    APPROVED,
    DELAYED,
    NO_FUNDS,
    Browser,
    Hook,
    Merchant,
    checksum,
    hook,
    merchant,
    request,
    wsse,
)  # fmt: skip

__all__ = ["hook", "merchant"]

# Section 1.1: login, passphrase, raw nonce, Created, PasswordDigest, Nonce.
VECTORS = [
    ("login1", "passphrase1", b"0123456789abcdef", 1700000000, "CRYddwrr2h6AX/dIFjxL4UAreKQ=",
     "MDEyMzQ1Njc4OWFiY2RlZg=="),
    ("login1", "passphrase1", bytes.fromhex("00112233445566778899aabbccddeeff"), 1700000000,
     "NYosmV2OgO2sAAwo7rKL6/ysS0k=", "ABEiM0RVZneImaq7zN3u/w=="),
    ("9207700001", 'p@ss "phrase" é', b"\xff", 1421426737, "iaK0cwddS91XEf6OEmdY+mRehuU=", "/w=="),
]  # fmt: skip


def header(login: str, digest: str, nonce: str, created: int) -> str:
    return f'AuthToken MerchantAPILogin="{login}", PasswordDigest="{digest}", Nonce="{nonce}", Created="{created}"'


def forget_header(merchant: Merchant, settings: dict[str, Any]) -> None:
    """A login of its own for each test: a header that was used stays so, across resets too."""
    merchant.account(wsse_window_seconds=0, **settings)


@pytest.mark.parametrize("vector", VECTORS)
def test_the_vectors_of_the_header(vector: tuple[Any, ...], merchant: Merchant) -> None:
    login, passphrase, raw, created, digest, nonce = vector
    text = header(login, digest, nonce, created)
    assert wsse(login=login, passphrase=passphrase, nonce=raw, created=created) == text
    forget_header(merchant, {"login": login, "passphrase": passphrase})
    assert merchant.call("GET", "system-ip", X_Wsse=text).status_code == 200
    again = merchant.call("GET", "system-ip", X_Wsse=text)
    assert (again.status_code, again.json()["error"]["code"]) == (403, 403)


@pytest.mark.parametrize(
    "digest", ["MDkxNjFkNzcwYWViZGExZTgwNWZmNzQ4MTYzYzRiZTE0MDJiNzhhNA==", "KJ5MjSwhMfXCMjVPbq77MjrSVh4="]
)
def test_digests_that_must_not_fit(digest: str, merchant: Merchant) -> None:
    merchant.account(login="login1", passphrase="passphrase1", wsse_window_seconds=0)
    text = header("login1", digest, "MDEyMzQ1Njc4OWFiY2RlZg==", 1700000000)
    assert merchant.call("GET", "system-ip", X_Wsse=text).status_code == 403


def test_the_vectors_of_the_checksums() -> None:
    """Of the tests' own function, which every message of the sandbox is measured by."""
    assert checksum("foo", "bar") == "8843d7f92416211de9ebb963ff4ce28125932878"
    json_body = (
        '{"type":"payment","data":{"payment":{"id":123,"reference":"sh10001","amount":1200,"currency":"GBP",'
        '"status":"SUCCESS"}}}'
    )
    assert checksum(json_body, "passphrase1") == "020d90d02fc5da34bcfab4b399d72dd4e6c9abe3"
    form = (
        "type=payment&data%5Bpayment%5D%5Bid%5D=123&data%5Bpayment%5D%5Breference%5D=sh10001"
        "&data%5Bpayment%5D%5Bamount%5D=1200&data%5Bpayment%5D%5Bcurrency%5D=GBP"
        "&data%5Bpayment%5D%5Bstatus%5D=SUCCESS"
    )
    assert checksum(form, "passphrase1") == "b3a97356f11822a100d1b1848b747537ace563ee"
    result = (
        "eyJwYXltZW50Ijp7ImlkIjoxMjMsInJlZmVyZW5jZSI6InNoMTAwMDEiLCJhbW91bnQiOjEyMDAsImN1cnJlbmN5IjoiR0JQIiwi"
        "c3RhdHVzIjoiU1VDQ0VTUyJ9fQ=="
    )
    assert checksum(result, "passphrase1") == "17f76019c5381f53bbd73c5789b29e89f152a416"


@pytest.mark.parametrize(
    "given",
    [
        "",
        "Basic abc",
        wsse().replace('", ', '",'),
        wsse().replace("AuthToken ", ""),
        wsse().replace('"', "'"),
        wsse(login="stranger"),
        wsse(passphrase="wrong"),
    ],
)
def test_strangers_get_403(given: str, merchant: Merchant) -> None:
    answer = merchant.call("GET", "system-ip", X_Wsse=given)
    assert (answer.status_code, answer.json()) == (403, {"error": {"code": 403, "message": "Forbidden"}})


@pytest.mark.parametrize("seconds", [-400, 400])
def test_a_header_of_another_time_gets_403(seconds: int, merchant: Merchant) -> None:
    """Made here and not in the list above: a run takes longer than a header of the future stays in it."""
    answer = merchant.call("GET", "system-ip", X_Wsse=wsse(created=int(time.time()) + seconds))
    assert (answer.status_code, answer.json()) == (403, {"error": {"code": 403, "message": "Forbidden"}})


def test_only_from_the_allowed_addresses(merchant: Merchant) -> None:
    merchant.account(allowed_ips="10.1.2.3")
    assert merchant.call("GET", "system-ip").status_code == 403
    merchant.account(allowed_ips="10.1.2.3, 127.0.0.1")
    assert merchant.read("system-ip/") == {"ip_addresses": ["127.0.0.1"]}


def test_a_second_account_has_its_own_rows(merchant: Merchant) -> None:
    number = merchant.paid()["payments"][0]["id"]
    other = {"provider": "syspay", "name": "other", "settings": {"login": "other", "passphrase": "two"}}
    assert requests.put(f"{merchant.url}/_sandbox/accounts", json=other, timeout=10).ok
    answer = merchant.call("GET", f"payment/{number}", X_Wsse=wsse(login="other", passphrase="two"))
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, 20007)


def test_the_uuid_is_there_and_not_last(merchant: Merchant) -> None:
    for path, status in (("system-ip", 200), ("payment/999999", 404), ("nonsense", 404)):
        link = http.client.HTTPConnection(urlsplit(merchant.url).netloc, timeout=10)
        link.request("GET", f"/syspay/api/v1/merchant/{path}", headers={"X-Wsse": wsse()})
        answer = link.getresponse()
        names = [name.lower() for name, _ in answer.getheaders()]
        assert answer.status == status
        assert len(answer.getheader("X-Syspay-Request-Uuid", "")) == 36
        assert names.index("x-syspay-request-uuid") < len(names) - 1
        link.close()


def test_what_is_not_there(merchant: Merchant) -> None:
    for path, code in (
        ("payment/77777777", 20007),
        ("payment/abc", 20007),
        ("refund/77777777", 40009),
        ("chargeback/77777777", 70001),
        ("subscription/77777777", 80001),
        ("billing-agreement/77777777", 60001),
        ("plans/1", 20019),
        ("eterminal", 20019),
    ):
        assert merchant.refused(path, verb="GET", status=404) == code


def test_info_and_list(merchant: Merchant) -> None:
    paid = merchant.paid(reference="listed")["payments"][0]
    found = merchant.read(f"payment/{paid['id']}")
    assert found["redirect"] is None
    expected = {
        "payment_type": "ONESHOT", "reference": "listed", "amount": 1200, "currency": "GBP", "status": "SUCCESS",
        "flow": "BUYER", "website": 110, "failure_category": None, "merchant_login": "sandbox", "preauth": False,
        "subscription": None, "billing_agreement": None, "description": "Ms Hudson",
    }  # fmt: skip
    payment = found["payment"]
    assert {name: payment[name] for name in expected} == expected
    assert payment["payment_method"] | {"cardholder": ""} == {
        "type": "CREDITCARD", "display": "4970-10xx-xxxx-0055", "cardholder": "", "exp_month": "12",
        "exp_year": "2030",
    }  # fmt: skip
    assert abs(payment["processing_time"] - time.time()) < 60
    merchant.paid(card=NO_FUNDS)
    listed = merchant.read("payments/?reference=listed")["payments"]
    assert [one["id"] for one in listed] == [paid["id"]]
    assert merchant.read("payments/?reference=unknown") == {"payments": []}
    assert [one["status"] for one in merchant.read("payments/")["payments"]] == ["FAILED", "SUCCESS"]
    assert len(merchant.read("payments?status=FAILED")["payments"]) == 1
    later = int(time.time()) + 1000
    assert merchant.read(f"payments/?start_date={later}") == {"payments": []}
    assert len(merchant.read(f"payments/?end_date={later}&email=foo@bar.com")["payments"]) == 2
    assert merchant.refused("payments/?status=GONE", verb="GET") == 30026
    assert merchant.refused("payments/?start_date=today", verb="GET") == 20003
    assert merchant.refused("payments/?end_date=-1", verb="GET") == 20004


PREAUTH: dict[str, Any] = {"oneshot": {"amount": 1200, "currency": "GBP", "preauth": True}}


@pytest.mark.parametrize("raw", [b"null", b"{}", b"", b"[]"])
@pytest.mark.parametrize(("verb", "status"), [("confirm", "SUCCESS"), ("void", "VOIDED")])
def test_a_preauthorisation(verb: str, status: str, raw: bytes, merchant: Merchant) -> None:
    payment = merchant.paid(**PREAUTH)["payments"][0]
    assert (payment["status"], payment["preauth"]) == ("AUTHORIZED", True)
    answer = merchant.call("POST", f"payment/{payment['id']}/{verb}", raw=raw)
    assert answer.status_code == 200, answer.text
    assert answer.json()["data"]["payment"]["status"] == status
    for again in ("confirm", "void"):
        assert merchant.refused(f"payment/{payment['id']}/{again}") == 50001


def test_confirm_and_void_can_fail(merchant: Merchant) -> None:
    number = merchant.paid(**PREAUTH)["payments"][0]["id"]
    merchant.arm("refuse", method="confirm")
    assert merchant.refused(f"payment/{number}/confirm") == 50002
    merchant.arm("refuse", method="void")
    assert merchant.refused(f"payment/{number}/void") == 50003
    merchant.arm("refuse", method="void", reason="processing")
    assert merchant.refused(f"payment/{number}/void") == 50004
    assert merchant.payment(number)["status"] == "AUTHORIZED"


def refund(payment: dict[str, Any], **changes: Any) -> dict[str, Any]:
    body = {
        "payment_id": payment["id"], "reference": f"r-{payment['id']}", "amount": 500, "currency": "GBP",
        "description": "Broken violin", "ems_url": None, "extra": "case 7",
    } | changes  # fmt: skip
    return {name: value for name, value in body.items() if value != "gone"}


def test_refunds_up_to_the_payment(merchant: Merchant) -> None:
    payment = merchant.paid()["payments"][0]
    made = merchant.ask("refund", refund(payment))["refund"]
    assert {name: made[name] for name in ("status", "amount", "currency", "description", "extra")} == {
        "status": "SUCCESS", "amount": 500, "currency": "GBP", "description": "Broken violin", "extra": "case 7",
    }  # fmt: skip
    assert made["payment"]["id"] == payment["id"]
    assert merchant.read(f"refund/{made['id']}")["refund"] == made
    assert merchant.refused("refund", refund(payment)) == 40003
    assert merchant.refused("refund", refund(payment, reference="r2", amount=701)) == 40006
    merchant.ask("refund", refund(payment, reference="r2", amount=700, payment_id=str(payment["id"])))
    assert merchant.refused("refund", refund(payment, reference="r3", amount=1)) == 40006
    assert [one["reference"] for one in merchant.read("refunds/")["refunds"]] == ["r2", f"r-{payment['id']}"]
    assert len(merchant.read("refunds/?reference=r2")["refunds"]) == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"currency": "EUR"}, 40004),
        ({"amount": 0}, 40005),
        ({"amount": "500"}, 40005),
        ({"amount": True}, 40005),
        ({"payment_id": "abc"}, 40001),
        ({"reference": "ré"}, 40002),
        ({"description": "x" * 1001}, 40007),
        ({"extra": "x" * 1001}, 20008),
        ({"ems_url": "shop"}, 30006),
        ({"reference": "gone"}, 10003),
        ({"payment_id": "gone"}, 10003),
    ],
)
def test_refunds_that_are_wrong(changes: dict[str, Any], code: int, merchant: Merchant) -> None:
    payment = merchant.paid()["payments"][0]
    assert merchant.refused("refund", refund(payment, **changes)) == code


def test_what_can_not_be_refunded(merchant: Merchant) -> None:
    payment = merchant.paid(card=NO_FUNDS)["payments"][0]
    assert merchant.refused("refund", refund(payment)) == 40001
    assert merchant.refused("refund", refund(payment, payment_id=7777777), status=404) == 20007
    payment = merchant.paid()["payments"][0]
    merchant.arm("refuse", method="refund")
    assert merchant.refused("refund", refund(payment)) == 40010
    merchant.arm("refuse", method="refund", reason="failed")
    assert merchant.ask("refund", refund(payment, amount=1200))["refund"]["status"] == "FAILED"
    merchant.account(methods_without_refunds="CREDITCARD")
    assert merchant.refused("refund", refund(payment, reference="x")) == 20039
    merchant.account(methods_without_refunds="", refunds_allowed=False)
    assert merchant.refused("refund", refund(payment, reference="x")) == 30034


def test_chargebacks_come_from_the_bank(merchant: Merchant) -> None:
    payment = merchant.paid(reference="charged-back")["payments"][0]
    made = merchant.post(f"syspay/payments/{payment['id']}/chargeback", amount=300, reason_code="4853")
    found = merchant.read(f"chargeback/{made['id']}")["chargeback"]
    assert (found["amount"], found["reason_code"], found["status"]) == (300, "4853", "SUCCESS")
    assert found["payment"]["id"] == payment["id"]
    assert len(merchant.read("chargebacks/?reference=charged-back")["chargebacks"]) == 1
    assert merchant.read("chargebacks/?reference=other") == {"chargebacks": []}


def test_waiting_then_later(merchant: Merchant, hook: Hook) -> None:
    paid = merchant.paid(card=DELAYED)
    assert paid["payments"][0]["status"] == "WAITING"
    merchant.advance(61)
    number = paid["payments"][0]["id"]
    assert merchant.payment(number)["status"] == "SUCCESS"
    assert hook.kinds(2) == [("payment", "SUCCESS"), ("payment", "WAITING")]
    failed = merchant.paid(card=DELAYED)["payments"][0]["id"]
    merchant.post(f"syspay/payments/{failed}/settle", status="FAILED", failure_category="fraud_suspicious")
    assert merchant.payment(failed)["failure_category"] == "fraud_suspicious"
    merchant.post(f"syspay/payments/{failed}/settle", 400)


@pytest.mark.parametrize(
    ("fault", "when", "made"),
    [("http_500", "before", 0), ("http_500", "after", 1), ("http_429", "before", 0)],
)
def test_calls_that_go_wrong(fault: str, when: str, made: int, merchant: Merchant) -> None:
    merchant.arm(fault, method="createTerminal", when=when)
    answer = merchant.call("POST", "eterminal", request())
    assert answer.status_code == int(fault[-3:])
    assert len(merchant.get("syspay/terminals")["terminals"]) == made


def test_nothing_secret_is_kept(merchant: Merchant) -> None:
    token = merchant.token()
    Browser(merchant, token).send()
    kept = str(merchant.get("calls?provider=syspay")) + str(merchant.get("accounts?provider=syspay"))
    for secret in (token, APPROVED, "sandbox-passphrase", "PasswordDigest"):
        assert secret not in kept
    assert "497010******0055" in kept
