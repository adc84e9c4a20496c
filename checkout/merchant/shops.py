"""Which shops send orders, and how are they told?"""

from functools import partial
from typing import Any

from django import forms
from django.contrib.admin import display
from django.db import models
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminURLInputWidget

from checkout.merchant import keys
from checkout.merchant.action import Action, Said, WithActions
from checkout.merchant.audit import AuditedForms
from checkout.merchant.limits import LimitInline
from checkout.merchant.list_form import WithListForm
from checkout.merchant.onetime import shown_once
from checkout.merchant.scope import OwnShopsOnly, shops_of
from checkout.merchant.shop_form import ShopForm, fields_of, fieldsets, logo_shown
from checkout.merchant.shown import badge, column, mode_badge
from checkout.merchant.webhook_actions import RESUME, TEST, SecretForm, explain_secret, new_secret
from checkout.models import Account, Shop
from checkout.templatetags.guichet import plain_moment


class ShopAdmin(WithListForm, OwnShopsOnly, WithActions, AuditedForms, ModelAdmin):
    form = ShopForm
    actions = None
    list_display = [
        "name",
        column("slug", gettext_lazy("Short name")),
        "accounts_are",
        "webhook_url",
        "webhooks_are",
        "secret_is",
        "hold_minutes",
    ]
    search_fields = ["name", "slug"]
    inlines = [LimitInline]
    readonly_fields = ["secret_is", "webhooks_are", "logo_is"]
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
                explain=explain_secret,
                do=self._new_secret,
                form=SecretForm,
                tone="danger",
            ),
            TEST,
            RESUME,
        )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        hooks = ["webhook_url", "webhooks_are", "merchant_email", "secret_is"]
        if self.has_change_permission(request, obj):
            hooks.append("new_webhook_secret")
        return [
            *fieldsets(may_change=self.has_change_permission(request, obj)),
            (_("Webhooks"), {"fields": hooks}),
        ]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return forms.modelform_factory(
            Shop,
            form=ShopForm,
            fields=fields_of(),
            formfield_callback=partial(self.formfield_for_dbfield, request=request),
        )

    def has_add_permission(self, request: HttpRequest) -> bool:
        # Who is limited to shops would not see the new one.
        return shops_of(request.user) is None and super().has_add_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> Any:
        on = Account.objects.filter(shop=OuterRef("pk"), enabled=True)
        modes = {"has_live": Exists(on.filter(live=True)), "has_test": Exists(on.filter(live=False))}
        return super().get_queryset(request).annotate(**modes)

    @display(description=gettext_lazy("accounts switched on"))
    def accounts_are(self, shop: Any) -> SafeString | str:
        words = [mode_badge(live) for live, has in ((True, shop.has_live), (False, shop.has_test)) if has]
        return format_html_join(" ", "{}", ([word] for word in words)) or "–"

    @display(description=gettext_lazy("webhook secret"))
    def secret_is(self, shop: Shop) -> SafeString:
        if not shop.webhook_secret:
            return badge("canceled", _("not set"))
        until = shop.webhook_former_until
        if until is None or until <= timezone.now():
            return badge("success", _("set"))
        told = _("set; the former one signs as well until %(until)s") % {"until": plain_moment(until)}
        return badge("success", told)

    @display(description=gettext_lazy("logo"))
    def logo_is(self, shop: Shop) -> SafeString | str:
        return logo_shown(shop)

    @display(description=gettext_lazy("webhooks"))
    def webhooks_are(self, shop: Shop) -> SafeString:
        if not shop.webhook_url:
            return badge("canceled", _("no address"))
        if shop.webhook_paused_at is not None:
            return badge("failed", _("paused since %(at)s") % {"at": plain_moment(shop.webhook_paused_at)})
        if shop.webhook_failing_since is not None:
            told = _("failing since %(at)s") % {"at": plain_moment(shop.webhook_failing_since)}
            return badge("flagged", told)
        return badge("success", _("in order"))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        shop = self.get_object(request, object_id)
        more = {}
        if shop:
            of_shop = shop.api_keys.order_by("-id")
            more = {
                "buttons": self.buttons(request, shop),
                "keys": [(key, keys.state_of(key)) for key in of_shop],
                "accounts": [(row, mode_badge(row.live)) for row in shop.accounts.all()],
            }
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **more})

    def _issue_key(self, request: HttpRequest, shop: Shop, typed: dict[str, Any]) -> Said | HttpResponse:
        return keys.issue(request, shop, typed, self)

    def _new_secret(self, request: HttpRequest, shop: Shop, typed: dict[str, Any]) -> Said | HttpResponse:
        secret = new_secret(shop, typed["once"], overlap_seconds=typed["overlap"])
        self.log_change(request, shop, _("A new webhook secret was made."))
        return shown_once(
            self,
            request,
            shop,
            title=_("A new webhook secret"),
            what=_("The webhook secret of %(shop)s") % {"shop": shop},
            secret=secret,
        )


PAGES: dict[type[models.Model], type[ModelAdmin]] = {Shop: ShopAdmin}
