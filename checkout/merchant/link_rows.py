"""What does an order's page tell of its payment links: the one at hand, those that are out, and what became of them?"""

import secrets
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from checkout.merchant.link_ways import MAY_SEND, ways_for
from checkout.merchant.shown import badge, provider_name
from checkout.models import Invitation, Order
from checkout.payments.border import sends_again
from checkout.payments.links import channels_of_ours, is_payable
from checkout.payments.wanted import is_unsettled, wish_of
from checkout.states import OrderState, State
from checkout.templatetags.guichet import money as money_text
from checkout.templatetags.guichet import plain_moment

_Standing = Invitation.Standing
# Each standing in the colour of a state that is like it.
_COLOURS = {
    _Standing.ON_ITS_WAY: "pending",
    _Standing.UNKNOWN: "uncertain",
    _Standing.READY: "open",
    _Standing.SENT: "open",
    _Standing.NOT_SENT: "failed",
    _Standing.UNDER_WAY: "pending",
    _Standing.PAID: "paid",
    _Standing.FAILED: "failed",
}


@dataclass(frozen=True)
class LinkRow:
    """A line of the table. Addresses are "" where there is nothing to go to."""

    link: Invitation
    account: str
    by: str
    state: SafeString
    times: str
    page: str
    copy: str
    again: str
    withdraw: str


@dataclass(frozen=True)
class AtHand:
    """The link that can be handed over at once: the newest of ours that was made for it, else the order's own page."""

    url: str
    page: str  # where the merchant looks at it: to follow a link of ours would count as the customer's opening it
    qr: str  # the picture's address
    link: Invitation | None


def address(name: str, order: Order, *more: Any) -> str:
    return reverse(f"admin:checkout_order_link_{name}", args=[order.pk, *more])


def links_of(order: Order) -> list[Invitation]:
    rows = order.invitations.select_related("payment__account", "requested_by").defer(
        "payment__account__secrets", "payment__account__former_secrets"
    )
    found = list(rows)
    for row in found:
        row.order = order
        if row.payment is not None:
            row.payment.order = order
    return found


def at_hand(order: Order, links: list[Invitation]) -> AtHand:
    """Of an order that can be paid."""
    ours = (row for row in links if row.payment_id is None and row.channel == Invitation.COPY and row.is_good)
    link = next(ours, None)
    if link is None:
        return AtHand(order.pay_url, order.pay_url, address("own_qr", order), None)
    return AtHand(link.url, order.pay_url, address("qr", order, link.pk), link)


def can_send_again(link: Invitation) -> bool:
    if not link.is_good or link.is_handed_over:
        return False
    if link.payment is None:
        return Invitation.EMAIL in channels_of_ours() and link.state != Invitation.State.NEW
    if link.payment.state != State.STARTED or is_unsettled(link.payment):
        return False
    return sends_again(link.payment.account)


def can_withdraw(link: Invitation) -> bool:
    """Before its order is over, and before it was paid."""
    if link.state == Invitation.State.WITHDRAWN or link.order.state != OrderState.OPEN:
        return False
    return link.payment is None or link.payment.is_open


def _times_sent(link: Invitation) -> str:
    if link.times < 2:
        return ""
    return ngettext("sent %(n)s time", "sent %(n)s times", link.times) % {"n": link.times}


def _row(link: Invitation, *, may: bool, payable: bool) -> LinkRow:
    order = link.order
    good = may and link.is_good and bool(link.url)
    return LinkRow(
        link=link,
        account=link.payment.account.name if link.payment else "",
        by=link.requested_by.get_username() if link.requested_by else "",
        state=badge(_COLOURS.get(link.standing, "none"), str(link.standing.label)),
        times=_times_sent(link),
        page=address("shown", order, link.pk) if good else "",
        copy=link.url if good else "",
        again=address("again", order, link.pk) if may and payable and can_send_again(link) else "",
        withdraw=address("withdraw", order, link.pk) if may and can_withdraw(link) else "",
    )


def pending_change(order: Order) -> str:
    """What an open attempt's provider was asked for and has not confirmed, in sentences; "" when nothing is open."""
    attempt = order.open_attempt()
    wish = wish_of(attempt) if attempt else None
    if attempt is None or wish is None:
        return ""
    about = {
        "provider": provider_name(attempt.account),
        "number": attempt.number,
        "money": money_text(wish.money),
        "until": plain_moment(wish.expires_at or order.expires_at),
    }
    if wish.written:
        return _("%(provider)s was asked to keep attempt %(number)s payable until %(until)s, and has not "
                 "confirmed it. The order waits that long; the attempt may end before, and then "
                 "another one is made.") % about  # fmt: skip
    return _("%(provider)s was asked to change attempt %(number)s to %(money)s, payable until %(until)s, and has not "
             "confirmed it. What it says later decides; the order is as it was until then.") % about  # fmt: skip


def so_many_of_ours(links: list[Invitation]) -> int:
    """Those that somebody may have and pay by."""
    return sum(1 for row in links if row.payment_id is None and row.is_good)


def links_part(request: HttpRequest, order: Order) -> dict[str, Any]:
    """For the order's page. Who may not act on the order sees what became of its links, and none of them."""
    links = links_of(order)
    may = request.user.has_perms(MAY_SEND)
    payable = is_payable(order)
    hand = at_hand(order, links) if may and payable else None
    return {
        "links": [_row(link, may=may, payable=payable) for link in links],
        "at_hand": hand,
        "new_link": address("new", order) if hand else "",
        "once": secrets.token_hex(10),
        "send_link": address("send", order) if hand and ways_for(order) else "",
        "no_mail": bool(hand) and Invitation.EMAIL not in channels_of_ours(),
        "pending_change": pending_change(order),
    }
