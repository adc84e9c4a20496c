"""What becomes of a capture, a void, a refund? One intent, one call, and an end that the provider's word brings."""

from functools import partial

import pytest

from checkout.models import Account, Operation, Order, Payment
from checkout.payments.operate import NotPossible, left, operate
from checkout.payments.orders import mark_seen
from checkout.payments.recover import check
from checkout.states import OrderState, State
from checkout.tasks import run_sweep
from providers.base import Operation as Listed
from providers.base import OperationStatus, Outcome, Report, Tender, Verb
from providers.errors import Decline, Declined, Invalid, Misconfigured, Uncertain, Unreachable
from providers.money import Money
from tests.scripted import (
    Call,
    Clock,
    Script,
    authorized,
    codes,
    done,
    events,
    make_account,
    make_order,
    make_payment,
    story,
    work,
)


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def again(payment: Payment) -> Payment:
    return Payment.objects.select_related("order", "account").get(pk=payment.pk)


@pytest.fixture
def bought(order: Order, account: Account) -> Payment:
    """42.99 EUR, paid."""
    return make_payment(order, account, state=State.PAID)


@pytest.fixture
def held(order: Order, account: Account) -> Payment:
    """42.99 EUR, authorised."""
    return make_payment(order, account, state=State.AUTHORIZED)


def test_all_of_it_back(script: Script, order: Order, bought: Payment) -> None:
    operation = operate(bought, Verb.REFUND, eur(4299), reason="rain")
    bought.refresh_from_db()
    order.refresh_from_db()
    assert operation.status == OperationStatus.SUCCESS
    assert operation.finished_at is not None
    assert (bought.state, bought.refunded_minor, order.state) == (State.REFUNDED, 4299, OrderState.PAID)
    assert events(order) == ["order.refunded"]
    assert order.events.get().payload["data"]["amount_refunded"] == 4299
    assert story(order)[1:] == [
        "refund of 42.99 EUR was asked for.",
        "Scripted reports: authorised 42.99 EUR, captured 42.99 EUR, refunded 42.99 EUR, voided 0.00 EUR.",
        "refund of 42.99 EUR is done.",
        "Scripted confirms: all of 42.99 EUR was refunded.",
    ]
    call = script.asked("refund")[0]
    assert (call.money, call.key, call.charge.reason) == (eur(4299), operation.key, "rain")
    assert bought.next_check_at is None


def test_a_part_and_then_too_much(script: Script, order: Order, bought: Payment) -> None:
    operate(bought, Verb.REFUND, eur(1000))
    bought.refresh_from_db()
    assert (bought.state, bought.refunded_minor) == (State.PAID, 1000)
    assert left(bought, Verb.REFUND) == eur(3299)
    with pytest.raises(NotPossible, match=r"Only 32.99 EUR is left to refund"):
        operate(bought, Verb.REFUND, eur(3300))
    operate(bought, Verb.REFUND, eur(3299))
    assert again(bought).state == State.REFUNDED
    assert events(order) == ["order.refunded", "order.refunded"]
    assert [e.payload["data"]["amount_refunded"] for e in order.events.order_by("created_at")] == [1000, 4299]
    assert len(script.asked("refund")) == 2


@pytest.mark.parametrize(
    ("money", "why"),
    [
        (Money(100, "USD"), "1.00 USD is not an amount to refund here"),
        (eur(0), "0.00 EUR is not an amount to refund here"),
        (eur(-1), "-0.01 EUR is not an amount to refund here"),
    ],
)
def test_what_is_no_amount_to_refund(script: Script, bought: Payment, money: Money, why: str) -> None:
    with pytest.raises(NotPossible, match=why):
        operate(bought, Verb.REFUND, money)
    assert script.calls == []
    assert not Operation.objects.exists()


def test_nothing_to_refund_before_money(script: Script, payment: Payment) -> None:
    with pytest.raises(NotPossible, match=r"The payment is started\."):
        operate(payment, Verb.REFUND, eur(1))


def test_a_provider_that_cannot(script: Script) -> None:
    account = make_account(provider="bare")
    payment = make_payment(make_order(account.shop), account, state=State.PAID)
    with pytest.raises(NotPossible, match="bare account cannot refund over the API"):
        operate(payment, Verb.REFUND, eur(1))
    assert payment.can("refund") is False


@pytest.mark.parametrize(
    ("problem", "why"),
    [
        (Declined(Decline(code="R01", message="The account is closed")), "The account is closed"),
        (Declined(Decline(code="R01")), "R01"),
        (Invalid("amount", "is too small"), "amount: is too small"),
        (Misconfigured("No right to refund."), "No right to refund."),
        (Unreachable("No connection."), "No connection."),
    ],
)
def test_a_definite_no(script: Script, order: Order, bought: Payment, problem: Exception, why: str) -> None:
    script.will("refund", problem)
    operation = operate(bought, Verb.REFUND, eur(1000))
    assert (operation.status, operation.message) == (OperationStatus.FAILURE, why)
    assert story(order)[-1] == f"refund of 10.00 EUR failed: {why}"
    assert again(bought).refunded_minor == 0
    assert events(order) == []
    assert operate(bought, Verb.REFUND, eur(1000)).status == OperationStatus.SUCCESS


def test_uncertain_then_found_in_the_list(
    script: Script, clock: Clock, order: Order, bought: Payment
) -> None:
    script.will("refund", Uncertain("The provider did not answer in time."))
    operation = operate(bought, Verb.REFUND, eur(1000))
    assert operation.status == OperationStatus.UNCERTAIN
    assert story(order)[-1] == (
        "Nobody knows yet whether the refund of 10.00 EUR was done: The provider did not answer in time. "
        "It is not sent again; we will ask."
    )
    with pytest.raises(NotPossible, match="A refund is under way; wait until it has ended"):
        operate(bought, Verb.REFUND, eur(1000))

    # At first the provider does not show it; it is asked again all the same, though the payment itself is final.
    script.will("sync", Report(outcome=Outcome.PAID, operations=()))
    clock.forward(seconds=41)
    assert run_sweep() == 1
    work()
    assert again(bought).next_check_at is not None
    operation.refresh_from_db()
    assert operation.status == OperationStatus.UNCERTAIN

    listed = Listed(verb=Verb.REFUND, money=eur(1000), status=OperationStatus.SUCCESS, key=operation.key)
    script.will("sync", Report(outcome=Outcome.PAID, refunded=eur(1000), operations=(listed,)))
    clock.forward(minutes=2)
    assert run_sweep() == 1
    work()
    operation.refresh_from_db()
    assert operation.status == OperationStatus.SUCCESS
    assert len(script.asked("refund")) == 1
    assert again(bought).refunded_minor == 1000
    assert again(bought).next_check_at is None
    assert events(order) == ["order.refunded"]


def test_a_provider_that_is_down_is_asked_again_about_an_operation(
    script: Script, clock: Clock, bought: Payment
) -> None:
    script.will("refund", Uncertain("HTTP 502"))
    operate(bought, Verb.REFUND, eur(1000))
    script.will("sync", Uncertain("HTTP 502"))
    check(again(bought))
    assert again(bought).next_check_at is not None


def test_the_provider_does_not_echo_our_key(script: Script, order: Order, bought: Payment) -> None:
    script.will("refund", Uncertain("HTTP 502"))
    operation = operate(bought, Verb.REFUND, eur(1000))
    listed = Listed(verb=Verb.REFUND, money=eur(1000), status=OperationStatus.SUCCESS, provider_id="R-7")
    script.always("sync", Report(outcome=Outcome.PAID, refunded=eur(1000), operations=(listed,)))
    for _look in range(2):
        check(again(bought))
    operation.refresh_from_db()
    assert (operation.status, operation.provider_id) == (OperationStatus.SUCCESS, "R-7")
    assert Operation.objects.count() == 1
    assert "operation.found" not in codes(order)


def test_the_provider_lists_nothing_but_its_sums_have_grown(
    script: Script, order: Order, bought: Payment
) -> None:
    script.will("refund", Uncertain("HTTP 502"))
    operation = operate(bought, Verb.REFUND, eur(1000))
    script.will(
        "sync",
        Report(outcome=Outcome.PAID, refunded=eur(999)),
        Report(outcome=Outcome.PAID, refunded=eur(1000)),
    )
    check(again(bought))
    operation.refresh_from_db()
    assert operation.status == OperationStatus.UNCERTAIN
    check(again(bought))
    operation.refresh_from_db()
    assert operation.status == OperationStatus.SUCCESS


def test_an_earlier_refund_does_not_count_for_this_one(script: Script, bought: Payment) -> None:
    script.will("sync", Report(outcome=Outcome.PAID, refunded=eur(1000)))
    check(bought)
    script.will("refund", Uncertain("HTTP 502"))
    operation = operate(again(bought), Verb.REFUND, eur(1000))
    script.will("sync", Report(outcome=Outcome.PAID, refunded=eur(1000)))
    check(again(bought))
    operation.refresh_from_db()
    assert operation.status == OperationStatus.UNCERTAIN


def test_what_never_arrived_ends_when_the_list_is_still_without_it(
    script: Script, clock: Clock, order: Order, bought: Payment
) -> None:
    script.will("refund", Uncertain("HTTP 502"))
    operation = operate(bought, Verb.REFUND, eur(1000))
    script.always("sync", Report(outcome=Outcome.PAID, operations=()))
    clock.forward(minutes=14)
    check(again(bought))
    operation.refresh_from_db()
    assert operation.status == OperationStatus.UNCERTAIN
    clock.forward(minutes=2)
    check(again(bought))
    operation.refresh_from_db()
    assert operation.status == OperationStatus.FAILURE
    assert story(order)[-1] == "refund of 10.00 EUR failed: the provider knows nothing of it"
    assert operate(again(bought), Verb.REFUND, eur(1000)).status == OperationStatus.SUCCESS


def test_done_after_all(script: Script, bought: Payment) -> None:
    script.will("refund", Unreachable("No connection."))
    operation = operate(bought, Verb.REFUND, eur(1000))
    assert operation.status == OperationStatus.FAILURE
    listed = Listed(verb=Verb.REFUND, money=eur(1000), status=OperationStatus.SUCCESS, key=operation.key)
    script.will("sync", Report(outcome=Outcome.PAID, refunded=eur(1000), operations=(listed,)))
    check(again(bought))
    operation.refresh_from_db()
    assert operation.status == OperationStatus.SUCCESS


def test_a_refund_that_takes_its_time(script: Script, clock: Clock, order: Order, bought: Payment) -> None:
    script.will("refund", partial(done, status=OperationStatus.PENDING))
    operation = operate(bought, Verb.REFUND, eur(1000))
    assert operation.status == OperationStatus.PENDING
    assert operation.provider_id == f"O-{operation.key}"
    assert again(bought).next_check_at is not None
    clock.forward(hours=2)
    script.will("sync", Report(outcome=Outcome.PAID, operations=()))
    check(again(bought))
    operation.refresh_from_db()
    assert operation.status == OperationStatus.PENDING  # the provider has named it once: it is not forgotten
    assert events(order) == []


def test_partly_failed_calls_a_person(script: Script, order: Order, bought: Payment) -> None:
    def conflict(call: Call) -> Report:
        listed = Listed(verb=Verb.REFUND, money=eur(4299), status=OperationStatus.CONFLICT, key=call.key,
                        message="gift card refused")  # fmt: skip
        return Report(outcome=Outcome.PAID, refunded=eur(2000), operations=(listed,))

    script.will("refund", conflict)
    operation = operate(bought, Verb.REFUND, eur(4299))
    order.refresh_from_db()
    assert operation.status == OperationStatus.CONFLICT
    assert order.attention == "refund of 42.99 EUR was done in part only"
    assert "refund of 42.99 EUR was done in part only: gift card refused" in story(order)
    assert events(order) == ["order.refunded", "order.attention"]

    mark_seen(order, user=None)
    script.will("sync", conflict(script.asked("refund")[0]))
    check(again(bought))
    order.refresh_from_db()
    assert order.attention == ""


def test_the_same_key_twice_is_one_refund(script: Script, bought: Payment) -> None:
    one = operate(bought, Verb.REFUND, eur(1000), key="from-the-form-1")
    two = operate(bought, Verb.REFUND, eur(1000), key="from-the-form-1")
    assert one.pk == two.pk
    assert len(script.asked("refund")) == 1
    assert again(bought).refunded_minor == 1000


def test_a_key_names_one_operation_only(script: Script, bought: Payment) -> None:
    operate(bought, Verb.REFUND, eur(1000), key="k1")
    other = make_payment(state=State.PAID)
    for payment, money in ((other, eur(1000)), (bought, eur(999))):
        with pytest.raises(NotPossible, match="This key was used for another operation"):
            operate(payment, Verb.REFUND, money, key="k1")
    with pytest.raises(NotPossible, match="A key has at most 40 characters"):
        operate(bought, Verb.REFUND, eur(1), key="k" * 41)
    assert len(script.asked("refund")) == 1


def test_done_at_the_providers_own_counter(script: Script, order: Order, bought: Payment) -> None:
    listed = Listed(verb=Verb.REFUND, money=eur(500), status=OperationStatus.SUCCESS, provider_id="R" * 150)
    script.always("sync", Report(outcome=Outcome.PAID, refunded=eur(500), operations=(listed,)))
    for _look in range(2):
        check(again(bought))
    found = Operation.objects.get()
    assert (found.verb, found.money, found.status) == (Verb.REFUND, eur(500), OperationStatus.SUCCESS)
    assert codes(order).count("operation.found") == 1
    assert "Scripted lists a refund of 5.00 EUR that was not asked for here." in story(order)
    assert events(order) == ["order.refunded"]


def test_what_failed_elsewhere_is_no_business_of_ours(script: Script, bought: Payment) -> None:
    listed = Listed(verb=Verb.REFUND, money=eur(500), status=OperationStatus.FAILURE, provider_id="R-1")
    script.will("sync", Report(outcome=Outcome.PAID, operations=(listed,)))
    check(bought)
    assert not Operation.objects.exists()


def test_the_provider_is_told_of_the_row_as_it_is_now(script: Script, bought: Payment) -> None:
    operate(bought, Verb.REFUND, eur(1000))
    operate(bought, Verb.REFUND, eur(2000))  # the same object as before: a page that was open all the while
    assert [call.charge.refunded for call in script.asked("refund")] == [eur(0), eur(1000)]
    assert again(bought).refunded_minor == 3000


# --- capture later -------------------------------------------------------------------------------------------------


def test_authorise_capture_a_part_void_the_rest(script: Script, account: Account) -> None:
    order = make_order(account.shop, capture_later=True)
    from checkout.payments.start import start

    payment = start(order, account)
    assert script.asked("start")[0].charge.capture_later is True
    script.will("sync", authorized)
    payment = check(payment)
    order.refresh_from_db()
    assert (payment.state, order.state) == (State.AUTHORIZED, OrderState.OPEN)
    assert events(order) == ["order.authorized"]

    assert operate(payment, Verb.CAPTURE, eur(3000)).status == OperationStatus.SUCCESS
    payment, order = again(payment), Order.objects.get(pk=order.pk)
    assert (payment.state, payment.captured_minor, order.state) == (State.PAID, 3000, OrderState.PAID)
    assert left(payment, Verb.CAPTURE) == left(payment, Verb.VOID) == eur(1299)
    with pytest.raises(NotPossible, match=r"Only 12.99 EUR is left to capture"):
        operate(payment, Verb.CAPTURE, eur(1300))

    assert operate(payment, Verb.VOID, eur(1299)).status == OperationStatus.SUCCESS
    payment = again(payment)
    assert (payment.state, payment.captured_minor, payment.voided_minor) == (State.PAID, 3000, 1299)
    assert left(payment, Verb.CAPTURE) == eur(0)
    assert left(payment, Verb.REFUND) == eur(3000)
    assert not payment.can("void")
    assert events(order) == ["order.authorized", "order.paid"]
    paid_event = order.events.get(type="order.paid").payload["data"]
    assert (paid_event["amount_authorized"], paid_event["amount_captured"]) == (4299, 3000)


def test_void_all_of_it(script: Script, order: Order, held: Payment) -> None:
    assert operate(held, Verb.VOID, eur(4299)).status == OperationStatus.SUCCESS
    voided = again(held)
    order.refresh_from_db()
    assert (voided.state, voided.voided_minor, order.state) == (State.CANCELED, 4299, OrderState.OPEN)
    with pytest.raises(NotPossible, match=r"The payment is canceled\."):
        operate(voided, Verb.CAPTURE, eur(1))

    # An answer from before the void arrives late: what was let go does not come back.
    script.will("sync", authorized)
    assert check(voided).state == State.CANCELED
    assert story(order)[-1] == (
        "Scripted reports “authorized”, which cannot follow “canceled”. Nothing was changed."
    )
    order.refresh_from_db()
    assert order.attention == ""


def test_an_authorisation_lapses(script: Script, order: Order, held: Payment) -> None:
    script.will("sync", Report(outcome=Outcome.EXPIRED))
    assert check(held).state == State.EXPIRED
    assert story(order)[-1] == "Attempt 1 ran out."


def test_capture_and_void_draw_on_one_pool(script: Script, held: Payment) -> None:
    script.will("capture", Uncertain("HTTP 502"))
    operate(held, Verb.CAPTURE, eur(4000))
    with pytest.raises(NotPossible, match=r"Only 2.99 EUR is left to void"):
        operate(held, Verb.VOID, eur(300))
    assert script.asked("void") == []


def test_the_split_never_shrinks(script: Script, bought: Payment) -> None:
    def part(refunded: int) -> Tender:
        return Tender(id="1", partner="gift", method="card", authorized=eur(4299), captured=eur(4299),
                      refunded=eur(refunded), voided=eur(0))  # fmt: skip

    script.will(
        "sync",
        Report(outcome=Outcome.PAID, refunded=eur(500), tenders=(part(500),)),
        Report(outcome=Outcome.PAID, refunded=eur(100), tenders=(part(100),)),
    )
    check(bought)
    check(again(bought))
    assert again(bought).refunded_minor == 500
    assert bought.tenders.get().values() == {
        "authorized": 4299,
        "captured": 4299,
        "refunded": 500,
        "voided": 0,
    }
