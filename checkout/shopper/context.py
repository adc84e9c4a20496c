"""What does a page need besides its rows?"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import get_language

from checkout.decline_texts import decline_of
from checkout.looks import look_of
from checkout.models import Order
from checkout.payments.more_time import MAX_EXTENSIONS, may_end_before
from checkout.shopper.agreement import AgreedOn, agreement_of
from checkout.shopper.choices import has_other_ways, is_only_way, options_for, page_instead, same_again
from checkout.shopper.pages import BUSY, CLOSED, MONEY, TIMED, WAITING, Page, Sight
from checkout.shopper.texts import NOTES, title_of
from checkout.states import State
from checkout.templatetags.guichet import names_of
from providers.base import Kind
from providers.money import Money


@dataclass(frozen=True)
class Line:
    name: str
    quantity: int
    total: Money


def _other_languages(order: Order) -> list[tuple[str, Any]]:
    spoken, now = order.shop.spoken(), get_language()
    return [(code, name) for code, name in settings.LANGUAGES if code in spoken and code != now]


def context_for(order: Order, sight: Sight, *, note: str, go_on: bool) -> dict[str, Any]:
    """`note` and `go_on` are from the address: they add a sentence or a step, and never change which page it is."""
    page, attempt = sight.page, sight.attempt
    saves_card = order.kind == Kind.SAVE_CARD
    agreed = agreement_of(order)
    free = agreed is not None and not order.amount_minor  # nothing is due at the beginning
    unsure = _may_have_been_charged(order, sight)
    context: dict[str, Any] = {
        "order": order,
        "shop": order.shop,
        "look": look_of(order.shop),
        "page": str(page),
        "title": title_of(page, saves_card=saves_card, free=free and not unsure),
        "agreed_on": agreed,
        "begins": _begins(agreed, page),
        "is_agreed": page in MONEY or page is Page.FURTHER,  # before, it is what is going to be
        "free": free,
        "sight": sight,
        "attempt": attempt,
        "saves_card": saves_card,
        "lines": lines_of(order),
        "languages": _other_languages(order),
        "back_url": order.return_url or order.shop.return_url,
        "note": _note(sight, note),
        "refresh": page in WAITING,
        "follow": _follow(sight),
        "timed": page in TIMED,
        "seconds_left": max(int((order.expires_at - timezone.now()).total_seconds()), 1),
        "extendable": _can_have_more_time(order),
        "may_end_before": page in TIMED and attempt is not None and may_end_before(order, attempt),
        "is_test": attempt is not None and not attempt.account.live,
        "unsure": unsure,
    }
    if page in {Page.CHOOSE, Page.FAILED, Page.INTERRUPTED}:
        context |= _ways(order, sight)
    if page is Page.INTERRUPTED and attempt is not None:
        context["given_back"] = attempt.timeline.filter(code="payment.given_back").exists()
    if page is Page.FAILED and attempt is not None:
        context["why"], context["advice"] = decline_of(attempt.decline_reason)
    if page is Page.WIDGET:
        context["page_link"] = title_of(Page.ONWARD, saves_card=saves_card)
    if page in BUSY and attempt is not None:
        context["show"] = attempt.show
        context["go_on"] = go_on
        options = options_for(order)
        context["has_other_ways"] = has_other_ways(options, attempt)
        context["page_instead"] = page is Page.WIDGET and page_instead(options, attempt)
    if page in MONEY and attempt is not None:
        parts = list(attempt.tenders.all())
        names = names_of([(part.partner, part.method) for part in parts])
        context["tenders"] = [
            (name, Money(part.authorized_minor, attempt.currency))
            for name, part in zip(names, parts, strict=True)
        ]
    return context


def _begins(agreed: AgreedOn | None, page: Page) -> str:
    """When is the order's amount due that begins an agreement? "today", until it is a thing of the past."""
    if agreed is None or agreed.further:
        return ""
    return "first" if page in MONEY | CLOSED else "today"


def lines_of(order: Order) -> list[Line]:
    return [
        Line(item["name"], item["quantity"], Money(item["unit_price"] * item["quantity"], order.currency))
        for item in order.items
    ]


def _ways(order: Order, sight: Sight) -> dict[str, Any]:
    """What may be pressed: the same again, and everything else."""
    options = options_for(order)
    attempt = sight.attempt
    again = same_again(options, attempt) if attempt else None
    others = [option for option in options if option is not again]
    if attempt is not None and attempt.is_open and is_only_way(attempt):
        others = []
    agreed_again = order.keep_card and again is not None and again.keeps
    return {
        "again": again,
        "options": others,
        "can_keep": any(option.can_keep for option in others),
        # Said once: where the first of the buttons is that it is true of.
        "agreed": order.keep_card and not agreed_again and any(option.keeps for option in others),
        "agreed_again": agreed_again,
        "is_test": bool(options) and not any(option.account.live for option in options),
    }


def _follow(sight: Sight) -> str:
    """When is the open page drawn anew? A shopper who types, or is elsewhere, is left alone until the attempt is over;
    who reads what became of an attempt that may still end otherwise is told of any change."""
    if sight.page in WAITING:
        return "change"
    if not sight.attempt_is_open:
        return ""
    # Nothing is typed beside a link, and what is owed by it may be changed.
    return "end" if sight.page in BUSY - {Page.LINK} else "change"


def _note(sight: Sight, name: str) -> Any:
    """Said only while it is still true."""
    if name == "unreached" and not sight.attempt_is_open:
        return ""
    if name == "choose" and sight.page not in {Page.CHOOSE, Page.FAILED, Page.INTERRUPTED}:
        return ""
    if name == "changed" and sight.page not in TIMED:
        return ""
    return NOTES.get(name, "")


def _can_have_more_time(order: Order) -> bool:
    """Would one more hold from now be any? An order that waits for days has more than that already."""
    more = timezone.now() + timedelta(minutes=order.shop.hold_minutes)
    return order.extensions < MAX_EXTENSIONS and order.expires_at < more


def _may_have_been_charged(order: Order, sight: Sight) -> bool:
    """An attempt that may not be followed by another could have moved money: "nothing was charged" is not said."""
    if sight.page not in {Page.CANCELED, Page.EXPIRED, Page.OVERDUE}:
        return False
    unsure = order.payments.filter(may_retry=False).exists()
    return unsure or (sight.attempt is not None and sight.attempt.state == State.PENDING)
