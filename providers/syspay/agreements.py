"""How is an agreement at SysPay asked about, with the payments that it made, how is it ended, and charged once more?

SysPay lists no payments of an agreement, so those are known that it lists under the first one's reference, and those
that we were rung for. Each is of the agreement that it names itself.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from providers.agreements import Agreement, AgreementCharge, AgreementReport, AgreementState, Ending
from providers.base import Charge, Outcome, Report, Started
from providers.errors import Decline, Declined, Invalid, Misconfigured, Uncertain, Unreachable
from providers.said import joined
from providers.said import said as _
from providers.syspay import agreement_standing, declines, standing, words
from providers.syspay.afterwards import number_of
from providers.syspay.notices import ems_url
from providers.syspay.operations import refused, undecided
from providers.syspay.shapes import Payment
from providers.syspay.wire import NotFound, Wire, WireRefusal, WireSettings

NOT_ACTIVE = frozenset(
    {80002, 60002, 60003}
)  # the subscription, or the billing agreement, is over or not begun
NOT_UNIQUE = 30008  # the reference: this very charge was made before
_NOT_OVER = {
    AgreementState.ACTIVE: _("It is active."),
    AgreementState.PENDING: _("It is pending."),
    None: _("It is in an unknown state."),
}


def sync_agreement(wire: Wire, settings: WireSettings, agreement: Agreement) -> AgreementReport:
    """Uncertain, too, when SysPay rang for a payment that it does not show yet: nothing else may tell of it."""
    try:
        report = agreement_standing.look(wire, agreement.provider_id).report
    except NotFound:
        raise _unknown(agreement) from None
    except WireRefusal as no:
        name = agreement.provider_id
        why = _("SysPay does not answer the question about %(name)s: %(no)s.", name=name, no=no.args[0])
        raise Uncertain(why) from no
    warnings = [report.warning]
    try:
        charges = tuple(_charges(wire, agreement, warnings))
    except WireRefusal as no:
        raise Uncertain(
            _(
                "SysPay does not answer the question about the payments of %(name)s: %(no)s.",
                name=agreement.provider_id,
                no=no.args[0],
            )
        ) from no
    return replace(report, charges=charges, warning=joined(filter(None, warnings), " "))


def _unknown(agreement: Agreement) -> Misconfigured:
    name = agreement.provider_id
    return Misconfigured(
        _("SysPay knows no %(name)s: look at the base address and the API login.", name=name)
    )


def _charges(wire: Wire, agreement: Agreement, warnings: list[str]) -> Iterator[AgreementCharge]:
    """What it made besides what is known here, by the payments' numbers. Failed ones, too."""
    found = {}
    if agreement.reference:
        for payment in wire.payments(agreement.reference):
            found[payment.id] = payment
    known = {number for name in agreement.known if (number := number_of(name, "payment")) is not None}
    for name in agreement.also:
        number = number_of(name, "payment")
        if number is not None and number not in known and number not in found:
            found[number] = wire.payment(number)
    for number in sorted(found.keys() - known):
        payment = standing.whole(wire, found[number])
        if payment.agreement != agreement.provider_id:
            continue
        money = words.money(payment.amount, payment.currency)
        if money is None:
            warnings.append(
                _(
                    "SysPay does not say how much payment %(number)s of %(name)s is.",
                    number=number,
                    name=agreement.provider_id,
                )
            )
            continue
        yield AgreementCharge(
            provider_id=f"payment:{number}",
            money=money,
            reference=payment.reference,
            at=words.moment(payment.processing_time),
            by_hand=words.by_hand(payment.payment_type),
        )


def end_agreement(
    wire: Wire, settings: WireSettings, agreement: Agreement, ending: Ending
) -> AgreementReport:
    """What is over already is only asked about."""
    subscription = number_of(agreement.provider_id, "subscription")
    mandate = number_of(agreement.provider_id, "agreement")
    if mandate is not None and ending is not Ending.NOW:
        raise Invalid("ending", _("a mandate has no period: it can only be ended at once"))
    try:
        if subscription is not None:
            wire.cancel_subscription(subscription, now=ending is Ending.NOW)
        elif mandate is not None:
            wire.cancel_billing_agreement(mandate)
    except NotFound:
        raise _unknown(agreement) from None
    except WireRefusal as no:
        if (unknown := undecided(no)) is not None:
            raise unknown from no
        about = {"name": agreement.provider_id, "no": no.args[0]}
        if no.code not in NOT_ACTIVE:
            raise Misconfigured(_("SysPay does not end %(name)s: %(no)s.", **about)) from no
        report = sync_agreement(wire, settings, agreement)
        if report.state in _NOT_OVER:
            stands = _NOT_OVER[report.state]
            raise Misconfigured(
                _("SysPay does not end %(name)s: %(no)s. %(stands)s", **about, stands=stands)
            ) from no
        return report
    try:
        return sync_agreement(wire, settings, agreement)
    except (Misconfigured, Unreachable) as why:
        # No no to the end, which was asked for and not refused.
        raise Uncertain(
            _("SysPay was told to end it, but how it stands could not be asked: %(why)s", why=why.sentence)
        ) from why


# --- once more, by hand -------------------------------------------------------------------------------------


def rebill(wire: Wire, settings: WireSettings, charge: Charge) -> Started:
    """Charge `charge.agreement` once more. Declined when SysPay will not; Uncertain when nobody knows."""
    if charge.agreement is None:
        raise Invalid("agreement", _("names nothing that could be charged"))
    try:
        payment = _rebilled(wire, charge, charge.agreement.provider_id)
    except NotFound as no:
        raise Misconfigured(_("SysPay does not know what is to be charged: %(no)s.", no=no.args[0])) from no
    except WireRefusal as no:
        if no.code in NOT_ACTIVE:
            message = _("SysPay does not charge it any more: it is not active.")
            reason = declines.reason(str(no.code))
            raise Declined(Decline(code=str(no.code), message=message, reason=reason)) from no
        if no.code != NOT_UNIQUE:
            raise refused(no, _("charge")) from no
        # It was made before, and never is twice.
        report = standing.since(wire, settings, charge)
        name = next(iter(report.provider_ids), "")
        return Started(
            show=None, provider_id=name, provider_ids=report.provider_ids, memo=report.memo, report=report
        )
    if payment.reference not in ("", charge.reference):
        raise Uncertain(_("Asked for one charge, SysPay answered about another."))
    name = f"payment:{payment.id}"
    try:
        report = standing.made(wire, settings, charge, payment)
    except Uncertain as why:
        # Its number is told here and perhaps nowhere else: it is kept, and asked about.
        report = Report(outcome=Outcome.PENDING, memo={standing.PAYMENT: payment.id}, warning=why.sentence)
    return Started(show=None, provider_id=name, provider_ids=(name,), memo=report.memo, report=report)


def _rebilled(wire: Wire, charge: Charge, name: str) -> Payment:
    body: dict[str, Any] = {
        "reference": charge.reference,
        "amount": charge.money.minor,
        "currency": charge.money.currency,
        "description": charge.description,
    }
    ems: Mapping[str, Any] = {"ems_url": ems_url(charge.urls.notify, charge.reference)}
    number = number_of(name, "subscription")
    if number is not None:
        return wire.rebill_subscription(number, {**body, **ems})
    number = number_of(name, "agreement")
    if number is None:
        raise Invalid("agreement", _("is no subscription and no mandate of SysPay's"))
    return wire.rebill_billing_agreement(number, {"payment": body, **ems})
