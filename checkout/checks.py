"""Would this installation work? Said at start, by `manage.py check`, before a shopper finds out."""

from typing import Any

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004  Django's own name


@register(Tags.security)
def credential_keys_are_keys(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    problems: list[CheckMessage] = []
    if not settings.CREDENTIAL_KEYS:
        problems.append(Error("CREDENTIAL_KEYS is empty: no secret can be stored.", id="checkout.E001"))
    for position, key in enumerate(settings.CREDENTIAL_KEYS, 1):
        try:
            Fernet(key)
        except ValueError:
            problems.append(
                Error(
                    f"CREDENTIAL_KEYS: key {position} is not a Fernet key.",
                    hint="32 random bytes in url-safe base64; `python manage.py credential_key` makes one.",
                    id="checkout.E002",
                )
            )
    return problems


@register(Tags.security, deploy=True)
def site_is_https(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if settings.HTTPS:
        return []
    return [Warning("SITE_URL is not https: cards are not to be paid with over it.", id="checkout.W001")]


@register(Tags.security)
def second_factor_is_one_of_three(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if settings.SECOND_FACTOR in ("off", "optional", "required"):
        return []
    return [Error("SECOND_FACTOR is none of off, optional, required.", id="checkout.E003")]


@register(Tags.security, deploy=True)
def mail_has_a_sender(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    sends = not settings.EMAIL_BACKEND.endswith(".console.EmailBackend")
    if not sends or not settings.DEFAULT_FROM_EMAIL.endswith("@localhost"):
        return []
    return [
        Warning(
            "EMAIL_URL names a mail server, but MAIL_FROM no address: customers would get nothing.",
            hint="MAIL_FROM=checkout@example.com, an address for which the server may send.",
            id="checkout.W002",
        )
    ]
