"""What if eComCharge says half, says it late, or says it of something else? No charge is doubled, no money is lost."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from providers.base import Charge, Occasion, Outcome, Redirect, Verb
from providers.errors import Misconfigured, ProviderError, Uncertain
from providers.money import Money
from tests.providers.begateway import (
    CARD_TOKEN,
    PAGE,
    TOKEN,
    UID,
    BeGateway,
    charge,
    child,
    form,
    listed,
    opened,
    own,
    paid,
    reserved,
    saving,
    scripted,
    transaction,
)

NOTHING: dict[str, Any] = {"transactions": []}
KEY = "G7-1-r1a2b3c4"
FORGOTTEN = (404, {"message": "Record not found"})


@pytest.fixture
def wire() -> Iterator[BeGateway]:
    with scripted() as script:
        yield script


def gbp(minor: int) -> Money:
    return Money(minor, "GBP")


def lost(**changes: Any) -> Charge:
    """The merchant's charge of a saved card, an hour ago, whose answer never came."""
    begun = datetime.now(UTC) - timedelta(hours=1)
    return charge(occasion=Occasion.RECURRING, saved_card=CARD_TOKEN, begun_at=begun, **changes)


# --- a charge whose answer was lost -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"transaction": None},
        {"response": {"message": "The search is out of order."}},
        {"errors": {"base": ["out of order"]}, "message": "out of order"},
        {"transactions": None},
        FORGOTTEN,
    ],
)
def test_a_search_that_lists_nothing_has_not_looked(wire: BeGateway, answer: Any) -> None:
    """Only an empty list says that there is nothing: else the same card would be charged a second time."""
    wire.searches(answer)
    with pytest.raises((Uncertain, Misconfigured)):
        wire.provider().sync(lost())


def test_an_empty_list_is_nothing(wire: BeGateway) -> None:
    wire.searches(NOTHING)
    assert wire.provider().sync(lost()).outcome is Outcome.FAILED


def test_a_lost_charge_that_the_bank_still_thinks_about_is_under_way(wire: BeGateway) -> None:
    """OPEN would be taken for "never opened", and then it could be charged again."""
    wire.searches(listed(transaction("incomplete", additional_data={})))
    assert wire.provider().sync(lost()).outcome is Outcome.PENDING


def test_a_lost_form_that_somebody_pays_in_is_under_way(wire: BeGateway) -> None:
    wire.searches(listed(transaction("incomplete"))).asks(form("incomplete"))
    assert wire.provider().sync(charge()).outcome is Outcome.PENDING


def test_a_lost_charge_is_its_own_although_it_names_the_first_one(wire: BeGateway) -> None:
    wire.searches(listed(transaction(parent_uid="the-first", additional_data={}))).searches(NOTHING)
    report = wire.provider().sync(lost())
    assert (report.outcome, report.captured) == (Outcome.PAID, gbp(4299))


def test_a_lost_reserve_is_no_capture(wire: BeGateway) -> None:
    wire.searches(listed(transaction(type=None, additional_data={}))).searches(NOTHING)
    report = wire.provider().sync(lost(capture_later=True))
    assert (report.outcome, report.captured) == (Outcome.AUTHORIZED, gbp(0))


def test_a_charge_under_way_without_a_page_waits_for_nobody(wire: BeGateway) -> None:
    """There is nothing that anybody could do, so it must not be given up and made once more."""
    wire.expect("POST gateway/transactions/payments", transaction("incomplete"))
    started = wire.provider().start(lost())
    assert (started.show, started.report and started.report.outcome) == (None, Outcome.PENDING)
    wire.looks_up(transaction("incomplete"))
    assert wire.provider().sync(lost(memo=dict(started.memo))).outcome is Outcome.PENDING


def test_a_charge_that_the_bank_wants_confirmed_waits_for_the_customer(wire: BeGateway) -> None:
    wire.expect("POST gateway/transactions/payments", transaction("incomplete", redirect_url=PAGE))
    started = wire.provider().start(lost())
    assert started.show == Redirect(url=PAGE)
    wire.looks_up(transaction("incomplete", redirect_url=PAGE))
    assert wire.provider().sync(lost(memo=dict(started.memo))).outcome is Outcome.OPEN


# --- a no that is a yes -----------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 400, 422])
def test_a_transaction_is_believed_although_something_is_complained_of(wire: BeGateway, status: int) -> None:
    told = {**transaction(), "errors": {"customer": {"ip": ["is odd"]}}, "message": "ip is odd"}
    wire.expect("POST gateway/transactions/payments", (status, told))
    report = wire.provider().start(lost()).report
    assert report is not None
    assert (report.outcome, report.captured) == (Outcome.PAID, gbp(4299))


@pytest.mark.parametrize("status", [408, 409, 425])
def test_a_no_that_is_none(wire: BeGateway, status: int) -> None:
    """In time-outs and conflicts the first request may still be worked on."""
    wire.expect("POST gateway/transactions/payments", (status, {"message": "try again"}))
    with pytest.raises(Uncertain):
        wire.provider().start(lost())


# --- money that the form says nothing of ------------------------------------------------------------------


@pytest.mark.parametrize("known", [paid(), reserved()], ids=["paid", "reserved"])
def test_a_form_that_is_forgotten_takes_no_money_along(wire: BeGateway, known: Charge) -> None:
    """A reserve that is called expired could not be captured any more."""
    old = paid if known.memo["reserved"] is False else reserved
    kind = "authorization" if known.memo["reserved"] else "payment"
    wire.asks(FORGOTTEN).looks_up(transaction(kind=kind)).searches(NOTHING)
    report = wire.provider().sync(old(expires_at=datetime.now(UTC) - timedelta(days=90)))
    assert report.outcome is (Outcome.AUTHORIZED if known.memo["reserved"] else Outcome.PAID)
    assert report.authorized == gbp(4299)


def test_money_taken_twice_in_one_form_is_told(wire: BeGateway) -> None:
    wire.asks(form("successful")).looks_up(transaction()).searches(NOTHING)
    wire.looks_up(transaction(uid="second"), "second")
    report = wire.provider().sync(paid(provider_ids=(TOKEN, UID, "second")))
    assert (report.outcome, report.captured) == (Outcome.PAID, gbp(4299))
    assert report.warning == "eComCharge took the money once more in the same form: second. Refund it there."


def test_money_taken_twice_that_only_the_search_knows_of(wire: BeGateway) -> None:
    wire.asks(form("successful")).looks_up(transaction())
    wire.searches(listed(transaction(uid="second"), transaction(), transaction("failed", uid="third")))
    report = wire.provider().sync(paid())
    assert report.warning == "eComCharge took the money once more in the same form: second. Refund it there."


def test_a_second_try_is_asked_about_until_it_has_ended(wire: BeGateway) -> None:
    """At the bank in another tab, while the first tab is paid."""
    ids = (TOKEN, UID, "second")
    wire.asks(form("successful")).looks_up(transaction()).searches(NOTHING)
    wire.looks_up(transaction("incomplete", uid="second"), "second")
    before = wire.provider().sync(paid(provider_ids=ids))
    wire.asks(form("successful")).looks_up(transaction()).searches(NOTHING)
    wire.looks_up(transaction(uid="second"), "second")
    after = wire.provider().sync(paid(provider_ids=ids, memo=dict(before.memo)))
    assert (before.warning, "second" in after.warning) == ("", True)


def test_the_payment_stays_the_one_that_was_paid_first(wire: BeGateway) -> None:
    """The form names its last transaction; what was refunded is of the first."""
    given = {
        "r1": {"verb": "refund", "minor": 1000, "status": "success", "parent": UID, "key": "", "message": ""}
    }
    attempt = {"payment": {"uid": "second", "status": "successful"}}
    wire.asks(form("successful", gateway_response=attempt))
    wire.looks_up(transaction()).searches(NOTHING).looks_up(transaction(uid="second"), "second")
    report = wire.provider().sync(paid(memo={"children": given}))
    assert (report.memo["uid"], report.refunded) == (UID, gbp(1000))
    assert "took the money once more" in report.warning
    assert "second" in report.provider_ids


def test_what_the_gateway_does_not_know_yet_is_asked_for_again(wire: BeGateway) -> None:
    """A notification may be faster than the gateway's own record."""
    ids = (TOKEN, UID, "r1")
    wire.asks(form("successful")).looks_up(transaction()).searches(NOTHING).looks_up(FORGOTTEN, "r1")
    before = wire.provider().sync(paid(provider_ids=ids, memo={"method": "credit_card"}))
    wire.asks(form("successful")).looks_up(transaction()).searches(NOTHING)
    wire.looks_up(child("refund", "r1", 1000), "r1")
    after = wire.provider().sync(paid(provider_ids=ids, memo=dict(before.memo)))
    assert (before.refunded, after.refunded) == (gbp(0), gbp(1000))


def test_a_refund_of_a_capture_that_nobody_told_of_is_found_with_it(wire: BeGateway) -> None:
    wire.asks(form("successful", kind="authorization")).looks_up(transaction(kind="authorization"))
    wire.searches(listed(child("refund", "r1", 500, parent_uid="c1", tracking_id=KEY)), KEY).searches(NOTHING)
    wire.looks_up(child("capture", "c1", 4299), "c1")
    known = reserved(operations=(own(Verb.REFUND, 500, KEY),))
    report = wire.provider(search_finds_operations=True).sync(known)
    assert (report.captured, report.refunded) == (gbp(4299), gbp(500))
    assert [(found.key, found.provider_id) for found in report.operations or ()] == [("", "c1"), (KEY, "r1")]


def test_a_reserve_that_is_left_is_not_all_refunded(wire: BeGateway) -> None:
    """What is left can still be captured, and "refunded" is an end."""
    wire.asks(form("successful", kind="authorization")).looks_up(transaction(kind="authorization"))
    wire.searches(NOTHING).looks_up(child("capture", "c1", 1000), "c1")
    wire.looks_up(child("refund", "r1", 1000, parent_uid="c1"), "r1")
    report = wire.provider().sync(reserved(provider_ids=(TOKEN, "c1", "r1")))
    assert (report.outcome, report.captured, report.refunded) == (Outcome.PAID, gbp(1000), gbp(1000))


# --- an answer about something else -----------------------------------------------------------------------


@pytest.mark.parametrize("answer", [transaction(), child("capture", "c9", 4299), child("void", "v9", 4299)])
def test_an_answer_about_another_deed_moves_no_money(wire: BeGateway, answer: Any) -> None:
    wire.expect("POST gateway/transactions/refunds", answer)
    with pytest.raises(Uncertain):
        wire.provider().refund(paid(), gbp(4299), key=KEY, plan={})


def test_a_card_that_was_charged_where_it_should_only_be_kept(wire: BeGateway) -> None:
    """It is told as money, which nobody asked for."""
    wire.asks(form("successful")).looks_up(transaction(amount=100))
    report = wire.provider().sync(saving(memo=opened().memo, provider_id=TOKEN))
    assert (report.outcome, report.captured) == (Outcome.PAID, gbp(100))


# --- hostile shapes ---------------------------------------------------------------------------------------


HOSTILE: list[Any] = [
    None, True, 0, -1, 10**400, 1.5, "", "1", "\0", "x" * 100_000, [], [[]], {}, {"a": {}}, "4299.0", "-4299",
    "1e3", "½", [4299],
]  # fmt: skip
NUMBERS = [str(number) for number in range(len(HOSTILE))]


@pytest.mark.parametrize("value", HOSTILE, ids=NUMBERS)
@pytest.mark.parametrize(
    "field",
    ["uid", "status", "amount", "currency", "type", "test", "tracking_id", "parent_uid", "created_at",
     "credit_card", "additional_data", "payment_method_type", "payment", "code", "message"],
)  # fmt: skip
def test_whatever_stands_in_a_field_is_a_report_or_one_of_our_noes(
    wire: BeGateway, field: str, value: Any
) -> None:
    wire.asks(form("successful")).looks_up(transaction(**{field: value}))
    wire.searches(NOTHING)
    try:
        report = wire.provider().sync(opened())
    except ProviderError:
        wire.steps.clear()
        return
    wire.steps.clear()
    money = {report.authorized, report.captured} - {None}
    if report.outcome is Outcome.PAID:
        assert gbp(4299) in money or report.authorized != gbp(4299)
    else:
        assert not money


@pytest.mark.parametrize("value", HOSTILE, ids=NUMBERS)
@pytest.mark.parametrize(
    "field",
    ["token", "shop_id", "transaction_type", "gateway_response", "order", "finished", "expired", "test",
     "status", "message"],
)  # fmt: skip
def test_whatever_stands_in_a_form_is_a_report_or_one_of_our_noes(
    wire: BeGateway, field: str, value: Any
) -> None:
    wire.asks(form("successful", **{field: value})).looks_up(transaction()).searches(NOTHING)
    try:
        report = wire.provider().sync(opened())
    except ProviderError:
        report = None
    steps, wire.steps = wire.steps, []
    if report is not None and report.outcome is Outcome.PAID:
        assert steps == []  # both were asked
        assert report.captured == gbp(4299)


@pytest.mark.parametrize("field", ["token", "redirect_url"])
@pytest.mark.parametrize("value", HOSTILE, ids=NUMBERS)
def test_whatever_is_opened_is_a_page_or_one_of_our_noes(wire: BeGateway, field: str, value: Any) -> None:
    told = {"token": TOKEN, "redirect_url": PAGE, field: value}
    wire.expect("POST checkout/ctp/api/checkouts", {"checkout": told})
    try:
        started = wire.provider().start(charge())
    except ProviderError:
        return
    assert started.provider_id
