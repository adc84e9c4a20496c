"""Encrypt every stored secret anew, with the newest of CREDENTIAL_KEYS. Then the older keys are needed no longer."""

from typing import Any

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError
from django.db import models, transaction

from checkout.fields import EncryptedField


class Command(BaseCommand):
    help = "Encrypt every stored secret anew, with the newest of CREDENTIAL_KEYS."

    def handle(self, **options: Any) -> None:
        try:
            # All or nothing: after a failure nobody has to wonder which rows need which key.
            with transaction.atomic():
                for model, fields in sealed():
                    count = rotate(model, fields)
                    self.stdout.write(f"{model._meta.verbose_name_plural}: {count}")
        except ImproperlyConfigured as why:
            raise CommandError(
                f"{why} Nothing was changed; put the missing key back behind the new one."
            ) from None
        self.stdout.write("Every secret is encrypted with the newest key; the older ones may be removed.")


def sealed() -> list[tuple[type[models.Model], list[str]]]:
    """Each model that has encrypted fields, with their names."""
    found = []
    for model in apps.get_models():
        names = [field.name for field in model._meta.concrete_fields if isinstance(field, EncryptedField)]
        if names:
            found.append((model, names))
    return found


def rotate(model: type[models.Model], fields: list[str]) -> int:
    """Read and write back each row's encrypted fields, under its lock. Returns how many rows."""
    keys = list(model._default_manager.order_by("pk").values_list("pk", flat=True))
    for key in keys:
        row = model._default_manager.select_for_update().only("pk", *fields).filter(pk=key).first()
        if row is not None:
            row.save(update_fields=fields)
    return len(keys)
