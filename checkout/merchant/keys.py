"""Which keys opened the API, what may each do, and how is one replaced without the shop standing still?"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib.admin import display
from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from checkout.merchant.action import Action, Said, done, noted, refused
from checkout.merchant.filters import Condition, OfShop
from checkout.merchant.onetime import OnceForm, in_address_characters, shown_once
from checkout.merchant.record import RecordAdmin
from checkout.merchant.shown import badge, column, link, moment
from checkout.models import ApiKey, Shop
from checkout.models.shop import all_scopes

_DAY = 24
# After how many hours the replaced key ends.
_ENDS_AFTER = [
    ("0", gettext_lazy("now")),
    ("1", gettext_lazy("after 1 hour")),
    (str(_DAY), gettext_lazy("after 1 day")),
    (str(7 * _DAY), gettext_lazy("after 7 days")),
]


class NewKeyForm(OnceForm):
    purpose = "api-key"
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=100,
        initial="default",
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("Who will use it, so that you know which one to revoke."),
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("What it may do"),
        choices=ApiKey.SCOPES,
        initial=all_scopes,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=gettext_lazy(
            "No more than whoever uses it needs: a key that is lost does no more, either."
        ),
    )


class ReplaceForm(OnceForm):
    purpose = "api-key-after"
    ends = forms.ChoiceField(
        label=gettext_lazy("The old key ends"),
        choices=_ENDS_AFTER,
        initial=str(_DAY),
        widget=UnfoldAdminSelectWidget,
        help_text=gettext_lazy("Until then both are in force, so that your shop can change over."),
    )


def issue(request: HttpRequest, shop: Shop, typed: dict[str, Any], admin: ModelAdmin) -> Said | HttpResponse:
    """A new key of `shop`, shown once. The same form sent twice makes and shows the same one."""
    key = _key_of(typed)
    try:
        with transaction.atomic():
            ApiKey.issue(shop, name=typed["name"], key=key, scopes=typed["scopes"])
    except IntegrityError:
        if ApiKey.find(key) is None:
            return _no_longer()
    return _shown(admin, request, shop, shop, typed["name"], key)


def _replace(
    request: HttpRequest, old: ApiKey, typed: dict[str, Any], admin: ModelAdmin
) -> Said | HttpResponse:
    """Of two who replace it at the same moment, one does."""
    key = _key_of(typed)
    ends_at = timezone.now() + timedelta(hours=int(typed["ends"]))
    try:
        with transaction.atomic():
            if ApiKey.objects.filter(pk=old.pk, revoked_at=None, ends_at=None).update(ends_at=ends_at):
                ApiKey.issue(old.shop, name=old.name, key=key, scopes=old.scopes)
    except IntegrityError:
        return _no_longer()
    if ApiKey.find(key) is None:
        return refused(_("The key was revoked or replaced before. Nothing was done."))
    return _shown(admin, request, old, old.shop, old.name, key)


def _key_of(typed: dict[str, Any]) -> str:
    return "gk_" + in_address_characters(typed["once"])


def _no_longer() -> Said:
    return refused(_("The key that this form made is revoked. Open the form again for another."))


def _shown(
    admin: ModelAdmin, request: HttpRequest, row: Any, shop: Shop, name: str, key: str
) -> HttpResponse:
    return shown_once(
        admin,
        request,
        row,
        title=_("A new API key"),
        what=_("The key of %(shop)s, “%(name)s”") % {"shop": shop, "name": name},
        secret=key,
    )


def _explain_replacing(key: ApiKey, typed: dict[str, Any]) -> Sequence[str]:
    return [
        _("%(shop)s gets a new key “%(name)s”, which may do the same. It is shown on the next page, once.")
        % {"shop": key.shop, "name": key.name},
        _("%(key)s ends when you say. Give the shop the new one before.") % {"key": key},
    ]


def _revoke(request: HttpRequest, key: ApiKey, typed: dict[str, Any]) -> Said:
    if ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now()):
        return done(_("The key is revoked; nothing is let in with it any more."))
    return noted(_("The key was revoked before."))


def state_of(key: ApiKey) -> SafeString:
    """In force, ending, or over."""
    if key.revoked_at is not None:
        return badge("canceled", _("revoked"))
    if not key.is_alive:
        return badge("canceled", _("has ended"))
    if key.ends_at is not None:
        return badge("pending", _("ends %(at)s UTC") % {"at": f"{key.ends_at:%Y-%m-%d %H:%M}"})
    return badge("success", _("in force"))


class Standing(Condition):
    title, parameter_name = gettext_lazy("state"), "state"
    conditions = {
        "alive": (gettext_lazy("in force"), Q(revoked_at=None) & (Q(ends_at=None) | Q(ends_at__gt=Now()))),
        "ended": (gettext_lazy("has ended"), Q(revoked_at=None, ends_at__lte=Now())),
        "revoked": (gettext_lazy("revoked"), Q(revoked_at__isnull=False)),
    }


class ApiKeyAdmin(RecordAdmin):
    record_template = "merchant/api_key.html"
    list_display = [
        column("prefix", gettext_lazy("Beginning")),
        "name",
        "shop_link",
        "state_word",
        "scope_words",
        "used",
        "issued",
    ]
    list_filter = [Standing, OfShop]
    search_fields = ["name", "prefix"]

    def __init__(self, model: type[models.Model], admin_site: Any) -> None:
        super().__init__(model, admin_site)
        self.row_actions = (
            Action(
                name="replace",
                label=gettext_lazy("Replace the key"),
                offered=lambda key: key.revoked_at is None and key.ends_at is None,
                explain=_explain_replacing,
                do=lambda request, key, typed: _replace(request, key, typed, self),
                form=ReplaceForm,
                needs="checkout.add_apikey",
            ),
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

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("shop").defer("shop__webhook_secret", "digest")

    def page(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        return {
            "state": state_of(row),
            "scopes": [(word, what) for word, what in ApiKey.SCOPES if word in row.scopes],
        }

    @display(description=gettext_lazy("shop"), ordering="shop")
    def shop_link(self, key: ApiKey) -> SafeString:
        return link("shop", key.shop_id, key.shop)

    @display(description=gettext_lazy("state"))
    def state_word(self, key: ApiKey) -> SafeString:
        return state_of(key)

    @display(description=gettext_lazy("may"))
    def scope_words(self, key: ApiKey) -> str:
        scopes = [word for word in all_scopes() if word in key.scopes]
        if len(scopes) == len(all_scopes()):
            return _("everything")
        return ", ".join(scopes) or _("nothing")

    @display(description=gettext_lazy("last used, UTC"), ordering="last_used_at")
    def used(self, key: ApiKey) -> SafeString | str:
        return moment(key.last_used_at)

    @display(description=gettext_lazy("issued, UTC"), ordering="created_at")
    def issued(self, key: ApiKey) -> SafeString | str:
        return moment(key.created_at)


PAGES: dict[type[models.Model], type[ModelAdmin]] = {ApiKey: ApiKeyAdmin}
