"""Under which settings do the tests run? The whole answer, whatever the developer's shell says.

`python -m tests.ground.environment <command>` runs a command under them.
"""

import os
import sys
import tempfile
from pathlib import Path

VALUES = {
    "DJANGO_SETTINGS_MODULE": "checkout.settings",
    "DEBUG": "false",
    "SECRET_KEY": "only-for-tests-and-known-to-everybody-who-reads-this-file",
    "CREDENTIAL_KEYS": "b25seS1mb3ItdGVzdHMtYW5kLWtub3duLXRvLWFsbC4=",
    "ALLOWED_HOSTS": "testserver,localhost,127.0.0.1",
    "SITE_URL": "http://testserver",
    "TRUSTED_PROXY": "false",
    "METRICS_TOKEN": "",
    "SECOND_FACTOR": "optional",
    "LOGIN_TRIES": "5",
    "LOGIN_WAIT_MINUTES": "15",
    "LOG_LEVEL": "INFO",
    "LOG_FORMAT": "json",
    "RETURN_PATIENCE_SECONDS": "8",
    "SWEEP_SECONDS": "10",
    "DEMO": "true",
    "DEMO_SHOP_URL": "http://testserver/shop/",
    "DEMO_API_KEY": "key-of-the-demo-shop-in-tests",
    "EMAIL_URL": "memorymail://",
    "MAIL_FROM": "checkout@testserver",
    "EMAIL_BACKEND": "",
    "ANYMAIL": "{}",
    "API_RATE_PER_MINUTE": "600",
    "DEMO_WEBHOOK_SECRET": "whsec_c2VjcmV0LW9mLXRoZS1kZW1vLXNob3AtaW4tdGVzdHM=",
}


def prepare() -> None:
    """Set the environment before the settings are read.

    DATABASE_URL alone may come from outside, so that the same tests run on SQLite and on PostgreSQL. A run
    without one is told a path that nothing is ever written to: the test database has a file of its own.
    """
    os.environ.update(VALUES)
    os.environ.setdefault("DATABASE_URL", f"sqlite:///{Path(tempfile.gettempdir()) / 'guichet.sqlite3'}")


if __name__ == "__main__":
    prepare()
    os.execvp(sys.argv[1], sys.argv[1:])
