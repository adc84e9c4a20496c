"""How does a merchant fill in a provider's settings? One form field for each typed setting the provider declares.

A secret is typed and never shown: left empty, it stays as it is. What pydantic objects to stands at the field.
"""

import json
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from pydantic import SecretStr
from pydantic import ValidationError as Objections
from pydantic.fields import FieldInfo
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from checkout.merchant.account_page import rehearsal_of
from checkout.models import Account, Shop
from checkout.payments.rehearsal import Misfortune, misfortunes_of
from checkout.wording import reason, spoken
from providers.base import AccountSettings, Provider
from providers.errors import Misconfigured
from providers.http import Http
from providers.said import objection

# A provider's settings may be called as our own columns are ("name", "live").
PREFIX = "setting_"
FORGET = "forget_"
REHEARSE = "rehearse"
FORMER_DAYS = "former_days"
_USUAL_DAYS, _MOST_DAYS = 7, 90


def bare_type(annotation: Any) -> tuple[Any, bool]:
    """The annotation without "or None", and whether None was allowed."""
    if get_origin(annotation) in (Union, UnionType):
        rest = [part for part in get_args(annotation) if part is not NoneType]
        if len(rest) == 1:
            return rest[0], True
    return annotation, False


def is_secret(info: FieldInfo) -> bool:
    return bare_type(info.annotation)[0] is SecretStr


class JsonText(forms.JSONField):
    """A list or a table of settings, as JSON. Empty is empty, not null."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}), **kwargs)


class Words(forms.CharField):
    """A list of words, with commas between them."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=UnfoldAdminTextInputWidget(), max_length=2000, **kwargs)

    def to_python(self, value: Any) -> Any:
        return [word for word in (part.strip() for part in (value or "").split(",")) if word]

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list | tuple) else value


def field_for(info: FieldInfo, *, stored: bool, verifies: bool = False) -> forms.Field:
    """The form field of one setting. `stored`: a secret that is set need not be typed again; `verifies`: it may be
    rotated with two alive."""
    kind, _nullable = bare_type(info.annotation)
    words: dict[str, Any] = {
        "label": _(info.title) if info.title else "",
        "help_text": _(info.description) if info.description else "",
        "required": info.is_required(),
    }
    if kind is SecretStr:
        state = _("Set. Leave it empty to keep it.") if stored else _("Not set.")
        if stored and not verifies:
            state += " " + _("A new one is used at once.")
        words["help_text"] = " ".join(filter(None, [words["help_text"], state]))
        words["required"] = info.is_required() and not stored
        widget = UnfoldAdminPasswordWidget(attrs={"autocomplete": "off"})
        return forms.CharField(widget=widget, max_length=5000, strip=True, **words)
    if kind is bool:
        return forms.BooleanField(widget=UnfoldBooleanSwitchWidget(), **{**words, "required": False})
    if kind is int:
        return forms.IntegerField(widget=UnfoldAdminIntegerFieldWidget(), **words)
    choices = _choices(kind)
    if choices:
        if not words["required"] and info.get_default(call_default_factory=True) is None:
            choices = [("", "–"), *choices]
        return forms.ChoiceField(choices=choices, widget=UnfoldAdminSelectWidget(), **words)
    if kind is str:
        return forms.CharField(widget=UnfoldAdminTextInputWidget(), max_length=2000, **words)
    each = _each(kind)
    if choices := _choices(each):
        return forms.MultipleChoiceField(
            choices=choices, widget=UnfoldAdminCheckboxSelectMultipleWidget(), **words
        )
    if each is str:
        words["help_text"] = f"{words['help_text']} {_('Separate them by commas.')}".strip()
        return Words(**words)
    return JsonText(**words)


def _each(kind: Any) -> Any:
    """Of what a list of settings is made; None for what is no list."""
    named = get_args(kind)
    return named[0] if get_origin(kind) is tuple and len(named) == 2 and named[1] is ... else None


def _choices(kind: Any) -> list[tuple[str, str]]:
    if get_origin(kind) is Literal:
        return [(str(word), str(word)) for word in get_args(kind)]
    if isinstance(kind, type) and issubclass(kind, Enum):
        return [(str(member.value), str(member.value)) for member in kind]
    return []


def _initial(info: FieldInfo, name: str, plain: dict[str, Any]) -> Any:
    if name in plain:
        return plain[name]
    if info.is_required():
        return None
    default = info.get_default(call_default_factory=True)
    return default.value if isinstance(default, Enum) else default


class AccountForm(forms.ModelForm):
    """Our own columns; `account_form` adds the provider's settings."""

    provider_type: type[Provider] | None = None
    settings_now: AccountSettings | None = None  # after clean(): what is to be stored

    class Meta:
        model = Account
        fields = ["shop", "name", "label", "live", "enabled", "position"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.provider_type is None:
            return
        self.kept = (
            dict(self.instance.secrets.reveal() or {}) if self.instance.pk and self.instance.secrets else {}
        )
        plain = self.instance.settings or {}
        for name, info in self.provider_type.settings_type.model_fields.items():
            if is_secret(info):
                self.fields[PREFIX + name] = field_for(
                    info, stored=bool(self.kept.get(name)), verifies=name in self.provider_type.verifies
                )
                continue
            self.fields[PREFIX + name] = field_for(info, stored=False)
            self.initial.setdefault(PREFIX + name, _initial(info, name, plain))
        for name in self.forgettable():
            label = self.fields[PREFIX + name].label or name
            self.fields[FORGET + name] = forms.BooleanField(
                label=_("Forget “%(setting)s”") % {"setting": label},
                required=False,
                widget=UnfoldBooleanSwitchWidget(),
            )
        if may_rotate(self.provider_type, self.instance):
            self.fields[FORMER_DAYS] = _former_days(self.provider_type)
        if may_rehearse(self.instance):
            self.fields[REHEARSE] = _rehearsals()
            self.initial.setdefault(REHEARSE, [one.value for one in misfortunes_of(self.instance)])

    def forgettable(self) -> list[str]:
        """Secrets that are set and need not be."""
        if self.provider_type is None:
            return []
        known = self.provider_type.settings_type.model_fields
        return [
            name
            for name, info in known.items()
            if is_secret(info) and not info.is_required() and self.kept.get(name)
        ]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.provider_type is None:
            return cleaned
        settings_type = self.provider_type.settings_type
        values = {}
        for name, info in settings_type.model_fields.items():
            if PREFIX + name not in cleaned:
                continue  # the form field has said already what is wrong
            value = self._value(name, info, cleaned[PREFIX + name])
            if value is not ...:
                values[name] = value
        try:
            self.settings_now = settings_type.model_validate(values)
        except Objections as error:
            self._place(error)
        self._keep_modes_apart(cleaned)
        return cleaned

    def _keep_modes_apart(self, cleaned: dict[str, Any]) -> None:
        """Live and test: in the settings themselves, in what is rehearsed, and among the shop's accounts."""
        live = cleaned.get("live", self.instance.live)
        where = "live" if "live" in self.fields else None
        if self.settings_now is not None and self.provider_type is not None:
            try:
                self.provider_type(self.settings_now, live=live, http=Http())
            except Misconfigured as why:  # test keys on a live account, and the like
                self.add_error(where, ValidationError(reason(why)))
        if live and cleaned.get(REHEARSE):
            self.add_error(REHEARSE, ValidationError(_("Only a test account rehearses: untick it first.")))
        shop = cleaned.get("shop") or (self.instance.shop if self.instance.pk else None)
        if shop is None or not cleaned.get("enabled"):
            return
        # Under the shop's lock, so that of two people who switch one on at this moment the second is refused.
        Shop.objects.select_for_update(of=("self",)).get(pk=shop.pk)
        others = Account.objects.filter(shop=shop, enabled=True, live=not live).exclude(pk=self.instance.pk)
        if other := others.first():
            mixed = (
                _("“%(other)s” of this shop is a test account and is switched on. Switch it off first.")
                if live
                else _("“%(other)s” of this shop is a live account and is switched on. Switch it off first, or make "
                       "a shop of its own for tests.")
            )  # fmt: skip
            self.add_error("enabled", ValidationError(mixed % {"other": other.name}))

    def _value(self, name: str, info: FieldInfo, given: Any) -> Any:
        """What pydantic is to check; `...` for what is left to its default."""
        if is_secret(info):
            if given:
                return given
            kept = self.kept.get(name)
            return kept if kept and not self.cleaned_data.get(FORGET + name) else ...
        kind, _nullable = bare_type(info.annotation)
        if given is None or (given == "" and kind is not str):
            return ...
        return given

    def _place(self, error: Objections) -> None:
        """Each objection at the field it is about. Never pydantic's copy of the input: it may be a secret."""
        for problem in error.errors(include_input=False, include_url=False):
            where = PREFIX + str(problem["loc"][0]) if problem["loc"] else None
            if where is not None and where not in self.fields:
                where = None
            if where is None or where not in self.errors:
                self.add_error(where, ValidationError(spoken(objection(problem))))


def may_rotate(provider_type: type[Provider], account: Account | None) -> bool:
    return account is not None and not account._state.adding and bool(provider_type.verifies)


def may_rehearse(account: Account | None) -> bool:
    return account is not None and not account._state.adding and not account.live


def _former_days(provider_type: type[Provider]) -> forms.Field:
    fields = provider_type.settings_type.model_fields
    names = ", ".join(f"“{_(fields[name].title or name)}”" for name in provider_type.verifies)
    return forms.IntegerField(
        label=_("Keep the former one good, days"),
        help_text=_(
            "When you change %(names)s: what is signed with the former value is believed for so many days more, so "
            "that nothing on its way is lost. 0: no longer at all."
        )
        % {"names": names},
        required=False,
        initial=_USUAL_DAYS,
        min_value=0,
        max_value=_MOST_DAYS,
        widget=UnfoldAdminIntegerFieldWidget(),
    )


def former_days(cleaned: dict[str, Any]) -> int:
    given = cleaned.get(FORMER_DAYS)
    return _USUAL_DAYS if given is None else int(given)


def _rehearsals() -> forms.Field:
    return forms.MultipleChoiceField(
        label=_("What goes wrong on purpose"),
        help_text=_(
            "For this test account alone, and for as long as it is ticked. What was rehearsed on a payment stands in "
            "its timeline; the truth comes out a few minutes later."
        ),
        choices=[(one.value, rehearsal_of(one)) for one in Misfortune],
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
    )


def account_form(provider_type: type[Provider] | None) -> type[AccountForm]:
    return type(
        "ProviderAccountForm", (AccountForm,), {"provider_type": provider_type, "Meta": AccountForm.Meta}
    )


def setting_names(provider_type: type[Provider], account: Account | None) -> list[str]:
    """The form's fields for the provider's settings, in the provider's own sequence."""
    kept = (account.secrets.reveal() or {}) if account is not None and account.secrets else {}
    names = []
    for name, info in provider_type.settings_type.model_fields.items():
        names.append(PREFIX + name)
        if is_secret(info) and not info.is_required() and kept.get(name):
            names.append(FORGET + name)
    return names


def as_text(value: Any) -> str:
    """A setting as a viewer reads it."""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
