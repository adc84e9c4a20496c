"""Can nobody climb above themselves by changing people?"""

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.test import Client
from django.urls import reverse

from checkout.models import AuditEntry, SecondFactor, Shop
from checkout.roles import MANAGER, VIEWER
from tests.merchant.people import PASSWORD, browser_of, person

pytestmark = pytest.mark.django_db


def at(user: User, page: str = "change") -> str:
    if page == "password":
        return reverse("admin:auth_user_password_change", args=[user.pk])
    return reverse(f"admin:auth_user_{page}", args=[user.pk])


def save(browser: Client, user: User, **typed: Any) -> Any:
    return browser.post(at(user), {"username": user.username, "is_active": "on", "is_staff": "on", **typed})


def helper() -> User:
    """May change people, and look at orders: less than a manager."""
    user = person("hana")
    names = [
        "add_user",
        "change_user",
        "view_user",
        "delete_user",
        "change_group",
        "view_group",
        "add_group",
        "view_order",
    ]
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    return user


def test_nobody_makes_a_superuser_but_one(client: Client) -> None:
    mo, vera = person("mo", MANAGER), person("vera", VIEWER)
    assert save(browser_of(mo), vera, is_superuser="on").status_code == 302
    assert not User.objects.get(pk=vera.pk).is_superuser
    assert save(client, vera, is_superuser="on").status_code == 302
    assert User.objects.get(pk=vera.pk).is_superuser


def test_nobody_gives_what_they_have_not_got() -> None:
    browser, vera = browser_of(helper()), person("vera")
    manager, viewer = Group.objects.get_or_create(name=MANAGER)[0], Group.objects.create(name="Nothing much")
    refund = Permission.objects.get(codename="refund_payment")
    for typed in ({"groups": [manager.pk]}, {"user_permissions": [refund.pk]}):
        answer = save(browser, vera, **typed)
        assert answer.status_code == 200
        assert b"is not one of the available choices" in answer.content
    assert save(browser, vera, groups=[viewer.pk]).status_code == 302
    assert [group.name for group in vera.groups.all()] == ["Nothing much"]
    assert not vera.user_permissions.exists()


@pytest.mark.parametrize("more", ["superuser", "manager", "switched off"])
def test_nobody_changes_somebody_who_has_more(more: str) -> None:
    other = person("otto", "" if more == "superuser" else MANAGER, is_superuser=more == "superuser",
                   is_active=more != "switched off")  # fmt: skip
    browser = browser_of(helper())
    SecondFactor.objects.create(user=other, secret="x")
    assert save(browser, other, is_active="").status_code == 403
    new = {
        "password1": "another-long-password",
        "password2": "another-long-password",
        "usable_password": "true",
    }
    assert browser.post(at(other, "password"), new).status_code == 403
    assert browser.post(at(other, "delete"), {"post": "yes"}).status_code == 403
    lost = reverse("admin:auth_user_do", args=[other.pk, "remove-second-factor"])
    assert browser.post(lost).status_code == 403
    assert User.objects.get(pk=other.pk).check_password(PASSWORD)
    assert SecondFactor.objects.filter(user=other).exists()
    assert browser.get(at(other)).status_code == 200  # to look at


def test_a_group_is_not_a_way_up() -> None:
    hana, otto = helper(), person("otto", MANAGER)
    browser = browser_of(hana)
    own = Group.objects.create(name="Own")
    hana.groups.add(own)
    refund = Permission.objects.get(codename="refund_payment")
    change = reverse("admin:auth_group_change", args=[own.pk])
    assert (
        b"not one of the available"
        in browser.post(change, {"name": "Own", "permissions": [refund.pk]}).content
    )
    manager = reverse("admin:auth_group_change", args=[Group.objects.get(name=MANAGER).pk])
    assert browser.post(manager, {"name": MANAGER, "permissions": []}).status_code == 403
    otto.groups.add(own)  # now it is somebody's who has more
    assert browser.post(change, {"name": "Own", "permissions": []}).status_code == 403


def test_taken_out_of_the_last_shop_is_not_let_into_all_of_them(client: Client, shop: Shop) -> None:
    vera = person("vera", VIEWER, shop=shop)
    refused = save(client, vera, shops=[])
    assert list(refused.context["adminform"].form.errors) == ["shops"]
    assert list(vera.shops.all()) == [shop]
    assert save(client, vera, shops=[], is_active="").status_code == 302  # switched off, they see nothing
    switched_on = save(client, vera, shops=[])
    assert list(switched_on.context["adminform"].form.errors) == ["shops"]
    assert not User.objects.get(pk=vera.pk).is_active
    assert save(client, vera, shops=[shop.pk]).status_code == 302
    vera.refresh_from_db()
    assert (vera.is_active, list(vera.shops.all())) == (True, [shop])
    assert save(client, vera, shops=[], all_shops="on").status_code == 302
    assert not vera.shops.exists()


def test_whoever_is_limited_to_shops_makes_nobody_who_is_not(shop: Shop) -> None:
    other = Shop.objects.create(name="Elsewhere", slug="elsewhere")
    browser = browser_of(person("mia", MANAGER, shop=shop))
    form = {"username": "new", "password1": "another-long-password", "password2": "another-long-password",
            "usable_password": "true"}  # fmt: skip
    add = reverse("admin:auth_user_add")
    assert browser.post(add, form).status_code == 200
    assert browser.post(add, {**form, "shops": [other.pk]}).status_code == 200
    assert not User.objects.filter(username="new").exists()
    assert browser.post(add, {**form, "shops": [shop.pk]}).status_code == 302
    made = User.objects.get(username="new")
    assert (made.is_staff, list(made.shops.all())) == (True, [shop])
    assert save(browser, made, shops=[]).status_code == 200  # refused: it would be all of them
    assert list(made.shops.all()) == [shop]
    assert browser.get(at(person("far", VIEWER, shop=other))).status_code in (302, 404)
    vera = person("vera", VIEWER)
    assert browser.get(at(vera)).status_code in (302, 404)
    assert browser.post(reverse("admin:auth_group_add"), {"name": "Mine"}).status_code == 403


def test_what_was_changed_of_a_person_is_in_the_log_and_no_password(client: Client) -> None:
    vera = person("vera")
    group = Group.objects.create(name="Till")
    save(client, vera, groups=[group.pk], email="vera@example.org")
    new = {
        "password1": "another-long-password",
        "password2": "another-long-password",
        "usable_password": "true",
    }
    assert client.post(at(vera, "password"), new).status_code == 302
    assert client.post(at(vera, "delete"), {"post": "yes"}).status_code == 302
    told = list(
        AuditEntry.objects.filter(model="user").order_by("id").values_list("who", "action", "row", "data")
    )
    assert told == [
        ("margot", "change", "vera", {"fields": {"email": "vera@example.org", "groups": ["Till"]}}),
        ("margot", "change", "vera", {"fields": {"password": "***"}}),
        ("margot", "delete", "vera", {}),
    ]
