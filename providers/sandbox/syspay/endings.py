"""How does a payment end, and what follows from it? The terminal's, its agreement's, its subscription's next state.

Inside transaction.atomic(). Everything is saved before anybody is told: shops ask back from inside their webhook.
"""

from datetime import datetime

from providers.sandbox import accounts, appointments, clock, faults
from providers.sandbox.cards import CHALLENGE_CODE, CHALLENGE_TRIES, Ending
from providers.sandbox.syspay import agreements, notices, payments, subscriptions
from providers.sandbox.syspay.codes import Refused
from providers.sandbox.syspay.models import (
    SyspayAgreement,
    SyspayChargeback,
    SyspayPayment,
    SyspaySubscription,
    SyspayTerminal,
)  # fmt: skip
from providers.sandbox.syspay.signing import SLUG

Status = SyspayPayment.Status
_LOST = (Status.FAILED, Status.ERROR, Status.CANCELLED)


def play(payment: SyspayPayment, ending: Ending, failure: str, seconds: int) -> None:
    """From OPEN to wherever the card leads."""
    match ending:
        case Ending.REFUSE:
            end(payment, payments.failed_as(failure), failure)
        case Ending.CANCEL:
            end(payment, Status.CANCELLED)
        case Ending.CHALLENGE | Ending.CHALLENGE_REFUSE:
            payment.challenge = True
            payment.then_failure = failure if ending is Ending.CHALLENGE_REFUSE else ""
            payment.save()
        case Ending.DELAYED:
            seconds = seconds or accounts.settings_of(SLUG, payment.account)["delay_seconds"]
            appointments.make(SLUG, "bank_answers", str(payment.pk), seconds=seconds)
            end(payment, Status.WAITING)
        case Ending.NO_ANSWER:
            close_terminal(payment.terminal)  # OPEN for ever: nobody will know more
        case _:
            succeed(payment)


def succeed(payment: SyspayPayment) -> None:
    end(payment, Status.AUTHORIZED if payment.preauth else Status.SUCCESS)


def end(payment: SyspayPayment, status: Status, failure: str = "") -> None:
    """The payment, then what hangs on it, then the messages: first the payment's."""
    payments.mark(payment, status, failure)
    terminal = payment.terminal
    again = (
        status in (Status.FAILED, Status.ERROR)
        and terminal is not None
        and terminal.open
        and terminal.tries_left
    )
    holder = _first_of(payment)
    changed = False
    if status in (Status.SUCCESS, Status.AUTHORIZED) and holder:
        begin(holder, payment.processed_at)
        changed = True
    elif status in _LOST and holder and not again:
        holder_falls_through(holder)
        changed = True
    if not again:
        close_terminal(terminal)
    notices.tell(payment)
    if changed and holder:
        notices.tell(holder)


def _first_of(payment: SyspayPayment) -> SyspaySubscription | SyspayAgreement | None:
    """The subscription or agreement that waits for this payment."""
    holder = payment.subscription or payment.agreement
    return holder if holder and holder.status == "PENDING" else None


def begin(holder: SyspaySubscription | SyspayAgreement, at: datetime) -> None:
    if isinstance(holder, SyspaySubscription):
        subscriptions.activate(holder, at)
    else:
        agreements.activate(holder)


def holder_falls_through(holder: SyspaySubscription | SyspayAgreement) -> None:
    if isinstance(holder, SyspaySubscription):
        subscriptions.fall_through(holder)
    else:
        agreements.fall_through(holder)


def close_terminal(terminal: SyspayTerminal | None) -> None:
    if terminal and terminal.ended_at is None:
        terminal.ended_at = clock.now()
        terminal.save()
        appointments.cancel(SLUG, "expire", terminal.token)
        clock.ring()


# 3-D Secure, and a bank that takes its time.


def answer_challenge(payment: SyspayPayment, code: str) -> bool:
    """Give 3-D Secure the code; False while it asks again."""
    if payment.status != Status.OPEN or not payment.challenge:
        return True
    if code != CHALLENGE_CODE:
        payment.challenge_tries += 1
        payment.save()
        if payment.challenge_tries < CHALLENGE_TRIES:
            return False
        end(payment, Status.FAILED, "declined")
    elif payment.then_failure:
        end(payment, payments.failed_as(payment.then_failure), payment.then_failure)
    else:
        succeed(payment)
    return True


def give_up(payment: SyspayPayment) -> None:
    if payment.status == Status.OPEN:
        end(payment, Status.CANCELLED)


def settle(payment: SyspayPayment, status: Status, failure: str = "") -> bool:
    """What was waited for has come, or will never come."""
    if payment.status not in (Status.WAITING, Status.OPEN) or payment.challenge:
        return False
    appointments.cancel(SLUG, "bank_answers", str(payment.pk))
    if status == Status.SUCCESS:
        succeed(payment)
    else:
        end(payment, status, failure)
    return True


def bank_answers(number: str) -> None:
    """At an appointment: the late result."""
    payment = SyspayPayment.objects.filter(pk=number).first()
    if payment:
        settle(payment, Status.SUCCESS)


def expire(token: str) -> None:
    """At an appointment: the link is too old. A payment in the middle of 3-D Secure ends with it."""
    terminal = SyspayTerminal.objects.filter(pk=token, ended_at=None).first()
    if terminal is None:
        return
    terminal.expired = True
    terminal.save()
    for payment in terminal.payments.filter(status=Status.OPEN):
        end(payment, Status.CANCELLED)
    clock.ring()


# What the merchant does with a preauthorisation, and what a bank does to a payment.


def confirm(payment: SyspayPayment) -> None:
    _only_authorized(payment)
    payments.mark(payment, Status.SUCCESS)
    notices.tell(payment)


def void(payment: SyspayPayment) -> None:
    _only_authorized(payment)
    payments.mark(payment, Status.VOIDED)
    notices.tell(payment)


def _only_authorized(payment: SyspayPayment) -> None:
    if payment.status != Status.AUTHORIZED:
        raise Refused(50001)


def perhaps_not(payment: SyspayPayment, method: str, code: int) -> None:
    """`refuse`, armed for this method; with the reason `processing` it is 50004.

    Outside the transaction, or what is raised would put the fault back.
    """
    _only_authorized(payment)
    if armed := faults.take(SLUG, ("refuse",), method, only_named=True):
        raise Refused(50004 if armed.reason == "processing" else code)


def charge_back(payment: SyspayPayment, amount: int, reason_code: str) -> SyspayChargeback:
    """The bank takes the money back; what hangs on the payment ends."""
    now = clock.now()
    made = SyspayChargeback.objects.create(
        account=payment.account, payment=payment, amount=amount, currency=payment.currency, status="SUCCESS",
        reason_code=reason_code, processed_at=now, bank_at=now,
    )  # fmt: skip
    holder = payment.subscription or payment.agreement
    ended = holder if holder and holder.status == "ACTIVE" else None
    if isinstance(ended, SyspaySubscription):
        subscriptions.close(ended, "SUSPENDED_CHARGEBACK", now)
    elif ended:
        agreements.close(ended, "SUSPENDED_CHARGEBACK")
    notices.tell(made)
    if ended:
        notices.tell(ended)
    clock.ring()
    return made
