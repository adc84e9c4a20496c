"""Which subscriptions, payment plans and mandates run, how does each stand, and what has it brought?"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.admin import display
from django.db.models import Model, Q, QuerySet, Sum
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from checkout.merchant.agreement_actions import ACTIONS
from checkout.merchant.filters import Choice, OfAccount
from checkout.merchant.list_form import FormList
from checkout.merchant.record import RecordAdmin
from checkout.merchant.shown import badge, moment, provider_name, whole
from checkout.merchant.standing import agreed, agreed_with, event_in_words, meaning
from checkout.merchant.story import story
from checkout.models import Agreement, Chargeback, Order, Payment
from checkout.payments.attention import with_reasons
from checkout.templatetags.guichet import money as money_text
from providers.agreements import Phase
from providers.money import Money

# A daily subscription has as many payments a year; who looks further back searches the orders.
MOST_PAYMENTS = 200
_MOST_DELIVERIES = 50
_MOST_FLAGGED = 5  # above the page; the table marks every one


@dataclass(frozen=True)
class Line:
    """A payment that the agreement began with, or made."""

    payment: Payment
    charged_back: Money
    began: bool  # the first one


def taken_by(agreements: Iterable[Agreement]) -> dict[Any, list[Money]]:
    """What was captured under each, in every currency of it, the first payment included. Two questions for all."""
    first = {agreement.payment_id: agreement.pk for agreement in agreements}
    sums: dict[Any, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    began = Payment.objects.filter(pk__in=first, captured_minor__gt=0)
    for payment, currency, minor in began.values_list("pk", "currency", "captured_minor"):
        sums[first[payment]][currency] += minor
    later = (
        Payment.objects.filter(order__agreement__in=list(first.values()), captured_minor__gt=0)
        .order_by()
        .values_list("order__agreement", "currency")
        .annotate(Sum("captured_minor"))
    )
    for agreement, currency, minor in later:
        sums[agreement][currency] += minor
    return {pk: [Money(minor, code) for code, minor in found.items()] for pk, found in sums.items()}


class AgreementList(FormList):
    result_list: Any

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        # Which ones, first: sorted with all that is joined to them, tens of thousands take a second.
        shown = list(self.result_list.values_list("pk", flat=True))
        whole = self.root_queryset.in_bulk(shown)
        self.result_list = [whole[pk] for pk in shown if pk in whole]
        taken = taken_by(self.result_list)
        for row in self.result_list:
            row.taken = taken.get(row.pk, [])


class AgreementStates(Choice):
    title, parameter_name, column = _("state"), "state__exact", "state"
    options = Agreement.STATES


class AgreementKind(Choice):
    title, parameter_name, column = _("kind"), "kind__exact", "kind"
    options = Agreement.KINDS


class AgreementPhase(Choice):
    title, parameter_name, column = _("phase"), "phase__exact", "phase"
    options = Agreement.PHASES


class AgreementAdmin(RecordAdmin):
    record_template = "merchant/agreement.html"
    row_actions = ACTIONS
    list_display = ["name", "customer", "stands", "terms_in_words", "next", "taken_so_far", "since"]
    list_filter = [AgreementStates, AgreementKind, AgreementPhase, OfAccount]
    search_fields = ["number"]
    search_help_text = _(
        "Agreement number, provider's id, first order's number or reference, customer's reference, or e-mail"
    )

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[FormList]:
        return AgreementList

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request).select_related("account", "shop", "payment__order")
        return rows.defer("account__secrets", "account__former_secrets", "shop__webhook_secret")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        first = Q(payment__order__number__iexact=term) | Q(payment__order__reference__icontains=term)
        later = Order.objects.filter(number__iexact=term, agreement__isnull=False)
        return queryset.filter(
            Q(number__icontains=term)
            | Q(provider_id=term)
            | Q(customer_reference__icontains=term)
            | Q(payment__order__email__icontains=term)
            | first
            | Q(pk__in=later.values("agreement"))
        ), False

    @display(description=_("number"), ordering="number")
    def name(self, agreement: Agreement) -> SafeString:
        return whole(agreement.number)

    @display(description=_("customer"), ordering="customer_reference")
    def customer(self, agreement: Agreement) -> str:
        return customer_of(agreement)

    @display(description=_("state and phase"), ordering="state")
    def stands(self, agreement: Agreement) -> SafeString:
        state = badge(agreement.state, agreement.get_state_display())
        if agreement.phase == Phase.RETRY:
            return _cell(state, badge(agreement.phase, str(_("tried again"))))
        return _cell(state, agreement.get_phase_display())

    @display(description=_("agreed"))
    def terms_in_words(self, agreement: Agreement) -> SafeString:
        words = format_html('<span class="g-terms">{}</span>', agreed(agreement))
        return _cell(agreement.get_kind_display(), words)

    @display(description=_("next, UTC"), ordering="next_event_at")
    def next(self, agreement: Agreement) -> SafeString | str:
        if not agreement.next_event:
            return "–"
        return _cell(event_in_words(agreement), moment(agreement.next_event_at))

    @display(description=_("taken so far"))
    def taken_so_far(self, agreement: Any) -> SafeString:
        return format_html('<span class="g-sum">{}</span>', together(agreement.taken, agreement.currency))

    @display(description=_("since, UTC"), ordering="began_at")
    def since(self, agreement: Agreement) -> SafeString | str:
        return moment(agreement.began_at)

    def page(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        lines, more = payments_of(row)
        flagged = Order.objects.filter(Q(agreement=row) | Q(pk=row.payment.order_id)).exclude(attention="")
        return {
            "provider": provider_name(row.account),
            "meaning": meaning(row),
            "agreed": agreed(row),
            "next": event_in_words(row),
            "customer": customer_of(row),
            "figures": _figures(row),
            "payments": lines,
            "more": more,
            "flagged": with_reasons(flagged.order_by("-id")[:_MOST_FLAGGED]),
            "story": story(
                row.payment.order,
                payment=row.payment,
                with_exchanges=request.user.has_perm("checkout.view_exchange"),
            ),
            "deliveries": row.payment.deliveries.select_related("account")
            .defer("account__secrets", "account__former_secrets")
            .order_by("-id")[:_MOST_DELIVERIES],
        }


def _cell(first: object, second: object) -> SafeString:
    """Two lines in one cell of the list."""
    if not second:
        return format_html("{}", first)
    return format_html('<span class="g-cell">{}<br>{}</span>', first, second)


def customer_of(agreement: Agreement) -> str:
    return agreement.customer_reference or agreement.payment.order.email or "–"


def together(sums: list[Money], currency: str) -> str:
    return " + ".join(money_text(money) for money in sums or [Money.zero(currency)])


def payments_of(agreement: Agreement) -> tuple[list[Line], int]:
    """The latest first, the one that it began with last; and how many are left out between them."""
    further = Payment.objects.filter(order__agreement=agreement)
    count = further.count()
    shown = list(further.select_related("order").order_by("-id")[:MOST_PAYMENTS])
    rows = [*shown, agreement.payment]
    back: dict[int, list[Chargeback]] = defaultdict(list)
    for chargeback in Chargeback.objects.filter(payment__in=rows):
        back[chargeback.payment_id].append(chargeback)
    lines = [Line(row, _taken_back(row, back[row.pk]), row.pk == agreement.payment_id) for row in rows]
    return lines, count - len(shown)


def _taken_back(payment: Payment, chargebacks: list[Chargeback]) -> Money:
    same = [row.amount_minor for row in chargebacks if row.currency == payment.currency]
    return Money(sum(same), payment.currency)


def _figures(agreement: Agreement) -> list[tuple[Any, str]]:
    refunded: dict[str, int] = defaultdict(int)
    back: dict[str, int] = defaultdict(int)
    for its in (Q(order__agreement=agreement), Q(pk=agreement.payment_id)):
        found = Payment.objects.filter(its, refunded_minor__gt=0).order_by()
        for code, minor in found.values_list("currency").annotate(Sum("refunded_minor")):
            refunded[code] += minor
    for its in (Q(payment__order__agreement=agreement), Q(payment=agreement.payment_id)):
        taken = Chargeback.objects.filter(its).order_by()
        for code, minor in taken.values_list("currency").annotate(Sum("amount_minor")):
            back[code] += minor
    lines = [
        (_("Taken"), together(taken_by([agreement]).get(agreement.pk, []), agreement.currency)),
        (_("Refunded"), together(_sums(refunded), agreement.currency)),
    ]
    return [*lines, (_("Charged back"), together(_sums(back), agreement.currency))] if back else lines


def _sums(minors: dict[str, int]) -> list[Money]:
    return [Money(minor, code) for code, minor in minors.items()]


# --- on the pages of orders and payments -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Bond:
    """What ties an order, or a payment, to an agreement. Without a row: it is agreed, and not begun yet."""

    row: Agreement | None
    began: bool
    agreed: str
    may_look: bool


def bond(request: HttpRequest, order: Order, payment: Payment | None = None) -> Bond | None:
    """The agreement that the order, or this payment of it, began or belongs to; None where there is none."""
    if order.agreement_id:
        row = Agreement.objects.filter(pk=order.agreement_id).first()
    else:
        row = Agreement.objects.filter(payment__order=order).order_by("created_at").last()
    if row is None:
        promised = agreed_with(order)
        return Bond(None, True, promised, False) if promised else None
    began = not order.agreement_id
    if began and payment is not None and row.payment_id != payment.pk:
        return None  # another attempt began it
    return Bond(row, began, agreed(row), request.user.has_perm("checkout.view_agreement"))


PAGES: dict[type[Model], type[ModelAdmin]] = {Agreement: AgreementAdmin}
