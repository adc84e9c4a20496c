"""A scripted eComCharge: each test says what is asked, word for word and in which order, and what is answered."""

import base64
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import responses

from providers.base import Charge, Customer, Kind, Operation, OperationStatus, Urls, Verb
from providers.ecomcharge import Ecomcharge, EcomchargeSettings
from providers.http import Exchange, Http
from providers.money import Money

CHECKOUT, GATEWAY, API = (f"http://127.0.0.1:9000/{name}" for name in ("checkout", "gateway", "api"))
SECRET = "b8647b68898b084b836474ed8d61ffe117c9a01168d867f24953b776ddcb134d"
SETTINGS: dict[str, Any] = {
    "shop_id": "361",
    "secret_key": SECRET,
    "checkout_url": CHECKOUT,
    "gateway_url": GATEWAY,
    "api_url": API,
    "script_url": "http://127.0.0.1:9000/js/widget/be_gateway.js",
}
LIVE = {
    f"{host}_url": f"https://{host}.ecomcharge.example" for host in ("checkout", "gateway", "api", "script")
}
TOKEN = "2d579c5625da92b088f12d41c0c7548472e7a5f4477c4d579ca8976a53ecf6d2"
PAGE = f"https://checkout.begateway.com/widget/hpp.html?token={TOKEN}"
UID = "38697024-5dec707304"
CARD_TOKEN = "b29537a4-61ed-4c8a-ab23-9b7e6db3e385"
REFERENCE = "G7-1"
BACK = "https://pay.shop.example/back/1/"
NOTIFY = "https://pay.shop.example/notify/1/"
OPENED = {"checkout": {"token": TOKEN, "redirect_url": PAGE}}
MEMO = {"token": TOKEN, "type": "payment", "attempts": 1, "contracts": [], "agreed_there": False}
CARD = {
    "holder": "JOHN DOE",
    "stamp": "b3839d334ba40e89168d60cd9f9d1390aee3fe67dd4d5c41adbf3998043eaef8",
    "brand": "visa",
    "last_4": "0000",
    "first_1": "4",
    "bin": "420000",
    "exp_month": 1,
    "exp_year": 2030,
    "token": None,
}

HERE = "options.ecomcharge"  # where a shop's request brings what is for this provider
# Of the manual's examples.
CUSTOMER = {
    "address": "Baker street 221b",
    "country": "GB",
    "city": "London",
    "email": "jake@example.com",
}
AIRLINE: dict[str, Any] = {
    "agency_code": "03",
    "agency_name": "Corel travel",
    "ticket_number": "390 5241 025377 1",
    "booking_number": "DKZVUA",
    "restricted_ticked_indicator": "0",
    "legs": [
        {
            "airline_code": "B2",
            "stop_over_code": "X",
            "flight_number": "A3 971",
            "departure_date_time": "2014-05-26T05:15:00",
            "arrival_date_time": "2014-05-26T07:30:00",
            "originating_country": "RU",
            "originating_city": "Moscow",
            "originating_airport_code": "DME",
            "destination_country": "Greece",
            "destination_city": "Athens",
            "destination_airport_code": "ATH",
            "coupon": "coupon code",
            "class": "C",
        }
    ],
    "passengers": [
        {"first_name": "KONSTANTIN", "last_name": "IVANOV"},
        {"first_name": "JULIA", "last_name": "IVANOVA"},
    ],
}


def charge(**changes: Any) -> Charge:
    """42.99 GBP, in the first attempt at order G7."""
    usual = Charge(
        reference=REFERENCE,
        order_reference="G7",
        money=Money(4299, "GBP"),
        description="Order description",
        customer=Customer(address="Baker street 221b", country="GB", city="London", email="jake@example.com"),
        urls=Urls(back=BACK, cancelled=BACK, notify=NOTIFY),
        expires_at=datetime.now(UTC) + timedelta(hours=1),
    )
    return replace(usual, **changes)


def opened(**changes: Any) -> Charge:
    """... whose payment form was opened."""
    memo = {**MEMO, **changes.pop("memo", {})}
    return replace(charge(memo=memo, provider_id=TOKEN, provider_ids=(TOKEN,)), **changes)


def paid(**changes: Any) -> Charge:
    """... and paid."""
    known = {
        "uid": UID,
        "minor": 4299,
        "reserved": False,
        "method": "credit_card",
        "children": {},
        "others": [],
    }
    return opened(memo={**known, **changes.pop("memo", {})}, **changes)


def reserved(**changes: Any) -> Charge:
    """... or authorized."""
    memo = {"reserved": True, "type": "authorization", **changes.pop("memo", {})}
    return paid(capture_later=True, memo=memo, **changes)


def saving(**changes: Any) -> Charge:
    return charge(
        kind=Kind.SAVE_CARD,
        money=Money.zero("GBP"),
        customer=Customer(reference="customer-1", email="jake@example.com"),
        **changes,
    )


def own(verb: Verb, minor: int, key: str, status: OperationStatus = OperationStatus.UNCERTAIN) -> Operation:
    """One of our operations, as the core tells of it."""
    return Operation(verb=verb, money=Money(minor, "GBP"), status=status, key=key)


def form(status: str | None, /, *, kind: str = "payment", **changes: Any) -> dict[str, Any]:
    """How a payment form stands."""
    attempt = {kind: {"uid": UID, "status": status, "message": "", "bank_code": "05"}} if status else None
    told = {
        "token": TOKEN,
        "shop_id": 361,
        "transaction_type": kind,
        "gateway_response": attempt,
        "order": {"currency": "GBP", "amount": 4299, "description": "…", "tracking_id": REFERENCE},
        "finished": status not in (None, "incomplete", "pending"),
        "expired": False,
        "test": True,
        "status": status,
        "message": None,
    }
    return {"checkout": {**told, **changes}}


def transaction(status: str = "successful", /, *, kind: str = "payment", **changes: Any) -> dict[str, Any]:
    told = {
        "uid": UID,
        "status": status,
        "amount": 4299,
        "currency": "GBP",
        "type": kind,
        "payment_method_type": "credit_card",
        "tracking_id": REFERENCE,
        "message": "Successfully processed",
        "test": True,
        "created_at": "2026-11-21T09:31:30.981Z",
        "paid_at": "2026-11-21T09:31:34.164+00:00",
        "credit_card": CARD,
        "additional_data": {"vendor": {"name": "CTP", "token": TOKEN}},
        kind: {"bank_code": "05", "message": "Approved", "status": status},
    }
    return {"transaction": {**told, **changes}}


def child(kind: str, uid: str, amount: int, status: str = "successful", /, **changes: Any) -> dict[str, Any]:
    """A capture, void or refund: it carries no name of ours."""
    told = {
        "uid": uid,
        "id": uid,
        "status": status,
        "amount": amount,
        "currency": "GBP",
        "type": kind,
        "message": "Successfully processed",
        "test": True,
        "parent_uid": UID,
        kind: {"message": f"{kind} was approved", "bank_code": None, "status": status},
    }
    return {"transaction": {**told, **changes}}


def listed(*told: dict[str, Any]) -> dict[str, Any]:
    return {"transactions": [entry["transaction"] for entry in told]}


@dataclass
class BeGateway:
    """`expect` a call, in order; whatever else is called fails the test."""

    steps: list[tuple[str, Any, Any]] = field(default_factory=list)
    called: list[str] = field(default_factory=list)
    sent: list[Any] = field(default_factory=list)
    headers: list[Any] = field(default_factory=list)
    shown: list[Exchange] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)

    def expect(self, call: str, answer: Any, body: Any = None) -> "BeGateway":
        """`call`: method, host and path; `answer`: what a 200 says, or (status, what or text), or an exception."""
        self.steps.append((call, answer, body))
        return self

    def asks(self, answer: Any, token: str = TOKEN) -> "BeGateway":
        return self.expect(f"GET checkout/ctp/api/checkouts/{token}", answer)

    def looks_up(self, answer: Any, uid: str = UID) -> "BeGateway":
        return self.expect(f"GET gateway/transactions/{uid}", answer)

    def searches(self, answer: Any, name: str = REFERENCE) -> "BeGateway":
        return self.expect(f"GET gateway/v2/transactions/tracking_id/{name}", answer)

    def answer(self, request: Any) -> Any:
        where = re.sub(
            r"^http://127.0.0.1:9000/|^https://(\w+)\.ecomcharge\.example(?=/)", r"\1", request.url
        )
        call = f"{request.method} {where}"
        body = json.loads(request.body) if request.body else None
        assert self.steps, f"nobody expected {call} {body}"
        expected, answer, asked = self.steps.pop(0)
        assert call == expected
        if asked is not None:
            assert body == asked
        self.called.append(call)
        self.sent.append(body)
        self.headers.append(request.headers)
        basic = base64.b64decode(request.headers["Authorization"].removeprefix("Basic ")).decode()
        assert basic.partition(":")[0] == "361"
        assert request.headers["Accept"] == "application/json"
        # The form's calls are of version 2; the gateway's carry no version, as the vendor's own client's.
        assert request.headers.get("X-API-Version") == ("2" if "checkout/" in call else None)
        if isinstance(answer, Exception):
            return answer
        status, told = answer if isinstance(answer, tuple) else (200, answer)
        text = told if isinstance(told, str) else json.dumps(told)
        return status, {"Content-Type": "application/json"}, text

    def provider(self, *, live: bool = False, **changes: Any) -> Ecomcharge:
        settings = EcomchargeSettings.model_validate({**SETTINGS, **(LIVE if live else {}), **changes})
        return Ecomcharge(settings, live=live, http=Http(record=self.shown.append, sleep=self.slept.append))


@contextmanager
def scripted() -> Iterator[BeGateway]:
    script = BeGateway()
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        for method in (responses.GET, responses.POST):
            ours = re.compile(r"http://127\.0\.0\.1:9000/.*|https://\w+\.ecomcharge\.example/.*")
            mock.add_callback(method, ours, callback=script.answer)
        yield script
    assert not script.steps, f"never called: {[step[0] for step in script.steps]}"
