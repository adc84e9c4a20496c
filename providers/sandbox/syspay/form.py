"""Which inputs has the eTerminal, what stands in them, and what did the payer make of them?

An input is named after its place in the request: `oneshot_amount`, `customer_email`, `reference`. Amounts are typed in
major units; everything else is the API's own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from providers.money import Money
from providers.sandbox.syspay import asked
from providers.sandbox.syspay.asked import BLOCKS, Data
from providers.sandbox.syspay.texts import FormTexts

# kind of each input of a block, in the form's order
_INPUTS: dict[str, dict[str, str]] = {
    "oneshot": {"amount": "money", "currency": "currency", "preauth": "mode"},
    "subscription": {
        "billing_amount": "money", "currency": "currency", "billing_period": "number",
        "billing_period_unit": "unit", "initial_amount": "money", "trial_check": "check", "trial_amount": "money",
        "trial_period": "number", "trial_period_unit": "trial_unit", "expires_check": "check",
        "billing_cycles": "number",
    },
    "payment_plan": {
        "total_amount": "money", "currency": "currency", "billing_cycles": "number", "billing_period": "number",
        "billing_period_unit": "unit",
    },
    "payment_mandate": {"initial_charge": "money", "currency": "currency"},
}  # fmt: skip
# A box that is not ticked empties these.
_BOXES = {
    "trial_check": ("trial_amount", "trial_period", "trial_period_unit"),
    "expires_check": ("billing_cycles",),
}
_AUTOCOMPLETE = {
    "first_name": "given-name", "last_name": "family-name", "email": "email", "mobile_phone": "tel-national",
    "company_name": "organization", "language": "language", "address": "street-address", "city": "address-level2",
    "postcode": "postal-code", "country": "country",
}  # fmt: skip
# On a narrow page two of these share a line.
_SHORT = frozenset({
    "amount", "total_amount", "billing_amount", "initial_charge", "currency", "billing_period",
    "billing_period_unit", "trial_period", "trial_period_unit", "mobile_country", "mobile_phone", "city",
    "postcode",
})  # fmt: skip
_LONGEST = {
    "mobile_country": 2,
    "country": 2,
    "first_name": 100,
    "last_name": 100,
    "address": 100,
    "city": 100,
}


@dataclass
class Input:
    """One input as the page shows it."""

    name: str
    label: str
    kind: str
    value: str
    locked: bool
    choices: list[tuple[str, str]] = field(default_factory=list)
    hint: str = ""
    error: str = ""
    autocomplete: str = "off"
    longest: int = 255
    short: bool = False

    @property
    def shown(self) -> str:
        """The value in words."""
        return dict(self.choices).get(self.value, self.value)


def major(amount: Any, currency: str, language: str = "en") -> str:
    """`12.00`; without a currency as if it had hundredths."""
    if not isinstance(amount, int):
        return ""
    shown = str(Money(amount, currency or "EUR").decimal)
    return shown.replace(".", ",") if language == "fr" else shown


def minor(text: str, currency: str) -> int:
    """ValueError when it is no amount of that currency."""
    found = Money.of(text.strip().replace("\u00a0", "").replace(" ", "").replace(",", "."), currency)
    if found.minor < 0:
        raise ValueError("an amount is not negative")
    return found.minor


# What was typed.


@dataclass
class Typed:
    """`changes` as `terminals.choose` wants them; a sentence for each input that can not be read."""

    changes: Data
    errors: dict[str, str]


def read(post: Mapping[str, str], request: Data, say: FormTexts) -> Typed:
    """Nothing is locked here: whoever chooses minds that."""
    typed = Typed({}, {})
    for name in ("type", "description", "reference"):
        if name in post:
            typed.changes[name] = post[name].strip()
    customer = {
        name: post[f"customer_{name}"].strip() for name in asked.CUSTOMER if f"customer_{name}" in post
    }
    if customer:
        typed.changes["customer"] = customer
    block = post.get("block", "")
    if block in _INPUTS:
        typed.changes[block] = _block(block, post, request, say, typed.errors)
    return typed


def _block(
    block: str, post: Mapping[str, str], request: Data, say: FormTexts, errors: dict[str, str]
) -> Data:
    old = request.get(block) or {}
    if asked.locked(request, block, "currency"):
        currency = str(old.get("currency", ""))
    else:
        currency = post.get(f"{block}_currency", "")
    changes: Data = {}
    for name, kind in _INPUTS[block].items():
        key = f"{block}_{name}"
        if key not in post or asked.locked(request, block, name):
            continue
        text = post[key].strip()
        try:
            changes[name] = _value(kind, text, currency)
        except (ValueError, ArithmeticError):
            errors[key] = say.bad_amount if kind == "money" else say.bad_number
    for box, inputs in _BOXES.items():
        if box in _INPUTS[block] and not asked.locked(request, block, box):
            changes.pop(box, None)
            if not post.get(f"{block}_{box}"):
                for name in inputs:
                    changes[name] = ""
                    errors.pop(f"{block}_{name}", None)
    changes.pop("trial_check", None)
    changes.pop("expires_check", None)
    return changes


def _value(kind: str, text: str, currency: str) -> Any:
    if kind == "money" and text:
        return minor(text, currency if len(currency) == 3 else "EUR")
    if kind == "number" and text:
        if not (text.isascii() and text.isdigit()):
            raise ValueError(text)
        return int(text)
    return text == "1" if kind == "mode" else text


# What is shown.


class Shown:
    """The inputs of one terminal: from the choice, or as they were typed."""

    def __init__(
        self, request: Data, kind: str, values: Data, post: Mapping[str, str], say: FormTexts, language: str,
        currencies: list[str], errors: dict[str, str],
    ) -> None:  # fmt: skip
        self.request, self.kind, self.values, self.post = request, kind, values, post
        self.say, self.language, self.currencies, self.errors = say, language, currencies, errors
        self.block = BLOCKS.get(kind, "")

    def top(self) -> list[Input]:
        return [self._input("", name, "text", self.values[name]) for name in ("description", "reference")]

    def type(self) -> Input:
        choices = [(name, self.say.types[name]) for name in BLOCKS]
        found = self._input("", "type", "select", self.kind, choices)
        found.label = self.say.type
        return found

    def customer(self) -> list[Input]:
        given = self.values["customer"]
        return [
            self._input("customer", name, *self._customer_kind(name, given.get(name, "")))
            for name in asked.CUSTOMER
        ]

    def _customer_kind(self, name: str, value: Any) -> tuple[Any, ...]:
        if name == "language":
            known = dict(self.say.languages) | (
                {value: value} if value and value not in self.say.languages else {}
            )
            return "select", value, [("", ""), *known.items()]
        return {"email": "email", "mobile_phone": "tel"}.get(name, "text"), value

    def transaction(self) -> list[Input]:
        return [self._transaction(name, kind) for name, kind in _INPUTS.get(self.block, {}).items()]

    def _transaction(self, name: str, kind: str) -> Input:
        data = self.values["block"]
        value = data.get(name)
        match kind:
            case "money":
                return self._input(
                    self.block, name, kind, major(value, data.get("currency", ""), self.language)
                )
            case "currency":
                return self._input(
                    self.block, name, "select", value or "", [(one, one) for one in self.currencies]
                )
            case "mode":
                return self._input(
                    self.block, name, "select", "1" if value else "0", list(self.say.pay_modes.items())
                )
            case "unit" | "trial_unit":
                units = asked.UNITS if kind == "unit" else asked.TRIAL_UNITS
                choices = [(one, self.say.units[one]) for one in units]
                return self._input(self.block, name, "select", value or "", choices)
            case "check":
                ticked = data.get("trial_period" if name == "trial_check" else "billing_cycles") is not None
                choices = [("1", self.say.yes), ("", self.say.no)]
                return self._input(self.block, name, kind, "1" if ticked else "", choices)
            case _:
                return self._input(self.block, name, kind, "" if value is None else str(value))

    def _input(
        self, area: str, name: str, kind: str, value: str, choices: list[tuple[str, str]] | None = None
    ) -> Input:
        key = f"{area}_{name}" if area else name
        locked = asked.locked(self.request, area, name)
        # A box that is not ticked is not sent; the others are shown again as they were typed.
        again = (
            not locked
            and self.post.get("block", "") == self.block
            and (not area or area in ("customer", self.block))
        )
        if again and kind == "check":
            value = self.post.get(key, "")
        elif again and key in self.post:
            value = self.post[key]
        if choices and kind == "select" and value not in dict(choices):
            choices = [("", self.say.choose), *choices]
        return Input(
            name=key, label=self.say.labels.get(name, ""), kind=kind, value=value, locked=locked, choices=choices or [],
            hint=self.say.hints.get(name, ""), error="" if locked else self.errors.get(key, ""),
            autocomplete=_AUTOCOMPLETE.get(name, "off"), longest=_LONGEST.get(name, 255), short=name in _SHORT,
        )  # fmt: skip


def objections(
    wrong: tuple[Any, ...], kind: str, block: Data, say: FormTexts, required: str
) -> dict[str, str]:
    """A sentence for each input, out of what the API would have said."""
    found: dict[str, str] = {}
    for refused in wrong:
        name = refused.field.rpartition(".")[2]
        found[refused.field.replace(".", "_")] = say.wrong.get(name, say.check)
    area = BLOCKS.get(kind, "")
    for name in asked.MANDATORY.get(area, ()):
        if name not in block:
            found[f"{area}_{name}"] = required
    return found


def decimal_sum(amount: int, currency: str, language: str) -> str:
    """`12.00 GBP` for people."""
    return f"{major(amount, currency, language)} {currency}"
