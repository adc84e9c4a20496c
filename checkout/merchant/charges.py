"""How does the merchant charge a card that a customer left, and what is said of it afterwards?

From the card's page a new order is made for it; from an order's page it is charged for that order. Money moves, so
both want a permission of their own, to *charge saved cards*: who may only tidy up cards charges none.
"""

import secrets
from typing import Any

from babel.numbers import list_currencies
from django import forms
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from checkout.merchant.action import Action, Asked, Said, acting, done, noted, refused, unsure
from checkout.merchant.payment_actions import read_amount
from checkout.merchant.shown import expires, provider_name
from checkout.models import Order, Payment, SavedCard
from checkout.models.payment import OCCASIONS
from checkout.payments.cancel import give_up
from checkout.payments.cards import cards_of, occasions_of
from checkout.payments.orders import ReferenceTaken, create_order
from checkout.payments.snapshot import how_it_goes_on
from checkout.payments.start import KeyReused, NotPayable, start_once
from checkout.payments.timeline import Who
from checkout.states import HELD_STATES, OrderState, State
from checkout.templatetags.guichet import money as money_text
from checkout.wording import clause, later, worded
from providers.base import Occasion

_CURRENCIES = list_currencies()
_WORDS = {Occasion(value): label for value, label in OCCASIONS}
_NEEDS = "checkout.charge_payment"


def _choices(occasions: list[Occasion]) -> list[tuple[str, Any]]:
    return [(occasion.value, _WORDS[occasion]) for occasion in occasions]


class _ChargeForm(Asked):
    """Why; and `once`, made when the form is drawn: however often it is sent, it makes one charge."""

    occasion = forms.TypedChoiceField(
        label=gettext_lazy("Why"), coerce=Occasion, widget=UnfoldAdminSelectWidget()
    )
    once = forms.RegexField(
        r"^[0-9a-f]{20}$", widget=forms.HiddenInput, initial=lambda: secrets.token_hex(10)
    )


class CardChargeForm(_ChargeForm):
    field_order = ["amount", "currency", "occasion", "description", "capture_later"]
    amount = forms.CharField(
        label=gettext_lazy("Amount"),
        max_length=20,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    currency = forms.CharField(
        label=gettext_lazy("Currency"),
        max_length=3,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
    )
    description = forms.CharField(
        label=gettext_lazy("Description"),
        max_length=255,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("What the customer pays for. The provider is told, and may print it."),
    )
    capture_later = forms.BooleanField(
        label=gettext_lazy("Only reserve the amount"),
        required=False,
        widget=UnfoldBooleanWidget(),
        help_text=gettext_lazy("It is captured later, from the payment's page."),
    )

    def __init__(self, *args: Any, row: SavedCard, **kwargs: Any) -> None:
        super().__init__(*args, row=row, **kwargs)
        # A form that is sent again after the card was removed is answered by what is true, not by its choices.
        self.fields["occasion"].choices = _choices(occasions_of(row) or list(Occasion))  # type: ignore[attr-defined]
        latest = row.shop.orders.order_by("-id").first()
        self.fields["currency"].initial = latest.currency if latest else "EUR"

    def clean_currency(self) -> str:
        code: str = self.cleaned_data["currency"].strip().upper()
        if code not in _CURRENCIES:
            raise forms.ValidationError(_("Give a currency by its three letters, such as EUR."))
        return code

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        if "amount" in cleaned and "currency" in cleaned:
            try:
                cleaned["money"] = read_amount(cleaned["amount"], cleaned["currency"])
            except ValueError as why:
                self.add_error("amount", str(why))
        return cleaned


class OrderChargeForm(_ChargeForm):
    field_order = ["card", "occasion"]
    card = forms.ChoiceField(label=gettext_lazy("Card"), widget=UnfoldAdminSelectWidget())

    def __init__(self, *args: Any, row: Order, **kwargs: Any) -> None:
        super().__init__(*args, row=row, **kwargs)
        self._cards = {str(card.pk): card for card in _cards_for(row)}
        able = {occasion for card in self._cards.values() for occasion in occasions_of(card)}
        self.fields["card"].choices = [(pk, _named(card)) for pk, card in self._cards.items()]  # type: ignore[attr-defined]
        self.fields["occasion"].choices = _choices([one for one in Occasion if one in able])  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        card = self._cards.get(self.cleaned_data.get("card", ""))
        occasion = self.cleaned_data.get("occasion")
        if card is not None and occasion is not None and occasion not in occasions_of(card):
            self.add_error(
                "occasion",
                _("%(provider)s charges no card for that.") % {"provider": provider_name(card.account)},
            )
        self.cleaned_data["saved_card"] = card
        return self.cleaned_data


def _named(card: SavedCard) -> str:
    return f"{card} · {expires(card)} · {card.account.name}"


def _cards_for(order: Order) -> list[SavedCard]:
    return [card for card in cards_of(order.shop, order.customer_reference()) if occasions_of(card)]


# --- what will happen ------------------------------------------------------------------------------------------------


def _explain(card: SavedCard, money: Any, typed: dict[str, Any], *, reserve: bool) -> list[str]:
    what = (
        _(
            "%(provider)s is told to reserve %(money)s on %(card)s of customer %(customer)s, who is away: %(why)s."
        )
        if reserve
        else _(
            "%(provider)s is told to charge %(money)s to %(card)s of customer %(customer)s, who is away: %(why)s."
        )
    )
    about = {
        "provider": provider_name(card.account),
        "money": money_text(money),
        "card": card,
        "customer": card.customer_reference,
        "why": _WORDS[typed["occasion"]],
    }
    undone = (
        _("What was reserved can be released again.") if reserve else _("What was charged can be refunded.")
    )
    return [what % about, undone]


def _explain_card(card: SavedCard, typed: dict[str, Any]) -> list[str]:
    if not typed:
        return [
            _("A new order of %(shop)s is made, and %(card)s of customer %(customer)s is charged for it at once. The "
              "customer is away: charge what was agreed, and nothing else.")
            % {"shop": card.shop, "card": card, "customer": card.customer_reference}
        ]  # fmt: skip
    told = _explain(card, typed["money"], typed, reserve=typed["capture_later"])
    return [*told, _("Description: %(text)s") % {"text": typed["description"]}]


def _explain_order(order: Order, typed: dict[str, Any]) -> list[str]:
    if not typed:
        return [
            _("%(money)s of order %(order)s is charged at once to a card that the customer left. The customer is "
              "away: charge what was agreed, and nothing else.")
            % {"money": money_text(order.money), "order": order.number}
        ]  # fmt: skip
    return _explain(typed["saved_card"], order.money, typed, reserve=order.capture_later)


# --- what is done ----------------------------------------------------------------------------------------------------


def can_charge(card: SavedCard) -> bool:
    return bool(occasions_of(card))


def can_be_charged(order: Order) -> bool:
    """Could an attempt begin now, and is there a card to begin it with?"""
    if order.state != OrderState.OPEN or order.is_past_hold() or order.open_attempt() is not None:
        return False
    latest = order.latest_attempt()
    if latest is not None and not latest.may_retry:
        return False
    return not order.payments.filter(state__in=HELD_STATES).exists() and bool(_cards_for(order))


def _charge_card(request: HttpRequest, row: SavedCard, typed: dict[str, Any]) -> Said:
    card = SavedCard.objects.select_related("account", "shop").get(pk=row.pk)
    order = _order_of(typed["once"], card)
    if order is None:
        if typed["occasion"] not in occasions_of(card):
            return refused(_("The card cannot be charged for that now. Nothing was done."))
        order = _new_order(request, card, typed)
    same = (order.money, order.customer_reference(), order.capture_later)
    if same != (typed["money"], card.customer_reference, typed["capture_later"]):
        return _for_another()
    said = _charge(request, order, card, typed)
    if not order.payments.exists():  # it was made for this charge alone
        give_up(order, who=Who.MERCHANT, user=acting(request))
    page = reverse("admin:checkout_order_change", args=[order.pk])
    return Said(said.level, later(_with_link, said.text, page, order.number))


def _with_link(text: str, page: str, number: str) -> str:
    return format_html('{} <a class="underline" href="{}">{}</a>', text, page, number)


def _order_of(once: str, card: SavedCard) -> Order | None:
    order: Order | None = card.shop.orders.filter(reference=_reference(once)).first()
    return order


def _reference(once: str) -> str:
    return f"charge-{once}"


def _new_order(request: HttpRequest, card: SavedCard, typed: dict[str, Any]) -> Order:
    """One for each form, whose key is in its reference: a second click finds the first one's."""
    # Whom to write to, and in which language, is what the customer's last order knew.
    last = card.shop.orders.filter(customer__reference=card.customer_reference).order_by("-id").first()
    try:
        return create_order(
            card.shop,
            reference=_reference(typed["once"]),
            money=typed["money"],
            description=typed["description"],
            customer={**(last.customer if last else {}), "reference": card.customer_reference},
            email=last.email if last else "",
            language=last.language if last else "en",
            capture_later=typed["capture_later"],
            who=Who.MERCHANT,
            user=acting(request),
        )
    except ReferenceTaken:
        return card.shop.orders.get(reference=_reference(typed["once"]))


def _charge_order(request: HttpRequest, order: Order, typed: dict[str, Any]) -> Said:
    return _charge(request, order, typed["saved_card"], typed)


def _charge(request: HttpRequest, order: Order, card: SavedCard, typed: dict[str, Any]) -> Said:
    try:
        payment, new = start_once(
            order,
            card.account,
            key=typed["once"],
            saved_card=card,
            occasion=typed["occasion"],
            who=Who.MERCHANT,
            user=acting(request),
        )
    except KeyReused:
        return _for_another()
    except NotPayable as no:
        return refused(worded(gettext_noop("Nothing was charged: %(why)s."), why=clause(no)))
    said = outcome(payment, card, may_see_link=request.user.has_perm("checkout.send_link"))
    if new:
        return said
    again = _("This form was sent before; nothing was charged again. %(said)s")
    return Said(said.level, again % {"said": said.text})


def _for_another() -> Said:
    return refused(_("This form was sent before, for another charge. Open it again."))


def outcome(payment: Payment, card: SavedCard, *, may_see_link: bool) -> Said:
    """What became of a charge, for the person who asked for it."""
    about = {
        "money": money_text(payment.money),
        "card": card,
        "state": payment.get_state_display(),
        "why": (payment.decline_message or payment.decline_code or "–").rstrip("."),
        "link": payment.order.pay_url if may_see_link else _("the order's payment link"),
    }
    if payment.state == State.PAID:
        return done(_("Paid: %(money)s with %(card)s.") % about)
    if payment.state == State.AUTHORIZED:
        return done(_("Reserved: %(money)s on %(card)s.") % about)
    if payment.state == State.FAILED:
        return refused(_("Not charged: %(why)s.") % about)
    if not payment.is_open:
        return noted(_("The charge of %(money)s to %(card)s is %(state)s.") % about)
    if how_it_goes_on(payment.order, payment):
        return unsure(_("Not charged yet: the customer has to confirm it at %(link)s") % about)
    if payment.state == State.CREATED:
        return unsure(
            _("Nobody knows yet whether %(money)s was charged to %(card)s. It is not sent again; the provider is "
              "asked until it is known.") % about
        )  # fmt: skip
    return noted(
        _("The charge of %(money)s to %(card)s is under way. The timeline will say how it ends.") % about
    )


ON_CARD = Action(
    name="charge",
    label=gettext_lazy("Charge this card"),
    offered=can_charge,
    explain=_explain_card,
    do=_charge_card,
    needs=_NEEDS,
    form=CardChargeForm,
    confirm=True,
    tone="main",
)
ON_ORDER = Action(
    name="charge",
    label=gettext_lazy("Charge a saved card"),
    offered=can_be_charged,
    explain=_explain_order,
    do=_charge_order,
    needs=_NEEDS,
    form=OrderChargeForm,
    confirm=True,
)
