"""Which e-mails were sent for us, and did they go? Payment links stand with their orders."""

from typing import Any

from django.contrib.admin import display
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override
from unfold.admin import ModelAdmin

from checkout.mail.letter import words_of
from checkout.merchant.action import Action, Said, done, noted
from checkout.merchant.filters import Choice, Days, OfShop
from checkout.merchant.record import RecordAdmin
from checkout.merchant.shown import badge, column, link, moment
from checkout.models import Letter
from checkout.payments.letters import owe_again


def standing_of(letter: Letter) -> tuple[str, str]:
    """The state's name, for its colour, and its word."""
    if letter.sent_at is not None:
        return "success", _("sent")
    return ("pending", _("waiting")) if letter.next_try_at is not None else ("failed", _("not sent"))


def _send(request: HttpRequest, letter: Letter, typed: dict[str, Any]) -> Said:
    if not owe_again(letter):
        return noted(_("It is sent already, or is about to be."))
    return done(_("It is sent within a few seconds."))


class LetterKind(Choice):
    title, parameter_name, column = gettext_lazy("kind"), "kind__exact", "kind"
    options = Letter.Kind.choices


class LetterAdmin(RecordAdmin):
    record_template = "merchant/letter.html"
    row_actions = (
        Action(
            name="send",
            label=gettext_lazy("Try again"),
            offered=lambda letter: letter.sent_at is None and letter.next_try_at is None,
            explain=lambda letter, typed: [_("The e-mail to %(to)s is tried again.") % {"to": letter.to}],
            do=_send,
            needs="checkout.change_order",
            at_once=True,
        ),
    )
    list_display = [
        "kind_word",
        "to",
        "order_link",
        column("shop", gettext_lazy("Shop")),
        "standing",
        "created",
    ]
    list_filter = [LetterKind, OfShop, Days]
    search_help_text = gettext_lazy("Order number, or the whole e-mail address")
    search_fields = ["to"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("order", "shop").defer("shop__webhook_secret")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        found = Q(order__number__iexact=term) | Q(to__iexact=term)
        return (queryset.filter(found) if term else queryset), False

    @display(description=gettext_lazy("kind"), ordering="kind")
    def kind_word(self, letter: Letter) -> str:
        return letter.get_kind_display()

    @display(description=gettext_lazy("order"), ordering="order_id")
    def order_link(self, letter: Letter) -> SafeString | str:
        return link("order", letter.order_id, letter.order.number) if letter.order is not None else "–"

    @display(description=gettext_lazy("state"))
    def standing(self, letter: Letter) -> SafeString:
        return badge(*standing_of(letter))

    @display(description=gettext_lazy("written, UTC"), ordering="id")
    def created(self, letter: Letter) -> SafeString | str:
        return moment(letter.created_at)

    def page(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        with override(row.language):
            words = words_of(row)
        return {"words": words, "standing": badge(*standing_of(row))}


PAGES: dict[type[Model], type[ModelAdmin]] = {Letter: LetterAdmin}
