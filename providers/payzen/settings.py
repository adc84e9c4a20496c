"""What does a merchant tell us about a PayZen shop?

PayZen runs for several banks under several names: the protocol is one, the hosts differ. What the documentation does
not tell of a platform is a setting here, and its description says so.
"""

import re
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from providers.base import AccountSettings
from providers.payzen.amounts import Disputed
from providers.said import said as _

Sending = Literal["url", "mail", "sms", "whatsapp", "invoice"]
LOCALE = re.compile(r"[a-z]{2}_[A-Z]{2}")
LONGEST_DAYS = 90  # an order's expiry lies at most so far ahead


class PayzenSettings(AccountSettings):
    shop_id: str = Field(
        title="Shop ID",
        description="Eight digits, the user of every call. In PayZen's Back Office: Settings, Shop, REST API keys.",
        pattern=r"^[0-9]{1,20}$",
    )
    password: SecretStr = Field(
        title="Password",
        description="It begins with testpassword_ for tests, with prodpassword_ for production, and decides which of "
        "the two is meant. It also signs the notifications. In PayZen's Back Office: Settings, Shop, REST API keys.",
        min_length=1,
        max_length=200,
    )
    previous_password: SecretStr = Field(
        SecretStr(""),
        title="Previous password",
        description="In this account: what stood under Password before. Notifications signed with it are still "
        "believed; empty it when they have ceased. Rotating the password here does the same by itself.",
        max_length=200,
    )
    public_key: str = Field(
        "",
        title="Public key",
        description="Only the form in our page needs it: the shop ID, a colon, and testpublickey_ or publickey_. In "
        "PayZen's Back Office: Settings, Shop, REST API keys.",
        max_length=300,
    )
    hmac_key: SecretStr = Field(
        SecretStr(""),
        title="HMAC-SHA-256 key",
        description="It signs what the shopper's browser brings back; without it that is not read. In PayZen's Back "
        "Office: Settings, Shop, REST API keys.",
        max_length=200,
    )
    form_key: SecretStr = Field(
        SecretStr(""),
        title="Key of the hosted form",
        description="Signs the return of the hosted payment page where it comes with vads_ fields. Which key a payment "
        "link's page uses is not documented; without one we try the other. In PayZen's Back Office: Settings, Shop, "
        "Keys.",
        max_length=200,
    )
    api: str = Field(
        "https://api.payzen.eu",
        title="API address",
        description="Of your platform: https://api.payzen.eu, Lyra Collect https://api.lyra.com, Systempay "
        "https://api.systempay.fr, Sogecommerce https://api-sogecommerce.societegenerale.eu, Scellius "
        "https://api.scelliuspaiement.labanquepostale.fr, OSB https://api.secure.osb.pf, Izipay "
        "https://api.micuentaweb.pe. Others: look at your Back Office.",
    )
    static: str = Field(
        "https://static.payzen.eu",
        title="Address of the form's scripts",
        description="Where the form in our page comes from: https://static.payzen.eu, https://static.lyra.com and so "
        "on, as your platform's documentation says.",
    )
    show: Literal["page", "widget"] = Field(
        "page",
        title="Where the shopper pays",
        description="On PayZen's own page (page), or in a form in our page (widget), which needs JavaScript.",
    )
    sends: tuple[Sending, ...] = Field(
        ("url",),
        title="Ways to send a payment link",
        description="What PayZen may send a customer for you; url is a link that you send yourself. Ask PayZen to "
        "enable mail, sms, whatsapp and invoice; SMS and WhatsApp cost.",
    )
    order_days: int = Field(
        LONGEST_DAYS,
        title="Longest validity of a link, days",
        description="How far ahead an order may expire: 90 days at most.",
        ge=1,
        le=LONGEST_DAYS,
    )
    cancels_orders: bool = Field(
        False,
        title="Payment orders can be cancelled",
        description="Whether your platform has the web service PaymentOrder/Cancel, which newer ones have: ask PayZen. "
        "Without it, the order of an attempt that is given up is made to expire within a minute.",
    )
    updates_send: bool = Field(
        True,
        title="A change sends the message again",
        description="Whether PayZen sends the e-mail, SMS or WhatsApp message once more when its order is updated. Not "
        "documented: try it, or ask PayZen. Without it, a link is not sent again; make a new one instead.",
    )
    capture_delay: int | None = Field(
        None,
        title="Days before capture",
        description="How many days after the payment PayZen captures it; the shop's own setting, when left empty.",
        ge=0,
        le=365,
    )
    strong_authentication: str = Field(
        "",
        title="Strong authentication",
        description="AUTO, DISABLED, CHALLENGE_REQUESTED, CHALLENGE_MANDATE or another of PayZen's words; empty leaves "
        "it to PayZen.",
        pattern=r"^[A-Z_]{0,40}$",
    )
    payment_methods: tuple[str, ...] = Field(
        (),
        title="Means of payment",
        description="Which ones are offered, such as CARDS, VISA, MASTERCARD, CB, SDD, IDEAL; all that are enabled, "
        "when empty.",
    )
    retries: int | None = Field(
        None,
        title="Further tries in the form",
        description="How often the shopper may try again in the form in our page, after the first refusal: 3 at most. "
        "The shop's own setting, when left empty.",
        ge=0,
        le=3,
    )
    keep_cards: Literal["never", "agreed", "ask"] = Field(
        "never",
        title="Keep cards",
        description="never; agreed: when the customer has agreed to it with you; ask: PayZen's own form asks every "
        "customer that you know by a reference. Ask PayZen to enable payment by token.",
    )
    mail_template: str = Field(
        "",
        title="E-mail template",
        description="Used for an e-mail without a subject and text of its own; it has to exist in the language of the "
        "order. In PayZen's Back Office: the template's name.",
        max_length=255,
    )
    locales: dict[str, str] = Field(
        default_factory=lambda: {"en": "en_GB", "es": "es_ES", "fr": "fr_FR", "pt": "pt_BR"},
        title="Languages",
        description="PayZen's locale for each of ours. An order in another language is shown in the shop's own.",
    )
    widget_origins: tuple[str, ...] = Field(
        (),
        title="Further origins of the form",
        description="What our page with the form may load from and talk to, besides the two addresses above: wallets, "
        "for instance.",
    )
    disputed_currencies: Disputed = Field(
        "refuse",
        title="Currencies with disputed decimals",
        description="PayZen counts CNY and KHR with other decimals than the standard. Refuse them, or count CNY with "
        "one decimal and KHR with none (payzen): ask PayZen first.",
    )

    @field_validator("api", "static")
    @classmethod
    def _address(cls, value: str) -> str:
        value = value.strip().rstrip("/")
        try:
            parts = urlsplit(value)
            whole = parts.scheme in ("https", "http") and bool(parts.hostname) and parts.port != 0
        except ValueError:
            whole = False
        if not whole or parts.username is not None or parts.query or parts.fragment:
            raise ValueError(_("give a whole address, such as https://api.payzen.eu"))
        return value

    @field_validator("password", "previous_password", "hmac_key", "form_key")
    @classmethod
    def _typed_right(cls, value: SecretStr) -> SecretStr:
        if not re.fullmatch(r"[!-~]*", value.get_secret_value()):
            raise ValueError(_("has a blank, or a character that no key of PayZen's has"))
        return value

    @field_validator("public_key")
    @classmethod
    def _public(cls, value: str) -> str:
        value = value.strip()
        if value and not re.fullmatch(r"[0-9]{1,20}:(test)?publickey_[!-~]+", value):
            raise ValueError(
                _("is the shop ID, a colon, and testpublickey_ or publickey_ with what follows it")
            )
        return value

    @field_validator("payment_methods")
    @classmethod
    def _words(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        if not all(re.fullmatch(r"[A-Z0-9_]{1,40}", word) for word in values):
            raise ValueError(_("each is one word in capitals, such as CARDS"))
        return values

    @field_validator("widget_origins")
    @classmethod
    def _origins(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        # They become part of the page's content security policy, where a blank or ";" would open more.
        if not all(re.fullmatch(r"https?://[A-Za-z0-9.-]+(:\d{1,5})?", value) for value in values):
            raise ValueError(_("give origins, such as https://pay.google.com"))
        return values

    @field_validator("locales")
    @classmethod
    def _locales(cls, values: dict[str, str]) -> dict[str, str]:
        for language, locale in values.items():
            if not re.fullmatch(r"[a-z]{2}", language) or not LOCALE.fullmatch(locale):
                raise ValueError(_('give them as {"fr": "fr_FR"}'))
        return values

    @model_validator(mode="after")
    def _of_one_mode(self) -> "PayzenSettings":
        shop, _colon, key = self.public_key.partition(":")
        if self.public_key and shop != self.shop_id:
            raise ValueError(_("the public key is of another shop"))
        if self.public_key and self.is_test is not None and self.is_test != key.startswith("test"):
            raise ValueError(_("the password and the public key are not of one mode: one is for tests"))
        if self.show == "widget" and not self.public_key:
            raise ValueError(_("the form in our page needs the public key"))
        return self

    @property
    def is_test(self) -> bool | None:
        """As the password says; None when it does not."""
        password = self.password.get_secret_value()
        if password.startswith("testpassword_"):
            return True
        return False if password.startswith("prodpassword_") else None

    def locale(self, language: str) -> str:
        """PayZen's word for a language of ours, "" when it has none that we know of."""
        return self.locales.get(language.lower()[:2], "")
