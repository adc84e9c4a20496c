"""Is an account at eComCharge right, and which of our addresses does eComCharge have to know?"""

from providers.base import Urls
from providers.ecomcharge.settings import EcomchargeSettings
from providers.ecomcharge.wire import BeGateway
from providers.errors import Misconfigured, Uncertain, Unreachable
from providers.said import Said
from providers.said import said as _
from providers.setup import Address, Probe

# [inferred] Nothing at eComCharge has these names; they have the shape that its own have.
TOKEN = "0" * 64
UID = "00000000-0000000000"


def probe(settings: EcomchargeSettings, gate: BeGateway) -> Probe:
    """Each of the three hosts, by the setting's title: one may be of another platform. Test or live is said with every
    payment, so no answer shows it."""
    title = {name: Said(info.title or name, {}) for name, info in EcomchargeSettings.model_fields.items()}
    questions = {
        "checkout_url": (f"/ctp/api/checkouts/{TOKEN}", {"X-API-Version": "2"}),
        "gateway_url": (f"/transactions/{UID}", {}),
        "api_url": (f"/beyag/transactions/{UID}", {}),
    }
    for name, (path, headers) in questions.items():
        host = getattr(settings, name)
        try:
            gate.knock(f"{host}{path}", headers)
        except (Misconfigured, Unreachable, Uncertain) as problem:
            about = {"setting": title[name], "host": host, "why": problem.sentence}
            raise type(problem)(_("%(setting)s, %(host)s: %(why)s", **about)) from problem
    return Probe(
        said="All three addresses were asked for something that does not exist, and took Shop ID and Secret key."
    )


def addresses(settings: EcomchargeSettings, urls: Urls) -> tuple[Address, ...]:
    """Every payment brings all of them."""
    told = [Address(label="Notification address", url=urls.notify, where="")]
    if settings.verify and urls.approve:
        told.append(Address(label="Approval address", url=urls.approve, where=""))
    return (*told, Address(label="Return address", url=urls.back, where=""))
