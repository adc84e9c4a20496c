"""What does a merchant tell us about a Purse entity?

"Not documented" marks what Purse does not publish: the default is our best reading, the vendor knows the rest.
"""

import re
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from providers.base import AccountSettings
from providers.said import said as _

# What a merchant does not fill in is Purse's own sandbox: nothing can be charged there by mistake.
SANDBOX = "https://api.purse-sandbox.com"
ANY = "*"


class Solution(BaseModel):
    """An entry of a priority list: a partner and a method, or `*` for any."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    partner: str = Field(ANY, pattern=r"^(\*|[A-Za-z0-9_.-]{1,50})$")
    method: str = Field(ANY, pattern=r"^(\*|[A-Za-z0-9_.-]{1,50})$")


class PurseSettings(AccountSettings):
    entity_id: str = Field(
        title="Entity ID",
        description="The UUID of your entity. Ask Purse; the sandbox and production each have one.",
        pattern=r"^[0-9A-Za-z-]{1,36}$",
    )
    api_key: SecretStr = Field(
        title="API key",
        description="Sent with every call as x-api-key. Ask Purse.",
        min_length=1,
        max_length=200,
    )
    client_id: str = Field(
        title="Client ID",
        description="Gets the access token, with the client secret. Ask Purse.",
        pattern=r"^[!-9;-~]{1,100}$",
    )
    client_secret: SecretStr = Field(
        title="Client secret",
        description="Gets the access token. It is for servers only. Ask Purse.",
        min_length=1,
        max_length=200,
    )
    webhook_secret: SecretStr = Field(
        title="Webhook secret",
        description="Yours to choose: a long random word. With it we sign what Purse's webhooks have to bring back; it "
        "is never sent itself.",
        min_length=16,
        max_length=200,
    )
    api: str = Field(
        SANDBOX,
        title="API address",
        description="What stands here at first is Purse's sandbox. For production Purse's own sources say "
        "https://api.purse-live.com and https://api.purse-secure.com: ask Purse which is yours.",
    )
    show: Literal["widget", "page"] = Field(
        "widget",
        title="How it is shown",
        description="widget: Purse's drop-in checkout in our page, and Purse's own page for a browser without "
        "JavaScript. page: every shopper goes to Purse's own page.",
    )
    page_beside_widget: bool = Field(
        False,
        title="Own page beside the widget",
        description="Ask for Purse's own page even when the widget is shown, so that it leads out of a widget that "
        "does not come. Without it, the shopper then begins a new session for the page. Not documented: ask "
        "Purse whether a session may have both.",
    )
    pay_button: Literal["ours", "purse"] = Field(
        "ours",
        title="Pay button",
        description="ours: a button in our page, which wakes up when the chosen means pay the whole amount. purse: "
        "the one in Purse's form.",
    )
    widget_origins: tuple[str, ...] = Field(
        (),
        title="Further origins of the widget",
        description="What the page with the widget may load from and talk to, besides the script's own address, "
        'its vault and the API: a list such as ["https://cdn.purse-secure.com"].',
    )
    challenge: str = Field(
        "",
        title="3-D Secure challenge",
        description="CHALLENGE_REQUESTED_BY_MERCHANT or NO_CHALLENGE_REQUESTED; empty leaves it to Purse. An order "
        "may say otherwise, and a card that is to be charged again is always challenged.",
        pattern=r"^[A-Z_]{0,60}$",
    )
    item_type: str = Field(
        "PHYSICAL",
        title="Type of the items",
        description="PHYSICAL is the only type that Purse documents. Ask Purse before you change it.",
        pattern=r"^[A-Z_]{1,40}$",
    )
    webhook_header: str = Field(
        "x-webhook-secret",
        title="Webhook header",
        description="The name of the header that Purse's webhooks have to bring back.",
        pattern=r"^[a-z0-9-]{1,60}$",
    )
    priority_field: str = Field(
        "operation_priorities",
        title="Name of the priority list",
        description="The field of a capture, void or refund that holds its priority list. Not documented: ask Purse.",
        pattern=r"^[A-Za-z_]{1,60}$",
    )
    capture_priorities: tuple[Solution, ...] = Field(
        (),
        title="Priorities of captures",
        description='Which means of payment give first: a list such as [{"partner": "*", "method": "creditcard"}, '
        '{"partner": "*", "method": "*"}]. Empty leaves it to Purse: gift cards first.',
        max_length=50,
    )
    void_priorities: tuple[Solution, ...] = Field(
        (),
        title="Priorities of voids",
        description="Likewise. Purse does not document in which sequence it voids when this is empty.",
        max_length=50,
    )
    refund_priorities: tuple[Solution, ...] = Field(
        (),
        title="Priorities of refunds",
        description="Likewise. Empty leaves it to Purse: credit cards first.",
        max_length=50,
    )

    @field_validator("api")
    @classmethod
    def _address(cls, value: str) -> str:
        value = value.strip().rstrip("/")
        if not is_address(value):
            raise ValueError(_("give a whole address, such as %(example)s", example=SANDBOX))
        return value

    @field_validator("widget_origins")
    @classmethod
    def _origins(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        for value in values:
            # They become part of the page's content security policy, where a blank or ";" would open more.
            if not re.fullmatch(r"https?://[A-Za-z0-9.-]+(:\d{1,5})?", value):
                raise ValueError(_("give origins, such as https://cdn.purse-secure.com"))
        return values

    @field_validator("api_key", "client_secret", "webhook_secret")
    @classmethod
    def _header_safe(cls, value: SecretStr) -> SecretStr:
        if not re.fullmatch(r"[!-~]+", value.get_secret_value()):
            raise ValueError(_("has a blank, or a character that fits in no header"))
        return value


def is_address(value: str) -> bool:
    parts = urlsplit(value)
    plain = not parts.query and not parts.fragment and parts.username is None
    return parts.scheme in ("https", "http") and bool(parts.hostname) and plain
