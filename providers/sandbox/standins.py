"""Which stand-ins are there, and what must each one bring? One module each, and its name in the table."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.urls import URLPattern, URLResolver

from providers.sandbox.cards import COMMON, TestCard
from providers.sandbox.retries import GROWING, Retry


@dataclass
class Outgoing:
    """A notification about to be sent: what `forge` may spoil."""

    headers: dict[str, str]
    body: str


@dataclass(frozen=True)
class Row:
    """An order or payment as the console lists it. `actions`: (label, name in Standin.actions, number)."""

    number: str
    state: str
    amount: str
    about: str
    at: Any
    payments: tuple[tuple[str, str, str], ...] = ()  # (number, state, detail)
    actions: tuple[tuple[str, str, str], ...] = ()
    # Where its shopper pays, if there is an address for it.
    link: str = ""


@dataclass(frozen=True)
class Standin:
    """What the core asks of a stand-in. Its paths are under /<slug>/, its test API is /_sandbox/<slug>/."""

    slug: str
    label: str
    urls: list[URLPattern | URLResolver]
    api: list[URLPattern | URLResolver]
    # The account that is there from the start, and which of its settings are never shown.
    account: Mapping[str, Any]
    secrets: frozenset[str]
    # The names (of URLs) of the shop's server's calls: what HTTP faults strike.
    methods: tuple[str, ...]
    rows: Callable[[], list[Row]]
    # Forget all orders and payments; the argument says whether the catalogue (if there is one) is kept.
    forget: Callable[[bool], None]
    # Further names a fault may be armed for, such as a form's submit; struck only when a fault names them.
    steps: tuple[str, ...] = ()
    # action -> what to do at the appointment's hour.
    later: Mapping[str, Callable[[str], None]] = field(default_factory=dict)
    # action -> what a button of the console does to the order or payment of that number.
    actions: Mapping[str, Callable[[str], None]] = field(default_factory=dict)
    cards: tuple[TestCard, ...] = COMMON
    # What has to be typed beside the number of such a card.
    cards_hint: str = "Any expiry date to come, code 123 (American Express 1234), 3-D Secure code 1234."
    # When a notification is tried again, and which answers end the retries.
    retry: Retry = GROWING
    taken: Callable[[int], bool] = lambda status: 200 <= status < 300
    # Seconds that the shop may take to answer a notification.
    patience: int = 10
    forge: Callable[[Outgoing], Outgoing] = lambda message: message
    # The same message under a signature that is not ours, where a stand-in signs.
    missign: Callable[[Outgoing], Outgoing] = lambda message: message
    # What the console shows of the account beyond its settings: (name, value).
    facts: Callable[[str], list[tuple[str, str]]] = lambda account: []
    # Pages of its own below /console/<slug>/, and those that the console links to: (label, path).
    pages: list[URLPattern | URLResolver] = field(default_factory=list)
    links: tuple[tuple[str, str], ...] = ()


def _all() -> dict[str, Standin]:
    from providers.sandbox import ecomcharge, epc, payzen, purse, syspay

    every = (epc.STANDIN, ecomcharge.STANDIN, purse.STANDIN, syspay.STANDIN, payzen.STANDIN)
    return {standin.slug: standin for standin in every}


STANDINS: dict[str, Standin] = {}
STANDINS.update(_all())
