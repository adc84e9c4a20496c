"""What may be done to a payment afterwards? Captures, voids, refunds, within what there is (sections 11.2, 11.3)."""

from typing import Any

from django.db import transaction
from django.db.models import Sum

from providers.sandbox import clock, faults
from providers.sandbox.cards import Ending
from providers.sandbox.ecomcharge import codes, gateway, notices, shapes
from providers.sandbox.ecomcharge.gateway import Answer, Call, method
from providers.sandbox.ecomcharge.models import EcomchargeTransaction
from providers.sandbox.ecomcharge.objections import NotFound, refuse
from providers.sandbox.ecomcharge.signing import SLUG

Status = EcomchargeTransaction.Status
# What a child may be made of, and which children eat from the same amount.
_PARENTS = {
    "capture": ("authorization",),
    "void": ("authorization",),
    "refund": ("payment", "capture", "charge"),
}
_SHARE = {"capture": ("capture", "void"), "void": ("capture", "void"), "refund": ("refund",)}


def left(parent: EcomchargeTransaction, kind: str) -> int:
    """How much of the parent such a child may still have."""
    if parent.type not in _PARENTS[kind] or parent.status != Status.SUCCESSFUL:
        return 0
    eaten = parent.children.filter(type__in=_SHARE[kind]).exclude(status=Status.FAILED)
    return parent.amount - (eaten.aggregate(sum=Sum("amount"))["sum"] or 0)


def make(
    parent: EcomchargeTransaction, kind: str, amount: int, *, reason: str = "", tracking_id: str = ""
) -> EcomchargeTransaction:
    """The child, done or declined. Inside transaction.atomic(), after the ceiling was looked at."""
    now = clock.now()
    child = EcomchargeTransaction(
        account=parent.account, parent=parent, type=kind, amount=amount, currency=parent.currency,
        test=parent.test, method=parent.method, reason=reason, tracking_id=tracking_id, base=parent.base,
        asked={"notification_url": parent.asked.get("notification_url")}, created_at=now, updated_at=now,
    )  # fmt: skip
    # Only a fault that names this call: one for "the next payment" waits for a payment.
    armed = faults.take(SLUG, faults.OUTCOMES, kind, only_named=True)
    if armed and armed.fault == Ending.REFUSE:
        known = codes.CODES.get(codes.of_reason(armed.reason))
        child.status, child.message = Status.FAILED, shapes.decline_message(kind)
        if known:
            child.message, child.friendly, child.code = known.message, known.friendly, known.code
    else:
        child.status, child.message, child.paid_at = Status.SUCCESSFUL, shapes.SUCCESS, now
    child.save()
    clock.ring()
    notices.tell(child)
    return child


def _child(call: Call, kind: str, *, by_card: bool = True) -> Answer:
    read = call.read
    uid = read.text("parent_uid", required=True, longest=64)
    amount = read.integer("amount", required=True) or 0
    reason = read.text("reason", required=kind == "refund")
    tracking_id = read.text("tracking_id")
    call.sound()
    with transaction.atomic():
        parent = EcomchargeTransaction.objects.filter(pk=uid, account=call.caller.name).first()
        if parent is None or (parent.method == "credit_card") != by_card or parent.type not in _PARENTS[kind]:
            raise refuse("parent_uid", why="Parent transaction is not found")  # [public: vcr]
        if parent.status != Status.SUCCESSFUL:
            raise refuse("parent_uid", why="Parent transaction is not successful")
        if parent.method == "erip":
            raise refuse("base", why="Refund is not available for ERIP")
        gateway.refuse_duplicate(call, kind, amount, parent=parent)
        ceiling = left(parent, kind)
        if amount > ceiling:
            raise refuse("amount", why=f"can't be greater than {ceiling}")
        child = make(parent, kind, amount, reason=reason, tracking_id=tracking_id)
    return shapes.transaction(child, immediate=True)


@method("POST")
def capture(call: Call) -> Answer:
    return _child(call, "capture")


@method("POST")
def void(call: Call) -> Answer:
    return _child(call, "void")


@method("POST")
def refund(call: Call) -> Answer:
    return _child(call, "refund")


@method("POST")
def refund_other(call: Call) -> Answer:
    """beyag/transactions/refunds: another method than a card, and not ERIP [public: woo]."""
    return _child(call, "refund", by_card=False)


@method("POST")
def renotify(call: Call, uid: str) -> Answer:
    """The webhook once more [public: ruby]; the answer's body is ours [inferred]."""
    tx = (
        EcomchargeTransaction.objects.select_related("parent")
        .filter(pk=uid, account=call.caller.name)
        .first()
    )
    if tx is None:
        raise NotFound
    notices.tell_again(tx)
    return shapes.transaction(tx)


def back_office(parent: EcomchargeTransaction, kind: str, amount: int | None, reason: str) -> Any:
    """A child that the merchant made by hand; None when there is nothing left for it."""
    with transaction.atomic():
        ceiling = left(parent, kind)
        wanted = ceiling if amount is None else amount
        if not 0 < wanted <= ceiling:
            return None
        return make(parent, kind, wanted, reason=reason or ("Back office" if kind == "refund" else ""))
