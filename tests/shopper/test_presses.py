"""What comes of each button, of two at once, and of one that comes too late?"""

from collections.abc import Callable
from datetime import timedelta
from threading import Thread

import pytest
from django.conf import settings as site
from django.db import connection
from django.test import Client
from django.utils import timezone

from checkout.models import Account, Order, Payment, SavedCard
from checkout.payments.apply import apply
from checkout.payments.more_time import MAX_EXTENSIONS
from checkout.payments.start import start
from checkout.states import OrderState, State
from providers.base import Claim, Outcome, Report
from providers.errors import Uncertain
from tests.shopper.conftest import Answer, Reading
from tests.shopper.scenes import run_out
from tests.shopper.scripted import REDIRECT, Scripted, paid, refused

Read = Callable[[Order], Reading]
Told = Callable[[Report], Payment]


def press(browser: Client, order: Order, what: str, **fields: object) -> Answer:
    return browser.post(f"/pay/{order.token}/{what}/", fields)


def states(order: Order) -> list[str]:
    return list(order.payments.order_by("number").values_list("state", flat=True))


def leads_to(answer: Answer, order: Order, query: str = "") -> bool:
    return answer.status_code == 303 and answer.headers["Location"] == order.get_absolute_url() + query


# --- start ----------------------------------------------------------------------------------------------------------


def test_pay_opens_one_attempt_and_leads_to_the_page(order: Order, account: Account, shopper: Client) -> None:
    assert leads_to(press(shopper, order, "start", choice=account.pk), order)
    payment = order.payments.get()
    assert (payment.state, payment.account, payment.save_card) == (State.STARTED, account, False)
    assert Scripted.calls == ["start"]


def test_pay_pressed_again_opens_no_second_attempt(order: Order, account: Account, shopper: Client) -> None:
    press(shopper, order, "start", choice=account.pk)
    assert leads_to(press(shopper, order, "start", choice=account.pk), order)
    assert states(order) == ["started"]
    assert Scripted.calls == ["start"]


@pytest.mark.django_db(transaction=True)
def test_pay_pressed_in_two_tabs_at_once_opens_one_attempt(
    transactional_db: None, order: Order, account: Account
) -> None:
    answers: list[Answer] = []

    def tab() -> None:
        try:
            answers.append(press(Client(), order, "start", choice=account.pk))
        finally:
            connection.close()

    tabs = [Thread(target=tab) for _tab in range(4)]
    for thread in tabs:
        thread.start()
    for thread in tabs:
        thread.join(30)
    assert [answer.status_code for answer in answers] == [303] * 4
    assert states(order) == ["started"]
    assert Scripted.calls == ["start"]


def test_going_on_to_the_provider_is_the_pages_doing(order: Order, account: Account, shopper: Client) -> None:
    Scripted.show = REDIRECT
    assert leads_to(press(shopper, order, "start", choice=account.pk), order, "?onward=1")
    at_once = shopper.get(order.get_absolute_url() + "?onward=1").content.decode()
    assert "shopper/onward.js" in at_once
    assert f'content="0; url={REDIRECT.url}"' in at_once
    later = shopper.get(order.get_absolute_url()).content.decode()
    assert "shopper/onward.js" not in later
    assert f'href="{REDIRECT.url}"' in later


@pytest.mark.parametrize("choice", ["", "nonsense", "00000000-0000-0000-0000-000000000000"])
def test_a_choice_that_was_not_offered_opens_nothing(order: Order, shopper: Client, choice: str) -> None:
    assert leads_to(press(shopper, order, "start", choice=choice), order, "?note=choose")
    assert states(order) == []
    page = shopper.get(order.get_absolute_url() + "?note=choose").content.decode()
    assert "Please choose how you would like to pay." in page


def test_another_shops_account_is_not_offered(order: Order, account: Account, shopper: Client) -> None:
    foreign = Account.objects.create(shop_id=other_shop(), provider="scripted", name="Foreign", live=True)
    press(shopper, order, "start", choice=foreign.pk)
    assert states(order) == []


def other_shop() -> int:
    from checkout.models import Shop

    return Shop.objects.create(name="Other", slug="other").pk


@pytest.mark.parametrize("gone", [OrderState.PAID, OrderState.CANCELED, OrderState.EXPIRED])
def test_pay_on_an_order_that_is_over_shows_what_is_true(
    order: Order, account: Account, shopper: Client, gone: OrderState
) -> None:
    Order.objects.filter(pk=order.pk).update(state=gone)
    assert leads_to(press(shopper, order, "start", choice=account.pk), order)
    assert states(order) == []


def test_pay_after_the_hold_opens_nothing(order: Order, account: Account, shopper: Client) -> None:
    run_out(order)
    assert leads_to(press(shopper, order, "start", choice=account.pk), order)
    assert states(order) == []


# --- cards ----------------------------------------------------------------------------------------------------------


def test_consent_travels_to_the_provider(known: Order, account: Account, shopper: Client) -> None:
    press(shopper, known, "start", choice=account.pk, save_card="on")
    assert known.payments.get().save_card is True
    assert Scripted.charges[-1].save_card is True


def test_a_guests_consent_is_none(order: Order, account: Account, shopper: Client) -> None:
    press(shopper, order, "start", choice=account.pk, save_card="on")
    assert order.payments.get().save_card is False


def test_a_saved_card_pays(known: Order, account: Account, card: SavedCard, shopper: Client) -> None:
    press(shopper, known, "start", choice=f"{account.pk}:{card.pk}")
    assert known.payments.get().saved_card == card
    assert Scripted.charges[-1].saved_card == "tok-1"


def test_another_customers_card_does_not_pay(
    order: Order, account: Account, card: SavedCard, shopper: Client
) -> None:
    press(shopper, order, "start", choice=f"{account.pk}:{card.pk}")
    assert states(order) == []


def test_a_removed_card_is_forgotten(known: Order, card: SavedCard, shopper: Client, read: Read) -> None:
    assert "Visa •••• 0055" in read(known)
    assert leads_to(press(shopper, known, "remove-card", card=card.pk), known)
    card.refresh_from_db()
    assert card.removed_at is not None
    assert not card.token.reveal()
    assert "Visa •••• 0055" not in read(known)


def test_a_card_that_was_kept_twice_is_shown_once_and_goes_as_one(
    known: Order, card: SavedCard, shopper: Client, read: Read
) -> None:
    looks = {name: getattr(card, name) for name in ("brand", "last4", "expiry_month", "expiry_year")}
    SavedCard.objects.create(
        shop=card.shop, account=card.account, customer_reference="C-1", token="tok-2", fingerprint="2",
        consented_at=timezone.now(), **looks,
    )  # fmt: skip
    assert read(known).text.count("Visa •••• 0055") == 1
    press(shopper, known, "remove-card", card=card.pk)
    assert "Visa •••• 0055" not in read(known)
    assert not SavedCard.objects.filter(removed_at=None).exists()


@pytest.mark.parametrize("reference", ["", "C-2"])
def test_nobody_removes_another_customers_card(
    make_order: Callable[..., Order], card: SavedCard, shopper: Client, reference: str
) -> None:
    press(shopper, make_order(customer={"reference": reference}), "remove-card", card=card.pk)
    card.refresh_from_db()
    assert card.removed_at is None


# --- again, another way, give up ------------------------------------------------------------------------------------


def test_try_again_makes_a_second_attempt_of_the_same_kind(
    begun: Payment, shopper: Client, told: Told
) -> None:
    told(refused("wrong_cvc"))
    assert leads_to(press(shopper, begun.order, "retry", attempt=1, then="again"), begun.order)
    assert states(begun.order) == ["failed", "started"]
    assert begun.order.payments.get(number=2).account == begun.account
    assert Scripted.calls == ["start", "start"]


def test_try_again_after_a_cancel_ends_the_open_attempt_first(begun: Payment, shopper: Client) -> None:
    Payment.objects.filter(pk=begun.pk).update(claim=Claim.CANCEL)
    press(shopper, begun.order, "retry", attempt=1, then="again")
    assert states(begun.order) == ["canceled", "started"]
    assert Scripted.calls == ["start", "cancel", "start"]


def test_the_second_of_two_clicks_leaves_what_the_first_began(
    begun: Payment, shopper: Client, told: Told
) -> None:
    told(refused("wrong_cvc"))
    for _click in range(2):
        assert leads_to(press(shopper, begun.order, "retry", attempt=1, then="again"), begun.order)
    assert states(begun.order) == ["failed", "started"]
    assert Scripted.calls == ["start", "start"]


def test_another_way_is_the_one_that_was_chosen(
    begun: Payment, second: Account, shopper: Client, told: Told
) -> None:
    told(refused("declined"))
    press(shopper, begun.order, "retry", attempt=1, then="this", choice=second.pk)
    assert begun.order.payments.get(number=2).account == second


def test_another_way_from_the_widget_shows_the_choice(
    begun: Payment, second: Account, shopper: Client, read: Read
) -> None:
    assert leads_to(press(shopper, begun.order, "retry", attempt=1, then="choose"), begun.order)
    assert states(begun.order) == ["canceled"]
    assert Scripted.calls == ["start", "cancel"]
    page = read(begun.order)
    assert page.heading == "The payment was not completed"
    assert "Bank transfer" in page


def test_money_that_came_meanwhile_beats_the_retry(begun: Payment, shopper: Client, read: Read) -> None:
    Scripted.truth = paid()
    press(shopper, begun.order, "retry", attempt=1, then="again")
    assert states(begun.order) == ["paid"]
    assert read(begun.order).heading == "Paid, thank you"


def test_a_retry_waits_for_a_provider_that_cannot_be_asked(begun: Payment, shopper: Client) -> None:
    Scripted.cancel_error = Uncertain("no answer")
    answer = press(shopper, begun.order, "retry", attempt=1, then="again")
    assert leads_to(answer, begun.order, "?note=unreached")
    assert states(begun.order) == ["started"]
    page = shopper.get(answer.headers["Location"]).content.decode()
    assert "so nothing was changed. Please try again in a moment." in page


def test_a_note_is_not_said_when_it_is_not_true(begun: Payment, shopper: Client, told: Told) -> None:
    told(paid())
    page = shopper.get(begun.order.get_absolute_url() + "?note=unreached&onward=1").content.decode()
    assert "nothing was changed" not in page


def test_what_may_charge_twice_is_not_tried_again(begun: Payment, shopper: Client, told: Told) -> None:
    told(refused("declined", may_retry=False))
    assert leads_to(press(shopper, begun.order, "retry", attempt=1, then="again"), begun.order)
    assert leads_to(press(shopper, begun.order, "start", choice=begun.account_id), begun.order)
    assert states(begun.order) == ["failed"]
    assert Scripted.calls == ["start"]


def test_give_up_tells_the_provider_and_closes_the_order(begun: Payment, shopper: Client) -> None:
    assert leads_to(press(shopper, begun.order, "give-up"), begun.order)
    begun.order.refresh_from_db()
    assert begun.order.state == OrderState.CANCELED
    assert Scripted.calls == ["start", "give up"]


def test_give_up_on_a_paid_order_changes_nothing(begun: Payment, shopper: Client, told: Told) -> None:
    told(paid())
    press(shopper, begun.order, "give-up")
    begun.order.refresh_from_db()
    assert begun.order.state == OrderState.PAID
    assert states(begun.order) == ["paid"]


def test_give_up_that_the_provider_did_not_hear_leaves_the_order_open(
    begun: Payment, shopper: Client
) -> None:
    Scripted.cancel_error = Uncertain("no answer")
    assert leads_to(press(shopper, begun.order, "give-up"), begun.order, "?note=unreached")
    begun.order.refresh_from_db()
    assert begun.order.state == OrderState.OPEN


# --- time and language ----------------------------------------------------------------------------------------------


def test_more_time_is_given_ten_times(order: Order, shopper: Client, read: Read) -> None:
    Order.objects.filter(pk=order.pk).update(expires_at=timezone.now() + timedelta(minutes=2))
    assert leads_to(press(shopper, order, "extend"), order)
    order.refresh_from_db()
    assert order.expires_at > timezone.now() + timedelta(minutes=24)
    assert order.extensions == 1
    for _press in range(MAX_EXTENSIONS):
        press(shopper, order, "extend")
    order.refresh_from_db()
    assert order.extensions == MAX_EXTENSIONS
    assert "I need more time" not in read(order).buttons


def test_what_is_open_at_a_provider_that_knows_nothing_of_it_may_end_before(
    begun: Payment, shopper: Client, read: Read
) -> None:
    """And then another attempt begins, with the new end."""
    order, told = begun.order, "The form of the payment service may close before then."
    Order.objects.filter(pk=order.pk).update(expires_at=timezone.now() + timedelta(minutes=2))
    assert told not in read(order)
    press(shopper, order, "extend")
    assert told in read(order)
    apply(begun.pk, Report(outcome=Outcome.EXPIRED))
    page = read(order)
    assert (told in page, "was open for too long" in page, "Try again" in page.buttons) == (False, True, True)
    press(shopper, order, "retry", attempt=1, then="again")
    order.refresh_from_db()
    assert (states(order), Scripted.charges[-1].expires_at) == (["expired", "started"], order.expires_at)
    assert told not in read(order)


def test_an_order_that_ran_out_gets_no_more_time(order: Order, shopper: Client, read: Read) -> None:
    press(shopper, run_out(order), "extend")
    assert read(order).heading == "The time to pay is over"


def test_the_language_is_kept_with_the_order(order: Order, account: Account, shopper: Client) -> None:
    assert leads_to(press(shopper, order, "language", language="fr"), order)
    order.refresh_from_db()
    assert order.language == "fr"
    answer = shopper.get(order.get_absolute_url(), headers={"accept-language": "en"})
    page = Reading(answer.content.decode())
    assert answer.headers["Content-Language"] == "fr"
    assert '<html lang="fr">' in page.html
    assert page.heading == "Comment souhaitez-vous payer ?"
    assert "Comment souhaitez-vous payer\u202f?" in page.html
    assert page.buttons[0] == "Payer 42,99 €"
    assert "Payer 42,99\u00a0€" in page.html
    press(shopper, order, "start", choice=account.pk)
    assert Scripted.charges[-1].language == "fr"


def test_a_language_that_we_do_not_speak_is_not_taken(order: Order, shopper: Client) -> None:
    press(shopper, order, "language", language="tlh")
    order.refresh_from_db()
    assert order.language == "en"


@pytest.mark.parametrize(("asked", "spoken"), [("fr-CH", "fr"), ("fr", "fr"), ("de", "en"), ("en-GB", "en")])
def test_an_order_in_another_language_is_shown_in_the_nearest(
    make_order: Callable[..., Order], shopper: Client, asked: str, spoken: str
) -> None:
    order = make_order(language=asked)
    assert f'<html lang="{spoken}">' in shopper.get(order.get_absolute_url()).content.decode()


# --- doors ----------------------------------------------------------------------------------------------------------

PRESSES = ["start", "retry", "give-up", "extend", "language", "remove-card"]


@pytest.mark.parametrize(
    "told_by_browser",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site", "origin": site.SITE_URL},
    ],
)
@pytest.mark.parametrize("what", PRESSES)
def test_another_site_presses_nothing(
    begun: Payment, what: str, told_by_browser: dict[str, str], read: Read
) -> None:
    fields = {"choice": begun.account_id, "attempt": 1, "then": "again", "language": "fr"}
    answer = Client(headers=told_by_browser).post(f"/pay/{begun.order.token}/{what}/", fields)
    assert answer.status_code == 403
    assert Reading(answer.content.decode()).heading == "Not allowed from there"
    begun.order.refresh_from_db()
    assert (begun.order.language, begun.order.extensions, begun.order.state) == ("en", 0, OrderState.OPEN)
    assert states(begun.order) == ["started"]


@pytest.mark.parametrize("what", PRESSES)
def test_nothing_is_pressed_by_a_link(begun: Payment, shopper: Client, what: str) -> None:
    assert shopper.get(f"/pay/{begun.order.token}/{what}/").status_code == 405


def test_the_status_changes_with_the_page(begun: Payment, shopper: Client) -> None:
    address = f"/pay/{begun.order.token}/status.json"
    before = shopper.get(address).json()
    assert (before["state"], before["open"]) == ("widget", True)
    assert shopper.get(address).json() == before
    assert (
        f'data-version="{before["version"]}"' in shopper.get(begun.order.get_absolute_url()).content.decode()
    )
    apply(begun.pk, paid())
    after = shopper.get(address).json()
    assert (after["state"], after["open"]) == ("paid", False)
    assert after["version"] != before["version"]


def test_a_second_tab_shows_the_attempt_that_the_first_began(
    order: Order, account: Account, read: Read
) -> None:
    assert read(order).heading == "How would you like to pay?"
    start(order, account)
    assert read(order).heading == "Enter your payment details"
