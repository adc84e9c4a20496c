"""How does a payment stand at SysPay?"""

from providers.base import Charge, Report
from providers.syspay.wire import Wire, WireSettings


def sync(wire: Wire, settings: WireSettings, charge: Charge) -> Report:
    """`charge.memo["allowed_retries"]`, written by `start`: how often the form may be tried again."""
    raise NotImplementedError
