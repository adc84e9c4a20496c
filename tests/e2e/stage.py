"""The whole demo as a stage: site, worker and sandbox as real processes, on ports and in a folder of their own.

Whoever stands on it sees what anybody sees: pages, the shop API, the sandbox's API for tests. Only time is helped
along in the database, since nobody wants to wait for a hold to run out.
"""

import contextlib
import os
import secrets
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import requests

from tests.ground.machine import free_port

ROOT = Path(__file__).resolve().parent.parent.parent
ADULT, CHILD, BOOK, POSTER = 10228231110052, 10228231110053, 10228231110054, 10228231110055
_AUDIENCE = 306159078
_NAMES = {
    ADULT: ("Museum ticket, adult", 2400),
    CHILD: ("Museum ticket, child", 1250),
    BOOK: ("Exhibition catalogue", 3990),
    POSTER: ("Poster", 999),
}
# Any of the contacts an S360 institution may have; a guest buys under one of them as well.
_CONTACT = "752565"
Found = TypeVar("Found")


def eventually(look: Callable[[], Found | None], *, seconds: float = 20) -> Found:
    """What `look` finds, once it finds something."""
    until = time.monotonic() + seconds
    pause = threading.Event()
    while not (found := look()):
        assert time.monotonic() < until, f"not found within {seconds} seconds; last seen: {found!r}"
        pause.wait(0.1)
    return found


@dataclass(frozen=True)
class Sandbox:
    """The provider's side: what it was asked, what it holds, and what it is to do next."""

    url: str

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        return _json(requests.get(f"{self.url}/_sandbox/{path}", params=query, timeout=20))

    def post(self, path: str, **body: Any) -> dict[str, Any]:
        return _json(requests.post(f"{self.url}/_sandbox/{path}", json=body, timeout=20))

    def arm(self, fault: str, *, provider: str = "epc", **how: Any) -> None:
        self.post("faults", provider=provider, fault=fault, **how)

    def disarm(self) -> None:
        _json(requests.delete(f"{self.url}/_sandbox/faults", timeout=20))

    def advance(self, seconds: int) -> None:
        self.post("clock", advance_seconds=seconds)

    def told(self, subject: str) -> list[dict[str, Any]]:
        """The notifications about a transaction or an order, oldest first."""
        every, last = [], 0
        while page := self.get("notifications", since=last)["notifications"]:
            every += page
            last = page[-1]["id"]
        return [one for one in every if one["subject"] == subject]

    def mark(self) -> int:
        """The number of the last call, to tell later ones from it."""
        calls, last = self.get("calls")["calls"], 0
        while calls:
            last = calls[-1]["id"]
            calls = self.get("calls", since=last)["calls"]
        return last

    def calls(self, method: str, *, since: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get("calls", method=method, since=since)["calls"]
        return found

    def orders(self, order: "Order") -> list[dict[str, Any]]:
        """The S360 orders made for a shop's order, with their payments."""
        every = self.get("epc/orders")["orders"]
        return [one for one in every if one["externalReference"] in {order.id, order.reference}]

    def only_order(self, order: "Order") -> dict[str, Any]:
        """The one S360 order: there must never be a second."""
        (found,) = self.orders(order)
        return found


@dataclass(frozen=True)
class Order:
    """An order as the shop knows it."""

    stage: "Stage"
    id: str
    reference: str
    pay_url: str
    amount: int

    def read(self) -> dict[str, Any]:
        return self.stage.api("GET", f"orders/{self.id}")

    def becomes(self, state: str) -> dict[str, Any]:
        """The shop's view of it, once it is in that state."""
        return eventually(lambda: told if (told := self.read())["state"] == state else None)

    def run_out(self) -> None:
        """Let the hold be over now, without waiting for it."""
        past = datetime.now(UTC) - timedelta(seconds=1)
        self.stage.write("UPDATE checkout_order SET expires_at = ? WHERE number = ?", _text(past), self.id)

    def make_due(self, *, minutes: int = 5) -> None:
        """Let it be a while ago that the latest attempt was begun, so that the worker looks at it now."""
        past = _text(datetime.now(UTC) - timedelta(minutes=minutes))
        self.stage.write(
            "UPDATE checkout_payment SET created_at = ?, next_check_at = ? WHERE reference = ?",
            past, past, self.read()["payment"]["reference"],
        )  # fmt: skip


@dataclass(frozen=True)
class Stage:
    folder: Path
    site: str
    sandbox: Sandbox
    keys: dict[str, str]
    log: Path

    @property
    def shop(self) -> str:
        return f"{self.site}/shop/"

    def api(self, verb: str, path: str, **body: Any) -> dict[str, Any]:
        """What the shop's own software would ask of the checkout."""
        return _json(self.asked(verb, path, **body))

    def refused(self, verb: str, path: str, **body: Any) -> tuple[int, dict[str, Any]]:
        """The same, where the answer is a no: its status, and what it says."""
        answer = self.asked(verb, path, **body)
        assert answer.status_code >= 400, f"{verb} {path} was not refused: {answer.text[:600]}"
        return answer.status_code, answer.json()

    def asked(self, verb: str, path: str, **body: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.keys['DEMO_API_KEY']}"}
        if verb == "POST":
            headers["Idempotency-Key"] = secrets.token_hex(12)
        return requests.request(
            verb, f"{self.site}/api/v1/{path}", headers=headers, json=body or None, timeout=40
        )

    def order(self, *items: int, customer: str = "", email: str = "", **more: Any) -> Order:
        """A new order over the shop API. `customer` is the shop's name for a known one, without it a guest buys."""
        wanted = items or (ADULT, POSTER)
        amounts = Counter(wanted)
        lines = [
            {"name": _NAMES[item][0], "quantity": amounts[item], "unit_price": _NAMES[item][1]}
            for item in amounts
        ]
        contact = str(int.from_bytes(customer.encode()) % 10**8) if customer else _CONTACT
        operations = [
            {"itemId": item, "audienceSubCategoryId": _AUDIENCE, "quantity": amounts[item]}
            for item in amounts
        ]
        body = {
            "reference": f"T-{secrets.token_hex(5)}",
            "amount": sum(_NAMES[item][1] for item in wanted),
            "currency": "EUR",
            "items": lines,
            "return_url": self.shop,
            "options": {"epc": {"contactNumber": contact, "simpleProductOperations": operations}},
            "customer": {"reference": customer, "email": email},
            **more,
        }
        if body.get("kind") == "save_card":
            body |= {"amount": 0, "items": [], "options": {"epc": {"contactNumber": contact}}}
        return self.known(self.api("POST", "orders", **body))

    def known(self, told: dict[str, Any]) -> Order:
        return Order(self, told["id"], told["reference"], told["pay_url"], told["amount"])

    def find(self, reference: str) -> Order:
        """An order that somebody else made, the demo shop for one."""
        (told,) = self.api("GET", f"orders?reference={reference}")["orders"]
        return self.known(told)

    def write(self, sql: str, *values: Any) -> None:
        with contextlib.closing(sqlite3.connect(self.folder / "demo.sqlite3", timeout=20)) as database:
            with database:
                changed = database.execute(sql, values).rowcount
            assert changed == 1, f"{changed} rows changed by: {sql}"

    def logs(self) -> str:
        """The end of every process's log, for a test that fails."""
        return "\n".join(
            f"--- {file.name}\n" + "\n".join(file.read_text(errors="replace").splitlines()[-40:])
            for file in sorted(self.folder.glob("*.log"))
        )


def _json(answer: requests.Response) -> dict[str, Any]:
    assert answer.ok, f"{answer.request.method} {answer.url}: {answer.status_code} {answer.text[:600]}"
    told: dict[str, Any] = answer.json()
    return told


def _text(moment: datetime) -> str:
    """As Django writes a moment into SQLite."""
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f")


@contextlib.contextmanager
def raised(folder: Path, **environment: str) -> Iterator[Stage]:
    """Start `manage.py demo` in `folder`, and stop it afterwards."""
    port, sandbox_port = free_port(), free_port()
    words = [
        "manage.py",
        "demo",
        "--port",
        str(port),
        "--sandbox-port",
        str(sandbox_port),
        "--data",
        str(folder),
    ]
    log = folder / "demo.out"
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, *words],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        eventually(lambda: process.poll() is not None or "Ctrl-C stops" in log.read_text(), seconds=90)
        assert process.poll() is None, f"The demo did not start:\n{log.read_text()}"
        lines = (folder / "demo.env").read_text().splitlines()
        yield Stage(
            folder=folder,
            site=f"http://127.0.0.1:{port}",
            sandbox=Sandbox(f"http://127.0.0.1:{sandbox_port}"),
            keys=dict(line.split("=", 1) for line in lines),
            log=log,
        )
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)
