"""What does the merchant see of one attempt to pay?"""

from typing import Any

from django.contrib.admin import display
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from checkout.merchant import payment_actions
from checkout.merchant.acceptance import ACCEPT
from checkout.merchant.agreements import bond
from checkout.merchant.by_hand import LOOKED
from checkout.merchant.chargebacks import ChargedBack, advice, chargebacks
from checkout.merchant.declines import DeclineReason
from checkout.merchant.filters import Currency, Days, Live, OfAccount, PaymentsShop, PaymentStates
from checkout.merchant.finding import HELP, Found, find_payments
from checkout.merchant.listing import ListedAdmin
from checkout.merchant.operations import operations
from checkout.merchant.orders import attempts, tenders
from checkout.merchant.proposals import waiting_on
from checkout.merchant.sheets import Column
from checkout.merchant.shown import badge, link, moment, provider_name, sum_of, whole
from checkout.merchant.story import story
from checkout.models import Payment, Proposal


class PaymentAdmin(ListedAdmin):
    record_template = "merchant/payment.html"
    row_actions = (*payment_actions.ACTIONS, ACCEPT, LOOKED)
    list_display = ["name", "order_link", "provider", "sum", "state_word", "card", "created"]
    list_filter = [PaymentStates, DeclineReason, ChargedBack, OfAccount, Live, Currency, PaymentsShop, Days]
    search_fields = ["reference"]
    search_help_text = HELP
    sortable_by = ["name", "sum", "created"]  # of these there is an index
    export_columns = [
        Column(_("reference"), lambda row: row.reference),
        Column(_("order"), lambda row: row.order.number),
        Column(_("shop"), lambda row: row.order.shop.name),
        Column(_("shop's reference"), lambda row: row.order.reference),
        Column(_("e-mail"), lambda row: row.order.email),
        Column(_("provider"), lambda row: row.account.provider),
        Column(_("provider account"), lambda row: row.account.name),
        Column(_("live or test"), lambda row: "live" if row.account.live else "test"),
        Column(_("provider's id"), lambda row: row.provider_id),
        Column(_("state"), lambda row: row.state),
        Column(_("amount"), lambda row: row.money, money=True),
        Column(_("authorised"), lambda row: row.authorized, money=True),
        Column(_("captured"), lambda row: row.captured, money=True),
        Column(_("refunded"), lambda row: row.refunded, money=True),
        Column(_("voided"), lambda row: row.voided, money=True),
        Column(_("currency"), lambda row: row.currency),
        Column(_("card"), lambda row: row.card_brand),
        Column(_("last four digits"), lambda row: row.card_last4),
        Column(_("decline reason"), lambda row: row.decline_reason),
        Column(_("decline code"), lambda row: row.decline_code),
        Column(_("created"), lambda row: row.created_at),
        Column(_("finished"), lambda row: row.finished_at),
    ]

    def find(self, typed: str) -> Found:
        return find_payments(typed)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request).select_related("account", "order__shop")
        return rows.defer("account__secrets", "account__former_secrets", "order__shop__webhook_secret")

    def exported(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.only(
            "reference", "state", "amount_minor", "authorized_minor", "captured_minor", "refunded_minor",
            "voided_minor", "currency", "card_brand", "card_last4", "provider_id", "decline_reason", "decline_code",
            "created_at", "finished_at", "order__number", "order__reference", "order__email", "order__shop__name",
            "account__provider", "account__name", "account__live",
        )  # fmt: skip

    @display(description=_("reference"), ordering="reference")
    def name(self, payment: Payment) -> SafeString:
        return whole(payment.reference)

    @display(description=_("order"))
    def order_link(self, payment: Payment) -> SafeString:
        return link("order", payment.order_id, payment.order.number)

    @display(description=_("provider"))
    def provider(self, payment: Payment) -> str:
        return provider_name(payment.account)

    @display(description=_("amount"), ordering="amount_minor")
    def sum(self, payment: Payment) -> SafeString:
        return sum_of(payment.money)

    @display(description=_("state"))
    def state_word(self, payment: Payment) -> SafeString:
        return badge(payment.state, payment.get_state_display())

    @display(description=_("card"))
    def card(self, payment: Payment) -> str:
        return f"{payment.card_brand} •••• {payment.card_last4}".strip() if payment.card_last4 else "–"

    @display(description=_("created, UTC"), ordering="id")
    def created(self, payment: Payment) -> SafeString | str:
        return moment(payment.created_at)

    def page(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        found = attempts(request, row.order, self, only=row, back=self.page_of(row))
        payments = [attempt.payment for attempt in found]
        taken_back = chargebacks(payments)
        may_see_raw = request.user.has_perm("checkout.view_exchange")
        return {
            "order": row.order,
            "attempts": found,
            "proposals": waiting_on(
                request, self.admin_site.get_model_admin(Proposal), payments, back=self.page_of(row)
            ),
            "tenders": tenders(payments),
            "operations": operations(found),
            "bond": bond(request, row.order, row),
            "chargebacks": taken_back,
            "chargeback_advice": advice(taken_back),
            "story": story(row.order, payment=row, with_exchanges=may_see_raw),
            "deliveries": row.deliveries.select_related("account")
            .defer("account__secrets", "account__former_secrets")
            .order_by("id"),
            "ids": row.provider_references.order_by("id").values_list("value", flat=True),
        }


PAGES: dict[type[Model], type[ModelAdmin]] = {Payment: PaymentAdmin}
