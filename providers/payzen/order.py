"""What may one order bring along for PayZen? The request's own tree, so that a path means the same to both sides.

What goes without saying is not among it: amount, reference, customer and expiry follow the order, test or production
follows the password, and where PayZen may ring is ours to say.
"""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StrictBool, StrictInt, StringConstraints
from pydantic.alias_generators import to_camel

from providers.base import OrderOptions

Text = Annotated[str, StringConstraints(min_length=1, max_length=255)]
Email = Annotated[str, StringConstraints(max_length=150, pattern=r"^[^\s@;,]+@[^\s@;,]+$")]
Word = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9_]{1,40}$")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel)


class CardOptions(_Part):
    """`retry` is for the form in our page only: how often the shopper may try again there."""

    capture_delay: Annotated[StrictInt, Field(ge=0, le=365)] | None = None
    retry: Annotated[StrictInt, Field(ge=0, le=3)] | None = None


class TransactionOptions(_Part):
    card_options: CardOptions = CardOptions()


class MailOptions(_Part):
    bcc: Annotated[str, StringConstraints(pattern=r"^[^\s@;,]+@[^\s@;,]+(;[^\s@;,]+@[^\s@;,]+)*$")] | None = (
        None
    )
    template: Text | None = None


class ChannelOptions(_Part):
    mail_options: MailOptions = MailOptions()


class CustomerPart(_Part):
    """What PayZen takes of a customer beyond what the order says."""

    shipping_details: dict[str, JsonValue] | None = None
    shopping_cart: dict[str, JsonValue] | None = None


class PayzenOrder(OrderOptions):
    """What an order brings along for PayZen. It goes before what the account says, field by field."""

    model_config = ConfigDict(alias_generator=to_camel)

    payment_methods: tuple[Word, ...] | None = None
    strong_authentication: Annotated[str, StringConstraints(pattern=r"^[A-Z_]{1,40}$")] | None = None
    locale: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}_[A-Z]{2}$")] | None = None
    merchant_comment: Text | None = None
    payment_receipt_email: Email | None = None
    tax_amount: Annotated[StrictInt, Field(ge=0)] | None = None
    tax_rate: Annotated[str, StringConstraints(pattern=r"^\d{1,3}(\.\d{1,4})?$")] | None = None
    data_collection_form: StrictBool | None = None
    redirect_success_timeout: Annotated[StrictInt, Field(ge=0, le=3600)] | None = None
    redirect_error_timeout: Annotated[StrictInt, Field(ge=0, le=3600)] | None = None
    contrib: Annotated[str, StringConstraints(min_length=1, max_length=128)] | None = None
    metadata: dict[Annotated[str, StringConstraints(min_length=1, max_length=255)], str] | None = None
    transaction_options: TransactionOptions = TransactionOptions()
    channel_options: ChannelOptions = ChannelOptions()
    customer: CustomerPart = CustomerPart()
    acquirer_transient_data: dict[str, JsonValue] | None = None
    sub_merchant_details: dict[str, JsonValue] | None = None

    @property
    def sent(self) -> dict[str, Any]:
        """The request's tree, of what was brought."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude_none=True)

    def brings(self, path: str) -> bool:
        """Does the order itself say something at `path`?"""
        node: Any = self.sent
        for name in path.split("."):
            if not isinstance(node, dict) or name not in node:
                return False
            node = node[name]
        return True
