"""Does the demo come up with nothing set, say what is wrong in a sentence, and go away without a trace?"""

import os
import re
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from checkout.management import demo_home
from checkout.management.demo_stock import STANDS
from tests.ground.machine import free_port

ROOT = Path(__file__).parent.parent.parent
# What a shell of a newcomer has: no name that our settings read.
BARE = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}


@dataclass
class Demo:
    folder: Path
    port: int
    sandbox_port: int
    process: subprocess.Popen[bytes] | None = None

    def run(self, *words: str, **env: str) -> None:
        options = [
            "--port",
            str(self.port),
            "--sandbox-port",
            str(self.sandbox_port),
            "--data",
            str(self.folder),
        ]
        with self.out.open("w") as out:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "demo", *options, *words],
                cwd=ROOT, env={**BARE, **env}, stdout=out, stderr=out,
            )  # fmt: skip

    @property
    def out(self) -> Path:
        return self.folder.parent / "out"

    @property
    def said(self) -> str:
        return self.out.read_text()

    def up(self, *words: str, **env: str) -> float:
        """Start and wait for the addresses. Returns the seconds it took."""
        began = time.monotonic()
        self.run(*words, **env)
        assert self.process is not None
        while "Ctrl-C stops" not in self.said:
            assert self.process.poll() is None, self.said
            assert time.monotonic() < began + 90, self.said
            time.sleep(0.05)
        return time.monotonic() - began

    def end(self, how: signal.Signals = signal.SIGINT) -> int:
        assert self.process is not None
        self.process.send_signal(how)
        return self.process.wait(60)

    def ports_are_free(self) -> bool:
        for port in (self.port, self.sandbox_port):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return False
        return True

    def children(self) -> dict[str, int]:
        """The three processes, by what their command lines say."""
        assert self.process is not None
        found = {}
        for folder in Path("/proc").iterdir():
            try:
                parent = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
                words = (folder / "cmdline").read_text().replace("\0", " ")
            except (OSError, ValueError, IndexError):
                continue
            if parent == self.process.pid:
                name = next(name for name in ("sandbox", "gunicorn", "worker") if name in words)
                found[name] = int(folder.name)
        return found


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    stage = Demo(tmp_path / "data", free_port(), free_port())
    yield stage
    if stage.process is not None and stage.process.poll() is None:
        stage.process.terminate()
        stage.process.wait(60)


def eventually(look: Callable[[], object], *, seconds: float = 10) -> None:
    until = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < until
        time.sleep(0.1)


def query(demo: Demo, sql: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(demo.folder / "demo.sqlite3") as database:
        return database.execute(sql).fetchall()


def test_from_nothing_to_a_shop_and_back(demo: Demo) -> None:
    demo.up(SECRET_KEY="of-a-real-installation", DATABASE_URL="postgres://nobody@127.0.0.1:1/nothing")
    site, sandbox = f"http://127.0.0.1:{demo.port}", f"http://127.0.0.1:{demo.sandbox_port}"
    for address in (f"{site}/shop/", f"{site}/admin/", f"{sandbox}/"):
        assert address in demo.said
    page = requests.get(f"{site}/", timeout=10)
    assert page.url == f"{site}/shop/"
    (css,) = re.findall(r'href="([^"]+shop.css)"', page.text)
    assert requests.get(site + css, timeout=10).headers["Content-Type"].startswith("text/css")

    # The sandbox has been told where to ring, and our door opens to its key alone.
    told = requests.get(f"{sandbox}/_sandbox/accounts?provider=epc", timeout=10).json()["accounts"]
    assert any("/notify/" in str(account["settings"].get("notification_url")) for account in told)

    # The printed user and password open the admin.
    user, password = re.findall(r"user (\S+), password (\S+)", demo.said)[0]
    visitor = requests.Session()
    form = visitor.get(f"{site}/admin/login/", timeout=10)
    (token,) = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', form.text)[:1]
    answer = visitor.post(
        f"{site}/admin/login/?next=/admin/",
        {"csrfmiddlewaretoken": token, "username": user, "password": password},
        headers={"Referer": site},
        timeout=20,
    )
    assert answer.url == f"{site}/admin/"

    keys = demo.folder / "demo.env"
    assert stat.S_IMODE(keys.stat().st_mode) == 0o600
    kept = keys.read_text()
    assert "of-a-real-installation" not in kept

    began = time.monotonic()
    assert demo.end() == 0
    assert time.monotonic() - began < 12  # two seconds, on a machine that has nothing else to do
    assert "Stopped." in demo.said
    eventually(demo.ports_are_free)

    # The second start keeps everything and makes nothing twice.
    demo.up()
    assert keys.read_text() == kept
    for table in ("checkout_shop", "checkout_apikey", "auth_user"):
        assert query(demo, f"SELECT count(*) FROM {table}") == [(1,)], table
    before = query(demo, "SELECT id FROM checkout_account")
    assert len(before) == len(STANDS)
    assert demo.end(signal.SIGTERM) == 0

    # --reset forgets the data.
    demo.up("--reset")
    assert not set(before) & set(query(demo, "SELECT id FROM checkout_account"))
    assert demo.end() == 0


def test_a_port_in_use_is_said_before_anything_is_touched(demo: Demo) -> None:
    with socket.create_server(("127.0.0.1", demo.sandbox_port)):
        demo.run("--reset")
        assert demo.process is not None
        assert demo.process.wait(30) == 1
    assert f"Port {demo.sandbox_port} is in use, and the sandbox needs it." in demo.said
    assert "--sandbox-port" in demo.said
    assert "Traceback" not in demo.said
    assert not (demo.folder / "demo.sqlite3").exists()


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds the children in /proc")
def test_when_one_dies_all_end_and_say_which(demo: Demo) -> None:
    demo.up()
    children = demo.children()
    assert set(children) == {"sandbox", "gunicorn", "worker"}
    os.kill(children["worker"], signal.SIGKILL)
    assert demo.process is not None
    assert demo.process.wait(20) == 1
    assert "The worker ended by itself (exit code -9)" in demo.said
    assert "Traceback" not in demo.said
    eventually(demo.ports_are_free)


def test_stopped_while_it_starts(demo: Demo) -> None:
    demo.run()
    eventually((demo.folder / "sandbox.log").exists, seconds=60)
    assert demo.end() == 0
    eventually(demo.ports_are_free)


def test_a_key_that_was_lost_is_made_again(tmp_path: Path) -> None:
    home = demo_home.Home(folder=tmp_path / "var", port=1, sandbox_port=2)
    first = home.environment()
    lines = home.keys.read_text().splitlines()
    home.keys.write_text("\n".join(line for line in lines if not line.startswith("DEMO_API_KEY")) + "\n")
    second = home.environment()
    assert second["DEMO_API_KEY"] not in ("", first["DEMO_API_KEY"])
    assert {name for name in first if first[name] != second[name]} == {"DEMO_API_KEY"}
