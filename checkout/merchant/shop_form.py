"""What does a merchant say of a shop: its name and look, its languages, where its shoppers go, what they are sent?"""

import base64
import binascii
import re
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminPasswordWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from checkout.looks import is_readable, look_of
from checkout.merchant.logo import read_logo
from checkout.models import Shop

_FACTS = ["name", "slug", "support_email", "hold_minutes"]
_WAYS = ["return_url", "return_origins"]
_LOOK = ["logo_file", "forget_logo", "colour", "languages"]
_READ_LOOK = ["logo_is", "colour", "languages"]
_MAILS = ["letters"]
_HOOKS = ["webhook_url", "merchant_email"]
_ORIGINS_AT_MOST = 50


def fields_of() -> list[str]:
    """The columns that the form writes by itself."""
    return [*_FACTS, *_WAYS, "colour", "languages", *_MAILS, *_HOOKS]


def fieldsets(*, may_change: bool) -> list[Any]:
    """But for the webhooks'."""
    return [
        (None, {"fields": _FACTS}),
        (_("Return addresses"), {"fields": _WAYS}),
        (_("Look and languages"), {"fields": ["logo_is", *_LOOK] if may_change else _READ_LOOK}),
        (_("E-mails to customers"), {"fields": _MAILS}),
    ]


def logo_shown(shop: Shop) -> SafeString | str:
    address = look_of(shop).logo if shop.pk else ""
    return format_html('<img class="g-logo" src="{}" alt="{}">', address, shop.name) if address else "–"


class Origins(forms.CharField):
    """One origin a line: scheme, host and perhaps a port."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}), max_length=5000, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        lines = [line.strip() for line in (value or "").splitlines() if line.strip()]
        if len(lines) > _ORIGINS_AT_MOST:
            raise forms.ValidationError(_("At most %(n)s lines.") % {"n": _ORIGINS_AT_MOST})
        return list(dict.fromkeys(_origin(line) for line in lines))


def _origin(line: str) -> str:
    try:
        parts = urlsplit(line)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        parts, port = urlsplit(""), ""
    only = not (parts.path.strip("/") or parts.query or parts.fragment or parts.username or parts.password)
    if parts.scheme not in {"http", "https"} or not parts.hostname or not only or len(line) > 200:
        raise forms.ValidationError(
            _("“%(line)s” is no origin: give https:// and a host, without a path.") % {"line": line[:60]}
        )
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}{port}"


class ShopForm(forms.ModelForm):
    return_origins = Origins(
        label=gettext_lazy("Allowed return addresses"),
        required=False,
        help_text=gettext_lazy(
            "One a line, such as https://shop.example.com. An order may send its shopper back to these, and to nowhere "
            "else. None: anywhere."
        ),
    )
    logo_file = forms.FileField(
        label=gettext_lazy("Logo"),
        required=False,
        widget=forms.ClearableFileInput(attrs={"accept": "image/png,image/jpeg,image/webp"}),
        help_text=gettext_lazy(
            "PNG, JPEG or WebP, up to 2 MB. Shown up to 48 pixels high, on a light and on a dark page. Empty: it stays."
        ),
    )
    forget_logo = forms.BooleanField(
        label=gettext_lazy("Show the name instead of the logo"),
        required=False,
        widget=UnfoldBooleanSwitchWidget(),
    )
    colour = forms.CharField(
        label=gettext_lazy("Colour"),
        required=False,
        max_length=7,
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "#14595c", "autocomplete": "off"}),
        help_text=gettext_lazy("Of buttons and links, as # and six digits. Empty: Guichet's own."),
    )
    languages = forms.MultipleChoiceField(
        label=gettext_lazy("Languages"),
        choices=settings.LANGUAGES,
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
        help_text=gettext_lazy("In which shoppers may read. None: all there are."),
    )
    letters = forms.MultipleChoiceField(
        label=gettext_lazy("E-mails"),
        choices=Shop.LETTERS,
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
        initial=[word for word, _what in Shop.LETTERS],
        help_text=gettext_lazy("Each once, in the customer's language, to the e-mail address of the order."),
    )
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

    def clean_colour(self) -> str:
        colour: str = self.cleaned_data["colour"].strip().lower()
        if not colour:
            return ""
        if not re.fullmatch(r"#[0-9a-f]{6}", colour):
            raise forms.ValidationError(_("Give # and six digits from 0 to f, such as #14595c."))
        if not is_readable(colour):
            raise forms.ValidationError(_("White text could not be read on this colour: take a darker one."))
        return colour

    def clean_logo_file(self) -> tuple[bytes, str] | None:
        upload = self.cleaned_data["logo_file"]
        return read_logo(upload) if upload else None

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
        if self.cleaned_data.get("logo_file"):
            self.instance.logo, self.instance.logo_type = self.cleaned_data["logo_file"]
        elif self.cleaned_data.get("forget_logo"):
            self.instance.logo, self.instance.logo_type = None, ""
        shop: Shop = super().save(commit)
        return shop
