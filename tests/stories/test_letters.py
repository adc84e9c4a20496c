"""Which e-mails does a customer get of us? Each once, about what is so, in the customer's language, text and HTML."""

from dataclasses import replace
from datetime import timedelta
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.utils import timezone

from checkout.models import Account, Letter, Order, Payment
from checkout.payments.apply import apply
from checkout.payments.letters import owe_again, still_to_send
from checkout.payments.links import invite, withdraw
from checkout.payments.operate import operate
from checkout.payments.settle import returned
from checkout.payments.start import start
from checkout.payments.timeline import Who
from checkout.tasks import run_sweep, send_letter
from providers.base import Outcome, Report, Verb
from providers.errors import Decline
from providers.money import Money
from tests.scripted import Clock, Script, codes, make_order, story, work

ALL = ["receipt", "refund", "known", "reminder"]


@pytest.fixture
def account(account: Account) -> Account:
    account.shop.letters = ALL
    account.shop.name, account.shop.support_email = "Bread & <b>Butter</b>", "help@bread.example"
    account.shop.save()
    return account


@pytest.fixture
def order(account: Account) -> Order:
    return make_order(
        account.shop, email="ada@example.com", language="fr", description="Two loaves", reference="B-7"
    )


def take(payment: Payment, report: Any) -> Payment:
    row = apply(payment.pk, report)
    work()
    return row


def money_came(payment: Payment) -> Report:
    return Report(
        outcome=Outcome.PAID, reference=payment.reference, authorized=payment.money, captured=payment.money
    )


def refused(payment: Payment) -> Report:
    return Report(outcome=Outcome.FAILED, reference=payment.reference, decline=Decline(code="51"))


def only_one() -> tuple[EmailMultiAlternatives, str]:
    """The one e-mail that went, and its HTML."""
    [message] = mail.outbox
    assert isinstance(message, EmailMultiAlternatives)
    [(html, kind)] = message.alternatives
    assert kind == "text/html"
    return message, str(html)


def letters() -> list[str]:
    return list(Letter.objects.order_by("pk").values_list("kind", flat=True))


# --- receipts --------------------------------------------------------------------------------------------------------


def test_a_receipt_once(script: Script, order: Order, payment: Payment) -> None:
    take(payment, money_came(payment))
    take(payment, money_came(payment))
    message, html = only_one()
    assert (message.to, message.reply_to) == (["ada@example.com"], ["help@bread.example"])
    assert message.extra_headers == {"Auto-Submitted": "auto-generated"}
    assert "42,99 €" in message.subject
    for text in (str(message.body), html):
        assert "B-7" in text
        assert "Two loaves" in text
        assert payment.reference in text
        assert order.pay_url in text
    assert '<html lang="fr">' in html
    assert "Bread &amp; &lt;b&gt;Butter&lt;/b&gt;" in html
    assert "Bread & <b>Butter</b>" in message.body
    assert codes(order).count("letter.sent") == 1
    assert letters() == ["receipt"]


def test_in_english(script: Script, account: Account) -> None:
    order = make_order(account.shop, email="ada@example.com")
    take(start(order, account), money_came(order.payments.get()))
    message, _html = only_one()
    assert message.subject == "Receipt: €42.99 paid to Bread & <b>Butter</b>"
    assert message.body.startswith(
        "Thank you. Your payment of €42.99 to Bread & <b>Butter</b> has been made.\n\nSee the receipt:\nhttp"
    )
    assert story(order)[-1] == "The customer was sent an e-mail (receipt; to ada@example.com)."


@pytest.mark.parametrize("live", [True, False])
def test_of_a_test_it_is_said(script: Script, order: Order, payment: Payment, live: bool) -> None:
    Account.objects.update(live=live)
    Order.objects.update(language="en")
    take(payment, money_came(payment))
    message, html = only_one()
    assert ("Test: no real money moves." in message.body) is not live
    assert ("Test: no real money moves." in html) is not live


def test_a_reserve_is_no_receipt_before_it_is_captured(
    script: Script, order: Order, payment: Payment
) -> None:
    take(payment, Report(outcome=Outcome.AUTHORIZED, reference=payment.reference, authorized=payment.money))
    assert letters() == []
    take(payment, money_came(payment))
    assert letters() == ["receipt"]


@pytest.mark.parametrize(
    "columns",
    [
        {"shop": {"letters": []}},
        {"shop": {"letters": ["refund", "known", "reminder"]}},
        {"order": {"email": ""}},
    ],
    ids=["none", "not this one", "no address"],
)
def test_who_gets_none(script: Script, order: Order, payment: Payment, columns: Any) -> None:
    for name, value in columns.get("shop", {}).items():
        setattr(order.shop, name, value)
        order.shop.save()
    Order.objects.filter(pk=order.pk).update(**columns.get("order", {"email": order.email}))
    take(payment, money_came(payment))
    assert (letters(), mail.outbox) == ([], [])


def test_no_mail_server_no_letter(script: Script, payment: Payment, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    settings.DEMO = settings.DEBUG = False
    take(payment, money_came(payment))
    assert letters() == []


def test_of_a_reserve_that_is_captured_in_part_no_more_is_called_paid(
    script: Script, order: Order, payment: Payment
) -> None:
    Order.objects.update(language="en")
    part = Money(3000, "EUR")
    reserved = Report(outcome=Outcome.AUTHORIZED, reference=payment.reference, authorized=payment.money)
    take(payment, reserved)
    paid = Report(outcome=Outcome.PAID, reference=payment.reference, authorized=payment.money, captured=part)
    take(payment, paid)
    take(payment, replace(paid, refunded=Money(500, "EUR")))
    receipt, refund = mail.outbox
    assert receipt.subject == "Receipt: €30.00 paid to Bread & <b>Butter</b>"
    assert "Your payment of €30.00 to" in receipt.body
    assert "Amount: €42.99\nOf which charged so far: €30.00\n" in receipt.body
    assert "Refunded now: €5.00\nPaid: €30.00\n" in refund.body
    assert [line for line in story(order) if "confirms" in line] == ["Scripted confirms: 30.00 EUR paid."]


def test_money_of_another_amount_is_no_receipt(script: Script, order: Order, payment: Payment) -> None:
    Order.objects.filter(pk=order.pk).update(amount_minor=5000)
    take(payment, money_came(payment))
    assert letters() == []


# --- refunds ---------------------------------------------------------------------------------------------------------


def test_each_refund_is_told_with_its_amount(script: Script, clock: Clock, payment: Payment) -> None:
    take(payment, money_came(payment))
    mail.outbox.clear()
    for minor in (1000, 3299):
        operate(Payment.objects.get(), Verb.REFUND, Money(minor, "EUR"))
        work()
    first, second = mail.outbox
    assert "10,00 €" in first.subject
    assert "32,99 €" in second.subject
    assert "42,99\xa0€" in second.body  # in all
    assert letters() == ["receipt", "refund", "refund"]


# --- we know now -----------------------------------------------------------------------------------------------------


def back_and_gone(clock: Clock, script: Script, payment: Payment, seconds: int = 120) -> None:
    """The shopper came back, read that we are checking, and left."""
    script.will("sync", lambda call: Report(outcome=Outcome.PENDING, reference=call.charge.reference))
    returned(payment, {}, patience=0.1)
    clock.forward(seconds=seconds)


@pytest.mark.parametrize("report", [money_came, refused], ids=["paid", "refused"])
def test_who_left_in_doubt_is_told(
    script: Script, clock: Clock, order: Order, payment: Payment, report: Any
) -> None:
    order.language = "en"
    order.save()
    back_and_gone(clock, script, payment)
    take(payment, report(payment))
    message, html = only_one()
    made = report is money_came
    assert message.subject == f"We know now: your payment of €42.99 was {'made' if made else 'not made'}"
    assert ("You need not pay again." in message.body) is made
    assert ("you have not been charged" in message.body) is not made
    assert ("Pay the order" in html) is not made
    assert letters() == ["known"]  # and no receipt beside it


def test_who_was_not_told_to_wait_is_not_told_that_they_were(
    script: Script, clock: Clock, order: Order, payment: Payment
) -> None:
    script.will("sync", lambda call: Report(outcome=Outcome.OPEN, reference=call.charge.reference))
    returned(payment, {}, patience=0.1)  # and reads that they may pay
    clock.forward(seconds=120)
    take(payment, Report(outcome=Outcome.CANCELED, reference=payment.reference))
    assert letters() == []


def test_the_merchants_own_browser_is_no_shopper_in_doubt(
    script: Script, clock: Clock, payment: Payment
) -> None:
    Payment.objects.update(desk={"back": "/admin/"})
    back_and_gone(clock, script, payment)
    take(payment, money_came(payment))
    assert letters() == ["receipt"]


def test_paid_otherwise_before_the_no_is_sent(
    script: Script, clock: Clock, account: Account, order: Order, payment: Payment
) -> None:
    order.language = "en"
    order.save()
    back_and_gone(clock, script, payment)
    apply(payment.pk, refused(payment))
    again = start(order, account)
    apply(again.pk, money_came(again))
    work()
    known = next(message for message in mail.outbox if "not made" in message.subject)
    assert "You need not pay again." in known.body
    assert "order again" not in known.body
    assert "Pay the order" not in known.body


def test_who_waits_on_the_page_reads_it_there(script: Script, clock: Clock, payment: Payment) -> None:
    back_and_gone(clock, script, payment, seconds=5)
    take(payment, refused(payment))
    assert letters() == []


def test_reserved_after_all(script: Script, clock: Clock, order: Order, payment: Payment) -> None:
    back_and_gone(clock, script, payment)
    take(payment, Report(outcome=Outcome.AUTHORIZED, reference=payment.reference, authorized=payment.money))
    assert letters() == ["known"]
    assert "42,99 €" in only_one()[0].subject


# --- reminders -------------------------------------------------------------------------------------------------------


@pytest.fixture
def lasting(account: Account) -> Order:
    return make_order(
        account.shop, email="ada@example.com", reference="B-9", expires_at=timezone.now() + timedelta(days=3)
    )


def test_a_link_is_called_to_mind_once_before_it_ends(script: Script, clock: Clock, lasting: Order) -> None:
    link, _new = invite(lasting, channel="email", to="bob@example.com", language="en", who=Who.MERCHANT)
    work()
    mail.outbox.clear()
    clock.forward(days=2, seconds=-60)
    run_sweep()
    assert letters() == []
    clock.forward(seconds=61)
    for _time in range(2):
        run_sweep()
        work()
    message, html = only_one()
    assert message.to == ["bob@example.com"]
    assert message.subject.startswith("A reminder: €42.99 to pay to ")
    assert link.url in message.body
    assert f'href="{link.url}"' in html


@pytest.mark.parametrize("what", ["paid", "withdrawn", "short", "not wanted", "under way"])
def test_nobody_is_reminded_in_vain(
    script: Script, clock: Clock, account: Account, lasting: Order, what: str
) -> None:
    if what == "short":
        Order.objects.filter(pk=lasting.pk).update(expires_at=timezone.now() + timedelta(hours=40))
        lasting.refresh_from_db()
    link, _new = invite(lasting, channel="email", to="bob@example.com", language="en", who=Who.MERCHANT)
    work()
    if what in ("paid", "under way"):
        attempt = start(lasting, account)
        outcome = (
            money_came(attempt)
            if what == "paid"
            else Report(outcome=Outcome.PENDING, reference=attempt.reference)
        )
        apply(attempt.pk, outcome)
    if what == "withdrawn":
        withdraw(link, who=Who.MERCHANT)
    if what == "not wanted":
        account.shop.letters = ["receipt"]
        account.shop.save()
    script.will("sync", lambda call: Report(outcome=Outcome.PENDING, reference=call.charge.reference))
    clock.forward(days=2, seconds=2)
    run_sweep()
    assert "reminder" not in letters()


def test_those_who_are_not_reminded_do_not_hold_up_the_rest(
    script: Script, clock: Clock, account: Account, lasting: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("checkout.payments.letters._REMINDED_AT_ONCE", 1)
    short = make_order(
        account.shop, email="eve@example.com", expires_at=timezone.now() + timedelta(hours=47, minutes=59)
    )
    for one in (short, lasting):
        invite(one, channel="email", to="bob@example.com", language="en", who=Who.MERCHANT)
    work()
    Order.objects.filter(pk=short.pk).update(expires_at=timezone.now() + timedelta(hours=47))
    Order.objects.filter(pk=lasting.pk).update(expires_at=timezone.now() + timedelta(hours=49))
    clock.forward(hours=26)
    run_sweep()
    assert Letter.objects.get().order == lasting


def test_paid_between_writing_and_sending(
    script: Script, clock: Clock, account: Account, lasting: Order
) -> None:
    invite(lasting, channel="email", to="bob@example.com", language="en", who=Who.MERCHANT)
    work()
    clock.forward(days=2, seconds=2)
    run_sweep()
    account.shop.letters = ["reminder"]
    account.shop.save()
    attempt = start(lasting, account)
    apply(attempt.pk, money_came(attempt))
    mail.outbox.clear()
    clock.forward(seconds=25)
    run_sweep()
    work()
    assert mail.outbox == []
    assert Letter.objects.get(kind="reminder").next_try_at is None


# --- a server that does not take it ----------------------------------------------------------------------------------


def test_it_is_tried_again_and_then_given_up(
    script: Script, clock: Clock, order: Order, payment: Payment, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = []

    def down(message: Any) -> int:
        tries.append(message)
        raise SMTPServerDisconnected

    monkeypatch.setattr(EmailMultiAlternatives, "send", down)
    take(payment, money_came(payment))
    for _time in range(8):
        clock.forward(hours=7)
        run_sweep()
        work()
    letter = Letter.objects.get()
    assert (len(tries), letter.attempts, letter.sent_at, letter.next_try_at) == (6, 6, None, None)
    assert letter.error == "The mail server did not take it (SMTPServerDisconnected)."
    assert codes(order).count("letter.not_sent") == 1

    monkeypatch.undo()
    assert owe_again(letter) is True
    assert owe_again(letter) is False
    work()
    assert len(mail.outbox) == 1


def test_a_refused_address_is_said(
    script: Script, order: Order, payment: Payment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(message: Any) -> int:
        raise SMTPRecipientsRefused({})

    monkeypatch.setattr(EmailMultiAlternatives, "send", refuse)
    take(payment, money_came(payment))
    assert Letter.objects.get().error == "The mail server refuses the address."


def test_of_two_tasks_for_one_letter_one_sends_it(
    script: Script, clock: Clock, order: Order, payment: Payment
) -> None:
    """One from its writing, one from the sweep, where the workers are behind."""
    apply(payment.pk, money_came(payment))
    letter = Letter.objects.get()
    assert still_to_send(letter.pk) == letter
    assert still_to_send(letter.pk) is None  # it is in another worker's hand
    clock.forward(minutes=4)  # which has died
    run_sweep()
    mail.outbox.clear()
    work()
    letter.refresh_from_db()
    assert (len(mail.outbox), letter.attempts, letter.data) == (1, 2, {})


def test_a_slow_server_is_not_asked_by_two_and_a_lost_last_try_is_said(
    script: Script, clock: Clock, order: Order, payment: Payment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(message: Any) -> int:
        due = Letter.objects.get().next_try_at
        assert due is not None
        assert due > timezone.now() + timedelta(seconds=120)  # it is in hand
        raise SystemExit  # and its worker dies with it

    apply(payment.pk, money_came(payment))
    letter = Letter.objects.get()
    with monkeypatch.context() as at_first:
        at_first.setattr(EmailMultiAlternatives, "send", slow)
        with pytest.raises(SystemExit):
            send_letter.call(letter.pk)
    Letter.objects.update(attempts=6)  # it was the last one
    clock.forward(hours=1)
    run_sweep()
    work()
    letter.refresh_from_db()
    assert (letter.sent_at, letter.next_try_at) == (None, None)
    assert (mail.outbox, codes(order).count("letter.not_sent")) == ([], 1)
