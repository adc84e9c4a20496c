"""What do we send SysPay to open a form? The body of POST /api/v1/merchant/eterminal, in SysPay's names and sequence.

Amounts are integers in cents. What is not known is left out: everything about the customer is optional.
"""

import re
from collections.abc import Mapping
from typing import Any

import phonenumbers
from pydantic import ValidationError

from providers.agreements import Terms
from providers.base import Charge, Customer, Kind
from providers.errors import Invalid
from providers.money import Money
from providers.said import objection
from providers.syspay import locks
from providers.syspay.locks import BLOCKS
from providers.syspay.notices import ems_url
from providers.syspay.settings import EterminalType, SysPayOptions, SysPaySettings

OPTIONS = "options.syspay"
LONGEST_NAME = 100
TYPES: Mapping[Kind, EterminalType] = {
    Kind.ONE_OFF: "ONESHOT",
    Kind.SUBSCRIPTION: "SUBSCRIPTION",
    Kind.PAYMENT_PLAN: "PAYMENT_PLAN",
    Kind.MANDATE: "PAYMENT_MANDATE",
}


def options(charge: Charge) -> SysPayOptions:
    """What the order brings along, checked; Invalid names every field that does not fit."""
    try:
        return SysPayOptions.model_validate(dict(charge.options))
    except ValidationError as problem:
        found = [
            (".".join((OPTIONS, *map(str, told["loc"]))), objection(told))
            for told in problem.errors(include_input=False, include_url=False)
        ]
        raise Invalid(*found[0], *found[1:]) from None


def new_form(settings: SysPaySettings, charge: Charge, brought: SysPayOptions) -> dict[str, Any]:
    """For a charge that `rules` has no complaint about."""
    block = transaction(charge, brought)
    lock = locks.wanted(settings, charge, brought, block)
    if locks.locks_pay_mode(lock):
        block.setdefault("preauth", False)
    website = brought.website or settings.website
    description = brought.description or charge.description
    retries = allowed_retries(settings, brought)
    return {
        **{name: value for name, value in lock.items() if name == "locked"},
        "type": TYPES[charge.kind],
        **({"website": website} if website else {}),
        "ems_url": ems_url(charge.urls.notify, charge.reference),
        "payment_page_redirect_url": charge.urls.back,
        "eterminal_redirect_url": charge.desk.back if charge.desk else charge.urls.back,
        **({"description": description} if description else {}),
        "reference": charge.reference,
        "customer": _customer(settings, charge, brought),
        BLOCKS[charge.kind]: block,
        **({"allowed_retries": retries} if retries is not None else {}),
        **{name: value for name, value in lock.items() if name == "locked_inputs"},
    }


def allowed_retries(settings: SysPaySettings, brought: SysPayOptions) -> int | None:
    return settings.allowed_retries if brought.allowed_retries is None else brought.allowed_retries


# --- what is paid -----------------------------------------------------------------------------------------


def transaction(charge: Charge, brought: SysPayOptions) -> dict[str, Any]:
    """The block of the order's kind, without what is not known: there may be complaints about the order still."""
    currency = charge.money.currency
    preauth = {"preauth": True} if charge.capture_later else {}
    if charge.kind is Kind.ONE_OFF:
        return {"amount": charge.money.minor, "currency": currency, **preauth}
    if charge.kind is Kind.MANDATE:
        told = {"initial_charge": charge.money.minor or None, "amount": brought.mandate_amount}
        return {"currency": currency, **_told(told), **preauth}
    terms = charge.terms
    if terms is None:
        return {"currency": currency}
    if charge.kind is Kind.PAYMENT_PLAN:
        return _told({"total_amount": _minor(terms.total), **_billing(terms), "currency": currency})
    trial = terms.trial_period
    return _told(
        {
            "trial_amount": _minor(terms.trial),
            "trial_cycles": brought.trial_cycles,
            "trial_period": trial.count if trial else None,
            "trial_period_unit": trial.unit.value if trial else None,
            "billing_amount": _minor(terms.amount),
            **_billing(terms),
            "initial_amount": _minor(terms.initial),
            "currency": currency,
        }
    )


def _billing(terms: Terms) -> dict[str, Any]:
    return {
        "billing_cycles": terms.cycles,
        "billing_period": terms.period.count,
        "billing_period_unit": terms.period.unit.value,
    }


def _minor(money: Money | None) -> int | None:
    return None if money is None else money.minor


# --- who pays ---------------------------------------------------------------------------------------------


def _customer(settings: SysPaySettings, charge: Charge, brought: SysPayOptions) -> dict[str, Any]:
    known = charge.customer
    mobile = phone(known)
    return _told(
        {
            "first_name": _name(settings, known.first_name),
            "last_name": _name(settings, known.last_name),
            "email": known.email or None,
            "company_name": brought.company_name,
            "mobile_country": mobile[0] if mobile else None,
            "mobile_phone": mobile[1] if mobile else None,
            "language": charge.language,
            "address": known.address or None,
            "city": known.city or None,
            "postcode": known.postal_code or None,
            "country": known.country or None,
        }
    )


def _name(settings: SysPaySettings, name: str) -> str | None:
    """[seed] "alphabetic characters only". Which these are is not said: the account's setting does."""
    fits = {
        "a-z": re.fullmatch(r"[A-Za-z]+", name) is not None,
        "letters": name.isalpha(),
        "off": bool(name),
    }
    return name if fits[settings.strict_names] else None


def phone(customer: Customer) -> tuple[str, str] | None:
    """The country whose prefix it is, and the number without it; None when the one or the other cannot be told. Where
    countries share a prefix and the number is none that is given out in one of them, the customer's own goes before the
    largest: SysPay asks for the country in order to know the prefix."""
    try:
        number = phonenumbers.parse(customer.phone, None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    sharing = phonenumbers.region_codes_for_country_code(number.country_code or 0)
    country = phonenumbers.region_code_for_number(number)
    if country is None:
        country = customer.country if customer.country in sharing else next(iter(sharing), "")
    # "001" stands for numbers of no country, such as +800.
    if not re.fullmatch(r"[A-Z]{2}", country):
        return None
    return country, phonenumbers.national_significant_number(number)


def _told(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
