"""Which PostgreSQL do the tests run on? The one that is named, or a throw-away one of their own."""

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

from tests.ground.machine import Missing, apt_install, distribution, free_port, memory

# Where the packages of Debian, Red Hat and Homebrew put the server; initdb is seldom on PATH.
PLACES = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
)
UNPRIVILEGED = ("postgres", "nobody")
# The rows are gone after the run anyway.
CARELESS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL whose user may create databases. Raises Missing."""
    named = os.environ.get("DATABASE_URL", "")
    if named.startswith(("postgres://", "postgresql://")):
        try:
            psycopg.connect(named, connect_timeout=10).close()
        except psycopg.Error as error:
            raise Missing(f"DATABASE_URL names a PostgreSQL that does not answer: {error}") from None
        yield named
        return
    with throw_away_cluster(find_or_fetch()) as url:
        yield url


def find() -> Path:
    """The folder of the newest PostgreSQL server on this machine. Raises Missing."""
    initdb = shutil.which("initdb")
    folders = [Path(initdb).resolve().parent] if initdb else []
    for place in PLACES:
        folders += Path("/").glob(place.lstrip("/"))
    whole = [folder for folder in folders if (folder / "initdb").exists() and (folder / "postgres").exists()]
    if not whole:
        raise Missing("No PostgreSQL: DATABASE_URL names none, and there is no server on this machine.")
    return max(whole, key=version)


def version(folder: Path) -> tuple[int, ...]:
    said = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True).stdout
    number = next((word for word in said.split() if word[0].isdigit()), "0")
    return tuple(int(part) for part in number.split(".") if part.isdigit())


def find_or_fetch() -> Path:
    """Like `find`, but root on Debian installs one before it gives up."""
    try:
        return find()
    except Missing:
        if os.geteuid() != 0 or distribution() not in {"debian", "ubuntu"}:
            raise
    print("No PostgreSQL here yet; installing one ...", flush=True)
    apt_install("postgresql")
    try:
        return find()
    except Missing as missing:
        raise Missing(f"{missing} Installing one did not work either; apt says why above.") from None


@contextlib.contextmanager
def throw_away_cluster(programs: Path) -> Iterator[str]:
    """A server of our own on a free port, with an empty database; both are gone afterwards."""
    other_user = unprivileged() if os.geteuid() == 0 else {}
    # Not below root's own TMPDIR, which the other user may be unable to enter.
    place = memory() or (Path("/tmp") if other_user else None)
    home = Path(tempfile.mkdtemp(prefix="guichet-postgres-", dir=place))
    password = secrets.token_hex()
    (home / "password").write_text(password)
    if other_user:
        for path in (home, home / "password"):
            os.chown(path, other_user["user"], other_user["group"])
    port = free_port()
    settings = (*CARELESS, f"port={port}", "listen_addresses=127.0.0.1", f"unix_socket_directories={home}")
    make: list[str | Path] = [programs / "initdb", "--pgdata", home / "data"]
    make += ["--username", "guichet", "--pwfile", home / "password", "--auth", "scram-sha-256"]
    make += ["--encoding", "UTF8", "--no-locale", "--no-sync"]
    run: list[str | Path] = [
        programs / "postgres",
        "-D",
        home / "data",
        *(f"--{setting}" for setting in settings),
    ]
    log = home / "log"
    calm: dict[str, Any] = {"cwd": home, "env": {"PATH": os.environ["PATH"], "LC_ALL": "C"}, **other_user}
    server: subprocess.Popen[bytes] | None = None
    try:
        with log.open("w") as out:
            made = subprocess.run(make, stdout=out, stderr=out, **calm)
            if made.returncode != 0:
                raise Missing(f"initdb of {programs} failed: {last_words(log)}")
            server = subprocess.Popen(run, stdout=out, stderr=out, start_new_session=True, **calm)
        url = f"postgres://guichet:{password}@127.0.0.1:{port}/postgres"
        wait_until_ready(url, server, log)
        yield url
    finally:
        if server is not None:
            server.send_signal(signal.SIGINT)  # PostgreSQL's "fast" shutdown
            server.wait(30)
        shutil.rmtree(home, ignore_errors=True)


def unprivileged() -> dict[str, Any]:
    """Whom initdb and postgres run as when we are root, in subprocess's words: both refuse to be root."""
    for name in UNPRIVILEGED:
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise Missing("PostgreSQL refuses to run as root, and this machine has no other user for it.")


def wait_until_ready(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if server.poll() is not None:
            break
        with contextlib.suppress(psycopg.OperationalError):
            psycopg.connect(url, connect_timeout=5).close()
            return
        time.sleep(0.1)
    raise Missing(f"PostgreSQL was found but does not start: {last_words(log)}")


def last_words(log: Path) -> str:
    return " / ".join(log.read_text(errors="replace").strip().splitlines()[-3:])
