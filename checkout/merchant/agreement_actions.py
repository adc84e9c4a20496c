"""What may the merchant do about an agreement? Have it looked at, charge it once more, end it.

What is charged is a new order, which the shop calls by the reference that stands in the form; a form that is sent twice
names the same order, and so charges once. Money moves, so to charge wants a permission of its own.
"""

import secrets
from datetime import UTC
from typing import Any

from django import forms
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from checkout.merchant.action import HARMLESS, Action, Asked, Said, acting, done, noted, refused, unsure
from checkout.merchant.payment_actions import read_amount
from checkout.merchant.shown import provider_name
from checkout.merchant.standing import agreed, endings, in_short
from checkout.models import Agreement, Order, Payment
from checkout.payments.agreement_charge import charge_again
from checkout.payments.agreement_follow_up import NotEnded, end, look_at
from checkout.payments.agreements import open_charges
from checkout.payments.orders import ReferenceTaken
from checkout.payments.snapshot import how_it_goes_on
from checkout.payments.start import NotPayable
from checkout.payments.terms import terms_of
from checkout.payments.timeline import Who
from checkout.states import State
from checkout.templatetags.guichet import money as money_text
from checkout.wording import clause, later, worded
from providers.agreements import AgreementState, Ending, Phase
from providers.base import Kind
from providers.money import Money


def _fresh(agreement: Agreement) -> Agreement:
    return Agreement.objects.select_related("account", "payment__order").get(pk=agreement.pk)


def _about(agreement: Agreement) -> dict[str, Any]:
    return {
        "number": agreement.number,
        "provider": provider_name(agreement.account),
        "standing": in_short(agreement),
    }


def _can(agreement: Agreement, verb: str) -> bool:
    return agreement.account.provider_class.can(verb)


# --- ask -----------------------------------------------------------------------------------------------------------


def _explain_ask(agreement: Agreement, typed: dict[str, Any]) -> list[str]:
    return [
        _("%(provider)s is asked how agreement %(number)s stands, and which payments it has made. Nothing is sent but "
          "the question.") % _about(agreement)
    ]  # fmt: skip


def _ask(request: HttpRequest, row: Agreement, typed: dict[str, Any]) -> Said:
    before = _fresh(row)
    after = look_at(before)
    if after is None:
        return unsure(
            _(
                "%(provider)s could not be asked about agreement %(number)s, or could not tell: nothing was changed."
            )
            % _about(before)
        )
    if in_short(after) == in_short(before):
        return done(_("%(provider)s was asked: agreement %(number)s is still %(standing)s.") % _about(after))
    return done(_("%(provider)s was asked: agreement %(number)s is now %(standing)s.") % _about(after))


# --- end -----------------------------------------------------------------------------------------------------------


class EndForm(Asked):
    ending = forms.TypedChoiceField(
        label=gettext_lazy("When"), coerce=Ending, widget=UnfoldAdminSelectWidget()
    )

    def __init__(self, *args: Any, row: Agreement, **kwargs: Any) -> None:
        super().__init__(*args, row=row, **kwargs)
        # Those that are no longer offered are known, too: a second click is answered by what is true.
        offered = list(Ending) if self.is_bound else endings(row)
        names = dict(Agreement.ENDINGS)
        self.fields["ending"].choices = [(one.value, names[one.value]) for one in offered]  # type: ignore[attr-defined]


def _explain_end(agreement: Agreement, typed: dict[str, Any]) -> list[str]:
    about = _about(agreement)
    explained = {
        Ending.NOW: _("Now: it ends at once, and nothing more is charged by itself. What was paid stays paid; "
                      "refund it if the customer is to have it back."),
        Ending.PERIOD_END: _("With the end of what is paid: the customer still gets what is paid for. Then it ends, "
                             "and nothing more is charged by itself."),
    }  # fmt: skip
    chosen = [typed["ending"]] if typed else endings(agreement)
    told = [_("%(provider)s is told to end agreement %(number)s.") % about]
    told += [explained[ending] for ending in chosen]
    if terms := agreed(agreement):
        told.append(_("Agreed was: %(terms)s.") % {"terms": terms})
    if agreement.kind == Kind.PAYMENT_PLAN:
        told.append(_("Of a payment plan, what is still to be paid is then not collected."))
    told.append(_("This cannot be taken back: the customer would have to agree anew."))
    return told


def _end(request: HttpRequest, row: Agreement, typed: dict[str, Any]) -> Said:
    before = _fresh(row)
    if typed["ending"] not in endings(before):
        about = _about(before)
        if before.is_over or before.phase == Phase.LAST:
            return noted(_("Nothing was sent: agreement %(number)s is %(standing)s already.") % about)
        return refused(
            _("Nothing was sent: %(provider)s does not offer to end agreement %(number)s this way now.")
            % about
        )
    try:
        after = end(before, typed["ending"], who=Who.MERCHANT, user=acting(request))
    except NotEnded as why:
        fresh = _fresh(row)
        about = {**_about(fresh), "standing": later(in_short, fresh), "why": clause(why)}
        text = gettext_noop("%(provider)s did not confirm it: %(why)s. As far as is known, agreement %(number)s is "
                            "%(standing)s; %(provider)s is asked again.")  # fmt: skip
        return unsure(worded(text, **about))
    return _ended(after)


def _ended(agreement: Agreement) -> Said:
    about = _about(agreement)
    if agreement.state == AgreementState.TERMINATED:
        return done(_("Agreement %(number)s is over: nothing can be charged under it any more.") % about)
    if agreement.state == AgreementState.ENDED:
        return done(
            _("Agreement %(number)s has ended: %(provider)s takes no more payments by itself.") % about
        )
    if agreement.state == AgreementState.CANCELED:
        return done(_("Agreement %(number)s never began, and nothing will be charged.") % about)
    if agreement.phase == Phase.LAST and agreement.next_event == "end" and agreement.next_event_at:
        about["at"] = f"{agreement.next_event_at.astimezone(UTC):%Y-%m-%d %H:%M}"
        return done(
            _(
                "Agreement %(number)s ends with what is paid, on %(at)s UTC. Nothing more is charged by itself."
            )
            % about
        )
    if agreement.phase == Phase.LAST:
        return done(
            _("Agreement %(number)s ends with what is paid. Nothing more is charged by itself.") % about
        )
    return unsure(
        _("%(provider)s was told to end agreement %(number)s, and says that it is still %(standing)s. It is asked "
          "again.") % about
    )  # fmt: skip


# --- charge --------------------------------------------------------------------------------------------------------


class AgainForm(Asked):
    field_order = ["amount", "reference", "description"]
    amount = forms.CharField(
        label=gettext_lazy("Amount"),
        max_length=20,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    reference = forms.CharField(
        label=gettext_lazy("Reference"),
        max_length=100,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("What the shop calls the new order. Under one reference it is charged once."),
    )
    description = forms.CharField(
        label=gettext_lazy("Description"),
        max_length=255,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("What the customer pays for. The provider is told, and may print it."),
    )

    def __init__(self, *args: Any, row: Agreement, **kwargs: Any) -> None:
        super().__init__(*args, row=row, **kwargs)
        terms = terms_of(row.terms, row.currency)
        regular = [terms.amount, *terms.payments()[-1:]] if terms else []
        self.fields["amount"].initial = next((str(money.decimal) for money in regular if money), "")
        self.fields["amount"].help_text = _("In %(currency)s.") % {"currency": row.currency}
        first = row.payment.order
        # Never one that a payment which the provider makes by itself would be given: "abo-7/2".
        self.fields["reference"].initial = f"{first.reference[:80]}/extra-{secrets.token_hex(4)}"
        self.fields["description"].initial = first.description

    def clean_amount(self) -> Money:
        try:
            return read_amount(self.cleaned_data["amount"], self.row.currency)
        except ValueError as why:
            raise forms.ValidationError(str(why)) from None

    def clean_reference(self) -> str:
        reference: str = self.cleaned_data["reference"]
        known = Order.objects.filter(shop_id=self.row.shop_id, reference=reference).first()
        # Once it is confirmed, an order with this reference may be this very form's: then it was sent before.
        if known is not None and "confirmed" not in self.data:
            raise forms.ValidationError(
                _("Order %(number)s has this reference already.") % {"number": known.number}
            )
        return reference


def can_charge(agreement: Agreement) -> bool:
    ready = agreement.may_charge and agreement.account.enabled and _can(agreement, "start")
    return ready and not open_charges(agreement)


def _explain_charge(agreement: Agreement, typed: dict[str, Any]) -> list[str]:
    about = {
        **_about(agreement),
        "shop": agreement.shop,
        "customer": agreement.customer_reference or agreement.payment.order.email or "–",
        "terms": agreed(agreement),
    }
    if not typed:
        return [
            _("A new order of %(shop)s is made, and charged at once under agreement %(number)s of customer "
              "%(customer)s. The customer is away: charge what was agreed, and nothing else.") % about,
            _("Agreed was: %(terms)s.") % about,
        ]  # fmt: skip
    about["money"] = money_text(typed["amount"])
    told = [
        _(
            "%(provider)s is told to charge %(money)s under agreement %(number)s of customer %(customer)s, who is away."
        )
        % about
    ]
    terms = terms_of(agreement.terms, agreement.currency)
    if terms is not None and typed["amount"] not in terms.amounts():
        told.append(
            _("This is none of the amounts that were agreed (%(terms)s). Charge it only if the customer agreed to it "
              "since.") % about
        )  # fmt: skip
    told.append(_("Reference: %(text)s") % {"text": typed["reference"]})
    told.append(_("Description: %(text)s") % {"text": typed["description"]})
    return [*told, _("What was charged can be refunded.")]


def _charge(request: HttpRequest, row: Agreement, typed: dict[str, Any]) -> Said:
    agreement = _fresh(row)
    try:
        payment, new = charge_again(
            agreement,
            typed["amount"],
            reference=typed["reference"],
            description=typed["description"],
            who=Who.MERCHANT,
            user=acting(request),
        )
    except ReferenceTaken:
        return refused(
            _("Nothing was charged: the reference %(reference)s is another order's.")
            % {"reference": typed["reference"]}
        )
    except NotPayable as no:
        return refused(worded(gettext_noop("Nothing was charged: %(why)s."), why=clause(no)))
    said = _outcome(payment, agreement, may_see_link=request.user.has_perm("checkout.send_link"))
    text = said.text
    if not new:
        again = _("An order with this reference was charged before; nothing was charged again. %(said)s")
        text = again % {"said": said.text}
    page = reverse("admin:checkout_order_change", args=[payment.order_id])
    return Said(
        said.level, format_html('{} <a class="underline" href="{}">{}</a>', text, page, payment.order.number)
    )


def _outcome(payment: Payment, agreement: Agreement, *, may_see_link: bool) -> Said:
    """What became of a charge, for the person who asked for it."""
    about = {
        **_about(agreement),
        "money": money_text(payment.money),
        "state": payment.get_state_display(),
        "why": (payment.decline_message or payment.decline_code or "–").rstrip("."),
        "link": payment.order.pay_url if may_see_link else _("the order's payment link"),
    }
    if payment.state == State.PAID:
        return done(_("Paid: %(money)s under agreement %(number)s.") % about)
    if payment.state == State.FAILED:
        return refused(_("Not charged: %(why)s.") % about)
    if not payment.is_open:
        return noted(_("The charge of %(money)s under agreement %(number)s is %(state)s.") % about)
    if how_it_goes_on(payment.order, payment):
        return unsure(_("Not charged yet: the customer has to confirm it at %(link)s") % about)
    if payment.state == State.CREATED:
        return unsure(
            _("Nobody knows yet whether %(money)s was charged under agreement %(number)s. It is not sent again; the "
              "provider is asked until it is known.") % about
        )  # fmt: skip
    return noted(
        _(
            "The charge of %(money)s under agreement %(number)s is under way. The timeline will say how it ends."
        )
        % about
    )


ACTIONS = (
    Action(
        name="ask",
        label=gettext_lazy("Ask the provider again"),
        offered=lambda agreement: _can(agreement, "sync_agreement"),
        explain=_explain_ask,
        do=_ask,
        needs=(*HARMLESS, "change"),
        at_once=True,
    ),
    Action(
        name="charge",
        label=gettext_lazy("Charge it once more"),
        offered=can_charge,
        explain=_explain_charge,
        do=_charge,
        needs="checkout.charge_payment",
        form=AgainForm,
        confirm=True,
        tone="main",
    ),
    Action(
        name="end",
        label=gettext_lazy("End it"),
        offered=lambda agreement: bool(endings(agreement)) and _can(agreement, "end_agreement"),
        explain=_explain_end,
        do=_end,
        form=EndForm,
        confirm=True,
        tone="danger",
    ),
)
