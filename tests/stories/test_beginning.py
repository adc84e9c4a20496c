"""What becomes of an attempt whose beginning goes wrong? The provider is asked; nothing is guessed, nothing resent."""

import pytest

from checkout.models import Account, Order, Payment
from checkout.payments import settle
from checkout.payments.cancel import cancel_attempt, give_up
from checkout.payments.recover import check, recover
from checkout.payments.start import start
from checkout.payments.timeline import Who
from checkout.states import OrderState, State
from providers.base import Outcome, Report
from providers.errors import Forged, Invalid, Misconfigured, Uncertain, Unreachable
from tests.scripted import Call, Clock, Script, codes, events, opened, paid, story, work


class Crash(BaseException):
    """The process is gone: no `except Exception` hears of it."""


def again(payment: Payment) -> Payment:
    return Payment.objects.select_related("order", "account").get(pk=payment.pk)


def test_no_answer_at_the_start_then_nothing_there(
    script: Script, clock: Clock, account: Account, order: Order
) -> None:
    script.will("start", Uncertain("The provider did not answer in time."))
    payment = start(order, account)
    assert payment.state == State.CREATED
    assert story(order)[-1] == (
        "Scripted did not answer when attempt 1 was opened: The provider did not answer in time. We will ask again."
    )
    clock.forward(seconds=41)
    assert again(payment).next_check_at <= clock.now()  # type: ignore[operator]

    payment = check(again(payment))
    assert (payment.state, payment.decline_code) == (State.FAILED, "not_opened")
    assert script.verbs() == ["refuses", "prepare", "start", "sync", "cancel"]
    assert script.asked("cancel")[0].give_up is False
    assert story(order)[-1] == "Scripted says the payment failed: The attempt was never opened."
    order.refresh_from_db()
    assert (order.state, order.attention) == (OrderState.OPEN, "")


def test_no_answer_at_the_start_but_it_was_paid(script: Script, account: Account, order: Order) -> None:
    script.will("start", Uncertain("HTTP 502"))
    payment = start(order, account)
    script.will("sync", paid)
    assert check(again(payment)).state == State.PAID
    order.refresh_from_db()
    assert order.state == OrderState.PAID
    assert script.asked("cancel") == []
    assert len(script.asked("start")) == 1


def test_while_start_is_talking_nobody_else_asks(script: Script, account: Account, order: Order) -> None:
    seen = []

    def meanwhile() -> None:
        row = order.payments.get()
        seen.append((check(row).state, cancel_attempt(row, give_up=True, who=Who.SHOP).state))
        seen.append((give_up(order, who=Who.SHOP).state, settle.returned(row, {}, patience=1).state))

    script.during("start", meanwhile)
    assert start(order, account).state == State.STARTED
    assert seen == [(State.CREATED, State.CREATED), (OrderState.OPEN, State.CREATED)]
    assert script.asked("sync") == []
    assert script.asked("cancel") == []


def test_the_provider_cannot_be_reached(script: Script, account: Account, order: Order) -> None:
    script.will("start", Unreachable("The provider could not be reached."))
    payment = start(order, account)
    assert (payment.state, payment.decline_reason) == (State.FAILED, "technical_error")
    assert story(order)[-2:] == [
        "Attempt 1 could not be opened at Scripted: The provider could not be reached.",
        "Scripted says the payment failed: The provider could not be reached.",
    ]
    order.refresh_from_db()
    assert (order.state, order.attention) == (OrderState.OPEN, "")
    assert start(order, account).state == State.STARTED


@pytest.mark.parametrize(
    ("problem", "why"),
    [
        (Misconfigured("The key is wrong."), "The key is wrong."),
        (Invalid("customer.phone", "is missing"), "customer.phone: is missing"),
    ],
)
def test_the_merchant_has_to_act(
    script: Script, account: Account, order: Order, problem: Exception, why: str
) -> None:
    script.will("start", problem)
    assert start(order, account).state == State.FAILED
    order.refresh_from_db()
    assert order.attention == f"scripted account: {why}"
    assert sorted(events(order)) == ["order.attention", "payment.failed"]


def test_settings_that_do_not_fit_are_the_attempts_failure(
    script: Script, account: Account, order: Order
) -> None:
    account.secrets = {}
    account.save()
    assert start(order, account).state == State.FAILED
    order.refresh_from_db()
    assert order.attention == "scripted account: The settings of scripted account are not right: password."
    assert script.calls == []


def test_a_crash_between_prepare_and_start_loses_nothing(
    script: Script, clock: Clock, account: Account, order: Order
) -> None:
    script.will("prepare", {"order_id": 17})
    script.will("start", Crash())
    with pytest.raises(Crash):
        start(order, account)
    payment = order.payments.get()
    assert (payment.state, payment.memo) == (State.CREATED, {"order_id": 17})
    assert check(payment).state == State.CREATED  # `start` might still be talking
    assert script.asked("sync") == []

    clock.forward(seconds=91)
    assert check(again(payment)).state == State.FAILED
    assert script.asked("sync")[0].charge.memo == {"order_id": 17}
    assert script.asked("sync")[0].charge.provider_id == ""
    assert len(script.asked("start")) == 1


def test_a_crash_after_the_provider_opened_it(
    script: Script, clock: Clock, account: Account, order: Order
) -> None:
    def opened_but_lost(call: Call) -> Crash:
        opened(call)
        return Crash()

    script.will("start", opened_but_lost)
    with pytest.raises(Crash):
        start(order, account)
    clock.forward(seconds=91)
    from checkout.tasks import run_sweep

    script.will("sync", paid)
    run_sweep()
    work()
    assert again(order.payments.get()).state == State.PAID
    assert events(order) == ["order.paid"]


def test_down_all_the_way_it_stays_open_and_is_told_once(
    script: Script, clock: Clock, account: Account, order: Order
) -> None:
    script.will("start", Uncertain("HTTP 503"))
    payment = start(order, account)
    script.will("sync", *[Uncertain("HTTP 503")] * 5)
    for _look in range(5):
        assert recover(again(payment)).state == State.CREATED
    assert codes(order).count("payment.uncertain") == 1
    assert again(payment).checks == 6
    assert again(payment).next_check_at is not None
    assert check(again(payment)).state == State.FAILED


def test_the_provider_cannot_cancel_what_was_never_shown(
    script: Script, account: Account, order: Order
) -> None:
    script.will("start", Uncertain("HTTP 503"))
    payment = start(order, account)
    script.will("cancel", Uncertain("HTTP 503"))
    assert check(again(payment)).state == State.CREATED
    assert story(order)[-1] == "Scripted could not cancel attempt 1: HTTP 503"
    assert check(again(payment)).state == State.FAILED


def test_money_that_came_while_start_was_answering_is_not_undone(
    script: Script, account: Account, order: Order
) -> None:
    from checkout.payments.apply import apply

    def paid_meanwhile() -> None:
        money = order.money
        apply(order.payments.get().pk, Report(outcome=Outcome.PAID, authorized=money, captured=money))

    script.during("start", paid_meanwhile)
    payment = start(order, account)
    assert (payment.state, payment.show) == (State.PAID, {})
    assert payment.provider_id == f"P-{payment.reference}"
    assert "payment.started" not in codes(order)


@pytest.mark.parametrize(
    "problem", [Forged("bad"), Misconfigured("gone"), Invalid("q", "odd"), Uncertain("503")]
)
def test_a_return_that_cannot_be_read_is_still_a_visit(
    script: Script, monkeypatch: pytest.MonkeyPatch, order: Order, payment: Payment, problem: Exception
) -> None:
    from tests.scripted import Scripted

    def resume(*_words: object) -> None:
        raise problem

    monkeypatch.setattr(Scripted, "resume", resume)
    script.will("sync", paid)
    assert settle.returned(payment, {"claim": "success"}, patience=1).state == State.PAID
    assert "payment.returned" in codes(order)


def test_a_page_has_little_patience_and_the_follow_up_comes_at_once(
    script: Script, clock: Clock, order: Order, payment: Payment
) -> None:
    script.will("sync", Uncertain("The provider did not answer in time."))
    waiting = settle.returned(payment, {"claim": "success"}, patience=1)
    assert waiting.state == State.STARTED
    assert waiting.next_check_at <= clock.now()  # type: ignore[operator]
    assert story(order)[-1] == (
        "Scripted could not tell: The provider did not answer in time. We will ask again."
    )
    assert "payment.claim_false" not in codes(order)
