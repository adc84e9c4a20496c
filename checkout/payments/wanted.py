"""Which change is an open attempt's provider asked for, and which amounts may a page of before still bring?

`Payment.wanted` holds both: {"amount", "expires_at", "until", "written"} while a change is asked for and its end is not
known, and {"before": [amounts]} once one was taken. A page that the shopper opened before may be paid with what it
showed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from checkout.models import Order, Payment
from checkout.payments.border import aware
from checkout.payments.objections import MONEY_OUTCOMES, charged, of_another
from checkout.payments.orders import write_change
from checkout.payments.schedule import START_MAY_TAKE
from checkout.payments.timeline import Weight, Who, tell
from checkout.states import OrderState
from providers.base import Outcome, Report
from providers.money import Money
from providers.said import said as _

# A provider may keep an end to the second, or to the minute.
_TO_THE_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Wish:
    """What the attempt's order is to become. `expires_at` None: its end stays. `written`: the order has become it, and
    the provider's own is to follow."""

    money: Money
    expires_at: datetime | None
    written: bool = False


@dataclass(frozen=True)
class By:
    """Whose change a report answers, and so whose it is if it was taken."""

    who: str
    user: User | None


def wish_of(payment: Payment) -> Wish | None:
    told: dict[str, Any] = payment.wanted
    if "amount" not in told:
        return None
    at = told["expires_at"]
    return Wish(
        money=Money(told["amount"], payment.currency),
        expires_at=datetime.fromisoformat(at) if at else None,
        written=told.get("written", False),
    )


def is_being_asked(payment: Payment) -> bool:
    """May somebody be talking to the provider about a change at this moment? Two that overtake each other would leave
    it with another amount than ours."""
    return wish_of(payment) is not None and datetime.fromisoformat(payment.wanted["until"]) > timezone.now()


def is_unsettled(payment: Payment) -> bool:
    """Is there a change that another call at the provider must not run into? Where the order has it already, telling
    the provider once more does no harm."""
    wish = wish_of(payment)
    return wish is not None and (not wish.written or is_being_asked(payment))


def want(payment: Payment, money: Money, expires_at: datetime | None, *, written: bool = False) -> None:
    """Not saved yet, like all of these."""
    payment.wanted = {
        **_before(payment),
        "amount": money.minor,
        "expires_at": expires_at.isoformat() if expires_at else None,
        "until": (timezone.now() + START_MAY_TAKE).isoformat(),
        "written": written,
    }


def forget(payment: Payment) -> None:
    payment.wanted = _before(payment)


def _before(payment: Payment) -> dict[str, Any]:
    return {name: value for name, value in payment.wanted.items() if name == "before"}


def take_change(order: Order, payment: Payment, report: Report, answers: By | None) -> str:
    """Write the change, if the report says that the provider has it; of a payment that was made before it had, say so
    in a sentence for a person, and drop it. `answers`: the report answers this very change. Call under the lock."""
    wish = wish_of(payment)
    if wish is None or of_another(payment, report):
        return ""
    if report.outcome in MONEY_OUTCOMES and charged(payment, report) == payment.money != wish.money:
        forget(payment)
        return _("%(paid)s was paid before the provider had the change to %(wanted)s", paid=payment.money,
                 wanted=wish.money)  # fmt: skip
    if not payment.is_open or order.state != OrderState.OPEN:
        return ""
    taken = _has_taken(payment, report, wish, answers)
    if wish.written:
        _take_end(order, payment, report, wish, taken=taken)
    elif taken:
        former = _without(payment.wanted.get("before", []), wish.money.minor)
        if wish.money != payment.money:
            former = [*former, payment.amount_minor]
        payment.wanted = {"before": former} if former else {}
        payment.amount_minor = wish.money.minor
        by = answers or By(Who.PROVIDER, None)
        write_change(order, wish.money, wish.expires_at or order.expires_at, who=by.who, user=by.user)
    return ""


def _take_end(order: Order, payment: Payment, report: Report, wish: Wish, *, taken: bool) -> None:
    """Of an order that waits longer already: does its provider, too?"""
    if taken:
        forget(payment)
        # Not when it has been given more time than that since.
        if wish.expires_at is not None and order.expires_at <= wish.expires_at + _TO_THE_MINUTE:
            tell(order, "payment.prolonged", payment=payment, who=Who.PROVIDER, until=aware(wish.expires_at))
    elif report.outcome is Outcome.OPEN and report.payable_until is not None and not is_being_asked(payment):
        forget(payment)
        tell(order, "payment.not_prolonged", payment=payment, who=Who.PROVIDER, weight=Weight.WARNING,
             until=aware(report.payable_until))  # fmt: skip


def _has_taken(payment: Payment, report: Report, wish: Wish, answers: By | None) -> bool:
    if (
        report.outcome in MONEY_OUTCOMES
    ):  # money is told by what was charged, whatever the order is over by now
        return charged(payment, report) == wish.money != payment.money
    if wish.money == payment.money:  # the end alone
        return report.outcome is Outcome.OPEN and _ends_then(report, wish, answers)
    if answers is not None and report.outcome is Outcome.OPEN:
        return report.asked in (None, wish.money)
    # An answer to another question says nothing of the expiry, where the provider does not tell it.
    return report.asked == wish.money


def _ends_then(report: Report, wish: Wish, answers: By | None) -> bool:
    """Is it payable at the provider until then? Where that is not said, its answer to this very question has to do."""
    if report.asked not in (None, wish.money):
        return False
    if report.payable_until is None or wish.expires_at is None:
        return answers is not None
    return abs(report.payable_until - wish.expires_at) <= _TO_THE_MINUTE


def _without(amounts: Iterable[int], minor: int) -> list[int]:
    return [amount for amount in amounts if amount != minor]


def other_amount(payment: Payment, report: Report) -> int | None:
    """With which amount, other than its own, the attempt was paid: one of before a change, or one that was asked for
    and never heard of again. None when it was not."""
    if report.outcome not in MONEY_OUTCOMES or payment.has_money:
        return None
    came = charged(payment, report)
    if came is None or came.currency != payment.currency or came == payment.money:
        return None
    wish = wish_of(payment)
    possible = {*payment.wanted.get("before", []), *([wish.money.minor] if wish else [])}
    return came.minor if came.minor in possible else None
