"""Does a secret, or a card number, stay anywhere? Canaries are put wherever others may write, and every row is read."""

import json
from typing import Any

import pytest
import responses
from django.apps import apps
from django.db import connection

from checkout.models import Account, Order, Payment
from checkout.payments.operate import operate
from checkout.payments.orders import mark_seen
from checkout.payments.recover import check
from checkout.payments.start import start
from checkout.tasks import keep_notification, run_sweep
from providers.base import Card, Notification, OperationStatus, Outcome, Report, SavedCard, Verb
from providers.base import Operation as Listed
from providers.errors import Decline, Declined, Misconfigured, Uncertain
from providers.http import redact_body
from providers.money import Money
from tests.scripted import PASSWORD, WEBHOOK_SECRET, Call, Clock, Script, make_order, paid, work

PAN = "4111111111111111"
SPACED = "4111 1111 1111 1111"
CARD_TOKEN = "tok-canary-77aa"
NEVER = (PAN, SPACED, CARD_TOKEN, PASSWORD, WEBHOOK_SECRET)


def everything_stored() -> str:
    """Every row of every table of ours and of the queue, as the database holds it."""
    rows = []
    for model in [
        *apps.get_app_config("checkout").get_models(),
        *apps.get_app_config("django_tasks_database").get_models(),
    ]:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {model._meta.db_table}")
            rows += [repr(row) for row in cursor.fetchall()]
    return "\n".join(rows)


@pytest.fixture
def shop_site() -> Any:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as site:
        site.post("https://shop.example/hook", status=500, body=f"why {PAN}")
        yield site


def test_no_flow_leaves_a_secret_behind(
    script: Script,
    clock: Clock,
    account: Account,
    shop_site: responses.RequestsMock,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    order = make_order(account.shop, customer={"reference": "c-1"})
    script.will("start", Declined(Decline(code="05", message=f"Card {PAN} was declined")))
    start(order, account)
    script.will("start", Misconfigured(f"No right to charge {SPACED}."))
    start(order, account)
    payment = start(order, account, save_card=True)
    script.will(
        "sync",
        Uncertain(f"Half an answer about {PAN}"),
        Report(outcome=Outcome.PENDING, warning=f"odd {PAN}"),
    )
    check(payment)
    check(Payment.objects.get(pk=payment.pk))

    def bought(call: Call) -> Report:
        kept = SavedCard(token=CARD_TOKEN, card=Card(brand="Visa", last4=PAN))
        return Report(outcome=Outcome.PAID, authorized=call.charge.money, captured=call.charge.money,
                      saved_card=kept, card=kept.card)  # fmt: skip

    script.will("sync", bought)
    body = json.dumps({"card": PAN, "password": PASSWORD, "cvc": "123"}).encode()
    keep_notification(
        account,
        Notification(key="n", about=f"paid with {PAN}", reference=payment.reference),
        redact_body(body),
    )
    work()

    def odd(call: Call) -> Report:
        listed = Listed(verb=Verb.REFUND, money=Money(100, "EUR"), status=OperationStatus.CONFLICT, key=call.key,
                        message=f"to {PAN}")  # fmt: skip
        return Report(outcome=Outcome.PAID, operations=(listed,))

    script.will("refund", odd)
    operate(Payment.objects.get(pk=payment.pk), Verb.REFUND, Money(100, "EUR"), reason=f"wrong card {PAN}")
    mark_seen(order, user=None)
    clock.forward(hours=1)
    run_sweep()
    work()

    assert Payment.objects.get(pk=payment.pk).card_last4 == "1111"
    stored = everything_stored()
    assert "Half an answer about ***1111" in stored
    said = caplog.text + "".join(capfd.readouterr())
    for secret in NEVER:
        assert secret not in stored
        assert secret not in said
    assert CARD_TOKEN not in "".join(map(repr, script.calls))
    assert PASSWORD not in "".join(map(repr, script.calls))


@pytest.mark.parametrize("odd", ["nul \0 here", "half \ud83d here", "line\nbreak", "\u202etxet", "x" * 5000])
def test_odd_text_from_a_provider_is_kept_as_far_as_it_can_be(
    script: Script, account: Account, order: Order, odd: str
) -> None:
    listed = Listed(verb=Verb.REFUND, money=Money(1, "EUR"), status=OperationStatus.SUCCESS, provider_id=odd)
    script.will("start", Declined(Decline(code=odd, message=odd, reason=odd)))
    start(order, account)
    payment = start(order, account)
    card = Card(brand=odd, last4=odd)
    script.will(
        "sync",
        Report(outcome=Outcome.PENDING, warning=odd, card=card, provider_ids=(odd,)),
        lambda call: Report(
            outcome=Outcome.PAID, authorized=call.charge.money, refunded=Money(1, "EUR"), operations=(listed,)
        ),
    )
    check(payment)
    assert check(Payment.objects.get(pk=payment.pk)).captured_minor == 4299
    keep_notification(account, Notification(key=odd, about=odd, reference=odd, provider_ids=(odd,)), odd)
    script.will("sync", paid)
    work()
    assert order.timeline.filter(code="payment.warning").count() == 1
