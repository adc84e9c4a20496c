"""Is done what the merchant confirms: once, outside of any transaction, and ending in a true sentence?"""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from checkout.models import Account, ApiKey, Delivery, Order, Payment, SavedCard, Shop, ShopEvent
from checkout.states import OrderState, State
from checkout.templatetags.guichet import money
from providers.base import Outcome, Report
from providers.errors import Misconfigured, Uncertain, Unreachable
from providers.money import Money
from tests.merchant import rows
from tests.merchant.clicks import address, do, hidden, refund
from tests.merchant.scripted import Scripted

EUR = Money(4299, "EUR")
PAID = Report(outcome=Outcome.PAID, authorized=EUR, captured=EUR)

pytestmark = pytest.mark.django_db(transaction=True)


# --- asking ----------------------------------------------------------------------------------------------------------


def test_the_provider_is_asked_and_its_answer_written(client: Client, shop: Shop, account: Account) -> None:
    order = rows.order(shop)
    payment = rows.payment(order, account)
    Scripted.answer = PAID

    assert do(client, payment, "ask") == "Scripted Pay was asked: attempt 1 is now paid."
    payment.refresh_from_db()
    order.refresh_from_db()
    assert (payment.state, payment.captured_minor, order.state) == (State.PAID, 4299, OrderState.PAID)


def test_no_answer_is_called_no_answer(client: Client, shop: Shop, account: Account) -> None:
    order = rows.order(shop)
    rows.payment(order, account)
    Scripted.answer = Uncertain("The provider did not answer in time.")

    told = do(client, order, "ask")
    assert told == "Scripted Pay could not be asked about attempt 1, or could not tell: nothing was changed."
    assert order.payments.get().state == State.STARTED
    assert do(client, order, "ask") == told  # the timeline says it once, the merchant is told each time


def test_an_attempt_that_is_being_opened_is_left_alone(client: Client, shop: Shop, account: Account) -> None:
    payment = rows.payment(rows.order(shop), account, State.CREATED)
    assert do(client, payment, "ask") == "Attempt 1 is being opened at Scripted Pay at this moment."
    assert Scripted.asked == []


def test_an_order_without_attempts_has_nobody_to_ask(client: Client, shop: Shop) -> None:
    assert do(client, rows.order(shop), "ask") == "There is no attempt to ask about."


# --- no transaction while the provider is asked ----------------------------------------------------------------------


@pytest.mark.parametrize("action", ["ask", "cancel", "reopen", "refund"])
def test_no_provider_is_asked_inside_a_transaction(
    client: Client, shop: Shop, account: Account, action: str
) -> None:
    ask_in_every_way(client, shop, account, action)
    assert Scripted.asked
    assert not any(Scripted.in_transaction)


def test_the_test_above_would_notice(client: Client, shop: Shop, account: Account) -> None:
    with transaction.atomic():  # as in a changeform view of Django's
        ask_in_every_way(client, shop, account, "ask")
    assert all(Scripted.in_transaction)


def ask_in_every_way(client: Client, shop: Shop, account: Account, action: str) -> None:
    order = rows.order(shop)
    if action == "reopen":
        rows.payment(order, account, State.CANCELED)
        do(client, order, "reopen")
    elif action == "refund":
        refund(client, rows.payment(order, account, State.PAID), "42.99")
    else:
        rows.payment(order, account)
        Scripted.answer = Report(outcome=Outcome.CANCELED)
        do(client, order, action)


# --- cancel and reopen -----------------------------------------------------------------------------------------------


def test_an_order_is_canceled_at_the_provider_and_here(client: Client, shop: Shop, account: Account) -> None:
    order = rows.order(shop)
    rows.payment(order, account)
    Scripted.answer = Report(outcome=Outcome.CANCELED)
    question = client.get(address(order, "cancel")).content.decode()
    assert "The order over €42.99 is canceled" in question
    assert Scripted.asked == []

    assert do(client, order, "cancel") == "The order is canceled."
    order.refresh_from_db()
    assert (order.state, order.payments.get().state) == (OrderState.CANCELED, State.CANCELED)
    entry = order.timeline.get(code="order.canceled")
    assert (entry.who, entry.user and entry.user.username) == ("merchant", "margot")

    assert do(client, order, "cancel") == "The order is canceled."  # the second click
    assert order.timeline.filter(code="order.canceled").count() == 1


def test_an_order_stays_open_when_the_provider_cannot_be_asked(
    client: Client, shop: Shop, account: Account
) -> None:
    order = rows.order(shop)
    rows.payment(order, account)
    Scripted.answer = Unreachable("No connection.")
    assert "could not be asked" in do(client, order, "cancel")
    assert "the order stays open" in do(client, order, "cancel")
    order.refresh_from_db()
    assert order.state == OrderState.OPEN


def test_money_that_came_first_wins(client: Client, shop: Shop, account: Account) -> None:
    order = rows.order(shop)
    rows.payment(order, account)
    Scripted.answer = PAID
    assert do(client, order, "cancel").startswith("Money had come before: the order is paid.")


def test_an_authorised_order_is_not_canceled(client: Client, shop: Shop, account: Account) -> None:
    order = rows.order(shop)
    rows.payment(order, account, State.AUTHORIZED)
    assert client.get(address(order, "cancel")).status_code == 302
    assert "Void the payment first" in do(client, order, "cancel")
    order.refresh_from_db()
    assert order.state == OrderState.OPEN


def test_an_order_is_reopened_once(client: Client, shop: Shop, account: Account) -> None:
    order = rows.order(shop, expires_at=timezone.now())
    rows.payment(order, account, State.EXPIRED)
    assert do(client, order, "reopen").startswith("The order can be paid again.")
    order.refresh_from_db()
    assert order.state == OrderState.OPEN
    assert order.expires_at > timezone.now()
    assert do(client, order, "reopen") == "The order is open already."
    assert [verb for verb, _reference in Scripted.asked] == ["reopen"]


def test_an_order_that_the_provider_cannot_reopen_stays_as_it_is(
    client: Client, shop: Shop, account: Account
) -> None:
    order = rows.order(shop)
    rows.payment(order, account, State.CANCELED)
    Scripted.answer = Misconfigured("Reopening is not activated.")
    told = do(client, order, "reopen")
    assert "could not be reopened: Reopening is not activated. Nothing was changed here." in told
    order.refresh_from_db()
    assert order.state == OrderState.CANCELED


def test_a_paid_order_is_not_reopened(client: Client, shop: Shop, account: Account) -> None:
    order = rows.order(shop)
    rows.payment(order, account, State.PAID)
    assert do(client, order, "reopen").startswith("The order cannot be reopened")
    assert Scripted.asked == []


# --- seen, notes -----------------------------------------------------------------------------------------------------


def test_a_flag_comes_down_and_is_remembered(client: Client, shop: Shop) -> None:
    order = rows.order(shop, attention="look here")
    assert do(client, order, "seen") == "Marked as seen."
    do(client, order, "seen")
    order.refresh_from_db()
    assert order.attention == ""
    assert order.timeline.get(code="order.seen").data["why"] == "look here"


def test_what_came_after_it_was_read_is_not_seen(client: Client, shop: Shop) -> None:
    order = rows.order(shop, attention="look here; twice")
    read = hidden(client.get(address(order, "seen")).content.decode(), "read")
    Order.objects.filter(pk=order.pk).update(attention="look here; twice; a second payment came")
    again = client.post(address(order, "seen"), {"read": read})
    order.refresh_from_db()
    assert (again.status_code, order.attention) == (200, "look here; twice; a second payment came")
    assert "a second payment came" in again.content.decode()
    # What is read back anew is what the next click is about.
    assert do(client, order, "seen", read=hidden(again.content.decode(), "read")) == "Marked as seen."
    order.refresh_from_db()
    assert order.attention == ""


def test_a_note_is_one_note_however_often_it_is_sent(client: Client, shop: Shop) -> None:
    order = rows.order(shop)
    once = hidden(client.get(address(order, "note")).content.decode(), "once")
    for _click in range(2):
        do(client, order, "note", text="she {called} <b>", once=once)
    entry = order.timeline.get(code="order.note")
    assert (entry.data["text"], entry.user and entry.user.username) == ("she {called} <b>", "margot")
    assert (
        "she {called} &lt;b&gt;"
        in client.get(reverse("admin:checkout_order_change", args=[order.pk])).content.decode()
    )


def test_a_note_of_nothing_is_refused_at_its_field(client: Client, shop: Shop) -> None:
    order = rows.order(shop)
    answer = client.post(address(order, "note"), {"text": " ", "once": "0" * 32})
    assert answer.status_code == 200
    assert "This field is required." in answer.content.decode()


# --- the rest --------------------------------------------------------------------------------------------------------


def test_a_notification_is_followed_up_again(client: Client, shop: Shop, account: Account) -> None:
    payment = rows.payment(rows.order(shop), account)
    delivery = Delivery.objects.create(
        account=account, key="k", about="order closed", reference=payment.reference
    )
    Scripted.answer = Uncertain("No answer.")
    assert do(client, delivery, "follow-up").startswith("The provider could not be asked")
    Scripted.answer = PAID
    assert do(client, delivery, "follow-up") == f"The provider was asked about payment {payment}."
    payment.refresh_from_db()
    delivery.refresh_from_db()
    assert (payment.state, delivery.verdict) == (State.PAID, "applied")


def test_a_notification_that_asks_for_nothing_is_not_followed_up(client: Client, account: Account) -> None:
    delivery = Delivery.objects.create(
        account=account,
        key="k",
        about="a wallet was made",
        verdict="ignored",
        error="It is about no payment.",
    )
    html = client.get(reverse("admin:checkout_delivery_change", args=[delivery.pk])).content.decode()
    assert '<span class="g-state g-ignored">nothing to follow up</span>' in html
    assert "Why nothing is done</dt><dd>It is about no payment." in html
    assert "/do/follow-up/" not in html
    assert client.get(address(delivery, "follow-up")).status_code == 302
    assert do(client, delivery, "follow-up") == "There is nothing to follow up: It is about no payment."
    delivery.refresh_from_db()
    assert (delivery.verdict, delivery.attempts) == ("ignored", 0)


def test_a_notification_about_nothing_of_ours_says_so(client: Client, account: Account) -> None:
    delivery = Delivery.objects.create(account=account, key="k", about="?", reference="nobody")
    assert do(client, delivery, "follow-up").startswith("No payment of ours")


@pytest.mark.parametrize(
    ("status", "told"),
    [(200, "The shop took it: HTTP 200."), (500, "The shop answered HTTP 500. It is tried again.")],
)
def test_a_webhook_is_sent_again(
    client: Client, shop: Shop, responses_on_the_wire: Any, status: int, told: str
) -> None:
    order = rows.order(shop)
    event = ShopEvent.objects.create(
        shop=shop, order=order, type="order.paid", payload={}, delivered_at=timezone.now(), attempts=1
    )
    responses_on_the_wire.post("https://shop.example/hooks", status=status)
    assert do(client, event, "send") == told
    event.refresh_from_db()
    assert (event.attempts, event.delivered_at is not None) == (2, status == 200)


@pytest.fixture
def responses_on_the_wire() -> Any:
    import responses

    with responses.RequestsMock() as wire:
        yield wire


def test_a_card_is_removed_with_its_token(client: Client, shop: Shop, account: Account) -> None:
    rows.everything(shop, account)
    card = SavedCard.objects.get()
    assert do(client, card, "remove") == "The card is removed; its token is erased."
    card.refresh_from_db()
    assert card.removed_at is not None
    assert not card.token
    assert do(client, card, "remove") == "The card was removed before."


def test_an_api_key_is_shown_once_and_a_double_click_makes_one(client: Client, shop: Shop) -> None:
    once = hidden(client.get(address(shop, "issue-key")).content.decode(), "once")
    typed = {"name": "till", "once": once, "scopes": ["read"]}
    shown = [client.post(address(shop, "issue-key"), typed) for _click in range(2)]
    keys = {re.search(r"gk_[\w-]{43}", answer.content.decode())[0] for answer in shown}  # type: ignore[index]
    assert len(keys) == 1
    assert "no-store" in shown[0].headers["Cache-Control"]
    key = keys.pop()
    row = ApiKey.objects.get()
    assert ApiKey.find(key) == row
    for page in ("shop", "apikey"):
        pk = shop.pk if page == "shop" else row.pk
        assert key not in client.get(reverse(f"admin:checkout_{page}_change", args=[pk])).content.decode()

    assert do(client, row, "revoke").startswith("The key is revoked")
    assert ApiKey.find(key) is None
    assert do(client, row, "revoke") == "The key was revoked before."
    assert "is revoked" in do(client, shop, "issue-key", name="till", once=once, scopes=["read"])


def test_a_form_for_a_secret_does_not_last(
    client: Client, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    once = hidden(client.get(address(shop, "issue-key")).content.decode(), "once")
    monkeypatch.setattr("checkout.merchant.onetime.GOOD_FOR_SECONDS", -1)
    answer = client.post(address(shop, "issue-key"), {"name": "till", "once": once, "scopes": ["read"]})
    assert "This form is too old." in answer.content.decode()
    assert ApiKey.objects.count() == 0


def test_a_webhook_secret_is_made_and_shown_once(client: Client, shop: Shop) -> None:
    once = hidden(client.get(address(shop, "new-secret")).content.decode(), "once")
    before, typed = shop.webhook_secret.reveal(), {"once": once, "overlap": "86400"}
    html = client.post(address(shop, "new-secret"), typed).content.decode()
    assert (
        client.post(address(shop, "new-secret"), typed).content.decode().count("whsec_") == 1
    )  # a double click
    shop.refresh_from_db()
    secret = shop.webhook_secret.reveal()
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", secret)
    assert secret in html
    assert shop.webhook_former_secret.reveal() == before
    assert shop.webhook_former_until is not None
    assert timedelta(hours=23) < shop.webhook_former_until - timezone.now() < timedelta(hours=24)
    assert secret not in client.get(reverse("admin:checkout_shop_change", args=[shop.pk])).content.decode()


# --- who may ---------------------------------------------------------------------------------------------------------


def test_whoever_may_only_look_does_nothing(viewer: Client, shop: Shop, account: Account) -> None:
    rows.everything(shop, account)
    order = Order.objects.first()
    targets = [
        *((order, name) for name in ("ask", "cancel", "reopen", "seen", "note")),
        *((Payment.objects.get(state=State.PAID), name) for name in ("ask", "capture", "void", "refund")),
        (Delivery.objects.first(), "follow-up"),
        (ShopEvent.objects.first(), "send"),
        (SavedCard.objects.first(), "remove"),
        (SavedCard.objects.first(), "charge"),
        (order, "charge"),
        (ApiKey.objects.first(), "revoke"),
        (ApiKey.objects.first(), "replace"),
        (shop, "issue-key"),
        (shop, "new-secret"),
    ]
    for row, name in targets:
        assert viewer.get(address(row, name)).status_code == 403, name
        assert viewer.post(address(row, name), {"confirmed": "yes"}).status_code == 403, name
    assert Scripted.asked == []


def test_a_stranger_is_asked_to_log_in(shop: Shop) -> None:
    answer = Client().post(address(rows.order(shop), "cancel"))
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(reverse("admin:login"))


def test_without_the_token_of_the_form_nothing_is_done(merchant: User, shop: Shop) -> None:
    order = rows.order(shop)
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(merchant)
    assert strict.post(address(order, "cancel")).status_code == 403
    order.refresh_from_db()
    assert order.state == OrderState.OPEN


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil"]
)
def test_nobody_is_led_elsewhere_afterwards(client: Client, shop: Shop, elsewhere: str) -> None:
    order = rows.order(shop, attention="x")
    answer = client.post(address(order, "seen"), {"back": elsewhere})
    assert answer.headers["Location"] == reverse("admin:checkout_order_change", args=[order.pk])


def test_whatever_can_be_done_to_an_order_is_asked_first_and_names_its_money(
    client: Client, shop: Shop, account: Account
) -> None:
    rows.everything(shop, account)
    order = Order.objects.exclude(attention="").first()
    assert order is not None
    shown = client.get(reverse("admin:checkout_order_change", args=[order.pk])).context["buttons"]
    assert shown
    assert [button.action.name for button in shown if button.action.at_once] == []
    html = client.get(address(order, "seen")).content.decode()
    assert f"{order} · {money(order.money)}" in html
    order.refresh_from_db()
    assert order.attention  # nothing is done before it is confirmed
