"""How does a shop talk to the eComCharge stand-in? A small client of the tests' own, and a shop's server.

Written from the contract, like the stand-in, and from nothing else.
"""

import base64
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from tests.ground.listening import Heard, Reply, listening
from tests.sandbox.shop import eventually

APPROVED = "4200000000000000"
DECLINED = "4005550000000019"
CHALLENGED = "4012000000001097"
NO_FUNDS = "4200000000010009"
CREDENTIALS = ("361", "sandbox-secret-key")
Answer = dict[str, Any]


class Merchant:
    """Speaks the checkout's and the gateway's API, and the sandbox's own."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.base = f"{url}/ecomcharge"

    # The vendor's API.

    def call(self, verb: str, path: str, body: Any = None, **headers: str) -> requests.Response:
        """One call on a connection of its own."""
        extra = {name.replace("_", "-"): value for name, value in headers.items()}
        auth = None if "Authorization" in extra else CREDENTIALS
        return requests.request(
            verb,
            f"{self.base}/{path}",
            json=body,
            headers=extra,
            auth=auth,
            timeout=30,
            allow_redirects=False,
        )

    def create(self, body: Answer, **headers: str) -> requests.Response:
        return self.call("POST", "ctp/api/checkouts", body, **({"X_API_Version": "2"} | headers))

    def token(self, **changes: Any) -> str:
        """A fresh token; `order`, `settings` and `customer` are added to, other keys replace."""
        answer = self.create({"checkout": checkout(**changes)})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["checkout"]["token"])

    def status(self, token: str) -> Answer:
        answer = self.call("GET", f"ctp/api/checkouts/{token}", X_API_Version="2")
        assert answer.status_code == 200, answer.text
        found: Answer = answer.json()["checkout"]
        return found

    def ask(self, path: str, status: int = 200, /, **request: Any) -> Answer:
        """A POST to the gateway; the body inside its envelope."""
        answer = self.call("POST", path, {"request": request})
        assert answer.status_code == status, answer.text
        body: Answer = answer.json()
        found: Answer = body["transaction"] if "transaction" in body else body.get("response", body)
        return found

    def refused(self, path: str, **request: Any) -> str:
        return str(self.ask(path, 400, **request)["message"])

    def one(self, uid: str) -> Answer:
        found: Answer = self.call("GET", f"transactions/{uid}").json()["transaction"]
        return found

    def find(self, tracking_id: str) -> list[str]:
        answer = self.call("GET", f"v2/transactions/tracking_id/{tracking_id}")
        assert answer.status_code == 200, answer.text
        return [tx["uid"] for tx in answer.json()["transactions"]]

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

    def pay(self, token: str, **how: Any) -> Answer:
        return self.post(f"ecomcharge/checkouts/{token}/pay", **how)

    def arm(self, fault: str, **more: Any) -> None:
        self.post("faults", provider="ecomcharge", fault=fault, **more)

    def advance(self, seconds: int) -> None:
        self.post("clock", advance_seconds=seconds)

    def account(self, **settings: Any) -> None:
        body = {"provider": "ecomcharge", "settings": settings}
        answer = requests.put(f"{self.url}/_sandbox/accounts", json=body, timeout=10)
        assert answer.status_code == 200, answer.text

    def paid(self, kind: str = "payment", **how: Any) -> Answer:
        """A successful transaction of a fresh token, as the gateway shows it."""
        changes = {name: how.pop(name) for name in ("order", "settings", "customer") if name in how}
        token = self.token(transaction_type=kind, **changes)
        self.pay(token, **(how or {"card": APPROVED}))
        return self.one(self.status(token)["gateway_response"][kind]["uid"])

    def saved(self, *contract: str, **how: Any) -> str:
        """The token of a card saved for these contracts."""
        tx = self.paid(order={"additional_data": {"contract": list(contract)}}, **how)
        return str(tx["credit_card"]["token"])


def checkout(
    *,
    order: Answer | None = None,
    settings: Answer | None = None,
    customer: Answer | None = None,
    **changes: Any,
) -> Answer:
    """A request's `checkout` that is right."""
    return {
        "test": True,
        "transaction_type": "payment",
        "attempts": 3,
        "settings": {
            "return_url": "https://shop.test/return?order=42",
            "cancel_url": "https://shop.test/cancel?order=42",
            "fail_url": "https://shop.test/fail",
            "language": "en",
        }
        | (settings or {}),
        "order": {"currency": "GBP", "amount": 4299, "description": "Order 42", "tracking_id": "42"}
        | (order or {}),
        "customer": {"email": "jake@example.com", "country": "GB"} | (customer or {}),
    } | changes


class Browser:
    """A browser without a screen and without JavaScript: it follows forms and redirects of the sandbox."""

    def __init__(self, merchant: Merchant, token: str = "", **params: str) -> None:
        self.merchant = merchant
        self.params = {"token": token} | params
        self.left_for = ""

    def open(self, **params: str) -> requests.Response:
        return self._follow("GET", f"{self.merchant.base}/widget/hpp.html", params=self.params | params)

    def send(self, path: str = "widget/pay", **fields: str) -> requests.Response:
        return self._follow("POST", f"{self.merchant.base}/{path}", data=self.params | fields)

    def card(self, number: str = APPROVED, **changes: str) -> requests.Response:
        typed = {
            "number": number,
            "expiry": "12/30",
            "cvc": "123",
            "holder": "Ada Lovelace",
            "method": "credit_card",
        }
        return self.send(**(typed | changes))

    def password(self, page: requests.Response, password: str = "1111", **more: str) -> requests.Response:
        found = re.search(r'action="/ecomcharge/(process/[^"]+/answer)"', page.text)
        assert found, page.text
        return self.send(found[1], password=password, **more)

    def _follow(self, verb: str, url: str, **more: Any) -> requests.Response:
        """Until the sandbox shows a page, or sends the browser away: then `left_for` says where to."""
        answer = requests.request(verb, url, timeout=45, allow_redirects=False, **more)
        while answer.is_redirect:
            target = answer.headers["Location"]
            if target.startswith("/"):
                target = self.merchant.url + target
            if not target.startswith(self.merchant.url):
                self.left_for = target
                return answer
            answer = requests.get(target, timeout=10, allow_redirects=False)
        return answer


@dataclass
class Mail:
    """One POST to a shop, as it came."""

    raw: bytes
    headers: dict[str, str]

    @property
    def body(self) -> Answer:
        found: Answer = json.loads(self.raw)
        return found

    @property
    def tx(self) -> Answer:
        found: Answer = self.body["transaction"]
        return found

    def signed_by(self, public_key: str) -> bool:
        return verified(self.raw, self.headers["content-signature"], public_key)


def verified(raw: bytes, signature: str, public_key: str) -> bool:
    key = load_der_public_key(base64.b64decode(public_key))
    assert isinstance(key, rsa.RSAPublicKey)
    try:
        key.verify(base64.b64decode(signature), raw, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True


@dataclass
class Hook:
    """A shop's server: keeps what is posted, and answers what it is told to."""

    url: str
    received: list[Mail] = field(default_factory=list)
    answers: list[tuple[int, str]] = field(default_factory=list)
    asks_back: Any = None

    def wait(self, count: int) -> list[Mail]:
        eventually(lambda: len(self.received) >= count)
        assert len(self.received) == count
        return self.received


@contextmanager
def hook_of_a_shop() -> Iterator[Hook]:
    def answer(heard: Heard) -> Reply:
        mail = Mail(heard.body, heard.headers)
        if box.asks_back:
            box.asks_back(mail)
        box.received.append(mail)
        return Reply(*(box.answers.pop(0) if box.answers else (200, "OK")))

    box = Hook("")
    with listening(answer) as origin:
        box.url = f"{origin}/hook"
        yield box


@pytest.fixture
def merchant(own_sandbox: str) -> Merchant:
    merchant = Merchant(own_sandbox)
    merchant.post("reset")
    return merchant


@pytest.fixture
def hook(merchant: Merchant) -> Iterator[Hook]:
    """A webhook that the account knows."""
    with hook_of_a_shop() as box:
        merchant.account(notification_url=box.url)
        yield box
