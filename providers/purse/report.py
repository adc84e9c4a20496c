"""What is true of a payment, as Purse's payment resource tells it? Its sums, its means of payment, its operations.

Only `amounts` says how much money there is; the lists say who gave it. `overview` and the links decide nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from providers.base import Charge, Operation, OperationStatus, Outcome, Report, Tender, Verb
from providers.money import Money
from providers.purse.shapes import OperationTold, PartnerTransaction, PaymentTold
from providers.purse.words import (
    authorization_outcome,
    card,
    decline,
    is_done,
    is_not_done,
    operation_status,
    plain,
    unknown,
)
from providers.said import joined
from providers.said import said as _

_STILL_OPEN = (OperationStatus.PENDING, OperationStatus.UNCERTAIN)
_DONE_BY = {Verb.CAPTURE: "captured", Verb.VOID: "voided", Verb.REFUND: "refunded"}
_SUMS = {
    "authorized": _("authorized"),
    "captured": _("captured"),
    "voided": _("voided"),
    "refunded": _("refunded"),
}


def report_of(charge: Charge, payment: PaymentTold) -> Report:
    currency = payment.currency
    sums: dict[str, Any] = {
        "authorized": Money(payment.amounts.total_authorized, currency),
        "captured": Money(payment.amounts.total_captured, currency),
        "refunded": Money(payment.amounts.total_refunded, currency),
        "voided": Money(payment.amounts.total_voided, currency),
    }
    authorization = payment.authorization
    word = authorization.status if authorization else ""
    transactions = authorization.partner_transactions if authorization else ()
    outcome, odd = _outcome(charge, payment, word, sums)
    operations = tuple(_operations(charge, payment))
    warnings = [odd, *_odd_words(payment)]
    money = outcome in (Outcome.AUTHORIZED, Outcome.PAID, Outcome.REFUNDED) or sums["voided"].minor > 0
    tenders, unclear = _tenders(payment, transactions, sums)
    told = Report(
        outcome=outcome,
        reference=payment.order_reference or None,
        provider_ids=tuple(dict.fromkeys(filter(None, (payment.client_session_id, payment.id)))),
        pending=Money(payment.amounts.authorize_pending + _under_way(payment), currency),
        tenders=tenders if money else (),
        operations=operations,
        decline=decline(word, transactions) if outcome is Outcome.FAILED else None,
        card=card(transactions),
        memo={"payment_id": payment.id, "version": payment.version},
        warning=joined(filter(None, [*warnings, unclear if money else ""]), " "),
    )
    # Of an authorisation that is not through yet, nothing is held that would have to be told.
    return replace(told, **sums) if money else told


# --- the outcome ----------------------------------------------------------------------------------------


def _outcome(
    charge: Charge, payment: PaymentTold, word: str, sums: Mapping[str, Money]
) -> tuple[Outcome, str]:
    outcome = authorization_outcome(word)
    if outcome is None:
        return Outcome.PENDING, unknown(_("authorisation"), word)
    if outcome is Outcome.AUTHORIZED:
        return _of_the_money(charge, payment, sums), ""
    held = sums["authorized"].minor - sums["voided"].minor - sums["refunded"].minor
    if outcome is Outcome.PENDING or held <= 0:
        return outcome, ""
    # One of several means of payment has given its part and another refused: that part has to go back. Told as the
    # money that it is, so that the checkout compares it with what was asked for and calls a person.
    odd = _("Purse calls the payment %(word)s, but holds %(money)s of it.",
            word=plain(word).lower(), money=Money(held, payment.currency))  # fmt: skip
    if sums["authorized"] == charge.money:
        return Outcome.PENDING, odd
    return (Outcome.PAID if sums["captured"] else Outcome.AUTHORIZED), odd


def _of_the_money(charge: Charge, payment: PaymentTold, sums: Mapping[str, Money]) -> Outcome:
    """Of an authorised payment.

    A gift card or a wallet may be captured by itself while the rest is only reserved. The order must not be called
    paid for that: the payment is paid when nothing is left to capture, or when the merchant has captured, which is his
    word that a part is all he wants for now.
    """
    authorized, captured, refunded, voided = (
        sums[name].minor for name in ("authorized", "captured", "refunded", "voided")
    )
    left = authorized - captured - voided
    if authorized and voided >= authorized:
        return Outcome.CANCELED
    if not captured:
        return Outcome.AUTHORIZED
    if left > 0:
        return Outcome.PAID if _merchant_captured(charge, payment) else Outcome.AUTHORIZED
    return Outcome.REFUNDED if refunded >= captured else Outcome.PAID


def _merchant_captured(charge: Charge, payment: PaymentTold) -> bool:
    ours = {known.key for known in charge.operations if known.verb is Verb.CAPTURE}
    return any(
        (told.merchant_reference in ours or (told.merchant_reference and _is_merchants(told)))
        and _done_amount(told) > 0
        for told in payment.captures
    )


# --- operations -----------------------------------------------------------------------------------------


def listed(payment: PaymentTold, verb: Verb) -> tuple[OperationTold, ...]:
    return {Verb.CAPTURE: payment.captures, Verb.VOID: payment.voids, Verb.REFUND: payment.refunds}[verb]


def _status(told: OperationTold) -> OperationStatus:
    return operation_status(told.status) or OperationStatus.UNCERTAIN


def _operations(charge: Charge, payment: PaymentTold) -> Iterable[Operation]:
    verb_of = {known.key: known.verb for known in charge.operations}
    for verb in Verb:
        for told in listed(payment, verb):
            if verb is Verb.CAPTURE and _by_itself(told):
                continue  # part of paying, and in the sums: nobody asked for it
            # Purse echoes our reference, so one without it is not ours: it goes by its own id, lest the checkout take
            # it for an operation of ours of the same amount. Purse's samples have one reference on a capture, a void
            # and a refund; ours belongs to one of them.
            ours = verb_of.get(told.merchant_reference, verb) is verb
            yield Operation(
                verb=verb,
                money=Money(told.amount, payment.currency),
                status=_status(told),
                key=told.merchant_reference if told.merchant_reference and ours else told.id,
                provider_id=told.id,
                message=_message(told, payment.currency),
            )


def _by_itself(told: OperationTold) -> bool:
    """Purse's own capture: at once, or of a gift card. MERCHANT is the only trigger that is documented."""
    return not told.merchant_reference and not _is_merchants(told)


def _is_merchants(told: OperationTold) -> bool:
    return told.triggered_by.upper() == "MERCHANT"


def _message(told: OperationTold, currency: str) -> str:
    """What succeeded and what did not, by partner; "" where there is nothing to be explained."""
    if _status(told) is OperationStatus.SUCCESS:
        return ""
    parts = []
    for part in told.partner_transactions:
        how = "done" if is_done(part) else "failed" if is_not_done(part) else "not known yet"
        why = (
            f" ({part.partner_status_description})"
            if part.partner_status_description and how != "done"
            else ""
        )
        parts.append(f"{part.partner} {part.method}: {Money(part.amount, currency)} {how}{why}")
    return plain("; ".join(parts), 300)


def _odd_words(payment: PaymentTold) -> list[str]:
    words = {
        told.status
        for verb in Verb
        for told in listed(payment, verb)
        if operation_status(told.status) is None
    }
    return [unknown(_("operation"), word) for word in sorted(words)]


def _done_amount(told: OperationTold) -> int:
    if told.partner_transactions:
        return sum(part.amount for part in told.partner_transactions if is_done(part))
    return told.amount if _status(told) is OperationStatus.SUCCESS else 0


def _under_way(payment: PaymentTold) -> int:
    """What open operations have not moved yet."""
    total = 0
    for verb in Verb:
        for told in listed(payment, verb):
            if _status(told) in _STILL_OPEN:
                ended = sum(p.amount for p in told.partner_transactions if is_done(p) or is_not_done(p))
                total += max(told.amount - ended, 0)
    return total


# --- the means of payment -------------------------------------------------------------------------------


def _tenders(
    payment: PaymentTold, transactions: Sequence[PartnerTransaction], sums: Mapping[str, Money]
) -> tuple[tuple[Tender, ...], str]:
    """One for each partner transaction of the authorisation that stands; and a sentence if the lists do not add up."""
    nothing = Money.zero(payment.currency)
    held = [told for told in transactions if told.id and not is_not_done(told)]
    tenders = [
        Tender(
            id=told.id,
            partner=told.partner,
            method=told.method,
            authorized=Money(told.amount, payment.currency) if is_done(told) else nothing,
            captured=nothing,
            refunded=nothing,
            voided=nothing,
        )
        for told in held
    ]
    if len(tenders) == 1:
        only: dict[str, Any] = {name: sums[name] for name in _DONE_BY.values()}
        return (replace(tenders[0], **only),), ""
    for verb in Verb:
        for told in listed(payment, verb):
            used: set[str] = set()
            for part in told.partner_transactions:
                if is_done(part):
                    _give(tenders, verb, part, used)
    return tuple(tenders), _unclear(payment, tenders, sums)


def _give(tenders: list[Tender], verb: Verb, part: PartnerTransaction, used: set[str]) -> None:
    """Add an operation's part to the tender that it came from.

    By its id where that is the authorisation's; else by partner and method. Where several share both, the first that
    has as much left and is not in this operation already is taken [inferred]: Purse documents no other tie.
    """
    kin = [t for t in tenders if (t.partner, t.method) == (part.partner, part.method)]
    same = [t for t in tenders if t.id == part.id]
    fresh = [t for t in kin if t.id not in used]
    roomy = [t for t in fresh if _room(t, verb) >= part.amount]
    found = next(iter((*same, *roomy, *fresh, *kin)), None)
    if found is None:
        return
    used.add(found.id)
    name = _DONE_BY[verb]
    grown: Money = getattr(found, name) + Money(part.amount, found.authorized.currency)
    changed: dict[str, Any] = {name: grown}
    tenders[tenders.index(found)] = replace(found, **changed)


def _room(tender: Tender, verb: Verb) -> int:
    if verb is Verb.REFUND:
        return (tender.captured - tender.refunded).minor
    return (tender.authorized - tender.captured - tender.voided).minor


def _unclear(payment: PaymentTold, tenders: Sequence[Tender], sums: Mapping[str, Money]) -> str:
    if not tenders or any(_status(told) in _STILL_OPEN for verb in Verb for told in listed(payment, verb)):
        return ""  # when a sum grows during an operation is not documented
    for name in ("authorized", *_DONE_BY.values()):
        total = sum(getattr(tender, name).minor for tender in tenders)
        if total != sums[name].minor:
            told = Money(total, payment.currency)
            return _("Purse's transactions add up to %(told)s %(what)s, its sums say %(sum)s.",
                     told=told, what=_SUMS[name], sum=sums[name])  # fmt: skip
    return ""
