"""What did a provider ring about, what came of it, and what would change if it were looked at again?"""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from checkout.models import Account, Delivery, Exchange, Shop, TimelineEntry
from checkout.states import State
from providers.base import Outcome, Report
from providers.errors import Uncertain
from providers.money import Money
from tests.merchant import rows
from tests.merchant.clicks import address
from tests.merchant.scripted import Scripted

EUROS = Money(4299, "EUR")


@pytest.fixture
def delivery(shop: Shop, account: Account) -> Delivery:
    payment = rows.payment(rows.order(shop), account, State.STARTED)
    return Delivery.objects.create(
        account=account, key="k", about="payment closed", reference=payment.reference, payment=payment,
        verdict="failed", attempts=3, error="The provider could not be asked, or gave no answer.",
        next_try_at=timezone.now(),
    )  # fmt: skip


def test_the_list_tells_of_error_and_next_try_and_filters_by_verdict(
    client: Client, delivery: Delivery
) -> None:
    listed = reverse("admin:checkout_delivery_changelist")
    html = client.get(listed).content.decode()
    assert "The provider could not be asked, or gave no answer." in html
    assert f"{delivery.next_try_at:%Y-%m-%d}" in html
    assert client.get(listed, {"verdict__exact": "failed"}).context["cl"].result_count == 1
    assert client.get(listed, {"verdict__exact": "applied"}).context["cl"].result_count == 0


def test_what_would_change_is_shown_before_it_is_done(
    transactional_db: None, client: Client, delivery: Delivery
) -> None:
    html = client.get(reverse("admin:checkout_delivery_change", args=[delivery.pk])).content.decode()
    assert "/do/preview/" in html
    asked = client.get(address(delivery, "preview")).content.decode()
    assert "Scripted Pay is asked about what this notification speaks of. Nothing is written." in asked
    assert Scripted.asked == []

    Scripted.answer = Report(outcome=Outcome.PAID, authorized=EUROS, captured=EUROS)
    entries = TimelineEntry.objects.count()
    answer = client.post(address(delivery, "preview"))
    shown = answer.content.decode()
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]  # it tells of this moment
    assert Scripted.in_transaction == [False]
    told = [(group.title, group.moves) for group in answer.context["groups"]]
    payment = delivery.payment
    assert payment is not None
    assert told == [
        (f"Order {payment.order}", [("State", "open", "paid")]),
        (
            f"Payment {payment}",
            [
                ("State", "waiting for the shopper", "paid"),
                ("Authorised", "€0.00", "€42.99"),
                ("Captured", "€0.00", "€42.99"),
            ],
        ),
    ]
    for said in (
        "confirms: 42.99 EUR paid.",
        "<code>order.paid</code>",
        "Follow up now",
        "Nothing of it has been",
    ):
        assert said in shown
    delivery.refresh_from_db()
    payment.refresh_from_db()
    assert (delivery.verdict, delivery.attempts, payment.state) == ("failed", 3, "started")
    assert TimelineEntry.objects.count() == entries
    assert not Exchange.objects.filter(payment=payment).exists()

    assert client.post(address(delivery, "follow-up")).status_code == 302
    payment.refresh_from_db()
    assert payment.state == State.PAID
    again = client.post(address(delivery, "preview")).content.decode()
    assert "Nothing would change: what it says is known already." in again


def test_what_cannot_be_told_is_said_and_nobody_else_may_ask(
    client: Client, viewer: Client, delivery: Delivery, account: Account
) -> None:
    Scripted.answer = Uncertain("HTTP 503.")
    assert "could not be asked about" in client.post(address(delivery, "preview")).content.decode()
    unknown = Delivery.objects.create(account=account, key="k2", about="x", reference="nobody's")
    shown = client.post(address(unknown, "preview")).content.decode()
    assert "No payment of ours is known under what this notification names" in shown
    ignored = Delivery.objects.create(
        account=account, key="k3", about="x", verdict="ignored", error="Of no use."
    )
    assert "Nobody would be asked: Of no use." in client.post(address(ignored, "preview")).content.decode()
    assert viewer.post(address(delivery, "preview")).status_code == 403
