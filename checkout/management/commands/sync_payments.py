"""Ask the providers now, instead of when the next check is due."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from checkout.models import Order, Payment
from checkout.payments.recover import look
from checkout.states import OPEN_STATES


class Command(BaseCommand):
    help = "Ask the providers what is true of these payments, and write what they say."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--order", nargs="+", default=[], metavar="NUMBER", help="all attempts of these orders"
        )
        parser.add_argument("--all-open", action="store_true", help="every attempt that has not ended")

    def handle(self, *, order: list[str], all_open: bool, **options: Any) -> None:
        if bool(order) == all_open:
            raise CommandError("Say which: --order NUMBER ..., or --all-open.")
        unknown = set(order) - set(Order.objects.filter(number__in=order).values_list("number", flat=True))
        if unknown:
            raise CommandError(f"There is no order {', '.join(sorted(unknown))}.")
        chosen = Payment.objects.order_by("pk").values_list("pk", flat=True)
        chosen = chosen.filter(state__in=OPEN_STATES) if all_open else chosen.filter(order__number__in=order)
        count = 0
        for key in list(chosen):
            payment = Payment.objects.select_related("order", "account").get(pk=key)  # as it is by now
            before, after = payment.state, look(payment)
            news = "no answer" if after is None else after.state if after.state != before else "no news"
            self.stdout.write(f"{payment.reference}: {before} -> {news}")
            count += 1
        self.stdout.write(f"{count} asked about.")
