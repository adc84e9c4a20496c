"""Is a card that a customer left charged once, for what was confirmed, and is its end told as it is?"""

import re
import threading
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from checkout.models import Account, Order, Payment, SavedCard, Shop
from checkout.payments.figures import violations
from checkout.payments.recover import check
from checkout.states import OrderState, State
from providers.base import Outcome, Report
from providers.errors import Decline, Declined, Invalid, Misconfigured, ProviderError, Uncertain, Unreachable
from providers.money import Money
from tests.merchant import rows
from tests.merchant.clicks import address, do, hidden
from tests.merchant.scripted import Scripted

EUR = Money(4299, "EUR")
PAID = Report(outcome=Outcome.PAID, authorized=EUR, captured=EUR)
AGREED = {"amount": "42.99", "currency": "EUR", "occasion": "recurring", "description": "The second month"}
NOBODY_KNOWS = (
    "Nobody knows yet whether €42.99 was charged to Visa •••• 1111. It is not sent again; the provider is asked until "
    "it is known."
)
UNDER_WAY = "The charge of €42.99 to Visa •••• 1111 is under way. The timeline will say how it ends."

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def card(shop: Shop, account: Account) -> SavedCard:
    return rows.card(shop, account)


def once(client: Client, row: SavedCard | Order) -> str:
    return hidden(client.get(address(row, "charge")).content.decode(), "once")


def plain(told: str) -> str:
    """The sentence without its link to the order, whose number is chance."""
    return re.sub(r' <a class="underline" href="/admin/checkout/order/\d+/change/">G-\w{9}</a>$', " →", told)


def charge(client: Client, card: SavedCard, *, clicks: int = 1, **typed: str) -> list[str]:
    """The whole way from the card's page: the form, the page that reads it back, the clicks."""
    sent = {**AGREED, "once": once(client, card), **typed}
    confirm = client.post(address(card, "charge"), sent)
    assert confirm.status_code == 200
    assert 'name="confirmed"' in confirm.content.decode(), confirm.content.decode()
    return [plain(do(client, card, "charge", **sent, confirmed="yes")) for _click in range(clicks)]


def charge_order(
    client: Client, order: Order, card: SavedCard, *, clicks: int = 1, **typed: str
) -> list[str]:
    word = typed.pop("once", "") or once(client, order)
    sent = {"card": str(card.pk), "occasion": "no_show", "once": word, **typed}
    return [do(client, order, "charge", **sent, confirmed="yes") for _click in range(clicks)]


# --- from the card's page --------------------------------------------------------------------------------------------


def test_money_customer_card_and_reason_are_named_before_it_is_done(
    client: Client, shop: Shop, card: SavedCard
) -> None:
    rows.order(shop, currency="CHF")
    form = client.get(address(card, "charge")).content.decode()
    assert 'value="CHF"' in form  # the last order's
    assert "regular charge" in form
    assert "more than was paid first" not in form  # the provider does no such thing
    sent = {**AGREED, "amount": "12,50", "currency": "chf", "once": hidden(form, "once")}
    confirm = client.post(address(card, "charge"), sent).content.decode()
    assert (
        "Scripted Pay is told to charge CHF12.50 to Visa •••• 1111 of customer C-7, who is away: regular charge."
        in confirm.replace("\xa0", "")
    )
    assert "Description: The second month" in confirm
    assert (Scripted.asked, Order.objects.count()) == ([], 1)


def test_a_card_is_charged_for_an_order_of_its_own(
    client: Client, shop: Shop, account: Account, card: SavedCard
) -> None:
    rows.order(shop, language="fr")
    Scripted.answer = PAID
    assert charge(client, card) == ["Paid: €42.99 with Visa •••• 1111. →"]
    order = Order.objects.get(reference__startswith="charge-")
    assert (order.shop, order.state, order.money, order.description) == (
        shop, OrderState.PAID, EUR, "The second month",
    )  # fmt: skip
    # Whom to write to, and in which language, is known from the customer's last order.
    assert (order.customer["reference"], order.email, order.language) == ("C-7", "ada1@example.org", "fr")
    payment = order.payments.get()
    assert (payment.state, payment.occasion, payment.saved_card, payment.account) == (
        State.PAID, "recurring", card, account,
    )  # fmt: skip
    made, charged = order.timeline.filter(code__in=("order.created", "payment.charged"))
    assert [(entry.who, entry.user and entry.user.username) for entry in (made, charged)] == [
        ("merchant", "margot")
    ] * 2
    assert not any(Scripted.in_transaction)
    assert not any(violations().values())


def test_the_pages_tell_of_the_charge(client: Client, card: SavedCard) -> None:
    Scripted.answer = PAID
    charge(client, card)
    payment = Payment.objects.get()
    page = client.get(reverse("admin:checkout_payment_change", args=[payment.pk])).content.decode()
    assert "Charged by the merchant: regular charge" in page
    assert reverse("admin:checkout_savedcard_change", args=[card.pk]) in page
    told = client.get(reverse("admin:checkout_order_change", args=[payment.order_id])).content.decode()
    assert "Visa •••• 1111 is charged without the customer (regular charge)." in told
    assert "The order was made here: 42.99 EUR, payable until" in told
    assert payment.reference in client.get(
        reverse("admin:checkout_savedcard_change", args=[card.pk])
    ).content.decode()  # fmt: skip


def test_the_amount_may_only_be_reserved(client: Client, card: SavedCard) -> None:
    Scripted.answer = Report(outcome=Outcome.AUTHORIZED, authorized=EUR)
    assert charge(client, card, capture_later="on") == ["Reserved: €42.99 on Visa •••• 1111. →"]
    order = Order.objects.get()
    assert (order.capture_later, order.state) == (True, OrderState.OPEN)


def test_what_is_reserved_is_called_so_before_it_is_done(client: Client, card: SavedCard) -> None:
    sent = {**AGREED, "once": once(client, card), "capture_later": "on"}
    confirm = client.post(address(card, "charge"), sent).content.decode()
    assert "is told to reserve €42.99 on Visa" in confirm
    assert '<input type="hidden" name="capture_later" value="True"' in confirm


def test_a_double_click_charges_once(client: Client, card: SavedCard) -> None:
    Scripted.answer = PAID
    first, second = charge(client, card, clicks=2)
    assert first == "Paid: €42.99 with Visa •••• 1111. →"
    assert second == (
        "This form was sent before; nothing was charged again. Paid: €42.99 with Visa •••• 1111. →"
    )
    assert (Order.objects.count(), Payment.objects.count()) == (1, 1)
    assert [verb for verb, _reference in Scripted.asked] == ["start"]


def test_two_clicks_at_the_same_moment_charge_once(merchant: User, client: Client, card: SavedCard) -> None:
    Scripted.answer = PAID
    sent = {**AGREED, "once": once(client, card), "confirmed": "yes"}
    gate, answers = threading.Barrier(2), []

    def click(browser: Client) -> None:
        gate.wait(10)
        try:
            answers.append(browser.post(address(card, "charge"), sent).status_code)
        finally:
            connection.close()

    browsers = [Client(), Client()]
    for browser in browsers:
        browser.force_login(merchant)
    threads = [threading.Thread(target=click, args=[browser]) for browser in browsers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert answers == [302, 302]
    assert (Order.objects.count(), Payment.objects.count()) == (1, 1)
    assert [verb for verb, _reference in Scripted.asked] == ["start"]


def test_two_forms_are_two_charges(client: Client, card: SavedCard) -> None:
    Scripted.answer = PAID
    charge(client, card)
    charge(client, card)
    assert Order.objects.filter(state=OrderState.PAID).count() == 2


@pytest.mark.parametrize(
    "other", [{"amount": "1"}, {"currency": "USD"}, {"capture_later": "on"}, {"occasion": "no_show"}], ids=str
)
def test_a_form_is_good_for_one_charge(client: Client, card: SavedCard, other: Any) -> None:
    Scripted.answer = PAID
    word = once(client, card)
    charge(client, card, once=word)
    (told,) = charge(client, card, once=word, **other)
    assert told.startswith("This form was sent before, for another charge. Open it again.")
    assert Payment.objects.count() == 1


def test_anothers_card_is_not_charged_by_the_same_form(
    client: Client, shop: Shop, account: Account, card: SavedCard
) -> None:
    Scripted.answer = PAID
    word = once(client, card)
    charge(client, card, once=word)
    for other in (rows.card(shop, account, "C-8"), rows.card(shop, account, last4="0055")):
        (told,) = charge(client, other, once=word)
        assert told.startswith("This form was sent before, for another charge.")
    assert Payment.objects.count() == 1


# --- how it ends -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "told", "state"),
    [
        (Declined(Decline(code="51", message="Not enough money.", reason="insufficient_funds")),
         "Not charged: Not enough money. →", State.FAILED),
        (Unreachable("No connection."), "Not charged: No connection. →", State.FAILED),
        (Misconfigured("No such shop."), "Not charged: No such shop. →", State.FAILED),
        (Invalid("customer.email", "is needed"), "Not charged: customer.email: is needed. →", State.FAILED),
        (Uncertain("No answer."), NOBODY_KNOWS + " →", State.CREATED),
        (Report(outcome=Outcome.PENDING), UNDER_WAY + " →", State.PENDING),
    ],
)  # fmt: skip
def test_the_end_is_told_as_it_is(
    client: Client, card: SavedCard, answer: Report | ProviderError, told: str, state: State
) -> None:
    Scripted.answer = answer
    assert charge(client, card) == [told]
    assert Payment.objects.get().state == state


def test_what_nobody_knew_is_known_later(client: Client, card: SavedCard) -> None:
    Scripted.answer = Uncertain("No answer.")
    word = once(client, card)
    charge(client, card, once=word)
    Scripted.answer = PAID
    check(Payment.objects.get())
    (told,) = charge(client, card, once=word)
    assert told.endswith("nothing was charged again. Paid: €42.99 with Visa •••• 1111. →")
    assert [verb for verb, _reference in Scripted.asked] == ["start", "sync"]


def test_the_customer_may_have_to_confirm(client: Client, card: SavedCard) -> None:
    (told,) = charge(client, card)
    order = Order.objects.get()
    assert told == f"Not charged yet: the customer has to confirm it at {order.pay_url} →"


def test_what_a_provider_says_is_text_and_not_markup(client: Client, card: SavedCard) -> None:
    Scripted.answer = Declined(Decline(code="51", message="<b>no</b>"))
    assert charge(client, card) == ["Not charged: &lt;b&gt;no&lt;/b&gt;. →"]


def test_refused_fields_are_listed_on_the_page(client: Client, card: SavedCard) -> None:
    Scripted.answer = Invalid("customer.email", "is <needed>", ("options.scripted.x", "is wrong"))
    charge(client, card)
    page = client.get(
        reverse("admin:checkout_payment_change", args=[Payment.objects.get().pk])
    ).content.decode()
    assert "<li><code>customer.email</code> is &lt;needed&gt;</li>" in page
    assert "<li><code>options.scripted.x</code> is wrong</li>" in page


def test_a_charge_that_may_not_begin_leaves_nothing_to_pay(
    client: Client, card: SavedCard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Scripted, "refuses", lambda self, charge: "Scripted Pay takes no euros.")
    assert charge(client, card) == ["Nothing was charged: Scripted Pay takes no euros. →"]
    assert Order.objects.get().state == OrderState.CANCELED
    assert Scripted.asked == []


# --- what cannot be charged ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("why", ["removed", "switched off", "no occasions", "gone"])
def test_a_card_that_cannot_be_charged_is_not_offered(
    client: Client, card: SavedCard, account: Account, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    word = once(client, card)
    if why == "removed":
        SavedCard.objects.update(removed_at=timezone.now(), token="")
    elif why == "switched off":
        Account.objects.update(enabled=False)
    elif why == "gone":
        Account.objects.update(provider="gone")
    else:
        monkeypatch.setattr(Scripted, "occasions", frozenset())
    page = client.get(reverse("admin:checkout_savedcard_change", args=[card.pk])).content.decode()
    assert "/do/charge/" not in page
    assert client.get(address(card, "charge")).status_code == 302
    assert do(client, card, "charge", **AGREED, once=word, confirmed="yes") == (
        "The card cannot be charged for that now. Nothing was done."
    )
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        ({"amount": "0"}, "Give an amount of more than nothing."),
        ({"amount": "1,000.00"}, "Give an amount such as 100.00, in EUR"),
        ({"amount": "-5"}, "Give an amount such as"),
        ({"currency": "EURO"}, "at most 3 characters"),
        ({"currency": "ZZZ"}, "Give a currency by its three letters"),
        ({"description": ""}, "This field is required."),
        ({"occasion": "increment"}, "not one of the available choices"),
        ({"once": "x"}, "Enter a valid value."),
    ],
    ids=str,
)
def test_what_is_typed_wrong_is_refused_at_its_field(
    client: Client, card: SavedCard, typed: dict[str, str], complaint: str
) -> None:
    sent = {**AGREED, "once": once(client, card), "confirmed": "yes", **typed}
    answer = client.post(address(card, "charge"), sent)
    assert answer.status_code == 200
    assert complaint in answer.content.decode()
    assert not Order.objects.exists()


# --- for an order ----------------------------------------------------------------------------------------------------


def test_an_open_order_is_charged_to_its_customers_card(
    client: Client, shop: Shop, account: Account, card: SavedCard
) -> None:
    rows.card(shop, account, "C-8", last4="9999")
    order = rows.order(shop)
    form = client.get(address(order, "charge")).content.decode()
    assert "Visa •••• 1111 · 04/2031 · Scripted, test" in form
    assert "•••• 9999" not in form
    sent = {"card": str(card.pk), "occasion": "no_show", "once": hidden(form, "once")}
    confirm = client.post(address(order, "charge"), sent).content.decode()
    assert (
        "Scripted Pay is told to charge €42.99 to Visa •••• 1111 of customer C-7, who is away: "
        "the customer did not come." in confirm
    )
    Scripted.answer = PAID
    first, second = charge_order(client, order, card, clicks=2, once=sent["once"])
    assert first == "Paid: €42.99 with Visa •••• 1111."
    assert second == "This form was sent before; nothing was charged again. Paid: €42.99 with Visa •••• 1111."
    order.refresh_from_db()
    assert (order.state, order.payments.get().occasion) == (OrderState.PAID, "no_show")
    assert [verb for verb, _reference in Scripted.asked] == ["start"]


def test_two_people_charge_an_order_once(client: Client, shop: Shop, card: SavedCard) -> None:
    order = rows.order(shop)
    other = Client()
    other.force_login(User.objects.create_superuser("otto"))
    word = once(other, order)
    Scripted.answer = PAID
    charge_order(client, order, card)
    assert charge_order(other, order, card, once=word) == ["Nothing was charged: the order is paid."]
    assert Payment.objects.count() == 1
    assert order.timeline.get(code="payment.charged").user == User.objects.get(username="margot")


def test_while_nobody_knows_nobody_else_charges(client: Client, shop: Shop, card: SavedCard) -> None:
    order = rows.order(shop)
    word = once(client, order)
    Scripted.answer = Uncertain("No answer.")
    charge_order(client, order, card)
    assert charge_order(client, order, card, once=word) == ["Nothing was charged: another attempt is open."]
    assert Payment.objects.count() == 1


def test_after_a_decline_it_may_be_tried_again(client: Client, shop: Shop, card: SavedCard) -> None:
    order = rows.order(shop)
    Scripted.answer = Declined(Decline(code="51", message="Not enough money."))
    assert charge_order(client, order, card) == ["Not charged: Not enough money."]
    Scripted.answer = PAID
    assert charge_order(client, order, card) == ["Paid: €42.99 with Visa •••• 1111."]


@pytest.mark.parametrize("why", ["paid", "over", "open attempt", "reserved", "guest", "no card", "no retry"])
def test_where_there_is_nothing_to_charge_it_is_not_offered(
    client: Client, shop: Shop, account: Account, card: SavedCard, why: str
) -> None:
    order = rows.order(shop, **({"customer": {}} if why == "guest" else {}))
    page = reverse("admin:checkout_order_change", args=[order.pk])
    if why not in ("guest",):
        assert "/do/charge/" in client.get(page).content.decode()
    if why == "over":
        Order.objects.update(expires_at=timezone.now())
    elif why == "no card":
        SavedCard.objects.update(removed_at=timezone.now())
    elif why == "no retry":
        rows.payment(order, account, State.FAILED, may_retry=False)
    elif why != "guest":
        states = {"paid": State.PAID, "open attempt": State.STARTED, "reserved": State.AUTHORIZED}
        rows.payment(order, account, states[why])
    assert "/do/charge/" not in client.get(page).content.decode()
    assert client.get(address(order, "charge")).status_code == 302


def test_another_customers_card_cannot_be_chosen(
    client: Client, shop: Shop, account: Account, card: SavedCard
) -> None:
    other = rows.card(shop, account, "C-8")
    order = rows.order(shop)
    sent = {"card": str(other.pk), "occasion": "no_show", "once": once(client, order), "confirmed": "yes"}
    assert "not one of the available choices" in client.post(address(order, "charge"), sent).content.decode()
    assert Scripted.asked == []


# --- who may ---------------------------------------------------------------------------------------------------------


def browser_of(*rights: str) -> Client:
    user = User.objects.create_user("paula", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    browser = Client()
    browser.force_login(user)
    return browser


def test_who_may_only_tidy_up_cards_charges_none(shop: Shop, card: SavedCard) -> None:
    order = rows.order(shop)
    tidy = browser_of("view_savedcard", "change_savedcard", "view_order", "change_order")
    for row in (card, order):
        assert tidy.post(address(row, "charge"), {"confirmed": "yes"}).status_code == 403
    page = tidy.get(reverse("admin:checkout_savedcard_change", args=[card.pk])).content.decode()
    assert "/do/remove/" in page
    assert "/do/charge/" not in page


def test_who_may_charge_charges_and_is_not_shown_the_payment_link(card: SavedCard) -> None:
    cashier = browser_of("view_savedcard", "view_payment", "charge_payment")
    (told,) = charge(cashier, card)
    assert told == "Not charged yet: the customer has to confirm it at the order's payment link →".replace(
        "'", "&#x27;"
    )


# --- the order's page ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("keep", [True, False])
def test_the_order_says_that_its_card_is_to_be_kept(client: Client, shop: Shop, keep: bool) -> None:
    order = rows.order(shop, keep_card=keep)
    page = client.get(reverse("admin:checkout_order_change", args=[order.pk])).content.decode()
    assert ("to be kept: the customer agreed in the shop" in page) is keep


def test_kinds_are_filtered_by_words(client: Client, shop: Shop) -> None:
    rows.order(shop)
    page = client.get(reverse("admin:checkout_order_changelist")).content.decode()
    assert "a card for later" in page
    assert "save_card</" not in page
