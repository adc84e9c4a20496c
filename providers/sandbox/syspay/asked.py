"""Is this request for an eTerminal what the contract asks for? Section 2, every rule of the seed, one code at a time.

The same rules are asked again for what the payer changes in the form: `block`, `customer_value`, `reference`.
"""

import re
from typing import Any
from urllib.parse import urlsplit

from providers.sandbox.syspay import plans
from providers.sandbox.syspay.codes import Refused

Data = dict[str, Any]
BLOCKS = {
    "ONESHOT": "oneshot",
    "SUBSCRIPTION": "subscription",
    "PAYMENT_PLAN": "payment_plan",
    "PAYMENT_MANDATE": "payment_mandate",
}
CUSTOMER = (
    "first_name", "last_name", "email", "mobile_country", "mobile_phone", "company_name", "language", "address",
    "city", "postcode", "country",
)  # fmt: skip
# The seed's tables, 1.4.1 and 1.4.2. `amount` of a mandate stands in the second and in the last example only.
FIELDS = {
    "oneshot": ("amount", "currency", "preauth"),
    "subscription": (
        "trial_amount", "trial_cycles", "trial_period", "trial_period_unit", "billing_amount", "billing_cycles",
        "billing_period", "billing_period_unit", "initial_amount", "currency",
    ),
    "payment_plan": ("total_amount", "currency", "billing_cycles", "billing_period", "billing_period_unit"),
    "payment_mandate": ("currency", "initial_charge", "preauth", "amount"),
}  # fmt: skip
MANDATORY = {
    "oneshot": ("amount", "currency"),
    "subscription": ("billing_amount", "billing_period", "billing_period_unit", "currency"),
    "payment_plan": ("total_amount", "currency", "billing_cycles", "billing_period", "billing_period_unit"),
    "payment_mandate": ("currency",),
}
LOCKS = {
    "customer": CUSTOMER,
    "oneshot": ("amount", "currency", "pay_mode"),
    "subscription": (
        "trial_amount", "trial_period", "trial_period_unit", "billing_amount", "billing_cycles", "billing_period",
        "billing_period_unit", "initial_amount", "currency", "trial_check", "expires_check",
    ),
    "payment_plan": ("total_amount", "currency", "billing_cycles", "billing_period", "billing_period_unit"),
    "payment_mandate": ("currency", "initial_charge", "amount"),
}  # fmt: skip
# [inferred]: which value a locked input needs. The two checkboxes have none of their own.
_VALUE_OF = {"pay_mode": "preauth", "trial_check": "", "expires_check": ""}
_TOP = (
    "website", "locked", "type", "ems_url", "payment_page_redirect_url", "eterminal_redirect_url", "customer",
    "description", "reference", *BLOCKS.values(), "locked_inputs", "allowed_retries",
)  # fmt: skip
UNITS = ("day", "week", "month")
TRIAL_UNITS = ("minute", "hour", *UNITS)

# Limits that no source tells [inferred].
REFERENCE_LONGEST = 255
DESCRIPTION_LONGEST = 1000
EXTRA_LONGEST = 1000
TEXT_LONGEST = 255
AMOUNT_MOST = 10**12
COUNT_MOST = 1000
RETRIES_MOST = 20

_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_PHONE = re.compile(r"[0-9_\- ()]+")


def without_nulls(value: Any) -> Any:
    """null counts as absent, wherever it stands."""
    if isinstance(value, dict):
        return {name: without_nulls(inner) for name, inner in value.items() if inner is not None}
    return value


def eterminal(given: Data, settings: Data) -> Data:
    """The request, cleaned; Refused with the first thing that is wrong."""
    data: Data = without_nulls(given)
    _extra(data, _TOP, settings)
    _website(data, settings)
    locked = data.get("locked", False)
    if not isinstance(locked, bool):
        raise Refused(110001, "locked")
    kind = data.get("type")
    if (kind is None and locked) or (kind is not None and kind not in BLOCKS):
        raise Refused(110002, "type")
    for name, code in (
        ("ems_url", 30006),
        ("payment_page_redirect_url", 30005),
        ("eterminal_redirect_url", 110010),
    ):
        address(data, name, code)
    if settings["redirect_required"] and not (
        data.get("payment_page_redirect_url") or settings["redirect_url"]
    ):
        raise Refused(90002, "payment_page_redirect_url")
    customer(_object(data, "customer"), settings)
    description(data)
    if "reference" in data:
        reference(data["reference"])
    _integer(data, "allowed_retries", 30031, least=0, most=RETRIES_MOST)
    for of_type, name in BLOCKS.items():
        if name in data:
            block(name, _object(data, name), settings, complete=of_type == kind)
        elif of_type == kind:
            raise Refused(10003, name, parameters=name)
    if "locked_inputs" in data:
        _locks(data, settings)
    return data


def _extra(data: Data, known: tuple[str, ...], settings: Data, at: str = "") -> None:
    """Whether eTerminal minds unknown keys is not known: `extra_parameters` of the account says it."""
    strange = [f"{at}{name}" for name in data if name not in known]
    if strange and settings["extra_parameters"] == "refuse":
        raise Refused(10004, strange[0], parameters=", ".join(strange))


def _object(data: Data, name: str) -> Data:
    """The tables say "array", the examples send objects; PHP writes an empty one as []."""
    value = data.get(name, {})
    if value == []:
        return {}
    if not isinstance(value, dict):
        raise Refused(10009, name, value=name, type="array")
    return value


def _website(data: Data, settings: Data) -> None:
    _integer(data, "website", 110009, least=1)
    known = [int(one) for one in settings["websites"].split(",") if one.strip().isdigit()]
    if "website" in data and known and data["website"] not in known:
        raise Refused(20006, "website")


def address(data: Data, name: str, code: int) -> None:
    if name not in data:
        return
    value = data[name]
    if not isinstance(value, str) or len(value) > 2000 or any(mark in value for mark in ' <>"'):
        raise Refused(code, name)
    try:
        parts = urlsplit(value)
    except ValueError:
        raise Refused(code, name) from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Refused(code, name)


def description(data: Data, code: int = 30015) -> None:
    value = data.get("description", "")
    if not isinstance(value, str) or len(value) > DESCRIPTION_LONGEST:
        raise Refused(code, "description", limit=DESCRIPTION_LONGEST)


def extra_text(data: Data) -> None:
    value = data.get("extra", "")
    if not isinstance(value, str) or len(value) > EXTRA_LONGEST:
        raise Refused(20008, "extra", limit=EXTRA_LONGEST)


def reference(value: Any, code: int = 30007) -> str:
    """`[ -~]+`: printable ASCII."""
    if not isinstance(value, str) or not re.fullmatch(r"[ -~]+", value):
        raise Refused(code, "reference")
    if len(value) > REFERENCE_LONGEST:
        raise Refused(110023, "reference", limit=REFERENCE_LONGEST)
    return value


# The customer.


def customer(data: Data, settings: Data) -> None:
    _extra(data, CUSTOMER, settings, "customer.")
    if "mobile_phone" in data and "mobile_country" not in data:
        raise Refused(110018, "customer.mobile_country")
    for name in CUSTOMER:
        if name in data:
            customer_value(name, data[name], settings)


def customer_value(name: str, value: Any, settings: Data) -> None:
    """One of the customer's fields, as the seed's table has it."""
    at = f"customer.{name}"
    text = value if isinstance(value, str) else ""
    match name:
        case "first_name" | "last_name":
            _name(name, value, settings)
        case "email":
            _fits(bool(_EMAIL.fullmatch(text)) and len(text) <= TEXT_LONGEST, Refused(30016, at))
        case "mobile_country":
            _fits(bool(re.fullmatch(r"[A-Z]{2}", text)), Refused(110018, at))
        case "mobile_phone":
            _fits(bool(_PHONE.fullmatch(text)) and len(text) <= TEXT_LONGEST, Refused(110014, at))
        case "language":
            _fits(bool(re.fullmatch(r"[a-z]{2}", text)), Refused(30017, at, value=value))
        case "country":
            _fits(bool(re.fullmatch(r"[A-Z]{2}", text)), Refused(110019, at))
        case "address" | "city":
            code = 110015 if name == "address" else 110016
            _fits(isinstance(value, str) and len(text) <= 100, Refused(code, at, limit=100))
        case _:
            fits = isinstance(value, str) and len(text) <= TEXT_LONGEST
            _fits(fits, Refused(10009, at, value=name, type="string"))


def _name(name: str, value: Any, settings: Data) -> None:
    """ "Alphabetic characters only" [seed]: read to the letter unless the account's `strict_names` is off."""
    first = name == "first_name"
    at = f"customer.{name}"
    bare = value if isinstance(value, str) else ""
    if not settings["strict_names"]:
        bare = re.sub(r"(?<=\w)[ '’.-]+(?=\w|$)", "", bare)
    if not bare.isalpha():
        raise Refused(110012 if first else 110013, at)
    if len(value) > 100:
        raise Refused(110020 if first else 110021, at, limit=100)


def _fits(fits: bool, otherwise: Refused) -> None:
    if not fits:
        raise otherwise


# The transaction.


def currencies(settings: Data) -> list[str]:
    return [one.strip() for one in settings["currencies"].split(",") if one.strip()]


def block(name: str, data: Data, settings: Data, *, complete: bool) -> None:
    """One of the four. `complete`: it is the one that will be used, so nothing mandatory may be missing."""
    _extra(data, FIELDS[name], settings, f"{name}.")
    missing = [f"{name}.{field}" for field in MANDATORY[name] if field not in data]
    if complete and missing:
        raise Refused(10003, missing[0], parameters=", ".join(missing))
    for field in FIELDS[name]:
        if field in data:
            _value(name, field, data, settings)
    if name == "subscription" and "trial_period" in data and "trial_period_unit" not in data:
        raise Refused(110004, "subscription.trial_period_unit")
    if name == "payment_plan" and complete and data["total_amount"] < data["billing_cycles"]:
        raise Refused(30012, "payment_plan.total_amount", limit=data["billing_cycles"])


def _value(name: str, field: str, data: Data, settings: Data) -> None:
    at = f"{name}."
    match field:
        case "currency":
            value = data[field]
            if not isinstance(value, str) or not re.fullmatch(r"[A-Z]{3}", value):
                raise Refused(20002, f"{at}currency")
            if value not in currencies(settings):
                raise Refused(30014, f"{at}currency")
        case "preauth":
            if not isinstance(data[field], bool):
                raise Refused(110022, f"{at}preauth")
        case "trial_period_unit":
            _fits(data[field] in TRIAL_UNITS, Refused(110004, f"{at}{field}"))
        case "billing_period_unit":
            _fits(data[field] in UNITS, Refused(110007, f"{at}{field}"))
        case "trial_period" | "trial_cycles" | "billing_period" | "billing_cycles":
            code = {"trial_period": 110003, "trial_cycles": 110005, "billing_period": 110006}.get(
                field, 110008
            )
            _integer(data, field, code, least=1, most=COUNT_MOST, at=at)
        case "initial_charge":
            _integer(data, field, 110011, least=0, most=AMOUNT_MOST, at=at)
        case _:
            free = field in ("trial_amount", "initial_amount") or name == "payment_mandate"
            amount(data, field, least=0 if free else 1, at=at)


def amount(data: Data, field: str, *, least: int = 1, at: str = "", code: int = 30011) -> None:
    """Minor units, a JSON integer."""
    value = data.get(field)
    if isinstance(value, bool) or not isinstance(value, int):
        raise Refused(code, f"{at}{field}")
    if value < least:
        raise Refused(30012 if code == 30011 else code, f"{at}{field}", limit=least)
    if value > AMOUNT_MOST:
        raise Refused(30013 if code == 30011 else code, f"{at}{field}", limit=AMOUNT_MOST)


def _integer(data: Data, field: str, code: int, *, least: int, most: int = 2**63 - 1, at: str = "") -> None:
    value = data.get(field)
    if field in data and (
        isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most
    ):
        raise Refused(code, f"{at}{field}")


# Locking.


def _locks(data: Data, settings: Data) -> None:
    locks = _object(data, "locked_inputs")
    if data.get("locked") and locks and settings["both_locks"] == "refuse":
        raise Refused(10008, "locked_inputs", parameters="locked, locked_inputs")
    for name, value in locks.items():
        at = f"locked_inputs.{name}"
        if name in LOCKS:
            _area(name, _object(locks, name), data)
        elif name not in ("type", "description", "reference"):
            raise Refused(170016, at)
        elif not isinstance(value, bool):
            raise Refused(170018, at)
    # A type that nobody has chosen and nobody may choose [inferred].
    if locks.get("type") and "type" not in data:
        raise Refused(170018, "locked_inputs.type")


def _area(area: str, locks: Data, data: Data) -> None:
    for name, value in locks.items():
        at = f"locked_inputs.{area}.{name}"
        if name not in LOCKS[area]:
            raise Refused(170016, at)
        if not isinstance(value, bool):
            raise Refused(170018, at)
        # "any locked input on transaction data will require their corresponding value to be defined" [seed]
        needed = _VALUE_OF.get(name, name)
        if value and area != "customer" and needed and needed not in _object(data, area):
            raise Refused(170018, at)


def locked(asked: Data, area: str, name: str) -> bool:
    """May the payer not change this? `area` is "" for type, description and reference."""
    if asked.get("locked"):
        return True
    locks = _object(asked, "locked_inputs")
    inner = _object(locks, area) if area else locks
    if area == "oneshot" and name == "preauth":
        name = "pay_mode"
    if area == "payment_mandate" and name == "initial_charge":
        # One input here: whichever of the two names locks it.
        return inner.get("initial_charge") is True or inner.get("amount") is True
    return inner.get(name) is True


def first_charge(kind: str, data: Data) -> int:
    """What is taken when the form is sent, in minor units."""
    if kind == "ONESHOT":
        return int(data["amount"])
    if kind == "PAYMENT_MANDATE":
        return int(data.get("initial_charge") or 0)
    return plans.first_event(plan_type(kind), data).amount


def plan_type(kind: str) -> str:
    return plans.INSTALMENT if kind == "PAYMENT_PLAN" else plans.SUBSCRIPTION
