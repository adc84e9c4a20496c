"""How is the sandbox started and stopped? `python -m providers.sandbox --port 9000`."""

import argparse
import os
import socket
import sys
from collections.abc import Callable
from typing import Any

from gunicorn.app.base import BaseApplication

# Some faults hold a thread for 35 s and notifyOrder may wait 30 s: one worker process, because waiting calls
# are woken through memory, and enough threads that a few held ones do not stop the rest.
THREADS = 24


class Sandbox(BaseApplication):
    """Gunicorn, embedded: one worker process, many threads, no file of settings."""

    def __init__(self, host: str, port: int) -> None:
        self.address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        super().__init__()

    def load_config(self) -> None:
        for name, value in {
            "bind": self.address,
            "workers": 1,
            "worker_class": "gthread",
            "threads": int(os.environ.get("SANDBOX_THREADS", THREADS)),
            "timeout": 120,
            # A stopped sandbox leaves nothing behind that is worth waiting for, so held calls are cut off.
            "graceful_timeout": 1,
            "keepalive": 5,
            "control_socket_disable": True,
            "loglevel": os.environ.get("SANDBOX_LOG_LEVEL", "warning"),
            "proc_name": "sandbox",
            "post_worker_init": _worker_started,
        }.items():
            self.cfg.set(name, value)

    def load(self) -> Callable[..., Any]:
        from django.core.wsgi import get_wsgi_application

        application: Callable[..., Any] = get_wsgi_application()
        return application


def _worker_started(_worker: object) -> None:
    from providers.sandbox import pulse

    pulse.start()


def _free_port(host: str) -> int:
    """For --port 0: the first line printed tells which one it became."""
    with socket.create_server((host, 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def main() -> None:
    options = argparse.ArgumentParser(
        prog="python -m providers.sandbox", description="Stand-ins of the payment providers."
    )
    options.add_argument("--host", default=os.environ.get("SANDBOX_HOST", "127.0.0.1"))
    options.add_argument("--port", type=int, default=int(os.environ.get("SANDBOX_PORT", "9000")))
    options.add_argument("--database", default=os.environ.get("SANDBOX_DATABASE", "sandbox.sqlite3"))
    chosen = options.parse_args()
    os.environ["SANDBOX_DATABASE"] = chosen.database
    os.environ["DJANGO_SETTINGS_MODULE"] = "providers.sandbox.settings"

    import django

    django.setup()
    from providers.sandbox.schema import prepare

    prepare()
    if not chosen.port:
        chosen.port = _free_port(chosen.host)
    sys.stderr.write(
        f"Sandbox: console on http://{chosen.host}:{chosen.port}/ , database {chosen.database}\n"
    )
    sys.argv = sys.argv[:1]
    Sandbox(chosen.host, chosen.port).run()


if __name__ == "__main__":
    main()
