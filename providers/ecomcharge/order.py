"""What may one order bring along for eComCharge? The request's own tree, so that a path means the same to both sides.

What goes without saying is not among it: test or live follows the account, money and reference follow the order, and
where the provider may ring is ours to say. The rules of airline tickets, and their sentences, are the vendor's own.
"""

import re
from datetime import date, datetime
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    StrictBool,
    ValidationInfo,
    field_validator,
    model_validator,
)

from providers.base import OrderOptions
from providers.ecomcharge.settings import Contract, CustomerField
from providers.said import said as _

TransactionType = Literal["payment", "authorization", "tokenization", "charge"]


def _web_address(address: str) -> str:
    try:
        parts = urlsplit(address)
        whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        whole = False
    if not whole or parts.username is not None or not (address.isascii() and address.isprintable()):
        raise ValueError(_("is not a whole http:// or https:// address"))
    return address


def _number(value: Any) -> Any:
    """The manual's table says text, its examples say number: both are read."""
    if isinstance(value, bool | float) or (
        isinstance(value, str) and not (value.isascii() and value.isdigit())
    ):
        raise ValueError(_("is a whole number"))
    return value


def _date(text: str) -> str:
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        raise ValueError(_("is a date such as 1990-12-31"))
    date.fromisoformat(text)
    return text


Address = Annotated[str, Field(max_length=2000), AfterValidator(_web_address)]
Whole = Annotated[int, BeforeValidator(_number)]
Text = Annotated[str, Field(max_length=255)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CardOnFile(_Part):
    """Why a saved card is charged."""

    initiator: Literal["merchant", "customer"] | None = None
    type: Literal["delayed_charge", "increment", "resubmission", "reauthorization", "no_show"] | None = None


class AdditionalData(_Part):
    expected_bank_code: Annotated[str, Field(min_length=1, max_length=20)] | None = None
    receipt_text: tuple[Annotated[str, Field(max_length=1000)], ...] | None = None
    contract: tuple[Contract, ...] | None = None
    card_on_file: CardOnFile | None = None
    meta: JsonValue = None


class OrderPart(_Part):
    additional_data: AdditionalData = AdditionalData()


class SaveCardToggle(_Part):
    display: StrictBool | None = None
    customer_contract: StrictBool | None = None
    text: Text | None = None
    hint: Annotated[str, Field(max_length=500)] | None = None


class AnotherCardToggle(_Part):
    display: StrictBool | None = None


class CustomerFields(_Part):
    visible: tuple[CustomerField, ...] | None = None
    read_only: tuple[CustomerField, ...] | None = None


class CreditCardFields(_Part):
    holder: Text | None = None
    read_only: tuple[Literal["holder"], ...] | None = None


class SettingsPart(_Part):
    """The five addresses are the shop's own instead of ours: the shopper then goes straight to the shop."""

    return_url: Address | None = None
    success_url: Address | None = None
    decline_url: Address | None = None
    fail_url: Address | None = None
    cancel_url: Address | None = None
    auto_return: Annotated[Whole, Field(ge=0, le=3600)] | None = None
    button_text: Text | None = None
    button_next_text: Text | None = None
    language: Annotated[str, Field(pattern=r"^[a-z]{2}$")] | None = None
    auto_pay: StrictBool | None = None
    style: dict[str, JsonValue] | None = None
    save_card_toggle: SaveCardToggle | None = None
    another_card_toggle: AnotherCardToggle | None = None
    customer_fields: CustomerFields | None = None
    credit_card_fields: CreditCardFields | None = None


class CustomerPart(_Part):
    """What the order's customer lacks, or says otherwise."""

    email: Annotated[str, Field(max_length=254)] | None = None
    first_name: Text | None = None
    last_name: Text | None = None
    address: Text | None = None
    city: Text | None = None
    state: Text | None = None
    zip: Text | None = None
    phone: Text | None = None
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None = None
    birth_date: Annotated[str, AfterValidator(_date)] | None = None
    taxpayer_id: Text | None = None
    ip: Annotated[str, Field(max_length=45)] | None = None
    device_id: Text | None = None


class CreditCard(_Part):
    token: str = Field(min_length=1, max_length=255, repr=False)


class PaymentMethod(BaseModel):
    """Besides the four names, an object for each listed type that needs parameters."""

    model_config = ConfigDict(extra="allow", frozen=True)
    __pydantic_extra__: dict[str, dict[str, JsonValue]]

    types: tuple[Text, ...] | None = None
    excluded_types: tuple[Text, ...] | None = None
    excluded_brands: tuple[Text, ...] | None = None
    credit_card: CreditCard | None = None

    @property
    def parameters(self) -> dict[str, dict[str, JsonValue]]:
        return dict(self.__pydantic_extra__ or {})


# --- airline tickets ------------------------------------------------------------------------------------

# Not anchored, as the vendor's are not: what it lets through is not refused here.
_TICKET_RULES = {
    "airline_code": (r"\w{2}", "Airline code should be 2-letter IATA code"),
    "originating_airport_code": (r"\w{3}", "Originating airport code should be 3-letter IATA code"),
    "destination_airport_code": (r"\w{3}", "Destination airport code should be 3-letter IATA code"),
    "class_": (r"\w", "Class should be 1-letter IATA code"),
    "restricted_ticked_indicator": (r"^[01]$", "Restricted ticked indicator should be 0 or 1"),
}
_NEVER_BLANK = {
    "stop_over_code", "flight_number", "originating_country", "originating_city", "destination_country",
    "destination_city", "first_name", "last_name",
}  # fmt: skip


class _Ticket(_Part):
    """A part of an airline ticket, checked by the vendor's rules; also what is missing, in the vendor's words."""

    model_config = ConfigDict(validate_default=True)

    @field_validator("*")
    @classmethod
    def _rule(cls, value: Any, info: ValidationInfo) -> Any:
        name = info.field_name or ""
        words = name.capitalize().replace("_", " ")
        if name.endswith("_date_time"):
            try:
                datetime.fromisoformat(value)
            except ValueError:
                raise ValueError(f"{words} should has valid format") from None  # the vendor's English
        if name in _NEVER_BLANK and not value.strip():
            raise ValueError(f"{words} can't be blank")
        pattern, sentence = _TICKET_RULES.get(name, ("", ""))
        if not re.search(pattern, value if isinstance(value, str) else ""):
            raise ValueError(sentence)
        return value


class Leg(_Ticket):
    airline_code: Text = ""
    stop_over_code: Text = ""
    flight_number: Text = ""
    departure_date_time: Text = ""
    arrival_date_time: Text = ""
    originating_country: Text = ""
    originating_city: Text = ""
    originating_airport_code: Text = ""
    destination_country: Text = ""
    destination_city: Text = ""
    destination_airport_code: Text = ""
    coupon: Text | None = None
    class_: Text = Field("", alias="class")

    @model_validator(mode="before")
    @classmethod
    def _named(cls, data: Any) -> Any:
        # A default is complained of by our name for it, what was sent by the provider's.
        return {"class": "", **data} if isinstance(data, dict) else data


class Passenger(_Ticket):
    first_name: Text = ""
    last_name: Text = ""


class Airline(_Ticket):
    agency_code: Text | None = None
    agency_name: Text | None = None
    ticket_number: Text = ""
    booking_number: Text | None = None
    restricted_ticked_indicator: Text = ""
    legs: Annotated[tuple[Leg, ...], Field(max_length=20)] = ()
    passengers: Annotated[tuple[Passenger, ...], Field(max_length=200)] = ()

    @field_validator("ticket_number")
    @classmethod
    def _digits(cls, number: str) -> str:
        if len(re.sub(r"\D", "", number)) != 14:
            raise ValueError(
                "Ticket number should contain 3-digit ticketing code, 4-digit form number, 6-digit serial number, "
                "and check digit"
            )
        return number

    @field_validator("legs", "passengers", mode="before")
    @classmethod
    def _filled(cls, value: Any, info: ValidationInfo) -> Any:
        if not isinstance(value, list | tuple) or not value:
            raise ValueError(f"{(info.field_name or '').capitalize()} should be an array")
        return value


class Travel(_Part):
    airline: Airline


# --- all of it ------------------------------------------------------------------------------------------


class EcomchargeOrder(OrderOptions):
    """What an order brings along for eComCharge. It goes before what the account says, field by field."""

    transaction_type: TransactionType | None = None
    attempts: Annotated[Whole, Field(ge=1, le=100)] | None = None
    iframe: StrictBool | None = None
    dynamic_billing_descriptor: Text | None = None
    order: OrderPart = OrderPart()
    settings: SettingsPart = SettingsPart()
    customer: CustomerPart = CustomerPart()
    payment_method: PaymentMethod = PaymentMethod()
    travel: Travel | None = None

    @property
    def sent(self) -> dict[str, Any]:
        """The request's tree, of what was brought."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude_none=True)

    def brings(self, path: str) -> bool:
        """Does the order itself say something at `path`, or below, or above?"""
        node: Any = self.sent
        for name in path.split("."):
            if isinstance(node, list) and name.isdigit() and int(name) < len(node):
                node = node[int(name)]
            elif isinstance(node, dict) and name in node:
                node = node[name]
            else:
                return not isinstance(node, dict | list)
        return True
