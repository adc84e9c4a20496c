"""What does a merchant tell us about a SecuTix account, and what may an order bring along for it?

"Sandbox convention" marks what SecuTix does not publish: the default fits our stand-in, the vendor knows the rest.
"""

from typing import Literal
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    PositiveInt,
    SecretStr,
    field_validator,
    model_validator,
)
from pydantic.alias_generators import to_camel

from providers.base import AccountSettings, OrderOptions
from providers.said import said as _

_Options = dict[str, JsonValue]


class EpcSettings(AccountSettings):
    institution: str = Field(
        title="Institution",
        description="Your institution's code in S360, such as MOSA. Ask SecuTix.",
        pattern=r"^[A-Za-z0-9_-]+$",
    )
    virtual_operator: str = Field(
        title="Virtual operator",
        description="The virtual operator that was made for the API, such as MOSA_B2C. Ask SecuTix.",
        min_length=1,
    )
    partner: str = Field(
        title="Partner", description="The partner's name for the API. Ask SecuTix.", min_length=1
    )
    secret: SecretStr = Field(
        title="Secret",
        description="The virtual operator's password. It signs every call. Ask SecuTix.",
        min_length=1,
    )
    point_of_sale: PositiveInt = Field(
        title="Point of sale",
        description="The id of the point of sale that sells online. In S360's back office: the points of sale of a "
        "sales channel of type Internet. Under its Characteristics, Payment modes, set "
        '"Use payment widget if supported" to Yes, and set the EPC Shop ID.',
    )
    payment_method: PositiveInt = Field(
        title="Payment method",
        description="The id of the payment method that goes through EPC (interface version V10). In S360's back "
        "office: the payment methods of the point of sale.",
    )
    environment: Literal["production", "preproduction", "demo"] = Field(
        "production",
        title="Environment",
        description="Which of SecuTix's systems: production for a live account, preproduction or demo for a test "
        "account. The addresses below follow from it when they are left empty. Ask SecuTix which you have.",
    )
    base_url: str = Field(
        "",
        title="API base address",
        description="Only when SecuTix gave you one of your own: everything before /tnseb. Ask SecuTix.",
    )
    widget_url: str = Field(
        "",
        title="Widget script address",
        description="Only when SecuTix gave you one of your own. Ask SecuTix.",
    )
    version: str = Field(
        "v1_33", title="API version", description="Ask SecuTix before you change it.", pattern=r"^v\d+_\d+$"
    )
    token_lifetime: int = Field(
        30,
        title="Token lifetime, seconds",
        description="How long a call's signature holds. S360 says 30.",
        ge=5,
        le=900,
    )
    guest_contact: str = Field(
        "",
        title="Contact for guests",
        description="The contact number that buys when an order brings none along. In S360's back office: a contact of "
        "yours.",
        max_length=20,
    )
    customer_reference_is_contact: bool = Field(
        False,
        title="Customers are S360 contacts",
        description="Yes, when your shop's own customer references are S360 contact numbers.",
    )
    catalogue_currency: str = Field(
        "",
        title="Catalogue currency",
        description="The currency of your S360 catalogue, such as EUR; used only where S360 names none.",
        pattern=r"^([A-Z]{3})?$",
    )
    full_redirection: bool = Field(
        True,
        title="Full redirection",
        description="The widget leads the whole page to our return address at the end.",
    )
    cancel_button: bool = Field(True, title="Cancel button", description="The widget shows a cancel button.")
    cancel_button_option: str = Field(
        "enableCancelButton",
        title="Name of the cancel button option",
        description="As in the manual's example; ask SecuTix whether more is needed.",
        min_length=1,
    )
    language_option: str = Field(
        "language",
        title="Name of the language option",
        description="The widget's option that takes the shopper's language; empty for none. Sandbox convention: ask "
        "SecuTix.",
    )
    display_options: _Options = Field(
        default_factory=dict,
        title="Further display options",
        description="Handed to the widget as they are; ask SecuTix for the list.",
    )
    result_parameter: str = Field(
        "paymentResult",
        title="Result parameter",
        description="The query parameter with which the shopper returns. Sandbox convention: ask SecuTix.",
        min_length=1,
    )
    result_success: str = Field(
        "success", title="... after success", description="Sandbox convention: ask SecuTix."
    )
    result_failure: str = Field(
        "failure", title="... after failure", description="Sandbox convention: ask SecuTix."
    )
    result_cancelled: str = Field(
        "cancelled", title="... after cancel", description="Sandbox convention: ask SecuTix."
    )
    decline_name: str = Field(
        "declineReason",
        title="Name of the decline reason",
        description="The entry of a payment's pspAdditionalReturnedData that says why a card was refused. "
        "Sandbox convention: ask SecuTix.",
    )
    closing_state: str = Field(
        "CLOSING",
        title="Order state: being closed",
        description="S360's word for an order whose payment is under way. Sandbox convention: ask SecuTix.",
    )
    abandoned_state: str = Field(
        "ABANDONED",
        title="Order state: abandoned",
        description="S360's word for an order that can no longer be paid. Sandbox convention: ask SecuTix.",
    )
    reopen_service: str = Field(
        "externalOrderService",
        title="Service of reopenOrder",
        description="Sandbox convention: ask SecuTix.",
        pattern=r"^\w+$",
    )
    alias_service: str = Field(
        "externalPaymentService",
        title="Alias service",
        description="The service that saves a card without a payment. Sandbox convention: ask SecuTix.",
        pattern=r"^\w+$",
    )
    alias_create_method: str = Field(
        "createAlias", title="Alias: create", description="Sandbox convention: ask SecuTix.", pattern=r"^\w+$"
    )
    alias_check_method: str = Field(
        "checkAlias", title="Alias: check", description="Sandbox convention: ask SecuTix.", pattern=r"^\w+$"
    )
    notification_key: SecretStr = Field(
        SecretStr(""),
        title="Key of the order webhook",
        description="S360 does not sign its order webhook. Yours to choose: put a long random word here and, as "
        "?key=..., at the end of the address you give S360.",
    )

    @field_validator("base_url", "widget_url")
    @classmethod
    def _address(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (
            parts.scheme not in ("https", "http") or not parts.netloc or parts.username is not None
        ):
            raise ValueError(_("give a whole address, such as %(example)s", example="https://name.example"))
        return value.rstrip("/")

    @property
    def api(self) -> str:
        host = {"production": "ws", "preproduction": "pp-ws", "demo": "demo-ws"}[self.environment]
        return (
            f"{self.base_url or f'https://{self.institution.lower()}.{host}.secutix.com'}/tnseb/backend-apis"
        )

    @property
    def script(self) -> str:
        host = "payment" if self.environment == "production" else "pp-payment"
        return self.widget_url or f"https://{host}.secutix.com/widget/integrate_widget.js"


class _OrderPart(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel, validate_by_name=True)


class SimpleProduct(_OrderPart):
    """A product without a date or seat."""

    item_id: PositiveInt
    audience_sub_category_id: PositiveInt
    quantity: PositiveInt


class Attribution(_OrderPart):
    audience_sub_category_id: PositiveInt
    quantity: PositiveInt
    performance_id: PositiveInt
    seat_category_id: PositiveInt


class SingleEntry(_OrderPart):
    """Seats of a performance. `prefered_areas` is S360's own spelling; its shape goes through as it is."""

    operation_attributions: Attribution
    prefered_areas: JsonValue = None


class EpcOrder(OrderOptions):
    """What an order brings along for EPC, in S360's names or in ours: the operations of which we make the S360 order,
    or the `order_id` of one that the shop has made already."""

    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True)

    order_id: PositiveInt | None = None
    contact_number: str = Field("", max_length=20)
    external_reference: str = Field("", max_length=50)
    file_id: PositiveInt | None = None
    simple_product_operations: tuple[SimpleProduct, ...] = ()
    single_entry_attribution_operations: tuple[SingleEntry, ...] = ()
    composed_product_operations: tuple[_Options, ...] = ()  # the manual gives these three no shape
    transport_product_operations: tuple[_Options, ...] = ()
    charge_operations: tuple[_Options, ...] = ()

    @property
    def operations(self) -> dict[str, JsonValue]:
        """The lists that are not empty, as createOrUpdateOrder wants them."""
        lists = self.model_dump(by_alias=True, exclude_none=True, mode="json")
        return {name: value for name, value in lists.items() if name.endswith("Operations") and value}

    @model_validator(mode="after")
    def _one_way(self) -> "EpcOrder":
        if self.order_id and self.operations:
            raise ValueError(_("bring an order id or product operations, not both"))
        return self
