"""Run the tests: `test.py sqlite postgres browser`, or some of them; words after -- go to pytest.

Every run prints pytest's own summary. A run that fails does not keep the next one from running, and what this
machine could not give is said at the end: a loud line at home, a failure on CI.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.ground import chromium, postgres  # noqa: E402 - the line above is what finds it
from tests.ground.machine import Missing, on_ci  # noqa: E402

# Two at a time, on two cores; each has its own database. In the browser each has its own demo and Chromium as well,
# which take seconds to start: whole files are handed out, in their order, so that they are started once.
WITHOUT_BROWSER = ["-m", "not browser", "-n", "2", "--dist", "worksteal"]
WITH_BROWSER = ["-m", "browser", "-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"]


def on_sqlite(words: list[str]) -> int:
    return pytest([*WITHOUT_BROWSER, *words], DATABASE_URL=None)


def on_postgres(words: list[str]) -> int:
    with postgres.postgres() as url:
        return pytest([*WITHOUT_BROWSER, "--database-only", *words], DATABASE_URL=url)


def in_browser(words: list[str]) -> int:
    return pytest([*WITH_BROWSER, *words], DATABASE_URL=None, CHROMIUM=chromium.find_or_fetch())


RUNS: dict[str, Callable[[list[str]], int]] = {
    "sqlite": on_sqlite,
    "postgres": on_postgres,
    "browser": in_browser,
}


def pytest(words: list[str], **environment: str | None) -> int:
    changed = {**os.environ, **environment}
    told = {name: value for name, value in changed.items() if value is not None}
    return subprocess.run([sys.executable, "-m", "pytest", *words], cwd=ROOT, env=told).returncode


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

    print("\n===== all runs =====")
    for name, verdict in results.items():
        print(f"{name:10} {verdict}")
    for name, what in missing.items():
        print(f"!!! NOT TESTED: {name}. {what}")
    failed = any("FAILED" in verdict for verdict in results.values())
    return 1 if failed or (missing and on_ci()) else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
