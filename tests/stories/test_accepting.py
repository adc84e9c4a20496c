"""Another amount came, and a person agrees with it. Is the order then over that, and over nothing else?"""

from typing import Any

import pytest
from django.contrib.auth.models import User

from checkout.models import Account, Call, Order, Payment
from checkout.payments.accept import NotAccepted, accept, can_accept
from checkout.payments.attention import flag
from checkout.payments.cancel import give_up
from checkout.payments.figures import violations
from checkout.payments.locks import order_lock
from checkout.payments.recover import check
from checkout.payments.reopen import reopen
from checkout.payments.start import start
from checkout.payments.timeline import Who
from checkout.states import OrderState, State
from checkout.tasks import run_sweep
from providers.base import Kind, Outcome, Report
from providers.errors import Uncertain
from providers.money import Money
from tests.scripted import Script, codes, events, story, work

ASKED, CAME = Money(4299, "EUR"), Money(4000, "EUR")


def of(money: Money, outcome: Outcome = Outcome.PAID, **more: Any) -> Report:
    return Report(outcome=outcome, authorized=money,
                  captured=money if outcome is Outcome.PAID else None, **more)  # fmt: skip


@pytest.fixture
def margot(db: None) -> User:
    return User.objects.create_user("margot")


@pytest.fixture
def doubted(script: Script, order: Order, payment: Payment) -> Payment:
    """40.00 came instead of 42.99."""
    script.always("sync", of(CAME))
    return check(payment)


def again(row: Payment) -> Payment:
    return Payment.objects.select_related("order", "account").get(pk=row.pk)


def broken() -> dict[str, int]:
    return {rule: n for rule, n in violations().items() if n}


def test_what_came_pays_the_order(script: Script, order: Order, doubted: Payment, margot: User) -> None:
    assert can_accept(again(doubted))
    accepted = accept(again(doubted), CAME, user=margot)
    order.refresh_from_db()
    assert (accepted.state, accepted.money, accepted.captured_minor) == (State.PAID, CAME, 4000)
    assert (order.state, order.money, order.items, order.attention) == (OrderState.PAID, CAME, [], "")
    assert codes(order)[-5:] == [
        "payment.accepted", "order.changed", "payment.paid", "order.paid", "order.seen"
    ]  # fmt: skip
    told = order.timeline.get(code="payment.accepted")
    assert (told.user, story(order)[-5]) == (
        margot, "Attempt 1 is accepted over 40.00 EUR, which is what came, instead of 42.99 EUR.",
    )  # fmt: skip
    assert events(order) == ["order.attention", "order.paid"]
    assert order.events.get(type="order.paid").payload["data"]["amount"] == 4000
    assert broken() == {}


def test_twice_is_once(order: Order, doubted: Payment, margot: User) -> None:
    before = again(doubted)
    accept(before, CAME, user=margot)
    assert accept(before, CAME, user=margot).state == State.PAID  # the page was open in two windows
    assert accept(again(doubted), CAME, user=margot).state == State.PAID
    assert codes(order).count("payment.accepted") == codes(order).count("order.paid") == 1


def test_cut_off_in_between_it_is_counted_by_whoever_looks_next(
    order: Order, doubted: Payment, margot: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def power_cut(*_words: Any, **_named: Any) -> Payment:
        raise SystemExit

    Payment.objects.update(next_check_at=None)  # it has been watched for long
    with monkeypatch.context() as cut:
        cut.setattr("checkout.payments.accept.apply", power_cut)
        with pytest.raises(SystemExit):
            accept(again(doubted), CAME, user=margot)
    assert (again(doubted).state, again(doubted).order.money) == (State.PENDING, CAME)
    run_sweep()
    work()
    order.refresh_from_db()
    assert (again(doubted).state, order.state) == (State.PAID, OrderState.PAID)
    assert broken() == {}


def test_a_reserve_and_more_than_was_asked_for(
    script: Script, order: Order, payment: Payment, margot: User
) -> None:
    more = Money(5000, "EUR")
    script.always("sync", of(more, Outcome.AUTHORIZED))
    check(payment)
    accepted = accept(again(payment), more, user=margot)
    assert (accepted.state, accepted.authorized_minor, accepted.captured_minor) == (State.AUTHORIZED, 5000, 0)
    assert Order.objects.get().state == OrderState.OPEN
    assert events(order)[-1] == "order.authorized"


def test_of_what_was_too_much_a_part_went_back_already(
    script: Script, order: Order, payment: Payment, margot: User
) -> None:
    script.always("sync", of(Money(5000, "EUR"), refunded=Money(701, "EUR")))
    check(payment)
    accepted = accept(again(payment), Money(5000, "EUR"), user=margot)
    order.refresh_from_db()
    assert (accepted.state, accepted.captured_minor, accepted.refunded_minor) == (State.PAID, 5000, 701)
    assert (order.state, order.money) == (OrderState.PAID, Money(5000, "EUR"))


@pytest.mark.parametrize(
    ("now", "why"),
    [
        (of(Money(3900, "EUR")), "The provider says that 39.00 EUR came, not 40.00 EUR."),
        (of(Money(4000, "USD")), "The provider says that 40.00 USD came, not 40.00 EUR."),
        (Uncertain("No answer."), "The provider cannot be asked at the moment. Try again later."),
        (Report(outcome=Outcome.PENDING), "The provider does not say now that money came."),
        (Report(outcome=Outcome.PAID), "The provider does not say now that money came."),
        (of(CAME, Outcome.REFUNDED), "The provider does not say now that money came."),
        (
            Report(outcome=Outcome.PAID, reference="G-ANOTHER-1", captured=CAME),
            "It is not this order's money: asked about {reference}, the provider answers about G-ANOTHER-1.",
        ),
        (
            Report(outcome=Outcome.PAID, live=True, captured=CAME),
            "It is not this order's money: a live payment on a test account.",
        ),
    ],
)
def test_only_what_the_provider_says_now(
    script: Script, order: Order, doubted: Payment, margot: User, now: object, why: str
) -> None:
    script.will("sync", now)
    with pytest.raises(NotAccepted) as no:
        accept(again(doubted), CAME, user=margot)
    assert str(no.value) == why.format(reference=doubted.reference)
    row = again(doubted)
    assert (row.state, row.money, row.order.money) == (State.PENDING, ASKED, ASKED)
    assert "payment.accepted" not in codes(order)


def test_an_attempt_that_was_given_up(
    script: Script, account: Account, order: Order, payment: Payment, margot: User
) -> None:
    script.will("cancel", Report(outcome=Outcome.CANCELED))
    reopen(give_up(order, who=Who.SHOP), user=margot)
    script.always("sync", of(CAME))
    check(again(payment))
    assert again(payment).state == State.CANCELED
    assert accept(again(payment), CAME, user=margot).state == State.PAID
    assert Order.objects.get().state == OrderState.PAID
    assert broken() == {}


@pytest.mark.parametrize("otherwise", [{"state": OrderState.CANCELED}, {"kind": Kind.SUBSCRIPTION}])
def test_where_it_is_not_offered(
    order: Order, doubted: Payment, margot: User, otherwise: dict[str, str]
) -> None:
    Order.objects.filter(pk=order.pk).update(**otherwise)
    assert not can_accept(again(doubted))
    with pytest.raises(NotAccepted, match="has gone on meanwhile"):
        accept(again(doubted), CAME, user=margot)


def test_it_is_not_offered_for_what_nobody_doubts_or_beside_another_attempt(
    script: Script, account: Account, order: Order, payment: Payment, margot: User
) -> None:
    assert not can_accept(again(payment))
    script.will("cancel", Report(outcome=Outcome.CANCELED))
    reopen(give_up(order, who=Who.SHOP), user=margot)
    script.will("sync", of(CAME))
    check(again(payment))
    assert can_accept(again(payment))
    start(reopen(again(payment).order, user=margot), account)
    assert not can_accept(again(payment))


def test_another_reason_to_look_stays(script: Script, order: Order, doubted: Payment, margot: User) -> None:
    with order_lock(order.pk) as locked:
        flag(locked, "look at this as well", Call.OTHER)
    accept(again(doubted), CAME, user=margot)
    order.refresh_from_db()
    assert "look at this as well" in order.attention


@pytest.mark.parametrize("outcome", [Outcome.PAID, Outcome.AUTHORIZED])
def test_the_amount_of_before_came_for_an_order_that_was_changed(
    script: Script, order: Order, payment: Payment, margot: User, outcome: Outcome
) -> None:
    """It is counted, but pays nothing: without a person's yes the order would stay open for ever."""
    Order.objects.filter(pk=order.pk).update(amount_minor=3000)
    script.always("sync", of(ASKED, outcome))
    held = check(payment)
    order.refresh_from_db()
    assert (held.state, order.state, order.called_for()) == (
        outcome.value,
        OrderState.OPEN,
        [Call.WRONG_AMOUNT],
    )
    with pytest.raises(NotAccepted, match=r"says that 42\.99 EUR came, not 30\.00 EUR"):
        accept(again(held), Money(3000, "EUR"), user=margot)
    for _window in range(2):
        accept(again(held), ASKED, user=margot)
    order.refresh_from_db()
    paid = outcome is Outcome.PAID
    assert (order.state, order.money, order.attention) == (
        OrderState.PAID if paid else OrderState.OPEN,
        ASKED,
        "",
    )
    assert events(order) == ["order.attention", f"order.{outcome.value}"]
    assert "Attempt 1 is accepted over 42.99 EUR, which is what came, instead of 30.00 EUR." in story(order)
    assert not can_accept(again(held))
    assert broken() == {}
