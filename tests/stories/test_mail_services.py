"""Does an e-mail of ours go by a mail service's API as well as by a mail server? Over the faked wire of two of them."""

import json
from collections.abc import Iterator
from urllib.parse import parse_qsl

import pytest
import responses
from django.conf import LazySettings
from django.utils import timezone
from django.utils.translation import override

from checkout.mail.sending import NotSent
from checkout.models import Account, Letter, Payment
from checkout.payments.apply import apply
from checkout.payments.letters import gone
from checkout.payments.start import start
from checkout.sentences import sentence
from checkout.tasks import run_sweep
from providers.base import Outcome, Report
from providers.said import said
from tests import french
from tests.scripted import Clock, Script, make_order, work

MAILGUN = "https://api.mailgun.net/v3/mail.bread.example/messages"
POSTMARK = "https://api.postmarkapp.com/email"
KEY = "key-of-the-service"


@pytest.fixture
def wire() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as faked:
        yield faked


@pytest.fixture
def payment(script: Script, account: Account) -> Payment:
    shop = account.shop
    shop.letters, shop.support_email, shop.webhook_url = ["receipt"], "help@bread.example", ""
    shop.save()
    order = make_order(shop, email="ada@example.com", language="fr", reference="B-7")
    return start(order, account)


@pytest.fixture
def mailgun(settings: LazySettings) -> None:
    settings.EMAIL_BACKEND = "anymail.backends.mailgun.EmailBackend"
    settings.ANYMAIL = {"MAILGUN_API_KEY": KEY, "MAILGUN_SENDER_DOMAIN": "mail.bread.example"}


@pytest.fixture
def postmark(settings: LazySettings) -> None:
    settings.EMAIL_BACKEND = "anymail.backends.postmark.EmailBackend"
    settings.ANYMAIL = {"POSTMARK_SERVER_TOKEN": KEY}


def paid(payment: Payment) -> Letter:
    """The receipt, after it was tried once."""
    report = Report(
        outcome=Outcome.PAID, reference=payment.reference, authorized=payment.money, captured=payment.money
    )
    apply(payment.pk, report)
    work()
    return Letter.objects.get()


@pytest.mark.usefixtures("mailgun")
def test_a_receipt_by_mailgun(wire: responses.RequestsMock, payment: Payment) -> None:
    wire.post(MAILGUN, json={"id": "<1@mail.bread.example>", "message": "Queued. Thank you."})
    letter = paid(payment)
    [call] = wire.calls
    asked = dict(parse_qsl(str(call.request.body)))
    assert (asked["to"], asked["h:Reply-To"]) == ("ada@example.com", "help@bread.example")
    assert "42,99" in asked["subject"]
    assert "B-7" in asked["text"]
    assert '<html lang="fr">' in asked["html"]
    assert (bool(letter.sent_at), letter.attempts, letter.error) == (True, 1, "")


@pytest.mark.usefixtures("postmark")
def test_a_receipt_by_postmark(wire: responses.RequestsMock, payment: Payment) -> None:
    wire.post(POSTMARK, json={"ErrorCode": 0, "Message": "OK", "MessageID": "m-1", "To": "ada@example.com"})
    letter = paid(payment)
    [call] = wire.calls
    asked = json.loads(call.request.body or "")
    assert (asked["To"], asked["ReplyTo"]) == ("ada@example.com", "help@bread.example")
    assert "42,99" in asked["Subject"]
    assert "B-7" in asked["TextBody"]
    assert '<html lang="fr">' in asked["HtmlBody"]
    assert call.request.headers["X-Postmark-Server-Token"] == KEY
    assert (bool(letter.sent_at), letter.attempts, letter.error) == (True, 1, "")


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (" Inactive recipients are ones that", "The mail server refuses the address."),
        ("", "The mail service does not say that it took it."),  # as nobody has seen it yet
    ],
    ids=["inactive", "in other words"],
)
@pytest.mark.usefixtures("postmark")
def test_an_address_that_the_service_refuses(
    wire: responses.RequestsMock, payment: Payment, after: str, said: str
) -> None:
    why = f"It was marked as inactive. Found inactive addresses: ada@example.com.{after}"
    wire.post(POSTMARK, status=422, json={"ErrorCode": 406, "Message": why})
    letter = paid(payment)
    assert (letter.sent_at, letter.error) == (None, said)


@pytest.mark.usefixtures("mailgun")
def test_a_service_that_is_away_is_asked_again(
    wire: responses.RequestsMock, payment: Payment, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    wire.post(MAILGUN, status=401, json={"message": f"Forbidden: {KEY}"})
    letter = paid(payment)
    assert letter.error == "The mail server did not take it (AnymailRequestsAPIError)."
    assert letter.next_try_at is not None
    assert KEY not in caplog.text
    wire.replace("POST", MAILGUN, json={"id": "<1@mail.bread.example>", "message": "Queued. Thank you."})
    clock.forward(hours=1)
    run_sweep()
    work()
    letter.refresh_from_db()
    assert (bool(letter.sent_at), letter.attempts) == (True, 2)


@pytest.mark.usefixtures("mailgun")
def test_a_service_whose_keys_are_not_set_is_told_of(payment: Payment, settings: LazySettings) -> None:
    settings.ANYMAIL = {}
    letter = paid(payment)
    assert letter.error == "The mail server did not take it (AnymailConfigurationError)."
    Letter.objects.update(attempts=6, next_try_at=timezone.now(), data={})
    gone(Letter.objects.get(), error=NotSent(said("The mail server refuses the address.")).sentence)
    [entry] = payment.order.timeline.filter(code="letter.not_sent")
    with french.spoken({"The mail server refuses the address.": "[fr] Adresse refusée."}), override("fr"):
        assert sentence(entry.code, entry.data).endswith("[fr] Adresse refusée.")
