"""What may a shop send, and what is it sent? Every field with its limits; amounts are integers in minor units."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal, Required
from urllib.parse import urlsplit
from uuid import UUID

from babel import Locale
from babel.numbers import list_currencies
from django.core.exceptions import ValidationError as DjangoValidationError
from django.core.validators import validate_email
from ninja import Schema
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
)
from typing_extensions import TypedDict  # pydantic takes no other before Python 3.12

from checkout.payments.change import LONGEST_HOLD
from providers.agreements import Ending, Unit
from providers.base import Kind, Occasion

_CURRENCIES = list_currencies()
_COUNTRIES = Locale("en").territories
_MAX_METADATA = 20


def currency_code(code: str) -> str:
    if code not in _CURRENCIES:
        raise ValueError("is not an ISO 4217 currency code, such as EUR")
    return code


def country_code(code: str) -> str:
    if code and (len(code) != 2 or not code.isalpha() or code not in _COUNTRIES):
        raise ValueError("is not an ISO 3166-1 alpha-2 country code, such as FR")
    return code


def _email(address: str) -> str:
    if address:
        try:
            validate_email(address)
        except DjangoValidationError:
            raise ValueError("is not an e-mail address") from None
    return address


def _web_address(address: str) -> str:
    """A browser will be sent there, so it is an address of the web and nothing else."""
    if not address:
        return address
    try:
        parts = urlsplit(address)
        named = bool(parts.hostname) and parts.port is not False
    except ValueError:
        named = False
    printable = address.isascii() and address.isprintable() and not set(address) & set(' \\"<>^`{|}')
    if not named or not printable or parts.scheme not in ("http", "https") or parts.username is not None:
        raise ValueError("is not a whole http:// or https:// address")
    return address


def _written_out(value: Any) -> Any:
    if not isinstance(value, str) or "T" not in value.upper():  # a number could be seconds, or milliseconds
        raise ValueError("is not a time such as 2026-11-21T18:00:00Z")
    return value


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("is beyond the times that can be told") from None


def _metadata(values: dict[str, Any]) -> dict[str, Any]:
    if len(values) > _MAX_METADATA:
        raise ValueError(f"holds more than {_MAX_METADATA} names")
    return values


Amount = Annotated[StrictInt, Field(ge=0, le=10**12)]
AmountOfSome = Annotated[StrictInt, Field(ge=1, le=10**12)]
Count = Annotated[StrictInt, Field(ge=1, le=1000)]  # a bound of ours; a provider may have a lower one
HoldMinutes = Annotated[StrictInt, Field(ge=1, le=LONGEST_HOLD // timedelta(minutes=1))]
Line = Annotated[str, Field(max_length=100)]
MetadataName = Annotated[str, Field(min_length=1, max_length=40)]
MetadataValue = (
    StrictBool | Annotated[StrictInt, Field(ge=-(2**53), le=2**53)] | Annotated[str, Field(max_length=500)]
)


Moment = Annotated[AwareDatetime, BeforeValidator(_written_out), AfterValidator(_in_utc)]
At = Annotated[str, Field(json_schema_extra={"format": "date-time"})]  # as we tell it


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class NewItem(Strict):
    name: str = Field(min_length=1, max_length=200)
    quantity: StrictInt = Field(ge=1, le=100_000)
    unit_price: Amount = Field(description="Minor units of the order's currency.")
    sku: Line = ""


class NewCustomer(Strict):
    """Who pays. `reference` is the shop's own stable name for a known customer; without it, a guest."""

    reference: Line = ""
    email: Annotated[str, AfterValidator(_email), Field(max_length=254)] = ""
    first_name: Line = ""
    last_name: Line = ""
    phone: str = Field("", pattern=r"^(\+[1-9][0-9]{6,14})?$", description="E.164, such as +33123456789.")
    address: str = Field("", max_length=200)
    city: Line = ""
    postal_code: str = Field("", max_length=20)
    state: Line = ""
    country: Annotated[str, AfterValidator(country_code)] = Field("", description="ISO 3166-1 alpha-2.")


class NewPeriod(Strict):
    """Three months are {"count": 3, "unit": "month"}."""

    count: Count
    unit: Unit = Field(description="minute and hour are for a trial alone.")


class NewTrial(Strict):
    """What comes before the first regular payment."""

    amount: Amount = Field(0, description="What the trial costs; 0, or left out, when it is free.")
    period: NewPeriod


class NewTerms(Strict):
    """What the customer agrees to. A subscription has `amount`, a payment plan `total` and `cycles`. Amounts are minor
    units of the order's currency."""

    period: NewPeriod = Field(description="From one payment to the next.")
    amount: AmountOfSome | None = Field(None, description="Of a subscription: each regular payment.")
    cycles: Count | None = Field(
        None, description="How many payments. A subscription without it goes on until it is ended."
    )
    initial_amount: AmountOfSome | None = Field(
        None, description="Of a subscription: the first regular payment, where it differs."
    )
    trial: NewTrial | None = Field(None, description="Of a subscription: before the first regular payment.")
    total: AmountOfSome | None = Field(
        None, description="Of a payment plan: all of it. What cannot be shared equally is paid first."
    )


Metadata = Annotated[dict[MetadataName, MetadataValue], AfterValidator(_metadata)]


class NewOrder(Strict):
    reference: str = Field(
        min_length=1, max_length=100, description="The shop's own, used for one order only."
    )
    amount: Amount = Field(description="Minor units: 4299 is 42.99 EUR, and 4299 JPY.")
    currency: Annotated[str, AfterValidator(currency_code)] = Field(description="ISO 4217, such as EUR.")
    kind: Kind = Kind.ONE_OFF
    terms: NewTerms | None = Field(
        None, description="Of a subscription or a payment plan; `amount` is then what is due today."
    )
    description: str = Field("", max_length=255)
    items: list[NewItem] = Field(default_factory=list, max_length=200)
    customer: NewCustomer = NewCustomer()
    language: Literal["en", "fr"] = "en"
    return_url: Annotated[str, AfterValidator(_web_address), Field(max_length=500)] = ""
    capture_later: StrictBool = False
    keep_card: StrictBool = Field(
        False, description="The customer agreed in your shop that the card is kept. Needs customer.reference."
    )
    hold_minutes: HoldMinutes | None = Field(
        None,
        description="How long the order stays payable, up to 90 days; the shop's own setting when left out.",
    )
    metadata: Metadata = Field(
        default_factory=dict, description=f"Up to {_MAX_METADATA} values of your own, handed back unread."
    )
    options: dict[str, dict[str, Any]] = Field(
        default_factory=dict, description="By provider: what this order brings along for it."
    )


class FieldErrorOut(Schema):
    field: str
    message: str


class NewPayment(Strict):
    """One attempt at an order. Everything may be left out where your shop has one account."""

    provider: str | None = Field(None, max_length=20, description="Where to open it, such as ecomcharge.")
    account: UUID | None = Field(
        None, description="Which account, where your shop has several at one provider."
    )
    saved_card: str | None = Field(
        None, max_length=40, description="A saved card's id: pay with it, or charge it for `occasion`."
    )
    occasion: Occasion | None = Field(
        None,
        description="Charge `saved_card` now, the customer away, and why. One of the card's `occasions`.",
    )
    channel: str = Field(
        "", max_length=20, description="One of the provider's channels; the account's usual one when empty."
    )


class NewCharge(Strict):
    """An agreement charged once more. The currency is the agreement's."""

    reference: str = Field(
        min_length=1, max_length=100, description="The new order's, the shop's own, used for one order only."
    )
    amount: AmountOfSome = Field(description="Minor units of the agreement's currency.")
    description: str = Field("", max_length=255, description="The first order's when left out.")
    metadata: Metadata = Field(default_factory=dict)


class EndAgreement(Strict):
    when: Ending = Field(description="now, or period_end: what is paid for is still given.")


class CardOut(Schema):
    brand: str
    last4: str


class NextOut(Schema):
    kind: str = Field(description="page: send the shopper's browser there.")
    url: str


class ChargebackOut(Schema):
    """Money that the bank took back for the cardholder. The order's sums do not change by it."""

    amount: int
    currency: str
    status: str = Field(description="The provider's word.")
    reason: str = Field(description="The card scheme's reason code.")
    at: At | None


class PaymentOut(Schema):
    """The attempt that brought the money, else the latest one."""

    reference: str
    attempt: int
    state: str
    provider: str
    provider_id: str
    decline_reason: str | None = Field(description="Why not, in one of Guichet's own words.")
    decline_code: str | None = Field(
        description="Why not, in the provider's word; or ours: unreachable, not_opened, misconfigured, invalid."
    )
    decline_message: str | None = Field(description="A sentence for your own staff, not for the shopper.")
    may_retry: bool = Field(description="False: another attempt could charge twice. A person looks first.")
    occasion: str | None = Field(description="Why you charged a saved card while the customer was away.")
    chargebacks: list[ChargebackOut]
    errors: list[FieldErrorOut] = Field(description="Fields of your request that the provider refused.")
    next: NextOut | None = Field(description="How the shopper goes on; null when it waits for nobody.")
    card: CardOut | None


# Dictionaries, because what was not agreed is left out of them, and is not null.
class PeriodOut(TypedDict):
    count: int
    unit: str


class TrialOut(TypedDict, total=False):
    amount: int
    period: Required[PeriodOut]


class TermsOut(TypedDict, total=False):
    amount: int
    period: Required[PeriodOut]
    cycles: int
    initial_amount: int
    trial: TrialOut
    total: int


class NextEventOut(Schema):
    what: str = Field(
        description="The provider's word in our spelling: trial, free_trial, initial, bill, end."
    )
    at: At


class AgreementOut(Schema):
    """A subscription, a payment plan or a mandate, as the provider told of it last."""

    id: str
    kind: str
    state: str = Field(description="pending, active, canceled (it never began), ended or terminated")
    phase: str | None = Field(description="new, trial, billing, retry, last or closed; null: not told")
    end_reason: str | None = Field(description="The provider's word.")
    provider: str
    provider_id: str
    customer: str = Field(description="Your own reference of the customer; empty for a guest.")
    currency: str
    terms: TermsOut | None
    next_event: NextEventOut | None
    began_at: At | None
    ended_at: At | None
    expires_at: At | None
    may_charge: bool = Field(description="May you charge it once more now?")
    endings: list[str] = Field(description="How you may end it now: now, period_end. Empty: you cannot.")
    order: str = Field(description="The id of the order that began it.")


class OrderOut(Schema):
    id: str
    reference: str
    state: str = Field(description="open, paid, canceled or expired")
    kind: str
    amount: int
    currency: str
    amount_authorized: int
    amount_captured: int
    amount_refunded: int
    description: str
    metadata: dict[str, Any]
    terms: TermsOut | None
    agreement: AgreementOut | None = Field(
        description="What this order began, or what it is a further payment of."
    )
    needs_attention: bool
    pay_url: str = Field(description="Where to send the shopper. Who has it can see and pay the order.")
    created_at: At
    expires_at: At
    paid_at: At | None
    payment: PaymentOut | None


class ListOut(Schema):
    """One page of a list."""

    next_cursor: str | None = Field(
        description="Send it as `cursor` for the next page; null on the last one."
    )


class OrdersOut(ListOut):
    orders: list[OrderOut]


class ProblemOut(Schema):
    """RFC 9457, sent as application/problem+json. `type` is its stable name, for programs."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldErrorOut]
    order: OrderOut | None = Field(
        None, description="The order as it stands, where the refusal hangs on it; else it is left out."
    )


class AgreementsOut(ListOut):
    agreements: list[AgreementOut]


class ScopeProblemOut(ProblemOut):
    scope: str = Field(description="The one that the key has not.")


class FaultProblemOut(ProblemOut):
    """A fault of ours. It says nothing about what was done."""

    request_id: str = Field(description="Under which our logs have it; also in the header X-Request-Id.")


class AgreementProblemOut(ProblemOut):
    agreement: AgreementOut | None = Field(
        None, description="The agreement as it stands, where the refusal hangs on it; else it is left out."
    )


class SavedCardOut(Schema):
    id: str
    customer: str = Field(description="Your own reference of the customer.")
    provider: str
    account: str
    brand: str
    last4: str
    expiry_month: int | None
    expiry_year: int | None
    consented_at: At
    occasions: list[str] = Field(
        description="For what you may charge it, the customer away. Empty: you cannot."
    )


class SavedCardsOut(ListOut):
    saved_cards: list[SavedCardOut]
