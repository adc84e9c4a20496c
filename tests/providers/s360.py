"""A scripted S360: each test says what is asked, word for word and in which order, and what is answered."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import responses

from providers.base import Charge, Customer, Kind, Urls
from providers.epc import Epc, EpcSettings
from providers.http import Exchange, Http
from providers.money import Money

BASE = "http://127.0.0.1:9000/epc"
SETTINGS: dict[str, Any] = {
    "institution": "MOSA",
    "virtual_operator": "MOSA_B2C",
    "partner": "Partner 1",
    "secret": "sandbox-secret",
    "point_of_sale": 466653735,
    "payment_method": 16362,
    "base_url": BASE,
    "widget_url": f"{BASE}/widget/integrate_widget.js",
}
OPERATIONS = {
    "contactNumber": "752565",
    "simpleProductOperations": [
        {"audienceSubCategoryId": 306159078, "quantity": 1, "itemId": 10228231110052}
    ],
}
ORDER, PAYMENT, TRANSACTION = 2621264, 10229102727225, 1638671948
MEMO = {"order_id": ORDER, "currency": "GBP", "with_saved_card": False}
STARTED = {**MEMO, "payment_id": PAYMENT, "payment_identifier": "1521143230", "transaction_id": TRANSACTION}
GBP = {"currencyCode": "GBP", "symbol": "£", "fractionDigit": 2, "minAmount": 10}
ROLLED_BACK = {
    "statusCode": "success",
    "statusDetail": "Workcase failed : 990735_1759750930782, ROLLBACK, WARN, The payment process has been cancelled "
    "successfully.<br/>The order has been reopened.<br/>",
    "movementTicketDatas": [],
    "repaymentSafe": True,
}


def charge(**changes: Any) -> Charge:
    """24.00 GBP, asked in the first attempt at an order that brings its operations."""
    usual = Charge(
        reference="your-unique-session-id-12345",
        order_reference="order-7",
        money=Money(2400, "GBP"),
        customer=Customer(reference="customer-1", email="ada@shop.example"),
        urls=Urls(
            back="https://yourdomain.com/payment-success",
            cancelled="https://yourdomain.com/payment-success",
            notify="https://yourdomain.com/notify/1/",
        ),
        expires_at=datetime.now(UTC) + timedelta(hours=1),
        options=OPERATIONS,
    )
    return replace(usual, **changes)


def saving(**changes: Any) -> Charge:
    return charge(
        kind=Kind.SAVE_CARD, money=Money.zero("GBP"), options={"contactNumber": "752565"}, **changes
    )


def made(total: Any = 24000, **changes: Any) -> dict[str, Any]:
    """createOrUpdateOrder's answer."""
    data = {
        "orderId": ORDER,
        "orderSecretId": "b7f3",
        "catalogCurrency": GBP,
        "operationDataUpdates": [{"operationId": 1, "quantity": 1, "unitPrice": total, "totalAmount": total}],
        "movementDataUpdates": [],
    }
    return {"statusCode": "success", "expectedException": False, "orderUpdateData": {**data, **changes}}


def paid(status: str, **changes: Any) -> dict[str, Any]:
    """checkPayment's and createPaymentsAndCloseOrder's answer about our one payment."""
    detail = {
        "paymentId": PAYMENT,
        "paymentIdentifier": "1521143230",
        "amount": 24000,
        "paymentStatus": status,
        "catalogCurrency": GBP,
        "epcTransactionData": {"transactionId": TRANSACTION, "paymentTypes": []},
        "installment": False,
    }
    return {"statusCode": "success", "paymentDetails": [{**detail, **changes}]}


def order(state: str = "CLOSED", **changes: Any) -> dict[str, Any]:
    """getOrderDetails' answer."""
    data = {
        "orderId": ORDER,
        "orderState": state,
        "expirationDate": (datetime.now(UTC) + timedelta(minutes=23)).isoformat(timespec="milliseconds"),
        "saleAmount": 24000,
        "catalogCurrency": GBP,
        "operationDatas": [{"operationId": 1, "kind": "SINGLE_ENTRY", "quantity": 1}],
    }
    return {"statusCode": "success", "orderDetailsData": {**data, **changes}}


def error(detail: str, **more: Any) -> dict[str, Any]:
    return {"statusCode": "error", "statusDetail": detail, **more}


def check(**more: Any) -> dict[str, Any]:
    """What we ask checkPayment."""
    entry = {"paymentId": PAYMENT, "paymentIdentifier": "1521143230", "amount": 24000, **more}
    return {"requestId": None, "orderId": ORDER, "payments": [entry]}


def notify(milliseconds: int) -> dict[str, Any]:
    return {"requestId": None, "orderId": ORDER, "maxWaitingTime": milliseconds}


@dataclass
class S360:
    """`expect` a call, in order; whatever else is called fails the test."""

    steps: list[tuple[str, Any, Any]] = field(default_factory=list)
    called: list[str] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    shown: list[Exchange] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)

    def expect(self, method: str, answer: Any, body: Any = None) -> "S360":
        """`method` with its service; `answer`: what a 200 says, or (status, text), or an exception."""
        self.steps.append((method, answer, body))
        return self

    def answer(self, request: Any) -> Any:
        method = request.url.removeprefix(f"{BASE}/tnseb/backend-apis/").replace("/v1_33/", "/")
        sent = json.loads(request.body)
        assert self.steps, f"nobody expected {method} {sent}"
        expected, answer, body = self.steps.pop(0)
        assert method.endswith(expected), f"{method} was called where {expected} was expected"
        if body is not None:
            assert sent == body
        self.called.append(method.rpartition("/")[2])
        self.tokens.append(request.headers["Authorization"].removeprefix("Bearer "))
        assert request.headers["Content-Type"] == "application/json"
        if isinstance(answer, Exception):
            return answer
        status, text = answer if isinstance(answer, tuple) else (200, json.dumps(answer))
        return status, {"Content-Type": "application/json"}, text

    def epc(self, **changes: Any) -> Epc:
        settings = EpcSettings.model_validate({**SETTINGS, **changes})
        return Epc(settings, live=False, http=Http(record=self.shown.append, sleep=self.slept.append))


@contextmanager
def scripted() -> Iterator[S360]:
    script = S360()
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.add_callback(responses.POST, re.compile(re.escape(BASE) + ".*"), callback=script.answer)
        yield script
    assert not script.steps, f"never called: {[step[0] for step in script.steps]}"
