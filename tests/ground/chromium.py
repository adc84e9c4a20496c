"""Which Chromium do the browser tests drive? One that is here, or one that is fetched now."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.ground.machine import Missing, apt_install, distribution

# The shell draws pages and no window around them, which is a quarter of the work of a browser.
SHELL = "chromium-headless-shell"
NAMES = (SHELL, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

# --no-sandbox because CI runs as root; the rest keeps the browser from calling home while a test
# looks at its traffic.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def proxy(url: str | None) -> list[str]:
    """The flags that send everything by way of this proxy, the machine's own addresses as well."""
    return [f"--proxy-server={url}", "--proxy-bypass-list=<-loopback>"] if url else []


TESTS = Path(__file__).resolve().parent.parent
END_TO_END = TESTS / "e2e"


def wanted_by() -> list[Path]:
    """The files with tests for a browser. To collect all the others as well takes each worker 20 seconds."""
    others = (file for file in TESTS.rglob("test_*.py") if END_TO_END not in file.parents)
    return [END_TO_END, *sorted(file for file in others if wants(file))]


def wants(file: Path) -> bool:
    """Whether it has such tests: all of tests/e2e, and whoever names what drives the browser."""
    return END_TO_END in file.parents or "playwright" in file.read_text()


def find() -> str:
    """The path of a Chromium that answers: CHROMIUM, then PATH, then Playwright's own. Raises Missing."""
    asked = os.environ.get("CHROMIUM")
    if asked:
        if answers(asked):
            return asked
        raise Missing(f"CHROMIUM is {asked}, which does not start.")
    for name in NAMES:
        path = shutil.which(name)
        if path and answers(path):
            return path
    own = playwrights_own()
    if own and answers(own):
        return own
    raise Missing("No Chromium on PATH, none in CHROMIUM and none of Playwright's own.")


def find_or_fetch() -> str:
    """Like `find`, but installs one before it gives up."""
    try:
        return find()
    except Missing:
        if os.environ.get("CHROMIUM"):
            raise
    print("No Chromium here yet; installing one ...", flush=True)
    fetch()
    try:
        return find()
    except Missing as missing:
        raise Missing(f"{missing} Installing one did not work either; the reason stands above.") from None


def answers(path: str) -> bool:
    """Ubuntu's chromium-browser is a shell script that asks for snap, so being there is not enough."""
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=30).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def playwrights_own() -> str | None:
    # In a process of its own: near Playwright's event loop Django refuses the database.
    script = (
        "from playwright.sync_api import sync_playwright as start\n"
        "with start() as playwright: print(playwright.chromium.executable_path)"
    )
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    path = found.stdout.strip()
    return path if found.returncode == 0 and Path(path).is_file() else None


def fetch() -> None:
    root = os.geteuid() == 0
    if root and distribution() == "debian" and (apt_install(SHELL) or apt_install("chromium")):
        return
    playwright = [sys.executable, "-m", "playwright", "install"]
    # With the libraries a browser needs, where that is possible: as root, on systems Playwright knows.
    if not root or subprocess.run([*playwright, "--with-deps", "chromium"]).returncode != 0:
        subprocess.run([*playwright, "chromium"])
