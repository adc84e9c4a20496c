"""Nobody can tell whether a refund was done. A person looks at the provider's own record, and the story goes on."""

import pytest
from django.contrib.auth.models import User

from checkout.models import Account, Operation, Order, Payment
from checkout.payments.by_hand import found_there, may_be_ended, not_there
from checkout.payments.operate import NotPossible, left, operate
from checkout.payments.recover import check
from checkout.states import State
from providers.base import Operation as Listed
from providers.base import OperationStatus, Outcome, Report, Verb
from providers.errors import Uncertain
from providers.money import Money
from tests.scripted import Call, Clock, Script, codes, done, make_payment, story

TEN = Money(1000, "EUR")


def silent(call: Call) -> Report:
    """The payment as it was; of the refund the provider cannot tell."""
    (open_one,) = [one for one in call.charge.operations if one.status is OperationStatus.UNCERTAIN]
    listed = Listed(verb=Verb.REFUND, money=TEN, status=OperationStatus.UNCERTAIN, key=open_one.key)
    return Report(
        outcome=Outcome.PAID, authorized=call.charge.money, captured=call.charge.money, operations=(listed,)
    )


@pytest.fixture
def person(transactional_db: None) -> User:
    return User.objects.create_user("ada")


@pytest.fixture
def bought(order: Order, account: Account) -> Payment:
    return make_payment(order, account, state=State.PAID)


@pytest.fixture
def lost(script: Script, bought: Payment) -> Operation:
    """A refund whose answer never came."""
    script.will("refund", Uncertain("The provider did not answer in time."))
    script.always("sync", silent)
    return operate(bought, Verb.REFUND, TEN)


def test_it_waits_and_a_person_is_asked_once(clock: Clock, order: Order, lost: Operation) -> None:
    check(lost.payment)
    order.refresh_from_db()
    assert order.attention == ""
    clock.forward(hours=2)
    check(lost.payment)
    order.refresh_from_db()
    assert order.attention == "nobody knows whether the refund of 10.00 EUR was done: look at the provider"
    order.attention = ""
    order.save()
    clock.forward(days=1)
    check(lost.payment)
    order.refresh_from_db()
    lost.refresh_from_db()
    assert (order.attention, lost.status) == ("", OperationStatus.UNCERTAIN)


def test_it_is_there_under_the_provider_s_own_id(
    script: Script, clock: Clock, order: Order, lost: Operation, person: User
) -> None:
    clock.forward(hours=1)
    script.will("sync", lambda call: done(script.asked("refund")[0]))
    ended = found_there(lost, "38697-refund", user=person)
    assert ended.status == OperationStatus.SUCCESS
    assert "38697-refund" in script.asked("sync")[-1].charge.provider_ids
    lost.payment.refresh_from_db()
    assert lost.payment.refunded_minor == 1000
    assert "The refund of 10.00 EUR was found at Scripted as 38697-refund. We ask about it." in story(order)
    assert len(script.asked("refund")) == 1


def test_it_is_not_there(script: Script, clock: Clock, order: Order, lost: Operation, person: User) -> None:
    with pytest.raises(NotPossible, match="may still be on its way"):
        not_there(lost, user=person)
    clock.forward(minutes=16)
    assert may_be_ended(lost)
    ended = not_there(lost, user=person)
    assert (ended.status, ended.message) == (
        OperationStatus.FAILURE,
        "a person found no record of it at the provider",
    )
    entry = order.timeline.get(code="operation.missed")
    assert entry.user == person
    assert left(lost.payment, Verb.REFUND) == lost.payment.money
    assert not_there(ended, user=person).status == OperationStatus.FAILURE
    assert codes(order).count("operation.missed") == 1


def test_the_provider_has_the_last_word(
    script: Script, clock: Clock, order: Order, lost: Operation, person: User
) -> None:
    clock.forward(minutes=16)
    script.will("sync", lambda call: done(script.asked("refund")[0]))
    assert not_there(lost, user=person).status == OperationStatus.SUCCESS
    assert "operation.missed" not in codes(order)


def test_nothing_is_written_while_the_provider_is_silent(
    script: Script, clock: Clock, order: Order, lost: Operation, person: User
) -> None:
    clock.forward(minutes=16)
    script.will("sync", Uncertain("It does not answer."))
    with pytest.raises(NotPossible, match="cannot be asked"):
        not_there(lost, user=person)
    lost.refresh_from_db()
    assert lost.status == OperationStatus.UNCERTAIN


def test_what_was_called_missing_may_still_turn_up(
    script: Script, clock: Clock, order: Order, lost: Operation, person: User
) -> None:
    clock.forward(minutes=16)
    assert not_there(lost, user=person).status == OperationStatus.FAILURE
    clock.forward(days=1)
    script.will("sync", lambda call: done(script.asked("refund")[0]))
    check(lost.payment)
    lost.refresh_from_db()
    lost.payment.refresh_from_db()
    assert (lost.status, lost.payment.refunded_minor) == (OperationStatus.SUCCESS, 1000)
