"""How does an agreement at SysPay stand, how is it ended, and how is it charged once more?"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from providers.agreements import (
    Agreement,
    AgreementCharge,
    AgreementReport,
    AgreementState,
    Ending,
    NextEvent,
    Period,
    Phase,
    Terms,
    Unit,
)
from providers.base import Kind, Outcome, Started
from providers.errors import Decline, Declined, Invalid, Misconfigured, ProviderError, Uncertain
from providers.money import Money
from providers.syspay import agreements
from tests.providers.syspay_wire import (
    NOTIFY,
    REFERENCE,
    SysPayWire,
    further,
    mandate,
    no,
    payment,
    scripted,
    subscription,
)

GBP = "GBP"
MONTH = Period(count=1, unit=Unit.MONTH)
OF_5: dict[str, Any] = {"subscription": {"id": 5}, "amount": 1500}
OF_8: dict[str, Any] = {"billing_agreement": {"id": 8}, "amount": 1500}


@pytest.fixture
def wire() -> Iterator[SysPayWire]:
    with scripted() as script:
        yield script


def agreed(name: str = "subscription:5", **changes: Any) -> Agreement:
    return Agreement(provider_id=name, reference=REFERENCE, **changes)


def sync(wire: SysPayWire, agreement: Agreement) -> AgreementReport:
    return agreements.sync_agreement(wire.wire, wire.settings, agreement)


def end(wire: SysPayWire, ending: Ending, agreement: Agreement) -> AgreementReport:
    return agreements.end_agreement(wire.wire, wire.settings, agreement, ending)


def rebill(wire: SysPayWire, **changes: Any) -> Started:
    return agreements.rebill(wire.wire, wire.settings, further(**changes))


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


# --- how it stands --------------------------------------------------


def test_all_that_a_subscription_says(wire: SysPayWire) -> None:
    wire.shows("subscription", subscription(end_date=1700000000)).lists()
    assert sync(wire, agreed()) == AgreementReport(
        provider_id="subscription:5",
        kind=Kind.SUBSCRIPTION,
        state=AgreementState.ACTIVE,
        phase=Phase.BILLING,
        next_event=NextEvent(what="bill", at=at(1621003981)),
        began_at=at(1618411981),
        expires_at=at(1700000000),
        terms=Terms(
            period=MONTH,
            amount=Money(1500, GBP),
            initial=Money(10000, GBP),
            trial=Money(100, GBP),
            trial_period=Period(count=7, unit=Unit.DAY),
        ),
        may_charge=True,
        endings=(Ending.NOW, Ending.PERIOD_END),
    )


def test_all_that_a_mandate_says(wire: SysPayWire) -> None:
    wire.shows("billing_agreement", mandate()).lists()
    assert sync(wire, agreed("agreement:8")) == AgreementReport(
        provider_id="agreement:8",
        kind=Kind.MANDATE,
        state=AgreementState.ACTIVE,
        expires_at=at(1893456000),
        may_charge=True,
        endings=(Ending.NOW,),
    )


@pytest.mark.parametrize(
    ("status", "state", "may_charge", "endings"),
    [
        ("PENDING", AgreementState.PENDING, False, ()),
        ("ACTIVE", AgreementState.ACTIVE, True, (Ending.NOW, Ending.PERIOD_END)),
        ("CANCELLED", AgreementState.CANCELED, False, ()),
        ("ENDED", AgreementState.ENDED, True, ()),
        ("TERMINATED", AgreementState.TERMINATED, False, ()),
    ],
)
def test_every_word_of_a_subscription(
    wire: SysPayWire, status: str, state: AgreementState, may_charge: bool, endings: Any
) -> None:
    told = subscription(status, end_date=1700000000, end_reason="UNSUBSCRIBED_MERCHANT")
    wire.shows("subscription", told).lists()
    report = sync(wire, agreed())
    assert (report.state, report.may_charge, report.endings) == (state, may_charge, endings)
    assert (report.end_reason, report.warning) == ("unsubscribed_merchant", "")
    over = state not in (AgreementState.PENDING, AgreementState.ACTIVE)
    assert (report.ended_at, report.expires_at) == (
        (at(1700000000), None) if over else (None, at(1700000000))
    )


@pytest.mark.parametrize(
    ("status", "reason", "state"),
    [
        ("PENDING", None, AgreementState.PENDING),
        ("CANCELLED", None, AgreementState.CANCELED),
        ("ENDED", "SUSPENDED_CHARGEBACK", AgreementState.ENDED),
    ],
)
def test_every_other_word_of_a_mandate(
    wire: SysPayWire, status: str, reason: str | None, state: AgreementState
) -> None:
    told = mandate(status, end_reason=reason, expiration_date=None)
    wire.shows("billing_agreement", told).lists()
    report = sync(wire, agreed("agreement:8"))
    assert (report.state, report.may_charge, report.endings) == (state, False, ())
    assert (report.end_reason, report.expires_at) == ((reason or "").lower(), None)


def test_a_mandate_that_is_canceled_for_a_reason_had_begun(wire: SysPayWire) -> None:
    """Taken for one that never began, it would contradict what is known of it, and stay active here."""
    wire.shows("billing_agreement", mandate("CANCELLED", end_reason="UNSUBSCRIBED_MERCHANT")).lists()
    report = sync(wire, agreed("agreement:8"))
    assert (report.state, report.end_reason, report.may_charge, report.endings) == (
        AgreementState.ENDED,
        "unsubscribed_merchant",
        False,
        (),
    )


def test_words_that_we_do_not_know(wire: SysPayWire) -> None:
    wire.shows("subscription", subscription("RESTING", phase="NAP")).lists()
    report = sync(wire, agreed())
    assert (report.state, report.phase, report.may_charge, report.endings) == (None, None, False, ())
    assert report.warning == (
        'SysPay calls the subscription:5 "RESTING", a word that we do not know. '
        'SysPay says "NAP" of the phase of subscription:5, a word we do not know.'
    )
    wire.shows("billing_agreement", mandate("TERMINATED")).lists()
    report = sync(wire, agreed("agreement:8"))
    assert (report.state, report.may_charge) == (None, False)
    assert report.warning == 'SysPay calls the agreement:8 "TERMINATED", a word that we do not know.'


@pytest.mark.parametrize("phase", list(Phase))
def test_every_phase(wire: SysPayWire, phase: Phase) -> None:
    wire.shows("subscription", subscription(phase=phase.value.upper())).lists()
    report = sync(wire, agreed())
    assert report.phase is phase
    # In its last period it ends with that anyway.
    assert (Ending.PERIOD_END in report.endings) is (phase is not Phase.LAST)


@pytest.mark.parametrize(
    ("plan", "terms"),
    [
        (None, None),
        ({}, None),
        ({"billing_period": "fortnight"}, "unreadable"),
        ({"billing_period": 1, "billing_period_unit": "moon", "billing_amount": 1, "currency": GBP}, None),
        ({"billing_period": 0, "billing_period_unit": "day", "billing_amount": 1, "currency": GBP}, None),
        ({"billing_period": 1, "billing_period_unit": "month", "billing_amount": 1}, None),
        (
            {"billing_period": "2", "billing_period_unit": "week", "billing_amount": "1500", "currency": GBP,
             "billing_cycles": "6", "initial_amount": "1500", "trial_amount": "5"},
            Terms(period=Period(count=2, unit=Unit.WEEK), amount=Money(1500, GBP), cycles=6),
        ),
        (
            {"billing_period": 1, "billing_period_unit": "month", "billing_amount": 1500, "currency": GBP,
             "trial_period": 30, "trial_period_unit": "minute", "trial_amount": 0},
            Terms(period=MONTH, amount=Money(1500, GBP), trial_period=Period(count=30, unit=Unit.MINUTE)),
        ),
        (
            {"type": "INSTALMENT", "billing_period": 1, "billing_period_unit": "month", "total_amount": 30000,
             "billing_cycles": 12, "currency": GBP},
            Terms(period=MONTH, total=Money(30000, GBP), cycles=12),
        ),
        ({"type": "INSTALMENT", "billing_period": 1, "billing_period_unit": "month", "total_amount": 30000,
          "currency": GBP}, None),
    ],
)  # fmt: skip
def test_the_terms_as_syspay_has_them(wire: SysPayWire, plan: Any, terms: Any) -> None:
    wire.shows("subscription", subscription(plan=plan))
    if terms == "unreadable":
        with pytest.raises(Uncertain):
            sync(wire, agreed())
        return
    wire.lists()
    report = sync(wire, agreed())
    assert report.terms == terms
    unread = "The terms of subscription:5 at SysPay could not be read, so nobody compared them."
    assert report.warning == (unread if plan is not None and terms is None else "")


@pytest.mark.parametrize(
    "event", [None, [], {"event_type": "END"}, {"scheduled_date": 1}, {"event_type": None}]
)
def test_what_comes_next_is_told_whole_or_not(wire: SysPayWire, event: Any) -> None:
    wire.shows("subscription", subscription(next_event=event)).lists()
    assert sync(wire, agreed()).next_event is None


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (no(80001, "Subscription not found", 404), Misconfigured),
        (no(10009, "not of type"), Uncertain),
        ((502, ""), Uncertain),
        (requests.exceptions.ReadTimeout("slow"), Uncertain),
    ],
)
def test_when_it_cannot_be_asked(wire: SysPayWire, answer: Any, kind: type[ProviderError]) -> None:
    wire.shows("subscription", answer, 5)
    with pytest.raises(kind):
        sync(wire, agreed())


def test_what_is_no_agreement_of_syspays_is_not_asked_about(wire: SysPayWire) -> None:
    with pytest.raises(Uncertain):
        sync(wire, agreed("sub_5"))


# --- the payments that it made --------------------------------------


def test_its_payments_are_those_that_name_it(wire: SysPayWire) -> None:
    wire.shows("subscription", subscription())
    wire.lists(
        payment("SUCCESS", 131, payment_type="SUBSCRIPTION_BILL", **OF_5),
        payment("FAILED", 130, payment_type="SUBSCRIPTION_BILL", **OF_5),
        payment(**OF_5),  # the first one, which is known
        payment("SUCCESS", 132, subscription={"id": 6}),
        payment("SUCCESS", 133),
        payment("SUCCESS", 134, **{**OF_5, "amount": None}),
    )
    wire.shows("payment", payment("SUCCESS", 140, payment_type="SUBSCRIPTION_MANUAL_REBILL", reference="hand-1",
                                  processing_time=None, **OF_5))  # fmt: skip
    wire.shows("payment", payment("SUCCESS", 141, billing_agreement={"id": 5}))
    also = ("payment:140", "payment:141", "payment:131", "payment:123", "refund:9")
    report = sync(wire, agreed(known=("payment:123", "refund:7"), also=also))
    money, when = Money(1500, GBP), at(1618411981)
    assert report.charges == (
        AgreementCharge(provider_id="payment:130", money=money, reference=REFERENCE, at=when),
        AgreementCharge(provider_id="payment:131", money=money, reference=REFERENCE, at=when),
        AgreementCharge(provider_id="payment:140", money=money, reference="hand-1", by_hand=True),
    )
    assert report.warning == "SysPay does not say how much payment 134 of subscription:5 is."


def test_a_payment_that_was_rung_for_and_is_not_shown_yet_is_asked_about_again(wire: SysPayWire) -> None:
    """A renewal may be told of once: who passes over it never hears of it again."""
    wire.shows("subscription", subscription()).lists()
    wire.shows("payment", no(20007, "Payment not found", 404), 142)
    with pytest.raises(Uncertain) as caught:
        sync(wire, agreed(also=("payment:142",)))
    about = "SysPay does not answer the question about the payments of subscription:5"
    assert str(caught.value) == f"{about}: SysPay says 20007: Payment not found."


def test_a_list_that_leaves_out_what_a_payment_belongs_to_is_asked_one_by_one(wire: SysPayWire) -> None:
    wire.shows("billing_agreement", mandate())
    wire.lists(payment("SUCCESS", 130, payment_type="BILLING_AGREEMENT_REBILL"), payment("SUCCESS", 131))
    wire.shows("payment", payment("SUCCESS", 130, payment_type="BILLING_AGREEMENT_REBILL", **OF_8))
    charges = sync(wire, agreed("agreement:8")).charges
    assert [(told.provider_id, told.by_hand) for told in charges] == [("payment:130", True)]


# --- its end --------------------------------------------------------


@pytest.mark.parametrize(("ending", "now"), [(Ending.NOW, True), (Ending.PERIOD_END, False)])
def test_a_subscription_is_ended_now_or_with_what_is_paid(
    wire: SysPayWire, ending: Ending, now: bool
) -> None:
    wire.expect("POST subscription/5/cancel", {"subscription": subscription()}, {"now": now})
    wire.shows("subscription", subscription(phase="LAST")).lists()
    report = end(wire, ending, agreed())
    assert (report.state, report.phase, report.endings) == (AgreementState.ACTIVE, Phase.LAST, (Ending.NOW,))


def test_a_mandate_is_ended_at_once(wire: SysPayWire) -> None:
    wire.expect("POST billing-agreement/8/cancel", {"billing_agreement": mandate("ENDED")}, None)
    wire.shows("billing_agreement", mandate("ENDED")).lists()
    assert end(wire, Ending.NOW, agreed("agreement:8")).state is AgreementState.ENDED
    with pytest.raises(Invalid) as caught:
        end(wire, Ending.PERIOD_END, agreed("agreement:8"))
    assert caught.value.errors == (("ending", "a mandate has no period: it can only be ended at once"),)


@pytest.mark.parametrize("status", ["ENDED", "TERMINATED", "CANCELLED"])
def test_to_end_it_twice_does_no_harm(wire: SysPayWire, status: str) -> None:
    wire.expect("POST subscription/5/cancel", no(80002, "Subscription not active"))
    wire.shows("subscription", subscription(status)).lists()
    assert end(wire, Ending.NOW, agreed()).endings == ()


@pytest.mark.parametrize(
    ("answer", "after", "kind", "sentence"),
    [
        (no(80002, "Subscription not active"), subscription("PENDING"), Misconfigured,
         "SysPay does not end subscription:5: SysPay says 80002: Subscription not active. It is pending."),
        (no(80002, "Subscription not active"), subscription("RESTING"), Misconfigured,
         "SysPay does not end subscription:5: SysPay says 80002: Subscription not active. It is in an unknown state."),
        (no(10007, "Unexpected parameter"), None, Misconfigured,
         "SysPay does not end subscription:5: SysPay says 10007: Unexpected parameter."),
        (no(80001, "Subscription not found", 404), None, Misconfigured,
         "SysPay knows no subscription:5: look at the base address and the API login."),
        (no(50004, "This operation is currently being processed"), None, Uncertain,
         "SysPay is working on it. Ask again before you do anything else."),
        ((502, ""), None, Uncertain, "The provider answered HTTP 502."),
    ],
)  # fmt: skip
def test_when_it_is_not_ended(
    wire: SysPayWire, answer: Any, after: Any, kind: type[ProviderError], sentence: str
) -> None:
    wire.expect("POST subscription/5/cancel", answer)
    if after is not None:
        wire.shows("subscription", after).lists()
    with pytest.raises(kind) as caught:
        end(wire, Ending.NOW, agreed())
    assert str(caught.value) == sentence


# --- once more, by hand ---------------------------------------------

BODY = {"reference": "G8-1", "amount": 1500, "currency": GBP, "description": "A room with a view"}
EMS = {"ems_url": f"{NOTIFY}?attempt=G8-1"}
OF_OURS: dict[str, Any] = {"reference": "G8-1", "payment_type": "SUBSCRIPTION_MANUAL_REBILL", **OF_5}
MANDATE = Agreement(provider_id="agreement:8", reference=REFERENCE)
# A definite no to a question is none to what was done before it was asked.
UNANSWERED = [
    no(10009, "not of type"),
    no(0, "Invalid source IP", 403),
    (429, ""),
    (502, ""),
    (404, "<html>"),
]


def test_a_subscription_is_charged_once_more(wire: SysPayWire) -> None:
    wire.expect("POST subscription/5/rebill", (201, {"data": {"payment": payment("SUCCESS", 130, **OF_OURS)}}),
                {**BODY, **EMS})  # fmt: skip
    started = rebill(wire)
    assert (started.show, started.provider_id, started.provider_ids) == (
        None,
        "payment:130",
        ("payment:130",),
    )
    assert started.memo == {"payment": 130}
    assert started.report is not None
    assert (started.report.outcome, started.report.reference) == (Outcome.PAID, "G8-1")
    assert started.report.captured == Money(1500, GBP)


def test_a_mandate_is_charged(wire: SysPayWire) -> None:
    told = payment("FAILED", 130, failure_category="expired", reference="G8-1", **OF_8)
    wire.expect("POST billing-agreement/8/rebill", {"payment": told}, {"payment": BODY, **EMS})
    report = rebill(wire, agreement=MANDATE).report
    assert report is not None
    assert report.outcome is Outcome.FAILED
    assert report.decline == Decline(code="expired", reason="expired_card")


def test_a_charge_that_was_made_before_is_found_and_not_made_again(wire: SysPayWire) -> None:
    wire.expect("POST subscription/5/rebill", no(30008, "Payment reference is not unique"))
    wire.lists(payment("SUCCESS", 130, **OF_OURS), reference="G8-1")
    started = rebill(wire)
    assert (started.provider_id, started.memo) == ("payment:130", {"payment": 130})
    assert started.report is not None
    assert started.report.outcome is Outcome.PAID
    wire.expect("POST subscription/5/rebill", no(30008, "Payment reference is not unique"))
    wire.lists(reference="G8-1")
    started = rebill(wire)
    assert (started.provider_id, started.provider_ids) == ("", ())
    assert started.report is not None
    assert started.report.outcome is Outcome.PENDING


@pytest.mark.parametrize(
    ("answer", "decline"),
    [
        (no(80002, "Subscription not active"),
         Decline(code="80002", message="SysPay does not charge it any more: it is not active.",
                 reason="not_supported")),
        (no(60003, "The billing agreement status is not active"),
         Decline(code="60003", message="SysPay does not charge it any more: it is not active.",
                 reason="not_supported")),
        (no(30012, "The payment amount parameter should be minimum 50"),
         Decline(code="30012",
                 message="SysPay refuses the charge: The payment amount parameter should be minimum 50")),
    ],
)  # fmt: skip
def test_a_charge_that_is_refused(wire: SysPayWire, answer: Any, decline: Decline) -> None:
    wire.expect("POST subscription/5/rebill", answer)
    with pytest.raises(Declined) as caught:
        rebill(wire)
    assert caught.value.decline == decline


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (no(80001, "Subscription not found", 404), Misconfigured),
        (no(30004, "No permission to use billing agreements"), Misconfigured),
        (no(0, "Invalid source IP", 403), Misconfigured),
        (no(20040, "Duplicate request"), Uncertain),
        (no(10005, "An unknown error has occurred"), Uncertain),
        ((502, ""), Uncertain),
        ({"payment": {"status": "SUCCESS"}}, Uncertain),
        ({"payment": payment("SUCCESS", 130, **{**OF_OURS, "reference": "G9-1"})}, Uncertain),
        (requests.exceptions.ReadTimeout("slow"), Uncertain),
    ],
)
def test_when_nobody_knows_or_the_merchant_has_to_act(
    wire: SysPayWire, answer: Any, kind: type[ProviderError]
) -> None:
    wire.expect("POST subscription/5/rebill", answer)
    with pytest.raises(kind):
        rebill(wire)


@pytest.mark.parametrize("answer", UNANSWERED)
def test_a_question_without_an_answer_after_the_charge_is_no_refused_charge(
    wire: SysPayWire, answer: Any
) -> None:
    """The charge was made; it is only what may have come of it that cannot be asked. Its number is kept."""
    told = payment("SUCCESS", 130, **OF_OURS)
    wire.expect("POST subscription/5/rebill", {"payment": told})
    for _time in range(4 if answer[0] == 429 else 1):
        wire.shows("refund", answer, 9)
    started = rebill(wire, provider_ids=("refund:9",))
    assert (started.provider_id, started.memo) == ("payment:130", {"payment": 130})
    assert started.report is not None
    assert started.report.outcome is Outcome.PENDING


@pytest.mark.parametrize("answer", UNANSWERED)
def test_a_charge_that_was_made_before_did_not_fail_because_nobody_answers(
    wire: SysPayWire, answer: Any
) -> None:
    wire.expect("POST subscription/5/rebill", no(30008, "Payment reference is not unique"))
    for _time in range(4 if answer[0] == 429 else 1):
        wire.expect("GET payments/?reference=G8-1", answer)
    with pytest.raises(Uncertain) as caught:
        rebill(wire)
    assert type(caught.value) is Uncertain


def test_an_end_without_an_answer_to_what_became_of_it_is_no_refused_end(wire: SysPayWire) -> None:
    wire.expect("POST subscription/5/cancel", {"subscription": subscription("ENDED")}, {"now": True})
    wire.shows("subscription", no(0, "Invalid source IP", 403), 5)
    with pytest.raises(Uncertain):
        agreements.end_agreement(wire.wire, wire.settings, agreed(), Ending.NOW)


def test_what_cannot_be_charged_is_not_sent(wire: SysPayWire) -> None:
    with pytest.raises(Invalid):
        rebill(wire, agreement=None)
    with pytest.raises(Invalid):
        rebill(wire, agreement=Agreement(provider_id="sub_5", reference=REFERENCE))
