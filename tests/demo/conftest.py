"""A demo shop that talks to a checkout on a real port, as it does for everybody else."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings as site
from django.test import Client

from checkout.demo.models import DemoOrder
from checkout.models import Account, ApiKey, Shop
from providers.http import _session
from tests.scripted import Script, install, make_account, make_shop

ADULT, CHILD, BOOK, POSTER = 10228231110052, 10228231110053, 10228231110054, 10228231110055
FRIEND, GLASS = 10228231110056, 10228231110057  # a subscription, a payment plan
GUEST = {"buyer": "guest", "email": "ada@example.com", "first_name": "Ada", "last_name": "Byron"}
KEY = "gk_the-demo-shops-own-key-in-these-tests"


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Script:
    return install(monkeypatch)


@pytest.fixture
def account(script: Script, live_server: Any, settings: Any) -> Iterator[Account]:
    """The checkout's side: a shop that rings at the demo shop's own receiver."""
    settings.SITE_URL = live_server.url
    settings.DEMO_SHOP_URL = f"{live_server.url}/shop/"
    settings.DEMO_API_KEY = KEY
    shop: Shop = make_shop(
        webhook_url=f"{live_server.url}/shop/webhook/", webhook_secret=site.DEMO_WEBHOOK_SECRET
    )
    ApiKey.issue(shop, key=KEY)
    yield make_account(shop)
    # A connection that stays open keeps a thread of the live server, and its database session, alive.
    _session().close()
    for thread in threading.enumerate():
        if "process_request_thread" in thread.name:
            thread.join(10)


@pytest.fixture
def browser() -> Client:
    return Client(enforce_csrf_checks=False)


def put(browser: Client, *items: int) -> None:
    for item in items:
        assert browser.post("/shop/basket/", {"item": item}).status_code == 302


def buy(browser: Client, *items: int, **buyer: str) -> DemoOrder:
    """From an empty basket to the payment page's address."""
    put(browser, *(items or (ADULT, POSTER)))
    answer = browser.post("/shop/checkout/", {**GUEST, **buyer})
    assert answer.status_code == 302, answer.content.decode()
    order = DemoOrder.objects.first()
    assert order is not None
    assert answer["Location"] == order.pay_url
    return order
