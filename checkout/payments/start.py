"""How does an attempt to pay begin? The intent first, committed; then the provider; then what it said."""

from dataclasses import dataclass
from typing import Any

import structlog
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy

from checkout.models import Account, Call, Invitation, Order, Payment, SavedCard
from checkout.models.payment import OCCASIONS
from checkout.payments.apply import apply, started
from checkout.payments.attention import flag, of_account
from checkout.payments.border import charge_for, prospective_charge, provider_for
from checkout.payments.cards import cards_for, occasions_of
from checkout.payments.locks import order_lock
from checkout.payments.schedule import START_MAY_TAKE, next_check
from checkout.payments.texts import fit, fit_json, fit_to_show
from checkout.payments.timeline import Weight, Who, tell
from checkout.states import HELD_STATES, OrderState
from checkout.wording import later, spoken
from checkout.wording import worded as _
from providers.base import Occasion, Outcome, Report
from providers.errors import Decline, Declined, FieldError, Invalid, Misconfigured, Uncertain, Unreachable
from providers.money import Money

log = structlog.get_logger("checkout.start")


class NotPayable(Exception):
    """The order cannot take an attempt now. `str()` says why; the shopper's page is drawn from the order's state."""


class KeyReused(Exception):
    """The shop used this key before, for another attempt at the order."""


def start(
    order: Order,
    account: Account,
    *,
    channel: str = "",
    saved_card: SavedCard | None = None,
    save_card: bool = False,
    occasion: Occasion | None = None,
    key: str = "",
    desk: dict[str, Any] | None = None,
    seen: Money | None = None,
    who: str = Who.SHOPPER,
    user: User | None = None,
) -> Payment:
    """Begin an attempt, or return the one that is open: a double click, a second tab, makes no second payment.

    `occasion`: the merchant charges `saved_card`, and nobody is there to be shown anything. `key`: the shop's own name
    for its request; the same one returns the attempt that it made, KeyReused when it was for another one. `desk`: the
    merchant types it in, `Payment.desk` says what. `seen`: the amount that whoever pressed had before the eyes; the
    order may have been changed since.
    NotPayable when the order is not open, is past its hold, holds money already, or its last attempt may not be
    followed by another; also when a key or an occasion asks for a new attempt while another one is open.
    Takes as long as the provider takes to answer.
    """
    return _begin(
        order, _Asked(account, channel, saved_card, save_card, occasion, key, who, user, desk, None, seen)
    )[0]


def open_attempt_for(
    order: Order, account: Account, invitation: Invitation, *, who: str, user: User | None = None
) -> tuple[Payment, bool]:
    """Begin the attempt whose link `invitation` (not saved yet) is. NotPayable as in `start`, also while another
    attempt is open."""
    asked = _Asked(
        account, invitation.channel, None, False, None, invitation.request_key, who, user, None, invitation
    )
    return _begin(order, asked)


def start_once(
    order: Order,
    account: Account,
    *,
    key: str,
    channel: str = "",
    saved_card: SavedCard | None = None,
    occasion: Occasion | None = None,
    who: str,
    user: User | None = None,
) -> tuple[Payment, bool]:
    """`start` for a caller that has to say whether this very call made the attempt, or one with the same key did."""
    return _begin(order, _Asked(account, channel, saved_card, False, occasion, key, who, user))


def _begin(order: Order, asked: "_Asked") -> tuple[Payment, bool]:
    account, channel = asked.account, asked.channel
    if known := _made_by(order, asked):
        return known, False
    if asked.invitation is None and channel and channel not in account.provider_class.channels:
        raise NotPayable(_("%(account)s has no such channel", account=account.name))
    if asked.occasion is not None and asked.saved_card is None:
        raise NotPayable(_("without the customer, only a saved card can be charged"))
    if asked.desk is not None and not account.provider_class.desk:
        raise NotPayable(_("%(account)s takes no payment at the desk", account=account.name))
    if sentence := _refusal(order, asked):
        raise NotPayable(later(spoken, sentence))
    payment, new = _intend(order, asked)
    return (open_at_provider(payment) if new else payment), new


@dataclass(frozen=True)
class _Asked:
    """What `start` was asked for."""

    account: Account
    channel: str
    saved_card: SavedCard | None
    save_card: bool
    occasion: Occasion | None
    key: str
    who: str
    user: User | None
    desk: dict[str, Any] | None = None
    invitation: Invitation | None = None
    seen: Money | None = None

    def is_for(self, payment: Payment) -> bool:
        return (self.account.pk, self.channel, self.saved_card and self.saved_card.pk, self.occasion or "") == (
            payment.account_id, payment.channel, payment.saved_card_id, payment.occasion,
        )  # fmt: skip


def _made_by(order: Order, asked: _Asked) -> Payment | None:
    known = order.payments.filter(request_key=asked.key).first() if asked.key else None
    if known is not None and not asked.is_for(known):
        raise KeyReused(asked.key)
    return known


def _refusal(order: Order, asked: _Asked) -> str:
    try:
        charge = prospective_charge(
            order, asked.account, saved_card=asked.saved_card, occasion=asked.occasion
        )
        return provider_for(asked.account).refuses(charge)
    except Misconfigured:
        return ""  # the attempt will say so, where the merchant reads it


def _intend(order: Order, asked: _Asked) -> tuple[Payment, bool]:
    account, saved_card = asked.account, asked.saved_card
    with order_lock(order.pk) as locked:
        if known := _made_by(locked, asked):
            return known, False
        if locked.state != OrderState.OPEN:
            raise NotPayable(_("the order is %(state)s", state=gettext_lazy(locked.state)))
        if asked.seen is not None and asked.seen != locked.money:
            raise NotPayable(_("its amount was changed"))
        opened = locked.open_attempt()
        if opened is not None:
            # What is open at the desk is not the shopper's to go on with, nor the other way round.
            other = bool(opened.desk) != (asked.desk is not None)
            if other or asked.occasion or asked.key or asked.invitation:
                raise NotPayable(_("another attempt is open"))
            return opened, False
        latest = _must_be_possible(locked, asked)
        number = latest.number + 1 if latest else 1
        now = timezone.now()
        payment = Payment.objects.create(
            order=locked,
            account=account,
            number=number,
            reference=f"{locked.number}-{number}",
            amount_minor=locked.amount_minor,
            currency=locked.currency,
            channel=asked.channel,
            saved_card=saved_card,
            save_card=(asked.save_card or locked.keep_card) and bool(locked.customer_reference()),
            occasion=asked.occasion or "",
            request_key=asked.key,
            desk=asked.desk or {},
            next_check_at=now + START_MAY_TAKE,
        )
        if asked.invitation is not None:
            asked.invitation.order, asked.invitation.payment = locked, payment
            asked.invitation.save()
        _tell_of(locked, payment, asked)
        return payment, True


def _must_be_possible(order: Order, asked: _Asked) -> Payment | None:
    """The attempt before. NotPayable with the reason, when the order is open and without an open attempt but may not
    have a new one."""
    card = asked.saved_card
    if order.agreement_id is not None:
        raise NotPayable(_("it is an agreement's further payment"))
    if order.is_past_hold():
        raise NotPayable(_("its hold is over"))
    if order.payments.filter(state__in=HELD_STATES).exists():
        raise NotPayable(_("its money is authorised already"))
    latest = order.latest_attempt()
    if latest is not None and not latest.may_retry:
        raise NotPayable(_("a further attempt could charge twice"))
    if asked.account.shop_id != order.shop_id or not asked.account.enabled:
        raise NotPayable(_("the account is not for this order"))
    if card is not None and not cards_for(order, asked.account).filter(pk=card.pk).exists():
        raise NotPayable(_("the card is not this customer's"))
    if card is not None and asked.occasion and asked.occasion not in occasions_of(card):
        occasion = dict(OCCASIONS)[asked.occasion.value]
        raise NotPayable(_("the customer did not leave the card for this: %(occasion)s", occasion=occasion))
    return latest


def _tell_of(order: Order, payment: Payment, asked: _Asked) -> None:
    who, user = asked.who, asked.user
    if asked.invitation is not None:
        tell(order, "link.made", payment=payment, who=who, user=user, channel=asked.channel,
             to=asked.invitation.to or "—")  # fmt: skip
    elif asked.desk is not None:
        tell(order, "payment.at_desk", payment=payment, who=who, user=user)
    elif asked.occasion:
        tell(order, "payment.charged", payment=payment, who=who, user=user, card=str(asked.saved_card),
             occasion=asked.occasion.value)  # fmt: skip
    else:
        tell(order, "payment.created", payment=payment, who=who, user=user, method=asked.account.shown_label)


def open_at_provider(payment: Payment) -> Payment:
    """Take a CREATED attempt to its provider. What goes wrong ends in the payment's record, not in an exception."""
    try:
        provider = provider_for(payment.account, payment)
        memo = provider.prepare(charge_for(payment))
        if memo:
            _remember(payment, dict(memo))
        opened = provider.start(charge_for(payment))
    except Declined as no:
        return apply(payment.pk, Report(outcome=Outcome.FAILED, decline=no.decline))
    except Invalid as no:
        return _not_opened(payment, no.sentence, code="invalid", fields=no.errors)
    except Misconfigured as no:
        return _not_opened(payment, no.sentence, code="misconfigured")
    except Unreachable as no:
        return _not_opened(payment, no.sentence, code="unreachable")
    except Uncertain as no:
        # It may exist there. The intent stays open, and `recover` will ask.
        return _nobody_knows(payment, no.sentence)
    payment = started(payment.pk, opened)
    if opened.report is not None:
        payment = apply(payment.pk, opened.report)
    return payment


def _remember(payment: Payment, memo: dict[str, object]) -> None:
    """Commit what `prepare` brought about, so that a crash during `start` loses none of it."""
    with order_lock(payment.order_id):
        row = Payment.objects.get(pk=payment.pk)
        row.memo = fit_json({**row.memo, **memo})
        row.save(update_fields=["memo"])
    payment.memo = row.memo


def _nobody_knows(payment: Payment, why: str) -> Payment:
    """`start` has ended without an answer, so from now on others may ask."""
    with order_lock(payment.order_id) as order:
        row = order.payments.select_related("account").get(pk=payment.pk)
        tell(order, "payment.start_uncertain", payment=row, who=Who.GUICHET, weight=Weight.WARNING, why=why)
        row.checks = 1
        row.next_check_at = next_check(row.state, row.checks, timezone.now())
        row.save(update_fields=["checks", "next_check_at"])
        return row


def _not_opened(payment: Payment, why: str, *, code: str, fields: tuple[FieldError, ...] = ()) -> Payment:
    """The provider surely holds nothing of this attempt. `fields` of the shop's request are what it was refused for."""
    log.warning("attempt not opened", payment=payment.reference, why=why)
    with transaction.atomic():
        with order_lock(payment.order_id) as order:
            tell(order, "payment.start_failed", payment=payment, who=Who.GUICHET, weight=Weight.BAD, why=why)
            Payment.objects.filter(pk=payment.pk).update(
                refused_fields=[
                    {"field": fit(field, 200), "message": fit_to_show(problem, 300)}
                    for field, problem in fields
                ]
            )
            if code != "unreachable":
                flag(order, of_account(payment.account.name, why), Call.ACCOUNT)
        return apply(
            payment.pk,
            Report(
                outcome=Outcome.FAILED,
                decline=Decline(code=code, message=why, reason="technical_error"),
            ),
            who=Who.GUICHET,
        )
