"""Which shops send orders, how are they told, and which keys have they?"""

from functools import partial
from typing import Any

from django import forms
from django.contrib.admin import EmptyFieldListFilter, display
from django.db import IntegrityError, models, transaction
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.widgets import (
    UnfoldAdminTextInputWidget,
    UnfoldAdminURLInputWidget,
)

from checkout.merchant.action import Action, Said, WithActions, done, noted, refused
from checkout.merchant.audit import AuditedForms
from checkout.merchant.limits import LimitInline
from checkout.merchant.onetime import OnceForm, in_address_characters
from checkout.merchant.record import RecordAdmin
from checkout.merchant.scope import OwnShopsOnly, shops_of
from checkout.merchant.shop_form import ShopForm, fields_of, fieldsets, logo_shown
from checkout.merchant.shown import badge, link, mode_badge, moment
from checkout.merchant.webhook_actions import RESUME, TEST, SecretForm, explain_secret, new_secret
from checkout.models import Account, ApiKey, Shop
from checkout.templatetags.guichet import plain_moment


def shown_once(
    admin: Any, request: HttpRequest, row: Any, *, title: str, what: str, secret: str
) -> HttpResponse:
    """The page that shows a new secret, and that nobody's cache keeps."""
    context = {
        **admin.admin_site.each_context(request),
        "opts": admin.opts,
        "original": row,
        "title": title,
        "what": what,
        "secret": secret,
        "back": admin.page_of(row),
    }
    request.current_app = admin.admin_site.name
    return TemplateResponse(
        request, "merchant/shown_once.html", context, headers={"Cache-Control": "no-store"}
    )


class KeyForm(OnceForm):
    purpose = "api-key"
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=100,
        initial="default",
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("Who will use it, so that you know which one to revoke."),
    )


class ShopAdmin(OwnShopsOnly, WithActions, AuditedForms, ModelAdmin):
    form = ShopForm
    actions = None
    list_display = [
        "name",
        "slug",
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
                form=KeyForm,
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
            more = {
                "buttons": self.buttons(request, shop),
                "keys": shop.api_keys.order_by("-id"),
                "accounts": [(row, mode_badge(row.live)) for row in shop.accounts.all()],
            }
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **more})

    def _issue_key(self, request: HttpRequest, shop: Shop, typed: dict[str, Any]) -> Said | HttpResponse:
        key = "gk_" + in_address_characters(typed["once"])
        try:
            with transaction.atomic():
                ApiKey.issue(shop, name=typed["name"], key=key)
        except IntegrityError:
            if ApiKey.find(key) is None:
                return refused(_("The key that this form made is revoked. Open the form again for another."))
        return shown_once(
            self,
            request,
            shop,
            title=_("A new API key"),
            what=_("The key of %(shop)s, “%(name)s”") % {"shop": shop, "name": typed["name"]},
            secret=key,
        )

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


def _revoke(request: HttpRequest, key: ApiKey, typed: dict[str, Any]) -> Said:
    if ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now()):
        return done(_("The key is revoked; nothing is let in with it any more."))
    return noted(_("The key was revoked before."))


class ApiKeyAdmin(RecordAdmin):
    record_template = "merchant/api_key.html"
    row_actions = (
        Action(
            name="revoke",
            label=gettext_lazy("Revoke the key"),
            offered=lambda key: key.revoked_at is None,
            explain=lambda key, typed: [
                _("Whoever still uses %(key)s (“%(name)s” of %(shop)s) is shut out at once.")
                % {"key": key, "name": key.name, "shop": key.shop},
                _("This cannot be taken back; issue a new key first."),
            ],
            do=_revoke,
            tone="danger",
        ),
    )
    list_display = ["prefix", "name", "shop_link", "state_word", "used", "issued"]
    list_filter = [("revoked_at", EmptyFieldListFilter)]
    search_fields = ["name", "prefix"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("shop").defer("shop__webhook_secret", "digest")

    @display(description=gettext_lazy("shop"), ordering="shop")
    def shop_link(self, key: ApiKey) -> SafeString:
        return link("shop", key.shop_id, key.shop)

    @display(description=gettext_lazy("state"))
    def state_word(self, key: ApiKey) -> SafeString:
        return badge("canceled", _("revoked")) if key.revoked_at else badge("success", _("in force"))

    @display(description=gettext_lazy("last used, UTC"), ordering="last_used_at")
    def used(self, key: ApiKey) -> SafeString | str:
        return moment(key.last_used_at)

    @display(description=gettext_lazy("issued, UTC"), ordering="created_at")
    def issued(self, key: ApiKey) -> SafeString | str:
        return moment(key.created_at)


PAGES: dict[type[models.Model], type[ModelAdmin]] = {Shop: ShopAdmin, ApiKey: ApiKeyAdmin}
