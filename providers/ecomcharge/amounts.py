"""How much is that in the provider's units? The vendor's own table of decimals, which is not ISO 4217's.

From the Money class of the vendor's PHP library; which table its servers use is not published. Where the two tables
disagree a merchant would be paid ten or a hundred times too much or too little, so such a currency is refused unless
the account says otherwise.
"""

from decimal import Decimal
from typing import Literal

from providers.errors import Invalid
from providers.money import Money, exponent
from providers.said import said as _

Disputed = Literal["refuse", "vendor"]

_EXPONENTS = {
    "BIF": 0, "BYR": 0, "CLF": 0, "CLP": 0, "CVE": 0, "DJF": 0, "GNF": 0, "IDR": 0, "IQD": 0, "IRR": 0, "ISK": 0,
    "JPY": 0, "KMF": 0, "KPW": 0, "KRW": 0, "LAK": 0, "LBP": 0, "MMK": 0, "PYG": 0, "RWF": 0, "SLL": 0, "STD": 0,
    "UYI": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
    "MOP": 1,
    "BHD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
}  # fmt: skip


def vendor_exponent(currency: str) -> int:
    return _EXPONENTS.get(currency, 2)


def is_disputed(currency: str) -> bool:
    return vendor_exponent(currency) != exponent(currency)


def to_vendor(money: Money, disputed: Disputed) -> int:
    """`money` in the provider's minimal units; Invalid when it cannot be told in them, or not surely."""
    if not is_disputed(money.currency):
        return money.minor
    if disputed == "refuse":
        raise Invalid(
            "currency",
            _("eComCharge may count %(currency)s with %(theirs)s decimals and not with %(ours)s: ask it, and then "
              "choose so in the account's settings", currency=money.currency,
              theirs=vendor_exponent(money.currency), ours=exponent(money.currency)),
        )  # fmt: skip
    units = money.decimal.scaleb(vendor_exponent(money.currency))
    if units != units.to_integral_value():
        why = _("%(money)s has more decimals than eComCharge has for %(currency)s",
                money=money, currency=money.currency)  # fmt: skip
        raise Invalid("amount", why)
    return int(units)


def from_vendor(units: int, currency: str) -> Money:
    """What the provider says, in our minor units; ValueError when it is no whole number of them."""
    ours = Money(units, currency)
    if not is_disputed(currency):
        return ours
    minor = Decimal(units).scaleb(exponent(currency) - vendor_exponent(currency))
    if minor != minor.to_integral_value():
        raise ValueError(f"{units} units of {currency} are no whole amount")
    return Money(int(minor), currency)
