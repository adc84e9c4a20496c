"""How are captures, voids and refunds asked of SysPay?"""

from providers.base import Charge, Report
from providers.money import Money
from providers.syspay.wire import Wire, WireSettings


def capture(wire: Wire, settings: WireSettings, charge: Charge, money: Money, *, key: str) -> Report:
    raise NotImplementedError


def void(wire: Wire, settings: WireSettings, charge: Charge, money: Money, *, key: str) -> Report:
    raise NotImplementedError


def refund(wire: Wire, settings: WireSettings, charge: Charge, money: Money, *, key: str) -> Report:
    raise NotImplementedError
