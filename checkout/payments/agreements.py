"""What does a provider's word change in our record of an agreement? The one writer of its state.

An agreement begins with a payment, and everything about it is written under the lock of that payment's order. The
payments that it makes later get an order each (`adopt`), so that what was paid, refunded and charged back is kept in
one way.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from checkout.models import Agreement, Call, Order, Payment
from checkout.payments.adopt import adopt
from checkout.payments.attention import flag
from checkout.payments.events import owe
from checkout.payments.terms import terms_as_json, terms_of
from checkout.payments.texts import fit, fit_json, fit_to_show
from checkout.payments.timeline import Weight, Who, tell, tell_once
from checkout.states import AGREEMENT_MOVES, OrderState, State
from providers.agreements import AgreementCharge, AgreementReport, AgreementState, Period, Phase, Terms
from providers.base import Kind
from providers.said import said as _

# After the moment at which something is to happen: the provider needs a while, too.
_LATER = timedelta(minutes=10)
_DAY = timedelta(days=1)
# An agreement that is over may still be charged by a payment under way: a few late looks.
_LATE_LOOKS = 3
# One that has not begun, though its first payment has ended without money: nobody asks about it for ever.
_NEVER_BEGAN = timedelta(days=30)
# Minutes after a look that brought no answer.
_UNANSWERED = (1, 5, 10, 30, 60, 180, 360, 1440)
_ENDED_WITHOUT_MONEY = frozenset({State.FAILED, State.CANCELED, State.EXPIRED})
_IN_WORDS: dict[str, str] = {
    Kind.ONE_OFF: _("one payment"),
    Kind.SUBSCRIPTION: _("a subscription"),
    Kind.PAYMENT_PLAN: _("a payment plan"),
    Kind.MANDATE: _("a mandate"),
    Kind.SAVE_CARD: _("a card for later"),
}
KINDS = frozenset({Kind.SUBSCRIPTION, Kind.PAYMENT_PLAN, Kind.MANDATE})


def take_agreement(
    order: Order, payment: Payment, report: AgreementReport, *, asked_at: datetime | None = None
) -> tuple[AgreementCharge, ...]:
    """Bring our row up to what `report` says, and make one if there is none. `payment` is the one it began with,
    `asked_at` the moment at which the provider was asked, where that is known. Call under the lock of its order.

    Returns the payments for which this transaction would have become too long: they are still to be adopted.
    """
    agreement = Agreement.objects.select_related("account", "shop").filter(payment=payment).first()
    new = agreement is None
    if agreement is None:
        kind = report.kind or Kind(order.kind)
        if kind not in KINDS or not report.provider_id:
            return ()
        agreement = _unsaved(order, payment, report, kind)
    agreement.payment = payment
    problem = _objection(agreement, report)
    if not problem and new and not _keep(agreement):
        problem = _(
            "the provider names an agreement of another attempt: %(agreement)s",
            agreement=agreement.provider_id,
        )
    if problem:
        if tell_once(order, "payment.objection", payment=payment, who=Who.PROVIDER, weight=Weight.WARNING,
                     why=problem):  # fmt: skip
            flag(order, problem, Call.AGREEMENT)
        if not new:
            _put_off(agreement)
        return ()
    if new:
        tell(order, "agreement.begun", payment=payment, who=Who.PROVIDER, provider_id=agreement.provider_id)
        _compare_kinds(order, agreement)
    # Another answer was written while this one was under way, so this one may be the older.
    overtaken = not new and asked_at is not None and agreement.updated_at > asked_at
    _take(order, agreement, report, new=new, overtaken=overtaken)
    rest = adopt(order, agreement, report.charges)
    agreement.checks = agreement.checks + 1 if agreement.is_over else 0
    now = timezone.now()
    agreement.next_check_at = now if rest or overtaken else next_look(agreement, now)
    agreement.save()
    return rest


def _unsaved(order: Order, payment: Payment, report: AgreementReport, kind: Kind) -> Agreement:
    """What is at the provider, be it what the order asked for or not: it takes money either way."""
    if kind == order.kind:
        terms = order.terms
    else:
        terms = terms_as_json(report.terms) if report.terms is not None else {}
    return Agreement(
        shop=order.shop,
        account=payment.account,
        payment=payment,
        customer_reference=fit(order.customer_reference(), 100),
        kind=kind,
        provider_id=fit(report.provider_id, 100),
        currency=order.currency,
        terms=terms,
    )


def _keep(agreement: Agreement) -> bool:
    """Save a new one; False when the provider's id is another attempt's."""
    try:
        with transaction.atomic():
            agreement.save()
    except IntegrityError:
        taken = Agreement.objects.filter(account=agreement.account, provider_id=agreement.provider_id)
        if not taken.exists():
            raise
        return False
    return True


def _put_off(agreement: Agreement) -> None:
    """To another look, without what the answer said. `updated_at` stays: nothing was taken."""
    agreement.checks += 1
    agreement.next_check_at = next_look(agreement, timezone.now())
    agreement.save(update_fields=["checks", "next_check_at"])


def _objection(agreement: Agreement, report: AgreementReport) -> str:
    """Why the report is not to be believed; "" when it may be."""
    named = fit(report.provider_id, 100)
    if named and named != agreement.provider_id:
        return _(
            "asked about the agreement %(asked)s, the provider answers about %(told)s",
            asked=agreement.provider_id,
            told=named,
        )
    if report.live is not None and report.live != agreement.account.live:
        return _("an agreement of the other mode, live or test")
    return ""


def _take(order: Order, agreement: Agreement, report: AgreementReport, *, new: bool, overtaken: bool) -> None:
    payment = agreement.payment
    before = (agreement.state, agreement.phase, agreement.end_reason)
    if report.warning:
        tell_once(order, "payment.warning", payment=payment, who=Who.PROVIDER, weight=Weight.WARNING,
                  why=report.warning)  # fmt: skip
    if report.state is not None and report.state != agreement.state:
        if report.state not in AGREEMENT_MOVES[AgreementState(agreement.state)]:
            return  # an older answer, that came late
        agreement.state = report.state
        agreement.checks = 0
    elif overtaken:
        return
    if report.phase is not None and not (report.state is None and agreement.is_over):
        agreement.phase = report.phase
    agreement.end_reason = fit(report.end_reason, 60) or agreement.end_reason
    agreement.next_event = fit(report.next_event.what, 30) if report.next_event else ""
    agreement.next_event_at = report.next_event.at if report.next_event else None
    agreement.began_at = report.began_at or agreement.began_at
    agreement.ended_at = report.ended_at or agreement.ended_at
    agreement.expires_at = report.expires_at or agreement.expires_at
    agreement.may_charge = report.may_charge
    agreement.endings = [ending.value for ending in report.endings]
    agreement.memo = fit_json({**agreement.memo, **report.memo})
    agreement.save()  # the shop reads it in what it is told from here on
    _compare_terms(order, agreement, report)
    if new or (agreement.state, agreement.phase, agreement.end_reason) != before:
        tell(order, "agreement.stands", payment=payment, who=Who.PROVIDER, weight=_weight(agreement),
             agreement=agreement.number, standing=agreement.state, phase=agreement.phase,
             why=agreement.end_reason or "—")  # fmt: skip
        owe(order, "agreement.updated")
        if agreement.phase == Phase.RETRY and before[1] != Phase.RETRY:
            flag(
                order,
                _(
                    "a payment of agreement %(agreement)s failed; the provider tries again",
                    agreement=agreement.number,
                ),
                Call.AGREEMENT,
            )


def _weight(agreement: Agreement) -> str:
    if agreement.phase == Phase.RETRY or agreement.state == AgreementState.CANCELED:
        return Weight.WARNING
    return Weight.GOOD if agreement.state == AgreementState.ACTIVE else Weight.PLAIN


def _compare_kinds(order: Order, agreement: Agreement) -> None:
    """The payer may have made another of it on the provider's form."""
    if agreement.kind != order.kind:
        why = _("asked for %(asked)s, the provider set up %(told)s", asked=_IN_WORDS[order.kind],
                told=_IN_WORDS[agreement.kind])  # fmt: skip
        tell(order, "payment.objection", payment=agreement.payment, who=Who.PROVIDER, weight=Weight.WARNING,
             why=why)  # fmt: skip
        flag(
            order, _("%(why)s: agreement %(agreement)s", why=why, agreement=agreement.number), Call.AGREEMENT
        )


def _compare_terms(order: Order, agreement: Agreement, report: AgreementReport) -> None:
    """The payer may have changed them on the provider's form. What is charged from now on is what stands there, so a
    difference is told, once and for all."""
    ours = terms_of(agreement.terms, agreement.currency)
    if report.terms is None or ours is None:
        return
    agreed, there = _in_words(ours), _in_words(report.terms)
    names = [name for name in {**agreed, **there} if agreed.get(name) != there.get(name)]
    if not names:
        return
    differences = ", ".join(
        f"{name} {there.get(name, 'nothing')} instead of {agreed.get(name, 'nothing')}"
        for name in sorted(names)
    )
    why = _("the terms at the provider are not what was agreed: %(differences)s", differences=differences)
    said = order.timeline.filter(code="payment.objection", data__why=fit_to_show(why, 300))
    if not said.exists():
        tell(order, "payment.objection", payment=agreement.payment, who=Who.PROVIDER, weight=Weight.WARNING,
             why=why)  # fmt: skip
        flag(order, why, Call.AGREEMENT)


def _in_words(terms: Terms) -> dict[str, str]:
    """What is agreed, each by its name. A first payment that is like all others, and a trial that costs nothing, are
    left out, whoever spells them out."""
    if terms.initial == terms.amount:
        terms = replace(terms, initial=None)
    told = {
        "amount": terms.amount,
        "cycles": terms.cycles,
        "initial amount": terms.initial,
        "period": _said(terms.period),
        "total": terms.total,
        "trial amount": terms.trial or None,
        "trial period": _said(terms.trial_period) if terms.trial_period else None,
    }
    return {name: str(value) for name, value in told.items() if value is not None}


def _said(period: Period) -> str:
    return f"{period.count} {period.unit.value}"


# --- when to ask -----------------------------------------------------------------------------------------------------


def next_look(agreement: Agreement, now: datetime) -> datetime | None:
    """When to ask about it again: after what is to happen next, and once a day while it lives. What is late is waited
    for as long again as it is late already. None: no more."""
    if agreement.is_over:
        return now + _DAY if agreement.checks <= _LATE_LOOKS else None
    if agreement.state == AgreementState.PENDING:
        age = now - agreement.created_at
        if age > _NEVER_BEGAN and agreement.payment.state in _ENDED_WITHOUT_MONEY:
            return None
        return now + _between(age)
    if agreement.next_event_at is None:
        return now + _DAY
    if agreement.next_event_at > now:
        return now + _between(agreement.next_event_at + _LATER - now)
    return now + _between(now - agreement.next_event_at)


def _between(pause: timedelta) -> timedelta:
    return max(_LATER, min(pause, _DAY))


def look_after_silence(agreement: Agreement, now: datetime) -> datetime | None:
    """... when the last look brought no answer; `checks` counts those of an agreement that lives."""
    if agreement.is_over:
        return next_look(agreement, now)
    return now + timedelta(minutes=_UNANSWERED[min(agreement.checks, len(_UNANSWERED)) - 1])


# --- its payments ----------------------------------------------------------------------------------------------------


def open_charges(agreement: Agreement) -> bool:
    """Is a payment of the agreement under way whose end is not known yet?"""
    return Payment.objects.filter(
        Q(order__agreement=agreement) | Q(pk=agreement.payment_id),
        state__in=[State.CREATED, State.STARTED, State.PENDING],
    ).exists()


def charge_failed(order: Order) -> None:
    """A further payment of an agreement failed. Nobody is to pay its order here, so it is closed; the shop hears."""
    order.state = OrderState.CANCELED
    order.closed_at = timezone.now()
    order.save(update_fields=["state", "closed_at"])
    tell(order, "order.charge_failed", who=Who.GUICHET, weight=Weight.BAD, money=str(order.money))
