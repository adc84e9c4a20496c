"""What if another amount came than was asked for? It is not believed, and waits. A person may agree with it: the order
is then over what came, and the payment has paid it.

On a form that is not locked the payer, or whoever sits at the desk, may have changed the amount. What an attempt of
before the order was changed brought is believed, but pays nothing: that, too, may be agreed with.
"""

from django.contrib.auth.models import User
from django.utils import timezone

from checkout.models import Call, Payment
from checkout.payments.apply import apply, count_for
from checkout.payments.locks import order_lock
from checkout.payments.objections import MONEY_OUTCOMES, charged, of_another
from checkout.payments.orders import mark_of, mark_seen, write_change
from checkout.payments.settle import ask
from checkout.payments.timeline import Who, tell
from checkout.states import HELD_STATES, MONEY_STATES, OPEN_STATES, OrderState, State
from checkout.wording import worded as _
from providers.base import Kind, Outcome, Report
from providers.money import Money

DOUBTED = "payment.objection"  # what the timeline calls it


class NotAccepted(Exception):
    """Nothing was changed; `str()` says why."""


def can_accept(payment: Payment) -> bool:
    """Was something told of this payment that is not believed, or does it hold another amount than the order is over,
    and does nothing else stand in the way? Asks nobody."""
    order = payment.order
    if order.state != OrderState.OPEN or order.kind != Kind.ONE_OFF or order.agreement_id is not None:
        return False
    if not _waits_for_a_person(payment):
        return False
    others = order.payments.exclude(pk=payment.pk)
    return not others.filter(state__in=[*OPEN_STATES, *HELD_STATES]).exists()


def _waits_for_a_person(payment: Payment) -> bool:
    if payment.state in HELD_STATES:
        return payment.money != payment.order.money
    # One that had ended waits as well: nobody is to pay once more before a person has looked.
    if payment.state != State.PENDING and (payment.may_retry or payment.state in MONEY_STATES):
        return False
    return payment.timeline.filter(code=DOUBTED).exists()


def accept(payment: Payment, money: Money, *, user: User) -> Payment:
    """The order is over `money` from now on, and this payment's report is compared with that. NotAccepted when the
    provider does not say that just so much came, or when the order has gone on meanwhile. Twice is once."""
    if _is_done(payment, money):
        return payment
    report = ask(payment)
    if report is None:
        raise NotAccepted(_("The provider cannot be asked at the moment. Try again later."))
    _must_be_what_came(payment, report, money)
    with order_lock(payment.order_id) as order:
        row = order.payments.select_related("account").get(pk=payment.pk)
        row.order = order
        if _is_done(row, money):
            return row
        if not can_accept(row):
            raise NotAccepted(_("The payment or its order has gone on meanwhile. Look at it again."))
        held = row.state in HELD_STATES
        tell(order, "payment.accepted", payment=row, who=Who.MERCHANT, user=user, money=str(money),
             asked=str(order.money if held else row.money))  # fmt: skip
        write_change(order, money, order.expires_at, who=Who.MERCHANT, user=user)
        row.amount_minor = money.minor
        row.next_check_at = timezone.now()  # should this end here, whoever looks next counts what came
        row.save(update_fields=["amount_minor", "next_check_at"])
        if held:
            count_for(order, row)
    accepted = apply(row.pk, report, user=user)
    if accepted.state in MONEY_STATES and accepted.order.called_for() == [Call.WRONG_AMOUNT]:
        mark_seen(accepted.order, user=user, read=mark_of(accepted.order))  # who accepts it has looked at it
    return accepted


def _is_done(payment: Payment, money: Money) -> bool:
    return payment.state in MONEY_STATES and payment.money == money == payment.order.money


def _must_be_what_came(payment: Payment, report: Report, money: Money) -> None:
    came = charged(payment, report)
    if report.outcome not in MONEY_OUTCOMES - {Outcome.REFUNDED} or not came:
        raise NotAccepted(_("The provider does not say now that money came."))
    if problem := of_another(payment, report):
        raise NotAccepted(_("It is not this order's money: %(why)s.", why=problem))
    if came != money or came.currency != payment.currency:
        raise NotAccepted(_("The provider says that %(came)s came, not %(money)s.", came=came, money=money))
