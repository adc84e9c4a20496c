"""What becomes of the payments that an agreement makes by itself? Each is one order, heard of in whichever way."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from checkout.models import Account, Agreement, Delivery, Order, Payment, ProviderReference
from checkout.payments import adopt as adopting
from checkout.payments.agreement_charge import charge_again
from checkout.payments.agreement_follow_up import look_at
from checkout.payments.cancel import give_up
from checkout.payments.operate import operate
from checkout.payments.recover import check
from checkout.payments.reopen import NotReopenable, reopen
from checkout.payments.start import start
from checkout.payments.timeline import Who
from checkout.states import State
from checkout.tasks import run_sweep
from providers.agreements import AgreementCharge, AgreementReport, Phase
from providers.base import Kind, Occasion, Outcome, Report, Verb
from providers.errors import Decline, Uncertain
from providers.money import Money
from tests.scripted import (
    MONTHLY,
    AgreementCall,
    Call,
    Clock,
    Script,
    active,
    codes,
    events,
    make_account,
    make_agreement,
    make_order,
    make_payment,
    paid,
    renewal,
    signed,
    story,
    work,
)

EUR15 = Money(1500, "EUR")


def ring(account: Account, **said: Any) -> HttpResponse:
    body = json.dumps(said).encode()
    return Client().post(
        f"/notify/{account.pk}/", body, content_type="application/json", headers={"X-Signature": signed(body)}
    )  # type: ignore[return-value]


@pytest.fixture
def agreement(account: Account) -> Agreement:
    return make_agreement(
        account,
        provider_id="S-1",
        order={"reference": "abo-7", "email": "a@example.org", "metadata": {"k": 1}},
    )


@pytest.fixture
def first(agreement: Agreement) -> Order:
    return agreement.payment.order


def made(*charges: AgreementCharge, **more: Any) -> Any:
    return active("S-1", charges=charges, **more)


def further(agreement: Agreement) -> Order:
    return agreement.orders.get()


def later() -> list[tuple[str, str, str]]:
    rows = Order.objects.exclude(agreement=None).order_by("pk")
    return [(row.reference, str(row.state), str(row.payments.get().state)) for row in rows]


# --- heard of --------------------------------------------------------------------------------------------------------


def test_a_renewal_is_rung_for(script: Script, account: Account, agreement: Agreement, first: Order) -> None:
    ring(account, id="n-1", reference=agreement.payment.reference, provider_ids=["R-2"], agreement="S-1")
    script.will("sync_agreement", made(renewal("R-2", EUR15)))
    seen: list[Any] = []
    script.during("sync", lambda: seen.append(later()))
    script.will("sync", paid)
    work()
    assert script.asked_agreement("sync_agreement")[0].agreement.also == ("R-2",)
    assert seen == [[("abo-7/2", "open", "pending")]]
    assert later() == [("abo-7/2", "paid", "paid")]
    order = further(agreement)
    payment = order.payments.get()
    assert (order.kind, order.money, order.email, order.metadata, order.terms, order.attention) == (
        "one_off", EUR15, "a@example.org", {"k": 1}, {}, "",
    )  # fmt: skip
    assert (payment.provider_id, payment.occasion, payment.captured_minor) == ("R-2", "recurring", 1500)
    asked = script.asked("sync")[0].charge
    assert (asked.provider_ids, asked.occasion) == (("R-2",), Occasion.RECURRING)
    assert asked.agreement is not None
    assert (asked.agreement.provider_id, asked.agreement.reference) == ("S-1", agreement.payment.reference)
    assert codes(order) == ["payment.found", "payment.notified", "payment.paid", "order.paid"]
    assert (
        story(order)[0]
        == f"Scripted took this payment of 15.00 EUR by itself, under agreement {agreement.number}."
    )
    assert codes(first)[1:] == ["agreement.charged"]
    assert story(first)[1] == (
        f"Agreement {agreement.number} took a further payment of 15.00 EUR: order {order.number}."
    )
    assert (events(order), events(first)) == (["order.paid"], [])
    told = order.events.get().payload["data"]
    assert (told["reference"], told["agreement"]["id"]) == ("abo-7/2", agreement.number)
    delivery = Delivery.objects.get()
    assert (delivery.verdict, delivery.payment) == ("applied", payment)
    agreement.refresh_from_db()
    assert agreement.state == "active"


def test_a_renewal_whose_ring_names_no_agreement_is_not_taken_for_the_first_payment(
    script: Script, account: Account, agreement: Agreement, first: Order
) -> None:
    """It bears the first one's reference: learned as one of the first payment's ids, it would never be adopted."""
    ring(account, id="n-1", reference=agreement.payment.reference, provider_ids=["R-2"])
    script.will("sync_agreement", made(renewal("R-2", EUR15)))
    script.will("sync", paid)
    work()
    assert script.asked_agreement("sync_agreement")[0].agreement.also == ("R-2",)
    assert later() == [("abo-7/2", "paid", "paid")]
    assert not agreement.payment.provider_references.filter(value="R-2").exists()
    delivery = Delivery.objects.get()
    assert (delivery.verdict, delivery.payment) == ("applied", further(agreement).payments.get())


def test_a_ring_that_may_be_of_our_own_charge_waits_until_that_is_known(
    script: Script, clock: Clock, account: Account, agreement: Agreement
) -> None:
    """Somebody charged it by hand at the provider while nobody knew what became of ours. It is told of once."""
    script.will("start", Uncertain("no answer within 40 s"))
    ours, _new = charge_again(agreement, EUR15, reference="extra-1", who=Who.SHOP)
    by_hand = made(renewal("R-9", EUR15, by_hand=True))
    ring(account, id="n-1", provider_ids=["R-9"], agreement="S-1")
    script.will("sync_agreement", by_hand)
    work()
    delivery = Delivery.objects.get()
    assert (delivery.verdict, delivery.settled_at, agreement.orders.count()) == ("failed", None, 1)
    script.will("sync", Report(outcome=Outcome.FAILED, decline=Decline(code="51", message="No.")))
    assert check(ours).state == State.FAILED
    script.will("sync_agreement", by_hand)
    script.will("sync", paid)
    clock.forward(minutes=1)
    run_sweep()
    work()
    delivery.refresh_from_db()
    assert delivery.verdict == "applied"
    assert [str(state) for _name, _order, state in later()] == ["failed", "paid"]


def test_what_the_agreement_did_not_take_is_of_the_payment_that_it_began_with(
    script: Script, account: Account, agreement: Agreement
) -> None:
    ring(account, id="n-1", reference=agreement.payment.reference, provider_ids=["refund-9"])
    script.will("sync_agreement", made())
    script.will("sync", paid)
    work()
    assert later() == []
    assert agreement.payment.provider_references.filter(value="refund-9").exists()
    assert script.asked("sync")[0].charge.reference == agreement.payment.reference


def test_a_renewal_is_found_by_the_sweep(script: Script, clock: Clock, agreement: Agreement) -> None:
    script.always("sync_agreement", made(renewal("R-2", EUR15), renewal("R-3", EUR15)))
    script.always("sync", paid)
    run_sweep()
    work()
    run_sweep()
    work()
    assert later() == [("abo-7/2", "paid", "paid"), ("abo-7/3", "paid", "paid")]
    assert [events(order) for order in agreement.orders.all()] == [["order.paid"]] * 2


def test_the_same_renewal_heard_twice(script: Script, account: Account, agreement: Agreement) -> None:
    """A notification, and at that very moment the sweep."""
    from checkout.tasks import check_agreement, check_payment

    said = made(renewal("R-2", EUR15))
    script.always("sync_agreement", said)
    script.always("sync", paid)
    script.during("sync_agreement", lambda: check_agreement.func(str(agreement.pk)))
    script.during("sync", lambda: check_payment.func(Payment.objects.get(provider_id="R-2").pk))
    for number in (1, 2):
        ring(account, id=f"n-{number}", provider_ids=["R-2"], agreement="S-1")
    work()
    order = further(agreement)
    assert later() == [("abo-7/2", "paid", "paid")]
    assert (events(order), codes(order).count("payment.paid")) == (["order.paid"], 1)


def test_a_renewal_that_is_refused(
    script: Script, account: Account, agreement: Agreement, first: Order
) -> None:
    script.always("sync_agreement", made(renewal("R-2", EUR15), phase=Phase.RETRY))
    script.always("sync", Report(outcome=Outcome.FAILED, decline=Decline(code="51", message="No money")))
    for number in (1, 2):
        ring(account, id=f"n-{number}", provider_ids=["R-2"], agreement="S-1")
        work()
    order = further(agreement)
    assert later() == [("abo-7/2", "canceled", "failed")]
    assert codes(order) == [
        "payment.found", "payment.notified", "payment.failed", "order.charge_failed",
    ]  # fmt: skip
    assert (events(order), order.attention) == (["payment.failed"], "")
    told = order.events.get().payload["data"]
    assert (told["state"], told["payment"]["state"], told["payment"]["decline_code"]) == (
        "canceled", "failed", "51",
    )  # fmt: skip
    first.refresh_from_db()
    assert first.attention == f"a payment of agreement {agreement.number} failed; the provider tries again"
    assert events(first) == ["agreement.updated", "order.attention"]
    assert codes(first).count("order.attention") == 1
    with pytest.raises(NotReopenable):  # nobody is to pay it by its link
        reopen(order)


def test_money_that_comes_after_a_refusal(script: Script, agreement: Agreement) -> None:
    script.will("sync_agreement", made(renewal("R-2", EUR15)))
    look_at(agreement)
    payment = further(agreement).payments.get()
    script.will("sync", Report(outcome=Outcome.FAILED), paid)
    check(payment)
    check(payment)
    order = further(agreement)
    assert later() == [("abo-7/2", "paid", "paid")]
    assert events(order) == ["payment.failed", "order.paid", "order.attention"]
    assert order.attention == "15.00 EUR came after the order was canceled"


def test_nobody_is_to_pay_a_renewal_here_and_it_does_not_run_out(
    script: Script, clock: Clock, agreement: Agreement
) -> None:
    script.will("sync_agreement", made(renewal("R-2", EUR15)))
    look_at(agreement)
    script.always("sync", Report(outcome=Outcome.PENDING))
    clock.forward(days=2)
    run_sweep()
    work()
    give_up(further(agreement), who=Who.SHOP)
    assert later()[0][0] == "abo-7/2"
    assert len(script.asked("start")) == 0


# --- what is flagged -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("charge", "why"),
    [
        (renewal("R-2", Money(2500, "EUR")), "the agreement took 25.00 EUR; agreed was 15.00 EUR"),
        (renewal("R-2", Money(1500, "USD")), "the agreement took 15.00 USD; agreed was 15.00 EUR"),
        (renewal("R-2", Money(2500, "EUR"), by_hand=True), ""),
        (
            renewal("R-2", Money(2500, "USD"), by_hand=True),
            "the agreement took 25.00 USD; it is one in EUR",
        ),
        (renewal("R-2", EUR15), ""),
    ],
)
def test_an_amount_that_is_not_agreed(
    script: Script, agreement: Agreement, charge: AgreementCharge, why: str
) -> None:
    script.always("sync_agreement", made(charge))
    look_at(agreement)
    look_at(agreement)
    order = further(agreement)
    assert order.attention == why
    assert events(order) == (["order.attention"] if why else [])


def test_what_it_took_after_it_had_ended(script: Script, agreement: Agreement) -> None:
    Agreement.objects.update(ended_at=timezone.now() - timedelta(days=1))
    script.will("sync_agreement", made(renewal("R-2", EUR15, at=timezone.now())))
    look_at(agreement)
    assert further(agreement).attention == "the agreement took 15.00 EUR after it had ended"


@pytest.mark.parametrize("minor", [0, -1])
def test_nothing_is_no_payment(script: Script, agreement: Agreement, minor: int) -> None:
    script.will("sync_agreement", made(renewal("R-2", Money(minor, "EUR")), renewal("", EUR15)))
    look_at(agreement)
    assert later() == []


def test_a_plan_that_takes_more_than_its_total_is_flagged(script: Script, account: Account) -> None:
    terms = {"period": {"count": 1, "unit": "month"}, "total": 3000, "cycles": 2}
    plan = make_agreement(account, kind=Kind.PAYMENT_PLAN, terms=terms, provider_id="S-1")
    script.will("sync_agreement", made(renewal("R-2", EUR15), renewal("R-3", EUR15)))
    look_at(plan)
    assert [order.attention for order in plan.orders.order_by("pk")] == [
        "",
        "with 15.00 EUR the payment plan has taken more than 30.00 EUR",
    ]


# --- what they are called --------------------------------------------------------------------------------------------


def test_a_reference_that_the_shop_took(
    script: Script, account: Account, agreement: Agreement, first: Order
) -> None:
    make_order(account.shop, reference="abo-7/2")
    script.will("sync_agreement", made(renewal("R-2", EUR15), renewal("R-3", EUR15)))
    look_at(agreement)
    assert [name for name, *_states in later()] == ["abo-7/3", "abo-7/4"]


def test_a_reference_as_long_as_can_be(script: Script, account: Account) -> None:
    agreement = make_agreement(account, provider_id="S-1", order={"reference": "x" * 100})
    script.will("sync_agreement", made(renewal("R-2", EUR15)))
    look_at(agreement)
    assert later()[0][0] == "x" * 90 + "/2"


def test_years_of_payments_are_taken_in_turns(
    script: Script, monkeypatch: pytest.MonkeyPatch, agreement: Agreement
) -> None:
    monkeypatch.setattr(adopting, "_AT_ONCE", 2)
    script.will("sync_agreement", made(*[renewal(f"R-{number}", EUR15) for number in range(2, 7)]))
    look_at(agreement)
    assert [name for name, *_states in later()] == [f"abo-7/{number}" for number in range(2, 7)]


def test_a_thousand_known_payments_are_a_handful_of_questions(
    script: Script, agreement: Agreement, django_assert_max_num_queries: Any
) -> None:
    ProviderReference.objects.bulk_create(
        ProviderReference(account=agreement.account, payment=agreement.payment, value=f"R-{number}")
        for number in range(1000)
    )
    script.will("sync_agreement", made(*[renewal(f"R-{number}", EUR15) for number in range(1000)]))
    with django_assert_max_num_queries(25):
        look_at(agreement)
    assert later() == []


# --- notifications ---------------------------------------------------------------------------------------------------


def test_a_ring_before_our_own_record_of_the_agreement(
    script: Script, clock: Clock, account: Account
) -> None:
    """The first payment is looked at, its answer brings the agreement, and that the payment that was rung for."""
    order = make_order(account.shop, money=EUR15, kind=Kind.SUBSCRIPTION, terms=MONTHLY, reference="abo-9")
    payment = start(order, account)
    ring(account, id="n-1", reference=payment.reference, provider_ids=["R-2"], agreement="S-9")

    def both(call: Call) -> Report:
        began = active("S-9") if call.charge.reference == payment.reference else None
        return Report(outcome=Outcome.PAID, authorized=EUR15, captured=EUR15, agreement=began)

    script.always("sync", both)
    script.will("sync_agreement", active("S-9", charges=(renewal("R-2", EUR15),)))
    work()
    assert later() == [("abo-9/2", "paid", "paid")]
    assert script.asked_agreement("sync_agreement")[0].agreement.also == ("R-2",)
    delivery = Delivery.objects.get()
    assert (delivery.verdict, delivery.payment) == ("applied", payment)
    # The later payment's id is not the first one's.
    assert "R-2" not in payment.provider_references.values_list("value", flat=True)


def test_a_ring_about_an_agreement_that_the_first_payments_answer_does_not_tell_yet(
    script: Script, clock: Clock, account: Account
) -> None:
    order = make_order(account.shop, money=EUR15, kind=Kind.SUBSCRIPTION, terms=MONTHLY, reference="abo-9")
    payment = start(order, account)
    ring(account, id="n-1", reference=payment.reference, provider_ids=["R-2"], agreement="S-9")
    work()
    delivery = Delivery.objects.get()
    assert (delivery.verdict, delivery.error) == (
        "failed",
        "The agreement that it speaks of is not known here yet.",
    )
    make_row = Report(outcome=Outcome.PAID, authorized=EUR15, captured=EUR15, agreement=active("S-9"))
    script.will("sync", make_row, paid)
    script.will("sync_agreement", active("S-9", charges=(renewal("R-2", EUR15),)))
    clock.forward(seconds=6)
    Payment.objects.update(next_check_at=None)
    run_sweep()
    work()
    assert later() == [("abo-9/2", "paid", "paid")]
    delivery.refresh_from_db()
    assert (delivery.verdict, delivery.error) == ("applied", "")


def test_a_payment_that_begins_nothing_learns_its_ids_beside_an_agreements(
    script: Script, account: Account
) -> None:
    payment = make_payment(make_order(account.shop), account, state=State.PAID)
    ring(account, id="n-1", reference=payment.reference, provider_ids=["refund-1"], agreement="M-1")
    script.will("sync", paid)
    work()
    assert "refund-1" in payment.provider_references.values_list("value", flat=True)
    assert Delivery.objects.get().verdict == "applied"


def test_a_ring_about_an_agreement_that_cannot_be_asked_about_is_tried_for_a_month(
    script: Script, clock: Clock, account: Account, agreement: Agreement
) -> None:
    ring(account, id="n-1", provider_ids=["R-2"], agreement="S-1")
    script.always("sync_agreement", Uncertain("HTTP 503"))
    work()
    delivery = Delivery.objects.get()
    assert (delivery.verdict, delivery.error) == (
        "failed", "The provider could not be asked, or gave no answer.",
    )  # fmt: skip
    Agreement.objects.update(next_check_at=None)
    for _day in range(10):  # long after any other ring would rest
        clock.forward(days=1)
        run_sweep()
        work()
    script.always("sync_agreement", by_what_was_rung)
    script.always("sync", paid)
    clock.forward(days=1)
    run_sweep()
    work()
    delivery.refresh_from_db()
    assert (delivery.verdict, later()) == ("applied", [("abo-7/2", "paid", "paid")])


def by_what_was_rung(call: AgreementCall) -> AgreementReport:
    """A provider that lists no payments of an agreement, and knows those that it is asked about."""
    return made(*[renewal(name, EUR15) for name in call.agreement.also])


def test_news_of_the_agreement_alone(
    script: Script, account: Account, agreement: Agreement, first: Order
) -> None:
    ring(account, id="n-1", agreement="S-1", about="subscription ended")
    script.will("sync_agreement", active("S-1", phase=Phase.LAST))
    work()
    delivery = Delivery.objects.get()
    assert (delivery.verdict, delivery.payment) == ("applied", agreement.payment)
    assert events(first) == ["agreement.updated"]
    assert script.asked("sync") == []


def test_an_agreement_at_another_account(script: Script, agreement: Agreement) -> None:
    ring(make_account(), id="n-1", agreement="S-1", provider_ids=["R-2"])
    work()
    assert Delivery.objects.get().verdict == "unmatched"
    assert script.agreement_calls == []


# --- afterwards ------------------------------------------------------------------------------------------------------


def test_a_renewal_is_refunded(script: Script, agreement: Agreement, first: Order) -> None:
    script.will("sync_agreement", made(renewal("R-2", EUR15)))
    look_at(agreement)
    payment = further(agreement).payments.get()
    script.will("sync", paid)
    check(payment)
    payment = Payment.objects.select_related("order", "account").get(pk=payment.pk)
    assert operate(payment, Verb.REFUND, Money(500, "EUR")).status == "success"
    order = further(agreement)
    assert events(order) == ["order.paid", "order.refunded"]
    asked = script.asked("refund")[0].charge
    assert (asked.provider_id, asked.agreement.provider_id if asked.agreement else "") == ("R-2", "S-1")
    payment.refresh_from_db()
    assert (payment.refunded_minor, events(first)) == (500, [])
