"""Is what somebody reads over the phone found, whatever it is, and by an index?"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from checkout.merchant import finding
from checkout.merchant.finding import amounts_in, find_orders, find_payments
from checkout.merchant.record import RecordAdmin
from checkout.models import Account, Movement, Order, Payment, Shop
from checkout.states import State
from tests.merchant import rows

pytestmark = pytest.mark.django_db

ORDERS, PAYMENTS, MOVEMENTS = (
    f"admin:checkout_{name}_changelist" for name in ("order", "payment", "movement")
)


def listed(client: Client, name: str, **query: str) -> list[str]:
    """The numbers or references in a list."""
    html = client.get(reverse(name), query).content.decode()
    return re.findall(r">(G-[2-9A-Z]{9}(?:-\d)?)</span></a></t[hd]>", html)


@pytest.fixture
def wanted(shop: Shop, account: Account) -> Payment:
    """The payment that is meant, beside two others."""
    for _other in range(2):
        rows.payment(rows.order(shop, amount_minor=1000), account, State.STARTED)
    order = rows.order(shop, reference="Till-77 A", email="Grace@Example.org", amount_minor=123456)
    return rows.payment(
        order, account, State.PAID, authorized_minor=123456, captured_minor=123456, card_last4="4242"
    )


TERMS: list[Callable[[Payment], str]] = [
    lambda row: row.order.number,
    lambda row: row.order.number.lower(),
    lambda row: row.order.number.removeprefix("G-"),
    lambda row: row.order.number[:8],
    lambda row: " ".join(row.order.number.removeprefix("G-")),  # letter by letter
    lambda row: "till-77 a",
    lambda row: "Till-7",
    lambda row: " grace@EXAMPLE.org ",
    lambda row: "Grace@",
    lambda row: "4242",
    lambda row: "Visa •••• 4242",
    lambda row: "xxxx4242",
    lambda row: row.provider_id,
    lambda row: row.reference.lower(),
    lambda row: "1234.56",
    lambda row: "1 234,56",
    lambda row: "1.234,56 eur",
    lambda row: "EUR 1234.56",
    lambda row: "€1,234.56",
]


def test_every_word_for_it_finds_it_alone(wanted: Payment) -> None:
    for term in TERMS:
        typed = term(wanted)
        assert find_orders(typed).pks == [wanted.order_id], typed
        assert find_payments(typed).pks == [wanted.pk], typed


def test_what_fits_nothing_finds_nothing(wanted: Payment) -> None:
    for typed in (
        "nobody@nowhere.example",
        "1234.56 USD",
        "99999",
        "till 77",
        "%",
        "_",
        "G-",
        "\x00",
        "4243",
    ):
        assert find_orders(typed).pks == [], typed
        assert find_payments(typed).pks == [], typed


def test_amounts_are_read_as_people_write_them(wanted: Payment) -> None:
    assert amounts_in("42.99") == [(Decimal("42.99"), "")]
    assert amounts_in("chf 42,5") == [(Decimal("42.5"), "CHF")]
    assert amounts_in("1'234.50") == [(Decimal("1234.50"), "")]
    assert amounts_in("1.234") == [
        (Decimal("1.234"), ""),
        (Decimal(1234), ""),
    ]  # a dinar and a bit, or a thousand
    assert amounts_in("1.234.567,89") == [(Decimal("1234567.89"), "")]
    assert amounts_in("1.2.3") == []
    assert amounts_in("EUR 1 EUR") == []
    assert amounts_in("SHOP-4299") == []


def test_an_amount_is_of_its_currency(shop: Shop) -> None:
    yen = rows.order(shop, amount_minor=4299, currency="JPY")
    euro = rows.order(shop, amount_minor=4299, currency="EUR")
    assert find_orders("42.99").pks == [euro.pk]
    assert find_orders("4299").pks == [yen.pk]  # 4299 yen; 4299.00 euros it is not
    assert find_orders("42.99 JPY").pks == []  # there is no such amount


def test_a_number_may_be_a_reference_and_an_amount(shop: Shop) -> None:
    amount = rows.order(shop, amount_minor=429900)
    reference = rows.order(shop, reference="4299")
    assert set(find_orders("4299").pks) == {amount.pk, reference.pk}


def test_too_many_are_cut_and_said(
    client: Client, shop: Shop, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "MOST", 2)
    for _number in range(3):
        rows.order(shop)
    html = client.get(reverse(ORDERS), {"q": "SHOP-"}).content.decode()
    assert "More than 2 rows fit what you typed" in html
    answer = client.get(reverse("admin:checkout_order_export", args=["csv"]), {"q": "SHOP-"}, follow=True)
    assert "Nothing was exported." in answer.content.decode()


def test_lists_are_narrowed(client: Client, shop: Shop, account: Account) -> None:
    old, new = (rows.payment(rows.order(shop), account, State.PAID) for _number in range(2))
    at = datetime(2026, 3, 31, 23, 59, 59, tzinfo=UTC)
    Order.objects.filter(pk=old.order_id).update(
        created_at=at, attention="why", calls=",conflict,late_money,"
    )
    Payment.objects.filter(pk=old.pk).update(created_at=at)
    march = {"from": "2026-03-31", "to": "2026-03-31"}
    assert listed(client, ORDERS, **march) == [old.order.number]
    assert listed(client, PAYMENTS, **march) == [old.reference]
    assert listed(client, ORDERS, **{"from": "2026-04-01"}) == [new.order.number]
    assert listed(client, ORDERS, flag="late_money") == [old.order.number]
    assert listed(client, ORDERS, flag="chargeback") == []
    assert listed(client, PAYMENTS, live="live") == []
    assert len(listed(client, PAYMENTS, live="test", account__id__exact=str(account.pk))) == 2
    assert listed(client, PAYMENTS, account__id__exact="nonsense") == []
    other = rows.account(shop, live=True, name="Live")
    live = rows.payment(rows.order(shop), other, State.PAID)
    assert listed(client, PAYMENTS, live="live") == [live.reference]
    assert listed(client, PAYMENTS, live="live", q=old.reference) == []
    assert client.get(reverse(MOVEMENTS), {"live": "live"}).content.decode().count(live.reference) == 1


def test_a_day_that_is_none_is_refused_by_name(client: Client, shop: Shop) -> None:
    order = rows.order(shop)
    for query, text in (
        ({"from": "31.3.2026"}, "From: This is no date."),
        ({"from": "2026-03-31", "to": "2026-03-30"}, "To: This day is before the first one."),
    ):
        answer = client.get(reverse(ORDERS), query)
        assert answer.status_code == 400
        assert re.sub(r"\s+", " ", answer.content.decode()).count(text) == 1
        assert order.number not in answer.content.decode()


# --- by an index ---------------------------------------------------------------------------------------------------


def plans(do: Callable[[], object]) -> dict[str, str]:
    """What SQLite means to do for each query."""
    with CaptureQueriesContext(connection) as asked:
        do()
    found = {}
    with connection.cursor() as cursor:
        for query in asked.captured_queries:
            cursor.execute("EXPLAIN QUERY PLAN " + query["sql"])
            found[query["sql"]] = "; ".join(row[3] for row in cursor.fetchall())
    return found


LONG = re.compile(r"checkout_(order|payment|providerreference|movement)\b")
SCANS = re.compile(
    r"SCAN checkout_(order|payment|providerreference|movement)\b(?! USING (?:COVERING )?INDEX)"
)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="reads SQLite's plans")
def test_no_search_reads_a_whole_table(wanted: Payment) -> None:
    for term in TERMS:
        for find in (find_orders, find_payments):
            for sql, plan in plans(partial(find, term(wanted))).items():
                assert not re.search(r"SCAN checkout_(?!account)", plan), (sql, plan)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="reads SQLite's plans")
def test_no_list_sorts_or_counts_a_whole_table(
    client: Client, wanted: Payment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RecordAdmin, "list_per_page", 1)
    Movement.objects.create(
        payment=wanted, account=wanted.account, shop=wanted.order.shop, kind="refunded", amount_minor=1,
        currency="EUR", at=timezone.now(),
    )  # fmt: skip
    days = {"from": "2026-01-01", "to": "2026-12-31"}
    for name in (ORDERS, PAYMENTS, MOVEMENTS):
        for query in ({}, days, {"q": wanted.reference}):
            for sql, plan in plans(partial(client.get, reverse(name), query)).items():
                if not LONG.search(plan):
                    continue
                assert not SCANS.search(plan) or "LIMIT" in sql, (sql, plan)
                assert "USE TEMP B-TREE" not in plan or query.get("q"), (sql, plan)
                assert "COUNT(" not in sql or "LIMIT 10000" in sql, sql


def test_it_asks_as_often_for_many_as_for_few(
    client: Client, shop: Shop, account: Account, wanted: Payment
) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as asked:
            for name in (ORDERS, PAYMENTS, MOVEMENTS):
                client.get(reverse(name), {"q": "Till", "from": "2026-01-01"})
        return len(asked)

    count()
    few = count()
    for number in range(12):
        rows.payment(rows.order(shop, reference=f"Till-8{number}"), account, State.PAID)
    assert count() == few


def test_the_newest_of_some_days_come_first(client: Client, shop: Shop) -> None:
    first, second = rows.order(shop), rows.order(shop)
    Order.objects.filter(pk=second.pk).update(created_at=first.created_at - timedelta(days=1))
    since = str((first.created_at - timedelta(days=3)).date())
    assert listed(client, ORDERS, **{"from": since}) == [first.number, second.number]


_WRONG = (
    f"user={10**30}", f"shop={'9' * 5000}", f"groups__id__exact={10**30}", f"priority__in={10**30}", "status__range=x",
    "created_at__gte=x", "o=9999", f"p={10**30}",
)  # fmt: skip


def test_no_list_breaks_on_what_it_is_asked(client: Client, account: Account) -> None:
    """Every list, a library's too: asked wrongly, it says so (e=1), refuses, or has no rows."""
    rows.payment(rows.order(account.shop), account)
    client.raise_request_exception = False
    broken, turned_back = [], set()
    for model in admin.site._registry:
        listed_at = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for query in _WRONG:
            answer = client.get(f"{listed_at}?{query}")
            if answer.status_code not in (200, 302, 400):
                broken.append((model.__name__, query, answer.status_code))
            if answer.status_code == 302:
                assert answer["Location"] == f"{listed_at}?e=1"
                turned_back.add(model.__name__)
    assert broken == []
    assert {"Order", "User", "Group", "DBTaskResult"} <= turned_back
