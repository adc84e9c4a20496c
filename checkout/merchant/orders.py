"""Where does the merchant find an order, and what does its page tell?"""

from typing import Any

from django.contrib.admin import SimpleListFilter, display
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.urls import URLPattern
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from checkout.merchant import order_actions
from checkout.merchant.agreements import bond
from checkout.merchant.at_desk import MAY_OPEN, at_desk
from checkout.merchant.audit_log import entries_about
from checkout.merchant.chargebacks import advice, chargebacks
from checkout.merchant.declines import voices
from checkout.merchant.desk import DeskPages
from checkout.merchant.link_pages import LinkPages
from checkout.merchant.link_rows import links_part
from checkout.merchant.operations import Attempt, operations
from checkout.merchant.proposals import waiting_on
from checkout.merchant.record import RecordAdmin
from checkout.merchant.scope import limit
from checkout.merchant.shown import badge, customer_lines, moment, provider_name, sum_of, whole
from checkout.merchant.story import story
from checkout.merchant.webhooks import state_of
from checkout.models import Agreement, Delivery, Order, Payment, Proposal, ShopEvent
from checkout.states import OrderState
from checkout.templatetags.guichet import names_of
from providers.money import Money


class NeedsAPerson(SimpleListFilter):
    title = _("needs a person")
    parameter_name = "flag"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Yes")), ("no", _("No"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "yes":
            return queryset.exclude(attention="")
        return queryset.filter(attention="") if self.value() == "no" else queryset


class Currency(SimpleListFilter):
    title = _("currency")
    parameter_name = "currency"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        # Of the latest orders: a DISTINCT over all of them would read the whole table for every page.
        latest = limit(Order.objects, request.user).order_by("-id").values_list("currency", flat=True)[:2000]
        return [(code, code) for code in sorted(set(latest))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(currency=self.value()) if self.value() else queryset


def attempts(
    request: HttpRequest, order: Order, admin: Any, *, only: Payment | None = None, back: str
) -> list[Attempt]:
    rows = (
        order.payments.select_related("account", "order")
        .defer("account__secrets", "account__former_secrets")
        .prefetch_related("tenders", "operations__requested_by")
        .order_by("number")
    )
    if only is not None:
        rows = rows.filter(pk=only.pk)
    return [
        Attempt(row, provider_name(row.account), admin.buttons(request, row, back=back), voices(row))
        for row in rows
    ]


def totals(order: Order, rows: list[Payment]) -> list[tuple[Any, Money]]:
    """What all attempts together did, in the order's currency."""
    same = [row for row in rows if row.currency == order.currency]

    def total(name: str) -> Money:
        return Money(sum(getattr(row, f"{name}_minor") for row in same), order.currency)

    captured, refunded, voided = total("captured"), total("refunded"), total("voided")
    nothing = Money.zero(order.currency)
    missing = max(order.money - (total("authorized") - voided), nothing)
    lines = [
        (_("Asked for"), order.money),
        (_("Still owed"), missing if order.state == OrderState.OPEN else nothing),
        (_("Authorised"), total("authorized")),
        (_("Captured"), captured),
        (_("Refunded"), refunded),
    ]
    return [*lines, (_("Voided"), voided)] if voided else lines


def tenders(payments: list[Payment]) -> dict[str, Any]:
    """What each means of payment has given, attempt by attempt; {} where no provider told."""
    rows, split = [], False
    for payment in payments:
        parts = list(payment.tenders.all())
        split = split or len(parts) > 1
        for name, part in zip(names_of([(p.partner, p.method) for p in parts]), parts, strict=True):
            sums = {of: Money(minor, payment.currency) for of, minor in part.values().items()}
            rows.append({"number": payment.number, "means": name, **sums})
    return {"rows": rows, "split": split} if rows else {}


class OrderAdmin(RecordAdmin):
    record_template = "merchant/order.html"
    row_actions = order_actions.ACTIONS
    list_display = ["name", "reference", "email", "sum", "state_word", "flag", "paid", "created"]
    list_filter = ["state", NeedsAPerson, "kind", Currency, "created_at"]
    search_fields = ["number", "reference", "email"]
    search_help_text = _(
        "Order number, shop's reference, e-mail, last four digits of the card, provider's id, payment reference, or "
        "agreement"
    )

    def get_urls(self) -> list[URLPattern]:
        return [*DeskPages(self).urls(), *LinkPages(self).urls(), *super().get_urls()]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        attempts = Payment.objects.filter(
            Q(reference__iexact=term)
            | Q(card_last4=term)
            | Q(provider_id=term)
            | Q(provider_references__value=term)
        )
        found = Q(number__icontains=term) | Q(reference__icontains=term) | Q(email__icontains=term)
        of_agreement = Agreement.objects.filter(number__iexact=term)
        found |= Q(agreement__in=of_agreement) | Q(pk__in=of_agreement.values("payment__order"))
        return queryset.filter(found | Q(pk__in=attempts.values("order_id"))), False

    @display(description=_("number"), ordering="number")
    def name(self, order: Order) -> SafeString:
        return whole(order.number)

    @display(description=_("amount"), ordering="amount_minor")
    def sum(self, order: Order) -> SafeString:
        return sum_of(order.money)

    @display(description=_("state"), ordering="state")
    def state_word(self, order: Order) -> SafeString:
        return badge(order.state, order.get_state_display())

    @display(description=_("paid, UTC"), ordering="paid_at")
    def paid(self, order: Order) -> SafeString | str:
        return moment(order.paid_at)

    @display(description=_("flag"))
    def flag(self, order: Order) -> str:
        return badge("flagged", str(_("look at this"))) if order.attention else ""

    @display(description=_("created, UTC"), ordering="id")
    def created(self, order: Order) -> SafeString | str:
        return moment(order.created_at)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("shop").defer("shop__webhook_secret")

    def page(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        found = attempts(request, row, self.admin_site.get_model_admin(Payment), back=self.page_of(row))
        payments = [attempt.payment for attempt in found]
        buttons = self.buttons(request, row)
        taken_back = chargebacks(payments)
        return {
            "order": row,
            "seen": next((button for button in buttons if button.action.name == "seen"), None),
            "buttons": [button for button in buttons if button.action.name not in ("seen", "leave_desk")],
            "desk": at_desk(row),
            "leave_desk": next((button for button in buttons if button.action.name == "leave_desk"), None),
            "may_open_desk": request.user.has_perms(MAY_OPEN),
            "attempts": found,
            "proposals": waiting_on(
                request, self.admin_site.get_model_admin(Proposal), payments, back=self.page_of(row)
            ),
            "totals": totals(row, payments),
            "tenders": tenders(payments),
            "operations": operations(found),
            "bond": bond(request, row),
            "chargebacks": taken_back,
            "chargeback_advice": advice(taken_back),
            "story": story(row, with_exchanges=request.user.has_perm("checkout.view_exchange")),
            "deliveries": _deliveries(payments),
            "events": self._events(request, row),
            "customer": customer_lines(row.customer),
            "items": [{**item, "unit_price": Money(item["unit_price"], row.currency)} for item in row.items],
            "audit": entries_about(request, row.number),
            **links_part(request, row),
            # Who holds the link may pay and see the order as the shopper does: it is for those who may act on it.
            # A further payment of an agreement is nobody's to pay.
            "may_see_link": request.user.has_perm("checkout.send_link") and not row.agreement_id,
        }

    def _events(self, request: HttpRequest, order: Order) -> list[dict[str, Any]]:
        admin: Any = self.admin_site.get_model_admin(ShopEvent)
        return [
            {
                "event": event,
                "state": badge(*state_of(event)),
                "buttons": admin.buttons(request, event, back=self.page_of(order)),
            }
            for event in order.events.order_by("created_at")
        ]


def _deliveries(payments: list[Payment]) -> QuerySet[Any]:
    return (
        Delivery.objects.filter(payment__in=payments)
        .select_related("account", "payment")
        .defer("account__secrets", "account__former_secrets")
        .order_by("id")
    )


PAGES: dict[type[Model], type[ModelAdmin]] = {Order: OrderAdmin}
