"""Where does the merchant find an order, and what does its page tell?"""

from typing import Any

from django.contrib.admin import display
from django.db.models import Model, QuerySet
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
from checkout.merchant.filters import Currency, Days, Kind, NeedsAPerson, OfShop, OrderStates
from checkout.merchant.finding import HELP, Found, find_orders
from checkout.merchant.link_pages import LinkPages
from checkout.merchant.link_rows import links_part
from checkout.merchant.listing import ListedAdmin
from checkout.merchant.operations import Attempt, operations
from checkout.merchant.proposals import waiting_on
from checkout.merchant.sheets import Column
from checkout.merchant.shown import badge, customer_lines, moment, provider_name, sum_of, whole
from checkout.merchant.story import story
from checkout.merchant.webhooks import state_of
from checkout.models import Delivery, Order, Payment, Proposal, ShopEvent
from checkout.payments.attention import why_called
from checkout.states import OrderState
from checkout.templatetags.guichet import names_of
from providers.money import Money


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


class OrderAdmin(ListedAdmin):
    record_template = "merchant/order.html"
    row_actions = order_actions.ACTIONS
    list_display = ["name", "reference", "email", "sum", "state_word", "flag", "created"]
    list_filter = [OrderStates, NeedsAPerson, Kind, Currency, OfShop, Days]
    search_fields = ["number"]
    search_help_text = HELP
    sortable_by = ["name", "reference", "sum", "created"]  # of these there is an index
    export_columns = [
        Column(_("number"), lambda row: row.number),
        Column(_("shop"), lambda row: row.shop.name),
        Column(_("shop's reference"), lambda row: row.reference),
        Column(_("state"), lambda row: row.state),
        Column(_("kind"), lambda row: row.kind),
        Column(_("amount"), lambda row: row.money, money=True),
        Column(_("currency"), lambda row: row.currency),
        Column(_("e-mail"), lambda row: row.email),
        Column(_("description"), lambda row: row.description),
        Column(_("needs a person"), lambda row: row.attention),
        Column(_("created"), lambda row: row.created_at),
        Column(_("payable until"), lambda row: row.expires_at),
        Column(_("paid"), lambda row: row.paid_at),
        Column(_("closed"), lambda row: row.closed_at),
    ]

    def get_urls(self) -> list[URLPattern]:
        return [*DeskPages(self).urls(), *LinkPages(self).urls(), *super().get_urls()]

    def find(self, typed: str) -> Found:
        return find_orders(typed)

    @display(description=_("number"), ordering="number")
    def name(self, order: Order) -> SafeString:
        return whole(order.number)

    @display(description=_("amount"), ordering="amount_minor")
    def sum(self, order: Order) -> SafeString:
        return sum_of(order.money)

    @display(description=_("state"))
    def state_word(self, order: Order) -> SafeString:
        return badge(order.state, order.get_state_display())

    @display(description=_("flag"))
    def flag(self, order: Order) -> str:
        return badge("flagged", str(_("look at this"))) if order.attention else ""

    @display(description=_("created, UTC"), ordering="id")
    def created(self, order: Order) -> SafeString | str:
        return moment(order.created_at)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("shop").defer("shop__webhook_secret")

    def exported(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.only(
            "shop__name", "number", "reference", "state", "kind", "amount_minor", "currency", "email", "description",
            "attention", "created_at", "expires_at", "paid_at", "closed_at",
        )  # fmt: skip

    def page(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        found = attempts(request, row, self.admin_site.get_model_admin(Payment), back=self.page_of(row))
        payments = [attempt.payment for attempt in found]
        buttons = self.buttons(request, row)
        taken_back = chargebacks(payments)
        return {
            "order": row,
            "why_called": why_called([row]).get(row.pk, ""),
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
