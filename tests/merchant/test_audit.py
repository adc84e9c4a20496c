"""Is every action in the audit log, with who, what and how it ended, and nothing secret?"""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client, RequestFactory
from django.urls import reverse

from checkout.merchant.audit import audited
from checkout.models import Account, ApiKey, AuditEntry, Shop
from checkout.roles import MANAGER, VIEWER
from checkout.states import State
from providers.errors import Uncertain
from tests.merchant import rows
from tests.merchant.clicks import address, do, hidden, refund
from tests.merchant.people import browser_of, person
from tests.merchant.scripted import Scripted

pytestmark = pytest.mark.django_db(transaction=True)

NOTED = "The note is in the timeline."
LIST = "/admin/checkout/auditentry/"


@pytest.fixture(autouse=True)
def _without_the_login(client: Client) -> None:
    AuditEntry.objects.all().delete()


def entries() -> list[tuple[str, str, str, Any]]:
    return list(AuditEntry.objects.order_by("id").values_list("who", "action", "row", "data"))


def test_an_action_is_logged_with_what_was_typed_and_how_it_ended(
    client: Client, shop: Shop, account: Account
) -> None:
    order = rows.order(shop)
    payment = rows.payment(order, account, State.PAID)
    (told,) = refund(client, payment, "10.00")
    do(client, order, "note", text="card 4111 1111 1111 1111, called", once="0" * 32)
    typed = {"amount": "10.00 EUR", "reason": "came back"}
    assert entries() == [
        ("margot", "refund", payment.reference, {"typed": typed, "ended": told}),
        ("margot", "note", order.number, {"typed": {"text": "card ***1111, called"}, "ended": NOTED}),
    ]  # fmt: skip
    entry = AuditEntry.objects.get(action="refund")
    assert (entry.shop, entry.address, entry.model, entry.row_id) == (
        shop,
        "127.0.0.1",
        "payment",
        str(payment.pk),
    )
    client.get(address(payment, "refund"))  # to ask is to do nothing
    assert AuditEntry.objects.count() == 2


def test_what_failed_is_logged_as_well(
    client: Client, shop: Shop, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = rows.order(shop)
    rows.payment(order, account)
    Scripted.answer = Uncertain("The provider did not answer in time.")
    told = do(client, order, "cancel")

    def broken(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("gk_secret in the words of an error")

    monkeypatch.setattr("checkout.merchant.order_actions.mark_seen", broken)
    with pytest.raises(RuntimeError):
        client.post(address(order, "seen"))
    monkeypatch.setattr("checkout.merchant.link_pages.invite", broken)
    with pytest.raises(RuntimeError):
        client.post(reverse("admin:checkout_order_link_new", args=[order.pk]))
    assert entries() == [
        ("margot", "cancel", order.number, {"ended": told}),
        ("margot", "seen", order.number, {"typed": {}, "failed": "RuntimeError"}),
        ("margot", "link new", order.number, {"failed": "RuntimeError"}),
    ]


def test_links_are_logged(client: Client, shop: Shop) -> None:
    order = rows.order(shop)
    client.post(reverse("admin:checkout_order_link_new", args=[order.pk]), {"once": "a" * 20})
    link = order.invitations.get()
    client.post(reverse("admin:checkout_order_link_withdraw", args=[order.pk, link.pk]))
    assert [(action, row) for _who, action, row, _data in entries()] == [
        ("link new", order.number), ("link withdraw", order.number),
    ]  # fmt: skip
    assert all(data["ended"] for *_rest, data in entries())
    assert link.token not in str(entries())


def test_what_is_saved_is_logged_by_its_fields_and_no_secret(
    client: Client, shop: Shop, account: Account
) -> None:
    at = reverse("admin:checkout_account_change", args=[account.pk])
    form = {
        name: value
        for name, value in client.get(at).context["adminform"].form.initial.items()
        if value is not None
    }
    client.post(at, {**form, "name": "Renamed", "s_api_secret": "canary-new-secret", "enabled": "on"})
    account.refresh_from_db()
    assert account.name == "Renamed"
    once = hidden(client.get(address(shop, "issue-key")).content.decode(), "once")
    client.post(address(shop, "issue-key"), {"name": "till", "once": once, "scopes": ["read"]})
    key = ApiKey.objects.get()
    do(client, key, "revoke")
    change, issue, revoke = entries()
    assert change[:3] == ("margot", "change", "Renamed")
    assert change[3]["fields"]["name"] == "Renamed"
    assert set(change[3]["fields"].values()) <= {"Renamed", "changed", True, False}
    assert issue == ("margot", "issue-key", "Museum shop", {"typed": {"name": "till", "scopes": ["read"]}})
    assert revoke[:3] == ("margot", "revoke", str(key))
    assert "canary" not in str(entries())
    assert "gk_" not in str([data for *_rest, data in entries()])


def test_others_write_into_it(merchant: User, shop: Shop) -> None:
    request = RequestFactory().get("/")
    request.user = merchant
    entry = audited(request, "export", None, model="order", rows=123, api_key="gk_x", new_secret="whsec_x")
    assert (entry.model, entry.who, entry.data["rows"]) == ("order", "margot", 123)
    assert (entry.data["api_key"], entry.data["new_secret"]) == ("***", "***")


def test_managers_read_it_and_nobody_changes_it(client: Client, shop: Shop, account: Account) -> None:
    order, other = rows.order(shop), rows.order(shop)
    payment = rows.payment(order, account, State.PAID)
    do(client, order, "note", text="called", once="0" * 32)
    do(client, other, "note", text="called", once="1" * 32)
    do(client, payment, "ask")
    mo = browser_of(person("mo", MANAGER))

    html = mo.get(reverse("admin:checkout_order_change", args=[order.pk])).content.decode()
    assert f'href="{LIST}?q={order.number}"' in html
    found = mo.get(f"{LIST}?q={order.number}").context["cl"].result_list
    assert [(entry.action, entry.row) for entry in found] == [
        ("ask", payment.reference),
        ("note", order.number),
    ]
    assert len(mo.get(f"{LIST}?action=note").context["cl"].result_list) == 2
    margot = User.objects.get(username="margot")
    assert {entry.who for entry in mo.get(f"{LIST}?user={margot.pk}").context["cl"].result_list} == {"margot"}
    assert mo.get(f"{LIST}?user=nonsense").status_code == 200
    entry = AuditEntry.objects.filter(action="note").first()
    assert entry is not None
    page = reverse("admin:checkout_auditentry_change", args=[entry.pk])
    assert "The note is in the timeline." in mo.get(page).content.decode()
    assert mo.post(page, {"who": "nobody"}).status_code == 405
    assert client.post(reverse("admin:checkout_auditentry_delete", args=[entry.pk])).status_code == 403

    viewer = browser_of(person("vera", VIEWER))
    assert viewer.get(LIST).status_code == 403
    assert LIST not in viewer.get(reverse("admin:checkout_order_change", args=[order.pk])).content.decode()
