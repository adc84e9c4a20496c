"""What if a refusal does not end the attempt? The same one goes on, where a second beside it could be paid as well."""

import pytest

from checkout.models import Account, Order, Payment
from checkout.payments import settle
from checkout.payments.apply import apply
from checkout.payments.cancel import cancel_attempt
from checkout.payments.start import start
from checkout.payments.timeline import Who
from checkout.states import State
from providers.base import Outcome, Report, Started
from providers.errors import Decline, Misconfigured, ProviderError, Uncertain
from tests.scripted import Script, codes, events, make_account, make_order, make_payment, paid, story


def refused_there(message: str = "Not enough money", reason: str = "insufficient_funds") -> Report:
    return Report(outcome=Outcome.OPEN, decline=Decline(code="51", message=message, reason=reason))


@pytest.fixture
def account(script: Script, transactional_db: None) -> Account:
    """At a provider that cannot be told that an attempt is given up."""
    return make_account(provider="bare")


def come_back(payment: Payment, claim: str = "failure") -> Payment:
    return settle.returned(payment, {"claim": claim}, patience=8)


def go_on(payment: Payment) -> Payment:
    return settle.go_on(Payment.objects.get(pk=payment.pk), patience=8)


# --- a refusal that ends nothing -------------------------------------------------------------------------------------


def test_refused_there_and_then_paid_with_another_card(
    script: Script, order: Order, payment: Payment
) -> None:
    script.will("sync", refused_there(), refused_there(), paid)
    back = come_back(payment)
    assert (back.state, back.claim, back.decline_reason) == (State.STARTED, "failure", "insufficient_funds")
    assert go_on(payment).claim == "nothing"
    paid_at_last = come_back(payment, "success")
    assert (paid_at_last.state, paid_at_last.decline_code, paid_at_last.decline_reason) == (
        State.PAID,
        "",
        "",
    )
    assert story(order)[3:] == [
        "The shopper's browser came back from Bare saying “failure”. That decides nothing.",
        "Bare declined, and attempt 1 stays open to be tried again there: Not enough money",
        "The shopper goes on with attempt 1.",
        "The shopper's browser came back from Bare saying “success”. That decides nothing.",
        "Bare confirms: 42.99 EUR paid.",
        "The order is paid: 42.99 EUR.",
    ]
    assert events(order) == ["order.paid"]
    assert len(script.asked("start")) == 1


def test_the_same_refusal_is_told_once_and_another_one_again(script: Script, payment: Payment) -> None:
    for report in (refused_there(), refused_there(), refused_there("Expired", "expired_card")):
        payment = apply(payment.pk, report)
    assert codes(payment.order).count("payment.declined") == 2
    assert (payment.decline_message, payment.decline_reason) == ("Expired", "expired_card")


def test_a_refusal_of_an_attempt_that_is_over_is_old_news(script: Script, order: Order) -> None:
    payment = apply(make_payment(order, state=State.CANCELED).pk, refused_there())
    assert (payment.state, payment.decline_reason) == (State.CANCELED, "")
    assert "payment.declined" not in codes(order)


@pytest.mark.parametrize("silence", [Uncertain("no answer"), Misconfigured("the key was refused")])
def test_who_comes_back_to_a_silent_provider_is_not_told_an_old_reason(
    script: Script, payment: Payment, silence: ProviderError
) -> None:
    apply(payment.pk, refused_there())
    script.will("sync", silence)
    back = come_back(payment)
    assert (back.state, back.claim, back.decline_code, back.decline_message, back.decline_reason) == (
        State.STARTED, "failure", "", "", "",
    )  # fmt: skip
    assert "payment.declined" in codes(payment.order)


def test_a_reason_that_ended_the_attempt_stays_whoever_is_silent(script: Script, order: Order) -> None:
    payment = make_payment(order, state=State.FAILED, decline_code="51", decline_reason="insufficient_funds")
    script.will("sync", Uncertain("no answer"))
    assert come_back(payment).decline_reason == "insufficient_funds"


# --- going on --------------------------------------------------------------------------------------------------------


def test_going_on_asks_first(script: Script, order: Order, payment: Payment) -> None:
    come_back(payment, "cancel")
    row = go_on(payment)
    assert (row.state, row.claim, row.claimed_at) == (State.STARTED, "nothing", None)
    assert script.verbs()[-2:] == ["sync", "sync"]  # the return's, and ours
    assert codes(order)[-1] == "payment.resumed"


def test_going_on_twice_is_told_once(script: Script, order: Order, payment: Payment) -> None:
    come_back(payment, "cancel")
    for _click in range(2):
        go_on(payment)
    assert codes(order).count("payment.resumed") == 1


@pytest.mark.parametrize(("truth", "end"), [(paid, State.PAID), (Report(outcome=Outcome.FAILED), State.FAILED),
                                            (Report(outcome=Outcome.PENDING), State.PENDING)],
                         ids=["paid", "failed", "under way"])  # fmt: skip
def test_what_the_provider_says_comes_before_going_on(
    script: Script, order: Order, payment: Payment, truth: object, end: State
) -> None:
    come_back(payment, "cancel")
    script.will("sync", truth)
    row = go_on(payment)
    assert (row.state, row.claim) == (end, "cancel")
    assert "payment.resumed" not in codes(order)


def test_a_silent_provider_holds_nobody_up(script: Script, order: Order, payment: Payment) -> None:
    come_back(payment, "cancel")
    script.will("sync", Uncertain("no answer within 8 s"))
    row = go_on(payment)
    assert (row.state, row.claim) == (State.STARTED, "nothing")
    assert row.next_check_at is not None
    assert codes(order)[-2:] == ["payment.uncertain", "payment.resumed"]


def test_money_that_comes_under_way_while_the_form_is_asked_for(
    script: Script, order: Order, payment: Payment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the answer and our lock the worker heard something newer."""
    come_back(payment, "cancel")
    settled = settle.settle

    def and_then(row: Payment, *, patience: float | None = None) -> Payment:
        answer = settled(row, patience=patience)
        apply(row.pk, Report(outcome=Outcome.PENDING))
        return answer

    monkeypatch.setattr(settle, "settle", and_then)
    assert (go_on(payment).state, go_on(payment).claim) == (State.PENDING, "cancel")
    assert "payment.resumed" not in codes(order)


# --- when it may ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [state for state in State if state is not State.STARTED])
def test_only_what_waits_for_the_shopper_goes_on(script: Script, order: Order, state: State) -> None:
    assert not settle.can_go_on(make_payment(order, state=state, show={"kind": "redirect"}))


def test_what_was_never_shown_does_not_go_on(script: Script, account: Account, order: Order) -> None:
    script.will("start", Started(show=None, provider_id="P-1"))
    assert not settle.can_go_on(start(order, account))


def test_where_the_provider_can_be_told_a_new_attempt_takes_its_place(script: Script) -> None:
    account = make_account()
    payment = start(make_order(account.shop), account)
    assert not settle.can_go_on(payment)
    script.will("sync", refused_there())
    come_back(payment)
    row = cancel_attempt(payment, give_up=False, who=Who.SHOPPER)
    assert (row.state, row.decline_reason) == (State.CANCELED, "insufficient_funds")
