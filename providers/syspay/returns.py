"""What does a browser that comes back from SysPay claim, and did SysPay sign it?"""

from collections.abc import Mapping

from providers.base import Returned
from providers.syspay.wire import WireSettings


def read(query: Mapping[str, str], settings: WireSettings, reference: str) -> Returned:
    """Forged when the signature does not hold."""
    raise NotImplementedError
