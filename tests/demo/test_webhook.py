"""What does the shop's receiver believe? What is signed, fresh and new; the newest word wins."""

import json
import time
from typing import Any
from unittest import mock

import pytest
from django.conf import settings
from django.test import Client

from checkout.demo.models import DemoEvent, DemoOrder
from checkout.webhooks import signature

pytestmark = pytest.mark.django_db


@pytest.fixture
def order() -> DemoOrder:
    return DemoOrder.objects.create(key="k", visitor="v", amount=2400, currency="EUR", language="en")


def told(
    order: DemoOrder, state: str = "paid", *, at: str = "2026-11-21T10:00:00+00:00", **data: Any
) -> bytes:
    sums = {"amount_authorized": 0, "amount_captured": 0, "amount_refunded": 0}
    body = {
        "type": f"order.{state}",
        "timestamp": at,
        "data": {"reference": order.reference, "state": state, **sums, **data},
    }
    return json.dumps(body).encode()


def ring(
    body: bytes,
    *,
    id_: str = "e-1",
    age: int = 0,
    secret: str = "",
    verb: str = "POST",
    **changed: str | None,
) -> Any:
    stamp = int(time.time()) - age
    signed = signature(secret or settings.DEMO_WEBHOOK_SECRET, message_id=id_, timestamp=stamp, body=body)
    headers = {"webhook-id": id_, "webhook-timestamp": str(stamp), "webhook-signature": signed}
    sent = {**headers, **{f"webhook-{name}": value for name, value in changed.items()}}
    kept = {name: value for name, value in sent.items() if value is not None}
    client = Client(enforce_csrf_checks=True)
    return client.generic(verb, "/shop/webhook/", body, content_type="application/json", headers=kept)


def state(order: DemoOrder) -> str:
    order.refresh_from_db()
    return order.state


def test_a_genuine_word_is_believed(order: DemoOrder) -> None:
    assert ring(told(order)).status_code == 204
    assert state(order) == "paid"
    assert DemoEvent.objects.get().type == "order.paid"


def test_a_test_tells_of_nothing_and_is_welcome() -> None:
    data = {"shop": "museum", "message": "This is a test. Answer 2xx, and do nothing."}
    body = {"type": "webhook.test", "timestamp": "2026-11-21T10:00:00+00:00", "sequence": 0, "data": data}
    assert ring(json.dumps(body).encode()).status_code == 204
    assert ring(json.dumps(body).encode(), secret="whsec_b3RoZXI=").status_code == 401
    assert not DemoEvent.objects.exists()


def test_one_of_several_signatures_is_enough(order: DemoOrder) -> None:
    body, stamp = told(order), int(time.time())
    good = signature(settings.DEMO_WEBHOOK_SECRET, message_id="e-1", timestamp=stamp, body=body)
    assert ring(body, signature=f"v1,AAAA {good}", timestamp=str(stamp)).status_code == 204


@pytest.mark.parametrize(
    "changed",
    [
        {"signature": None},
        {"signature": ""},
        {"signature": "v1,"},
        {"signature": "v1,é"},
        {"signature": "v2,AAAA"},
        {"id": None},
        {"id": "e-2"},
        {"timestamp": None},
        {"timestamp": "yesterday"},
        {"timestamp": "²"},
        {"timestamp": "1"},
    ],
    ids=str,
)
def test_a_word_that_is_not_genuine_changes_nothing(order: DemoOrder, changed: dict[str, Any]) -> None:
    answer = ring(told(order), **changed)
    assert answer.status_code == 401
    assert answer.content.startswith(b"Refused")
    assert state(order) == "open"
    assert not DemoEvent.objects.exists()


def test_another_secret(order: DemoOrder) -> None:
    assert ring(told(order), secret="whsec_b3RoZXI=").status_code == 401


def test_another_body_under_the_same_signature(order: DemoOrder) -> None:
    stamp = str(int(time.time()))
    good = signature(
        settings.DEMO_WEBHOOK_SECRET, message_id="e-1", timestamp=int(stamp), body=told(order, "canceled")
    )
    assert ring(told(order), signature=good, timestamp=stamp).status_code == 401


@pytest.mark.parametrize(("age", "status"), [(290, 204), (310, 401), (-290, 204), (-310, 401)])
def test_only_now(order: DemoOrder, age: int, status: int) -> None:
    assert ring(told(order), age=age).status_code == status


def test_the_same_again_is_fine_and_changes_nothing(order: DemoOrder) -> None:
    ring(told(order))
    DemoOrder.objects.update(state="marked")
    assert ring(told(order)).status_code == 204
    assert state(order) == "marked"
    assert DemoEvent.objects.count() == 1


def test_an_older_word_that_comes_later_is_kept_and_not_followed(order: DemoOrder) -> None:
    ring(told(order, "paid", at="2026-11-21T10:05:00+00:00"), id_="e-2")
    ring(told(order, "expired", at="2026-11-21T10:00:00+00:00"), id_="e-1")
    assert state(order) == "paid"
    assert [event.state for event in DemoEvent.objects.all()] == ["expired", "paid"]


@pytest.mark.parametrize(
    ("said", "sums", "shown"),
    [
        ("open", {}, "open"),
        ("open", {"amount_authorized": 2400}, "authorized"),
        ("paid", {"amount_authorized": 2400, "amount_captured": 2400}, "paid"),
        ("paid", {"amount_captured": 2400, "amount_refunded": 400}, "partly_refunded"),
        ("paid", {"amount_captured": 2400, "amount_refunded": 2400}, "refunded"),
        ("canceled", {}, "canceled"),
        ("expired", {}, "expired"),
    ],
)
def test_every_standing(order: DemoOrder, said: str, sums: dict[str, Any], shown: str) -> None:
    ring(told(order, said, **sums))
    assert state(order) == shown
    page = Client().get(order.get_absolute_url()).content.decode()
    assert f'data-state="{shown}"' in page
    assert ("order.js" in page) == (shown == "open")


def test_a_further_payment_is_taken_note_of_and_changes_nothing(order: DemoOrder) -> None:
    ring(told(order, at="2026-11-21T10:00:00+00:00"))
    later = told(
        order, "canceled", at="2026-12-21T10:00:00+00:00",
        reference=f"{order.reference}/2", metadata={"order": order.reference},
    )  # fmt: skip
    assert ring(later, id_="e-2").status_code == 204
    assert state(order) == "paid"
    assert [event.is_further for event in order.events.all()] == [False, True]
    page = Client().get(order.get_absolute_url()).content.decode()
    assert f"<code>order.canceled</code> for the further payment {order.reference}/2" in page


@pytest.mark.parametrize("metadata", [None, [], "x", {}, {"order": 7}, {"order": "another"}], ids=str)
def test_metadata_that_name_no_order_of_ours(order: DemoOrder, metadata: Any) -> None:
    assert ring(told(order, reference="x/2", metadata=metadata)).status_code == 204
    assert DemoEvent.objects.get().order is None


def test_another_shops_order_is_taken_note_of(order: DemoOrder) -> None:
    order.reference = "made-with-curl"
    assert ring(told(order)).status_code == 204
    assert DemoEvent.objects.get().order is None


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b"\xff", b'{"type": "x"}', b'{"type": "x", "timestamp": "never", "data": {}}',
     b'{"type": "x", "timestamp": "2026-11-21T10:00:00+00:00", "data": {"reference": "r"}}'],
)  # fmt: skip
def test_signed_nonsense(body: bytes) -> None:
    assert ring(body).status_code == 400
    assert not DemoEvent.objects.exists()


def test_only_post(order: DemoOrder) -> None:
    assert ring(told(order), verb="GET").status_code == 405


def test_when_the_shop_cannot_write_it_down_it_is_rung_again(order: DemoOrder) -> None:
    with mock.patch("checkout.demo.webhook.take", side_effect=RuntimeError), pytest.raises(RuntimeError):
        ring(told(order))
