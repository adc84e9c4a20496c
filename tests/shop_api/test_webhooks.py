"""Is a shop told, until it has heard, in words that it can check?"""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests
import responses
from django.utils import timezone

from checkout.models import Order, Shop, ShopEvent
from checkout.payments.cancel import give_up
from checkout.payments.sweep import due_events
from checkout.payments.timeline import Who
from checkout.tasks import run_sweep
from checkout.webhooks import PAUSES, BadSecret, send, signature
from tests.scripted import WEBHOOK_SECRET, Clock, make_order, make_shop, work

HOOK = "https://shop.example/hook"


@pytest.fixture
def wire() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def owed(**shop: Any) -> ShopEvent:
    """A shop's event that nobody has tried to send."""
    order = make_order(make_shop(**shop))
    give_up(order, who=Who.SHOP)
    event: ShopEvent = ShopEvent.objects.select_related("shop", "order").get(order=order)
    return event


def test_the_signature_is_that_of_the_specification() -> None:
    body = b'{"test": 2432232314}'
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    signed = signature(secret, message_id="msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp=1614265330, body=body)
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("secret", ["whsec_é", "whsec_a", "no base64 at all!"])
def test_a_secret_that_is_none(secret: str) -> None:
    with pytest.raises(BadSecret):
        signature(secret, message_id="m", timestamp=1, body=b"")


@pytest.mark.django_db
def test_what_the_shop_gets(wire: responses.RequestsMock) -> None:
    wire.post(HOOK, status=204)
    event = send(owed())
    (call,) = wire.calls
    sent: requests.PreparedRequest = call.request
    body = sent.body
    assert isinstance(body, bytes)
    told = json.loads(body)
    assert set(told) == {"type", "timestamp", "sequence", "data"}
    assert told["type"] == "order.canceled"
    assert event.order is not None
    assert told["data"]["id"] == event.order.number
    assert sent.headers["Content-Type"] == "application/json"
    assert sent.headers["webhook-id"] == str(event.pk)
    stamp = sent.headers["webhook-timestamp"]
    assert abs(int(stamp) - timezone.now().timestamp()) < 5
    key = base64.b64decode(WEBHOOK_SECRET.removeprefix("whsec_"))
    mac = hmac.new(key, f"{event.pk}.{stamp}.".encode() + body, hashlib.sha256).digest()
    assert sent.headers["webhook-signature"] == "v1," + base64.b64encode(mac).decode()
    assert event.delivered_at is not None
    assert (event.attempts, event.last_status, event.last_error, event.next_try_at) == (1, 204, "", None)


@pytest.mark.django_db
def test_what_was_delivered_is_not_sent_again(wire: responses.RequestsMock) -> None:
    wire.post(HOOK, status=200)
    event = owed()
    send(event)
    send(ShopEvent.objects.get(pk=event.pk))
    assert len(wire.calls) == 1


@pytest.mark.django_db
def test_of_two_workers_one_sends(wire: responses.RequestsMock) -> None:
    wire.post(HOOK, status=500)
    event = owed()
    twin = ShopEvent.objects.select_related("shop", "order").get(pk=event.pk)
    send(event)
    send(twin)
    assert len(wire.calls) == 1
    assert ShopEvent.objects.get().attempts == 1


@pytest.mark.django_db
@pytest.mark.parametrize("status", [199 + 101, 301, 400, 404, 410, 500, 503])
def test_anything_but_2xx_is_tried_again(wire: responses.RequestsMock, status: int) -> None:
    wire.add("POST", HOOK, status=status, headers={"Location": "https://elsewhere.example/"})
    event = send(owed())
    assert event.delivered_at is None
    assert event.next_try_at is not None
    assert str(status) in event.last_error
    assert len(wire.calls) == 1  # a redirect is not followed: the secret address is not told to others


@pytest.mark.django_db
def test_a_silent_shop_is_named_as_such(wire: responses.RequestsMock) -> None:
    wire.add("POST", HOOK, body=requests.exceptions.ReadTimeout())
    event = send(owed())
    assert event.last_status is None
    assert event.last_error == "The shop did not answer in time."


@pytest.mark.django_db
def test_a_secret_that_cannot_sign_sends_nothing(wire: responses.RequestsMock) -> None:
    event = send(owed(webhook_secret="not base64!"))
    assert len(wire.calls) == 0
    assert event.last_error == "The shop's webhook secret is not whsec_ and base64."
    assert event.next_try_at is not None


@pytest.mark.django_db
def test_a_shop_without_an_address_is_owed_nothing() -> None:
    order = make_order(make_shop(webhook_url=""))
    give_up(order, who=Who.SHOP)
    assert Order.objects.get().state == "canceled"
    assert not ShopEvent.objects.exists()


@pytest.mark.django_db
def test_the_pauses_grow_and_then_it_is_given_up(wire: responses.RequestsMock, clock: Clock) -> None:
    wire.post(HOOK, status=503)
    event = owed()
    assert list(PAUSES) == sorted(PAUSES)
    for number, pause in enumerate(PAUSES, 1):
        send(event)
        event = ShopEvent.objects.select_related("shop", "order").get()
        assert event.attempts == number
        assert event.next_try_at is not None
        assert abs(event.next_try_at - timezone.now() - timedelta(seconds=pause)) < timedelta(seconds=2)
        clock.forward(seconds=pause + 1)
        Shop.objects.update(webhook_failing_since=None)  # it took other webhooks meanwhile: it is not dead
        assert due_events() == [event.pk]
        event = ShopEvent.objects.select_related("shop", "order").get()
    send(event)
    event.refresh_from_db()
    assert (event.attempts, event.next_try_at, event.delivered_at) == (len(PAUSES) + 1, None, None)
    clock.forward(days=30)
    assert due_events() == []
    assert len({call.request.headers["webhook-id"] for call in wire.calls}) == 1
    assert len({call.request.headers["webhook-timestamp"] for call in wire.calls}) == len(PAUSES) + 1


@pytest.mark.django_db(transaction=True)
def test_it_goes_out_at_once_and_the_sweep_finds_it_if_the_task_was_lost(
    wire: responses.RequestsMock, clock: Clock
) -> None:
    wire.post(HOOK, status=200)
    owed()
    assert run_sweep() == 0  # the queue has it
    assert work() == ["send_event"]
    assert len(wire.calls) == 1

    from django_tasks_db.models import DBTaskResult

    owed()
    DBTaskResult.objects.all().delete()
    clock.forward(seconds=21)
    assert run_sweep() == 1
    work()
    assert len(wire.calls) == 2
    assert not ShopEvent.objects.filter(delivered_at=None).exists()
