"""How is the shop told? With the change or not at all; signed, again and again, and at last no more."""

import json
from datetime import UTC, timedelta
from typing import Any

import pytest
import requests
import responses
from django.db import transaction
from django.utils import timezone

from checkout import webhooks
from checkout.models import Account, Order, Payment, Shop, ShopEvent
from checkout.payments.cancel import close, give_up
from checkout.payments.operate import operate
from checkout.payments.recover import check
from checkout.payments.reopen import reopen
from checkout.payments.start import start
from checkout.payments.timeline import Who
from checkout.states import OrderState
from checkout.tasks import run_sweep, send_event
from providers.base import Verb
from providers.errors import Decline, Declined
from providers.money import Money
from tests.scripted import WEBHOOK_SECRET, Clock, Script, events, make_order, make_shop, paid, work

HOOK = "https://shop.example/hook"


@pytest.fixture
def shop_site() -> Any:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as site:
        yield site


@pytest.fixture
def event(script: Script, order: Order, payment: Payment) -> ShopEvent:
    script.will("sync", paid)
    check(payment)
    return order.events.get()


def test_told_at_once_and_signed(shop_site: responses.RequestsMock, order: Order, event: ShopEvent) -> None:
    shop_site.post(HOOK, status=204)
    assert work() == ["send_event"]
    event.refresh_from_db()
    assert (event.attempts, event.last_status, event.next_try_at) == (1, 204, None)
    assert event.delivered_at is not None

    request = shop_site.calls[0].request
    assert isinstance(request.body, bytes)
    assert json.loads(request.body) == event.payload
    assert request.headers["webhook-id"] == str(event.pk)
    assert request.headers["webhook-signature"] == webhooks.signature(
        WEBHOOK_SECRET,
        message_id=str(event.pk),
        timestamp=int(request.headers["webhook-timestamp"]),
        body=request.body,
    )
    send_event.func(str(event.pk))  # a second task for it
    assert len(shop_site.calls) == 1


def test_the_signature_is_the_specifications_own_example() -> None:
    # From the Standard Webhooks specification's reference implementations.
    assert (
        webhooks.signature(
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            message_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
            timestamp=1614265330,
            body=b'{"test": 2432232314}',
        )
        == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    )


def test_what_the_shop_reads(order: Order, event: ShopEvent) -> None:
    payment = order.payments.get()
    order.refresh_from_db()
    assert event.payload == {
        "type": "order.paid",
        "timestamp": event.payload["timestamp"],
        "sequence": 1,
        "data": {
            "id": order.number,
            "reference": order.reference,
            "state": "paid",
            "kind": "one_off",
            "amount": 4299,
            "currency": "EUR",
            "amount_authorized": 4299,
            "amount_captured": 4299,
            "amount_refunded": 0,
            "description": "",
            "metadata": {},
            "terms": None,
            "agreement": None,
            "needs_attention": False,
            "pay_url": f"http://testserver/pay/{order.token}/",
            "created_at": order.created_at.isoformat(),
            "expires_at": order.expires_at.isoformat(),
            "paid_at": order.paid_at.isoformat(),  # type: ignore[union-attr]
            "payment": {
                "reference": payment.reference,
                "attempt": 1,
                "state": "paid",
                "provider": "scripted",
                "provider_id": payment.provider_id,
                "decline_reason": None,
                "decline_code": None,
                "decline_message": None,
                "may_retry": True,
                "occasion": None,
                "chargebacks": [],
                "errors": [],
                "next": None,
                "card": None,
            },
        },
    }


def test_times_are_utc_wherever_the_shop_is(script: Script, account: Account) -> None:
    from datetime import timezone as zone

    until = timezone.now().replace(microsecond=0).astimezone(zone(timedelta(hours=2))) + timedelta(hours=1)
    from checkout.payments.snapshot import order_snapshot

    order = make_order(account.shop, expires_at=until)
    assert order_snapshot(order)["expires_at"].endswith("+00:00")
    utc = until.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    assert order.timeline.get().data["until"] == utc


class Undone(Exception):
    pass


@pytest.mark.usefixtures("script")
def test_no_change_no_event(order: Order) -> None:
    def closed_and_undone() -> None:
        with transaction.atomic():
            assert close(order, OrderState.CANCELED, who=Who.SHOP).state == OrderState.CANCELED
            assert events(order) == ["order.canceled"]
            raise Undone

    with pytest.raises(Undone):
        closed_and_undone()
    order.refresh_from_db()
    assert order.state == OrderState.OPEN
    assert events(order) == []
    assert work() == []


def test_a_shop_without_an_address_is_owed_nothing(script: Script) -> None:
    from tests.scripted import make_account

    shop = make_shop(webhook_url="")
    order = make_order(shop)
    script.will("sync", paid)
    check(start(order, make_account(shop)))
    assert events(order) == []
    assert work() == []


def test_again_and_again_with_growing_pauses_then_given_up(
    shop_site: responses.RequestsMock, clock: Clock, event: ShopEvent
) -> None:
    shop_site.post(HOOK, status=500)
    pauses = []
    work()
    while True:
        event.refresh_from_db()
        if event.next_try_at is None:
            break
        pauses.append(round((event.next_try_at - clock.now()).total_seconds()))
        clock.forward(seconds=pauses[-1] - 1)
        assert run_sweep() == 0
        clock.forward(seconds=1.5)
        Shop.objects.update(webhook_failing_since=None)  # it took other webhooks meanwhile: it is not dead
        assert run_sweep() == 1
        assert work() == ["send_event"]
    assert pauses == list(webhooks.PAUSES)
    assert pauses == sorted(pauses)
    assert event.attempts == len(webhooks.PAUSES) + 1
    assert event.delivered_at is None
    assert len(shop_site.calls) == event.attempts
    assert len({call.request.headers["webhook-id"] for call in shop_site.calls}) == 1
    clock.forward(days=30)
    assert run_sweep() == 0


@pytest.mark.parametrize(
    ("answer", "status", "why"),
    [
        ({"status": 404}, 404, "The shop answered HTTP 404."),
        (
            {"status": 302, "headers": {"Location": "https://elsewhere.example/"}},
            302,
            "The shop answered HTTP 302.",
        ),
        ({"status": 503}, None, "The shop answered HTTP 503."),
        ({"body": requests.exceptions.ReadTimeout()}, None, "The shop did not answer in time."),
    ],
)
def test_what_is_no_yes(
    shop_site: responses.RequestsMock, event: ShopEvent, answer: dict[str, Any], status: int | None, why: str
) -> None:
    shop_site.post(HOOK, **answer)
    work()
    event.refresh_from_db()
    assert (event.last_status, event.last_error, event.attempts) == (status, why, 1)
    assert event.delivered_at is None
    assert event.next_try_at is not None


def test_a_lost_task_is_only_a_delay(
    shop_site: responses.RequestsMock,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    script: Script,
    payment: Payment,
) -> None:
    from checkout import tasks

    class Broken:
        def enqueue(self, *_words: object) -> None:
            raise RuntimeError("the queue is gone")

    monkeypatch.setattr(tasks, "send_event", Broken())
    script.will("sync", paid)
    check(payment)  # what was committed stays done, whatever becomes of the task
    monkeypatch.undo()
    from tests.scripted import install

    install(monkeypatch)
    event = ShopEvent.objects.get()
    assert event.attempts == 0
    shop_site.post(HOOK, status=200)
    ShopEvent.objects.update(next_try_at=timezone.now() - timedelta(seconds=1))
    run_sweep()
    work()
    event.refresh_from_db()
    assert event.delivered_at is not None


def test_the_outbox_is_in_the_order_of_what_happened(script: Script, account: Account, order: Order) -> None:
    script.will("start", Declined(Decline(code="05")))
    start(order, account)
    give_up(order, who=Who.SHOP)
    reopen(Order.objects.get(pk=order.pk))
    payment = start(order, account)
    script.will("sync", paid)
    check(payment)
    payment.refresh_from_db()
    operate(payment, Verb.REFUND, Money(299, "EUR"))
    told = order.events.order_by("created_at")
    assert [(e.type, e.payload["data"]["state"]) for e in told] == [
        ("payment.failed", "open"),
        ("order.canceled", "canceled"),
        ("order.reopened", "open"),
        ("order.paid", "paid"),
        ("order.refunded", "paid"),
    ]
    assert [e.payload["data"]["amount_refunded"] for e in told] == [0, 0, 0, 0, 299]
    assert [e.payload["timestamp"] for e in told] == sorted(e.payload["timestamp"] for e in told)
