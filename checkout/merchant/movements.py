"""When did how much money move? A list to look into and to export, for bookkeeping."""

from typing import Any

from django.contrib.admin import display
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from checkout.merchant.filters import Currency, Live, MovedDays, MovementKind, OfAccount, OfShop
from checkout.merchant.finding import Found, find_payments
from checkout.merchant.listing import ListedAdmin
from checkout.merchant.sheets import Column
from checkout.merchant.shown import link, moment, provider_name, sum_of
from checkout.models import Movement
from providers.money import Money


def net(movement: Movement) -> Money:
    """As it counts: what was captured is ours, the rest was given or taken back."""
    sign = 1 if movement.kind == Movement.Kind.CAPTURED else -1
    return Money(sign * movement.amount_minor, movement.currency)


class MovementAdmin(ListedAdmin):
    """Who may see payments may see when their money moved. A movement has no page: its payment has."""

    list_display = ["when", "what", "sum", "provider", "payment_link", "order_link"]
    list_display_links = None
    list_filter = [MovementKind, OfAccount, Live, Currency, OfShop, MovedDays]
    search_fields = ["payment__reference"]
    sortable_by = ()
    export_columns = [
        Column(_("when"), lambda row: row.at),
        Column(_("what"), lambda row: row.kind),
        Column(_("amount"), lambda row: row.money, money=True),
        Column(_("net"), net, money=True),
        Column(_("currency"), lambda row: row.currency),
        Column(_("payment"), lambda row: row.payment.reference),
        Column(_("order"), lambda row: row.payment.order.number),
        Column(_("shop's reference"), lambda row: row.payment.order.reference),
        Column(_("shop"), lambda row: row.shop.name),
        Column(_("provider"), lambda row: row.account.provider),
        Column(_("provider account"), lambda row: row.account.name),
        Column(_("live or test"), lambda row: "live" if row.account.live else "test"),
        Column(_("provider's id"), lambda row: row.payment.provider_id),
    ]

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.has_perm("checkout.view_payment")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> Any:
        return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)

    found_by = "payment"

    def find(self, typed: str) -> Found:
        return find_payments(typed)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request).select_related("account", "payment__order")
        return rows.defer("account__secrets", "account__former_secrets")

    def exported(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.select_related("account", "payment__order", "shop").only(
            "at", "kind", "amount_minor", "currency", "payment__reference", "payment__provider_id",
            "payment__order__number", "payment__order__reference", "shop__name", "account__provider", "account__name",
            "account__live",
        )  # fmt: skip

    @display(description=_("when, UTC"))
    def when(self, row: Movement) -> SafeString | str:
        return moment(row.at)

    @display(description=_("what"))
    def what(self, row: Movement) -> str:
        return str(row.get_kind_display())

    @display(description=_("amount"))
    def sum(self, row: Movement) -> SafeString:
        return sum_of(row.money)

    @display(description=_("provider"))
    def provider(self, row: Movement) -> str:
        return provider_name(row.account)

    @display(description=_("payment"))
    def payment_link(self, row: Movement) -> SafeString:
        return link("payment", row.payment_id, row.payment.reference)

    @display(description=_("order"))
    def order_link(self, row: Movement) -> SafeString:
        return link("order", row.payment.order_id, row.payment.order.number)


PAGES: dict[type[Model], type[ModelAdmin]] = {Movement: MovementAdmin}
