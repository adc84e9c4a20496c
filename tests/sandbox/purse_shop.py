"""How does a shop talk to the sandbox's Purse? A small client of the tests' own, written from the contract alone."""

import base64
import hashlib
import json
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from tests.ground.listening import Heard, Reply, listening

ENTITY = "5e3a0862-7cc3-4427-92ba-9e1e9595f571"
CLIENT, SECRET, API_KEY = "sandbox-client", "sandbox-secret", "7d0f6d3e-32f1-4b8e-9f43-2a1c7c0b8e55"
APPROVED = "4970100000000055"
NO_FUNDS = "4970100000001004"
CHALLENGED = "4970100000005005"
CHALLENGED_REFUSED = "4970100000006003"
DELAYED = "4970100000008009"
SAVED_THEN_REFUSED = "4970100000011003"
DEMO_CARD = "4916994064252017"
GIFT_10, GIFT_20, GIFT_50 = "9250000000001000", "9250000000002000", "9250000000005000"
GIFT_EMPTY, GIFT_EXPIRED, GIFT_REFUSES = "9250000000000000", "9250000000009999", "9250000000004040"
Json = dict[str, Any]

CC = {"partner": "ingenico", "method": "creditcard"}
GC = {"partner": "illicado", "method": "giftcard"}


def session_request(amount: int = 12000, **changes: Any) -> Json:
    """POST client-sessions, in the shape of the contract's example."""
    return {
        "entity_id": ENTITY,
        "amount": amount,
        "currency": "EUR",
        "shopper_redirection_url": "https://shop.test/back?order_id=7",
        "order": {"reference": f"order-{uuid.uuid4()}", "net_amount": amount},
    } | changes


class PurseShop:
    """Speaks Purse's API and the sandbox's own."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.base = f"{url}/purse"
        self.api = f"{self.base}/payment/v2"
        self.http = requests.Session()
        self.token = ""

    def ask_token(self, client: str = CLIENT, secret: str = SECRET, **more: Any) -> requests.Response:
        sent = {"data": {"grant_type": "client_credentials"}} | more
        return requests.post(f"{self.base}/oauth/token", auth=(client, secret), timeout=10, **sent)

    def log_in(self, client: str = CLIENT, secret: str = SECRET) -> None:
        self.token = self.ask_token(client, secret).json()["access_token"]

    def raw(
        self, verb: str, path: str, body: Any = None, *, timeout: float = 45, **headers: str
    ) -> requests.Response:
        """One call on a connection of its own; no redirect is followed."""
        if not self.token:
            self.log_in()
        address = f"{self.base}/{path}" if path.startswith("wallet/") else f"{self.api}/{path}"
        headers = {"Authorization": f"Bearer {self.token}"} | headers
        return requests.request(
            verb, address, json=body, headers=headers, timeout=timeout, allow_redirects=False
        )

    def ok(self, verb: str, path: str, body: Any = None) -> Any:
        answer = self.raw(verb, path, body)
        assert answer.ok, answer.text
        return answer.json()

    def refused(self, verb: str, path: str, body: Any = None, *, status: int) -> Json:
        """The problem of a refusal."""
        answer = self.raw(verb, path, body)
        assert answer.status_code == status, answer.text
        assert answer.headers["Content-Type"] == "application/problem+json"
        problem: Json = answer.json()
        assert problem["status"] == status
        return problem

    def session(self, amount: int = 12000, **changes: Any) -> Json:
        made: Json = self.ok("POST", "client-sessions", session_request(amount, **changes))
        return made

    def pay(self, session: Json, **how: Any) -> Json:
        return self.post(f"purse/sessions/{session['id']}/pay", **how)

    def split(self, *parts: tuple[str, str, int], **changes: Any) -> Json:
        """A payment of this split, authorised: (partner, method, amount)."""
        session = self.session(sum(amount for _, _, amount in parts), **changes)
        given = [
            {"partner": partner, "method": method, "amount": amount} for partner, method, amount in parts
        ]
        paid: Json = self.pay(session, parts=given)["payment"]
        assert paid["authorization"]["status"] == "AUTHORIZED", paid
        return paid

    def payment(self, payment_id: str) -> Json:
        found: Json = self.ok("GET", f"payments/{payment_id}")
        return found

    def operate(self, payment: Json, kind: str, amount: int, **more: Any) -> Json:
        done: Json = self.ok("POST", f"payments/{payment['id']}/{kind}s", {"amount": amount, **more})
        return done

    def settle(self, payment: Json, **how: Any) -> Json:
        return self.post(f"purse/payments/{payment['id']}/settle", **how)

    # The sandbox's own API.

    def get(self, path: str) -> Json:
        answer = self.http.get(f"{self.url}/_sandbox/{path}", timeout=10)
        assert answer.status_code == 200, answer.text
        result: Json = answer.json()
        return result

    def post(self, path: str, **body: Any) -> Json:
        answer = self.http.post(f"{self.url}/_sandbox/{path}", json=body, timeout=10)
        assert answer.status_code == 200, answer.text
        result: Json = answer.json()
        return result

    def put(self, path: str, **body: Any) -> Json:
        answer = self.http.put(f"{self.url}/_sandbox/{path}", json=body, timeout=10)
        assert answer.status_code == 200, answer.text
        result: Json = answer.json()
        return result

    def arm(self, fault: str, **more: Any) -> Json:
        return self.post("faults", provider="purse", fault=fault, **more)

    def advance(self, seconds: int) -> None:
        self.post("clock", advance_seconds=seconds)

    def account(self, name: str = "default", **settings: Any) -> None:
        self.put("accounts", provider="purse", name=name, settings=settings)


def books(payment: Json) -> tuple[int, int, int, int, int, str]:
    """C, V, R, available, available to refund and the overview's initials, as the contract's tables have them."""
    amounts, overview = payment["amounts"], payment["overview"]
    assert amounts["available_to_capture"] == amounts["available_to_void"]
    initials = "/".join(overview[name][0] for name in ("consumed", "captured", "voided", "refunded"))
    return (
        amounts["total_captured"],
        amounts["total_voided"],
        amounts["total_refunded"],
        amounts["available_to_capture"],
        amounts["available_to_refund"],
        initials,
    )


def shares(payment: Json, kind: str, at: int = -1) -> list[tuple[str, int]]:
    """How an operation was distributed: (partner/method, amount), in its order."""
    return [
        (f"{part['partner']}/{part['method']}", part["amount"])
        for part in payment[f"{kind}s"][at]["partner_transactions"]
    ]


def claims(address: str, parameter: str = "purse-redirection-data") -> tuple[Json, Json]:
    """Header and claims of the return, unverified."""
    [token] = parse_qs(urlsplit(address).query)[parameter]
    header, payload, _signature = token.split(".")
    return _decoded(header), _decoded(payload)


def _decoded(part: str) -> Json:
    decoded: Json = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return decoded


def verified(address: str, keys: Json) -> bool:
    """RS256, by hand: the tests shall not share the stand-in's library."""
    [token] = parse_qs(urlsplit(address).query)["purse-redirection-data"]
    header, _claims = claims(address)
    key = next((key for key in keys["keys"] if key["kid"] == header["kid"]), None)
    if key is None or header["alg"] != "RS256":
        return False
    signed, _, signature = token.rpartition(".")
    modulus, exponent = _int(key["n"]), _int(key["e"])
    size = (modulus.bit_length() + 7) // 8
    opened = pow(_int(signature), exponent, modulus).to_bytes(size, "big")
    digest = (
        bytes.fromhex("3031300d060960864801650304020105000420") + hashlib.sha256(signed.encode()).digest()
    )
    return opened == b"\x00\x01" + b"\xff" * (size - len(digest) - 3) + b"\x00" + digest


def body_verified(signature: str, body: bytes, keys: Json) -> bool:
    """V1's X-Signature, by hand: "decrypt" with the public key, undo OAEP, compare with the body's SHA-256."""
    key = keys["keys"][0]
    modulus = _int(key["n"])
    size = (modulus.bit_length() + 7) // 8
    opened = pow(int.from_bytes(base64.b64decode(signature), "big"), _int(key["e"]), modulus).to_bytes(
        size, "big"
    )
    masked_seed, masked = opened[1:21], opened[21:]
    seed = bytes(a ^ b for a, b in zip(masked_seed, _mgf1(masked, 20), strict=True))
    block = bytes(a ^ b for a, b in zip(masked, _mgf1(seed, len(masked)), strict=True))
    message = block[20:].lstrip(b"\x00").removeprefix(b"\x01")
    return opened[0] == 0 and message == hashlib.sha256(body).hexdigest().encode()


def _mgf1(seed: bytes, length: int) -> bytes:
    out, count = b"", 0
    while len(out) < length:
        out += hashlib.sha1(seed + count.to_bytes(4, "big")).digest()
        count += 1
    return out[:length]


def _int(part: str) -> int:
    return int.from_bytes(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)), "big")


class Form:
    """The hosted page or the widget's frame, as a browser without a screen would use it."""

    def __init__(self, session: Json, where: str = "hosted", **state: str) -> None:
        data = session["widget"]["data"]
        self.told = json.loads(base64.b64decode(data + "=" * (-len(data) % 4)))
        self.address = self.told["frame"].replace("/widget/", f"/{where}/")
        self.state = {"secret": self.told["secret"]} | state if where == "widget" else state
        self.http = requests.Session()

    def open(self, **headers: str) -> requests.Response:
        return self.http.get(self.address, params=self.state, headers=headers, timeout=10)

    def send(self, step: str = "pay", *, follow: bool = False, **fields: Any) -> requests.Response:
        return self.http.post(
            f"{self.address}/{step}", data=self.state | fields, timeout=10, allow_redirects=follow
        )

    def card(self, **changes: str) -> requests.Response:
        """Pay with the card form filled in."""
        filled: Json = {
            "solution": "ingenico/creditcard",
            "number": APPROVED,
            "expiry": "12/30",
            "cvc": "123",
        }
        return self.send(**(filled | {"holder": "Ada Lovelace"} | changes))


def done_address(page: str) -> str:
    """Where a frame's last page sends its parent."""
    found = re.search(r'data-url="([^"]+)"', page)
    assert found, page
    return found[1].replace("&amp;", "&")


@dataclass
class Letterbox:
    """A shop's webhook: keeps bodies and headers, and answers what it is told to."""

    url: str
    received: list[Json] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    def webhook(self, *headers: Json) -> Json:
        return {"url": self.url, "headers": list(headers)}


@contextmanager
def letterbox() -> Iterator[Letterbox]:
    def answer(heard: Heard) -> Reply:
        box.headers.append(heard.headers)
        box.raw.append(heard.body)
        box.received.append(json.loads(heard.body))
        return Reply(box.answers.pop(0) if box.answers else 204)

    box = Letterbox("")
    with listening(answer) as origin:
        box.url = f"{origin}/hook"
        yield box
