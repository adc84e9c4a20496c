"""A scripted PayZen: each test says what is asked, word for word and in which order, and what is answered."""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import responses

from providers.base import Charge, Customer, Incoming, Invitation, Operation, OperationStatus, Urls, Verb
from providers.http import Exchange, Http
from providers.money import Money
from providers.payzen import PayZen, PayzenSettings

API = "http://127.0.0.1:9000/payzen"
LIVE_API = "https://api.payzen.example"
SHOP = "69876357"
# Of the public demonstration shop, as the documentation prints it.
PASSWORD = "testpassword_DEMOPRIVATEKEY23G4475zXZQ2UA5x7M"
HMAC_KEY = "38453613e7f44dc58732bad3dca2bca3"
PUBLIC_KEY = "69876357:testpublickey_DEMOPUBLICKEY95me92597fd28tGD4r5"
SETTINGS: dict[str, Any] = {
    "shop_id": SHOP,
    "password": PASSWORD,
    "public_key": PUBLIC_KEY,
    "hmac_key": HMAC_KEY,
    "api": API,
    "static": "http://127.0.0.1:9000/payzen",
}
LIVE: dict[str, Any] = {
    "password": "prodpassword_canary",
    "public_key": "69876357:publickey_x",
    "api": LIVE_API,
    "static": "https://static.payzen.example",
}
VECTORS = json.loads(Path(__file__).with_name("payzen_kr_hash.json").read_text(encoding="utf-8"))

CREATE, GET = "Charge/CreatePaymentOrder", "Charge/PaymentOrder/Get"
CHANGE, CANCEL = "Charge/PaymentOrder/Update", "Charge/PaymentOrder/Cancel"
FORM, LIST = "Charge/CreatePayment", "Order/Get"
GIVE_BACK, VALIDATE, LESSEN = "Transaction/CancelOrRefund", "Transaction/Validate", "Transaction/Update"

ORDER = "24585dd916b948b4b5e3daf672c5a118"
PAGE = "http://secure.payzen.example/t/0tpbeddt"
UUID = "1c8356b0e24442b2acc579cf1ae4d814"
OTHER = "c97b7e6f3dbc4c239baf283654f34710"
REFUND = "017574bda28e4f1d8413b97fc65c8197"
REFERENCE = "G-LYRA-1"
BACK = "https://pay.shop.example/back/1/"
NOTIFY = "https://pay.shop.example/notify/1/"
TOKEN = "token-of-a-card-32-characters-xx"
CARD = {
    "effectiveBrand": "CB",
    "pan": "497010XXXXXX0055",
    "expiryMonth": 11,
    "expiryYear": 2031,
    "authorizationResponse": {"amount": 990, "currency": "EUR", "authorizationResult": "0"},
}


# --- charges --------------------------------------------------------------------------------------------


def charge(**changes: Any) -> Charge:
    """9.90 EUR, in the first attempt at order G-LYRA."""
    usual = Charge(
        reference=REFERENCE,
        order_reference="G-LYRA",
        money=Money(990, "EUR"),
        description="Two tickets",
        customer=Customer(
            reference="customer-1",
            email="ada@shop.example",
            first_name="Ada",
            last_name="Lovelace",
            address="1 rue de la Paix",
            city="Paris",
            postal_code="75002",
            country="FR",
        ),
        language="fr",
        urls=Urls(back=BACK, cancelled=BACK, notify=NOTIFY),
        expires_at=datetime.now(UTC) + timedelta(hours=1),
        begun_at=datetime.now(UTC) - timedelta(minutes=1),
    )
    return replace(usual, **changes)


MEMO = {"way": "order", "order": ORDER, "channel": "URL", "sent_by": "", "to": "", "keeps": "PAYMENT"}


def opened(**changes: Any) -> Charge:
    """... with its payment order."""
    memo = {**MEMO, **changes.pop("memo", {})}
    return charge(**{"memo": memo, "provider_id": ORDER, "provider_ids": (ORDER,), **changes})


def in_form(**changes: Any) -> Charge:
    """... or with a form in our page."""
    return charge(**{"memo": {"way": "form", "keeps": "PAYMENT", **changes.pop("memo", {})}, **changes})


def paid(**changes: Any) -> Charge:
    """... and paid, as our record has it."""
    memo = {"uuid": UUID, "minor": 990, **changes.pop("memo", {})}
    return opened(**{"memo": memo, "captured": Money(990, "EUR"), "refunded": Money(0, "EUR"), **changes})


def reserved(**changes: Any) -> Charge:
    """... or authorised, to be captured by hand."""
    return paid(**{"captured": Money(0, "EUR"), "capture_later": True, **changes})


def invited(channel: str, to: str = "", subject: str = "", text: str = "", **changes: Any) -> Charge:
    return charge(channel=channel, invitation=Invitation(to=to, subject=subject, text=text), **changes)


def own(
    verb: Verb, minor: int, key: str, status: OperationStatus = OperationStatus.PENDING, name: str = ""
) -> Operation:
    """One of our operations, as the core tells of it."""
    return Operation(verb=verb, money=Money(minor, "EUR"), status=status, key=key, provider_id=name)


# --- answers --------------------------------------------------------------------------------------------


def yes(answer: Any, mode: str = "TEST") -> dict[str, Any]:
    return {
        "webService": "x",
        "version": "V4",
        "applicationVersion": "6.25.0",
        "status": "SUCCESS",
        "answer": answer,
        "ticket": "114232fd74d24974a5886b143240c50f",
        "serverDate": "2026-11-22T18:53:55+00:00",
        "applicationProvider": "PAYZEN",
        "metadata": None,
        "mode": mode,
        "serverUrl": API,
        "_type": "V4/WebService/Response",
    }


def no(code: str, message: str = "no", detail: str | None = None, detail_code: str | None = None) -> Any:
    answer = {
        "errorCode": code,
        "errorMessage": message,
        "detailedErrorCode": detail_code,
        "detailedErrorMessage": detail,
        "ticket": "null",
        "shopId": SHOP,
        "_type": "V4/WebService/WebServiceError",
    }
    return {**yes(answer), "status": "ERROR"}


NOBODY = no("PSP_010", "transaction not found")


def order(status: str = "RUNNING", **changes: Any) -> dict[str, Any]:
    told = {
        "paymentOrderId": ORDER,
        "paymentURL": PAGE,
        "paymentOrderStatus": status,
        "creationDate": "2026-11-22T18:53:55+00:00",
        "updateDate": None,
        "amount": 990,
        "currency": "EUR",
        "locale": "fr_FR",
        "orderId": REFERENCE,
        "channelDetails": {"channelType": "URL", "mailDetails": None, "_type": "V4/ChannelDetails"},
        "expirationDate": (datetime.now(UTC) + timedelta(hours=1)).isoformat(timespec="seconds"),
        "formAction": "PAYMENT",
        "metadata": {},
        "_type": "V4/PaymentOrder",
    }
    return yes({**told, **changes})


def transaction(
    word: str = "AUTHORISED", *, uuid: str = UUID, kind: str = "DEBIT", **changes: Any
) -> dict[str, Any]:
    details = {
        "creationContext": "CHARGE",
        "cardDetails": CARD,
        "parentTransactionUuid": None,
        **changes.pop("details", {}),
    }
    told = {
        "shopId": SHOP,
        "uuid": uuid,
        "amount": 990,
        "currency": "EUR",
        "paymentMethodType": "CARD",
        "paymentMethodToken": None,
        "status": "PAID",
        "detailedStatus": word,
        "operationType": kind,
        "creationDate": "2026-11-22T19:00:00+00:00",
        "errorCode": None,
        "errorMessage": None,
        "detailedErrorCode": None,
        "detailedErrorMessage": None,
        "transactionDetails": details,
        "_type": "V4/PaymentTransaction",
    }
    return {**told, **changes}


def refunded(minor: int, word: str = "AUTHORISED", uuid: str = REFUND, **changes: Any) -> dict[str, Any]:
    details = {"parentTransactionUuid": UUID, "creationContext": "REFUND"}
    return transaction(word, uuid=uuid, kind="CREDIT", amount=minor, details=details, **changes)


def refused(code: str = "51", uuid: str = UUID, **changes: Any) -> dict[str, Any]:
    why = {
        "status": "UNPAID",
        "errorCode": "ACQ_001",
        "errorMessage": "payment refused",
        "detailedErrorCode": code,
        "detailedErrorMessage": "Insufficient funds or credit limit exceeded",
    }
    return transaction("REFUSED", uuid=uuid, **{**why, **changes})


def listed(*told: dict[str, Any], **changes: Any) -> dict[str, Any]:
    answer = {
        "orderId": REFERENCE,
        "shopId": SHOP,
        "transactions": list(told),
        "_type": "V4/OrderTransactions",
    }
    return yes({**answer, **changes})


# --- notifications --------------------------------------------------------------------------------------


def payment(*told: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """V4/Payment, as the IPN brings it."""
    details = {"orderTotalAmount": 990, "orderCurrency": "EUR", "mode": "TEST", "orderId": REFERENCE}
    answer = {
        "shopId": SHOP,
        "orderCycle": "CLOSED",
        "orderStatus": "PAID",
        "serverDate": "2026-11-22T19:00:01+00:00",
        "orderDetails": {**details, **changes.pop("details", {})},
        "transactions": list(told or (transaction(),)),
        "_type": "V4/Payment",
    }
    return {**answer, **changes}


def signed(answer: str, *, key: str = PASSWORD, door: str = "password", **changes: str) -> dict[str, str]:
    """The five fields, signed."""
    digest = hmac.new(key.encode(), answer.encode(), hashlib.sha256).hexdigest()
    return {
        "kr-hash": digest,
        "kr-hash-algorithm": "sha256_hmac",
        "kr-hash-key": door,
        "kr-answer-type": "V4/Payment",
        "kr-answer": answer,
        **changes,
    }


def ring(form: Any) -> Incoming:
    body = form if isinstance(form, bytes) else urlencode(form).encode()
    return Incoming(headers={"content-type": "application/x-www-form-urlencoded"}, query={}, body=body)


def rung(answer: Any, **changes: Any) -> Incoming:
    return ring(signed(answer if isinstance(answer, str) else json.dumps(answer), **changes))


# --- the wire -------------------------------------------------------------------------------------------


@dataclass
class Wire:
    """`expect` a call, in order; whatever else is called fails the test."""

    steps: list[tuple[str, Any, Any]] = field(default_factory=list)
    called: list[str] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)
    shown: list[Exchange] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)

    def expect(self, service: str, answer: Any, body: Any = None) -> "Wire":
        """`answer`: what a 200 says, or (status, what or text), or an exception."""
        self.steps.append((service, answer, body))
        return self

    def asks(self, order: Any, transactions: Any) -> "Wire":
        """How does it stand? The order, then its transactions."""
        self.expect(GET, order, {"paymentOrderId": ORDER})
        return self.lists(transactions)

    def lists(self, transactions: Any) -> "Wire":
        return self.expect(LIST, transactions, {"orderId": REFERENCE})

    def answer(self, request: Any) -> Any:
        service = re.sub(r"^.*/api-payment/V4/", "", request.url)
        sent = json.loads(request.body)
        assert self.steps, f"nobody expected {service} {sent}"
        expected, answer, body = self.steps.pop(0)
        assert service == expected, f"{service} was called where {expected} was expected"
        if body is not None:
            assert sent == body
        basic = base64.b64decode(request.headers["Authorization"].removeprefix("Basic ")).decode()
        assert basic.partition(":")[0] == SHOP
        assert request.headers["Content-Type"] == "application/json"
        self.called.append(service)
        self.bodies.append(sent)
        if isinstance(answer, Exception):
            return answer
        status, told = answer if isinstance(answer, tuple) else (200, answer)
        text = told if isinstance(told, str) else json.dumps(told)
        return status, {"Content-Type": "application/json;charset=utf-8"}, text

    def payzen(self, *, live: bool = False, **changes: Any) -> PayZen:
        settings = PayzenSettings.model_validate({**SETTINGS, **(LIVE if live else {}), **changes})
        return PayZen(settings, live=live, http=Http(record=self.shown.append, sleep=self.slept.append))


@contextmanager
def scripted() -> Iterator[Wire]:
    script = Wire()
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        ours = re.compile(f"({re.escape(API)}|{re.escape(LIVE_API)})/api-payment/V4/.*")
        mock.add_callback(responses.POST, ours, callback=script.answer)
        yield script
    assert not script.steps, f"never called: {[step[0] for step in script.steps]}"
