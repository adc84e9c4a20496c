"""What can a shopper do? See the order's page, and press what it offers. Every press ends in the page, which tells
the truth; a press that came too late changes nothing."""

from urllib.parse import urlencode

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, render

from checkout.models import Order, Payment, SavedCard
from checkout.payments import settle
from checkout.payments.cancel import cancel_attempt, give_up
from checkout.payments.cards import remove_card
from checkout.payments.more_time import extend
from checkout.payments.start import NotPayable, start
from checkout.payments.timeline import Who
from checkout.shopper.choices import Option, is_only_way, options_for, same_again, twins
from checkout.shopper.context import context_for
from checkout.shopper.counter import counter
from checkout.shopper.forms import CardForm, ChoiceForm, LanguageForm, RetryForm
from checkout.shopper.pages import sight_of
from checkout.shopper.policy import allow
from checkout.tasks import check_payment
from checkout.wording import in_english
from providers.money import Money

log = structlog.get_logger("checkout.shopper")


class SeeOther(HttpResponseRedirect):
    """Go and look there, with GET: what was pressed is not sent again by a reload."""

    status_code = 303


@counter("GET", "HEAD")
def show(request: HttpRequest, order: Order) -> HttpResponse:
    """The one page of an order."""
    sight = sight_of(order)
    context = context_for(order, sight, note=request.GET.get("note", ""), go_on="onward" in request.GET)
    context["csp_nonce"] = request.csp_nonce  # type: ignore[attr-defined]  # for the widgets' own small scripts
    response = render(request, f"shopper/{sight.page}.html", context)
    allow(response, sight)
    return response


@counter("GET", "HEAD")
def status(request: HttpRequest, order: Order) -> HttpResponse:
    """For the script of an open page: has anything changed?"""
    sight = sight_of(order)
    return JsonResponse({"state": sight.page, "version": sight.version, "open": sight.attempt_is_open})


@counter("POST")
def begin(request: HttpRequest, order: Order) -> HttpResponse:
    if _is_the_merchants(order):
        return _to_page(order)
    form = ChoiceForm(request.POST, options=options_for(order))
    if not form.is_valid():
        return _to_page(order, note="choose")
    return _start_as_chosen(order, form)


@counter("POST")
def retry(request: HttpRequest, order: Order) -> HttpResponse:
    """After an attempt that came to nothing, or is to: the same again, another way, or the choice."""
    asked = RetryForm(request.POST)
    last = order.latest_attempt()
    if _is_the_merchants(order):
        return _to_page(order)
    # The second of two clicks still speaks of the attempt before: what the first one began is left alone.
    if last is None or not asked.is_valid() or asked.cleaned_data["attempt"] != last.number:
        return _to_page(order)
    seen = asked.seen_of(order)
    if seen not in (None, order.money) and asked.cleaned_data["then"] != "choose":
        return _to_page(order, note="changed")  # before anything is given up for it
    if last.is_open and asked.cleaned_data["then"] == "again" and settle.can_go_on(last):
        last = settle.go_on(last, patience=settings.RETURN_PATIENCE_SECONDS)
        if last.is_open:
            return _to_attempt(order, last)
    if last.is_open and is_only_way(last):
        return _to_page(order)
    if last.is_open:
        last = cancel_attempt(last, give_up=False, who=Who.SHOPPER)
        if last.is_open:
            return _to_page(order, note="unreached")
    return _to_page(order) if asked.cleaned_data["then"] == "choose" else _retry(request, order, last, asked)


def _retry(request: HttpRequest, order: Order, last: Payment, asked: RetryForm) -> HttpResponse:
    """Nothing is open any more."""
    options = options_for(order)
    if asked.cleaned_data["then"] == "this":
        form = ChoiceForm(request.POST, options=options)
        if not form.is_valid():
            return _to_page(order, note="choose")
        return _start_as_chosen(order, form)
    again = same_again(options, last)
    if again is None:
        return _to_page(order)
    # The consent was given for this order, and holds for its next attempt.
    # A link's channel is the merchant's alone: who tries again is shown the account's own way.
    channel = again.channel(asked.cleaned_data["channel"]) or again.channel(last.channel)
    return _start(order, again, channel=channel, save_card=last.save_card, seen=asked.seen_of(order))


@counter("POST")
def abandon(request: HttpRequest, order: Order) -> HttpResponse:
    if _is_the_merchants(order):
        return _to_page(order)
    closed = give_up(order, who=Who.SHOPPER)
    return _to_page(order, note="unreached" if closed.open_attempt() else "")


@counter("POST")
def more_time(request: HttpRequest, order: Order) -> HttpResponse:
    extend(order, patience=settings.RETURN_PATIENCE_SECONDS)
    return _to_page(order)


@counter("POST")
def language(request: HttpRequest, order: Order) -> HttpResponse:
    form = LanguageForm(request.POST, spoken=order.shop.spoken())
    if form.is_valid():
        Order.objects.filter(pk=order.pk).update(language=form.cleaned_data["language"])
    return _to_page(order)


@counter("POST")
def forget_card(request: HttpRequest, order: Order) -> HttpResponse:
    """A customer takes back the consent. Only this order's customer's cards can be named."""
    reference = order.customer_reference()
    own = SavedCard.objects.filter(shop=order.shop, customer_reference=reference, removed_at=None)
    form = CardForm(request.POST, cards=own if reference else own.none())
    if form.is_valid():
        for card in twins(own, form.cleaned_data["card"]):
            remove_card(card)
    return _to_page(order)


@counter("GET", "HEAD", "POST", foreign=True)
def returned(request: HttpRequest, order: Order, payment_token: str) -> HttpResponse:
    """The browser is back from the provider. Whatever it brings decides nothing."""
    payment = get_object_or_404(
        Payment.objects.select_related("order", "account"), order=order, token=payment_token
    )
    structlog.contextvars.bind_contextvars(payment=payment.reference)
    if payment.desk:
        # Whoever had the form is at the desk, whichever of its two ways back the provider takes.
        return SeeOther(payment.desk["back"])
    said = {**request.GET.dict(), **request.POST.dict()}
    payment = settle.returned(payment, said, patience=settings.RETURN_PATIENCE_SECONDS)
    if payment.is_open:
        check_payment.enqueue(payment.pk)
    return _to_page(order)


def _is_the_merchants(order: Order) -> bool:
    """Is there nothing here for the shopper to begin, go on with, or end? An agreement's further payment is made
    without him, and what the merchant takes by phone at this moment is the merchant's."""
    if order.agreement_id is not None:
        return True
    attempt = order.open_attempt()
    return attempt is not None and bool(attempt.desk)


def _start_as_chosen(order: Order, form: ChoiceForm) -> HttpResponse:
    return _start(
        order,
        form.option,
        channel=form.cleaned_data["channel"],
        save_card=form.save_card_agreed,
        seen=form.seen_of(order),
    )


def _start(
    order: Order, option: Option, *, channel: str, save_card: bool, seen: Money | None
) -> HttpResponse:
    """Begin an attempt. Who came too late for one, or saw another amount, is shown what is true instead."""
    try:
        payment = start(
            order, option.account, channel=channel, saved_card=option.card, save_card=save_card, seen=seen
        )
    except NotPayable as why:
        log.info("not payable", order=order.number, why=in_english(why))
        order.refresh_from_db(fields=["amount_minor"])
        return _to_page(order, note="" if seen in (None, order.money) else "changed")
    structlog.contextvars.bind_contextvars(payment=payment.reference)
    return _to_attempt(order, payment)


def _to_attempt(order: Order, payment: Payment) -> HttpResponse:
    # Not straight to the provider: browsers hold the form's own page to its form-action, redirects included.
    return _to_page(order, onward="1" if payment.show.get("kind") == "redirect" else "")


def _to_page(order: Order, **query: str) -> HttpResponse:
    told = urlencode({name: value for name, value in query.items() if value})
    return SeeOther(order.get_absolute_url() + (f"?{told}" if told else ""))
