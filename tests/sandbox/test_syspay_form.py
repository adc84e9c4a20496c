"""What does the payer see of an eTerminal, what may be changed there, and where does it end? Without JavaScript."""

import json
import re
from typing import Any

import pytest
import requests

from tests.sandbox.syspay import (
    APPROVED,
    BROKEN,
    CHALLENGED,
    CHALLENGED_REFUSED,
    DELAYED,
    ERROR,
    NO_FUNDS,
    SILENT,
    Browser,
    Merchant,
    checksum,
    filled,
    merchant,
    returned,
)  # fmt: skip

__all__ = ["merchant"]


def browse(merchant: Merchant, kind: str = "ONESHOT", **changes: Any) -> Browser:
    return Browser(merchant, merchant.token(kind, **changes))


def test_paid_and_sent_back(merchant: Merchant) -> None:
    browser = browse(merchant, reference="paid")
    browser.send()
    assert browser.left_for.startswith("http://shop.test/redirect?order=7&result=")
    result = returned(browser.left_for)
    assert list(result) == ["payment"]
    payment = result["payment"]
    assert (payment["status"], payment["reference"], payment["amount"]) == ("SUCCESS", "paid", 1200)
    assert payment == merchant.payment(payment["id"])
    # Again, and pressed again: nothing more is charged.
    page = browser.open().text
    assert "Thank you, you have paid." in page
    assert "Back to the shop" in page
    requests.post(f"{browser.address}/pay", data={"test_card": APPROVED}, timeout=10, allow_redirects=False)
    assert len(merchant.read("payments/?reference=paid")["payments"]) == 1


def test_base64_survives_the_address(merchant: Merchant) -> None:
    """`+` and `/` of plain base64 are percent-encoded; a raw + would come out as a blank."""
    for text in ("~~~~~~", "??????", ">>>>>>"):
        browser = browse(merchant, description=text * 5)
        browser.send()
        assert returned(browser.left_for)["payment"]["description"] == text * 5
        assert "+" not in browser.left_for


@pytest.mark.parametrize(
    ("card", "status", "category"),
    [
        (NO_FUNDS, "FAILED", "insufficient_funds"),
        ("4970100000002002", "FAILED", "expired"),
        ("4970100000003000", "FAILED", "declined"),
        ("4970100000004008", "FAILED", "card_flagged"),
        ("4970100000201000", "FAILED", "fraud_suspicious"),
        ("4970100000211009", "FAILED", "duplicated"),
        ("4970100000221008", "FAILED", "invalid_card"),
        ("4970100000231007", "FAILED", "invalid_cv2"),
        ("4970100000241006", "FAILED", "invalid_details"),
        ("4970100000251005", "FAILED", "unsupported"),
        ("4970100000261004", "FAILED", "technical_error"),
        ("4970100000271003", "FAILED", "other"),
        (ERROR, "ERROR", None),
        (DELAYED, "WAITING", None),
        ("5555555555554444", "SUCCESS", None),
    ],
)
def test_how_cards_end(card: str, status: str, category: str | None, merchant: Merchant) -> None:
    browser = browse(merchant)
    browser.send(card)
    payment = returned(browser.left_for)["payment"]
    assert (payment["status"], payment["failure_category"]) == (status, category)


def test_cancelled_by_the_payer(merchant: Merchant) -> None:
    browser = browse(merchant)
    browser.send("", action="cancel")
    assert returned(browser.left_for)["payment"]["status"] == "CANCELLED"
    empty = browse(merchant, type=None, oneshot=None)
    empty.send("", action="cancel")
    assert empty.left_for == "http://shop.test/redirect?order=7"


def test_a_preauthorisation(merchant: Merchant) -> None:
    browser = browse(merchant)
    browser.send(oneshot_preauth="1")
    payment = returned(browser.left_for)["payment"]
    assert (payment["status"], payment["preauth"]) == ("AUTHORIZED", True)


def test_three_d_secure(merchant: Merchant) -> None:
    browser = browse(merchant)
    assert "Code from your bank" in browser.send(CHALLENGED).text
    [payment] = merchant.read("payments/")["payments"]
    assert payment["status"] == "OPEN"
    assert merchant.read(f"payment/{payment['id']}")["redirect"] == browser.address
    assert "not right" in browser.code("9999").text
    browser.code()
    assert returned(browser.left_for)["payment"]["status"] == "SUCCESS"


@pytest.mark.parametrize(
    ("card", "codes", "status"),
    [
        (CHALLENGED, ["1", "2", "3"], "FAILED"),
        (CHALLENGED_REFUSED, ["1234"], "FAILED"),
        (CHALLENGED, [], "CANCELLED"),
    ],
)
def test_three_d_secure_not_passed(card: str, codes: list[str], status: str, merchant: Merchant) -> None:
    browser = browse(merchant)
    browser.send(card)
    for code in codes:
        browser.code(code)
    if not codes:
        browser.code("", action="cancel")
    assert returned(browser.left_for)["payment"]["status"] == status


def test_the_form_fails_and_the_bank_is_silent(merchant: Merchant) -> None:
    browser = browse(merchant)
    broken = browser.send(BROKEN)
    assert (broken.status_code, browser.left_for) == (500, "")
    merchant.account(silence_seconds=0)
    with pytest.raises(requests.ConnectionError):
        browser.send(SILENT)
    [payment] = merchant.read("payments/")["payments"]
    assert payment["status"] == "OPEN"
    assert "has not answered yet" in browser.open().text


def test_tries_that_are_allowed(merchant: Merchant) -> None:
    browser = browse(merchant, allowed_retries=1)
    page = browser.send(NO_FUNDS).text
    assert "not enough money" in page
    assert "one try is left" in page
    browser.send()
    assert returned(browser.left_for)["payment"]["payment_type"] == "ONESHOT_RETRY"
    assert [one["status"] for one in merchant.read("payments/")["payments"]] == ["SUCCESS", "FAILED"]


# What may be changed.


def test_what_is_not_locked_may_be_changed(merchant: Merchant) -> None:
    browser = browse(merchant, reference="mine")
    browser.send(
        oneshot_amount="7,50", oneshot_currency="EUR", reference="theirs", description="Less",
        customer_email="mrs@hudson.co.uk",
    )  # fmt: skip
    payment = returned(browser.left_for)["payment"]
    expected = {"amount": 750, "currency": "EUR", "reference": "theirs", "description": "Less"}
    assert {name: payment[name] for name in expected} == expected
    assert len(merchant.read("payments/?email=mrs@hudson.co.uk")["payments"]) == 1
    assert merchant.read("payments/?reference=mine") == {"payments": []}


@pytest.mark.parametrize(
    ("typed", "currency", "amount"), [("5", "JPY", 5), ("1.234", "KWD", 1234), ("1 234.5", "EUR", 123450)]
)
def test_amounts_in_the_currency_s_own_units(
    typed: str, currency: str, amount: int, merchant: Merchant
) -> None:
    browser = browse(merchant)
    browser.send(oneshot_amount=typed, oneshot_currency=currency)
    assert returned(browser.left_for)["payment"]["amount"] == amount


def test_locked_is_read_and_confirm(merchant: Merchant) -> None:
    browser = browse(merchant, locked=True)
    page = browser.open().text
    assert "Pay 12.00 GBP" in page
    assert "Baker Street Detectives" in page
    assert set(filled(page)) == {"block", "number", "expiry", "cvc", "holder"}
    browser.send(
        oneshot_amount="1", oneshot_currency="EUR", reference="x", customer_email="a@b.cd", type="PAYMENT_MANDATE",
        customer_city="Paris", oneshot_preauth="1", description="y",
    )  # fmt: skip
    payment = returned(browser.left_for)["payment"]
    assert (payment["amount"], payment["currency"], payment["preauth"]) == (1200, "GBP", False)
    assert payment["reference"].startswith("sh")
    assert len(merchant.read("payments/?email=foo@bar.com")["payments"]) == 1


AREAS = {
    "ONESHOT": ("amount", "currency", "pay_mode"),
    "SUBSCRIPTION": (
        "trial_amount", "trial_period", "trial_period_unit", "billing_amount", "billing_cycles", "billing_period",
        "billing_period_unit", "initial_amount", "currency", "trial_check", "expires_check",
    ),
    "PAYMENT_PLAN": ("total_amount", "currency", "billing_cycles", "billing_period", "billing_period_unit"),
    "PAYMENT_MANDATE": ("currency", "initial_charge", "amount"),
}  # fmt: skip
VALUES: dict[str, dict[str, Any]] = {
    "ONESHOT": {"amount": 1200, "currency": "GBP", "preauth": True},
    "SUBSCRIPTION": {
        "trial_amount": 100, "trial_period": 7, "trial_period_unit": "day", "billing_amount": 1500,
        "billing_cycles": 9, "billing_period": 1, "billing_period_unit": "month", "initial_amount": 10000,
        "currency": "GBP",
    },
    "PAYMENT_PLAN": {
        "total_amount": 30000, "billing_cycles": 12, "billing_period": 1, "billing_period_unit": "month",
        "currency": "GBP",
    },
    "PAYMENT_MANDATE": {"currency": "GBP", "initial_charge": 1200, "amount": 300},
}  # fmt: skip
CUSTOMER = (
    "first_name", "last_name", "email", "mobile_country", "mobile_phone", "company_name", "language", "address",
    "city", "postcode", "country",
)  # fmt: skip
_INPUT = {"pay_mode": "preauth", "amount": "initial_charge"}


@pytest.mark.parametrize("kind", AREAS)
def test_each_lock_takes_one_input_away(kind: str, merchant: Merchant) -> None:
    area = kind.lower()
    values = {area: VALUES[kind]}
    everything = filled(Browser(merchant, merchant.token(kind, **values)).open().text)
    for name in AREAS[kind]:
        page = Browser(
            merchant, merchant.token(kind, **values, locked_inputs={area: {name: True}})
        ).open().text  # fmt: skip
        gone = set(everything) - set(filled(page))
        key = _INPUT.get(name, name) if kind != "ONESHOT" or name == "pay_mode" else name
        assert gone == {f"{area}_{key}"}, name
        assert "Set by the shop" in page


def test_the_locks_of_the_customer_and_the_top(merchant: Merchant) -> None:
    everything = filled(browse(merchant).open().text)
    for name in CUSTOMER:
        page = browse(merchant, locked_inputs={"customer": {name: True}}).open().text
        assert set(everything) - set(filled(page)) == {f"customer_{name}"}
    for name in ("type", "description", "reference"):
        page = browse(merchant, locked_inputs={name: True}).open().text
        assert set(everything) - set(filled(page)) == {name}
        assert ("Change type" in page) == (name != "type")


def test_what_is_locked_is_not_read(merchant: Merchant) -> None:
    locks = {"oneshot": {"amount": True}, "customer": {"email": True}}
    browser = browse(merchant, locked_inputs=locks)
    browser.send(oneshot_amount="1", oneshot_currency="EUR", customer_email="a@b.cd", customer_city="Paris")
    payment = returned(browser.left_for)["payment"]
    assert (payment["amount"], payment["currency"]) == (1200, "EUR")
    assert len(merchant.read("payments/?email=foo@bar.com")["payments"]) == 1


def test_another_type(merchant: Merchant) -> None:
    browser = browse(merchant, reference="other")
    page = browser.send("", action="type", type="PAYMENT_PLAN").text
    assert 'name="payment_plan_total_amount"' in page
    assert 'name="oneshot_amount"' not in page
    changes = filled(page) | {
        "payment_plan_total_amount": "100", "payment_plan_billing_cycles": "3", "payment_plan_currency": "EUR",
        "payment_plan_billing_period": "1", "payment_plan_billing_period_unit": "week", "test_card": APPROVED,
    }  # fmt: skip
    answer = requests.post(f"{browser.address}/pay", data=changes, timeout=10, allow_redirects=False)
    payment = returned(answer.headers["Location"])["payment"]
    assert (payment["amount"], payment["currency"], payment["subscription"]["plan_type"]) == (
        3334,
        "EUR",
        "INSTALMENT",
    )


def test_a_terminal_without_anything_is_filled_in(merchant: Merchant) -> None:
    browser = Browser(merchant, merchant.ask("eterminal", {})["eterminal"]["url"].rpartition("/")[2])
    page = browser.send().text
    assert "Please choose the type of payment." in page
    browser.send("", action="type", type="ONESHOT")
    page = requests.post(
        f"{browser.address}/pay", data={"type": "ONESHOT", "action": "type"}, timeout=10
    ).text
    typed = filled(page) | {"oneshot_amount": "3", "oneshot_currency": "EUR", "test_card": APPROVED}
    answer = requests.post(f"{browser.address}/pay", data=typed, timeout=10)
    assert "Thank you, you have paid." in requests.get(browser.address, timeout=10).text
    assert answer.status_code == 200
    assert merchant.read("payments/")["payments"][0]["reference"].startswith("sandbox-")


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"oneshot_amount": "a lot"}, "Please give an amount"),
        ({"oneshot_amount": "1.234"}, "Please give an amount"),
        ({"oneshot_amount": "-1"}, "Please give an amount"),
        ({"oneshot_amount": ""}, "Please fill in this field."),
        ({"customer_email": "nobody"}, "not an e-mail address"),
        ({"customer_first_name": "R2D2"}, "Letters only"),
        ({"customer_country": "England"}, "two capital letters"),
        ({"customer_mobile_country": ""}, "two capital letters"),
        ({"reference": "taken"}, "This reference cannot be used."),
        ({"reference": "é"}, "This reference cannot be used."),
        ({"number": "1234"}, "not a card number"),
        ({"number": "4000000000000002"}, "test cards"),
        ({"expiry": "01/20"}, "expired"),
        ({"cvc": ""}, "Please fill in this field."),
    ],
)
def test_what_is_typed_wrongly_is_said(fields: dict[str, str], sentence: str, merchant: Merchant) -> None:
    merchant.token(reference="taken")
    browser = browse(merchant)
    page = browser.send(**({"number": APPROVED} | fields))
    assert sentence in page.text
    assert "Please check the fields marked below." in page.text
    assert APPROVED not in page.text.split("<details>")[0]
    [(name, value)] = fields.items()
    if name not in ("number", "cvc"):
        assert filled(page.text)[name] == value
    assert merchant.read("payments/") == {"payments": []}


def test_a_trial_and_an_end_may_be_dropped(merchant: Merchant) -> None:
    browser = browse(merchant, "SUBSCRIPTION")
    page = browser.open().text
    fields = filled(page) | {
        "test_card": APPROVED,
        "subscription_expires_check": "1",
        "subscription_billing_cycles": "2",
    }
    fields.pop("subscription_trial_check")
    answer = requests.post(f"{browser.address}/pay", data=fields, timeout=10, allow_redirects=False)
    subscription = returned(answer.headers["Location"])["payment"]["subscription"]
    assert (subscription["phase"], subscription["plan"]["billing_cycles"]) == ("BILLING", 2)
    assert "trial_period" not in subscription["plan"]


# Where to.


def test_to_the_operator(merchant: Merchant) -> None:
    merchant.account(returns_to="operator")
    browser = browse(merchant)
    browser.send()
    assert browser.left_for == "http://backend.shop.test/redirect"
    merchant.account(operator_redirect_signed=True)
    browser = browse(merchant)
    browser.send()
    assert browser.left_for.startswith("http://backend.shop.test/redirect?result=")
    assert returned(browser.left_for)["payment"]["status"] == "SUCCESS"
    browser = browse(merchant, eterminal_redirect_url=None)
    browser.send()
    assert browser.left_for.startswith("http://shop.test/")


def test_nowhere_to_go(merchant: Merchant) -> None:
    browser = browse(merchant, payment_page_redirect_url=None, eterminal_redirect_url=None)
    page = browser.send().text
    assert "Thank you, you have paid." in page
    assert "You may close this page." in page
    merchant.account(redirect_url="https://shop.test/default")
    browser = browse(merchant, payment_page_redirect_url=None)
    browser.send()
    assert browser.left_for.startswith("https://shop.test/default?result=")


@pytest.mark.parametrize("fault", ["forged", "wrong_signature"])
def test_a_spoiled_return(fault: str, merchant: Merchant) -> None:
    merchant.arm(fault, method="return")
    browser = browse(merchant)
    browser.send()
    query = dict(re.findall(r"[?&](\w+)=([^&]*)", browser.left_for))
    from base64 import b64decode
    from urllib.parse import unquote

    result = unquote(query["result"])
    assert query["checksum"] != checksum(result)
    amount = json.loads(b64decode(result))["payment"]["amount"]
    assert amount == (1 if fault == "forged" else 1200)
    assert "result=" in browser.open().text
    browser = browse(merchant)
    browser.send()
    assert returned(browser.left_for)["payment"]["amount"] == 1200


def test_v2_returns_the_bare_object(merchant: Merchant) -> None:
    merchant.account(generation="v2")
    browser = browse(merchant)
    browser.send()
    result = returned(browser.left_for)
    assert (result["class"], result["status"], result["customer"]["firstname"]) == (
        "payment",
        "SUCCESS",
        "sherlock",
    )
    assert result["payment_method"]["details"]["scheme"] == "VISA"


def test_in_french(merchant: Merchant) -> None:
    browser = browse(merchant, customer={"language": "fr"}, locked=True)
    page = browser.open().text
    assert '<html lang="fr">' in page
    assert "Payer 12,00 GBP" in page
    token = merchant.token(customer={"language": None})
    assert "Type de paiement" in Browser(merchant, token, "fr-CH").open().text
    assert "Type of payment" in Browser(merchant, token, "de").open().text


def test_unknown_and_too_late(merchant: Merchant) -> None:
    answer = requests.get(f"{merchant.base}/eterminal/{'x' * 32}", timeout=10)
    assert (answer.status_code, "not known here" in answer.text) == (404, True)
    browser = browse(merchant)
    browser.send(CHALLENGED)
    merchant.advance(86_401)
    answer = browser.open()
    assert (answer.status_code, "has passed" in answer.text) == (410, True)
    assert merchant.read("payments/")["payments"][0]["status"] == "CANCELLED"


def test_the_page_keeps_to_itself(merchant: Merchant) -> None:
    headers = browse(merchant).open().headers
    assert "script-src 'self'" in headers["Content-Security-Policy"]
    assert (headers["Cache-Control"], headers["Referrer-Policy"]) == ("no-store", "same-origin")


def test_what_is_shown_is_escaped(merchant: Merchant) -> None:
    for locked in (True, False):
        page = browse(merchant, description='"><script>alert(1)</script>', locked=locked).open().text
        assert "<script>alert" not in page
