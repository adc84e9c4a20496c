"""Above the shop's limit two people move money: what can one do alone, and what becomes of a proposal?"""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.utils import timezone

from checkout.models import Account, ApprovalLimit, Operation, Order, Payment, Proposal, Shop
from checkout.payments.approvals import (
    MayNotDecide,
    NotWaiting,
    WaitsAlready,
    approve,
    decline,
    propose,
    withdraw,
)
from checkout.payments.by_hand import not_there
from checkout.payments.limits import asked_alone, limit_for, needs_second_person
from checkout.payments.operate import NeedsApproval, NotPossible, PlanChanged, left, operate
from checkout.states import State
from checkout.tasks import run_sweep
from providers.base import OperationStatus, Verb
from providers.errors import Uncertain, Unreachable
from providers.money import Money
from tests.scripted import Clock, Script, codes, make_payment, story

REFUND = Verb.REFUND


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def person(name: str, *codenames: str) -> User:
    user = User.objects.create_user(name)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return user


@pytest.fixture
def limit(account: Account) -> ApprovalLimit:
    """20.00 EUR alone."""
    return ApprovalLimit.objects.create(shop=account.shop, currency="EUR", amount_minor=2000)


@pytest.fixture
def bought(order: Order, account: Account, limit: ApprovalLimit) -> Payment:
    """42.99 EUR, paid."""
    return make_payment(order, account, state=State.PAID)


@pytest.fixture
def rita(account: Account) -> User:
    return person("rita", "refund_payment")


@pytest.fixture
def max_(account: Account) -> User:
    return person("max", "refund_payment", "capture_payment", "approve_proposal")


def proposed(payment: Payment, user: User, money: Money = eur(3000), key: str = "form-1") -> Proposal:  # noqa: B008
    return propose(payment, REFUND, money, user=user, reason="rain", plan={}, seen=None, key=key)


def told(order: Order) -> list[str]:
    return [line for line in story(order) if "propos" in line or "approved" in line]


# --- how much alone? -----------------------------------------------------------------------------------------------


def test_up_to_the_limit_one_is_enough_and_small_ones_add_up(
    script: Script, order: Order, bought: Payment, rita: User, max_: User, clock: Clock
) -> None:
    assert limit_for(order.shop, "EUR") == eur(2000)
    assert limit_for(order.shop, "USD") is None
    assert operate(bought, REFUND, eur(1500), user=rita).status == OperationStatus.SUCCESS
    assert needs_second_person(bought, REFUND, eur(500)) is False
    # Whoever asks: it is the order's money that is counted.
    with pytest.raises(NeedsApproval):
        operate(bought, REFUND, eur(501), user=max_)
    assert (len(script.asked("refund")), Operation.objects.count()) == (1, 1)
    script.will("refund", Unreachable("No connection."))
    assert operate(bought, REFUND, eur(500), user=rita).status == OperationStatus.FAILURE
    assert asked_alone(order, REFUND, "EUR") == eur(1500)  # what failed moved nothing
    assert asked_alone(order, Verb.CAPTURE, "EUR") == eur(0)
    Operation.objects.update(created_at=timezone.now() - timedelta(hours=24, seconds=1))
    assert operate(bought, REFUND, eur(2000), user=rita).status == OperationStatus.SUCCESS


def test_the_shops_software_is_under_its_keys_scopes(script: Script, bought: Payment, rita: User) -> None:
    assert operate(bought, REFUND, eur(2500)).status == OperationStatus.SUCCESS
    assert needs_second_person(bought, REFUND, eur(1799)) is False  # and takes nothing from what a person may


def test_what_nobody_knows_yet_counts(
    script: Script, order: Order, bought: Payment, rita: User, clock: Clock
) -> None:
    script.will("refund", Uncertain("No answer."))
    unknown = operate(bought, REFUND, eur(1900), user=rita)
    assert asked_alone(order, REFUND, "EUR") == eur(1900)
    clock.forward(minutes=20)
    assert not_there(unknown, user=rita).status == OperationStatus.FAILURE
    assert asked_alone(order, REFUND, "EUR") == eur(1900)  # it is her word alone that it failed


def test_a_limit_of_nothing_wants_two_for_all(script: Script, bought: Payment, rita: User) -> None:
    ApprovalLimit.objects.update(amount_minor=0)
    with pytest.raises(NeedsApproval):
        operate(bought, REFUND, eur(1), user=rita)


# --- proposed and decided ------------------------------------------------------------------------------------------


def test_proposed_approved_done(
    script: Script, order: Order, bought: Payment, rita: User, max_: User
) -> None:
    proposal = proposed(bought, rita)
    assert proposed(bought, rita) == proposal  # a double click
    assert (script.calls, Operation.objects.count(), left(bought, REFUND)) == ([], 0, eur(4299))
    operation = approve(proposal, user=max_)
    assert (operation.status, operation.money, operation.key) == ("success", eur(3000), "form-1")
    assert (operation.requested_by, operation.reason) == (rita, "rain")
    assert approve(proposal, user=max_) == operation
    assert len(script.asked("refund")) == 1
    proposal.refresh_from_db()
    assert (proposal.state, proposal.decided_by) == ("approved", max_)
    assert proposal.decided_at is not None
    assert told(order) == [
        "refund of 30.00 EUR was proposed by rita, and waits for a second person. Reason: rain",
        "refund of 30.00 EUR, which rita proposed, was approved by max.",
    ]
    # What two did is not counted with what one may do.
    assert asked_alone(order, REFUND, "EUR") == eur(0)
    with pytest.raises(NotWaiting, match="approved already"):
        withdraw(proposal, user=rita)
    with pytest.raises(NotWaiting):
        decline(proposal, user=max_)


def test_declined_or_withdrawn_moves_nothing(
    script: Script, order: Order, bought: Payment, rita: User, max_: User
) -> None:
    first = proposed(bought, rita)
    with pytest.raises(WaitsAlready):
        proposed(bought, max_, key="form-2")
    assert decline(first, user=max_) == decline(first, user=max_)
    with pytest.raises(NotWaiting, match="declined already"):
        approve(first, user=max_)
    second = proposed(bought, rita, key="form-2")
    assert withdraw(second, user=rita) == withdraw(second, user=rita)
    with pytest.raises(NotWaiting, match="withdrawn already"):
        approve(second, user=max_)
    with pytest.raises(NotPossible, match="used for another proposal"):
        proposed(bought, rita, eur(2999), key="form-2")
    assert told(order)[1::2] == [
        "refund of 30.00 EUR, which rita proposed, was declined by max.",
        "rita withdrew the proposal: refund of 30.00 EUR.",
    ]
    assert (script.calls, Operation.objects.count()) == ([], 0)


def test_who_may_decide(script: Script, bought: Payment, rita: User, max_: User) -> None:
    """Another one, who is let in, may approve, and may do it."""
    everything = User.objects.create_superuser("root")
    alone = proposed(bought, everything)
    with pytest.raises(MayNotDecide):
        approve(alone, user=everything)
    with pytest.raises(MayNotDecide, match="Only who proposed it"):
        withdraw(alone, user=max_)
    for other in (rita, person("capturer", "capture_payment", "approve_proposal")):
        with pytest.raises(MayNotDecide):
            approve(alone, user=other)
        with pytest.raises(MayNotDecide):
            decline(alone, user=other)
    User.objects.filter(pk=max_.pk).update(is_active=False)  # while his session goes on
    with pytest.raises(MayNotDecide):
        approve(alone, user=max_)
    User.objects.filter(pk=max_.pk).update(is_active=True)
    User.objects.filter(pk=everything.pk).update(is_active=False)
    with pytest.raises(NotPossible, match="root, who proposed it, is no longer let in"):
        approve(alone, user=max_)
    assert script.calls == []
    assert decline(alone, user=max_).state == "declined"


def test_nobody_decides_of_a_shop_that_is_not_theirs(
    script: Script, account: Account, bought: Payment, rita: User, max_: User
) -> None:
    elsewhere = Shop.objects.create(name="Elsewhere", slug="elsewhere")
    proposal = proposed(bought, rita)
    elsewhere.members.set([max_])
    for decide in (approve, decline):
        with pytest.raises(MayNotDecide):
            decide(proposal, user=max_)
    account.shop.members.set([max_])
    elsewhere.members.set([rita])  # nor is a proposal done whose proposer may no longer do it
    with pytest.raises(NotPossible, match="rita, who proposed it, may no longer do it"):
        approve(proposal, user=max_)
    elsewhere.members.clear()
    rita.user_permissions.clear()
    with pytest.raises(NotPossible, match="rita, who proposed it, may no longer do it"):
        approve(proposal, user=max_)
    assert (script.calls, Operation.objects.count()) == ([], 0)
    rita.user_permissions.set(Permission.objects.filter(codename="refund_payment"))
    assert approve(proposal, user=max_).status == "success"


def test_a_week_and_it_is_over(
    script: Script, order: Order, bought: Payment, rita: User, max_: User, clock: Clock
) -> None:
    proposal = proposed(bought, rita)
    clock.forward(days=6, hours=23)
    run_sweep()
    proposal.refresh_from_db()
    assert proposal.state == "waiting"
    clock.forward(hours=1, seconds=1)
    with pytest.raises(NotWaiting, match="expired already"):  # the sweep has not come by yet
        approve(proposal, user=max_)
    run_sweep()
    run_sweep()
    proposal.refresh_from_db()
    assert (proposal.state, proposal.decided_by) == ("expired", None)
    assert codes(order).count("operation.proposal_expired") == 1
    assert script.asked("refund") == []


# --- what cannot be done -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("money", "why"),
    [(eur(4300), "Only 42.99 EUR is left"), (eur(0), "not an amount"), (Money(1, "USD"), "not an amount")],
)
def test_nothing_impossible_is_proposed(
    script: Script, bought: Payment, rita: User, money: Money, why: str
) -> None:
    with pytest.raises(NotPossible, match=why):
        proposed(bought, rita, money)
    with pytest.raises(PlanChanged):
        propose(bought, REFUND, eur(3000), user=rita, reason="", plan={}, seen="another", key="k")
    assert not Proposal.objects.exists()


def test_what_is_no_longer_left_is_not_approved_and_waits_on(
    script: Script, order: Order, bought: Payment, rita: User, max_: User
) -> None:
    proposal = proposed(bought, rita)
    operate(bought, REFUND, eur(2000), user=max_)  # it reserved nothing
    with pytest.raises(NotPossible, match=r"Only 22\.99 EUR is left"):
        approve(proposal, user=max_)
    proposal.refresh_from_db()
    assert (proposal.state, proposal.decided_by, proposal.decided_at) == ("waiting", None, None)
    assert proposal.outcome == "Only 22.99 EUR is left to refund."
    why = "Only 22.99 EUR is left to refund."
    assert told(order)[1:] == [
        f"max approved the refund of 30.00 EUR, but it could not be done: {why} It waits on for a second person."
    ]
    assert len(script.asked("refund")) == 1
    assert withdraw(proposal, user=rita).outcome == ""


def test_an_approval_is_good_for_what_was_approved(
    script: Script, order: Order, bought: Payment, rita: User, max_: User
) -> None:
    proposal = proposed(bought, rita)
    Proposal.objects.update(state="approved", decided_by=max_)
    for other in (eur(3001), eur(2999)):
        with pytest.raises(NeedsApproval):
            operate(bought, REFUND, other, user=rita, key=proposal.key)
    with pytest.raises(NeedsApproval):
        operate(bought, REFUND, eur(3000), user=rita, key="another")
    assert script.calls == []
