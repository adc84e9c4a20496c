"""Does every page say what is true of its order, and offer what may be done, and nothing else?"""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from checkout.models import Account, Order, Payment
from checkout.payments.apply import apply
from checkout.payments.expire import expire
from checkout.payments.start import start
from checkout.shopper.texts import DECLINES
from providers.base import Kind, Outcome, Report
from providers.errors import REASONS, Misconfigured
from tests.shopper.conftest import Reading
from tests.shopper.scenes import SCENES, Stage, run_out
from tests.shopper.scripted import Scripted, authorized, paid, refused

Read = Callable[[Order], Reading]

MORE, AGAIN, OTHER, PAY = "I need more time", "Try again", "Pay in another way", "Pay €42.99"
GIVE_UP, PRINT, CONTINUE = "Give up this order", "Print", "Continue"

BUTTONS = {
    "choose": [PAY, MORE, GIVE_UP],
    "choose_with_cards": ["Remove", "Remove", PAY, MORE, GIVE_UP],
    "widget": [MORE, OTHER, GIVE_UP],
    "onward": [MORE, OTHER, GIVE_UP],
    "onward_by_form": [CONTINUE, MORE, OTHER, GIVE_UP],
    "link": [MORE, OTHER, GIVE_UP],
    "moment": [],
    "checking": [],
    "checking_with_attention": [],
    "claimed_success": [],
    "claimed_cancel": [AGAIN, PAY, MORE, GIVE_UP],
    "claimed_failure": [AGAIN, PAY, MORE, GIVE_UP],
    "interrupted": [AGAIN, PAY, MORE, GIVE_UP],
    "failed": [AGAIN, PAY, MORE, GIVE_UP],
    "blocked": [],
    "overdue": [],
    "receipt": [PRINT],
    "receipt_partly_refunded": [PRINT],
    "receipt_with_attention": [PRINT],
    "reserved": [PRINT],
    "refunded": [PRINT],
    "given_up": [],
    "expired": [],
    "keep_a_card": [CONTINUE, MORE, "Do not keep a card"],
    "card_kept": [PRINT],
}

SAYS = {
    "link": "sent a link to ada@bread.example",
    "checking": "Please do not pay a second time.",
    "checking_with_attention": "The shop is looking at it.",
    "claimed_cancel": "Your order is still waiting: try again, or give it up.",
    "claimed_failure": "sent you back without a result",
    "interrupted": "It was cancelled before it was done. Nothing was charged.",
    "failed": "There was not enough money available on this card. Use another card, or try again once there is.",
    "blocked": "The shop has been told and is looking at it. You can reach the shop here: help@bread.example",
    "overdue": "making sure first that nothing was charged",
    "receipt": "Amount paid €42.99",
    "receipt_partly_refunded": "Refunded €18.99",
    "receipt_with_attention": "The shop has been asked to look at this order.",
    "reserved": "Amount reserved €42.99",
    "refunded": "The shop has sent your money back.",
    "given_up": "can no longer be paid here. Nothing was charged.",
    "expired": "and was not. Nothing was charged.",
    "keep_a_card": "No money is taken now.",
    "card_kept": "Card Visa •••• 0055",
}


@pytest.mark.parametrize("scene", SCENES)
def test_a_scene_has_its_heading_its_sentence_and_its_buttons(stage: Stage, read: Read, scene: str) -> None:
    play, heading = SCENES[scene]
    page = read(play(stage))
    assert page.heading == heading
    assert page.title.startswith(f"{heading} – B-")
    assert page.buttons == BUTTONS[scene]
    assert SAYS.get(scene, "") in page


def test_the_scenes_show_every_page() -> None:
    assert set(BUTTONS) == set(SCENES)


@pytest.mark.parametrize("scene", SCENES)
def test_the_order_is_summed_up_on_every_page(stage: Stage, read: Read, scene: str) -> None:
    page = read(SCENES[scene][0](stage))
    assert "Museum of Bread" in page
    if scene not in {"keep_a_card", "card_kept"}:
        assert "A day at the museum Museum ticket, adult €24.00 Poster €18.99 Total €42.99" in page


@pytest.mark.parametrize("scene", ["keep_a_card", "card_kept"])
def test_a_page_that_keeps_a_card_names_no_amount(stage: Stage, read: Read, scene: str) -> None:
    page = read(SCENES[scene][0](stage))
    assert "€" not in page
    assert "No money" in page


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_to_decline_has_its_words(
    begun: Payment, read: Read, reason: str, told: Callable[[Report], Payment]
) -> None:
    told(refused(reason))
    what, advice = DECLINES[reason]
    page = read(begun.order)
    assert f"{what} {advice} Nothing was charged." in page
    assert "Do not honour" not in page  # the bank's words are for the merchant


def test_a_reason_that_nobody_knows_is_a_plain_decline(
    begun: Payment, read: Read, told: Callable[[Report], Payment]
) -> None:
    told(refused("a_new_one"))
    assert "The bank declined the payment and did not say why." in read(begun.order)


def test_one_way_to_pay_is_one_button_and_no_choice(order: Order, read: Read) -> None:
    page = read(order)
    assert page.buttons == [PAY, MORE, GIVE_UP]
    assert "Bank card" in page
    assert 'type="radio"' not in page.html


def test_without_any_way_to_pay_the_shop_is_named(make_order: Callable[..., Order], read: Read) -> None:
    page = read(make_order())
    assert "There is no way to pay this order at the moment. Please contact the shop." in page
    assert page.buttons == [MORE, GIVE_UP]


def test_after_a_technical_failure_nothing_was_charged(order: Order, account: Account, read: Read) -> None:
    Scripted.start_error = Misconfigured("the key was refused")
    start(order, account)
    page = read(order)
    assert page.heading == "Your payment did not go through"
    assert "It was not you." in page
    assert "the key was refused" not in page


def test_a_saved_card_that_failed_may_be_replaced_by_a_new_one(stage: Stage, read: Read) -> None:
    order = SCENES["choose_with_cards"][0](stage)
    card = stage.account.saved_cards.get(last4="0055")
    apply(start(order, stage.account, saved_card=card).pk, refused("expired_card"))
    page = read(order)
    assert page.buttons == [AGAIN, "Remove", PAY, MORE, GIVE_UP]
    assert "Visa •••• 4444" in page
    assert "Visa •••• 0055" not in page  # that is "try again"
    assert "Bank card" in page


def test_a_card_past_its_date_is_not_offered(stage: Stage, read: Read) -> None:
    order = SCENES["choose_with_cards"][0](stage)
    stage.account.saved_cards.filter(last4="4444").update(expiry_year=2020)
    page = read(order)
    assert "Visa •••• 0055" in page
    assert "Visa •••• 4444" not in page


def test_a_guest_is_not_asked_to_leave_a_card(order: Order, read: Read) -> None:
    assert "Keep my card" not in read(order)


def test_a_known_customer_is_asked_and_nothing_is_ticked(known: Order, read: Read) -> None:
    page = read(known)
    assert "Keep my card for my next orders at Museum of Bread" in page
    consent = page.html[page.html.index('name="save_card"') :].split(">")[0]
    assert "checked" not in consent


def test_without_javascript_a_way_that_needs_it_says_so_and_the_other_does_not(
    order: Order, second: Account, read: Read
) -> None:
    texts = [text for text in read(order).noscript if "JavaScript" in text]
    assert len(texts) == 1
    assert "This way needs JavaScript" in texts[0]


def test_without_javascript_a_widget_says_so_and_where_to_go_instead(stage: Stage, read: Read) -> None:
    text = " ".join(read(SCENES["widget"][0](stage)).noscript)
    assert "This way to pay needs JavaScript" in text
    assert "Or choose another way below." in text
    stage.account.shop.accounts.filter(provider="plain").update(enabled=False)
    assert "another way" not in " ".join(read(SCENES["widget"][0](stage)).noscript)


def test_without_javascript_a_waiting_page_refreshes_itself(stage: Stage, read: Read) -> None:
    for scene in ("moment", "checking", "overdue"):
        assert '<meta http-equiv="refresh" content="5">' in read(SCENES[scene][0](stage)).noscript
    Scripted.forget()
    for scene in ("choose", "widget", "failed", "receipt"):
        assert "refresh" not in " ".join(read(SCENES[scene][0](stage)).noscript)


def test_money_that_came_late_beats_a_closed_order(begun: Payment, read: Read) -> None:
    expire(run_out(begun.order))
    assert read(begun.order).heading == "The time to pay is over"
    apply(begun.pk, paid())
    page = read(begun.order)
    assert page.heading == "Paid, thank you"
    assert "The shop has been asked to look at this order." in page


def test_the_shop_has_been_told_of_what_may_charge_twice(stage: Stage) -> None:
    order = SCENES["blocked"][0](stage)
    order.refresh_from_db()
    assert order.attention == "another attempt could charge twice: look at the provider's record first"


def test_a_closed_order_that_may_have_been_charged_does_not_say_that_it_was_not(
    stage: Stage, read: Read
) -> None:
    order = SCENES["blocked"][0](stage)
    expire(run_out(order))
    page = read(order)
    assert page.heading == "The time to pay is over"
    assert "Nothing was charged." not in page
    assert "ask the shop before you pay again" in page


def test_a_reservation_is_no_payment_yet(stage: Stage, read: Read) -> None:
    page = read(stage.after(authorized()))
    assert page.heading == "The amount is reserved, thank you"
    assert "Amount paid" not in page


def test_a_test_account_says_so(order: Order, account: Account, read: Read) -> None:
    assert "Test: no real money moves." not in read(order)
    account.live = False
    account.save()
    assert "Test: no real money moves." in read(order)


def test_the_shops_words_are_not_markup(
    make_order: Callable[..., Order], account: Account, read: Read
) -> None:
    page = read(make_order(description="<script>alert(1)</script>"))
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.html
    assert "<script>alert(1)" not in page.html


def test_the_receipt_leads_back_to_where_the_order_says(stage: Stage, read: Read) -> None:
    own = stage.after(paid(), return_url="https://bread.example/thanks?o=1")
    assert 'href="https://bread.example/thanks?o=1"' in read(own).html
    assert 'href="https://bread.example/"' in read(stage.after(paid())).html


def test_an_expired_attempt_leaves_the_order_payable(
    begun: Payment, read: Read, told: Callable[[Report], Payment]
) -> None:
    told(Report(outcome=Outcome.EXPIRED))
    page = read(begun.order)
    assert page.heading == "The payment was not completed"
    assert "open for too long. Nothing was charged." in page
    assert page.buttons == [AGAIN, MORE, GIVE_UP]


def test_an_order_of_another_kind_without_a_method_offers_none(
    make_order: Callable[..., Order], account: Account, read: Read
) -> None:
    order = make_order(kind=Kind.MANDATE)
    assert "There is no way to pay this order at the moment." in read(order)


def test_nobody_guesses_an_order(shopper: Client, db: Any) -> None:
    answer = shopper.get("/pay/not-a-token/")
    assert answer.status_code == 404
    page = Reading(answer.content.decode())
    assert page.heading == "There is no such page"
    assert "ask the shop for a new one" in page
