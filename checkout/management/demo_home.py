"""What does the demo run on? A folder with its keys, databases and logs, and an environment made from it.

Read before the settings are, and so without Django: `manage.py demo` is the one command that starts with nothing set.
"""

import base64
import os
import secrets
from argparse import ArgumentParser, Namespace
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
HOST = "127.0.0.1"

# Made once and kept: a second start finds its own sessions, credentials and API key again.
_MADE = {
    "SECRET_KEY": lambda: secrets.token_urlsafe(48),
    "CREDENTIAL_KEYS": lambda: base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
    "DEMO_API_KEY": lambda: "gk_" + secrets.token_urlsafe(32),
    "DEMO_WEBHOOK_SECRET": lambda: "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode(),
    "DEMO_ADMIN_PASSWORD": lambda: secrets.token_urlsafe(12),
    "DEMO_NOTIFICATION_KEY": lambda: secrets.token_urlsafe(24),
}


@dataclass(frozen=True, kw_only=True)
class Home:
    folder: Path
    port: int
    sandbox_port: int

    @classmethod
    def of(cls, options: Namespace) -> "Home":
        return cls(folder=options.data.absolute(), port=options.port, sandbox_port=options.sandbox_port)

    @property
    def site(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def sandbox(self) -> str:
        return f"http://{HOST}:{self.sandbox_port}"

    @property
    def keys(self) -> Path:
        return self.folder / "demo.env"

    @property
    def database(self) -> Path:
        return self.folder / "demo.sqlite3"

    @property
    def sandbox_database(self) -> Path:
        return self.folder / "sandbox.sqlite3"

    @property
    def mail(self) -> Path:
        return self.folder / "mail"

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def forget(self) -> None:
        """Both databases and the logs. The keys stay: they are nobody's data."""
        for database in (self.database, self.sandbox_database):
            for end in ("", "-wal", "-shm"):
                database.with_name(database.name + end).unlink(missing_ok=True)
        for old in (*self.folder.glob("*.log"), *self.mail.glob("*.log")):
            old.unlink()

    def environment(self) -> dict[str, str]:
        """All that the settings read. Whatever the shell has set for a real installation is overruled."""
        return {
            **self._keys(),
            "DEBUG": "false",
            "DEMO": "true",
            "ALLOWED_HOSTS": "127.0.0.1,localhost",
            "SITE_URL": self.site,
            "DEMO_SHOP_URL": f"{self.site}/shop/",
            "DATABASE_URL": f"sqlite:///{self.database}",
            "TRUSTED_PROXY": "false",
            "METRICS_TOKEN": "",
            "EMAIL_URL": f"filemail:///{self.mail}",
            "MAIL_FROM": "Museum of Small Things <shop@example.com>",
            "LOG_LEVEL": "WARNING",
            "LOG_FORMAT": "console",
        }

    def _keys(self) -> dict[str, str]:
        lines = self.keys.read_text().splitlines() if self.keys.exists() else []
        known = dict(line.split("=", 1) for line in lines if "=" in line)
        kept = {name: known.get(name) or make() for name, make in _MADE.items()}
        if kept != known:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            # Nobody else may read it, not even for the moment between making the file and filling it.
            with open(os.open(self.keys, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                file.writelines(f"{name}={value}\n" for name, value in kept.items())
        return kept


def add_options(parser: ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=8000, help="of the site (default: 8000)")
    parser.add_argument("--sandbox-port", type=int, default=9000, help="of the sandbox (default: 9000)")
    parser.add_argument(
        "--data", type=Path, default=ROOT / "var", help="where keys, databases and logs are (default: var)"
    )


def prepare(words: list[str]) -> None:
    """Set the environment for `manage.py demo <words>`."""
    parser = ArgumentParser(add_help=False)
    add_options(parser)
    options, _rest = parser.parse_known_args(words)
    os.environ.update(Home.of(options).environment())
