"""What does the shopper see? The hosted page (section 5), alone or in the widget's frame, and 3-D Secure.

It works without JavaScript: every step is a form, its answer a redirect to the page, which shows where the token
stands. The card number lives in the request and nowhere else.
"""

import re
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings as django_settings
from django.db import transaction
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from providers.sandbox import accounts, cardform, wire
from providers.sandbox.cards import Ending
from providers.sandbox.ecomcharge import addresses, asked, currencies, payments, testcards
from providers.sandbox.ecomcharge.models import EcomchargeCard, EcomchargeCheckout, EcomchargeTransaction
from providers.sandbox.ecomcharge.payments import Instrument
from providers.sandbox.ecomcharge.signing import SLUG
from providers.sandbox.ecomcharge.texts import page_texts
from providers.sandbox.texts import choose, texts

Status = EcomchargeTransaction.Status
# Browsers hold form-action against the redirects after a form as well, and this form ends at any shop.
_POLICY = cardform.POLICY.replace("form-action 'self'", "form-action http: https:")
_STATIC = {"be_gateway.js": "text/javascript", "page.css": "text/css"}


@require_GET
def static(_request: HttpRequest, name: str) -> HttpResponse | FileResponse:
    if name not in _STATIC:
        return HttpResponse(status=404)
    return cardform.file(django_settings.STATIC_ROOT / SLUG / name, _STATIC[name])


@require_GET
def script(_request: HttpRequest) -> FileResponse:
    """widget/be_gateway.js."""
    return cardform.file(django_settings.STATIC_ROOT / SLUG / "be_gateway.js", "text/javascript")


class Visit:
    """One request of the page: how it is shown, and in which words."""

    def __init__(self, request: HttpRequest, *wishes: str) -> None:
        given = request.GET if request.method == "GET" else request.POST
        self.request = request
        self.widget = given.get("widget") == "1"
        self.iframe = given.get("iframe") == "1"
        self.parent = _origin(given.get("parent", ""))
        self.language = choose(*wishes, request.headers.get("Accept-Language", ""))
        self.texts = texts(self.language)
        self.page_texts = page_texts(self.language)

    @property
    def kept(self) -> dict[str, str]:
        """What every further address has to carry while the page is in a frame."""
        if not self.widget:
            return {}
        return {"widget": "1", "iframe": "1" if self.iframe else "0", "parent": self.parent}

    def money(self, amount: int, currency: str) -> str:
        shown = currencies.money(amount, currency)
        return shown.replace(".", ",") if self.language == "fr" else shown

    def show(self, template: str, status: int = 200, **context: Any) -> HttpResponse:
        context |= {"visit": self, "t": self.texts, "p": self.page_texts}
        response = render(self.request, f"ecomcharge/{template}.html", context, status=status)
        response["Content-Security-Policy"] = _POLICY
        response["Cache-Control"] = "no-store"
        # The address holds the token.
        response["Referrer-Policy"] = "same-origin"
        return response

    def message(self, sentence: str, status: int) -> HttpResponse:
        return self.show("message", status, sentence=sentence)


def _origin(text: str) -> str:
    parts = urlsplit(text)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in ("http", "https") and parts.netloc else ""


class Checkout(Visit):
    """A visit to one token's page."""

    # The card form asks for a name (templates/card/fields.html).
    with_holder = True

    def __init__(self, request: HttpRequest, checkout: EcomchargeCheckout) -> None:
        self.row = checkout
        self.asked = checkout.asked
        self.settings = checkout.asked.get("settings") or {}
        super().__init__(request, str(self.settings.get("language") or ""))
        given = request.GET if request.method == "GET" else request.POST
        if "iframe" not in given:
            # The script was not told, as in WooCommerce: the request for the token may have been.
            self.iframe = checkout.asked.get("iframe") in (True, "true")
        self.account = accounts.settings_of(SLUG, checkout.account)
        card_fields = self.settings.get("credit_card_fields") or {}
        self.holder = str(card_fields.get("holder") or "")
        self.holder_locked = "holder" in (card_fields.get("read_only") or [])
        self.methods = addresses.methods_of(checkout, self.account)
        self.cancel_url = str(self.settings.get("cancel_url") or "")

    @property
    def amount(self) -> str:
        return self.money(self.row.amount, self.row.currency)

    def address(self, **more: str) -> str:
        return f"/{SLUG}/widget/hpp.html?{urlencode({'token': self.row.token} | self.kept | more)}"

    def saved_card(self) -> EcomchargeCard | None:
        """The card of the request's token, else the one this page remembers for the customer's address."""
        own = EcomchargeCard.objects.filter(account=self.row.account)
        token = ((self.asked.get("payment_method") or {}).get("credit_card") or {}).get("token")
        if token:
            return own.filter(pk=token).first()
        email = (self.asked.get("customer") or {}).get("email")
        return own.filter(page_of=email).order_by("-created_at").first() if email else None

    def cards(self) -> list[testcards.TestCard]:
        excluded = addresses.excluded_brands(self.row)
        return [card for card in testcards.CARDS if testcards.brand(card.number) not in excluded]

    def form(self, errors: dict[str, str] | None = None) -> HttpResponse:
        given = self.request.GET if self.request.method == "GET" else self.request.POST
        method = given.get("method", "")
        method = method if method in self.methods else self.methods[0] if self.methods else ""
        saved = self.saved_card() if given.get("card") != "new" else None
        another = (self.settings.get("another_card_toggle") or {}).get("display", True)
        return self.show(
            "form", method=method, errors=errors or {}, saved=saved, another=another is not False,
            has_saved=self.saved_card() is not None, values=self._values(), test_cards=self.cards(),
            choices=[(name, self._named(name), self.address(method=name)) for name in self.methods],
            customer=self._customer_fields(), toggle=self._toggle(),
            pay=self._button(method), heading=self.asked["order"].get("description"), failed=self._decline(),
            address_new=self.address(card="new"), address_saved=self.address(card="saved"),
        )  # fmt: skip

    def _named(self, method: str) -> str:
        return self.page_texts.method_names.get(method, method.replace("_", " ").capitalize())

    def _button(self, method: str) -> str:
        if self.row.transaction_type == "tokenization" and not self.row.amount:
            return self.texts.save
        if method not in ("credit_card", ""):
            return self.page_texts.pay_with.format(amount=self.amount, method=self._named(method))
        return str(self.settings.get("button_text") or self.texts.pay.format(amount=self.amount))

    def _values(self) -> dict[str, str]:
        # Number and code are never sent back into the page.
        post = self.request.POST
        return {"expiry": post.get("expiry", ""), "holder": post.get("holder", self.holder)}

    def _customer_fields(self) -> list[dict[str, Any]]:
        fields = self.settings.get("customer_fields") or {}
        locked, visible = fields.get("read_only") or [], fields.get("visible") or []
        known = self.asked.get("customer") or {}
        return [
            {"name": name, "label": self.page_texts.customer_fields[name], "locked": name in locked,
             "value": known.get(name) or self.request.POST.get(f"customer_{name}", ""),
             "type": {"email": "email", "phone": "tel"}.get(name, "text")}
            for name in asked.CUSTOMER_FIELDS if name in visible or name in locked
        ]  # fmt: skip

    def _toggle(self) -> dict[str, str] | None:
        toggle = self.settings.get("save_card_toggle") or {}
        if toggle.get("display") is False or self.row.transaction_type == "tokenization":
            return None
        return {"text": toggle.get("text") or self.page_texts.save_card, "hint": toggle.get("hint") or ""}

    def _decline(self) -> dict[str, str] | None:
        if self.row.status is None:
            return None
        left = self.row.attempts - self.row.used
        more = (
            self.page_texts.one_attempt_left if left == 1 else self.page_texts.attempts_left.format(left=left)
        )
        newest = self.row.transactions.order_by("-created_at").first()
        why = newest.friendly or self.page_texts.declined if newest else self.page_texts.declined
        return {"why": why, "more": more, "address": addresses.return_address(self.row)}

    def where_it_stands(self) -> HttpResponse | None:
        """The page of a token that is past its form; None while the form is right."""
        if payments.open_for_paying(self.row):
            return None
        running = self.row.transactions.filter(status=Status.INCOMPLETE).first()
        if running and running.challenge:
            return self._challenge(running)
        return self.result()

    def _challenge(self, tx: EcomchargeTransaction) -> HttpResponse:
        address = f"/{SLUG}/process/{tx.uid}"
        if self.widget and not self.iframe:
            # Out of the frame: the widget closes as `redirected`, and the bank's page opens in the window.
            return self.show(
                "done", result="redirected", address=f"{self.row.base}/process/{tx.uid}", pause=0,
                sentence=self.page_texts.leaving,
            )  # fmt: skip
        return HttpResponseRedirect(f"{address}?{urlencode(self.kept)}" if self.kept else address)

    def result(self, *, at_once: bool = False) -> HttpResponse:
        """The result page for `auto_return` seconds; 0: none. Without the setting it waits for the button."""
        status = self.row.status if self.row.status in self.page_texts.results else "error"
        given = self.settings.get("auto_return")
        seconds = int(given) if given not in (None, "") else None
        if at_once and seconds is None:
            seconds = 0
        address = addresses.return_address(self.row)
        if self.row.expired and not self.widget and address:
            return HttpResponseRedirect(address)
        if seconds == 0 and address and not self.widget:
            return HttpResponseRedirect(address)
        receipt = (self.asked["order"].get("additional_data") or {}).get("receipt_text") or []
        return self.show(
            "result", result=status, address=address, seconds=seconds,
            pause="" if seconds is None else seconds * 1000, title=self.page_texts.results[status],
            sentence=self.page_texts.result_texts[status].format(amount=self.amount),
            receipt=receipt if status == Status.SUCCESSFUL else [],
            button=self.settings.get("button_next_text") or self.page_texts.to_shop,
            returning=self.page_texts.returning.format(seconds=seconds) if seconds and address else "",
        )  # fmt: skip


def _open(request: HttpRequest) -> Checkout | None:
    given = request.GET if request.method == "GET" else request.POST
    row = EcomchargeCheckout.objects.filter(pk=given.get("token", "")).first()
    return Checkout(request, row) if row else None


@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """widget/hpp.html?token=, v2/checkout?token=."""
    visit = _open(request)
    if visit is None:
        stranger = Visit(request)
        return stranger.message(stranger.texts.unknown, 404)
    if past := visit.where_it_stands():
        return past
    if visit.settings.get("auto_pay") in (True, "true") and not visit.row.used:
        saved = visit.saved_card()
        if saved and not saved.page_of:
            return _auto_pay(visit, saved)
    return visit.form()


def _auto_pay(visit: Checkout, saved: EcomchargeCard) -> HttpResponse:
    """Opening the link runs the transaction [seed]; 3-D Secure may still ask."""
    tx, ending = payments.pay(visit.row.token, payments.saved(saved))
    if tx is None and ending is Ending.CANCEL:
        return visit.form()
    visit.row.refresh_from_db()
    if tx and tx.challenge:
        return visit.where_it_stands() or visit.form()
    return visit.result(at_once=True)


@require_POST
def submit(request: HttpRequest) -> HttpResponse:
    """The card, the saved card, or another method. A second click finds what the first one did."""
    visit = _open(request)
    if visit is None:
        stranger = Visit(request)
        return stranger.message(stranger.texts.unknown, 404)
    if past := visit.where_it_stands():
        return past
    instrument = _instrument(visit)
    if isinstance(instrument, dict):
        return visit.form(instrument)
    if instrument.ending is Ending.HTTP_500:
        return visit.show("broken", 500, address=visit.address())
    if instrument.ending is Ending.SLOW:
        addresses.hold(visit.account["slow_seconds"])
    tx, ending = payments.pay(visit.row.token, instrument)
    if tx is None and ending is Ending.CANCEL and visit.cancel_url:
        return HttpResponseRedirect(visit.cancel_url)
    if tx and ending is Ending.NO_ANSWER and tx.status == Status.INCOMPLETE:
        addresses.hold(visit.account["silence_seconds"])
        wire.drop(request)
        response = HttpResponse()
        response.dropped = True  # type: ignore[attr-defined]
        return response
    return HttpResponseRedirect(visit.address())


def _instrument(visit: Checkout) -> Instrument | dict[str, str]:
    """What is paid with, or a sentence for each wrong field."""
    post = visit.request.POST
    more: dict[str, Any] = {
        "save": post.get("save_card") == "1", "customer": _customer(visit), "browser": _browser(visit.request),
    }  # fmt: skip
    method = post.get("method", "credit_card")
    if method != "credit_card" and method in visit.methods:
        return Instrument(method=method, customer=more["customer"], browser=more["browser"])
    saved = visit.saved_card()
    if post.get("card") == "saved" and saved:
        if not re.fullmatch(r"[0-9]{3,4}", post.get("cvc", "").strip()):
            digits = visit.texts.bad_cvc.format(digits=3)
            return {"cvc": digits if post.get("cvc", "").strip() else visit.texts.required}
        return payments.saved(saved, **more)
    typed = cardform.read(post, visit.texts, among=tuple(testcards.CARDS))
    if typed.card is None:
        return typed.errors
    if testcards.brand(typed.card.number) in addresses.excluded_brands(visit.row):
        return {"number": visit.page_texts.brand_refused}
    month, _, year = typed.expiry.partition("/")
    holder = visit.holder if visit.holder_locked else post.get("holder", "").strip() or "SANDBOX SHOPPER"
    instrument = payments.instrument_of(
        typed.card.number, holder=holder, month=int(month), year=int(year), **more
    )
    return instrument or {"number": visit.texts.not_a_test_card}


def _customer(visit: Checkout) -> dict[str, Any]:
    """What the shopper filled in; a locked field stays what the shop sent."""
    fields = visit.settings.get("customer_fields") or {}
    open_ones = [name for name in fields.get("visible") or [] if name not in (fields.get("read_only") or [])]
    filled = {name: visit.request.POST.get(f"customer_{name}", "").strip()[:255] for name in open_ones}
    return {name: value for name, value in filled.items() if value} | {
        "ip": visit.request.META.get("REMOTE_ADDR") or None
    }


def _browser(request: HttpRequest) -> dict[str, Any]:
    return {
        "language": choose(request.headers.get("Accept-Language", "")),
        "user_agent": request.headers.get("User-Agent", "")[:300],
        "accept_header": request.headers.get("Accept", "")[:100], "java_enabled": False,
    }  # fmt: skip


# 3-D Secure: the bank's page, for the hosted page and for host-to-host payments alike.


def _running(uid: str) -> EcomchargeTransaction | None:
    return EcomchargeTransaction.objects.select_related("checkout").filter(pk=uid, parent=None).first()


def _onward(request: HttpRequest, tx: EcomchargeTransaction) -> HttpResponse:
    """Where the browser goes after the bank: the token's page, or the request's return_url."""
    if tx.checkout:
        return HttpResponseRedirect(Checkout(request, tx.checkout).address())
    if tx.asked.get("return_url"):
        address = str(tx.asked["return_url"])
        return HttpResponseRedirect(addresses.with_query(address, {"status": tx.status, "uid": tx.uid}))
    visit = Visit(request, str(tx.asked.get("language") or ""))
    status = tx.status if tx.status in visit.page_texts.results else "error"
    return visit.message(visit.page_texts.results[status], 200)


def _ask(request: HttpRequest, tx: EcomchargeTransaction, *, wrong: bool = False) -> HttpResponse:
    settings = (tx.checkout.asked.get("settings") or {}) if tx.checkout else tx.asked
    visit = Visit(request, str(settings.get("language") or ""))
    masked = f"{tx.card.get('bin', '')}******{tx.card.get('last_4', '')}"
    text = visit.page_texts.challenge_text.format(amount=visit.money(tx.amount, tx.currency), card=masked)
    return visit.show("challenge", text=text, wrong=wrong, uid=tx.uid)


@require_GET
def process(request: HttpRequest, uid: str) -> HttpResponse:
    """process/{uid}: `redirect_url` of a transaction."""
    tx = _running(uid)
    if tx is None:
        visit = Visit(request)
        return visit.message(visit.texts.unknown, 404)
    if tx.status != Status.INCOMPLETE or not tx.challenge:
        return _onward(request, tx)
    return _ask(request, tx)


@require_POST
def answer(request: HttpRequest, uid: str) -> HttpResponse:
    """The password, or giving up."""
    with transaction.atomic():
        tx = _running(uid)
        settled = True
        if tx and request.POST.get("action") == "cancel":
            payments.give_up(tx)
        elif tx:
            settled = payments.answer_challenge(tx, request.POST.get("password", "").strip())
    if tx is None:
        visit = Visit(request)
        return visit.message(visit.texts.unknown, 404)
    if tx.checkout:
        tx.checkout.refresh_from_db()
    return _onward(request, tx) if settled else _ask(request, tx, wrong=True)


@require_GET
def receipt(request: HttpRequest, uid: str, secret: str) -> HttpResponse:
    """`receipt_url`: what a customer may keep."""
    tx = _running(uid)
    visit = Visit(request)
    if tx is None or tx.receipt != secret:
        return visit.message(visit.texts.unknown, 404)
    status = tx.status if tx.status in visit.page_texts.results else "error"
    return visit.show("receipt", tx=tx, amount=visit.money(tx.amount, tx.currency),
                      title=visit.page_texts.results[status])  # fmt: skip
