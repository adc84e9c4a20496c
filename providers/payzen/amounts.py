"""How much is that in the provider's units? The platform's own table of decimals, which is not ISO 4217's.

The platform's currency table gives JPY, KRW, XPF, XOF and IDR none, KWD and TND three, and has no BHD. Of CNY and KHR
it is only known that they differ: the vendor's own plugins count CNY with one decimal or two, KHR with none or two.
Such a currency is refused unless the account says how it is to be counted. All others go by ISO 4217 [inferred].
"""

from decimal import Decimal
from typing import Literal

from providers.errors import Invalid
from providers.money import Money, exponent
from providers.said import said as _

Disputed = Literal["refuse", "payzen"]

_EXPONENTS = {"IDR": 0, "JPY": 0, "KRW": 0, "KWD": 3, "TND": 3, "XOF": 0, "XPF": 0}
# [inferred] from the older of the vendor's plugins; used only where the account says so.
DISPUTED = {"CNY": 1, "KHR": 0}
UNSUPPORTED = frozenset({"BHD"})
MOST_DIGITS = 12


def platform_exponent(currency: str) -> int:
    return _EXPONENTS.get(currency, DISPUTED.get(currency, exponent(currency)))


def to_platform(money: Money, disputed: Disputed) -> int:
    """`money` in the platform's units; Invalid when it cannot be told in them, or not surely."""
    currency = money.currency
    if currency in UNSUPPORTED:
        raise Invalid("currency", _("PayZen does not take %(currency)s", currency=currency))
    if currency in DISPUTED and disputed == "refuse":
        raise Invalid(
            "currency",
            _(
                "PayZen may count %(currency)s with %(theirs)s decimals and not with %(ours)s: ask it, and then choose "
                "so in the account's settings",
                currency=currency,
                theirs=DISPUTED[currency],
                ours=exponent(currency),
            ),
        )
    units = money.decimal.scaleb(platform_exponent(currency))
    if units != units.to_integral_value():
        why = _(
            "%(money)s has more decimals than PayZen has for %(currency)s", money=money, currency=currency
        )
        raise Invalid("amount", why)
    if len(str(abs(int(units)))) > MOST_DIGITS:
        raise Invalid("amount", _("has more than %(most)s digits", most=MOST_DIGITS))
    return int(units)


def from_platform(units: int, currency: str) -> Money:
    """What the platform says, in our minor units; ValueError when it is no whole number of them."""
    ours = Money(units, currency)
    shift = exponent(currency) - platform_exponent(currency)
    if not shift:
        return ours
    minor = Decimal(units).scaleb(shift)
    if minor != minor.to_integral_value():
        raise ValueError(f"{units} units of {currency} are no whole amount")
    return Money(int(minor), currency)
