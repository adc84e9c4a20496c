"""How much of a payment is authorised, captured, voided, refunded, and how much is left? Counted, never stored.

With A authorised, C captured, V voided, R refunded and Xp what is PENDING or UNCERTAIN of each:
available to capture = available to void = A - C - V - Cp - Vp, available to refund = C - R - Rp. The seed's two
samples fit; the terms of what is pending follow from the webhooks' page; the rest is [inferred].
"""

from dataclasses import dataclass

from providers.sandbox.purse.models import PurseOperation, PurseOperationPart, PursePayment, PurseTransaction

Status = PurseTransaction.Status
PartStatus = PurseOperationPart.Status
Kind = PurseOperation.Kind

_OPEN = (PartStatus.PENDING, PartStatus.UNCERTAIN)


@dataclass
class Account:
    """One partner transaction: its authorised money and where it went."""

    transaction: PurseTransaction
    captured: int = 0
    voided: int = 0
    refunded: int = 0
    capture_open: int = 0
    void_open: int = 0
    refund_open: int = 0

    @property
    def partner(self) -> str:
        return self.transaction.partner

    @property
    def method(self) -> str:
        return self.transaction.method

    @property
    def authorised(self) -> int:
        return self.transaction.amount if self.transaction.status == Status.AUTHORIZED else 0

    @property
    def pending(self) -> int:
        waiting = self.transaction.status in (Status.PENDING, Status.UNCERTAIN)
        return self.transaction.amount if waiting else 0

    @property
    def capturable(self) -> int:
        return self.authorised - self.captured - self.voided - self.capture_open - self.void_open

    @property
    def refundable(self) -> int:
        return self.captured - self.refunded - self.refund_open

    def available(self, kind: str) -> int:
        return self.refundable if kind == Kind.REFUND else self.capturable

    def note(self, part: PurseOperationPart, kind: str) -> None:
        if part.status == PartStatus.SUCCESS:
            name = {Kind.CAPTURE: "captured", Kind.VOID: "voided", Kind.REFUND: "refunded"}[Kind(kind)]
        elif part.status in _OPEN:
            name = f"{kind}_open"
        else:
            return
        setattr(self, name, getattr(self, name) + part.amount)


class Ledger:
    """A payment as it is in the database now."""

    def __init__(self, payment: PursePayment) -> None:
        self.payment = payment
        self.transactions = list(payment.transactions.order_by("place"))
        self.operations = list(payment.operations.order_by("number").prefetch_related("parts"))
        self.accounts = [Account(transaction) for transaction in self.transactions]
        by_id = {account.transaction.pk: account for account in self.accounts}
        for operation in self.operations:
            for part in operation.parts.all():
                by_id[part.transaction_id].note(part, operation.kind)

    def total(self, name: str) -> int:
        return sum(getattr(account, name) for account in self.accounts)

    def available(self, kind: str) -> int:
        return sum(account.available(kind) for account in self.accounts)

    def amounts(self) -> dict[str, int]:
        return {
            "authorize_pending": self.total("pending"),
            "total_authorized": self.total("authorised"),
            "total_captured": self.total("captured"),
            "available_to_capture": self.available(Kind.CAPTURE),
            "total_refunded": self.total("refunded"),
            "available_to_refund": self.available(Kind.REFUND),
            "total_voided": self.total("voided"),
            "available_to_void": self.available(Kind.VOID),
        }

    def overview(self) -> dict[str, str]:
        authorised, captured = self.total("authorised"), self.total("captured")
        voided = self.total("voided")
        return {
            "consumed": _extent(captured + voided, authorised),
            "captured": _extent(captured, authorised),
            "voided": _extent(voided, authorised),
            "refunded": _extent(self.total("refunded"), captured),
        }

    def authorization_status(self) -> str:
        """One bad part spoils the whole; one open part keeps it open [inferred]."""
        found = {transaction.status for transaction in self.transactions}
        for status in (Status.REFUSED, Status.ERROR, Status.ABORTED):
            if status in found:
                return status.value
        # UNCERTAIN is no documented status of an authorisation: the whole says PENDING.
        waiting = found & {Status.PENDING, Status.UNCERTAIN}
        return Status.PENDING.value if waiting else Status.AUTHORIZED.value


def _extent(part: int, base: int) -> str:
    if part == 0:
        return "NOT"
    return "TOTALLY" if part >= base else "PARTIALLY"


def operation_status(parts: list[PurseOperationPart]) -> str:
    """Of all its parts; that one open part keeps the whole open is [inferred] from the seed's table."""
    found = {part.status for part in parts}
    for status in (PartStatus.PENDING, PartStatus.UNCERTAIN):
        if status in found:
            return status.value
    if len(found) > 1:
        return "CONFLICT"
    return PartStatus(found.pop()).value


def refunds_by_capture(ledger: Ledger) -> dict[str, int]:
    """Part id of each capture -> what is left to refund of it; the oldest capture gives first [inferred]."""
    taken: dict[str, int] = {
        account.transaction.pk: account.refunded + account.refund_open for account in ledger.accounts
    }
    left: dict[str, int] = {}
    for operation in ledger.operations:
        for part in operation.parts.all() if operation.kind == Kind.CAPTURE else ():
            if part.status != PartStatus.SUCCESS:
                left[part.pk] = 0
                continue
            used = min(part.amount, taken[part.transaction_id])
            taken[part.transaction_id] -= used
            left[part.pk] = part.amount - used
    return left
