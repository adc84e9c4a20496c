"""What does a shop hear at ctp/api/? Payment tokens (sections 3 and 4) and what the page's own calls do (6)."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse

from providers.sandbox import accounts, appointments, clock
from providers.sandbox.cards import Ending
from providers.sandbox.ecomcharge import addresses, asked, cardinput, objections, payments, shapes, signing
from providers.sandbox.ecomcharge.models import EcomchargeCheckout, EcomchargeTransaction
from providers.sandbox.ecomcharge.objections import NotFound, Objections
from providers.sandbox.ecomcharge.signing import SLUG, Caller
from providers.sandbox.wire import json_answer

_LIFE = timedelta(hours=24)  # [seed]
Answer = dict[str, Any]


def api(
    *verbs: str, open_to_all: bool = False
) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """The frame of the checkout's methods: the verb, whose call it is, and its 401 and 404."""

    def dress(work: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(work)
        def view(request: HttpRequest, **captured: Any) -> HttpResponse:
            if request.method not in verbs:
                return HttpResponse(status=405, headers={"Allow": ", ".join(verbs)})
            try:
                return work(request, None if open_to_all else _caller(request), **captured)
            except signing.Unauthorized:
                return json_answer({"message": "Unauthorized"}, 401)
            except NotFound:
                return json_answer({"message": "Record not found"}, 404)

        return view

    return dress


def _caller(request: HttpRequest) -> Caller:
    given = request.headers.get("Authorization")
    if given is None and request.method == "POST":
        # The widget may name the shop inside the body as well [public: docs:widget/setup].
        inner = _object(_json(request).get("checkout"))
        return signing.owner_of_public_key(str(inner.get("public_key") or ""))
    return signing.account_of(given)


def _json(request: HttpRequest) -> Answer:
    try:
        return _object(json.loads(request.body))
    except ValueError:
        return {}


def _object(value: Any) -> Answer:
    return value if isinstance(value, dict) else {}


def version_2(request: HttpRequest) -> bool:
    return request.headers.get("X-API-Version", "").strip() == "2"


@api("POST")
def create(request: HttpRequest, caller: Caller) -> HttpResponse:
    """POST ctp/api/checkouts."""
    data = _json(request).get("checkout")
    if not isinstance(data, dict):
        wrong = Objections()
        wrong.add(("checkout",), asked.BLANK if data is None else asked.OBJECT)
        if version_2(request):
            return json_answer({"errors": wrong.tree, "message": wrong.message}, 422)
        return objections.checkout_answer(wrong, version_2=False)
    wrong, until = asked.check(data, caller)
    if wrong:
        return objections.checkout_answer(wrong, version_2=version_2(request))
    checkout = _make(data, caller, until, addresses.base_of(request, caller.settings))
    path = "widget/hpp.html" if version_2(request) else "v2/checkout"
    answer: Answer = {
        "token": checkout.token, "redirect_url": f"{checkout.base}/{path}?token={checkout.token}",
    }  # fmt: skip
    if caller.public:
        answer |= _for_browsers(checkout, caller)
    return json_answer({"checkout": answer}, 201)


def _make(data: Answer, caller: Caller, until: datetime | None, base: str) -> EcomchargeCheckout:
    kept = {name: value for name, value in data.items() if name != "public_key"}
    for name in ("order", "settings", "customer", "payment_method", "travel"):
        # An empty array where an object belongs is PHP's way of writing an empty one.
        kept[name] = _object(kept.get(name))
    order, now = kept["order"], clock.now()
    with transaction.atomic():
        checkout = EcomchargeCheckout.objects.create(
            account=caller.name, asked=kept, transaction_type=kept["transaction_type"],
            amount=int(order.get("amount") or 0), currency=order["currency"],
            tracking_id=str(order.get("tracking_id") or ""), test=kept.get("test") in (True, "true"),
            attempts=int(kept.get("attempts") or 1), created_at=now, expires_at=until or now + _LIFE, base=base,
        )  # fmt: skip
        seconds = (checkout.expires_at - now).total_seconds()
        appointments.make(SLUG, "expire", checkout.token, seconds=seconds)
    return checkout


def _for_browsers(checkout: EcomchargeCheckout, caller: Caller) -> Answer:
    """What the answer carries for a call with the public key [public: ios, android]."""
    name = caller.settings["shop_name"]
    return {
        "brands": [{"name": brand} for brand in shapes.brands(caller.settings)],
        "company": {"name": name, "site": caller.settings["shop_url"]},
        "description": checkout.asked["order"].get("description"), "card_info": {"uuid": checkout.handle},
        "google_pay": {"gateway_id": None, "gateway_merchant_id": None, "status": "disabled"},
        "samsung_pay": {"service_id": None}, "async": False,
    }  # fmt: skip


def find(token: str) -> EcomchargeCheckout:
    checkout = EcomchargeCheckout.objects.filter(pk=token).first()
    if checkout is None:
        raise NotFound
    return checkout


@api("GET")
def status(_request: HttpRequest, caller: Caller, token: str) -> HttpResponse:
    """GET ctp/api/checkouts/{token}."""
    checkout = find(token)
    if checkout.account != caller.name:
        raise NotFound
    body = shapes.token(checkout, caller.settings)
    company = {"name": caller.settings["shop_name"], "site": caller.settings["shop_url"]}
    return json_answer({"checkout": body | {"company": company, "google_pay": {"status": "disabled"}}})


@api("POST", open_to_all=True)
def pay(request: HttpRequest, _anybody: None) -> HttpResponse:
    """POST ctp/api/payments: one attempt, out of the page or an app; the token is all the right it needs."""
    asks = _object(_json(request).get("request"))
    checkout = find(str(asks.get("token") or ""))
    if given := request.headers.get("Authorization"):
        signing.account_of(given)
    settings = accounts.settings_of(SLUG, checkout.account)
    if not payments.open_for_paying(checkout):
        return json_answer({"response": _paid(checkout, None)})
    method = str(asks.get("payment_method") or "credit_card")
    if method != "credit_card":
        offered = addresses.methods_of(checkout, settings)
        if method not in offered:
            return _wrong(checkout, objections.refuse("payment_method", why=asked.LIST))
        instrument = payments.Instrument(method=method)
    else:
        try:
            instrument = cardinput.read(
                asked.Reader(_object(asks.get("credit_card")), Objections(), ("credit_card",)), checkout.account,
                customer=_object(asks.get("customer")), browser=_object(asks.get("browser")),
            )  # fmt: skip
        except objections.Refused as refused:
            return _wrong(checkout, refused)
    if instrument.card and instrument.card["brand"] in addresses.excluded_brands(checkout):
        return _wrong(checkout, objections.refuse("credit_card", "number", why="brand is not accepted"))
    if instrument.ending is Ending.SLOW:
        addresses.hold(settings["slow_seconds"])
    tx, _ = payments.pay(checkout.token, instrument)
    return json_answer({"response": _paid(find(checkout.token), tx)})


def _wrong(checkout: EcomchargeCheckout, refused: objections.Refused) -> HttpResponse:
    said = refused.objections
    body = {"status": "error", "message": said.sentences, "errors": said.tree, "token": checkout.token}
    return json_answer({"response": body}, 422)


def _paid(checkout: EcomchargeCheckout, tx: EcomchargeTransaction | None) -> Answer:
    """Section 6's answer. `url` is there to be opened while 3-D Secure asks, until the browser is at `result_url`."""
    settings = checkout.asked.get("settings") or {}
    answer: Answer = {
        "status": checkout.status or "error", "message": checkout.message, "errors": None, "token": checkout.token,
        "transaction_type": checkout.transaction_type, "uid": tx.uid if tx else None,
        "url": f"{checkout.base}/process/{tx.uid}" if tx and tx.challenge else None,
        "result_url": f"{checkout.base}/widget/hpp.html?token={checkout.token}",
        "return_url": addresses.return_address(checkout), "iframe": bool(checkout.asked.get("iframe")),
        "finished": checkout.finished, "gateway_id": None, "method": tx.method if tx else None,
        "action_status": checkout.status, "cancel_url": settings.get("cancel_url"),
    }  # fmt: skip
    if tx:
        bank = (shapes.gateway_response(checkout) or {}).get(tx.type, {})
        answer |= {
            name: bank.get(name)
            for name in ("auth_code", "bank_code", "rrn", "billing_descriptor", "gateway_id")
        }
        answer |= {"credit_card": shapes.credit_card(tx) if tx.card else None,
                   "receipt_url": f"{tx.base}/customer/transactions/{tx.uid}/{tx.receipt}"}  # fmt: skip
    return answer
