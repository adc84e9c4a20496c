"""How much of a payment is reserved, taken and given back? Told from one transaction and the refunds of it.

PayZen lists no voids: what is not captured yet is cancelled as a whole or lessened, under the same uuid. So the amount
that was seen first is remembered, and what is missing of it since was voided or, where it had been taken by our record,
given back. Such an operation has no id at PayZen; it goes by the uuid and what was left then.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from providers.base import Charge, Operation, OperationStatus, Outcome, Verb
from providers.money import Money
from providers.payzen import words
from providers.payzen.amounts import from_platform
from providers.payzen.shapes import Transaction
from providers.said import said as _

_OPEN = frozenset({OperationStatus.PENDING, OperationStatus.UNCERTAIN})
PARTIALLY = "PARTIALLY_AUTHORISED"


@dataclass(frozen=True, kw_only=True)
class Sums:
    """Of one payment. `whole`: what was authorised at first."""

    outcome: Outcome
    whole: Money
    captured: Money
    refunded: Money
    voided: Money
    operations: tuple[Operation, ...] = ()
    warnings: tuple[str, ...] = field(default=())


def amount_of(told: Transaction) -> Money | None:
    """How much it is; None when that cannot be read. Of a payment that the bank gave in part, the part."""
    units, currency = told.amount, told.currency
    if told.detailed_status == PARTIALLY:
        given = told.transaction_details.card_details.authorization_response
        units, currency = given.amount, given.currency or currency
    try:
        return None if units is None else from_platform(units, currency)
    except ValueError:
        return None


def left_id(uuid: str, left: Money) -> str:
    """The name of a void, or of a refund before the capture: it has none at PayZen."""
    return f"{uuid}:{left.minor}"


def whole_of(charge: Charge, told: Transaction, amount: Money) -> Money:
    """What was authorised at first, as it was remembered then."""
    known = charge.memo.get("minor")
    if charge.memo.get("uuid") != told.uuid or not isinstance(known, int):
        return amount
    return max(amount, Money(known, amount.currency))


def sums_of(
    charge: Charge,
    told: Transaction,
    amount: Money,
    given_back: Iterable[Transaction],
    keys: Mapping[str, str],
) -> Sums:
    """`told` is the payment, of `amount` now; `keys`: our names of transactions that we have just made."""
    outcome, _odd = words.of_transaction(told.detailed_status)
    nothing = Money.zero(amount.currency)
    whole = whole_of(charge, told, amount)
    gone = outcome in (Outcome.CANCELED, Outcome.EXPIRED, Outcome.FAILED)
    left = nothing if outcome is Outcome.CANCELED else amount
    taken = outcome is Outcome.PAID or bool(gone and charge.captured)

    voids = _ours(charge, Verb.VOID)
    lessened = [
        known for known in _ours(charge, Verb.REFUND) if known.provider_id.startswith(f"{told.uuid}:")
    ]
    before = _total(voids, nothing) + _total(lessened, nothing)
    missing = whole - left - before
    new: list[Operation] = []
    if missing.minor > 0:
        # Taken by our record, that is: between two looks it may have been lessened, and captured afterwards.
        verb = Verb.REFUND if charge.captured else Verb.VOID
        new.append(
            Operation(
                verb=verb,
                money=missing,
                status=OperationStatus.SUCCESS,
                key=_key(charge, verb, missing),
                provider_id=left_id(told.uuid, left),
            )
        )
    refunds, odd = _refunds(charge, told, amount.currency, given_back, keys)

    voided = _total(voids, nothing) + _total((o for o in new if o.verb is Verb.VOID), nothing)
    returned = [o for o in (*lessened, *new, *refunds) if o.verb is Verb.REFUND]
    captured = whole - voided if taken else nothing
    refunded = _total((o for o in returned if o.status is OperationStatus.SUCCESS), nothing)
    captures = _captures(charge, told, captured)
    return Sums(
        outcome=_outcome(outcome, captured, refunded),
        whole=whole,
        captured=captured,
        refunded=refunded,
        voided=voided,
        operations=(*captures, *voids, *lessened, *new, *refunds),
        warnings=tuple(odd),
    )


def _outcome(outcome: Outcome, captured: Money, refunded: Money) -> Outcome:
    if captured and refunded >= captured:
        return Outcome.REFUNDED
    return outcome


def _ours(charge: Charge, verb: Verb) -> list[Operation]:
    """What our record says was done, so that what is missing is not told twice."""
    return [
        known for known in charge.operations if known.verb is verb and known.status is OperationStatus.SUCCESS
    ]


def _total(operations: Iterable[Operation], nothing: Money) -> Money:
    return sum((operation.money for operation in operations), nothing)


def _key(charge: Charge, verb: Verb, money: Money) -> str:
    """PayZen echoes no name of ours: the open operation of that kind and amount is the one meant."""
    alike = (o.key for o in charge.operations if o.verb is verb and o.money == money and o.status in _OPEN)
    return next(alike, "")


def _captures(charge: Charge, told: Transaction, captured: Money) -> list[Operation]:
    """The validation of what waited for it. What is captured by itself is no operation."""
    if not (charge.capture_later and captured):
        return []
    known = _ours(charge, Verb.CAPTURE)
    if known:
        return known
    key = _key(charge, Verb.CAPTURE, captured)
    done = OperationStatus.SUCCESS
    return [Operation(verb=Verb.CAPTURE, money=captured, status=done, key=key, provider_id=told.uuid)]


def _refunds(
    charge: Charge,
    told: Transaction,
    currency: str,
    given_back: Iterable[Transaction],
    keys: Mapping[str, str],
) -> tuple[list[Operation], list[str]]:
    found: list[Operation] = []
    odd: list[str] = []
    for credit in sorted(given_back, key=lambda credit: credit.age):
        if credit.parent not in ("", told.uuid):
            continue
        money = amount_of(credit)
        if money is None or money.currency != currency:
            uuid = words.plain(credit.uuid)
            odd.append(_("PayZen lists a refund, %(uuid)s, but not how much it is.", uuid=uuid))
            continue
        status, unknown = words.of_refund(credit.detailed_status)
        why = words.decline(
            credit.error_code, credit.error_message, credit.detailed_error_code, credit.detailed_error_message
        )
        operation = Operation(
            verb=Verb.REFUND,
            money=money,
            status=status,
            key=keys.get(credit.uuid, ""),
            provider_id=credit.uuid,
            message=why.message if status is OperationStatus.FAILURE else "",
        )
        known = next((o for o in charge.operations if o.provider_id == credit.uuid), None)
        found.append(replace(operation, key=operation.key or (known.key if known else "")))
        if status is OperationStatus.FAILURE and known and known.status is OperationStatus.SUCCESS:
            odd.append(
                _(
                    "PayZen says %(word)s of the refund of %(money)s that was done before: the customer may not have "
                    "it. Look at the Back Office.",
                    word=words.plain(credit.detailed_status),
                    money=money,
                )
            )
        odd += [unknown] if unknown else []
    return found, odd
