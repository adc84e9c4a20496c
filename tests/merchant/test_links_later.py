"""What becomes of links that were made: told in words, sent again, withdrawn, and only while that is so."""

from collections.abc import Iterator
from datetime import timedelta
from smtplib import SMTPServerDisconnected
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from checkout.models import Account, Invitation, Order
from checkout.payments.border import minute_after
from checkout.payments.cancel import lives_on_until
from checkout.payments.figures import violations
from checkout.payments.links import SEND_AT_MOST, invite, opened
from checkout.payments.recover import check
from checkout.payments.timeline import Who
from checkout.states import State
from checkout.templatetags.guichet import plain_moment
from providers.base import Outcome, Report
from providers.errors import Uncertain
from tests.merchant.clicks import do, hidden, said
from tests.merchant.linking import PHONE, at, page
from tests.scripted import Script, install, make_account, make_order, make_payment, paid, story, work

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def script(monkeypatch: pytest.MonkeyPatch, scripted: object) -> Iterator[Script]:
    yield install(monkeypatch)
    assert {rule: n for rule, n in violations().items() if n} == {}


@pytest.fixture
def account(script: Script, db: None) -> Account:
    return make_account(name="Museum online")


@pytest.fixture
def order(account: Account) -> Order:
    return make_order(account.shop, expires_at=timezone.now() + timedelta(days=7))


def made(order: Order, channel: str, to: str = "", account: Account | None = None) -> Invitation:
    return invite(order, channel=channel, to=to, account=account, who=Who.MERCHANT)[0]


def lines(client: Client, order: Order) -> list[tuple[str, str, list[str]]]:
    """The table: by which way, how it stands, and what can be done."""
    found = []
    for row in client.get(page(order)).context["links"]:
        can = [name for name in ("page", "again", "withdraw") if getattr(row, name)]
        found.append((str(row.link.get_channel_display()), str(row.link.standing.label), can))
    return found


def pressed(client: Client, name: str, link: Invitation) -> str:
    """The page that asks, and the click."""
    address = at(name, link.order, link.pk)
    asked = client.get(address)
    assert asked.status_code == 200, said(asked)
    html = asked.content.decode()
    typed = {"times": hidden(html, "times")} if name == "again" else {}
    return said(client.post(address, typed))


def test_an_email_on_its_way_sent_and_opened(client: Client, order: Order) -> None:
    link = made(order, "email", "ada@example.org")
    assert lines(client, order) == [("e-mail", "on its way", ["page", "withdraw"])]
    work()
    opened(Invitation.objects.get())
    assert lines(client, order) == [("e-mail", "sent", ["page", "again", "withdraw"])]
    html = client.get(page(order)).content.decode()
    assert "first opened 20" in html
    assert "ada@example.org" in html
    assert "the shop</span>" in html  # nobody here asked for it
    assert f'data-copy="{link.url}"' in html


def test_an_email_that_did_not_go_says_why_and_goes_again(
    client: Client, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as down:

        def refused(self: EmailMessage, fail_silently: bool = False) -> int:
            raise SMTPServerDisconnected

        down.setattr(EmailMessage, "send", refused)
        link = made(order, "email", "ada@example.org")
        work()
    assert lines(client, order) == [("e-mail", "not sent", ["page", "again", "withdraw"])]
    assert "did not take it (SMTPServerDisconnected)." in client.get(page(order)).content.decode()
    assert pressed(client, "again", link) == "The e-mail to ada@example.org is on its way."
    work()
    assert lines(client, order) == [("e-mail", "sent", ["page", "again", "withdraw"])]
    assert len(mail.outbox) == 1


def test_a_second_click_sends_no_third_message(
    client: Client, script: Script, account: Account, order: Order
) -> None:
    link = made(order, "sms", PHONE, account)
    asked = client.get(at("again", order, link.pk)).content.decode()
    assert f"Scripted is asked to send the same message to {PHONE} once more." in asked
    typed = {"times": hidden(asked, "times")}
    told = [said(client.post(at("again", order, link.pk), typed)) for _click in range(2)]
    assert told == [
        f"Scripted has sent the link to {PHONE}.",
        "It was sent again meanwhile; look at the links below.",
    ]
    assert len(script.asked("update")) == 1
    assert "sent 2 times" in client.get(page(order)).content.decode()


def test_the_provider_does_not_send_it_again(
    client: Client, script: Script, account: Account, order: Order
) -> None:
    link = made(order, "sms", PHONE, account)
    script.will("update", Uncertain("No answer."))
    assert pressed(client, "again", link) == "It was not sent again: No answer."


def test_enough_is_enough(client: Client, account: Account, order: Order) -> None:
    link = made(order, "sms", PHONE, account)
    Invitation.objects.update(times=SEND_AT_MOST)
    assert pressed(client, "again", link) == (
        "It was not sent again: 10 messages were sent for this order; that is enough."
    )


def test_a_link_of_ours_is_withdrawn(client: Client, order: Order) -> None:
    link = made(order, "copy")
    assert lines(client, order) == [("link to copy", "to be handed over by you", ["page", "withdraw"])]
    html = client.get(at("withdraw", order, link.pk)).content.decode()
    assert "Whoever follows this link reads that it was withdrawn." in html
    assert (
        pressed(client, "withdraw", link)
        == "The link is withdrawn. If money comes by it all the same, it is counted."
    )
    assert lines(client, order) == [("link to copy", "withdrawn", [])]
    assert client.get(f"/l/{link.token}/").status_code == 410
    assert f">{order.pay_url}</code>" in client.get(page(order)).content.decode()  # the one at hand again
    answer = client.get(at("withdraw", order, link.pk))
    assert said(answer) == "That cannot be done now."
    answer = client.get(at("shown", order, link.pk))
    assert said(answer) == "Nothing can be paid by this link any more: withdrawn."


@pytest.mark.parametrize(
    ("answer", "told", "stands"),
    [
        (Report(outcome=Outcome.CANCELED), "The link is withdrawn. If money comes by it all the same, it is counted.",
         ("SMS by the provider", "withdrawn", [])),
        (Uncertain("No answer."),
         "It was not withdrawn: The provider could not withdraw the link now; it can still be paid.",
         ("SMS by the provider", "sent", ["page", "again", "withdraw"])),
        (paid, "It was not withdrawn: It was paid before it was withdrawn.", ("SMS by the provider", "paid", [])),
    ],
)  # fmt: skip
def test_a_providers_link_is_withdrawn_there_first(
    client: Client, script: Script, account: Account, order: Order, answer: Any, told: str, stands: Any
) -> None:
    link = made(order, "sms", PHONE, account)
    script.will("cancel", answer)
    assert pressed(client, "withdraw", link) == told
    assert lines(client, order) == [stands]


def test_a_link_that_its_provider_closes_a_minute_later_is_called_so(
    client: Client, script: Script, account: Account, order: Order
) -> None:
    link = made(order, "sms", PHONE, account)
    ends = timezone.now() + timedelta(seconds=60)
    script.will("cancel", Report(outcome=Outcome.CANCELED, payable_until=ends))
    until = plain_moment(minute_after(ends))
    assert pressed(client, "withdraw", link) == (
        f"The link is withdrawn here, but Scripted cannot close it at once: it can still be paid until {until}. "
        "Money that comes is counted. Wait until then, and look at the order again before it is paid otherwise."
    )
    payment = order.payments.get()
    assert payment.next_check_at == ends + timedelta(minutes=1)  # and not half an hour later
    assert (
        "Scripted cannot close attempt 1 at once: it can still be paid until "
        f"{minute_after(ends):%Y-%m-%d %H:%M} UTC. What comes is counted."
    ) in story(order)
    assert lives_on_until(payment) == minute_after(ends)
    script.will("sync", paid)
    check(payment)
    assert (lives_on_until(order.payments.get()), lines(client, order)) == (
        None, [("SMS by the provider", "paid", [])],
    )  # fmt: skip


def test_an_order_that_is_canceled_and_could_be_paid_for_a_minute(
    client: Client, script: Script, account: Account, order: Order
) -> None:
    made(order, "sms", PHONE, account)
    ends = timezone.now() + timedelta(seconds=60)
    script.will("cancel", Report(outcome=Outcome.CANCELED, payable_until=ends))
    until = plain_moment(minute_after(ends))
    assert do(client, order, "cancel") == (
        f"The order is canceled, but Scripted cannot close attempt 1 at once: it can still be paid until {until}. "
        "If money comes, the order becomes paid, and you are called."
    )


def test_paid_by_the_providers_link(client: Client, script: Script, account: Account, order: Order) -> None:
    link = made(order, "url", account=account)
    assert lines(client, order) == [("provider's link", "to be handed over by you", ["page", "withdraw"])]
    shown = client.get(at("shown", order, link.pk)).content.decode()
    assert f">{link.url}</code>" in shown
    script.will("sync", paid)
    assert link.payment is not None
    check(link.payment)
    assert lines(client, order) == [("provider's link", "paid", [])]
    assert story(order)[-1] == "The order is paid: 42.99 EUR."


def test_the_page_asks_as_often_for_many_links_as_for_few(
    client: Client, account: Account, order: Order
) -> None:
    made(order, "copy")
    made(order, "url", account=account)
    client.get(page(order))
    with CaptureQueriesContext(connection) as few:
        client.get(page(order))
    for _link in range(5):
        made(order, "copy")
        Invitation.objects.create(
            order=order, channel="sms", payment=make_payment(order, account, state=State.FAILED)
        )
    with CaptureQueriesContext(connection) as many:
        client.get(page(order))
    assert len(many) == len(few)
