"""Another amount came than was asked for, and the merchant agrees with it: what is read back, and what is done?"""

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminTextInputWidget

from checkout.merchant.action import Action, Asked, Said, acting, done, refused, unsure
from checkout.merchant.payment_actions import read_amount
from checkout.merchant.shown import provider_name
from checkout.models import Payment
from checkout.payments.accept import DOUBTED, NotAccepted, accept, can_accept
from checkout.sentences import sentence
from checkout.states import MONEY_STATES
from checkout.templatetags.guichet import money as money_text
from checkout.wording import reason
from providers.money import Money


class CameForm(Asked):
    amount = forms.CharField(
        label=gettext_lazy("How much came"),
        max_length=20,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        help_text=gettext_lazy("Just as the provider reports it."),
    )

    def clean_amount(self) -> Money:
        payment: Payment = self.row
        try:
            return read_amount(self.cleaned_data["amount"], payment.currency)
        except ValueError as why:
            raise forms.ValidationError(str(why)) from None


def _explain(payment: Payment, typed: dict[str, Any]) -> list[str]:
    about = {"provider": provider_name(payment.account), "asked": money_text(payment.order.money)}
    if not typed:
        return [
            _("%(provider)s told of money that is not what was asked for, %(asked)s, so the order is not paid. If you "
              "agree with what came, the order is over that much. If not, give it back at %(provider)s, and ask again.")
            % about,
            *(sentence(entry.code, entry.data) for entry in payment.timeline.filter(code=DOUBTED).order_by("id")),
        ]  # fmt: skip
    about["came"] = money_text(typed["amount"])
    return [
        _("%(provider)s is asked once more. If it says that %(came)s came, the order is over %(came)s from now on, "
          "instead of %(asked)s, and is paid by it. Your shop reads the new amount in its webhook.") % about
    ]  # fmt: skip


def _do(request: HttpRequest, payment: Payment, typed: dict[str, Any]) -> Said:
    try:
        row = accept(payment, typed["amount"], user=acting(request))
    except NotAccepted as why:
        return refused(reason(why))
    about = {"came": money_text(row.money), "state": row.get_state_display()}
    if row.state in MONEY_STATES:
        return done(_("Accepted: the order is over %(came)s, and its payment is %(state)s.") % about)
    return unsure(_("The order is over %(came)s, but its payment is %(state)s. See the timeline.") % about)


ACCEPT = Action(
    name="accept",
    label=gettext_lazy("Accept what came"),
    offered=can_accept,
    explain=_explain,
    do=_do,
    needs="checkout.change_order",  # whose amount it changes
    form=CameForm,
    confirm=True,
)
