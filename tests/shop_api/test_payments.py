"""Can a shop open an attempt itself, and charge a card that its customer left, once each time it is meant?"""

import json
from typing import Any

import pytest
from django.test import Client

from checkout.models import Account, Order, Payment
from checkout.payments.figures import violations
from checkout.payments.recover import check
from checkout.payments.snapshot import order_snapshot
from checkout.shop_api.shapes import NextOut, OrderOut, PaymentOut, ProblemOut
from checkout.states import OrderState, State
from providers.base import Outcome, Report, Started
from providers.errors import Decline, Declined, Invalid, Misconfigured, Uncertain, Unreachable
from tests.scripted import Call, Script, codes, make_account, make_shop, paid
from tests.shop_api.conftest import Caller, caller_for, make_card, problem
from tests.shop_api.test_idempotency import at_once

pytestmark = pytest.mark.django_db(transaction=True)
KNOWN: Any = {"customer": {"reference": "c-1"}}


@pytest.fixture
def caller(script: Script, transactional_db: None) -> Caller:
    return caller_for(make_shop())


@pytest.fixture
def account(caller: Caller) -> Account:
    return make_account(caller.shop)


@pytest.fixture
def number(caller: Caller, account: Account) -> str:
    """An open order of a known customer."""
    told: str = caller.created(**KNOWN)["id"]
    return told


def charged(call: Call) -> Started:
    """The provider decides at once, and the card is charged."""
    return Started(show=None, provider_id=f"P-{call.charge.reference}", report=paid(call))


# --- the shopper is there --------------------------------------------------------------------------------------------


def test_an_attempt_is_opened_and_the_answer_says_how_it_goes_on(
    caller: Caller, script: Script, number: str
) -> None:
    told = caller.paid(number)
    order = Order.objects.get()
    assert told == json.loads(json.dumps(order_snapshot(order)))
    assert (told["state"], told["payment"]["state"], told["payment"]["attempt"]) == ("open", "started", 1)
    assert told["payment"]["next"] == {"kind": "page", "url": order.pay_url}
    (asked,) = script.asked("start")
    assert (asked.charge.occasion, asked.charge.saved_card) == (None, "")
    entry = order.timeline.get(code="payment.created")
    assert entry.who == "shop"


def test_the_page_shows_what_the_shop_has_opened(caller: Caller, number: str) -> None:
    told = caller.paid(number)
    page = Client().get(told["payment"]["next"]["url"]).content.decode()
    assert f"https://provider.example/pay/P-{number}-1" in page


def test_the_shopper_may_pay_with_a_saved_card(caller: Caller, script: Script, number: str) -> None:
    card = make_card(Account.objects.get())
    told = caller.paid(number, saved_card=str(card.pk))
    assert told["payment"]["occasion"] is None
    assert script.asked("start")[0].charge.saved_card == card.token.reveal()
    assert told["payment"]["next"] is not None


def test_the_channel_goes_along(caller: Caller, script: Script, number: str) -> None:
    caller.paid(number, provider="scripted", channel="wallet")
    assert script.asked("start")[0].charge.channel == "wallet"


def test_a_decline_is_an_answer_and_another_key_tries_again(
    caller: Caller, script: Script, number: str
) -> None:
    script.will("start", Declined(Decline(code="51", message="Not enough.", reason="insufficient_funds")))
    told = caller.paid(number)["payment"]
    assert (told["state"], told["decline_reason"], told["decline_code"], told["decline_message"]) == (
        "failed", "insufficient_funds", "51", "Not enough.",
    )  # fmt: skip
    assert (told["next"], told["may_retry"], told["errors"]) == (None, True, [])
    assert caller.paid(number, "pay-2")["payment"]["attempt"] == 2
    # The first key still speaks of the first attempt, though a later one is open.
    answer = caller.pay(number)
    assert answer["Idempotent-Replay"] == "true"
    assert json.loads(answer.content)["payment"]["attempt"] == 1


@pytest.mark.parametrize(
    ("error", "code", "flagged"),
    [(Unreachable("No connection."), "unreachable", False), (Misconfigured("No such shop."), "misconfigured", True)],
)  # fmt: skip
def test_a_provider_that_was_not_asked_is_told_from_one_that_refused(
    caller: Caller, script: Script, number: str, error: Exception, code: str, flagged: bool
) -> None:
    script.will("start", error)
    told = caller.paid(number)
    payment = told["payment"]
    assert (payment["state"], payment["decline_reason"], payment["decline_code"]) == (
        "failed", "technical_error", code,
    )  # fmt: skip
    assert payment["decline_message"] == str(error)
    assert told["needs_attention"] is flagged


def test_nobody_knows_and_later_it_is_known(caller: Caller, script: Script, number: str) -> None:
    script.will("start", Uncertain("No answer in time."))
    told = caller.paid(number)
    assert (told["state"], told["payment"]["state"], told["payment"]["next"]) == ("open", "created", None)
    script.always("sync", paid)
    check(Payment.objects.get())
    told = caller.paid(number)  # the same key: the same attempt, as it is now
    assert (told["state"], told["payment"]["state"], told["payment"]["attempt"]) == ("paid", "paid", 1)
    assert len(script.asked("start")) == 1


# --- the customer is away --------------------------------------------------------------------------------------------


def test_a_saved_card_is_charged_while_the_customer_is_away(
    caller: Caller, script: Script, number: str
) -> None:
    card = make_card(Account.objects.get())
    script.will("start", charged)
    told = caller.paid(number, saved_card=str(card.pk), occasion="recurring")
    assert (told["state"], told["amount_captured"]) == ("paid", 4299)
    assert (told["payment"]["occasion"], told["payment"]["next"]) == ("recurring", None)
    (asked,) = script.asked("start")
    assert (asked.charge.occasion, asked.charge.saved_card) == ("recurring", card.token.reveal())
    order = Order.objects.get()
    assert codes(order) == [
        "order.created", "payment.charged", "payment.started", "payment.paid", "order.paid",
    ]  # fmt: skip
    assert not any(violations().values())


def test_the_customer_may_have_to_confirm(caller: Caller, number: str) -> None:
    card = make_card(Account.objects.get())
    told = caller.paid(number, saved_card=str(card.pk), occasion="recurring")
    assert told["payment"]["next"] == {"kind": "page", "url": told["pay_url"]}


def test_what_is_under_way_waits_for_nobody(caller: Caller, script: Script, number: str) -> None:
    card = make_card(Account.objects.get())
    script.will("start", Started(show=None, report=Report(outcome=Outcome.PENDING)))
    told = caller.paid(number, saved_card=str(card.pk), occasion="recurring")
    assert (told["payment"]["state"], told["payment"]["next"]) == ("pending", None)
    answer = caller.pay(number, "pay-2", saved_card=str(card.pk), occasion="recurring")
    problem(answer, 409)
    assert json.loads(answer.content)["detail"] == "Another attempt is open."


def test_an_occasion_needs_a_card_that_may_be_charged_for_it(
    caller: Caller, script: Script, number: str
) -> None:
    card = str(make_card(Account.objects.get()).pk)
    assert set(problem(caller.pay(number, occasion="recurring"), 422)) == {"saved_card"}
    assert set(problem(caller.pay(number, occasion="birthday", saved_card=card), 422)) == {"occasion"}
    assert problem(caller.pay(number, occasion="increment", saved_card=card), 422) == {
        "occasion": "this card is not charged for it; there are: recurring, no_show"
    }
    assert not Payment.objects.exists()
    assert script.asked("start") == []


# --- the provider refuses fields -------------------------------------------------------------------------------------


def test_what_the_provider_refuses_is_named_by_the_shops_own_fields(
    caller: Caller, script: Script, number: str
) -> None:
    script.will(
        "start",
        Invalid(
            "customer.email",
            "is not deliverable",
            ("options.scripted.customer_fields.read_only", "names phone, which is empty"),
        ),
    )
    for replayed in (False, True):
        answer = caller.pay(number)
        assert problem(answer, 422) == {
            "customer.email": "is not deliverable",
            "options.scripted.customer_fields.read_only": "names phone, which is empty",
        }
        told = json.loads(answer.content)
        assert told["type"] == "urn:guichet:problem:refused-by-provider"
        assert told["detail"] == "customer.email: is not deliverable (1 more in errors)"
        assert told["order"] == json.loads(json.dumps(order_snapshot(Order.objects.get())))
        assert told["order"]["payment"]["errors"] == told["errors"]
        assert told["order"]["payment"]["state"] == "failed"
        assert ("Idempotent-Replay" in answer) is replayed
    assert len(script.asked("start")) == 1


def test_complaints_are_told_before_there_is_an_order(
    caller: Caller, account: Account, script: Script
) -> None:
    wrong = (("customer.email", "is needed"), ("options.scripted.customer_fields.read_only", "names colour"))
    script.will("complaints", wrong)
    brought = {"scripted": {"customer_fields": {"read_only": ["colour"]}}}
    assert problem(caller.create(options=brought), 422) == dict(wrong)
    assert not Order.objects.exists()
    (asked,) = script.calls
    assert asked.charge.options == brought["scripted"]
    assert asked.charge.money.minor == 4299

    first = caller.create(options=brought)  # mended, under the same key
    assert first.status_code == 201
    script.will("complaints", wrong)
    assert caller.create(options=brought).content == first.content  # what was answered stays answered


def test_whoever_brings_no_options_is_asked_nothing(caller: Caller, account: Account, script: Script) -> None:
    caller.created()
    assert script.calls == []


def test_options_for_an_account_that_is_not_there_wait_unread(caller: Caller, script: Script) -> None:
    """One shop's software serves many merchants, and a method that is taken out for an evening closes no shop."""
    script.always("complaints", (("customer.email", "is needed"),))
    make_account()  # another shop's
    make_account(caller.shop, enabled=False)
    told = caller.created(options={"scripted": {}})
    assert script.calls == []
    assert problem(caller.create("key-2", reference="b-2", options={"scripted": {"colour": 1}}), 422) == {
        "options.scripted.colour": "is not a field there"
    }
    assert problem(caller.pay(told["id"], provider="scripted"), 422) == {
        "provider": "your shop has no such account"
    }


# --- one attempt a key -----------------------------------------------------------------------------------------------


def test_the_same_key_makes_no_second_attempt(caller: Caller, script: Script, number: str) -> None:
    card = make_card(Account.objects.get())
    script.will("start", charged)
    named = {"saved_card": str(card.pk), "occasion": "recurring"}
    first = caller.pay(number, **named)
    Account.objects.update(enabled=False)
    card.removed_at = card.consented_at
    card.save()
    again = caller.pay(number, **named)
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert ("Idempotent-Replay" in first, again["Idempotent-Replay"]) == (False, "true")
    assert len(script.asked("start")) == Payment.objects.count() == 1


@pytest.mark.parametrize(
    "other",
    [
        {"channel": "wallet"},
        {"provider": "bare"},
        {"account": "7d6d3b0e-0000-4000-8000-000000000000"},
        {"saved_card": "{card}"},
        {"saved_card": "{card}", "occasion": "recurring"},
    ],
    ids=str,
)
def test_another_body_under_the_same_key_is_refused(
    caller: Caller, script: Script, number: str, other: dict[str, str]
) -> None:
    card = make_card(Account.objects.get())
    caller.paid(number)
    sent = {name: value.replace("{card}", str(card.pk)) for name, value in other.items()}
    answer = caller.pay(number, **sent)
    assert set(problem(answer, 422)) == {"Idempotency-Key"}
    assert json.loads(answer.content)["type"] == "urn:guichet:problem:idempotency-key-reused"
    assert len(script.asked("start")) == 1


def test_what_the_first_request_left_out_may_be_said(caller: Caller, number: str) -> None:
    caller.paid(number)
    account = Account.objects.get()
    assert caller.pay(number, provider="scripted", account=str(account.pk))["Idempotent-Replay"] == "true"


def test_a_refusal_is_not_remembered(caller: Caller, script: Script, number: str) -> None:
    problem(caller.pay(number, channel="pigeon"), 422)
    caller.paid(number)


def test_a_key_is_good_for_one_order(caller: Caller, number: str) -> None:
    other = caller.created("key-2", reference="basket-2", **KNOWN)["id"]
    assert caller.paid(number)["payment"]["reference"] != caller.paid(other)["payment"]["reference"]


def test_the_same_key_at_the_same_moment_charges_once(caller: Caller, script: Script, number: str) -> None:
    card = make_card(Account.objects.get())
    script.always("start", charged)
    answers = at_once(lambda _n: caller.pay(number, saved_card=str(card.pk), occasion="recurring"))
    assert [answer.status_code for answer in answers] == [201] * len(answers)
    assert sorted("Idempotent-Replay" in answer for answer in answers) == [False, True, True, True]
    assert len(script.asked("start")) == Payment.objects.count() == 1
    assert caller.paid(number, saved_card=str(card.pk), occasion="recurring")["state"] == "paid"


def test_several_keys_at_the_same_moment_charge_once(caller: Caller, script: Script, number: str) -> None:
    card = make_card(Account.objects.get())
    script.always("start", charged)
    answers = at_once(lambda n: caller.pay(number, f"pay-{n}", saved_card=str(card.pk), occasion="recurring"))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert len(script.asked("start")) == 1
    assert Order.objects.get().state == OrderState.PAID


# --- which account ---------------------------------------------------------------------------------------------------


def test_of_several_accounts_one_is_named(caller: Caller, script: Script, number: str) -> None:
    first = Account.objects.get()
    second = make_account(caller.shop, name="second")
    third = make_account(caller.shop, provider="bare")
    assert set(problem(caller.pay(number), 422)) == {"provider"}
    refused = problem(caller.pay(number, provider="scripted"), 422)
    assert set(refused) == {"account"}
    assert str(first.pk) in refused["account"]
    assert f"{second.pk} (second, scripted)" in refused["account"]
    assert caller.paid(number, provider="bare")["payment"]["provider"] == "bare"
    assert Payment.objects.get().account == third


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"provider": "nowhere"}, "provider"),
        ({"provider": "bare"}, "provider"),
        ({"account": "7d6d3b0e-0000-4000-8000-000000000000"}, "account"),
        ({"account": "{other}"}, "account"),
        ({"account": "first"}, "account"),
        ({"account": "{own}", "provider": "bare"}, "provider"),
        ({"channel": "pigeon"}, "channel"),
        ({"channel": "x" * 21}, "channel"),
        ({"saved_card": 1}, "saved_card"),
        ({"saved_card": "{card}", "provider": "bare"}, "saved_card"),
        ({"colour": "red"}, "colour"),
    ],
    ids=str,
)
def test_a_wrong_field_is_named(
    caller: Caller, script: Script, number: str, fields: dict[str, Any], named: str
) -> None:
    own, other = Account.objects.get(), make_account()
    card = make_card(own)
    words = {"{own}": str(own.pk), "{other}": str(other.pk), "{card}": str(card.pk)}
    sent = {name: words.get(value, value) for name, value in fields.items()}
    assert set(problem(caller.pay(number, **sent), 422)) == {named}
    assert script.asked("start") == []


def test_an_account_that_is_switched_off_is_not_there(caller: Caller, number: str) -> None:
    card = make_card(Account.objects.get())
    Account.objects.update(enabled=False)
    assert problem(caller.pay(number), 422) == {"provider": "your shop has no such account"}
    assert problem(caller.pay(number, saved_card=str(card.pk)), 422) == {
        "saved_card": "is kept at an account that is switched off"
    }


# --- whose order, whose card -----------------------------------------------------------------------------------------


def test_another_shops_order_is_not_there(caller: Caller, script: Script, number: str) -> None:
    other = caller_for(make_shop())
    make_account(other.shop)
    problem(other.pay(number), 404)
    assert not Payment.objects.exists()


def test_only_this_customers_card_is_there(caller: Caller, script: Script, number: str) -> None:
    account = Account.objects.get()
    elsewhere = make_account()
    cards = [
        make_card(account, "c-2"),
        make_card(elsewhere, "c-1"),
        make_card(account, "c-1", removed_at=account.created_at),
    ]
    for name in (*(str(card.pk) for card in cards), "0", "007", "x", "9" * 30, "é", "²"):
        answer = caller.pay(number, saved_card=name, occasion="recurring")
        problem(answer, 404)
        assert json.loads(answer.content)["type"] == "urn:guichet:problem:no-such-card"
    assert script.asked("start") == []


def test_a_guests_order_has_no_cards(caller: Caller, account: Account) -> None:
    card = make_card(account, "")
    number = caller.created()["id"]
    problem(caller.pay(number, saved_card=str(card.pk)), 404)


def test_what_is_over_is_not_payable(caller: Caller, script: Script, number: str) -> None:
    caller.call("POST", f"orders/{number}/cancel")
    answer = caller.pay(number)
    problem(answer, 409)
    told = json.loads(answer.content)
    assert (told["type"], told["detail"]) == ("urn:guichet:problem:not-payable", "The order is canceled.")
    assert told["order"]["state"] == "canceled"


def test_why_an_account_refuses_is_told(caller: Caller, script: Script, number: str) -> None:
    script.will("refuses", "Scripted takes no euros.")
    answer = caller.pay(number)
    problem(answer, 409)
    assert json.loads(answer.content)["detail"] == "Scripted takes no euros."


@pytest.mark.parametrize("key", ["", "x" * 256, "a b"])
def test_a_key_that_is_none(caller: Caller, number: str, key: str) -> None:
    assert set(problem(caller.pay(number, key), 400)) == {"Idempotency-Key"}


def test_the_openapi_page_promises_what_is_answered(caller: Caller, script: Script, number: str) -> None:
    told = caller.paid(number)
    assert set(told) == set(OrderOut.model_fields)
    assert set(told["payment"]) == set(PaymentOut.model_fields)
    assert set(told["payment"]["next"]) == set(NextOut.model_fields)
    OrderOut.model_validate(told)
    refusal = json.loads(caller.pay(number, "pay-2").content)
    assert set(refusal) == set(ProblemOut.model_fields)
    page = json.loads(caller.call("GET", "openapi.json").content)
    said = page["paths"]["/api/v1/orders/{order_id}/payments"]["post"]
    assert said["operationId"] == "create_payment"
    answers = "201 400 401 403 404 405 409 413 415 422 429 500 503"
    assert sorted(said["responses"]) == answers.split()
    assert Payment.objects.get().state == State.STARTED
