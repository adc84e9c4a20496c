"""Can a shop charge an agreement once more, once each time it is meant?"""

import json
from typing import Any

import pytest
from django.http import HttpResponse

from checkout.models import Account, Agreement, IdempotencyKey, Order, Payment
from checkout.payments.agreement_follow_up import look_at
from checkout.payments.figures import violations
from checkout.payments.recover import check
from checkout.payments.snapshot import order_snapshot
from providers.agreements import AgreementCharge, AgreementState
from providers.base import Outcome, Report, Started
from providers.errors import Decline, Declined, Invalid, Uncertain
from providers.money import Money
from tests.scripted import Script, active, codes, events, make_shop, paid
from tests.shop_api.agreeing import begin, charged, read
from tests.shop_api.conftest import Caller, caller_for, problem
from tests.shop_api.test_idempotency import at_once

pytestmark = pytest.mark.django_db(transaction=True)
MORE: dict[str, Any] = {"reference": "more-1", "amount": 700}


@pytest.fixture
def caller(script: Script, transactional_db: None) -> Caller:
    return caller_for(make_shop())


@pytest.fixture
def agreement(caller: Caller, script: Script) -> Agreement:
    return begin(caller, script, description="The box", metadata={"box": 7})


def charge(caller: Caller, agreement: Agreement, key: str = "charge-1", **fields: Any) -> HttpResponse:
    return caller.call(
        "POST", f"agreements/{agreement.number}/charges", {**MORE, **fields}, Idempotency_Key=key
    )


def made(answer: HttpResponse) -> dict[str, Any]:
    assert answer.status_code == 201, answer.content
    told: dict[str, Any] = json.loads(answer.content)
    return told


def further() -> int:
    return Order.objects.exclude(agreement=None).count()


def test_a_new_order_is_charged_at_once(caller: Caller, script: Script, agreement: Agreement) -> None:
    script.will("start", charged)
    told = made(charge(caller, agreement, description="A second box", metadata={"box": 8}))
    order = Order.objects.get(reference="more-1")
    assert told == json.loads(json.dumps(order_snapshot(order)))
    assert (told["state"], told["amount"], told["amount_captured"]) == ("paid", 700, 700)
    assert (told["description"], told["metadata"]) == ("A second box", {"box": 8})
    assert (told["payment"]["state"], told["payment"]["occasion"]) == ("paid", "recurring")
    assert told["agreement"]["id"] == agreement.number
    asked = script.asked("start")[-1].charge
    assert asked.agreement is not None
    assert (asked.agreement.provider_id, asked.money) == ("S-abo-1", Money(700, "EUR"))
    assert order.timeline.get(code="payment.charged_again").who == "shop"
    assert events(order) == ["order.paid"]
    assert [row["reference"] for row in read(caller, f"agreements/{agreement.number}/orders")["orders"]] == [
        "abo-1", "more-1",
    ]  # fmt: skip
    assert not any(violations().values())


def test_what_is_left_out_is_the_first_orders(caller: Caller, script: Script, agreement: Agreement) -> None:
    script.will("start", charged)
    told = made(charge(caller, agreement))
    assert (told["description"], told["metadata"]) == ("The box", {})


def test_a_decline_is_an_answer(caller: Caller, script: Script, agreement: Agreement) -> None:
    script.will("start", Declined(Decline(code="51", message="Not enough.", reason="insufficient_funds")))
    told = made(charge(caller, agreement))
    assert (told["state"], told["payment"]["state"]) == ("canceled", "failed")
    assert told["payment"]["decline_reason"] == "insufficient_funds"
    assert events(Order.objects.get(reference="more-1")) == ["payment.failed"]
    script.will("start", charged)
    assert made(charge(caller, agreement, "charge-2", reference="more-2"))["state"] == "paid"


def test_fields_that_the_provider_refuses_are_named(
    caller: Caller, script: Script, agreement: Agreement
) -> None:
    script.will("start", Invalid("description", "is too long"))
    for again in (False, True):
        answer = charge(caller, agreement)
        assert problem(answer, 422) == {"description": "is too long"}
        assert json.loads(answer.content)["order"]["state"] == "canceled"
        assert ("Idempotent-Replay" in answer) is again
    assert further() == 1


def test_nobody_knows_and_later_it_is_known(caller: Caller, script: Script, agreement: Agreement) -> None:
    script.will("start", Uncertain("No answer in time."))
    told = made(charge(caller, agreement))
    assert (told["state"], told["payment"]["state"]) == ("open", "created")
    problem(charge(caller, agreement, "charge-2", reference="more-2"), 409)  # while one is under way
    script.will("sync", paid)
    check(Payment.objects.get(order__reference="more-1"))
    answer = charge(caller, agreement)
    assert answer["Idempotent-Replay"] == "true"
    assert made(answer)["state"] == "paid"
    assert len(script.asked("start")) == 2  # the first order's, and the charge


# --- once ------------------------------------------------------------------------------------------------------------


def test_the_same_request_charges_once(caller: Caller, script: Script, agreement: Agreement) -> None:
    script.always("start", charged)
    first = charge(caller, agreement)
    Agreement.objects.update(may_charge=False)
    Account.objects.update(enabled=False)
    for key in ("charge-1", "charge-2"):  # the reference is the guard
        again = charge(caller, agreement, key)
        assert again["Idempotent-Replay"] == "true"
        assert made(again)["id"] == made(first)["id"]
    assert "Idempotent-Replay" not in first
    assert further() == 1


@pytest.mark.parametrize("other", [{"amount": 800}, {"reference": "more-2"}, {"description": "x"}], ids=str)
def test_another_body_under_the_same_key_is_refused(
    caller: Caller, script: Script, agreement: Agreement, other: dict[str, Any]
) -> None:
    script.always("start", charged)
    made(charge(caller, agreement))
    assert set(problem(charge(caller, agreement, **other), 422)) == {"Idempotency-Key"}
    assert further() == 1


@pytest.mark.parametrize(
    "other",
    [{"amount": 800}, {"description": "x"}, {"metadata": {"box": 1}}, {"reference": "abo-1"}],
    ids=str,
)
def test_a_reference_names_one_charge(
    caller: Caller, script: Script, agreement: Agreement, other: dict[str, Any]
) -> None:
    script.always("start", charged)
    made(charge(caller, agreement))
    answer = charge(caller, agreement, "charge-2", **other)
    assert set(problem(answer, 409)) == {"reference"}
    assert json.loads(answer.content)["type"] == "urn:guichet:problem:reference-taken"
    assert further() == 1


def test_another_agreements_reference_is_taken(caller: Caller, script: Script, agreement: Agreement) -> None:
    other = begin(caller, script, "abo-2")
    script.always("start", charged)
    made(charge(caller, agreement))
    assert set(problem(charge(caller, other, "charge-2"), 409)) == {"reference"}


def test_what_the_agreement_took_of_itself_is_not_what_was_asked_for(
    caller: Caller, script: Script, agreement: Agreement
) -> None:
    taken = AgreementCharge(provider_id="P-2", money=Money(1500, "EUR"))
    script.will("sync_agreement", active("S-abo-1", charges=(taken,)))
    look_at(agreement)
    assert Order.objects.get(agreement=agreement).reference == "abo-1/2"
    answer = charge(caller, agreement, reference="abo-1/2", amount=1500, metadata={"box": 7})
    assert set(problem(answer, 409)) == {"reference"}


def test_a_refusal_is_not_remembered(caller: Caller, script: Script, agreement: Agreement) -> None:
    script.always("start", charged)
    problem(charge(caller, agreement, reference="abo-1"), 409)
    Agreement.objects.update(may_charge=False)
    problem(charge(caller, agreement), 409)
    assert not IdempotencyKey.objects.filter(key="charge-1").exists()
    Agreement.objects.update(may_charge=True)
    assert made(charge(caller, agreement))["state"] == "paid"


def test_the_same_key_at_the_same_moment_charges_once(
    caller: Caller, script: Script, agreement: Agreement
) -> None:
    script.always("start", charged)
    answers = at_once(lambda _n: charge(caller, agreement))
    assert [answer.status_code for answer in answers] == [201] * len(answers)
    assert sorted("Idempotent-Replay" in answer for answer in answers) == [False, True, True, True]
    assert further() == 1


def test_a_key_belongs_to_one_request(caller: Caller, script: Script, agreement: Agreement) -> None:
    script.always("start", charged)
    answer = charge(caller, agreement, "key-abo-1")  # the key that made the first order
    assert set(problem(answer, 422)) == {"Idempotency-Key"}
    assert further() == 0


# --- what may not be charged -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "enabled"),
    [({"may_charge": False}, True), ({"state": AgreementState.TERMINATED, "may_charge": False}, True), ({}, False)],
    ids=["not now", "terminated", "account switched off"],
)  # fmt: skip
def test_what_may_not_be_charged_is_told_with_the_agreement(
    caller: Caller, script: Script, told: dict[str, Any], enabled: bool
) -> None:
    agreement = begin(caller, script, told=told)
    Account.objects.update(enabled=enabled)
    answer = charge(caller, agreement)
    problem(answer, 409)
    refusal = json.loads(answer.content)
    assert refusal["type"] == "urn:guichet:problem:not-payable"
    assert refusal["detail"] == f"Agreement {agreement.number} cannot be charged now."
    assert refusal["agreement"] == read(caller, f"agreements/{agreement.number}")
    assert "payment.charged_again" not in codes(Order.objects.get())
    assert len(script.asked("start")) == 1


def test_one_at_a_time(caller: Caller, script: Script, agreement: Agreement) -> None:
    script.will("start", Started(show=None, report=Report(outcome=Outcome.PENDING)))
    assert made(charge(caller, agreement))["payment"]["state"] == "pending"
    answer = charge(caller, agreement, "charge-2", reference="more-2")
    problem(answer, 409)
    assert json.loads(answer.content)["detail"] == "A payment of the agreement is under way."
    assert further() == 1


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"amount": 0}, "amount"),
        ({"amount": -1}, "amount"),
        ({"amount": "700"}, "amount"),
        ({"amount": 7.5}, "amount"),
        ({"amount": 10**12 + 1}, "amount"),
        ({"reference": ""}, "reference"),
        ({"reference": "x" * 101}, "reference"),
        ({"currency": "EUR"}, "currency"),
        ({"description": "x" * 256}, "description"),
        ({"metadata": {"a": {"b": 1}}}, "metadata.a"),
    ],
    ids=str,
)
def test_a_wrong_field_is_named(
    caller: Caller, agreement: Agreement, fields: dict[str, Any], named: str
) -> None:
    refused = problem(charge(caller, agreement, **fields), 422)
    assert any(field == named or field.startswith(f"{named}.") for field in refused), refused
    assert further() == 0


@pytest.mark.parametrize("key", ["", "x" * 256, "a b"])
def test_a_key_that_is_none(caller: Caller, agreement: Agreement, key: str) -> None:
    assert set(problem(charge(caller, agreement, key), 400)) == {"Idempotency-Key"}


def test_the_key_is_asked_for(caller: Caller, agreement: Agreement) -> None:
    answer = caller.call("POST", f"agreements/{agreement.number}/charges", MORE, Idempotency_Key=None)
    assert problem(answer, 400) == {"Idempotency-Key": "is missing"}
