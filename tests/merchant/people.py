"""People with roles, and browsers of theirs."""

from typing import Any

from django.contrib.auth.models import Group, User
from django.test import Client

from checkout.models import Shop
from checkout.roles import ensure

PASSWORD = "long-enough-for-anybody"


def person(name: str, role: str = "", *, shop: Shop | None = None, **fields: Any) -> User:
    """Somebody who may come in, in `role`; named at `shop`, they see its rows alone."""
    user = User.objects.create_user(name, password=PASSWORD, **{"is_staff": True, **fields})
    if role:
        ensure()  # a test that ends without a rollback takes the groups with it
        user.groups.add(Group.objects.get(name=role))
    if shop is not None:
        shop.members.add(user)
    return user


def browser_of(user: User) -> Client:
    browser = Client()
    browser.force_login(user)
    return browser
