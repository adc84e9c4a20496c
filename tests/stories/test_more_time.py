"""The shopper needs more time while an attempt is open: until when is it payable at the provider, and who says so?"""

from datetime import datetime, timedelta

import pytest

from checkout.merchant.link_rows import pending_change
from checkout.models import Account, Order, Payment
from checkout.payments.change import NotChanged
from checkout.payments.links import invite, send_again
from checkout.payments.more_time import extend, may_end_before
from checkout.payments.recover import check
from checkout.payments.start import start
from checkout.payments.timeline import Who
from checkout.states import State
from providers.base import Outcome, Report
from providers.errors import Invalid, Uncertain
from tests.scripted import Clock, Script, codes, make_account, make_order, paid, story
from tests.stories.changing import NEW, OLD, again, fresh, to


def until(at: datetime) -> Report:
    return Report(outcome=Outcome.OPEN, asked=OLD, payable_until=at)


def shown(order: Order, payment: Payment) -> bool:
    """Does the page say that the provider's may close before the order's end?"""
    return may_end_before(fresh(order), again(payment))


def test_the_provider_keeps_it_payable_as_long(
    script: Script, clock: Clock, order: Order, payment: Payment
) -> None:
    clock.forward(minutes=20)
    seen: list[tuple[datetime, bool]] = []
    script.during("update", lambda: seen.append((fresh(order).expires_at, bool(again(payment).wanted))))
    script.will("update", lambda call: until(call.charge.expires_at))
    assert extend(order) is True
    end = fresh(order).expires_at
    assert end > clock.now() + timedelta(minutes=24)
    assert (script.asked("update")[0].charge.expires_at, script.asked("update")[0].charge.money) == (end, OLD)
    assert seen == [(end, True)]  # written and intended before anybody was asked
    assert (again(payment).state, again(payment).wanted, shown(order, payment)) == (State.STARTED, {}, False)
    assert codes(order)[-2:] == ["order.extended", "payment.prolonged"]
    assert story(order)[-1] == f"Scripted keeps attempt 1 payable until {end:%Y-%m-%d %H:%M} UTC, too."


def test_a_provider_that_refuses_keeps_its_first_end_and_the_order_waits_longer(
    script: Script, clock: Clock, order: Order, payment: Payment
) -> None:
    clock.forward(minutes=20)
    script.will("update", Invalid("order", "is not running"))
    assert extend(order) is True
    assert (fresh(order).is_past_hold(clock.now() + timedelta(minutes=24)), script.asked("cancel")) == (
        False,
        [],
    )
    assert (again(payment).state, again(payment).wanted, shown(order, payment)) == (State.STARTED, {}, True)
    assert codes(order)[-2:] == ["order.extended", "payment.change_refused"]
    script.will("sync", Report(outcome=Outcome.EXPIRED))
    check(again(payment))  # its first end has come
    second = start(fresh(order), payment.account)
    assert (second.number, second.state, shown(order, second)) == (2, State.STARTED, False)
    assert script.asked("start")[1].charge.expires_at == fresh(order).expires_at


def test_silence_is_shown_and_what_the_provider_says_later_decides(
    script: Script, clock: Clock, order: Order, payment: Payment
) -> None:
    first = order.expires_at
    clock.forward(minutes=20)
    script.will("update", Uncertain("No answer."))
    assert extend(order) is True
    end = fresh(order).expires_at
    assert (end > first, shown(order, payment)) == (True, True)
    assert pending_change(fresh(order)).startswith("Scripted was asked to keep attempt 1 payable until")
    with pytest.raises(NotChanged, match="Another change is under way"):
        to(order)
    assert extend(order) is True
    assert len(script.asked("update")) == 1  # one at a time; the order waits longer all the same
    script.will("sync", until(first))
    check(again(payment))
    assert again(payment).wanted["written"] is True  # it may be under way
    script.will("sync", until(end))
    check(again(payment))
    assert (again(payment).wanted, pending_change(fresh(order))) == ({}, "")
    assert (fresh(order).expires_at >= end, "order.changed" in codes(order)) == (True, False)
    assert codes(order)[-1] == "payment.prolonged"


def test_silence_and_it_was_not_prolonged(
    script: Script, clock: Clock, order: Order, payment: Payment
) -> None:
    first = order.expires_at
    clock.forward(minutes=20)
    script.will("update", Uncertain("No answer."))
    extend(order)
    clock.forward(seconds=91)
    script.will("sync", until(first))
    check(again(payment))
    assert (again(payment).wanted, shown(order, payment)) == ({}, True)
    assert story(order)[-1] == f"Scripted keeps attempt 1 payable until {first:%Y-%m-%d %H:%M} UTC only."


def test_a_change_of_the_merchants_that_is_not_confirmed_is_left_alone(
    script: Script, clock: Clock, order: Order, payment: Payment
) -> None:
    script.will("update", Uncertain("No answer."))
    with pytest.raises(NotChanged):
        to(order)
    clock.forward(minutes=20)
    assert extend(order) is True
    assert (again(payment).wanted["amount"], len(script.asked("update"))) == (NEW.minor, 1)
    assert shown(order, payment) is True


def test_paid_while_more_time_is_asked_for(
    script: Script, clock: Clock, order: Order, payment: Payment
) -> None:
    clock.forward(minutes=20)
    script.will("update", paid)
    assert extend(order) is True
    assert (again(payment).state, fresh(order).state, fresh(order).attention) == (State.PAID, "paid", "")


def test_a_provider_that_changes_nothing_is_not_asked(script: Script, clock: Clock) -> None:
    account = make_account(provider="bare")
    order = make_order(account.shop)
    payment = start(order, account)
    clock.forward(minutes=20)
    assert extend(order) is True
    assert (script.verbs()[-1], again(payment).state, shown(order, payment)) == ("start", State.STARTED, True)


def test_a_link_may_be_sent_again_though_its_new_end_is_not_confirmed(
    script: Script, clock: Clock, account: Account, order: Order
) -> None:
    link, _new = invite(order, account=account, channel="sms", to="+33600000000", who=Who.MERCHANT)
    clock.forward(minutes=20)
    script.will("update", Uncertain("No answer."))
    extend(order)
    clock.forward(seconds=91)
    link.refresh_from_db()
    assert link.is_good
    script.will("update", lambda call: until(call.charge.expires_at))
    send_again(link, who=Who.MERCHANT)
    assert link.payment is not None
    assert again(link.payment).wanted == {}


def test_the_merchants_end_is_compared_with_the_providers(
    script: Script, order: Order, payment: Payment
) -> None:
    later = order.expires_at + timedelta(days=7)
    script.will("update", until(order.expires_at))
    with pytest.raises(NotChanged, match="has not confirmed the change"):
        to(order, None, expires_at=later)
    assert fresh(order).expires_at == order.expires_at
    script.will("sync", until(later))
    check(again(payment))
    assert (fresh(order).expires_at, again(payment).wanted) == (later, {})
