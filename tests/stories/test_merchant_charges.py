"""May the merchant charge a card that the customer left? Once, in the customer's absence, and only that customer's."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.utils import timezone

from checkout.models import Account, Order, Payment, SavedCard
from checkout.payments.cancel import cancel_attempt
from checkout.payments.cards import occasions_of, remove_card
from checkout.payments.settle import settle
from checkout.payments.start import KeyReused, NotPayable, start
from checkout.payments.timeline import Who
from checkout.states import OrderState, State
from checkout.tasks import run_sweep
from providers.base import Occasion, Outcome, Redirect, Report, Started
from providers.base import SavedCard as Token
from providers.errors import Decline, Declined, Uncertain, Unreachable
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
    work,
)

DECLINED = Declined(Decline(code="51", message="Not enough money", reason="insufficient_funds"))


@pytest.fixture
def order(account: Account) -> Order:
    return make_order(account.shop, customer={"reference": "C-1"})


@pytest.fixture
def make_card(account: Account) -> Callable[..., SavedCard]:
    def make(last4: str = "4444", **columns: Any) -> SavedCard:
        usual = {"shop": account.shop, "account": account, "customer_reference": "C-1", "token": f"tok-{last4}",
                 "fingerprint": last4, "brand": "Visa", "last4": last4, "consented_at": timezone.now()}  # fmt: skip
        return SavedCard.objects.create(**{**usual, **columns})

    return make


@pytest.fixture
def card(make_card: Callable[..., SavedCard]) -> SavedCard:
    return make_card()


def charge(order: Order, card: SavedCard | None, *, key: str = "", **more: Any) -> Payment:
    account = card.account if card else order.shop.accounts.get()
    occasion = more.pop("occasion", Occasion.RECURRING)
    return start(order, account, saved_card=card, occasion=occasion, key=key, who=Who.SHOP, **more)


def at_once(call: Call) -> Started:
    """The provider took the money while we waited."""
    name = f"P-{call.charge.reference}"
    return Started(show=None, provider_id=name, report=paid(call))


def states(order: Order) -> list[str]:
    return list(order.payments.order_by("number").values_list("state", flat=True))


# --- the charge ------------------------------------------------------------------------------------------------------


def test_charged_and_paid(script: Script, order: Order, card: SavedCard) -> None:
    script.will("start", at_once)
    payment = charge(order, card)
    order.refresh_from_db()
    assert (payment.state, payment.occasion, order.state) == (State.PAID, "recurring", OrderState.PAID)
    asked = script.asked("start")[0].charge
    assert (asked.saved_card, asked.occasion, asked.save_card) == ("tok-4444", Occasion.RECURRING, False)
    assert story(order)[1:] == [
        "Attempt 1: Visa •••• 4444 is charged without the customer (regular charge).",
        f"Attempt 1 is open at Scripted, which calls it P-{payment.reference}.",
        "Scripted confirms: 42.99 EUR paid.",
        "The order is paid: 42.99 EUR.",
    ]
    assert order.timeline.get(code="payment.charged").who == Who.SHOP
    assert events(order) == ["order.paid"]


@pytest.mark.parametrize("occasion", Occasion)
def test_the_provider_is_told_on_which_occasion(
    script: Script, order: Order, card: SavedCard, occasion: Occasion
) -> None:
    payment = charge(order, card, occasion=occasion)
    assert script.asked("start")[0].charge.occasion is occasion
    settle(payment)
    assert script.asked("sync")[0].charge.occasion is occasion  # and whenever it is asked again


def test_a_provider_that_does_not_charge_on_this_occasion(
    script: Script, order: Order, card: SavedCard
) -> None:
    script.will("refuses", lambda call: f"no {call.charge.occasion} with {call.charge.saved_card}")
    with pytest.raises(NotPayable, match="no no_show with tok-4444"):
        charge(order, card, occasion=Occasion.NO_SHOW)
    assert states(order) == []


def test_declined(script: Script, order: Order, card: SavedCard) -> None:
    script.will("start", DECLINED)
    payment = charge(order, card)
    assert (payment.state, payment.decline_reason) == (State.FAILED, "insufficient_funds")
    order.refresh_from_db()
    assert (order.state, order.attention, events(order)) == (OrderState.OPEN, "", ["payment.failed"])
    assert story(order)[-1] == "Scripted says the payment failed: Not enough money"


def test_a_provider_that_could_not_be_reached_has_charged_nothing(
    script: Script, order: Order, card: SavedCard
) -> None:
    script.will("start", Unreachable("no connection"))
    assert charge(order, card).state == State.FAILED
    script.will("start", at_once)
    assert charge(order, card).state == State.PAID


@pytest.mark.parametrize(("truth", "end"), [(paid, "paid"), (Report(outcome=Outcome.FAILED), "failed"),
                                            (Report(outcome=Outcome.OPEN), "failed")],
                         ids=["it was charged", "it was declined", "it never got there"])  # fmt: skip
def test_an_answer_that_was_lost_is_asked_for_and_nothing_is_sent_again(
    script: Script, clock: Clock, order: Order, card: SavedCard, truth: Any, end: str
) -> None:
    script.will("start", Uncertain("no answer within 30 s"))
    payment = charge(order, card)
    assert payment.state == State.CREATED
    with pytest.raises(NotPayable, match="another attempt is open"):
        charge(order, card)

    script.will("sync", Uncertain("HTTP 503"), truth)
    for _minute in range(4):
        clock.forward(minutes=1)
        run_sweep()
        work()
    assert states(order) == [end]
    assert len(script.asked("start")) == 1


def test_a_charge_that_the_bank_wants_confirmed_waits_for_the_customer(
    script: Script, order: Order, card: SavedCard
) -> None:
    bank = "https://bank.example/confirm/7"
    script.will("start", Started(show=Redirect(url=bank), provider_id="P-7"))
    payment = charge(order, card)
    assert (payment.state, payment.show["url"]) == (State.STARTED, bank)
    script.will("sync", paid)
    assert settle(payment).state == State.PAID
    assert events(order) == ["order.paid"]


# --- whose card ------------------------------------------------------------------------------------------------------


def test_without_a_card_nothing_is_charged(script: Script, order: Order) -> None:
    with pytest.raises(NotPayable, match="only a saved card can be charged"):
        charge(order, None)
    assert (states(order), script.calls) == ([], [])


def test_a_card_that_the_shopper_did_not_agree_to_leave_is_not_there(
    script: Script, account: Account, order: Order
) -> None:
    payment = start(order, account)  # no box ticked, nothing agreed in the shop
    script.will("sync", lambda call: Report(outcome=Outcome.FAILED, saved_card=Token(token="tok-new")))
    settle(payment)
    assert not SavedCard.objects.exists()


@pytest.mark.parametrize("reference", ["", "C-2"])
def test_another_customers_card(script: Script, account: Account, card: SavedCard, reference: str) -> None:
    theirs = make_order(account.shop, customer={"reference": reference})
    with pytest.raises(NotPayable, match="the card is not this customer's"):
        charge(theirs, card)
    assert states(theirs) == []
    assert script.asked("start") == []


def test_the_same_customer_of_another_shop(script: Script, card: SavedCard) -> None:
    theirs = make_order(make_account().shop, customer={"reference": "C-1"})
    with pytest.raises(NotPayable, match="the account is not for this order"):
        charge(theirs, card)


def test_a_card_of_another_account_of_the_shop(
    script: Script, account: Account, order: Order, card: SavedCard
) -> None:
    other = make_account(account.shop)
    with pytest.raises(NotPayable, match="the card is not this customer's"):
        start(order, other, saved_card=card, occasion=Occasion.RECURRING)


def test_a_card_that_the_customer_removed(script: Script, order: Order, card: SavedCard) -> None:
    remove_card(card)
    with pytest.raises(NotPayable, match="the card is not this customer's"):
        charge(order, card)
    assert states(order) == []
    assert script.asked("start") == []


def test_a_card_that_is_removed_afterwards_does_not_undo_the_charge(
    script: Script, order: Order, card: SavedCard
) -> None:
    payment = charge(order, card)
    remove_card(card)
    script.will("sync", paid)
    assert settle(Payment.objects.get(pk=payment.pk)).state == State.PAID
    assert not script.asked("sync")[0].charge.saved_card


def test_a_card_that_was_left_for_something_else(
    script: Script, order: Order, make_card: Callable[..., SavedCard]
) -> None:
    card = make_card(occasions=["no_show", "recurring"])
    with pytest.raises(NotPayable, match="did not leave the card for this: more than was paid first"):
        charge(order, card, occasion=Occasion.INCREMENT)
    assert occasions_of(card) == [Occasion.RECURRING, Occasion.NO_SHOW]
    assert charge(order, card, occasion=Occasion.NO_SHOW).saved_card == card
    assert len(script.asked("start")) == 1


@pytest.mark.parametrize(
    ("left_for", "kept"),
    [
        (None, None),
        (frozenset(), []),
        (frozenset({Occasion.NO_SHOW, Occasion.RECURRING}), ["no_show", "recurring"]),
    ],
)
def test_a_kept_card_remembers_what_it_was_left_for(
    script: Script, order: Order, account: Account, left_for: Any, kept: Any
) -> None:
    opened = start(order, account, save_card=True)
    token = Token(token="tok-new", occasions=left_for)
    script.will("sync", lambda call: replace(paid(call), saved_card=token))
    settle(opened)
    assert SavedCard.objects.get().occasions == kept


# --- when ------------------------------------------------------------------------------------------------------------


def test_while_the_shopper_is_paying(script: Script, account: Account, order: Order, card: SavedCard) -> None:
    opened = start(order, account)
    with pytest.raises(NotPayable, match="another attempt is open"):
        charge(order, card)
    with pytest.raises(NotPayable, match="another attempt is open"):
        start(order, account, key="k-1")
    assert start(order, account) == opened  # the shopper's own second click is no news
    assert states(order) == ["started"]


@pytest.mark.parametrize(
    ("state", "why"), [(State.AUTHORIZED, "authorised already"), (State.PAID, "the order is paid")]
)
def test_when_there_is_money(
    script: Script, account: Account, order: Order, card: SavedCard, state: State, why: str
) -> None:
    make_payment(order, account, state=state)
    with pytest.raises(NotPayable, match=why):
        charge(order, card)
    assert script.asked("start") == []


def test_after_the_hold(script: Script, clock: Clock, order: Order, card: SavedCard) -> None:
    clock.forward(minutes=26)
    with pytest.raises(NotPayable, match="its hold is over"):
        charge(order, card)


def test_after_one_that_could_have_charged(script: Script, order: Order, card: SavedCard) -> None:
    payment = charge(order, card)
    script.will("sync", Report(outcome=Outcome.FAILED, may_retry=False))
    settle(payment)
    with pytest.raises(NotPayable, match="could charge twice"):
        charge(order, card)


def test_after_the_shopper_had_tried(script: Script, account: Account, order: Order, card: SavedCard) -> None:
    cancel_attempt(start(order, account), give_up=False, who=Who.SHOPPER)
    script.will("start", at_once)
    assert charge(order, card).reference == f"{order.number}-2"
    assert states(order) == ["canceled", "paid"]


# --- the shop's own name for its request ----------------------------------------------------------------------


def test_the_same_key_is_the_same_charge(script: Script, order: Order, card: SavedCard) -> None:
    script.will("start", at_once)
    first = charge(order, card, key="k-1")
    again = charge(order, card, key="k-1")
    assert (again, again.state) == (first, State.PAID)
    assert states(order) == ["paid"]
    assert len(script.asked("start")) == 1
    assert codes(order).count("payment.charged") == 1


def test_the_same_key_is_the_same_charge_also_when_it_failed(
    script: Script, order: Order, card: SavedCard
) -> None:
    script.will("start", DECLINED)
    first = charge(order, card, key="k-1")
    assert charge(order, card, key="k-1") == first
    assert states(order) == ["failed"]
    script.will("start", at_once)
    second = charge(order, card, key="k-2", occasion=Occasion.RESUBMISSION)
    assert (second.number, states(order)) == (2, ["failed", "paid"])
    assert charge(order, card, key="k-1") == first  # an old request, repeated late


@pytest.mark.parametrize("ended", [False, True])
def test_the_same_key_while_the_first_is_not_known_to_have_ended(
    script: Script, order: Order, card: SavedCard, ended: bool
) -> None:
    script.will("start", Uncertain("no answer within 30 s"))
    first = charge(order, card, key="k-1")
    if ended:
        Order.objects.filter(pk=order.pk).update(state=OrderState.CANCELED)
    assert charge(order, card, key="k-1") == first
    assert len(script.asked("start")) == 1


def test_a_request_that_was_refused_made_nothing_and_may_come_again(
    script: Script, account: Account, order: Order, card: SavedCard
) -> None:
    opened = start(order, account)
    with pytest.raises(NotPayable):
        charge(order, card, key="k-1")
    cancel_attempt(opened, give_up=False, who=Who.SHOPPER)
    assert charge(order, card, key="k-1").state == State.STARTED


def test_a_key_of_another_card(
    script: Script, order: Order, card: SavedCard, make_card: Callable[..., SavedCard]
) -> None:
    charge(order, card, key="k-1")
    with pytest.raises(KeyReused):
        charge(order, make_card("0055"), key="k-1")
    assert states(order) == ["started"]


@pytest.mark.parametrize("other", [{"occasion": Occasion.DELAYED_CHARGE}, {"channel": "wallet"}])
def test_a_key_of_another_charge(
    script: Script, order: Order, card: SavedCard, other: dict[str, Any]
) -> None:
    charge(order, card, key="k-1")
    with pytest.raises(KeyReused):
        charge(order, card, key="k-1", **other)
    assert len(script.asked("start")) == 1


def test_a_key_that_another_order_used_is_free(
    script: Script, account: Account, order: Order, card: SavedCard
) -> None:
    other = make_order(account.shop, customer={"reference": "C-1"})
    assert charge(order, card, key="k-1") != charge(other, card, key="k-1")
