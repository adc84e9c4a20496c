"""What may a person say of a capture, void or refund whose end no answer tells? That it stands in the provider's own
record, and under which id; or that it does not."""

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from checkout.merchant.action import Action, Asked, Said, acting, noted, refused
from checkout.merchant.payment_actions import outcome
from checkout.merchant.shown import provider_name
from checkout.models import Operation, Payment
from checkout.payments.by_hand import found_there, may_be_ended, not_there
from checkout.payments.operate import NotPossible
from checkout.templatetags.guichet import money as money_text
from checkout.wording import reason

THERE, MISSING = "there", "missing"


def waiting(payment: Payment) -> list[Operation]:
    """What has waited long enough for a person to be asked about it."""
    return [row for row in payment.operations.all() if may_be_ended(row)]


def _named(operation: Operation) -> str:
    return _("%(what)s of %(money)s, asked for at %(at)s UTC") % {
        "what": operation.get_verb_display(),
        "money": money_text(operation.money),
        "at": f"{operation.created_at:%Y-%m-%d %H:%M}",
    }


class LookedForm(Asked):
    operation = forms.ChoiceField(label=gettext_lazy("Which one"), widget=UnfoldAdminSelectWidget())
    found = forms.ChoiceField(
        label=gettext_lazy("In the provider's back office"),
        choices=[(THERE, gettext_lazy("it is there")), (MISSING, gettext_lazy("it is not there"))],
        widget=UnfoldAdminSelectWidget(),
    )
    provider_id = forms.CharField(
        label=gettext_lazy("The provider's id of it"),
        max_length=100,
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("As its back office shows it. Only if it is there."),
    )

    def __init__(self, *args: Any, row: Payment, **kwargs: Any) -> None:
        super().__init__(*args, row=row, **kwargs)
        # Those that have ended meanwhile are known, too: a second click is answered by what is true.
        every = {str(one.pk): one for one in row.operations.order_by("pk")}
        offered = waiting(row)
        self._every = every
        self.fields["operation"].choices = [  # type: ignore[attr-defined]
            (str(one.pk), _named(one)) for one in (every.values() if self.is_bound else offered)
        ]

    def clean_operation(self) -> Operation:
        return self._every[self.cleaned_data["operation"]]

    def clean(self) -> dict[str, Any]:
        typed: dict[str, Any] = super().clean() or {}
        name = typed.get("provider_id", "").strip()
        if typed.get("found") == THERE and not name and "provider_id" not in self.errors:
            self.add_error("provider_id", _("Give the id: the provider is then asked about it."))
        if typed.get("found") == MISSING and name:
            self.add_error("provider_id", _("It has an id, so it is there?"))
        typed["provider_id"] = name
        return typed


def _explain(payment: Payment, typed: dict[str, Any]) -> list[str]:
    about = {"provider": provider_name(payment.account)}
    if not typed:
        return [
            _("%(provider)s has not told how this ended, and nothing is ever sent again by itself. Look into its "
              "back office, and say what you find.") % about
        ]  # fmt: skip
    about["what"] = _named(typed["operation"])
    if typed["found"] == THERE:
        about["id"] = typed["provider_id"]
        return [
            _("%(provider)s is asked about %(id)s. What it answers is written: %(what)s.") % about,
        ]
    return [
        _("%(provider)s is asked once more. If it still tells of no such thing, this is written as failed, under "
          "your name: %(what)s.") % about,
        _("It can then be asked for again. Should it turn up after all, it is counted."),
    ]  # fmt: skip


def _do(request: HttpRequest, payment: Payment, typed: dict[str, Any]) -> Said:
    operation = Operation.objects.select_related("payment__account", "payment__order").get(
        pk=typed["operation"].pk
    )
    if operation.status not in Operation.OPEN:
        said = outcome(operation)
        return Said(said.level, _("It has ended already. %(said)s") % {"said": said.text})
    try:
        if typed["found"] == THERE:
            operation = found_there(operation, typed["provider_id"], user=acting(request))
        else:
            operation = not_there(operation, user=acting(request))
    except NotPossible as why:
        return refused(reason(why))
    if operation.status in Operation.OPEN:
        return noted(
            _("%(provider)s was asked about %(id)s, but did not tell of this. Is the id right?")
            % {"provider": provider_name(payment.account), "id": typed["provider_id"]}
        )
    return outcome(operation)


LOOKED = Action(
    name="looked",
    label=gettext_lazy("Say how it ended"),
    offered=lambda payment: bool(waiting(payment)),
    explain=_explain,
    do=_do,
    needs="checkout.refund_payment",  # it decides what is true of money
    form=LookedForm,
    confirm=True,
    tone="main",
)
