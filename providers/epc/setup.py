"""Is an account at SecuTix right, and which of our addresses does SecuTix have to know?"""

from providers.base import Urls
from providers.epc.wire import S360
from providers.setup import Address, Probe

ORDERS = "externalOrderService"
PROBED_ORDER = 1  # [inferred] S360 has no order of this number; if it has, it is read and nothing more


def probe(s360: S360) -> Probe:
    """Which system has answered is not told: the environment alone decides it."""
    s360.knock(ORDERS, "getOrderDetails", {"orderId": PROBED_ORDER})
    return Probe(said="S360 was asked for an order that does not exist, and it took the signature.")


def addresses(urls: Urls) -> tuple[Address, ...]:
    return (
        Address(
            label="Notification address",
            url=urls.notify,
            where="Ask SecuTix to set up the order webhook (version 2) with this address; if you chose a key for it "
            "above, with ?key= and that key behind it.",
        ),
        Address(label="Return address", url=urls.back, where=""),
    )
