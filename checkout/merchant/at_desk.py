"""For which orders can a form at the desk be opened, by which accounts, and what became of one that was?

The desk is where the merchant takes a payment for a customer on the phone: on the provider's own form, which the
provider fills in with what we send, and which is given back to us at an address of ours.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from checkout.merchant.action import Action, Said, acting, done, noted, refused, unsure
from checkout.merchant.scope import limit
from checkout.merchant.shown import provider_name
from checkout.models import Account, Order, Payment, Shop
from checkout.models.order import KINDS
from checkout.payments.attention import why_called
from checkout.payments.cancel import cancel_attempt
from checkout.payments.recover import being_started
from checkout.payments.retype import can_retype
from checkout.payments.timeline import Who
from checkout.states import HELD_STATES, OrderState, State
from checkout.templatetags.guichet import money as money_text
from providers import PROVIDERS, provider_class
from providers.base import Kind

MAY_OPEN = ("checkout.take_by_phone",)
MAY_MAKE = ("checkout.take_by_phone", "checkout.add_order")


def may_make(request: HttpRequest) -> bool:
    """May this person take a payment by phone for a new order, and is there an account that can?"""
    return request.user.has_perms(MAY_MAKE) and bool(accounts_of(acting(request)))


def accounts_of(user: User) -> list[Account]:
    """Those at whose desks this person may sit."""
    return list(limit(_able(), user))


def desk_accounts(shop: Shop) -> list[Account]:
    return list(_able().filter(shop=shop))


def _able() -> QuerySet[Account]:
    able = [slug for slug in PROVIDERS if provider_class(slug).desk]
    return Account.objects.filter(enabled=True, provider__in=able).select_related("shop")


def kinds_of(account: Account) -> list[Kind]:
    """What can be taken by phone. A card that is only kept for later is not: no form at the desk is for that."""
    kinds = account.provider_class.kinds
    return [Kind(value) for value, _label in KINDS if Kind(value) in kinds and value != Kind.SAVE_CARD]


def accounts_for(order: Order) -> list[Account]:
    """Where the order stays as it is, only an account that takes its kind; else any: its kind can be changed."""
    free = can_retype(order)
    return [
        one for one in desk_accounts(order.shop) if kinds_of(one) and (free or order.kind in kinds_of(one))
    ]


def can_open(order: Order) -> bool:
    """Could an attempt begin now, and is there an account to begin it at the desk?"""
    if order.state != OrderState.OPEN or order.is_past_hold() or order.open_attempt() is not None:
        return False
    # A further payment of an agreement is asked for without any form; a card for later moves no money.
    if order.agreement_id is not None or order.kind == Kind.SAVE_CARD:
        return False
    latest = order.latest_attempt()
    if latest is not None and not latest.may_retry:
        return False
    return not order.payments.filter(state__in=HELD_STATES).exists() and bool(accounts_for(order))


# --- an attempt that is open at the desk ---------------------------------------------------------------------------


@dataclass(frozen=True)
class AtDesk:
    """What an order's page tells of it."""

    payment: Payment
    provider: str
    user: User | None  # who opened it
    page: str  # where the way to the provider's form is

    @property
    def filled_in(self) -> bool:
        """Nobody is to fill it in once more: it could be paid twice."""
        return self.payment.state == State.PENDING


def at_desk(order: Order) -> AtDesk | None:
    payment = order.payments.filter(pk__in=_open(order)).select_related("account").first()
    if payment is None:
        return None
    told = order.timeline.filter(payment=payment, code="payment.at_desk").select_related("user").first()
    return AtDesk(payment, provider_name(payment.account), told.user if told else None, page_of(payment))


def _open(order: Order) -> list[int]:
    attempt = order.open_attempt()
    return [attempt.pk] if attempt is not None and attempt.desk else []


def page_of(payment: Payment) -> str:
    return reverse("admin:checkout_order_desk_opened", args=[payment.order_id, payment.request_key])


def form_address(payment: Payment) -> str:
    """Where the provider's form is, for a link: "" when there is none, or none that a link leads to."""
    show = payment.show
    url = str(show.get("url", "")) if show.get("method", "GET") == "GET" else ""
    return url if urlsplit(url).scheme in ("https", "http") else ""


def outcome(payment: Payment) -> Said:
    """What is true of it, for the person at the desk."""
    about = {
        "money": money_text(payment.money),
        "provider": provider_name(payment.account),
        "state": payment.get_state_display(),
        "why": (payment.decline_message or payment.decline_code or "–").rstrip("."),
    }
    if payment.state in {State.PAID, State.AUTHORIZED} and not payment.money:
        return done(_("Done: it is agreed, and nothing was due today."))
    if payment.state == State.PAID:
        return done(_("Paid: %(money)s.") % about)
    if payment.state == State.AUTHORIZED:
        return done(_("Reserved: %(money)s. It is captured from the payment's page.") % about)
    if payment.state == State.FAILED:
        return refused(_("Refused, nothing was charged: %(why)s.") % about)
    if payment.state == State.CANCELED:
        return _canceled(payment)
    if payment.state == State.EXPIRED:
        return noted(_("The form at %(provider)s has run out; nothing was charged.") % about)
    if payment.state == State.PENDING and (why := _why_a_person(payment)):
        return unsure(_("Nothing is taken as paid yet. A person has to look: %(why)s") % {"why": why})
    if payment.state == State.PENDING:
        return noted(
            _("%(provider)s says that the payment is under way. The timeline will say how it ends.") % about
        )
    if payment.state == State.STARTED:
        return _with_way_back(
            payment, _("The form at %(provider)s is still open; nothing was paid yet.") % about
        )
    if payment.state == State.CREATED:
        return unsure(_("Nobody knows yet whether %(provider)s has opened the form. It is asked until it is known.")
                      % about)  # fmt: skip
    return noted(_("The payment of %(money)s is %(state)s.") % about)


def _canceled(payment: Payment) -> Said:
    """Its form may have lived on."""
    if not payment.may_retry and (why := _why_a_person(payment)):
        told = _("It was canceled here, and paid on the form after all. A person has to look: %(why)s")
        return unsure(told % {"why": why})
    if payment.timeline.filter(code="payment.given_back").exists():
        return noted(_("Canceled: what was paid on the form has been given back."))
    return noted(_("Canceled, nothing was charged."))


def _why_a_person(payment: Payment) -> str:
    """What was paid on the form is not what was asked for, say."""
    return why_called([Order.objects.get(pk=payment.order_id)]).get(payment.order_id, "")


def unanswered(payment: Payment) -> Said:
    if payment.state == State.CREATED:
        return outcome(payment)
    about = {"provider": provider_name(payment.account)}
    text = _("%(provider)s could not be asked whether it was paid. It is asked until it is known.") % about
    return _with_way_back(payment, text) if payment.is_open else unsure(text)


def _with_way_back(payment: Payment, text: str) -> Said:
    way = format_html('{} <a class="underline" href="{}">{}</a>', text, page_of(payment), _("Go to the form"))
    return unsure(way)


# --- to give it up ---------------------------------------------------------------------------------------------------


def _explain_leave(order: Order, typed: dict[str, object]) -> list[str]:
    found = at_desk(order)
    if found is None:
        return []
    about = {
        "provider": found.provider,
        "number": found.payment.number,
        "money": money_text(found.payment.money),
    }
    if found.payment.account.provider_class.can("cancel"):
        return [
            _(
                "%(provider)s is told that attempt %(number)s over %(money)s is given up; if money has come, the order "
                "becomes paid."
            )
            % about,
            _("The order stays open and can be paid in another way."),
        ]
    return [
        _("%(provider)s is asked about attempt %(number)s over %(money)s first; if money has come, the order becomes "
          "paid.") % about,
        _("The form itself cannot be closed from here: whoever still has it open could pay there. Money that comes "
          "later is counted, so close the form before you take the payment in another way."),
    ]  # fmt: skip


def _leave(request: HttpRequest, order: Order, typed: dict[str, object]) -> Said:
    found = at_desk(order)
    if found is None:
        latest = order.payments.exclude(desk={}).select_related("account").order_by("-number").first()
        return outcome(latest) if latest else noted(_("No form is open at the desk."))
    left = cancel_attempt(found.payment, give_up=False, who=Who.MERCHANT, user=acting(request))
    if not left.is_open:
        return outcome(left)
    if being_started(left):
        return unsure(_("The form is being opened at this moment. Try again in two minutes."))
    return unsure(
        _(
            "%(provider)s could not be asked, or says that money is under way; the form stays open. See the timeline."
        )
        % {"provider": found.provider}
    )


LEAVE = Action(
    name="leave_desk",
    label=gettext_lazy("Give up the form at the desk"),
    offered=lambda order: at_desk(order) is not None,
    explain=_explain_leave,
    do=_leave,
    needs=MAY_OPEN[0],
    tone="danger",
)
