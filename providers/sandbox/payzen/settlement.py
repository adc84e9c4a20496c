"""What becomes of a transaction afterwards? Validation, capture, cancellation, refund; by web service, hand or clock.

Functions run inside transaction.atomic() and raise Refused (envelope) when the contract's rules forbid the act.
"""

import secrets
from datetime import timedelta

from providers.sandbox import accounts, appointments, clock
from providers.sandbox.payzen import notices, payments, shapes
from providers.sandbox.payzen.envelope import Refused, wrong
from providers.sandbox.payzen.models import PayzenTransaction
from providers.sandbox.payzen.signing import SLUG

_TO_VALIDATE = ("AUTHORISED_TO_VALIDATE", "WAITING_AUTHORISATION_TO_VALIDATE")
CANCELLABLE = ("AUTHORISED", "WAITING_AUTHORISATION", *_TO_VALIDATE)
MODES = ("AUTO", "CANCELLATION_ONLY", "REFUND_ONLY")


def refundable(tx: PayzenTransaction) -> int:
    """What is left to give back of a captured payment."""
    if tx.operation != "DEBIT" or tx.detailed != "CAPTURED":
        return 0
    return tx.amount - sum(one.amount for one in tx.refunds.all() if one.detailed in shapes.PAID)


def cancel(tx: PayzenTransaction, comment: str = "") -> PayzenTransaction:
    """The same uuid, CANCELLED."""
    if tx.detailed == "CANCELLED":
        raise Refused("PSP_105")
    if tx.detailed == "CAPTURED":
        raise Refused("PSP_075")
    if tx.detailed not in CANCELLABLE:
        raise Refused("PSP_503", status=tx.detailed)
    for action in ("capture", "lapse"):
        appointments.cancel(SLUG, action, tx.uuid)
    tx.detailed, tx.comment = "CANCELLED", comment
    tx.save()
    clock.ring()
    return tx


def reduce(tx: PayzenTransaction, amount: int, comment: str = "") -> PayzenTransaction:
    """A part is cancelled before the capture: the same uuid, and less money."""
    if tx.detailed not in CANCELLABLE:
        raise Refused("PSP_503", status=tx.detailed)
    if not 0 < amount <= tx.amount:
        raise Refused("PSP_510")
    tx.amount, tx.comment = amount, comment
    tx.save()
    clock.ring()
    return tx


def refund(tx: PayzenTransaction, amount: int | None, comment: str = "") -> PayzenTransaction:
    """A new transaction, CREDIT. Refunds stack: the platform knows no replay."""
    if tx.operation != "DEBIT" or tx.detailed in shapes.UNPAID or tx.detailed == "ACCEPTED":
        raise Refused("PSP_083")
    if tx.detailed != "CAPTURED":
        raise Refused("PSP_076")
    left = refundable(tx)
    if not left:
        raise Refused("PSP_104")
    if amount is not None and amount > left:
        raise Refused("PSP_510")
    now = clock.now()
    made = PayzenTransaction.objects.create(
        charge=tx.charge, parent=tx, account=tx.account, mode=tx.mode, amount=amount or left, currency=tx.currency,
        order_id=tx.order_id, operation="CREDIT", detailed="AUTHORISED", token=tx.token, from_token=tx.from_token,
        card=tx.card, customer=tx.customer, metadata=tx.metadata, comment=comment,
        sequence=tx.sequence + tx.refunds.count() + 1, legacy_id=f"{secrets.randbelow(900_000):06d}",
        ipn_url=tx.ipn_url, created_at=now, authorised_at=now, capture_at=now + _settles_in(tx),
    )  # fmt: skip
    payments.schedule_capture(made)
    clock.ring()
    return made


def _settles_in(tx: PayzenTransaction) -> timedelta:
    return timedelta(seconds=int(accounts.settings_of(SLUG, tx.account)["settle_seconds"]))


def cancel_or_refund(
    tx: PayzenTransaction, amount: int | None, currency: str, mode: str = "AUTO", comment: str = ""
) -> PayzenTransaction:
    """Not captured: cancelled (a part: reduced). Captured: refunded."""
    if currency and currency != tx.currency:
        raise wrong("currency", currency, "INT_010")
    captured = tx.detailed == "CAPTURED" or tx.detailed == "ACCEPTED"
    if tx.detailed == "CANCELLED":
        raise Refused("PSP_105")
    if tx.detailed in shapes.UNPAID:
        raise Refused("PSP_083")
    if captured:
        if mode == "CANCELLATION_ONLY":
            raise Refused("PSP_075")
        return refund(tx, amount, comment)
    if mode == "REFUND_ONLY":
        raise Refused("PSP_076")
    if amount is not None and amount > tx.amount:
        raise Refused("PSP_510")
    if amount is not None and amount < tx.amount:
        return reduce(tx, tx.amount - amount, comment)
    return cancel(tx, comment)


def validate(tx: PayzenTransaction, comment: str = "") -> PayzenTransaction:
    """*_TO_VALIDATE becomes AUTHORISED (or goes on waiting for its authorisation), and is captured by itself."""
    if tx.detailed not in _TO_VALIDATE:
        raise Refused("PSP_503", status=tx.detailed)
    appointments.cancel(SLUG, "lapse", tx.uuid)
    tx.detailed = tx.detailed.removesuffix("_TO_VALIDATE")
    tx.comment = comment
    # It goes with the next settlement: the one it was meant for may be gone.
    tx.capture_at = max(tx.capture_at, clock.now() + _settles_in(tx))
    tx.save()
    payments.schedule_capture(tx)
    clock.ring()
    return tx


def capture_now(tx: PayzenTransaction) -> None:
    """By hand: the settlement comes early."""
    if tx.detailed not in ("AUTHORISED", "WAITING_AUTHORISATION"):
        raise Refused("PSP_503", status=tx.detailed)
    appointments.cancel(SLUG, "capture", tx.uuid)
    _capture(tx)


# At an appointment.


def capture(uuid: str) -> None:
    tx = payments.find(uuid)
    if tx and tx.detailed in ("AUTHORISED", "WAITING_AUTHORISATION"):
        _capture(tx)


def _capture(tx: PayzenTransaction) -> None:
    waited = tx.detailed == "WAITING_AUTHORISATION"
    tx.detailed, tx.captured_at = "CAPTURED", clock.now()
    tx.authorised_at = tx.authorised_at or clock.now()
    tx.save()
    clock.ring()
    # The bank was asked only now, and that is a final result; batches are told when the account says so.
    if waited or accounts.settings_of(SLUG, tx.account)["batch_notices"]:
        notices.tell(tx)


def lapse(uuid: str) -> None:
    """Nobody validated it in time."""
    tx = payments.find(uuid)
    if tx and tx.detailed in _TO_VALIDATE:
        tx.detailed = "EXPIRED"
        tx.save()
        notices.tell(tx)
        clock.ring()
