"""Do Purse payments begin and end as their cards, gift cards and partners say? Splits, saved cards and MIT too."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.sandbox.purse_shop import (
    APPROVED,
    CHALLENGED,
    CHALLENGED_REFUSED,
    DELAYED,
    DEMO_CARD,
    ENTITY,
    GIFT_10,
    GIFT_20,
    GIFT_EXPIRED,
    GIFT_REFUSES,
    NO_FUNDS,
    SAVED_THEN_REFUSED,
    Json,
    PurseShop,
    claims,
    session_request,
)

LATER: Json = {
    "allow_future_usage": True,
    "three_ds_authentication_options": {"challenge_indicator": "CHALLENGE_REQUESTED_BY_MERCHANT"},
    "customer": {"reference": "2090"},
}


@pytest.fixture
def purse(own_sandbox: str) -> Iterator[PurseShop]:
    shop = PurseShop(own_sandbox)
    shop.post("reset")
    yield shop
    shop.http.close()


def status(payment: Json) -> str:
    return str(payment["authorization"]["status"])


def transactions(payment: Json) -> list[tuple[str, str]]:
    return [(one["partner"], one["status"]) for one in payment["authorization"]["partner_transactions"]]


def balance(purse: PurseShop, number: str) -> int:
    cards = purse.get("purse/gift-cards")["gift_cards"]
    return int(next(card["balance"] for card in cards if card["number"] == number))


def with_gift(purse: PurseShop, gift: str, amount: int, rest: Json, **session: Any) -> Json:
    made = purse.session(12000, **session)
    parts = [
        {"amount": amount, "gift_card": gift},
        {"amount": 12000 - amount, "partner": "ingenico", "method": "creditcard", **rest},
    ]
    paid: Json = purse.pay(made, parts=parts)
    return paid


def test_a_payment_has_the_seeds_fields(purse: PurseShop) -> None:
    session = purse.session(webhook={"url": "https://shop.test/hook"})
    done = purse.pay(session, card=APPROVED)
    assert (done["status"], done["payment_id"]) == ("SUBMITTED", done["payment"]["id"])
    payment = purse.payment(done["payment_id"])
    assert set(payment) == {
        "id", "created_at", "overview", "client_session_id", "entity_id", "version", "order_reference",
        "amount", "currency", "capture_mode", "captures", "voids", "refunds", "authorization", "amounts",
        "links", "split", "webhook",
    }  # fmt: skip
    assert payment["client_session_id"] == session["id"]
    assert payment["entity_id"] == ENTITY
    assert payment["split"] == [{"partner": "ingenico", "method": "creditcard", "amount": 12000}]
    [one] = payment["authorization"]["partner_transactions"]
    assert set(one) == {
        "id", "created_at", "updated_at", "amount", "partner", "method", "partner_reference",
        "partner_status", "partner_status_description", "partner_token", "status", "card", "remaining_amount",
    }  # fmt: skip
    assert one["card"] == {
        "bin": "497010", "last_four_digits": "0055", "holder_name": "Test Shopper", "expiry_month": "12",
        "expiry_year": "30", "selected_network": "VISA",
    }  # fmt: skip
    assert payment["amounts"] == {
        "authorize_pending": 0, "total_authorized": 12000, "total_captured": 0, "available_to_capture": 12000,
        "total_refunded": 0, "available_to_refund": 0, "total_voided": 0, "available_to_void": 12000,
    }  # fmt: skip


def test_a_payment_is_there_only_once_the_session_is_submitted(purse: PurseShop) -> None:
    session = purse.session()
    assert purse.get(f"purse/sessions/{session['id']}")["payment"] is None
    assert purse.get("purse/payments")["payments"] == []
    purse.refused("GET", f"payments/{session['id']}", status=404)
    purse.pay(session, card=APPROVED)
    again = purse.http.post(
        f"{purse.url}/_sandbox/purse/sessions/{session['id']}/pay", json={"card": APPROVED}, timeout=10
    )
    assert (again.status_code, again.json()["error"]) == (400, "session: is SUBMITTED already")
    assert len(purse.get("purse/payments")["payments"]) == 1


def test_a_refusal_brings_nothing(purse: PurseShop) -> None:
    done = purse.pay(purse.session(), card=NO_FUNDS)
    payment = done["payment"]
    assert status(payment) == "REFUSED"
    [one] = payment["authorization"]["partner_transactions"]
    assert one["partner_status_description"] == "insufficient_funds"
    assert set(payment["amounts"].values()) == {0}
    assert set(payment["links"]) == {"self"}
    assert claims(done["redirect_url"])[1]["authorization_status"] == "REFUSED"


@pytest.mark.parametrize(
    ("card", "codes", "ends"),
    [
        (CHALLENGED, ["1234"], "AUTHORIZED"),
        (DEMO_CARD, ["1234"], "AUTHORIZED"),
        (CHALLENGED_REFUSED, ["1234"], "REFUSED"),
        (CHALLENGED, ["1", "2", "3"], "REFUSED"),
    ],
)
def test_3d_secure(purse: PurseShop, card: str, codes: list[str], ends: str) -> None:
    session = purse.session()
    payment = purse.pay(session, card=card)["payment"]
    assert (status(payment), payment["amounts"]["authorize_pending"]) == ("PENDING", 12000)
    assert payment["redirection"]["href"].startswith(f"{purse.base}/partners/")
    for code in codes:
        payment = purse.pay(session, code=code)["payment"]
    assert status(payment) == ends
    assert "redirection" not in payment
    [one] = payment["authorization"]["partner_transactions"]
    assert one["card"]["three_ds"]["flow"] == "CHALLENGE"


def test_a_challenge_the_shop_asked_for(purse: PurseShop) -> None:
    session = purse.session(**LATER)
    assert status(purse.pay(session, card=APPROVED)["payment"]) == "PENDING"
    assert status(purse.pay(session, code="1234")["payment"]) == "AUTHORIZED"


def test_a_challenge_nobody_answers_is_over_with_the_session(purse: PurseShop) -> None:
    session = purse.session()
    payment = purse.pay(session, card=CHALLENGED)["payment"]
    purse.advance(1800)
    purse.log_in()
    assert status(purse.payment(payment["id"])) == "ABORTED"


def test_a_late_result(purse: PurseShop) -> None:
    payment = purse.pay(purse.session(), card=DELAYED)["payment"]
    assert status(payment) == "PENDING"
    purse.advance(60)
    assert status(purse.payment(payment["id"])) == "AUTHORIZED"


def test_a_gift_card_and_a_card_for_the_rest(purse: PurseShop) -> None:
    payment = with_gift(purse, GIFT_20, 2000, {"card": APPROVED})["payment"]
    assert transactions(payment) == [("illicado", "AUTHORIZED"), ("ingenico", "AUTHORIZED")]
    assert payment["amounts"]["total_authorized"] == 12000
    assert balance(purse, GIFT_20) == 0
    purse.operate(payment, "capture", 2000)
    payment = purse.operate(payment, "refund", 2000)
    assert balance(purse, GIFT_20) == 2000


@pytest.mark.parametrize("gift", [GIFT_EXPIRED, GIFT_REFUSES])
def test_a_gift_card_that_refuses_lets_the_card_go(purse: PurseShop, gift: str) -> None:
    payment = with_gift(purse, gift, 2000, {"card": APPROVED})["payment"]
    assert status(payment) == "REFUSED"
    assert transactions(payment) == [("illicado", "REFUSED"), ("ingenico", "ABORTED")]
    assert set(payment["amounts"].values()) == {0}
    assert balance(purse, gift) == 2000


def test_a_card_that_refuses_gives_the_gift_card_its_money_back(purse: PurseShop) -> None:
    payment = with_gift(purse, GIFT_20, 2000, {"card": NO_FUNDS})["payment"]
    assert transactions(payment) == [("illicado", "ABORTED"), ("ingenico", "REFUSED")]
    assert balance(purse, GIFT_20) == 2000


def test_a_split_is_decided_part_by_part(purse: PurseShop) -> None:
    done = with_gift(purse, GIFT_20, 2000, {"card": CHALLENGED})
    payment = done["payment"]
    assert status(payment) == "PENDING"
    assert (payment["amounts"]["total_authorized"], payment["amounts"]["authorize_pending"]) == (2000, 10000)
    payment = purse.pay(done, code="1234")["payment"]
    assert (status(payment), payment["amounts"]["total_authorized"]) == ("AUTHORIZED", 12000)


def test_a_voided_gift_card_has_its_money_again(purse: PurseShop) -> None:
    payment = with_gift(purse, GIFT_10, 1000, {"card": APPROVED})["payment"]
    purse.operate(payment, "void", 12000)
    assert balance(purse, GIFT_10) == 1000


def test_a_wallet_asks_on_its_own_page(purse: PurseShop) -> None:
    for action, ends in (("approve", "AUTHORIZED"), ("refuse", "REFUSED"), ("cancel", "ABORTED")):
        session = purse.session()
        payment = purse.pay(session, partner="paypal", method="wallet")["payment"]
        assert status(payment) == "PENDING"
        assert payment["redirection"]["method"] == "GET"
        assert status(purse.pay(session, action=action)["payment"]) == ends


def test_the_mock_comes_back_pending_with_a_redirection(purse: PurseShop) -> None:
    payment = purse.pay(purse.session(), partner="uspmock", method="primary")["payment"]
    assert status(payment) == "PENDING"
    assert payment["redirection"]["href"].startswith(purse.base)


def test_multibanco_stays_pending_until_it_is_settled(purse: PurseShop) -> None:
    for outcome, ends in (("success", "AUTHORIZED"), ("failure", "REFUSED")):
        done = purse.pay(purse.session(), partner="hipay", method="multibanco")
        payment = done["payment"]
        assert claims(done["redirect_url"])[1]["authorization_status"] == "PENDING"
        assert "redirection" not in payment
        purse.advance(30 * 86_400)
        assert status(purse.settle(payment, outcome=outcome)) == ends
        purse.log_in()


def test_an_uncertain_authorisation(purse: PurseShop) -> None:
    session = purse.session()
    purse.pay(session, partner="uspmock", method="primary")
    payment = purse.pay(session, action="uncertain")["payment"]
    assert (status(payment), transactions(payment)) == ("PENDING", [("uspmock", "UNCERTAIN")])
    assert payment["amounts"]["authorize_pending"] == 12000
    assert status(purse.settle(payment)) == "AUTHORIZED"


def test_two_open_parts_end_together(purse: PurseShop) -> None:
    session = purse.session()
    parts = [
        {"partner": "hipay", "method": "multibanco", "amount": 5000},
        {"partner": "slimpay", "method": "sdd", "amount": 7000, "outcome": "no_answer"},
    ]
    payment = purse.settle(purse.pay(session, parts=parts)["payment"], outcome="failure")
    assert transactions(payment) == [("hipay", "REFUSED"), ("slimpay", "ABORTED")]


@pytest.mark.parametrize(
    ("fault", "card", "ends"),
    [
        ("approve", NO_FUNDS, "AUTHORIZED"),
        ("refuse", APPROVED, "REFUSED"),
        ("cancel", APPROVED, "ABORTED"),
        ("challenge", APPROVED, "PENDING"),
    ],
)
def test_how_the_next_payment_ends(purse: PurseShop, fault: str, card: str, ends: str) -> None:
    purse.arm(fault, reason="stolen_card")
    done = with_gift(purse, GIFT_20, 2000, {"card": card})
    assert status(done["payment"]) == ends
    assert done["payment"]["authorization"]["partner_transactions"][0]["partner"] == "illicado"
    assert status(purse.pay(purse.session(), card=APPROVED)["payment"]) == "AUTHORIZED"


@pytest.mark.parametrize(
    ("fault", "ends", "later"),
    [("pending", "PENDING", "AUTHORIZED"), ("uncertain", "PENDING", "AUTHORIZED"), ("failure", "ERROR", "ERROR"),
     ("delayed", "PENDING", "AUTHORIZED")],
)  # fmt: skip
def test_how_the_next_authorisation_goes(purse: PurseShop, fault: str, ends: str, later: str) -> None:
    purse.arm(fault, method="pay", seconds=30)
    payment = purse.pay(purse.session(), card=APPROVED)["payment"]
    assert status(payment) == ends
    purse.advance(30)
    assert status(purse.payment(payment["id"])) == later


def test_automatic_capture(purse: PurseShop) -> None:
    payment = with_gift(purse, GIFT_20, 2000, {"card": APPROVED}, capture_mode="AUTOMATIC")["payment"]
    assert (payment["capture_mode"], payment["amounts"]["total_captured"]) == ("AUTOMATIC", 12000)
    [capture] = payment["captures"]
    assert (capture["triggered_by"], capture["status"], capture["amount"]) == ("AUTOMATIC", "SUCCESS", 12000)
    assert "merchant_reference" not in capture
    waits = purse.pay(purse.session(capture_mode="AUTOMATIC"), partner="hipay", method="multibanco")[
        "payment"
    ]
    assert waits["captures"] == []
    assert purse.settle(waits)["amounts"]["total_captured"] == 12000


def test_gift_cards_may_capture_themselves(purse: PurseShop) -> None:
    purse.account(gift_cards_capture_themselves=True)
    payment = with_gift(purse, GIFT_20, 2000, {"card": APPROVED})["payment"]
    assert payment["amounts"]["total_captured"] == 2000
    assert payment["overview"]["captured"] == "PARTIALLY"


def tokens(purse: PurseShop, customer: str = "2090", middle: str = "wallet/") -> list[Json]:
    path = f"wallet/v3/{middle}merchants/{ENTITY}/customers/{customer}/tokens"
    found: list[Json] = purse.ok("GET", path)
    return found


def test_a_saved_card_is_offered_to_the_same_customer_only(purse: PurseShop) -> None:
    mine: Json = {"customer": {"reference": "2090"}}
    purse.pay(purse.session(**mine), card=APPROVED, save_token=True)
    [token] = tokens(purse)
    assert tokens(purse, middle="") == [token]
    assert tokens(purse, "2091") == []
    purse.account(wallet_list_wrapped=True)
    assert purse.ok("GET", f"wallet/v3/merchants/{ENTITY}/customers/2090/tokens") == {"tokens": [token]}
    purse.account(wallet_list_wrapped=False)
    assert token["description"]["masked_pan"] == "497010******0055"
    assert (token["status"], token["payment_id"]["partner"]) == ("ACTIVE", "ingenico")
    paid = purse.pay(purse.session(**mine), saved_token=token["id"])["payment"]
    assert status(paid) == "AUTHORIZED"
    assert paid["authorization"]["partner_transactions"][0]["card"]["last_four_digits"] == "0055"
    stranger = purse.session(customer={"reference": "2091"})
    refused = purse.http.post(
        f"{purse.url}/_sandbox/purse/sessions/{stranger['id']}/pay",
        json={"saved_token": token["id"]},
        timeout=10,
    )
    assert refused.status_code == 400
    path = f"wallet/v3/merchants/{ENTITY}/customers/2090/tokens/{token['id']}"
    assert purse.raw("DELETE", path).status_code == 204
    assert tokens(purse) == []
    purse.refused("DELETE", path, status=404)


def test_a_refused_card_is_not_saved_and_one_saves_only_to_refuse(purse: PurseShop) -> None:
    mine: Json = {"customer": {"reference": "2090"}}
    purse.pay(purse.session(**mine), card=NO_FUNDS, save_token=True)
    assert tokens(purse) == []
    purse.pay(purse.session(**mine), card=SAVED_THEN_REFUSED, save_token=True)
    [token] = tokens(purse)
    assert status(purse.pay(purse.session(**mine), saved_token=token["id"])["payment"]) == "REFUSED"


def test_nothing_to_pay_and_a_card_for_later(purse: PurseShop) -> None:
    session = purse.session(0, **LATER)
    purse.pay(session, card=APPROVED, save_token=True)
    payment = purse.pay(session, code="1234")["payment"]
    assert (status(payment), payment["amount"]) == ("AUTHORIZED", 0)
    assert set(payment["amounts"].values()) == {0}
    assert set(payment["overview"].values()) == {"NOT"}
    assert len(tokens(purse)) == 1


def first_of_many(purse: PurseShop, card: str = APPROVED) -> Json:
    """A customer's first payment, with a challenge passed."""
    session = purse.session(**LATER)
    purse.pay(session, card=card)
    done: Json = purse.pay(session, code="1234")["payment"]
    return done


def without_shopper(first: Json, amount: int = 500, **parent: Any) -> Json:
    [one] = first["authorization"]["partner_transactions"]
    item = {
        "amount": amount, "partner": one["partner"], "method": one["method"],
        **(parent or {"parent_partner_transaction_id": one["id"], "parent_payment_id": first["id"]}),
    }  # fmt: skip
    body = session_request(amount, split=[item], customer={"reference": "2090"})
    del body["shopper_redirection_url"]
    return body


def test_a_payment_without_the_shopper(purse: PurseShop) -> None:
    first = first_of_many(purse)
    [one] = first["authorization"]["partner_transactions"]
    payment = purse.ok("POST", "payments", without_shopper(first))
    assert (status(payment), payment["amounts"]["total_authorized"]) == ("AUTHORIZED", 500)
    assert payment["split"][0]["parent_partner_transaction_id"] == one["id"]
    assert "client_session_id" not in payment
    assert payment["links"]["self"]["href"] == f"/v2/payments/{payment['id']}"
    by_token = without_shopper(first, parent_partner_token=one["partner_token"])
    assert status(purse.ok("POST", "payments", by_token)) == "AUTHORIZED"
    assert purse.operate(payment, "capture", 500)["overview"]["captured"] == "TOTALLY"


def test_a_payment_without_the_shopper_refused(purse: PurseShop) -> None:
    first = first_of_many(purse, SAVED_THEN_REFUSED)
    assert status(purse.ok("POST", "payments", without_shopper(first))) == "REFUSED"
    plain = purse.pay(purse.session(), card=APPROVED)["payment"]
    problem = purse.refused("POST", "payments", without_shopper(plain), status=400)
    assert "allow_future_usage" in problem["detail"]
    unchallenged = purse.pay(purse.session(allow_future_usage=True), card=APPROVED)["payment"]
    refused = purse.ok("POST", "payments", without_shopper(unchallenged))
    [one] = refused["authorization"]["partner_transactions"]
    assert (one["status"], one["partner_status_description"]) == ("REFUSED", "authentication_required")
    unknown = without_shopper(first, parent_partner_transaction_id="e3a6516b")
    purse.refused("POST", "payments", unknown, status=400)


def test_a_payment_with_a_saved_card_or_a_partner_that_asks(purse: PurseShop) -> None:
    purse.pay(purse.session(customer={"reference": "2090"}), card=APPROVED, save_token=True)
    [token] = tokens(purse)
    item = {"amount": 500, "partner": "ingenico", "method": "creditcard", "wallet_token": token["value"]}
    body = session_request(500, split=[item], customer={"reference": "2090"})
    assert status(purse.ok("POST", "payments", body)) == "AUTHORIZED"
    body = session_request(500, split=[item], customer={"reference": "2091"})
    purse.refused("POST", "payments", body, status=400)
    mock = {"amount": 500, "partner": "uspmock", "method": "primary"}
    pending = purse.ok("POST", "payments", session_request(500, split=[mock]))
    assert (status(pending), pending["redirection"]["method"]) == ("PENDING", "GET")
    problem = purse.refused("POST", "payments", session_request(501, split=[mock]), status=400)
    assert problem["errors"][0]["field"] == "split"


def test_yen_have_no_decimals(purse: PurseShop) -> None:
    payment = purse.pay(purse.session(500, currency="JPY"), card=APPROVED)["payment"]
    assert (payment["amount"], payment["currency"]) == (500, "JPY")
    assert "500 JPY" in purse.http.get(f"{purse.url}/?provider=purse", timeout=10).text


def test_no_card_number_is_kept(purse: PurseShop) -> None:
    purse.pay(purse.session(), card=APPROVED)
    kept = purse.http.get(f"{purse.url}/_sandbox/purse/payments", timeout=10).text
    kept += purse.http.get(f"{purse.url}/_sandbox/calls?provider=purse", timeout=10).text
    assert APPROVED not in kept


def test_the_console_lists_and_settles(purse: PurseShop) -> None:
    def press(action: str, number: str) -> int:
        address = f"{purse.url}/console/actions/purse/{action}/{number}"
        return purse.http.post(address, timeout=10, allow_redirects=False).status_code

    session = purse.session()
    assert press("pay", session["id"]) == 302
    pending = purse.pay(purse.session(), partner="hipay", method="multibanco")["payment"]
    page = purse.http.get(f"{purse.url}/?provider=purse", timeout=10).text
    for word in ("Settle", "hipay/multibanco", "AUTHORIZED", "PENDING", "120.00 EUR", pending["id"]):
        assert word in page
    assert press("settle", pending["id"]) == 302
    assert status(purse.payment(pending["id"])) == "AUTHORIZED"
    before = claims(purse.get(f"purse/sessions/{session['id']}")["redirect_url"])[0]["kid"]
    assert press("rotate", before) == 302
    assert claims(purse.get(f"purse/sessions/{session['id']}")["redirect_url"])[0]["kid"] != before
    aborted = purse.session()
    assert press("abort", aborted["id"]) == 302
    assert purse.ok("GET", f"client-sessions/{aborted['id']}")["status"] == "ABORTED"
    assert press("steal", aborted["id"]) == 404


def test_reset_forgets_payments_and_fills_gift_cards(purse: PurseShop) -> None:
    with_gift(purse, GIFT_20, 2000, {"card": APPROVED})
    purse.put("purse/gift-cards", number=GIFT_10, balance=5)
    purse.post("reset")
    assert purse.get("purse/payments")["payments"] == []
    assert purse.get("purse/sessions")["sessions"] == []
    assert (balance(purse, GIFT_20), balance(purse, GIFT_10)) == (2000, 1000)
