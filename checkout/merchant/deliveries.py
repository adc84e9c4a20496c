"""What did providers ring about, and what came of it?"""

from typing import Any

from django.contrib.admin import display
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin

from checkout.merchant.action import Action, Button, Said, done, noted, refused, unsure
from checkout.merchant.filters import Choice, OfAccount, ReceivedDays
from checkout.merchant.preview import page_for
from checkout.merchant.record import RecordAdmin
from checkout.merchant.shown import badge, column, link, moment, provider_name
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


def _can_be_followed_up(delivery: Delivery) -> bool:
    return delivery.verdict != Delivery.Verdict.IGNORED


class Verdict(Choice):
    title, parameter_name, column = gettext_lazy("verdict"), "verdict__exact", "verdict"
    options = Delivery.Verdict.choices


class DeliveryAdmin(RecordAdmin):
    record_template = "merchant/delivery.html"
    list_display = [
        "about",
        column("account", gettext_lazy("Account")),
        "payment_link",
        "verdict_word",
        column("attempts", gettext_lazy("Tries")),
        "next_try",
        "received",
    ]
    list_filter = [Verdict, OfAccount, ReceivedDays]
    list_select_related = ["account", "payment"]
    search_fields = ["about"]
    search_help_text = gettext_lazy("What it is about, payment reference, or order number")

    def __init__(self, model: type[Model], admin_site: Any) -> None:
        super().__init__(model, admin_site)
        self.row_actions = (
            Action(
                name="preview",
                label=gettext_lazy("What would change"),
                offered=_can_be_followed_up,
                explain=lambda delivery, typed: [
                    _("%(provider)s is asked about what this notification speaks of. Nothing is written.")
                    % {"provider": provider_name(delivery.account)}
                ],
                do=self._preview,
                at_once=True,
            ),
            Action(
                name="follow-up",
                label=gettext_lazy("Follow up now"),
                offered=_can_be_followed_up,
                explain=lambda delivery, typed: [
                    _(
                        "%(provider)s is asked about what this notification speaks of, and the answer is written."
                    )
                    % {"provider": provider_name(delivery.account)}
                ],
                do=_follow_up,
                at_once=True,
                tone="main",
            ),
        )

    def _preview(self, request: HttpRequest, delivery: Delivery, typed: dict[str, Any]) -> HttpResponse:
        fresh = Delivery.objects.select_related("account").get(pk=delivery.pk)

        def rest(row: Delivery) -> list[Button]:
            return [button for button in self.buttons(request, row) if button.action.name != "preview"]

        return page_for(self, request, fresh, rest)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return (
            super()
            .get_queryset(request)
            .select_related("account", "payment")
            .defer("account__secrets", "account__former_secrets", "body")
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
        word = badge(delivery.verdict, delivery.get_verdict_display())
        if not delivery.error:
            return word
        return format_html(
            '<div class="g-cell">{}<div class="g-terms g-small">{}</div></div>',
            word,
            Truncator(delivery.error).chars(80),
        )

    @display(description=gettext_lazy("next try, UTC"), ordering="next_try_at")
    def next_try(self, delivery: Delivery) -> SafeString | str:
        return moment(delivery.next_try_at)

    @display(description=gettext_lazy("received, UTC"), ordering="id")
    def received(self, delivery: Delivery) -> SafeString | str:
        return moment(delivery.received_at)


PAGES: dict[type[Model], type[ModelAdmin]] = {Delivery: DeliveryAdmin}
