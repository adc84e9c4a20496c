"""What Purse's webhooks and the shopper's browser say, and what is true: nobody is looked at on a page here.

Each story ends with our record and Purse's, and with one authorisation.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.purse import (
    APPROVED,
    CARD,
    GIFT_20,
    GIFT_CARD,
    TOGETHER,
    Record,
    fill,
    on_gift_card,
    put,
    started,
)
from tests.e2e.stage import Order, Stage, eventually


@pytest.fixture(autouse=True)
def _full_gift_cards(stage: Stage) -> None:
    fill(stage.sandbox)


@pytest.fixture
def gift_cards_capture_themselves(stage: Stage) -> Iterator[None]:
    put(stage.sandbox, "accounts", provider="purse", settings={"gift_cards_capture_themselves": True})
    yield
    put(stage.sandbox, "accounts", provider="purse", settings={"gift_cards_capture_themselves": False})


def arm(stage: Stage, fault: str, **how: Any) -> None:
    stage.sandbox.arm(fault, provider="purse", **how)


def is_paid_once(order: Order, record: Record) -> None:
    told = order.becomes("paid")
    assert (told["amount_authorized"], told["amount_captured"], told["needs_attention"]) == (
        4299,
        4299,
        False,
    )
    assert record.sums() == (4299, 4299, 0, 0)
    assert len(record.payment()["captures"]) == 1
    assert [end for end in record.ends() if end == "AUTHORIZED"] == ["AUTHORIZED"]


def notes(stage: Stage, record: Record) -> list[dict[str, Any]]:
    """The webhooks about its payment, oldest first."""
    number = record.payment()["id"]
    every = stage.sandbox.get("notifications", provider="purse")["notifications"]
    return [one for one in every if number in str(one)]


def test_the_webhook_tells_it_alone(stage: Stage) -> None:
    order, record = started(stage)
    record.pay(**TOGETHER)
    is_paid_once(order, record)
    assert record.split() == {GIFT_CARD: 2000, CARD: 2299}
    assert on_gift_card(stage.sandbox, GIFT_20) == 0


def test_the_webhooks_are_lost(stage: Stage) -> None:
    order, record = started(stage)
    arm(stage, "lost", times=0)
    record.pay(card=APPROVED)
    order.make_due()
    is_paid_once(order, record)
    assert {one["state"] for one in notes(stage, record)} == {"lost"}


def test_the_webhooks_come_twice(stage: Stage) -> None:
    order, record = started(stage)
    arm(stage, "doubled", times=0)
    record.pay(card=APPROVED)
    is_paid_once(order, record)
    heard = [json.loads(one["body"])["version"] for one in notes(stage, record)]
    assert heard == [1, 1]


def test_the_webhooks_come_in_the_wrong_sequence(stage: Stage) -> None:
    """That it is pending is heard when it is paid already."""
    order, record = started(stage)
    arm(stage, "reordered")
    record.pay(partner="hipay", method="multibanco")
    number = record.session()["payment"]["id"]
    stage.sandbox.post(f"purse/payments/{number}/settle", outcome="success")
    eventually(lambda: {one["state"] for one in notes(stage, record)} == {"delivered"})
    is_paid_once(order, record)


def test_a_forged_webhook(stage: Stage) -> None:
    """It says that all is captured: without our header nobody listens, with it Purse is asked, who knows better."""
    order, record = started(stage)
    record.pay(partner="hipay", method="multibanco")
    eventually(lambda: order.read()["payment"]["state"] == "pending")
    number = record.session()["payment"]["id"]
    for keeps in (False, True):
        stage.sandbox.post(f"purse/payments/{number}/notify", forged=True, keep_headers=keeps)
    told = order.read()
    assert (told["state"], told["payment"]["state"], told["amount_authorized"]) == ("open", "pending", 0)
    stage.sandbox.post(f"purse/payments/{number}/settle", outcome="success")
    is_paid_once(order, record)


def test_returns_that_purse_did_not_sign(stage: Stage) -> None:
    order, record = started(stage)
    for spoil in ("signature", "kid", "none", "session"):
        assert record.come_back(spoil=spoil) == 200
        told = order.read()
        assert (told["state"], told["payment"]["state"], told["amount_authorized"]) == ("open", "started", 0)
    assert record.session()["status"] == "CREATED"
    record.pay(card=APPROVED)
    is_paid_once(order, record)


def test_the_keys_are_rotated(stage: Stage) -> None:
    order, record = started(stage)
    arm(stage, "lost", times=0)
    stage.sandbox.post("purse/keys/rotate", withdraw_old=True)
    record.pay(card=APPROVED)
    assert record.come_back() == 200
    is_paid_once(order, record)


def test_nobody_hears_that_the_session_was_made(stage: Stage) -> None:
    """Nobody was shown it either, so nobody pays it; the next attempt has one of its own."""
    arm(stage, "http_500", method="createSession", when="after")
    order, record = started(stage)
    assert order.read()["payment"]["state"] == "created"
    order.make_due()
    eventually(lambda: order.read()["payment"]["state"] == "failed")
    told = stage.api("POST", f"orders/{order.id}/payments", provider="purse")
    assert (told["payment"]["attempt"], told["payment"]["state"]) == (2, "started")
    record.pay(card=APPROVED)
    is_paid_once(order, record)
    assert record.ends() == ["CREATED", "AUTHORIZED"]


def test_a_cancel_that_comes_too_late(stage: Stage) -> None:
    order, record = started(stage)
    arm(stage, "lost", times=0)
    record.pay(card=APPROVED)
    with pytest.raises(AssertionError, match="The order is paid; refund it instead"):
        stage.api("POST", f"orders/{order.id}/cancel")
    is_paid_once(order, record)


def test_a_cancel_whose_answer_is_lost(stage: Stage) -> None:
    order, record = started(stage)
    arm(stage, "http_500", method="abortSession", when="after")
    stage.api("POST", f"orders/{order.id}/cancel")
    assert order.becomes("canceled")["amount_authorized"] == 0
    assert record.ends() == ["ABORTED"]


@pytest.mark.usefixtures("gift_cards_capture_themselves")
def test_a_gift_card_that_is_captured_by_itself_pays_no_order(stage: Stage) -> None:
    order, record = started(stage, capture_later=True)
    record.pay(**TOGETHER)
    told = eventually(lambda: now if (now := order.read())["amount_authorized"] else None)
    assert (told["payment"]["state"], told["amount_authorized"], told["amount_captured"]) == (
        "authorized", 4299, 2000,
    )  # fmt: skip
    assert record.sums() == (4299, 2000, 0, 0)


def test_yen_have_no_hundredths(stage: Stage) -> None:
    order, record = started(stage, currency="JPY")
    record.pay(card=APPROVED)
    is_paid_once(order, record)
    assert record.payment()["currency"] == "JPY"


def test_all_access_tokens_are_revoked(stage: Stage) -> None:
    """Last here: whoever meets it first fetches another, and a fault armed for that call would strike its 401."""
    order, record = started(stage)
    stage.sandbox.post("purse/tokens/revoke")
    record.pay(card=APPROVED)
    is_paid_once(order, record)
