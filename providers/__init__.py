"""Which payment providers are there? The names, and where each one's class is."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from providers.base import Provider

# slug -> module:class. A provider is one file here, a stand-in in `sandbox`, its tests, and a template if it embeds.
PROVIDERS: dict[str, str] = {
    "epc": "providers.epc:Epc",
    "ecomcharge": "providers.ecomcharge:Ecomcharge",
    "purse": "providers.purse:Purse",
    "syspay": "providers.syspay:SysPay",
    "payzen": "providers.payzen:PayZen",
}


def provider_class(slug: str) -> "type[Provider]":
    """The class behind `slug`; KeyError when there is no such provider."""
    module, _, name = PROVIDERS[slug].partition(":")
    cls: type[Provider] = getattr(import_module(module), name)
    return cls
