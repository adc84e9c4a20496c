"""How does a shop talk to the sandbox? A small EPC client of the tests' own, and a server for notifications.

Written from the contract, like the stand-in, and from nothing else: the checkout's own client is not used.
"""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import requests

from tests.ground.listening import Heard, Reply, listening

ADULT, CHILD, BOOK, POSTER = 10228231110052, 10228231110053, 10228231110054, 10228231110055
AUDIENCE = 306159078
APPROVED = "4970100000000055"
NO_FUNDS = "4970100000001004"
CHALLENGED = "4970100000005005"
CHALLENGED_REFUSED = "4970100000006003"
DELAYED = "4970100000008009"
SAVED_THEN_REFUSED = "4970100000011003"
_SERVICES = {
    "createOrUpdateOrder": "externalOrderFacade",
    "createPaymentsAndCloseOrder": "externalOrderFacade",
    "notifyOrder": "externalOrderService",
    "reopenOrder": "externalOrderService",
    "getOrderDetails": "externalOrderService",
    "closeOrder": "externalOrderService",
    "updatePayments": "externalPaymentService",
    "checkPayment": "externalPaymentService",
    "cancelPayment": "externalPaymentService",
    "createAlias": "externalPaymentService",
    "checkAlias": "externalPaymentService",
}
Found = TypeVar("Found")


def token(secret: str = "sandbox-secret", *, header: dict[str, Any] | None = None, **changes: Any) -> str:
    """A bearer token, by hand: the tests shall not share the stand-in's library."""
    now = int(time.time())
    claims = {"sub": "MOSA", "aud": "MOSA_B2C", "iss": "Partner 1", "iat": now, "exp": now + 30} | changes
    claims = {name: value for name, value in claims.items() if value is not None}
    parts = [
        base64.urlsafe_b64encode(json.dumps(part, separators=(",", ":")).encode()).rstrip(b"=")
        for part in (header or {"alg": "HS256", "typ": "JWT"}, claims)
    ]
    signature = hmac.new(secret.encode(), b".".join(parts), hashlib.sha256).digest()
    return b".".join([*parts, base64.urlsafe_b64encode(signature).rstrip(b"=")]).decode()


def eventually(look: Callable[[], Found], *, seconds: float = 8) -> Found:
    """What `look` finds, once it finds something."""
    until = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < until, f"nothing came within {seconds} s"
        time.sleep(0.02)
    return found


@dataclass
class Begun:
    """A payment that has been started: what the shop knows of it."""

    order_id: int
    payment_id: int
    identifier: str
    transaction_id: int
    amount: int
    session_id: str
    detail: dict[str, Any] = field(repr=False)


class Shop:
    """Speaks EPC's REST and the sandbox's own API."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = requests.Session()

    def address(self, method: str) -> str:
        return f"{self.url}/epc/tnseb/backend-apis/{_SERVICES[method]}/v1_33/{method}"

    def raw(self, method: str, body: Any, *, timeout: float = 45) -> requests.Response:
        """One call on a connection of its own, so that a dropped one harms no other."""
        headers = {"Authorization": f"Bearer {token()}"}
        return requests.post(self.address(method), json=body, headers=headers, timeout=timeout)

    def call(self, method: str, **body: Any) -> dict[str, Any]:
        answer = self.raw(method, body)
        assert answer.status_code == 200, answer.text
        result: dict[str, Any] = answer.json()
        return result

    def ok(self, method: str, **body: Any) -> dict[str, Any]:
        result = self.call(method, **body)
        assert result["statusCode"] == "success", result
        return result

    def refused(self, method: str, **body: Any) -> str:
        """The sentence of a refusal."""
        result = self.call(method, **body)
        assert result["statusCode"] == "error", result
        return str(result["statusDetail"])

    def order(self, *lines: tuple[int, int], **more: Any) -> int:
        answer = self.ok("createOrUpdateOrder", **order_request(*lines, **more))
        return int(answer["orderUpdateData"]["orderId"])

    def begin(self, order_id: int | None = None, amount: int = 24000, **changes: Any) -> Begun:
        order_id = self.order((ADULT, 1)) if order_id is None else order_id
        answer = self.ok("createPaymentsAndCloseOrder", **payment_request(order_id, amount, **changes))
        return begun(order_id, answer["paymentDetails"][0])

    def pay(self, payment: Begun, **how: Any) -> dict[str, Any]:
        return self.post(f"epc/payments/{payment.transaction_id}/pay", **how)

    def notify(self, order_id: int, wait: int = 100) -> dict[str, Any]:
        return self.ok("notifyOrder", requestId=None, orderId=order_id, maxWaitingTime=wait)

    def state(self, order_id: int) -> str:
        return str(self.ok("getOrderDetails", orderId=order_id)["orderDetailsData"]["orderState"])

    def status(self, payment: Begun) -> str:
        return str(self.detail(payment)["paymentStatus"])

    def detail(self, payment: Begun) -> dict[str, Any]:
        named = [{"paymentId": payment.payment_id, "paymentIdentifier": payment.identifier}]
        answer = self.ok("checkPayment", orderId=payment.order_id, payments=named)
        result: dict[str, Any] = answer["paymentDetails"][0]
        return result

    # The sandbox's own API.

    def get(self, path: str) -> dict[str, Any]:
        answer = self.http.get(f"{self.url}/_sandbox/{path}", timeout=10)
        assert answer.status_code == 200, answer.text
        result: dict[str, Any] = answer.json()
        return result

    def post(self, path: str, **body: Any) -> dict[str, Any]:
        answer = self.http.post(f"{self.url}/_sandbox/{path}", json=body, timeout=10)
        assert answer.status_code == 200, answer.text
        result: dict[str, Any] = answer.json()
        return result

    def arm(self, fault: str, **more: Any) -> dict[str, Any]:
        return self.post("faults", provider="epc", fault=fault, **more)

    def advance(self, seconds: int) -> None:
        self.post("clock", advance_seconds=seconds)

    def account(self, **settings: Any) -> None:
        body = {"provider": "epc", "settings": settings}
        answer = self.http.put(f"{self.url}/_sandbox/accounts", json=body, timeout=10)
        assert answer.status_code == 200, answer.text


def order_request(*lines: tuple[int, int], **changes: Any) -> dict[str, Any]:
    """createOrUpdateOrder of `(item, quantity)`."""
    operations = [
        {"audienceSubCategoryId": AUDIENCE, "quantity": quantity, "itemId": item}
        for item, quantity in lines or ((ADULT, 1),)
    ]
    return {
        "requestId": None,
        "pointOfSalesId": 466653735,
        "orderType": "SALE",
        "purchasersInfo": [{"contactReference": "752565"}],
        "simpleProductOperations": operations,
    } | changes


def payment_request(order_id: int | str, amount: int = 24000, **changes: Any) -> dict[str, Any]:
    """createPaymentsAndCloseOrder as in the seed."""
    return {
        "orderId": order_id,
        "isConvertedReservation": False,
        "createToken": True,
        "payments": [{"amount": amount, "paymentMethodId": 16362}],
        "paymentParams": {
            "contactNumber": "752565",
            "totalAmount": amount,
            "paymentParametersMap": {
                "ORDER_IDENTIFIER": "session-1",
                "RETURN_URL": "https://shop.test/back?order=7",
            },
        },
        "orderType": "SALE",
        "maxWaitingTime": 0,
        "purchasersInfo": [{"contactReference": "752565"}],
    } | changes


def begun(order_id: int, detail: dict[str, Any], session_id: str = "session-1") -> Begun:
    return Begun(
        order_id=order_id,
        payment_id=detail["paymentId"],
        identifier=detail["paymentIdentifier"],
        transaction_id=detail["epcTransactionData"]["transactionId"],
        amount=detail["amount"],
        session_id=session_id,
        detail=detail,
    )


@dataclass
class Letterbox:
    """A shop's webhook: keeps what arrives, and answers what it is told to."""

    url: str
    received: list[dict[str, Any]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)


@contextmanager
def letterbox() -> Iterator[Letterbox]:
    def answer(heard: Heard) -> Reply:
        box.received.append(json.loads(heard.body))
        return Reply(box.answers.pop(0) if box.answers else 204)

    box = Letterbox("")
    with listening(answer) as origin:
        box.url = f"{origin}/hook"
        yield box
