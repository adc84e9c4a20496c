"""What is in the frame that the script draws? /form: the same card form, and the answer for the page around it."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET, require_POST

from providers.sandbox.payzen import payments, shapes, signing
from providers.sandbox.payzen.envelope import MESSAGES, compact
from providers.sandbox.payzen.models import PayzenCharge
from providers.sandbox.payzen.visit import Visit

Status = PayzenCharge.Status


class Frame(Visit):
    """A visit to a formToken's frame."""

    def where_it_stands(self) -> HttpResponse:
        if signing.owner_of_public_key(self.key) != (self.charge.account, self.charge.mode):
            return self.stranger(403, "INT_905")
        if tx := payments.running_challenge(self.charge):
            return self.challenge(tx)
        if not self.past_the_form():
            return self.form()
        tx = payments.newest(self.charge)
        if tx is None:
            return self.show("message", 410, sentence=MESSAGES["PSP_108"], error="PSP_108")
        status = Status.REFUSED if self.charge.open else self.charge.status
        fields = signing.seal(
            compact(shapes.payment(self.charge, tx)), self.charge.account, self.charge.mode, "sha256_hmac"
        )
        return self.show(
            "told", result=status, fields=fields, title=self.page_texts.results[status],
            sentence=self.page_texts.one_moment, paid=status in (Status.PAID, Status.RUNNING),
        )  # fmt: skip


def _open(request: HttpRequest) -> Frame | None:
    given = request.GET if request.method == "GET" else request.POST
    charge = PayzenCharge.objects.filter(kind=PayzenCharge.Kind.FORM, key=given.get("token", "")).first()
    return Frame(request, charge) if charge else None


@require_GET
def form(request: HttpRequest) -> HttpResponse:
    visit = _open(request)
    return visit.where_it_stands() if visit else Visit(request).stranger(404, "PSP_108")


@require_POST
def submit(request: HttpRequest) -> HttpResponse:
    visit = _open(request)
    if visit is None:
        return Visit(request).stranger()
    return visit.submit() or visit.onward()


@require_POST
def answer(request: HttpRequest) -> HttpResponse:
    visit = _open(request)
    if visit is None:
        return Visit(request).stranger()
    return visit.answer() or visit.onward()
