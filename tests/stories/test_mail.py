"""What stands in the e-mail with a payment link? The merchant's words, harmless, and the link, in text and in HTML."""

from email.message import EmailMessage as Parsed
from email.parser import BytesParser
from email.policy import default
from typing import Any

import pytest
from django.core import mail

from checkout.link_texts import LINK_TEXTS
from checkout.models import Invitation, Order
from checkout.payments.links import invite
from checkout.payments.timeline import Who
from tests.scripted import make_order, make_shop, work

pytestmark = pytest.mark.usefixtures("script")


@pytest.fixture
def order(transactional_db: None) -> Order:
    shop = make_shop(name="Bread & <b>Butter</b>", support_email="help@bread.example")
    return make_order(shop, reference="B-<17>", items=[])


def sent(order: Order, **asked: Any) -> tuple[Invitation, Parsed, str, str]:
    """The link, the message as it goes over the wire, its text and its HTML."""
    link, _new = invite(order, channel="email", to="ada@example.com", who=Who.MERCHANT, **asked)
    work()
    message = BytesParser(policy=default).parsebytes(mail.outbox[-1].message().as_bytes())
    assert isinstance(message, Parsed)
    assert message.get_content_type() == "multipart/alternative"
    text, html = (part.get_content().replace("\r\n", "\n") for part in message.iter_parts())
    return link, message, text, html


def test_our_own_words(order: Order) -> None:
    link, message, text, html = sent(order)
    assert (message["Subject"], message["To"]) == ("Your payment of €42.99", "ada@example.com")
    assert (message["From"], message["Reply-To"]) == ("checkout@testserver", "help@bread.example")
    assert text.startswith("Hello,\n\nthank you for your order. You can pay €42.99 here until ")
    assert text.count(link.url) == 1
    assert "{" not in text + html
    assert html.count(f'href="{link.url}"') == 1
    assert "Pay €42.99</a>" in html
    assert '<html lang="en">' in html
    assert "Nothing is charged until you confirm it there." in text
    assert "Nothing is charged until you confirm it there." in html


def test_in_the_customers_language(order: Order) -> None:
    _link, message, text, html = sent(order, language="fr")
    assert '<html lang="fr">' in html
    assert "42,99\xa0€" in text
    assert "42,99 €" in message["Subject"]


@pytest.mark.parametrize("text", LINK_TEXTS, ids=lambda text: text.name)
def test_each_text_to_choose_from_brings_the_link_once(order: Order, text: Any) -> None:
    subject, words = text.in_language("en")
    link, message, body, html = sent(order, subject=subject, text=words)
    assert body.count(link.url) == 1
    assert html.count(f'href="{link.url}"') == 1
    assert "€42.99" in message["Subject"]
    assert "{" not in body + html


def test_a_text_without_the_link_gets_it_below(order: Order) -> None:
    link, _message, text, html = sent(order, text="Dear Ada,\n\nplease pay {amount}.")
    assert text.strip() == f"Dear Ada,\n\nplease pay €42.99.\n\n{link.url}"
    assert html.index("please pay €42.99.") < html.index(f'href="{link.url}"')


def test_a_link_in_the_midst_stands_in_the_midst(order: Order) -> None:
    link, _message, text, html = sent(
        order, text="Before\n\n{link}\n\nAfter {colour} {0} {link.__class__} %s"
    )
    assert text.strip() == f"Before\n\n{link.url}\n\nAfter {{colour}} {{0}} {{link.__class__}} %s"
    assert (
        html.index("<p>Before</p>") < html.index(f'href="{link.url}"') < html.index("<p>After {colour} {0}")
    )


def test_what_others_wrote_is_no_markup(order: Order) -> None:
    _link, _message, text, html = sent(order, text="<script>alert(1)</script> {link} <img src=x>")
    assert "<script" not in html
    assert "<img" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "Bread &amp; &lt;b&gt;Butter&lt;/b&gt;" in html
    assert "Order B-&lt;17&gt;" in html
    assert "<script>alert(1)</script>" in text  # a text is read as it stands


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\x0b", "\x0c", "\x85", "\u2028"])
def test_no_line_ends_within_the_subject(order: Order, end: str) -> None:
    _link, message, _text, _html = sent(order, subject=f"Pay {{amount}}{end}Bcc: eve@example.com")
    assert message["Subject"] == "Pay €42.99 Bcc: eve@example.com"
    assert message["Bcc"] is None
    assert mail.outbox[-1].recipients() == ["ada@example.com"]


def test_without_a_support_address_nobody_is_answered_to(order: Order) -> None:
    order.shop.support_email = ""
    order.shop.save()
    _link, message, _text, _html = sent(order)
    assert message["Reply-To"] is None


def test_what_no_database_holds_is_no_crash(order: Order) -> None:
    _link, _message, text, _html = sent(order, text="Pay\0 \ud83d {link}")
    assert text.startswith("Pay? ? http://testserver/l/")
