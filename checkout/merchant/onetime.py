"""How is a secret made that is shown once, so that a double click makes one and not two?

The form carries a signed random word; the secret is derived from it with the site's own key. The same form sent twice
makes the same secret, and after ten minutes the form makes none.
"""

import base64
import secrets
from typing import Any

from django import forms
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from checkout.merchant.action import Asked

_SALT = "checkout.merchant.onetime"
GOOD_FOR_SECONDS = 600


def fresh() -> str:
    return signing.dumps(secrets.token_hex(32), salt=_SALT)


class OnceForm(Asked):
    """Hidden, but for what a form of its kind adds. Cleans to the secret's 32 bytes, under `once`."""

    once = forms.CharField(widget=forms.HiddenInput, max_length=300, initial=fresh)
    purpose: str

    def clean_once(self) -> bytes:
        try:
            word = signing.loads(self.cleaned_data["once"], salt=_SALT, max_age=GOOD_FOR_SECONDS)
        except signing.BadSignature:
            raise forms.ValidationError(_("This form is too old. Open it again.")) from None
        about = f"{_SALT}.{self.purpose}.{self.row.pk}"
        digest: bytes = salted_hmac(about, word, algorithm="sha256").digest()
        return digest


def in_base64(secret: bytes) -> str:
    return base64.b64encode(secret).decode()


def in_address_characters(secret: bytes) -> str:
    return base64.urlsafe_b64encode(secret).rstrip(b"=").decode()


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
