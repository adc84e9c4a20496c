"""What is sent for a capture, void or refund at PayZen, what is made of every answer, and how is an order changed or
withdrawn?"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from providers.base import Invitation, OperationStatus, Outcome, Verb
from providers.errors import Declined, Invalid, Misconfigured, ProviderError, Uncertain, Unreachable
from providers.money import Money
from tests.providers.payzen_wire import (
    CANCEL,
    CHANGE,
    GIVE_BACK,
    LESSEN,
    NOBODY,
    ORDER,
    OTHER,
    REFUND,
    UUID,
    VALIDATE,
    Wire,
    charge,
    in_form,
    listed,
    no,
    opened,
    order,
    own,
    paid,
    refunded,
    refused,
    reserved,
    scripted,
    transaction,
    yes,
)

NINE_NINETY = Money(990, "EUR")
THREE = Money(300, "EUR")
NOTHING = Money(0, "EUR")
HELD = listed(transaction("AUTHORISED_TO_VALIDATE"))
TAKEN = listed(transaction("AUTHORISED"))
CAPTURED = listed(transaction("CAPTURED"))


@pytest.fixture
def wire() -> Iterator[Wire]:
    with scripted() as script:
        yield script


# --- captures -------------------------------------------------------------------------------------------


def test_a_capture_validates_the_whole(wire: Wire) -> None:
    wire.lists(HELD).expect(VALIDATE, yes(transaction()), {"uuid": UUID, "comment": "key-1 on its way"})
    report = wire.payzen().capture(reserved(reason="on its way"), NINE_NINETY, key="key-1", plan={})
    assert (report.outcome, report.captured) == (Outcome.PAID, NINE_NINETY)
    assert report.operations is not None
    assert [(o.verb, o.key, o.status) for o in report.operations] == [
        (Verb.CAPTURE, "key-1", OperationStatus.SUCCESS)
    ]


def test_a_part_is_not_captured(wire: Wire) -> None:
    wire.lists(HELD)
    with pytest.raises(Invalid, match=r"captures the whole of it, 9\.90 EUR: void first"):
        wire.payzen().capture(reserved(), THREE, key="key-1", plan={})
    wire.lists(TAKEN)
    with pytest.raises(Invalid, match="nothing to capture: it is AUTHORISED"):
        wire.payzen().capture(paid(), NINE_NINETY, key="key-1", plan={})
    wire.asks(order(), NOBODY)
    with pytest.raises(Invalid, match="knows of no money"):
        wire.payzen().capture(opened(), NINE_NINETY, key="key-1", plan={})


def test_after_a_part_was_voided_the_rest_is_captured(wire: Wire) -> None:
    voided = own(Verb.VOID, 300, "void-1", OperationStatus.SUCCESS, f"{UUID}:690")
    wire.lists(listed(transaction("AUTHORISED_TO_VALIDATE", amount=690)))
    wire.expect(VALIDATE, yes(transaction(amount=690)))
    report = wire.payzen().capture(reserved(operations=(voided,)), Money(690, "EUR"), key="key-1", plan={})
    assert (report.authorized, report.captured, report.voided) == (NINE_NINETY, Money(690, "EUR"), THREE)


# --- voids ----------------------------------------------------------------------------------------------


def test_a_void_of_the_whole_cancels(wire: Wire) -> None:
    sent = {
        "uuid": UUID,
        "amount": 990,
        "currency": "EUR",
        "comment": "key-1",
        "resolutionMode": "CANCELLATION_ONLY",
    }
    wire.lists(HELD).expect(GIVE_BACK, yes(transaction("CANCELLED", status="UNPAID")), sent)
    report = wire.payzen().void(reserved(), NINE_NINETY, key="key-1", plan={})
    assert (report.outcome, report.voided, report.captured) == (Outcome.CANCELED, NINE_NINETY, NOTHING)
    assert report.operations is not None
    assert [(o.verb, o.key, o.provider_id) for o in report.operations] == [(Verb.VOID, "key-1", f"{UUID}:0")]


def test_a_void_of_a_part_lessens(wire: Wire) -> None:
    sent = {"uuid": UUID, "cardUpdate": {"amount": 690, "currency": "EUR"}, "comment": "key-1"}
    wire.lists(HELD).expect(LESSEN, yes(transaction("AUTHORISED_TO_VALIDATE", amount=690)), sent)
    report = wire.payzen().void(reserved(), THREE, key="key-1", plan={})
    assert (report.outcome, report.authorized, report.voided) == (Outcome.AUTHORIZED, NINE_NINETY, THREE)
    assert report.operations is not None
    assert [(o.verb, o.key, o.money) for o in report.operations] == [(Verb.VOID, "key-1", THREE)]


def test_what_is_taken_is_not_voided(wire: Wire) -> None:
    wire.lists(TAKEN)
    with pytest.raises(Invalid, match="nothing to void: it is AUTHORISED; refund it"):
        wire.payzen().void(paid(), NINE_NINETY, key="key-1", plan={})
    wire.lists(HELD)
    with pytest.raises(Invalid, match=r"only 9\.90 EUR is left"):
        wire.payzen().void(reserved(), Money(991, "EUR"), key="key-1", plan={})


# --- refunds --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("minor", [300, 990])
def test_what_is_captured_is_refunded(wire: Wire, minor: int) -> None:
    sent = {
        "uuid": UUID,
        "amount": minor,
        "currency": "EUR",
        "comment": "key-1 too late",
        "resolutionMode": "REFUND_ONLY",
    }
    wire.lists(CAPTURED).expect(GIVE_BACK, yes(refunded(minor)), sent)
    money = Money(minor, "EUR")
    report = wire.payzen().refund(paid(reason="too late"), money, key="key-1", plan={})
    assert report.outcome is (Outcome.REFUNDED if minor == 990 else Outcome.PAID)
    assert (report.captured, report.refunded) == (NINE_NINETY, money)
    assert report.operations is not None
    assert [(o.verb, o.key, o.provider_id, o.status) for o in report.operations] == [
        (Verb.REFUND, "key-1", REFUND, OperationStatus.SUCCESS)
    ]


def test_two_refunds_of_one_amount_are_two(wire: Wire) -> None:
    """It stacks: the second one is told from the first by its own name."""
    first = own(Verb.REFUND, 300, "key-1", OperationStatus.SUCCESS, OTHER)
    wire.lists(listed(transaction("CAPTURED"), refunded(300, uuid=OTHER)))
    wire.expect(GIVE_BACK, yes(refunded(300)))
    report = wire.payzen().refund(paid(operations=(first,)), THREE, key="key-2", plan={})
    assert report.refunded == Money(600, "EUR")
    assert report.operations is not None
    assert {(o.key, o.provider_id) for o in report.operations} == {("key-1", OTHER), ("key-2", REFUND)}


@pytest.mark.parametrize(
    ("made", "name"),
    [
        (transaction("CANCELLED", status="UNPAID"), f"{UUID}:0"),
        (refunded(990), REFUND),  # it was captured at this very moment
    ],
)
def test_the_whole_before_the_capture_is_left_to_payzen(wire: Wire, made: Any, name: str) -> None:
    sent = {"uuid": UUID, "amount": 990, "currency": "EUR", "comment": "key-1", "resolutionMode": "AUTO"}
    wire.lists(TAKEN).expect(GIVE_BACK, yes(made), sent)
    report = wire.payzen().refund(paid(), NINE_NINETY, key="key-1", plan={})
    assert (report.outcome, report.captured, report.refunded) == (Outcome.REFUNDED, NINE_NINETY, NINE_NINETY)
    assert report.operations is not None
    assert [(o.verb, o.key, o.provider_id) for o in report.operations] == [(Verb.REFUND, "key-1", name)]


def test_a_part_before_the_capture_lessens(wire: Wire) -> None:
    sent = {"uuid": UUID, "cardUpdate": {"amount": 690, "currency": "EUR"}, "comment": "key-1"}
    wire.lists(TAKEN).expect(LESSEN, yes(transaction(amount=690)), sent)
    report = wire.payzen().refund(paid(), THREE, key="key-1", plan={})
    assert (report.outcome, report.captured, report.refunded) == (Outcome.PAID, NINE_NINETY, THREE)


def test_a_refund_in_a_currency_without_cents(wire: Wire) -> None:
    held = listed(transaction("CAPTURED", amount=9900, currency="IDR"))
    made = {**refunded(4200), "currency": "IDR"}
    wire.lists(held).expect(GIVE_BACK, yes(made))
    rupiah = paid(money=Money(990_000, "IDR"), memo={"minor": 990_000}, captured=Money(990_000, "IDR"))
    report = wire.payzen().refund(rupiah, Money(420_000, "IDR"), key="key-1", plan={})
    assert wire.bodies[-1]["amount"] == 4200
    assert report.refunded == Money(420_000, "IDR")


def test_what_cannot_be_given_back_now(wire: Wire) -> None:
    wire.lists(listed(transaction("EXPIRED")))
    with pytest.raises(Declined, match="It cannot be given back now: it is EXPIRED"):
        wire.payzen().refund(paid(), THREE, key="key-1", plan={})
    wire.lists(TAKEN)
    with pytest.raises(Invalid, match=r"only 9\.90 EUR is left to give back"):
        wire.payzen().refund(paid(), Money(991, "EUR"), key="key-1", plan={})


def test_a_comment_is_not_longer_than_payzen_takes(wire: Wire) -> None:
    wire.lists(CAPTURED).expect(GIVE_BACK, yes(refunded(300)))
    wire.payzen().refund(paid(reason="r" * 300), THREE, key="key-1", plan={})
    assert len(wire.bodies[-1]["comment"]) <= 255
    assert wire.bodies[-1]["comment"].startswith("key-1 rrr")


def test_a_refund_that_was_refused_later_has_failed(wire: Wire) -> None:
    made = refunded(300, "REFUSED", errorCode="ACQ_001", errorMessage="refused by the bank")
    wire.lists(CAPTURED).expect(GIVE_BACK, yes(made))
    report = wire.payzen().refund(paid(), THREE, key="key-1", plan={})
    assert (report.outcome, report.refunded) == (Outcome.PAID, NOTHING)
    assert report.operations is not None
    assert [(o.key, o.status, o.message) for o in report.operations] == [
        ("key-1", OperationStatus.FAILURE, "refused by the bank")
    ]


# --- every no -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("PSP_075", "it can no longer be cancelled: refund it"),
        ("PSP_076", "it cannot be refunded yet, because it is not captured"),
        ("PSP_083", "it was never paid, or the bank has taken it back"),
        ("PSP_104", "it was refunded already"),
        ("PSP_105", "it was cancelled already"),
        ("PSP_503", "its status does not allow it"),
        ("PSP_510", "the amount is more than is left"),
        ("PSP_511", "the amount is more than is left"),
        ("ACQ_001", "payment refused"),
        ("PSP_777", "payment refused"),
        ("INT_777", "payment refused"),
    ],
)
def test_every_refusal_says_what_is_to_be_done(wire: Wire, code: str, told: str) -> None:
    wire.lists(CAPTURED).expect(GIVE_BACK, no(code, "payment refused"))
    with pytest.raises(Declined) as problem:
        wire.payzen().refund(paid(), THREE, key="key-1", plan={})
    assert problem.value.decline.code == code
    assert told in problem.value.decline.message
    assert code in problem.value.decline.message


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (no("INT_009", "invalid amount"), Invalid),
        (no("PSP_010", "transaction not found"), Misconfigured),
        (no("INT_901"), Misconfigured),
        (no("INT_905"), Misconfigured),
        (no("PSP_100"), Misconfigured),
        (no("PSP_099"), Unreachable),
        (no("PSP_106"), Unreachable),
        (no("PSP_999"), Uncertain),
        ((500, ""), Uncertain),
        ((200, "{"), Uncertain),
        (yes({"uuid": ""}), Uncertain),
        (yes(refunded(300, uuid=OTHER) | {"transactionDetails": {"parentTransactionUuid": "x"}}), Uncertain),
        (yes(transaction("CAPTURED", uuid=OTHER)), Uncertain),
        (requests.exceptions.ReadTimeout(), Uncertain),
        (requests.exceptions.ConnectTimeout(), Unreachable),
    ],
)
def test_every_other_no_to_a_refund(wire: Wire, answer: Any, kind: type[ProviderError]) -> None:
    wire.lists(CAPTURED).expect(GIVE_BACK, answer)
    with pytest.raises(ProviderError) as problem:
        wire.payzen().refund(paid(), THREE, key="key-1", plan={})
    assert type(problem.value) is kind
    assert wire.called.count(GIVE_BACK) == 1  # never sent again


def test_an_answer_about_another_transaction_is_uncertain(wire: Wire) -> None:
    wire.lists(HELD).expect(VALIDATE, yes(transaction(uuid=OTHER)))
    with pytest.raises(Uncertain, match="answered about another"):
        wire.payzen().capture(reserved(), NINE_NINETY, key="key-1", plan={})


@pytest.mark.parametrize("answer", [no("PSP_999"), (500, ""), requests.exceptions.ReadTimeout()])
def test_what_was_only_looked_at_has_not_moved(wire: Wire, answer: Any) -> None:
    wire.lists(answer)
    with pytest.raises(Unreachable):
        wire.payzen().refund(paid(), THREE, key="key-1", plan={})


# --- an order is changed --------------------------------------------------------------------------------

LATER = datetime.now(UTC) + timedelta(days=2)


def test_an_open_order_is_changed(wire: Wire) -> None:
    sent = {
        "paymentOrderId": ORDER,
        "amount": 500,
        "currency": "EUR",
        "channelOptions": {"channelType": "URL"},
        "expirationDate": LATER.isoformat(timespec="seconds"),
        "locale": "fr_FR",
    }
    wire.expect(CHANGE, order(amount=500), sent).asks(order(amount=500), NOBODY)
    report = wire.payzen().update(opened(money=Money(500, "EUR"), expires_at=LATER))
    assert (report.outcome, report.asked) == (Outcome.OPEN, Money(500, "EUR"))


MAILED = {"channel": "MAIL", "sent_by": "mail", "to": "old@b.example"}


def test_a_sent_order_is_changed_with_its_recipient(wire: Wire) -> None:
    payzen = wire.payzen(sends=["mail"])
    again = Invitation(to="new@b.example", subject="Changed", text="Now {amount}: {link}")
    wire.expect(CHANGE, order()).asks(order(), NOBODY)
    payzen.update(opened(memo=MAILED, channel="mail", invitation=again))
    mail = {"recipient": "new@b.example", "subject": "Changed", "body": "Now %amount%: %url%"}
    assert wire.bodies[0]["channelOptions"] == {"channelType": "MAIL", "mailOptions": mail}
    wire.expect(CHANGE, order()).asks(order(), NOBODY)
    payzen.update(opened(memo=MAILED, channel="mail"))
    mail = {"recipient": "old@b.example"}
    assert wire.bodies[3]["channelOptions"] == {"channelType": "MAIL", "mailOptions": mail}


def test_what_cannot_be_changed(wire: Wire) -> None:
    payzen = wire.payzen(sends=["mail", "sms"])
    with pytest.raises(Invalid) as problem:
        payzen.update(opened(memo=MAILED, channel="sms", invitation=Invitation(to="+33600000000")))
    assert problem.value.field == "channel"
    for none in (in_form(), charge()):
        with pytest.raises(Invalid, match="only a payment order can be changed"):
            payzen.update(none)
    with pytest.raises(Invalid) as problem:
        payzen.update(opened(money=NOTHING))
    assert problem.value.field == "amount"
    with pytest.raises(Invalid) as problem:
        payzen.update(opened(expires_at=datetime.now(UTC) - timedelta(minutes=1)))
    assert problem.value.field == "hold_minutes"
    assert wire.called == []


def test_an_order_that_is_over_is_not_changed_and_the_truth_is_told(wire: Wire) -> None:
    wire.expect(CHANGE, no("PSP_777", "order is not running")).asks(order("PAID"), listed(transaction()))
    report = wire.payzen().update(opened())
    assert (report.outcome, report.captured, report.asked) == (Outcome.PAID, NINE_NINETY, NINE_NINETY)
    wire.expect(CHANGE, no("PSP_777", "order is not running")).asks(order("EXPIRED"), NOBODY)
    assert wire.payzen().update(opened()).outcome is Outcome.EXPIRED


@pytest.mark.parametrize(
    ("answer", "kind", "field"),
    [
        (no("INT_009", "invalid amount"), Invalid, "amount"),
        (no("INT_777", "x", "Invalid input value [name=expirationDate, value=x]"), Invalid, "hold_minutes"),
        (no("PSP_777", "something else"), Invalid, "order"),
        (no("PSP_610"), Misconfigured, None),
    ],
)
def test_a_change_that_is_refused_while_it_is_open(
    wire: Wire, answer: Any, kind: Any, field: str | None
) -> None:
    wire.expect(CHANGE, answer).asks(order(), NOBODY)
    with pytest.raises(kind) as problem:
        wire.payzen().update(opened())
    assert getattr(problem.value, "field", None) == field


def test_a_change_that_nobody_answers_is_uncertain(wire: Wire) -> None:
    wire.expect(CHANGE, requests.exceptions.ReadTimeout())
    with pytest.raises(Uncertain):
        wire.payzen().update(opened())
    wire.expect(CHANGE, no("PSP_1000")).expect("Charge/PaymentOrder/Get", no("PSP_1000"))
    with pytest.raises(Misconfigured):
        wire.payzen().update(opened())


# --- ... or withdrawn -----------------------------------------------------------------------------------


def test_the_account_says_whether_an_update_sends_the_message_again(wire: Wire) -> None:
    assert [wire.payzen(updates_send=sends).sends_again() for sends in (True, False)] == [True, False]


def test_an_order_is_cancelled_where_the_platform_can(wire: Wire) -> None:
    wire.asks(order(), NOBODY).expect(CANCEL, order("CANCELLED"), {"paymentOrderId": ORDER})
    wire.asks(order("CANCELLED"), NOBODY)
    report = wire.payzen(cancels_orders=True).cancel(opened(), give_up=False)
    assert (report.outcome, report.payable_until) == (Outcome.CANCELED, None)


def test_a_cancel_that_is_refused_leaves_it_open(wire: Wire) -> None:
    wire.asks(order(), NOBODY).expect(CANCEL, no("PSP_777")).asks(order(), NOBODY)
    assert wire.payzen(cancels_orders=True).cancel(opened(), give_up=True).outcome is Outcome.OPEN


def soon(**changes: Any) -> dict[str, Any]:
    return order(expirationDate=(datetime.now(UTC) + timedelta(seconds=60)).isoformat(), **changes)


@pytest.mark.parametrize("has", [True, False])
def test_without_a_cancel_the_order_is_made_to_lapse(wire: Wire, has: bool) -> None:
    wire.asks(order(amount=500), NOBODY)
    if has:
        wire.expect(CANCEL, no("INT_901", "web-service not found"))
    wire.expect(CHANGE, soon()).asks(soon(), NOBODY)
    report = wire.payzen(cancels_orders=has).cancel(opened(), give_up=False)
    assert report.outcome is Outcome.CANCELED
    assert report.payable_until is not None  # until then it can still be paid, and somebody is told
    sent = wire.bodies[-3]
    ends = datetime.fromisoformat(sent.pop("expirationDate")) - datetime.now(UTC)
    assert timedelta(seconds=40) < ends <= timedelta(seconds=60)
    # As it stands there: nothing but its end is changed.
    assert sent == {
        "paymentOrderId": ORDER,
        "amount": 500,
        "currency": "EUR",
        "channelOptions": {"channelType": "URL"},
    }


def test_what_lapses_by_itself_within_the_minute_is_not_made_payable_for_longer(wire: Wire) -> None:
    for seconds in (-5, 20):
        ends = (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()
        wire.asks(order(expirationDate=ends), NOBODY)
        assert wire.payzen().cancel(opened(), give_up=True).outcome is Outcome.CANCELED
    assert CHANGE not in wire.called


def test_a_sent_order_lapses_with_its_recipient(wire: Wire) -> None:
    wire.asks(order(), NOBODY).expect(CHANGE, soon()).asks(soon(), NOBODY)
    assert wire.payzen().cancel(opened(memo=MAILED), give_up=True).outcome is Outcome.CANCELED
    mail = {"channelType": "MAIL", "mailOptions": {"recipient": "old@b.example"}}
    assert wire.bodies[2]["channelOptions"] == mail


def test_what_cannot_be_withdrawn_is_still_open(wire: Wire) -> None:
    wire.asks(order(), NOBODY).expect(CHANGE, no("INT_777")).asks(order(), NOBODY)
    assert wire.payzen().cancel(opened(), give_up=False).outcome is Outcome.OPEN
    wire.asks(order(), NOBODY).expect(CHANGE, order()).asks(order(), NOBODY)
    assert wire.payzen().cancel(opened(), give_up=False).outcome is Outcome.OPEN


@pytest.mark.parametrize("has", [True, False])
def test_nobody_is_held_fast_to_an_order_that_was_refused(wire: Wire, has: bool) -> None:
    """PayZen changes running orders only, and this one may never run again."""
    wire.asks(order("REFUSED"), listed(refused()))
    wire.expect(CANCEL if has else CHANGE, no("PSP_503")).asks(order("REFUSED"), listed(refused()))
    report = wire.payzen(cancels_orders=has).cancel(opened(), give_up=False)
    assert report.outcome is Outcome.CANCELED
    assert report.warning == (
        "PayZen does not withdraw a payment order whose last try was refused: its link may live on."
    )
    wire.asks(order("REFUSED"), listed(refused()))
    wire.expect(CANCEL if has else CHANGE, no("PSP_503")).asks(order("PAID"), listed(transaction()))
    assert wire.payzen(cancels_orders=has).cancel(opened(), give_up=False).outcome is Outcome.PAID


def test_money_that_came_first_wins(wire: Wire) -> None:
    wire.asks(order("PAID"), listed(transaction()))
    assert wire.payzen().cancel(opened(), give_up=False).outcome is Outcome.PAID
    wire.asks(order(), NOBODY).expect(CHANGE, soon()).asks(order("PAID"), listed(transaction()))
    assert wire.payzen().cancel(opened(), give_up=False).outcome is Outcome.PAID
    wire.asks(order(), listed(refused()))
    wire.expect(CHANGE, requests.exceptions.ReadTimeout())
    with pytest.raises(Uncertain):
        wire.payzen().cancel(opened(), give_up=False)


def test_a_form_and_what_was_never_shown_have_nothing_to_withdraw(wire: Wire) -> None:
    for nothing in (in_form(), charge()):
        wire.lists(NOBODY)
        assert wire.payzen().cancel(nothing, give_up=False).outcome is Outcome.CANCELED
    wire.lists(listed(transaction("INITIAL")))
    assert wire.payzen().cancel(in_form(), give_up=False).outcome is Outcome.PENDING
