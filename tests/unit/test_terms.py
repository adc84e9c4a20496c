"""Are terms the same when they come back from a row?"""

from typing import Any

import pytest

from checkout.payments.terms import terms_as_json, terms_of
from providers.agreements import Period, Terms, Unit
from providers.money import Money

MONTH = Period(count=1, unit=Unit.MONTH)
EUR15 = Money(1500, "EUR")


@pytest.mark.parametrize(
    ("terms", "kept"),
    [
        (Terms(period=MONTH, amount=EUR15), {"amount": 1500, "period": {"count": 1, "unit": "month"}}),
        (
            Terms(period=MONTH, amount=EUR15, cycles=12, initial=Money(10000, "EUR"), trial=Money(100, "EUR"),
                  trial_period=Period(count=7, unit=Unit.DAY)),
            {"amount": 1500, "period": {"count": 1, "unit": "month"}, "cycles": 12, "initial_amount": 10000,
             "trial": {"amount": 100, "period": {"count": 7, "unit": "day"}}},
        ),
        (
            Terms(period=MONTH, amount=EUR15, trial_period=Period(count=2, unit=Unit.WEEK)),
            {"amount": 1500, "period": {"count": 1, "unit": "month"},
             "trial": {"period": {"count": 2, "unit": "week"}}},
        ),
        (
            Terms(period=MONTH, total=Money(18000, "EUR"), cycles=4),
            {"period": {"count": 1, "unit": "month"}, "total": 18000, "cycles": 4},
        ),
    ],
)  # fmt: skip
def test_there_and_back(terms: Terms, kept: dict[str, Any]) -> None:
    assert terms_as_json(terms) == kept
    assert terms_of(kept, "EUR") == terms


def test_a_mandate_has_none() -> None:
    assert terms_of({}, "EUR") is None
