"""What became of a capture, void or refund? Told by the provider's list, or, where it has none, by its sums.

Nothing is guessed from time alone: an operation ends when the provider lists it, when its sum has grown by it, or
when the provider's own list is still without it after it can no longer be on its way.
"""

import hashlib
from datetime import timedelta

from django.utils import timezone

from checkout.models import Call, Operation, Order, Payment
from checkout.payments.attention import Doubt
from checkout.payments.texts import fit, fit_to_show
from checkout.payments.timeline import Weight, Who, tell
from providers.base import Operation as Listed
from providers.base import OperationStatus, Report, Verb
from providers.money import Money
from providers.said import said as _

# Longer than any call to a provider, and than it takes one to show what it was asked for.
MAY_BE_ON_ITS_WAY = timedelta(minutes=15)
# A provider that neither lists it nor shows it in a sum will not do so later: somebody has to look there.
A_PERSON_MAY_KNOW = timedelta(hours=1)
# Why an operation has failed of which no provider told: somebody looked there, and may be wrong.
MISSED_BY_A_PERSON = _("a person found no record of it at the provider")
SUM_OF = {Verb.CAPTURE: "captured_minor", Verb.VOID: "voided_minor", Verb.REFUND: "refunded_minor"}


def take_operations(order: Order, payment: Payment, report: Report) -> list[Doubt]:
    """Bring our rows up to what `report` says. Returns what a person has to look at. Call under the order's lock, when
    the payment has taken the report's sums."""
    if report.operations is None:
        _take_from_sums(order, payment)
        return _unknown_for_long(payment)
    doubts: list[Doubt] = []
    seen: set[int] = set()
    for listed in report.operations:
        row = _row_of(payment, listed, seen)
        if row is None:
            row = _found(order, payment, listed)
            if row is None:
                continue
        else:
            changed = _take_status(order, payment, row, listed)
            if changed and row.status == OperationStatus.CONFLICT:
                doubts.append(Doubt(_in_part(row), Call.CONFLICT))
        row.provider_id = fit(listed.provider_id, 100) or row.provider_id
        row.save()
        seen.add(row.pk)
    long_ago = timezone.now() - MAY_BE_ON_ITS_WAY
    missing = payment.operations.filter(status__in=Operation.OPEN, provider_id="", created_at__lt=long_ago)
    for row in missing.exclude(pk__in=seen):
        write_operation(
            order, payment, row, OperationStatus.FAILURE, why=_("the provider knows nothing of it")
        )
        row.save()
    return doubts + _unknown_for_long(payment)


def _unknown_for_long(payment: Payment) -> list[Doubt]:
    """Whom the provider leaves in the dark, it will not enlighten any more. Said once for each."""
    long_ago = timezone.now() - A_PERSON_MAY_KNOW
    unknown = payment.operations.filter(
        status=OperationStatus.UNCERTAIN, person_asked=False, created_at__lt=long_ago
    )
    doubts = []
    for row in unknown:
        row.person_asked = True
        row.save(update_fields=["person_asked"])
        doubts.append(Doubt(_unknown(row), Call.UNCERTAIN))
    return doubts


def _in_part(row: Operation) -> str:
    if row.verb == Verb.CAPTURE:
        return _("capture of %(money)s was done in part only", money=row.money)
    if row.verb == Verb.VOID:
        return _("void of %(money)s was done in part only", money=row.money)
    return _("refund of %(money)s was done in part only", money=row.money)


def _unknown(row: Operation) -> str:
    if row.verb == Verb.CAPTURE:
        return _(
            "nobody knows whether the capture of %(money)s was done: look at the provider", money=row.money
        )
    if row.verb == Verb.VOID:
        return _("nobody knows whether the void of %(money)s was done: look at the provider", money=row.money)
    return _("nobody knows whether the refund of %(money)s was done: look at the provider", money=row.money)


def undone(payment: Payment, operation: Operation) -> Money:
    """How much of an operation that was done in part is still to be done, by the sum that has grown since. Nothing,
    where a later one of the kind has begun: what is left is then that one's affair."""
    nothing = Money.zero(operation.currency)
    if operation.status != OperationStatus.CONFLICT:
        return nothing
    if any(row.verb == operation.verb and row.pk > operation.pk for row in payment.operations.all()):
        return nothing
    grown = getattr(payment, SUM_OF[Verb(operation.verb)]) - operation.sum_before_minor
    return Money(min(max(operation.amount_minor - grown, 0), operation.amount_minor), operation.currency)


def write_operation(
    order: Order, payment: Payment, row: Operation, status: OperationStatus, *, why: str = ""
) -> None:
    """Give an operation its new status and its sentence. Does not save the row. Call under the order's lock."""
    row.status = status
    row.message = fit_to_show(why, 300)
    row.finished_at = None if status in Operation.OPEN else timezone.now()
    weight = Weight.GOOD if status is OperationStatus.SUCCESS else Weight.WARNING
    if status is not OperationStatus.PENDING:
        tell(order, f"operation.{status}", payment=payment, who=Who.PROVIDER, weight=weight, verb=row.verb,
             money=str(row.money), why=why or "—")  # fmt: skip


def _take_from_sums(order: Order, payment: Payment) -> None:
    """This provider lists no operations: one is done when the sum is what it was before, and the operation's amount."""
    for row in payment.operations.filter(status__in=Operation.OPEN):
        if getattr(payment, SUM_OF[Verb(row.verb)]) >= row.sum_before_minor + row.amount_minor:
            write_operation(order, payment, row, OperationStatus.SUCCESS)
            row.save()


def _row_of(payment: Payment, listed: Listed, seen: set[int]) -> Operation | None:
    ours = payment.operations.exclude(pk__in=seen).order_by("pk")
    row = ours.filter(key=fit(listed.key, 100)).first() if listed.key else None
    if row is None and listed.provider_id:
        row = ours.filter(provider_id=fit(listed.provider_id, 100)).first()
    if row is None and not listed.key:
        # Not every provider echoes our key. The one open operation of the kind, of that amount, is the one meant.
        alike = ours.filter(verb=listed.verb, amount_minor=listed.money.minor, provider_id="")
        row = (
            alike.filter(status__in=Operation.OPEN).first()
            or alike.filter(status=OperationStatus.SUCCESS).first()
        )
    return row


def _take_status(order: Order, payment: Payment, row: Operation, listed: Listed) -> bool:
    # What we took for failed may have been done after all; the other way round it is an older answer.
    done_after_all = row.status == OperationStatus.FAILURE and listed.status is OperationStatus.SUCCESS
    changed = row.status != listed.status and (row.status in Operation.OPEN or done_after_all)
    if changed:
        write_operation(order, payment, row, listed.status, why=listed.message)
    return changed


def _found(order: Order, payment: Payment, listed: Listed) -> Operation | None:
    """One that was not asked for here: somebody did it at the provider's own counter. Kept, when it is done."""
    if not listed.provider_id or listed.status is not OperationStatus.SUCCESS or listed.money.minor <= 0:
        return None
    name = f"{payment.reference} {listed.verb} {listed.provider_id}"
    key = hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:40]
    tell(
        order, "operation.found", payment=payment, who=Who.PROVIDER, verb=listed.verb, money=str(listed.money)
    )
    return Operation(
        payment=payment,
        verb=listed.verb,
        amount_minor=listed.money.minor,
        currency=listed.money.currency,
        key=key,
        status=OperationStatus.SUCCESS,
        finished_at=timezone.now(),
    )
