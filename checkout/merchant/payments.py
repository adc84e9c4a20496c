"""What does the merchant see of one attempt to pay?"""

from typing import Any

from django.contrib.admin import display
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from checkout.merchant import payment_actions
from checkout.merchant.agreements import bond
from checkout.merchant.by_hand import LOOKED
from checkout.merchant.chargebacks import ChargedBack, advice, chargebacks
from checkout.merchant.declines import DeclineReason
from checkout.merchant.operations import operations
from checkout.merchant.orders import attempts, tenders
from checkout.merchant.proposals import waiting_on
from checkout.merchant.record import RecordAdmin
from checkout.merchant.shown import badge, link, moment, provider_name, sum_of, whole
from checkout.merchant.story import story
from checkout.models import Payment, Proposal


class PaymentAdmin(RecordAdmin):
    record_template = "merchant/payment.html"
    row_actions = (*payment_actions.ACTIONS, LOOKED)
    list_display = ["name", "order_link", "provider", "sum", "state_word", "card", "created"]
    list_filter = ["state", DeclineReason, ChargedBack, "account", "created_at"]
    search_fields = ["reference"]
    search_help_text = _("Payment reference, order number, last four digits of the card, or provider's id")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        spoken_of = Payment.objects.filter(provider_references__value=term).values("pk")
        return queryset.filter(
            Q(reference__icontains=term)
            | Q(card_last4=term)
            | Q(provider_id=term)
            | Q(order__number__iexact=term)
            | Q(pk__in=spoken_of)
        ), False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request).select_related("account", "order__shop")
        return rows.defer("account__secrets", "account__former_secrets", "order__shop__webhook_secret")

    @display(description=_("reference"), ordering="reference")
    def name(self, payment: Payment) -> SafeString:
        return whole(payment.reference)

    @display(description=_("order"), ordering="order_id")
    def order_link(self, payment: Payment) -> SafeString:
        return link("order", payment.order_id, payment.order.number)

    @display(description=_("provider"))
    def provider(self, payment: Payment) -> str:
        return provider_name(payment.account)

    @display(description=_("amount"), ordering="amount_minor")
    def sum(self, payment: Payment) -> SafeString:
        return sum_of(payment.money)

    @display(description=_("state"), ordering="state")
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
