"""How does an agreement begin, and how is it kept up with? By a payment first; then by asking, in good time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from checkout.models import Account, Agreement, Order, Payment
from checkout.payments import sweep
from checkout.payments.agreement_follow_up import end, look_at
from checkout.payments.inbox import follow_up, keep
from checkout.payments.orders import mark_seen
from checkout.payments.settle import settle
from checkout.payments.snapshot import order_snapshot
from checkout.payments.start import start
from checkout.states import OrderState, State
from checkout.tasks import run_sweep
from providers.agreements import (
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
from providers.base import Kind, Notification, Outcome, Report
from providers.errors import Decline, Misconfigured, Uncertain
from providers.money import Money
from tests.scripted import (
    MONTHLY,
    Clock,
    Script,
    active,
    codes,
    events,
    make_account,
    make_agreement,
    make_order,
    paid,
    renewal,
    story,
    work,
)

EUR15 = Money(1500, "EUR")
MONTH = Period(count=1, unit=Unit.MONTH)
NEW = active("S-1", state=AgreementState.PENDING, phase=Phase.NEW, endings=(), may_charge=False)


def began(report: AgreementReport, **more: Any) -> Any:
    """The first payment is paid, and this is what it began."""
    return lambda call: Report(
        outcome=Outcome.PAID, reference=call.charge.reference, authorized=call.charge.money,
        captured=call.charge.money, agreement=report, **more,
    )  # fmt: skip


@pytest.fixture
def order(account: Account) -> Order:
    return make_order(
        account.shop, money=EUR15, kind=Kind.SUBSCRIPTION, terms=MONTHLY, reference="abo-7",
        customer={"reference": "C-1"},
    )  # fmt: skip


def begun(script: Script, payment: Payment, report: AgreementReport | None = None) -> Agreement:
    script.will("sync", began(report or active("S-1")))
    settle(payment)
    return Agreement.objects.get()


# --- beginning -------------------------------------------------------------------------------------------------------


def test_a_subscription_begins_with_its_first_payment(script: Script, order: Order, payment: Payment) -> None:
    at = datetime(2030, 2, 1, tzinfo=UTC)
    agreement = begun(
        script, payment, active("S-1", next_event=NextEvent(what="bill", at=at), began_at=at, memo={"k": "v"})
    )
    asked = script.asked("start")[0].charge
    assert (asked.kind, asked.terms, asked.agreement) == (
        Kind.SUBSCRIPTION, Terms(period=MONTH, amount=EUR15), None,
    )  # fmt: skip
    assert (agreement.provider_id, agreement.payment, agreement.kind, agreement.customer_reference) == (
        "S-1", payment, "subscription", "C-1",
    )  # fmt: skip
    assert (agreement.state, agreement.phase, agreement.currency, agreement.terms) == (
        "active", "billing", "EUR", MONTHLY,
    )  # fmt: skip
    assert (agreement.next_event, agreement.next_event_at, agreement.began_at) == ("bill", at, at)
    assert (agreement.may_charge, agreement.endings, agreement.memo) == (
        True, ["now", "period_end"], {"k": "v"},
    )  # fmt: skip
    assert codes(order) == [
        "order.created", "payment.created", "payment.started", "payment.paid", "order.paid", "agreement.begun",
        "agreement.stands",
    ]  # fmt: skip
    assert story(order)[-2:] == [
        "Scripted set up the agreement, which it calls S-1.",
        f"Agreement {agreement.number} is active at Scripted (phase: paying; reason: —).",
    ]
    assert sorted(events(order)) == ["agreement.updated", "order.paid"]
    order.refresh_from_db()
    assert (order.state, order.attention) == (OrderState.PAID, "")


def test_what_the_shop_is_told_of_it(script: Script, order: Order, payment: Payment) -> None:
    agreement = begun(script, payment)
    for event in order.events.all():
        told = event.payload["data"]["agreement"]
        assert (told["id"], told["state"], told["provider_id"]) == (agreement.number, "active", "S-1")


def test_a_free_trial_takes_nothing_and_begins(script: Script, account: Account) -> None:
    terms = {**MONTHLY, "trial": {"period": {"count": 7, "unit": "day"}}}
    order = make_order(account.shop, money=Money.zero("EUR"), kind=Kind.SUBSCRIPTION, terms=terms)
    payment = start(order, account)
    there = Terms(period=MONTH, amount=EUR15, initial=EUR15, trial=Money.zero("EUR"),
                  trial_period=Period(count=7, unit=Unit.DAY))  # fmt: skip
    script.will("sync", Report(outcome=Outcome.PAID, agreement=active("S-1", phase=Phase.TRIAL, terms=there)))
    assert settle(payment).state == State.PAID
    order.refresh_from_db()
    assert (order.state, order.attention) == (OrderState.PAID, "")  # the same terms, said otherwise
    agreement = Agreement.objects.get()
    assert (agreement.state, agreement.phase) == ("active", "trial")
    assert sorted(events(order)) == ["agreement.updated", "order.paid"]


@pytest.mark.parametrize("minor", [0, 500])
def test_a_mandate_with_and_without_a_first_charge(script: Script, account: Account, minor: int) -> None:
    order = make_order(account.shop, money=Money(minor, "EUR"), kind=Kind.MANDATE)
    payment = start(order, account)
    script.will("sync", began(active("M-1", phase=None)) if minor else
                Report(outcome=Outcome.PAID, agreement=active("M-1", phase=None)))  # fmt: skip
    assert settle(payment).state == State.PAID
    agreement = Agreement.objects.get()
    assert (agreement.kind, agreement.state, agreement.phase, agreement.terms) == (
        "mandate",
        "active",
        "",
        {},
    )
    assert Payment.objects.get().captured_minor == minor
    assert sorted(events(order)) == ["agreement.updated", "order.paid"]


def test_a_single_payment_that_became_a_subscription_is_kept_and_a_person_called(
    script: Script, account: Account
) -> None:
    """Whoever filled in the provider's form chose it: it takes money from now on, and can be ended from here."""
    order = make_order(account.shop, money=EUR15)
    payment = start(order, account)
    there = Terms(period=MONTH, amount=EUR15)
    agreement = begun(script, payment, active("S-1", kind=Kind.SUBSCRIPTION, terms=there))
    assert (agreement.kind, agreement.terms, agreement.state) == ("subscription", MONTHLY, "active")
    order.refresh_from_db()
    assert (order.state, order.attention) == (
        OrderState.PAID,
        f"asked for one payment, the provider set up a subscription: agreement {agreement.number}",
    )
    assert "Not believed: asked for one payment, the provider set up a subscription" in story(order)


def test_a_subscription_that_became_a_mandate_is_called_one(
    script: Script, order: Order, payment: Payment
) -> None:
    """It never charges by itself: who reads of a subscription waits for money that nobody takes."""
    agreement = begun(script, payment, active("M-1", kind=Kind.MANDATE, phase=None))
    assert (agreement.kind, agreement.terms) == ("mandate", {})
    order.refresh_from_db()
    assert (
        order.attention
        == f"asked for a subscription, the provider set up a mandate: agreement {agreement.number}"
    )


def test_the_first_payment_fails_and_it_never_began(script: Script, order: Order, payment: Payment) -> None:
    script.will("sync", Report(outcome=Outcome.PENDING, agreement=NEW))
    settle(payment)
    assert Agreement.objects.get().state == "pending"
    gone = AgreementReport(provider_id="S-1", state=AgreementState.CANCELED, phase=Phase.CLOSED,
                           end_reason="first_payment_failed")  # fmt: skip
    script.will(
        "sync", Report(outcome=Outcome.FAILED, decline=Decline(code="51", message="No."), agreement=gone)
    )
    settle(payment)
    agreement = Agreement.objects.get()
    assert (agreement.state, agreement.end_reason) == ("canceled", "first_payment_failed")
    assert sorted(events(order)) == ["agreement.updated", "agreement.updated", "payment.failed"]
    order.refresh_from_db()
    assert order.state == OrderState.OPEN  # the shopper may try again


def test_an_order_of_one_payment_begins_none(script: Script, account: Account) -> None:
    payment = start(make_order(account.shop, money=EUR15), account)
    script.will("sync", began(active("S-1")))
    settle(payment)
    assert not Agreement.objects.exists()


def test_looking_again_writes_nothing_anew(script: Script, order: Order, payment: Payment) -> None:
    told = active("S-1", charges=(renewal("R-2", EUR15),))
    begun(script, payment, told)
    before = codes(order)
    for _look in range(3):
        script.will("sync", began(told))
        settle(Payment.objects.select_related("order", "account").get(pk=payment.pk))
    assert (codes(order), Agreement.objects.count(), Order.objects.count()) == (before, 1, 2)


# --- what is not believed --------------------------------------------------------------------------------------------


def test_an_agreement_of_another_order(
    script: Script, account: Account, order: Order, payment: Payment
) -> None:
    other = make_agreement(account, provider_id="S-1")
    script.always("sync", began(active("S-1")))
    settle(payment)
    order.refresh_from_db()
    assert Agreement.objects.get() == other
    assert order.attention == "the provider names an agreement of another attempt: S-1"
    mark_seen(order, user=None)
    for _look in range(4):
        settle(payment)
    order.refresh_from_db()
    assert order.attention == ""  # who has seen it is not called again
    assert codes(order).count("payment.objection") == 1


def test_a_test_agreement_on_a_live_account_leaves_no_row(
    script: Script, order: Order, payment: Payment
) -> None:
    script.always("sync", began(active("S-1", live=not payment.account.live)))
    settle(payment)
    settle(payment)
    order.refresh_from_db()
    assert not Agreement.objects.exists()
    assert order.attention == "an agreement of the other mode, live or test"
    assert "agreement.begun" not in codes(order)
    assert codes(order).count("payment.objection") == 1


def test_an_answer_about_another_agreement(script: Script, order: Order, payment: Payment) -> None:
    agreement = begun(script, payment)
    told = active("S-2", state=AgreementState.ENDED, charges=(renewal("R-2", EUR15),))
    script.always("sync_agreement", told)
    look_at(agreement)
    look_at(agreement)
    agreement.refresh_from_db()
    order.refresh_from_db()
    assert (agreement.provider_id, agreement.state, Order.objects.count()) == ("S-1", "active", 1)
    assert order.attention == "asked about the agreement S-1, the provider answers about S-2"
    assert codes(order).count("payment.objection") == 1


@pytest.mark.parametrize(
    ("terms", "why"),
    [
        (Terms(period=MONTH, amount=Money(2500, "EUR")), "amount 25.00 EUR instead of 15.00 EUR"),
        (Terms(period=MONTH, amount=EUR15, cycles=12), "cycles 12 instead of nothing"),
        (Terms(period=MONTH, amount=Money(1500, "USD")), "amount 15.00 USD instead of 15.00 EUR"),
    ],
)
def test_other_terms_are_flagged_once(
    script: Script, order: Order, payment: Payment, terms: Terms, why: str
) -> None:
    agreement = begun(script, payment)
    script.always("sync_agreement", active("S-1", terms=terms))
    look_at(agreement)
    order.refresh_from_db()
    assert order.attention == f"the terms at the provider are not what was agreed: {why}"
    mark_seen(order, user=None)
    for number in range(2, 6):  # what else happens is no reason to say it again
        script.will("sync_agreement", active("S-1", terms=terms, charges=(renewal(f"R-{number}", EUR15),)))
        look_at(agreement)
    order.refresh_from_db()
    assert (order.attention, codes(order).count("payment.objection")) == ("", 1)


def test_a_flag_about_the_first_answer_names_the_agreement(
    script: Script, order: Order, payment: Payment
) -> None:
    agreement = begun(script, payment, active("S-1", terms=Terms(period=MONTH, amount=Money(2500, "EUR"))))
    flagged = order.events.get(type="order.attention")
    assert flagged.payload["data"]["agreement"]["id"] == agreement.number


# --- late answers ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("older", [AgreementState.ACTIVE, AgreementState.PENDING, AgreementState.CANCELED])
def test_what_is_over_does_not_begin_again(
    script: Script, order: Order, payment: Payment, older: AgreementState
) -> None:
    agreement = begun(script, payment)
    over = active("S-1", state=AgreementState.ENDED, phase=Phase.CLOSED, endings=(), may_charge=False)
    script.will("sync_agreement", over, active("S-1", state=older), over)
    for _look in range(3):
        look_at(agreement)
    agreement.refresh_from_db()
    assert (agreement.state, agreement.phase, agreement.endings, agreement.may_charge) == (
        "ended", "closed", [], False,
    )  # fmt: skip
    assert codes(order).count("agreement.stands") == 2
    assert events(order).count("agreement.updated") == 2


def test_an_answer_that_another_one_has_overtaken(script: Script, order: Order, payment: Payment) -> None:
    """It was asked for first and arrives last. Where it stands is asked again; what it took is taken."""
    agreement = begun(script, payment)
    last = active("S-1", phase=Phase.LAST, endings=())

    def meanwhile() -> None:
        script.will("sync_agreement", last)
        look_at(agreement)

    slow = active("S-1", charges=(renewal("R-2", EUR15),))
    asked: list[Any] = []

    def answer(call: Any) -> AgreementReport:
        if not asked:
            asked.append(call)
            meanwhile()
        return slow

    script.will("sync_agreement", answer)
    look_at(agreement)
    agreement.refresh_from_db()
    assert (agreement.phase, agreement.endings, agreement.orders.count()) == ("last", [], 1)
    assert agreement.next_check_at is not None
    assert agreement.next_check_at <= timezone.now()


def test_a_word_that_nobody_knows(script: Script, order: Order, payment: Payment) -> None:
    agreement = begun(script, payment)
    script.always("sync_agreement", AgreementReport(provider_id="S-1", warning="it says FROZEN"))
    look_at(agreement)
    look_at(agreement)
    agreement.refresh_from_db()
    assert (agreement.state, agreement.phase, agreement.may_charge) == ("active", "billing", False)
    assert story(order).count("Scripted: it says FROZEN") == 1


def test_a_failed_payment_that_is_tried_again_calls_a_person_once(
    script: Script, order: Order, payment: Payment
) -> None:
    agreement = begun(script, payment)
    script.always("sync_agreement", active("S-1", phase=Phase.RETRY))
    look_at(agreement)
    order.refresh_from_db()
    assert order.attention == (f"a payment of agreement {agreement.number} failed; the provider tries again")
    mark_seen(order, user=None)
    look_at(agreement)
    order.refresh_from_db()
    assert order.attention == ""
    assert codes(order).count("agreement.stands") == 2


# --- when it is asked about ------------------------------------------------------------------------------------------


def pauses(agreement: Agreement, clock: Clock, looks: int) -> list[int | None]:
    """Minutes until the next look, each taken when it is due."""
    found: list[int | None] = []
    for _look in range(looks):
        look_at(agreement)
        agreement.refresh_from_db()
        if agreement.next_check_at is None:
            found.append(None)
            continue
        pause = agreement.next_check_at - clock.now()
        found.append(round(pause.total_seconds() / 60))
        clock.forward(seconds=pause.total_seconds())
    return found


DAY = 24 * 60


def test_once_a_day_and_after_what_is_to_happen(
    script: Script, clock: Clock, order: Order, payment: Payment
) -> None:
    agreement = begun(script, payment)
    soon = NextEvent(what="bill", at=clock.now() + timedelta(days=2, hours=5))
    script.always("sync_agreement", active("S-1", next_event=soon))
    assert pauses(agreement, clock, 3) == [DAY, DAY, 5 * 60 + 10]


def test_an_event_that_does_not_come_is_waited_for_longer_and_longer(
    script: Script, clock: Clock, order: Order, payment: Payment
) -> None:
    agreement = begun(script, payment)
    late = NextEvent(what="bill", at=clock.now())
    script.always("sync_agreement", active("S-1", next_event=late))
    assert pauses(agreement, clock, 5) == [10, 10, 20, 40, 80]


def test_no_event_is_named(script: Script, clock: Clock, order: Order, payment: Payment) -> None:
    agreement = begun(script, payment)
    assert pauses(agreement, clock, 2) == [DAY, DAY]


def test_what_is_over_is_asked_about_three_times_more(
    script: Script, clock: Clock, order: Order, payment: Payment
) -> None:
    agreement = begun(script, payment)
    script.always("sync_agreement", active("S-1", state=AgreementState.ENDED, phase=Phase.CLOSED))
    assert pauses(agreement, clock, 4) == [DAY, DAY, DAY, None]
    clock.forward(days=100)
    assert sweep.due_agreements() == []


def test_what_never_begins_is_asked_about_less_and_less_and_then_no_more(
    script: Script, clock: Clock, order: Order, payment: Payment
) -> None:
    script.will("sync", Report(outcome=Outcome.PENDING, agreement=NEW))
    settle(payment)
    script.always("sync_agreement", NEW)
    agreement = Agreement.objects.get()
    assert pauses(agreement, clock, 5) == [10, 10, 20, 40, 80]
    Payment.objects.filter(pk=payment.pk).update(state=State.FAILED)  # nobody tells of the agreement
    clock.forward(days=31)
    assert pauses(Agreement.objects.get(), clock, 1) == [None]


def test_a_provider_that_cannot_be_asked_is_not_swept_for_ever(script: Script, clock: Clock) -> None:
    agreement = make_agreement(make_account(provider="bare"))
    run_sweep()
    assert "check_agreement" in work()
    agreement.refresh_from_db()
    assert agreement.next_check_at is None
    assert script.agreement_calls == []


def test_the_sweep_claims_what_is_due_once(script: Script, clock: Clock, account: Account) -> None:
    agreements = [make_agreement(account) for _agreement in range(3)]
    make_agreement(account, next_check_at=timezone.now() + timedelta(hours=1))
    assert (run_sweep(), run_sweep()) == (3, 0)
    assert work() == ["check_agreement"] * 3
    asked = [call.agreement.provider_id for call in script.asked_agreement("sync_agreement")]
    assert sorted(asked) == sorted(agreement.provider_id for agreement in agreements)


def test_a_provider_that_is_down_is_asked_again_soon_and_then_seldom(
    script: Script, clock: Clock, order: Order, payment: Payment
) -> None:
    agreement = begun(script, payment)
    script.always("sync_agreement", Uncertain("HTTP 503"))
    assert look_at(agreement) is None
    assert pauses(agreement, clock, 8) == [5, 10, 30, 60, 180, 360, DAY, DAY]
    assert codes(order).count("agreement.uncertain") == 1
    script.always("sync_agreement", active("S-1"))
    assert pauses(agreement, clock, 1) == [DAY]
    script.always("sync_agreement", Uncertain("HTTP 503"))
    assert pauses(agreement, clock, 2) == [1, 5]
    order.refresh_from_db()
    assert order.attention == ""


def test_settings_that_are_wrong_call_a_person_once(script: Script, order: Order, payment: Payment) -> None:
    agreement = begun(script, payment)
    script.always("sync_agreement", Misconfigured("wrong login"))
    assert (look_at(agreement), look_at(agreement)) == (None, None)
    order.refresh_from_db()
    assert order.attention == f"{payment.account.name}: wrong login"
    assert codes(order).count("agreement.uncertain") == 1


def test_the_provider_is_told_what_we_know(script: Script, order: Order, payment: Payment) -> None:
    agreement = begun(script, payment, active("S-1", memo={"k": "v"}, charges=(renewal("R-2", EUR15),)))
    look_at(agreement, also=("R-2", "R-3"))
    asked = script.asked_agreement("sync_agreement")[0].agreement
    assert (asked.provider_id, asked.reference, asked.memo) == ("S-1", payment.reference, {"k": "v"})
    assert asked.known == (payment.provider_id, "R-2")
    assert asked.also == ("R-3",)


def test_two_attempts_two_agreements(
    script: Script, account: Account, order: Order, payment: Payment
) -> None:
    gone = AgreementReport(provider_id="S-1", state=AgreementState.CANCELED)
    script.will("sync", Report(outcome=Outcome.FAILED, agreement=gone))
    settle(payment)
    second = start(order, account)
    script.will("sync", began(active("S-2")))
    settle(second)
    assert list(Agreement.objects.order_by("created_at").values_list("provider_id", "state", "payment")) == [
        ("S-1", "canceled", payment.pk), ("S-2", "active", second.pk),
    ]  # fmt: skip


def test_a_paid_report_without_an_agreement(script: Script, order: Order, payment: Payment) -> None:
    script.will("sync", paid)
    settle(payment)
    assert not Agreement.objects.exists()


# --- the money that it began with is not believed --------------------------------------------------------------------


def other_money(
    minor: int = 2500, charges: tuple[AgreementCharge, ...] = (), reference: str | None = None, **more: Any
) -> Any:
    """The payer changed the amount on a form that was not locked, and so the terms."""
    money = Money(minor, "EUR")
    told = active("S-1", terms=Terms(period=MONTH, amount=money), charges=charges, **more)
    return lambda call: Report(
        outcome=Outcome.PAID, reference=reference or call.charge.reference, provider_ids=("T-1",),
        authorized=money, captured=money, agreement=told,
    )  # fmt: skip


def test_an_agreement_whose_first_money_is_not_believed_is_kept_and_ended(
    script: Script, order: Order, payment: Payment
) -> None:
    """It takes money from now on, whatever we believe of the first."""
    script.always("sync", other_money())
    settle(payment)
    agreement = Agreement.objects.get()
    assert (agreement.provider_id, agreement.payment, agreement.state, agreement.terms) == (
        "S-1", payment, "active", MONTHLY,
    )  # fmt: skip
    first = Payment.objects.get()
    assert (first.state, first.captured_minor) == (State.PENDING, 0)
    order.refresh_from_db()
    assert order.state == OrderState.OPEN
    assert order.attention == (
        "the terms at the provider are not what was agreed: amount 25.00 EUR instead of 15.00 EUR; "
        "asked 15.00 EUR, provider reports 25.00 EUR"
    )
    assert sorted(set(events(order))) == ["agreement.updated", "order.attention"]
    assert order_snapshot(order)["agreement"]["endings"] == ["now", "period_end"]
    mark_seen(order, user=None)
    before = codes(order)
    settle(payment)
    order.refresh_from_db()
    assert (order.attention, codes(order)) == ("", before)  # who has seen it is not called again

    # Its own money is known, and a later payment is found by what the notification names.
    asked: list[Any] = []

    def standing(call: Any) -> AgreementReport:
        asked.append(call.agreement)
        return active("S-1", charges=(renewal("R-2", Money(2500, "EUR")),))

    script.always("sync_agreement", standing)
    script.will("sync", lambda call: Report(outcome=Outcome.PAID, authorized=call.charge.money))
    rung = Notification(key="1", about="payment", agreement="S-1", provider_ids=("R-2",))
    delivery, _new = keep(agreement.account, rung, "")
    follow_up(delivery)
    assert "T-1" in asked[0].known
    later = Order.objects.get(agreement=agreement)
    assert (later.reference, later.money, later.state) == ("abo-7/2", Money(2500, "EUR"), OrderState.PAID)
    delivery.refresh_from_db()
    assert (delivery.verdict, delivery.payment) == ("applied", later.payments.get())

    script.will(
        "end_agreement",
        active("S-1", state=AgreementState.ENDED, phase=Phase.CLOSED, endings=(), may_charge=False),
    )
    assert end(agreement, Ending.NOW, who="merchant").state == "ended"


def test_a_mandate_that_was_charged_though_nothing_was_due_is_kept(script: Script, account: Account) -> None:
    order = make_order(account.shop, money=Money.zero("EUR"), kind=Kind.MANDATE)
    payment = start(order, account)
    script.will("sync", other_money(500, kind=Kind.MANDATE))
    assert settle(payment).state == State.PENDING
    agreement = Agreement.objects.get()
    assert (agreement.kind, agreement.state, agreement.endings) == (
        "mandate",
        "active",
        ["now", "period_end"],
    )
    order.refresh_from_db()
    assert order.attention == "asked 0.00 EUR, provider reports 5.00 EUR"


@pytest.mark.parametrize("strange", [{"reference": "G-ANOTHER-1"}, {"live": True}])
def test_what_an_answer_about_another_payment_names_is_not_kept(
    script: Script, order: Order, payment: Payment, strange: dict[str, Any]
) -> None:
    script.will("sync", other_money(1500, **strange))
    settle(payment)
    assert not Agreement.objects.exists()
    order.refresh_from_db()
    assert order.attention


def test_what_goes_on_charging_is_ended_before_the_order_is_paid_anew(
    script: Script, account: Account
) -> None:
    """Another attempt would begin a second subscription beside the first, which is not over by a refund."""
    order = make_order(account.shop, money=EUR15, kind=Kind.SUBSCRIPTION, terms=MONTHLY)
    payment = start(order, account)
    more = Money(2000, "EUR")
    gone = Report(
        outcome=Outcome.REFUNDED, authorized=more, captured=more, refunded=more, agreement=active("S-1")
    )
    script.always("sync", gone)
    for _look in range(2):
        assert settle(Payment.objects.get(pk=payment.pk)).state == State.PENDING
        mark_seen(order, user=None)
    why = "all of it went back, but the agreement that began with it goes on: end that first"
    assert story(order).count(f"This order needs a person: {why}") == 1
    over = active("S-1", state=AgreementState.TERMINATED, phase=Phase.CLOSED, endings=(), may_charge=False)
    script.always("sync", replace(gone, agreement=over))
    assert settle(Payment.objects.get(pk=payment.pk)).state == State.CANCELED
    order.refresh_from_db()
    assert start(order, account).number == 2
