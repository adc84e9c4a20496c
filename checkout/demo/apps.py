"""Where does Django find the demo shop?"""

from typing import Any

from django.apps import AppConfig
from django.core.management import call_command
from django.db.models.signals import post_migrate


class DemoConfig(AppConfig):
    name = "checkout.demo"
    label = "demo"
    verbose_name = "Demo shop"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        post_migrate.connect(_make_room_for_the_wire, sender=self)


def _make_room_for_the_wire(using: str, verbosity: int, **more: Any) -> None:
    """The cache's table comes with the migrations; `flush`, which sends this signal as well, leaves it as it is."""
    from checkout.demo.wire import TABLE

    if "plan" in more:
        call_command("createcachetable", TABLE, database=using, verbosity=verbosity)
