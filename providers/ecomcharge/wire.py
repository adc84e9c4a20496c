"""How do we talk to eComCharge? Its three hosts, the headers, and the shape of every answer."""

import base64
import uuid
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar
from urllib.parse import quote

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from providers.base import Card
from providers.ecomcharge import words
from providers.ecomcharge.refusals import Refused, is_repetition, refusal
from providers.ecomcharge.settings import EcomchargeSettings
from providers.errors import Misconfigured, Uncertain
from providers.http import Answer, Http
from providers.said import said as _

READ_SECONDS = 40  # longer than the vendor's own clients wait, 25 and 30 s
UNDECIDED = frozenset({408, 409, 425})  # the request, or an earlier one like it, may still be worked on
CARD = "credit_card"

# --- answers --------------------------------------------------------------------------------------------


def _or_none(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
    try:
        return handler(value)
    except ValueError:
        return None


def _text(value: Any) -> Any:
    """null is nothing; an object where a word belongs is nothing that we could read."""
    return value if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _no_bool(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("true is no number")
    return value


def _object(value: Any) -> Any:
    """PHP writes an empty object as an empty list."""
    return value if isinstance(value, Mapping) else {}


Text = Annotated[str, BeforeValidator(_text)]
Units = Annotated[int | None, BeforeValidator(_no_bool), WrapValidator(_or_none)]
Flag = Annotated[bool | None, WrapValidator(_or_none)]
MaybeTime = Annotated[AwareDatetime | None, WrapValidator(_or_none)]
Table = Annotated[Mapping[str, Any], BeforeValidator(_object)]


class _Wire(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, coerce_numbers_to_str=True)


class Opened(_Wire):
    token: str = Field(min_length=1, max_length=100, repr=False)
    redirect_url: str = Field(pattern=r"^https?://[^\s]+$", repr=False)


class _Order(_Wire):
    amount: Units = None
    currency: Text = ""
    tracking_id: Text = ""


class _Attempt(_Wire):
    """The last attempt in a payment form, under the name of its type."""

    uid: Text = ""
    status: Text = ""
    message: Text = ""
    bank_code: Text = ""


class Checkout(_Wire):
    """A payment form and how it stands."""

    token: Text = Field("", repr=False)
    shop_id: Text = ""
    transaction_type: Text = ""
    gateway_response: Table = {}
    order: Annotated[_Order, BeforeValidator(_object)] = _Order()
    finished: Flag = None
    expired: Flag = None
    test: Flag = None
    status: Text = ""
    message: Text = ""

    @property
    def attempt(self) -> _Attempt:
        own = self.gateway_response.get(self.transaction_type)
        others = [told for told in self.gateway_response.values() if isinstance(told, Mapping)]
        return _Attempt.model_validate(own if isinstance(own, Mapping) else others[0] if others else {})


class _CreditCard(_Wire):
    holder: Text = Field("", repr=False)
    brand: Text = ""
    last_4: Text = ""
    exp_month: Units = None
    exp_year: Units = None
    token: Text = Field("", repr=False)


class Transaction(_Wire):
    """A payment, or a capture, void or refund of one. `details` is what the acquirer said, named as its type."""

    uid: str = Field(min_length=1, max_length=64)
    type: Text = ""
    status: Text = ""
    message: Text = ""
    amount: Units = None
    currency: Text = ""
    tracking_id: Text = ""
    parent_uid: Text = ""
    test: Flag = None
    payment_method_type: Text = ""
    method_type: Text = ""
    redirect_url: Text = Field("", repr=False)
    code: Text = ""
    friendly_message: Text = ""
    created_at: MaybeTime = None
    credit_card: Annotated[_CreditCard, BeforeValidator(_object)] = _CreditCard()
    additional_data: Table = Field({}, repr=False)
    details: Annotated[_Attempt, BeforeValidator(_object)] = _Attempt()

    @property
    def method(self) -> str:
        return self.payment_method_type or self.method_type

    @property
    def checkout_token(self) -> str:
        vendor = self.additional_data.get("vendor")
        token = vendor.get("token") if isinstance(vendor, Mapping) else ""
        return token if isinstance(token, str) else ""

    @property
    def card(self) -> Card | None:
        """What may be shown of the card, and of nothing but a card."""
        told = self.credit_card
        if not (told.last_4 or told.brand):
            return None
        return Card(
            brand=words.brand(told.brand),
            last4=told.last_4[-4:],
            expiry_month=told.exp_month if told.exp_month and 1 <= told.exp_month <= 12 else None,
            expiry_year=told.exp_year if told.exp_year and 2000 <= told.exp_year < 2200 else None,
            holder=told.holder,
        )


def transaction(data: Any) -> Transaction:
    """From `{"transaction": {...}}`'s inside; ValueError when it names no transaction."""
    if not isinstance(data, Mapping):
        raise ValueError("no transaction")
    details = data.get(str(data.get("type")))
    return Transaction.model_validate({**data, "details": details})


def request_id(name: str) -> str:
    """The same name gives the same id, so that even a call that was sent twice is one at the provider."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, name))


# --- the calls ------------------------------------------------------------------------------------------

W = TypeVar("W", bound=_Wire)


class BeGateway:
    """One shop's way to the provider."""

    def __init__(self, settings: EcomchargeSettings, http: Http) -> None:
        self._settings = settings
        self._http = http

    # The payment form

    def open(self, body: Mapping[str, Any]) -> Opened:
        """A new payment form. Refused when the provider refuses it."""
        url = f"{self._settings.checkout_url}/ctp/api/checkouts"
        told = self._sent(url, body, {"X-API-Version": "2"})
        return _read(Opened, told.get("checkout"))

    def checkout(self, token: str) -> Checkout | None:
        """How a payment form stands; None when the provider knows none of this name."""
        url = f"{self._settings.checkout_url}/ctp/api/checkouts/{quote(token, safe='')}"
        told = self._asked(url, {"X-API-Version": "2"})
        return None if told is None else _read(Checkout, told.get("checkout"))

    # Transactions

    def transaction(self, uid: str, method: str = "") -> Transaction | None:
        """A transaction of any kind; None when neither the gateway nor, for other means than cards, the API has it."""
        name = quote(uid, safe="")
        hosts = [f"{self._settings.gateway_url}/transactions", f"{self._settings.api_url}/beyag/transactions"]
        if method == CARD:
            del hosts[1]
        elif method:
            hosts.reverse()
        for host in hosts:
            told = self._asked(f"{host}/{name}")
            if told is not None:
                return self._same(uid, told)
        return None

    def search(self, tracking_id: str) -> tuple[Transaction, ...] | None:
        """At most ten transactions of the gateway that carry this name, the newest ones; None when the gateway has no
        such search. Only an empty list says that there are none."""
        url = f"{self._settings.gateway_url}/v2/transactions/tracking_id/{quote(tracking_id, safe='')}"
        told = self._asked(url)
        if told is None:
            return None
        listed = told.get("transactions")
        if not isinstance(listed, list):
            raise Uncertain(_("eComCharge's list of transactions could not be read."))
        return tuple(_transaction(entry) for entry in listed)

    def transact(
        self, plural: str, request: Mapping[str, Any], key: str, *, beyag: bool = False
    ) -> Transaction:
        """Make a payment, authorization, capture, void or refund. Refused when the provider refuses it."""
        host = f"{self._settings.api_url}/beyag" if beyag else self._settings.gateway_url
        url = f"{host}/transactions/{plural}"
        told = self._sent(url, {"request": request}, {"RequestID": request_id(key)})
        return _transaction(told.get("transaction"))

    # The account

    def knock(self, url: str, headers: Mapping[str, str]) -> None:
        """Are we let in? Whatever else eComCharge says of a thing that does not exist is a yes.

        Only the gateway's 404 was seen in a recording; [inferred] the other hosts look at the credentials first, too.
        """
        answer = self._http.get(url, headers=self._headers(headers))
        _let_in(answer)
        if not isinstance(answer.json(), Mapping):
            raise _unread(answer)

    # Under them all

    def _same(self, uid: str, told: Mapping[str, Any]) -> Transaction:
        found = _transaction(told.get("transaction"))
        if found.uid != uid:
            raise Uncertain(_("Asked about one transaction, eComCharge answered about another."))
        return found

    def _headers(self, more: Mapping[str, str]) -> dict[str, str]:
        pair = f"{self._settings.shop_id}:{self._settings.secret_key.get_secret_value()}"
        basic = base64.b64encode(pair.encode()).decode()
        return {"Authorization": f"Basic {basic}", "Accept": "application/json", **more}

    def _sent(self, url: str, body: Mapping[str, Any], headers: Mapping[str, str]) -> Mapping[str, Any]:
        answer = self._http.post(url, headers=self._headers(headers), json=body, read_seconds=READ_SECONDS)
        _let_in(answer)
        told = answer.json()
        if not isinstance(told, Mapping):
            raise Uncertain(_("eComCharge's answer could not be read."))
        made = told.get("transaction")
        if isinstance(made, Mapping) and made.get("uid"):
            return told  # it was made, whatever is complained of beside it
        no = refusal(answer.status, told)
        if answer.status in UNDECIDED and not no.leaves and not is_repetition(no):
            raise Uncertain(_("eComCharge has not decided yet (HTTP %(status)s).", status=answer.status))
        if answer.status >= 400 or no.leaves:
            raise Refused(no)
        return told

    def _asked(self, url: str, headers: Mapping[str, str] | None = None) -> Mapping[str, Any] | None:
        answer = self._http.get(url, headers=self._headers(headers or {}))
        _let_in(answer)
        told = answer.json()
        if not isinstance(told, Mapping) or answer.status not in (200, 201, 404):
            raise _unread(answer)
        return None if answer.status == 404 else told


def _unread(answer: Answer) -> Uncertain:
    return Uncertain(_("eComCharge's answer (HTTP %(status)s) could not be read.", status=answer.status))


def _let_in(answer: Answer) -> None:
    if answer.status in (401, 403):
        raise Misconfigured(
            _("eComCharge does not let this shop in: look at the Shop ID and the Secret key.")
        )
    if 300 <= answer.status < 400:
        raise Misconfigured(_("eComCharge's address leads elsewhere: look at the account's addresses."))
    if answer.status == 404 and not answer.body.lstrip().startswith(b"{"):
        # Not the provider's own "Record not found", so nothing is known of what was asked for.
        raise Misconfigured(_("There is no eComCharge at this address: look at the account's addresses."))


def _read(shape: type[W], data: Any) -> W:
    try:
        return shape.model_validate(data)
    except ValidationError as problem:
        field = ".".join(str(part) for part in problem.errors(include_input=False)[0]["loc"])
        if not field:
            whole = _("eComCharge's answer about the payment form could not be read: nothing.")
            raise Uncertain(whole) from None
        raise Uncertain(
            _("eComCharge's answer about the payment form could not be read: %(field)s.", field=field)
        ) from None


def _transaction(data: Any) -> Transaction:
    try:
        return transaction(data)
    except ValueError:
        raise Uncertain(_("eComCharge's answer about a transaction could not be read.")) from None
