"""How does a shop talk to the PayZen stand-in? A small client of the tests' own, and a shop's server.

Written from the contract, like the stand-in, and from nothing else.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import parse_qsl

import pytest
import requests

from tests.ground.listening import Heard, Reply, listening
from tests.sandbox.shop import eventually

ACCEPTED = "4970100000000055"
NO_FUNDS = "4970100000000113"
FRICTIONLESS = "4970110000000013"
CHALLENGED = "4970110000001003"
CHALLENGED_REFUSED = "4970110000000039"
REJECTED = "4970110000000401"
ALIAS_ONLY = "4970101000001002"
LATER = "4970100000024006"
TEST_PASSWORD = "testpassword_DEMOPRIVATEKEY23G4475zXZQ2UA5x7M"
TEST_HMAC = "38453613e7f44dc58732bad3dca2bca3"
PRODUCTION_PASSWORD = "prodpassword_SANDBOX"
PUBLIC_KEY = "69876357:testpublickey_DEMOPUBLICKEY95me92597fd28tGD4r5"
DAY = 86_400
Answer = dict[str, Any]


def valid(form: Answer, key: str, allowed: str) -> bool:
    """The recipe of section 7: the exact string, then with its slashes unescaped."""
    if form.get("kr-hash-algorithm") != "sha256_hmac" or form.get("kr-hash-key") != allowed:
        return False
    raw = form["kr-answer"]
    made = [
        hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()
        for text in (raw, raw.replace("\\/", "/"))
    ]
    return form.get("kr-hash") in made


class Merchant:
    """Speaks the web services and the sandbox's own API."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.base = f"{url}/payzen"

    # The platform's web services.

    def raw(self, service: str, body: Any, password: str = TEST_PASSWORD, **more: Any) -> requests.Response:
        """One call on a connection of its own."""
        return requests.post(
            f"{self.base}/api-payment/V4/{service}",
            json=body,
            auth=("69876357", password),
            timeout=30,
            **more,
        )

    def call(self, service: str, body: Any = None, password: str = TEST_PASSWORD) -> Answer:
        answer = self.raw(service, body if body is not None else {}, password)
        assert answer.status_code == 200, answer.text
        found: Answer = answer.json()
        return found

    def ok(self, service: str, password: str = TEST_PASSWORD, /, **body: Any) -> Answer:
        found = self.call(service, body, password)
        assert found["status"] == "SUCCESS", found
        answer: Answer = found["answer"]
        return answer

    def refused(self, service: str, password: str = TEST_PASSWORD, /, **body: Any) -> str:
        """The code of an error."""
        found = self.call(service, body, password)
        assert found["status"] == "ERROR", found
        return str(found["answer"]["errorCode"])

    def order(self, password: str = TEST_PASSWORD, /, **changes: Any) -> Answer:
        return self.ok("Charge/CreatePaymentOrder", password, **order(**changes))

    def order_now(self, number: str) -> Answer:
        return self.ok("Charge/PaymentOrder/Get", paymentOrderId=number)

    def transaction(self, uuid: str) -> Answer:
        return self.ok("Transaction/Get", uuid=uuid)

    def form_token(self, **changes: Any) -> str:
        body = {"amount": 990, "currency": "EUR", "orderId": "form-1"} | changes
        return str(self.ok("Charge/CreatePayment", **body)["formToken"])

    # The sandbox's API.

    def get(self, path: str) -> Answer:
        answer = requests.get(f"{self.url}/_sandbox/{path}", timeout=10)
        assert answer.status_code == 200, answer.text
        found: Answer = answer.json()
        return found

    def post(self, path: str, status: int = 200, /, **body: Any) -> Answer:
        answer = requests.post(f"{self.url}/_sandbox/{path}", json=body, timeout=10)
        assert answer.status_code == status, answer.text
        found: Answer = answer.json()
        return found

    def pay(self, number: str, **how: Any) -> Answer:
        return self.post(f"payzen/orders/{number}/pay", **(how or {"card": ACCEPTED}))

    def paid(self, **changes: Any) -> Answer:
        """A fresh order's only transaction, as Transaction/Get shows it."""
        how = changes.pop("how", {"card": ACCEPTED})
        shown = self.pay(self.order(**changes)["paymentOrderId"], **how)
        return self.transaction(shown["transactions"][0]["uuid"])

    def captured(self, **changes: Any) -> Answer:
        tx = self.paid(**changes)
        self.post(f"payzen/transactions/{tx['uuid']}/capture")
        return self.transaction(tx["uuid"])

    def messages(self) -> list[Answer]:
        found: list[Answer] = self.get("payzen/messages")["messages"]
        return found

    def arm(self, fault: str, **more: Any) -> None:
        self.post("faults", provider="payzen", fault=fault, **more)

    def advance(self, seconds: int) -> None:
        self.post("clock", advance_seconds=seconds)

    def account(self, **settings: Any) -> None:
        body = {"provider": "payzen", "settings": settings}
        answer = requests.put(f"{self.url}/_sandbox/accounts", json=body, timeout=10)
        assert answer.status_code == 200, answer.text


def order(**changes: Any) -> Answer:
    """CreatePaymentOrder's recommended request."""
    return {
        "amount": 990,
        "currency": "EUR",
        "orderId": "order-42",
        "channelOptions": {"channelType": "URL"},
        "locale": "en_GB",
        "returnMode": "GET",
        "returnUrl": "https://shop.test/back?order=42",
        "customer": {"email": "ada@example.com"},
        "metadata": {"cart": "7"},
    } | changes


class Browser:
    """A browser without a screen and without JavaScript: it follows forms and redirects of the sandbox."""

    def __init__(self, url: str, language: str = "en") -> None:
        self.link = url
        self.root = url.split("/payzen/", maxsplit=1)[0]
        self.headers = {"Accept-Language": language}
        self.page: requests.Response | None = None
        self.left_for = ""

    @property
    def text(self) -> str:
        return unescape(self.page.text if self.page is not None else "")

    def open(self, url: str = "") -> str:
        return self._follow("GET", url or self.link)

    def submit(self, form: str = "pay", /, **typed: str) -> str:
        """The page's form whose address ends in this word, with its hidden fields."""
        html = self.page.text if self.page is not None else ""
        found = re.search(rf'<form[^>]* action="([^"]*/{form})"[^>]*>(.*?)</form>', html, re.S)
        assert found, html
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', found[2]))
        fields = {name: unescape(value) for name, value in hidden.items()} | typed
        return self._follow("POST", self.root + found[1], data=fields)

    def card(self, number: str = ACCEPTED, **changes: str) -> str:
        return self.submit("pay", **({"number": number, "expiry": "12/30", "cvc": "123"} | changes))

    def _follow(self, verb: str, url: str, **more: Any) -> str:
        """Until the sandbox shows a page, or sends the browser away: then `left_for` says where to."""
        answer = requests.request(verb, url, timeout=45, allow_redirects=False, headers=self.headers, **more)
        while answer.is_redirect:
            target = answer.headers["Location"]
            if not target.startswith("/"):
                self.left_for = target
                return ""
            answer = requests.get(self.root + target, timeout=10, allow_redirects=False, headers=self.headers)
        self.page = answer
        return self.text


@dataclass
class Ipn:
    """One POST to a shop, as it came."""

    form: dict[str, str]
    headers: dict[str, str]

    @property
    def told(self) -> Answer:
        found: Answer = json.loads(self.form["kr-answer"])
        return found

    @property
    def tx(self) -> Answer:
        found: Answer = self.told["transactions"][0]
        return found

    @property
    def ours(self) -> bool:
        return valid(self.form, TEST_PASSWORD, "password")


@dataclass
class Hook:
    """A shop's server: keeps what is posted, and answers what it is told to."""

    url: str
    received: list[Ipn] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    def wait(self, count: int) -> list[Ipn]:
        eventually(lambda: len(self.received) >= count)
        assert len(self.received) == count
        return self.received


@contextmanager
def hook_of_a_shop() -> Iterator[Hook]:
    def answer(heard: Heard) -> Reply:
        form = dict(parse_qsl(heard.body.decode(), keep_blank_values=True))
        box.received.append(Ipn(form, heard.headers))
        return Reply(box.answers.pop(0) if box.answers else 200)

    box = Hook("")
    with listening(answer) as origin:
        box.url = f"{origin}/ipn"
        yield box


@pytest.fixture
def merchant(own_sandbox: str) -> Merchant:
    merchant = Merchant(own_sandbox)
    merchant.post("reset")
    return merchant


@pytest.fixture
def hook(merchant: Merchant) -> Iterator[Hook]:
    """The IPN address that the account's rule knows."""
    with hook_of_a_shop() as box:
        merchant.account(notification_url=box.url)
        yield box
