"""What may a page load, who may frame it, and what is left in the browser? Nothing that is not needed."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client, RequestFactory
from django.views.defaults import server_error

from checkout.models import Account, Order, Payment
from tests.shopper.conftest import Answer, Reading
from tests.shopper.scenes import SCENES, Stage
from tests.shopper.scripted import ORIGIN

NOBODY_ELSE = {
    "default-src": {"'none'"},
    "script-src": {"'self'"},
    "style-src": {"'self'"},
    "img-src": {"'self'", "data:"},
    "font-src": {"'self'"},
    "connect-src": {"'self'"},
    "form-action": {"'self'"},
    "base-uri": {"'none'"},
    "frame-ancestors": {"'none'"},
}

WIDGETS = ["widget", "widget_and_page"]


def policy(answer: Answer) -> dict[str, set[str]]:
    parts = [part.split() for part in answer.headers["Content-Security-Policy"].split(";")]
    return {name: {value for value in values if not value.startswith("'nonce-")} for name, *values in parts}


@pytest.fixture
def visit(stage: Stage, shopper: Client) -> Callable[[str], Answer]:
    def go(scene: str) -> Answer:
        return shopper.get(SCENES[scene][0](stage).get_absolute_url())

    return go


@pytest.mark.parametrize("scene", [scene for scene in SCENES if scene not in {*WIDGETS, "onward_by_form"}])
def test_a_page_without_a_provider_allows_none(visit: Callable[[str], Answer], scene: str) -> None:
    answer = visit(scene)
    assert policy(answer) == NOBODY_ELSE
    assert answer.headers["Permissions-Policy"].endswith("payment=()")
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"


@pytest.mark.parametrize("scene", WIDGETS)
def test_the_widgets_page_allows_its_provider_alone(visit: Callable[[str], Answer], scene: str) -> None:
    answer = visit(scene)
    assert policy(answer) == {
        **NOBODY_ELSE,
        "script-src": {"'self'", ORIGIN},
        "connect-src": {"'self'", ORIGIN},
        "frame-src": {ORIGIN},
    }
    assert answer.headers["Permissions-Policy"].endswith(f'payment=(self "{ORIGIN}")')
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin-allow-popups"


def test_a_widget_that_draws_into_our_page_may_bring_its_styles(begun: Payment, shopper: Client) -> None:
    Payment.objects.filter(pk=begun.pk).update(show={**begun.show, "styled": True})
    answer = shopper.get(begun.order.get_absolute_url())
    assert policy(answer) == {
        **NOBODY_ELSE,
        "script-src": {"'self'", ORIGIN},
        "connect-src": {"'self'", ORIGIN},
        "frame-src": {ORIGIN},
        "style-src": {"'self'", ORIGIN, "'unsafe-inline'"},
        "img-src": {"'self'", "data:", ORIGIN},
        "font-src": {"'self'", ORIGIN},
    }
    assert "'nonce-" not in answer.headers["Content-Security-Policy"].split("style-src")[1].split(";")[0]


def test_the_widgets_own_script_carries_the_pages_nonce(visit: Callable[[str], Answer]) -> None:
    answer = visit("widget")
    nonce = answer.content.decode().split('nonce="')[1].split('"')[0]
    assert len(nonce) >= 16
    assert f"'nonce-{nonce}'" in answer.headers["Content-Security-Policy"]


def test_a_form_to_the_provider_may_be_sent_to_it_alone(visit: Callable[[str], Answer]) -> None:
    answer = visit("onward_by_form")
    assert policy(answer) == {**NOBODY_ELSE, "form-action": {"'self'", "https://pay.example"}}
    html = answer.content.decode()
    assert '<form method="post" action="https://pay.example/form" id="onward">' in html
    assert '<input type="hidden" name="amount" value="42.99">' in html


@pytest.mark.parametrize("scene", SCENES)
def test_nothing_is_kept_in_the_browser(visit: Callable[[str], Answer], scene: str) -> None:
    answer = visit(scene)
    assert not answer.cookies
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Cookie" not in answer.headers["Vary"]
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Referrer-Policy"] == "same-origin"


def test_no_press_leaves_a_cookie(begun: Payment, shopper: Client) -> None:
    root = begun.order.get_absolute_url()
    for what in ("start", "retry", "extend", "language", "remove-card", "give-up"):
        answer = shopper.post(f"{root}{what}/", {"attempt": 1, "then": "again", "language": "fr"})
        assert answer.status_code == 303
        assert not answer.cookies
        assert answer.headers["Cache-Control"] == "no-store"
    returned = shopper.get(f"{root}return/{begun.token}/")
    assert not returned.cookies
    assert not shopper.get(f"{root}status.json").cookies


@pytest.mark.parametrize("scene", SCENES)
def test_no_page_brings_styles_or_scripts_of_its_own(visit: Callable[[str], Answer], scene: str) -> None:
    html = visit(scene).content.decode()
    assert " style=" not in html
    assert "<style" not in html
    assert " onclick=" not in html
    assert "http:" not in html.replace("http://testserver", "")


def test_the_page_of_last_resort_asks_no_database() -> None:
    answer = server_error(RequestFactory().get("/"))
    assert answer.status_code == 500
    page = Reading(answer.content.decode())
    assert page.heading == "Something went wrong on our side"
    assert "do not pay again before you have looked there" in page


def test_a_session_that_happens_to_be_there_is_not_touched(
    order: Order, account: Account, admin_client: Client, django_assert_num_queries: Any
) -> None:
    answer = admin_client.get(order.get_absolute_url())
    assert not answer.cookies
    assert "Cookie" not in answer.headers["Vary"]
