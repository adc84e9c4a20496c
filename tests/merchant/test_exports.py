"""Are the rows of a list handed out exactly, harmlessly, and without holding them all?"""

import csv
import io
import re
import zipfile
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from checkout.merchant import exports
from checkout.merchant.sheets import Column, csv_lines, harmless
from checkout.models import Account, Order, Shop
from checkout.states import State
from tests.merchant import rows

pytestmark = pytest.mark.django_db


def address(model: str, form: str = "csv") -> str:
    return reverse(f"admin:checkout_{model}_export", args=[form])


def sent(answer: Any) -> bytes:
    assert answer.status_code == 200
    assert answer.streaming
    return b"".join(answer.streaming_content)


def table(answer: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(sent(answer).decode())))


def test_orders_as_csv(client: Client, shop: Shop) -> None:
    at = datetime(2026, 11, 21, 14, 32, 5, tzinfo=UTC)
    order = rows.order(shop, reference="=1+1", description="-2 @ home", amount_minor=4200)
    Order.objects.filter(pk=order.pk).update(created_at=at)
    rows.order(shop, amount_minor=1234, currency="JPY")
    answer = client.get(address("order"))
    assert answer.headers["Content-Type"].startswith("text/csv; charset=utf-8")
    assert re.fullmatch(
        r'attachment; filename="orders-\d{4}-\d\d-\d\d\.csv"', answer.headers["Content-Disposition"]
    )
    yen, euro = table(answer)
    assert (euro["number"], euro["shop"], euro["state"]) == (order.number, "Museum shop", "open")
    assert (euro["amount"], euro["amount, minor units"], euro["currency"]) == ("42.00", "4200", "EUR")
    assert (yen["amount"], yen["amount, minor units"]) == ("1234", "1234")
    assert euro["created"] == "2026-11-21T14:32:05Z"
    assert euro["paid"] == ""
    assert (euro["shop's reference"], euro["description"]) == ("'=1+1", "'-2 @ home")


def test_what_a_spreadsheet_would_calculate_is_text() -> None:
    for text in ("=1", "+1", "-1", "@SUM(A1)", "\t=1", "\r1"):
        assert harmless(text) == f"'{text}"
    assert harmless("1-1") == "1-1"
    assert harmless('a";=HYPERLINK("x")') == 'a";\'=HYPERLINK("x")'
    assert harmless("\r=1") == "'\r'=1"
    assert harmless("a\n=1+1") == "a\n'=1+1"
    assert harmless("\n=1+1") == "'\n'=1+1"
    assert harmless("so; -5 degrees; a=b") == "so; -5 degrees; a=b"


def test_payments_and_their_money(client: Client, shop: Shop, account: Account) -> None:
    payment = rows.payment(rows.order(shop), account, State.REFUNDED)
    [row] = table(client.get(address("payment")))
    assert (row["reference"], row["card"], row["last four digits"]) == (payment.reference, "Visa", "1111")
    assert (row["captured"], row["refunded, minor units"], row["live or test"]) == ("42.99", "4299", "test")
    back, taken = table(client.get(address("movement")))
    assert (taken["what"], taken["net, minor units"]) == ("captured", "4299")
    assert (back["what"], back["amount"], back["net"], back["payment"]) == (
        "refunded",
        "42.99",
        "-42.99",
        payment.reference,
    )
    everything = "".join(sent(client.get(address(model))).decode() for model in
                         ("order", "payment", "movement"))  # fmt: skip
    assert not [canary for canary in rows.CANARIES if canary in everything]


def test_they_are_the_rows_of_the_list(client: Client, shop: Shop, account: Account) -> None:
    paid, failed = (rows.payment(rows.order(shop), account, state) for state in (State.PAID, State.FAILED))
    query = {"state__exact": "failed", "q": failed.order.number}
    html = client.get(reverse("admin:checkout_payment_changelist"), {**query, "p": "1"}).content.decode()
    found = re.search(r'href="([^"]*export\.csv[^"]*)"', html)
    assert found is not None
    assert "p=" not in found[1].partition("?")[2].replace("amp;", "").split("&")
    assert [row["reference"] for row in table(client.get(found[1].replace("&amp;", "&")))] == [
        failed.reference
    ]
    assert table(client.get(address("payment"), {"q": paid.order.number, "state__exact": "failed"})) == []
    back = client.get(address("payment"), {"from": "x"})
    assert back.status_code == 302  # to the list, where it is said


def test_a_workbook(client: Client, shop: Shop) -> None:
    rows.order(shop, reference="=cmd|' /C calc'!A0")
    answer = client.get(address("order", "xlsx"))
    with zipfile.ZipFile(io.BytesIO(sent(answer))) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "=cmd|' /C calc'!A0" in sheet.replace("&#39;", "'")
    assert "<v>42.99</v>" in sheet
    assert sheet.count("<row ") == 2


def test_a_full_sheet_begins_another(client: Client, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("checkout.merchant.sheets._ROWS_OF_A_SHEET", 3)
    for _number in range(3):
        rows.order(shop)
    answer = client.get(address("order", "xlsx"))
    with zipfile.ZipFile(io.BytesIO(sent(answer))) as book:
        sheets = [book.read(f"xl/worksheets/sheet{number}.xml").decode() for number in (1, 2)]
    assert [sheet.count("<row ") for sheet in sheets] == [3, 2]


def test_only_who_may(viewer: Client, shop: Shop) -> None:
    rows.order(shop)
    listing = reverse("admin:checkout_order_changelist")
    assert "export.csv" not in viewer.get(listing).content.decode()
    assert viewer.get(address("order")).status_code == 403
    user = User.objects.get(username="victor")
    user.user_permissions.add(Permission.objects.get(codename="export_order"))
    assert "export.csv" in viewer.get(listing).content.decode()
    assert len(table(viewer.get(address("order")))) == 1
    assert viewer.post(address("order")).status_code == 405
    assert viewer.get(address("order", "pdf")).status_code == 404
    user.user_permissions.remove(*Permission.objects.filter(codename="view_payment"))
    assert viewer.get(address("movement")).status_code == 403


def test_the_headings_are_the_readers(client: Client, shop: Shop) -> None:
    with translation.override("fr"):
        french = str(Order._meta.get_field("currency").verbose_name)
    assert french != "currency"
    answer = client.get(address("order"), headers={"accept-language": "fr"})
    assert french in sent(answer).decode().splitlines()[0]


def test_rows_are_fetched_as_they_are_sent(
    client: Client, shop: Shop, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One query for all of them, and the first line leaves before the last row is read."""
    for _number in range(3):
        rows.payment(rows.order(shop), account, State.PAID)
    for model in ("order", "payment", "movement"):
        sent(client.get(address(model)))
        with CaptureQueriesContext(connection) as asked:
            sent(client.get(address(model)))
        few = len(asked)
        rows.payment(rows.order(shop), account, State.PAID)
        with CaptureQueriesContext(connection) as asked:
            sent(client.get(address(model)))
        assert len(asked) == few

    read = []

    def counting() -> Any:
        for number in range(10_000):
            read.append(number)
            yield number

    lines = csv_lines([Column("n", lambda row: row)], counting())
    assert next(lines) == "n\r\n0\r\n"
    assert len(read) == 1


def test_each_is_noted_with_how_many(client: Client, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    noted = []
    monkeypatch.setattr(exports, "note_export", lambda request, model, rows: noted.append((model, rows)))
    rows.order(shop)
    sent(client.get(address("order")))
    sent(client.get(address("order", "xlsx")))
    assert noted == [("order", 1), ("order", 1)]
