"""How does a shop talk to the SysPay stand-in? A small client of the tests' own, a shop's server, the seed's requests.

Written from the contract, like the stand-in, and from nothing else.
"""

import base64
import hashlib
import json
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from tests.ground.listening import Heard, Reply, listening
from tests.sandbox.shop import eventually

LOGIN, PASSPHRASE = "sandbox", "sandbox-passphrase"
APPROVED = "4970100000000055"
NO_FUNDS = "4970100000001004"
CHALLENGED = "4970100000005005"
CHALLENGED_REFUSED = "4970100000006003"
DELAYED = "4970100000008009"
SILENT = "4970100000009007"
BROKEN = "4970100000010005"
REFUSED_LATER = "4970100000011003"
ERROR = "4970100000281002"
DAY = 86_400
Answer = dict[str, Any]


def wsse(
    *, login: str = LOGIN, passphrase: str = PASSPHRASE, nonce: bytes = b"", created: int | None = None
) -> str:
    """The header of section 1.1."""
    nonce, created = nonce or os.urandom(16), int(time.time()) if created is None else created
    digest = hashlib.sha1(nonce + str(created).encode() + passphrase.encode()).digest()
    return (
        f'AuthToken MerchantAPILogin="{login}", PasswordDigest="{base64.b64encode(digest).decode()}", '
        f'Nonce="{base64.b64encode(nonce).decode()}", Created="{created}"'
    )


def checksum(raw: bytes | str, passphrase: str = PASSPHRASE) -> str:
    """Sections 3 and 4."""
    raw = raw.encode() if isinstance(raw, str) else raw
    return hashlib.sha1(raw + passphrase.encode()).hexdigest()


class Merchant:
    """Speaks the merchant API, and the sandbox's own."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.base = f"{url}/syspay"

    # The vendor's API.

    def call(
        self, verb: str, path: str, body: Any = None, *, raw: bytes | None = None, **headers: str
    ) -> Any:
        extra = {"X-Wsse": wsse()} | {name.replace("_", "-"): value for name, value in headers.items()}
        if raw is None and body is not None:
            raw = json.dumps(body).encode()
        url = f"{self.base}/api/v1/merchant/{path}"
        return requests.request(verb, url, data=raw, headers=extra, timeout=30)

    def ask(self, path: str, body: Any = None, *, verb: str = "POST") -> Answer:
        """What stands in `data`."""
        answer = self.call(verb, path, body)
        assert answer.status_code == 200, answer.text
        found: Answer = answer.json()["data"]
        return found

    def refused(self, path: str, body: Any = None, *, verb: str = "POST", status: int = 400) -> int:
        """The code of the no."""
        answer = self.call(verb, path, body)
        assert answer.status_code == status, answer.text
        error = answer.json()["error"]
        assert error["message"]
        code: int = error["code"]
        return code

    def read(self, path: str) -> Answer:
        return self.ask(path, verb="GET")

    def token(self, kind: str = "ONESHOT", **changes: Any) -> str:
        """A fresh terminal."""
        url: str = self.ask("eterminal", request(kind, **changes))["eterminal"]["url"]
        return url.rpartition("/")[2]

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
        return self.post(f"syspay/terminals/{token}/pay", **(how or {"card": APPROVED}))

    def paid(self, kind: str = "ONESHOT", card: str = APPROVED, **changes: Any) -> Answer:
        """A terminal that was paid with this card: what the test API says of it."""
        return self.pay(self.token(kind, **changes), card=card)

    def payment(self, number: int) -> Answer:
        found: Answer = self.read(f"payment/{number}")["payment"]
        return found

    def arm(self, fault: str, **more: Any) -> None:
        self.post("faults", provider="syspay", fault=fault, **more)

    def advance(self, seconds: int) -> None:
        self.post("clock", advance_seconds=seconds)

    def account(self, **settings: Any) -> None:
        body = {"provider": "syspay", "settings": settings}
        answer = requests.put(f"{self.url}/_sandbox/accounts", json=body, timeout=10)
        assert answer.status_code == 200, answer.text


_CUSTOMER = {
    "first_name": "sherlock", "last_name": "holmes", "email": "foo@bar.com",
    "company_name": "Baker Street Detectives", "mobile_country": "GB", "mobile_phone": "2012341234",
    "language": "en", "address": "221 Baker Street", "city": "London", "postcode": "NW16XE", "country": "GB",
}  # fmt: skip
BLOCKS: dict[str, Answer] = {
    "ONESHOT": {"oneshot": {"amount": 1200, "currency": "GBP"}},
    "SUBSCRIPTION": {
        "subscription": {
            "trial_amount": 100, "trial_period": 7, "trial_period_unit": "day", "billing_amount": 1500,
            "billing_period": 1, "billing_period_unit": "month", "initial_amount": 10000, "currency": "GBP",
        }
    },
    "PAYMENT_PLAN": {
        "payment_plan": {
            "total_amount": 30000, "billing_cycles": 12, "billing_period": 1, "billing_period_unit": "month",
            "currency": "GBP",
        }
    },
    "PAYMENT_MANDATE": {"payment_mandate": {"currency": "GBP", "initial_charge": 1200}},
}  # fmt: skip
_count = iter(range(1, 10**6))


def request(kind: str = "ONESHOT", *, customer: Answer | None = None, **changes: Any) -> Answer:
    """A request that is right; what is None is left out. The reference is a fresh one."""
    body = {
        "type": kind, "website": 110, "payment_page_redirect_url": "http://shop.test/redirect?order=7",
        "eterminal_redirect_url": "http://backend.shop.test/redirect", "description": "Ms Hudson",
        "reference": f"sh{next(_count)}-{os.getpid()}", "customer": _CUSTOMER | (customer or {}),
    } | BLOCKS.get(kind, {}) | changes  # fmt: skip
    return {name: value for name, value in body.items() if value is not None}


def _seed(kind: str, **more: Any) -> Answer:
    """An example of the seed, to the letter."""
    common = {
        "type": kind, "website": 110, "ems_url": "https://www.myshop.com/notify",
        "payment_page_redirect_url": "http://www.myshop.com/redirect",
        "eterminal_redirect_url": "http://backend.myshop.com/redirect", "customer": _CUSTOMER,
    }  # fmt: skip
    return common | BLOCKS[kind] | more


_MANDATE = {
    "ems_url": "http://www.myshop.com", "payment_page_redirect_url": "http://www.myshop.com",
    "eterminal_redirect_url": "http://www.myppredirecturl.com", "description": "Studio in Pink Hotel room",
    "reference": "sh10004",
}  # fmt: skip
_ONE_OFF = {"ems_url": "https://wwwinitial-charge/notify", "reference": "sh10001"}
SEED = [
    _seed("ONESHOT", locked=False, description="Ms Hudson Monthly Payment", **_ONE_OFF),
    _seed("SUBSCRIPTION", locked=True, description="Mysteries TV channel subscription", reference="sh10002"),
    _seed("PAYMENT_PLAN", locked=False, description="New car payment plan", reference="sh10003"),
    _seed("PAYMENT_MANDATE", locked=True, **_MANDATE),
    _seed(
        "ONESHOT", description="Ms Hudson Monthly Payment", **_ONE_OFF,
        locked_inputs={"customer": {"first_name": True, "last_name": True}, "oneshot": {"amount": True}},
    ),
    _seed(
        "SUBSCRIPTION", description="Mysteries TV channel subscription", reference="sh10002",
        locked_inputs={
            "reference": True, "customer": {"language": True, "email": True},
            "subscription": {"billing_amount": True, "billing_period": True, "billing_period_unit": True},
        },
    ),
    _seed(
        "PAYMENT_PLAN", description="New car payment plan", reference="sh10003",
        locked_inputs={"payment_plan": {"total_amount": True, "currency": True, "billing_cycles": True}},
    ),
    _seed("PAYMENT_MANDATE", **_MANDATE)
    | {
        "payment_mandate": {"currency": "GBP", "initial_charge": 1200, "amount": 300},
        "locked_inputs": {"payment_mandate": {"initial_charge": True, "currency": True, "amount": True}},
    },
]  # fmt: skip


def returned(url: str, passphrase: str = PASSPHRASE) -> Answer:
    """The result of a return address, once its three parameters and its checksum are right."""
    query = parse_qsl(urlsplit(url).query, strict_parsing=True)
    assert [name for name, _ in query][-3:] == ["result", "merchant", "checksum"]
    given = dict(query)
    assert given["checksum"] == checksum(given["result"], passphrase)
    found: Answer = json.loads(base64.b64decode(given["result"], validate=True))
    return found


class Browser:
    """A browser without a screen and without JavaScript."""

    def __init__(self, merchant: Merchant, token: str, language: str = "en") -> None:
        self.merchant = merchant
        self.address = f"{merchant.base}/eterminal/{token}"
        self.language = language
        self.left_for = ""

    def open(self) -> requests.Response:
        return self._follow("GET", self.address)

    def send(self, number: str = APPROVED, *, to: str = "pay", **fields: str) -> requests.Response:
        """What stands in the page's inputs, with these over it: a payer who changes some and presses a button."""
        page = self.open()
        typed = {"number": number, "expiry": "12/30", "cvc": "123", "holder": "Ada", "action": "pay"}
        return self._follow("POST", f"{self.address}/{to}", data=filled(page.text) | typed | fields)

    def code(self, code: str = "1234", **more: str) -> requests.Response:
        return self._follow("POST", f"{self.address}/answer", data={"code": code} | more)

    def _follow(self, verb: str, url: str, **more: Any) -> requests.Response:
        said = {"Accept-Language": self.language}
        answer = requests.request(verb, url, timeout=45, allow_redirects=False, headers=said, **more)
        while answer.is_redirect:
            target = answer.headers["Location"]
            target = self.merchant.url + target if target.startswith("/") else target
            if not target.startswith(self.merchant.url):
                self.left_for = target
                return answer
            answer = requests.get(target, timeout=10, allow_redirects=False, headers=said)
        return answer


def filled(page: str) -> dict[str, str]:
    """The inputs of a form and what stands in them; only what a browser would send."""
    found = {}
    for tag in re.findall(r"<input\b[^>]*>", page):
        given = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if "name" in given and (given.get("type") != "checkbox" or " checked" in tag):
            found[given["name"]] = unescape(given.get("value", ""))
    for name, options in re.findall(r'<select id="\w+" name="(\w+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', options)
        found[name] = chosen[1] if chosen else ""
    return found


@dataclass
class Mail:
    """One POST to a shop, as it came."""

    raw: bytes
    headers: dict[str, str]

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.raw.decode(), keep_blank_values=True, strict_parsing=True))

    @property
    def body(self) -> Answer:
        found: Answer = json.loads(self.raw)
        return found

    @property
    def kind(self) -> str:
        return self.form["type"]

    def of(self, name: str) -> str | None:
        """`status` of data[payment][status]."""
        return self.form.get(f"data[{self.kind}][{name}]")

    @property
    def good(self) -> bool:
        return self.headers["x-checksum"] == checksum(self.raw)


@dataclass
class Hook:
    """A shop's server: keeps what is posted, and answers what it is told to."""

    url: str
    received: list[Mail] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    asks_back: Any = None

    def wait(self, count: int) -> list[Mail]:
        eventually(lambda: len(self.received) >= count)
        assert len(self.received) == count, [mail.raw for mail in self.received]
        return self.received

    def kinds(self, count: int) -> list[tuple[str, str | None]]:
        """Type and status of each; several threads send, so they are sorted."""
        return sorted((mail.kind, mail.of("status")) for mail in self.wait(count))


@contextmanager
def hook_of_a_shop() -> Iterator[Hook]:
    def answer(heard: Heard) -> Reply:
        mail = Mail(heard.body, heard.headers)
        if box.asks_back:
            box.asks_back(mail)
        box.received.append(mail)
        return Reply(box.answers.pop(0) if box.answers else 200)

    box = Hook("")
    with listening(answer) as origin:
        box.url = f"{origin}/ems"
        yield box


@pytest.fixture
def merchant(own_sandbox: str) -> Merchant:
    merchant = Merchant(own_sandbox)
    merchant.post("reset")
    return merchant


@pytest.fixture
def hook(merchant: Merchant) -> Iterator[Hook]:
    """A default EMS address that the account knows."""
    with hook_of_a_shop() as box:
        merchant.account(notification_url=box.url)
        yield box
