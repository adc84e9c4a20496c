"""Do the admin's pages open, whatever state a payment is in, and is there never a secret on one?"""

import re

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from checkout import models
from checkout.models import Account, Delivery, Order, Payment, Shop
from checkout.payments.tallies import count_money_rules
from checkout.states import State
from tests.merchant import rows

SHOWN = ("order", "payment", "delivery", "shopevent", "savedcard", "apikey", "shop", "account")


def page(model: str, pk: object) -> str:
    return reverse(f"admin:checkout_{model}_change", args=[pk])


def listed(html: str) -> list[str]:
    """The numbers of the orders in a list."""
    return re.findall(r">(G-[2-9A-Z]{9})</span></a>", html)


def every_page() -> list[str]:
    """The first page, every list, every row's page, every action's question, every form."""
    addresses = [reverse("admin:index"), reverse("admin:checkout_account_add") + "?provider=scripted"]
    addresses += [reverse("admin:checkout_account_add"), reverse("admin:checkout_shop_add")]
    addresses += [reverse("admin:auth_user_changelist"), reverse("admin:auth_group_changelist")]
    for name in SHOWN:
        addresses.append(reverse(f"admin:checkout_{name}_changelist"))
        model = next(model for model in admin.site._registry if model._meta.label_lower == f"checkout.{name}")
        for pk in model._default_manager.values_list("pk", flat=True):
            addresses.append(page(name, pk))
            for action in getattr(admin.site.get_model_admin(model), "row_actions", ()):
                addresses.append(reverse(f"admin:checkout_{name}_do", args=[pk, action.name]))
    return addresses


def test_every_page_opens_and_none_shows_a_secret(client: Client, shop: Shop, account: Account) -> None:
    rows.everything(shop, account)
    digests = list(models.ApiKey.objects.values_list("digest", flat=True))
    with connection.cursor() as cursor:
        cursor.execute("SELECT secrets FROM checkout_account")
        sealed = [row[0] for row in cursor.fetchall()]
    canaries = [*rows.CANARIES, *digests, *sealed]
    assert len(canaries) == 6

    for address in every_page():
        answer = client.get(address, follow=True)
        assert answer.status_code == 200, address
        html = answer.content.decode()
        for canary in canaries:
            assert canary not in html, address


@pytest.mark.parametrize("model", SHOWN)
def test_whoever_may_only_look_sees_every_page_and_no_secret(
    viewer: Client, shop: Shop, account: Account, model: str
) -> None:
    rows.everything(shop, account)
    cls = next(cls for cls in admin.site._registry if cls._meta.label_lower == f"checkout.{model}")
    for pk in cls._default_manager.values_list("pk", flat=True):
        html = viewer.get(page(model, pk)).content.decode()
        assert "/do/" not in html
        assert not [canary for canary in rows.CANARIES if canary in html]


def test_the_order_page_tells_the_story(client: Client, shop: Shop, account: Account) -> None:
    rows.everything(shop, account)
    paid = Payment.objects.get(state=State.PAID)
    html = client.get(page("order", paid.order_id)).content.decode()

    assert "The shop created the order: 42.99 EUR, payable until 2026-11-21 14:32 UTC." in html
    assert "Attempt 1: the shopper chose Scripted card." in html
    assert "Scripted Pay confirms: 42.99 EUR paid." in html
    assert "Visa •••• 1111" in html
    assert "https://scripted.example/v1/pay" in html
    assert paid.order.pay_url in html
    assert page("payment", paid.pk) in html
    assert page("delivery", paid.deliveries.get().pk) in html
    assert page("shopevent", paid.order.events.get().pk) in html
    assert page("order", paid.order_id) in client.get(page("payment", paid.pk)).content.decode()


def test_an_exchange_stands_under_the_sentence_it_led_to(
    client: Client, shop: Shop, account: Account
) -> None:
    rows.everything(shop, account)
    paid = Payment.objects.get(state=State.PAID)
    html = client.get(page("order", paid.order_id)).content.decode()
    assert re.search(r"confirms: 42\.99 EUR paid\..*?<details>.*?scripted\.example", html, flags=re.DOTALL)
    assert not re.search(r"chose Scripted card\.(?:(?!confirms).)*<details>", html, flags=re.DOTALL)


def test_what_is_typed_into_a_story_is_text_and_not_markup(
    client: Client, shop: Shop, account: Account
) -> None:
    order = rows.order(shop, description="<script>alert(1)</script>", metadata={"<b>": "<i>x</i>"})
    html = client.get(page("order", order.pk)).content.decode()
    assert "<script>alert" not in html
    assert "<i>x</i>" not in html


@pytest.mark.parametrize(
    "words",
    ["number", "reference", "email", "1111", "provider_id", "payment reference"],
)
def test_an_order_is_found_by(client: Client, shop: Shop, account: Account, words: str) -> None:
    rows.payment(rows.order(shop), account)
    order = rows.order(shop)
    payment = rows.payment(order, account, State.PAID)
    term = {
        "number": order.number,
        "reference": order.reference,
        "email": order.email,
        "1111": "1111",
        "provider_id": payment.provider_id,
        "payment reference": payment.reference,
    }[words]
    html = client.get(reverse("admin:checkout_order_changelist"), {"q": term}).content.decode()
    assert listed(html) == [order.number]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("flag=yes", 1),
        ("flag=no", 8),
        ("state__exact=paid", 2),
        ("currency=EUR", 9),
        ("currency=JPY", 0),
        ("kind__exact=one_off", 9),
    ],
)
def test_orders_are_filtered(client: Client, shop: Shop, account: Account, query: str, found: int) -> None:
    rows.everything(shop, account)
    html = client.get(reverse("admin:checkout_order_changelist") + "?" + query).content.decode()
    assert len(listed(html)) == found


@pytest.mark.parametrize(
    "model", ["order", "payment", "movement", "delivery", "shopevent", "savedcard", "apikey", "account"]
)
def test_a_list_asks_as_often_for_twenty_rows_as_for_nine(
    client: Client, shop: Shop, account: Account, model: str
) -> None:
    rows.everything(shop, account)
    address = reverse(f"admin:checkout_{model}_changelist")
    client.get(address)
    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get(address)
    for number in range(11):
        of = rows.order(shop)
        attempt = rows.payment(of, account, State.PAID)
        models.Delivery.objects.create(account=account, key=f"more{number}", about="x", payment=attempt)
        models.ShopEvent.objects.create(shop=shop, order=of, type="order.paid", payload={})
        models.ApiKey.issue(shop, f"key {number}")
        rows.account(shop)
    with CaptureQueriesContext(connection) as many:
        client.get(address)
    assert len(many) == len(few)
    assert not [
        query["sql"]
        for query in many
        if re.fullmatch(r'SELECT COUNT\(\*\) AS "__count" FROM "\w+"', query["sql"])
    ]


def test_the_order_page_asks_as_often_for_many_attempts_as_for_few(
    client: Client, shop: Shop, account: Account
) -> None:
    order = rows.order(shop)
    for _number in range(2):
        rows.payment(order, account, State.FAILED)
    address = page("order", order.pk)
    client.get(address)
    with CaptureQueriesContext(connection) as few:
        client.get(address)
    for _number in range(6):
        rows.payment(order, account, State.FAILED)
    with CaptureQueriesContext(connection) as many:
        client.get(address)
    assert len(many) == len(few)


def test_the_first_page_names_who_waits_and_what_is_broken(
    client: Client, shop: Shop, account: Account
) -> None:
    rows.everything(shop, account)
    rules = count_money_rules()
    html = client.get(reverse("admin:index")).content.decode()
    assert "1 order needs a person" in html
    assert "came after the order was expired" in html
    assert f"all {len(rules)} hold" in html

    Payment.objects.filter(state=State.PAID).update(state=State.FAILED)
    count_money_rules()
    html = client.get(reverse("admin:index")).content.decode()
    assert "Not all is well:" in html
    assert "a rule of money is broken once" in html
    assert "an order is paid without a paid payment (1)" in html


def test_whoever_may_nothing_sees_nothing(client: Client, shop: Shop, account: Account) -> None:
    from django.contrib.auth.models import User

    rows.everything(shop, account)
    nobody = Client()
    nobody.force_login(User.objects.create_user("nora", is_staff=True))
    for model in SHOWN:
        assert nobody.get(reverse(f"admin:checkout_{model}_changelist")).status_code == 403
    html = nobody.get(reverse("admin:index")).content.decode()
    assert "came after" not in html
    assert reverse("admin:checkout_order_changelist") not in html


def test_a_provider_that_is_no_longer_installed_breaks_no_page(
    client: Client, shop: Shop, account: Account
) -> None:
    order = rows.order(shop)
    payment = rows.payment(order, account, State.PAID)
    delivery = Delivery.objects.create(account=account, key="k", about="x", payment=payment)
    Account.objects.update(provider="gone")
    for address in (
        page("order", order.pk),
        page("payment", payment.pk),
        page("delivery", delivery.pk),
        page("account", account.pk),
        reverse("admin:checkout_account_changelist"),
        reverse("admin:checkout_payment_changelist"),
    ):
        assert client.get(address).status_code == 200, address


def test_only_the_admin_may_evaluate(client: Client, shop: Shop) -> None:
    order: Order = rows.order(shop)
    policy = client.get(page("order", order.pk)).headers["Content-Security-Policy"]
    assert "script-src 'self' 'unsafe-eval'" in policy
    assert "style-src 'self' 'unsafe-inline'" in policy
    assert "default-src 'none'" in policy
    login = Client().get(reverse("admin:login")).headers["Content-Security-Policy"]
    assert "'unsafe-eval'" in login

    elsewhere = client.get("/healthz").headers["Content-Security-Policy"]
    assert "unsafe" not in elsewhere
    assert "unsafe" not in client.get(order.get_absolute_url()).headers["Content-Security-Policy"]
