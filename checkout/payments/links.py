"""How does a customer get a link to pay? Ours, to copy or by e-mail; or a provider's, opened and sent by an attempt."""

from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.dispatch import Signal
from django.utils import timezone

from checkout.models import Account, Invitation, Order, Payment
from checkout.payments.border import charge_for, invitation_charge, provider_for
from checkout.payments.cancel import cancel_attempt
from checkout.payments.locks import order_lock
from checkout.payments.settle import not_answered
from checkout.payments.start import NotPayable, open_attempt_for
from checkout.payments.sweep import LEASE
from checkout.payments.texts import fit
from checkout.payments.timeline import Weight, Who, tell
from checkout.states import HELD_STATES, OrderState, State
from providers.errors import FieldError, Misconfigured, ProviderError

# Sent after the commit with `invitation_id`: an e-mail of ours is to go.
to_send = Signal()
_SEND_AT_MOST = 10  # a customer is not to be flooded, whoever presses


class NotSent(Exception):
    """No link was made or sent; `str()` says why, `errors` what of the request is to be mended."""

    def __init__(self, why: str, errors: tuple[FieldError, ...] = ()) -> None:
        super().__init__(why)
        self.errors = errors


def invite(
    order: Order,
    *,
    channel: str,
    account: Account | None = None,
    to: str = "",
    subject: str = "",
    text: str = "",
    language: str = "",
    key: str = "",
    who: str,
    user: User | None = None,
) -> tuple[Invitation, bool]:
    """Make a link to pay `order`, and have it sent. `account`: a provider's own link, by one of its channels; else
    ours, to copy or by e-mail. The second value is False when `key` has made it before. NotSent when it cannot be.

    With a provider this takes as long as it takes to answer: what came of it is in the invitation's payment.
    """
    asked = Invitation(
        order=order,
        channel=channel,
        to=fit(to, 254),
        subject=fit(subject, 150),
        text=fit(text, 5000),
        language=language or order.language,
        request_key=key,
        requested_by=user,
    )
    if known := _made_before(order, asked):
        return known, False
    if account is None:
        return _ours(order, asked, who=who, user=user)
    return _theirs(order, account, asked, who=who, user=user)


def _made_before(order: Order, asked: Invitation) -> Invitation | None:
    known = order.invitations.filter(request_key=asked.request_key).first() if asked.request_key else None
    if known is not None and (known.channel, known.to) != (asked.channel, asked.to):
        raise NotSent("This key was used for another link.")
    return known


def _ours(order: Order, asked: Invitation, *, who: str, user: User | None) -> tuple[Invitation, bool]:
    if asked.channel not in {Invitation.COPY, Invitation.EMAIL}:
        raise NotSent("A link of ours is copied or sent by e-mail.", (("channel", "is a provider's"),))
    if asked.channel == Invitation.EMAIL and not asked.to:
        raise NotSent("An e-mail needs an address.", (("to", "an e-mail address is needed"),))
    with order_lock(order.pk) as locked:
        if known := _made_before(locked, asked):
            return known, False
        _must_be_payable(locked)
        asked.order = locked
        if asked.channel == Invitation.COPY:
            asked.state, asked.sent_at = Invitation.State.SENT, timezone.now()
        else:
            _must_be_few(locked)
            asked.next_try_at = timezone.now() + LEASE
        asked.save()
        _tell_made(locked, asked, who=who, user=user)
        if asked.channel == Invitation.EMAIL:
            _send_soon(asked)
    return asked, True


def _send_soon(invitation: Invitation) -> None:
    transaction.on_commit(lambda: to_send.send(sender=Invitation, invitation_id=invitation.pk), robust=True)


def _theirs(
    order: Order, account: Account, asked: Invitation, *, who: str, user: User | None
) -> tuple[Invitation, bool]:
    try:
        provider = provider_for(account)
    except Misconfigured as why:
        raise NotSent(str(why)) from None
    if asked.channel not in provider.sends_by():
        raise NotSent(
            f"{account.name} sends nothing by {asked.channel}.",
            (("channel", "is not one of this account's"),),
        )
    charge = invitation_charge(order, account, asked)
    if why_not := provider.refuses(charge):
        raise NotSent(why_not)
    if wrong := provider.complaints(charge):
        raise NotSent("; ".join(f"{field}: {problem}" for field, problem in wrong), tuple(wrong))
    # An attempt that is open elsewhere would be a second thing to pay: it is given up first, or nothing is sent.
    attempt = order.open_attempt()
    if attempt is not None and cancel_attempt(attempt, give_up=False, who=who, user=user).is_open:
        raise NotSent("Another attempt is open and cannot be given up at its provider now.")
    try:
        payment, new = open_attempt_for(order, account, asked, who=who, user=user)
    except NotPayable as why:
        raise NotSent(f"No link can be made: {why}.") from None
    made = Invitation.objects.select_related("payment", "order").get(payment=payment)
    if new:
        _take_outcome(made, payment)
    return made, new


def _take_outcome(made: Invitation, payment: Payment) -> None:
    if payment.state == State.STARTED:
        made.state, made.sent_at, made.times = Invitation.State.SENT, timezone.now(), 1
    elif payment.state == State.FAILED:
        made.state, made.error = Invitation.State.FAILED, fit(payment.decline_message, 300)
    made.save(update_fields=["state", "sent_at", "times", "error"])


def send_again(invitation: Invitation, *, who: str, user: User | None = None) -> Invitation:
    """The same message once more. NotSent when the link is good no longer, or its provider cannot."""
    with order_lock(invitation.order_id) as order:
        row = Invitation.objects.select_related("payment__account", "order").get(pk=invitation.pk)
        _must_be_payable(order)
        _must_be_few(order)
        if not row.is_good or row.channel == Invitation.COPY:
            raise NotSent("This link cannot be sent again; make a new one.")
        if row.payment is None:
            row.state, row.error, row.next_try_at = Invitation.State.NEW, "", timezone.now() + LEASE
            row.save(update_fields=["state", "error", "next_try_at"])
            _send_soon(row)
        tell(
            order,
            "link.again",
            payment=row.payment,
            who=who,
            user=user,
            channel=row.channel,
            to=row.to or "—",
        )
    if row.payment is None:
        return row
    payment = row.payment
    try:
        provider_for(payment.account, payment).update(charge_for(payment))
    except ProviderError as why:
        not_answered(payment, str(why), soon=False, code="link.not_again")
        raise NotSent(str(why)) from None
    Invitation.objects.filter(pk=row.pk).update(times=row.times + 1, sent_at=timezone.now())
    row.refresh_from_db()
    return row


def withdraw(invitation: Invitation, *, who: str, user: User | None = None) -> Invitation:
    """The link pays nothing any more. A provider's is given up there first; NotSent when it cannot be now."""
    payment = invitation.payment
    if payment is not None:
        left = cancel_attempt(payment, give_up=False, who=who, user=user)
        if left.is_open:
            raise NotSent("The provider could not withdraw the link now; it can still be paid.")
        if left.state in HELD_STATES:
            raise NotSent("It was paid before it was withdrawn.")
    with order_lock(invitation.order_id) as order:
        row = Invitation.objects.select_related("payment").get(pk=invitation.pk)
        if row.state != Invitation.State.WITHDRAWN:
            row.state, row.next_try_at = Invitation.State.WITHDRAWN, None
            row.save(update_fields=["state", "next_try_at"])
            tell(order, "link.withdrawn", payment=row.payment, who=who, user=user, channel=row.channel,
                 to=row.to or "—")  # fmt: skip
        return row


def opened(invitation: Invitation) -> None:
    """Somebody, or somebody's mail program, followed the link."""
    if invitation.opened_at is None:
        with order_lock(invitation.order_id) as order:
            if Invitation.objects.filter(pk=invitation.pk, opened_at=None).update(opened_at=timezone.now()):
                tell(
                    order, "link.opened", who=Who.SHOPPER, channel=invitation.channel, to=invitation.to or "—"
                )


def sent(invitation_id: int, *, error: str = "") -> None:
    """What became of an e-mail of ours."""
    order_id = Invitation.objects.values_list("order_id", flat=True).get(pk=invitation_id)
    with order_lock(order_id) as order:
        row = Invitation.objects.get(pk=invitation_id)
        row.next_try_at = None
        if error:
            row.state, row.error = Invitation.State.FAILED, fit(error, 300)
            tell(order, "link.not_sent", who=Who.GUICHET, weight=Weight.WARNING, channel=row.channel, to=row.to,
                 why=error)  # fmt: skip
        else:
            row.state, row.error, row.sent_at = Invitation.State.SENT, "", timezone.now()
            row.times += 1
            tell(order, "link.sent", who=Who.GUICHET, channel=row.channel, to=row.to)
        row.save(update_fields=["state", "error", "sent_at", "times", "next_try_at"])


def _must_be_payable(order: Order) -> None:
    if order.state != OrderState.OPEN or order.is_past_hold():
        raise NotSent("The order cannot be paid now: reopen it, or give it more time.")
    if order.payments.filter(state__in=HELD_STATES).exists():
        raise NotSent("The order holds money already.")


def _must_be_few(order: Order) -> None:
    if sum(order.invitations.values_list("times", flat=True)) >= _SEND_AT_MOST:
        raise NotSent(f"{_SEND_AT_MOST} messages were sent for this order; that is enough.")


def _tell_made(order: Order, made: Invitation, *, who: str, user: User | None, **more: Any) -> None:
    tell(order, "link.made", who=who, user=user, channel=made.channel, to=made.to or "—", **more)
