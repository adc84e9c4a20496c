"""What do all stories share? A scripted provider, a clock, one open order, and the rules of money, which hold at
the end of every story."""

from collections.abc import Iterator

import pytest

from checkout.models import Account, Order, Payment
from checkout.payments.figures import violations
from checkout.payments.start import start
from tests.scripted import Clock, Script, install, make_account, make_order


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Script:
    return install(monkeypatch)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture
def account(script: Script, transactional_db: None) -> Account:
    return make_account()


@pytest.fixture
def order(account: Account) -> Order:
    return make_order(account.shop)


@pytest.fixture
def payment(order: Order, account: Account) -> Payment:
    """An attempt that waits for the shopper."""
    return start(order, account)


@pytest.fixture(autouse=True)
def no_rule_of_money_is_broken(transactional_db: None) -> Iterator[None]:
    yield
    assert {rule: n for rule, n in violations().items() if n} == {}
