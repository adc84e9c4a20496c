"""Is what was agreed said so that nobody can mistake it?"""

import pytest

from checkout.agreed import in_words
from checkout.templatetags.guichet import money
from providers.agreements import Period, Terms, Unit
from providers.base import Kind
from providers.money import Money

WEEK = Period(count=7, unit=Unit.DAY)
MONTH = Period(count=1, unit=Unit.MONTH)
QUARTER = Period(count=3, unit=Unit.MONTH)


def gbp(minor: int) -> Money:
    return Money(minor, "GBP")


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        (Terms(period=MONTH, amount=gbp(1500)), "15.00 GBP every month until it is ended"),
        (Terms(period=QUARTER, amount=gbp(1500), cycles=4), "15.00 GBP every 3 months, 4 times"),
        (Terms(period=MONTH, amount=gbp(1500), cycles=1), "15.00 GBP once"),
        (
            Terms(period=MONTH, amount=gbp(1500), initial=gbp(10000), trial=gbp(100), trial_period=WEEK),
            "1.00 GBP for 7 days, then 100.00 GBP, then 15.00 GBP every month until it is ended",
        ),
        (
            Terms(period=MONTH, amount=gbp(1500), initial=gbp(10000), cycles=12),
            "100.00 GBP, then 15.00 GBP every month, 11 times",
        ),
        (
            Terms(period=MONTH, amount=gbp(1500), initial=gbp(10000), cycles=2),
            "100.00 GBP, then 15.00 GBP once",
        ),
        (Terms(period=MONTH, amount=gbp(1500), initial=gbp(10000), cycles=1), "100.00 GBP once"),
        (
            Terms(period=MONTH, amount=gbp(1500), trial=gbp(0), trial_period=MONTH, cycles=12),
            "free for one month, then 15.00 GBP every month, 12 times",
        ),
        (
            Terms(period=MONTH, amount=gbp(1500), trial_period=WEEK),
            "free for 7 days, then 15.00 GBP every month until it is ended",
        ),
    ],
)
def test_a_subscription(terms: Terms, words: str) -> None:
    assert in_words(Kind.SUBSCRIPTION, terms) == words


@pytest.mark.parametrize(
    ("total", "cycles", "words"),
    [
        (30000, 12, "300.00 GBP in 12 payments, one every month"),
        (10000, 3, "100.00 GBP in 3 payments, one every month: first 33.34 GBP, then 33.33 GBP each"),
        (10001, 2, "100.01 GBP in 2 payments, one every month: first 50.01 GBP, then 50.00 GBP"),
        (30000, 1, "300.00 GBP in one payment"),
        (30000, None, "300.00 GBP in several payments, one every month"),
    ],
)
def test_a_payment_plan(total: int, cycles: int | None, words: str) -> None:
    assert in_words(Kind.PAYMENT_PLAN, Terms(period=MONTH, total=gbp(total), cycles=cycles)) == words


@pytest.mark.parametrize(
    ("count", "unit", "trial", "every"),
    [
        (1, Unit.MINUTE, "one minute", "every minute"),
        (30, Unit.MINUTE, "30 minutes", "every 30 minutes"),
        (1, Unit.HOUR, "one hour", "every hour"),
        (2, Unit.HOUR, "2 hours", "every 2 hours"),
        (1, Unit.DAY, "one day", "every day"),
        (10, Unit.DAY, "10 days", "every 10 days"),
        (1, Unit.WEEK, "one week", "every week"),
        (2, Unit.WEEK, "2 weeks", "every 2 weeks"),
        (1, Unit.MONTH, "one month", "every month"),
        (6, Unit.MONTH, "6 months", "every 6 months"),
    ],
)
def test_every_unit_of_time(count: int, unit: Unit, trial: str, every: str) -> None:
    period = Period(count=count, unit=unit)
    terms = Terms(period=period, amount=gbp(1500), trial=gbp(100), trial_period=period)
    assert (
        in_words("subscription", terms) == f"1.00 GBP for {trial}, then 15.00 GBP {every} until it is ended"
    )


def test_a_mandate_has_no_terms_and_other_orders_agree_to_nothing() -> None:
    assert in_words(Kind.MANDATE, None) == "any amount, whenever the seller asks for it, until it is ended"
    assert in_words(Kind.ONE_OFF, None) == ""


def test_a_page_may_write_the_amounts_its_own_way() -> None:
    assert in_words("subscription", Terms(period=MONTH, amount=gbp(1500)), money) == (
        "£15.00 every month until it is ended"
    )
    assert in_words("payment_plan", Terms(period=MONTH, total=Money(1200, "JPY"), cycles=3)) == (
        "1200 JPY in 3 payments, one every month"
    )
