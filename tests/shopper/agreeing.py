"""The pages of an order that begins an agreement, of an agreement's further payments, and of a payment by phone."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from checkout.models import Account, Order, Payment
from checkout.payments import settle
from checkout.payments.apply import apply
from checkout.payments.cancel import give_up
from checkout.payments.expire import expire
from checkout.payments.start import start
from checkout.payments.timeline import Who
from checkout.states import State
from providers.agreements import AgreementCharge, AgreementReport, AgreementState, NextEvent, Phase
from providers.base import Kind, Outcome, Report
from providers.money import Money
from tests.shopper.scenes import Stage, run_out
from tests.shopper.scripted import paid, refused

MONTH = {"count": 1, "unit": "month"}
TRIAL = {
    "amount": 1500,
    "period": MONTH,
    "initial_amount": 10000,
    "trial": {"amount": 100, "period": {"count": 7, "unit": "day"}},
}
PLAN = {"total": 30000, "cycles": 12, "period": MONTH}
FREE = {"amount": 1500, "period": MONTH, "trial": {"period": {"count": 7, "unit": "day"}}}
DESK = {"back": "/admin/", "locked": []}
# Nobody asks what time it is in the tests: a week from the first of them that wants to know.
IN_A_WEEK = timezone.now() + timedelta(days=7)


def account_of(stage: Stage) -> Account:
    account, _new = Account.objects.get_or_create(
        shop=stage.account.shop,
        provider="agreeing",
        defaults={"name": "Agreeing", "live": True, "position": 9},
    )
    return account


def order_of(stage: Stage, kind: Kind, minor: int, terms: dict[str, Any]) -> Order:
    account_of(stage)
    return stage.make(minor, kind=kind, terms=terms, items=[], description="Museum pass")


def subscription(stage: Stage) -> Order:
    return order_of(stage, Kind.SUBSCRIPTION, 100, TRIAL)


def free(stage: Stage) -> Order:
    return order_of(stage, Kind.SUBSCRIPTION, 0, FREE)


def plan(stage: Stage) -> Order:
    return order_of(stage, Kind.PAYMENT_PLAN, 2500, PLAN)


def mandate(stage: Stage) -> Order:
    return order_of(stage, Kind.MANDATE, 1200, {})


def free_mandate(stage: Stage) -> Order:
    return order_of(stage, Kind.MANDATE, 0, {})


def reserving_mandate(stage: Stage) -> Order:
    account_of(stage)
    return stage.make(1200, kind=Kind.MANDATE, capture_later=True, items=[], description="Museum pass")


def begun(stage: Stage, order: Order) -> Payment:
    return start(order, account_of(stage))


def came_back(stage: Stage, order: Order, claim: str) -> Order:
    settle.returned(begun(stage, order), {"result": claim} if claim else {}, patience=1)
    return order


def agreed(
    stage: Stage, order: Order, *, next_: str = "", at: datetime | None = None, **standing: Any
) -> Payment:
    """The first payment is made, and the agreement stands."""
    about = {"state": AgreementState.ACTIVE, **standing}
    report = AgreementReport(
        provider_id=f"S-{order.number}",
        next_event=NextEvent(what=next_, at=at or IN_A_WEEK) if next_ else None,
        **about,
    )
    outcome = paid(order.amount_minor) if order.amount_minor else Report(outcome=Outcome.PAID)
    return apply(begun(stage, order).pk, Report(**{**vars(outcome), "agreement": report}))


def further(stage: Stage) -> Payment:
    """The second payment of a subscription, which its agreement has made by itself."""
    order = subscription(stage)
    charge = AgreementCharge(provider_id=f"T-{order.number}", money=Money(1500, "EUR"), at=timezone.now())
    first = agreed(stage, order, next_="bill", charges=(charge,))
    return Payment.objects.get(order__agreement=first.began)


def further_ended(stage: Stage, report: Report) -> Order:
    payment = further(stage)
    assert payment.state == State.PENDING
    return apply(payment.pk, report).order


AGREEING: dict[str, tuple[Callable[[Stage], Order], str]] = {
    # scene: (how it comes about, its heading)
    "subscription": (subscription, "How would you like to pay?"),
    "plan": (plan, "How would you like to pay?"),
    "mandate": (mandate, "How would you like to pay?"),
    "reserving_mandate": (reserving_mandate, "How would you like to pay?"),
    "free": (free, "Where are the later payments to come from?"),
    "free_mandate": (free_mandate, "Where are the later payments to come from?"),
    "onward": (lambda stage: begun(stage, subscription(stage)).order, "Continue to: Card, on its page"),
    "onward_free": (lambda stage: begun(stage, free(stage)).order, "Continue to: Card, on its page"),
    "came_back": (lambda stage: came_back(stage, subscription(stage), ""), "Continue to: Card, on its page"),
    "claimed_success": (
        lambda stage: came_back(stage, subscription(stage), "success"),
        "We are checking your payment",
    ),
    "claimed_cancel": (
        lambda stage: came_back(stage, subscription(stage), "cancel"),
        "The payment was not completed",
    ),
    "claimed_failure": (
        lambda stage: came_back(stage, subscription(stage), "failure"),
        "The payment was not completed",
    ),
    "free_claimed_success": (
        lambda stage: came_back(stage, free(stage), "success"),
        "We are checking whether it is agreed",
    ),
    "free_claimed_cancel": (lambda stage: came_back(stage, free(stage), "cancel"), "Nothing was agreed yet"),
    "failed": (
        lambda stage: apply(begun(stage, subscription(stage)).pk, refused("expired_card")).order,
        "Your payment did not go through",
    ),
    "free_failed": (
        lambda stage: apply(begun(stage, free(stage)).pk, refused("expired_card")).order,
        "It could not be agreed",
    ),
    "free_overdue": (lambda stage: run_out(begun(stage, free(stage)).order), "The time to agree is over"),
    "free_expired": (lambda stage: expire(run_out(free(stage))), "The time to agree is over"),
    "free_given_up": (lambda stage: give_up(free(stage), who=Who.SHOPPER), "Nothing was agreed"),
    "subscribed": (
        lambda stage: agreed(stage, subscription(stage), next_="initial", phase=Phase.TRIAL).order,
        "Paid, thank you",
    ),
    "subscribed_for_free": (
        lambda stage: agreed(stage, free(stage), next_="bill", phase=Phase.TRIAL).order,
        "It is agreed, thank you",
    ),
    "plan_begun": (lambda stage: agreed(stage, plan(stage), next_="bill").order, "Paid, thank you"),
    "late": (
        lambda stage: agreed(stage, subscription(stage), next_="bill", at=timezone.now()).order,
        "Paid, thank you",
    ),
    "retried": (
        lambda stage: agreed(stage, subscription(stage), next_="bill", phase=Phase.RETRY).order,
        "Paid, thank you",
    ),
    "ending": (
        lambda stage: agreed(stage, subscription(stage), next_="end", phase=Phase.LAST).order,
        "Paid, thank you",
    ),
    "ended": (
        lambda stage: (
            agreed(stage, subscription(stage), state=AgreementState.ENDED, phase=Phase.CLOSED).order
        ),
        "Paid, thank you",
    ),
    "by_phone": (
        lambda stage: start(subscription(stage), account_of(stage), desk=DESK, who=Who.MERCHANT).order,
        "The shop is taking this payment by phone",
    ),
    "further_under_way": (lambda stage: further(stage).order, "A payment under your agreement"),
    "further_failed": (
        lambda stage: further_ended(stage, refused("expired_card")),
        "A payment under your agreement",
    ),
    "further_paid": (lambda stage: further_ended(stage, paid(1500)), "Paid, thank you"),
}
