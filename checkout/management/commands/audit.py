"""Is any rule of money broken? Ends with 1 when one is, so that a timer can tell somebody."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from checkout.payments.tallies import count_money_rules


class Command(BaseCommand):
    help = (
        "Look for rows that break a rule of money, and keep what was counted. Ends with 1 if there are any."
    )

    def handle(self, **options: Any) -> None:
        broken = {rule: number for rule, number in count_money_rules().items() if number}
        for rule, number in broken.items():
            self.stdout.write(f"{number} {'time' if number == 1 else 'times'}: {rule}.")
        if broken:
            sys.exit(1)
        self.stdout.write("No rule of money is broken.")
