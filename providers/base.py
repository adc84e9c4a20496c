"""What may a provider know of a payment, what must it be able to do, and in which words does it answer?

Everything that crosses the border between the checkout and a provider is one of the frozen types below:
no ORM row goes in, no word of a provider's own comes out. Money is `Money` (integer minor units), time is aware UTC.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from providers.agreements import Agreement, AgreementReport, Ending, Terms
from providers.declines import Code
from providers.errors import Decline, FieldError, Forged
from providers.http import Http
from providers.money import Money
from providers.said import said as _
from providers.setup import Address, Probe

# --- what goes in --------------------------------------------------------------------------------------------------


class AccountSettings(BaseModel):
    """An account's settings, one typed field each; `title` and `description` are what the merchant reads.

    Secrets are `SecretStr`: they cannot be printed, and the checkout stores them encrypted.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)


class OrderOptions(BaseModel):
    """What one order may bring along for one provider. Unknown names are refused, with the field named."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Kind(StrEnum):
    ONE_OFF = "one_off"
    SUBSCRIPTION = "subscription"
    PAYMENT_PLAN = "payment_plan"
    MANDATE = "mandate"
    SAVE_CARD = "save_card"  # no money moves: a known customer leaves a card for later


# The channel of a provider that may be asked for its own page instead of its form: the way without JavaScript.
OWN_PAGE = "page"


class Occasion(StrEnum):
    """Why a merchant charges a card that the customer left, while the customer is away."""

    RECURRING = "recurring"  # a regular charge that the customer agreed to
    DELAYED_CHARGE = "delayed_charge"  # what was owed, charged later
    INCREMENT = "increment"  # more, above what was paid first
    RESUBMISSION = "resubmission"  # once more, after a charge that failed
    REAUTHORIZATION = "reauthorization"  # the reserve on the card made anew
    NO_SHOW = "no_show"  # the customer did not come


@dataclass(frozen=True, kw_only=True)
class Item:
    name: str
    quantity: int
    unit_price: Money
    sku: str = ""


@dataclass(frozen=True, kw_only=True)
class Customer:
    """Who pays. `reference` is the shop's stable name for a known customer, "" for a guest."""

    reference: str = ""
    email: str = ""
    first_name: str = ""
    last_name: str = ""
    phone: str = ""  # E.164
    address: str = ""
    city: str = ""
    postal_code: str = ""
    state: str = ""
    country: str = ""  # ISO 3166-1 alpha-2


@dataclass(frozen=True, kw_only=True)
class Urls:
    back: str  # where the provider sends the shopper's browser at the end, whatever the end
    cancelled: str  # the same address, for providers that take another one for a cancel
    notify: str  # where the provider's server may ring
    approve: str = ""  # where it may ask, before it charges, whether it should


@dataclass(frozen=True, kw_only=True)
class Desk:
    """A payment that the merchant takes at the desk, on the provider's own form. `locked` are the names of the inputs
    that cannot be changed there (see `Provider.desk_inputs`); None: all of them, the form is only to be confirmed."""

    back: str  # where the merchant's browser goes at the end
    locked: tuple[str, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class Invitation:
    """The merchant has the provider send the customer the link, by the attempt's `channel`. {link}, {amount} and
    {until} in `text` are filled in by whoever sends it."""

    to: str = ""  # an e-mail address, or a phone number in E.164; "" where the channel addresses nobody
    subject: str = ""
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class Charge:
    """All that a provider may know of one payment, that is of one attempt at one order."""

    reference: str  # ours, unique for ever, one per attempt
    order_reference: str  # ours, one per order
    money: Money  # asked for; zero only where `kind` moves none
    kind: Kind = Kind.ONE_OFF
    terms: Terms | None = None  # of a subscription or a payment plan; `money` is what is due today
    description: str = ""
    items: tuple[Item, ...] = ()
    customer: Customer = Customer()
    language: str = "en"  # ISO 639-1
    urls: Urls
    capture_later: bool = False
    channel: str = ""  # one of `channels` or `sends_by()`, "" for the account's usual one
    saved_card: str = field(default="", repr=False)  # the provider's token of a card this customer saved
    save_card: bool = False  # the shopper agreed to have the card kept
    occasion: Occasion | None = None  # the merchant charges `saved_card`, or `agreement`; no shopper is there
    # The agreement of which this is a further payment: asked for by us, or, with a `provider_id` from the beginning,
    # one that the provider made by itself.
    agreement: Agreement | None = None
    desk: Desk | None = None  # the merchant types it in for a customer on the phone
    invitation: Invitation | None = None  # the merchant has it sent; `channel` is one of `sends_by()`
    expires_at: datetime
    options: Mapping[str, Any] = field(default_factory=dict)  # checked against the provider's `options_type`
    memo: Mapping[str, Any] = field(
        default_factory=dict, repr=False
    )  # what `prepare` and `start` asked to remember
    previous: Mapping[str, Any] = field(default_factory=dict, repr=False)  # the memo of the last attempt here
    provider_id: str = ""
    provider_ids: tuple[str, ...] = ()  # every id under which it was spoken of, notifications included
    begun_at: datetime | None = None
    captured: Money | None = None  # what our own row says so far
    refunded: Money | None = None
    reason: str = ""  # why the merchant asks for a capture, void or refund
    operations: "tuple[Operation, ...]" = ()  # ... and of captures, voids and refunds, by their keys
    tenders: "tuple[Tender, ...]" = ()  # ... and of the means of payment, in the provider's sequence


# --- what comes out ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Widget:
    """Embed the provider in our page: `template` draws it from `data`; the page's CSP lets only `origins` through.
    `page` is the provider's own page for the same attempt, if it has one: the way for a browser without JavaScript.
    `styled`: the provider's script draws into our page and brings styles, pictures and fonts of its own."""

    template: str
    data: Mapping[str, Any]
    origins: tuple[str, ...]
    page: str = ""
    styled: bool = False


@dataclass(frozen=True, kw_only=True)
class Redirect:
    """Send the browser to `url`, with GET, or with POST and `fields`."""

    url: str
    fields: Mapping[str, str] = field(default_factory=dict)
    method: str = "GET"


@dataclass(frozen=True, kw_only=True)
class Link:
    """The provider has sent, or gives us to send, a link; `sent_to` is empty when we are to hand it over ourselves."""

    url: str
    sent_to: str = ""


Show = Widget | Redirect | Link


@dataclass(frozen=True, kw_only=True)
class Started:
    """What `start` brought about. `report` is given when the provider decided at once (a saved card, say)."""

    show: Show | None
    provider_id: str = ""
    provider_ids: tuple[str, ...] = ()  # every id under which notifications may speak of it
    memo: Mapping[str, Any] = field(default_factory=dict, repr=False)
    report: "Report | None" = None


class Outcome(StrEnum):
    """What is true at the provider now, in our words."""

    OPEN = "open"  # it waits for the shopper; no money yet
    PENDING = "pending"  # under way, or a word we do not know
    AUTHORIZED = "authorized"
    PAID = "paid"
    REFUNDED = "refunded"  # all of what was captured
    FAILED = "failed"
    CANCELED = "canceled"
    EXPIRED = "expired"


class Verb(StrEnum):
    CAPTURE = "capture"
    VOID = "void"
    REFUND = "refund"


class OperationStatus(StrEnum):
    PENDING = "pending"
    SUCCESS = "success"
    FAILURE = "failure"
    CONFLICT = "conflict"  # part of it succeeded and part failed, for good
    UNCERTAIN = "uncertain"


@dataclass(frozen=True, kw_only=True)
class Card:
    """What may be shown of a card: never a number."""

    brand: str = ""
    last4: str = ""
    expiry_month: int | None = None
    expiry_year: int | None = None  # four digits
    holder: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True)
class SavedCard:
    """A card that may be charged again. `agreed`: the provider's own form has asked the shopper for the consent.
    `occasions`: in which the merchant may charge it alone; None: in all that the provider knows."""

    token: str = field(repr=False)
    card: Card = Card()
    agreed: bool = False
    occasions: frozenset[Occasion] | None = None


@dataclass(frozen=True, kw_only=True)
class Tender:
    """One means of payment's part in a payment (a gift card's, a card's): the split."""

    id: str
    partner: str
    method: str
    authorized: Money
    captured: Money
    refunded: Money
    voided: Money


@dataclass(frozen=True, kw_only=True)
class Share:
    """How much of a capture, void or refund falls to one means of payment."""

    tender: Tender
    money: Money


@dataclass(frozen=True, kw_only=True)
class Operation:
    """A capture, void or refund as the provider lists it. `key` is the one we sent, "" if it is not echoed."""

    verb: Verb
    money: Money
    status: OperationStatus
    key: str = ""
    provider_id: str = ""
    message: str = ""


@dataclass(frozen=True, kw_only=True)
class Chargeback:
    """Money that the bank took back from the merchant, for the cardholder."""

    id: str
    money: Money
    status: str  # the provider's word
    reason: str = ""  # the card scheme's reason code
    at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Report:
    """What is true at the provider now, as sums and never as deltas. None means: the provider did not say."""

    outcome: Outcome
    reference: str | None = None  # our reference as the provider echoes it
    provider_ids: tuple[str, ...] = ()  # every id under which notifications may speak of it
    authorized: Money | None = None
    captured: Money | None = None
    refunded: Money | None = None
    voided: Money | None = None
    pending: Money | None = None
    asked: Money | None = (
        None  # what it is to be paid with now, where that can be changed (`Provider.update`)
    )
    # ... and until when it can be paid there. Beside an end: it was given up, and lives on at the provider until then.
    payable_until: datetime | None = None
    tenders: tuple[Tender, ...] = ()
    operations: tuple[Operation, ...] | None = None  # None: it does not list them; (): it knows of none
    chargebacks: tuple[Chargeback, ...] = ()
    agreement: AgreementReport | None = None  # what this payment began: a subscription, a plan, a mandate
    decline: Decline | None = None
    card: Card | None = None
    saved_card: SavedCard | None = None
    memo: Mapping[str, Any] = field(
        default_factory=dict, repr=False
    )  # to remember from now on, merged into the old
    live: bool | None = None  # False: the provider calls it a test
    may_retry: bool | None = None  # False: a further attempt could charge twice, so let a person look first
    # With OPEN: what was under way has surely come to nothing, and the same attempt waits for the shopper once more.
    waits_again: bool = False
    # With CANCELED: money came that is not this payment's by its reference, and all of it went back.
    given_back: bool = False
    # When to ask once more about what is final by its state, but may still change without a ring.
    look_again: datetime | None = None
    warning: str = ""  # a word we did not know, a number that did not fit: a sentence for the merchant


class Claim(StrEnum):
    """What a returning browser says happened. Unbelieved."""

    NOTHING = "nothing"
    SUCCESS = "success"
    FAILURE = "failure"
    CANCEL = "cancel"


@dataclass(frozen=True, kw_only=True)
class Returned:
    """The shopper is back. `claim` only decides how patiently we ask; `show` continues a flow that is not over."""

    claim: Claim = Claim.NOTHING
    show: Widget | Redirect | None = None


@dataclass(frozen=True, kw_only=True)
class Incoming:
    """A provider's request as it came: raw bytes, headers with lower-case names."""

    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Notification:
    """A doorbell: `key` tells one ring from another; the payment is found by our reference or any provider id, and
    keeps the other ids, so that `sync` can ask about them. `agreement` is the provider's id of the agreement whose
    payment or news it is. `ignored` says why no payment is to be looked for."""

    key: str
    about: str  # a few words for the merchant: "order 2621264 closed"
    reference: str = ""
    provider_ids: tuple[str, ...] = ()
    agreement: str = ""
    ignored: str = ""


@dataclass(frozen=True, kw_only=True)
class DeskInput:
    """An input of the provider's form at the desk. `needs` is the field of the order without which it cannot be locked,
    "" for none."""

    name: str
    label: str
    needs: str = ""


@dataclass(frozen=True, kw_only=True)
class Approval:
    """The provider asks whether it is to charge: this much, for this payment. Authentic, but not yet compared."""

    provider_id: str
    money: Money
    reference: str = ""
    provider_ids: tuple[str, ...] = ()
    live: bool | None = None


# --- who does it ---------------------------------------------------------------------------------------------------

# Within a sentence.
_KINDS = {
    Kind.ONE_OFF: _("one_off"),
    Kind.SUBSCRIPTION: _("subscription"),
    Kind.PAYMENT_PLAN: _("payment_plan"),
    Kind.MANDATE: _("mandate"),
    Kind.SAVE_CARD: _("save_card"),
}
_OCCASIONS = {
    Occasion.RECURRING: _("recurring"),
    Occasion.DELAYED_CHARGE: _("delayed_charge"),
    Occasion.INCREMENT: _("increment"),
    Occasion.RESUBMISSION: _("resubmission"),
    Occasion.REAUTHORIZATION: _("reauthorization"),
    Occasion.NO_SHOW: _("no_show"),
}


class Provider(ABC):
    """One provider, bound to one merchant account's settings. Keeps no state of its own between calls.

    Every method may raise (see `errors`) Uncertain, Misconfigured or Invalid;
    `start` and `capture`, `void`, `refund` also Declined. None of them is called inside a database transaction.
    """

    slug: ClassVar[str]
    label: ClassVar[str]  # what the shopper reads: "Bank card"
    name: ClassVar[str]  # what the merchant reads: "SecuTix EPC"
    settings_type: ClassVar[type[AccountSettings]]
    options_type: ClassVar[type[OrderOptions]] = OrderOptions
    kinds: ClassVar[frozenset[Kind]] = frozenset({Kind.ONE_OFF})
    channels: ClassVar[tuple[str, ...]] = ()
    occasions: ClassVar[frozenset[Occasion]] = frozenset()  # in which the merchant may charge a saved card
    needs_script: ClassVar[bool] = False  # the shopper cannot pay this way without JavaScript
    whole_only: ClassVar[frozenset[Verb]] = frozenset()  # of these it does all that is left, or nothing
    desk: ClassVar[bool] = False  # the merchant can take a payment on its form, the customer on the phone
    # Settings with which it is verified what comes in. While one is rotated, a provider with the former values is asked
    # after this one has said Forged. A former value that is empty is none: it must not be tried.
    verifies: ClassVar[tuple[str, ...]] = ()
    codes: ClassVar[Mapping[str, Code]] = {}  # every code for a no that the provider is known to give

    def __init__(self, settings: AccountSettings, *, live: bool, http: Http) -> None:
        self.settings = settings
        self.live = live
        self.http = http

    def probe(self) -> Probe:
        """Ask something that changes nothing, to see whether address, credentials and mode are right. Misconfigured,
        Uncertain, Unreachable or Invalid when they are not."""
        raise NotImplementedError

    def addresses(self, urls: Urls) -> tuple[Address, ...]:
        """Which addresses of ours the merchant pastes at the provider, and which every payment brings. Asks nobody."""
        return (
            Address(
                label="Notification address",
                url=urls.notify,
                where="In the provider's back office: where it asks for the address of notifications.",
            ),
        )

    def refuses(self, charge: Charge) -> str:
        """Why this account cannot take this charge, in a sentence for the merchant; "" when it can. Asks nobody."""
        if charge.kind not in self.kinds:
            kind = _KINDS[charge.kind]
            return _("%(provider)s does not do %(kind)s orders.", provider=self.name, kind=kind)
        # An agreement is charged without any saved card: what was agreed to allows it.
        if charge.agreement is None and charge.occasion is not None and charge.occasion not in self.occasions:
            occasion = _OCCASIONS[charge.occasion]
            return _(
                "%(provider)s charges no saved card for %(occasion)s.", provider=self.name, occasion=occasion
            )
        return ""

    def complaints(self, charge: Charge) -> tuple[FieldError, ...]:
        """What of this order's own fields this account would refuse, each by its path in the shop's request. Told to
        the shop when it makes the order. Asks nobody."""
        return ()

    def desk_inputs(self, kind: Kind) -> tuple[DeskInput, ...]:
        """Which inputs of the form at the desk can be locked, for a charge of this kind. Asks nobody."""
        return ()

    def sends_by(self) -> tuple[str, ...]:
        """The channels by which this account sends customers a link that the merchant asked for. Asks nobody."""
        return ()

    def sends_again(self) -> bool:
        """Does `update`, told to change nothing, send the link's message once more? Asks nobody."""
        return self.can("update")

    def asks_consent(self) -> bool:
        """Does the provider's own form ask the shopper whether the card is to be kept? Then our page does not."""
        return False

    def prepare(self, charge: Charge) -> Mapping[str, Any]:
        """Whatever must exist at the provider before `start`. The answer is committed to the memo before `start` runs,
        so that a crash in between loses nothing."""
        return {}

    @abstractmethod
    def start(self, charge: Charge) -> Started:
        """Open the payment at the provider, or charge `charge.agreement` once more. Called once per attempt."""

    @abstractmethod
    def sync(self, charge: Charge) -> Report:
        """Ask the provider what is true now: the only source of truth. Works without a `provider_id`, too, after a
        crash between `prepare` and the end of `start`."""

    def read_notification(self, incoming: Incoming) -> Notification:
        """Verify and read a notification, or raise Forged; Invalid when it is authentic but unreadable."""
        raise Forged(f"{self.name} sends no notifications.")

    def read_approval(self, incoming: Incoming) -> Approval:
        """Verify and read a question that came to `urls.approve`; Forged or Invalid like `read_notification`."""
        raise Forged(f"{self.name} does not ask before it charges.")

    def answer_approval(self, approval: Approval, refusal: str) -> Mapping[str, Any]:
        """The answer as JSON, in the provider's words: yes, or no because of `refusal`."""
        raise NotImplementedError

    def resume(self, charge: Charge, query: Mapping[str, str]) -> Returned:
        """The shopper's browser is back with `query`. Checks a signature where there is one; never decides."""
        return Returned()

    def cancel(self, charge: Charge, *, give_up: bool) -> Report:
        """Before money: abandon this attempt at the provider. `give_up`: the whole order, not to be tried again.
        That is also said of an attempt that has ended without money already, to free what the provider keeps."""
        raise NotImplementedError

    def reopen(self, charge: Charge) -> None:
        """Make the provider's own order payable again."""
        raise NotImplementedError

    def update(self, charge: Charge) -> Report:
        """Amount, expiry ... of an attempt that is still open become what `charge` says."""
        raise NotImplementedError

    def capture(self, charge: Charge, money: Money, *, key: str, plan: Mapping[str, Any]) -> Report:
        raise NotImplementedError

    def void(self, charge: Charge, money: Money, *, key: str, plan: Mapping[str, Any]) -> Report:
        raise NotImplementedError

    def refund(self, charge: Charge, money: Money, *, key: str, plan: Mapping[str, Any]) -> Report:
        raise NotImplementedError

    def sync_agreement(self, agreement: Agreement) -> AgreementReport:
        """Ask how the agreement stands now, and which payments it has made."""
        raise NotImplementedError

    def end_agreement(self, agreement: Agreement, ending: Ending) -> AgreementReport:
        """No more payments from now on, or from the end of the period that is paid. Asking twice does no harm."""
        raise NotImplementedError

    def share_out(
        self, charge: Charge, verb: Verb, money: Money, *, plan: Mapping[str, Any]
    ) -> tuple[Share, ...]:
        """How the provider will share `money` out to the means of payment, so that a merchant can see it first; () when
        there is but one, or the provider does not say. Invalid when `plan` is none. Asks nobody."""
        return ()

    @classmethod
    def code(cls, word: str) -> Code | None:
        """What a code says; None for one that is in no list. Where codes have families, the class writes this anew."""
        return cls.codes.get(word)

    @classmethod
    def can(cls, verb: str) -> bool:
        """Did the provider write this method? A button cannot promise what the code lacks."""
        return getattr(cls, verb) is not getattr(Provider, verb)
