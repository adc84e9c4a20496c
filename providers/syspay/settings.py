"""What does a merchant tell us about an account at SysPay, and what may one order bring along for it?

"Ask SysPay" marks what its manual does not tell: the default is the careful reading.
"""

import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StrictBool, StrictInt, field_validator

from providers.base import AccountSettings, OrderOptions
from providers.said import said as _

LIVE_HOST = "https://app.syspay.com"
SANDBOX_HOST = "https://app-sandbox.syspay.com"

# SysPay's words for what a form may be opened for.
EterminalType = Literal["ONESHOT", "SUBSCRIPTION", "PAYMENT_PLAN", "PAYMENT_MANDATE"]


class SysPaySettings(AccountSettings):
    login: str = Field(
        title="API login",
        description="The merchant API login; notifications bring it as X-Merchant. Ask SysPay; the sandbox and "
        "production each have one.",
        pattern=r"^[A-Za-z0-9_.-]{1,100}$",
    )
    passphrase: SecretStr = Field(
        title="API passphrase",
        description="Belongs to the API login. It signs every call, and SysPay signs its notifications with it. Ask "
        "SysPay, and tell it the addresses of the server that calls: it lets no other in.",
        min_length=1,
        max_length=500,
    )
    previous_passphrase: SecretStr = Field(
        SecretStr(""),
        title="Previous passphrase",
        description="In this account: what stood under API passphrase before, while you change it. What is still "
        "signed with it is taken, too. Rotating the passphrase here does the same by itself.",
        max_length=500,
    )
    base_url: str = Field(
        "",
        title="Address of SysPay",
        description=f"Left empty it is {LIVE_HOST} for a live account, and {SANDBOX_HOST} for a test account.",
    )
    website: int | None = Field(
        None,
        title="Website",
        description="The number of the website that payments are for; SysPay takes your default one when this is "
        "empty. An order may name another. In SysPay's merchant back office: the list of websites.",
        ge=1,
        le=10**12,
    )
    lock: Literal["all", "amount", "none"] = Field(
        "all",
        title="What shoppers cannot change",
        description="SysPay's form can be changed by whoever pays. all: it is only read and confirmed. amount: what is "
        "paid, and when, is locked, and shoppers may correct their own data; where an input of these has no value to "
        "be locked at (a subscription without a trial, say), SysPay can lock the form only as a whole, and so it is. "
        "none: nothing is locked, so another amount than the order's may be paid; such a payment waits here for a "
        "person. An order may say otherwise.",
    )
    strict_names: Literal["a-z", "letters", "off"] = Field(
        "a-z",
        title="Names that are sent",
        description="SysPay takes names of alphabetic characters only, and does not say which these are: ask SysPay. "
        "a-z: first and last names of the letters A to Z are sent. letters: of the letters of any script, such as Zoë. "
        "off: every name is sent as it is, and SysPay may then refuse the payment. A name that does not fit, such as "
        "O'Neil or Jean-Luc, is left out, never altered: SysPay can do without.",
    )
    types: tuple[EterminalType, ...] = Field(
        ("ONESHOT", "SUBSCRIPTION", "PAYMENT_PLAN", "PAYMENT_MANDATE"),
        title="Types of payment",
        description="What this account may take: single payments (ONESHOT), subscriptions (SUBSCRIPTION), payment "
        "plans (PAYMENT_PLAN) and mandates (PAYMENT_MANDATE). SysPay enables them for you: ask SysPay.",
        min_length=1,
    )
    currencies: tuple[str, ...] = Field(
        (),
        title="Currencies",
        description="The currencies that SysPay enabled for you, such as EUR, GBP; when left empty, every one that has "
        'cents. SysPay counts in "cents" and does not say what those are of a currency with no decimals or with '
        "three: such a one is taken only if it is listed here, and counted in its smallest unit. Ask SysPay.",
    )
    allowed_retries: int | None = Field(
        None,
        title="Retries",
        description="How often a shopper may try again in one form after a card was declined. SysPay's own default, "
        "when left empty.",
        ge=0,
        le=100,
    )
    plan_remainder: Literal["refuse", "first"] = Field(
        "refuse",
        title="Payment plans that cannot be shared equally",
        description="One cent over is paid with the first payment: 100.00 in 3 is 33.34, 33.33, 33.33. Where several "
        "cents fall SysPay does not say. refuse: such a plan is not taken. first: you asked SysPay, and they are all "
        "paid with the first payment.",
    )
    lists_filter_by_reference: bool = Field(
        False,
        title="Refunds can be found by reference",
        description="Whether SysPay's list of refunds can be asked for one reference. No: a refund whose answer was "
        "lost waits for a person. Ask SysPay.",
    )
    lists_filter_by_payment: bool = Field(
        False,
        title="Refunds and chargebacks can be found by payment",
        description="Whether SysPay's lists of refunds and chargebacks can be asked for one payment. No: we know of "
        "those that SysPay notified us of. Ask SysPay.",
    )

    @field_validator("base_url")
    @classmethod
    def _address(cls, value: str) -> str:
        value = value.strip().rstrip("/")
        if value and not _is_base(value):
            raise ValueError(_("give what stands before /api/v1, such as %(host)s", host=LIVE_HOST))
        return value

    @field_validator("currencies")
    @classmethod
    def _codes(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        if not all(re.fullmatch(r"[A-Z]{3}", value) for value in values):
            raise ValueError(_("each is a code of three capitals, such as EUR"))
        return values

    @field_validator("passphrase")
    @classmethod
    def _not_blank(cls, value: SecretStr) -> SecretStr:
        if not value.get_secret_value().strip():
            raise ValueError(_("is empty"))
        return value

    @field_validator("previous_passphrase")
    @classmethod
    def _none_or_some(cls, value: SecretStr) -> SecretStr:
        """Blanks are none: anybody could sign with them."""
        return value if value.get_secret_value().strip() else SecretStr("")

    def at(self, *, live: bool) -> "SysPaySettings":
        """The same, with the address that an account of this mode has when it names none."""
        return (
            self
            if self.base_url
            else self.model_copy(update={"base_url": LIVE_HOST if live else SANDBOX_HOST})
        )


def _is_base(value: str) -> bool:
    try:
        parts = urlsplit(value)
        whole = parts.scheme in ("https", "http") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    called = "/api/" in f"{parts.path}/"  # the call's own path, which we put behind it
    return whole and parts.username is None and not (called or parts.query or parts.fragment)


# --- of one order -----------------------------------------------------------------------------------------


class _Locks(BaseModel):
    """Inputs of the form by SysPay's names: true locks one. What is left out, or false, can be changed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class LockedCustomer(_Locks):
    first_name: StrictBool | None = None
    last_name: StrictBool | None = None
    email: StrictBool | None = None
    mobile_country: StrictBool | None = None
    mobile_phone: StrictBool | None = None
    company_name: StrictBool | None = None
    language: StrictBool | None = None
    address: StrictBool | None = None
    city: StrictBool | None = None
    postcode: StrictBool | None = None
    country: StrictBool | None = None


class LockedOneshot(_Locks):
    amount: StrictBool | None = None
    currency: StrictBool | None = None
    pay_mode: StrictBool | None = None


class LockedSubscription(_Locks):
    trial_amount: StrictBool | None = None
    trial_period: StrictBool | None = None
    trial_period_unit: StrictBool | None = None
    billing_amount: StrictBool | None = None
    billing_cycles: StrictBool | None = None
    billing_period: StrictBool | None = None
    billing_period_unit: StrictBool | None = None
    initial_amount: StrictBool | None = None
    currency: StrictBool | None = None
    trial_check: StrictBool | None = None
    expires_check: StrictBool | None = None


class LockedPaymentPlan(_Locks):
    total_amount: StrictBool | None = None
    currency: StrictBool | None = None
    billing_cycles: StrictBool | None = None
    billing_period: StrictBool | None = None
    billing_period_unit: StrictBool | None = None


class LockedPaymentMandate(_Locks):
    currency: StrictBool | None = None
    initial_charge: StrictBool | None = None
    amount: StrictBool | None = None


class LockedInputs(_Locks):
    type: StrictBool | None = None
    description: StrictBool | None = None
    reference: StrictBool | None = None
    customer: LockedCustomer | None = None
    oneshot: LockedOneshot | None = None
    subscription: LockedSubscription | None = None
    payment_plan: LockedPaymentPlan | None = None
    payment_mandate: LockedPaymentMandate | None = None


class SysPayOptions(OrderOptions):
    """What an order brings along. It goes before what the account says.

    `trial_cycles`: how many trial periods; SysPay calls it "in development". `mandate_amount`: the `amount` of a
    payment mandate, in cents, which SysPay's manual has in an example and among the locks, but does not explain.
    """

    locked: StrictBool | None = None
    locked_inputs: LockedInputs | None = None
    website: Annotated[StrictInt, Field(ge=1, le=10**12)] | None = None
    company_name: Annotated[str, Field(min_length=1, max_length=255)] | None = None
    description: Annotated[str, Field(min_length=1, max_length=255)] | None = None
    allowed_retries: Annotated[StrictInt, Field(ge=0, le=100)] | None = None
    trial_cycles: Annotated[StrictInt, Field(ge=1, le=1000)] | None = None
    mandate_amount: Annotated[StrictInt, Field(ge=1, le=10**12)] | None = None

    @field_validator("company_name", "description")
    @classmethod
    def _line(cls, value: str | None) -> str | None:
        if value is not None and not (value.strip() and re.fullmatch(r"[^\x00-\x1f\x7f]+", value)):
            raise ValueError(_("is one line of text"))
        return value
