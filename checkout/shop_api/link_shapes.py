"""What may a shop ask of payment links and of an order's change, and what is it told of a link?"""

from typing import Literal
from uuid import UUID

from ninja import Schema
from pydantic import Field

from checkout.payments.links import LONGEST
from checkout.shop_api.shapes import AmountOfSome, At, HoldMinutes, ListOut, Moment, ProblemOut, Strict

Channel = Literal["copy", "email", "url", "mail", "sms", "whatsapp", "invoice"]


class NewLink(Strict):
    """A link for a customer to pay the order by. `copy` and `email` are Guichet's own; the rest are a provider's."""

    channel: Channel = Field(
        description="copy: you hand Guichet's own link over; email: Guichet sends it. Of a provider, url and invoice: "
        "you hand its link over; mail, sms, whatsapp: it sends the link."
    )
    provider: str | None = Field(None, max_length=20, description="Of a provider's channel: whose.")
    account: UUID | None = Field(
        None,
        description="Of a provider's channel: which account, where your shop has several that send by it.",
    )
    to: str = Field(
        "",
        max_length=LONGEST["to"],
        description="Where it is sent: an e-mail address, or a mobile number such as +33600000000.",
    )
    subject: str = Field(
        "",
        max_length=LONGEST["subject"],
        description="Of an e-mail. Left out: ours. Of a provider's e-mail: its account's template, if it has one; "
        "else give one, or `text_name`.",
    )
    text: str = Field(
        "",
        max_length=LONGEST["text"],
        description="Of an e-mail or SMS; {link} has to be in it, {amount} and {until} may. Left out: the usual one.",
    )
    text_name: Literal["order", "reminder", "phone", "short"] | None = Field(
        None, description="One of Guichet's own texts, instead of `text`."
    )
    language: Literal["en", "fr"] | None = Field(None, description="The order's when left out.")


class NewChange(Strict):
    """What is left out stays as it is."""

    amount: AmountOfSome | None = Field(None, description="Minor units of the order's currency.")
    expires_at: Moment | None = Field(
        None, description="ISO 8601 with its offset, up to 90 days from now: how long the order is payable."
    )
    hold_minutes: HoldMinutes | None = Field(None, description="The same from now, instead of `expires_at`.")


class LinkOut(Schema):
    """A link that a customer was given, or is to be."""

    id: str
    channel: str
    provider: str | None = Field(description="null: the link is Guichet's own.")
    account: str | None
    payment: str | None = Field(description="The reference of the attempt that a provider's link belongs to.")
    to: str
    subject: str
    text: str = Field(
        description="As it was asked for; {link}, {amount} and {until} are filled in when it is sent."
    )
    language: str
    url: str | None = Field(
        description="To hand over. null when nothing can be paid by it, and when the provider names no address."
    )
    qr: str | None = Field(
        description="Where its QR code is, an SVG, to be fetched with your key; null as `url`."
    )
    state: str = Field(
        description="on_its_way, unknown (the provider has not answered), ready (you hand it over), sent, not_sent, "
        "under_way (being paid), paid, failed, given_up, withdrawn, expired"
    )
    error: str | None = Field(description="Why it was not sent, or its payment failed: for your own staff.")
    times: int = Field(description="How often it was sent; 0 of a link that you hand over.")
    created_at: At
    sent_at: At | None = Field(description="The last time; of a link that you hand over, when it was made.")
    first_opened_at: At | None = Field(
        description="When somebody, or somebody's mail program, followed a link of Guichet's own."
    )


class LinksOut(ListOut):
    links: list[LinkOut]


class LinkProblemOut(ProblemOut):
    link: LinkOut | None = Field(
        None, description="The link as it stands, where the refusal hangs on it; else it is left out."
    )


class ChannelOut(Schema):
    channel: str
    provider: str | None = Field(description="null: Guichet's own.")
    account: str | None
    name: str = Field(description="The account's, as the merchant calls it; empty for Guichet's own.")
    reads: list[str] = Field(description="Which of to, subject and text it reads.")


class ChannelsOut(Schema):
    channels: list[ChannelOut]
