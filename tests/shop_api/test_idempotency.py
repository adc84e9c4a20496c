"""Is the same request done once, however often and however close together it comes?"""

import json
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse

from checkout.models import IdempotencyKey, Order, Shop
from checkout.shop_api import orders
from checkout.shop_api.idempotency import Answered
from checkout.tasks import forget_old_answers
from tests.scripted import Clock, make_shop
from tests.shop_api.conftest import GOOD, Caller, caller_for, problem


def test_the_first_answer_is_given_again(caller: Caller) -> None:
    first = caller.create()
    Order.objects.update(description="changed meanwhile")
    again = caller.create()
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert "Idempotent-Replay" not in first
    assert again["Idempotent-Replay"] == "true"
    assert Order.objects.count() == 1


def test_the_sequence_of_names_does_not_matter(caller: Caller) -> None:
    caller.created()
    turned = dict(reversed(GOOD.items()))
    answer = caller.call("POST", "orders", json.dumps(turned, indent=2).encode(), Idempotency_Key="key-1")
    assert (answer.status_code, answer["Idempotent-Replay"]) == (201, "true")


def test_another_request_under_the_same_key_is_refused(caller: Caller) -> None:
    caller.created()
    assert set(problem(caller.create(amount=1), 422)) == {"Idempotency-Key"}
    assert Order.objects.get().amount_minor == 4299


def test_a_key_belongs_to_its_shop(caller: Caller) -> None:
    assert caller.created()["id"] != caller_for(make_shop()).created()["id"]


def test_a_refusal_is_not_remembered(caller: Caller) -> None:
    problem(caller.create(amount=-1), 422)
    caller.created()


def test_what_was_answered_long_ago_is_forgotten(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    caller.created()
    clock.forward(days=29)
    assert forget_old_answers() == 0
    clock.forward(days=2)
    assert forget_old_answers() == 1
    assert set(problem(caller.create(), 409)) == {"reference"}


# --- at the same moment --------------------------------------------------------------------------------------------

CLICKS = 4


def at_once(call: Callable[[int], HttpResponse]) -> list[HttpResponse]:
    """What each of several threads is answered, all of them let go together."""
    gate, answers = threading.Barrier(CLICKS), [HttpResponse()] * CLICKS

    def click(number: int) -> None:
        gate.wait(10)
        try:
            answers[number] = call(number)
        finally:
            connection.close()

    threads = [threading.Thread(target=click, args=[number]) for number in range(CLICKS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers


def clicked(caller: Caller, turn: int, _number: int) -> HttpResponse:
    return caller.create(f"key-{turn}", reference=f"b-{turn}")


@pytest.mark.django_db(transaction=True)
def test_the_same_key_at_the_same_moment_makes_one_order() -> None:
    caller = caller_for(make_shop())
    for turn in range(5):
        answers = at_once(partial(clicked, caller, turn))
        assert [answer.status_code for answer in answers] == [201] * CLICKS
        assert len({answer.content for answer in answers}) == 1
        assert sorted("Idempotent-Replay" in answer for answer in answers) == [False, True, True, True]
    assert Order.objects.count() == 5


@pytest.mark.django_db(transaction=True)
def test_the_same_reference_under_several_keys_makes_one_order() -> None:
    caller = caller_for(make_shop())
    answers = at_once(lambda number: caller.create(f"key-{number}"))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert Order.objects.count() == IdempotencyKey.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_looking_before_leaping_would_not_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin: with the key looked up first and written last, the second click is refused instead of answered."""
    together = threading.Barrier(CLICKS)

    def naive(shop: Shop, key: str, mark: str, make: Callable[[], tuple[int, dict[str, Any]]]) -> Answered:
        known = IdempotencyKey.objects.filter(shop=shop, key=key).first()
        together.wait(10)
        if known is not None:
            return Answered(status=known.status or 0, body=str(known.answer), replayed=True)
        status, body = make()
        said = json.dumps(body)
        IdempotencyKey.objects.create(shop=shop, key=key, fingerprint=mark, status=status, answer=said)
        return Answered(status=status, body=said, replayed=False)

    monkeypatch.setattr(orders, "once", naive)
    caller = caller_for(make_shop())
    answers = at_once(lambda _number: caller.create())
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
