"""What becomes of a link that a shop has made: sent again, withdrawn, run out? And which could be made?"""

from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from checkout.models import Account, Invitation, Order, Payment
from checkout.payments.apply import apply
from checkout.payments.figures import violations
from checkout.shop_api.link_shapes import ChannelOut
from checkout.states import State
from providers.base import Outcome, Report
from providers.errors import Invalid, Uncertain
from tests.scripted import Script, codes, install, make_account, make_shop, paid, work
from tests.shop_api.conftest import Caller, caller_for, problem
from tests.shop_api.linking import ADA, PHONE, ask, do, get, links, made, read, refusal, ways
from tests.shop_api.test_idempotency import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Script:
    return install(monkeypatch)


@pytest.fixture
def caller(script: Script, transactional_db: None) -> Caller:
    return caller_for(make_shop())


@pytest.fixture
def account(caller: Caller) -> Account:
    return make_account(caller.shop)


@pytest.fixture
def number(caller: Caller) -> str:
    told: str = caller.created()["id"]
    return told


# --- later -----------------------------------------------------------------------------------------------------------


def test_an_email_is_sent_again_once_for_each_key(caller: Caller, number: str) -> None:
    told = made(caller, number, channel="email", to=ADA)
    assert refusal(do(caller, number, told["id"], "send", "again-1")) == (
        "link-not-sent", "It is on its way already.",
    )  # fmt: skip
    work()
    for replayed in (False, True):  # the refusal is not remembered, the message is
        answer = do(caller, number, told["id"], "send", "again-1")
        assert (answer.status_code, "Idempotent-Replay" in answer) == (200, replayed)
        assert work() == ([] if replayed else ["send_invitation"])
    told = get(caller, number, told["id"])
    assert (told["state"], told["times"], len(mail.outbox)) == ("sent", 2, 2)
    other = made(caller, number, "link-2", channel="copy")
    assert set(problem(do(caller, number, other["id"], "send", "again-1"), 422)) == {"Idempotency-Key"}
    assert set(problem(do(caller, number, other["id"], "send", "key-1"), 422)) == {"Idempotency-Key"}
    answer = do(caller, number, other["id"], "send", "again-2")
    assert refusal(answer) == ("link-not-sent", "This link cannot be sent again; make a new one.")
    assert read(answer)["link"]["id"] == other["id"]
    assert read(answer)["order"]["id"] == number


def test_a_provider_sends_it_again(caller: Caller, script: Script, account: Account, number: str) -> None:
    told = made(caller, number, channel="sms", to=PHONE)
    script.will("update", Uncertain("No answer."), Invalid("invitation.to", "is no mobile number"))
    assert refusal(do(caller, number, told["id"], "send", "again-1")) == ("link-not-sent", "No answer.")
    assert problem(do(caller, number, told["id"], "send", "again-1"), 422) == {"to": "is no mobile number"}
    assert get(caller, number, told["id"])["times"] == 1
    answers = at_once(lambda _number: do(caller, number, told["id"], "send", "again-1"))
    assert [answer.status_code for answer in answers] == [200] * len(answers)
    assert sorted("Idempotent-Replay" in answer for answer in answers) == [False, True, True, True]
    assert get(caller, number, told["id"])["times"] == 2
    assert len(script.asked("update")) == 3


def test_so_many_and_no_more(caller: Caller, number: str) -> None:
    told = made(caller, number, channel="email", to=ADA)
    Invitation.objects.update(times=10, state="sent", next_try_at=None)
    why = "10 messages were sent for this order; that is enough."
    assert refusal(do(caller, number, told["id"], "send", "again-1")) == ("link-not-sent", why)
    assert refusal(ask(caller, number, "link-2", channel="email", to=ADA)) == ("link-not-made", why)
    made(caller, number, "link-3", channel="copy")


def test_ours_is_withdrawn(caller: Caller, number: str) -> None:
    told = made(caller, number, channel="copy")
    for _time in range(2):
        answer = do(caller, number, told["id"], "withdraw")
        assert answer.status_code == 200
        assert (read(answer)["state"], read(answer)["url"], read(answer)["qr"]) == ("withdrawn", None, None)
    assert Client().get(told["url"]).status_code == 410
    assert codes(Order.objects.get()) == ["order.created", "link.made", "link.withdrawn"]
    assert Order.objects.get().state == "open"


def test_a_providers_is_withdrawn_there(
    caller: Caller, script: Script, account: Account, number: str
) -> None:
    told = made(caller, number, channel="sms", to=PHONE)
    script.will("cancel", Uncertain("No answer."))
    answer = do(caller, number, told["id"], "withdraw")
    assert refusal(answer) == (
        "link-not-withdrawn", "The provider could not withdraw the link now; it can still be paid.",
    )  # fmt: skip
    assert (read(answer)["link"]["state"], read(answer)["order"]["state"]) == ("sent", "open")
    assert read(do(caller, number, told["id"], "withdraw"))["state"] == "withdrawn"
    assert Payment.objects.get().state == State.CANCELED
    assert len(script.asked("cancel")) == 2


def test_money_beats_the_withdrawal(caller: Caller, script: Script, account: Account, number: str) -> None:
    told = made(caller, number, channel="sms", to=PHONE)
    script.will("cancel", paid)
    answer = do(caller, number, told["id"], "withdraw")
    assert refusal(answer) == ("link-not-withdrawn", "It was paid before it was withdrawn.")
    assert (read(answer)["link"]["state"], read(answer)["order"]["state"]) == ("paid", "paid")
    assert not any(violations().values())


def test_the_newest_first(caller: Caller, number: str) -> None:
    ids = [made(caller, number, f"link-{n}", channel="copy")["id"] for n in range(3)]
    assert [link["id"] for link in links(caller, number)] == ids[::-1]


def test_an_order_past_its_hold(caller: Caller, number: str) -> None:
    told = made(caller, number, channel="copy")
    Order.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    told = get(caller, number, told["id"])
    assert (told["state"], told["url"]) == ("expired", None)


# --- by which ways ---------------------------------------------------------------------------------------------------


def test_the_channels_of_an_order(caller: Caller, script: Script, account: Account, number: str) -> None:
    make_account(caller.shop, provider="bare")
    found = ways(caller, number)
    assert [(way["channel"], way["provider"], way["reads"]) for way in found] == [
        ("copy", None, []),
        ("email", None, ["to", "subject", "text"]),
        ("url", "scripted", []),
        ("mail", "scripted", ["to", "subject", "text"]),
        ("sms", "scripted", ["to", "text"]),
        ("whatsapp", "scripted", ["to"]),
    ]
    assert {way["account"] for way in found[2:]} == {str(account.pk)}
    assert set(found[0]) == set(ChannelOut.model_fields)
    script.will("refuses", "Scripted takes no euros.")
    assert [way["channel"] for way in ways(caller, number)] == ["copy", "email"]
    Payment.objects.create(order=Order.objects.get(), account=account, number=1, reference="r-1", amount_minor=4299,
                           currency="EUR", state=State.FAILED, may_retry=False)  # fmt: skip
    assert [way["channel"] for way in ways(caller, number)] == ["copy", "email"]


def test_none_while_money_is_held(caller: Caller, script: Script, account: Account, number: str) -> None:
    caller.paid(number)
    apply(Payment.objects.get().pk, Report(outcome=Outcome.AUTHORIZED, authorized=Order.objects.get().money))
    assert ways(caller, number) == []
    answer = ask(caller, number, channel="copy")
    assert refusal(answer) == ("link-not-made", "The order holds money already.")
