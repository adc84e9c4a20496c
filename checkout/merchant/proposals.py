"""What waits for a second person, who may decide it, and what became of it?"""

from dataclasses import dataclass
from typing import Any

from django.contrib.admin import display
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from unfold.admin import ModelAdmin

from checkout.merchant.action import Action, Asked, Button, Said, acting, done, refused
from checkout.merchant.filters import Choice, Days
from checkout.merchant.payment_actions import outcome, what_is_told
from checkout.merchant.record import RecordAdmin
from checkout.merchant.scope import limit
from checkout.merchant.second_person import about, how_it_stands, not_for_you
from checkout.merchant.sharing import VERB_NAMES, rows_of
from checkout.merchant.shown import badge, link, moment, provider_name, sum_of, whole
from checkout.models import Operation, Payment, Proposal
from checkout.payments.approvals import (
    MayNotDecide,
    NotWaiting,
    approve,
    decline,
    is_too_old,
    may_decide,
    permission_of,
    withdraw,
)
from checkout.payments.operate import NotPossible, PlanChanged, check_possible
from checkout.payments.plan import Part, Plan, plan_if_any
from checkout.templatetags.guichet import plain_moment
from checkout.wording import reason, worded
from providers.base import Verb

State = Proposal.State


def _is_open(proposal: Proposal) -> bool:
    return proposal.state == State.WAITING and not is_too_old(proposal)


def plan_now(proposal: Proposal) -> Plan | None:
    """How it would be shared out at this moment."""
    if proposal.payment is None:
        return None
    return plan_if_any(proposal.payment, Verb(proposal.action), proposal.money, proposal.typed["plan"])


def hindrance(proposal: Proposal) -> str:
    """Why it could not be done at this moment; "" where it could."""
    if proposal.payment is None:
        return ""
    try:
        check_possible(proposal.payment, Verb(proposal.action), proposal.money)
    except NotPossible as why:
        return _("It cannot be done as it stands now: %(why)s") % {"why": reason(why)}
    plan = plan_now(proposal)
    if (plan.digest if plan else "") != proposal.typed["seen"]:
        return _plan_changed(proposal)
    return ""


def _plan_changed(proposal: Proposal) -> str:
    return _(
        "It would be shared out otherwise than when it was proposed, so it cannot be approved: decline it, and let "
        "%(person)s propose it anew."
    ) % about(proposal)


def _who_and_why(proposal: Proposal) -> list[str]:
    words = {**about(proposal), "at": plain_moment(proposal.created_at), "why": proposal.reason}
    told = [_("Proposed by %(person)s on %(at)s.") % words]
    return [*told, _("Reason: %(why)s") % words] if proposal.reason else told


def _what(proposal: Proposal) -> list[str]:
    if proposal.payment is None:
        return []
    return [what_is_told(Verb(proposal.action), proposal.payment, proposal.money)]


class ApproveForm(Asked):
    """Nothing to type: it shows how the money is shared out now."""

    shown_part = "merchant/parts/plan.html"
    chosen = ""

    def __init__(self, *args: Any, row: Proposal, **kwargs: Any) -> None:
        super().__init__(*args, row=row, **kwargs)
        self.plan = plan_now(row)
        self.verb_name = VERB_NAMES[Verb(row.action)]
        self.provider = provider_name(row.payment.account) if row.payment else ""

    @property
    def rows(self) -> list[tuple[str, Part]]:
        return rows_of(self.plan)


def _explain_approve(proposal: Proposal, typed: dict[str, Any]) -> list[str]:
    why_not = hindrance(proposal)
    last = [why_not] if why_not else [_("It is done at once, and cannot be taken back here.")]
    return [*_what(proposal), *_who_and_why(proposal), *last]


def _approve(request: HttpRequest, proposal: Proposal, typed: dict[str, Any]) -> Said:
    known = Operation.objects.filter(key=proposal.key).exists()
    try:
        said = outcome(approve(proposal, user=acting(request)))
    except MayNotDecide:
        return not_for_you()
    except NotWaiting as no:
        return how_it_stands(no.proposal)
    except PlanChanged:
        return refused(_("Nothing was done. %(why)s") % {"why": _plan_changed(proposal)})
    except NotPossible as why:
        return refused(
            worded(gettext_noop("Nothing was done, and the proposal waits on: %(why)s"), why=reason(why))
        )
    if known:
        return Said(
            said.level,
            _("It was approved before; nothing was asked for again. %(said)s") % {"said": said.text},
        )
    return said


def _explain_decline(proposal: Proposal, typed: dict[str, Any]) -> list[str]:
    told = _("The %(what)s of %(money)s is not done, and %(person)s sees that you declined it.") % about(
        proposal
    )
    return [told, *_who_and_why(proposal)]


def _decline(request: HttpRequest, proposal: Proposal, typed: dict[str, Any]) -> Said:
    try:
        row = decline(proposal, user=acting(request))
    except MayNotDecide:
        return not_for_you()
    except NotWaiting as no:
        return how_it_stands(no.proposal)
    return done(_("Declined: the %(what)s of %(money)s is not done.") % about(row))


def _explain_withdraw(proposal: Proposal, typed: dict[str, Any]) -> list[str]:
    told = _("Your proposal is withdrawn: the %(what)s of %(money)s is not done.") % about(proposal)
    return [told, *_who_and_why(proposal)]


def _withdraw(request: HttpRequest, proposal: Proposal, typed: dict[str, Any]) -> Said:
    try:
        row = withdraw(proposal, user=acting(request))
    except MayNotDecide:
        return refused(_("Only who proposed it can withdraw it."))
    except NotWaiting as no:
        return how_it_stands(no.proposal)
    return done(_("Withdrawn: the %(what)s of %(money)s is not done.") % about(row))


ACTIONS = (
    Action(
        name="approve",
        label=gettext_lazy("Approve"),
        offered=_is_open,
        explain=_explain_approve,
        do=_approve,
        needs="checkout.approve_proposal",
        form=ApproveForm,
        tone="main",
    ),
    Action(
        name="decline",
        label=gettext_lazy("Decline"),
        offered=_is_open,
        explain=_explain_decline,
        do=_decline,
        needs="checkout.approve_proposal",
        tone="danger",
    ),
    Action(
        name="withdraw",
        label=gettext_lazy("Withdraw"),
        offered=_is_open,
        explain=_explain_withdraw,
        do=_withdraw,
        needs="checkout.view_payment",  # and to have proposed it
        tone="danger",
    ),
)


def for_me(request: HttpRequest) -> QuerySet[Proposal]:
    """Those that wait, and that this person may decide."""
    user = acting(request)
    if not user.has_perm("checkout.approve_proposal"):
        return Proposal.objects.none()
    mine = [verb.value for verb in Verb if user.has_perm(permission_of(verb))]
    waits = Proposal.objects.filter(state=State.WAITING, action__in=mine)
    return limit(waits.exclude(proposed_by=user), user)


@dataclass(frozen=True)
class Waiting:
    """A proposal on the page of its order or payment."""

    row: Proposal
    words: dict[str, Any]
    why_not: str
    buttons: list[Button]


def waiting_on(request: HttpRequest, admin: Any, payments: list[Payment], *, back: str) -> list[Waiting]:
    rows = Proposal.objects.filter(payment__in=payments, state=State.WAITING).order_by("id")
    found = rows.select_related("payment__order__shop", "payment__account", "proposed_by", "decided_by")
    return [
        Waiting(row, about(row), hindrance(row), admin.buttons(request, row, back=back))
        for row in found.defer("payment__account__secrets", "payment__order__shop__webhook_secret")
        if not is_too_old(row)
    ]


class ProposalStates(Choice):
    title, parameter_name, column = gettext_lazy("state"), "state__exact", "state"
    options = State.choices


class What(Choice):
    title, parameter_name, column = gettext_lazy("what"), "action", "action"
    options = [
        (Verb.CAPTURE.value, gettext_lazy("capture")),
        (Verb.VOID.value, gettext_lazy("void")),
        (Verb.REFUND.value, gettext_lazy("refund")),
    ]


class ProposalAdmin(RecordAdmin):
    record_template = "merchant/proposal.html"
    row_actions = ACTIONS
    list_display = ["name", "order_link", "state_word", "why", "created", "decided"]
    list_filter = [ProposalStates, What, Days]
    search_fields = ["order__number"]
    search_help_text = gettext_lazy("Order number, payment reference, or who proposed or decided it")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        together = rows.select_related("order__shop", "payment__order__shop", "payment__account", "proposed_by",
                                       "decided_by")  # fmt: skip
        return together.defer(
            "order__shop__webhook_secret", "payment__order__shop__webhook_secret", "payment__account__secrets"
        )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        found = (
            Q(order__number__iexact=term)
            | Q(payment__reference__iexact=term)
            | Q(proposed_by__username__iexact=term)
            | Q(decided_by__username__iexact=term)
        )
        return (queryset.filter(found) if term else queryset), False

    def may(self, request: HttpRequest, action: Action, row: Any) -> bool:
        user = acting(request)
        mine = row.proposed_by_id == user.pk if action.name == "withdraw" else may_decide(user, row)
        return mine and super().may(request, action, row)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Who may see an order sees its proposals there; their own list is for those who propose and decide.
        own = obj is not None and obj.proposed_by_id == acting(request).pk
        return (
            own
            or super().has_view_permission(request, obj)
            or request.user.has_perm("checkout.approve_proposal")
        )

    @display(description=gettext_lazy("what"), ordering="id")
    def name(self, proposal: Proposal) -> SafeString:
        return format_html("{} {}", str(about(proposal)["what"]).capitalize(), sum_of(proposal.money))

    @display(description=gettext_lazy("order"), ordering="order_id")
    def order_link(self, proposal: Proposal) -> SafeString:
        return link("order", proposal.order_id, proposal.order.number)

    @display(description=gettext_lazy("state"), ordering="state")
    def state_word(self, proposal: Proposal) -> SafeString:
        return state_badge(proposal)

    @display(description=gettext_lazy("reason"))
    def why(self, proposal: Proposal) -> SafeString:
        return format_html('<span class="g-terms">{}</span>', proposal.reason or "–")

    @display(description=gettext_lazy("proposed, UTC"), ordering="created_at")
    def created(self, proposal: Proposal) -> SafeString:
        return format_html(
            "{}<br>{}", moment(proposal.created_at), whole(proposal.proposed_by.get_username())
        )

    @display(description=gettext_lazy("decided, UTC"), ordering="decided_at")
    def decided(self, proposal: Proposal) -> SafeString | str:
        if proposal.decided_by is None:
            return moment(proposal.decided_at)
        return format_html("{}<br>{}", moment(proposal.decided_at), whole(proposal.decided_by.get_username()))

    def page(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        return {
            "title": _("Proposal: %(what)s of %(money)s") % about(row),
            "what": about(row)["what"],
            "state": state_badge(row),
            "form": ApproveForm(row=row) if _is_open(row) else None,
            "why_not": hindrance(row) if _is_open(row) else "",
            "mine": row.proposed_by_id == acting(request).pk,
            "operation": Operation.objects.filter(key=row.key).first(),
        }


def state_badge(proposal: Proposal) -> SafeString:
    colours = {State.WAITING: "pending", State.APPROVED: "success", State.DECLINED: "failed"}
    late = State.EXPIRED if is_too_old(proposal) else State(proposal.state)  # the sweep has not come by yet
    return badge(colours.get(late, "canceled"), str(late.label))


PAGES: dict[type[Model], type[ModelAdmin]] = {Proposal: ProposalAdmin}
