"""What did providers ring about, and what came of it?"""

from typing import Any

from django.contrib.admin import display
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin

from checkout.merchant.action import Action, Said, done, noted, refused, unsure
from checkout.merchant.record import RecordAdmin
from checkout.merchant.shown import badge, link, moment
from checkout.models import Delivery
from checkout.payments.inbox import follow_up


def _follow_up(request: HttpRequest, delivery: Delivery, typed: dict[str, Any]) -> Said:
    fresh = Delivery.objects.select_related("account").get(pk=delivery.pk)
    if fresh.verdict == Delivery.Verdict.IGNORED:
        return noted(_("There is nothing to follow up: %(why)s") % {"why": fresh.error or "–"})
    fresh = follow_up(fresh)
    if fresh.verdict == Delivery.Verdict.APPLIED:
        return done(_("The provider was asked about payment %(payment)s.") % {"payment": fresh.payment})
    if fresh.verdict == Delivery.Verdict.UNMATCHED:
        return unsure(_("No payment of ours is known under what this notification names."))
    return refused(_("The provider could not be asked, or gave no answer; nothing was changed."))


class DeliveryAdmin(RecordAdmin):
    record_template = "merchant/delivery.html"
    row_actions = (
        Action(
            name="follow-up",
            label=gettext_lazy("Follow up again"),
            offered=lambda delivery: delivery.verdict != Delivery.Verdict.IGNORED,
            explain=lambda delivery, typed: [
                _("The provider is asked about the payment that this notification speaks of.")
            ],
            do=_follow_up,
            at_once=True,
        ),
    )
    list_display = ["about", "account", "payment_link", "verdict_word", "attempts", "duplicates", "received"]
    list_filter = ["verdict", "account", "received_at"]
    list_select_related = ["account", "payment"]
    search_fields = ["about"]
    search_help_text = gettext_lazy("What it is about, payment reference, or order number")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return (
            super()
            .get_queryset(request)
            .select_related("account", "payment")
            .defer("account__secrets", "body")
        )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        return queryset.filter(
            Q(about__icontains=term)
            | Q(reference__iexact=term)
            | Q(payment__reference__iexact=term)
            | Q(payment__order__number__iexact=term)
        ), False

    @display(description=gettext_lazy("payment"))
    def payment_link(self, delivery: Delivery) -> SafeString | str:
        return link("payment", delivery.payment_id, delivery.payment) if delivery.payment_id else "–"

    @display(description=gettext_lazy("verdict"), ordering="verdict")
    def verdict_word(self, delivery: Delivery) -> SafeString:
        return badge(delivery.verdict, delivery.get_verdict_display())

    @display(description=gettext_lazy("received, UTC"), ordering="id")
    def received(self, delivery: Delivery) -> SafeString | str:
        return moment(delivery.received_at)


PAGES: dict[type[Model], type[ModelAdmin]] = {Delivery: DeliveryAdmin}
