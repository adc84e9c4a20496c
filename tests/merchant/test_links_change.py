"""Is an order changed as it was read back, and is it said what became of what was out, and what is not known yet?"""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from checkout.models import Account, Order
from checkout.payments.figures import violations
from checkout.payments.links import invite
from checkout.payments.recover import check
from checkout.payments.start import start
from checkout.payments.timeline import Who
from checkout.states import State
from providers.base import Kind, Outcome, Report
from providers.errors import Decline, Declined, Uncertain
from providers.money import Money
from tests.merchant.clicks import address, do, hidden
from tests.merchant.linking import PHONE, errors, page
from tests.scripted import (
    Clock,
    Script,
    install,
    make_account,
    make_agreement,
    make_order,
    make_payment,
    paid,
)

pytestmark = pytest.mark.django_db(transaction=True)
PENDING = "Scripted was asked to change attempt 1 to €50.00, payable until "


@pytest.fixture(autouse=True)
def script(monkeypatch: pytest.MonkeyPatch, scripted: object) -> Iterator[Script]:
    yield install(monkeypatch)
    assert {rule: n for rule, n in violations().items() if n} == {}


@pytest.fixture
def account(script: Script, db: None) -> Account:
    return make_account()


@pytest.fixture
def order(account: Account) -> Order:
    items = [{"name": "Ticket", "quantity": 1, "unit_price": 4299}]
    return make_order(account.shop, items=items, expires_at=timezone.now() + timedelta(days=2))


def proposed(client: Client, order: Order) -> dict[str, str]:
    html = client.get(address(order, "change")).content.decode()
    return {
        "seen": hidden(html, "seen"),
        "amount": str(order.money.decimal),
        "until": order.expires_at.strftime("%Y-%m-%dT%H:%M"),
    }


def read_back(client: Client, order: Order, **typed: str) -> tuple[dict[str, str], str]:
    form = {**proposed(client, order), **typed}
    answer = client.post(address(order, "change"), form)
    html = answer.content.decode()
    assert 'name="confirmed"' in html, errors(answer)
    return {**form, "confirmed": "yes"}, html


def changed(client: Client, order: Order, **typed: str) -> str:
    form, _html = read_back(client, order, **typed)
    return do(client, order, "change", **form)


def test_another_amount(client: Client, order: Order) -> None:
    invite(order, channel="copy", who=Who.MERCHANT)
    form, html = read_back(client, order, amount="50")
    assert "The order is over €50.00 then; it was €42.99." in html
    assert "Its items go: they add up to the old amount." in html
    assert "1 link of ours is out: it leads to the order’s page, which shows what is owed then." in html
    assert "It is payable until" not in html
    before = order.expires_at
    told = [do(client, order, "change", **form) for _click in range(2)]
    order.refresh_from_db()
    assert (order.amount_minor, order.items, order.expires_at) == (5000, [], before)
    assert len(set(told)) == 1
    assert told[0].startswith("The order is over €50.00 now, payable until ")
    assert order.timeline.filter(code="order.changed").count() == 1
    assert order.timeline.get(code="order.changed").user.username == "margot"  # type: ignore[union-attr]


def test_more_time_keeps_what_somebody_else_changed_meanwhile(client: Client, order: Order) -> None:
    until = timezone.now() + timedelta(days=9)
    form, html = read_back(client, order, until=until.strftime("%Y-%m-%dT%H:%M"))
    assert "It is payable until " in html
    assert "The order is over" not in html
    Order.objects.update(amount_minor=6000, items=[])
    assert do(client, order, "change", **form).startswith("The order is over €60.00 now, payable until ")
    order.refresh_from_db()
    assert order.expires_at == until.replace(second=0, microsecond=0)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ({"amount": "0"}, {"amount": ["Give an amount of more than nothing."]}),
        ({"amount": "1,000.00"},
         {"amount": ["Give an amount such as 100.00, in EUR, without marks between thousands."]}),
        ({"until": "2001-01-01T10:00"}, {"until": ["That time is over."]}),
        ({"until": "2031-01-01T10:00"}, {"until": ["An order waits for 90 days at most."]}),
        ({}, {"__all__": ["Nothing here is different: the order is as it was."]}),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_at_its_field(
    client: Client, order: Order, typed: dict[str, str], found: dict[str, list[str]]
) -> None:
    answer = client.post(address(order, "change"), {**proposed(client, order), **typed})
    assert errors(answer) == found


def test_the_open_attempt_is_changed_with_it(
    client: Client, script: Script, account: Account, order: Order
) -> None:
    invite(order, channel="sms", to=PHONE, account=account, who=Who.MERCHANT)
    form, html = read_back(client, order, amount="50")
    assert "Attempt 1 is open: Scripted is told of the change first." in html
    assert "The link that Scripted opened for it stays good, with what is owed then." in html
    assert do(client, order, "change", **form).startswith("The order is over €50.00 now")
    assert script.asked("update")[0].charge.money == Money(5000, "EUR")
    assert order.payments.get().amount_minor == 5000


def test_an_attempt_that_cannot_be_changed_is_given_up(client: Client, script: Script, order: Order) -> None:
    bare = make_account(order.shop, provider="bare")
    start(order, bare)
    form, html = read_back(client, order, amount="50")
    assert "Attempt 1 is open: it is given up at Bare first." in html
    assert do(client, order, "change", **form).startswith("The order is over €50.00 now")
    assert order.payments.get().state == State.CANCELED


def test_silence_is_told_until_it_is_settled(
    client: Client, script: Script, clock: Clock, account: Account, order: Order
) -> None:
    payment = start(order, account)
    script.will("update", Uncertain("No answer."))
    told = changed(client, order, amount="50")
    assert told.startswith(PENDING)
    assert told.endswith("What it says later decides; the order is as it was until then.")
    html = client.get(page(order)).content.decode()
    assert f"<strong>A change is not confirmed:</strong> {PENDING}" in html
    assert PENDING in client.get(address(order, "change")).content.decode()

    script.will("sync", Report(outcome=Outcome.OPEN, asked=Money(5000, "EUR")))
    payment.refresh_from_db()
    check(payment)
    order.refresh_from_db()
    assert order.amount_minor == 5000
    assert "A change is not confirmed" not in client.get(page(order)).content.decode()


def test_silence_and_the_change_is_taken_back(
    client: Client, script: Script, clock: Clock, account: Account, order: Order
) -> None:
    start(order, account)
    script.will("update", Uncertain("No answer."))
    changed(client, order, amount="50")
    assert do(client, order, "change", **read_back(client, order)[0]).startswith(PENDING)  # it is being asked
    clock.forward(minutes=10)
    form, html = read_back(client, order)
    assert "The order stays over €42.99." in html
    assert "What Scripted was asked for before and has not confirmed is replaced by it." in html
    assert do(client, order, "change", **form).startswith("The order is over €42.99 now")
    assert script.asked("update")[-1].charge.money == Money(4299, "EUR")
    assert "A change is not confirmed" not in client.get(page(order)).content.decode()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def test_money_came_first(client: Client, script: Script, order: Order) -> None:
    start(order, make_account(order.shop, provider="bare"))
    script.will("sync", paid)
    told = changed(client, order, amount="50")
    assert told == "Money had come before: the order is paid, and was not changed."


def test_the_provider_refuses_to_change_a_link(
    client: Client, script: Script, account: Account, order: Order
) -> None:
    invite(order, channel="sms", to=PHONE, account=account, who=Who.MERCHANT)
    script.will("update", Declined(Decline(code="57", message="No more than 45 EUR.")))
    assert changed(client, order, amount="50") == "The order was not changed: No more than 45 EUR."
    order.refresh_from_db()
    assert order.amount_minor == 4299


def test_where_it_is_offered(client: Client, viewer: Client, account: Account, order: Order) -> None:
    assert ">Change the order</a>" in client.get(page(order)).content.decode()
    done = make_payment(make_order(account.shop), account, state=State.PAID).order
    assert "Change the order" not in client.get(page(done)).content.decode()
    assert viewer.get(address(order, "change")).status_code == 403
    terms = make_agreement(account).terms
    agreed = make_order(account.shop, kind=Kind.SUBSCRIPTION, terms=terms)
    html = client.get(address(agreed, "change")).content.decode()
    assert 'name="until"' in html
    assert 'name="amount"' not in html  # what is agreed fixes it
