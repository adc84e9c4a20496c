"""How long does the merchant wait with a million orders? Makes the rows once, then times what is looked at every day.

    DATABASE_URL=sqlite:////tmp/million.sqlite3 python -m bench.million            # a million
    DATABASE_URL=postgres://... python -m bench.million --orders 100000

Wants a database of its own: it fills an empty one, and goes on with one that it has filled before. The other settings
are those of a site (SECRET_KEY, CREDENTIAL_KEYS). Prints a table in Markdown.
"""

import argparse
import os
import random
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "checkout.settings")
os.environ.setdefault("LOG_LEVEL", "ERROR")
os.environ.setdefault("DEMO", "true")  # pages find their style sheets without `collectstatic`
django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.db.models import Model  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import reverse  # noqa: E402
from django.utils import timezone  # noqa: E402

from checkout.models import (  # noqa: E402
    Account,
    Exchange,
    Movement,
    Order,
    Payment,
    ProviderReference,
    Shop,
)

DAYS = 730
AT_ONCE = 5000
TIMES = 5
SEED = 7


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--orders", type=int, default=1_000_000)
    wanted = asked.parse_args().orders
    call_command("migrate", verbosity=0)
    if not Order.objects.exists():
        fill(wanted)
    report(wanted)


# The rows


def fill(wanted: int) -> None:
    began = time.monotonic()
    for model, fields in (
        (Order, ["created_at"]),
        (Payment, ["created_at", "updated_at"]),
        (Exchange, ["at"]),
    ):
        for name in fields:  # the past is written as it was, not as of now
            field: Any = model._meta.get_field(name)
            field.auto_now = field.auto_now_add = False
    shop = Shop.objects.create(name="Museum", slug="museum")
    accounts = [
        Account.objects.create(shop=shop, provider=slug, name=slug, live=live, position=place)
        for place, (slug, live) in enumerate(
            (("epc", True), ("ecomcharge", True), ("purse", True), ("epc", False))
        )
    ]
    chance = random.Random(SEED)
    now = timezone.now()
    for first in range(1, wanted + 1, AT_ONCE):
        numbers = range(first, min(first + AT_ONCE, wanted + 1))
        write(numbers, wanted, now, chance, shop, accounts)
        print(f"\r{numbers[-1]:,} orders, {time.monotonic() - began:.0f} s", end="", flush=True)
    note_exchanges(accounts, now, chance)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    print()


def write(
    numbers: Iterable[int],
    wanted: int,
    now: datetime,
    chance: random.Random,
    shop: Shop,
    accounts: list[Account],
) -> None:
    rows: dict[type[Model], list[Any]] = {Order: [], Payment: [], ProviderReference: [], Movement: []}
    for number in numbers:
        at = now - timedelta(days=DAYS) * (1 - number / wanted)
        one_order(rows, number, at, chance, shop, accounts)
    for model, made in rows.items():
        model._default_manager.bulk_create(made)


def one_order(
    rows: dict[type[Model], list[Any]],
    number: int,
    at: datetime,
    chance: random.Random,
    shop: Shop,
    accounts: list[Account],
) -> None:
    minor = chance.randrange(500, 50_000)
    currency = chance.choices(["EUR", "CHF", "JPY"], [90, 9, 1])[0]
    ends = chance.choices(["paid", "failed", "expired", "refunded"], [80, 10, 8, 2])[0]
    paid = ends in ("paid", "refunded")
    flagged = chance.random() < 0.0002
    account = chance.choices(accounts, [50, 30, 15, 5])[0]
    name = f"G-{number:09d}".replace("0", "X").replace("1", "Y")
    rows[Order].append(
        Order(
            id=number, shop=shop, number=name, reference=f"SHOP-{number:07d}", kind="one_off",
            state="paid" if paid else "expired", amount_minor=minor, currency=currency,
            email=f"customer{number}@example.org", expires_at=at + timedelta(minutes=25), created_at=at,
            paid_at=at + timedelta(minutes=1) if paid else None,
            attention="42.99 EUR came after the order was expired" if flagged else "",
            calls=",late_money," if flagged else "",
        )
    )  # fmt: skip
    held = minor if paid else 0
    rows[Payment].append(
        Payment(
            id=number, order_id=number, account=account, number=1, reference=f"{name}-1", state=ends,
            amount_minor=minor, currency=currency, authorized_minor=held, captured_minor=held,
            refunded_minor=held if ends == "refunded" else 0, provider_id=f"tx_{number:09d}",
            decline_reason=chance.choice(["insufficient_funds", "declined", "wrong_cvc"]) if ends == "failed" else "",
            card_brand="Visa", card_last4=f"{chance.randrange(10_000):04d}", created_at=at, updated_at=at,
            finished_at=at,
        )
    )  # fmt: skip
    rows[ProviderReference].append(
        ProviderReference(payment_id=number, account=account, value=f"tx_{number:09d}")
    )
    moved = [Movement.Kind.CAPTURED] * paid + [Movement.Kind.REFUNDED] * (ends == "refunded")
    for kind in moved:
        rows[Movement].append(
            Movement(
                payment_id=number,
                account=account,
                shop=shop,
                kind=kind,
                amount_minor=minor,
                currency=currency,
                at=at,
            )
        )


def note_exchanges(accounts: list[Account], now: datetime, chance: random.Random) -> None:
    day = timedelta(days=1)
    Exchange.objects.bulk_create(
        [
            Exchange(
                account=chance.choice(accounts), at=now - day * chance.random(), method="POST",
                url="https://provider.example/v1/payments", request="{}" * 500, answer="{}" * 800,
                status=0 if chance.random() < 0.01 else 200, milliseconds=200,
            )
            for _number in range(6000)
        ],
        batch_size=AT_ONCE,
    )  # fmt: skip


# The clock


def report(wanted: int) -> None:
    client = Client(SERVER_NAME="localhost")
    user, _new = User.objects.get_or_create(username="bench", is_staff=True, is_superuser=True)
    client.force_login(user)
    count_rules()
    print(f"{connection.vendor}, {Order.objects.count():,} orders of {wanted:,}; the best of {TIMES}")
    print("Processor time is this process's: on SQLite, all there is.\n")
    print("| what | ms | processor, ms |\n|---|---:|---:|")
    for what, do in looks(client):
        line(what, do)


def count_rules() -> None:
    from checkout.payments.tallies import count_anew

    began = time.perf_counter()
    count_anew()
    print(f"The worker's count of the rules of money and of the rows: {time.perf_counter() - began:.1f} s")


def line(what: str, do: Callable[[], None]) -> None:
    do()  # warm
    took, worked = [], []
    for _time in range(TIMES):
        began, idle = time.perf_counter(), time.process_time()
        do()
        worked.append((time.process_time() - idle) * 1000)
        took.append((time.perf_counter() - began) * 1000)
    print(f"| {what} | {min(took):.0f} | {min(worked):.0f} |", flush=True)


def looks(client: Client) -> Iterator[tuple[str, Callable[[], None]]]:
    def get(address: str, **query: str) -> Callable[[], None]:
        def do() -> None:
            answer = client.get(address, query)
            if answer.status_code != 200:
                raise SystemExit(f"{address} {query}: {answer.status_code}")

        return do

    def begin(address: str, **query: str) -> Callable[[], None]:
        def do() -> None:
            answer: Any = client.get(address, query)
            list(islice(answer.streaming_content, 2))
            answer.close()

        return do

    row = Payment.objects.select_related("order").order_by("pk")[Payment.objects.count() // 2]
    day, month = row.created_at.date(), row.created_at.date() + timedelta(days=30)
    days = {"from": str(day), "to": str(month)}
    yield "first page", get(reverse("admin:index"))
    for name in ("order", "payment", "movement"):
        rows = reverse(f"admin:checkout_{name}_changelist")
        yield f"{name}s: list", get(rows)
        yield f"{name}s: page 2", get(rows, p="2")
        yield f"{name}s: page 200", get(rows, p="200")
        yield f"{name}s: a month of last year", get(rows, **days)
        yield f"{name}s: one currency", get(rows, currency="CHF")
        yield (
            f"{name}s: export, until the first rows",
            begin(reverse(f"admin:checkout_{name}_export", args=["csv"])),
        )
    orders = reverse("admin:checkout_order_changelist")
    payments = reverse("admin:checkout_payment_changelist")
    yield "orders: needing a person", get(orders, flag="yes")
    yield "orders: needing a person for late money", get(orders, flag="late_money")
    yield "orders: state", get(orders, state__exact="expired")
    yield "orders: state, days and currency", get(orders, state__exact="expired", currency="CHF", **days)
    yield "payments: state", get(payments, state__exact="failed")
    yield "payments: account", get(payments, account__id__exact=str(row.account_id))
    yield "payments: live", get(payments, live="live")
    yield "payments: decline reason", get(payments, state__exact="failed", decline_reason="wrong_cvc")
    terms = {
        "order number": row.order.number, "shop's reference": row.order.reference,
        "beginning of a reference": row.order.reference[:-2], "e-mail": row.order.email.upper(),
        "beginning of an e-mail": row.order.email[:12], "last four digits": row.card_last4,
        "provider's id": row.provider_id, "payment reference": row.reference, "amount": str(row.money),
        "nothing there is": "nobody@nowhere.example",
    }  # fmt: skip
    for what, term in terms.items():
        yield f"orders: search, {what}", get(orders, q=term)
        yield f"payments: search, {what}", get(payments, q=term)


if __name__ == "__main__":
    main()
