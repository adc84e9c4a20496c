"""Ask the providers now, instead of when the next check is due."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from checkout.models import Agreement, Order, Payment
from checkout.payments.agreement_follow_up import look_at
from checkout.payments.recover import look
from checkout.states import OPEN_STATES


class Command(BaseCommand):
    help = "Ask the providers what is true of these payments and agreements, and write what they say."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--order", nargs="+", default=[], metavar="NUMBER", help="all attempts of these orders"
        )
        parser.add_argument(
            "--agreement", nargs="+", default=[], metavar="NUMBER", help="how these agreements stand"
        )
        parser.add_argument("--all-open", action="store_true", help="every attempt that has not ended")

    def handle(self, *, order: list[str], agreement: list[str], all_open: bool, **options: Any) -> None:
        if [bool(order), bool(agreement), all_open].count(True) != 1:
            raise CommandError("Say which: --order NUMBER ..., --agreement NUMBER ..., or --all-open.")
        if agreement:
            self._agreements(agreement)
            return
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

    def _agreements(self, numbers: list[str]) -> None:
        """Also the payments that they have made since, which are then asked about by the worker."""
        rows = Agreement.objects.select_related("account", "payment__order", "payment__account")
        chosen = list(rows.filter(number__in=numbers).order_by("created_at"))
        unknown = set(numbers) - {row.number for row in chosen}
        if unknown:
            raise CommandError(f"There is no agreement {', '.join(sorted(unknown))}.")
        for row in chosen:
            before, payments = row.state, row.orders.count()
            after = look_at(row)
            news = "no answer" if after is None else after.state if after.state != before else "no news"
            found = row.orders.count() - payments
            more = f", {found} payment{'s' if found > 1 else ''} found" if found else ""
            self.stdout.write(f"{row.number}: {before} -> {news}{more}")
        self.stdout.write(f"{len(chosen)} asked about.")
