"""What does a provider hear that asks before it charges? The last word against paying twice, and nothing else."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from checkout.inbound import MAX_BYTES
from checkout.models import Account, Order, Payment
from checkout.payments.cancel import cancel_attempt, give_up
from checkout.payments.timeline import Who
from checkout.states import State
from checkout.tasks import run_sweep
from providers.base import Kind, Provider
from providers.errors import Misconfigured, Uncertain
from providers.money import Money
from tests.scripted import (
    Clock,
    Script,
    Scripted,
    codes,
    events,
    make_account,
    make_order,
    make_payment,
    paid,
    signed,
    story,
    work,
)

YES = "Scripted asked whether to charge 42.99 EUR: yes."


def put(account: Account, body: bytes, signature: str = "", **headers: Any) -> HttpResponse:
    return Client().post(
        f"/approve/{account.pk}/",
        body,
        content_type="application/json",
        headers={"X-Signature": signature or signed(body)},
        **headers,
    )  # type: ignore[return-value]


def ask(payment: Payment, account: Account | None = None, **said: Any) -> dict[str, Any]:
    """The provider's question about `payment`, and the answer it gets."""
    usual = {"provider_id": payment.provider_id, "amount": 4299, "currency": "EUR"}
    usual["reference"] = payment.reference
    answer = put(account or payment.account, json.dumps({**usual, **said}).encode())
    assert answer.status_code == 200
    told: dict[str, Any] = json.loads(answer.content)
    assert told["id"] == {**usual, **said}["provider_id"]
    return told


def refused(payment: Payment, why: str, **said: Any) -> None:
    """No, because of `why`; and the timeline ends with it."""
    told = ask(payment, **said)
    assert (told["charge"], told["why"]) == (False, why)
    money = Money(said.get("amount", 4299), said.get("currency", "EUR"))
    assert story(payment.order)[-1] == f"Scripted asked whether to charge {money}: no. {why}"


# --- yes ------------------------------------------------------------------------------------------------------------


def test_yes(script: Script, order: Order, payment: Payment) -> None:
    asked_before = script.verbs()
    assert ask(payment) == {"id": payment.provider_id, "charge": True, "why": ""}
    assert story(order)[-1] == YES
    assert script.verbs() == asked_before  # it waits for us, so nobody waits for it


def test_a_question_changes_no_state(script: Script, order: Order, payment: Payment) -> None:
    before = Payment.objects.filter(pk=payment.pk).values().get()
    ask(payment)
    ask(payment, amount=1)
    order.refresh_from_db()
    assert Payment.objects.filter(pk=payment.pk).values().get() == before
    assert (order.state, order.attention, events(order), work()) == ("open", "", [], [])


def test_the_same_question_again_is_told_once(script: Script, order: Order, payment: Payment) -> None:
    for _time in range(3):
        assert ask(payment)["charge"] is True
    assert story(order).count(YES) == 1


def test_an_answer_that_has_changed_is_told(script: Script, order: Order, payment: Payment) -> None:
    assert ask(payment)["charge"] is True
    cancel_attempt(payment, give_up=False, who=Who.SHOPPER)
    assert ask(payment)["charge"] is False
    assert [code for code in codes(order) if "approved" in code] == [
        "payment.approved",
        "payment.disapproved",
    ]


@pytest.mark.parametrize(
    "named",
    [lambda payment: {"reference": ""}, lambda payment: {"reference": "", "provider_id": "T-1",
                                                         "provider_ids": ["T-0", payment.provider_id]}],
    ids=["by its id", "by one of several"],
)  # fmt: skip
def test_a_payment_is_known_by_its_ids_too(
    script: Script, payment: Payment, named: Callable[[Payment], dict[str, Any]]
) -> None:
    assert ask(payment, **named(payment))["charge"] is True


def test_while_the_attempt_is_being_opened(script: Script, account: Account, order: Order) -> None:
    """The shopper may be faster than our own commit of `start`'s answer."""
    payment = make_payment(order, account, state=State.CREATED)
    assert ask(payment, provider_id="P-new")["charge"] is True


def test_while_it_is_under_way(script: Script, account: Account, order: Order) -> None:
    assert ask(make_payment(order, account, state=State.PENDING))["charge"] is True


def test_where_a_card_is_only_kept_nothing_is_charged(script: Script, account: Account) -> None:
    order = make_order(
        account.shop, money=Money(0, "EUR"), kind=Kind.SAVE_CARD, customer={"reference": "C-1"}
    )
    payment = make_payment(order, account)
    assert ask(payment, amount=0)["charge"] is True
    refused(payment, "The amount is not 1.00 EUR, but 0.00 EUR.", amount=100)


@pytest.mark.parametrize("live", [True, False])
def test_live_for_live_and_test_for_test(script: Script, live: bool) -> None:
    account = make_account(live=live)
    assert ask(make_payment(make_order(account.shop), account), live=live)["charge"] is True


# --- no -------------------------------------------------------------------------------------------------------------


def test_given_up(script: Script, order: Order, payment: Payment) -> None:
    give_up(order, who=Who.SHOPPER)
    refused(payment, "This attempt is over.")


@pytest.mark.parametrize("state", [State.PAID, State.AUTHORIZED, State.FAILED, State.EXPIRED])
def test_an_attempt_that_is_over(script: Script, account: Account, order: Order, state: State) -> None:
    refused(make_payment(order, account, state=state), "This attempt is over.")


@pytest.mark.parametrize("state", [State.PAID, State.AUTHORIZED])
def test_paid_by_another_attempt(script: Script, account: Account, order: Order, state: State) -> None:
    """Money that came late for the first attempt, while the second is open."""
    first = make_payment(order, account, state=state)
    second = make_payment(order, account)
    refused(second, "The order is paid already.")
    assert first.state == state


def test_the_hold_is_over(script: Script, clock: Clock, payment: Payment) -> None:
    assert ask(payment)["charge"] is True
    clock.forward(minutes=26)
    refused(payment, "The order can no longer be paid.")


@pytest.mark.parametrize("state", ["canceled", "expired"])
def test_the_order_is_closed(script: Script, order: Order, payment: Payment, state: str) -> None:
    Order.objects.filter(pk=order.pk).update(state=state)
    refused(payment, "The order can no longer be paid.")


def test_another_amount(script: Script, payment: Payment) -> None:
    refused(payment, "The amount is not 42.98 EUR, but 42.99 EUR.", amount=4298)


def test_another_currency(script: Script, payment: Payment) -> None:
    refused(payment, "The amount is not 42.99 USD, but 42.99 EUR.", currency="USD")


@pytest.mark.parametrize("live", [True, False])
def test_test_and_live_do_not_mix(script: Script, live: bool) -> None:
    account = make_account(live=live)
    payment = make_payment(make_order(account.shop), account)
    refused(payment, "Test and live do not mix.", live=not live)


def test_nobodys_payment(script: Script, order: Order, payment: Payment) -> None:
    before = codes(order)
    told = ask(payment, reference="", provider_id="P-unknown")
    assert (told["charge"], told["why"]) == (False, "There is no such payment.")
    assert codes(order) == before


def test_a_reference_that_is_not_ours_is_not_made_up_for_by_an_id(
    script: Script, order: Order, payment: Payment
) -> None:
    assert ask(payment, reference="G-ANOTHER-1")["why"] == "There is no such payment."


def test_another_accounts_payment(script: Script, order: Order, payment: Payment) -> None:
    before = codes(order)
    assert ask(payment, make_account())["why"] == "There is no such payment."
    assert codes(order) == before


# --- what is not to be believed -------------------------------------------------------------------------------------


def test_forged(script: Script, order: Order, payment: Payment) -> None:
    before = codes(order)
    body = json.dumps({"provider_id": payment.provider_id, "amount": 4299, "currency": "EUR"}).encode()
    answer = put(payment.account, body, "f" * 64)
    assert (answer.status_code, json.loads(answer.content)) == (401, {"error": "the signature does not hold"})
    assert codes(order) == before


def test_signed_for_another_body(script: Script, order: Order, payment: Payment) -> None:
    said = {"provider_id": payment.provider_id, "amount": 4299, "currency": "EUR"}
    answer = put(
        payment.account, json.dumps({**said, "amount": 1}).encode(), signed(json.dumps(said).encode())
    )
    assert answer.status_code == 401
    assert "payment.disapproved" not in codes(order)


@pytest.mark.parametrize(
    "body",
    [b"", b"garbage", b"[]", b"\xff\xfe", b'{"provider_id": "P"}', b'{"amount": 1, "currency": "EUR"}',
     b'{"provider_id": "P", "amount": 42.99, "currency": "EUR"}',
     b'{"provider_id": "P", "amount": 1, "currency": "?"}'],
)  # fmt: skip
def test_authentic_but_unreadable(script: Script, account: Account, order: Order, body: bytes) -> None:
    before = codes(order)
    answer = put(account, body)
    assert (answer.status_code, json.loads(answer.content)["field"]) == (400, "provider_id")
    assert codes(order) == before


def test_too_large(script: Script, account: Account) -> None:
    assert put(account, b"x" * (MAX_BYTES + 1)).status_code == 413


def test_a_length_that_is_none(script: Script, account: Account) -> None:
    assert put(account, b"{}", CONTENT_LENGTH="-1").status_code == 400


@pytest.mark.parametrize("problem", [Misconfigured("no key"), Uncertain("the key server is down")])
def test_what_can_be_neither_believed_nor_refused_is_no_yes(
    script: Script, monkeypatch: pytest.MonkeyPatch, payment: Payment, problem: Exception
) -> None:
    def puzzled(*_words: object) -> None:
        raise problem

    monkeypatch.setattr(Scripted, "read_approval", puzzled)
    assert put(payment.account, b"{}").status_code == 503


def test_a_provider_that_never_asks_is_not_believed_when_it_does(
    script: Script, monkeypatch: pytest.MonkeyPatch, payment: Payment
) -> None:
    monkeypatch.setattr(Scripted, "read_approval", Provider.read_approval)
    assert put(payment.account, b"{}").status_code == 401


def test_nobodys_account(script: Script, account: Account) -> None:
    client = Client()
    nobody = "/approve/00000000-0000-4000-8000-000000000000/"
    assert client.post(nobody, b"{}", content_type="application/json").status_code == 404
    assert client.get(f"/approve/{account.pk}/").status_code == 405


# --- and then -------------------------------------------------------------------------------------------------------


def test_a_yes_that_the_shopper_outran_is_still_found(script: Script, clock: Clock, payment: Payment) -> None:
    """Between the yes and the charge the order is given up; the money that comes then is told like any other."""
    assert ask(payment)["charge"] is True
    order = give_up(payment.order, who=Who.SHOPPER)
    script.always("sync", paid)
    clock.forward(minutes=31)
    run_sweep()
    work()
    order.refresh_from_db()
    assert (order.state, order.attention) == ("paid", "42.99 EUR came after the order was canceled")
