"""sync_payments, recover and audit: ask now, close what was cut short, look for broken rules."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db.models import F
from django.utils import timezone

from checkout.models import Account, Operation, Order, Payment
from checkout.states import State
from providers.base import Operation as Listed
from providers.base import OperationStatus, Outcome, Report, Verb
from providers.errors import Uncertain
from tests.commands.conftest import said
from tests.scripted import Script, make_account, make_order, make_payment, paid

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def account(script: Script) -> Account:
    return make_account()


def state(payment: Payment) -> str:
    payment.refresh_from_db()
    return payment.state


def test_an_order_is_asked_about(account: Account, script: Script) -> None:
    asked, left_alone = make_payment(account=account), make_payment(account=account)
    script.always("sync", paid)
    told = said("sync_payments", "--order", asked.order.number)
    assert f"{asked.reference}: started -> paid" in told
    assert (state(asked), state(left_alone)) == ("paid", "started")


def test_all_that_is_open_is_asked_about(account: Account, script: Script) -> None:
    first, second = make_payment(account=account), make_payment(account=account, state=State.PENDING)
    ended = make_payment(account=account, state=State.FAILED)
    script.will("sync", Uncertain("The provider did not answer in time."), paid)
    told = said("sync_payments", "--all-open")
    assert f"{first.reference}: started -> no answer\n" in told
    assert f"{second.reference}: pending -> paid" in told
    assert "2 asked about" in told
    assert state(ended) == "failed"


@pytest.mark.parametrize("words", [(), ("--all-open", "--order", "G-1"), ("--order", "G-1")])
def test_what_to_ask_about_has_to_be_clear(db: None, words: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        said("sync_payments", *words)


def test_what_was_cut_short_is_closed(account: Account, script: Script) -> None:
    crashed, young = (
        make_payment(account=account, state=State.CREATED),
        make_payment(account=account, state=State.CREATED),
    )
    Payment.objects.filter(pk=crashed.pk).update(created_at=timezone.now() - timedelta(minutes=5))
    told = said("recover")
    assert f"{crashed.reference}: created -> failed" in told
    assert (state(crashed), state(young)) == ("failed", "created")
    assert "1 looked at, 0 still open" in told


def test_an_operation_whose_end_is_unknown_is_asked_about(account: Account, script: Script) -> None:
    payment = make_payment(account=account, state=State.PAID)
    operation = Operation.objects.create(
        payment=payment, verb="refund", amount_minor=4299, currency="EUR", key="r-1",
        status=OperationStatus.UNCERTAIN,
    )  # fmt: skip
    script.will("sync", Uncertain("no"))
    assert "1 looked at, 1 still open" in said("recover")
    money = payment.money
    listed = Report(
        outcome=Outcome.REFUNDED, authorized=money, captured=money, refunded=money,
        operations=(Listed(verb=Verb.REFUND, money=money, status=OperationStatus.SUCCESS, key="r-1"),),
    )  # fmt: skip
    script.will("sync", listed)
    assert "1 looked at, 0 still open" in said("recover")
    operation.refresh_from_db()
    assert operation.status == OperationStatus.SUCCESS


def test_nothing_was_cut_short(db: None) -> None:
    assert "0 looked at, 0 still open" in said("recover")


def test_no_rule_is_broken(account: Account) -> None:
    make_payment(account=account, state=State.PAID)
    assert said("audit") == "No rule of money is broken.\n"


def test_a_broken_rule_is_named_and_ends_with_1(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    make_payment(account=account, state=State.PAID)
    Order.objects.update(amount_minor=F("amount_minor") + 1)
    make_order()
    with pytest.raises(SystemExit) as end:
        call_command("audit")
    assert end.value.code == 1
    assert "1 time: money of another amount than the order's came, unflagged." in capsys.readouterr().out
