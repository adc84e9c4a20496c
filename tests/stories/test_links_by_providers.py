"""How does a customer get a provider's link? By each of the account's channels; and how it ends, well or badly."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from checkout.merchant.link_rows import can_send_again
from checkout.models import Account, Invitation, Order, Payment
from checkout.payments import links
from checkout.payments.cancel import give_up
from checkout.payments.links import NotSent, errors_of, invite, send_again, withdraw
from checkout.payments.recover import check
from checkout.payments.start import start, start_once
from checkout.payments.timeline import Who
from checkout.states import OrderState, State
from providers.base import Invitation as Invited
from providers.base import Outcome, Report, Started
from providers.errors import Decline, Declined, Invalid, Misconfigured, Uncertain, Unreachable
from providers.money import Money
from tests.scripted import (
    Call,
    Clock,
    Script,
    Scripted,
    authorized,
    codes,
    events,
    make_account,
    make_order,
    paid,
    story,
    work,
)

Standing = Invitation.Standing
PHONE = "+33600000000"


def made(order: Order, account: Account, channel: str = "sms", to: str = PHONE, **more: Any) -> Invitation:
    return invite(order, account=account, channel=channel, to=to, who=Who.MERCHANT, **more)[0]


def fresh(invitation: Invitation) -> Invitation:
    return Invitation.objects.select_related("order__shop", "payment__account").get(pk=invitation.pk)


def of(invitation: Invitation) -> Payment:
    assert invitation.payment is not None
    return Payment.objects.select_related("order__shop", "account").get(pk=invitation.payment.pk)


# --- by each channel -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("channel", "to", "word", "standing", "times"),
    [
        ("mail", "ada@example.com", "e-mail by the provider", Standing.SENT, 1),
        ("sms", PHONE, "SMS by the provider", Standing.SENT, 1),
        ("whatsapp", PHONE, "WhatsApp by the provider", Standing.SENT, 1),
        ("url", "", "provider's link", Standing.READY, 0),
    ],
)
def test_a_providers_link(
    script: Script,
    account: Account,
    order: Order,
    channel: str,
    to: str,
    word: str,
    standing: str,
    times: int,
) -> None:
    link = made(
        order, account, channel, to, subject="Your order", text=" Pay {amount} \n", language="fr", key="k-1"
    )
    payment = of(link)
    assert (link.state, link.standing, link.times, link.problem, link.is_good) == (
        "sent",
        standing,
        times,
        "",
        True,
    )
    assert link.url == f"https://provider.example/pay/P-{payment.reference}"
    assert (payment.state, payment.channel, payment.request_key) == (State.STARTED, channel, "k-1")
    started = script.asked("start")[0].charge
    assert started.invitation == Invited(to=to, subject="Your order", text="Pay {amount}")
    assert (started.channel, started.language) == (channel, "fr")
    assert script.verbs() == ["complaints", "refuses", "refuses", "prepare", "start"]
    assert story(order)[1:] == [
        f"A payment link was made ({word}; to {to or '—'}).",
        f"Attempt 1 is open at Scripted, which calls it P-{payment.reference}.",
    ]
    assert (events(order), work()) == ([], [])

    script.will("sync", paid)
    check(of(link))
    order.refresh_from_db()
    link = fresh(link)
    assert (order.state, link.standing, link.is_good) == (OrderState.PAID, Standing.PAID, False)
    assert events(order) == ["order.paid"]


# --- refused ---------------------------------------------------------------------------------------------------------


def test_what_the_provider_would_refuse_is_named_as_it_was_asked(
    script: Script, account: Account, order: Order
) -> None:
    script.will("complaints", (
        ("invitation.to", "is a mobile number"), ("invitation.subject", "is needed"),
        ("invitation.text", "cannot be sent"), ("channel", "is odd"), ("customer.email", "is too long"),
    ))  # fmt: skip
    with pytest.raises(NotSent) as no:
        made(order, account, to="12")
    assert no.value.errors == (
        ("to", "is a mobile number"), ("subject", "is needed"), ("text", "cannot be sent"), ("channel", "is odd"),
        ("customer.email", "is too long"),
    )  # fmt: skip
    assert str(no.value).startswith("to: is a mobile number; subject: is needed;")
    assert (order.payments.count(), order.invitations.count(), codes(order)) == (0, 0, ["order.created"])


@pytest.mark.parametrize("channel", ["invoice", "copy", "email", "page", ""])
def test_not_one_of_the_accounts_channels(
    script: Script, account: Account, order: Order, channel: str
) -> None:
    with pytest.raises(NotSent, match=f"scripted account sends nothing by {channel}") as no:
        made(order, account, channel)
    assert no.value.errors == (("channel", "is not one of this account's"),)
    assert script.calls == []


def test_a_provider_that_sends_nothing(order: Order) -> None:
    with pytest.raises(NotSent, match="bare account sends nothing by sms"):
        made(order, make_account(order.shop, provider="bare"))


def test_an_account_of_another_shop_or_switched_off_gives_nothing_up(
    script: Script, account: Account, order: Order, payment: Payment
) -> None:
    for other in (make_account(), make_account(order.shop, enabled=False)):
        with pytest.raises(NotSent, match=r"The account is not for this order\."):
            made(order, other)
    broken = make_account(order.shop)
    broken.secrets = {}
    broken.save()
    with pytest.raises(NotSent, match="The settings of scripted account are not right: password"):
        made(order, broken)
    script.will("refuses", "Not this order.")
    with pytest.raises(NotSent, match=r"Not this order\."):
        made(order, account)
    assert script.asked("cancel") == []
    assert Payment.objects.get(pk=payment.pk).state == State.STARTED


def test_refused_at_the_start(script: Script, account: Account, order: Order) -> None:
    script.will("start", Invalid("invitation.to", "is not in service", ("customer.phone", "is odd")))
    link = made(order, account)
    assert (link.state, link.standing, link.times, link.is_good) == ("failed", Standing.NOT_SENT, 0, False)
    assert link.problem == "invitation.to: is not in service; customer.phone: is odd"
    assert errors_of(link) == (("to", "is not in service"), ("customer.phone", "is odd"))
    assert of(link).state == State.FAILED
    with pytest.raises(NotSent, match="make a new one"):
        send_again(link, who=Who.MERCHANT)
    assert made(order, account).standing == Standing.SENT


@pytest.mark.parametrize(
    ("problem", "why"),
    [
        (Declined(Decline(code="51", message="Too much.")), "Too much."),
        (Unreachable("It could not be reached."), "It could not be reached."),
        (Misconfigured("SMS are not enabled."), "SMS are not enabled."),
    ],
)
def test_declined_at_the_start(
    script: Script, account: Account, order: Order, problem: Exception, why: str
) -> None:
    script.will("start", problem)
    link = made(order, account)
    assert (link.state, link.standing, link.problem, errors_of(link)) == (
        "failed",
        Standing.NOT_SENT,
        why,
        (),
    )
    assert of(link).state == State.FAILED
    assert f"Scripted says the payment failed: {why}" in story(order)


# --- nobody knows ----------------------------------------------------------------------------------------------------


def test_no_answer_and_nothing_was_sent(script: Script, account: Account, order: Order) -> None:
    script.will("start", Uncertain("No answer."))
    link = made(order, account)
    assert (link.state, link.standing, link.times, link.url) == ("new", Standing.UNKNOWN, 0, "")
    with pytest.raises(NotSent, match="cannot send this link again"):
        send_again(link, who=Who.MERCHANT)
    check(of(link))  # OPEN: it is given up there
    link = fresh(link)
    assert (of(link).state, link.standing, link.problem) == (
        State.FAILED, Standing.NOT_SENT, "The attempt was never opened.",
    )  # fmt: skip
    assert script.verbs()[-2:] == ["sync", "cancel"]
    assert len(script.asked("start")) == 1  # nothing that sends is sent again


def test_no_answer_but_it_was_sent_and_paid(script: Script, account: Account, order: Order) -> None:
    script.will("start", Uncertain("No answer."))
    link = made(order, account)
    script.will("sync", Report(outcome=Outcome.PENDING, warning="May have been sent."), paid)
    check(of(link))
    assert (fresh(link).standing, fresh(link).is_good) == (Standing.UNDER_WAY, True)
    check(of(link))
    order.refresh_from_db()
    assert (order.state, fresh(link).standing, fresh(link).problem) == (OrderState.PAID, Standing.PAID, "")


def test_while_it_is_being_sent(script: Script, account: Account, order: Order) -> None:
    seen: list[Any] = []

    def meanwhile() -> None:
        link = order.invitations.get()
        seen.append(link.standing)
        with pytest.raises(NotSent, match="could not withdraw the link now"):
            withdraw(link, who=Who.MERCHANT)
        with pytest.raises(NotSent, match="cannot send this link again"):
            send_again(link, who=Who.MERCHANT)
        with pytest.raises(NotSent, match="Another attempt is open"):
            made(order, account, "url", "")

    script.during("start", meanwhile)
    assert made(order, account).standing == Standing.SENT
    assert seen == [Standing.ON_ITS_WAY]
    assert script.asked("cancel") == []


def test_decided_at_once(script: Script, account: Account, order: Order) -> None:
    script.will("start", lambda call: Started(show=None, provider_id="P-1", report=paid(call)))
    link = made(order, account)
    assert (link.state, link.standing, link.url) == ("sent", Standing.PAID, "")


# --- another attempt is open -----------------------------------------------------------------------------------------


def test_the_open_attempt_is_given_up_first(
    script: Script, account: Account, order: Order, payment: Payment
) -> None:
    link = made(order, account)
    assert [str(row.state) for row in order.payments.order_by("number")] == ["canceled", "started"]
    assert script.verbs()[-5:] == ["refuses", "cancel", "refuses", "prepare", "start"]
    assert script.asked("cancel")[0].give_up is False
    assert (of(link).number, codes(order)[-3:]) == (2, ["payment.canceled", "link.made", "payment.started"])


def test_the_open_attempt_cannot_be_given_up(
    script: Script, account: Account, order: Order, payment: Payment
) -> None:
    script.will("cancel", Uncertain("No answer."))
    with pytest.raises(NotSent, match="Another attempt is open and cannot be given up at its provider now"):
        made(order, account)
    assert (order.payments.count(), order.invitations.count(), len(script.asked("start"))) == (1, 0, 1)


@pytest.mark.parametrize("told", [paid, authorized])
def test_the_open_attempt_was_paid(
    script: Script, account: Account, order: Order, payment: Payment, told: Callable[[Call], Report]
) -> None:
    script.will("cancel", told)
    with pytest.raises(NotSent, match="No link can be made"):
        made(order, account)
    assert order.invitations.count() == 0


def test_a_further_attempt_could_charge_twice(
    script: Script, account: Account, order: Order, payment: Payment
) -> None:
    script.will("sync", Report(outcome=Outcome.FAILED, may_retry=False))
    check(payment)
    with pytest.raises(NotSent, match="A further attempt could charge twice"):
        made(order, account)


# --- the same request ------------------------------------------------------------------------------------------------


def test_one_key_is_one_link_also_when_it_was_given_up_since(
    script: Script, account: Account, order: Order
) -> None:
    first = made(order, account, key="k-1")
    second, new = invite(order, account=account, channel="sms", to=PHONE, key="k-1", who=Who.SHOP)
    assert (second.pk, new, fresh(first).standing) == (first.pk, False, Standing.SENT)
    withdraw(first, who=Who.MERCHANT)
    assert made(order, account, key="k-1").standing == Standing.WITHDRAWN
    assert (len(script.asked("start")), codes(order).count("link.made")) == (1, 1)
    for other in (
        {"to": "+33600000001"},
        {"channel": "url", "to": ""},
        {"account": make_account(order.shop)},
    ):
        with pytest.raises(NotSent, match=r"This key was used for another link\."):
            made(order, **{"account": account, **other}, key="k-1")  # type: ignore[arg-type]


def test_a_key_of_a_payment_is_none_for_a_link(script: Script, account: Account, order: Order) -> None:
    attempt, _new = start_once(order, account, key="k-1", who=Who.SHOP)
    script.will("sync", Report(outcome=Outcome.EXPIRED))
    check(attempt)
    with pytest.raises(NotSent, match=r"This key was used for another payment\."):
        made(order, account, key="k-1")
    assert order.invitations.count() == 0


# --- once more -------------------------------------------------------------------------------------------------------


def test_sent_again(script: Script, clock: Clock, account: Account, order: Order) -> None:
    link = made(
        order, account, "mail", "ada@example.com", subject="Your order", text="Pay {link}", language="fr"
    )
    clock.forward(minutes=5)
    again = send_again(link, who=Who.MERCHANT)
    assert (again.times, again.standing) == (2, Standing.SENT)
    assert again.sent_at is not None
    assert again.sent_at > timezone.now() - timedelta(minutes=1)
    before, after = script.asked("start")[0].charge, script.asked("update")[0].charge
    for name in ("invitation", "channel", "language", "money", "expires_at", "reference"):
        assert getattr(after, name) == getattr(before, name), name
    assert after.provider_id == f"P-{before.reference}"
    assert story(order)[-1] == "The payment link is sent again (e-mail by the provider; to ada@example.com)."


def test_at_most_so_many(script: Script, account: Account, order: Order) -> None:
    link = made(order, account)
    for _number in range(links.SEND_AT_MOST - 1):
        send_again(link, who=Who.MERCHANT)
    for asked in (lambda: send_again(link, who=Who.MERCHANT), lambda: made(order, account)):
        with pytest.raises(NotSent, match="10 messages were sent for this order"):
            asked()
    assert (len(script.asked("update")), len(script.asked("start"))) == (9, 1)


def test_an_account_whose_provider_sends_nothing_anew_is_not_asked_to(
    script: Script, account: Account, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    link, _new = invite(order, account=account, channel="sms", to="+33600000000", who=Who.MERCHANT)
    link.refresh_from_db()
    assert can_send_again(link)
    monkeypatch.setattr(Scripted, "sends_again", lambda self: False)
    assert not can_send_again(link)
    with pytest.raises(NotSent, match="cannot send this link again; make a new one"):
        send_again(link, who=Who.MERCHANT)
    assert script.asked("update") == []


def test_not_sent_again(script: Script, account: Account, order: Order) -> None:
    link = made(order, account)
    script.will("update", Uncertain("No answer."), Invalid("invitation.to", "is odd"))
    with pytest.raises(NotSent, match="No answer"):
        send_again(link, who=Who.MERCHANT)
    with pytest.raises(NotSent) as no:
        send_again(link, who=Who.MERCHANT)
    assert no.value.errors == (("to", "is odd"),)
    assert story(order)[-1] == "Scripted could not send the payment link again: invitation.to: is odd"
    assert (fresh(link).times, of(link).state) == (1, State.STARTED)


@pytest.mark.parametrize(
    ("told", "state", "why", "standing"),
    [
        (paid, "paid", "It was paid before it was sent again.", Standing.PAID),
        (Report(outcome=Outcome.EXPIRED), "expired", "The link is over; make a new one.", Standing.EXPIRED),
        (Report(outcome=Outcome.FAILED), "failed", "The link is over; make a new one.", Standing.FAILED),
    ],
)
def test_it_was_over_when_it_was_to_be_sent_again(
    script: Script, account: Account, order: Order, told: Any, state: str, why: str, standing: str
) -> None:
    link = made(order, account)
    script.will("update", told)
    with pytest.raises(NotSent, match=why):
        send_again(link, who=Who.MERCHANT)
    assert (of(link).state, fresh(link).standing, fresh(link).times) == (state, standing, 1)
    with pytest.raises(NotSent):
        send_again(link, who=Who.MERCHANT)
    assert len(script.asked("update")) == 1


def test_a_link_to_hand_over_is_not_sent_again(script: Script, account: Account, order: Order) -> None:
    link = made(order, account, "url", "")
    with pytest.raises(NotSent, match="make a new one"):
        send_again(link, who=Who.MERCHANT)
    assert script.asked("update") == []


# --- withdrawn -------------------------------------------------------------------------------------------------------


def test_withdrawn_at_the_provider(script: Script, account: Account, order: Order) -> None:
    link = withdraw(made(order, account), who=Who.MERCHANT)
    assert (link.state, link.standing, of(link).state, link.is_good) == (
        "withdrawn", Standing.WITHDRAWN, State.CANCELED, False,
    )  # fmt: skip
    assert script.asked("cancel")[0].give_up is False
    assert codes(order)[-2:] == ["payment.canceled", "link.withdrawn"]
    order.refresh_from_db()
    assert order.state == OrderState.OPEN
    assert start(order, account).state == State.STARTED


def test_money_beats_a_withdrawal(script: Script, account: Account, order: Order) -> None:
    link = made(order, account)
    script.will("cancel", paid)
    with pytest.raises(NotSent, match="It was paid before it was withdrawn"):
        withdraw(link, who=Who.MERCHANT)
    order.refresh_from_db()
    assert (order.state, fresh(link).state, fresh(link).standing) == (OrderState.PAID, "sent", Standing.PAID)
    assert events(order) == ["order.paid"]


@pytest.mark.parametrize("told", [Uncertain("No answer."), Report(outcome=Outcome.OPEN)])
def test_the_provider_cannot_withdraw_it_now(
    script: Script, account: Account, order: Order, told: Any
) -> None:
    link = made(order, account)
    script.will("cancel", told)
    with pytest.raises(NotSent, match="it can still be paid"):
        withdraw(link, who=Who.MERCHANT)
    assert (fresh(link).state, fresh(link).standing, "link.withdrawn" in codes(order)) == (
        "sent", Standing.SENT, False,
    )  # fmt: skip


def test_money_that_comes_after_the_withdrawal(script: Script, account: Account, order: Order) -> None:
    link = withdraw(made(order, account), who=Who.MERCHANT)
    script.will("sync", paid)
    check(of(link))
    order.refresh_from_db()
    assert (order.state, fresh(link).standing) == (OrderState.PAID, Standing.PAID)


# --- it ends otherwise -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "standing"),
    [
        (Report(outcome=Outcome.OPEN), Standing.SENT),
        (Report(outcome=Outcome.PENDING), Standing.UNDER_WAY),
        (Report(outcome=Outcome.EXPIRED), Standing.EXPIRED),
        (Report(outcome=Outcome.CANCELED), Standing.GIVEN_UP),
        (Report(outcome=Outcome.FAILED, decline=Decline(code="05", message="No.")), Standing.FAILED),
        (authorized, Standing.PAID),
        (paid, Standing.PAID),
    ],
)
def test_a_link_tells_how_it_stands(
    script: Script, account: Account, order: Order, told: Any, standing: str
) -> None:
    link = made(order, account)
    script.will("sync", told)
    check(of(link))
    link = fresh(link)
    assert link.standing == standing
    assert link.is_good is (standing in {Standing.SENT, Standing.UNDER_WAY})
    assert link.problem == ("No." if standing == Standing.FAILED else "")


def test_the_order_is_over(script: Script, clock: Clock, account: Account) -> None:
    waits, canceled = make_order(account.shop), make_order(account.shop, money=Money(100, "EUR"))
    one, two = made(waits, account), made(canceled, account)
    give_up(canceled, who=Who.SHOP)
    clock.forward(days=1)
    assert (fresh(one).standing, fresh(one).is_good) == (Standing.EXPIRED, False)
    assert (fresh(two).standing, fresh(two).is_good) == (Standing.GIVEN_UP, False)
    with pytest.raises(NotSent, match="cannot be paid now"):
        send_again(one, who=Who.MERCHANT)
    with pytest.raises(NotSent, match="cannot be paid now"):
        made(waits, account)
