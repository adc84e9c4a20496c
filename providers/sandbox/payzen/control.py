"""How does a test set up and end PayZen payments without a browser? /_sandbox/payzen/, see docs/sandbox.md."""

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest

from providers.sandbox import accounts
from providers.sandbox.api import api
from providers.sandbox.cards import Ending
from providers.sandbox.fields import Fields, Wrong
from providers.sandbox.payzen import notices, orders, payments, settlement, shapes, signing, testcards
from providers.sandbox.payzen.envelope import Refused, moment
from providers.sandbox.payzen.models import PayzenCharge, PayzenMessage, PayzenToken, PayzenTransaction
from providers.sandbox.payzen.page import Link
from providers.sandbox.payzen.signing import SLUG

Kind = PayzenCharge.Kind
Status = PayzenCharge.Status
# Words that may end a payment without a card.
OUTCOMES = (
    Ending.APPROVE, Ending.REFUSE, Ending.CANCEL, Ending.CHALLENGE, Ending.CHALLENGE_REFUSE, Ending.DELAYED,
    Ending.NO_ANSWER,
)  # fmt: skip


class Missing(Wrong):
    """404: there is no such order or transaction."""

    status = 404


def shown_transaction(tx: PayzenTransaction) -> dict[str, Any]:
    """Everything a test may want to know, in our own words; never a card number."""
    return {
        "uuid": tx.uuid, "operation": tx.operation, "status": shapes.status_of(tx), "detailed": tx.detailed,
        "amount": tx.amount, "currency": tx.currency, "orderId": tx.order_id or None, "mode": tx.mode,
        "charge": tx.charge_id, "parent": tx.parent_id, "token": tx.token or None, "card": tx.card.get("pan"),
        "error": tx.error or None, "challenge": bool(tx.challenge), "refundable": settlement.refundable(tx),
        "createdAt": moment(tx.created_at), "captureAt": moment(tx.capture_at), "capturedAt": moment(tx.captured_at),
    }  # fmt: skip


def shown_message(message: PayzenMessage) -> dict[str, Any]:
    return {
        "id": message.pk, "order": message.charge_id, "channel": message.channel, "purpose": message.purpose,
        "recipient": message.recipient, "subject": message.subject or None, "body": message.body,
        "link": message.charge.url, "sentAt": moment(message.sent_at),
    }  # fmt: skip


def _charge(charge: PayzenCharge) -> dict[str, Any]:
    return {
        "id": charge.id, "kind": charge.kind, "account": charge.account, "mode": charge.mode,
        "status": shapes.status_word(charge), "open": charge.open, "attemptsLeft": charge.attempts_left,
        "amount": charge.amount, "currency": charge.currency, "orderId": charge.order_id or None,
        "channel": charge.channel or None, "formAction": charge.form_action,
        "url": charge.url if charge.is_order else None, "formToken": None if charge.is_order else charge.key,
        "createdAt": moment(charge.created_at), "expiresAt": moment(charge.expires_at),
        "transactions": [shown_transaction(tx) for tx in charge.attempts.order_by("created_at", "sequence")],
        "messages": [shown_message(message) for message in charge.messages.order_by("id")],
    }  # fmt: skip


def _find(number: str) -> PayzenCharge:
    """By paymentOrderId, by the link's code, or by formToken."""
    charge = PayzenCharge.objects.filter(Q(pk=number) | Q(key=number)).first()
    if charge is None:
        raise Missing("id", "is not known")
    return charge


def _find_transaction(uuid: str) -> PayzenTransaction:
    tx = payments.find(uuid)
    if tx is None:
        raise Missing("uuid", f"transaction {uuid} is not known")
    return tx


def _listing(kind: str) -> Callable[..., Any]:
    @api("GET")
    def view(_request: HttpRequest, _fields: Fields) -> Any:
        newest = PayzenCharge.objects.filter(kind=kind).order_by("-created_at")[:200]
        return {f"{kind}s": [_charge(charge) for charge in newest]}

    return view


list_orders = _listing(Kind.ORDER)
list_forms = _listing(Kind.FORM)


@api("GET")
def one(_request: HttpRequest, _fields: Fields, number: str) -> Any:
    return _charge(_find(number))


@api("GET")
def list_transactions(_request: HttpRequest, _fields: Fields) -> Any:
    newest = PayzenTransaction.objects.select_related("charge").order_by("-created_at", "-sequence")[:500]
    return {"transactions": [shown_transaction(tx) for tx in newest]}


@api("GET")
def list_messages(request: HttpRequest, _fields: Fields) -> Any:
    """Newest first; `?order=` narrows to one paymentOrderId."""
    found = PayzenMessage.objects.select_related("charge").order_by("-id")
    if order := request.GET.get("order"):
        found = found.filter(charge_id=order)
    return {"messages": [shown_message(message) for message in found[:200]]}


@api("POST")
def pay(request: HttpRequest, fields: Fields, number: str) -> Any:
    """What the shopper would do: a `card` or an `outcome`; then `code` for 3-D Secure."""
    fields.only(("card", "expiry", "outcome", "reason", "code", "save_card"))
    charge = _find(number)
    before = (charge.status, charge.attempts.count())
    code, given = fields.optional_text("code"), _instrument(fields)
    if given is None and not code:
        raise Wrong("card", "or outcome or code is required")
    ending, tx = None, None
    if given:
        tx, ending = payments.pay(charge.id, given, reason=fields.optional_text("reason", longest=60))
    if code:
        with transaction.atomic():
            running = payments.running_challenge(charge)
            if running and (tx := payments.find(running.uuid)):
                payments.answer_challenge(tx, code)
    if tx:
        notices.first(tx.uuid, tx.account)
    charge = _find(number)
    shown = _charge(charge)
    left = ending is Ending.CANCEL and tx is None
    return shown | {
        "changed": (charge.status, charge.attempts.count()) != before,
        "result": "CANCELLED_BY_SHOPPER" if left else shown["status"], "redirectUrl": _way_back(request, charge, left),
    }  # fmt: skip


def _way_back(request: HttpRequest, charge: PayzenCharge, left: bool) -> str | None:
    if not charge.is_order or (charge.open and not left):
        return None
    outcomes = {Status.REFUSED: "refusedUrl", Status.EXPIRED: "errorUrl", Status.CANCELLED: "errorUrl"}
    outcome = "cancelUrl" if left else outcomes.get(Status(charge.status), "successUrl")
    return Link(request, charge).way_back(outcome, "ABANDONED" if left else "")[0] or None


def _instrument(fields: Fields) -> payments.Instrument | None:
    number = fields.optional_text("card", longest=30)
    outcome = fields.choice("outcome", OUTCOMES, default="")
    if not (number or outcome):
        return None
    month, _, year = (fields.optional_text("expiry") or "12/2030").partition("/")
    if not (month.isdigit() and year.isdigit()):
        raise Wrong("expiry", "must be like 12/2030")
    given = payments.typed_instrument(
        (number or testcards.APPROVED).replace(" ", ""), month=int(month),
        year=int(year) + (2000 if int(year) < 100 else 0), save=fields.boolean("save_card"),
    )  # fmt: skip
    if given is None:
        raise Wrong("card", "is not a test card")
    if outcome:
        return ended(given, Ending(outcome))
    if given.typed.ending is Ending.HTTP_500:
        raise Wrong("card", "http_500 shows only on the page")
    return given


def ended(given: payments.Instrument, ending: Ending) -> payments.Instrument:
    """The same card, and another end."""
    typed = testcards.Typed(given.typed.card, ending, given.typed.reason, given.typed.saves_as)
    return payments.Instrument(typed, save=given.save)


@api("POST")
def cancel(_request: HttpRequest, _fields: Fields, number: str) -> Any:
    """Withdrawn in the back office."""
    with transaction.atomic():
        charge = _find(number)
        if not charge.is_order or not orders.cancel(charge):
            raise Wrong("id", f"the order is {shapes.status_word(charge)} and cannot be cancelled")
    return _charge(charge)


# What a back office does to a transaction: name -> (transaction, amount or None) -> the transaction it is told of.
OFFICE: dict[str, Callable[[PayzenTransaction, int | None], PayzenTransaction]] = {
    "validate": lambda tx, _amount: settlement.validate(tx),
    "cancel": lambda tx, _amount: settlement.cancel(tx),
    "refund": lambda tx, amount: settlement.cancel_or_refund(tx, amount, "", "AUTO"),
}


def by_hand(tx: PayzenTransaction, kind: str, amount: int | None = None) -> PayzenTransaction:
    """With the IPN that the account's rule asks for. Inside transaction.atomic(); Refused when it may not be."""
    done = OFFICE[kind](tx, amount)
    if accounts.settings_of(SLUG, tx.account)["back_office_notices"]:
        notices.tell(done)
    return done


def back_office(kind: str) -> Callable[..., Any]:
    @api("POST")
    def view(_request: HttpRequest, fields: Fields, uuid: str) -> Any:
        fields.only(("amount",))
        try:
            with transaction.atomic():
                tx = _find_transaction(uuid)
                return shown_transaction(by_hand(tx, kind, fields.optional_integer("amount", least=1)))
        except Refused as refused:
            raise Wrong("uuid", f"{refused.code} {refused.message}") from refused

    return view


@api("POST")
def capture(_request: HttpRequest, fields: Fields, uuid: str) -> Any:
    """The settlement, now and not at its hour."""
    fields.only(())
    with transaction.atomic():
        tx = _find_transaction(uuid)
        try:
            settlement.capture_now(tx)
        except Refused as refused:
            raise Wrong("uuid", f"{refused.code} {refused.message}") from refused
    return shown_transaction(tx)


@api("POST")
def settle(_request: HttpRequest, fields: Fields, uuid: str) -> Any:
    """`{"status": "accepted" | "refused", "reason": "51"}`: a payment under verification comes to its end."""
    fields.only(("status", "reason"))
    accepted = fields.choice("status", ("accepted", "refused"), default="accepted") == "accepted"
    with transaction.atomic():
        tx = _find_transaction(uuid)
        if not payments.settle(tx, accepted, fields.optional_text("reason", longest=60)):
            raise Wrong("uuid", f"transaction {uuid} is {tx.detailed} and waits for nothing")
    return shown_transaction(tx)


@api("POST")
def notify(_request: HttpRequest, fields: Fields, uuid: str) -> Any:
    """The IPN, now: `{"forged": true}` with another amount, `{"wrong_signature": true}` by another key."""
    fields.only(("forged", "wrong_signature"))
    sent = notices.tell_again(
        _find_transaction(uuid),
        forged=fields.boolean("forged"),
        wrong_signature=fields.boolean("wrong_signature"),
    )
    if not sent:
        raise Wrong("ipnTargetUrl", "is neither in the request nor on the account")
    return {"notifications": sent}


@api("POST")
def sign(_request: HttpRequest, fields: Fields) -> Any:
    """`{"kr-answer": "...", "kr-hash-key": "password"}`: the five fields, by the default account's keys."""
    fields.only(("kr-answer", "kr-hash-key", "mode"))
    key = fields.choice("kr-hash-key", ("password", "sha256_hmac"), default="password")
    mode = fields.choice("mode", (signing.TEST, signing.PRODUCTION), default=signing.TEST)
    return signing.seal(fields.text("kr-answer", longest=100_000), accounts.DEFAULT, mode, key)


def forget(_keep_catalogue: bool) -> None:
    for model in (PayzenMessage, PayzenTransaction, PayzenToken, PayzenCharge):
        model.objects.all().delete()
