"""A saved card is charged by the shop's software and by a person in the admin, for one order, at one moment. Once?"""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError
from django.utils import timezone

from checkout.models import Account, Order, SavedCard
from checkout.payments import start as starting
from checkout.payments.figures import violations
from checkout.payments.start import NotPayable, start, start_once
from checkout.payments.timeline import Who
from checkout.states import OrderState, State
from providers.base import Occasion, Started
from tests.races.starting_line import Race, all_at_once
from tests.scripted import Call, Script, events, make_order, paid


def at_once(call: Call) -> Started:
    return Started(show=None, provider_id=f"P-{call.charge.reference}", report=paid(call))


@pytest.fixture
def order(account: Account, script: Script) -> Order:
    script.always("start", at_once)
    return make_order(account.shop, customer={"reference": "C-1"})


@pytest.fixture
def card(account: Account) -> SavedCard:
    return SavedCard.objects.create(shop=account.shop, account=account, customer_reference="C-1", token="tok-4444",
                                    fingerprint="4444", last4="4444", consented_at=timezone.now())  # fmt: skip


def charge(order: Order, card: SavedCard, key: str, who: str = Who.SHOP) -> Callable[[], Any]:
    return lambda: start_once(
        Order.objects.select_related("shop").get(pk=order.pk), card.account, key=key, saved_card=card,
        occasion=Occasion.DELAYED_CHARGE, who=who,
    )  # fmt: skip


def charged(script: Script) -> list[str]:
    return [call.charge.saved_card for call in script.asked("start")]


# --- the shop and a person -------------------------------------------------------------------------------------------


def two_charges(race: Race, order: Order, card: SavedCard) -> tuple[Any, Any]:
    race.gate(Order, "latest_attempt")  # called between "is there an open attempt?" and the new one
    return race.run(charge(order, card, "shop-1"), charge(order, card, "form-1", Who.MERCHANT))


def test_the_shop_and_a_person_charge_once(race: Race, script: Script, order: Order, card: SavedCard) -> None:
    one, two = two_charges(race, order, card)
    assert (one[0].state, one[1]) == (State.PAID, True)
    assert isinstance(two, NotPayable)
    assert charged(script) == ["tok-4444"]
    assert events(order) == ["order.paid"]
    assert not any(violations().values())
    assert race.second_came_through is False


@pytest.mark.usefixtures("without_lock")
def test_twin_the_shop_and_a_person_without_the_lock(
    race: Race, script: Script, order: Order, card: SavedCard
) -> None:
    """The second is charged and over before the first is written, so no constraint sees two open attempts."""
    one, two = two_charges(race, order, card)
    assert (one[0].state, two[0].state) == (State.PAID, State.PAID)
    assert charged(script) == ["tok-4444", "tok-4444"]
    order.refresh_from_db()
    assert "a second payment of 42.99 EUR came for the same order" in order.attention
    assert race.second_came_through is True


def two_numbers(race: Race, order: Order, card: SavedCard) -> tuple[Any, Any]:
    race.gate(starting, "cards_for")  # called after "is there money?", before the new attempt
    return race.run(charge(order, card, "shop-1"), charge(order, card, "form-1", Who.MERCHANT))


def test_money_that_came_meanwhile_is_seen(race: Race, script: Script, order: Order, card: SavedCard) -> None:
    _one, two = two_numbers(race, order, card)
    assert isinstance(two, NotPayable)
    assert charged(script) == ["tok-4444"]


# --- the same request, sent again ------------------------------------------------------------------------------------


def same_key(race: Race, order: Order, card: SavedCard) -> tuple[Any, Any]:
    race.gate(Order, "latest_attempt")
    return race.run(charge(order, card, "k-1"), charge(order, card, "k-1"))


def test_one_key_is_one_charge_and_one_answer(
    race: Race, script: Script, order: Order, card: SavedCard
) -> None:
    one, two = same_key(race, order, card)
    assert (one[0].pk, one[1], two[1]) == (two[0].pk, True, False)
    assert charged(script) == ["tok-4444"]


@pytest.mark.usefixtures("without_lock")
def test_twin_one_key_without_the_lock(race: Race, script: Script, order: Order, card: SavedCard) -> None:
    """The shop that asked twice is shown an error instead of its charge."""
    one, two = same_key(race, order, card)
    assert (isinstance(one, IntegrityError), two[1]) == (True, True)


def test_five_of_them_with_keys_of_their_own(script: Script, order: Order, card: SavedCard) -> None:
    results = all_at_once(*(charge(order, card, f"k-{number}") for number in range(5)))
    made = [result for result in results if not isinstance(result, Exception)]
    assert [new for _payment, new in made] == [True]
    assert all(isinstance(result, NotPayable) for result in results if isinstance(result, Exception))
    assert charged(script) == ["tok-4444"]
    order.refresh_from_db()
    assert order.state == OrderState.PAID


# --- the shopper, at that moment -------------------------------------------------------------------------------------


def test_a_shopper_who_begins_at_that_moment_is_not_charged_beside(
    race: Race, script: Script, account: Account, order: Order, card: SavedCard
) -> None:
    race.gate(Order, "latest_attempt")
    shopper, merchant = race.run(
        lambda: start(Order.objects.select_related("shop").get(pk=order.pk), account),
        charge(order, card, "k-1"),
    )
    assert (shopper.occasion, isinstance(merchant, NotPayable)) == ("", True)
    assert charged(script) == [""]
    assert order.payments.count() == 1
