"""How are the terms of an agreement kept on a row? As JSON of the shape that a shop sends; this is the way there and
back.

{"amount": 1500, "period": {"count": 1, "unit": "month"}, "cycles": 12, "initial_amount": 10000,
 "trial": {"amount": 100, "period": {"count": 7, "unit": "day"}}, "total": 18000}

Amounts are integer minor units of the order's currency; what is not agreed is left out.
"""

from collections.abc import Mapping
from typing import Any

from providers.agreements import Period, Terms, Unit
from providers.money import Money


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


def _period(kept: Mapping[str, Any]) -> Period:
    return Period(count=kept["count"], unit=Unit(kept["unit"]))


def _spelt(period: Period) -> dict[str, Any]:
    return {"count": period.count, "unit": period.unit.value}


def _money(minor: int | None, currency: str) -> Money | None:
    return None if minor is None else Money(minor, currency)


def _minor(money: Money | None) -> int | None:
    return None if money is None else money.minor
