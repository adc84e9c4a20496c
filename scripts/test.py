"""Run the tests: `test.py sqlite postgres browser`, or some of them; words after -- go to pytest.

Every run prints pytest's own summary. A run that fails does not keep the next one from running, and what this
machine could not give is said at the end: a loud line at home, a failure on CI.
"""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.ground import chromium, postgres  # noqa: E402 - the line above is what finds it
from tests.ground.machine import Missing, memory, on_ci  # noqa: E402

# Two at a time, on two cores; each has its own database.
WITHOUT_BROWSER = ["-m", "not browser", "-n", "2", "--dist", "worksteal"]
# A browser's tests wait a third of their time, so there is work for a third. Each has its own demo and Chromium, which
# take seconds to start: whole files are handed out, in their order, so that they are started once.
WITH_BROWSER = ["-m", "browser", "-n", "3", "--dist", "loadfile", "--no-loadscope-reorder"]


def on_sqlite(words: list[str]) -> int:
    return pytest([*WITHOUT_BROWSER, *words], DATABASE_URL=None)


def on_postgres(words: list[str]) -> int:
    with postgres.postgres() as url:
        return pytest([*WITHOUT_BROWSER, "--database-only", *words], DATABASE_URL=url)


def in_browser(words: list[str]) -> int:
    files = [] if names_tests(words) else [str(file) for file in chromium.wanted_by()]
    return pytest([*WITH_BROWSER, *files, *words], DATABASE_URL=None, CHROMIUM=chromium.find_or_fetch())


def names_tests(words: list[str]) -> bool:
    """Whether whoever called has chosen files."""
    return any((ROOT / word.split("::")[0]).exists() for word in words)


RUNS: dict[str, Callable[[list[str]], int]] = {
    "sqlite": on_sqlite,
    "postgres": on_postgres,
    "browser": in_browser,
}


def pytest(words: list[str], **environment: str | None) -> int:
    changed = {**os.environ, **environment}
    told = {name: value for name, value in changed.items() if value is not None}
    return subprocess.run([sys.executable, "-m", "pytest", *words], cwd=ROOT, env=told).returncode


@contextlib.contextmanager
def scratch() -> Iterator[None]:
    """Temporary files lie in memory, where that has room: a busy disk holds a commit up for many seconds, longer than a
    shopper in a test waits."""
    with tempfile.TemporaryDirectory(
        prefix="guichet-tests-", dir=memory(), ignore_cleanup_errors=True
    ) as folder:
        os.environ["TMPDIR"] = tempfile.tempdir = folder
        yield


def main(arguments: list[str]) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that a throw-away cluster is cleaned up
    names, words = arguments, []
    if "--" in arguments:
        cut = arguments.index("--")
        names, words = arguments[:cut], arguments[cut + 1 :]
    unknown = [name for name in names if name not in RUNS]
    if unknown or not names:
        print(f"Name the runs you want: {', '.join(RUNS)}.", file=sys.stderr)
        return 2

    with scratch():
        results, missing = run_all(names, words)

    print("\n===== all runs =====")
    for name, verdict in results.items():
        print(f"{name:10} {verdict}")
    for name, what in missing.items():
        print(f"!!! NOT TESTED: {name}. {what}")
    failed = any("FAILED" in verdict for verdict in results.values())
    return 1 if failed or (missing and on_ci()) else 0


def run_all(names: list[str], words: list[str]) -> tuple[dict[str, str], dict[str, str]]:
    """What became of each run, and what could not be had for some."""
    results: dict[str, str] = {}
    missing: dict[str, str] = {}
    for name in names:
        print(f"\n===== {name} =====", flush=True)
        began = time.monotonic()
        try:
            code = RUNS[name](words)
        except Missing as gap:
            missing[name] = str(gap)
            results[name] = "NOT RUN"
            continue
        verdict = "passed" if code == 0 else f"FAILED (pytest says {code})"
        results[name] = f"{verdict} in {time.monotonic() - began:.0f} s"
    return results, missing


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
