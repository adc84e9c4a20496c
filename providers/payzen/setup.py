"""Is an account at PayZen right, and which of our addresses does PayZen have to know?"""

from providers.base import Urls
from providers.errors import Misconfigured, Uncertain
from providers.payzen.wire import NO_SERVICE, NO_SUCH_SERVICE, Gateway, Refused
from providers.said import said as _
from providers.setup import Address, Probe

_OTHER_MODE = {
    True: _(
        "The password is of PayZen's production, and this account is for tests: money would be taken. Look at the "
        "Password."
    ),
    False: _(
        "The password is of PayZen's tests, and this account is live: no money would be taken. Look at the Password."
    ),
}


def probe(gateway: Gateway, *, live: bool) -> Probe:
    """PayZen says with every answer which mode the password opened."""
    try:
        shown = gateway.knock()
    except Refused as no:
        if no.code == NO_SUCH_SERVICE:
            raise Misconfigured(NO_SERVICE) from None
        raise Uncertain(_("PayZen refuses to be tried: %(why)s", why=no.why)) from None
    if shown is not None and shown is not live:
        raise Misconfigured(_OTHER_MODE[shown])
    return Probe(
        said="PayZen's test service (Charge/SDKTest) was called, and it took Shop ID and Password.",
        live=shown,
    )


def addresses(urls: Urls) -> tuple[Address, ...]:
    """The order's own address goes before the rule. But the rule is what tells of the Back Office and of later news."""
    return (
        Address(
            label="Notification address",
            url=urls.notify,
            where="In PayZen's Back Office: Settings, Notification rules, Instant Payment Notification URL at the end "
            "of the payment, section REST API; tests and production each have one. Every payment brings it as well: "
            "the rules are for what is done in the Back Office, and for later news.",
        ),
        Address(label="Return address", url=urls.back, where=""),
    )
