"""How is this done? For each step: the code that does it, read from the very modules that did it, and what went over
the wire for one order."""

import inspect
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET
from pygments import highlight
from pygments.formatters.html import HtmlFormatter
from pygments.lexers import get_lexer_by_name

from checkout.demo import guichet, views, webhook, wire
from checkout.demo.models import DemoOrder
from checkout.demo.pages import is_of, page
from checkout.demo.steps import (
    cancel_order,
    come_back,
    connect,
    create_order,
    read_order,
    send_shopper,
    take_event,
    verify_webhook,
)
from checkout.demo.steps.connect import NoAnswer

_FORMATTER = HtmlFormatter(nowrap=True, classprefix="c-")


@dataclass(frozen=True)
class Step:
    slug: str
    title: Any  # a text in the reader's language, as is `text`
    text: Any
    code: tuple[Any, ...]  # modules and functions, in the sequence in which to read them


STEPS = (
    Step(
        "create-order",
        _("Create the order"),
        _("The basket becomes one request. Its key is the basket's own, so that two clicks make one order."),
        (connect, create_order, guichet.send, guichet.body),
    ),
    Step(
        "send-shopper",
        _("Send the shopper"),
        _(
            "The browser is redirected to the address that came back with the order. The shop never sees a card."
        ),
        (send_shopper, views.pay),
    ),
    Step(
        "come-back",
        _("They come back"),
        _(
            "The checkout leads the browser to the order's return address. The page shows what the webhooks said."
        ),
        (come_back,),
    ),
    Step(
        "webhook",
        _("The webhook"),
        _("Guichet tells the shop what happened. The shop checks the signature, and writes it down once."),
        (verify_webhook, take_event, webhook.receive),
    ),
    Step(
        "read-order",
        _("Read the truth"),
        _("Whenever in doubt the shop asks. It was asked just now, for this page."),
        (read_order, guichet.read),
    ),
    Step(
        "cancel-order",
        _("Take it back"),
        _(
            "As long as nothing was paid, the shop can cancel an order. Money that came is refunded in the admin."
        ),
        (cancel_order, guichet.cancel),
    ),
)
BY_SLUG = {step.slug: step for step in STEPS}


@require_GET
@never_cache
def how(request: HttpRequest, slug: str, reference: str = "") -> HttpResponse:
    """The code is for everybody; what was said of an order is for the browser that ordered it."""
    step = BY_SLUG.get(slug)
    if step is None:
        raise Http404
    order = get_object_or_404(DemoOrder, reference=reference) if reference else None
    if order is not None and not is_of(request, order):
        return redirect("demo:how", slug)
    context = {"step": step, "steps": STEPS, "codes": _codes(slug), "how": "", **_said(step, order)}
    return page(request, "how", bought=order, **context)


def front(request: HttpRequest) -> HttpResponse:
    return redirect("demo:how", STEPS[0].slug)


@cache
def _codes(slug: str) -> list[dict[str, Any]]:
    return [
        {"name": _named(what), "code": coloured(inspect.getsource(what), "python")}
        for what in BY_SLUG[slug].code
    ]


def _named(what: Any) -> str:
    """Where it stands: the file, and the function if it is not all of it."""
    if isinstance(what, ModuleType):
        return what.__name__.replace(".", "/") + ".py"
    return f"{what.__module__.replace('.', '/')}.py, {what.__name__}()"


def _said(step: Step, order: DemoOrder | None) -> dict[str, Any]:
    """What went over the wire in this step, for this order."""
    if order is None:
        return {}
    if step.slug == "webhook":
        events = [
            {"event": event, "came": _http(wire.webhook(event.webhook_id))} for event in order.events.all()
        ]
        return {"events": events}
    said = {}
    if step.slug == "read-order":
        try:
            guichet.read(order)
        except NoAnswer:
            said["no_answer"] = True
    # The redirect is the answer to the browser's form, with the address that came with the order.
    if step.slug == "send-shopper":
        return (
            {"redirect": _http(f"HTTP/1.1 302 Found\nLocation: {order.pay_url}\n\n")} if order.pay_url else {}
        )
    kept = wire.exchange(step.slug, order.reference)
    return {**said, "sent": _http(kept["sent"]), "came": _http(kept["came"])} if kept else said


def _http(text: str | None) -> SafeString:
    return coloured(text, "http") if text else mark_safe("")


def coloured(text: str, language: str) -> SafeString:
    """Pygments escapes the text; what it adds are spans with a class that static/demo/code.css knows."""
    return mark_safe(highlight(text, get_lexer_by_name(language), _FORMATTER).rstrip("\n"))  # noqa: S308
