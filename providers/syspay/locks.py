"""Which inputs of SysPay's form cannot be changed? The whole form with `locked`, or some inputs with `locked_inputs`,
and never both: the first overrides the second [seed].

[seed] "any locked input on transaction data will require their corresponding value to be defined on the transaction
JSON, even if the element is not mandatory". Of the three inputs that have no field of that name, the value is
[inferred] to be the one they switch: `pay_mode` preauth, `trial_check` trial_period, `expires_check` billing_cycles.
The description, which is not the customer's either, is held to that sentence, too [inferred].
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from providers.base import Charge, DeskInput, Kind
from providers.errors import FieldError
from providers.said import said as _
from providers.syspay.settings import SysPayOptions, SysPaySettings

BLOCKS = {
    Kind.ONE_OFF: "oneshot",
    Kind.SUBSCRIPTION: "subscription",
    Kind.PAYMENT_PLAN: "payment_plan",
    Kind.MANDATE: "payment_mandate",
}
DESK = "desk.locked"
OPTIONS = "options.syspay.locked_inputs"


@dataclass(frozen=True, kw_only=True)
class _Input:
    label: str
    needs: str = ""  # the order's field that gives its value
    value: str = ""  # the field of the transaction that is its value, where it has another name


_TOP = {
    "type": _Input(label="Type of payment"),
    "description": _Input(label="Description", needs="description"),
    "reference": _Input(label="Reference"),
}
_CUSTOMER = {
    "first_name": _Input(label="First name"),
    "last_name": _Input(label="Last name"),
    "email": _Input(label="E-mail"),
    "mobile_country": _Input(label="Country of the phone number"),
    "mobile_phone": _Input(label="Phone number"),
    "company_name": _Input(label="Company"),
    "language": _Input(label="Language"),
    "address": _Input(label="Address"),
    "city": _Input(label="City"),
    "postcode": _Input(label="Postal code"),
    "country": _Input(label="Country"),
}
_CURRENCY = _Input(label="Currency", needs="currency")
_TRANSACTION: Mapping[str, Mapping[str, _Input]] = {
    "oneshot": {
        "amount": _Input(label="Amount", needs="amount"),
        "currency": _CURRENCY,
        "pay_mode": _Input(label="Charge or reservation", value="preauth"),
    },
    "subscription": {
        "trial_amount": _Input(label="Amount of the trial", needs="terms.trial.amount"),
        "trial_period": _Input(label="Length of the trial", needs="terms.trial.period.count"),
        "trial_period_unit": _Input(label="Unit of the trial", needs="terms.trial.period.unit"),
        "billing_amount": _Input(label="Regular amount", needs="terms.amount"),
        "billing_cycles": _Input(label="Number of payments", needs="terms.cycles"),
        "billing_period": _Input(label="Time between payments", needs="terms.period.count"),
        "billing_period_unit": _Input(label="Unit of the time between payments", needs="terms.period.unit"),
        "initial_amount": _Input(label="First regular amount", needs="terms.initial_amount"),
        "currency": _CURRENCY,
        "trial_check": _Input(label="Whether there is a trial", needs="terms.trial", value="trial_period"),
        "expires_check": _Input(label="Whether it expires", needs="terms.cycles", value="billing_cycles"),
    },
    "payment_plan": {
        "total_amount": _Input(label="Total amount", needs="terms.total"),
        "currency": _CURRENCY,
        "billing_cycles": _Input(label="Number of payments", needs="terms.cycles"),
        "billing_period": _Input(label="Time between payments", needs="terms.period.count"),
        "billing_period_unit": _Input(label="Unit of the time between payments", needs="terms.period.unit"),
    },
    "payment_mandate": {
        "currency": _CURRENCY,
        "initial_charge": _Input(label="Amount charged at once", needs="amount"),
        "amount": _Input(label="Amount", needs="options.syspay.mandate_amount"),
    },
}
_PAY_MODE = "oneshot.pay_mode"
_OF_ANOTHER_KIND = {
    "oneshot": _("cannot be locked: the order is not for a single payment"),
    "subscription": _("cannot be locked: the order is not for a subscription"),
    "payment_plan": _("cannot be locked: the order is not for a payment plan"),
    "payment_mandate": _("cannot be locked: the order is not for a mandate"),
}


def _inputs(block: str) -> Iterator[tuple[str, _Input]]:
    """All that the form for such a transaction has, by their names with dots."""
    yield from _TOP.items()
    yield from ((f"customer.{name}", known) for name, known in _CUSTOMER.items())
    yield from _of_block(block)


def _of_block(block: str) -> Iterator[tuple[str, _Input]]:
    yield from ((f"{block}.{name}", known) for name, known in _TRANSACTION[block].items())


def desk_inputs(kind: Kind) -> tuple[DeskInput, ...]:
    if kind not in BLOCKS:
        return ()
    return tuple(
        DeskInput(name=name, label=known.label, needs=known.needs) for name, known in _inputs(BLOCKS[kind])
    )


def complaints(
    charge: Charge, brought: SysPayOptions, transaction: Mapping[str, Any]
) -> Iterator[FieldError]:
    """`transaction` is the block as it would be sent."""
    if charge.desk is not None:  # it goes before the order, whose locks are not sent then
        for name in charge.desk.locked or ():
            if why := _objection(name, charge, brought, transaction):
                yield DESK, _("%(input)s %(why)s", input=name, why=why)
        return
    if brought.locked_inputs is None:
        return
    names = _brought_names(brought)
    if brought.locked:
        yield OPTIONS, _("does not go with locked: true, which locks the whole form")
    elif not names:
        yield OPTIONS, _("locks nothing: say locked: false instead")
    for name in names:
        if why := _objection(name, charge, brought, transaction):
            yield f"{OPTIONS}.{name}", why


def _objection(name: str, charge: Charge, brought: SysPayOptions, transaction: Mapping[str, Any]) -> str:
    own = BLOCKS[charge.kind]
    known = dict(_inputs(own)).get(name)
    block, _dot, leaf = name.partition(".")
    if known is None and leaf in _TRANSACTION.get(block, ()):
        return _OF_ANOTHER_KIND[block]
    if known is None:
        return _("is no input of SysPay's form")
    if name == "description":
        return "" if brought.description or charge.description else _("cannot be locked: the order has none")
    # Whether it is a reservation is always known, and sent when it is to be locked.
    if block == own and name != _PAY_MODE and transaction.get(known.value or leaf) is None:
        return _("cannot be locked: the order has no %(field)s", field=known.needs)
    return ""


def wanted(
    settings: SysPaySettings, charge: Charge, brought: SysPayOptions, transaction: Mapping[str, Any]
) -> dict[str, Any]:
    """What is sent: {"locked": ...} or {"locked_inputs": {...}}. The desk goes before the order, and the order before
    the account."""
    if charge.desk is not None:
        if charge.desk.locked is None:
            return {"locked": True}
        return {"locked_inputs": _tree(charge.desk.locked)} if charge.desk.locked else {"locked": False}
    if brought.locked_inputs is not None:
        told = brought.locked_inputs.model_dump(exclude_none=True)
        return {"locked_inputs": {name: lock for name, lock in told.items() if lock != {}}}
    if brought.locked is not None:
        return {"locked": brought.locked}
    if settings.lock == "amount":
        return _of_amount(charge, transaction)
    return {"locked": settings.lock == "all"}


def locks_pay_mode(asked: Mapping[str, Any]) -> bool:
    """Must the transaction say whether it is a reservation?"""
    return bool(asked.get("locked_inputs", {}).get("oneshot", {}).get("pay_mode"))


def _of_amount(charge: Charge, transaction: Mapping[str, Any]) -> dict[str, Any]:
    """Everything of the transaction, and the reference, by which it is found. One input left open could change what
    is paid, such as a trial that the shopper adds: so where one has no value and cannot be locked, the form is locked
    as a whole."""
    inputs = dict(_of_block(BLOCKS[charge.kind]))
    for name, known in inputs.items():
        leaf = name.partition(".")[2]
        if name != _PAY_MODE and transaction.get(known.value or leaf) is None:
            return {"locked": True}
    return {"locked_inputs": _tree(("type", "reference", *inputs))}


def _brought_names(brought: SysPayOptions) -> tuple[str, ...]:
    """What the order's own `locked_inputs` lock, by their names with dots."""
    if brought.locked_inputs is None:
        return ()
    found = []
    for name, lock in brought.locked_inputs.model_dump(exclude_none=True).items():
        if isinstance(lock, dict):
            found += [f"{name}.{leaf}" for leaf, on in lock.items() if on]
        elif lock:
            found.append(name)
    return tuple(found)


def _tree(names: tuple[str, ...]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for name in names:
        block, _dot, leaf = name.partition(".")
        if leaf:
            tree.setdefault(block, {})[leaf] = True
        else:
            tree[block] = True
    return tree
