"""Run the tests: `test.py sqlite postgres browser`, or some of them; words after -- go to pytest.

Every run prints pytest's own summary. A run that fails does not keep the next one from running, and what this
machine could not give is said at the end: a loud line at home, a failure on CI.

A browser's tests wait a third of their time. So PostgreSQL's run goes on beside theirs, on what they leave; what the
browser's said is printed whole, in its turn.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

Run = Callable[[list[str]], int]
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.ground import chromium, postgres  # noqa: E402 - the line above is what finds it
from tests.ground.machine import Missing, on_ci  # noqa: E402

# Two at a time, on two cores; each has its own database. In the browser each has its own demo and Chromium as well,
# which take seconds to start: whole files are handed out, in their order, so that they are started once.
WITHOUT_BROWSER = ["-m", "not browser", "-n", "2", "--dist", "worksteal"]
WITH_BROWSER = ["-m", "browser", "-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"]

# What PostgreSQL's run steps back while the browser's goes on: its tests have a shopper's patience, theirs do not mind.
NICENESS = 5


def on_sqlite(words: list[str]) -> int:
    return pytest([*WITHOUT_BROWSER, *words], DATABASE_URL=None)


def on_postgres(words: list[str]) -> int:
    with postgres.postgres() as url:
        return pytest([*WITHOUT_BROWSER, "--database-only", *words], DATABASE_URL=url)


def in_browser(words: list[str]) -> int:
    return pytest([*WITH_BROWSER, *words], DATABASE_URL=None, CHROMIUM=chromium.find_or_fetch())


RUNS: dict[str, Run] = {
    "sqlite": on_sqlite,
    "postgres": on_postgres,
    "browser": in_browser,
}


def pytest(words: list[str], **environment: str | None) -> int:
    return subprocess.run(command(words), cwd=ROOT, env=told(environment)).returncode


def command(words: list[str]) -> list[str]:
    return [sys.executable, "-m", "pytest", *words]


def told(environment: dict[str, str | None]) -> dict[str, str]:
    changed = {**os.environ, **environment}
    return {name: value for name, value in changed.items() if value is not None}


@contextlib.contextmanager
def browser_beside(words: list[str]) -> Iterator[Run]:
    """The browser's run, under way. To run what is given is to wait for its end and to print what it said."""
    # Before anything runs beside it: two programs that install something get into each other's way.
    environment = told({"DATABASE_URL": None, "CHROMIUM": chromium.find_or_fetch()})
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            command([*WITH_BROWSER, *words]), cwd=ROOT, env=environment, stdout=said, stderr=subprocess.STDOUT
        )
        os.nice(NICENESS)

        def finish(_words: list[str]) -> int:
            code = process.wait()
            said.seek(0)
            shutil.copyfileobj(said, sys.stdout.buffer)
            sys.stdout.flush()
            return code

        try:
            yield finish
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait(60)


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

    with contextlib.ExitStack() as stack:
        began = time.monotonic()
        runs = {name: RUNS[name] for name in names}
        if "postgres" in names and "browser" in names[names.index("postgres") :]:
            runs["postgres"] = partial(postgres_beside_browser, stack, runs)
        results, missing = run_all(runs, words)

    print("\n===== all runs =====")
    for name, verdict in results.items():
        print(f"{name:10} {verdict}")
    print(f"{'together':10} {time.monotonic() - began:.0f} s")
    for name, what in missing.items():
        print(f"!!! NOT TESTED: {name}. {what}")
    failed = any("FAILED" in verdict for verdict in results.values())
    return 1 if failed or (missing and on_ci()) else 0


def postgres_beside_browser(stack: contextlib.ExitStack, runs: dict[str, Run], words: list[str]) -> int:
    runs["browser"] = start_beside(stack, words)
    return on_postgres(words)


def start_beside(stack: contextlib.ExitStack, words: list[str]) -> Run:
    try:
        return stack.enter_context(browser_beside(words))
    except Missing as gap:
        return partial(tell_of, gap)


def tell_of(gap: Missing, _words: list[str]) -> int:
    raise gap


def run_all(runs: dict[str, Run], words: list[str]) -> tuple[dict[str, str], dict[str, str]]:
    """What became of each run, and what could not be had for some."""
    results: dict[str, str] = {}
    missing: dict[str, str] = {}
    for name, run in runs.items():
        print(f"\n===== {name} =====", flush=True)
        began = time.monotonic()
        try:
            code = run(words)
        except Missing as gap:
            missing[name] = str(gap)
            results[name] = "NOT RUN"
            continue
        verdict = "passed" if code == 0 else f"FAILED (pytest says {code})"
        # The wait for a run that was started before says nothing about its length; pytest's own summary does.
        alone = name != "browser" or run is RUNS[name]
        results[name] = (
            f"{verdict} in {time.monotonic() - began:.0f} s" if alone else f"{verdict} beside the others"
        )
    return results, missing


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
