"""What do the proofs share? A scripted provider, a clock and an account."""

import pytest

from checkout.models import Account
from tests.scripted import Clock, Script, install, make_account


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Script:
    return install(monkeypatch)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture
def account(script: Script, db: None) -> Account:
    return make_account()
