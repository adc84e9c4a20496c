"""What does the shop's server hear when it calls EPC? A function for each REST method, and their frame.

Sandbox conventions [inferred], because the contract does not know them: errors carry statusCode "error" with
the field in statusDetail, on HTTP 200 (a setting of the account); 401 for a bad token, 400 for a body that is
no JSON object, 405 for another verb than POST, 415 for another type than JSON.
"""

import json
import time
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse

from providers.sandbox import clock
from providers.sandbox.epc import orders, payments, shapes
from providers.sandbox.epc.bearer import Refused, account_of
from providers.sandbox.epc.models import EpcAlias, EpcOrder, EpcPayment
from providers.sandbox.epc.orders import SLUG, State
from providers.sandbox.fields import Fields, Wrong
from providers.sandbox.models import Call
from providers.sandbox.wire import json_answer

_ORDER_TYPES = (
    "SALE", "REFUND_CLIENT", "REFUND_ORGANIZATION", "EXCHANGE_ORGANIZATION", "EXCHANGE_CLIENT", "RESERVATION",
    "RENEWAL", "OPTION", "RESERVATION_FREEING", "OPTION_FREEING", "ST_TRANSFER",
)  # fmt: skip
_PLAYED_TYPES = ("SALE", "RESERVATION", "OPTION")
_OTHER_OPERATIONS = (
    "composedProductOperations", "singleEntryAttributionOperations", "transportProductOperations",
    "chargeOperations",
)  # fmt: skip
_STATUSES = tuple(EpcPayment.Status)
# From here on notifyOrder means "reopen", below it means "abandon": the seed's 30000 and 100 [inferred].
_PATIENT_MS = 1000
_LONGEST_WAIT_MS = 60_000

Settings = dict[str, Any]
Answer = dict[str, Any]


class Caller:
    """Who calls: the account's name and settings."""

    def __init__(self, name: str, settings: Settings) -> None:
        self.name = name
        self.settings = settings


def _envelope(status_code: str, detail: str | None, request_id: Any, data: Answer) -> Answer:
    answer: Answer = {} if request_id is None else {"requestId": request_id}
    answer["statusCode"] = status_code
    if detail is not None:
        answer["statusDetail"] = detail
    return answer | data


def _error(detail: str, status: int, request_id: Any = None) -> HttpResponse:
    return json_answer(_envelope("error", detail, request_id, {}), status)


def service(work: Callable[[Caller, Fields], Answer]) -> Callable[[HttpRequest], HttpResponse]:
    """The frame of every method: POST, a token, JSON, and the envelope around what `work` answers.

    `work` may put `statusDetail` among its data. It opens its own transaction: notifyOrder waits between two.
    """

    @wraps(work)
    def view(request: HttpRequest) -> HttpResponse:
        if request.method != "POST":
            answer = _error("only POST is allowed", 405)
            answer["Allow"] = "POST"
            return answer
        try:
            caller = Caller(*account_of(request.headers.get("Authorization")))
        except Refused as refused:
            return _error(str(refused), 401)
        if request.content_type != "application/json":
            return _error("Content-Type: must be application/json", 415)
        if _too_many(caller.settings["calls_per_minute"]):
            return HttpResponse("Bandwidth Limit Exceeded", status=509, content_type="text/plain")
        try:
            fields = Fields(json.loads(request.body))
        except (ValueError, Wrong):
            return _error("body: must be a JSON object", 400)
        request_id = None
        try:
            request_id = fields.optional_integer("requestId")
            data = work(caller, fields)
        except Wrong as wrong:
            return _error(str(wrong), caller.settings["error_http_status"], request_id)
        return json_answer(_envelope("success", data.pop("statusDetail", None), request_id, data))

    return view


def _too_many(limit: int) -> bool:
    """180 calls a minute per institution [public: RATE]; off (0) unless the account sets a number."""
    if not limit:
        return False
    since = clock.now() - timedelta(minutes=1)
    return Call.objects.filter(provider=SLUG, at__gte=since, path__contains="/backend-apis/").count() > limit


def _order(caller: Caller, fields: Fields) -> EpcOrder:
    return orders.find(fields.integer("orderId", least=1, also_text=True), caller.name)


def _contact(fields: Fields, name: str) -> str:
    """The first contactReference of a list or object of ContactData."""
    people = (
        [fields.object(name)]
        if isinstance(fields.data.get(name), dict)
        else fields.objects(name, required=False)
    )
    references = [person.text("contactReference", longest=20) for person in people]
    return references[0] if references else ""


@service
def create_or_update_order(caller: Caller, fields: Fields) -> Answer:
    if fields.integer("pointOfSalesId") != caller.settings["point_of_sales_id"]:
        raise Wrong("pointOfSalesId", "is not a point of sale of this account")
    order_type = fields.choice("orderType", _ORDER_TYPES, default="SALE")
    if order_type not in _PLAYED_TYPES:
        raise Wrong("orderType", f"{order_type} is not played by the sandbox")
    for name in _OTHER_OPERATIONS:
        if fields.data.get(name):
            raise Wrong(name, "is not played by the sandbox: use simpleProductOperations")
    wanted = [
        orders.Wanted(
            item_id=line.integer("itemId", least=1),
            audience_sub_category_id=line.integer("audienceSubCategoryId", least=1),
            quantity=line.integer("quantity", least=1, most=1000),
            at=line.at,
        )
        for line in fields.objects("simpleProductOperations")
    ]
    contact = _contact(fields, "purchasersInfo")
    reference = fields.optional_text("externalReference")
    number = fields.optional_integer("orderId", least=1, also_text=True)
    with transaction.atomic():
        if number is None:
            order = orders.open_new(caller.name, caller.settings)
        else:
            order = orders.find(number, caller.name)
            if order.state != State.OPEN:
                raise Wrong("orderId", f"order {number} is {order.state} and can not be changed")
        removed = [operation["operationId"] for operation in order.operations]
        order.order_type = order_type
        order.contact = contact or order.contact
        order.external_reference = reference or order.external_reference
        orders.place(order, orders.price(wanted))
    return {"expectedException": False, "orderUpdateData": shapes.order_update(order, removed)}


@service
def create_payments_and_close_order(caller: Caller, fields: Fields) -> Answer:
    fields.boolean("isConvertedReservation")
    fields.optional_integer("maxWaitingTime", least=0, most=_LONGEST_WAIT_MS)
    if (order_type := fields.choice("orderType", _ORDER_TYPES, default="SALE")) not in _PLAYED_TYPES:
        raise Wrong("orderType", f"{order_type} is not played by the sandbox")
    _contact(fields, "purchasersInfo")
    params = fields.object("paymentParams")
    session_id, return_url = _session(params.object("paymentParametersMap"))
    contact = params.text("contactNumber", longest=20)
    total = params.integer("totalAmount", least=1)
    token = fields.boolean("createToken")
    intents = [
        payments.Intent(
            amount=entry.integer("amount", least=1), method_id=_method(caller, entry),
            alias=entry.optional_text("cardAlias", longest=60), session_id=session_id, return_url=return_url,
            contact=contact, create_token=token, at=entry.at,
        )
        for entry in fields.objects("payments")
    ]  # fmt: skip
    with transaction.atomic():
        order = _order(caller, fields)
        if order.state != State.OPEN:
            raise Wrong("orderId", f"order {order.order_id} is {order.state}: only an OPEN order can be paid")
        if sum(intent.amount for intent in intents) != total:
            raise Wrong("paymentParams.totalAmount", "is not the sum of payments[].amount")
        if total != order.amount:
            raise Wrong("paymentParams.totalAmount", f"is {total}, the order's amount is {order.amount}")
        begun = payments.start(order, intents)
    return {
        "orderId": order.order_id,
        "paymentDetails": [shapes.payment_detail(payment) for payment in begun],
    }


def _session(parameters: Fields) -> tuple[str, str]:
    """The two parameters that the widget needs [seed]."""
    return parameters.text("ORDER_IDENTIFIER"), parameters.url("RETURN_URL")


def _method(caller: Caller, entry: Fields) -> int:
    method = entry.integer("paymentMethodId", least=1)
    if method != caller.settings["payment_method_id"]:
        raise Wrong(entry.path("paymentMethodId"), "is not a payment method of this point of sale")
    return method


@service
def notify_order(caller: Caller, fields: Fields) -> Answer:
    number = fields.integer("orderId", least=1, also_text=True)
    wait_ms = fields.optional_integer("maxWaitingTime", least=0, most=_LONGEST_WAIT_MS) or 0
    until = time.monotonic() + wait_ms / 1000
    while True:
        seen = clock.bell.count
        with transaction.atomic():
            settled = orders.settle(orders.find(number, caller.name), patient=wait_ms >= _PATIENT_MS)
            unsafe = settled is not None and settled.failed and _repayment_unsafe()
        left = until - time.monotonic()
        if settled is not None or left <= 0:
            break
        connection.close()  # a waiting call needs no connection
        clock.bell.wait(seen, left)
    if settled is None:
        # Nobody knows the outcome, and the answer is "success" all the same [inferred].
        return {"movementTicketDatas": []}
    if not settled.failed:
        return {"movementTicketDatas": shapes.movements(settled.order)}
    workcase = f"{number}_{round(clock.now().timestamp() * 1000)}"
    return {
        # The trap: a payment that failed is told in the detail, under statusCode "success" [seed].
        "statusDetail": f"Workcase failed : {workcase}, ROLLBACK, WARN, {settled.failed}",
        "movementTicketDatas": [],
        "repaymentSafe": not unsafe,
    }


def _repayment_unsafe() -> bool:
    from providers.sandbox import faults

    return faults.take(SLUG, ("repayment_unsafe",), "notifyOrder") is not None


@service
def reopen_order(caller: Caller, fields: Fields) -> Answer:
    with transaction.atomic():
        orders.reopen(_order(caller, fields), caller.settings)
    return {}


@service
def get_order_details(caller: Caller, fields: Fields) -> Answer:
    fields.optional_text("granularity")
    order = _order(caller, fields)
    return {"orderDetailsData": shapes.order_details(order, caller.settings["institution"])}


@service
def close_order(caller: Caller, fields: Fields) -> Answer:
    """closeOrder without EPC [public: TB]. Sandbox convention: only what costs nothing, or is no sale."""
    fields.object("purchaserInfo").text("contactReference", longest=20)
    with transaction.atomic():
        order = _order(caller, fields)
        if order.state != State.OPEN:
            raise Wrong("orderId", f"order {order.order_id} is {order.state}")
        if order.amount and order.order_type == "SALE":
            raise Wrong("orderId", f"order {order.order_id} has {order.amount} to pay")
        orders.close(order)
    return {"orderData": shapes.order_details(order, caller.settings["institution"])}


def _named_payments(order: EpcOrder, fields: Fields, *, required: bool) -> list[tuple[EpcPayment, Fields]]:
    """The payments that payments[] names, by paymentId or paymentIdentifier; given both, both must fit."""
    found = []
    for entry in fields.objects("payments", required=required):
        number = entry.optional_integer("paymentId", least=1, also_text=True)
        identifier = entry.optional_text("paymentIdentifier", longest=20)
        if number is None and not identifier:
            raise Wrong(entry.path("paymentId"), "is required")
        given = {key: value for key, value in (("payment_id", number), ("identifier", identifier)) if value}
        payment = order.payments.filter(**given).first()
        if payment is None:
            raise Wrong(
                entry.path("paymentId" if number else "paymentIdentifier"), "is not a payment of this order"
            )
        found.append((payment, entry))
    return found


@service
def update_payments(caller: Caller, fields: Fields) -> Answer:
    with transaction.atomic():
        order = _order(caller, fields)
        named = _named_payments(order, fields, required=True)
        for payment, entry in named:
            if (status := entry.choice("paymentStatus", _STATUSES)) != EpcPayment.Status.CANCELLED_BY_USER:
                raise Wrong(entry.path("paymentStatus"), f"{status} is not played by the sandbox")
            if entry.integer("amount") != payment.amount:
                raise Wrong(entry.path("amount"), f"the payment's amount is {payment.amount}")
            payments.abandon(payment, entry.path("paymentStatus"))
    return {"paymentDetails": [shapes.updated_detail(payment) for payment, _ in named]}


@service
def check_payment(caller: Caller, fields: Fields) -> Answer:
    order = _order(caller, fields)
    named = [payment for payment, _ in _named_payments(order, fields, required=False)]
    # Sandbox convention [inferred]: no payments named means all of them, the latest attempt last.
    shown = named or list(order.payments.order_by("attempt", "payment_id"))
    return {
        "orderId": order.order_id,
        "paymentDetails": [shapes.payment_detail(payment) for payment in shown],
    }


@service
def cancel_payment(caller: Caller, fields: Fields) -> Answer:
    """paymentIds, a list of Longs; paymentId alone as in v1_11 [public: PAY]."""
    numbers = fields.data.get("paymentIds")
    if numbers is None:
        numbers = [fields.integer("paymentId", least=1)]
    if not isinstance(numbers, list) or not numbers:
        raise Wrong("paymentIds", "must be a list of payment ids")
    with transaction.atomic():
        for place, number in enumerate(numbers):
            at = f"paymentIds[{place}]"
            payment = None
            if isinstance(number, int) and not isinstance(number, bool):
                payment = EpcPayment.objects.filter(
                    payment_id=number, account=caller.name, order__isnull=False
                ).first()
            if payment is None:
                raise Wrong(at, "is not a payment of this account")
            payments.abandon(payment, at)
    return {}


# Saving a card without a payment. Which call yields the ids for the widget's "alias" mode is not published:
# the two methods below are a sandbox convention [lost], and this is the only place that knows their shape.


@service
def create_alias(caller: Caller, fields: Fields) -> Answer:
    session_id, return_url = _session(fields.object("paymentParametersMap"))
    intent = payments.Intent(
        amount=0, method_id=_method(caller, fields), alias="", session_id=session_id, return_url=return_url,
        contact=fields.text("contactNumber", longest=20), create_token=True, at="",
    )  # fmt: skip
    with transaction.atomic():
        payment = payments.start_alias(caller.name, caller.settings["currency"], intent)
    return {"epcTransactionData": {"transactionId": payment.transaction_id, "paymentTypes": []}}


@service
def check_alias(caller: Caller, fields: Fields) -> Answer:
    number = fields.integer("transactionId", least=1, also_text=True)
    payment = EpcPayment.objects.filter(transaction_id=number, account=caller.name, order=None).first()
    if payment is None:
        raise Wrong("transactionId", "is not an alias transaction of this account")
    return {"aliasStatus": payments.alias_status(payment)} | (shapes.card(payment) if payment.alias else {})


def forget(keep_catalogue: bool) -> None:
    """Start over; the default catalogue is put back unless the present one is kept."""
    if not keep_catalogue:
        orders.stock_catalogue()
    EpcOrder.objects.all().delete()
    EpcPayment.objects.all().delete()
    EpcAlias.objects.all().delete()
