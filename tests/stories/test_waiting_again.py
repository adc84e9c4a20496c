"""What if money was under way and is then refused, while the attempt may be tried again? The shopper is told, and goes
on with it."""

from dataclasses import replace

from checkout.models import Order, Payment
from checkout.payments.apply import apply, started
from checkout.payments.settle import settle
from checkout.shopper.pages import Page, sight_of
from checkout.states import State
from providers.base import Outcome, Report, Started
from providers.errors import Decline
from providers.money import Money
from tests.scripted import Script, codes, paid

UNDER_WAY = Report(outcome=Outcome.PENDING)
REFUSED = Report(
    outcome=Outcome.OPEN,
    waits_again=True,
    decline=Decline(code="51", message="Not enough money", reason="insufficient_funds"),
)


def test_what_was_under_way_and_is_refused_can_be_tried_again(
    script: Script, order: Order, payment: Payment
) -> None:
    Payment.objects.filter(pk=payment.pk).update(claim="success")
    assert apply(payment.pk, UNDER_WAY).state == State.PENDING
    assert sight_of(order).page is Page.CHECKING
    script.will("sync", REFUSED, paid)
    back = settle(payment)
    assert (back.state, back.claim, back.checks) == (State.STARTED, "failure", 0)
    assert sight_of(order).page is Page.FAILED
    assert codes(order)[-2:] == ["payment.pending", "payment.declined"]
    assert settle(payment).state == State.PAID


def test_a_try_that_was_only_left_leads_back_to_the_attempt(
    script: Script, order: Order, payment: Payment
) -> None:
    apply(payment.pk, UNDER_WAY)
    back = apply(payment.pk, replace(REFUSED, decline=None))
    assert (back.state, back.claim) == (State.STARTED, "nothing")


def test_a_plain_open_is_an_older_answer(script: Script, payment: Payment) -> None:
    apply(payment.pk, UNDER_WAY)
    assert apply(payment.pk, replace(REFUSED, waits_again=False)).state == State.PENDING


def test_money_that_was_not_believed_waits_for_a_person(script: Script, payment: Payment) -> None:
    other = Money(1, "EUR")
    assert apply(payment.pk, Report(outcome=Outcome.PAID, captured=other)).state == State.PENDING
    assert apply(payment.pk, REFUSED).state == State.PENDING


def test_what_has_ended_stays_so(script: Script, payment: Payment) -> None:
    apply(payment.pk, Report(outcome=Outcome.CANCELED))
    assert apply(payment.pk, REFUSED).state == State.CANCELED


def test_an_answer_to_start_that_was_overtaken_is_no_step_back(script: Script, payment: Payment) -> None:
    apply(payment.pk, UNDER_WAY)
    assert started(payment.pk, Started(show=None)).state == State.PENDING
