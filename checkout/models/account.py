"""Which provider accounts has the merchant, and with which settings?"""

import uuid
from collections.abc import Mapping
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _
from pydantic import SecretStr

from checkout.fields import EncryptedField
from checkout.models.shop import Shop
from providers import PROVIDERS, provider_class
from providers.base import AccountSettings, Provider
from providers.missing import missing


class Account(models.Model):
    """One account at one provider. Secrets are encrypted and never leave but for a provider's own call."""

    # Words of `rehearsal`, as they stand in timelines and are ticked on the account's page.
    MISFORTUNES = [
        ("lost_notification", _("lost notification")),
        ("late_success", _("late success")),
        ("duplicate", _("duplicate")),
        ("slow_bank", _("slow bank")),
    ]

    id = models.UUIDField(
        primary_key=True, default=uuid.uuid4, editable=False
    )  # in the address providers ring at
    shop = models.ForeignKey(Shop, on_delete=models.PROTECT, related_name="accounts")
    provider = models.CharField(_("provider"), max_length=20)
    name = models.CharField(_("name"), max_length=100)
    label = models.CharField(
        _("label for shoppers"),
        max_length=60,
        blank=True,
        help_text=_("Empty: the provider's own, “Bank card”."),
    )
    live = models.BooleanField(
        _("live"), default=False, help_text=_("Off: a test account. Fixed once it was used.")
    )
    enabled = models.BooleanField(_("enabled"), default=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    settings = models.JSONField(_("settings"), default=dict, blank=True)
    secrets = EncryptedField(_("secrets"), blank=True, default="")
    # What was before the last rotation and still verifies what comes in: {name: value}, until `former_until`.
    former_secrets = EncryptedField(blank=True, default="")
    former_until = models.DateTimeField(null=True, blank=True, editable=False)
    # When each last verified something: {"now": {name: ISO 8601}, "former": {...}}.
    secrets_used = models.JSONField(default=dict, blank=True, editable=False)
    # Of a test account alone: which misfortunes are rehearsed on it (`checkout.payments.rehearsal`).
    rehearsal = models.JSONField(_("rehearsal"), default=dict, blank=True)
    tested_at = models.DateTimeField(_("connection tested"), null=True, blank=True, editable=False)
    tested_well = models.BooleanField(null=True, editable=False)
    tested_said = models.CharField(max_length=500, blank=True, editable=False)
    last_answer_at = models.DateTimeField(_("last answer"), null=True, blank=True, editable=False)
    last_notification_at = models.DateTimeField(_("last notification"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("provider account")
        verbose_name_plural = _("provider accounts")
        ordering = ["position", "created_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(live=False) | models.Q(rehearsal={}),
                name="nothing_is_rehearsed_on_a_live_account",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_installed(self) -> bool:
        return self.provider in PROVIDERS

    @property
    def provider_class(self) -> type[Provider]:
        """Never fails: rows of a provider that is gone stay readable."""
        return provider_class(self.provider) if self.is_installed else missing(self.provider)

    @property
    def shown_label(self) -> str:
        return self.label or str(self.provider_class.label)

    def full_settings(self, former: Mapping[str, Any] | None = None) -> AccountSettings:
        """Settings and secrets, checked. pydantic's ValidationError when they do not fit the provider's model.
        `former`: values in the place of the present ones."""
        return self.provider_class.settings_type.model_validate(
            {**self.settings, **(self.secrets.reveal() or {}), **(former or {})}
        )

    def store_settings(self, values: AccountSettings) -> None:
        """Split into what may be read and what is encrypted. Does not save."""
        plain: dict[str, Any] = {}
        hidden: dict[str, Any] = {}
        dumped = values.model_dump(mode="json")
        for name in type(values).model_fields:
            value = getattr(values, name)
            if isinstance(value, SecretStr):
                hidden[name] = value.get_secret_value()
            else:
                plain[name] = dumped[name]
        self.settings = plain
        self.secrets = hidden
