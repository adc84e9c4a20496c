"""How does every web service answer? HTTP 200, the whole envelope, and the error inside it (section 3)."""

import json
import uuid
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse

from providers.sandbox import clock
from providers.sandbox.payzen import signing
from providers.sandbox.payzen.signing import Caller

Answer = dict[str, Any]
VERSION = "6.25.0"  # a build the contract has seen

MESSAGES = {
    "INT_009": "invalid amount",
    "INT_010": "invalid currency",
    "INT_015": "invalid customer email",
    "INT_901": "web-service not found",
    "INT_902": "web-service input data validation error",
    "INT_905": "invalid login or private key",
    "PSP_010": "transaction not found",
    "PSP_075": "Cancellation impossible. Please try a refund.",
    "PSP_076": "Refund is not yet available. Please try to cancel the transaction.",
    "PSP_083": "This transaction can not be refunded.",
    "PSP_104": "This transaction has already been fully refunded.",
    "PSP_105": "This transaction has already been cancelled.",
    "PSP_108": "The form has expired.",
    "PSP_503": "This action has not been authorized for a transaction with the {status} status.",
    "PSP_510": "The refund amount is too high.",
    "PSP_610": "No merchant acceptance agreement available",
    "PSP_1000": "Payment order not found",
}
# Sandbox conventions [inferred]: what no source gives a code for. An update of an order that is not RUNNING speaks
# like every other action in the wrong state, an unknown alias like a wrong field.
NOT_RUNNING = "PSP_503"
BAD_INPUT = "INT_902"


class Refused(Exception):
    """A web service says no. `code` is the contract's; `detail` is for the merchant's developers."""

    def __init__(
        self, code: str, detail: str | None = None, *, detailed_code: str | None = None, status: str = ""
    ) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail
        self.detailed_code = detailed_code
        self.message = MESSAGES[code].format(status=status)


def wrong(name: str, value: object, code: str = BAD_INPUT) -> Refused:
    """`Invalid input value [name=currency, value=TTT]` [public: docs error examples]."""
    return Refused(code, f"Invalid input value [name={name}, value={_plain(value)}]")


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def moment(at: datetime | None) -> str | None:
    """ISO 8601, whole seconds, `+00:00`."""
    return at.strftime("%Y-%m-%dT%H:%M:%S+00:00") if at else None


def compact(value: Any) -> str:
    """Compact JSON with unescaped slashes, in UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


Work = Callable[..., Answer]


def service(name: str) -> Callable[[Work], Callable[..., HttpResponse]]:
    """A view of this web service; `work(caller, body)` gives `answer` or raises Refused."""

    def dress(work: Work) -> Callable[..., HttpResponse]:
        @wraps(work)
        def view(request: HttpRequest, **_captured: Any) -> HttpResponse:
            return _answer(request, name, work)

        return view

    return dress


def unknown(request: HttpRequest, name: str) -> HttpResponse:
    def nothing(*_: Any) -> Answer:
        raise Refused("INT_901")

    return _answer(request, name, nothing, reads_body=False)


def _answer(request: HttpRequest, name: str, work: Work, *, reads_body: bool = True) -> HttpResponse:
    """First whose call it is, then whether the service exists, then the body [section 13]."""
    if request.method != "POST":
        return HttpResponse(status=405, headers={"Allow": "POST"})
    caller = signing.caller_of(request)
    http = 200
    try:
        if not caller.known:
            http = int(caller.settings["unauthorized_http_status"])
            raise Refused("INT_905")
        answer, status = work(caller, _body(request) if reads_body else {}), "SUCCESS"
    except Refused as refused:
        answer, status = _error(refused, caller), "ERROR"
    envelope = {
        "webService": name, "version": "V4", "applicationVersion": VERSION, "status": status,
        "answer": answer, "ticket": uuid.uuid4().hex, "serverDate": moment(clock.now()),
        "applicationProvider": "PAYZEN", "metadata": None, "mode": caller.mode,
        "serverUrl": caller.origin, "_type": "V4/WebService/Response",
    }  # fmt: skip
    body = compact(envelope).encode()
    return HttpResponse(body, status=http, content_type="application/json;charset=utf-8")


def _error(refused: Refused, caller: Caller) -> Answer:
    return {
        "errorCode": refused.code, "errorMessage": refused.message,
        "detailedErrorCode": refused.detailed_code, "detailedErrorMessage": refused.detail,
        # The text "null", as it was recorded [public: WIRE].
        "ticket": "null", "shopId": caller.settings["shop_id"] if caller.known else None,
        "_type": "V4/WebService/WebServiceError",
    }  # fmt: skip


def _body(request: HttpRequest) -> Answer:
    """A JSON object, whatever its Content-Type [public: FLASK sends none]."""
    try:
        found = json.loads(request.body)
    except ValueError as error:
        raise Refused("INT_902", "can't decode JSON data : line: 1 column: 1") from error
    if not isinstance(found, dict):
        raise Refused("INT_902", "can't decode JSON data : line: 1 column: 1")
    return found


@service("Charge/SDKTest")
def sdk_test(_caller: Caller, body: Answer) -> Answer:
    return {"value": body.get("value"), "_type": "V4/Charge/SDKTestResult"}
