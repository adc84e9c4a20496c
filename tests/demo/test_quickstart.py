"""Do the files of the quickstart run as they stand, one after the other, against a checkout on a real port?"""

import base64
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as site

from checkout.models import Account, Order, Shop
from checkout.payments.settle import settle
from checkout.payments.start import start
from checkout.shop_api.page import described
from checkout.shop_api.quickstart import HOME
from tests.demo.conftest import KEY
from tests.ground.listening import Heard, Reply, listening
from tests.ground.machine import free_port
from tests.scripted import Script, paid, work

pytestmark = pytest.mark.django_db(transaction=True)


class Runner:
    """A folder in which somebody tries the steps, with the variables set."""

    def __init__(self, folder: Path, guichet: str) -> None:
        self.folder = folder
        self.told = {
            "PATH": os.environ["PATH"],
            "GUICHET": guichet,
            "GUICHET_KEY": KEY,
            "GUICHET_WEBHOOK_SECRET": site.DEMO_WEBHOOK_SECRET,
        }

    def run(self, name: str, *, fails: bool = False, **more: Any) -> str:
        with_what = ["sh", "-e"] if name.endswith(".sh") else [sys.executable]
        ran = subprocess.run(
            [*with_what, str(HOME / name)], cwd=self.folder, env={**self.told, **more}, capture_output=True,
            text=True, timeout=60,
        )  # fmt: skip
        assert (ran.returncode != 0) == fails, f"{name}: {ran.stdout}\n{ran.stderr}"
        return ran.stdout.strip()


@pytest.fixture
def runner(tmp_path: Path, account: Account, live_server: Any) -> Runner:
    return Runner(tmp_path, live_server.url)


@pytest.fixture
def ear() -> Iterator[tuple[str, list[tuple[dict[str, str], bytes]]]]:
    """A shop's address that keeps what came, as it came."""
    heard: list[tuple[dict[str, str], bytes]] = []

    def answer(asked: Heard) -> Reply:
        heard.append((asked.headers, asked.body))
        return Reply(204)

    with listening(answer) as origin:
        yield f"{origin}/", heard


def test_the_steps_in_sequence(
    runner: Runner, account: Account, script: Script, ear: tuple[str, list[tuple[dict[str, str], bytes]]]
) -> None:
    address, heard = ear
    Shop.objects.update(webhook_url=address)
    assert shutil.which("curl"), "the quickstart's shell files need curl"
    assert json.loads(runner.run("1-key.sh"))["orders"] == []
    assert "'orders': []" in runner.run("1-key.py")
    runner.run("1-key.sh", fails=True, GUICHET_KEY="gk_wrong")

    # The shell's order and Python's are the same basket: the second answer is the first one again.
    made = json.loads(runner.run("2-order.sh"))
    assert runner.run("2-order.py") == f"{made['id']} {made['pay_url']}"
    order = Order.objects.get()
    assert (order.number, order.reference, order.amount_minor) == (made["id"], "8841", 4299)

    assert f"Location: {order.pay_url}" in runner.run("3-shopper.sh")
    assert runner.run("3-shopper.py") == f"303 See Other {order.pay_url}"

    payment = start(order, account)
    script.always("sync", paid)
    settle(payment)
    work()
    checks_a_webhook(runner, *heard[0])

    assert json.loads(runner.run("5-read.sh"))["state"] == "paid"
    assert runner.run("5-read.py") == "paid"

    if "create_operation" in {operation.id for operation in described().operations}:
        assert json.loads(runner.run("6-refund.sh"))["status"] == "success"
        assert runner.run("6-refund.py") == "success"  # the same key: the same refund
        payment.refresh_from_db()
        assert payment.refunded_minor == 1000

    link = json.loads(runner.run("7-link.sh"))
    assert link["url"]
    assert runner.run("7-link.py") == link["url"]
    assert Order.objects.count() == 2


def checks_a_webhook(runner: Runner, headers: dict[str, str], body: bytes) -> None:
    """By the shell's lines, and by the whole receiver of Python, which believes it once and a forged one never."""
    (runner.folder / "body").write_bytes(body)
    names = ("webhook-id", "webhook-timestamp", "webhook-signature")
    told: dict[str, Any] = {name.upper().replace("-", "_"): headers[name] for name in names}
    assert runner.run("4-webhook.sh", **told) == "from Guichet"
    other = "whsec_" + base64.b64encode(b"another").decode()
    runner.run("4-webhook.sh", fails=True, **told, GUICHET_WEBHOOK_SECRET=other)

    port = free_port()
    receiver = subprocess.Popen(
        [sys.executable, str(HOME / "4-webhook.py")], env={**runner.told, "PORT": str(port)},
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        sent = {name: headers[name] for name in names}
        tries = [(sent, 204), (sent, 204), ({**sent, "webhook-id": "another"}, 401)]
        assert [post(port, one, body) for one, _status in tries] == [status for _one, status in tries]
    finally:
        receiver.terminate()
    said, _nothing = receiver.communicate(timeout=20)
    assert said.splitlines() == ["order.paid 8841 paid"]


def post(port: int, headers: dict[str, str], body: bytes) -> int:
    """Until the receiver is up."""
    words = ["curl", "-sS", "-o", os.devnull, "-w", "%{http_code}"]
    words += ["--retry", "40", "--retry-connrefused", "--retry-delay", "0"]
    for name, value in headers.items():
        words += ["-H", f"{name}: {value}"]
    words += ["--data-binary", "@-", f"http://127.0.0.1:{port}/"]
    return int(subprocess.run(words, input=body, capture_output=True, check=True, timeout=60).stdout)
