"""When SysPay will not open a form, whose is it to mend? Its numeric codes, read into the shop's own field names.

The numbers and sentences are of SysPay's published catalogue (v2; that v1 numbers alike is [inferred]). To which field
a number belongs is [inferred] from its sentence. The no of a capture, a refund or a further charge is read in
`operations`.
"""

import re
from collections.abc import Mapping

from providers.base import Charge, Kind
from providers.errors import Invalid, Misconfigured, ProviderError, Uncertain
from providers.said import said as _
from providers.syspay import locks
from providers.syspay.locks import BLOCKS
from providers.syspay.request import OPTIONS
from providers.syspay.settings import SysPayOptions
from providers.syspay.wire import WireRefusal

# The form was asked for before: what becomes of it is to be found out, and no second one is opened beside it.
OPENED_BEFORE = frozenset(
    {
        20040,  # Duplicate request
        30008,  # Payment reference is not unique
    }
)

# The field of SysPay's request that a code speaks of. "*" is the block of the order's kind.
_FIELDS: Mapping[int, str] = {
    20001: "*.amount",
    20002: "*.currency",
    20005: "website",
    20006: "website",
    20012: "customer.mobile_phone",
    20014: "customer.first_name",
    20015: "customer.last_name",
    20017: "customer.mobile_country",
    20036: "customer.mobile_country",
    20037: "customer.mobile_phone",
    30005: "payment_page_redirect_url",
    30006: "ems_url",
    30007: "reference",
    30009: "*.preauth",
    30011: "*.amount",
    30012: "*.amount",
    30013: "*.amount",
    30014: "*.currency",
    30015: "description",
    30016: "customer.email",
    30017: "customer.language",
    30031: "allowed_retries",
    30032: "payment_page_redirect_url",
    90001: "customer.country",
    90002: "payment_page_redirect_url",
    110001: "locked",
    110002: "type",
    110003: "*.trial_period",
    110004: "*.trial_period_unit",
    110005: "*.trial_cycles",
    110006: "*.billing_period",
    110007: "*.billing_period_unit",
    110008: "*.billing_cycles",
    110009: "website",
    110010: "eterminal_redirect_url",
    110011: "*.initial_charge",
    110012: "customer.first_name",
    110013: "customer.last_name",
    110014: "customer.mobile_phone",
    110015: "customer.address",
    110016: "customer.city",
    110018: "customer.mobile_country",
    110019: "customer.country",
    110020: "customer.first_name",
    110021: "customer.last_name",
    110022: "*.preauth",
    110023: "reference",
    170016: "locked_inputs",
    170018: "locked_inputs",
}

# What SysPay would have to permit or to enable, or what was set wrongly here: in the merchant's words.
_MERCHANTS: Mapping[int, str] = {
    30001: _("SysPay does not know how this payment is to be made."),
    30002: _("SysPay does not permit this account to take payments this way: ask SysPay to enable it."),
    30003: _("SysPay does not accept that a mandate is asked for."),
    30004: _(
        "SysPay does not permit this account to take mandates: ask SysPay to enable them, or take PAYMENT_MANDATE "
        "out of the account's types of payment."
    ),
    30010: _(
        "SysPay does not permit this account to reserve money: ask SysPay to enable it, or let orders be captured "
        "at once."
    ),
    30035: _("SysPay does not let this account take such cards."),
    60008: _("SysPay does not permit this account the service."),
    110024: _("SysPay finds the API login too long."),
    110025: _("SysPay finds what the API passphrase signs too long."),
    120003: _("SysPay does not accept the account's key."),
    120005: _("SysPay has the feature switched off for this account: ask SysPay to enable it."),
    120006: _("SysPay has this account's user switched off: ask SysPay."),
}

# Codes whose sentence names the fields: "Missing required parameters: customer, reference".
_NAMING = frozenset({10003, 10004, 10006, 10007, 10008, 10009, 10010})

_SHOPS: Mapping[str, str] = {
    "type": "kind",
    "reference": "reference",
    "description": "description",
    "customer.first_name": "customer.first_name",
    "customer.last_name": "customer.last_name",
    "customer.email": "customer.email",
    "customer.mobile_country": "customer.phone",
    "customer.mobile_phone": "customer.phone",
    "customer.company_name": f"{OPTIONS}.company_name",
    "customer.language": "language",
    "customer.address": "customer.address",
    "customer.city": "customer.city",
    "customer.postcode": "customer.postal_code",
    "customer.country": "customer.country",
    "customer": "customer",
    "*.amount": "amount",
    "*.initial_charge": "amount",
    "*.currency": "currency",
    "*.preauth": "capture_later",
    "*.total_amount": "terms.total",
    "*.billing_amount": "terms.amount",
    "*.billing_cycles": "terms.cycles",
    "*.billing_period": "terms.period.count",
    "*.billing_period_unit": "terms.period.unit",
    "*.initial_amount": "terms.initial_amount",
    "*.trial_amount": "terms.trial.amount",
    "*.trial_cycles": f"{OPTIONS}.trial_cycles",
    "*.trial_period": "terms.trial.period.count",
    "*.trial_period_unit": "terms.trial.period.unit",
}
_AMOUNTS = {Kind.SUBSCRIPTION: "terms.amount", Kind.PAYMENT_PLAN: "terms.total"}
_ADDRESSES = frozenset({"ems_url", "payment_page_redirect_url", "eterminal_redirect_url"})
_SETTINGS = {
    "website": _("Website"),
    "allowed_retries": _("Retries"),
    "locked": _("What shoppers cannot change"),
    "locked_inputs": _("What shoppers cannot change"),
}


def of_start(no: WireRefusal, charge: Charge, brought: SysPayOptions) -> ProviderError:
    """Invalid with the shop's field; Misconfigured when it is the merchant's; Uncertain when it is there already."""
    if no.code in OPENED_BEFORE:
        return Uncertain(
            _(
                "SysPay has been asked for this before, under the reference %(reference)s. What became of it is "
                "to be found out first.",
                reference=charge.reference,
            )
        )
    why = no.message or _("SysPay refuses it (%(code)s)", code=no.code)
    if sentence := _MERCHANTS.get(no.code):
        return Misconfigured(
            _("%(sentence)s It says %(code)s: %(why)s", sentence=sentence, code=no.code, why=why)
        )
    named = _FIELDS.get(no.code) or (_named(no.message, charge) if no.code in _NAMING else "")
    if named in _ADDRESSES:
        return Misconfigured(
            _("SysPay refuses this site's own address (%(field)s): %(why)s", field=named, why=why)
        )
    field = shops_field(named, charge, brought)
    if field:
        return Invalid(field, why)
    if title := _SETTINGS.get(named):
        return Misconfigured(
            _("SysPay refuses what the account says under “%(title)s”: %(why)s", title=title, why=why)
        )
    return Invalid("order", why)


def shops_field(named: str, charge: Charge, brought: SysPayOptions) -> str:
    """The path in the shop's request of a field that we sent; "" for one that the shop has no hand in."""
    if named in ("locked", "locked_inputs"):
        if charge.desk is not None:
            return locks.DESK
        return f"{OPTIONS}.{named}" if getattr(brought, named) is not None else ""
    if named in ("website", "allowed_retries"):
        return f"{OPTIONS}.{named}" if getattr(brought, named) is not None else ""
    if named == "description" and brought.description is not None:
        return f"{OPTIONS}.description"
    if named == "*.amount" and charge.kind in _AMOUNTS:
        return _AMOUNTS[charge.kind]
    return _SHOPS.get(named, "")


def _named(message: str, charge: Charge) -> str:
    """The first field of ours that the sentence names, with dots or alone; "" when it names none."""
    block = BLOCKS.get(charge.kind, "")
    told = message.partition(":")[2] or message
    # PHP's spelling, customer[first_name], says the same.
    for word in re.findall(r"[a-z_]+(?:[.\[][a-z_]+\]?)*", told):
        name = word.replace("[", ".").replace("]", "")
        name = f"*.{name.removeprefix(block + '.')}" if block and name.startswith(f"{block}.") else name
        for known in (name, f"*.{name}", f"customer.{name}"):
            if known in _SHOPS or known in _SETTINGS or known in _ADDRESSES:
                return known
    return ""
