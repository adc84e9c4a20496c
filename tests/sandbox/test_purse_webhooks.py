"""Is the shop told of every change, with its own headers, and wrongly in the ways that were armed?"""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.sandbox.purse_shop import (
    APPROVED,
    CHALLENGED,
    NO_FUNDS,
    Json,
    Letterbox,
    PurseShop,
    body_verified,
    letterbox,
    session_request,
)
from tests.sandbox.shop import eventually

HEADERS = (
    {"name": "x-webhook-secret", "values": ["s3cret"]},
    {"name": "x-order-id", "values": [123456789, "b"]},
)


@pytest.fixture
def purse(own_sandbox: str) -> Iterator[PurseShop]:
    shop = PurseShop(own_sandbox)
    shop.post("reset")
    yield shop
    shop.http.close()


@pytest.fixture
def hook() -> Iterator[Letterbox]:
    with letterbox() as box:
        yield box


def all_in(purse: PurseShop, *states: str) -> list[Json]:
    """The notifications, once they are in these states, in their order."""

    def look() -> list[Json]:
        found: list[Json] = purse.get("notifications?provider=purse")["notifications"]
        return found if tuple(one["state"] for one in found) == states else []

    return eventually(look)


def attempted(purse: PurseShop, times: int) -> None:
    """Wait until the only notification has been attempted so often."""
    eventually(lambda: len(purse.get("notifications")["notifications"][0]["attempts"]) == times)


def paid(purse: PurseShop, hook: Letterbox, card: str = APPROVED, **changes: Any) -> Json:
    session = purse.session(webhook=hook.webhook(*HEADERS), **changes)
    return purse.pay(session, card=card)


def test_the_body_is_the_payment_and_the_headers_are_the_merchants(purse: PurseShop, hook: Letterbox) -> None:
    done = paid(purse, hook)
    all_in(purse, "delivered")
    assert hook.received == [purse.payment(done["payment_id"])]
    assert hook.headers[0]["x-webhook-secret"] == "s3cret"
    assert hook.headers[0]["x-order-id"] == "123456789, b"
    assert hook.headers[0]["content-type"] == "application/json"
    kept = purse.http.get(f"{purse.url}/_sandbox/notifications", timeout=10).text
    kept += purse.http.get(f"{purse.url}/_sandbox/calls", timeout=10).text
    assert "x-webhook-secret" in kept
    assert "s3cret" not in kept


def test_v1s_signature_for_whoever_switches_it_on(purse: PurseShop, hook: Letterbox) -> None:
    paid(purse, hook)
    purse.account(v1_signature=True)
    paid(purse, hook)
    all_in(purse, "delivered", "delivered")
    signed = next(place for place, headers in enumerate(hook.headers) if "x-signature" in headers)
    assert sum("x-signature" in headers for headers in hook.headers) == 1
    signature, keys = hook.headers[signed]["x-signature"], purse.ok("GET", "signing-jwks")
    assert body_verified(signature, hook.raw[signed], keys)
    assert not body_verified(signature, hook.raw[signed] + b" ", keys)


def test_every_change_of_the_amounts_is_told(purse: PurseShop, hook: Letterbox) -> None:
    session = purse.session(webhook=hook.webhook())
    purse.pay(session, card=CHALLENGED)
    payment = purse.pay(session, code="1234")["payment"]
    purse.arm("pending", method="capture")
    purse.operate(payment, "capture", 5000)
    purse.settle(payment)
    purse.operate(payment, "void", 7000)
    purse.operate(payment, "refund", 1000)
    all_in(purse, *["delivered"] * 6)
    told = sorted(hook.received, key=lambda body: body["version"])
    assert [body["amounts"]["authorize_pending"] for body in told] == [12000, 0, 0, 0, 0, 0]
    assert [body["amounts"]["available_to_capture"] for body in told] == [0, 12000, 7000, 7000, 0, 0]
    assert [body["amounts"]["total_captured"] for body in told] == [0, 0, 0, 5000, 5000, 5000]
    assert [body["amounts"]["total_refunded"] for body in told] == [0, 0, 0, 0, 0, 1000]
    assert len({body["version"] for body in told}) == 6


def test_what_changes_no_amount_is_not_told(purse: PurseShop, hook: Letterbox) -> None:
    payment = paid(purse, hook)["payment"]
    purse.arm("failure", method="capture")
    after = purse.operate(payment, "capture", 5000)
    assert after["version"] > payment["version"]
    purse.refused("POST", f"payments/{payment['id']}/captures", {"amount": 99999}, status=422)
    all_in(purse, "delivered")


def test_a_refusal_is_told(purse: PurseShop, hook: Letterbox) -> None:
    paid(purse, hook, NO_FUNDS)
    all_in(purse, "delivered")
    assert hook.received[0]["authorization"]["status"] == "REFUSED"


def test_no_webhook_no_notification(purse: PurseShop) -> None:
    purse.pay(purse.session(), card=APPROVED)
    assert purse.get("notifications")["notifications"] == []


def test_a_session_that_ends_without_a_payment(purse: PurseShop, hook: Letterbox) -> None:
    aborted = purse.session(webhook=hook.webhook())
    purse.raw("POST", f"client-sessions/{aborted['id']}/abort")
    all_in(purse, "delivered")
    expired = purse.session(webhook=hook.webhook())
    purse.advance(1800)
    all_in(purse, "delivered", "delivered")
    assert [(body["id"], body["status"]) for body in hook.received] == [
        (aborted["id"], "ABORTED"),
        (expired["id"], "EXPIRED"),
    ]
    purse.account(webhook_without_payment=False)
    purse.raw("POST", f"client-sessions/{purse.session(webhook=hook.webhook())['id']}/abort")
    assert len(purse.get("notifications")["notifications"]) == 2


def test_a_shop_that_fails_is_told_again(purse: PurseShop, hook: Letterbox) -> None:
    hook.answers = [500, 404]
    paid(purse, hook)
    for attempts, ahead in ((1, 10), (2, 50)):
        attempted(purse, attempts)
        purse.advance(ahead)
    [done] = all_in(purse, "delivered")
    assert [attempt["status"] for attempt in done["attempts"]] == [500, 404, 204]


def test_lost_and_doubled(purse: PurseShop, hook: Letterbox) -> None:
    purse.arm("lost")
    paid(purse, hook)
    purse.arm("doubled")
    paid(purse, hook)
    all_in(purse, "lost", "delivered", "delivered")
    assert hook.received[0] == hook.received[1]


def test_late_and_reordered(purse: PurseShop, hook: Letterbox) -> None:
    purse.arm("late", seconds=120)
    paid(purse, hook)
    all_in(purse, "waiting")
    purse.advance(120)
    all_in(purse, "delivered")
    purse.arm("reordered")
    payment = paid(purse, hook)["payment"]
    all_in(purse, "delivered", "held")
    purse.operate(payment, "capture", 100)
    all_in(purse, "delivered", "delivered", "delivered")
    assert hook.received[1]["version"] > hook.received[2]["version"]


def test_forged(purse: PurseShop, hook: Letterbox) -> None:
    purse.arm("forged")
    payment = paid(purse, hook, NO_FUNDS)["payment"]
    all_in(purse, "delivered")
    assert hook.received[0]["amounts"]["total_captured"] == 12000
    assert hook.received[0]["version"] > payment["version"]
    assert "x-webhook-secret" not in hook.headers[0]
    assert purse.payment(payment["id"])["authorization"]["status"] == "REFUSED"


def test_a_payment_can_be_told_at_any_time_truly_or_not(purse: PurseShop, hook: Letterbox) -> None:
    payment = paid(purse, hook)["payment"]
    all_in(purse, "delivered")
    for how in ({}, {"forged": True}, {"forged": True, "keep_headers": True}):
        purse.post(f"purse/payments/{payment['id']}/notify", **how)
        expected = len(purse.get("notifications")["notifications"])
        all_in(purse, *["delivered"] * expected)
    assert hook.received[1] == payment
    assert [body["amounts"]["total_captured"] for body in hook.received[2:]] == [12000, 12000]
    assert ["x-webhook-secret" in headers for headers in hook.headers] == [True, True, False, True]


@pytest.mark.parametrize(
    ("method", "verb", "path", "body"),
    [
        ("createSession", "POST", "client-sessions", session_request()),
        ("getSession", "GET", "client-sessions/{session}", None),
        ("abortSession", "POST", "client-sessions/{other}/abort", None),
        ("getPayment", "GET", "payments/{payment}", None),
        ("capture", "POST", "payments/{payment}/captures", {"amount": 100}),
        ("void", "POST", "payments/{payment}/voids", {"amount": 100}),
        ("refund", "POST", "payments/{payment}/refunds", {"amount": 100}),
        ("jwks", "GET", "signing-jwks", None),
    ],
)
def test_every_call_can_be_struck(
    purse: PurseShop, method: str, verb: str, path: str, body: Json | None
) -> None:
    session, other = purse.session(capture_mode="AUTOMATIC"), purse.session()
    payment = purse.pay(session, card=APPROVED)["payment"]
    if method in ("capture", "void"):
        payment = purse.pay(purse.session(), card=APPROVED)["payment"]
    path = path.format(session=session["id"], other=other["id"], payment=payment["id"])
    purse.arm("http_500", method=method)
    purse.arm("no_answer", method=method, seconds=0)
    assert purse.raw(verb, path, body).status_code == 500
    with pytest.raises(requests.ConnectionError):
        purse.raw(verb, path, body)
    assert purse.raw(verb, path, body).status_code < 400
    assert purse.get("calls?provider=purse")["calls"][-1]["method"] == method


@pytest.mark.parametrize(("when", "captured"), [("before", 0), ("after", 5000)])
def test_a_lost_answer_to_a_capture(purse: PurseShop, when: str, captured: int) -> None:
    """What finds double captures: the shop does not know, and the money is taken."""
    payment = purse.pay(purse.session(), card=APPROVED)["payment"]
    purse.arm("no_answer", method="capture", when=when, seconds=0)
    body = {"amount": 5000, "merchant_reference": "cap-1"}
    with pytest.raises(requests.ConnectionError):
        purse.raw("POST", f"payments/{payment['id']}/captures", body)
    found = eventually(
        lambda: (now := purse.payment(payment["id"]))["amounts"]["total_captured"] == captured and now
    )
    references = [capture["merchant_reference"] for capture in found["captures"]]
    assert references == (["cap-1"] if captured else [])


def test_a_token_call_that_fails(purse: PurseShop) -> None:
    purse.arm("http_500", method="token")
    assert purse.ask_token().status_code == 500
    assert purse.ask_token().status_code == 200


def test_a_fault_may_name_the_partner_it_strikes(purse: PurseShop) -> None:
    payment = purse.split(("illicado", "giftcard", 2000), ("ingenico", "creditcard", 10000))
    purse.arm("failure", method="refund", reason="paypal")
    purse.arm("failure", method="capture", reason="ingenico/creditcard")
    payment = purse.operate(payment, "capture", 12000)
    parts = payment["captures"][0]["partner_transactions"]
    assert [(part["partner"], part["status"]) for part in parts] == [
        ("illicado", "SUCCESS"),
        ("ingenico", "FAILURE"),
    ]
    assert payment["captures"][0]["status"] == "CONFLICT"
    payment = purse.operate(payment, "refund", 2000)
    assert payment["refunds"][0]["status"] == "SUCCESS"
