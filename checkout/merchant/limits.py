"""How much may one person move alone, in each currency? Typed on the shop's page, in major units."""

from typing import Any

from babel.numbers import list_currencies
from django import forms
from django.contrib.admin import display
from django.db import models
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import TabularInline
from unfold.widgets import UnfoldAdminTextInputWidget

from checkout.merchant.payment_actions import read_amount
from checkout.merchant.shown import sum_of
from checkout.models import ApprovalLimit
from providers.money import Money

_CURRENCIES = list_currencies()


class LimitForm(forms.ModelForm):
    currency = forms.CharField(
        label=gettext_lazy("Currency"),
        max_length=3,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "size": 4}),
        help_text=gettext_lazy("Three letters, such as EUR."),
    )
    amount = forms.CharField(
        label=gettext_lazy("Above this, two people"),
        max_length=20,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        help_text=gettext_lazy("Such as 150.00. 0: a second person for every one."),
    )

    class Meta:
        model = ApprovalLimit
        fields = ["currency"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["amount"].initial = str(self.instance.money.decimal)

    def clean_currency(self) -> str:
        code: str = self.cleaned_data["currency"].strip().upper()
        if code not in _CURRENCIES:
            raise forms.ValidationError(_("Give a currency by its three letters, such as EUR."))
        return code

    def clean(self) -> dict[str, Any]:
        typed: dict[str, Any] = super().clean() or {}
        if "currency" in typed and "amount" in typed:
            try:
                self.instance.amount_minor = _limit(typed["amount"], typed["currency"]).minor
            except ValueError as why:
                self.add_error("amount", str(why))
        return typed


def _limit(text: str, currency: str) -> Money:
    """What was typed; nothing is a limit, too."""
    if text.strip() and not text.strip().strip("0.,"):
        return Money.zero(currency)
    return read_amount(text, currency)


class LimitInline(TabularInline):
    """Who may change the shop may change this; the change stands in the log of what people did."""

    model = ApprovalLimit
    form = LimitForm
    extra = 0
    fields = ["currency", "amount"]
    verbose_name = gettext_lazy("limit for one person")
    verbose_name_plural = gettext_lazy("Captures, voids and refunds: how much one person may do alone")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["currency", "amount"] if self.has_change_permission(request, obj) else ["currency", "shown"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [] if self.has_change_permission(request, obj) else ["currency", "shown"]

    @display(description=gettext_lazy("above this, two people"))
    def shown(self, limit: ApprovalLimit) -> SafeString:
        return sum_of(limit.money)

    def has_view_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return request.user.has_perm("checkout.view_shop") or self.has_change_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return request.user.has_perm("checkout.change_shop")

    def has_add_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return self.has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return self.has_change_permission(request, obj)
