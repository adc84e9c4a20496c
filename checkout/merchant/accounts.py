"""Which accounts at providers are there, and how are they set up?"""

from functools import partial
from typing import Any

from django import forms
from django.contrib.admin import display
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin

from checkout.merchant.account_actions import ACTIONS
from checkout.merchant.account_page import about, connection_of
from checkout.merchant.action import WithActions
from checkout.merchant.audit import AuditedForms
from checkout.merchant.filters import Choice, Condition, OfShop
from checkout.merchant.list_form import WithListForm
from checkout.merchant.paging import ShortPaginator
from checkout.merchant.scope import OwnShopsOnly, limit
from checkout.merchant.settings_form import (
    FORMER_DAYS,
    REHEARSE,
    account_form,
    as_text,
    former_days,
    is_secret,
    may_rehearse,
    may_rotate,
    setting_names,
)
from checkout.merchant.shown import badge, column, mode_badge, moment, provider_name, setting_title
from checkout.models import Account
from checkout.payments.connection import forget_test
from checkout.payments.rehearsal import misfortunes_of
from checkout.payments.rotation import keep_former
from providers import PROVIDERS, provider_class
from providers.base import Provider

_OURS = ["name", "label", "live", "enabled", "position"]


class OfProvider(Choice):
    title, parameter_name, column = gettext_lazy("provider"), "provider", "provider"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        rows = limit(Account.objects, request.user).order_by("provider").values_list("provider", flat=True)
        return [(slug, provider_name(Account(provider=slug))) for slug in rows.distinct()]


class Mode(Condition):
    title, parameter_name = gettext_lazy("live or test"), "live"
    conditions = {
        "live": (gettext_lazy("live"), models.Q(live=True)),
        "test": (gettext_lazy("test"), models.Q(live=False)),
    }


class Enabled(Condition):
    title, parameter_name = gettext_lazy("enabled"), "enabled"
    conditions = {
        "yes": (gettext_lazy("Yes"), models.Q(enabled=True)),
        "no": (gettext_lazy("No"), models.Q(enabled=False)),
    }


class AccountAdmin(WithListForm, OwnShopsOnly, WithActions, AuditedForms, ModelAdmin):
    actions = None
    row_actions = ACTIONS
    change_form_outer_before_template = "merchant/account_state.html"
    change_form_outer_after_template = "merchant/account_addresses.html"
    paginator = ShortPaginator
    show_full_result_count = False
    # In the sequence of `position`, which shoppers read them in.
    list_display = [
        "name",
        "provider_word",
        column("shop", gettext_lazy("Shop")),
        "mode",
        "enabled",
        "connection",
        "answered",
        "notified",
    ]
    list_filter = [OfProvider, Mode, Enabled, OfShop]
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
        if not misfortunes_of(account):
            return mode_badge(account.live)
        return format_html("{} {}", mode_badge(account.live), badge("uncertain", _("rehearsal")))

    @display(description=gettext_lazy("connection"), ordering="tested_at")
    def connection(self, account: Account) -> SafeString:
        return connection_of(account)

    @display(description=gettext_lazy("last answer, UTC"), ordering="last_answer_at")
    def answered(self, account: Account) -> SafeString | str:
        return moment(account.last_answer_at)

    @display(description=gettext_lazy("last notification, UTC"), ordering="last_notification_at")
    def notified(self, account: Account) -> SafeString | str:
        return moment(account.last_notification_at)

    # --- the page

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
            return []
        fixed = ["shop", "provider_word", "settings_read"]
        return [*fixed, "live"] if obj.payments.exists() else fixed

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        provider = self._type(request, obj)
        head = ["shop", *_OURS] if obj is None else ["provider_word", "shop", *_OURS]
        sets: list[Any] = [(None, {"fields": head})]
        if provider is not None:
            may = obj is None or self.has_change_permission(request, obj)
            names = setting_names(provider, obj) if may else ["settings_read"]
            if may and may_rotate(provider, obj):
                names.append(FORMER_DAYS)
            sets.append((provider.name, {"fields": names}))
            if may and may_rehearse(obj):
                sets.append((_("Rehearsal"), {"fields": [REHEARSE]}))
        return sets

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        account = self.get_object(request, unquote(object_id))
        more: dict[str, Any] = {}
        if account is not None and self.has_view_permission(request, account):
            more = {**about(account), "buttons": self.buttons(request, account)}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **more})

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            obj.provider = request.GET["provider"]
            obj.store_settings(form.settings_now)
            super().save_model(request, obj, form, change)
            return
        # Not the whole row: what was last heard and tried is written at any moment.
        columns = [name for name in form.fields if name in _OURS]
        if form.settings_now is not None:
            columns += self._take_settings(request, obj, form)
        if REHEARSE in form.fields:
            obj.rehearsal = dict.fromkeys(form.cleaned_data[REHEARSE], True)
            columns.append("rehearsal")
        obj.save(update_fields=columns)

    def _take_settings(self, request: HttpRequest, account: Account, form: Any) -> list[str]:
        """The columns that are to be saved."""
        # As it is under the lock: a rotation may have been ended, or another one begun, at this very moment.
        row = Account.objects.select_for_update(of=("self",)).get(pk=account.pk)
        for name in ("former_secrets", "former_until", "secrets_used"):
            setattr(account, name, getattr(row, name))
        before = {**row.settings, **(row.secrets.reveal() or {})}
        account.store_settings(form.settings_now)
        columns = ["settings", "secrets"]
        if before == {**account.settings, **(account.secrets.reveal() or {})}:
            return columns
        forget_test(account)
        rotated = keep_former(account, before, days=former_days(form.cleaned_data))
        if rotated:
            names = ", ".join(setting_title(account, name) for name in rotated)
            until = f"{account.former_until:%Y-%m-%d %H:%M} UTC"
            self.message_user(
                request,
                _(
                    "The former value is still believed until %(until)s: %(names)s. Now change it at the provider."
                )
                % {"until": until, "names": names},
            )
        return [
            *columns, "tested_at", "tested_well", "tested_said", "former_secrets", "former_until", "secrets_used",
        ]  # fmt: skip


def _provider_of(account: Account) -> type[Provider] | None:
    return account.provider_class if account.is_installed else None


PAGES: dict[type[models.Model], type[ModelAdmin]] = {Account: AccountAdmin}
