"""How does a subscription, a payment plan or a mandate stand at SysPay, in our words?

A payment plan is a subscription with the plan type INSTALMENT; the eTerminal's payment mandate is a billing agreement.
Here they are named "subscription:5" and "agreement:8".
"""

from dataclasses import dataclass
from datetime import datetime

from providers.agreements import AgreementReport, AgreementState, Ending, NextEvent, Period, Phase, Terms
from providers.base import Kind
from providers.errors import Uncertain
from providers.said import joined
from providers.said import said as _
from providers.syspay import words
from providers.syspay.afterwards import number_of
from providers.syspay.shapes import BillingAgreement, Plan, Subscription
from providers.syspay.wire import Wire

OVER = frozenset({AgreementState.CANCELED, AgreementState.ENDED, AgreementState.TERMINATED})
_MAY_BE_REBILLED = frozenset({AgreementState.ACTIVE, AgreementState.ENDED})


@dataclass(frozen=True, kw_only=True)
class Told:
    report: AgreementReport
    reference: str = ""  # of the payment that began it, as SysPay has it; a billing agreement bears none


def is_name(name: str) -> bool:
    return number_of(name, "subscription") is not None or number_of(name, "agreement") is not None


def look(wire: Wire, name: str) -> Told:
    """Ask how it stands. NotFound when SysPay knows none of this name."""
    number = number_of(name, "subscription")
    if number is not None:
        told = wire.subscription(number)
        return Told(report=_of_subscription(told), reference=told.reference)
    number = number_of(name, "agreement")
    if number is None:
        raise Uncertain(_("That is no subscription and no mandate of SysPay's."))
    return Told(report=_of_billing_agreement(wire.billing_agreement(number)))


def _of_subscription(told: Subscription) -> AgreementReport:
    name = f"subscription:{told.id}"
    state, phase = words.SUBSCRIPTIONS.get(told.status), words.PHASES.get(told.phase)
    warnings: list[str] = [] if state else [words.unknown(name, told.status)]
    if phase is None and told.phase:
        warnings.append(
            _(
                'SysPay says "%(word)s" of the phase of %(name)s, a word we do not know.',
                word=words.plain(told.phase, 60),
                name=name,
            )
        )
    terms = _terms(told.plan, told.plan_type) if told.plan else None
    if told.plan is not None and terms is None:
        warnings.append(
            _("The terms of %(name)s at SysPay could not be read, so nobody compared them.", name=name)
        )
    end = words.moment(told.end_date)
    return AgreementReport(
        provider_id=name,
        kind=_kind(told),
        state=state,
        phase=phase,
        end_reason=words.plain(told.end_reason, 60).lower(),
        next_event=_next_event(told),
        began_at=words.moment(told.start_date),
        ended_at=end if state in OVER else None,
        expires_at=None if state in OVER else end,
        terms=terms,
        may_charge=state in _MAY_BE_REBILLED,
        endings=_endings(state, phase),
        warning=joined(warnings, " "),
    )


def _kind(told: Subscription) -> Kind | None:
    """None when it does not say."""
    types = {told.plan_type, told.plan.type if told.plan else ""}
    if words.INSTALMENT in types:
        return Kind.PAYMENT_PLAN
    return Kind.SUBSCRIPTION if words.SUBSCRIPTION in types else None


def _of_billing_agreement(told: BillingAgreement) -> AgreementReport:
    name = f"agreement:{told.id}"
    state = words.BILLING_AGREEMENTS.get(told.status)
    if state is AgreementState.CANCELED and told.end_reason:
        # Inferred: only what had begun is unsubscribed or suspended, whichever word it ends with.
        state = AgreementState.ENDED
    active = state is AgreementState.ACTIVE
    return AgreementReport(
        provider_id=name,
        kind=Kind.MANDATE,
        state=state,
        end_reason=words.plain(told.end_reason, 60).lower(),
        expires_at=words.moment(told.expiration_date),
        may_charge=active,
        endings=(Ending.NOW,) if active else (),
        warning="" if state else words.unknown(name, told.status),
    )


def _endings(state: AgreementState | None, phase: Phase | None) -> tuple[Ending, ...]:
    if state is not AgreementState.ACTIVE:
        return ()
    # In its last period it ends with that anyway.
    return (Ending.NOW,) if phase is Phase.LAST else (Ending.NOW, Ending.PERIOD_END)


def _next_event(told: Subscription) -> NextEvent | None:
    if told.next_event is None:
        return None
    at: datetime | None = words.moment(told.next_event.scheduled_date)
    what = words.plain(told.next_event.event_type, 30).lower()
    return NextEvent(what=what, at=at) if at is not None and what else None


def _terms(plan: Plan, plan_type: str) -> Terms | None:
    """As SysPay has them; None when they cannot be told wholly."""
    period = _period(plan.billing_period, plan.billing_period_unit)
    if period is None:
        return None
    if words.INSTALMENT in (plan.type, plan_type):
        total = words.money(plan.total_amount, plan.currency)
        return (
            Terms(period=period, total=total, cycles=plan.billing_cycles)
            if total and plan.billing_cycles
            else None
        )
    amount = words.money(plan.billing_amount, plan.currency)
    if amount is None:
        return None
    initial = words.money(plan.initial_amount, plan.currency)
    trial_period = _period(plan.trial_period, plan.trial_period_unit)
    return Terms(
        period=period,
        amount=amount,
        cycles=plan.billing_cycles or None,
        initial=initial if initial and initial != amount else None,
        trial=words.money(plan.trial_amount, plan.currency) or None if trial_period else None,
        trial_period=trial_period,
    )


def _period(count: int | None, unit: str) -> Period | None:
    known = words.UNITS.get(unit)
    return Period(count=count, unit=known) if count and count > 0 and known is not None else None
