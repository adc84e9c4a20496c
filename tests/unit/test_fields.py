"""Is a secret unreadable at rest, and unprintable in memory?"""

import copy
import json
import pickle
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core import serializers
from django.core.exceptions import ImproperlyConfigured
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection

from checkout.fields import Sealed
from checkout.models import Account, Shop
from tests.scripted import PASSWORD, WEBHOOK_SECRET, Script, install, make_account, make_shop

NEW, OLD = Fernet.generate_key().decode(), Fernet.generate_key().decode()


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Script:
    return install(monkeypatch)


def raw(table: str, column: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {table}")
        (value,) = cursor.fetchone()
    return str(value)


@pytest.mark.django_db
def test_the_database_sees_no_plain_text(script: Script) -> None:
    account = make_account()
    for table, column in (("checkout_account", "secrets"), ("checkout_shop", "webhook_secret")):
        stored = raw(table, column)
        assert stored.startswith("gAAAA")
        assert PASSWORD not in stored
        assert WEBHOOK_SECRET not in stored
    assert PASSWORD not in raw("checkout_account", "settings")
    settings = Account.objects.get(pk=account.pk).full_settings()
    assert settings.password.get_secret_value() == PASSWORD  # type: ignore[attr-defined]
    assert settings.shop_id == "4711"  # type: ignore[attr-defined]
    assert PASSWORD not in repr(settings)


@pytest.mark.django_db
def test_an_empty_secret_is_stored_empty(script: Script) -> None:
    make_shop(webhook_secret="")
    assert raw("checkout_shop", "webhook_secret") == ""
    assert not Shop.objects.get().webhook_secret
    assert Shop.objects.get().webhook_secret.reveal() is None


@pytest.mark.django_db
def test_two_keys_live_side_by_side_during_a_rotation(script: Script, settings: Any) -> None:
    settings.CREDENTIAL_KEYS = [OLD]
    account = make_account()
    settings.CREDENTIAL_KEYS = [NEW, OLD]
    read = Account.objects.get(pk=account.pk)
    assert read.secrets.reveal() == {"password": PASSWORD}
    read.save()
    settings.CREDENTIAL_KEYS = [NEW]
    assert Account.objects.get(pk=account.pk).secrets.reveal() == {"password": PASSWORD}
    settings.CREDENTIAL_KEYS = [OLD]
    with pytest.raises(ImproperlyConfigured, match="no longer in CREDENTIAL_KEYS"):
        Account.objects.get(pk=account.pk)
    settings.CREDENTIAL_KEYS = []
    with pytest.raises(ImproperlyConfigured, match="CREDENTIAL_KEYS is empty"):
        Account.objects.get(pk=account.pk)


def test_sealed_cannot_be_printed() -> None:
    sealed = Sealed({"password": PASSWORD})
    assert repr(sealed) == str(sealed) == f"{sealed}" == f"{sealed!r}" == "***"
    assert "%s %r" % (sealed, sealed) == "*** ***"  # noqa: UP031 - as a library would log it
    assert repr([sealed]) == "[***]"
    assert not hasattr(sealed, "__dict__")
    for encoder in (None, DjangoJSONEncoder):
        with pytest.raises(TypeError):
            json.dumps(sealed, cls=encoder)
    for attempt in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError, match="not to be pickled"):
            attempt(sealed)
    assert sealed == Sealed({"password": PASSWORD})
    assert sealed != Sealed(None)
    assert len({sealed, Sealed({"password": PASSWORD})}) == 1


def test_what_is_assigned_is_sealed_at_once() -> None:
    account = Account(provider="scripted")
    account.secrets = {"password": PASSWORD}
    assert account.secrets.reveal() == {"password": PASSWORD}
    assert PASSWORD not in repr(vars(account))
    account.secrets = {"password": "another"}
    assert "another" not in repr(vars(account))
    assert not Account().secrets


@pytest.mark.django_db
def test_a_dump_is_encrypted_and_can_be_loaded(script: Script) -> None:
    account = make_account()
    dump = serializers.serialize("json", [account])
    assert PASSWORD not in dump
    for loaded in serializers.deserialize("json", dump):
        loaded.save()
    assert Account.objects.get().secrets.reveal() == {"password": PASSWORD}


@pytest.mark.django_db
def test_a_dump_of_an_account_without_secrets(script: Script) -> None:
    shop = make_shop(webhook_secret="")
    for loaded in serializers.deserialize("json", serializers.serialize("json", [shop])):
        loaded.save()
    assert Shop.objects.get().webhook_secret.reveal() is None
