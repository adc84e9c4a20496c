"""From the basket to "paid", through the shop API and back through the webhook, over a real port."""

import re
import threading
from typing import Any

import pytest
import responses
from django.conf import settings as site
from django.db import connection
from django.test import Client
from requests.exceptions import ReadTimeout

from checkout.demo.models import DemoEvent, DemoOrder
from checkout.models import Account, Order, ShopEvent
from checkout.payments.cancel import give_up
from checkout.payments.settle import settle
from checkout.payments.start import start
from checkout.payments.timeline import Who
from tests.demo.conftest import ADULT, BOOK, CHILD, FRIEND, GLASS, GUEST, KEY, POSTER, buy, put
from tests.scripted import Script, authorized, paid, work

pytestmark = pytest.mark.django_db(transaction=True)


def test_from_the_basket_to_paid(browser: Client, account: Account, script: Script) -> None:
    bought = buy(browser, ADULT, ADULT, POSTER)
    order = Order.objects.get()
    assert (order.reference, order.amount_minor, order.currency) == (bought.reference, 5799, "EUR")
    assert [(item["sku"], item["quantity"], item["unit_price"]) for item in order.items] == [
        (str(ADULT), 2, 2400),
        (str(POSTER), 1, 999),
    ]
    assert order.customer == {"email": "ada@example.com", "first_name": "Ada", "last_name": "Byron"}
    assert order.return_url == f"{site.DEMO_SHOP_URL}orders/{bought.reference}/"
    assert order.options["epc"]["simple_product_operations"] == [
        {"item_id": ADULT, "audience_sub_category_id": 306159078, "quantity": 2},
        {"item_id": POSTER, "audience_sub_category_id": 306159078, "quantity": 1},
    ]

    payment = start(order, account)
    script.always("sync", paid)
    settle(payment)
    # The checkout knows; the shop has not been told, and says so.
    page = browser.get(bought.get_absolute_url()).content.decode()
    assert "Not paid yet" in page
    assert bought.pay_url in page

    work()
    bought.refresh_from_db()
    assert bought.state == "paid"
    assert ShopEvent.objects.get().delivered_at is not None
    page = browser.get(bought.get_absolute_url()).content.decode()
    assert "Paid" in page
    assert "order.paid" in page
    assert bought.pay_url not in page
    assert browser.get(f"{bought.get_absolute_url()}state.json").json() == {"state": "paid"}


def test_authorised_is_not_paid(browser: Client, account: Account, script: Script) -> None:
    bought = buy(browser)
    payment = start(Order.objects.get(), account)
    script.always("sync", authorized)
    settle(payment)
    work()
    bought.refresh_from_db()
    assert bought.state == "authorized"
    assert "Payment reserved" in browser.get(bought.get_absolute_url()).content.decode()


def test_given_up(browser: Client, account: Account) -> None:
    bought = buy(browser)
    give_up(Order.objects.get(), who=Who.SHOPPER)
    work()
    assert "Canceled" in browser.get(bought.get_absolute_url()).content.decode()


def test_a_known_customer_is_named_to_the_checkout(browser: Client, account: Account) -> None:
    buy(browser, BOOK, buyer="known", email="", first_name="", last_name="")
    order = Order.objects.get()
    assert order.customer_reference() == "demo-customer-1"
    assert order.options["epc"]["contact_number"] == "100042"


def test_a_card_is_saved_without_money(browser: Client, account: Account, script: Script) -> None:
    page = browser.get("/shop/save-card/").content.decode()
    (key,) = re.findall(r'name="key" value="([0-9a-f-]{36})"', page)
    for _click in range(2):
        answer = browser.post("/shop/save-card/", {"key": key})
        assert answer.status_code == 302
    order = Order.objects.get()
    assert (order.kind, order.amount_minor, order.customer_reference()) == ("save_card", 0, "demo-customer-1")
    assert order.options == {"epc": {"contact_number": "100042"}}


def test_a_french_browser_orders_in_french(browser: Client, account: Account) -> None:
    put(browser, CHILD)
    browser.post("/shop/checkout/", GUEST, headers={"Accept-Language": "fr"})
    assert Order.objects.get().language == "fr"


TRIAL = {
    "amount": 1500,
    "period": {"count": 1, "unit": "month"},
    "trial": {"amount": 100, "period": {"count": 7, "unit": "day"}},
}
PLAN = {"total": 30000, "cycles": 12, "period": {"count": 1, "unit": "month"}}


@pytest.mark.parametrize(
    ("item", "kind", "amount", "terms", "thanks"),
    [
        (FRIEND, "subscription", 100, TRIAL, "You are a friend of the museum from now on."),
        (GLASS, "payment_plan", 2500, PLAN, "We have been told of the first payment"),
    ],
)
def test_what_is_paid_again_and_again_is_agreed_at_the_checkout(
    browser: Client, account: Account, item: int, kind: str, amount: int, terms: dict[str, Any], thanks: str
) -> None:
    bought = buy(browser, item)
    order = Order.objects.get()
    assert (order.kind, order.amount_minor, order.terms) == (kind, amount, terms)
    assert [(line["sku"], line["quantity"], line["unit_price"]) for line in order.items] == [
        (str(item), 1, amount)
    ]
    assert order.options == {"epc": {}}  # the ticketing system sells none of it
    assert order.metadata == {"order": bought.reference}
    bought.state = "paid"
    bought.save()
    page = browser.get(bought.get_absolute_url()).content.decode()
    assert thanks in page
    assert "First payment, taxes included" in page


# --- once ----------------------------------------------------------------------------------------------------------


def test_two_clicks_make_one_order(browser: Client, account: Account) -> None:
    put(browser, ADULT)
    cookies = browser.cookies
    gate = threading.Barrier(2)
    answers: list[Any] = [None, None]

    def click(number: int) -> None:
        second = Client()
        second.cookies = cookies
        gate.wait(10)
        try:
            answers[number] = second.post("/shop/checkout/", GUEST)
        finally:
            connection.close()

    threads = [threading.Thread(target=click, args=[number]) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [answer.status_code for answer in answers] == [302, 302]
    assert answers[0]["Location"] == answers[1]["Location"]
    assert DemoOrder.objects.count() == Order.objects.count() == 1


def test_an_answer_that_was_lost_is_asked_for_again(browser: Client, account: Account, settings: Any) -> None:
    """The first request arrives, its answer does not: the second try finds the same order."""
    put(browser, ADULT)
    with responses.RequestsMock() as wire:
        wire.add("POST", f"{settings.SITE_URL}/api/v1/orders", body=ReadTimeout())
        answer = browser.post("/shop/checkout/", GUEST)
        sent = wire.calls[0].request.headers["Idempotency-Key"]
    assert answer.status_code == 502
    assert "does not answer" in answer.content.decode()
    assert 'value="ada@example.com"' in answer.content.decode()  # the button sends the same again
    assert browser.get("/shop/basket/").context["basket"].count == 1
    assert browser.post("/shop/checkout/", GUEST).status_code == 302
    assert DemoOrder.objects.get().key == sent


def test_without_its_key_the_shop_says_so_and_sells_nothing(
    browser: Client, account: Account, settings: Any
) -> None:
    settings.DEMO_API_KEY = KEY + "x"
    put(browser, ADULT)
    assert browser.post("/shop/checkout/", GUEST).status_code == 502
    assert not Order.objects.exists()


def test_the_basket_is_empty_afterwards_and_the_order_is_listed(browser: Client, account: Account) -> None:
    bought = buy(browser)
    assert browser.get("/shop/").context["basket"].count == 0
    assert browser.get("/shop/checkout/")["Location"] == "/shop/basket/"
    assert bought.reference in browser.get("/shop/orders/").content.decode()
    assert bought.reference not in Client().get("/shop/orders/").content.decode()
    assert not DemoEvent.objects.exists()
