"""What does a shop's server hear? The frame of every call, and the operations of section 6, in v1 envelopes."""

import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any

from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse

from providers.sandbox import faults
from providers.sandbox.syspay import (
    agreements,
    asked,
    endings,
    notices,
    payments,
    shapes,
    subscriptions,
    terminals,
)
from providers.sandbox.syspay.codes import Refused
from providers.sandbox.syspay.models import (
    SyspayAgreement,
    SyspayChargeback,
    SyspayPayment,
    SyspayRefund,
    SyspaySubscription,
)  # fmt: skip
from providers.sandbox.syspay.signing import SLUG, Caller, caller_of
from providers.sandbox.wire import json_answer

Answer = dict[str, Any]
# How many a list shows; no source tells of pages [inferred].
_LISTED = 200
# The catalogue's numbers for a wrong start_date and end_date.
_MOMENTS = {"start_date": ("gte", 20003), "end_date": ("lte", 20004)}


class Call:
    """One authenticated call: whose, with which body, and where the sandbox was reached."""

    def __init__(self, request: HttpRequest, caller: Caller) -> None:
        self.account = caller.name
        self.settings = caller.settings
        self.query = request.GET
        origin = (
            str(caller.settings["public_origin"]).rstrip("/") or f"{request.scheme}://{request.get_host()}"
        )
        self.base = f"{origin}/{SLUG}"
        self.raw = request.body

    def body(self, *, bare: bool = False) -> Answer:
        """The JSON object. `bare`: nothing, null and {} will do, as the SDK sends for confirm, void and cancel."""
        if bare and not self.raw.strip():
            return {}
        try:
            data = json.loads(self.raw)
        except (ValueError, RecursionError):
            raise Refused(20013) from None
        if bare and data in (None, []):
            return {}
        if not isinstance(data, dict):
            raise Refused(10001)
        found: Answer = asked.without_nulls(data)
        return found

    def one(self, model: type[Model], number: str, code: int) -> Any:
        """The row of this account, or a 404 in its own words."""
        fits = number.isascii() and number.isdigit() and len(number) < 19
        found = model._default_manager.filter(account=self.account, pk=number).first() if fits else None
        if found is None:
            raise Refused(code)
        return found


def answer(data: Any, status: int) -> HttpResponse:
    """The uuid must not be the last header: the SDK's pattern wants a line behind it."""
    response = json_answer(data, status)
    response["X-Syspay-Request-Uuid"] = str(uuid.uuid4())
    response["Cache-Control"] = "no-store"
    return response


def _refusal(refused: Refused) -> HttpResponse:
    return answer({"error": {"code": refused.code, "message": str(refused)}}, refused.status)


def method(verb: str) -> Callable[[Callable[..., Answer]], Callable[..., HttpResponse]]:
    """Credentials first, then the rest; there is no 401 and no 405."""

    def dress(work: Callable[..., Answer]) -> Callable[..., HttpResponse]:
        @wraps(work)
        def view(request: HttpRequest, **captured: Any) -> HttpResponse:
            try:
                caller = caller_of(request.headers.get("X-Wsse"), request.META.get("REMOTE_ADDR", ""))
                if request.method != verb:
                    raise Refused(20019)
                data = work(Call(request, caller), **captured)
            except Refused as refused:
                return _refusal(refused)
            status = caller.settings["eterminal_status"] if work is _eterminal else 200
            return answer({"data": data}, status)

        return view

    return dress


def unknown(_request: HttpRequest) -> HttpResponse:
    """A path below api/ that is none."""
    return _refusal(Refused(20019))


def _eterminal(call: Call) -> Answer:
    data = asked.eterminal(call.body(), call.settings)
    terminal = terminals.create(call.account, data, call.base)
    return {"eterminal": {"url": f"{call.base}/eterminal/{terminal.token}"}}


eterminal = method("POST")(_eterminal)


# Payments.


def _shown(payment: SyspayPayment) -> Answer:
    return {"payment": shapes.payment(payment), "redirect": shapes.redirect(payment)}


@method("GET")
def payment(call: Call, number: str) -> Answer:
    return _shown(call.one(SyspayPayment, number, 20007))


@method("GET")
def list_payments(call: Call) -> Answer:
    found = _filtered(call, SyspayPayment.objects.all(), "processed_at")
    if status := call.query.get("status"):
        if status not in SyspayPayment.Status.values:
            raise Refused(30026)
        found = found.filter(status=status)
    if email := call.query.get("email"):
        found = found.filter(customer__email=email)
    return {"payments": [shapes.payment(one) for one in found[:_LISTED]]}


def _filtered(call: Call, rows: "QuerySet[Any]", moment: str) -> "QuerySet[Any]":
    """This account's, newest first, by reference and by time."""
    found = rows.filter(account=call.account).order_by("-id")
    if "reference" in call.query:
        found = found.filter(reference=call.query["reference"])
    for name, (compare, code) in _MOMENTS.items():
        if given := call.query.get(name):
            if not (given.isascii() and given.isdigit() and len(given) < 12):
                raise Refused(code)
            found = found.filter(**{f"{moment}__{compare}": datetime.fromtimestamp(int(given), UTC)})
    return found


@method("POST")
def confirm(call: Call, number: str) -> Answer:
    call.body(bare=True)
    endings.perhaps_not(call.one(SyspayPayment, number, 20007), "confirm", 50002)
    with transaction.atomic():
        found = call.one(SyspayPayment, number, 20007)
        endings.confirm(found)
    return {"payment": shapes.payment(found)}


@method("POST")
def void(call: Call, number: str) -> Answer:
    call.body(bare=True)
    endings.perhaps_not(call.one(SyspayPayment, number, 20007), "void", 50003)
    with transaction.atomic():
        found = call.one(SyspayPayment, number, 20007)
        endings.void(found)
    return {"payment": shapes.payment(found)}


# Refunds and chargebacks.


@method("POST")
def refund(call: Call) -> Answer:
    data = call.body()
    _mandatory(data, "payment_id", "reference", "amount", "currency")
    asked.reference(data["reference"], 40002)
    asked.amount(data, "amount", code=40005)
    asked.description(data, 40007)
    asked.extra_text(data)
    asked.address(data, "ems_url", 30006)
    number = data["payment_id"]
    # PHP is not particular about numbers and digits; nothing else passes.
    if isinstance(number, bool) or not isinstance(number, int | str) or not str(number).isdigit():
        raise Refused(40001, "payment_id")
    wanted = {name: data[name] for name in ("reference", "amount", "currency")}
    payments.check_refund(call.one(SyspayPayment, str(number), 20007), **wanted)
    # Outside the transaction, or a no would put the fault back.
    armed = faults.take(SLUG, ("refuse",), "refund", only_named=True)
    if armed and armed.reason != "failed":
        raise Refused(40010)
    with transaction.atomic():
        found = call.one(SyspayPayment, str(number), 20007)
        made = payments.refund(found, **wanted, asked=data, failed=armed is not None)
        notices.tell(made)
    return {"refund": shapes.refund(made)}


def _mandatory(data: Answer, *names: str) -> None:
    if missing := [name for name in names if name not in data]:
        raise Refused(10003, missing[0], parameters=", ".join(missing))


@method("GET")
def one_refund(call: Call, number: str) -> Answer:
    return {"refund": shapes.refund(call.one(SyspayRefund, number, 40009))}


@method("GET")
def list_refunds(call: Call) -> Answer:
    found = _filtered(call, SyspayRefund.objects.all(), "processed_at")
    return {"refunds": [shapes.refund(one) for one in found[:_LISTED]]}


@method("GET")
def one_chargeback(call: Call, number: str) -> Answer:
    return {"chargeback": shapes.chargeback(call.one(SyspayChargeback, number, 70001))}


@method("GET")
def list_chargebacks(call: Call) -> Answer:
    # A chargeback has no reference of its own: its payment's finds it.
    if reference := call.query.get("reference"):
        rows = SyspayChargeback.objects.filter(account=call.account, payment__reference=reference).order_by(
            "-id"
        )
    else:
        rows = _filtered(call, SyspayChargeback.objects.all(), "processed_at")
    return {"chargebacks": [shapes.chargeback(one) for one in rows[:_LISTED]]}


# Subscriptions and payment plans, billing agreements.


@method("GET")
def subscription(call: Call, number: str) -> Answer:
    return {
        "subscription": shapes.subscription(call.one(SyspaySubscription, number, 80001)),
        "redirect": None,
    }


@method("POST")
def cancel_subscription(call: Call, number: str) -> Answer:
    """`{"now": true}` ends it at once; without a word it is false."""
    now = call.body(bare=True).get("now", False)
    if not isinstance(now, bool):
        raise Refused(10009, "now", value="now", type="boolean")
    with transaction.atomic():
        found = call.one(SyspaySubscription, number, 80001)
        subscriptions.cancel(found, now=now)
    return {"subscription": shapes.subscription(found)}


def _rebill(data: Answer, ems_url: Answer) -> dict[str, Any]:
    _mandatory(data, "reference", "amount", "currency")
    asked.reference(data["reference"])
    asked.amount(data, "amount")
    asked.description(data)
    asked.extra_text(data)
    asked.address(ems_url, "ems_url", 30006)
    return {
        "reference": data["reference"], "amount": data["amount"], "currency": data["currency"],
        "asked": {name: data.get(name) for name in ("description", "extra")} | {"ems_url": ems_url.get("ems_url")},
    }  # fmt: skip


@method("POST")
def rebill_subscription(call: Call, number: str) -> Answer:
    data = call.body()
    given = _rebill(data, data)
    with transaction.atomic():
        made = subscriptions.rebill(call.one(SyspaySubscription, number, 80001), **given)
    return {"payment": shapes.payment(made)}


@method("GET")
def agreement(call: Call, number: str) -> Answer:
    return {"billing_agreement": shapes.agreement(call.one(SyspayAgreement, number, 60001)), "redirect": None}


@method("GET")
def list_agreements(call: Call) -> Answer:
    found = _filtered(call, SyspayAgreement.objects.all(), "created_at")
    return {"billing_agreements": [shapes.agreement(one) for one in found[:_LISTED]]}


@method("POST")
def cancel_agreement(call: Call, number: str) -> Answer:
    call.body(bare=True)
    with transaction.atomic():
        found = call.one(SyspayAgreement, number, 60001)
        agreements.cancel(found)
    return {"billing_agreement": shapes.agreement(found)}


@method("POST")
def rebill_agreement(call: Call, number: str) -> Answer:
    """The payment stands in an object of its own, ems_url beside it."""
    data = call.body()
    inner = data.get("payment")
    if not isinstance(inner, dict):
        raise Refused(10003, "payment", parameters="payment")
    given = _rebill(inner, data)
    with transaction.atomic():
        made = agreements.rebill(call.one(SyspayAgreement, number, 60001), **given)
    return {"payment": shapes.payment(made)}


@method("GET")
def system_ip(call: Call) -> Answer:
    return {"ip_addresses": [one.strip() for one in call.settings["system_ips"].split(",") if one.strip()]}
