"""Is this EMS really from SysPay, and what does it speak of?"""

from providers.base import Incoming, Notification
from providers.syspay.wire import WireSettings


def ems_url(notify: str, reference: str) -> str:
    """The address for SysPay to ring, which says for which attempt it was given."""
    raise NotImplementedError


def read(incoming: Incoming, settings: WireSettings) -> Notification:
    """Forged unless it is SysPay's; Invalid when it is and cannot be read."""
    raise NotImplementedError
