"""How does a payment come to its end? The shop's server starts it; card form, API or clock end it.

The functions expect to run inside transaction.atomic().
"""

import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from providers.sandbox import accounts, appointments, clock, faults, masking
from providers.sandbox.cards import CHALLENGE_CODE, CHALLENGE_TRIES, Ending, TestCard, brand
from providers.sandbox.epc.models import EpcAlias, EpcOrder, EpcPayment
from providers.sandbox.epc.orders import ENDED, SLUG, State, Status
from providers.sandbox.fields import Wrong


@dataclass(frozen=True)
class Intent:
    """One entry of payments[], with what the whole request says."""

    amount: int
    method_id: int
    alias: str
    session_id: str
    return_url: str
    contact: str
    create_token: bool
    at: str


def start(order: EpcOrder, intents: list[Intent]) -> list[EpcPayment]:
    """createPaymentsAndCloseOrder: a new attempt. Entries with a saved card are decided at once."""
    order.attempt += 1
    order.state = State.CLOSING
    order.save()
    begun = [_create(order.account, order.currency, intent, order=order) for intent in intents]
    for payment, intent in zip(begun, intents, strict=True):
        if intent.alias:
            _charge_alias(payment, intent)
    clock.ring()
    return begun


def start_alias(account: str, currency: str, intent: Intent) -> EpcPayment:
    """createAlias (ours): a transaction of no money, whose only result is a saved card."""
    return _create(account, currency, intent, order=None)


def _create(account: str, currency: str, intent: Intent, *, order: EpcOrder | None) -> EpcPayment:
    now = clock.now()
    return EpcPayment.objects.create(
        account=account, order=order, attempt=order.attempt if order else 0, amount=intent.amount,
        currency=currency, method_id=intent.method_id, session_id=intent.session_id,
        return_url=intent.return_url, contact=intent.contact, create_token=intent.create_token,
        created_at=now, updated_at=now,
    )  # fmt: skip


def _charge_alias(payment: EpcPayment, intent: Intent) -> None:
    saved = EpcAlias.objects.filter(
        alias=intent.alias, account=payment.account, contact=intent.contact
    ).first()
    if saved is None:
        raise Wrong(f"{intent.at}.cardAlias", "is not a saved card of this contact")
    payment.masked, payment.card_type, payment.card_expiry = saved.masked, saved.card_type, saved.card_expiry
    payment.alias = saved.alias
    ending, reason = Ending(saved.ending), ""
    if armed := faults.take(SLUG, faults.OUTCOMES):
        # Nobody is there to pass a challenge when the shop charges a saved card.
        ending, reason = Ending(armed.fault), armed.reason
        ending = Ending.APPROVE if ending is Ending.CHALLENGE else ending
    _end(payment, ending, reason)


def open_for_paying(payment: EpcPayment) -> bool:
    """May the shopper still do something with it?"""
    if payment.order is None:
        return payment.status in (Status.WAITING, Status.IN_PROGRESS)
    current = payment.order.state == State.CLOSING and payment.attempt == payment.order.attempt
    return current and payment.status in (Status.WAITING, Status.IN_PROGRESS)


def submit(
    payment: EpcPayment, ending: Ending, *, card: TestCard | None, expiry: str = "", reason: str = ""
) -> None:
    """The shopper's card reached the bank. Only the first submit of a waiting payment does anything."""
    if payment.status != Status.WAITING or not open_for_paying(payment):
        return
    if armed := faults.take(SLUG, faults.OUTCOMES):
        ending, reason = Ending(armed.fault), armed.reason
    seconds = 0
    if (delayed := faults.take(SLUG, ("delayed",), "pay", only_named=True)) and ending is Ending.APPROVE:
        ending, seconds = Ending.DELAYED, delayed.seconds
    if card is not None and ending is not Ending.CANCEL:
        payment.masked, payment.card_type = masking.card_number(card.number), brand(card.number)
        payment.card_expiry = expiry or "12/2030"
        payment.later_ending = Ending.REFUSE if card.ending is Ending.REFUSE_LATER else Ending.APPROVE
        reason = reason or card.reason
    _end(payment, ending, reason, seconds=seconds)


def _end(payment: EpcPayment, ending: Ending, reason: str, *, seconds: int = 0) -> None:
    match ending:
        case Ending.APPROVE | Ending.SLOW | Ending.REFUSE_LATER:
            _approve(payment)
        case Ending.REFUSE:
            payment.status, payment.reason = Status.FAILED, reason or "do_not_honour"
        case Ending.CANCEL:
            payment.status = Status.CANCELLED_BY_USER
        case Ending.CHALLENGE | Ending.CHALLENGE_REFUSE:
            payment.status, payment.challenge, payment.reason = Status.IN_PROGRESS, ending, reason
        case Ending.DELAYED:
            payment.status = Status.IN_PROGRESS
            seconds = seconds or accounts.settings_of(SLUG, payment.account)["delay_seconds"]
            appointments.make(SLUG, "bank_answers", str(payment.payment_id), seconds=seconds)
        case _:
            payment.status = Status.IN_PROGRESS  # nobody will ever know
    _save(payment)


def _save(payment: EpcPayment) -> None:
    payment.updated_at = clock.now()
    payment.save()
    clock.ring()


def _approve(payment: EpcPayment) -> None:
    payment.status, payment.reason, payment.challenge = Status.AUTHORIZED, "", ""
    if payment.masked and not payment.alias and (payment.create_token or payment.order is None):
        payment.alias = secrets.token_hex(16)
        EpcAlias.objects.create(
            alias=payment.alias, account=payment.account, contact=payment.contact, masked=payment.masked,
            card_type=payment.card_type, card_expiry=payment.card_expiry,
            ending=payment.later_ending or Ending.APPROVE,
        )  # fmt: skip


def bank_answers(subject: str) -> None:
    """The late result of a payment that was not given up meanwhile."""
    payment = EpcPayment.objects.filter(payment_id=int(subject), status=Status.IN_PROGRESS).first()
    if payment:
        _approve(payment)
        _save(payment)


def answer_challenge(payment: EpcPayment, code: str) -> bool:
    """Give 3-D Secure the code; False while it asks again."""
    if payment.status != Status.IN_PROGRESS or not payment.challenge or not open_for_paying(payment):
        return True
    if code != CHALLENGE_CODE:
        payment.challenge_tries += 1
        if payment.challenge_tries < CHALLENGE_TRIES:
            _save(payment)
            return False
        payment.challenge = ""
        _end(payment, Ending.REFUSE, "authentication_failed")
        return True
    ending = Ending.REFUSE if payment.challenge == Ending.CHALLENGE_REFUSE else Ending.APPROVE
    payment.challenge = ""
    _end(payment, ending, payment.reason or "authentication_failed")
    return True


def cancel_in_widget(payment: EpcPayment) -> None:
    """The widget's cancel button, also in the middle of a challenge; never once the bank has the card."""
    if open_for_paying(payment) and (payment.status == Status.WAITING or payment.challenge):
        payment.challenge = ""
        _end(payment, Ending.CANCEL, "")


def abandon(payment: EpcPayment, at: str) -> None:
    """updatePayments with CANCELLED_BY_USER, and cancelPayment: the payment ends as ABANDONED [seed].

    Sandbox convention [inferred]: refused once the bank has the card, because money beats intent.
    """
    at_the_bank = payment.status == Status.IN_PROGRESS and not payment.challenge
    if payment.status in (Status.AUTHORIZED, Status.PAID) or at_the_bank:
        raise Wrong(at, f"payment {payment.payment_id} is {payment.status} and can not be cancelled")
    payment.status, payment.challenge = Status.ABANDONED, ""
    _save(payment)


def result(payment: EpcPayment) -> str:
    """The word for the return: `success`, `failure` or `cancelled`. A hint, which hopes for a late result."""
    if payment.status in (Status.AUTHORIZED, Status.PAID, Status.IN_PROGRESS):
        return "success"
    return "cancelled" if payment.status in (Status.CANCELLED_BY_USER, Status.ABANDONED) else "failure"


def return_address(payment: EpcPayment, settings: dict[str, Any]) -> str:
    """RETURN_URL, its own query kept, with the result. Name and values are lost; these are ours [lost]."""
    parts = urlsplit(payment.return_url)
    added = urlencode({settings["result_parameter"]: settings[f"result_{result(payment)}"]})
    return urlunsplit(parts._replace(query=f"{parts.query}&{added}" if parts.query else added))


def alias_status(payment: EpcPayment) -> str:
    """checkAlias' word (ours): WAITING, CREATED, FAILED or CANCELLED_BY_USER."""
    if payment.status in (Status.AUTHORIZED, Status.PAID):
        return "CREATED"
    if payment.status in ENDED:
        return "FAILED" if payment.status == Status.FAILED else "CANCELLED_BY_USER"
    return "WAITING"
