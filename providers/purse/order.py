"""What may one order bring along for Purse? The fields of a client session that our own order does not have.

In Purse's names. All amounts are integers in minor units of the order's currency. Purse documents no rule by which
they have to add up, and its own examples do not; so none is held against an order here.
"""

from datetime import date
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StrictBool, StrictInt

from providers.base import OrderOptions

Minor = Annotated[StrictInt, Field(ge=0, le=10**12)]
Line = Annotated[str, Field(min_length=1, max_length=200)]
Word = Annotated[str, Field(pattern=r"^[A-Z0-9_]{1,60}$")]  # of lists that Purse shows examples of only
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
Gender = Literal["MALE", "FEMALE"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Address(_Part):
    gender: Gender | None = None
    first_name: Line | None = None
    middle_name: Line | None = None
    last_name: Line | None = None
    address_lines: tuple[Line, ...] | None = Field(None, max_length=10)
    city: Line | None = None
    postal_code: Line | None = None
    country_code: Country | None = None
    phone_number: Line | None = None
    mobile_phone_number: Line | None = None
    delivery_point_name: Line | None = None


class ItemLine(_Part):
    type: Word | None = None  # the account's own when left out
    sku_reference: Line | None = None
    name: Line
    brand: Line | None = None
    unit_gross_price: Minor | None = None
    net_amount: Minor
    discount_amount: Minor | None = None
    quantity: Annotated[StrictInt, Field(ge=1, le=100_000)]
    tax_amount: Minor | None = None
    tax_rate: Annotated[float, Field(ge=0, le=100)] | None = None  # per cent
    seller_reference: Line | None = None
    seller_name: Line | None = None
    is_marketplace_seller: StrictBool | None = None


class Shipment(_Part):
    net_amount: Minor
    estimated_delivery_date_time: AwareDatetime | None = None
    shipping_address: Address | None = None
    item_lines: tuple[ItemLine, ...] = Field((), max_length=500)


class PurseOrderPart(_Part):
    """Purse's `order`; its reference is ours. `net_amount` is what the whole order costs, where a part is paid now."""

    net_amount: Minor | None = None
    discount_amount: Minor | None = None
    tax_amount: Minor | None = None
    billing_address: Address | None = None
    shipments: tuple[Shipment, ...] | None = Field(None, max_length=100)


class CustomerAccount(_Part):
    """What the shop knows of the customer's account with it: for the issuer's 3-D Secure decision."""

    creation_date_time: AwareDatetime | None = None
    update_date_time: AwareDatetime | None = None
    password_update_date_time: AwareDatetime | None = None
    purchase_count_last_day: Annotated[StrictInt, Field(ge=0)] | None = None
    purchase_count_last_six_months: Annotated[StrictInt, Field(ge=0)] | None = None
    purchase_count_last_year: Annotated[StrictInt, Field(ge=0)] | None = None
    authentication_method: Word | None = None
    authentication_date_time: AwareDatetime | None = None
    age_indicator: Word | None = None
    change_indicator: Word | None = None
    password_change_indicator: Word | None = None


class CustomerPart(_Part):
    """Of Purse's `customer`, what our own order's customer has no field for."""

    type: Word | None = None
    gender: Gender | None = None
    middle_name: Line | None = None
    national_identifier: Line | None = Field(None, repr=False)
    birth_date: date | None = Field(None, repr=False)
    ip_address: Annotated[str, Field(pattern=r"^[0-9A-Fa-f.:]{2,45}$")] | None = Field(None, repr=False)
    account: CustomerAccount | None = None


class ThreeDs(_Part):
    challenge_indicator: Word


class PurseOrder(OrderOptions):
    order: PurseOrderPart = PurseOrderPart()
    customer: CustomerPart = CustomerPart()
    three_ds_authentication_options: ThreeDs | None = None
    allow_future_usage: StrictBool = False  # the merchant is going to charge what was paid with again
