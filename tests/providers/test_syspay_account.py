"""An account at SysPay: its settings, what it can do, and what must never be shown of it."""

from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from providers.base import Kind
from providers.errors import Misconfigured
from providers.http import Http
from providers.syspay import SysPay, SysPayOptions, SysPaySettings
from providers.syspay.settings import LIVE_HOST, SANDBOX_HOST
from tests.providers.eterminal import SETTINGS, account, provider
from tests.providers.syspay_wire import LOGIN, PASSPHRASE


def objections(**changes: Any) -> list[tuple[str, str]]:
    with pytest.raises(ValidationError) as caught:
        account(**changes)
    assert PASSPHRASE not in str(caught.value)
    return [(".".join(map(str, told["loc"])), told["msg"]) for told in caught.value.errors()]


# --- what it is -------------------------------------------------------------------------------------------


def test_what_syspay_is() -> None:
    assert (SysPay.slug, SysPay.label, SysPay.name) == ("syspay", "Card, on SysPay's page", "SysPay")
    assert SysPay.kinds == {Kind.ONE_OFF, Kind.SUBSCRIPTION, Kind.PAYMENT_PLAN, Kind.MANDATE}
    assert SysPay.desk
    assert not SysPay.needs_script
    assert (SysPay.channels, SysPay.occasions) == ((), frozenset())
    assert (SysPay.settings_type, SysPay.options_type) == (SysPaySettings, SysPayOptions)
    assert provider().sends_by() == ()
    assert not provider().asks_consent()


@pytest.mark.parametrize(
    ("verb", "can"),
    [
        ("capture", True),
        ("void", True),
        ("refund", True),
        ("sync_agreement", True),
        ("end_agreement", True),
        ("desk_inputs", True),
        ("read_notification", True),
        ("resume", True),
        ("cancel", False),
        ("reopen", False),
        ("update", False),
        ("prepare", False),
        ("read_approval", False),
        ("share_out", False),
    ],
)
def test_it_promises_what_syspays_api_has(verb: str, can: bool) -> None:
    assert SysPay.can(verb) is can


# --- its settings -----------------------------------------------------------------------------------------


def test_the_login_and_the_passphrase_are_enough() -> None:
    settings = SysPaySettings(login=LOGIN, passphrase=SecretStr(PASSPHRASE))
    assert settings.model_dump(exclude={"passphrase", "previous_passphrase"}) == {
        "login": LOGIN,
        "base_url": "",
        "website": None,
        "lock": "all",
        "strict_names": "a-z",
        "types": ("ONESHOT", "SUBSCRIPTION", "PAYMENT_PLAN", "PAYMENT_MANDATE"),
        "currencies": (),
        "allowed_retries": None,
        "plan_remainder": "refuse",
        "lists_filter_by_reference": False,
        "lists_filter_by_payment": False,
    }
    assert settings.previous_passphrase.get_secret_value() == ""


@pytest.mark.parametrize("name", SysPaySettings.model_fields)
def test_every_setting_is_explained(name: str) -> None:
    known = SysPaySettings.model_fields[name]
    assert known.title
    assert (known.description or "").endswith(".")


@pytest.mark.parametrize(
    ("changes", "field", "why"),
    [
        ({"login": ""}, "login", "String should match pattern"),
        ({"login": 'a"b'}, "login", "String should match pattern"),  # it stands between quotes in a header
        ({"login": "a b"}, "login", "String should match pattern"),
        ({"login": "a\n"}, "login", "String should match pattern"),
        ({"passphrase": ""}, "passphrase", "Value should have at least 1 item"),
        ({"passphrase": "  "}, "passphrase", "Value error, is empty"),
        ({"base_url": "app.syspay.com"}, "base_url", "Value error, give what stands before /api/v1"),
        ({"base_url": "ftp://app.syspay.com"}, "base_url", "Value error, give what stands before /api/v1"),
        ({"base_url": "https://a.example/api"}, "base_url", "Value error, give what stands before /api/v1"),
        ({"base_url": "https://a:b@a.example"}, "base_url", "Value error, give what stands before /api/v1"),
        ({"base_url": "https://[::1"}, "base_url", "Value error, give what stands before /api/v1"),
        ({"website": 0}, "website", "Input should be greater than or equal to 1"),
        ({"lock": "some"}, "lock", "Input should be 'all', 'amount' or 'none'"),
        ({"strict_names": "yes"}, "strict_names", "Input should be 'a-z', 'letters' or 'off'"),
        ({"types": []}, "types", "Tuple should have at least 1 item"),
        ({"types": ["ONESHOT", "ONE_OFF"]}, "types.1", "Input should be 'ONESHOT'"),
        (
            {"currencies": ["eur"]},
            "currencies",
            "Value error, each is a code of three capitals, such as EUR",
        ),
        ({"currencies": ["EURO"]}, "currencies", "Value error, each is a code of three capitals"),
        ({"allowed_retries": -1}, "allowed_retries", "Input should be greater than or equal to 0"),
        ({"plan_remainder": "last"}, "plan_remainder", "Input should be 'refuse' or 'first'"),
        ({"colour": "red"}, "colour", "Extra inputs are not permitted"),
    ],
)
def test_a_setting_that_does_not_fit_is_named(changes: dict[str, Any], field: str, why: str) -> None:
    found = objections(**changes)
    assert [where for where, _ in found] == [field]
    assert found[0][1].startswith(why)


# --- where it calls ---------------------------------------------------------------------------------------


def test_an_account_without_an_address_has_the_one_of_its_mode() -> None:
    assert provider(live=True).settings.base_url == LIVE_HOST == "https://app.syspay.com"
    assert provider(live=False).settings.base_url == SANDBOX_HOST == "https://app-sandbox.syspay.com"


def test_an_address_of_ones_own_is_kept() -> None:
    assert provider(base_url=" http://127.0.0.1:9000/ ").settings.base_url == "http://127.0.0.1:9000"
    assert (
        provider(base_url="http://127.0.0.1:9000/syspay").settings.base_url == "http://127.0.0.1:9000/syspay"
    )
    assert provider(live=True, base_url="https://a.example").settings.base_url == "https://a.example"


@pytest.mark.parametrize(
    ("live", "address", "why"),
    [
        (True, "http://app.syspay.com", "https:// only"),
        (True, SANDBOX_HOST, "sandbox is for test accounts"),
        (True, "https://APP-SANDBOX.syspay.com:443", "sandbox is for test accounts"),
        (False, LIVE_HOST, "must not take real money"),
        (False, "http://app.syspay.com", "must not take real money"),
        (False, "https://app.syspay.com./", "must not take real money"),
    ],
)
def test_test_and_live_do_not_mix(live: bool, address: str, why: str) -> None:
    with pytest.raises(Misconfigured, match=why):
        SysPay(account(base_url=address), live=live, http=Http())


def test_a_passphrase_before_of_blanks_is_none() -> None:
    """Anybody could sign with it."""
    assert account(previous_passphrase="  ").previous_passphrase.get_secret_value() == ""
    assert account(previous_passphrase=" a ").previous_passphrase.get_secret_value() == " a "


# --- what must never be shown -----------------------------------------------------------------------------


def test_its_secrets_are_in_no_text_of_it() -> None:
    settings = account(passphrase="canary-1", previous_passphrase="canary-2")
    for text in (repr(settings), str(settings), repr(SysPay(settings, live=False, http=Http()).settings)):
        assert "canary" not in text
    assert "canary" not in str(settings.model_dump())
    assert SETTINGS["passphrase"] == PASSPHRASE
