"""What does a shopper see of an attempt that a refusal does not end, and what comes of trying it again?"""

from collections.abc import Callable
from threading import Thread

import pytest
from django.db import connection
from django.test import Client

from checkout.decline_texts import DECLINES
from checkout.models import Account, Order, Payment
from checkout.payments import settle
from checkout.payments.apply import apply
from checkout.payments.start import start
from checkout.states import State
from providers.base import Outcome, Redirect, Report
from providers.errors import Uncertain
from providers.money import Money
from tests.scripted import codes
from tests.shopper.conftest import Answer, Reading
from tests.shopper.scenes import run_out
from tests.shopper.scripted import PAGE, Scripted, paid, refused, refused_there

Read = Callable[[Order], Reading]

AGAIN, MORE, GIVE_UP = "Try again", "I need more time", "Give up this order"
FAILED, FORM = "Your payment did not go through", "Enter your payment details"


@pytest.fixture
def attempt(lasting: Account, make_order: Callable[..., Order]) -> Payment:
    return start(make_order(), lasting)


def come_back(payment: Payment, claim: str) -> None:
    Client().get(f"/pay/{payment.order.token}/return/{payment.token}/?result={claim}")


def again(payment: Payment, then: str = "again", **fields: object) -> Answer:
    browser = Client(headers={"sec-fetch-site": "same-origin"})
    return browser.post(f"/pay/{payment.order.token}/retry/", {"attempt": 1, "then": then, **fields})


def states(order: Order) -> list[str]:
    return list(order.payments.order_by("number").values_list("state", flat=True))


def status(order: Order) -> dict[str, object]:
    told: dict[str, object] = Client().get(f"/pay/{order.token}/status.json").json()
    return told


# --- what is shown ---------------------------------------------------------------------------------------------------


def test_a_refusal_there_is_told_here_with_its_reason(attempt: Payment, read: Read) -> None:
    Scripted.truth = refused_there("expired_card")
    come_back(attempt, "failure")
    page = read(attempt.order)
    what, advice = DECLINES["expired_card"]
    assert page.heading == FAILED
    assert f"{what} {advice} Nothing was charged." in page
    assert page.buttons == [AGAIN, MORE, GIVE_UP]
    assert states(attempt.order) == ["started"]


@pytest.mark.parametrize(
    ("claim", "heading"),
    [("cancel", "The payment was not completed"), ("", FORM), ("success", "We are checking your payment")],
)
def test_whoever_comes_back_otherwise_is_not_told_of_a_refusal(
    attempt: Payment, read: Read, claim: str, heading: str
) -> None:
    Scripted.truth = refused_there()
    come_back(attempt, claim)
    assert read(attempt.order).heading == heading


def test_a_failure_that_the_provider_knows_nothing_of_has_no_reason(attempt: Payment, read: Read) -> None:
    come_back(attempt, "failure")
    page = read(attempt.order)
    assert page.heading == "The payment was not completed"
    assert "sent you back without a result" in page
    assert "Nothing was charged" not in page


def test_an_old_refusal_is_not_the_reason_when_the_provider_is_silent(attempt: Payment, read: Read) -> None:
    apply(attempt.pk, refused_there())  # it rang with it
    Scripted.truth = Uncertain("no answer within 8 s")
    come_back(attempt, "failure")
    page = read(attempt.order)
    assert page.heading == "The payment was not completed"
    assert "Nothing was charged" not in page
    assert codes(attempt.order).count("payment.declined") == 1  # the merchant still reads of it

    apply(attempt.pk, refused_there())  # it is there again
    assert read(attempt.order).heading == FAILED


def test_an_open_page_notices_the_refusal_and_the_end(attempt: Payment, read: Read) -> None:
    come_back(attempt, "failure")
    assert 'data-follow="change"' in read(attempt.order).html
    before = status(attempt.order)
    apply(attempt.pk, refused_there("wrong_cvc"))
    refusal = status(attempt.order)
    assert (before["state"], refusal["state"], refusal["open"]) == ("interrupted", "failed", True)
    apply(attempt.pk, refused_there("insufficient_funds"))
    another = status(attempt.order)
    assert len({str(told["version"]) for told in (before, refusal, another)}) == 3
    apply(attempt.pk, paid())  # in another tab
    assert (status(attempt.order)["state"], status(attempt.order)["open"]) == ("paid", False)


def test_a_form_that_is_typed_into_is_left_alone(attempt: Payment, read: Read) -> None:
    apply(attempt.pk, refused_there())
    page = read(attempt.order)
    assert page.heading == FORM
    assert 'data-follow="end"' in page.html


def test_a_page_whose_attempt_has_ended_asks_no_more(attempt: Payment, read: Read) -> None:
    apply(attempt.pk, refused("declined"))
    assert "data-follow" not in read(attempt.order).html


# --- the same again --------------------------------------------------------------------------------------------------


def test_again_leads_to_the_same_form(attempt: Payment, read: Read) -> None:
    Scripted.truth = refused_there()
    come_back(attempt, "failure")
    answer = again(attempt)
    assert (answer.status_code, answer.headers["Location"]) == (303, attempt.order.get_absolute_url())
    assert read(attempt.order).heading == FORM
    assert states(attempt.order) == ["started"]
    assert Scripted.calls == ["start", "sync", "sync"]  # asked first, and nothing was cancelled
    assert codes(attempt.order)[-1] == "payment.resumed"


def test_again_leads_to_the_same_page_of_the_provider(
    lasting: Account, make_order: Callable[..., Order], read: Read
) -> None:
    Scripted.show = Redirect(url=PAGE)
    attempt = start(make_order(), lasting)
    Scripted.truth = refused_there()
    come_back(attempt, "failure")
    answer = again(attempt)
    assert answer.headers["Location"] == attempt.order.get_absolute_url() + "?onward=1"
    page = read(attempt.order)
    assert page.heading == "Continue to: Card or local payment method"
    assert f'href="{PAGE}"' in page.html
    assert states(attempt.order) == ["started"]


def test_again_when_it_is_paid_meanwhile_is_the_receipt(attempt: Payment, read: Read) -> None:
    come_back(attempt, "cancel")
    Scripted.truth = paid()
    again(attempt)
    assert read(attempt.order).heading == "Paid, thank you"
    assert states(attempt.order) == ["paid"]
    assert Scripted.calls.count("start") == 1


def test_again_when_money_is_under_way_waits_for_it(attempt: Payment, read: Read) -> None:
    come_back(attempt, "cancel")
    Scripted.truth = Report(outcome=Outcome.PENDING)
    again(attempt)
    assert read(attempt.order).heading == "We are checking your payment"
    assert states(attempt.order) == ["pending"]
    assert "payment.resumed" not in codes(attempt.order)


def test_again_when_it_has_ended_meanwhile_is_a_new_attempt(attempt: Payment, read: Read) -> None:
    come_back(attempt, "cancel")
    Scripted.truth = refused("declined")
    again(attempt)
    assert read(attempt.order).heading == FORM
    assert states(attempt.order) == ["failed", "started"]
    assert Scripted.calls.count("start") == 2


def test_again_when_a_further_attempt_could_charge_twice_is_none(attempt: Payment, read: Read) -> None:
    come_back(attempt, "cancel")
    Scripted.truth = refused("declined", may_retry=False)
    again(attempt)
    assert read(attempt.order).heading == "We cannot take another payment for the moment"
    assert states(attempt.order) == ["failed"]


def test_again_while_the_provider_is_silent_shows_the_same_form(attempt: Payment, read: Read) -> None:
    """One attempt there is paid once, whoever asks; the shopper need not wait for our question to be answered."""
    come_back(attempt, "cancel")
    Scripted.truth = Uncertain("no answer within 8 s")
    answer = again(attempt)
    assert answer.headers["Location"] == attempt.order.get_absolute_url()
    assert read(attempt.order).heading == FORM
    assert states(attempt.order) == ["started"]
    assert Scripted.calls.count("start") == 1


def test_two_clicks_go_on_once(attempt: Payment, read: Read) -> None:
    come_back(attempt, "cancel")
    for _click in range(2):
        again(attempt)
    assert read(attempt.order).heading == FORM
    assert states(attempt.order) == ["started"]
    assert codes(attempt.order).count("payment.resumed") == 1


def test_the_second_of_two_clicks_leaves_the_new_attempt_alone(attempt: Payment) -> None:
    come_back(attempt, "cancel")
    Scripted.truth = refused("declined")
    for _click in range(2):
        again(attempt)
    assert states(attempt.order) == ["failed", "started"]
    assert Scripted.calls.count("start") == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("ended", [False, True])
def test_again_in_two_tabs_at_once(transactional_db: None, attempt: Payment, ended: bool) -> None:
    settle.returned(attempt, {"result": "cancel"}, patience=1)
    Scripted.truth = refused("declined") if ended else refused_there()
    answers: list[Answer] = []

    def tab() -> None:
        try:
            answers.append(again(attempt))
        finally:
            connection.close()

    tabs = [Thread(target=tab) for _tab in range(4)]
    for thread in tabs:
        thread.start()
    for thread in tabs:
        thread.join(30)
    assert [answer.status_code for answer in answers] == [303] * 4
    assert states(attempt.order) == (["failed", "started"] if ended else ["started"])
    assert Scripted.calls.count("start") == (2 if ended else 1)
    assert codes(attempt.order).count("payment.resumed") == (0 if ended else 1)


def test_a_tab_that_was_left_open_goes_on_with_what_the_other_shows(attempt: Payment, read: Read) -> None:
    come_back(attempt, "cancel")
    again(attempt)
    come_back(attempt, "failure")
    again(attempt)  # pressed on the older page
    assert read(attempt.order).heading == FORM
    assert states(attempt.order) == ["started"]


# --- another way -----------------------------------------------------------------------------------------------------


def test_another_way_ends_the_open_attempt_first(attempt: Payment, second: Account, read: Read) -> None:
    Scripted.truth = refused_there()
    come_back(attempt, "failure")
    again(attempt, "this", choice=second.pk)
    assert states(attempt.order) == ["canceled", "started"]
    assert attempt.order.payments.get(number=2).account == second
    assert Scripted.calls == ["start", "sync", "sync", "start"]  # it cannot be told, so it is asked


def test_another_way_waits_while_nobody_knows_of_the_first(
    attempt: Payment, second: Account, shopper: Client
) -> None:
    Scripted.truth = refused_there()
    come_back(attempt, "failure")
    Scripted.truth = Uncertain("no answer")
    answer = again(attempt, "this", choice=second.pk)
    assert answer.headers["Location"] == attempt.order.get_absolute_url() + "?note=unreached"
    assert states(attempt.order) == ["started"]
    page = Reading(shopper.get(answer.headers["Location"]).content.decode())
    assert page.heading == FAILED
    assert "so nothing was changed. Please try again in a moment." in page


def test_a_provider_that_can_be_told_is_told_and_a_new_attempt_begins(begun: Payment) -> None:
    Scripted.truth = refused_there()
    come_back(begun, "failure")
    again(begun)
    assert states(begun.order) == ["canceled", "started"]
    assert Scripted.calls == ["start", "sync", "cancel", "start"]


def test_after_the_hold_an_open_attempt_is_not_tried_again(attempt: Payment, read: Read) -> None:
    Scripted.truth = refused_there()
    come_back(attempt, "failure")
    run_out(attempt.order)
    assert read(attempt.order).heading == "The time to pay is over"
    attempt.refresh_from_db()
    assert attempt.state == State.STARTED


def test_a_form_that_was_left_and_lives_on(
    attempt: Payment, second: Account, shopper: Client, read: Read
) -> None:
    """It cannot be closed. What it brings otherwise than asked is looked at before anybody pays once more."""
    order = attempt.order
    again(attempt, "choose")
    page = read(order)
    assert (page.heading, AGAIN in page.buttons) == ("The payment was not completed", True)
    again(attempt)
    assert (read(order).heading, states(order)) == (FORM, ["canceled", "started"])  # a fresh one
    assert Scripted.calls.count("start") == 2
    shopper.post(f"/pay/{order.token}/retry/", {"attempt": 2, "then": "choose"})
    apply(order.payments.get(number=2).pk, paid(5000))
    page = read(order)
    assert page.heading == "We cannot take another payment for the moment"
    assert "Nothing was charged" not in page
    back = Money(5000, "EUR")
    gone = Report(outcome=Outcome.REFUNDED, authorized=back, captured=back, refunded=back)
    apply(order.payments.get(number=2).pk, gone)
    page = read(order)
    assert (AGAIN in page.buttons, "What was charged has been given back." in page) == (True, True)


def test_what_was_not_believed_and_was_given_back_is_called_that(attempt: Payment, read: Read) -> None:
    apply(attempt.pk, paid(5000))
    page = read(attempt.order)
    assert (page.heading, "The shop is looking at it." in page) == ("We are checking your payment", True)
    back = Money(5000, "EUR")
    apply(attempt.pk, Report(outcome=Outcome.REFUNDED, authorized=back, captured=back, refunded=back))
    page = read(attempt.order)
    assert ("What was charged has been given back." in page, "Nothing was charged" in page) == (True, False)
    assert AGAIN in page.buttons
