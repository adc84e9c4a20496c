"""What does a person read where one is not enough? Why a second one is needed, and how the proposal stands."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from checkout.merchant.action import Said, done, noted, refused
from checkout.models import Order, Payment, Proposal
from checkout.payments.approvals import may_do
from checkout.payments.limits import asked_alone, limit_for, needs_second_person
from checkout.templatetags.guichet import money as money_text
from providers.base import Verb
from providers.money import Money

# What stands in "confirmed" where a proposal was read back, and not the thing itself.
SECOND = "second"
_BACKEND = "django.contrib.auth.backends.ModelBackend"  # of the permissions, whatever else checks a login


@dataclass(frozen=True)
class Beyond:
    """It is more than one person may move: the limit, and what was asked for before it."""

    limit: Money
    before: Money


def beyond(payment: Payment, verb: Verb, money: Money) -> Beyond | None:
    if not needs_second_person(payment, verb, money):
        return None
    limit = limit_for(payment.order.shop, money.currency)
    if limit is None:  # it was taken away at this very moment
        return None
    return Beyond(limit, asked_alone(payment.order, verb, money.currency))


def why_two(found: Beyond) -> list[str]:
    about = {"limit": money_text(found.limit), "before": money_text(found.before)}
    told = [
        _("One person may move up to %(limit)s on an order within a day. This is above it: a second person must "
          "approve, and nothing is done before that.") % about
    ]  # fmt: skip
    if found.before:
        told.append(_("%(before)s of it was asked for within the last day already.") % about)
    return told


def waiting(payment: Payment, verb: Verb) -> Proposal | None:
    rows = payment.proposals.select_related("proposed_by")
    found: Proposal | None = rows.filter(action=verb.value, state=Proposal.State.WAITING).first()
    return found


def waits_beside(payment: Payment, verb: Verb) -> list[str]:
    """Whoever asks for one more should know of what is proposed."""
    proposal = waiting(payment, verb)
    if proposal is None:
        return []
    return [
        _("Beside this, the %(what)s of %(money)s that %(person)s proposed waits for a second person.")
        % about(proposal)
    ]


def somebody_may_approve(verb: Verb, order: Order, proposer: User) -> bool:
    """Is there anybody else who could?"""
    rows = User.objects.with_perm("checkout.approve_proposal", backend=_BACKEND)
    others: Iterable[User] = rows.exclude(pk=proposer.pk)
    return any(may_do(other, verb.value, order) for other in others)


def about(proposal: Proposal) -> dict[str, Any]:
    what = {Verb.CAPTURE: _("capture"), Verb.VOID: _("void"), Verb.REFUND: _("refund")}
    return {
        "what": what[Verb(proposal.action)],
        "money": money_text(proposal.money),
        "person": proposal.proposed_by.get_username(),
        "other": proposal.decided_by.get_username() if proposal.decided_by else "–",
    }


def how_it_stands(proposal: Proposal) -> Said:
    texts = {
        Proposal.State.WAITING: _("The %(what)s of %(money)s that %(person)s proposed waits for a second person."),
        Proposal.State.APPROVED: _("The %(what)s of %(money)s that %(person)s proposed was approved by %(other)s."),
        Proposal.State.DECLINED: _("The %(what)s of %(money)s that %(person)s proposed was declined by %(other)s."),
        Proposal.State.WITHDRAWN: _("%(person)s withdrew the proposal: %(what)s of %(money)s."),
        Proposal.State.EXPIRED: _("Nobody decided within a week on the %(what)s of %(money)s that %(person)s "
                                  "proposed."),
    }  # fmt: skip
    return noted(texts[Proposal.State(proposal.state)] % about(proposal))


def proposed(proposal: Proposal) -> Said:
    if proposal.state != Proposal.State.WAITING:
        return how_it_stands(proposal)
    return done(
        _("Nothing was done yet: the %(what)s of %(money)s waits for a second person.") % about(proposal)
    )


def not_for_you() -> Said:
    return refused(
        _("Nothing was done: this takes another person than the one who proposed it, who may approve proposals and "
          "may do this.")
    )  # fmt: skip
