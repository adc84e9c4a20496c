"""How does a customer get a link of ours? Copied or e-mailed, with its ends: rows, timeline, what the shop hears."""

from datetime import timedelta
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.core.mail import EmailMessage
from django.utils import timezone
from django.utils.translation import override
from django_tasks_db.models import DBTaskResult

from checkout.models import Account, Invitation, Order
from checkout.payments import links
from checkout.payments.apply import apply
from checkout.payments.cancel import give_up
from checkout.payments.expire import expire
from checkout.payments.links import NotSent, invite, send_again, withdraw
from checkout.payments.start import start
from checkout.payments.timeline import Who
from checkout.states import State
from checkout.tasks import run_sweep, send_invitation
from tests import french
from tests.scripted import (
    Call,
    Clock,
    Script,
    codes,
    events,
    make_agreement,
    make_order,
    make_payment,
    paid,
    story,
    work,
)

pytestmark = pytest.mark.usefixtures("script")
Standing = Invitation.Standing
ADA = "ada@example.com"


def made(order: Order, channel: str = "email", to: str = ADA, **more: Any) -> Invitation:
    return invite(order, channel=channel, to=to, who=Who.MERCHANT, **more)[0]


def fresh(invitation: Invitation) -> Invitation:
    return Invitation.objects.select_related("order__shop", "payment").get(pk=invitation.pk)


def refuse_mail(monkeypatch: pytest.MonkeyPatch, problem: Exception) -> None:
    def refused(self: EmailMessage, fail_silently: bool = False) -> int:
        raise problem

    monkeypatch.setattr(EmailMessage, "send", refused)


# --- copied ----------------------------------------------------------------------------------------------------------


def test_a_link_is_copied(order: Order) -> None:
    user = User.objects.create_user("merchant")
    link, new = invite(order, channel="copy", who=Who.MERCHANT, user=user)
    assert new is True
    assert link.url == f"http://testserver/l/{link.token}/"
    assert (link.state, link.standing, link.is_good, link.is_handed_over) == (
        "sent",
        Standing.READY,
        True,
        True,
    )
    assert (link.times, link.next_try_at, link.requested_by, link.language) == (0, None, user, "en")
    assert story(order)[1:] == ["A payment link was made (link to copy; to —)."]
    entry = order.timeline.last()
    assert entry is not None
    assert (entry.who, entry.user) == (Who.MERCHANT, user)
    assert events(order) == []
    assert work() == []
    with pytest.raises(NotSent, match=r"This link cannot be sent again; make a new one\."):
        send_again(link, who=Who.MERCHANT)


def test_many_may_be_copied(order: Order) -> None:
    assert len({made(order, "copy", "").token for _number in range(links.SEND_AT_MOST + 2)}) == 12


# --- e-mailed --------------------------------------------------------------------------------------------------------


def test_a_link_is_mailed_at_once(order: Order) -> None:
    link = made(order)
    assert (link.state, link.standing) == ("new", Standing.ON_ITS_WAY)
    assert mail.outbox == []
    assert work() == ["send_invitation"]
    link = fresh(link)
    assert (link.state, link.standing, link.times, link.error, link.next_try_at) == (
        "sent", Standing.SENT, 1, "", None,
    )  # fmt: skip
    assert link.sent_at is not None
    assert [message.to for message in mail.outbox] == [[ADA]]
    assert story(order)[1:] == [
        "A payment link was made (e-mail; to ada@example.com).",
        "The payment link was sent to ada@example.com.",
    ]
    assert (events(order), run_sweep(), work()) == ([], 0, [])


@pytest.mark.parametrize(
    ("problem", "why"),
    [
        (SMTPServerDisconnected("secret-of-the-server"), "The mail server did not take it (SMTPServerDisconnected)."),
        (TimeoutError("timed out"), "The mail server did not take it (TimeoutError)."),
        (SMTPRecipientsRefused({ADA: (550, b"secret-of-the-server")}), "The mail server refuses the address."),
        (ValueError("label too long"), "No e-mail can be made of this address and subject."),
    ],
)  # fmt: skip
def test_the_mail_server_refuses_and_it_is_sent_again(
    monkeypatch: pytest.MonkeyPatch, order: Order, problem: Exception, why: str
) -> None:
    link = made(order)
    with monkeypatch.context() as patched:
        refuse_mail(patched, problem)
        assert work() == ["send_invitation"]
    link = fresh(link)
    assert (link.state, link.standing, link.problem, link.times) == ("failed", Standing.NOT_SENT, why, 0)
    assert link.is_good  # whoever has it may still pay with it
    assert run_sweep() == 0  # nobody tries for ever
    assert story(order)[-1] == f"The payment link could not be sent to ada@example.com: {why}"
    assert "secret-of-the-server" not in " ".join(story(order))

    again = send_again(link, who=Who.MERCHANT)
    assert (again.state, again.error) == ("new", "")
    with pytest.raises(NotSent, match="It is on its way already"):
        send_again(again, who=Who.MERCHANT)
    assert work() == ["send_invitation"]
    link = fresh(link)
    assert (link.state, link.problem, link.times, len(mail.outbox)) == ("sent", "", 1, 1)
    assert story(order)[-2:] == [
        "The payment link is sent again (e-mail; to ada@example.com).",
        "The payment link was sent to ada@example.com.",
    ]


def test_a_lost_task_is_found_by_the_sweep(order: Order) -> None:
    link = made(order)
    DBTaskResult.objects.all().delete()
    assert (run_sweep(), work()) == (0, [])  # somebody may be at it
    Invitation.objects.filter(pk=link.pk).update(next_try_at=timezone.now() - timedelta(seconds=1))
    assert run_sweep() == 1
    assert run_sweep() == 0  # the lease
    assert work() == ["send_invitation"]
    assert (fresh(link).state, len(mail.outbox)) == ("sent", 1)
    send_invitation.func(link.pk)  # the lost one turns up after all
    assert (fresh(link).times, len(mail.outbox)) == (1, 1)


def test_why_an_email_did_not_go_is_kept_in_english(order: Order) -> None:
    why = "The order cannot be paid now: reopen it, or give it more time."
    link = made(order)
    give_up(order, who=Who.MERCHANT)
    with french.spoken({why: "[fr] Plus payable."}), override("fr"):
        assert links.still_to_send(link.pk) is None
        with pytest.raises(NotSent, match=r"\[fr\] Plus payable"):
            made(order)
    entry = order.timeline.get(code="link.not_sent")
    assert (fresh(link).error, entry.data["why"]) == (why, why)


def test_a_customer_is_not_flooded(order: Order) -> None:
    for _number in range(links.SEND_AT_MOST):
        made(order)
    with pytest.raises(NotSent, match="10 messages were sent for this order; that is enough"):
        made(order)  # though none has gone yet
    assert order.invitations.count() == 10
    assert len(work()) == len(mail.outbox) == 10
    with pytest.raises(NotSent, match="10 messages"):
        made(order)
    with pytest.raises(NotSent, match="10 messages"):
        send_again(order.invitations.first(), who=Who.MERCHANT)  # type: ignore[arg-type]
    assert (work(), "link.again" in codes(order)) == ([], False)
    assert set(order.invitations.values_list("state", flat=True)) == {"sent"}


def test_the_language_is_the_orders_or_another(order: Order) -> None:
    Order.objects.filter(pk=order.pk).update(language="fr")
    order.refresh_from_db()
    assert (made(order).language, made(order, language="en").language) == ("fr", "en")
    with pytest.raises(NotSent) as no:
        made(order, language="tlh")
    assert no.value.errors == (("language", "is none that we speak"),)


# --- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "asked", "why"),
    [
        ("to", {"to": ""}, "is one e-mail address"),
        ("to", {"to": "ada"}, "is one e-mail address"),
        ("to", {"to": "ada@example.com, eve@example.com"}, "is one e-mail address"),
        ("to", {"to": "ada@example.com\nBcc: eve@example.com"}, "is one e-mail address"),
        ("to", {"to": f"{'a' * 250}@example.com"}, "has more than 254 characters"),
        ("subject", {"subject": "x" * 151}, "has more than 150 characters"),
        ("text", {"text": "x" * 5001}, "has more than 5000 characters"),
        ("key", {"key": "x" * 256}, "has more than 255 characters"),
    ],
)
def test_nothing_is_cut_and_nobody_else_is_written_to(
    order: Order, field: str, asked: dict[str, str], why: str
) -> None:
    with pytest.raises(NotSent) as no:
        made(order, **asked)
    assert (no.value.errors, str(no.value)) == (((field, why),), f"{field}: {why}")
    assert (order.invitations.count(), codes(order), work()) == (0, ["order.created"], [])


def test_a_providers_channel_needs_its_account(order: Order) -> None:
    with pytest.raises(NotSent) as no:
        made(order, "sms", "+33600000000")
    assert no.value.errors == (("channel", "is a provider's"),)


@pytest.mark.parametrize(
    ("demo", "debug", "offered"),
    [(False, False, ("copy",)), (True, False, ("copy", "email")), (False, True, ("copy", "email"))],
)
def test_where_mails_are_only_printed_none_is_called_sent(
    settings: Any, order: Order, demo: bool, debug: bool, offered: tuple[str, ...]
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    settings.DEMO, settings.DEBUG = demo, debug
    assert links.channels_of_ours() == offered
    if "email" not in offered:
        with pytest.raises(NotSent, match="No mail server is set up for this site: set EMAIL_URL") as no:
            made(order)
        assert no.value.errors == (("channel", "has no mail server"),)
        assert made(order, "copy", "").url


def test_an_order_that_cannot_be_paid_has_no_link(account: Account, clock: Clock) -> None:
    over, canceled, held = (make_order(account.shop) for _order in range(3))
    give_up(canceled, who=Who.SHOP)
    make_payment(held, account, state=State.AUTHORIZED)
    further = make_order(account.shop)
    Order.objects.filter(pk=further.pk).update(agreement=make_agreement(account))
    Order.objects.filter(pk=over.pk).update(expires_at=timezone.now())
    for order, why in (
        (over, "The order cannot be paid now: reopen it, or give it more time."),
        (canceled, "The order cannot be paid now: reopen it, or give it more time."),
        (held, "The order holds money already."),
        (further, "A further payment of an agreement is charged; nobody is asked to pay it."),
    ):
        for channel in ("copy", "email"):
            with pytest.raises(NotSent) as no:
                made(order, channel)
            assert str(no.value) == why
        with pytest.raises(NotSent, match=why):
            made(order, "mail", account=account)
    assert Invitation.objects.count() == 0


# --- paid, or over, in between ---------------------------------------------------------------------------------------


def test_nobody_is_asked_for_what_is_paid_meanwhile(script: Script, account: Account, order: Order) -> None:
    link = made(order)
    apply(start(order, account).pk, paid(Call(verb="sync", charge=script.asked("start")[0].charge)))
    work()
    link = fresh(link)
    assert mail.outbox == []
    assert (link.state, link.standing, link.is_good) == ("failed", Standing.PAID, False)
    assert link.problem == "The order cannot be paid now: reopen it, or give it more time."
    assert codes(order)[-2:] == ["order.paid", "link.not_sent"]
    assert events(order) == ["order.paid"]
    with pytest.raises(NotSent, match="cannot be paid now"):
        send_again(link, who=Who.MERCHANT)


def test_a_link_tells_that_its_order_is_over(clock: Clock, account: Account, order: Order) -> None:
    canceled = make_order(account.shop)
    links_ = [made(order, "copy", ""), made(canceled, "copy", "")]
    give_up(canceled, who=Who.SHOP)
    clock.forward(days=1)
    assert [fresh(link).standing for link in links_] == [Standing.EXPIRED, Standing.GIVEN_UP]
    expire(order)
    assert [fresh(link).standing for link in links_] == [Standing.EXPIRED, Standing.GIVEN_UP]
    assert not any(fresh(link).is_good for link in links_)


# --- withdrawn -------------------------------------------------------------------------------------------------------


def test_a_link_is_withdrawn_and_the_order_stays_payable(
    script: Script, account: Account, order: Order
) -> None:
    link = made(order)
    work()
    for _twice in range(2):
        link = withdraw(link, who=Who.MERCHANT)
        assert (link.state, link.standing, link.is_good) == ("withdrawn", Standing.WITHDRAWN, False)
    assert story(order)[-1] == "The payment link was withdrawn (e-mail; to ada@example.com)."
    assert codes(order).count("link.withdrawn") == 1
    with pytest.raises(NotSent, match="make a new one"):
        send_again(link, who=Who.MERCHANT)
    assert (start(order, account).state, script.asked("cancel")) == (State.STARTED, [])


def test_what_is_withdrawn_before_it_went_does_not_go(order: Order) -> None:
    link = made(order)
    withdraw(link, who=Who.MERCHANT)
    assert work() == ["send_invitation"]
    assert (mail.outbox, fresh(link).state, codes(order)[-1]) == ([], "withdrawn", "link.withdrawn")


def test_what_is_withdrawn_while_it_goes_stays_withdrawn(
    monkeypatch: pytest.MonkeyPatch, order: Order
) -> None:
    link = made(order)
    send = EmailMessage.send

    def meanwhile(self: EmailMessage, fail_silently: bool = False) -> int:
        withdraw(link, who=Who.MERCHANT)
        return send(self, fail_silently)

    monkeypatch.setattr(EmailMessage, "send", meanwhile)
    work()
    link = fresh(link)
    assert (link.state, link.times, len(mail.outbox)) == ("withdrawn", 1, 1)
    assert codes(order)[-2:] == ["link.withdrawn", "link.sent"]


# --- the same request ------------------------------------------------------------------------------------------------


def test_one_key_is_one_link(order: Order) -> None:
    first, second = (invite(order, channel="email", to=ADA, key="k-1", who=Who.SHOP) for _twice in range(2))
    assert (first[0].pk, first[1], second[1]) == (second[0].pk, True, False)
    assert work() == ["send_invitation"]
    assert (len(mail.outbox), codes(order).count("link.made")) == (1, 1)
    # Also when it was paid since: the answer to the same request is the same.
    Order.objects.filter(pk=order.pk).update(expires_at=timezone.now())
    assert invite(order, channel="email", to=ADA, key="k-1", who=Who.SHOP)[0].pk == first[0].pk


@pytest.mark.parametrize(
    "other",
    [
        {"to": "eve@example.com"},
        {"channel": "copy"},
        {"text": "Pay!"},
        {"subject": "Pay!"},
        {"language": "fr"},
    ],
)
def test_one_key_is_not_for_two_links(account: Account, order: Order, other: dict[str, str]) -> None:
    first: dict[str, Any] = {"channel": "email", "to": ADA, "key": "k-1"}
    invite(order, who=Who.SHOP, **first)
    with pytest.raises(NotSent, match=r"This key was used for another link\."):
        invite(order, who=Who.SHOP, **{**first, **other})
    with pytest.raises(NotSent, match=r"This key was used for another link\."):
        invite(order, who=Who.SHOP, account=account, **first)
    assert order.invitations.count() == 1
