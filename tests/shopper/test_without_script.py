"""What is a browser without JavaScript offered, where each attempt is made for the provider's widget or for its page?

Such a browser reads what stands in <noscript>, and sends it along with the form that it stands in; any other does not.
"""

import re
from collections.abc import Callable

import pytest
from django.test import Client

from checkout.models import Account, Order, Payment
from checkout.payments.apply import apply
from checkout.payments.start import start
from providers.base import Outcome, Provider, Report
from providers.errors import Uncertain
from tests.scripted import codes
from tests.shopper.conftest import Answer, Reading
from tests.shopper.scripted import PAGE, REDIRECT, WIDGET_AND_PAGE, Scripted, Twofold, paid, refused

Read = Callable[[Order], Reading]

ASKED = {"channel": "page"}
INPUT = '<input type="hidden" name="channel" value="page">'
FORM, ONWARD = "Enter your payment details", "Continue to: Card or gift card"
NEEDED = "This way to pay needs JavaScript"
INSTEAD = "You can pay on the page of the payment service instead, and come back here afterwards."
UNREACHED = "so nothing was changed. Please try again in a moment."


@pytest.fixture
def order(make_order: Callable[..., Order], twofold: Account) -> Order:
    return make_order()


@pytest.fixture
def in_widget(order: Order, twofold: Account) -> Payment:
    return start(order, twofold)


def press(order: Order, what: str, **fields: object) -> Answer:
    return Client(headers={"sec-fetch-site": "same-origin"}).post(f"/pay/{order.token}/{what}/", fields)


def again(order: Order, number: int, **fields: object) -> Answer:
    return press(order, "retry", attempt=number, then="again", **fields)


def attempts(order: Order) -> list[tuple[str, str]]:
    return list(order.payments.order_by("number").values_list("state", "channel"))


def forms(html: str) -> list[str]:
    """Each form of the page, as a browser without JavaScript has it."""
    return re.findall(r"<form.*?</form>", html, re.DOTALL)


def asking(html: str) -> list[str]:
    """The forms that ask for the page, by what they lead to, without JavaScript; with it, none may."""
    assert INPUT not in re.sub(r"<noscript>.*?</noscript>", "", html, flags=re.DOTALL)
    return [match[1] for form in forms(html) if INPUT in form and (match := re.search(r"/(\w+)/\"", form))]


# --- beginning -------------------------------------------------------------------------------------------------------


def test_the_choice_asks_for_the_page_without_javascript_alone(order: Order, read: Read) -> None:
    page = read(order)
    assert f"<noscript>{INPUT}</noscript>" in page.html
    assert asking(page.html) == ["start"]


def test_an_attempt_begun_without_javascript_is_the_pages(order: Order, twofold: Account, read: Read) -> None:
    answer = press(order, "start", choice=twofold.pk, **ASKED)
    assert answer.headers["Location"] == order.get_absolute_url() + "?onward=1"
    assert attempts(order) == [("started", "page")]
    assert Scripted.charges[-1].channel == "page"
    page = read(order)
    assert page.heading == ONWARD
    assert f'href="{REDIRECT.url}"' in page.html


def test_an_attempt_begun_with_javascript_is_the_widgets(order: Order, twofold: Account, read: Read) -> None:
    press(order, "start", choice=twofold.pk)
    assert attempts(order) == [("started", "")]
    assert read(order).heading == FORM


def test_a_way_without_a_page_does_not_hear_of_it(order: Order, account: Account, second: Account) -> None:
    """One form asks on behalf of every way that it offers."""
    press(order, "start", choice=second.pk, **ASKED)
    assert attempts(order) == [("started", "")]
    assert Scripted.charges[-1].channel == ""


def test_another_way_after_one_that_failed_asks_for_its_page(
    make_order: Callable[..., Order], second: Account, twofold: Account, read: Read
) -> None:
    order = make_order()
    apply(start(order, second).pk, refused("declined"))
    assert asking(read(order).html) == ["retry", "retry"]
    press(order, "retry", attempt=1, then="this", choice=twofold.pk, **ASKED)
    assert attempts(order) == [("failed", ""), ("started", "page")]


# --- again -----------------------------------------------------------------------------------------------------------


def test_again_asks_for_the_page_without_javascript(in_widget: Payment, read: Read) -> None:
    order = apply(in_widget.pk, refused("declined")).order
    assert asking(read(order).html) == ["retry"]
    again(order, 1, **ASKED)
    assert attempts(order) == [("failed", ""), ("started", "page")]
    assert read(order).heading == ONWARD


def test_again_with_javascript_keeps_the_channel(order: Order, twofold: Account) -> None:
    for number, channel in enumerate(("widget", "page"), start=1):
        apply(start(order, twofold, channel=channel).pk, refused("declined"))
        again(order, 2 * number - 1)
        apply(order.payments.get(number=2 * number).pk, refused("declined"))
    assert [channel for _state, channel in attempts(order)] == ["widget", "widget", "page", "page"]


@pytest.mark.parametrize("asked", [ASKED, {"channel": "pigeon"}])
def test_again_keeps_the_channel_of_a_way_without_the_one_that_is_asked_for(
    make_order: Callable[..., Order], second: Account, asked: dict[str, str]
) -> None:
    order = make_order()
    apply(start(order, second).pk, refused("declined"))
    again(order, 1, **asked)
    assert attempts(order) == [("failed", ""), ("started", "")]


# --- the widget of an attempt that is open ---------------------------------------------------------------------------


def test_a_widget_says_that_the_page_is_there_instead(in_widget: Payment, read: Read) -> None:
    text = " ".join(read(in_widget.order).noscript)
    assert INSTEAD in text
    assert NEEDED not in text
    (form,) = forms(text)
    assert INPUT in form
    assert "Continue to the payment page" in form
    assert f'action="/pay/{in_widget.order.token}/retry/"' in form


def test_the_widget_is_given_up_for_the_page(in_widget: Payment, read: Read) -> None:
    answer = again(in_widget.order, 1, **ASKED)
    assert answer.headers["Location"] == in_widget.order.get_absolute_url() + "?onward=1"
    assert attempts(in_widget.order) == [("canceled", ""), ("started", "page")]
    assert Scripted.calls == ["start", "cancel", "start"]
    assert read(in_widget.order).heading == ONWARD


def test_pressed_twice_there_is_one_attempt_by_the_page(in_widget: Payment) -> None:
    for _click in range(2):
        again(in_widget.order, 1, **ASKED)
    assert attempts(in_widget.order) == [("canceled", ""), ("started", "page")]


def test_a_widget_that_was_paid_in_meanwhile_is_not_followed_by_a_page(
    in_widget: Payment, read: Read
) -> None:
    Scripted.truth = paid()
    again(in_widget.order, 1, **ASKED)
    assert attempts(in_widget.order) == [("paid", "")]
    assert read(in_widget.order).heading == "Paid, thank you"


def test_a_widget_with_money_under_way_is_not_followed_by_a_page(in_widget: Payment, read: Read) -> None:
    Scripted.truth = Report(outcome=Outcome.PENDING)
    again(in_widget.order, 1, **ASKED)
    assert attempts(in_widget.order) == [("pending", "")]
    assert read(in_widget.order).heading == "We are checking your payment"


def test_a_widget_that_cannot_be_given_up_is_not_followed_by_a_page(
    in_widget: Payment, shopper: Client
) -> None:
    Scripted.cancel_error = Uncertain("no answer")
    answer = again(in_widget.order, 1, **ASKED)
    assert attempts(in_widget.order) == [("started", "")]
    page = Reading(shopper.get(answer.headers["Location"]).content.decode())
    assert (page.heading, UNREACHED in page) == (FORM, True)
    assert INSTEAD in " ".join(page.noscript)  # it may be tried again
    assert "payment.cancel_failed" in codes(in_widget.order)


def test_an_attempt_that_cannot_be_given_up_at_all_offers_no_page(
    in_widget: Payment, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The press would lead back to the same widget: a second attempt beside it could be paid as well."""
    monkeypatch.setattr(Twofold, "cancel", Provider.cancel)
    text = " ".join(read(in_widget.order).noscript)
    assert NEEDED in text
    assert INPUT not in text


def test_a_widget_though_the_page_was_asked_for_offers_it_no_more(in_widget: Payment, read: Read) -> None:
    """The provider had none, it seems: the press would lead to the same again."""
    Payment.objects.filter(pk=in_widget.pk).update(channel="page")
    text = " ".join(read(in_widget.order).noscript)
    assert NEEDED in text
    assert INPUT not in text


def test_a_way_that_is_offered_no_more_is_not_begun_again(
    in_widget: Payment, twofold: Account, read: Read
) -> None:
    Account.objects.filter(pk=twofold.pk).update(enabled=False)
    assert INPUT not in read(in_widget.order).html


def test_a_link_to_the_same_attempts_page_goes_before(order: Order, twofold: Account, read: Read) -> None:
    Scripted.show = WIDGET_AND_PAGE
    start(order, twofold)
    text = " ".join(read(order).noscript)
    assert f'<a class="main" href="{PAGE}">Continue to the payment page</a>' in text
    assert INPUT not in text
