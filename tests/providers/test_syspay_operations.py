"""What is sent for a capture, a void and a refund, what is made of the answer, and is anything ever sent twice?"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from providers.base import Charge, Operation, OperationStatus, Outcome, Report, Verb
from providers.errors import Decline, Declined, Invalid, Misconfigured, ProviderError, Uncertain, Unreachable
from providers.money import Money
from providers.syspay import operations
from tests.providers.syspay_wire import (
    EMS,
    REFERENCE,
    SysPayWire,
    charge,
    no,
    own,
    paid,
    payment,
    refund,
    scripted,
)

GBP = "GBP"
FULL, PART = Money(1200, GBP), Money(500, GBP)
KEY = "key-1"
Verbs = dict[str, Callable[..., Report]]
ASK: Verbs = {"confirm": operations.capture, "void": operations.void}


@pytest.fixture
def wire() -> Iterator[SysPayWire]:
    with scripted() as script:
        yield script


def ask(wire: SysPayWire, verb: str, charge: Charge | None = None, money: Money = FULL) -> Report:
    return ASK[verb](wire.wire, wire.settings, charge or paid(capture_later=True), money, key=KEY)


def give_back(wire: SysPayWire, charge: Charge | None = None, money: Money = PART) -> Report:
    return operations.refund(wire.wire, wire.settings, charge or paid(), money, key=KEY)


# --- captures and voids ---------------------------------------------


def test_a_capture_takes_all_and_asks_what_is_true(wire: SysPayWire) -> None:
    wire.expect("POST payment/123/confirm", {"payment": payment()}, None).lists(payment())
    report = ask(wire, "confirm")
    assert (report.outcome, report.captured) == (Outcome.PAID, FULL)
    assert report.operations == (
        Operation(verb=Verb.CAPTURE, money=FULL, status=OperationStatus.SUCCESS, key=KEY),
    )


def test_a_void_lets_all_go(wire: SysPayWire) -> None:
    wire.expect("POST payment/123/void", {"payment": payment("VOIDED")}, None).lists(payment("VOIDED"))
    report = ask(wire, "void")
    assert (report.outcome, report.voided, report.captured) == (Outcome.CANCELED, FULL, Money(0, GBP))
    assert report.operations == (
        Operation(verb=Verb.VOID, money=FULL, status=OperationStatus.SUCCESS, key=KEY),
    )


def test_the_truth_is_not_the_answer_but_what_is_asked_afterwards(wire: SysPayWire) -> None:
    wire.expect("POST payment/123/confirm", {"payment": payment()}).lists(payment("AUTHORIZED"))
    report = ask(wire, "confirm", paid(operations=(own(Verb.CAPTURE, 1200, KEY),)))
    assert (report.outcome, report.operations) == (Outcome.AUTHORIZED, ())


@pytest.mark.parametrize(
    ("verb", "why"),
    [
        ("confirm", "SysPay captures what is reserved only as a whole: 12.00 GBP, and not 5.00 GBP"),
        ("void", "SysPay lets go what is reserved only as a whole: 12.00 GBP, and not 5.00 GBP"),
    ],
)
def test_a_part_is_refused_before_anything_is_sent(wire: SysPayWire, verb: str, why: str) -> None:
    with pytest.raises(Invalid) as caught:
        ask(wire, verb, money=PART)
    assert caught.value.errors == (("amount", why),)


def test_after_a_crash_the_payment_is_looked_for_first(wire: SysPayWire) -> None:
    wire.lists(payment("AUTHORIZED"))
    wire.expect("POST payment/123/confirm", {"payment": payment()}).lists(payment())
    assert ask(wire, "confirm", charge(capture_later=True)).outcome is Outcome.PAID


def test_without_money_there_is_nothing_to_operate_on(wire: SysPayWire) -> None:
    wire.lists(payment("FAILED"))
    with pytest.raises(Declined) as caught:
        ask(wire, "confirm", charge(capture_later=True))
    assert caught.value.decline == Decline(
        code="no_payment", message="SysPay has no payment with money here."
    )


@pytest.mark.parametrize(("verb", "status"), [("confirm", "SUCCESS"), ("void", "VOIDED")])
def test_what_was_done_before_is_no_failure(wire: SysPayWire, verb: str, status: str) -> None:
    wire.expect(f"POST payment/123/{verb}", no(50001, "invalid status")).lists(payment(status))
    report = ask(wire, verb)
    assert [told.status for told in report.operations or ()] == [OperationStatus.SUCCESS]


@pytest.mark.parametrize(
    ("verb", "status"), [("confirm", "VOIDED"), ("void", "SUCCESS"), ("confirm", "EXPIRED")]
)
def test_what_is_not_reserved_any_more_is_declined(wire: SysPayWire, verb: str, status: str) -> None:
    wire.expect(f"POST payment/123/{verb}", no(50001, "invalid status")).lists(payment(status))
    with pytest.raises(Declined) as caught:
        ask(wire, verb)
    assert caught.value.decline == Decline(
        code="50001", message="The payment is not reserved any more: look at SysPay how it stands."
    )


@pytest.mark.parametrize(
    ("code", "reason", "message"),
    [
        (50002, "technical_error",
         "The reserved money could not be captured. It is still reserved; try again later."),
        (50003, "technical_error",
         "The reserved money could not be let go. Try again later, or wait until it lapses."),
        (30013, "declined", "SysPay refuses the capture: too much"),
    ],
)  # fmt: skip
def test_a_capture_that_is_declined(wire: SysPayWire, code: int, reason: str, message: str) -> None:
    wire.expect("POST payment/123/confirm", no(code, "too much"))
    with pytest.raises(Declined) as caught:
        ask(wire, "confirm")
    assert caught.value.decline == Decline(code=str(code), message=message, reason=reason)


TOO_MUCH = "All refunds together would be more than was paid: look at SysPay which of them are there already."
SILENCE = [
    (502, ""),
    (200, "<html>"),
    no(50004, "This operation is currently being processed"),
    no(20040, "Duplicate request"),
    no(10005, "An unknown error has occurred"),
    requests.exceptions.ReadTimeout("slow"),
]


@pytest.mark.parametrize("answer", SILENCE)
@pytest.mark.parametrize("call", ["payment/123/confirm", "payment/123/void", "refund"])
def test_silence_is_uncertain_and_nothing_is_sent_again(wire: SysPayWire, answer: Any, call: str) -> None:
    wire.expect(f"POST {call}", answer)
    with pytest.raises(Uncertain):
        give_back(wire) if call == "refund" else ask(wire, call.rpartition("/")[2])
    assert len(wire.headers) == 1


@pytest.mark.parametrize(
    "answer",
    [
        no(20007, "Payment not found", 404),
        no(30034, "No permission to make refunds"),
        no(0, "Invalid source IP", 403),
    ],
)
def test_the_merchant_has_to_act(wire: SysPayWire, answer: Any) -> None:
    wire.expect("POST refund", answer)
    with pytest.raises(Misconfigured):
        give_back(wire)


# A definite no to a question is none to what was done before it was asked.
UNANSWERED = [no(0, "Invalid source IP", 403), (429, ""), (502, ""), (404, "<html>"), (302, "")]


@pytest.mark.parametrize("answer", UNANSWERED)
@pytest.mark.parametrize("verb", ["confirm", "void"])
def test_what_was_done_did_not_fail_because_nobody_answers_how_it_stands(
    wire: SysPayWire, answer: Any, verb: str
) -> None:
    wire.expect(f"POST payment/123/{verb}", {"payment": payment()})
    for _time in range(4 if answer[0] == 429 else 1):
        wire.expect(f"GET payments/?reference={REFERENCE}", answer)
    with pytest.raises(Uncertain) as caught:
        ask(wire, verb)
    assert type(caught.value) is Uncertain


@pytest.mark.parametrize("answer", UNANSWERED)
def test_a_refund_that_was_made_is_under_way_when_nobody_answers_how_it_stands(
    wire: SysPayWire, answer: Any
) -> None:
    """Its number is told once: a second refund must not follow the one that is known to be there."""
    wire.expect("POST refund", {"refund": refund()})
    for _time in range(4 if answer[0] == 429 else 1):
        wire.expect(f"GET payments/?reference={REFERENCE}", answer)
    report = give_back(wire)
    assert (report.outcome, report.refunded, report.provider_ids) == (Outcome.PAID, None, ("refund:9",))
    assert [(told.key, told.provider_id, told.status) for told in report.operations or ()] == [
        (KEY, "refund:9", OperationStatus.PENDING)
    ]


@pytest.mark.parametrize("answer", UNANSWERED)
def test_a_refund_that_was_made_before_did_not_fail_because_nobody_answers(
    wire: SysPayWire, answer: Any
) -> None:
    wire.expect("POST refund", no(40003, "The refund reference parameter is not unique"))
    for _time in range(4 if answer[0] == 429 else 1):
        wire.expect(f"GET payments/?reference={REFERENCE}", answer)
    with pytest.raises(Uncertain) as caught:
        give_back(wire)
    assert type(caught.value) is Uncertain


# --- refunds --------------------------------------------------------


def test_a_refund_is_sent_flat_and_looked_up_by_its_id(wire: SysPayWire) -> None:
    body = {
        "reference": KEY,
        "amount": 500,
        "currency": GBP,
        "description": "A chair broke",
        "payment_id": 123,
        "ems_url": EMS,
    }
    wire.expect("POST refund", (201, {"data": {"refund": refund()}}), body)
    wire.lists(payment()).shows("refund", refund())
    report = give_back(wire, paid(reason="A chair broke"))
    assert (report.outcome, report.refunded) == (Outcome.PAID, PART)
    assert report.operations == (
        Operation(
            verb=Verb.REFUND, money=PART, status=OperationStatus.SUCCESS, key=KEY, provider_id="refund:9"
        ),
    )
    assert report.provider_ids == ("payment:123", "refund:9")


def test_where_nobody_says_why_the_orders_description_does(wire: SysPayWire) -> None:
    wire.expect("POST refund", {"refund": refund()}).lists(payment()).shows("refund", refund())
    give_back(wire)
    assert wire.sent[0]["description"] == "A room with a view"


def test_a_full_refund_is_refunded(wire: SysPayWire) -> None:
    told = refund(amount=1200)
    wire.expect("POST refund", {"refund": told}).lists(payment()).shows("refund", told)
    assert give_back(wire, money=FULL).outcome is Outcome.REFUNDED


@pytest.mark.parametrize(
    ("status", "ours"),
    [("WAITING", OperationStatus.PENDING), ("SENT", OperationStatus.PENDING), ("FAILED", OperationStatus.FAILURE)],
)  # fmt: skip
def test_a_refund_that_is_not_done_yet_or_never(wire: SysPayWire, status: str, ours: OperationStatus) -> None:
    told = refund(status)
    wire.expect("POST refund", {"refund": told}).lists(payment()).shows("refund", told)
    report = give_back(wire)
    assert [told.status for told in report.operations or ()] == [ours]
    assert report.refunded == Money(0, GBP)


def test_an_answer_about_another_refund_is_none(wire: SysPayWire) -> None:
    wire.expect("POST refund", {"refund": refund(reference="key-2")})
    with pytest.raises(Uncertain, match=r"^Asked for one refund, SysPay answered about another\.$"):
        give_back(wire)


def test_a_refund_that_was_made_before_is_looked_up_and_does_not_fail() -> None:
    unique = no(40003, "The refund reference parameter is not unique")
    with scripted(lists_filter_by_reference=True) as wire:
        wire.expect("POST refund", unique).lists(payment())
        wire.expect(f"GET refunds/?reference={KEY}", {"refunds": [refund()]})
        report = give_back(wire)
        assert (report.refunded, report.operations and report.operations[0].key) == (PART, KEY)
    with scripted() as wire:  # the list cannot be asked: it waits for the ring, or for a person
        wire.expect("POST refund", unique).lists(payment())
        report = give_back(wire)
        assert [(told.key, told.status) for told in report.operations or ()] == [
            (KEY, OperationStatus.UNCERTAIN)
        ]


@pytest.mark.parametrize(
    ("code", "reason", "message"),
    [
        (20039, "not_supported", "This means of payment takes no refunds: give the money back another way."),
        (40004, "not_supported", "The refund is in another currency than the payment."),
        (40005, "declined", "SysPay does not accept the amount of the refund."),
        (40006, "limit_exceeded", TOO_MUCH),
        (40010, "insufficient_funds", "Your SysPay account does not hold enough for this refund: top it up first."),
        (40007, "technical_error", "SysPay refuses the refund: card ***1111"),
        (0, "declined", "SysPay refuses the refund: card ***1111"),
    ],
)  # fmt: skip
def test_a_refund_that_is_declined(wire: SysPayWire, code: int, reason: str, message: str) -> None:
    wire.expect("POST refund", no(code, "card 4111111111111111"))
    with pytest.raises(Declined) as caught:
        give_back(wire)
    assert caught.value.decline == Decline(code=str(code), message=message, reason=reason)


def test_the_first_look_may_fail_before_anything_is_sent(wire: SysPayWire) -> None:
    kinds: list[tuple[Any, type[ProviderError]]] = [
        ((502, ""), Unreachable),  # surely nothing was sent: it can be asked for again
        ((404, "<html>"), Misconfigured),
    ]
    for answer, kind in kinds:
        wire.expect(f"GET payments/?reference={REFERENCE}", answer)
        with pytest.raises(kind):
            give_back(wire, charge())
