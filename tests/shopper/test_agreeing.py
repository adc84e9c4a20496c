"""What does a shopper read who agrees to more than one payment, or meets one that is the merchant's affair?"""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from checkout.models import Order, Payment
from checkout.payments import settle
from checkout.payments.start import NotPayable, start
from checkout.states import OrderState, State
from checkout.templatetags.guichet import moment
from providers.base import Outcome, Report
from providers.errors import Uncertain
from tests.shopper.agreeing import AGREEING, DESK, IN_A_WEEK, account_of, begun, further, subscription
from tests.shopper.conftest import Reading
from tests.shopper.scenes import Stage
from tests.shopper.scripted import REDIRECT, Scripted, paid

Read = Callable[[Order], Reading]

MORE, AGAIN, GIVE_UP, PRINT = "I need more time", "Try again", "Give up this order", "Print"
OPEN_LONGER = [MORE, GIVE_UP]
TRIAL = "€1.00 for 7 days, then €100.00, then €15.00 every month until it is ended"
FREE = "free for 7 days, then €15.00 every month until it is ended"
PLAN = "€300.00 in 12 payments, one every month"
MANDATE = "any amount, whenever the seller asks for it, until it is ended"
ALLOWED = "You allow Museum of Bread to charge you later, without asking you again each time."
A_WEEK_ON = re.sub(r"<[^>]+>", "", moment(IN_A_WEEK))
END = "To end it, write to Museum of Bread: help@bread.example."

BUTTONS = {
    "subscription": ["Pay €1.00 and subscribe", *OPEN_LONGER],
    "plan": ["Pay €25.00 and agree to the rest", *OPEN_LONGER],
    "mandate": ["Pay €12.00 and agree", *OPEN_LONGER],
    "reserving_mandate": ["Reserve €12.00 and agree", *OPEN_LONGER],
    "free": ["Subscribe", *OPEN_LONGER],
    "free_mandate": ["Agree and continue", *OPEN_LONGER],
    "onward": OPEN_LONGER,
    "onward_free": OPEN_LONGER,
    "came_back": OPEN_LONGER,
    "claimed_success": [],
    "claimed_cancel": [AGAIN, *OPEN_LONGER],
    "claimed_failure": [AGAIN, *OPEN_LONGER],
    "free_claimed_success": [],
    "free_claimed_cancel": [AGAIN, *OPEN_LONGER],
    "failed": [AGAIN, *OPEN_LONGER],
    "free_failed": [AGAIN, *OPEN_LONGER],
    "free_overdue": [],
    "free_expired": [],
    "free_given_up": [],
    "subscribed": [PRINT],
    "subscribed_for_free": [PRINT],
    "plan_begun": [PRINT],
    "late": [PRINT],
    "retried": [PRINT],
    "ending": [PRINT],
    "ended": [PRINT],
    "by_phone": [],
    "further_under_way": [],
    "further_failed": [],
    "further_paid": [PRINT],
}

SAYS = {
    "subscription": f"You agree to: {TRIAL}. Today you pay €1.00. {END}",
    "plan": f"You agree to: {PLAN}. Today you pay €25.00."
    " If you cannot pay as agreed, write to Museum of Bread: help@bread.example.",
    "mandate": f"{ALLOWED} Today you pay €12.00. {END}",
    "reserving_mandate": f"{ALLOWED} {END} The amount is reserved now and charged later, when the shop delivers.",
    "free": f"You agree to: {FREE}. Nothing is charged today. {END}",
    "free_mandate": f"{ALLOWED} Nothing is charged today. {END}",
    "onward": "You pay on the page of the payment service, and come back here afterwards.",
    "onward_free": "You agree on the page of the payment service, and come back here afterwards.",
    "came_back": "You pay on the page of the payment service, and come back here afterwards.",
    "claimed_success": "Please do not pay a second time.",
    "claimed_cancel": "It was cancelled before it was done. Your order is still waiting: try again, or give it up.",
    "claimed_failure": "The payment service sent you back without a result. Your order is still waiting",
    "free_claimed_success": "The payment service has not told us yet whether it is agreed.",
    "free_claimed_cancel": "It was cancelled before it was done. You can try again, or leave it. Try again"
    " This page is open until",
    "failed": "This card has expired. Check the expiry date, or use another card. Nothing was charged.",
    "free_failed": "This card has expired. Check the expiry date, or use another card. Nothing was charged.",
    "free_overdue": "It could be agreed until",
    "free_expired": ", and was not. Nothing was charged. If you still want it, order it again in the shop.",
    "free_given_up": "was given up. Nothing was charged. If you still want it, order it again in the shop.",
    "subscribed": f"Amount paid €1.00 Agreed {TRIAL} Next payment €100.00, {A_WEEK_ON} Agreement A-",
    "subscribed_for_free": "Nothing was charged when you agreed. This page stays your record of it: you can come back"
    f" to it at any time. Agreed {FREE} Next payment €15.00, {A_WEEK_ON} Agreement A-",
    "plan_begun": f"Amount paid €25.00 Agreed {PLAN} Next payment €25.00, {A_WEEK_ON} Agreement A-",
    "late": f"Amount paid €1.00 Agreed {TRIAL} Agreement A-",
    "retried": "(a payment failed and is tried again)",
    "ending": f"Agreed {TRIAL} Ends {A_WEEK_ON} Agreement A-",
    "ended": "(ended)",
    "by_phone": "There is nothing for you to do here. If nobody is talking to you, ask the shop. You can reach the"
    " shop here: help@bread.example",
    "further_under_way": "€15.00 is being charged for Museum of Bread, as you agreed. There is nothing for you to do.",
    "further_failed": "The payment of €15.00 did not go through, so nothing was charged. It cannot be paid on this"
    " page. Museum of Bread tries again, or gets in touch with you. Agreement A-",
    "further_paid": f"Amount paid €15.00 Agreed {TRIAL} Next payment €15.00, {A_WEEK_ON} Agreement A-",
}

# How the order's summary ends: what is due at the beginning, and what it is about.
SUMS = {
    "subscription": f"Today €1.00 Terms {TRIAL}",
    "plan": f"Today €25.00 Terms {PLAN}",
    "mandate": f"Today €12.00 Terms {MANDATE}",
    "free": f"Today nothing Terms {FREE}",
    "free_mandate": f"Today nothing Terms {MANDATE}",
    "onward": f"Today €1.00 Terms {TRIAL}",
    "onward_free": f"Today nothing Terms {FREE}",
    "claimed_success": f"Today €1.00 Terms {TRIAL}",
    "claimed_cancel": f"Today €1.00 Terms {TRIAL}",
    "failed": f"Today €1.00 Terms {TRIAL}",
    "free_failed": f"Today nothing Terms {FREE}",
    "free_expired": f"First payment nothing Terms {FREE}",
    "by_phone": f"Today €1.00 Terms {TRIAL}",
    "subscribed": f"First payment €1.00 Agreed {TRIAL}",
    "subscribed_for_free": f"First payment nothing Agreed {FREE}",
    "further_under_way": f"Total €15.00 Agreed {TRIAL}",
    "further_paid": f"Total €15.00 Agreed {TRIAL}",
}


def test_every_scene_is_looked_at() -> None:
    assert set(BUTTONS) == set(SAYS) == set(AGREEING)


@pytest.mark.parametrize("scene", AGREEING)
def test_a_scene_has_its_heading_its_sentence_and_its_buttons(stage: Stage, read: Read, scene: str) -> None:
    play, heading = AGREEING[scene]
    page = read(play(stage))
    assert page.heading == heading
    assert page.title.startswith(f"{heading} – B-")
    assert page.buttons == BUTTONS[scene]
    assert SAYS[scene] in page
    assert f"Museum pass {SUMS.get(scene, '')}" in page


@pytest.mark.parametrize("scene", [scene for scene in AGREEING if "free" in scene])
def test_where_nothing_is_due_nothing_is_paid(stage: Stage, read: Read, scene: str) -> None:
    page = read(AGREEING[scene][0](stage))
    assert "€0" not in page
    assert "Amount paid" not in page
    assert "Paid" not in page
    assert "Please pay by" not in page


def test_that_nothing_was_agreed_is_not_said_where_nobody_knows(stage: Stage, read: Read) -> None:
    order = AGREEING["free_given_up"][0](stage)
    Payment.objects.create(
        order=order, account=account_of(stage), number=1, reference=f"{order.number}-1", state=State.FAILED,
        amount_minor=0, currency="EUR", may_retry=False,
    )  # fmt: skip
    page = read(order)
    assert page.heading == "The order is cancelled"
    assert "We could not make sure whether your last attempt was charged." in page


@pytest.mark.parametrize("scene", ["late", "ending", "ended"])
def test_no_payment_is_promised_that_may_not_come(stage: Stage, read: Read, scene: str) -> None:
    assert "Next payment" not in read(AGREEING[scene][0](stage))


@pytest.mark.parametrize(
    ("scene", "told"), [("subscribed", True), ("late", True), ("ending", False), ("ended", False)]
)
def test_how_it_is_ended_is_told_while_it_can_be(stage: Stage, read: Read, scene: str, told: bool) -> None:
    assert (END in read(AGREEING[scene][0](stage))) is told


def test_a_shop_without_an_address_is_asked(stage: Stage, read: Read) -> None:
    shop = stage.account.shop
    shop.support_email = ""
    shop.save()
    assert "To end it, ask Museum of Bread." in read(AGREEING["subscription"][0](stage))
    assert "If you cannot pay as agreed, ask Museum of Bread." in read(AGREEING["plan"][0](stage))


# --- to a page that cannot be told that one has left ----------------------------------------------------------------


@pytest.mark.parametrize("claim", ["cancel", "failure"])
def test_who_comes_back_without_paying_goes_on_with_the_same_form(
    stage: Stage, shopper: Client, read: Read, claim: str
) -> None:
    payment = begun(stage, subscription(stage))
    order = payment.order
    settle.returned(payment, {"result": claim}, patience=1)
    answer = shopper.post(f"/pay/{order.token}/retry/", {"attempt": "1", "then": "again"})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{order.get_absolute_url()}?onward=1")
    page = read(order)
    assert page.heading == "Continue to: Card, on its page"
    assert f'href="{REDIRECT.url}"' in page.html
    assert [row.number for row in order.payments.all()] == [1]
    assert Scripted.calls.count("start") == 1


def test_who_paid_after_all_is_shown_the_receipt(stage: Stage, shopper: Client, read: Read) -> None:
    payment = begun(stage, subscription(stage))
    settle.returned(payment, {"result": "cancel"}, patience=1)
    Scripted.truth = paid(100)
    shopper.post(f"/pay/{payment.order.token}/retry/", {"attempt": "1", "then": "again"})
    assert read(payment.order).heading == "Paid, thank you"


# --- what is the merchant's affair ----------------------------------------------------------------------------------


@pytest.fixture
def at_desk(stage: Stage) -> Payment:
    return start(subscription(stage), account_of(stage), desk=DESK)


PRESSES: list[tuple[str, dict[str, str]]] = [
    ("give-up", {}),
    ("retry", {"attempt": "1", "then": "choose"}),
    ("retry", {"attempt": "1", "then": "again"}),
    ("retry", {"attempt": "1", "then": "this"}),
    ("start", {}),
]


def press(order: Order, what: str, fields: dict[str, str], stage: Stage) -> Any:
    shopper = Client(headers={"sec-fetch-site": "same-origin"})
    choice = {"choice": str(account_of(stage).pk)}
    return shopper.post(f"/pay/{order.token}/{what}/", {**choice, **fields})


def test_the_desks_form_is_not_the_shoppers(at_desk: Payment, read: Read) -> None:
    page = read(at_desk.order)
    assert page.heading == "The shop is taking this payment by phone"
    assert REDIRECT.url not in page.html
    assert "onward.js" not in page.html


@pytest.mark.parametrize(("what", "fields"), PRESSES)
def test_what_is_open_at_the_desk_is_not_ended_by_the_shopper(
    at_desk: Payment, stage: Stage, what: str, fields: dict[str, str]
) -> None:
    order = at_desk.order
    answer = press(order, what, fields, stage)
    assert (answer.status_code, answer.headers["Location"]) == (303, order.get_absolute_url())
    at_desk.refresh_from_db()
    order.refresh_from_db()
    assert (at_desk.state, order.state, Scripted.calls) == (State.STARTED, OrderState.OPEN, ["start"])


def test_the_desk_is_told_of_before_its_form_is_open(stage: Stage, read: Read) -> None:
    Scripted.start_error = Uncertain("no answer within 30 s")
    payment = start(subscription(stage), account_of(stage), desk=DESK)
    assert payment.state == State.CREATED
    assert read(payment.order).heading == "The shop is taking this payment by phone"


@pytest.mark.parametrize("claim", ["", "success", "cancel", "failure"])
def test_the_way_back_from_the_desk_is_the_merchants(
    at_desk: Payment, shopper: Client, read: Read, claim: str
) -> None:
    answer = shopper.get(f"/pay/{at_desk.order.token}/return/{at_desk.token}/?result={claim}")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/admin/")
    assert Scripted.calls == ["start"]  # the admin asks when the merchant is there
    page = read(at_desk.order)
    assert page.heading == "The shop is taking this payment by phone"
    assert REDIRECT.url not in page.html


def test_what_was_paid_at_the_desk_has_a_receipt(at_desk: Payment, read: Read) -> None:
    Scripted.truth = paid(100)
    settle.settle(at_desk)
    assert read(at_desk.order).heading == "Paid, thank you"


def test_what_was_not_paid_at_the_desk_may_be_paid_by_the_shopper(
    at_desk: Payment, stage: Stage, read: Read
) -> None:
    Scripted.truth = Report(outcome=Outcome.CANCELED)
    settle.settle(at_desk)
    assert read(at_desk.order).buttons == [AGAIN, *OPEN_LONGER]
    answer = press(at_desk.order, "retry", {"attempt": "1", "then": "again"}, stage)
    assert answer.headers["Location"] == f"{at_desk.order.get_absolute_url()}?onward=1"
    assert at_desk.order.payments.get(number=2).desk == {}


@pytest.mark.parametrize(("what", "fields"), PRESSES)
def test_a_further_payment_is_not_the_shoppers_to_end(
    stage: Stage, what: str, fields: dict[str, str]
) -> None:
    payment = further(stage)
    order, asked = payment.order, list(Scripted.calls)
    answer = press(order, what, fields, stage)
    assert (answer.status_code, answer.headers["Location"]) == (303, order.get_absolute_url())
    payment.refresh_from_db()
    order.refresh_from_db()
    assert (payment.state, order.state, Scripted.calls) == (State.PENDING, OrderState.OPEN, asked)


@pytest.mark.parametrize(("what", "fields"), PRESSES)
def test_a_further_payment_that_failed_is_not_paid_here(
    stage: Stage, what: str, fields: dict[str, str]
) -> None:
    order = AGREEING["further_failed"][0](stage)
    answer = press(order, what, fields, stage)
    assert (answer.status_code, answer.headers["Location"]) == (303, order.get_absolute_url())
    assert order.payments.count() == 1


def test_nothing_can_be_begun_for_a_further_payment(stage: Stage) -> None:
    order = AGREEING["further_failed"][0](stage)
    with pytest.raises(NotPayable):
        start(order, account_of(stage))
