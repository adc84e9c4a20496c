"""How does SysPay write it? The objects of API, EMS and redirect, in both generations (sections 3 to 6)."""

from datetime import datetime
from typing import Any

from providers.sandbox import accounts
from providers.sandbox.syspay.models import (
    SyspayAgreement,
    SyspayChargeback,
    SyspayPayment,
    SyspayRefund,
    SyspaySubscription,
)  # fmt: skip
from providers.sandbox.syspay.signing import SLUG

Shape = dict[str, Any]
_METHOD = "CREDITCARD"
_CONTRACT, _DESCRIPTOR = "SysPay", "Sandbox contract"


def stamp(moment: datetime | None) -> int | None:
    """Unix seconds."""
    return int(moment.timestamp()) if moment else None


def method(card: dict[str, Any]) -> Shape | None:
    if not card:
        return None
    return {
        "type": _METHOD, "display": card["display"], "cardholder": card["cardholder"],
        "exp_month": card["exp_month"], "exp_year": card["exp_year"],
    }  # fmt: skip


def customer(given: dict[str, Any]) -> Shape:
    return {
        "email": given.get("email"), "language": given.get("language"), "ip": given.get("ip"),
        "mobile": given.get("mobile_phone"),
    }  # fmt: skip


def redirect(payment: SyspayPayment) -> str | None:
    """Where the payer has to go while the payment is OPEN."""
    if payment.status != SyspayPayment.Status.OPEN or payment.terminal is None:
        return None
    return f"{payment.terminal.base}/eterminal/{payment.terminal.token}"


def payment(one: SyspayPayment) -> Shape:
    settings = accounts.settings_of(SLUG, one.account)
    return {
        "id": one.pk, "payment_type": one.payment_type, "reference": one.reference, "amount": one.amount,
        "currency": one.currency, "status": one.status, "flow": one.flow,
        "processing_time": stamp(one.processed_at), "extra": one.extra or None,
        "description": one.description or None, "website": one.website, "website_url": settings["website_url"] or None,
        "failure_category": one.failure_category or None, "chip_and_pin_status": None, "contract": _CONTRACT,
        "descriptor": _DESCRIPTOR, "account_id": settings["account_id"], "merchant_id": settings["merchant_id"],
        "merchant_login": settings["login"], "settlement_date": stamp(one.settled_at), "preauth": one.preauth,
        "billing_agreement": agreement(one.agreement) if one.agreement else None,
        "subscription": subscription(one.subscription) if one.subscription else None,
        "payment_method": method(one.card),
    }  # fmt: skip


def refund(one: SyspayRefund) -> Shape:
    return {
        "id": one.pk, "status": one.status, "reference": one.reference, "amount": one.amount,
        "currency": one.currency, "description": one.description or None, "extra": one.extra or None,
        "processing_time": stamp(one.processed_at), "payment": payment(one.payment),
    }  # fmt: skip


def chargeback(one: SyspayChargeback) -> Shape:
    return {
        "id": one.pk, "status": one.status, "amount": one.amount, "currency": one.currency,
        "reason_code": one.reason_code, "processing_time": stamp(one.processed_at),
        "bank_time": stamp(one.bank_at), "payment": payment(one.payment),
    }  # fmt: skip


def agreement(one: SyspayAgreement) -> Shape:
    # `reference` is in no list of the contract, but without it a mandate that costs nothing could not be told apart.
    return {
        "id": one.pk, "status": one.status, "currency": one.currency, "reference": one.reference, "extra": None,
        "description": one.description or None, "end_reason": one.end_reason or None,
        "expiration_date": stamp(one.expires_at), "payment_method": method(one.card),
        "customer": customer(one.customer),
    }  # fmt: skip


def subscription(one: SyspaySubscription) -> Shape:
    plan = {
        "id": one.pk, "type": one.plan_type, "currency": one.currency,
        "description": one.description or None,
    } | {name: value for name, value in one.plan.items() if name != "currency"}  # fmt: skip
    upcoming = {"event_type": one.next_type, "scheduled_date": stamp(one.next_at)} if one.next_type else None
    return {
        "id": one.pk, "created": stamp(one.created_at), "start_date": stamp(one.start_at),
        "end_date": stamp(one.end_at), "status": one.status, "phase": one.phase,
        "end_reason": one.end_reason or None, "plan_id": one.pk, "plan_type": one.plan_type, "plan": plan,
        "reference": one.reference, "extra": None, "ems_url": one.ems_url or None, "website_id": one.website,
        "payment_method": method(one.card), "customer": customer(one.customer), "next_event": upcoming,
    }  # fmt: skip


OBJECTS = {
    SyspayPayment: ("payment", payment),
    SyspayRefund: ("refund", refund),
    SyspayChargeback: ("chargeback", chargeback),
    SyspayAgreement: ("billing_agreement", agreement),
    SyspaySubscription: ("subscription", subscription),
}
Told = SyspayPayment | SyspayRefund | SyspayChargeback | SyspayAgreement | SyspaySubscription


def named(one: Told) -> tuple[str, Shape]:
    """The v1 word for it, and the object."""
    word, shape = OBJECTS[type(one)]
    return word, shape(one)  # type: ignore[operator]


def v2(one: Told) -> Shape:
    """A bare object with a `class`. The payment is the contract's sample; of the others only the word is known."""
    if isinstance(one, SyspayPayment):
        return _payment_v2(one)
    word, shape = named(one)
    if "payment" in shape:
        shape["payment"] = _payment_v2(one.payment)  # type: ignore[union-attr]
    return {"class": "mandate" if word == "billing_agreement" else word} | shape


def _payment_v2(one: SyspayPayment) -> Shape:
    first = payment(one)
    kept = (
        "id", "reference", "amount", "currency", "status", "flow", "processing_time", "contract", "descriptor",
        "extra", "description", "account_id", "merchant_id", "merchant_login", "settlement_date",
        "failure_category", "chip_and_pin_status",
    )  # fmt: skip
    card = one.card
    details = {
        "class": "payment_method_details", "holder": card.get("cardholder"), "scheme": card.get("scheme"),
        "exp_month": card.get("exp_month"), "exp_year": card.get("exp_year"),
    }  # fmt: skip
    return {"class": "payment"} | {name: first[name] for name in kept} | {
        "preauth_expiration_date": None, "action_url": redirect(one), "source": one.website, "capture_date": None,
        "token": None, "processor_reference": None,
        "customer": {
            "class": "customer", "email": one.customer.get("email"), "language": one.customer.get("language"),
            "firstname": one.customer.get("first_name"), "lastname": one.customer.get("last_name"),
            "billing_address": None,
        },
        "payment_method": {
            "class": "payment_method", "type": _METHOD, "validation_status": "NOT_VALIDATED",
            "validation_date": None, "invalid_reason": None, "display": card.get("display"), "details": details,
        } if card else None,
    }  # fmt: skip
