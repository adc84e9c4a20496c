"""Two people for one movement of money: who proposes it, who decides, and what is done then?

A proposal is the wish of one person. It is not under way: it reserves nothing, the provider hears nothing of it, and
what is `left` stays what it was, so that it stands in nobody's way. Whether it can be done is asked when it is made,
and again when it is approved; then the approval and the operation's intent are written in one transaction, under the
order's lock, and only then is the provider asked. So an approval is never without its operation, and two of them are
one. What cannot be done by then is not approved: the proposal waits on, and says why.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.translation import gettext_lazy, gettext_noop

from checkout.models import Operation, Order, Payment, Proposal, Shop
from checkout.payments.locks import order_lock
from checkout.payments.operate import NotPossible, agreed_plan, carry_out, check_possible, intend
from checkout.payments.texts import fit_to_show
from checkout.payments.timeline import Weight, Who, tell
from checkout.wording import in_english
from checkout.wording import worded as _
from providers.base import Verb
from providers.money import Money

WAITS_AT_MOST = timedelta(days=7)
State = Proposal.State
_WAITS_ALREADY = {
    Verb.CAPTURE: gettext_noop("A capture waits for a second person already; let it be decided first."),
    Verb.VOID: gettext_noop("A void waits for a second person already; let it be decided first."),
    Verb.REFUND: gettext_noop("A refund waits for a second person already; let it be decided first."),
}


class MayNotDecide(NotPossible):
    """This person may not decide this proposal. Nothing was done."""


class NotWaiting(NotPossible):
    """It was decided before, or is too old. Nothing was done; `proposal` is how it stands."""

    def __init__(self, proposal: Proposal) -> None:
        super().__init__(_("The proposal is %(state)s already.", state=gettext_lazy(proposal.state)))
        self.proposal = proposal


class WaitsAlready(NotPossible):
    """There is a proposal of the kind, and it is to be decided first."""


def permission_of(verb: str) -> str:
    return f"checkout.{verb}_payment"


def may_decide(user: User, proposal: Proposal) -> bool:
    """Another person, who may do it, and may approve what others propose."""
    return (
        user.pk != proposal.proposed_by_id
        and user.has_perm("checkout.approve_proposal")
        and may_do(user, proposal.action, proposal.order)
    )


def may_do(user: User, verb: str, order: Order) -> bool:
    """An active person, to whom the order's shop is shown."""
    if not (user.is_active and user.has_perm(permission_of(verb))):
        return False
    named = None if user.is_superuser else Shop.naming(user)
    return named is None or order.shop_id in named


def propose(
    payment: Payment,
    verb: Verb,
    money: Money,
    *,
    user: User,
    reason: str,
    plan: dict[str, Any],
    seen: str | None,
    key: str,
) -> Proposal:
    """Ask a second person. The same `key` is the same proposal. NotPossible where it could not be done now, PlanChanged
    where it would be shared out otherwise than `user` has seen, WaitsAlready where one of the kind waits."""
    with order_lock(payment.order_id) as order:
        row = order.payments.select_related("account").get(pk=payment.pk)
        row.order = order
        known = Proposal.objects.filter(key=key).first()
        if known is not None:
            if (known.payment_id, known.action, known.money) != (row.pk, verb.value, money):
                raise NotPossible(_("This key was used for another proposal."))
            return known
        if Operation.objects.filter(key=key).exists():
            raise NotPossible(_("This key was used for an operation."))
        if row.proposals.filter(action=verb.value, state=State.WAITING).exists():
            raise WaitsAlready(_(_WAITS_ALREADY[verb]))
        check_possible(row, verb, money)
        shared = agreed_plan(row, verb, money, plan, seen)
        proposal = Proposal.objects.create(
            order=order,
            payment=row,
            action=verb.value,
            amount_minor=money.minor,
            currency=money.currency,
            typed={"plan": plan, "seen": shared.digest if shared else ""},
            reason=fit_to_show(reason, 255),
            key=key,
            proposed_by=user,
        )
        tell(order, "operation.proposed", payment=row, who=Who.MERCHANT, user=user, verb=verb.value, money=str(money),
             person=user.get_username(), why=proposal.reason or "—")  # fmt: skip
        return proposal


def approve(proposal: Proposal, *, user: User) -> Operation:
    """Have it done. Who approves what is approved already gets the operation that it became.

    MayNotDecide, NotWaiting, or NotPossible where it can no longer be done, PlanChanged among them: then it waits on,
    with the sentence in `outcome`.
    """
    try:
        operation, new = _agree(proposal, user)
    except (MayNotDecide, NotWaiting):
        raise
    except NotPossible as why:
        _waits_on(proposal, user, why)
        raise
    return carry_out(operation) if new else operation


def _agree(proposal: Proposal, user: User) -> tuple[Operation, bool]:
    with _locked(proposal) as (order, row):
        _check_may_decide(row, user)
        if row.state == State.APPROVED:
            return Operation.objects.select_related("payment").get(key=row.key), False
        _check_waiting(row)
        person = row.proposed_by.get_username()
        if not row.proposed_by.is_active:
            raise NotPossible(_("%(person)s, who proposed it, is no longer let in.", person=person))
        if not may_do(row.proposed_by, row.action, order):
            raise NotPossible(_("%(person)s, who proposed it, may no longer do it.", person=person))
        _decide(row, State.APPROVED, user)
        _told(order, "operation.approved", row, user)
        # What it raises takes the approval back with it.
        return intend(
            order.payments.get(proposals=row),
            Verb(row.action),
            row.money,
            user=row.proposed_by,
            reason=row.reason,
            plan=row.typed["plan"],
            seen=row.typed["seen"],
            key=row.key,
        )


def _waits_on(proposal: Proposal, user: User, why: NotPossible) -> None:
    with _locked(proposal) as (order, row):
        if row.state != State.WAITING:
            return
        row.outcome = fit_to_show(why, 300)
        row.save(update_fields=["outcome"])
        _told(order, "operation.not_approved", row, user, weight=Weight.WARNING, why=in_english(why))


def decline(proposal: Proposal, *, user: User) -> Proposal:
    """It is not to be done. Declined before, it stays so; NotWaiting when it was decided otherwise."""
    with _locked(proposal) as (order, row):
        _check_may_decide(row, user)
        if row.state == State.DECLINED:
            return row
        _check_waiting(row)
        _decide(row, State.DECLINED, user)
        _told(order, "operation.declined", row, user)
        return row


def withdraw(proposal: Proposal, *, user: User) -> Proposal:
    """Whoever proposed it thinks better of it. NotWaiting when it was decided before."""
    with _locked(proposal) as (order, row):
        if row.proposed_by_id != user.pk:
            raise MayNotDecide(_("Only who proposed it can withdraw it."))
        if row.state == State.WITHDRAWN:
            return row
        _check_waiting(row)
        _decide(row, State.WITHDRAWN, user)
        _told(order, "operation.proposal_withdrawn", row, user)
        return row


def expire_old() -> int:
    """What nobody decided within a week is over. Returns how many; the sweep calls it."""
    old = Proposal.objects.filter(state=State.WAITING, created_at__lte=timezone.now() - WAITS_AT_MOST)
    return sum(_expire(proposal) for proposal in old[:200])


def _expire(proposal: Proposal) -> bool:
    with _locked(proposal) as (order, row):
        if row.state != State.WAITING:
            return False
        _decide(row, State.EXPIRED, None)
        _told(order, "operation.proposal_expired", row, None)
        return True


# --- under the order's lock ----------------------------------------------------------------------------------------


@contextmanager
def _locked(proposal: Proposal) -> Iterator[tuple[Order, Proposal]]:
    with order_lock(proposal.order_id) as order:
        rows = Proposal.objects.select_related("order", "payment__account", "proposed_by", "decided_by")
        yield order, rows.get(pk=proposal.pk)


def is_too_old(proposal: Proposal) -> bool:
    """Nobody decided it in time; the sweep has perhaps not come by yet."""
    return proposal.state == State.WAITING and proposal.created_at <= timezone.now() - WAITS_AT_MOST


def _check_waiting(row: Proposal) -> None:
    if is_too_old(row):
        row.state = State.EXPIRED  # as the sweep will write it
    if row.state != State.WAITING:
        raise NotWaiting(row)


def _check_may_decide(row: Proposal, user: User) -> None:
    fresh = User.objects.filter(pk=user.pk).first()  # as they are now, and not as the session began
    if fresh is None or not may_decide(fresh, row):
        raise MayNotDecide(_("This takes another person, who may approve and may do it."))


def _decide(row: Proposal, state: Proposal.State, user: User | None) -> None:
    row.state, row.decided_by, row.decided_at, row.outcome = state, user, timezone.now(), ""
    row.save(update_fields=["state", "decided_by", "decided_at", "outcome"])


def _told(
    order: Order, code: str, row: Proposal, user: User | None, *, weight: str = Weight.PLAIN, why: str = ""
) -> None:
    about = {"verb": row.action, "money": str(row.money), "proposer": row.proposed_by.get_username()}
    tell(order, code, payment=row.payment, who=Who.MERCHANT if user else Who.GUICHET, user=user, weight=weight,
         person=user.get_username() if user else "", why=why or "—", **about)  # fmt: skip
