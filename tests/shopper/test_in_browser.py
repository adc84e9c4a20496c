"""Does a real shopper's browser get through: Back, two tabs, a double click, no script, and a provider elsewhere?"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from checkout.models import Account, Order, Payment
from checkout.payments.apply import apply
from checkout.payments.settle import returned
from checkout.payments.start import start
from providers.base import Outcome, Redirect, Report, Widget
from tests.ground.listening import Heard, Reply, listening
from tests.shopper.scripted import Scripted, paid, refused, refused_there


@pytest.fixture
def page(browser: Browser, transactional_db: None) -> Page:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    context.set_default_timeout(10_000)
    return context.new_page()


@contextmanager
def provider_site() -> Iterator[tuple[str, list[str]]]:
    """A payment page of another origin. Keeps what it was sent."""
    heard: list[str] = []

    def answer(asked: Heard) -> Reply:
        if asked.path == "/pay":
            heard.append(f"{asked.method} {asked.body.decode()}".strip())
        page = "<!doctype html><title>Bank</title><h1>The bank's page</h1>"
        return Reply(200, page, {"Content-Type": "text/html"})

    with listening(answer) as origin:
        yield f"{origin}/pay", heard


def heading(page: Page, text: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(text)


def test_the_shopper_is_taken_on_once_and_back_stays_here(page: Page, live_server: Any, order: Order) -> None:
    with provider_site() as (url, heard):
        Scripted.show = Redirect(url=url)
        page.goto(live_server.url + order.get_absolute_url())
        page.get_by_role("button", name="Pay €42.99").click()
        heading(page, "The bank's page")
        page.go_back()
        heading(page, "Continue to: Bank card")
        page.wait_for_timeout(300)
        assert heard == ["GET"]
        page.get_by_role("link", name="Continue").click()
        heading(page, "The bank's page")
    assert Scripted.calls == ["start"]


def test_a_form_is_sent_on_by_itself_under_the_pages_policy(
    page: Page, live_server: Any, order: Order
) -> None:
    with provider_site() as (url, heard):
        Scripted.show = Redirect(url=url, method="POST", fields={"amount": "42.99"})
        page.goto(live_server.url + order.get_absolute_url())
        page.get_by_role("button", name="Pay €42.99").click()
        heading(page, "The bank's page")
    assert heard == ["POST amount=42.99"]


def test_without_a_script_the_shopper_gets_there_too(
    browser: Browser, live_server: Any, order: Order, second: Account
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    with provider_site() as (url, heard):
        Scripted.show = Redirect(url=url)
        page.goto(live_server.url + order.get_absolute_url())
        expect(page.locator(".warns")).to_have_count(1)
        expect(page.locator(".warns")).to_be_visible()
        page.get_by_label("Bank transfer").check()
        page.get_by_role("button", name="Pay €42.99").click()
        heading(page, "The bank's page")
    assert heard == ["GET"]
    apply(order.payments.get().pk, Report(outcome=Outcome.PENDING))
    page.goto(live_server.url + order.get_absolute_url())
    heading(page, "We are checking your payment")
    apply(order.payments.get().pk, paid())
    expect(page.get_by_role("heading", level=1)).to_have_text("Paid, thank you", timeout=15_000)  # by itself


def test_without_a_script_a_widget_gives_way_to_the_providers_page(
    browser: Browser, live_server: Any, order: Order, lasting: Account
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    with provider_site() as (url, heard):
        Scripted.show = Widget(template="shopper_tests/widget.html", data={}, origins=(), page=url)
        page.goto(live_server.url + order.get_absolute_url())
        page.get_by_label("Card or local payment method").check()
        page.get_by_role("button", name="Pay €42.99").click()
        page.get_by_role("link", name="Continue to the payment page").click()
        heading(page, "The bank's page")
    assert heard == ["GET"]


def test_a_window_of_the_banks_may_speak_to_the_widget(page: Page, live_server: Any, begun: Payment) -> None:
    with provider_site() as (url, _heard):
        page.goto(live_server.url + begun.order.get_absolute_url())
        with page.expect_popup() as opened:
            page.evaluate("address => { window.bank = window.open(address) }", url)
        heading(opened.value, "The bank's page")
        opened.value.evaluate("opener.postMessage('done', '*')")
        assert page.evaluate("!window.bank.closed")


def test_what_was_agreed_is_said_of_the_way_that_keeps(
    page: Page, live_server: Any, make_order: Any, account: Account, second: Account
) -> None:
    order = make_order(customer={"reference": "C-1"}, keep_card=True)
    page.goto(live_server.url + order.get_absolute_url())
    sentence = page.get_by_text("keeps your card for later payments, as you agreed there")
    expect(sentence).to_be_visible()
    page.get_by_label("Bank transfer").check()
    expect(sentence).to_be_hidden()


@pytest.mark.parametrize("claim", ["cancel", "failure"])
def test_a_page_that_offers_to_try_again_notices_what_another_tab_paid(
    page: Page, live_server: Any, begun: Payment, claim: str
) -> None:
    returned(begun, {"result": claim}, patience=1)
    page.goto(live_server.url + begun.order.get_absolute_url())
    heading(page, "The payment was not completed")
    apply(begun.pk, refused_there())
    if claim == "failure":
        heading(page, "Your payment did not go through")
    apply(begun.pk, paid())
    heading(page, "Paid, thank you")


def test_a_double_click_presses_once(page: Page, live_server: Any, begun: Payment) -> None:
    apply(begun.pk, refused("wrong_cvc"))
    page.goto(live_server.url + begun.order.get_absolute_url())
    page.get_by_role("button", name="Try again").dblclick()
    heading(page, "Enter your payment details")
    assert begun.order.payments.count() == 2
    assert Scripted.calls == ["start", "start"]


def test_back_after_paying_shows_that_it_is_paid(page: Page, live_server: Any, order: Order) -> None:
    address = live_server.url + order.get_absolute_url()
    page.goto(address)
    page.get_by_role("button", name="Pay €42.99").click()
    heading(page, "Enter your payment details")
    apply(order.payments.get().pk, paid())
    page.goto(address)
    page.goto(f"{live_server.url}/healthz")
    page.go_back()
    heading(page, "Paid, thank you")
    page.go_back()
    heading(page, "Paid, thank you")


def test_a_waiting_page_follows_and_tells_where_it_is(page: Page, live_server: Any, begun: Payment) -> None:
    apply(begun.pk, Report(outcome=Outcome.PENDING))
    page.goto(live_server.url + begun.order.get_absolute_url())
    heading(page, "We are checking your payment")
    apply(begun.pk, paid())
    heading(page, "Paid, thank you")
    expect(page.get_by_role("heading", level=1)).to_be_focused()


def test_the_widgets_page_is_left_alone_until_the_attempt_is_over(
    page: Page, live_server: Any, begun: Payment
) -> None:
    page.goto(live_server.url + begun.order.get_absolute_url())
    page.evaluate("window.mine = true")
    apply(begun.pk, Report(outcome=Outcome.PENDING))
    page.wait_for_timeout(3500)
    assert page.evaluate("window.mine")
    apply(begun.pk, refused("insufficient_funds"))
    heading(page, "Your payment did not go through")


def test_more_time_leaves_what_is_typed(page: Page, live_server: Any, begun: Payment) -> None:
    page.goto(live_server.url + begun.order.get_absolute_url())
    page.evaluate("window.mine = true")
    for times in (1, 2):
        page.get_by_role("button", name="I need more time").click()
        expect(page.locator("[data-spoken]")).to_contain_text("Please pay by")
        page.wait_for_timeout(300)
        begun.order.refresh_from_db()
        assert begun.order.extensions == times
    assert page.evaluate("window.mine")


def test_a_device_whose_clock_is_wrong_still_shows_the_time_that_is_left(
    page: Page, live_server: Any, order: Order
) -> None:
    page.clock.set_fixed_time(order.expires_at + timedelta(days=2))
    page.goto(live_server.url + order.get_absolute_url())
    expect(page.locator("[data-countdown]")).to_have_text("(24 minutes left)")


def test_a_page_whose_time_runs_out_says_so(page: Page, live_server: Any, order: Order) -> None:
    Order.objects.filter(pk=order.pk).update(expires_at=timezone.now() + timedelta(seconds=4))
    page.goto(live_server.url + order.get_absolute_url())
    expect(page.locator("[data-countdown]")).to_have_text("(Less than a minute left)")
    expect(page.get_by_role("heading", level=1)).to_have_text("The time to pay is over", timeout=20_000)


def test_a_press_leads_to_the_heading(page: Page, live_server: Any, order: Order) -> None:
    page.goto(live_server.url + order.get_absolute_url())
    page.get_by_role("button", name="Français").click()
    heading(page, "Comment souhaitez-vous payer\u202f?")
    expect(page.get_by_role("heading", level=1)).to_be_focused()


def test_the_second_tab_is_told_by_the_first(
    page: Page, live_server: Any, order: Order, account: Account
) -> None:
    page.goto(live_server.url + order.get_absolute_url())
    start(order, account)  # in the other tab
    page.get_by_role("button", name="Pay €42.99").click()
    heading(page, "Enter your payment details")
    assert order.payments.count() == 1


def test_another_site_cannot_press(page: Page, live_server: Any, order: Order) -> None:
    with provider_site() as (url, _heard):
        page.goto(url)
        page.evaluate(
            """action => { const form = document.createElement("form"); form.method = "post"; form.action = action;
            document.body.append(form); form.submit(); }""",
            f"{live_server.url}{order.get_absolute_url()}give-up/",
        )
        heading(page, "Not allowed from there")
    order.refresh_from_db()
    assert order.state == "open"
