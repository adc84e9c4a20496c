"""The browser is back and says something. Does it decide anything?"""

from collections.abc import Callable
from datetime import timedelta

import pytest
import structlog
from django.test import Client
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from checkout.models import Order, Payment
from checkout.states import State
from providers.base import Outcome, Report
from providers.errors import Uncertain
from tests.shopper.conftest import Reading
from tests.shopper.scripted import Scripted, paid, refused

Read = Callable[[Order], Reading]


def address(payment: Payment, result: str = "success") -> str:
    return f"/pay/{payment.order.token}/return/{payment.token}/?result={result}"


def checks_queued() -> int:
    return DBTaskResult.objects.filter(task_path="checkout.tasks.check_payment").count()


def test_a_return_asks_the_provider_and_leads_to_the_page(begun: Payment, read: Read) -> None:
    Scripted.truth = paid()
    answer = Client().get(address(begun))
    assert (answer.status_code, answer.headers["Location"]) == (303, begun.order.get_absolute_url())
    begun.refresh_from_db()
    assert begun.state == State.PAID
    assert Scripted.calls == ["start", "sync"]
    assert checks_queued() == 0
    assert read(begun.order).heading == "Paid, thank you"


def test_a_forged_success_changes_nothing(begun: Payment, read: Read) -> None:
    Client().get(address(begun, "success"))
    begun.refresh_from_db()
    begun.order.refresh_from_db()
    assert (begun.state, begun.captured_minor, begun.order.state) == (State.STARTED, 0, "open")
    assert read(begun.order).heading == "We are checking your payment"
    assert checks_queued() == 1


def test_a_refuted_success_gives_the_form_back_after_a_minute(begun: Payment, read: Read) -> None:
    begin = read(begun.order).heading
    Client().get(address(begun, "success"))
    a_minute_ago = timezone.now() - timedelta(seconds=61)
    Payment.objects.filter(pk=begun.pk).update(claimed_at=a_minute_ago)
    assert read(begun.order).heading == begin


def test_an_unanswered_success_stays_looked_into(begun: Payment, read: Read) -> None:
    Scripted.truth = Uncertain("No answer.")
    Client().get(address(begun, "success"))
    a_minute_ago = timezone.now() - timedelta(seconds=61)
    Payment.objects.filter(pk=begun.pk).update(claimed_at=a_minute_ago)
    assert read(begun.order).heading == "We are checking your payment"


def test_a_forged_failure_changes_nothing_either(begun: Payment, read: Read) -> None:
    Scripted.truth = paid()
    Client().get(address(begun, "failure"))
    assert read(begun.order).heading == "Paid, thank you"


def test_a_return_may_come_by_post_from_another_site(begun: Payment) -> None:
    Scripted.truth = refused("wrong_cvc")
    stranger = Client(
        enforce_csrf_checks=True, headers={"sec-fetch-site": "cross-site", "origin": "https://pay.example"}
    )
    answer = stranger.post(address(begun).split("?")[0], {"result": "failure"})
    assert answer.status_code == 303
    begun.refresh_from_db()
    assert (begun.state, begun.claim) == (State.FAILED, "failure")


def test_a_provider_that_does_not_answer_leaves_it_open_and_is_asked_later(
    begun: Payment, read: Read
) -> None:
    Scripted.truth = Uncertain("no answer within 8 s")
    Client().get(address(begun))
    begun.refresh_from_db()
    assert begun.state == State.STARTED
    assert checks_queued() == 1
    assert read(begun.order).heading == "We are checking your payment"


def test_a_cancel_at_the_provider_offers_to_try_again(begun: Payment, read: Read) -> None:
    Client().get(address(begun, "cancel"))
    page = read(begun.order)
    assert page.heading == "The payment was not completed"
    assert page.buttons == ["Try again", "I need more time", "Give up this order"]
    assert "Nothing was charged" not in page  # the provider has not said so yet


def test_a_return_without_a_word_shows_the_attempt_again(begun: Payment, read: Read) -> None:
    Client().get(address(begun, ""))
    assert read(begun.order).heading == "Enter your payment details"


def test_a_result_under_way_is_being_checked(begun: Payment, read: Read) -> None:
    Scripted.truth = Report(outcome=Outcome.PENDING)
    Client().get(address(begun))
    assert read(begun.order).heading == "We are checking your payment"


def test_another_orders_payment_is_not_found_here(begun: Payment, make_order: Callable[..., Order]) -> None:
    other = make_order()
    answer = Client().get(f"/pay/{other.token}/return/{begun.token}/?result=success")
    assert answer.status_code == 404
    begun.refresh_from_db()
    assert begun.claimed_at is None
    assert Scripted.calls == ["start"]


@pytest.mark.parametrize("token", ["wrong", "1"])
def test_a_payment_token_is_not_guessed(begun: Payment, token: str) -> None:
    assert Client().get(f"/pay/{begun.order.token}/return/{token}/").status_code == 404


def test_the_log_names_the_order_and_the_payment(begun: Payment) -> None:
    Client().get(address(begun))
    bound = structlog.contextvars.get_contextvars()
    assert (bound["order"], bound["payment"]) == (begun.order.number, begun.reference)
    Client().get("/healthz")
    assert set(structlog.contextvars.get_contextvars()) == {"request_id"}
