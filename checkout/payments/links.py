"""How does a customer get a link to pay? Ours, to copy or by e-mail; or a provider's, opened and sent by an attempt."""

from collections.abc import Iterable

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Sum
from django.dispatch import Signal
from django.utils import timezone

from checkout.models import Account, Invitation, Order, Payment
from checkout.payments.apply import apply
from checkout.payments.border import charge_for, invitation_charge, provider_for, sends_again
from checkout.payments.cancel import cancel_attempt
from checkout.payments.letters import mail_goes_out
from checkout.payments.locks import order_lock
from checkout.payments.settle import not_answered
from checkout.payments.start import KeyReused, NotPayable, open_attempt_for
from checkout.payments.sweep import LEASE
from checkout.payments.texts import fit
from checkout.payments.timeline import Weight, Who, tell
from checkout.payments.wanted import is_unsettled
from checkout.states import HELD_STATES, MONEY_STATES, OrderState, State
from checkout.wording import clause, in_english, later, listed, reason, spoken
from checkout.wording import worded as _
from providers.errors import FieldError, Invalid, Misconfigured, ProviderError

# Sent after the commit with `invitation_id`: an e-mail of ours is to go.
to_send = Signal()
SEND_AT_MOST = 10  # a customer is not to be flooded, whoever presses
LONGEST = {"to": 254, "subject": 150, "text": 5000, "key": 255}
# What a provider calls the fields of an invitation, which are ours by shorter names.
_FIELDS = {"invitation.to": "to", "invitation.subject": "subject", "invitation.text": "text"}


class NotSent(Exception):
    """No link was made or sent; `str()` says why, `errors` what of the request is to be mended."""

    def __init__(self, why: str, errors: tuple[FieldError, ...] = ()) -> None:
        super().__init__(why)
        self.errors = errors


def channels_of_ours() -> tuple[str, ...]:
    """By which ways we hand over links of our own."""
    return (Invitation.COPY, Invitation.EMAIL) if mail_goes_out() else (Invitation.COPY,)


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

    With a provider this takes as long as it takes to answer: what came of it is `Invitation.standing`, `problem` and
    `errors_of`.
    """
    to, text = to.strip(), text.strip()
    subject = " ".join(subject.split())  # it becomes a header, in which no line may end
    language = language or order.language
    _must_fit(to=to, subject=subject, text=text, key=key)
    if language not in dict(settings.LANGUAGES):
        raise _refused(("language", _("is none that we speak")))
    asked = Invitation(
        order=order,
        channel=channel,
        to=fit(to, LONGEST["to"]),
        subject=fit(subject, LONGEST["subject"]),
        text=fit(text, LONGEST["text"]),
        language=language,
        request_key=key,
        requested_by=user,
    )
    if account is None:
        return _ours(order, asked, who=who, user=user)
    return _theirs(order, account, asked, who=who, user=user)


def errors_of(invitation: Invitation) -> tuple[FieldError, ...]:
    """Which fields of the request its provider refused, and why."""
    refused = invitation.payment.refused_fields if invitation.payment is not None else []
    return _by_our_names((told["field"], told["message"]) for told in refused)


def _by_our_names(errors: Iterable[FieldError]) -> tuple[FieldError, ...]:
    return tuple((_FIELDS.get(field, field), why) for field, why in errors)


def _refused(*errors: FieldError) -> NotSent:
    return NotSent(listed(errors), errors)


def _must_fit(**texts: str) -> None:
    """Nothing is cut: half an address would be somebody else's, and half a text may lack the link."""
    if long := [name for name, text in texts.items() if len(text) > LONGEST[name]]:
        raise _refused(*((name, _("has more than %(most)s characters", most=LONGEST[name])) for name in long))


def _made_before(order: Order, asked: Invitation, account: Account | None) -> Invitation | None:
    """The invitation that this key has made. NotSent when it was used for anything else."""
    if not asked.request_key:
        return None
    known = order.invitations.select_related("payment").filter(request_key=asked.request_key).first()
    if known is None:
        return None
    names = ("channel", "to", "subject", "text", "language")
    same = all(getattr(known, name) == getattr(asked, name) for name in names)
    if not same or (known.payment and known.payment.account_id) != (account and account.pk):
        raise NotSent(_("This key was used for another link."))
    return known


# --- ours ------------------------------------------------------------------------------------------------------------


def _ours(order: Order, asked: Invitation, *, who: str, user: User | None) -> tuple[Invitation, bool]:
    if asked.channel not in {Invitation.COPY, Invitation.EMAIL}:
        errors = (("channel", _("is a provider's")),)
        raise NotSent(_("A link of ours is copied or sent by e-mail."), errors)
    by_mail = asked.channel == Invitation.EMAIL
    with order_lock(order.pk) as locked:
        if known := _made_before(locked, asked, None):
            return known, False
        if by_mail:
            _must_be_sendable(asked)
        _must_be_payable(locked)
        asked.order = locked
        if by_mail:
            _must_be_few(locked)
            asked.next_try_at = timezone.now() + LEASE
        else:
            asked.state, asked.sent_at = Invitation.State.SENT, timezone.now()
        asked.save()
        tell(locked, "link.made", who=who, user=user, channel=asked.channel, to=asked.to or "—")
        if by_mail:
            _send_soon(asked)
    return asked, True


def _must_be_sendable(asked: Invitation) -> None:
    if Invitation.EMAIL not in channels_of_ours():
        raise NotSent(
            _("No mail server is set up for this site: set EMAIL_URL."),
            (("channel", _("has no mail server")),),
        )
    try:
        validate_email(asked.to)
    except ValidationError:
        raise _refused(("to", _("is one e-mail address"))) from None


def _send_soon(invitation: Invitation) -> None:
    transaction.on_commit(lambda: to_send.send(sender=Invitation, invitation_id=invitation.pk), robust=True)


def still_to_send(invitation_id: int) -> Invitation | None:
    """An e-mail of ours that is to go now; None when it has gone, or is to go no more: then that is told."""
    row = Invitation.objects.select_related("order__shop", "payment").get(pk=invitation_id)
    if row.next_try_at is None:
        return None
    try:
        _must_be_payable(row.order)
    except NotSent as why:
        sent(row.pk, error=in_english(why))
        return None
    return row


def sent(invitation_id: int, *, error: str = "") -> None:
    """What became of an e-mail of ours."""
    order_id = Invitation.objects.values_list("order_id", flat=True).get(pk=invitation_id)
    with order_lock(order_id) as order:
        row = Invitation.objects.get(pk=invitation_id)
        withdrawn = row.state == Invitation.State.WITHDRAWN  # meanwhile, and so it stays
        row.next_try_at, row.error = None, fit(error, 300)
        if error:
            row.state = row.state if withdrawn else Invitation.State.FAILED
            tell(order, "link.not_sent", who=Who.GUICHET, weight=Weight.WARNING, channel=row.channel, to=row.to,
                 why=error)  # fmt: skip
        else:
            row.state = row.state if withdrawn else Invitation.State.SENT
            row.sent_at, row.times = timezone.now(), row.times + 1
            tell(order, "link.sent", who=Who.GUICHET, channel=row.channel, to=row.to)
        row.save(update_fields=["state", "error", "sent_at", "times", "next_try_at"])


# --- a provider's ----------------------------------------------------------------------------------------------------


def _theirs(
    order: Order, account: Account, asked: Invitation, *, who: str, user: User | None
) -> tuple[Invitation, bool]:
    with order_lock(order.pk) as locked:
        if known := _made_before(locked, asked, account):
            return known, False
        # Asked before anything is given up for it.
        _must_be_payable(locked)
        _must_be_few(locked)
        latest = locked.latest_attempt()
        if account.shop_id != locked.shop_id or not account.enabled:
            raise NotSent(_("The account is not for this order."))
        if latest is not None and not latest.may_retry:
            raise NotSent(_("A further attempt could charge twice: look at the order first."))
        attempt = locked.open_attempt()
    _must_be_taken(locked, account, asked)
    # An attempt that is open elsewhere would be a second thing to pay: it is given up first, or nothing is sent.
    if attempt is not None and cancel_attempt(attempt, give_up=False, who=who, user=user).is_open:
        raise NotSent(_("Another attempt is open and cannot be given up at its provider now."))
    try:
        payment, new = open_attempt_for(order, account, asked, who=who, user=user)
    except NotPayable as why:
        raise NotSent(_("No link can be made: %(why)s.", why=clause(why))) from None
    except KeyReused:
        raise NotSent(_("This key was used for another payment.")) from None
    return (_take_outcome(payment) if new else Invitation.objects.get(payment=payment)), new


def _must_be_taken(order: Order, account: Account, asked: Invitation) -> None:
    """NotSent with the provider's reasons, when it would not take this link."""
    try:
        provider = provider_for(account)
    except Misconfigured as why:
        raise NotSent(reason(why)) from None
    if asked.channel not in provider.sends_by():
        raise NotSent(
            _("%(account)s sends nothing by %(channel)s.", account=account.name, channel=asked.channel),
            (("channel", _("is not one of this account's")),),
        )
    charge = invitation_charge(order, account, asked)
    if wrong := provider.complaints(charge):
        raise _refused(*_by_our_names(wrong))
    if why_not := provider.refuses(charge):
        raise NotSent(later(spoken, why_not))


def _take_outcome(payment: Payment) -> Invitation:
    with order_lock(payment.order_id):
        made = Invitation.objects.select_related("payment", "order").get(payment=payment)
        if made.state == Invitation.State.NEW and payment.state == State.FAILED:
            made.state, made.error = Invitation.State.FAILED, fit(payment.decline_message, 300)
        elif payment.state not in {State.CREATED, State.FAILED}:
            if made.state == Invitation.State.NEW:
                made.state = Invitation.State.SENT
            made.sent_at, made.times = timezone.now(), 0 if made.is_handed_over else 1
        made.save(update_fields=["state", "sent_at", "times", "error"])
        return made


# --- later -----------------------------------------------------------------------------------------------------------


def send_again(invitation: Invitation, *, who: str, user: User | None = None) -> Invitation:
    """The same message once more. NotSent when the link is good no longer, or its provider cannot."""
    with order_lock(invitation.order_id) as order:
        row = Invitation.objects.select_related("payment__account", "order").get(pk=invitation.pk)
        _must_be_payable(order)
        if not row.is_good or row.is_handed_over:
            raise NotSent(_("This link cannot be sent again; make a new one."))
        if row.payment is None:
            _mail_again(row)
        else:
            _must_be_resendable(row.payment)
        _must_be_few(order, beside=row)
        tell(
            order,
            "link.again",
            payment=row.payment,
            who=who,
            user=user,
            channel=row.channel,
            to=row.to or "—",
        )
    return row if row.payment is None else _ask_again(row, row.payment)


def _mail_again(row: Invitation) -> None:
    if row.state == Invitation.State.NEW:
        raise NotSent(_("It is on its way already."))
    _must_be_sendable(row)
    row.state, row.error, row.next_try_at = Invitation.State.NEW, "", timezone.now() + LEASE
    row.save(update_fields=["state", "error", "next_try_at"])
    _send_soon(row)


def _must_be_resendable(payment: Payment) -> None:
    if payment.state != State.STARTED or not sends_again(payment.account):
        raise NotSent(_("The provider cannot send this link again; make a new one."))
    if is_unsettled(payment):
        # It would tell the provider the amount of before.
        raise NotSent(_("A change of the order is not confirmed by the provider yet. Try again in a minute."))


def _ask_again(row: Invitation, payment: Payment) -> Invitation:
    """Told to change nothing, the provider sends its message anew."""
    try:
        report = provider_for(payment.account, payment).update(charge_for(payment))
    except ProviderError as why:
        not_answered(payment, why.sentence, soon=False, code="link.not_again")
        errors = _by_our_names(why.errors) if isinstance(why, Invalid) else ()
        raise NotSent(reason(why), errors) from None
    after = apply(payment.pk, report)
    if after.state in MONEY_STATES:
        raise NotSent(_("It was paid before it was sent again."))
    if not after.is_open:
        raise NotSent(_("The link is over; make a new one."))
    with order_lock(row.order_id):
        row = Invitation.objects.select_related("payment", "order").get(pk=row.pk)
        row.times, row.sent_at = row.times + 1, timezone.now()
        row.save(update_fields=["times", "sent_at"])
        return row


def withdraw(invitation: Invitation, *, who: str, user: User | None = None) -> Invitation:
    """The link pays nothing any more. A provider's is given up there first; NotSent when it cannot be now."""
    payment = invitation.payment
    if payment is not None:
        left = cancel_attempt(payment, give_up=False, who=who, user=user)
        if left.is_open:
            raise NotSent(_("The provider could not withdraw the link now; it can still be paid."))
        if left.state in MONEY_STATES:
            raise NotSent(_("It was paid before it was withdrawn."))
    with order_lock(invitation.order_id) as order:
        row = Invitation.objects.select_related("payment", "order").get(pk=invitation.pk)
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


# --- may it be? ------------------------------------------------------------------------------------------------------


def is_payable(order: Order) -> bool:
    """May a customer be asked to pay it now?"""
    if order.state != OrderState.OPEN or order.is_past_hold() or order.agreement_id is not None:
        return False
    return not order.payments.filter(state__in=HELD_STATES).exists()


def _must_be_payable(order: Order) -> None:
    if order.agreement_id is not None:
        raise NotSent(_("A further payment of an agreement is charged; nobody is asked to pay it."))
    if order.state != OrderState.OPEN or order.is_past_hold():
        raise NotSent(_("The order cannot be paid now: reopen it, or give it more time."))
    if order.payments.filter(state__in=HELD_STATES).exists():
        raise NotSent(_("The order holds money already."))


def _must_be_few(order: Order, *, beside: Invitation | None = None) -> None:
    """Those that are on their way count like those that were sent."""
    rows = order.invitations.all()
    went = rows.aggregate(times=Sum("times"))["times"] or 0
    waiting = set(rows.exclude(next_try_at=None).values_list("pk", flat=True)) - {beside and beside.pk}
    if went + len(waiting) >= SEND_AT_MOST:
        raise NotSent(_("%(n)s messages were sent for this order; that is enough.", n=SEND_AT_MOST))
