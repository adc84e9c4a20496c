"""How do we talk to SysPay? The calls of the merchant API v1, each with a header of its own, and what a no of it is.

Every answer stands in an envelope, {"data": {...}}; a no is {"error": {"code", "message"}} with a 4xx (v1) or
{"error_code", "errors": [{"code", "message"}]} (v2). 200 and 201 are both a yes, 403 is a wrong header, an address that
is not allowed to call or a thing that is not ours, and there is no 401.
"""

from collections.abc import Mapping
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel, Field, SecretStr, ValidationError

from providers.errors import Misconfigured, Uncertain
from providers.http import Answer, Http
from providers.said import said as _
from providers.syspay import wsse
from providers.syspay.shapes import BillingAgreement, Chargeback, Payment, Refund, Subscription
from providers.syspay.words import plain

READ_SECONDS = 40  # a confirm, a refund or a rebill waits for the bank
# "Payment not found", "Refund not found", "Chargeback not found": of a list that says that it is empty [inferred].
NONE_FOUND = frozenset({20007, 40009, 70001})
UNKNOWN_ERROR = 10005  # "An unknown error has occurred": nobody knows what was done

S = TypeVar("S", bound=BaseModel)


class WireSettings(Protocol):
    """What these files read of an account's settings. `settings.py` declares it, for the merchant to fill in."""

    @property
    def base_url(self) -> str:
        """Such as https://app.syspay.com, without a path."""

    @property
    def login(self) -> str:
        """The merchant API login: letters, digits, "-", "_", "." (it is put between quotes into a header)."""

    @property
    def passphrase(self) -> SecretStr: ...

    @property
    def previous_passphrase(self) -> SecretStr:
        """ "" when there is none. What is signed with it still comes in; our calls use the other one."""

    @property
    def lists_filter_by_reference(self) -> bool:
        """May the list of refunds be asked by `reference`? SysPay's list of its filters is not at hand. False: a refund
        is known by its id alone, and one whose id never came stays uncertain. Inferred either way; False is safe."""

    @property
    def lists_filter_by_payment(self) -> bool:
        """May the lists of refunds and chargebacks be asked by `payment_id`? False is safe."""


class WireRefusal(Exception):
    """SysPay answered no. `code` is its number, 0 when it gave none; `message` its sentence, fit to be shown."""

    def __init__(self, code: int, message: str) -> None:
        told = _("SysPay says %(code)s: %(message)s", code=code, message=message)
        super().__init__(told if message else _("SysPay says %(code)s", code=code))
        self.code = code
        self.message = message


class NotFound(WireRefusal):
    """It knows no such payment, refund, subscription ..."""


class Wire:
    """One account's way to SysPay. Every method may raise WireRefusal, Misconfigured or Uncertain."""

    def __init__(self, settings: WireSettings, http: Http) -> None:
        self._settings = settings
        self._http = http

    # --- the form ---------------------------------------------------------------------------------------

    def eterminal(self, body: Mapping[str, Any]) -> str:
        """Open a form; its address. Nothing else is told of it, no id either."""
        made = _read(_Form, self._post("eterminal", body).get("eterminal"), _("the form"))
        return made.url

    # --- payments ---------------------------------------------------------------------------------------

    def payment(self, number: int) -> Payment:
        return _same(number, _read(Payment, self._get(f"payment/{number}").get("payment"), _("the payment")))

    def payments(self, reference: str) -> tuple[Payment, ...]:
        """What SysPay lists under a reference. Compare each one's own: a filter may be passed over."""
        return self._list("payments", Payment, {"reference": reference})

    def confirm(self, number: int) -> Payment:
        """Capture all of what is reserved."""
        told = self._post(f"payment/{number}/confirm", None).get("payment")
        return _same(number, _read(Payment, told, _("the capture")))

    def void(self, number: int) -> Payment:
        told = self._post(f"payment/{number}/void", None).get("payment")
        return _same(number, _read(Payment, told, _("the void")))

    # --- what came of them ------------------------------------------------------------------------------

    def refund(self, body: Mapping[str, Any]) -> Refund:
        return _read(Refund, self._post("refund", body).get("refund"), _("the refund"))

    def refund_by_id(self, number: int) -> Refund:
        return _same(number, _read(Refund, self._get(f"refund/{number}").get("refund"), _("the refund")))

    def refunds(self, **filters: str) -> tuple[Refund, ...]:
        """By `reference` or `payment_id`, where the account's settings say so."""
        return self._list("refunds", Refund, filters)

    def chargeback(self, number: int) -> Chargeback:
        told = self._get(f"chargeback/{number}").get("chargeback")
        return _same(number, _read(Chargeback, told, _("the chargeback")))

    def chargebacks(self, **filters: str) -> tuple[Chargeback, ...]:
        return self._list("chargebacks", Chargeback, filters)

    # --- agreements -------------------------------------------------------------------------------------

    def subscription(self, number: int) -> Subscription:
        told = self._get(f"subscription/{number}").get("subscription")
        return _same(number, _read(Subscription, told, _("the subscription")))

    def cancel_subscription(self, number: int, *, now: bool) -> None:
        """A payment plan, too. What it became is to be asked."""
        self._post(f"subscription/{number}/cancel", {"now": now})

    def rebill_subscription(self, number: int, body: Mapping[str, Any]) -> Payment:
        return _read(
            Payment, self._post(f"subscription/{number}/rebill", body).get("payment"), _("the charge")
        )

    def billing_agreement(self, number: int) -> BillingAgreement:
        told = self._get(f"billing-agreement/{number}").get("billing_agreement")
        return _same(number, _read(BillingAgreement, told, _("the mandate")))

    def cancel_billing_agreement(self, number: int) -> None:
        self._post(f"billing-agreement/{number}/cancel", None)

    def rebill_billing_agreement(self, number: int, body: Mapping[str, Any]) -> Payment:
        told = self._post(f"billing-agreement/{number}/rebill", body).get("payment")
        return _read(Payment, told, _("the charge"))

    # --- under them all ---------------------------------------------------------------------------------

    def _list(self, path: str, shape: type[S], filters: Mapping[str, str]) -> tuple[S, ...]:
        try:
            listed = self._get(f"{path}/", filters).get(path)
        except NotFound as no:
            if no.code not in NONE_FOUND:
                raise
            return ()
        if not isinstance(listed, list):
            raise Uncertain(_("SysPay's list of %(path)s could not be read.", path=path))
        return tuple(_read(shape, entry, _("the %(path)s", path=path)) for entry in listed)

    def _get(self, path: str, filters: Mapping[str, str] | None = None) -> Mapping[str, Any]:
        return self._data(self._http.get(self._url(path), headers=self._headers, params=filters))

    def _post(self, path: str, body: Mapping[str, Any] | None) -> Mapping[str, Any]:
        """Without a body SysPay's own library sends the word null."""
        if body is None:
            answer = self._http.post(
                self._url(path), headers=self._headers, data=b"null", read_seconds=READ_SECONDS
            )
        else:
            answer = self._http.post(
                self._url(path), headers=self._headers, json=body, read_seconds=READ_SECONDS
            )
        return self._data(answer)

    def _url(self, path: str) -> str:
        return f"{self._settings.base_url.rstrip('/')}/api/v1/merchant/{path}"

    def _headers(self) -> Mapping[str, str]:
        """Made anew for every sending: the X-Wsse header is good for one."""
        return {
            "Accept": "application/json",
            "Content-Type": "application/json",
            "X-Wsse": wsse.fresh(self._settings.login, self._settings.passphrase),
        }

    def _data(self, answer: Answer) -> Mapping[str, Any]:
        """The inside of the envelope; WireRefusal or another kind of no when it is one."""
        if answer.status in (200, 201):
            told = answer.json()
            data = told.get("data") if isinstance(told, Mapping) else None
            if not isinstance(data, Mapping):
                raise Uncertain(_("SysPay's answer could not be read: it has no data."))
            return data
        code, message = _no(answer)
        if answer.status in (401, 403):
            raise Misconfigured(
                _(
                    "SysPay does not let this account in: look at the API login, the passphrase, and at SysPay whether "
                    "our server's address may call. It says: %(message)s%(request)s.",
                    message=message or _("nothing"),
                    request=_request(answer),
                )
            )
        if 300 <= answer.status < 400:
            raise Misconfigured(_("SysPay's address leads elsewhere: look at the base address."))
        if answer.status == 404:
            if code is None:
                raise Misconfigured(_("There is no SysPay at this address: look at the base address."))
            raise NotFound(code, message)
        if answer.status != 400 or code is None or code == UNKNOWN_ERROR:
            raise Uncertain(
                _(
                    "SysPay's answer (HTTP %(status)s) is not understood%(request)s: %(message)s.",
                    status=answer.status,
                    request=_request(answer),
                    message=message or _("no word"),
                )
            )
        raise WireRefusal(code, message)


class _Form(BaseModel):
    url: str = Field(pattern=r"^https?://[^\s\"'<>]+$", max_length=2000)


def _no(answer: Answer) -> tuple[int | None, str]:
    """The number and the sentence of a no, v1 or v2; None when the answer is not SysPay's."""
    try:
        told = answer.json()
    except Uncertain:
        return None, ""
    if not isinstance(told, Mapping):
        return None, ""
    error = told.get("error")
    if isinstance(error, Mapping):
        return _code(error.get("code")), _sentence(error.get("message"))
    listed = told.get("errors")
    errors = [entry for entry in listed if isinstance(entry, Mapping)] if isinstance(listed, list) else []
    if "error_code" not in told and not errors:
        return None, ""
    code = _code(errors[0].get("code")) if errors else 0
    sentences = dict.fromkeys(_sentence(entry.get("message")) for entry in errors)
    return code or _code(told.get("error_code")), "; ".join(filter(None, sentences))


def _code(value: Any) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _sentence(value: Any) -> str:
    return plain(value) if isinstance(value, str) else ""


def _request(answer: Answer) -> str:
    """SysPay's name of the exchange, for whoever asks its support."""
    uuid = plain(answer.headers.get("x-syspay-request-uuid", ""), 60)
    return _(" (request %(uuid)s)", uuid=uuid) if uuid else ""


def _read(shape: type[S], data: Any, what: str) -> S:
    try:
        return shape.model_validate(data)
    except ValidationError as problem:
        field = ".".join(str(part) for part in problem.errors(include_input=False)[0]["loc"])
        raise Uncertain(
            _(
                "SysPay's answer about %(what)s could not be read: %(field)s.",
                what=what,
                field=field or _("nothing"),
            )
        ) from None


N = TypeVar("N", Payment, Refund, Chargeback, Subscription, BillingAgreement)


def _same(number: int, told: N) -> N:
    if told.id != number:
        raise Uncertain(_("Asked about one thing, SysPay answered about another."))
    return told
