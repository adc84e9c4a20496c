"""How does a payment stand at SysPay?

The form gives no id, so a payment is found by our reference and by the ids that we were rung for. The form may make
several payments of one reference, one for each try of the card; and the payments that a subscription makes later may
bear the first one's reference, too [inferred]. What has to be compared (reference, amount, currency) is handed on as it
was told, for the core to compare.

An attempt at which no money moves (a free trial, a mandate) has no payment: how its agreement stands is the answer.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from providers.agreements import AgreementReport, AgreementState
from providers.base import Charge, Kind, Outcome, Report
from providers.errors import Decline, Misconfigured, Uncertain, Unreachable
from providers.money import Money
from providers.said import joined
from providers.said import said as _
from providers.syspay import afterwards, agreement_standing, words
from providers.syspay.afterwards import number_of
from providers.syspay.shapes import Payment
from providers.syspay.wire import NotFound, Wire, WireRefusal, WireSettings

# Inferred: a charge that SysPay's list does not show after so long was never made.
MAY_BE_ON_ITS_WAY = timedelta(minutes=15)
_WENT_BACK = frozenset({Outcome.REFUNDED, Outcome.CANCELED})
_OF_AGREEMENTS = ("SUBSCRIPTION", "BILLING_AGREEMENT")
# An attempt makes a payment for each try of a card. What is listed beyond so many with money came later.
_WHOLE_AT_MOST = 20
# Keys of a payment's memo.
RETRIES = "allowed_retries"  # as `start` asked for them
PAYMENT = "payment"  # the number of the payment that had the money
AGREEMENT = "agreement"  # what it began: "subscription:5"
BEGUN = "begun"  # ... and that it was seen active


def sync(wire: Wire, settings: WireSettings, charge: Charge) -> Report:
    """`charge.memo["allowed_retries"]`, written by `start`: how often the form may be tried again."""
    try:
        if charge.agreement is not None:
            return _further(wire, settings, charge)
        return _beginning(wire, settings, charge)
    except WireRefusal as no:
        # A question was refused, so nothing is known of what was asked about.
        raise Uncertain(
            _("SysPay does not answer the question about the payment: %(no)s.", no=no.args[0])
        ) from no


def since(wire: Wire, settings: WireSettings, charge: Charge) -> Report:
    """`sync`, when something was done this moment. It was done whether or not the question is answered, so a definite
    no to the question is none to what was done: Uncertain."""
    return _done(lambda: sync(wire, settings, charge))


def made(wire: Wire, settings: WireSettings, charge: Charge, payment: Payment) -> Report:
    """`payment`, which was made this moment of `charge.agreement`, as a report."""
    return _done(lambda: _further_one(wire, settings, charge, payment))


def _done(ask: Callable[[], Report]) -> Report:
    try:
        return ask()
    except (WireRefusal, Misconfigured, Unreachable) as no:
        raise Uncertain(
            _("It was done, but how it stands now could not be asked: %(no)s", no=no.args[0])
        ) from no


# --- which payments are they? -------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class _Found:
    ours: tuple[Payment, ...]  # by their number
    foreign: tuple[Payment, ...]  # we were rung for them, but they bear another reference
    filtered: bool  # SysPay listed nothing but what was asked for


def _find(wire: Wire, charge: Charge) -> _Found:
    listed = wire.payments(charge.reference)
    told = {payment.id: payment for payment in listed if payment.reference == charge.reference}
    kept = charge.memo.get(PAYMENT)
    foreign = []
    for number in _numbers(charge, kept):
        if number in told:
            continue
        try:
            payment = wire.payment(number)
        except NotFound:
            if number == kept:
                raise _forgotten(number) from None
            continue
        if payment.reference in (charge.reference, "") or number == kept:
            told[number] = payment
        else:
            foreign.append(payment)
    return _Found(
        ours=tuple(_named(wire, [told[number] for number in sorted(told)])),
        foreign=tuple(foreign),
        filtered=all(payment.reference == charge.reference for payment in listed),
    )


def _forgotten(number: int) -> Misconfigured:
    return Misconfigured(
        _(
            "SysPay knows no payment %(number)s, which it had: look at the base address and the API login.",
            number=number,
        )
    )


def _named(wire: Wire, payments: Iterable[Payment]) -> Iterator[Payment]:
    """`payments`, those with money with the agreement that they are of."""
    asked = 0
    for payment in payments:
        if asked < _WHOLE_AT_MOST and words.outcome(payment)[0] in words.MONEY:
            named = whole(wire, payment)
            asked += named is not payment
            yield named
        else:
            yield payment


def whole(wire: Wire, payment: Payment) -> Payment:
    """A list may leave out what a payment belongs to [inferred]; where its type says that there is something, it is
    asked for alone."""
    if payment.agreement or not payment.payment_type.startswith(_OF_AGREEMENTS):
        return payment
    return wire.payment(payment.id)


def _numbers(charge: Charge, kept: object) -> list[int]:
    spoken_of = [number_of(name, "payment") for name in (charge.provider_id, *charge.provider_ids)]
    first = [kept] if isinstance(kept, int) else []
    return list(dict.fromkeys([*first, *(number for number in spoken_of if number is not None)]))


# --- the payment of an attempt ------------------------------------------------------------------------------


def _beginning(wire: Wire, settings: WireSettings, charge: Charge) -> Report:
    found = _find(wire, charge)
    ours = tuple(payment for payment in found.ours if _belongs(charge, payment))
    heads = _heads(charge, ours)
    chosen = _chosen(charge, ours, heads)
    agreement, odd = _agreement(wire, charge, chosen or next(iter(found.ours), None))
    warnings = [odd] if odd else []
    if not found.filtered:
        warnings.append(_("SysPay lists payments of other references, so one of ours may be missing."))
    own = agreement.provider_id if agreement else "none"
    had = [payment for payment in found.foreign if _had_money(payment) and payment.agreement != own]
    if had and (chosen is None or not _had_money(chosen)):
        told = [_of_payment(wire, settings, charge, one, ours=(one,), agreement=agreement) for one in had]
        held = [report for report in told if report.outcome not in _WENT_BACK]
        if held:
            return held[0]
        if not (_may_be_ours_yet(chosen) or _is_active_alone(charge, agreement, heads)):
            return told[0] if _go_on_charging(wire, had) else _went_back(charge, had)
    stray = _with_money(had)
    if chosen is None or _is_active_alone(charge, agreement, heads):
        report = _of_agreement(charge, agreement)
    else:
        report = _of_payment(wire, settings, charge, chosen, ours=ours, agreement=agreement)
    if chosen is not None and words.outcome(chosen)[0] in words.MONEY:
        warnings += _otherwise_than_asked(charge, chosen, begun=agreement is not None or bool(odd))
    more = [payment for payment in heads if chosen is not None and not _same_begin(payment, chosen)]
    if more:
        names = ", ".join(str(payment.id) for payment in more)
        warnings.append(
            _(
                "SysPay took the money of %(reference)s more than once: also as payment %(numbers)s. "
                "Refund at SysPay what is too much.",
                reference=charge.reference,
                numbers=names,
            )
        )
        report = replace(report, may_retry=False)
    if stray:
        names = ", ".join(str(payment.id) for payment in stray)
        warnings.append(
            _(
                "SysPay rang for payment %(numbers)s as one of %(reference)s, but it bears another reference: look at "
                "SysPay whose it is.",
                numbers=names,
                reference=charge.reference,
            )
        )
    memo = {**report.memo, **_begun(charge, agreement)}
    return replace(report, memo=memo, warning=joined(filter(None, [report.warning, *warnings]), " "))


def _may_be_ours_yet(chosen: Payment | None) -> bool:
    return chosen is not None and words.outcome(chosen)[0] in words.MAY_BECOME_MONEY


def _go_on_charging(wire: Wire, had: Iterable[Payment]) -> bool:
    """Did one of them begin what is not over?"""
    begun = {payment.agreement for payment in had} - {""}
    return any(
        agreement_standing.look(wire, name).report.state not in agreement_standing.OVER for name in begun
    )


def _went_back(charge: Charge, had: Iterable[Payment]) -> Report:
    """What was paid on the attempt's form, under another reference, is the payer's again. Inferred: the form ended with
    it, so nothing more is to come."""
    names = ", ".join(str(payment.id) for payment in had)
    warning = _(
        "SysPay took money for %(reference)s as payment %(numbers)s, under another reference, and all of it went back.",
        reference=charge.reference,
        numbers=names,
    )
    return Report(outcome=Outcome.CANCELED, given_back=True, warning=warning)


def _had_money(payment: Payment) -> bool:
    """Has it money, or had it some that was let go?"""
    return words.outcome(payment)[0] in words.MONEY or payment.status == "VOIDED"


def _otherwise_than_asked(charge: Charge, payment: Payment, *, begun: bool) -> Iterator[str]:
    """On a form that is not locked, whoever fills it in says whether it is a reservation, and of which type it is."""
    if words.outcome(payment)[0] is Outcome.AUTHORIZED and not charge.capture_later:
        yield _(
            "SysPay only reserved %(reference)s, which was to be charged at once: capture it.",
            reference=charge.reference,
        )
    if begun:
        return
    if charge.kind is Kind.SUBSCRIPTION:
        yield _(
            "SysPay took the money of %(reference)s, but began no subscription with it.",
            reference=charge.reference,
        )
    elif charge.kind is Kind.PAYMENT_PLAN:
        yield _(
            "SysPay took the money of %(reference)s, but began no payment plan with it.",
            reference=charge.reference,
        )
    elif charge.kind is Kind.MANDATE:
        yield _(
            "SysPay took the money of %(reference)s, but began no mandate with it.",
            reference=charge.reference,
        )


def _is_active_alone(charge: Charge, agreement: AgreementReport | None, heads: tuple[Payment, ...]) -> bool:
    """No money was asked for, none moved, and what was to begin has begun, after whatever tries."""
    begun = agreement is not None and agreement.state is AgreementState.ACTIVE
    return begun and not charge.money and not heads


def _belongs(charge: Charge, payment: Payment) -> bool:
    """Is it of this attempt, and not a later one of what it began? Where no money was asked for, what an agreement took
    is a later payment, unless it says itself that the agreement begins with it."""
    if charge.money or not payment.agreement:
        return True
    return not payment.amount or words.begins(payment.payment_type)


def _with_money(payments: Iterable[Payment]) -> tuple[Payment, ...]:
    return tuple(payment for payment in payments if words.outcome(payment)[0] in words.MONEY)


def _heads(charge: Charge, ours: tuple[Payment, ...]) -> tuple[Payment, ...]:
    """Those with money, but of each agreement the first one alone: the others are what it took later."""
    seen: set[str] = set()
    heads = []
    for payment in _with_money(ours):
        if payment.agreement and payment.agreement in seen:
            continue
        seen.add(payment.agreement)
        heads.append(payment)
    return tuple(heads)


def _chosen(charge: Charge, ours: tuple[Payment, ...], heads: tuple[Payment, ...]) -> Payment | None:
    """The one that had the money once stays it; else one with money, else what may still become money, else the
    newest."""
    kept = [payment for payment in ours if payment.id == charge.memo.get(PAYMENT)]
    waiting = [payment for payment in ours if words.outcome(payment)[0] in words.MAY_BECOME_MONEY]
    return next(iter((*kept, *heads, *reversed(waiting), *reversed(ours))), None)


def _same_begin(payment: Payment, chosen: Payment) -> bool:
    return payment.id == chosen.id or (bool(chosen.agreement) and payment.agreement == chosen.agreement)


def _of_payment(
    wire: Wire,
    settings: WireSettings,
    charge: Charge,
    payment: Payment,
    *,
    ours: tuple[Payment, ...],
    agreement: AgreementReport | None = None,
) -> Report:
    """`payment` as the attempt's report. `ours`: all that the attempt made, in their sequence."""
    outcome, warning = words.outcome(payment)
    report = Report(
        outcome=outcome,
        reference=payment.reference or None,
        provider_ids=tuple(f"payment:{told.id}" for told in ours if not _is_later(told, payment)),
        agreement=agreement,
        card=words.card(payment.payment_method),
        warning=warning,
    )
    if outcome is Outcome.FAILED:
        again = _may_try_again(charge, ours)
        outcome = Outcome.OPEN if again else Outcome.FAILED
        return replace(report, outcome=outcome, decline=words.decline(payment), waits_again=again)
    if not _had_money(payment):
        return report
    money = words.money(payment.amount, payment.currency)
    if money is None:
        warning = _(
            "SysPay says %(word)s of payment %(number)s, but not how much.",
            word=words.plain(payment.status, 30),
            number=payment.id,
        )
        return replace(report, outcome=Outcome.PENDING, warning=warning)
    after = afterwards.look(wire, settings, charge, payment, money, outcome)
    nothing = Money.zero(money.currency)
    captured = money if outcome is Outcome.PAID else nothing
    return replace(
        report,
        outcome=Outcome.REFUNDED if captured and after.refunded >= captured else outcome,
        provider_ids=(*report.provider_ids, *after.ids),
        authorized=money,
        captured=captured,
        voided=money if outcome is Outcome.CANCELED else nothing,
        refunded=after.refunded,
        operations=after.operations,
        chargebacks=after.chargebacks,
        memo={PAYMENT: payment.id},
        warning=joined(filter(None, [warning, *after.warnings]), " "),
    )


def _is_later(told: Payment, chosen: Payment) -> bool:
    """Did the agreement that began with `chosen` make it since? Then it will be another payment here."""
    return (
        _had_money(chosen)
        and told.agreement != ""
        and told.agreement == chosen.agreement
        and told.id > chosen.id
    )


def _may_try_again(charge: Charge, ours: tuple[Payment, ...]) -> bool:
    """Each try is a payment of its own [inferred], and the form allows so many more than the first. ERROR is final."""
    allowed = charge.memo.get(RETRIES)
    if charge.agreement is not None or not isinstance(allowed, int) or ours[-1].status != "FAILED":
        return False
    return 0 < sum(payment.status == "FAILED" for payment in ours) <= allowed


# --- what it began ------------------------------------------------------------------------------------------


def _agreement(wire: Wire, charge: Charge, payment: Payment | None) -> tuple[AgreementReport | None, str]:
    """The agreement that the attempt began, as it stands; and what is odd about it."""
    names = [payment.agreement if payment else "", str(charge.memo.get(AGREEMENT, "")), *charge.provider_ids]
    name = next((name for name in names if agreement_standing.is_name(name)), "")
    if not name:
        return None, ""
    try:
        told = agreement_standing.look(wire, name)
    except NotFound:
        return None, _("SysPay names %(name)s, but knows nothing of it.", name=name)
    if told.reference not in ("", charge.reference) and (payment is None or payment.agreement != name):
        odd = _(
            "SysPay's %(name)s bears another reference than %(reference)s.",
            name=name,
            reference=charge.reference,
        )
        return None, odd
    return told.report, ""


def _begun(charge: Charge, agreement: AgreementReport | None) -> dict[str, object]:
    if agreement is None:
        return {}
    active = agreement.state is AgreementState.ACTIVE
    return {AGREEMENT: agreement.provider_id, **({BEGUN: True} if active else {})}


_BY_STATE = {
    AgreementState.PENDING: Outcome.OPEN,
    AgreementState.ACTIVE: Outcome.PAID,
    AgreementState.CANCELED: Outcome.FAILED,
    AgreementState.ENDED: Outcome.FAILED,
    AgreementState.TERMINATED: Outcome.FAILED,
}


def _of_agreement(charge: Charge, agreement: AgreementReport | None) -> Report:
    """There is no payment (yet): how the agreement stands is all there is."""
    if agreement is None:
        return Report(outcome=Outcome.OPEN)  # the form was not filled in yet
    outcome = Outcome.PENDING if agreement.state is None else _BY_STATE[agreement.state]
    if outcome is Outcome.FAILED and (charge.memo.get(BEGUN) or agreement.began_at) and not charge.money:
        outcome = Outcome.PAID  # it began, and has ended since
    report = Report(outcome=outcome, agreement=agreement, warning=agreement.warning)
    if outcome is Outcome.FAILED:
        code = agreement.end_reason or (agreement.state.value if agreement.state else "")
        return replace(report, decline=Decline(code=code))
    if outcome is not Outcome.PAID:
        return report
    if charge.money:
        name = agreement.provider_id
        warning = _("SysPay says that %(name)s is active, but names no payment of it.", name=name)
        return replace(report, outcome=Outcome.PENDING, warning=warning)
    nothing = Money.zero(charge.money.currency)
    return replace(report, authorized=nothing, captured=nothing, refunded=nothing, voided=nothing)


# --- a further payment of an agreement ----------------------------------------------------------------------


def _further(wire: Wire, settings: WireSettings, charge: Charge) -> Report:
    """One that SysPay made by itself and named, or our own rebill, which bears our reference."""
    number = number_of(charge.provider_id, "payment") or charge.memo.get(PAYMENT)
    if isinstance(number, int):
        try:
            payment = wire.payment(number)
        except NotFound:
            raise _forgotten(number) from None
        return _further_one(wire, settings, charge, payment)
    found = _find(wire, charge)
    chosen = _chosen(charge, found.ours, _with_money(found.ours))
    if chosen is not None:
        return _further_one(wire, settings, charge, chosen)
    long_ago = charge.begun_at is None or datetime.now(UTC) - charge.begun_at > MAY_BE_ON_ITS_WAY
    if found.filtered and long_ago:
        message = _("SysPay knows of no such charge: it was not made.")
        return Report(outcome=Outcome.FAILED, decline=Decline(code="not_found", message=message))
    return Report(outcome=Outcome.PENDING, warning=_("SysPay has not told of this charge yet."))


def _further_one(wire: Wire, settings: WireSettings, charge: Charge, payment: Payment) -> Report:
    """`payment` as the report of a further payment of `charge.agreement`."""
    report = _of_payment(wire, settings, charge, payment, ours=(payment,))
    # Nobody is shown a page for it. OPEN would read as: it was never begun.
    outcome = Outcome.PENDING if report.outcome is Outcome.OPEN else report.outcome
    report = replace(report, outcome=outcome, memo={**report.memo, PAYMENT: payment.id})
    expected = charge.agreement.provider_id if charge.agreement else ""
    if payment.reference == charge.reference and payment.agreement in ("", expected):
        return report
    if payment.agreement == expected:
        # It bears the first payment's reference, or a numbered one; the agreement is what holds it to us.
        return replace(report, reference=None)
    # Of another agreement: its own name, so that whoever compares it says so.
    name = f"{payment.reference or 'payment ' + str(payment.id)} of {payment.agreement or 'no agreement'}"
    return replace(report, reference=name)
