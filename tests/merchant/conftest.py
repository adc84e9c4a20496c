"""What do the admin's tests stand on? A scripted provider, a shop, and people who may more or less."""

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

import providers
from checkout.models import Account, Shop
from tests.merchant import rows
from tests.merchant.scripted import Scripted, Splitting


@pytest.fixture(autouse=True)
def scripted(monkeypatch: pytest.MonkeyPatch) -> type[Scripted]:
    for slug in list(providers.PROVIDERS):
        monkeypatch.delitem(providers.PROVIDERS, slug)
    monkeypatch.setitem(providers.PROVIDERS, "scripted", "tests.merchant.scripted:Scripted")
    monkeypatch.setitem(providers.PROVIDERS, "splitting", "tests.merchant.scripted:Splitting")
    Scripted.forget()
    Splitting.forget()
    return Scripted


@pytest.fixture
def shop(db: None) -> Shop:
    return rows.shop()


@pytest.fixture
def account(shop: Shop) -> Account:
    return rows.account(shop)


@pytest.fixture
def merchant(db: None) -> User:
    return User.objects.create_superuser("margot", password="long-enough-for-anybody")


@pytest.fixture
def client(merchant: User) -> Client:
    """The merchant's browser."""
    browser = Client()
    browser.force_login(merchant)
    return browser


@pytest.fixture
def viewer(db: None) -> Client:
    """The browser of somebody who may look at everything and change nothing."""
    user = User.objects.create_user("victor", password="long-enough-for-anybody", is_staff=True)
    user.user_permissions.set(
        Permission.objects.filter(content_type__app_label="checkout", codename__startswith="view_")
    )
    browser = Client()
    browser.force_login(user)
    return browser
