"""What does SysPay tell a shop, written how, proved how, and how often?"""

import json
from typing import Any

import pytest
import requests

from tests.sandbox.shop import eventually
from tests.sandbox.syspay import (
    APPROVED,
    CHALLENGED,
    DAY,
    DELAYED,
    NO_FUNDS,
    Browser,
    Hook,
    Mail,
    Merchant,
    hook,
    hook_of_a_shop,
    merchant,
)  # fmt: skip

__all__ = ["hook", "merchant"]


def notifications(merchant: Merchant) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = merchant.get("notifications?provider=syspay")["notifications"]
    return found


def attempted(merchant: Merchant, count: int) -> None:
    eventually(lambda: len(notifications(merchant)[0]["attempts"]) == count)


def test_a_payment_as_a_form(merchant: Merchant, hook: Hook) -> None:
    token = merchant.token(reference="told", description="Tea & cake, 3 ~ 4")
    Browser(merchant, token).send()
    [mail] = hook.wait(1)
    assert mail.headers["content-type"] == "application/x-www-form-urlencoded"
    assert (mail.headers["x-merchant"], mail.good) == ("sandbox", True)
    assert len(mail.headers["x-event-id"]) == 32
    assert mail.headers["x-event-date"].isdigit()
    assert mail.raw.startswith(b"type=payment&data%5Bpayment%5D%5Bid%5D=")
    form = mail.form
    payment = merchant.read("payments/")["payments"][0]
    expected = {
        "id": str(payment["id"]), "reference": "told", "amount": "1200", "currency": "GBP", "status": "SUCCESS",
        "preauth": "0", "description": "Tea & cake, 3 ~ 4", "payment_type": "ONESHOT",
    }  # fmt: skip
    assert {name: mail.of(name) for name in expected} == expected
    assert form["data[payment][payment_method][display]"] == "4970-10xx-xxxx-0055"
    # What is null is not sent.
    assert "data[payment][failure_category]" not in form
    assert not any(name.startswith("data[payment][subscription]") for name in form)


def test_the_same_as_json(merchant: Merchant, hook: Hook) -> None:
    merchant.account(ems_format="json")
    merchant.paid()
    [mail] = hook.wait(1)
    assert mail.headers["content-type"] == "application/json"
    assert mail.good
    payment = merchant.read("payments/")["payments"][0]
    assert mail.body == {"type": "payment", "data": {"payment": payment}}


def test_v2_is_the_bare_object(merchant: Merchant, hook: Hook) -> None:
    merchant.account(generation="v2")
    paid = merchant.paid("PAYMENT_MANDATE")
    merchant.post(f"syspay/payments/{paid['payments'][0]['id']}/refund", amount=100)
    mails = hook.wait(3)
    assert all(mail.good and mail.headers["content-type"] == "application/json" for mail in mails)
    by_class = {mail.body["class"]: mail.body for mail in mails}
    assert set(by_class) == {"payment", "mandate", "refund"}
    sample = {
        "class", "id", "reference", "amount", "currency", "status", "preauth_expiration_date", "action_url", "flow",
        "processing_time", "source", "contract", "descriptor", "extra", "description", "account_id", "merchant_id",
        "merchant_login", "settlement_date", "failure_category", "chip_and_pin_status", "capture_date", "token",
        "customer", "payment_method", "processor_reference",
    }  # fmt: skip
    assert set(by_class["payment"]) == sample
    assert by_class["refund"]["payment"]["class"] == "payment"


def test_five_kinds_of_events(merchant: Merchant, hook: Hook) -> None:
    merchant.account(ems_format="json")
    paid = merchant.paid("SUBSCRIPTION")["payments"][0]["id"]
    merchant.paid("PAYMENT_MANDATE")
    merchant.post(f"syspay/payments/{paid}/refund", amount=10)
    merchant.post(f"syspay/payments/{paid}/chargeback")
    told = {}
    for mail in hook.wait(7):
        told[mail.body["type"]] = mail.body["data"][mail.body["type"]]
    assert set(told) == {"payment", "subscription", "billing_agreement", "refund", "chargeback"}
    assert (told["refund"]["amount"], told["chargeback"]["amount"]) == (10, 100)
    assert told["refund"]["payment"]["id"] == told["chargeback"]["payment"]["id"] == paid


def test_the_request_s_address_wins(merchant: Merchant, hook: Hook) -> None:
    with hook_of_a_shop() as other:
        merchant.paid(ems_url=other.url)
        other.wait(1)
        number = merchant.read("payments/")["payments"][0]["id"]
        merchant.post(f"syspay/payments/{number}/refund", amount=1)
        other.wait(2)
        with hook_of_a_shop() as third:
            body = {
                "payment_id": number,
                "reference": "r",
                "amount": 5,
                "currency": "GBP",
                "ems_url": third.url,
            }
            merchant.ask("refund", body)
            third.wait(1)
    assert hook.received == []


def test_the_shop_may_ask_back_at_once(merchant: Merchant, hook: Hook) -> None:
    seen: list[str] = []
    hook.asks_back = lambda mail: seen.append(merchant.payment(int(str(mail.of("id"))))["status"])
    merchant.paid()
    hook.wait(1)
    assert seen == ["SUCCESS"]


def test_a_closed_browser_is_told_of_all_the_same(merchant: Merchant, hook: Hook) -> None:
    for card in (APPROVED, NO_FUNDS, DELAYED):
        merchant.paid(card=card)
    merchant.pay(merchant.token(), outcome="cancel")
    assert [status for _, status in hook.kinds(4)] == ["CANCELLED", "FAILED", "SUCCESS", "WAITING"]


def test_an_open_payment_is_told_nobody(merchant: Merchant, hook: Hook) -> None:
    token = merchant.token()
    merchant.pay(token, card=CHALLENGED)
    assert notifications(merchant) == []
    merchant.pay(token, code="1234")
    assert hook.kinds(1) == [("payment", "SUCCESS")]


def test_only_200_counts_and_the_table_of_the_contract(merchant: Merchant, hook: Hook) -> None:
    """5 and 15 minutes, 1, 3, 6, 12, 24, 48, 72 and 96 hours after the first attempt; then given up."""
    hook.answers = [201, 204, 302, 500] + [503] * 7
    merchant.paid()
    hours = (5 / 60, 15 / 60, 1, 3, 6, 12, 24, 48, 72, 96)
    before = 0.0
    for count, after in enumerate(hours, start=1):
        attempted(merchant, count)
        gap = round((after - before) * 3600)
        merchant.advance(gap - 30)
        assert notifications(merchant)[0]["state"] == "waiting"
        assert len(hook.received) == count
        merchant.advance(30)
        before = after
    eventually(lambda: notifications(merchant)[0]["state"] == "given_up")
    statuses = [attempt["status"] for attempt in notifications(merchant)[0]["attempts"]]
    assert statuses == [201, 204, 302, 500] + [503] * 7
    assert len({(mail.raw, mail.headers["x-event-id"]) for mail in hook.received}) == 1


@pytest.mark.parametrize("kind", ["form", "json"])
def test_forged(kind: str, merchant: Merchant, hook: Hook) -> None:
    merchant.account(ems_format=kind)
    merchant.arm("forged")
    merchant.paid(card=NO_FUNDS)
    [mail] = hook.wait(1)
    assert not mail.good
    payment = (
        mail.body["data"]["payment"]
        if kind == "json"
        else {"amount": mail.of("amount"), "status": mail.of("status")}
    )
    assert (int(str(payment["amount"])), payment["status"]) == (1, "SUCCESS")


def test_signed_by_a_stranger(merchant: Merchant, hook: Hook) -> None:
    merchant.arm("wrong_signature")
    merchant.paid()
    [mail] = hook.wait(1)
    assert mail.of("amount") == "1200"
    assert (len(mail.headers["x-checksum"]), mail.good) == (40, False)


@pytest.mark.parametrize(("fault", "count"), [("lost", 0), ("doubled", 2)])
def test_lost_and_doubled(fault: str, count: int, merchant: Merchant, hook: Hook) -> None:
    merchant.arm(fault)
    merchant.paid()
    eventually(lambda: {one["state"] for one in notifications(merchant)} <= {"lost", "delivered"})
    assert len({mail.headers["x-event-id"] for mail in hook.wait(count)}) == min(count, 1)


def test_late_and_out_of_order(merchant: Merchant, hook: Hook) -> None:
    merchant.arm("late", seconds=100)
    merchant.paid()
    merchant.arm("reordered")
    number = merchant.paid(card=DELAYED)["payments"][0]["id"]
    merchant.post(f"syspay/payments/{number}/settle")
    assert [mail.of("status") for mail in hook.wait(2)] == ["SUCCESS", "WAITING"]
    merchant.advance(101 if notifications(merchant)[0]["state"] == "waiting" else 0)
    hook.wait(3)


@pytest.mark.parametrize(
    ("how", "amount", "good"),
    [({}, "1200", True), ({"forged": True}, "1", False), ({"wrong_signature": True}, "1200", False)],
)
def test_by_hand(how: dict[str, bool], amount: str, good: bool, merchant: Merchant, hook: Hook) -> None:
    number = merchant.paid()["payments"][0]["id"]
    hook.wait(1)
    assert len(merchant.post(f"syspay/payments/{number}/notify", **how)["notifications"]) == 1
    mail: Mail = hook.wait(2)[1]
    assert (mail.of("amount"), mail.good) == (amount, good)


def test_nobody_to_tell(merchant: Merchant) -> None:
    number = merchant.paid()["payments"][0]["id"]
    assert notifications(merchant) == []
    merchant.post(f"syspay/payments/{number}/notify", 400)


# The test API and the console.


def test_the_test_api_pays_like_the_form(merchant: Merchant) -> None:
    token = merchant.token(reference="mine", locked_inputs={"oneshot": {"currency": True}})
    paid = merchant.pay(token, card=APPROVED, amount=900, reference="theirs", customer={"city": "Paris"})
    payment = paid["payments"][0]
    assert (payment["amount"], payment["currency"], payment["reference"]) == (900, "GBP", "theirs")
    assert (paid["changed"], paid["state"], paid["status"]) == (True, "ENDED", "SUCCESS")
    assert paid["redirectUrl"].startswith("http://shop.test/redirect?order=7&result=")
    assert paid["operatorUrl"] == "http://backend.shop.test/redirect"
    assert merchant.pay(token)["changed"] is False
    assert [one["token"] for one in merchant.get("syspay/terminals?reference=theirs")["terminals"]] == [token]


@pytest.mark.parametrize(
    ("how", "field"),
    [
        ({"currency": "EUR"}, "oneshot.currency"),
        ({"amount": 0}, "oneshot.amount"),
        ({"customer": {"email": "x"}}, "customer.email"),
        ({"customer": "x"}, "customer"),
        ({"card": "4000000000000002"}, "card"),
        ({"card": None}, "card"),
        ({"outcome": "maybe"}, "outcome"),
        ({"expiry": "soon"}, "expiry"),
        ({"prize": 1}, "prize"),
    ],
)
def test_what_the_test_api_refuses(how: dict[str, Any], field: str, merchant: Merchant) -> None:
    token = merchant.token(locked_inputs={"oneshot": {"currency": True}})
    assert merchant.post(f"syspay/terminals/{token}/pay", 400, **({"card": APPROVED} | how))["field"] == field
    assert merchant.read("payments/") == {"payments": []}


def test_what_the_test_api_does_not_know(merchant: Merchant) -> None:
    merchant.post("syspay/terminals/unknown/pay", 404, card=APPROVED)
    merchant.post("syspay/payments/77777777/settle", 404)
    number = merchant.paid()["payments"][0]["id"]
    merchant.post(f"syspay/payments/{number}/explode", 404)
    merchant.post(f"syspay/payments/{number}/confirm", 400)
    merchant.post(f"syspay/payments/{number}/chargeback", 400, amount=1201)


@pytest.mark.parametrize(
    ("fault", "reason", "status", "category"),
    [
        ("approve", "", "SUCCESS", None),
        ("refuse", "", "FAILED", "declined"),
        ("refuse", "expired", "FAILED", "expired"),
        ("refuse", "stolen_card", "FAILED", "card_flagged"),
        ("refuse", "error", "ERROR", None),
        ("cancel", "", "CANCELLED", None),
        ("challenge", "", "OPEN", None),
        ("delayed", "", "WAITING", None),
    ],
)
def test_a_fault_beats_the_card(
    fault: str, reason: str, status: str, category: str | None, merchant: Merchant
) -> None:
    merchant.arm(fault, **({"reason": reason} if reason else {}))
    card = NO_FUNDS if fault in ("approve", "cancel", "challenge") else APPROVED
    payment = merchant.paid(card=card)["payments"][0]
    assert (payment["status"], payment["failure_category"]) == (status, category)


def test_the_console_presses_the_same_buttons(merchant: Merchant, hook: Hook) -> None:
    def press(action: str, number: str) -> None:
        url = f"{merchant.url}/console/actions/syspay/{action}/{number}"
        assert requests.post(url, timeout=10, allow_redirects=False).status_code == 302

    def newest() -> dict[str, Any]:
        found: dict[str, Any] = merchant.read("payments/")["payments"][0]
        return found

    press("approve", merchant.token()[:12])
    press("refund", str(newest()["id"]))
    press("refund", str(newest()["id"]))
    assert [one["amount"] for one in merchant.read("refunds/")["refunds"]] == [1200]
    press("refuse", merchant.token()[:12])
    assert newest()["status"] == "FAILED"
    press("approve", merchant.token(oneshot={"amount": 5, "currency": "JPY", "preauth": True})[:12])
    press("confirm", str(newest()["id"]))
    assert newest()["status"] == "SUCCESS"
    press("chargeback", str(newest()["id"]))
    assert len(merchant.read("chargebacks/")["chargebacks"]) == 1
    press("approve", merchant.token("SUBSCRIPTION")[:12])
    number = str(newest()["subscription"]["id"])
    press("bill", number)
    assert newest()["payment_type"] == "SUBSCRIPTION_INITIAL"
    press("cancel-subscription", number)
    press("void", "77777777")
    page = requests.get(f"{merchant.url}/?provider=syspay", timeout=10).text
    for part in (
        "SysPay",
        "Refund",
        "Notify forged",
        "5 JPY",
        f"subscription {number}",
        "TERMINATED",
        "4970 1000 0020 1000",
    ):
        assert part in page
    assert "sandbox-passphrase" not in page


def test_reset_forgets_and_ids_go_on(merchant: Merchant) -> None:
    before = merchant.paid()["payments"][0]["id"]
    merchant.advance(DAY)
    merchant.post("reset")
    assert merchant.get("syspay/terminals") == {"terminals": []}
    assert merchant.paid()["payments"][0]["id"] > before
    assert json.dumps(merchant.get("syspay/subscriptions")) == '{"subscriptions": []}'
