"""What does a shopper read who agrees to more than one payment, or meets one that is the merchant's affair?"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from checkout.models import Account, Agreement, Order, Payment
from checkout.payments.apply import apply
from checkout.payments.orders import create_order
from checkout.states import OrderState, State
from providers.agreements import AgreementState
from providers.base import Kind, Outcome, Report
from providers.money import Money
from tests.shopper.conftest import Reading
from tests.shopper.scripted import Scripted, paid

Read = Callable[[Order], Reading]
TRIAL = {
    "amount": 1500,
    "period": {"count": 1, "unit": "month"},
    "initial_amount": 10000,
    "trial": {"amount": 100, "period": {"count": 7, "unit": "day"}},
}
PLAN = {"total": 30000, "cycles": 12, "period": {"count": 1, "unit": "month"}}
FREE = {
    "amount": 1500,
    "period": {"count": 1, "unit": "month"},
    "trial": {"period": {"count": 7, "unit": "day"}},
}


@pytest.fixture(autouse=True)
def _agreeing(scripted: type[Scripted], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Scripted, "kinds", frozenset(Kind))


@pytest.fixture
def agreeing(make_order: Callable[..., Order], account: Account) -> Callable[..., Order]:
    def make(kind: Kind, minor: int, terms: dict[str, Any]) -> Order:
        return make_order(minor, kind=kind, terms=terms, items=[], description="Museum pass")

    return make


TRIAL_IN_WORDS = "€1.00 for 7 days, then €100.00, then €15.00 every month until it is ended"
BEFORE = [
    (Kind.SUBSCRIPTION, 100, TRIAL, f"You agree to: {TRIAL_IN_WORDS}.",
     "Today you pay €1.00.", "Pay €1.00 and subscribe"),
    (Kind.SUBSCRIPTION, 0, FREE, "You agree to: free for 7 days, then €15.00 every month until it is ended.",
     "Nothing is charged today.", "Subscribe"),
    (Kind.PAYMENT_PLAN, 2500, PLAN, "You agree to: €300.00 in 12 payments, one every month.", "Today you pay €25.00.",
     "Pay €25.00 and agree to the rest"),
    (Kind.MANDATE, 1200, {}, "You allow Museum of Bread to charge you later, without asking you again each time.",
     "Today you pay €12.00.", "Pay €12.00 and agree"),
    (Kind.MANDATE, 0, {}, "You allow Museum of Bread to charge you later, without asking you again each time.",
     "Nothing is charged today.", "Agree and continue"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "minor", "terms", "agreed", "today", "button"), BEFORE)
def test_before_it_is_agreed(
    agreeing: Callable[..., Order],
    read: Read,
    kind: Kind,
    minor: int,
    terms: dict[str, Any],
    agreed: str,
    today: str,
    button: str,
) -> None:
    page = read(agreeing(kind, minor, terms))
    assert agreed in page.text
    assert today in page.text
    assert "To end it, write to Museum of Bread: help@bread.example." in page.text
    assert button in page.buttons
    assert page.heading == (
        "How would you like to pay?" if minor else "Where are the later payments to come from?"
    )


def begin(order: Order, account: Account, **more: Any) -> Payment:
    """The first payment is made, and the provider has set the agreement up."""
    payment = Payment.objects.create(
        order=order, account=account, number=1, reference=f"{order.number}-1", state=State.STARTED,
        amount_minor=order.amount_minor, currency=order.currency,
    )  # fmt: skip
    apply(payment.pk, paid(order.amount_minor) if order.amount_minor else Report(outcome=Outcome.PAID))
    Agreement.objects.create(
        shop=order.shop, account=account, payment=payment, kind=order.kind, provider_id="S-1", currency="EUR",
        terms=order.terms, number="A-234567892", **{"state": AgreementState.ACTIVE, **more},
    )  # fmt: skip
    return payment


def test_the_receipt_says_what_comes_next(
    agreeing: Callable[..., Order], account: Account, read: Read
) -> None:
    order = agreeing(Kind.SUBSCRIPTION, 100, TRIAL)
    begin(order, account, next_event="initial", next_event_at=datetime(2026, 11, 28, 9, 30, tzinfo=UTC))
    page = read(order)
    assert page.heading == "Paid, thank you"
    assert f"Agreed {TRIAL_IN_WORDS}" in page.text
    assert "Next payment €100.00, 28 November 2026, 09:30 UTC" in page.text
    assert "Agreement A-234567892" in page.text
    assert "To end it, write to Museum of Bread: help@bread.example." in page.text


def test_the_receipt_of_what_is_over(agreeing: Callable[..., Order], account: Account, read: Read) -> None:
    order = agreeing(Kind.PAYMENT_PLAN, 2500, PLAN)
    begin(order, account, state=AgreementState.ENDED, next_event="bill", next_event_at=timezone.now())
    page = read(order)
    assert "Agreement A-234567892 (ended)" in page.text
    assert "Next payment" not in page.text
    assert "To end it" not in page.text


def test_nothing_was_due(agreeing: Callable[..., Order], account: Account, read: Read) -> None:
    order = agreeing(Kind.SUBSCRIPTION, 0, FREE)
    begin(order, account, next_event="bill", next_event_at=datetime(2026, 11, 28, 9, 30, tzinfo=UTC))
    page = read(order)
    assert page.heading == "It is agreed, thank you"
    assert "Nothing was charged today." in page.text
    assert "Amount paid" not in page.text
    assert "€0.00" not in page.text
    assert "Next payment €15.00, 28 November 2026, 09:30 UTC" in page.text


# --- what is the merchant's affair --------------------------------------------------------------------------------


@pytest.fixture
def at_desk(order: Order, account: Account) -> Payment:
    return Payment.objects.create(
        order=order, account=account, number=1, reference=f"{order.number}-1", state=State.STARTED,
        amount_minor=order.amount_minor, currency=order.currency, desk={"back": "/admin/", "locked": []},
        show={"kind": "redirect", "url": "https://provider.example/the-merchants-form"},
    )  # fmt: skip


def test_the_desks_form_is_not_the_shoppers(order: Order, at_desk: Payment, read: Read) -> None:
    page = read(order)
    assert page.heading == "The shop is taking this payment by phone"
    assert "the-merchants-form" not in page.html
    assert not [button for button in page.buttons if button not in {"Français", "Check again"}]


@pytest.mark.parametrize(
    ("press", "fields"),
    [
        ("give-up", {}),
        ("retry", {"attempt": "1", "then": "choose"}),
        ("retry", {"attempt": "1", "then": "again"}),
    ],
)
def test_what_is_open_at_the_desk_is_not_ended_by_the_shopper(
    order: Order, at_desk: Payment, shopper: Client, press: str, fields: dict[str, str]
) -> None:
    answer = shopper.post(f"/pay/{order.token}/{press}/", fields)
    assert (answer.status_code, answer.headers["Location"]) == (303, order.get_absolute_url())
    at_desk.refresh_from_db()
    order.refresh_from_db()
    assert (at_desk.state, order.state, Scripted.calls) == (State.STARTED, OrderState.OPEN, [])


def test_the_way_back_from_the_desk_is_the_merchants(order: Order, at_desk: Payment, shopper: Client) -> None:
    answer = shopper.get(f"/pay/{order.token}/return/{at_desk.token}/", {"result": "x"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/admin/")
    assert Scripted.calls == []  # the admin asks when the merchant is there


@pytest.fixture
def further(agreeing: Callable[..., Order], account: Account) -> Order:
    first = agreeing(Kind.SUBSCRIPTION, 100, TRIAL)
    begun = begin(first, account)
    return create_order(
        first.shop,
        reference="B-1/2",
        money=Money(1500, "EUR"),
        expires_at=timezone.now(),
        agreement=begun.began,
    )


def test_a_further_payment_under_way(further: Order, read: Read) -> None:
    page = read(further)
    assert page.heading == "A payment under your agreement"
    assert "€15.00 is being charged for Museum of Bread, as you agreed." in page.text


def test_a_further_payment_that_failed(further: Order, read: Read) -> None:
    Order.objects.filter(pk=further.pk).update(state=OrderState.CANCELED)
    page = read(further)
    assert "The payment of €15.00 did not go through, so nothing was charged." in page.text
    assert "It cannot be paid on this page." in page.text
    assert [button for button in page.buttons if "Pay" in button] == []


def test_a_further_payment_has_a_receipt(further: Order, account: Account, read: Read) -> None:
    payment = Payment.objects.create(
        order=further, account=account, number=1, reference=f"{further.number}-1", state=State.PENDING,
        amount_minor=1500, currency="EUR",
    )  # fmt: skip
    apply(payment.pk, paid(further.amount_minor))
    page = read(further)
    assert page.heading == "Paid, thank you"
    assert "Amount paid €15.00" in page.text
