"""Does money move once, as much as was confirmed, and is its end told as it is?"""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from checkout.models import Account, Operation, Shop
from checkout.payments.operate import MovedMeanwhile, operate
from checkout.states import OrderState, State
from providers.base import Verb
from providers.errors import Uncertain, Unreachable
from providers.money import Money
from tests.merchant import rows
from tests.merchant.clicks import address, do, hidden, refund
from tests.merchant.scripted import Scripted

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_refund_names_the_money_before_it_moves(client: Client, shop: Shop, account: Account) -> None:
    payment = rows.payment(rows.order(shop), account, State.PAID)
    form = client.get(address(payment, "refund")).content.decode()
    assert 'value="42.99"' in form
    typed = {"amount": "12,50", "reason": "one of three", "key": hidden(form, "key")}
    confirm = client.post(address(payment, "refund"), typed).content.decode()
    assert (
        f"Scripted Pay is told to pay €12.50 of attempt 1 of order {payment.order.number} back to Visa"
        in confirm
    )
    assert (Scripted.asked, Operation.objects.count()) == ([], 0)

    assert do(client, payment, "refund", **typed, confirmed="yes") == "The refund of €12.50 is done."
    operation = Operation.objects.get()
    assert (operation.amount_minor, operation.reason, operation.status) == (1250, "one of three", "success")
    assert operation.requested_by == User.objects.get(username="margot")
    payment.refresh_from_db()
    assert payment.refunded_minor == 1250


def test_a_double_click_refunds_once(client: Client, shop: Shop, account: Account) -> None:
    payment = rows.payment(rows.order(shop), account, State.PAID)
    first, second = refund(client, payment, "42.99", clicks=2)
    assert first == "The refund of €42.99 is done."
    assert second == "This form was sent before; nothing was asked for again. The refund of €42.99 is done."
    assert Operation.objects.count() == 1
    assert [verb for verb, _reference in Scripted.asked] == ["refund"]


def test_two_forms_are_two_refunds(client: Client, shop: Shop, account: Account) -> None:
    payment = rows.payment(rows.order(shop), account, State.PAID)
    refund(client, payment, "10")
    refund(client, payment, "10")
    payment.refresh_from_db()
    assert (payment.refunded_minor, Operation.objects.count()) == (2000, 2)


def test_two_people_who_refund_the_same_part_refund_it_once(
    client: Client, shop: Shop, account: Account
) -> None:
    payment = rows.payment(rows.order(shop), account, State.PAID)
    at = address(payment, "refund")
    forms = [client.get(at).content.decode() for _person in range(2)]
    typed = [{"amount": "10", **{name: hidden(form, name) for name in ("key", "left")}} for form in forms]
    for one in typed:  # both have read it back
        assert "€10.00" in client.post(at, one).content.decode()
    assert do(client, payment, "refund", **typed[0], confirmed="yes") == "The refund of €10.00 is done."
    late = client.post(at, {**typed[1], "confirmed": "yes"}).content.decode()
    assert "Nothing was done: money of this payment was moved since" in late
    assert Operation.objects.count() == 1
    # A second click of the one that was done is no affair of the other's.
    assert do(client, payment, "refund", **typed[0], confirmed="yes").startswith("This form was sent before")
    # Who means it goes on: the page that said so has been read.
    again = {**typed[1], "left": hidden(late, "left")}
    assert do(client, payment, "refund", **again, confirmed="yes") == "The refund of €10.00 is done."
    payment.refresh_from_db()
    with pytest.raises(MovedMeanwhile):  # under the lock, whatever a form had found
        operate(payment, Verb.REFUND, Money(1000, "EUR"), left_then=Money(4299, "EUR"))
    payment.refresh_from_db()
    assert (payment.refunded_minor, Operation.objects.count()) == (2000, 2)


@pytest.mark.parametrize(
    ("error", "told", "status"),
    [
        (Unreachable("No connection."), "The refund of €42.99 failed: No connection.", "failure"),
        (
            Uncertain("No answer."),
            "Nobody knows yet whether the refund of €42.99 was done: No answer.",
            "uncertain",
        ),
    ],
)
def test_the_end_of_a_refund_is_told_as_it_is(
    client: Client, shop: Shop, account: Account, error: Exception, told: str, status: str
) -> None:
    payment = rows.payment(rows.order(shop), account, State.PAID)
    Scripted.answer = error  # type: ignore[assignment]
    assert refund(client, payment, "42.99")[0].startswith(told)
    assert Operation.objects.get().status == status


@pytest.mark.parametrize(
    ("amount", "objection"),
    [
        ("43.00", "Only €42.99 is left."),
        ("0", "Give an amount of more than nothing."),
        ("0.00", "Give an amount of more than nothing."),
        ("-1", "Give an amount such as"),
        ("1.234", "Give an amount such as"),
        ("1,000", "Give an amount such as"),
        ("1e1", "Give an amount such as"),
        ("٣", "Give an amount such as"),
        ("NaN", "Give an amount such as"),
        ("", "This field is required."),
    ],
)
def test_an_amount_that_is_none_is_refused_at_its_field(
    client: Client, shop: Shop, account: Account, amount: str, objection: str
) -> None:
    payment = rows.payment(rows.order(shop), account, State.PAID)
    key = hidden(client.get(address(payment, "refund")).content.decode(), "key")
    answer = client.post(address(payment, "refund"), {"amount": amount, "key": key, "confirmed": "yes"})
    assert answer.status_code == 200
    assert objection in answer.content.decode()
    assert (Scripted.asked, Operation.objects.count()) == ([], 0)


@pytest.mark.parametrize(("currency", "amount", "minor"), [("JPY", "500", 500), ("KWD", "1,250", 1250)])
def test_an_amount_has_its_currency_s_decimals(
    client: Client, shop: Shop, account: Account, currency: str, amount: str, minor: int
) -> None:
    payment = rows.payment(rows.order(shop, currency=currency), account, State.PAID)
    refund(client, payment, amount)
    payment.refresh_from_db()
    assert payment.refunded_minor == minor


def test_a_key_of_another_payment_is_refused(client: Client, shop: Shop, account: Account) -> None:
    payment = rows.payment(rows.order(shop), account, State.PAID)
    other = rows.payment(rows.order(shop), account, State.PAID)
    key = hidden(client.get(address(other, "refund")).content.decode(), "key")
    answer = client.post(address(payment, "refund"), {"amount": "1", "key": key, "confirmed": "yes"})
    assert "This form is not for this payment." in answer.content.decode()
    assert Operation.objects.count() == 0


def test_only_what_the_provider_can_do_is_offered(client: Client, shop: Shop, account: Account) -> None:
    payment = rows.payment(rows.order(shop), account, State.AUTHORIZED)
    html = client.get(reverse("admin:checkout_order_change", args=[payment.order_id])).content.decode()
    assert address(payment, "capture") in html
    assert address(payment, "void") not in html  # Scripted Pay has no void
    assert address(payment, "refund") not in html  # nothing is captured
    assert client.get(address(payment, "void")).status_code == 302


def test_a_capture_captures(client: Client, shop: Shop, account: Account) -> None:
    order = rows.order(shop)
    payment = rows.payment(order, account, State.AUTHORIZED)
    key = hidden(client.get(address(payment, "capture")).content.decode(), "key")
    told = do(client, payment, "capture", amount="42.99", reason="", key=key, confirmed="yes")
    assert told == "The capture of €42.99 is done."
    order.refresh_from_db()
    assert order.state == OrderState.PAID
