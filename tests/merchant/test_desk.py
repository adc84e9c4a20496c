"""Is a payment by phone taken as it was read back: one order, one attempt, one form, and its end told as it is?"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from checkout.models import Account, Order, Payment, Shop
from checkout.payments.figures import violations
from checkout.payments.timeline import Who
from checkout.states import OrderState, State
from providers.agreements import Period, Terms, Unit
from providers.base import Desk, Kind, Outcome, Report
from providers.money import Money
from providers.said import said as provider_says
from tests import french
from tests.merchant import rows
from tests.merchant.calling import (
    CALLER,
    EUR,
    MONTHLY,
    NEW,
    ONCE_OPEN,
    PLAN,
    SUBSCRIPTION,
    at_once,
    came_back,
    desk_of,
    errors,
    form_of,
    one,
    page,
    refused_at,
    sent,
    told,
)
from tests.merchant.clicks import address, said
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


def test_the_providers_objections_are_read_in_french(merchant: User, account: Account) -> None:
    browser = Client(headers={"Accept-Language": "fr"})
    browser.force_login(merchant)
    locked = provider_says(
        "%(input)s %(why)s", input="one.amount", why=provider_says("cannot be locked here")
    )
    long = provider_says("has more than %(most)s characters", most=100)
    texts = {
        "has more than %(most)s characters": "[fr] dépasse %(most)s caractères",
        "cannot be locked here": "[fr] ne se verrouille pas",
        "Phone Pay takes no %(currency)s.": "[fr] Pas de %(currency)s.",
    }
    with french.spoken(texts):
        Phone.objects_to = (("customer.first_name", long), ("desk.locked", locked), ("options.phone", long))
        assert refused_at(browser, one()) == {
            "first_name": ["[fr] dépasse 100 caractères."],
            "lock": ["“Montant” [fr] ne se verrouille pas."],
            "__all__": ["options.phone: [fr] dépasse 100 caractères."],
        }
        Phone.objects_to = ()
        Phone.sentence = provider_says("Phone Pay takes no %(currency)s.", currency="EUR")
        assert refused_at(browser, one()) == {"__all__": ["[fr] Pas de EUR."]}


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
