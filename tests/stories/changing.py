"""What do the stories of changed orders share? Three amounts, and how a provider tells of them."""

from typing import Any

from checkout.models import Order, Payment
from checkout.payments.change import change
from checkout.payments.timeline import Who
from providers.base import Outcome, Report
from providers.money import Money

OLD, NEW, THIRD = Money(4299, "EUR"), Money(5000, "EUR"), Money(6000, "EUR")
OPEN = Outcome.OPEN


def to(order: Order, money: Money | None = NEW, **more: Any) -> Order:
    return change(order, money=money, who=Who.MERCHANT, **more)


def fresh(order: Order) -> Order:
    return Order.objects.select_related("shop").get(pk=order.pk)


def again(payment: Payment) -> Payment:
    return Payment.objects.select_related("order__shop", "account").get(pk=payment.pk)


def at(money: Money, outcome: Outcome = OPEN) -> Report:
    """The provider's own order is over so much."""
    return Report(outcome=outcome, asked=money)


def took(money: Money, *, asked: Money | None = None) -> Report:
    return Report(outcome=Outcome.PAID, authorized=money, captured=money, asked=asked)


def flagged(order: Order) -> str:
    return fresh(order).attention
