"""How are several processes started, watched and stopped together?"""

import os
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

import requests

STOP_SECONDS = 4


class Trouble(Exception):
    """A child could not be started, or ended by itself; `str()` says so in a sentence."""


class Child:
    """A process with a log file of its own. `address`, if it has one, answers once the process is ready."""

    def __init__(
        self, name: str, words: list[str], *, cwd: Path, log: Path, env: dict[str, str], address: str = ""
    ) -> None:
        self.name = name
        self.log = log
        self.address = address
        # A session of its own: Ctrl-C reaches the parent alone, which then stops the children in good order.
        with log.open("w") as output:
            self._process = subprocess.Popen(
                words, cwd=cwd, env={**os.environ, **env}, stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip

    def check(self) -> None:
        code = self._process.poll()
        if code is not None:
            tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])
            raise Trouble(f"The {self.name} ended by itself (exit code {code}). {self.log} ends:\n{tail}")

    def answers(self) -> bool:
        self.check()
        if not self.address:
            return True
        try:
            return requests.get(self.address, timeout=2).ok
        except requests.RequestException:
            return False

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()

    def wait(self, until: float) -> None:
        try:
            self._process.wait(max(until - time.monotonic(), 0))
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


def wait_until_ready(children: list[Child], stop: threading.Event, *, seconds: float = 60) -> None:
    """Trouble when one of them dies or does not answer in time. Ends early when told to stop."""
    until = time.monotonic() + seconds
    waiting = list(children)
    while waiting := [child for child in waiting if not child.answers()]:
        if time.monotonic() > until:
            names = ", ".join(child.name for child in waiting)
            raise Trouble(f"No answer after {seconds:.0f} seconds from: {names}. See {waiting[0].log}.")
        if stop.wait(0.1):
            return


def stop_all(children: list[Child]) -> None:
    for child in children:
        child.stop()
    until = time.monotonic() + STOP_SECONDS
    for child in children:
        child.wait(until)


def port_is_free(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
