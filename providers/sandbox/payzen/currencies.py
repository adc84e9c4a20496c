"""How many decimals does PayZen count with, and which codes does it know?

The platform's own table [public: its plug-ins' currency list; PF]: CNY has one decimal, KHR none, and BHD is not
known at all. That is not ISO 4217, so it does not come from `providers.money`.
"""

from decimal import Decimal

_WITHOUT = "CLP IDR JPY KHR KRW XOF XPF"
_NONE = frozenset(_WITHOUT.split())
_ONE = frozenset({"CNY"})
_THREE = frozenset({"KWD", "TND"})
_WITH_TWO = (
    "ARS AUD BGN BRL CAD CHF COP CZK DKK EUR GBP HKD HUF INR MAD MXN MYR NOK NZD PEN PHP PLN RON RUB SEK SGD "
    "THB TRY TWD USD UYU ZAR"
)
CODES = _NONE | _ONE | frozenset(_WITH_TWO.split()) | _THREE


def decimals(code: str) -> int:
    if code in _NONE:
        return 0
    if code in _ONE:
        return 1
    return 3 if code in _THREE else 2


def money(amount: int, code: str, language: str = "en") -> str:
    """For people: `9.90 EUR`, `9,90 EUR` in French."""
    shown = f"{Decimal(amount).scaleb(-decimals(code)):.{decimals(code)}f} {code}"
    return shown.replace(".", ",") if language == "fr" else shown
