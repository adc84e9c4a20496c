"""Which transactions does an operation take from, and how much of each? Nothing here touches the database.

The rules are the seed's ("Default Processing Order"); where it is silent, a named constant says what we picked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

ANY = "*"
# The seed says that an operation request may carry a priority list, not under which name [unknown].
FIELD_NAMES = ("operation_priorities", "priorities", "priority")
GIFT_CARD_METHODS = ("giftcard",)  # whether `voucher` counts is [unknown]
CREDIT_CARD_METHODS = ("creditcard",)


class Solution(Protocol):
    """Anything that has a partner and a method."""

    @property
    def partner(self) -> str: ...

    @property
    def method(self) -> str: ...


Gathered = TypeVar("Gathered", bound=Solution)


@dataclass(frozen=True)
class Priority:
    """One entry of the list; `*` matches anything."""

    partner: str
    method: str

    @property
    def everything_else(self) -> bool:
        return self.partner == ANY and self.method == ANY

    def matches(self, solution: Solution) -> bool:
        return self.partner in (ANY, solution.partner) and self.method in (ANY, solution.method)


_REST = Priority(ANY, ANY)
DEFAULTS: dict[str, tuple[Priority, ...]] = {
    "capture": (*(Priority(ANY, method) for method in GIFT_CARD_METHODS), _REST),
    "refund": (*(Priority(ANY, method) for method in CREDIT_CARD_METHODS), _REST),
    # No default is stated for voids: the order of the split [unknown].
    "void": (_REST,),
}


def ordered(
    solutions: Sequence[Gathered], priorities: Sequence[Priority], *, unmatched_last: bool = True
) -> list[Gathered]:
    """The solutions in the order in which an operation takes from them.

    Each entry gathers what is left and matches it; `*`/`*` gathers what matches no other entry, also none
    that comes later. Within an entry the order of the split holds [inferred].
    """
    left = list(solutions)
    named = [priority for priority in priorities if not priority.everything_else]
    found: list[Gathered] = []
    for priority in priorities:
        if priority.everything_else:
            group = [one for one in left if not any(other.matches(one) for other in named)]
        else:
            group = [one for one in left if priority.matches(one)]
        found += group
        left = [one for one in left if one not in group]
    return found + left if unmatched_last else found


def distribute(amount: int, available: Sequence[int]) -> list[int]:
    """Greedily: each gives what it can until nothing is missing. What can not be given is left out."""
    given = []
    for most in available:
        given.append(min(amount, max(most, 0)))
        amount -= given[-1]
    return given
