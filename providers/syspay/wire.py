"""How do we talk to SysPay? The calls of the merchant API v1, each with a header of its own, and what a no of it is.

Every answer stands in an envelope, {"data": {...}}; a no is {"error": {"code", "message"}} with a 4xx (v1) or
{"error_code", "errors": [{"code", "message"}]} (v2). 200 and 201 are both a yes, 403 is a wrong header, an address that is
not allowed to call or a thing that is not ours, and there is no 401.
"""

from collections.abc import Mapping
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel, SecretStr, ValidationError

from providers.errors import Misconfigured, Uncertain
from providers.http import Answer, Http
from providers.syspay import wsse
from providers.syspay.shapes import BillingAgreement, Chargeback, Payment, Refund, Subscription
from providers.syspay.words import plain

READ_SECONDS = 40  # a confirm, a refund or a rebill waits for the bank
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
        super().__init__(f"SysPay says {code}: {message}" if message else f"SysPay says {code}")
        self.code = code
        self.message = message


class NotFound(WireRefusal):
    """It knows no such payment, refund, subscription ..."""


class Wire:
    """One account's way to SysPay. Every method may raise WireRefusal, Misconfigured or Uncertain."""

    def __init__(self, settings: WireSettings, http: Http) -> None:
        self._settings = settings
        self._http = http

    def eterminal(self, body: Mapping[str, Any]) -> str:
        """Open a form; its address."""
        raise NotImplementedError
