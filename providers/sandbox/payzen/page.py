"""What does the shopper see behind the link? /t/<code>: the order, the card form, 3-D Secure, the end, the way back."""

from urllib.parse import urlencode, urlsplit, urlunsplit

from django.conf import settings as django_settings
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_GET, require_POST

from providers.sandbox import appointments, cardform
from providers.sandbox.payzen import payments, shapes, signing
from providers.sandbox.payzen.envelope import compact
from providers.sandbox.payzen.models import PayzenCharge
from providers.sandbox.payzen.signing import SLUG
from providers.sandbox.payzen.visit import Visit

Status = PayzenCharge.Status
_STATIC = {"page.css": "text/css", "page.js": "text/javascript"}
_KRYPTON = {
    "stable/kr-payment-form.min.js": ("kr-payment-form.js", "text/javascript"),
    "ext/neon.js": ("neon.js", "text/javascript"),
    "ext/neon-reset.min.css": ("neon-reset.css", "text/css"),
    "ext/classic.js": ("neon.js", "text/javascript"),
    "ext/classic-reset.min.css": ("neon-reset.css", "text/css"),
}


@require_GET
def static(_request: HttpRequest, name: str) -> HttpResponse | FileResponse:
    if name not in _STATIC:
        return HttpResponse(status=404)
    return cardform.file(django_settings.STATIC_ROOT / SLUG / name, _STATIC[name])


@require_GET
def krypton(_request: HttpRequest, name: str) -> HttpResponse | FileResponse:
    """The script and its themes, at the address they have on the platform's static host."""
    if name not in _KRYPTON:
        return HttpResponse(status=404)
    file, kind = _KRYPTON[name]
    return cardform.file(django_settings.STATIC_ROOT / SLUG / file, kind)


class Link(Visit):
    """A visit to a payment order's link."""

    def where_it_stands(self) -> HttpResponse:
        if tx := payments.running_challenge(self.charge):
            return self.challenge(tx)
        return self.result() if self.past_the_form() else self.form()

    def result(self) -> HttpResponse:
        status = self.charge.status
        # A challenge or a payment can end an order whose hour has come without anybody having noticed.
        status = Status.EXPIRED if status in (Status.RUNNING, Status.REFUSED) and self.charge.open else status
        ending = _ENDINGS[Status(status)]
        seconds = self.charge.asked.get(ending[1])
        address, fields = self.way_back(ending[0])
        if seconds == 0 and address and not fields:
            return HttpResponseRedirect(address)
        return self.show(
            "result", result=status, title=self.page_texts.results[status], address=address, fields=fields,
            sentence=self.page_texts.result_texts[status].format(amount=self.amount), seconds=seconds,
            returning=self.page_texts.returning.format(seconds=seconds) if seconds and address else "",
        )  # fmt: skip

    def leave(self) -> HttpResponse:
        """Back to the shop without paying. The link stays as it is: it may be opened again."""
        charge = self.charge
        if self.settings["abandon_notices"]:
            appointments.cancel(SLUG, "left", charge.id)
            appointments.make(SLUG, "left", charge.id, seconds=payments.ABANDONED_SECONDS)
        outcome = "refusedUrl" if charge.status == Status.REFUSED else "cancelUrl"
        address, fields = self.way_back(outcome, "ABANDONED")
        if address and not fields:
            return HttpResponseRedirect(address)
        return self.show("left", address=address, fields=fields)

    def way_back(self, outcome: str, status: str = "") -> tuple[str, dict[str, str]]:
        """The shop's address, and the fields to post there; a GET has its fields in the address."""
        asked = self.charge.asked
        address = str(asked.get(outcome) or asked.get("returnUrl") or "")
        mode = asked.get("returnMode") or self.settings["return_mode"]
        if not address or mode not in ("GET", "POST"):
            return address, {}
        fields = self.signed(short=mode == "GET", status=status)
        if mode == "POST":
            return address, fields
        parts = urlsplit(address)
        query = "&".join(filter(None, (parts.query, urlencode(fields))))
        return urlunsplit(parts._replace(query=query)), {}

    def signed(self, *, short: bool, status: str = "") -> dict[str, str]:
        """The signed return, for display only; by the HMAC key, because it passes the browser."""
        tx = payments.newest(self.charge)
        told = (
            shapes.payment(self.charge, tx, short=short)
            if tx
            else shapes.no_payment(self.charge, status or "UNPAID")
        )
        return signing.seal(compact(told), self.charge.account, self.charge.mode, "sha256_hmac")


# Status of the order -> which address the shopper goes back to, and which wait before it.
_ENDINGS = {
    Status.PAID: ("successUrl", "redirectSuccessTimeout"),
    Status.RUNNING: ("successUrl", "redirectSuccessTimeout"),  # under verification
    Status.REFUSED: ("refusedUrl", "redirectErrorTimeout"),
    Status.EXPIRED: ("errorUrl", "redirectErrorTimeout"),
    Status.CANCELLED: ("errorUrl", "redirectErrorTimeout"),
}


def _open(request: HttpRequest, code: str) -> Link | None:
    charge = PayzenCharge.objects.filter(kind=PayzenCharge.Kind.ORDER, key=code).first()
    return Link(request, charge) if charge else None


@require_GET
def link(request: HttpRequest, code: str) -> HttpResponse:
    visit = _open(request, code)
    return visit.where_it_stands() if visit else Visit(request).stranger()


@require_POST
def submit(request: HttpRequest, code: str) -> HttpResponse:
    visit = _open(request, code)
    if visit is None:
        return Visit(request).stranger()
    return visit.submit() or visit.onward()


@require_POST
def answer(request: HttpRequest, code: str) -> HttpResponse:
    visit = _open(request, code)
    if visit is None:
        return Visit(request).stranger()
    return visit.answer() or visit.onward()


@require_POST
def leave(request: HttpRequest, code: str) -> HttpResponse:
    visit = _open(request, code)
    if visit is None:
        return Visit(request).stranger()
    return visit.onward() if visit.past_the_form() else visit.leave()
