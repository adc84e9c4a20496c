"""Can a shop find and read its customers' agreements, see what they paid, and end them?"""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from checkout.models import Account, Agreement, Order, Payment, ShopEvent
from checkout.payments.agreement_follow_up import look_at
from checkout.payments.figures import violations
from checkout.payments.recover import check
from checkout.payments.snapshot import agreement_snapshot, order_snapshot
from checkout.shop_api.shapes import AgreementOut, AgreementProblemOut
from providers.agreements import AgreementCharge, AgreementState, Ending, NextEvent, Phase
from providers.base import Chargeback, Outcome, Report
from providers.errors import Misconfigured, ProviderError, Uncertain
from providers.money import Money
from tests.scripted import Call, Script, active, codes, events, make_shop
from tests.shop_api.agreeing import MONTHLY, begin, read
from tests.shop_api.conftest import Caller, caller_for, pages_of, problem

pytestmark = pytest.mark.django_db(transaction=True)
AT = datetime(2026, 12, 21, 9, 30, tzinfo=UTC)


@pytest.fixture
def caller(script: Script, transactional_db: None) -> Caller:
    return caller_for(make_shop())


def renew(script: Script, agreement: Agreement, *, name: str = "P-renewed", minor: int = 1500) -> Payment:
    """The agreement took a further payment of itself, and the provider was asked about it."""
    charge = AgreementCharge(provider_id=name, money=Money(minor, "EUR"))
    script.will("sync_agreement", active(agreement.provider_id, charges=(charge,)))
    look_at(agreement)
    payment = Payment.objects.get(provider_id=name)
    check(payment)
    payment.refresh_from_db()
    return payment


def renewed(call: Call) -> Report:
    """The provider calls a further payment by a name of its own, and so echoes no reference of ours."""
    return Report(outcome=Outcome.PAID, authorized=call.charge.money, captured=call.charge.money)


# --- what an agreement is --------------------------------------------------------------------------------------------


def test_a_paid_order_says_what_it_began(caller: Caller, script: Script) -> None:
    told = {"next_event": NextEvent(what="bill", at=AT), "began_at": AT, "expires_at": AT}
    agreement = begin(caller, script, told=told)
    order = Order.objects.get()
    assert read(caller, f"agreements/{agreement.number}") == {
        "id": agreement.number,
        "kind": "subscription",
        "state": "active",
        "phase": "billing",
        "end_reason": None,
        "provider": "scripted",
        "provider_id": "S-abo-1",
        "customer": "c-1",
        "currency": "EUR",
        "terms": MONTHLY,
        "next_event": {"what": "bill", "at": "2026-12-21T09:30:00+00:00"},
        "began_at": "2026-12-21T09:30:00+00:00",
        "ended_at": None,
        "expires_at": "2026-12-21T09:30:00+00:00",
        "may_charge": True,
        "endings": ["now", "period_end"],
        "order": order.number,
    }
    whole = read(caller, f"orders/{order.number}")
    assert whole == json.loads(json.dumps(order_snapshot(order)))
    assert whole["agreement"] == read(caller, f"agreements/{agreement.number}")
    assert set(whole["agreement"]) == set(AgreementOut.model_fields)
    assert events(order) == ["agreement.updated", "order.paid"]
    assert ShopEvent.objects.get(type="order.paid").payload["data"]["agreement"]["id"] == agreement.number


def test_a_mandate_has_no_terms(caller: Caller, script: Script) -> None:
    agreement = begin(
        caller, script, kind="mandate", terms=None, told={"phase": None, "endings": (Ending.NOW,)}
    )
    told = read(caller, f"agreements/{agreement.number}")
    assert (told["kind"], told["terms"], told["phase"], told["endings"]) == ("mandate", None, None, ["now"])


def test_a_chargeback_is_told_and_the_sums_stay(caller: Caller, script: Script) -> None:
    begin(caller, script)
    payment = Payment.objects.get()
    taken = Chargeback(id="C-1", money=Money(1500, "EUR"), status="open", reason="10.4", at=AT)
    script.will("sync", Report(outcome=Outcome.PAID, chargebacks=(taken,)))
    check(payment)
    told = read(caller, f"orders/{Order.objects.get().number}")
    assert told["payment"]["chargebacks"] == [
        {"amount": 1500, "currency": "EUR", "status": "open", "reason": "10.4", "at": "2026-12-21T09:30:00+00:00"}
    ]  # fmt: skip
    assert (told["amount_captured"], told["amount_refunded"], told["needs_attention"]) == (1500, 0, True)
    assert "order.charged_back" in events(Order.objects.get())


# --- finding them ----------------------------------------------------------------------------------------------------


def found(caller: Caller, query: str = "") -> list[str]:
    return [row["id"] for row in read(caller, f"agreements{query}")["agreements"]]


def test_the_newest_first(caller: Caller, script: Script) -> None:
    first, second, third = (begin(caller, script, f"abo-{n}").number for n in range(3))
    begin(caller_for(make_shop()), script)  # another shop's, of a customer with the same name
    assert found(caller) == [third, second, first]
    assert found(caller, "?limit=2") == [third, second]
    Agreement.objects.update(created_at=AT)  # all in one moment
    pages = [row["id"] for page in pages_of(caller, "agreements", limit=1) for row in page["agreements"]]
    assert sorted(pages) == sorted([first, second, third])


def test_by_customer_kind_and_state(caller: Caller, script: Script) -> None:
    ours = begin(caller, script, "a").number
    over = begin(caller, script, "b", told={"state": AgreementState.ENDED, "phase": Phase.CLOSED}).number
    other = begin(caller, script, "c", customer={"reference": "c-2"}).number
    mandate = begin(caller, script, "d", kind="mandate", terms=None).number
    assert found(caller, "?customer=c-1") == [mandate, over, ours]
    assert found(caller, "?customer=c-2&state=active") == [other]
    assert found(caller, "?state=ended") == [over]
    assert found(caller, "?kind=mandate") == [mandate]
    assert found(caller, "?customer=c-1&kind=subscription&state=active") == [ours]
    assert found(caller, "?customer=nobody") == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("state=dead", "state"),
        ("kind=one_off", "kind"),
        ("customer=", "customer"),
        ("customer=" + "x" * 101, "customer"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=many", "limit"),
        ("customer=%00", "customer"),
        ("cursor=A-NOBODY", "cursor"),
        ("cursor={other}", "cursor"),
    ],
)
def test_a_wrong_word_is_named(caller: Caller, script: Script, query: str, field: str) -> None:
    other = caller_for(make_shop())
    for reference in ("abo-1", "abo-2") if "{other}" in query else ():
        begin(other, script, reference)
        query = query.replace("{other}", read(other, "agreements?limit=1")["next_cursor"] or "{other}")
    answer = caller.call("GET", f"agreements?{query}")
    assert set(problem(answer, 422)) == {field}


def test_another_shops_agreement_is_not_there(caller: Caller, script: Script) -> None:
    other = begin(caller_for(make_shop()), script).number
    for name in (other, "A-1", "%00", "é", "x" * 300):
        for verb, path, body in (
            ("GET", "", None),
            ("GET", "/orders", None),
            ("POST", "/end", {"when": "now"}),
            ("POST", "/charges", {"reference": "more", "amount": 500}),
        ):
            answer = caller.call(verb, f"agreements/{name}{path}", body, Idempotency_Key="k")
            problem(answer, 404)
            assert json.loads(answer.content)["type"] == "urn:guichet:problem:no-such-agreement"
    assert script.asked_agreement("end_agreement") == []
    assert Order.objects.count() == 1


def test_without_a_key_nothing_is_said(caller: Caller) -> None:
    for verb, path in (
        ("GET", "agreements"),
        ("GET", "agreements/A-1"),
        ("POST", "agreements/A-1/end"),
        ("POST", "agreements/A-1/charges"),
    ):
        problem(caller.call(verb, path, Authorization="Bearer gk_wrong"), 401)


# --- what it paid ----------------------------------------------------------------------------------------------------


def test_a_renewal_is_an_order_of_its_own(caller: Caller, script: Script) -> None:
    agreement = begin(caller, script, metadata={"box": 7})
    script.always("sync", renewed)
    payment = renew(script, agreement)
    told = order_snapshot(payment.order)
    assert (told["reference"], told["state"], told["amount"]) == ("abo-1/2", "paid", 1500)
    assert (told["kind"], told["payment"]["occasion"], told["metadata"]) == (
        "one_off",
        "recurring",
        {"box": 7},
    )
    assert told["agreement"]["id"] == agreement.number
    assert events(payment.order) == ["order.paid"]
    assert ShopEvent.objects.get(order=payment.order).payload["data"]["agreement"]["id"] == agreement.number
    assert not any(violations().values())


def test_a_renewal_that_fails_is_told(caller: Caller, script: Script) -> None:
    agreement = begin(caller, script)
    script.always("sync", Report(outcome=Outcome.FAILED))
    payment = renew(script, agreement)
    assert events(payment.order) == ["payment.failed"]
    told = read(caller, f"orders/{payment.order.number}")
    assert (told["state"], told["payment"]["state"]) == ("canceled", "failed")


def test_every_payment_in_its_sequence(caller: Caller, script: Script) -> None:
    agreement = begin(caller, script)
    begin(caller, script, "abo-2")
    script.always("sync", renewed)
    for number in (2, 3):
        renew(script, agreement, name=f"P-renewed-{number}")
    path = f"agreements/{agreement.number}/orders"
    told = read(caller, path)["orders"]
    assert [order["reference"] for order in told] == ["abo-1", "abo-1/2", "abo-1/3"]
    rows = [Order.objects.get(number=order["id"]) for order in told]
    assert told == [json.loads(json.dumps(order_snapshot(row))) for row in rows]
    assert [page["orders"] for page in pages_of(caller, path, limit=2)] == [told[:2], told[2:]]


# --- ending it -------------------------------------------------------------------------------------------------------


def end(caller: Caller, agreement: Agreement, when: Any = "now") -> Any:
    return caller.call("POST", f"agreements/{agreement.number}/end", {"when": when})


ENDS = [
    ("now", AgreementState.ENDED, Phase.CLOSED, ()),
    ("period_end", AgreementState.ACTIVE, Phase.LAST, (Ending.NOW,)),
]


@pytest.mark.parametrize(("when", "state", "phase", "left"), ENDS, ids=[case[0] for case in ENDS])
def test_it_is_ended_once(
    caller: Caller, script: Script, when: str, state: AgreementState, phase: Phase, left: tuple[Ending, ...]
) -> None:
    agreement = begin(caller, script)
    script.will(
        "end_agreement",
        active("S-abo-1", state=state, phase=phase, endings=left, end_reason="merchant", may_charge=False),
    )
    for _again in range(2):
        answer = end(caller, agreement, when)
        assert answer.status_code == 200, answer.content
        told = json.loads(answer.content)
        assert (told["state"], told["phase"], told["end_reason"]) == (state.value, phase.value, "merchant")
        assert told == json.loads(json.dumps(agreement_snapshot(Agreement.objects.get())))
    (asked,) = script.asked_agreement("end_agreement")
    assert (asked.agreement.provider_id, asked.ending) == ("S-abo-1", Ending(when))
    order = Order.objects.get()
    assert order.timeline.get(code="agreement.end_asked").who == "shop"
    assert events(order).count("agreement.updated") == 2  # it began, it ended


def test_two_ends_at_the_same_moment_are_one(caller: Caller, script: Script) -> None:
    agreement = begin(caller, script)
    script.during("end_agreement", lambda: end(caller, agreement))
    answer = end(caller, agreement)
    assert (answer.status_code, json.loads(answer.content)["state"]) == (200, "ended")
    assert events(Order.objects.get()).count("agreement.updated") == 2


def test_what_ends_with_its_period_may_be_ended_at_once(caller: Caller, script: Script) -> None:
    agreement = begin(caller, script, told={"phase": Phase.LAST, "endings": (Ending.NOW,)})
    script.will(
        "end_agreement", active("S-abo-1", state=AgreementState.ENDED, phase=Phase.CLOSED, endings=())
    )
    assert json.loads(end(caller, agreement).content)["state"] == "ended"


@pytest.mark.parametrize(
    ("told", "when"),
    [
        ({"endings": (Ending.NOW,)}, "period_end"),
        ({"state": AgreementState.PENDING, "phase": Phase.NEW, "endings": ()}, "now"),
    ],
    ids=["no period", "not begun"],
)
def test_what_cannot_be_ended_so_is_said(
    caller: Caller, script: Script, told: dict[str, Any], when: str
) -> None:
    agreement = begin(caller, script, told=told)
    answer = end(caller, agreement, when)
    problem(answer, 409)
    refusal = json.loads(answer.content)
    assert refusal["type"] == "urn:guichet:problem:not-endable"
    assert refusal["detail"] == f"Agreement {agreement.number} cannot be ended this way now."
    assert refusal["agreement"] == read(caller, f"agreements/{agreement.number}")
    assert set(refusal) == set(AgreementProblemOut.model_fields) - {"order"}
    assert script.asked_agreement("end_agreement") == []


@pytest.mark.parametrize(
    "error", [Uncertain("The provider did not answer in time."), Misconfigured("Scripted does not end it.")]
)
def test_a_provider_that_does_not_say_so_has_not_ended_it(
    caller: Caller, script: Script, error: ProviderError
) -> None:
    agreement = begin(caller, script)
    script.will("end_agreement", error)
    answer = end(caller, agreement)
    problem(answer, 409)
    refusal = json.loads(answer.content)
    assert (refusal["type"], refusal["detail"]) == ("urn:guichet:problem:end-not-confirmed", str(error))
    assert (refusal["agreement"]["state"], refusal["agreement"]["endings"]) == (
        "active",
        ["now", "period_end"],
    )
    row = Agreement.objects.get()
    assert row.next_check_at is not None
    # It was heard all the same, as the next look finds.
    script.will("sync_agreement", active("S-abo-1", state=AgreementState.ENDED, endings=()))
    look_at(Agreement.objects.get())
    assert json.loads(end(caller, agreement).content)["state"] == "ended"
    assert len(script.asked_agreement("end_agreement")) == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [({}, "when"), ({"when": "later"}, "when"), ({"when": None}, "when"), ({"when": "now", "why": "x"}, "why")],
)  # fmt: skip
def test_an_ending_is_one_of_two(caller: Caller, script: Script, body: dict[str, Any], field: str) -> None:
    agreement = begin(caller, script)
    answer = caller.call("POST", f"agreements/{agreement.number}/end", body)
    assert set(problem(answer, 422)) == {field}
    assert script.asked_agreement("end_agreement") == []
    assert "agreement.end_asked" not in codes(Order.objects.get())


def test_an_account_that_is_switched_off_still_ends_what_it_began(caller: Caller, script: Script) -> None:
    agreement = begin(caller, script)
    Account.objects.update(enabled=False)
    script.will("end_agreement", active("S-abo-1", state=AgreementState.ENDED, endings=()))
    assert json.loads(end(caller, agreement).content)["state"] == "ended"
