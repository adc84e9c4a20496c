"""Two people at one proposal, or at one limit: what does the order's lock prevent?"""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError

from checkout.models import Account, ApprovalLimit, Operation, Order, Payment, Proposal
from checkout.payments import approvals as approving
from checkout.payments import operate as operating
from checkout.payments.approvals import NotWaiting, WaitsAlready, approve, propose, withdraw
from checkout.payments.operate import NeedsApproval, operate
from checkout.states import State
from providers.base import Verb
from providers.money import Money
from tests.races.starting_line import Race, all_at_once
from tests.scripted import Script, codes, make_payment

REFUND, FIFTEEN, THIRTY = Verb.REFUND, Money(1500, "EUR"), Money(3000, "EUR")


@pytest.fixture
def bought(order: Order, account: Account) -> Payment:
    """42.99 EUR, paid, of which one person may give back 20.00."""
    ApprovalLimit.objects.create(shop=account.shop, currency="EUR", amount_minor=2000)
    return make_payment(order, account, state=State.PAID)


@pytest.fixture
def people(account: Account) -> tuple[User, User, User]:
    one, two, three = (User.objects.create_superuser(name) for name in ("rita", "max", "mia"))
    return one, two, three


def proposed(payment: Payment, user: User, key: str = "form-1") -> Proposal:
    return propose(payment, REFUND, THIRTY, user=user, reason="", plan={}, seen=None, key=key)


# --- two approve ---------------------------------------------------------------------------------------------------


def two_approvals(race: Race, bought: Payment, people: tuple[User, User, User]) -> tuple[Any, Any]:
    proposal = proposed(bought, people[0])
    race.gate(approving, "_decide")  # called between "does it wait?" and the decision
    return race.run(lambda: approve(proposal, user=people[1]), lambda: approve(proposal, user=people[2]))


def test_two_approvals_are_one_operation(
    race: Race, script: Script, order: Order, bought: Payment, people: tuple[User, User, User]
) -> None:
    one, two = two_approvals(race, bought, people)
    assert one == two == Operation.objects.get()
    assert [call.money for call in script.asked("refund")] == [THIRTY]
    assert codes(order).count("operation.approved") == 1
    assert Proposal.objects.get().decided_by == people[1]
    assert race.second_came_through is False


@pytest.mark.usefixtures("without_lock")
def test_twin_two_approvals_without_the_lock(
    race: Race, script: Script, order: Order, bought: Payment, people: tuple[User, User, User]
) -> None:
    """The key still keeps it to one, but who answers for it is overwritten."""
    two_approvals(race, bought, people)
    assert codes(order).count("operation.approved") == 2


def test_four_at_once(script: Script, order: Order, bought: Payment, people: tuple[User, User, User]) -> None:
    proposal = proposed(bought, people[0])
    found = all_at_once(
        *[lambda: approve(proposal, user=people[1]), lambda: approve(proposal, user=people[2])] * 2
    )
    assert {operation.pk for operation in found} == {Operation.objects.get().pk}
    assert (len(script.asked("refund")), order.payments.get().refunded_minor) == (1, 3000)


# --- approved while it is withdrawn --------------------------------------------------------------------------------


def approved_while_withdrawn(race: Race, bought: Payment, people: tuple[User, User, User]) -> tuple[Any, Any]:
    proposal = proposed(bought, people[0])
    race.gate(approving, "_decide")
    return race.run(lambda: approve(proposal, user=people[1]), lambda: withdraw(proposal, user=people[0]))


def test_what_is_approved_is_not_withdrawn(
    race: Race, script: Script, order: Order, bought: Payment, people: tuple[User, User, User]
) -> None:
    one, two = approved_while_withdrawn(race, bought, people)
    assert one.money == THIRTY
    assert isinstance(two, NotWaiting)
    assert two.proposal.state == "approved"
    assert "operation.proposal_withdrawn" not in codes(order)


@pytest.mark.usefixtures("without_lock")
def test_twin_what_is_withdrawn_is_done_without_the_lock(
    race: Race, script: Script, order: Order, bought: Payment, people: tuple[User, User, User]
) -> None:
    _one, two = approved_while_withdrawn(race, bought, people)
    assert two.state == "withdrawn"
    assert len(script.asked("refund")) == 1


# --- two propose ---------------------------------------------------------------------------------------------------


def two_proposals(race: Race, bought: Payment, people: tuple[User, User, User]) -> tuple[Any, Any]:
    race.gate(approving, "agreed_plan")  # called between "does one wait?" and the new one
    return race.run(lambda: proposed(bought, people[0]), lambda: proposed(bought, people[1], "form-2"))


def test_one_of_a_kind_waits(
    race: Race, script: Script, bought: Payment, people: tuple[User, User, User]
) -> None:
    one, two = two_proposals(race, bought, people)
    assert one == Proposal.objects.get()
    assert isinstance(two, WaitsAlready)


@pytest.mark.usefixtures("without_lock")
def test_twin_one_of_a_kind_without_the_lock(
    race: Race, script: Script, bought: Payment, people: tuple[User, User, User]
) -> None:
    """The constraint still holds, but the person is shown an error."""
    one, _two = two_proposals(race, bought, people)
    assert isinstance(one, IntegrityError)


# --- two below the limit, and together above it --------------------------------------------------------------------


def two_small_ones(race: Race, bought: Payment, people: tuple[User, User, User]) -> tuple[Any, Any]:
    race.gate(operating, "agreed_plan")  # called between "may one do this alone?" and the intent
    return race.run(
        lambda: operate(bought, REFUND, FIFTEEN, user=people[0]),
        lambda: operate(bought, REFUND, FIFTEEN, user=people[1]),
    )


def test_two_small_ones_do_not_go_round_the_limit(
    race: Race,
    monkeypatch: pytest.MonkeyPatch,
    script: Script,
    bought: Payment,
    people: tuple[User, User, User],
) -> None:
    # So that the first has ended when the second is let in; else that one alone is why it is refused.
    monkeypatch.setattr(Operation, "OPEN", frozenset())
    one, two = two_small_ones(race, bought, people)
    assert one.money == FIFTEEN
    assert isinstance(two, NeedsApproval)
    assert len(script.asked("refund")) == 1


@pytest.mark.usefixtures("without_lock")
def test_twin_two_small_ones_without_the_lock(
    race: Race, script: Script, bought: Payment, people: tuple[User, User, User]
) -> None:
    two_small_ones(race, bought, people)
    assert [call.money for call in script.asked("refund")] == [FIFTEEN, FIFTEEN]
