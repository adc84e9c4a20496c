"""Can a person end what no answer tells? By pointing at the provider's own record, under the person's own name."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from checkout.models import Account, Operation, Payment, Shop
from checkout.states import State
from providers.base import Operation as Listed
from providers.base import OperationStatus, Outcome, Report, Verb
from providers.errors import Uncertain
from providers.money import Money
from tests.merchant import rows
from tests.merchant.clicks import address, do, refund
from tests.merchant.scripted import Scripted

pytestmark = pytest.mark.django_db(transaction=True)

ALL, TEN = Money(4299, "EUR"), Money(1000, "EUR")


@pytest.fixture
def payment(shop: Shop, account: Account) -> Payment:
    return rows.payment(rows.order(shop), account, State.PAID)


@pytest.fixture
def lost(client: Client, payment: Payment) -> Operation:
    """A refund of 10.00 whose answer did not come, twenty minutes ago. The provider lists none."""
    Scripted.answer = Uncertain("No answer.")
    refund(client, payment, "10")
    Operation.objects.update(created_at=timezone.now() - timedelta(minutes=20))
    Scripted.answer = Report(outcome=Outcome.PAID, authorized=ALL, captured=ALL)
    return Operation.objects.get()


def page(client: Client, payment: Payment) -> str:
    return client.get(reverse("admin:checkout_payment_change", args=[payment.pk])).content.decode()


def test_it_is_offered_when_it_can_no_longer_be_on_its_way(
    client: Client, payment: Payment, lost: Operation
) -> None:
    assert "Say how it ended" in page(client, payment)
    Operation.objects.update(created_at=timezone.now() - timedelta(minutes=14))
    assert "Say how it ended" not in page(client, payment)
    Operation.objects.update(created_at=timezone.now() - timedelta(days=1), status=OperationStatus.SUCCESS)
    assert "Say how it ended" not in page(client, payment)


def test_it_is_there(client: Client, payment: Payment, lost: Operation) -> None:
    listed = Listed(
        verb=Verb.REFUND, money=TEN, status=OperationStatus.SUCCESS, key=lost.key, provider_id="R-77"
    )
    Scripted.answer = replace(Scripted.answer, refunded=TEN, operations=(listed,))  # type: ignore[type-var]
    typed = {"operation": str(lost.pk), "found": "there", "provider_id": "R-77"}
    read_back = client.post(address(payment, "looked"), typed).content.decode()
    assert "Scripted Pay is asked about R-77." in read_back
    assert Scripted.asked[-1][0] == "refund"
    assert do(client, payment, "looked", **typed, confirmed="yes") == "The refund of €10.00 is done."
    payment.refresh_from_db()
    assert (payment.refunded_minor, Scripted.asked[-1][0]) == (1000, "sync")
    again = do(client, payment, "looked", **typed, confirmed="yes")
    assert again == "It has ended already. The refund of €10.00 is done."
    assert [verb for verb, _reference in Scripted.asked].count("refund") == 1


def test_another_id_tells_nothing(client: Client, payment: Payment, lost: Operation) -> None:
    typed = {"operation": str(lost.pk), "found": "there", "provider_id": "R-78"}
    told = do(client, payment, "looked", **typed, confirmed="yes")
    assert told == "Scripted Pay was asked about R-78, but did not tell of this. Is the id right?"
    lost.refresh_from_db()
    assert lost.status == OperationStatus.UNCERTAIN


def test_it_is_not_there(client: Client, payment: Payment, lost: Operation) -> None:
    typed = {"operation": str(lost.pk), "found": "missing"}
    told = do(client, payment, "looked", **typed, confirmed="yes")
    assert told == "The refund of €10.00 failed: a person found no record of it at the provider"
    entry = payment.order.timeline.get(code="operation.missed")
    assert entry.user == User.objects.get(username="margot")
    assert "The refund of 10.00 EUR was looked for at Scripted Pay by hand, and is not there." in page(
        client, payment
    )


def test_a_silent_provider_leaves_it_open(client: Client, payment: Payment, lost: Operation) -> None:
    Scripted.answer = Uncertain("No answer.")
    typed = {"operation": str(lost.pk), "found": "missing"}
    told = do(client, payment, "looked", **typed, confirmed="yes")
    assert told == "The provider cannot be asked at the moment. Try again later."
    lost.refresh_from_db()
    assert lost.status == OperationStatus.UNCERTAIN


@pytest.mark.parametrize(
    ("found", "name", "error"),
    [
        ("there", "", "Give the id: the provider is then asked about it."),
        ("missing", "R-77", "It has an id, so it is there?"),
        ("perhaps", "", "Select a valid choice."),
    ],
)
def test_what_does_not_fit_is_said_at_its_field(
    client: Client, payment: Payment, lost: Operation, found: str, name: str, error: str
) -> None:
    typed = {"operation": str(lost.pk), "found": found, "provider_id": name, "confirmed": "yes"}
    assert error in client.post(address(payment, "looked"), typed).content.decode()
    assert [verb for verb, _reference in Scripted.asked] == ["refund"]


def test_another_payments_operation_cannot_be_named(
    client: Client, shop: Shop, account: Account, lost: Operation
) -> None:
    other = rows.payment(rows.order(shop), account, State.PAID)
    typed = {"operation": str(lost.pk), "found": "missing", "confirmed": "yes"}
    assert "Select a valid choice." in client.post(address(other, "looked"), typed).content.decode()


def test_who_may_only_look_cannot(viewer: Client, payment: Payment, lost: Operation) -> None:
    assert "Say how it ended" not in page(viewer, payment)
    assert viewer.get(address(payment, "looked")).status_code == 403
