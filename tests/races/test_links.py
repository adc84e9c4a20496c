"""A link, a change and a shopper at one moment: what does the lock prevent? Each race has a twin without it."""

import importlib
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError

from checkout.models import Account, Invitation, Order, Payment
from checkout.payments import change as changing
from checkout.payments import links
from checkout.payments.apply import apply
from checkout.payments.change import NotChanged, change
from checkout.payments.figures import violations
from checkout.payments.links import NotSent, invite, send_again, withdraw
from checkout.payments.recover import check
from checkout.payments.start import NotPayable, start
from checkout.payments.timeline import Who
from checkout.states import OrderState, State
from providers.base import Outcome, Report
from providers.money import Money
from tests.races.starting_line import Race, all_at_once, no_lock
from tests.scripted import Script, codes, events, paid

OLD, NEW, THIRD = Money(4299, "EUR"), Money(5000, "EUR"), Money(6000, "EUR")


@pytest.fixture
def unlocked(without_lock: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin, where links and changes hold nobody out either."""
    for name in ("change", "links"):
        module = importlib.import_module(f"checkout.payments.{name}")
        assert hasattr(module, "order_lock"), f"{name} has no lock to take away"
        monkeypatch.setattr(module, "order_lock", no_lock)


def fresh(order: Order) -> Order:
    return Order.objects.select_related("shop").get(pk=order.pk)


def again(payment: Payment) -> Payment:
    return Payment.objects.select_related("order__shop", "account").get(pk=payment.pk)


def broken() -> dict[str, int]:
    return {rule: n for rule, n in violations().items() if n}


def to(order: Order, money: Money) -> Order:
    return change(fresh(order), money=money, who=Who.MERCHANT)


# --- a change and a start --------------------------------------------------------------------------------------------


def started_while_changed(race: Race, order: Order, account: Account) -> tuple[Any, Any]:
    race.gate(changing, "write_change")  # called between "is an attempt open?" and the new amount
    return race.run(lambda: to(order, NEW), lambda: start(fresh(order), account, seen=OLD))


def test_a_changed_order_is_not_started_with_the_old_amount(
    race: Race, script: Script, account: Account, order: Order
) -> None:
    changed, begun = started_while_changed(race, order, account)
    assert changed.money == NEW
    assert isinstance(begun, NotPayable)
    assert (order.payments.count(), broken()) == (0, {})
    assert race.second_came_through is False


@pytest.mark.usefixtures("unlocked")
def test_twin_a_changed_order_is_started_without_the_lock(
    race: Race, script: Script, account: Account, order: Order
) -> None:
    started_while_changed(race, order, account)
    assert (fresh(order).money, order.payments.get().money) == (NEW, OLD)  # the old amount is payable
    assert broken() == {"an open attempt's amount is not its order's": 1}


def changed_while_started(race: Race, order: Order, account: Account) -> tuple[Any, Any]:
    race.gate(Order, "latest_attempt")  # called between "is this what was seen?" and the attempt
    return race.run(lambda: start(fresh(order), account, seen=OLD), lambda: to(order, NEW))


def test_a_started_order_is_changed_after_its_attempt(
    race: Race, script: Script, account: Account, order: Order
) -> None:
    begun, changed = changed_while_started(race, order, account)
    assert begun.state == State.STARTED
    if isinstance(changed, NotChanged):  # it was still being opened
        assert (fresh(order).money, again(begun).money) == (OLD, OLD)
    else:  # it was open, and followed
        assert (fresh(order).money, again(begun).money) == (NEW, NEW)
    assert (race.second_came_through, broken()) == (False, {})


@pytest.mark.usefixtures("unlocked")
def test_twin_a_started_order_is_changed_without_the_lock(
    race: Race, script: Script, account: Account, order: Order
) -> None:
    changed_while_started(race, order, account)
    assert (fresh(order).money, order.payments.get().money) == (NEW, OLD)
    assert broken() == {"an open attempt's amount is not its order's": 1}


# --- two changes -----------------------------------------------------------------------------------------------------


def two_changes(race: Race, script: Script, order: Order, account: Account) -> tuple[Any, Any]:
    start(order, account)
    script.always("update", lambda call: Report(outcome=Outcome.OPEN, asked=call.charge.money))
    race.gate(changing, "want")  # called between "is one being asked for?" and the intent
    return race.run(lambda: to(order, NEW), lambda: to(order, THIRD))


def test_two_changes_are_asked_for_one_after_the_other(
    race: Race, script: Script, account: Account, order: Order
) -> None:
    _one, two = two_changes(race, script, order, account)
    asked = [call.charge.money for call in script.asked("update")]
    # The second waited for the lock: by then the first was being asked for, or was through.
    assert asked[0] == NEW
    assert isinstance(two, NotChanged) or asked == [NEW, THIRD]
    assert fresh(order).money == again(order.payments.get()).money == asked[-1]
    assert (race.second_came_through, broken()) == (False, {})


@pytest.mark.usefixtures("unlocked")
def test_twin_two_changes_without_the_lock(
    race: Race, script: Script, account: Account, order: Order
) -> None:
    """The first has not heard of the second, and puts the provider back to what it wants itself."""
    two_changes(race, script, order, account)
    assert [call.charge.money for call in script.asked("update")] == [THIRD, NEW]


# --- a withdrawal and money ------------------------------------------------------------------------------------------


def paid_while_withdrawn(
    race: Race, script: Script, order: Order, account: Account
) -> tuple[Any, Any, Invitation]:
    link, _new = invite(order, account=account, channel="sms", to="+33600000000", who=Who.MERCHANT)
    payment = link.payment
    assert payment is not None
    race.gate(importlib.import_module("checkout.payments.apply"), "objection")
    withdrawn, told = race.run(
        lambda: withdraw(
            Invitation.objects.select_related("payment__account").get(pk=link.pk), who=Who.MERCHANT
        ),
        lambda: apply(payment.pk, paid(script_call(script))),
    )
    return withdrawn, told, Invitation.objects.select_related("payment", "order").get(pk=link.pk)


def script_call(script: Script) -> Any:
    return script.asked("start")[0]


def test_money_beats_the_withdrawal_of_its_link(
    race: Race, script: Script, account: Account, order: Order
) -> None:
    """The provider said canceled, and then that it was paid: the money is not lost, whichever is written first."""
    _withdrawn, told, link = paid_while_withdrawn(race, script, order, account)
    assert (told.state, link.standing, fresh(order).state) == (State.PAID, "paid", OrderState.PAID)
    assert events(order) == ["order.paid"]
    assert (race.second_came_through, broken()) == (False, {})


@pytest.mark.usefixtures("unlocked")
def test_twin_money_and_a_withdrawal_without_the_lock(
    race: Race, script: Script, account: Account, order: Order
) -> None:
    """The withdrawal, which read the attempt before the money came, writes over it."""
    _withdrawn, _told, link = paid_while_withdrawn(race, script, order, account)
    assert link.payment is not None
    assert (link.payment.state, link.payment.captured_minor) == (State.CANCELED, 0)
    assert broken() == {
        "an order is paid without a paid payment": 1,
        "what moved is not what a payment's sums say": 1,
    }


# --- two sends with one key ------------------------------------------------------------------------------------------


def two_mails(race: Race, order: Order) -> tuple[Any, Any]:
    race.gate(links, "_must_be_few")  # called between "was it made before?" and the row
    asked: dict[str, Any] = {"channel": "email", "to": "ada@example.com", "key": "k-1", "who": Who.SHOP}
    return race.run(lambda: invite(fresh(order), **asked), lambda: invite(fresh(order), **asked))


def test_one_key_is_one_mail(race: Race, order: Order) -> None:
    one, two = two_mails(race, order)
    assert (one[0].pk, one[1], two[1]) == (two[0].pk, True, False)
    assert (order.invitations.count(), codes(order).count("link.made")) == (1, 1)
    assert race.second_came_through is False


@pytest.mark.usefixtures("unlocked")
def test_twin_one_key_without_the_lock(race: Race, order: Order) -> None:
    """The constraint still holds, but who asked twice is shown an error instead of the link."""
    one, two = two_mails(race, order)
    assert (isinstance(one, IntegrityError), two[1]) == (True, True)


def two_of_a_provider(race: Race, order: Order, account: Account) -> tuple[Any, Any]:
    race.gate(Order, "latest_attempt")
    asked: dict[str, Any] = {
        "account": account,
        "channel": "sms",
        "to": "+33600000000",
        "key": "k-1",
        "who": Who.SHOP,
    }
    return race.run(lambda: invite(fresh(order), **asked), lambda: invite(fresh(order), **asked))


def test_one_key_is_one_message_of_a_provider(
    race: Race, script: Script, account: Account, order: Order
) -> None:
    """Nor does the second give up what the first has just sent."""
    one, two = two_of_a_provider(race, order, account)
    links_ = {result[0].pk for result in (one, two)}
    assert links_ == {order.invitations.get().pk}
    assert (len(script.asked("start")), script.asked("cancel")) == (1, [])
    assert order.payments.get().state == State.STARTED


def test_four_of_a_provider_at_once(script: Script, account: Account, order: Order) -> None:
    asked: dict[str, Any] = {
        "account": account,
        "channel": "sms",
        "to": "+33600000000",
        "key": "k-1",
        "who": Who.SHOP,
    }
    results = all_at_once(*[lambda: invite(fresh(order), **asked)] * 4)
    assert [new for _link, new in results].count(True) == 1
    assert {link.pk for link, _new in results} == {order.invitations.get().pk}
    assert len(script.asked("start")) == 1
    assert broken() == {}


@pytest.mark.usefixtures("unlocked")
def test_twin_one_key_of_a_provider_without_the_lock(
    race: Race, script: Script, account: Account, order: Order
) -> None:
    """The second sends the message; the first finds an open attempt, which is its own request's, and gives it up."""
    two_of_a_provider(race, order, account)
    assert (len(script.asked("start")), len(script.asked("cancel"))) == (1, 1)
    assert order.payments.get().state == State.CANCELED


# --- once more, and a change -----------------------------------------------------------------------------------------


def test_a_double_click_mails_once_more_but_once(order: Order) -> None:
    link, _new = invite(order, channel="email", to="ada@example.com", who=Who.MERCHANT)
    links.sent(link.pk)
    results = all_at_once(*[lambda: send_again(link, who=Who.MERCHANT)] * 4)
    assert sum(isinstance(result, NotSent) for result in results) == 3
    assert codes(order).count("link.again") == 1


def test_a_link_is_opened_for_the_first_time_once(order: Order) -> None:
    link, _new = invite(order, channel="copy", who=Who.MERCHANT)
    all_at_once(*[lambda: links.opened(Invitation.objects.get(pk=link.pk))] * 4)
    assert codes(order).count("link.opened") == 1


def test_a_change_and_many_looks(script: Script, account: Account, order: Order) -> None:
    attempt = start(order, account)
    script.always("update", lambda call: Report(outcome=Outcome.OPEN, asked=call.charge.money))
    script.always("sync", lambda call: Report(outcome=Outcome.OPEN, asked=NEW))
    results = all_at_once(lambda: to(order, NEW), *[lambda: check(again(attempt))] * 4)
    assert results[0].money == NEW
    assert codes(order).count("order.changed") == 1
    assert (fresh(order).money, again(attempt).money, broken()) == (NEW, NEW, {})


# --- two tabs want the same end --------------------------------------------------------------------------------------


def the_same_end(race: Race, order: Order, gate: str) -> tuple[Any, Any]:
    race.gate(changing, gate)
    later = order.expires_at + timedelta(days=1)
    return race.run(*[lambda: change(fresh(order), expires_at=later, who=Who.MERCHANT)] * 2)


@pytest.mark.parametrize("gate", ["_write", "write_change"])  # before the second lock, and within it
def test_two_that_want_the_same_are_one_change(race: Race, order: Order, gate: str) -> None:
    first, second = the_same_end(race, order, gate)
    assert first.expires_at == second.expires_at == fresh(order).expires_at
    assert codes(order).count("order.changed") == 1
    assert race.second_came_through is (gate == "_write")


@pytest.mark.usefixtures("unlocked")
def test_twin_two_that_want_the_same_without_the_lock(race: Race, order: Order) -> None:
    the_same_end(race, order, "write_change")
    assert codes(order).count("order.changed") == 2
