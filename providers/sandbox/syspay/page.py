"""What does the payer see? The eTerminal: its form, 3-D Secure, and where it goes from there.

It works without JavaScript: every step is a form, its answer a redirect. The card number lives in the request and
nowhere else. A locked input is a text here, and what is posted under its name is not read.
"""

from typing import Any

from django.conf import settings as django_settings
from django.db import connection, transaction
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from providers.sandbox import accounts, cardform, clock, wire
from providers.sandbox.cards import Ending
from providers.sandbox.syspay import asked, endings, form, payments, terminals, testcards
from providers.sandbox.syspay.models import SyspayPayment, SyspayTerminal
from providers.sandbox.syspay.signing import SLUG
from providers.sandbox.syspay.terminals import Choice
from providers.sandbox.syspay.texts import form_texts
from providers.sandbox.texts import choose, texts

Status = SyspayPayment.Status
# Browsers hold form-action against the redirects after a form as well, and this form ends at any shop.
_POLICY = cardform.POLICY.replace("form-action 'self'", "form-action http: https:")
_STATIC = {"page.css": "text/css"}


@require_GET
def static(_request: HttpRequest, name: str) -> HttpResponse | FileResponse:
    if name not in _STATIC:
        return HttpResponse(status=404)
    return cardform.file(django_settings.STATIC_ROOT / SLUG / name, _STATIC[name])


class Visit:
    """One request of the page: how it is shown, and in which words."""

    # What templates/card/ asks for.
    parent = ""
    with_holder = True
    holder_locked = False

    def __init__(self, request: HttpRequest, *wishes: str) -> None:
        self.request = request
        self.language = choose(*wishes, request.headers.get("Accept-Language", ""))
        self.texts = texts(self.language)
        self.form_texts = form_texts(self.language)

    def show(self, template: str, status: int = 200, **context: Any) -> HttpResponse:
        context |= {"visit": self, "t": self.texts, "p": self.form_texts}
        response = render(self.request, f"syspay/{template}.html", context, status=status)
        response["Content-Security-Policy"] = _POLICY
        response["Cache-Control"] = "no-store"
        # The address holds the token.
        response["Referrer-Policy"] = "same-origin"
        return response

    def message(self, sentence: str, status: int = 200, address: str = "") -> HttpResponse:
        return self.show("message", status, sentence=sentence, address=address)


class Terminal(Visit):
    """A visit to one terminal."""

    def __init__(self, request: HttpRequest, row: SyspayTerminal) -> None:
        self.row = row
        self.settings = accounts.settings_of(SLUG, row.account)
        wish = (
            request.POST.get("customer_language") or (row.asked.get("customer") or {}).get("language") or ""
        )
        super().__init__(request, str(wish))
        self.typed = form.read(request.POST, row.asked, self.form_texts)
        self.choice: Choice = terminals.choose(row, self.typed.changes)

    @property
    def address(self) -> str:
        return f"/{SLUG}/eterminal/{self.row.token}"

    def money(self, amount: int, currency: str) -> str:
        return form.decimal_sum(amount, currency, self.language)

    def wrong(self) -> dict[str, str]:
        """What keeps the choice from being paid, input by input."""
        choice = self.choice
        found = form.objections(choice.wrong, choice.kind, choice.block, self.form_texts, self.texts.required)
        return found | self.typed.errors

    def form(
        self, *, errors: dict[str, str] | None = None, card_errors: dict[str, str] | None = None
    ) -> HttpResponse:
        choice, data = self.choice, self.row.asked
        values = {
            "description": choice.description, "reference": choice.reference, "customer": choice.customer,
            "block": choice.block,
        }  # fmt: skip
        shown = form.Shown(
            data, choice.kind, values, self.request.POST, self.form_texts, self.language,
            asked.currencies(self.settings), errors or {},
        )  # fmt: skip
        post = self.request.POST
        name = " ".join(
            choice.customer[one] for one in ("first_name", "last_name") if choice.customer.get(one)
        )
        return self.show(
            "form", kind=choice.kind, area=shown.block, type=shown.type(), top=shown.top(),
            customer=shown.customer(), transaction=shown.transaction(), locked=data.get("locked") is True,
            errors=card_errors or {}, others=errors or {}, test_cards=testcards.CARDS, sum=self._sum(),
            values={"expiry": post.get("expiry", ""), "holder": post.get("holder", name.title())},
            button=self._button(), refusal=self._refusal(), heading=self.settings["shop_name"],
        )  # fmt: skip

    def _sum(self) -> str:
        """What is taken now, where that is already certain."""
        if not self._settled():
            return ""
        if not self.choice.amount:
            return self.form_texts.nothing_today
        return self.money(self.choice.amount, self.choice.currency)

    def _settled(self) -> bool:
        """Can the payer not change the amount any more?"""
        block = asked.BLOCKS.get(self.choice.kind, "")
        names = {"oneshot": ("amount",), "payment_plan": ("total_amount", "billing_cycles"),
                 "payment_mandate": ("initial_charge",),
                 "subscription": ("trial_check", "trial_amount", "trial_period", "initial_amount",
                                  "billing_amount")}  # fmt: skip
        wanted = (*names.get(block, ()), "currency")
        return not self.choice.wrong and all(asked.locked(self.row.asked, block, name) for name in wanted)

    def _button(self) -> str:
        if self._settled() and self.choice.amount:
            return self.texts.pay.format(amount=self.money(self.choice.amount, self.choice.currency))
        return self.form_texts.agree if self._settled() else self.form_texts.pay

    def _refusal(self) -> dict[str, str] | None:
        last = self.row.payments.order_by("-id").first()
        if last is None and self.request.GET.get("refused") != "1":
            return None
        left, say = self.row.tries_left, self.form_texts
        category = last.failure_category if last else ""
        return {"why": say.failures.get(category, say.refused),
                "more": say.one_try_left if left == 1 else say.tries_left.format(left=left)}  # fmt: skip

    def where_it_stands(self, *, spoil: bool = False) -> HttpResponse | None:
        """The page of a terminal that is past its form; None while the form is right. `spoil`: it has just ended."""
        if running := terminals.running(self.row):
            return self._challenge(running)
        if self.row.expired:
            return self.message(self.form_texts.expired, 410)
        if self.row.ended_at is None:
            return None
        address = terminals.return_address(self.row, spoil=spoil)
        if spoil and address:
            return HttpResponseRedirect(address)
        told = terminals.outcome(self.row)
        sentence = self.form_texts.results.get(told.status if told else "", self.form_texts.results[""])
        return self.message(sentence, address=address)

    def _challenge(self, payment: SyspayPayment, *, wrong: bool = False) -> HttpResponse:
        text = self.form_texts.challenge_text.format(
            amount=self.money(payment.amount, payment.currency), card=payment.card.get("display", "")
        )
        return self.show("challenge", text=text, wrong=wrong)

    def ask_again(self) -> HttpResponse:
        running = terminals.running(self.row)
        return self._challenge(running, wrong=True) if running else HttpResponseRedirect(self.address)

    def onward(self) -> HttpResponse:
        """After something was done: to the shop, to 3-D Secure, or back to the form."""
        self.row.refresh_from_db()
        if self.row.ended_at and not self.row.expired:
            return self.where_it_stands(spoil=True) or HttpResponseRedirect(self.address)
        refused = not terminals.running(self.row)
        return HttpResponseRedirect(f"{self.address}?refused=1" if refused else self.address)


def _open(request: HttpRequest, token: str) -> Terminal | None:
    row = SyspayTerminal.objects.filter(pk=token).first()
    return Terminal(request, row) if row else None


def _stranger(request: HttpRequest) -> HttpResponse:
    visit = Visit(request)
    return visit.message(visit.form_texts.unknown, 404)


@require_GET
def terminal(request: HttpRequest, token: str) -> HttpResponse:
    """eterminal/{token}."""
    visit = _open(request, token)
    if visit is None:
        return _stranger(request)
    return visit.where_it_stands() or visit.form()


@require_POST
def submit(request: HttpRequest, token: str) -> HttpResponse:
    """Pay, cancel, or another type of payment. A second click finds what the first one did."""
    visit = _open(request, token)
    if visit is None:
        return _stranger(request)
    if past := visit.where_it_stands():
        # Ended by the first click: both go to the shop.
        return visit.onward() if visit.row.ended_at and not visit.row.expired else past
    action = request.POST.get("action", "pay")
    if action == "type":
        return visit.form()
    if action == "cancel":
        terminals.cancel(token, visit.choice)
        return visit.onward()
    typed = cardform.read(request.POST, visit.texts, among=testcards.CARDS)
    errors = visit.wrong()
    if errors or typed.card is None:
        return visit.form(errors=errors, card_errors=typed.errors)
    if typed.card.ending is Ending.HTTP_500:
        return visit.show("broken", 500, address=visit.address)
    holder = request.POST.get("holder", "").strip()[:80] or "SANDBOX PAYER"
    instrument = payments.instrument_of(typed.card, holder=holder, expiry=typed.expiry)
    if typed.card.ending is Ending.SLOW:
        _hold(visit.settings["slow_seconds"])
    row, ending = terminals.pay(token, visit.choice, instrument)
    if ending is Ending.NO_ANSWER:
        _hold(visit.settings["silence_seconds"])
        wire.drop(request)
        response = HttpResponse()
        response.dropped = True  # type: ignore[attr-defined]
        return response
    visit.row = row
    return visit.onward()


def _hold(seconds: int) -> None:
    """Keep the payer waiting, without keeping the database."""
    connection.close()
    clock.hold(seconds)


@require_POST
def answer(request: HttpRequest, token: str) -> HttpResponse:
    """3-D Secure: the code, or giving up."""
    visit = _open(request, token)
    if visit is None:
        return _stranger(request)
    settled = True
    with transaction.atomic():
        payment = terminals.running(visit.row)
        if payment and request.POST.get("action") == "cancel":
            endings.give_up(payment)
        elif payment:
            settled = endings.answer_challenge(payment, request.POST.get("code", "").strip())
    return visit.onward() if settled else visit.ask_again()
