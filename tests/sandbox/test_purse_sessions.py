"""Do tokens, client sessions and the shopper's return do what the contract says, and say no as it would?"""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.sandbox.purse_shop import (
    API_KEY,
    APPROVED,
    CLIENT,
    ENTITY,
    NO_FUNDS,
    SECRET,
    Form,
    Json,
    PurseShop,
    claims,
    session_request,
    verified,
)

NET = "Amount must be less or equal to order net amount minus already paid net amount."
OTHER_ENTITY = "8161163a-f227-466f-bc01-090a01e80165"


@pytest.fixture
def purse(own_sandbox: str) -> Iterator[PurseShop]:
    shop = PurseShop(own_sandbox)
    shop.post("reset")
    yield shop
    shop.http.close()


def test_a_token(purse: PurseShop) -> None:
    answer = purse.ask_token()
    assert answer.status_code == 200
    told = answer.json()
    assert set(told) == {"access_token", "token_type", "expires_in"}
    assert (told["token_type"], told["expires_in"]) == ("Bearer", 3600)
    in_query = purse.ask_token(data={}, params={"grant_type": "client_credentials"})
    assert in_query.status_code == 200


@pytest.mark.parametrize(
    ("client", "secret", "grant", "status", "error"),
    [
        (CLIENT, "wrong", "client_credentials", 401, "invalid_client"),
        ("nobody", SECRET, "client_credentials", 401, "invalid_client"),
        (CLIENT, SECRET, "password", 400, "unsupported_grant_type"),
        (CLIENT, SECRET, None, 400, "invalid_request"),
    ],
)
def test_a_token_refused(
    purse: PurseShop, client: str, secret: str, grant: str | None, status: int, error: str
) -> None:
    answer = purse.ask_token(client, secret, data={"grant_type": grant} if grant else {})
    assert (answer.status_code, answer.json()) == (status, {"error": error})
    no_basic = requests.post(f"{purse.base}/oauth/token", data={"grant_type": grant}, timeout=10)
    assert (no_basic.status_code, no_basic.json()) == (401, {"error": "invalid_client"})


def test_the_api_key_is_asked_for_only_by_a_setting(purse: PurseShop) -> None:
    purse.log_in()
    purse.account(require_api_key=True)
    assert purse.ask_token().status_code == 401
    assert purse.ask_token(headers={"x-api-key": API_KEY}).status_code == 200
    assert purse.raw("POST", "client-sessions", session_request()).status_code == 401
    keyed: Json = {"x-api-key": API_KEY}
    sent = purse.raw("POST", "client-sessions", session_request(), **keyed)
    assert sent.status_code == 201


def test_tokens_expire_on_the_sandboxs_clock_and_may_be_revoked(purse: PurseShop) -> None:
    session = purse.session()
    purse.advance(3599)
    purse.ok("GET", f"client-sessions/{session['id']}")
    purse.advance(1)
    refused = purse.raw("GET", f"client-sessions/{session['id']}")
    assert (refused.status_code, refused.json()["detail"]) == (401, "the token has expired")
    purse.log_in()
    purse.ok("GET", f"client-sessions/{session['id']}")
    assert purse.post("purse/tokens/revoke")["revoked"] >= 1
    purse.refused("GET", f"client-sessions/{session['id']}", status=401)


def test_a_token_survives_a_reset(purse: PurseShop) -> None:
    purse.log_in()
    purse.post("reset")
    purse.session()


@pytest.mark.parametrize("header", ["", "Basic eA==", "Bearer", "Bearer nothing"])
def test_a_bearer_is_needed_everywhere(purse: PurseShop, header: str) -> None:
    for verb, path in (
        ("POST", "client-sessions"), ("GET", "client-sessions/x"), ("POST", "client-sessions/x/abort"),
        ("POST", "payments"), ("GET", "payments/x"), ("POST", "payments/x/captures"),
        ("POST", "payments/x/voids"), ("POST", "payments/x/refunds"), ("POST", "eligible-solutions"),
        ("GET", f"wallet/v3/merchants/{ENTITY}/customers/7/tokens"),
    ):  # fmt: skip
        answer = purse.raw(verb, path, {}, Authorization=header)
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")


def test_another_accounts_token_opens_nothing(purse: PurseShop) -> None:
    session = purse.session()
    payment = purse.pay(session, card=APPROVED)["payment"]
    purse.account("second", entity_id=OTHER_ENTITY, client_id="second", client_secret="other")
    purse.log_in("second", "other")
    purse.refused("GET", f"client-sessions/{session['id']}", status=404)
    purse.refused("GET", f"payments/{payment['id']}", status=404)
    purse.refused("POST", f"payments/{payment['id']}/captures", {"amount": 1}, status=404)
    purse.refused("POST", "client-sessions", session_request(), status=403)
    purse.session(entity_id=OTHER_ENTITY)


def test_a_session(purse: PurseShop) -> None:
    asked = session_request(
        customer={"reference": "2090", "type": "PERSON", "email": "ada@example.org", "locale": "fr_FR"},
        webhook={"url": "https://shop.test/hook", "headers": [{"name": "x-order-id", "values": [123456789]}]},
        something_new={"kept": True},
    )
    session = purse.ok("POST", "client-sessions", asked)
    assert asked.items() <= session.items()
    assert (session["status"], session["capture_mode"]) == ("CREATED", "MANUAL")
    assert (session["integration_mode"], session["allow_future_usage"]) == ("EMBEDDED", False)
    assert session["expires_at"].endswith("Z")
    assert session["links"] == {"self": {"href": f"/v2/client-sessions/{session['id']}", "method": "GET"}}
    assert session["widget"]["js_url"] == f"{purse.base}/widget/purse.js"
    assert not session["widget"]["data"].endswith("=")
    assert "payment_id" not in session
    assert purse.ok("GET", f"client-sessions/{session['id']}") == session


def test_a_hosted_page_has_a_link(purse: PurseShop) -> None:
    session = purse.session(integration_mode="HOSTED_PAGE")
    page = f"{purse.base}/hosted/entities/{ENTITY}/sessions/{session['id']}"
    assert session["links"]["hosted_page"] == {"href": page, "method": "GET"}
    purse.account(hosted_page_link_as_text=True)
    assert purse.ok("GET", f"client-sessions/{session['id']}")["links"]["hosted_page"] == page
    assert requests.get(page, timeout=10).status_code == 200


def test_browsers_may_know_another_address(purse: PurseShop) -> None:
    purse.account(public_url="https://sandbox.example.org", create_http_status=200)
    answer = purse.raw("POST", "client-sessions", session_request())
    assert answer.status_code == 200
    assert answer.json()["widget"]["js_url"] == "https://sandbox.example.org/purse/widget/purse.js"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"entity_id": None}, "entity_id"),
        ({"entity_id": "MOSA"}, "entity_id"),
        ({"amount": None}, "amount"),
        ({"amount": 0}, "amount"),
        ({"amount": -1, "allow_future_usage": True}, "amount"),
        ({"amount": "12000"}, "amount"),
        ({"amount": 120.5}, "amount"),
        ({"currency": "eur"}, "currency"),
        ({"currency": "SEK"}, "currency"),
        ({"shopper_redirection_url": None}, "shopper_redirection_url"),
        ({"shopper_redirection_url": "/back"}, "shopper_redirection_url"),
        ({"order": None}, "order"),
        ({"order": {"net_amount": 12000}}, "order.reference"),
        ({"order": {"reference": "r", "net_amount": "12000"}}, "order.net_amount"),
        ({"order": {"reference": "r", "billing_address": {"country_code": "FRA"}}},
         "order.billing_address.country_code"),
        ({"order": {"reference": "r", "shipments": [{"item_lines": [{"tax_rate": "20"}]}]}},
         "order.shipments[0].item_lines[0].tax_rate"),
        ({"capture_mode": "LATER"}, "capture_mode"),
        ({"integration_mode": "POPUP"}, "integration_mode"),
        ({"allow_future_usage": "yes"}, "allow_future_usage"),
        ({"customer": "Ada"}, "customer"),
        ({"customer": {"locale": "français"}}, "customer.locale"),
        ({"three_ds_authentication_options": {"challenge_indicator": "ALWAYS"}},
         "three_ds_authentication_options.challenge_indicator"),
        ({"webhook": {"headers": []}}, "webhook.url"),
        ({"webhook": {"url": "https://a.test", "headers": [{"name": "x y", "values": ["1"]}]}},
         "webhook.headers[0].name"),
        ({"webhook": {"url": "https://a.test", "headers": [{"name": "x", "values": "1"}]}},
         "webhook.headers[0].values"),
        ({"webhook": {"url": "https://a.test", "headers": [{"name": "x", "values": ["a\r\nb: c"]}]}},
         "webhook.headers[0].values"),
    ],
)  # fmt: skip
def test_a_bad_session_is_refused_by_the_name_of_its_field(
    purse: PurseShop, changes: Json, field: str
) -> None:
    problem = purse.refused("POST", "client-sessions", session_request(**changes), status=400)
    assert problem["title"] == "Validation Error"
    assert problem["instance"] == "/purse/payment/v2/client-sessions"
    assert problem["errors"][0]["field"] == field


def test_a_body_that_is_no_object_or_no_json(purse: PurseShop) -> None:
    purse.refused("POST", "client-sessions", [1], status=400)
    headers = {"Authorization": f"Bearer {purse.token}"}
    broken = requests.post(f"{purse.api}/client-sessions", data="{", headers=headers, timeout=10)
    assert broken.status_code == 415
    headers["Content-Type"] = "application/json"
    broken = requests.post(f"{purse.api}/client-sessions", data="{", headers=headers, timeout=10)
    assert broken.status_code == 400
    purse.refused("GET", "client-sessions", status=405)


def test_an_order_is_not_paid_twice(purse: PurseShop) -> None:
    order = {"reference": "order-7", "net_amount": 12000}
    problem = purse.refused("POST", "client-sessions", session_request(12001, order=order), status=400)
    assert problem["detail"] == NET
    purse.pay(purse.session(5000, order=order), card=APPROVED)
    purse.pay(purse.session(7000, order=order), card=NO_FUNDS)
    problem = purse.refused("POST", "client-sessions", session_request(7001, order=order), status=400)
    assert problem["detail"] == NET
    payment = purse.pay(purse.session(7000, order=order), card=APPROVED)["payment"]
    purse.refused("POST", "client-sessions", session_request(1, order=order), status=400)
    purse.operate(payment, "void", 1000)
    purse.session(1000, order=order)


def test_a_session_expires_on_the_clock(purse: PurseShop) -> None:
    session = purse.session()
    purse.advance(1799)
    assert purse.ok("GET", f"client-sessions/{session['id']}")["status"] == "CREATED"
    purse.advance(1)
    assert purse.ok("GET", f"client-sessions/{session['id']}")["status"] == "EXPIRED"
    assert Form(session).card().status_code == 410
    purse.refused("POST", f"client-sessions/{session['id']}/abort", status=409)


def test_abort(purse: PurseShop) -> None:
    session = purse.session()
    for _ in range(2):
        answer = purse.raw("POST", f"client-sessions/{session['id']}/abort")
        assert answer.status_code == 303
        assert answer.json() == {"session_id": session["id"], "status": "AbortedByCustomer"}
        _header, told = claims(answer.headers["Location"])
        assert told == {
            "client_session_id": session["id"],
            "authorization_status": "ABORTED",
            "client_session_status": "ABORTED",
        }
    assert purse.ok("GET", f"client-sessions/{session['id']}")["status"] == "ABORTED"
    assert Form(session).open().status_code == 410
    paid = purse.session()
    purse.pay(paid, card=APPROVED)
    purse.refused("POST", f"client-sessions/{paid['id']}/abort", status=409)
    purse.refused("POST", "client-sessions/unknown/abort", status=404)


def test_the_return_is_signed(purse: PurseShop) -> None:
    session = purse.session()
    done = purse.pay(session, card=APPROVED)
    address = done["redirect_url"]
    assert address.startswith("https://shop.test/back?order_id=7&purse-redirection-data=")
    header, told = claims(address)
    assert list(header) == ["kid", "alg"]
    assert header["alg"] == "RS256"
    assert told == {
        "client_session_id": session["id"],
        "payment_id": done["payment"]["id"],
        "authorization_status": "AUTHORIZED",
        "client_session_status": "SUBMITTED",
    }
    keys = requests.get(f"{purse.api}/signing-jwks", timeout=10).json()
    assert set(keys["keys"][0]) == {"kty", "e", "kid", "n"}
    assert verified(address, keys)


def test_an_address_without_a_query_gets_one(purse: PurseShop) -> None:
    session = purse.session(shopper_redirection_url="https://shop.test/back#top")
    address = purse.pay(session, card=APPROVED)["redirect_url"]
    assert address.startswith("https://shop.test/back?purse-redirection-data=")
    assert address.endswith("#top")


def test_keys_rotate(purse: PurseShop) -> None:
    session = purse.session()
    before = purse.pay(session, card=APPROVED)["redirect_url"]
    old = purse.ok("GET", "signing-jwks")
    kid = purse.post("purse/keys/rotate")["kid"]
    after = purse.get(f"purse/sessions/{session['id']}")["redirect_url"]
    assert claims(after)[0]["kid"] == kid
    assert not verified(after, old)
    new = purse.ok("GET", "signing-jwks")
    assert verified(after, new)
    assert verified(before, new)
    purse.post("purse/keys/rotate", withdraw_old=True)
    assert not verified(after, purse.ok("GET", "signing-jwks"))


@pytest.mark.parametrize("spoil", ["signature", "kid", "none"])
def test_a_spoiled_return_does_not_verify(purse: PurseShop, spoil: str) -> None:
    session = purse.session()
    purse.pay(session, card=APPROVED)
    address = purse.post(f"purse/sessions/{session['id']}/return", spoil=spoil)["redirect_url"]
    assert not verified(address, purse.ok("GET", "signing-jwks"))


def test_a_return_of_another_session(purse: PurseShop) -> None:
    session = purse.session()
    address = purse.post(f"purse/sessions/{session['id']}/return", spoil="session")["redirect_url"]
    assert verified(address, purse.ok("GET", "signing-jwks"))
    assert claims(address)[1]["client_session_id"] != session["id"]


def test_the_keys_may_need_a_token(purse: PurseShop) -> None:
    assert requests.get(f"{purse.api}/signing-jwks", timeout=10).status_code == 200
    purse.account(jwks_needs_token=True)
    assert requests.get(f"{purse.api}/signing-jwks", timeout=10).status_code == 401
    purse.ok("GET", "signing-jwks")


def test_eligible_solutions(purse: PurseShop) -> None:
    body: dict[str, Any] = {
        "entity_id": ENTITY,
        "amount": 4999,
        "currency": "EUR",
        "order": {"reference": "7"},
    }
    told = purse.ok("POST", "eligible-solutions", body)
    assert (told["amount"], told["currency"]) == (4999, "EUR")
    assert {"partner": "paypal", "method": "wallet"} in told["eligible_solutions"]


def test_accounts_show_no_secret(purse: PurseShop) -> None:
    purse.session()
    [account] = purse.get("accounts?provider=purse")["accounts"]
    assert (account["settings"]["client_secret"], account["settings"]["api_key"]) == ("***", "***")
    kept = purse.http.get(f"{purse.url}/_sandbox/calls", timeout=10).text
    page = purse.http.get(f"{purse.url}/?provider=purse", timeout=10).text
    for secret in (SECRET, API_KEY, purse.token):
        assert secret not in kept
        assert secret not in page


def test_the_sessions_of_one_order(purse: PurseShop) -> None:
    one = purse.session(order={"reference": "A-1", "net_amount": 12000})
    purse.session(order={"reference": "A-21", "net_amount": 12000})
    assert len(purse.get("purse/sessions")["sessions"]) == 2
    assert [told["id"] for told in purse.get("purse/sessions?reference=A-1")["sessions"]] == [one["id"]]
