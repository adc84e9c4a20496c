"""Which shops send orders, and how are they told?"""

import base64
import binascii
from functools import partial
from typing import Any

from django import forms
from django.contrib.admin import display
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminURLInputWidget

from checkout.merchant import keys
from checkout.merchant.action import Action, Said, WithActions
from checkout.merchant.onetime import OnceForm, in_base64, shown_once
from checkout.merchant.shown import badge
from checkout.models import Shop

_FIELDS = ["name", "slug", "support_email", "return_url", "hold_minutes", "webhook_url"]


class ShopForm(forms.ModelForm):
    new_webhook_secret = forms.CharField(
        label=gettext_lazy("New webhook secret"),
        required=False,
        max_length=200,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy(
            "whsec_ and the key in base64. Empty: it stays as it is. It is never shown; better let one be made."
        ),
    )

    class Meta:
        model = Shop
        fields: list[str] = []  # ShopAdmin names them, and dresses them

    def clean_new_webhook_secret(self) -> str:
        given: str = self.cleaned_data["new_webhook_secret"]
        if not given:
            return ""
        try:
            key = base64.b64decode(given.removeprefix("whsec_"), validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if not given.startswith("whsec_") or not 24 <= len(key) <= 64:
            raise forms.ValidationError(_("Give whsec_ and 24 to 64 bytes in base64."))
        return given

    def clean_hold_minutes(self) -> int:
        minutes: int = self.cleaned_data["hold_minutes"]
        if not 1 <= minutes <= 60 * 24 * 366:
            raise forms.ValidationError(_("Give at least a minute, and at most a year."))
        return minutes

    def save(self, commit: bool = True) -> Shop:
        if self.cleaned_data.get("new_webhook_secret"):
            self.instance.webhook_secret = self.cleaned_data["new_webhook_secret"]
        shop: Shop = super().save(commit)
        return shop


class SecretForm(OnceForm):
    purpose = "webhook-secret"


class ShopAdmin(WithActions, ModelAdmin):
    form = ShopForm
    actions = None
    list_display = ["name", "slug", "webhook_url", "secret_is", "hold_minutes"]
    search_fields = ["name", "slug"]
    readonly_fields = ["secret_is"]
    formfield_overrides = {
        models.URLField: {"widget": UnfoldAdminURLInputWidget, "assume_scheme": "https"},
    }
    change_form_outer_before_template = "merchant/shop_buttons.html"

    def __init__(self, model: type[models.Model], admin_site: Any) -> None:
        super().__init__(model, admin_site)
        self.row_actions = (
            Action(
                name="issue-key",
                label=gettext_lazy("Issue an API key"),
                offered=lambda shop: True,
                explain=lambda shop, typed: [
                    _("%(shop)s gets a new key for the API. It is shown on the next page, once.")
                    % {"shop": shop}
                ],
                do=self._issue_key,
                form=keys.NewKeyForm,
                needs="checkout.add_apikey",
            ),
            Action(
                name="new-secret",
                label=gettext_lazy("Make a new webhook secret"),
                offered=lambda shop: True,
                explain=lambda shop, typed: [
                    _("%(shop)s gets a new webhook secret. It is shown on the next page, once.")
                    % {"shop": shop},
                    _(
                        "From then on webhooks are signed with it alone: the shop must know it, or it refuses them."
                    ),
                ],
                do=self._new_secret,
                form=SecretForm,
                tone="danger",
            ),
        )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        hooks = ["webhook_url", "secret_is"]
        if self.has_change_permission(request, obj):
            hooks.append("new_webhook_secret")
        return [
            (None, {"fields": ["name", "slug", "support_email", "return_url", "hold_minutes"]}),
            (_("Webhooks"), {"fields": hooks}),
        ]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return forms.modelform_factory(
            Shop,
            form=ShopForm,
            fields=_FIELDS,
            formfield_callback=partial(self.formfield_for_dbfield, request=request),
        )

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    @display(description=gettext_lazy("webhook secret"))
    def secret_is(self, shop: Shop) -> SafeString:
        return badge("success", _("set")) if shop.webhook_secret else badge("canceled", _("not set"))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        shop = self.get_object(request, object_id)
        of_shop = shop.api_keys.order_by("-id") if shop else []
        listed = [(key, keys.state_of(key)) for key in of_shop]
        more = {"buttons": self.buttons(request, shop), "keys": listed} if shop else {}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **more})

    def _issue_key(self, request: HttpRequest, shop: Shop, typed: dict[str, Any]) -> Said | HttpResponse:
        return keys.issue(request, shop, typed, self)

    def _new_secret(self, request: HttpRequest, shop: Shop, typed: dict[str, Any]) -> Said | HttpResponse:
        shop.webhook_secret = "whsec_" + in_base64(typed["once"])
        shop.save(update_fields=["webhook_secret"])
        self.log_change(request, shop, _("A new webhook secret was made."))
        return shown_once(
            self,
            request,
            shop,
            title=_("A new webhook secret"),
            what=_("The webhook secret of %(shop)s") % {"shop": shop},
            secret=shop.webhook_secret.reveal(),
        )


PAGES: dict[type[models.Model], type[ModelAdmin]] = {Shop: ShopAdmin}
