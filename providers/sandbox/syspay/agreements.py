"""How does a billing agreement live? From PAYMENT_MANDATE on: active with its first payment, rebilled, ended.

Nobody is told here: the caller tells, once everything is saved. Inside transaction.atomic().
"""

from datetime import UTC, datetime
from typing import Any

from providers.sandbox import appointments, clock
from providers.sandbox.syspay import notices, payments, plans
from providers.sandbox.syspay.codes import Refused
from providers.sandbox.syspay.models import SyspayAgreement, SyspayPayment
from providers.sandbox.syspay.signing import SLUG


def card_ends(card: dict[str, Any]) -> datetime | None:
    """The first moment a card is too old: the month after its expiry."""
    if not card:
        return None
    month = datetime(int(card["exp_year"]), int(card["exp_month"]), 1, tzinfo=UTC)
    return plans.later(month, 1, "month")


def activate(agreement: SyspayAgreement) -> None:
    agreement.status = "ACTIVE"
    agreement.expires_at = card_ends(agreement.card)
    agreement.save()
    if agreement.expires_at:
        appointments.make_at(SLUG, "agreement_expires", str(agreement.pk), agreement.expires_at)


def fall_through(agreement: SyspayAgreement) -> None:
    """Its first payment failed, or the payer cancelled."""
    agreement.status = "CANCELLED"
    agreement.save()


def close(agreement: SyspayAgreement, reason: str) -> None:
    agreement.status, agreement.end_reason = "ENDED", reason
    agreement.save()
    appointments.cancel(SLUG, "agreement_expires", str(agreement.pk))
    clock.ring()


def cancel(agreement: SyspayAgreement, reason: str = "UNSUBSCRIBED_MERCHANT") -> None:
    if agreement.status != "ACTIVE":
        raise Refused(60003)
    close(agreement, reason)
    notices.tell(agreement)


def rebill(
    agreement: SyspayAgreement, *, reference: str, amount: int, currency: str, asked: dict[str, Any]
) -> SyspayPayment:
    if agreement.status != "ACTIVE":
        raise Refused(60003)
    if currency != agreement.currency:
        raise Refused(30027, "currency")
    if payments.reference_taken(agreement.account, reference):
        raise Refused(30008, "reference")
    made = payments.charge(
        agreement, "BILLING_AGREEMENT_REBILL", amount=amount, reference=reference, asked=asked
    )
    notices.tell(made)
    return made


def expire(number: str) -> None:
    """At an appointment: the card is too old."""
    agreement = SyspayAgreement.objects.filter(pk=number, status="ACTIVE").first()
    if agreement and agreement.expires_at and agreement.expires_at <= clock.now():
        close(agreement, "SUSPENDED_EXPIRED")
        notices.tell(agreement)
