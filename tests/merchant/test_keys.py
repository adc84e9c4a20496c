"""Can the merchant give a key less than everything, see what it may, and replace it without the shop standing still?"""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from checkout.models import ApiKey, Shop
from checkout.models.shop import all_scopes
from tests.merchant.clicks import address, do, hidden
from tests.scripted import Clock

pytestmark = pytest.mark.django_db

SHOWN = re.compile(r"gk_[\w-]{43}")


def shown(client: Client, row: ApiKey | Shop, action: str, **typed: object) -> str:
    once = hidden(client.get(address(row, action)).content.decode(), "once")
    answers = [client.post(address(row, action), {"once": once, **typed}).content.decode() for _click in "12"]
    keys = {found[0] for answer in answers if (found := SHOWN.search(answer))}
    assert len(keys) == 1  # a double click makes one
    return keys.pop()


def test_a_key_is_issued_with_its_scopes_and_replaced(
    client: Client, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(monkeypatch)
    key = shown(client, shop, "issue-key", name="till", scopes=["read", "links"])
    old = ApiKey.objects.get()
    assert (old.scopes, old.name) == (["read", "links"], "till")
    page = client.get(reverse("admin:checkout_apikey_change", args=[old.pk])).content.decode()
    assert "<code>links</code>" in page
    assert "<code>operations</code>" not in page

    successor = shown(client, old, "replace", ends="24")
    new = ApiKey.objects.exclude(pk=old.pk).get()
    assert (new.name, new.scopes, new.ends_at) == ("till", ["read", "links"], None)
    assert [ApiKey.find(one) for one in (key, successor)] == [old, new]
    old.refresh_from_db()
    assert old.ends_at is not None
    assert abs(old.ends_at - timezone.now() - timedelta(days=1)) < timedelta(minutes=1)
    listed = client.get(reverse("admin:checkout_apikey_changelist")).content.decode()
    assert f"ends {old.ends_at:%Y-%m-%d %H:%M} UTC" in listed
    assert "read, links" in listed
    assert old.is_alive
    clock.forward(hours=25)
    assert [ApiKey.find(one) for one in (key, successor)] == [None, new]
    assert "ended" in client.get(reverse("admin:checkout_shop_change", args=[shop.pk])).content.decode()


def test_at_once_and_only_while_it_lives(client: Client, viewer: Client, shop: Shop) -> None:
    old, key = ApiKey.issue(shop)
    assert viewer.get(address(old, "replace")).status_code == 403
    successor = shown(client, old, "replace", ends="0")
    assert ApiKey.find(key) is None
    new = ApiKey.find(successor)
    assert new is not None
    assert new.scopes == all_scopes()
    once = hidden(client.get(address(new, "replace")).content.decode(), "once")
    assert do(client, new, "revoke").startswith("The key is revoked")
    assert "Nothing was done." in do(client, new, "replace", once=once, ends="1")
    assert ApiKey.objects.count() == 2


def test_a_key_needs_a_scope(client: Client, shop: Shop) -> None:
    once = hidden(client.get(address(shop, "issue-key")).content.decode(), "once")
    answer = client.post(address(shop, "issue-key"), {"once": once, "name": "till"})
    assert SHOWN.search(answer.content.decode()) is None
    assert not ApiKey.objects.exists()
