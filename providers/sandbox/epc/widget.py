"""What does the shopper see of EPC? The script a shop embeds, the card form in its frame, 3-D Secure.

The path of the script is the contract's; everything the script then talks to is ours. The card number lives
in the request and nowhere else: what is kept is masked.
"""

import re
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings as django_settings
from django.db import connection, transaction
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from providers.sandbox import accounts, cards, clock, wire
from providers.sandbox.cards import Ending, TestCard
from providers.sandbox.epc import payments, shapes
from providers.sandbox.epc.models import EpcPayment
from providers.sandbox.epc.orders import SLUG, State, Status
from providers.sandbox.epc.texts import Texts, choose, texts

_FILES = {"form.js": "text/javascript", "form.css": "text/css"}
# The frame may be put anywhere; in it runs nothing but our own two files.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "base-uri 'none'"
)


@require_GET
def script(_request: HttpRequest) -> FileResponse:
    """integrate_widget.js."""
    return _file("integrate_widget.js", "text/javascript")


@require_GET
def static(_request: HttpRequest, name: str) -> HttpResponse | FileResponse:
    return _file(name, _FILES[name]) if name in _FILES else HttpResponse(status=404)


def _file(name: str, content_type: str) -> FileResponse:
    path = django_settings.STATIC_ROOT / "epc" / name
    return FileResponse(
        path.open("rb"), content_type=f"{content_type}; charset=utf-8", headers={"Cache-Control": "no-cache"}
    )


class Visit:
    """One request of the frame: what it asks for, and in which words it is answered."""

    def __init__(self, request: HttpRequest) -> None:
        given = request.GET if request.method == "GET" else request.POST
        self.request = request
        self.payment_id = given.get("paymentId", "")
        self.session_id = given.get("sessionId", "")
        self.mode = "alias" if given.get("mode") == "alias" else "widget"
        self.with_cancel = given.get("cancel") == "1"
        self.with_holder = given.get("nameless") != "1"
        self.language = choose(given.get("lang", ""), request.headers.get("Accept-Language", ""))
        self.texts: Texts = texts(self.language)
        self.parent = _origin(given.get("parent", ""))

    def payment(self) -> EpcPayment | None:
        """The payment, if the session id is its ORDER_IDENTIFIER and the mode is its kind."""
        if not (self.payment_id.isascii() and self.payment_id.isdigit() and len(self.payment_id) < 19):
            return None
        found = EpcPayment.objects.select_related("order").filter(
            transaction_id=int(self.payment_id), session_id=self.session_id
        )
        return found.filter(order__isnull=self.mode == "alias").first() if self.session_id else None

    def amount(self, payment: EpcPayment) -> str:
        shown = shapes.money(payment.amount, payment.currency)
        return shown.replace(".", ",") if self.language == "fr" else shown

    def page(self, template: str, status: int = 200, **context: object) -> HttpResponse:
        """A page of the frame."""
        response = render(
            self.request, f"epc/{template}.html", {"visit": self, "t": self.texts, **context}, status=status
        )
        response["Content-Security-Policy"] = _POLICY
        response["Cache-Control"] = "no-store"
        return response

    def message(self, sentence: str, status: int = 200) -> HttpResponse:
        return self.page("message", status, sentence=sentence)

    def done(self, payment: EpcPayment, *, already: bool = False) -> HttpResponse:
        settings = accounts.settings_of(SLUG, payment.account)
        result = payments.result(payment)
        return self.page(
            "done", result=settings[f"result_{result}"], address=payments.return_address(payment, settings),
            sentence=self.texts.ended if already else getattr(self.texts, f"done_{result}"), already=already,
        )  # fmt: skip

    def form(self, payment: EpcPayment, errors: dict[str, str] | None = None) -> HttpResponse:
        # Number and code are never sent back into the page.
        kept = {name: self.request.POST.get(name, "") for name in ("expiry", "holder")}
        pay = self.texts.save if self.mode == "alias" else self.texts.pay.format(amount=self.amount(payment))
        return self.page(
            "form", errors=errors or {}, values=kept, pay=pay,
            title=self.texts.title_save if self.mode == "alias" else self.texts.title_pay,
            test_cards=cards.COMMON,
        )  # fmt: skip

    def challenge(self, payment: EpcPayment, *, wrong: bool = False) -> HttpResponse:
        text = self.texts.challenge_text.format(amount=self.amount(payment), card=payment.masked)
        return self.page("challenge", text=text, wrong=wrong)

    def where_it_stands(self, payment: EpcPayment) -> HttpResponse | None:
        """The page of a payment that is past its form; None while the form is right."""
        if payments.open_for_paying(payment):
            if payment.status == Status.WAITING:
                return None
            return self.challenge(payment) if payment.challenge else self.done(payment, already=True)
        if (
            payment.order
            and payment.order.state == State.ABANDONED
            and payment.order.expires_at <= clock.now()
        ):
            return self.page("message", 410, sentence=self.texts.expired)
        return self.done(payment, already=True)


def _origin(text: str) -> str:
    """The embedding page's origin, if it is one; the frame tells the result to nobody else."""
    parts = urlsplit(text)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in ("http", "https") and parts.netloc else ""


@require_GET
def form(request: HttpRequest) -> HttpResponse:
    visit = Visit(request)
    payment = visit.payment()
    if payment is None:
        return visit.message(visit.texts.unknown, 404)
    return visit.where_it_stands(payment) or visit.form(payment)


@require_POST
def submit(request: HttpRequest) -> HttpResponse:
    """The card, or the cancel button. A second click finds what the first one did."""
    visit = Visit(request)
    payment = visit.payment()
    if payment is None:
        return visit.message(visit.texts.unknown, 404)
    if past := visit.where_it_stands(payment):
        return past
    if request.POST.get("action") == "cancel":
        with transaction.atomic():
            payment = _again(payment)
            payments.cancel_in_widget(payment)
        return visit.done(payment)

    card, expiry, errors = _read_card(visit)
    if card is None or errors:
        return visit.form(payment, errors)
    settings = accounts.settings_of(SLUG, payment.account)
    if card.ending is Ending.HTTP_500:
        return visit.page("broken", 500)
    if card.ending is Ending.SLOW:
        _hold(settings["slow_seconds"])
    with transaction.atomic():
        payment = _again(payment)
        payments.submit(payment, card.ending, card=card, expiry=expiry)
    if card.ending is Ending.NO_ANSWER and payment.status == Status.IN_PROGRESS:
        _hold(settings["silence_seconds"])
        return _silence(request)
    if payment.challenge:
        return visit.challenge(payment)
    return visit.done(payment)


@require_POST
def challenge(request: HttpRequest) -> HttpResponse:
    """3-D Secure's code, or giving up."""
    visit = Visit(request)
    payment = visit.payment()
    if payment is None:
        return visit.message(visit.texts.unknown, 404)
    with transaction.atomic():
        payment = _again(payment)
        if request.POST.get("action") == "cancel":
            payments.cancel_in_widget(payment)
            settled = True
        else:
            settled = payments.answer_challenge(payment, request.POST.get("code", "").strip())
    return visit.done(payment) if settled else visit.challenge(payment, wrong=True)


def _again(payment: EpcPayment) -> EpcPayment:
    """The row as it is under the write lock, never as it was before."""
    return EpcPayment.objects.select_related("order").get(pk=payment.pk)


def _hold(seconds: int) -> None:
    connection.close()
    clock.hold(seconds)


def _silence(request: HttpRequest) -> HttpResponse:
    wire.drop(request)
    response = HttpResponse()
    response.dropped = True  # type: ignore[attr-defined]
    return response


def _read_card(visit: Visit) -> tuple[TestCard | None, str, dict[str, str]]:
    """The test card and its expiry, or which fields are wrong and why."""
    post, say = visit.request.POST, visit.texts
    if chosen := cards.find(post.get("test_card", "")):
        return chosen, "12/2030", {}
    errors: dict[str, str] = {}
    number = cards.digits(post.get("number", ""))
    card = cards.find(number)
    if not number:
        errors["number"] = say.required
    elif not cards.luhn(number):
        errors["number"] = say.bad_number
    elif card is None:
        errors["number"] = say.not_a_test_card

    expiry, wrong = _expiry(post.get("expiry", ""), say)
    if wrong:
        errors["expiry"] = wrong
    digits = 4 if cards.brand(number) == "AMEX" else 3
    code = post.get("cvc", "").strip()
    if not code:
        errors["cvc"] = say.required
    elif not re.fullmatch(rf"[0-9]{{{digits}}}", code):
        errors["cvc"] = say.bad_cvc.format(digits=digits)
    if visit.with_holder and not post.get("holder", "").strip():
        errors["holder"] = say.required
    return card, expiry, errors


def _expiry(given: str, say: Texts) -> tuple[str, str]:
    """`12/2030` and no error, or nothing and the error."""
    if not given.strip():
        return "", say.required
    found = re.fullmatch(r"\s*(0?[1-9]|1[0-2])\s*[/ -]?\s*(20)?([0-9]{2})\s*", given)
    if not found:
        return "", say.bad_expiry
    month, year = int(found[1]), 2000 + int(found[3])
    now: datetime = clock.now()
    if (year, month) < (now.year, now.month):
        return "", say.past_expiry
    return f"{month:02d}/{year}", ""
