"""How do lists and pages of the admin show a state, a sum, a provider?"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from checkout.models import Account, SavedCard
from checkout.templatetags.guichet import money as money_text
from providers import provider_class
from providers.money import Money


def badge(state: str, text: str) -> SafeString:
    """A state as a coloured word; the colour adds nothing that the word does not say."""
    return format_html('<span class="g-state g-{}">{}</span>', state, text)


def mode_badge(live: bool) -> SafeString:
    return badge("success", _("live")) if live else badge("pending", _("test"))


def sum_of(money: Money) -> SafeString:
    return format_html('<span class="g-sum">{}</span>', money_text(money))


def moment(when: datetime | None) -> SafeString | str:
    """2026-11-21 14:32, in UTC, as the column says; a list is scanned, not read."""
    if when is None:
        return "–"
    at = when.astimezone(UTC)
    return format_html("{} {}", whole(f"{at:%Y-%m-%d}"), whole(f"{at:%H:%M}"))


def whole(text: object) -> SafeString:
    """A name, number or moment that is not broken over two lines."""
    return format_html('<span class="g-key">{}</span>', text)


def customer_lines(customer: dict[str, Any]) -> list[tuple[str, str]]:
    """What an order knows of its customer, named; the e-mail address stands elsewhere."""
    names = {
        "reference": _("Customer’s reference"),
        "first_name": _("First name"),
        "last_name": _("Last name"),
        "phone": _("Phone"),
        "address": _("Address"),
        "city": _("City"),
        "postal_code": _("Postal code"),
        "state": _("State or province"),
        "country": _("Country"),
    }
    return [(names[name], str(customer[name])) for name in names if customer.get(name)]


def expires(card: SavedCard) -> str:
    return f"{card.expiry_month:02}/{card.expiry_year}" if card.expiry_month and card.expiry_year else "–"


def provider_name(account: Account) -> str:
    """What the merchant calls the provider; its slug, where the provider is no longer installed."""
    return str(account.provider_class.name)


def setting_title(account: Account, name: str) -> str:
    """What the provider calls one of its settings; its own name, where it has no such setting any more."""
    info = account.provider_class.settings_type.model_fields.get(name)
    return _(info.title) if info is not None and info.title else name


def column(name: str, heading: str | Promise) -> Callable[[Any], Any]:
    """A model's column in a list, under a heading in the reader's language: the model itself gives it no name."""

    def cell(row: Any) -> Any:
        return getattr(row, name)

    cell.__name__ = name
    cell.short_description = heading  # type: ignore[attr-defined]
    cell.admin_order_field = name  # type: ignore[attr-defined]
    return cell


def name_of(provider: str) -> str:
    try:
        return str(provider_class(provider).name)
    except KeyError:
        return provider


def link(model: str, pk: object, text: object) -> SafeString:
    return format_html(
        '<a class="g-link g-key" href="{}">{}</a>', reverse(f"admin:checkout_{model}_change", args=[pk]), text
    )
