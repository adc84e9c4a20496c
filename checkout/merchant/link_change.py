"""How does the merchant give an order another amount or more time, and what becomes of what is out?"""

from datetime import datetime
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, ngettext
from unfold.widgets import UnfoldAdminTextInputWidget

from checkout.merchant.action import Action, Asked, Said, acting, done, noted, refused, unsure
from checkout.merchant.link_form import SENSIBLE, complain_of_until, to_the_minute, until_field
from checkout.merchant.link_rows import links_of, pending_change, so_many_of_ours
from checkout.merchant.payment_actions import read_amount
from checkout.merchant.shown import provider_name
from checkout.models import Invitation, Order
from checkout.payments.change import NotChanged, change
from checkout.payments.timeline import Who
from checkout.payments.wanted import wish_of
from checkout.states import HELD_STATES, OrderState, State
from checkout.templatetags.guichet import money as money_text
from checkout.templatetags.guichet import plain_moment
from checkout.wording import reason, worded
from providers.base import Kind
from providers.money import Money


def can_change(order: Order) -> bool:
    if order.state != OrderState.OPEN or order.agreement_id is not None:
        return False
    return not order.payments.filter(state__in=HELD_STATES).exists()


class ChangeForm(Asked):
    """`seen` is what the form was drawn with: what the merchant left as it was, is left as it is by now."""

    amount = forms.CharField(
        label=gettext_lazy("Amount"),
        max_length=20,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    until = until_field(
        gettext_lazy("Payable until (UTC)"), gettext_lazy("Until then the order waits for its payment.")
    )
    seen = forms.CharField(widget=forms.HiddenInput, max_length=60)

    def __init__(self, *args: Any, row: Order, **kwargs: Any) -> None:
        super().__init__(*args, row=row, **kwargs)
        until = row.expires_at if not row.is_past_hold() else timezone.now() + SENSIBLE
        self.fields["amount"].initial = str(row.money.decimal)
        self.fields["amount"].help_text = _("In %(currency)s.") % {"currency": row.currency}
        self.fields["until"].initial = to_the_minute(until)
        self.fields["seen"].initial = f"{row.amount_minor} {to_the_minute(row.expires_at).isoformat()}"
        if row.kind != Kind.ONE_OFF:  # what is agreed fixes its amount
            del self.fields["amount"]

    def clean_amount(self) -> Money:
        try:
            return read_amount(self.cleaned_data["amount"], self.row.currency)
        except ValueError as why:
            raise forms.ValidationError(str(why)) from None

    def clean(self) -> dict[str, Any]:
        typed = self.cleaned_data
        if "seen" not in typed:
            raise forms.ValidationError(_("This form is too old. Open it again."))
        minor, _space, end = typed["seen"].partition(" ")
        money, until = typed.get("amount"), typed.get("until")
        typed["money"] = None if money is None or str(money.minor) == minor else money
        typed["expires_at"] = None if until is None or until.isoformat() == end else until
        if typed["expires_at"] and (why := complain_of_until(typed["expires_at"])):
            self.add_error("until", why)
        elif until is not None and typed["expires_at"] is None and self.row.is_past_hold():
            self.add_error("until", _("That time is over."))
        if not self.errors and typed["money"] is None and typed["expires_at"] is None:
            if not pending_change(self.row):
                raise forms.ValidationError(_("Nothing here is different: the order is as it was."))
            typed["money"] = self.row.money  # what its provider was asked for is taken back
        return typed


# --- what will happen ------------------------------------------------------------------------------------------------


def of_the_attempt(order: Order, *, given_up: bool) -> list[str]:
    """`given_up`: whatever its provider can change, the attempt makes room for another."""
    attempt = order.open_attempt()
    if attempt is None:
        return []
    about = {"number": attempt.number, "provider": provider_name(attempt.account)}
    link = Invitation.objects.filter(payment=attempt).first()
    follows = attempt.state == State.STARTED and attempt.account.provider_class.can("update")
    if follows and not given_up:
        told = [_("Attempt %(number)s is open: %(provider)s is told of the change first.") % about]
        if wish_of(attempt) is not None:
            told.append(
                _("What %(provider)s was asked for before and has not confirmed is replaced by it.") % about
            )
        if link is not None:
            told.append(
                _("The link that %(provider)s opened for it stays good, with what is owed then.") % about
            )
        return told
    told = [
        _("Attempt %(number)s is open: it is given up at %(provider)s first. If money has come, the order becomes "
          "paid instead.") % about
    ]  # fmt: skip
    if link is not None:
        told.append(_("Nothing can be paid any more by the link that %(provider)s opened for it.") % about)
    return told


def of_the_links(order: Order) -> list[str]:
    n = so_many_of_ours(links_of(order))
    if not n:
        return []
    return [
        ngettext(
            "%(n)s link of ours is out: it leads to the order’s page, which shows what is owed then. An e-mail that "
            "was sent still says what it said.",
            "%(n)s links of ours are out: they lead to the order’s page, which shows what is owed then. An e-mail "
            "that was sent still says what it said.",
            n,
        )
        % {"n": n}
    ]


def _explain(order: Order, typed: dict[str, Any]) -> list[str]:
    if not typed:
        told = [
            _("The order is over %(money)s and payable until %(until)s.")
            % {"money": money_text(order.money), "until": plain_moment(order.expires_at)}
        ]
        if pending := pending_change(order):
            told.append(pending)
        return [*told, *of_the_attempt(order, given_up=False), *of_the_links(order)]
    money: Money | None = typed["money"]
    until: datetime | None = typed["expires_at"]
    told = []
    if money == order.money:
        told.append(_("The order stays over %(money)s.") % {"money": money_text(order.money)})
    elif money is not None:
        told.append(
            _("The order is over %(money)s then; it was %(before)s.")
            % {"money": money_text(money), "before": money_text(order.money)}
        )
        if order.items:
            told.append(_("Its items go: they add up to the old amount."))
    if until is not None:
        told.append(
            _("It is payable until %(until)s then; it was until %(before)s.")
            % {"until": plain_moment(until), "before": plain_moment(order.expires_at)}
        )
    return [*told, *of_the_attempt(order, given_up=False), *of_the_links(order)]


# --- what is done ----------------------------------------------------------------------------------------------------


def _change(request: HttpRequest, order: Order, typed: dict[str, Any]) -> Said:
    try:
        after = change(
            order,
            money=typed["money"],
            expires_at=typed["expires_at"],
            who=Who.MERCHANT,
            user=acting(request),
        )
    except NotChanged as why:
        return _not_changed(order, why)
    return done(
        _("The order is over %(money)s now, payable until %(until)s.")
        % {"money": money_text(after.money), "until": plain_moment(after.expires_at)}
    )


def _not_changed(order: Order, why: NotChanged) -> Said:
    now = Order.objects.get(pk=order.pk)
    if now.state == OrderState.PAID:
        return unsure(_("Money had come before: the order is paid, and was not changed."))
    if pending := pending_change(now):
        return unsure(pending)
    if now.state != OrderState.OPEN:
        state = {"state": now.get_state_display()}
        return noted(_("The order is %(state)s by now, and was not changed.") % state)
    return refused(worded(gettext_noop("The order was not changed: %(why)s"), why=reason(why)))


CHANGE = Action(
    name="change",
    label=gettext_lazy("Change the order"),
    offered=can_change,
    explain=_explain,
    do=_change,
    form=ChangeForm,
    confirm=True,
)
