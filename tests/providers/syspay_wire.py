"""A scripted SysPay: each test says what is asked, word for word and in which order, and what is answered."""

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import responses
from pydantic import BaseModel, ConfigDict, SecretStr

from providers.agreements import Agreement
from providers.base import Charge, Customer, Occasion, Operation, OperationStatus, Report, Urls, Verb
from providers.http import Exchange, Http
from providers.money import Money
from providers.syspay import standing
from providers.syspay.wire import Wire

HOST = "https://app-sandbox.syspay.com"
LOGIN = "login1"
PASSPHRASE = "passphrase1"
REFERENCE = "G7-1"
NOTIFY = "https://pay.shop.example/notify/1/"
EMS = f"{NOTIFY}?attempt={REFERENCE}"
FIRST, LATER = "G7-1", "G8-1"
_WSSE = re.compile(
    r'AuthToken MerchantAPILogin="([^"]+)", PasswordDigest="([^"]+)", Nonce="([^"]+)", Created="(\d+)"'
)


class Settings(BaseModel):
    """What these files read of an account's settings, and nothing else."""

    model_config = ConfigDict(frozen=True)

    base_url: str = HOST
    login: str = LOGIN
    passphrase: SecretStr = SecretStr(PASSPHRASE)
    previous_passphrase: SecretStr = SecretStr("")
    lists_filter_by_reference: bool = False
    lists_filter_by_payment: bool = False


def charge(**changes: Any) -> Charge:
    """12.00 GBP, in the first attempt at order G7."""
    usual = Charge(
        reference=REFERENCE,
        order_reference="G7",
        money=Money(1200, "GBP"),
        description="A room with a view",
        customer=Customer(email="foo@bar.com"),
        urls=Urls(back="https://pay.shop.example/back/1/", cancelled="", notify=NOTIFY),
        expires_at=datetime.now(UTC) + timedelta(hours=1),
        begun_at=datetime.now(UTC),
    )
    return replace(usual, **changes)


def paid(**changes: Any) -> Charge:
    """... whose payment 123 has the money."""
    memo = {"payment": 123, **changes.pop("memo", {})}
    return charge(memo=memo, provider_ids=("payment:123", *changes.pop("ids", ())), **changes)


def further(**changes: Any) -> Charge:
    """A further payment, of 15.00 GBP, of the subscription 5 that G7-1 began."""
    changes = {"occasion": Occasion.RECURRING, **changes}  # as the core asks for every one
    agreement = changes.pop("agreement", Agreement(provider_id="subscription:5", reference=FIRST))
    return charge(
        reference=LATER, order_reference="G8", money=Money(1500, "GBP"), agreement=agreement, **changes
    )


def own(verb: Verb, minor: int, key: str, status: OperationStatus = OperationStatus.UNCERTAIN) -> Operation:
    """One of our operations, as the core tells of it."""
    return Operation(verb=verb, money=Money(minor, "GBP"), status=status, key=key)


# --- what SysPay says ---------------------------------------------------------------------------------------


def payment(status: str = "SUCCESS", number: int = 123, /, **changes: Any) -> dict[str, Any]:
    told = {
        "id": number,
        "payment_type": "ONESHOT",
        "reference": REFERENCE,
        "amount": 1200,
        "currency": "GBP",
        "status": status,
        "flow": "BUYER",
        "processing_time": 1618411981,
        "failure_category": None,
        "payment_method": {"type": "CREDITCARD", "display": "4111-11xx-xxxx-1111"},
        "subscription": None,
        "billing_agreement": None,
    }
    return {**told, **changes}


def refund(
    status: str = "SUCCESS", number: int = 9, /, *, of: int | None = 123, **changes: Any
) -> dict[str, Any]:
    told = {
        "id": number,
        "status": status,
        "reference": "key-1",
        "amount": 500,
        "currency": "GBP",
        "processing_time": 1618412000,
        "payment": None if of is None else {"id": of, "reference": REFERENCE},
    }
    return {**told, **changes}


def chargeback(number: int = 6, /, **changes: Any) -> dict[str, Any]:
    told = {
        "id": number,
        "status": "SUCCESS",
        "amount": 1200,
        "currency": "GBP",
        "reason_code": "4853",
        "processing_time": 1618500000,
        "bank_time": 1618400000,
        "payment": {"id": 123},
    }
    return {**told, **changes}


def subscription(status: str = "ACTIVE", /, **changes: Any) -> dict[str, Any]:
    """The manual's: 1.00 GBP for 7 days, then 100.00 GBP for a month, then 15.00 GBP a month."""
    told = {
        "id": 5,
        "reference": REFERENCE,
        "status": status,
        "phase": "BILLING",
        "end_reason": None,
        "created": 1618400000,
        "start_date": 1618411981,
        "end_date": None,
        "plan_type": "SUBSCRIPTION",
        "plan": {
            "type": "SUBSCRIPTION",
            "currency": "GBP",
            "trial_amount": 100,
            "trial_period": 7,
            "trial_period_unit": "day",
            "initial_amount": 10000,
            "billing_amount": 1500,
            "billing_period": 1,
            "billing_period_unit": "month",
            "billing_cycles": None,
        },
        "next_event": {"event_type": "BILL", "scheduled_date": 1621003981},
    }
    return {**told, **changes}


def mandate(status: str = "ACTIVE", /, **changes: Any) -> dict[str, Any]:
    told = {
        "id": 8,
        "status": status,
        "currency": "GBP",
        "end_reason": None,
        "expiration_date": 1893456000,
    }
    return {**told, **changes}


def no(code: int, message: str = "", status: int = 400) -> tuple[int, Any]:
    return status, {"error": {"code": code, "message": message}}


# --- the wire -----------------------------------------------------------------------------------------------


@dataclass
class SysPayWire:
    """`expect` a call, in order; whatever else is called fails the test. Each call's header is checked as SysPay does:
    good for one call."""

    steps: list[tuple[str, Any, Any]] = field(default_factory=list)
    sent: list[Any] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    shown: list[Exchange] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)
    headers: list[str] = field(default_factory=list)
    settings: Settings = field(default_factory=Settings)

    def expect(self, call: str, answer: Any, body: Any = ...) -> "SysPayWire":
        """`call`: method and path below /api/v1/merchant/; `answer`: the inside of `data`, or (status, what or
        text), or an exception."""
        self.steps.append((call, answer, body))
        return self

    def lists(self, *payments: dict[str, Any], reference: str = REFERENCE) -> "SysPayWire":
        return self.expect(f"GET payments/?reference={reference}", {"payments": list(payments)})

    def shows(self, kind: str, told: Any, number: int | None = None) -> "SysPayWire":
        """An object by its number, or the no that is answered instead."""
        path = kind.replace("_", "-")
        answer = {kind: told} if isinstance(told, dict) else told
        return self.expect(f"GET {path}/{told['id'] if number is None else number}", answer)

    def answer(self, request: Any) -> Any:
        prefix = f"{HOST}/api/v1/merchant/"
        assert request.url.startswith(prefix)
        call = f"{request.method} {request.url.removeprefix(prefix)}"
        body = json.loads(request.body) if request.body else None
        assert self.steps, f"nobody expected {call} {body}"
        expected, answer, asked = self.steps.pop(0)
        assert call == expected
        if asked is not ...:
            assert body == asked
        self._let_in(request.headers["X-Wsse"])
        assert request.headers["Accept"] == "application/json"
        assert request.headers["Content-Type"] == "application/json"
        self.sent.append(body)
        self.raw.append(request.body or b"")
        if isinstance(answer, Exception):
            return answer
        status, told = answer if isinstance(answer, tuple) else (200, {"data": answer})
        text = told if isinstance(told, str) else json.dumps(told)
        return status, {"Content-Type": "application/json", "X-Syspay-Request-Uuid": "uuid-1"}, text

    def _let_in(self, header: str) -> None:
        match = _WSSE.fullmatch(header)
        assert match is not None
        login, digest, nonce, created = match.groups()
        raw = base64.b64decode(nonce)
        assert len(raw) == 16
        expected = hashlib.sha1(raw + created.encode() + PASSPHRASE.encode()).digest()
        assert (login, base64.b64decode(digest)) == (LOGIN, expected)
        assert header not in self.headers, "a header is good for one call"
        self.headers.append(header)

    @property
    def wire(self) -> Wire:
        return Wire(self.settings, Http(record=self.shown.append, sleep=self.slept.append))

    def sync(self, charge: Charge) -> Report:
        return standing.sync(self.wire, self.settings, charge)


@contextmanager
def scripted(**settings: Any) -> Iterator[SysPayWire]:
    script = SysPayWire(settings=Settings(**settings))
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        for method in (responses.GET, responses.POST):
            mock.add_callback(
                method, re.compile(r"https://app-sandbox\.syspay\.com/.*"), callback=script.answer
            )
        yield script
    assert not script.steps, f"never called: {[step[0] for step in script.steps]}"
