"""Does the merchant read what accepting another amount means, and is it done once, by who may?"""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from checkout.models import Account, AuditEntry, Payment, Shop
from checkout.payments.recover import check
from checkout.roles import VIEWER
from checkout.states import OrderState, State
from providers.base import Outcome, Report
from providers.money import Money
from tests.merchant import rows
from tests.merchant.clicks import address, do
from tests.merchant.people import browser_of, person
from tests.merchant.scripted import Scripted

pytestmark = pytest.mark.django_db(transaction=True)

CAME = Money(4000, "EUR")


@pytest.fixture
def doubted(shop: Shop, account: Account) -> Payment:
    """40.00 came instead of 42.99."""
    payment = rows.payment(rows.order(shop), account, State.STARTED)
    Scripted.answer = Report(outcome=Outcome.PAID, authorized=CAME, captured=CAME)
    return check(payment)


def test_it_is_read_back_and_done_once(client: Client, merchant: User, doubted: Payment) -> None:
    shown = client.get(reverse("admin:checkout_payment_change", args=[doubted.pk])).content.decode()
    assert "Accept what came" in shown
    asked = client.get(address(doubted, "accept")).content.decode()
    assert "told of money that is not what was asked for, €42.99, so the order is not paid." in asked
    assert "Not believed: asked 42.99 EUR, provider reports 40.00 EUR" in asked
    read_back = client.post(address(doubted, "accept"), {"amount": "40,00"}).content.decode()
    assert "If it says that €40.00 came, the order is over €40.00 from now on, instead of €42.99" in read_back
    doubted.refresh_from_db()
    assert doubted.state == State.PENDING
    clicks = [do(client, doubted, "accept", amount="40,00", confirmed="yes") for _click in range(2)]
    assert clicks == ["Accepted: the order is over €40.00, and its payment is paid."] * 2
    doubted.refresh_from_db()
    assert (doubted.state, doubted.order.state, doubted.order.amount_minor) == ("paid", OrderState.PAID, 4000)
    assert doubted.order.timeline.get(code="payment.accepted").user == merchant
    assert AuditEntry.objects.filter(action="accept", who="margot", shop=doubted.order.shop).count() == 2


def test_what_the_provider_does_not_say_is_refused(client: Client, doubted: Payment) -> None:
    told = do(client, doubted, "accept", amount="42.99", confirmed="yes")
    assert told == "The provider says that 40.00 EUR came, not 42.99 EUR."
    wrong = client.post(address(doubted, "accept"), {"amount": "forty", "confirmed": "yes"})
    assert "Give an amount such as" in wrong.content.decode()
    assert Payment.objects.get().order.amount_minor == 4299


def test_who_may_only_look_is_not_offered_it(doubted: Payment) -> None:
    browser = browser_of(person("vera", VIEWER))
    shown = browser.get(reverse("admin:checkout_payment_change", args=[doubted.pk])).content.decode()
    assert "Accept what came" not in shown
    assert browser.post(address(doubted, "accept"), {"amount": "40"}).status_code == 403
