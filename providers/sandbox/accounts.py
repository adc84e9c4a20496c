"""Who may call, with which credentials and settings? The stand-ins' defaults and the changes to them."""

from typing import Any

from django.db import transaction

from providers.sandbox import masking
from providers.sandbox.models import Account

DEFAULT = "default"


def names(provider: str) -> list[str]:
    stored = Account.objects.filter(provider=provider).order_by("id").values_list("name", flat=True)
    return [DEFAULT, *(name for name in stored if name != DEFAULT)]


def settings_of(provider: str, name: str = DEFAULT) -> dict[str, Any]:
    """The account's settings, complete: what was not set is the stand-in's default."""
    from providers.sandbox.standins import STANDINS

    row = Account.objects.filter(provider=provider, name=name).first()
    return {**STANDINS[provider].account, **(row.settings if row else {})}


def all_of(provider: str) -> dict[str, dict[str, Any]]:
    return {name: settings_of(provider, name) for name in names(provider)}


def change(provider: str, name: str, changes: dict[str, Any]) -> dict[str, Any]:
    """Set some settings. A secret that comes back as it is shown, masked, stays what it is."""
    with transaction.atomic():
        row, _ = Account.objects.get_or_create(provider=provider, name=name)
        row.settings |= {key: value for key, value in changes.items() if value != masking.MASK}
        row.save()
    return settings_of(provider, name)


def shown(provider: str, settings: dict[str, Any]) -> dict[str, Any]:
    """The settings as they may be printed."""
    from providers.sandbox.standins import STANDINS

    secret = STANDINS[provider].secrets
    return {key: masking.MASK if key in secret and value else value for key, value in settings.items()}
