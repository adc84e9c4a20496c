"""Who is looking at a payment page, in which frame and language, and what does that page show?"""

import hmac
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from providers.sandbox import accounts, cardform, clock
from providers.sandbox.purse import addresses, partners, shapes
from providers.sandbox.purse.bearer import SLUG
from providers.sandbox.purse.ledger import Ledger
from providers.sandbox.purse.models import PursePayment, PurseSavedToken, PurseSession, PurseTransaction
from providers.sandbox.purse.words import Words, words
from providers.sandbox.texts import Texts, choose, texts

Json = dict[str, Any]
Status = PurseSession.Status
# A browser asks form-action about redirects as well, and these pages send shoppers to any shop there is.
POLICY = cardform.POLICY.replace("form-action 'self'; ", "")


def origin(text: str) -> str:
    """The embedding page's origin, if it is one; the frame speaks to nobody else."""
    parts = urlsplit(text)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in ("http", "https") and parts.netloc else ""


class SeeOther(HttpResponseRedirect):
    """303: whatever was posted, the next page is a GET."""

    status_code = 303


class Visit:
    """One request for a page of a session (or of a payment without one)."""

    def __init__(self, request: HttpRequest, where: str, session: PurseSession | None) -> None:
        given = request.GET if request.method == "GET" else request.POST
        self.request = request
        self.where = where
        self.session = session
        self.secret = given.get("secret", "")
        self.lang = given.get("lang", "")
        self.with_pay = given.get("pay") != "0"
        self.parent = origin(given.get("parent", "")) if where == "widget" else ""
        customer = (session.asked.get("customer") or {}) if session else {}
        self.language = choose(
            self.lang, str(customer.get("locale") or ""), request.headers.get("Accept-Language", "")
        )
        self.texts: Texts = texts(self.language)
        self.words: Words = words(self.language)
        self.with_holder = True

    @property
    def framed(self) -> bool:
        return self.where == "widget"

    @property
    def allowed(self) -> bool:
        """The hosted page's address is secret enough; the widget's must be opened with widget.data."""
        if self.session is None:
            return False
        return not self.framed or hmac.compare_digest(self.secret.encode(), self.session.secret.encode())

    @property
    def here(self) -> str:
        """The path of the page."""
        assert self.session is not None  # noqa: S101 -- only asked for once there is one
        return urlsplit(addresses.page(self.session, self.where)).path

    @property
    def state(self) -> Json:
        """What every form and link of the frame carries on."""
        if not self.framed:
            return {"lang": self.lang} if self.lang else {}
        pay = "1" if self.with_pay else "0"
        return {"secret": self.secret, "lang": self.lang, "parent": self.parent, "pay": pay}

    def again(self) -> HttpResponse:
        query = urlencode(self.state)
        return SeeOther(f"{self.here}?{query}" if query else self.here)

    def money(self, amount: int, currency: str) -> str:
        shown = shapes.money(amount, currency)
        return shown.replace(".", ",") if self.language == "fr" else shown

    def page(self, template: str, status: int = 200, **context: Any) -> HttpResponse:
        context = {"visit": self, "t": self.texts, "w": self.words, "state_name": "ready"} | context
        response = render(self.request, f"purse/{template}.html", context, status=status)
        response["Content-Security-Policy"] = POLICY
        response["Cache-Control"] = "no-store"
        response["Referrer-Policy"] = "origin"
        return response

    def message(
        self, sentence: str, status: int = 200, *, address: str = "", state: str = "error"
    ) -> HttpResponse:
        return self.page("message", status, sentence=sentence, address=address, state_name=state)

    def done(self, payment: PursePayment, *, already: bool = False) -> HttpResponse:
        """To the shop; from a frame the page around it goes there."""
        address = addresses.back_from(payment)
        status = Ledger(payment).authorization_status()
        if already:
            return self.message(self.texts.ended, address=address, state="submitted")
        if address and not self.framed:
            return SeeOther(address)
        sentence = {
            "AUTHORIZED": self.texts.done_success,
            "PENDING": self.words.done_pending,
            "ABORTED": self.texts.done_cancelled,
        }.get(status, self.texts.done_failure)
        return self.page("done", sentence=sentence, address=address, result=status, state_name="submitted")

    def to_partner(self, address: str) -> HttpResponse:
        """A partner's page takes the whole window."""
        if not self.framed:
            return SeeOther(address)
        return self.page(
            "done", sentence=self.texts.working, address=address, result="PENDING", state_name="submitted"
        )

    def challenge(self, transaction: PurseTransaction, action: str, *, wrong: bool = False) -> HttpResponse:
        card = f"{transaction.card.get('bin', '')}******{transaction.card.get('last_four_digits', '')}"
        amount = self.money(transaction.amount, transaction.payment.currency)
        text = self.texts.challenge_text.format(amount=amount, card=card)
        return self.page("challenge", text=text, wrong=wrong, action=action, state_name="submitted")

    def where_it_stands(self) -> HttpResponse | None:
        """The page of a session that is past its form; None while the form is right."""
        session = self.session
        if session is None or not self.allowed:
            return self.message(self.texts.unknown, 404)
        if session.status == Status.CREATED and session.expires_at > clock.now():
            return None
        payment = PursePayment.objects.filter(session=session).first()
        if payment is None:
            expired = session.status != Status.ABORTED
            sentence = self.texts.expired if expired else self.words.aborted
            state = "expired" if expired else "terminated"
            return self.message(sentence, 410, address=addresses.back(session), state=state)
        waiting = payment.transactions.exclude(waits_for="").first()
        if waiting is None:
            return self.done(payment, already=True)
        if waiting.waits_for == "challenge":
            return self.challenge(waiting, f"{self.here}/challenge")
        return self.to_partner(addresses.partner_page(payment))

    def form(self, *, errors: Json | None = None, gift_errors: Json | None = None) -> HttpResponse:
        """The form: gift cards, means of payment, the button."""
        session = self.session
        assert session is not None  # noqa: S101 -- where_it_stands has looked
        post = self.request.POST
        left = remaining(session)
        total = self.money(session.amount, session.currency)
        to_pay = self.money(left or session.amount, session.currency)
        account = accounts.settings_of(SLUG, session.account)
        return self.page(
            "form",
            session=session, errors=errors or {}, gift_errors=gift_errors or {},
            # Number and code are never sent back into the page.
            values={name: post.get(name, "") for name in ("expiry", "holder")},
            gift_value=post.get("gift_number", "") if gift_errors else "",
            chosen=post.get("solution", "") or self.request.GET.get("solution", ""),
            left=left, left_shown=self.money(left, session.currency),
            title=self.words.title.format(amount=total) if session.amount else self.words.title_save,
            pay=self.texts.pay.format(amount=to_pay) if session.amount else self.texts.save,
            gifts=self._gifts(session), saved=self._saved(session),
            gift_cards=[(card, partners.spaced(card.number)) for card in partners.gift_cards()],
            solutions=[
                (one, *one.said(self.language))
                for one in (partners.OFFERED if session.amount else (partners.CARD,))
            ],
            card_key=partners.CARD.key,
            may_save=bool(session.customer_reference) and account["save_token"], test_cards=partners.CARDS,
            seconds_left=max(0, int((session.expires_at - clock.now()).total_seconds())),
            split=gift_split(session), summary=None if self.framed else summary(self, session),
        )  # fmt: skip

    def _gifts(self, session: PurseSession) -> list[tuple[str, str, str]]:
        return [
            (
                gift["number"],
                self.words.gift_used.format(end=gift["number"][-4:]),
                self.money(gift["amount"], session.currency),
            )
            for gift in session.gift_cards
        ]

    def _saved(self, session: PurseSession) -> list[tuple[PurseSavedToken, str, str]]:
        return [
            (
                one,
                self.words.saved.format(brand=one.card["selected_network"], end=one.card["last_four_digits"]),
                self.words.expires.format(date=f"{one.card['expiry_month']}/{one.card['expiry_year']}"),
            )
            for one in saved_cards(session)
        ]


def gift_split(session: PurseSession) -> list[Json]:
    """The gift cards' part of the split, as the widget tells it."""
    one = partners.GIFT_CARD
    return [
        {"partner": one.partner, "method": one.method, "amount": gift["amount"]}
        for gift in session.gift_cards
    ]


def remaining(session: PurseSession) -> int:
    return session.amount - sum(int(gift["amount"]) for gift in session.gift_cards)


def saved_cards(session: PurseSession) -> list[PurseSavedToken]:
    if not session.customer_reference:
        return []
    mine = PurseSavedToken.objects.filter(
        account=session.account, customer_reference=session.customer_reference
    )
    return list(mine.order_by("-created_at"))


def summary(visit: Visit, session: PurseSession) -> Json:
    """The cart, as order.shipments tells it."""
    order = session.asked["order"]

    def money(amount: int | None) -> str:
        return visit.money(amount, session.currency) if amount else ""

    return {
        "reference": visit.words.order.format(reference=session.order_reference),
        "lines": [
            (line.get("quantity") or 1, line.get("name") or line.get("sku_reference") or "", line.get("brand") or "",
             money(line.get("net_amount")))
            for shipment in order.get("shipments") or []
            for line in shipment.get("item_lines") or []
        ],
        "discount": money(order.get("discount_amount")),
        "tax": money(order.get("tax_amount")),
        "total": visit.money(order.get("net_amount") or session.amount, session.currency),
    }  # fmt: skip
