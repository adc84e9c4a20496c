"""What is not believed? The attempt waits visibly, a person is called, and the sentence says why."""

import pytest

from checkout.models import Account, Order, Payment
from checkout.payments.orders import mark_seen
from checkout.payments.recover import check
from checkout.payments.start import start
from checkout.states import OrderState, State
from providers.base import Operation, OperationStatus, Outcome, Report, Tender, Verb
from providers.money import Money
from tests.scripted import Script, codes, events, make_account, make_order, make_payment, paid, story


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


USD = Money(4299, "USD")


@pytest.mark.parametrize(
    ("report", "why"),
    [
        (
            Report(outcome=Outcome.PAID, authorized=eur(4298), captured=eur(4298)),
            "asked 42.99 EUR, provider reports 42.98 EUR",
        ),
        (
            Report(outcome=Outcome.PAID, authorized=eur(4300), captured=eur(4300)),
            "asked 42.99 EUR, provider reports 43.00 EUR",
        ),
        (
            Report(outcome=Outcome.PAID, authorized=USD, captured=USD),
            "asked 42.99 EUR, provider reports 42.99 USD",
        ),
        (Report(outcome=Outcome.PAID), "the provider says paid but not how much"),
        (Report(outcome=Outcome.AUTHORIZED), "the provider says authorized but not how much"),
        (
            Report(outcome=Outcome.PAID, authorized=eur(4299), captured=eur(0)),
            "the provider says paid, but captured 0.00 EUR",
        ),
        (
            Report(outcome=Outcome.PAID, authorized=eur(4299), captured=eur(5000)),
            "captured 50.00 EUR is more than authorised 42.99 EUR",
        ),
        (
            Report(outcome=Outcome.PAID, authorized=eur(4299), captured=eur(4299), refunded=eur(4300)),
            "refunded 43.00 EUR is more than captured 42.99 EUR",
        ),
        (
            Report(outcome=Outcome.PAID, authorized=eur(4299), captured=eur(4299), voided=eur(1)),
            "voided and captured together are more than authorised 42.99 EUR",
        ),
        (
            Report(outcome=Outcome.REFUNDED, authorized=eur(4299), captured=eur(4299), refunded=eur(1)),
            "the provider says refunded, but 0.01 EUR of 42.99 EUR",
        ),
        (
            Report(outcome=Outcome.PAID, authorized=eur(4299), captured=eur(4299), pending=eur(-1)),
            "the provider reports a negative sum, -0.01 EUR",
        ),
        (
            Report(outcome=Outcome.PAID, reference="G-ANOTHER-1", authorized=eur(4299), captured=eur(4299)),
            "asked about {reference}, the provider answers about G-ANOTHER-1",
        ),
        (
            Report(outcome=Outcome.PAID, live=True, authorized=eur(4299), captured=eur(4299)),
            "a live payment on a test account",
        ),
    ],
)
def test_not_believed(script: Script, order: Order, payment: Payment, report: Report, why: str) -> None:
    why = why.format(reference=payment.reference)
    script.will("sync", report)
    doubted = check(payment)

    order.refresh_from_db()
    assert (doubted.state, order.state) == (State.PENDING, OrderState.OPEN)
    assert (doubted.authorized_minor, doubted.captured_minor, doubted.refunded_minor) == (0, 0, 0)
    assert order.attention == why
    assert story(order)[-2:] == [f"Not believed: {why}", f"This order needs a person: {why}"]
    assert events(order) == ["order.attention"]
    assert order.events.get().payload["data"]["payment"]["state"] == "pending"
    assert doubted.next_check_at is not None


def test_a_test_payment_on_a_live_account(script: Script) -> None:
    account = make_account(live=True)
    order = make_order(account.shop)
    payment = start(order, account)
    script.will("sync", Report(outcome=Outcome.PAID, live=False, authorized=eur(4299), captured=eur(4299)))
    assert check(payment).state == State.PENDING
    order.refresh_from_db()
    assert order.attention == "a test payment on a live account"


def test_the_truth_after_all(script: Script, order: Order, payment: Payment) -> None:
    script.will("sync", Report(outcome=Outcome.PAID, authorized=USD, captured=USD), paid)
    assert check(payment).state == State.PENDING
    assert check(Payment.objects.get(pk=payment.pk)).state == State.PAID
    assert events(order) == ["order.attention", "order.paid"]


def test_a_person_who_has_seen_it_is_not_called_again(script: Script, order: Order, payment: Payment) -> None:
    script.always("sync", Report(outcome=Outcome.PAID, authorized=USD, captured=USD))
    for _look in range(3):
        check(Payment.objects.get(pk=payment.pk))
    mark_seen(order, user=None)
    for _look in range(3):
        check(Payment.objects.get(pk=payment.pk))
    order.refresh_from_db()
    assert order.attention == ""
    assert codes(order).count("payment.objection") == 1
    assert events(order) == ["order.attention"]


def test_another_objection_is_told(script: Script, order: Order, payment: Payment) -> None:
    script.will(
        "sync",
        Report(outcome=Outcome.PAID, authorized=USD, captured=USD),
        Report(outcome=Outcome.PAID, authorized=eur(1), captured=eur(1)),
    )
    check(payment)
    check(Payment.objects.get(pk=payment.pk))
    order.refresh_from_db()
    assert order.attention == (
        "asked 42.99 EUR, provider reports 42.99 USD; asked 42.99 EUR, provider reports 0.01 EUR"
    )
    assert codes(order).count("payment.objection") == 2


def test_what_is_not_believed_leaves_no_trace_on_the_payment(
    script: Script, order: Order, payment: Payment
) -> None:
    stranger = Report(
        outcome=Outcome.FAILED, reference="G-ANOTHER-1", provider_ids=("P-another",), memo={"order_id": 99}
    )
    script.will("sync", stranger)
    doubted = check(payment)
    assert doubted.state == State.STARTED
    assert doubted.memo == {"session": f"P-{payment.reference}"}
    assert not doubted.provider_references.filter(value="P-another").exists()
    order.refresh_from_db()
    assert order.attention == ""  # nobody says that money moved


@pytest.mark.parametrize(
    "outcome", [Outcome.OPEN, Outcome.PENDING, Outcome.FAILED, Outcome.CANCELED, Outcome.EXPIRED]
)
def test_impossible_sums_are_an_objection_whatever_the_outcome(
    script: Script, payment: Payment, outcome: Outcome
) -> None:
    script.will("sync", Report(outcome=outcome, captured=eur(10), refunded=eur(20)))
    assert check(payment).state == State.STARTED
    assert story(payment.order)[-1] == "Not believed: refunded 0.20 EUR is more than captured 0.10 EUR"


def test_a_foreign_currency_hides_nowhere(script: Script, order: Order, payment: Payment) -> None:
    listed = Operation(verb=Verb.REFUND, money=USD, status=OperationStatus.SUCCESS, provider_id="r1")
    none = eur(0)
    part = Tender(
        id="1", partner="p", method="card", authorized=USD, captured=none, refunded=none, voided=none
    )
    for odd in (
        Report(outcome=Outcome.PAID, authorized=eur(4299), captured=eur(4299), operations=(listed,)),
        Report(outcome=Outcome.PAID, authorized=eur(4299), captured=eur(4299), tenders=(part,)),
    ):
        script.will("sync", odd)
        assert check(Payment.objects.get(pk=payment.pk)).state == State.PENDING
    assert codes(order).count("payment.objection") == 1  # the same sentence both times
    assert order.payments.get().operations.count() == 0


def test_a_word_nobody_knows_is_pending(script: Script, order: Order, payment: Payment) -> None:
    odd = Report(
        outcome=Outcome.PENDING, warning="S360 calls the payment “MAYBE”, a word that we do not know."
    )
    script.will("sync", odd, odd)
    assert check(payment).state == State.PENDING
    assert check(Payment.objects.get(pk=payment.pk)).state == State.PENDING
    assert story(order)[-2:] == [
        "Scripted: S360 calls the payment “MAYBE”, a word that we do not know.",
        "Scripted says the payment is under way.",
    ]
    order.refresh_from_db()
    assert (order.state, events(order)) == (OrderState.OPEN, [])


def test_a_warning_about_money_that_is_only_reserved_calls_a_person(
    script: Script, order: Order, payment: Payment
) -> None:
    """Nobody captures what they believe was charged, and it lapses."""
    reserved = Report(outcome=Outcome.AUTHORIZED, authorized=eur(4299), warning="It was only reserved.")
    script.will("sync", reserved, reserved)
    assert check(payment).state == State.AUTHORIZED
    assert check(Payment.objects.get(pk=payment.pk)).state == State.AUTHORIZED
    order.refresh_from_db()
    assert order.attention == "It was only reserved."
    assert codes(order).count("order.attention") == 1


def test_an_answer_that_takes_money_back_is_ignored_aloud(
    script: Script, account: Account, order: Order
) -> None:
    payment = make_payment(order, account, state=State.PAID)
    script.will("sync", Report(outcome=Outcome.FAILED))
    assert check(payment).state == State.PAID
    assert story(order)[-1] == "Scripted reports “failed”, which cannot follow “paid”. Nothing was changed."
    assert events(order) == []


def test_found_refunded_before_anybody_asked(script: Script, order: Order, payment: Payment) -> None:
    money = eur(4299)
    script.will("sync", Report(outcome=Outcome.REFUNDED, authorized=money, captured=money, refunded=money))
    found = check(payment)
    order.refresh_from_db()
    assert (found.state, order.state) == (State.REFUNDED, OrderState.OPEN)
    assert events(order) == ["order.refunded"]  # never "paid": there is nothing to ship for


def test_a_refund_that_is_not_named_is_all_of_it(script: Script, account: Account, order: Order) -> None:
    payment = make_payment(order, account, state=State.PAID)
    script.will("sync", Report(outcome=Outcome.REFUNDED))
    found = check(payment)
    assert (found.state, found.refunded_minor) == (State.REFUNDED, 4299)


def test_a_part_captured_of_what_is_authorised_here(script: Script, account: Account, order: Order) -> None:
    payment = make_payment(order, account, state=State.AUTHORIZED)
    script.will("sync", Report(outcome=Outcome.PAID, captured=eur(1000)))
    found = check(payment)
    assert (found.state, found.authorized_minor, found.captured_minor) == (State.PAID, 4299, 1000)


def test_an_old_answer_puts_nothing_under_way_again(script: Script, account: Account, order: Order) -> None:
    payment = make_payment(order, account, state=State.PAID)
    script.will("sync", Report(outcome=Outcome.PENDING, pending=eur(4299)))
    found = check(payment)
    assert (found.state, found.pending_minor) == (State.PAID, 0)
    assert codes(order) == ["order.created"]
