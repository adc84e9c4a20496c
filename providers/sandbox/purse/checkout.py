"""What does the shopper see of Purse? The widget's script, its form in a frame, and the hosted page.

Script and page addresses are the contract's in kind; everything the script then talks to is ours. Form and page
are the same, served by the server, and need no JavaScript. A card number lives in the request and nowhere else.
"""

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.db import connection, transaction
from django.http import FileResponse, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET, require_POST

from providers.sandbox import accounts, cardform, clock, wire
from providers.sandbox.cards import Ending
from providers.sandbox.fields import Wrong
from providers.sandbox.purse import addresses, gifts, partners, payments, sessions, shapes, webhooks
from providers.sandbox.purse.bearer import SLUG
from providers.sandbox.purse.models import PursePayment, PurseSavedToken, PurseSession, PurseTransaction
from providers.sandbox.purse.partners import Partner
from providers.sandbox.purse.payments import Part
from providers.sandbox.purse.visit import SeeOther, Visit, remaining, saved_cards
from providers.sandbox.wire import json_answer

_STATIC = {"checkout.css": "text/css", "checkout.js": "text/javascript"}
_SAVED = "saved/"


@require_GET
def script(_request: HttpRequest) -> FileResponse:
    """What widget.js_url loads."""
    return cardform.file(settings.STATIC_ROOT / "purse" / "purse.js", "text/javascript")


@require_GET
def static(_request: HttpRequest, name: str) -> HttpResponse | FileResponse:
    if name not in _STATIC:
        return HttpResponse(status=404)
    return cardform.file(settings.STATIC_ROOT / "purse" / name, _STATIC[name])


def _session(entity: str, session_id: str) -> PurseSession | None:
    found = PurseSession.objects.filter(pk=session_id).first()
    return found if found and found.asked["entity_id"] == entity else None


Step = Callable[[Visit, PurseSession], HttpResponse]


def _step(work: Step) -> Callable[..., HttpResponse]:
    """A POST of the form: in a transaction, and only while the form is right."""

    @require_POST
    @wraps(work)
    def view(request: HttpRequest, where: str, entity: str, session_id: str) -> HttpResponse:
        with transaction.atomic():
            visit = Visit(request, where, _session(entity, session_id))
            past = visit.where_it_stands()
            if past is not None or visit.session is None:
                return past or visit.message(visit.texts.unknown, 404)
            return work(visit, visit.session)

    return view


@require_GET
def page(request: HttpRequest, where: str, entity: str, session_id: str) -> HttpResponse:
    visit = Visit(request, where, _session(entity, session_id))
    return visit.where_it_stands() or visit.form()


@require_GET
def state(request: HttpRequest, where: str, entity: str, session_id: str) -> HttpResponse:
    """For the script: what may be chosen, and what is chosen already."""
    visit = Visit(request, where, _session(entity, session_id))
    session = visit.session
    if session is None or not visit.allowed:
        return json_answer({"error": "MISSING_SESSION"}, 404)
    return json_answer(_state(session))


def _state(session: PurseSession) -> dict[str, object]:
    return {
        "status": session.status,
        "expired": session.expires_at <= clock.now(),
        "amount": session.amount,
        "currency": session.currency,
        "remaining": remaining(session),
        "gift_cards": session.gift_cards,
        "secondary": [{"partner": partners.GIFT_CARD.partner, "method": partners.GIFT_CARD.method}],
        "methods": [
            {"partner": one.partner, "method": one.method, "label": one.label} for one in partners.OFFERED
        ],
        "tokens": [shapes.saved_token(one, str(session.asked["entity_id"])) for one in saved_cards(session)],
    }


@_step
def gift_card(visit: Visit, session: PurseSession) -> HttpResponse:
    """Put a gift card in, or take it out; the script asks for JSON and may say how much to take."""
    post = visit.request.POST
    as_json = post.get("format") == "json"
    if number := post.get("remove"):
        session.gift_cards = [gift for gift in session.gift_cards if gift["number"] != number]
        session.save(update_fields=["gift_cards"])
        return json_answer(_state(session)) if as_json else visit.again()
    chosen = post.get("test_gift_card", "")
    number, pin = "".join(post.get("gift_number", "").split()), post.get("gift_pin", "").strip()
    try:
        if chosen:
            known = gifts.find(chosen)
            number, pin = chosen, known.pin if known else ""
        card = gifts.usable(number, pin)
        amount = min(card.balance, remaining(session))
        if post.get("look") == "1":
            return json_answer({"balance": card.balance, "number": card.number})
        if any(gift["number"] == card.number for gift in session.gift_cards):
            raise Wrong("number", "gift_twice")
        if given := post.get("amount"):
            wanted = int(given) if given.isascii() and given.isdigit() else 0
            if not 0 < wanted <= amount:
                raise Wrong("amount", "gift_empty")
            amount = wanted
        if amount <= 0:
            raise Wrong("number", "gift_enough")
    except Wrong as wrong:
        sentence = getattr(visit.words, wrong.why)
        if as_json:
            return json_answer({"error": wrong.why, "message": sentence}, 422)
        return visit.form(gift_errors={wrong.field: sentence})
    session.gift_cards = [*session.gift_cards, {"number": card.number, "amount": amount}]
    session.save(update_fields=["gift_cards"])
    return json_answer(_state(session)) if as_json else visit.again()


@_step
def forget_card(visit: Visit, session: PurseSession) -> HttpResponse:
    """The shopper deletes one of the saved cards."""
    PurseSavedToken.objects.filter(
        pk=visit.request.POST.get("delete", ""), account=session.account,
        customer_reference=session.customer_reference or None,
    ).delete()  # fmt: skip
    return visit.again()


def gift_parts(session: PurseSession) -> list[Part]:
    one = partners.GIFT_CARD
    return [
        Part(int(gift["amount"]), one.partner, one.method, gift_card=gift["number"])
        for gift in session.gift_cards
    ]


@require_POST
def pay(request: HttpRequest, where: str, entity: str, session_id: str) -> HttpResponse:
    """The shopper presses Pay. A second click finds what the first one did."""
    visit = Visit(request, where, _session(entity, session_id))
    past = visit.where_it_stands()
    session = visit.session
    if past is not None or session is None:
        return past or visit.message(visit.texts.unknown, 404)
    if request.POST.get("action") == "cancel":
        return _cancel(visit, session)
    main, errors = _main_part(visit, session)
    if errors:
        return visit.form(errors=errors)
    account = accounts.settings_of(SLUG, session.account)
    ending = main.card.ending if main and main.card else None
    if ending is Ending.HTTP_500:
        return visit.page("broken", 500, state_name="failed")
    if ending is Ending.SLOW:
        _hold(account["slow_seconds"])
    with transaction.atomic():
        # The session as it is under the write lock, never as it was before.
        visit.session = session = PurseSession.objects.get(pk=session.pk)
        past = visit.where_it_stands()
        if past is not None:
            return past
        payment = payments.submit(session, [*gift_parts(session), *([main] if main else [])])
    if ending is Ending.NO_ANSWER and payment.transactions.filter(status="PENDING").exists():
        _hold(account["silence_seconds"])
        return _silence(request)
    return _onward(visit, payment)


def _onward(visit: Visit, payment: PursePayment) -> HttpResponse:
    """To the bank's question, to the partner's page, or back to the shop."""
    waiting = payment.transactions.exclude(waits_for="").first()
    if waiting is None:
        return visit.done(payment)
    if waiting.waits_for == "challenge":
        return visit.again()
    return visit.to_partner(addresses.partner_page(payment))


def _cancel(visit: Visit, session: PurseSession) -> HttpResponse:
    with transaction.atomic():
        sessions.abort(session)
        address = addresses.back(session)
    if not visit.framed:
        return SeeOther(address)
    return visit.page(
        "done",
        sentence=visit.texts.done_cancelled,
        address=address,
        result="ABORTED",
        state_name="terminated",
    )


def _main_part(visit: Visit, session: PurseSession) -> tuple[Part | None, dict[str, str]]:
    """What pays for the rest, or the sentences that say what is wrong. Nothing, when nothing is left."""
    post = visit.request.POST
    left = remaining(session)
    if left == 0 and session.amount:
        return None, {}
    chosen = partners.CARD.key if post.get("test_card") else post.get("solution", "")
    if chosen.startswith(_SAVED):
        saved = next((one for one in saved_cards(session) if chosen == _SAVED + one.pk), None)
        if saved is None:
            return None, {"solution": visit.words.nothing_chosen}
        return Part(left, saved.partner, saved.method, saved=saved), {}
    solution = partners.offered(chosen)
    if solution is None:
        return None, {"solution": visit.words.nothing_chosen}
    if solution.key == partners.CARD.key:
        return _card_part(visit, solution, left)
    if not session.amount:
        return None, {"solution": visit.words.not_allowed}
    return Part(left, solution.partner, solution.method), {}


def _card_part(visit: Visit, solution: Partner, left: int) -> tuple[Part | None, dict[str, str]]:
    post = visit.request.POST
    typed = cardform.read(post, visit.texts, among=partners.CARDS)
    if typed.card is None:
        return None, typed.errors
    part = Part(
        left, solution.partner, solution.method, card=typed.card, expiry=typed.expiry,
        holder=post.get("holder", "").strip()[:80], save_token=post.get("save_token") == "1",
    )  # fmt: skip
    return part, {}


def _hold(seconds: int) -> None:
    connection.close()
    clock.hold(seconds)


def _silence(request: HttpRequest) -> HttpResponse:
    wire.drop(request)
    response = HttpResponse()
    response.dropped = True  # type: ignore[attr-defined]
    return response


@require_POST
def challenge(request: HttpRequest, where: str, entity: str, session_id: str) -> HttpResponse:
    """3-D Secure's code, or giving up."""
    with transaction.atomic():
        visit = Visit(request, where, _session(entity, session_id))
        if visit.session is None or not visit.allowed:
            return visit.message(visit.texts.unknown, 404)
        payment = PursePayment.objects.filter(session=visit.session).first()
        if payment is None:
            return visit.again()
        waiting = payment.transactions.filter(waits_for="challenge").select_related("payment").first()
        if waiting is None:
            return visit.done(payment, already=True)
        return _answer(visit, waiting, f"{visit.here}/challenge")


def _answer(visit: Visit, waiting: PurseTransaction, action: str) -> HttpResponse:
    post = visit.request.POST
    if post.get("action") == "cancel":
        payments.end(waiting, PurseTransaction.Status.ABORTED)
    elif not payments.answer_challenge(waiting, post.get("code", "").strip()):
        return visit.challenge(waiting, action, wrong=True)
    return visit.done(waiting.payment)


_ANSWERS = {
    "approve": PurseTransaction.Status.AUTHORIZED,
    "refuse": PurseTransaction.Status.REFUSED,
    "cancel": PurseTransaction.Status.ABORTED,
    "uncertain": PurseTransaction.Status.UNCERTAIN,
}


def partner(request: HttpRequest, transaction_id: str) -> HttpResponse:
    """A partner's own page: a wallet that asks, or 3-D Secure of a payment without a session."""
    with transaction.atomic():
        found = PurseTransaction.objects.select_related("payment__session").filter(pk=transaction_id).first()
        visit = Visit(request, "hosted", found.payment.session if found else None)
        if found is None:
            return visit.message(visit.texts.unknown, 404)
        if not found.waits_for:
            return visit.done(found.payment, already=True)
        if found.waits_for == "challenge":
            return _answer(visit, found, request.path) if request.method == "POST" else visit.challenge(
                found, request.path
            )  # fmt: skip
        if request.method != "POST":
            return _partner_page(visit, found)
        action = request.POST.get("action", "")
        if action == "pending":
            found.waits_for = ""
            found.save(update_fields=["waits_for"])
            webhooks.changed(found.payment)
        elif action in _ANSWERS:
            status = _ANSWERS[action]
            payments.end(found, status, "do_not_honour" if action == "refuse" else "")
        else:
            return _partner_page(visit, found)
        return visit.done(found.payment)


def _partner_page(visit: Visit, found: PurseTransaction) -> HttpResponse:
    label, _hint = partners.find(found.partner, found.method).said(visit.language)
    amount = visit.money(found.amount, found.payment.currency)
    return visit.page(
        "partner", title=visit.words.partner_title.format(partner=label),
        text=visit.words.partner_text.format(amount=amount), mock=found.partner == "uspmock",
    )  # fmt: skip
