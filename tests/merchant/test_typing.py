"""Can anything about money be typed, added or deleted in the admin? And are settings stored as they are typed?"""

import re
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.urls import reverse

from checkout.models import (
    Account,
    Delivery,
    Exchange,
    Operation,
    Order,
    Payment,
    Shop,
    ShopEvent,
    Tender,
    TimelineEntry,
)
from checkout.states import State
from tests.merchant import rows
from tests.merchant.scripted import API_SECRET, RING_SECRET

RECORDS = ("order", "payment", "delivery", "shopevent", "savedcard", "apikey")
PLAIN = {
    "name": "Till",
    "label": "",
    "enabled": "on",
    "position": "2",
    "setting_merchant_id": "M9",
    "setting_region": "eu",
    "setting_retries": "5",
    "setting_methods": "visa, apple_pay,",
    "setting_asked_fields": "phone",
    "setting_style": '{"width": 3}',
    "setting_nickname": "",
}


def snapshot() -> list[Any]:
    models = (Order, Payment, Delivery, ShopEvent, Operation, TimelineEntry, Exchange, Tender)
    return [list(model._default_manager.order_by("pk").values()) for model in models]


@pytest.mark.parametrize("model", RECORDS)
def test_nothing_that_is_posted_changes_a_record(
    client: Client, shop: Shop, account: Account, model: str
) -> None:
    rows.everything(shop, account)
    before = snapshot()
    cls = next(cls for cls in admin.site._registry if cls._meta.label_lower == f"checkout.{model}")
    typed = {
        "state": "paid",
        "amount_minor": "1",
        "captured_minor": "99999",
        "attention": "",
        "_save": "Save",
    }
    for pk in cls._default_manager.values_list("pk", flat=True):
        assert client.post(reverse(f"admin:checkout_{model}_change", args=[pk]), typed).status_code == 405
    listed = reverse(f"admin:checkout_{model}_changelist")
    client.post(listed, {"form-TOTAL_FORMS": "1", "form-0-state": "paid", "_save": "Save"})
    client.post(listed, {"action": "delete_selected", "_selected_action": "1", "post": "yes"})
    assert snapshot() == before


@pytest.mark.parametrize("model", RECORDS)
def test_no_record_is_added_or_deleted(client: Client, shop: Shop, account: Account, model: str) -> None:
    rows.everything(shop, account)
    before = snapshot()
    cls = next(cls for cls in admin.site._registry if cls._meta.label_lower == f"checkout.{model}")
    assert client.post(reverse(f"admin:checkout_{model}_add"), {"number": "G-1"}).status_code == 403
    for pk in cls._default_manager.values_list("pk", flat=True):
        assert (
            client.post(reverse(f"admin:checkout_{model}_delete", args=[pk]), {"post": "yes"}).status_code
            == 403
        )
    assert snapshot() == before


@pytest.mark.parametrize("model", ["shop", "account"])
def test_what_money_hangs_on_is_not_deleted(client: Client, shop: Shop, account: Account, model: str) -> None:
    row = shop if model == "shop" else account
    answer = client.post(reverse(f"admin:checkout_{model}_delete", args=[row.pk]), {"post": "yes"})
    assert answer.status_code == 403


def test_no_page_of_the_admin_lets_money_be_typed() -> None:
    """Of every model that has money or a state, the admin's page is a record's, or there is none."""
    from checkout.merchant.record import RecordAdmin

    for model in (Order, Payment, Operation, TimelineEntry, Delivery, ShopEvent, Exchange, Tender):
        if admin.site.is_registered(model):
            page = admin.site.get_model_admin(model)
            assert isinstance(page, RecordAdmin)
            assert not page.inlines
            assert not page.list_editable


# --- shops ---------------------------------------------------------------------------------------------------------


def shop_form(**typed: str) -> dict[str, str]:
    return {
        "name": "Museum",
        "slug": "museum",
        "support_email": "",
        "return_url": "shop.example/back",
        "hold_minutes": "30",
        "webhook_url": "https://shop.example/hooks",
        "new_webhook_secret": "",
        "approval_limits-TOTAL_FORMS": "0",
        "approval_limits-INITIAL_FORMS": "0",
        **typed,
    }


def test_a_shop_is_changed_and_its_secret_kept(client: Client, shop: Shop) -> None:
    address = reverse("admin:checkout_shop_change", args=[shop.pk])
    assert client.post(address, shop_form()).status_code == 302
    shop.refresh_from_db()
    assert (shop.name, shop.hold_minutes, shop.return_url) == ("Museum", 30, "https://shop.example/back")
    assert shop.webhook_secret.reveal() == rows.WEBHOOK_SECRET


def test_a_typed_webhook_secret_is_stored_and_never_echoed(client: Client, shop: Shop) -> None:
    secret = "whsec_YW5vdGhlci1jYW5hcnktc2VjcmV0LTU2Nzg5MA=="
    address = reverse("admin:checkout_shop_change", args=[shop.pk])
    wrong = client.post(address, shop_form(new_webhook_secret=secret, name=""))
    assert wrong.status_code == 200
    assert secret not in wrong.content.decode()

    client.post(address, shop_form(new_webhook_secret=secret))
    shop.refresh_from_db()
    assert shop.webhook_secret.reveal() == secret
    assert secret not in client.get(address).content.decode()
    assert not LogEntry.objects.filter(change_message__contains=secret).exists()


@pytest.mark.parametrize("secret", ["short", "whsec_", "whsec_!!!!", "whsec_c2hvcnQ="])
def test_a_webhook_secret_that_cannot_sign_is_refused(client: Client, shop: Shop, secret: str) -> None:
    address = reverse("admin:checkout_shop_change", args=[shop.pk])
    answer = client.post(address, shop_form(new_webhook_secret=secret))
    assert "Give whsec_ and 24 to 64 bytes in base64." in answer.content.decode()


# --- accounts ------------------------------------------------------------------------------------------------------


def test_a_provider_is_chosen_before_its_settings_are_asked_for(client: Client, shop: Shop) -> None:
    html = client.get(reverse("admin:checkout_account_add")).content.decode()
    assert 'href="?provider=scripted"' in html
    assert "setting_" not in html
    form = client.get(reverse("admin:checkout_account_add") + "?provider=scripted").content.decode()
    for field in (
        "merchant_id",
        "api_secret",
        "ring_secret",
        "region",
        "retries",
        "strict",
        "methods",
        "asked_fields",
        "style",
        "nickname",
    ):
        assert f'name="setting_{field}"' in form
    assert "As in your contract." in form


def test_an_account_is_added_with_its_typed_settings(client: Client, shop: Shop) -> None:
    typed = {**PLAIN, "shop": str(shop.pk), "setting_api_secret": API_SECRET, "setting_ring_secret": ""}
    answer = client.post(reverse("admin:checkout_account_add") + "?provider=scripted", typed)
    assert answer.status_code == 302, answer.content.decode()
    account = Account.objects.get()
    assert (account.provider, account.name, account.live) == ("scripted", "Till", False)
    assert account.settings == {
        "merchant_id": "M9",
        "region": "eu",
        "retries": 5,
        "strict": False,
        "methods": ["visa", "apple_pay"],
        "asked_fields": ["phone"],
        "style": {"width": 3},
        "nickname": "",
    }
    values: Any = account.full_settings()
    assert values.api_secret.get_secret_value() == API_SECRET
    with connection.cursor() as cursor:
        cursor.execute("SELECT secrets, settings FROM checkout_account")
        stored = cursor.fetchone()
    assert API_SECRET not in str(stored)
    html = client.get(reverse("admin:checkout_account_change", args=[account.pk])).content.decode()
    assert f"http://testserver{reverse('notify', args=[account.pk])}" in html
    assert 'name="setting_methods" value="visa, apple_pay"' in html
    ticked = re.findall(r'<input[^>]*name="setting_asked_fields"[^>]*>', html)
    assert [
        (bool(re.search(r" checked[ >=]", box)), re.findall(r'value="(\w+)"', box)) for box in ticked
    ] == [
        (False, ["email"]),
        (True, ["phone"]),
    ]


def change(client: Client, account: Account, **typed: str) -> Any:
    return client.post(reverse("admin:checkout_account_change", args=[account.pk]), {**PLAIN, **typed})


def test_a_secret_left_empty_stays_and_a_typed_one_replaces_it(client: Client, account: Account) -> None:
    assert change(client, account, setting_api_secret="", setting_ring_secret="").status_code == 302
    account.refresh_from_db()
    assert account.secrets.reveal() == {"api_secret": API_SECRET, "ring_secret": RING_SECRET}
    assert account.settings["merchant_id"] == "M9"

    assert (
        change(client, account, setting_api_secret="another-canary-1", forget_ring_secret="on").status_code
        == 302
    )
    account.refresh_from_db()
    assert account.secrets.reveal() == {"api_secret": "another-canary-1", "ring_secret": ""}
    assert not LogEntry.objects.filter(change_message__contains="canary").exists()


@pytest.mark.parametrize(
    ("field", "value", "objection"),
    [
        ("setting_merchant_id", "X1", "String should match pattern"),
        ("setting_merchant_id", "", "This field is required."),
        ("setting_retries", "12", "Input should be less than or equal to 9"),
        ("setting_retries", "x", "Enter a whole number."),
        ("setting_region", "moon", "Select a valid choice."),
        ("setting_asked_fields", "fax", "Select a valid choice."),
        ("setting_style", "{", "Enter a valid JSON."),
        ("setting_style", '{"a": "wide"}', "Input should be a valid integer"),
        ("setting_api_secret", "canary7", "should have at least 8"),
    ],
)
def test_what_pydantic_objects_to_stands_at_its_field(
    client: Client, account: Account, field: str, value: str, objection: str
) -> None:
    before = Account.objects.values("settings", "name").get()
    answer = change(client, account, **{field: value})
    assert answer.status_code == 200
    errors = answer.context["adminform"].form.errors
    assert list(errors) == [field]
    assert objection in str(errors[field])
    assert "canary" not in answer.content.decode()
    assert Account.objects.values("settings", "name").get() == before


def test_what_fits_no_field_stands_above_them_all(client: Client, account: Account) -> None:
    answer = change(client, account, setting_region="us", setting_retries="0")
    assert "the US never answers the first time" in str(answer.context["adminform"].form.non_field_errors())
    assert not [canary for canary in rows.CANARIES if canary in answer.content.decode()]


def test_live_is_fixed_once_the_account_was_used(client: Client, shop: Shop, account: Account) -> None:
    change(client, account, live="on")
    account.refresh_from_db()
    assert account.live is True
    rows.payment(rows.order(shop), account, State.PAID)
    change(client, account)  # an unticked box says "off"
    account.refresh_from_db()
    assert account.live is True


def test_an_account_cannot_be_moved_to_another_provider_or_shop(client: Client, account: Account) -> None:
    other = Shop.objects.create(name="Other", slug="other")
    change(client, account, provider="epc", shop=str(other.pk))
    account.refresh_from_db()
    assert (account.provider, account.shop.slug) == ("scripted", "museum")


def test_a_viewer_reads_the_settings_and_types_nothing(viewer: Client, account: Account) -> None:
    address = reverse("admin:checkout_account_change", args=[account.pk])
    html = viewer.get(address).content.decode()
    assert "setting_" not in html
    assert "Merchant id" in html
    assert viewer.post(address, PLAIN).status_code == 403
