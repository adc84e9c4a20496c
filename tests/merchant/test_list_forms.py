"""Is every list narrowed by the form that stands on it, without a script?"""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise

from checkout.models import (
    Account,
    Agreement,
    ApiKey,
    AuditEntry,
    Delivery,
    Letter,
    Proposal,
    SavedCard,
    Shop,
    ShopEvent,
)
from checkout.roles import ensure
from checkout.states import State
from tests.merchant import rows
from tests.merchant.agreeing import agreement

_SELECT = re.compile(r'<select id="g-f-\w+" name="(\w+)">(.*?)</select>', re.DOTALL)
_OPTION = re.compile(r'<option value="([^"]+)"')


def address(model: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def form_of(html: str) -> tuple[dict[str, list[str]], list[str]]:
    """What a browser without a script finds: each choice with its words, and the fields that are typed."""
    (form,) = re.findall(r'<form method="get" role="search">.*?</form>', html, re.DOTALL)
    assert '<button type="submit"' in form
    chosen = {name: _OPTION.findall(options) for name, options in _SELECT.findall(form)}
    return chosen, re.findall(r'<input type="date" name="(\w+)"', form)


@pytest.fixture
def stocked(
    client: Client, shop: Shop, account: Account, merchant: User
) -> dict[Any, dict[str, dict[str, int]]]:
    """Of each list its fields, and how many of its two rows each word finds."""
    ensure()
    other = Shop.objects.create(name="Second shop", slug="second")
    elsewhere = rows.account(other, provider="splitting", name="Elsewhere", live=False, enabled=False)
    order, later = rows.order(shop), rows.order(other)
    paid = rows.payment(order, account, State.PAID)
    now, long_ago = timezone.now(), timezone.now() - timedelta(days=90)
    for verdict, at in (("failed", account), ("applied", elsewhere)):
        Delivery.objects.create(account=at, key=verdict, about="x", verdict=verdict)
    Delivery.objects.filter(verdict="applied").update(received_at=long_ago)
    for kind, of in (("receipt", order), ("refund", later)):
        Letter.objects.create(
            kind=kind, key=kind, order=of, shop=of.shop, to="ada@example.org", language="en"
        )
    Letter.objects.filter(kind="refund").update(created_at=long_ago)
    ShopEvent.objects.create(shop=shop, order=order, type="order.paid", payload={}, delivered_at=now)
    ShopEvent.objects.create(shop=other, order=later, type="order.paid", payload={}, next_try_at=None)
    ShopEvent.objects.filter(shop=other).update(created_at=long_ago, next_try_at=None)
    AuditEntry.objects.all().delete()
    for who, action in ((merchant, "login"), (None, "export")):
        AuditEntry.objects.create(user=who, who="x", action=action)
    AuditEntry.objects.filter(user=None).update(at=long_ago)
    for action, state in (("refund", "waiting"), ("void", "declined")):
        Proposal.objects.create(order=order, payment=paid, action=action, amount_minor=1, currency="EUR", key=action,
                                proposed_by=merchant, state=state)  # fmt: skip
    Proposal.objects.filter(action="void").update(created_at=long_ago)
    rows.card(shop, account)
    rows.card(other, elsewhere, removed_at=now)
    ApiKey.issue(shop, "till")
    ApiKey.issue(other, "old")
    ApiKey.objects.filter(shop=other).update(revoked_at=now)
    agreement(shop, account, kind="mandate", terms={})
    agreement(other, elsewhere, state="ended", phase="closed")
    User.objects.create_user("paula", is_active=False).groups.add(Group.objects.get(name="Viewer"))
    shops = {str(shop.pk): 1, str(other.pk): 1}
    accounts = {str(account.pk): 1, str(elsewhere.pk): 1}
    return {
        Delivery: {"verdict__exact": {"failed": 1, "applied": 1, "new": 0}, "account__id__exact": accounts},
        Letter: {"kind__exact": {"receipt": 1, "refund": 1}, "shop": shops},
        ShopEvent: {"state": {"delivered": 1, "waiting": 0, "given-up": 1}, "shop": shops},
        AuditEntry: {"user": {str(merchant.pk): 1}, "action": {"login": 1, "export": 1}},
        Proposal: {"state__exact": {"waiting": 1, "declined": 1}, "action": {"refund": 1, "void": 1, "capture": 0}},
        SavedCard: {"kept": {"kept": 1, "removed": 1}, "account__id__exact": accounts},
        ApiKey: {"state": {"alive": 1, "ended": 0, "revoked": 1}, "shop": shops},
        Agreement: {"state__exact": {"active": 1, "ended": 1}, "kind__exact": {"mandate": 1, "subscription": 1},
                    "phase__exact": {"billing": 1, "retry": 0}, "account__id__exact": accounts},
        Account: {"provider": {"scripted": 1, "splitting": 1}, "live": {"live": 0, "test": 2},
                  "enabled": {"yes": 1, "no": 1}, "shop": shops},
        User: {"active": {"yes": 1, "no": 1}, "superuser": {"yes": 1, "no": 1},
               "group": {str(Group.objects.get(name="Viewer").pk): 1}},
    }  # fmt: skip


def test_every_list_is_narrowed_by_its_form(
    client: Client, stocked: dict[Any, dict[str, dict[str, int]]]
) -> None:
    today, by_day = timezone.now().date(), set()
    for model, expected in stocked.items():
        at = address(model)
        html = client.get(at).content.decode()
        chosen, days = form_of(html)
        assert set(chosen) == set(expected), model
        assert "filterOpen" not in html, model  # Unfold's panel, which opens by script alone
        empty = {**dict.fromkeys(chosen, ""), **dict.fromkeys(days, ""), "q": ""}
        assert client.get(at, empty).context["cl"].result_count == 2, model
        for name, words in expected.items():
            assert set(words) <= set(chosen[name]), (model, name)
            for word, found in words.items():
                answer = client.get(at, {**empty, name: word})
                assert answer.context["cl"].result_count == found, (model, name, word)
            again = form_of(answer.content.decode())[0]
            assert again == chosen
            assert f'<option value="{word}" selected>' in answer.content.decode()
            assert client.get(at, {**empty, name: "nobody's"}).context["cl"].result_count == 0, (model, name)
        if days:
            by_day.add(model)
            assert days == ["from", "to"]
            since = {**empty, "from": str(today - timedelta(days=2))}
            assert client.get(at, since).context["cl"].result_count == 1, model
            refused = client.get(at, {**empty, "to": "yesterday"})
            assert (refused.status_code, refused.context["cl"].result_count) == (400, 0)
    assert by_day == {Delivery, Letter, ShopEvent, AuditEntry, Proposal}


def test_no_list_of_ours_has_a_filter_that_needs_a_script() -> None:
    """A filter by a column's name alone would be drawn by Unfold."""
    ours = [model for model in admin.site._registry if model._meta.app_label in ("checkout", "auth")]
    narrowed = set()
    for model in ours:
        filters = admin.site.get_model_admin(model).list_filter
        assert all(isinstance(one, type) for one in filters), model
        narrowed |= {model} if filters else set()
    assert narrowed >= {
        AuditEntry,
        Delivery,
        Letter,
        ShopEvent,
        Agreement,
        Proposal,
        SavedCard,
        ApiKey,
        Account,
        User,
    }


def test_every_heading_of_a_list_can_be_said_in_the_readers_language() -> None:
    """A column without a name of its own is headed by Django in English, out of its name in the code."""
    english = [
        f"{model.__name__}.{name}"
        for model, page in admin.site._registry.items()
        for name in page.list_display
        if model._meta.app_label in ("auth", "checkout") and isinstance(name, str) and not hasattr(page, name)
        if not isinstance(getattr(model._meta.get_field(name), "verbose_name", ""), Promise)
    ]
    assert english == []
