"""What does PayZen get of an attempt: a payment order on its page, a link that it sends, or a form in our page?"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from providers.base import Customer, Link, Redirect, Urls, Widget
from providers.errors import Invalid, Misconfigured
from providers.money import Money
from tests.providers.payzen_wire import (
    BACK,
    CREATE,
    FORM,
    MEMO,
    NOTIFY,
    ORDER,
    PAGE,
    PUBLIC_KEY,
    REFERENCE,
    Wire,
    charge,
    invited,
    order,
    scripted,
    yes,
)

EXPIRES = datetime(2099, 1, 1, tzinfo=UTC)
SOON = datetime.now(UTC) + timedelta(hours=2)
MADE = yes({"formToken": "11SPI-eb8H-canary", "_type": "V4/Charge/PaymentForm"})


@pytest.fixture
def wire() -> Iterator[Wire]:
    with scripted() as script:
        yield script


def body(**changes: Any) -> dict[str, Any]:
    return {
        "amount": 990,
        "currency": "EUR",
        "orderId": REFERENCE,
        "customer": {
            "email": "ada@shop.example",
            "reference": "customer-1",
            "billingDetails": {
                "firstName": "Ada",
                "lastName": "Lovelace",
                "address": "1 rue de la Paix",
                "city": "Paris",
                "zipCode": "75002",
                "country": "FR",
            },
        },
        "metadata": {"order": "G-LYRA"},
        "ipnTargetUrl": NOTIFY,
        "formAction": "PAYMENT",
        "transactionOptions": {"cardOptions": {"manualValidation": "NO"}},
        **changes,
    }


def order_body(**changes: Any) -> dict[str, Any]:
    ours = {
        "channelOptions": {"channelType": "URL"},
        "expirationDate": SOON.isoformat(timespec="seconds"),
        "locale": "fr_FR",
        "description": "Two tickets",
        "returnMode": "GET",
        "returnUrl": BACK,
        "successUrl": f"{BACK}?end=success",
        "refusedUrl": f"{BACK}?end=refused",
        "cancelUrl": f"{BACK}?end=cancel",
        "errorUrl": f"{BACK}?end=error",
    }
    return body(**{**ours, **changes})


# --- the page -------------------------------------------------------------------------------------------


def test_an_order_on_payzens_page(wire: Wire) -> None:
    wire.expect(CREATE, order(), order_body())
    started = wire.payzen().start(charge(expires_at=SOON))
    assert started.show == Redirect(url=PAGE)
    assert (started.provider_id, started.provider_ids) == (ORDER, (ORDER,))
    assert started.memo == MEMO
    assert started.report is None


def test_the_recorded_order_of_the_contract(wire: Wire) -> None:
    """The smallest request's answer, as it was recorded."""
    told = order(
        paymentURL="https://secure.osb.pf/t/0tpbeddt",
        amount=10000,
        currency="XPF",
        expirationDate="2026-06-23T09:59:59+00:00",
    )
    wire.expect(CREATE, told)
    started = wire.payzen().start(charge(money=Money(10000, "XPF"), language="de"))
    assert started.show == Redirect(url="https://secure.osb.pf/t/0tpbeddt")
    assert (wire.bodies[0]["amount"], wire.bodies[0]["currency"]) == (10000, "XPF")
    assert "locale" not in wire.bodies[0]  # the shop's own language: PayZen's word for ours is not known


def test_what_the_account_says_and_what_the_order_brings(wire: Wire) -> None:
    options = {
        "paymentMethods": ["VISA"],
        "strongAuthentication": "CHALLENGE_MANDATE",
        "locale": "es_ES",
        "merchantComment": "row 7",
        "paymentReceiptEmail": "receipt@shop.example",
        "taxAmount": 90,
        "taxRate": "20.0",
        "dataCollectionForm": True,
        "redirectSuccessTimeout": 5,
        "redirectErrorTimeout": 0,
        "metadata": {"seat": "7"},
        "transactionOptions": {"cardOptions": {"captureDelay": 0}},
        "customer": {"shippingDetails": {"city": "Lyon"}},
        "subMerchantDetails": {"mcc": "7922"},
        "acquirerTransientData": {"x": {"y": "z"}},
    }
    account: dict[str, Any] = {
        "capture_delay": 5,
        "strong_authentication": "AUTO",
        "payment_methods": ["CARDS", "IDEAL"],
    }
    customer = charge().customer
    bare = {"email": "ada@shop.example", "reference": "customer-1"}
    expected = order_body(
        customer={**body()["customer"], "shippingDetails": {"city": "Lyon"}},
        metadata={"seat": "7", "order": "G-LYRA"},
        transactionOptions={"cardOptions": {"manualValidation": "YES", "captureDelay": 0}},
        **{n: v for n, v in options.items() if n not in ("metadata", "transactionOptions", "customer")},
    )
    wire.expect(CREATE, order(), expected)
    wire.payzen(**account).start(
        charge(expires_at=SOON, options=options, capture_later=True, customer=customer)
    )
    plain = order_body(
        customer=bare,
        paymentMethods=["CARDS", "IDEAL"],
        strongAuthentication="AUTO",
        transactionOptions={"cardOptions": {"manualValidation": "NO", "captureDelay": 5}},
    )
    wire.expect(CREATE, order(), plain)
    guest = Customer(reference="customer-1", email="ada@shop.example")
    wire.payzen(**account).start(charge(expires_at=SOON, customer=guest))


def test_a_return_address_may_have_a_query(wire: Wire) -> None:
    wire.expect(CREATE, order())
    urls = Urls(back=f"{BACK}?a=1", cancelled=f"{BACK}?a=1", notify=NOTIFY)
    wire.payzen().start(charge(urls=urls))
    assert wire.bodies[0]["cancelUrl"] == f"{BACK}?a=1&end=cancel"
    far = replace(urls, notify=f"https://pay.shop.example/{'n' * 240}/")
    with pytest.raises(Misconfigured, match="more than 255 characters"):
        wire.payzen().start(charge(urls=far))


@pytest.mark.parametrize(
    ("units", "money"),
    [
        (990, Money(990, "JPY")),
        (990, Money(990, "KRW")),
        (990, Money(990, "XOF")),
        (990, Money(99_000, "IDR")),
        (9901, Money(9901, "KWD")),
        (9901, Money(9901, "TND")),
        (999_999_999_999, Money(999_999_999_999, "EUR")),
    ],
)
def test_amounts_in_the_platforms_units(wire: Wire, units: int, money: Money) -> None:
    wire.expect(CREATE, order())
    wire.payzen().start(charge(money=money))
    assert wire.bodies[0]["amount"] == units


@pytest.mark.parametrize(("units", "money"), [(99, Money(990, "CNY")), (9, Money(900, "KHR"))])
def test_disputed_currencies_are_counted_as_the_account_says(wire: Wire, units: int, money: Money) -> None:
    wire.expect(CREATE, order())
    wire.payzen(disputed_currencies="payzen").start(charge(money=money))
    assert wire.bodies[0]["amount"] == units


# --- cards that are kept --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keep", "changes", "action"),
    [
        ("never", {"save_card": True}, "PAYMENT"),
        ("agreed", {}, "PAYMENT"),
        ("agreed", {"save_card": True}, "REGISTER_PAY"),
        ("ask", {}, "ASK_REGISTER_PAY"),
        ("ask", {"save_card": True}, "REGISTER_PAY"),
        ("ask", {"customer": Customer(email="guest@shop.example")}, "PAYMENT"),
        ("ask", {"saved_card": "alias-1"}, "PAYMENT"),
    ],
)
def test_a_card_is_kept_for_a_known_customer_who_agreed(
    wire: Wire, keep: str, changes: dict[str, Any], action: str
) -> None:
    wire.expect(CREATE, order())
    started = wire.payzen(keep_cards=keep).start(charge(**changes))
    assert wire.bodies[0]["formAction"] == started.memo["keeps"] == action
    assert wire.bodies[0].get("paymentMethodToken") == changes.get("saved_card")


def test_the_account_says_whether_it_keeps_cards(wire: Wire) -> None:
    keeping = charge(save_card=True)
    assert wire.payzen().refuses(keeping) == "This PayZen account keeps no cards."
    assert wire.payzen(keep_cards="agreed").refuses(keeping) == ""
    assert [wire.payzen(keep_cards=k).asks_consent() for k in ("never", "agreed", "ask")] == [
        False,
        False,
        True,
    ]


def test_a_token_is_not_longer_than_payzens(wire: Wire) -> None:
    with pytest.raises(Invalid) as problem:
        wire.payzen().start(charge(saved_card="t" * 33))
    assert problem.value.field == "saved_card"


# --- a link that is sent --------------------------------------------------------------------------------


def test_the_channels_are_the_accounts(wire: Wire) -> None:
    assert wire.payzen().sends_by() == ("url",)
    assert wire.payzen(sends=["mail", "sms"]).sends_by() == ("mail", "sms")
    with pytest.raises(Invalid) as problem:
        wire.payzen().start(invited("sms", "+33600000000"))
    assert problem.value.errors == (("channel", "is none by which this account sends links: url"),)


@pytest.mark.parametrize(
    ("channel", "asked", "options", "sent_to"),
    [
        ("url", {"text": "{link}"}, {"channelType": "URL"}, ""),
        ("invoice", {}, {"channelType": "INVOICE"}, ""),
        (
            "mail",
            {"to": "buyer@example.com", "subject": "Your order", "text": "Pay {amount} here until {until}: {link}"},
            {
                "channelType": "MAIL",
                "mailOptions": {
                    "recipient": "buyer@example.com",
                    "subject": "Your order",
                    "body": "Pay %amount% here until %end_date%: %url%",
                },
            },
            "buyer@example.com",
        ),
        (
            "sms",
            {"to": "+33600000000", "text": "Pay {amount} here: {link}"},
            {
                "channelType": "SMS",
                "smsOptions": {"phoneNumber": "+33600000000", "message": "Pay %amount% here: %url%"},
            },
            "+33600000000",
        ),
        ("sms", {"to": "+33600000000"}, {"channelType": "SMS", "smsOptions": {"phoneNumber": "+33600000000"}},
         "+33600000000"),
        (
            "whatsapp",
            {"to": "+33600000000"},
            {"channelType": "WHATSAPP", "whatsAppOptions": {"phoneNumber": "+33600000000"}},
            "+33600000000",
        ),
    ],
)  # fmt: skip
def test_a_link_by_every_channel(
    wire: Wire, channel: str, asked: dict[str, str], options: dict[str, Any], sent_to: str
) -> None:
    wire.expect(CREATE, order(), order_body(channelOptions=options))
    payzen = wire.payzen(sends=["url", "mail", "sms", "whatsapp", "invoice"])
    started = payzen.start(invited(channel, expires_at=SOON, **asked))
    assert started.show == Link(url=PAGE, sent_to=sent_to)
    assert started.memo["channel"] == options["channelType"]
    assert (started.memo["sent_by"], started.memo["to"]) == (channel, asked.get("to", ""))


def test_a_template_stands_in_for_a_text(wire: Wire) -> None:
    wire.expect(CREATE, order())
    payzen = wire.payzen(sends=["mail"], mail_template="reminder")
    payzen.start(invited("mail", "a@b.example"))
    mail = {"recipient": "a@b.example", "template": "reminder"}
    assert wire.bodies[0]["channelOptions"]["mailOptions"] == mail
    wire.expect(CREATE, order())
    mine = {"channelOptions": {"mailOptions": {"template": "own", "bcc": "c@d.example;e@f.example"}}}
    payzen.start(invited("mail", "a@b.example", options=mine))
    mail = {"recipient": "a@b.example", "bcc": "c@d.example;e@f.example", "template": "own"}
    assert wire.bodies[1]["channelOptions"]["mailOptions"] == mail


def test_an_invitation_is_shown_as_a_link_even_where_the_form_is_the_default(wire: Wire) -> None:
    wire.expect(CREATE, order())
    started = wire.payzen(show="widget").start(invited("url"))
    assert isinstance(started.show, Link)


@pytest.mark.parametrize(
    "url", [None, "", "javascript:alert(1)", "http://", "https://a.example/t/x y", "ftp://a/t"]
)
def test_a_link_that_is_none(wire: Wire, url: str | None) -> None:
    wire.expect(CREATE, order(paymentURL=url))
    with pytest.raises(Misconfigured, match="names no address"):
        wire.payzen().start(charge())
    # What PayZen has sent itself was sent.
    wire.expect(CREATE, order(paymentURL=url))
    started = wire.payzen(sends=["sms"]).start(invited("sms", "+33600000000"))
    assert started.show == Link(url="", sent_to="+33600000000")


def test_a_live_account_sends_nobody_to_plain_http(wire: Wire) -> None:
    wire.expect(CREATE, order())
    with pytest.raises(Misconfigured, match="names no address"):
        wire.payzen(live=True).start(charge())


# --- the form -------------------------------------------------------------------------------------------


def test_a_form_in_our_page(wire: Wire) -> None:
    wire.expect(FORM, MADE, body())
    started = wire.payzen(show="widget").start(charge())
    assert started.show == Widget(
        template="widgets/payzen.html",
        data={
            "script": "http://127.0.0.1:9000/payzen/static/js/krypton-client/V4.0/stable/kr-payment-form.min.js",
            "theme": "http://127.0.0.1:9000/payzen/static/js/krypton-client/V4.0/ext/neon.js",
            "style": "http://127.0.0.1:9000/payzen/static/js/krypton-client/V4.0/ext/neon-reset.min.css",
            "publicKey": PUBLIC_KEY,
            "formToken": "11SPI-eb8H-canary",
            "language": "fr-FR",
            "success": f"{BACK}?end=success",
            "refused": f"{BACK}?end=refused",
        },
        origins=("http://127.0.0.1:9000",),
        styled=True,
    )
    assert (started.provider_id, started.provider_ids) == ("", ())
    assert started.memo == {"way": "form", "keeps": "PAYMENT"}


def test_a_form_is_told_how_often_it_may_be_tried(wire: Wire) -> None:
    wire.expect(FORM, MADE)
    started = wire.payzen(retries=2).start(charge(channel="widget"))
    assert wire.bodies[0]["transactionOptions"]["cardOptions"] == {"manualValidation": "NO", "retry": 2}
    assert started.memo["tries"] == 3
    wire.expect(FORM, MADE)
    options = {"contrib": "shop 1.0", "transactionOptions": {"cardOptions": {"retry": 0}}}
    started = wire.payzen(retries=2).start(charge(channel="widget", options=options, saved_card="alias-1"))
    assert wire.bodies[1]["transactionOptions"]["cardOptions"]["retry"] == 0
    assert (wire.bodies[1]["contrib"], wire.bodies[1]["paymentMethodToken"]) == ("shop 1.0", "alias-1")
    assert started.memo["tries"] == 1


def test_the_channel_goes_before_the_accounts_default(wire: Wire) -> None:
    wire.expect(CREATE, order())
    assert isinstance(wire.payzen(show="widget").start(charge(channel="page")).show, Redirect)
    wire.expect(FORM, MADE)
    assert isinstance(wire.payzen(show="page").start(charge(channel="widget")).show, Widget)
    with pytest.raises(Misconfigured, match="public key"):
        wire.payzen(public_key="").start(charge(channel="widget"))


def test_the_forms_origins_are_its_own_and_the_accounts(wire: Wire) -> None:
    wire.expect(FORM, MADE)
    payzen = wire.payzen(
        show="widget", static="https://static.lyra.com", widget_origins=["https://pay.google.com"]
    )
    show = payzen.start(charge()).show
    assert isinstance(show, Widget)
    assert show.origins == ("https://static.lyra.com", "http://127.0.0.1:9000", "https://pay.google.com")
