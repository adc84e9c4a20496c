"""What does PayZen answer? The objects that we read, as far as we read them; what is new there is let pass.

Every answer comes in one envelope: `status` SUCCESS with an object in `answer`, or ERROR with what is wrong, and HTTP
200 for both. Amounts are integers of the platform's minor units; times are ISO 8601 with an offset.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic.alias_generators import to_camel

from providers.base import Card
from providers.payzen import words

# --- small parts ----------------------------------------------------------------------------------------


def _or_none(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
    try:
        return handler(value)
    except ValueError:
        return None


def _text(value: Any) -> Any:
    """null is nothing; an object where a word belongs is nothing that we could read."""
    return value if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _no_bool(value: Any) -> Any:
    if isinstance(value, bool | float):
        raise ValueError("no whole number")
    return value


def _object(value: Any) -> Any:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> Any:
    return value if isinstance(value, list) else []


Text = Annotated[str, BeforeValidator(_text)]
Name = Annotated[Text, Field(max_length=100)]
Units = Annotated[int | None, BeforeValidator(_no_bool), WrapValidator(_or_none)]
MaybeTime = Annotated[AwareDatetime | None, WrapValidator(_or_none)]


class Wire(BaseModel):
    model_config = ConfigDict(
        extra="ignore", frozen=True, coerce_numbers_to_str=True, alias_generator=to_camel
    )


# --- a transaction --------------------------------------------------------------------------------------


class _Authorization(Wire):
    amount: Units = None
    currency: Text = ""
    authorization_result: Text = ""


class _CardDetails(Wire):
    effective_brand: Text = ""
    pan: Text = Field("", repr=False)
    expiry_month: Units = None
    expiry_year: Units = None
    card_holder_name: Text = Field("", repr=False)
    expected_capture_date: MaybeTime = None
    authorization_response: Annotated[_Authorization, BeforeValidator(_object)] = _Authorization()


class _Details(Wire):
    parent_transaction_uuid: Name = ""
    creation_context: Text = ""
    payment_order_id: Name = ""
    card_details: Annotated[_CardDetails, BeforeValidator(_object)] = _CardDetails()


class OrderDetails(Wire):
    order_id: Name = ""
    mode: Text = ""
    payment_order_id: Name = ""


class Transaction(Wire):
    """V4/PaymentTransaction, V4/Transaction: one try to pay, or one refund (`operationType` CREDIT)."""

    uuid: str = Field(min_length=1, max_length=64)
    shop_id: Name = ""
    amount: Units = None
    currency: Text = ""
    payment_method_token: Text = Field("", repr=False)
    status: Text = ""
    detailed_status: Text = ""
    operation_type: Text = ""
    creation_date: MaybeTime = None
    error_code: Text = ""
    error_message: Text = ""
    detailed_error_code: Text = ""
    detailed_error_message: Text = ""
    payment_order_id: Name = ""
    transaction_details: Annotated[_Details, BeforeValidator(_object)] = _Details()
    order_details: Annotated[OrderDetails, BeforeValidator(_object)] = OrderDetails()

    @property
    def parent(self) -> str:
        return self.transaction_details.parent_transaction_uuid

    @property
    def kind(self) -> str:
        """DEBIT, CREDIT or VERIFICATION. One that does not say is a payment unless it has a parent [inferred]."""
        return self.operation_type or (words.CREDIT if self.parent else words.DEBIT)

    @property
    def card(self) -> Card | None:
        told = self.transaction_details.card_details
        return words.card(
            told.effective_brand, told.pan, told.expiry_month, told.expiry_year, told.card_holder_name
        )

    @property
    def settles(self) -> datetime | None:
        """When the money is to move at the bank, or was to."""
        return self.transaction_details.card_details.expected_capture_date or self.creation_date

    @property
    def age(self) -> float:
        """For the sequence in which they were made: the newest has the highest."""
        return self.creation_date.timestamp() if self.creation_date else 0.0


class OrderTransactions(Wire):
    """V4/OrderTransactions: every try at one orderId, and the refunds."""

    order_id: Name = ""
    shop_id: Name = ""
    transactions: Annotated[tuple[Transaction, ...], Field(max_length=1000)]


# --- a payment order, a form -----------------------------------------------------------------------------


class _Channel(Wire):
    channel_type: Text = ""


class PaymentOrder(Wire):
    """V4/PaymentOrder: a link, and how it stands. It lists no transactions."""

    payment_order_id: str = Field(min_length=1, max_length=64)
    payment_url: Text = Field("", alias="paymentURL", repr=False)
    payment_order_status: Text = ""
    amount: Units = None
    currency: Text = ""
    order_id: Name = ""
    expiration_date: MaybeTime = None
    channel_details: Annotated[_Channel, BeforeValidator(_object)] = _Channel()


class PaymentForm(Wire):
    form_token: str = Field(min_length=1, max_length=5000, repr=False)


class Payment(Wire):
    """V4/Payment: what a notification or the browser's return speaks of."""

    shop_id: Name = ""
    order_cycle: Text = ""
    order_status: Text = ""
    payment_order_id: Name = ""
    order_details: Annotated[OrderDetails, BeforeValidator(_object)] = OrderDetails()
    transactions: Annotated[
        Annotated[tuple[Transaction, ...], Field(max_length=200)], BeforeValidator(_list)
    ] = ()


# --- the envelope ----------------------------------------------------------------------------------------


class Problem(Wire):
    """V4/WebService/WebServiceError."""

    error_code: Text = ""
    error_message: Text = ""
    detailed_error_code: Text = ""
    detailed_error_message: Text = ""


class Envelope(Wire):
    status: Text = ""
    mode: Text = ""
    answer: Annotated[Mapping[str, Any], BeforeValidator(_object)] = {}

    @property
    def live(self) -> bool | None:
        return {"PRODUCTION": True, "TEST": False}.get(self.mode)
