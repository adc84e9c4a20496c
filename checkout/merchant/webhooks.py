"""What was the shop told, and did it hear?"""

import json
from typing import Any

from django.contrib.admin import display
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin

from checkout.merchant.action import Action, Said, done, noted, refused, unsure
from checkout.merchant.filters import Condition, Days, OfShop
from checkout.merchant.record import RecordAdmin
from checkout.merchant.shown import badge, column, link, moment
from checkout.models import ShopEvent
from checkout.webhooks import send


def state_of(event: ShopEvent) -> tuple[str, str]:
    """The state's name, for its colour, and its word."""
    if event.delivered_at is not None:
        return "success", _("delivered")
    if event.next_try_at is not None and event.shop.webhook_paused_at is not None:
        return "pending", _("waiting: webhooks are paused")
    if event.next_try_at is not None:
        return "pending", _("waiting")
    return "failed", _("given up")


def _send(request: HttpRequest, event: ShopEvent, typed: dict[str, Any]) -> Said:
    fresh = ShopEvent.objects.select_related("shop", "order").get(pk=event.pk)
    if not fresh.shop.webhook_url:
        return refused(_("The shop has no webhook address."))
    # The shop is to hear it once more, under the same id. First it is owed again: a crash in between loses nothing.
    fresh.delivered_at, fresh.next_try_at = None, timezone.now()
    fresh.save(update_fields=["delivered_at", "next_try_at"])
    tries = fresh.attempts
    fresh = send(fresh, by_hand=True)
    if fresh.attempts == tries:
        return noted(_("It is being sent at this moment."))
    if fresh.delivered_at is not None:
        return done(_("The shop took it: HTTP %(status)s.") % {"status": fresh.last_status})
    if fresh.next_try_at is not None:
        return unsure(_("%(why)s It is tried again.") % {"why": fresh.last_error})
    return refused(_("%(why)s It is not tried again by itself.") % {"why": fresh.last_error})


class Delivered(Condition):
    title, parameter_name = gettext_lazy("state"), "state"
    conditions = {
        "delivered": (gettext_lazy("delivered"), Q(delivered_at__isnull=False)),
        "waiting": (gettext_lazy("waiting"), Q(delivered_at=None, next_try_at__isnull=False)),
        "given-up": (gettext_lazy("given up"), Q(delivered_at=None, next_try_at=None)),
    }


class ShopEventAdmin(RecordAdmin):
    record_template = "merchant/webhook.html"
    row_actions = (
        Action(
            name="send",
            label=gettext_lazy("Send again"),
            offered=lambda event: True,
            explain=lambda event, typed: [
                _("The shop is sent this webhook once more, with the same id, so that it can know it again.")
            ],
            do=_send,
            at_once=True,
        ),
    )
    list_display = [
        column("type", gettext_lazy("Kind")),
        "order_link",
        column("shop", gettext_lazy("Shop")),
        "state_word",
        column("attempts", gettext_lazy("Tries")),
        column("last_status", gettext_lazy("Last answer")),
        "created",
    ]
    list_filter = [Delivered, OfShop, Days]
    search_fields = ["type"]
    search_help_text = gettext_lazy("Order number, or kind of webhook")
    ordering = ["-created_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("order", "shop").defer("shop__webhook_secret")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        found = Q(order__number__iexact=term) | Q(type__icontains=term)
        return (queryset.filter(found) if term else queryset), False

    @display(description=gettext_lazy("order"), ordering="order_id")
    def order_link(self, event: ShopEvent) -> SafeString | str:
        return link("order", event.order_id, event.order.number) if event.order is not None else "–"

    @display(description=gettext_lazy("state"))
    def state_word(self, event: ShopEvent) -> SafeString:
        return badge(*state_of(event))

    @display(description=gettext_lazy("created, UTC"), ordering="created_at")
    def created(self, event: ShopEvent) -> SafeString | str:
        return moment(event.created_at)

    def page(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        return {
            "payload": json.dumps(row.payload, indent=2, ensure_ascii=False),
            "state": badge(*state_of(row)),
        }


PAGES: dict[type[Model], type[ModelAdmin]] = {ShopEvent: ShopEventAdmin}
