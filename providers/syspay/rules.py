"""What of an order would SysPay refuse? The manual's rules and the account's own, checked before anything is sent, each
by its path in the shop's request.

What a single option may be stands in `settings`, what may be locked in `locks`.
"""

import re
from collections.abc import Iterator

from providers.agreements import Terms, Unit
from providers.base import Charge, Kind
from providers.errors import FieldError, Invalid
from providers.money import Money, exponent
from providers.said import said as _
from providers.syspay import locks
from providers.syspay.request import LONGEST_NAME, OPTIONS, TYPES, options, transaction
from providers.syspay.settings import SysPayOptions, SysPaySettings

LONGEST_ADDRESS = 100  # and city
# Minutes and hours are for trials alone.
BILLING_UNITS = (Unit.DAY, Unit.WEEK, Unit.MONTH)
_NOT_FOR_THIS_ACCOUNT = {
    Kind.ONE_OFF: _("is not for this SysPay account, which takes no single payments"),
    Kind.SUBSCRIPTION: _("is not for this SysPay account, which takes no subscriptions"),
    Kind.PAYMENT_PLAN: _("is not for this SysPay account, which takes no payment plans"),
    Kind.MANDATE: _("is not for this SysPay account, which takes no mandates"),
}
_NOTHING_RESERVED = {
    Kind.SUBSCRIPTION: _("does not go with subscriptions: SysPay reserves nothing for them"),
    Kind.PAYMENT_PLAN: _("does not go with payment plans: SysPay reserves nothing for them"),
}
_TERMS_NEEDED = {
    Kind.SUBSCRIPTION: _("are needed: SysPay takes no subscriptions without"),
    Kind.PAYMENT_PLAN: _("are needed: SysPay takes no payment plans without"),
}


def complaints(charge: Charge) -> tuple[FieldError, ...]:
    """Whatever SysPay would refuse of the order, by any account."""
    if charge.agreement is not None:
        return tuple(_of_a_further_charge(charge))
    if charge.kind not in TYPES:
        return ()
    try:
        brought = options(charge)
    except Invalid as problem:
        return problem.errors
    return (
        *_of_the_order(charge),
        *_of_the_customer(charge),
        *_of_the_terms(charge),
        *_of_the_options(charge, brought),
        *locks.complaints(charge, brought, transaction(charge, brought)),
    )


def limits(settings: SysPaySettings, charge: Charge) -> tuple[FieldError, ...]:
    """What this account cannot take, though another one might."""
    return tuple(_limits(settings, charge))


def _limits(settings: SysPaySettings, charge: Charge) -> Iterator[FieldError]:
    currency, kind = charge.money.currency, charge.kind
    if charge.agreement is None and kind in TYPES and TYPES[kind] not in settings.types:
        yield "kind", _NOT_FOR_THIS_ACCOUNT[kind]
    if settings.currencies and currency not in settings.currencies:
        yield "currency", _("is %(currency)s, which this SysPay account does not take", currency=currency)
    elif not settings.currencies and exponent(currency) != 2:
        yield (
            "currency",
            _(
                "has no cents, in which SysPay counts; the account has to name %(currency)s to take it",
                currency=currency,
            ),
        )
    terms = charge.terms
    if kind is Kind.PAYMENT_PLAN and terms and terms.total and terms.cycles and terms.cycles > 0:
        over = terms.total.minor % terms.cycles
        if 1 < over < terms.total.minor and settings.plan_remainder == "refuse":
            yield (
                "terms.total",
                _(
                    "cannot be shared equally: %(over)s cents are left over, and SysPay does not say in which payment",
                    over=over,
                ),
            )


# --- the order --------------------------------------------------------------------------------------------


def _of_a_further_charge(charge: Charge) -> Iterator[FieldError]:
    if charge.money.minor <= 0:
        yield "amount", _("must be more than 0")
    if charge.capture_later:
        yield "capture_later", _("does not go with a further charge of an agreement, which is taken at once")


def _of_the_order(charge: Charge) -> Iterator[FieldError]:
    if charge.money.minor < 0 or (charge.kind is Kind.ONE_OFF and not charge.money):
        yield "amount", _("must be more than 0")
    if charge.reference and not re.fullmatch(r"[ -~]+", charge.reference):
        yield "reference", _("may only have printable ASCII characters")
    if not re.fullmatch(r"[a-z]{2}", charge.language):
        yield "language", _("must be two small letters (ISO 639-1)")
    if charge.capture_later and charge.kind in _NOTHING_RESERVED:
        yield "capture_later", _NOTHING_RESERVED[charge.kind]
    elif charge.capture_later and not charge.money:
        yield "capture_later", _("needs an amount that is reserved")


def _of_the_customer(charge: Charge) -> Iterator[FieldError]:
    known = charge.customer
    for name in ("first_name", "last_name"):
        if len(getattr(known, name)) > LONGEST_NAME:
            yield f"customer.{name}", _("has more than %(most)s characters", most=LONGEST_NAME)
    if known.email and not re.fullmatch(r"[^@\s]+@[^@\s]+", known.email):
        yield "customer.email", _("is no e-mail address")
    for name in ("address", "city"):
        if len(getattr(known, name)) > LONGEST_ADDRESS:
            yield f"customer.{name}", _("has more than %(most)s characters", most=LONGEST_ADDRESS)
    if known.country and not re.fullmatch(r"[A-Z]{2}", known.country):
        yield "customer.country", _("must be two capitals (ISO 3166-1)")


def _of_the_options(charge: Charge, brought: SysPayOptions) -> Iterator[FieldError]:
    trial = charge.terms.trial_period if charge.terms else None
    if brought.trial_cycles is not None and (charge.kind is not Kind.SUBSCRIPTION or trial is None):
        yield f"{OPTIONS}.trial_cycles", _("goes with a subscription that has a trial")
    if brought.mandate_amount is not None and charge.kind is not Kind.MANDATE:
        yield f"{OPTIONS}.mandate_amount", _("goes with mandates")


# --- the terms --------------------------------------------------------------------------------------------


def _of_the_terms(charge: Charge) -> Iterator[FieldError]:
    terms = charge.terms
    if charge.kind in (Kind.ONE_OFF, Kind.MANDATE):
        if terms is not None:
            yield "terms", _("go with subscriptions and payment plans")
        return
    if terms is None:
        yield "terms", _TERMS_NEEDED[charge.kind]
        return
    found = [*_of_the_billing(terms), *_of_the_currencies(charge, terms)]
    found += _of_a_plan(terms) if charge.kind is Kind.PAYMENT_PLAN else _of_a_subscription(terms)
    yield from found
    if not found and charge.money != terms.due_today():
        yield "amount", _("must be what is due today under the terms: %(due)s", due=terms.due_today())


def _of_the_billing(terms: Terms) -> Iterator[FieldError]:
    if terms.period.count < 1:
        yield "terms.period.count", _("must be at least 1")
    if terms.period.unit not in BILLING_UNITS:
        yield "terms.period.unit", _("must be day, week or month; minutes and hours are for trials")
    if terms.cycles is not None and terms.cycles < 1:
        yield "terms.cycles", _("must be at least 1")


def _of_the_currencies(charge: Charge, terms: Terms) -> Iterator[FieldError]:
    for path, money in _amounts(terms):
        if money is not None and money.currency != charge.money.currency:
            yield path, _("must be in the order's currency, %(currency)s", currency=charge.money.currency)


def _amounts(terms: Terms) -> tuple[tuple[str, Money | None], ...]:
    return (
        ("terms.amount", terms.amount),
        ("terms.initial_amount", terms.initial),
        ("terms.trial.amount", terms.trial),
        ("terms.total", terms.total),
    )


def _of_a_subscription(terms: Terms) -> Iterator[FieldError]:
    if terms.total is not None:
        yield "terms.total", _("goes with payment plans; a subscription has an amount")
    if terms.amount is None:
        yield "terms.amount", _("is needed: what is paid every period")
    elif terms.amount.minor <= 0:
        yield "terms.amount", _("must be more than 0")
    if terms.initial is not None and terms.initial.minor <= 0:
        yield "terms.initial_amount", _("must be more than 0")
    if terms.trial is not None and terms.trial.minor < 0:
        yield "terms.trial.amount", _("must not be less than 0")
    if terms.trial_period is None:
        if terms.trial is not None:
            yield "terms.trial.period", _("is needed: a trial lasts for a while")
    elif terms.trial_period.count < 1:
        yield "terms.trial.period.count", _("must be at least 1")


def _of_a_plan(terms: Terms) -> Iterator[FieldError]:
    for path, given in (
        ("terms.amount", terms.amount),
        ("terms.initial_amount", terms.initial),
        ("terms.trial", terms.trial_period if terms.trial is None else terms.trial),
    ):
        if given is not None:
            yield path, _("goes with subscriptions; a payment plan has a total")
    if terms.cycles is None:
        yield "terms.cycles", _("is needed: the number of payments")
    if terms.total is None:
        yield "terms.total", _("is needed: what is shared out to the payments")
    elif terms.total.minor <= 0:
        yield "terms.total", _("must be more than 0")
    elif terms.cycles is not None and terms.total.minor < terms.cycles:
        yield "terms.total", _("is too little to be shared out to %(n)s payments", n=terms.cycles)
