"""Is a payment by phone taken as it was read back: one order, one attempt, one form, and its end told as it is?"""

import re
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

import providers
from checkout.models import Account, Order, Payment, Shop
from checkout.payments.figures import violations
from checkout.payments.timeline import Who
from checkout.sentences import sentence
from checkout.states import OrderState, State
from providers.agreements import Period, Terms, Unit
from providers.base import Desk, Kind, Outcome, Report
from providers.errors import Decline, Declined, Misconfigured, Uncertain
from providers.money import Money
from tests.merchant import rows
from tests.merchant.clicks import address, do, hidden, said
from tests.merchant.phone import Mute, Phone
from tests.merchant.scripted import Scripted

pytestmark = pytest.mark.django_db(transaction=True)

NEW = reverse("admin:checkout_order_desk")
EUR = Money(4299, "EUR")
MONTHLY = Period(count=1, unit=Unit.MONTH)
ONCE_OPEN = "This form was sent before; nothing was opened again."
CALLER = {
    "reference": "CALL-1",
    "currency": "EUR",
    "description": "Ms Hudson",
    "language": "en",
    "first_name": "Ada",
    "email": "ada@example.org",
    "phone": "+33 1 23 45 67 89",
    "lock": "all",
}
SUBSCRIPTION = {
    "kind": "subscription",
    "sub_amount": "15",
    "sub_every": "1",
    "sub_unit": "month",
    "sub_initial": "100",
    "sub_trial_every": "7",
    "sub_trial_unit": "day",
    "sub_trial_amount": "1,00",
}
PLAN = {
    "kind": "payment_plan",
    "plan_total": "100",
    "plan_cycles": "3",
    "plan_every": "1",
    "plan_unit": "month",
}


@pytest.fixture(autouse=True)
def phone(monkeypatch: pytest.MonkeyPatch, scripted: Any) -> Iterator[type[Phone]]:
    for cls in (Phone, Mute):
        monkeypatch.setitem(providers.PROVIDERS, cls.slug, f"tests.merchant.phone:{cls.__name__}")
    Phone.charges.clear()
    for name, value in (("objects_to", ()), ("sentence", ""), ("url", "https://phone.example/form/1")):
        monkeypatch.setattr(Phone, name, value)
    yield Phone
    assert {rule: n for rule, n in violations().items() if n} == {}
    assert not any(Scripted.in_transaction)


@pytest.fixture
def account(shop: Shop) -> Account:
    return rows.account(shop, provider="phone", name="Phone, test")


def one(**typed: str) -> dict[str, str]:
    return {**CALLER, "kind": "one_off", "one_amount": "42,99", **typed}


def form_of(client: Client, at: str = NEW) -> dict[str, str]:
    html = client.get(at).content.decode()
    return {"once": hidden(html, "once"), "account": hidden(html, "account")}


def sent(client: Client, typed: dict[str, Any], at: str = NEW) -> Any:
    """The form, sent; then what was read back, confirmed."""
    typed = {**form_of(client, at), **typed}
    back = client.post(at, typed)
    assert 'name="confirmed"' in back.content.decode(), errors(back)
    return client.post(at, {**typed, "confirmed": "yes"})


def errors(answer: Any) -> dict[str, list[str]]:
    form = answer.context["form"]
    return {name: [str(one) for one in found] for name, found in form.errors.items()}


def refused_at(client: Client, typed: dict[str, Any], at: str = NEW) -> dict[str, list[str]]:
    before = Order.objects.count(), Payment.objects.count()
    answer = client.post(at, {**form_of(client, at), **typed})
    assert answer.status_code == 200
    assert (Order.objects.count(), Payment.objects.count()) == before
    return errors(answer)


def at_once(merchant: User, at: str, typed: dict[str, Any]) -> list[Any]:
    """The same form, sent from two tabs at the same moment."""
    start, answers = threading.Barrier(2), []

    def click() -> None:
        browser = Client()
        browser.force_login(merchant)
        start.wait()
        try:
            answers.append(browser.post(at, typed))
        finally:
            connection.close()

    threads = [threading.Thread(target=click) for _tab in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 2
    return answers


def desk_of(order: Order) -> str:
    return reverse("admin:checkout_order_desk_for", args=[order.pk])


def back_to(payment: Payment) -> str:
    return str(payment.desk["back"])


def page(order: Order) -> str:
    return reverse("admin:checkout_order_change", args=[order.pk])


def told(order: Order) -> list[str]:
    return [
        sentence(entry.code, entry.data, by_merchant=entry.who == Who.MERCHANT)
        for entry in order.timeline.all()
    ]


def plain(text: str) -> str:
    return re.sub(r' <a class="underline" href="[^"]+">Go to the form</a>', " →", text)


def came_back(client: Client, payment: Payment) -> str:
    answer = client.get(back_to(payment))
    assert answer.status_code == 302
    assert answer["Location"] == page(payment.order)
    return plain(said(answer))


def worker_with(*names: str) -> Client:
    user = User.objects.create_user("wanda", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    browser = Client()
    browser.force_login(user)
    return browser


# --- the whole way ---------------------------------------------------------------------------------------------------


def test_a_new_order_is_typed_read_back_opened_and_paid(client: Client, shop: Shop, account: Account) -> None:
    typed = {**form_of(client), **one()}
    back = client.post(NEW, typed).content.decode()
    for words in ("€42.99", "one payment", "Ms Hudson", "ada@example.org", "+33123456789",
                  "everything: the form is only to be confirmed", "Phone Pay · Phone, test"):  # fmt: skip
        assert words in back
    assert not Order.objects.exists()
    opened = client.post(NEW, {**typed, "confirmed": "yes"})
    payment = Payment.objects.get()
    order = payment.order
    assert opened["Location"] == f"/admin/checkout/order/{order.pk}/desk/{typed['once']}/"
    assert (order.shop, order.reference, order.money, order.kind) == (shop, "CALL-1", EUR, "one_off")
    assert order.customer == {"first_name": "Ada", "email": "ada@example.org", "phone": "+33123456789"}
    assert (order.email, order.description, order.capture_later) == ("ada@example.org", "Ms Hudson", False)
    way_back = f"/admin/checkout/order/{order.pk}/desk/{typed['once']}/back/"
    assert payment.desk == {"back": way_back, "locked": None}
    [charge] = Phone.charges
    assert charge.desk is not None
    assert charge.desk.back.endswith(way_back)
    assert charge.desk.locked is None
    assert (charge.money, charge.kind, charge.terms) == (EUR, Kind.ONE_OFF, None)

    html = client.get(opened["Location"]).content.decode()
    assert '<a class="g-button g-main" href="https://phone.example/form/1" rel="noreferrer">' in html
    assert (
        '<code class="g-secret" tabindex="0" aria-describedby="form-address">https://phone.example/form/1<'
        in html
    )

    Scripted.answer = Report(outcome=Outcome.PAID, authorized=EUR, captured=EUR)
    assert came_back(client, payment) == "Paid: €42.99."
    order.refresh_from_db()
    assert order.state == OrderState.PAID
    assert told(order)[1:] == [
        "Attempt 1: Phone Pay's form is opened at the desk.",
        f"Attempt 1 is open at Phone Pay, which calls it P-{payment.reference}.",
        "Phone Pay confirms: 42.99 EUR paid.",
        "The order is paid: 42.99 EUR.",
    ]
    assert {entry.user.username for entry in order.timeline.filter(who=Who.MERCHANT)} == {"margot"}  # type: ignore[union-attr]


def test_a_subscription_says_what_is_due_today(client: Client, account: Account) -> None:
    typed = {**form_of(client), **CALLER, **SUBSCRIPTION, "currency": "gbp"}
    back = client.post(NEW, typed).content.decode()
    assert "£1.00 for 7 days, then £100.00, then £15.00 every month until it is ended" in back
    assert "<dt>Paid today</dt><dd>£1.00</dd>" in back
    client.post(NEW, {**typed, "confirmed": "yes"})
    [charge] = Phone.charges
    assert (charge.kind, charge.money) == (Kind.SUBSCRIPTION, Money(100, "GBP"))
    assert charge.terms == Terms(
        period=MONTHLY,
        amount=Money(1500, "GBP"),
        initial=Money(10000, "GBP"),
        trial=Money(100, "GBP"),
        trial_period=Period(count=7, unit=Unit.DAY),
    )


def test_of_a_plan_the_first_payment_is_computed(client: Client, account: Account) -> None:
    typed = {**form_of(client), **CALLER, **PLAN}
    back = client.post(NEW, typed).content.decode()
    assert "€100.00 in 3 payments, one every month: first €33.34, then €33.33 each" in back
    assert "<dt>Paid today</dt><dd>€33.34</dd>" in back
    client.post(NEW, {**typed, "confirmed": "yes"})
    order = Order.objects.get()
    assert (order.kind, order.amount_minor) == ("payment_plan", 3334)
    assert order.terms == {"period": {"count": 1, "unit": "month"}, "cycles": 3, "total": 10000}


@pytest.mark.parametrize(("typed", "minor"), [("", 0), ("0", 0), ("0,00", 0), ("12.00", 1200)])
def test_a_mandate_may_charge_nothing_now(client: Client, account: Account, typed: str, minor: int) -> None:
    sent(client, {**CALLER, "kind": "mandate", "mandate_amount": typed})
    assert (Order.objects.get().kind, Order.objects.get().amount_minor) == ("mandate", minor)


def test_reserve_only(client: Client, account: Account) -> None:
    typed = {**form_of(client), **one(one_reserve="on")}
    assert "<dt>Reserved today</dt><dd>€42.99</dd>" in client.post(NEW, typed).content.decode()
    client.post(NEW, {**typed, "confirmed": "yes"})
    assert Phone.charges[0].capture_later
    Scripted.answer = Report(outcome=Outcome.AUTHORIZED, authorized=EUR)
    assert (
        came_back(client, Payment.objects.get())
        == "Reserved: €42.99. It is captured from the payment's page."
    )


def test_what_was_read_back_can_be_changed(client: Client, account: Account) -> None:
    typed = {**form_of(client), **one()}
    again = client.post(NEW, {**typed, "confirmed": "yes", "change": "yes"}).content.decode()
    assert 'name="one_amount" value="42,99"' in again
    assert not Order.objects.exists()


# --- what is locked --------------------------------------------------------------------------------------------------


def test_some_inputs_are_locked_and_named(client: Client, account: Account) -> None:
    ticked = {"lock": "some", "locked_customer": ["customer.email"], "locked_one_off": ["one.amount"],
              "locked_payment_plan": ["plan.total"]}  # fmt: skip
    typed = {**form_of(client), **one(), **ticked}
    back = client.post(NEW, typed).content.decode()
    assert "<dt>Locked on the form</dt><dd>E-mail, Amount</dd>" in back
    assert "If another amount is paid there, the order does not become paid by it" in back
    opened = client.post(NEW, {**typed, "confirmed": "yes"})
    assert Payment.objects.get().desk["locked"] == ["customer.email", "one.amount"]
    assert Phone.charges[0].desk is not None
    assert Phone.charges[0].desk.locked == ("customer.email", "one.amount")
    assert "2 inputs are locked." in client.get(opened["Location"]).content.decode()


def test_nothing_ticked_locks_nothing(client: Client, account: Account) -> None:
    typed = {**form_of(client), **one(lock="some")}
    assert "<dt>Locked on the form</dt><dd>nothing</dd>" in client.post(NEW, typed).content.decode()
    client.post(NEW, {**typed, "confirmed": "yes"})
    assert Phone.charges[0].desk == Desk(back=Phone.charges[0].desk.back, locked=())  # type: ignore[union-attr]


def test_what_has_no_value_cannot_be_locked(client: Client, account: Account) -> None:
    asked = one(lock="some", email="", description="")
    found = refused_at(
        client, {**asked, "locked_general": ["description"], "locked_customer": ["customer.email"]}
    )
    assert found == {
        "lock": [
            "“Description” can only be locked with a value: fill in “Description”, or leave it open.",
            "“E-mail” can only be locked with a value: fill in “E-mail”, or leave it open.",
        ]
    }
    free = {
        **CALLER,
        **SUBSCRIPTION,
        "sub_trial_amount": "",
        "lock": "some",
        "locked_subscription": ["sub.trial"],
    }
    assert refused_at(client, free) == {
        "lock": ["“Trial” can only be locked with a value: fill in “Amount of the trial”, or leave it open."]
    }


# --- what is not right -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "field", "why"),
    [
        (one(one_amount=""), "one_amount", "This field is required."),
        (one(one_amount="1,000.00"), "one_amount",
         "Give an amount such as 100.00, in EUR, without marks between thousands."),
        (one(one_amount="0"), "one_amount", "Give an amount of more than nothing."),
        (one(one_amount="10000000001"), "one_amount", "Give an amount of at most €10,000,000,000.00."),
        (one(one_amount="1.5", currency="JPY"), "one_amount",
         "Give an amount such as 100, in JPY, without marks between thousands."),
        (one(currency="EURO"), "currency", "Ensure this value has at most 3 characters (it has 4)."),
        (one(currency="XYZ"), "currency", "Give a currency by its three letters, such as EUR."),
        (one(reference=""), "reference", "This field is required."),
        (one(phone="0123456789"), "phone",
         "Give the number with the country’s code and without a leading zero: +33 1 23 45 67 89."),
        (one(email="ada"), "email", "Enter a valid email address."),
        (one(country="ZQ"), "country", "Give a country by its two letters, such as FR."),
        (one(kind="save_card"), "kind",
         "Select a valid choice. save_card is not one of the available choices."),
        ({**CALLER, **PLAN, "plan_cycles": "1"}, "plan_cycles",
         "Ensure this value is greater than or equal to 2."),
        ({**CALLER, **PLAN, "plan_cycles": ""}, "plan_cycles", "This field is required."),
        ({**CALLER, **PLAN, "plan_total": "0.02"}, "plan_total",
         "Must be €0.03 or more, for as many payments."),
        ({**CALLER, **PLAN, "plan_unit": "minute"}, "plan_unit",
         "Select a valid choice. minute is not one of the available choices."),
        ({**CALLER, **SUBSCRIPTION, "sub_amount": ""}, "sub_amount", "This field is required."),
        ({**CALLER, **SUBSCRIPTION, "sub_every": "1001"}, "sub_every",
         "Ensure this value is less than or equal to 1000."),
        ({**CALLER, **SUBSCRIPTION, "sub_trial_every": ""}, "sub_trial_every", "This field is required."),
        ({**CALLER, **SUBSCRIPTION, "sub_initial": "a"}, "sub_initial",
         "Give an amount such as 100.00, in EUR, without marks between thousands."),
    ],
)  # fmt: skip
def test_each_mistake_is_named_at_its_field(
    client: Client, account: Account, typed: dict[str, str], field: str, why: str
) -> None:
    assert refused_at(client, typed) == {field: [why]}


def test_what_stands_in_the_other_sections_is_not_read(client: Client, account: Account) -> None:
    sent(client, one(plan_cycles="many", sub_amount="?", sub_unit="year", locked_subscription="x"))
    assert Order.objects.get().money == EUR


def test_a_mistake_is_tied_to_its_field(client: Client, account: Account) -> None:
    html = client.post(NEW, {**form_of(client), **one(one_amount="x")}).content.decode()
    field = re.search(r'<input[^>]*name="one_amount"[^>]*>', html)
    assert field is not None
    assert 'aria-invalid="true"' in field[0]
    assert 'aria-describedby="id_one_amount_error"' in field[0]
    assert 'id="id_one_amount_error"' in html
    assert 'role="alert"' in html


def test_the_provider_is_heard_before_anything_is_written(client: Client, account: Account) -> None:
    Phone.objects_to = (
        ("customer.first_name", "has more than 100 characters"),
        ("terms.trial.period.count", "must be at least 1"),
        ("amount", "must be more than 5.00"),
        ("desk.locked", "one.amount cannot be locked"),
        ("options.phone.till", "is needed"),
    )
    assert refused_at(client, one()) == {
        "first_name": ["Has more than 100 characters."],
        "one_amount": ["Must be more than 5.00."],
        "lock": ["“Amount” cannot be locked."],
        "__all__": ["terms.trial.period.count: must be at least 1.", "options.phone.till: is needed."],
    }
    Phone.objects_to = ()
    Phone.sentence = "Phone Pay takes no EUR."
    assert refused_at(client, one()) == {"__all__": ["Phone Pay takes no EUR."]}
    assert Scripted.asked == []


def test_a_reference_that_is_taken(client: Client, shop: Shop, account: Account) -> None:
    rows.order(shop, reference="CALL-1")
    assert refused_at(client, one()) == {"reference": ["There is an order with this reference already."]}
    typed = {**form_of(client), **one(), "confirmed": "yes"}
    answer = client.post(NEW, typed)  # taken since it was read back
    assert errors(answer) == {"reference": ["There is an order with this reference already."]}
    assert Order.objects.count() == 1
    assert not Payment.objects.exists()


# --- once ------------------------------------------------------------------------------------------------------------


def test_a_second_click_makes_no_second_order(client: Client, account: Account) -> None:
    typed = {**form_of(client), **one(), "confirmed": "yes"}
    first, second = client.post(NEW, typed), client.post(NEW, typed)
    assert first["Location"] == second["Location"]
    assert said(second) == ONCE_OPEN
    # Back in the browser, something else typed, and sent once more: it is the same form still.
    third = client.post(NEW, {**typed, "reference": "CALL-2", "one_amount": "1"})
    assert (said(third), third["Location"]) == (ONCE_OPEN, first["Location"])
    assert (Order.objects.count(), Payment.objects.count(), len(Phone.charges)) == (1, 1, 1)


def test_two_tabs_at_the_same_moment_make_one(client: Client, merchant: User, account: Account) -> None:
    typed = {**form_of(client), **one(), "confirmed": "yes"}
    answers = at_once(merchant, NEW, typed)
    assert {answer["Location"] for answer in answers} == {
        f"/admin/checkout/order/{Order.objects.get().pk}/desk/{typed['once']}/"
    }
    assert (Order.objects.count(), Payment.objects.count(), len(Phone.charges)) == (1, 1, 1)


def test_an_order_whose_attempt_was_never_written_is_found_again(client: Client, account: Account) -> None:
    typed = {**form_of(client), **one(), "confirmed": "yes"}
    client.post(NEW, typed)
    Phone.charges.clear()
    order = Order.objects.get()
    order.timeline.exclude(code="order.created").delete()
    Payment.objects.get().provider_references.all().delete()
    Payment.objects.all().delete()  # as after a crash between the two
    client.post(NEW, typed)
    assert Payment.objects.get().order == order
    assert len(Phone.charges) == 1


# --- an order that is there ------------------------------------------------------------------------------------------


def test_an_order_is_shown_and_not_typed_again(client: Client, shop: Shop, account: Account) -> None:
    order = rows.order(shop)
    assert client.post(address(order, "desk"))["Location"] == desk_of(order)
    html = client.get(desk_of(order)).content.decode()
    assert "€42.99" in html
    assert order.email in html
    for name in ("reference", "currency", "email", "one_amount"):
        assert f'name="{name}"' not in html
    opened = sent(client, {"kind": "one_off", "lock": "all"}, desk_of(order))
    payment = Payment.objects.get()
    assert (payment.order, payment.money) == (order, EUR)
    assert opened["Location"] == f"/admin/checkout/order/{order.pk}/desk/{payment.request_key}/"
    assert "order.retyped" not in order.timeline.values_list("code", flat=True)


def test_an_order_becomes_a_plan_at_the_desk(client: Client, shop: Shop, account: Account) -> None:
    order = rows.order(shop)
    typed = {**form_of(client, desk_of(order)), **PLAN, "plan_total": "42.99", "lock": "all"}
    back = client.post(desk_of(order), typed).content.decode()
    assert "The order itself is changed to this first." in back
    client.post(desk_of(order), {**typed, "confirmed": "yes"})
    order.refresh_from_db()
    assert (order.kind, order.amount_minor) == ("payment_plan", 1433)
    entry = order.timeline.get(code="order.retyped")
    assert entry.user is not None
    assert entry.user.username == "margot"
    assert told(order)[1] == (
        "The order was changed: payment plan, 14.33 EUR due now. It was: one payment, 42.99 EUR."
    )
    again = client.post(desk_of(order), {**typed, "confirmed": "yes"})
    assert said(again) == ONCE_OPEN
    assert (order.payments.count(), len(Phone.charges)) == (1, 1)


def test_its_own_terms_are_proposed(client: Client, shop: Shop, account: Account) -> None:
    terms = {
        "amount": 1500, "period": {"count": 2, "unit": "week"}, "cycles": 12, "initial_amount": 10000,
        "trial": {"amount": 100, "period": {"count": 7, "unit": "day"}},
    }  # fmt: skip
    order = rows.order(shop, kind="subscription", terms=terms, amount_minor=100, currency="GBP", items=[])
    form = client.get(desk_of(order)).context["form"]
    shown = {name: form[name].value() for name in ("kind", *SUBSCRIPTION)}
    assert shown == {
        "kind": "subscription", "sub_amount": "15.00", "sub_every": 2, "sub_unit": "week", "sub_initial": "100.00",
        "sub_trial_every": 7, "sub_trial_unit": "day", "sub_trial_amount": "1.00",
    }  # fmt: skip
    assert form["sub_cycles"].value() == 12
    sent(client, {**{name: str(value) for name, value in shown.items()}, "sub_cycles": "12", "lock": "all"},
         desk_of(order))  # fmt: skip
    order.refresh_from_db()
    assert order.terms == terms
    assert "order.retyped" not in order.timeline.values_list("code", flat=True)


def test_after_an_attempt_the_order_stays_what_it_is(client: Client, shop: Shop, account: Account) -> None:
    order = rows.order(shop)
    rows.payment(order, account, State.FAILED)
    html = client.get(desk_of(order)).content.decode()
    assert 'name="kind"' not in html
    assert "Somebody has tried to pay this order, so its type and its amount stay as they are." in html
    typed = {**form_of(client, desk_of(order)), **PLAN, "lock": "all", "confirmed": "yes"}
    client.post(desk_of(order), typed)  # what is typed for another type is not read
    order.refresh_from_db()
    assert (order.kind, order.amount_minor, order.payments.count()) == ("one_off", 4299, 2)


def test_tried_meanwhile_it_is_not_changed(
    client: Client, shop: Shop, account: Account, merchant: User
) -> None:
    order = rows.order(shop)
    typed = {**form_of(client, desk_of(order)), **PLAN, "lock": "all", "confirmed": "yes"}
    rows.payment(order, account)
    answer = client.post(desk_of(order), typed)
    assert (answer["Location"], said(answer)) == (page(order), "That cannot be done now.")
    order.refresh_from_db()
    assert (order.kind, order.payments.count()) == ("one_off", 1)


@pytest.mark.parametrize(
    "other",
    [
        {"state": OrderState.CANCELED},
        {"expires_at": timezone.now()},
        {"kind": "save_card", "amount_minor": 0, "items": []},
    ],
)
def test_what_cannot_be_paid_is_not_offered(
    client: Client, shop: Shop, account: Account, other: dict[str, Any]
) -> None:
    order = rows.order(shop, **other)
    assert "/do/desk/" not in client.get(page(order)).content.decode()
    answer = client.get(desk_of(order))
    assert (answer["Location"], said(answer)) == (page(order), "That cannot be done now.")


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


def test_when_nothing_is_due_today_nothing_is_called_paid(client: Client, account: Account) -> None:
    sent(client, {**CALLER, "kind": "mandate"})
    nothing = Money.zero("EUR")
    Scripted.answer = Report(outcome=Outcome.PAID, authorized=nothing, captured=nothing)
    payment = Payment.objects.get()
    assert came_back(client, payment) == "Done: it is agreed, and nothing was due today."


def test_two_tabs_change_one_order_once(client: Client, merchant: User, shop: Shop, account: Account) -> None:
    order = rows.order(shop)
    typed = {**form_of(client, desk_of(order)), **PLAN, "lock": "all", "confirmed": "yes"}
    answers = at_once(merchant, desk_of(order), typed)
    payment = order.payments.get()
    assert {answer["Location"] for answer in answers} == {
        f"/admin/checkout/order/{order.pk}/desk/{payment.request_key}/"
    }
    assert order.timeline.filter(code="order.retyped").count() == 1
    assert len(Phone.charges) == 1


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
    assert "Phone Pay is told that attempt 1 is given up; if money has come, the order becomes paid." in asked
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
    changer = worker_with("view_order", "change_order")
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
