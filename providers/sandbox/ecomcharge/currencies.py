"""How many decimals does eComCharge count with, and which codes are there?

The vendor's own table [public: php Money.php], which is not ISO 4217's: it is the one thing here that must not
come from `providers.money`.
"""

from decimal import Decimal

_WITHOUT = (
    "BIF BYR CLF CLP CVE DJF GNF IDR IQD IRR ISK JPY KMF KPW KRW LAK LBP MMK PYG RWF SLL STD UYI VND VUV XAF "
    "XOF XPF"
)
_WITH_TWO = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF "
    "CNY COP CRC CUP CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF ILS "
    "INR JMD KES KGS KHR KYD KZT LKR LRD LSL MAD MDL MGA MKD MNT MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK "
    "NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP "
    "SZL THB TJS TMT TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES WST XCD YER ZAR ZMW ZWG"
)
_NONE = frozenset(_WITHOUT.split())
_ONE = frozenset({"MOP"})
_THREE = frozenset({"BHD", "JOD", "KWD", "LYD", "OMR", "TND"})
CODES = _NONE | _ONE | _THREE | frozenset(_WITH_TWO.split())


def decimals(code: str) -> int:
    if code in _NONE:
        return 0
    if code in _ONE:
        return 1
    return 3 if code in _THREE else 2


def money(amount: int, code: str) -> str:
    """For people: `42.99 GBP`."""
    return f"{Decimal(amount).scaleb(-decimals(code)):.{decimals(code)}f} {code}"
