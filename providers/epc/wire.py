"""How do we talk to S360? The signature, the envelope, the shape of every answer, and thousandths both ways."""

import html
import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from time import time
from typing import Annotated, Any, TypeVar

import jwt
from jwt.algorithms import HMACAlgorithm
from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PositiveInt,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    field_validator,
    model_validator,
)
from pydantic.alias_generators import to_camel

from providers.base import Card
from providers.epc import declines
from providers.epc.settings import EpcOrder, EpcSettings
from providers.errors import Decline, Declined, Invalid, Misconfigured, ProviderError, Uncertain
from providers.http import Answer, Http, redact_text
from providers.money import Money, exponent
from providers.said import said as _

READ_SECONDS = 40  # longer than the longest wait we ever ask of notifyOrder, 30 s

# --- money ----------------------------------------------------------------------------------------------


def to_thousandths(money: Money) -> int:
    """What S360 wants: thousandths of the currency unit, whatever the currency."""
    thousandths = money.decimal * 1000
    if thousandths != thousandths.to_integral_value():
        raise Invalid("amount", _("%(money)s cannot be told in thousandths", money=money))
    if thousandths <= 0:
        raise Invalid("amount", _("%(money)s is nothing to be paid", money=money))
    return int(thousandths)


def from_thousandths(thousandths: Decimal, currency: str) -> Money:
    """What S360 says, in minor units; ValueError when it is no whole number of them."""
    minor = thousandths.scaleb(exponent(currency) - 3)
    if minor != minor.to_integral_value():
        told = _("%(n)s thousandths of %(currency)s are no whole amount", n=thousandths, currency=currency)
        raise ValueError(told)
    try:
        return Money(int(minor), currency)
    except ValueError:
        raise ValueError(_("not an ISO 4217 currency code: %(code)s", code=repr(currency))) from None


# --- answers --------------------------------------------------------------------------------------------


def _or_none(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
    try:
        return handler(value)
    except ValueError:
        return None


def _text(value: Any) -> Any:
    return "" if value is None else value


def _no_bool(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("true is no number")
    return value


# Java Longs, larger than 2^31; S360 writes the same id as a number here and as a text there.
Id = Annotated[PositiveInt, BeforeValidator(_no_bool)]
Amount = Annotated[Decimal, BeforeValidator(_no_bool)]
Text = Annotated[str, BeforeValidator(_text)]
# What may be missing or odd without making the rest of the answer worth less.
MaybeTime = Annotated[AwareDatetime | None, WrapValidator(_or_none)]
MaybeId = Annotated[Id | None, WrapValidator(_or_none)]


class _Wire(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel,
        validate_by_name=True,
        extra="ignore",
        frozen=True,
        coerce_numbers_to_str=True,
    )


class Envelope(_Wire):
    status_code: Text = ""
    status_detail: Text = ""
    status_message: Text = ""
    expected_exception: bool | None = None


class Currency(_Wire):
    currency_code: Text = ""


class Operation(_Wire):
    total_amount: Amount | None = None
    unit_price: Amount | None = None
    quantity: int | None = None

    @property
    def total(self) -> Decimal | None:
        if self.total_amount is not None:
            return self.total_amount
        return None if self.unit_price is None or self.quantity is None else self.unit_price * self.quantity


class OrderUpdateData(_Wire):
    order_id: Id
    catalog_currency: Currency | None = None
    operation_data_updates: tuple[Operation, ...] = ()

    @property
    def total(self) -> Decimal | None:
        """Thousandths; None when S360 does not say what everything costs."""
        totals = [operation.total for operation in self.operation_data_updates]
        return None if None in totals else sum((total for total in totals if total is not None), Decimal(0))


class OrderUpdate(Envelope):
    order_update_data: OrderUpdateData


class OrderDetailsData(_Wire):
    order_id: Id
    order_state: Text = ""
    expiration_date: MaybeTime = None
    sale_amount: Amount | None = None  # thousandths
    catalog_currency: Currency | None = None


class OrderDetails(Envelope):
    order_details_data: OrderDetailsData


class PaymentDetail(_Wire):
    payment_id: Id | None = None
    payment_identifier: Text = ""
    payment_status: Text = ""
    order_id: MaybeId = None
    amount: Amount | None = None  # thousandths or units: never trust the scale
    catalog_currency: Currency | None = None
    transaction_id: MaybeId = None
    status_detail: Text = ""
    bank_card_owner_name: Text = ""
    card_alias: Text = ""
    card_masked_number: Text = ""
    card_type: Text = ""
    card_expiration_date: Text = ""
    psp_additional_returned_data: Mapping[str, Any] = {}  # its names are the acquirer's own

    @field_validator("psp_additional_returned_data", mode="before")
    @classmethod
    def _named(cls, data: Any) -> Any:
        return data if isinstance(data, Mapping) else {}

    @model_validator(mode="before")
    @classmethod
    def _names(cls, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        # The prose says "identification" where the objects say `paymentIdentifier`.
        identifier = data.get("paymentIdentifier") or data.get("identification")
        return {**data, "paymentIdentifier": identifier, "transactionId": epc_transaction(data)}


class Payments(Envelope):
    payment_details: tuple[PaymentDetail, ...] = ()
    transaction_id: MaybeId = None

    @model_validator(mode="before")
    @classmethod
    def _names(cls, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        listed = data.get("paymentDetails") or ([data] if data.get("paymentId") else [])
        return {**data, "paymentDetails": listed, "transactionId": epc_transaction(data)}

    def of(self, payment_id: int) -> PaymentDetail:
        """The payment with this id; an empty one when it is not listed."""
        return next(
            (payment for payment in self.payment_details if payment.payment_id == payment_id), PaymentDetail()
        )

    def newest(self, *, but_not: int | None) -> PaymentDetail:
        """The payment just made. A reopened order may list those of its earlier attempts, too."""
        dead = ("ABANDONED", "CANCELLED_BY_USER")
        made = [
            told
            for told in self.payment_details
            if told.payment_id != but_not and told.payment_status not in dead
        ]
        waiting = [told for told in made if told.payment_status == "WAITING"]
        return (waiting or made or [PaymentDetail()])[-1]


class Notified(Envelope):
    repayment_safe: Any = None  # safe only when it is true itself, not when it looks like it

    @property
    def workcase_failed(self) -> bool:
        return self.status_detail.startswith("Workcase failed")


class AliasChecked(Envelope):
    alias_status: Text = ""
    card_alias: Text = ""
    card_masked_number: Text = ""
    card_type: Text = ""
    card_expiration_date: Text = ""


class Doorbell(_Wire):
    order_id: Id
    order_state: Text = ""


def epc_transaction(node: Any) -> Any:
    """The `transactionId` in the first `epcTransactionData`, whatever their case and wherever they are."""
    inner: Iterator[Any] = iter(())
    if isinstance(node, Mapping):
        for name, value in node.items():
            if name.lower() == "epctransactiondata" and isinstance(value, Mapping):
                for key, found in value.items():
                    if key.lower() == "transactionid" and found is not None:
                        return found
        inner = iter(node.values())
    elif isinstance(node, list):
        inner = iter(node)
    return next((found for found in map(epc_transaction, inner) if found is not None), None)


def plain(text: str) -> str:
    """S360's sentence without its tags, its card numbers and its length."""
    words = html.unescape(re.sub(r"<[^<>]*>", " ", text[:5000])).split()
    return redact_text(" ".join(words))[:300]


def card(told: PaymentDetail | AliasChecked) -> Card | None:
    """What may be shown of the card. Nobody documents the expiry: MM/YY, MM/YYYY, MMYY and YYYY-MM are read."""
    if not (told.card_masked_number or told.card_type):
        return None
    last4 = re.search(r"(\d{4})\D*$", told.card_masked_number)
    expiry = re.match(
        r"(?P<y>\d{4})-(?P<m>\d\d)|(?P<m2>\d\d)/?(?P<y2>\d{4}|\d\d)$", told.card_expiration_date
    )
    month = year = None
    if expiry and 1 <= int(expiry["m"] or expiry["m2"]) <= 12:
        month, year = int(expiry["m"] or expiry["m2"]), int(expiry["y"] or expiry["y2"])
    return Card(
        brand=told.card_type,
        last4=last4[1] if last4 else "",
        expiry_month=month,
        expiry_year=year + 2000 if year is not None and year < 100 else year,
    )


# --- the call -------------------------------------------------------------------------------------------


class _Hs256(HMACAlgorithm):
    def check_key_length(self, key: bytes) -> None:
        """SecuTix hands the secret out: a warning about its length would reach nobody who could change it."""


_JWS = jwt.PyJWS(algorithms=[])
_JWS.register_algorithm("HS256", _Hs256(HMACAlgorithm.SHA256))

A = TypeVar("A", bound=Envelope)


class S360:
    """One account's way to S360's methods."""

    def __init__(self, settings: EpcSettings, http: Http) -> None:
        self._settings = settings
        self._http = http

    def call(self, service: str, method: str, body: Mapping[str, Any], answer_type: type[A]) -> A:
        """Ask once; `success` or one of the kinds of no. HTTP 429 and 509 are waited for in `http`."""
        answer = self._sent(service, method, body)
        try:
            told = Envelope.model_validate(answer.json())
        except (Uncertain, ValidationError) as problem:
            if answer.status in (401, 403):
                raise _refusal(method, answer.status, Envelope()) from problem
            raise _unread(method, answer.status) from problem
        if answer.status != 200 or told.status_code != "success" or told.expected_exception:
            raise _refusal(method, answer.status, told)
        try:
            return answer_type.model_validate(answer.json())
        except ValidationError as problem:
            field = ".".join(str(part) for part in problem.errors()[0]["loc"])
            sentence = _(
                "S360's answer to %(method)s could not be read: %(field)s.", method=method, field=field
            )
            raise Uncertain(sentence) from problem

    def knock(self, service: str, method: str, body: Mapping[str, Any]) -> None:
        """Are we let in? Whatever else S360 says to the question, in an envelope of its own, is a yes.

        [inferred] The token is looked at before the body, and one that does not hold is refused with 401 or 403, or in
        words about it: S360 publishes neither.
        """
        answer = self._sent(service, method, body)
        try:
            told = Envelope.model_validate(answer.json())
        except (Uncertain, ValidationError):
            told = Envelope()
        closed = answer.status in (401, 403)
        if closed or _OUR_FAULT.search(plain(told.status_detail or told.status_message)):
            refusal = _refusal(method, answer.status, told).sentence
            raise Misconfigured(_("%(refusal)s Or this server's clock is wrong.", refusal=refusal))
        if not told.status_code and (answer.status in (404, 405) or 300 <= answer.status < 400):
            raise Misconfigured(
                _("There is no S360 at this address: look at the institution, the environment and the API base "
                  "address.")
            )  # fmt: skip
        if not told.status_code:
            raise _unread(method, answer.status)

    def _sent(self, service: str, method: str, body: Mapping[str, Any]) -> Answer:
        url = f"{self._settings.api}/{service}/{self._settings.version}/{method}"
        return self._http.post(url, headers=self.headers, json=body, read_seconds=READ_SECONDS)

    def headers(self) -> Mapping[str, str]:
        """A new token for every sending: S360 takes none that was signed more than a second ago.

        The manual speaks of milliseconds; the token it shows, and those who use it, count in seconds.
        """
        now = int(time())
        s = self._settings
        claims = {
            "sub": s.institution,
            "aud": s.virtual_operator,
            "iss": s.partner,
            "iat": now,
            "exp": now + s.token_lifetime,
        }
        payload = json.dumps(claims, separators=(",", ":")).encode()
        try:
            token = _JWS.encode(payload, s.secret.get_secret_value(), algorithm="HS256")
        except jwt.InvalidKeyError as problem:
            raise Misconfigured(_("The secret is a key file or a JWK; S360's is a password.")) from problem
        return {"Authorization": f"Bearer {token}", "Accept": "application/json"}


def _unread(method: str, status: int) -> Uncertain:
    about = {"method": method, "status": status}
    return Uncertain(_("S360's answer to %(method)s (HTTP %(status)s) could not be read.", **about))


def _refusal(method: str, status: int, told: Envelope) -> ProviderError:
    """Which kind of no is it? S360 publishes neither its words nor its codes, so only what is plain is believed."""
    why = plain(told.status_detail or told.status_message)
    said = why or told.status_code or f"HTTP {status}"
    if status not in (401, 403) and method == "createPaymentsAndCloseOrder" and _DECLINED.search(why):
        return Declined(
            Decline(code=told.status_code, message=why, reason=declines.reason(told.status_code, why))
        )
    if status in (401, 403) or _OUR_FAULT.search(why):
        return Misconfigured(
            _("S360 refuses %(method)s: %(why)s. Look at the institution, virtual operator, partner, secret and ids.",
              method=method, why=said.rstrip("."))
        )  # fmt: skip
    sentence = _("S360 refuses %(method)s: %(why)s", method=method, why=said)
    # An order that is refused is no money: whatever the words, it can be mended and sent again.
    refused = status in (400, 404, 409, 422) or (
        method == "createOrUpdateOrder" and told.status_code == "error"
    )
    if refused or _INVALID.search(why):
        named = re.search(r"\b[a-z]+(?:[A-Z][a-z]+)+\b", why)
        return Invalid(_brought(named.group()) if named else method, sentence)
    return Uncertain(sentence)


def _brought(field: str) -> str:
    """The field's path in the shop's request, where the shop brought it."""
    options = {option.alias for option in EpcOrder.model_fields.values()}
    return f"options.epc.{field}" if field in options else field


_OUR_FAULT = re.compile(
    r"unauthori[sz]ed|not authori[sz]ed|not activated|credential|access denied|forbidden|"
    r"(jwt|token|signature)\b.*\b(invalid|expired)|(invalid|expired|unknown) (jwt|token|signature|operator|partner|"
    r"institution|point of sales?|payment method)|"
    r"(point ?of ?sales?|payment ?method)(id)?\b.*\b(unknown|invalid|is not|not found)\b",
    re.IGNORECASE,
)
_DECLINED = re.compile(
    r"\b(card|payment|transaction) (was |has been )?(declined|refused)|insufficient funds", re.I
)
_INVALID = re.compile(
    r"mandatory|is required|must (not )?be\b|must (match|equal)|not found|does not exist|no longer available|"
    r"not available|sold out|not enough|(unknown|invalid) (order|contact|item|product|audience|quantity|amount|alias)",
    re.IGNORECASE,
)
