"""A new key for CREDENTIAL_KEYS."""

from typing import Any

from cryptography.fernet import Fernet
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Print a new key for CREDENTIAL_KEYS."
    requires_system_checks = []

    def handle(self, **options: Any) -> None:
        self.stdout.write(Fernet.generate_key().decode())
