"""What may the merchant do about an order? Each ends in a sentence about what is true afterwards."""

import secrets
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from unfold.widgets import UnfoldAdminTextareaWidget

from checkout.merchant.action import (
    HARMLESS,
    Action,
    AsItIsNow,
    AskAgain,
    Asked,
    Said,
    acting,
    done,
    noted,
    refused,
    unsure,
)
from checkout.merchant.asking import ask_about
from checkout.merchant.at_desk import LEAVE
from checkout.merchant.charges import ON_ORDER
from checkout.merchant.desk import TAKE
from checkout.merchant.link_change import CHANGE
from checkout.merchant.shown import provider_name
from checkout.models import Order
from checkout.payments.attention import why_called
from checkout.payments.cancel import give_up, lives_on_until
from checkout.payments.locks import order_lock
from checkout.payments.orders import mark_of, mark_seen
from checkout.payments.recover import being_started
from checkout.payments.reopen import NotReopenable, can_reopen, reopen
from checkout.payments.timeline import Who, tell
from checkout.states import HELD_STATES, OrderState
from checkout.templatetags.guichet import money as money_text
from checkout.templatetags.guichet import plain_moment
from checkout.wording import reason, worded
from providers.errors import ProviderError

# The attempts of an order that may still have something to tell; a person waits for the answers.
_ASK_AT_MOST = 3


def can_cancel(order: Order) -> bool:
    return order.state == OrderState.OPEN and not order.payments.filter(state__in=HELD_STATES).exists()


# --- ask ---------------------------------------------------------------------------------------------------------


def _explain_ask(order: Order, typed: dict[str, Any]) -> list[str]:
    return [
        _(
            "The providers of this order's latest attempts are asked what is true. Nothing is sent but questions."
        )
    ]


def _ask(request: HttpRequest, order: Order, typed: dict[str, Any]) -> Said:
    attempts = order.payments.select_related("order", "account").order_by("-number")[:_ASK_AT_MOST]
    answers = [ask_about(payment) for payment in attempts]
    if not answers:
        return noted(_("There is no attempt to ask about."))
    worst = max(answers, key=lambda said: said.level)
    return Said(worst.level, " ".join(said.text for said in answers))


# --- cancel ------------------------------------------------------------------------------------------------------


def _explain_cancel(order: Order, typed: dict[str, Any]) -> list[str]:
    told = [
        _("The order over %(money)s is canceled: it can no longer be paid.")
        % {"money": money_text(order.money)}
    ]
    attempt = order.open_attempt()
    if attempt is not None:
        told.append(
            _(
                "Attempt %(number)s over %(money)s is open. %(provider)s is told first; if money has come, the order "
                "becomes paid."
            )
            % {
                "number": attempt.number,
                "money": money_text(attempt.money),
                "provider": provider_name(attempt.account),
            }
        )
    return told


def _cancel(request: HttpRequest, order: Order, typed: dict[str, Any]) -> Said:
    order = give_up(order, who=Who.MERCHANT, user=acting(request))
    if order.state == OrderState.CANCELED:
        return _canceled(order)
    if order.state == OrderState.PAID:
        return unsure(_("Money had come before: the order is paid. Refund it if it is not wanted."))
    if order.state == OrderState.EXPIRED:
        return noted(_("The order had run out already."))
    if order.payments.filter(state__in=HELD_STATES).exists():
        return unsure(_("Money is authorised for this order: it stays open. Void the payment first."))
    attempt = order.open_attempt()
    if attempt is not None and being_started(attempt):
        return unsure(
            _("An attempt is being opened at this moment; the order stays open. Try again in two minutes.")
        )
    return unsure(
        _(
            "The provider could not be asked, or says that money is under way; the order stays open. See the timeline."
        )
    )


def _canceled(order: Order) -> Said:
    latest = order.latest_attempt()
    until = lives_on_until(latest) if latest else None
    if latest is None or until is None:
        return done(_("The order is canceled."))
    about = {
        "number": latest.number,
        "provider": provider_name(latest.account),
        "until": plain_moment(until),
    }
    return unsure(
        _("The order is canceled, but %(provider)s cannot close attempt %(number)s at once: it can still be paid until "
          "%(until)s. If money comes, the order becomes paid, and you are called.") % about
    )  # fmt: skip


# --- reopen ------------------------------------------------------------------------------------------------------


def _explain_reopen(order: Order, typed: dict[str, Any]) -> list[str]:
    latest = order.latest_attempt()
    told = [
        _("The order over %(money)s becomes payable again for %(minutes)s minutes.")
        % {"money": money_text(order.money), "minutes": order.shop.hold_minutes}
    ]
    if latest is not None and not latest.may_retry:
        told.append(
            _("The last attempt was blocked because a further one could charge twice. Look at the provider's own "
              "record first: if it holds the money there, do not reopen.")
        )  # fmt: skip
    if latest is not None and latest.account.provider_class.can("reopen"):
        told.append(
            _("%(provider)s is told to reopen its own order first.")
            % {"provider": provider_name(latest.account)}
        )
    return told


def _reopen(request: HttpRequest, order: Order, typed: dict[str, Any]) -> Said:
    try:
        reopen(order, user=acting(request))
    except NotReopenable:
        order.refresh_from_db()
        if order.state == OrderState.OPEN and not order.is_past_hold():
            return noted(_("The order is open already."))
        return refused(_("The order cannot be reopened: it is paid, or an attempt is under way."))
    except ProviderError as why:
        text = gettext_noop(
            "The provider's own order could not be reopened: %(why)s Nothing was changed here."
        )
        return refused(worded(text, why=reason(why)))
    return done(_("The order can be paid again. Send the shopper its payment link."))


# --- seen, note --------------------------------------------------------------------------------------------------


def _explain_seen(order: Order, typed: dict[str, Any]) -> list[str]:
    return [
        _("The flag comes down; the timeline keeps what it said: %(why)s")
        % {"why": why_called([order]).get(order.pk, "")}
    ]


class SeenForm(Asked):
    """`read`: a mark of what the flag said on the page that was read. It may say more by the time of the click."""

    read = forms.CharField(widget=AsItIsNow, required=False)

    def __init__(self, *args: Any, row: Order, **kwargs: Any) -> None:
        super().__init__(*args, row=row, **kwargs)
        self.fields["read"].widget.now = mark_of(row)


def _seen(request: HttpRequest, order: Order, typed: dict[str, Any]) -> Said | AskAgain:
    if not mark_seen(order, user=acting(request), read=typed["read"]):
        return AskAgain(
            _("Nothing was done: by now the flag says more than you had read. This is all of it.")
        )
    return done(_("Marked as seen."))


class NoteForm(Asked):
    text = forms.CharField(
        label=gettext_lazy("Note"),
        max_length=300,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=gettext_lazy(
            "Goes into the timeline under your name, and stays there. At most 300 characters."
        ),
    )
    once = forms.RegexField(
        r"^[0-9a-f]{32}$", widget=forms.HiddenInput, initial=lambda: secrets.token_hex(16)
    )


def _explain_note(order: Order, typed: dict[str, Any]) -> list[str]:
    return []


def _note(request: HttpRequest, order: Order, typed: dict[str, Any]) -> Said:
    with order_lock(order.pk) as locked:
        # The same form a second time is a double click, not a second note.
        if not locked.timeline.filter(code="order.note", data__once=typed["once"]).exists():
            tell(
                locked,
                "order.note",
                who=Who.MERCHANT,
                user=acting(request),
                text=typed["text"],
                once=typed["once"],
            )
    return done(_("The note is in the timeline."))


def _may_have_news(order: Order) -> bool:
    return order.payments.exists()


ACTIONS = (
    Action(
        name="seen",
        label=gettext_lazy("Mark as seen"),
        offered=lambda order: bool(order.attention),
        explain=_explain_seen,
        do=_seen,
        needs=HARMLESS,
        form=SeenForm,
    ),
    Action(
        name="ask",
        label=gettext_lazy("Ask the provider again"),
        offered=_may_have_news,
        explain=_explain_ask,
        do=_ask,
        needs=HARMLESS,
    ),
    Action(
        name="reopen",
        label=gettext_lazy("Reopen"),
        offered=can_reopen,
        explain=_explain_reopen,
        do=_reopen,
        tone="main",
    ),
    ON_ORDER,
    TAKE,
    LEAVE,
    CHANGE,
    Action(
        name="note",
        label=gettext_lazy("Add a note"),
        offered=lambda order: True,
        explain=_explain_note,
        do=_note,
        needs=HARMLESS,
        form=NoteForm,
    ),
    Action(
        name="cancel",
        label=gettext_lazy("Cancel the order"),
        offered=can_cancel,
        explain=_explain_cancel,
        do=_cancel,
        tone="danger",
    ),
)
