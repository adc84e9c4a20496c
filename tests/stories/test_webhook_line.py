"""In which sequence is a shop told, and what becomes of an address that takes nothing? Nothing is lost, and a dead
address costs no tries."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import responses
from django.core import mail
from django.utils import timezone

from checkout.models import Account, Letter, Order, Shop, ShopEvent
from checkout.payments.events import owe
from checkout.payments.locks import order_lock
from checkout.tasks import run_sweep
from checkout.webhooks import PAUSES, WAITED_FOR_TRIES, resume, send, send_test
from tests.scripted import WEBHOOK_SECRET, Clock, make_order, work

HOOK = "https://shop.example/hook"
OLD_SECRET = "whsec_" + base64.b64encode(b"the secret of before, 24+").decode()


@pytest.fixture
def shop_site() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def shop(account: Account) -> Shop:
    account.shop.merchant_email = "margot@shop.example"
    account.shop.save()
    return account.shop


def tell_of(order: Order, *types: str) -> None:
    with order_lock(order.pk) as locked:
        for type_ in types:
            owe(locked, type_)


def heard(site: responses.RequestsMock) -> list[str]:
    return [json.loads(call.request.body or "")["type"] for call in site.calls]


def fresh(shop: Shop) -> Shop:
    return Shop.objects.get(pk=shop.pk)


def test_they_are_numbered_and_sent_one_after_the_other(
    shop_site: responses.RequestsMock, clock: Clock, order: Order
) -> None:
    shop_site.post(HOOK, status=503)
    tell_of(order, "first", "second", "third")
    work()
    assert heard(shop_site) == ["first"]  # the others wait for it
    shop_site.replace("POST", HOOK, status=200)
    clock.forward(seconds=6)
    run_sweep()
    work()
    assert heard(shop_site) == ["first", "first", "second", "third"]
    numbers = [json.loads(call.request.body or "")["sequence"] for call in shop_site.calls]
    assert numbers == [1, 1, 2, 3]
    assert not ShopEvent.objects.filter(delivered_at=None).exists()


def test_one_that_cannot_be_read_does_not_hold_up_the_rest(
    shop_site: responses.RequestsMock, clock: Clock, order: Order
) -> None:
    def answer(request: Any) -> tuple[int, dict[str, str], str]:
        return (422 if json.loads(request.body)["type"] == "odd" else 204), {}, ""

    shop_site.add_callback("POST", HOOK, callback=answer)
    tell_of(order, "odd", "order.paid")
    work()
    for pause in PAUSES[: WAITED_FOR_TRIES - 2]:
        clock.forward(seconds=pause + 1)
        run_sweep()
        work()
    assert heard(shop_site) == ["odd"] * (WAITED_FOR_TRIES - 1)
    clock.forward(seconds=PAUSES[WAITED_FOR_TRIES - 2] + 1)
    run_sweep()
    work()
    assert heard(shop_site) == ["odd"] * WAITED_FOR_TRIES + ["order.paid"]


def test_orders_do_not_wait_for_one_another(shop_site: responses.RequestsMock, shop: Shop) -> None:
    shop_site.post(HOOK, status=500)
    for _number in range(2):
        tell_of(make_order(shop), "order.paid")
    work()
    assert len(shop_site.calls) == 2


def test_a_dead_address_is_paused_and_nothing_is_lost(
    shop_site: responses.RequestsMock, clock: Clock, shop: Shop, mailoutbox: list[Any]
) -> None:
    shop_site.post(HOOK, status=500)
    lasting = timezone.now() + timedelta(days=60)
    orders = [make_order(shop, expires_at=lasting) for _number in range(3)]
    for order in orders:
        tell_of(order, "order.paid")
    work()
    assert fresh(shop).webhook_failing_since is not None
    for _step in range(9):
        clock.forward(hours=6)
        run_sweep()
        work()
    paused = fresh(shop)
    assert paused.webhook_paused_at is not None
    [letter] = Letter.objects.all()
    assert (letter.kind, letter.to, letter.order) == ("webhooks_paused", "margot@shop.example", None)
    [message] = mail.outbox
    assert message.subject == f"Webhooks of {shop.name} are paused"
    assert HOOK in message.body
    assert f"/admin/checkout/shop/{shop.pk}/change/" in message.body

    tries = len(shop_site.calls)
    tell_of(orders[0], "order.refunded")
    clock.forward(days=5)
    run_sweep()
    assert work() == ["send_event"]  # at its commit; it sends nothing
    assert len(shop_site.calls) == tries

    shop_site.replace("POST", HOOK, status=200)
    assert resume(paused) == 4
    run_sweep()
    work()
    assert sorted(heard(shop_site)[tries:]) == ["order.paid", "order.paid", "order.paid", "order.refunded"]
    after = fresh(shop)
    assert (after.webhook_paused_at, after.webhook_failing_since) == (None, None)
    assert len(mail.outbox) == 1


def test_what_is_resumed_goes_in_sequence_and_is_tried_for_days_again(
    shop_site: responses.RequestsMock, clock: Clock, shop: Shop, order: Order
) -> None:
    tell_of(order, "order.authorized", "order.paid", "order.refunded")
    long_ago = timezone.now()
    Shop.objects.update(webhook_failing_since=long_ago, webhook_paused_at=long_ago)
    ShopEvent.objects.update(attempts=len(PAUSES) + 1, next_try_at=None)  # all three are given up
    clock.forward(days=5)
    shop_site.post(HOOK, status=500)
    assert resume(fresh(shop)) == 3  # too early: it does not hold yet
    run_sweep()
    work()
    assert heard(shop_site) == ["order.authorized"]
    assert ShopEvent.objects.filter(next_try_at=None).count() == 0
    shop_site.replace("POST", HOOK, status=200)
    clock.forward(seconds=PAUSES[0] + 1)
    run_sweep()
    work()
    assert heard(shop_site)[1:4] == ["order.authorized", "order.paid", "order.refunded"]


def test_what_is_queued_twice_is_tried_once(
    shop_site: responses.RequestsMock, clock: Clock, shop: Shop, order: Order
) -> None:
    shop_site.post(HOOK, status=500)
    tell_of(order, "order.paid")
    clock.forward(seconds=30)
    run_sweep()  # the task from the commit still waits in a long queue
    assert work() == ["send_event", "send_event"]
    assert (heard(shop_site), ShopEvent.objects.get().attempts) == (["order.paid"], 1)


def test_what_was_given_up_before_the_pause_is_sent_as_well(
    shop_site: responses.RequestsMock, clock: Clock, shop: Shop, order: Order
) -> None:
    tell_of(order, "order.paid")
    ShopEvent.objects.update(next_try_at=None, attempts=11)
    Shop.objects.update(webhook_failing_since=timezone.now(), webhook_paused_at=timezone.now())
    shop_site.post(HOOK, status=200)
    assert send_test(fresh(shop)).delivered_at is not None  # as the page advises, first
    shop_site.reset()
    shop_site.post(HOOK, status=200)
    assert resume(fresh(shop)) == 1
    run_sweep()
    work()
    assert heard(shop_site) == ["order.paid"]


def test_one_success_in_between_and_it_is_not_dead(
    shop_site: responses.RequestsMock, clock: Clock, shop: Shop
) -> None:
    def answer(request: Any) -> tuple[int, dict[str, str], str]:
        return (200 if json.loads(request.body)["type"] == "fine" else 500), {}, ""

    shop_site.add_callback("POST", HOOK, callback=answer)
    tell_of(make_order(shop), "odd")
    for _step in range(9):
        clock.forward(hours=6)
        tell_of(make_order(shop), "fine")
        run_sweep()
        work()
    assert fresh(shop).webhook_paused_at is None


def test_gone_is_taken_at_its_word(shop_site: responses.RequestsMock, order: Order, shop: Shop) -> None:
    shop_site.post(HOOK, status=410)
    tell_of(order, "order.paid")
    work()
    assert fresh(shop).webhook_paused_at is not None
    assert ShopEvent.objects.get().next_try_at is not None


def test_a_test_is_sent_at_once_and_once(shop_site: responses.RequestsMock, clock: Clock, shop: Shop) -> None:
    shop_site.post(HOOK, status=500)
    event = send_test(shop)
    assert (event.order, event.type, event.last_error) == (
        None,
        "webhook.test",
        "The shop answered HTTP 500.",
    )
    assert event.next_try_at is None
    Shop.objects.update(webhook_paused_at=timezone.now())
    shop_site.replace("POST", HOOK, status=204)
    assert send_test(fresh(shop)).delivered_at is not None  # also while it is paused
    assert fresh(shop).webhook_paused_at is not None
    clock.forward(days=1)
    assert run_sweep() == 0
    told = json.loads(shop_site.calls[-1].request.body or "")
    assert (told["type"], told["sequence"], told["data"]["shop"]) == ("webhook.test", 0, shop.slug)


def test_two_secrets_sign_until_the_former_is_over(
    shop_site: responses.RequestsMock, clock: Clock, shop: Shop, order: Order
) -> None:
    shop_site.post(HOOK, status=204)
    shop.webhook_former_secret = OLD_SECRET
    shop.webhook_former_until = timezone.now() + timedelta(days=1)
    shop.save()
    tell_of(order, "order.paid")
    work()
    assert [signed_with(call.request) for call in shop_site.calls] == [[WEBHOOK_SECRET, OLD_SECRET]]
    clock.forward(days=1, seconds=1)
    tell_of(order, "order.refunded")
    work()
    assert signed_with(shop_site.calls[-1].request) == [WEBHOOK_SECRET]


def signed_with(request: Any) -> list[str]:
    """Which of the two secrets made each of the signatures."""
    signed = (
        f"{request.headers['webhook-id']}.{request.headers['webhook-timestamp']}.".encode() + request.body
    )
    made = {}
    for secret in (WEBHOOK_SECRET, OLD_SECRET):
        mac = hmac.new(base64.b64decode(secret.removeprefix("whsec_")), signed, hashlib.sha256).digest()
        made["v1," + base64.b64encode(mac).decode()] = secret
    return [made[signature] for signature in request.headers["webhook-signature"].split()]


def test_a_person_may_send_what_is_held_up(shop_site: responses.RequestsMock, order: Order) -> None:
    shop_site.post(HOOK, status=200)
    tell_of(order, "first", "second")
    second = ShopEvent.objects.select_related("shop", "order").get(type="second")
    assert send(second).delivered_at is None
    assert send(second, by_hand=True).delivered_at is not None
