"""What does a test of the connection say, and which addresses of ours are pasted at a provider?"""

from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, kw_only=True)
class Probe:
    """The connection holds. `said` is fixed English, so that it can be translated."""

    said: str  # what was asked and what came back, one sentence for the merchant
    live: bool | None = None  # which mode the provider's answer shows; None: it does not tell


@dataclass(frozen=True, kw_only=True)
class Address:
    """An address of ours that the provider has to know. `label` and `where` are fixed English, likewise."""

    label: str
    url: str
    where: str  # where in the provider's back office it is pasted; "": every payment brings it, nothing is to be done


def origin(url: str) -> str:
    """The site of an address: https://pay.shop.example."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
