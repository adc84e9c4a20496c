"""What goes wrong on purpose, on a test account, so that a shop can be watched while it copes?

Nothing is made up: what a provider says is kept from us for a while, or handled twice. Nothing is lost either: the
ordinary net, the checks of what has not ended, finds the truth a few minutes later. Never on a live account: the
database refuses it, and so does `rehearses`.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum

from django.utils import timezone

from checkout.models import Account, Payment, ShopEvent
from checkout.payments.locks import order_lock
from checkout.payments.timeline import Weight, Who, tell
from providers.base import Charge, Outcome, Provider, Report, Started
from providers.errors import Uncertain
from providers.said import said as _


class Misfortune(StrEnum):
    LOST_NOTIFICATION = "lost_notification"
    LATE_SUCCESS = "late_success"
    DUPLICATE = "duplicate"
    SLOW_BANK = "slow_bank"


LOST = "Rehearsal: this notification counts as lost."
SLOW = _("Rehearsal: the bank is slow.")
HELD_BACK_FOR = timedelta(minutes=3)  # after the attempt began
SLOW_FOR = timedelta(minutes=1)  # after the attempt began, and again after the shopper came back
_SUCCESSES = frozenset({Outcome.AUTHORIZED, Outcome.PAID, Outcome.REFUNDED})


def rehearses(account: Account, misfortune: Misfortune) -> bool:
    return not account.live and bool(account.rehearsal.get(misfortune.value))


def misfortunes_of(account: Account) -> list[Misfortune]:
    return [misfortune for misfortune in Misfortune if rehearses(account, misfortune)]


def mark(payment: Payment, misfortune: Misfortune) -> None:
    """Say in the payment's timeline that it was rehearsed on, once for each misfortune. Not inside a transaction."""
    with order_lock(payment.order_id) as order:
        said = order.timeline.filter(
            payment_id=payment.pk, code="payment.rehearsed", data__misfortune=misfortune.value
        )
        if not said.exists():
            tell(order, "payment.rehearsed", payment=payment, who=Who.GUICHET, weight=Weight.WARNING,
                 misfortune=misfortune.value)  # fmt: skip


def mark_each(payments: Iterable[Payment], misfortune: Misfortune) -> None:
    for payment in payments:
        mark(payment, misfortune)


def sent_twice(event: ShopEvent) -> Payment | None:
    """The payment because of which `event` is sent once more, under the same id; None: it is not."""
    if event.order is None:
        return None
    payment = event.order.latest_attempt()
    if payment is None or not rehearses(payment.account, Misfortune.DUPLICATE):
        return None
    return payment


def rehearsing(
    cls: type[Provider], account: Account, payment: Payment | None, *, marks: bool
) -> type[Provider]:
    """`cls`, or a kind of it that answers about `payment` as the misfortunes of its account have it. `marks`: they are
    told in the payment's timeline."""
    late, slow = rehearses(account, Misfortune.LATE_SUCCESS), rehearses(account, Misfortune.SLOW_BANK)
    if payment is None or not payment.is_open or not (late or slow):
        return cls
    about = payment

    def tell_of(misfortune: Misfortune) -> None:
        if marks:
            mark(about, misfortune)

    class Rehearsing(cls):  # type: ignore[misc,valid-type]  # the account's own provider, whichever that is
        def start(self, charge: Charge) -> Started:
            opened: Started = super().start(charge)
            if not late or opened.report is None:
                return opened
            return replace(opened, report=self._held_back(opened.report))

        def sync(self, charge: Charge) -> Report:
            if slow and timezone.now() < _quick_again(about):
                tell_of(Misfortune.SLOW_BANK)
                raise Uncertain(SLOW)
            report: Report = super().sync(charge)
            return self._held_back(report) if late else report

        def _held_back(self, report: Report) -> Report:
            if report.outcome not in _SUCCESSES or timezone.now() >= about.created_at + HELD_BACK_FOR:
                return report
            tell_of(Misfortune.LATE_SUCCESS)
            # Not a word of money, nor of what came with it; the ids are kept, as they would be of a slow one.
            return Report(
                outcome=Outcome.PENDING,
                reference=report.reference,
                provider_ids=report.provider_ids,
                memo=report.memo,
                live=report.live,
            )

    return Rehearsing


def _quick_again(payment: Payment) -> datetime:
    """Until when the bank is slow."""
    return max(payment.created_at, payment.claimed_at or payment.created_at) + SLOW_FOR
