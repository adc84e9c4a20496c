"""Is whoever guesses made to wait, and is a second factor asked for, once set up, of everybody and every time?"""

import re
import time
from datetime import timedelta
from typing import Any

import pyotp
import pytest
from axes.models import AccessAttempt
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from checkout.merchant import second_factor
from checkout.models import AuditEntry, SecondFactor
from checkout.roles import MANAGER, VIEWER
from tests.merchant.clicks import hidden
from tests.merchant.people import PASSWORD, browser_of, person

pytestmark = pytest.mark.django_db

LOGIN, CODE, INDEX = "/admin/login/", "/admin/login/code/", "/admin/"
SET_UP = "/admin/second-factor/set-up/"


def give(browser: Client, name: str, password: str, **more: Any) -> Any:
    return browser.post(
        f"{LOGIN}?next=/admin/checkout/order/", {"username": name, "password": password}, **more
    )


def is_in(browser: Client) -> bool:
    return browser.get(INDEX).status_code == 200


def log() -> list[tuple[str, str, Any]]:
    return list(AuditEntry.objects.order_by("id").values_list("who", "action", "data"))


def code_of(user: User, *, steps: int = 0) -> str:
    key = SecondFactor.objects.get(user=user).secret.reveal()
    return pyotp.TOTP(key).at(time.time() + 30 * steps)


def set_up(browser: Client, user: User) -> list[str]:
    """The whole way; returns the backup codes. The code that it took was of the thirty seconds before."""
    html = browser.get(SET_UP).content.decode()
    answer = browser.post(SET_UP, {"code": code_of(user, steps=-1), "once": hidden(html, "once")})
    assert answer.status_code == 200, answer.content.decode()
    codes = re.findall(r'g-code-line">([A-Z2-7-]{19})<', answer.content.decode())
    assert len(codes) == second_factor.BACKUP_CODES
    return codes


@pytest.fixture
def vera(db: None) -> User:
    return person("vera", VIEWER)


# --- passwords -------------------------------------------------------------------------------------------------------


def test_logins_and_logouts_are_in_the_log(vera: User) -> None:
    browser = Client()
    assert give(browser, "vera", "wrong").status_code == 200
    assert give(browser, "vera", PASSWORD)["Location"] == "/admin/checkout/order/"
    assert is_in(browser)
    assert browser.post("/admin/logout/").status_code in (200, 302)
    assert not is_in(browser)
    assert log() == [("vera", "login failed", {}), ("vera", "login", {}), ("vera", "logout", {})]
    assert set(AuditEntry.objects.values_list("address", flat=True)) == {"127.0.0.1"}
    assert "wrong" not in str(list(AuditEntry.objects.values()))


def test_whoever_guesses_has_to_wait_and_nobody_else(vera: User, settings: LazySettings) -> None:
    guesser = Client(REMOTE_ADDR="192.0.2.9")
    answers = [give(guesser, "vera", f"guess {n}") for n in range(settings.LOGIN_TRIES)]
    assert [answer.status_code for answer in answers] == [200] * (settings.LOGIN_TRIES - 1) + [429]
    for _n in range(3):
        answer = give(guesser, "vera", PASSWORD)  # right, and too late
        assert answer.status_code == 429
    assert b"Wait 15 minutes" in answer.content
    assert answer["Retry-After"] == "900"
    assert not is_in(guesser)
    assert give(Client(), "vera", PASSWORD).status_code == 302  # from elsewhere she comes in
    told = [action for who, action, _data in log() if who == "vera"]
    assert told == [*["login failed"] * settings.LOGIN_TRIES, "login refused", "login"]


def test_the_wait_ends(vera: User, settings: LazySettings) -> None:
    browser = Client()
    for _n in range(settings.LOGIN_TRIES):
        give(browser, "vera", "wrong")
    assert give(browser, "vera", PASSWORD).status_code == 429
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=16))
    assert give(browser, "vera", PASSWORD).status_code == 302


@pytest.mark.parametrize(("trusted", "address"), [(False, "127.0.0.1"), (True, "203.0.113.7")])
def test_an_address_is_believed_of_a_proxy_of_ours_alone(
    vera: User, settings: LazySettings, trusted: bool, address: str
) -> None:
    settings.TRUSTED_PROXY = trusted
    give(Client(), "vera", PASSWORD, HTTP_X_FORWARDED_FOR="198.51.100.1, 203.0.113.7")
    assert AuditEntry.objects.get(action="login").address == address


# --- the second factor -----------------------------------------------------------------------------------------------


def test_the_second_factor_from_beginning_to_end(vera: User) -> None:
    browser = browser_of(vera)
    before = browser.session.session_key
    html = browser.get(SET_UP).content.decode()
    key = SecondFactor.objects.get().secret.reveal()
    assert "<svg" in html
    assert second_factor.in_groups(key) in html
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM checkout_secondfactor")
        assert key not in str(cursor.fetchone())  # at rest it is encrypted
    other = browser_of(vera)  # her other browser, where nothing was given
    assert browser.post(SET_UP, {"code": "000000", "once": hidden(html, "once")}).status_code == 422
    assert is_in(other)  # nothing is asked for before it is confirmed

    codes = set_up(browser, vera)
    assert browser.session.session_key != before
    assert is_in(browser)
    assert other.get(INDEX)["Location"] == f"{CODE}?next=%2Fadmin%2F"
    assert all(code not in str(SecondFactor.objects.values().get()) for code in codes)

    new = Client()
    assert give(new, "vera", PASSWORD)["Location"] == CODE
    assert not is_in(new)
    held = new.session.session_key
    assert b"six digits" in new.get(CODE).content
    assert new.post(CODE, {"code": "nonsense"}).status_code == 422
    right = code_of(vera)
    assert new.post(CODE, {"code": right})["Location"] == "/admin/checkout/order/"
    assert is_in(new)
    assert new.session.session_key != held

    again = Client()
    give(again, "vera", PASSWORD)
    assert again.post(CODE, {"code": right}).status_code == 422  # somebody looked over her shoulder
    assert again.post(CODE, {"code": codes[3].lower()}).status_code == 302
    assert is_in(again)
    third = Client()
    give(third, "vera", PASSWORD)
    assert third.post(CODE, {"code": codes[3]}).status_code == 422  # once
    assert not is_in(third)

    told = [(action, data.get("second_factor", "")) for _who, action, data in log()]
    assert told[told.index(("second factor set up", "")) + 1 :] == [
        ("login failed", ""),
        ("login", "code"),
        ("login failed", ""),
        ("login", "backup code"),
        ("login failed", ""),
    ]


def test_wrong_codes_are_counted_wherever_they_come_from(vera: User, settings: LazySettings) -> None:
    set_up(browser_of(vera), vera)
    for n in range(settings.LOGIN_TRIES):
        guesser = Client(REMOTE_ADDR=f"192.0.2.{n + 1}")
        give(guesser, "vera", PASSWORD)
        answer = guesser.post(CODE, {"code": "000000"})
    assert answer.status_code == 429
    late = Client()
    give(late, "vera", PASSWORD)
    assert late.post(CODE, {"code": code_of(vera)}).status_code == 429
    assert not is_in(late)
    SecondFactor.objects.update(blocked_until=timezone.now())
    assert late.post(CODE, {"code": code_of(vera)}).status_code == 302


def test_the_first_step_is_good_for_five_minutes_and_for_that_password(vera: User) -> None:
    set_up(browser_of(vera), vera)
    slow, changed = Client(), Client()
    for browser in (slow, changed):
        give(browser, "vera", PASSWORD)
    session = slow.session
    session["login_pending"] = {**session["login_pending"], "at": time.time() - 301}
    session.save()
    assert slow.post(CODE, {"code": code_of(vera)})["Location"] == LOGIN
    vera.set_password("quite another password")
    vera.save()
    assert changed.post(CODE, {"code": code_of(vera)})["Location"] == LOGIN
    assert not is_in(slow)
    assert not is_in(changed)
    assert Client().get(CODE)["Location"] == LOGIN


def test_where_it_is_required_nothing_comes_before_it(vera: User, settings: LazySettings) -> None:
    settings.SECOND_FACTOR = "required"
    browser = browser_of(vera)
    orders = "/admin/checkout/order/"
    assert browser.get(orders)["Location"] == f"{SET_UP}?next=%2Fadmin%2Fcheckout%2Forder%2F"
    assert browser.post("/admin/password_change/")["Location"].startswith(SET_UP)
    html = browser.get(f"{SET_UP}?next={orders}").content.decode()
    assert hidden(html, "next") == orders
    assert browser.post("/admin/logout/").status_code in (200, 302)
    browser = browser_of(vera)
    set_up(browser, vera)
    assert browser.get(orders).status_code == 200


def test_where_it_is_off_nothing_is_asked_for(vera: User, settings: LazySettings) -> None:
    set_up(browser_of(vera), vera)
    settings.SECOND_FACTOR = "off"
    assert give(Client(), "vera", PASSWORD)["Location"] == "/admin/checkout/order/"
    assert browser_of(vera).get(SET_UP).status_code == 302


def test_it_is_removed_with_a_code_and_codes_are_made_anew_with_one(vera: User) -> None:
    browser = browser_of(vera)
    old = set_up(browser, vera)
    at = "/admin/second-factor/backup-codes/"
    once = hidden(browser.get(at).content.decode(), "once")
    assert browser.post(at, {"code": "000000", "once": once}).status_code == 422
    typed = {"code": code_of(vera), "once": once}
    first, second = browser.post(at, typed).content.decode(), browser.post(at, typed).content.decode()
    made = re.findall(r'g-code-line">([A-Z2-7-]{19})<', first)
    assert re.findall(r'g-code-line">([A-Z2-7-]{19})<', second) == made  # a double click
    remove = "/admin/second-factor/remove/"
    for wrong in ("", old[0], "123"):
        assert browser.post(remove, {"code": wrong}).status_code == 422
    assert browser.post(remove, {"code": made[0]}).status_code == 302
    assert not SecondFactor.objects.exists()
    assert give(Client(), "vera", PASSWORD)["Location"] == "/admin/checkout/order/"
    told = [action for _who, action, _data in log()]
    assert [word for word in told if "factor" in word or "codes" in word] == [
        "second factor set up", "backup codes made", "second factor removed",
    ]  # fmt: skip


def test_a_manager_removes_a_lost_one(vera: User) -> None:
    set_up(browser_of(vera), vera)
    mo = browser_of(person("mo", MANAGER))
    at = reverse("admin:auth_user_do", args=[vera.pk, "remove-second-factor"])
    assert (
        "Remove the second factor"
        in mo.get(reverse("admin:auth_user_change", args=[vera.pk])).content.decode()
    )
    assert mo.get(at).status_code == 200
    assert mo.post(at).status_code == 302
    assert not SecondFactor.objects.exists()
    entry = AuditEntry.objects.get(action="remove-second-factor")
    assert (entry.who, entry.row, entry.data["ended"]) == (
        "mo",
        "vera",
        "The second factor of vera is removed.",
    )
