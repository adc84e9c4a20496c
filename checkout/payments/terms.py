"""How are the terms of an agreement kept on a row? As JSON of the shape that a shop sends; this is the way there and
back.

{"amount": 1500, "period": {"count": 1, "unit": "month"}, "cycles": 12, "initial_amount": 10000,
 "trial": {"amount": 100, "period": {"count": 7, "unit": "day"}}, "total": 18000}

Amounts are integer minor units of the order's currency; what is not agreed is left out.

Here stands, too, what has to hold between an order's kind, terms and amount (`disagreements`), for every door by which
an order comes: doors do not import one another.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from checkout.wording import worded as _
from providers.agreements import Period, Terms, Unit
from providers.base import Kind
from providers.errors import FieldError
from providers.money import Money

MOST_MINOR = 10**12  # of any one amount
MOST_COUNT = 1000  # periods or payments; ours: no provider's own limit is above it
FEWEST_PAYMENTS = 2  # what is paid in one is no plan
TRIAL_ONLY = frozenset({Unit.MINUTE, Unit.HOUR})
# Kinds of order in which money may move later, or never.
MAY_BE_FREE = frozenset({Kind.SAVE_CARD, Kind.MANDATE, Kind.SUBSCRIPTION})
_WITH_TERMS = frozenset({Kind.SUBSCRIPTION, Kind.PAYMENT_PLAN})

Spell = Callable[[Money], str]


def terms_of(kept: Mapping[str, Any], currency: str) -> Terms | None:
    """None for {}: an order without an agreement, and a mandate."""
    if not kept:
        return None
    trial = kept.get("trial") or {}
    return Terms(
        period=_period(kept["period"]),
        amount=_money(kept.get("amount"), currency),
        cycles=kept.get("cycles"),
        initial=_money(kept.get("initial_amount"), currency),
        trial=_money(trial.get("amount"), currency),
        trial_period=_period(trial["period"]) if trial else None,
        total=_money(kept.get("total"), currency),
    )


def terms_as_json(terms: Terms) -> dict[str, Any]:
    told: dict[str, Any] = {
        "amount": _minor(terms.amount),
        "period": _spelt(terms.period),
        "cycles": terms.cycles,
        "initial_amount": _minor(terms.initial),
        "total": _minor(terms.total),
    }
    if terms.trial_period is not None:
        trial = {"amount": _minor(terms.trial), "period": _spelt(terms.trial_period)}
        told["trial"] = {name: value for name, value in trial.items() if value is not None}
    return {name: value for name, value in told.items() if value is not None}


def _in_minor_units(money: Money) -> str:
    return str(money.minor)


def disagreements(
    kind: Kind, terms: Terms | None, money: Money, *, capture_later: bool, spell: Spell = _in_minor_units
) -> list[FieldError]:
    """What is wrong between kind, terms and amount that are right each by itself, by their paths in the shop's request.
    `spell` writes an amount: as the shop sends it, or as a person reads it."""
    found = list(_of_terms(kind, terms, capture_later, spell))
    if not found and terms is not None and money != terms.due_today():
        found.append(("amount", _due(terms, spell)))
    if kind is Kind.SAVE_CARD and money:
        found.append(("amount", _("must be 0 for save_card, which moves no money")))
    if not money and kind not in MAY_BE_FREE and "amount" not in {field for field, _why in found}:
        found.append(("amount", _("must be more than 0 for %(kind)s", kind=kind.value)))
    return found


def _due(terms: Terms, spell: Spell) -> str:
    """An order's amount is what its customer pays now, so the terms say it."""
    due = spell(terms.due_today())
    if terms.total is not None:
        about = {"due": due, "cycles": terms.cycles, "total": spell(terms.total)}
        return _("must be %(due)s, the first of %(cycles)s payments of %(total)s", **about)
    if terms.trial_period is not None and terms.trial:
        return _("must be %(due)s, the trial: what is due today", due=due)
    if terms.trial_period is not None:
        return _("must be %(due)s, the trial is free: what is due today", due=due)
    if terms.initial:
        return _("must be %(due)s, the initial amount: what is due today", due=due)
    return _("must be %(due)s, the first payment: what is due today", due=due)


def _of_terms(kind: Kind, terms: Terms | None, capture_later: bool, spell: Spell) -> Iterator[FieldError]:
    if kind not in _WITH_TERMS:
        if terms is not None:
            yield "terms", _("are a subscription's or a payment plan's, not for %(kind)s", kind=kind.value)
        return
    if capture_later:
        yield "capture_later", _("is not for %(kind)s: what is due today is taken today", kind=kind.value)
    if terms is None:
        yield "terms", _("are needed for %(kind)s: how much is paid, and how often", kind=kind.value)
        return
    yield from _of_subscription(terms) if kind is Kind.SUBSCRIPTION else _of_payment_plan(terms, spell)
    if terms.period.unit in TRIAL_ONLY:
        unit = terms.period.unit.value
        yield "terms.period.unit", _("%(unit)s is for a trial alone; take day, week or month", unit=unit)


def _of_subscription(terms: Terms) -> Iterator[FieldError]:
    if terms.amount is None:
        yield "terms.amount", _("is needed for subscription: what is paid each time")
    if terms.total is not None:
        yield "terms.total", _("is a payment plan's; a subscription has terms.amount")


def _of_payment_plan(terms: Terms, spell: Spell) -> Iterator[FieldError]:
    ofs = {"amount": terms.amount, "initial_amount": terms.initial, "trial": terms.trial_period}
    for name, given in ofs.items():
        if given is not None:
            yield f"terms.{name}", _("is a subscription's; a payment plan shares terms.total out")
    if terms.total is None:
        yield "terms.total", _("is needed for payment_plan: what is paid in all")
    if terms.cycles is None:
        yield "terms.cycles", _("is needed for payment_plan: in how many payments")
    elif terms.cycles < FEWEST_PAYMENTS:
        yield "terms.cycles", _("must be %(fewest)s or more for payment_plan", fewest=FEWEST_PAYMENTS)
    elif terms.total is not None and terms.total.minor < terms.cycles:
        least = spell(Money(terms.cycles, terms.total.currency))
        yield "terms.total", _("must be %(least)s or more, for as many payments", least=least)


def _period(kept: Mapping[str, Any]) -> Period:
    return Period(count=kept["count"], unit=Unit(kept["unit"]))


def _spelt(period: Period) -> dict[str, Any]:
    return {"count": period.count, "unit": period.unit.value}


def _money(minor: int | None, currency: str) -> Money | None:
    return None if minor is None else Money(minor, currency)


def _minor(money: Money | None) -> int | None:
    return None if money is None else money.minor
