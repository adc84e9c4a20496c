"""How is it said what a notification would change, before anybody has it followed up?"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from checkout.merchant.shown import provider_name
from checkout.merchant.story import Line, weave
from checkout.models import Agreement, Delivery, Order, Payment
from checkout.payments.preview import Move, Preview, Untold, Value, would_change
from checkout.templatetags.guichet import money as money_text
from providers.money import Money


@dataclass(frozen=True)
class Group:
    """A row that would be written, with what of it."""

    model: str
    row: Any
    title: str
    moves: list[tuple[str, str, str]]  # what, before, after


def page_for(
    admin: Any, request: HttpRequest, delivery: Delivery, buttons: Callable[[Delivery], list[Any]]
) -> HttpResponse:
    """Ask, and show what the answer would change."""
    preview = would_change(delivery)
    context = {
        **admin.admin_site.each_context(request),
        "opts": admin.opts,
        "original": delivery,
        "title": _("What would change"),
        "row": delivery,
        "preview": preview,
        "provider": provider_name(delivery.account),
        "groups": [_group(moved.row, moved.moves) for moved in preview.moved],
        "lines": _lines(preview),
        "untold": [_why(untold) for untold in preview.untold],
        "buttons": buttons(delivery),
        "back": admin.page_of(delivery),
    }
    request.current_app = admin.admin_site.name
    return TemplateResponse(request, "merchant/preview.html", context)


def _group(row: Order | Payment | Agreement, moves: tuple[Move, ...]) -> Group:
    if isinstance(row, Payment):
        title, states = _("Payment %(name)s"), dict(Payment._meta.get_field("state").flatchoices)
    elif isinstance(row, Order):
        title, states = _("Order %(name)s"), dict(Order._meta.get_field("state").flatchoices)
    else:
        title, states = _("Agreement %(name)s"), {**dict(Agreement.STATES), **dict(Agreement.PHASES)}
    worded = [
        (_names()[move.name], _shown(move.before, states), _shown(move.after, states)) for move in moves
    ]
    return Group(row._meta.model_name or "", row, title % {"name": row}, worded)


def _names() -> dict[str, str]:
    return {
        "state": _("State"),
        "amount": _("Amount"),
        "authorized": _("Authorised"),
        "captured": _("Captured"),
        "refunded": _("Refunded"),
        "voided": _("Voided"),
        "phase": _("Phase"),
        "end_reason": _("Why it ended"),
    }


def _shown(value: Value, states: dict[Any, Any]) -> str:
    return money_text(value) if isinstance(value, Money) else str(states.get(value, value) or "–")


def _lines(preview: Preview) -> list[Line]:
    return weave(preview.entries, [])


def _why(untold: Untold) -> str:
    row = untold.row
    about = {
        "row": str(row.number) if isinstance(row, Agreement) else row.reference,
        "provider": provider_name(row.account),
        "said": untold.said,
    }
    return {
        "being_started": _(
            "%(provider)s is opening %(row)s at this moment: following it up would wait until that has ended."
        ),
        "would_be_given_up": _(
            "Following it up would give up %(row)s at %(provider)s, unless money has come. "
            "What %(provider)s answers to that cannot be known before."
        ),
        "no_answer": _("%(provider)s could not be asked about %(row)s, or could not tell: %(said)s"),
        "more_payments": _(
            "%(row)s has taken %(said)s further payments that are not shown here: they are looked at in turn."
        ),
    }[untold.why] % about
