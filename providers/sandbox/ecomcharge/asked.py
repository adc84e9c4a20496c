"""Is this request for a payment token what the contract allows? Every field of section 3.1, with its tolerances.

null counts as absent; an empty array does for an empty object; unknown keys are kept and echoed.
"""

import re
from collections.abc import Collection
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

from providers.sandbox import clock
from providers.sandbox.ecomcharge import airline, currencies
from providers.sandbox.ecomcharge.models import EcomchargeCard
from providers.sandbox.ecomcharge.objections import Objections, Path
from providers.sandbox.ecomcharge.signing import Caller

TYPES = ("authorization", "payment", "tokenization", "charge")
CONTRACTS = ("recurring", "oneclick", "credit", "card_on_file", "save_card")
INITIATORS = ("merchant", "customer")
CHARGED_WHY = ("delayed_charge", "increment", "resubmission", "reauthorization", "no_show")
_SPOKEN = "en es tr de it ru zh fr da fi no pl sv ja be ka uk lv az ro bn et kk pt sr tg"
LANGUAGES = frozenset(_SPOKEN.split())
CUSTOMER_FIELDS = (
    "email", "first_name", "last_name", "address", "city", "state", "zip", "phone", "country", "birth_date",
    "taxpayer_id",
)  # fmt: skip
_ADDRESSES = (
    "return_url", "success_url", "decline_url", "fail_url", "cancel_url", "notification_url",
    "verification_url", "card_notification_url",
)  # fmt: skip
_STATES_IN = ("IN", "US", "CA")

_BIGGEST = 10**15

INVALID, FORMAT, BLANK = "is invalid", "is in invalid format", "can't be blank"
ARRAY, OBJECT, LIST, TEXT = (
    "must be an array", "must be an object", "is not included in the list", "must be a string",
)  # fmt: skip


class Reader:
    """One object of the request. What is wrong is added to `wrong` at its path, and reading goes on."""

    def __init__(self, data: dict[str, Any], wrong: Objections, at: Path = ()) -> None:
        self.data = data
        self.wrong = wrong
        self.at = at

    def object_to(self, name: str, sentence: str) -> None:
        self.wrong.add((*self.at, name), sentence)

    def object(self, name: str, *, required: bool = False) -> "Reader":
        value = self.data.get(name)
        if value is None or value == []:
            if required:
                self.object_to(name, BLANK)
            value = {}
        elif not isinstance(value, dict):
            self.object_to(name, OBJECT)
            value = {}
        return Reader(value, self.wrong, (*self.at, name))

    def text(self, name: str, *, required: bool = False, longest: int = 255) -> str:
        value = self.data.get(name)
        if value is None or (isinstance(value, str) and not value.strip()):
            if required:
                self.object_to(name, BLANK)
            return ""
        # Numbers where a text belongs are taken as one: platforms in Ruby do [inferred].
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str):
            self.object_to(name, TEXT)
            return ""
        if len(value) > longest:
            self.object_to(name, f"is too long (maximum is {longest} characters)")
        return value

    def integer(self, name: str, *, required: bool = False, least: int | None = 1) -> int | None:
        """A JSON integer, or its digits in quotes."""
        value = self.data.get(name)
        if value is None or value == "":
            if required:
                self.object_to(name, BLANK)
            return None
        if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,15}", value):
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            self.object_to(name, "is not a number" if isinstance(value, str | bool) else "must be an integer")
            return None
        if abs(value) > _BIGGEST:
            self.object_to(name, f"must be less than or equal to {_BIGGEST}")
            return None
        if least is not None and value < least:
            self.object_to(name, f"must be greater than {'or equal to 0' if least == 0 else least - 1}")
        return value

    def boolean(self, name: str, *, default: bool = False) -> bool:
        value = self.data.get(name)
        if value is None:
            return default
        if value in ("true", "false"):
            return bool(value == "true")
        if not isinstance(value, bool):
            self.object_to(name, LIST)
            return default
        return value

    def choice(self, name: str, among: Collection[str], *, required: bool = False) -> str:
        value = self.text(name, required=required)
        if value and value not in among:
            self.object_to(name, LIST)
        return value

    def array(self, name: str, among: Collection[str] | None = None) -> list[str]:
        value = self.data.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            self.object_to(name, ARRAY)
            return []
        if any(not isinstance(one, str) for one in value):
            self.object_to(name, "must be an array of strings")
            return []
        if among is not None and any(one not in among for one in value):
            self.object_to(name, LIST)
        return value

    def address(self, name: str) -> None:
        """An http or https address; a loopback one is as good as any [seed]."""
        value = self.data.get(name)
        if value is None or value == "":
            return
        try:
            parts = urlsplit(value if isinstance(value, str) else "")
            good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
        except ValueError:
            good = False
        if not good or re.search(r'[\s<>"]', value) or len(value) > 2000:
            self.object_to(name, FORMAT)

    def moment(self, name: str) -> datetime | None:
        """`YYYY-MM-DDThh:mm:ss` with an offset or Z."""
        value = self.data.get(name)
        if value is None or value == "":
            return None
        wanted = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"
        try:
            if isinstance(value, str) and re.fullmatch(wanted, value):
                return datetime.fromisoformat(value)
        except ValueError:
            pass
        self.object_to(name, FORMAT)
        return None


def check(data: dict[str, Any], caller: Caller) -> tuple[Objections, datetime | None]:
    """The objections to a request's `checkout`, in the order of its tree; and until when it may be paid."""
    wrong = Objections()
    checkout = Reader(data, wrong)
    checkout.boolean("test")
    kind = checkout.choice("transaction_type", TYPES, required=True)
    checkout.integer("attempts")
    checkout.boolean("iframe")
    checkout.text("dynamic_billing_descriptor")
    customer = checkout.object("customer").data
    _settings(checkout.object("settings"))
    _customer_fields(checkout, customer)
    _payment_method(checkout.object("payment_method"), caller)
    until = _order(checkout.object("order", required=True), kind)
    _customer(checkout.object("customer"))
    travel = checkout.object("travel").object("airline")
    if travel.data:
        airline.check(travel.data, wrong)
    return wrong, until


def _settings(settings: Reader) -> None:
    for name in _ADDRESSES:
        settings.address(name)
    settings.boolean("auto_pay")
    settings.object("style")
    toggle = settings.object("save_card_toggle")
    toggle.boolean("display")
    toggle.boolean("customer_contract")
    toggle.text("text")
    toggle.text("hint")
    settings.object("another_card_toggle").boolean("display")
    # The seed's table says string, its examples send integers: both.
    settings.integer("auto_return", least=0)
    settings.text("button_text")
    settings.text("button_next_text")
    settings.choice("language", LANGUAGES)


def _customer_fields(checkout: Reader, customer: dict[str, Any]) -> None:
    settings = checkout.object("settings")
    fields = settings.object("customer_fields")
    locked = fields.array("read_only", CUSTOMER_FIELDS)
    fields.array("visible", CUSTOMER_FIELDS)
    fields.array("hidden")
    card = settings.object("credit_card_fields")
    card.text("holder")
    card.array("read_only", ("holder",))
    if "email" in locked and not str(customer.get("email") or "").strip():
        checkout.wrong.add(("customer", "email"), BLANK)


def _payment_method(method: Reader, caller: Caller) -> None:
    types = method.array("types", methods_of(caller))
    for name in types:
        method.object(name)
    if "types" not in method.data:
        method.array("excluded_types")
    method.array("excluded_brands")
    card = method.object("credit_card")
    token = card.text("token")
    if token and not EcomchargeCard.objects.filter(token=token, account=caller.name).exists():
        card.object_to("token", "does not exist")


def methods_of(caller: Caller) -> list[str]:
    """The types that the shop has: the account's `methods`."""
    return [name.strip() for name in caller.settings["methods"].split(",") if name.strip()]


def _order(order: Reader, kind: str) -> datetime | None:
    # A tokenization charges nothing (section 17), so it may ask for nothing.
    free = kind == "tokenization"
    order.integer("amount", required=not free, least=0 if free else 1)
    currency = order.text("currency", required=True)
    if currency and currency not in currencies.CODES:
        order.object_to("currency", INVALID)
    order.text("description", required=True)
    order.text("tracking_id")
    until = order.moment("expired_at")
    if until and until <= clock.now():
        order.object_to("expired_at", "can't be in the past")
    additional = order.object("additional_data")
    additional.array("receipt_text")
    additional.array("contract", CONTRACTS)
    additional.text("expected_bank_code")
    why = additional.object("card_on_file")
    initiator = why.choice("initiator", INITIATORS)
    if initiator != "customer":
        why.choice("type", CHARGED_WHY)
    return until


def _customer(customer: Reader) -> None:
    email = customer.text("email")
    if email and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s.]+", email):
        customer.object_to("email", FORMAT)
    for name in (
        "first_name",
        "last_name",
        "address",
        "city",
        "zip",
        "phone",
        "taxpayer_id",
        "ip",
        "device_id",
    ):
        customer.text(name)
    country = customer.text("country")
    if country and not re.fullmatch(r"[A-Z]{2}", country):
        customer.object_to("country", INVALID)
    state = customer.text("state")
    if state and country not in _STATES_IN:
        customer.object_to("state", "must be blank")
    elif state and not re.fullmatch(r"[A-Z]{2}", state):
        customer.object_to("state", INVALID)
    born = customer.text("birth_date")
    if born:
        try:
            good = bool(re.fullmatch(r"\d{4}-\d\d-\d\d", born)) and bool(date.fromisoformat(born))
        except ValueError:
            good = False
        if not good:
            customer.object_to("birth_date", FORMAT)
