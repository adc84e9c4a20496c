"""What does a shop hear at the gateway and the API host? Card transactions, their children, queries (11 to 13).

A host-to-host call is answered 200 whether the bank said yes or no; 400 is for requests that can not be carried out.
"""

import json
import threading
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse

from providers.sandbox import clock
from providers.sandbox.ecomcharge import addresses, asked, cardinput, currencies, payments, shapes, signing
from providers.sandbox.ecomcharge.asked import BLANK, Reader
from providers.sandbox.ecomcharge.models import EcomchargeCard, EcomchargeReplay, EcomchargeTransaction
from providers.sandbox.ecomcharge.objections import NotFound, Objections, Refused, gateway_answer, refuse
from providers.sandbox.ecomcharge.payments import Instrument
from providers.sandbox.ecomcharge.signing import Caller
from providers.sandbox.wire import json_answer

Answer = dict[str, Any]
_DUPLICATE = timedelta(seconds=30)
_REPLAY = timedelta(hours=24)
_locks: dict[str, threading.Lock] = {}


class Call:
    """One authenticated call: the shop, the body's `request`, and where the sandbox was reached."""

    def __init__(self, request: HttpRequest, caller: Caller) -> None:
        self.caller = caller
        self.base = addresses.base_of(request, caller.settings)
        self.data = _request(request)
        self.wrong = Objections()
        self.read = Reader(self.data, self.wrong)
        self.query = request.GET

    def sound(self) -> None:
        if self.wrong:
            raise Refused(self.wrong)


def _request(request: HttpRequest) -> Answer:
    if request.method == "GET" or not request.body:
        return {}
    try:
        body = json.loads(request.body)
    except ValueError:
        raise refuse("base", why="Request is not valid JSON") from None
    inner = body.get("request") if isinstance(body, dict) else None
    if not isinstance(inner, dict):
        raise refuse("request", why=BLANK)
    return inner


def method(*verbs: str) -> Callable[[Callable[..., Answer]], Callable[..., HttpResponse]]:
    """The frame of every method: credentials, RequestID, and the envelopes of what goes wrong."""

    def dress(work: Callable[..., Answer]) -> Callable[..., HttpResponse]:
        @wraps(work)
        def view(request: HttpRequest, **captured: Any) -> HttpResponse:
            if request.method not in verbs:
                return HttpResponse(status=405, headers={"Allow": ", ".join(verbs)})
            try:
                caller = signing.account_of(request.headers.get("Authorization"))
            except signing.Unauthorized:
                return json_answer({"message": "Unauthorized"}, 401)
            if caller.public:
                return json_answer({"message": "Unauthorized"}, 401)
            request_id = request.headers.get("RequestID", "") if request.method == "POST" else ""
            if not request_id:
                return _answer(work, request, caller, captured)
            # Two calls of one RequestID at once: the second waits for the first one's answer.
            with _locks.setdefault(f"{caller.name} {request_id}", threading.Lock()):
                return _replayed(
                    request_id, request, caller, lambda: _answer(work, request, caller, captured)
                )

        return view

    return dress


def _answer(
    work: Callable[..., Answer], request: HttpRequest, caller: Caller, captured: dict[str, Any]
) -> HttpResponse:
    try:
        if request.headers.get("X-API-Version", "").strip() == "3":
            raise refuse("base", why="X-API-Version 3 is not played by the sandbox")
        return json_answer(work(Call(request, caller), **captured))
    except Refused as refused:
        return gateway_answer(refused)
    except NotFound:
        return json_answer({"response": {"message": "Record not found"}}, 404)


def _replayed(
    request_id: str, request: HttpRequest, caller: Caller, answer: Callable[[], HttpResponse]
) -> HttpResponse:
    """Section 15: the same RequestID gets the same answer for 24 hours, and nothing is done twice."""
    known = {"account": caller.name, "request_id": request_id[:255], "path": request.path_info[:255]}
    since = clock.now() - _REPLAY
    kept = EcomchargeReplay.objects.filter(**known, at__gt=since).first()
    if kept:
        return HttpResponse(kept.body, status=kept.status, content_type="application/json")
    response = answer()
    EcomchargeReplay.objects.create(
        **known, status=response.status_code, body=response.content.decode(), at=clock.now()
    )
    return response


# Payments, authorisations, tokenisations, charges, payouts.


def _own(call: Call, kind: str, *, charge: bool = False) -> Answer:
    read = call.read
    free = kind == "tokenization"
    amount = read.integer("amount", required=not free, least=0 if free else 1) or 0
    currency = read.text("currency", required=True)
    if currency and currency not in currencies.CODES:
        read.object_to("currency", asked.INVALID)
    read.text("description", required=not free)
    tracking_id = read.text("tracking_id")
    for name in ("notification_url", "verification_url", "return_url"):
        read.address(name)
    skip = charge or read.object("credit_card").boolean("skip_three_d_secure_verification")
    instrument = _instrument(call, "charge" if charge else kind, no_questions=skip)
    call.sound()
    now = clock.now()
    with transaction.atomic():
        refuse_duplicate(call, kind, amount, stamp=instrument.card.get("stamp"))
        additional = read.object("additional_data").data
        test = read.boolean("test", default=True)
        ending, code, seconds = payments.fate(instrument, test, {"additional_data": additional}, "")
        contract = read.object("additional_data").array("contract", asked.CONTRACTS)
        call.sound()
        tx = EcomchargeTransaction.objects.create(
            account=call.caller.name, type=kind, amount=amount, currency=currency, test=test,
            tracking_id=tracking_id, card=instrument.card, three_d_secure=instrument.three_d_secure,
            save_for=None if instrument.card.get("token") else contract or (payments.ALL_CONTRACTS if free else None),
            later_ending=instrument.later_ending, base=call.base, asked=_kept(call), created_at=now, updated_at=now,
        )  # fmt: skip
        clock.ring()
    return shapes.transaction(payments.authorise(tx, instrument, ending, code, seconds), immediate=True)


_KEPT = (
    "description", "language", "notification_url", "verification_url", "return_url",
    "dynamic_billing_descriptor",
)  # fmt: skip


def _kept(call: Call) -> Answer:
    kept: Answer = {name: call.data.get(name) for name in _KEPT}
    for name in ("customer", "billing_address", "additional_data"):
        kept[name] = call.read.object(name).data
    return kept


def _instrument(call: Call, kind: str, *, no_questions: bool) -> Instrument:
    card = call.read.object("credit_card", required="encrypted_credit_card" not in call.data)
    sealed = call.read.object("encrypted_credit_card").data
    if sealed:
        plain = {name: signing.opened(call.caller.name, str(value)) for name, value in sealed.items()}
        card = Reader(card.data | plain, call.wrong, ("credit_card",))
    call.sound()
    token = card.text("token")
    if not token and (kind in ("charge", "credit")):
        card.object_to("token", BLANK)
    if not token and not sealed and not call.caller.settings["host_to_host"]:
        raise refuse("base", why="Host-to-host permission is missing", code="E.1065")
    call.sound()
    if token:
        found = cardinput.find_saved(card, token, call.caller.name)
        _check_contract(call, card, found, kind)
        if kind == "credit":
            return payments.saved(found, no_questions=True)
    return cardinput.read(card, call.caller.name, no_questions=no_questions)


def _check_contract(call: Call, card: Reader, saved: EcomchargeCard, kind: str) -> None:
    """A token serves what its owner agreed to. The sentence is ours [inferred]."""
    asks = set(call.read.object("additional_data").array("contract"))
    if kind == "credit":
        asks = {"credit"}
    elif kind == "charge" and not asks:
        asks = {"recurring"} if "recurring" in saved.contracts else {"card_on_file"}
    if lacking := sorted(asks - set(saved.contracts)):
        card.object_to("token", f"is not saved for the contract {lacking[0]}")
    call.sound()


def refuse_duplicate(call: Call, kind: str, amount: int, **facts: Any) -> None:
    """Section 15: within 30 s the same amount with the same card, or on the same parent."""
    if call.data.get("duplicate_check") in (False, "false"):
        return
    since = clock.now() - _DUPLICATE
    like = {"card__stamp": facts["stamp"]} if "stamp" in facts else facts
    found = EcomchargeTransaction.objects.filter(
        account=call.caller.name, type=kind, amount=amount, created_at__gt=since, **like
    ).exclude(status=EcomchargeTransaction.Status.FAILED)
    if found.exists():
        raise refuse("base", why="Duplicate transaction")


@method("POST")
def payment(call: Call) -> Answer:
    return _own(call, "payment")


@method("POST")
def authorization(call: Call) -> Answer:
    return _own(call, "authorization")


@method("POST")
def tokenization(call: Call) -> Answer:
    return _own(call, "tokenization")


@method("POST")
def credit(call: Call) -> Answer:
    return _own(call, "credit")


@method("POST")
def charge(call: Call) -> Answer:
    """services/credit_cards/charges. The type is `charge` [public: moodle], or the account's `charge_type`."""
    kind = call.caller.settings["charge_type"]
    return _own(call, kind if kind in ("payment", "authorization") else "charge", charge=True)


# The store of cards, flat and without an envelope (section 17).


@method("POST")
def save_card(call: Call) -> Answer:
    return _store(call, "")


@method("PUT")
def update_card(call: Call, token: str) -> Answer:
    return _store(call, token)


def _store(call: Call, token: str) -> Answer:
    read, name = call.read, call.caller.name
    token = token or read.text("token")
    if token:
        row = cardinput.find_saved(read, token, name)
        if read.data.get("exp_month") or read.data.get("exp_year"):
            month, year = cardinput.expiry(read)
            row.card |= {"exp_month": month, "exp_year": year}
        call.sound()
        row.card |= {"holder": read.text("holder") or row.card["holder"]}
        row.save()
    else:
        if not call.caller.settings["host_to_host"]:
            raise refuse("base", why="Host-to-host permission is missing", code="E.1065")
        given = cardinput.read(read, name)
        row = EcomchargeCard.objects.create(
            account=name, card=given.card, contracts=payments.ALL_CONTRACTS, ending=given.later_ending,
            code=given.code, created_at=clock.now(),
        )  # fmt: skip
    return row.card | {"token": row.token}


# Looking up.


def _cards(call: Call, **facts: Any) -> Any:
    return EcomchargeTransaction.objects.filter(account=call.caller.name, **facts)


@method("GET")
def one(call: Call, uid: str) -> Answer:
    found = _cards(call, pk=uid, method="credit_card").first()
    if found is None:
        raise NotFound
    return shapes.transaction(found)


@method("GET")
def find(call: Call, tracking_id: str) -> Answer:
    """v2: the ten newest."""
    return {"transactions": [shapes.transaction(tx)["transaction"] for tx in _search(call, tracking_id)[:10]]}


@method("GET")
def find_one(call: Call, tracking_id: str) -> Answer:
    """v1: the newest."""
    found = _search(call, tracking_id)
    if not found:
        raise NotFound
    return shapes.transaction(found[0])


def _search(call: Call, tracking_id: str, *, by_card: bool = True) -> list[EcomchargeTransaction]:
    """Newest first. A transaction may carry several ids, joined by `;` [public: docs].

    [inferred]: a child answers to the tracking_id of its own request, although its body does not repeat it, and not
    to its parent's; `children_by_tracking_id` and `children_with_parent` of the account say otherwise.
    """
    settings = call.caller.settings
    found = []
    for tx in _cards(call).select_related("parent").order_by("-created_at"):
        if (tx.method == "credit_card") != by_card:
            continue
        ids = [*tx.tracking_id.split(";"), tx.tracking_id]
        if tx.parent and not settings["children_by_tracking_id"]:
            ids = []
        if tx.parent and settings["children_with_parent"]:
            ids = [*ids, *_family_ids(tx)]
        if tracking_id and tracking_id in ids:
            found.append(tx)
    return found


def _family_ids(tx: EcomchargeTransaction) -> list[str]:
    ids: list[str] = []
    older = tx.parent
    while older is not None:
        ids += [*older.tracking_id.split(";"), older.tracking_id]
        older = older.parent
    return ids


@method("GET")
def one_other(call: Call, uid: str) -> Answer:
    """beyag: another method than a card."""
    found = _cards(call, pk=uid).exclude(method="credit_card").first()
    if found is None:
        raise NotFound
    return shapes.transaction(found)


@method("GET")
def find_other(call: Call, tracking_id: str) -> Answer:
    found = _search(call, tracking_id, by_card=False)[:10]
    return {"transactions": [shapes.transaction(tx)["transaction"] for tx in found]}


@method("GET")
def erip(call: Call, uid: str = "") -> Answer:
    """beyag/payments/{uid}, or ?order_id=."""
    bills = _cards(call, method="erip")
    wanted = str(call.query.get("order_id") or "")
    for tx in bills.filter(pk=uid) if uid else bills.order_by("-created_at"):
        if uid or str((tx.asked.get("method_data") or {}).get("order_id")) == wanted:
            return shapes.transaction(tx)
    raise NotFound
