"""What if a bank takes money back? It is kept once, told, and a person is called; it is no refund."""

from datetime import UTC, datetime
from typing import Any

import pytest

from checkout.models import Account, Chargeback, Payment
from checkout.payments.agreement_follow_up import look_at
from checkout.payments.orders import mark_seen
from checkout.payments.recover import check
from checkout.states import State
from providers.base import Chargeback as Told
from providers.base import Outcome, Report
from providers.money import Money
from tests.scripted import (
    Script,
    active,
    codes,
    events,
    make_agreement,
    make_order,
    make_payment,
    renewal,
    story,
)

EUR15 = Money(1500, "EUR")
AT = datetime(2030, 1, 2, tzinfo=UTC)


def back(*, money: Money = EUR15, name: str = "CB-1", status: str = "OPEN", **more: Any) -> Told:
    return Told(id=name, money=money, status=status, reason="4837", at=AT, **more)


def saying(*told: Told) -> Any:
    return lambda call: Report(outcome=Outcome.PAID, authorized=call.charge.money, captured=call.charge.money,
                               chargebacks=told)  # fmt: skip


@pytest.fixture(params=["the first payment", "a renewal"])
def payment(request: pytest.FixtureRequest, script: Script, account: Account) -> Payment:
    agreement = make_agreement(account, provider_id="S-1", next_check_at=None)
    if request.param == "the first payment":
        return agreement.payment
    script.will("sync_agreement", active("S-1", charges=(renewal("R-2", EUR15),)))
    look_at(agreement)
    later = Payment.objects.get(provider_id="R-2")
    script.will("sync", saying())
    check(later)
    later.order.events.all().delete()
    return Payment.objects.select_related("order", "account").get(pk=later.pk)


def test_kept_once_told_and_flagged(script: Script, payment: Payment) -> None:
    script.always("sync", saying(back()))
    for _look in range(3):
        check(payment)
    payment.refresh_from_db()
    order = payment.order
    order.refresh_from_db()
    row = Chargeback.objects.get()
    assert (row.payment, row.provider_id, row.money, row.status, row.reason, row.at) == (
        payment, "CB-1", EUR15, "OPEN", "4837", AT,
    )  # fmt: skip
    assert (payment.state, payment.captured_minor, payment.refunded_minor, order.state) == (
        "paid", 1500, 0, "paid",
    )  # fmt: skip
    assert events(order) == ["order.charged_back", "order.attention"]
    told = order.events.get(type="order.charged_back").payload["data"]
    assert told["payment"]["chargebacks"] == [
        {
            "amount": 1500,
            "currency": "EUR",
            "status": "OPEN",
            "reason": "4837",
            "at": "2030-01-02T00:00:00+00:00",
        }
    ]
    assert told["amount_refunded"] == 0
    assert order.attention == "the bank took 15.00 EUR back (reason 4837)"
    assert codes(order).count("payment.charged_back") == 1
    assert "The bank took 15.00 EUR back. Its reason code: 4837" in story(order)


def test_a_person_who_has_seen_it_is_not_called_again(script: Script, payment: Payment) -> None:
    script.always("sync", saying(back()))
    check(payment)
    mark_seen(payment.order, user=None)
    check(payment)
    payment.order.refresh_from_db()
    assert payment.order.attention == ""


def test_how_it_goes_on(script: Script, payment: Payment) -> None:
    script.will("sync", saying(back()), saying(back(status="REVERSED")), saying(back(status="")))
    for _look in range(3):
        check(payment)
    assert Chargeback.objects.get().status == "REVERSED"
    assert codes(payment.order).count("payment.chargeback_status") == 1
    assert story(payment.order)[-1] == "Scripted says of the chargeback of 15.00 EUR: REVERSED."
    assert events(payment.order).count("order.charged_back") == 2  # it came, and it was reversed


def test_it_becomes_more(script: Script, payment: Payment) -> None:
    script.will("sync", saying(back(money=Money(500, "EUR"))), saying(back()))
    check(payment)
    check(payment)
    payment.order.refresh_from_db()
    assert Chargeback.objects.get().money == EUR15
    assert payment.order.attention.endswith("the bank took 15.00 EUR back, not 5.00 EUR as was told first")
    assert events(payment.order).count("order.charged_back") == 2


def test_two_of_them(script: Script, payment: Payment) -> None:
    five, ten = Money(500, "EUR"), Money(1000, "EUR")
    script.will("sync", saying(back(money=five), back(name="CB-2", money=ten)))
    check(payment)
    assert Chargeback.objects.count() == 2
    assert events(payment.order).count("order.charged_back") == 1


def test_in_another_currency(script: Script, payment: Payment) -> None:
    script.always("sync", saying(back(money=Money(1500, "USD"))))
    check(payment)
    check(payment)
    payment.refresh_from_db()
    payment.order.refresh_from_db()
    assert not Chargeback.objects.exists()
    assert (payment.state, payment.order.attention) == ("paid", "asked 15.00 EUR, provider reports 15.00 USD")
    assert events(payment.order) == ["order.attention"]


def test_the_same_id_at_two_payments(script: Script, account: Account) -> None:
    script.always("sync", saying(back()))
    for _payment in range(2):
        check(make_payment(make_order(account.shop, money=EUR15), account, state=State.PAID))
    assert Chargeback.objects.count() == 2
