"""What does a merchant tell us about an eComCharge shop?

What is left empty is not sent, so that the provider's own default, or the shop's setting in its back office, holds.
"Ask eComCharge" marks what is not published.
"""

import base64
import binascii
from typing import Any, Literal
from urllib.parse import urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key
from pydantic import Field, JsonValue, SecretStr, field_validator

from providers.base import AccountSettings
from providers.ecomcharge.amounts import Disputed
from providers.said import said as _

# What the payment form may ask the customer, and what a kept card may be used for.
CustomerField = Literal[
    "email", "first_name", "last_name", "address", "city", "state", "zip", "phone", "country", "birth_date",
    "taxpayer_id",
]  # fmt: skip
Contract = Literal["recurring", "oneclick", "credit", "card_on_file"]
Toggle = Literal["back office", "show", "hide"]


class EcomchargeSettings(AccountSettings):
    shop_id: str = Field(
        title="Shop ID",
        description="The number of your shop. In eComCharge's back office: Shops, the shop's own page.",
        pattern=r"^[0-9]{1,20}$",
    )
    secret_key: SecretStr = Field(
        title="Secret key",
        description="The password of every call; notifications bring it, too. In eComCharge's back office: Shops, the "
        "shop's own page, beside the Shop ID.",
        min_length=1,
        max_length=500,
    )
    public_key: str = Field(
        "",
        title="Public key",
        description="With it every notification has to be signed, and the signature alone decides; without it the "
        "secret key that it brings is compared. In eComCharge's back office: Shops, the shop's own page, a long text "
        "that begins with MIIB.",
        max_length=2000,
    )
    checkout_url: str = Field(
        "https://checkout.begateway.com",
        title="Checkout address",
        description="Where payments are opened, and where the payment page is. bePaid's is https://checkout.bepaid.by. "
        "Ask eComCharge for that of another platform.",
    )
    gateway_url: str = Field(
        "https://demo-gateway.begateway.com",
        title="Gateway address",
        description="Where cards are charged and refunded. What stands here at first is the demonstration gateway, "
        "for test accounts only; bePaid's is https://gateway.bepaid.by. Ask eComCharge for that of another platform.",
    )
    api_url: str = Field(
        "https://api.begateway.com",
        title="API address",
        description="Where payments without a card are asked about. bePaid's is https://api.bepaid.by. Ask eComCharge "
        "for that of another platform.",
    )
    script_url: str = Field(
        "https://js.begateway.com/widget/be_gateway.js",
        title="Widget script address",
        description="The script of the payment form. bePaid's is https://js.bepaid.by/widget/be_gateway.js. Ask "
        "eComCharge for that of another platform.",
    )
    show: Literal["widget", "page"] = Field(
        "widget",
        title="Where the shopper pays",
        description="In a payment form on our page (widget), or on eComCharge's own page (page).",
    )
    verify: bool = Field(
        True,
        title="Ask us before charging",
        description="eComCharge asks here before it charges, so that an attempt that was given up here is refused "
        "before any money moves. It has no call with which to cancel a payment form.",
    )
    attempts: int | None = Field(
        None,
        title="Attempts",
        description="How often the shopper may try a card in one payment form; one, when left empty.",
        ge=1,
        le=100,
    )
    iframe: bool = Field(
        False,
        title="Stay inside the form",
        description="Other services, such as a bank's page, are opened inside the payment form.",
    )
    dynamic_billing_descriptor: str = Field(
        "",
        title="Billing descriptor",
        description="What stands on the customer's card statement. Ask eComCharge whether your acquirer allows it.",
        max_length=255,
    )
    single_return: bool = Field(
        False,
        title="One return address",
        description="Send one return address for success and decline, instead of one for each.",
    )
    auto_return: int | None = Field(
        None,
        title="Result page, seconds",
        description="How long eComCharge's result page is shown; 0 for not at all.",
        ge=0,
        le=3600,
    )
    button_text: str = Field(
        "", title="Text of the pay button", description="Instead of the form's own.", max_length=255
    )
    button_next_text: str = Field(
        "",
        title="Text of the button on the result page",
        description="Instead of the form's own.",
        max_length=255,
    )
    auto_pay: bool = Field(
        False,
        title="Charge a saved card at once",
        description="When the shopper chooses a saved card, eComCharge's page charges it without a further click.",
    )
    style: dict[str, JsonValue] = Field(
        default_factory=dict,
        title="Style of the form",
        description='As in the manual\'s page on customization, such as {"widget": {"buttonsColor": "#123456"}}.',
    )
    save_card_toggle: Toggle = Field(
        "back office",
        title="Save card toggle",
        description="Whether the form offers to save the card. What is chosen here goes before what stands in "
        "eComCharge's back office: Shops, the shop's own page, Display save card toggle on payment page.",
    )
    save_card_consent: bool = Field(
        False,
        title="The toggle is the consent",
        description="The toggle asks the customer to let you charge the card again; then our own page does not ask.",
    )
    save_card_text: str = Field(
        "",
        title="Text of the save card toggle",
        description='Instead of the form\'s own "Save card".',
        max_length=255,
    )
    save_card_hint: str = Field(
        "",
        title="Hint of the save card toggle",
        description="Why the customer may want to save the card.",
        max_length=500,
    )
    another_card_toggle: Toggle = Field(
        "back office",
        title="Another card toggle",
        description="Whether the form offers to pay with another card than the saved one. What is chosen here goes "
        "before what stands in eComCharge's back office: Shops, the shop's own page, Hide another card toggle on "
        "payment page.",
    )
    visible_fields: tuple[CustomerField, ...] = Field(
        (),
        title="Customer fields to show",
        description="What the form asks the customer beside the card.",
    )
    read_only_fields: tuple[CustomerField, ...] = Field(
        (),
        title="Customer fields to lock",
        description="Which of them the customer cannot change. With email every order has to bring one.",
    )
    payment_types: tuple[str, ...] = Field(
        (),
        title="Payment methods",
        description="Which methods the form offers, such as credit_card, erip; all that are enabled, when empty. Ask "
        "eComCharge which ones are.",
    )
    excluded_types: tuple[str, ...] = Field(
        (),
        title="Payment methods left out",
        description="Used only when the methods above are empty.",
    )
    excluded_brands: tuple[str, ...] = Field(
        (),
        title="Brands left out",
        description="Card brands and wallets that the form does not offer, such as visa, google_pay.",
    )
    contracts: tuple[Contract, ...] = Field(
        ("card_on_file",),
        title="Contracts of a kept card",
        description="What a card is kept for when the customer agreed: card_on_file, recurring, oneclick, credit. "
        "Ask eComCharge to enable them for your shop.",
        min_length=1,
    )
    tokenization_amount: int = Field(
        100,
        title="Amount when a card is kept without a payment",
        description="Minimal units, such as cents. eComCharge wants an amount there, too, and does not say which: ask "
        "eComCharge.",
        ge=0,
        le=10_000,
    )
    duplicate_check: bool = Field(
        True,
        title="Refuse repetitions",
        description="eComCharge refuses a charge, capture, void or refund of the same amount within 30 seconds.",
    )
    search_finds_operations: bool = Field(
        False,
        title="A search finds captures, voids and refunds",
        description="Whether eComCharge finds them by the name that we gave them. Yes: one whose answer was lost "
        "counts as failed when it is not found. No: it waits for a person. Ask eComCharge.",
    )
    styled: bool = Field(
        False,
        title="Let the form bring its own styles",
        description="Switch it on if the payment form looks bare in our page: our page's policy then lets styles, "
        "pictures and fonts of eComCharge's through.",
    )
    disputed_currencies: Disputed = Field(
        "refuse",
        title="Currencies with disputed decimals",
        description="eComCharge counts some currencies (IQD, IDR, UGX and a few more) with other decimals than the "
        "standard. Refuse them, or count as eComCharge's own library does (vendor): ask eComCharge first.",
    )

    @field_validator("checkout_url", "gateway_url", "api_url", "script_url")
    @classmethod
    def _address(cls, value: str) -> str:
        try:
            parts = urlsplit(value)
            whole = parts.scheme in ("https", "http") and bool(parts.hostname) and parts.port != 0
        except ValueError:
            whole = False
        if not whole or parts.username is not None or parts.query or parts.fragment:
            raise ValueError(_("give a whole address, such as %(example)s", example="https://name.example"))
        return value.rstrip("/")

    @field_validator("public_key")
    @classmethod
    def _key(cls, value: str) -> str:
        if value.strip():
            rsa_key(value)
        return value.strip()

    @field_validator("payment_types", "excluded_types", "excluded_brands")
    @classmethod
    def _words(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        if not all(word.isascii() and word.replace("_", "").isalnum() for word in values):
            raise ValueError(_("each is one word, such as credit_card"))
        return values

    @property
    def addresses(self) -> tuple[str, ...]:
        return self.checkout_url, self.gateway_url, self.api_url, self.script_url

    @property
    def sent_settings(self) -> dict[str, Any]:
        """What the account says of `checkout.settings`, in the provider's names; nothing of what it leaves open."""
        card: dict[str, Any] = {
            **_shown(self.save_card_toggle),
            **({"customer_contract": True} if self.save_card_consent else {}),
            **({"text": self.save_card_text} if self.save_card_text else {}),
            **({"hint": self.save_card_hint} if self.save_card_hint else {}),
        }
        fields = {"visible": list(self.visible_fields), "read_only": list(self.read_only_fields)}
        said = {
            "auto_return": self.auto_return,
            "button_text": self.button_text,
            "button_next_text": self.button_next_text,
            "style": self.style,
            "save_card_toggle": card,
            "another_card_toggle": _shown(self.another_card_toggle),
            "customer_fields": {name: names for name, names in fields.items() if names},
        }
        return {name: value for name, value in said.items() if value or value == 0}

    @property
    def sent_methods(self) -> dict[str, Any]:
        """What the account says of `checkout.payment_method`."""
        said = {
            "types": list(self.payment_types),
            "excluded_types": list(self.excluded_types),
            "excluded_brands": list(self.excluded_brands),
        }
        return {name: words for name, words in said.items() if words}


def _shown(toggle: Toggle) -> dict[str, Any]:
    return {} if toggle == "back office" else {"display": toggle == "show"}


def rsa_key(text: str) -> RSAPublicKey:
    """The shop's public key, as the back office shows it (bare base64) or as PEM; ValueError when it is none."""
    bare = "".join(line for line in text.splitlines() if "-----" not in line)
    try:
        key = load_der_public_key(base64.b64decode("".join(bare.split()), validate=True))
    except (ValueError, binascii.Error, UnsupportedAlgorithm):
        raise ValueError(
            _("is not the public key of a shop: copy the whole text from the back office")
        ) from None
    if not isinstance(key, RSAPublicKey):
        raise ValueError(_("is not an RSA key, which eComCharge's are"))
    return key


# Which of the account's settings speaks of a field of the request: for the merchant, when the field is refused.
SETTING_OF = {
    "attempts": "attempts",
    "iframe": "iframe",
    "dynamic_billing_descriptor": "dynamic_billing_descriptor",
    "order.additional_data.contract": "contracts",
    "settings.auto_return": "auto_return",
    "settings.button_text": "button_text",
    "settings.button_next_text": "button_next_text",
    "settings.auto_pay": "auto_pay",
    "settings.style": "style",
    "settings.save_card_toggle": "save_card_toggle",
    "settings.another_card_toggle": "another_card_toggle",
    "settings.customer_fields.visible": "visible_fields",
    "settings.customer_fields.read_only": "read_only_fields",
    "settings.customer_fields": "visible_fields",
    "payment_method.types": "payment_types",
    "payment_method.excluded_types": "excluded_types",
    "payment_method.excluded_brands": "excluded_brands",
}
