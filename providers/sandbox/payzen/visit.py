"""How is a charge shown to a shopper, and what came of the form? Shared by the link's page and the embedded frame.

Every step is a form and its answer a redirect, so nothing here needs JavaScript. The card number lives in the request
and nowhere else. `version` travels with the form: a page opened before an update cannot pay the old amount.
"""

import re
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from providers.sandbox import accounts, cardform, clock, wire
from providers.sandbox.cards import Ending
from providers.sandbox.payzen import currencies, messages, notices, payments, testcards
from providers.sandbox.payzen.models import PayzenCharge, PayzenToken, PayzenTransaction
from providers.sandbox.payzen.payments import Instrument
from providers.sandbox.payzen.signing import SLUG
from providers.sandbox.payzen.texts import page_texts
from providers.sandbox.texts import choose, texts

# Browsers hold form-action against the redirects after a form as well, and this form ends at any shop.
_POLICY = cardform.POLICY.replace("form-action 'self'", "form-action http: https:")


class Visit:
    """One request for one charge, or for none that we know."""

    with_holder = False  # templates/card/fields.html: the platform asks for no name

    def __init__(self, request: HttpRequest, charge: PayzenCharge | None = None) -> None:
        given = request.GET if request.method == "GET" else request.POST
        self.request = request
        self.row = charge
        self.wish = given.get("language", "")[:5]
        wishes = [self.wish, messages.locale(charge) if charge and charge.is_order else ""]
        self.language = choose(*wishes, request.headers.get("Accept-Language", ""))
        self.texts = texts(self.language)
        self.page_texts = page_texts(self.language)
        self.framed = charge is not None and not charge.is_order
        self.parent = _origin(given.get("parent", "")) if self.framed else ""
        self.key = given.get("key", "")[:200] if self.framed else ""

    @property
    def charge(self) -> PayzenCharge:
        if self.row is None:
            raise LookupError("this visit has no charge")
        return self.row

    @property
    def settings(self) -> dict[str, Any]:
        return accounts.settings_of(SLUG, self.charge.account)

    @property
    def kept(self) -> dict[str, str]:
        """What every further address has to carry."""
        found = {"language": self.wish} if self.wish else {}
        if self.framed:
            found |= {"token": self.charge.key, "parent": self.parent, "key": self.key}
        return found

    def address(self, **more: str) -> str:
        where = f"/{SLUG}/form" if self.framed else f"/{SLUG}/t/{self.charge.key}"
        query = urlencode(self.kept | more)
        return f"{where}?{query}" if query else where

    def step(self, name: str) -> str:
        return f"/{SLUG}/form/{name}" if self.framed else f"/{SLUG}/t/{self.charge.key}/{name}"

    @property
    def pay_step(self) -> str:
        return self.step("pay")

    @property
    def answer_step(self) -> str:
        return self.step("answer")

    @property
    def amount(self) -> str:
        return currencies.money(self.charge.amount, self.charge.currency, self.language)

    @property
    def verifies(self) -> bool:
        return self.charge.form_action == "REGISTER"

    @property
    def in_other_language(self) -> str:
        return self.address(language="en" if self.language == "fr" else "fr")

    def show(self, template: str, status: int = 200, **context: Any) -> HttpResponse:
        context |= {"visit": self, "t": self.texts, "p": self.page_texts}
        response = render(self.request, f"payzen/{template}.html", context, status=status)
        response["Cache-Control"] = "no-store"
        response["Content-Security-Policy"] = _POLICY
        response["Referrer-Policy"] = "same-origin"  # the address opens the payment
        return response

    def stranger(self, status: int = 404, error: str = "") -> HttpResponse:
        return self.show("message", status, sentence=self.page_texts.unknown, error=error)

    # The card form.

    def alias(self) -> PayzenToken | None:
        token = self.charge.asked.get("paymentMethodToken")
        return payments.usable_alias(self.charge.account, self.charge.mode, token) if token else None

    def cards(self) -> list[testcards.TestCard]:
        methods = self.charge.asked.get("paymentMethods") or []
        return [card for card in testcards.CARDS if testcards.allowed(card.number, methods)]

    def form(
        self, errors: dict[str, str] | None = None, *, changed: bool = False, status: int = 200
    ) -> HttpResponse:
        post = self.request.POST
        given = self.request.GET if self.request.method == "GET" else post
        customer = self.charge.asked.get("customer") or {}
        saved = self.alias() if given.get("card") != "new" else None
        pattern = "%d/%m/%Y %H:%M UTC" if self.language == "fr" else "%d %B %Y, %H:%M UTC"
        return self.show(
            "form", status, errors=errors or {}, changed=changed, refused=None if changed else self._refusal(),
            # Number and code are never sent back into the page.
            values={"expiry": post.get("expiry", ""), "name": post.get("name", ""),
                    "email": post.get("email", customer.get("email") or "")},
            saved=saved.card if saved else None, test_cards=self.cards(), another=self.address(card="new"),
            asks_details=bool(self.charge.asked.get("dataCollectionForm")),
            asks_save=self.charge.form_action == "ASK_REGISTER_PAY" and not saved,
            button=self.texts.save if self.verifies else self.texts.pay.format(amount=self.amount),
            until=self.page_texts.until.format(until=self.charge.expires_at.strftime(pattern)),
        )  # fmt: skip

    def _refusal(self) -> dict[str, str] | None:
        tx = payments.newest(self.charge)
        if tx is None or tx.detailed != "REFUSED":
            return None
        why = self.page_texts.reasons.get(tx.error[2] or tx.error[0], "")
        return {"why": why, "code": tx.error[0], "message": tx.error[1], "detail": tx.error[2]}

    def challenge(self, tx: PayzenTransaction, *, wrong: bool = False) -> HttpResponse:
        text = self.page_texts.challenge_text.format(amount=self.amount, card=tx.card["pan"])
        return self.show("challenge", text=text, wrong=wrong)

    def instrument(self) -> Instrument | dict[str, str]:
        """What is paid with, or a sentence for each wrong field."""
        post = self.request.POST
        more: dict[str, Any] = {"save": post.get("save_card") == "1", "customer": self._customer()}
        errors = {}
        if self.charge.asked.get("dataCollectionForm"):
            if not post.get("name", "").strip():
                errors["name"] = self.texts.required
            if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", post.get("email", "").strip()):
                errors["email"] = self.page_texts.bad_email
        saved = self.alias() if post.get("card") == "saved" else None
        if saved and not post.get("test_card"):
            if not re.fullmatch(r"[0-9]{3,4}", post.get("cvc", "").strip()):
                errors["cvc"] = self.texts.bad_cvc.format(digits=3)
            return errors or payments.alias(saved, **more)
        typed = cardform.read(post, self.texts, with_holder=False, among=testcards.CARDS)
        if typed.card is None or errors:
            return typed.errors | errors
        if not testcards.allowed(typed.card.number, self.charge.asked.get("paymentMethods") or []):
            return {"number": self.page_texts.brand_refused}
        month, _, year = typed.expiry.partition("/")
        found = payments.typed_instrument(typed.card.number, month=int(month), year=int(year), **more)
        return found or {"number": self.texts.not_a_test_card}

    def _customer(self) -> dict[str, Any]:
        """What the shopper filled in, and what the platform sees of the browser."""
        post, asked = self.request.POST, self.charge.asked.get("customer") or {}
        extra = (asked.get("extraDetails") or {}) | {
            "ipAddress": self.request.META.get("REMOTE_ADDR"),
            "browserUserAgent": self.request.headers.get("User-Agent", "")[:300] or None,
        }
        found: dict[str, Any] = {"extraDetails": extra}
        if self.charge.asked.get("dataCollectionForm"):
            found["email"] = post.get("email", "").strip()[:150]
            found["billingDetails"] = (asked.get("billingDetails") or {}) | {
                "lastName": post.get("name", "").strip()[:63]
            }
        return found

    def past_the_form(self) -> bool:
        return not self.charge.payable(clock.now()) or payments.running_challenge(self.charge) is not None

    def submit(self) -> HttpResponse | None:
        """The card. A second click finds what the first one did; None: go and see where it stands."""
        if self.past_the_form():
            return None
        given = self.instrument()
        if isinstance(given, dict):
            return self.form(given)
        if given.typed.ending is Ending.HTTP_500:
            return self.show("broken", 500)
        if given.typed.ending is Ending.SLOW:
            _hold(int(self.settings["slow_seconds"]))
        version = self.request.POST.get("version", "")
        try:
            seen = int(version) if version.isascii() and version.isdigit() and len(version) < 9 else 0
            tx, ending = payments.pay(self.charge.id, given, version=seen)
        except payments.Changed:
            self.charge.refresh_from_db()
            return self.form(changed=True, status=409)
        if tx is None and ending is Ending.CANCEL:
            return self.leave()
        if tx is None and ending is Ending.NO_ANSWER:
            _hold(int(self.settings["silence_seconds"]))
            wire.drop(self.request)
            response = HttpResponse()
            response.dropped = True  # type: ignore[attr-defined]
            return response
        if tx:
            notices.first(tx.uuid, tx.account)
        return None

    def answer(self) -> HttpResponse | None:
        """3-D Secure's code, or giving up."""
        settled = True
        with transaction.atomic():
            running = payments.running_challenge(self.charge)
            tx = payments.find(running.uuid) if running else None
            if tx and self.request.POST.get("action") == "cancel":
                payments.give_up(tx)
            elif tx:
                settled = payments.answer_challenge(tx, self.request.POST.get("code", "").strip())
        if tx and not settled:
            return self.challenge(tx, wrong=True)
        if tx:
            notices.first(tx.uuid, tx.account)
        return None

    def leave(self) -> HttpResponse | None:
        """The shopper goes without paying; from a frame there is nowhere to go."""
        return None

    def onward(self) -> HttpResponse:
        return HttpResponseRedirect(self.address())


def _origin(text: str) -> str:
    parts = urlsplit(text)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in ("http", "https") and parts.netloc else ""


def _hold(seconds: int) -> None:
    """Keep the shopper waiting, without keeping the database."""
    connection.close()
    clock.hold(seconds)
