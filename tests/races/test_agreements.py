"""Two at once on one agreement: what does the lock of the order that it began with prevent?"""

from typing import Any

import pytest

from checkout.models import Account, Agreement, Order, Payment
from checkout.payments import adopt as adopting
from checkout.payments import agreement_charge as charging
from checkout.payments import agreements as taking
from checkout.payments.agreement_charge import charge_again
from checkout.payments.agreement_follow_up import end, look_at
from checkout.payments.apply import apply
from checkout.payments.figures import violations
from checkout.payments.recover import check
from checkout.payments.start import NotPayable
from checkout.payments.timeline import Who
from checkout.states import State
from providers.agreements import AgreementState, Ending
from providers.base import Kind, Outcome, Report, Started
from providers.money import Money
from tests.races.starting_line import Race, all_at_once
from tests.scripted import (
    MONTHLY,
    Call,
    Script,
    active,
    events,
    make_agreement,
    make_order,
    make_payment,
    paid,
    renewal,
)

EUR15 = Money(1500, "EUR")
RENEWED = active("S-1", charges=(renewal("R-2", EUR15),))


def at_once(call: Call) -> Started:
    return Started(show=None, provider_id=f"P-{call.charge.reference}", report=paid(call))


@pytest.fixture
def agreement(account: Account) -> Agreement:
    return make_agreement(account, provider_id="S-1", order={"reference": "abo-7"})


def fresh(agreement: Agreement) -> Agreement:
    return Agreement.objects.select_related("account", "payment__order", "payment__account").get(
        pk=agreement.pk
    )


def further() -> list[str]:
    rows = Payment.objects.exclude(order__agreement=None).order_by("pk")
    return list(rows.values_list("provider_id", flat=True))


def broken() -> dict[str, int]:
    return {rule: n for rule, n in violations().items() if n}


# --- the same renewal heard twice ------------------------------------------------------------------------------------


def heard_twice(race: Race, script: Script, agreement: Agreement) -> None:
    script.always("sync_agreement", RENEWED)
    race.gate(adopting, "_asked_for")  # called between "do we know it?" and the new rows
    one, two = race.run(lambda: look_at(fresh(agreement)), lambda: look_at(fresh(agreement)))
    assert (one.pk, two.pk) == (agreement.pk, agreement.pk)


def test_two_workers_adopt_a_renewal_once(race: Race, script: Script, agreement: Agreement) -> None:
    heard_twice(race, script, agreement)
    assert (further(), agreement.orders.get().reference) == (["R-2"], "abo-7/2")
    assert agreement.payment.order.timeline.filter(code="agreement.charged").count() == 1
    assert broken() == {}


@pytest.mark.usefixtures("without_lock")
def test_twin_two_workers_adopt_a_renewal_without_the_lock(
    race: Race, script: Script, agreement: Agreement
) -> None:
    """One payment, and two orders of the shop that say they were paid with it."""
    heard_twice(race, script, agreement)
    assert further() == ["R-2", "R-2"]
    assert broken() == {"two agreements claim one payment": 1}


def test_many_hear_of_many(script: Script, agreement: Agreement) -> None:
    script.always(
        "sync_agreement", active("S-1", charges=tuple(renewal(f"R-{n}", EUR15) for n in range(2, 6)))
    )
    script.always("sync", paid)
    looked = all_at_once(*[lambda: look_at(fresh(agreement))] * 4)
    assert [row.pk for row in looked] == [agreement.pk] * 4
    assert further() == ["R-2", "R-3", "R-4", "R-5"]
    payments = list(Payment.objects.select_related("order", "account").exclude(order__agreement=None))
    all_at_once(*[lambda row=row: check(row) for row in payments * 2])
    assert [events(order) for order in agreement.orders.all()] == [["order.paid"]] * 4
    assert broken() == {}


# --- two charges -----------------------------------------------------------------------------------------------------


def charged_twice(race: Race, script: Script, agreement: Agreement, second: str) -> tuple[Any, Any]:
    script.always("start", at_once)
    race.gate(charging, "total_of")  # called between "is one under way?" and the intent
    return race.run(
        lambda: charge_again(fresh(agreement), EUR15, reference="extra-1", who=Who.SHOP),
        lambda: charge_again(fresh(agreement), EUR15, reference=second, who=Who.MERCHANT),
    )


def test_two_charges_follow_one_another(race: Race, script: Script, agreement: Agreement) -> None:
    """Nobody sees that none is under way while one is begun."""
    one, two = charged_twice(race, script, agreement, "extra-2")
    assert (one[0].state, one[1]) == (State.PAID, True)
    assert race.second_came_through is False
    # It came to the lock after the intent was written; whether the money had come by then is up to the machine.
    assert isinstance(two, NotPayable) or two[1] is True
    assert broken() == {}


def test_one_request_made_twice_charges_once(race: Race, script: Script, agreement: Agreement) -> None:
    one, two = charged_twice(race, script, agreement, "extra-1")
    assert (one[1], two[1], one[0].pk) == (True, False, two[0].pk)
    assert (len(script.asked("start")), agreement.orders.count()) == (1, 1)


@pytest.mark.usefixtures("without_lock")
def test_twin_two_charges_without_the_lock(race: Race, script: Script, agreement: Agreement) -> None:
    """The second runs through, beginning to end, between the first one's look and its intent."""
    one, two = charged_twice(race, script, agreement, "extra-2")
    assert race.second_came_through is True
    assert (one[1], two[1], len(script.asked("start"))) == (True, True, 2)


@pytest.mark.usefixtures("without_lock")
def test_twin_one_request_made_twice_without_the_lock(
    race: Race, script: Script, agreement: Agreement
) -> None:
    """The reference still holds, but who asks again for the charge that was made is told that its name is taken."""
    one, two = charged_twice(race, script, agreement, "extra-1")
    assert type(one).__name__ == "ReferenceTaken"
    assert two[1] is True


# --- its end ---------------------------------------------------------------------------------------------------------


def ended_while_renewed(race: Race, script: Script, agreement: Agreement) -> Agreement:
    script.will("sync_agreement", RENEWED)
    race.gate(taking, "adopt")  # called between taking how it stands and writing it
    race.run(lambda: look_at(fresh(agreement)), lambda: end(fresh(agreement), Ending.NOW, who=Who.SHOP))
    return fresh(agreement)


def test_a_renewal_that_arrives_while_it_is_ended(race: Race, script: Script, agreement: Agreement) -> None:
    after = ended_while_renewed(race, script, agreement)
    assert (after.state, after.phase, after.endings, further()) == ("ended", "closed", [], ["R-2"])
    assert events(agreement.payment.order) == ["agreement.updated"]
    assert broken() == {}


@pytest.mark.usefixtures("without_lock")
def test_twin_a_renewal_that_arrives_while_it_is_ended_without_the_lock(
    race: Race, script: Script, agreement: Agreement
) -> None:
    after = ended_while_renewed(race, script, agreement)
    assert (after.state, after.phase) == ("active", "billing")  # the shop was told that it is over


# --- two orders, one agreement ---------------------------------------------------------------------------------------


def test_two_orders_that_name_one_agreement(script: Script, account: Account) -> None:
    """Each under its own order's lock, so it is the row's constraint that decides."""
    payments = [
        make_payment(make_order(account.shop, money=EUR15, kind=Kind.SUBSCRIPTION, terms=MONTHLY), account)
        for _order in range(2)
    ]
    began = Report(outcome=Outcome.PAID, authorized=EUR15, captured=EUR15, agreement=active("S-1"))
    results = all_at_once(*[lambda row=row: apply(row.pk, began) for row in payments])
    assert [row.state for row in results] == [State.PAID] * 2
    assert Agreement.objects.get().state == AgreementState.ACTIVE
    flags = sorted(Order.objects.values_list("attention", flat=True))
    assert flags == ["", "the provider names an agreement of another attempt: S-1"]
    assert broken() == {}
