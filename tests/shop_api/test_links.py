"""Can a shop give its customer a link to pay: ours or a provider's, once each time it is meant, and take it back?"""

import json
from typing import Any, get_args
from xml.etree import ElementTree as ET

import pytest
from django.core import mail
from django.db.models import QuerySet
from django.test import Client

from checkout.link_texts import LINK_TEXTS, LinkText
from checkout.models import Account, Invitation, Order, Payment
from checkout.payments.apply import apply
from checkout.payments.figures import violations
from checkout.payments.snapshot import order_snapshot
from checkout.shop_api import links as api
from checkout.shop_api.link_shapes import Channel, LinkOut, LinkProblemOut, NewLink
from checkout.states import State
from providers.base import Link, Started
from providers.errors import Decline, Declined, Invalid, Uncertain
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


# --- ours ------------------------------------------------------------------------------------------------------------


def test_a_link_to_copy(caller: Caller, number: str) -> None:
    told = made(caller, number, channel="copy")
    row = Invitation.objects.get()
    assert told == {
        "id": str(row.pk), "channel": "copy", "provider": None, "account": None, "payment": None,
        "to": "", "subject": "", "text": "", "language": "en",
        "url": f"http://testserver/l/{row.token}/",
        "qr": f"http://testserver/api/v1/orders/{number}/links/{row.pk}/qr.svg",
        "state": "ready", "error": None, "times": 0,
        "created_at": row.created_at.isoformat(), "sent_at": row.sent_at and row.sent_at.isoformat(),
        "first_opened_at": None,
    }  # fmt: skip
    assert get(caller, number, told["id"]) == told
    order = Order.objects.get()
    assert codes(order) == ["order.created", "link.made"]
    assert order.timeline.get(code="link.made").who == "shop"
    page = Client().get(told["url"], follow=True)
    assert "€42.99" in page.content.decode()
    assert get(caller, number, told["id"])["first_opened_at"] is not None


def test_its_qr_code(caller: Caller, number: str) -> None:
    told = made(caller, number, channel="copy", language="fr")
    path = told["qr"].removeprefix("http://testserver/api/v1/")
    answer = caller.call("GET", path)
    assert (answer.status_code, answer["Content-Type"], answer["Cache-Control"]) == (
        200, "image/svg+xml", "no-store",
    )  # fmt: skip
    assert ET.fromstring(answer.content).tag == "{http://www.w3.org/2000/svg}svg"
    assert answer.content == caller.call("GET", path).content
    other = made(caller, number, "link-2", channel="copy", language="fr")
    elsewhere = caller.call("GET", other["qr"].removeprefix("http://testserver/api/v1/"))
    assert elsewhere.content != answer.content
    assert refusal(caller_for(make_shop()).call("GET", path), 404)[0] == "no-such-order"
    assert Client().get(f"/api/v1/{path}").status_code == 401
    do(caller, number, told["id"], "withdraw")
    assert refusal(caller.call("GET", path), 404) == (
        "no-qr-code", "There is no address to show: the link is over, or the provider names none.",
    )  # fmt: skip


def test_an_email_in_the_merchants_words(caller: Caller, number: str) -> None:
    words = {"subject": "For  the spoon", "text": "Pay {amount} here: {link}"}
    told = made(caller, number, channel="email", to=ADA, **words)
    assert (told["state"], told["times"], told["sent_at"]) == ("on_its_way", 0, None)
    assert (told["subject"], told["text"]) == ("For the spoon", "Pay {amount} here: {link}")
    assert work() == ["send_invitation"]
    told = get(caller, number, told["id"])
    assert (told["state"], told["times"], told["error"]) == ("sent", 1, None)
    (message,) = mail.outbox
    assert (message.to, message.subject) == ([ADA], "For the spoon")
    assert message.body == f"Pay €42.99 here: {told['url']}"


@pytest.fixture
def texts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever their translations say by now."""

    def in_language(self: LinkText, language: str) -> tuple[str, str]:
        return f"{self.name} in {language}", f"{self.name} in {language}: {{link}}"

    monkeypatch.setattr(LinkText, "in_language", in_language)


@pytest.mark.usefixtures("texts")
def test_a_text_by_its_name_in_the_customers_language(caller: Caller, account: Account) -> None:
    number = caller.created(language="fr")["id"]
    ours = made(caller, number, channel="email", to=ADA, text_name="reminder")
    assert (ours["language"], ours["subject"], ours["text"]) == (
        "fr", "reminder in fr", "reminder in fr: {link}",
    )  # fmt: skip
    named = made(
        caller, number, "link-2", channel="email", to=ADA, text_name="phone", language="en", subject="Hi"
    )
    assert (named["language"], named["subject"], named["text"]) == ("en", "Hi", "phone in en: {link}")
    theirs = made(caller, number, "link-3", channel="sms", to=PHONE, text_name="short")
    assert (theirs["subject"], theirs["text"]) == ("", "short in fr: {link}")
    for key, link in (("link-1", ours), ("link-2", named), ("link-3", theirs)):
        asked: dict[str, dict[str, Any]] = {
            "link-1": {"channel": "email", "to": ADA, "text_name": "reminder"},
            "link-2": {
                "channel": "email",
                "to": ADA,
                "text_name": "phone",
                "language": "en",
                "subject": "Hi",
            },
            "link-3": {"channel": "sms", "to": PHONE, "text_name": "short"},
        }
        Order.objects.update(language="en")  # the shopper changes it: the link was made in French
        answer = ask(caller, number, key, **asked[key])
        assert (answer["Idempotent-Replay"], read(answer)["id"]) == ("true", link["id"])


def test_every_text_may_be_named() -> None:
    (names, _none) = get_args(NewLink.model_fields["text_name"].annotation)
    assert get_args(names) == tuple(one.name for one in LINK_TEXTS)
    assert get_args(Channel) == tuple(name for name, _label in Invitation.CHANNELS)


# --- a provider's ----------------------------------------------------------------------------------------------------


def test_a_provider_sends_it(caller: Caller, script: Script, account: Account, number: str) -> None:
    told = made(caller, number, channel="sms", to=PHONE, text="Pay: {link}")
    payment = Payment.objects.get()
    assert (told["provider"], told["account"], told["payment"]) == (
        "scripted",
        str(account.pk),
        f"{number}-1",
    )
    assert (told["state"], told["to"], told["times"]) == ("sent", PHONE, 1)
    assert told["url"] == f"https://provider.example/pay/P-{number}-1"
    (asked,) = script.asked("start")
    assert asked.charge.invitation is not None
    assert (asked.charge.channel, asked.charge.invitation.to, asked.charge.invitation.text) == (
        "sms", PHONE, "Pay: {link}",
    )  # fmt: skip
    assert payment.request_key == "link-1"
    assert not any(violations().values())
    apply(payment.pk, paid(asked))
    told = get(caller, number, told["id"])
    assert (told["state"], told["url"], told["qr"]) == ("paid", None, None)


def test_a_link_of_theirs_is_handed_over(caller: Caller, account: Account, number: str) -> None:
    told = made(caller, number, channel="url")
    assert (told["state"], told["times"]) == ("ready", 0)
    assert told["url"] is not None
    path = told["qr"].removeprefix("http://testserver/api/v1/")
    assert caller.call("GET", path).status_code == 200


def test_sent_without_an_address(caller: Caller, script: Script, account: Account, number: str) -> None:
    script.will("start", Started(show=Link(url="", sent_to=ADA), provider_id="P-1"))
    told = made(caller, number, channel="mail", to=ADA, subject="Pay", text="{link}")
    assert (told["state"], told["url"], told["qr"]) == ("sent", None, None)
    assert refusal(caller.call("GET", f"orders/{number}/links/{told['id']}/qr.svg"), 404)[0] == "no-qr-code"


def test_the_account_is_found_by_its_channel(caller: Caller, account: Account, number: str) -> None:
    make_account(caller.shop, provider="bare")
    assert made(caller, number, channel="sms", to=PHONE, text="{link}")["account"] == str(account.pk)
    other = make_account(caller.shop, name="Second")
    several = problem(ask(caller, number, "link-2", channel="sms", to=PHONE), 422)
    assert set(several) == {"account"}
    assert str(other.pk) in several["account"]
    told = made(caller, number, "link-2", channel="sms", to=PHONE, account=str(other.pk))
    assert told["account"] == str(other.pk)
    assert [link["state"] for link in links(caller, number)] == ["sent", "given_up"]


def test_what_the_provider_would_refuse_is_named_and_nothing_is_given_up(
    caller: Caller, script: Script, account: Account, number: str
) -> None:
    caller.paid(number)
    script.will("complaints", (("invitation.to", "is a mobile number"), ("hold_minutes", "reaches too far")))
    assert problem(ask(caller, number, channel="sms", to="1234"), 422) == {
        "to": "is a mobile number", "hold_minutes": "reaches too far",
    }  # fmt: skip
    assert Payment.objects.get().state == State.STARTED
    assert not Invitation.objects.exists()
    assert script.asked("cancel") == []
    assert (
        made(caller, number, channel="sms", to=PHONE)["payment"] == f"{number}-2"
    )  # mended, under the same key


def test_what_the_provider_refuses_is_an_answer_with_the_link(
    caller: Caller, script: Script, account: Account, number: str
) -> None:
    script.will("start", Invalid("invitation.to", "is no mobile number", ("amount", "is too small")))
    for replayed in (False, True):
        answer = ask(caller, number, channel="sms", to=PHONE)
        assert problem(answer, 422) == {"to": "is no mobile number", "amount": "is too small"}
        told = read(answer)
        assert refusal(answer, 422) == ("refused-by-provider", "to: is no mobile number (1 more in errors)")
        assert (told["link"]["state"], told["link"]["url"]) == ("not_sent", None)
        assert told["order"] == json.loads(json.dumps(order_snapshot(Order.objects.get())))
        assert set(told) == set(LinkProblemOut.model_fields)
        assert ("Idempotent-Replay" in answer) is replayed
    assert len(script.asked("start")) == 1


def test_declined_and_unknown_are_answers(
    caller: Caller, script: Script, account: Account, number: str
) -> None:
    script.will("start", Declined(Decline(code="x", message="Not today.")), Uncertain("No answer."))
    told = made(caller, number, channel="sms", to=PHONE)
    assert (told["state"], told["error"], told["times"]) == ("not_sent", "Not today.", 0)
    told = made(caller, number, "link-2", channel="sms", to=PHONE)
    assert (told["state"], told["error"], told["url"]) == ("unknown", None, None)
    again = ask(caller, number, "link-2", channel="sms", to=PHONE)
    assert (again["Idempotent-Replay"], read(again)) == ("true", told)
    assert len(script.asked("start")) == 2


# --- once ------------------------------------------------------------------------------------------------------------


def test_the_same_key_is_the_same_link_as_it_is_now(caller: Caller, account: Account, number: str) -> None:
    told = made(caller, number, channel="sms", to=PHONE)
    do(caller, number, told["id"], "withdraw")
    Account.objects.update(enabled=False)
    answer = ask(caller, number, channel="sms", to=f" {PHONE} ", provider="scripted")
    assert (answer["Idempotent-Replay"], read(answer)["state"]) == ("true", "withdrawn")
    assert Invitation.objects.count() == 1


@pytest.mark.parametrize(
    "other",
    [
        {"channel": "copy"},
        {"channel": "sms", "to": "+33611111111"},
        {"channel": "sms", "to": PHONE, "text": "{link}"},
        {"channel": "sms", "to": PHONE, "text_name": "short"},
        {"channel": "sms", "to": PHONE, "language": "fr"},
        {"channel": "sms", "to": PHONE, "provider": "bare"},
    ],
)
def test_another_link_under_the_same_key(
    caller: Caller, account: Account, number: str, other: dict[str, Any]
) -> None:
    made(caller, number, channel="sms", to=PHONE)
    assert set(problem(ask(caller, number, **other), 422)) == {"Idempotency-Key"}
    assert Payment.objects.get().state == State.STARTED


def test_a_payments_key_is_none_for_a_link(
    caller: Caller, script: Script, account: Account, number: str
) -> None:
    caller.paid(number, "pay-1")
    for asked in ({"channel": "sms", "to": PHONE}, {"channel": "copy"}):
        assert set(problem(ask(caller, number, "pay-1", **asked), 422)) == {"Idempotency-Key"}
    assert Payment.objects.get().state == State.STARTED
    assert script.asked("cancel") == []
    made(caller, number, "link-1", channel="sms", to=PHONE)
    assert set(problem(caller.pay(number, "link-1"), 422)) == {"Idempotency-Key"}


@pytest.mark.parametrize("asked", [{"channel": "email", "to": ADA}, {"channel": "sms", "to": PHONE}])
def test_the_same_key_at_the_same_moment(
    caller: Caller, script: Script, account: Account, number: str, asked: dict[str, Any]
) -> None:
    answers = at_once(lambda _number: ask(caller, number, **asked))
    assert [answer.status_code for answer in answers] == [201] * len(answers)
    assert len({read(answer)["id"] for answer in answers}) == 1
    assert Invitation.objects.count() == 1
    assert len(script.asked("start")) == (1 if asked["channel"] == "sms" else 0)
    assert len([name for name in work() if name == "send_invitation"]) == (
        1 if asked["channel"] == "email" else 0
    )


def test_made_by_the_other_click_between_two_questions(
    caller: Caller, account: Account, number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The link is not there yet when it is looked for, and its attempt is when that is."""
    asked = {"channel": "sms", "to": PHONE}
    look, clicks = api.links_of, [1]

    def looked(order: Order) -> QuerySet[Invitation]:
        if not clicks:
            return look(order)
        clicks.clear()
        found = look(order).none()
        made(caller, number, **asked)
        return found

    monkeypatch.setattr(api, "links_of", looked)
    answer = ask(caller, number, **asked)
    assert (answer.status_code, answer["Idempotent-Replay"]) == (201, "true")
    assert Invitation.objects.count() == 1


# --- what cannot be --------------------------------------------------------------------------------------------------

WRONG: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({}, {"channel": "is missing"}),
    ({"channel": "email"}, {"to": "is needed: it is sent by email"}),
    ({"channel": "email", "to": "ada"}, {"to": "is one e-mail address"}),
    ({"channel": "email", "to": f"{ADA}\nBcc: eve@example.org"}, {"to": "is one e-mail address"}),
    ({"channel": "email", "to": ADA, "text": "Pay!"}, {"text": "has no {link}: write it where the link is to stand"}),
    ({"channel": "email", "to": ADA, "text": "{link}", "text_name": "short"},
     {"text_name": "is for a request without a text of its own"}),
    ({"channel": "email", "to": ADA, "provider": "scripted"},
     {"provider": "is not asked for: the link is Guichet's own"}),
    ({"channel": "copy", "to": ADA, "text_name": "short"},
     {"to": "is not read by copy", "text_name": "is not read by copy"}),
    ({"channel": "sms", "subject": "Pay"}, {"subject": "is not read by sms", "to": "is needed: it is sent by sms"}),
    ({"channel": "whatsapp", "to": PHONE, "text": "{link}"}, {"text": "is not read by whatsapp"}),
    ({"channel": "sms", "to": PHONE, "provider": "payzen"}, {"provider": "your shop has no such account"}),
    ({"channel": "sms", "to": PHONE, "account": "00000000-0000-0000-0000-000000000000"},
     {"account": "your shop has no such account"}),
    ({"channel": "invoice"}, {"channel": "is none by which an account sends; there are: url, mail, sms, whatsapp"}),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "named"), WRONG, ids=lambda value: str(value)[:60])
def test_a_wrong_field_is_named(
    caller: Caller,
    script: Script,
    account: Account,
    number: str,
    asked: dict[str, Any],
    named: dict[str, str],
) -> None:
    assert problem(ask(caller, number, **asked), 422) == named
    assert not Invitation.objects.exists()
    assert script.asked("start") == []


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"channel": "pigeon"}, "channel"),
        ({"channel": "email", "to": "x" * 255}, "to"),
        ({"channel": "email", "to": ADA, "subject": "x" * 151}, "subject"),
        ({"channel": "email", "to": ADA, "text": "x" * 5001}, "text"),
        ({"channel": "email", "to": ADA, "text_name": "love"}, "text_name"),
        ({"channel": "copy", "language": "de"}, "language"),
        ({"channel": "sms", "to": PHONE, "account": "mine"}, "account"),
        ({"channel": "copy", "colour": "red"}, "colour"),
        ({"channel": "email", "to": "a\0b"}, "to"),
    ],
)
def test_a_field_that_is_none(
    caller: Caller, account: Account, number: str, asked: dict[str, Any], field: str
) -> None:
    assert set(problem(ask(caller, number, **asked), 422)) == {field}


@pytest.mark.parametrize("key", ["", "x" * 256, "a b"])
def test_a_key_that_is_none(caller: Caller, number: str, key: str) -> None:
    assert set(problem(ask(caller, number, key, channel="copy"), 400)) == {"Idempotency-Key"}
    told = made(caller, number, channel="copy")
    answer = caller.call("POST", f"orders/{number}/links/{told['id']}/send", Idempotency_Key=key)
    assert set(problem(answer, 400)) == {"Idempotency-Key"}


def test_no_mail_server(caller: Caller, number: str, settings: Any) -> None:
    settings.EMAIL_BACKEND, settings.DEBUG, settings.DEMO = (
        "django.core.mail.backends.console.EmailBackend",
        False,
        False,
    )
    assert problem(ask(caller, number, channel="email", to=ADA), 422) == {"channel": "has no mail server"}
    assert [way["channel"] for way in ways(caller, number)] == ["copy"]


def test_an_order_that_cannot_be_paid(caller: Caller, number: str) -> None:
    caller.call("POST", f"orders/{number}/cancel")
    answer = ask(caller, number, channel="copy")
    assert refusal(answer) == (
        "link-not-made", "The order cannot be paid now: reopen it, or give it more time.",
    )  # fmt: skip
    assert read(answer)["order"]["state"] == "canceled"
    assert ways(caller, number) == []


def test_an_open_attempt_that_cannot_be_given_up(
    caller: Caller, script: Script, account: Account, number: str
) -> None:
    caller.paid(number)
    script.will("cancel", Uncertain("No answer."))
    answer = ask(caller, number, channel="sms", to=PHONE)
    assert refusal(answer) == (
        "link-not-made", "Another attempt is open and cannot be given up at its provider now.",
    )  # fmt: skip
    assert read(answer)["order"]["payment"]["state"] == "started"


def test_anothers_links_are_not_there(caller: Caller, number: str) -> None:
    told = made(caller, number, channel="copy")
    other = caller_for(make_shop())
    theirs = other.created()["id"]
    for order, who in ((number, other), (theirs, other)):
        for verb, path in (("GET", ""), ("GET", "/qr.svg"), ("POST", "/withdraw")):
            problem(who.call(verb, f"orders/{order}/links/{told['id']}{path}"), 404)
        problem(do(who, order, told["id"], "send", "again-1"), 404)
    problem(ask(other, number, channel="copy"), 404)
    problem(other.call("GET", f"orders/{number}/links"), 404)
    assert links(other, theirs) == []
    assert get(caller, number, told["id"])["state"] == "ready"
    for name in (f"0{told['id']}", "x", "9" * 30, "²", "%00"):
        assert refusal(caller.call("GET", f"orders/{number}/links/{name}"), 404)[0] == "no-such-link"


# --- what is promised ------------------------------------------------------------------------------------------------


def test_the_openapi_page_promises_what_is_answered(caller: Caller, account: Account, number: str) -> None:
    told = made(caller, number, channel="sms", to=PHONE)
    assert set(told) == set(LinkOut.model_fields)
    LinkOut.model_validate(told)
    page = json.loads(caller.call("GET", "openapi.json").content)
    one = "/api/v1/orders/{order_id}/links/{link_id}"
    said = {
        call["operationId"]: sorted(call["responses"])
        for path, verbs in page["paths"].items()
        if "/links" in path or path.endswith("/channels")
        for call in verbs.values()
    }
    reading = ["200", "401", "403", "404", "405", "429", "500", "503"]
    writing = ["400", "401", "403", "404", "405", "409", "422", "429", "500", "503"]
    assert said == {
        "read_channels": reading,
        "create_link": sorted(["201", "413", "415", *writing]),
        "read_links": sorted(["422", *reading]),
        "read_link": reading,
        "read_link_qr": reading,
        "send_link": ["200", *writing],
        "withdraw_link": ["200", *writing],
    }
    qr = page["paths"][f"{one}/qr.svg"]["get"]["responses"]
    assert list(qr["200"]["content"]) == ["image/svg+xml"]
    assert list(qr["404"]["content"]) == ["application/problem+json"]
    states = page["components"]["schemas"]["LinkOut"]["properties"]["state"]["description"]
    assert [state for state in Invitation.Standing.values if state not in states] == []
