"""Does every rule about agreements find its culprit, and nothing else? And what do the figures count?"""

from typing import Any

import pytest

from checkout.models import Account, Agreement, Chargeback, Movement, Order, Payment
from checkout.payments import tallies
from checkout.payments.agreement_follow_up import look_at
from checkout.payments.figures import violations
from checkout.payments.metrics import figures
from checkout.payments.movements import note_movement
from checkout.payments.sweep import lateness
from checkout.states import State
from providers.agreements import AgreementState
from providers.base import Kind
from providers.money import Money
from tests.scripted import (
    Clock,
    Script,
    active,
    install,
    make_account,
    make_agreement,
    make_order,
    make_payment,
    make_shop,
    renewal,
)

EUR15 = Money(1500, "EUR")
PLAN: dict[str, Any] = {"period": {"count": 1, "unit": "month"}, "total": 3000, "cycles": 2}

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Script:
    return install(monkeypatch)


@pytest.fixture
def account(script: Script) -> Account:
    return make_account()


@pytest.fixture
def agreement(account: Account) -> Agreement:
    return make_agreement(account, provider_id="S-1")


def broken() -> dict[str, int]:
    return {rule: number for rule, number in violations().items() if number}


def further(agreement: Agreement, name: str = "R-2", *, state: State = State.PAID, **columns: Any) -> Payment:
    order = make_order(agreement.shop, money=EUR15, agreement=agreement)
    return make_payment(order, agreement.account, state=state, provider_id=name, **columns)


def test_all_is_well(script: Script, agreement: Agreement) -> None:
    script.will("sync_agreement", active("S-1", charges=(renewal("R-2", EUR15), renewal("R-3", EUR15))))
    look_at(agreement)
    assert broken() == {}


def test_a_further_payment_of_another_shop(agreement: Agreement) -> None:
    payment = further(agreement)
    assert broken() == {}
    Order.objects.filter(pk=payment.order_id).update(shop=make_shop())
    assert broken() == {"an agreement's further payment is of another shop or account": 1}


def test_a_further_payment_of_another_account(agreement: Agreement) -> None:
    payment = further(agreement)
    Payment.objects.filter(pk=payment.pk).update(account=make_account(agreement.shop))
    assert broken() == {"an agreement's further payment is of another shop or account": 1}


@pytest.mark.parametrize("column", ["shop", "account"])
def test_an_agreement_of_another_shop_or_account(agreement: Agreement, column: str) -> None:
    Agreement.objects.update(**{column: make_shop() if column == "shop" else make_account()})
    assert broken() == {"an agreement is of another shop or account than its first payment": 1}


def test_an_agreement_that_began_with_anothers_payment(agreement: Agreement) -> None:
    payment = further(agreement)
    Agreement.objects.create(
        shop=agreement.shop, account=agreement.account, payment=payment, kind=Kind.SUBSCRIPTION,
        provider_id="S-2", currency="EUR",
    )  # fmt: skip
    assert broken() == {"an agreement began with a further payment": 1}


def test_two_agreements_with_one_payment(account: Account, agreement: Agreement) -> None:
    other = make_agreement(account, provider_id="S-2")
    further(agreement, "R-2")
    payment = further(other, "R-3")
    payment.provider_references.create(account=account, value="S-2")  # its own agreement's name, at many
    further(other, "R-4").provider_references.create(account=account, value="S-2")
    assert broken() == {}
    further(other, "R-2")
    assert broken() == {"two agreements claim one payment": 1}


def test_the_same_name_at_another_account_is_another_payment(agreement: Agreement) -> None:
    further(agreement, "R-2")
    further(make_agreement(make_account()), "R-2")
    assert broken() == {}


def test_a_plan_beyond_its_total(account: Account) -> None:
    plan = make_agreement(account, kind=Kind.PAYMENT_PLAN, terms=PLAN)
    make_agreement(account, kind=Kind.PAYMENT_PLAN, terms=PLAN)
    further(plan, "R-2")
    further(plan, "R-3", state=State.FAILED)
    assert broken() == {}
    more = further(plan, "R-4")
    assert broken() == {"a payment plan took more than its total": 1}
    Payment.objects.filter(pk=more.pk).update(refunded_minor=1500)  # given back
    note_movement(more, Movement.Kind.REFUNDED, 1500)
    assert broken() == {}


def test_a_subscription_has_no_total(agreement: Agreement) -> None:
    for number in range(5):
        further(agreement, f"R-{number}")
    assert broken() == {}


def test_what_is_counted(account: Account, agreement: Agreement) -> None:
    make_agreement(account, next_check_at=None, state=AgreementState.ENDED)
    make_agreement(account, kind=Kind.MANDATE, next_check_at=None)
    Chargeback.objects.create(payment=agreement.payment, provider_id="CB-1", amount_minor=1, currency="EUR")
    assert list(figures()["agreements"][2]) == []  # nobody has counted yet
    tallies.count_anew()
    told = {name: sorted(rows) for name, (_text, _labels, rows) in figures().items()}
    assert told["agreements"] == [
        (("scripted", "mandate", "active"), 1),
        (("scripted", "subscription", "active"), 1),
        (("scripted", "subscription", "ended"), 1),
    ]
    assert told["agreements_due"] == [((), 1)]
    assert told["chargebacks"] == [(("scripted",), 1)]


def test_an_agreement_that_nobody_asks_about_is_late(
    monkeypatch: pytest.MonkeyPatch, agreement: Agreement
) -> None:
    clock = Clock(monkeypatch)
    clock.forward(minutes=7)
    assert 7 * 60 <= lateness().total_seconds() < 7 * 60 + 60
