"""Which sandbox do these tests speak to? One of their own, emptied before each test."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.sandbox.shop import Letterbox, Shop, letterbox

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def own_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Not the one of the other tests: here everything is reset all the time."""
    home = tmp_path_factory.mktemp("own-sandbox")
    url, process = start(home)
    try:
        yield url
    finally:
        process.terminate()
        process.wait(10)


def start(home: Path) -> tuple[str, "subprocess.Popen[bytes]"]:
    """A sandbox on a port that the system chooses; its first line says which."""
    words = ["-m", "providers.sandbox", "--port", "0", "--database", str(home / "sandbox.sqlite3")]
    with (home / "log").open("wb") as log:
        process = subprocess.Popen([sys.executable, *words], cwd=ROOT, stdout=log, stderr=log)
    until = time.monotonic() + 30
    while time.monotonic() < until and process.poll() is None:
        told = (home / "log").read_text().split()
        url = next((word.rstrip("/") for word in told if word.startswith("http://")), "")
        try:
            if url and requests.get(f"{url}/_sandbox/healthz", timeout=5).ok:
                return url, process
        except requests.ConnectionError:
            pass  # not yet listening
        time.sleep(0.05)
    process.kill()
    pytest.fail(f"the sandbox did not start:\n{(home / 'log').read_text()}")


@pytest.fixture
def shop(own_sandbox: str) -> Iterator[Shop]:
    shop = Shop(own_sandbox)
    shop.post("reset")
    yield shop
    shop.http.close()


@pytest.fixture
def hook(shop: Shop) -> Iterator[Letterbox]:
    """A webhook that the account knows."""
    with letterbox() as box:
        shop.account(notification_url=box.url)
        yield box
