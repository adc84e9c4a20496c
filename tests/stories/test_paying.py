"""How does an order become paid? From the choice of a method to the event that the shop is owed."""

import pytest

from checkout.models import Account, Order, Payment
from checkout.payments import settle
from checkout.payments.cancel import cancel_attempt, give_up
from checkout.payments.recover import check
from checkout.payments.start import NotPayable, start
from checkout.payments.timeline import Who
from checkout.states import OrderState, State
from providers.base import Card, Kind, Outcome, Report, SavedCard, Started
from providers.errors import Decline, Declined, Uncertain
from providers.money import Money
from tests.scripted import (
    Call,
    Clock,
    Script,
    codes,
    events,
    make_account,
    make_order,
    make_payment,
    paid,
    story,
)


def test_paid_at_the_first_attempt(script: Script, account: Account, order: Order) -> None:
    payment = start(order, account)
    assert payment.state == State.STARTED
    assert payment.reference == f"{order.number}-1"
    assert payment.show == {
        "kind": "redirect",
        "url": f"https://provider.example/pay/P-{payment.reference}",
        "fields": {},
        "method": "GET",
    }

    script.will("sync", paid)
    payment = settle.returned(payment, {"claim": "success"}, patience=8)

    order.refresh_from_db()
    assert (payment.state, order.state) == (State.PAID, OrderState.PAID)
    assert (payment.authorized_minor, payment.captured_minor, payment.refunded_minor) == (4299, 4299, 0)
    assert payment.next_check_at is None
    assert order.paid_at is not None
    assert order.attention == ""
    assert story(order)[1:] == [
        "Attempt 1: the shopper chose Test card.",
        f"Attempt 1 is open at Scripted, which calls it P-{payment.reference}.",
        "The shopper's browser came back from Scripted saying “success”. That decides nothing.",
        "Scripted confirms: 42.99 EUR paid.",
        "The order is paid: 42.99 EUR.",
    ]
    assert events(order) == ["order.paid"]
    assert script.verbs() == ["refuses", "prepare", "start", "sync"]


def test_a_reload_of_the_return_page_asks_nobody_and_tells_nothing(
    script: Script, order: Order, payment: Payment
) -> None:
    script.will("sync", paid)
    settle.returned(payment, {"claim": "success"}, patience=8)
    before, asked = story(order), len(script.calls)
    for _reload in range(3):
        again = settle.returned(payment, {"claim": "success"}, patience=8)
        assert again.state == State.PAID
    assert story(order) == before
    assert script.asked("sync")[1:] == []
    assert len(script.calls) == asked
    assert events(order) == ["order.paid"]


def test_declined_then_paid_with_the_second_attempt(script: Script, account: Account, order: Order) -> None:
    script.will(
        "start", Declined(Decline(code="51", message="Not enough money", reason="insufficient_funds"))
    )
    first = start(order, account)
    assert first.state == State.FAILED
    assert (first.decline_code, first.decline_message, first.decline_reason) == (
        "51",
        "Not enough money",
        "insufficient_funds",
    )
    assert story(order)[-1] == "Scripted says the payment failed: Not enough money"
    assert events(order) == ["payment.failed"]
    told = order.events.get().payload["data"]
    assert (told["state"], told["payment"]["reference"]) == ("open", first.reference)

    second = start(order, account)
    assert second.reference == f"{order.number}-2"
    script.will("sync", paid)
    check(second)

    order.refresh_from_db()
    assert order.state == OrderState.PAID
    assert [p.state for p in order.payments.order_by("number")] == [State.FAILED, State.PAID]
    assert events(order) == ["payment.failed", "order.paid"]
    assert order.attention == ""


def test_cancelled_by_the_shopper_then_paid_all_the_same(
    script: Script, order: Order, payment: Payment
) -> None:
    assert give_up(order, who=Who.SHOPPER).state == OrderState.CANCELED
    script.will("sync", paid)
    check(Payment.objects.get(pk=payment.pk))

    order.refresh_from_db()
    payment.refresh_from_db()
    assert (payment.state, order.state) == (State.PAID, OrderState.PAID)
    assert order.attention == "42.99 EUR came after the order was canceled"
    assert events(order) == ["order.canceled", "order.paid", "order.attention"]
    assert story(order)[-3:] == [
        "Scripted confirms: 42.99 EUR paid.",
        "The order is paid: 42.99 EUR.",
        "This order needs a person: 42.99 EUR came after the order was canceled",
    ]


def test_late_money_after_the_hold(script: Script, clock: Clock, order: Order, payment: Payment) -> None:
    from checkout.payments.expire import expire

    clock.forward(minutes=26)
    order.refresh_from_db()
    assert expire(order).state == OrderState.EXPIRED
    script.will("sync", paid)
    check(Payment.objects.get(pk=payment.pk))
    order.refresh_from_db()
    assert order.state == OrderState.PAID
    assert order.attention == "42.99 EUR came after the order was expired"
    assert events(order) == ["order.expired", "order.paid", "order.attention"]


def test_a_late_failure_is_a_failure_no_longer(script: Script, order: Order, payment: Payment) -> None:
    script.will(
        "sync", Report(outcome=Outcome.FAILED, decline=Decline(code="05", message="Do not honour")), paid
    )
    assert check(payment).state == State.FAILED
    again = check(Payment.objects.get(pk=payment.pk))
    assert again.state == State.PAID
    assert (again.decline_code, again.decline_message, again.decline_reason) == ("", "", "")
    assert events(order) == ["payment.failed", "order.paid"]


def test_two_attempts_bring_money_and_a_person_is_called(
    script: Script, account: Account, order: Order
) -> None:
    first = start(order, account)
    script.will("cancel", Report(outcome=Outcome.CANCELED))
    cancel_attempt(first, give_up=False, who=Who.SHOPPER)
    second = start(order, account)
    script.will("sync", paid, paid)
    check(second)
    check(Payment.objects.get(pk=first.pk))

    order.refresh_from_db()
    assert [p.state for p in order.payments.order_by("number")] == [State.PAID, State.PAID]
    assert order.attention == "a second payment of 42.99 EUR came for the same order: void or refund one"
    assert events(order) == ["order.paid", "order.attention"]
    assert codes(order).count("order.paid") == 1


def test_money_after_the_order_was_paid_and_refunded_is_a_second_payment_too(
    script: Script, account: Account, order: Order
) -> None:
    late = make_payment(order, account, state=State.CANCELED)
    make_payment(order, account, state=State.REFUNDED)
    script.will("sync", paid)
    assert check(late).state == State.PAID
    order.refresh_from_db()
    assert order.attention == "a second payment of 42.99 EUR came for the same order: void or refund one"
    assert events(order) == ["order.attention"]


def test_money_for_a_cancelled_attempt_while_the_next_one_is_open(
    script: Script, account: Account, order: Order
) -> None:
    first = start(order, account)
    cancel_attempt(first, give_up=False, who=Who.SHOPPER)
    second = start(order, account)
    script.will("sync", paid)
    check(Payment.objects.get(pk=first.pk))
    order.refresh_from_db()
    assert order.state == OrderState.PAID
    assert order.attention == "it was paid while another attempt was still open"

    second = check(Payment.objects.get(pk=second.pk))
    assert second.state == State.CANCELED
    assert script.asked("cancel")[-1].charge.reference == second.reference
    assert script.asked("cancel")[-1].give_up is True
    assert events(order) == ["order.paid", "order.attention"]


def test_given_up_after_a_cancel_frees_what_the_provider_keeps(
    script: Script, order: Order, payment: Payment
) -> None:
    cancel_attempt(payment, give_up=False, who=Who.SHOPPER)
    assert give_up(order, who=Who.SHOPPER).state == OrderState.CANCELED
    assert [call.give_up for call in script.asked("cancel")] == [False, True]
    assert events(order) == ["order.canceled"]


def test_a_provider_that_cannot_be_told_of_the_end_keeps_no_order_open(
    script: Script, order: Order, payment: Payment
) -> None:
    cancel_attempt(payment, give_up=False, who=Who.SHOPPER)
    script.will("cancel", Uncertain("No answer."))
    assert give_up(order, who=Who.SHOPPER).state == OrderState.CANCELED
    payment.refresh_from_db()
    assert payment.state == State.CANCELED


def test_money_that_came_after_a_cancel_beats_giving_up(
    script: Script, order: Order, payment: Payment
) -> None:
    cancel_attempt(payment, give_up=False, who=Who.SHOPPER)
    script.will("cancel", paid)
    assert give_up(order, who=Who.SHOPPER).state == OrderState.PAID
    assert events(order) == ["order.paid"]


def test_a_forged_return_changes_nothing_but_the_timeline(
    script: Script, order: Order, payment: Payment
) -> None:
    settled = settle.returned(payment, {"claim": "success", "signature": "forged"}, patience=8)
    order.refresh_from_db()
    assert (settled.state, order.state) == (State.STARTED, OrderState.OPEN)
    assert settled.claim == "nothing"
    assert story(order)[-1] == (
        "The shopper's browser came back from Scripted saying “nothing”. That decides nothing."
    )
    assert events(order) == []


def test_a_return_may_be_but_a_step_of_the_way(order: Order, payment: Payment) -> None:
    settle.returned(payment, {"onward": "https://provider.example/challenge"}, patience=8)
    payment.refresh_from_db()
    assert payment.state == State.STARTED
    assert (payment.show["kind"], payment.show["url"]) == ("redirect", "https://provider.example/challenge")


def test_a_false_claim_of_success_is_told_once(script: Script, order: Order, payment: Payment) -> None:
    for _visit in range(2):
        settled = settle.returned(payment, {"claim": "success"}, patience=8)
    order.refresh_from_db()
    assert (settled.state, order.state) == (State.STARTED, OrderState.OPEN)
    assert story(order)[-2:] == [
        "The shopper's browser came back from Scripted saying “success”. That decides nothing.",
        "The browser came back saying “success”, but Scripted says otherwise (started). Nothing was changed.",
    ]
    assert events(order) == []


def test_a_double_click_returns_the_attempt_that_is_open(
    script: Script, account: Account, order: Order
) -> None:
    one, two = start(order, account), start(order, account)
    assert one.pk == two.pk
    assert len(script.asked("start")) == 1
    assert order.payments.count() == 1


@pytest.mark.parametrize(
    ("state", "why"),
    [
        (State.AUTHORIZED, "its money is authorised already"),
        (State.PAID, "the order is paid"),
    ],
)
def test_an_order_with_money_takes_no_attempt(
    script: Script, account: Account, order: Order, state: State, why: str
) -> None:
    make_payment(order, account, state=state)
    with pytest.raises(NotPayable, match=why):
        start(order, account)
    assert script.asked("start") == []
    assert order.payments.count() == 1


def test_who_may_not_begin(script: Script, clock: Clock, account: Account, order: Order) -> None:
    with pytest.raises(NotPayable, match="the account is not for this order"):
        start(order, make_account())
    with pytest.raises(NotPayable, match="scripted account has no such channel"):
        start(order, account, channel="telepathy")
    script.will("refuses", "Scripted does not sell on Sundays.")
    with pytest.raises(NotPayable, match="Scripted does not sell on Sundays"):
        start(order, account)
    clock.forward(minutes=26)
    with pytest.raises(NotPayable, match="its hold is over"):
        start(order, account)
    assert order.payments.count() == 0
    assert script.asked("start") == []


def test_a_saved_card_is_charged_at_once(script: Script, account: Account, order: Order) -> None:
    def at_once(call: Call) -> Started:
        return Started(show=None, provider_id="P-1", report=paid(call))

    script.will("start", at_once)
    assert start(order, account).state == State.PAID
    assert events(order) == ["order.paid"]


# --- cards ---------------------------------------------------------------------------------------------------------

TOKEN = SavedCard(
    token="tok-canary-1", card=Card(brand="Visa", last4="4242", expiry_month=7, expiry_year=2031)
)


def paid_and_kept(call: Call) -> Report:
    money = call.charge.money
    return Report(outcome=Outcome.PAID, authorized=money, captured=money, saved_card=TOKEN, card=TOKEN.card)


@pytest.mark.parametrize(
    ("customer", "agreed", "kept"),
    [
        ({"reference": "c-1"}, True, 1),
        ({"reference": "c-1"}, False, 0),
        ({}, True, 0),
        ({"email": "guest@example.com"}, True, 0),
    ],
)
def test_a_card_is_kept_only_with_consent_and_for_a_known_customer(
    script: Script, account: Account, customer: dict[str, str], agreed: bool, kept: int
) -> None:
    order = make_order(account.shop, customer=customer)
    payment = start(order, account, save_card=agreed)
    script.will("sync", paid_and_kept)
    check(payment)
    assert account.saved_cards.count() == kept
    assert codes(order).count("card.saved") == kept
    if kept:
        card = account.saved_cards.get()
        assert (card.customer_reference, card.brand, card.last4) == ("c-1", "Visa", "4242")
        assert card.token.reveal() == "tok-canary-1"


def test_a_removed_card_comes_back_only_with_a_new_consent(
    script: Script, clock: Clock, account: Account
) -> None:
    from checkout.payments.cards import cards_for, remove_card

    order = make_order(account.shop, customer={"reference": "c-1"})
    old = start(order, account, save_card=True)
    script.always("sync", paid_and_kept)
    check(old)
    clock.forward(minutes=1)
    remove_card(account.saved_cards.get())
    check(Payment.objects.get(pk=old.pk))  # the provider still tells of it
    assert not cards_for(make_order(account.shop, customer={"reference": "c-1"}), account).exists()
    assert account.saved_cards.get().token.reveal() is None

    clock.forward(minutes=1)
    fresh = make_order(account.shop, customer={"reference": "c-1"})
    check(start(fresh, account, save_card=True))
    assert cards_for(fresh, account).get().token.reveal() == "tok-canary-1"


def test_another_customers_card_cannot_be_paid_with(script: Script, account: Account) -> None:
    order = make_order(account.shop, customer={"reference": "c-1"})
    script.will("sync", paid_and_kept)
    check(start(order, account, save_card=True))
    card = account.saved_cards.get()
    other = make_order(account.shop, customer={"reference": "c-2"})
    with pytest.raises(NotPayable, match="the card is not this customer's"):
        start(other, account, saved_card=card)
    own = make_order(account.shop, customer={"reference": "c-1"})
    start(own, account, saved_card=card)
    assert script.asked("start")[-1].charge.saved_card == "tok-canary-1"
    assert "tok-canary-1" not in repr(script.asked("start")[-1])


def test_leaving_a_card_moves_no_money(script: Script, account: Account) -> None:
    order = make_order(
        account.shop, money=Money(0, "EUR"), kind=Kind.SAVE_CARD, customer={"reference": "c-9"}
    )
    script.will("sync", lambda call: Report(outcome=Outcome.PAID, saved_card=TOKEN))
    payment = check(start(order, account))
    assert (payment.state, payment.captured_minor) == (State.PAID, 0)
    assert account.saved_cards.get().customer_reference == "c-9"
