"""Does a merchant see how each agreement stands, what was agreed, and every payment it made?"""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

import providers
from checkout.merchant.agreements import MOST_PAYMENTS, payments_of
from checkout.models import Account, Agreement, Chargeback, Exchange, Order, Payment, Shop
from checkout.states import State
from providers.agreements import AgreementState, Phase
from tests.merchant import rows
from tests.merchant.agreeing import (
    IN_WORDS,
    LIST,
    TERMS,
    Agreeing,
    agreement,
    further,
    listed,
    look,
    numbers,
    page,
    standing,
    words,
)
from tests.merchant.clicks import address
from tests.merchant.scripted import Scripted

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def agreeing(scripted: type[Scripted], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(providers.PROVIDERS, "agreeing", "tests.merchant.agreeing:Agreeing")
    monkeypatch.setitem(providers.PROVIDERS, "forgetful", "tests.merchant.agreeing:Forgetful")
    Agreeing.told.clear()
    Agreeing.stands = standing()


@pytest.fixture
def account(shop: Shop) -> Account:
    return rows.account(shop, provider="agreeing", name="Agreeing, test")


# --- the list ------------------------------------------------------------------------------------------------------


def test_the_list_tells_how_each_stands(client: Client, shop: Shop, account: Account) -> None:
    row = agreement(shop, account)
    further(row, minor=10000)
    further(row, State.FAILED)
    html = client.get(reverse(LIST)).content.decode()
    found = re.findall(r'<t[dh] class="[^"]*field-\w+[^"]*".*?</t[dh]>', html, flags=re.DOTALL)
    cells = [re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", cell)).strip() for cell in found]
    assert cells == [
        row.number, "C-7", "active paying", f"subscription {IN_WORDS}", "a regular payment 2027-03-01 09:30",
        "£101.00", "2026-11-01 08:00",
    ]  # fmt: skip


def test_the_list_asks_as_often_for_many_as_for_few(client: Client, shop: Shop, account: Account) -> None:
    def grow(count: int) -> None:
        for _one in range(count):
            further(agreement(shop, account))

    grow(2)
    client.get(reverse(LIST))
    with CaptureQueriesContext(connection) as few:
        client.get(reverse(LIST))
    grow(8)
    with CaptureQueriesContext(connection) as many:
        html = client.get(reverse(LIST)).content.decode()
    assert (len(numbers(html)), html.count("£16.00")) == (10, 10)
    assert len(many) == len(few)


@pytest.mark.parametrize(
    "term", ["number", "provider_id", "order", "reference", "customer_reference", "email", "later order"]
)
def test_an_agreement_is_found_by(client: Client, shop: Shop, account: Account, term: str) -> None:
    further(agreement(shop, account))
    row = agreement(shop, account, customer_reference="C-99")
    first = row.payment.order
    found = {
        "number": row.number.lower(),
        "provider_id": row.provider_id,
        "order": first.number,
        "reference": first.reference,
        "customer_reference": "c-99",
        "email": first.email,
        "later order": further(row).order.number,
    }[term]
    assert listed(client, f"?q={found}") == [row.number]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("state__exact=active", 2),
        ("state__exact=terminated", 1),
        ("kind__exact=mandate", 1),
        ("phase__exact=retry", 1),
        ("account__id__exact={account}", 3),
        ("account__id__exact={other}", 0),
    ],
)
def test_agreements_are_filtered(
    client: Client, shop: Shop, account: Account, query: str, found: int
) -> None:
    other = rows.account(shop, name="Another, test")
    agreement(shop, account, phase=Phase.RETRY)
    agreement(shop, account, kind="mandate", terms={})
    agreement(shop, account, state=AgreementState.TERMINATED, phase=Phase.CLOSED)
    assert len(listed(client, "?" + query.format(account=account.pk, other=other.pk))) == found


# --- the page ------------------------------------------------------------------------------------------------------


def test_the_page_tells_what_was_agreed_and_every_payment(
    client: Client, shop: Shop, account: Account
) -> None:
    row = agreement(shop, account)
    second = further(row, refunded_minor=500)
    third = further(row, minor=10000)
    failed = further(row, State.FAILED)
    Chargeback.objects.create(payment=third, provider_id="CB-1", amount_minor=10000, currency="GBP")
    third.order.attention = "the bank took 100.00 GBP back (reason 4853)"
    third.order.save()
    text = look(client, row)

    assert IN_WORDS in text
    assert "Taken £116.00 Refunded £5.00 Charged back £100.00" in text
    assert (
        "It is in force: Agreeing Pay takes the payments that were agreed by itself. The regular payments are under "
        "way. There is nothing to do. It can be charged once more by hand." in text
    )
    assert "Next a regular payment, 2027-03-01 09:30 UTC" in text
    assert f"Known to the provider as {row.provider_id} Began with order {row.payment.order.number}" in text
    assert f"Order {third.order.number} needs a person: the bank took 100.00 GBP back" in text
    assert f"{failed.reference}" in text
    assert "failed £15.00 £0.00 – –" in text
    assert "paid £100.00 £100.00 – £100.00" in text
    assert "paid £15.00 £15.00 £5.00 –" in text
    assert f"{row.payment.reference} it began with this one" in text
    assert "paid £1.00 £1.00 – –" in text
    assert "Agreeing Pay set up the agreement, which it calls S-1." in text
    html = client.get(page(row)).content.decode()
    for payment in (row.payment, second, third, failed):
        assert f'href="{page(payment)}"' in html
        assert f'href="{page(payment.order)}"' in html


@pytest.mark.parametrize("state", AgreementState)
@pytest.mark.parametrize("phase", Phase)
def test_every_state_and_phase_has_its_sentence(
    client: Client, shop: Shop, account: Account, state: AgreementState, phase: Phase
) -> None:
    row = agreement(shop, account, state=state, phase=phase, may_charge=False)
    of_state = {
        AgreementState.PENDING: "Its first payment has not succeeded yet, so nothing more is charged. There is nothing "
        "to do: Agreeing Pay is asked until it is known.",
        AgreementState.ACTIVE: "It is in force: Agreeing Pay takes the payments that were agreed by itself.",
        AgreementState.CANCELED: "It never began: its first payment failed, and nothing will be charged. If the "
        "customer still wants it, make a new order.",
        AgreementState.ENDED: "It has ended: Agreeing Pay takes no more payments by itself.",
        AgreementState.TERMINATED: "It is over for good: no payment can be taken under it any more, neither by itself "
        "nor by hand. A customer who wants it again has to agree anew, with a new order.",
    }[state]
    of_phase = {
        Phase.NEW: "No payment has been taken under it yet.",
        Phase.TRIAL: "The customer is on trial. What comes next is said below.",
        Phase.BILLING: "The regular payments are under way. There is nothing to do.",
        Phase.RETRY: "A payment failed, and Agreeing Pay tries again by itself. Tell the customer to see to the "
        "card or account. If it is not to be tried again, end the agreement.",
        Phase.LAST: "It is to end with what is paid: the customer still gets that, and nothing more is charged by "
        "itself.",
        Phase.CLOSED: "Nothing more happens here by itself.",
    }[phase]
    text = look(client, row)
    said_by_the_state = state in {AgreementState.CANCELED, AgreementState.TERMINATED}
    assert f"{of_state} {'' if said_by_the_state else of_phase}".strip() in text
    assert (of_phase in text) is not said_by_the_state


def test_a_mandate_is_charged_by_hand_alone(client: Client, shop: Shop, account: Account) -> None:
    row = agreement(shop, account, kind="mandate", terms={}, phase="")
    text = look(client, row)
    assert "any amount, whenever the seller asks for it, until it is ended" in text
    assert (
        "It is in force. Nothing is charged by itself: each payment is asked for by the shop, or here. It can be "
        "charged once more by hand." in text
    )


def test_words_of_the_provider_that_are_none_of_ours_are_shown_as_they_are(
    client: Client, shop: Shop, account: Account
) -> None:
    row = agreement(shop, account, next_event="moon_rise", end_reason="requested_by_moon", phase="")
    text = look(client, row)
    assert "Next moon_rise, 2027-03-01 09:30 UTC" in text
    assert "Why it ended requested_by_moon" in text


def test_the_raw_exchanges_are_for_who_may_see_them(
    client: Client, viewer: Client, shop: Shop, account: Account
) -> None:
    row = agreement(shop, account)
    Exchange.objects.create(
        account=account, payment=row.payment, method="GET", url="https://agreeing.example/S-1"
    )
    assert "https://agreeing.example/S-1" in client.get(page(row)).content.decode()
    victor = User.objects.get(username="victor")
    assert "https://agreeing.example/S-1" in viewer.get(page(row)).content.decode()
    victor.user_permissions.remove(Permission.objects.get(codename="view_exchange"))
    assert "https://agreeing.example/S-1" not in viewer.get(page(row)).content.decode()


def test_of_very_many_payments_the_latest_are_shown_and_all_are_counted(
    client: Client, shop: Shop, account: Account
) -> None:
    row = agreement(shop, account)
    payments = [further(row) for _one in range(3)]
    orders = [Order(shop=shop, reference=f"many/{n}", agreement=row, amount_minor=1500, currency="GBP",
                    expires_at=timezone.now()) for n in range(MOST_PAYMENTS)]  # fmt: skip
    Order.objects.bulk_create(orders)
    Payment.objects.bulk_create(
        Payment(order=order, account=account, number=1, reference=f"{order.number}-1", state=State.PAID,
                amount_minor=1500, currency="GBP", authorized_minor=1500, captured_minor=1500)
        for order in Order.objects.filter(reference__startswith="many/")
    )  # fmt: skip
    lines, more = payments_of(row)
    assert (len(lines), more, lines[-1].payment) == (MOST_PAYMENTS + 1, 3, row.payment)
    text = look(client, row)
    assert "Taken £3,046.00 Refunded £0.00" in text
    assert "3 more are left out here. All of them" in text
    assert payments[0].reference not in text
    found = client.get(reverse("admin:checkout_order_changelist"), {"q": row.number}).content.decode()
    assert f"{MOST_PAYMENTS + 4} orders" in re.sub(r"\s+", " ", found)


def test_the_page_asks_as_often_for_many_payments_as_for_few(
    client: Client, shop: Shop, account: Account
) -> None:
    row = agreement(shop, account)
    for _one in range(2):
        further(row)
    client.get(page(row))
    with CaptureQueriesContext(connection) as few:
        client.get(page(row))
    for _one in range(6):
        further(row)
    with CaptureQueriesContext(connection) as many:
        client.get(page(row))
    assert len(many) == len(few)


def test_a_provider_that_is_no_longer_installed_breaks_no_page(
    client: Client, shop: Shop, account: Account
) -> None:
    row = agreement(shop, account)
    Account.objects.update(provider="gone")
    assert "It is in force: gone takes the payments that were agreed by itself." in look(client, row)
    assert "/do/" not in client.get(page(row)).content.decode()
    assert listed(client) == [row.number]


# --- who may -------------------------------------------------------------------------------------------------------


def test_whoever_may_only_look_can_do_nothing(viewer: Client, shop: Shop, account: Account) -> None:
    row = agreement(shop, account)
    assert "/do/" not in viewer.get(page(row)).content.decode()
    for action in ("ask", "charge", "end"):
        assert viewer.get(address(row, action)).status_code == 403
        assert viewer.post(address(row, action), {"confirmed": "yes"}).status_code == 403
    assert (Agreeing.told, Scripted.asked) == ([], [])


def test_to_charge_wants_a_permission_of_its_own(viewer: Client, shop: Shop, account: Account) -> None:
    row = agreement(shop, account)
    victor = User.objects.get(username="victor")
    victor.user_permissions.add(Permission.objects.get(codename="change_agreement"))
    html = viewer.get(page(row)).content.decode()
    assert [name for name in ("ask", "charge", "end") if f"/do/{name}/" in html] == ["ask", "end"]
    assert viewer.get(address(row, "charge")).status_code == 403
    victor.user_permissions.add(Permission.objects.get(codename="change_payment"))
    assert viewer.get(address(row, "charge")).status_code == 403
    victor.user_permissions.add(Permission.objects.get(codename="charge_payment"))
    assert viewer.get(address(row, "charge")).status_code == 200


def test_whoever_may_nothing_sees_nothing(shop: Shop, account: Account) -> None:
    row = agreement(shop, account)
    nobody = Client()
    nobody.force_login(User.objects.create_user("nora", is_staff=True))
    assert nobody.get(reverse(LIST)).status_code == 403
    assert nobody.get(page(row)).status_code == 403
    assert reverse(LIST) not in nobody.get(reverse("admin:index")).content.decode()


# --- on other pages --------------------------------------------------------------------------------------------------


def test_orders_and_payments_name_their_agreement(client: Client, shop: Shop, account: Account) -> None:
    row = agreement(shop, account, phase=Phase.RETRY)
    second = further(row)
    tried = "subscription active a payment failed and is tried again"
    for its in (row.payment, row.payment.order):
        assert f"The agreement Begun with this: {row.number} {tried} {IN_WORDS}" in look(client, its)
        assert f'href="{page(row)}"' in client.get(page(its)).content.decode()
    for its in (second, second.order):
        assert f"The agreement A further payment of: {row.number} {tried} {IN_WORDS}" in look(client, its)
    assert "The agreement" not in look(client, rows.order(shop))


def test_what_is_agreed_is_said_before_it_begins(client: Client, shop: Shop, account: Account) -> None:
    order = rows.order(shop, kind="subscription", terms=TERMS, amount_minor=100, currency="GBP")
    told = f"The agreement It begins with the first payment. What is agreed: {IN_WORDS}"
    assert told in look(client, order)
    assert told in look(client, rows.payment(order, account))


def test_an_attempt_that_began_nothing_names_no_agreement(
    client: Client, shop: Shop, account: Account
) -> None:
    row = agreement(shop, account)
    failed = rows.payment(row.payment.order, account, State.FAILED)
    assert "The agreement" not in look(client, failed)


def test_nobody_is_handed_the_link_to_a_payment_that_nobody_is_to_make(
    client: Client, shop: Shop, account: Account
) -> None:
    row = agreement(shop, account)
    second = further(row)
    assert row.payment.order.pay_url in client.get(page(row.payment.order)).content.decode()
    assert second.order.pay_url not in client.get(page(second.order)).content.decode()


def test_who_may_not_see_agreements_gets_no_link_to_one(viewer: Client, shop: Shop, account: Account) -> None:
    row = agreement(shop, account)
    User.objects.get(username="victor").user_permissions.remove(
        Permission.objects.get(codename="view_agreement")
    )
    html = viewer.get(page(row.payment)).content.decode()
    assert row.number in html
    assert page(row) not in html


def test_the_first_page_counts_what_is_tried_again(client: Client, shop: Shop, account: Account) -> None:
    def count() -> str:
        text = words(client.get(reverse("admin:index")).content.decode())
        found = re.search(r"Agreements whose payment is tried again (\d+)", text)
        assert found is not None
        return found[1]

    agreement(shop, account)
    assert count() == "0"
    row = agreement(shop, account, phase=Phase.RETRY)
    agreement(shop, account, phase=Phase.RETRY, state=AgreementState.ENDED)
    assert count() == "1"
    html = client.get(reverse("admin:index")).content.decode()
    assert f'href="{reverse(LIST)}?phase__exact=retry"' in html
    assert row.number in listed(client, "?phase__exact=retry")


def test_an_agreement_kept_for_a_week_is_listed_before_older_ones(
    client: Client, shop: Shop, account: Account
) -> None:
    old, new = agreement(shop, account), agreement(shop, account)
    Agreement.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=7))
    assert listed(client) == [new.number, old.number]
