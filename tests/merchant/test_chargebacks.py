"""Does a merchant see what a bank took back, and what is to be done about it?"""

import re
from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse

from checkout.models import Account, Chargeback, Payment, Shop
from checkout.payments.apply import apply
from checkout.states import State
from providers.base import Chargeback as Told
from providers.base import Outcome, Report
from providers.money import Money
from tests.merchant import rows
from tests.merchant.agreeing import look, page, words
from tests.merchant.clicks import do

EUR = Money(4299, "EUR")
PAYMENTS = "admin:checkout_payment_changelist"
ADVICE = (
    "If you object, do it in Scripted Pay's own back office, before the bank's limit. After it the money is lost. The "
    "bank gives it to the cardholder, so do not refund it as well. A chargeback is no refund: the payment's own sums "
    "stay as they are."
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def paid(shop: Shop, account: Account) -> Payment:
    return rows.payment(rows.order(shop), account, State.PAID)


def take_back(payment: Payment, **fields: object) -> None:
    """As it comes: the provider says so when it is asked."""
    told = Told(id="CB-77", money=Money(4000, "EUR"), status="received", reason="4853",
                at=datetime(2026, 11, 20, 7, 5, tzinfo=UTC))  # fmt: skip
    apply(payment.pk, Report(outcome=Outcome.PAID, reference=payment.reference, authorized=EUR, captured=EUR,
                             chargebacks=(told,)))  # fmt: skip


def listed(client: Client, query: str) -> list[str]:
    html = client.get(reverse(PAYMENTS) + query).content.decode()
    return re.findall(r">(G-[2-9A-Z]{9}-\d)</span></a>", html)


def counted(client: Client) -> str:
    text = words(client.get(reverse("admin:index")).content.decode())
    found = re.search(r"Chargebacks that nobody has marked as seen (\d+)", text)
    assert found is not None
    return found[1]


def test_the_pages_of_payment_and_order_tell_of_it_and_what_to_do(client: Client, paid: Payment) -> None:
    take_back(paid)
    for row in (paid, paid.order):
        text = look(client, row)
        assert f"Taken back by the bank {ADVICE} When" in text
        assert f"2026-11-20 07:05 UTC {paid.reference} €40.00 4853 received CB-77" in text
    assert "The bank took 40.00 EUR back. Its reason code: 4853" in look(client, paid)
    assert f'href="{page(paid)}"' in client.get(page(paid.order)).content.decode()


def test_what_the_bank_did_not_say_is_left_open(client: Client, paid: Payment) -> None:
    Chargeback.objects.create(payment=paid, provider_id="", amount_minor=100, currency="EUR")
    assert f"– {paid.reference} €1.00 – – –" in look(client, paid)


def test_a_payment_that_nobody_took_back_says_nothing_of_it(client: Client, paid: Payment) -> None:
    for row in (paid, paid.order):
        assert "Taken back" not in look(client, row)
        assert "back office" not in look(client, row)


def test_an_order_with_two_providers_names_both(client: Client, shop: Shop, paid: Payment) -> None:
    other = rows.account(shop, provider="splitting", name="Splitting, test")
    second = rows.payment(paid.order, other, State.PAID)
    for payment in (paid, second, paid):
        Chargeback.objects.create(payment=payment, provider_id=f"CB-{Chargeback.objects.count()}", amount_minor=100,
                                  currency="EUR")  # fmt: skip
    text = look(client, paid.order)
    assert text.count("in Scripted Pay's own back office") == 1
    assert text.count("in Splitting Pay's own back office") == 1
    assert text.count("do not refund it as well") == 1


def test_payments_are_filtered_by_what_was_taken_back(
    client: Client, shop: Shop, account: Account, paid: Payment
) -> None:
    seen = rows.payment(rows.order(shop), account, State.PAID)
    quiet = rows.payment(rows.order(shop), account, State.PAID)
    for payment in (paid, seen):
        take_back(payment)
    assert do(client, seen.order, "seen") == "Marked as seen."
    assert sorted(listed(client, "?charged_back=yes")) == sorted([paid.reference, seen.reference])
    assert listed(client, "?charged_back=waiting") == [paid.reference]
    assert listed(client, "?charged_back=no") == [quiet.reference]
    assert len(listed(client, "")) == 3


def test_the_first_page_counts_those_that_nobody_has_seen(client: Client, paid: Payment) -> None:
    assert counted(client) == "0"
    take_back(paid)
    assert counted(client) == "1"
    assert f'href="{reverse(PAYMENTS)}?charged_back=waiting"' in client.get(
        reverse("admin:index")
    ).content.decode()  # fmt: skip
    do(client, paid.order, "seen")
    assert counted(client) == "0"
