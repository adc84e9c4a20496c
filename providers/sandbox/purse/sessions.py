"""What may happen to a client session? Created, submitted once, or aborted, or expired.

The functions expect to run inside transaction.atomic().
"""

from datetime import timedelta

from providers.sandbox import appointments, clock
from providers.sandbox.fields import Fields, Wrong
from providers.sandbox.purse import bodies, payments, webhooks
from providers.sandbox.purse.bearer import SLUG, Caller
from providers.sandbox.purse.ledger import Ledger
from providers.sandbox.purse.models import PursePayment, PurseSession
from providers.sandbox.purse.problems import Problem

Status = PurseSession.Status
# Attested word for word: a public demo quotes it.
TOO_MUCH = "Amount must be less or equal to order net amount minus already paid net amount."


def check_net_amount(caller: Caller, wanted: bodies.Wanted) -> None:
    """amount <= order.net_amount - what this order's payments have brought already.

    "Already paid" counts what is authorised or still open, less what was voided [inferred].
    """
    if wanted.net_amount is None:
        return
    paid = 0
    for payment in PursePayment.objects.filter(account=caller.name, order_reference=wanted.order_reference):
        amounts = Ledger(payment).amounts()
        paid += amounts["total_authorized"] + amounts["authorize_pending"] - amounts["total_voided"]
    if wanted.amount > wanted.net_amount - paid:
        raise Wrong("amount", TOO_MUCH)


def create(caller: Caller, body: Fields, origin: str) -> PurseSession:
    wanted = bodies.session(body)
    check_net_amount(caller, wanted)
    seconds = caller.settings["session_minutes"] * 60
    now = clock.now()
    session = PurseSession.objects.create(
        account=caller.name, amount=wanted.amount, currency=wanted.currency, asked=body.data,
        order_reference=wanted.order_reference, customer_reference=wanted.customer_reference,
        origin=origin, created_at=now, expires_at=now + timedelta(seconds=seconds),
    )  # fmt: skip
    appointments.make(SLUG, "expire", session.pk, seconds=seconds)
    return session


def find(caller: Caller, number: str) -> PurseSession:
    session = PurseSession.objects.filter(pk=number, account=caller.name).first()
    if session is None:
        raise Problem(404, f"client session {number} is not known")
    return session


def abort(session: PurseSession) -> None:
    """The shopper does not want to; a second abort changes nothing."""
    if session.status == Status.ABORTED:
        return
    if session.status != Status.CREATED:
        raise Problem(409, f"client session {session.pk} is {session.status}")
    session.status = Status.ABORTED
    session.save()
    webhooks.tell_of_session(session)


def expire(subject: str) -> None:
    """Its time has passed: nobody may pay any more, and a challenge nobody answered is over."""
    session = PurseSession.objects.filter(pk=subject).first()
    if session is None:
        return
    if session.status == Status.CREATED:
        session.status = Status.EXPIRED
        session.save()
        webhooks.tell_of_session(session)
    elif payment := PursePayment.objects.filter(session=session).first():
        payments.give_up_waiting(payment)
