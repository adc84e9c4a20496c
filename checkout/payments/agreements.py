"""What does a provider's word change in our record of an agreement? The one writer of its state.

An agreement begins with a payment, and everything about it is written under the lock of that payment's order. The
payments that it makes later get an order each, so that what was paid, refunded and charged back is kept in one way.
"""

from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from checkout.models import Agreement, Order, Payment, ProviderReference
from checkout.payments.attention import flag
from checkout.payments.events import owe
from checkout.payments.terms import terms_as_json, terms_of
from checkout.payments.texts import fit, fit_json
from checkout.payments.timeline import Weight, Who, tell, tell_once
from checkout.states import AGREEMENT_MOVES, OrderState, State
from providers.agreements import AgreementCharge, AgreementReport, AgreementState, Phase
from providers.base import Kind, Occasion

# After the moment at which something is to happen: the provider needs a while, too.
_LATER = timedelta(minutes=10)
_DAY = timedelta(days=1)
# An agreement that is over may still be charged by a payment under way: a few late looks.
_LATE_LOOKS = 3
_KINDS = frozenset({Kind.SUBSCRIPTION, Kind.PAYMENT_PLAN, Kind.MANDATE})


def take_agreement(order: Order, payment: Payment, report: AgreementReport) -> None:
    """Bring our row up to what `report` says, and make one if there is none. `payment` is the one it began with. Call
    under the lock of its order."""
    kind = Kind(order.kind)
    agreement = Agreement.objects.filter(payment=payment).first()
    if agreement is None:
        if kind not in _KINDS or not report.provider_id:
            return
        agreement = Agreement(
            shop=order.shop,
            account=payment.account,
            payment=payment,
            customer_reference=fit(order.customer_reference(), 100),
            kind=kind,
            provider_id=fit(report.provider_id, 100),
            currency=order.currency,
            terms=order.terms,
        )
        if Agreement.objects.filter(account=payment.account, provider_id=agreement.provider_id).exists():
            flag(order, f"the provider names an agreement of another order: {agreement.provider_id}")
            return
        tell(order, "agreement.begun", payment=payment, who=Who.PROVIDER, provider_id=agreement.provider_id)
    problem = _objection(agreement, report)
    if problem:
        if tell_once(order, "payment.objection", payment=payment, who=Who.PROVIDER, weight=Weight.WARNING,
                     why=problem):  # fmt: skip
            flag(order, problem)
    else:
        _take(order, agreement, report)
    agreement.checks += 1
    agreement.next_check_at = next_look(agreement, timezone.now())
    agreement.save()
    if not problem:
        for charge in report.charges:
            _adopt(order, agreement, charge)


def _objection(agreement: Agreement, report: AgreementReport) -> str:
    """Why the report is not to be believed; "" when it may be."""
    if report.provider_id and report.provider_id != agreement.provider_id:
        return f"asked about the agreement {agreement.provider_id}, the provider answers about {report.provider_id}"
    if report.live is not None and report.live != agreement.account.live:
        return "an agreement of the other mode, live or test"
    return ""


def _take(order: Order, agreement: Agreement, report: AgreementReport) -> None:
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
    if report.phase is not None:
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
    _compare_terms(order, agreement, report)
    if (agreement.state, agreement.phase, agreement.end_reason) != before or agreement._state.adding:
        agreement.save()  # the shop reads it in what it is told
        tell(order, "agreement.stands", payment=payment, who=Who.PROVIDER, weight=_weight(agreement),
             agreement=agreement.number, standing=agreement.state, phase=agreement.phase,
             why=agreement.end_reason or "—")  # fmt: skip
        owe(order, "agreement.updated")
        if agreement.phase == Phase.RETRY and before[1] != Phase.RETRY:
            flag(order, f"a payment of agreement {agreement.number} failed; the provider tries again")


def _weight(agreement: Agreement) -> str:
    if agreement.phase == Phase.RETRY or agreement.state == AgreementState.CANCELED:
        return Weight.WARNING
    return Weight.GOOD if agreement.state == AgreementState.ACTIVE else Weight.PLAIN


def _compare_terms(order: Order, agreement: Agreement, report: AgreementReport) -> None:
    """The payer may have changed them on the provider's form. What is charged from now on is what stands there, so a
    difference is told, and kept."""
    ours = terms_of(agreement.terms, agreement.currency)
    if report.terms is None or ours is None or report.terms == ours:
        return
    agreed, there = terms_as_json(ours), terms_as_json(report.terms)
    names = [name for name in {**agreed, **there} if agreed.get(name) != there.get(name)]
    if not names and report.terms.amounts() == ours.amounts():
        return
    why = "the terms at the provider are not what was agreed: " + ", ".join(
        f"{name} {_said(there.get(name))} instead of {_said(agreed.get(name))}" for name in sorted(names)
    )
    if tell_once(order, "payment.objection", payment=agreement.payment, who=Who.PROVIDER, weight=Weight.WARNING,
                 why=why):  # fmt: skip
        flag(order, why)


def _said(value: object) -> str:
    return "nothing" if value is None else str(value)


def _adopt(first: Order, agreement: Agreement, charge: AgreementCharge) -> None:
    """A payment that the agreement made by itself: an order and a payment of ours, to be asked about. Once."""
    name = fit(charge.provider_id, 100)
    known = ProviderReference.objects.filter(account=agreement.account, value=name)
    if not name or charge.money.minor <= 0 or known.exists():
        return
    now = timezone.now()
    order = Order.objects.create(
        shop=first.shop,
        reference=_free_reference(first, agreement),
        agreement=agreement,
        amount_minor=charge.money.minor,
        currency=charge.money.currency,
        description=first.description,
        customer=first.customer,
        email=first.email,
        language=first.language,
        metadata=first.metadata,
        options=first.options,
        expires_at=now,  # nobody is to pay it here
    )
    payment = Payment.objects.create(
        order=order,
        account=agreement.account,
        number=1,
        reference=f"{order.number}-1",
        state=State.PENDING,  # it is under way at the provider; how far, is asked at once
        amount_minor=charge.money.minor,
        currency=charge.money.currency,
        occasion=Occasion.RECURRING,
        provider_id=name,
        next_check_at=now,
    )
    ProviderReference.objects.create(account=agreement.account, payment=payment, value=name)
    tell(first, "agreement.charged", payment=agreement.payment, who=Who.PROVIDER, agreement=agreement.number,
         money=str(charge.money), order=order.number)  # fmt: skip
    tell(order, "payment.found", payment=payment, who=Who.PROVIDER, agreement=agreement.number,
         money=str(charge.money))  # fmt: skip
    terms = terms_of(agreement.terms, agreement.currency)
    if not charge.by_hand and terms is not None and charge.money not in terms.amounts():
        agreed = ", ".join(str(money) for money in sorted(terms.amounts(), key=lambda money: money.minor))
        flag(order, f"the agreement took {charge.money}; agreed was {agreed}")


def _free_reference(first: Order, agreement: Agreement) -> str:
    """The first order's reference and which payment it is: "abo-7/2" is the second one."""
    number = agreement.orders.count() + 2
    while True:
        reference = f"{first.reference[:90]}/{number}"
        if not Order.objects.filter(shop=first.shop, reference=reference).exists():
            return reference
        number += 1


def next_look(agreement: Agreement, now: datetime) -> datetime | None:
    """When to ask about it again: after what is to happen next, and once a day while it lives."""
    if agreement.is_over:
        return now + _DAY if agreement.checks <= _LATE_LOOKS else None
    if agreement.state == AgreementState.PENDING:
        return now + _LATER
    if agreement.next_event_at is None:
        return now + _DAY
    return max(now + _LATER, min(agreement.next_event_at + _LATER, now + _DAY))


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
