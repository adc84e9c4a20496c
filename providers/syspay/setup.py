"""Is an account at SysPay right, and which of our addresses does SysPay have to know?"""

from providers.base import Urls
from providers.errors import Uncertain
from providers.said import said as _
from providers.setup import Address, Probe
from providers.syspay.wire import Wire, WireRefusal

REFERENCE = "connection-test"  # no attempt of ours is called so


def probe(wire: Wire) -> Probe:
    """Sandbox and production differ by the address alone: no answer shows it."""
    try:
        wire.payments(REFERENCE)
    except WireRefusal as no:
        raise Uncertain(
            _("SysPay lets this account in, but does not list its payments. %(no)s", no=no.args[0])
        ) from no
    return Probe(
        said="SysPay was asked for a payment that does not exist, and it took API login and passphrase."
    )


def addresses(urls: Urls) -> tuple[Address, ...]:
    return (
        Address(
            label="Notification address",
            url=urls.notify,
            where="In SysPay's merchant back office: the default EMS URL. Every form and refund brings an address of "
            "its own; the default is for what is done in the back office.",
        ),
        Address(label="Return address", url=urls.back, where=""),
    )
