"""Is money exact, and does it stay of one currency?"""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.epc.wire import from_thousandths, to_thousandths
from providers.errors import Invalid
from providers.money import CurrencyMismatch, Money, exponent

CURRENCIES = ["EUR", "GBP", "JPY", "KWD", "CLF"]
money = st.builds(Money, st.integers(-(10**15), 10**15), st.sampled_from(CURRENCIES))


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [(4299, "EUR", "42.99 EUR"), (5, "EUR", "0.05 EUR"), (0, "EUR", "0.00 EUR"), (4299, "JPY", "4299 JPY"),
     (4299, "KWD", "4.299 KWD"), (4299, "CLF", "0.4299 CLF"), (-1, "EUR", "-0.01 EUR")],
)  # fmt: skip
def test_money_reads_as_people_write_it(minor: int, currency: str, text: str) -> None:
    assert str(Money(minor, currency)) == text


@given(money)
def test_there_and_back(given_money: Money) -> None:
    assert Money.of(given_money.decimal, given_money.currency) == given_money
    assert Money.of(str(given_money.decimal), given_money.currency) == given_money


@pytest.mark.parametrize(
    "amount",
    ["1.001", "0.009", "NaN", "Infinity", "-Infinity", "", "ten", "1e999999999", "1E-30",
     "1.00000000000000000000000000000000001"],
)  # fmt: skip
def test_what_is_no_amount_of_euros(amount: str) -> None:
    with pytest.raises(ValueError, match=r"not an amount|more decimals"):
        Money.of(amount, "EUR")


@pytest.mark.parametrize("minor", [1.0, "1", True, None, Decimal(1)])
def test_minor_units_are_integers(minor: Any) -> None:
    with pytest.raises(TypeError):
        Money(minor, "EUR")


@pytest.mark.parametrize("currency", ["eur", "EU", "EURO", "", "ÄÖÜ", "A1B", "978"])
def test_a_currency_is_a_code(currency: str) -> None:
    with pytest.raises(ValueError, match="not an ISO 4217"):
        Money(1, currency)


def test_currencies_do_not_mix() -> None:
    euro, pound = Money(1, "EUR"), Money(1, "GBP")
    assert euro != pound
    for mix in (lambda: euro + pound, lambda: euro - pound, lambda: euro < pound, lambda: euro >= pound):
        with pytest.raises(CurrencyMismatch):
            mix()


@given(money, st.integers(-(10**15), 10**15))
def test_sums_are_exact(one: Money, minor: int) -> None:
    other = Money(minor, one.currency)
    assert (one + other) - other == one
    assert (one < other) == (one.minor < other.minor)
    assert bool(one) == (one.minor != 0)


# --- thousandths, which only EPC speaks -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "thousandths"),
    [(Money(2400, "GBP"), 24000), (Money(1, "EUR"), 10), (Money(400, "EUR"), 4000), (Money(64, "JPY"), 64000),
     (Money(1234, "KWD"), 1234), (Money(50, "CLF"), 5), (Money(10**15, "EUR"), 10**16)],
)  # fmt: skip
def test_thousandths_both_ways(asked: Money, thousandths: int) -> None:
    assert to_thousandths(asked) == thousandths
    assert from_thousandths(Decimal(thousandths), asked.currency) == asked


@pytest.mark.parametrize(("minor", "currency"), [(1, "CLF"), (0, "EUR"), (-100, "EUR")])
def test_what_cannot_be_asked_in_thousandths(minor: int, currency: str) -> None:
    with pytest.raises(Invalid) as refused:
        to_thousandths(Money(minor, currency))
    assert refused.value.field == "amount"


@given(st.builds(Money, st.integers(1, 10**15), st.sampled_from(["EUR", "JPY", "KWD"])))
def test_every_amount_survives_thousandths(asked: Money) -> None:
    there = to_thousandths(asked)
    assert from_thousandths(Decimal(there), asked.currency) == asked
    assert from_thousandths(Decimal(f"{there}.0"), asked.currency) == asked
    assert there == asked.minor * 10 ** (3 - exponent(asked.currency))


@given(st.integers(1, 10**15).filter(lambda thousandths: thousandths % 10))
def test_no_half_cent_is_rounded_away(thousandths: int) -> None:
    with pytest.raises(ValueError, match="no whole amount"):
        from_thousandths(Decimal(thousandths), "EUR")
