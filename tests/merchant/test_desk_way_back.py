"""What is said when a payment by phone was refused, when its form leads back, and when it is given up? And who may take
one at all?"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from checkout.models import Account, AuditEntry, Order, Payment, Shop
from checkout.payments.figures import violations
from checkout.payments.timeline import Who
from checkout.states import OrderState, State
from providers.base import Outcome, Report
from providers.errors import Decline, Declined, Misconfigured, Uncertain
from providers.money import Money
from tests.merchant import rows
from tests.merchant.calling import (
    CALLER,
    EUR,
    NEW,
    back_to,
    came_back,
    desk_of,
    one,
    page,
    plain,
    sent,
    worker_with,
)
from tests.merchant.clicks import address, do, said
from tests.merchant.phone import Phone, install
from tests.merchant.scripted import Scripted

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def phone(monkeypatch: pytest.MonkeyPatch, scripted: Any) -> Iterator[type[Phone]]:
    install(monkeypatch)
    yield Phone
    assert {rule: n for rule, n in violations().items() if n} == {}
    assert not any(Scripted.in_transaction)


@pytest.fixture
def account(shop: Shop) -> Account:
    return rows.account(shop, provider="phone", name="Phone, test")


# --- the provider says no, or nothing --------------------------------------------------------------------------------


def test_a_form_that_was_refused(client: Client, account: Account) -> None:
    Scripted.answer = Declined(Decline(code="20005", message="Invalid website.", reason="technical_error"))
    opened = sent(client, one())
    answer = client.get(opened["Location"])
    order = Order.objects.get()
    assert (answer["Location"], said(answer)) == (
        page(order),
        "Refused, nothing was charged: Invalid website.",
    )
    assert (order.state, Payment.objects.get().state) == (OrderState.OPEN, State.FAILED)


def test_silence_is_told_and_nothing_is_sent_again(client: Client, account: Account) -> None:
    Scripted.answer = Uncertain("No answer within 20 seconds.")
    opened = sent(client, one())
    html = client.get(opened["Location"]).content.decode()
    assert "Phone Pay did not answer: nobody knows yet whether it has opened the form." in html
    payment = Payment.objects.get()
    assert payment.state == State.CREATED
    assert came_back(client, payment) == (
        "Nobody knows yet whether Phone Pay has opened the form. It is asked until it is known."
    )
    assert [verb for verb, _reference in Scripted.asked] == ["start"]


def test_an_address_that_is_none_is_no_link(client: Client, account: Account) -> None:
    Phone.url = "javascript:alert(1)"
    html = client.get(sent(client, one())["Location"]).content.decode()
    assert "javascript:alert" not in html
    assert "Phone Pay gave no address that a link leads to." in html


def test_settings_that_are_not_right(
    client: Client, shop: Shop, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: Any, *args: Any, **kwargs: Any) -> None:
        raise Misconfigured("The settings of Phone, test are not right: merchant_id.")

    monkeypatch.setattr(Phone, "__init__", broken)
    answer = client.get(NEW)
    assert said(answer) == "The settings of Phone, test are not right: merchant_id."


# --- the way back ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("report", "words", "state"),
    [
        (Report(outcome=Outcome.PAID, authorized=EUR, captured=EUR), "Paid: €42.99.", State.PAID),
        (Report(outcome=Outcome.OPEN), "The form at Phone Pay is still open; nothing was paid yet. →",
         State.STARTED),
        (Report(outcome=Outcome.PENDING),
         "Phone Pay says that the payment is under way. The timeline will say how it ends.", State.PENDING),
        (Report(outcome=Outcome.FAILED, decline=Decline(code="51", message="Not enough money.", reason="other")),
         "Refused, nothing was charged: Not enough money.", State.FAILED),
        (Report(outcome=Outcome.CANCELED), "Canceled, nothing was charged.", State.CANCELED),
        (Report(outcome=Outcome.EXPIRED), "The form at Phone Pay has run out; nothing was charged.",
         State.EXPIRED),
        (Uncertain("No answer."),
         "Phone Pay could not be asked whether it was paid. It is asked until it is known. →", State.STARTED),
    ],
)  # fmt: skip
def test_the_way_back_says_what_is_true_and_a_reload_the_same(
    client: Client, account: Account, report: Any, words: str, state: State
) -> None:
    sent(client, one())
    payment = Payment.objects.get()
    Scripted.answer = report
    assert came_back(client, payment) == words
    count = payment.order.timeline.count()
    assert came_back(client, payment) == words
    assert Payment.objects.get().state == state
    assert payment.order.timeline.count() == count


def test_another_amount_paid_on_the_form_is_not_believed(client: Client, account: Account) -> None:
    sent(client, one(lock="some"))
    payment = Payment.objects.get()
    one_euro = Money(100, "EUR")
    Scripted.answer = Report(outcome=Outcome.PAID, authorized=one_euro, captured=one_euro, asked=one_euro)
    assert came_back(client, payment) == (
        "Nothing is taken as paid yet. A person has to look: asked 42.99 EUR, provider reports 1.00 EUR"
    )
    payment.order.refresh_from_db()
    assert payment.order.state == OrderState.OPEN
    gone = Report(outcome=Outcome.REFUNDED, authorized=one_euro, captured=one_euro, refunded=one_euro)
    Scripted.answer = gone
    assert came_back(client, payment) == "Canceled: what was paid on the form has been given back."


def test_a_form_that_was_given_up_and_brings_another_amount_calls_a_person(
    client: Client, account: Account
) -> None:
    sent(client, one(lock="some"))
    payment = Payment.objects.get()
    Scripted.answer = Report(outcome=Outcome.CANCELED)
    do(client, payment.order, "leave_desk")
    one_euro = Money(100, "EUR")
    Scripted.answer = Report(outcome=Outcome.PAID, authorized=one_euro, captured=one_euro)
    assert came_back(client, payment) == (
        "It was canceled here, and paid on the form after all. A person has to look: "
        "asked 42.99 EUR, provider reports 1.00 EUR"
    )


def test_when_nothing_is_due_today_nothing_is_called_paid(client: Client, account: Account) -> None:
    sent(client, {**CALLER, "kind": "mandate"})
    nothing = Money.zero("EUR")
    Scripted.answer = Report(outcome=Outcome.PAID, authorized=nothing, captured=nothing)
    payment = Payment.objects.get()
    assert came_back(client, payment) == "Done: it is agreed, and nothing was due today."


def test_what_the_address_brings_along_is_not_believed(client: Client, account: Account) -> None:
    sent(client, one())
    payment = Payment.objects.get()
    answer = client.get(f"{back_to(payment)}?result=paid&status=SUCCESS&checksum=1")
    assert plain(said(answer)) == "The form at Phone Pay is still open; nothing was paid yet. →"
    assert Payment.objects.get().state == State.STARTED


def test_the_way_back_wants_a_login(client: Client, viewer: Client, account: Account) -> None:
    sent(client, one())
    payment = Payment.objects.get()
    answer = Client().get(back_to(payment))
    assert answer["Location"] == f"/admin/login/?next={back_to(payment)}"
    assert viewer.get(back_to(payment)).status_code == 403
    other = back_to(payment).replace(payment.request_key, "0" * 20)
    assert client.get(other).status_code == 404


# --- open at the desk ------------------------------------------------------------------------------------------------


def test_the_order_tells_who_opened_it_and_leads_to_the_form(client: Client, account: Account) -> None:
    opened = sent(client, one())
    order = Order.objects.get()
    html = client.get(page(order)).content.decode()
    assert "Open at the desk" in html
    assert "Opened by margot," in html
    assert f'href="{opened["Location"]}"' in html
    assert html.count("/do/leave_desk/") == 1
    assert "/do/desk/" not in html  # not a second one beside it


def test_it_is_given_up(client: Client, account: Account) -> None:
    opened = sent(client, one())
    order = Order.objects.get()
    asked = client.get(address(order, "leave_desk")).content.decode()
    assert (
        "Phone Pay is told that attempt 1 over €42.99 is given up; if money has come, the order becomes paid."
        in asked
    )
    Scripted.answer = Report(outcome=Outcome.CANCELED)
    assert do(client, order, "leave_desk") == "Canceled, nothing was charged."
    assert do(client, order, "leave_desk") == "Canceled, nothing was charged."
    order.refresh_from_db()
    assert (order.state, Payment.objects.get().state) == (OrderState.OPEN, State.CANCELED)
    entry = order.timeline.get(code="payment.canceled")
    assert (entry.who, entry.user and entry.user.username) == (Who.MERCHANT, "margot")
    assert said(client.get(opened["Location"])) == "Canceled, nothing was charged."
    assert "Open at the desk" not in client.get(page(order)).content.decode()
    sent(client, {"lock": "all"}, desk_of(order))  # and anew
    assert [charge.reference for charge in Phone.charges] == [f"{order.number}-1", f"{order.number}-2"]


def test_money_that_came_first_is_told(client: Client, account: Account) -> None:
    sent(client, one())
    order = Order.objects.get()
    Scripted.answer = Report(outcome=Outcome.PAID, authorized=EUR, captured=EUR)
    assert do(client, order, "leave_desk") == "Paid: €42.99."


def test_a_form_that_cannot_be_closed_is_called_so(client: Client, shop: Shop) -> None:
    rows.account(shop, provider="mute", name="Mute, test")
    sent(client, one())
    order = Order.objects.get()
    asked = client.get(address(order, "leave_desk")).content.decode()
    assert "The form itself cannot be closed from here: whoever still has it open could pay there." in asked
    Scripted.answer = Uncertain("No answer.")
    assert do(client, order, "leave_desk") == (
        "Phone Pay could not be asked, or says that money is under way; the form stays open. See the timeline."
    )
    Scripted.answer = Report(outcome=Outcome.OPEN)
    assert do(client, order, "leave_desk") == "Canceled, nothing was charged."
    assert [verb for verb, _reference in Scripted.asked] == ["start", "sync", "sync"]


# --- who may, and by which account -----------------------------------------------------------------------------------


def test_the_way_there_is_shown_where_it_leads_somewhere(
    client: Client, shop: Shop, account: Account
) -> None:
    assert f'href="{NEW}"' in client.get(reverse("admin:index")).content.decode()
    Account.objects.update(enabled=False)
    assert f'href="{NEW}"' not in client.get(reverse("admin:index")).content.decode()
    answer = client.get(NEW)
    assert said(answer) == "No account can take a payment by phone."
    Account.objects.update(enabled=True, provider="scripted")
    assert f'href="{NEW}"' not in client.get(reverse("admin:index")).content.decode()
    assert "/do/desk/" not in client.get(page(rows.order(shop))).content.decode()


def test_who_may(viewer: Client, shop: Shop, account: Account) -> None:
    order = rows.order(shop)
    assert f'href="{NEW}"' not in viewer.get(reverse("admin:index")).content.decode()
    assert (viewer.get(NEW).status_code, viewer.get(desk_of(order)).status_code) == (403, 403)
    changer = worker_with("view_order", "take_by_phone")
    assert (changer.get(NEW).status_code, changer.get(desk_of(order)).status_code) == (403, 200)
    User.objects.get(username="wanda").user_permissions.add(Permission.objects.get(codename="add_order"))
    assert changer.get(NEW).status_code == 200
    assert Client().get(NEW)["Location"] == f"/admin/login/?next={NEW}"


def test_of_several_accounts_one_is_chosen_first(client: Client, shop: Shop, account: Account) -> None:
    other = rows.account(shop, provider="mute", name="Mute, test")
    html = client.get(NEW).content.decode()
    assert "Which account takes the payment?" in html
    assert f"?account={account.pk}" in html
    assert f"?account={other.pk}" in html
    at = f"{NEW}?account={other.pk}"
    sent(client, one(), at)
    assert Payment.objects.get().account == other
    assert client.get(f"{NEW}?account=nonsense").status_code == 200
    order = rows.order(Shop.objects.create(name="Elsewhere", slug="elsewhere"))
    assert "/do/desk/" not in client.get(page(order)).content.decode()  # neither account is its shop's


def test_only_what_the_account_takes_is_offered(client: Client, shop: Shop, account: Account) -> None:
    kinds = [choice.data["value"] for choice in client.get(NEW).context["form"]["kind"]]
    assert kinds == ["one_off", "subscription", "payment_plan", "mandate"]


def test_the_page_may_not_send_a_form_elsewhere(client: Client, account: Account) -> None:
    opened = client.get(sent(client, one())["Location"])
    assert "form-action 'self'" in opened["Content-Security-Policy"]


def test_what_was_opened_is_in_the_audit_log(client: Client, account: Account) -> None:
    AuditEntry.objects.all().delete()  # the login
    sent(client, one())
    entry = AuditEntry.objects.get()
    payment = Payment.objects.get()
    assert (entry.who, entry.action, entry.row) == ("margot", "take by phone", payment.order.number)
    assert entry.data["payment"] == payment.reference
    assert "once" not in entry.data["typed"]
