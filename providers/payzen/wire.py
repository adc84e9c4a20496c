"""How do we talk to PayZen? One POST for every web service, Basic credentials, and one envelope for yes and no.

`POST {api}/api-payment/V4/{web service}` with JSON. A business error comes with HTTP 200 and status ERROR, wrong
credentials included; the vendor's own libraries let 401 pass as well. There is no idempotency key: what is sent twice
is done twice, so nothing here is ever sent again but after a plain "slow down".
"""

import base64
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from providers.errors import Misconfigured, Uncertain, Unreachable
from providers.http import Answer, Http
from providers.payzen import words
from providers.payzen.settings import PayzenSettings
from providers.payzen.shapes import (
    Envelope,
    OrderTransactions,
    PaymentForm,
    PaymentOrder,
    Problem,
    Transaction,
    Wire,
)
from providers.said import said as _

BASE = "/api-payment/V4/"
READ_SECONDS = 45  # as long as the vendor's own libraries wait

CREATE_ORDER = "Charge/CreatePaymentOrder"
GET_ORDER = "Charge/PaymentOrder/Get"
UPDATE_ORDER = "Charge/PaymentOrder/Update"
CANCEL_ORDER = "Charge/PaymentOrder/Cancel"
CREATE_PAYMENT = "Charge/CreatePayment"
ORDER_GET = "Order/Get"
CANCEL_OR_REFUND = "Transaction/CancelOrRefund"
VALIDATE = "Transaction/Validate"
UPDATE = "Transaction/Update"
SDK_TEST = "Charge/SDKTest"

NO_SUCH_SERVICE = "INT_901"
NO_SUCH_ORDER = "PSP_1000"
NO_TRANSACTION = "PSP_010"
NO_SERVICE = _("PayZen has no such web service at this API address: look at it. (INT_901)")
# Of every call. The rest means something only to whoever asked.
_CLOSED = {
    "INT_905": _("PayZen does not let this shop in: look at the Shop ID, the Password and the API address."),
    "PSP_100": _("The REST API is not enabled for this shop: ask PayZen."),
    "PSP_109": _("This shop is not activated for production: ask PayZen."),
}
_SLOW_DOWN = frozenset({"PSP_099", "PSP_106"})
_NOBODY_KNOWS = frozenset({"PSP_999"})

W = TypeVar("W", bound=Wire)


class Refused(Exception):
    """PayZen answered no. Never leaves this provider: whoever called makes it one of the kinds of no."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.error_code)
        self.code = problem.error_code
        self.detail_code = problem.detailed_error_code
        self.message = words.plain(problem.error_message)
        # It quotes what was sent, so only the name of the field is read of it.
        self.detail = problem.detailed_error_message

    @property
    def why(self) -> str:
        code = words.plain(self.code)[:40] or _("no code")
        return _("%(message)s (%(code)s)", message=self.message or _("refused"), code=code)


class Gateway:
    """One shop's way to its platform. `live` of each answer: is it production that has spoken?"""

    def __init__(self, settings: PayzenSettings, http: Http) -> None:
        self._settings = settings
        self._http = http

    # --- payment orders and forms -----------------------------------------------------------------------

    def create_order(self, body: Mapping[str, Any]) -> PaymentOrder:
        return self._read(PaymentOrder, self._call(CREATE_ORDER, body), _("payment order"))

    def create_form(self, body: Mapping[str, Any]) -> PaymentForm:
        return self._read(PaymentForm, self._call(CREATE_PAYMENT, body), _("payment form"))

    def order(self, order_id: str) -> tuple[PaymentOrder, bool | None]:
        """How a payment order stands; and whether it is of production. Refused with NO_SUCH_ORDER for one of the other
        mode, too."""
        told = self._call(GET_ORDER, {"paymentOrderId": order_id})
        found = self._read(PaymentOrder, told, _("payment order"))
        if found.payment_order_id != order_id:
            raise Uncertain(_("Asked about one payment order, PayZen answered about another."))
        return found, told.live

    def update_order(self, body: Mapping[str, Any]) -> None:
        """What became of it is asked for afterwards: the answer's shape is not documented."""
        self._call(UPDATE_ORDER, body)

    def cancel_order(self, order_id: str) -> None:
        self._call(CANCEL_ORDER, {"paymentOrderId": order_id})

    # --- transactions -----------------------------------------------------------------------------------

    def transactions(
        self, reference: str, kind: str = ""
    ) -> tuple[tuple[Transaction, ...], OrderTransactions | None, bool | None]:
        """Every transaction at `reference`, our orderId; none when nobody has tried to pay. `kind`: DEBIT or CREDIT
        alone."""
        body = {"orderId": reference, **({"operationType": kind} if kind else {})}
        try:
            told = self._call(ORDER_GET, body)
        except Refused as no:
            if no.code == NO_TRANSACTION:
                return (), None, None
            raise
        found = self._read(OrderTransactions, told, _("transactions"))
        return found.transactions, found, told.live

    def transact(self, service: str, body: Mapping[str, Any]) -> Transaction:
        """Move money, once. Refused when PayZen says no."""
        return self._read(Transaction, self._call(service, body), _("transaction"))

    # --- the account --------------------------------------------------------------------------------------

    def knock(self) -> bool | None:
        """Are we let in, and is it production? Asked with the service that PayZen has for trying; it echoes a value.
        Refused when PayZen says no."""
        return self._call(SDK_TEST, {"value": "connection"}).live

    # --- under them all ---------------------------------------------------------------------------------

    def _call(self, service: str, body: Mapping[str, Any]) -> Envelope:
        pair = f"{self._settings.shop_id}:{self._settings.password.get_secret_value()}"
        basic = base64.b64encode(pair.encode()).decode()
        answer = self._http.post(
            f"{self._settings.api}{BASE}{service}",
            headers={"Authorization": f"Basic {basic}", "Accept": "application/json"},
            json=body,
            read_seconds=READ_SECONDS,
        )
        told = _envelope(answer)
        if told.status == "SUCCESS":
            if answer.status >= 400 or not told.answer:
                raise Uncertain(_("PayZen says that it is done, but not what."))
            return told
        if told.status != "ERROR":
            raise Uncertain(_("PayZen's answer says neither yes nor no."))
        raise self._no(Problem.model_validate(told.answer), answer.status)

    def _no(self, problem: Problem, status: int) -> Exception:
        code = problem.error_code
        if code in _CLOSED:
            return Misconfigured(_("%(message)s (%(code)s)", message=_CLOSED[code], code=code))
        if code in _SLOW_DOWN:
            return Unreachable(_("PayZen asks us to slow down (%(code)s).", code=code))
        if code in _NOBODY_KNOWS or not code:
            code = code or _("no code")
            return Uncertain(_("PayZen has a problem of its own (%(code)s): nobody knows yet.", code=code))
        if status in (401, 403):
            return Misconfigured(_CLOSED["INT_905"])
        return Refused(problem)

    @staticmethod
    def _read(shape: type[W], told: Envelope, what: str) -> W:
        try:
            return shape.model_validate(told.answer)
        except ValidationError as problem:
            field = ".".join(str(part) for part in problem.errors(include_input=False)[0]["loc"])
            raise Uncertain(
                _(
                    "PayZen's answer about the %(what)s could not be read: %(field)s.",
                    what=what,
                    field=field or _("nothing"),
                )
            ) from None


def _envelope(answer: Answer) -> Envelope:
    if 300 <= answer.status < 400:
        raise Misconfigured(_("PayZen's address leads elsewhere: look at the account's API address."))
    try:
        data = answer.json()
    except Uncertain:
        data = None
    if isinstance(data, Mapping) and "status" in data and "answer" in data:
        return Envelope.model_validate(data)
    # Not the platform's own envelope, so it was not the platform that has spoken.
    if answer.status in (401, 403):
        raise Misconfigured(_CLOSED["INT_905"])
    if answer.status in (404, 405):
        raise Misconfigured(_("There is no PayZen at the API address: look at it."))
    raise Uncertain(_("PayZen's answer (HTTP %(status)s) could not be read.", status=answer.status))
