"""Close what was cut short: attempts whose start never ended, and operations whose end nobody knows. By asking."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db.models import Q

from checkout.models import Operation, Payment
from checkout.payments.recover import being_started, check
from checkout.states import State


class Command(BaseCommand):
    help = "Ask the providers what became of everything that was cut short."

    def handle(self, **options: Any) -> None:
        cut_short = Q(state=State.CREATED) | Q(operations__status__in=Operation.OPEN)
        found = Payment.objects.filter(cut_short).values("pk")
        rows = Payment.objects.select_related("order", "account").filter(pk__in=found).order_by("pk")
        payments = [payment for payment in rows if not being_started(payment)]
        left = 0
        for payment in payments:
            before, after = payment.state, check(payment).state
            open_operations = payment.operations.filter(status__in=Operation.OPEN).count()
            done = after != State.CREATED and not open_operations
            left += not done
            words = [before if before == after else f"{before} -> {after}"]
            if open_operations:
                words.append(f"{open_operations} operation{'s' if open_operations > 1 else ''} still open")
            self.stdout.write(f"{payment.reference}: {', '.join(words)}")
        self.stdout.write(f"{len(payments)} looked at, {left} still open; the worker goes on asking.")
