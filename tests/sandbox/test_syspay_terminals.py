"""Is every rule of an eTerminal request asked for, and each answered with its code?"""

import re
from typing import Any

import pytest

from tests.sandbox.syspay import BLOCKS, SEED, Merchant, merchant, request

__all__ = ["merchant"]


@pytest.mark.parametrize("example", range(8))
def test_the_examples_of_the_seed(example: int, merchant: Merchant) -> None:
    answer = merchant.call("POST", "eterminal", SEED[example])
    assert answer.status_code == 200, answer.text
    assert list(answer.json()) == ["data"]
    assert list(answer.json()["data"]) == ["eterminal"]
    url = answer.json()["data"]["eterminal"]["url"]
    assert re.fullmatch(re.escape(merchant.base) + r"/eterminal/[a-z0-9]{32}", url)


def test_created_may_be_201(merchant: Merchant) -> None:
    merchant.account(eterminal_status=201, public_origin="https://pay.test/")
    answer = merchant.call("POST", "eterminal", request())
    assert answer.status_code == 201
    assert answer.json()["data"]["eterminal"]["url"].startswith("https://pay.test/syspay/eterminal/")
    assert merchant.call("GET", "payments/").status_code == 200


def test_nothing_at_all_is_enough(merchant: Merchant) -> None:
    assert merchant.ask("eterminal", {})["eterminal"]["url"]


def test_null_is_absent_and_strange_keys_pass(merchant: Merchant) -> None:
    """What the Ruby port sends: every key, and a wrong one."""
    body = request() | {"payment_redirect_url": None, "locked": None, "website": None, "ems_url": None}
    body |= {"subscription": None, "locked_inputs": None, "customer": {"first_name": None}}
    merchant.ask("eterminal", body | {"payment_redirect_url": "http://shop.test/"})


def test_strange_keys_may_be_refused(merchant: Merchant) -> None:
    merchant.account(extra_parameters="refuse")
    for body in (
        request(payment_redirect_url="http://shop.test/"),
        request(customer={"name": "x"}),
        request(oneshot={"amount": 1, "currency": "GBP", "pay_mode": True}),
    ):
        assert merchant.refused("eterminal", body) == 10004
    merchant.ask("eterminal", request(payment_redirect_url=None, customer={"last_name": None}))


@pytest.mark.parametrize(("raw", "code"), [(b"{", 20013), (b"", 20013), (b"[]", 10001), (b'"x"', 10001)])
def test_no_json_object(raw: bytes, code: int, merchant: Merchant) -> None:
    answer = merchant.call("POST", "eterminal", raw=raw)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"website": "110"}, 110009),
        ({"website": 0}, 110009),
        ({"website": True}, 110009),
        ({"locked": "true"}, 110001),
        ({"locked": 1}, 110001),
        ({"type": "oneshot"}, 110002),
        ({"type": None, "locked": True}, 110002),
        ({"ems_url": "shop"}, 30006),
        ({"ems_url": "ftp://shop.test/"}, 30006),
        ({"payment_page_redirect_url": "/back"}, 30005),
        ({"payment_page_redirect_url": 7}, 30005),
        ({"eterminal_redirect_url": "javascript:alert(1)"}, 110010),
        ({"eterminal_redirect_url": "http://[bad"}, 110010),
        ({"description": 7}, 30015),
        ({"description": "x" * 1001}, 30015),
        ({"reference": ""}, 30007),
        ({"reference": "ré"}, 30007),
        ({"reference": "a\nb"}, 30007),
        ({"reference": 7}, 30007),
        ({"reference": "x" * 256}, 110023),
        ({"allowed_retries": -1}, 30031),
        ({"allowed_retries": "1"}, 30031),
        ({"oneshot": None}, 10003),
        ({"oneshot": "1200"}, 10009),
        ({"type": "SUBSCRIPTION"}, 10003),
        ({"type": "PAYMENT_PLAN"}, 10003),
        ({"type": "PAYMENT_MANDATE"}, 10003),
    ],
)
def test_what_is_wrong_at_the_top(changes: dict[str, Any], code: int, merchant: Merchant) -> None:
    assert merchant.refused("eterminal", request(**changes)) == code


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"first_name": "R2D2"}, 110012),
        ({"first_name": ""}, 110012),
        ({"first_name": "Mary Ann"}, 110012),
        ({"first_name": "x" * 101}, 110020),
        ({"last_name": 7}, 110013),
        ({"last_name": "x" * 101}, 110021),
        ({"email": "foo"}, 30016),
        ({"email": "foo@bar"}, 30016),
        ({"mobile_country": None}, 110018),
        ({"mobile_country": "gb"}, 110018),
        ({"mobile_country": "GBR"}, 110018),
        ({"mobile_phone": "+44 20"}, 110014),
        ({"language": "EN"}, 30017),
        ({"language": "eng"}, 30017),
        ({"address": "x" * 101}, 110015),
        ({"city": "x" * 101}, 110016),
        ({"city": 7}, 110016),
        ({"country": "UK!"}, 110019),
        ({"postcode": 75001}, 10009),
        ({"company_name": ["x"]}, 10009),
    ],
)
def test_what_is_wrong_with_the_customer(changes: dict[str, Any], code: int, merchant: Merchant) -> None:
    assert merchant.refused("eterminal", request(customer=changes)) == code


@pytest.mark.parametrize(
    "changes",
    [
        {"first_name": "Zoé", "last_name": "Müller", "mobile_phone": "(020) 12_34-5"},
        {"mobile_phone": None},
        {"mobile_phone": None, "mobile_country": None},
        {"first_name": "x" * 100, "address": "", "postcode": "", "company_name": "Müller & Söhne, 7"},
    ],
)
def test_customers_that_are_right(changes: dict[str, Any], merchant: Merchant) -> None:
    merchant.ask("eterminal", request(customer=changes))


def test_names_as_people_have_them_if_the_account_says_so(merchant: Merchant) -> None:
    merchant.account(strict_names=False)
    merchant.ask("eterminal", request(customer={"first_name": "Mary-Ann", "last_name": "O’Neil Sr."}))
    assert merchant.refused("eterminal", request(customer={"first_name": "R2D2"})) == 110012


PLAN = BLOCKS["SUBSCRIPTION"]["subscription"]


@pytest.mark.parametrize(
    ("kind", "changes", "code"),
    [
        ("ONESHOT", {"amount": None}, 10003),
        ("ONESHOT", {"currency": None}, 10003),
        ("ONESHOT", {"amount": 12.0}, 30011),
        ("ONESHOT", {"amount": "1200"}, 30011),
        ("ONESHOT", {"amount": 0}, 30012),
        ("ONESHOT", {"amount": 10**13}, 30013),
        ("ONESHOT", {"currency": "gbp"}, 20002),
        ("ONESHOT", {"currency": "XXX"}, 30014),
        ("ONESHOT", {"preauth": "true"}, 110022),
        ("SUBSCRIPTION", {"trial_period": 0}, 110003),
        ("SUBSCRIPTION", {"trial_period_unit": None}, 110004),
        ("SUBSCRIPTION", {"trial_period_unit": "year"}, 110004),
        ("SUBSCRIPTION", {"trial_cycles": 0}, 110005),
        ("SUBSCRIPTION", {"trial_amount": -1}, 30012),
        ("SUBSCRIPTION", {"billing_amount": None}, 10003),
        ("SUBSCRIPTION", {"billing_amount": 0}, 30012),
        ("SUBSCRIPTION", {"billing_period": 0}, 110006),
        ("SUBSCRIPTION", {"billing_period": None}, 10003),
        ("SUBSCRIPTION", {"billing_period_unit": "minute"}, 110007),
        ("SUBSCRIPTION", {"billing_cycles": 0}, 110008),
        ("SUBSCRIPTION", {"initial_amount": "1"}, 30011),
        ("SUBSCRIPTION", {"currency": None}, 10003),
        ("PAYMENT_PLAN", {"total_amount": None}, 10003),
        ("PAYMENT_PLAN", {"total_amount": 11}, 30012),
        ("PAYMENT_PLAN", {"billing_cycles": None}, 10003),
        ("PAYMENT_PLAN", {"billing_cycles": "12"}, 110008),
        ("PAYMENT_PLAN", {"billing_period_unit": "hour"}, 110007),
        ("PAYMENT_MANDATE", {"currency": None}, 10003),
        ("PAYMENT_MANDATE", {"initial_charge": -1}, 110011),
        ("PAYMENT_MANDATE", {"initial_charge": True}, 110011),
        ("PAYMENT_MANDATE", {"preauth": 1}, 110022),
        ("PAYMENT_MANDATE", {"amount": "300"}, 30011),
    ],
)
def test_what_is_wrong_with_the_transaction(
    kind: str, changes: dict[str, Any], code: int, merchant: Merchant
) -> None:
    [(name, block)] = BLOCKS[kind].items()
    assert merchant.refused("eterminal", request(kind, **{name: block | changes})) == code


def test_blocks_of_other_types_are_looked_at_too(merchant: Merchant) -> None:
    merchant.ask("eterminal", request(subscription={"billing_amount": 5}))
    assert merchant.refused("eterminal", request(subscription={"billing_amount": "5"})) == 30011
    merchant.ask("eterminal", request(type=None, oneshot={"amount": 5}))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"locked": True, "locked_inputs": {"reference": True}}, 10008),
        ({"locked_inputs": {"website": True}}, 170016),
        ({"locked_inputs": {"oneshot": {"preauth": True}}}, 170016),
        ({"locked_inputs": {"subscription": {"trial_cycles": True}}}, 170016),
        ({"locked_inputs": {"reference": 1}}, 170018),
        ({"locked_inputs": {"customer": {"email": "true"}}}, 170018),
        ({"locked_inputs": {"oneshot": {"pay_mode": True}}}, 170018),
        ({"locked_inputs": {"subscription": {"currency": True}}}, 170018),
        ({"locked_inputs": {"type": True}, "type": None}, 170018),
        ({"locked_inputs": "all"}, 10009),
        ({"locked_inputs": {"customer": True}}, 10009),
    ],
)
def test_locks_that_are_wrong(changes: dict[str, Any], code: int, merchant: Merchant) -> None:
    assert merchant.refused("eterminal", request(**changes)) == code


@pytest.mark.parametrize(
    "changes",
    [
        {"locked_inputs": {"customer": {"company_name": True, "city": True}}, "customer": {"city": None}},
        {"locked_inputs": {"oneshot": {"pay_mode": False}}},
        {"locked_inputs": {"oneshot": {"pay_mode": True}},
         "oneshot": {"amount": 1, "currency": "GBP", "preauth": False}},
        {"locked_inputs": {"subscription": {"trial_check": True, "expires_check": True}}},
        {"locked_inputs": {"customer": []}},
        {"locked": False, "locked_inputs": {"type": True, "description": True, "reference": True}},
        {"locked": True, "locked_inputs": {}},
    ],
)  # fmt: skip
def test_locks_that_are_right(changes: dict[str, Any], merchant: Merchant) -> None:
    merchant.ask("eterminal", request(**changes))


def test_locked_may_override_the_locks(merchant: Merchant) -> None:
    merchant.account(both_locks="override")
    merchant.ask("eterminal", request(locked=True, locked_inputs={"reference": True}))


def test_a_reference_is_taken_once(merchant: Merchant) -> None:
    merchant.ask("eterminal", request(reference="once"))
    assert merchant.refused("eterminal", request(reference="once")) == 30008
    merchant.ask("eterminal", request(reference="Once"))
    merchant.account(reference_taken_by="payment")
    token = merchant.token(reference="once")
    merchant.pay(token)
    assert merchant.refused("eterminal", request(reference="once")) == 30008


def test_websites_and_redirects_of_the_account(merchant: Merchant) -> None:
    merchant.account(websites="110, 111", redirect_required=True)
    merchant.ask("eterminal", request(website=111))
    assert merchant.refused("eterminal", request(website=112)) == 20006
    assert merchant.refused("eterminal", request(payment_page_redirect_url=None)) == 90002
    merchant.account(redirect_url="https://shop.test/back")
    merchant.ask("eterminal", request(payment_page_redirect_url=None))


def test_a_link_gets_too_old(merchant: Merchant) -> None:
    merchant.account(terminal_lifetime_seconds=100)
    token = merchant.token()
    merchant.advance(101)
    assert merchant.get(f"syspay/terminals/{token}")["state"] == "EXPIRED"
    assert merchant.pay(token)["payments"] == []
    merchant.account(terminal_lifetime_seconds=0)
    token = merchant.token()
    merchant.advance(10**8)
    assert merchant.pay(token, card="4970100000000055", expiry="12/2080")["status"] == "SUCCESS"
