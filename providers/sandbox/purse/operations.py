"""What happens when a merchant captures, voids or refunds? Distributed over the split, played partner by partner.

The functions expect to run inside transaction.atomic().
"""

import secrets

from providers.sandbox import accounts, appointments, clock, faults
from providers.sandbox.purse import bodies, gifts, partners, priorities, shapes, webhooks
from providers.sandbox.purse.bearer import SLUG
from providers.sandbox.purse.ledger import Account, Kind, Ledger, PartStatus
from providers.sandbox.purse.models import PurseOperation, PurseOperationPart, PursePayment
from providers.sandbox.purse.problems import Problem

OPEN = (PartStatus.PENDING, PartStatus.UNCERTAIN)


def operate(payment: PursePayment, kind: str, asked: bodies.Operation) -> PurseOperation:
    """A merchant's operation. More than there is available refuses the whole, and nothing happens [inferred]."""
    settings = accounts.settings_of(SLUG, payment.account)
    used = payment.operations.exclude(merchant_reference="").values_list("merchant_reference", flat=True)
    if settings["enforce_merchant_reference"] and asked.merchant_reference in used:
        raise Problem(409, "merchant_reference: was used for this payment before")
    books = Ledger(payment)
    amount = asked.amount if asked.amount is not None else books.available(kind)
    chosen = asked.priorities if asked.priorities is not None else priorities.DEFAULTS[kind]
    taken_from = priorities.ordered(
        books.accounts, chosen, unmatched_last=settings["priority_unmatched_last"]
    )
    available = [account.available(kind) for account in taken_from]
    if amount <= 0 or amount > sum(available):
        raise Problem(
            422, f"Amount must be less or equal to the amount available to {kind}: {sum(available)}.",
            field="amount",
        )  # fmt: skip
    shares = zip(taken_from, priorities.distribute(amount, available), strict=True)
    operation = _perform(
        payment, kind, [(account, share) for account, share in shares if share],
        merchant_reference=asked.merchant_reference, order=asked.order,
    )  # fmt: skip
    webhooks.changed(payment)
    return operation


def _perform(
    payment: PursePayment, kind: str, shares: list[tuple[Account, int]], *, merchant_reference: str = "",
    order: dict[str, object] | None = None, triggered_by: str = shapes.BY_MERCHANT,
) -> PurseOperation:  # fmt: skip
    now = clock.now()
    operation = PurseOperation.objects.create(
        number=payment.operations.count() + 1, payment=payment, kind=kind,
        amount=sum(share for _, share in shares), triggered_by=triggered_by,
        merchant_reference=merchant_reference, order=order or {}, created_at=now,
    )  # fmt: skip
    for place, (account, share) in enumerate(shares):
        status, seconds = _outcome(kind, account)
        part = PurseOperationPart.objects.create(
            operation=operation, transaction=account.transaction, place=place, amount=share, status=status,
            partner_reference=secrets.token_hex(8).upper(), created_at=now, updated_at=now,
        )  # fmt: skip
        if status == PartStatus.SUCCESS:
            _move_gift_money(part)
        if seconds:
            appointments.make(SLUG, "partner_settles", part.pk, seconds=seconds)
    return operation


def _outcome(kind: str, account: Account) -> tuple[str, int]:
    """How this partner answers, and after how many seconds on the clock it ends by itself (0: never)."""
    tx = account.transaction
    # A fault's reason may name the partner it strikes: a partner, a method, or both.
    about = ("", tx.partner, tx.method, f"{tx.partner}/{tx.method}")
    if armed := faults.take(SLUG, faults.OPERATION, kind, about=about):
        status = {"pending": PartStatus.PENDING, "uncertain": PartStatus.UNCERTAIN}.get(
            armed.fault, PartStatus.FAILURE
        )
        return status, 0 if status == PartStatus.FAILURE else armed.seconds
    if kind == Kind.VOID:
        return PartStatus.SUCCESS, 0
    return PartStatus(partners.find(tx.partner, tx.method).operates), 0


def _move_gift_money(part: PurseOperationPart) -> None:
    if part.operation.kind in (Kind.VOID, Kind.REFUND):
        gifts.give_back(part.transaction.gift_card, part.amount)


def settle(part: PurseOperationPart, status: str) -> None:
    """A part that was open ends, or becomes uncertain."""
    if part.status not in OPEN:
        return
    part.status, part.updated_at = PartStatus(status), clock.now()
    part.save()
    if part.status == PartStatus.SUCCESS:
        _move_gift_money(part)


def settle_later(subject: str) -> None:
    found = PurseOperationPart.objects.select_related("operation__payment__session", "transaction")
    part = found.filter(pk=subject, status__in=OPEN).first()
    if part:
        settle(part, PartStatus.SUCCESS)
        webhooks.changed(part.operation.payment)


def capture_by_itself(payment: PursePayment) -> None:
    """What is captured without a merchant's call: all of it (AUTOMATIC), or the gift cards (a setting)."""
    settings = accounts.settings_of(SLUG, payment.account)
    automatic = payment.asked.get("capture_mode") == "AUTOMATIC"
    if payment.operations.exists() or not (automatic or settings["gift_cards_capture_themselves"]):
        return
    shares = [
        (account, account.capturable)
        for account in priorities.ordered(Ledger(payment).accounts, priorities.DEFAULTS["capture"])
        if account.capturable and (automatic or account.method in priorities.GIFT_CARD_METHODS)
    ]
    if shares:
        _perform(payment, Kind.CAPTURE, shares, triggered_by=shapes.BY_ITSELF)
