"""Does a rotation leave every secret readable with the new key alone?"""

from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import CommandError
from django.db import connection

from checkout.fields import EncryptedField
from checkout.management.commands.rotate_credentials import sealed
from checkout.models import Account, SavedCard, Shop
from tests.commands.conftest import said
from tests.scripted import PASSWORD, WEBHOOK_SECRET, Script, make_account, make_shop

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


@pytest.fixture
def account(db: None, script: Script, settings: Any) -> Account:
    settings.CREDENTIAL_KEYS = [OLD]
    return make_account()


def stored() -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT secrets, webhook_secret FROM checkout_account, checkout_shop")
        return dict(zip(("account", "shop"), cursor.fetchone(), strict=True))


def test_the_step_by_step_of_the_guide(account: Account, settings: Any) -> None:
    before = stored()
    settings.CREDENTIAL_KEYS = [NEW, OLD]
    told = said("rotate_credentials")
    assert "provider accounts: 1" in told
    assert "shops: 1" in told
    settings.CREDENTIAL_KEYS = [NEW]
    assert Account.objects.get().secrets.reveal() == {"password": PASSWORD}
    assert Shop.objects.get().webhook_secret.reveal() == WEBHOOK_SECRET
    assert all(stored()[name] != before[name] for name in before)
    settings.CREDENTIAL_KEYS = [OLD]
    with pytest.raises(ImproperlyConfigured):
        Account.objects.get()


def test_nothing_else_of_a_row_is_written(account: Account, settings: Any) -> None:
    row: dict[str, Any] = dict(Account.objects.values().get())
    settings.CREDENTIAL_KEYS = [NEW, OLD]
    said("rotate_credentials")
    after: dict[str, Any] = dict(Account.objects.values().get())
    assert {name for name in row if name != "secrets" and row[name] != after[name]} == set()


def test_an_empty_secret_stays_empty(db: None, script: Script, settings: Any) -> None:
    make_shop(webhook_secret="")
    settings.CREDENTIAL_KEYS = [NEW]
    said("rotate_credentials")
    assert not Shop.objects.get().webhook_secret.reveal()


def test_a_missing_key_is_said_and_nothing_is_changed(account: Account, settings: Any) -> None:
    before = stored()
    settings.CREDENTIAL_KEYS = [NEW]
    with pytest.raises(CommandError, match="put the missing key back"):
        said("rotate_credentials")
    assert stored() == before


def test_no_encrypted_field_is_forgotten() -> None:
    every = {
        (model, field.name)
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if isinstance(field, EncryptedField)
    }
    assert {(model, name) for model, names in sealed() for name in names} == every
    assert {(Account, "secrets"), (Shop, "webhook_secret"), (SavedCard, "token")} <= every


def test_a_new_key_is_a_key() -> None:
    first, second = said("credential_key").strip(), said("credential_key").strip()
    assert first != second
    Fernet(first)
