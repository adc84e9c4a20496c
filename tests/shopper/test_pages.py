"""Does every page say what is true of its order, and offer what may be done, and nothing else?"""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from checkout.decline_texts import DECLINES
from checkout.models import Account, Order, Payment
from checkout.payments import settle
from checkout.payments.apply import apply
from checkout.payments.expire import expire
from checkout.payments.start import start
from providers.base import Card, Kind, Outcome, Report
from providers.errors import REASONS, Misconfigured
from tests.shopper.conftest import Reading
from tests.shopper.scenes import SCENES, Stage, run_out
from tests.shopper.scripted import PAGE, REDIRECT, Scripted, authorized, paid, refused

Read = Callable[[Order], Reading]

MORE, AGAIN, OTHER, PAY = "I need more time", "Try again", "Pay in another way", "Pay €42.99"
GIVE_UP, PRINT, CONTINUE = "Give up this order", "Print", "Continue"

AGREED = (
    "Museum of Bread keeps your card for later payments, as you agreed there."
    " The payment service keeps it, not the shop."
)

BUTTONS = {
    "choose": [PAY, MORE, GIVE_UP],
    "choose_with_cards": ["Remove", "Remove", PAY, MORE, GIVE_UP],
    "choose_agreed": [PAY, MORE, GIVE_UP],
    "widget_and_page": [MORE, OTHER, GIVE_UP],
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
    "failed_agreed": [AGAIN, PAY, MORE, GIVE_UP],
    "failed_there": [AGAIN, PAY, MORE, GIVE_UP],
    "confirm": [MORE, OTHER, GIVE_UP],
    "under_way_for_days": [],
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
    "choose_agreed": f"Bank transfer {AGREED}",
    "link": "sent a link to ada@bread.example",
    "checking": "Please do not pay a second time.",
    "checking_with_attention": "The shop is looking at it.",
    "claimed_cancel": "Your order is still waiting: try again, or give it up.",
    "claimed_failure": "sent you back without a result",
    "interrupted": "It was cancelled before it was done. Nothing was charged.",
    "failed": "There was not enough money available on this card. Use another card, or try again once there is.",
    "failed_agreed": f"Nothing was charged. {AGREED} Try again",
    "failed_there": "Use another card, or try again once there is. Nothing was charged.",
    "confirm": "You pay on the page of the payment service, and come back here afterwards.",
    "under_way_for_days": "Please do not pay a second time.",
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


def test_the_consent_is_asked_once(known: Order, account: Account, shopper: Client, read: Read) -> None:
    Scripted.consent_is_asked_there = True
    assert "Keep my card" not in read(known)
    shopper.post(f"/pay/{known.token}/start/", {"choice": account.pk, "save_card": "on"})
    assert known.payments.get().save_card is False  # what was not asked was not agreed to


def test_what_was_agreed_in_the_shop_is_said_and_not_asked(
    make_order: Callable[..., Order], account: Account, shopper: Client, read: Read
) -> None:
    order = make_order(customer={"reference": "C-1"}, keep_card=True)
    page = read(order)
    assert AGREED in page
    assert 'name="save_card"' not in page.html
    shopper.post(f"/pay/{order.token}/start/", {"choice": account.pk})
    assert order.payments.get().save_card is True


@pytest.mark.parametrize("scene", ["failed_agreed", "choose_agreed"])
def test_what_was_agreed_is_said_once(stage: Stage, read: Read, scene: str) -> None:
    order = SCENES[scene][0](stage)
    Account.objects.create(shop=order.shop, provider="lasting", name="Lasting", live=True, position=3)
    assert read(order).text.count(AGREED) == 1


def test_what_was_agreed_is_said_where_it_was_interrupted(stage: Stage, read: Read) -> None:
    payment = stage.begun(customer={"reference": "C-7"}, keep_card=True)
    settle.returned(payment, {"result": "cancel"}, patience=1)
    assert f"{AGREED} Try again" in read(payment.order)


def test_what_was_agreed_belongs_to_the_way_that_keeps(stage: Stage, second: Account, read: Read) -> None:
    order = stage.make(customer={"reference": "C-7"}, keep_card=True)
    apply(start(order, second).pk, refused("declined"))
    page = read(order)
    again, others = page.text.split("Another way to pay")
    assert AGREED not in again  # a bank transfer leaves no card
    assert AGREED in others


@pytest.mark.parametrize("fields", [{}, {"customer": {"reference": ""}}])
def test_a_guest_leaves_no_card_whatever_was_agreed(
    make_order: Callable[..., Order], account: Account, read: Read, fields: dict[str, Any]
) -> None:
    assert "keeps your card" not in read(make_order(keep_card=True, **fields))


def test_a_way_that_keeps_no_card_does_not_say_so(
    make_order: Callable[..., Order], second: Account, read: Read
) -> None:
    assert "keeps your card" not in read(make_order(keep_card=True, customer={"reference": "C-1"}))


def test_a_saved_card_whose_code_is_asked_for_leads_to_the_form(stage: Stage, read: Read) -> None:
    order = SCENES["choose_with_cards"][0](stage)
    card = stage.account.saved_cards.get(last4="0055")
    Client().post(f"/pay/{order.token}/start/", {"choice": f"{stage.account.pk}:{card.pk}"})
    assert read(order).heading == "Enter your payment details"
    assert Scripted.charges[-1].saved_card == "tok-0055"


def test_a_charge_that_the_bank_wants_confirmed_leads_to_the_bank(stage: Stage, read: Read) -> None:
    order = SCENES["confirm"][0](stage)
    assert f'href="{REDIRECT.url}"' in read(order).html
    payment = order.payments.get()
    assert (payment.occasion, payment.state) == ("recurring", "started")
    apply(payment.pk, paid(card=Card(brand="Visa", last4="0055")))
    assert "Card Visa •••• 0055" in read(order)
    assert read(order).heading == "Paid, thank you"


def test_a_charge_that_was_not_confirmed_may_be_paid_like_any_order(
    stage: Stage, read: Read, shopper: Client
) -> None:
    order = SCENES["confirm"][0](stage)
    apply(order.payments.get().pk, refused("authentication_failed"))
    page = read(order)
    assert page.heading == "Your payment did not go through"
    assert "Your bank could not confirm that it was you." in page
    assert page.buttons == [AGAIN, "Remove", PAY, MORE, GIVE_UP]
    shopper.post(f"/pay/{order.token}/retry/", {"attempt": 1, "then": "again"})
    second = order.payments.get(number=2)
    assert (second.saved_card, second.occasion) == (order.payments.get(number=1).saved_card, "")


def test_a_transfer_under_way_outlives_the_hold_as_long_as_the_provider_says_so(
    stage: Stage, read: Read
) -> None:
    order = SCENES["under_way_for_days"][0](stage)
    order.refresh_from_db()
    assert (order.state, order.payments.get().state) == ("open", "pending")
    Scripted.truth = Report(outcome=Outcome.CANCELED)
    expire(order)
    page = read(order)
    assert page.heading == "The time to pay is over"
    assert "Nothing was charged." in page


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


def test_without_javascript_a_provider_with_a_page_of_its_own_leads_there(stage: Stage, read: Read) -> None:
    text = " ".join(read(SCENES["widget_and_page"][0](stage)).noscript)
    assert "This way to pay needs JavaScript" not in text
    assert "You can pay on the page of the payment service instead, and come back here afterwards." in text
    assert f'<a class="main" href="{PAGE}">Continue to the payment page</a>' in text


def test_a_provider_with_a_page_of_its_own_asks_for_no_javascript(
    make_order: Callable[..., Order], lasting: Account, read: Read
) -> None:
    assert "JavaScript" not in " ".join(read(make_order()).noscript)


def test_without_javascript_a_card_is_left_on_the_providers_page(
    make_order: Callable[..., Order], lasting: Account, read: Read
) -> None:
    order = make_order(minor=0, kind=Kind.SAVE_CARD, items=[], customer={"reference": "C-8"})
    start(order, lasting)
    text = " ".join(read(order).noscript)
    assert f'<a class="main" href="{PAGE}">Continue to the card page</a>' in text
    assert "leave your card on the page of the payment service instead" in text


def test_the_widget_is_told_of_the_page(stage: Stage, read: Read) -> None:
    assert f'<a href="{PAGE}">A page instead</a>' in read(SCENES["widget_and_page"][0](stage)).html
    Scripted.forget()
    assert "A page instead" not in read(SCENES["widget"][0](stage)).html


def test_an_attempt_from_before_pages_were_kept_is_still_shown(begun: Payment, read: Read) -> None:
    del begun.show["page"]
    begun.save()
    assert "This way to pay needs JavaScript" in " ".join(read(begun.order).noscript)


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
