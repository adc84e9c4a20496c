"""How do lists and pages of the admin show a state, a sum, a provider?"""

from datetime import UTC, datetime

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from checkout.models import Account
from checkout.templatetags.guichet import money as money_text
from providers.money import Money


def badge(state: str, text: str) -> SafeString:
    """A state as a coloured word; the colour adds nothing that the word does not say."""
    return format_html('<span class="g-state g-{}">{}</span>', state, text)


def sum_of(money: Money) -> SafeString:
    return format_html('<span class="g-sum">{}</span>', money_text(money))


def moment(when: datetime | None) -> str:
    """2026-11-21 14:32 UTC; a list is scanned, not read."""
    return when.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC") if when else "–"


def provider_name(account: Account) -> str:
    """What the merchant calls the provider; its slug, where the provider is no longer installed."""
    try:
        return str(account.provider_class.name)
    except KeyError:
        return account.provider


def link(model: str, pk: object, text: object) -> SafeString:
    return format_html(
        '<a class="g-link" href="{}">{}</a>', reverse(f"admin:checkout_{model}_change", args=[pk]), text
    )
