"""Do the pages "How this is done" show the code that did it, and what went over the wire for this very order?"""

import html
import inspect
import re
from typing import Any

import pytest
import responses
from django.test import Client

from checkout.demo import guichet, how, wire
from checkout.demo.models import DemoEvent
from checkout.demo.steps import create_order, verify_webhook
from checkout.models import Account, Order, ShopEvent
from checkout.payments.settle import settle
from checkout.payments.start import start
from checkout.states import OrderState
from tests.demo.conftest import ADULT, KEY, buy, put
from tests.scripted import Script, paid, work

pytestmark = pytest.mark.django_db(transaction=True)


def text_of(browser: Client, address: str) -> str:
    answer = browser.get(address)
    assert answer.status_code == 200, address
    page = answer.content.decode()
    assert KEY not in page
    return html.unescape(re.sub(r"<[^>]+>", "", page))


def test_every_step_shows_its_code_to_everybody_and_says_nothing_of_an_order(browser: Client) -> None:
    for step in how.STEPS:
        text = text_of(browser, f"/shop/how/{step.slug}/")
        for what in step.code:
            assert inspect.getsource(what).strip() in text
        assert "Idempotency-Key: " not in text
    assert browser.get("/shop/how/")["Location"] == "/shop/how/create-order/"
    assert browser.get("/shop/how/nothing/").status_code == 404
    for address in ("/shop/", "/shop/basket/", "/shop/checkout/", "/shop/save-card/"):
        put(browser, ADULT)
        assert 'href="/shop/how/create-order/"' in browser.get(address).content.decode()


def test_what_went_over_the_wire_for_this_order(browser: Client, account: Account, script: Script) -> None:
    bought = buy(browser)
    order = Order.objects.get()
    at = f"/shop/orders/{bought.reference}/how"
    created = text_of(browser, f"{at}/create-order/")
    assert "POST /api/v1/orders HTTP/1.1" in created
    assert f"Idempotency-Key: {bought.key}" in created
    assert "Authorization: Bearer gk_…" in created
    assert '"email": "ada@example.com"' in created
    assert "HTTP/1.1 201 Created" in created
    assert f'"id": "{order.number}"' in created
    assert f"Location: {order.pay_url}" in text_of(browser, f"{at}/send-shopper/")
    assert inspect.getsource(create_order).strip() in created

    payment = start(order, account)
    script.always("sync", paid)
    settle(payment)
    work()
    arrived = text_of(browser, f"{at}/webhook/")
    event = ShopEvent.objects.get()
    assert "POST /shop/webhook/ HTTP/1.1" in arrived
    assert f"webhook-id: {event.pk}" in arrived
    assert re.search(r"webhook-signature: v1,\S{44}$", arrived, re.MULTILINE)
    assert '"type": "order.paid"' in arrived
    assert inspect.getsource(verify_webhook).strip() in arrived

    # Asked for this page: the answer is of now.
    truth = text_of(browser, f"{at}/read-order/")
    assert f"GET /api/v1/orders?reference={bought.reference} HTTP/1.1" in truth
    assert '"state": "paid"' in truth
    assert "HTTP/1.1 200 OK" in truth

    page = browser.get(bought.get_absolute_url()).content.decode()
    assert f'href="{at}/come-back/"' in page
    # Another browser reads the code, and nothing of the order.
    stranger = Client()
    assert stranger.get(f"{at}/create-order/")["Location"] == "/shop/how/create-order/"
    assert f"{at}/" not in stranger.get(bought.get_absolute_url()).content.decode()

    wire._cache.clear()
    assert "are gone" in text_of(browser, f"{at}/webhook/")
    assert "more than a week ago" in text_of(browser, f"{at}/create-order/")


def test_an_order_is_taken_back_by_whoever_ordered_it(browser: Client, account: Account) -> None:
    bought = buy(browser)
    address = f"{bought.get_absolute_url()}cancel/"
    assert Client().post(address)["Location"] == bought.get_absolute_url()
    assert Order.objects.get().state == OrderState.OPEN
    assert Client(enforce_csrf_checks=True).post(address).status_code == 403
    assert browser.get(address).status_code == 405

    assert browser.post(address)["Location"] == bought.get_absolute_url()
    assert Order.objects.get().state == OrderState.CANCELED
    bought.refresh_from_db()
    assert bought.state == "open"  # nobody has told the shop yet
    work()
    bought.refresh_from_db()
    assert bought.state == "canceled"
    assert DemoEvent.objects.get().type == "order.canceled"
    said = text_of(browser, f"/shop/orders/{bought.reference}/how/cancel-order/")
    assert f"POST /api/v1/orders/{Order.objects.get().number}/cancel HTTP/1.1" in said


def test_a_paid_order_is_not_taken_back(browser: Client, account: Account, script: Script) -> None:
    bought = buy(browser)
    payment = start(Order.objects.get(), account)
    script.always("sync", paid)
    settle(payment)
    answer = browser.post(f"{bought.get_absolute_url()}cancel/")
    assert answer.status_code == 409
    assert "could not cancel it" in answer.content.decode()
    assert Order.objects.get().state == OrderState.PAID


def test_a_checkout_that_does_not_answer_is_said(browser: Client, account: Account, settings: Any) -> None:
    bought = buy(browser)
    with responses.RequestsMock() as wire_:
        wire_.add("GET", f"{settings.SITE_URL}/api/v1/orders", status=503)
        wire_.add("GET", f"{settings.SITE_URL}/api/v1/orders", json={"orders": []})
        said = text_of(browser, f"/shop/orders/{bought.reference}/how/read-order/")
        assert "does not answer at the moment" in said
        assert "HTTP/1.1 503" in said
        assert browser.post(f"{bought.get_absolute_url()}cancel/").status_code == 502
    assert guichet.read(bought) is not None
