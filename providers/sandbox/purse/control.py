"""How does a test set up and end Purse payments without a browser? /_sandbox/purse/, told in docs/sandbox.md."""

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.http import HttpRequest

from providers.sandbox import cards, outbox
from providers.sandbox.api import api
from providers.sandbox.cards import Ending
from providers.sandbox.fields import Fields, Wrong
from providers.sandbox.purse import (
    addresses,
    gifts,
    operations,
    partners,
    payments,
    sessions,
    shapes,
    signing,
    webhooks,
)
from providers.sandbox.purse.bearer import SLUG
from providers.sandbox.purse.checkout import gift_parts
from providers.sandbox.purse.ledger import Ledger, PartStatus
from providers.sandbox.purse.models import (
    PurseKey,
    PurseOperationPart,
    PursePayment,
    PurseSavedToken,
    PurseSession,
    PurseToken,
    PurseTransaction,
)
from providers.sandbox.purse.payments import Part
from providers.sandbox.purse.visit import remaining
from providers.sandbox.standins import Row

Status = PurseTransaction.Status
# Words that may end a part without a card.
OUTCOMES = (
    Ending.APPROVE, Ending.REFUSE, Ending.CANCEL, Ending.CHALLENGE, Ending.CHALLENGE_REFUSE, Ending.DELAYED,
    Ending.NO_ANSWER,
)  # fmt: skip
_ONLY_IN_THE_FORM = (Ending.HTTP_500,)
# outcome of settle -> (of an authorisation, of a part of an operation)
SETTLED = {
    "success": (Status.AUTHORIZED, PartStatus.SUCCESS),
    "failure": (Status.REFUSED, PartStatus.FAILURE),
    "uncertain": (Status.UNCERTAIN, PartStatus.UNCERTAIN),
}


class Missing(Wrong):
    """404: there is no such session or payment."""

    status = 404


def _find_session(session_id: str) -> PurseSession:
    session = PurseSession.objects.filter(pk=session_id).first()
    if session is None:
        raise Missing("session", f"session {session_id} is not known")
    return session


def _find_payment(payment_id: str) -> PursePayment:
    payment = PursePayment.objects.select_related("session").filter(pk=payment_id).first()
    if payment is None:
        raise Missing("payment", f"payment {payment_id} is not known")
    return payment


def _payment(payment: PursePayment) -> dict[str, Any]:
    return shapes.payment(payment, redirection=addresses.partner_page(payment))


def _session(session: PurseSession) -> dict[str, Any]:
    """The session as the shop sees it, and what only the sandbox knows."""
    payment = PursePayment.objects.filter(session=session).first()
    return addresses.session(session) | {
        "account": session.account,
        "hosted_page": addresses.page(session, "hosted"),
        "redirect_url": addresses.back(session),
        "payment": _payment(payment) if payment else None,
    }


@api("GET")
def list_sessions(request: HttpRequest, _fields: Fields) -> Any:
    """`reference` narrows to those whose order's reference begins so: every one of a long list costs a signature."""
    found = PurseSession.objects.filter(order_reference__startswith=request.GET.get("reference", ""))
    return {"sessions": [_session(one) for one in found.order_by("-created_at")[:200]]}


@api("GET")
def one_session(_request: HttpRequest, _fields: Fields, session_id: str) -> Any:
    return _session(_find_session(session_id))


@api("GET")
def list_payments(_request: HttpRequest, _fields: Fields) -> Any:
    newest = PursePayment.objects.select_related("session").order_by("-created_at")[:200]
    return {"payments": [_payment(one) for one in newest]}


@api("GET")
def one_payment(_request: HttpRequest, _fields: Fields, payment_id: str) -> Any:
    return _payment(_find_payment(payment_id))


@api("POST")
def pay(_request: HttpRequest, fields: Fields, session_id: str) -> Any:
    """Submit a session as its form would: `parts`, or `card`, `outcome`, `partner` and `method`; then `code`."""
    fields.only(
        (
            "parts",
            "card",
            "outcome",
            "reason",
            "partner",
            "method",
            "code",
            "action",
            "save_token",
            "saved_token",
        )
    )
    with transaction.atomic():
        session = _find_session(session_id)
        action = fields.choice("action", ("approve", "refuse", "cancel", "uncertain"), default="")
        code = fields.optional_text("code", longest=8)
        if not (code or action) or fields.data.get("card") or fields.data.get("parts"):
            if session.status != PurseSession.Status.CREATED:
                raise Wrong("session", f"is {session.status} already")
            payments.submit(session, _parts(session, fields))
        payment = _find_payment(getattr(PursePayment.objects.filter(session=session).first(), "pk", ""))
        waiting = payment.transactions.exclude(waits_for="").select_related("payment__session").first()
        if waiting and code:
            payments.answer_challenge(waiting, code)
        elif waiting and action:
            payments.end(waiting, _ACTIONS[action])
    return _session(_find_session(session_id))


_ACTIONS = {
    "approve": Status.AUTHORIZED,
    "refuse": Status.REFUSED,
    "cancel": Status.ABORTED,
    "uncertain": Status.UNCERTAIN,
}


def _parts(session: PurseSession, fields: Fields) -> list[Part]:
    if fields.data.get("parts") is None:
        left = remaining(session)
        rest = [_part(fields, session, amount=left)] if left or not session.amount else []
        return [*gift_parts(session), *rest]
    parts = [_part(part, session) for part in fields.objects("parts")]
    if sum(part.amount for part in parts) != session.amount:
        raise Wrong("parts", f"must add up to the session's amount, {session.amount}")
    return parts


def _part(given: Fields, session: PurseSession, *, amount: int | None = None) -> Part:
    number = given.optional_text("card", longest=30)
    outcome = given.choice("outcome", OUTCOMES, default="")
    gift = "".join(given.optional_text("gift_card", longest=40).split())
    saved_id = given.optional_text("saved_token")
    default = partners.GIFT_CARD if gift else partners.CARD
    partner = given.optional_text("partner", longest=40) or default.partner
    method = given.optional_text("method", longest=40) or default.method
    saved = None
    if saved_id:
        mine = PurseSavedToken.objects.filter(
            account=session.account, customer_reference=session.customer_reference
        )
        saved = mine.filter(pk=saved_id).first() or mine.filter(value=saved_id).first()
        if saved is None:
            raise Wrong(given.path("saved_token"), "is not a saved token of this customer")
    if gift and gifts.find(gift) is None:
        raise Wrong(given.path("gift_card"), "is not a test gift card")
    return Part(
        amount=given.integer("amount", least=0) if amount is None else amount,
        partner=partner, method=method, card=None if saved else _card(given, number, method), saved=saved,
        gift_card=gift, save_token=given.boolean("save_token"), ending=Ending(outcome) if outcome else None,
        reason=given.optional_text("reason", longest=60),
    )  # fmt: skip


def _card(given: Fields, number: str, method: str) -> cards.TestCard | None:
    if not number and method != partners.CARD.method:
        return None
    card = cards.find(number or partners.CARDS[0].number, partners.CARDS)
    if card is None:
        raise Wrong(given.path("card"), "is not a test card")
    if card.ending in _ONLY_IN_THE_FORM:
        raise Wrong(given.path("card"), f"{card.ending} shows only in the card form")
    return card


@api("POST")
def settle(_request: HttpRequest, fields: Fields, payment_id: str) -> Any:
    """End what is open: `outcome` success, failure or uncertain; `transaction` names one, else all of them."""
    fields.only(("outcome", "transaction"))
    outcome = fields.choice("outcome", tuple(SETTLED), default="success")
    with transaction.atomic():
        payment = _find_payment(payment_id)
        if not end_what_is_open(payment, outcome, only=fields.optional_text("transaction")):
            raise Wrong("transaction", "nothing is open there")
    return _payment(_find_payment(payment_id))


def end_what_is_open(payment: PursePayment, outcome: str, *, only: str = "") -> int:
    """How many partner transactions, of the authorisation and of operations, it ended."""
    authorised, operated = SETTLED[outcome]
    waiting = payment.transactions.filter(status__in=(Status.PENDING, Status.UNCERTAIN))
    parts = PurseOperationPart.objects.filter(operation__payment=payment, status__in=operations.OPEN)
    parts = parts.select_related("operation", "transaction")
    ended = 0
    for one in waiting.filter(pk=only) if only else waiting:
        # The end of one part may have let the next one go.
        one.refresh_from_db()
        if one.status in (Status.PENDING, Status.UNCERTAIN):
            one.payment = payment
            payments.end(one, authorised)
            ended += 1
    touched = list(parts.filter(pk=only) if only else parts)
    for part in touched:
        operations.settle(part, operated)
    if touched:
        webhooks.changed(payment)
    return ended + len(touched)


@api("POST")
def notify(_request: HttpRequest, fields: Fields, payment_id: str) -> Any:
    """Send the webhook now; `forged`: another story, without the merchant's headers unless `keep_headers`."""
    fields.only(("forged", "keep_headers"))
    payment = _find_payment(payment_id)
    if not payment.asked.get("webhook"):
        raise Wrong("webhook", "was not asked for by the session")
    told = webhooks.message(payment)
    if fields.boolean("forged"):
        headers = told.headers
        told = webhooks.forge(told)
        told.headers = headers if fields.boolean("keep_headers") else told.headers
    with transaction.atomic():
        sent = outbox.post(SLUG, payment.pk, payment.asked["webhook"]["url"], told.body, told.headers)
    return {"notifications": [notification.pk for notification in sent]}


@api("POST")
def come_back(_request: HttpRequest, fields: Fields, session_id: str) -> Any:
    """The address the shopper returns to; `spoil` makes its signature one that a shop must refuse."""
    fields.only(("spoil",))
    spoil = fields.choice("spoil", signing.SPOILS, default="")
    with transaction.atomic():
        return {"redirect_url": addresses.back(_find_session(session_id), spoil)}


@api("POST")
def rotate_keys(_request: HttpRequest, fields: Fields) -> Any:
    fields.only(("withdraw_old",))
    with transaction.atomic():
        key = signing.rotate(withdraw_old=fields.boolean("withdraw_old"))
    return {"kid": key.kid, "published": PurseKey.objects.filter(published=True).count()}


@api("POST")
def revoke_tokens(_request: HttpRequest, fields: Fields) -> Any:
    """Every access token is unknown from now on; a shop has to fetch a new one."""
    fields.only(())
    return {"revoked": PurseToken.objects.all().delete()[0]}


@api("GET", "PUT")
def gift_cards(request: HttpRequest, fields: Fields) -> Any:
    """PUT `{"number", "balance"}` fills one."""
    with transaction.atomic():
        if request.method == "PUT":
            fields.only(("number", "balance"))
            card = gifts.find(fields.text("number", longest=40))
            if card is None:
                raise Missing("number", "is not a test gift card")
            card.balance = fields.integer("balance", least=0)
            card.save()
        return {
            "gift_cards": [
                {"number": card.number, "pin": card.pin, "label": card.label, "balance": card.balance,
                 "expired": card.expired, "partner": card.partner}
                for card in partners.gift_cards()
            ]
        }  # fmt: skip


def forget(keep_catalogue: bool) -> None:
    """Access tokens and keys stay: what a shop holds of them stays true."""
    PursePayment.objects.all().delete()
    PurseSession.objects.all().delete()
    PurseSavedToken.objects.all().delete()
    partners.stock_gift_cards()


_BUTTONS = (("Settle", "settle"), ("Fail", "fail"), ("Make uncertain", "uncertain"))


def rows() -> list[Row]:
    """For the console, newest first: sessions without a payment, and payments."""
    open_ones = PurseSession.objects.filter(payment=None).order_by("-created_at")[:30]
    listed = [_session_row(session) for session in open_ones]
    listed += [_payment_row(one) for one in PursePayment.objects.order_by("-created_at")[:50]]
    listed.sort(key=lambda row: row.at, reverse=True)
    key = PurseKey.objects.order_by("-pk").first()
    if key:
        rotate = (("Rotate the key", "rotate", key.kid),)
        listed.append(Row(key.kid, "KEY", "", "signs the shopper's return", key.created_at, actions=rotate))
    return listed


def _session_row(session: PurseSession) -> Row:
    created = session.status == PurseSession.Status.CREATED
    buttons = (("Pay by card", "pay"), ("Refuse", "refuse"), ("Abort", "abort")) if created else ()
    return Row(
        number=session.pk, state=session.status, amount=shapes.money(session.amount, session.currency),
        about=f"Order {session.order_reference}", at=session.created_at,
        actions=tuple((label, action, session.pk) for label, action in buttons),
    )  # fmt: skip


def _payment_row(payment: PursePayment) -> Row:
    books = Ledger(payment)
    lines = [
        (
            f"{one.partner}/{one.method}",
            one.status,
            f"{shapes.money(one.amount, payment.currency)} {one.reason}".strip(),
        )
        for one in books.transactions
    ]
    anything_open = any(one.status in (Status.PENDING, Status.UNCERTAIN) for one in books.transactions)
    for operation in books.operations:
        for part in operation.parts.all():
            lines.append((operation.kind, part.status, shapes.money(part.amount, payment.currency)))
            anything_open = anything_open or part.status in operations.OPEN
    buttons = list(_BUTTONS) if anything_open else []
    if payment.asked.get("webhook"):
        buttons.append(("Notify", "notify"))
    return Row(
        number=payment.pk, state=books.authorization_status(), at=payment.created_at,
        amount=shapes.money(payment.amount, payment.currency), about=f"Order {payment.order_reference}",
        payments=tuple(lines), actions=tuple((label, action, payment.pk) for label, action in buttons),
    )  # fmt: skip


def _with_payment(work: Callable[[PursePayment], object]) -> Callable[[str], None]:
    def press(payment_id: str) -> None:
        with transaction.atomic():
            payment = PursePayment.objects.select_related("session").filter(pk=payment_id).first()
            if payment:
                work(payment)

    return press


def _with_session(work: Callable[[PurseSession], object]) -> Callable[[str], None]:
    def press(session_id: str) -> None:
        with transaction.atomic():
            session = PurseSession.objects.filter(pk=session_id, status=PurseSession.Status.CREATED).first()
            if session:
                work(session)

    return press


def _submit(session: PurseSession, ending: Ending) -> None:
    part = Part(
        remaining(session), partners.CARD.partner, partners.CARD.method, card=partners.CARDS[0], ending=ending
    )
    payments.submit(session, [*gift_parts(session), *([part] if part.amount or not session.amount else [])])


def _rotate() -> None:
    with transaction.atomic():
        signing.rotate()


def _abort(session: PurseSession) -> None:
    sessions.abort(session)


ACTIONS: dict[str, Callable[[str], None]] = {
    "pay": _with_session(lambda session: _submit(session, Ending.APPROVE)),
    "refuse": _with_session(lambda session: _submit(session, Ending.REFUSE)),
    "abort": _with_session(_abort),
    "settle": _with_payment(lambda payment: end_what_is_open(payment, "success")),
    "fail": _with_payment(lambda payment: end_what_is_open(payment, "failure")),
    "uncertain": _with_payment(lambda payment: end_what_is_open(payment, "uncertain")),
    "notify": _with_payment(webhooks.tell),
    "rotate": lambda _kid: _rotate(),
}
