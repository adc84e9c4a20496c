"""Is a payment link sent as it was read back: by the way that was chosen, to whom, in which words, and once?"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core import mail
from django.test import Client
from django.utils import timezone

from checkout.models import Account, Invitation, Order, Payment
from checkout.payments.change import NotChanged, change
from checkout.payments.figures import violations
from checkout.payments.timeline import Who
from checkout.states import State
from providers.errors import Invalid, Uncertain
from providers.money import Money
from providers.said import said as provider_says
from tests import french
from tests.merchant.calling import at_once
from tests.merchant.clicks import hidden, said
from tests.merchant.linking import AGAIN, PHONE, at, by, errors, page, proposed, refused_at, sent
from tests.scripted import Clock, Script, install, make_account, make_order, make_payment, paid, work

pytestmark = pytest.mark.django_db(transaction=True)
Standing = Invitation.Standing


@pytest.fixture(autouse=True)
def script(monkeypatch: pytest.MonkeyPatch, scripted: object) -> Iterator[Script]:
    yield install(monkeypatch)
    assert {rule: n for rule, n in violations().items() if n} == {}


@pytest.fixture
def account(script: Script, db: None) -> Account:
    return make_account(name="Museum online")


@pytest.fixture
def order(account: Account) -> Order:
    customer = {"email": "ada@example.org", "phone": PHONE}
    return make_order(account.shop, email="ada@example.org", customer=customer, language="fr")


# --- the link at hand ------------------------------------------------------------------------------------------------


def test_every_order_that_can_be_paid_has_a_link_at_hand(client: Client, order: Order) -> None:
    html = client.get(page(order)).content.decode()
    assert f'aria-label="The link’s address">{order.pay_url}</code>' in html
    assert '<svg class="qr"' in html
    assert f'href="{at("own_qr", order)}" download' in html
    assert "it cannot be withdrawn" in html
    picture = client.get(at("own_qr", order))
    assert picture["Content-Type"] == "image/svg+xml"
    assert picture["Content-Disposition"] == f'attachment; filename="{order.number}.svg"'
    assert f"QR code of the payment link of order {order.number}</title>" in picture.content.decode()
    assert not Invitation.objects.exists()


def test_one_click_makes_a_link_that_can_be_withdrawn(client: Client, merchant: User, order: Order) -> None:
    once = hidden(client.get(page(order)).content.decode(), "once")
    told = [said(client.post(at("new", order), {"once": once})) for _click in range(2)]
    assert told == ["The link is there, to be copied.", "The link was there already."]
    link = Invitation.objects.get()
    assert (link.channel, link.payment, link.language, link.requested_by) == ("copy", None, "fr", merchant)
    html = client.get(page(order)).content.decode()
    assert f'aria-label="The link’s address">{link.url}</code>' in html
    assert "tells when it was first opened" in html
    # To look at it is not to open it: that is the customer's.
    assert f'href="{order.pay_url}" target="_blank" rel="noreferrer">Open the order’s page' in html
    shown = client.get(at("shown", order, link.pk)).content.decode()
    assert link.url in shown
    assert client.get(at("qr", order, link.pk)).content != client.get(at("own_qr", order)).content
    link.refresh_from_db()
    assert link.opened_at is None
    assert client.get(at("new", order)).status_code == 405


def test_an_order_that_cannot_be_paid_has_none(client: Client, account: Account, clock: Clock) -> None:
    done = make_payment(make_order(account.shop), account, state=State.PAID).order
    late = make_order(account.shop)
    clock.forward(days=1)
    for over in (done, late):
        html = client.get(page(over)).content.decode()
        assert "The link’s address" not in html
        assert "Send a link" not in html
        answer = client.get(at("send", over))
        assert (answer.status_code, said(answer)) == (302, "That cannot be done now.")
    html = said(client.post(at("new", done), {"once": "a" * 20}))
    assert html == "The order cannot be paid now: reopen it, or give it more time."
    assert not Invitation.objects.exists()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


# --- by e-mail of ours -----------------------------------------------------------------------------------------------


def test_an_email_of_ours_in_the_customers_language(client: Client, merchant: User, order: Order) -> None:
    form = proposed(client, order)
    week = (timezone.now() + timedelta(days=7)).strftime("%Y-%m-%dT%H")
    assert (form["way"], form["email"], form["phone"], form["language"], form["words"]) == (
        "email", "ada@example.org", PHONE, "fr", "order",
    )  # fmt: skip
    assert form["until"].startswith(week)
    form |= {"subject": "Vos billets", "text": "Payez {amount} avant le {until} :\n{link}"}
    back = client.post(at("send", order), form).content.decode()
    for words in ("E-mail from us", "<dd>ada@example.org</dd>", "Français", "<dd>€42.99</dd>", "Vos billets",
                  "Payez 42,99\xa0€ avant le ", "/l/…/"):  # fmt: skip
        assert words in back, words
    assert "; it was " in back
    assert not Invitation.objects.exists()

    told = sent(
        client, order, subject="Vos billets", text="Payez {amount} avant le {until} :\n{link}", clicks=2
    )
    assert told == [
        "The e-mail to ada@example.org is on its way.",
        f"{AGAIN}The e-mail to ada@example.org is on its way.",
    ]
    link = Invitation.objects.get()
    assert (link.channel, link.to, link.language, link.requested_by) == (
        "email", "ada@example.org", "fr", merchant,
    )  # fmt: skip
    order.refresh_from_db()
    assert order.expires_at.strftime("%Y-%m-%dT%H") == week
    assert work() == ["send_invitation"]
    [message] = mail.outbox
    assert (message.subject, message.to) == ("Vos billets", ["ada@example.org"])
    assert message.body.startswith("Payez 42,99\xa0€ avant le ")
    assert message.body.endswith(f":\n{link.url}")


def test_the_orders_own_end_may_stay(client: Client, order: Order) -> None:
    Order.objects.update(expires_at=timezone.now() + timedelta(days=20))
    order.refresh_from_db()
    before = order.expires_at
    assert proposed(client, order)["until"] == before.strftime("%Y-%m-%dT%H:%M")
    sent(client, order)
    order.refresh_from_db()
    assert order.expires_at == before
    assert not order.timeline.filter(code="order.changed").exists()


def test_a_text_is_taken_by_its_button_and_nothing_is_sent(client: Client, order: Order) -> None:
    form = {**proposed(client, order), "language": "en", "words": "reminder", "email": "b@example.org",
            "take": "yes"}  # fmt: skip
    drawn = client.post(at("send", order), form).context["form"]
    assert drawn["subject"].value() == "A reminder: {amount} to pay"
    assert drawn["text"].value().startswith("Hello,\n\nyour payment of {amount} has not reached us yet.")
    assert (drawn["email"].value(), drawn["once"].value()) == ("b@example.org", form["once"])
    assert not Invitation.objects.exists()


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ({"email": ""}, {"email": ["This field is required."]}),
        ({"email": "a@b.org, c@d.org"}, {"email": ["Enter a valid email address."]}),
        ({"text": "Come in."}, {"text": ["Write {link} where the link is to stand."]}),
        ({"until": "2001-01-01T10:00"}, {"until": ["That time is over."]}),
        ({"until": "2031-01-01T10:00"}, {"until": ["An order waits for 90 days at most."]}),
        ({"until": "soon"}, {"until": ["Enter a valid date/time."]}),
        ({"way": "pigeon"},
         {"way": ["Select a valid choice. pigeon is not one of the available choices."]}),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_at_its_field(
    client: Client, order: Order, typed: dict[str, str], found: dict[str, list[str]]
) -> None:
    assert refused_at(client, order, **typed) == found


def test_what_the_way_does_not_read_cannot_be_wrong(client: Client, account: Account, order: Order) -> None:
    assert sent(client, order, way=by(account, "sms"), email="none at all", subject="x" * 200) == [
        f"Scripted has sent the link to {PHONE}."
    ]


def test_where_no_mail_goes_there_is_none_of_ours(client: Client, order: Order, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    settings.DEMO = settings.DEBUG = False
    assert "No mail server is set up for this site" in client.get(page(order)).content.decode()
    ways = client.get(at("send", order)).context["form"].ways
    assert [way.channel for way in ways.values()] == ["url", "mail", "sms", "whatsapp"]
    Account.objects.update(enabled=False)
    assert "Send a link" not in client.get(page(order)).content.decode()


# --- by a provider ---------------------------------------------------------------------------------------------------


def test_a_provider_sends_it_and_two_clicks_are_one_message(
    client: Client, script: Script, account: Account, order: Order
) -> None:
    told = sent(client, order, way=by(account, "sms"), phone="+33 6 00 00 00 00", text="{amount}: {link}",
                clicks=2)  # fmt: skip
    done = f"Scripted has sent the link to {PHONE}."
    assert told == [done, AGAIN + done]
    [call] = script.asked("start")
    asked = call.charge.invitation
    assert asked is not None
    assert (call.charge.channel, asked.to, asked.subject, asked.text, call.charge.language) == (
        "sms", PHONE, "", "{amount}: {link}", "fr",
    )  # fmt: skip
    assert call.charge.expires_at > timezone.now() + timedelta(days=6)


@pytest.mark.parametrize("channel", ["sms", "email"])
def test_two_tabs_at_the_same_moment_are_one_message(
    client: Client, merchant: User, script: Script, account: Account, order: Order, channel: str
) -> None:
    way = channel if channel == "email" else by(account, channel)
    form = {**proposed(client, order), "way": way, "confirmed": "yes", "seen": "4299 EUR"}
    at_once(merchant, at("send", order), form)
    work()
    assert Invitation.objects.get().channel == channel
    assert (len(script.asked("start")), len(mail.outbox)) == ((1, 0) if channel == "sms" else (0, 1))
    assert order.timeline.filter(code="order.changed").count() == 1
    assert order.timeline.filter(code="link.made").count() == 1


@pytest.mark.parametrize(
    ("channel", "to", "text", "told"),
    [
        ("whatsapp", PHONE, "", f"Scripted has sent the link to {PHONE}."),
        ("url", "", "", "The link is there, to be handed over by you."),
        ("mail", "ada@example.org", "{link}", "Scripted has sent the link to ada@example.org."),
    ],
)
def test_each_way_reads_what_it_needs(
    client: Client,
    script: Script,
    account: Account,
    order: Order,
    channel: str,
    to: str,
    text: str,
    told: str,
) -> None:
    assert sent(client, order, way=by(account, channel), text="{link}") == [told]
    asked = script.asked("start")[0].charge.invitation
    assert asked is not None
    assert (asked.to, asked.text) == (to, text)
    html = client.get(page(order)).content.decode()
    assert "Museum online" in html


def test_what_the_provider_would_refuse_stands_at_the_fields(
    client: Client, script: Script, account: Account, order: Order
) -> None:
    script.will("complaints", (
        ("invitation.to", "is a mobile number"), ("invitation.text", "cannot be sent"),
        ("hold_minutes", "reaches too far"), ("customer.country", "is needed"),
    ))  # fmt: skip
    assert refused_at(client, order, way=by(account, "sms")) == {
        "phone": ["Is a mobile number."],
        "text": ["Cannot be sent."],
        "until": ["Reaches too far."],
        "__all__": ["customer.country: is needed."],
    }
    assert script.asked("start") == []
    before = order.expires_at
    order.refresh_from_db()
    assert order.expires_at == before


def test_the_providers_objections_are_read_in_french(
    merchant: User, script: Script, account: Account, order: Order
) -> None:
    browser = Client(headers={"Accept-Language": "fr"})
    browser.force_login(merchant)
    why = provider_says("is a mobile number such as %(number)s", number=PHONE)
    script.will("complaints", (("invitation.to", why), ("customer.phone", why)))
    texts = {
        "is a mobile number such as %(number)s": "[fr] un mobile comme %(number)s",
        "This account keeps no cards.": "[fr] Aucune carte gardée.",
    }
    with french.spoken(texts):
        assert refused_at(browser, order, way=by(account, "sms")) == {
            "phone": [f"[fr] un mobile comme {PHONE}."],
            "__all__": [f"customer.phone: [fr] un mobile comme {PHONE}."],
        }
        keeps_none = provider_says("This account keeps no cards.")
        script.always("refuses", lambda call: keeps_none if call.charge.invitation else "")
        assert refused_at(browser, order, way=by(account, "sms")) == {
            "__all__": ["[fr] Aucune carte gardée."]
        }


def test_what_the_provider_refuses_after_all_may_be_mended_and_sent(
    client: Client, script: Script, account: Account, order: Order
) -> None:
    script.will("start", Invalid("invitation.to", "is no mobile number"))
    form = {**proposed(client, order), "way": by(account, "sms")}
    confirmed = {**form, "confirmed": "yes", "seen": "4299 EUR"}
    answer = client.post(at("send", order), confirmed)
    assert errors(answer) == {"phone": ["Is no mobile number."]}
    assert "The order is payable until" in answer.content.decode()
    once = hidden(answer.content.decode(), "once")
    assert once != form["once"]
    assert Invitation.objects.get().standing == Standing.NOT_SENT
    again = client.post(at("send", order), {**confirmed, "once": once, "phone": "+33611111111"})
    assert said(again) == "Scripted has sent the link to +33611111111."


def test_silence_is_not_sent_again(client: Client, script: Script, account: Account, order: Order) -> None:
    script.will("start", Uncertain("No answer."))
    unknown = (
        "Nobody knows yet whether Scripted has sent the link. It is not sent again; Scripted is asked until it is "
        "known."
    )
    assert sent(client, order, way=by(account, "sms"), clicks=2) == [unknown, AGAIN + unknown]
    assert len(script.asked("start")) == 1
    assert "the provider has not answered yet" in client.get(page(order)).content.decode()


def test_an_open_attempt_is_given_up_for_it_and_that_is_said(
    client: Client, script: Script, account: Account, order: Order
) -> None:
    sent(client, order, way=by(account, "sms"))
    form = {**proposed(client, order), "way": by(account, "mail"), "text": "", "subject": ""}
    back = client.post(at("send", order), form).content.decode()
    assert "Attempt 1 is open: it is given up at Scripted first." in back
    assert "Nothing can be paid any more by the link that Scripted opened for it." in back
    assert "The message has Scripted’s own text." in back
    sent(client, order, way=by(account, "mail"))
    first = Payment.objects.get(number=1)
    assert (first.state, first.invitation.standing) == (State.CANCELED, Standing.GIVEN_UP)


def test_paid_between_the_form_and_the_click(
    client: Client, script: Script, account: Account, order: Order
) -> None:
    Order.objects.update(expires_at=timezone.now() + timedelta(days=20))
    sent(client, order, way=by(account, "sms"))
    form = {**proposed(client, order), "way": by(account, "mail"), "confirmed": "yes", "seen": "4299 EUR"}
    script.will("cancel", paid)
    answer = client.post(at("send", order), form)
    assert said(answer) == "Nothing was sent: No link can be made: the order is paid."
    order.refresh_from_db()
    assert (order.state, Invitation.objects.count()) == ("paid", 1)


def test_an_amount_that_changed_meanwhile_is_read_back_anew(client: Client, order: Order) -> None:
    form = {**proposed(client, order), "confirmed": "yes", "seen": "4299 EUR"}
    Order.objects.update(amount_minor=5000)
    html = client.post(at("send", order), form).content.decode()
    assert "The order’s amount was changed meanwhile. Nothing was sent; is it right like this?" in html
    assert "<dd>€50.00</dd>" in html
    assert not Invitation.objects.exists()
    answer = client.post(at("send", order), {**form, "seen": hidden(html, "seen")})
    assert said(answer) == "The e-mail to ada@example.org is on its way."


def test_a_change_that_is_not_confirmed_is_said_before_a_link_is_sent(
    client: Client, script: Script, account: Account, order: Order
) -> None:
    sent(client, order, way=by(account, "sms"))
    script.will("update", Uncertain("No answer."))
    with pytest.raises(NotChanged):
        change(order, money=Money(5000, "EUR"), who=Who.MERCHANT)
    order.refresh_from_db()
    back = client.post(at("send", order), proposed(client, order)).content.decode()
    assert "Scripted was asked to change attempt 1 to €50.00" in back
    form = {**proposed(client, order), "confirmed": "yes", "seen": "4299 EUR", "until": _in_days(9)}
    answer = client.post(at("send", order), form)
    assert errors(answer) == {
        "__all__": ["Nothing was sent: Another change is under way. Look at the order again in a minute."]
    }
    assert Invitation.objects.count() == 1


def _in_days(days: int) -> str:
    return (timezone.now() + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M")


# --- who may ---------------------------------------------------------------------------------------------------------


def test_whoever_may_only_look_gets_no_link(viewer: Client, client: Client, order: Order) -> None:
    sent(client, order)
    link = Invitation.objects.get()
    html = viewer.get(page(order)).content.decode()
    assert "on its way" in html
    assert link.url not in html
    assert order.pay_url not in html
    assert "/link/" not in html
    for name, more in (("send", ()), ("new", ()), ("own_qr", ()), ("shown", (link.pk,)), ("qr", (link.pk,)),
                       ("again", (link.pk,)), ("withdraw", (link.pk,))):  # fmt: skip
        assert viewer.get(at(name, order, *more)).status_code == 403
        assert viewer.post(at(name, order, *more)).status_code == 403


def test_to_send_links_is_enough(order: Order) -> None:
    user = User.objects.create_user("wanda", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_order", "send_link"]))
    browser = Client()
    browser.force_login(user)
    assert sent(browser, order) == ["The e-mail to ada@example.org is on its way."]
    assert Invitation.objects.get().requested_by == user


def test_a_link_is_not_another_orders(client: Client, account: Account, order: Order) -> None:
    sent(client, order)
    other = make_order(account.shop)
    assert client.get(at("shown", other, Invitation.objects.get().pk)).status_code == 404
