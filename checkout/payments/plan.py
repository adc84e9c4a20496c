"""How will a capture, void or refund fall to the means of payment? As the provider shares it out, asking nobody."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from checkout.models import Operation, Payment
from checkout.payments.border import charge_for, provider_for
from providers.base import Tender, Verb
from providers.errors import Invalid, Misconfigured
from providers.money import Money

# Captures and voids draw on the same pool.
RIVALS = {
    Verb.CAPTURE: frozenset({Verb.CAPTURE, Verb.VOID}),
    Verb.VOID: frozenset({Verb.CAPTURE, Verb.VOID}),
    Verb.REFUND: frozenset({Verb.REFUND}),
}


@dataclass(frozen=True)
class Part:
    """One means of payment in a plan. `given` is None where only the provider knows."""

    tender: Tender
    left: Money
    given: Money | None

    @property
    def after(self) -> Money | None:
        return None if self.given is None else self.left - self.given


@dataclass(frozen=True)
class Plan:
    """`waits`: an operation is under way, and what it takes from which means is not known yet."""

    parts: tuple[Part, ...]
    money: Money
    decided: bool
    waits: bool = False

    @property
    def left(self) -> Money:
        return Money(sum(part.left.minor for part in self.parts), self.money.currency)

    @property
    def after(self) -> Money:
        return self.left - self.money

    @property
    def digest(self) -> str:
        """Another one as soon as any number in it is another one."""
        told = [
            f"{part.tender.id} {part.left} {part.given if part.given is not None else '?'}"
            for part in self.parts
        ]
        return hashlib.sha256("\n".join([*told, str(self.waits)]).encode("utf-8", "replace")).hexdigest()[:20]

    def shares(self) -> list[dict[str, Any]]:
        """As an operation keeps it."""
        return [
            {"partner": part.tender.partner, "method": part.tender.method, "amount": part.given.minor}
            for part in self.parts
            if part.given
        ]


def plan_of(payment: Payment, verb: Verb, money: Money, told: Mapping[str, Any]) -> Plan | None:
    """None where there is nothing to share out: fewer than two means of payment. `told` is what the provider will be
    told of the sequence; Invalid when it is no such thing, or there is not as much."""
    if payment.tenders.count() < 2:
        return None
    charge = charge_for(payment)
    waits = payment.operations.filter(status__in=Operation.OPEN, verb__in=RIVALS[verb]).exists()
    shares = provider_for(payment.account).share_out(charge, verb, money, plan=told)
    given = {share.tender.id: share.money.minor for share in shares}
    # A plan that does not add up is none.
    decided = not waits and sum(given.values()) == money.minor
    parts = tuple(
        Part(
            tender,
            left_of(tender, verb),
            Money(given.get(tender.id, 0), money.currency) if decided else None,
        )
        for tender in charge.tenders
    )
    return Plan(parts, money, decided, waits)


def plan_if_any(payment: Payment, verb: Verb, money: Money, told: Mapping[str, Any]) -> Plan | None:
    """... and None where the provider would refuse it: that is for its own answer to say."""
    try:
        return plan_of(payment, verb, money, told)
    except (Invalid, Misconfigured):
        return None


def first_of(payment: Payment, verb: Verb, told: Mapping[str, Any]) -> Tender | None:
    """The means of payment that gives first, where the provider says so."""
    try:
        provider = provider_for(payment.account)
        shares = provider.share_out(charge_for(payment), verb, Money(1, payment.currency), plan=told)
    except (Invalid, Misconfigured):
        return None
    return shares[0].tender if shares else None


def left_of(tender: Tender, verb: Verb) -> Money:
    if verb is Verb.REFUND:
        return tender.captured - tender.refunded
    return tender.authorized - tender.captured - tender.voided
