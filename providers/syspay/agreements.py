"""How does a subscription, a payment plan or a mandate stand at SysPay, and how is it charged and ended?"""

from providers.agreements import Agreement, AgreementReport, Ending
from providers.base import Charge, Started
from providers.syspay.wire import Wire, WireSettings


def sync_agreement(wire: Wire, settings: WireSettings, agreement: Agreement) -> AgreementReport:
    raise NotImplementedError


def end_agreement(
    wire: Wire, settings: WireSettings, agreement: Agreement, ending: Ending
) -> AgreementReport:
    raise NotImplementedError


def rebill(wire: Wire, settings: WireSettings, charge: Charge) -> Started:
    """Charge `charge.agreement` once more."""
    raise NotImplementedError
