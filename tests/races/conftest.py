"""What do all races share? A file database or PostgreSQL, real threads, and a scripted provider."""

import pytest

from checkout.models import Account, Order
from tests.races.starting_line import Race, take_the_lock_away
from tests.scripted import Script, install, make_account, make_order


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Script:
    return install(monkeypatch)


@pytest.fixture
def account(script: Script, transactional_db: None) -> Account:
    return make_account()


@pytest.fixture
def order(account: Account) -> Order:
    return make_order(account.shop)


@pytest.fixture
def race(monkeypatch: pytest.MonkeyPatch) -> Race:
    return Race(monkeypatch)


@pytest.fixture
def without_lock(monkeypatch: pytest.MonkeyPatch, race: Race) -> None:
    """The twin: the same race with nobody holding the order."""
    race.nobody_is_kept_out()
    take_the_lock_away(monkeypatch)
