"""What shapes do SysPay's objects have? As far as they are read; what else they say is passed over.

One set of shapes for answers, EMS and returns, v1 and v2. In a form-encoded EMS every value is a string and what is
null is left out, so numbers are read from digits, too. PHP writes an empty object as an empty list.
"""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

BIGGEST = 10**15  # no amount, id or time is larger


def _integer(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("true is no number")
    if isinstance(value, str):
        text = value.strip()
        if text == "":
            return None
        digits = text.removeprefix("-")
        if not (digits.isascii() and digits.isdigit() and len(digits) <= 16):
            raise ValueError("not a whole number")
        return int(text)
    if value is not None and not isinstance(value, int):
        raise ValueError("not a whole number")
    return value


def _text(value: Any) -> Any:
    return "" if value is None else value


def _object(value: Any) -> Any:
    """An empty list, false and 0 say that there is none."""
    return None if value in ([], "", "0", False) else value


MaybeInteger = Annotated[Annotated[int, Field(ge=-BIGGEST, le=BIGGEST)] | None, BeforeValidator(_integer)]
Number = Annotated[int, BeforeValidator(_integer), Field(ge=1, le=BIGGEST)]  # an id
Text = Annotated[str, BeforeValidator(_text)]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, coerce_numbers_to_str=True)


class Named(_Shape):
    """Another object, as far as it is named inside one."""

    id: Number
    reference: Text = ""


MaybeNamed = Annotated[Named | None, BeforeValidator(_object)]


class PaymentNamed(Named):
    """The payment inside a refund or a chargeback. Whether it names its agreement there is not documented."""

    subscription: MaybeNamed = None
    billing_agreement: MaybeNamed = None

    @property
    def agreement(self) -> str:
        """The agreement that it is of, as we name it; "" when it is of none."""
        if self.subscription is not None:
            return f"subscription:{self.subscription.id}"
        return f"agreement:{self.billing_agreement.id}" if self.billing_agreement is not None else ""


MaybePaymentNamed = Annotated[PaymentNamed | None, BeforeValidator(_object)]


class MethodDetails(_Shape):
    """v2 only."""

    holder: Text = Field("", repr=False)
    scheme: Text = ""
    exp_month: Text = ""
    exp_year: Text = ""


class Method(_Shape):
    """A means of payment. `display` is a masked card number, "5347-94xx-xxxx-7156"."""

    type: Text = ""
    display: Text = Field("", repr=False)
    cardholder: Text = Field("", repr=False)
    exp_month: Text = ""
    exp_year: Text = ""
    details: Annotated[MethodDetails | None, BeforeValidator(_object)] = None


class Payment(PaymentNamed):
    """`amount` in cents, `processing_time` in seconds since 1970."""

    payment_type: Text = ""
    amount: MaybeInteger = None
    currency: Text = ""
    status: Text = ""
    failure_category: Text = ""
    processing_time: MaybeInteger = None
    payment_method: Annotated[Method | None, BeforeValidator(_object)] = None


class Refund(_Shape):
    id: Number
    reference: Text = ""
    amount: MaybeInteger = None
    currency: Text = ""
    status: Text = ""
    processing_time: MaybeInteger = None
    payment: MaybePaymentNamed = None


class Chargeback(_Shape):
    id: Number
    amount: MaybeInteger = None
    currency: Text = ""
    status: Text = ""
    reason_code: Text = ""
    processing_time: MaybeInteger = None
    bank_time: MaybeInteger = None
    payment: MaybePaymentNamed = None


class NextEvent(_Shape):
    event_type: Text = ""
    scheduled_date: MaybeInteger = None


class Plan(_Shape):
    """Amounts in cents. Of type INSTALMENT: `total_amount` in `billing_cycles` payments."""

    type: Text = ""
    currency: Text = ""
    trial_amount: MaybeInteger = None
    trial_period: MaybeInteger = None
    trial_period_unit: Text = ""
    trial_cycles: MaybeInteger = None
    initial_amount: MaybeInteger = None
    billing_amount: MaybeInteger = None
    billing_period: MaybeInteger = None
    billing_period_unit: Text = ""
    billing_cycles: MaybeInteger = None
    total_amount: MaybeInteger = None


class Subscription(_Shape):
    """Or a payment plan, which is a subscription with the `plan_type` INSTALMENT."""

    id: Number
    reference: Text = ""
    status: Text = ""
    phase: Text = ""
    end_reason: Text = ""
    created: MaybeInteger = None
    start_date: MaybeInteger = None
    end_date: MaybeInteger = None
    plan_type: Text = ""
    plan: Annotated[Plan | None, BeforeValidator(_object)] = None
    next_event: Annotated[NextEvent | None, BeforeValidator(_object)] = None


class BillingAgreement(_Shape):
    """What the eTerminal calls a payment mandate."""

    id: Number
    status: Text = ""
    currency: Text = ""
    end_reason: Text = ""
    expiration_date: MaybeInteger = None
