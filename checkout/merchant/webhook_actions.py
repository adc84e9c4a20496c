"""What can be done about a shop's webhooks? A test, a new secret with the old one alive, resuming after a pause."""

from datetime import timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget

from checkout.merchant.action import Action, Said, done, noted, refused
from checkout.merchant.onetime import OnceForm, in_base64
from checkout.models import Shop
from checkout.webhooks import resume, send_test

_DAY = 86_400


class SecretForm(OnceForm):
    purpose = "webhook-secret"
    overlap = forms.TypedChoiceField(
        label=gettext_lazy("The former secret"),
        coerce=int,
        initial=str(7 * _DAY),
        choices=[
            (str(7 * _DAY), gettext_lazy("signs beside the new one for a week")),
            (str(_DAY), gettext_lazy("signs beside the new one for a day")),
            ("0", gettext_lazy("signs no more, at once: somebody else knows it")),
        ],
        widget=UnfoldAdminSelectWidget(),
        help_text=gettext_lazy(
            "Each webhook carries both signatures meanwhile, so your shop can change over at leisure."
        ),
    )


def explain_secret(shop: Shop, typed: dict[str, Any]) -> list[str]:
    return [_("%(shop)s gets a new webhook secret. It is shown on the next page, once.") % {"shop": shop}]


def new_secret(shop: Shop, secret: bytes, *, overlap_seconds: int) -> str:
    """Returns the secret as the shop needs it. The same form sent twice makes the same one, and keeps the former."""
    text = "whsec_" + in_base64(secret)
    if shop.webhook_secret.reveal() == text:
        return text
    keep = bool(shop.webhook_secret) and overlap_seconds > 0
    shop.webhook_former_secret = shop.webhook_secret.reveal() if keep else ""
    shop.webhook_former_until = timezone.now() + timedelta(seconds=overlap_seconds) if keep else None
    shop.webhook_secret = text
    shop.save(update_fields=["webhook_secret", "webhook_former_secret", "webhook_former_until"])
    return text


def _test(request: HttpRequest, shop: Shop, typed: dict[str, Any]) -> Said | HttpResponse:
    event = send_test(shop)
    if event.delivered_at is not None:
        return done(_("The shop took the test: HTTP %(status)s.") % {"status": event.last_status})
    return refused(_("The test failed: %(why)s") % {"why": event.last_error})


def _resume(request: HttpRequest, shop: Shop, typed: dict[str, Any]) -> Said | HttpResponse:
    if shop.webhook_paused_at is None:
        return noted(_("The webhooks are not paused."))
    owed = resume(shop)
    return done(_("Resumed. Webhooks that are sent now: %(n)s.") % {"n": owed})


TEST = Action(
    name="test-webhook",
    label=gettext_lazy("Send a test webhook"),
    offered=lambda shop: bool(shop.webhook_url),
    explain=lambda shop, typed: [
        _("The shop is sent one webhook that tells of nothing (webhook.test), signed like all others.")
    ],
    do=_test,
    at_once=True,
)
RESUME = Action(
    name="resume-webhooks",
    label=gettext_lazy("Resume the webhooks"),
    offered=lambda shop: shop.webhook_paused_at is not None,
    explain=lambda shop, typed: [
        _("%(address)s is used again. What the shop has not heard since it failed is sent now, in sequence.")
        % {"address": shop.webhook_url},
        _("Send a test first: if the address still fails, it is paused again after a day."),
    ],
    do=_resume,
    tone="main",
)
