"""How will Purse share a capture, void or refund out to the means of payment? And which list do we send to say so?

Purse's rules: a list's entries are taken in their sequence, each gathers the transactions that are still there and
that it matches; {*, *} gathers those that no other entry of the list matches, wherever in the list that one stands.
Within an entry the sequence is the split's, and each transaction gives what it has until the amount is reached
[inferred]. A list without {*, *} leaves open what becomes of the rest, so we always send one that has it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from providers.base import Share, Tender, Verb
from providers.errors import Invalid
from providers.money import Money
from providers.purse.settings import ANY, PurseSettings, Solution
from providers.said import objection
from providers.said import said as _

Priorities = tuple[Solution, ...]

EVERYTHING_ELSE = Solution(partner=ANY, method=ANY)
# What Purse does when it is told nothing. Of voids it does not say.
_PURSES_OWN: Mapping[Verb, Priorities] = {
    Verb.CAPTURE: (Solution(method="giftcard"), EVERYTHING_ELSE),
    Verb.REFUND: (Solution(method="creditcard"), EVERYTHING_ELSE),
}


class Plan(BaseModel):
    """What may be said of one operation. An empty list is Purse's own sequence, whatever the account says."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    priorities: Priorities | None = Field(None, max_length=50)


def asked(settings: PurseSettings, verb: Verb, plan: Mapping[str, Any]) -> Priorities:
    """The list to be sent, () for none: the plan's, else the account's. Invalid when the plan is none."""
    try:
        given = Plan.model_validate(dict(plan)).priorities
    except ValidationError as problem:
        found = [
            (".".join(("plan", *map(str, told["loc"]))), objection(told))
            for told in problem.errors(include_input=False, include_url=False)
        ]
        raise Invalid(*found[0], *found[1:]) from None
    if given is None:
        given = {
            Verb.CAPTURE: settings.capture_priorities,
            Verb.VOID: settings.void_priorities,
            Verb.REFUND: settings.refund_priorities,
        }[verb]
    return given if not given or EVERYTHING_ELSE in given else (*given, EVERYTHING_ELSE)


def share_out(
    tenders: Sequence[Tender], verb: Verb, money: Money, priorities: Priorities
) -> tuple[Share, ...]:
    """Who gives how much; () when there is but one, or Purse does not say. Invalid when there is not as much."""
    able = [tender for tender in tenders if available(tender, verb).minor > 0]
    whole = sum(available(tender, verb).minor for tender in able)
    if len(tenders) < 2:
        return ()
    if money.minor > whole:
        raise Invalid("amount", _only_left(verb, Money(whole, money.currency)))
    chosen = priorities or _PURSES_OWN.get(verb, ())
    if not chosen and money.minor < whole and len(able) > 1:
        return ()
    left = money.minor
    shares = []
    for tender in in_sequence(able, chosen or (EVERYTHING_ELSE,)):
        given = min(left, available(tender, verb).minor)
        if given > 0:
            shares.append(Share(tender=tender, money=Money(given, money.currency)))
            left -= given
    return tuple(shares)


def _only_left(verb: Verb, most: Money) -> str:
    return {
        Verb.CAPTURE: _("only %(most)s is left to capture", most=most),
        Verb.VOID: _("only %(most)s is left to void", most=most),
        Verb.REFUND: _("only %(most)s is left to refund", most=most),
    }[verb]


def available(tender: Tender, verb: Verb) -> Money:
    """Captures and voids draw on the same pool."""
    if verb is Verb.REFUND:
        return tender.captured - tender.refunded
    return tender.authorized - tender.captured - tender.voided


def in_sequence(tenders: Sequence[Tender], priorities: Priorities) -> list[Tender]:
    named = [entry for entry in priorities if entry != EVERYTHING_ELSE]
    remaining = list(tenders)
    ordered: list[Tender] = []
    for entry in priorities:
        if entry == EVERYTHING_ELSE:
            gathered = [t for t in remaining if not any(_matches(other, t) for other in named)]
        else:
            gathered = [t for t in remaining if _matches(entry, t)]
        ordered += gathered
        remaining = [t for t in remaining if t not in gathered]
    return ordered + remaining


def _matches(entry: Solution, tender: Tender) -> bool:
    return entry.partner in (ANY, tender.partner) and entry.method in (ANY, tender.method)
