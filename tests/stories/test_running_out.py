"""What happens to an order that nobody pays? The provider is told first; what it says then is true."""

from checkout.models import Account, Order, Payment
from checkout.payments.expire import expire
from checkout.payments.more_time import MAX_EXTENSIONS, extend
from checkout.payments.reopen import reopen
from checkout.payments.start import start
from checkout.states import OrderState, State
from checkout.tasks import run_sweep
from providers.base import Outcome, Report
from providers.errors import Uncertain
from tests.scripted import (
    Call,
    Clock,
    Script,
    codes,
    events,
    make_account,
    make_order,
    make_payment,
    paid,
    story,
    work,
)


def fresh(order: Order) -> Order:
    return Order.objects.select_related("shop").get(pk=order.pk)


def test_abandoned(script: Script, clock: Clock, order: Order, payment: Payment) -> None:
    assert expire(fresh(order)).state == OrderState.OPEN  # not yet
    assert script.asked("cancel") == []

    clock.forward(minutes=26)
    run_sweep()
    assert "expire_order" in work()

    payment.refresh_from_db()
    assert (payment.state, fresh(order).state) == (State.EXPIRED, OrderState.EXPIRED)
    assert [call.give_up for call in script.asked("cancel")] == [True]
    assert story(order)[-2:] == [
        "Attempt 1 ran out.",
        "The order ran out: nobody paid within its hold.",
    ]
    assert events(order) == ["order.expired"]


def test_paid_at_the_last_moment(script: Script, clock: Clock, order: Order, payment: Payment) -> None:
    clock.forward(minutes=26)
    script.will("cancel", paid)
    closed = expire(fresh(order))
    payment.refresh_from_db()
    assert (payment.state, closed.state) == (State.PAID, OrderState.PAID)
    assert closed.attention == ""
    assert events(order) == ["order.paid"]
    assert "order.expired" not in codes(order)


def test_the_provider_is_down_all_night(script: Script, clock: Clock, order: Order, payment: Payment) -> None:
    clock.forward(minutes=26)
    script.always("cancel", Uncertain("HTTP 503"))
    script.always("sync", Uncertain("HTTP 503"))
    for _minute in range(12):
        run_sweep()
        work()
        clock.forward(minutes=2)
    payment.refresh_from_db()
    assert (payment.state, fresh(order).state) == (State.STARTED, OrderState.OPEN)
    assert len(script.asked("cancel")) == 12
    assert codes(order).count("payment.cancel_failed") == 1
    assert codes(order).count("payment.uncertain") == 1
    assert events(order) == []

    script.always("cancel", Report(outcome=Outcome.CANCELED))
    run_sweep()
    work()
    payment.refresh_from_db()
    assert (payment.state, fresh(order).state) == (State.EXPIRED, OrderState.EXPIRED)


def test_a_provider_that_cannot_cancel_is_asked(script: Script, clock: Clock) -> None:
    account = make_account(provider="bare")
    order = make_order(account.shop)
    payment = start(order, account)
    clock.forward(minutes=26)
    assert expire(fresh(order)).state == OrderState.EXPIRED
    payment.refresh_from_db()
    assert payment.state == State.EXPIRED
    assert payment.next_check_at is not None  # its shopper may pay there all the same
    assert script.verbs()[-1] == "sync"


def test_money_under_way_is_waited_for(script: Script, clock: Clock) -> None:
    account = make_account(provider="bare")
    order = make_order(account.shop)
    payment = start(order, account)
    clock.forward(minutes=26)
    script.will("sync", Report(outcome=Outcome.PENDING))
    assert expire(fresh(order)).state == OrderState.OPEN
    payment.refresh_from_db()
    assert payment.state == State.PENDING
    assert story(order)[-1] == "Bare says the payment is under way."


def test_an_authorised_order_does_not_run_out(
    script: Script, clock: Clock, account: Account, order: Order
) -> None:
    make_payment(order, account, state=State.AUTHORIZED)
    clock.forward(days=3)
    assert run_sweep() == 0
    assert expire(fresh(order)).state == OrderState.OPEN


def test_more_time_ten_times(script: Script, clock: Clock, order: Order) -> None:
    for _ask in range(MAX_EXTENSIONS):
        clock.forward(minutes=20)
        assert extend(order) is True
        assert fresh(order).expires_at > clock.now()
    assert extend(order) is False
    assert fresh(order).extensions == 10
    assert codes(order).count("order.extended") == 10
    clock.forward(minutes=26)
    assert extend(order) is False


def test_time_given_while_the_provider_is_being_told(
    script: Script, clock: Clock, order: Order, payment: Payment
) -> None:
    clock.forward(minutes=26)
    moved = fresh(order)

    def reopened_meanwhile() -> None:
        Order.objects.filter(pk=order.pk).update(expires_at=clock.now().replace(year=2099))

    script.during("cancel", reopened_meanwhile)
    assert expire(moved).state == OrderState.OPEN
    assert "order.expired" not in codes(order)


def test_an_order_that_was_reopened_does_not_expire_by_an_old_task(
    script: Script, clock: Clock, order: Order
) -> None:
    clock.forward(minutes=26)
    stale = fresh(order)
    assert expire(fresh(order)).state == OrderState.EXPIRED
    reopen(fresh(order))
    assert expire(stale).state == OrderState.OPEN
    assert fresh(order).state == OrderState.OPEN


def test_late_looks_end_after_a_day_and_a_half(
    script: Script, clock: Clock, order: Order, payment: Payment
) -> None:
    clock.forward(minutes=26)
    expire(fresh(order))

    def ended(call: Call) -> Report:
        return Report(outcome=Outcome.CANCELED)

    script.always("sync", ended)
    looks = 0
    for _hour in range(80):
        clock.forward(hours=1)
        run_sweep()
        looks += work().count("check_payment")
    assert looks == 3
    payment.refresh_from_db()
    assert (payment.state, payment.next_check_at) == (State.EXPIRED, None)
    # What the provider calls cancelled and we call expired is no contradiction to wake anybody for.
    assert "payment.ignored" not in codes(order)
