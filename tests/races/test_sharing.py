"""Two workers, two web processes: who takes what? Every row is claimed once; every doorbell is kept once."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pytest
from django.db.models import QuerySet
from django_tasks_db.models import DBTaskResult

from checkout.models import Account, Delivery, Order
from checkout.payments import sweep
from checkout.payments.inbox import keep
from checkout.payments.more_time import MAX_EXTENSIONS, extend
from checkout.payments.orders import ReferenceTaken, create_order
from checkout.tasks import keep_notification, run_sweep
from providers.base import Notification
from providers.money import Money
from tests.races.starting_line import Race, all_at_once
from tests.scripted import Script, make_order, make_payment


def five_due(account: Account) -> set[int]:
    return {make_payment(make_order(account.shop), account).pk for _payment in range(5)}


def two_sweeps(race: Race) -> tuple[list[int], list[int]]:
    race.gate(QuerySet, "update")  # called between reading what is due and pushing it on
    one, two = race.run(sweep.due_payments, sweep.due_payments)
    return one, two


def test_two_sweeps_share_the_work(race: Race, script: Script, account: Account) -> None:
    due = five_due(account)
    one, two = two_sweeps(race)
    assert (set(one), two) == (due, [])


def test_twin_two_sweeps_without_the_lock(
    race: Race, monkeypatch: pytest.MonkeyPatch, script: Script, account: Account
) -> None:
    due = five_due(account)

    class NoTransaction:
        def atomic(self) -> AbstractContextManager[None]:
            return nullcontext()

    def unlocked(rows: QuerySet[Any], **_how: Any) -> QuerySet[Any]:
        return rows

    race.nobody_is_kept_out()
    monkeypatch.setattr(sweep, "transaction", NoTransaction())
    monkeypatch.setattr(QuerySet, "select_for_update", unlocked)
    one, two = two_sweeps(race)
    assert set(one) == set(two) == due  # each asked about twice


def test_four_sweeps_queue_every_payment_once(script: Script, account: Account) -> None:
    due = five_due(account)
    assert sum(all_at_once(*[run_sweep] * 4)) == len(due)
    queued = [row.args_kwargs["args"][0] for row in DBTaskResult.objects.all()]
    assert sorted(queued) == sorted(due)


def test_the_same_ring_at_two_doors_is_kept_once(script: Script, account: Account) -> None:
    notification = Notification(key="n-1", about="payment closed")
    kept = all_at_once(*[lambda: keep_notification(account, notification, "{}")] * 4)
    assert len({delivery.pk for delivery in kept}) == 1
    assert Delivery.objects.get().duplicates == 3
    assert DBTaskResult.objects.count() == 1
    assert keep(account, notification, "{}")[1] is False


def test_two_orders_of_one_name(script: Script, account: Account) -> None:
    def create() -> Order:
        return create_order(account.shop, reference="basket-7", money=Money(4299, "EUR"))

    results = all_at_once(*[create] * 4)
    assert sum(isinstance(found, Order) for found in results) == 1
    assert sum(isinstance(found, ReferenceTaken) for found in results) == 3
    assert Order.objects.filter(reference="basket-7").count() == 1


def test_more_time_is_counted_right(script: Script, account: Account) -> None:
    order = make_order(account.shop)
    given = all_at_once(*[lambda: extend(order)] * (MAX_EXTENSIONS + 2))
    order.refresh_from_db()
    assert (given.count(True), given.count(False)) == (MAX_EXTENSIONS, 2)
    assert order.extensions == MAX_EXTENSIONS
    assert order.timeline.filter(code="order.extended").count() == MAX_EXTENSIONS
