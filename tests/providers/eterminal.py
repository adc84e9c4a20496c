"""What do the tests of SysPay's form share? An account, the manual's orders and its examples of requests."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from providers.agreements import Period, Terms, Unit
from providers.base import Charge, Customer, Kind, Urls
from providers.http import Http
from providers.money import Money
from providers.syspay import SysPay, SysPaySettings
from tests.providers.syspay_wire import LOGIN, PASSPHRASE, SysPayWire

HERE = "options.syspay"
OPEN = "POST eterminal"
URL = "https://www.syspay.com/eterminal/ckrwsv5jxzrgkn3nqx6k6sjqngqgfg3s"
OPENED = {"eterminal": {"url": URL}}
SETTINGS: dict[str, Any] = {"login": LOGIN, "passphrase": PASSPHRASE}
# The manual's eight requests, as they stand there: four types, first without and then with `locked_inputs`.
EXAMPLES: dict[str, Any] = json.loads(Path(__file__).with_name("eterminal.json").read_text())

MONTH = Period(count=1, unit=Unit.MONTH)
WEEK_OF_TRIAL = Period(count=7, unit=Unit.DAY)


def pounds(minor: int) -> Money:
    return Money(minor, "GBP")


def account(**changes: Any) -> SysPaySettings:
    return SysPaySettings.model_validate({**SETTINGS, **changes})


def provider(wire: SysPayWire | None = None, *, live: bool = False, **changes: Any) -> SysPay:
    http = Http(record=wire.shown.append, sleep=wire.slept.append) if wire else Http()
    return SysPay(account(**changes), live=live, http=http)


def one_off(**changes: Any) -> Charge:
    """The manual's: 12.00 GBP, and all that it tells of the customer."""
    usual = Charge(
        reference="sh10001",
        order_reference="sh10001",
        money=pounds(1200),
        description="Ms Hudson Monthly Payment",
        customer=Customer(
            first_name="sherlock",
            last_name="holmes",
            email="foo@bar.com",
            phone="+442012341234",
            address="221 Baker Street",
            city="London",
            postal_code="NW16XE",
            country="GB",
        ),
        language="en",
        urls=Urls(
            back="http://www.myshop.com/redirect",
            cancelled="http://www.myshop.com/redirect",
            notify="https://www.myshop.com/notify",
        ),
        expires_at=datetime.now(UTC) + timedelta(hours=1),
    )
    return replace(usual, **changes)


def terms(**changes: Any) -> Terms:
    """The manual's subscription: 1.00 GBP for 7 days, then 100.00 GBP for a month, then 15.00 GBP a month."""
    usual = Terms(
        period=MONTH,
        amount=pounds(1500),
        initial=pounds(10000),
        trial=pounds(100),
        trial_period=WEEK_OF_TRIAL,
    )
    return replace(usual, **changes)


def plain_terms(**changes: Any) -> Terms:
    """15.00 GBP a month, without a trial."""
    return replace(Terms(period=MONTH, amount=pounds(1500)), **changes)


def shared(**changes: Any) -> Terms:
    """The manual's payment plan: 300.00 GBP in 12 monthly payments."""
    return replace(Terms(period=MONTH, total=pounds(30000), cycles=12), **changes)


def subscription(**changes: Any) -> Charge:
    usual = one_off(
        kind=Kind.SUBSCRIPTION,
        reference="sh10002",
        description="Mysteries TV channel subscription",
        money=pounds(100),
        terms=terms(),
    )
    return replace(usual, **changes)


def payment_plan(**changes: Any) -> Charge:
    usual = one_off(
        kind=Kind.PAYMENT_PLAN,
        reference="sh10003",
        description="New car payment plan",
        money=pounds(2500),
        terms=shared(),
    )
    return replace(usual, **changes)


def mandate(**changes: Any) -> Charge:
    usual = one_off(
        kind=Kind.MANDATE,
        reference="sh10004",
        description="Studio in Pink Hotel room",
        urls=Urls(back="http://www.myshop.com", cancelled="", notify="http://www.myshop.com"),
    )
    return replace(usual, **changes)


def sent(wire: SysPayWire, charge: Charge, **settings: Any) -> Any:
    """What SysPay is asked for this charge."""
    wire.expect(OPEN, OPENED)
    provider(wire, **settings).start(charge)
    return wire.sent[-1]
