"""How does Django learn of the stand-ins' tables? By importing the stand-ins once the apps are ready."""

from importlib import import_module

from django.apps import AppConfig


class SandboxConfig(AppConfig):
    name = "providers.sandbox"
    label = "sandbox"

    def ready(self) -> None:
        import_module("providers.sandbox.standins")
