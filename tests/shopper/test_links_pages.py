"""What does a customer see who was sent a link, or whose order was changed while its page was open?"""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from checkout.models import Account, Invitation, Order, Payment
from checkout.payments.apply import apply
from checkout.payments.cancel import cancel_attempt
from checkout.payments.change import change
from checkout.payments.links import invite, withdraw
from checkout.payments.start import start
from checkout.payments.timeline import Who
from providers.base import Link, Outcome, Report
from providers.errors import Uncertain
from providers.money import Money
from tests.shopper.conftest import Reading
from tests.shopper.scenes import run_out
from tests.shopper.scripted import REDIRECT, Scripted, paid, refused, refused_there
from tests.shopper.test_presses import leads_to, press, states

Read = Callable[[Order], Reading]
ADA, PHONE, URL = "ada@bread.example", "+33600000000", "https://pay.example/l/1"
NEW = Money(5000, "EUR")
OTHER_WAY, GIVE_UP, MORE = "Pay in another way", "Give up this order", "I need more time"
NOTICES = "this page notices by itself when you are done."
NOTE = "The amount was changed: please look again. Nothing was begun."


@pytest.fixture(autouse=True)
def _sends(monkeypatch: pytest.MonkeyPatch) -> None:
    channels = ("url", "mail", "sms", "whatsapp", "invoice")
    monkeypatch.setattr(Scripted, "sends_by", lambda self: channels)


def sent(order: Order, account: Account, channel: str = "sms", to: str = PHONE, url: str = URL) -> Payment:
    """The merchant has had a link sent by the provider."""
    by_provider = channel not in ("url", "invoice")
    Scripted.show = Link(url=url, sent_to=to if by_provider else "")
    link, _new = invite(order, channel=channel, account=account, to=to, who=Who.MERCHANT)
    Scripted.show = REDIRECT
    assert link.payment is not None
    return link.payment


def seen(page: Reading) -> set[str]:
    """What each form of the page says was owed."""
    return set(re.findall(r'name="seen" value="([^"]*)"', page.html))


def shown(answer: Any, order: Order) -> Reading:
    """The page that a press leads to."""
    assert answer.status_code == 303
    return Reading(Client().get(answer.headers["Location"]).content.decode())


# --- the amount that was seen ----------------------------------------------------------------------------------------


def test_the_page_carries_what_it_says_is_owed(order: Order, second: Account, read: Read) -> None:
    page = read(order)
    assert seen(page) == {"4299"}
    press(Client(), order, "start", choice=second.pk)
    apply(order.payments.get().pk, refused("declined"))
    page = read(order)
    assert len(re.findall(r'name="seen" value="4299"', page.html)) == 2  # again, and another way
    change(order, money=Money(123_456_789, "EUR"), who=Who.MERCHANT)
    assert seen(read(order)) == {"123456789"}


def test_who_pays_what_was_seen_pays(order: Order, account: Account, shopper: Client) -> None:
    assert leads_to(press(shopper, order, "start", choice=account.pk, seen=4299), order)
    assert states(order) == ["started"]


def test_who_saw_another_amount_is_told_and_nothing_is_begun(
    order: Order, account: Account, shopper: Client
) -> None:
    change(order, money=NEW, who=Who.MERCHANT)
    answer = press(shopper, order, "start", choice=account.pk, seen=4299)
    assert leads_to(answer, order, "?note=changed")
    page = shown(answer, order)
    assert NOTE in page
    assert "€50.00" in page
    assert seen(page) == {"5000"}
    assert (states(order), Scripted.calls) == ([], [])


def test_changed_at_the_very_moment(
    order: Order, account: Account, shopper: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the form was read: what is compared under the lock is what counts."""

    def changes_first(*args: Any, **fields: Any) -> Payment:
        change(order, money=NEW, who=Who.MERCHANT)
        return start(*args, **fields)

    monkeypatch.setattr("checkout.shopper.views.start", changes_first)
    answer = press(shopper, order, "start", choice=account.pk, seen=4299)
    assert leads_to(answer, order, "?note=changed")
    assert (states(order), Scripted.calls) == ([], [])


@pytest.mark.parametrize("then", ["again", "this"])
def test_nothing_is_given_up_for_an_amount_of_before(
    order: Order, account: Account, shopper: Client, then: str
) -> None:
    press(shopper, order, "start", choice=account.pk)
    Order.objects.update(amount_minor=5000)
    Payment.objects.update(amount_minor=5000)
    answer = press(shopper, order, "retry", attempt=1, then=then, choice=account.pk, seen=4299)
    assert leads_to(answer, order, "?note=changed")
    assert NOTE in shown(answer, order)
    assert (states(order), Scripted.calls) == (["started"], ["start"])
    press(shopper, order, "retry", attempt=1, then=then, choice=account.pk, seen=5000)
    assert (states(order), Scripted.calls) == (["canceled", "started"], ["start", "cancel", "start"])


def test_the_choice_begins_nothing_so_it_asks_for_no_amount(
    order: Order, account: Account, shopper: Client
) -> None:
    press(shopper, order, "start", choice=account.pk)
    Order.objects.update(amount_minor=5000)
    assert leads_to(press(shopper, order, "retry", attempt=1, then="choose", seen=4299), order)
    assert states(order) == ["canceled"]


def test_after_a_change_the_failed_page_says_so_and_again_pays_the_new_amount(
    order: Order, account: Account, shopper: Client, read: Read
) -> None:
    press(shopper, order, "start", choice=account.pk)
    apply(order.payments.get().pk, refused("declined"))
    assert "has changed the amount" not in read(order)
    change(order, money=NEW, who=Who.MERCHANT)
    assert "Museum of Bread has changed the amount since: it is €50.00 now." in read(order)
    press(shopper, order, "retry", attempt=1, then="again", seen=5000)
    assert order.payments.get(number=2).money == NEW


def test_in_the_providers_place_for_another_page_of_its_own(
    twofold: Account, make_order: Callable[..., Order], shopper: Client, read: Read
) -> None:
    order = make_order()
    press(shopper, order, "start", choice=twofold.pk)
    assert '<input type="hidden" name="channel" value="page">' in read(order).html
    assert seen(read(order)) == {"4299"}
    answer = press(shopper, order, "retry", attempt=1, then="again", channel="page", seen=1)
    assert leads_to(answer, order, "?note=changed")
    assert states(order) == ["started"]


@pytest.mark.parametrize("value", ["-1", "42.99", "much"])
def test_an_amount_that_is_none_begins_nothing(
    order: Order, account: Account, shopper: Client, value: str
) -> None:
    press(shopper, order, "start", choice=account.pk, seen=value)
    assert states(order) == []


def test_the_note_is_not_said_of_what_is_over(order: Order, account: Account, shopper: Client) -> None:
    apply(start(order, account).pk, paid())
    page = Reading(shopper.get(f"{order.get_absolute_url()}?note=changed").content.decode())
    assert page.heading == "Paid, thank you"
    assert NOTE not in page


def test_an_open_page_notices_the_change(order: Order, account: Account, shopper: Client) -> None:
    before = shopper.get(f"/pay/{order.token}/status.json").json()["version"]
    change(order, money=NEW, who=Who.MERCHANT)
    assert shopper.get(f"/pay/{order.token}/status.json").json()["version"] != before


# --- a provider sent a link ------------------------------------------------------------------------------------------

SAID = [
    ("mail", ADA, f"The payment service has sent an e-mail to {ADA}. Open the link in it to pay; {NOTICES}"),
    ("sms", PHONE, f"The payment service has sent a text message to {PHONE}. Open the link in it to pay; {NOTICES}"),
    ("whatsapp", PHONE,
     f"The payment service has sent a WhatsApp message to {PHONE}. Open the link in it to pay; {NOTICES}"),
    ("url", "", f"Open the link to pay; {NOTICES}"),
    ("invoice", "", f"Your invoice is ready. Open it to pay; {NOTICES}"),
]  # fmt: skip


@pytest.mark.parametrize(("channel", "to", "words"), SAID)
def test_by_which_way_the_link_comes(
    order: Order, account: Account, read: Read, channel: str, to: str, words: str
) -> None:
    sent(order, account, channel, to)
    page = read(order)
    assert page.heading == "Your payment link is ready"
    assert words in page
    assert f'<a class="main" href="{URL}"' in page.html
    assert "send it again" not in page
    assert page.buttons == [MORE, OTHER_WAY, GIVE_UP]


@pytest.mark.parametrize(
    ("channel", "to", "ask"),
    [
        (
            "mail",
            ADA,
            "No e-mail there? Look among the unwanted mail, or ask Museum of Bread to send it again.",
        ),
        ("sms", PHONE, "No message there? Ask Museum of Bread to send it again."),
    ],
)
def test_sent_without_an_address_for_us(
    order: Order, account: Account, read: Read, channel: str, to: str, ask: str
) -> None:
    sent(order, account, channel, to, url="")
    page = read(order)
    assert page.heading == "Open the message to pay"
    assert page.title == "Open the message to pay – B-1 – Museum of Bread"
    assert ask in page
    assert "Open the payment page" not in page
    assert 'class="main"' not in page.html
    assert 'href=""' not in page.html


def test_neither_an_address_nor_a_message(order: Order, account: Account, read: Read) -> None:
    sent(order, account, "invoice", "", url="")
    page = read(order)
    assert f"Museum of Bread gives you the link. Open it to pay; {NOTICES}" in page
    assert 'class="main"' not in page.html


def test_a_hostile_address_is_text(order: Order, account: Account, read: Read) -> None:
    sent(order, account, "mail", '"<b>"@x.example')
    assert "<b>" not in read(order).html


def test_the_other_way_gives_the_link_up_and_the_account_is_paid_here(
    order: Order, account: Account, shopper: Client, read: Read
) -> None:
    sent(order, account)
    assert leads_to(press(shopper, order, "retry", attempt=1, then="choose"), order)
    assert states(order) == ["canceled"]
    assert read(order).buttons == ["Try again", MORE, GIVE_UP]
    press(shopper, order, "retry", attempt=1, then="again", seen=4299)
    assert states(order) == ["canceled", "started"]
    assert order.payments.get(number=2).channel == ""  # a link's channel is the merchant's
    assert Scripted.charges[-1].invitation is None


def test_a_link_that_cannot_be_given_up_is_the_only_way(
    lasting: Account, second: Account, make_order: Callable[..., Order], shopper: Client, read: Read
) -> None:
    order = make_order()
    sent(order, lasting)
    assert read(order).buttons == [MORE, GIVE_UP]
    for then in ("choose", "this"):
        assert leads_to(press(shopper, order, "retry", attempt=1, then=then, choice=second.pk), order)
    assert states(order) == ["started"]
    press(shopper, order, f"return/{order.payments.get().token}", result="cancel")
    page = read(order)
    assert page.heading == "The payment was not completed"
    assert page.buttons == ["Try again", MORE, GIVE_UP]  # again leads back to the same link
    press(shopper, order, "retry", attempt=1, then="again", seen=4299)
    assert read(order).heading == "Your payment link is ready"
    assert states(order) == ["started"]


def test_the_page_beside_a_link_is_drawn_anew_at_any_change(
    order: Order, account: Account, read: Read
) -> None:
    sent(order, account)
    assert 'data-follow="change"' in read(order).html


def test_an_order_that_waits_for_days_needs_no_more_time(
    order: Order, account: Account, read: Read, shopper: Client
) -> None:
    change(order, expires_at=order.created_at.replace(microsecond=0) + timedelta(days=30), who=Who.MERCHANT)
    assert MORE not in read(order).buttons


# --- and what became of it -------------------------------------------------------------------------------------------


def test_refused_there_with_tries_left(order: Order, account: Account, read: Read, shopper: Client) -> None:
    payment = sent(order, account)
    Scripted.truth = refused_there("insufficient_funds")
    press(shopper, order, f"return/{payment.token}", result="failure")
    page = read(order)
    assert page.heading == "Your payment did not go through"
    assert "There was not enough money available on this card." in page
    assert "Try again" in page.buttons
    assert 'data-follow="change"' in page.html  # the link may still be paid
    Scripted.truth = Report(outcome=Outcome.OPEN)
    press(shopper, order, "retry", attempt=1, then="again", seen=4299)
    assert states(order) == ["canceled", "started"]
    assert read(order).heading == "Continue to: Bank card"


def test_refused_there_and_it_cannot_be_given_up_now(order: Order, account: Account, shopper: Client) -> None:
    payment = sent(order, account)
    Scripted.truth = refused_there("insufficient_funds")
    press(shopper, order, f"return/{payment.token}", result="failure")
    Scripted.cancel_error = Uncertain("no answer within 30 s")
    answer = press(shopper, order, "retry", attempt=1, then="again", seen=4299)
    assert leads_to(answer, order, "?note=unreached")
    assert states(order) == ["started"]


def test_come_back_from_the_link_and_left_it(
    order: Order, account: Account, read: Read, shopper: Client
) -> None:
    payment = sent(order, account)
    press(shopper, order, f"return/{payment.token}", result="cancel")
    page = read(order)
    assert page.heading == "The payment was not completed"
    assert "It was cancelled before it was done." in page
    assert "Nothing was charged." not in page  # the link is still out


def test_the_link_has_run_out(order: Order, account: Account, read: Read) -> None:
    payment = sent(order, account)
    apply(payment.pk, Report(outcome=Outcome.EXPIRED))
    page = read(order)
    assert page.heading == "The payment was not completed"
    assert "The payment link has run out. Nothing was charged." in page
    assert "Try again" in page.buttons


def test_the_link_was_withdrawn(order: Order, account: Account, read: Read) -> None:
    sent(order, account)
    withdraw(Invitation.objects.get(), who=Who.MERCHANT)
    page = read(order)
    assert "Museum of Bread has withdrawn the payment link. Nothing was charged." in page
    assert "Your order is still waiting: try again, or give it up." in page


def test_given_up_otherwise_is_told_as_ever(order: Order, account: Account, read: Read) -> None:
    cancel_attempt(start(order, account), give_up=False, who=Who.SHOPPER)
    assert "It was cancelled before it was done. Nothing was charged." in read(order)


def test_ours_after_the_order_is_over(order: Order, shopper: Client) -> None:
    link, _new = invite(order, channel="copy", who=Who.MERCHANT)
    run_out(order)
    page = Reading(shopper.get(link.url, follow=True).content.decode())
    assert page.heading == "The time to pay is over"
    assert "Nothing was charged." in page
