"""Whose call does the stand-in believe? Only a fresh token, signed by a known account."""

import time
from typing import Any

import pytest
import requests

from tests.sandbox.shop import Shop, order_request, token

NOW = int(time.time())


def answer(shop: Shop, authorization: str | None) -> requests.Response:
    headers = {"Authorization": authorization} if authorization is not None else {}
    return requests.post(
        shop.address("createOrUpdateOrder"), json=order_request(), headers=headers, timeout=10
    )


@pytest.mark.parametrize("life", [5, 30, 900])
def test_a_fresh_token_is_let_in(shop: Shop, life: int) -> None:
    now = int(time.time())
    assert answer(shop, f"Bearer {token(iat=now, exp=now + life)}").status_code == 200


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"sub": "LOUVRE"}, "not those of a known account"),
        ({"aud": "MOSA_POS"}, "not those of a known account"),
        ({"iss": "Partner 2"}, "not those of a known account"),
        ({"iss": None}, "not those of a known account"),
        ({"iat": None}, "iat must be a whole number"),
        ({"exp": None}, "exp must be a whole number"),
        ({"exp": str(NOW + 30)}, "exp must be a whole number"),
        ({"iat": NOW * 1000, "exp": NOW * 1000 + 30_000}, "milliseconds"),
        ({"iat": NOW + 3600, "exp": NOW + 3700}, "in the future"),
        ({"iat": NOW - 90, "exp": NOW - 60}, "expired"),
        ({"iat": NOW - 600, "exp": NOW + 200}, "too old"),
        ({"exp": NOW + 3600}, "more than 900 s"),
        ({"secret": "another"}, "signature"),
        ({"header": {"alg": "none", "typ": "JWT"}}, "alg must be HS256"),
        ({"header": {"alg": "HS512", "typ": "JWT"}}, "alg must be HS256"),
        ({"header": {"alg": "HS256"}}, "typ must be JWT"),
    ],
)
def test_any_other_token_is_refused(shop: Shop, changes: dict[str, Any], why: str) -> None:
    refused = answer(shop, f"Bearer {token(**changes)}")
    assert refused.status_code == 401
    assert refused.json()["statusCode"] == "error"
    assert why in refused.json()["statusDetail"]
    assert shop.get("epc/orders")["orders"] == []


@pytest.mark.parametrize("header", [None, "", "Bearer", "Basic dXNlcjpwYXNz", "Bearer a.b.c", "Bearer x"])
def test_no_token_is_refused(shop: Shop, header: str | None) -> None:
    assert answer(shop, header).status_code == 401


def test_the_contracts_vector_fails_for_its_age_alone(shop: Shop) -> None:
    made = token(iat=1700000000, exp=1700000030)
    assert made.endswith(".QR-VZzZpW0FKJQriX9x7Urh7BKEXTBPkzr92X7OJmog")
    assert answer(shop, f"Bearer {made}").json()["statusDetail"] == "the token has expired"


def test_limits_are_settings_of_the_account(shop: Shop) -> None:
    shop.account(token_max_lifetime_seconds=30, token_max_age_seconds=5)
    now = int(time.time())
    assert answer(shop, f"Bearer {token(iat=now, exp=now + 31)}").status_code == 401
    assert answer(shop, f"Bearer {token(iat=now - 10, exp=now + 10)}").status_code == 401
    assert answer(shop, f"Bearer {token(iat=now, exp=now + 30)}").status_code == 200


def test_a_second_account_sees_only_its_own_orders(shop: Shop) -> None:
    mine = shop.order()
    settings = {"institution": "LOUVRE", "secret": "second-secret"}
    body = {"provider": "epc", "name": "second", "settings": settings}
    assert requests.put(f"{shop.url}/_sandbox/accounts", json=body, timeout=10).status_code == 200
    other = token("second-secret", sub="LOUVRE")
    found = requests.post(
        shop.address("getOrderDetails"),
        json={"orderId": mine},
        headers={"Authorization": f"Bearer {other}"},
        timeout=10,
    )
    assert found.json()["statusDetail"] == f"orderId: order {mine} is not known"
