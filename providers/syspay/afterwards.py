"""What came of the money after it was paid? Captures, voids, refunds and chargebacks.

A capture or a void is the payment's own status, for it is always of the whole. Refunds and chargebacks are objects of
their own. They are known by the ids that we got or were rung for, and by SysPay's lists where the account's settings
say by what these can be asked. A refund of ours that is found nowhere stays uncertain, unless a list surely had it.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

from providers.base import Charge, Chargeback, Operation, OperationStatus, Outcome, Verb
from providers.money import Money
from providers.said import said as _
from providers.syspay import shapes, words
from providers.syspay.shapes import Payment, Refund
from providers.syspay.wire import NotFound, Wire, WireRefusal, WireSettings

# Inferred: SysPay's lists have pages (its code 20030 is "Invalid page number"), of a length that is not told. One that
# is shorter than this is taken for whole.
MAY_BE_A_PAGE = 10
OPEN = frozenset({OperationStatus.PENDING, OperationStatus.UNCERTAIN})
_REFUNDS = _("refunds")


@dataclass(frozen=True, kw_only=True)
class Afterwards:
    refunded: Money
    operations: tuple[Operation, ...]
    chargebacks: tuple[Chargeback, ...] = ()
    ids: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def look(
    wire: Wire, settings: WireSettings, charge: Charge, payment: Payment, money: Money, outcome: Outcome
) -> Afterwards:
    """Of `payment`, which had `money` and stands at `outcome`: paid, authorized, or canceled when it was voided."""
    decided = tuple(_decided(charge, money, outcome))
    if outcome is not Outcome.PAID:
        return Afterwards(refunded=Money.zero(money.currency), operations=decided)
    told: list[Operation] = []
    warnings: list[str] = []
    unread: set[str] = set()
    refunds, refusals, surely = _refunds(wire, settings, charge, payment)
    for refund in refunds:
        amount = words.money(refund.amount, refund.currency or money.currency)
        if amount is None or amount.currency != money.currency:
            warnings.append(
                _(
                    "SysPay does not say how much the refund %(number)s is in %(currency)s.",
                    number=refund.id,
                    currency=money.currency,
                )
            )
            unread.add(refund.reference)
            continue
        status = words.REFUNDS.get(refund.status, OperationStatus.PENDING)
        if refund.status not in words.REFUNDS:
            warnings.append(words.unknown(_("refund %(number)s", number=refund.id), refund.status))
        told.append(
            Operation(
                verb=Verb.REFUND,
                money=amount,
                status=status,
                # One without a reference is not ours, and must not be taken for one that is.
                key=refund.reference or f"refund:{refund.id}",
                provider_id=f"refund:{refund.id}",
                message=_("SysPay says %(word)s.", word=words.plain(refund.status, 60))
                if status is OperationStatus.FAILURE
                else "",
            )
        )
    backs, odd = _chargebacks(wire, settings, charge, payment, money.currency)
    odd = tuple(dict.fromkeys((*refusals, *odd)))
    return Afterwards(
        refunded=_sum(told, money.currency),
        operations=(*decided, *told, *_unknown(charge, told, unread, surely=surely)),
        chargebacks=backs,
        ids=(*(f"refund:{refund.id}" for refund in refunds), *(back.id for back in backs)),
        warnings=(*warnings, *odd),
    )


def _sum(told: Iterable[Operation], currency: str) -> Money:
    done = (refund.money for refund in told if refund.status is OperationStatus.SUCCESS)
    return sum(done, Money.zero(currency))


def _decided(charge: Charge, money: Money, outcome: Outcome) -> Iterator[Operation]:
    """Our last capture or void, when the payment's status tells what became of it. While it is reserved neither was
    done; they are left out, and what is left out for long was never done."""
    done = {Outcome.PAID: Verb.CAPTURE, Outcome.CANCELED: Verb.VOID}.get(outcome)
    if done is None:
        return
    for verb in (Verb.CAPTURE, Verb.VOID):
        ours = [own for own in charge.operations if own.verb is verb]
        if not ours:
            continue
        last = ours[-1]
        if verb is done:
            yield replace(last, money=money, status=OperationStatus.SUCCESS, message="")
        elif last.status in OPEN:
            why = _("The payment was captured.") if done is Verb.CAPTURE else _("The payment was voided.")
            yield replace(last, status=OperationStatus.FAILURE, message=why)


# --- refunds ------------------------------------------------------------------------------------------------


def _refunds(
    wire: Wire, settings: WireSettings, charge: Charge, payment: Payment
) -> tuple[list[Refund], tuple[str, ...], bool]:
    """Those of `payment` that can be found; which lists did not let themselves be asked, a sentence each; and whether
    one that is not found is surely not there."""
    found: dict[int, Refund] = {}
    refusals: list[str] = []
    surely = settings.lists_filter_by_payment or settings.lists_filter_by_reference
    if settings.lists_filter_by_payment:
        listed = _asked(wire.refunds, _REFUNDS, refusals, payment_id=str(payment.id))
        found |= {refund.id: refund for refund in listed}
        strangers = [told for told in listed if told.payment is None or told.payment.id != payment.id]
        surely = not strangers and len(listed) < MAY_BE_A_PAGE
        if any(told.payment is not None for told in strangers):
            refusals.append(_passed_over(_REFUNDS, "payment_id"))
    for number in _numbers(charge, "refund"):
        if number not in found and (refund_told := _maybe(wire.refund_by_id, number)) is not None:
            found[number] = refund_told
    if settings.lists_filter_by_reference:
        keys = {refund.reference for refund in found.values()}
        by_key = True
        for own in charge.operations:
            if own.verb is Verb.REFUND and own.status in OPEN and own.key not in keys:
                listed = _asked(wire.refunds, _REFUNDS, refusals, reference=own.key)
                found |= {refund.id: refund for refund in listed if refund.reference == own.key}
                by_key = by_key and all(refund.reference == own.key for refund in listed)
        if not by_key:
            refusals.append(_passed_over(_REFUNDS, "reference"))
        surely = by_key
    ours = {own.key for own in charge.operations if own.verb is Verb.REFUND}
    kept = [refund for refund in found.values() if _is_of(refund, payment, ours)]
    return sorted(kept, key=lambda refund: refund.id), tuple(refusals), surely and not refusals


def _passed_over(what: str, name: str) -> str:
    return _(
        "Asked for %(what)s by %(field)s, SysPay lists others, too, so one of ours may be missing: look at the "
        "account's settings.",
        what=what,
        field=name,
    )


def _is_of(refund: Refund, payment: Payment, keys: set[str]) -> bool:
    """By the payment that it names; where it names none, by the key that we gave it."""
    if refund.payment is not None:
        return refund.payment.id == payment.id
    return refund.reference in keys


def _unknown(
    charge: Charge, told: Iterable[Operation], unread: set[str], *, surely: bool
) -> Iterator[Operation]:
    """Ours that nobody can tell the end of. What a list would surely have had is left out: it was never made."""
    keys = {refund.key for refund in told}
    for own in charge.operations:
        if own.verb is Verb.REFUND and own.status in OPEN and own.key not in keys:
            if own.key in unread:
                yield replace(
                    own, status=OperationStatus.UNCERTAIN, message=_("SysPay does not say how much it is.")
                )
            elif not surely:
                why = _("SysPay has not told of this refund yet.")
                yield replace(own, status=OperationStatus.UNCERTAIN, message=why)


# --- chargebacks --------------------------------------------------------------------------------------------


def _chargebacks(
    wire: Wire, settings: WireSettings, charge: Charge, payment: Payment, currency: str
) -> tuple[tuple[Chargeback, ...], tuple[str, ...]]:
    found: dict[int, shapes.Chargeback] = {}
    backs: list[Chargeback] = []
    odd: list[str] = []
    if settings.lists_filter_by_payment:
        listed = _asked(wire.chargebacks, _("chargebacks"), odd, payment_id=str(payment.id))
        found |= {told.id: told for told in listed}
    for number in _numbers(charge, "chargeback"):
        if number not in found and (told := _maybe(wire.chargeback, number)) is not None:
            found[number] = told
    for told in sorted(found.values(), key=lambda told: told.id):
        if told.payment is None:
            odd.append(
                _("SysPay does not say of which payment the chargeback %(number)s is.", number=told.id)
            )
        if told.payment is None or told.payment.id != payment.id:
            continue
        money = words.money(told.amount, told.currency or currency)
        if money is None or money.currency != currency:
            odd.append(
                _(
                    "SysPay does not say how much the chargeback %(number)s is in %(currency)s.",
                    number=told.id,
                    currency=currency,
                )
            )
            continue
        backs.append(
            Chargeback(
                id=f"chargeback:{told.id}",
                money=money,
                status=words.plain(told.status, 60),
                reason=words.plain(told.reason_code, 60),
                at=words.moment(told.bank_time or told.processing_time),
            )
        )
    return tuple(backs), tuple(odd)


# --- ids ----------------------------------------------------------------------------------------------------


def _numbers(charge: Charge, kind: str) -> list[int]:
    ids = (*charge.provider_ids, *(own.provider_id for own in charge.operations))
    numbers = [number for name in ids if (number := number_of(name, kind)) is not None]
    if kind == "refund":  # a person who looks it up at SysPay types its bare number
        numbers += [int(name) for name in ids if _is_bare(name)]
    return list(dict.fromkeys(numbers))


def number_of(name: str, kind: str) -> int | None:
    """9 of "refund:9", when that is the kind; None otherwise."""
    told, _colon, number = name.partition(":")
    return int(number) if told == kind and _is_bare(number) else None


def _is_bare(number: str) -> bool:
    return number.isascii() and number.isdigit() and 0 < len(number) < 16 and int(number) > 0


T = TypeVar("T")


def _asked(
    ask: Callable[..., tuple[T, ...]], what: str, refusals: list[str], **filters: str
) -> tuple[T, ...]:
    """A list by a filter that the account's settings vouch for. That SysPay refuses it must not hide what is known of
    the payment itself."""
    try:
        return ask(**filters)
    except WireRefusal as no:
        names = ", ".join(filters)
        refusals.append(
            _(
                "SysPay does not let its list of %(what)s be asked by %(fields)s (%(no)s): look at the account's "
                "settings.",
                what=what,
                fields=names,
                no=no.args[0],
            )
        )
        return ()


def _maybe(ask: Callable[[int], T], number: int) -> T | None:
    """None for what SysPay does not know: an id may come from another account's times, or be mistyped."""
    try:
        return ask(number)
    except NotFound:
        return None
