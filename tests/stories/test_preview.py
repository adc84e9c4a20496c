"""What would change if a notification were followed up? Told exactly, and not a row is written for it."""

from typing import Any

import pytest
from django.apps import apps
from django.db import models, transaction

from checkout.models import Account, Delivery, Order, Payment
from checkout.payments import events as owing
from checkout.payments.inbox import follow_up
from checkout.payments.preview import Preview, would_change
from checkout.states import State
from checkout.tasks import keep_notification
from providers.base import Notification, Outcome, Report
from providers.errors import Misconfigured, Uncertain
from providers.money import Money
from tests.scripted import (
    Call,
    Script,
    active,
    codes,
    events,
    make_agreement,
    make_order,
    make_payment,
    paid,
    renewal,
    work,
)


def rung(account: Account, **named: Any) -> Delivery:
    """A notification that was kept, and that nobody has followed up."""
    delivery = keep_notification(account, Notification(key="n-1", about="payment closed", **named), "{}")
    return Delivery.objects.select_related("account").get(pk=delivery.pk)


def everything() -> dict[str, list[dict[str, Any]]]:
    """Every row of every table."""
    tables: dict[str, list[dict[str, Any]]] = {}
    for model in apps.get_models():
        rows: models.QuerySet[Any] = model._default_manager.order_by("pk")
        tables[model._meta.label] = list(rows.values())
    return tables


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What ran after a commit."""
    ran: list[str] = []
    monkeypatch.setattr(owing.owed, "send", lambda **words: ran.append(words["event_id"]))
    return ran


def preview_of(delivery: Delivery) -> Preview:
    """The preview; and nothing of it was kept."""
    before = everything()
    preview = would_change(delivery)
    assert everything() == before
    return preview


def moves(preview: Preview) -> dict[str, dict[str, tuple[str, str]]]:
    return {
        str(moved.row): {move.name: (str(move.before), str(move.after)) for move in moved.moves}
        for moved in preview.moved
    }


def test_a_payment_that_has_come_is_shown_and_not_written(
    script: Script, account: Account, order: Order, payment: Payment, told: list[str]
) -> None:
    delivery = rung(account, provider_ids=(payment.provider_id, "refund-9"))
    script.always("sync", paid)
    preview = preview_of(delivery)
    assert script.asked("sync")[0].charge.provider_ids == (payment.provider_id, "refund-9")
    assert moves(preview) == {
        str(order): {"state": ("open", "paid")},
        str(payment): {
            "state": ("started", "paid"),
            "authorized": ("0.00 EUR", "42.99 EUR"),
            "captured": ("0.00 EUR", "42.99 EUR"),
        },
    }
    told_before = codes(order)
    assert [entry.code for entry in preview.entries] == ["payment.notified", "payment.paid", "order.paid"]
    assert [(at.pk, type_) for at, type_ in preview.events] == [(order.pk, "order.paid")]
    assert (preview.flags, preview.untold, preview.found) == ([], [], [])
    assert told == []
    assert preview_of(delivery).entries[-1].code == "order.paid"  # once more is once more nothing

    follow_up(delivery)
    assert codes(order) == [*told_before, *(entry.code for entry in preview.entries)]
    assert events(order) == ["order.paid"]
    assert len(told) == 1
    # And by now there is nothing new to be told.
    again = preview_of(Delivery.objects.select_related("account").get())
    assert [entry.code for entry in again.entries] == []
    assert again.is_empty


def test_it_is_taken_back_within_a_transaction_of_others_too(
    script: Script, account: Account, order: Order, payment: Payment
) -> None:
    """As far as a savepoint goes: whoever wraps it keeps what is theirs."""
    from checkout.payments.preview import _of_order

    delivery = rung(account, reference=payment.reference)
    seen = Preview()
    with transaction.atomic():
        Order.objects.filter(pk=order.pk).update(description="mine")
        _of_order(seen, delivery, [payment], {payment.pk: Report(outcome=Outcome.FAILED)}, [])
    order.refresh_from_db()
    payment.refresh_from_db()
    assert (order.description, payment.state) == ("mine", State.STARTED)
    assert moves(seen)[str(payment)]["state"] == ("started", "failed")


def test_two_attempts_of_one_order_are_told_together(
    script: Script, account: Account, order: Order, told: list[str]
) -> None:
    first = make_payment(order, account, state=State.FAILED)
    second = make_payment(order, account)
    for attempt in (first, second):
        attempt.provider_references.create(account=account, value="file-1")
    script.always("sync", paid)
    preview = preview_of(rung(account, provider_ids=("file-1",)))
    assert {str(first), str(second), str(order)} == set(moves(preview))
    second_payment = "a second payment of 42.99 EUR came for the same order: void or refund one"
    assert [why for _order, why in preview.flags] == [second_payment]
    assert [type_ for _order, type_ in preview.events].count("order.paid") == 1
    assert told == []


def test_what_an_agreement_has_taken_is_told(script: Script, account: Account, told: list[str]) -> None:
    agreement = make_agreement(account)
    took = renewal("R-2", Money(1500, "EUR"))
    script.always("sync_agreement", active(agreement.provider_id, charges=(took,)))
    preview = preview_of(rung(account, agreement=agreement.provider_id, provider_ids=("R-2",)))
    assert [(found.provider_id, found.money) for found in preview.found] == [("R-2", Money(1500, "EUR"))]
    assert "payment.found" in [entry.code for entry in preview.entries]
    assert (script.asked("sync"), told) == ([], [])


def test_an_agreement_that_is_over_and_one_that_does_not_answer(script: Script, account: Account) -> None:
    agreement = make_agreement(account)
    delivery = rung(account, agreement=agreement.provider_id)
    script.will("sync_agreement", Uncertain("HTTP 503"), lambda call: _over(agreement.provider_id))
    silent = preview_of(delivery)
    assert [(one.row, one.why, one.said) for one in silent.untold] == [(agreement, "no_answer", "HTTP 503")]
    assert silent.is_empty
    assert moves(preview_of(delivery))[str(agreement)]["state"] == ("active", "ended")


def _over(name: str) -> Any:
    from providers.agreements import AgreementReport, AgreementState, Phase

    return AgreementReport(provider_id=name, state=AgreementState.ENDED, phase=Phase.CLOSED)


def test_what_cannot_be_told_is_said(
    script: Script, account: Account, order: Order, payment: Payment
) -> None:
    delivery = rung(account, reference=payment.reference)
    script.will("sync", Uncertain("HTTP 503"), Misconfigured("wrong key"))
    for said in ("HTTP 503", "wrong key"):
        preview = preview_of(delivery)
        assert [(one.why, one.said) for one in preview.untold] == [("no_answer", said)]
        # That it rang would be told all the same.
        assert [entry.code for entry in preview.entries] == ["payment.notified"]
    make_payment(order, account, state=State.PAID)
    asked = len(script.calls)
    assert [one.why for one in preview_of(delivery).untold] == ["would_be_given_up"]
    assert len(script.calls) == asked


def test_an_attempt_that_is_being_opened_or_was_cut_short(script: Script, account: Account) -> None:
    order = make_order(account.shop)
    payment = make_payment(order, account, state=State.CREATED)
    delivery = rung(account, reference=payment.reference)
    assert [one.why for one in preview_of(delivery).untold] == ["being_started"]
    assert script.calls == []
    Payment.objects.filter(pk=payment.pk).update(checks=1)
    assert [one.why for one in preview_of(delivery).untold] == ["would_be_given_up"]
    script.always("sync", paid)
    assert moves(preview_of(delivery))[str(payment)]["state"] == ("created", "paid")
    assert script.verbs() == ["sync", "sync"]  # nothing was canceled there for a look


def test_nobodys_and_nothing_to_follow_up(script: Script, account: Account) -> None:
    nobody = preview_of(rung(account, provider_ids=("P-unknown",)))
    assert (nobody.asked, nobody.is_empty, nobody.ignored) == ([], True, "")
    work()
    other = keep_notification(account, Notification(key="n-2", about="x", ignored="about no payment"), "{}")
    assert preview_of(other).ignored == "about no payment"
    assert script.calls == []


def test_a_rehearsal_is_not_told_by_a_look(
    script: Script, account: Account, order: Order, payment: Payment
) -> None:
    account.rehearsal = {"late_success": True}
    account.save()
    script.always("sync", paid)
    preview = preview_of(rung(account, reference=payment.reference))
    assert moves(preview) == {str(payment): {"state": ("started", "pending")}}


def test_an_answer_that_is_not_believed(
    script: Script, account: Account, order: Order, payment: Payment
) -> None:
    def too_much(call: Call) -> Report:
        money = Money(9999, "EUR")
        return Report(outcome=Outcome.PAID, reference=call.charge.reference, authorized=money, captured=money)

    script.always("sync", too_much)
    preview = preview_of(rung(account, reference=payment.reference))
    assert moves(preview) == {str(payment): {"state": ("started", "pending")}}
    assert [entry.code for entry in preview.entries] == [
        "payment.notified",
        "payment.objection",
        "order.attention",
    ]
    assert [type_ for _order, type_ in preview.events] == ["order.attention"]
    assert len(preview.flags) == 1
