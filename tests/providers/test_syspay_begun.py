"""What is true of a payment that began an agreement at SysPay, and of the agreement's further payments?"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from providers.agreements import AgreementState
from providers.base import Kind, Outcome
from providers.errors import Decline, Misconfigured
from providers.money import Money
from tests.providers.syspay_wire import (
    REFERENCE,
    SysPayWire,
    charge,
    further,
    mandate,
    no,
    payment,
    refund,
    scripted,
    subscription,
)

GBP = "GBP"
NOTHING = Money(0, GBP)
FULL = Money(1200, GBP)
OF_5: dict[str, Any] = {"subscription": {"id": 5}}
OF_8: dict[str, Any] = {"billing_agreement": {"id": 8}}


@pytest.fixture
def wire() -> Iterator[SysPayWire]:
    with scripted() as script:
        yield script


# --- what it began --------------------------------------------------


def beginning(minor: int = 1200, kind: Kind = Kind.SUBSCRIPTION, **changes: Any) -> Any:
    return charge(kind=kind, money=Money(minor, GBP), **changes)


def test_the_payment_names_the_subscription_that_it_began(wire: SysPayWire) -> None:
    wire.lists(payment(payment_type="SUBSCRIPTION_TRIAL", **OF_5)).shows("subscription", subscription())
    report = wire.sync(beginning())
    assert report.outcome is Outcome.PAID
    assert report.agreement is not None
    assert (report.agreement.provider_id, report.agreement.state) == ("subscription:5", AgreementState.ACTIVE)
    assert report.memo == {"payment": 123, "agreement": "subscription:5", "begun": True}
    assert report.provider_ids == ("payment:123",)


def test_what_a_subscription_takes_later_is_not_money_taken_twice(wire: SysPayWire) -> None:
    """Its payments may all bear the first one's reference."""
    later = payment("SUCCESS", 130, amount=1500, payment_type="SUBSCRIPTION_BILL", **OF_5)
    wire.lists(later, payment(**OF_5), payment("FAILED", 122, **OF_5)).shows("subscription", subscription())
    report = wire.sync(beginning())
    assert (report.outcome, report.captured, report.may_retry, report.warning) == (
        Outcome.PAID,
        FULL,
        None,
        "",
    )
    assert report.provider_ids == ("payment:122", "payment:123")


def test_before_it_began_every_try_is_of_the_attempt(wire: SysPayWire) -> None:
    wire.lists(payment("WAITING", 121, **OF_5), payment("FAILED", 122, **OF_5))
    wire.shows("subscription", subscription("PENDING"))
    report = wire.sync(beginning())
    assert (report.outcome, report.provider_ids) == (Outcome.PENDING, ("payment:121", "payment:122"))


def test_two_subscriptions_of_one_form_are_money_taken_twice(wire: SysPayWire) -> None:
    other: dict[str, Any] = {"subscription": {"id": 6}}
    wire.lists(payment(**OF_5), payment("SUCCESS", 124, **other), payment("SUCCESS", 125, **other))
    wire.shows("subscription", subscription())
    report = wire.sync(beginning())
    assert report.may_retry is False
    assert "also as payment 124. " in report.warning


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("PENDING", Outcome.OPEN),
        ("ACTIVE", Outcome.PAID),
        ("CANCELLED", Outcome.FAILED),
        ("ENDED", Outcome.FAILED),
        ("TERMINATED", Outcome.FAILED),
        ("RESTING", Outcome.PENDING),
    ],
)
def test_a_free_trial_stands_as_its_subscription_does(
    wire: SysPayWire, status: str, outcome: Outcome
) -> None:
    told = subscription(status, start_date=None, end_reason="SUSPENDED_ATTEMPTS")
    wire.lists().shows("subscription", told)
    report = wire.sync(beginning(0, provider_ids=("subscription:5",)))
    assert report.outcome is outcome
    assert report.agreement is not None
    assert report.memo["agreement"] == "subscription:5"
    if outcome is Outcome.PAID:
        assert (report.authorized, report.captured, report.refunded) == (NOTHING, NOTHING, NOTHING)
    if outcome is Outcome.FAILED:
        assert report.decline == Decline(code="suspended_attempts")
    assert bool(report.warning) is (outcome is Outcome.PENDING)


def test_a_free_trial_that_has_ended_had_begun(wire: SysPayWire) -> None:
    wire.lists().shows("subscription", subscription("ENDED"))
    assert wire.sync(beginning(0, memo={"agreement": "subscription:5"})).outcome is Outcome.PAID


def test_what_comes_after_a_free_trial_is_another_payment(wire: SysPayWire) -> None:
    first = payment("SUCCESS", 140, amount=10000, payment_type="SUBSCRIPTION_INITIAL", **OF_5)
    wire.lists(first).shows("subscription", subscription())
    report = wire.sync(beginning(0))
    assert (report.outcome, report.captured, report.provider_ids) == (Outcome.PAID, NOTHING, ())
    assert report.memo == {"agreement": "subscription:5", "begun": True}


def test_a_later_payment_that_we_were_rung_for_is_not_the_free_trials(wire: SysPayWire) -> None:
    later = payment("SUCCESS", 140, reference="G7-1-2", **OF_5)
    wire.lists().shows("payment", later).shows("subscription", subscription())
    report = wire.sync(beginning(0, provider_ids=("subscription:5", "payment:140")))
    assert (report.outcome, report.captured, report.reference) == (Outcome.PAID, NOTHING, None)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("PENDING", Outcome.OPEN),
        ("ACTIVE", Outcome.PAID),
        ("CANCELLED", Outcome.FAILED),
        ("ENDED", Outcome.FAILED),
        ("RESTING", Outcome.PENDING),
    ],
)
def test_a_mandate_without_a_charge_stands_as_it_does(
    wire: SysPayWire, status: str, outcome: Outcome
) -> None:
    wire.lists().shows("billing_agreement", mandate(status))
    report = wire.sync(beginning(0, Kind.MANDATE, provider_ids=("agreement:8",)))
    assert report.outcome is outcome
    assert report.memo["agreement"] == "agreement:8"


def test_a_mandate_that_began_and_ended_was_given(wire: SysPayWire) -> None:
    wire.lists().shows("billing_agreement", mandate("ENDED"))
    memo = {"agreement": "agreement:8", "begun": True}
    assert wire.sync(beginning(0, Kind.MANDATE, memo=memo)).outcome is Outcome.PAID


def test_a_mandate_that_was_charged_all_the_same_is_handed_on_to_be_compared(wire: SysPayWire) -> None:
    told = payment(payment_type="BILLING_AGREEMENT_INITIAL", **OF_8)
    wire.lists(told).shows("billing_agreement", mandate())
    report = wire.sync(beginning(0, Kind.MANDATE))
    assert (report.outcome, report.captured) == (Outcome.PAID, FULL)


def test_a_failed_try_before_a_mandate_was_given_is_forgotten(wire: SysPayWire) -> None:
    wire.lists(payment("FAILED", amount=0)).shows("billing_agreement", mandate())
    report = wire.sync(beginning(0, Kind.MANDATE, provider_ids=("agreement:8",)))
    assert (report.outcome, report.decline) == (Outcome.PAID, None)


def test_an_active_agreement_alone_is_not_the_money(wire: SysPayWire) -> None:
    wire.lists().shows("subscription", subscription())
    report = wire.sync(beginning(provider_ids=("subscription:5",)))
    assert report.outcome is Outcome.PENDING
    assert report.warning == "SysPay says that subscription:5 is active, but names no payment of it."


def test_anothers_agreement_is_not_taken_for_ours(wire: SysPayWire) -> None:
    wire.lists().shows("subscription", subscription(reference="G9-1"))
    report = wire.sync(beginning(0, provider_ids=("subscription:5",)))
    assert (report.outcome, report.agreement) == (Outcome.OPEN, None)
    assert report.warning == "SysPay's subscription:5 bears another reference than G7-1."
    wire.lists().shows("subscription", no(80001, "Subscription not found", 404), 5)
    report = wire.sync(beginning(0, provider_ids=("subscription:5",)))
    assert report.warning == "SysPay names subscription:5, but knows nothing of it."


# --- what was not asked for -----------------------------------------


@pytest.mark.parametrize(
    ("kind", "what"),
    [
        (Kind.SUBSCRIPTION, "subscription"),
        (Kind.PAYMENT_PLAN, "payment plan"),
        (Kind.MANDATE, "mandate"),
    ],
)
def test_money_with_which_nothing_began_calls_a_person(wire: SysPayWire, kind: Kind, what: str) -> None:
    """On a form that is not locked the payer may make a single payment of it."""
    wire.lists(payment())
    report = wire.sync(beginning(kind=kind))
    assert (report.outcome, report.captured, report.agreement) == (Outcome.PAID, FULL, None)
    assert report.warning == f"SysPay took the money of G7-1, but began no {what} with it."
    wire.lists(payment("FAILED"))
    assert wire.sync(beginning(kind=kind)).warning == ""


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        (subscription(), Kind.SUBSCRIPTION),
        (subscription(plan_type="INSTALMENT"), Kind.PAYMENT_PLAN),
        (subscription(plan_type=None, plan={"type": "INSTALMENT"}), Kind.PAYMENT_PLAN),
        (subscription(plan_type=None, plan=None), None),
    ],
)
def test_what_the_payer_made_of_a_single_payment_is_told(wire: SysPayWire, told: Any, kind: Any) -> None:
    wire.lists(payment(payment_type="SUBSCRIPTION_INITIAL", **OF_5)).shows("subscription", told)
    report = wire.sync(charge())
    assert (report.outcome, report.captured) == (Outcome.PAID, FULL)
    assert report.agreement is not None
    assert report.agreement.kind is kind


def test_a_reservation_that_was_not_asked_for_is_told(wire: SysPayWire) -> None:
    wire.lists(payment("AUTHORIZED"))
    report = wire.sync(charge())
    assert (report.outcome, report.authorized) == (Outcome.AUTHORIZED, FULL)
    assert report.warning == "SysPay only reserved G7-1, which was to be charged at once: capture it."


def test_a_list_that_leaves_out_the_agreement_hides_none(wire: SysPayWire) -> None:
    first: dict[str, Any] = {"payment_type": "SUBSCRIPTION_INITIAL"}
    later: dict[str, Any] = {"payment_type": "SUBSCRIPTION_BILL", "amount": 1500}
    failed = payment("FAILED", 121, **first)
    wire.lists(failed, payment(**first), payment("SUCCESS", 130, **later))
    wire.shows("payment", payment(**first, **OF_5))
    wire.shows("payment", payment("SUCCESS", 130, **later, **OF_5)).shows("subscription", subscription())
    report = wire.sync(beginning())
    assert report.agreement is not None
    assert (report.agreement.provider_id, report.may_retry, report.warning) == ("subscription:5", None, "")


def test_money_under_another_reference_is_not_hidden_by_a_failed_try(wire: SysPayWire) -> None:
    wire.lists(payment("FAILED", 122)).shows("payment", payment(reference="my own"))
    report = wire.sync(charge(provider_ids=("payment:122", "payment:123")))
    assert (report.outcome, report.reference, report.captured) == (Outcome.PAID, "my own", FULL)
    wire.lists(payment("SUCCESS", 122)).shows("payment", payment(reference="my own"))
    report = wire.sync(charge(provider_ids=("payment:122", "payment:123")))
    assert (report.outcome, report.reference, report.captured) == (Outcome.PAID, REFERENCE, FULL)
    assert report.warning == (
        "SysPay rang for payment 123 as one of G7-1, but it bears another reference: look at SysPay whose it is."
    )


def test_money_under_another_reference_that_went_back_ends_the_attempt(wire: SysPayWire) -> None:
    """Nobody could pay, cancel or accept it otherwise: the form is spent, and the payer has the money again."""
    asked = charge(provider_ids=("payment:122", "payment:123", "refund:4"))
    spent = payment(reference="my own")
    wire.lists(payment("FAILED", 122)).shows("payment", spent).shows(
        "refund", refund("SUCCESS", 4, amount=1200, reference="")
    )
    report = wire.sync(asked)
    assert (report.outcome, report.reference, report.authorized) == (Outcome.CANCELED, None, None)
    assert report.given_back  # "nothing was charged" would not be true
    assert report.warning == (
        "SysPay took money for G7-1 as payment 123, under another reference, and all of it went back."
    )
    wire.lists().shows("payment", {**spent, "status": "VOIDED"})
    assert wire.sync(replace(asked, provider_ids=("payment:123",))).outcome is Outcome.CANCELED
    # It began what goes on charging: another attempt would begin a second one.
    wire.lists().shows("payment", {**spent, **OF_5}).shows("refund", refund("SUCCESS", 4, amount=1200))
    wire.shows("subscription", subscription())
    assert wire.sync(replace(asked, provider_ids=("payment:123", "refund:4"))).reference == "my own"
    # What is under way may still become money of ours.
    wire.lists(payment("WAITING", 122)).shows("payment", spent).shows(
        "refund", refund("SUCCESS", 4, amount=1200, reference="")
    )
    assert wire.sync(asked).outcome is Outcome.PENDING


# --- further payments -----------------------------------------------


def later(status: str = "SUCCESS", /, **changes: Any) -> dict[str, Any]:
    return payment(status, 130, **{"amount": 1500, "payment_type": "SUBSCRIPTION_BILL", **OF_5, **changes})


@pytest.mark.parametrize("reference", [REFERENCE, "G7-1-2", None])
def test_what_the_subscription_took_by_itself_is_known_by_its_agreement(
    wire: SysPayWire, reference: Any
) -> None:
    wire.shows("payment", later(reference=reference))
    report = wire.sync(further(provider_id="payment:130"))
    assert (report.outcome, report.captured) == (Outcome.PAID, Money(1500, GBP))
    assert (report.reference, report.agreement) == (None, None)
    assert report.provider_ids == ("payment:130",)
    assert report.memo == {"payment": 130}


def test_what_it_failed_to_take(wire: SysPayWire) -> None:
    wire.shows("payment", later("FAILED", failure_category="insufficient_funds"))
    report = wire.sync(further(provider_id="payment:130", memo={"allowed_retries": 3}))
    assert report.outcome is Outcome.FAILED
    assert report.decline == Decline(code="insufficient_funds", reason="insufficient_funds")


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"subscription": {"id": 6}}, "G7-1 of subscription:6"),
        ({"subscription": None}, "G7-1 of no agreement"),
        (
            {"subscription": None, "billing_agreement": {"id": 5}, "reference": ""},
            "payment 130 of agreement:5",
        ),
        ({"subscription": {"id": 6}, "reference": "G8-1"}, "G8-1 of subscription:6"),
    ],
)
def test_a_payment_of_another_agreement_names_itself(wire: SysPayWire, changes: Any, name: str) -> None:
    wire.shows("payment", later(**changes))
    assert wire.sync(further(provider_id="payment:130")).reference == name


def test_our_own_charge_is_found_by_our_reference(wire: SysPayWire) -> None:
    wire.lists(later(reference="G8-1"), reference="G8-1")
    report = wire.sync(further())
    assert (report.outcome, report.reference, report.provider_ids) == (Outcome.PAID, "G8-1", ("payment:130",))
    wire.lists(later("OPEN", reference="G8-1", subscription=None), reference="G8-1")
    report = wire.sync(further())
    # It is there, and nobody is sent anywhere to pay it: it is not one that was never opened.
    assert (report.outcome, report.reference) == (Outcome.PENDING, "G8-1")


def test_a_charge_that_is_found_nowhere_was_not_made_once_it_can_no_longer_be_on_its_way(
    wire: SysPayWire,
) -> None:
    wire.lists(reference="G8-1")
    report = wire.sync(further())
    assert (report.outcome, report.warning) == (Outcome.PENDING, "SysPay has not told of this charge yet.")
    long_ago = datetime.now(UTC) - timedelta(minutes=16)
    wire.lists(reference="G8-1")
    report = wire.sync(further(begun_at=long_ago))
    assert report.outcome is Outcome.FAILED
    assert report.decline == Decline(
        code="not_found", message="SysPay knows of no such charge: it was not made."
    )
    # A list that tells of others was not asked by our reference, so it says nothing of ours.
    wire.lists(later(), reference="G8-1")
    assert wire.sync(further(begun_at=long_ago)).outcome is Outcome.PENDING


def test_a_further_payment_that_it_had_is_not_lost_sight_of(wire: SysPayWire) -> None:
    wire.shows("payment", no(20007, "Payment not found", 404), 130)
    with pytest.raises(Misconfigured):
        wire.sync(further(provider_id="payment:130"))
