"""A provider asks before it charges: is this attempt still to be paid? Our last word against paying twice.

Nothing is decided but the answer. Between a yes and the charge the shopper may still give up; money that comes then is
told like any other that comes late.
"""

from checkout.models import Account, Order, Payment
from checkout.payments.locks import order_lock
from checkout.payments.texts import fit
from checkout.payments.timeline import Weight, Who, tell_once
from checkout.states import HELD_STATES, OrderState
from providers.base import Approval


def refusal(account: Account, approval: Approval) -> str:
    """Why it must not charge, in a sentence; "" when it may. The timeline is told either way."""
    found = _asked_about(account, approval)
    if found is None:
        return "There is no such payment."
    with order_lock(found.order_id) as order:
        payment = order.payments.select_related("account").get(pk=found.pk)
        why = _why_not(order, payment, approval)
        tell_once(
            order,
            "payment.disapproved" if why else "payment.approved",
            payment=payment,
            who=Who.GUICHET,
            weight=Weight.WARNING if why else Weight.PLAIN,
            money=str(approval.money),
            why=why,
        )
        return why


def _asked_about(account: Account, approval: Approval) -> Payment | None:
    ours = Payment.objects.filter(account=account)
    if approval.reference:
        return ours.filter(reference=fit(approval.reference, 100)).first()
    ids = [fit(value, 100) for value in (approval.provider_id, *approval.provider_ids) if value]
    return ours.filter(provider_references__value__in=ids).order_by("-number").first()


def _why_not(order: Order, payment: Payment, approval: Approval) -> str:
    if approval.live is not None and approval.live != payment.account.live:
        return "Test and live do not mix."
    # Also where a card is only kept: what a provider writes there that nobody is charged, its file leaves out.
    if approval.money != payment.money:
        return f"The amount is not {approval.money}, but {payment.money}."
    if not payment.is_open:
        return "This attempt is over."
    if order.payments.exclude(pk=payment.pk).filter(state__in=HELD_STATES).exists():
        return "The order is paid already."
    if order.state != OrderState.OPEN or order.is_past_hold():
        return "The order can no longer be paid."
    return ""
