"""Which page is true of an order now? Told from the rows alone, so that Back, reload and a second tab all agree."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from django.utils import timezone

from checkout.models import Order, Payment
from checkout.states import OrderState, State
from providers.base import Claim


class Page(StrEnum):
    CHOOSE = "choose"  # no attempt yet
    WIDGET = "widget"  # the provider's form, in our page
    ONWARD = "onward"  # the provider's own page is next
    LINK = "link"  # the provider's link is next
    DESK = "desk"  # the merchant takes the payment by phone
    FURTHER = "further"  # an agreement's further payment, which nobody pays here
    MOMENT = "moment"  # the provider is being asked to open the attempt
    CHECKING = "checking"  # it may be paid: nobody knows yet
    INTERRUPTED = (
        "interrupted"  # the shopper left the provider, or the attempt came to nothing without a refusal
    )
    FAILED = "failed"  # refused, whether or not the provider lets the same attempt be tried again
    BLOCKED = "blocked"  # a further attempt could charge twice
    OVERDUE = "overdue"  # the hold is over, and the order is about to be closed
    PAID = "paid"
    AUTHORIZED = "authorized"
    REFUNDED = "refunded"
    CANCELED = "canceled"
    EXPIRED = "expired"


# A shopper may act here, so the deadline is shown and may be moved.
TIMED = frozenset({Page.CHOOSE, Page.WIDGET, Page.ONWARD, Page.LINK, Page.INTERRUPTED, Page.FAILED})
# Nothing to do but wait: the page asks by itself, and is drawn anew at any change.
WAITING = frozenset({Page.MOMENT, Page.CHECKING, Page.OVERDUE, Page.DESK})
# The shopper is busy elsewhere or typing: the page is drawn anew only when the attempt is over.
BUSY = frozenset({Page.WIDGET, Page.ONWARD, Page.LINK})
MONEY = frozenset({Page.PAID, Page.AUTHORIZED, Page.REFUNDED})
CLOSED = frozenset({Page.CANCELED, Page.EXPIRED})

# How long a browser's "success" is worth a page of its own when the provider knows nothing of it.
CLAIM_IS_LOOKED_INTO = timedelta(minutes=1)

_SHOWS = {"widget": Page.WIDGET, "redirect": Page.ONWARD, "link": Page.LINK}


@dataclass(frozen=True)
class Sight:
    """The page, and the attempt it speaks of: the paying one, else the latest."""

    page: Page
    attempt: Payment | None
    version: str  # another one means: the page would be drawn otherwise

    @property
    def attempt_is_open(self) -> bool:
        return self.attempt is not None and self.attempt.is_open


def sight_of(order: Order) -> Sight:
    attempt = order.paying_attempt() or order.open_attempt() or order.latest_attempt()
    page = _page(order, attempt)
    parts = [page, order.state, "!" if order.attention else "", str(order.amount_minor)]
    if attempt is not None:
        parts += [str(attempt.number), attempt.state, attempt.claim, attempt.decline_reason]
        parts += [str(attempt.refunded_minor)]
    return Sight(page, attempt, "~".join(parts))


def _page(order: Order, attempt: Payment | None) -> Page:
    if attempt is not None and attempt.has_money:
        return Page(attempt.state)
    if order.agreement_id is not None:
        return Page.FURTHER
    if order.state in {OrderState.CANCELED, OrderState.EXPIRED}:
        return Page(order.state)
    if attempt is not None and attempt.is_open:
        return _open(order, attempt)
    if attempt is not None and not attempt.may_retry:
        return Page.BLOCKED
    if order.is_past_hold():
        return Page.OVERDUE
    if attempt is None:
        return Page.CHOOSE
    return Page.FAILED if attempt.state == State.FAILED else Page.INTERRUPTED


def _open(order: Order, attempt: Payment) -> Page:
    if attempt.state == State.CREATED:
        return Page.DESK if attempt.desk else Page.MOMENT
    if attempt.state == State.PENDING or (attempt.claim == Claim.SUCCESS and not _is_refuted(attempt)):
        return Page.CHECKING
    if attempt.desk:
        return Page.DESK  # its form is the merchant's: what is not locked there could be changed
    if order.is_past_hold():
        return Page.OVERDUE
    if attempt.claim == Claim.FAILURE and attempt.decline_reason:
        return Page.FAILED  # refused within the provider's own page, where the attempt may be tried again
    if attempt.claim in {Claim.CANCEL, Claim.FAILURE}:
        return Page.INTERRUPTED
    return _SHOWS.get(attempt.show.get("kind", ""), Page.CHECKING)


def _is_refuted(attempt: Payment) -> bool:
    """Did the browser claim success a while ago, and the provider say otherwise? Then the form is shown again: it is
    the same attempt's, so nothing can be paid twice through it."""
    if attempt.claimed_at is None or timezone.now() - attempt.claimed_at < CLAIM_IS_LOOKED_INTO:
        return False
    return attempt.timeline.filter(code="payment.claim_false").exists()
