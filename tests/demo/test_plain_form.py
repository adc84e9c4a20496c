"""Does the smallest shop sell? As its own process, and as a page of the demo shop."""

import html
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from django.conf import settings as site
from django.test import Client

from checkout.demo.plain_form import FILE
from checkout.models import Account, Order
from checkout.webhooks import signature
from tests.demo.conftest import KEY
from tests.ground.machine import free_port

pytestmark = pytest.mark.django_db(transaction=True)
BODY = b'{"type": "order.paid", "timestamp": "2026-11-21T10:00:00+00:00", "data": {"reference": "b-1"}}'


@dataclass
class Spoons:
    address: str
    process: subprocess.Popen[str]


@pytest.fixture
def spoons(account: Account, live_server: Any) -> Iterator[Spoons]:
    port = free_port()
    told = {
        "PATH": os.environ["PATH"], "GUICHET": live_server.url, "GUICHET_KEY": KEY,
        "GUICHET_WEBHOOK_SECRET": site.DEMO_WEBHOOK_SECRET, "PORT": str(port),
    }  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, str(FILE)], env=told, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    here = Spoons(f"http://127.0.0.1:{port}", process)
    until, pause = time.monotonic() + 20, threading.Event()
    while True:
        try:
            requests.get(f"{here.address}/nothing", timeout=5)
            break
        except requests.ConnectionError:
            assert process.poll() is None
            assert time.monotonic() < until
            pause.wait(0.05)
    yield here
    process.kill()
    process.communicate()


def test_a_form_an_order_a_redirect_and_a_word_of_thanks(spoons: Spoons) -> None:
    form = requests.get(f"{spoons.address}/", timeout=10).text
    assert '<form method="post"' in form
    (basket,) = re.findall(r'name="basket" value="(\w+)"', form)
    typed = {"basket": basket, "email": "ada@example.com"}
    answers = [
        requests.post(f"{spoons.address}/", typed, allow_redirects=False, timeout=20) for _click in range(2)
    ]
    order = Order.objects.get()
    assert (order.reference, order.amount_minor, order.email) == (basket, 4299, "ada@example.com")
    assert [(answer.status_code, answer.headers["Location"]) for answer in answers] == [
        (303, order.pay_url)
    ] * 2

    assert "wait for the payment" in requests.get(order.return_url, timeout=10).text
    Order.objects.update(state="paid")
    assert "is paid, and on its way" in requests.get(order.return_url, timeout=10).text
    Order.objects.update(state="expired")
    assert "you owe nothing" in requests.get(order.return_url, timeout=10).text
    assert "you owe nothing" in requests.get(f"{spoons.address}/thanks?basket=x%26y", timeout=10).text
    assert requests.get(f"{spoons.address}/nothing", timeout=10).status_code == 404
    wrong = requests.post(f"{spoons.address}/", {**typed, "basket": "b-2", "email": "x"}, timeout=20)
    assert (wrong.status_code, Order.objects.count()) == (502, 1)

    assert [ring(spoons, age) for age in (0, 400)] == [204, 401]
    assert ring(spoons, 0, secret="whsec_b3RoZXI=") == 401
    spoons.process.terminate()
    assert spoons.process.communicate(timeout=20)[0].splitlines() == ["order.paid b-1"]


def ring(spoons: Spoons, age: int, *, secret: str = "") -> int:
    stamp = int(time.time()) - age
    signed = signature(secret or site.DEMO_WEBHOOK_SECRET, message_id="e-1", timestamp=stamp, body=BODY)
    headers = {"webhook-id": "e-1", "webhook-timestamp": str(stamp), "webhook-signature": signed}
    return requests.post(f"{spoons.address}/webhook", BODY, headers=headers, timeout=10).status_code


def test_the_same_as_a_page_of_the_demo_shop_with_its_code_beside(
    browser: Client, account: Account, settings: Any
) -> None:
    page = browser.get("/shop/form/")
    assert FILE.read_text().strip() in html.unescape(re.sub(r"<[^>]+>", "", page.content.decode()))
    assert "form-action 'self' http" in page["Content-Security-Policy"]
    (basket,) = re.findall(r'name="basket" value="(\w+)"', page.content.decode())
    answer = browser.post("/shop/form/", {"basket": basket, "email": "ada@example.com"})
    order = Order.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, order.pay_url)
    assert order.return_url == f"{settings.DEMO_SHOP_URL}form/thanks/{basket}/"
    assert "wait for the payment" in browser.get(f"/shop/form/thanks/{basket}/").content.decode()
    assert browser.post("/shop/form/", {"basket": "b-2", "email": "x"}).status_code == 502
    settings.SITE_URL = "http://127.0.0.1:9"
    assert browser.get(f"/shop/form/thanks/{basket}/").status_code == 502
