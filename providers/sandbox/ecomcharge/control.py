"""How does a test set up and end eComCharge payments without a browser? /_sandbox/ecomcharge/, see docs/sandbox.md."""

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.http import HttpRequest

from providers.sandbox import accounts
from providers.sandbox.api import api
from providers.sandbox.cards import Ending
from providers.sandbox.ecomcharge import (
    addresses,
    children,
    currencies,
    notices,
    payments,
    shapes,
    signing,
    testcards,
)  # fmt: skip
from providers.sandbox.ecomcharge.models import (
    EcomchargeCard,
    EcomchargeCheckout,
    EcomchargeReplay,
    EcomchargeTransaction,
)  # fmt: skip
from providers.sandbox.ecomcharge.signing import SLUG
from providers.sandbox.fields import Fields, Wrong
from providers.sandbox.standins import Row

Status = EcomchargeTransaction.Status
# Words that may end a payment without a card.
OUTCOMES = (
    Ending.APPROVE, Ending.REFUSE, Ending.CANCEL, Ending.CHALLENGE, Ending.CHALLENGE_REFUSE, Ending.DELAYED,
    Ending.NO_ANSWER,
)  # fmt: skip


class Missing(Wrong):
    """404: there is no such token or transaction."""

    status = 404


def _transaction(tx: EcomchargeTransaction) -> dict[str, Any]:
    """Everything a test may want to know, in our own words; never a card number, never a card's token."""
    return {
        "uid": tx.uid, "type": tx.type, "status": tx.status, "amount": tx.amount, "currency": tx.currency,
        "method": tx.method, "test": tx.test, "tracking_id": tx.tracking_id or None, "parent_uid": tx.parent_id,
        "checkout": tx.checkout.token if tx.checkout else None, "message": tx.message, "code": tx.code or None,
        "reason": tx.reason or None, "contract": tx.save_for, "saved": bool(tx.card.get("token")),
        "card": f"{tx.card['bin']}******{tx.card['last_4']}" if tx.card else None,
        "challenge": bool(tx.challenge), "created_at": shapes.moment(tx.created_at),
        "paid_at": shapes.moment(tx.paid_at),
    }  # fmt: skip


def _checkout(checkout: EcomchargeCheckout) -> dict[str, Any]:
    made = checkout.transactions.order_by("created_at")
    children_of = EcomchargeTransaction.objects.filter(parent__checkout=checkout).order_by("created_at")
    return {
        "token": checkout.token, "account": checkout.account, "transaction_type": checkout.transaction_type,
        "amount": checkout.amount, "currency": checkout.currency, "test": checkout.test,
        "tracking_id": checkout.tracking_id or None, "status": checkout.status, "message": checkout.message,
        "finished": checkout.finished, "expired": checkout.expired, "attempts": checkout.attempts,
        "attempts_used": checkout.used, "created_at": shapes.moment(checkout.created_at),
        "expires_at": shapes.moment(checkout.expires_at),
        "redirect_url": f"{checkout.base}/widget/hpp.html?token={checkout.token}",
        "return_url": addresses.return_address(checkout) or None,
        "transactions": [_transaction(tx) for tx in (*made, *children_of)],
    }  # fmt: skip


@api("GET")
def list_checkouts(request: HttpRequest, _fields: Fields) -> Any:
    """`tracking_id` narrows to those whose own begins so."""
    found = EcomchargeCheckout.objects.filter(tracking_id__startswith=request.GET.get("tracking_id", ""))
    return {"checkouts": [_checkout(checkout) for checkout in found.order_by("-created_at")[:200]]}


@api("GET")
def one_checkout(_request: HttpRequest, _fields: Fields, token: str) -> Any:
    return _checkout(_find_checkout(token))


@api("GET")
def list_transactions(_request: HttpRequest, _fields: Fields) -> Any:
    newest = EcomchargeTransaction.objects.select_related("checkout").order_by("-created_at")[:500]
    return {"transactions": [_transaction(tx) for tx in newest]}


@api("GET")
def public_key(request: HttpRequest, _fields: Fields) -> Any:
    """`?account=` for another than the default one."""
    name = request.GET.get("account", accounts.DEFAULT)
    if name not in accounts.names(SLUG):
        raise Missing("account", "is not known")
    return {"public_key": signing.public_key(name)}


def _find_checkout(token: str) -> EcomchargeCheckout:
    checkout = EcomchargeCheckout.objects.filter(pk=token).first()
    if checkout is None:
        raise Missing("token", "is not known")
    return checkout


def _find(uid: str) -> EcomchargeTransaction:
    tx = EcomchargeTransaction.objects.select_related("checkout", "parent").filter(pk=uid).first()
    if tx is None:
        raise Missing("uid", f"transaction {uid} is not known")
    return tx


@api("POST")
def pay(_request: HttpRequest, fields: Fields, token: str) -> Any:
    """What the shopper would do on the page: a `card`, an `outcome` or a `method`; then `code` for 3-D Secure."""
    fields.only(("card", "expiry", "outcome", "reason", "code", "password", "method", "save_card"))
    checkout = _find_checkout(token)
    before = checkout.status
    cancelled = False
    password = fields.optional_text("code") or fields.optional_text("password")
    if instrument := _instrument(fields, checkout):
        tx, ending = payments.pay(token, instrument, reason=fields.optional_text("reason", longest=60))
        cancelled = tx is None and ending is Ending.CANCEL
    elif not password:
        raise Wrong("card", "or outcome, method or code is required")
    if password:
        with transaction.atomic():
            running = (
                checkout.transactions.select_related("checkout").filter(status=Status.INCOMPLETE).first()
            )
            if running:
                payments.answer_challenge(running, password)
    checkout = _find_checkout(token)
    cancel_url = (checkout.asked.get("settings") or {}).get("cancel_url") or ""
    answer = _checkout(checkout) | {"changed": checkout.status != before}
    address = cancel_url if cancelled else answer["return_url"]
    return answer | {"result": "cancelled" if cancelled else checkout.status, "redirectUrl": address}


def _instrument(fields: Fields, checkout: EcomchargeCheckout) -> payments.Instrument | None:
    save = fields.boolean("save_card")
    if method := fields.optional_text("method"):
        offered = addresses.methods_of(checkout, accounts.settings_of(SLUG, checkout.account))
        if method not in offered:
            raise Wrong("method", f"must be one of {', '.join(offered)}")
        if method != "credit_card":
            ending = Ending(fields.choice("outcome", OUTCOMES, default=Ending.APPROVE))
            return payments.Instrument(method=method, ending=ending)
    number = fields.optional_text("card", longest=30)
    outcome = fields.choice("outcome", OUTCOMES, default="")
    if not (number or outcome or method):
        return None
    month, _, year = (fields.optional_text("expiry") or "12/2030").partition("/")
    if not (month.isdigit() and year.isdigit()):
        raise Wrong("expiry", "must be like 12/2030")
    typed = payments.instrument_of(
        (number or testcards.APPROVED).replace(" ", ""), holder="SANDBOX SHOPPER", month=int(month),
        year=int(year) + (2000 if int(year) < 100 else 0), save=save,
    )  # fmt: skip
    if typed is None:
        raise Wrong("card", "is not a test card")
    if not outcome:
        if typed.ending is Ending.HTTP_500:
            raise Wrong("card", "http_500 shows only on the page")
        return typed
    return payments.Instrument(
        ending=Ending(outcome), code=typed.code, card=typed.card, later_ending=typed.later_ending, save=save
    )


@api("POST")
def settle(_request: HttpRequest, fields: Fields, uid: str) -> Any:
    """`{"status": "successful" | "failed" | "expired", "reason": ...}`: what was pending comes to its end."""
    fields.only(("status", "reason"))
    outcome = fields.choice(
        "status", (Status.SUCCESSFUL, Status.FAILED, Status.EXPIRED), default=Status.SUCCESSFUL
    )
    with transaction.atomic():
        tx = _find(uid)
        if tx.status not in (Status.PENDING, Status.INCOMPLETE) or tx.challenge:
            raise Wrong("uid", f"transaction {uid} is {tx.status} and waits for nothing")
        payments.settle(tx, outcome, reason=fields.optional_text("reason", longest=60))
    return _transaction(tx)


def back_office(kind: str) -> Callable[..., Any]:
    """`{"amount": 100, "reason": ...}`: a child made by hand, with its webhook; without amount all that is left."""

    @api("POST")
    def view(_request: HttpRequest, fields: Fields, uid: str) -> Any:
        fields.only(("amount", "reason"))
        amount = fields.optional_integer("amount", least=1)
        parent = _find(uid)
        child = children.back_office(parent, kind, amount, fields.optional_text("reason"))
        if child is None:
            raise Wrong("amount", f"only {children.left(parent, kind)} is left for a {kind}")
        return _transaction(child)

    return view


@api("POST")
def notify(_request: HttpRequest, fields: Fields, uid: str) -> Any:
    """The webhook, now: `{"forged": true}` with another amount, `{"wrong_signature": true}` by another key."""
    fields.only(("forged", "wrong_signature"))
    tx = _find(uid)
    sent = notices.tell_again(
        tx, forged=fields.boolean("forged"), wrong_signature=fields.boolean("wrong_signature")
    )
    if not sent:
        raise Wrong("notification_url", "is neither in the request nor on the account")
    return {"notifications": sent}


# The console.


def rows() -> list[Row]:
    """Newest first: tokens with their transactions, then host-to-host payments."""
    listed = []
    for checkout in EcomchargeCheckout.objects.order_by("-created_at")[:50]:
        made = list(checkout.transactions.order_by("created_at"))
        buttons = []
        if payments.open_for_paying(checkout):
            buttons = [
                (label, name, checkout.handle)
                for label, name in (("Approve", "approve"), ("Refuse", "refuse"))
            ]
        state = "expired" if checkout.expired else checkout.status or "created"
        about = str((checkout.asked.get("order") or {}).get("description") or "")
        listed.append(_row(checkout.handle, state, checkout, about, made, buttons))
    alone = EcomchargeTransaction.objects.filter(checkout=None, parent=None).order_by("-created_at")
    listed += [
        _row(tx.uid, tx.status, tx, str(tx.asked.get("description") or ""), [tx], []) for tx in alone[:20]
    ]
    return listed


def _row(
    number: str, state: str, one: EcomchargeCheckout | EcomchargeTransaction, about: str,
    made: list[EcomchargeTransaction], buttons: list[tuple[str, str, str]],
) -> Row:  # fmt: skip
    lines = []
    for tx in made:
        for each in (tx, *tx.children.order_by("created_at")):
            card = f"•••• {each.card['last_4']}" if each.card else each.method if each is tx else ""
            money = currencies.money(each.amount, each.currency)
            lines.append((each.uid, each.status, f"{each.type} {money} {card} {each.code}".strip()))
            buttons = [*buttons, *_buttons(each)]
    return Row(
        number=number, state=state, amount=currencies.money(one.amount, one.currency), about=about, at=one.created_at,
        payments=tuple(lines), actions=tuple(buttons),
    )  # fmt: skip


def _buttons(tx: EcomchargeTransaction) -> list[tuple[str, str, str]]:
    if tx.status in (Status.PENDING, Status.INCOMPLETE) and not tx.challenge:
        return [("Money came", "settle", tx.uid), ("Money failed", "fail", tx.uid)]
    found = [
        (label, kind, tx.uid)
        for label, kind in (("Capture", "capture"), ("Void", "void"), ("Refund", "refund"))
        if children.left(tx, kind)
    ]
    if tx.status == Status.SUCCESSFUL and not tx.parent_id and notices.target(tx):
        found += [("Notify", "notify", tx.uid), ("Notify forged", "forge", tx.uid)]
    return found


def _end_checkout(ending: Ending, handle: str) -> None:
    checkout = EcomchargeCheckout.objects.filter(token__startswith=handle).first()
    typed = payments.instrument_of(testcards.APPROVED, holder="CONSOLE", month=12, year=2030)
    if checkout and typed:
        payments.pay(
            checkout.token,
            payments.Instrument(ending=ending, card=typed.card, later_ending=typed.later_ending),
        )


def _settle(outcome: str, uid: str) -> None:
    with transaction.atomic():
        tx = EcomchargeTransaction.objects.select_related("checkout").filter(pk=uid).first()
        if tx:
            payments.settle(tx, outcome)


def _on(work: Callable[[EcomchargeTransaction], object]) -> Callable[[str], None]:
    def press(uid: str) -> None:
        tx = EcomchargeTransaction.objects.select_related("parent", "checkout").filter(pk=uid).first()
        if tx:
            work(tx)

    return press


ACTIONS: dict[str, Callable[[str], None]] = {
    "approve": lambda handle: _end_checkout(Ending.APPROVE, handle),
    "refuse": lambda handle: _end_checkout(Ending.REFUSE, handle),
    "settle": lambda uid: _settle(Status.SUCCESSFUL, uid),
    "fail": lambda uid: _settle(Status.FAILED, uid),
    "capture": _on(lambda tx: children.back_office(tx, "capture", None, "")),
    "void": _on(lambda tx: children.back_office(tx, "void", None, "")),
    "refund": _on(lambda tx: children.back_office(tx, "refund", None, "")),
    "notify": _on(notices.tell_again),
    "forge": _on(lambda tx: notices.tell_again(tx, forged=True)),
}


def forget(_keep_catalogue: bool) -> None:
    """Start over. The RSA keys stay: every shop has been given their public halves."""
    for model in (EcomchargeTransaction, EcomchargeCheckout, EcomchargeCard, EcomchargeReplay):
        model.objects.all().delete()
