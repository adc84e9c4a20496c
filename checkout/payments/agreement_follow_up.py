"""How does an agreement stand, and how does it end? Asked of the provider; `agreements` writes what it says."""

from datetime import datetime, timedelta

import structlog
from django.contrib.auth.models import User
from django.utils import timezone

from checkout.models import Agreement, Call, Order
from checkout.payments.adopt import adopt
from checkout.payments.agreements import look_after_silence, next_look, take_agreement
from checkout.payments.attention import flag, of_account
from checkout.payments.border import agreement_for, provider_for
from checkout.payments.locks import order_lock
from checkout.payments.timeline import Weight, Who, tell, tell_once
from checkout.wording import reason
from checkout.wording import worded as _
from providers.agreements import AgreementReport, Ending, Phase
from providers.errors import Invalid, ProviderError, Uncertain

log = structlog.get_logger("checkout.agreements")

# Whoever asked for an end is talking to the provider; after that, others may look what became of it.
_END_MAY_TAKE = timedelta(seconds=90)


class NotEnded(Exception):
    """The agreement cannot be ended this way now; `str()` says why."""


def look_at(
    agreement: Agreement, *, also: tuple[str, ...] = (), patience: float | None = None
) -> Agreement | None:
    """Ask the provider and write the answer; None when there was none. `also`: ids of payments that may be its."""
    if not agreement.account.provider_class.can("sync_agreement"):
        Agreement.objects.filter(pk=agreement.pk).update(next_check_at=None)
        return _row(agreement)
    asked_at = timezone.now()
    try:
        told = provider_for(agreement.account, agreement.payment, patience=patience).sync_agreement(
            agreement_for(agreement, also=also)
        )
    except ProviderError as why:
        _not_answered(agreement, why)
        return None
    return _write(agreement, told, asked_at)


def end(agreement: Agreement, ending: Ending, *, who: str, user: User | None = None) -> Agreement:
    """Have the provider end it. NotEnded when it does not offer that, refuses, or does not answer: then the next look
    tells what became of it."""
    with order_lock(agreement.payment.order_id) as order:
        row = _row(agreement)
        if row.is_over or ending.value not in row.endings or not _can_end(row):
            raise NotEnded(_("Agreement %(number)s cannot be ended this way now.", number=row.number))
        if _is_being_ended(order, row, ending):
            raise NotEnded(_("this was asked for a moment ago, and the answer is not here yet"))
        tell(order, "agreement.end_asked", payment=row.payment, who=who, user=user, agreement=row.number,
             ending=ending.value)  # fmt: skip
        # Should nobody come back with an answer, the sweep asks.
        Agreement.objects.filter(pk=row.pk).update(next_check_at=timezone.now() + _END_MAY_TAKE, checks=0)
    asked_at = timezone.now()
    try:
        told = provider_for(row.account, row.payment).end_agreement(agreement_for(row), ending)
    except Uncertain as why:
        _not_answered(row, why)
        raise NotEnded(reason(why)) from None
    except ProviderError as why:
        _refused(row, why)
        raise NotEnded(reason(why)) from None
    ended = _write(row, told, asked_at)
    if (
        not ended.is_over and ended.phase != Phase.LAST
    ):  # it takes the provider a while, or was not understood
        soon = timezone.now() + _END_MAY_TAKE
        Agreement.objects.filter(pk=row.pk, next_check_at__gt=soon).update(next_check_at=soon)
    return ended


def _is_being_ended(order: Order, row: Agreement, ending: Ending) -> bool:
    """Did somebody ask for this very end a moment ago, and is the provider's answer still to come?"""
    told = order.timeline.filter(payment=row.payment, code__startswith="agreement.").last()
    if told is None or (told.code, told.data.get("ending")) != ("agreement.end_asked", ending.value):
        return False
    return told.at > timezone.now() - _END_MAY_TAKE


def _can_end(agreement: Agreement) -> bool:
    return agreement.account.provider_class.can("end_agreement")


def _row(agreement: Agreement) -> Agreement:
    rows = Agreement.objects.select_related("account", "payment__order", "payment__account")
    return rows.get(pk=agreement.pk)


def _write(agreement: Agreement, told: AgreementReport, asked_at: datetime) -> Agreement:
    with order_lock(agreement.payment.order_id) as order:
        payment = order.payments.select_related("account").get(pk=agreement.payment_id)
        rest = take_agreement(order, payment, told, asked_at=asked_at)
    while rest:
        with order_lock(agreement.payment.order_id) as order:
            left = adopt(order, _row(agreement), rest)
        if len(left) == len(rest):
            # They wait for the answer to a charge of ours; the next look names them again.
            row = _row(agreement)
            later = next_look(row, timezone.now())
            Agreement.objects.filter(pk=row.pk).update(next_check_at=later)
            break
        rest = left
    return _row(agreement)


def _not_answered(agreement: Agreement, why: ProviderError) -> None:
    with order_lock(agreement.payment.order_id) as order:
        row = _row(agreement)
        news = tell_once(order, "agreement.uncertain", payment=row.payment, who=Who.GUICHET, weight=Weight.WARNING,
                         agreement=row.number, why=why.sentence)  # fmt: skip
        _ask_again(row)
        if news and not isinstance(why, Uncertain):
            flag(order, of_account(row.account.name, why.sentence), Call.ACCOUNT)


def _refused(agreement: Agreement, why: ProviderError) -> None:
    """A definite no to what was asked for. How it stands is looked at soon: it may be over already."""
    with order_lock(agreement.payment.order_id) as order:
        row = _row(agreement)
        tell(order, "agreement.not_ended", payment=row.payment, who=Who.GUICHET, weight=Weight.BAD,
             agreement=row.number, why=why.sentence)  # fmt: skip
        _ask_again(row)
        if not isinstance(why, Invalid):  # whoever asked is told; the merchant has to act
            flag(order, of_account(row.account.name, why.sentence), Call.ACCOUNT)


def _ask_again(row: Agreement) -> None:
    row.checks += 1
    row.next_check_at = look_after_silence(row, timezone.now())
    row.save(update_fields=["checks", "next_check_at"])
