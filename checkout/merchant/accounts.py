"""Which accounts at providers are there, and how are they set up?"""

from functools import partial
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.admin import display
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin

from checkout.merchant.audit import AuditedForms
from checkout.merchant.paging import ShortPaginator
from checkout.merchant.scope import OwnShopsOnly
from checkout.merchant.settings_form import account_form, as_text, is_secret, setting_names
from checkout.merchant.shown import badge, moment, provider_name
from checkout.models import Account
from providers import PROVIDERS, provider_class
from providers.base import Provider

_OURS = ["name", "label", "live", "enabled", "position"]


class AccountAdmin(OwnShopsOnly, AuditedForms, ModelAdmin):
    actions = None
    paginator = ShortPaginator
    show_full_result_count = False
    list_display = ["name", "provider_word", "shop", "mode", "enabled", "position", "answered", "notified"]
    list_filter = ["provider", "live", "enabled"]
    list_select_related = ["shop"]
    search_fields = ["name"]

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False  # its payments and their exchanges hang on it; it can be switched off

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("shop").defer("shop__webhook_secret")

    # --- the list

    @display(description=gettext_lazy("provider"), ordering="provider")
    def provider_word(self, account: Account) -> str:
        return provider_name(account)

    @display(description=gettext_lazy("mode"), ordering="live")
    def mode(self, account: Account) -> SafeString:
        return badge("success", _("live")) if account.live else badge("pending", _("test"))

    @display(description=gettext_lazy("last answer, UTC"), ordering="last_answer_at")
    def answered(self, account: Account) -> SafeString | str:
        return moment(account.last_answer_at)

    @display(description=gettext_lazy("last notification, UTC"), ordering="last_notification_at")
    def notified(self, account: Account) -> SafeString | str:
        return moment(account.last_notification_at)

    # --- the page

    @display(description=gettext_lazy("notification address"))
    def notify_address(self, account: Account) -> SafeString | str:
        if account._state.adding:
            return _("Shown once the account is saved.")
        return format_html(
            '<code class="g-code">{}</code>', settings.SITE_URL + reverse("notify", args=[account.pk])
        )

    @display(description=gettext_lazy("settings"))
    def settings_read(self, account: Account) -> SafeString | str:
        """For whoever may look and not change."""
        provider = _provider_of(account)
        if provider is None:
            return "–"
        lines = []
        for name, info in provider.settings_type.model_fields.items():
            if is_secret(info):
                value = _("set") if (account.secrets.reveal() or {}).get(name) else _("not set")
            else:
                value = as_text(account.settings[name]) if name in account.settings else "–"
            lines.append((_(info.title) if info.title else name, value))
        return format_html("<dl>{}</dl>", format_html_join("", "<dt>{}</dt><dd>{}</dd>", lines))

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        if request.GET.get("provider") not in PROVIDERS:
            context = {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "title": _("Which provider?"),
                "providers": [(slug, provider_class(slug).name) for slug in PROVIDERS],
            }
            return TemplateResponse(request, "merchant/choose_provider.html", context)
        return super().add_view(request, form_url, extra_context)

    def _type(self, request: HttpRequest, account: Account | None) -> type[Provider] | None:
        return _provider_of(account) if account is not None else provider_class(request.GET["provider"])

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        read = self.get_readonly_fields(request, obj)
        may = self.has_change_permission(request, obj) if obj is not None else True
        return forms.modelform_factory(
            Account,
            form=account_form(self._type(request, obj) if may else None),
            fields=[name for name in ["shop", *_OURS] if name not in read],
            formfield_callback=partial(self.formfield_for_dbfield, request=request),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        if obj is None:
            return ["notify_address"]
        fixed = ["shop", "provider_word", "notify_address", "answered", "notified", "settings_read"]
        return [*fixed, "live"] if obj.payments.exists() else fixed

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        provider = self._type(request, obj)
        head = ["shop", *_OURS] if obj is None else ["provider_word", "shop", *_OURS]
        sets: list[Any] = [(None, {"fields": head})]
        if provider is not None:
            may = obj is None or self.has_change_permission(request, obj)
            names = setting_names(provider, obj) if may else ["settings_read"]
            sets.append((provider.name, {"fields": names}))
        seen = ["notify_address"] if obj is None else ["notify_address", "answered", "notified"]
        return [*sets, (_("To paste at the provider"), {"fields": seen})]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            obj.provider = request.GET["provider"]
        if form.settings_now is not None:
            obj.store_settings(form.settings_now)
        super().save_model(request, obj, form, change)


def _provider_of(account: Account) -> type[Provider] | None:
    return account.provider_class if account.provider in PROVIDERS else None


PAGES: dict[type[models.Model], type[ModelAdmin]] = {Account: AccountAdmin}
