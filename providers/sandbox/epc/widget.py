"""What does the shopper see of EPC? The script a shop embeds, the card form in its frame, 3-D Secure.

The path of the script is the contract's; everything the script then talks to is ours. The card number lives
in the request and nowhere else: what is kept is masked.
"""

from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection, transaction
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from providers.sandbox import accounts, cardform, cards, clock, wire
from providers.sandbox.cards import Ending
from providers.sandbox.epc import payments, shapes
from providers.sandbox.epc.models import EpcPayment
from providers.sandbox.epc.orders import SLUG, State, Status
from providers.sandbox.texts import Texts, choose, texts


@require_GET
def script(_request: HttpRequest) -> FileResponse:
    """integrate_widget.js."""
    return cardform.file(settings.STATIC_ROOT / "epc" / "integrate_widget.js", "text/javascript")


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
        response["Content-Security-Policy"] = cardform.POLICY
        response["Cache-Control"] = "no-store"
        return response

    def message(self, sentence: str, status: int = 200) -> HttpResponse:
        return self.page("message", status, sentence=sentence)

    def done(self, payment: EpcPayment, *, already: bool = False) -> HttpResponse:
        account = accounts.settings_of(SLUG, payment.account)
        result = payments.result(payment)
        return self.page(
            "done", result=account[f"result_{result}"], address=payments.return_address(payment, account),
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

    typed = cardform.read(request.POST, visit.texts, with_holder=visit.with_holder)
    card = typed.card
    if card is None:
        return visit.form(payment, typed.errors)
    account = accounts.settings_of(SLUG, payment.account)
    if card.ending is Ending.HTTP_500:
        return visit.page("broken", 500)
    if card.ending is Ending.SLOW:
        _hold(account["slow_seconds"])
    with transaction.atomic():
        payment = _again(payment)
        payments.submit(payment, card.ending, card=card, expiry=typed.expiry)
    if card.ending is Ending.NO_ANSWER and payment.status == Status.IN_PROGRESS:
        _hold(account["silence_seconds"])
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
