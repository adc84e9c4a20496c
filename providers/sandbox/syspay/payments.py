"""What is paid with, how will it end, and what does a payment's row say? What follows from it stands in endings.

Functions run inside transaction.atomic(), unless they only read.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Sum

from providers.sandbox import accounts, clock, faults
from providers.sandbox.cards import Ending, TestCard
from providers.sandbox.syspay import codes, testcards
from providers.sandbox.syspay.codes import Refused
from providers.sandbox.syspay.models import (
    SyspayAgreement,
    SyspayPayment,
    SyspayRefund,
    SyspaySubscription,
    SyspayTerminal,
)  # fmt: skip
from providers.sandbox.syspay.signing import SLUG

Status = SyspayPayment.Status
# [inferred]: somebody filled in a form, or nobody was there.
BY_FORM, BY_API = "BUYER", "API"
# The refund's status when the bank turned it down later; SUCCESS is the only word a source shows [inferred].
REFUND_FAILED = "FAILED"


@dataclass(frozen=True)
class Instrument:
    """A test card as it may be kept, how it ends now, and how it fails when it is charged again."""

    ending: Ending = Ending.APPROVE
    failure: str = ""
    card: dict[str, Any] = field(default_factory=dict)
    later_failure: str = ""


def instrument_of(known: TestCard, *, holder: str, expiry: str) -> Instrument:
    failure = codes.failure_of(known.reason)
    refused = known.ending in (Ending.REFUSE, Ending.REFUSE_LATER)
    return Instrument(
        ending=known.ending, failure=failure, card=testcards.shown(known, holder=holder, expiry=expiry),
        later_failure=failure if refused else "",
    )  # fmt: skip


def fate(given: Instrument, reason: str = "") -> tuple[Ending, str, int]:
    """Ending, failure category and seconds: a fault beats the card."""
    ending, failure, seconds = given.ending, codes.failure_of(reason) if reason else given.failure, 0
    if armed := faults.take(SLUG, faults.OUTCOMES, "pay"):
        ending, failure = Ending(armed.fault), codes.failure_of(armed.reason)
    if ending in (Ending.APPROVE, Ending.CHALLENGE) and (late := faults.take(SLUG, ("delayed",), "pay")):
        ending, seconds = Ending.DELAYED, late.seconds
    return ending, failure, seconds


def make(
    terminal: SyspayTerminal, *, payment_type: str, reference: str, amount: int, currency: str, preauth: bool,
    description: str, card: dict[str, Any], customer: dict[str, Any],
    subscription: SyspaySubscription | None = None, agreement: SyspayAgreement | None = None,
) -> SyspayPayment:  # fmt: skip
    """A payment of the form, OPEN."""
    now = clock.now()
    settings = accounts.settings_of(SLUG, terminal.account)
    return SyspayPayment.objects.create(
        account=terminal.account, terminal=terminal, subscription=subscription, agreement=agreement,
        payment_type=payment_type, flow=BY_FORM, reference=reference, amount=amount, currency=currency,
        preauth=preauth, description=description, website=terminal.asked.get("website") or settings["website"],
        ems_url=terminal.asked.get("ems_url") or "", card=card, customer=customer, created_at=now,
        processed_at=now,
    )  # fmt: skip


def charge(
    holder: SyspaySubscription | SyspayAgreement, payment_type: str, *, amount: int, reference: str,
    at: datetime | None = None, asked: dict[str, Any] | None = None,
) -> SyspayPayment:  # fmt: skip
    """A saved card, charged without anybody there: it succeeds or fails at once."""
    asked, at = asked or {}, at or clock.now()
    subscription = holder if isinstance(holder, SyspaySubscription) else None
    agreement = holder if isinstance(holder, SyspayAgreement) else None
    made = SyspayPayment.objects.create(
        account=holder.account, subscription=subscription, agreement=agreement, payment_type=payment_type,
        flow=BY_API, reference=reference,
        amount=amount, currency=holder.currency, description=asked.get("description") or holder.description,
        extra=asked.get("extra") or "", website=holder.website, ems_url=asked.get("ems_url") or holder.ems_url,
        card=holder.card, customer=holder.customer, created_at=at, processed_at=at,
    )  # fmt: skip
    failure = holder.later_failure
    if armed := faults.take(SLUG, faults.OUTCOMES, "renew"):
        # Nobody is there to answer 3-D Secure, or to change their mind.
        refused = armed.fault in (Ending.REFUSE, Ending.CANCEL)
        failure = codes.failure_of(armed.reason) if refused else ""
    mark(made, failed_as(failure) if failure else Status.SUCCESS, failure, at=at)
    return made


def failed_as(failure: str) -> Status:
    return Status.ERROR if failure == codes.ERROR else Status.FAILED


def mark(payment: SyspayPayment, status: Status, failure: str = "", *, at: datetime | None = None) -> None:
    """The row says how it ended; nobody has been told yet."""
    at = at or clock.now()
    payment.status, payment.challenge = status, False
    payment.failure_category = failure if status == Status.FAILED else ""
    payment.processed_at = at
    payment.settled_at = at if status == Status.SUCCESS else None
    payment.save()
    clock.ring()


# References.


def reference_taken(account: str, reference: str, *, but: SyspayTerminal | None = None) -> bool:
    """30008 [seed: UNIQUE]. `reference_taken_by`: from the request on, or from the first payment only."""
    settings = accounts.settings_of(SLUG, account)
    same = {"account": account, "reference": reference}
    used = any(
        model.objects.filter(**same).exclude(terminal__in=[but] if but else []).exists()
        for model in (SyspayPayment, SyspaySubscription, SyspayAgreement)
    )
    if used or settings["reference_taken_by"] == "payment":
        return used
    asked = SyspayTerminal.objects.filter(**same)
    return (asked.exclude(pk=but.pk) if but else asked).exists()


# Money back.


def refunded(payment: SyspayPayment) -> int:
    sums = payment.refunds.exclude(status=REFUND_FAILED).aggregate(sum=Sum("amount"))
    return sums["sum"] or 0


def check_refund(payment: SyspayPayment, *, reference: str, amount: int, currency: str) -> None:
    """Section 6: the currency of the payment, and never more than it in total."""
    settings = accounts.settings_of(SLUG, payment.account)
    if not settings["refunds_allowed"]:
        raise Refused(30034)
    if "CREDITCARD" in settings["methods_without_refunds"].split(","):
        raise Refused(20039)
    if payment.status != Status.SUCCESS:
        raise Refused(40001, "payment_id")
    if SyspayRefund.objects.filter(account=payment.account, reference=reference).exists():
        raise Refused(40003, "reference")
    if currency != payment.currency:
        raise Refused(40004, "currency")
    if refunded(payment) + amount > payment.amount:
        raise Refused(40006, "amount")


def refund(
    payment: SyspayPayment, *, reference: str, amount: int, currency: str, asked: dict[str, Any],
    failed: bool = False,
) -> SyspayRefund:  # fmt: skip
    """Made at once; a failed one gives nothing back."""
    check_refund(payment, reference=reference, amount=amount, currency=currency)
    made = SyspayRefund.objects.create(
        account=payment.account, payment=payment, reference=reference, amount=amount, currency=currency,
        status=REFUND_FAILED if failed else "SUCCESS", description=asked.get("description") or "",
        extra=asked.get("extra") or "", ems_url=asked.get("ems_url") or "", processed_at=clock.now(),
    )  # fmt: skip
    clock.ring()
    return made
