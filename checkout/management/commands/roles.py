"""The four roles, as groups: made, or put back to what the table in `checkout.roles` says."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from checkout.roles import ensure


class Command(BaseCommand):
    help = "Make the groups Viewer, Cashier, Refunder and Manager, and give each what its role needs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--reset", action="store_true", help="also take away what was added to them beyond their role"
        )

    def handle(self, *, reset: bool, **options: Any) -> None:
        with transaction.atomic():
            made = ensure(reset=reset)
        for role, (given, taken) in made.items():
            self.stdout.write(f"{role}: {given} permissions given, {taken} taken away")
