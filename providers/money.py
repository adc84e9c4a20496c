"""How much, of which currency? Integer minor units, and never two currencies in one sum."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import total_ordering

# ISO 4217 (2024): currencies whose minor unit is not the hundredth. A provider that counts otherwise keeps
# its own table in its own file: the exponent is a question of provider and currency.
_EXPONENTS = {
    "BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0, "UGX": 0,
    "UYI": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
    "BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
    "CLF": 4, "UYW": 4,
}  # fmt: skip


class CurrencyMismatch(ValueError):
    """Two currencies met in one sum or comparison."""


def exponent(currency: str) -> int:
    """Decimals of the currency's minor unit in ISO 4217: 2 for EUR, 0 for JPY, 3 for KWD."""
    return _EXPONENTS.get(currency, 2)


def with_exponent(places: int) -> list[str]:
    """The currencies whose minor unit has so many decimals. Two is what all have that are in no other list."""
    return sorted(code for code, decimals in _EXPONENTS.items() if decimals == places)


@total_ordering
@dataclass(frozen=True)
class Money:
    """`minor` units (cents, for the euro) of an ISO 4217 alpha-3 `currency`, upper case."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if not isinstance(self.minor, int) or isinstance(self.minor, bool):
            raise TypeError(f"money is counted in integer minor units, not {type(self.minor).__name__}")
        if not (
            len(self.currency) == 3
            and self.currency.isascii()
            and self.currency.isalpha()
            and self.currency.isupper()
        ):
            raise ValueError(f"not an ISO 4217 currency code: {self.currency!r}")

    @classmethod
    def zero(cls, currency: str) -> "Money":
        return cls(0, currency)

    @classmethod
    def of(cls, amount: str | Decimal, currency: str) -> "Money":
        """From a decimal amount in major units; ValueError when it has more decimals than the currency, or is none."""
        try:
            given = Decimal(amount)
        except InvalidOperation as error:
            raise ValueError(f"not an amount: {str(amount)[:40]!r}") from error
        # Decimals round to 28 digits without a word, and "1e9" has as many zeros as it likes.
        if not given.is_finite() or abs(given.adjusted()) > 15 or len(given.as_tuple().digits) > 20:
            raise ValueError(f"not an amount: {str(amount)[:40]!r}")
        minor = given.scaleb(exponent(currency))
        if minor != minor.to_integral_value():
            raise ValueError(f"{amount} has more decimals than {currency}")
        return cls(int(minor), currency)

    @property
    def decimal(self) -> Decimal:
        """The amount in major units, exact, with the currency's own number of decimals."""
        return Decimal(self.minor).scaleb(-exponent(self.currency))

    def __str__(self) -> str:
        return f"{self.decimal} {self.currency}"

    def __bool__(self) -> bool:
        return self.minor != 0

    def _other(self, other: "Money") -> int:
        if self.currency != other.currency:
            raise CurrencyMismatch(f"{self} and {other} are not of one currency")
        return other.minor

    def __add__(self, other: "Money") -> "Money":
        return Money(self.minor + self._other(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.minor - self._other(other), self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.minor < self._other(other)
