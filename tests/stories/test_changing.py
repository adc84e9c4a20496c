"""How does an open order come to be over another amount, or payable for longer? And what of the money of before?"""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from checkout.models import Account, Order, Payment
from checkout.payments.cancel import give_up
from checkout.payments.change import LONGEST_HOLD, NotChanged, change
from checkout.payments.links import NotSent, invite, send_again, withdraw
from checkout.payments.recover import check
from checkout.payments.start import NotPayable, start
from checkout.payments.timeline import Who
from checkout.states import OrderState, State
from providers.base import Kind, Outcome, Report
from providers.errors import Decline, Declined, Invalid, Misconfigured, Uncertain, Unreachable
from providers.money import Money
from tests.scripted import (
    Clock,
    Script,
    authorized,
    codes,
    events,
    make_account,
    make_agreement,
    make_order,
    make_payment,
    paid,
    story,
)
from tests.stories.changing import NEW, OLD, OPEN, THIRD, again, at, flagged, fresh, to, took

# --- without an attempt ----------------------------------------------------------------------------------------------


def test_another_amount_and_another_end(script: Script, account: Account) -> None:
    items = [{"name": "Ticket", "quantity": 1, "unit_price": 4299}]
    order = make_order(account.shop, items=items)
    user = User.objects.create_user("merchant")
    until = timezone.now() + timedelta(days=7)
    changed = to(order, expires_at=until, user=user)
    assert (changed.money, changed.expires_at, changed.items, changed.state) == (
        NEW,
        until,
        [],
        OrderState.OPEN,
    )
    entry = order.timeline.last()
    assert entry is not None
    assert (entry.code, entry.who, entry.user) == ("order.changed", Who.MERCHANT, user)
    assert story(order)[-1] == (
        f"The order was changed from 42.99 EUR to 50.00 EUR, payable until {until:%Y-%m-%d %H:%M} UTC."
    )
    assert (script.calls, events(order)) == ([], [])
    assert start(fresh(order), account).money == NEW


def test_the_end_alone_keeps_the_items(account: Account) -> None:
    items = [{"name": "Ticket", "quantity": 1, "unit_price": 4299}]
    order = make_order(account.shop, items=items)
    until = timezone.now() + timedelta(hours=1)
    changed = to(order, None, expires_at=until)
    assert (changed.money, changed.items, changed.expires_at) == (OLD, items, until)
    assert story(order)[-1] == f"The order was changed: payable until {until:%Y-%m-%d %H:%M} UTC."


def test_nothing_is_changed_when_nothing_would_be(script: Script, order: Order, payment: Payment) -> None:
    for asked in ({}, {"money": OLD}, {"expires_at": order.expires_at}):
        assert change(order, who=Who.MERCHANT, **asked).money == OLD
    assert (script.asked("update"), script.asked("cancel"), "order.changed" in codes(order)) == (
        [],
        [],
        False,
    )


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"money": Money(0, "EUR")}, "0.00 EUR is not an amount for this order."),
        ({"money": Money(10**12 + 1, "EUR")}, "10000000000.01 EUR is not an amount for this order."),
        ({"money": Money(5000, "USD")}, "50.00 USD is not an amount for this order."),
        ({"days": -1}, "That time is over."),
        ({"days": 0}, "That time is over."),
        ({"days": 90.01}, "An order waits for 90 days at most."),
    ],
)
def test_what_cannot_be(
    script: Script, order: Order, payment: Payment, asked: dict[str, Any], why: str
) -> None:
    if "days" in asked:
        asked = {"expires_at": timezone.now() + timedelta(days=asked["days"])}
    before = (order.money, order.expires_at)
    with pytest.raises(NotChanged) as no:
        change(order, who=Who.MERCHANT, **asked)
    after = fresh(order)
    assert (str(no.value), (after.money, after.expires_at)) == (why, before)
    assert (script.asked("update"), script.asked("cancel")) == ([], [])


def test_as_long_as_can_be(clock: Clock, order: Order) -> None:
    until = timezone.now() + LONGEST_HOLD - timedelta(seconds=1)
    assert to(order, None, expires_at=until).expires_at == until


def test_a_hold_that_is_over_needs_more_time(clock: Clock, order: Order) -> None:
    clock.forward(days=1)
    with pytest.raises(NotChanged, match="Its hold is over: give it more time as well"):
        to(order)
    later = timezone.now() + timedelta(hours=1)
    assert (to(order, expires_at=later).money, fresh(order).is_past_hold()) == (NEW, False)


def test_orders_that_are_not_to_be_changed(script: Script, account: Account) -> None:
    canceled, held, further, plan = (make_order(account.shop) for _order in range(4))
    give_up(canceled, who=Who.SHOP)
    make_payment(held, account, state=State.AUTHORIZED)
    Order.objects.filter(pk=further.pk).update(agreement=make_agreement(account))
    Order.objects.filter(pk=plan.pk).update(kind=Kind.SUBSCRIPTION)
    for order, why in (
        (canceled, "The order is canceled."),
        (held, "The order holds money already."),
        (further, "The amount of an agreement's order is fixed by its terms."),
        (plan, "The amount of an agreement's order is fixed by its terms."),
    ):
        with pytest.raises(NotChanged) as no:
            to(order)
        assert (str(no.value), fresh(order).money) == (why, OLD)
    later = timezone.now() + timedelta(hours=1)
    with pytest.raises(NotChanged, match="fixed by its terms"):
        to(further, None, expires_at=later)
    assert to(plan, None, expires_at=later).expires_at == later


# --- the shopper's page of before ------------------------------------------------------------------------------------


def test_who_pressed_on_the_old_amount_pays_nothing(script: Script, account: Account, order: Order) -> None:
    to(order)
    with pytest.raises(NotPayable, match="its amount was changed"):
        start(fresh(order), account, seen=OLD)
    assert (order.payments.count(), script.asked("start")) == (0, [])
    attempt = start(fresh(order), account, seen=NEW)
    to(order, THIRD)
    with pytest.raises(NotPayable, match="its amount was changed"):
        start(fresh(order), account, seen=NEW)  # nor is the open attempt joined unseen
    assert start(fresh(order), account, seen=THIRD).pk == attempt.pk


# --- with an attempt that is changed at its provider -----------------------------------------------------------------


def test_the_provider_is_changed_first(script: Script, order: Order, payment: Payment) -> None:
    user = User.objects.create_user("merchant")
    until = timezone.now() + timedelta(days=7)
    seen: list[Any] = []
    script.during("update", lambda: seen.append((fresh(order).money, again(payment).wanted["amount"])))
    script.will("update", at(NEW))
    changed = to(order, expires_at=until, user=user)
    assert (changed.money, changed.expires_at, seen) == (NEW, until, [(OLD, 5000)])
    row = again(payment)
    assert (row.money, row.state, row.wanted) == (NEW, State.STARTED, {"before": [4299]})
    asked = script.asked("update")[0].charge
    assert (asked.money, asked.expires_at, asked.provider_id) == (NEW, until, payment.provider_id)
    entry = order.timeline.last()
    assert entry is not None
    assert (entry.code, entry.who, entry.user) == ("order.changed", Who.MERCHANT, user)
    assert script.asked("cancel") == []

    script.will("sync", paid)
    assert check(again(payment)).state == State.PAID
    assert (fresh(order).state, events(order), flagged(order)) == (OrderState.PAID, ["order.paid"], "")


def test_a_provider_that_does_not_say_how_much_it_asks(
    script: Script, order: Order, payment: Payment
) -> None:
    assert to(order).money == NEW  # the usual answer: it is open
    assert again(payment).money == NEW


def test_the_end_alone_at_the_provider(script: Script, order: Order, payment: Payment) -> None:
    until = timezone.now() + timedelta(days=7)
    script.will("update", at(OLD))
    assert to(order, None, expires_at=until).expires_at == until
    assert (again(payment).money, again(payment).wanted, fresh(order).money) == (OLD, {}, OLD)


def test_a_link_that_was_sent_is_good_for_the_new_amount(
    script: Script, account: Account, order: Order
) -> None:
    link, _new = invite(order, account=account, channel="sms", to="+33600000000", who=Who.MERCHANT)
    script.will("update", at(NEW))
    to(order)
    link.refresh_from_db()
    assert (link.is_good, link.standing) == (True, "sent")
    send_again(link, who=Who.MERCHANT)
    assert script.asked("update")[1].charge.money == NEW


@pytest.mark.parametrize(
    "problem", [Invalid("order", "cannot be changed"), Declined(Decline(code="no", message="No."))]
)
def test_an_attempt_that_cannot_be_changed_is_given_up(
    script: Script, account: Account, order: Order, payment: Payment, problem: Exception
) -> None:
    script.will("update", problem)
    assert to(order).money == NEW
    assert (again(payment).state, again(payment).money, again(payment).wanted) == (State.CANCELED, OLD, {})
    assert codes(order)[-3:] == ["payment.change_refused", "payment.canceled", "order.changed"]
    assert story(order)[-3] == f"Scripted could not change attempt 1: {problem}"
    assert start(fresh(order), account).money == NEW


def test_a_link_that_cannot_be_changed_is_left_as_it_is(
    script: Script, account: Account, order: Order
) -> None:
    """Somebody has it, and the merchant is to know: it may be withdrawn first."""
    link, _new = invite(order, account=account, channel="sms", to="+33600000000", who=Who.MERCHANT)
    script.will("update", Invalid("amount", "is too much"))
    with pytest.raises(NotChanged, match="amount: is too much"):
        to(order)
    assert (fresh(order).money, again(order.payments.get()).wanted, script.asked("cancel")) == (OLD, {}, [])
    withdraw(link, who=Who.MERCHANT)
    assert to(order).money == NEW


@pytest.mark.parametrize(
    ("told", "state"),
    [
        (took(OLD), State.PAID),
        (Report(outcome=Outcome.EXPIRED), State.EXPIRED),
        (Report(outcome=Outcome.PENDING), State.PENDING),
    ],
)
def test_it_is_over_so_the_truth_is_applied(
    script: Script, order: Order, payment: Payment, told: Report, state: State
) -> None:
    script.will("update", told)
    with pytest.raises(NotChanged):
        to(order)
    assert (again(payment).state, fresh(order).money) == (state, OLD)
    if state is State.PAID:
        assert (fresh(order).state, events(order)) == (OrderState.PAID, ["order.paid", "order.attention"])
        assert flagged(order) == "42.99 EUR was paid before the provider had the change to 50.00 EUR"


# --- silence ---------------------------------------------------------------------------------------------------------


@pytest.fixture(
    params=[Uncertain("No answer."), Unreachable("No connection."), Misconfigured("The key is wrong.")],
    ids=str,
)
def silent(request: Any, script: Script, order: Order, payment: Payment) -> Payment:
    """An attempt whose provider was asked to change it, and did not answer."""
    script.will("update", request.param)
    with pytest.raises(NotChanged, match="what it says later decides"):
        to(order)
    row = again(payment)
    assert (fresh(order).money, row.money, row.wanted["amount"]) == (OLD, OLD, 5000)
    assert row.next_check_at is not None
    assert row.next_check_at <= timezone.now()
    assert story(order)[-1].startswith("Scripted did not answer when attempt 1 was to be changed: ")
    return row


def test_silence_and_it_was_changed(script: Script, order: Order, silent: Payment) -> None:
    script.will("sync", at(NEW))
    row = check(silent)
    assert (row.state, row.money, fresh(order).money, row.wanted) == (
        State.STARTED,
        NEW,
        NEW,
        {"before": [4299]},
    )
    assert codes(order)[-1] == "order.changed"
    assert flagged(order) == ""


def test_silence_and_it_was_not_changed(script: Script, clock: Clock, order: Order, silent: Payment) -> None:
    script.will("sync", at(OLD))
    row = check(silent)
    assert (row.money, fresh(order).money, row.wanted["amount"]) == (OLD, OLD, 5000)
    with pytest.raises(NotChanged, match="Another change is under way"):
        to(order, THIRD)
    clock.forward(seconds=91)  # ... and then it may be asked for again
    script.will("update", at(THIRD))
    assert to(order, THIRD).money == THIRD
    assert again(silent).wanted == {"before": [4299]}


def test_silence_and_back_to_the_old_amount(
    script: Script, clock: Clock, order: Order, silent: Payment
) -> None:
    clock.forward(seconds=91)
    script.will("update", at(OLD))
    assert to(order, OLD).money == OLD
    assert again(silent).wanted == {}
    assert script.asked("update")[1].charge.money == OLD


def test_silence_and_paid_at_the_new_amount(script: Script, order: Order, silent: Payment) -> None:
    script.will("sync", took(NEW, asked=NEW))
    row = check(silent)
    assert (row.state, row.money, row.captured) == (State.PAID, NEW, NEW)
    assert (fresh(order).state, fresh(order).money, flagged(order)) == (OrderState.PAID, NEW, "")
    assert codes(order)[-3:] == ["order.changed", "payment.paid", "order.paid"]
    assert events(order) == ["order.paid"]


@pytest.mark.parametrize("asked", [OLD, NEW, None])
def test_silence_and_paid_at_the_old_amount(
    script: Script, order: Order, silent: Payment, asked: Money | None
) -> None:
    """On a page that was opened before: the order is still over it, whatever the provider's own says by now."""
    script.will("sync", took(OLD, asked=asked))
    row = check(silent)
    assert (row.state, row.money, row.captured, row.wanted) == (State.PAID, OLD, OLD, {})
    assert (fresh(order).state, fresh(order).money) == (OrderState.PAID, OLD)
    assert flagged(order) == "42.99 EUR was paid before the provider had the change to 50.00 EUR"


def test_silence_and_paid_at_the_new_amount_when_the_order_was_over(
    script: Script, order: Order, silent: Payment
) -> None:
    give_up(order, who=Who.SHOP)
    assert again(silent).state == State.CANCELED
    script.will("sync", took(NEW))
    row = check(silent)
    assert (row.state, row.money, fresh(order).state) == (State.PAID, NEW, OrderState.CANCELED)
    assert "50.00 EUR came for the order, which is over 42.99 EUR by now" in flagged(order)


def test_silence_about_the_end_alone_is_no_change(script: Script, order: Order, payment: Payment) -> None:
    """That the provider asks for the same amount does not say until when."""
    until = order.expires_at
    script.will("update", Uncertain("No answer."))
    with pytest.raises(NotChanged, match="what it says later decides"):
        to(order, None, expires_at=timezone.now() + timedelta(days=7))
    script.will("sync", at(OLD))
    check(again(payment))
    assert fresh(order).expires_at == until


def test_what_is_told_of_another_payment_changes_nothing(
    script: Script, order: Order, silent: Payment
) -> None:
    script.will("sync", Report(outcome=OPEN, asked=NEW, reference="G-ANOTHER-1"))
    row = check(silent)
    assert (row.money, fresh(order).money, row.wanted["amount"]) == (OLD, OLD, 5000)
    assert codes(order)[-1] == "payment.objection"


def test_a_link_is_not_sent_again_with_the_amount_of_before(
    script: Script, account: Account, order: Order
) -> None:
    link, _new = invite(order, account=account, channel="sms", to="+33600000000", who=Who.MERCHANT)
    script.will("update", Uncertain("No answer."))
    with pytest.raises(NotChanged):
        to(order)
    with pytest.raises(NotSent, match="A change of the order is not confirmed by the provider yet"):
        send_again(link, who=Who.MERCHANT)
    assert len(script.asked("update")) == 1


# --- meanwhile -------------------------------------------------------------------------------------------------------


def test_a_look_meanwhile_completes_it_and_the_answer_does_no_harm(
    script: Script, order: Order, payment: Payment
) -> None:
    script.during("update", lambda: check(again(payment)))
    script.will("sync", at(NEW))
    script.will("update", at(NEW))
    assert to(order).money == NEW
    assert (codes(order).count("order.changed"), again(payment).wanted) == (1, {"before": [4299]})


@pytest.mark.parametrize("problem", [Uncertain("No answer."), at(OLD)], ids=["silence", "old"])
def test_a_look_meanwhile_is_enough(script: Script, order: Order, payment: Payment, problem: Any) -> None:
    script.during("update", lambda: check(again(payment)))
    script.will("sync", at(NEW))
    script.will("update", problem)
    assert to(order).money == NEW


def test_a_look_meanwhile_that_shows_the_old_amount(script: Script, order: Order, payment: Payment) -> None:
    script.during("update", lambda: check(again(payment)))
    script.will("sync", at(OLD))
    script.will("update", at(NEW))
    assert to(order).money == NEW
    assert "payment.objection" not in codes(order)


def test_two_changes_at_once(script: Script, order: Order, payment: Payment) -> None:
    def other() -> None:
        with pytest.raises(NotChanged, match="Another change is under way"):
            to(order, THIRD)

    script.during("update", other)
    script.will("update", at(NEW))
    assert to(order).money == NEW
    assert [call.charge.money for call in script.asked("update")] == [NEW]


def test_more_time_meanwhile_is_not_taken_back(script: Script, order: Order, payment: Payment) -> None:
    later = order.expires_at + timedelta(minutes=10)
    script.during("update", lambda: Order.objects.filter(pk=order.pk).update(expires_at=later))
    script.will("update", at(NEW))
    assert to(order).expires_at == later


def test_an_attempt_that_is_just_being_opened(script: Script, account: Account, order: Order) -> None:
    def meanwhile() -> None:
        with pytest.raises(NotChanged, match="cannot be given up at its provider now"):
            to(order)

    script.during("start", meanwhile)
    assert start(order, account).money == OLD
    assert fresh(order).money == OLD


def test_an_attempt_begun_after_the_old_one_was_given_up(
    script: Script, account: Account, order: Order
) -> None:
    bare = make_account(order.shop, provider="bare")
    start(order, bare)
    begun: list[Payment] = []

    def meanwhile() -> None:
        Payment.objects.update(state=State.CANCELED)
        begun.append(start(fresh(order), account))

    script.during("sync", meanwhile)
    with pytest.raises(NotChanged, match="An attempt was begun meanwhile"):
        to(order)
    assert (begun[0].money, fresh(order).money) == (OLD, OLD)


# --- with an attempt that cannot follow ------------------------------------------------------------------------------


def test_given_up_where_nothing_can_be_changed(script: Script, order: Order) -> None:
    bare = make_account(order.shop, provider="bare")
    attempt = start(order, bare)
    assert to(order).money == NEW
    assert (again(attempt).state, again(attempt).money) == (State.CANCELED, OLD)
    assert start(fresh(order), bare).money == NEW


@pytest.mark.parametrize(
    ("told", "why"),
    [
        (Uncertain("No answer."), "An attempt is open and cannot be given up at its provider now."),
        (Report(outcome=Outcome.PENDING), "An attempt is open and cannot be given up at its provider now."),
        (paid, "The order is paid."),
        (authorized, "The order holds money already."),
    ],
)
def test_not_given_up(script: Script, order: Order, told: Any, why: str) -> None:
    start(order, make_account(order.shop, provider="bare"))
    script.will("sync", told)
    with pytest.raises(NotChanged) as no:
        to(order)
    assert (str(no.value), fresh(order).money) == (why, OLD)


def test_what_is_under_way_is_not_changed(script: Script, order: Order, payment: Payment) -> None:
    script.will("sync", Report(outcome=Outcome.PENDING))
    check(payment)
    script.will("cancel", Report(outcome=Outcome.PENDING))
    with pytest.raises(NotChanged, match="cannot be given up"):
        to(order)
    assert script.asked("update") == []
