"""May an agreement be charged once more, by hand? One at a time, and never twice for one request."""

from typing import Any

import pytest

from checkout.models import Account, Agreement, Movement, Order, Payment
from checkout.payments.agreement_charge import charge_again
from checkout.payments.agreement_follow_up import look_at
from checkout.payments.orders import ReferenceTaken
from checkout.payments.start import NotPayable
from checkout.payments.timeline import Who
from checkout.states import OrderState, State
from checkout.tasks import run_sweep
from providers.base import Kind, Occasion, Outcome, Report, Started
from providers.errors import Decline, Declined, Misconfigured, Uncertain, Unreachable
from providers.money import Money
from tests.scripted import (
    Call,
    Clock,
    Script,
    active,
    codes,
    events,
    make_agreement,
    make_order,
    make_payment,
    paid,
    renewal,
    story,
    work,
)

EUR20 = Money(2000, "EUR")


@pytest.fixture
def agreement(account: Account) -> Agreement:
    return make_agreement(
        account, provider_id="S-1", next_check_at=None,
        order={"reference": "abo-7", "customer": {"reference": "C-1"}, "description": "Monthly"},
    )  # fmt: skip


def at_once(call: Call) -> Started:
    return Started(show=None, provider_id=f"P-{call.charge.reference}", report=paid(call))


def charge(agreement: Agreement, reference: str = "extra-1", money: Money = EUR20, **more: Any) -> Payment:
    return charge_again(agreement, money, reference=reference, who=Who.SHOP, **more)[0]


def test_charged_and_paid(script: Script, agreement: Agreement) -> None:
    script.will("start", at_once)
    payment, new = charge_again(
        agreement, EUR20, reference="extra-1", description="Once more", metadata={"k": 1}, who=Who.SHOP
    )
    order = agreement.orders.get()
    assert (new, payment.state, order.state, payment.occasion) == (True, "paid", "paid", "recurring")
    assert (order.reference, order.description, order.metadata, order.customer, order.kind) == (
        "extra-1", "Once more", {"k": 1}, {"reference": "C-1"}, "one_off",
    )  # fmt: skip
    asked = script.asked("start")[0].charge
    assert asked.agreement is not None
    assert (asked.agreement.provider_id, asked.money, asked.occasion, asked.reference) == (
        "S-1", EUR20, Occasion.RECURRING, payment.reference,
    )  # fmt: skip
    assert codes(order) == [
        "order.created", "payment.charged_again", "payment.started", "payment.paid", "order.paid",
    ]  # fmt: skip
    assert story(agreement.payment.order)[-1] == (
        f"Agreement {agreement.number} is charged 20.00 EUR once more: order {order.number}."
    )
    assert (events(order), events(agreement.payment.order)) == (["order.paid"], [])


def test_declined(script: Script, agreement: Agreement) -> None:
    script.will("start", Declined(Decline(code="51", message="No money", reason="insufficient_funds")))
    payment = charge(agreement)
    order = agreement.orders.get()
    assert (payment.state, payment.decline_reason, order.state, order.attention) == (
        "failed", "insufficient_funds", "canceled", "",
    )  # fmt: skip
    assert events(order) == ["payment.failed"]
    assert codes(order)[-2:] == ["payment.failed", "order.charge_failed"]


def test_it_could_not_be_reached(script: Script, agreement: Agreement) -> None:
    script.will("start", Unreachable("no connection"))
    assert charge(agreement).state == State.FAILED
    script.will("start", at_once)
    assert charge(agreement, "extra-2").state == State.PAID


def test_settings_that_are_wrong(script: Script, agreement: Agreement) -> None:
    script.will("start", Misconfigured("wrong login"))
    assert charge(agreement).state == State.FAILED
    order = agreement.orders.get()
    assert (order.state, order.attention) == ("canceled", f"{agreement.account.name}: wrong login")
    assert events(order) == ["order.attention", "payment.failed"]


@pytest.mark.parametrize(
    ("truth", "end"),
    [(paid, ("paid", "paid")), (Report(outcome=Outcome.FAILED), ("canceled", "failed")),
     (Report(outcome=Outcome.OPEN), ("canceled", "failed"))],
    ids=["it was charged", "it was declined", "it never got there"],
)  # fmt: skip
def test_an_answer_that_was_lost(
    script: Script, clock: Clock, agreement: Agreement, truth: Any, end: tuple[str, str]
) -> None:
    script.will("start", Uncertain("no answer"))
    assert charge(agreement).state == State.CREATED
    with pytest.raises(NotPayable, match="a payment of the agreement is under way"):
        charge(agreement, "extra-2")
    script.will("sync", Uncertain("HTTP 503"), truth)
    for _minute in range(4):
        clock.forward(minutes=1)
        run_sweep()
        work()
    order = agreement.orders.get()
    assert (order.state, order.payments.get().state) == end
    assert len(script.asked("start")) == 1
    assert len([event for event in events(order) if event in {"order.paid", "payment.failed"}]) == 1


def test_the_same_request_twice(script: Script, agreement: Agreement) -> None:
    script.will("start", at_once)
    first = charge_again(agreement, EUR20, reference="extra-1", who=Who.SHOP)
    again = charge_again(agreement, EUR20, reference="extra-1", who=Who.SHOP)
    assert (first[1], again[1], first[0].pk) == (True, False, again[0].pk)
    assert (len(script.asked("start")), agreement.orders.count()) == (1, 1)
    script.will("start", Declined(Decline(code="51")))
    assert charge(agreement, "extra-2").state == State.FAILED
    assert charge(agreement, "extra-2").state == State.FAILED  # and not tried again
    assert len(script.asked("start")) == 2


def test_a_name_of_something_else(script: Script, account: Account, agreement: Agreement) -> None:
    make_order(account.shop, reference="basket-1", money=EUR20)
    script.will("start", at_once)
    charge(agreement)
    for reference, money in (
        ("basket-1", EUR20),
        ("extra-1", Money(2001, "EUR")),
        ("abo-7", Money(1500, "EUR")),
    ):
        with pytest.raises(ReferenceTaken):
            charge(agreement, reference, money)
    assert len(script.asked("start")) == 1


def test_a_name_that_we_gave_to_what_it_took_by_itself(script: Script, agreement: Agreement) -> None:
    """Of the same amount, and yet no answer to this request: nothing was charged for it."""
    script.will("sync_agreement", active("S-1", charges=(renewal("R-2", Money(1500, "EUR")),)))
    look_at(agreement)
    Payment.objects.filter(provider_id="R-2").update(state=State.FAILED)
    with pytest.raises(ReferenceTaken):
        charge(agreement, "abo-7/2", Money(1500, "EUR"))


@pytest.mark.parametrize(
    ("columns", "money", "why"),
    [
        ({"may_charge": False}, EUR20, "cannot be charged now"),
        ({}, Money(2000, "USD"), "is not an amount"),
        ({}, Money(0, "EUR"), "is not an amount"),
        ({}, Money(-1, "EUR"), "is not an amount"),
    ],
)
def test_what_cannot_be_charged(
    script: Script, agreement: Agreement, columns: dict[str, Any], money: Money, why: str
) -> None:
    Agreement.objects.update(**columns)
    with pytest.raises(NotPayable, match=why):
        charge(agreement, money=money)
    assert (script.asked("start"), agreement.orders.count()) == ([], 0)


def test_an_account_that_is_switched_off(script: Script, agreement: Agreement) -> None:
    Account.objects.update(enabled=False)
    with pytest.raises(NotPayable, match="cannot be charged now"):
        charge(agreement)


def test_while_the_first_payment_is_under_way(script: Script, agreement: Agreement) -> None:
    Payment.objects.update(state=State.PENDING, authorized_minor=0, captured_minor=0)
    Movement.objects.all().delete()
    Order.objects.update(state=OrderState.OPEN)
    with pytest.raises(NotPayable, match="under way"):
        charge(agreement)


def test_while_a_renewal_is_under_way(script: Script, agreement: Agreement) -> None:
    script.will("sync_agreement", active("S-1", charges=(renewal("R-2", Money(1500, "EUR")),)))
    look_at(agreement)
    with pytest.raises(NotPayable, match="under way"):
        charge(agreement)


def test_a_plan_is_not_charged_beyond_its_total(script: Script, account: Account) -> None:
    terms = {"period": {"count": 1, "unit": "month"}, "total": 3000, "cycles": 2}
    plan = make_agreement(account, kind=Kind.PAYMENT_PLAN, terms=terms)
    with pytest.raises(NotPayable, match=r"with 15.01 EUR more than the plan's 30.00 EUR would be taken"):
        charge(plan, money=Money(1501, "EUR"))
    script.will("start", at_once)
    assert charge(plan, money=Money(1500, "EUR")).state == State.PAID


@pytest.mark.parametrize("named", [True, False], ids=["by our reference", "without one"])
def test_it_is_listed_while_we_wait_for_the_answer(
    script: Script, clock: Clock, agreement: Agreement, named: bool
) -> None:
    """Ours, and not one that the agreement took by itself: one order, one payment."""

    def look() -> None:
        ours = Payment.objects.get(order__agreement=agreement)
        listed = renewal(
            f"P-{ours.reference}", EUR20, by_hand=True, reference=ours.reference if named else ""
        )
        script.always("sync_agreement", active("S-1", charges=(listed,)))
        look_at(agreement)

    script.during("start", look)
    script.will("start", at_once)
    payment = charge(agreement)
    look_at(agreement)
    assert [row.state for row in Payment.objects.filter(order__agreement=agreement)] == ["paid"]
    assert list(payment.provider_references.values_list("value", flat=True)) == [f"P-{payment.reference}"]
    assert len(script.asked_agreement("sync_agreement")) == 2


def test_a_charge_of_no_name_while_ours_is_known_is_another(script: Script, agreement: Agreement) -> None:
    script.will("start", at_once)
    charge(agreement)
    script.will("sync_agreement", active("S-1", charges=(renewal("R-9", EUR20, by_hand=True),)))
    look_at(agreement)
    assert agreement.orders.count() == 2


def test_another_customers_order_is_left_alone(
    script: Script, account: Account, agreement: Agreement
) -> None:
    """A charge that names the reference of a payment that is not the agreement's is a payment of its own."""
    other = make_payment(make_order(account.shop), account, state=State.PENDING)
    listed = renewal("R-2", Money(1500, "EUR"), reference=other.reference)
    script.will("sync_agreement", active("S-1", charges=(listed,)))
    look_at(agreement)
    assert agreement.orders.get().payments.get().provider_id == "R-2"
    assert "R-2" not in other.provider_references.values_list("value", flat=True)
