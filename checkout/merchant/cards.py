"""Which cards are kept, for whom, and how is one charged or removed?"""

from typing import Any

from django.contrib.admin import display
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin

from checkout.merchant.action import Action, Said, done, noted
from checkout.merchant.charges import ON_CARD
from checkout.merchant.filters import Condition, OfAccount
from checkout.merchant.record import RecordAdmin
from checkout.merchant.shown import badge, column, expires, moment
from checkout.models import SavedCard
from checkout.payments.cards import remove_card


def _remove(request: HttpRequest, card: SavedCard, typed: dict[str, Any]) -> Said:
    fresh = SavedCard.objects.get(pk=card.pk)
    if fresh.removed_at is not None:
        return noted(_("The card was removed before."))
    remove_card(fresh)
    return done(_("The card is removed; its token is erased."))


class Kept(Condition):
    title, parameter_name = gettext_lazy("kept"), "kept"
    conditions = {
        "kept": (gettext_lazy("kept"), Q(removed_at=None)),
        "removed": (gettext_lazy("removed"), Q(removed_at__isnull=False)),
    }


class SavedCardAdmin(RecordAdmin):
    record_template = "merchant/card.html"
    row_actions = (
        ON_CARD,
        Action(
            name="remove",
            label=gettext_lazy("Remove the card"),
            offered=lambda card: card.removed_at is None,
            explain=lambda card, typed: [
                _(
                    "%(card)s of customer %(customer)s is no longer offered, and the provider's token is erased here."
                )
                % {"card": card, "customer": card.customer_reference},
                _("Payments that were made with it stay as they are. This cannot be taken back."),
            ],
            do=_remove,
            tone="danger",
        ),
    )
    list_display = [
        "card",
        "customer_reference",
        column("account", gettext_lazy("Account")),
        "expires",
        "consent",
        "kept",
    ]
    list_filter = [OfAccount, Kept]
    search_fields = ["customer_reference", "last4"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request).select_related("account", "shop")
        return rows.defer(
            "token", "fingerprint", "account__secrets", "account__former_secrets", "shop__webhook_secret"
        )

    @display(description=gettext_lazy("card"))
    def card(self, card: SavedCard) -> str:
        return str(card)

    @display(description=gettext_lazy("expires"))
    def expires(self, card: SavedCard) -> str:
        return expires(card)

    @display(description=gettext_lazy("consent, UTC"), ordering="consented_at")
    def consent(self, card: SavedCard) -> SafeString | str:
        return moment(card.consented_at)

    @display(description=gettext_lazy("kept"))
    def kept(self, card: SavedCard) -> SafeString:
        return badge("canceled", _("removed")) if card.removed_at else badge("success", _("kept"))

    def page(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        return {
            "expires": expires(row),
            "payments": row.payments.select_related("order").order_by("-id")[:50],
        }


PAGES: dict[type[Model], type[ModelAdmin]] = {SavedCard: SavedCardAdmin}
