"""What would change if a notification were followed up now? Asked of the provider, written, and taken back.

The very code that follows it up writes its rows in a transaction that always ends in a rollback, and what it wrote is
read before that. So no row stays, no shop is told, no task is queued. What following up would do *at the provider*
(give up an attempt whose order is paid, say) is not done, and cannot be told before: then that is said.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from checkout.models import Agreement, Delivery, Order, Payment, ShopEvent, TimelineEntry
from checkout.payments.agreements import take_agreement
from checkout.payments.apply import apply
from checkout.payments.border import agreement_for, charge_for, provider_for
from checkout.payments.inbox import agreement_of, ids_for, learn, spoken_of
from checkout.payments.locks import order_lock
from checkout.payments.recover import being_started
from checkout.payments.timeline import Who, tell_once
from checkout.states import OrderState, State
from checkout.wording import reason
from providers.agreements import AgreementReport
from providers.base import Outcome, Report
from providers.errors import ProviderError
from providers.money import Money

Value = str | Money


@dataclass(frozen=True, kw_only=True)
class Move:
    """A column of a row, by its name, as it is and as it would be."""

    name: str
    before: Value
    after: Value


@dataclass(frozen=True, kw_only=True)
class Moved:
    """A row that would be written, as it is now."""

    row: Order | Payment | Agreement
    moves: tuple[Move, ...]


@dataclass(frozen=True, kw_only=True)
class Untold:
    """Why it cannot be told of a row what would change. `why` is the key of a sentence, `said` the provider's words."""

    row: Payment | Agreement
    why: str
    said: str = ""


@dataclass
class Preview:
    """Nothing of it was kept."""

    ignored: str = ""  # why nobody would be asked
    asked: list[Payment | Agreement] = field(default_factory=list)
    moved: list[Moved] = field(default_factory=list)
    entries: list[TimelineEntry] = field(default_factory=list)
    events: list[tuple[Order, str]] = field(default_factory=list)  # what the shop would be told
    flags: list[tuple[Order, str]] = field(default_factory=list)  # for what a person would be called
    found: list[Payment] = field(default_factory=list)  # payments that an agreement made by itself
    untold: list[Untold] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not (self.moved or self.entries or self.events or self.flags or self.found)


PAYMENT_SUMS = ("amount", "authorized", "captured", "refunded", "voided")


def would_change(delivery: Delivery) -> Preview:
    """Ask the provider about all that the notification speaks of, and say what the answers would change. Never inside a
    transaction: the provider is asked."""
    preview = Preview()
    if delivery.verdict == Delivery.Verdict.IGNORED:
        preview.ignored = delivery.error
        return preview
    agreement = agreement_of(delivery)
    if agreement is not None and not _of_agreement(preview, delivery, agreement):
        return preview  # nor would its payments be asked about
    payments = spoken_of(delivery, agreement)
    # As in following it up: where it may be one of several, nobody knows whose the ids are.
    ids = ids_for(delivery, agreement, payments[0]) if len(payments) == 1 else []
    reports = {payment.pk: _report(preview, payment, ids) for payment in payments}
    for order_id in dict.fromkeys(payment.order_id for payment in payments):
        ours = [payment for payment in payments if payment.order_id == order_id]
        _of_order(preview, delivery, ours, reports, ids)
    return preview


# --- asking ----------------------------------------------------------------------------------------------------------


def _report(preview: Preview, payment: Payment, ids: list[str]) -> Report | None:
    """The provider's word; None where it is not to be had without doing something there."""
    if being_started(payment):
        preview.untold.append(Untold(row=payment, why="being_started"))
        return None
    if payment.state == State.STARTED and payment.order.state == OrderState.PAID:
        preview.untold.append(Untold(row=payment, why="would_be_given_up"))
        return None
    charge = charge_for(payment)
    new = [name for name in ids if name not in charge.provider_ids]
    charge = replace(charge, provider_ids=(*charge.provider_ids, *new))
    preview.asked.append(payment)
    try:
        report = provider_for(payment.account, payment, marks=False).sync(charge)
    except ProviderError as why:
        preview.untold.append(Untold(row=payment, why="no_answer", said=reason(why)))
        return None
    if payment.state == State.CREATED and report.outcome is Outcome.OPEN:
        preview.untold.append(Untold(row=payment, why="would_be_given_up"))
        return None
    return report


def _of_agreement(preview: Preview, delivery: Delivery, agreement: Agreement) -> bool:
    """False when there was no answer."""
    if not agreement.account.provider_class.can("sync_agreement"):
        return True
    preview.asked.append(agreement)
    try:
        asked = agreement_for(agreement, also=tuple(delivery.provider_ids))
        told = provider_for(agreement.account, agreement.payment, marks=False).sync_agreement(asked)
    except ProviderError as why:
        preview.untold.append(Untold(row=agreement, why="no_answer", said=reason(why)))
        return False
    _write_agreement(preview, agreement, told)
    return True


# --- writing, and taking it back -------------------------------------------------------------------------------------


@contextmanager
def _taken_back(preview: Preview, order_id: int) -> Iterator[Order]:
    """The order, locked, in a transaction that is rolled back; what the block wrote is in the preview by then."""
    with transaction.atomic():
        with order_lock(order_id) as order:
            rows = _Rows(order)
            yield order
            rows.compare(preview)
        transaction.set_rollback(True)


def _of_order(
    preview: Preview,
    delivery: Delivery,
    payments: list[Payment],
    reports: dict[int, Report | None],
    ids: list[str],
) -> None:
    """All of one order's attempts, one after the other, as they would be followed up."""
    with _taken_back(preview, payments[0].order_id) as order:
        for payment in payments:
            learn(payment, ids)
            tell_once(order, "payment.notified", payment=payment, who=Who.PROVIDER, about=delivery.about)
            report = reports[payment.pk]
            if report is not None:
                apply(payment.pk, report)


def _write_agreement(preview: Preview, agreement: Agreement, told: AgreementReport) -> None:
    asked_at = timezone.now()
    with _taken_back(preview, agreement.payment.order_id) as order:
        payment = order.payments.select_related("account").get(pk=agreement.payment_id)
        rest = take_agreement(order, payment, told, asked_at=asked_at)
        if rest:
            preview.untold.append(Untold(row=agreement, why="more_payments", said=str(len(rest))))
        row = Agreement.objects.get(pk=agreement.pk)
        names = ("state", "phase", "end_reason")
        _moved(preview, agreement, ((name, getattr(agreement, name), getattr(row, name)) for name in names))


def _moved(
    preview: Preview, row: Order | Payment | Agreement, values: Iterable[tuple[str, Value, Value]]
) -> None:
    moves = tuple(
        Move(name=name, before=before, after=after) for name, before, after in values if before != after
    )
    if moves:
        preview.moved.append(Moved(row=row, moves=moves))


class _Rows:
    """An order and what hangs on it, as it stands, to be compared with how it stands later in the same transaction."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.state = str(order.state)
        self.money = order.money
        self.payments = {row.pk: row for row in order.payments.select_related("account", "order")}
        self.last = {
            model: model._default_manager.aggregate(last=Max("pk"))["last"] or 0
            for model in (TimelineEntry, Order)
        }
        self.events = set(order.events.values_list("pk", flat=True))

    def compare(self, preview: Preview) -> None:
        now = Order.objects.select_related("shop").get(pk=self.order.pk)
        found = Payment.objects.filter(order__pk__gt=self.last[Order], order__agreement__payment__order=now)
        made = list(found.select_related("order", "account"))
        _moved(
            preview, self.order, [("state", self.state, str(now.state)), ("amount", self.money, now.money)]
        )
        for row in now.payments.select_related("account", "order").order_by("number"):
            before = self.payments[row.pk]
            _moved(preview, before, [(name, *_pair(before, row, name)) for name in ("state", *PAYMENT_SUMS)])
        preview.found += made
        orders = {now.pk: now, **{payment.order_id: payment.order for payment in made}}
        written = TimelineEntry.objects.filter(order__in=orders, pk__gt=self.last[TimelineEntry])
        entries = list(written.select_related("payment__account", "order").order_by("pk"))
        preview.entries += entries
        preview.flags += [
            (entry.order, str(entry.data.get("why", "")))
            for entry in entries
            if entry.code == "order.attention"
        ]
        owed = ShopEvent.objects.filter(order__in=orders).exclude(pk__in=self.events)
        preview.events += [
            (orders[event.order_id], event.type)
            for event in owed.order_by("order", "sequence")
            if event.order_id is not None
        ]


def _pair(before: Payment, after: Payment, name: str) -> tuple[Value, Value]:
    if name == "state":
        return str(before.state), str(after.state)
    column = f"{name}_minor"
    return (
        Money(getattr(before, column), before.currency),
        Money(getattr(after, column), after.currency),
    )
