"""Does each stand-in, written from the contract alone, let a right account in, and a wrong one not?"""

from typing import Any

import pytest
import requests

from providers import provider_class
from providers.base import Provider
from providers.errors import Misconfigured, Uncertain
from providers.http import Http
from tests.sandbox.conftest import own_sandbox  # noqa: F401 - a fixture
from tests.sandbox.ecomcharge import CREDENTIALS
from tests.sandbox.payzen import TEST_PASSWORD
from tests.sandbox.purse_shop import API_KEY, CLIENT, ENTITY, SECRET
from tests.sandbox.syspay import LOGIN, PASSPHRASE

SETTINGS: dict[str, dict[str, Any]] = {
    "epc": {
        "institution": "MOSA",
        "virtual_operator": "MOSA_B2C",
        "partner": "Partner 1",
        "secret": "sandbox-secret",
        "point_of_sale": 466653735,
        "payment_method": 16362,
    },
    "ecomcharge": {"shop_id": CREDENTIALS[0], "secret_key": CREDENTIALS[1]},
    "purse": {
        "entity_id": ENTITY,
        "api_key": API_KEY,
        "client_id": CLIENT,
        "client_secret": SECRET,
        "webhook_secret": "sixteen-and-more-letters",
    },
    "syspay": {"login": LOGIN, "passphrase": PASSPHRASE},
    "payzen": {"shop_id": "69876357", "password": TEST_PASSWORD},
}
ADDRESSES = {
    "epc": ("base_url",),
    "ecomcharge": ("checkout_url", "gateway_url", "api_url"),
    "purse": ("api",),
    "syspay": ("base_url",),
    "payzen": ("api",),
}


def provider(url: str, slug: str, *, live: bool = False, **changes: Any) -> Provider:
    cls = provider_class(slug)
    at = dict.fromkeys(ADDRESSES[slug], f"{url}/{slug}")
    settings = cls.settings_type.model_validate({**SETTINGS[slug], **at, **changes})
    return cls(settings, live=live, http=Http(sleep=lambda seconds: None))


def test_a_right_account_is_let_in(own_sandbox: str) -> None:  # noqa: F811 - the fixture
    requests.post(f"{own_sandbox}/_sandbox/reset", timeout=10)
    shown = {slug: provider(own_sandbox, slug).probe() for slug in SETTINGS}
    assert {slug for slug, probe in shown.items() if probe.live is not None} == {"payzen"}
    assert "means of payment of this entity" in shown["purse"].said


@pytest.mark.parametrize(
    ("slug", "wrong"),
    [
        ("epc", {"secret": "another"}),
        ("epc", {"institution": "ELSE"}),
        ("ecomcharge", {"secret_key": "another"}),
        ("ecomcharge", {"shop_id": "362"}),
        ("purse", {"client_secret": "another"}),
        ("purse", {"entity_id": "00000000-0000-0000-0000-000000000001"}),
        ("syspay", {"passphrase": "another"}),
        ("syspay", {"login": "another"}),
        ("payzen", {"password": "another"}),
        ("payzen", {"shop_id": "1"}),
    ],
)
def test_a_wrong_one_is_not(slug: str, wrong: dict[str, str], own_sandbox: str) -> None:  # noqa: F811
    with pytest.raises(Misconfigured):
        provider(own_sandbox, slug, **wrong).probe()


def test_a_password_of_the_other_mode_is_found_out(own_sandbox: str) -> None:  # noqa: F811
    """The names of a shop's passwords need not say their mode."""
    body = {"provider": "payzen", "settings": {"production_password": "no-name-for-a-mode"}}
    requests.put(f"{own_sandbox}/_sandbox/accounts", json=body, timeout=10)
    with pytest.raises(Misconfigured, match="money would be taken"):
        provider(own_sandbox, "payzen", password="no-name-for-a-mode").probe()


def test_nobody_is_there(own_sandbox: str) -> None:  # noqa: F811
    """Another port of this machine, and another path of the sandbox."""
    with pytest.raises(Uncertain, match="could not be reached"):
        provider("http://127.0.0.1:9", "payzen").probe()
    with pytest.raises(Misconfigured):
        provider(f"{own_sandbox}/nowhere", "epc").probe()
