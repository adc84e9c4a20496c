"""What do Purse's answers look like? As little as we read of them, and nothing that is missing makes one unreadable.

Purse's own samples contradict themselves in types and sums, so a number may come as a text and every amount may be
missing. Only what an answer is about has to be there.
"""

from typing import Annotated, Any

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WrapValidator,
)
from pydantic import ValidatorFunctionWrapHandler as Handler


def _text(value: Any) -> Any:
    return "" if value is None else value


def _amount(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("true is no amount")
    return 0 if value is None else value


def _or_none(value: Any, handler: Handler) -> Any:
    try:
        return handler(value)
    except ValidationError:
        return None


def _some(value: Any) -> Any:
    return () if value is None else value


Text = Annotated[str, BeforeValidator(_text)]
Minor = Annotated[int, BeforeValidator(_amount)]


class _Wire(BaseModel):
    model_config = ConfigDict(
        extra="ignore", frozen=True, coerce_numbers_to_str=True, hide_input_in_errors=True
    )


def _href(value: Any) -> Any:
    return {"href": value} if isinstance(value, str) else value


class Link(_Wire):
    href: Text = ""


MaybeTime = Annotated[AwareDatetime | None, WrapValidator(_or_none)]
MaybeLinks = Annotated[dict[str, Annotated[Link, BeforeValidator(_href)]] | None, WrapValidator(_or_none)]


class ShownCard(_Wire):
    last_four_digits: Text = ""
    holder_name: Text = Field("", repr=False)
    expiry_month: Text = ""
    expiry_year: Text = ""
    selected_network: Text = ""


class PartnerTransaction(_Wire):
    """One partner's part in an authorisation or an operation."""

    id: Text = ""
    amount: Minor = 0
    partner: Text = ""
    method: Text = ""
    status: Text = ""
    partner_status: Text = ""
    partner_status_description: Text = ""
    card: Annotated[ShownCard | None, WrapValidator(_or_none)] = None


Transactions = Annotated[tuple[PartnerTransaction, ...], BeforeValidator(_some)]


class Authorization(_Wire):
    status: Text = ""
    partner_transactions: Transactions = ()


class OperationTold(_Wire):
    id: Text = ""
    amount: Minor = 0
    merchant_reference: Text = ""
    triggered_by: Text = ""
    status: Text = ""
    partner_transactions: Transactions = ()


Operations = Annotated[tuple[OperationTold, ...], BeforeValidator(_some)]


class Amounts(_Wire):
    """`available_to_...` are not read: what is still possible follows from what has been done."""

    authorize_pending: Minor = 0
    total_authorized: Minor = 0
    total_captured: Minor = 0
    total_refunded: Minor = 0
    total_voided: Minor = 0


class PaymentTold(_Wire):
    """`overview` is not read: Purse's own sample says NOT where its sums say something else."""

    id: str = Field(min_length=1)
    version: Minor = 0
    client_session_id: Text = ""
    order_reference: Text = ""
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    amounts: Annotated[Amounts, BeforeValidator(lambda value: {} if value is None else value)] = Amounts()
    authorization: Authorization | None = None
    captures: Operations = ()
    voids: Operations = ()
    refunds: Operations = ()
    links: MaybeLinks = None


class OrderTold(_Wire):
    reference: Text = ""


MaybeOrder = Annotated[OrderTold | None, WrapValidator(_or_none)]


class SessionTold(_Wire):
    id: str = Field(min_length=1)
    status: Text = ""
    expires_at: MaybeTime = None
    payment_id: Text = ""
    order: MaybeOrder = None


class WidgetTold(_Wire):
    js_url: Text = ""
    data: Text = Field("", repr=False)


class SessionMade(SessionTold):
    widget: Annotated[WidgetTold | None, WrapValidator(_or_none)] = None
    links: MaybeLinks = None


class Ring(_Wire):
    """A webhook's body: a payment, or a session. What it says is not believed; only what it speaks of is read."""

    id: Text = ""
    version: Annotated[int | None, WrapValidator(_or_none)] = None
    client_session_id: Text = ""
    session_id: Text = ""
    payment_id: Text = ""
    order_reference: Text = ""
    status: Text = ""
    order: MaybeOrder = None
