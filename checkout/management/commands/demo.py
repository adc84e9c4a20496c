"""Try it all: the site with a demo shop, the sandbox and a worker, started and stopped together."""

import os
import signal
import sys
import threading
from argparse import ArgumentParser, Namespace
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from checkout.management.children import Child, Trouble, port_is_free, stop_all, wait_until_ready
from checkout.management.demo_home import HOST, ROOT, Home, add_options
from checkout.management.demo_stock import ADMIN, stock, tell_sandbox

SUMMARY = """
  The shop            {home.site}/shop/
  The merchant's side {home.site}/admin/      user {admin}, password {password}
  The sandbox         {home.sandbox}/

  Keys, databases and logs are in {home.folder}. Ctrl-C stops everything; the data stay.
"""


class Command(BaseCommand):
    help = "Start the demo: shop, checkout, merchant's side, sandbox and worker. Needs nothing set."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_options(parser)
        parser.add_argument("--reset", action="store_true", help="forget all orders and start over")

    def handle(self, *, reset: bool, **options: Any) -> None:
        home = Home.of(Namespace(**options))
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: stop.set())
        for what, port in (("site", home.port), ("sandbox", home.sandbox_port)):
            if not port_is_free(HOST, port):
                raise CommandError(
                    f"Port {port} is in use, and the {what} needs it. Is a demo running already? "
                    f"Stop what uses it, or take another: --{'port' if what == 'site' else 'sandbox-port'}."
                )
        if reset:
            home.forget()
        children: list[Child] = []
        try:
            start_sandbox(home, children)  # comes up meanwhile
            call_command("migrate", interactive=False, verbosity=0)
            accounts = stock(home.sandbox)
            start_site_and_worker(home, children)
            wait_until_ready(children, stop)
            if not stop.is_set():
                tell_sandbox(home.sandbox, accounts)
                password = os.environ["DEMO_ADMIN_PASSWORD"]
                self.stdout.write(SUMMARY.format(home=home, admin=ADMIN, password=password))
                self.stdout.flush()
            while not stop.wait(0.5):
                for child in children:
                    child.check()
        except Trouble as trouble:
            raise CommandError(f"{trouble}\nEverything else was stopped.") from None
        finally:
            stop_all(children)
        self.stdout.write("Stopped.")


def start_sandbox(home: Home, children: list[Child]) -> None:
    words = f"-m providers.sandbox --port {home.sandbox_port} --database".split()
    start(
        home,
        children,
        "sandbox",
        [*words, str(home.sandbox_database)],
        address=f"{home.sandbox}/_sandbox/healthz",
    )


def start_site_and_worker(home: Home, children: list[Child]) -> None:
    words = f"-m gunicorn --bind {HOST}:{home.port} --worker-class gthread --workers 2 --threads 8".split()
    words += ["--keep-alive", "75", "--graceful-timeout", "2", "--no-control-socket", "checkout.wsgi"]
    start(home, children, "site", words, address=f"{home.site}/readyz")
    start(home, children, "worker", ["manage.py", "worker"])


def start(home: Home, children: list[Child], name: str, words: list[str], *, address: str = "") -> None:
    """One by one, so that those which did start are stopped if a later one cannot be."""
    env = {"LOG_LEVEL": "INFO", "LOG_FORMAT": "console"}
    log = home.log(name)
    children.append(Child(name, [sys.executable, *words], cwd=ROOT, log=log, env=env, address=address))
